//! Sending and receiving at the same time.
use std::{
    io::{self, IsTerminal as _, Read as _, Write},
    net::SocketAddr,
    os::fd::OwnedFd,
    time::Instant,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::Stdin,
    output::{reason, write_all},
    text,
};
use rustix::{
    event::{PollFd, PollFlags},
    io::Errno,
    net::{self, RecvFlags, SendFlags, Shutdown},
    stdio,
};

use crate::{
    cli::Conf,
    connect::{Limit, connect, wait},
    reply::{Tally, stripped},
};

/// Bytes read at once, either way.
const BLOCK: usize = 256 * 1024;

/// Sends what the user said, prints what the server says.
///
/// # Errors
/// Nobody answered, the reply has another length than what was sent, or
/// reading or writing failed here.
pub fn run(conf: &Conf, out: &mut impl Write) -> Result<Status, Fail> {
    let limit = Limit { time: conf.timeout, from: Instant::now() };
    let (socket, addr) = connect(&conf.server, limit)?;
    if conf.verbose {
        let local =
            net::getsockname(&socket).and_then(SocketAddr::try_from).map_err(|e| Fail::io("getsockname", &e.into()))?;
        // A closed or full standard error changes nothing.
        let _ = write_all(stdio::stderr(), format!("{local} -> {addr}\n").as_bytes());
    }
    let mut tally = Tally::default();
    if conf.line {
        // From standard input the line is not known beforehand.
        tally.least = Some(conf.message.as_deref().map_or(0, stripped));
    }
    let mut exchange = Exchange {
        socket,
        addr,
        limit,
        per_byte: false,
        outgoing: conf.message.clone().unwrap_or_default(),
        sent: 0,
        input: if conf.message.is_some() { Input::Over } else { Input::Open },
        line_sent: false,
        tally,
        reply: Reply { escaping: io::stdout().is_terminal(), cut: Vec::new(), last: None },
    };
    let end = exchange.go(conf.line, out);
    // What came is printed, however it ended.
    exchange.reply.finish(out, conf.message.is_some() && (end.is_ok() || exchange.tally.received > 0))?;
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
    socket: OwnedFd,
    addr: SocketAddr,
    limit: Limit,
    /// Counts the time from the last byte that moved, while input is open.
    per_byte: bool,
    /// `outgoing[sent..]` is to be sent.
    outgoing: Vec<u8>,
    sent: usize,
    input: Input,
    /// A newline went out.
    line_sent: bool,
    tally: Tally,
    reply: Reply,
}

impl Exchange {
    fn go(&mut self, line: bool, out: &mut impl Write) -> Result<Status, Fail> {
        let mut block = vec![0; BLOCK];
        self.per_byte = self.input == Input::Open;
        self.tally.sent = self.outgoing.len() as u64;
        loop {
            if self.sent == self.outgoing.len() && self.input == Input::Over {
                // A server that is gone says so when it is read from.
                let _ = net::shutdown(&self.socket, Shutdown::Write);
                self.input = Input::Closed;
            }
            let unsent = self.sent < self.outgoing.len();
            let due = unsent || self.input != Input::Open || if line { self.line_sent } else { !self.tally.complete() };
            out.flush()?;
            let mut interest = PollFlags::IN;
            interest.set(PollFlags::OUT, unsent);
            let stdin = stdio::stdin();
            let mut fds = [PollFd::new(&self.socket, interest), PollFd::new(&stdin, PollFlags::IN)];
            let listening = if self.input == Input::Open && !unsent { 2 } else { 1 };
            let left = if due { self.limit.left() } else { None };
            if !wait(&mut fds[..listening], left).map_err(|e| Fail::io("poll", &e))? {
                return Err(self.timed_out());
            }
            let (socket, stdin) = (fds[0].revents(), listening == 2 && !fds[1].revents().is_empty());
            if socket.intersects(PollFlags::OUT) {
                self.send();
            }
            if socket.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) && self.receive(&mut block, out)? {
                return self.ended(line);
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
        self.tally.sent += n as u64;
        self.line_sent |= block[..n].contains(&b'\n');
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
                let Tally { sent, received, .. } = self.tally;
                return Err(self.fail(format!("{} after {received} of {sent} bytes", reason(&e.into()))));
            }
        };
        self.reply.print(out, &block[..n])?;
        self.tally.received += n as u64;
        self.moved();
        if self.tally.too_long() {
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
    fn ended(&self, line: bool) -> Result<Status, Fail> {
        match self.tally.complaint() {
            Some(words) => Err(self.fail(words)),
            None if self.input == Input::Open && !line => {
                Err(self
                    .fail(format!("closed by the server after {} bytes, before the end of input", self.tally.received)))
            }
            None => Ok(Status::Answered),
        }
    }

    fn timed_out(&self) -> Fail {
        let Tally { sent, received, .. } = self.tally;
        match self.limit.fail(self.addr) {
            Fail::Stop(status, words) => Fail::Stop(status, format!("{words} ({received} of {sent} bytes came back)")),
            other => other,
        }
    }

    fn fail(&self, words: String) -> Fail {
        Fail::Stop(Status::Network, format!("{}: {words}", self.addr))
    }
}

/// The way of the reply to standard output.
struct Reply {
    /// It is a terminal, which must not obey the server.
    escaping: bool,
    /// The begun character at the end of what came, when escaping.
    cut: Vec<u8>,
    last: Option<u8>,
}

impl Reply {
    fn print(&mut self, out: &mut impl Write, data: &[u8]) -> io::Result<()> {
        self.last = data.last().copied().or(self.last);
        if !self.escaping {
            return out.write_all(data);
        }
        self.cut.extend_from_slice(data);
        let whole = match std::str::from_utf8(&self.cut) {
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            _ => self.cut.len(),
        };
        for line in self.cut[..whole].split_inclusive(|b| *b == b'\n') {
            let (text, end) = line.strip_suffix(b"\n").map_or((line, ""), |text| (text, "\n"));
            write!(out, "{}{end}", text::printable(text))?;
        }
        self.cut.drain(..whole);
        Ok(())
    }

    /// What is left, and a newline where `newline` wants one and none is there.
    fn finish(&mut self, out: &mut impl Write, newline: bool) -> io::Result<()> {
        if !self.cut.is_empty() {
            write!(out, "{}", text::printable(&self.cut))?;
        }
        if newline && self.last != Some(b'\n') {
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(escaping: bool, pieces: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut reply = Reply { escaping, cut: Vec::new(), last: None };
        for piece in pieces {
            reply.print(&mut out, piece).unwrap();
        }
        reply.finish(&mut out, true).unwrap();
        out
    }

    #[test]
    fn a_terminal_obeys_nobody() {
        assert_eq!(shown(true, &[b"a\x1b[2J\nb\xc3", b"\xa9"]), "a\\x1b[2J\nb\u{e9}\n".as_bytes());
        assert_eq!(shown(true, &[b"a\xff\xe2"]), b"a\\xff\\xe2\n");
    }

    #[test]
    fn a_file_gets_every_byte() {
        assert_eq!(shown(false, &[b"a\x1b[2J\xff", b"\0\n"]), b"a\x1b[2J\xff\0\n");
        assert_eq!(shown(false, &[b""]), b"\n");
    }
}
