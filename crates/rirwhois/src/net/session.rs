//! One server: its queue, its connection, its pace.
//!
//! At most one query is under way at a server, and nothing here waits: the
//! sockets are non-blocking, and [`crate::ask::bulk`] polls those of all servers.
use std::{
    collections::VecDeque,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    os::fd::{AsFd as _, BorrowedFd},
    time::{Duration, Instant},
};

use plainnet_common::{output::reason, special};
use rustix::{
    event::PollFlags,
    io::Errno,
    net::{self, AddressFamily, SocketFlags, SocketType, sockopt},
};

use crate::{
    ask::chase::{Ask, End},
    ask::pace::Pace,
    ask::query,
    ask::servers::Server,
    read::reply::Ending,
};

/// How long one address may take to connect while another one waits its turn.
pub const NEXT_ADDRESS: Duration = Duration::from_millis(600);

/// Longest line of an answer.
const LINE: usize = 64 * 1024;

/// Most blocks that are read from one server before the others have their turn.
const BLOCKS: usize = 64;

/// So many time-outs in a row, and the server is left alone for this run.
pub const STRIKES: u32 = 2;

/// An answer, or why there is none.
#[derive(Debug)]
pub struct Heard {
    /// The chase that asked.
    pub id: u64,
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
    /// Most bytes of an answer.
    pub bytes: usize,
    /// Keep connections where the server can.
    pub keep: bool,
}

/// What was counted, for `--stats`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Queries sent.
    pub queries: u64,
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
    /// Chases that wait for their turn, with their query lines.
    pub queue: VecDeque<(u64, String)>,
    now: Option<Current>,
    conn: Option<Conn>,
    addrs: Vec<SocketAddr>,
    pace: Pace,
    /// Why it is asked no more.
    pub closed: Option<String>,
    strikes: u32,
    /// See [`Counts`].
    pub counts: Counts,
}

/// The query under way.
#[derive(Debug)]
struct Current {
    id: u64,
    line: String,
    started: Instant,
    deadline: Instant,
    /// Addresses not tried yet.
    others: VecDeque<SocketAddr>,
}

#[derive(Debug)]
struct Conn {
    sock: TcpStream,
    addr: SocketAddr,
    connected: bool,
    /// When to try the next address instead.
    patience: Instant,
    /// What is still to be sent.
    send: Vec<u8>,
    got: Vec<u8>,
    /// Where the last line of `got` begins.
    line: usize,
    kept: bool,
    ending: Ending,
    served: u64,
}

impl Session {
    /// A server that has not been asked yet.
    pub fn new(ask: &Ask, rate: Option<f64>) -> Session {
        Session {
            server: ask.server.clone(),
            public_only: ask.public_only,
            queue: VecDeque::new(),
            now: None,
            conn: None,
            addrs: Vec::new(),
            pace: Pace::of(ask.server.registry, rate),
            closed: None,
            strikes: 0,
            counts: Counts::default(),
        }
    }

    /// Is a query under way?
    pub fn busy(&self) -> bool {
        self.now.is_some()
    }

    /// When the next query may be sent.
    pub fn free_at(&self, now: Instant) -> Instant {
        self.pace.free_at(now)
    }

    /// Sends a query, with `budget` left for it. An answer may come at once:
    /// when the name has no address, for one.
    pub fn begin(&mut self, id: u64, line: String, budget: Duration, limits: Limits) -> Option<Heard> {
        let started = Instant::now();
        self.pace.spend(started);
        self.counts.queries += 1;
        let deadline = started.checked_add(budget).unwrap_or(started + Duration::from_secs(86_400));
        self.now = Some(Current { id, line, started, deadline, others: VecDeque::new() });
        if self.conn.is_some() {
            self.counts.kept += u64::from(self.conn.as_ref().is_some_and(|c| c.served == 1));
            self.put_query(false);
            return None;
        }
        self.open(limits)
    }

    /// Connects anew for the query under way.
    fn open(&mut self, limits: Limits) -> Option<Heard> {
        if self.addrs.is_empty()
            && let Err(end) = self.look_up()
        {
            return self.over(Vec::new(), end);
        }
        let addrs = self.addrs.iter().copied().collect();
        let now = self.now.as_mut()?;
        now.others = addrs;
        self.next_address(limits, None)
    }

    /// Addresses of the server, the families taking turns. This is the one
    /// thing that waits: the system's look-up has no other form without threads.
    fn look_up(&mut self) -> Result<(), End> {
        let host = (self.server.host.as_str(), self.server.port);
        let found = host.to_socket_addrs().map_err(|e| End::Cut(format!("name not found ({})", reason(&e))))?;
        let mut found: Vec<SocketAddr> = found.collect();
        found.dedup();
        if self.public_only {
            found.retain(|a| special::is_public(a.ip()));
            if found.is_empty() {
                return Err(End::Refused);
            }
        }
        let (v6, v4): (Vec<_>, Vec<_>) = found.into_iter().partition(SocketAddr::is_ipv6);
        let (mut v6, mut v4) = (v6.into_iter(), v4.into_iter());
        loop {
            let turn = [v6.next(), v4.next()];
            if turn == [None, None] {
                break;
            }
            self.addrs.extend(turn.into_iter().flatten());
        }
        if self.addrs.is_empty() { Err(End::Cut("name has no address".into())) } else { Ok(()) }
    }

    /// Begins to connect to the next address that is left.
    fn next_address(&mut self, limits: Limits, mut why: Option<String>) -> Option<Heard> {
        self.conn = None;
        loop {
            let current = self.now.as_mut()?;
            let Some(addr) = current.others.pop_front() else {
                // The name may have others by the next time.
                self.addrs.clear();
                let why = why.unwrap_or_else(|| "no address left".into());
                return self.over(Vec::new(), End::Cut(why));
            };
            let now = Instant::now();
            let patience = if current.others.is_empty() { current.deadline } else { now + NEXT_ADDRESS };
            match connect(addr) {
                Ok(sock) => {
                    self.counts.opened += 1;
                    self.conn = Some(Conn {
                        sock,
                        addr,
                        connected: false,
                        patience,
                        send: Vec::new(),
                        got: Vec::new(),
                        line: 0,
                        kept: limits.keep && query::keeps(self.server.registry),
                        ending: Ending::default(),
                        served: 0,
                    });
                    self.put_query(true);
                    return None;
                }
                Err(e @ (Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)) => {
                    return self.over(Vec::new(), End::Local(reason(&e.into())));
                }
                Err(e) => why = Some(reason(&io::Error::from(e)).to_lowercase()),
            }
        }
    }

    /// Hands the query to the connection; the first one on it asks to be kept.
    fn put_query(&mut self, first: bool) {
        if let (Some(now), Some(conn)) = (&self.now, &mut self.conn) {
            let keep = if first && conn.kept { "-k " } else { "" };
            conn.send = format!("{keep}{}\r\n", now.line).into_bytes();
        }
    }

    /// What to poll for.
    pub fn interest(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let conn = self.conn.as_ref()?;
        let write = !conn.connected || !conn.send.is_empty();
        Some((conn.sock.as_fd(), if write { PollFlags::OUT | PollFlags::IN } else { PollFlags::IN }))
    }

    /// When something happens without the server's doing.
    pub fn alarm(&self) -> Option<Instant> {
        let now = self.now.as_ref()?;
        Some(match &self.conn {
            Some(conn) if !conn.connected => conn.patience.min(now.deadline),
            _ => now.deadline,
        })
    }

    /// Time has passed.
    pub fn tick(&mut self, limits: Limits) -> Option<Heard> {
        let time = Instant::now();
        let current = self.now.as_ref()?;
        if time >= current.deadline {
            let took = current.deadline - current.started;
            let got = self.conn.take().map(|c| c.got).unwrap_or_default();
            self.strikes += 1;
            if self.strikes >= STRIKES && limits.keep {
                self.closed = Some("not asked again after it timed out".into());
            }
            let took = (took.as_secs_f64() * 10.0).round() / 10.0;
            return self.over(got, End::Cut(format!("timed out after {took} s")));
        }
        if self.conn.as_ref().is_some_and(|c| !c.connected && time >= c.patience) {
            return self.next_address(limits, Some("timed out".into()));
        }
        None
    }

    /// The socket is ready for something.
    pub fn ready(&mut self, limits: Limits) -> Option<Heard> {
        let conn = self.conn.as_mut()?;
        if !conn.connected {
            match sockopt::socket_error(&conn.sock) {
                Ok(Ok(())) if conn.sock.peer_addr().is_ok() => {
                    conn.connected = true;
                    // The next connection goes there at once, not to a dead address before it.
                    let good = conn.addr;
                    self.addrs.sort_by_key(|addr| *addr != good);
                }
                // Still under way.
                Ok(Ok(())) => return None,
                Ok(Err(e)) | Err(e) => {
                    let why = reason(&io::Error::from(e)).to_lowercase();
                    return self.next_address(limits, Some(why));
                }
            }
        }
        while !conn.send.is_empty() {
            match conn.sock.write(&conn.send) {
                Ok(n) => drop(conn.send.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return self.broken(limits, &e),
            }
        }
        self.read(limits)
    }

    fn read(&mut self, limits: Limits) -> Option<Heard> {
        let mut block = vec![0; 16 * 1024];
        // Whoever sends faster than we read must not keep us from the clock and the other servers.
        for _ in 0..BLOCKS {
            let conn = self.conn.as_mut()?;
            match conn.sock.read(&mut block) {
                Ok(0) => return self.closed_by_server(limits),
                Ok(n) => {
                    conn.got.extend_from_slice(&block[..n]);
                    if let Some(heard) = self.look(limits) {
                        return Some(heard);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return None,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return self.broken(limits, &e),
            }
        }
        None
    }

    /// Is what came an answer, or too much of one?
    fn look(&mut self, limits: Limits) -> Option<Heard> {
        let conn = self.conn.as_mut()?;
        if self.now.is_none() {
            // The banner of the next answer comes ahead of its question, and nothing else should.
            if conn.got.len() > LINE {
                self.conn = None;
            }
            return None;
        }
        if conn.kept
            && let Some(end) = conn.ending.find(&conn.got)
        {
            if conn.idle_for_too_long() {
                return self.afresh(limits);
            }
            let conn = self.conn.as_mut()?;
            let rest = conn.got.split_off(end);
            let bytes = std::mem::replace(&mut conn.got, rest);
            conn.line = 0;
            conn.ending = Ending::default();
            conn.served += 1;
            return self.over(bytes, End::Whole);
        }
        let mut why = None;
        while let Some(n) = conn.got[conn.line..].iter().position(|b| *b == b'\n') {
            if n > LINE {
                break;
            }
            conn.line += n + 1;
        }
        if conn.got.len() - conn.line > LINE {
            why = Some("truncated, a line is longer than 64 KiB".to_owned());
            conn.got.truncate(conn.line + LINE);
        } else if conn.got.len() > limits.bytes {
            why = Some(format!("truncated at {} bytes", limits.bytes));
            conn.got.truncate(limits.bytes);
        }
        let why = why?;
        let got = self.conn.take().map(|c| c.got).unwrap_or_default();
        self.over(got, End::Cut(why))
    }

    /// The server closed the connection.
    fn closed_by_server(&mut self, limits: Limits) -> Option<Heard> {
        if self.conn.as_ref().is_some_and(Conn::stale) {
            return self.afresh(limits);
        }
        let conn = self.conn.take()?;
        self.now.as_ref()?;
        let end = if conn.kept || !is_whole(&conn.got) {
            if conn.got.is_empty() {
                End::Whole
            } else {
                End::Cut("truncated, the connection was closed in mid-answer".into())
            }
        } else {
            End::Whole
        };
        self.over(conn.got, end)
    }

    /// The question that went over a kept connection is asked once more, over a
    /// new one; that has served nothing yet, so this can't go on for ever.
    fn afresh(&mut self, limits: Limits) -> Option<Heard> {
        self.conn = None;
        self.now.as_ref()?;
        self.open(limits)
    }

    /// Reading or writing failed.
    fn broken(&mut self, limits: Limits, e: &io::Error) -> Option<Heard> {
        if self.conn.as_ref().is_some_and(Conn::stale) {
            return self.afresh(limits);
        }
        let conn = self.conn.take()?;
        let why = reason(e).to_lowercase();
        let why = if conn.got.is_empty() { why } else { format!("truncated, {why}") };
        self.over(conn.got, End::Cut(why))
    }

    fn over(&mut self, bytes: Vec<u8>, end: End) -> Option<Heard> {
        let now = self.now.take()?;
        if end == End::Whole {
            self.strikes = 0;
        }
        Some(Heard { id: now.id, bytes, end, took: now.started.elapsed() })
    }
}

impl Conn {
    /// Kept, and closed by the server before it saw our question: idle for too
    /// long (`%ERROR:305`), or without a word.
    fn stale(&self) -> bool {
        self.served > 0 && !self.ending.said() || self.idle_for_too_long()
    }

    fn idle_for_too_long(&self) -> bool {
        self.served > 0 && self.got.split(|b| *b == b'\n').any(|line| line.starts_with(b"%ERROR:305"))
    }
}

/// Is an answer that ended with the connection all there? A last line without
/// its end is cut; so is one of RIPE's software that stops within an object,
/// and one of ARIN's with a part that begins and does not end.
fn is_whole(got: &[u8]) -> bool {
    if got.is_empty() {
        return true;
    }
    let has = |what: &[u8]| got.windows(what.len()).any(|w| w == what);
    let announced = has(b"% Information related to") || got.starts_with(b"% This is the ");
    let complete = !announced || !has(b"\ninet") || has(b"\nsource:") || has(b"% This query was served");
    let count = |what: &[u8]| got.split(|b| *b == b'\n').filter(|line| line.trim_ascii_end() == what).count();
    got.ends_with(b"\n") && complete && count(b"# start") <= count(b"# end")
}

/// Begins to connect, without waiting.
fn connect(addr: SocketAddr) -> Result<TcpStream, Errno> {
    let family = if addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let sock = net::socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    match net::connect(&sock, &addr) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(sock.into()),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
