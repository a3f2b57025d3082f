//! The reply that a server in upper case owes, byte by byte.
//!
//! What comes in are the bytes that were sent and the bytes that came back, and
//! what goes out is where they differ. Bytes that have come back are forgotten,
//! so memory is what is under way and never the whole, but for a line, of
//! which a server may answer nothing before its end.
use std::collections::VecDeque;

/// Bytes that may be under way, sent and not yet come back, before no more are sent.
const WINDOW: usize = 4 * 1024 * 1024;

/// What is due, and how much of it has come.
#[derive(Debug, Default)]
pub struct Expected {
    /// The server strips one line and answers no more.
    line: bool,
    /// Something but white space was sent.
    begun: bool,
    /// The line's end was sent.
    ended: bool,
    /// White space inside the line; it is due when something else follows.
    white_space: Vec<u8>,
    /// What is to come.
    due: VecDeque<u8>,
    /// How many bytes have come as they should.
    right: u64,
}

impl Expected {
    /// With `line` what a server in line mode owes.
    pub fn new(line: bool) -> Expected {
        Expected { line, ..Expected::default() }
    }

    /// More may be sent before something comes back. A line goes out whole.
    pub fn has_room(&self) -> bool {
        self.line || self.due.len() < WINDOW
    }

    /// How many bytes are due for all that was sent.
    pub fn total(&self) -> u64 {
        self.right + self.due.len() as u64
    }

    /// `data` was sent, or is about to be.
    pub fn sent(&mut self, data: &[u8]) {
        if !self.line {
            self.due.extend(data.iter().map(u8::to_ascii_uppercase));
            return;
        }
        for byte in data {
            match byte {
                _ if self.ended => return,
                b'\n' => self.ended = true,
                // What Python's strip() of bytes takes away: VT belongs to it.
                b' ' | b'\t' | 0x0b..=b'\r' if self.begun => self.white_space.push(*byte),
                b' ' | b'\t' | 0x0b..=b'\r' => {}
                _ => {
                    self.begun = true;
                    self.due.extend(self.white_space.drain(..));
                    self.due.push_back(byte.to_ascii_uppercase());
                }
            }
        }
    }

    /// `reply` came. The number of its first byte that should be another,
    /// counted from 1 over all that came. More than was sent is not for this to
    /// say, but more than a stripped line is.
    pub fn differs(&mut self, reply: &[u8]) -> Option<u64> {
        let n = reply.len().min(self.due.len());
        let (front, back) = self.due.as_slices();
        let front = &front[..n.min(front.len())];
        let back = &back[..n - front.len()];
        let same = match reply[..front.len()] == *front && reply[front.len()..n] == *back {
            true => n,
            false => front.iter().chain(back).zip(reply).take_while(|(due, came)| due == came).count(),
        };
        self.due.drain(..same);
        self.right += same as u64;
        (same < n || self.line && same < reply.len()).then_some(self.right + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the reply differs, sent and come in the pieces given.
    fn differs(line: bool, sent: &[&[u8]], reply: &[&[u8]]) -> (Option<u64>, u64) {
        let mut expected = Expected::new(line);
        for data in sent {
            expected.sent(data);
        }
        let at = reply.iter().find_map(|data| expected.differs(data));
        (at, expected.total())
    }

    #[test]
    fn bytes_are_counted_from_1() {
        assert_eq!(differs(false, &[b"Hello World"], &[b"HELLO WORLD"]), (None, 11));
        assert_eq!(differs(false, &[b"Hello World"], &[b"HELLo WORLD"]), (Some(5), 11));
        assert_eq!(differs(false, &[b"hello"], &[b"hello"]), (Some(1), 5));
        assert_eq!(differs(false, &[b"hel", b"lo"], &[b"H", b"ELL", b"X"]), (Some(5), 5));
        // Too short and too long are told by counting.
        assert_eq!(differs(false, &[b"hello"], &[b"HEL"]), (None, 5));
        assert_eq!(differs(false, &[b"hello"], &[b"HELLO", b"!"]), (None, 5));
        // Only ASCII letters change.
        assert_eq!(differs(false, &["\u{e9}\0".as_bytes()], &["\u{e9}\0".as_bytes()]), (None, 3));
        assert_eq!(differs(false, &["\u{e9}".as_bytes()], &["\u{c9}".as_bytes()]), (Some(2), 2));
    }

    #[test]
    fn a_line_is_stripped() {
        for pieces in
            [&[&b" \x0b Hello  World \r\nand more"[..]][..], &[b" \x0b Hel", b"lo ", b" World ", b"\r", b"\na"]]
        {
            assert_eq!(differs(true, pieces, &[b"HELLO  WORLD"]), (None, 12));
            assert_eq!(differs(true, pieces, &[b"HELLO  WORLD "]), (Some(13), 12));
            assert_eq!(differs(true, pieces, &[b" HELLO"]), (Some(1), 12));
            assert_eq!(differs(true, pieces, &[b"HELLO WORLD"]), (Some(7), 12));
        }
        assert_eq!(differs(true, &[b" \n"], &[]), (None, 0));
    }

    #[test]
    fn memory_is_what_is_under_way() {
        let mut expected = Expected::new(false);
        let block = [b'a'; 65536];
        let mut blocks = 0;
        while expected.has_room() {
            expected.sent(&block);
            blocks += 1;
        }
        assert_eq!(blocks, WINDOW / block.len());
        for _ in 0..1000 {
            assert_eq!(expected.differs(&[b'A'; 65536]), None);
            assert!(expected.has_room());
            expected.sent(&block);
        }
        assert!(expected.due.capacity() <= 4 * WINDOW);
        assert_eq!(expected.differs(b"a"), Some(1000 * 65536 + 1));
    }
}
