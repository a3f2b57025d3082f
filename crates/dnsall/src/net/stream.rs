//! Questions over a connection: TCP, bare or under TLS, all pipelined on one
//! per server (RFC 7766). Answers come in any order.
use std::{
    collections::{HashMap, VecDeque},
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    os::fd::{AsFd as _, BorrowedFd},
    time::{Duration, Instant},
};

use rustix::{
    event::PollFlags,
    io::Errno,
    net::{AddressFamily, SocketFlags, SocketType, sockopt},
};

use crate::{
    ask::flight::{Ask, Rules, Trouble, reason},
    net::server::{Server, Transport},
    net::tls::Session,
    wire::message::{Echo, Edns, Header, Question, Rcode, Reply},
    wire::types::Type,
};

/// The longest wait for a connection where another server could be tried.
const PATIENCE: Duration = Duration::from_millis(500);

/// What came of a question.
#[derive(Debug)]
pub enum Event {
    /// The message that answers it, and how long it took.
    Answer(Ask, Vec<u8>, Duration),
    /// Nothing did.
    Failed(Ask, Trouble),
    /// The server could not be reached: these are still to be asked.
    Down(Vec<Ask>, io::Error),
}

/// The connection to one server, opened when there is something to ask.
#[derive(Debug)]
pub struct Stream {
    server: Server,
    rules: Rules,
    /// Another server could be asked instead.
    spare: bool,
    open: Option<Open>,
    waiting: VecDeque<Pending>,
    /// A connection was good once: later failures are not the server's absence.
    proven: bool,
}

/// A connection.
#[derive(Debug)]
struct Open {
    socket: TcpStream,
    session: Option<Session>,
    /// When to give up connecting, until it is connected (and proven, under TLS).
    until: Option<Instant>,
    connected: bool,
    out: Vec<u8>,
    inp: Vec<u8>,
    asked: HashMap<u16, Pending>,
    id: u16,
}

#[derive(Debug)]
struct Pending {
    ask: Ask,
    since: Instant,
    end: Instant,
    /// The connection ended under it before.
    again: bool,
    /// The server does not know EDNS.
    plain: bool,
    /// It came by datagram, truncated.
    cut: bool,
}

impl Stream {
    /// Not connected yet. `spare`: there are other servers.
    pub fn new(server: Server, rules: Rules, spare: bool) -> Stream {
        Stream { server, rules, spare, open: None, waiting: VecDeque::new(), proven: false }
    }

    /// Adds a question; `cut` if its answer by datagram was truncated.
    pub fn ask(&mut self, ask: Ask, cut: bool, now: Instant) {
        let end = now + self.rules.timeout.saturating_mul(self.rules.tries);
        self.waiting.push_back(Pending { ask, since: now, end, again: false, plain: false, cut });
    }

    /// Questions without an answer yet.
    pub fn in_air(&self) -> usize {
        self.waiting.len() + self.open.as_ref().map_or(0, |o| o.asked.len())
    }

    /// Drops the questions of `job` that `stale` names.
    pub fn drop_where(&mut self, job: u64, stale: impl Fn(Type) -> bool) {
        let keep = |p: &Pending| p.ask.job != job || !stale(p.ask.rtype);
        self.waiting.retain(keep);
        if let Some(open) = &mut self.open {
            open.asked.retain(|_, p| keep(p));
        }
    }

    /// What to poll for.
    pub fn interest(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let open = self.open.as_ref()?;
        let mut flags = PollFlags::IN;
        if !open.connected || !open.out.is_empty() || open.session.as_ref().is_some_and(Session::wants_write) {
            flags |= PollFlags::OUT;
        }
        Some((open.socket.as_fd(), flags))
    }

    /// When something is to be done, if nothing happens.
    pub fn wake(&self) -> Option<Instant> {
        let open = self.open.as_ref();
        let ends = self.waiting.iter().chain(open.iter().flat_map(|o| o.asked.values())).map(|p| p.end);
        ends.chain(open.and_then(|o| o.until)).min()
    }

    /// Moves everything along that can move now.
    pub fn drive(&mut self, now: Instant, events: &mut Vec<Event>) {
        if self.in_air() == 0 {
            // Nothing is due from an idle connection but its end. Left unread,
            // either would make each poll return at once.
            if self.open.as_mut().is_some_and(|open| open.read().is_err() || !open.inp.is_empty()) {
                self.open = None;
            }
            return;
        }
        if self.open.is_none() && !self.waiting.is_empty() {
            match Open::connect(&self.server, now + self.patience()) {
                Ok(open) => self.open = Some(open),
                Err(e) => self.fail(e, events),
            }
        }
        if let Err(e) = self.exchange(now, events) {
            self.fail(e, events);
        }
        self.expire(now, events);
    }

    fn patience(&self) -> Duration {
        if self.spare && !self.proven { self.rules.timeout.min(PATIENCE) } else { self.rules.timeout }
    }

    fn exchange(&mut self, now: Instant, events: &mut Vec<Event>) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        if open.until.is_some() {
            if !open.settle()? {
                return match open.until {
                    Some(until) if until <= now => Err(io::ErrorKind::TimedOut.into()),
                    _ => Ok(()),
                };
            }
            open.until = None;
            self.proven = true;
        }
        while open.asked.len() < 60_000
            && let Some(pending) = self.waiting.pop_front()
        {
            open.put(pending, self.server.transport, &self.rules);
        }
        open.write()?;
        let ended = open.read();
        for msg in open.messages() {
            if let Some(again) = open.take(msg, now, events) {
                self.waiting.push_back(again);
            }
        }
        if !self.waiting.is_empty() && ended.is_ok() {
            return self.exchange(now, events);
        }
        ended
    }

    /// The connection is over. What was not answered is asked once more over a
    /// new one if this one had been good.
    fn fail(&mut self, e: io::Error, events: &mut Vec<Event>) {
        let Some(open) = self.open.take() else {
            return self.fail_all(e, events);
        };
        let established = open.until.is_none();
        let mut asked: Vec<_> = open.asked.into_values().collect();
        asked.sort_by_key(|p| (p.since, p.ask.rtype));
        if !established {
            self.waiting.extend(asked);
            return self.fail_all(e, events);
        }
        for mut pending in asked {
            if pending.again {
                events.push(failed(pending, &e));
            } else {
                pending.again = true;
                self.waiting.push_back(pending);
            }
        }
    }

    fn fail_all(&mut self, e: io::Error, events: &mut Vec<Event>) {
        let (cut, rest): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(|p| p.cut || p.again);
        events.extend(cut.into_iter().map(|pending| failed(pending, &e)));
        if !rest.is_empty() {
            events.push(Event::Down(rest.into_iter().map(|p| p.ask).collect(), e));
        }
    }

    fn expire(&mut self, now: Instant, events: &mut Vec<Event>) {
        let late = io::Error::from(io::ErrorKind::TimedOut);
        let mut keep = VecDeque::new();
        for pending in self.waiting.drain(..) {
            if pending.end <= now {
                events.push(failed(pending, &late));
            } else {
                keep.push_back(pending);
            }
        }
        self.waiting = keep;
        if let Some(open) = &mut self.open {
            let over: Vec<u16> = open.asked.iter().filter(|(_, p)| p.end <= now).map(|(id, _)| *id).collect();
            for pending in over.iter().filter_map(|id| open.asked.remove(id)) {
                events.push(failed(pending, &late));
            }
        }
    }
}

/// The end of a question whose connection did not bring an answer.
fn failed(pending: Pending, e: &io::Error) -> Event {
    let late = e.kind() == io::ErrorKind::TimedOut;
    let why = if late { "no answer".to_owned() } else { reason(e) };
    let trouble = match pending.cut {
        true => Trouble::Truncated(why),
        false if late => Trouble::Silence,
        false => Trouble::Unreachable(why),
    };
    Event::Failed(pending.ask, trouble)
}

impl Open {
    fn connect(server: &Server, until: Instant) -> io::Result<Open> {
        let family = if server.addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
        match rustix::net::connect(&socket, &server.addr as &SocketAddr) {
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        // Small writes go out at once.
        let _ = sockopt::set_tcp_nodelay(&socket, true);
        let session = if server.transport == Transport::Tls { Some(Session::new(&server.name)?) } else { None };
        Ok(Open {
            socket: TcpStream::from(socket),
            session,
            until: Some(until),
            connected: false,
            out: Vec::new(),
            inp: Vec::new(),
            asked: HashMap::new(),
            id: 0,
        })
    }

    /// Is the connection ready for questions? Under TLS that is after the
    /// server has proved its name, so no question goes to a stranger.
    fn settle(&mut self) -> io::Result<bool> {
        if !self.connected {
            if let Err(e) = sockopt::socket_error(&self.socket)? {
                return Err(e.into());
            }
            if self.socket.peer_addr().is_err() {
                return Ok(false);
            }
            self.connected = true;
        }
        match &mut self.session {
            Some(session) => session.settle(&mut self.socket),
            None => Ok(true),
        }
    }

    /// Writes a question behind those that wait to be sent.
    fn put(&mut self, pending: Pending, transport: Transport, rules: &Rules) {
        while self.asked.contains_key(&self.id) {
            self.id = self.id.wrapping_add(1);
        }
        let block = if transport == Transport::Tls { 128 } else { 0 };
        let edns = Edns { payload: crate::ask::flight::PAYLOAD, dnssec: rules.dnssec, cookie: &[], block };
        let edns = (!pending.plain).then_some(edns);
        let (name, rtype) = (&*pending.ask.name, pending.ask.rtype);
        let at = self.out.len();
        self.out.extend([0, 0]);
        Question { id: self.id, name, rtype, recurse: rules.recurse, edns }.write(&mut self.out);
        let len = u16::try_from(self.out.len() - at - 2).unwrap_or(0);
        self.out[at..at + 2].copy_from_slice(&len.to_be_bytes());
        self.asked.insert(self.id, pending);
        self.id = self.id.wrapping_add(1);
    }

    fn write(&mut self) -> io::Result<()> {
        if let Some(session) = &mut self.session {
            session.put(&self.out)?;
            self.out.clear();
            return session.write(&mut self.socket);
        }
        while !self.out.is_empty() {
            match self.socket.write(&self.out) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => drop(self.out.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Reads what there is, up to about four messages of the longest kind, so
    /// that an endless talker gets no more than its share.
    fn read(&mut self) -> io::Result<()> {
        let mut block = vec![0; 16 * 1024];
        let start = self.inp.len();
        while self.inp.len() - start < 256 * 1024 {
            let got = match &mut self.session {
                Some(session) => session.read(&mut self.socket, &mut block),
                None => self.socket.read(&mut block),
            };
            match got {
                Ok(0) => return Err(io::Error::other("connection closed by the server")),
                Ok(n) => self.inp.extend_from_slice(&block[..n]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// The whole messages that have come; those too short for a header are nothing.
    fn messages(&mut self) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        let mut rest = &self.inp[..];
        while let Some((len, behind)) = rest.split_first_chunk()
            && let Some((msg, behind)) = behind.split_at_checked(usize::from(u16::from_be_bytes(*len)))
        {
            rest = behind;
            if Header::read(msg).is_some() {
                messages.push(msg.to_vec());
            }
        }
        // Once for all: a flood of tiny messages would move the rest each time.
        let done = self.inp.len() - rest.len();
        self.inp.drain(..done);
        messages
    }

    /// Gives the answer of a question out; what answers none is ignored. A
    /// question is returned when it is to be asked once more without EDNS.
    fn take(&mut self, msg: Vec<u8>, now: Instant, events: &mut Vec<Event>) -> Option<Pending> {
        let header = Header::read(&msg).filter(|h| h.is_reply() && h.opcode() == 0)?;
        let pending = self.asked.get(&header.id)?;
        let reply = Reply::read(&msg)?;
        let odd = matches!(reply.rcode, Rcode::FORMERR | Rcode::NOTIMP | Rcode::BADVERS);
        match reply.echo(&pending.ask.name, pending.ask.rtype) {
            Echo::Exact | Echo::Case => {}
            Echo::Missing if odd => {}
            _ => return None,
        }
        let mut pending = self.asked.remove(&header.id)?;
        if odd && !pending.plain {
            pending.plain = true;
            return Some(pending);
        }
        events.push(Event::Answer(pending.ask, msg, now.saturating_duration_since(pending.since)));
        None
    }
}
