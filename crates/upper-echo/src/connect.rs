//! The first address of a server that works.
use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, ToSocketAddrs as _},
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use plainnet_common::{
    exit::{Fail, Status},
    output::{reason, say},
    text,
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{self, AddressFamily, SocketType, sockopt},
};

use crate::{cli::Server, spec::SPEC};

/// How long an address may be silent before the next is tried beside it (RFC 8305 section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// A connection attempt under way.
struct Attempt {
    socket: OwnedFd,
    addr: SocketAddr,
}

/// When to give up, and how to say so.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// None for never.
    pub time: Option<Duration>,
    /// From when it counts.
    pub from: Instant,
}

impl Limit {
    /// What is left, if there is a limit.
    pub fn left(&self) -> Option<Duration> {
        Some(self.time?.saturating_sub(self.from.elapsed()))
    }

    /// The complaint about `addr` when nothing is left.
    pub fn fail(&self, addr: impl std::fmt::Display) -> Fail {
        let seconds = self.time.unwrap_or_default().as_secs_f64();
        Fail::Stop(Status::Network, format!("{addr}: timed out after {seconds} s"))
    }
}

/// Waits for `fds`, for at most `left`. False when that is over.
///
/// # Errors
/// What poll(2) says, `EINTR` aside.
pub fn wait(fds: &mut [PollFd<'_>], left: Option<Duration>) -> io::Result<bool> {
    if left.is_some_and(|t| t.is_zero()) {
        return Ok(false);
    }
    // A limit of a million seconds fits any time type.
    let left = left.and_then(|t| Timespec::try_from(t).ok());
    match poll(fds, left.as_ref()) {
        // Who asks again finds out whether time is over.
        Ok(_) | Err(Errno::INTR) => Ok(true),
        Err(e) => Err(e.into()),
    }
}

/// Connects to `server`, without waiting from then on.
///
/// # Errors
/// No address works (3), or this process has no descriptor left (2). Every
/// address that failed is named.
pub fn connect(server: &Server, limit: Limit) -> Result<(OwnedFd, SocketAddr), Fail> {
    let name = if server.host.contains(':') { format!("[{}]", server.host) } else { server.host.clone() };
    let subject = format!("{}:{}", text::shown(name.as_bytes()), server.port);
    let found = (server.host.as_str(), server.port).to_socket_addrs();
    let found = found.map_err(|e| Fail::Stop(Status::Network, format!("{subject}: {}", reason(&e))))?;
    race(&subject, alternate(found.collect()), limit)
}

/// The first of `addrs` that answers, each with a head start over the next.
fn race(subject: &str, mut addrs: VecDeque<SocketAddr>, limit: Limit) -> Result<(OwnedFd, SocketAddr), Fail> {
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut next_at = Instant::now();
    let mut failed: Vec<(SocketAddr, Errno)> = Vec::new();
    loop {
        if attempts.is_empty() || next_at <= Instant::now() {
            match addrs.pop_front() {
                Some(addr) => {
                    match start(addr) {
                        Ok(socket) => attempts.push(Attempt { socket, addr }),
                        Err(e @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS)) => {
                            return Err(Fail::io(subject, &e.into()));
                        }
                        Err(e) => failed.push((addr, e)),
                    }
                    next_at = Instant::now() + HEAD_START;
                }
                None if attempts.is_empty() => return Err(complain(subject, &failed)),
                None => {}
            }
        }
        if attempts.is_empty() {
            continue;
        }
        let head_start = (!addrs.is_empty()).then(|| next_at.saturating_duration_since(Instant::now()));
        let pause = [limit.left(), head_start.map(|t| t.max(Duration::from_millis(1)))].into_iter().flatten().min();
        let mut fds: Vec<_> = attempts.iter().map(|a| PollFd::new(&a.socket, PollFlags::OUT)).collect();
        if !wait(&mut fds, pause).map_err(|e| Fail::io("poll", &e))? {
            return Err(limit.fail(subject));
        }
        let ready: Vec<_> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        for (i, _) in ready.iter().enumerate().rev().filter(|(_, ready)| **ready) {
            let Attempt { socket, addr } = attempts.remove(i);
            match sockopt::socket_error(&socket) {
                Ok(Ok(())) => return Ok((socket, addr)),
                Ok(Err(e)) | Err(e) => failed.push((addr, e)),
            }
        }
    }
}

/// Families in turn, so that one that is dead as a whole costs one head start.
fn alternate(addrs: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addrs.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addrs.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = VecDeque::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return all;
        }
        all.extend(pair.into_iter().flatten());
    }
}

fn start(addr: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = if addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = net::socket(family, SocketType::STREAM, None)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    match net::connect(&socket, &addr) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(socket),
        Err(e) => Err(e),
    }
}

fn complain(subject: &str, failed: &[(SocketAddr, Errno)]) -> Fail {
    let line = |(addr, e): &(SocketAddr, Errno)| format!("{addr}: {}", reason(&(*e).into()));
    let Some((last, others)) = failed.split_last() else {
        return Fail::Stop(Status::Network, format!("{subject}: no address"));
    };
    for other in others {
        say(SPEC.name, format_args!("{}", line(other)));
    }
    Fail::Stop(Status::Network, line(last))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_dead_address_costs_less_than_a_second() {
        // A queue that is full drops whoever knocks, which looks like nobody there.
        let dead = TcpListener::bind("127.0.0.1:0").unwrap();
        net::listen(&dead, 0).unwrap();
        let dead_addr = dead.local_addr().unwrap();
        let _queue: Vec<_> =
            (0..4).filter_map(|_| TcpStream::connect_timeout(&dead_addr, Duration::from_millis(100)).ok()).collect();
        let live = TcpListener::bind("127.0.0.1:0").unwrap();
        let live_addr = live.local_addr().unwrap();
        let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let limit = Limit { time: Some(Duration::from_secs(10)), from: Instant::now() };
        let (_, addr) = race("test", VecDeque::from([refused, dead_addr, live_addr]), limit).unwrap();
        assert_eq!(addr, live_addr);
        let took = limit.from.elapsed();
        assert!(took >= HEAD_START && took < Duration::from_secs(1), "{took:?}");
        let limit = Limit { time: Some(Duration::from_millis(300)), from: Instant::now() };
        assert!(race("test", VecDeque::from([dead_addr]), limit).is_err());
    }

    #[test]
    fn families_take_turns() {
        let addrs = ["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1"].map(|a| a.parse().unwrap());
        let order = alternate(addrs.to_vec());
        assert_eq!(order, [addrs[0], addrs[3], addrs[1], addrs[2]]);
    }
}
