//! Many questions at many servers: what is asked next, and what is answered already.
//!
//! Inputs come in, queries go out, responses come in, and outcomes go out in the order of the
//! inputs. An answer is shared with later inputs in its range, so a server sees each block once.
//! No socket is in here, and no clock: whoever has them tells the time.
use std::{
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

use plainnet_common::input::Owned;

use crate::{
    ask::blocks::{self, Next},
    ask::cache::Cache,
    ask::jobs::{Finished, Jobs, Settled},
    ask::line::Line,
    ask::outcome::{Conclusion, Origin, Outcome},
    ask::pace::Pace,
    ask::plan::{Goal, Plan},
    ask::policy::Policy,
    ask::query::{End, Place, Query, Response},
    ask::question::Question,
    ask::search::Search,
    ask::share::Shared,
    ask::step::{Step, Turn},
    table::registry::Registry,
};

/// A query that is to be sent now.
#[derive(Debug)]
pub struct Dispatch {
    /// The input that it is for.
    pub id: u64,
    /// What to send.
    pub query: Query,
    /// How long that may take.
    pub budget: Duration,
}

/// A server that fails for every question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How messages name it.
    pub server: String,
    /// Inputs that had no answer because of it.
    pub inputs: u64,
}

/// What was counted, for `--stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Inputs that ask something.
    pub inputs: u64,
    /// Queries sent.
    pub queries: u64,
    /// Inputs answered by another one's answer.
    pub shared: u64,
    /// Answers of an earlier run.
    pub cached: u64,
    /// Referrals and redirects followed.
    pub referrals: u64,
}

/// A search under way.
#[derive(Debug)]
struct Running {
    /// What the input asks; the search may have come further.
    question: Question,
    search: Search,
    /// Of the time that the input may take.
    left: Duration,
    /// Servers asked by searches before this one.
    path: Vec<String>,
    /// The record of the AS number whose organisation is being asked for.
    record: Option<Rc<Outcome>>,
}

/// Many questions under way.
#[derive(Debug)]
pub struct Bulk<'a> {
    plan: Plan,
    policy: Policy<'a>,
    jobs: Jobs,
    /// By the number of the job.
    running: BTreeMap<u64, Running>,
    lines: BTreeMap<Place, Line>,
    shared: Shared,
    cache: Option<Cache>,
    faults: Vec<Fault>,
    messages: Vec<String>,
    /// When the last response came.
    now: Instant,
    /// See [`Tally`].
    pub tally: Tally,
}

impl<'a> Bulk<'a> {
    /// Nothing is asked yet.
    pub fn new(plan: Plan, policy: Policy<'a>, cache: Option<Cache>, now: Instant) -> Bulk<'a> {
        Bulk {
            plan,
            policy,
            jobs: Jobs::new(plan.unordered),
            running: BTreeMap::new(),
            lines: BTreeMap::new(),
            shared: Shared::default(),
            cache,
            faults: Vec::new(),
            messages: Vec::new(),
            now,
            tally: Tally::default(),
        }
    }

    /// May another input be taken?
    pub fn has_room(&self) -> bool {
        self.jobs.has_room()
    }

    /// Is nothing under way?
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Bytes of answers that wait for an earlier input's.
    pub fn held(&self) -> usize {
        self.jobs.held()
    }

    /// The input that is to be printed next; nothing where any may be.
    pub fn first(&self) -> Option<u64> {
        self.jobs.first()
    }

    /// Messages for standard error that came up since the last call, with foreign words in them.
    pub fn messages(&mut self) -> Vec<String> {
        std::mem::take(&mut self.messages)
    }

    /// The servers that failed for every question, and what that cost.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Takes a new input.
    pub fn take(&mut self, input: Owned) {
        let question = input.text.as_ref().map(|text| text.as_deref().map_err(|why| *why).and_then(Question::parse));
        self.tally.inputs += u64::from(question.is_some());
        let id = self.jobs.take(input);
        let mut settle = |result| self.jobs.settle(id, result, false, false, 0);
        let question = match question {
            Some(Ok(question)) => self.policy.asked(question.inside().unwrap_or(question)),
            Some(Err(why)) => return settle(Settled::Invalid(why)),
            None => return settle(Settled::Blank),
        };
        if self.policy.is_offline(&question) {
            return settle(Settled::Offline(question));
        }
        let first = match &question {
            Question::Handle(handle) if self.plan.goal == Goal::Listing => blocks::first(handle, self.policy.rdap),
            _ => question.clone(),
        };
        let (search, step) = Search::start(first, &self.policy);
        let left = self.plan.timeout;
        self.running.insert(id, Running { question, search, left, path: Vec::new(), record: None });
        self.step(id, step);
    }

    fn step(&mut self, id: u64, step: Step) {
        match step {
            Step::Ask(query) => self.queue(id, query, None),
            Step::Again { query, after, or } => {
                let Some(running) = self.running.get_mut(&id) else { return };
                if after >= running.left {
                    self.spare(&query, or.conclusion.reason().unwrap_or_default());
                    return self.done(id, Rc::new(*or), true);
                }
                running.left -= after;
                self.queue(id, query, Some(after));
            }
            Step::Done(mut outcome) => {
                if let Some(running) = self.running.get(&id) {
                    outcome.took = self.plan.timeout.saturating_sub(running.left);
                }
                self.done(id, Rc::new(*outcome), true);
            }
        }
    }

    fn queue(&mut self, id: u64, query: Query, pause: Option<Duration>) {
        let place = query.place();
        let new = |place: &Place| Line::new(place, Pace::of(query.registry(), self.plan.rate));
        let line = self.lines.entry(place).or_insert_with_key(new);
        if let Some(pause) = pause {
            line.pause(pause, self.now);
        }
        // What is under way is finished before anything new.
        let running = self.running.get(&id);
        let is_begun = running.is_some_and(|running| running.search.hops().len() > 1 || !running.path.is_empty());
        line.push(id, query, pause.is_some() || is_begun);
    }

    /// The next query that may be sent at this moment.
    pub fn next_query(&mut self, now: Instant) -> Option<Dispatch> {
        let places: Vec<Place> = self.lines.keys().cloned().collect();
        for place in places {
            while let Some((id, query)) = self.pick(&place) {
                let Some(running) = self.running.get_mut(&id) else { continue };
                let asked = running.search.question().clone();
                let is_fresh = running.search.hops().len() == 1;
                if let Some(outcome) = self.known(&asked).filter(|_| is_fresh) {
                    let count = if outcome.cached { &mut self.tally.cached } else { &mut self.tally.shared };
                    *count += 1;
                    self.done(id, outcome, false);
                    continue;
                }
                let (Some(running), Some(line)) = (self.running.get_mut(&id), self.lines.get_mut(&place)) else {
                    continue;
                };
                if let Some(why) = line.spared() {
                    let step = running.search.spared(why);
                    self.step(id, step);
                    continue;
                }
                if !line.send(id, &asked, now) {
                    line.push(id, query, true);
                    break;
                }
                self.tally.queries += 1;
                return Some(Dispatch { id, query, budget: running.left });
            }
        }
        None
    }

    /// Takes a query out of a line, if its server is free for one.
    fn pick(&mut self, place: &Place) -> Option<(u64, Query)> {
        // Where much waits to be printed already, only what holds it back is asked.
        let only = self.jobs.first().filter(|_| self.jobs.is_full());
        let running = &self.running;
        self.lines.get_mut(place)?.pick(only, |id| running.get(&id).map(|running| running.search.question()))
    }

    /// An answer that an earlier input or an earlier run had.
    fn known(&mut self, question: &Question) -> Option<Rc<Outcome>> {
        if let Some(outcome) = self.shared.find(question) {
            return Some(outcome);
        }
        let outcome = self.cache.as_ref()?.find(question, &self.policy)?;
        let outcome = self.lightened(outcome);
        // The next ones need not read it again.
        self.shared.put(question, &outcome, self.policy.table);
        Some(outcome)
    }

    /// When the next query may be sent that waits now.
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        self.lines.values().filter_map(|line| line.wake(now)).min()
    }

    /// Takes the response to a query, which took so long and came now.
    pub fn response(&mut self, id: u64, query: &Query, response: Response, took: Duration, now: Instant) {
        self.now = now;
        let no_response = matches!(
            &response,
            Response::Whois { end: End::Unreachable(_) | End::Slow(_), .. }
                | Response::Rdap(Err(End::Unreachable(_) | End::Slow(_)))
        );
        if let Some(line) = self.lines.get_mut(&query.place()) {
            line.ended(id, !no_response, self.plan.spare);
        }
        let Some(running) = self.running.get_mut(&id) else { return };
        running.left = running.left.saturating_sub(took);
        let Turn { step, denied } = running.search.response(&self.policy, response);
        if let (Some(words), false) = (denied, matches!(step, Step::Again { .. })) {
            self.spare(query, &words);
        }
        self.step(id, step);
    }

    /// The server of `query` is asked no more in this run, on any of its ways.
    fn spare(&mut self, query: &Query, words: &str) {
        let server = query.place();
        let same = |place: &Place| match (place, &server) {
            (Place::Whois { host, port, .. }, Place::Whois { host: denied, port: its, .. }) => {
                (host, port) == (denied, its)
            }
            (place, server) => place == server,
        };
        for (_, line) in self.lines.iter_mut().filter(|(place, _)| same(place)) {
            line.spare(format!("not asked, it denied an earlier query ({words})"));
        }
    }

    /// A search is over; another one may follow. `own`: it was made for this input.
    fn done(&mut self, id: u64, outcome: Rc<Outcome>, own: bool) {
        let Some(running) = self.running.get_mut(&id) else { return };
        let asked = running.search.question().clone();
        let mut outcome = outcome;
        if own {
            self.tally.referrals += (outcome.hops.len() as u64).saturating_sub(1);
            if let Some(Err(why)) = self.cache.as_mut().map(|cache| cache.add(&asked, &outcome, &self.policy)) {
                self.messages.push(format!("cache: {why}"));
            }
            outcome = self.lightened(outcome);
            self.shared.put(&asked, &outcome, self.policy.table);
        }
        match self.next(id, &asked, &outcome) {
            Next::Here => self.settle(id, outcome, own),
            Next::Ask(question) => {
                let Some(running) = self.running.get_mut(&id) else { return };
                running.path.extend(outcome.hops.iter().cloned());
                if self.plan.goal == Goal::RecordAndCountry {
                    running.record = Some(outcome);
                }
                let (search, step) = running.search.follow(question, &self.policy);
                running.search = search;
                self.step(id, step);
            }
            Next::Nowhere(why) => {
                let end = Outcome::without(Conclusion::NoRecord(why.into()), outcome.hops.clone());
                self.settle(id, Rc::new(end), own);
            }
        }
    }

    /// The outcome without its reply's bytes where nobody will look at them again.
    fn lightened(&self, outcome: Rc<Outcome>) -> Rc<Outcome> {
        if self.plan.keep_text || self.plan.goal == Goal::Listing || outcome.found.is_none() {
            return outcome;
        }
        let mut light = Rc::unwrap_or_clone(outcome);
        if let Some(found) = &mut light.found {
            found.bytes = Rc::default();
        }
        Rc::new(light)
    }

    /// What follows the outcome of a search.
    fn next(&self, id: u64, asked: &Question, outcome: &Outcome) -> Next {
        if outcome.conclusion != Conclusion::Answered {
            return Next::Here;
        }
        match self.plan.goal {
            Goal::Record => Next::Here,
            Goal::Listing => blocks::next(asked, outcome),
            Goal::RecordAndCountry => {
                let again = self.running.get(&id).is_some_and(|running| running.record.is_some());
                match outcome.found.as_ref().filter(|_| !again).and_then(|found| organisation(asked, found)) {
                    Some(question) => Next::Ask(question),
                    None => Next::Here,
                }
            }
        }
    }

    /// An input has its outcome.
    fn settle(&mut self, id: u64, outcome: Rc<Outcome>, own: bool) {
        let Some(Running { question, left, path, record, .. }) = self.running.remove(&id) else { return };
        let took = self.plan.timeout.saturating_sub(left);
        let outcome = match record {
            // Whatever became of the organisation's record, that of the number is the answer.
            Some(record) => {
                let mut whole = (*record).clone();
                let country = outcome.found.as_ref().map(|f| f.answer.country.clone()).unwrap_or_default();
                whole.hops = [path, outcome.hops.clone()].concat();
                if let Some(found) = &mut whole.found {
                    found.answer.country = country;
                    found.answer.hops.clone_from(&whole.hops);
                }
                Rc::new(Outcome { took, ..whole })
            }
            None if !path.is_empty() => {
                let hops = [path, outcome.hops.clone()].concat();
                let mut whole = Rc::unwrap_or_clone(outcome);
                if let Some(found) = &mut whole.found {
                    found.answer.hops.clone_from(&hops);
                }
                Rc::new(Outcome { hops, took, ..whole })
            }
            None => outcome,
        };
        let Some(input) = self.jobs.input(id) else { return };
        let told = outcome.blamed.is_some();
        if let Some(server) = &outcome.blamed {
            match self.faults.iter_mut().find(|fault| fault.server == *server) {
                Some(fault) => fault.inputs += 1,
                None => {
                    self.faults.push(Fault { server: server.clone(), inputs: 1 });
                    let why = outcome.conclusion.reason().unwrap_or_default();
                    self.messages.push(format!("{}: {why}", input.input().subject()));
                }
            }
        }
        let size = if own { outcome.found.as_ref().map_or(0, |f| f.bytes.len()) } else { 0 };
        self.jobs.settle(id, Settled::Asked(question, outcome), own, told, size);
    }

    /// The next input that is finished and may be printed.
    pub fn finished(&mut self) -> Option<Finished> {
        self.jobs.finished()
    }
}

/// The question about the organisation whose record has the country that this one lacks.
fn organisation(asked: &Question, found: &crate::ask::outcome::Found) -> Option<Question> {
    let Origin::Whois(server) = &found.origin else { return None };
    let has_country = matches!(server.registry, Some(Registry::Ripe | Registry::Apnic | Registry::Afrinic));
    if !matches!(asked, Question::As(_)) || !has_country || !found.answer.country.is_empty() {
        return None;
    }
    // It goes into a query, so it must read as a handle.
    match Question::parse(&found.answer.org_handle) {
        Ok(handle @ Question::Handle(_)) => Some(handle),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use plainnet_common::input::Origin as From;

    use super::*;
    use crate::{ask::query::HttpReply, ask::servers::Servers, table::lookup::Table};

    /// A run of these operands, and what it is played with: a clock of the test's own.
    fn with(rdap: bool, unordered: bool, operands: &[&str], check: impl FnOnce(&mut Bulk<'_>, Instant)) {
        let (servers, table) = (Servers::default(), Table::default());
        let policy = Policy { servers: &servers, table: &table, server: None, base: None, rdap, follow_any: false };
        let plan = Plan {
            goal: Goal::Record,
            timeout: Duration::from_secs(20),
            rate: Some(0.0),
            unordered,
            keep_text: false,
            spare: true,
        };
        let now = Instant::now();
        let mut bulk = Bulk::new(plan, policy, None, now);
        for operand in operands {
            let text = Some(Ok((*operand).to_owned()));
            bulk.take(Owned { origin: From::Operand, line: operand.as_bytes().to_vec(), text });
        }
        check(&mut bulk, now);
    }

    fn names(bulk: &mut Bulk<'_>) -> Vec<String> {
        std::iter::from_fn(|| bulk.finished()).map(|f| String::from_utf8(f.input.line).unwrap()).collect()
    }

    fn inetnum(block: &str) -> Response {
        Response::Whois { bytes: format!("inetnum: {block}\nsource: RIPE\n").into_bytes(), end: End::Whole }
    }

    #[test]
    fn a_server_that_does_not_answer_is_left_alone_after_two() {
        let operands = ["193.0.0.1", "193.1.0.1", "193.2.0.1", "193.3.0.1"];
        with(false, false, &operands, |bulk, now| {
            for _ in 0..2 {
                let Dispatch { id, query, .. } = bulk.next_query(now).unwrap();
                assert!(bulk.next_query(now).is_none(), "one at a time");
                let end = End::Unreachable("connection refused".into());
                bulk.response(id, &query, Response::Whois { bytes: Vec::new(), end }, Duration::ZERO, now);
            }
            assert!(bulk.next_query(now).is_none());
            assert_eq!(bulk.messages(), ["193.0.0.1: whois.ripe.net: connection refused"]);
            assert_eq!(names(bulk), operands);
            assert_eq!(bulk.faults(), [Fault { server: "whois.ripe.net".into(), inputs: 4 }]);
        });
    }

    #[test]
    fn patience_is_asked_for_by_the_whole_server() {
        with(true, false, &["8.8.8.8", "9.9.9.9"], |bulk, now| {
            let Dispatch { id, query, budget } = bulk.next_query(now).unwrap();
            assert_eq!((id, budget), (0, Duration::from_secs(20)));
            let reply = HttpReply { status: 429, retry_after: Some("5".into()), ..HttpReply::default() };
            bulk.response(id, &query, Response::Rdap(Ok(reply)), Duration::from_secs(1), now);
            assert!(bulk.next_query(now + Duration::from_secs(4)).is_none());
            assert_eq!(bulk.wake(now), Some(now + Duration::from_secs(5)));
            // The time that was waited counts, and the question that waited goes first.
            let Dispatch { id, budget, .. } = bulk.next_query(now + Duration::from_secs(5)).unwrap();
            assert_eq!((id, budget), (0, Duration::from_secs(14)));
        });
    }

    #[test]
    fn an_answer_serves_its_neighbours_and_order_is_kept_or_not() {
        let operands = ["200.3.14.10", "193.0.0.1", "193.0.0.2"];
        for (unordered, want) in [(false, &[][..]), (true, &operands[1..])] {
            with(false, unordered, &operands, |bulk, now| {
                let all = [bulk.next_query(now).unwrap(), bulk.next_query(now).unwrap()];
                let ripe = all.into_iter().find(|d| d.query.server() == "whois.ripe.net").unwrap();
                bulk.response(ripe.id, &ripe.query, inetnum("193.0.0.0/21"), Duration::ZERO, now);
                assert!(bulk.next_query(now).is_none());
                assert_eq!((names(bulk), bulk.tally.shared), (want.iter().map(|w| (*w).to_owned()).collect(), 1));
            });
        }
    }
}
