//! A network of the tests' own: servers with a round trip, losses and a limit,
//! and a clock that jumps from event to event. Nothing here waits.
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use crate::{
    ask::{
        engine::{Engine, Resolution},
        query::Path,
        settings::{Endpoint, Settings},
    },
    wire::{
        message::{IN, u16_at},
        name::Name,
        types::Type,
    },
};

pub(super) const MS: Duration = Duration::from_millis(1);

/// The settings of a run over several names without options.
pub(super) fn settings() -> Settings {
    Settings {
        types: None,
        class: IN,
        recurse: true,
        edns: true,
        cookie: true,
        dnssec: false,
        nsid: false,
        subnet: None,
        timeout: 3000 * MS,
        tries: 4,
        window: 400,
        interval: None,
        exhaustive: false,
        lone: false,
        follow: false,
        check_alias: false,
        keep_messages: false,
        checking: false,
        validate: false,
        spread: false,
    }
}

/// A question that a server got.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Lower case, without the final dot.
    pub(super) name: String,
    pub(super) rtype: Type,
    pub(super) message: Vec<u8>,
    /// Since the start.
    pub(super) at: Duration,
}

/// What a server says to a question; nothing is silence.
pub(super) type Answer = Box<dyn Fn(&Asked) -> Option<Vec<u8>>>;

/// A server.
pub(super) struct Host {
    pub(super) rtt: Duration,
    /// The part of the datagrams that is lost, each way counted together.
    pub(super) loss: f64,
    /// Questions a second; others are dropped. As many as in a second may come at once.
    pub(super) limit: Option<f64>,
    /// Questions that may wait, and the time that each takes; others are dropped.
    queue: Option<(u32, Duration)>,
    /// When the last of those that wait is answered.
    busy: Duration,
    pub(super) answer: Answer,
    pub(super) asked: Vec<Asked>,
    tokens: f64,
    refilled: Duration,
}

impl Host {
    pub(super) fn new(rtt: Duration, answer: impl Fn(&Asked) -> Option<Vec<u8>> + 'static) -> Host {
        let answer = Box::new(answer);
        Host {
            rtt,
            loss: 0.0,
            limit: None,
            queue: None,
            busy: Duration::ZERO,
            answer,
            asked: Vec::new(),
            tokens: 0.0,
            refilled: Duration::ZERO,
        }
    }

    pub(super) fn limited(self, limit: f64) -> Host {
        Host { limit: Some(limit), tokens: limit, ..self }
    }

    pub(super) fn queueing(self, most: u32, each: Duration) -> Host {
        Host { queue: Some((most, each)), ..self }
    }

    pub(super) fn losing(self, loss: f64) -> Host {
        Host { loss, ..self }
    }

    /// The answer that comes back and how long it takes, if any comes.
    fn take(&mut self, message: &[u8], at: Duration, dice: &mut u64) -> Option<(Duration, Vec<u8>)> {
        let (name, next) = Name::read(message, 12)?;
        let name = name.to_string().to_ascii_lowercase().trim_end_matches('.').to_owned();
        let asked = Asked { name, rtype: Type(u16_at(message, next)?), message: message.to_vec(), at };
        self.asked.push(asked.clone());
        if let Some(limit) = self.limit {
            self.tokens = (self.tokens + limit * (at - self.refilled).as_secs_f64()).min(limit);
            self.refilled = at;
            if self.tokens < 1.0 {
                return None;
            }
            self.tokens -= 1.0;
        }
        // xorshift: the same losses in every run.
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        if (*dice % 1_000_000) as f64 / 1_000_000.0 < self.loss {
            return None;
        }
        let mut takes = self.rtt;
        if let Some((most, each)) = self.queue {
            if self.busy.saturating_sub(at) >= most * each {
                return None;
            }
            self.busy = self.busy.max(at) + each;
            takes += self.busy - at;
        }
        Some((takes, (self.answer)(&asked)?))
    }
}

/// What a run came to.
pub(super) struct Finished {
    pub(super) resolutions: Vec<Resolution>,
    /// Until the last answer.
    pub(super) took: Duration,
    pub(super) hosts: Vec<Host>,
}

/// Asks `hosts` about each of `names`, which stands for the names that it may mean.
pub(super) fn run(settings: Settings, mut hosts: Vec<Host>, names: &[Vec<&str>]) -> Finished {
    let endpoints = vec![Endpoint { datagrams: true, encrypted: false }; hosts.len()];
    let mut engine = Engine::new(settings, &endpoints);
    let start = Instant::now();
    let (mut now, mut dice) = (start, 88_172_645_463_325_252u64);
    let mut flying: BinaryHeap<Reverse<(Instant, usize, Vec<u8>)>> = BinaryHeap::new();
    let mut waiting = names.iter();
    let mut resolutions = Vec::new();
    loop {
        while engine.has_room()
            && let Some(names) = waiting.next()
        {
            engine.begin(names.iter().map(|text| Name::parse(text).unwrap()), now);
        }
        engine.advance(now);
        while let Some(send) = engine.next(now) {
            assert_eq!(send.path, Path::Datagram);
            let host = &mut hosts[send.server];
            if let Some((takes, reply)) = host.take(engine.message(send.slot), now - start, &mut dice) {
                flying.push(Reverse((now + takes, send.server, reply)));
            }
        }
        while let Some(resolution) = engine.pop_done() {
            resolutions.push(resolution);
        }
        if resolutions.len() == names.len() {
            return Finished { resolutions, took: now - start, hosts };
        }
        if engine.has_room() && waiting.len() > 0 {
            // What was done made room.
            continue;
        }
        let arrival = flying.peek().map(|Reverse((at, ..))| *at);
        let next = engine.wake(now).into_iter().chain(arrival).min().expect("an unfinished name waits for something");
        // A clock has grains, and a wake-up is never early.
        now = next.max(now + Duration::from_micros(50));
        assert!(now - start < Duration::from_secs(600), "never ends");
        while flying.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            let Some(Reverse((_, server, mut reply))) = flying.pop() else { break };
            engine.receive(now, server, Path::Datagram, &mut reply);
        }
    }
}

/// An answer to `asked` with this response code and these records: owner, type and data.
pub(super) fn reply(asked: &Asked, rcode: u8, records: &[(&str, Type, &[u8])]) -> Vec<u8> {
    let (_, end) = Name::read(&asked.message, 12).unwrap();
    let mut msg = asked.message[..end + 4].to_vec();
    msg[2..12].copy_from_slice(&[0x85, 0x80 | rcode, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    for (owner, rtype, data) in records {
        msg.extend(Name::parse(owner).unwrap().wire());
        msg.extend(rtype.0.to_be_bytes());
        msg.extend([0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
        msg.extend(*data);
    }
    msg
}

/// A server that knows an address for every name, and nothing else.
pub(super) fn addresses(asked: &Asked) -> Option<Vec<u8>> {
    let address: &[(&str, Type, &[u8])] = &[(&asked.name, Type::A, &[192, 0, 2, 1])];
    Some(reply(asked, 0, if asked.rtype == Type::A { address } else { &[] }))
}
