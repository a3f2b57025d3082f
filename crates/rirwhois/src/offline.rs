//! `-r` and `-t`: what the table knows, without a socket.
use std::{
    io::Write,
    time::{Duration, SystemTime},
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{self, Answers, Input},
    output, text,
};

use crate::{
    cli::{Conf, Print},
    question::Question,
    spec::SPEC,
    table::{self, Row, Table},
};

/// Columns of `-t`, and keys of its JSON.
const COLUMNS: [&str; 7] = ["block", "registry", "status", "date", "whois", "rdap", "holder"];

/// Answers every input from `table`.
///
/// # Errors
/// Reading or writing failed.
pub fn run<W: Write>(conf: &Conf, table: &Table, out: &mut W) -> Result<Status, Fail> {
    let rows = conf.print == Print::Row;
    if (rows || conf.verbose) && is_old(SystemTime::now()) {
        output::say(
            SPEC.name,
            format_args!("table: its statistics of {} are over two years old (see --update)", table::DATE),
        );
    }
    let mut told = false;
    input::each(SPEC.name, &conf.form, &conf.operands, out, |input, answers| {
        let question = match question(input) {
            Ok(question) => question,
            Err(why) => {
                if conf.form.json {
                    let keys = if rows { &COLUMNS[..] } else { &COLUMNS[1..2] };
                    object(answers.out, input, keys.iter().map(|key| (*key, None)), Some(why), answers.form.end())?;
                }
                return answers.invalid(input, why);
            }
        };
        if let Question::Addresses(range) = &question
            && table.crosses(range)
        {
            let subject = input.subject();
            output::say(SPEC.name, format_args!("{subject}: in several registries, answered for its first address"));
        }
        if rows {
            if matches!(question, Question::As(_)) && !std::mem::replace(&mut told, true) && !table.has_numbers() {
                output::say(
                    SPEC.name,
                    format_args!("table: of AS numbers it has IANA's blocks, not single ones that moved"),
                );
            }
            if let Some(row) = table.row(&question) {
                return row_out(answers, input, &row);
            }
        } else if let Some(registry) = table.registry(&question) {
            if conf.form.json {
                object(
                    answers.out,
                    input,
                    [("registry", Some(registry.name()))].into_iter(),
                    None,
                    answers.form.end(),
                )?;
            } else {
                answers.record(input, registry.name())?;
            }
            return Ok(Status::Answered);
        }
        let why = "a handle is not in the table";
        if conf.form.json {
            object(answers.out, input, std::iter::empty(), Some(why), answers.form.end())?;
        }
        answers.invalid(input, why)
    })
}

/// What an input asks.
///
/// # Errors
/// It is none of ours, or can't be read.
pub fn question(input: &Input<'_>) -> Result<Question, &'static str> {
    input.text.and_then(Question::parse)
}

fn row_out<W: Write>(answers: &mut Answers<'_, W>, input: &Input<'_>, row: &Row) -> Result<Status, Fail> {
    let values = [
        &row.block,
        row.registry.name(),
        &row.status,
        row.date,
        row.registry.host(),
        row.registry.rdap().unwrap_or_default(),
        row.holder,
    ];
    if answers.form.json {
        let fields = COLUMNS.into_iter().zip(values.map(|v| Some(v).filter(|v| !v.is_empty())));
        object(answers.out, input, fields, None, answers.form.end())?;
    } else {
        answers.record(input, values.map(|v| if v.is_empty() { "-" } else { v }).join("\t"))?;
    }
    Ok(Status::Answered)
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

/// Over two years since the statistics of the table?
fn is_old(now: SystemTime) -> bool {
    // 2025-09-14 is day 20,345 of the epoch.
    now > SystemTime::UNIX_EPOCH + Duration::from_secs((20_345 + 2 * 365) * 86_400)
}
