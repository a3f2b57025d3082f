//! A whole chase in which the servers say anything: it ends, after six queries
//! at most, no query has a second line, and nobody is asked who must not be.
#![no_main]
use std::sync::LazyLock;

use plainnet_common::text;
use rirwhois::{
    ask::chase::{Chase, End, Policy, Step},
    ask::question::Question,
    table::registry::{ALL, Registry},
    ask::servers::{Server, Servers},
    table::lookup::Table,
};

const OPERANDS: [&str; 8] =
    ["8.8.8.0/24", "1.1.1.1", "193.0.0.1", "200.3.14.10", "2a00::1", "AS64500", "ORG-X1-RIPE", "196.216.2.1"];

static SERVERS: LazyLock<Servers> = LazyLock::new(Servers::default);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, answers)) = bytes.split_first() else { return };
    let server = (first & 8 != 0).then(|| {
        let registry = ALL[usize::from(first >> 5)];
        Server { host: registry.host().into(), port: 43, registry: Some(registry) }
    });
    let table = Table::default();
    let policy = Policy { servers: &SERVERS, table: &table, server: server.as_ref(), follow_any: first & 16 != 0 };
    let question = Question::parse(OPERANDS[usize::from(first % 8)]).expect("an operand");
    // One answer after the other, and the last one for ever.
    let mut answers = answers.split(|b| *b == 0);
    let mut answer: &[u8] = &[];
    let (mut chase, mut step) = Chase::start(question, &policy);
    let mut asked = 0;
    while let Step::Ask(ask) = step {
        asked += 1;
        assert!(asked <= 6, "{ask:?}");
        assert!(ask.line.len() < 200 && !ask.line.contains(|c: char| c.is_control() || !c.is_ascii()), "{ask:?}");
        match Registry::from_host(&ask.server.host) {
            Some(_) => assert!(ask.server.port == 43 || ask.public_only, "{ask:?}"),
            None => assert!(policy.follow_any && ask.public_only, "{ask:?}"),
        }
        assert!(matches!(ask.server.port, 43 | 4321), "{ask:?}");
        answer = answers.next().unwrap_or(answer);
        step = chase.heard(&policy, answer.to_vec(), End::Whole);
    }
    if let Step::Done(outcome) = step {
        assert_eq!(outcome.hops.len(), asked);
        assert!(!outcome.notes.iter().any(|note| note.contains(text::is_control)), "{:?}", outcome.notes);
    }
});
