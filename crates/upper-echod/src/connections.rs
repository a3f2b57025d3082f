//! Who is connected: a table of small slots, and the orders they stand in.
//!
//! A slot holds no buffer. The orders are lists threaded through the slots, so
//! that what is due next is always at a list's head: no heap, no tick. What
//! comes in are sockets and moments; what goes out is which connection is due
//! or makes room. Nothing in here reads, writes or waits, and after
//! [`Connections::reserve`] nothing allocates.
use std::{
    cmp::Ordering,
    collections::{BinaryHeap, TryReserveError},
    net::{IpAddr, Ipv6Addr, SocketAddr},
    os::fd::OwnedFd,
};

use crate::{
    clock::Moment,
    connection::{Connection, Phase},
    limits::{self, CHANCE, Merit},
};

/// The end of a list.
const NONE: u32 = u32::MAX;
/// Slots looked at for each connection that is evicted, on average: one look
/// over a table of so many finds one candidate, over a greater one as many
/// more.
const LOOKED_AT: usize = 512;
/// Most candidates found in one look.
const MOST_CANDIDATES: usize = 4096;
/// How long the candidates of one look count, in milliseconds.
const CANDIDATES_COUNT: u32 = 100;

/// The lists. A connection stands in one of the first three, by its phase, and
/// in the fourth until it lingers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Open connections, by the last byte that moved.
    Activity,
    /// Connections whose answer waits for `--delay`, by when it was read.
    Delay,
    /// Connections that are answered and closed for writing, by when that was.
    Linger,
    /// Connections that don't linger, by arrival.
    Arrival,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    prev: u32,
    next: u32,
}

const UNLINKED: Link = Link { prev: NONE, next: NONE };

/// The place of a connection.
#[derive(Debug)]
pub struct Slot {
    /// Its socket; none in a slot that is free.
    pub fd: Option<OwnedFd>,
    /// What has been read and answered.
    pub connection: Connection,
    /// When a byte last moved, or when its phase began.
    pub active: Moment,
    /// When it was accepted.
    pub arrived: Moment,
    links: [Link; 2],
}

impl Slot {
    /// The moment by which it stands in `order`.
    pub fn moment(&self, order: Order) -> Moment {
        if order == Order::Arrival { self.arrived } else { self.active }
    }

    /// What it has to say for its place; `wait`: where newcomers wait for each other.
    fn merit(&self, now: Moment, wait: bool) -> Merit {
        Merit::new(self.connection.received(), now.since(self.arrived), wait)
    }
}

/// The address and port of a client, in 18 bytes. They stand beside the slots,
/// since only the log and the limit per host read them.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    ip: [u8; 16],
    port: u16,
}

impl Peer {
    /// The peer of a connection whose address nobody asked for.
    pub const UNKNOWN: Peer = Peer { ip: [0; 16], port: 0 };

    /// An IPv4 address and its IPv4-mapped form are the same.
    pub fn new(addr: SocketAddr) -> Peer {
        let mut ip = match addr.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        };
        // The bytes of fe80::/64 before the interface are zero, which leaves room for the zone.
        if let SocketAddr::V6(v6) = addr
            && v6.ip().is_unicast_link_local()
        {
            ip[4..8].copy_from_slice(&v6.scope_id().to_be_bytes());
        }
        Peer { ip, port: addr.port() }
    }

    /// The address and port.
    pub fn addr(self) -> SocketAddr {
        let v6 = Ipv6Addr::from(self.ip);
        if v6.is_unicast_link_local() {
            let mut ip = self.ip;
            let zone = [ip[4], ip[5], ip[6], ip[7]];
            ip[4..8].fill(0);
            return std::net::SocketAddrV6::new(ip.into(), self.port, 0, u32::from_be_bytes(zone)).into();
        }
        SocketAddr::new(v6.to_canonical(), self.port)
    }

    /// The host that it belongs to.
    pub fn host(self) -> Host {
        let mut host = self.ip;
        if Ipv6Addr::from(self.ip).to_ipv4_mapped().is_none() {
            host[8..].fill(0);
        }
        Host(host)
    }
}

/// What counts as one host: an IPv4 address, or the /64 of an IPv6 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Host([u8; 16]);

/// A connection that may make room, as it was when the table was looked over.
/// Candidates are in the order of their merit.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    n: u32,
    merit: Merit,
    arrived: Moment,
    received: u64,
}

impl Candidate {
    fn new(n: u32, slot: &Slot, now: Moment, wait: bool) -> Candidate {
        Candidate { n, merit: slot.merit(now, wait), arrived: slot.arrived, received: slot.connection.received() }
    }

    /// It is still there, and no byte of it has moved since then.
    fn is_unchanged(&self, slot: &Slot) -> bool {
        let open = slot.fd.is_some() && slot.connection.phase != Phase::Lingering;
        open && slot.arrived == self.arrived && slot.connection.received() == self.received
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Candidate) -> Ordering {
        self.merit.cmp(&other.merit)
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Candidate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Candidate) -> bool {
        self.merit == other.merit
    }
}

impl Eq for Candidate {}

/// All connections that are open, and the order in which they would go.
#[derive(Debug)]
pub struct Connections {
    slots: Vec<Slot>,
    /// Empty where nobody asks for peers.
    peers: Vec<Peer>,
    with_peers: bool,
    live: usize,
    /// First and last of each list.
    ends: [Link; 4],
    /// Free slots, chained by their first link.
    free: u32,
    /// Slots freed since [`Connections::settle`], likewise. They may still have
    /// events in the batch at hand, so nobody gets them yet.
    freed: u32,
    /// Those that make room next, the first of them last.
    candidates: Vec<Candidate>,
    /// When they were found.
    looked: Moment,
}

impl Connections {
    /// An empty table. `with_peers` says whether [`Connections::peer`] is wanted.
    pub fn new(with_peers: bool) -> Connections {
        Connections {
            slots: Vec::new(),
            peers: Vec::new(),
            with_peers,
            live: 0,
            ends: [UNLINKED; 4],
            free: NONE,
            freed: NONE,
            candidates: Vec::new(),
            looked: Moment::default(),
        }
    }

    /// Reserves memory for `places` connections; pages that nobody uses cost
    /// nothing. Slots freed in a batch rest until its end, so that there are
    /// `spare` more.
    ///
    /// # Errors
    /// There is not so much.
    pub fn reserve(&mut self, places: usize, spare: usize) -> Result<(), TryReserveError> {
        self.slots.try_reserve_exact(places + spare)?;
        self.peers.try_reserve_exact(if self.with_peers { places + spare } else { 0 })?;
        self.candidates.try_reserve_exact((places / LOOKED_AT + 1).min(MOST_CANDIDATES))
    }

    /// Whether there is memory for one more without asking for any.
    pub fn has_room(&self) -> bool {
        self.free != NONE || self.slots.len() < self.slots.capacity()
    }

    /// How many are connected.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Adds a connection that was accepted `now` and returns its number.
    pub fn add(&mut self, fd: OwnedFd, peer: Peer, now: Moment) -> u32 {
        let connection = Connection::default();
        let slot = Slot { fd: Some(fd), connection, active: now, arrived: now, links: [UNLINKED; 2] };
        let n = match self.free {
            NONE => {
                self.slots.push(slot);
                if self.with_peers {
                    self.peers.push(peer);
                }
                self.slots.len() as u32 - 1
            }
            n => {
                self.free = self.slots[n as usize].links[0].next;
                self.slots[n as usize] = slot;
                if let Some(p) = self.peers.get_mut(n as usize) {
                    *p = peer;
                }
                n
            }
        };
        self.live += 1;
        self.push(Order::Activity, n);
        self.push(Order::Arrival, n);
        n
    }

    /// The connection `n`, unless it has gone.
    pub fn get(&mut self, n: u32) -> Option<&mut Slot> {
        self.slots.get_mut(n as usize).filter(|s| s.fd.is_some())
    }

    /// The same, to look at.
    pub fn peek(&self, n: u32) -> Option<&Slot> {
        self.slots.get(n as usize).filter(|s| s.fd.is_some())
    }

    /// Whether peers are kept.
    pub fn has_peers(&self) -> bool {
        self.with_peers
    }

    /// One more than the greatest number that a connection can have.
    pub fn numbers(&self) -> u32 {
        self.slots.len() as u32
    }

    /// The peer of connection `n`.
    pub fn peer(&self, n: u32) -> Peer {
        self.peers.get(n as usize).copied().unwrap_or(Peer::UNKNOWN)
    }

    /// The first in an order.
    pub fn first(&self, order: Order) -> Option<u32> {
        Some(self.ends[order as usize].next).filter(|n| *n != NONE)
    }

    /// The one after `n` in an order.
    pub fn after(&self, order: Order, n: u32) -> Option<u32> {
        Some(self.slots[n as usize].links[side(order)].next).filter(|n| *n != NONE)
    }

    /// A byte of `n` moved `now`.
    pub fn touch(&mut self, n: u32, now: Moment) {
        let slot = &mut self.slots[n as usize];
        // At a busy time most of a millisecond's turns find it done.
        if slot.active != now && slot.connection.phase == Phase::Open {
            slot.active = now;
            self.unlink(Order::Activity, n);
            self.push(Order::Activity, n);
        }
    }

    /// `n` enters `phase` now, and with it another order.
    pub fn enter(&mut self, n: u32, phase: Phase, now: Moment) {
        let slot = &mut self.slots[n as usize];
        let before = std::mem::replace(&mut slot.connection.phase, phase);
        slot.active = now;
        self.unlink(order_of(before), n);
        self.push(order_of(phase), n);
        if phase == Phase::Lingering && before != Phase::Lingering {
            self.unlink(Order::Arrival, n);
        }
    }

    /// Takes `n` out and returns its socket. The number is not given to
    /// anybody before [`Connections::settle`].
    pub fn remove(&mut self, n: u32) -> Option<OwnedFd> {
        let slot = &mut self.slots[n as usize];
        let fd = slot.fd.take()?;
        let phase = slot.connection.phase;
        self.unlink(order_of(phase), n);
        if phase != Phase::Lingering {
            self.unlink(Order::Arrival, n);
        }
        self.slots[n as usize].links[0].next = std::mem::replace(&mut self.freed, n);
        self.live -= 1;
        Some(fd)
    }

    /// The batch of events is done: what was removed in it may be used again.
    pub fn settle(&mut self) {
        while self.freed != NONE {
            let n = self.freed;
            let link = &mut self.slots[n as usize].links[0];
            self.freed = std::mem::replace(&mut link.next, self.free);
            self.free = n;
        }
    }

    /// The connection with the least merit, which makes room for a newcomer.
    ///
    /// Up to some 500 connections it is the least as of now. Of more, one look
    /// over the table finds several, since a burst of newcomers would wait for
    /// a look each; whoever has moved a byte since then is passed over.
    pub fn least(&mut self, now: Moment) -> Option<(u32, Merit)> {
        if now.since(self.looked) >= CANDIDATES_COUNT {
            self.candidates.clear();
        }
        if let Some(found) = self.candidate(now) {
            return Some(found);
        }
        self.look(now);
        self.candidate(now)
    }

    /// The next candidate that still is one.
    fn candidate(&mut self, now: Moment) -> Option<(u32, Merit)> {
        while let Some(found) = self.candidates.pop() {
            let slot = &self.slots[found.n as usize];
            if found.is_unchanged(slot) {
                // What is read of this merit is the same whether newcomers wait or not.
                return Some((found.n, slot.merit(now, false)));
            }
        }
        None
    }

    /// Looks the table over for the connections of least merit.
    fn look(&mut self, now: Moment) {
        self.looked = now;
        let wait = self.newcomers_wait(now);
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.clear();
        let most = (self.live / LOOKED_AT).clamp(1, candidates.capacity().max(1));
        let mut least = BinaryHeap::from(candidates);
        for (n, slot) in self.slots.iter().enumerate() {
            if slot.fd.is_none() || slot.connection.phase == Phase::Lingering {
                continue;
            }
            let found = Candidate::new(n as u32, slot, now, wait);
            if least.len() < most {
                least.push(found);
            } else if let Some(mut greatest) = least.peek_mut()
                && found < *greatest
            {
                *greatest = found;
            }
        }
        self.candidates = least.into_sorted_vec();
        self.candidates.reverse();
    }

    /// Newcomers wait until others have spoken or had their chance.
    fn newcomers_wait(&self, now: Moment) -> bool {
        let slot = |n: u32| &self.slots[n as usize];
        let linked = |n: u32| Some(n).filter(|n| *n != NONE);
        let last = linked(self.ends[Order::Arrival as usize].prev);
        let latest = std::iter::successors(last, |n| linked(slot(*n).links[side(Order::Arrival)].prev))
            .take_while(|n| now.since(slot(*n).arrived) < CHANCE);
        limits::newcomers_wait(latest.filter(|n| slot(*n).connection.received() == 0).count(), self.live)
    }

    fn push(&mut self, order: Order, n: u32) {
        let last = std::mem::replace(&mut self.ends[order as usize].prev, n);
        self.slots[n as usize].links[side(order)] = Link { prev: last, next: NONE };
        match last {
            NONE => self.ends[order as usize].next = n,
            last => self.slots[last as usize].links[side(order)].next = n,
        }
    }

    fn unlink(&mut self, order: Order, n: u32) {
        let Link { prev, next } = self.slots[n as usize].links[side(order)];
        match prev {
            NONE => self.ends[order as usize].next = next,
            prev => self.slots[prev as usize].links[side(order)].next = next,
        }
        match next {
            NONE => self.ends[order as usize].prev = prev,
            next => self.slots[next as usize].links[side(order)].prev = prev,
        }
    }
}

/// The order in which connections of a phase stand.
fn order_of(phase: Phase) -> Order {
    match phase {
        Phase::Open => Order::Activity,
        Phase::Delayed => Order::Delay,
        Phase::Lingering => Order::Linger,
    }
}

/// Which of a slot's links an order uses.
fn side(order: Order) -> usize {
    usize::from(order == Order::Arrival)
}

#[cfg(test)]
mod tests;
