//! What IANA's own registries say, whatever moved since: assignments, special-purpose rows, AS numbers.
use plainnet_common::{
    block::{Block, Family},
    special,
};

use super::{
    data::{self, Assigned},
    registry::Registry,
};

impl data::Numbers {
    /// The regional registry that has them.
    pub fn registry(&self) -> Option<Registry> {
        Registry::from_name(self.holder).filter(|r| r.is_regional())
    }
}

/// IANA's assignments of a family.
pub fn assignments(family: Family) -> &'static [Assigned] {
    if family == Family::V6 { &data::V6_ASSIGNED } else { &data::V4_ASSIGNED }
}

/// IANA's assignment that holds an address.
pub fn assigned(family: Family, addr: u128) -> Option<&'static Assigned> {
    let rows = assignments(family);
    rows[..rows.partition_point(|row| row.first <= addr)].last().filter(|row| addr <= row.last)
}

/// The most specific special-purpose row of an address.
pub fn special_row(family: Family, addr: u128) -> Option<&'static special::Row> {
    special::row(&Block { family, first: addr, last: addr })
}

/// The special-purpose blocks of a family.
pub fn specials(family: Family) -> impl Iterator<Item = Block> {
    special::ROWS.iter().map(|row| row.block).filter(move |block| block.family == family)
}

/// The rows of AS numbers, without a gap.
pub fn number_rows() -> &'static [data::Numbers] {
    &data::NUMBERS
}

/// The place of the row that holds an AS number.
pub fn numbers_at(number: u32) -> usize {
    data::NUMBERS.partition_point(|row| row.first <= number) - 1
}

/// The part of `run` around `addr` that no list of IANA's has a row for.
pub fn gap(family: Family, addr: u128, run: &Block) -> Block {
    let specials = specials(family).map(|block| (block.first, block.last));
    let ends = assignments(family).iter().map(|r| (r.first, r.last)).chain(specials);
    ends.fold(*run, |gap, (first, last)| match addr {
        _ if last < addr => Block { first: gap.first.max(last + 1), ..gap },
        _ => Block { last: gap.last.min(first - 1), ..gap },
    })
}
