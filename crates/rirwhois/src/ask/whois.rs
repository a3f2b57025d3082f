//! One question by port 43, from server to server.
//!
//! Replies go in as bytes, the next query comes out as a line; sockets are
//! somebody else's. So the whole policy of referrals can be read here.
use std::{
    collections::{BTreeSet, VecDeque},
    rc::Rc,
};

use crate::{
    ask::outcome::{Conclusion, Found, Outcome},
    ask::policy::Policy,
    ask::query::{self, End, Manner, Query},
    ask::question::Question,
    ask::referral::{self, RWHOIS, Target, Verdict},
    ask::servers::{Server, WHOIS},
    ask::step::{Step, Turn},
    read::charset,
    read::reply::{LINES, Reply},
    table::registry::Registry,
};

/// Most referrals of one question.
const REFERRALS: usize = 5;

/// Most servers asked after a registry said "not here".
const OPINIONS: usize = 5;

/// One question under way.
#[derive(Debug)]
pub struct Search {
    question: Question,
    /// The server being asked.
    server: Server,
    manner: Manner,
    visited: BTreeSet<(String, u16)>,
    hops: Vec<String>,
    referrals: usize,
    /// Whom else to ask after "not here".
    opinions: Option<VecDeque<(Registry, Manner)>>,
    /// One of these failed, so that nobody knows whether there is a record.
    is_opinion_lost: bool,
    /// The best record so far, and whether it would do as the answer.
    at_hand: Option<(Found, bool)>,
    notes: Vec<String>,
    /// ARIN's list has been followed already.
    listed: bool,
}

impl Search {
    /// Begins with the first query.
    pub fn start(question: Question, policy: &Policy<'_>) -> (Search, Step) {
        let server = policy.first(&question);
        Search::start_at(question, server)
    }

    /// Begins at `server`.
    pub fn start_at(question: Question, server: Server) -> (Search, Step) {
        let mut search = Search {
            question,
            server: server.clone(),
            manner: Manner::Plain,
            visited: BTreeSet::new(),
            hops: Vec::new(),
            referrals: 0,
            opinions: None,
            is_opinion_lost: false,
            at_hand: None,
            notes: Vec::new(),
            listed: false,
        };
        let step = search.ask(server, Manner::Plain, false);
        (search, step)
    }

    /// Goes on with another question at the same server.
    pub fn follow(&self, question: Question, policy: &Policy<'_>) -> (Search, Step) {
        let home = self.server.registry.map_or_else(|| self.server.clone(), |r| policy.servers.whois(r));
        Search::start_at(question, if policy.server.is_some() { self.server.clone() } else { home })
    }

    /// What is asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Servers asked so far.
    pub fn hops(&self) -> &[String] {
        &self.hops
    }

    /// Takes the reply to the last query.
    pub fn response(&mut self, policy: &Policy<'_>, bytes: Vec<u8>, end: End) -> Turn {
        let bytes = Rc::new(bytes);
        let text = charset::text(&bytes);
        let reply = Reply::parse(&text);
        let verdict = referral::judge(&self.question, self.server.registry, &reply);
        // A listing has its own way to say so, and prints what it has read.
        let is_listing = matches!(self.question, Question::Holdings(_));
        let end = match end {
            End::Whole if reply.is_cut && !is_listing => {
                End::Cut(format!("truncated, only {LINES} lines of it were read"))
            }
            end => end,
        };
        match end {
            End::Whole => {}
            // Who denies may hang up in the same breath.
            End::Cut(_) if matches!(verdict, Verdict::Denied(_)) => {}
            End::Local(why) => return self.done(Conclusion::Local(self.at(&why)), None).into(),
            End::Refused => {
                self.hops.pop();
                self.notes.push(format!("referral to {} refused (its address is not public)", self.server));
                return self.rest().into();
            }
            End::Unreachable(why) => return self.given_up(policy, &why).into(),
            End::Cut(why) | End::Slow(why) => return self.failed(policy, &why, &bytes, &reply).into(),
        }
        match verdict {
            Verdict::Answer => {
                let found = self.found(policy, &bytes, &reply);
                self.answered(found, true)
            }
            Verdict::Refer(target) => {
                if reply.answering(&self.question).is_some() {
                    self.at_hand = Some((self.found(policy, &bytes, &reply), true));
                }
                self.refer(policy, &target)
            }
            Verdict::Moved(registry) => {
                self.at_hand = Some((self.found(policy, &bytes, &reply), false));
                self.refer(policy, &Target::parse(registry.host()))
            }
            Verdict::Placeholder => {
                if self.at_hand.is_none() && reply.has_objects() {
                    self.at_hand = Some((self.found(policy, &bytes, &reply), false));
                }
                self.next_opinion(policy)
            }
            Verdict::Missing => self.missing(policy),
            Verdict::Elsewhere(about) => self.elsewhere(policy, &about),
            Verdict::Listed(handle) if !std::mem::replace(&mut self.listed, true) => {
                // The list names the record; ask for it by its handle.
                let step = self.ask(self.server.clone(), self.manner, false);
                match (step, query::line(self.server.registry, &Question::Handle(handle), Manner::Plain)) {
                    (Step::Ask(Query::Whois { server, public_only, .. }), Some(line)) => {
                        Step::Ask(Query::Whois { server, line, public_only })
                    }
                    (step, _) => step,
                }
            }
            Verdict::Listed(_) => {
                let found = self.found(policy, &bytes, &reply);
                self.answered(found, false)
            }
            Verdict::Denied(words) => {
                let step = self.given_up(policy, &words);
                return Turn { step, denied: Some(words) };
            }
            Verdict::Empty => self.failed(policy, "empty answer", &bytes, &reply),
            Verdict::Unrecognized(words) => {
                self.failed(policy, &format!("no record in its answer: {words}"), &bytes, &reply)
            }
            Verdict::Unable(words) => self.done(Conclusion::Failed(self.at(&words)), None),
        }
        .into()
    }

    /// Reads the reply of the server that was asked last.
    fn found(&self, policy: &Policy<'_>, bytes: &Rc<Vec<u8>>, reply: &Reply<'_>) -> Found {
        let asked = match self.manner {
            // Mirrors tell whose record it is; the server doesn't.
            Manner::Mirrors => Server { registry: None, ..self.server.clone() },
            _ => self.server.clone(),
        };
        Found::of_whois(&self.question, &asked, bytes, reply, &self.hops, policy.table)
    }

    /// What the server that was asked last is to be told of.
    fn at(&self, why: &str) -> String {
        format!("{}: {why}", self.server)
    }

    /// The server denies, or can't be reached: others are asked if that was but an opinion.
    fn given_up(&mut self, policy: &Policy<'_>, why: &str) -> Step {
        self.passed_over(policy, why).unwrap_or_else(|| self.blame(why))
    }

    /// Asks the next one where the server was asked for an opinion and there are more.
    fn passed_over(&mut self, policy: &Policy<'_>, why: &str) -> Option<Step> {
        self.opinions.as_ref().filter(|o| !o.is_empty())?;
        self.notes.push(self.at(why));
        self.is_opinion_lost = true;
        Some(self.next_opinion(policy))
    }

    /// The reply is no answer, and may be one the next time: others are asked, likewise. What came is
    /// worth printing, if it is more than a banner, but a record at hand is worth more than what has none.
    fn failed(&mut self, policy: &Policy<'_>, why: &str, bytes: &Rc<Vec<u8>>, reply: &Reply<'_>) -> Step {
        if let Some(step) = self.passed_over(policy, why) {
            return step;
        }
        let part = match self.at_hand.take() {
            Some((found, _)) if reply.answering(&self.question).is_none() => Some(found),
            _ if referral::words(reply).is_none() => None,
            _ => Some(self.found(policy, bytes, reply)),
        };
        self.done(Conclusion::Failed(self.at(why)), part)
    }

    /// Ends before anything was sent: the server is known not to answer.
    pub fn spared(&mut self, why: &str) -> Step {
        self.hops.pop();
        self.blame(why)
    }

    /// Ends with a failure that the server will repeat for every question.
    fn blame(&mut self, why: &str) -> Step {
        let part = self.at_hand.take().map(|a| a.0);
        let mut step = self.done(Conclusion::Failed(self.at(why)), part);
        if let Step::Done(outcome) = &mut step {
            outcome.blamed = Some(self.server.to_string());
        }
        step
    }

    /// The only record is about something else.
    fn elsewhere(&mut self, policy: &Policy<'_>, about: &str) -> Step {
        if self.opinions.is_some() {
            return self.next_opinion(policy);
        }
        match self.at_hand.take() {
            Some((found, true)) => self.answered(found, true),
            _ => {
                let why = self.at(&format!("its record is about {about}, not about what was asked"));
                self.done(Conclusion::NoRecord(why), None)
            }
        }
    }

    fn ask(&mut self, server: Server, manner: Manner, public_only: bool) -> Step {
        let Some(line) = query::line(server.registry, &self.question, manner) else {
            return self.done(
                Conclusion::NoRecord(format!("{server}: lists no holdings by handle (ask for an AS number)")),
                None,
            );
        };
        if self.hops.len() > REFERRALS {
            return self.rest();
        }
        self.visited.insert(place(&server));
        self.hops.push(server.to_string());
        self.server = server.clone();
        self.manner = manner;
        Step::Ask(Query::Whois { server, line, public_only })
    }

    fn refer(&mut self, policy: &Policy<'_>, target: &Target) -> Step {
        let refused = |why: &str| format!("referral to {} refused{why}", target.written);
        let Some((host, port)) = &target.place else {
            self.notes.push(refused(" (no whois server)"));
            return self.rest();
        };
        let (server, public_only) = match policy.trusted(host, *port) {
            Some(server) => (server, false),
            // The cure is named only where it is one.
            None if *port != WHOIS && *port != RWHOIS => {
                self.notes.push(refused(" (its port is neither 43 nor 4321)"));
                return self.rest();
            }
            None if referral::is_inside(host) => {
                self.notes.push(refused(" (its address is not public)"));
                return self.rest();
            }
            None if !policy.follow_any => {
                self.notes.push(refused(" (--follow-any follows it)"));
                return self.rest();
            }
            None => (Server { host: host.clone(), port: *port, registry: Registry::from_host(host) }, true),
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
            None => self.done(Conclusion::NoRecord("no registry answered, there were only referrals".into()), None),
        }
    }

    /// A registry has nothing.
    fn missing(&mut self, policy: &Policy<'_>) -> Step {
        if self.opinions.is_some() {
            return self.next_opinion(policy);
        }
        let prefix = matches!(&self.question, Question::Addresses(r) if r.first != r.last && r.prefix_len().is_some());
        if prefix && self.server.registry == Some(Registry::Arin) && self.manner == Manner::Plain {
            return self.ask(self.server.clone(), Manner::Around, false);
        }
        match self.at_hand.take() {
            Some((found, true)) => {
                self.notes.push(format!("{}: not found there", self.server));
                self.answered(found, true)
            }
            _ => self.done(Conclusion::NoRecord(format!("not found at {}", self.server)), None),
        }
    }

    /// After "not here": whom IANA lists, then ARIN, then RIPE's mirrors; but
    /// nobody else where the user named the server.
    fn next_opinion(&mut self, policy: &Policy<'_>) -> Step {
        if policy.server.is_some() {
            let placeholder = self.at_hand.take().map(|hand| hand.0);
            return self.done(Conclusion::NoRecord(format!("only a placeholder at {}", self.server)), placeholder);
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
        let asked = self.hops.join(", ");
        let conclusion = match self.is_opinion_lost {
            true => Conclusion::Failed(format!("no registry that answered has a record (asked {asked})")),
            false => Conclusion::NoRecord(format!("no registry has a record (asked {asked})")),
        };
        self.done(conclusion, None)
    }

    /// Ends with an answer. A stub or a placeholder is no record: it speaks
    /// for no other address, and neither does what another registry says after
    /// a placeholder, since that was found by guessing.
    fn answered(&mut self, found: Found, record: bool) -> Step {
        match self.done(Conclusion::Answered, Some(found)) {
            Step::Done(mut outcome) => {
                outcome.shareable = record && self.opinions.is_none();
                Step::Done(outcome)
            }
            step => step,
        }
    }

    fn done(&mut self, conclusion: Conclusion, mut found: Option<Found>) -> Step {
        if let Some(found) = &mut found {
            found.answer.hops.clone_from(&self.hops);
        }
        let outcome = Outcome::without(conclusion, self.hops.clone());
        Step::Done(Box::new(Outcome { found, notes: std::mem::take(&mut self.notes), ..outcome }))
    }
}

fn place(server: &Server) -> (String, u16) {
    (server.host.to_ascii_lowercase(), server.port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ask::servers::Servers, table::lookup::Table};

    /// Plays the servers: each answers with the text given for its name.
    fn play(operand: &str, follow_any: bool, servers: &[(&str, &str)]) -> Outcome {
        let (names, table) = (Servers::default(), Table::default());
        let policy = Policy { servers: &names, table: &table, server: None, base: None, rdap: false, follow_any };
        let (mut search, mut step) = Search::start(Question::parse(operand).unwrap(), &policy);
        for _ in 0..20 {
            let query = match step {
                Step::Done(outcome) | Step::Again { or: outcome, .. } => return *outcome,
                Step::Ask(query) => query,
            };
            let text = servers.iter().find(|(name, _)| *name == query.server());
            let text = text.unwrap_or_else(|| panic!("{query:?}")).1;
            step = search.response(&policy, text.as_bytes().to_vec(), End::Whole).step;
        }
        panic!("endless");
    }

    const STUB: &str = "inetnum: 1.0.0.0 - 1.0.0.255\nnetname: STUB\ndescr: Transferred to the RIPE region on 2018-03-19.\nmnt-by: APNIC-STUB\n";
    const RIPE: &str = "inetnum: 1.0.0.0 - 1.0.0.255\nnetname: REAL\nsource: RIPE\n";

    #[test]
    fn one_connection_is_enough_where_the_table_is_right() {
        let o = play("1.0.0.1", false, &[("whois.apnic.net", RIPE)]);
        assert_eq!((o.conclusion, o.hops.len(), o.shareable), (Conclusion::Answered, 1, true));
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
        assert_eq!((o.conclusion, o.hops.len()), (Conclusion::Answered, 2));
        assert_eq!(o.notes, ["referral to whois.arin.net would loop"]);
        let o = play("8.8.8.8", false, &[("whois.arin.net", "NetRange: 8.0.0.0/9\nReferralServer: whois.arin.net\n")]);
        assert_eq!((o.conclusion, o.hops.len(), o.notes.len()), (Conclusion::Answered, 1, 0));
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
            assert_eq!((o.conclusion, o.hops.len()), (Conclusion::Answered, 1), "{url}");
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
        assert_eq!((o.conclusion, o.hops.len()), (Conclusion::Answered, 6));
    }

    #[test]
    fn after_a_placeholder_come_second_opinions() {
        let erx = "inetnum: 150.0.0.0 - 150.255.255.255\nnetname: ERX-NETBLOCK\n";
        let everything = "inetnum: 0.0.0.0 - 255.255.255.255\nnetname: IANA-BLK\n";
        let arin = "NetRange: 150.1.0.0/16\nNetName: A\n";
        let o = play("150.1.0.1", false, &[("whois.apnic.net", erx), ("whois.arin.net", arin)]);
        assert_eq!((o.conclusion, o.shareable), (Conclusion::Answered, false));
        let o = play(
            "150.1.0.1",
            false,
            &[
                ("whois.apnic.net", erx),
                ("whois.arin.net", "No match found for 150.1.0.1.\n"),
                ("whois.ripe.net", everything),
            ],
        );
        assert!(matches!(o.conclusion, Conclusion::NoRecord(_)), "{:?}", o.conclusion);
        assert_eq!(o.hops, ["whois.apnic.net", "whois.arin.net", "whois.ripe.net"]);
    }

    #[test]
    fn an_opinion_that_was_lost_leaves_it_open_whether_there_is_a_record() {
        let erx = "inetnum: 150.0.0.0 - 150.255.255.255\nnetname: ERX-NETBLOCK\n";
        for arin in ["Service unavailable\n", "% Query rate limit exceeded\n", ""] {
            let servers = [
                ("whois.apnic.net", erx),
                ("whois.arin.net", arin),
                ("whois.ripe.net", "%ERROR:101: no entries found\n"),
            ];
            let o = play("150.1.0.1", false, &servers);
            let why = "no registry that answered has a record (asked whois.apnic.net, whois.arin.net, whois.ripe.net)";
            assert_eq!((o.conclusion, o.notes.len()), (Conclusion::Failed(why.into()), 1), "{arin}");
        }
    }

    #[test]
    fn what_is_no_answer_is_printed_unless_there_is_a_record_at_hand() {
        let outage = "Service unavailable\nback at 12:00\n";
        let o = play("8.8.8.8", false, &[("whois.arin.net", outage)]);
        let why = "whois.arin.net: no record in its answer: Service unavailable";
        assert_eq!((o.conclusion, o.found.unwrap().text().as_ref()), (Conclusion::Failed(why.into()), outage));
        let arin = "NetRange: 8.0.0.0 - 8.127.255.255\nReferralServer: whois://whois.ripe.net\n";
        let o = play("8.8.8.8", false, &[("whois.arin.net", arin), ("whois.ripe.net", outage)]);
        assert_eq!(o.found.unwrap().text(), arin);
    }

    #[test]
    fn a_reply_of_too_many_lines_is_truncated() {
        for (lines, is_cut) in [(LINES - 3, false), (LINES - 2, true)] {
            let text = format!("{}{RIPE}", "% remark\n".repeat(lines));
            let o = play("1.0.0.1", false, &[("whois.apnic.net", &text)]);
            let why = "whois.apnic.net: truncated, only 100000 lines of it were read";
            let want = if is_cut { Conclusion::Failed(why.into()) } else { Conclusion::Answered };
            assert_eq!((o.conclusion, o.found.is_some()), (want, true), "{lines}");
        }
    }

    #[test]
    fn a_server_of_the_users_is_asked_alone_and_trusted() {
        let (names, table) = (Servers::default(), Table::default());
        let server = Server::parse("rwhois.example:4321").unwrap();
        let policy = Policy {
            servers: &names,
            table: &table,
            server: Some(&server),
            base: None,
            rdap: false,
            follow_any: false,
        };
        let start = || Search::start(Question::parse("150.1.0.1").unwrap(), &policy);
        let (mut search, step) = start();
        assert!(matches!(&step, Step::Ask(Query::Whois { server: asked, public_only: false, .. }) if *asked == server));
        let erx = b"inetnum: 150.0.0.0 - 150.255.255.255\nnetname: ERX-NETBLOCK\n".to_vec();
        let Step::Done(o) = search.response(&policy, erx, End::Whole).step else { panic!("somebody else is asked") };
        assert_eq!(o.conclusion, Conclusion::NoRecord("only a placeholder at rwhois.example:4321".into()));
        assert!(o.found.is_some_and(|f| f.text().contains("ERX-NETBLOCK")), "who asked that server sees what it says");
        // A registry that it names is asked, and may send us back: that is a loop and no stranger.
        let (mut search, _) = start();
        let step = search.response(&policy, b"%referral whois://whois.arin.net\n".to_vec(), End::Whole).step;
        assert!(matches!(&step, Step::Ask(query) if query.server() == "whois.arin.net"));
        let back = b"NetRange: 150.1.0.0/16\nReferralServer: rwhois://rwhois.example:4321/\n".to_vec();
        let Step::Done(o) = search.response(&policy, back, End::Whole).step else { panic!("a loop") };
        assert_eq!((o.conclusion, &*o.notes[0]), (Conclusion::Answered, "referral to rwhois.example:4321 would loop"));
    }

    #[test]
    fn a_record_is_of_whom_it_came_from() {
        let arin = "NetRange: 8.0.0.0/9\nNetName: A\nReferralServer: whois://whois.ripe.net\n";
        let none = "%ERROR:101: no entries found\n";
        let o = play("8.8.8.8", false, &[("whois.arin.net", arin), ("whois.ripe.net", none)]);
        let found = o.found.unwrap();
        assert_eq!(found.answer.registry, Some(Registry::Arin));
    }

    #[test]
    fn a_denied_query_is_a_failure_with_its_words() {
        let o = play("1.0.0.1", false, &[("whois.apnic.net", "%ERROR:201: access denied for 192.0.2.7\n")]);
        assert_eq!(o.conclusion, Conclusion::Failed("whois.apnic.net: ERROR:201: access denied for 192.0.2.7".into()));
    }
}
