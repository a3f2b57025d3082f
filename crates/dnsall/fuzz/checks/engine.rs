//! Some names, asked on a network of which the input decides what it answers,
//! when, and with what it breaks off. The clock jumps from event to event.
//!
//! Every name comes to an end, in its order; each question has one outcome; no
//! question is sent more often than its tries and each cure for a server's fault
//! allow; what a forger sends is never taken; and what is kept has a bound.
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use dnsall::{
    ask::{
        engine::{Engine, MOST_ALIASES, Resolution},
        lookup::Lookup,
        query::Path,
        random::Random,
        settings::{Endpoint, Settings},
    },
    wire::{
        message::{IN, Rcode, Reply},
        name::Name,
        types::Type,
    },
};

const MS: Duration = Duration::from_millis(1);
/// What only forged messages hold: an address.
const FORGED: [u8; 4] = [203, 0, 113, 66];
const NAMES: [&str; 6] =
    ["a.example.", "b.example.", "www.A.example.", "x.test.", "a-longer-label.of.some.b.example.", "."];
/// The types of a run, by a byte of the input; nothing for all of them.
const TYPES: [&[Type]; 4] = [&[Type::A], &[Type::A, Type::MX, Type::TXT], &[Type::CNAME, Type::AAAA, Type::ANY], &[]];

/// The input, which is zeros where it has ended.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn bytes(&mut self, n: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        head
    }
}

/// Something that happens to the engine.
enum Event {
    Message { server: usize, path: Path, bytes: Vec<u8> },
    Unreachable { server: usize, restarting: bool },
    Disconnected { server: usize, established: bool },
    Unanswered { server: usize, id: u16 },
}

/// The way to the servers, and they themselves.
struct Network<'a> {
    script: Script<'a>,
    /// Where the script has ended, every question is answered; else none.
    is_kind: bool,
    events: Vec<(Instant, Event)>,
    servers: usize,
    sent: u64,
    /// Bytes that came back.
    bytes: usize,
}

/// The name of a question, its type, and where it ends.
fn question(message: &[u8]) -> (Name, Type, usize) {
    let (name, end) = Name::read(message, 12).expect("a question has a name");
    (name, Type(u16::from_be_bytes([message[end], message[end + 1]])), end + 4)
}

/// A record of the answer section, owned by the name of the question.
fn record(rtype: Type, data: &[u8]) -> Vec<u8> {
    let [high, low] = (data.len() as u16).to_be_bytes();
    [&[0xc0, 12][..], &rtype.0.to_be_bytes(), &[0, 1, 0, 0, 0, 60, high, low], data].concat()
}

/// A reply to `message` with these records: how many answers, how many of the authority.
fn reply(message: &[u8], rcode: u8, counts: [u8; 2], records: &[u8]) -> Vec<u8> {
    let (_, _, end) = question(message);
    let mut out = message[..end].to_vec();
    out[2..12].copy_from_slice(&[0x81, 0x80 | rcode, 0, 1, 0, counts[0], 0, counts[1], 0, 0]);
    out.extend_from_slice(records);
    out
}

/// What a well-behaved server answers.
fn good(message: &[u8]) -> Vec<u8> {
    match question(message).1 {
        Type::A => reply(message, 0, [1, 0], &record(Type::A, &[192, 0, 2, 1])),
        _ => reply(message, 0, [0, 0], &[]),
    }
}

impl Network<'_> {
    fn take(&mut self, server: usize, path: Path, message: &[u8], now: Instant) {
        self.sent += 1;
        let head = self.script.byte();
        let after = |step: u8| now + [0, 1, 20, 100, 300, 1000, 5000, 40_000][usize::from(step & 7)] * MS;
        let ended = self.script.0.is_empty() && head == 0;
        let kind = if ended { u8::from(self.is_kind) } else { head >> 3 & 31 };
        let at = after(head);
        let (name, rtype, end) = question(message);
        let id = u16::from_be_bytes([message[0], message[1]]);
        let bytes = match kind {
            0 => return,
            1 | 2 => good(message),
            3 => {
                let soa = [record(Type::SOA, &[0; 22])].concat();
                reply(message, 3, [0, 1], &soa)
            }
            4 | 5 => {
                let to = Name::parse(NAMES[usize::from(self.script.byte()) % NAMES.len()]).expect("a name");
                let rtype = if kind == 4 { Type::CNAME } else { Type::DNAME };
                reply(message, self.script.byte() & 3, [1, 0], &record(rtype, to.wire()))
            }
            6 => reply(message, self.script.byte() & 15, [0, 0], &[]),
            7 => {
                let mut bytes = good(message);
                bytes[2] |= 2;
                bytes
            }
            8 => {
                let mut bytes = good(message);
                bytes[12..end].make_ascii_lowercase();
                bytes
            }
            9 => {
                // A cookie of somebody's.
                let n = self.script.byte() & 63;
                let cookie = self.script.bytes(n.into());
                let mut bytes = good(message);
                bytes[11] = 1;
                let len = cookie.len() as u8;
                bytes.extend([0, 0, 41, 4, 208, self.script.byte() & 1, 0, 0, 0, 0, 4 + len, 0, 10, 0, len]);
                bytes.extend(cookie);
                bytes
            }
            10 | 11 => {
                let n = usize::from(self.script.byte());
                reply(message, 0, [1, 0], &record(rtype, self.script.bytes(n)))
            }
            12 => {
                // Any bytes behind the question.
                let counts = [self.script.byte(), self.script.byte()];
                let n = usize::from(self.script.byte());
                reply(message, self.script.byte() & 15, counts, self.script.bytes(n))
            }
            13 => {
                let mut bytes = good(message);
                let at = usize::from(self.script.byte()) % bytes.len();
                bytes[at] ^= self.script.byte();
                bytes
            }
            14 => {
                let bytes = good(message);
                bytes[..usize::from(self.script.byte()) % (bytes.len() + 1)].to_vec()
            }
            15 => {
                let ns = Name::parse(NAMES[usize::from(self.script.byte()) % NAMES.len()]).expect("a name");
                reply(message, 0, [0, 1], &record(Type::NS, ns.wire()))
            }
            16 | 17 => return self.events.push((at, Event::Disconnected { server, established: kind == 16 })),
            18 => return self.events.push((at, Event::Unanswered { server, id })),
            19 => {
                let restarting = self.script.byte() & 1 != 0;
                return self.events.push((at, Event::Unreachable { server, restarting }));
            }
            20..=23 => return self.forge(kind, server, path, message, at),
            24 => {
                // Twice, and once more much later.
                let bytes = good(message);
                let late = after(self.script.byte());
                for at in [at, at, late] {
                    self.deliver(at, server, path, bytes.clone());
                }
                return;
            }
            25 => {
                // FORMERR or NOTIMP as a header alone, as old servers send it.
                let mut bytes = message[..12].to_vec();
                bytes[2..12].copy_from_slice(&[0x80, if head & 1 != 0 { 1 } else { 4 }, 0, 0, 0, 0, 0, 0, 0, 0]);
                bytes
            }
            26 => {
                let _ = name;
                let texts: Vec<u8> = (0..self.script.byte()).flat_map(|i| record(rtype, &[1, i])).collect();
                let count = (texts.len() / 14) as u8;
                reply(message, 0, [count, 0], &texts)
            }
            _ => good(message),
        };
        // Only a forger's messages hold the mark.
        if !bytes.windows(4).any(|four| four == FORGED) {
            self.deliver(at, server, path, bytes);
        }
    }

    fn deliver(&mut self, at: Instant, server: usize, path: Path, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        self.events.push((at, Event::Message { server, path, bytes }));
    }

    /// A message that must not count, and then the server's own.
    fn forge(&mut self, kind: u8, server: usize, path: Path, message: &[u8], at: Instant) {
        let mut forged = reply(message, 0, [1, 0], &record(question(message).1, &FORGED));
        let (mut from, mut by) = (server, path);
        match kind {
            // From somebody else, who has been sent nothing under this identifier.
            20 if self.servers > 1 => from = (server + 1) % self.servers,
            // It is no reply, or no answer to a query.
            21 => forged[2] ^= if self.script.byte() & 1 != 0 { 0x80 } else { 0x08 },
            // About something else: one more label, another type or class.
            22 => {
                let end = question(message).2;
                match self.script.byte() & 3 {
                    0 => forged[end - 1] ^= 1,
                    1 => forged[end - 3] ^= 0x80,
                    2 => forged[5] = 2,
                    _ => drop(forged.splice(12..12, [1, b'x'])),
                }
            }
            _ => by = if path == Path::Datagram { Path::Connection } else { Path::Datagram },
        }
        self.deliver(at, from, by, forged);
        self.deliver(at, server, path, good(message));
    }

    /// The first event that is due at `now`; of the same time the one that was sent first.
    fn next(&mut self, now: Instant) -> Option<Event> {
        let first = self.events.iter().enumerate().filter(|(_, e)| e.0 <= now).min_by_key(|(n, e)| (e.0, *n))?.0;
        Some(self.events.remove(first).1)
    }
}

fn settings(script: &mut Script<'_>) -> Settings {
    let (bits, more, last) = (script.byte(), script.byte(), script.byte());
    let is = |bit: u8| bits >> bit & 1 != 0;
    let types = TYPES[usize::from(last & 3)];
    Settings {
        types: (!types.is_empty()).then(|| types.into()),
        class: IN,
        recurse: true,
        edns: !is(0),
        cookie: !is(1),
        dnssec: is(2),
        nsid: is(2),
        subnet: None,
        timeout: [200, 1000, 3000, 10_000][usize::from(more & 3)] * MS,
        tries: 1 + u32::from(more >> 2 & 3),
        window: [1, 2, 10, 400][usize::from(more >> 4 & 3)],
        interval: (last & 4 != 0).then_some(20 * MS),
        exhaustive: last & 8 != 0,
        lone: is(3),
        follow: is(4),
        check_alias: is(5),
        keep_messages: is(6),
        checking: is(7),
        validate: false,
        spread: more & 64 != 0,
    }
}

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let mut script = Script(input);
    let settings = settings(&mut script);
    let (hosts, names) = (script.byte(), script.byte());
    let servers = 1 + usize::from(hosts & 3);
    let endpoint = |at: usize| {
        let datagrams = hosts >> (2 + at) & 1 == 0;
        Endpoint { datagrams, encrypted: !datagrams && hosts & 64 != 0 }
    };
    let endpoints: Vec<Endpoint> = (0..servers).map(endpoint).collect();
    let count = if settings.lone { 1 } else { 1 + usize::from(names & 3) };
    let candidates = 1 + usize::from(names >> 2 & 1);
    let name = |at: usize| Name::parse(NAMES[(at + usize::from(names >> 4)) % NAMES.len()]).expect("a name");
    let mut waiting: VecDeque<Vec<Name>> = (0..count).map(|at| (at..at + candidates).map(name).collect()).collect();
    let mut network = Network { script, is_kind: hosts & 128 != 0, events: Vec::new(), servers, sent: 0, bytes: 0 };
    let mut engine = Engine::with_random(settings.clone(), &endpoints, Random::repeatable(1));
    let start = Instant::now();
    let (mut now, mut done, mut begun, mut finished) = (start, Vec::new(), 0, Vec::new());
    // After the last answer the rest is waited for, which changes nothing.
    loop {
        while engine.has_room()
            && let Some(names) = waiting.pop_front()
        {
            assert_eq!(engine.begin(names, now), begun);
            begun += 1;
        }
        engine.advance(now);
        while let Some(send) = engine.next(now) {
            let message = engine.message(send.slot);
            assert!(send.path == Path::Connection || endpoints[send.server].datagrams);
            assert!(message.len() <= 512 && message[2] & 0x80 == 0, "{message:?}");
            network.take(send.server, send.path, message, now);
        }
        assert!(engine.in_flight() <= servers * settings.window.max(1), "{} in flight", engine.in_flight());
        finished.extend(engine.finished());
        done.extend(std::iter::from_fn(|| engine.pop_done()));
        let arrival = network.events.iter().map(|(at, _)| *at).min();
        let wake = engine.wake(now);
        let is_over = done.len() == count && wake.is_none() && arrival.is_none();
        if is_over {
            break;
        }
        if !waiting.is_empty() && engine.has_room() {
            continue;
        }
        let next = wake.into_iter().chain(arrival).min().expect("an unfinished name waits for something");
        // A clock has grains, and a wake-up is never early.
        now = next.max(now + Duration::from_micros(50));
        let sent = network.sent;
        assert!(sent <= most(&settings, servers, engine.statistics().questions), "{sent} messages");
        while let Some(event) = network.next(now) {
            match event {
                Event::Message { server, path, mut bytes } => engine.receive(now, server, path, &mut bytes),
                Event::Unreachable { server, restarting } => engine.unreachable(now, server, "gone", restarting),
                Event::Disconnected { server, established } => engine.disconnected(now, server, "over", established),
                Event::Unanswered { server, id } => engine.unanswered(now, server, id, "no"),
            }
        }
    }
    assert_eq!((engine.in_flight(), begun), (0, count as u64));
    let all = engine.statistics().clone();
    assert!(all.sent == network.sent && all.again <= all.sent && all.sent - all.again <= all.questions, "{all:?}");
    assert!(engine.pop_done().is_none());
    if settings.checking {
        finished.sort_unstable();
        assert!(finished.iter().copied().eq(0..begun), "{finished:?}");
    }
    let kept: usize = done.iter().map(size).sum();
    // Each record is kept in three forms, and a byte of it is four characters at most.
    assert!(kept <= 64 * network.bytes + 4096 * done.len() + 256 * all.questions as usize, "{kept} bytes");
    for resolution in &done {
        assert!(resolution.lookups.len() <= MOST_ALIASES + 2, "{} names", resolution.lookups.len());
        for lookup in &resolution.lookups {
            accounts(lookup);
        }
    }
    // Nothing is left to be done, whatever the time.
    engine.advance(now + Duration::from_secs(1000));
    assert!(engine.next(now + Duration::from_secs(1000)).is_none());
}

/// The most messages for so many questions: a query that an overloaded server
/// drops has four times its tries, and again at each server that refuses; each
/// server is asked once more without EDNS, with another case and without a
/// cookie, and a connection once more after it broke.
fn most(settings: &Settings, servers: usize, questions: u64) -> u64 {
    let servers = servers as u64;
    questions * ((servers + 1) * (4 * u64::from(settings.tries) + 5) + 4)
}

/// About how many bytes of a peer a resolution holds.
fn size(resolution: &Resolution) -> usize {
    let of = |lookup: &Lookup| {
        let records = lookup.records.iter().map(|r| r.data.text.len() + r.data.wire.len() + r.data.key.len());
        let errors = lookup.extended_errors.iter().map(|e| e.text.len());
        records.chain(errors).chain(lookup.messages.iter().map(|m| m.bytes.len())).sum::<usize>()
    };
    resolution.lookups.iter().map(of).sum()
}

/// Every type that was asked has one outcome, and no forger's address is among the records.
fn accounts(lookup: &Lookup) {
    for record in &lookup.records {
        assert_ne!(record.data.wire, FORGED, "a forger was believed");
    }
    assert!(lookup.records.windows(2).all(|two| (two[0].rtype, &two[0].data.key) < (two[1].rtype, &two[1].data.key)));
    let types: Vec<Type> = match &lookup.settings.types {
        Some(types) => types.to_vec(),
        // An alias, a denial or silence says something of all types at once.
        None if !lookup.settings.exhaustive
            && (lookup.target.is_some() || lookup.denied.contains(&Type::A) || lookup.failed_whole) =>
        {
            return;
        }
        None => Type::data_types().collect(),
    };
    for rtype in types {
        let has_record = lookup.records.iter().any(|r| r.rtype == rtype || rtype == Type::ANY);
        let said = [
            lookup.absent.iter().filter(|a| a.rtype == rtype).count(),
            lookup.denied.iter().filter(|t| **t == rtype).count(),
            lookup.referred.iter().filter(|t| **t == rtype).count(),
            lookup.unimplemented.iter().filter(|u| u.rtype == rtype).count(),
        ];
        let failures = lookup.failures.iter().filter(|f| f.rtype == rtype).count();
        let outcomes: usize = said.iter().sum();
        assert!(outcomes <= 1 && failures <= 1, "{rtype}: {outcomes} outcomes, {failures} failures");
        let answered = has_record || outcomes == 1 || failures == 1 || lookup.target.is_some();
        assert!(answered, "{rtype} is lost: {:?} {:?}", lookup.rcode, lookup.failures);
        let refused = lookup.unimplemented.iter().any(|u| u.rtype == rtype && u.rcode == Rcode::NOERROR);
        assert!(!refused);
    }
    let size = lookup.messages.iter().filter(|m| Reply::read(&m.bytes).is_none()).count();
    assert_eq!(size, 0, "a message that cannot be read was kept");
}
