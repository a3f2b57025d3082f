//! What a search does next.
use std::time::Duration;

use crate::{ask::outcome::Outcome, ask::query::Query};

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this.
    Ask(Query),
    /// Send this again after a while, or end so where there is no time for that.
    Again {
        /// What to send.
        query: Query,
        /// How long the server wants to be left alone.
        after: Duration,
        /// The end otherwise.
        or: Box<Outcome>,
    },
    /// It is over.
    Done(Box<Outcome>),
}

/// What follows a response.
#[derive(Debug, PartialEq, Eq)]
pub struct Turn {
    /// What to do next.
    pub step: Step,
    /// The words of a server that wants to be asked no more.
    pub denied: Option<String>,
}

impl From<Step> for Turn {
    fn from(step: Step) -> Turn {
        Turn { step, denied: None }
    }
}
