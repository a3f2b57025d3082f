//! A query: one question of one name, and what becomes of it.
use crate::{
    ask::failure::Reason,
    wire::{message::Reply, name::Name, types::Type},
};

/// One question of one name.
#[derive(Clone, Debug)]
pub struct Query {
    /// The number of the input it belongs to.
    pub input: u64,
    /// Which lookup of the input it belongs to: `Lookup::serial`.
    pub lookup: u32,
    /// The name.
    pub name: Name,
    /// The type.
    pub rtype: Type,
    /// It is sent again only after the server has answered another question of
    /// its name: until then the first questions are repeated and not all ninety.
    pub patient: bool,
}

/// What the answers to other questions of the same name say about a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// None was answered yet.
    Unheard,
    /// Some were answered.
    Heard,
    /// They were, and they say enough about the name: this query is not worth another datagram.
    Settled,
}

/// The way of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// A datagram.
    Datagram,
    /// The connection to the server.
    Connection,
}

/// A message to be sent: that of [`crate::ask::outstanding::Outstanding::message`] for this slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Send {
    /// The number of the server.
    pub server: usize,
    /// Where the message is.
    pub slot: usize,
    /// How it goes out.
    pub path: Path,
}

/// A query and its answer.
#[derive(Debug)]
pub struct Answered<'m> {
    /// The query that was answered.
    pub query: Query,
    /// The number of the server that answered.
    pub server: usize,
    /// What the server answered.
    pub reply: Reply<'m>,
}

/// A query that has ended without an answer.
#[derive(Debug)]
pub struct Failed {
    /// The query.
    pub query: Query,
    /// The number of the server that was asked last.
    pub server: usize,
    /// What happened; nothing where the answer is not wanted any more.
    pub reason: Option<Reason>,
}
