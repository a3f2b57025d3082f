//! Inputs for a loop that must not wait in read(2).
use std::{ffi::OsString, io::Read as _, os::unix::ffi::OsStrExt as _, slice};

use plainnet_common::{
    exit::Fail,
    input::{Cutter, Form, Input, LINE, Origin, Stdin},
};

/// An input that outlives the block it was read in.
#[derive(Debug)]
pub struct Read {
    /// Where it came from.
    pub origin: Origin,
    /// All of the operand or line.
    pub line: Vec<u8>,
    /// What is asked; nothing for a blank line or a comment.
    pub text: Option<Result<String, &'static str>>,
}

impl Read {
    /// As the rest of the commands see an input.
    pub fn input(&self) -> Input<'_> {
        let text = self.text.as_ref().map_or(Ok(""), |t| t.as_deref().map_err(|why| *why));
        Input { origin: self.origin, line: &self.line, text }
    }
}

/// The operands, and standard input where there are none or one is `-`.
#[derive(Debug)]
pub struct Source<'a> {
    operands: slice::Iter<'a, OsString>,
    form: &'a Form,
    /// Standard input's lines while it is being read.
    lines: Option<Cutter>,
    ended: bool,
    /// The last call of `next` found that nothing is there.
    starved: bool,
}

impl<'a> Source<'a> {
    /// Nothing is read yet.
    pub fn new(operands: &'a [OsString], form: &'a Form) -> Source<'a> {
        let lines = operands.is_empty().then(|| Cutter::new(form.end()));
        Source { operands: operands.iter(), form, lines, ended: false, starved: false }
    }

    /// The next input that needs no reading.
    #[expect(clippy::should_implement_trait, reason = "nothing now may be something later")]
    pub fn next(&mut self) -> Option<Read> {
        loop {
            if let Some(lines) = &mut self.lines {
                if let Some(line) = lines.next() {
                    let text = line.text(self.form.field).map(|t| t.map(str::to_owned));
                    return Some(Read { origin: Origin::Line(line.number), line: line.bytes.to_vec(), text });
                }
                if !self.ended {
                    self.starved = true;
                    return None;
                }
                self.lines = None;
            }
            let Some(operand) = self.operands.next() else {
                self.starved = true;
                return None;
            };
            if operand == "-" {
                self.lines = Some(Cutter::new(self.form.end()));
                self.ended = false;
                continue;
            }
            let line = operand.as_bytes().to_vec();
            let text = Some(operand.to_str().map(str::to_owned).ok_or("invalid UTF-8"));
            return Some(Read { origin: Origin::Operand, line, text });
        }
    }

    /// Would `next` have something, as far as is known?
    pub fn is_ready(&self) -> bool {
        !self.starved
    }

    /// Is all used up?
    pub fn is_empty(&self) -> bool {
        self.starved && self.lines.is_none()
    }

    /// Must standard input be read before `next` has anything?
    pub fn wants_stdin(&self) -> bool {
        self.starved && self.lines.is_some()
    }

    /// Reads a block of standard input; it should be ready.
    ///
    /// # Errors
    /// That failed.
    pub fn read(&mut self) -> Result<(), Fail> {
        let mut block = vec![0; LINE];
        let n = Stdin.read(&mut block).map_err(|e| Fail::io("stdin", &e))?;
        self.ended = n == 0;
        self.starved = false;
        if let Some(lines) = &mut self.lines {
            lines.feed(&block[..n]);
        }
        Ok(())
    }
}
