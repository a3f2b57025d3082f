//! Whatever a file of statistics says, its records are in order and disjoint, and
//! the table made with it answers for every number. The sum that a registry
//! publishes beside it is that of the whole, however it is read.
use plainnet_common::block::{Block, Family};
use rirwhois::{
    ask::question::Question,
    net::fetch::checksum,
    table::{
        delegated::{Delegated, KINDS, Kind},
        lookup::Table,
        md5::Md5,
        overlay::Overlay,
        registry::Registry,
    },
};

/// Panics where this does not hold.
pub(crate) fn check(bytes: &[u8]) {
    let (mut whole, mut pieces) = (Md5::default(), Md5::default());
    whole.add(bytes);
    bytes.chunks(7).for_each(|piece| pieces.add(piece));
    let sum = whole.finish();
    assert_eq!(pieces.finish(), sum);
    // As md5sum and BSD's md5 write it.
    assert_eq!(checksum(format!("{sum}  delegated\n").as_bytes()), Some(sum.clone()));
    assert_eq!(checksum(format!("MD5 (delegated) = {}\n", sum.to_uppercase()).as_bytes()), Some(sum));
    let said = checksum(bytes);
    assert!(said.is_none_or(|sum| sum.len() == 32 && sum.bytes().all(|b| b.is_ascii_hexdigit())));
    let Ok(found) = Delegated::read(bytes) else { return };
    for (kind, records) in KINDS.into_iter().zip(&found.records) {
        let top = if kind == Kind::V6 { u128::MAX } else { u32::MAX.into() };
        assert!(records.iter().all(|r| r.first <= r.last() && r.last() <= top && found.of.contains(&r.registry)));
        assert!(records.windows(2).all(|pair| pair[0].last() < pair[1].first));
    }
    // To lay it over the whole table takes a thousand times as long.
    if bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)) & 63 == 0 {
        overlay(&found);
    }
}

fn overlay(found: &Delegated) {
    let overlay = Overlay::new(&Table::default(), std::slice::from_ref(found));
    let Overlay { dates, runs, .. } = overlay;
    let table = Table::from_runs(runs, dates, None).expect("runs that fit");
    for (kind, records) in KINDS.into_iter().zip(&found.records) {
        for number in records.iter().flat_map(|r| [r.first, r.last()]) {
            let question = match kind {
                Kind::V4 | Kind::V6 => Question::Addresses(Block {
                    family: if kind == Kind::V6 { Family::V6 } else { Family::V4 },
                    first: number,
                    last: number,
                }),
                Kind::Number => Question::As(number as u32),
            };
            let answer = table.registry(&question).expect("a number");
            // Special-purpose numbers are IANA's, whatever a file lists.
            assert!(answer == Registry::Iana || found.of.contains(&answer));
        }
    }
}
