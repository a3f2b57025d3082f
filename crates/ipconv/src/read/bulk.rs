//! Standard input in blocks: plain addresses at full speed, every other line
//! as [`crate::read::inputs`] would have it.
use std::{
    io::{self, Write as _},
    os::unix::ffi::OsStrExt as _,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, LINE, Line, Lines, Origin, Stdin},
    output::Out,
};

use crate::{
    address::{
        form::InputForm,
        simd::{self, Batch, Level, PAD, places},
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
    /// As [`simd::Lines::values`].
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
    let mut before = inputs::Before::default();
    for operand in &conf.operands {
        let line = operand.as_bytes();
        end = end.max(if line == b"-" {
            before = inputs::Before::default();
            stdin(conf, out, sink)?
        } else {
            let text = str::from_utf8(line).map_err(|_| "invalid UTF-8");
            let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
            let input = Input { origin: Origin::Operand, line, text };
            let mut answer = |input: &Input<'_>, value: Result<Value<'_>, Reason>, answers: &mut Answers<'_, Out>| {
                sink.input(input, value, answers)
            };
            inputs::one(conf, &input, &mut before, &mut answers, &mut answer)?
        });
    }
    Ok(end)
}

fn stdin<S: Sink>(conf: &Conf, out: &mut Out, sink: &mut S) -> Result<Status, Fail> {
    let form = &conf.form;
    let level = conf.level.unwrap_or_else(Level::best);
    let answers = Answers { tool: SPEC.name, form, out };
    let step = sink.step();
    let mut feeder = Feeder { conf, sink, answers, number: 0, end: Status::default(), fail: None };
    let mut lines = Lines::new(form.end(), BLOCK, PAD);
    while !lines.is_finished() {
        feeder.answers.out.flush()?;
        lines.read(&mut Stdin).map_err(|e| Fail::io("stdin", &e))?;
        let (text, whole) = (lines.padded(), lines.whole().len());
        let (mut from, before) = (0, feeder.number);
        while from < whole && feeder.fail.is_none() {
            let most = whole.min(from + step);
            // A line longer than a step is a step of its own.
            let to = memchr::memrchr(form.end(), &text[from..most]).map(|at| from + at + 1);
            let to = to.or_else(|| memchr::memchr(form.end(), &text[most..whole]).map(|at| most + at + 1));
            let to = to.unwrap_or(whole);
            simd::each_line(level, &text[from..], to - from, form.end(), &mut feeder);
            feeder.settle(&text[from..], to - from);
            from = to;
        }
        lines.skip(whole, feeder.number - before);
        // A line of which no end is in sight.
        while let Some(line) = lines.next() {
            feeder.odd(line.bytes, line.whole);
        }
        if let Some(fail) = feeder.fail.take() {
            return Err(fail);
        }
    }
    Ok(feeder.end)
}

/// Gives lines to a sink, counts them, and keeps what comes of them.
struct Feeder<'a, S> {
    conf: &'a Conf,
    sink: &'a mut S,
    answers: Answers<'a, Out>,
    /// How many lines were read so far.
    number: u64,
    end: Status,
    /// Writing failed, so that no more lines are given out.
    fail: Option<Fail>,
}

impl<S: Sink> Feeder<'_, S> {
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
        let done = match line.asked(self.answers.form) {
            Some(text) => {
                let text = text.as_deref().map_err(|why| *why);
                let input = Input { origin: Origin::Line(self.number), line: bytes, text };
                let sink = &mut *self.sink;
                let before = &mut inputs::Before::default();
                inputs::one(self.conf, &input, before, &mut self.answers, &mut |input, value, answers| {
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

impl<S: Sink> simd::Lines for Feeder<'_, S> {
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
