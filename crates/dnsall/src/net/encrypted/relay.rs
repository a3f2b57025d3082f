//! The poll loop's end of a connection that a thread of its own holds.
use std::{
    collections::VecDeque,
    io,
    os::{
        fd::{AsFd as _, BorrowedFd},
        unix::net::UnixDatagram,
    },
    thread,
    time::Duration,
};

use rustix::{event::PollFlags, net::sockopt};

use crate::net::{
    encrypted::{client::Target, report, session},
    reason,
    server::Server,
    stream::Event,
};

/// The room for datagrams on their way, in bytes. The system may give less: a
/// sender that finds none waits.
const BUFFER: usize = 1 << 20;
/// Reports that are read at a time, so that an endless talker gets no more than its share.
const MOST_REPORTS: usize = 512;
/// The stack of the thread, in bytes: nothing in it recurses.
const STACK: usize = 1 << 20;

/// The connection to one server, made when there is something to send.
#[derive(Debug)]
pub struct Relay {
    server: Server,
    /// How long connecting may take.
    patience: Duration,
    /// How long a question may take.
    lifetime: Duration,
    /// Joined with the thread that speaks to the server, while there is one.
    socket: Option<UnixDatagram>,
    /// Questions that the pair of sockets had no room for.
    unsent: VecDeque<Vec<u8>>,
    buf: Vec<u8>,
}

impl Relay {
    /// Not connected yet; connecting may take as long as `patience`, and a
    /// question with its answer as long as `lifetime`.
    pub fn new(server: Server, patience: Duration, lifetime: Duration) -> Relay {
        Relay { server, patience, lifetime, socket: None, unsent: VecDeque::new(), buf: Vec::new() }
    }

    /// Adds a message to be sent.
    pub fn send(&mut self, message: &[u8]) {
        self.unsent.push_back(message.to_vec());
    }

    /// What to poll for.
    pub fn interest(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let writing = if self.unsent.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        self.socket.as_ref().map(|socket| (socket.as_fd(), PollFlags::IN | writing))
    }

    /// Moves everything along that can move now.
    pub fn drive(&mut self, mut event: impl FnMut(Event<'_>)) {
        if let Err(e) = self.write() {
            self.forget();
            return event(Event::Closed { why: reason(&e), established: false });
        }
        self.buf.resize(report::LONGEST, 0);
        for _ in 0..MOST_REPORTS {
            let Some(socket) = &self.socket else { return };
            let Ok(len) = socket.recv(&mut self.buf) else { return };
            let Some(report) = report::read(&mut self.buf[..len]) else { continue };
            let is_last = matches!(report, Event::Closed { .. });
            event(report);
            if is_last {
                return self.forget();
            }
        }
    }

    /// Hands over the questions that there is room for.
    fn write(&mut self) -> io::Result<()> {
        while let Some(message) = self.unsent.front() {
            let socket = match &self.socket {
                Some(socket) => socket,
                None => self.socket.insert(self.begin()?),
            };
            match socket.send(message) {
                Ok(_) => drop(self.unsent.pop_front()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // The thread may have ended: its last report says why.
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Starts the thread.
    fn begin(&self) -> io::Result<UnixDatagram> {
        let (ours, theirs) = UnixDatagram::pair()?;
        for socket in [&ours, &theirs] {
            socket.set_nonblocking(true)?;
            let _ = sockopt::set_socket_send_buffer_size(socket, BUFFER);
        }
        let target = Target { server: self.server.clone(), patience: self.patience, lifetime: self.lifetime };
        let name = self.server.transport.scheme().to_owned();
        thread::Builder::new().name(name).stack_size(STACK).spawn(move || session::run(&target, theirs))?;
        Ok(ours)
    }

    /// The thread has ended. The engine knows what was left unanswered and asks it again.
    fn forget(&mut self) {
        self.socket = None;
        self.unsent.clear();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Nothing at all is the end for the thread.
        let _ = self.socket.as_ref().map(|socket| socket.send(&[]));
    }
}
