//! A log that may break while the service may not.
//!
//! Lines are collected and written whole, in pieces that a pipe takes at once.
//! Where the sink is full or stuck they are dropped and counted.
use std::{
    fmt::Arguments,
    io::Write as _,
    net::SocketAddr,
    os::fd::{AsRawFd as _, BorrowedFd, OwnedFd},
};

use plainnet_common::text;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{FileType, Mode, OFlags, fstat, open},
    io::Errno,
    net::{self, SendFlags},
    stdio,
};

/// Lines waiting for a sink, in bytes, before they are dropped.
const BACKLOG: usize = 64 * 1024;
/// PIPE_BUF: what a pipe takes whole or not at all.
const PIECE: usize = 4096;
/// How often a complaint of the same kind may come, in milliseconds.
const SECOND: u32 = 1000;

/// A descriptor that is written to without ever waiting.
///
/// O_NONBLOCK belongs to the open file, which the shell and others share, so it
/// is not set on what was inherited: a pipe or terminal is opened once more.
#[derive(Debug)]
enum Sink {
    /// Opened once more, non-blocking.
    Own(OwnedFd),
    /// Sends take the flag.
    Socket(BorrowedFd<'static>),
    /// Asked whether it is writable before each piece.
    Plain(BorrowedFd<'static>),
}

impl Sink {
    fn new(fd: BorrowedFd<'static>, reopen: bool) -> Sink {
        match fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
            Ok(FileType::Socket) => Sink::Socket(fd),
            Ok(FileType::Fifo | FileType::CharacterDevice) if reopen => {
                let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
                let path = if fd.as_raw_fd() == stdio::raw_stdout() { c"/proc/self/fd/1" } else { c"/proc/self/fd/2" };
                open(path, flags, Mode::empty()).map_or(Sink::Plain(fd), Sink::Own)
            }
            _ => Sink::Plain(fd),
        }
    }

    fn write(&self, data: &[u8]) -> Result<usize, Errno> {
        match self {
            Sink::Own(fd) => rustix::io::write(fd, data),
            Sink::Socket(fd) => net::send(fd, data, SendFlags::DONTWAIT | SendFlags::NOSIGNAL),
            Sink::Plain(fd) => match poll(&mut [PollFd::new(fd, PollFlags::OUT)], Some(&Timespec::default())) {
                Ok(0) => Err(Errno::AGAIN),
                Ok(_) => rustix::io::write(fd, data),
                Err(e) => Err(e),
            },
        }
    }
}

/// The log on standard output and the complaints on standard error.
#[derive(Debug)]
pub struct Log {
    tool: &'static str,
    /// Nobody wants to hear what clients do.
    quiet: bool,
    sink: Sink,
    complaints: Sink,
    /// Whole lines, `lines[written..]` of them not yet written.
    lines: Vec<u8>,
    written: usize,
    dropped: u64,
    /// When drops, and when trouble with clients, were last told.
    told: [Option<u32>; 2],
}

impl Log {
    /// A log to the process's own streams. `reopen` allows two more descriptors for them.
    pub fn new(tool: &'static str, quiet: bool, reopen: bool) -> Log {
        let (sink, complaints) = (Sink::new(stdio::stdout(), reopen), Sink::new(stdio::stderr(), reopen));
        Log {
            tool,
            quiet,
            sink,
            complaints,
            lines: Vec::with_capacity(2 * PIECE),
            written: 0,
            dropped: 0,
            told: [None; 2],
        }
    }

    /// Whether anybody wants to hear what clients do.
    pub fn listening(&self) -> bool {
        !self.quiet
    }

    /// A listener is there; said under -q as well.
    pub fn listening_on(&mut self, addr: SocketAddr) {
        self.line(format_args!("listening on {addr}"));
    }

    /// A client wrote `data`.
    pub fn wrote(&mut self, peer: SocketAddr, data: &[u8]) {
        let data = data.strip_suffix(b"\n").unwrap_or(data);
        self.line(format_args!("{peer} wrote: {}", text::shown(data)));
    }

    /// A client's connection ended after so many bytes received.
    pub fn closed(&mut self, peer: SocketAddr, bytes: u64, why: &str) {
        self.line(format_args!("{peer} closed: {bytes} bytes, {why}"));
    }

    /// Trouble that may come by the thousand: one line a second on standard error.
    pub fn trouble(&mut self, now: u32, text: Arguments<'_>) {
        if due(&mut self.told[1], now) {
            self.complain(text);
        }
    }

    /// One line on standard error.
    pub fn complain(&self, text: Arguments<'_>) {
        let _ = self.complaints.write(format!("{}: {text}\n", self.tool).as_bytes());
    }

    fn line(&mut self, text: Arguments<'_>) {
        if self.lines.len() - self.written > BACKLOG {
            self.dropped += 1;
            return;
        }
        // Writing to a Vec cannot fail.
        let _ = writeln!(self.lines, "{text}");
    }

    /// Writes what the sink takes. True if lines wait for it.
    pub fn flush(&mut self, now: u32) -> bool {
        while self.written < self.lines.len() {
            let rest = &self.lines[self.written..];
            let piece = &rest[..rest.len().min(PIECE)];
            let whole = piece.iter().rposition(|b| *b == b'\n').map_or(piece.len(), |at| at + 1);
            match self.sink.write(&piece[..whole]) {
                Ok(n) => self.written += n,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                // Closed, full, broken: these lines are lost, the next may do better.
                Err(_) => {
                    self.dropped += rest.iter().filter(|b| **b == b'\n').count() as u64;
                    self.written = self.lines.len();
                }
            }
        }
        self.lines.drain(..self.written);
        self.written = 0;
        if self.dropped > 0 && due(&mut self.told[0], now) {
            self.complain(format_args!("{} log lines dropped", self.dropped));
            self.dropped = 0;
        }
        !self.lines.is_empty() || self.dropped > 0
    }
}

/// True once a second.
fn due(told: &mut Option<u32>, now: u32) -> bool {
    let due = told.is_none_or(|then| now.wrapping_sub(then) >= SECOND);
    if due {
        *told = Some(now);
    }
    due
}
