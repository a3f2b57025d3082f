//! A list as it is published, and what is done with it: entries and labels are
//! found where they stand, and sums, differences and the sets that are asked
//! agree with a plain look at each block. A line `=` begins a second list.
use ipconv::{
    address::{
        form::{self, InputForm},
        hint,
        text::parse,
        value::{Block, Family},
    },
    list::{
        blocks::{difference, intersection, merge, prefixes},
        longest::{List, Longest},
        pile::Pile,
        set::Set,
    },
    read::entries::Entry,
};
use plainnet_common::text;

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let mut lists: [Vec<Block>; 2] = Default::default();
    let (mut which, mut labels, mut longest) = (0, Vec::new(), List::default());
    for line in input.split(|byte| *byte == b'\n').take(64) {
        if line == b"=" {
            which = 1;
        }
        let Some(entry) = Entry::of(line) else { continue };
        assert!(!entry.text.is_empty() && entry.text.trim_ascii() == entry.text && !entry.text.contains(&b';'));
        let value = match parse(entry.text) {
            Ok(value) => value,
            Err(why) => {
                for form in [InputForm::Loose, InputForm::Aton, InputForm::Text] {
                    let _ = form::read(form, entry.text, None);
                }
                if let Ok(typed) = std::str::from_utf8(entry.text) {
                    for said in [hint::explain_block(typed, &why), hint::explain(typed, &why, InputForm::Text, true)] {
                        let said = text::message(said);
                        assert!(!said.contains(text::is_control), "{said:?}");
                    }
                }
                continue;
            }
        };
        lists[which].push(value.block());
        longest.push(&value, entry.label);
        labels.push((value.block(), entry.label.map(<[u8]>::to_vec)));
    }
    algebra(&lists);
    // These have an index of 65,536 places each, which takes a hundred times as long.
    if input.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)) & 31 == 0 {
        sets(&lists);
        smallest(&labels, &Longest::new(longest));
    }
}

/// Addresses at and beside the ends of blocks: between them nothing changes.
fn edges(blocks: &[Block]) -> Vec<(Family, u128)> {
    let beside = |block: &Block| {
        let Block { family, first, last } = *block;
        let after = if last == family.top() { last } else { last + 1 };
        [first.saturating_sub(1), first, last, after].map(|bits| (family, bits))
    };
    blocks.iter().flat_map(beside).collect()
}

fn has(blocks: &[Block], (family, bits): (Family, u128)) -> bool {
    blocks.iter().any(|b| b.family == family && b.first <= bits && bits <= b.last)
}

/// In ascending order, and with an address between any two.
fn are_apart(blocks: &[Block]) -> bool {
    blocks.windows(2).all(|two| {
        let [a, b] = [two[0], two[1]];
        a.family < b.family || a.family == b.family && a.last < b.first && b.first - a.last > 1
    })
}

fn merged(list: &[Block]) -> Vec<Block> {
    let mut list = list.to_vec();
    list.sort_unstable();
    merge(list).collect()
}

fn sets(lists: &[Vec<Block>; 2]) {
    let all = lists.concat();
    for list in lists {
        let merged = merged(list);
        let set: Set = list.iter().copied().collect();
        assert!(set.blocks().eq(merged.iter().copied()), "{merged:?}");
        for edge in edges(&all) {
            let block = Block { family: edge.0, first: edge.1, last: edge.1 };
            assert_eq!(set.holds(&block), has(list, edge), "{edge:?}");
        }
        for block in &all {
            let rest: Vec<Block> = set.rest_of(*block).collect();
            assert!(difference([*block], merged.iter().copied()).eq(rest.iter().copied()), "{block:?}");
            assert_eq!(set.holds(block), rest.is_empty(), "{block:?}");
            assert_eq!(set.touches(block), rest != [*block], "{block:?}");
        }
    }
}

fn algebra(lists: &[Vec<Block>; 2]) {
    let all = lists.concat();
    let edges = edges(&all);
    let merged = [merged(&lists[0]), merged(&lists[1])];
    for (list, merged) in lists.iter().zip(&merged) {
        let mut pile = Pile::default();
        list.iter().for_each(|block| pile.push(*block));
        assert_eq!(pile.into_blocks().collect::<Vec<_>>(), *merged);
        assert!(are_apart(merged), "{merged:?}");
        for edge in &edges {
            assert_eq!(has(merged, *edge), has(list, *edge), "{edge:?}");
        }
    }
    let [one, other] = &merged;
    let less: Vec<Block> = difference(one.iter().copied(), other.iter().copied()).collect();
    let both: Vec<Block> = intersection(one.iter().copied(), other.iter().copied()).collect();
    assert!(are_apart(&less) && are_apart(&both), "{less:?} {both:?}");
    for edge in &edges {
        let [in_one, in_other] = [has(one, *edge), has(other, *edge)];
        assert_eq!(has(&less, *edge), in_one && !in_other, "{edge:?}");
        assert_eq!(has(&both, *edge), in_one && in_other, "{edge:?}");
    }
    for block in &all {
        let (mut next, mut count) = (Some(block.first), 0);
        for prefix in prefixes(*block) {
            assert_eq!(Some(prefix.first()), next);
            next = prefix.last().checked_add(1).filter(|next| *next <= block.last);
            count += 1;
        }
        assert!(next.is_none() && count <= if block.family == Family::V4 { 62 } else { 254 }, "{block:?}");
    }
}

/// The smallest entry that holds a block is the one that a look at all of them finds.
fn smallest(entries: &[(Block, Option<Vec<u8>>)], longest: &Longest) {
    let blocks: Vec<Block> = entries.iter().map(|(block, _)| *block).collect();
    let single = edges(&blocks).into_iter().map(|(family, bits)| Block { family, first: bits, last: bits });
    for asked in blocks.iter().copied().chain(single) {
        let holds =
            |block: &Block| block.family == asked.family && block.first <= asked.first && asked.last <= block.last;
        let best = entries.iter().filter(|(block, _)| holds(block)).min_by_key(|(block, _)| block.last - block.first);
        match (longest.of(&asked), best) {
            (None, None) => {}
            (Some(text), Some((_, label))) => {
                let (entry, said) = std::str::from_utf8(text).expect("text").split_once('\t').expect("two columns");
                assert!(!said.contains(text::is_control), "{said:?}");
                let entry = parse(entry.as_bytes()).expect("an entry").block();
                assert_eq!(Some(&entry), best.map(|(block, _)| block), "{asked:?}");
                assert_eq!(said == "-", label.as_ref().is_none_or(|l| l.is_empty() || l == b"-"), "{said:?}");
            }
            (found, best) => panic!("{asked:?}: {found:?}, {best:?}"),
        }
    }
}
