//! Standard input with millions of lines.
//!
//! Plain lines, a name, a port or an endpoint such as `0.0.0.0:443` alone or as
//! the field that is asked for, are answered where they lie in the block that was
//! read, without a copy of them. Every other line takes the way of an operand.
use std::io::{Read, Write};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Form, Input, LINE, Line, Lines, Origin},
};

use crate::book::{
    endpoint,
    hash::{SEED, finish, step},
    registry,
    sources::Book,
};

/// Read at once, in bytes.
const BLOCK: usize = 64 * 1024;

/// So many lines in a block are worth an index.
const MANY: usize = 16;

/// Bytes of a plain key: what is visible in ASCII, but for the slash, which may
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
    let mut lines = Lines::new(to.form.end(), BLOCK, 0);
    let mut plain: Option<Plain> = None;
    let mut records = Vec::new();
    let mut end = Status::Answered;
    loop {
        to.out.flush()?;
        let more = lines.read(stdin).map_err(|e| Fail::io("stdin", &e))?;
        if plain.is_none() && to.form.delimiter.is_none() {
            let count = lines.whole().iter().filter(|b| **b == to.form.end()).count();
            if count >= MANY {
                book.open();
                book.index();
                plain = Some(Plain::new(book, to.form));
            }
        }
        loop {
            if let Some(plain) = &plain {
                let (done, count) = plain.answer(book, lines.whole(), &mut records);
                lines.skip(done, count);
                to.out.write_all(&records)?;
                records.clear();
            }
            let Some(line) = lines.next() else { break };
            end = end.max(one(&line, book, to, &mut other)?);
        }
        if !more {
            return Ok(end);
        }
    }
}

/// A line that is not plain.
fn one<W: Write>(
    line: &Line<'_>,
    book: &mut Book,
    to: &mut Answers<'_, W>,
    other: &mut impl FnMut(&Input<'_>, &mut Book, &mut Answers<'_, W>) -> Result<Status, Fail>,
) -> Result<Status, Fail> {
    let asked = line.asked(to.form);
    let input = |text| Input { origin: Origin::Line(line.number), line: line.bytes, text };
    match &asked {
        Some(Ok(text)) => other(&input(Ok(text)), book, to),
        Some(Err(why)) => to.unanswered(&input(Err(why)), why),
        None => to.missing(&input(Ok("")), Status::Answered),
    }
}

/// What plain lines are answered from.
struct Plain {
    /// For each port 0 without a name, a row of the built-in lists from 1, or
    /// [`HOST`] and the place of a name of the host.
    ports: Vec<u32>,
    /// The row at which the lists end that are asked.
    end_row: usize,
    echo: bool,
    /// A line without an answer is answered by `-` and nothing is said.
    dash: bool,
    end: u8,
    field: Option<usize>,
    /// No name of the host has a colon, so that what has one is no name.
    colons_are_endpoints: bool,
}

/// Marks a row of the host's file: the registry has fewer rows than this.
const HOST: u32 = 1 << 16;

/// A plain line of some data.
struct PlainLine<'a> {
    /// How long it is, its end not counted.
    length: usize,
    /// What is echoed.
    line: &'a [u8],
    /// What is asked.
    key: &'a [u8],
    /// The hash of the key.
    hash: usize,
}

impl Plain {
    fn new(book: &Book, form: &Form) -> Plain {
        let mut ports = vec![0; 65_536];
        let end_row = book.end();
        let rows = registry::all();
        // What comes first for a port comes last here and stays: of the registry
        // single ports before ranges, then the other lists.
        let others = registry::REGISTERED.min(end_row)..end_row;
        let registered = 0..registry::REGISTERED.min(end_row);
        let is_range = |i: &usize| registry::last(*i) != rows[*i].port();
        let order = others.rev();
        let order = order.chain(registered.clone().rev().filter(is_range));
        for i in order.chain(registered.rev().filter(|i| !is_range(i))) {
            ports[usize::from(rows[i].port())..=usize::from(registry::last(i))].fill(i as u32 + 1);
        }
        for (i, (port, _)) in book.host_ports().iter().enumerate().rev() {
            ports[usize::from(*port)] = HOST + i as u32;
        }
        let has_colon = |name: &[u8]| name.contains(&b':');
        Plain {
            ports,
            end_row,
            echo: form.echo,
            dash: form.keep && form.quiet,
            end: form.end(),
            field: form.field,
            colons_are_endpoints: !book.host().any(|s| has_colon(s.name) || s.aliases().any(has_colon)),
        }
    }

    /// Answers plain lines at the head of `data`. Returns where the first that
    /// is not plain or without an answer begins, and how many lines came before it.
    fn answer(&self, book: &Book, data: &[u8], records: &mut Vec<u8>) -> (usize, u64) {
        let (mut at, mut count) = (0, 0);
        while let Some(line) = self.plain_line(&data[at..]) {
            let before = records.len();
            if self.echo {
                records.extend_from_slice(line.line);
                records.push(b'\t');
            }
            match self.push_answer(book, line.key, line.hash, records) {
                Found::Answer => {}
                Found::Nothing if self.dash => records.push(b'-'),
                Found::Nothing | Found::Odd => {
                    records.truncate(before);
                    break;
                }
            }
            records.push(self.end);
            at += line.length + 1;
            count += 1;
        }
        (at, count)
    }

    /// The first line of `data` if it is plain.
    fn plain_line<'a>(&self, data: &'a [u8]) -> Option<PlainLine<'a>> {
        if let Some(n) = self.field {
            return self.field_line(data, n);
        }
        let (length, hash) = plain_key(data);
        let line = &data[..length];
        let is_plain = 0 < length && length <= LINE && data.get(length) == Some(&self.end);
        is_plain.then_some(PlainLine { length, line, key: line, hash })
    }

    /// The same where the `n`th field is asked for.
    fn field_line<'a>(&self, data: &'a [u8], n: usize) -> Option<PlainLine<'a>> {
        let is_blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r');
        let length = data.iter().position(|b| *b == self.end).filter(|length| *length <= LINE)?;
        let line = &data[..length];
        let from = line.iter().position(|b| !is_blank(b))?;
        let to = line.iter().rposition(|b| !is_blank(b))? + 1;
        let line = &line[from..to];
        // What is echoed must need no escape.
        if line[0] == b'#' || self.echo && !line.iter().all(|b| matches!(b, b' '..=b'~' | b'\t')) {
            return None;
        }
        let mut rest = line;
        for _ in 1..n {
            rest = &rest[rest.iter().position(is_blank)?..];
            rest = &rest[rest.iter().position(|b| !is_blank(b))?..];
        }
        let (key_length, hash) = plain_key(rest);
        let is_plain = key_length > 0 && rest.get(key_length).is_none_or(is_blank);
        is_plain.then_some(PlainLine { length, line, key: &rest[..key_length], hash })
    }

    fn push_answer(&self, book: &Book, key: &[u8], hash: usize, records: &mut Vec<u8>) -> Found {
        match port(key) {
            Digits::Port(port) => return self.push_name(book, port, records),
            Digits::Bad => return Found::Nothing,
            Digits::No => {}
        }
        // Most names end in a letter, which no endpoint of the quick form does.
        let endpoint = || key.last().is_some_and(u8::is_ascii_digit).then(|| endpoint::port_of(key)).flatten();
        if self.colons_are_endpoints
            && let Some(port) = endpoint()
        {
            return self.push_name(book, port, records);
        }
        match self.push_port(book, key, hash, records) {
            Found::Nothing => match endpoint() {
                Some(port) => self.push_name(book, port, records),
                // Another form of an endpoint, perhaps.
                None if key.iter().any(|b| b":=(.".contains(b)) => Found::Odd,
                None => Found::Nothing,
            },
            found => found,
        }
    }

    fn push_name(&self, book: &Book, port: u16, records: &mut Vec<u8>) -> Found {
        match self.ports[usize::from(port)] {
            0 => return Found::Nothing,
            host @ HOST.. => match book.host_name((host - HOST) as usize) {
                Some(name) if name.iter().all(u8::is_ascii_graphic) => records.extend_from_slice(name),
                _ => return Found::Odd,
            },
            row => records.extend_from_slice(registry::all()[row as usize - 1].name().as_bytes()),
        }
        Found::Answer
    }

    fn push_port(&self, book: &Book, name: &[u8], hash: usize, records: &mut Vec<u8>) -> Found {
        let row = || registry::find(name, hash).filter(|row| *row < self.end_row);
        let port = book.host_port_of(name, hash).or_else(|| row().map(|row| registry::all()[row].port()));
        let Some(port) = port else { return Found::Nothing };
        push_number(records, port);
        Found::Answer
    }
}

/// The length of the plain key at the head of `data`, and its hash.
fn plain_key(data: &[u8]) -> (usize, usize) {
    let (mut hash, mut length) = (SEED, 0);
    for b in data.iter().take_while(|b| PLAIN[usize::from(**b)]) {
        hash = step(hash, *b);
        length += 1;
    }
    (length, finish(hash))
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
    /// It is a name.
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
    use plainnet_lab::scratch::File;

    use super::*;
    use crate::book::{
        key::Key,
        sources::{Answer, Sources},
    };

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
        let is_proto = |p: &str| book.knows_proto(p);
        let first = |key| match book.first(key)? {
            Answer::Port(port) => Some(port.to_string()),
            Answer::Name(name) => Some(plainnet_common::text::printable(name)),
        };
        let answer = Key::parse(text, is_proto).and_then(first);
        answer.or_else(|| first(endpoint::read(text, is_proto).ok()?)).unwrap_or("-".into())
    }

    /// Every line by the slow way.
    fn by_the_slow_way(data: &[u8], book: &Book, form: &Form) -> Vec<u8> {
        let mut out = Vec::new();
        let mut to = Answers { tool: "test", form, out: &mut out };
        let mut lines = Lines::new(form.end(), BLOCK, 0);
        let mut data = data;
        let mut more = true;
        while more {
            more = lines.read(&mut data).unwrap();
            while let Some(line) = lines.next() {
                let text = line.asked(form);
                let origin = Origin::Line(line.number);
                let input = Input { origin, line: line.bytes, text: Ok("") };
                let record = text.and_then(Result::ok).map_or("-".into(), |text| record(book, &text));
                to.record(&input, format!("{} {record}", line.number)).unwrap();
            }
        }
        out
    }

    #[test]
    fn plain_lines_are_answered_as_all_others() {
        let services = File::new(
            "web 80/tcp www\nwww 8/tcp\nWWW 9/tcp\nnine\x1b 99/tcp\n x 5000/udp\nodd:1 7/tcp\nhttp 8000/tcp\n",
        );
        let mut data =
            b"\xef\xbb\xbfhttp\n\n80\nwww\nWWW\nWww\n080\n65536\n0\n99999999999\n# x\n 22 \nssh\r\n6010\n99\n5000\n\
                         http/tcp\n914c/g\n3com-tsmux\nnope\n\xff\n-\n80/udp\nX11\nwhois\nx\n443\nhttps\n\
              0.0.0.0:443\n[::]:22\n*:80\n:53\n127.0.0.53%lo:53\n[fe80::1]:22\n:::22\ntcp/22\n22/tcp\nDPT=443\n443(x)\n\
              https://\n80,443\n8000-8010\n8000:8010\n99999\n*:*\nlocalhost:ssh\nwireguard\n51820\n6443\n25565\n\
              10.0.0.1.443\n10.0.0.1\n0.0.0.0:99999\nodd:1\nODD:1\n*:5000\n\
              LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n ESTAB  0\t0 [::1]:5000 x\n# 2 3 4:22\na b c 443\na b c\n\xe9 b c :80\n\
              a b c http/tcp #\na b c d#e\n"
                .repeat(2);
        data.extend([b'y'; 3 * LINE]);
        data.extend(b"\n25\n");
        data.extend([b'y'; LINE]);
        data.extend(b"\nsmtp");
        for sources in [Sources::Both, Sources::Host, Sources::Iana] {
            for (echo, null, field) in [
                (false, false, None),
                (true, false, None),
                (false, true, None),
                (true, false, Some(4)),
                (false, false, Some(1)),
            ] {
                let mut data = data.clone();
                if null {
                    data.iter_mut().filter(|b| **b == b'\n').for_each(|b| *b = 0);
                }
                let form = Form { echo, null, field, keep: true, quiet: true, ..Form::default() };
                let mut book = Book::new("test", Some(services.to_string().into()), sources);
                book.open();
                // The slow way numbers its lines; the quick one must answer as many, in the same order.
                let want = by_the_slow_way(&data, &book, &form);
                for size in [1, 1000, BLOCK - 1, BLOCK, 2 * BLOCK] {
                    let mut out = Vec::new();
                    let mut to = Answers { tool: "test", form: &form, out: &mut out };
                    let mut book = Book::new("test", Some(services.to_string().into()), sources);
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
    }
}
