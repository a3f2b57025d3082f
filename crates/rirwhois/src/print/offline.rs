//! `-r`, `-t` and `--country`: what the table knows, without a socket.
use std::{ffi::OsString, io::Write, os::unix::ffi::OsStrExt as _};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, LINE, Lines, Origin, Stdin},
    output,
};

use super::json;
use crate::{
    ask::question::Question,
    cli::{Conf, Print},
    print::show::Counts,
    spec::SPEC,
    table::{
        column::Column,
        fast::{self, Countries, Registries, Rows},
        lookup::Table,
    },
};

/// Bytes read at once.
const BLOCK: usize = 4 * LINE;

/// So many inputs are answered one by one before the table is unpacked for the others.
const FEW: u64 = 2000;

/// Answers every input from `table`.
///
/// # Errors
/// Reading or writing failed.
pub fn run<W: Write>(conf: &Conf, table: &Table, out: &mut W) -> Result<Status, Fail> {
    let mut offline = Offline { conf, table, rows: None, said_numbers: false, counts: Counts::default() };
    let mut answers = Answers { tool: SPEC.name, form: &conf.form, out };
    let mut end = Status::default();
    let dash = [OsString::from("-")];
    for operand in if conf.operands.is_empty() { &dash[..] } else { &conf.operands } {
        let line = operand.as_bytes();
        end = end.max(if line == b"-" {
            offline.list(&mut answers)?
        } else {
            let text = conf.form.operand(line);
            let text = text.as_deref().map_err(|why| *why);
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
    /// For long lists.
    rows: Option<Rows<'a>>,
    /// Standard error has been told what the table lacks of AS numbers.
    said_numbers: bool,
    counts: Counts,
}

impl Offline<'_> {
    /// The lines of standard input, those that are quickly answered in bulk and the others one by one.
    fn list<W: Write>(&mut self, answers: &mut Answers<'_, W>) -> Result<Status, Fail> {
        let form = answers.form;
        let mut end = Status::default();
        let mut lines = Lines::new(form.end(), BLOCK, 0);
        let mut bulk = Vec::with_capacity(BLOCK);
        loop {
            answers.out.flush()?;
            let more = lines.read(&mut Stdin).map_err(|e| Fail::io("stdin", &e))?;
            loop {
                bulk.clear();
                let (bytes, taken) = self.fast(lines.whole(), &mut bulk);
                lines.skip(bytes, taken);
                self.counts.tally.inputs += taken;
                answers.out.write_all(&bulk)?;
                let Some(line) = lines.next() else { break };
                let text = line.asked(form);
                let asked = text.as_ref().map_or(Ok(""), |text| text.as_deref().map_err(|why| *why));
                let input = Input { origin: Origin::Line(line.number), line: line.bytes, text: asked };
                match text {
                    Some(_) => end = end.max(self.one(&input, answers)?),
                    None => end = end.max(answers.missing(&input, Status::Answered)?),
                }
            }
            if !more {
                return Ok(end);
            }
        }
    }

    /// What the fast way takes of whole lines, and how many lines that are.
    fn fast(&mut self, lines: &[u8], out: &mut Vec<u8>) -> (usize, u64) {
        let (table, form) = (self.table, &self.conf.form);
        // -v names the address inside, --json takes more than a text.
        match &self.conf.print {
            _ if form.json => (0, 0),
            Print::Country => fast::answer(table, &mut Countries(table), lines, form, out),
            Print::Offline(columns) if columns[..] == [Column::Registry] => {
                fast::answer(table, &mut Registries(table), lines, form, out)
            }
            Print::Offline(columns) if self.counts.tally.inputs >= FEW => {
                self.rows = self.rows.take().or_else(|| Rows::new(table, columns));
                self.rows.as_mut().map_or((0, 0), |rows| fast::answer(table, rows, lines, form, out))
            }
            _ => (0, 0),
        }
    }

    /// Answers one input.
    fn one<W: Write>(&mut self, input: &Input<'_>, answers: &mut Answers<'_, W>) -> Result<Status, Fail> {
        self.counts.tally.inputs += 1;
        let question = match input.text.and_then(Question::parse) {
            Ok(Question::Handle(_) | Question::Holdings(_)) => Err("a handle is not in the table"),
            other => other,
        };
        let question = match question {
            Ok(question) => question,
            Err(why) => {
                self.counts.unanswered += 1;
                self.no_object(input, why, answers)?;
                return answers.unanswered(input, why);
            }
        };
        let inside = question.inside();
        if let Some(inside) = inside.as_ref().filter(|_| self.conf.verbose) {
            let subject = input.subject();
            output::say(SPEC.name, format_args!("{subject}: answered for {inside}, which it stands for"));
        }
        let question = inside.unwrap_or(question);
        if matches!(&question, Question::Addresses(range) if self.table.crosses(range)) {
            let subject = input.subject();
            output::say(SPEC.name, format_args!("{subject}: in several registries, answered for its first address"));
        }
        if self.conf.print == Print::Country {
            let Some(country) = self.table.country(&question) else {
                let why = self.without_country(&question);
                self.counts.unanswered += 1;
                self.no_object(input, why, answers)?;
                return answers.unanswered(input, why);
            };
            self.print(&[&country], input, answers)?;
        } else if self.columns() == [Column::Registry] {
            let Some(registry) = self.table.registry(&question) else { return Ok(Status::Answered) };
            self.print(&[registry.name()], input, answers)?;
        } else if let Some(row) = self.table.row(&question) {
            if let (Question::As(_), Some(lack), None) =
                (&question, self.table.lack_of_numbers(), self.table.special(&question))
                && !std::mem::replace(&mut self.said_numbers, true)
            {
                output::say(SPEC.name, format_args!("table: of AS numbers it has IANA's blocks, {lack}"));
            }
            let values: Vec<&str> = self.columns().iter().map(|column| column.of(&row)).collect();
            self.print(&values, input, answers)?;
        }
        Ok(Status::Answered)
    }

    /// Why a number has no country.
    fn without_country(&self, question: &Question) -> &'static str {
        match question {
            Question::As(_) if self.table.special(question).is_none() && self.table.records().is_none() => {
                "no country: the embedded table has none of AS numbers (see --update)"
            }
            _ => "no country: no registry has given it out",
        }
    }

    /// Prints the columns that have been asked for.
    fn print<W: Write>(&self, values: &[&str], input: &Input<'_>, answers: &mut Answers<'_, W>) -> Result<(), Fail> {
        if answers.form.json {
            let values = values.iter().map(|v| Some(*v).filter(|v| !v.is_empty()));
            let fields = self.columns().iter().map(|column| column.name()).zip(values);
            return json::object(answers.out, input, fields, None, answers.form.end());
        }
        let values: Vec<&str> = values.iter().map(|value| if value.is_empty() { "-" } else { value }).collect();
        answers.record(input, values.join("\t"))
    }

    /// The object of an input that has no answer.
    fn no_object<W: Write>(&self, input: &Input<'_>, why: &str, answers: &mut Answers<'_, W>) -> Result<(), Fail> {
        if !answers.form.json {
            return Ok(());
        }
        let fields = self.columns().iter().map(|column| (column.name(), None));
        json::object(answers.out, input, fields, Some(why), answers.form.end())
    }

    /// What is printed of a row.
    fn columns(&self) -> &[Column] {
        match &self.conf.print {
            Print::Offline(columns) => columns,
            _ => &[Column::Country],
        }
    }
}
