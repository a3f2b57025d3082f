//! `--blocks`: the way from a handle, an address or an AS number to a listing of all that its organisation holds.
use crate::{
    ask::outcome::{Origin, Outcome},
    ask::query,
    ask::question::Question,
    read::reply::Reply,
    table::registry::Registry,
};

/// The first question about a handle: LACNIC's port 43 has no list by organisation.
pub fn first(handle: &str, rdap: bool) -> Question {
    match query::home(handle) {
        Registry::Lacnic if !rdap => Question::Handle(handle.to_owned()),
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
    if found.answer.registry == Some(Registry::Lacnic) && matches!(found.origin, Origin::Whois(_)) {
        let text = found.text();
        let reply = Reply::parse(&text);
        return match (asked, reply.objects().find_map(|o| o.numbers())) {
            (Question::As(_), _) => Next::Here,
            (_, Some((number, _))) => Next::Ask(Question::As(number)),
            (Question::Handle(_), None) if reply.objects().any(|o| o.range().is_some()) => Next::Here,
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
