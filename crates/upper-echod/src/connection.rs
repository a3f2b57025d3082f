//! One conversation: bytes and readiness in, bytes out.
//!
//! There is no socket in here: a [`Wire`] is whatever takes and gives bytes
//! without waiting, so that a test or a fuzzer can be the network.
use rustix::io::Errno;

use crate::line;

/// The longest run of white space that `--line` holds back inside a line.
pub const HELD: usize = 4096;
/// With so much pending over all connections, reads get small.
const PLENTY: usize = 16 * 1024 * 1024;
/// What they get then.
const SMALL: usize = 8 * 1024;
/// Bytes received in a row before the others get their turn.
const TURN: u64 = 256 * 1024;
/// The head of a line that is kept for the log. Escaping never shortens, and
/// the log shows 100 characters of at most 4 bytes, so more would be cut anyway.
const HEARD: usize = 4 * (plainnet_common::text::SHOWN + 1);

/// Where a conversation's bytes come from and go to.
pub trait Wire {
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

/// Why a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The client said all and got all.
    Closed,
    /// The client broke the connection.
    Reset,
    /// A line got its reply.
    Answered,
    /// No byte either way for `--idle`.
    Idle,
    /// The whole took longer than `--deadline`.
    Deadline,
    /// The client takes no output, or its white space has no end.
    Stalled,
    /// The place was needed for somebody else.
    Evicted,
    /// The host has `--max-per-host` connections already.
    Surplus,
    /// The server ends.
    Shutdown,
}

impl Why {
    /// The words in the log.
    pub fn text(self) -> &'static str {
        match self {
            Why::Closed => "client closed",
            Why::Reset => "client reset",
            Why::Answered => "answered",
            Why::Idle => "idle",
            Why::Deadline => "deadline",
            Why::Stalled => "stalled",
            Why::Evicted => "evicted",
            Why::Surplus => "max-per-host",
            Why::Shutdown => "shutdown",
        }
    }
}

impl From<Errno> for Why {
    fn from(e: Errno) -> Why {
        match e {
            // TCP_USER_TIMEOUT: the kernel gave up on a peer that takes nothing.
            Errno::TIMEDOUT => Why::Stalled,
            Errno::NOMEM | Errno::NOBUFS => Why::Evicted,
            _ => Why::Reset,
        }
    }
}

/// What to do next with a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing until it is ready again.
    Wait,
    /// There may be more to read: come back after the others.
    Again,
    /// It is over.
    End(Why),
}

/// What all conversations share.
#[derive(Debug)]
pub struct Room {
    /// One line, stripped, and the end; else bytes as they come.
    line: bool,
    /// Keep the head of each line for the log.
    listening: bool,
    buf: Vec<u8>,
    /// The few conversations that keep something, by number.
    kept: Vec<Kept>,
    free: Vec<u32>,
    /// Bytes pending in all of them.
    pending: usize,
}

/// What a conversation keeps between events, if anything.
#[derive(Debug, Default)]
struct Kept {
    /// Output that the socket refused; `out[sent..]` is pending.
    out: Vec<u8>,
    sent: usize,
    /// White space inside a line, held back.
    held: Vec<u8>,
    /// The head of the line, for the log.
    heard: Vec<u8>,
}

impl Room {
    /// `line` is `--line`; `listening` says that somebody wants to hear what is
    /// written; `buffer` is the size of a read, in bytes, and so the most that
    /// one connection can leave pending.
    pub fn new(line: bool, listening: bool, buffer: usize) -> Room {
        Room { line, listening, buf: vec![0; buffer], kept: Vec::new(), free: Vec::new(), pending: 0 }
    }

    /// Output that sockets refused, in bytes over all conversations.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// The buffer, for whoever must read something away.
    pub(crate) fn buffer(&mut self) -> &mut [u8] {
        &mut self.buf
    }
}

/// A conversation. It owns nothing and takes 16 bytes.
#[derive(Debug, Default)]
pub struct Talk {
    /// Bytes received, in two halves: a u64 would align the table's slots to 8.
    received: [u32; 2],
    /// 1 + the number of what it keeps, 0 for nothing.
    kept: u32,
    flags: u8,
    /// It waits for another turn already.
    pub queued: bool,
    /// epoll tells when output is possible, since some was refused once.
    pub wants_output: bool,
    /// It has its reply, and only the client's end is awaited.
    pub lingers: bool,
}

/// The client hung up: reading goes on to the end, however short a read is.
const HUNG_UP: u8 = 1;
/// No more input is wanted or to be had: the end comes when all is sent.
const ENDING: u8 = 2;
/// The end is that of an answered line.
const ANSWERED: u8 = 4;
/// A line has begun.
const BEGUN: u8 = 8;
/// What it wrote went to the log.
const REPORTED: u8 = 16;
/// The last read left nothing in the socket.
const DRAINED: u8 = 32;

impl Talk {
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
    pub fn drained(&self) -> bool {
        self.has(DRAINED)
    }

    /// Output pending, in bytes.
    pub fn pending(&self, room: &Room) -> usize {
        match self.kept {
            0 => 0,
            n => room.kept[n as usize - 1].out.len() - room.kept[n as usize - 1].sent,
        }
    }

    /// Goes as far as it can without waiting. `hung_up` says that the client's
    /// end of input is at hand; `heard` gets what a connection wrote first, or
    /// each line. True beside the answer if any byte moved.
    pub fn turn(
        &mut self,
        wire: &mut impl Wire,
        hung_up: bool,
        room: &mut Room,
        heard: &mut dyn FnMut(&[u8]),
    ) -> (Next, bool) {
        if hung_up {
            self.flags |= HUNG_UP;
        }
        let mut moved = false;
        let next = self.go(wire, room, heard, &mut moved).unwrap_or_else(|e| Next::End(Why::from(e)));
        (next, moved)
    }

    fn go(
        &mut self,
        wire: &mut impl Wire,
        room: &mut Room,
        heard: &mut dyn FnMut(&[u8]),
        moved: &mut bool,
    ) -> Result<Next, Errno> {
        if self.kept != 0 && !self.send_pending(wire, room, moved)? {
            return Ok(Next::Wait);
        }
        let before = self.received();
        while self.received().wrapping_sub(before) < TURN {
            if self.has(ENDING) {
                return Ok(Next::End(if self.has(ANSWERED) { Why::Answered } else { Why::Closed }));
            }
            // Taken out of the room so that the rest of it can be borrowed.
            let mut buf = std::mem::take(&mut room.buf);
            let size = if room.pending > PLENTY { SMALL.min(buf.len()) } else { buf.len() };
            let done = self.read(wire, room, &mut buf[..size], heard, moved);
            room.buf = buf;
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
        wire: &mut impl Wire,
        room: &mut Room,
        buf: &mut [u8],
        heard: &mut dyn FnMut(&[u8]),
        moved: &mut bool,
    ) -> Result<Next, Errno> {
        let n = match wire.recv(buf) {
            Ok(n) => n,
            Err(Errno::INTR) => return Ok(Next::Again),
            Err(Errno::AGAIN) => return Ok(Next::Wait),
            Err(e) => return Err(e),
        };
        // With edge triggering the next wake-up comes for what arrives later. A
        // short read has emptied the socket, unless the end is what is left.
        let drained = n < buf.len() && !self.has(HUNG_UP);
        self.flags = if drained { self.flags | DRAINED } else { self.flags & !DRAINED };
        if n == 0 {
            self.flags |= ENDING | HUNG_UP;
            if room.line && self.received() > 0 {
                self.flags |= ANSWERED;
            }
            self.report(room, heard);
            return Ok(Next::Again);
        }
        *moved = true;
        self.count(n);
        let data = &mut buf[..n];
        let all = if room.line {
            self.line(wire, room, data, heard)?
        } else {
            if room.listening && !self.has(REPORTED) {
                self.flags |= REPORTED;
                heard(&data[..data.len().min(HEARD)]);
            }
            data.make_ascii_uppercase();
            self.send(wire, room, data)?
        };
        Ok(if !all || (drained && !self.has(ENDING)) { Next::Wait } else { Next::Again })
    }

    /// A piece of a line.
    fn line(
        &mut self,
        wire: &mut impl Wire,
        room: &mut Room,
        data: &mut [u8],
        heard: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Errno> {
        let end = data.iter().position(|b| *b == b'\n');
        self.hear(room, &data[..end.unwrap_or(data.len())], end.is_some(), heard)?;
        let piece = line::part(data, self.has(BEGUN));
        let mut all = true;
        if !piece.text.is_empty() {
            self.flags |= BEGUN;
            if let Some(kept) = self.kept_mut(room) {
                let held = std::mem::take(&mut kept.held);
                all = self.send(wire, room, &held)?;
            }
            piece.text.make_ascii_uppercase();
            all = self.send(wire, room, piece.text)? && all;
        }
        if piece.ended {
            self.flags |= ENDING | ANSWERED;
        } else if !piece.space.is_empty() {
            let kept = self.keep(room);
            if kept.held.len() + piece.space.len() > HELD {
                return Err(Errno::TIMEDOUT);
            }
            copy(&mut kept.held, piece.space)?;
        }
        Ok(all)
    }

    /// Keeps the head of a line for the log, and reports it at its end.
    fn hear(&mut self, room: &mut Room, data: &[u8], ended: bool, heard: &mut dyn FnMut(&[u8])) -> Result<(), Errno> {
        if !room.listening {
            return Ok(());
        }
        let old = self.kept_mut(room).map_or(0, |kept| kept.heard.len());
        let head = &data[..data.len().min(HEARD - old)];
        if ended && old == 0 {
            // The usual case, a line in one piece, keeps nothing.
            self.flags |= REPORTED;
            heard(head);
            return Ok(());
        }
        copy(&mut self.keep(room).heard, head)?;
        if ended {
            self.report(room, heard);
        }
        Ok(())
    }

    /// Reports what was kept of a line that has no end yet.
    pub fn report(&mut self, room: &mut Room, heard: &mut dyn FnMut(&[u8])) {
        if let Some(kept) = self.kept_mut(room)
            && !kept.heard.is_empty()
        {
            heard(&std::mem::take(&mut kept.heard));
            self.flags |= REPORTED;
        }
    }

    /// Sends `data` after what is pending; what is refused stays pending. True
    /// if nothing did.
    fn send(&mut self, wire: &mut impl Wire, room: &mut Room, mut data: &[u8]) -> Result<bool, Errno> {
        let clear = self.pending(room) == 0;
        while clear && !data.is_empty() {
            match wire.send(data) {
                Ok(n) => data = &data[n..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(e) => return Err(e),
            }
        }
        if data.is_empty() {
            return Ok(clear);
        }
        copy(&mut self.keep(room).out, data)?;
        room.pending += data.len();
        Ok(false)
    }

    /// True if nothing is pending any more.
    fn send_pending(&mut self, wire: &mut impl Wire, room: &mut Room, moved: &mut bool) -> Result<bool, Errno> {
        let kept = &mut room.kept[self.kept as usize - 1];
        while kept.sent < kept.out.len() {
            match wire.send(&kept.out[kept.sent..]) {
                Ok(n) => {
                    *moved |= n > 0;
                    kept.sent += n;
                    room.pending -= n;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        (kept.out, kept.sent) = (Vec::new(), 0);
        if kept.held.is_empty() && kept.heard.is_empty() {
            self.forget(room);
        }
        Ok(true)
    }

    fn kept_mut<'a>(&self, room: &'a mut Room) -> Option<&'a mut Kept> {
        room.kept.get_mut((self.kept as usize).checked_sub(1)?)
    }

    fn keep<'a>(&mut self, room: &'a mut Room) -> &'a mut Kept {
        if self.kept == 0 {
            let n = room.free.pop().unwrap_or_else(|| {
                room.kept.push(Kept::default());
                room.kept.len() as u32 - 1
            });
            self.kept = n + 1;
        }
        &mut room.kept[self.kept as usize - 1]
    }

    /// Gives back what it keeps. To be called at its end.
    pub fn forget(&mut self, room: &mut Room) {
        room.pending -= self.pending(room);
        if let Some(kept) = self.kept_mut(room) {
            *kept = Kept::default();
            room.free.push(self.kept - 1);
            self.kept = 0;
        }
    }
}

/// Appends without ending the process where memory is out.
fn copy(to: &mut Vec<u8>, data: &[u8]) -> Result<(), Errno> {
    to.try_reserve_exact(data.len()).map_err(|_| Errno::NOMEM)?;
    to.extend_from_slice(data);
    Ok(())
}
