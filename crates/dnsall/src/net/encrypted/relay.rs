//! The poll loop's end of a connection that a thread of its own holds.
use std::{
    collections::VecDeque,
    io,
    os::{
        fd::{AsFd as _, BorrowedFd},
        unix::net::UnixDatagram,
    },
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::sockopt,
};

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
/// The longest wait for the thread to say goodbye.
const FAREWELL: Duration = Duration::from_millis(100);
/// The stack of the thread, in bytes: nothing in it recurses.
const STACK: usize = 1 << 20;

/// The connection to one server, made when there is something to send.
#[derive(Debug)]
pub struct Relay {
    server: Server,
    /// How long each step of connecting may take.
    patience: Duration,
    /// How long a question may take.
    lifetime: Duration,
    /// What joins us with the thread that speaks to the server, while there is one.
    pair: Option<Pair>,
    /// The server has proved its name, and the connection stands.
    is_open: bool,
    /// Questions that the pair of sockets had no room for.
    unsent: VecDeque<Vec<u8>>,
    buf: Vec<u8>,
}

/// Two datagram sockets.
#[derive(Debug)]
struct Pair {
    ours: UnixDatagram,
    /// The thread has a copy of this one. Linux drops what was received from a
    /// socket that is closed when something is sent to it, and that would be the last report.
    _theirs: UnixDatagram,
}

impl Relay {
    /// Not connected yet; each step of connecting may take as long as `patience`, and a
    /// question with its answer as long as `lifetime`.
    pub fn new(server: Server, patience: Duration, lifetime: Duration) -> Relay {
        Relay { server, patience, lifetime, pair: None, is_open: false, unsent: VecDeque::new(), buf: Vec::new() }
    }

    /// Adds a message to be sent.
    pub fn send(&mut self, message: &[u8]) {
        self.unsent.push_back(message.to_vec());
    }

    /// What to poll for.
    pub fn interest(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let writing = if self.unsent.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        self.pair.as_ref().map(|pair| (pair.ours.as_fd(), PollFlags::IN | writing))
    }

    /// Moves everything along that can move now.
    pub fn drive(&mut self, mut event: impl FnMut(Event<'_>)) {
        if let Err(e) = self.write() {
            self.forget();
            return event(Event::Closed { why: reason(&e), established: false });
        }
        self.buf.resize(report::LONGEST, 0);
        for _ in 0..MOST_REPORTS {
            let Some(pair) = &self.pair else { return };
            let Ok(len) = pair.ours.recv(&mut self.buf) else { return };
            let Some(report) = report::read(&mut self.buf[..len]) else { continue };
            let is_last = matches!(report, Event::Closed { .. });
            self.is_open |= matches!(report, Event::Opened(_));
            event(report);
            if is_last {
                return self.forget();
            }
        }
    }

    /// Hands over the questions that there is room for.
    fn write(&mut self) -> io::Result<()> {
        while let Some(message) = self.unsent.front() {
            let pair = match &self.pair {
                Some(pair) => pair,
                None => self.pair.insert(self.begin()?),
            };
            match pair.ours.send(message) {
                Ok(_) => drop(self.unsent.pop_front()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Starts the thread.
    fn begin(&self) -> io::Result<Pair> {
        let (ours, theirs) = UnixDatagram::pair()?;
        for socket in [&ours, &theirs] {
            socket.set_nonblocking(true)?;
            let _ = sockopt::set_socket_send_buffer_size(socket, BUFFER);
        }
        let target = Target { server: self.server.clone(), patience: self.patience, lifetime: self.lifetime };
        let name = self.server.transport.scheme().to_owned();
        let kept = theirs.try_clone()?;
        thread::Builder::new().name(name).stack_size(STACK).spawn(move || session::run(&target, theirs))?;
        Ok(Pair { ours, _theirs: kept })
    }

    /// The thread has ended. The engine knows what was left unanswered and asks it again.
    fn forget(&mut self) {
        self.pair = None;
        self.is_open = false;
        self.unsent.clear();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let Some(pair) = &self.pair else { return };
        // Nothing at all is the end for the thread. It has a moment to say so to the server,
        // who would keep a QUIC connection for half a minute.
        if pair.ours.send(&[]).is_err() || !self.is_open {
            return;
        }
        let end = Instant::now() + FAREWELL;
        loop {
            let left = Timespec::try_from(end.saturating_duration_since(Instant::now())).ok();
            match poll(&mut [PollFd::new(&pair.ours, PollFlags::IN)], left.as_ref()) {
                Ok(1..) => {}
                _ => return,
            }
            let report = pair.ours.recv(&mut self.buf).ok().and_then(|len| report::read(&mut self.buf[..len]));
            if matches!(report, Some(Event::Closed { .. })) {
                return;
            }
        }
    }
}

#[cfg(all(test, feature = "https"))]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::net::server::Address;

    #[test]
    fn what_is_sent_to_a_thread_that_has_ended_costs_no_report() {
        let addr = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).unwrap();
        let address: Address = format!("https://{addr}").parse().unwrap();
        let time = Duration::from_secs(60);
        let mut relay = Relay::new(address.servers().unwrap().remove(0), time, time);
        relay.send(&[0; 12]);
        relay.write().unwrap();
        // The thread says that nobody listens there, and ends.
        let (ours, _) = relay.interest().unwrap();
        poll(&mut [PollFd::from_borrowed_fd(ours, PollFlags::IN)], None).unwrap();
        thread::sleep(Duration::from_millis(50));
        relay.send(&[1; 12]);
        let mut reports = Vec::new();
        relay.drive(|event| reports.push(format!("{event:?}")));
        // Where the system trusts nobody, it does not get as far as TCP.
        assert!(matches!(&reports[..], [one] if one.starts_with("Closed { why: \"T")), "{reports:?}");
        assert!(relay.pair.is_none() && relay.unsent.is_empty());
    }
}
