//! A log that may break while the service may not.
//!
//! Lines are collected and written whole, in pieces that a pipe takes at once.
//! Where the sink is full or stuck they are dropped and counted. Their memory is
//! reserved at the start.
use std::{
    collections::TryReserveError,
    fmt::Write as _,
    fmt::{self, Arguments},
    io,
    net::SocketAddr,
    os::fd::{AsRawFd as _, BorrowedFd, OwnedFd},
};

use plainnet_common::text::Shown;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{FileType, Mode, OFlags, fstat, open},
    io::Errno,
    net::{self, SendFlags},
    stdio,
};

use crate::clock::{Moment, Timestamp};

/// Lines waiting for a sink, in bytes, before they are dropped.
const BACKLOG: usize = 64 * 1024;
/// PIPE_BUF: what a pipe takes whole or not at all.
const PIECE: usize = 4096;
/// The longest line, in bytes: 100 characters of what a client wrote, of at most
/// 4 bytes each, and what stands before them.
const LINE: usize = 1024;
/// How often a warning of the same kind may come, in milliseconds.
const SECOND: u32 = 1000;

/// A descriptor that is written to without ever waiting.
///
/// O_NONBLOCK belongs to the open file, which the shell and others share, so it
/// is not set on what was inherited: a pipe or terminal is opened once more.
#[derive(Debug)]
enum Sink {
    /// A pipe or terminal that was opened once more, non-blocking.
    Own(OwnedFd),
    /// A socket, where each send can be told not to wait.
    Socket(BorrowedFd<'static>),
    /// Anything else: it is asked whether it is writable before each piece.
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

/// What the log holds.
#[derive(Clone, Copy, Debug)]
pub struct Contents {
    /// Nothing but where the server listens, whatever happens.
    pub quiet: bool,
    /// Each new connection is logged, too.
    pub connected: bool,
    /// The time of day before each line but where the server listens.
    pub time: bool,
}

/// The log on standard output and the warnings on standard error.
#[derive(Debug)]
pub struct Log {
    tool: &'static str,
    contents: Contents,
    sink: Sink,
    warnings: Sink,
    /// Whole lines, `lines[written..]` of them not yet written.
    lines: Vec<u8>,
    written: usize,
    dropped: u64,
    /// When dropped lines were last warned about.
    told_dropped: Option<Moment>,
    /// When trouble with clients was last warned about.
    warned: Option<Moment>,
}

impl Log {
    /// A log to the process's own streams. `reopen` allows two more descriptors for them.
    ///
    /// # Errors
    /// There is no memory for its lines.
    pub fn new(tool: &'static str, contents: Contents, reopen: bool) -> Result<Log, TryReserveError> {
        let (sink, warnings) = (Sink::new(stdio::stdout(), reopen), Sink::new(stdio::stderr(), reopen));
        let mut lines = Vec::new();
        lines.try_reserve_exact(BACKLOG + LINE)?;
        let (told_dropped, warned) = (None, None);
        Ok(Log { tool, contents, sink, warnings, lines, written: 0, dropped: 0, told_dropped, warned })
    }

    /// Whether the log holds what clients do.
    pub fn is_quiet(&self) -> bool {
        self.contents.quiet
    }

    /// A listener is there; said under -q as well, and without the time.
    pub fn listening_on(&mut self, addr: SocketAddr) {
        self.push(format_args!("listening on {addr}\n"));
    }

    /// A client has connected.
    pub fn connected(&mut self, peer: SocketAddr) {
        if self.contents.connected {
            self.line(format_args!("{peer} connected"));
        }
    }

    /// A client wrote `data`.
    pub fn wrote(&mut self, peer: SocketAddr, data: &[u8]) {
        if !self.contents.quiet {
            let data = data.strip_suffix(b"\n").unwrap_or(data);
            self.line(format_args!("{peer} wrote: {}", Shown(data)));
        }
    }

    /// A client's connection was closed after so many bytes received.
    pub fn closed(&mut self, peer: SocketAddr, bytes: u64, reason: &str) {
        self.line(format_args!("{peer} closed: {bytes} bytes, {reason}"));
    }

    /// Trouble that may come by the thousand: one line a second on standard error.
    pub fn warn_rarely(&mut self, now: Moment, text: Arguments<'_>) {
        if due(&mut self.warned, now) {
            self.warn(text);
        }
    }

    /// One line on standard error.
    pub fn warn(&self, text: Arguments<'_>) {
        if !self.contents.quiet {
            let mut line = Line { bytes: [0; LINE], len: 0 };
            // What is too long is cut.
            let _ = writeln!(line, "{}: {text}", self.tool);
            let _ = self.warnings.write(&line.bytes[..line.len]);
        }
    }

    fn line(&mut self, text: Arguments<'_>) {
        match (self.contents.quiet, self.contents.time) {
            (true, _) => {}
            (false, true) => self.push(format_args!("{} {text}\n", Timestamp::now())),
            (false, false) => self.push(format_args!("{text}\n")),
        }
    }

    fn push(&mut self, line: Arguments<'_>) {
        if self.lines.len() - self.written > BACKLOG {
            self.dropped += 1;
            return;
        }
        // Writing to a Vec cannot fail, and this one has room for a line more.
        let _ = io::Write::write_fmt(&mut self.lines, line);
    }

    /// Writes what the sink takes. True if lines wait for it.
    pub fn flush(&mut self, now: Moment) -> bool {
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
        if self.dropped > 0 && due(&mut self.told_dropped, now) {
            let lines = if self.dropped == 1 { "line" } else { "lines" };
            self.warn(format_args!("{} log {lines} dropped", self.dropped));
            self.dropped = 0;
        }
        !self.lines.is_empty() || self.dropped > 0
    }
}

/// True once a second.
fn due(told: &mut Option<Moment>, now: Moment) -> bool {
    let due = told.is_none_or(|then| now.since(then) >= SECOND);
    if due {
        *told = Some(now);
    }
    due
}

/// A line that is made without asking for memory.
struct Line {
    bytes: [u8; LINE],
    len: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let n = text.len().min(LINE - self.len);
        self.bytes[self.len..self.len + n].copy_from_slice(&text.as_bytes()[..n]);
        self.len += n;
        if n == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
