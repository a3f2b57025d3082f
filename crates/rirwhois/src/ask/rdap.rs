//! One question by RDAP (RFC 9082), from redirect to redirect.
//!
//! Replies go in, the next URL comes out; sockets are somebody else's.
use std::{
    collections::{BTreeSet, VecDeque},
    rc::Rc,
    time::{Duration, SystemTime},
};

use crate::{
    ask::outcome::{Conclusion, Found, Origin, Outcome},
    ask::policy::Policy,
    ask::query::{End, HttpReply, Query, authority},
    ask::question::Question,
    ask::referral::is_placeholder,
    ask::step::{Step, Turn},
    read::date,
    read::rdap::{self, Object},
    table::registry::Registry,
};

/// Most redirects of one question.
const REDIRECTS: usize = 5;

/// How often a server that says "too many" is asked again.
const AGAIN: usize = 2;

/// One question under way.
#[derive(Debug)]
pub struct Search {
    question: Question,
    /// What is being asked for.
    url: String,
    /// Whose server that is.
    registry: Option<Registry>,
    hops: Vec<String>,
    visited: BTreeSet<String>,
    /// How often the server asked for patience.
    again: usize,
    /// Whom else to ask after "not here".
    opinions: Option<VecDeque<Registry>>,
    notes: Vec<String>,
}

impl Search {
    /// Begins with the first request.
    pub fn start(question: Question, policy: &Policy<'_>) -> (Search, Step) {
        match policy.first_base(&question) {
            Some((base, registry)) => Search::start_at(question, base, registry),
            None => {
                let (search, _) = Search::start_at(question, "", None);
                let conclusion = Conclusion::NoRecord("IANA has no RDAP server for numbers".into());
                (search, Step::Done(Box::new(Outcome::without(conclusion, Vec::new()))))
            }
        }
    }

    fn start_at(question: Question, base: &str, registry: Option<Registry>) -> (Search, Step) {
        let mut search = Search {
            url: String::new(),
            question,
            registry,
            hops: Vec::new(),
            visited: BTreeSet::new(),
            again: 0,
            opinions: None,
            notes: Vec::new(),
        };
        let url = search.url_below(base);
        let query = search.ask(url, registry);
        (search, Step::Ask(query))
    }

    /// Goes on with another question at the same server.
    pub fn follow(&self, question: Question, policy: &Policy<'_>) -> (Search, Step) {
        let own = self.url.strip_suffix(&path(&self.question));
        let base = own.or_else(|| policy.base.or_else(|| policy.servers.rdap(self.registry?)));
        match base {
            Some(base) => Search::start_at(question, base, self.registry),
            None => Search::start(question, policy),
        }
    }

    /// What is asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// URLs asked so far.
    pub fn hops(&self) -> &[String] {
        &self.hops
    }

    fn url_below(&self, base: &str) -> String {
        format!("{}/{}", base.trim_end_matches('/'), path(&self.question))
    }

    fn ask(&mut self, url: String, registry: Option<Registry>) -> Query {
        self.hops.push(url.clone());
        self.visited.insert(url.clone());
        self.url.clone_from(&url);
        self.registry = registry;
        Query::Rdap { url, registry }
    }

    /// Takes the reply to the last request.
    pub fn response(&mut self, policy: &Policy<'_>, reply: Result<HttpReply, End>) -> Turn {
        let reply = match reply {
            Ok(reply) => reply,
            Err(End::Local(why)) => return self.done(Conclusion::Local(self.at(&why)), None).into(),
            Err(End::Cut(why) | End::Slow(why)) => return self.done(Conclusion::Failed(self.at(&why)), None).into(),
            Err(End::Unreachable(why)) => return self.spared(&why).into(),
            Err(End::Whole | End::Refused) => return self.done(Conclusion::Failed(self.at("no reply")), None).into(),
        };
        match (reply.status, &reply.location) {
            (301 | 302 | 303 | 307 | 308, Some(location)) => self.redirected(policy, location).into(),
            (200..=299, _) => self.read(policy, reply.body),
            (404, _) => self.none(policy, "not found".into()).into(),
            (403 | 422 | 429 | 503, _) => self.refused(&reply),
            (status, _) => {
                let words = rdap::refusal(&reply.body);
                let why =
                    if words.is_empty() { format!("status {status}") } else { format!("status {status}: {words}") };
                self.done(Conclusion::Failed(self.at(&why)), None).into()
            }
        }
    }

    fn redirected(&mut self, policy: &Policy<'_>, location: &str) -> Step {
        let url = resolve(&self.url, location);
        let Some(registry) = policy.trusted_url(&url) else {
            return self.done(Conclusion::Failed(self.at(&format!("redirect to {url} refused"))), None);
        };
        if self.visited.contains(&url) || self.visited.len() > REDIRECTS {
            return self.done(Conclusion::Failed(self.at("redirects without an end")), None);
        }
        Step::Ask(self.ask(url, registry))
    }

    /// The server denies, limits, or wants to be left alone for a while.
    fn refused(&mut self, reply: &HttpReply) -> Turn {
        let wait = reply.retry_after.as_deref().and_then(|text| pause(text, SystemTime::now()));
        let what = match reply.status {
            429 => "limited",
            503 => "unavailable",
            _ => "denied",
        };
        let words = rdap::refusal(&reply.body);
        let words = if words.is_empty() { words } else { format!(": {words}") };
        let why = format!("{what} (status {}){words}", reply.status);
        let again = match (reply.status, wait) {
            (429, None) => Some(Duration::from_secs(1)),
            (429 | 503, Some(wait)) => Some(wait),
            _ => None,
        };
        if let Some(after) = again.filter(|_| self.again < AGAIN) {
            self.again += 1;
            let query = Query::Rdap { url: self.url.clone(), registry: self.registry };
            let Step::Done(or) = self.blame(&why) else { return self.blame(&why).into() };
            return Turn { step: Step::Again { query, after, or }, denied: Some(why) };
        }
        Turn { step: self.blame(&why), denied: Some(why) }
    }

    fn read(&mut self, policy: &Policy<'_>, body: Vec<u8>) -> Turn {
        let text = rdap::text(&body);
        let object = match Object::parse(&text) {
            Ok(object) => object,
            Err(why) if why.starts_with(rdap::NO_OBJECT) => {
                return Turn { step: self.blame(&why), denied: Some(why) };
            }
            Err(why) => return self.done(Conclusion::Failed(self.at(&why)), None).into(),
        };
        let mut answer = object.answer(self.registry);
        if object.is_unreadable() {
            self.notes.push(self.at("the record's numbers can't be read"));
        }
        for oddity in &object.oddities {
            self.notes.push(self.at(&format!("odd JSON: {oddity}")));
        }
        if is_placeholder(&answer.name) || answer.range.is_some_and(|range| range.prefix_len() == Some(0)) {
            return self.opinion(policy).into();
        }
        if !object.holds(&self.question) {
            return self.none(policy, format!("its record is about {}, not about what was asked", answer.block)).into();
        }
        answer.server = authority(&self.url).to_owned();
        drop(text);
        let found = Found { bytes: Rc::new(body), origin: Origin::Rdap(self.url.clone()), answer };
        let found = found.at(&self.question, &self.hops, policy.table);
        let sure = self.opinions.is_none();
        let mut step = self.done(Conclusion::Answered, Some(found));
        if let Step::Done(outcome) = &mut step {
            outcome.shareable = sure;
        }
        step.into()
    }

    /// The server has no record.
    fn none(&mut self, policy: &Policy<'_>, why: String) -> Step {
        if self.opinions.is_some() {
            return self.opinion(policy);
        }
        self.done(Conclusion::NoRecord(self.at(&why)), None)
    }

    /// After a placeholder: whom IANA lists, then ARIN; but nobody else where the user named the server.
    fn opinion(&mut self, policy: &Policy<'_>) -> Step {
        if policy.base.is_some() {
            return self.done(Conclusion::NoRecord(self.at("only a placeholder")), None);
        }
        let holder = policy.table.assigned(&self.question).filter(|r| r.is_regional());
        let opinions = self.opinions.get_or_insert_with(|| holder.into_iter().chain([Registry::Arin]).collect());
        while let Some(registry) = opinions.pop_front() {
            let Some(base) = policy.servers.rdap(registry) else { continue };
            let url = format!("{}/{}", base.trim_end_matches('/'), path(&self.question));
            if !self.visited.contains(&url) {
                return Step::Ask(self.ask(url, Some(registry)));
            }
        }
        let asked = self.hops.join(", ");
        self.done(Conclusion::NoRecord(format!("no registry has a record (asked {asked})")), None)
    }

    /// Ends before the last request was sent, or without any response.
    pub fn spared(&mut self, why: &str) -> Step {
        self.blame(why)
    }

    /// Ends with a failure that the server will repeat for every question.
    fn blame(&mut self, why: &str) -> Step {
        let mut step = self.done(Conclusion::Failed(self.at(why)), None);
        if let Step::Done(outcome) = &mut step {
            outcome.blamed = Some(authority(&self.url).to_owned());
        }
        step
    }

    fn at(&self, why: &str) -> String {
        format!("{}: {why}", self.url)
    }

    fn done(&mut self, conclusion: Conclusion, found: Option<Found>) -> Step {
        let outcome = Outcome::without(conclusion, self.hops.clone());
        Step::Done(Box::new(Outcome { found, notes: self.notes.clone(), ..outcome }))
    }
}

/// How long `Retry-After` says to wait (RFC 9110 section 10.2.3): seconds, or until a date.
fn pause(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More than fits is longer than anybody waits.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(date::http(text)?).saturating_sub(now))
}

/// The path of a question below a base (RFC 9082 section 3.1).
pub fn path(question: &Question) -> String {
    match question {
        Question::Addresses(range) if range.first == range.last => format!("ip/{}", range.first_addr()),
        // A range that is no prefix has no path of its own; its first address has.
        Question::Addresses(range) if range.prefix_len().is_none() => format!("ip/{}", range.first_addr()),
        Question::Addresses(range) => format!("ip/{range}"),
        Question::As(number) => format!("autnum/{number}"),
        Question::Handle(handle) | Question::Holdings(handle) => format!("entity/{handle}"),
    }
}

/// Where a redirect from `url` to `location` leads (RFC 3986 section 5.2, as far as it is used).
pub fn resolve(url: &str, location: &str) -> String {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let root = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    // A scheme ends before any of the other marks (RFC 3986 section 4.2), so a query may hold a URL.
    let is_absolute = location.find([':', '/', '?', '#']).is_some_and(|at| at > 0 && location[at..].starts_with(':'));
    if is_absolute {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{}:{location}", url.split(':').next().unwrap_or("https"))
    } else if location.starts_with('/') {
        format!("{}{location}", &url[..root])
    } else {
        let folder = url[root..].rfind('/').map_or(url.len(), |at| root + at);
        format!("{}/{location}", &url[..folder])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ask::servers::Servers, table::lookup::Table};

    /// Plays the servers: each URL is answered with this status and these words.
    fn play(operand: &str, replies: &[(&str, u16, &str)]) -> Outcome {
        let (servers, table) = (Servers::default(), Table::default());
        let policy =
            Policy { servers: &servers, table: &table, server: None, base: None, rdap: true, follow_any: false };
        let (mut search, mut step) = Search::start(Question::parse(operand).unwrap(), &policy);
        for _ in 0..20 {
            let url = match step {
                Step::Done(outcome) | Step::Again { or: outcome, .. } => return *outcome,
                Step::Ask(Query::Rdap { url, .. }) => url,
                Step::Ask(query) => panic!("{query:?}"),
            };
            let reply = replies.iter().find(|reply| reply.0 == url);
            let (_, status, words) = *reply.unwrap_or_else(|| panic!("{url}"));
            let moved = (300..400).contains(&status).then(|| words.to_owned());
            let reply = HttpReply { status, location: moved, body: words.into(), ..HttpReply::default() };
            step = search.response(&policy, Ok(reply)).step;
        }
        panic!("endless");
    }

    fn network(first: &str, last: &str, name: &str) -> String {
        format!(r#"{{"objectClassName":"ip network","startAddress":"{first}","endAddress":"{last}","name":"{name}"}}"#)
    }

    #[test]
    fn national_registries_are_followed_and_strangers_are_not() {
        let net = network("133.0.0.0", "133.255.255.255", "JP");
        for to in ["https://jpnic.rdap.apnic.net/ip/133.1.1.1", "https://rdap.registro.br/ip/133.1.1.1"] {
            let o = play("133.1.1.1", &[("https://rdap.apnic.net/ip/133.1.1.1", 302, to), (to, 200, &net)]);
            assert_eq!((o.conclusion, o.hops.len(), o.shareable), (Conclusion::Answered, 2, true), "{to}");
        }
        let stranger = "https://jpnic.rdap.apnic.net.example/ip/133.1.1.1";
        let o = play("133.1.1.1", &[("https://rdap.apnic.net/ip/133.1.1.1", 302, stranger)]);
        assert!(
            matches!(&o.conclusion, Conclusion::Failed(why) if why.ends_with(&format!("redirect to {stranger} refused")))
        );
    }

    #[test]
    fn a_placeholder_is_no_record() {
        let all = network("0.0.0.0", "255.255.255.255", "IANA-BLK");
        let net = network("193.0.0.0", "193.0.7.255", "REAL");
        let o = play(
            "193.0.0.1",
            &[
                ("https://rdap.db.ripe.net/ip/193.0.0.1", 200, &all),
                ("https://rdap.arin.net/registry/ip/193.0.0.1", 200, &net),
            ],
        );
        assert_eq!((o.conclusion, o.shareable), (Conclusion::Answered, false));
        let o = play(
            "193.0.0.1",
            &[
                ("https://rdap.db.ripe.net/ip/193.0.0.1", 200, &all),
                ("https://rdap.arin.net/registry/ip/193.0.0.1", 404, ""),
            ],
        );
        assert!(matches!(o.conclusion, Conclusion::NoRecord(_)));
    }

    #[test]
    fn a_network_of_everything_is_a_placeholder_whatever_its_name() {
        let all = network("0.0.0.0", "255.255.255.255", "X");
        let net = network("193.0.0.0", "193.0.7.255", "REAL");
        let second = "https://rdap.arin.net/registry/ip/193.0.0.1";
        let o = play("193.0.0.1", &[("https://rdap.db.ripe.net/ip/193.0.0.1", 200, &all), (second, 200, &net)]);
        assert_eq!(o.found.map(|found| found.answer.name).as_deref(), Some("REAL"));
    }

    #[test]
    fn five_redirects_are_followed_and_a_sixth_is_not() {
        let url = |i: usize| match i {
            0 => "https://rdap.db.ripe.net/ip/193.0.0.1".to_owned(),
            i => format!("https://rdap.db.ripe.net/{i}"),
        };
        let urls: Vec<String> = (0..8).map(url).collect();
        let net = network("193.0.0.0", "193.0.7.255", "REAL");
        for (redirects, is_answered) in [(5, true), (6, false)] {
            let mut replies: Vec<(&str, u16, &str)> = (0..redirects).map(|i| (&*urls[i], 302, &*urls[i + 1])).collect();
            replies.push((&urls[redirects], 200, &net));
            let o = play("193.0.0.1", &replies);
            assert_eq!(o.conclusion == Conclusion::Answered, is_answered, "{redirects} {:?}", o.conclusion);
        }
    }

    #[test]
    fn a_record_of_something_else_is_no_answer() {
        let net = network("193.0.0.0", "193.0.7.255", "REAL");
        let o = play("193.1.0.1", &[("https://rdap.db.ripe.net/ip/193.1.0.1", 200, &net)]);
        let why = "https://rdap.db.ripe.net/ip/193.1.0.1: its record is about 193.0.0.0/21, not about what was asked";
        assert_eq!((o.conclusion, o.found), (Conclusion::NoRecord(why.into()), None));
    }

    #[test]
    fn who_denies_is_blamed() {
        for status in [403, 422, 429, 503] {
            let words = r#"{"title":"No","description":["not you"]}"#;
            let o = play("8.8.8.8", &[("https://rdap.arin.net/registry/ip/8.8.8.8", status, words)]);
            assert_eq!(o.blamed.as_deref(), Some("rdap.arin.net"), "{status}");
            assert!(
                matches!(&o.conclusion, Conclusion::Failed(why) if why.ends_with(&format!("(status {status}): No: not you")))
            );
        }
        let o = play("8.8.8.8", &[("https://rdap.arin.net/registry/ip/8.8.8.8", 500, "")]);
        assert_eq!((o.blamed, matches!(o.conclusion, Conclusion::Failed(_))), (None, true));
    }

    #[test]
    fn retry_after_has_two_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_700);
        let wait = |text: &str| pause(text, now).map(|wait| wait.as_secs());
        assert_eq!((wait("120"), wait("0"), wait("soon"), wait("")), (Some(120), Some(0), None, None));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(77));
        assert_eq!(wait("Sat, 05 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(wait("99999999999999999999999"), Some(u64::from(u32::MAX)));
    }

    #[test]
    fn redirects_lead_to_registries_only() {
        let (servers, table) = (Servers::parse("RIPE - http://127.0.0.1:8080/rdap/").unwrap(), Table::default());
        let policy =
            Policy { servers: &servers, table: &table, server: None, base: None, rdap: true, follow_any: false };
        let ok = |url: &str| policy.trusted_url(url);
        assert_eq!(ok("https://rdap.arin.net/registry/ip/8.8.8.8"), Some(Some(Registry::Arin)));
        assert_eq!(ok("http://127.0.0.1:8080/x"), Some(Some(Registry::Ripe)));
        for bad in [
            "http://rdap.arin.net/registry/",
            "https://rdap.arin.net.example/",
            "https://rdap.arin.net@x/",
            "http://127.0.0.1:8081/",
            "https://rdap.arin.net:444/",
            "file:///etc/passwd",
            "x",
        ] {
            assert_eq!(ok(bad), None, "{bad}");
        }
        assert_eq!(resolve("https://a/b/c", "/d"), "https://a/d");
        assert_eq!(resolve("https://a/b/c", "d"), "https://a/b/d");
        assert_eq!(resolve("https://a/b/c", "//x/d"), "https://x/d");
        assert_eq!(resolve("https://a", "d"), "https://a/d");
        assert_eq!(resolve("https://a/b", "http://x/"), "http://x/");
        assert_eq!(resolve("https://a/b", "file:/x"), "file:/x");
        for relative in ["./d?x=http://a/b", "d?x=http://a/b", "d#http://a/b"] {
            assert_eq!(resolve("https://a/b/c", relative), format!("https://a/b/{relative}"));
        }
        assert_eq!(resolve("https://a/b/c", "/d?x=http://a/b"), "https://a/d?x=http://a/b");
    }

    #[test]
    fn paths() {
        let path = |text| path(&Question::parse(text).unwrap());
        assert_eq!(path("8.8.8.8"), "ip/8.8.8.8");
        assert_eq!(path("2001:db8::/32"), "ip/2001:db8::/32");
        assert_eq!(path("AS15169"), "autnum/15169");
        assert_eq!(path("gogl"), "entity/GOGL");
    }
}
