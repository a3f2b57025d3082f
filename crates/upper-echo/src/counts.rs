//! Bytes out against bytes in: a reply that is cut short looks like any other
//! to a program that only reads to the end.

/// What went out and what came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// The line that a line server strips, so that less may come back.
    pub line: Option<Line>,
}

impl Counts {
    /// `data` was sent, or is about to be.
    pub fn sent(&mut self, data: &[u8]) {
        self.sent += data.len() as u64;
        if let Some(line) = &mut self.line {
            line.sent(data);
        }
    }

    /// How many bytes must come back for what was sent so far.
    fn least(&self) -> u64 {
        self.line.map_or(self.sent, |line| line.stripped)
    }

    /// The server owes something, also if no more is sent: a line server owes
    /// nothing before the line's end, and the end of the connection after it.
    pub fn owed(&self) -> bool {
        self.line.map_or(!self.complete(), |line| line.ended)
    }

    /// More came back than went out.
    pub fn too_long(&self) -> bool {
        self.received > self.sent
    }

    /// Everything that is due has come back.
    pub fn complete(&self) -> bool {
        self.received >= self.least()
    }

    /// What is wrong with the reply if it ends here.
    pub fn complaint(&self) -> Option<String> {
        if self.too_long() {
            return Some(format!("reply is longer than the {} bytes sent", self.sent));
        }
        (!self.complete()).then(|| format!("reply ended after {} of {} bytes", self.received, self.least()))
    }
}

/// The line that a line server answers, which is the first one. It is sent back
/// without the white space that Python's strip() of bytes takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its length without the white space around it, in bytes.
    stripped: u64,
    /// The white space at its end so far; it is due when something else follows.
    white_space: u64,
    /// Its newline was sent.
    pub ended: bool,
}

impl Line {
    fn sent(&mut self, data: &[u8]) {
        if self.ended {
            return;
        }
        let end = data.iter().position(|b| *b == b'\n');
        self.ended = end.is_some();
        let data = &data[..end.unwrap_or(data.len())];
        let is_text = |b: &u8| !matches!(b, b' ' | b'\t'..=b'\r');
        let begun = self.stripped > 0;
        match (data.iter().position(is_text), data.iter().rposition(is_text)) {
            (Some(first), Some(last)) => {
                let from = if begun { 0 } else { first };
                self.stripped += self.white_space + (last + 1 - from) as u64;
                self.white_space = (data.len() - last - 1) as u64;
            }
            _ if begun => self.white_space += data.len() as u64,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let said = |sent, received, least: Option<u64>| {
            let line = least.map(|stripped| Line { stripped, ..Line::default() });
            Counts { sent, received, line }.complaint()
        };
        assert_eq!(said(11, 11, None), None);
        assert_eq!(said(11, 5, None).unwrap(), "reply ended after 5 of 11 bytes");
        assert_eq!(said(11, 12, None).unwrap(), "reply is longer than the 11 bytes sent");
        assert_eq!(said(12, 11, Some(11)), None);
        assert_eq!(said(12, 0, Some(11)).unwrap(), "reply ended after 0 of 11 bytes");
    }

    #[test]
    fn a_line_server_strips() {
        for (message, left) in [(&b" a b \r\n"[..], 3), (b"\n", 0), (b"", 0), (b"\x0b\x0cx\xa0", 2), (b"a\nb", 1)] {
            // However it is cut into pieces.
            for size in 1..=message.len().max(1) {
                let mut line = Line::default();
                message.chunks(size).for_each(|piece| line.sent(piece));
                assert_eq!((line.stripped, line.ended), (left, message.contains(&b'\n')), "{message:?} {size}");
            }
        }
    }
}
