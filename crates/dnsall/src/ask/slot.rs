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
    /// A bit for each server that it was given to.
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
    /// The answer of the server by datagram was truncated.
    pub(super) truncated: bool,
    /// A connection to the server ended once without an answer to any query.
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
        (self.tries, self.truncated, self.interrupted) = (0, false, false);
        self.tried |= 1 << server;
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
            self.message[3] = CHECKING_DISABLED;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ask::{random::Random, settings::Endpoint, simulation::settings},
        wire::{name::Name, types::Type},
    };

    const DATAGRAMS: Endpoint = Endpoint { datagrams: true, encrypted: false };
    const ENCRYPTED: Endpoint = Endpoint { datagrams: false, encrypted: true };

    fn upstream(endpoint: Endpoint) -> Upstream {
        Upstream::new(endpoint, 10, &settings(), &mut Random::default())
    }

    /// A slot for the A record of `name`, to be asked of server 0.
    fn slot(name: &str, of: &Upstream) -> Slot {
        let name = Name::parse(name).unwrap();
        let mut slot = Slot::empty();
        slot.query = Some(Query { input: 0, lookup: 0, name, rtype: Type::A, patient: false });
        slot.assign(0, of);
        slot
    }

    /// The name as the message has it, length bytes included.
    fn asked(slot: &Slot) -> String {
        let end = HEADER + slot.query.as_ref().unwrap().name.wire().len();
        String::from_utf8(slot.message[HEADER..end].to_vec()).unwrap()
    }

    #[test]
    fn each_bit_is_the_case_of_a_letter() {
        let of = upstream(DATAGRAMS);
        let long = format!("{}.{}", "a".repeat(62), "b".repeat(9));
        for (name, cases, wanted) in [
            ("www.a1-b", 0, "\x03www\x04a1-b\0".to_owned()),
            ("www.a1-b", u64::MAX, "\x03WWW\x04A1-B\0".to_owned()),
            ("WwW.a1-b", u64::MAX, "\x03wWw\x04A1-B\0".to_owned()),
            ("www.a1-b", 0b1_0000_0110, "\x03WWw\x04a1-B\0".to_owned()),
            // The bits are used again from the 65th byte on.
            (&long, 0b10, format!("\x3eA{}\x09bB{}\0", "a".repeat(61), "b".repeat(7))),
        ] {
            let mut slot = slot(name, &of);
            slot.cases = cases;
            slot.write(7, &settings(), &of);
            assert_eq!(asked(&slot), wanted, "{name} {cases:b}");
        }
    }

    #[test]
    fn the_last_datagram_is_as_typed_unless_it_is_the_only_one() {
        for (tries, datagram, endpoint, random_case) in [
            (4, 0, DATAGRAMS, true),
            (4, 2, DATAGRAMS, true),
            (4, 3, DATAGRAMS, false),
            (4, 4, DATAGRAMS, false),
            (1, 0, DATAGRAMS, true),
            (4, 0, ENCRYPTED, false),
        ] {
            let (of, settings) = (upstream(endpoint), Settings { tries, ..settings() });
            let mut slot = slot("www.example", &of);
            (slot.cases, slot.tries) = (u64::MAX, datagram);
            slot.write(7, &settings, &of);
            let wanted = if random_case { "\x03WWW\x07EXAMPLE\0" } else { "\x03www\x07example\0" };
            assert_eq!(asked(&slot), wanted, "{tries} {datagram}");
        }
        // A server that does not keep letters is not sent any; nor is one asked over its connection.
        let mut of = upstream(DATAGRAMS);
        of.keeps_case = false;
        assert!(!slot("www.example", &of).random_case);
        of.keeps_case = true;
        let mut slot = slot("www.example", &of);
        assert!(slot.random_case);
        (slot.path, slot.cases) = (Path::Connection, u64::MAX);
        slot.write(7, &settings(), &of);
        assert_eq!(asked(&slot), "\x03www\x07example\0");
    }

    #[test]
    fn a_question_carries_what_the_settings_say() {
        let written = |settings: Settings, of: &Upstream, change: fn(&mut Slot)| {
            let mut slot = slot("a", of);
            change(&mut slot);
            slot.write(0x0102, &settings, of);
            slot.message
        };
        let plain = |settings| written(settings, &upstream(DATAGRAMS), |slot| slot.cookie = false);
        // Header, question and an OPT record (RFC 6891 section 6.1.2) of 1232 bytes without options.
        let want = b"\x01\x02\x01\0\0\x01\0\0\0\0\0\x01\x01a\0\0\x01\0\x01\0\0\x29\x04\xd0\0\0\0\0\0\0";
        assert_eq!(plain(settings()), want);
        let no_edns = written(settings(), &upstream(DATAGRAMS), |slot| slot.edns = false);
        assert_eq!(no_edns[12..], want[12..19]);
        // CD is the bit 0x10 of the fourth byte, DO the highest one of the OPT record's flags.
        for (dnssec, checking, cd, is_do) in [(false, false, 0, 0), (true, false, 0, 0x80), (false, true, 0x10, 0x80)] {
            let message = plain(Settings { dnssec, checking, ..settings() });
            assert_eq!((message[3], message[26]), (cd, is_do), "{dnssec} {checking}");
        }
        // A cookie of eight bytes goes by datagram alone, padding over an encrypted connection alone.
        let of = upstream(DATAGRAMS);
        let cookie = written(settings(), &of, |_| ());
        assert_eq!(cookie[want.len()..], [&[0, 10, 0, 8], &of.cookie[..]].concat());
        assert_eq!(written(settings(), &of, |slot| slot.path = Path::Connection), want);
        let of = upstream(ENCRYPTED);
        assert_eq!(written(settings(), &of, |_| ()).len(), 128);
    }

    #[test]
    fn what_answers_a_query() {
        let of = upstream(DATAGRAMS);
        let mut slot = slot("ab.example", &of);
        let now = Instant::now();
        for (id, server, path) in [(5, 0, Path::Datagram), (6, 0, Path::Datagram), (6, 1, Path::Connection)] {
            slot.attempts.push(Attempt { id, sent: now, server, path });
        }
        slot.write(6, &Settings { edns: false, ..settings() }, &of);
        let mut good = slot.message[..HEADER + 12 + 4].to_vec();
        (good[2], good[11]) = (0x80, 0);
        let with = |changes: &[(usize, u8)]| {
            let mut msg = good.clone();
            changes.iter().for_each(|(at, byte)| msg[*at] = *byte);
            msg
        };
        let nobody = Err(Mismatch::Nobody);
        let datagram = Path::Datagram;
        let name_end = HEADER + 12;
        for (msg, server, path, wanted) in [
            (with(&[]), 0, datagram, Ok(1)),
            (with(&[(1, 5)]), 0, datagram, Ok(0)),
            (with(&[]), 1, Path::Connection, Ok(2)),
            // Another identifier, server or way.
            (with(&[(1, 7)]), 0, datagram, nobody),
            (with(&[]), 1, datagram, nobody),
            (with(&[]), 2, datagram, nobody),
            (with(&[]), 0, Path::Connection, nobody),
            // Another type, class or name; two questions; cut short.
            (with(&[(name_end + 1, 2)]), 0, datagram, nobody),
            (with(&[(name_end + 3, 3)]), 0, datagram, nobody),
            (with(&[(HEADER + 1, b'x')]), 0, datagram, nobody),
            (with(&[(5, 2)]), 0, datagram, nobody),
            (with(&[(4, 1)]), 0, datagram, nobody),
            (good[..name_end + 3].to_vec(), 0, datagram, nobody),
            (good[..HEADER - 1].to_vec(), 0, datagram, nobody),
            // FORMERR (1) and NOTIMP (4) may come without the question, SERVFAIL (2) may not.
            (with(&[(3, 1), (5, 0)])[..HEADER].to_vec(), 0, datagram, Ok(1)),
            (with(&[(3, 0x84), (5, 0)])[..HEADER].to_vec(), 0, datagram, Ok(1)),
            (with(&[(3, 2), (5, 0)])[..HEADER].to_vec(), 0, datagram, nobody),
            // Letters in another case than they were sent: a forger's, or no matter over a connection.
            (with(&[(HEADER + 1, good[HEADER + 1] ^ 0x20)]), 0, datagram, Err(Mismatch::Case(9))),
            (with(&[(HEADER + 1, good[HEADER + 1] ^ 0x20)]), 1, Path::Connection, Ok(2)),
        ] {
            assert_eq!(slot.is_answered_by(9, server, path, &msg), wanted, "{msg:?} {server} {path:?}");
        }
        slot.random_case = false;
        assert_eq!(slot.is_answered_by(9, 0, datagram, &with(&[(HEADER + 1, good[HEADER + 1] ^ 0x20)])), Ok(1));
        // The type is no text: 0x41 is not 0x61.
        slot.query.as_mut().unwrap().rtype = Type(0x41);
        slot.write(6, &Settings { edns: false, ..settings() }, &of);
        assert_eq!(slot.is_answered_by(9, 0, datagram, &with(&[(name_end + 1, 0x61)])), nobody);
        assert_eq!(slot.is_answered_by(9, 0, datagram, &with(&[(name_end + 1, 0x41)])), Ok(1));
    }

    #[test]
    fn a_cleared_slot_is_an_empty_one_of_another_number() {
        let of = upstream(DATAGRAMS);
        let mut slot = slot("a.example", &of);
        (slot.tries, slot.tried, slot.serial, slot.truncated) = (3, 1, 7, true);
        slot.attempts.push(Attempt { id: 1, sent: Instant::now(), server: 0, path: Path::Datagram });
        slot.write(7, &settings(), &of);
        assert_eq!(slot.clear().unwrap().name.to_string(), "a.example.");
        assert_eq!((slot.tries, slot.tried, slot.serial, slot.truncated), (0, 0, 8, false));
        assert!(slot.query.is_none() && slot.attempts.is_empty() && slot.message.is_empty());
        assert!(slot.message.capacity() > 0 && slot.attempts.capacity() > 0);
        assert!(slot.clear().is_none());
        assert_eq!(slot.serial, 8);
    }
}
