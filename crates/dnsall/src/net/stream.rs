//! Messages over a TCP connection, bare or under TLS, each behind its length
//! (RFC 7766): all of them pipelined on one.
use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    os::fd::{AsFd as _, BorrowedFd},
    time::{Duration, Instant},
};

use plainnet_common::dial::Dial;
use rustix::event::PollFlags;

use crate::net::{
    reason,
    server::{Server, Transport},
    tls::Session,
};

/// The most bytes that are read at a time: about four messages of the longest
/// kind, so that an endless talker gets no more than its share.
const MOST_READ: usize = 256 * 1024;
/// The size of one read, in bytes.
const BLOCK: usize = 16 * 1024;

/// What happened to a connection.
#[derive(Debug)]
pub enum Event<'m> {
    /// A message came.
    Message(&'m mut [u8]),
    /// The question with this identifier gets no answer over this connection; the reason.
    Unanswered {
        /// The identifier that the question went out with.
        id: u16,
        /// The server's words or ours.
        why: String,
    },
    /// The server has proved its name; by what means, in words.
    Opened(String),
    /// The connection is over, or never came about; the reason.
    Closed {
        /// The system's words or ours.
        why: String,
        /// It had been ready for questions.
        established: bool,
    },
}

/// The connection to one server, made when there is something to send.
#[derive(Debug)]
pub struct Stream {
    server: Server,
    /// How long connecting may take.
    patience: Duration,
    state: State,
    /// Framed messages that were not written yet.
    unsent: Vec<u8>,
    unread: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Idle,
    Connecting(Dial, Instant),
    /// The server has to prove its name until then.
    Securing(TcpStream, Box<Session>, Instant),
    Open(TcpStream, Option<Box<Session>>),
}

impl Stream {
    /// Not connected yet; connecting may take as long as `patience`.
    pub fn new(server: Server, patience: Duration) -> Stream {
        Stream { server, patience, state: State::Idle, unsent: Vec::new(), unread: Vec::new() }
    }

    /// Adds a message to be sent.
    pub fn send(&mut self, message: &[u8]) {
        let len = u16::try_from(message.len()).unwrap_or(0);
        self.unsent.extend(len.to_be_bytes());
        self.unsent.extend_from_slice(message);
    }

    /// What to poll for.
    pub fn interest(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        let (dial, open) = match &self.state {
            State::Idle => (None, None),
            State::Connecting(dial, _) => (Some(dial), None),
            State::Securing(socket, session, _) => (None, Some((socket.as_fd(), flags(session.wants_write())))),
            State::Open(socket, session) => {
                let waiting = !self.unsent.is_empty() || session.as_ref().is_some_and(|s| s.wants_write());
                (None, Some((socket.as_fd(), flags(waiting))))
            }
        };
        dial.into_iter().flat_map(|dial| dial.fds().map(|fd| (fd, PollFlags::OUT))).chain(open)
    }

    /// When something is to be done, if nothing happens.
    pub fn wake(&self) -> Option<Instant> {
        match &self.state {
            State::Connecting(dial, deadline) => Some(dial.wake().map_or(*deadline, |at| at.min(*deadline))),
            State::Securing(_, _, deadline) => Some(*deadline),
            State::Idle | State::Open(..) => None,
        }
    }

    /// Moves everything along that can move now.
    pub fn drive(&mut self, now: Instant, mut event: impl FnMut(Event<'_>)) {
        if matches!(self.state, State::Idle) {
            if self.unsent.is_empty() {
                return;
            }
            let deadline = now + self.patience;
            self.state = State::Connecting(Dial::new([self.server.addr], now, Some(deadline)), deadline);
        }
        let before = matches!(self.state, State::Open(..));
        let connected = self.connect(now);
        if let State::Open(_, Some(session)) = &self.state
            && !before
        {
            event(Event::Opened(session.how()));
        }
        let result = connected.and_then(|()| self.exchange(&mut event));
        if let Err(e) = result {
            let established = matches!(self.state, State::Open(..));
            let silence = if matches!(self.state, State::Securing(..)) { "TLS: no answer" } else { "no answer" };
            self.state = State::Idle;
            self.unsent.clear();
            self.unread.clear();
            let why = if e.kind() == io::ErrorKind::TimedOut { silence.to_owned() } else { reason(&e) };
            event(Event::Closed { why, established });
        }
    }

    /// Gets as far as it can towards a connection that may be written to. Under
    /// TLS that is after the server has proved its name, so that no question goes to a stranger.
    fn connect(&mut self, now: Instant) -> io::Result<()> {
        if let State::Connecting(dial, deadline) = &mut self.state
            && let Some((socket, _)) = dial.step(now)?
        {
            self.state = match self.server.transport {
                Transport::Tls => State::Securing(socket, Box::new(Session::new(&self.server.name)?), *deadline),
                _ => State::Open(socket, None),
            };
        }
        if let State::Securing(socket, session, deadline) = &mut self.state {
            if !session.settle(socket)? {
                return if *deadline <= now { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) };
            }
            let State::Securing(socket, session, _) = std::mem::replace(&mut self.state, State::Idle) else {
                return Ok(());
            };
            self.state = State::Open(socket, Some(session));
        }
        Ok(())
    }

    fn exchange(&mut self, event: &mut impl FnMut(Event<'_>)) -> io::Result<()> {
        // Answers may have come before the server closed the connection to our next question.
        let written = self.write();
        let ended = self.read();
        self.give_out(event);
        written.and(ended)
    }

    fn write(&mut self) -> io::Result<()> {
        let State::Open(socket, session) = &mut self.state else { return Ok(()) };
        if let Some(session) = session {
            // Each in a TLS record of its own: some servers (dnsdist 1.7) read one message of a
            // record, and then wait for the socket although the rest is in their hands.
            let mut rest = &self.unsent[..];
            while let Some(len) = rest.first_chunk() {
                let (message, behind) = rest.split_at(rest.len().min(2 + usize::from(u16::from_be_bytes(*len))));
                session.put(message)?;
                rest = behind;
            }
            self.unsent.clear();
            return session.write(socket);
        }
        let (mut written, mut result) = (0, Ok(()));
        while written < self.unsent.len() && result.is_ok() {
            match socket.write(&self.unsent[written..]) {
                Ok(0) => result = Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => written += n,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => result = Err(e),
            }
        }
        self.unsent.drain(..written);
        result
    }

    fn read(&mut self) -> io::Result<()> {
        let State::Open(socket, session) = &mut self.state else { return Ok(()) };
        let mut block = [0; BLOCK];
        let start = self.unread.len();
        while self.unread.len() - start < MOST_READ {
            let got = match session {
                Some(session) => session.read(socket, &mut block),
                None => socket.read(&mut block),
            };
            match got {
                Ok(0) => return Err(io::Error::other("connection closed by the server")),
                Ok(n) => self.unread.extend_from_slice(&block[..n]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Gives the whole messages out.
    fn give_out(&mut self, event: &mut impl FnMut(Event<'_>)) {
        let done = messages(&mut self.unread, |message| event(Event::Message(message)));
        // Once for all: a flood of tiny messages would move the rest each time.
        self.unread.drain(..done);
    }
}

/// Gives out each whole message of `bytes`, all of which stand behind their
/// lengths (RFC 7766 section 8); how many bytes that was, the lengths among them.
pub fn messages(bytes: &mut [u8], mut each: impl FnMut(&mut [u8])) -> usize {
    let mut done = 0;
    while let Some((len, behind)) = bytes[done..].split_first_chunk_mut()
        && let Some((message, _)) = behind.split_at_mut_checked(usize::from(u16::from_be_bytes(*len)))
    {
        done += 2 + message.len();
        each(message);
    }
    done
}

fn flags(writing: bool) -> PollFlags {
    if writing { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN }
}
