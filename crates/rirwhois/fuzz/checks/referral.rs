//! A whole search in which the servers say anything: it ends, after six queries
//! at most, no query has a second line, and nobody is asked who must not be.
use std::sync::LazyLock;

use rirwhois::{
    ask::policy::Policy,
    ask::query::{End, Query, Response},
    ask::question::Question,
    ask::search::Search,
    ask::servers::{Server, Servers},
    ask::step::Step,
    table::lookup::Table,
    table::registry::{ALL, Registry},
};

const OPERANDS: [&str; 8] =
    ["8.8.8.0/24", "1.1.1.1", "193.0.0.1", "200.3.14.10", "2a00::1", "AS64500", "ORG-X1-RIPE", "196.216.2.1"];

static SERVERS: LazyLock<Servers> = LazyLock::new(Servers::default);

/// Panics where this does not hold.
pub(crate) fn check(bytes: &[u8]) {
    let Some((first, answers)) = bytes.split_first() else { return };
    let server = (first & 8 != 0).then(|| {
        // The first nine have whois servers.
        let registry = ALL[usize::from(first >> 5)];
        Server { host: registry.host().into(), port: 43, registry: Some(registry) }
    });
    let table = Table::default();
    let policy = Policy {
        servers: &SERVERS,
        table: &table,
        server: server.as_ref(),
        base: None,
        rdap: false,
        follow_any: first & 16 != 0,
    };
    let question = Question::parse(OPERANDS[usize::from(first % 8)]).expect("an operand");
    // One answer after the other, and the last one for ever.
    let mut answers = answers.split(|b| *b == 0);
    let mut answer: &[u8] = &[];
    let (mut search, mut step) = Search::start(question, &policy);
    let mut asked = 0;
    while let Step::Ask(query) = step {
        asked += 1;
        let Query::Whois { server, line, public_only } = &query else { panic!("{query:?}") };
        assert!(asked <= 6, "{query:?}");
        assert!(line.len() < 200 && !line.contains(|c: char| c.is_control() || !c.is_ascii()), "{query:?}");
        match Registry::from_host(&server.host) {
            Some(_) => assert!(server.port == 43 || *public_only, "{query:?}"),
            None => assert!(policy.follow_any && *public_only, "{query:?}"),
        }
        assert!(matches!(server.port, 43 | 4321), "{query:?}");
        answer = answers.next().unwrap_or(answer);
        step = search.response(&policy, Response::Whois { bytes: answer.to_vec(), end: End::Whole }).step;
    }
    if let Step::Done(outcome) = step {
        assert_eq!(outcome.hops.len(), asked);
    }
}
