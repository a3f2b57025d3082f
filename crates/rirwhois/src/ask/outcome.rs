//! What became of a question.
use std::{borrow::Cow, rc::Rc, time::Duration};

use crate::{
    ask::question::Question, ask::servers::Server, read::answer::Answer, read::charset, read::held::Held, read::rdap,
    read::reply::Reply, table::lookup::Table,
};

/// How a question ended. The texts are the servers' words and may hold anything: whoever
/// writes them escapes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Answered.
    Answered,
    /// There is no record, for this reason.
    NoRecord(String),
    /// The network or a registry failed.
    Failed(String),
    /// This machine failed.
    Local(String),
}

impl Conclusion {
    /// Why there is no answer.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Conclusion::Answered => None,
            Conclusion::NoRecord(why) | Conclusion::Failed(why) | Conclusion::Local(why) => Some(why),
        }
    }
}

/// The end of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub conclusion: Conclusion,
    /// The record, or the part of one that came before a failure.
    pub found: Option<Found>,
    /// What standard error should hear: referrals refused, and the like. Foreign words are in them.
    pub notes: Vec<String>,
    /// Servers asked, in order; URLs under RDAP.
    pub hops: Vec<String>,
    /// The answer holds for other inputs in its range.
    pub shareable: bool,
    /// An earlier run asked.
    pub cached: bool,
    /// How long the servers took.
    pub took: Duration,
    /// The server that failed, where it does so for every question: it denies, limits, or can't be reached.
    pub blamed: Option<String>,
}

impl Outcome {
    /// An outcome without a record.
    pub fn without(conclusion: Conclusion, hops: Vec<String>) -> Outcome {
        Outcome {
            conclusion,
            found: None,
            notes: Vec::new(),
            hops,
            shareable: false,
            cached: false,
            took: Duration::ZERO,
            blamed: None,
        }
    }
}

/// Who sent a record, and by which protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This server by port 43; without its registry where it only mirrors the record.
    Whois(Server),
    /// The server of this URL by RDAP.
    Rdap(String),
    /// Nobody: it is the table's row.
    Table,
}

/// A record that is worth printing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it came; shared, since a long one must not be there twice.
    pub bytes: Rc<Vec<u8>>,
    /// Who sent it.
    pub origin: Origin,
    /// What it says.
    pub answer: Answer,
}

impl Found {
    /// Reads the reply of `server`, the last of `hops`, to `question`.
    pub fn of_whois(
        question: &Question,
        server: &Server,
        bytes: &Rc<Vec<u8>>,
        reply: &Reply<'_>,
        hops: &[String],
        table: &Table,
    ) -> Found {
        let answer = Answer::read(question, server, reply);
        Found { bytes: Rc::clone(bytes), origin: Origin::Whois(server.clone()), answer }.at(question, hops, table)
    }

    /// Adds what the reply itself does not tell.
    pub fn at(mut self, question: &Question, hops: &[String], table: &Table) -> Found {
        let listed = table.assigned(question).filter(|r| r.is_regional());
        self.answer.transferred = listed.zip(self.answer.registry).map(|(listed, now)| listed != now);
        self.answer.hops = hops.to_vec();
        self
    }

    /// Decoded.
    pub fn text(&self) -> Cow<'_, str> {
        match self.origin {
            Origin::Whois(_) => charset::text(&self.bytes),
            Origin::Rdap(_) | Origin::Table => rdap::text(&self.bytes),
        }
    }

    /// What it lists, where it is a listing.
    pub fn holdings(&self) -> Held {
        let text = self.text();
        match self.origin {
            Origin::Whois(_) => Held::read(&Reply::parse(&text)),
            Origin::Rdap(_) => rdap::Object::parse(&text).map(|object| object.holdings()).unwrap_or_default(),
            Origin::Table => Held::default(),
        }
    }
}

/// The text without the blank lines at either end.
pub fn trimmed(text: &str) -> &str {
    let text = text.trim_end();
    let blank = text.len() - text.trim_start().len();
    // The blanks before the first word belong to its line.
    &text[text[..blank].rfind('\n').map_or(0, |at| at + 1)..]
}
