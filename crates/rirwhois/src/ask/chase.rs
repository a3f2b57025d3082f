//! One question on its way from server to server.
//!
//! Answers go in as bytes, the next query comes out as a line; sockets are
//! somebody else's. So the whole policy of referrals can be read here.
use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use plainnet_common::text::shown;

use crate::{
    ask::query::{self, Manner},
    ask::question::Question,
    ask::referral::{self, RWHOIS, Target, Verdict},
    ask::servers::{Server, Servers, WHOIS},
    read::answer::Answer,
    read::charset,
    read::reply::Reply,
    table::lookup::Table,
    table::registry::Registry,
};

/// Most referrals of one question.
const REFERRALS: usize = 5;

/// Most servers asked after a registry said "not here".
const OPINIONS: usize = 5;

/// What holds for every question of a run.
#[derive(Debug)]
pub struct Policy<'a> {
    /// Where the registries answer; these names are trusted.
    pub servers: &'a Servers,
    /// Who administers what.
    pub table: &'a Table,
    /// The server of `--server`, asked first whatever the table says.
    pub server: Option<&'a Server>,
    /// Follow referrals to other names.
    pub follow_any: bool,
}

impl Policy<'_> {
    /// Whom to ask first.
    pub fn first(&self, question: &Question) -> Server {
        if let Some(server) = self.server {
            return self.trusted(&server.host, server.port).unwrap_or_else(|| server.clone());
        }
        let home = match question {
            Question::Handle(h) | Question::Holdings(h) => Some(query::home(h)),
            number => self.table.registry(number),
        };
        self.servers.whois(home.unwrap_or(Registry::Iana))
    }

    /// The server that a referral means, if it is a registry's or the user's.
    fn trusted(&self, host: &str, port: u16) -> Option<Server> {
        let own = || self.server.filter(|s| s.host.eq_ignore_ascii_case(host) && s.port == port).cloned();
        self.servers.trusted(host, port).or_else(own)
    }
}

/// A query to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// To whom.
    pub server: Server,
    /// The line without its end.
    pub line: String,
    /// Connect to addresses that are reachable from everywhere, and to no other:
    /// the name came from an answer and is no registry's.
    pub public_only: bool,
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All of it is there.
    Whole,
    /// It was cut, or never came, for this reason.
    Cut(String),
    /// As [`End::Cut`], and the fault is this machine's.
    Local(String),
    /// Nobody was asked: the server of a referral has no address that is reachable from everywhere.
    Refused,
}

/// An answer that is worth printing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it came.
    pub bytes: Vec<u8>,
    /// Decoded.
    pub text: String,
    /// The first line and the length, in lines, of the part that answers,
    /// where another one stands before it.
    pub first: Option<(usize, usize)>,
    /// What it says.
    pub answer: Answer,
    /// Who gave it, on port 43.
    pub from: Option<Server>,
}

impl Found {
    /// Reads the answer of `server`, the last of `hops`, to `question`.
    pub fn read(question: &Question, server: &Server, bytes: Vec<u8>, hops: &[String], table: &Table) -> Found {
        let text = charset::text(&bytes);
        let reply = Reply::parse(&text);
        Found::of(question, server, (bytes, text), &reply, hops, table)
    }

    /// The same of an answer that is decoded and parsed.
    fn of(
        question: &Question,
        server: &Server,
        (bytes, text): (Vec<u8>, String),
        reply: &Reply,
        hops: &[String],
        table: &Table,
    ) -> Found {
        let mut answer = Answer::read(question, server, reply);
        let listed = table.assigned(question).filter(|r| r.is_regional());
        answer.transferred = listed.zip(answer.registry).map(|(listed, now)| listed != now);
        answer.hops = hops.to_vec();
        Found { first: section(&text, reply, question), text, bytes, answer, from: Some(server.clone()) }
    }

    /// The lines of the text, the part that answers first, without blank ones at either end.
    pub fn lines(&self) -> Vec<&str> {
        let mut lines: Vec<&str> = self.text.lines().collect();
        if let Some((first, length)) = self.first {
            // Before the first part stands what is said about all.
            let head = lines.iter().position(|l| *l == "# start" || l.starts_with("% Information")).unwrap_or(0);
            if let Some(span) = lines.get_mut(head..first + length) {
                span.rotate_right(length);
                // Blank lines part the two as before.
                let rest = &mut span[length..];
                let blank = rest.iter().rev().take_while(|l| l.trim().is_empty()).count();
                rest.rotate_right(blank);
            }
        }
        let from = lines.iter().position(|l| !l.trim().is_empty()).unwrap_or(lines.len());
        let to = lines.iter().rposition(|l| !l.trim().is_empty()).map_or(from, |at| at + 1);
        lines.truncate(to);
        lines.split_off(from)
    }
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Answered.
    Answered,
    /// There is no answer, for this reason.
    Missing(String),
    /// The network or a registry failed.
    Failed(String),
    /// This machine failed.
    Local(String),
}

/// The end of a chase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub fate: Fate,
    /// The answer, or the part of one that came before a failure.
    pub found: Option<Found>,
    /// What standard error should hear: referrals refused, and the like.
    pub notes: Vec<String>,
    /// Servers asked, in order.
    pub hops: Vec<String>,
    /// The answer holds for other inputs in its range.
    pub shareable: bool,
    /// An earlier run asked.
    pub cached: bool,
    /// How long the servers took.
    pub took: Duration,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask.
    Ask(Ask),
    /// It is over.
    Done(Box<Outcome>),
}

/// One question under way.
#[derive(Debug)]
pub struct Chase {
    question: Question,
    /// The server being asked.
    server: Server,
    manner: Manner,
    visited: BTreeSet<(String, u16)>,
    hops: Vec<String>,
    referrals: usize,
    /// Whom else to ask after "not here".
    opinions: Option<VecDeque<(Registry, Manner)>>,
    /// The best record so far, and whether it would do as the answer.
    at_hand: Option<(Found, bool)>,
    notes: Vec<String>,
    /// ARIN's list has been followed already.
    listed: bool,
    /// A server that won't answer any more in this run, and its words.
    denied: Option<(Server, String)>,
}

impl Chase {
    /// Begins with the first query.
    pub fn start(question: Question, policy: &Policy<'_>) -> (Chase, Step) {
        let server = policy.first(&question);
        Chase::start_at(question, server)
    }

    /// Begins at `server`.
    pub fn start_at(question: Question, server: Server) -> (Chase, Step) {
        let mut chase = Chase {
            question,
            server: server.clone(),
            manner: Manner::Plain,
            visited: BTreeSet::new(),
            hops: Vec::new(),
            referrals: 0,
            opinions: None,
            at_hand: None,
            notes: Vec::new(),
            listed: false,
            denied: None,
        };
        let step = chase.ask(server, Manner::Plain, false);
        (chase, step)
    }

    /// Goes on with another question at the same server.
    pub fn follow(&self, question: Question, policy: &Policy<'_>) -> (Chase, Step) {
        let home = self.server.registry.map_or_else(|| self.server.clone(), |r| policy.servers.whois(r));
        let (mut next, step) =
            Chase::start_at(question, if policy.server.is_some() { self.server.clone() } else { home });
        next.hops.splice(..0, self.hops.iter().cloned());
        (next, step)
    }

    /// What is asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Servers asked so far.
    pub fn hops(&self) -> &[String] {
        &self.hops
    }

    /// A server that denied the last query, with its words: it should be spared.
    pub fn take_denied(&mut self) -> Option<(Server, String)> {
        self.denied.take()
    }

    /// Takes the answer to the last query.
    pub fn heard(&mut self, policy: &Policy<'_>, bytes: Vec<u8>, end: End) -> Step {
        let text = charset::text(&bytes);
        let reply = Reply::parse(&text);
        let asked = match self.manner {
            // Mirrors tell whose record it is; the server doesn't.
            Manner::Mirrors => Server { registry: None, ..self.server.clone() },
            _ => self.server.clone(),
        };
        let name = self.server.to_string();
        let verdict = referral::judge(&self.question, self.server.registry, &reply);
        let found =
            |chase: &Chase| Found::of(&chase.question, &asked, (bytes, text), &reply, &chase.hops, policy.table);
        match end {
            End::Whole => {}
            // Who denies may hang up in the same breath.
            End::Cut(_) if matches!(verdict, Verdict::Denied(_)) => {}
            End::Local(why) => return self.done(Fate::Local(format!("{name}: {why}")), None),
            End::Refused => {
                self.hops.pop();
                self.notes.push(format!("referral to {name} refused (its address is not public)"));
                return self.rest();
            }
            End::Cut(why) => {
                if self.opinions.as_ref().is_some_and(|o| !o.is_empty()) {
                    self.notes.push(format!("{name}: {why}"));
                    return self.next_opinion(policy);
                }
                let part = Some(found(self)).filter(|_| !reply.is_empty()).or_else(|| self.at_hand.take().map(|a| a.0));
                return self.done(Fate::Failed(format!("{name}: {why}")), part);
            }
        }
        let failed = |words: &str| Fate::Failed(format!("{name}: {}", shown(words.as_bytes())));
        match verdict {
            Verdict::Answer => {
                let found = found(self);
                self.answered(found, true)
            }
            Verdict::Refer(target) => {
                if reply.answering(&self.question).is_some() {
                    self.at_hand = Some((found(self), true));
                }
                self.refer(policy, &target)
            }
            Verdict::Moved(registry) => {
                self.at_hand = Some((found(self), false));
                self.refer(policy, &Target::parse(registry.host()))
            }
            Verdict::Placeholder => {
                if self.at_hand.is_none() && !reply.objects.is_empty() {
                    self.at_hand = Some((found(self), false));
                }
                self.next_opinion(policy)
            }
            Verdict::Missing => self.missing(policy),
            Verdict::Listed(handle) if !std::mem::replace(&mut self.listed, true) => {
                // The list names the record; ask for it by its handle.
                let step = self.ask(self.server.clone(), self.manner, false);
                match (step, query::line(self.server.registry, &Question::Handle(handle), Manner::Plain)) {
                    (Step::Ask(ask), Some(line)) => Step::Ask(Ask { line, ..ask }),
                    (step, _) => step,
                }
            }
            Verdict::Listed(_) => {
                let found = found(self);
                self.answered(found, false)
            }
            Verdict::Denied(words) => {
                self.denied = Some((self.server.clone(), words.clone()));
                if self.opinions.as_ref().is_some_and(|o| !o.is_empty()) {
                    self.notes.push(format!("{name}: {}", shown(words.as_bytes())));
                    return self.next_opinion(policy);
                }
                let part = self.at_hand.take().map(|a| a.0);
                self.done(failed(&words), part)
            }
            Verdict::Empty => {
                let part = self.at_hand.take().map(|a| a.0);
                self.done(failed("empty answer"), part)
            }
            Verdict::Unable(words) => self.done(failed(&words), None),
        }
    }

    /// Gives up before anything was sent: the server is known not to answer.
    pub fn spared(&mut self, why: &str) -> Step {
        self.hops.pop();
        let part = self.at_hand.take().map(|a| a.0);
        self.done(Fate::Failed(format!("{}: {why}", self.server)), part)
    }

    fn ask(&mut self, server: Server, manner: Manner, public_only: bool) -> Step {
        let Some(line) = query::line(server.registry, &self.question, manner) else {
            return self
                .done(Fate::Missing(format!("{server}: lists no holdings by handle (ask for an AS number)")), None);
        };
        if self.hops.len() > REFERRALS {
            return self.rest();
        }
        self.visited.insert(place(&server));
        self.hops.push(server.to_string());
        self.server = server.clone();
        self.manner = manner;
        Step::Ask(Ask { server, line, public_only })
    }

    fn refer(&mut self, policy: &Policy<'_>, target: &Target) -> Step {
        let refused = |why: &str| format!("referral to {} refused{why}", shown(target.written.as_bytes()));
        let Some((host, port)) = &target.place else {
            self.notes.push(refused(" (no whois server)"));
            return self.rest();
        };
        let (server, public_only) = match policy.trusted(host, *port) {
            Some(server) => (server, false),
            None if !policy.follow_any => {
                self.notes.push(refused(" (--follow-any follows it)"));
                return self.rest();
            }
            None if *port == WHOIS || *port == RWHOIS => {
                (Server { host: host.clone(), port: *port, registry: Registry::from_host(host) }, true)
            }
            None => {
                self.notes.push(refused(" (its port is neither 43 nor 4321)"));
                return self.rest();
            }
        };
        if self.visited.contains(&place(&server)) {
            // A registry that names itself has simply ended the chain.
            if place(&server) != place(&self.server) {
                self.notes.push(format!("referral to {server} would loop"));
            }
            return self.rest();
        }
        if self.referrals == REFERRALS {
            self.notes.push(format!("referral to {server} not followed: it is the sixth"));
            return self.rest();
        }
        self.referrals += 1;
        self.ask(server, Manner::Plain, public_only)
    }

    /// Ends with the record at hand.
    fn rest(&mut self) -> Step {
        match self.at_hand.take() {
            Some((found, real)) => self.answered(found, real),
            None => self.done(Fate::Missing("no registry answered, there were only referrals".into()), None),
        }
    }

    /// A registry has nothing.
    fn missing(&mut self, policy: &Policy<'_>) -> Step {
        if self.opinions.is_some() {
            return self.next_opinion(policy);
        }
        let prefix = matches!(&self.question, Question::Addresses(r) if r.first != r.last);
        if prefix && self.server.registry == Some(Registry::Arin) && self.manner == Manner::Plain {
            return self.ask(self.server.clone(), Manner::Around, false);
        }
        match self.at_hand.take() {
            Some((found, true)) => {
                self.notes.push(format!("{}: not found there", self.server));
                self.answered(found, true)
            }
            _ => self.done(Fate::Missing(format!("not found at {}", self.server)), None),
        }
    }

    /// After "not here": whom IANA lists, then ARIN, then RIPE's mirrors; but
    /// nobody else where the user named the server.
    fn next_opinion(&mut self, policy: &Policy<'_>) -> Step {
        if policy.server.is_some() {
            let placeholder = self.at_hand.take().map(|hand| hand.0);
            return self.done(Fate::Missing(format!("only a placeholder at {}", self.server)), placeholder);
        }
        let holder = policy.table.assigned(&self.question).filter(|r| r.is_regional());
        let opinions = self.opinions.get_or_insert_with(|| {
            let plain = holder.into_iter().chain([Registry::Arin]).map(|r| (r, Manner::Plain));
            plain.chain([(Registry::Ripe, Manner::Mirrors)]).collect()
        });
        while let Some((registry, manner)) = opinions.pop_front() {
            let server = policy.servers.whois(registry);
            let new = manner == Manner::Mirrors || !self.visited.contains(&place(&server));
            if new && self.hops.len() < OPINIONS {
                return self.ask(server, manner, false);
            }
        }
        self.done(Fate::Missing(format!("no registry has a record (asked {})", self.hops.join(", "))), None)
    }

    /// Ends with an answer. A stub or a placeholder is no record: it speaks
    /// for no other address, and neither does what another registry says after
    /// a placeholder, since that was found by guessing.
    fn answered(&mut self, found: Found, record: bool) -> Step {
        match self.done(Fate::Answered, Some(found)) {
            Step::Done(mut outcome) => {
                outcome.shareable = record && self.opinions.is_none();
                Step::Done(outcome)
            }
            step => step,
        }
    }

    fn done(&mut self, fate: Fate, mut found: Option<Found>) -> Step {
        if let Some(found) = &mut found {
            found.answer.hops.clone_from(&self.hops);
        }
        let (notes, hops) = (std::mem::take(&mut self.notes), self.hops.clone());
        Step::Done(Box::new(Outcome {
            fate,
            found,
            notes,
            hops,
            shareable: false,
            cached: false,
            took: Duration::ZERO,
        }))
    }
}

fn place(server: &Server) -> (String, u16) {
    (server.host.to_ascii_lowercase(), server.port)
}

/// The lines of the part that answers, if others stand before it: between
/// `# start` and `# end` at ARIN, from `% Information related` at RIPE.
fn section(text: &str, reply: &Reply, question: &Question) -> Option<(usize, usize)> {
    let line = reply.objects.get(reply.answering(question)?)?.line;
    let lines: Vec<&str> = text.lines().collect();
    let begins = |l: &&str| *l == "# start" || l.starts_with("% Information related to");
    let first = lines[..=line.min(lines.len() - 1)].iter().rposition(begins)?;
    if !lines[..first].iter().any(begins) {
        return None;
    }
    let ends = |l: &&str| begins(l) || l.starts_with("% This query was served");
    let after = &lines[first + 1..];
    let length = match after.iter().position(|l| *l == "# end") {
        Some(at) if lines[first] == "# start" => at + 1,
        _ => after.iter().position(ends).unwrap_or(after.len()),
    };
    Some((first, length + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays the servers: each answers with the text given for its name.
    fn play(operand: &str, follow_any: bool, servers: &[(&str, &str)]) -> Outcome {
        let (names, table) = (Servers::default(), Table::default());
        let policy = Policy { servers: &names, table: &table, server: None, follow_any };
        let (mut chase, mut step) = Chase::start(Question::parse(operand).unwrap(), &policy);
        for _ in 0..20 {
            let ask = match step {
                Step::Done(outcome) => return *outcome,
                Step::Ask(ask) => ask,
            };
            let text = servers.iter().find(|(name, _)| *name == ask.server.to_string());
            let text = text.unwrap_or_else(|| panic!("{ask:?}")).1;
            step = chase.heard(&policy, text.as_bytes().to_vec(), End::Whole);
        }
        panic!("endless");
    }

    const STUB: &str = "inetnum: 1.0.0.0 - 1.0.0.255\nnetname: STUB\ndescr: Transferred to the RIPE region on 2018-03-19.\nmnt-by: APNIC-STUB\n";
    const RIPE: &str = "inetnum: 1.0.0.0 - 1.0.0.255\nnetname: REAL\nsource: RIPE\n";

    #[test]
    fn one_connection_is_enough_where_the_table_is_right() {
        let o = play("1.0.0.1", false, &[("whois.apnic.net", RIPE)]);
        assert_eq!((o.fate, o.hops.len(), o.shareable), (Fate::Answered, 1, true));
    }

    #[test]
    fn stubs_lead_to_the_record() {
        let o = play("1.0.0.1", false, &[("whois.apnic.net", STUB), ("whois.ripe.net", RIPE)]);
        let answer = o.found.unwrap().answer;
        assert_eq!(
            (answer.name.as_str(), answer.registry, answer.transferred),
            ("REAL", Some(Registry::Ripe), Some(true))
        );
        assert_eq!(o.hops, ["whois.apnic.net", "whois.ripe.net"]);
    }

    #[test]
    fn loops_end_with_the_record_at_hand() {
        let arin = "NetRange: 8.0.0.0 - 8.127.255.255\nNetName: A\nReferralServer: whois://whois.ripe.net\n";
        let o = play(
            "8.8.8.8",
            false,
            &[
                ("whois.arin.net", arin),
                (
                    "whois.ripe.net",
                    "NetRange: 8.0.0.0 - 8.127.255.255\nNetName: B\nReferralServer: whois://whois.arin.net\n",
                ),
            ],
        );
        assert_eq!((o.fate, o.hops.len()), (Fate::Answered, 2));
        assert_eq!(o.notes, ["referral to whois.arin.net would loop"]);
        let o = play("8.8.8.8", false, &[("whois.arin.net", "NetRange: 8.0.0.0/9\nReferralServer: whois.arin.net\n")]);
        assert_eq!((o.fate, o.hops.len(), o.notes.len()), (Fate::Answered, 1, 0));
    }

    #[test]
    fn other_targets_are_refused() {
        for url in [
            "rwhois://r.example:4321/",
            "whois://127.0.0.1:6379",
            "whois://whois.ripe.net:22",
            "whois://whois.ripe.net.example",
            "whois://a@b",
        ] {
            let arin = format!("NetRange: 8.0.0.0/9\nNetName: A\nReferralServer: {url}\n");
            let o = play("8.8.8.8", false, &[("whois.arin.net", &arin)]);
            assert_eq!((o.fate, o.hops.len()), (Fate::Answered, 1), "{url}");
            assert!(o.notes[0].starts_with(&format!("referral to {url} refused")), "{:?}", o.notes);
        }
        let arin = "NetRange: 8.0.0.0/9\nReferralServer: whois://h.example:6379\n";
        assert_eq!(play("8.8.8.8", true, &[("whois.arin.net", arin)]).hops.len(), 1);
        let arin = "NetRange: 8.0.0.0/9\nReferralServer: rwhois://h.example:4321/\n";
        let o =
            play("8.8.8.8", true, &[("whois.arin.net", arin), ("h.example:4321", "network:IP-Network:8.8.8.0/24\n")]);
        assert_eq!(o.hops, ["whois.arin.net", "h.example:4321"]);
    }

    #[test]
    fn a_chain_is_cut_after_five_referrals() {
        let next = |n: usize| format!("NetRange: 8.0.0.0/9\nNetName: N{n}\nReferralServer: whois://h{n}.example\n");
        let texts: Vec<String> = (1..9).map(next).collect();
        let names: Vec<String> =
            std::iter::once("whois.arin.net".to_owned()).chain((1..8).map(|n| format!("h{n}.example"))).collect();
        let servers: Vec<(&str, &str)> =
            names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
        let o = play("8.8.8.8", true, &servers);
        assert_eq!((o.fate, o.hops.len()), (Fate::Answered, 6));
    }

    #[test]
    fn after_a_placeholder_come_second_opinions() {
        let erx = "inetnum: 150.0.0.0 - 150.255.255.255\nnetname: ERX-NETBLOCK\n";
        let everything = "inetnum: 0.0.0.0 - 255.255.255.255\nnetname: IANA-BLK\n";
        let arin = "NetRange: 150.1.0.0/16\nNetName: A\n";
        let o = play("150.1.0.1", false, &[("whois.apnic.net", erx), ("whois.arin.net", arin)]);
        assert_eq!((o.fate, o.shareable), (Fate::Answered, false));
        let o = play(
            "150.1.0.1",
            false,
            &[
                ("whois.apnic.net", erx),
                ("whois.arin.net", "No match found for 150.1.0.1.\n"),
                ("whois.ripe.net", everything),
            ],
        );
        assert!(matches!(o.fate, Fate::Missing(_)), "{:?}", o.fate);
        assert_eq!(o.hops, ["whois.apnic.net", "whois.arin.net", "whois.ripe.net"]);
    }

    #[test]
    fn a_server_of_the_users_is_asked_alone_and_trusted() {
        let (names, table) = (Servers::default(), Table::default());
        let server = Server::parse("rwhois.example:4321").unwrap();
        let policy = Policy { servers: &names, table: &table, server: Some(&server), follow_any: false };
        let start = || Chase::start(Question::parse("150.1.0.1").unwrap(), &policy);
        let (mut chase, step) = start();
        assert!(matches!(&step, Step::Ask(ask) if ask.server == server && !ask.public_only));
        let erx = b"inetnum: 150.0.0.0 - 150.255.255.255\nnetname: ERX-NETBLOCK\n".to_vec();
        let Step::Done(o) = chase.heard(&policy, erx, End::Whole) else { panic!("somebody else is asked") };
        assert_eq!(o.fate, Fate::Missing("only a placeholder at rwhois.example:4321".into()));
        assert!(o.found.is_some_and(|f| f.text.contains("ERX-NETBLOCK")), "who asked that server sees what it says");
        // A registry that it names is asked, and may send us back: that is a loop and no stranger.
        let (mut chase, _) = start();
        let step = chase.heard(&policy, b"%referral whois://whois.arin.net\n".to_vec(), End::Whole);
        assert!(matches!(&step, Step::Ask(ask) if ask.server.host == "whois.arin.net"));
        let back = b"NetRange: 150.1.0.0/16\nReferralServer: rwhois://rwhois.example:4321/\n".to_vec();
        let Step::Done(o) = chase.heard(&policy, back, End::Whole) else { panic!("a loop") };
        assert_eq!((o.fate, &*o.notes[0]), (Fate::Answered, "referral to rwhois.example:4321 would loop"));
    }

    #[test]
    fn a_record_is_of_whom_it_came_from() {
        let arin = "NetRange: 8.0.0.0/9\nNetName: A\nReferralServer: whois://whois.ripe.net\n";
        let none = "%ERROR:101: no entries found\n";
        let o = play("8.8.8.8", false, &[("whois.arin.net", arin), ("whois.ripe.net", none)]);
        let found = o.found.unwrap();
        assert_eq!((found.answer.registry, found.from.unwrap().registry), (Some(Registry::Arin), Some(Registry::Arin)));
    }

    #[test]
    fn the_part_that_answers_comes_first_and_stays_apart() {
        let parent = "# start\n\nNetRange: 8.0.0.0 - 8.255.255.255\n\n# end";
        let child = "# start\n\nNetRange: 8.8.8.0 - 8.8.8.255\n\n# end";
        let said = format!("# Terms\n\n{parent}\n\n\n{child}\n\n# Bye\n");
        let o = play("8.8.8.8", false, &[("whois.arin.net", &said)]);
        let want = format!("# Terms\n\n{child}\n\n\n{parent}\n\n# Bye");
        assert_eq!(o.found.unwrap().lines().join("\n"), want);
    }

    #[test]
    fn a_denied_query_is_a_failure_with_its_words() {
        let o = play("1.0.0.1", false, &[("whois.apnic.net", "%ERROR:201: access denied for 192.0.2.7\n")]);
        assert_eq!(o.fate, Fate::Failed("whois.apnic.net: ERROR:201: access denied for 192.0.2.7".into()));
    }

    #[test]
    fn the_part_that_answers_comes_first() {
        let arin = "# terms\n\n# start\n\nNetRange: 8.0.0.0/9\n\n# end\n\n\n# start\n\nNetRange: 8.8.8.0/24\n\n# end\n\n# terms\n";
        let o = play("8.8.8.8", false, &[("whois.arin.net", arin)]);
        assert_eq!(o.found.unwrap().first, Some((9, 5)));
    }
}
