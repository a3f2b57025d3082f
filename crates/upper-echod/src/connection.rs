//! One connection: bytes and readiness in, bytes out.
//!
//! What comes in is a [`Transport`], which takes and gives bytes without
//! waiting, and what goes out is what to do next ([`Next`]). There is no socket
//! in here, so that a test or a fuzzer can be the network, and no clock.
use std::collections::TryReserveError;

use rustix::io::Errno;

use crate::line;

/// Unsent output over all connections, in bytes, beyond which reads get small.
const PLENTY: usize = 16 * 1024 * 1024;
/// The size of a small read, in bytes.
const SMALL: usize = 8 * 1024;
/// Bytes received in a row before the other connections get their turn.
const TURN: u64 = 256 * 1024;
/// The head of a line that is kept for the log, in bytes. Escaping never
/// shortens, and the log shows 100 characters of at most 4 bytes, so more would
/// be cut anyway.
const LOGGED: usize = 4 * (plainnet_common::text::SHOWN + 1);

/// Where a connection's bytes come from and go to.
pub trait Transport {
    /// Reads without waiting. 0 is the end of input.
    ///
    /// # Errors
    /// `AGAIN` where nothing is there yet; else the connection is broken.
    fn recv(&mut self, buf: &mut [u8]) -> Result<usize, Errno>;

    /// Writes without waiting, perhaps only a part.
    ///
    /// # Errors
    /// `AGAIN` where nothing fits; else the connection is broken.
    fn send(&mut self, data: &[u8]) -> Result<usize, Errno>;
}

/// Why a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The client said all and got all.
    ClientClosed,
    /// The client broke the connection.
    ClientReset,
    /// A line got its reply.
    Answered,
    /// No byte moved either way for `--idle`.
    Idle,
    /// The connection lasted longer than `--deadline`.
    Deadline,
    /// The client takes no output, or its white space has no end.
    Stalled,
    /// The place was needed for a newcomer, or its memory for others.
    Evicted,
    /// The host has `--max-per-host` connections already.
    MaxPerHost,
    /// The server was told to end.
    Shutdown,
}

impl CloseReason {
    /// The words in the log.
    pub fn text(self) -> &'static str {
        match self {
            CloseReason::ClientClosed => "client closed",
            CloseReason::ClientReset => "client reset",
            CloseReason::Answered => "answered",
            CloseReason::Idle => "idle",
            CloseReason::Deadline => "deadline",
            CloseReason::Stalled => "stalled",
            CloseReason::Evicted => "evicted",
            CloseReason::MaxPerHost => "max-per-host",
            CloseReason::Shutdown => "shutdown",
        }
    }
}

impl From<Errno> for CloseReason {
    fn from(e: Errno) -> CloseReason {
        match e {
            // TCP_USER_TIMEOUT: the kernel gave up on a peer that takes nothing.
            Errno::TIMEDOUT => CloseReason::Stalled,
            Errno::NOMEM | Errno::NOBUFS => CloseReason::Evicted,
            _ => CloseReason::ClientReset,
        }
    }
}

/// What to do next with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing until its socket is ready again.
    Wait,
    /// There may be more to read: come back after the other connections.
    Again,
    /// Its answer is withheld: come back when the delay is over.
    Delay,
    /// The connection is over, for this reason.
    Close(CloseReason),
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It waits for its socket.
    #[default]
    Open,
    /// The end of `--delay`. Its socket is left alone meanwhile.
    Delayed,
    /// The client's end, since it has its reply.
    Lingering,
}

/// How much of what clients write the log wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing is logged of what it wrote.
    Nothing,
    /// The first read of a connection; each line in line mode.
    First,
    /// Each read is logged.
    Every,
}

/// How connections are served, which is the same for all of them.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// One line, stripped, and the end; else bytes as they come.
    pub line: bool,
    /// Answers are withheld until somebody says that the delay is over. In line
    /// mode that is once, before the first byte of the reply.
    pub delay: bool,
    /// What the log hears.
    pub detail: Detail,
}

/// The memory that all connections share.
#[derive(Debug)]
pub struct Buffers {
    mode: Mode,
    /// What a read goes into and is sent from.
    read: Vec<u8>,
    /// What the few connections keep that keep anything, by number.
    retained: Vec<Retained>,
    free: Vec<u32>,
    /// Unsent output of all connections, in bytes.
    unsent: usize,
}

/// What a connection keeps between two turns.
#[derive(Debug, Default)]
struct Retained {
    /// Output that the socket refused or that is delayed; `output[sent..]` is unsent.
    output: Vec<u8>,
    sent: usize,
    /// White space inside a line, held back.
    white_space: Vec<u8>,
    /// The head of the line, for the log.
    line_head: Vec<u8>,
}

impl Buffers {
    /// `read_size` is the size of a read, in bytes, and so the most that one
    /// connection can leave unsent.
    ///
    /// # Errors
    /// There is no memory for that.
    pub fn new(mode: Mode, read_size: usize) -> Result<Buffers, TryReserveError> {
        let mut read = Vec::new();
        read.try_reserve_exact(read_size)?;
        read.resize(read_size, 0);
        Ok(Buffers { mode, read, retained: Vec::new(), free: Vec::new(), unsent: 0 })
    }

    /// Output that is not yet sent, in bytes over all connections.
    pub fn unsent(&self) -> usize {
        self.unsent
    }

    /// The buffer of a read, for whoever must read something away.
    pub(crate) fn read_buffer(&mut self) -> &mut [u8] {
        &mut self.read
    }

    /// A number for a connection that begins to keep something.
    fn retain(&mut self) -> Result<u32, Errno> {
        if let Some(n) = self.free.pop() {
            return Ok(n);
        }
        self.retained.try_reserve(1).map_err(|_| Errno::NOMEM)?;
        // So that giving the number back needs no memory.
        self.free.try_reserve(self.retained.len() + 1).map_err(|_| Errno::NOMEM)?;
        self.retained.push(Retained::default());
        Ok(self.retained.len() as u32 - 1)
    }
}

/// What has been read and answered of a connection. It owns nothing and takes 16 bytes.
#[derive(Debug, Default)]
pub struct Connection {
    /// Bytes received, in two halves: a u64 would align the table's slots to 8.
    received: [u32; 2],
    /// 1 + the number of what it retains, 0 for nothing.
    retained: u32,
    flags: u8,
    /// What it waits for, as the table knows it.
    pub phase: Phase,
    /// It waits for another turn already.
    pub queued: bool,
    /// epoll tells when output is possible, since some was refused once.
    pub wants_output: bool,
}

/// The client hung up, or has sent urgent data, before which a read stops: from
/// then on reading goes on until nothing is there, however short a read is.
const READS_FALL_SHORT: u8 = 1;
/// No more input is wanted or to be had: the end comes when all is sent.
const ENDING: u8 = 2;
/// The end is that of an answered line.
const ANSWERED: u8 = 4;
/// A line has begun: something but white space was received.
const BEGUN: u8 = 8;
/// What it wrote went to the log.
const LOGGED_ONCE: u8 = 16;
/// The last read left nothing in the socket.
const DRAINED: u8 = 32;
/// The delay of a line's reply is over.
const DELAY_OVER: u8 = 64;
/// Its answer is withheld for the delay, and its socket left alone.
const DELAYED: u8 = 128;

impl Connection {
    /// Bytes received so far.
    pub fn received(&self) -> u64 {
        u64::from(self.received[0]) << 32 | u64::from(self.received[1])
    }

    fn count(&mut self, n: usize) {
        let sum = self.received().wrapping_add(n as u64);
        self.received = [(sum >> 32) as u32, sum as u32];
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Nothing was left to read after the last read.
    pub fn is_drained(&self) -> bool {
        self.has(DRAINED)
    }

    /// Output that is not yet sent, in bytes.
    pub fn unsent(&self, buffers: &Buffers) -> usize {
        self.retained(buffers).map_or(0, |kept| kept.output.len() - kept.sent)
    }

    /// Goes as far as it can without waiting. `reads_fall_short` says that a
    /// short read may have left something, the client's end of input or what
    /// begins with urgent data; `log` gets what the log wants to hear. True
    /// beside the answer if any byte moved.
    pub fn turn(
        &mut self,
        transport: &mut impl Transport,
        reads_fall_short: bool,
        buffers: &mut Buffers,
        log: &mut dyn FnMut(&[u8]),
    ) -> (Next, bool) {
        if reads_fall_short {
            self.flags |= READS_FALL_SHORT;
        }
        if self.has(DELAYED) {
            return (Next::Wait, false);
        }
        let mut moved = false;
        let next = self.go(transport, buffers, log, &mut moved);
        (next.unwrap_or_else(|e| Next::Close(CloseReason::from(e))), moved)
    }

    fn go(
        &mut self,
        transport: &mut impl Transport,
        buffers: &mut Buffers,
        log: &mut dyn FnMut(&[u8]),
        moved: &mut bool,
    ) -> Result<Next, Errno> {
        if self.retained != 0 && !self.send_retained(transport, buffers, moved)? {
            return Ok(Next::Wait);
        }
        let before = self.received();
        while self.received().wrapping_sub(before) < TURN {
            if self.has(ENDING) {
                let answered = self.has(ANSWERED);
                return Ok(Next::Close(if answered { CloseReason::Answered } else { CloseReason::ClientClosed }));
            }
            // Taken out of the buffers so that the rest of them can be borrowed.
            let mut buf = std::mem::take(&mut buffers.read);
            let size = if buffers.unsent > PLENTY { SMALL.min(buf.len()) } else { buf.len() };
            let done = self.read(transport, buffers, &mut buf[..size], log, moved);
            buffers.read = buf;
            match done? {
                Next::Again => {}
                next => return Ok(next),
            }
        }
        Ok(Next::Again)
    }

    /// One read and its answer. `Again` says that there may be more.
    fn read(
        &mut self,
        transport: &mut impl Transport,
        buffers: &mut Buffers,
        buf: &mut [u8],
        log: &mut dyn FnMut(&[u8]),
        moved: &mut bool,
    ) -> Result<Next, Errno> {
        let n = match transport.recv(buf) {
            Ok(n) => n,
            Err(Errno::INTR) => return Ok(Next::Again),
            Err(Errno::AGAIN) => return Ok(Next::Wait),
            Err(e) => return Err(e),
        };
        // With edge triggering the next wake-up comes for what arrives later. A
        // short read has emptied the socket, but for what epoll told of. One that
        // is followed by a delay has not: nobody looks at the socket then.
        let drained = n < buf.len() && !self.has(READS_FALL_SHORT) && !buffers.mode.delay;
        self.flags = if drained { self.flags | DRAINED } else { self.flags & !DRAINED };
        if n == 0 {
            self.flags |= ENDING | READS_FALL_SHORT;
            if buffers.mode.line && self.received() > 0 {
                self.flags |= ANSWERED;
            }
            self.log_rest(buffers, log);
            return Ok(Next::Again);
        }
        *moved = true;
        self.count(n);
        let data = &mut buf[..n];
        let all = if buffers.mode.line {
            self.line(transport, buffers, data, log)?
        } else {
            if buffers.mode.detail == Detail::Every || buffers.mode.detail == Detail::First && !self.has(LOGGED_ONCE) {
                self.flags |= LOGGED_ONCE;
                log(&data[..data.len().min(LOGGED)]);
            }
            data.make_ascii_uppercase();
            self.send(transport, buffers, data)?
        };
        if self.has(DELAYED) {
            return Ok(Next::Delay);
        }
        Ok(if !all || (drained && !self.has(ENDING)) { Next::Wait } else { Next::Again })
    }

    /// Answers a piece of a line. True if nothing is left unsent.
    fn line(
        &mut self,
        transport: &mut impl Transport,
        buffers: &mut Buffers,
        data: &mut [u8],
        log: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Errno> {
        let end = data.iter().position(|b| *b == b'\n');
        self.log_line(buffers, &data[..end.unwrap_or(data.len())], end.is_some(), log)?;
        let held = self.retained(buffers).map_or(0, |kept| kept.white_space.len());
        let piece = line::strip(data, self.has(BEGUN), held);
        let mut all = true;
        if !piece.text.is_empty() {
            self.flags |= BEGUN;
            if let Some(kept) = self.retained_mut(buffers) {
                let white_space = std::mem::take(&mut kept.white_space);
                all = self.send(transport, buffers, &white_space)?;
            }
            piece.text.make_ascii_uppercase();
            all = self.send(transport, buffers, piece.text)? && all;
        }
        if piece.over {
            return Err(Errno::TIMEDOUT);
        }
        if piece.ended {
            self.flags |= ENDING | ANSWERED;
            // An empty reply is withheld as well.
            self.delay(buffers);
        } else if !piece.space.is_empty() {
            append(&mut self.retain(buffers)?.white_space, piece.space)?;
        }
        Ok(all)
    }

    /// Hands a piece of a line to the log, or keeps its head until the line ends.
    fn log_line(
        &mut self,
        buffers: &mut Buffers,
        data: &[u8],
        ended: bool,
        log: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Errno> {
        match buffers.mode.detail {
            Detail::Nothing => return Ok(()),
            Detail::Every => {
                log(&data[..data.len().min(LOGGED)]);
                return Ok(());
            }
            Detail::First => {}
        }
        let old = self.retained(buffers).map_or(0, |kept| kept.line_head.len());
        let head = &data[..data.len().min(LOGGED - old)];
        if ended && old == 0 {
            // The usual case, a line in one piece, keeps nothing.
            log(head);
            return Ok(());
        }
        append(&mut self.retain(buffers)?.line_head, head)?;
        if ended {
            self.log_rest(buffers, log);
        }
        Ok(())
    }

    /// Hands to the log what was kept of a line that has no end yet.
    pub fn log_rest(&mut self, buffers: &mut Buffers, log: &mut dyn FnMut(&[u8])) {
        if let Some(kept) = self.retained_mut(buffers)
            && !kept.line_head.is_empty()
        {
            log(&std::mem::take(&mut kept.line_head));
        }
    }

    /// Begins the delay of an answer, where answers are delayed. True while one is.
    fn delay(&mut self, buffers: &Buffers) -> bool {
        if buffers.mode.delay && !self.has(DELAY_OVER) {
            self.flags |= DELAYED;
        }
        self.has(DELAYED)
    }

    /// Its answer is withheld for the delay.
    pub fn is_delayed(&self) -> bool {
        self.has(DELAYED)
    }

    /// The delay is over: the next turn sends the answer.
    pub fn end_delay(&mut self, buffers: &Buffers) {
        self.flags &= !DELAYED;
        if buffers.mode.line {
            self.flags |= DELAY_OVER;
        }
    }

    /// Sends what is withheld, as far as the socket takes it at once, for a
    /// connection that ends before its delay does.
    pub fn hurry(&mut self, transport: &mut impl Transport, buffers: &mut Buffers) {
        if self.retained != 0 {
            // A client that is gone misses nothing.
            let _ = self.send_retained(transport, buffers, &mut false);
        }
    }

    /// Sends `data` after what is unsent; what is refused or delayed stays
    /// unsent. True if nothing does.
    fn send(&mut self, transport: &mut impl Transport, buffers: &mut Buffers, mut data: &[u8]) -> Result<bool, Errno> {
        let clear = !self.delay(buffers) && self.unsent(buffers) == 0;
        while clear && !data.is_empty() {
            match transport.send(data) {
                Ok(n) => data = &data[n..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(e) => return Err(e),
            }
        }
        if data.is_empty() {
            return Ok(clear);
        }
        append(&mut self.retain(buffers)?.output, data)?;
        buffers.unsent += data.len();
        Ok(false)
    }

    /// Sends what was retained. True if nothing is unsent any more.
    fn send_retained(
        &mut self,
        transport: &mut impl Transport,
        buffers: &mut Buffers,
        moved: &mut bool,
    ) -> Result<bool, Errno> {
        let kept = &mut buffers.retained[self.retained as usize - 1];
        while kept.sent < kept.output.len() {
            match transport.send(&kept.output[kept.sent..]) {
                Ok(n) => {
                    *moved |= n > 0;
                    kept.sent += n;
                    buffers.unsent -= n;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        (kept.output, kept.sent) = (Vec::new(), 0);
        if kept.white_space.is_empty() && kept.line_head.is_empty() {
            self.release(buffers);
        }
        Ok(true)
    }

    fn retained<'a>(&self, buffers: &'a Buffers) -> Option<&'a Retained> {
        buffers.retained.get((self.retained as usize).checked_sub(1)?)
    }

    fn retained_mut<'a>(&self, buffers: &'a mut Buffers) -> Option<&'a mut Retained> {
        buffers.retained.get_mut((self.retained as usize).checked_sub(1)?)
    }

    fn retain<'a>(&mut self, buffers: &'a mut Buffers) -> Result<&'a mut Retained, Errno> {
        if self.retained == 0 {
            self.retained = buffers.retain()? + 1;
        }
        Ok(&mut buffers.retained[self.retained as usize - 1])
    }

    /// Gives back what it retains. To be called at its end.
    pub fn release(&mut self, buffers: &mut Buffers) {
        buffers.unsent -= self.unsent(buffers);
        if let Some(kept) = self.retained_mut(buffers) {
            *kept = Retained::default();
            buffers.free.push(self.retained - 1);
            self.retained = 0;
        }
    }
}

/// Appends without ending the process where memory is out.
fn append(to: &mut Vec<u8>, data: &[u8]) -> Result<(), Errno> {
    to.try_reserve_exact(data.len()).map_err(|_| Errno::NOMEM)?;
    to.extend_from_slice(data);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_call_says_why_it_ends() {
        for (errno, reason) in [
            (Errno::TIMEDOUT, CloseReason::Stalled),
            (Errno::NOMEM, CloseReason::Evicted),
            (Errno::NOBUFS, CloseReason::Evicted),
            (Errno::CONNRESET, CloseReason::ClientReset),
            (Errno::PIPE, CloseReason::ClientReset),
        ] {
            assert_eq!(CloseReason::from(errno), reason, "{errno}");
        }
    }
}
