//! What the tests of blocks and of sets share.
use std::{collections::BTreeSet, ffi::OsString};

use proptest::prelude::*;

use crate::{
    address::{
        simd::{Batch, Level, Lines, PAD, each_line},
        text::parse,
        value::{Block, Family, Value},
        write::compressed,
    },
    cli::{Conf, parse as command_line},
    list::blocks::merge,
};

/// The block that a text stands for.
pub(crate) fn block(text: &str) -> Block {
    parse(text.as_bytes()).unwrap().block()
}

/// Values in canonical form, with blanks between.
pub(crate) fn show(values: impl Iterator<Item = Value<'static>>) -> String {
    values.map(|value| compressed(&value)).collect::<Vec<_>>().join(" ")
}

/// Blocks in ascending order, joined.
pub(crate) fn merged(blocks: impl IntoIterator<Item = Block>) -> Vec<Block> {
    let mut all: Vec<Block> = blocks.into_iter().collect();
    all.sort_unstable();
    merge(all).collect()
}

/// Blocks among the first or last 64 addresses of a family, so that they meet.
pub(crate) fn some_blocks() -> impl Strategy<Value = Vec<Block>> {
    let ends = (any::<bool>(), any::<bool>(), 0u128..64, 0u128..64);
    prop::collection::vec(ends, 0..12).prop_map(|all| {
        let block = |(four, high, a, b): (bool, bool, u128, u128)| {
            let family = if four { Family::V4 } else { Family::V6 };
            let base = if high { family.top() - 63 } else { 0 };
            Block { family, first: base + a.min(b), last: base + a.max(b) }
        };
        all.into_iter().map(block).collect()
    })
}

/// Every address in some blocks.
pub(crate) fn members(blocks: impl IntoIterator<Item = Block>) -> BTreeSet<(Family, u128)> {
    let each = |b: Block| (0..=b.last - b.first).map(move |i| (b.family, b.first + i));
    blocks.into_iter().flat_map(each).collect()
}

/// Gives the lines of `text` to `each` as a kernel reads them.
pub(crate) fn batches(text: &str, each: impl FnMut(&Batch<'_>)) {
    struct Each<F>(F);
    impl<F: FnMut(&Batch<'_>)> Lines for Each<F> {
        fn values(&self) -> bool {
            true
        }

        fn batch(&mut self, batch: &Batch<'_>) {
            (self.0)(batch);
        }
    }
    let padded = [text.as_bytes(), &[0; PAD]].concat();
    each_line(Level::best(), &padded, text.len(), b'\n', &mut Each(each));
}

/// What these options mean.
pub(crate) fn conf(options: &[&str]) -> Conf {
    command_line(options.iter().copied().chain(["-"]).map(OsString::from)).unwrap()
}
