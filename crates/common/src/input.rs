//! Inputs: operands, or the lines of standard input, one after the other.
//!
//! [`Cutter`] is bytes in, lines out, with no descriptor in it. [`Stdin`] reads
//! blocks. [`each`] joins them for a tool that answers one input at a time.
use std::io::{self, IsTerminal as _, Read, Write};
use std::{ffi::OsString, os::unix::ffi::OsStrExt as _};

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
    /// `-f N`: the input is the Nth blank-separated field, from 1.
    pub field: Option<usize>,
    /// Fields of a record: how many `-` stand for a missing one (0 is 1).
    pub columns: usize,
}

impl Form {
    /// The byte that ends a line and a record.
    pub fn end(&self) -> u8 {
        if self.null { 0 } else { b'\n' }
    }
}

/// Where an input came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Operand,
    /// This line of standard input, counted from 1 in lines read.
    Line(u64),
}

/// One input.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Where it came from.
    pub origin: Origin,
    /// All of the operand or line, as it was, without its end.
    pub line: &'a [u8],
    /// What is asked: the operand, the line without surrounding blanks, or its
    /// field; or why it can't be read.
    pub text: Result<&'a str, &'static str>,
}

impl Input<'_> {
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
                Ok(n) => return Ok(n),
                Err(Errno::AGAIN) => output::wait(stdio::stdin(), PollFlags::IN)?,
                Err(e) => return Err(e.into()),
            }
        }
    }
}

/// Cuts blocks into lines. Memory is one line and one block, whatever comes.
#[derive(Debug)]
pub struct Cutter {
    end: u8,
    buf: Vec<u8>,
    /// `buf[start..]` is not yet given out; no line ends in `buf[start..seen]`.
    start: usize,
    seen: usize,
    number: u64,
    /// The rest of an over-long line is being dropped.
    skipping: bool,
    finished: bool,
}

/// One line as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Its bytes without the end; the first [`LINE`] of them if there are more.
    pub bytes: &'a [u8],
    /// False if there were more.
    pub whole: bool,
}

impl<'a> Line<'a> {
    /// The input in this line: nothing for a blank line or a comment.
    ///
    /// # Errors
    /// Why the line can't be read: too long, not UTF-8, or without this field.
    pub fn text(&self, field: Option<usize>) -> Option<Result<&'a str, &'static str>> {
        if !self.whole {
            return Some(Err("line longer than 64 KiB"));
        }
        let bytes = trim(self.bytes);
        if bytes.is_empty() || bytes[0] == b'#' {
            return None;
        }
        let bytes = match field {
            Some(n) => bytes.split(is_blank).filter(|f| !f.is_empty()).nth(n.saturating_sub(1)),
            None => Some(bytes),
        };
        Some(bytes.ok_or("no such field").and_then(text_of))
    }
}

impl Cutter {
    /// Lines end in `end`, and the last one may lack it.
    pub fn new(end: u8) -> Cutter {
        Cutter { end, buf: Vec::new(), start: 0, seen: 0, number: 0, skipping: false, finished: false }
    }

    /// Adds a block. One of no bytes says that there are no more.
    pub fn feed(&mut self, block: &[u8]) {
        self.finished |= block.is_empty();
        self.buf.drain(..self.start);
        self.seen -= self.start;
        self.start = 0;
        self.buf.extend_from_slice(block);
        // A byte order mark is how some editors begin a file, not part of its first line.
        if self.number == 0 && self.buf.starts_with(b"\xef\xbb\xbf") {
            self.start = 3;
            self.seen = self.seen.max(3);
        }
    }

    /// What is fed and not given out yet, for a tool that answers plain lines in bulk.
    pub fn rest(&self) -> &[u8] {
        if self.skipping { &[] } else { &self.buf[self.start..] }
    }

    /// Takes the first `bytes` of [`Cutter::rest`], which are `lines` whole lines.
    pub fn skip(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.seen = self.seen.max(self.start);
        self.number += lines;
    }

    /// The next line, or nothing until more is fed.
    #[expect(clippy::should_implement_trait, reason = "it lends from itself")]
    pub fn next(&mut self) -> Option<Line<'_>> {
        loop {
            let found = self.buf[self.seen..].iter().position(|b| *b == self.end);
            let (from, to) = (self.start, found.map_or(self.buf.len(), |at| self.seen + at));
            let long = to - from > LINE;
            if found.is_none() && !long && !(self.finished && (to > from || self.skipping)) {
                self.seen = to;
                return None;
            }
            let skipped = std::mem::replace(&mut self.skipping, found.is_none() && !self.finished);
            self.start = if found.is_some() { to + 1 } else { to };
            self.seen = self.start;
            if !skipped {
                self.number += 1;
                let bytes = &self.buf[from..from + (to - from).min(LINE)];
                return Some(Line { number: self.number, bytes, whole: !long });
            }
            if self.finished && self.start == self.buf.len() {
                return None;
            }
        }
    }
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

fn text_of(bytes: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(bytes).map_err(|_| "invalid UTF-8")
}

/// Refuses to wait for a person who only typed the program's name: a usage
/// error where there are no operands and standard input is a terminal.
///
/// # Errors
/// That one.
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
    let mut answers = Answers { tool, form, out };
    let mut end = Status::default();
    let dash = [OsString::from("-")];
    for operand in if operands.is_empty() { &dash[..] } else { operands } {
        let line = operand.as_bytes();
        if line == b"-" {
            end = end.max(each_line(&mut answers, &mut answer)?);
        } else {
            let input = Input { origin: Origin::Operand, line, text: text_of(line) };
            end = end.max(one(&input, &mut answers, &mut answer)?);
        }
    }
    Ok(end)
}

/// A tool's answer to one input.
type Answer<'f, W> = dyn FnMut(&Input<'_>, &mut Answers<'_, W>) -> Result<Status, Fail> + 'f;

fn each_line<W: Write>(answers: &mut Answers<'_, W>, answer: &mut Answer<'_, W>) -> Result<Status, Fail> {
    let mut end = Status::default();
    let mut lines = Cutter::new(answers.form.end());
    let mut block = vec![0; LINE];
    while !lines.finished {
        answers.out.flush()?;
        let n = Stdin.read(&mut block).map_err(|e| Fail::io("stdin", &e))?;
        lines.feed(&block[..n]);
        while let Some(line) = lines.next() {
            let input = |text| Input { origin: Origin::Line(line.number), line: line.bytes, text };
            end = end.max(match line.text(answers.form.field) {
                Some(text) => one(&input(text), answers, answer)?,
                None => answers.missing(&input(Ok("")), Status::Answered)?,
            });
        }
    }
    Ok(end)
}

fn one<W: Write>(input: &Input<'_>, answers: &mut Answers<'_, W>, answer: &mut Answer<'_, W>) -> Result<Status, Fail> {
    match input.text {
        // JSON has an object for every input: the tool writes it.
        Err(why) if !answers.form.json => answers.invalid(input, why),
        _ => answer(input, answers),
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

    /// `input` cannot be what the tool takes.
    ///
    /// # Errors
    /// Writing failed.
    pub fn invalid(&mut self, input: &Input<'_>, why: impl std::fmt::Display) -> Result<Status, Fail> {
        say(self.tool, format_args!("{}: {why}", input.subject()));
        self.missing(input, Status::Unanswered)
    }

    /// `input` is fine and has no answer; `-q` keeps that quiet.
    ///
    /// # Errors
    /// Writing failed.
    pub fn unanswered(&mut self, input: &Input<'_>, why: impl std::fmt::Display) -> Result<Status, Fail> {
        if !self.form.quiet {
            say(self.tool, format_args!("{}: {why}", input.subject()));
        }
        self.missing(input, Status::Unanswered)
    }

    /// The network failed for `input`.
    ///
    /// # Errors
    /// Writing failed.
    pub fn failed(&mut self, input: &Input<'_>, why: impl std::fmt::Display) -> Result<Status, Fail> {
        say(self.tool, format_args!("{}: {why}", input.subject()));
        self.missing(input, Status::Network)
    }

    /// Under `-k` a record of `-`, and then only a network failure counts. In
    /// JSON the tool has written its object.
    ///
    /// # Errors
    /// Writing failed.
    pub fn missing(&mut self, input: &Input<'_>, status: Status) -> Result<Status, Fail> {
        if !self.form.keep {
            return Ok(status);
        }
        if !self.form.json {
            self.record(input, vec!["-"; self.form.columns.max(1)].join("\t"))?;
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
        let mut cutter = Cutter::new(b'\n');
        let mut all = Vec::new();
        for block in data.chunks(size).chain([&b""[..]]) {
            cutter.feed(block);
            while let Some(l) = cutter.next() {
                all.push((l.number, l.bytes.to_vec(), l.whole));
            }
        }
        all
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
        let text = |bytes: &'static [u8], field| Line { number: 1, bytes, whole: true }.text(field);
        assert_eq!(text(b"  a b \r", None), Some(Ok("a b")));
        assert_eq!(text(b"  # a", None), None);
        assert_eq!(text(b" \t\r", None), None);
        assert_eq!(text(b"a\t b  c", Some(3)), Some(Ok("c")));
        assert_eq!(text(b"a b", Some(3)), Some(Err("no such field")));
        assert_eq!(text(b"\xff", None), Some(Err("invalid UTF-8")));
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
