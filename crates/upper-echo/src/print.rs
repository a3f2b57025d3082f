//! The way of the reply to standard output.
use std::io::{self, Write};

use plainnet_common::text;

/// Prints a reply that comes in pieces.
#[derive(Debug)]
pub struct Printer {
    /// Standard output is a terminal, which must not obey the server.
    escaping: bool,
    /// The begun character at the end of what came, when escaping.
    begun: Vec<u8>,
    last: Option<u8>,
}

impl Printer {
    /// With `escaping` control characters are written as escapes.
    pub fn new(escaping: bool) -> Printer {
        Printer { escaping, begun: Vec::new(), last: None }
    }

    /// Prints a piece.
    ///
    /// # Errors
    /// Writing failed.
    pub fn print(&mut self, out: &mut impl Write, data: &[u8]) -> io::Result<()> {
        self.last = data.last().copied().or(self.last);
        if !self.escaping {
            return out.write_all(data);
        }
        self.begun.extend_from_slice(data);
        let whole = match std::str::from_utf8(&self.begun) {
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            _ => self.begun.len(),
        };
        for line in self.begun[..whole].split_inclusive(|b| *b == b'\n') {
            let (text, end) = line.strip_suffix(b"\n").map_or((line, ""), |text| (text, "\n"));
            write!(out, "{}{end}", text::printable(text))?;
        }
        self.begun.drain(..whole);
        Ok(())
    }

    /// What is left, and a newline where `newline` wants one and none is there.
    ///
    /// # Errors
    /// Writing failed.
    pub fn finish(&mut self, out: &mut impl Write, newline: bool) -> io::Result<()> {
        if !self.begun.is_empty() {
            write!(out, "{}", text::printable(&self.begun))?;
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
        let mut printer = Printer::new(escaping);
        for piece in pieces {
            printer.print(&mut out, piece).unwrap();
        }
        printer.finish(&mut out, true).unwrap();
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
