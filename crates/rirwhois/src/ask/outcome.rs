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

/// The lines of the part of a reply that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its first line, from 0.
    pub first: usize,
    /// How many lines it has.
    pub length: usize,
}

/// A record that is worth printing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it came; shared, since a long one must not be there twice.
    pub bytes: Rc<Vec<u8>>,
    /// Who sent it.
    pub origin: Origin,
    /// The part that answers, where another one stands before it.
    pub section: Option<Section>,
    /// What it says.
    pub answer: Answer,
}

impl Found {
    /// Reads the reply of `server`, the last of `hops`, to `question`.
    pub fn of_whois(
        question: &Question,
        server: &Server,
        bytes: &Rc<Vec<u8>>,
        text: &str,
        reply: &Reply<'_>,
        hops: &[String],
        table: &Table,
    ) -> Found {
        let answer = Answer::read(question, server, reply);
        let section = section(text, reply, question);
        Found { bytes: Rc::clone(bytes), origin: Origin::Whois(server.clone()), section, answer }
            .at(question, hops, table)
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

    /// The lines of `text`, which is [`Found::text`], the part that answers first, without blank ones at either end.
    pub fn lines<'t>(&self, text: &'t str) -> Box<dyn Iterator<Item = &'t str> + 't> {
        let Some(Section { first, length }) = self.section.filter(|_| text.len() <= REORDERED) else {
            return Box::new(trimmed(text).lines());
        };
        let mut lines: Vec<&str> = text.lines().collect();
        // Before the first part stands what is said about all.
        let head = lines.iter().position(|l| *l == "# start" || l.starts_with("% Information")).unwrap_or(0);
        if let Some(span) = lines.get_mut(head..first + length) {
            span.rotate_right(length);
            // Blank lines separate the two as before.
            let rest = &mut span[length..];
            let blank = rest.iter().rev().take_while(|l| l.trim().is_empty()).count();
            rest.rotate_right(blank);
        }
        let from = lines.iter().position(|l| !l.trim().is_empty()).unwrap_or(lines.len());
        let to = lines.iter().rposition(|l| !l.trim().is_empty()).map_or(from, |at| at + 1);
        Box::new(lines.into_iter().take(to).skip(from))
    }
}

/// Longest text whose parts change places: the list of its lines takes several times its size.
const REORDERED: usize = 256 * 1024;

/// The text without the blank lines at either end.
fn trimmed(text: &str) -> &str {
    let text = text.trim_end();
    let blank = text.len() - text.trim_start().len();
    // The blanks before the first word belong to its line.
    &text[text[..blank].rfind('\n').map_or(0, |at| at + 1)..]
}

/// The lines of the part that answers, if others stand before it: between
/// `# start` and `# end` at ARIN, from `% Information related` at RIPE.
fn section(text: &str, reply: &Reply<'_>, question: &Question) -> Option<Section> {
    let line = reply.object(reply.answering(question)?)?.line;
    let begins = |l: &str| l == "# start" || l.starts_with("% Information related to");
    let first = text.lines().take(line + 1).enumerate().filter(|(_, l)| begins(l)).last()?.0;
    if !text.lines().take(first).any(begins) {
        return None;
    }
    let ends = |l: &str| begins(l) || l.starts_with("% This query was served");
    let mut lines = text.lines().skip(first);
    let arin = lines.next() == Some("# start");
    let after = || lines.clone();
    let length = match after().position(|l| l == "# end") {
        Some(at) if arin => at + 1,
        _ => after().position(ends).unwrap_or_else(|| after().count()),
    };
    Some(Section { first, length: length + 1 })
}
