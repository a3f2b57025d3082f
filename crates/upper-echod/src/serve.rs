//! The server: who gets in, who may stay, and how it all ends.
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, btree_map::Entry},
    io,
    net::SocketAddr,
    num::NonZeroU32,
    os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
    process::ExitCode,
    time::{Duration, Instant},
};

use plainnet_common::{
    exit::{Fail, Status},
    output,
};
use rustix::{
    io::Errno,
    net::{self, RecvFlags, SendFlags, Shutdown, SocketFlags, sockopt},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

use crate::{
    cache,
    cli::Conf,
    connection::{Next, Room, Why, Wire},
    connections::{Order, Peer, Slot, Table},
    epoll::Epoll,
    listen,
    log::Log,
    sandbox,
    spec::SPEC,
    sys, systemd,
};

/// The signals' token. Listeners count down from here, connections up from 0.
const SIGNALS: u64 = u64::MAX - 1;
/// The alarm's.
const ALARM: u64 = u64::MAX;
/// Connections accepted before the others get their turn.
const ACCEPTS: usize = 64;
/// Connections accepted from a queue before its listener is closed.
const LAST_ACCEPTS: usize = 65536;
/// How long a full server looks away from its listeners at most, in milliseconds.
const PARKED: u32 = 100;
/// How long an answered client may take to close.
const LINGER: Duration = Duration::from_secs(2);
/// Reads that an answered client's surplus input is worth.
const SURPLUS_READS: usize = 4;
/// How long a connection must have been useless to be evicted, in milliseconds.
const USELESS: u32 = 5000;
/// A connection that was active so lately is never evicted, in milliseconds.
const ACTIVE: u32 = 1000;
/// Candidates for eviction found in one look over the table.
const CANDIDATES: usize = 64;
/// Output pending over all connections, in bytes, beyond which the worst staller goes.
const PENDING: usize = 32 * 1024 * 1024;
/// Connections ended by a time limit before the others get their turn.
const DUE: usize = 8;
/// Descriptors kept free where there are enough.
const SPARE: u64 = 8;
/// How long lines wait for a stuck log between two tries, in milliseconds.
const LOG_RETRY: u32 = 200;

/// Serves until a signal, and returns the status.
pub fn run(conf: &Conf) -> ExitCode {
    let end = Server::new(conf).and_then(|mut server| server.serve().map_err(|e| Fail::io("epoll", &e)));
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fail::Stop(status, words)) => {
            output::say(SPEC.name, format_args!("{words}"));
            status.code().into()
        }
        Err(_) => Status::Failed.code().into(),
    }
}

/// A listening socket.
struct Listener {
    fd: OwnedFd,
    addr: SocketAddr,
}

/// Everything there is.
struct Server<'a> {
    conf: &'a Conf,
    start: Instant,
    /// Milliseconds since the start, as of the last wait.
    now: u32,
    epoll: Epoll,
    signals: OwnedFd,
    listeners: Vec<Listener>,
    /// Until when the listeners are out of epoll, if they are.
    parked: Option<u32>,
    table: Table,
    max_conns: usize,
    room: Room,
    /// Connections that may have more to read.
    again: Vec<u32>,
    /// Connections per host, where that has a limit.
    hosts: BTreeMap<[u8; 16], u32>,
    /// Least useful last, found at the time beside.
    candidates: Vec<(Useless, u32)>,
    looked: Option<u32>,
    log: Log,
    /// When the alarm rings, if it is set.
    alarm: Option<u32>,
    /// When the grace of a signal ends.
    ending: Option<u32>,
    /// A second signal.
    at_once: bool,
}

/// How useless a connection is: the greatest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Useless {
    /// Bytes a second, in the order of greatest first; then milliseconds of silence.
    Slow(Reverse<u64>, u32),
    /// Never wrote a byte; milliseconds since it came.
    Silent(u32),
    /// Takes no output; milliseconds since it last did.
    Stalled(u32),
}

/// A connection's socket.
struct Socket<'a>(BorrowedFd<'a>);

impl Wire for Socket<'_> {
    fn recv(&mut self, buf: &mut [u8]) -> Result<usize, Errno> {
        net::recv(self.0, buf, RecvFlags::empty()).map(|(n, _)| n)
    }

    fn send(&mut self, data: &[u8]) -> Result<usize, Errno> {
        net::send(self.0, data, SendFlags::NOSIGNAL)
    }
}

impl<'a> Server<'a> {
    /// Opens everything that is needed, says where it listens, and locks the doors.
    fn new(conf: &'a Conf) -> Result<Server<'a>, Fail> {
        let limit = raise_limit();
        let mut fds = systemd::sockets()?;
        let addrs = if fds.is_empty() && conf.addrs.is_empty() { &[listen::DEFAULT][..] } else { &conf.addrs };
        for addr in addrs {
            fds.push(listen::bind(*addr)?);
        }
        let prepared = |fd: OwnedFd| {
            let addr = listen::prepare(&fd, conf.line, conf.idle).map_err(|e| Fail::io("listener", &e))?;
            Ok(Listener { fd, addr })
        };
        let listeners: Vec<_> = fds.into_iter().map(prepared).collect::<Result<_, Fail>>()?;
        let signals = sys::signals().map_err(|e| Fail::io("signalfd", &e))?;
        let epoll = Epoll::new(conf.spin, ALARM).map_err(|e| Fail::io("epoll", &e))?;
        epoll.add_level(&signals, SIGNALS).map_err(|e| Fail::io("epoll", &e))?;

        let room_for = |epoll: &Epoll| limit.saturating_sub(lowest_free(epoll, limit));
        let mut log = Log::new(SPEC.name, conf.quiet, room_for(&epoll) > 4);
        let free = room_for(&epoll);
        if free == 0 {
            let words = format!("{limit} open files leave none for a client (see ulimit -n)");
            return Err(Fail::Stop(Status::Failed, words));
        }
        let most = (free - SPARE.min(free / 8)).min(u64::from(u32::MAX) / 2) as usize;
        let max_conns = match conf.max_conns.map(NonZeroU32::get) {
            Some(n) if n as usize > most => {
                log.complain(format_args!("--max-conns: {n}: {limit} open files leave room for {most}"));
                most
            }
            Some(n) => n as usize,
            None => most,
        };

        for listener in &listeners {
            log.listening_on(listener.addr);
        }
        log.flush(0);
        let with_peers = log.listening() || conf.max_per_host.is_some();
        let mut server = Server {
            conf,
            start: Instant::now(),
            now: 0,
            epoll,
            signals,
            listeners,
            parked: None,
            table: Table::new(with_peers),
            max_conns,
            room: Room::new(conf.line, log.listening(), cache::read_size()),
            again: Vec::new(),
            hosts: BTreeMap::new(),
            candidates: Vec::new(),
            looked: None,
            log,
            alarm: None,
            ending: None,
            at_once: false,
        };
        server.unpark();
        if let Err(e) = sandbox::enter() {
            let reason = output::reason(&io::Error::other(e));
            server.log.complain(format_args!("landlock: {reason}: going on without"));
        }
        systemd::ready();
        Ok(server)
    }

    fn serve(&mut self) -> io::Result<()> {
        let mut log_waits = self.log.flush(self.now);
        while !self.over() {
            let block = self.again.is_empty() && self.set_alarm(log_waits)?;
            let events = self.epoll.wait(block)?;
            self.now = self.start.elapsed().as_millis() as u32;
            self.batch(events);
            self.table.settle();
            self.due();
            log_waits = self.log.flush(self.now);
        }
        self.close_all();
        // A reader that is still there gets the last lines; one that is stuck holds nobody up.
        for _ in 0..10 {
            if !self.log.flush(self.now) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// A signal came, and everybody has gone or had the time to.
    fn over(&self) -> bool {
        self.ending.is_some_and(|end| self.at_once || self.table.is_empty() || reached(self.now, end))
    }

    /// Sees to it that the alarm rings when the next thing is due, if not
    /// earlier. False if it is due already.
    fn set_alarm(&mut self, log_waits: bool) -> io::Result<bool> {
        let oldest = |order, after: Option<Duration>| {
            let slot = self.table.peek(self.table.first(order)?)?;
            Some(slot.from(order).wrapping_add(millis(after?)))
        };
        let left = [
            oldest(Order::Quiet, self.conf.idle),
            oldest(Order::Arrival, self.conf.deadline),
            oldest(Order::Linger, Some(LINGER)),
            self.parked,
            self.ending,
            log_waits.then(|| self.now.wrapping_add(LOG_RETRY)),
        ]
        .into_iter()
        .flatten()
        .map(|at| if reached(self.now, at) { 0 } else { at.wrapping_sub(self.now) })
        .min();
        let Some(left) = left else { return Ok(true) };
        let at = self.now.wrapping_add(left);
        // What was due when it was set has often moved on by the time it
        // rings, and then it is set anew: rarely, instead of for every byte.
        if left > 0 && self.alarm.is_none_or(|set| !reached(at, set)) {
            self.epoll.alarm(Duration::from_millis(left.into()))?;
            self.alarm = Some(at);
        }
        Ok(left > 0)
    }

    fn batch(&mut self, events: usize) {
        let mut knocking = Vec::new();
        let again = std::mem::take(&mut self.again);
        for i in 0..events {
            let ready = self.epoll.event(i);
            match u32::try_from(ready.token) {
                Ok(n) => self.turn(n, ready.hung_up),
                Err(_) if ready.token == SIGNALS => self.signal(),
                Err(_) if ready.token == ALARM => self.alarm = None,
                Err(_) => knocking.push((SIGNALS - 1 - ready.token) as usize),
            }
        }
        for n in again {
            if let Some(slot) = self.table.get(n) {
                slot.talk.queued = false;
            }
            self.turn(n, false);
        }
        // Newcomers last: whoever has just gone has made room for them.
        for i in knocking {
            if self.parked.is_none() && i < self.listeners.len() {
                self.accept(i, ACCEPTS);
            }
        }
    }

    /// Goes as far with `n` as it can without waiting.
    fn turn(&mut self, n: u32, hung_up: bool) {
        let peer = self.table.peer(n);
        let next = match self.table.get(n) {
            None => return,
            Some(slot) if slot.talk.lingers => return self.discard(n),
            Some(Slot { fd, talk, .. }) => {
                let Some(fd) = fd else { return };
                let log = &mut self.log;
                let mut heard = |data: &[u8]| log.wrote(peer.addr(), data);
                let (next, moved) = talk.turn(&mut Socket(fd.as_fd()), hung_up, &mut self.room, &mut heard);
                if moved {
                    self.table.touch(n, self.now);
                }
                next
            }
        };
        match next {
            Next::Wait => self.want_output(n),
            Next::Again => self.queue(n),
            Next::End(Why::Answered) => self.answered(n),
            Next::End(why) => self.close(n, why),
        }
        if self.room.pending() > PENDING {
            self.close_worst_staller();
        }
    }

    /// Has epoll tell when `n` takes output, once it has refused some.
    fn want_output(&mut self, n: u32) {
        let Some(Slot { fd: Some(fd), talk, .. }) = self.table.get(n) else { return };
        if talk.pending(&self.room) == 0 || std::mem::replace(&mut talk.wants_output, true) {
            return;
        }
        if let Err(e) = self.epoll.want_output(fd, n.into()) {
            self.log.trouble(self.now, format_args!("epoll: {}", output::reason(&e.into())));
            self.close(n, Why::Evicted);
        }
    }

    /// `n` gets another turn after the others.
    fn queue(&mut self, n: u32) {
        if let Some(slot) = self.table.get(n)
            && !std::mem::replace(&mut slot.talk.queued, true)
        {
            self.again.push(n);
        }
    }

    /// Takes up to `most` newcomers from listener `i`, at which at least one knocks.
    fn accept(&mut self, i: usize, most: usize) {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let mut lost = 0;
        for nth in 0..most {
            if self.table.len() >= self.max_conns {
                // Nobody goes before it is known that somebody else waits: epoll says so again.
                if nth > 0 {
                    return;
                }
                if !self.evict() {
                    return self.park("all places are taken");
                }
            }
            if self.table.reserve().is_err() {
                return self.park("out of memory");
            }
            let listener = &self.listeners[i];
            let newcomer = match self.table.has_peers() {
                true => net::acceptfrom_with(&listener.fd, flags),
                false => net::accept_with(&listener.fd, flags).map(|fd| (fd, None)),
            };
            match newcomer {
                Ok((fd, addr)) => self.admit(fd, addr.and_then(|a| SocketAddr::try_from(a).ok())),
                Err(Errno::AGAIN) => return,
                // The kernel takes a descriptor before it looks at the queue, so this may be said of an empty one.
                Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) if nth > 0 => return,
                Err(e @ (Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)) => {
                    if !self.evict() {
                        return self.park(&output::reason(&e.into()));
                    }
                }
                // This one is lost (ECONNABORTED, EPROTO, EPERM, ...), and the next may not be.
                Err(_) => lost += 1,
            }
        }
        if lost == most {
            self.park("no connection can be accepted");
        }
    }

    fn admit(&mut self, fd: OwnedFd, addr: Option<SocketAddr>) {
        let peer = addr.map_or(Peer::NOBODY, Peer::new);
        if let Some(most) = self.conf.max_per_host {
            let count = self.hosts.entry(peer.host()).or_insert(0);
            if *count >= most.get() {
                self.log.closed(peer.addr(), 0, Why::Surplus.text());
                return;
            }
            *count += 1;
        }
        let n = self.table.add(fd, peer, self.now);
        let Some(Slot { fd: Some(fd), .. }) = self.table.get(n) else { return };
        if let Err(e) = self.epoll.add_edge(fd, n.into()) {
            self.log.trouble(self.now, format_args!("epoll: {}", output::reason(&e.into())));
            self.close(n, Why::Evicted);
        }
    }

    /// Looks away from the listeners until somebody leaves, or for a moment.
    fn park(&mut self, why: &str) {
        self.log.trouble(self.now, format_args!("{}: {why}: newcomers wait", self.listeners[0].addr));
        for listener in &self.listeners {
            self.epoll.remove(&listener.fd);
        }
        self.parked = Some(self.now.wrapping_add(PARKED));
    }

    fn unpark(&mut self) {
        self.parked = None;
        for (i, listener) in self.listeners.iter().enumerate() {
            if let Err(e) = self.epoll.add_level(&listener.fd, SIGNALS - 1 - i as u64) {
                self.log.trouble(self.now, format_args!("epoll: {}", output::reason(&e)));
                self.parked = Some(self.now.wrapping_add(PARKED));
            }
        }
    }

    /// Makes room by ending the least useful connection, if one is useless enough.
    fn evict(&mut self) -> bool {
        if let Some(n) = self.table.first(Order::Linger) {
            self.drop(n);
            return true;
        }
        if self.looked.is_none_or(|then| self.now.wrapping_sub(then) >= PARKED) {
            self.looked = Some(self.now);
            self.look_for_useless();
        }
        while let Some((_, n)) = self.candidates.pop() {
            if self.table.peek(n).is_some_and(|slot| self.useless(slot).is_some()) {
                self.close(n, Why::Evicted);
                return true;
            }
        }
        false
    }

    /// Finds the least useful connections: one look serves a burst of newcomers.
    fn look_for_useless(&mut self) {
        let mut worst = BinaryHeap::new();
        for (n, slot) in self.table.iter() {
            if let Some(useless) = self.useless(slot) {
                worst.push(Reverse((useless, n)));
                if worst.len() > CANDIDATES {
                    worst.pop();
                }
            }
        }
        self.candidates = worst.into_iter().map(|Reverse(found)| found).collect();
        self.candidates.sort();
    }

    fn useless(&self, slot: &Slot) -> Option<Useless> {
        let (quiet, age) = (self.now.wrapping_sub(slot.last), self.now.wrapping_sub(slot.since));
        let received = slot.talk.received();
        if slot.talk.pending(&self.room) > 0 {
            (quiet >= USELESS).then_some(Useless::Stalled(quiet))
        } else if received == 0 {
            (age >= USELESS).then_some(Useless::Silent(age))
        } else {
            let rate = received.saturating_mul(1_000_000) / u64::from(age.max(1));
            (quiet >= ACTIVE && age >= USELESS).then_some(Useless::Slow(Reverse(rate), quiet))
        }
    }

    /// The longest without progress among those that take no output goes.
    fn close_worst_staller(&mut self) {
        let mut next = self.table.first(Order::Quiet);
        while let Some(n) = next {
            if self.table.peek(n).is_some_and(|slot| slot.talk.pending(&self.room) > 0) {
                return self.close(n, Why::Stalled);
            }
            next = self.table.after(Order::Quiet, n);
        }
    }

    /// Ends what has had its time, a few at once: a crowd that came together
    /// goes together, and nobody is to wait for all of it.
    fn due(&mut self) {
        for _ in 0..DUE {
            if let Some((n, slot)) = self.overdue(Order::Quiet, self.conf.idle) {
                let why = if slot.talk.pending(&self.room) > 0 { Why::Stalled } else { Why::Idle };
                self.close(n, why);
            } else if let Some((n, _)) = self.overdue(Order::Arrival, self.conf.deadline) {
                self.close(n, Why::Deadline);
            } else if let Some((n, _)) = self.overdue(Order::Linger, Some(LINGER)) {
                self.drop(n);
            } else {
                break;
            }
        }
        self.table.settle();
        if self.parked.is_some_and(|until| reached(self.now, until)) {
            self.unpark();
        }
    }

    /// The first in an order, if its time is over.
    fn overdue(&self, order: Order, limit: Option<Duration>) -> Option<(u32, &Slot)> {
        let n = self.table.first(order)?;
        let slot = self.table.peek(n)?;
        (self.now.wrapping_sub(slot.from(order)) >= millis(limit?)).then_some((n, slot))
    }

    /// `n` has its reply. Closing with input unread would make the kernel send
    /// a reset, which may overtake the reply: so the end is sent first, and
    /// what the client still says is read away.
    fn answered(&mut self, n: u32) {
        let peer = self.table.peer(n);
        let Some(slot) = self.table.get(n) else { return };
        let Some(fd) = &slot.fd else { return };
        let _ = net::shutdown(fd, Shutdown::Write);
        let drained = slot.talk.drained();
        self.log.closed(peer.addr(), slot.talk.received(), Why::Answered.text());
        self.table.linger(n, self.now);
        if !drained {
            self.discard(n);
        }
    }

    /// Reads away what comes after a line. A client that has much to say loses it.
    fn discard(&mut self, n: u32) {
        let Some(Slot { fd: Some(fd), .. }) = self.table.get(n) else { return };
        for _ in 0..SURPLUS_READS {
            match Socket(fd.as_fd()).recv(self.room.buffer()) {
                Ok(1..) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Ok(0) | Err(_) => break,
            }
        }
        self.drop(n);
    }

    /// Ends `n` and says why.
    fn close(&mut self, n: u32, why: Why) {
        let peer = self.table.peer(n);
        let Some(Slot { fd: Some(fd), talk, .. }) = self.table.get(n) else { return };
        talk.report(&mut self.room, &mut |data| self.log.wrote(peer.addr(), data));
        self.log.closed(peer.addr(), talk.received(), why.text());
        if why == Why::Shutdown {
            // As after a line: no reset may overtake a reply.
            let _ = net::shutdown(&*fd, Shutdown::Write);
            for _ in 0..SURPLUS_READS {
                if !matches!(Socket(fd.as_fd()).recv(self.room.buffer()), Ok(1..)) {
                    break;
                }
            }
        } else if talk.pending(&self.room) > 0 {
            // Its kernel buffers would stay full for minutes after an orderly end.
            let _ = sockopt::set_socket_linger(&*fd, Some(Duration::ZERO));
        }
        self.drop(n);
    }

    /// Ends `n`.
    fn drop(&mut self, n: u32) {
        let host = self.table.peer(n).host();
        let Some(slot) = self.table.get(n) else { return };
        slot.talk.forget(&mut self.room);
        drop(self.table.remove(n));
        if self.conf.max_per_host.is_some()
            && let Entry::Occupied(mut count) = self.hosts.entry(host)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        if self.parked.is_some() {
            self.unpark();
        }
    }

    /// The first signal begins the end, a second one is it.
    fn signal(&mut self) {
        // Each is a signalfd_siginfo of 128 bytes.
        let mut signals = [0; 2 * 128];
        let count = rustix::io::read(&self.signals, &mut signals).unwrap_or(0) / 128;
        self.at_once |= count > 1 || (count > 0 && self.ending.is_some());
        if count == 0 || self.ending.is_some() {
            return;
        }
        // Who is in the queue may have said something already.
        for i in 0..self.listeners.len() {
            if self.table.len() < self.max_conns {
                self.accept(i, LAST_ACCEPTS);
            }
        }
        self.listeners.clear();
        self.parked = None;
        self.ending = Some(self.now.wrapping_add(millis(self.conf.grace)));
        systemd::stopping();
    }

    fn close_all(&mut self) {
        while let Some(n) = self.table.first(Order::Quiet) {
            self.close(n, Why::Shutdown);
        }
    }
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX / 4)
}

/// Whether `now` is at or after `at`, on a clock that wraps.
fn reached(now: u32, at: u32) -> bool {
    now.wrapping_sub(at) < u32::MAX / 2
}

/// Raises the limit of open files as far as it goes, and returns it.
fn raise_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // A sandbox may forbid it, and then it stays as it is.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    if raised { maximum } else { current }.unwrap_or(u64::MAX).min(1 << 30)
}

/// The lowest descriptor that is free, which is how many are taken if there are no gaps.
fn lowest_free(epoll: &Epoll, limit: u64) -> u64 {
    rustix::io::fcntl_dupfd_cloexec(epoll, 0).map_or(limit, |fd| fd.as_raw_fd() as u64)
}
