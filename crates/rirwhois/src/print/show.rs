//! Answers as the user wants them.
use std::{fmt, io::Write as _, rc::Rc};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Form, Input},
    output::{self, Out},
    text,
};

use crate::{
    ask::bulk::{Fault, Tally},
    ask::jobs::{Finished, Settled},
    ask::outcome::{Conclusion, Found, Origin, Outcome, trimmed},
    ask::query::{End, Response},
    ask::question::Question,
    ask::referral,
    ask::servers::Server,
    cli::{Conf, Print},
    net::session,
    print::json::shown,
    read::answer::Answer,
    read::charset,
    read::field::{self, Field},
    read::held::Held,
    read::range,
    read::reply::Reply,
    spec::SPEC,
    table::column::{self, COLUMNS},
    table::lookup::{Row, Table},
};

/// What `--stats` tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Of inputs, queries and answers.
    pub tally: Tally,
    /// Of connections.
    pub connections: session::Counts,
    /// Inputs without an answer.
    pub unanswered: u64,
    /// Inputs for which the network or a registry failed.
    pub failed: u64,
}

impl Counts {
    /// An input has come to this end.
    pub fn ended(&mut self, conclusion: &Conclusion) {
        match conclusion {
            Conclusion::Answered => {}
            Conclusion::NoRecord(_) => self.unanswered += 1,
            Conclusion::Failed(_) | Conclusion::Local(_) => self.failed += 1,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { inputs, queries, shared, cached, referrals } = self.tally;
        let session::Counts { opened, kept } = self.connections;
        let Counts { unanswered, failed, .. } = self;
        let counted = |n: u64, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
        let (inputs, queries) = (counted(inputs, "input", "inputs"), counted(queries, "query", "queries"));
        let connections = |n, what: &str| format!("{} {what}", counted(n, "connection", "connections"));
        write!(f, "{inputs}, {queries}, {shared} shared, {}, ", connections(kept, "kept"))?;
        write!(f, "{}, {}, ", connections(opened, "opened"), counted(referrals, "referral", "referrals"))?;
        write!(f, "{cached} from the cache, {unanswered} unanswered, {failed} failed")
    }
}

/// Longest message that repeats a server's words, in characters.
const MESSAGE: usize = 400;

/// One event on standard error. Whoever the words come from, they are escaped here.
pub fn say(text: &str) {
    output::say(SPEC.name, format_args!("{}", message(text)));
}

/// Foreign words as a message may hold them: on one line, and not too many.
fn message(text: &str) -> String {
    let text = clean(text).replace('\t', " ");
    match text.char_indices().nth(MESSAGE) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

/// A server that failed for every question, at the end: what that cost. One input was told of already.
pub fn fault(fault: &Fault) {
    if fault.inputs > 1 {
        say(&format!("{}: {} inputs without an answer", fault.server, fault.inputs));
    }
}

/// The way out for answers.
#[derive(Debug)]
pub struct Show<'a> {
    conf: &'a Conf,
    table: &'a Table,
    form: Form,
    out: &'a mut Out,
    /// Something was printed that the next answer must be separated from.
    is_begun: bool,
    /// What became of the inputs so far.
    pub counts: Counts,
}

impl<'a> Show<'a> {
    /// Nothing is printed yet.
    pub fn new(conf: &'a Conf, table: &'a Table, out: &'a mut Out) -> Show<'a> {
        let mut form = conf.form.clone();
        // Whole texts are no records: there is nothing to keep in step.
        if !form.json && matches!(conf.print, Print::Text | Print::Raw | Print::Brief) {
            (form.echo, form.keep) = (false, false);
        }
        Show { conf, table, form, out, is_begun: false, counts: Counts::default() }
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

    /// What became of an input.
    ///
    /// # Errors
    /// Writing failed.
    pub fn finished(&mut self, finished: &Finished) -> Result<Status, Fail> {
        let input = finished.input.input();
        if matches!(finished.result, Settled::Offline(_) | Settled::Asked(..)) {
            self.reading(&input);
        }
        match &finished.result {
            Settled::Blank => self.blank(&input),
            Settled::Invalid(why) => self.invalid(&input, why),
            Settled::Offline(question) => self.offline(&input, question),
            Settled::Asked(question, outcome) => {
                self.counts.ended(&outcome.conclusion);
                self.outcome(&input, question, outcome, finished)
            }
        }
    }

    /// Tells where an input is answered for something else than it says.
    fn reading(&self, input: &Input<'_>) {
        // Neither an IPv4 address nor a handle needs a second look.
        let Some(text) = input.text.ok().filter(|text| text.contains(['/', '-', ':'])) else { return };
        let Ok(question) = Question::parse(text) else { return };
        let inside = question.inside();
        if self.conf.verbose
            && let Some(inside) = &inside
        {
            say(&format!("{}: answered for {inside}, which it stands for", input.subject()));
        }
        if matches!(inside.unwrap_or(question), Question::Addresses(range) if self.table.crosses(&range)) {
            say(&format!("{}: in several registries, answered for its first address", input.subject()));
        }
    }

    /// A line that asks nothing.
    fn blank(&mut self, input: &Input<'_>) -> Result<Status, Fail> {
        self.answers().missing(input, Status::Answered)
    }

    /// A line that asks nothing that we know.
    fn invalid(&mut self, input: &Input<'_>, why: &str) -> Result<Status, Fail> {
        match self.conf.print {
            _ if !self.form.json => {}
            Print::Blocks => self.held(input, None, &Held::default(), why)?,
            _ => self.object(input, None, Some(why))?,
        }
        self.answers().unanswered(input, why)
    }

    /// A number that nobody need be asked about: the table's row.
    fn offline(&mut self, input: &Input<'_>, question: &Question) -> Result<Status, Fail> {
        let Some(row) = self.table.row(question) else {
            return self.answers().unanswered(input, "not in the table");
        };
        if self.conf.verbose {
            say(&format!("{}: answered from the table", input.subject()));
        }
        if self.conf.print == Print::Blocks {
            let why = "special-purpose numbers are nobody's";
            if self.form.json {
                self.held(input, None, &Held::default(), why)?;
            }
            self.counts.unanswered += 1;
            return self.answers().unanswered(input, why);
        }
        let found = of_row(&row);
        if self.form.json {
            self.object(input, Some(&found), None)?;
            return Ok(Status::Answered);
        }
        match &self.conf.print {
            Print::Brief => self.brief(input, &found)?,
            Print::Fields(fields) => self.fields(input, fields, &found)?,
            _ => self.text(&found)?,
        }
        Ok(Status::Answered)
    }

    /// What became of a question.
    fn outcome(
        &mut self,
        input: &Input<'_>,
        question: &Question,
        outcome: &Outcome,
        finished: &Finished,
    ) -> Result<Status, Fail> {
        let subject = input.subject();
        let Finished { own, told, .. } = *finished;
        // Nobody was asked where every server is spared.
        if self.conf.verbose && !outcome.hops.is_empty() {
            let path = outcome.hops.join(", ");
            let how = match outcome.cached {
                true => "from the cache, asked before:",
                false if own || outcome.found.is_none() => "asked",
                false => "shared, asked before:",
            };
            say(&format!("{subject}: {how} {path}, {:.3} s", outcome.took.as_secs_f64()));
        }
        if own {
            for note in &outcome.notes {
                say(&format!("{subject}: {note}"));
            }
        }
        if self.conf.print == Print::Blocks {
            return self.holdings(input, question, outcome, told);
        }
        let found = outcome.found.as_ref();
        let why = outcome.conclusion.reason();
        if self.form.json {
            // A part that came before a failure is marked by its error; a placeholder is no record.
            let is_missing = matches!(outcome.conclusion, Conclusion::NoRecord(_));
            self.object(input, found.filter(|_| !is_missing), why)?;
        } else if let Some(found) = found {
            match &self.conf.print {
                // What came before a failure is still worth reading; a line of -o is a record, and a part is none.
                Print::Text => self.text(found)?,
                Print::Raw => self.out.write_all(&found.bytes)?,
                Print::Brief if !matches!(outcome.conclusion, Conclusion::NoRecord(_)) => self.brief(input, found)?,
                Print::Fields(fields) if why.is_none() => self.fields(input, fields, found)?,
                _ => {}
            }
        }
        self.end(input, &outcome.conclusion, told)
    }

    /// What a server said to a line that was sent to it as it is.
    ///
    /// # Errors
    /// Writing failed.
    pub fn verbatim(&mut self, line: &str, server: &Server, response: Response) -> Result<Status, Fail> {
        let Response::Whois { bytes, end } = response else { return Ok(Status::Network) };
        let text = charset::text(&bytes);
        if self.conf.print == Print::Raw {
            self.out.write_all(&bytes)?;
        } else {
            for line in text.lines() {
                writeln!(self.out, "{}", clean(line))?;
            }
        }
        let (status, why) = match end {
            End::Whole if bytes.is_empty() => (Status::Network, "empty answer".to_owned()),
            End::Whole => match referral::refusal(&Reply::parse(&text)) {
                Some(words) => (Status::Network, words),
                None => return Ok(Status::Answered),
            },
            End::Local(why) => (Status::Failed, why),
            End::Cut(why) | End::Slow(why) | End::Unreachable(why) => (Status::Network, why),
            End::Refused => (Status::Network, "its address is not public".to_owned()),
        };
        say(&format!("{}: {server}: {why}", text::shown(line.as_bytes())));
        Ok(status)
    }

    /// `told`: standard error knows already.
    fn end(&mut self, input: &Input<'_>, conclusion: &Conclusion, told: bool) -> Result<Status, Fail> {
        let why = message(conclusion.reason().unwrap_or_default());
        match conclusion {
            Conclusion::Answered => Ok(Status::Answered),
            Conclusion::NoRecord(_) => self.answers().unanswered(input, why),
            Conclusion::Failed(_) if told => self.answers().missing(input, Status::Network),
            Conclusion::Failed(_) => self.answers().failed(input, why),
            Conclusion::Local(_) => self.answers().failed(input, why).map(|_| Status::Failed),
        }
    }

    /// The fields that were asked for.
    fn fields(&mut self, input: &Input<'_>, fields: &[Field], found: &Found) -> Result<(), Fail> {
        let values: Vec<String> = fields.iter().map(|f| value(*f, input, found)).collect();
        let values: Vec<&str> = values.iter().map(|v| if v.is_empty() { "-" } else { v }).collect();
        self.answers().record(input, values.join("\t"))
    }

    /// The prefixes that an organisation holds, one a line.
    fn holdings(
        &mut self,
        input: &Input<'_>,
        question: &Question,
        outcome: &Outcome,
        told: bool,
    ) -> Result<Status, Fail> {
        let answered = outcome.conclusion == Conclusion::Answered;
        let held = outcome.found.as_ref().filter(|_| answered).map(Found::holdings);
        let mut end = outcome.conclusion.clone();
        if let Some(held) = &held {
            if held.is_cut {
                end = Conclusion::Failed("truncated, the registry does not list all of them".into());
            } else if held.prefixes.is_empty() && held.numbers.is_empty() {
                end = Conclusion::NoRecord("holds nothing".into());
            }
        }
        if let (Conclusion::NoRecord(why), Question::Handle(_)) = (&mut end, question) {
            why.push_str(" (a handle is needed, not a name: an address of the organisation finds it)");
        }
        if self.form.json {
            let why = end.reason().unwrap_or_default();
            self.held(input, outcome.found.as_ref(), &held.unwrap_or_default(), why)?;
        } else if let Some(held) = &held {
            for prefix in &held.prefixes {
                self.answers().record(input, prefix.to_string())?;
            }
            if !held.numbers.is_empty() {
                let numbers = held.numbers.iter().map(number).collect::<Vec<_>>().join(" ");
                say(&format!("{}: holds {numbers}", input.subject()));
            }
        }
        self.end(input, &end, told)
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

    /// The text, escaped, in the order of the registry: at ARIN the most specific record is the last one.
    fn text(&mut self, found: &Found) -> Result<(), Fail> {
        self.separate()?;
        for line in trimmed(&found.text()).lines() {
            writeln!(self.out, "{}", clean(line))?;
        }
        Ok(())
    }

    fn brief(&mut self, input: &Input<'_>, found: &Found) -> Result<(), Fail> {
        self.separate()?;
        for field in field::SHOWN {
            let value = value(*field, input, found);
            if !value.is_empty() {
                writeln!(self.out, "{:11} {value}", field.name())?;
            }
        }
        Ok(())
    }

    /// A blank line between answers of several lines.
    fn separate(&mut self) -> Result<(), Fail> {
        if std::mem::replace(&mut self.is_begun, true) {
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
                Field::Text => string(&mut line, field.name(), &found.map(Found::text).unwrap_or_default()),
                _ => string(&mut line, field.name(), &answer.text(*field)),
            }
        }
        string(&mut line, "error", error.unwrap_or_default());
        line.extend([b'}', self.form.end()]);
        self.out.write_all(&line)?;
        Ok(())
    }
}

/// The table's row as an answer; its text is the line of `-t`.
fn of_row(row: &Row) -> Found {
    let line = column::line(row, &COLUMNS);
    let answer = Answer {
        registry: Some(row.registry),
        range: range::parse(&row.block),
        block: row.block.clone(),
        name: row.holder.to_owned(),
        status: row.status.clone(),
        date: row.date.clone(),
        ..Answer::default()
    };
    Found { bytes: Rc::new(line.into_bytes()), origin: Origin::Table, answer }
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
        Field::Text => without_tilde(text::escape(found.text().as_bytes())),
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
