//! Outstanding queries: their identifiers, datagrams, retransmissions and
//! servers. Time and messages come in; what to send and what was answered goes
//! out, so that a test can lose, delay and forge at will.
use std::{collections::VecDeque, time::Instant};

use crate::{
    ask::{
        failure::{Ignored, Reason},
        query::{Answered, Failed, Path, Query, Send, Standing},
        random::Random,
        settings::{Endpoint, Settings},
        slot::{Attempt, Mismatch, Slot, State},
        statistics::Statistics,
        timers::{self, Timer, Timers, Wait},
        upstream::Upstream,
    },
    wire::{
        message::{self, Header, Rcode, Record, Reply},
        types::Type,
    },
};

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

/// All queries that have no answer yet.
#[derive(Debug)]
pub struct Outstanding {
    settings: Settings,
    servers: Vec<Upstream>,
    /// The server to ask first.
    preferred: usize,
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// The slot of each identifier, or [`UNUSED`]. Two bytes each, so that the table stays in a cache.
    ids: Vec<u16>,
    queue: VecDeque<Query>,
    /// The ends of waits.
    timers: Timers,
    /// When a query that is sent again is late.
    late: VecDeque<Timer>,
    held: usize,
    random: Random,
    /// The memory of the records of a reply.
    records: Vec<Record>,
    /// What happened so far.
    pub statistics: Statistics,
}

impl Outstanding {
    /// No queries yet; `endpoints` are the servers in the order to try them, at most 64.
    pub fn new(settings: Settings, endpoints: &[Endpoint], mut random: Random) -> Outstanding {
        let endpoints = &endpoints[..endpoints.len().min(MOST_SERVERS)];
        let share = if settings.spread { settings.window.div_ceil(endpoints.len().max(1)) } else { settings.window };
        let server = |endpoint: &Endpoint| Upstream::new(*endpoint, share, &settings, &mut random);
        let servers = endpoints.iter().map(server).collect();
        let timers = Timers::new(settings.tries);
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
            records: Vec::new(),
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
                if self.slots[slot].serial == serial {
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
        self.slots[slot].cases = u64::from_ne_bytes(self.random.bytes());
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
        if self.settings.spread {
            let reachable = self.servers.iter().enumerate().filter(|(_, s)| s.unreachable.is_none());
            return reachable
                .map(|(at, s)| (s.room(now), at))
                .filter(|(room, _)| *room > 0)
                .max_by_key(|(room, at)| {
                    // Among equals the first.
                    (*room, usize::MAX - at)
                })
                .map(|(_, at)| at);
        }
        let at = self.reachable(self.preferred, 0)?;
        self.preferred = at;
        (self.servers[at].room(now) > 0).then_some(at)
    }

    /// Makes `server` the one to ask for a slot.
    fn assign(&mut self, slot: usize, server: usize) {
        self.slots[slot].assign(server, &self.servers[server]);
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
        let patient = query.patient;
        slot.write(id, &self.settings, server);
        let wait = match slot.path {
            Path::Connection => self.settings.lifetime(),
            Path::Datagram if last && patient => self.settings.timeout.min(server.congestion.longest_wait()),
            Path::Datagram if last => self.settings.timeout,
            Path::Datagram => {
                let wait = server.congestion.retransmission_timeout(slot.tries).min(self.settings.timeout);
                if patient { wait.min(server.congestion.longest_wait()) } else { wait }
            }
        };
        let (kind, end) = match (slot.path, slot.end) {
            (Path::Connection, _) => (Wait::Connection, now + wait),
            (_, Some(end)) if end < now + wait => {
                // Questions of many names may have waited for their turn: the answer has its time nevertheless.
                let least = now + server.congestion.retransmission_timeout(0).min(wait);
                (Wait::Shortened, if self.settings.lone { end } else { end.max(least) })
            }
            _ => (Wait::Datagram(slot.tries), now + wait),
        };
        let late = now + server.congestion.retransmission_timeout(0);
        if slot.path == Path::Datagram && late < end {
            self.late.push_back(Timer { at: late, slot: at, serial: slot.serial });
        }
        slot.tries += 1;
        self.timers.push(kind, Timer { at: end, slot: at, serial: slot.serial });
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
        let reply = Reply::read_into(msg, std::mem::take(&mut self.records))?;
        if path == Path::Datagram
            && let Some(cookie) = reply.cookie()
            && !self.servers[server].accepts(cookie)
            && self.slots[at].cookie
        {
            // RFC 7873 section 5.3: a reply with another client's cookie is discarded. Some home
            // routers answer everybody with the same one: without a cookie they can be asked.
            self.ignore(server, Ignored::cookie);
            self.servers[server].cookies = false;
            self.slots[at].cookie = false;
            self.requeue(at);
            return None;
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
        let header = Header::read(msg).filter(|h| h.is_reply() && h.opcode() == 0).ok_or(Mismatch::Nobody)?;
        let at = self.ids.get(usize::from(header.id)).map_or(usize::MAX, |at| usize::from(*at));
        let slot = self.slots.get(at).ok_or(Mismatch::Nobody)?;
        slot.is_answered_by(at, server, path, msg).map(|attempt| (at, attempt))
    }

    /// Takes back the memory of the records of a reply.
    pub fn recycle(&mut self, reply: Reply<'_>) {
        self.records = reply.records;
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
                self.timers.push(Wait::Held, Timer { at: due, slot: at, serial: slot.serial });
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
                self.servers[slot.server].no_longer();
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
        for attempt in &slot.attempts {
            self.ids[usize::from(attempt.id)] = UNUSED;
        }
        let query = slot.clear()?;
        self.free.push(at);
        Some(query)
    }

    /// Ends the waits that are over; what has no answer then goes to `failed`.
    /// `standing` says what the other answers for its name mean for a query.
    pub fn expire(&mut self, now: Instant, standing: impl Fn(&Query) -> Standing, failed: &mut Vec<Failed>) {
        while let Some(timer) = timers::pop(&mut self.late, now, |timer| is_current(&self.slots, timer)) {
            let slot = &mut self.slots[timer.slot];
            if slot.state == State::InFlight {
                slot.state = State::Late;
                self.servers[slot.server].no_longer();
            }
        }
        while let Some(timer) = self.timers.pop(now, |timer| is_current(&self.slots, timer)) {
            self.time_out(timer.slot, now, &standing, failed);
        }
        if self.reachable(0, 0).is_none() {
            let why = self.servers.iter().rev().find_map(|s| s.unreachable.clone()).unwrap_or_default();
            let server = self.servers.len().saturating_sub(1);
            let reason = || Some(Reason::Unreachable(why.clone()));
            failed.extend(self.queue.drain(..).map(|query| Failed { query, server, reason: reason() }));
        }
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
        match self.reachable(server, 0) {
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
        match self.reachable(server, slot.tried) {
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
        let ends = self.timers.next(|timer| is_current(&self.slots, timer));
        let late = timers::next(&mut self.late, |timer| is_current(&self.slots, timer));
        let mut wake = ends.into_iter().chain(late).min();
        let mut ready = |server: &Upstream| {
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

fn is_current(slots: &[Slot], timer: Timer) -> bool {
    slots.get(timer.slot).is_some_and(|slot| slot.serial == timer.serial)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        ask::simulation::{MS, settings},
        wire::name::Name,
    };

    const DATAGRAMS: Endpoint = Endpoint { datagrams: true, encrypted: false };
    const CONNECTION: Endpoint = Endpoint { datagrams: false, encrypted: true };

    fn query(input: u64, rtype: Type, patient: bool) -> Query {
        Query { input, lookup: 0, name: Name::parse("a.example").unwrap(), rtype, patient }
    }

    fn empty(settings: Settings, endpoints: &[Endpoint]) -> Outstanding {
        Outstanding::new(settings, endpoints, Random::default())
    }

    /// One query for A records, sent at `now` to the first of `servers` servers.
    fn sent(settings: Settings, servers: usize, patient: bool, now: Instant) -> Outstanding {
        let mut out = empty(settings, &vec![DATAGRAMS; servers]);
        out.ask(query(0, Type::A, patient));
        assert_eq!(out.next(now), Some(Send { server: 0, slot: 0, path: Path::Datagram }));
        out
    }

    /// A reply to the last message of `slot` with these bits and this higher part of the response code.
    fn reply(out: &Outstanding, slot: usize, bits: u16, high: u8) -> Vec<u8> {
        let mut msg = out.message(slot)[..12 + 11 + 4].to_vec();
        msg[2..4].copy_from_slice(&(0x8000 | bits).to_be_bytes());
        msg[11] = 1;
        [&msg[..], &[0, 0, 41, 4, 208, high, 0, 0, 0, 0, 0]].concat()
    }

    /// Takes a reply from `server`: was the query answered?
    fn take(out: &mut Outstanding, now: Instant, server: usize, path: Path, mut msg: Vec<u8>) -> bool {
        out.receive(now, server, path, &mut msg).is_some()
    }

    /// Where slot 0 goes next, if it may be sent at `now`.
    fn again(out: &mut Outstanding, now: Instant) -> Option<(usize, Path)> {
        out.next(now).map(|send| (send.server, send.path))
    }

    #[test]
    fn queries_count_until_they_are_answered() {
        let now = Instant::now();
        let mut out = empty(Settings { window: 2, ..settings() }, &[DATAGRAMS]);
        assert!(out.is_empty() && out.has_room() && out.next(now).is_none());
        for rtype in [Type::A, Type::MX, Type::TXT] {
            out.ask(query(0, rtype, false));
        }
        let (first, _) = (out.next(now).unwrap(), out.next(now).unwrap());
        assert_eq!(out.next(now), None, "the window is full");
        assert_eq!((out.len(), out.is_empty(), out.in_flight(), out.has_room()), (3, false, 2, false));
        assert!(!out.heard(0) && !out.heard(1));
        let mut msg = reply(&out, first.slot, 0, 0);
        let copy = msg.clone();
        let answered = out.receive(now + 7 * MS, 0, Path::Datagram, &mut msg).unwrap();
        assert_eq!((answered.query.rtype, answered.server), (Type::A, 0));
        assert!(out.heard(0));
        assert_eq!(out.statistics.round_trips.percentile(50), Some(Duration::from_micros(7167)));
        assert_eq!((out.len(), out.in_flight()), (2, 1));
        // The same once more, and what is no message: both are counted and ignored.
        assert!(!take(&mut out, now, 0, Path::Datagram, copy) && !take(&mut out, now, 0, Path::Datagram, vec![1]));
        let mut ignored = Ignored::default();
        *ignored.unrelated() = 2;
        assert_eq!(out.servers[0].ignored, ignored);
        // So are a question and another kind of message (RFC 1996: NOTIFY is 4).
        let mut question = reply(&out, 1, 0, 0);
        question[2] = 0;
        let mut notify = reply(&out, 1, 0, 0);
        notify[2] |= 4 << 3;
        assert!(!take(&mut out, now, 0, Path::Datagram, question) && !take(&mut out, now, 0, Path::Datagram, notify));
        *ignored.unrelated() += 2;
        assert_eq!(out.servers[0].ignored, ignored);
        // The third one has the place of the first.
        assert_eq!(out.next(now).map(|send| send.slot), Some(first.slot));
        assert_eq!(out.ids.iter().filter(|id| **id != UNUSED).count(), 2);
        let Statistics { questions, sent, again, replies, ignored, .. } = out.statistics;
        assert_eq!([questions, sent, again, replies, ignored], [3, 3, 0, 1, 4]);
        assert_eq!(out.message(99), b"");
        // The memory of a reply's records serves the next one.
        out.recycle(Reply::read_into(&[0; 12], Vec::with_capacity(9)).unwrap());
        assert!(out.records.capacity() >= 9);
    }

    #[test]
    fn room_for_another_name() {
        for (window, flying, again, queued, slots, room) in [
            (7, 3, 2, 1, 0, true),
            (6, 3, 2, 1, 0, false),
            (2, 0, 0, 0, 7, true),
            (2, 0, 0, 0, 8, false),
            (2, 1, 0, 0, 9, false),
        ] {
            let mut out = empty(Settings { window, ..settings() }, &[DATAGRAMS, DATAGRAMS]);
            (out.servers[0].outstanding, out.servers[1].outstanding) = (flying, 0);
            out.servers[1].again.extend(vec![(0, 0); again]);
            out.queue.extend(vec![query(0, Type::A, false); queued]);
            out.slots.extend((0..slots).map(|_| Slot::empty()));
            assert_eq!(out.has_room(), room, "{window} {flying} {again} {queued} {slots}");
        }
        let mut out = empty(settings(), &[DATAGRAMS, DATAGRAMS]);
        (out.servers[0].outstanding, out.servers[1].outstanding) = (3, 4);
        assert_eq!(out.in_flight(), 7);
        // Four for each one of the window may be without an answer; a place that is free is none of them.
        for (slots, free, may_send) in [(7, 0, true), (8, 0, false), (9, 1, false), (9, 2, true)] {
            let mut out = empty(Settings { window: 2, ..settings() }, &[DATAGRAMS]);
            out.slots.extend((0..slots).map(|_| Slot::empty()));
            out.free.extend(0..free);
            out.ask(query(0, Type::A, false));
            let now = Instant::now();
            assert_eq!(out.wake(now), may_send.then_some(now), "{slots} {free}");
            assert_eq!(out.next(now).is_some(), may_send, "{slots} {free}");
        }
    }

    #[test]
    fn servers_share_the_window_or_stand_in() {
        let now = Instant::now();
        let rooms = |spread, servers| -> Vec<usize> {
            let out = empty(Settings { window: 10, spread, ..settings() }, &vec![DATAGRAMS; servers]);
            out.servers.iter().map(|s| s.room(now)).collect()
        };
        assert_eq!(rooms(true, 3), [4, 4, 4]);
        assert_eq!(rooms(false, 3), [10, 10, 10]);
        assert_eq!(rooms(false, 65).len(), 64);
        let mut out = empty(settings(), &[DATAGRAMS, CONNECTION]);
        assert_eq!([0, 1, 2].map(|server| out.uses_edns(server)), [true, false, false]);
        out.servers[0].edns = false;
        assert!(!out.uses_edns(0));
    }

    #[test]
    fn a_new_query_goes_to_the_server_with_the_most_room() {
        let now = Instant::now();
        for (spread, outstanding, unreachable, preferred, chosen) in [
            (true, [0, 0, 0], 9, 0, Some(0)),
            (true, [2, 1, 1], 9, 0, Some(1)),
            (true, [2, 1, 1], 1, 0, Some(2)),
            (true, [4, 4, 4], 9, 0, None),
            (true, [4, 4, 3], 9, 0, Some(2)),
            // Else to the first one that can be reached, or it waits.
            (false, [2, 0, 0], 9, 0, Some(0)),
            (false, [2, 0, 0], 0, 0, Some(1)),
            (false, [0, 0, 0], 2, 2, Some(0)),
            (false, [12, 0, 0], 9, 0, None),
            (false, [11, 0, 0], 9, 0, Some(0)),
        ] {
            let mut out = empty(Settings { window: 12, spread, ..settings() }, &[DATAGRAMS; 3]);
            for (at, server) in out.servers.iter_mut().enumerate() {
                server.outstanding = outstanding[at];
                server.unreachable = (at == unreachable).then(String::new);
            }
            out.preferred = preferred;
            assert_eq!(out.choose(now), chosen, "{spread} {outstanding:?} {unreachable}");
        }
        let mut out = empty(settings(), &[DATAGRAMS; 4]);
        out.servers[2].unreachable = Some(String::new());
        for (from, but, found) in [
            (0, 0, Some(0)),
            (2, 0, Some(3)),
            (4, 0, Some(0)),
            (3, 0b1000, Some(0)),
            (1, 0b1010, Some(0)),
            (1, 0b1001, Some(1)),
            (0, 0b1011, None),
        ] {
            assert_eq!(out.reachable(from, but), found, "{from} {but:b}");
        }
    }

    #[test]
    fn how_long_a_datagram_is_waited_for() {
        let now = Instant::now();
        // Time-outs are 250, 500 and 1,000 ms with an unknown round trip, 2,400 and more with one of 600 ms.
        // The longest wait for a silent type is 2,000 ms, or 2,400.
        for (rtt, tries, datagram, patient, wait, late) in [
            (0, 4, 0, false, 250, None),
            (0, 4, 1, false, 500, Some(250)),
            (0, 4, 2, false, 1000, Some(250)),
            (0, 4, 3, false, 3000, Some(250)),
            (0, 4, 4, false, 3000, Some(250)),
            (0, 1, 0, false, 3000, Some(250)),
            (0, 4, 1, true, 500, Some(250)),
            (0, 4, 3, true, 2000, Some(250)),
            (0, 9, 5, true, 2000, Some(250)),
            (0, 9, 5, false, 3000, Some(250)),
            (600, 4, 0, false, 2400, None),
            (600, 4, 1, false, 3000, Some(2400)),
            (600, 4, 1, true, 2400, None),
            (900, 4, 3, true, 3000, None),
        ] {
            let mut out = sent(Settings { tries, ..settings() }, 1, patient, now);
            if rtt > 0 {
                out.servers[0].congestion.answered(now + rtt * MS, 0, now, std::iter::empty());
            }
            out.late.clear();
            out.slots[0].tries = datagram;
            out.send(0, now);
            let what = format!("{rtt} {tries} {datagram} {patient}");
            let slots = &out.slots;
            assert_eq!(out.timers.next(|timer| is_current(slots, timer)), Some(now + wait * MS), "{what}");
            assert_eq!(out.late.front().map(|timer| timer.at), late.map(|ms| now + ms * MS), "{what}");
            assert_eq!((out.slots[0].tries, out.slots[0].state), (datagram + 1, State::InFlight));
        }
        // Over a connection it is the time of all tries.
        let mut out = empty(settings(), &[CONNECTION]);
        out.ask(query(0, Type::A, false));
        assert_eq!(again(&mut out, now), Some((0, Path::Connection)));
        assert_eq!((out.wake(now), out.late.len()), (Some(now + 12_000 * MS), 0));
        // Which holds up nobody whose wait is shorter.
        let mut out = empty(settings(), &[CONNECTION, DATAGRAMS]);
        for server in [0, 1] {
            out.preferred = server;
            out.ask(query(0, Type::A, false));
            out.next(now);
        }
        assert_eq!(out.wake(now), Some(now + 250 * MS));
    }

    #[test]
    fn a_wait_may_end_early() {
        let now = Instant::now();
        // The end in ms; the wait of the third datagram is one of 1,000, and 250 are left in any case
        // where the answer may wait for other names.
        for (lone, end, wait) in [
            (true, 700, 700),
            (true, 100, 100),
            (true, 5000, 1000),
            (false, 700, 700),
            (false, 100, 250),
            (false, 5000, 1000),
        ] {
            let mut out = sent(Settings { lone, ..settings() }, 1, false, now);
            (out.slots[0].tries, out.slots[0].end) = (2, Some(now + end * MS));
            out.send(0, now);
            let slots = &out.slots;
            assert_eq!(out.timers.next(|timer| is_current(slots, timer)), Some(now + wait * MS), "{lone} {end}");
        }
    }

    #[test]
    fn a_server_is_asked_once_more_or_another_one_is() {
        let now = Instant::now();
        const FORMERR: (u16, u8) = (1, 0);
        const SERVFAIL: (u16, u8) = (2, 0);
        const NOTIMP: (u16, u8) = (4, 0);
        const BADVERS: (u16, u8) = (0, 1);
        const BADCOOKIE: (u16, u8) = (7, 1);
        const TRUNCATED: (u16, u8) = (0x0200, 0);
        let datagram = |server| Some((server, Path::Datagram));
        // Of how many servers, with EDNS or not, after how many datagrams: what is sent next?
        // Nothing is, where the query is answered.
        for (servers, edns, tries, (bits, high), next) in [
            (1, true, 1, FORMERR, datagram(0)),
            (1, true, 1, NOTIMP, datagram(0)),
            (1, true, 1, BADVERS, datagram(0)),
            (3, false, 1, FORMERR, None),
            (3, false, 1, NOTIMP, None),
            (3, false, 1, BADVERS, datagram(1)),
            (1, true, 3, BADCOOKIE, datagram(0)),
            (1, true, 4, BADCOOKIE, None),
            (3, true, 4, BADCOOKIE, datagram(1)),
            (3, false, 1, BADCOOKIE, datagram(1)),
            (1, true, 1, SERVFAIL, None),
            (3, true, 1, SERVFAIL, datagram(1)),
            (3, true, 1, TRUNCATED, Some((0, Path::Connection))),
            (3, true, 1, (0, 0), None),
            (3, true, 1, (3, 0), None),
        ] {
            let mut out = sent(settings(), servers, false, now);
            (out.slots[0].edns, out.slots[0].tries) = (edns, tries);
            let msg = reply(&out, 0, bits, high);
            let what = format!("{servers} {edns} {tries} {bits:x} {high}");
            assert_eq!(take(&mut out, now, 0, Path::Datagram, msg), next.is_none(), "{what}");
            assert_eq!(out.in_flight(), 0, "{what}");
            assert_eq!(out.wake(now), next.map(|_| now), "{what}");
            assert_eq!(again(&mut out, now), next, "{what}");
            assert_eq!((out.statistics.again, out.in_flight()), next.map_or((0, 0), |_| (1, 1)), "{what}");
            assert_eq!(out.statistics.truncated, u64::from(bits == TRUNCATED.0), "{what}");
            let is_plain = edns && [FORMERR, NOTIMP, BADVERS].contains(&(bits, high));
            assert_eq!(
                out.message(0).get(11),
                if next.is_none() {
                    None
                } else if is_plain || !edns && next != datagram(1) {
                    Some(&0)
                } else {
                    Some(&1)
                },
                "{what}"
            );
        }
        // A server that answers without EDNS gets no more of it.
        for (edns, rcode, uses) in [(false, 0, false), (false, 3, false), (true, 0, true), (false, 1, true)] {
            let mut out = sent(settings(), 1, false, now);
            out.slots[0].edns = edns;
            let msg = reply(&out, 0, rcode, 0);
            assert!(take(&mut out, now, 0, Path::Datagram, msg));
            assert_eq!(out.uses_edns(0), uses, "{edns} {rcode}");
        }
        // Truncated over the connection is an answer.
        let mut out = sent(settings(), 1, false, now);
        let msg = reply(&out, 0, 0x0200, 0);
        take(&mut out, now, 0, Path::Datagram, msg);
        out.next(now);
        let msg = reply(&out, 0, 0x0200, 0);
        assert!(take(&mut out, now, 0, Path::Connection, msg));
        assert_eq!((out.statistics.truncated, out.is_empty()), (1, true));
    }

    #[test]
    fn each_server_refuses_once_and_the_first_is_named() {
        let now = Instant::now();
        let mut out = sent(settings(), 3, false, now);
        for (server, rcode, next) in [(0, 5, Some(1)), (1, 2, Some(2)), (2, 2, None)] {
            // A datagram that is sent twice does not make it a server that was not asked.
            out.send(0, now);
            out.servers[server].no_longer();
            let msg = reply(&out, 0, rcode, 0);
            assert_eq!(take(&mut out, now, server, Path::Datagram, msg), next.is_none());
            if next.is_some() {
                assert_eq!(out.slots[0].refusal, Some((0, Rcode::REFUSED)));
            }
            assert_eq!(again(&mut out, now), next.map(|server| (server, Path::Datagram)));
        }
    }

    #[test]
    fn letters_and_cookies_of_somebody_else() {
        let now = Instant::now();
        let mut out = sent(settings(), 1, false, now);
        out.slots[0].cases = u64::MAX;
        out.send(0, now);
        let mut msg = reply(&out, 0, 0, 0);
        msg[12..23].make_ascii_lowercase();
        assert!(!take(&mut out, now, 0, Path::Datagram, msg));
        assert_eq!((out.statistics.ignored, out.statistics.replies), (1, 0));
        let mut ignored = Ignored::default();
        *ignored.case() = 1;
        assert_eq!((out.servers[0].ignored, out.servers[0].keeps_case), (ignored, false));
        assert_eq!(again(&mut out, now), Some((0, Path::Datagram)));
        assert_eq!(out.message(0)[12..23], *b"\x01a\x07example\0");

        // A cookie that is not ours counts where one was sent, in a datagram.
        for (path, cookie, strange, answered) in [
            (Path::Datagram, true, true, false),
            (Path::Datagram, true, false, true),
            (Path::Datagram, false, true, true),
            (Path::Connection, true, true, true),
        ] {
            let mut out = sent(settings(), 1, false, now);
            out.slots[0].cookie = cookie;
            out.slots[0].attempts[0].path = path;
            let own = out.servers[0].cookie.clone();
            let first: Vec<u8> = own.iter().map(|byte| byte ^ u8::from(strange)).collect();
            let mut msg = reply(&out, 0, 0, 0);
            *msg.last_mut().unwrap() = 20;
            msg.extend([&[0, 10, 0, 16], &first[..], b"serverXX"].concat());
            assert_eq!(take(&mut out, now, 0, path, msg), answered, "{path:?} {cookie} {strange}");
            assert_eq!(out.servers[0].cookies, answered);
            assert_eq!(out.statistics.ignored, u64::from(!answered));
        }
    }

    #[test]
    fn the_server_that_answers_is_preferred() {
        let now = Instant::now();
        // Which one was preferred, was this one heard before, is it a retransmission: who is preferred?
        for (spread, heard, attempt, preferred) in
            [(false, false, 0, 0), (false, true, 0, 1), (false, true, 1, 0), (true, false, 1, 1)]
        {
            let mut out = sent(Settings { spread, ..settings() }, 2, false, now);
            for _ in 0..attempt {
                out.send(0, now);
            }
            (out.preferred, out.servers[0].heard) = (1, heard);
            let msg = reply(&out, 0, 0, 0);
            assert!(take(&mut out, now, 0, Path::Datagram, msg));
            assert_eq!(out.preferred, preferred, "{spread} {heard} {attempt}");
            assert!(out.heard(0));
        }
    }

    #[test]
    fn what_is_not_sent_yet_can_be_dropped() {
        let mut out = empty(settings(), &[DATAGRAMS]);
        for (input, rtype) in [(1, Type::A), (1, Type::MX), (1, Type::TXT), (2, Type::MX)] {
            out.ask(query(input, rtype, true));
        }
        assert_eq!(out.drop_unsent(1, &[Type::MX]), [Type::A, Type::TXT]);
        let left: Vec<_> = out.queue.iter().map(|q| (q.input, q.rtype)).collect();
        assert_eq!((left, out.statistics.questions), (vec![(1, Type::MX), (2, Type::MX)], 2));
        // Those that were sent go with their input, too, and no other's.
        let now = Instant::now();
        out.next(now);
        out.next(now);
        out.ask(query(1, Type::A, true));
        out.ask(query(2, Type::A, true));
        out.abandon(1);
        assert_eq!((out.len(), out.in_flight()), (2, 1));
        assert_eq!(out.queue.iter().map(|query| query.input).collect::<Vec<_>>(), [2]);
        assert_eq!(out.slots.iter().flat_map(|s| &s.query).map(|q| q.input).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_patient_query_waits_for_a_sign_of_life() {
        let now = Instant::now();
        let mut out = sent(settings(), 1, true, now);
        out.ask(query(9, Type::MX, true));
        out.next(now + MS);
        let mut failed = Vec::new();
        out.expire(now + 260 * MS, |_| Standing::Unheard, &mut failed);
        assert_eq!((out.held, out.in_flight(), failed.len()), (2, 0, 0));
        assert_eq!(out.wake(now + 260 * MS), None);
        // Another input's sign says nothing; ours sends it again a time-out after it went out.
        out.servers[0].congestion.answered(now + 600 * MS, 0, now, std::iter::empty());
        out.resume(5);
        assert_eq!(out.held, 2);
        out.resume(0);
        assert_eq!((out.held, out.slots[0].state, out.slots[1].state), (1, State::Late, State::Held));
        assert_eq!(out.slots[0].end, Some(now + 2400 * MS));
        assert_eq!(out.wake(now + 600 * MS), Some(now + 2400 * MS));
        // A late answer and the end of its input take it out of those that are held.
        let msg = reply(&out, 1, 0, 0);
        assert!(take(&mut out, now, 0, Path::Datagram, msg));
        assert_eq!((out.held, out.len()), (0, 1));
    }

    #[test]
    fn a_late_answer_leaves_its_place_in_the_window() {
        let now = Instant::now();
        let mut out = sent(settings(), 1, false, now);
        out.slots[0].tries = 1;
        out.send(0, now);
        out.servers[0].no_longer();
        let mut failed = Vec::new();
        for (ms, state, in_flight) in [(249, State::InFlight, 1), (250, State::Late, 0), (499, State::Late, 0)] {
            out.expire(now + ms * MS, |_| Standing::Unheard, &mut failed);
            assert_eq!((out.slots[0].state, out.in_flight()), (state, in_flight), "{ms}");
        }
        assert_eq!(out.wake(now + 250 * MS), Some(now + 500 * MS));
        out.expire(now + 500 * MS, |_| Standing::Unheard, &mut failed);
        assert_eq!(out.slots[0].state, State::Queued);
        assert_eq!(again(&mut out, now + 500 * MS), Some((0, Path::Datagram)));
    }

    /// What becomes of slot 0 when its time is over.
    fn timed_out(out: &mut Outstanding, now: Instant, standing: Standing) -> (State, Vec<Failed>) {
        let mut failed = Vec::new();
        out.time_out(0, now, &|_| standing, &mut failed);
        (out.slots[0].state, failed)
    }

    #[test]
    fn when_a_query_is_given_up() {
        use Standing::{Heard, Settled, Unheard};
        let now = Instant::now();
        let silence = || Some(Reason::Silence(Ignored::default()));
        // Datagrams so far and the age in ms; the reason where it is over.
        for (tries, age, standing, over) in [
            (1, 250, Unheard, None),
            (3, 1750, Unheard, None),
            (4, 4750, Unheard, Some(silence())),
            (3, 9000, Unheard, None),
            // Where others of the name were answered: three datagrams, or two seconds.
            (1, 250, Heard, None),
            (2, 1999, Heard, None),
            (2, 2000, Heard, Some(silence())),
            (3, 1750, Heard, Some(silence())),
            (1, 250, Settled, Some(None)),
        ] {
            let mut out = sent(settings(), 1, false, now);
            out.slots[0].tries = tries;
            let (state, failed) = timed_out(&mut out, now + age * MS, standing);
            let reason = failed.first().map(|failed| failed.reason.clone());
            assert_eq!(reason, over, "{tries} {age} {standing:?}");
            assert_eq!(state, State::Queued);
            assert_eq!(out.is_empty(), over.is_some());
            assert_eq!(out.statistics.unanswered, u64::from(over == Some(silence())));
            if over.is_none() {
                assert_eq!(out.slots[0].tries, tries);
                assert_eq!(out.slots[0].end, (standing == Heard).then_some(now + 2000 * MS));
            }
        }
        // What was refused or truncated before says more than silence.
        let mut out = sent(settings(), 2, false, now);
        (out.slots[0].tries, out.slots[0].refusal, out.slots[0].server) = (4, Some((1, Rcode::SERVFAIL)), 0);
        let failed = timed_out(&mut out, now, Unheard).1;
        assert_eq!((failed[0].server, failed[0].reason.clone()), (1, Some(Reason::Rcode(Rcode::SERVFAIL))));
        for (path, truncated) in [(Path::Connection, true), (Path::Connection, false)] {
            let mut out = sent(settings(), 2, false, now);
            (out.slots[0].path, out.slots[0].truncated) = (path, truncated);
            let failed = timed_out(&mut out, now, Unheard).1;
            let truncated = truncated.then(|| Reason::Truncated("no answer".to_owned()));
            assert_eq!((failed[0].server, failed[0].reason.clone()), (0, truncated.or(silence())));
        }
    }

    #[test]
    fn what_an_overloaded_server_drops_is_no_try() {
        use Standing::{Heard, Unheard};
        let now = Instant::now();
        for (lone, overloaded, tries, messages, standing, left) in [
            (false, true, 4, 15, Unheard, Some(3)),
            (false, true, 4, 16, Unheard, None),
            (false, true, 1, 1, Unheard, Some(0)),
            (false, true, 6, 1, Unheard, Some(3)),
            (false, true, 3, 1, Heard, Some(2)),
            (true, true, 4, 15, Unheard, None),
            (false, false, 4, 15, Unheard, None),
            (false, false, 3, 15, Unheard, Some(3)),
        ] {
            let mut out = sent(Settings { lone, ..settings() }, 1, false, now);
            if overloaded {
                // Eight first datagrams without an answer are most of them.
                let congestion = &mut out.servers[0].congestion;
                (0..8).for_each(|_| congestion.timed_out(now, 0));
                congestion.answered(now + 300 * MS, 0, now + 299 * MS, std::iter::empty());
                assert!(congestion.is_overloaded());
            }
            let slot = &mut out.slots[0];
            slot.tries = tries;
            slot.attempts = vec![slot.attempts[0]; messages];
            let failed = timed_out(&mut out, now + 9000 * MS, standing).1;
            assert_eq!(failed.is_empty(), left.is_some(), "{lone} {overloaded} {tries} {messages}");
            if let Some(left) = left {
                assert_eq!((out.slots[0].tries, out.slots[0].end), (left, None), "{tries} {messages}");
            }
        }
    }

    #[test]
    fn silence_shrinks_the_window_by_first_questions_alone() {
        let start = Instant::now();
        for (patient, lone, path, room) in [
            (false, false, Path::Datagram, 97),
            (true, false, Path::Datagram, 194),
            (false, true, Path::Datagram, 194),
            (false, false, Path::Connection, 194),
        ] {
            let mut out = sent(Settings { lone, ..settings() }, 1, patient, start);
            out.slots[0].path = path;
            // An answer widens the window by one at the start, and by one more at the end of its period.
            out.servers[0].congestion.answered(start + 300 * MS, 0, start + 299 * MS, std::iter::empty());
            assert_eq!(out.servers[0].congestion.room(0, start), 194);
            let later = start + 9000 * MS;
            timed_out(&mut out, later, Standing::Unheard);
            assert_eq!(out.servers[0].congestion.room(0, later), room, "{patient} {lone} {path:?}");
        }
    }

    #[test]
    fn the_next_server_is_asked_in_the_same_way() {
        let now = Instant::now();
        let mut out = sent(settings(), 3, false, now);
        (out.slots[0].edns, out.slots[0].cookie, out.slots[0].random_case) = (false, false, false);
        timed_out(&mut out, now + 250 * MS, Standing::Unheard);
        let slot = &out.slots[0];
        assert_eq!((slot.server, slot.tries, slot.edns, slot.cookie, slot.random_case), (1, 1, false, false, false));
        assert_eq!(again(&mut out, now), Some((1, Path::Datagram)));
        // From the last one to the first; what only one of the two can do is left out.
        out.slots[0].server = 2;
        (out.slots[0].edns, out.slots[0].cookie, out.slots[0].random_case) = (true, true, true);
        (out.servers[0].cookies, out.servers[0].keeps_case) = (false, true);
        timed_out(&mut out, now + 750 * MS, Standing::Unheard);
        let slot = &out.slots[0];
        assert_eq!((slot.server, slot.tries, slot.edns, slot.cookie, slot.random_case), (0, 2, true, false, true));
        // One server alone stays the same.
        let mut out = sent(settings(), 1, false, now);
        out.slots[0].edns = false;
        timed_out(&mut out, now + 250 * MS, Standing::Unheard);
        assert_eq!((out.slots[0].server, out.slots[0].tries), (0, 1));
        assert_eq!(again(&mut out, now), Some((0, Path::Datagram)));
        assert_eq!(out.message(0)[11], 0);
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_left_alone() {
        let now = Instant::now();
        let mut out = sent(settings(), 3, false, now);
        let mut failed = Vec::new();
        // It answered before and nothing listens there now: it is only restarting.
        out.servers[0].heard = true;
        out.unreachable(0, "refused", true, &mut failed);
        assert_eq!((out.servers[0].unreachable.is_none(), out.in_flight()), (true, 1));
        out.unreachable(1, "no route", false, &mut failed);
        assert_eq!((out.servers[1].unreachable.is_some(), out.in_flight()), (true, 1), "its own queries alone");
        out.unreachable(0, "no route", false, &mut failed);
        assert_eq!(again(&mut out, now), Some((2, Path::Datagram)));
        // What was truncated has a way of its own, over the connection.
        out.slots[0].truncated = true;
        out.unreachable(2, "no network", false, &mut failed);
        assert_eq!((failed.len(), out.in_flight()), (0, 1));
        out.slots[0].truncated = false;
        out.unreachable(2, "no network", true, &mut failed);
        assert_eq!(
            (failed[0].server, failed[0].reason.clone()),
            (2, Some(Reason::Unreachable("no network".to_owned())))
        );
        // Nobody is left for those that were not sent.
        out.ask(query(7, Type::MX, false));
        assert_eq!((out.next(now), out.wake(now)), (None, None));
        out.expire(now, |_| Standing::Unheard, &mut failed);
        assert_eq!((failed[1].query.input, failed[1].server, out.is_empty()), (7, 2, true));
        assert_eq!(failed[1].reason, failed[0].reason);
    }

    #[test]
    fn a_connection_that_ends_is_made_once_more() {
        let now = Instant::now();
        let why = |why: &str| Some(Reason::Unreachable(why.to_owned()));
        // Two servers over connections: the second time, or if it never was one, it counts.
        for (servers, established, interrupted, truncated, datagrams, next, reason) in [
            (2, true, false, false, false, Some(0), None),
            (2, true, true, false, false, None, why("gone")),
            (2, false, false, false, false, Some(1), None),
            (1, false, false, false, false, None, why("gone")),
            (2, true, true, true, true, None, Some(Reason::Truncated("gone".to_owned()))),
            (2, false, false, true, true, None, Some(Reason::Truncated("gone".to_owned()))),
            (2, true, false, true, true, Some(0), None),
        ] {
            let endpoint = if datagrams { DATAGRAMS } else { CONNECTION };
            let mut out = empty(settings(), &vec![endpoint; servers]);
            out.ask(query(0, Type::A, false));
            out.next(now);
            let slot = &mut out.slots[0];
            (slot.path, slot.interrupted, slot.truncated) = (Path::Connection, interrupted, truncated);
            let what = format!("{servers} {established} {interrupted} {truncated} {datagrams}");
            let mut failed = Vec::new();
            out.disconnected(0, "gone", established, &mut failed);
            assert_eq!(out.servers[0].unreachable.is_some(), !established && !datagrams, "{what}");
            assert_eq!(failed.first().and_then(|failed| failed.reason.clone()), reason, "{what}");
            assert_eq!(again(&mut out, now).map(|(server, _)| server), next, "{what}");
            assert_eq!(out.is_empty(), reason.is_some(), "{what}");
        }
        // Another server's end, a datagram and what waits for its turn are none of its business.
        for (server, path, state) in [
            (1, Path::Connection, State::InFlight),
            (0, Path::Datagram, State::InFlight),
            (0, Path::Connection, State::Queued),
        ] {
            let mut out = sent(settings(), 2, false, now);
            (out.slots[0].path, out.slots[0].state, out.slots[0].interrupted) = (path, state, true);
            let mut failed = Vec::new();
            out.disconnected(server, "gone", true, &mut failed);
            assert_eq!((failed.len(), out.len()), (0, 1), "{server} {path:?} {state:?}");
        }
    }

    #[test]
    fn a_question_without_an_answer_over_its_connection() {
        let now = Instant::now();
        // The identifier, server and way of the last message have to be those, and the server the one that is asked.
        for (id, server, path, asked, is_it) in [
            (0, 0, Path::Connection, 0, true),
            (1, 0, Path::Connection, 0, false),
            (0, 1, Path::Connection, 0, false),
            (0, 0, Path::Datagram, 0, false),
            (0, 0, Path::Connection, 1, false),
        ] {
            let mut out = empty(settings(), &[CONNECTION; 3]);
            out.ask(query(0, Type::A, false));
            out.next(now);
            (out.slots[0].attempts[0].path, out.slots[0].server) = (path, asked);
            let mut failed = Vec::new();
            out.unanswered(server, out.slots[0].attempts[0].id ^ id, "no", &mut failed);
            assert_eq!(
                (out.slots[0].state == State::Queued, failed.len()),
                (is_it, 0),
                "{id} {server} {path:?} {asked}"
            );
            if is_it {
                assert_eq!(again(&mut out, now), Some((1, Path::Connection)));
                // An older message's end says nothing, whoever reports it.
                for server in [0, 1] {
                    out.unanswered(server, out.slots[0].attempts[0].id, "no", &mut failed);
                    assert_eq!((out.slots[0].state, failed.len()), (State::InFlight, 0));
                }
                // A server that was asked is not asked again.
                out.unanswered(1, out.slots[0].attempts[1].id, "no", &mut failed);
                assert_eq!(again(&mut out, now), Some((2, Path::Connection)));
                out.unanswered(2, out.slots[0].attempts[2].id, "never", &mut failed);
                assert_eq!((failed.len(), out.is_empty()), (1, true));
                assert_eq!(failed[0].reason, Some(Reason::Unreachable("never".to_owned())));
            }
        }
    }

    #[test]
    fn when_to_wake_up() {
        let now = Instant::now();
        let mut out = empty(Settings { window: 1, ..settings() }, &[DATAGRAMS; 2]);
        assert_eq!(out.wake(now), None);
        out.ask(query(0, Type::A, false));
        assert_eq!(out.wake(now), Some(now));
        out.next(now);
        // The window is full: the first time-out is next.
        out.ask(query(0, Type::MX, false));
        assert_eq!(out.wake(now), Some(now + 250 * MS));
        out.servers[0].outstanding = 0;
        assert_eq!(out.wake(now), Some(now));
        // Only the preferred server gets what is queued, unless all share it.
        (out.servers[0].outstanding, out.preferred) = (1, 0);
        assert_eq!(out.wake(now), Some(now + 250 * MS));
        out.settings.spread = true;
        assert_eq!(out.wake(now), Some(now));
        out.servers[1].unreachable = Some(String::new());
        assert_eq!(out.wake(now), Some(now + 250 * MS));
        // A rate says when, if that is before the time-out.
        for (interval, wake) in [(20, 20), (300, 250)] {
            let interval = Some(interval * MS);
            let mut out = sent(Settings { interval, ..settings() }, 1, false, now);
            out.ask(query(0, Type::MX, false));
            assert_eq!(out.wake(now), Some(now + wake * MS));
            assert_eq!(out.wake(now + 30 * MS), Some(now + if wake == 20 { 30 * MS } else { 250 * MS }));
        }
    }
}
