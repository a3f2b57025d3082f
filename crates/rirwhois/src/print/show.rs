//! Answers as the user wants them.
use std::io::Write as _;

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Form, Input},
    output::{self, Out},
    text,
};

use crate::{
    ask::blocks::Held,
    ask::chase::{Fate, Found, Outcome},
    cli::{Conf, Print},
    print::json::shown,
    read::answer::Answer,
    read::field::{self, Field},
    spec::SPEC,
};

/// The way out for answers.
#[derive(Debug)]
pub struct Show<'a> {
    conf: &'a Conf,
    form: Form,
    out: &'a mut Out,
    /// Something was printed that the next answer must be parted from.
    parted: bool,
}

impl<'a> Show<'a> {
    /// Nothing is printed yet.
    pub fn new(conf: &'a Conf, out: &'a mut Out) -> Show<'a> {
        let mut form = conf.form.clone();
        // Whole texts are no records: there is nothing to keep in step.
        if !form.json && matches!(conf.print, Print::Text | Print::Raw | Print::Brief) {
            (form.echo, form.keep) = (false, false);
        }
        Show { conf, form, out, parted: false }
    }

    /// Sends everything on its way.
    ///
    /// # Errors
    /// Writing failed.
    pub fn flush(&mut self) -> Result<(), Fail> {
        Ok(self.out.flush()?)
    }

    fn answers(&mut self) -> Answers<'_, Out> {
        Answers { tool: SPEC.name, form: &self.form, out: self.out }
    }

    /// A line that asks nothing.
    ///
    /// # Errors
    /// Writing failed.
    pub fn blank(&mut self, input: &Input<'_>) -> Result<Status, Fail> {
        if self.form.keep && !self.form.json {
            let dashes = vec!["-"; self.form.columns.max(1)].join("\t");
            self.answers().record(input, dashes)?;
        }
        Ok(Status::Answered)
    }

    /// A line that asks nothing that we know.
    ///
    /// # Errors
    /// Writing failed.
    pub fn invalid(&mut self, input: &Input<'_>, why: &str) -> Result<Status, Fail> {
        match self.conf.print {
            _ if !self.form.json => {}
            Print::Blocks => self.held(input, None, &Held::default(), why)?,
            _ => self.object(input, None, Some(why))?,
        }
        self.answers().invalid(input, why)
    }

    /// What became of a question. `own`: it was asked for this input, so its
    /// path is told here; `crosses`: the prefix lies in several registries.
    ///
    /// # Errors
    /// Writing failed.
    pub fn outcome(&mut self, input: &Input<'_>, outcome: &Outcome, own: bool, crosses: bool) -> Result<Status, Fail> {
        let subject = input.subject();
        // Nobody was asked where every server is spared.
        if self.conf.verbose && !outcome.hops.is_empty() {
            let path = outcome.hops.join(", ");
            let how = if own || outcome.found.is_none() { "asked" } else { "shared, asked before:" };
            output::say(SPEC.name, format_args!("{subject}: {how} {path}, {:.3} s", outcome.took.as_secs_f64()));
        }
        if own || outcome.found.is_none() {
            for note in &outcome.notes {
                output::say(SPEC.name, format_args!("{subject}: {note}"));
            }
        }
        if crosses {
            output::say(SPEC.name, format_args!("{subject}: in several registries, answered for its first address"));
        }
        if self.conf.print == Print::Blocks {
            return self.holdings(input, outcome);
        }
        let found = outcome.found.as_ref();
        let why = match &outcome.fate {
            Fate::Answered => None,
            Fate::Missing(why) | Fate::Failed(why) | Fate::Local(why) => Some(why.as_str()),
        };
        if self.form.json {
            self.object(input, found.filter(|_| why.is_none()), why)?;
        } else if let Some(found) = found {
            match &self.conf.print {
                // What came before a failure is still worth reading.
                Print::Text => self.text(found)?,
                Print::Raw => self.out.write_all(&found.bytes)?,
                Print::Brief if why.is_none() => self.brief(input, found)?,
                Print::Fields(fields) if why.is_none() => {
                    let values: Vec<String> = fields.iter().map(|f| value(*f, input, found)).collect();
                    let values: Vec<&str> = values.iter().map(|v| if v.is_empty() { "-" } else { v }).collect();
                    self.answers().record(input, values.join("\t"))?;
                }
                _ => {}
            }
        }
        self.end(input, &outcome.fate)
    }

    fn end(&mut self, input: &Input<'_>, fate: &Fate) -> Result<Status, Fail> {
        match fate {
            Fate::Answered => Ok(Status::Answered),
            Fate::Missing(why) => self.answers().unanswered(input, why),
            Fate::Failed(why) => self.answers().failed(input, why),
            Fate::Local(why) => self.answers().failed(input, why).map(|_| Status::Failed),
        }
    }

    /// The prefixes that an organisation holds, one a line.
    fn holdings(&mut self, input: &Input<'_>, outcome: &Outcome) -> Result<Status, Fail> {
        let held = outcome.found.as_ref().filter(|_| outcome.fate == Fate::Answered).map(|f| Held::read(&f.text));
        let mut fate = outcome.fate.clone();
        if let Some(held) = &held {
            if held.cut {
                fate = Fate::Failed("truncated, the registry lists 256 rows at most".into());
            } else if held.prefixes.is_empty() && held.numbers.is_empty() {
                fate = Fate::Missing("holds nothing".into());
            }
        }
        if self.form.json {
            let why = match &fate {
                Fate::Answered => "",
                Fate::Missing(why) | Fate::Failed(why) | Fate::Local(why) => why,
            };
            self.held(input, outcome.found.as_ref(), &held.unwrap_or_default(), why)?;
        } else if let Some(held) = &held {
            for prefix in &held.prefixes {
                self.answers().record(input, prefix.to_string())?;
            }
            if !held.numbers.is_empty() {
                let numbers = held.numbers.iter().map(number).collect::<Vec<_>>().join(" ");
                output::say(SPEC.name, format_args!("{}: holds {numbers}", input.subject()));
            }
        }
        self.end(input, &fate)
    }

    /// The same as an object.
    fn held(&mut self, input: &Input<'_>, found: Option<&Found>, held: &Held, error: &str) -> Result<(), Fail> {
        let mut line = start(input);
        string(&mut line, "registry", &found.map(|f| f.answer.text(Field::Registry)).unwrap_or_default());
        array(&mut line, "prefixes", held.prefixes.iter().map(ToString::to_string));
        array(&mut line, "as_numbers", held.numbers.iter().map(number));
        string(&mut line, "error", error);
        line.extend([b'}', self.form.end()]);
        self.out.write_all(&line)?;
        Ok(())
    }

    /// The text, escaped, the part that answers first.
    fn text(&mut self, found: &Found) -> Result<(), Fail> {
        self.part()?;
        for line in found.lines() {
            writeln!(self.out, "{}", clean(line))?;
        }
        Ok(())
    }

    fn brief(&mut self, input: &Input<'_>, found: &Found) -> Result<(), Fail> {
        self.part()?;
        for field in field::SHOWN {
            let value = value(*field, input, found);
            if !value.is_empty() {
                writeln!(self.out, "{:11} {value}", field.name())?;
            }
        }
        Ok(())
    }

    /// A blank line between answers of several lines.
    fn part(&mut self) -> Result<(), Fail> {
        if std::mem::replace(&mut self.parted, true) {
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn object(&mut self, input: &Input<'_>, found: Option<&Found>, error: Option<&str>) -> Result<(), Fail> {
        let fields: &[Field] = match &self.conf.print {
            Print::Fields(fields) => fields,
            _ => field::SHOWN,
        };
        let mut line = start(input);
        let nothing = Answer::default();
        let answer = found.map_or(&nothing, |f| &f.answer);
        for field in fields.iter().filter(|f| **f != Field::Input) {
            match field {
                Field::Prefixes => array(&mut line, field.name(), answer.prefixes()),
                Field::Hops => array(&mut line, field.name(), answer.hops.iter().cloned()),
                Field::Transferred => {
                    key(&mut line, field.name());
                    line.extend(answer.transferred.map_or("null".to_owned(), |t| t.to_string()).bytes());
                }
                Field::Text => string(&mut line, field.name(), found.map_or("", |f| &f.text)),
                _ => string(&mut line, field.name(), &answer.text(*field)),
            }
        }
        string(&mut line, "error", error.unwrap_or_default());
        line.extend([b'}', self.form.end()]);
        self.out.write_all(&line)?;
        Ok(())
    }
}

/// AS numbers, first and last.
fn number((first, last): &(u32, u32)) -> String {
    match first == last {
        true => format!("AS{first}"),
        false => format!("AS{first}-AS{last}"),
    }
}

/// A line of an answer as it may reach a terminal.
pub fn clean(line: &str) -> String {
    without_tilde(text::printable(line.as_bytes()))
}

/// A mail program would take a tilde at the start of a line for a command.
fn without_tilde(line: String) -> String {
    match line.strip_prefix('~') {
        Some(rest) => format!("\\x7e{rest}"),
        None => line,
    }
}

/// A field on one line, without TABs.
fn value(field: Field, input: &Input<'_>, found: &Found) -> String {
    match field {
        Field::Input => text::printable(shown(input).as_bytes()).replace('\t', " "),
        _ => of_answer(field, found),
    }
}

/// The same of a field that the answer has, which the input is not.
pub fn of_answer(field: Field, found: &Found) -> String {
    match field {
        Field::Text => without_tilde(text::escape(found.text.as_bytes())),
        _ => clean(&found.answer.text(field)).replace('\t', " "),
    }
}

fn start(input: &Input<'_>) -> Vec<u8> {
    let mut line = b"{\"input\":".to_vec();
    text::json_string(&mut line, &shown(input));
    line
}

fn key(line: &mut Vec<u8>, key: &str) {
    line.push(b',');
    text::json_string(line, key);
    line.push(b':');
}

/// A text, or null where it is empty.
fn string(line: &mut Vec<u8>, name: &str, value: &str) {
    key(line, name);
    if value.is_empty() { line.extend(b"null") } else { text::json_string(line, value) }
}

fn array(line: &mut Vec<u8>, name: &str, values: impl IntoIterator<Item = String>) {
    key(line, name);
    line.push(b'[');
    for (i, value) in values.into_iter().enumerate() {
        if i > 0 {
            line.push(b',');
        }
        text::json_string(line, &value);
    }
    line.push(b']');
}
