//! Lines of the service that knows who announces an address: each address that
//! was asked is answered once at most, however the lines come, and nothing that
//! was not asked is.
use std::{collections::BTreeSet, net::IpAddr};

use rirwhois::ask::origin::{FIELDS, Session};

const ASKED: [&str; 4] = ["8.8.8.8", "192.0.2.1", "2001:db8::1", "1.1.1.1"];

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let mut session = Session::default();
    let mut open: BTreeSet<IpAddr> = ASKED.iter().map(|text| text.parse().expect("an address")).collect();
    open.iter().for_each(|addr| session.ask(*addr));
    let text = String::from_utf8_lossy(input);
    let mut lines = 0;
    for line in text.lines() {
        lines += 1;
        // An empty line is a pause.
        let answer = if line.is_empty() { session.quiet() } else { session.line(line).unwrap_or(None) };
        let Some((addr, origin)) = answer else { continue };
        assert!(open.remove(&addr), "{addr} is answered twice");
        // Another line about the same address would add to its answer.
        let about = line.split('|').nth(1).and_then(|column| column.trim().parse::<IpAddr>().ok());
        assert_ne!(about, Some(addr), "{line}");
        assert!(origin.numbers.len() <= 64 && origin.names.len() <= 64 && origin.prefixes.len() <= 64);
        for field in FIELDS {
            assert!(!origin.text(field).contains('\n'), "{field:?}");
        }
    }
    if let Some((addr, _)) = session.quiet() {
        assert!(open.remove(&addr), "{addr} is answered twice");
    }
    assert!(session.is_waiting() != open.is_empty() && !session.is_half_answered());
    let rest: BTreeSet<IpAddr> = session.unanswered().into_iter().collect();
    assert_eq!(rest, open, "{lines} lines");
}
