//! The server at work: who gets in, who may stay, and how it all ends.
//!
//! One loop: wait for events, give each connection its turn, let newcomers in,
//! end what has had its time, write the log.
use std::{
    io,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
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
};

use crate::{
    cli::Conf,
    clock::{Moment, millis},
    connection::{Buffers, CloseReason, Next, Phase, Transport},
    connections::{Connections, Order, Peer, Slot},
    epoll::Epoll,
    hosts::Hosts,
    log::Log,
    sandbox,
    spec::SPEC,
    startup::{self, ACCEPTS, Listener, Opened},
    systemd,
};

/// The token of the signals' descriptor. Listeners count down from here,
/// connections up from 0.
const SIGNALS: u64 = u64::MAX - 1;
/// The token of the alarm.
const ALARM: u64 = u64::MAX;
/// Connections accepted from a queue before its listener is closed.
const LAST_ACCEPTS: usize = 65536;
/// How long the server looks away from its listeners where it can take nobody.
const PARKED: Duration = Duration::from_millis(100);
/// How long an answered client may take to close.
const LINGER: Duration = Duration::from_secs(2);
/// Reads that an answered client's surplus input is worth.
const SURPLUS_READS: usize = 4;
/// Unsent output over all connections, in bytes, beyond which the worst staller goes.
const UNSENT: usize = 32 * 1024 * 1024;
/// Connections ended by a time limit before the others get their turn.
const DUE: usize = 8;
/// How long a client that had output to take may be quiet before it is closed
/// once a signal came: what it had sent by then is still on its way.
const DRAIN_QUIET: Duration = Duration::from_millis(250);
/// How often that is looked at.
const DRAIN_LOOK: Duration = Duration::from_millis(50);
/// How long lines wait for a stuck log between two tries.
const LOG_RETRY: Duration = Duration::from_millis(200);

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

/// The whole of a running server.
struct Server<'a> {
    conf: &'a Conf,
    start: Instant,
    /// The moment of the last wait.
    now: Moment,
    epoll: Epoll,
    signals: OwnedFd,
    listeners: Vec<Listener>,
    /// Until when the listeners are out of epoll, if they are.
    parked: Option<Moment>,
    connections: Connections,
    /// The most connections at once.
    places: usize,
    buffers: Buffers,
    /// Connections that may have more to read.
    again: Vec<u32>,
    hosts: Hosts,
    log: Log,
    /// When the alarm rings, if it is set.
    alarm: Option<Moment>,
    /// When the grace of a signal ends, once one came.
    draining: Option<Moment>,
    /// A second signal came.
    at_once: bool,
    /// The one connection of `--once` has been accepted.
    once_accepted: bool,
}

/// The socket of a connection.
struct Socket<'a>(BorrowedFd<'a>);

impl Transport for Socket<'_> {
    fn recv(&mut self, buf: &mut [u8]) -> Result<usize, Errno> {
        net::recv(self.0, buf, RecvFlags::empty()).map(|(n, _)| n)
    }

    fn send(&mut self, data: &[u8]) -> Result<usize, Errno> {
        net::send(self.0, data, SendFlags::NOSIGNAL)
    }
}

impl<'a> Server<'a> {
    /// Opens everything that is needed, and gives up what isn't any more.
    fn new(conf: &'a Conf) -> Result<Server<'a>, Fail> {
        let Opened { listeners, signals, epoll, log, connections, buffers, again, places } =
            startup::open(conf, ALARM)?;
        epoll.add_level(&signals, SIGNALS).map_err(|e| Fail::io("epoll", &e))?;
        let mut server = Server {
            conf,
            start: Instant::now(),
            now: Moment::default(),
            epoll,
            signals,
            listeners,
            parked: None,
            connections,
            places,
            buffers,
            again,
            hosts: Hosts::new(conf.max_per_host),
            log,
            alarm: None,
            draining: None,
            at_once: false,
            once_accepted: false,
        };
        server.unpark();
        if let Err(e) = sandbox::drop_capabilities() {
            server.log.warn(format_args!("capabilities: {}: going on with them", output::reason(&e.into())));
        }
        if let Err(e) = sandbox::restrict() {
            let reason = output::reason(&io::Error::other(e));
            server.log.warn(format_args!("landlock: {reason}: going on without"));
        }
        systemd::ready();
        Ok(server)
    }

    fn serve(&mut self) -> io::Result<()> {
        let mut log_waits = self.log.flush(self.now);
        while !self.is_over() {
            let block = self.again.is_empty() && self.set_alarm(log_waits)?;
            let events = self.epoll.wait(block)?;
            self.now = Moment::now(self.start);
            self.batch(events);
            self.connections.settle();
            self.due();
            log_waits = self.log.flush(self.now);
        }
        while let Some(n) = [Order::Activity, Order::Delay].into_iter().find_map(|o| self.connections.first(o)) {
            self.close(n, CloseReason::Shutdown);
        }
        // A reader that is still there gets the last lines; one that is stuck holds nobody up.
        for _ in 0..10 {
            if !self.log.flush(self.now) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Everybody has gone who was to be waited for, or has had the time to.
    fn is_over(&self) -> bool {
        let nobody = self.connections.is_empty();
        let drained = self.draining.is_some_and(|end| self.at_once || nobody || self.now.has_reached(end));
        drained || self.once_accepted && nobody
    }

    /// Sees to it that the alarm rings when the next thing is due, if not
    /// earlier. False if it is due already.
    fn set_alarm(&mut self, log_waits: bool) -> io::Result<bool> {
        let due = |order: Order, limit: Option<Duration>| {
            let first = self.connections.peek(self.connections.first(order)?)?;
            Some(first.moment(order).after(limit?))
        };
        let next = [
            due(Order::Activity, self.conf.idle),
            due(Order::Delay, Some(self.delay())),
            due(Order::Arrival, self.conf.deadline),
            due(Order::Linger, Some(LINGER)),
            self.parked,
            self.draining,
            self.draining.map(|_| self.now.after(DRAIN_LOOK)),
            log_waits.then(|| self.now.after(LOG_RETRY)),
        ];
        let Some(left) = next.into_iter().flatten().map(|at| self.now.until(at)).min() else { return Ok(true) };
        let left = Duration::from_millis(left.into());
        let at = self.now.after(left);
        // What was due when it was set has often moved on by the time it
        // rings, and then it is set anew: rarely, instead of for every byte.
        if !left.is_zero() && self.alarm.is_none_or(|set| !at.has_reached(set)) {
            self.epoll.alarm(left)?;
            self.alarm = Some(at);
        }
        Ok(!left.is_zero())
    }

    fn batch(&mut self, events: usize) {
        let mut knocking = Knocking::default();
        let queued = self.again.len();
        for i in 0..events {
            let ready = self.epoll.event(i);
            match u32::try_from(ready.token) {
                Ok(n) => self.turn(n, ready.reads_fall_short),
                Err(_) if ready.token == SIGNALS => self.signal(),
                Err(_) if ready.token == ALARM => self.alarm = None,
                Err(_) => knocking.add((SIGNALS - 1 - ready.token) as usize),
            }
        }
        for i in 0..queued {
            let n = self.again[i];
            if let Some(slot) = self.connections.get(n) {
                slot.connection.queued = false;
            }
            self.turn(n, false);
        }
        self.again.drain(..queued);
        // Newcomers last: whoever has just gone has made room for them.
        for i in knocking.of(self.listeners.len()) {
            if self.parked.is_none() {
                self.accept(i, ACCEPTS);
            }
        }
    }

    /// Goes as far with `n` as it can without waiting.
    fn turn(&mut self, n: u32, reads_fall_short: bool) {
        let peer = self.connections.peer(n);
        let (next, moved) = match self.connections.get(n) {
            Some(slot) if slot.connection.phase == Phase::Lingering => return self.discard(n),
            Some(Slot { fd: Some(fd), connection, .. }) => {
                let log = &mut self.log;
                let mut wrote = |data: &[u8]| log.wrote(peer.addr(), data);
                connection.turn(&mut Socket(fd.as_fd()), reads_fall_short, &mut self.buffers, &mut wrote)
            }
            _ => return,
        };
        if moved {
            self.connections.touch(n, self.now);
        }
        match next {
            Next::Wait if self.draining.is_some() && self.is_done(n) => self.close(n, CloseReason::Shutdown),
            Next::Wait => self.want_output(n),
            Next::Again => self.queue(n),
            Next::Delay => {
                // Its bytes may have come long after the batch began.
                self.now = Moment::now(self.start);
                self.connections.enter(n, Phase::Delayed, self.now);
            }
            Next::Close(CloseReason::Answered) => self.answered(n),
            Next::Close(reason) => self.close(n, reason),
        }
        if self.buffers.unsent() > UNSENT {
            self.make_memory();
        }
    }

    /// Bytes that `n` has sent are not answered yet.
    fn owes(&self, n: u32) -> bool {
        self.connections
            .peek(n)
            .is_some_and(|slot| slot.connection.is_delayed() || slot.connection.unsent(&self.buffers) > 0)
    }

    /// While the server ends, `n` is not waited for any more. One that had
    /// output to take has perhaps sent more than its window let through.
    fn is_done(&self, n: u32) -> bool {
        let Some(slot) = self.connections.peek(n) else { return true };
        let quiet = self.now.since(slot.active) >= millis(DRAIN_QUIET);
        !self.owes(n) && (quiet || !slot.connection.wants_output)
    }

    /// Has epoll tell when `n` takes output, once it has refused some.
    fn want_output(&mut self, n: u32) {
        let Some(Slot { fd: Some(fd), connection, .. }) = self.connections.get(n) else { return };
        if connection.phase != Phase::Open
            || connection.unsent(&self.buffers) == 0
            || std::mem::replace(&mut connection.wants_output, true)
        {
            return;
        }
        if let Err(e) = self.epoll.want_output(fd, n.into()) {
            self.log.warn_rarely(self.now, format_args!("epoll: {}", output::reason(&e.into())));
            self.close(n, CloseReason::Evicted);
        }
    }

    /// `n` gets another turn after the others.
    fn queue(&mut self, n: u32) {
        if let Some(slot) = self.connections.get(n)
            && !std::mem::replace(&mut slot.connection.queued, true)
        {
            self.again.push(n);
        }
    }

    /// The delay of the answer to `n` is over.
    fn end_delay(&mut self, n: u32) {
        if let Some(slot) = self.connections.get(n) {
            slot.connection.end_delay(&self.buffers);
            self.connections.enter(n, Phase::Open, self.now);
            self.queue(n);
        }
    }

    /// Takes up to `most` newcomers from listener `i`, at which at least one
    /// knocks. It is closed already if one before it took the one connection of
    /// `--once`.
    fn accept(&mut self, i: usize, most: usize) {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (mut accepted, mut lost, mut evicted) = (0, 0, false);
        for _ in 0..most {
            if !self.connections.has_room() {
                // Slots that this batch has freed are there after it.
                return;
            }
            // Nobody goes before it is known that somebody waits.
            let least = match self.connections.len() < self.places {
                true => None,
                false => match self.eviction() {
                    Eviction::Now(least) => Some(least),
                    Eviction::After(time) => return self.park(time),
                },
            };
            let Some(listener) = self.listeners.get(i) else { return };
            let newcomer = match self.connections.has_peers() {
                true => net::acceptfrom_with(&listener.fd, flags),
                false => net::accept_with(&listener.fd, flags).map(|fd| (fd, None)),
            };
            match newcomer {
                Ok((fd, addr)) => {
                    accepted += 1;
                    let last = self.admit(fd, addr.and_then(|a| a.try_into().ok()), least);
                    if last {
                        return;
                    }
                }
                Err(Errno::AGAIN) => return,
                Err(e @ (Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)) => {
                    // The kernel takes a descriptor before it looks at the queue,
                    // so this may be said of an empty one.
                    if accepted > 0 {
                        return;
                    }
                    // One place is made for whoever waits; where that doesn't
                    // help, the shortage is not of our making.
                    match self.eviction() {
                        Eviction::Now(least) if !evicted => self.evict(least.n),
                        Eviction::After(time) if time < PARKED => return self.park(time),
                        _ => return self.wait(i, &output::reason(&e.into())),
                    }
                    evicted = true;
                }
                // This one is lost (ECONNABORTED, EPROTO, EPERM, ...), and the next may not be.
                Err(_) => lost += 1,
            }
        }
        if lost == most {
            self.wait(i, "no connection can be accepted");
        }
    }

    /// Who makes room for one more.
    fn eviction(&mut self) -> Eviction {
        // Whoever has its reply needs its place no more.
        if let Some(n) = self.connections.first(Order::Linger) {
            return Eviction::Now(Least { n, old_and_slow: true });
        }
        match self.connections.least(self.now) {
            None => Eviction::After(PARKED),
            Some((n, merit)) => match merit.chance() {
                Some(chance) => Eviction::After(chance),
                None => Eviction::Now(Least { n, old_and_slow: merit.is_old_and_slow() }),
            },
        }
    }

    /// Closes connection `n` to make room for a newcomer.
    fn evict(&mut self, n: u32) {
        match self.connections.get(n) {
            Some(Slot { fd: Some(fd), connection, .. }) if connection.phase == Phase::Lingering => {
                read_away(fd, &mut self.buffers);
                self.remove(n);
            }
            _ => self.close(n, CloseReason::Evicted),
        }
    }

    /// Gives a newcomer a place, that of `least` where all are taken. True if
    /// no other newcomer is to be let in before the events that wait.
    fn admit(&mut self, fd: OwnedFd, addr: Option<std::net::SocketAddr>, least: Option<Least>) -> bool {
        let peer = addr.map_or(Peer::UNKNOWN, Peer::new);
        match self.hosts.enter(peer.host()) {
            Ok(true) => {}
            Ok(false) => {
                self.log.connected(peer.addr());
                self.log.closed(peer.addr(), 0, CloseReason::MaxPerHost.text());
                return false;
            }
            Err(_) => {
                self.log.warn_rarely(self.now, format_args!("out of memory: a newcomer is turned away"));
                return false;
            }
        }
        // An old and slow one goes at once for each newcomer. Where there is none,
        // newcomers would evict each other before anybody has read what they say.
        let last = least.as_ref().is_some_and(|least| !least.old_and_slow);
        if let Some(least) = least {
            self.evict(least.n);
        }
        let n = self.connections.add(fd, peer, self.now);
        self.log.connected(peer.addr());
        let Some(Slot { fd: Some(fd), .. }) = self.connections.get(n) else { return last };
        if let Err(e) = self.epoll.add_edge(fd, n.into()) {
            self.log.warn_rarely(self.now, format_args!("epoll: {}", output::reason(&e.into())));
            self.close(n, CloseReason::Evicted);
        } else if self.conf.once {
            self.once_accepted = true;
            self.listeners.clear();
        }
        last || self.once_accepted
    }

    /// Nobody can be taken from listener `i`, for `reason`.
    fn wait(&mut self, i: usize, reason: &str) {
        let addr = self.listeners[i].addr;
        self.log.warn_rarely(self.now, format_args!("{addr}: {reason}: newcomers wait"));
        self.park(PARKED);
    }

    /// Looks away from the listeners for a moment, or until somebody leaves.
    fn park(&mut self, time: Duration) {
        for listener in &self.listeners {
            self.epoll.remove(&listener.fd);
        }
        self.parked = Some(self.now.after(time));
    }

    fn unpark(&mut self) {
        self.parked = None;
        for (i, listener) in self.listeners.iter().enumerate() {
            if let Err(e) = self.epoll.add_level(&listener.fd, SIGNALS - 1 - i as u64) {
                self.log.warn_rarely(self.now, format_args!("epoll: {}", output::reason(&e)));
                self.parked = Some(self.now.after(PARKED));
            }
        }
    }

    /// Unsent output fills its share of memory: an answer that is withheld goes
    /// early, or whoever has not taken its output for the longest time goes.
    fn make_memory(&mut self) {
        if let Some(n) = self.connections.first(Order::Delay) {
            return self.end_delay(n);
        }
        let mut next = self.connections.first(Order::Activity);
        while let Some(n) = next {
            if self.owes(n) {
                return self.close(n, CloseReason::Stalled);
            }
            next = self.connections.after(Order::Activity, n);
        }
    }

    /// Ends what has had its time, a few at once: a crowd that came together
    /// goes together, and nobody is to wait for all of it.
    fn due(&mut self) {
        for _ in 0..DUE {
            if let Some(n) = self.overdue(Order::Activity, self.conf.idle) {
                self.close(n, if self.owes(n) { CloseReason::Stalled } else { CloseReason::Idle });
            } else if let Some(n) = self.overdue(Order::Arrival, self.conf.deadline) {
                self.close(n, CloseReason::Deadline);
            } else if let Some(n) = self.overdue(Order::Linger, Some(LINGER)) {
                self.remove(n);
            } else if let Some(n) = self.overdue(Order::Delay, Some(self.delay())) {
                self.end_delay(n);
            } else {
                break;
            }
        }
        if self.draining.is_some() {
            self.close_the_done();
        }
        self.connections.settle();
        if self.parked.is_some_and(|until| self.now.has_reached(until)) {
            self.unpark();
        }
    }

    /// Closes those that are not waited for any more while the server ends.
    fn close_the_done(&mut self) {
        let mut next = self.connections.first(Order::Activity);
        while let Some(n) = next {
            next = self.connections.after(Order::Activity, n);
            let waits = self.connections.peek(n).is_some_and(|slot| slot.connection.queued);
            if !waits && self.is_done(n) {
                self.close(n, CloseReason::Shutdown);
            }
        }
    }

    /// How long an answer is withheld by a clock of whole milliseconds, so that it is never too short.
    fn delay(&self) -> Duration {
        self.conf.delay + Duration::from_millis(1)
    }

    /// The first in an order, if its time is over.
    fn overdue(&self, order: Order, limit: Option<Duration>) -> Option<u32> {
        let n = self.connections.first(order)?;
        let since = self.connections.peek(n)?.moment(order);
        (self.now.since(since) >= millis(limit?)).then_some(n)
    }

    /// `n` has its reply. Closing with input unread would make the kernel send
    /// a reset, which may overtake the reply: so the end is sent first, and
    /// what the client still says is read away.
    fn answered(&mut self, n: u32) {
        let peer = self.connections.peer(n);
        let Some(Slot { fd: Some(fd), connection, .. }) = self.connections.get(n) else { return };
        let _ = net::shutdown(fd, Shutdown::Write);
        let drained = connection.is_drained();
        self.log.closed(peer.addr(), connection.received(), CloseReason::Answered.text());
        self.connections.enter(n, Phase::Lingering, self.now);
        if !drained || self.draining.is_some() {
            self.discard(n);
        }
    }

    /// Reads away what comes after a line. A client that has much to say loses
    /// it, and while the server ends nobody waits for the client's end.
    fn discard(&mut self, n: u32) {
        let Some(Slot { fd: Some(fd), .. }) = self.connections.get(n) else { return };
        let more = read_away(fd, &mut self.buffers);
        if !more || self.draining.is_some() {
            self.remove(n);
        }
    }

    /// Ends `n` and says why.
    fn close(&mut self, n: u32, reason: CloseReason) {
        let peer = self.connections.peer(n);
        let Some(Slot { fd: Some(fd), connection, .. }) = self.connections.get(n) else { return };
        connection.log_rest(&mut self.buffers, &mut |data| self.log.wrote(peer.addr(), data));
        let delayed = connection.is_delayed();
        if delayed {
            connection.hurry(&mut Socket(fd.as_fd()), &mut self.buffers);
        }
        self.log.closed(peer.addr(), connection.received(), reason.text());
        let stuck = connection.unsent(&self.buffers) > 0;
        if reason == CloseReason::Shutdown || delayed && !stuck {
            // As after a line: no reset may overtake a reply.
            let _ = net::shutdown(&*fd, Shutdown::Write);
            read_away(fd, &mut self.buffers);
        } else if stuck {
            // Its kernel buffers would stay full for minutes after an orderly end.
            let _ = sockopt::set_socket_linger(&*fd, Some(Duration::ZERO));
        }
        self.remove(n);
    }

    /// Forgets `n`, which closes its socket.
    fn remove(&mut self, n: u32) {
        let host = self.connections.peer(n).host();
        let Some(slot) = self.connections.get(n) else { return };
        slot.connection.release(&mut self.buffers);
        drop(self.connections.remove(n));
        self.hosts.leave(host);
        if self.parked.is_some() {
            self.unpark();
        }
    }

    /// The first signal begins the end, a second one is it.
    fn signal(&mut self) {
        // Each is a signalfd_siginfo of 128 bytes.
        let mut signals = [0; 2 * 128];
        let count = rustix::io::read(&self.signals, &mut signals).unwrap_or(0) / 128;
        self.at_once |= count > 1 || (count > 0 && self.draining.is_some());
        if count == 0 || self.draining.is_some() {
            return;
        }
        // Who is in the queue may have said something already.
        for i in 0..self.listeners.len() {
            if self.connections.len() < self.places {
                self.accept(i, LAST_ACCEPTS.min(self.places - self.connections.len()));
            }
        }
        self.listeners.clear();
        self.parked = None;
        self.draining = Some(self.now.after(self.conf.grace));
        systemd::stopping();
        // What they have sent so far is read and answered, and who owes nothing then goes.
        for n in 0..self.connections.numbers() {
            self.turn(n, false);
        }
    }
}

/// The listeners at which somebody knocks, by number. Those from the 64th on are one.
#[derive(Clone, Copy, Default)]
struct Knocking(u64);

impl Knocking {
    fn add(&mut self, i: usize) {
        self.0 |= 1 << i.min(63);
    }

    /// The numbers of the listeners meant, of `all` that there are.
    fn of(self, all: usize) -> impl Iterator<Item = usize> {
        (0..all).filter(move |i| self.0 >> (*i).min(63) & 1 == 1)
    }
}

/// Who makes room for a newcomer.
struct Least {
    n: u32,
    old_and_slow: bool,
}

/// When somebody goes so that a newcomer has a place.
enum Eviction {
    /// This one may go now.
    Now(Least),
    /// Nobody goes before so much time.
    After(Duration),
}

/// Reads away what `fd` has, up to a limit. False if there is no more to come.
fn read_away(fd: &OwnedFd, buffers: &mut Buffers) -> bool {
    for _ in 0..SURPLUS_READS {
        match Socket(fd.as_fd()).recv(buffers.read_buffer()) {
            Ok(1..) | Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return true,
            Ok(0) | Err(_) => break,
        }
    }
    false
}
