//! Whatever a file of statistics says, its ranges are in order and disjoint, and
//! the table made with it answers for every number.
#![no_main]
use rirwhois::{table::delegated::Delegated, ask::question::Question, table::range::Range, table::registry::Registry, table::lookup::Table};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(found) = Delegated::read(bytes) else { return };
    for (ranges, top) in [(&found.v4, u32::MAX.into()), (&found.v6, u128::MAX), (&found.numbers, u32::MAX.into())] {
        assert!(ranges.iter().all(|r| r.0 <= r.1 && r.1 <= top && found.of.contains(&r.2)));
        assert!(ranges.windows(2).all(|w| w[0].1 < w[1].0));
    }
    let table = Table::default().with(std::slice::from_ref(&found));
    let rir = |question| table.registry(&question).expect("a number");
    for (v6, ranges) in [(false, &found.v4), (true, &found.v6)] {
        for addr in ranges.iter().flat_map(|r| [r.0, r.1]) {
            let answer = rir(Question::Addresses(Range { v6, first: addr, last: addr }));
            // Special-purpose space is IANA's, whatever they list.
            assert!(answer == Registry::Iana || found.of.contains(&answer));
        }
    }
    for number in found.numbers.iter().flat_map(|r| [r.0, r.1]) {
        let answer = rir(Question::As(number as u32));
        assert!(answer == Registry::Iana || found.of.contains(&answer));
    }
});
