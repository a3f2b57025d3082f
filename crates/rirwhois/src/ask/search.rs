//! One question on its way to a record, by either protocol.
use crate::{
    ask::policy::Policy,
    ask::query::Response,
    ask::question::Question,
    ask::step::{Step, Turn},
    ask::{rdap, whois},
};

/// A question that is being asked.
#[derive(Debug)]
pub enum Search {
    /// By port 43.
    Whois(Box<whois::Search>),
    /// By RDAP.
    Rdap(rdap::Search),
}

impl Search {
    /// Begins with the first query.
    pub fn start(question: Question, policy: &Policy<'_>) -> (Search, Step) {
        if policy.rdap {
            let (search, step) = rdap::Search::start(question, policy);
            return (Search::Rdap(search), step);
        }
        let (search, step) = whois::Search::start(question, policy);
        (Search::Whois(Box::new(search)), step)
    }

    /// Goes on with another question where this one was answered.
    pub fn follow(&self, question: Question, policy: &Policy<'_>) -> (Search, Step) {
        match self {
            Search::Whois(search) => {
                let (search, step) = search.follow(question, policy);
                (Search::Whois(Box::new(search)), step)
            }
            Search::Rdap(search) => {
                let (search, step) = search.follow(question, policy);
                (Search::Rdap(search), step)
            }
        }
    }

    /// What is asked.
    pub fn question(&self) -> &Question {
        match self {
            Search::Whois(search) => search.question(),
            Search::Rdap(search) => search.question(),
        }
    }

    /// The servers asked so far; URLs under RDAP.
    pub fn hops(&self) -> &[String] {
        match self {
            Search::Whois(search) => search.hops(),
            Search::Rdap(search) => search.hops(),
        }
    }

    /// Takes the response to the last query.
    pub fn response(&mut self, policy: &Policy<'_>, response: Response) -> Turn {
        match (self, response) {
            (Search::Whois(search), Response::Whois { bytes, end }) => search.response(policy, bytes, end),
            (Search::Rdap(search), Response::Rdap(reply)) => search.response(policy, reply),
            (Search::Whois(search), Response::Rdap(_)) => search.spared("another protocol's response").into(),
            (Search::Rdap(search), Response::Whois { .. }) => search.spared("another protocol's response").into(),
        }
    }

    /// Ends before the last query was sent: its server is left alone, for this reason.
    pub fn spared(&mut self, why: &str) -> Step {
        match self {
            Search::Whois(search) => search.spared(why),
            Search::Rdap(search) => search.spared(why),
        }
    }
}
