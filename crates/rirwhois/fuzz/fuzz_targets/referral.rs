//! A whole chase in which every server gives the same answer: it ends, after
//! six queries at most, and no query has a second line.
#![no_main]
use rirwhois::{
    chase::{Chase, End, Policy, Step},
    question::Question,
    servers::Servers,
    table::Table,
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (servers, table) = (Servers::default(), Table::default());
    let policy = Policy { servers: &servers, table: &table, server: None, follow_any: bytes.len() % 2 == 0 };
    let (mut chase, mut step) = Chase::start(Question::parse("8.8.8.0/24").expect("an operand"), &policy);
    let mut asked = 0;
    while let Step::Ask(ask) = step {
        asked += 1;
        assert!(asked <= 6 && !ask.line.contains(['\r', '\n', '\0']), "{ask:?}");
        assert!(!ask.public_only || matches!(ask.server.port, 43 | 4321));
        step = chase.heard(&policy, bytes.to_vec(), End::Whole);
    }
});
