//! Lines in blocks of any size: they are those of a plain look at the whole
//! text, and so is the field that is asked. The first byte is the form, the
//! second how many bytes arrive at once.
use std::{borrow::Cow, io::Read};

use plainnet_common::input::{Form, LINE, Line, Lines, field};

/// Gives at most so many bytes a time, in turn all that are wanted.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.len().min(self.1).min(buf.len());
        buf[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

/// A line, and whether it was whole.
type Seen = (u64, Vec<u8>, bool);

/// Reads `text`; every other time all lines that are there are taken at once.
fn read(text: &[u8], end: u8, block: usize, piece: usize, at_once: bool) -> Vec<Seen> {
    let mut lines = Lines::new(end, block, 7);
    let (mut seen, mut from, mut turn, mut last) = (Vec::new(), Pieces(text, piece), 0, 0);
    loop {
        let more = lines.read(&mut from).expect("a slice can be read");
        turn += 1;
        if at_once && turn % 2 == 0 {
            let whole = lines.whole().to_vec();
            assert!(whole.is_empty() || whole.ends_with(&[end]));
            assert!(lines.padded().starts_with(&whole));
            let number = last;
            let each = whole.split_inclusive(|b| *b == end).map(|line| &line[..line.len() - 1]);
            let each: Vec<&[u8]> = each.collect();
            for (i, line) in each.iter().enumerate() {
                seen.push((number + 1 + i as u64, line[..line.len().min(LINE)].to_vec(), line.len() <= LINE));
            }
            lines.skip(whole.len(), each.len() as u64);
            last += each.len() as u64;
        }
        while let Some(Line { number, bytes, whole }) = lines.next() {
            seen.push((number, bytes.to_vec(), whole));
            last = number;
        }
        if !more {
            assert!(lines.is_finished());
            return seen;
        }
    }
}

/// The lines by a plain look.
fn plainly(text: &[u8], end: u8) -> Vec<Seen> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut lines: Vec<&[u8]> = text.split(|b| *b == end).collect();
    // The last line may lack its end, and behind the last end there is none.
    lines.pop_if(|last| last.is_empty());
    let one = |(i, line): (usize, &&[u8])| (i as u64 + 1, line[..line.len().min(LINE)].to_vec(), line.len() <= LINE);
    lines.iter().enumerate().map(one).collect()
}

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let [bits, piece, text @ ..] = input else { return };
    let end = if bits & 1 != 0 { 0 } else { b'\n' };
    let mut text = text.to_vec();
    if bits & 0xf0 == 0xf0 {
        // Lines about as long as they may be.
        let at = text.iter().position(|b| *b == b'L').unwrap_or(0);
        text.splice(at..at, std::iter::repeat_n(b'x', LINE - 4));
    }
    let wanted = plainly(&text, end);
    let piece = usize::from(*piece).max(1);
    let is_long = text.len() > LINE / 2;
    for block in if is_long { &[LINE][..] } else { &[1, 64] } {
        let (block, piece) = (*block, if is_long { piece * 256 } else { piece });
        for at_once in [false, true] {
            assert!(read(&text, end, block, piece, at_once) == wanted, "{block} {piece} {at_once}");
        }
    }
    let delimiter = [None, Some(b','), Some(b'\t'), Some(b'"'), Some(b' ')][usize::from(bits >> 1 & 7) % 5];
    for (number, line, whole) in wanted.iter().take(20) {
        let line = Line { number: *number, bytes: line, whole: *whole };
        for n in [None, Some(1), Some(2), Some(3)] {
            let form = Form { field: n, delimiter: delimiter.filter(|_| n.is_some()), ..Form::default() };
            if let Some(Ok(asked)) = line.asked(&form) {
                assert!(!asked.is_empty() && line.whole, "{form:?}");
            }
        }
        fields(line.bytes, delimiter.filter(|d| *d != b'"' && *d != b' '));
    }
}

/// A line that is put together of fields has these fields.
fn fields(content: &[u8], delimiter: Option<u8>) {
    let Some(delimiter) = delimiter else {
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r');
        let words: Vec<&[u8]> = content.split(blank).filter(|word| !word.is_empty()).collect();
        for n in 0..words.len() + 2 {
            let wanted = n.checked_sub(1).and_then(|at| words.get(at)).map(|word| Cow::Borrowed(*word));
            assert_eq!(field(content, n, None), wanted, "{n}");
        }
        return;
    };
    // RFC 4180 section 2: in quotes, and quotes twice.
    let doubled: Vec<u8> = content.iter().flat_map(|b| if *b == b'"' { vec![b'"'; 2] } else { vec![*b] }).collect();
    let line = [b"a".as_slice(), &[delimiter], b"\"", &doubled, b"\"", &[delimiter], b"z"].concat();
    assert_eq!(field(&line, 1, Some(delimiter)).as_deref(), Some(&b"a"[..]));
    assert_eq!(field(&line, 2, Some(delimiter)).as_deref(), Some(content));
    assert_eq!(field(&line, 3, Some(delimiter)).as_deref(), Some(&b"z"[..]));
    assert_eq!(field(&line, 4, Some(delimiter)), None);
}
