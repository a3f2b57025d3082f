//! Whatever a file of statistics says, its records are in order and disjoint, and
//! the table made with it answers for every number.
#![no_main]
use plainnet_common::block::{Block, Family};
use rirwhois::{
    ask::question::Question,
    table::{
        delegated::{Delegated, KINDS, Kind},
        lookup::Table,
        overlay::Overlay,
        registry::Registry,
    },
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(found) = Delegated::read(bytes) else { return };
    let overlay = Overlay::new(&Table::default(), std::slice::from_ref(&found));
    let Overlay { dates, runs, .. } = overlay;
    let table = Table::from_runs(runs, dates, None).expect("runs that fit");
    for (kind, records) in KINDS.into_iter().zip(&found.records) {
        let top = if kind == Kind::V6 { u128::MAX } else { u32::MAX.into() };
        assert!(records.iter().all(|r| r.first <= r.last() && r.last() <= top && found.of.contains(&r.registry)));
        assert!(records.windows(2).all(|pair| pair[0].last() < pair[1].first));
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
});
