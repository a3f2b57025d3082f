//! The smallest entry of a list that holds an address, a network or a range.
use std::collections::BTreeSet;

use plainnet_common::text::printable;

use crate::{
    address::{
        value::{Block, Family, Value},
        write::{write_compressed, write_value},
    },
    list::spans::Spans,
};

/// The entries of a list, each with the text that is printed for it.
#[derive(Debug, Default)]
pub struct List {
    blocks: Vec<Block>,
    /// Every text in one piece, and where each begins; the last number is where they end.
    texts: Vec<u8>,
    starts: Vec<usize>,
}

impl List {
    /// Adds an entry: its text is the value, a TAB and the label, or `-` where there is none.
    pub fn push(&mut self, value: &Value<'_>, label: Option<&[u8]>) {
        self.starts.push(self.texts.len());
        self.blocks.push(value.block());
        write_value(&mut self.texts, value, write_compressed);
        self.texts.push(b'\t');
        match label {
            // Whoever published the list commands no terminal, and adds no column.
            Some(label) if !label.is_empty() => {
                self.texts.extend(printable(label).bytes().map(|b| if b == b'\t' { b' ' } else { b }));
            }
            _ => self.texts.push(b'-'),
        }
    }
}

/// A [`List`] ready to be asked.
#[derive(Debug)]
pub struct Longest {
    list: List,
    v4: Indexed<u32>,
    v6: Indexed<u128>,
    /// For networks and ranges, IPv4 first.
    spans: [Spans; 2],
}

/// The segments of a family, and where those of each upper 16 bits begin.
#[derive(Debug)]
struct Indexed<T> {
    segments: Segments<T>,
    /// For each upper 16 bits the last segment that begins at their first address or before.
    begins: Vec<u32>,
}

/// Stretches of addresses that have the same smallest entry, in ascending order.
#[derive(Debug)]
struct Segments<T> {
    first: Vec<T>,
    /// The entry, or [`NONE`].
    entry: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl<T: Copy + Ord + Into<u128>> Indexed<T> {
    fn new(family: Family, segments: Segments<T>) -> Indexed<T> {
        let shift = family.width() - 16;
        let mut after = 0;
        let begins = (0..=1u128 << 16).map(|top| {
            // Behind the last upper 16 bits of IPv6 no address has a number.
            let upto = if top >> 16 == 0 { top << shift } else { u128::MAX };
            while segments.first.get(after).is_some_and(|first| (*first).into() <= upto) {
                after += 1;
            }
            after.saturating_sub(1) as u32
        });
        Indexed { begins: begins.collect(), segments }
    }

    /// The entry at `bits`, of which the upper 16 are `top`.
    #[inline]
    fn entry(&self, top: usize, bits: T) -> Option<usize> {
        let Segments { first, entry } = &self.segments;
        let (from, to) = (self.begins[top] as usize, self.begins[top + 1] as usize + 1);
        let after = from + first[from..to.min(first.len())].partition_point(|first| *first <= bits);
        let entry = *entry.get(after.checked_sub(1)?)?;
        (entry != NONE).then_some(entry as usize)
    }
}

impl Longest {
    /// Makes `list` ready.
    pub fn new(mut list: List) -> Longest {
        list.starts.push(list.texts.len());
        let of = |family| list.blocks.iter().enumerate().filter(move |(_, b)| b.family == family);
        let of = |family| of(family).map(|(id, block)| (id as u32, *block));
        let v4 = segments(of(Family::V4));
        let v4 = Segments { first: v4.first.iter().map(|bits| *bits as u32).collect(), entry: v4.entry };
        let v4 = Indexed::new(Family::V4, v4);
        let v6 = Indexed::new(Family::V6, segments(of(Family::V6)));
        let spans = [Family::V4, Family::V6].map(|family| Spans::new(of(family)));
        Longest { v4, v6, spans, list }
    }

    /// The text of the smallest entry that holds this IPv4 address.
    #[inline]
    pub fn of_v4(&self, bits: u32) -> Option<&[u8]> {
        self.v4.entry((bits >> 16) as usize, bits).map(|id| self.text(id))
    }

    /// The text of the smallest entry that holds this IPv6 address.
    #[inline]
    pub fn of_v6(&self, bits: u128) -> Option<&[u8]> {
        self.v6.entry((bits >> 112) as usize, bits).map(|id| self.text(id))
    }

    /// The text of the smallest entry that holds all of `block`; of two the one that came first.
    pub fn of(&self, block: &Block) -> Option<&[u8]> {
        match block.family {
            Family::V4 if block.first == block.last => return self.of_v4(block.first as u32),
            Family::V6 if block.first == block.last => return self.of_v6(block.first),
            _ => {}
        }
        let spans = &self.spans[usize::from(block.family == Family::V6)];
        spans.smallest_around(block).map(|id| self.text(id as usize))
    }

    #[inline]
    fn text(&self, id: usize) -> &[u8] {
        &self.list.texts[self.list.starts[id]..self.list.starts[id + 1]]
    }
}

/// Goes through the addresses at which a block begins or has ended, and knows at
/// each which of those that are open is the smallest.
fn segments(blocks: impl Iterator<Item = (u32, Block)>) -> Segments<u128> {
    let blocks: Vec<(u32, Block)> = blocks.collect();
    let mut edges: Vec<(u128, bool, u128, u32)> = Vec::with_capacity(2 * blocks.len());
    for (id, block) in &blocks {
        let size = block.last - block.first;
        edges.push((block.first, true, size, *id));
        if block.last < block.family.top() {
            edges.push((block.last + 1, false, size, *id));
        }
    }
    edges.sort_unstable();
    let mut all = Segments { first: Vec::new(), entry: Vec::new() };
    let mut open: BTreeSet<(u128, u32)> = BTreeSet::new();
    for here in edges.chunk_by(|a, b| a.0 == b.0) {
        for (_, begins, size, id) in here {
            if *begins {
                open.insert((*size, *id));
            } else {
                open.remove(&(*size, *id));
            }
        }
        let entry = open.first().map_or(NONE, |(_, id)| *id);
        if all.entry.last().copied().unwrap_or(NONE) != entry {
            all.first.push(here[0].0);
            all.entry.push(entry);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::text::parse;

    fn list(entries: &[(&str, &str)]) -> Longest {
        let mut list = List::default();
        for (entry, label) in entries {
            list.push(&parse(entry.as_bytes()).unwrap(), Some(label.as_bytes()));
        }
        Longest::new(list)
    }

    fn ask(list: &Longest, text: &str) -> String {
        let found = list.of(&parse(text.as_bytes()).unwrap().block());
        found.map_or("-".into(), |text| String::from_utf8_lossy(text).replace('\t', " "))
    }

    #[test]
    fn the_smallest_range_wins() {
        let list = list(&[
            ("10.0.0.0/8", "ten"),
            ("10.1.0.0/16", "one"),
            ("10.1.0.0/16", "again"),
            ("10.1.2.3", ""),
            ("10.1.0.250-10.1.2.2", "range"),
            ("0.0.0.0/0", "v4"),
            ("255.255.255.255", "last"),
            ("2001:db8::/32", "doc\tum\x1bent"),
            ("ffff::/16", ""),
        ]);
        let cases = [
            ("10.1.2.3", "10.1.2.3 -"),
            ("10.1.2.4", "10.1.0.0/16 one"),
            ("10.1.0.255", "10.1.0.250-10.1.2.2 range"),
            ("10.2.0.0", "10.0.0.0/8 ten"),
            ("11.0.0.0", "0.0.0.0/0 v4"),
            ("0.0.0.0", "0.0.0.0/0 v4"),
            ("255.255.255.255", "255.255.255.255 last"),
            ("255.255.255.254", "0.0.0.0/0 v4"),
            ("10.1.0.0/16", "10.1.0.0/16 one"),
            ("10.1.1.0/24", "10.1.0.250-10.1.2.2 range"),
            ("10.1.2.0/24", "10.1.0.0/16 one"),
            ("10.0.0.0/15", "10.0.0.0/8 ten"),
            ("9.0.0.0-10.0.0.0", "0.0.0.0/0 v4"),
            ("2001:db8:1::", "2001:db8::/32 doc um\\x1bent"),
            ("2001:db7::", "-"),
            ("::/0", "-"),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff::/16 -"),
        ];
        for (text, want) in cases {
            assert_eq!(ask(&list, text), want, "{text}");
        }
        assert_eq!(ask(&self::list(&[]), "1.2.3.4"), "-");
        assert_eq!(ask(&self::list(&[("::/0", "six")]), "1.2.3.4"), "-");
        assert_eq!(ask(&self::list(&[("::/0", "six")]), "::"), "::/0 six");
    }

    proptest! {
        /// Blocks about an edge of the upper 16 bits, of either family.
        #[test]
        fn what_is_found_is_what_comparing_finds(ends in prop::collection::vec((0u128..40, 0u128..40), 0..24), four in any::<bool>()) {
            let (family, base) = if four { (Family::V4, 0x0a00_ffec) } else { (Family::V6, (0x2001 << 112) - 20) };
            let mut list = List::default();
            let block = |(a, b): (u128, u128)| Block { family, first: base + a.min(b), last: base + a.max(b) };
            for ends in &ends {
                let Block { first, last, .. } = block(*ends);
                let what = crate::address::value::What::Range(last);
                list.push(&Value { what, ..Value::addr(family, first) }, None);
            }
            let list = Longest::new(list);
            for a in 0..40 {
                for b in a..40 {
                    let asked = block((a, b));
                    let holds = (0..ends.len()).filter(|id| block(ends[*id]).holds(&asked));
                    let want = holds.min_by_key(|id| (block(ends[*id]).last - block(ends[*id]).first, *id));
                    prop_assert_eq!(list.of(&asked), want.map(|id| list.text(id)));
                }
            }
        }
    }
}
