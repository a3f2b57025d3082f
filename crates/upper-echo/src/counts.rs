//! Bytes out against bytes in: a reply that is cut short looks like any other
//! to a program that only reads to the end.

/// What went out and what came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// The server strips a line, so less may come back, though not less than this.
    pub least: Option<u64>,
}

impl Counts {
    /// More came back than went out.
    pub fn too_long(&self) -> bool {
        self.received > self.sent
    }

    /// Everything that is due has come back.
    pub fn complete(&self) -> bool {
        self.received >= self.least.unwrap_or(self.sent)
    }

    /// What is wrong with the reply if it ends here.
    pub fn complaint(&self) -> Option<String> {
        if self.too_long() {
            return Some(format!("reply is longer than the {} bytes sent", self.sent));
        }
        let due = self.least.unwrap_or(self.sent);
        (!self.complete()).then(|| format!("reply ended after {} of {due} bytes", self.received))
    }
}

/// How many bytes a line server sends back for `message`: those of its first
/// line without the white space that Python's strip() of bytes takes away.
pub fn stripped(message: &[u8]) -> u64 {
    let space = |b: &u8| matches!(b, b' ' | b'\t'..=b'\r');
    let line = message.split(|b| *b == b'\n').next().unwrap_or_default();
    let from = line.iter().position(|b| !space(b)).unwrap_or(line.len());
    let to = line.iter().rposition(|b| !space(b)).map_or(from, |at| at + 1);
    (to - from) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let said = |sent, received, least| Counts { sent, received, least }.complaint();
        assert_eq!(said(11, 11, None), None);
        assert_eq!(said(11, 5, None).unwrap(), "reply ended after 5 of 11 bytes");
        assert_eq!(said(11, 12, None).unwrap(), "reply is longer than the 11 bytes sent");
        assert_eq!(said(12, 11, Some(11)), None);
        assert_eq!(said(12, 0, Some(11)).unwrap(), "reply ended after 0 of 11 bytes");
    }

    #[test]
    fn a_line_server_strips() {
        for (message, left) in [(&b" a b \r\n"[..], 3), (b"\n", 0), (b"", 0), (b"\x0b\x0cx\xa0", 2), (b"a\nb", 1)] {
            assert_eq!(stripped(message), left, "{message:?}");
        }
    }
}
