//! An engine and the sockets to its servers: what the one wants sent goes out by
//! the others, and what they receive comes back to it.
use std::{
    io::{self, IoSlice},
    os::fd::{AsFd as _, BorrowedFd},
    time::{Duration, Instant},
};

use plainnet_common::exit::Fail;
use rustix::{event::PollFlags, io::Errno};

use crate::{
    ask::{
        engine::Engine,
        query::Path,
        settings::{Endpoint, Settings},
    },
    net::{
        batch::{self, Inbox},
        connection::Connection,
        reason,
        server::{Server, Transport},
        stream::Event,
        udp::Udp,
    },
};

/// The longest wait for a connection where another server could be asked.
const PATIENCE: Duration = Duration::from_millis(500);
/// Datagrams that are gathered before they are sent: the more there are, the more
/// have one length and go out as segments of one.
const MOST_UNSENT: usize = 4 * batch::MOST;
/// Batches of datagrams that are read at a time from one server.
const MOST_BATCHES: usize = 8;

/// An engine with its sockets.
#[derive(Debug)]
pub(super) struct Exchange {
    /// What to ask.
    pub(super) engine: Engine,
    /// The servers, in the order of their numbers.
    servers: Vec<Server>,
    /// How messages name the servers.
    pub(super) names: Vec<String>,
    sockets: Vec<Option<Udp>>,
    /// For each server the slots whose datagrams are to be sent together.
    unsent: Vec<Vec<usize>>,
    streams: Vec<Option<Connection>>,
    /// How connections came about, to be told.
    pub(super) opened: Vec<String>,
    timeout: Duration,
    /// How long a question may take.
    lifetime: Duration,
}

impl Exchange {
    /// No socket is open yet. `names` are the servers' for messages.
    pub(super) fn new(settings: Settings, servers: Vec<Server>, names: Vec<String>) -> Exchange {
        let endpoint = |server: &Server| Endpoint {
            datagrams: server.transport == Transport::Udp,
            encrypted: server.transport.is_encrypted(),
        };
        let endpoints: Vec<Endpoint> = servers.iter().map(endpoint).collect();
        let (timeout, lifetime) = (settings.timeout, settings.lifetime());
        Exchange {
            engine: Engine::new(settings, &endpoints),
            names,
            sockets: servers.iter().map(|_| None).collect(),
            unsent: servers.iter().map(|_| Vec::with_capacity(MOST_UNSENT)).collect(),
            streams: servers.iter().map(|_| None).collect(),
            servers,
            opened: Vec::new(),
            timeout,
            lifetime,
        }
    }

    /// Does what is due at `now`, and sends what may be sent.
    ///
    /// # Errors
    /// This process has no descriptors or no memory left.
    pub(super) fn advance(&mut self, now: Instant) -> Result<(), Fail> {
        self.engine.advance(now);
        while self.take_messages(now)? {
            for server in 0..self.servers.len() {
                // What can't be sent goes to another server, so that there may be more to take.
                self.send_datagrams(server, now)?;
            }
        }
        // Whatever failed at once is for the next servers.
        self.drive(now);
        Ok(())
    }

    /// Takes what may be sent now. Are there datagrams that wait for the rest of their batch?
    fn take_messages(&mut self, now: Instant) -> Result<bool, Fail> {
        while let Some(send) = self.engine.next(now) {
            if send.path == Path::Connection {
                self.send_message(send.server, send.slot);
                continue;
            }
            self.unsent[send.server].push(send.slot);
            if self.unsent[send.server].len() == MOST_UNSENT {
                self.send_datagrams(send.server, now)?;
            }
        }
        Ok(self.unsent.iter().any(|unsent| !unsent.is_empty()))
    }

    /// Sends the batch of one server.
    fn send_datagrams(&mut self, server: usize, now: Instant) -> Result<(), Fail> {
        let result = self.try_send_datagrams(server);
        self.unsent[server].clear();
        if let Err(e) = result {
            let exhausted = |errno: Errno| e.raw_os_error() == Some(errno.raw_os_error());
            if [Errno::MFILE, Errno::NFILE, Errno::NOMEM].into_iter().any(exhausted) {
                return Err(Fail::io("socket", &e));
            }
            self.unreachable(server, &e, now);
        }
        Ok(())
    }

    fn try_send_datagrams(&mut self, server: usize) -> io::Result<()> {
        if self.unsent[server].is_empty() {
            return Ok(());
        }
        let socket = match &mut self.sockets[server] {
            Some(socket) => socket,
            none => none.insert(Udp::connect(self.servers[server].addr)?),
        };
        let mut messages = [IoSlice::new(&[]); MOST_UNSENT];
        let mut count = 0;
        for (message, slot) in messages.iter_mut().zip(&self.unsent[server]) {
            *message = IoSlice::new(self.engine.message(*slot));
            count += 1;
        }
        socket.send(&mut messages[..count])
    }

    fn unreachable(&mut self, server: usize, e: &io::Error, now: Instant) {
        let restarting = e.kind() == io::ErrorKind::ConnectionRefused;
        self.engine.unreachable(now, server, &reason(e), restarting);
    }

    fn send_message(&mut self, server: usize, slot: usize) {
        let (of, has_others) = (&self.servers[server], self.servers.len() > 1);
        let patience = if has_others { self.timeout.min(PATIENCE) } else { self.timeout };
        let lifetime = self.lifetime;
        let stream = self.streams[server].get_or_insert_with(|| Connection::new(of.clone(), patience, lifetime));
        stream.send(self.engine.message(slot));
    }

    /// Moves the connections along, and reads what came over them.
    fn drive(&mut self, now: Instant) {
        for (server, stream) in self.streams.iter_mut().enumerate() {
            let Some(stream) = stream else { continue };
            let (engine, opened, names) = (&mut self.engine, &mut self.opened, &self.names);
            stream.drive(now, |event| match event {
                Event::Message(message) => engine.receive(now, server, Path::Connection, message),
                Event::Unanswered { id, why } => engine.unanswered(now, server, id, &why),
                Event::Opened(how) => opened.push(format!("{}: {how}", names[server])),
                Event::Closed { why, established } => engine.disconnected(now, server, &why, established),
            });
        }
    }

    /// Reads what has come.
    pub(super) fn receive(&mut self, now: Instant, inbox: &mut Inbox) {
        for server in 0..self.sockets.len() {
            for _ in 0..MOST_BATCHES {
                let Some(socket) = &self.sockets[server] else { break };
                match socket.receive(inbox) {
                    Ok(count) => {
                        for message in inbox.datagrams() {
                            self.engine.receive(now, server, Path::Datagram, message);
                        }
                        if count < batch::MOST {
                            break;
                        }
                    }
                    Err(e) => {
                        self.unreachable(server, &e, now);
                        break;
                    }
                }
            }
        }
        self.drive(now);
    }

    /// What to poll for.
    pub(super) fn interest(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        let sockets = self.sockets.iter().flatten().map(|socket| (socket.as_fd(), PollFlags::IN));
        sockets.chain(self.streams.iter().flatten().flat_map(Connection::interest))
    }

    /// When something is to be done, if nothing comes.
    pub(super) fn wake(&mut self, now: Instant) -> Option<Instant> {
        let wake = self.engine.wake(now);
        wake.into_iter().chain(self.streams.iter().flatten().filter_map(Connection::wake)).min()
    }
}
