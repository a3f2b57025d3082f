//! A table that --update may have kept, damaged in any way: it is refused, or it
//! answers for every number, and a block that it finds holds the number.
use plainnet_common::block::{Block, Family};
use rirwhois::{
    ask::question::Question,
    table::{
        delegated::{KINDS, Kind},
        kept,
    },
};

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some(table) = kept::parse(text.to_owned()) else { return };
    for kind in KINDS {
        let records = table.records().expect("it was kept with them");
        let known = records.all(kind).take(20).flat_map(|record| [record.first, record.last]);
        let top = if kind == Kind::V6 { u128::MAX } else { u32::MAX.into() };
        for number in known.chain([0, 1, top / 3, top]).filter(|number| *number <= top).collect::<Vec<_>>() {
            let family = if kind == Kind::V6 { Family::V6 } else { Family::V4 };
            let question = match kind {
                Kind::Number => Question::As(number as u32),
                _ => Question::Addresses(Block { family, first: number, last: number }),
            };
            assert!(table.registry(&question).is_some() && table.row(&question).is_some(), "{question}");
            let _ = table.country(&question);
            if let Some(record) = records.find(kind, number) {
                assert!(record.first <= number && number <= record.last, "{record:?} {number}");
            }
        }
        let starts = records.countries(kind);
        assert!(starts.first().is_none_or(|(first, _)| *first == 0), "{starts:?}");
    }
}
