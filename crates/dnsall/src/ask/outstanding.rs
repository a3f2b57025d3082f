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
            if !server.may_send_again(now) {
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
        let has_others = self.slots[at].path == Path::Connection && self.untried(at).is_some();
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
        let last = slot.tries + 1 >= self.settings.tries;
        let patient = query.patient;
        slot.write(id, &self.settings, server);
        let wait = match slot.path {
            Path::Connection if has_others => self.settings.timeout,
            Path::Connection => self.settings.lifetime(),
            Path::Datagram if last && patient => self.settings.timeout.min(server.congestion.longest_wait()),
            Path::Datagram if last => self.settings.timeout,
            Path::Datagram => {
                let wait = server.congestion.retransmission_timeout(slot.tries).min(self.settings.timeout);
                if patient { wait.min(server.congestion.longest_wait()) } else { wait }
            }
        };
        let (kind, end) = match (slot.path, slot.end) {
            (Path::Connection, _) => {
                let kind = if has_others { Wait::StandIn } else { Wait::Connection };
                let here = |a: &&Attempt| a.server == slot.server && a.path == Path::Connection;
                // Where connections end after a few answers each, the questions of many names wait for their turn.
                let first = slot.attempts.iter().find(here).filter(|_| self.settings.lone);
                (kind, first.map_or(now, |a| a.sent) + wait)
            }
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

    /// A server that can be reached and that the query of slot `at` did not go to yet.
    fn untried(&self, at: usize) -> Option<usize> {
        let slot = &self.slots[at];
        self.reachable(slot.server + 1, slot.tried)
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
                if let Some(other) = self.untried(at) {
                    self.hand_over(at, other);
                    return None;
                }
            }
        }
        if reply.header.truncated() && path == Path::Connection {
            // Half an answer is better than none, and a whole one of another server better still.
            if let Some(other) = self.untried(at) {
                self.hand_over(at, other);
                return None;
            }
        } else if reply.header.truncated() {
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
        let Attempt { sent, path, .. } = attempts[attempt];
        of.answers += usize::from(path == Path::Connection);
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
            if path == Path::Connection
                && reason.is_some()
                && let Some(other) = self.untried(at)
            {
                return self.hand_over(at, other);
            }
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
            if slot.query.is_some() && slot.server == server && slot.path == Path::Datagram {
                self.move_on(at, why, failed);
            }
        }
    }

    /// The query of slot `at` can't be brought to its server: the next one is asked.
    fn move_on(&mut self, at: usize, why: &str, failed: &mut Vec<Failed>) {
        let server = self.slots[at].server;
        match self.reachable(server, 0) {
            Some(other) => self.hand_over(at, other),
            None => {
                let reason = Some(Reason::Unreachable(why.to_owned()));
                failed.extend(self.release(at).map(|query| Failed { query, server, reason }));
            }
        }
    }

    /// The query of slot `at` goes to the server `other`.
    fn hand_over(&mut self, at: usize, other: usize) {
        self.withdraw(at);
        self.assign(at, other);
        self.requeue(at);
    }

    /// The query of slot `at` gets no answer over the connection to its server.
    /// A server that was not asked yet is, if there is one.
    fn give_up(&mut self, at: usize, why: &str, failed: &mut Vec<Failed>) {
        if let Some(other) = self.untried(at) {
            return self.hand_over(at, other);
        }
        let slot = &self.slots[at];
        let (server, reason) = match slot.refusal {
            Some((server, rcode)) => (server, Reason::Rcode(rcode)),
            None if slot.truncated => (slot.server, Reason::Truncated(why.to_owned())),
            None => (slot.server, Reason::Unreachable(why.to_owned())),
        };
        failed.extend(self.release(at).map(|query| Failed { query, server, reason: Some(reason) }));
    }

    /// `server` won't answer the question with the identifier `id` over its connection.
    pub fn unanswered(&mut self, server: usize, id: u16, why: &str, failed: &mut Vec<Failed>) {
        let Some(&at) = self.ids.get(usize::from(id)) else { return };
        let at = usize::from(at);
        let Some(slot) = self.slots.get(at).filter(|slot| slot.query.is_some()) else { return };
        let asked = |a: &Attempt| a.id == id && a.server == server && a.path == Path::Connection;
        if slot.server == server && slot.attempts.last().is_some_and(asked) {
            self.give_up(at, why, failed);
        }
    }

    /// The connection to `server` ended, or `established` says that there never
    /// was one. What it left open is asked over a new one: as often as connections
    /// bring answers, and once more after one that brought none (RFC 7766 section 6.2.4).
    pub fn disconnected(&mut self, server: usize, why: &str, established: bool, failed: &mut Vec<Failed>) {
        let Some(of) = self.servers.get_mut(server) else { return };
        let is_open = |slot: &Slot| {
            let here = slot.server == server && slot.path == Path::Connection;
            slot.query.is_some() && here && slot.state == State::InFlight
        };
        let mut open: Vec<usize> = (0..self.slots.len()).filter(|at| is_open(&self.slots[*at])).collect();
        // The oldest first, so that none waits behind new ones time after time.
        open.sort_by_key(|at| self.slots[*at].attempts.first().map(|a| a.sent));
        let answers = std::mem::take(&mut of.answers);
        if !of.endpoint.datagrams {
            if !established {
                of.unreachable = Some(why.to_owned());
            } else if !open.is_empty() {
                of.cut_after = Some(answers);
            }
        }
        for at in open {
            let slot = &mut self.slots[at];
            if established && (answers > 0 || !slot.interrupted) {
                slot.interrupted |= answers == 0;
                self.requeue(at);
            } else if established || slot.truncated {
                self.give_up(at, why, failed);
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
            if server.may_send_again(at) {
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
mod tests;
