//! The queries for one server: what waits for it, what it is asked, and how fast.
use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    time::{Duration, Instant},
};

use crate::{ask::jobs::WINDOW, ask::pace::Pace, ask::query::Place, ask::query::Query, ask::question::Question};

/// So many queries in a row without any response, and the server is left alone for this run.
const STRIKES: u32 = 2;

/// Most queries at once to an RDAP server; one of port 43 has one.
const ABREAST: usize = 4;

/// The queries for one server, each with the number of the input that it is for.
#[derive(Debug)]
pub struct Line {
    queue: VecDeque<(u64, Query)>,
    /// The questions being asked there.
    asking: BTreeMap<u64, Question>,
    /// Most queries at once.
    most: usize,
    pace: Pace,
    /// Why it is asked no more.
    spared: Option<String>,
    strikes: u32,
}

impl Line {
    /// Nothing waits for the server at `place` yet.
    pub fn new(place: &Place, pace: Pace) -> Line {
        let most = if matches!(place, Place::Whois { .. }) { 1 } else { ABREAST };
        Line { queue: VecDeque::new(), asking: BTreeMap::new(), most, pace, spared: None, strikes: 0 }
    }

    /// A query waits; `urgent` ones go before the others.
    pub fn push(&mut self, id: u64, query: Query, urgent: bool) {
        match urgent {
            true => self.queue.push_front((id, query)),
            false => self.queue.push_back((id, query)),
        }
    }

    /// The server wants to be left alone for so long.
    pub fn pause(&mut self, pause: Duration, now: Instant) {
        self.pace.pause(pause, now);
    }

    /// The server is asked no more, for this reason.
    pub fn spare(&mut self, why: String) {
        self.spared = Some(why);
    }

    /// Why it is asked no more.
    pub fn spared(&self) -> Option<&str> {
        self.spared.as_deref()
    }

    /// Takes a query out, if the server is free for one: the first that does not ask for a neighbour
    /// of what is being asked already, since one answer may do for both. `only` this input's, where
    /// there is one; `question` tells what an input asks.
    pub fn pick<'q>(
        &mut self,
        only: Option<u64>,
        question: impl Fn(u64) -> Option<&'q Question>,
    ) -> Option<(u64, Query)> {
        if self.asking.len() >= self.most {
            return None;
        }
        let is_alone = |(id, _): &(u64, Query)| {
            if only.is_some_and(|only| only != *id) {
                return false;
            }
            let Some(question) = question(*id) else { return true };
            !self.asking.values().any(|other| are_neighbours(other, question))
        };
        let at = self.queue.iter().take(WINDOW).position(is_alone)?;
        self.queue.remove(at)
    }

    /// Is a query sent now, at this pace? Then it counts as sent.
    pub fn send(&mut self, id: u64, asked: &Question, now: Instant) -> bool {
        if self.pace.free_at(now) > now {
            return false;
        }
        self.pace.spend(now);
        self.asking.insert(id, asked.clone());
        true
    }

    /// A query came to its end, with a response or without any.
    pub fn ended(&mut self, id: u64, responded: bool, may_spare: bool) {
        self.asking.remove(&id);
        self.strikes = if responded { 0 } else { self.strikes + 1 };
        if self.strikes >= STRIKES && may_spare {
            self.spared = Some("not asked again after it did not answer".into());
        }
    }

    /// When the next query may be sent that waits now. One whose every query waits for a
    /// neighbour's answer is woken by that.
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        let waits = !self.queue.is_empty() && self.asking.len() < self.most;
        waits.then(|| self.pace.free_at(now)).filter(|at| *at > now)
    }
}

/// Is it likely that the answer to one is the answer to the other, too?
fn are_neighbours(a: &Question, b: &Question) -> bool {
    let near = |a: IpAddr, b: IpAddr| match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.octets()[..2] == b.octets()[..2],
        (IpAddr::V6(a), IpAddr::V6(b)) => a.segments()[..2] == b.segments()[..2],
        _ => false,
    };
    match (a, b) {
        (Question::Addresses(a), Question::Addresses(b)) => near(a.first_addr(), b.first_addr()),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::servers::Server;

    #[test]
    fn neighbours_wait_for_the_one_that_is_asked() {
        let asked = |text: &str| Question::parse(text).unwrap();
        for (a, b, near) in [
            ("192.0.2.1", "192.0.99.1", true),
            ("192.0.2.1", "192.1.2.1", false),
            ("2001:db8:1::", "2001:db8:2::", true),
            ("2001:db8::", "2001:db9::", false),
            ("192.0.2.1", "::1", false),
            ("AS1", "AS1", true),
            ("AS1", "AS2", false),
        ] {
            assert_eq!(are_neighbours(&asked(a), &asked(b)), near, "{a} {b}");
        }
        let server = Server::parse("whois.example").unwrap();
        let query = |text: &str| Query::Whois { server: server.clone(), line: text.into(), public_only: false };
        let questions = ["192.0.2.1", "192.0.99.1", "198.51.100.1"].map(asked);
        let question = |id: u64| questions.get(id as usize);
        // RDAP servers are asked side by side; what is urgent goes first.
        let mut line = Line::new(&Place::Rdap("rdap.example".into()), Pace::new(0.0));
        let now = Instant::now();
        for id in 0..3 {
            line.push(id, query("x"), id == 1);
        }
        let mut next = |only| {
            let (id, _) = line.pick(only, question)?;
            assert!(line.send(id, &questions[id as usize], now));
            Some(id)
        };
        assert_eq!((next(Some(0)), next(None)), (Some(0), Some(2)));
        line.ended(0, true, true);
        assert_eq!(line.pick(None, question).map(|(id, _)| id), Some(1));
    }

    #[test]
    fn who_does_not_answer_twice_in_a_row_is_spared() {
        let place = Place::Rdap("rdap.example".into());
        let mut line = Line::new(&place, Pace::new(0.0));
        for (responded, spared) in [(false, false), (true, false), (false, false), (false, true)] {
            line.ended(0, responded, true);
            assert_eq!(line.spared().is_some(), spared);
        }
        let mut alone = Line::new(&place, Pace::new(0.0));
        (0..3).for_each(|_| alone.ended(0, false, false));
        assert_eq!(alone.spared(), None);
    }
}
