//! Blocks that may overlap, in the order of their first address, with a tree of
//! the highest last address and the smallest block: what shares addresses with a
//! block is found in time that grows with what is found, and the smallest that
//! holds it without a look at all that do.
use crate::address::value::Block;

/// Behind the size and number of every block.
const NONE: (u128, u32) = (u128::MAX, u32::MAX);

/// Blocks of one family, each with the number under which it is known.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    /// The first address of each block, in ascending order.
    first: Vec<u128>,
    id: Vec<u32>,
    /// A binary tree in an array, its root at 1 and its leaves in the second half:
    /// the highest last address of the blocks below a node.
    highest: Vec<u128>,
    /// The place of the smallest block below a node, by [`Spans::size`].
    smallest: Vec<u32>,
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
        let (first, id) = (all.iter().map(|b| b.0).collect(), all.iter().map(|b| b.2).collect());
        let mut spans = Spans { first, id, highest, smallest: vec![0; 2 * leaves] };
        for place in 0..leaves {
            spans.smallest[leaves + place] = place as u32;
        }
        for node in (1..leaves).rev() {
            let [left, right] = [2 * node, 2 * node + 1].map(|child| spans.smallest[child]);
            spans.smallest[node] = if spans.size(right) < spans.size(left) { right } else { left };
        }
        spans
    }

    /// The order of the block at a place among those of its size: what comes first is lower.
    fn size(&self, place: u32) -> (u128, u32) {
        let place = place as usize;
        match self.first.get(place) {
            Some(first) => (self.highest[self.highest.len() / 2 + place] - first, self.id[place]),
            None => NONE,
        }
    }

    /// Gives the number of each block that shares an address with `block` to `each`.
    pub fn across(&self, block: &Block, each: &mut impl FnMut(u32)) {
        let from = self.first.partition_point(|first| *first < block.first);
        let to = from + self.first[from..].partition_point(|first| *first <= block.last);
        self.reaching(from, block.first, each);
        self.id[from..to].iter().for_each(|id| each(*id));
    }

    /// The number of the smallest block that holds all of `block`; of two the lower number.
    pub fn smallest_around(&self, block: &Block) -> Option<u32> {
        let upto = self.first.partition_point(|first| *first <= block.first);
        let mut best = NONE;
        self.smaller(1, 0, self.highest.len() / 2, upto, block.last, &mut best);
        (best != NONE).then_some(best.1)
    }

    /// Makes `best` the smallest of those of the first `upto` blocks that end at `least` or behind
    /// it, if it is below `node`, under which are `leaves` blocks from `from` on. The half with the
    /// smaller block comes first, so that of nested blocks only the innermost are looked at.
    fn smaller(&self, node: usize, from: usize, leaves: usize, upto: usize, least: u128, best: &mut (u128, u32)) {
        if from >= upto || self.highest[node] < least || self.size(self.smallest[node]) >= *best {
            return;
        }
        if leaves == 1 {
            *best = self.size(from as u32);
            return;
        }
        let half = leaves / 2;
        let (left, right) = ((2 * node, from), (2 * node + 1, from + half));
        // The half that has it has the very same place.
        let halves = if self.smallest[left.0] == self.smallest[node] { [left, right] } else { [right, left] };
        for (node, from) in halves {
            self.smaller(node, from, half, upto, least, best);
        }
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
            let smallest = slowly(&|b| b.holds(&asked)).into_iter().min_by_key(|id| {
                let block = all[*id as usize];
                (block.last - block.first, *id)
            });
            prop_assert_eq!(spans.smallest_around(&asked), smallest);
        }
    }
}
