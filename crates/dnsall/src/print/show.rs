//! How the answer to one input is printed, and what is said about it.
use std::{io::Write, net::SocketAddr, time::Duration};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, Owned},
    output::say,
};

use crate::{
    ask::{
        engine::{AliasProblem, MOST_ALIASES, Resolution},
        failure::Reason,
        lookup::{Failure, Lookup, Record},
        statistics::Statistics,
        trace::{Finding, Step},
    },
    cli::{Conf, View},
    print::{
        compare::Shared,
        explain::{self, Fact},
        json,
    },
    wire::{edns::Ede, rdata, types::Type},
};

/// From so many unanswered types on beside answered ones a lower rate may help.
const MANY_UNANSWERED: usize = 8;
/// What a hint proposes, in questions a second.
const GENTLE_RATE: u32 = 20;

/// All that is known of one input.
#[expect(missing_debug_implementations, reason = "a closure has none")]
pub struct Answer<'a> {
    /// The input.
    pub input: Input<'a>,
    /// Why nothing was asked.
    pub invalid: Option<&'a str>,
    /// What the hosts file says: addresses, or names of an address.
    pub hosts: &'a [String],
    /// The way from the root.
    pub steps: &'a [Step],
    /// The name, then the targets of its aliases.
    pub resolution: Option<&'a Resolution>,
    /// Why the way from the root was not found.
    pub lost: Option<&'a str>,
    /// The servers' names, by number.
    pub servers: &'a [String],
    /// The server as typed, where there are several.
    pub label: Option<&'a str>,
    /// What several servers have in common, where only the differences are printed.
    pub shared: Option<&'a Shared>,
    /// Is the server of this number silent although it was asked with EDNS?
    pub unheard: &'a dyn Fn(usize) -> bool,
}

/// What was said before and is not said again.
#[derive(Debug, Default)]
pub struct Notes {
    hinted_edns: bool,
    hinted_rate: bool,
    /// Servers and their identifiers.
    identifiers: Vec<(String, Vec<u8>)>,
}

/// The status of an answer, and why it is not 0.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The status.
    pub status: Status,
    /// The reason; empty where there is nothing to say.
    pub why: String,
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
    let subject = answer.input.subject();
    if conf.verbose {
        for lookup in answer.lookups() {
            say(to.tool, format_args!("{subject}: {}", answer.report(lookup)));
        }
    }
    if conf.nsid {
        answer.say_identifiers(notes, to.tool);
    }
    if conf.view == View::Json {
        to.record(&answer.input, json::object(answer, conf, &verdict))?;
    }
    if let Some(why) = answer.invalid {
        answer.label_missing(to)?;
        return to.invalid(&answer.input, why);
    }
    let lines = if conf.view == View::Json { Vec::new() } else { answer.lines(conf) };
    for line in &lines {
        answer.write_label(conf, to)?;
        match answer.label.filter(|_| conf.view == View::Zone) {
            Some(label) => to.record(&answer.input, format!("{line} ; {label}"))?,
            None => to.record(&answer.input, line)?,
        }
    }
    if verdict.status == Status::Network {
        verdict.why += answer.hint(conf, notes);
    } else if let Some(contradiction) = answer.contradiction().filter(|_| !conf.form.quiet) {
        say(to.tool, format_args!("{subject}: {contradiction}"));
    }
    match verdict.status {
        Status::Answered => Ok(Status::Answered),
        // A difference is the answer that was asked for, and its status tells.
        Status::Unanswered if verdict.why.is_empty() => Ok(Status::Unanswered),
        Status::Unanswered if lines.is_empty() => {
            answer.label_missing(to)?;
            to.unanswered(&answer.input, verdict.why)
        }
        Status::Unanswered => {
            if !conf.form.quiet {
                say(to.tool, format_args!("{subject}: {}", verdict.why));
            }
            Ok(if conf.form.keep { Status::Answered } else { Status::Unanswered })
        }
        status if !lines.is_empty() => {
            say(to.tool, format_args!("{subject}: {}", verdict.why));
            Ok(status)
        }
        _ => {
            answer.label_missing(to)?;
            to.failed(&answer.input, verdict.why)
        }
    }
}

impl Answer<'_> {
    /// The name that was asked, then the targets of its aliases.
    pub fn lookups(&self) -> &[Lookup] {
        self.resolution.map_or(&[], |r| &r.lookups)
    }

    /// The server goes before everything else on the line.
    fn write_label<W: Write>(&self, conf: &Conf, to: &mut Answers<'_, W>) -> Result<(), Fail> {
        if let Some(label) = self.label.filter(|_| conf.view != View::Zone) {
            to.out.write_all(label.as_bytes())?;
            to.out.write_all(b"\t")?;
        }
        Ok(())
    }

    /// The same before the `-` of --keep.
    fn label_missing<W: Write>(&self, to: &mut Answers<'_, W>) -> Result<(), Fail> {
        if let Some(label) = self.label.filter(|_| to.form.keep && !to.form.json) {
            to.out.write_all(label.as_bytes())?;
            to.out.write_all(b"\t")?;
        }
        Ok(())
    }

    /// The records to print.
    pub fn records(&self, conf: &Conf) -> impl Iterator<Item = (&Lookup, &Record)> {
        let (addresses, shared) = (conf.addresses, self.shared);
        let asked = self.lookups().iter().filter(|lookup| !lookup.is_check);
        let all = asked.flat_map(|lookup| lookup.records.iter().map(move |r| (lookup, r)));
        all.filter(move |(lookup, r)| {
            (!addresses || matches!(r.rtype, Type::A | Type::AAAA)) && shared.is_none_or(|s| !s.holds(lookup, r))
        })
    }

    fn lines(&self, conf: &Conf) -> Vec<String> {
        let mut lines = Vec::new();
        let labelled = |label: &str, data: &str| match conf.view {
            View::Short => data.to_owned(),
            View::Long => format!("{label}\t-\t{data}"),
            View::Zone => format!("; {label} {data}"),
            _ => format!("{label}:{data}"),
        };
        if conf.view == View::Explain {
            return self.explain();
        }
        if conf.view == View::Long
            && self.shared.is_none()
            && let Some(first) = self.lookups().first()
            && let Some(unicode) = first.name.unicode()
        {
            lines.push(labelled("IDN", &format!("{unicode} {}", first.name)));
        }
        lines.extend(self.steps.iter().map(|step| labelled("TRACE", &step_text(step))));
        if self.shared.is_none() {
            lines.extend(self.hosts.iter().map(|host| labelled("HOSTS", host)));
        }
        for (lookup, record) in self.records(conf) {
            let (rtype, ttl, data) = (record.rtype, record.ttl, &record.data);
            let line = match conf.view {
                View::Short => data.text.clone(),
                View::Long => format!("{rtype}\t{ttl}\t{}", data.text),
                View::Zone => rdata::zone_line(&lookup.name, ttl, rtype, data),
                _ => format!("{rtype}:{}", data.text),
            };
            // An address may stand in the hosts file and in DNS.
            if !conf.addresses || conf.view != View::Short || !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    fn explain(&self) -> Vec<String> {
        let one = |lookup: &Lookup| {
            let facts: Vec<Fact<'_>> =
                lookup.records.iter().map(|r| Fact { rtype: r.rtype, ttl: r.ttl, data: &r.data }).collect();
            // Of an alias nothing else is to be expected.
            let none = if lookup.target.is_some() { &[] } else { &lookup.absent[..] };
            if facts.is_empty() { Vec::new() } else { explain::explain(&lookup.name, &facts, none) }
        };
        self.lookups().iter().filter(|lookup| !lookup.is_check).flat_map(one).collect()
    }

    /// The status, and why it is not 0.
    fn verdict(&self, conf: &Conf) -> Verdict {
        let unanswered = |why: String| Verdict { status: Status::Unanswered, why };
        if let Some(why) = self.invalid {
            return unanswered(why.to_owned());
        }
        let failures = self.failures();
        if !failures.is_empty() {
            return Verdict { status: Status::Network, why: failures };
        }
        if let Some(why) = self.lost {
            return Verdict { status: Status::Network, why: why.to_owned() };
        }
        if self.shared.is_some() {
            let status =
                if self.records(conf).next().is_some() { Status::Unanswered } else { Status::Answered };
            return Verdict { status, why: String::new() };
        }
        match self.resolution.and_then(|r| r.alias_problem) {
            Some(AliasProblem::Circle) => return unanswered("the aliases lead in a circle".to_owned()),
            Some(AliasProblem::TooMany) => return unanswered(format!("more than {MOST_ALIASES} aliases in a row")),
            Some(AliasProblem::Late) => return unanswered("no time left to follow the alias".to_owned()),
            None => {}
        }
        let lookups = self.lookups();
        let missing = lookups.iter().find_map(|lookup| lookup.missing_target.as_ref().map(ToString::to_string));
        let denied = lookups.last().filter(|last| lookups.len() > 1 && last.is_denied() && lookups[0].target.is_some());
        if let Some(name) = denied.map(|last| last.name.to_string()).or(missing) {
            return unanswered(format!("alias of {name}, which does not exist"));
        }
        if let Some(referral) = lookups.iter().find_map(|lookup| lookup.referral.as_ref()) {
            let servers: Vec<_> = referral.servers.iter().map(ToString::to_string).collect();
            return unanswered(format!("not answered here: {} is served by {}", referral.zone, servers.join(", ")));
        }
        if !self.hosts.is_empty() || self.records(conf).next().is_some() {
            return Verdict { status: Status::Answered, why: String::new() };
        }
        let Some(last) = lookups.last() else { return unanswered("nothing was asked".to_owned()) };
        let what = match &conf.types {
            _ if last.is_denied() => "no such name".to_owned(),
            _ if conf.addresses => "no address".to_owned(),
            None => "no records".to_owned(),
            Some(types) => format!("no record of type {}", list(types)),
        };
        let code = match last.unimplemented.first() {
            Some(unimplemented) if !last.is_denied() => Some(unimplemented.rcode),
            _ => last.rcode,
        };
        let code = code.map_or_else(String::new, |code| format!("{code} from "));
        unanswered(format!("{what} ({code}{}){}", self.server(last.server), errors(last)))
    }

    /// A name that is denied for some types and exists for others.
    fn contradiction(&self) -> Option<String> {
        let lookup = self.lookups().iter().find(|l| !l.denied.is_empty() && !l.records.is_empty())?;
        Some(format!(
            "{}: NXDOMAIN for {}, although the name has records",
            self.server(lookup.server),
            list(&lookup.denied)
        ))
    }

    /// The name of a server for messages.
    pub fn server(&self, number: Option<usize>) -> &str {
        number.and_then(|n| self.servers.get(n)).map_or("no server", String::as_str)
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
                lookup.flags.join(" "),
            ),
            (None, Some(failure)) => {
                format!("{} {}: {} after {took:.1} ms, {found}", self.server(Some(failure.server)), lookup.name, reason(&failure.reason))
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
        let silent = |f: &Failure| matches!(&f.reason, Reason::Silence(_)) && (self.unheard)(f.server);
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

    /// What went wrong, on one line.
    fn failures(&self) -> String {
        let mut texts: Vec<String> = Vec::new();
        for lookup in self.lookups() {
            let mut rest: Vec<&Failure> = lookup.failures.iter().collect();
            let mut parts = Vec::new();
            while let Some(first) = rest.first().copied() {
                let like = |f: &&Failure| f.server == first.server && reason(&f.reason) == reason(&first.reason);
                let (same, other): (Vec<_>, _) = rest.into_iter().partition(like);
                rest = other;
                let mut types: Vec<Type> = same.iter().map(|f| f.rtype).collect();
                types.sort_unstable();
                let mut part = format!("{}: {}", self.server(Some(first.server)), reason(&first.reason));
                if !lookup.failed_whole && types.len() < lookup.asked {
                    part += &format!(" (for {})", list(&types));
                }
                parts.push(part);
            }
            if !parts.is_empty() {
                let text = parts.join("; ") + &errors(lookup);
                // Names of a search list are refused in the same words.
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
        }
        texts.join("; ")
    }
}

/// A reason in words.
fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Silence(ignored) => ignored.to_string(),
        Reason::Unreachable(why) => why.clone(),
        Reason::Rcode(rcode) => rcode.to_string(),
        Reason::Truncated(why) => format!("answer truncated, and over TCP: {why}"),
        Reason::Short => "answer cut short".to_owned(),
    }
}

/// A line that asks nothing keeps its place under -k.
///
/// # Errors
/// Writing failed.
pub fn blank<W: Write>(input: &Owned, conf: &Conf, to: &mut Answers<'_, W>) -> Result<Status, Fail> {
    let labels: Vec<_> = (0..conf.servers.len().max(1)).map(|at| conf.label(at)).collect();
    let several = labels.iter().any(Option::is_some);
    for label in &labels[..if several { labels.len() } else { 1 }] {
        if let Some(label) = label.filter(|_| to.form.keep && !to.form.json) {
            to.out.write_all(label.as_bytes())?;
            to.out.write_all(b"\t")?;
        }
        to.missing(&input.input(), Status::Answered)?;
    }
    Ok(Status::Answered)
}

/// A step of --trace: zone, server, address, time and what was said.
fn step_text(step: &Step) -> String {
    let name = step.host.name.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let time = step.elapsed.map_or_else(|| "-".to_owned(), |t| format!("{:.1}", milliseconds(t)));
    format!("{} {name} {} {time} ms: {}", step.zone, place(step.host.address), finding(&step.finding))
}

/// What a step has found, in words.
pub fn finding(finding: &Finding) -> String {
    finding.to_string()
}

/// An address, with its port where that is not 53.
pub fn place(address: SocketAddr) -> String {
    if address.port() == 53 { address.ip().to_string() } else { address.to_string() }
}

/// A time in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// `text (68657820)`: a server's identifier, which may be any bytes.
fn identifier(nsid: &[u8]) -> String {
    let hex: String = nsid.iter().map(|b| format!("{b:02x}")).collect();
    format!("{} ({hex})", plainnet_common::text::shown(nsid))
}

/// `, extended error 18 (Prohibited): words`.
fn errors(lookup: &Lookup) -> String {
    let one = |error: &crate::ask::lookup::ExtendedError| {
        format!(", extended error {}", Ede { code: error.code, text: error.text.as_bytes() })
    };
    lookup.extended_errors.iter().map(one).collect()
}

/// `A, MX and 3 more`.
fn list(types: &[Type]) -> String {
    let shown = if types.len() > 6 { 5 } else { types.len() };
    let mut text = types[..shown].iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
    if types.len() > shown {
        text += &format!(" and {} more", types.len() - shown);
    }
    text
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
    say(
        crate::spec::SPEC.name,
        format_args!(
            "{names} names, {} questions, {} datagrams, {} again, {} replies, {} ignored, {} truncated, {} unanswered, \
             {seconds:.2} s, {:.0} questions/s{round_trips}",
            s.questions,
            s.sent,
            s.again,
            s.replies,
            s.ignored,
            s.truncated,
            s.unanswered,
            s.questions as f64 / seconds.max(1e-6),
        ),
    );
}
