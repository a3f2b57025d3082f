//! One whois server (RFC 3912) and the connection to it.
//!
//! At most one query is under way at a server, and nothing here waits: the
//! sockets are non-blocking, and [`crate::net::exchange`] polls those of all servers.
use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    os::fd::{AsFd as _, BorrowedFd},
    time::{Duration, Instant},
};

use plainnet_common::{dial::Dial, output::reason, special};
use rustix::event::PollFlags;

use crate::{ask::query, ask::query::End, ask::servers::Server, read::reply::Terminator};

/// Longest line of a reply.
const LINE: usize = 64 * 1024;

/// Bytes read at once.
const BLOCK: usize = 16 * 1024;

/// Most blocks that are read from one server before the others have their turn.
const BLOCKS: usize = 64;

/// A reply, or why there is none.
#[derive(Debug)]
pub struct Reply {
    /// What came.
    pub bytes: Vec<u8>,
    /// And how it ended.
    pub end: End,
    /// How long it took.
    pub took: Duration,
}

/// Limits that hold for every session.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes of a reply.
    pub bytes: usize,
    /// Keep connections where the server can.
    pub keep: bool,
}

/// What was counted, for `--stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections opened.
    pub opened: u64,
    /// Connections that served more than one query.
    pub kept: u64,
}

/// A server of this run.
#[derive(Debug)]
pub struct Session {
    server: Server,
    public_only: bool,
    query: Option<Current>,
    dial: Option<Dial>,
    connection: Option<Connection>,
    /// The server's addresses, first the one that answered last.
    addrs: Vec<SocketAddr>,
    /// See [`Counts`].
    pub counts: Counts,
}

/// The query under way.
#[derive(Debug)]
struct Current {
    line: String,
    started: Instant,
    deadline: Instant,
}

/// A connection that stands.
#[derive(Debug)]
struct Connection {
    socket: TcpStream,
    /// What is still to be sent.
    send: Vec<u8>,
    received: Vec<u8>,
    /// Where the last line of `received` begins.
    line: usize,
    kept: bool,
    terminator: Terminator,
    served: u64,
}

impl Session {
    /// A server that has not been asked yet; `public_only`: connect to
    /// addresses that are reachable from everywhere, and to no other.
    pub fn new(server: Server, public_only: bool) -> Session {
        Session {
            server,
            public_only,
            query: None,
            dial: None,
            connection: None,
            addrs: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Sends a query, with `budget` left for it. A reply may come at once:
    /// when the name has no address, for one.
    pub fn begin(&mut self, line: String, budget: Duration, limits: Limits) -> Option<Reply> {
        let started = Instant::now();
        let deadline = started.checked_add(budget).unwrap_or(started + Duration::from_secs(86_400));
        // Whatever came before the query is no answer to it, so no query is under way while it is read.
        self.read(limits);
        if self.connection.as_mut().is_some_and(|c| !c.terminator.is_banner(&c.received)) {
            self.connection = None;
        }
        self.query = Some(Current { line, started, deadline });
        if let Some(connection) = &self.connection {
            self.counts.kept += u64::from(connection.served == 1);
            self.put_query(false);
            return None;
        }
        self.open(limits)
    }

    /// Connects anew for the query under way.
    fn open(&mut self, limits: Limits) -> Option<Reply> {
        self.connection = None;
        if self.addrs.is_empty() {
            match self.look_up() {
                Ok(addrs) => self.addrs = addrs,
                Err(end) => return self.over(Vec::new(), end),
            }
        }
        let deadline = self.query.as_ref()?.deadline;
        self.dial = Some(Dial::new(self.addrs.iter().copied(), Instant::now(), Some(deadline)));
        self.step(limits)
    }

    /// Addresses of the server. This is the one thing that waits: the system's
    /// look-up has no other form without threads.
    fn look_up(&mut self) -> Result<Vec<SocketAddr>, End> {
        let host = (self.server.host.as_str(), self.server.port);
        let found = host.to_socket_addrs().map_err(|e| End::Unreachable(format!("name not found ({})", reason(&e))))?;
        let mut found: Vec<SocketAddr> = found.collect();
        found.dedup();
        if self.public_only {
            found.retain(|a| special::is_public(a.ip()));
            if found.is_empty() {
                return Err(End::Refused);
            }
        }
        if found.is_empty() { Err(End::Unreachable("name has no address".into())) } else { Ok(found) }
    }

    /// Goes on with connecting.
    fn step(&mut self, limits: Limits) -> Option<Reply> {
        match self.dial.as_mut()?.step(Instant::now()) {
            Ok(None) => None,
            Ok(Some((socket, addr))) => {
                self.dial = None;
                // The next connection goes there at once, not to a dead address before it.
                self.addrs.sort_by_key(|other| *other != addr);
                self.counts.opened += 1;
                self.connection = Some(Connection {
                    socket,
                    send: Vec::new(),
                    received: Vec::new(),
                    line: 0,
                    kept: limits.keep && query::keeps(self.server.registry),
                    terminator: Terminator::default(),
                    served: 0,
                });
                self.put_query(true);
                self.ready(limits)
            }
            Err(e) => {
                self.dial = None;
                // The name may have others by the next time.
                self.addrs.clear();
                let end = match e.kind() {
                    io::ErrorKind::TimedOut => return self.timed_out(Vec::new()),
                    _ if is_local(&e) => End::Local(reason(&e)),
                    _ => End::Unreachable(reason(&e).to_lowercase()),
                };
                self.over(Vec::new(), end)
            }
        }
    }

    /// Hands the query to the connection; the first one on it asks to be kept.
    fn put_query(&mut self, first: bool) {
        if let (Some(query), Some(connection)) = (&self.query, &mut self.connection) {
            let keep = if first && connection.kept { "-k " } else { "" };
            connection.send = format!("{keep}{}\r\n", query.line).into_bytes();
        }
    }

    /// Bytes of a reply that is not complete yet.
    pub fn received(&self) -> usize {
        self.connection.as_ref().map_or(0, |c| c.received.len())
    }

    /// What to poll for.
    pub fn interest(&self) -> Vec<(BorrowedFd<'_>, PollFlags)> {
        if let Some(dial) = &self.dial {
            return dial.fds().map(|fd| (fd, PollFlags::OUT)).collect();
        }
        let flags = |c: &Connection| if c.send.is_empty() { PollFlags::IN } else { PollFlags::OUT | PollFlags::IN };
        self.connection.iter().map(|c| (c.socket.as_fd(), flags(c))).collect()
    }

    /// When something happens without the server's doing.
    pub fn wake(&self) -> Option<Instant> {
        let deadline = self.query.as_ref()?.deadline;
        Some(self.dial.as_ref().and_then(Dial::wake).map_or(deadline, |wake| wake.min(deadline)))
    }

    /// Time has passed.
    pub fn tick(&mut self, limits: Limits) -> Option<Reply> {
        if Instant::now() >= self.query.as_ref()?.deadline {
            let received = self.connection.take().map(|c| c.received).unwrap_or_default();
            self.dial = None;
            return self.timed_out(received);
        }
        if self.dial.is_some() { self.step(limits) } else { None }
    }

    fn timed_out(&mut self, received: Vec<u8>) -> Option<Reply> {
        let query = self.query.as_ref()?;
        let seconds = (query.deadline - query.started).as_secs_f64();
        let why = format!("timed out after {} s", (seconds * 10.0).round() / 10.0);
        let end = if received.is_empty() { End::Unreachable(why) } else { End::Slow(why) };
        self.over(received, end)
    }

    /// A socket is ready for something.
    pub fn ready(&mut self, limits: Limits) -> Option<Reply> {
        if self.dial.is_some() {
            return self.step(limits);
        }
        let connection = self.connection.as_mut()?;
        while !connection.send.is_empty() {
            match connection.socket.write(&connection.send) {
                Ok(n) => drop(connection.send.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return self.broken(limits, &e),
            }
        }
        self.read(limits)
    }

    fn read(&mut self, limits: Limits) -> Option<Reply> {
        let mut block = [0; BLOCK];
        // Whoever sends faster than we read must not keep us from the clock and the other servers.
        for _ in 0..BLOCKS {
            let connection = self.connection.as_mut()?;
            match connection.socket.read(&mut block) {
                Ok(0) => return self.closed_by_server(limits),
                Ok(n) => {
                    reserve(&mut connection.received, n, limits.bytes);
                    connection.received.extend_from_slice(&block[..n]);
                    if let Some(reply) = self.look(limits) {
                        return Some(reply);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return None,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return self.broken(limits, &e),
            }
        }
        None
    }

    /// Is what came a reply, or too much of one?
    fn look(&mut self, limits: Limits) -> Option<Reply> {
        let connection = self.connection.as_mut()?;
        if self.query.is_none() {
            // The banner of the next reply comes ahead of its question, and nothing else should.
            if connection.received.len() > LINE {
                self.connection = None;
            }
            return None;
        }
        if connection.kept
            && let Some(end) = connection.terminator.find(&connection.received)
        {
            if connection.idle_for_too_long() {
                return self.afresh(limits);
            }
            let rest = connection.received.split_off(end);
            let bytes = std::mem::replace(&mut connection.received, rest);
            connection.line = 0;
            connection.terminator = Terminator::default();
            connection.served += 1;
            return self.over(bytes, End::Whole);
        }
        let mut why = None;
        while let Some(n) = connection.received[connection.line..].iter().position(|b| *b == b'\n') {
            if n > LINE {
                break;
            }
            connection.line += n + 1;
        }
        if connection.received.len() - connection.line > LINE {
            why = Some("truncated, a line is longer than 64 KiB".to_owned());
            connection.received.truncate(connection.line + LINE);
        } else if connection.received.len() > limits.bytes {
            why = Some(format!("truncated at {} bytes", limits.bytes));
            connection.received.truncate(limits.bytes);
        }
        let why = why?;
        let received = self.connection.take().map(|c| c.received).unwrap_or_default();
        self.over(received, End::Cut(why))
    }

    /// The server closed the connection.
    fn closed_by_server(&mut self, limits: Limits) -> Option<Reply> {
        if self.connection.as_ref().is_some_and(Connection::is_stale) {
            return self.afresh(limits);
        }
        let connection = self.connection.take()?;
        self.query.as_ref()?;
        let cut = !connection.received.is_empty() && (connection.kept || !is_whole(&connection.received));
        let end = if cut { End::Cut("truncated, the connection was closed in mid-answer".into()) } else { End::Whole };
        self.over(connection.received, end)
    }

    /// The question that went over a kept connection is asked once more, over a
    /// new one; that has served nothing yet, so this can't go on for ever.
    fn afresh(&mut self, limits: Limits) -> Option<Reply> {
        self.connection = None;
        self.query.as_ref()?;
        self.open(limits)
    }

    /// Reading or writing failed.
    fn broken(&mut self, limits: Limits, e: &io::Error) -> Option<Reply> {
        if self.connection.as_ref().is_some_and(Connection::is_stale) {
            return self.afresh(limits);
        }
        let connection = self.connection.take()?;
        let why = reason(e).to_lowercase();
        let why = if connection.received.is_empty() { why } else { format!("truncated, {why}") };
        self.over(connection.received, End::Cut(why))
    }

    fn over(&mut self, mut bytes: Vec<u8>, end: End) -> Option<Reply> {
        let query = self.query.take()?;
        // It may wait for long until an earlier input's answer is printed.
        bytes.shrink_to_fit();
        Some(Reply { bytes, end, took: query.started.elapsed() })
    }
}

impl Connection {
    /// Kept, and closed by the server before it saw our question: idle for too
    /// long (`%ERROR:305`), or without a word.
    fn is_stale(&self) -> bool {
        self.served > 0 && !self.terminator.said() || self.idle_for_too_long()
    }

    fn idle_for_too_long(&self) -> bool {
        self.served > 0 && self.received.split(|b| *b == b'\n').any(|line| line.starts_with(b"%ERROR:305"))
    }
}

/// Makes room for `more` bytes: twice of what there is, as ever, but not for
/// more than a reply of `most` bytes and the block that goes beyond it.
fn reserve(received: &mut Vec<u8>, more: usize, most: usize) {
    let length = received.len();
    if received.capacity() - length < more {
        let whole = most.saturating_add(BLOCK).max(length + more);
        received.reserve_exact((2 * length).clamp(length + more, whole) - length);
    }
}

/// Does this process lack descriptors or memory?
fn is_local(e: &io::Error) -> bool {
    use rustix::io::Errno;
    let local = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM].map(Errno::raw_os_error);
    e.raw_os_error().is_some_and(|code| local.contains(&code))
}

/// Is a reply that ended with the connection all there? A last line without
/// its end is cut; so is one of RIPE's software that stops within an object,
/// and one of ARIN's with a part that begins and does not end.
fn is_whole(received: &[u8]) -> bool {
    if received.is_empty() {
        return true;
    }
    let has = |what: &[u8]| received.windows(what.len()).any(|w| w == what);
    let announced = has(b"% Information related to") || received.starts_with(b"% This is the ");
    let complete = !announced || !has(b"\ninet") || has(b"\nsource:") || has(b"% This query was served");
    let count = |what: &[u8]| received.split(|b| *b == b'\n').filter(|line| line.trim_ascii_end() == what).count();
    received.ends_with(b"\n") && complete && count(b"# start") <= count(b"# end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_reserves_no_more_than_it_may_have() {
        let (most, mut received) = (1_000_000, Vec::new());
        let mut grown = 0;
        while received.len() <= most {
            let before = received.capacity();
            reserve(&mut received, BLOCK, most);
            received.extend_from_slice(&[0; BLOCK]);
            grown += usize::from(received.capacity() != before);
        }
        assert!(received.capacity() <= most + BLOCK && grown < 10, "{} {grown}", received.capacity());
    }

    #[test]
    fn a_half_line_is_half_an_answer() {
        assert!(is_whole(b"a: b\n"));
        assert!(!is_whole(b"a: b\nc: "));
        assert!(!is_whole(b"% This is the RIPE Database\n\ninetnum: x\nnetname: y\n"));
        assert!(!is_whole(b"# start\n\nNetRange: x\n\n# end\n\n# start\r\n\nNetRange: y\n"));
        assert!(is_whole(b"# start\n\nNetRange: x\n\n# end\n\n# start\r\n\nNetRange: y\n# end\r\n"));
        assert!(is_whole(b"% This is the RIPE Database\n\ninetnum: x\nsource: RIPE\n"));
    }
}
