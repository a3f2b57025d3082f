//! The table by itself, and played through an attack on a clock of the test's own.
use std::{collections::VecDeque, fs::File, mem::size_of};

use rustix::io::Errno;

use super::*;
use crate::connection::{Buffers, Detail, Mode, Transport};

fn fd() -> OwnedFd {
    File::open("/dev/null").unwrap().into()
}

fn order(table: &Connections, order: Order) -> Vec<u32> {
    std::iter::successors(table.first(order), |n| table.after(order, *n)).collect()
}

fn at(millis: u32) -> Moment {
    Moment::from_millis(millis)
}

#[test]
fn an_idle_connection_costs_little() {
    assert!(size_of::<Slot>() + size_of::<Peer>() <= 64, "{}", size_of::<Slot>());
}

#[test]
fn orders_follow_what_happens() {
    let mut table = Connections::new(true);
    for now in 0..4 {
        table.add(fd(), Peer::UNKNOWN, at(now));
    }
    table.touch(1, at(5));
    table.touch(0, at(6));
    assert_eq!(order(&table, Order::Activity), [2, 3, 1, 0]);
    assert_eq!(order(&table, Order::Arrival), [0, 1, 2, 3]);
    table.enter(3, Phase::Lingering, at(7));
    table.remove(2);
    assert_eq!(order(&table, Order::Activity), [1, 0]);
    assert_eq!(order(&table, Order::Arrival), [0, 1]);
    assert_eq!(order(&table, Order::Linger), [3]);
    table.remove(3);
    assert_eq!((table.len(), order(&table, Order::Linger)), (2, vec![]));
    // Not before the batch is done.
    assert_eq!(table.add(fd(), Peer::UNKNOWN, at(8)), 4);
    table.settle();
    let mut again = [table.add(fd(), Peer::UNKNOWN, at(9)), table.add(fd(), Peer::UNKNOWN, at(9))];
    again.sort();
    assert_eq!(again, [2, 3]);
    assert_eq!(table.add(fd(), Peer::UNKNOWN, at(9)), 5);
}

#[test]
fn a_delayed_connection_is_not_idle() {
    let mut table = Connections::new(false);
    for now in 0..3 {
        table.add(fd(), Peer::UNKNOWN, at(now));
    }
    table.enter(1, Phase::Delayed, at(10));
    // Bytes don't move it out of the order in which delays end.
    table.touch(1, at(11));
    table.enter(0, Phase::Delayed, at(12));
    assert_eq!(order(&table, Order::Activity), [2]);
    assert_eq!(order(&table, Order::Delay), [1, 0]);
    assert_eq!(order(&table, Order::Arrival), [0, 1, 2]);
    assert_eq!(table.peek(1).unwrap().moment(Order::Delay), at(10));
    table.enter(1, Phase::Open, at(20));
    assert_eq!((order(&table, Order::Activity), order(&table, Order::Delay)), (vec![2, 1], vec![0]));
    table.remove(0);
    assert_eq!((order(&table, Order::Arrival), order(&table, Order::Delay)), (vec![1, 2], vec![]));
}

#[test]
fn peers_keep_their_names() {
    for text in ["127.0.0.1:80", "[::1]:5555", "[fe80::1%7]:9", "[2001:db8::1]:65535"] {
        let addr: SocketAddr = text.parse().unwrap();
        assert_eq!(Peer::new(addr).addr(), addr);
    }
    let host = |text: &str| Peer::new(text.parse().unwrap()).host();
    assert_eq!(host("[::ffff:192.0.2.1]:1"), host("192.0.2.1:2"));
    assert_ne!(host("192.0.2.1:1"), host("192.0.2.2:1"));
    assert_eq!(host("[2001:db8::1]:1"), host("[2001:db8::2:0:0:2]:1"));
    assert_ne!(host("[2001:db8::1]:1"), host("[2001:db8:0:1::1]:1"));
}

#[test]
fn there_is_room_as_long_as_nothing_is_allocated() {
    let mut table = Connections::new(true);
    assert!(!table.has_room());
    table.reserve(1, 1).unwrap();
    let first = table.add(fd(), Peer::UNKNOWN, at(0));
    assert!(table.has_room());
    table.add(fd(), Peer::UNKNOWN, at(0));
    assert!(!table.has_room());
    // Whoever goes makes room once the batch of events is done.
    table.remove(first);
    assert!(!table.has_room());
    table.settle();
    assert!(table.has_room());
    assert_eq!(table.add(fd(), Peer::UNKNOWN, at(1)), first);
    assert!(!table.has_room());
    // The second of two is not the last: the walk through an order ends behind it.
    assert_eq!(order(&table, Order::Arrival), [1, first]);
    assert_eq!((table.after(Order::Arrival, 1), table.after(Order::Arrival, first)), (Some(first), None));
}

/// A client that has sent some bytes and takes every answer.
struct Client(usize);

impl Transport for Client {
    fn recv(&mut self, buf: &mut [u8]) -> Result<usize, Errno> {
        let n = self.0.min(buf.len());
        buf[..n].fill(b'x');
        self.0 -= n;
        if n > 0 { Ok(n) } else { Err(Errno::AGAIN) }
    }

    fn send(&mut self, data: &[u8]) -> Result<usize, Errno> {
        Ok(data.len())
    }
}

/// A table of some places with the buffers that its connections need.
struct Server {
    table: Connections,
    buffers: Buffers,
    places: usize,
}

impl Server {
    fn new(places: usize) -> Server {
        let mut table = Connections::new(false);
        table.reserve(places, 8).unwrap();
        let mode = Mode { line: false, delay: false, detail: Detail::Nothing };
        Server { table, buffers: Buffers::new(mode, 1024).unwrap(), places }
    }

    /// `n` sends `bytes` bytes.
    fn hears(&mut self, n: u32, bytes: usize, now: Moment) {
        let slot = self.table.get(n).unwrap();
        slot.connection.turn(&mut Client(bytes), false, &mut self.buffers, &mut |_| {});
        self.table.touch(n, now);
    }

    fn add(&mut self, now: Moment) -> u32 {
        self.table.add(fd(), Peer::UNKNOWN, now)
    }
}

#[test]
fn the_least_of_many_is_found() {
    // More than one look's worth, so that candidates are kept.
    let mut server = Server::new(2000);
    for n in 0..2000 {
        assert_eq!(server.add(at(n % 7)), n);
        server.hears(n, 1000 + (n as usize * 7919) % 2000, at(n % 7));
    }
    let now = at(5000);
    let mut all: Vec<_> = (0..2000).map(|n| (server.table.peek(n).unwrap().merit(now, false), n)).collect();
    all.sort();
    let [first, second, third] = [all[0].1, all[1].1, all[2].1];
    assert_eq!(server.table.least(now).unwrap().0, first);
    server.table.remove(first);
    // One that has moved a byte since the look is passed over, and one that has gone as well.
    server.hears(second, 1, now);
    assert_eq!(server.table.least(now).unwrap().0, third);
    server.table.remove(third);
    // A look does not count for long: here comes one that is worse than all.
    server.table.settle();
    let silent = server.add(at(5000));
    assert_eq!(server.table.least(at(6000)).unwrap().0, silent);
    server.table.enter(silent, Phase::Lingering, at(6000));
    assert_ne!(server.table.least(at(6200)).unwrap().0, silent);
    assert!(Server::new(1).table.least(now).is_none());
}

/// A client of the attack's.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    /// Sends a byte now and then, and comes back when it is closed.
    Attacker(usize),
    /// Sends one line and leaves with its answer.
    Short,
    /// Sends 64 bytes 20 times a second for as long as the attack lasts.
    Long,
}

/// Plays `attackers` that send a byte each `period` milliseconds against
/// `places`, for `length` milliseconds. Returns the longest that a good short client
/// waited for its answer, in milliseconds.
///
/// # Panics
/// A good client loses its place.
fn attack(places: usize, attackers: usize, period: u32, length: u32) -> u32 {
    /// Newcomers that the server takes in a millisecond, at some 16 microseconds
    /// of processor time each and a third of it for others.
    const PACE: usize = 40;
    /// The kernel's queue; who finds it full comes back after a retransmission.
    const QUEUE: usize = 4096;
    const RETRANSMISSION: u32 = 1000;
    /// How long a client's first bytes are on their way after it was accepted.
    const WAY: u32 = 1;
    let mut server = Server::new(places);
    let mut who: Vec<Option<Who>> = vec![None; places + 8];
    // Where each attacker sits, and when it sends its next byte.
    let mut seats: Vec<Option<u32>> = vec![None; attackers];
    let mut sends: Vec<u32> = (0..attackers).map(|i| i as u32 * period / attackers as u32).collect();
    // The order in which attackers send: everybody has the same period.
    let mut turns: VecDeque<usize> = (0..attackers).collect();
    let mut knocking: VecDeque<(u32, Who)> = (0..attackers).map(|i| (0, Who::Attacker(i))).collect();
    knocking.push_front((0, Who::Long));
    let mut queue: VecDeque<Who> = VecDeque::new();
    let (mut long, mut short, mut worst) = (None, None, 0);
    // Those that were accepted and will speak for the first time, by when.
    let mut first_words: VecDeque<(u32, u32)> = VecDeque::new();
    for millis in 0..length {
        let now = at(millis);
        while first_words.front().is_some_and(|(when, _)| *when <= millis) {
            let (_, n) = first_words.pop_front().unwrap();
            match who[n as usize] {
                Some(Who::Short) => {
                    server.hears(n, 11, now);
                    // It has its answer and leaves.
                    let asked = short.take().unwrap();
                    worst = worst.max(millis - asked);
                    who[n as usize] = None;
                    server.table.remove(n);
                    server.table.settle();
                }
                Some(Who::Long) => server.hears(n, 64, now),
                Some(Who::Attacker(_)) => server.hears(n, 1, now),
                None => {}
            }
        }
        while turns.front().is_some_and(|i| sends[*i] <= millis) {
            let i = turns.pop_front().unwrap();
            sends[i] += period;
            turns.push_back(i);
            match seats[i] {
                Some(n) if who[n as usize] == Some(Who::Attacker(i)) => server.hears(n, 1, now),
                // It was closed, which it sees now, and comes back at once.
                Some(_) => {
                    seats[i] = None;
                    knocking.push_front((millis, Who::Attacker(i)));
                }
                None => {}
            }
        }
        if millis % 50 == 0
            && let Some(n) = long
        {
            server.hears(n, 64, now);
        }
        if millis % 100 == 50 && short.is_none() {
            short = Some(millis);
            knocking.push_front((millis, Who::Short));
        }
        while knocking.front().is_some_and(|(when, _)| *when <= millis) {
            let (_, newcomer) = knocking.pop_front().unwrap();
            match queue.len() < QUEUE {
                true => queue.push_back(newcomer),
                false => knocking.push_back((millis + RETRANSMISSION, newcomer)),
            }
        }
        for _ in 0..PACE {
            if queue.is_empty() {
                break;
            }
            if server.table.len() >= server.places {
                let (n, merit) = server.table.least(now).unwrap();
                if merit.chance().is_some() {
                    break;
                }
                let gone = who[n as usize].take();
                assert!(matches!(gone, Some(Who::Attacker(_))), "a good client is evicted after {millis} ms");
                server.table.remove(n);
                server.table.settle();
            }
            let newcomer = queue.pop_front().unwrap();
            let n = server.add(now);
            who[n as usize] = Some(newcomer);
            match newcomer {
                Who::Attacker(i) => seats[i] = Some(n),
                Who::Long => long = Some(n),
                Who::Short => {}
            }
            first_words.push_back((millis + WAY, n));
        }
    }
    assert!(long.is_some(), "the long client was never let in");
    if let Some(asked) = short {
        worst = worst.max(length - asked);
    }
    worst
}

/// Many places, many attackers and every rhythm: all of them with PLAINNET_LONG.
#[test]
fn no_rhythm_of_dripping_keeps_good_clients_waiting() {
    let long = std::env::var_os("PLAINNET_LONG").is_some();
    let (all_places, millis) = if long { (&[5, 20, 50, 100][..], 12_000) } else { (&[20, 50][..], 6_000) };
    for places in all_places {
        for factor in [1, 2, 10, 100] {
            for period in [300, 800, 2000, 5000] {
                let worst = attack(*places, places * factor, period, millis);
                assert!(worst < 1000, "{places} places, {factor} x as many attackers, {period} ms: {worst} ms");
            }
        }
    }
}
