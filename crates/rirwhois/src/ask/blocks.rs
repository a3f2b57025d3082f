//! `--blocks`: all that an organisation holds.
use std::collections::BTreeSet;

use crate::{
    ask::chase::Outcome, ask::query, ask::question::Question, read::reply::Reply, table::range::Range,
    table::registry::Registry,
};

/// ARIN ends its lists after so many rows of a kind.
const LIST: usize = 256;

/// What a listing names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Prefixes, each once, IPv4 first, in order.
    pub prefixes: BTreeSet<Range>,
    /// AS numbers, first and last.
    pub numbers: BTreeSet<(u32, u32)>,
    /// The registry's list ended early.
    pub cut: bool,
}

impl Held {
    /// Reads a listing: RIPE's keys, ARIN's rows, or the `inetnum` lines of a
    /// LACNIC AS record.
    pub fn read(text: &str) -> Held {
        let reply = Reply::parse(text);
        let keys = ["inetnum", "inet6num", "netrange", "route", "route6"];
        let values = reply.objects.iter().flat_map(|o| keys.iter().flat_map(|key| o.all(key)));
        let rows = reply.list.iter().filter_map(|row| row.range);
        let ranges = values.filter_map(Range::parse).chain(rows).filter(|r| !r.is_everything());
        let numbers =
            reply.objects.iter().filter_map(|o| o.numbers()).chain(reply.list.iter().filter_map(|r| r.numbers));
        let of_kind =
            |kind: fn(&Range) -> bool| reply.list.iter().filter(|r| r.range.as_ref().is_some_and(kind)).count();
        let numbered = reply.list.iter().filter(|r| r.numbers.is_some()).count();
        let cut = [of_kind(|r| r.v6), of_kind(|r| !r.v6), numbered].iter().any(|rows| *rows >= LIST);
        Held { prefixes: ranges.flat_map(|r| r.prefixes()).collect(), numbers: numbers.collect(), cut }
    }
}

/// The first question about a handle: LACNIC has no list by organisation.
pub fn first(handle: &str) -> Question {
    match query::home(handle) {
        Registry::Lacnic => Question::Handle(handle.to_owned()),
        _ => Question::Holdings(handle.to_owned()),
    }
}

/// What follows an answer on the way to a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is the listing.
    Here,
    /// Ask this of the same registry.
    Ask(Question),
    /// There will be none.
    Nowhere(&'static str),
}

/// Looks in the answer to `asked` for whom to ask about.
pub fn next(asked: &Question, outcome: &Outcome) -> Next {
    let Some(found) = &outcome.found else { return Next::Nowhere("no record of it") };
    if matches!(asked, Question::Holdings(_)) {
        return Next::Here;
    }
    if found.answer.registry == Some(Registry::Lacnic) {
        let reply = Reply::parse(&found.text);
        return match (asked, reply.objects.iter().find_map(|o| o.numbers())) {
            (Question::As(_), _) => Next::Here,
            (_, Some((number, _))) => Next::Ask(Question::As(number)),
            (Question::Handle(_), None) if reply.objects.iter().any(|o| o.range().is_some()) => Next::Here,
            _ => Next::Nowhere("LACNIC lists holdings by AS number, and the record names none"),
        };
    }
    match found.answer.org_handle.as_str() {
        "" => Next::Nowhere("the record names no organisation"),
        // It goes into a query, so it must read as a handle.
        org => match Question::parse(org) {
            Ok(Question::Handle(org)) => Next::Ask(Question::Holdings(org)),
            _ => Next::Nowhere("the record's organisation has no proper handle"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_of_every_kind() {
        let held = |text: &str| {
            let held = Held::read(text);
            (
                held.prefixes.iter().map(Range::to_string).collect::<Vec<_>>(),
                held.numbers.into_iter().collect::<Vec<_>>(),
            )
        };
        let ripe =
            "inetnum:        193.0.0.0 - 193.0.7.255\n\ninet6num:       2001:67c:2e8::/48\n\naut-num:        AS3333\n";
        assert_eq!(held(ripe), (vec!["193.0.0.0/21".into(), "2001:67c:2e8::/48".into()], vec![(3333, 3333)]));
        let arin = "Google LLC GOOGLE (NET-8-8-8-0-2) 8.8.8.0 - 8.8.8.255\nGoogle LLC GOOGLE (NET-8-8-8-0-2) 8.8.8.0 - 8.8.8.255\n\
                    Google LLC GOOGLE (AS15169) 15169\nGoogle LLC X (NET-34-4-0-0-1) 34.4.5.0 - 34.63.255.255\n";
        let (prefixes, numbers) = held(arin);
        assert_eq!(prefixes.len(), 1 + Range::parse("34.4.5.0-34.63.255.255").unwrap().prefixes().len());
        assert_eq!(numbers, [(15169, 15169)]);
        let lacnic = "aut-num:     AS28000\nowner: X\ninetnum:     200.3.12/22\ninetnum:     2001:13c7::/32\n";
        assert_eq!(held(lacnic).0, ["200.3.12.0/22", "2001:13c7::/32"]);
    }
}
