//! The one connection to a server, whatever it speaks.
use std::{
    os::fd::BorrowedFd,
    time::{Duration, Instant},
};

use rustix::event::PollFlags;

#[cfg(feature = "__encrypted")]
use crate::net::encrypted::relay::Relay;
use crate::net::{
    server::Server,
    stream::{Event, Stream},
};

/// The connection to one server, made when there is something to send.
#[derive(Debug)]
pub enum Connection {
    /// Messages one behind the other, by TCP or TLS.
    Stream(Box<Stream>),
    /// A stream for each question, by HTTP/2, HTTP/3 or QUIC.
    #[cfg(feature = "__encrypted")]
    Relay(Box<Relay>),
}

impl Connection {
    /// Not connected yet; connecting may take as long as `patience`, and a
    /// question with its answer as long as `lifetime`.
    pub fn new(server: Server, patience: Duration, lifetime: Duration) -> Connection {
        #[cfg(feature = "__encrypted")]
        if server.transport.has_streams() {
            return Connection::Relay(Box::new(Relay::new(server, patience, lifetime)));
        }
        let _ = lifetime;
        Connection::Stream(Box::new(Stream::new(server, patience)))
    }

    /// Adds a message to be sent.
    pub fn send(&mut self, message: &[u8]) {
        match self {
            Connection::Stream(stream) => stream.send(message),
            #[cfg(feature = "__encrypted")]
            Connection::Relay(relay) => relay.send(message),
        }
    }

    /// What to poll for.
    pub fn interest(&self) -> impl Iterator<Item = (BorrowedFd<'_>, PollFlags)> {
        let (stream, relay) = match self {
            Connection::Stream(stream) => (Some(stream.interest()), None),
            #[cfg(feature = "__encrypted")]
            Connection::Relay(relay) => (None, relay.interest()),
        };
        stream.into_iter().flatten().chain(relay)
    }

    /// When something is to be done, if nothing happens.
    pub fn wake(&self) -> Option<Instant> {
        match self {
            Connection::Stream(stream) => stream.wake(),
            #[cfg(feature = "__encrypted")]
            Connection::Relay(_) => None,
        }
    }

    /// Moves everything along that can move now.
    pub fn drive(&mut self, now: Instant, event: impl FnMut(Event<'_>)) {
        match self {
            Connection::Stream(stream) => stream.drive(now, event),
            #[cfg(feature = "__encrypted")]
            Connection::Relay(relay) => relay.drive(event),
        }
    }
}
