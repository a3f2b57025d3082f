//! How the answer to one input is printed, and what is said about it.
use std::{fmt::Write as _, io::Write, time::Duration};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, Owned},
    output::say,
    text,
};

use crate::{
    ask::{
        failure::{Failure, Reason},
        lookup::Lookup,
        statistics::Statistics,
        trace::Step,
    },
    cli::{Conf, View},
    dnssec::verdict::Verdict,
    print::{
        answer::{Answer, errors, milliseconds, place, reason},
        compare::Existence,
        explain::{self, Collected, Fact},
        json, proof,
    },
    spec::SPEC,
    wire::rdata,
};

/// From so many unanswered types on beside answered ones a lower rate may help.
const MANY_UNANSWERED: usize = 8;
/// What a hint proposes, in questions a second.
const GENTLE_RATE: u32 = 20;

/// What was said before and is not said again, and memory for what is printed.
#[derive(Debug, Default)]
pub struct Notes {
    /// The memory of a line.
    line: String,
    hinted_edns: bool,
    hinted_rate: bool,
    /// Servers and their identifiers.
    identifiers: Vec<(String, Vec<u8>)>,
}

/// Prints the answer and says what is missing.
///
/// # Errors
/// Writing failed.
pub fn show<W: Write>(
    answer: &Answer<'_>,
    conf: &Conf,
    notes: &mut Notes,
    to: &mut Answers<'_, W>,
) -> Result<Status, Fail> {
    let mut verdict = answer.verdict(conf);
    // Written only where there is something to say.
    let subject = || answer.input.subject();
    if conf.verbose {
        for lookup in answer.lookups() {
            say(to.tool, format_args!("{}: {}", subject(), answer.report(lookup)));
            for line in proof::report(lookup) {
                say(to.tool, format_args!("{}: {line}", subject()));
            }
        }
    }
    if conf.view == View::Short && !conf.form.quiet {
        // Standard output has data alone there.
        for step in answer.steps {
            say(to.tool, format_args!("{}: {}", subject(), step_text(step)));
        }
    }
    if conf.nsid {
        answer.say_identifiers(notes, to.tool);
    }
    if conf.view == View::Json {
        to.record(&answer.input, json::object(answer, conf, &verdict))?;
    }
    let without_lines = conf.view == View::Json || answer.invalid.is_some();
    let mut printed = false;
    if !without_lines {
        printed = answer.print_lines(conf, &mut notes.line, |line| {
            answer.write_label(conf, to)?;
            to.record(&answer.input, line)
        })?;
    }
    if verdict.status == Status::Network {
        verdict.why += answer.hint(conf, notes);
    } else if let Some(contradiction) = answer.contradiction().filter(|_| !conf.form.quiet) {
        say(to.tool, format_args!("{}: {contradiction}", subject()));
    }
    // A difference is the answer that was asked for, and its status tells.
    let is_difference = answer.invalid.is_none()
        && answer.shared.is_some_and(|s| s.existence == Existence::Contested || answer.records(conf).next().is_some());
    if verdict.status == Status::Answered || verdict.why.is_empty() {
        return Ok(verdict.status);
    }
    let is_quiet = conf.form.quiet && verdict.status == Status::Unanswered;
    if !answer.is_said && !is_quiet {
        say(to.tool, format_args!("{}: {}", subject(), verdict.why));
    }
    if !printed && answer.shared.is_none() {
        keep_place(&answer.input, answer.label, &verdict.why, conf, to)?;
    }
    let is_kept = conf.form.keep && verdict.status == Status::Unanswered && !is_difference;
    Ok(if is_kept { Status::Answered } else { verdict.status })
}

/// Says why an input has no answer, and keeps its place.
///
/// # Errors
/// Writing failed.
pub fn without_answer<W: Write>(
    input: &Input<'_>,
    status: Status,
    why: &str,
    conf: &Conf,
    to: &mut Answers<'_, W>,
) -> Result<Status, Fail> {
    if !conf.form.quiet || status == Status::Network {
        say(to.tool, format_args!("{}: {why}", input.subject()));
    }
    keep_place(input, None, why, conf, to)?;
    Ok(if conf.form.keep && status == Status::Unanswered { Status::Answered } else { status })
}

/// Keeps the place of an input in which several servers do not differ, as far as
/// is known: `reasons` say why one of them gave nothing.
///
/// # Errors
/// Writing failed.
pub fn no_difference<W: Write>(
    input: &Input<'_>,
    reasons: &[String],
    conf: &Conf,
    to: &mut Answers<'_, W>,
) -> Result<(), Fail> {
    let why = if reasons.is_empty() { "no difference".to_owned() } else { reasons.join("; ") };
    keep_place(input, None, &why, conf, to)
}

/// Under --keep: a line for an input without records. Among master-file lines
/// that is a comment, so that they stay loadable.
fn keep_place<W: Write>(
    input: &Input<'_>,
    label: Option<&str>,
    why: &str,
    conf: &Conf,
    to: &mut Answers<'_, W>,
) -> Result<(), Fail> {
    if !to.form.keep || to.form.json {
        return Ok(());
    }
    if conf.view == View::Zone {
        let subject = text::shown(input.text.map_or(input.line, str::as_bytes));
        let server = label.map_or_else(String::new, |label| format!(" ; {label}"));
        return to.record(input, format!("; {subject}: {why}{server}"));
    }
    if let Some(label) = label {
        to.out.write_all(label.as_bytes())?;
        to.out.write_all(b"\t")?;
    }
    to.missing(input, Status::Answered)?;
    Ok(())
}

impl Answer<'_> {
    /// The server goes before everything else on the line.
    fn write_label<W: Write>(&self, conf: &Conf, to: &mut Answers<'_, W>) -> Result<(), Fail> {
        if let Some(label) = self.label.filter(|_| conf.view != View::Zone) {
            to.out.write_all(label.as_bytes())?;
            to.out.write_all(b"\t")?;
        }
        Ok(())
    }

    /// Hands each line to `print`, written in the memory of `line`. Were there any?
    fn print_lines(
        &self,
        conf: &Conf,
        line: &mut String,
        mut print: impl FnMut(&str) -> Result<(), Fail>,
    ) -> Result<bool, Fail> {
        let mut printed = false;
        let mut print = |line: &str| {
            printed = true;
            print(line)
        };
        if conf.view == View::Explain {
            self.explain().iter().try_for_each(|line| print(line))?;
            proof::sentence(self.lookups()).iter().try_for_each(|line| print(line))?;
            return Ok(printed);
        }
        let labelled = |label: &str, data: &str| {
            let mut line = String::new();
            self.begin_line(&mut line, None, conf);
            line += &match conf.view {
                View::Short => data.to_owned(),
                View::Long => format!("{label}\t-\t{data}"),
                View::Zone => format!("; {label} {data}"),
                _ => format!("{label}:{data}"),
            };
            self.end_line(&mut line, None, conf);
            line
        };
        if conf.view == View::Long
            && self.shared.is_none()
            && let Some(first) = self.lookups().first()
            && let Some(unicode) = first.name.unicode()
        {
            print(&labelled("IDN", &format!("{unicode} {}", first.name)))?;
        }
        if conf.view != View::Short {
            self.steps.iter().try_for_each(|step| print(&labelled("TRACE", &step_text(step))))?;
        }
        let hosts = if self.shared.is_none() { self.hosts } else { &[] };
        hosts.iter().try_for_each(|host| print(&labelled("HOSTS", &text::printable(host.as_bytes()))))?;
        let only_once = conf.addresses && conf.view == View::Short;
        for (at, (lookup, record)) in self.records(conf).enumerate() {
            let (rtype, ttl, data) = (record.rtype, record.ttl, &record.data);
            // An address may stand in the hosts file and in DNS.
            let mut before = self.records(conf).take(at);
            let is_in_hosts = !conf.validate && hosts.contains(&data.text);
            if only_once && (is_in_hosts || before.any(|(_, r)| r.data.text == data.text)) {
                continue;
            }
            let verdict = lookup.proof.as_ref().map(|proof| proof.of(rtype, &data.wire));
            line.clear();
            self.begin_line(line, verdict, conf);
            // Writing to a String never fails.
            let _ = match conf.view {
                View::Short => line.write_str(&data.text),
                View::Long => write!(line, "{rtype}\t{ttl}\t{}", data.text),
                View::Zone => line.write_str(&rdata::zone_line(&lookup.name, ttl, lookup.settings.class, rtype, data)),
                _ => write!(line, "{rtype}:{}", data.text),
            };
            self.end_line(line, verdict, conf);
            print(line)?;
        }
        Ok(printed)
    }

    /// The column of the verdict, where there are verdicts.
    fn begin_line(&self, line: &mut String, verdict: Option<Verdict>, conf: &Conf) {
        if conf.validate && conf.view != View::Zone {
            let _ = match verdict {
                Some(verdict) => write!(line, "{verdict}\t"),
                None => line.write_str("-\t"),
            };
        }
    }

    /// Behind a master-file line, in a comment: the server where there are several, and the verdict.
    fn end_line(&self, line: &mut String, verdict: Option<Verdict>, conf: &Conf) {
        if conf.view != View::Zone {
            return;
        }
        let _ = match (self.label, verdict) {
            (None, None) => Ok(()),
            (Some(label), None) => write!(line, " ; {label}"),
            (None, Some(verdict)) => write!(line, " ; {verdict}"),
            (Some(label), Some(verdict)) => write!(line, " ; {label} {verdict}"),
        };
    }

    fn explain(&self) -> Vec<String> {
        fn collected(lookup: &Lookup) -> Collected<'_> {
            let facts = lookup.records.iter().map(|r| Fact { rtype: r.rtype, ttl: r.ttl, data: &r.data, at: None });
            Collected { name: &lookup.name, facts: facts.collect(), absent: &lookup.absent, denied: lookup.is_denied() }
        }
        let asked = self.lookups().iter().filter(|lookup| !lookup.is_check && !lookup.records.is_empty());
        let names: Vec<_> = asked.map(collected).collect();
        let policies: Vec<_> = self.policies.iter().flat_map(|r| &r.lookups).map(collected).collect();
        explain::explain(&names, &policies)
    }

    /// For -v: server, response code, time.
    fn report(&self, lookup: &Lookup) -> String {
        let found = format!("{} asked, {} found{}", lookup.asked, lookup.records.len(), errors(lookup));
        let took = lookup.elapsed.as_secs_f64() * 1000.0;
        match (lookup.rcode, lookup.failures.first()) {
            (Some(rcode), _) => format!(
                "{} {}: {rcode} [{}] in {took:.1} ms, {found}",
                self.server(lookup.server),
                lookup.name,
                lookup.flags().join(" "),
            ),
            (None, Some(failure)) => {
                format!(
                    "{} {}: {} after {took:.1} ms, {found}",
                    self.server(Some(failure.server)),
                    lookup.name,
                    reason(&failure.reason)
                )
            }
            (None, None) => format!("{}: nothing was asked", lookup.name),
        }
    }

    /// For --nsid: each server's identifier, once.
    fn say_identifiers(&self, notes: &mut Notes, tool: &str) {
        for lookup in self.lookups() {
            let Some(nsid) = &lookup.nsid else { continue };
            let known = (self.server(lookup.server).to_owned(), nsid.clone());
            if !notes.identifiers.contains(&known) {
                say(tool, format_args!("{}: NSID: {}", known.0, identifier(nsid)));
                notes.identifiers.push(known);
            }
        }
    }

    /// What may help where the network failed, said once a run.
    fn hint(&self, conf: &Conf, notes: &mut Notes) -> &'static str {
        let failures = || self.lookups().iter().flat_map(|lookup| &lookup.failures);
        let silent = |f: &Failure| matches!(&f.reason, Reason::Silence(i) if i.is_empty()) && (self.unheard)(f.server);
        if !notes.hinted_edns && conf.edns && failures().next().is_some() && failures().all(silent) {
            notes.hinted_edns = true;
            return " (try --no-edns: some servers drop questions that carry EDNS)";
        }
        let unanswered = failures().filter(|f| matches!(f.reason, Reason::Silence(_) | Reason::Rcode(_))).count();
        let some_answered = self.lookups().iter().any(|l| l.is_heard() && l.failures.len() < l.asked);
        if !notes.hinted_rate && conf.interval.is_none() && unanswered >= MANY_UNANSWERED && some_answered {
            notes.hinted_rate = true;
            const { assert!(GENTLE_RATE == 20) };
            return " (try --rate 20: the server may limit its answers)";
        }
        ""
    }
}

/// A line that asks nothing keeps its place under -k.
///
/// # Errors
/// Writing failed.
pub fn blank<W: Write>(input: &Owned, conf: &Conf, to: &mut Answers<'_, W>) -> Result<Status, Fail> {
    if conf.view == View::Zone {
        if to.form.keep {
            to.record(&input.input(), ";")?;
        }
        return Ok(Status::Answered);
    }
    let labels: Vec<_> = (0..conf.servers.len()).filter_map(|at| conf.label(at)).collect();
    if conf.diff || labels.is_empty() {
        keep_place(&input.input(), None, "", conf, to)?;
    } else {
        for label in labels {
            keep_place(&input.input(), Some(label), "", conf, to)?;
        }
    }
    Ok(Status::Answered)
}

/// A step of --trace: zone, server, address, time and what was said.
fn step_text(step: &Step) -> String {
    let name = step.host.name.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let time = step.elapsed.map_or_else(|| "-".to_owned(), |t| format!("{:.1}", milliseconds(t)));
    format!("{} {name} {} {time} ms: {}", step.zone, place(step.host.address), step.finding)
}

/// `text (68657820)`: a server's identifier, which may be any bytes.
fn identifier(nsid: &[u8]) -> String {
    let hex: String = nsid.iter().map(|b| format!("{b:02x}")).collect();
    format!("{} ({hex})", plainnet_common::text::shown(nsid))
}

/// For --stats: what a run of `names` names took.
pub fn statistics(names: u64, s: &Statistics, took: Duration) {
    let seconds = took.as_secs_f64();
    let percentile = |percent| s.round_trips.percentile(percent).map(milliseconds);
    let round_trips = match (percentile(50), percentile(90), percentile(99), percentile(100)) {
        (Some(half), Some(most), Some(nearly), Some(all)) => {
            format!(", round trip p50 {half:.1} p90 {most:.1} p99 {nearly:.1} max {all:.1} ms")
        }
        _ => String::new(),
    };
    let count = |number: u64, one: &str, several: &str| format!("{number} {}", if number == 1 { one } else { several });
    say(
        SPEC.name,
        format_args!(
            "{}, {}, {}, {} again, {}, {} ignored, {} truncated, {} unanswered, \
             {seconds:.2} s, {:.0} questions/s{round_trips}",
            count(names, "name", "names"),
            count(s.questions, "question", "questions"),
            count(s.sent, "datagram", "datagrams"),
            s.again,
            count(s.replies, "reply", "replies"),
            s.ignored,
            s.truncated,
            s.unanswered,
            s.questions as f64 / seconds.max(1e-6),
        ),
    );
}
