//! `-r` and `-t`: what the table knows, without a socket.
use std::{
    ffi::OsString,
    io::{Read as _, Write},
    os::unix::ffi::OsStrExt as _,
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Cutter, Input, LINE, Origin, Stdin},
    output, text,
};

use crate::{
    ask::question::Question,
    cli::{Conf, Print},
    print::show::Counts,
    spec::SPEC,
    table::fast,
    table::lookup::Table,
};

/// Columns of `-t`, and keys of its JSON.
const COLUMNS: [&str; 7] = ["block", "registry", "status", "date", "whois", "rdap", "holder"];

/// Answers every input from `table`.
///
/// # Errors
/// Reading or writing failed.
pub fn run<W: Write>(conf: &Conf, table: &Table, out: &mut W) -> Result<Status, Fail> {
    let mut offline = Offline { conf, table, told: false, counts: Counts::default() };
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    let mut end = Status::default();
    let dash = [OsString::from("-")];
    for operand in if conf.operands.is_empty() { &dash[..] } else { &conf.operands } {
        let line = operand.as_bytes();
        end = end.max(if line == b"-" {
            offline.list(&mut answers)?
        } else {
            let text = std::str::from_utf8(line).map_err(|_| "invalid UTF-8");
            offline.one(&Input { origin: Origin::Operand, line, text }, &mut answers)?
        });
    }
    if conf.stats {
        output::say(SPEC.name, format_args!("{}", offline.counts));
    }
    Ok(end)
}

struct Offline<'a> {
    conf: &'a Conf,
    table: &'a Table,
    /// Standard error knows about AS numbers.
    told: bool,
    counts: Counts,
}

impl Offline<'_> {
    /// The lines of standard input, those that are quickly answered in bulk and the others one by one.
    fn list<W: Write>(&mut self, answers: &mut Answers<'_, W>) -> Result<Status, Fail> {
        let form = answers.form;
        let fast = self.conf.print == Print::Rir && !form.json;
        let mut end = Status::default();
        let mut lines = Cutter::new(form.end());
        let (mut block, mut bulk) = (vec![0; LINE], Vec::with_capacity(LINE));
        loop {
            answers.out.flush()?;
            let n = Stdin.read(&mut block).map_err(|e| Fail::io("stdin", &e))?;
            lines.feed(&block[..n]);
            loop {
                if fast {
                    bulk.clear();
                    let (bytes, taken) = fast::answer(self.table, lines.rest(), form, &mut bulk);
                    lines.skip(bytes, taken);
                    self.counts.tally.inputs += taken;
                    answers.out.write_all(&bulk)?;
                }
                let Some(line) = lines.next() else { break };
                let text = line.text(form.field);
                let input = Input { origin: Origin::Line(line.number), line: line.bytes, text: text.unwrap_or(Ok("")) };
                match text {
                    Some(_) => end = end.max(self.one(&input, answers)?),
                    None if form.keep && !form.json => answers.record(&input, vec!["-"; form.columns].join("\t"))?,
                    None => {}
                }
            }
            if n == 0 {
                return Ok(end);
            }
        }
    }

    /// Answers one input.
    fn one<W: Write>(&mut self, input: &Input<'_>, answers: &mut Answers<'_, W>) -> Result<Status, Fail> {
        self.counts.tally.inputs += 1;
        let question = match question(input) {
            Ok(Question::Handle(_) | Question::Holdings(_)) => Err("a handle is not in the table"),
            other => other,
        };
        let question = match question {
            Ok(question) => question,
            Err(why) => {
                self.counts.unanswered += 1;
                if answers.form.json {
                    let keys = self.columns();
                    object(answers.out, input, keys.iter().map(|key| (*key, None)), Some(why), answers.form.end())?;
                }
                return answers.invalid(input, why);
            }
        };
        if matches!(&question, Question::Addresses(range) if self.table.crosses(range)) {
            let subject = input.subject();
            output::say(SPEC.name, format_args!("{subject}: in several registries, answered for its first address"));
        }
        let row = match self.conf.print {
            Print::Row => self.table.row(&question),
            _ => None,
        };
        if let Some(row) = row {
            if let (Question::As(_), Some(lack)) = (&question, self.table.lack_of_numbers())
                && !std::mem::replace(&mut self.told, true)
            {
                output::say(SPEC.name, format_args!("table: of AS numbers it has IANA's blocks, {lack}"));
            }
            let (registry, rdap) = (row.registry, row.registry.rdap().unwrap_or_default());
            let values = [&row.block, registry.name(), &row.status, row.date, registry.host(), rdap, row.holder];
            self.print(&values, input, answers)?;
        } else if let Some(registry) = self.table.registry(&question) {
            self.print(&[registry.name()], input, answers)?;
        }
        Ok(Status::Answered)
    }

    /// Prints the columns that have been asked for.
    fn print<W: Write>(&self, values: &[&str], input: &Input<'_>, answers: &mut Answers<'_, W>) -> Result<(), Fail> {
        if answers.form.json {
            let values = values.iter().map(|v| Some(*v).filter(|v| !v.is_empty()));
            let fields = self.columns().iter().copied().zip(values);
            return object(answers.out, input, fields, None, answers.form.end());
        }
        let mut record = String::new();
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                record.push('\t');
            }
            record.push_str(if value.is_empty() { "-" } else { value });
        }
        answers.record(input, record)
    }

    /// What is printed of a row.
    fn columns(&self) -> &'static [&'static str] {
        if self.conf.print == Print::Row { &COLUMNS } else { &COLUMNS[1..2] }
    }
}

/// What an input asks.
///
/// # Errors
/// It is none of ours, or can't be read.
pub fn question(input: &Input<'_>) -> Result<Question, &'static str> {
    input.text.and_then(Question::parse)
}

/// One JSON object: the input, texts or null, and why there is none.
fn object<'a, W: Write>(
    out: &mut W,
    input: &Input<'_>,
    fields: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    error: Option<&'a str>,
    end: u8,
) -> Result<(), Fail> {
    let mut line = b"{\"input\":".to_vec();
    text::json_string(&mut line, &shown(input));
    for (key, value) in fields.chain([("error", error)]) {
        line.push(b',');
        text::json_string(&mut line, key);
        line.push(b':');
        match value {
            Some(value) => text::json_string(&mut line, value),
            None => line.extend(b"null"),
        }
    }
    line.extend([b'}', end]);
    out.write_all(&line)?;
    Ok(())
}

/// The input as JSON shows it: bytes that are no text are escaped.
pub fn shown(input: &Input<'_>) -> String {
    input.text.map_or_else(|_| text::escape(input.line), str::to_owned)
}
