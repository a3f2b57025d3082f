//! Who is connected: a table of small slots, and the orders they stand in.
//!
//! A slot holds no buffer. The orders are lists threaded through the slots, so
//! that what is due next is always at a list's head: no heap, no tick.
use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    os::fd::OwnedFd,
};

use crate::connection::Talk;

/// The end of a list.
const NONE: u32 = u32::MAX;

/// The lists. A connection stands in one of the first two, and in the third
/// until it lingers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By the last byte that moved.
    Quiet,
    /// Answered and closed for writing, by when that was.
    Linger,
    /// By arrival.
    Arrival,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    prev: u32,
    next: u32,
}

const UNLINKED: Link = Link { prev: NONE, next: NONE };

/// A connection. Times are in milliseconds since the start, and wrap.
#[derive(Debug)]
pub struct Slot {
    /// Its socket; none in a slot that is free.
    pub fd: Option<OwnedFd>,
    /// Its conversation.
    pub talk: Talk,
    /// When a byte last moved.
    pub last: u32,
    /// When it came.
    pub since: u32,
    links: [Link; 2],
}

impl Slot {
    /// What its place in an order is about: when it came, or when a byte last moved.
    pub fn from(&self, order: Order) -> u32 {
        if order == Order::Arrival { self.since } else { self.last }
    }
}

/// A peer as the log names it: 18 bytes, beside the slots since only the log
/// and the limit per host read it.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    ip: [u8; 16],
    port: u16,
}

impl Peer {
    /// Nobody in particular.
    pub const NOBODY: Peer = Peer { ip: [0; 16], port: 0 };

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

    /// What counts as one host: an IPv4 address, or the /64 of an IPv6 one.
    pub fn host(self) -> [u8; 16] {
        let mut host = self.ip;
        if Ipv6Addr::from(self.ip).to_ipv4_mapped().is_none() {
            host[8..].fill(0);
        }
        host
    }
}

/// All connections.
#[derive(Debug)]
pub struct Table {
    slots: Vec<Slot>,
    /// Empty where nobody asks for peers.
    peers: Vec<Peer>,
    with_peers: bool,
    live: usize,
    /// First and last of each list.
    ends: [Link; 3],
    /// Free slots, chained by their first link.
    free: u32,
    /// Slots freed since [`Table::settle`], likewise. They may still have
    /// events in the batch at hand, so nobody gets them yet.
    freed: u32,
}

impl Table {
    /// An empty table. `with_peers` says whether [`Table::peer`] is wanted.
    pub fn new(with_peers: bool) -> Table {
        let (slots, peers) = (Vec::new(), Vec::new());
        Table { slots, peers, with_peers, live: 0, ends: [UNLINKED; 3], free: NONE, freed: NONE }
    }

    /// How many are connected.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Nobody is connected.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Makes room for one more.
    ///
    /// # Errors
    /// Memory is out.
    pub fn reserve(&mut self) -> Result<(), std::collections::TryReserveError> {
        if self.free == NONE {
            self.slots.try_reserve(1)?;
            self.peers.try_reserve(usize::from(self.with_peers))?;
        }
        Ok(())
    }

    /// Adds a connection that came `now` and returns its number.
    pub fn add(&mut self, fd: OwnedFd, peer: Peer, now: u32) -> u32 {
        let talk = Talk::default();
        let slot = Slot { fd: Some(fd), talk, last: now, since: now, links: [UNLINKED; 2] };
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
        self.push(Order::Quiet, n);
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

    /// Every connection.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Slot)> {
        self.slots.iter().enumerate().filter(|(_, s)| s.fd.is_some()).map(|(n, s)| (n as u32, s))
    }

    /// Who `n` is.
    pub fn peer(&self, n: u32) -> Peer {
        self.peers.get(n as usize).copied().unwrap_or(Peer::NOBODY)
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
    pub fn touch(&mut self, n: u32, now: u32) {
        let slot = &mut self.slots[n as usize];
        // At a busy time most of a millisecond's turns find it done.
        if slot.last != now && !slot.talk.lingers {
            slot.last = now;
            self.unlink(Order::Quiet, n);
            self.push(Order::Quiet, n);
        }
    }

    /// `n` lingers from `now` on.
    pub fn linger(&mut self, n: u32, now: u32) {
        self.unlink(Order::Quiet, n);
        self.unlink(Order::Arrival, n);
        self.slots[n as usize].talk.lingers = true;
        self.slots[n as usize].last = now;
        self.push(Order::Linger, n);
    }

    /// Takes `n` out and returns its socket. The number is not given to
    /// anybody before [`Table::settle`].
    pub fn remove(&mut self, n: u32) -> Option<OwnedFd> {
        let fd = self.slots[n as usize].fd.take()?;
        if self.slots[n as usize].talk.lingers {
            self.unlink(Order::Linger, n);
        } else {
            self.unlink(Order::Quiet, n);
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

/// Which of a slot's links an order uses.
fn side(order: Order) -> usize {
    usize::from(order == Order::Arrival)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, mem::size_of};

    use super::*;

    fn fd() -> OwnedFd {
        File::open("/dev/null").unwrap().into()
    }

    fn order(table: &Table, order: Order) -> Vec<u32> {
        std::iter::successors(table.first(order), |n| table.after(order, *n)).collect()
    }

    #[test]
    fn an_idle_connection_costs_little() {
        assert!(size_of::<Slot>() + size_of::<Peer>() <= 64, "{}", size_of::<Slot>());
    }

    #[test]
    fn orders_follow_what_happens() {
        let mut table = Table::new(true);
        for now in 0..4 {
            table.add(fd(), Peer::NOBODY, now);
        }
        table.touch(1, 5);
        table.touch(0, 6);
        assert_eq!(order(&table, Order::Quiet), [2, 3, 1, 0]);
        assert_eq!(order(&table, Order::Arrival), [0, 1, 2, 3]);
        table.linger(3, 7);
        table.remove(2);
        assert_eq!(order(&table, Order::Quiet), [1, 0]);
        assert_eq!(order(&table, Order::Arrival), [0, 1]);
        assert_eq!(order(&table, Order::Linger), [3]);
        table.remove(3);
        assert_eq!((table.len(), order(&table, Order::Linger)), (2, vec![]));
        // Not before the batch is done.
        assert_eq!(table.add(fd(), Peer::NOBODY, 8), 4);
        table.settle();
        let mut again = [table.add(fd(), Peer::NOBODY, 9), table.add(fd(), Peer::NOBODY, 9)];
        again.sort();
        assert_eq!(again, [2, 3]);
        assert_eq!(table.add(fd(), Peer::NOBODY, 9), 5);
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
}
