//! `-r` and `-t`: what the table knows, without a socket.
use std::{
    io::{Read as _, Write},
    time::{Duration, SystemTime},
};

use plainnet_common::{
    exit::{Fail, Status},
    input::{self, Answers, Cutter, Input, LINE, Origin, Stdin},
    output, text,
};

use crate::{
    cli::{Conf, Print},
    fast,
    question::Question,
    spec::SPEC,
    table::{Row, Table},
};

/// Columns of `-t`, and keys of its JSON.
const COLUMNS: [&str; 7] = ["block", "registry", "status", "date", "whois", "rdap", "holder"];

/// Answers every input from `table`.
///
/// # Errors
/// Reading or writing failed.
pub fn run<W: Write>(conf: &Conf, table: &Table, out: &mut W) -> Result<Status, Fail> {
    let rows = conf.print == Print::Row;
    if (rows || conf.verbose) && is_old(table.date(), SystemTime::now()) {
        let date = table.date();
        output::say(SPEC.name, format_args!("table: its statistics of {date} are over two years old (see --update)"));
    }
    let mut told = false;
    let one = |input: &Input<'_>, answers: &mut Answers<'_, W>| one(conf, table, &mut told, input, answers);
    let form = &conf.form;
    let from_stdin = conf.operands.is_empty() || conf.operands == ["-"];
    if from_stdin && !rows && !form.json && !form.echo && form.field.is_none() {
        return list(table, &mut Answers { tool: SPEC.name, form, out }, one);
    }
    input::each(SPEC.name, form, &conf.operands, out, one)
}

/// The lines of standard input, the plain ones in bulk and the others by `one`.
fn list<W: Write>(
    table: &Table,
    answers: &mut Answers<'_, W>,
    mut one: impl FnMut(&Input<'_>, &mut Answers<'_, W>) -> Result<Status, Fail>,
) -> Result<Status, Fail> {
    let mut end = Status::default();
    let mut lines = Cutter::new(answers.form.end());
    let (mut block, mut bulk) = (vec![0; LINE], Vec::with_capacity(LINE));
    loop {
        let n = Stdin.read(&mut block).map_err(|e| Fail::io("stdin", &e))?;
        lines.feed(&block[..n]);
        loop {
            bulk.clear();
            let (bytes, taken) = fast::answer(table, lines.rest(), answers.form.end(), &mut bulk);
            lines.skip(bytes, taken);
            answers.out.write_all(&bulk)?;
            let Some(line) = lines.next() else { break };
            let text = line.text(None);
            let input = Input { origin: Origin::Line(line.number), line: line.bytes, text: text.unwrap_or(Ok("")) };
            match text {
                Some(Ok(_)) => end = end.max(one(&input, answers)?),
                Some(Err(why)) => end = end.max(answers.invalid(&input, why)?),
                None if answers.form.keep => answers.record(&input, "-")?,
                None => {}
            }
        }
        if n == 0 {
            return Ok(end);
        }
        answers.out.flush()?;
    }
}

/// Answers one input; `told` is whether standard error knows about AS numbers.
fn one<W: Write>(
    conf: &Conf,
    table: &Table,
    told: &mut bool,
    input: &Input<'_>,
    answers: &mut Answers<'_, W>,
) -> Result<Status, Fail> {
    let rows = conf.print == Print::Row;
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
    if matches!(&question, Question::Addresses(range) if table.crosses(range)) {
        let subject = input.subject();
        output::say(SPEC.name, format_args!("{subject}: in several registries, answered for its first address"));
    }
    if rows {
        if matches!(question, Question::As(_)) && !table.has_numbers() && !std::mem::replace(told, true) {
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
            object(answers.out, input, [("registry", Some(registry.name()))].into_iter(), None, answers.form.end())?;
        } else {
            answers.record(input, registry.name())?;
        }
        return Ok(Status::Answered);
    }
    let why = "a handle is not in the table";
    if conf.form.json {
        let keys = if rows { &COLUMNS[..] } else { &COLUMNS[1..2] };
        object(answers.out, input, keys.iter().map(|key| (*key, None)), Some(why), answers.form.end())?;
    }
    answers.invalid(input, why)
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

/// Over two years since `date`, which is `YYYY-MM-DD`?
fn is_old(date: &str, now: SystemTime) -> bool {
    let mut parts = date.split('-').map_while(|part| part.parse::<u64>().ok());
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else { return false };
    // A day more or less does not matter here.
    let days = year.saturating_sub(1970) * 1461 / 4 + month.saturating_sub(1) * 61 / 2 + day;
    now > SystemTime::UNIX_EPOCH + Duration::from_secs((days + 2 * 365).saturating_mul(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_years_make_a_table_old() {
        let at = |days: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
        // 2025-09-14 is day 20,345.
        assert!(!is_old("2025-09-14", at(20_345 + 725)));
        assert!(is_old("2025-09-14", at(20_345 + 740)));
        assert!(!is_old("", at(1 << 20)));
    }
}
