//! Inputs: operands, or the lines of standard input, one after the other.
//!
//! [`Lines`] reads blocks and lends lines, one by one or all that are whole.
//! [`each`] answers one input at a time with it, [`Queue`] is for a loop that
//! must not wait in read(2), and a tool's bulk reader takes the whole lines.
use std::io::{self, IsTerminal as _, Read, Write};
use std::{borrow::Cow, ffi::OsString, os::unix::ffi::OsStrExt as _, slice};

use rustix::{event::PollFlags, io::Errno, io::retry_on_intr, stdio};

use crate::exit::{Fail, Status};
use crate::{output, output::say, spec::Spec, text};

/// Longest line, its end not counted. A longer one spoils itself, not the run.
pub const LINE: usize = 64 * 1024;

/// How inputs come in and records go out: the options of every filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// `-e`: the input and a TAB before each record.
    pub echo: bool,
    /// `-k`: `-` for an input that would print nothing.
    pub keep: bool,
    /// `-q`: no message for an input without an answer.
    pub quiet: bool,
    /// `-0`: NUL instead of newline.
    pub null: bool,
    /// `--json`: the tool prints an object itself, also for what has no answer.
    pub json: bool,
    /// `-f N`: the input is the Nth field of the line, counted from 1.
    pub field: Option<usize>,
    /// `-d C`: what separates the fields; None for blanks.
    pub delimiter: Option<u8>,
    /// Fields of a record: how many `-` stand for a missing one (0 is 1).
    pub columns: usize,
}

impl Form {
    /// What an operand asks: all of it, or one of its fields.
    ///
    /// # Errors
    /// Why it can't be read: not UTF-8, or without this field.
    pub fn operand<'a>(&self, operand: &'a [u8]) -> Result<Cow<'a, str>, &'static str> {
        match self.field {
            Some(n) => text_of_field(operand, n, self.delimiter),
            None => text_of(operand).map(Cow::Borrowed),
        }
    }

    /// The byte that ends a line and a record.
    pub fn end(&self) -> u8 {
        if self.null { 0 } else { b'\n' }
    }
}

/// Where an input came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// It is an operand of the command line.
    #[default]
    Operand,
    /// This line of standard input, counted from 1 in lines read.
    Line(u64),
}

/// One input of a tool, as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Where it came from.
    pub origin: Origin,
    /// All of the operand or line, as it was, without its end.
    pub line: &'a [u8],
    /// What is asked: the operand, the line without surrounding blanks, or its
    /// field, or nothing for a blank line or a comment; or why it can't be read.
    pub text: Result<&'a str, &'static str>,
}

impl Input<'_> {
    /// It is a blank line or a comment. An empty operand asks for itself.
    fn asks_nothing(&self) -> bool {
        matches!(self.origin, Origin::Line(_)) && self.text == Ok("")
    }

    /// How messages name it: the operand, or `stdin:LINE: TEXT`, escaped and cut.
    pub fn subject(&self) -> String {
        let text = text::shown(self.text.map_or(self.line, str::as_bytes));
        match self.origin {
            Origin::Operand => text,
            Origin::Line(n) => format!("stdin:{n}: {text}"),
        }
    }
}

/// Standard input in blocks, waiting where the descriptor is non-blocking.
#[derive(Debug, Default)]
pub struct Stdin;

impl Read for Stdin {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match retry_on_intr(|| rustix::io::read(stdio::stdin(), &mut *buf)) {
                Err(Errno::AGAIN) => output::wait(stdio::stdin(), PollFlags::IN)?,
                done => return Ok(done?),
            }
        }
    }
}

/// One line as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number among the lines read, counted from 1.
    pub number: u64,
    /// Its bytes without the end; the first [`LINE`] of them if there are more.
    pub bytes: &'a [u8],
    /// False if there were more.
    pub whole: bool,
}

impl<'a> Line<'a> {
    /// The input in this line by `-f` and `-d`: nothing for a blank line or a
    /// comment.
    ///
    /// # Errors
    /// Why the line can't be read: too long, not UTF-8, or without this field.
    pub fn asked(&self, form: &Form) -> Option<Result<Cow<'a, str>, &'static str>> {
        if !self.whole {
            return Some(Err("line longer than 64 KiB"));
        }
        let bytes = trim(self.bytes);
        if bytes.is_empty() || bytes[0] == b'#' {
            return None;
        }
        Some(match form.field {
            // A delimiter may be a TAB, so blanks at the line's ends count there.
            Some(n) => text_of_field(if form.delimiter.is_some() { self.bytes } else { bytes }, n, form.delimiter),
            None => text_of(bytes).map(Cow::Borrowed),
        })
    }
}

/// Reads blocks and lends the lines in them. Memory is one unfinished line and
/// one block, whatever comes.
#[derive(Debug, Default)]
pub struct Lines {
    end: u8,
    block: usize,
    padding: usize,
    buf: Vec<u8>,
    /// `buf[start..filled]` was read and not lent yet; its lines are whole up to `whole`.
    start: usize,
    whole: usize,
    filled: usize,
    /// Lines lent or skipped so far.
    number: u64,
    /// False until the first bytes are known to be no byte order mark.
    begun: bool,
    /// The rest of an over-long line is being dropped.
    skipping: bool,
    finished: bool,
}

/// A byte order mark is how some editors begin a file, not part of its first line.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl Lines {
    /// Lines end in `end`, and the last one may lack it. `block` bytes are read
    /// at once; `padding` bytes can be read behind the lines that
    /// [`Lines::padded`] lends.
    pub fn new(end: u8, block: usize, padding: usize) -> Lines {
        Lines { end, block, padding, ..Lines::default() }
    }

    /// Reads once. False at the end of the input, when a last line without an
    /// end has been given one.
    ///
    /// # Errors
    /// What `from` says, interruptions aside.
    pub fn read(&mut self, from: &mut (impl Read + ?Sized)) -> io::Result<bool> {
        self.buf.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.whole -= self.start;
        self.start = 0;
        let size = self.filled + self.block + 1 + self.padding;
        if self.buf.len() < size {
            self.buf.resize(size, 0);
        }
        let mut new = self.filled;
        let n = loop {
            match from.read(&mut self.buf[new..new + self.block]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                done => break done?,
            }
        };
        self.filled += n;
        self.finished = n == 0;
        if !self.begun {
            let head = &self.buf[..self.filled];
            if !self.finished && head.len() < MARK.len() && MARK.starts_with(head) {
                return Ok(true);
            }
            self.begun = true;
            if head.starts_with(MARK) {
                new = MARK.len();
                (self.start, self.whole) = (new, new);
            }
        }
        if self.skipping {
            let end = self.buf[new..self.filled].iter().position(|b| *b == self.end);
            new = end.map_or(self.filled, |at| new + at + 1);
            (self.start, self.whole) = (new, new);
            self.skipping = end.is_none();
        }
        if let Some(last) = self.buf[new..self.filled].iter().rposition(|b| *b == self.end) {
            self.whole = new + last + 1;
        }
        if self.finished && self.whole < self.filled {
            self.buf[self.filled] = self.end;
            self.filled += 1;
            self.whole = self.filled;
        }
        Ok(!self.finished)
    }

    /// Every whole line that was read and not lent yet, each with its end. A
    /// line may be longer than [`LINE`].
    pub fn whole(&self) -> &[u8] {
        &self.buf[self.start..self.whole]
    }

    /// The same, and behind it the padding, whose bytes mean nothing.
    pub fn padded(&self) -> &[u8] {
        &self.buf[self.start..(self.whole + self.padding).min(self.buf.len())]
    }

    /// Takes the first `bytes` of [`Lines::whole`], which are `lines` lines.
    pub fn skip(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.number += lines;
    }

    /// True once the end of the input has been read.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The next line, or nothing until more is read.
    #[expect(clippy::should_implement_trait, reason = "it lends from itself")]
    pub fn next(&mut self) -> Option<Line<'_>> {
        let from = self.start;
        let length = self.buf[from..self.whole].iter().position(|b| *b == self.end);
        match length {
            Some(length) => self.start += length + 1,
            None if self.filled - from > LINE && self.begun => {
                (self.start, self.whole) = (self.filled, self.filled);
                self.skipping = true;
            }
            None => return None,
        }
        self.number += 1;
        let length = length.unwrap_or(LINE + 1);
        Some(Line { number: self.number, bytes: &self.buf[from..from + length.min(LINE)], whole: length <= LINE })
    }
}

/// The `n`th field of `line`, counted from 1, without blanks around it.
///
/// Without a delimiter fields are separated by runs of blanks. With one, a field
/// in double quotes is read as CSV does (RFC 4180 section 2): the delimiter may
/// stand in it, and two quotes are one.
pub fn field(line: &[u8], n: usize, delimiter: Option<u8>) -> Option<Cow<'_, [u8]>> {
    let Some(delimiter) = delimiter else {
        return line.split(is_blank).filter(|f| !f.is_empty()).nth(n.checked_sub(1)?).map(Cow::Borrowed);
    };
    let mut rest = line;
    for _ in 1..n {
        let (length, _) = delimited(rest, delimiter);
        rest = rest.get(length + 1..)?;
    }
    let (length, quoted) = delimited(rest, delimiter);
    Some(match quoted {
        Some(inner) if inner.contains(&b'"') => {
            // Quotes inside come in pairs, so that every other one of a run stays.
            let mut second = false;
            let keep = |b: &u8| {
                second = *b == b'"' && !second;
                !second
            };
            Cow::Owned(inner.iter().copied().filter(keep).collect())
        }
        Some(inner) => Cow::Borrowed(inner),
        None => Cow::Borrowed(trim(&rest[..length])),
    })
}

/// The length of the field that `rest` begins with, and what its quotes hold.
fn delimited(rest: &[u8], delimiter: u8) -> (usize, Option<&[u8]>) {
    let plain = |from: usize| rest[from..].iter().position(|b| *b == delimiter).map_or(rest.len(), |at| from + at);
    let open = rest.iter().position(|b| !is_blank(b) || *b == delimiter).unwrap_or(0);
    if delimiter == b'"' || rest.get(open) != Some(&b'"') {
        return (plain(0), None);
    }
    let mut at = open + 1;
    while let Some(quote) = rest[at..].iter().position(|b| *b == b'"').map(|found| at + found) {
        if rest.get(quote + 1) != Some(&b'"') {
            return (plain(quote), Some(&rest[open + 1..quote]));
        }
        at = quote + 2;
    }
    // A quote without its other half is a character like any other.
    (plain(0), None)
}

fn is_blank(b: &u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r')
}

/// `line` without the blanks around it.
fn trim(line: &[u8]) -> &[u8] {
    let from = line.iter().position(|b| !is_blank(b)).unwrap_or(line.len());
    let to = line.iter().rposition(|b| !is_blank(b)).map_or(from, |at| at + 1);
    &line[from..to]
}

/// The text of the `n`th field of a line or an operand.
fn text_of_field(line: &[u8], n: usize, delimiter: Option<u8>) -> Result<Cow<'_, str>, &'static str> {
    match field(line, n, delimiter) {
        None => Err("no such field"),
        Some(field) if field.is_empty() => Err("the field is empty"),
        Some(Cow::Borrowed(bytes)) => text_of(bytes).map(Cow::Borrowed),
        Some(Cow::Owned(bytes)) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| NOT_UTF8),
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(bytes).map_err(|_| NOT_UTF8)
}

const NOT_UTF8: &str = "invalid UTF-8";

/// Refuses to wait for a person who only typed the program's name: a usage
/// error where there are no operands and standard input is a terminal.
///
/// # Errors
/// There are none, and standard input is a terminal.
pub fn needs_input<K>(spec: &Spec<K>, operands: &[OsString]) -> Result<(), Fail> {
    if operands.is_empty() && io::stdin().is_terminal() {
        return Err(Fail::Usage(format!("no operands\n{}", spec.usage_text().trim_end())));
    }
    Ok(())
}

/// Gives every input to `answer` in order and folds what it returns: the
/// operands, or standard input where there are none or one is `-`.
///
/// `answer` gets [`Answers`] to write records and complaints through. Output is
/// flushed whenever the next read could block.
///
/// # Errors
/// Reading or writing failed, or `answer` gave up.
pub fn each<W: Write>(
    tool: &'static str,
    form: &Form,
    operands: &[OsString],
    out: &mut W,
    mut answer: impl FnMut(&Input<'_>, &mut Answers<'_, W>) -> Result<Status, Fail>,
) -> Result<Status, Fail> {
    let (mut queue, mut input) = (Queue::new(operands, form), Owned::default());
    let (mut answers, mut end) = (Answers { tool, form, out }, Status::default());
    loop {
        while queue.next_into(&mut input) {
            let input = input.input();
            end = end.max(match input.text {
                _ if input.asks_nothing() => answers.missing(&input, Status::Answered)?,
                // JSON has an object for every input: the tool writes it.
                Err(why) if !form.json => answers.unanswered(&input, why)?,
                _ => answer(&input, &mut answers)?,
            });
        }
        if queue.is_empty() {
            return Ok(end);
        }
        answers.out.flush()?;
        queue.read_from(&mut Stdin)?;
    }
}

/// An input that outlives the block it was read in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owned {
    /// Where it came from.
    pub origin: Origin,
    /// All of the operand or line, without its end.
    pub line: Vec<u8>,
    /// What is asked, or why it can't be read; nothing for a blank line or a comment.
    pub text: Option<Result<String, &'static str>>,
}

impl Owned {
    /// Makes it another input, in the memory that it has.
    fn set(&mut self, origin: Origin, line: &[u8], text: Option<Result<Cow<'_, str>, &'static str>>) {
        self.origin = origin;
        self.line.clear();
        self.line.extend_from_slice(line);
        let mut kept = self.text.take().and_then(Result::ok).unwrap_or_default();
        kept.clear();
        self.text = text.map(|text| Ok(kept + &text?));
    }

    /// The same as messages and records take it.
    pub fn input(&self) -> Input<'_> {
        let text = self.text.as_ref().map_or(Ok(""), |t| t.as_deref().map_err(|why| *why));
        Input { origin: self.origin, line: &self.line, text }
    }
}

/// The operands, and standard input where there are none or one is `-`, for a
/// loop that polls and must not wait in read(2).
#[derive(Debug)]
pub struct Queue<'a> {
    operands: slice::Iter<'a, OsString>,
    form: &'a Form,
    /// The lines of standard input while it is being read.
    lines: Option<Lines>,
    /// The last call of [`Queue::next`] found nothing.
    starved: bool,
}

impl<'a> Queue<'a> {
    /// Nothing is read yet.
    pub fn new(operands: &'a [OsString], form: &'a Form) -> Queue<'a> {
        let lines = operands.is_empty().then(|| Lines::new(form.end(), LINE, 0));
        Queue { operands: operands.iter(), form, lines, starved: false }
    }

    /// The next input that needs no reading.
    #[expect(clippy::should_implement_trait, reason = "nothing now may be something later")]
    pub fn next(&mut self) -> Option<Owned> {
        let mut input = Owned::default();
        self.next_into(&mut input).then_some(input)
    }

    /// The same, in the memory of an earlier input. False if there is none, and
    /// `input` is as it was then.
    pub fn next_into(&mut self, input: &mut Owned) -> bool {
        loop {
            if let Some(lines) = &mut self.lines {
                if let Some(line) = lines.next() {
                    input.set(Origin::Line(line.number), line.bytes, line.asked(self.form));
                    return true;
                }
                if !lines.is_finished() {
                    break;
                }
                self.lines = None;
            }
            match self.operands.next().map(|operand| operand.as_bytes()) {
                None => break,
                Some(b"-") => self.lines = Some(Lines::new(self.form.end(), LINE, 0)),
                Some(line) => {
                    input.set(Origin::Operand, line, Some(self.form.operand(line)));
                    return true;
                }
            }
        }
        self.starved = true;
        false
    }

    /// True if [`Queue::next`] would have something, as far as is known.
    pub fn is_ready(&self) -> bool {
        !self.starved
    }

    /// True if nothing will come any more.
    pub fn is_empty(&self) -> bool {
        self.starved && self.lines.is_none()
    }

    /// True if standard input must be read before [`Queue::next`] has anything.
    pub fn wants_stdin(&self) -> bool {
        self.starved && self.lines.is_some()
    }

    /// Reads what standard input has now, without waiting for more.
    ///
    /// # Errors
    /// What read(2) says, `EAGAIN` aside.
    pub fn read(&mut self) -> Result<(), Fail> {
        self.read_from(&mut Ready)
    }

    fn read_from(&mut self, from: &mut impl Read) -> Result<(), Fail> {
        let Some(lines) = &mut self.lines else { return Ok(()) };
        match lines.read(from) {
            Ok(_) => self.starved = false,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(Fail::io("stdin", &e)),
        }
        Ok(())
    }
}

/// Standard input as it is, also where it has nothing now.
struct Ready;

impl Read for Ready {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(stdio::stdin(), buf)?)
    }
}

/// Where records and complaints about inputs go.
#[derive(Debug)]
pub struct Answers<'a, W> {
    /// The tool's name.
    pub tool: &'static str,
    /// How records go out.
    pub form: &'a Form,
    /// Standard output.
    pub out: &'a mut W,
}

impl<W: Write> Answers<'_, W> {
    /// Writes one record for `input`.
    ///
    /// # Errors
    /// Writing failed.
    pub fn record(&mut self, input: &Input<'_>, record: impl AsRef<[u8]>) -> Result<(), Fail> {
        if self.form.echo && !self.form.json {
            self.echo(input.line)?;
        }
        self.out.write_all(record.as_ref())?;
        Ok(self.out.write_all(&[self.form.end()])?)
    }

    /// `input` is invalid or has no answer; `-q` keeps that quiet.
    ///
    /// # Errors
    /// Writing failed.
    pub fn unanswered(&mut self, input: &Input<'_>, why: impl std::fmt::Display) -> Result<Status, Fail> {
        if !self.form.quiet {
            say(self.tool, format_args!("{}: {}", input.subject(), text::message(why)));
        }
        self.missing(input, Status::Unanswered)
    }

    /// The network failed for `input`.
    ///
    /// # Errors
    /// Writing failed.
    pub fn failed(&mut self, input: &Input<'_>, why: impl std::fmt::Display) -> Result<Status, Fail> {
        say(self.tool, format_args!("{}: {}", input.subject(), text::message(why)));
        self.missing(input, Status::Network)
    }

    /// Under `-k` a record of `-`, and then only a network failure counts. In
    /// JSON the tool has written its object, but for a line that asks nothing:
    /// that gets one here, without the tool's keys.
    ///
    /// # Errors
    /// Writing failed.
    pub fn missing(&mut self, input: &Input<'_>, status: Status) -> Result<Status, Fail> {
        if !self.form.keep {
            return Ok(status);
        }
        if !self.form.json {
            self.record(input, vec!["-"; self.form.columns.max(1)].join("\t"))?;
        } else if input.asks_nothing() {
            let mut object = b"{\"input\":".to_vec();
            let line = trim(input.line);
            match std::str::from_utf8(line) {
                Ok(line) => text::json_string(&mut object, line),
                Err(_) => text::json_string(&mut object, &text::printable(line)),
            }
            object.extend_from_slice(b",\"error\":\"blank line or comment\"}");
            self.record(input, object)?;
        }
        Ok(if status == Status::Unanswered { Status::Answered } else { status })
    }

    /// The input before its record. It may hold anything, so it is escaped;
    /// a TAB stays, since a log line is echoed whole.
    fn echo(&mut self, line: &[u8]) -> Result<(), Fail> {
        match trim(line) {
            line if line.iter().all(|b| matches!(b, b' '..=b'~' | b'\t')) => self.out.write_all(line)?,
            line => self.out.write_all(text::printable(line).as_bytes())?,
        }
        Ok(self.out.write_all(b"\t")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line of `data` when it comes in blocks of `size`.
    fn lines(data: &[u8], size: usize) -> Vec<(u64, Vec<u8>, bool)> {
        let mut lines = Lines::new(b'\n', size, 0);
        let mut all = Vec::new();
        let mut data = data;
        loop {
            let more = lines.read(&mut data).unwrap();
            while let Some(l) = lines.next() {
                all.push((l.number, l.bytes.to_vec(), l.whole));
            }
            if !more {
                return all;
            }
        }
    }

    #[test]
    fn whole_lines_come_at_once_and_the_rest_one_by_one() {
        let long = [&b"a\nbb\n"[..], &vec![b'x'; LINE + 1], b"\ncc\ndd"].concat();
        for block in [1, 2, 7, LINE, 4 * LINE] {
            let mut lines = Lines::new(b'\n', block, 16);
            let (mut data, mut all) = (&long[..], Vec::new());
            loop {
                let more = lines.read(&mut data).unwrap();
                let whole = lines.whole().to_vec();
                assert_eq!(&lines.padded()[..whole.len()], whole);
                assert!(whole.is_empty() || lines.padded().len() == whole.len() + 16);
                let count = whole.iter().filter(|b| **b == b'\n').count() as u64;
                lines.skip(whole.len(), count);
                all.extend(whole);
                if let Some(line) = lines.next() {
                    assert_eq!((line.number, line.bytes.len(), line.whole), (3, LINE, false), "blocks of {block}");
                    all.extend(b"long\n");
                }
                if !more {
                    break;
                }
            }
            let want = String::from_utf8(all).unwrap().replace(&"x".repeat(LINE + 1), "long");
            assert_eq!(want, "a\nbb\nlong\ncc\ndd\n", "blocks of {block}");
            assert_eq!(lines.number, 5);
        }
    }

    #[test]
    fn fields_by_blanks_and_by_delimiter() {
        let get = |line: &str, n, delimiter: Option<char>| {
            let delimiter = delimiter.map(|c| c as u8);
            field(line.as_bytes(), n, delimiter).map(|f| String::from_utf8(f.into_owned()).unwrap())
        };
        assert_eq!(get("a\t b  c", 3, None).as_deref(), Some("c"));
        assert_eq!(get("a b", 3, None), None);
        assert_eq!(get("a, b ,,c", 2, Some(',')).as_deref(), Some("b"));
        assert_eq!(get("a, b ,,c", 3, Some(',')).as_deref(), Some(""));
        assert_eq!(get("a, b ,,c", 4, Some(',')).as_deref(), Some("c"));
        assert_eq!(get("a, b ,,c", 5, Some(',')), None);
        assert_eq!(get("a\t\tc", 3, Some('\t')).as_deref(), Some("c"));
        assert_eq!(get("\t\tc", 3, Some('\t')).as_deref(), Some("c"));
        // RFC 4180 section 2, rules 5 to 7.
        assert_eq!(get(r#""1.0.0.0","1.0.0.255","AU""#, 2, Some(',')).as_deref(), Some("1.0.0.255"));
        assert_eq!(get(r#"x,"a,b",c"#, 2, Some(',')).as_deref(), Some("a,b"));
        assert_eq!(get(r#"x,"a,b",c"#, 3, Some(',')).as_deref(), Some("c"));
        assert_eq!(get(r#""b""bb","c""#, 1, Some(',')).as_deref(), Some(r#"b"bb"#));
        assert_eq!(get(r#""b""","c""#, 1, Some(',')).as_deref(), Some(r#"b""#));
        assert_eq!(get(r#""a,b"#, 2, Some(',')).as_deref(), Some("b"));
        assert_eq!(get("", 1, Some(',')).as_deref(), Some(""));
    }

    #[test]
    fn a_queue_takes_operands_and_standard_input_in_order() {
        let form = Form { field: Some(2), delimiter: Some(b';'), ..Form::default() };
        let operands = ["w;a", "-", "b"].map(OsString::from);
        let mut queue = Queue::new(&operands, &form);
        let text = |owned: Owned| (owned.origin, owned.text);
        assert!(queue.is_ready());
        assert_eq!(queue.next().map(text), Some((Origin::Operand, Some(Ok("a".into())))));
        assert_eq!(queue.next(), None);
        assert!(queue.wants_stdin() && !queue.is_ready() && !queue.is_empty());
        queue.read_from(&mut &b"x;y;z\n#\nx"[..]).unwrap();
        assert!(queue.is_ready() && !queue.wants_stdin());
        assert_eq!(queue.next().map(text), Some((Origin::Line(1), Some(Ok("y".into())))));
        assert_eq!(queue.next().map(text), Some((Origin::Line(2), None)));
        assert_eq!(queue.next(), None);
        queue.read_from(&mut &b""[..]).unwrap();
        assert_eq!(queue.next().map(text), Some((Origin::Line(3), Some(Err("no such field")))));
        assert_eq!(queue.next().map(text), Some((Origin::Operand, Some(Err("no such field")))));
        assert_eq!(queue.next(), None);
        assert!(queue.is_empty() && !queue.wants_stdin());
        let mut queue = Queue::new(&[], &form);
        assert!(queue.next().is_none() && queue.wants_stdin());
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let data = b"one\n\n# two\r\n three \nlast";
        for size in 1..data.len() {
            let got = lines(data, size);
            let want = ["one", "", "# two\r", " three ", "last"];
            assert_eq!(got.len(), want.len(), "blocks of {size}");
            for (i, ((number, bytes, whole), want)) in got.iter().zip(want).enumerate() {
                assert_eq!((*number, bytes.as_slice(), *whole), (i as u64 + 1, want.as_bytes(), true));
            }
        }
    }

    #[test]
    fn an_endless_line_spoils_itself_only() {
        // What the manuals and messages say.
        assert_eq!(LINE, 65536);
        let mut data = b"a\n".to_vec();
        data.extend(vec![b'x'; 3 * LINE + 7]);
        data.extend(b"\nb\n");
        data.extend(vec![b'y'; LINE]);
        data.extend(b"\n");
        data.extend(vec![b'z'; LINE + 1]);
        for size in [1000, LINE - 1, LINE, LINE + 1, 10 * LINE] {
            let got: Vec<_> = lines(&data, size).into_iter().map(|(n, b, w)| (n, b.len(), w)).collect();
            let want = vec![(1, 1, true), (2, LINE, false), (3, 1, true), (4, LINE, true), (5, LINE, false)];
            assert_eq!(got, want, "blocks of {size}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        for size in 1..6 {
            assert_eq!(lines(b"\xef\xbb\xbfa\n", size), [(1, b"a".to_vec(), true)]);
        }
        assert_eq!(lines(b"", 1), []);
    }

    #[test]
    fn what_a_line_asks() {
        let asked = |bytes: &'static [u8], field| {
            let form = Form { field, ..Form::default() };
            Line { number: 1, bytes, whole: true }.asked(&form).map(|text| text.map(Cow::into_owned))
        };
        assert_eq!(asked(b"  a b \r", None), Some(Ok("a b".into())));
        assert_eq!(asked(b"  # a", None), None);
        assert_eq!(asked(b" \t\r", None), None);
        assert_eq!(asked(b"a\t b  c", Some(3)), Some(Ok("c".into())));
        assert_eq!(asked(b"a b", Some(3)), Some(Err("no such field")));
        assert_eq!(asked(b"\xff", None), Some(Err("invalid UTF-8")));
        let long = Line { number: 1, bytes: b"a", whole: false };
        assert_eq!(long.asked(&Form::default()), Some(Err("line longer than 64 KiB")));
    }

    #[test]
    fn objects_keep_step_with_lines() {
        let said = |form: &Form, origin, line, asked| {
            let mut out = Vec::new();
            let mut to = Answers { tool: "test", form, out: &mut out };
            let status = to.missing(&Input { origin, line, text: Ok(asked) }, Status::Answered).unwrap();
            assert_eq!(status, Status::Answered);
            String::from_utf8(out).unwrap()
        };
        let json = Form { json: true, echo: true, ..Form::default() };
        let keep = Form { keep: true, ..json.clone() };
        let blank = |input| format!("{{\"input\":\"{input}\",\"error\":\"blank line or comment\"}}\n");
        assert_eq!(said(&keep, Origin::Line(1), b" \t", ""), blank(""));
        assert_eq!(said(&keep, Origin::Line(2), b" # \x1b\xff\r", ""), blank("# \\\\x1b\\\\xff"));
        assert_eq!(said(&keep, Origin::Line(2), "# \u{1b}é".as_bytes(), ""), blank("# \\u001bé"));
        // Everything else has its object from the tool, and without -k nothing is in step.
        assert_eq!(said(&keep, Origin::Line(3), b"a", "a"), "");
        assert_eq!(said(&keep, Origin::Operand, b"", ""), "");
        assert_eq!(said(&json, Origin::Line(1), b"", ""), "");
    }

    #[test]
    fn records_keep_step_with_inputs() {
        let form = Form { echo: true, keep: true, columns: 2, ..Form::default() };
        let mut out = Vec::new();
        let mut to = Answers { tool: "test", form: &form, out: &mut out };
        let input = Input { origin: Origin::Line(7), line: b" a\x1b\n ", text: Ok("a") };
        to.record(&input, "1\t2").unwrap();
        assert_eq!(to.unanswered(&input, "no").unwrap(), Status::Answered);
        assert_eq!(to.failed(&input, "no").unwrap(), Status::Network);
        to.missing(&Input { line: b"", ..input }, Status::Answered).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a\\x1b\\n\t1\t2\na\\x1b\\n\t-\t-\na\\x1b\\n\t-\t-\n\t-\t-\n");
    }
}
