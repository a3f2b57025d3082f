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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_lies_between_what_is_listed() {
        // IANA's registry of 2000::/3 has 2003::/18 and then 2400::/12.
        let first = 0x2003_4000 << 96;
        let last = (0x2400 << 112) - 1;
        let all = Block::network(Family::V6, 0, 0);
        for addr in [first, last, 0x2020 << 112] {
            assert_eq!(gap(Family::V6, addr, &all), Block { family: Family::V6, first, last }, "{addr:x}");
        }
        let run = Block { family: Family::V6, first: first + 1, last: last - 1 };
        assert_eq!(gap(Family::V6, 0x2020 << 112, &run), run);
    }

    #[test]
    fn a_row_is_found_at_both_its_ends() {
        let of = |addr: u128| assigned(Family::V6, addr).map(|row| row.first);
        let (first, last) = (0x2003 << 112, (0x2003_4000 << 96) - 1);
        assert_eq!([first, last, last + 1].map(of), [Some(first), Some(first), None]);
        let numbers = |number: u32| number_rows()[numbers_at(number)].first;
        assert_eq!([0, 3153, 3154, 3353, 3354, u32::MAX].map(numbers), [0, 2880, 3154, 3154, 3354, u32::MAX]);
        assert!(assignments(Family::V4).iter().all(|row| row.last <= u32::MAX.into()));
        assert!(specials(Family::V6).all(|block| block.family == Family::V6) && specials(Family::V4).count() > 10);
        assert_eq!(special_row(Family::V4, 0x0a00_0001).map(|row| row.name), Some("Private-Use"));
    }
}
