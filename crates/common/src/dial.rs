//! Connecting: the addresses of a server in turn, without waiting for a dead one.
//!
//! Both families take turns, and an address that stays silent has a quarter of a
//! second's head start over the next (RFC 8305 sections 4 and 5). Nothing here
//! waits unless [`Dial::finish`] is asked to, so that a loop can poll.
use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, TcpStream},
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{self, AddressFamily, SocketType, sockopt},
};

/// How long an address may be silent before the next is tried beside it.
pub const HEAD_START: Duration = Duration::from_millis(250);

/// The way to one connection with a server that may have several addresses.
#[derive(Debug)]
pub struct Dial {
    /// The addresses that were not tried yet.
    untried: VecDeque<SocketAddr>,
    attempts: Vec<Attempt>,
    /// When the next address is tried although others are still silent.
    next_try: Instant,
    deadline: Option<Instant>,
    failures: Vec<(SocketAddr, Errno)>,
}

/// A connection that is being made.
#[derive(Debug)]
struct Attempt {
    socket: OwnedFd,
    addr: SocketAddr,
}

impl Dial {
    /// Nothing is tried yet. All addresses together have until `deadline`.
    pub fn new(addrs: impl IntoIterator<Item = SocketAddr>, now: Instant, deadline: Option<Instant>) -> Dial {
        Dial { untried: alternate(addrs), attempts: Vec::new(), next_try: now, deadline, failures: Vec::new() }
    }

    /// The sockets to poll for writing.
    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.attempts.iter().map(|attempt| attempt.socket.as_fd())
    }

    /// When [`Dial::step`] has something to do although no socket is ready.
    pub fn wake(&self) -> Option<Instant> {
        let next = (!self.untried.is_empty()).then_some(self.next_try);
        [next, self.deadline].into_iter().flatten().min()
    }

    /// Goes as far as it can without waiting. The connection comes back
    /// non-blocking, with small writes sent at once.
    ///
    /// # Errors
    /// `TimedOut` after the deadline; the last failure where every address
    /// failed ([`Dial::failures`] has all); or this process has no descriptor or
    /// memory left.
    pub fn step(&mut self, now: Instant) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        if let Some(connected) = self.connected() {
            return Ok(Some(connected));
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        while self.attempts.is_empty() || self.next_try <= now {
            let Some(addr) = self.untried.pop_front() else { break };
            match start(addr) {
                Ok(socket) => {
                    self.attempts.push(Attempt { socket, addr });
                    self.next_try = now + HEAD_START;
                }
                Err(e @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS)) => return Err(e.into()),
                Err(e) => self.failures.push((addr, e)),
            }
        }
        match self.failures.last() {
            _ if !self.attempts.is_empty() => Ok(None),
            Some((_, e)) => Err((*e).into()),
            None => Err(io::Error::new(io::ErrorKind::AddrNotAvailable, "no address")),
        }
    }

    /// The first attempt that has succeeded; those that failed are noted.
    fn connected(&mut self) -> Option<(TcpStream, SocketAddr)> {
        let mut fds: Vec<_> = self.attempts.iter().map(|a| PollFd::new(&a.socket, PollFlags::OUT)).collect();
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).ok()?;
        let ready: Vec<_> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        for (at, _) in ready.iter().enumerate().rev().filter(|(_, ready)| **ready) {
            let Attempt { socket, addr } = self.attempts.remove(at);
            match sockopt::socket_error(&socket) {
                Ok(Ok(())) => return Some((socket.into(), addr)),
                Ok(Err(e)) | Err(e) => self.failures.push((addr, e)),
            }
        }
        None
    }

    /// Waits for the connection.
    ///
    /// # Errors
    /// As [`Dial::step`], or poll(2) fails.
    pub fn finish(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            if let Some(connected) = self.step(Instant::now())? {
                return Ok(connected);
            }
            let left = self.wake().map(|wake| wake.saturating_duration_since(Instant::now()));
            let mut fds: Vec<_> = self.fds().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::OUT)).collect();
            // A deadline that no time type can hold is none.
            match poll(&mut fds, left.and_then(|t| Timespec::try_from(t).ok()).as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// The addresses that failed so far, with the reason, in the order in which
    /// they failed.
    pub fn failures(&self) -> &[(SocketAddr, Errno)] {
        &self.failures
    }
}

/// Families in turn, so that one that is dead as a whole costs one head start.
/// The first address keeps its place.
fn alternate(addrs: impl IntoIterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let mut addrs = addrs.into_iter().peekable();
    let first_is_v6 = addrs.peek().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addrs.partition(|a| a.is_ipv6() == first_is_v6);
    let place = |second: usize| move |(i, addr)| (2 * i + second, addr);
    let mut all: Vec<_> = first.into_iter().enumerate().map(place(0)).collect();
    all.extend(second.into_iter().enumerate().map(place(1)));
    all.sort();
    all.into_iter().map(|(_, addr)| addr).collect()
}

/// Begins to connect, without waiting.
fn start(addr: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = if addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = net::socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    match net::connect(&socket, &addr) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(socket),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_dead_address_costs_one_head_start() {
        // A queue that is full drops whoever knocks, which looks like nobody there.
        let dead = TcpListener::bind("127.0.0.1:0").unwrap();
        net::listen(&dead, 0).unwrap();
        let dead_addr = dead.local_addr().unwrap();
        let _queue: Vec<_> =
            (0..4).filter_map(|_| TcpStream::connect_timeout(&dead_addr, Duration::from_millis(100)).ok()).collect();
        let live = TcpListener::bind("127.0.0.1:0").unwrap();
        let live_addr = live.local_addr().unwrap();
        let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();

        // The clock is the test's: a refused address costs nothing, a silent one its head start.
        let start = Instant::now();
        let mut dial = Dial::new([refused, dead_addr, live_addr], start, Some(start + Duration::from_secs(10)));
        while dial.fds().count() == 0 || dial.untried.len() > 1 {
            assert!(dial.step(start).unwrap().is_none());
        }
        assert_eq!(dial.failures().iter().map(|f| f.0).collect::<Vec<_>>(), [refused]);
        assert_eq!(dial.wake(), Some(start + HEAD_START));
        assert!(dial.step(start + HEAD_START / 2).unwrap().is_none());
        assert_eq!(dial.fds().count(), 1);
        assert!(dial.step(start + HEAD_START).unwrap().is_none());
        assert_eq!(dial.finish().unwrap().1, live_addr);

        let mut dial = Dial::new([dead_addr], start, Some(start));
        assert_eq!(dial.step(start).unwrap_err().kind(), io::ErrorKind::TimedOut);
        let mut dial = Dial::new([refused], start, None);
        assert_eq!(dial.finish().unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert!(Dial::new([], start, None).finish().is_err());
    }

    #[test]
    fn families_take_turns() {
        let addrs = ["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1"].map(|a| a.parse().unwrap());
        assert_eq!(alternate(addrs), [addrs[0], addrs[3], addrs[1], addrs[2]]);
    }
}
