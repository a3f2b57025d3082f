//! Outstanding queries: their identifiers, datagrams, retransmissions and
//! servers. Time and messages come in; what to send and what was answered goes
//! out, so that a test can lose, delay and forge at will.
use std::{
    collections::VecDeque,
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    ask::{
        congestion::Congestion,
        failure::{Ignored, Reason},
        random::Random,
        settings::{Endpoint, Settings},
        statistics::Statistics,
    },
    wire::{
        edns::Edns,
        message::{self, Header, Question, Rcode, Reply},
        name::Name,
        types::Type,
    },
};

/// The largest reply that we take by UDP (DNS flag day 2020): it fits every path unfragmented.
const PAYLOAD: u16 = 1232;
/// Where the name of the question starts in a message.
const HEADER: usize = 12;
/// Marks an identifier that no query has; slot numbers stay below it because --window is at most 10,000.
const UNUSED: u16 = u16::MAX;
/// The most datagrams for a type where the server has answered other types of
/// the same name; how long all of them are waited for says [`Congestion::longest_wait`].
const SILENT_TRIES: u32 = 3;
/// The most unanswered queries for each one of the window: those that nobody
/// has answered in a usual time are waited for, and make room for others.
const UNANSWERED: usize = 4;
/// Bits of the set of servers that were tried.
const MOST_SERVERS: usize = 64;

/// One question of one name.
#[derive(Clone, Debug)]
pub struct Query {
    /// The number of the input it belongs to.
    pub input: u64,
    /// The name.
    pub name: Rc<Name>,
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

/// A message to be sent: that of [`Outstanding::message`] for this slot.
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
    /// The query.
    pub query: Query,
    /// The number of the server.
    pub server: usize,
    /// Its answer.
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

/// What is known of a server.
#[derive(Debug)]
struct Server {
    endpoint: Endpoint,
    congestion: Congestion,
    /// Queries that wait for its answer.
    outstanding: usize,
    /// Slots whose message is to be sent again, with their serial numbers.
    again: VecDeque<(usize, u32)>,
    /// Our cookie for it, 8 bytes, and behind it its own for us.
    cookie: Vec<u8>,
    edns: bool,
    cookies: bool,
    /// It repeats the question in the case of the letters that was sent.
    keeps_case: bool,
    heard: bool,
    unreachable: Option<String>,
    ignored: Ignored,
}

/// One message of a query.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    id: u16,
    sent: Instant,
    server: usize,
    path: Path,
}

/// A query on its way.
#[derive(Debug)]
struct Slot {
    query: Option<Query>,
    server: usize,
    path: Path,
    state: State,
    /// A bit for each server that was asked.
    tried: u64,
    /// The first server that refused, and how.
    refusal: Option<(usize, Rcode)>,
    /// Datagrams that count as tries.
    tries: u32,
    /// When the wait ends even if there are tries left.
    end: Option<Instant>,
    /// Rises with every change: a timer of an older number is void.
    serial: u32,
    /// Every message of the query: the answer to an early one may come late.
    attempts: Vec<Attempt>,
    message: Vec<u8>,
    edns: bool,
    cookie: bool,
    /// Letters go out in random case, which a forger has to guess.
    random_case: bool,
    /// The case of each letter, the same for all messages of the query.
    cases: [u8; 32],
    /// The answer by datagram was truncated.
    truncated: bool,
    /// The connection ended once before it answered.
    interrupted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// An answer is waited for, and may well be on its way: the query counts for the window.
    InFlight,
    /// An answer is waited for that is late.
    Late,
    /// The message is to be sent again.
    Queued,
    /// See [`Query::patient`].
    Held,
}

/// Queues of timers behind those of the tries: queries over connections, waits
/// that end before their time-out, and queries that were held.
const OTHER_TIMERS: usize = 3;

/// A time at which something is due for a slot, unless its serial number has changed.
#[derive(Clone, Copy, Debug)]
struct Timer {
    at: Instant,
    slot: usize,
    serial: u32,
}

/// All queries that have no answer yet.
#[derive(Debug)]
pub struct Outstanding {
    settings: Settings,
    servers: Vec<Server>,
    /// The server to ask first.
    preferred: usize,
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// The slot of each identifier, or [`UNUSED`]. Two bytes each, so that the table stays in a cache.
    ids: Vec<u16>,
    queue: VecDeque<Query>,
    /// Retransmission timers, a queue for each number of tries: within one the
    /// time-outs are nearly equal, so that it is sorted or nearly so.
    timers: Vec<VecDeque<Timer>>,
    /// When a query that is sent again is late.
    late: VecDeque<Timer>,
    held: usize,
    random: Random,
    /// What happened so far.
    pub statistics: Statistics,
}

impl Outstanding {
    /// No queries yet; `endpoints` are the servers in the order to try them, at most 64.
    pub fn new(settings: Settings, endpoints: &[Endpoint]) -> Outstanding {
        let mut random = Random::default();
        let endpoints = &endpoints[..endpoints.len().min(MOST_SERVERS)];
        let share = if settings.spread { settings.window.div_ceil(endpoints.len().max(1)) } else { settings.window };
        let server = |endpoint: &Endpoint| Server {
            endpoint: *endpoint,
            congestion: Congestion::new(share, settings.interval),
            outstanding: 0,
            again: VecDeque::new(),
            cookie: random.bytes::<8>().to_vec(),
            edns: settings.edns,
            cookies: settings.cookie,
            keeps_case: true,
            heard: false,
            unreachable: None,
            ignored: Ignored::default(),
        };
        let servers = endpoints.iter().map(server).collect();
        let timers = (0..settings.tries.clamp(1, 100) as usize + OTHER_TIMERS).map(|_| VecDeque::new()).collect();
        Outstanding {
            settings,
            servers,
            preferred: 0,
            slots: Vec::new(),
            free: Vec::new(),
            ids: vec![UNUSED; 1 << 16],
            queue: VecDeque::new(),
            timers,
            late: VecDeque::new(),
            held: 0,
            random,
            statistics: Statistics::default(),
        }
    }

    /// Adds a query.
    pub fn ask(&mut self, query: Query) {
        self.statistics.questions += 1;
        self.queue.push_back(query);
    }

    /// Queries without an answer, sent or not.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len() + self.queue.len()
    }

    /// Is every query answered?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Is there room for the first question of another name?
    pub fn has_room(&self) -> bool {
        let again: usize = self.servers.iter().map(|s| s.again.len()).sum();
        let window = self.settings.window;
        self.in_flight() + again + self.queue.len() < window && self.len() < UNANSWERED * window
    }

    /// Queries whose answer may well be on its way.
    pub fn in_flight(&self) -> usize {
        self.servers.iter().map(|s| s.outstanding).sum()
    }

    /// Was this server ever heard?
    pub fn heard(&self, server: usize) -> bool {
        self.servers.get(server).is_some_and(|s| s.heard)
    }

    /// Do questions to this server carry an OPT record?
    pub fn uses_edns(&self, server: usize) -> bool {
        self.servers.get(server).is_some_and(|s| s.edns && s.endpoint.datagrams)
    }

    /// The smoothed round trip to the preferred server, once one was measured.
    pub fn smoothed_rtt(&self) -> Option<Duration> {
        self.servers.get(self.preferred)?.congestion.smoothed_rtt()
    }

    /// The message of a slot.
    pub fn message(&self, slot: usize) -> &[u8] {
        self.slots.get(slot).map_or(&[], |s| &s.message)
    }

    /// The next message to send, if there is one that may be sent now.
    pub fn next(&mut self, now: Instant) -> Option<Send> {
        for at in 0..self.servers.len() {
            let server = &mut self.servers[at];
            if server.congestion.room(server.outstanding, now) == 0 {
                continue;
            }
            while let Some((slot, serial)) = server.again.pop_front() {
                if self.slots[slot].serial == serial && self.slots[slot].query.is_some() {
                    self.statistics.again += 1;
                    return Some(self.send(slot, now));
                }
            }
        }
        if self.queue.is_empty() || !self.has_slot() {
            return None;
        }
        let server = self.choose(now)?;
        let query = self.queue.pop_front()?;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::empty());
            self.slots.len() - 1
        });
        self.slots[slot].query = Some(query);
        self.slots[slot].cases = self.random.bytes();
        self.assign(slot, server);
        Some(self.send(slot, now))
    }

    /// May another query be sent, as far as the memory of unanswered ones goes?
    fn has_slot(&self) -> bool {
        self.slots.len() - self.free.len() < UNANSWERED * self.settings.window
    }

    /// The server for a new query: the first one that can be reached, or of all
    /// of them the one with the most room.
    fn choose(&mut self, now: Instant) -> Option<usize> {
        let room = |s: &Server| s.congestion.room(s.outstanding + s.again.len(), now);
        if self.settings.spread {
            let reachable = self.servers.iter().enumerate().filter(|(_, s)| s.unreachable.is_none());
            return reachable
                .map(|(at, s)| (room(s), at))
                .filter(|(room, _)| *room > 0)
                .max_by_key(|(room, at)| {
                    // Among equals the first.
                    (*room, usize::MAX - at)
                })
                .map(|(_, at)| at);
        }
        let at = self.reachable(self.preferred, 0)?;
        self.preferred = at;
        (room(&self.servers[at]) > 0).then_some(at)
    }

    /// Makes `server` the one to ask for a slot.
    fn assign(&mut self, slot: usize, server: usize) {
        let of = &self.servers[server];
        let slot = &mut self.slots[slot];
        slot.server = server;
        slot.path = if of.endpoint.datagrams { Path::Datagram } else { Path::Connection };
        (slot.edns, slot.cookie) = (of.edns, of.cookies);
        slot.random_case = of.keeps_case && of.endpoint.datagrams;
        slot.tries = 0;
    }

    /// Writes the message of slot `at` and starts its timer.
    fn send(&mut self, at: usize, now: Instant) -> Send {
        let id = loop {
            let id = u16::from_ne_bytes(self.random.bytes());
            if self.ids[usize::from(id)] == UNUSED {
                break id;
            }
        };
        self.ids[usize::from(id)] = u16::try_from(at).unwrap_or(UNUSED);
        let slot = &mut self.slots[at];
        let server = &mut self.servers[slot.server];
        let Some(query) = &slot.query else { return Send { server: slot.server, slot: at, path: slot.path } };
        self.statistics.sent += 1;
        server.outstanding += 1;
        server.congestion.sent(now);
        slot.state = State::InFlight;
        slot.serial = slot.serial.wrapping_add(1);
        slot.attempts.push(Attempt { id, sent: now, server: slot.server, path: slot.path });
        slot.tried |= 1 << slot.server;
        let last = slot.tries + 1 >= self.settings.tries;
        // The last datagram is in the case as typed: some servers can't keep another.
        let random_case = slot.random_case && slot.path == Path::Datagram && (slot.tries == 0 || !last);
        slot.random_case = random_case;
        let edns = slot.edns.then(|| Edns {
            payload: PAYLOAD,
            dnssec: self.settings.dnssec,
            cookie: if slot.cookie && slot.path == Path::Datagram { &server.cookie } else { &[] },
            nsid: self.settings.nsid,
            subnet: self.settings.subnet,
            block: if server.endpoint.encrypted { 128 } else { 0 },
        });
        slot.message.clear();
        let (name, rtype) = (&*query.name, query.rtype);
        let (class, recurse) = (self.settings.class, self.settings.recurse);
        Question { id, name, rtype, class, recurse, edns }.write(&mut slot.message);
        if random_case {
            let name = &mut slot.message[HEADER..HEADER + name.wire().len()];
            for (i, byte) in name.iter_mut().enumerate().filter(|(_, b)| b.is_ascii_alphabetic()) {
                *byte ^= (slot.cases[i / 8 % 32] >> (i % 8) & 1) << 5;
            }
        }
        let wait = match slot.path {
            Path::Connection => self.settings.lifetime(),
            Path::Datagram if last && query.patient => self.settings.timeout.min(server.congestion.longest_wait()),
            Path::Datagram if last => self.settings.timeout,
            Path::Datagram => {
                let wait = server.congestion.retransmission_timeout(slot.tries).min(self.settings.timeout);
                if query.patient { wait.min(server.congestion.longest_wait()) } else { wait }
            }
        };
        let (by_connection, by_end) = (self.timers.len() - 1, self.timers.len() - 2);
        let (level, end) = match (slot.path, slot.end) {
            (Path::Connection, _) => (by_connection, now + wait),
            (_, Some(end)) if end < now + wait => {
                // Questions of many names may have waited for their turn: the answer has its time nevertheless.
                let least = now + server.congestion.retransmission_timeout(0).min(wait);
                (by_end, if self.settings.lone { end } else { end.max(least) })
            }
            _ => ((slot.tries as usize).min(self.timers.len() - OTHER_TIMERS - 1), now + wait),
        };
        let late = now + server.congestion.retransmission_timeout(0);
        if slot.path == Path::Datagram && late < end {
            self.late.push_back(Timer { at: late, slot: at, serial: slot.serial });
        }
        slot.tries += 1;
        self.timers[level].push_back(Timer { at: end, slot: at, serial: slot.serial });
        Send { server: slot.server, slot: at, path: slot.path }
    }

    /// The first server from `from` on that can be reached and is not in the set `but`.
    fn reachable(&self, from: usize, but: u64) -> Option<usize> {
        let n = self.servers.len();
        (from..from + n).map(|i| i % n).find(|&i| self.servers[i].unreachable.is_none() && but >> i & 1 == 0)
    }

    /// Reads a message from `server`. What answers no outstanding query is
    /// ignored, and the wait goes on.
    pub fn receive<'m>(&mut self, now: Instant, server: usize, path: Path, msg: &'m mut [u8]) -> Option<Answered<'m>> {
        let (at, attempt) = match self.whose(server, path, msg) {
            Ok(found) => found,
            Err(Mismatch::Nobody) => {
                self.ignore(server, Ignored::unrelated);
                return None;
            }
            Err(Mismatch::Case(at)) => {
                // A forger, or a server that changes letters (a proxy that lower-cases them, RFC 4343):
                // the question goes out once more as typed, at once.
                self.ignore(server, Ignored::case);
                self.servers[server].keeps_case = false;
                self.slots[at].random_case = false;
                self.requeue(at);
                return None;
            }
        };
        if let Some(query) = &self.slots[at].query {
            message::restore_case(msg, &query.name);
        }
        let msg = &*msg;
        let reply = Reply::read(msg)?;
        if path == Path::Datagram
            && let Some(cookie) = reply.cookie()
        {
            let known = &mut self.servers[server];
            if !known.cookie.starts_with(&cookie[..8]) {
                // RFC 7873 section 5.3: a reply with another client's cookie is discarded. Some home
                // routers answer everybody with the same one: without a cookie they can be asked.
                if self.slots[at].cookie {
                    self.ignore(server, Ignored::cookie);
                    self.servers[server].cookies = false;
                    self.slots[at].cookie = false;
                    self.requeue(at);
                    return None;
                }
            } else if known.cookie != cookie {
                known.cookie.clear();
                known.cookie.extend_from_slice(cookie);
            }
        }
        self.hear(now, server, at, attempt);
        let slot = &mut self.slots[at];
        match reply.rcode {
            // Each of these happens once: without EDNS there are no cookies and no version.
            Rcode::FORMERR | Rcode::NOTIMP | Rcode::BADVERS if slot.edns => {
                slot.edns = false;
                self.requeue(at);
                return None;
            }
            Rcode::BADCOOKIE if slot.edns && slot.tries < self.settings.tries => {
                self.requeue(at);
                return None;
            }
            Rcode::NOERROR | Rcode::NXDOMAIN => {
                if !slot.edns {
                    self.servers[server].edns = false;
                }
            }
            Rcode::FORMERR | Rcode::NOTIMP => {}
            _ => {
                slot.refusal.get_or_insert((server, reply.rcode));
                let (from, tried) = (slot.server + 1, slot.tried);
                if let Some(other) = self.reachable(from, tried) {
                    self.withdraw(at);
                    self.assign(at, other);
                    self.requeue(at);
                    return None;
                }
            }
        }
        if reply.header.truncated() && path == Path::Datagram {
            self.statistics.truncated += 1;
            self.withdraw(at);
            let slot = &mut self.slots[at];
            (slot.server, slot.path, slot.truncated) = (server, Path::Connection, true);
            self.requeue(at);
            return None;
        }
        let query = self.release(at)?;
        Some(Answered { query, server, reply })
    }

    fn ignore(&mut self, server: usize, count: fn(&mut Ignored) -> &mut u32) {
        self.statistics.ignored += 1;
        if let Some(server) = self.servers.get_mut(server) {
            *count(&mut server.ignored) += 1;
        }
    }

    /// The slot that `msg` answers, and the number of the message that did it.
    fn whose(&self, server: usize, path: Path, msg: &[u8]) -> Result<(usize, usize), Mismatch> {
        let find = || {
            let header = Header::read(msg).filter(|h| h.is_reply() && h.opcode() == 0)?;
            let at = usize::from(*self.ids.get(usize::from(header.id))?);
            let slot = self.slots.get(at)?;
            let query = slot.query.as_ref()?;
            let sent_so = |a: &Attempt| a.id == header.id && a.server == server && a.path == path;
            let attempt = slot.attempts.iter().position(sent_so)?;
            let rcode = Rcode(header.bits & 15);
            match (msg[4], msg[5]) {
                // Old servers send these as a header alone.
                (0, 0) if [Rcode::FORMERR, Rcode::NOTIMP].contains(&rcode) => return Some(Ok((at, attempt))),
                (0, 1) => {}
                _ => return None,
            }
            let name_end = HEADER + query.name.wire().len();
            let (asked, came) = (slot.message.get(HEADER..name_end)?, msg.get(HEADER..name_end)?);
            // Type and class: bytes that may look like letters, but are none.
            let rest = name_end..name_end + 4;
            if slot.message.get(rest.clone())? != msg.get(rest)? || !asked.eq_ignore_ascii_case(came) {
                return None;
            }
            let exact = asked == came || !slot.random_case || path == Path::Connection;
            Some(if exact { Ok((at, attempt)) } else { Err(Mismatch::Case(at)) })
        };
        find().unwrap_or(Err(Mismatch::Nobody))
    }

    /// `server` answered the message `attempt` of slot `at`.
    fn hear(&mut self, now: Instant, server: usize, at: usize, attempt: usize) {
        self.statistics.replies += 1;
        let (attempts, of) = (&self.slots[at].attempts, &mut self.servers[server]);
        let sent = attempts[attempt].sent;
        self.statistics.round_trips.add(now.saturating_duration_since(sent));
        let earlier = attempts[..attempt].iter().filter(|a| a.server == server).map(|a| a.sent);
        of.congestion.answered(now, attempt, sent, earlier);
        if !of.heard || attempt > 0 {
            self.preferred = if self.settings.spread { self.preferred } else { server };
        }
        of.heard = true;
    }

    /// Queries of `input` that were held may be sent again, now that the server
    /// was heard, and once its round trip is known to be over.
    pub fn resume(&mut self, input: u64) {
        if self.held == 0 {
            return;
        }
        let level = self.timers.len() - 3;
        for at in 0..self.slots.len() {
            let slot = &mut self.slots[at];
            let (Some(query), Some(first), Some(last)) = (&slot.query, slot.attempts.first(), slot.attempts.last())
            else {
                continue;
            };
            if slot.state == State::Held && query.input == input {
                let due = last.sent + self.servers[slot.server].congestion.retransmission_timeout(0);
                self.held -= 1;
                slot.state = State::Late;
                slot.serial = slot.serial.wrapping_add(1);
                slot.end = Some(first.sent + self.servers[slot.server].congestion.longest_wait());
                self.timers[level].push_back(Timer { at: due, slot: at, serial: slot.serial });
            }
        }
    }

    /// Drops the queries of `input` that were not sent yet, but for the types in `keep`.
    /// What was sent may still be answered.
    pub fn drop_unsent(&mut self, input: u64, keep: &[Type]) -> Vec<Type> {
        let mut dropped = Vec::new();
        self.queue.retain(|query| {
            let drop = query.input == input && !keep.contains(&query.rtype);
            if drop {
                dropped.push(query.rtype);
            }
            !drop
        });
        self.statistics.questions -= dropped.len() as u64;
        dropped
    }

    /// Slot `at` does not wait for an answer at present.
    fn withdraw(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        match slot.state {
            State::InFlight => {
                slot.state = State::Queued;
                slot.serial = slot.serial.wrapping_add(1);
                let server = &mut self.servers[slot.server];
                server.outstanding = server.outstanding.saturating_sub(1);
            }
            State::Held => {
                slot.state = State::Queued;
                self.held -= 1;
            }
            State::Late => slot.state = State::Queued,
            State::Queued => {}
        }
    }

    /// Sends slot `at` again as soon as the window and the rate allow.
    fn requeue(&mut self, at: usize) {
        self.withdraw(at);
        let slot = &mut self.slots[at];
        slot.serial = slot.serial.wrapping_add(1);
        self.servers[slot.server].again.push_back((at, slot.serial));
    }

    /// Ends a slot.
    fn release(&mut self, at: usize) -> Option<Query> {
        self.withdraw(at);
        let slot = &mut self.slots[at];
        let query = slot.query.take()?;
        for attempt in slot.attempts.drain(..) {
            self.ids[usize::from(attempt.id)] = UNUSED;
        }
        // The two buffers are used again by the next query.
        let (message, attempts) = (std::mem::take(&mut slot.message), std::mem::take(&mut slot.attempts));
        *slot = Slot { serial: slot.serial.wrapping_add(1), message, attempts, ..Slot::empty() };
        self.free.push(at);
        Some(query)
    }

    /// Ends the waits that are over; what has no answer then goes to `failed`.
    /// `standing` says what the other answers for its name mean for a query.
    pub fn expire(&mut self, now: Instant, standing: impl Fn(&Query) -> Standing, failed: &mut Vec<Failed>) {
        while let Some(timer) = self.late.front().copied().filter(|timer| timer.at <= now) {
            self.late.pop_front();
            let slot = &mut self.slots[timer.slot];
            if slot.serial == timer.serial && slot.query.is_some() && slot.state == State::InFlight {
                slot.state = State::Late;
                let server = &mut self.servers[slot.server];
                server.outstanding = server.outstanding.saturating_sub(1);
            }
        }
        for level in 0..self.timers.len() {
            while let Some(&timer) = self.timers[level].front() {
                let current = self.is_current(timer);
                if current && timer.at > now {
                    break;
                }
                self.timers[level].pop_front();
                if current {
                    self.time_out(timer.slot, now, &standing, failed);
                }
            }
        }
        if self.reachable(0, 0).is_none() {
            let why = self.servers.iter().rev().find_map(|s| s.unreachable.clone()).unwrap_or_default();
            let server = self.servers.len().saturating_sub(1);
            let reason = || Some(Reason::Unreachable(why.clone()));
            failed.extend(self.queue.drain(..).map(|query| Failed { query, server, reason: reason() }));
        }
    }

    fn is_current(&self, timer: Timer) -> bool {
        let slot = &self.slots[timer.slot];
        slot.serial == timer.serial && slot.query.is_some()
    }

    /// No answer came to slot `at` in time.
    fn time_out(&mut self, at: usize, now: Instant, standing: &impl Fn(&Query) -> Standing, failed: &mut Vec<Failed>) {
        let slot = &self.slots[at];
        let (server, path, attempt) = (slot.server, slot.path, slot.attempts.len().saturating_sub(1));
        let Some(query) = &slot.query else { return };
        let standing = standing(query);
        let first_sent = slot.attempts.first().map_or(now, |a| a.sent);
        let age = now.saturating_duration_since(first_sent);
        let congestion = &mut self.servers[server].congestion;
        let first = !query.patient && !self.settings.lone;
        if path == Path::Datagram && first {
            congestion.timed_out(now, attempt);
        }
        // What an overloaded server drops was no try, within reason.
        let most = 4 * self.settings.tries as usize;
        let spared = !self.settings.lone && congestion.is_overloaded() && slot.attempts.len() < most;
        let longest = congestion.longest_wait();
        let tries = if spared { (slot.tries - 1).min(self.settings.tries - 1) } else { slot.tries };
        let silent = standing == Standing::Heard && !spared;
        let over = path == Path::Connection
            || standing == Standing::Settled
            || tries >= self.settings.tries
            || silent && (tries >= SILENT_TRIES || age >= longest);
        if over {
            let reason = match slot.refusal {
                _ if standing == Standing::Settled => None,
                Some((_, rcode)) => Some(Reason::Rcode(rcode)),
                None if slot.truncated => Some(Reason::Truncated("no answer".to_owned())),
                None => Some(Reason::Silence(self.servers[server].ignored)),
            };
            let server = slot.refusal.map_or(server, |(server, _)| server);
            self.statistics.unanswered += u64::from(reason.is_some());
            failed.extend(self.release(at).map(|query| Failed { query, server, reason }));
            return;
        }
        if query.patient && standing == Standing::Unheard {
            self.withdraw(at);
            self.slots[at].state = State::Held;
            self.held += 1;
            return;
        }
        let from = server + 1;
        self.withdraw(at);
        self.slots[at].tries = tries;
        self.slots[at].end = silent.then_some(first_sent + longest);
        if let Some(other) = self.reachable(from, 0).filter(|other| *other != server) {
            let (edns, cookie, random_case) = (self.slots[at].edns, self.slots[at].cookie, self.slots[at].random_case);
            self.assign(at, other);
            let slot = &mut self.slots[at];
            slot.tries = tries;
            (slot.edns, slot.cookie) = (slot.edns && edns, slot.cookie && cookie);
            slot.random_case &= random_case;
        }
        self.requeue(at);
    }

    /// The end of a query that nobody will answer: those of `input` that are held.
    /// Their name was not heard of, and its first questions are over.
    pub fn abandon(&mut self, input: u64) {
        self.queue.retain(|query| query.input != input);
        for at in 0..self.slots.len() {
            if self.slots[at].query.as_ref().is_some_and(|q| q.input == input) {
                self.release(at);
            }
        }
    }

    /// `server` can't be reached. Its queries go to the next server, or to `failed`.
    /// A server that has answered before and refuses connections is only restarting: its queries wait.
    pub fn unreachable(&mut self, server: usize, why: &str, restarting: bool, failed: &mut Vec<Failed>) {
        let Some(of) = self.servers.get_mut(server) else { return };
        if of.heard && restarting {
            return;
        }
        of.unreachable = Some(why.to_owned());
        for at in 0..self.slots.len() {
            let slot = &self.slots[at];
            if slot.query.is_some() && slot.server == server && !slot.truncated {
                self.move_on(at, why, failed);
            }
        }
    }

    /// The query of slot `at` can't be brought to its server: the next one is asked.
    fn move_on(&mut self, at: usize, why: &str, failed: &mut Vec<Failed>) {
        let server = self.slots[at].server;
        self.withdraw(at);
        match self.reachable(server + 1, 0) {
            Some(other) => {
                self.assign(at, other);
                self.requeue(at);
            }
            None => {
                let reason = Some(Reason::Unreachable(why.to_owned()));
                failed.extend(self.release(at).map(|query| Failed { query, server, reason }));
            }
        }
    }

    /// `server` won't answer the question with the identifier `id` over its
    /// connection. A server that was not asked yet is, if there is one.
    pub fn unanswered(&mut self, server: usize, id: u16, why: &str, failed: &mut Vec<Failed>) {
        let Some(&at) = self.ids.get(usize::from(id)) else { return };
        let at = usize::from(at);
        let Some(slot) = self.slots.get(at).filter(|slot| slot.query.is_some()) else { return };
        let asked = |a: &Attempt| a.id == id && a.server == server && a.path == Path::Connection;
        if slot.server != server || !slot.attempts.last().is_some_and(asked) {
            return;
        }
        match self.reachable(server + 1, slot.tried) {
            Some(other) => {
                self.withdraw(at);
                self.assign(at, other);
                self.requeue(at);
            }
            None => {
                let reason = Some(Reason::Unreachable(why.to_owned()));
                failed.extend(self.release(at).map(|query| Failed { query, server, reason }));
            }
        }
    }

    /// The connection to `server` ended, or `established` says that there never
    /// was one. What it left open is asked once more over a new one.
    pub fn disconnected(&mut self, server: usize, why: &str, established: bool, failed: &mut Vec<Failed>) {
        let datagrams = self.servers.get(server).is_some_and(|s| s.endpoint.datagrams);
        if !established && !datagrams {
            let of = &mut self.servers[server];
            of.unreachable = Some(why.to_owned());
        }
        for at in 0..self.slots.len() {
            let slot = &mut self.slots[at];
            let open = slot.query.is_some() && slot.server == server && slot.path == Path::Connection;
            if !open || slot.state != State::InFlight {
                continue;
            }
            if established && !slot.interrupted {
                slot.interrupted = true;
                self.requeue(at);
            } else if slot.truncated {
                let reason = Some(Reason::Truncated(why.to_owned()));
                failed.extend(self.release(at).map(|query| Failed { query, server, reason }));
            } else if established {
                let reason = Some(Reason::Unreachable(why.to_owned()));
                failed.extend(self.release(at).map(|query| Failed { query, server, reason }));
            } else {
                self.move_on(at, why, failed);
            }
        }
    }

    /// When something is to be done next, if nothing arrives; `now` if it can be done now.
    pub fn wake(&mut self, now: Instant) -> Option<Instant> {
        let mut wake: Option<Instant> = None;
        for level in 0..self.timers.len() {
            while let Some(&timer) = self.timers[level].front() {
                if self.is_current(timer) {
                    wake = Some(wake.map_or(timer.at, |w| w.min(timer.at)));
                    break;
                }
                self.timers[level].pop_front();
            }
        }
        let late = loop {
            match self.late.front() {
                Some(timer) if self.is_current(*timer) => break Some(timer.at),
                Some(_) => drop(self.late.pop_front()),
                None => break None,
            }
        };
        wake = wake.into_iter().chain(late).min();
        let mut ready = |server: &Server| {
            let at = server.congestion.next_send().unwrap_or(now).max(now);
            if server.congestion.room(server.outstanding, at) > 0 {
                wake = Some(wake.map_or(at, |w| w.min(at)));
            }
        };
        let queued = !self.queue.is_empty() && self.has_slot();
        for (at, server) in self.servers.iter().enumerate() {
            let chosen = self.settings.spread || at == self.preferred;
            if !server.again.is_empty() || queued && chosen && server.unreachable.is_none() {
                ready(server);
            }
        }
        wake
    }
}

/// Why a message is not the answer to an outstanding query.
enum Mismatch {
    /// It has nothing to do with any.
    Nobody,
    /// It answers the query of this slot but for the case of letters.
    Case(usize),
}

impl Slot {
    fn empty() -> Slot {
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
            cases: [0; 32],
            truncated: false,
            interrupted: false,
        }
    }
}
