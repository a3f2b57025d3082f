//! Sets of addresses, ready to be asked.
use crate::{
    address::value::{Block, Family},
    list::blocks::merge,
};

/// Every address of either family.
pub const ALL: [Block; 2] = [Block::network(Family::V4, 0, 0), Block::network(Family::V6, 0, 0)];

/// Blocks that neither overlap nor touch, ready to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    v4: Ends<u32>,
    v6: Ends<u128>,
}

/// First and last addresses, each list in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ends<T> {
    first: Vec<T>,
    last: Vec<T>,
    /// What the upper 16 bits of an address tell. Empty where there are no blocks.
    slots: Vec<Slot>,
    /// How many blocks start below each slot, where there are so many that it helps.
    below: Vec<u32>,
}

/// How much of the addresses with the same upper 16 bits is in a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slot {
    /// None of them is in the set.
    #[default]
    None,
    /// Some: ask for each.
    Some,
    /// All of them are in the set.
    All,
}

/// Blocks that a binary search is through with as fast as with a list of slots.
const FEW: usize = 32;

impl<T: Copy + Ord + Into<u128>> Ends<T> {
    /// Does one of the blocks `from..to`, or the one before them, hold `first` to `last`?
    #[inline]
    fn hold(&self, from: usize, to: usize, first: T, last: T) -> bool {
        let after = from + self.first[from..to].partition_point(|start| *start <= first);
        after > 0 && last <= self.last[after - 1]
    }

    /// Is this address, whose upper 16 bits are `top`, in a block?
    #[inline]
    fn has(&self, top: usize, bits: T) -> bool {
        match (self.slots.get(top), self.below.get(top..top + 2)) {
            (None | Some(Slot::None), _) => false,
            (Some(Slot::All), _) => true,
            (Some(Slot::Some), Some(&[from, to])) => self.hold(from as usize, to as usize, bits, bits),
            (Some(Slot::Some), _) => self.hold(0, self.first.len(), bits, bits),
        }
    }

    /// The blocks that share an address with `first` to `last`.
    fn across(&self, family: Family, first: u128, last: u128) -> impl Iterator<Item = Block> + '_ {
        let from = self.last.partition_point(|end| (*end).into() < first);
        let to = self.first.partition_point(|start| (*start).into() <= last).max(from);
        let ends = self.first[from..to].iter().zip(&self.last[from..to]);
        ends.map(move |(first, last)| Block { family, first: (*first).into(), last: (*last).into() })
    }

    fn index(&mut self, family: Family) {
        if self.first.is_empty() {
            return;
        }
        let shift = family.width() - 16;
        let slot = |bits: T| (bits.into() >> shift) as usize;
        self.slots.resize(1 << 16, Slot::None);
        for (first, last) in self.first.iter().zip(&self.last) {
            let (low, high) = (slot(*first), slot(*last));
            self.slots[low..=high].fill(Slot::All);
            let host = family.host_mask(16);
            if (*first).into() & host != 0 {
                self.slots[low] = Slot::Some;
            }
            if (*last).into() & host != host {
                self.slots[high] = Slot::Some;
            }
        }
        if self.first.len() > FEW {
            self.below.reserve(self.slots.len() + 1);
            for (n, first) in self.first.iter().enumerate() {
                self.below.resize(slot(*first) + 1, n as u32);
            }
            self.below.resize(self.slots.len() + 1, self.first.len() as u32);
        }
    }
}

impl FromIterator<Block> for Set {
    fn from_iter<I: IntoIterator<Item = Block>>(blocks: I) -> Set {
        let mut all: Vec<Block> = blocks.into_iter().collect();
        all.sort_unstable();
        let mut set = Set::default();
        for block in merge(all) {
            match block.family {
                Family::V4 => {
                    set.v4.first.push(block.first as u32);
                    set.v4.last.push(block.last as u32);
                }
                Family::V6 => {
                    set.v6.first.push(block.first);
                    set.v6.last.push(block.last);
                }
            }
        }
        set.v4.index(Family::V4);
        set.v6.index(Family::V6);
        set
    }
}

impl Set {
    /// Nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.v4.first.is_empty() && self.v6.first.is_empty()
    }

    /// Its blocks in ascending order, IPv4 first.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        let v4 = self.v4.across(Family::V4, 0, Family::V4.top());
        v4.chain(self.v6.across(Family::V6, 0, Family::V6.top()))
    }

    /// What the upper 16 bits of an address tell, by their number. Empty where
    /// nothing of this family is in it.
    pub fn slots(&self, family: Family) -> &[Slot] {
        match family {
            Family::V4 => &self.v4.slots,
            Family::V6 => &self.v6.slots,
        }
    }

    /// This IPv4 address is in it.
    #[inline]
    pub fn has_v4(&self, bits: u32) -> bool {
        self.v4.has((bits >> 16) as usize, bits)
    }

    /// This IPv6 address is in it.
    #[inline]
    pub fn has_v6(&self, bits: u128) -> bool {
        self.v6.has((bits >> 112) as usize, bits)
    }

    /// All of `block` is in it.
    #[inline]
    pub fn holds(&self, block: &Block) -> bool {
        match block.family {
            Family::V4 if block.first == block.last => self.has_v4(block.first as u32),
            Family::V4 => self.v4.hold(0, self.v4.first.len(), block.first as u32, block.last as u32),
            Family::V6 if block.first == block.last => self.has_v6(block.first),
            Family::V6 => self.v6.hold(0, self.v6.first.len(), block.first, block.last),
        }
    }

    /// The blocks that share an address with `block`, in ascending order.
    fn across(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        let (v4, v6) = match block.family {
            Family::V4 => (Some(self.v4.across(Family::V4, block.first, block.last)), None),
            Family::V6 => (None, Some(self.v6.across(Family::V6, block.first, block.last))),
        };
        v4.into_iter().flatten().chain(v6.into_iter().flatten())
    }

    /// An address of `block` is in it.
    pub fn touches(&self, block: &Block) -> bool {
        self.across(*block).next().is_some()
    }

    /// What `block` has and this set has not, in ascending order.
    pub fn rest_of(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        let mut holes = self.across(block);
        let mut rest = Some(block);
        std::iter::from_fn(move || {
            while let Some(Block { family, first, last }) = rest {
                let Some(hole) = holes.next() else {
                    return rest.take();
                };
                rest = (hole.last < last).then(|| Block { family, first: hole.last + 1, last });
                if first < hole.first {
                    return Some(Block { family, first, last: hole.first - 1 });
                }
            }
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::list::{
        blocks::prefixes,
        examples::{block, members, show, some_blocks},
    };

    fn set(text: &str) -> Set {
        text.split_whitespace().map(block).collect()
    }

    #[test]
    fn differences() {
        let cases = [
            ("10.0.0.0/30", "10.0.0.1", "10.0.0.0/32 10.0.0.2/31"),
            ("10.0.0.0/30", "10.0.0.0/8", ""),
            ("10.0.0.0/8", "11.0.0.0/8 ::/0", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0 255.255.255.255", &show(prefixes(block("0.0.0.1-255.255.255.254")))),
            ("255.255.255.254/31", "255.255.255.255", "255.255.255.254/32"),
            ("::/127", "::", "::1/128"),
        ];
        for (from, less, want) in cases {
            assert_eq!(show(set(less).rest_of(block(from)).flat_map(prefixes)), want, "{from} less {less}");
        }
        assert_eq!(set("1234::5").rest_of(block("::/0")).flat_map(prefixes).count(), 128);
    }

    #[test]
    fn membership_at_the_edges() {
        let set = set(
            "10.0.0.0/9 10.128.0.0/9 255.255.255.255 0.0.0.0 2001:db8::/32 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        );
        for inside in ["10.0.0.0/8", "10.127.255.255-10.128.0.0", "255.255.255.255", "0.0.0.0", "2001:db8:ffff::/48"] {
            assert!(set.holds(&block(inside)), "{inside}");
        }
        for outside in ["9.255.255.255", "11.0.0.0", "10.0.0.0/7", "0.0.0.0/0", "::/0", "::ffff:10.0.0.1", "0.0.0.1"] {
            assert!(!set.holds(&block(outside)), "{outside}");
        }
        assert!(!Set::default().holds(&block("0.0.0.0")) && !Set::default().holds(&block("::")));
    }

    /// The slots of a set of many blocks, on both sides of every edge.
    #[test]
    fn many_blocks_are_found_by_slot() {
        let mut n = 1u64;
        let mut next = || {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            n >> 32
        };
        for few in [3, FEW, FEW + 1, 3000] {
            let some = |_| {
                let family = if next() & 1 == 0 { Family::V4 } else { Family::V6 };
                let shift = family.width() - 32;
                let first = u128::from(next() as u32) << shift;
                Block {
                    family,
                    first,
                    last: first.saturating_add(u128::from(next()) << shift >> (next() % 32)).min(family.top()),
                }
            };
            let blocks: Vec<Block> = (0..few).map(some).collect();
            let set: Set = blocks.iter().copied().collect();
            let merged: Vec<Block> = set.blocks().collect();
            for block in &blocks {
                let top = block.family.top();
                let around =
                    [block.first.saturating_sub(1), block.first, block.last, block.last.saturating_add(1).min(top)];
                let slots = around
                    .iter()
                    .flat_map(|bits| [bits & !block.family.host_mask(16), bits | block.family.host_mask(16)]);
                for bits in around.into_iter().chain(slots) {
                    let one = Block { first: bits, last: bits, ..*block };
                    assert_eq!(set.holds(&one), merged.iter().any(|b| b.holds(&one)), "{bits:x}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_union_has_what_either_has(a in some_blocks(), b in some_blocks()) {
            let both: Set = a.iter().chain(&b).copied().collect();
            let swapped: Set = b.iter().chain(&a).copied().collect();
            prop_assert_eq!(&both, &swapped);
            prop_assert_eq!(members(both.blocks()), &members(a) | &members(b));
        }

        #[test]
        fn a_difference_has_what_only_one_has(a in some_blocks(), b in some_blocks()) {
            let (from, less): (Set, Set) = (a.iter().copied().collect(), b.iter().copied().collect());
            let rest: Vec<Block> = from.blocks().flat_map(|block| less.rest_of(block)).collect();
            prop_assert_eq!(members(rest.iter().copied()), &members(a) - &members(b));
            prop_assert!(rest.iter().all(|block| !less.touches(block)));
            let whole: Set = rest.into_iter().chain(from.blocks().flat_map(|block| less.blocks().filter(move |b| b.family == block.family && b.first <= block.last && block.first <= b.last))).collect();
            prop_assert!(from.blocks().all(|block| whole.holds(&block)));
        }

        #[test]
        fn a_member_is_held(a in some_blocks(), b in some_blocks()) {
            let set: Set = a.iter().copied().collect();
            let all = members(a);
            for block in b {
                prop_assert_eq!(set.holds(&block), members([block]).is_subset(&all), "{:?}", block);
                prop_assert_eq!(set.touches(&block), !members([block]).is_disjoint(&all), "{:?}", block);
            }
        }
    }
}
