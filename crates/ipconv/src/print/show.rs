//! The record of one input: its fields as columns, as lines or as JSON, or the
//! input itself where a filter lets it pass.
use std::{fmt::Display, io::Write as _};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input},
    output::Out,
    text::{json_string, printable},
};

use crate::{
    address::{form::InputForm, hint, text::Reason, value::Value},
    class::verdict::Verdict,
    cli::{Conf, Mode},
    print::field::{self, Facts, Field},
};

/// How records look.
#[derive(Debug)]
pub struct Show<'c> {
    conf: &'c Conf,
    /// Those of `-o`, or the keys of a JSON object.
    fields: Vec<Field>,
    /// The one key, beside `input` and `error`, of a mode that has records of its own.
    own: Option<&'static str>,
    /// A field or a filter asks what an address is good for.
    judged: bool,
    record: Vec<u8>,
    /// A value has been shown, so that an empty line goes before the next one.
    any: bool,
}

/// Bytes of the longest name where a line holds a field's name and its value.
const NAME: usize = "reverse_pointer".len();

/// Why an input is no value. What people paste is told apart where it is read as text,
/// strictly or loosely.
pub fn explained(conf: &Conf, input: &Input<'_>, why: &Reason) -> String {
    match input.text {
        Ok(text) if matches!(conf.from, InputForm::Text | InputForm::Loose) => {
            hint::explain(text, why, conf.from, conf.form.field.is_some())
        }
        _ => why.to_string(),
    }
}

impl<'c> Show<'c> {
    /// For the fields of `conf`.
    pub fn new(conf: &'c Conf) -> Show<'c> {
        let lines = conf.output.is_none() && !conf.form.json && !conf.filters();
        let mut fields = conf.output.clone().unwrap_or_else(field::keys);
        if conf.form.json {
            // A key stands once in an object.
            let mut seen = Vec::new();
            fields.retain(|field| {
                let new = !seen.contains(field);
                seen.extend(new.then_some(*field));
                new
            });
        }
        let printed = lines || (conf.output.is_some() || conf.form.json) && fields.iter().any(|f| f.is_judged());
        let own = match conf.mode {
            Mode::Overlaps => Some("overlaps"),
            Mode::Count => Some("count"),
            _ => None,
        };
        if own.is_some() {
            fields.clear();
        }
        Show { conf, fields, own, judged: printed || !conf.tests.is_empty(), record: Vec::new(), any: false }
    }

    /// Judges a value if anything asks for it.
    pub fn judge(&self, value: &Value<'_>) -> Verdict {
        if self.judged { Verdict::of(value, self.conf.deep) } else { Verdict::unasked(value) }
    }

    /// Prints a value, or says why an input is none.
    ///
    /// # Errors
    /// Writing failed.
    pub fn one(
        &mut self,
        input: &Input<'_>,
        value: Result<Value<'_>, Reason>,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        match value {
            Ok(value) => self.record(input, &value, &self.judge(&value), answers),
            Err(why) => self.invalid(input, &explained(self.conf, input, &why), answers),
        }
    }

    /// Prints a value and what is known of it.
    ///
    /// # Errors
    /// Writing failed.
    pub fn record(
        &mut self,
        input: &Input<'_>,
        value: &Value<'_>,
        verdict: &Verdict,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        let facts = Facts { input: input.text.unwrap_or_default(), value, verdict };
        self.record.clear();
        if self.conf.form.json {
            self.json(input, Some(&facts), None);
        } else if self.conf.output.is_some() {
            self.columns(&facts);
        } else if !self.conf.filters() {
            return self.lines(input, &facts, answers);
        } else if self.conf.terminal {
            answers.record(input, printable(input.line.strip_suffix(b"\r").unwrap_or(input.line)))?;
            return Ok(Status::Answered);
        } else {
            answers.record(input, input.line)?;
            return Ok(Status::Answered);
        }
        answers.record(input, &self.record)?;
        Ok(Status::Answered)
    }

    /// Says why an input is no value.
    ///
    /// # Errors
    /// Writing failed.
    pub fn invalid(
        &mut self,
        input: &Input<'_>,
        why: &impl Display,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        self.refused(input, why, answers)?;
        answers.unanswered(input, why)
    }

    /// In JSON an invalid input has its object, too.
    ///
    /// # Errors
    /// Writing failed.
    pub fn refused(
        &mut self,
        input: &Input<'_>,
        why: &impl Display,
        answers: &mut Answers<'_, Out>,
    ) -> Result<(), Fail> {
        if self.conf.form.json && !self.is_silent() {
            self.json(input, None, Some(why));
            answers.record(input, &self.record)?;
        }
        Ok(())
    }

    /// `-q` with a filter asks for the status alone, as grep's does.
    pub fn is_silent(&self) -> bool {
        self.conf.form.quiet && self.conf.filters()
    }

    /// An input that yields nothing is no failure, but with `-k` it leaves its
    /// line, or an object that says why.
    ///
    /// # Errors
    /// Writing failed.
    pub fn dropped(
        &mut self,
        input: &Input<'_>,
        why: &impl Display,
        answers: &mut Answers<'_, Out>,
    ) -> Result<Status, Fail> {
        if self.is_silent() {
            return Ok(Status::Answered);
        }
        if self.conf.form.keep {
            self.refused(input, why, answers)?;
        }
        answers.missing(input, Status::Answered)
    }

    /// One line for each field that there is: its name and its value.
    fn lines(&mut self, input: &Input<'_>, facts: &Facts<'_>, answers: &mut Answers<'_, Out>) -> Result<Status, Fail> {
        if std::mem::replace(&mut self.any, true) {
            answers.out.write_all(&[self.conf.form.end()])?;
        }
        for field in field::everyday(facts) {
            self.record.clear();
            let _ = write!(self.record, "{:NAME$} ", field.name());
            if field::write(&mut self.record, field, facts) {
                answers.record(input, &self.record)?;
            }
        }
        Ok(Status::Answered)
    }

    fn columns(&mut self, facts: &Facts<'_>) {
        for (i, field) in self.fields.iter().enumerate() {
            if i > 0 {
                self.record.push(b'\t');
            }
            field::write_or_dash(&mut self.record, *field, facts);
        }
    }

    fn json(&mut self, input: &Input<'_>, facts: Option<&Facts<'_>>, error: Option<&dyn Display>) {
        let text = input.text.map_or_else(|_| printable(input.line), str::to_owned);
        self.record.clear();
        self.record.extend(b"{\"input\":");
        json_string(&mut self.record, &text);
        if let Some(key) = self.own {
            let _ = write!(self.record, ",\"{key}\":null");
        }
        let mut cell = Vec::new();
        for field in self.fields.iter().filter(|f| **f != Field::Input) {
            let _ = write!(self.record, ",\"{}\":", field.name());
            cell.clear();
            let there = facts.is_some_and(|facts| field::write(&mut cell, *field, facts));
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
