//! Standard input in blocks: plain addresses at full speed, every other line
//! as [`crate::read::inputs`] would have it.
use std::{
    io::{self, Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, LINE, Line, Origin, Stdin},
    output::Out,
};

use crate::{
    address::{
        form::InputForm,
        simd::{self, Batch, Level, Lines, PAD, places},
        text::Reason,
        value::{Family, Value},
    },
    cli::Conf,
    read::inputs,
    spec::SPEC,
};

/// Read at once. It stays in the cache, and is more than the longest line.
pub const BLOCK: usize = 256 * 1024;

/// What is done with inputs.
pub trait Sink {
    /// As [`Lines::values`].
    fn values(&self) -> bool;
    /// Bytes of input after which it settles, more or less: less than a block
    /// where output is much longer than input.
    fn step(&self) -> usize {
        BLOCK
    }
    /// Lines that are plain addresses, none of them odd.
    fn plain(&mut self, batch: &Batch<'_>);
    /// Writes what the lines before `text[upto]` gave: the text is about to
    /// change, or an odd line comes next.
    ///
    /// # Errors
    /// Writing failed.
    fn settle(&mut self, text: &[u8], upto: usize, out: &mut Out) -> io::Result<()>;
    /// Any other input, and operands.
    ///
    /// # Errors
    /// Writing failed.
    fn input(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail>;
}

/// Inputs of this kind may go to [`each`]; operands alone are not worth its tables.
pub fn fits(conf: &Conf) -> bool {
    let lines = conf.operands.is_empty() || conf.operands.iter().any(|operand| operand == "-");
    lines && conf.from == InputForm::Text && conf.form.field.is_none()
}

/// Gives every input to `sink`, in order.
///
/// # Errors
/// Reading or writing failed.
pub fn each(conf: &Conf, out: &mut Out, sink: &mut impl Sink) -> Result<Status, Fail> {
    let mut end = Status::default();
    if conf.operands.is_empty() {
        return stdin(conf, out, sink);
    }
    for operand in &conf.operands {
        let line = operand.as_bytes();
        end = end.max(if line == b"-" {
            stdin(conf, out, sink)?
        } else {
            let text = str::from_utf8(line).map_err(|_| "invalid UTF-8");
            let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
            let input = Input { origin: Origin::Operand, line, text };
            inputs::one(conf, &input, &mut answers, &mut |input, value, answers| sink.input(input, value, answers))?
        });
    }
    Ok(end)
}

fn stdin<S: Sink>(conf: &Conf, out: &mut Out, sink: &mut S) -> Result<Status, Fail> {
    let form = &conf.form;
    let level = conf.level.unwrap_or_else(Level::best);
    let answers = Answers { tool: SPEC.name, form, out };
    let mut tell = Tell { conf, sink, answers, number: 0, end: Status::default(), fail: None };
    let step = tell.sink.step();
    let mut buf = vec![0; BLOCK + 1 + PAD];
    // `buf[..len]` is not yet given out; the rest of an over-long line is being dropped.
    let (mut len, mut skipping, mut begun) = (0, false, false);
    loop {
        tell.answers.out.flush()?;
        let n = Stdin.read(&mut buf[len..BLOCK]).map_err(|e| Fail::io("stdin", &e))?;
        len += n;
        if !begun {
            if n > 0 && len < MARK.len() && MARK.starts_with(&buf[..len]) {
                continue;
            }
            begun = true;
            if buf[..len].starts_with(MARK) {
                buf.copy_within(MARK.len()..len, 0);
                len -= MARK.len();
            }
        }
        let last = n == 0;
        if last && len > 0 {
            // The last line may lack its end, and gets it here.
            buf[len] = form.end();
            len += 1;
        }
        let whole = memchr::memrchr(form.end(), &buf[..len]).map_or(0, |at| at + 1);
        let mut from = 0;
        if skipping && len > 0 {
            from = memchr::memchr(form.end(), &buf[..len]).map_or(len, |at| at + 1);
            skipping = from > whole;
        }
        while from < whole && tell.fail.is_none() {
            let most = whole.min(from + step);
            // A line longer than a step is a step of its own.
            let to = memchr::memrchr(form.end(), &buf[from..most]).map(|at| from + at + 1);
            let to = to.or_else(|| memchr::memchr(form.end(), &buf[most..whole]).map(|at| most + at + 1));
            let to = to.unwrap_or(whole);
            simd::each_line(level, &buf[from..], to - from, form.end(), &mut tell);
            tell.settle(&buf[from..], to - from);
            from = to;
        }
        let rest = from.max(whole);
        buf.copy_within(rest..len, 0);
        len -= rest;
        if len > LINE {
            tell.odd(&buf[..LINE], false);
            (len, skipping) = (0, true);
        }
        match tell.fail.take() {
            Some(fail) => return Err(fail),
            None if last => return Ok(tell.end),
            None => {}
        }
    }
}

/// A byte order mark is how some editors begin a file, not part of its first line.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Passes lines on to a sink and keeps count.
struct Tell<'a, S> {
    conf: &'a Conf,
    sink: &'a mut S,
    answers: Answers<'a, Out>,
    number: u64,
    end: Status,
    fail: Option<Fail>,
}

impl<S: Sink> Tell<'_, S> {
    fn settle(&mut self, text: &[u8], upto: usize) {
        if self.fail.is_some() {
            return;
        }
        if let Err(e) = self.sink.settle(text, upto, self.answers.out) {
            self.fail = Some(e.into());
        }
    }

    /// Lines between odd ones.
    fn plain(&mut self, batch: &Batch<'_>, from: usize, to: usize) {
        if from < to {
            self.number += (to - from) as u64;
            self.sink.plain(&batch.part(from, to));
        }
    }

    /// A line that is more or less than a plain address.
    fn odd(&mut self, bytes: &[u8], whole: bool) {
        if self.fail.is_some() {
            return;
        }
        self.number += 1;
        let line = Line { number: self.number, bytes, whole };
        let done = match line.text(None) {
            Some(text) => {
                let input = Input { origin: Origin::Line(self.number), line: bytes, text };
                let sink = &mut *self.sink;
                inputs::one(self.conf, &input, &mut self.answers, &mut |input, value, answers| {
                    sink.input(input, value, answers)
                })
            }
            None => {
                let input = Input { origin: Origin::Line(self.number), line: bytes, text: Ok("") };
                self.answers.missing(&input, Status::Answered)
            }
        };
        match done {
            Ok(status) => self.end = self.end.max(status),
            Err(fail) => self.fail = Some(fail),
        }
    }
}

impl<S: Sink> Lines for Tell<'_, S> {
    fn values(&self) -> bool {
        self.sink.values()
    }

    #[inline]
    fn batch(&mut self, batch: &Batch<'_>) {
        let odd = match self.conf.family {
            None => batch.odd,
            Some(Family::V4) => batch.odd | batch.v6,
            Some(Family::V6) => !batch.v6 & batch.all(),
        };
        if odd == 0 {
            self.number += batch.len() as u64;
            return self.sink.plain(batch);
        }
        let mut from = 0;
        for i in places(odd) {
            self.plain(batch, from, i);
            let (start, end) = (batch.from(i), batch.to(i));
            self.settle(batch.text, start);
            self.odd(&batch.text[start..end.min(start + LINE)], end - start <= LINE);
            from = i + 1;
        }
        self.plain(batch, from, batch.len());
    }
}

/// Output made of what was written and of stretches of the input that stay as they are.
#[derive(Debug, Default)]
pub struct Gather {
    /// Written, and before the stretch.
    pub made: Vec<u8>,
    /// Where the stretch of lines that pass begins.
    kept: Option<usize>,
}

impl Gather {
    /// The line that starts at `from` goes out as it is.
    #[inline]
    pub fn keep(&mut self, from: usize) {
        if self.kept.is_none() {
            self.kept = Some(from);
        }
    }

    /// The line that starts at `from` doesn't.
    #[inline]
    pub fn cut(&mut self, text: &[u8], from: usize) {
        if let Some(start) = self.kept.take() {
            self.made.extend_from_slice(&text[start..from]);
        }
    }

    /// Writes everything up to where the next line starts at `upto`.
    ///
    /// # Errors
    /// Writing failed.
    pub fn settle(&mut self, text: &[u8], upto: usize, out: &mut Out) -> io::Result<()> {
        if !self.made.is_empty() {
            out.write_all(&self.made)?;
            self.made.clear();
        }
        match self.kept.take() {
            Some(start) => out.write_all(&text[start..upto]),
            None => Ok(()),
        }
    }
}
