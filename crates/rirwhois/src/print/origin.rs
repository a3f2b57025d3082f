//! The lines of `--origin`.
use std::io::Write as _;

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Form, Input},
    output::Out,
    text,
};

use crate::{
    ask::origin::{FIELDS, Field, Origin},
    cli::{Conf, Print},
    print::json::shown,
    print::show::{clean, say},
    spec::SPEC,
};

/// The way out for origins.
#[derive(Debug)]
pub struct Show<'a> {
    form: &'a Form,
    /// What of an origin is printed.
    fields: &'a [Field],
    is_brief: bool,
    out: &'a mut Out,
    is_begun: bool,
}

impl<'a> Show<'a> {
    /// Nothing is printed yet.
    pub fn new(conf: &'a Conf, out: &'a mut Out) -> Show<'a> {
        let is_brief = conf.print == Print::Brief;
        Show { form: &conf.form, fields: &conf.origin_fields, is_brief, out, is_begun: false }
    }

    /// Sends everything on its way.
    ///
    /// # Errors
    /// Writing failed.
    pub fn flush(&mut self) -> Result<(), Fail> {
        Ok(self.out.flush()?)
    }

    fn answers(&mut self) -> Answers<'_, Out> {
        Answers { tool: SPEC.name, form: self.form, out: self.out }
    }

    /// A line that asks nothing.
    ///
    /// # Errors
    /// Writing failed.
    pub fn blank(&mut self, input: &Input<'_>) -> Result<Status, Fail> {
        self.answers().missing(input, Status::Answered)
    }

    /// A line that asks nothing that we know.
    ///
    /// # Errors
    /// Writing failed.
    pub fn invalid(&mut self, input: &Input<'_>, why: &str) -> Result<Status, Fail> {
        self.object(input, None, why)?;
        self.answers().unanswered(input, why)
    }

    /// An address that nobody announces.
    ///
    /// # Errors
    /// Writing failed.
    pub fn nobody(&mut self, input: &Input<'_>, why: &str) -> Result<Status, Fail> {
        self.object(input, None, why)?;
        self.answers().unanswered(input, why)
    }

    /// The service failed; `told`: standard error knows already.
    ///
    /// # Errors
    /// Writing failed.
    pub fn failed(&mut self, input: &Input<'_>, why: &str, told: bool) -> Result<Status, Fail> {
        self.object(input, None, why)?;
        if !told {
            say(&format!("{}: {why}", input.subject()));
        }
        self.answers().missing(input, Status::Network)
    }

    /// An address and who announces it.
    ///
    /// # Errors
    /// Writing failed.
    pub fn origin(&mut self, input: &Input<'_>, origin: &Origin) -> Result<Status, Fail> {
        let value = |field: Field| match field {
            Field::Input => text::printable(shown(input).as_bytes()).replace('\t', " "),
            field => clean(&origin.text(field)).replace('\t', " "),
        };
        if self.form.json {
            self.object(input, Some(origin), "")?;
        } else if self.is_brief {
            if std::mem::replace(&mut self.is_begun, true) {
                self.out.write_all(b"\n")?;
            }
            for field in FIELDS {
                let value = value(field);
                if !value.is_empty() {
                    writeln!(self.out, "{:11} {value}", field.name())?;
                }
            }
        } else {
            let values = self.fields.iter().map(|field| value(*field));
            let values: Vec<String> = values.map(|v| if v.is_empty() { "-".into() } else { v }).collect();
            self.answers().record(input, values.join("\t"))?;
        }
        Ok(Status::Answered)
    }

    /// One JSON object, if these are wanted.
    fn object(&mut self, input: &Input<'_>, origin: Option<&Origin>, error: &str) -> Result<(), Fail> {
        if !self.form.json {
            return Ok(());
        }
        let mut line = b"{\"input\":".to_vec();
        text::json_string(&mut line, &shown(input));
        let fields = self.fields.iter().filter(|field| **field != Field::Input);
        let values = fields.map(|field| (field.name(), origin.map(|o| o.text(*field)).unwrap_or_default()));
        for (name, value) in values.chain([("error", error.to_owned())]) {
            line.push(b',');
            text::json_string(&mut line, name);
            line.push(b':');
            if value.is_empty() { line.extend(b"null") } else { text::json_string(&mut line, &value) }
        }
        line.extend([b'}', self.form.end()]);
        Ok(self.out.write_all(&line)?)
    }
}
