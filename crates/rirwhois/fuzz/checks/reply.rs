//! An answer: where it ends on a kept connection, its lines, its objects, its
//! fields, what it lists.
use std::rc::Rc;

use plainnet_common::text;
use rirwhois::{
    ask::outcome::{Found, trimmed},
    ask::question::Question,
    ask::servers::Server,
    print::show,
    read::charset,
    read::field,
    read::range,
    read::reply::{Reply, Terminator},
    table::lookup::Table,
    table::registry,
};

/// Panics where this does not hold.
pub(crate) fn check(bytes: &[u8]) {
    // However the bytes arrive, the end is the same, and two empty lines stand there.
    let whole = Terminator::default().find(bytes);
    let mut terminator = Terminator::default();
    assert_eq!(whole, (0..=bytes.len()).find_map(|n| terminator.find(&bytes[..n])));
    if let Some(end) = whole {
        assert!(bytes[..end].ends_with(b"\n\n") || bytes[..end].ends_with(b"\n\r\n"), "{end}");
    }
    let table = Table::default();
    for (i, operand) in ["192.0.2.1", "2001:db8::/32", "AS64500", "ORG-X1-RIPE"].iter().enumerate() {
        let question = Question::parse(operand).expect("an operand");
        let registry = registry::ALL[(i + bytes.len()) % registry::ALL.len()];
        let server = Server { host: registry.host().into(), port: 43, registry: Some(registry) };
        let text = charset::text(bytes);
        let reply = Reply::parse(&text);
        let found = Found::of_whois(&question, &server, &Rc::new(bytes.to_vec()), &reply, &[], &table);
        // What is printed is the reply but for blanks at its ends.
        let said = text.lines().filter(|line| !line.trim().is_empty());
        let printed = trimmed(&text).lines().filter(|line| !line.trim().is_empty());
        assert!(printed.map(str::trim_end).eq(said.map(str::trim_end)));
        for field in field::SHOWN.iter().chain(&[field::Field::Text]).filter(|f| f.name() != "input") {
            let value = show::of_answer(*field, &found);
            assert!(!value.contains(|c| c == '\t' || text::is_control(c)), "{value:?}");
        }
        if let Some(range) = found.answer.range {
            let prefixes: Vec<_> = range::prefixes(range).collect();
            assert_eq!((prefixes[0].first, prefixes[prefixes.len() - 1].last), (range.first, range.last));
            assert!(prefixes.windows(2).all(|pair| pair[0].last + 1 == pair[1].first));
        }
        // Every line that is not blank has its place in what was read.
        let attributes: usize = reply.objects().map(|o| o.attributes.len()).sum();
        let lines = text.lines().filter(|l| !l.trim().is_empty()).count();
        assert!(attributes + reply.remarks.len() + reply.loose.len() <= lines);
        assert_eq!(reply.is_empty(), !reply.has_objects() && reply.loose.is_empty());
        let held = found.holdings();
        assert!(held.numbers.iter().all(|(first, last)| first <= last), "{held:?}");
    }
}
