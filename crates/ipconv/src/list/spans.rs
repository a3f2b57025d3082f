//! Blocks that may overlap, in the order of their first address, with a tree of
//! the highest last address: what shares addresses with a block is found in time
//! that grows with what is found.
use crate::address::value::Block;

/// Blocks of one family, each with the number under which it is known.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    /// The first address of each block, in ascending order.
    first: Vec<u128>,
    id: Vec<u32>,
    /// A binary tree in an array, its root at 1 and its leaves in the second half:
    /// the highest last address of the blocks below a node.
    highest: Vec<u128>,
}

impl Spans {
    /// Of `blocks`, which are of one family.
    pub fn new(blocks: impl IntoIterator<Item = (u32, Block)>) -> Spans {
        let mut all: Vec<(u128, u128, u32)> = blocks.into_iter().map(|(id, b)| (b.first, b.last, id)).collect();
        all.sort_unstable();
        let leaves = all.len().next_power_of_two();
        let mut highest = vec![0; 2 * leaves];
        for (leaf, (_, last, _)) in highest[leaves..].iter_mut().zip(&all) {
            *leaf = *last;
        }
        for node in (1..leaves).rev() {
            highest[node] = highest[2 * node].max(highest[2 * node + 1]);
        }
        Spans { first: all.iter().map(|b| b.0).collect(), id: all.iter().map(|b| b.2).collect(), highest }
    }

    /// Gives the number of each block that shares an address with `block` to `each`.
    pub fn across(&self, block: &Block, each: &mut impl FnMut(u32)) {
        let from = self.first.partition_point(|first| *first < block.first);
        let to = from + self.first[from..].partition_point(|first| *first <= block.last);
        self.reaching(from, block.first, each);
        self.id[from..to].iter().for_each(|id| each(*id));
    }

    /// Gives the number of each block that holds all of `block` to `each`.
    pub fn around(&self, block: &Block, each: &mut impl FnMut(u32)) {
        let to = self.first.partition_point(|first| *first <= block.first);
        self.reaching(to, block.last, each);
    }

    /// Those of the first `upto` blocks that end at `least` or behind it.
    fn reaching(&self, upto: usize, least: u128, each: &mut impl FnMut(u32)) {
        if upto > 0 {
            self.below(1, 0, self.highest.len() / 2, upto, least, each);
        }
    }

    /// The same below `node`, under which are `leaves` blocks from `from` on.
    fn below(&self, node: usize, from: usize, leaves: usize, upto: usize, least: u128, each: &mut impl FnMut(u32)) {
        if from >= upto || self.highest[node] < least {
            return;
        }
        if leaves == 1 {
            return each(self.id[from]);
        }
        self.below(2 * node, from, leaves / 2, upto, least, each);
        self.below(2 * node + 1, from + leaves / 2, leaves / 2, upto, least, each);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::value::Family;

    proptest! {
        #[test]
        fn what_is_found_is_what_comparing_finds(ends in prop::collection::vec((0u128..40, 0u128..40), 0..40), a in 0u128..40, b in 0u128..40) {
            let block = |(a, b): (u128, u128)| Block { family: Family::V6, first: a.min(b), last: a.max(b) };
            let all: Vec<Block> = ends.into_iter().map(block).collect();
            let spans = Spans::new(all.iter().enumerate().map(|(id, block)| (id as u32, *block)));
            let asked = block((a, b));
            let slowly = |test: &dyn Fn(&Block) -> bool| -> Vec<u32> {
                (0..all.len() as u32).filter(|id| test(&all[*id as usize])).collect()
            };
            let mut found = Vec::new();
            spans.across(&asked, &mut |id| found.push(id));
            found.sort_unstable();
            prop_assert_eq!(found, slowly(&|b| b.first <= asked.last && asked.first <= b.last));
            let mut found = Vec::new();
            spans.around(&asked, &mut |id| found.push(id));
            found.sort_unstable();
            prop_assert_eq!(found, slowly(&|b| b.holds(&asked)));
        }
    }
}
