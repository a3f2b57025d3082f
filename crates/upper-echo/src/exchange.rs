//! Sending and receiving at the same time.
use std::{
    io::{self, IsTerminal as _, Read as _, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use plainnet_common::{
    exit::{Fail, Status},
    input::Stdin,
    output::{reason, say, write_all},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{self, RecvFlags, SendFlags},
    stdio,
};

use crate::{
    cli::Conf,
    connect::{Connected, Limit, connect},
    counts::{Counts, Line},
    expected::Expected,
    print::Printer,
    spec::SPEC,
};

/// Bytes read at once, either way.
const BLOCK: usize = 256 * 1024;

/// Sends what the user said, prints what the server says.
///
/// # Errors
/// Nobody answered, the reply has another length than what was sent or is
/// another one, or reading or writing failed here.
pub fn run(conf: &Conf, out: &mut impl Write) -> Result<Status, Fail> {
    if let Some((words, server)) = conf.meant.as_ref().filter(|_| conf.verbose) {
        say(SPEC.name, format_args!("{words}: sent as the message (did you mean -s {server}?)"));
    }
    let Connected { socket, addr, limit } = connect(conf)?;
    if conf.verbose {
        let local = socket.local_addr().map_err(|e| Fail::io("getsockname", &e))?;
        // A closed or full standard error changes nothing.
        let _ = write_all(stdio::stderr(), format!("{local} -> {addr}\n").as_bytes());
    }
    let outgoing = conf.message.clone().unwrap_or_default();
    let mut counts = Counts { line: conf.line.then(Line::default), ..Counts::default() };
    counts.sent(&outgoing);
    let mut expected = conf.verify.then(|| Expected::new(conf.line));
    if let Some(expected) = &mut expected {
        expected.sent(&outgoing);
    }
    let mut exchange = Exchange {
        socket,
        addr,
        limit,
        per_byte: false,
        outgoing,
        sent: 0,
        input: if conf.message.is_some() { Input::Over } else { Input::Open },
        counts,
        expected,
        printer: Printer::new(io::stdout().is_terminal()),
    };
    let end = exchange.go(out);
    // What came is printed, however it ended.
    exchange.printer.finish(out, conf.message.is_some() && (end.is_ok() || exchange.counts.received > 0))?;
    end
}

/// Where what is sent comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    /// Standard input has more, perhaps.
    Open,
    /// It ended; the server doesn't know yet.
    Over,
    /// The sending side is closed.
    Closed,
}

struct Exchange {
    socket: TcpStream,
    addr: SocketAddr,
    limit: Limit,
    /// Counts the time from the last byte that moved, while input is open.
    per_byte: bool,
    /// `outgoing[sent..]` is to be sent.
    outgoing: Vec<u8>,
    sent: usize,
    input: Input,
    counts: Counts,
    /// What is due, with --verify.
    expected: Option<Expected>,
    printer: Printer,
}

impl Exchange {
    fn go(&mut self, out: &mut impl Write) -> Result<Status, Fail> {
        let mut block = vec![0; BLOCK];
        self.per_byte = self.input == Input::Open;
        loop {
            if self.sent == self.outgoing.len() && self.input == Input::Over {
                // A server that is gone says so when it is read from.
                let _ = self.socket.shutdown(Shutdown::Write);
                self.input = Input::Closed;
            }
            let unsent = self.sent < self.outgoing.len();
            let due = unsent || self.input != Input::Open || self.counts.owed();
            self.limit.uncounted(|| out.flush())?;
            let mut interest = PollFlags::IN;
            interest.set(PollFlags::OUT, unsent);
            let stdin = stdio::stdin();
            let mut fds = [PollFd::new(&self.socket, interest), PollFd::new(&stdin, PollFlags::IN)];
            let has_room = self.expected.as_ref().is_none_or(Expected::has_room);
            let listening = if self.input == Input::Open && !unsent && has_room { 2 } else { 1 };
            let left = if due { self.limit.left() } else { None };
            if !wait(&mut fds[..listening], left).map_err(|e| Fail::io("poll", &e))? {
                return Err(self.timed_out());
            }
            let (socket, stdin) = (fds[0].revents(), listening == 2 && !fds[1].revents().is_empty());
            if socket.intersects(PollFlags::OUT) {
                self.send();
            }
            if socket.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) && self.receive(&mut block, out)? {
                return self.ended();
            }
            if stdin {
                self.read(&mut block)?;
            }
        }
    }

    /// Reads more to send.
    fn read(&mut self, block: &mut [u8]) -> Result<(), Fail> {
        let n = Stdin.read(block).map_err(|e| Fail::io("stdin", &e))?;
        self.outgoing.clear();
        self.outgoing.extend_from_slice(&block[..n]);
        self.sent = 0;
        self.counts.sent(&block[..n]);
        if let Some(expected) = &mut self.expected {
            expected.sent(&block[..n]);
        }
        self.limit.from = Instant::now();
        if n == 0 {
            // From here on it is one limit for the rest.
            self.input = Input::Over;
            self.per_byte = false;
        }
        Ok(())
    }

    /// Sends what the socket takes. What is wrong with it shows in receiving,
    /// after what the server still had to say.
    fn send(&mut self) {
        match net::send(&self.socket, &self.outgoing[self.sent..], SendFlags::empty()) {
            Ok(n) => {
                self.sent += n;
                self.moved();
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => {
                self.sent = self.outgoing.len();
                self.input = Input::Closed;
            }
        }
    }

    /// Prints what the server says. True at its end.
    fn receive(&mut self, block: &mut [u8], out: &mut impl Write) -> Result<bool, Fail> {
        let n = match net::recv(&self.socket, &mut *block, RecvFlags::empty()) {
            Ok((0, _)) => return Ok(true),
            Ok((n, _)) => n,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(false),
            Err(e) => {
                let Counts { sent, received, .. } = self.counts;
                return Err(self.fail(format!("{} after {received} of {sent} bytes", reason(&e.into()))));
            }
        };
        self.limit.uncounted(|| self.printer.print(out, &block[..n]))?;
        self.counts.received += n as u64;
        self.moved();
        if let Some(at) = self.expected.as_mut().and_then(|expected| expected.differs(&block[..n])) {
            return Err(Fail::Stop(Status::Unanswered, format!("{}: differs at byte {at}", self.addr)));
        }
        if self.counts.too_long() {
            // Perhaps it never ends.
            return Ok(true);
        }
        Ok(false)
    }

    fn moved(&mut self) {
        if self.per_byte {
            self.limit.from = Instant::now();
        }
    }

    /// The server ended the reply.
    fn ended(&self) -> Result<Status, Fail> {
        match self.counts.complaint() {
            Some(words) => Err(self.fail(words)),
            None if self.input == Input::Open && !self.counts.line.is_some_and(|line| line.ended) => Err(self
                .fail(format!("closed by the server after {} bytes, before the end of input", self.counts.received))),
            None => Ok(Status::Answered),
        }
    }

    fn timed_out(&self) -> Fail {
        let Counts { sent, received, .. } = self.counts;
        match self.limit.fail(self.addr) {
            Fail::Stop(status, words) => Fail::Stop(status, format!("{words} ({received} of {sent} bytes came back)")),
            other => other,
        }
    }

    fn fail(&self, words: String) -> Fail {
        Fail::Stop(Status::Network, format!("{}: {words}", self.addr))
    }
}

/// Waits for `fds`, for at most `left`. False when that is over.
fn wait(fds: &mut [PollFd<'_>], left: Option<Duration>) -> io::Result<bool> {
    if left.is_some_and(|t| t.is_zero()) {
        return Ok(false);
    }
    // A limit of a million seconds fits any time type.
    let left = left.and_then(|t| Timespec::try_from(t).ok());
    match poll(fds, left.as_ref()) {
        // Who asks again finds out whether time is over.
        Ok(_) | Err(Errno::INTR) => Ok(true),
        Err(e) => Err(e.into()),
    }
}
