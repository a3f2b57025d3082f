//! Questions in the air: slots, identifiers, retries, the window and the pace.
//!
//! No socket and no clock in here. Time and datagrams come in, what to send and
//! what was answered goes out, so a test can lose, delay and forge at will.
use std::{
    collections::VecDeque,
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    ask::dice::Dice,
    net::server::{Server, Transport},
    wire::message::{self, Edns, Header, Question, Rcode, Reply},
    wire::name::Name,
    wire::types::Type,
};

/// Largest reply we take by UDP (DNS flag day 2020): fits every path unfragmented.
pub const PAYLOAD: u16 = 1232;
/// The shortest wait before a question is sent again: what is lost costs less than a second, and a slow server is not hurried.
const SHORTEST: Duration = Duration::from_millis(250);
/// Where the length of the question's name starts in a message.
const HEADER: usize = 12;
/// No slot: there are fewer.
const NOBODY: u16 = u16::MAX;
/// The least window that losses leave: a silent server shall not make a long list endless.
const FLOOR: f64 = 16.0;
/// How far a limited rate may catch up after a late wake-up.
const LAG: Duration = Duration::from_millis(5);

/// How to ask.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The wait after the last try, and the longest after any.
    pub timeout: Duration,
    /// Datagrams for a question, at least 1.
    pub tries: u32,
    /// Questions in the air at most, 1 to 60,000.
    pub window: usize,
    /// Time between two datagrams.
    pub pace: Option<Duration>,
    /// DO: ask for signatures.
    pub dnssec: bool,
    /// RD: let the server find the answer.
    pub recurse: bool,
}

/// One question of one name.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Whose it is.
    pub job: u64,
    /// The name.
    pub name: Rc<Name>,
    /// The type.
    pub rtype: Type,
    /// Not sent again before some server was heard: another question of the same name is.
    pub waits: bool,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing came back.
    Silence,
    /// The server can't be reached; the system's reason.
    Unreachable(String),
    /// It said this instead.
    Code(Rcode),
    /// The answer was cut, and TCP brought no other; the reason.
    Truncated(String),
    /// The message ended before its records did.
    Short,
}

/// What to send.
#[derive(Debug)]
pub enum Step {
    /// [`Flight::packet`] of this slot to this server.
    Datagram(usize, usize),
    /// This question, over this server's connection.
    Stream(usize, Ask),
}

/// What a datagram was.
#[derive(Debug)]
pub enum Got<'m> {
    /// Nothing of ours, or nothing final.
    Nothing,
    /// The answer of a server, after so long.
    Answer(Ask, usize, Duration, Reply<'m>),
    /// There is more than fits: the server's TCP has it.
    Truncated(Ask, usize),
}

/// A server and what is known of it.
#[derive(Debug)]
struct Peer {
    server: Server,
    /// Our cookie for it, then its own for us.
    cookie: Vec<u8>,
    /// It does not know EDNS.
    plain: bool,
    heard: bool,
    down: Option<String>,
}

/// A question in the air, or about to be sent again.
#[derive(Debug)]
struct Slot {
    ask: Option<Ask>,
    peer: usize,
    /// A bit for each server that was asked.
    tried: u64,
    /// The first server that said no, and how.
    refusal: Option<(usize, Rcode)>,
    tries: u32,
    /// Rises with every change: what waits for an older number is void.
    serial: u32,
    /// Every identifier it went out under, when, and to whom: the answer to an early try may come late.
    ids: Vec<(u16, Instant, usize)>,
    packet: Vec<u8>,
    edns: bool,
    /// Letters in random case. The last try does without: some server may not keep them.
    scrambled: bool,
    /// The case of each letter, the same for all tries.
    cases: [u8; 32],
    held: bool,
}

/// Counts for --stats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Stats {
    pub questions: u64,
    pub sent: u64,
    pub again: u64,
    pub replies: u64,
    pub ignored: u64,
    pub truncated: u64,
    pub unanswered: u64,
}

/// All questions in the air.
#[derive(Debug)]
pub struct Flight {
    rules: Rules,
    peers: Vec<Peer>,
    /// The server to try first.
    best: usize,
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// Identifier to slot, small enough for a cache; [`NOBODY`] is none.
    ids: Vec<u16>,
    queue: VecDeque<Ask>,
    /// Slots to send again, by number and serial.
    again: VecDeque<(usize, u32)>,
    /// Ends of waits, a queue for each try: within one the waits are nearly equal, so it is nearly sorted.
    ends: Vec<VecDeque<(Instant, usize, u32)>>,
    /// Smoothed round trip, once known.
    rtt: Option<Duration>,
    /// The window in force, in questions.
    room: f64,
    cut: Option<Instant>,
    next_at: Option<Instant>,
    heard: bool,
    dice: Dice,
    /// Questions answered and given a second try since the window was last looked at.
    fate: (u32, u32),
    /// What happened so far.
    pub stats: Stats,
}

impl Flight {
    /// Nothing in the air yet; `servers` in the order to try them, at most 64.
    pub fn new(rules: Rules, servers: Vec<Server>) -> Flight {
        let mut dice = Dice::default();
        let peer = |server| Peer { server, cookie: dice.bytes::<8>().to_vec(), plain: false, heard: false, down: None };
        let peers = servers.into_iter().take(64).map(peer).collect();
        let ends = (0..rules.tries.max(1)).map(|_| VecDeque::new()).collect();
        Flight {
            rules,
            peers,
            best: 0,
            slots: Vec::new(),
            free: Vec::new(),
            ids: vec![NOBODY; 1 << 16],
            queue: VecDeque::new(),
            again: VecDeque::new(),
            ends,
            rtt: None,
            room: rules.window as f64,
            cut: None,
            next_at: None,
            heard: false,
            dice,
            fate: (0, 0),
            stats: Stats::default(),
        }
    }

    /// Adds a question.
    pub fn ask(&mut self, ask: Ask) {
        self.stats.questions += 1;
        self.queue.push_back(ask);
    }

    /// Questions not sent yet.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Is there room for a question in the window, `elsewhere` in streams?
    pub fn has_room(&self, elsewhere: usize) -> bool {
        self.in_air() + elsewhere < (self.room as usize).max(1)
    }

    /// Questions sent by datagram and not answered yet.
    pub fn in_air(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The servers, in their order.
    pub fn server(&self, peer: usize) -> Option<&Server> {
        self.peers.get(peer).map(|p| &p.server)
    }

    /// How many servers there are.
    pub fn servers(&self) -> usize {
        self.peers.len()
    }

    /// Drops the questions of `job` that `stale` names.
    pub fn drop_where(&mut self, job: u64, stale: impl Fn(Type) -> bool) {
        self.queue.retain(|ask| ask.job != job || !stale(ask.rtype));
        for at in 0..self.slots.len() {
            if self.slots[at].ask.as_ref().is_some_and(|ask| ask.job == job && stale(ask.rtype)) {
                self.release(at);
            }
        }
    }

    /// The next thing to send, if there is one now.
    pub fn next(&mut self, now: Instant, elsewhere: usize) -> Option<Step> {
        if self.next_at.is_some_and(|at| now < at) {
            return None;
        }
        while let Some((at, serial)) = self.again.pop_front() {
            if self.slots[at].serial == serial && self.slots[at].ask.is_some() {
                self.stats.again += 1;
                return Some(self.send(at, now));
            }
        }
        if self.queue.is_empty() || !self.has_room(elsewhere) {
            return None;
        }
        let peer = self.live(self.best, 0)?;
        let ask = self.queue.pop_front()?;
        self.best = peer;
        if self.peers[peer].server.transport != Transport::Udp {
            self.step_pace(now);
            return Some(Step::Stream(peer, ask));
        }
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::empty());
            self.slots.len() - 1
        });
        let slot = &mut self.slots[at];
        slot.ask = Some(ask);
        slot.peer = peer;
        slot.edns = !self.peers[peer].plain;
        slot.cases = self.dice.bytes();
        Some(self.send(at, now))
    }

    /// The datagram of a slot.
    pub fn packet(&self, slot: usize) -> &[u8] {
        self.slots.get(slot).map_or(&[], |s| &s.packet)
    }

    /// Writes the datagram of slot `at` and starts its wait.
    fn send(&mut self, at: usize, now: Instant) -> Step {
        self.step_pace(now);
        self.stats.sent += 1;
        let id = loop {
            let id = u16::from_ne_bytes(self.dice.bytes());
            if self.ids[usize::from(id)] == NOBODY {
                break id;
            }
        };
        self.ids[usize::from(id)] = u16::try_from(at).unwrap_or(NOBODY);
        let last = self.slots[at].tries + 1 >= self.rules.tries;
        let level = self.slots[at].tries as usize;
        let wait = if last { self.rules.timeout } else { self.wait(level) };
        let slot = &mut self.slots[at];
        let peer = &self.peers[slot.peer];
        slot.serial = slot.serial.wrapping_add(1);
        slot.ids.push((id, now, slot.peer));
        slot.tried |= 1 << slot.peer;
        slot.held = false;
        slot.scrambled = slot.tries == 0 || !last;
        let Some(ask) = &slot.ask else { return Step::Datagram(slot.peer, at) };
        let edns = Edns { payload: PAYLOAD, dnssec: self.rules.dnssec, cookie: &peer.cookie, block: 0 };
        let edns = slot.edns.then_some(edns);
        slot.packet.clear();
        Question { id, name: &ask.name, rtype: ask.rtype, recurse: self.rules.recurse, edns }.write(&mut slot.packet);
        if slot.scrambled {
            let name = &mut slot.packet[HEADER..HEADER + ask.name.wire().len()];
            for (i, byte) in name.iter_mut().enumerate().filter(|(_, b)| b.is_ascii_alphabetic()) {
                *byte ^= (slot.cases[i / 8 % 32] >> (i % 8) & 1) << 5;
            }
        }
        slot.tries += 1;
        let level = level.min(self.ends.len() - 1);
        self.ends[level].push_back((now + wait, at, slot.serial));
        Step::Datagram(slot.peer, at)
    }

    /// The wait after try `level`, counted from 0.
    fn wait(&self, level: usize) -> Duration {
        let first = self.rtt.map_or(SHORTEST, |rtt| (3 * rtt).max(SHORTEST));
        first.saturating_mul(1 << level.min(16)).min(self.rules.timeout)
    }

    /// Spends a turn of the rate.
    fn step_pace(&mut self, now: Instant) {
        if let Some(pace) = self.rules.pace {
            let due = self.next_at.map_or(now, |at| at.max(now.checked_sub(LAG).unwrap_or(now)));
            self.next_at = Some(due + pace);
        }
    }

    /// The first server from `from` on that is not down, nor in the mask `but`.
    fn live(&self, from: usize, but: u64) -> Option<usize> {
        let n = self.peers.len();
        (from..from + n).map(|i| i % n).find(|&i| self.peers[i].down.is_none() && but >> i & 1 == 0)
    }

    /// Reads a datagram from `peer`. What is no answer to a question in the air
    /// is ignored, and the wait goes on.
    pub fn datagram<'m>(&mut self, now: Instant, peer: usize, msg: &'m mut [u8]) -> Got<'m> {
        let Some((at, rtt)) = self.whose(now, peer, msg) else {
            self.stats.ignored += 1;
            return Got::Nothing;
        };
        if let Some(ask) = &self.slots[at].ask {
            message::restore_case(msg, &ask.name);
        }
        let msg = &*msg;
        let Some(reply) = Reply::read(msg) else { return Got::Nothing };
        if let Some(cookie) = reply.cookie() {
            // RFC 7873 section 5.3: a reply with another client's cookie is discarded.
            if cookie[..8] != self.peers[peer].cookie[..8] {
                self.stats.ignored += 1;
                return Got::Nothing;
            }
            if self.peers[peer].cookie != cookie {
                self.peers[peer].cookie = cookie.to_vec();
            }
        }
        self.stats.replies += 1;
        self.hear(peer, rtt, self.slots[at].tries);
        let slot = &mut self.slots[at];
        match reply.rcode {
            // Each of these happens once: without EDNS there are no cookies and no version.
            Rcode::FORMERR | Rcode::NOTIMP | Rcode::BADVERS if slot.edns => {
                slot.edns = false;
                self.requeue(at);
                return Got::Nothing;
            }
            Rcode::BADCOOKIE if slot.edns && slot.tries < self.rules.tries => {
                self.requeue(at);
                return Got::Nothing;
            }
            Rcode::NOERROR | Rcode::NXDOMAIN => {
                if !slot.edns {
                    self.peers[peer].plain = true;
                }
            }
            Rcode::FORMERR | Rcode::NOTIMP => {}
            _ => {
                slot.refusal.get_or_insert((peer, reply.rcode));
                let (from, tried) = (slot.peer + 1, slot.tried);
                if let Some(other) = self.live(from, tried) {
                    self.slots[at].peer = other;
                    self.slots[at].tries = 0;
                    self.requeue(at);
                    return Got::Nothing;
                }
            }
        }
        let Some(ask) = self.release(at) else { return Got::Nothing };
        if reply.header.truncated() {
            self.stats.truncated += 1;
            return Got::Truncated(ask, peer);
        }
        Got::Answer(ask, peer, rtt, reply)
    }

    /// The slot that `msg` answers, and how long it took.
    fn whose(&self, now: Instant, peer: usize, msg: &[u8]) -> Option<(usize, Duration)> {
        let header = Header::read(msg).filter(|h| h.is_reply() && h.opcode() == 0)?;
        let at = usize::from(*self.ids.get(usize::from(header.id))?);
        let slot = self.slots.get(at)?;
        let ask = slot.ask.as_ref()?;
        let (_, sent, _) = *slot.ids.iter().find(|(id, _, to)| *id == header.id && *to == peer)?;
        let rtt = now.saturating_duration_since(sent);
        match (msg[4], msg[5]) {
            // Old servers send these as a header alone.
            (0, 0) if [Rcode::FORMERR, Rcode::NOTIMP].contains(&Rcode(header.bits & 15)) => return Some((at, rtt)),
            (0, 1) => {}
            _ => return None,
        }
        let end = HEADER + ask.name.wire().len() + 4;
        let (asked, came) = (slot.packet.get(HEADER..end)?, msg.get(HEADER..end)?);
        let (same, like) = (asked == came, asked.eq_ignore_ascii_case(came));
        // The type and class behind the name may look like letters, too.
        let exact = asked[asked.len() - 4..] == came[came.len() - 4..];
        (same || !slot.scrambled && like && exact).then_some((at, rtt))
    }

    /// A server answered: all that wait for a sign of life go out again.
    fn hear(&mut self, peer: usize, rtt: Duration, tries: u32) {
        self.rtt = Some(self.rtt.map_or(rtt, |old| (old * 7 + rtt) / 8));
        self.room = (self.room + 1.0 / self.room).min(self.rules.window as f64);
        self.fate.0 += 1;
        self.peers[peer].heard = true;
        if tries > 1 || !self.heard {
            self.best = peer;
        }
        if !self.heard {
            self.heard = true;
            for at in 0..self.slots.len() {
                if self.slots[at].held {
                    self.slots[at].peer = peer;
                    self.requeue(at);
                }
            }
        }
    }

    /// Sends slot `at` again as soon as the pace allows.
    fn requeue(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        slot.serial = slot.serial.wrapping_add(1);
        slot.held = false;
        self.again.push_back((at, slot.serial));
    }

    /// Ends a slot.
    fn release(&mut self, at: usize) -> Option<Ask> {
        let slot = &mut self.slots[at];
        let ask = slot.ask.take()?;
        for (id, _, _) in slot.ids.drain(..) {
            self.ids[usize::from(id)] = NOBODY;
        }
        let (serial, packet, ids) =
            (slot.serial.wrapping_add(1), std::mem::take(&mut slot.packet), std::mem::take(&mut slot.ids));
        *slot = Slot { serial, packet, ids, ..Slot::empty() };
        self.free.push(at);
        Some(ask)
    }

    /// Ends the waits that are over, and puts what has no answer into `lost`.
    pub fn expire(&mut self, now: Instant, lost: &mut Vec<(Ask, usize, Trouble)>) {
        for level in 0..self.ends.len() {
            while let Some(&(end, at, serial)) = self.ends[level].front() {
                let current = self.slots[at].serial == serial && self.slots[at].ask.is_some();
                if current && end > now {
                    break;
                }
                self.ends[level].pop_front();
                if current {
                    self.lose(at, now, lost);
                }
            }
        }
        if self.live(0, 0).is_none() {
            let why = self.peers.iter().rev().find_map(|p| p.down.clone()).unwrap_or_default();
            let last = self.peers.len().saturating_sub(1);
            lost.extend(self.queue.drain(..).map(|ask| (ask, last, Trouble::Unreachable(why.clone()))));
        }
    }

    /// The wait of slot `at` is over.
    fn lose(&mut self, at: usize, now: Instant, lost: &mut Vec<(Ask, usize, Trouble)>) {
        // One cut for the losses of one round, and none where a few names have silent servers.
        self.fate.1 += 1;
        if self.cut.is_none_or(|cut| now.saturating_duration_since(cut) > self.wait(0)) {
            if self.fate.1 > self.fate.0 / 64 {
                self.room = (self.room / 2.0).max(FLOOR.min(self.rules.window as f64));
            }
            self.cut = Some(now);
            self.fate = (0, 0);
        }
        let slot = &mut self.slots[at];
        if slot.tries >= self.rules.tries {
            let (peer, why) = match slot.refusal {
                Some((peer, code)) => (peer, Trouble::Code(code)),
                None => (slot.peer, Trouble::Silence),
            };
            self.stats.unanswered += 1;
            lost.extend(self.release(at).map(|ask| (ask, peer, why)));
            return;
        }
        if !self.heard && slot.ask.as_ref().is_some_and(|ask| ask.waits) {
            slot.held = true;
            return;
        }
        let from = slot.peer + 1;
        if let Some(other) = self.live(from, 0) {
            self.slots[at].peer = other;
        }
        self.requeue(at);
    }

    /// `peer` can't be reached. Its questions go to the next server, or into `lost`.
    /// A server that has answered before is only restarting: its questions wait.
    pub fn down(&mut self, peer: usize, why: &io::Error, lost: &mut Vec<(Ask, usize, Trouble)>) {
        if self.peers[peer].heard && why.kind() == io::ErrorKind::ConnectionRefused {
            return;
        }
        let why = reason(why);
        self.peers[peer].down = Some(why.clone());
        for at in 0..self.slots.len() {
            let slot = &self.slots[at];
            if slot.ask.is_none() || slot.peer != peer {
                continue;
            }
            match self.live(peer + 1, 0) {
                Some(other) => {
                    self.slots[at].peer = other;
                    self.slots[at].tries = 0;
                    self.requeue(at);
                }
                None => lost.extend(self.release(at).map(|ask| (ask, peer, Trouble::Unreachable(why.clone())))),
            }
        }
    }

    /// A question that a stream could not bring to its server: another server's turn, if there is one.
    pub fn ask_elsewhere(&mut self, ask: Ask) {
        self.queue.push_front(ask);
    }

    /// When something is to be done next, if nothing arrives; `now` if it can be done now.
    pub fn wake(&mut self, now: Instant, elsewhere: usize) -> Option<Instant> {
        let mut wake: Option<Instant> = None;
        for ends in &mut self.ends {
            while let Some(&(end, at, serial)) = ends.front() {
                if self.slots[at].serial == serial && self.slots[at].ask.is_some() {
                    wake = Some(wake.map_or(end, |w| w.min(end)));
                    break;
                }
                ends.pop_front();
            }
        }
        let ready = !self.again.is_empty() || !self.queue.is_empty() && self.has_room(elsewhere);
        let next = ready.then(|| self.next_at.unwrap_or(now));
        wake.into_iter().chain(next).min()
    }
}

/// The system's reason in lower case, an acronym in front aside.
pub fn reason(e: &io::Error) -> String {
    let text = plainnet_common::output::reason(e);
    let word = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if word.chars().skip(1).any(char::is_uppercase) {
        return text;
    }
    let mut rest = text.chars();
    rest.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(rest).collect()
}

impl Slot {
    fn empty() -> Slot {
        Slot {
            ask: None,
            peer: 0,
            tried: 0,
            refusal: None,
            tries: 0,
            serial: 0,
            ids: Vec::new(),
            packet: Vec::new(),
            edns: true,
            scrambled: false,
            cases: [0; 32],
            held: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn flight(servers: usize) -> Flight {
        let rules = Rules { timeout: 1000 * MS, tries: 3, window: 100, pace: None, dnssec: false, recurse: true };
        let server = |n: usize| Server::udp(([192, 0, 2, n as u8 + 1], 53).into());
        Flight::new(rules, (0..servers).map(server).collect())
    }

    fn ask(job: u64, waits: bool) -> Ask {
        Ask { job, name: Rc::new(Name::parse("www.example.org").unwrap()), rtype: Type::A, waits }
    }

    /// Everything that may be sent at `now`: server and bytes.
    fn sent(flight: &mut Flight, now: Instant) -> Vec<(usize, Vec<u8>)> {
        let mut all = Vec::new();
        while let Some(step) = flight.next(now, 0) {
            let Step::Datagram(peer, slot) = step else { panic!() };
            all.push((peer, flight.packet(slot).to_vec()));
        }
        all
    }

    /// The answer "no such record" to a question.
    fn answer(question: &[u8], code: u8) -> Vec<u8> {
        let end = HEADER + 17 + 4;
        let mut msg = question[..end].to_vec();
        msg[2..12].copy_from_slice(&[0x81, 0x80 | code, 0, 1, 0, 0, 0, 0, 0, 0]);
        msg
    }

    fn is_answer(got: &Got<'_>) -> bool {
        matches!(got, Got::Answer(..))
    }

    fn lost(flight: &mut Flight, now: Instant) -> Vec<Trouble> {
        let mut lost = Vec::new();
        flight.expire(now, &mut lost);
        lost.into_iter().map(|(_, _, why)| why).collect()
    }

    #[test]
    fn a_window_of_questions_under_different_identifiers() {
        let (mut flight, now) = (flight(1), Instant::now());
        (0..150).for_each(|job| flight.ask(ask(job, false)));
        let first = sent(&mut flight, now);
        let ids: std::collections::BTreeSet<_> = first.iter().map(|(_, m)| [m[0], m[1]]).collect();
        assert_eq!((first.len(), ids.len()), (100, 100));
        let mut msg = answer(&first[0].1, 0);
        assert!(is_answer(&flight.datagram(now, 0, &mut msg)));
        // The same one again answers nothing.
        assert!(!is_answer(&flight.datagram(now, 0, &mut msg)));
        assert_eq!(sent(&mut flight, now).len(), 1);
    }

    #[test]
    fn only_the_answer_to_the_question_counts() {
        let (mut flight, now) = (flight(2), Instant::now());
        flight.ask(ask(0, false));
        let question = sent(&mut flight, now).remove(0).1;
        let good = answer(&question, 0);
        let spoilt = |at: usize, bit: u8| {
            let mut msg = good.clone();
            msg[at] ^= bit;
            msg
        };
        // Identifier, QR, opcode, the case of a letter, another type, another class.
        for (at, bit) in [(0, 1), (2, 0x80), (2, 0x08), (HEADER + 1, 0x20), (HEADER + 18, 2), (HEADER + 20, 2)] {
            assert!(!is_answer(&flight.datagram(now, 0, &mut spoilt(at, bit))), "{at}");
        }
        assert!(!is_answer(&flight.datagram(now, 1, &mut good.clone())), "another server");
        assert!(is_answer(&flight.datagram(now, 0, &mut good.clone())));
    }

    #[test]
    fn a_late_answer_to_the_first_try_still_counts() {
        let (mut flight, now) = (flight(1), Instant::now());
        flight.ask(ask(0, false));
        let early = sent(&mut flight, now).remove(0).1;
        assert!(lost(&mut flight, now + 249 * MS).is_empty() && sent(&mut flight, now + 249 * MS).is_empty());
        assert!(lost(&mut flight, now + 250 * MS).is_empty());
        let again = sent(&mut flight, now + 250 * MS);
        assert!(again.len() == 1 && again[0].1[..2] != early[..2]);
        assert!(is_answer(&flight.datagram(now + 600 * MS, 0, &mut answer(&early, 0))));
    }

    #[test]
    fn silence_ends_after_all_tries_and_waits_for_nobody() {
        let (mut flight, now) = (flight(1), Instant::now());
        flight.ask(ask(0, false));
        flight.ask(ask(0, true));
        assert_eq!(sent(&mut flight, now).len(), 2);
        let mut tries = 0;
        for at in 0..2000 {
            let now = now + at * MS;
            if lost(&mut flight, now) == [Trouble::Silence] {
                // 250 and 500 ms, then the whole timeout; the other question waits for a sign of life.
                assert_eq!((at, tries), (1750, 2));
                return;
            }
            tries += sent(&mut flight, now).len();
        }
        panic!("never ends");
    }

    #[test]
    fn a_refusal_and_an_absence_ask_the_next_server() {
        let (mut flight, now) = (flight(3), Instant::now());
        flight.ask(ask(0, false));
        let (peer, question) = sent(&mut flight, now).remove(0);
        assert!(!is_answer(&flight.datagram(now, peer, &mut answer(&question, 5))));
        let (peer, _) = sent(&mut flight, now).remove(0);
        assert_eq!(peer, 1);
        let mut lost = Vec::new();
        flight.down(1, &io::ErrorKind::ConnectionRefused.into(), &mut lost);
        let (peer, question) = sent(&mut flight, now).remove(0);
        assert_eq!((peer, lost.len()), (2, 0));
        // When the last one refuses, too, that is the answer.
        assert!(is_answer(&flight.datagram(now, 2, &mut answer(&question, 5))));
    }

    #[test]
    fn a_pace_is_even() {
        let mut flight = flight(1);
        flight.rules.pace = Some(20 * MS);
        (0..10).for_each(|job| flight.ask(ask(job, false)));
        let now = Instant::now();
        for turn in 0..10 {
            let now = now + turn * 20 * MS;
            assert_eq!(sent(&mut flight, now).len(), 1);
            assert_eq!(sent(&mut flight, now + 10 * MS).len(), 0);
        }
    }
}
