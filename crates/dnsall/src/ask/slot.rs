//! A query on its way: its messages, its servers, and where it stands.
use std::time::Instant;

use crate::{
    ask::{
        query::{Path, Query},
        settings::Settings,
        upstream::Upstream,
    },
    wire::{
        edns::Edns,
        message::{Header, Question, Rcode},
    },
};

/// The largest reply that we take by UDP (DNS flag day 2020): it fits every path unfragmented.
const PAYLOAD: u16 = 1232;
/// Where the name of the question starts in a message.
const HEADER: usize = 12;
/// CD in the fourth byte of a message: what the server takes for forged is wanted, too (RFC 4035 section 3.2.2).
const CHECKING_DISABLED: u8 = 0x10;

/// One message of a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) id: u16,
    pub(super) sent: Instant,
    pub(super) server: usize,
    pub(super) path: Path,
}

/// Where a query stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// An answer is waited for, and may well be on its way: the query counts for the window.
    InFlight,
    /// An answer is waited for that is late.
    Late,
    /// The message is to be sent again.
    Queued,
    /// See [`Query::patient`].
    Held,
}

/// A place for a query on its way. Its memory is used again by the next one.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) query: Option<Query>,
    pub(super) server: usize,
    pub(super) path: Path,
    pub(super) state: State,
    /// A bit for each server that was asked.
    pub(super) tried: u64,
    /// The first server that refused, and how.
    pub(super) refusal: Option<(usize, Rcode)>,
    /// Datagrams that count as tries.
    pub(super) tries: u32,
    /// When the wait ends even if there are tries left.
    pub(super) end: Option<Instant>,
    /// Rises with every change: a timer of an older number is void.
    pub(super) serial: u32,
    /// Every message of the query: the answer to an early one may come late.
    pub(super) attempts: Vec<Attempt>,
    pub(super) message: Vec<u8>,
    pub(super) edns: bool,
    pub(super) cookie: bool,
    /// Letters go out in random case, which a forger has to guess.
    pub(super) random_case: bool,
    /// The case of each letter, the same for all messages of the query.
    pub(super) cases: u64,
    /// The answer by datagram was truncated.
    pub(super) truncated: bool,
    /// The connection ended once before it answered.
    pub(super) interrupted: bool,
}

/// Why a message is not the answer to an outstanding query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// It has nothing to do with any.
    Nobody,
    /// It answers the query of this slot but for the case of letters.
    Case(usize),
}

impl Slot {
    /// No query.
    pub(super) fn empty() -> Slot {
        Slot {
            query: None,
            server: 0,
            path: Path::Datagram,
            state: State::Queued,
            tried: 0,
            refusal: None,
            tries: 0,
            end: None,
            serial: 0,
            attempts: Vec::new(),
            message: Vec::new(),
            edns: true,
            cookie: true,
            random_case: false,
            cases: 0,
            truncated: false,
            interrupted: false,
        }
    }

    /// Takes the query out, and leaves the slot as an empty one with its memory.
    pub(super) fn clear(&mut self) -> Option<Query> {
        let query = self.query.take()?;
        let (mut message, mut attempts) = (std::mem::take(&mut self.message), std::mem::take(&mut self.attempts));
        message.clear();
        attempts.clear();
        *self = Slot { serial: self.serial.wrapping_add(1), message, attempts, ..Slot::empty() };
        Some(query)
    }

    /// Makes `server` the one to ask; `of` is what is known of it.
    pub(super) fn assign(&mut self, server: usize, of: &Upstream) {
        self.server = server;
        self.path = if of.endpoint.datagrams { Path::Datagram } else { Path::Connection };
        (self.edns, self.cookie) = (of.edns, of.cookies);
        self.random_case = of.keeps_case && of.endpoint.datagrams;
        self.tries = 0;
    }

    /// Writes the message with this identifier for the server `of`.
    pub(super) fn write(&mut self, id: u16, settings: &Settings, of: &Upstream) {
        let Some(query) = &self.query else { return };
        let last = self.tries + 1 >= settings.tries;
        // The last datagram is in the case as typed: some servers can't keep another.
        self.random_case &= self.path == Path::Datagram && (self.tries == 0 || !last);
        let edns = self.edns.then(|| Edns {
            payload: PAYLOAD,
            dnssec: settings.dnssec || settings.checking,
            cookie: if self.cookie && self.path == Path::Datagram { &of.cookie } else { &[] },
            nsid: settings.nsid,
            subnet: settings.subnet,
            block: if of.endpoint.encrypted { 128 } else { 0 },
        });
        self.message.clear();
        let (name, rtype) = (&query.name, query.rtype);
        let (class, recurse) = (settings.class, settings.recurse);
        Question { id, name, rtype, class, recurse, edns }.write(&mut self.message);
        if settings.checking {
            self.message[3] |= CHECKING_DISABLED;
        }
        if self.random_case {
            let name = &mut self.message[HEADER..HEADER + name.wire().len()];
            let mut cases = self.cases;
            for byte in name {
                *byte ^= u8::from(byte.is_ascii_alphabetic()) << 5 & (cases as u8) << 5;
                cases = cases.rotate_right(1);
            }
        }
    }

    /// Does `msg` from `server` answer this slot, which is number `at`? Then the number of the message that did it.
    pub(super) fn is_answered_by(&self, at: usize, server: usize, path: Path, msg: &[u8]) -> Result<usize, Mismatch> {
        self.answered_by(server, path, msg)
            .map_or(Err(Mismatch::Nobody), |(attempt, exact)| if exact { Ok(attempt) } else { Err(Mismatch::Case(at)) })
    }

    /// The number of the message that `msg` answers, and whether the letters are in the case that was sent.
    fn answered_by(&self, server: usize, path: Path, msg: &[u8]) -> Option<(usize, bool)> {
        let header = Header::read(msg)?;
        let query = self.query.as_ref()?;
        let sent_so = |a: &Attempt| a.id == header.id && a.server == server && a.path == path;
        let attempt = self.attempts.iter().position(sent_so)?;
        let rcode = Rcode(header.bits & 15);
        match (msg[4], msg[5]) {
            // Old servers send these as a header alone.
            (0, 0) if [Rcode::FORMERR, Rcode::NOTIMP].contains(&rcode) => return Some((attempt, true)),
            (0, 1) => {}
            _ => return None,
        }
        let name_end = HEADER + query.name.wire().len();
        let (asked, came) = (self.message.get(HEADER..name_end)?, msg.get(HEADER..name_end)?);
        // Type and class: bytes that may look like letters, but are none.
        let rest = name_end..name_end + 4;
        if self.message.get(rest.clone())? != msg.get(rest)? {
            return None;
        }
        if asked == came {
            return Some((attempt, true));
        }
        let same = asked.eq_ignore_ascii_case(came);
        same.then_some((attempt, !self.random_case || path == Path::Connection))
    }
}
