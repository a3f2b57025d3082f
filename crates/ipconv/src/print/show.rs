//! One answer for each input: its fields, or the input itself where a filter
//! lets it pass.
use std::io::Write as _;

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input},
    output::Out,
    text::{json_string, printable},
};

use crate::{
    address::{
        text::Reason,
        value::{Block, Value},
    },
    cli::Conf,
    list::{filter::Filter, set::Set},
    print::{
        field::{self, Field},
        stream::Stream,
    },
    read::{bulk, inputs},
};

/// Answers every input.
///
/// # Errors
/// Reading or writing failed, or a prefix file cannot be used.
pub fn run(conf: &Conf, out: &mut Out) -> Result<Status, Fail> {
    let plain = !conf.form.json && (conf.output.is_some() || conf.filters());
    if !plain || !bulk::fits(conf) {
        let mut show = Show::new(conf)?;
        let end = inputs::each(conf, out, |input, value, answers| show.one(input, value, answers))?;
        return Ok(end.max(show.end()));
    }
    let mut lines = Stream::new(conf)?;
    let end = bulk::each(conf, out, &mut lines)?;
    Ok(end.max(lines.end()))
}

/// How answers look, and what has been answered.
#[derive(Debug)]
pub struct Show<'c> {
    conf: &'c Conf,
    filter: Filter,
    fields: Vec<Field>,
    /// Bytes of the longest name, for blocks.
    width: usize,
    record: Vec<u8>,
    /// Something was printed, or passed.
    any: bool,
}

impl<'c> Show<'c> {
    /// For the fields and filters of `conf`.
    ///
    /// # Errors
    /// A file of prefixes cannot be used.
    pub fn new(conf: &'c Conf) -> Result<Show<'c>, Fail> {
        let mut fields = conf.output.clone().unwrap_or_else(field::everyday);
        if conf.form.json {
            // A key stands once in an object.
            let mut seen = Vec::new();
            fields.retain(|field| {
                let new = !seen.contains(field);
                seen.extend(new.then_some(*field));
                new
            });
        }
        let width = fields.iter().map(|f| f.name().len()).max().unwrap_or(0);
        Ok(Show { conf, filter: Filter::new(conf)?, fields, width, record: Vec::new(), any: false })
    }

    /// A filter that passed nothing has no answer.
    pub fn end(&self) -> Status {
        let fine = self.any || self.conf.form.keep || !self.conf.filters();
        if fine { Status::Answered } else { Status::Unanswered }
    }

    /// Answers one input.
    ///
    /// # Errors
    /// Writing failed.
    pub fn one(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        let value = match value {
            Ok(value) => value,
            Err(why) => {
                self.refused(input, &why, answers)?;
                return answers.invalid(input, why);
            }
        };
        if !self.filter.passes(&value.block()) {
            return self.dropped(input, answers);
        }
        if self.silent() {
            self.any = true;
            return Ok(Status::Answered);
        }
        self.record.clear();
        if self.conf.form.json {
            self.json(input, Some(&value), None);
        } else if self.conf.output.is_some() {
            self.columns(input, &value);
        } else if self.conf.filters() {
            self.any = true;
            if self.conf.terminal {
                answers.record(input, printable(input.line.strip_suffix(b"\r").unwrap_or(input.line)))?;
            } else {
                answers.record(input, input.line)?;
            }
            return Ok(Status::Answered);
        } else {
            return self.block(input, &value, answers);
        }
        self.any = true;
        answers.record(input, &self.record)?;
        Ok(Status::Answered)
    }

    /// In JSON an invalid input has its object, too.
    ///
    /// # Errors
    /// Writing failed.
    pub fn refused(&mut self, input: &Input<'_>, why: &Reason, answers: &mut Answers<'_, Out>) -> Result<(), Fail> {
        if self.conf.form.json && !self.silent() {
            self.json(input, None, Some(why));
            answers.record(input, &self.record)?;
        }
        Ok(())
    }

    /// Everything in `block` passes.
    pub fn passes(&self, block: &Block) -> bool {
        self.filter.passes(block)
    }

    /// What `--in` and `--in-file` name.
    pub fn within(&self) -> Option<&Set> {
        self.filter.within()
    }

    /// Something passed.
    pub fn passed(&mut self) {
        self.any = true;
    }

    /// `-q` with a filter asks for the status alone, as grep's does.
    pub fn silent(&self) -> bool {
        self.conf.form.quiet && self.conf.filters()
    }

    /// An input that yields nothing is no failure, but with `-k` it leaves its line.
    ///
    /// # Errors
    /// Writing failed.
    pub fn dropped(&mut self, input: &Input<'_>, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        if self.silent() { Ok(Status::Answered) } else { answers.missing(input, Status::Answered) }
    }

    /// One line of `field value` for each field that there is.
    fn block(&mut self, input: &Input<'_>, value: &Value<'_>, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        if std::mem::replace(&mut self.any, true) {
            answers.out.write_all(&[self.conf.form.end()])?;
        }
        let text = input.text.unwrap_or_default();
        for field in &self.fields {
            self.record.clear();
            let _ = write!(self.record, "{:width$} ", field.name(), width = self.width);
            if field::write(&mut self.record, *field, text, value, self.conf.deep) {
                answers.record(input, &self.record)?;
            }
        }
        Ok(Status::Answered)
    }

    fn columns(&mut self, input: &Input<'_>, value: &Value<'_>) {
        let text = input.text.unwrap_or_default();
        for (i, field) in self.fields.iter().enumerate() {
            if i > 0 {
                self.record.push(b'\t');
            }
            if !field::write(&mut self.record, *field, text, value, self.conf.deep) {
                self.record.push(b'-');
            }
        }
    }

    fn json(&mut self, input: &Input<'_>, value: Option<&Value<'_>>, error: Option<&Reason>) {
        let text = input.text.map_or_else(|_| printable(input.line), str::to_owned);
        self.record.clear();
        self.record.extend(b"{\"input\":");
        json_string(&mut self.record, &text);
        let mut cell = Vec::new();
        for field in self.fields.iter().filter(|f| **f != Field::Input) {
            let _ = write!(self.record, ",\"{}\":", field.name());
            cell.clear();
            let there = value.is_some_and(|value| field::write(&mut cell, *field, &text, value, self.conf.deep));
            match there {
                false => self.record.extend(b"null"),
                true if field.bare() => self.record.extend(&cell),
                true => json_string(&mut self.record, &String::from_utf8_lossy(&cell)),
            }
        }
        self.record.extend(b",\"error\":");
        match error {
            Some(why) => json_string(&mut self.record, &why.to_string()),
            None => self.record.extend(b"null"),
        }
        self.record.push(b'}');
    }
}
