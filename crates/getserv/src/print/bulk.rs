//! Standard input with millions of lines.
//!
//! Plain lines, a name or a port and nothing else, are answered where they lie
//! in the block that was read, without a copy of them. Every other line takes
//! the way of an operand.
use std::io::{Read, Write};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Form, Input, LINE, Line, Origin},
};

use crate::book::{
    registry::{self, SEED, finish, step},
    sources::{self, Book, Sources},
};

/// Read at once, in bytes.
const BLOCK: usize = 64 * 1024;

/// So many lines in a block are worth an index.
const MANY: usize = 16;

/// Bytes of a plain line: what is visible in ASCII, but for the slash, which may
/// begin a protocol, and the number sign, which may begin a comment.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut b = b'!';
    while b <= b'~' {
        plain[b as usize] = b != b'/' && b != b'#';
        b += 1;
    }
    plain
};

/// Answers the lines of `stdin` in order; `other` gets those that are not plain.
///
/// # Errors
/// Reading or writing failed, or `other` gave up.
pub fn lines<W: Write>(
    stdin: &mut impl Read,
    book: &mut Book,
    to: &mut Answers<'_, W>,
    mut other: impl FnMut(&Input<'_>, &mut Book, &mut Answers<'_, W>) -> Result<Status, Fail>,
) -> Result<Status, Fail> {
    let mut block = vec![0; LINE + BLOCK];
    let mut plain: Option<Plain> = None;
    let mut records = Vec::new();
    // The unfinished line at the start of the block; or, of an over-long one, the rest is being dropped.
    let (mut kept, mut dropping) = (0, false);
    let (mut number, mut end) = (0, Status::Answered);
    loop {
        to.out.flush()?;
        let n = stdin.read(&mut block[kept..kept + BLOCK]).map_err(|e| Fail::io("stdin", &e))?;
        let data = &block[..kept + n];
        // Where nothing ends in what came, nothing is looked at twice.
        let new = if n == 0 { 0 } else { data[kept..].iter().filter(|b| **b == to.form.end()).count() };
        // A byte order mark is how some editors begin a file, not part of its first line.
        let mut at = if number == 0 && data.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        if plain.is_none() && to.form.field.is_none() && new >= MANY {
            book.open();
            book.index();
            plain = Some(Plain::new(book, to.form));
        }
        loop {
            if n > 0 && new == 0 {
                break;
            }
            if let Some(plain) = plain.as_ref().filter(|_| !dropping) {
                let (done, count) = plain.answer(book, data, at, &mut records);
                at = done;
                number += count;
                to.out.write_all(&records)?;
                records.clear();
            }
            let found = data[at..].iter().position(|b| *b == to.form.end());
            let stop = match found {
                Some(length) => at + length,
                None if n == 0 && at < data.len() => data.len(),
                None => break,
            };
            if !std::mem::take(&mut dropping) {
                number += 1;
                let bytes = &data[at..stop.min(at + LINE)];
                end = end.max(line(&Line { number, bytes, whole: stop - at <= LINE }, book, to, &mut other)?);
            }
            at = (stop + 1).min(data.len());
        }
        if n == 0 {
            return Ok(end);
        }
        kept = data.len() - at;
        if !dropping && kept > LINE {
            number += 1;
            let bytes = &data[at..at + LINE];
            end = end.max(line(&Line { number, bytes, whole: false }, book, to, &mut other)?);
            dropping = true;
        }
        if dropping {
            kept = 0;
        }
        if at > 0 {
            block.copy_within(at..at + kept, 0);
        }
    }
}

/// A line that is not plain.
fn line<W: Write>(
    line: &Line<'_>,
    book: &mut Book,
    to: &mut Answers<'_, W>,
    other: &mut impl FnMut(&Input<'_>, &mut Book, &mut Answers<'_, W>) -> Result<Status, Fail>,
) -> Result<Status, Fail> {
    let text = line.text(to.form.field);
    let input = Input { origin: Origin::Line(line.number), line: line.bytes, text: text.unwrap_or(Ok("")) };
    match text {
        Some(Ok(_)) => other(&input, book, to),
        Some(Err(why)) => to.invalid(&input, why),
        None => {
            if to.form.keep {
                to.record(&input, "-")?;
            }
            Ok(Status::Answered)
        }
    }
}

/// What plain lines are answered from.
struct Plain {
    /// For each port 0 without a name, a row of the registry from 1, or
    /// [`HOST`] and the place of a name of the host.
    ports: Vec<u32>,
    iana: bool,
    echo: bool,
    /// A line without an answer is answered by `-` and nothing is said.
    dash: bool,
    end: u8,
}

/// Rows are fewer.
const HOST: u32 = 1 << 16;

impl Plain {
    fn new(book: &Book, form: &Form) -> Plain {
        let mut ports = vec![0; 65_536];
        let iana = book.sources() != Sources::Host;
        if iana {
            // The first of several comes last and stays; a range gives way to single ports.
            let ranges = |range: bool| {
                registry::rows()
                    .iter()
                    .enumerate()
                    .rev()
                    .filter(move |(i, r)| (registry::last(*i) != r.port()) == range)
            };
            for (i, row) in ranges(true).chain(ranges(false)) {
                ports[usize::from(row.port())..=usize::from(registry::last(i))].fill(i as u32 + 1);
            }
        }
        for (i, (port, _)) in book.host_ports().iter().enumerate().rev() {
            ports[usize::from(*port)] = HOST + i as u32;
        }
        Plain { ports, iana, echo: form.echo, dash: form.keep && form.quiet, end: form.end() }
    }

    /// Answers plain lines of `data` from `at` on. Returns where the first that
    /// is unfinished, not plain or without an answer begins, and how many lines
    /// came before it.
    fn answer(&self, book: &Book, data: &[u8], mut at: usize, records: &mut Vec<u8>) -> (usize, u64) {
        let mut count = 0;
        while let Some((line, hash)) = self.plain_line(&data[at..]) {
            let before = records.len();
            if self.echo {
                records.extend_from_slice(line);
                records.push(b'\t');
            }
            let found = match port(line) {
                Digits::Port(port) => self.push_name(book, port, records),
                Digits::No => self.push_port(book, line, hash, records),
                Digits::Bad => Found::Nothing,
            };
            match found {
                Found::Answer => {}
                Found::Nothing if self.dash => records.push(b'-'),
                Found::Nothing | Found::Odd => {
                    records.truncate(before);
                    break;
                }
            }
            records.push(self.end);
            at += line.len() + 1;
            count += 1;
        }
        (at, count)
    }

    /// The first line of `data` if it is finished and plain, and its hash.
    fn plain_line<'a>(&self, data: &'a [u8]) -> Option<(&'a [u8], usize)> {
        let (mut hash, mut length) = (SEED, 0);
        for b in data.iter().take_while(|b| PLAIN[usize::from(**b)]) {
            hash = step(hash, *b);
            length += 1;
        }
        if length > 0 && data.get(length) == Some(&self.end) { Some((&data[..length], finish(hash))) } else { None }
    }

    fn push_name(&self, book: &Book, port: u16, records: &mut Vec<u8>) -> Found {
        match self.ports[usize::from(port)] {
            0 => return Found::Nothing,
            host @ HOST.. => match book.host_name((host - HOST) as usize) {
                Some(name) if name.iter().all(u8::is_ascii_graphic) => records.extend_from_slice(name),
                _ => return Found::Odd,
            },
            row => records.extend_from_slice(registry::rows()[row as usize - 1].name().as_bytes()),
        }
        Found::Answer
    }

    fn push_port(&self, book: &Book, name: &[u8], hash: usize, records: &mut Vec<u8>) -> Found {
        let mut port = book.host_port_of(name, hash);
        if port.is_none() && self.iana {
            let row = registry::find(name, hash).map(|row| registry::rows()[row].port());
            port = row.or_else(|| sources::builtin_port(name));
        }
        let Some(port) = port else { return Found::Nothing };
        push_number(records, port);
        Found::Answer
    }
}

enum Found {
    Answer,
    Nothing,
    /// An answer that must be escaped.
    Odd,
}

enum Digits {
    Port(u16),
    /// Digits alone, but no port.
    Bad,
    /// A name.
    No,
}

/// A line as a port.
fn port(line: &[u8]) -> Digits {
    let mut value = 0u32;
    for b in line {
        match b {
            b'0'..=b'9' => value = (value * 10 + u32::from(b - b'0')).min(65_536),
            _ => return Digits::No,
        }
    }
    match u16::try_from(value) {
        Ok(port) if line[0] != b'0' || line.len() == 1 => Digits::Port(port),
        _ => Digits::Bad,
    }
}

fn push_number(records: &mut Vec<u8>, number: u16) {
    let mut digits = [0; 5];
    let (mut rest, mut from) = (number, digits.len());
    loop {
        from -= 1;
        digits[from] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    records.extend_from_slice(&digits[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{key::Key, sources::Answer};
    use plainnet_common::input::Cutter;

    /// Gives at most so many bytes a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(self.1).min(buf.len());
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn record(book: &Book, text: &str) -> String {
        match Key::parse(text, |p| book.knows_proto(p)).and_then(|key| book.first(key)) {
            Some(Answer::Port(port)) => port.to_string(),
            Some(Answer::Name(name)) => plainnet_common::text::printable(name),
            None => "-".into(),
        }
    }

    /// Every line by the slow way.
    fn by_cutter(data: &[u8], book: &Book, form: &Form) -> Vec<u8> {
        let mut out = Vec::new();
        let mut to = Answers { tool: "test", form, out: &mut out };
        let mut cutter = Cutter::new(form.end());
        for block in [data, b""] {
            cutter.feed(block);
            while let Some(line) = cutter.next() {
                let text = line.text(form.field);
                let origin = Origin::Line(line.number);
                let input = Input { origin, line: line.bytes, text: text.unwrap_or(Ok("")) };
                let record = text.and_then(Result::ok).map_or("-".into(), |text| record(book, text));
                to.record(&input, format!("{} {record}", line.number)).unwrap();
            }
        }
        out
    }

    #[test]
    fn plain_lines_are_answered_as_all_others() {
        let path = std::env::temp_dir().join(format!("getserv-bulk-{}", std::process::id()));
        std::fs::write(&path, "web 80/tcp www\nwww 8/tcp\nWWW 9/tcp\nnine\x1b 99/tcp\n x 5000/udp\nhttp 8000/tcp\n")
            .unwrap();
        let mut data =
            b"\xef\xbb\xbfhttp\n\n80\nwww\nWWW\nWww\n080\n65536\n0\n99999999999\n# x\n 22 \nssh\r\n6010\n99\n5000\n\
                         http/tcp\n914c/g\n3com-tsmux\nnope\n\xff\n-\n80/udp\nX11\nwhois\nx\n443\nhttps\n"
                .repeat(2);
        data.extend([b'y'; 3 * LINE]);
        data.extend(b"\n25\n");
        data.extend([b'y'; LINE]);
        data.extend(b"\nsmtp");
        for sources in [Sources::Both, Sources::Host, Sources::Iana] {
            for (echo, null) in [(false, false), (true, false), (false, true)] {
                let mut data = data.clone();
                if null {
                    data.iter_mut().filter(|b| **b == b'\n').for_each(|b| *b = 0);
                }
                let form = Form { echo, null, keep: true, quiet: true, ..Form::default() };
                let mut book = Book::new("test", Some(path.clone()), sources);
                book.open();
                // The slow way numbers its lines; the quick one must answer as many, in the same order.
                let want = by_cutter(&data, &book, &form);
                for size in [1, 1000, BLOCK - 1, BLOCK, 2 * BLOCK] {
                    let mut out = Vec::new();
                    let mut to = Answers { tool: "test", form: &form, out: &mut out };
                    let mut book = Book::new("test", Some(path.clone()), sources);
                    lines(&mut Slow(&data, size), &mut book, &mut to, |input, book, to| {
                        to.record(input, record(book.open(), input.text.unwrap()))?;
                        Ok(Status::Answered)
                    })
                    .unwrap();
                    let got: Vec<_> = out.split(|b| *b == form.end()).collect();
                    let want = want.split(|b| *b == form.end());
                    for (i, (got, want)) in got.iter().zip(want.clone()).enumerate() {
                        let number = format!("{} ", i + 1);
                        let want = String::from_utf8_lossy(want).replacen(&number, "", 1);
                        assert_eq!(String::from_utf8_lossy(got), want, "{sources:?} {size} line {}", i + 1);
                    }
                    assert_eq!(got.len(), want.count());
                }
            }
        }
        std::fs::remove_file(path).unwrap();
    }
}
