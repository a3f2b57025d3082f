//! How a name's answer is printed, and what is said about it.
use std::{fmt::Write as _, io::Write};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Input, Origin},
    output::say,
    text,
};

use crate::{
    ask::flight::Trouble,
    ask::sweep::{Record, Sweep},
    cli::{Conf, View},
    inputs::Given,
    print::explain::{self, Collected, Fact},
    wire::message::Ede,
    wire::rdata,
    wire::types::Type,
};

/// All that is known of one input.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The input.
    pub input: Input<'a>,
    /// Why nothing was asked.
    pub invalid: Option<String>,
    /// What the hosts file says: addresses, or names of an address.
    pub hosts: &'a [String],
    /// Lines of the way from the root.
    pub trace: &'a [String],
    /// The name, then the targets of its aliases.
    pub sweeps: &'a [Sweep],
    /// Why an alias was not followed further, or the way from the root not found.
    pub stuck: Option<&'a str>,
    /// It was the network.
    pub lost: bool,
    /// The servers' names, by number.
    pub servers: &'a [String],
}

/// Prints the answer and says what is missing.
///
/// # Errors
/// Writing failed.
pub fn show<W: Write>(answer: &Answer<'_>, conf: &Conf, to: &mut Answers<'_, W>) -> Result<Status, Fail> {
    let verdict = answer.verdict(conf);
    if conf.verbose {
        for sweep in answer.sweeps {
            say(to.tool, format_args!("{}: {}", answer.input.subject(), answer.report(sweep)));
        }
    }
    if conf.view == View::Json {
        let object = answer.json(conf, &verdict);
        to.record(&answer.input, object)?;
    }
    if let Some(why) = &answer.invalid {
        return to.invalid(&answer.input, why);
    }
    let lines = if conf.view == View::Json { Vec::new() } else { answer.lines(conf) };
    for line in &lines {
        to.record(&answer.input, line)?;
    }
    match verdict {
        (Status::Answered, _) => Ok(Status::Answered),
        (Status::Unanswered, why) => to.unanswered(&answer.input, why),
        (status, why) if !lines.is_empty() => {
            say(to.tool, format_args!("{}: {why}", answer.input.subject()));
            Ok(status)
        }
        (_, why) => to.failed(&answer.input, why),
    }
}

impl Answer<'_> {
    /// The records to print.
    fn records(&self, conf: &Conf) -> impl Iterator<Item = (&Sweep, &Record)> {
        let addresses = conf.addresses;
        let all = self.sweeps.iter().flat_map(|sweep| sweep.records.iter().map(move |r| (sweep, r)));
        all.filter(move |(_, r)| !addresses || matches!(r.rtype, Type::A | Type::AAAA))
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
            && let Some(first) = self.sweeps.first()
            && let Some(unicode) = first.name.unicode()
        {
            lines.push(labelled("IDN", &format!("{unicode} {}", first.name)));
        }
        lines.extend(self.trace.iter().map(|step| labelled("TRACE", step)));
        lines.extend(self.hosts.iter().map(|host| labelled("HOSTS", host)));
        for (sweep, record) in self.records(conf) {
            let (rtype, ttl, data) = (record.rtype, record.ttl, &record.data);
            let line = match conf.view {
                View::Short => data.text.clone(),
                View::Long => format!("{rtype}\t{ttl}\t{}", data.text),
                View::Zone => rdata::zone_line(&sweep.name, ttl, rtype, data),
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
        fn collected(sweep: &Sweep) -> Collected<'_> {
            let facts = sweep.records.iter().map(|r| Fact { rtype: r.rtype, ttl: r.ttl, data: &r.data, at: None });
            Collected { name: &sweep.name, facts: facts.collect(), absent: &sweep.none }
        }
        let names: Vec<_> = self.sweeps.iter().filter(|sweep| !sweep.records.is_empty()).map(collected).collect();
        explain::explain(&names, &[])
    }

    /// The status, and why it is not 0.
    fn verdict(&self, conf: &Conf) -> (Status, String) {
        if let Some(why) = &self.invalid {
            return (Status::Unanswered, why.clone());
        }
        let troubles = troubles(self.sweeps, self.servers);
        if !troubles.is_empty() {
            return (Status::Network, troubles);
        }
        if let Some(why) = self.stuck {
            let status = if self.lost { Status::Network } else { Status::Unanswered };
            return (status, why.to_owned());
        }
        if !self.hosts.is_empty() || self.records(conf).next().is_some() {
            return (Status::Answered, String::new());
        }
        let Some(last) = self.sweeps.last() else { return (Status::Unanswered, "nothing was asked".to_owned()) };
        let what = match &conf.types {
            _ if last.denied => "no such name".to_owned(),
            _ if conf.addresses => "no address".to_owned(),
            None => "no records".to_owned(),
            Some(types) => format!("no record of type {}", list(types)),
        };
        let code = match last.odd.first() {
            Some((_, code)) if !last.denied => Some(*code),
            _ => last.rcode,
        };
        let code = code.map_or_else(String::new, |code| format!("{code} from "));
        (
            Status::Unanswered,
            format!("{what} ({code}{}){}", self.server(last.server), errors(&self.sweeps[self.sweeps.len() - 1])),
        )
    }

    fn server(&self, number: Option<usize>) -> &str {
        name_of(self.servers, number)
    }

    /// For -v: server, rcode, time.
    fn report(&self, sweep: &Sweep) -> String {
        let code = sweep.rcode.map_or_else(|| "no answer".to_owned(), |code| code.to_string());
        format!(
            "{} {}: {code} [{}] in {:.1} ms, {} asked, {} found{}",
            self.server(sweep.server),
            sweep.name,
            sweep.flags.join(" "),
            sweep.elapsed.as_secs_f64() * 1000.0,
            sweep.asked,
            sweep.records.len(),
            errors(sweep),
        )
    }

    fn json(&self, conf: &Conf, verdict: &(Status, String)) -> Vec<u8> {
        let mut out = Vec::new();
        let string = |out: &mut Vec<u8>, key: &str, value: Option<&str>| {
            out.extend(format!(",\"{key}\":").bytes());
            match value {
                Some(value) => text::json_string(out, value),
                None => out.extend(b"null"),
            }
        };
        out.extend(b"{\"input\":");
        let line =
            self.input.text.map_or_else(|_| String::from_utf8_lossy(self.input.line).into_owned(), str::to_owned);
        text::json_string(&mut out, &line);
        let (first, last) = (self.sweeps.first(), self.sweeps.last());
        string(&mut out, "name", first.map(|s| s.name.to_string()).as_deref());
        out.extend(format!(",\"status\":{}", verdict.0.code()).bytes());
        string(&mut out, "rcode", last.and_then(|s| s.rcode).map(|c| c.to_string()).as_deref());
        string(&mut out, "flags", last.filter(|s| s.rcode.is_some()).map(|s| s.flags.join(" ")).as_deref());
        string(&mut out, "server", last.and_then(|s| s.server).map(|n| self.server(Some(n))));
        match last {
            Some(last) => out.extend(format!(",\"elapsed_ms\":{:.1}", last.elapsed.as_secs_f64() * 1000.0).bytes()),
            None => out.extend(b",\"elapsed_ms\":null"),
        }
        out.extend(b",\"hosts\":[");
        for (i, host) in self.hosts.iter().enumerate() {
            out.extend((i > 0).then_some(b','));
            text::json_string(&mut out, host);
        }
        out.extend(b"],\"records\":[");
        for (i, (_, record)) in self.records(conf).enumerate() {
            out.extend((i > 0).then_some(b','));
            out.extend(format!("{{\"type\":\"{}\",\"ttl\":{},\"rdata\":", record.rtype, record.ttl).bytes());
            text::json_string(&mut out, &record.data.text);
            out.push(b'}');
        }
        out.extend(b"],\"ede\":[");
        let ede: std::collections::BTreeSet<_> = self.sweeps.iter().flat_map(|s| &s.ede).collect();
        for (i, (code, words)) in ede.into_iter().enumerate() {
            out.extend((i > 0).then_some(b','));
            out.extend(format!("{{\"code\":{code},\"text\":").bytes());
            text::json_string(&mut out, words);
            out.push(b'}');
        }
        out.push(b']');
        let why = Some(verdict.1.as_str()).filter(|_| verdict.0 != Status::Answered);
        string(&mut out, "error", why);
        out.push(b'}');
        out
    }
}

/// What went wrong, on one line.
pub fn troubles(sweeps: &[Sweep], servers: &[String]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for sweep in sweeps {
        let mut text = String::new();
        let mut rest: Vec<_> = sweep.troubles.iter().collect();
        while let Some((_, server, why)) = rest.first().copied() {
            let (same, other): (Vec<_>, _) = rest.into_iter().partition(|(_, s, w)| s == server && w == why);
            rest = other;
            let types: Vec<Type> = same.iter().map(|(t, ..)| *t).collect();
            let what = match why {
                Trouble::Silence => "no answer".to_owned(),
                Trouble::Unreachable(why) => why.clone(),
                Trouble::Code(code) => code.to_string(),
                Trouble::Truncated(why) => format!("answer truncated, and over TCP: {why}"),
                Trouble::Short => "answer cut short".to_owned(),
            };
            let gap = if text.is_empty() { "" } else { "; " };
            let _ = write!(text, "{gap}{}: {what}", name_of(servers, Some(*server)));
            if !sweep.whole && types.len() < sweep.asked {
                let _ = write!(text, " (for {})", list(&types));
            }
        }
        if !text.is_empty() {
            text += &errors(sweep);
        }
        // Names of a search list are refused in the same words.
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join("; ")
}

fn name_of(servers: &[String], number: Option<usize>) -> &str {
    number.and_then(|n| servers.get(n)).map_or("no server", String::as_str)
}

/// A line that asks nothing keeps its place under -k.
///
/// # Errors
/// Writing failed.
pub fn blank<W: Write>(given: &Given, to: &mut Answers<'_, W>) -> Result<(), Fail> {
    if to.form.keep && !to.form.json {
        let input = Input { origin: Origin::Operand, line: &given.line, text: Ok("") };
        to.record(&input, vec!["-"; to.form.columns.max(1)].join("\t"))?;
    }
    Ok(())
}

/// `, extended error 18 (Prohibited): words`.
fn errors(sweep: &Sweep) -> String {
    let one = |(code, words): &(u16, String)| {
        let ede = Ede { code: *code, text: words.as_bytes() };
        format!(", extended error {ede}")
    };
    sweep.ede.iter().map(one).collect()
}

/// `A, MX and 3 more`.
fn list(types: &[Type]) -> String {
    let shown = if types.len() > 6 { 5 } else { types.len() };
    let mut text = types[..shown].iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
    if types.len() > shown {
        let _ = write!(text, " and {} more", types.len() - shown);
    }
    text
}
