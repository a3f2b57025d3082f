//! All that is known of one input, and what it comes to: a status, and why.
use std::{net::SocketAddr, time::Duration};

use plainnet_common::{exit::Status, input::Input};

use crate::{
    ask::{
        engine::{AliasProblem, MOST_ALIASES, Resolution},
        failure::{ExtendedError, Failure, Reason},
        lookup::Lookup,
        order,
        record::Record,
        trace::Step,
    },
    cli::Conf,
    print::{
        compare::{Existence, Shared},
        proof,
    },
    wire::{edns::Ede, name::Name, types::Type},
};

/// All that is known of one input.
#[expect(missing_debug_implementations, reason = "a closure has none")]
pub struct Answer<'a> {
    /// The input.
    pub input: Input<'a>,
    /// The name that is asked, or the first of those it may mean.
    pub name: Option<&'a Name>,
    /// Why nothing was asked.
    pub invalid: Option<&'a str>,
    /// What the hosts file says: addresses, or names of an address.
    pub hosts: &'a [String],
    /// The way from the root.
    pub steps: &'a [Step],
    /// The name, then the targets of its aliases.
    pub resolution: Option<&'a Resolution>,
    /// Names below it that say more about it, for --explain.
    pub policies: &'a [Resolution],
    /// Why the way from the root was not found.
    pub lost: Option<&'a str>,
    /// The servers' names, by number.
    pub servers: &'a [String],
    /// The server as typed, where there are several.
    pub label: Option<&'a str>,
    /// What several servers have in common, where only the differences are printed.
    pub shared: Option<&'a Shared>,
    /// What is wrong with the input was said before.
    pub is_said: bool,
    /// Is the server of this number silent although it was asked with EDNS?
    pub unheard: &'a dyn Fn(usize) -> bool,
}

/// The status of an answer, and why it is not 0.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The status.
    pub status: Status,
    /// The reason; empty where there is nothing to say.
    pub why: String,
}

impl Answer<'_> {
    /// The name that was asked, then the targets of its aliases.
    pub fn lookups(&self) -> &[Lookup] {
        self.resolution.map_or(&[], |r| &r.lookups)
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

    /// The status, and why it is not 0.
    pub fn verdict(&self, conf: &Conf) -> Verdict {
        let unanswered = |why: String| Verdict { status: Status::Unanswered, why };
        if let Some(why) = self.invalid {
            return unanswered(why.to_owned());
        }
        let problems = [self.failures(), proof::problems(self.lookups())];
        let problems: Vec<String> = problems.into_iter().filter(|why| !why.is_empty()).collect();
        if !problems.is_empty() {
            return Verdict { status: Status::Network, why: problems.join("; ") };
        }
        if let Some(why) = self.lost {
            return Verdict { status: Status::Network, why: why.to_owned() };
        }
        if let Some(shared) = self.shared
            && shared.existence == Existence::Agreed
            && self.lookups().iter().all(|lookup| lookup.referral.is_none())
        {
            let status = if self.records(conf).next().is_some() { Status::Unanswered } else { Status::Answered };
            return Verdict { status, why: String::new() };
        }
        // The other reasons name the server themselves.
        let at = self.label.map_or_else(String::new, |label| format!("{label}: "));
        match self.resolution.and_then(|r| r.alias_problem) {
            Some(AliasProblem::Circle) => return unanswered(format!("{at}the aliases lead in a circle")),
            Some(AliasProblem::TooMany) => return unanswered(format!("{at}more than {MOST_ALIASES} aliases in a row")),
            Some(AliasProblem::Late) => return unanswered(format!("{at}no time left to follow the alias")),
            None => {}
        }
        let lookups = self.lookups();
        let missing = lookups.iter().find_map(|lookup| lookup.missing_target.as_ref().map(ToString::to_string));
        let denied = lookups.last().filter(|last| lookups.len() > 1 && last.is_denied() && lookups[0].target.is_some());
        if let Some(name) = denied.map(|last| last.name.to_string()).or(missing) {
            let proven = proof::denial(lookups).map_or_else(String::new, |verdict| format!(" ({verdict})"));
            return unanswered(format!("{at}alias of {name}, which does not exist{proven}"));
        }
        if let Some(referral) = lookups.iter().find_map(|lookup| lookup.referral.as_ref()) {
            let servers: Vec<_> = referral.servers.iter().map(ToString::to_string).collect();
            return unanswered(format!("{at}not answered here: {} is served by {}", referral.zone, servers.join(", ")));
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
        let proven = proof::denial(lookups).map_or_else(String::new, |verdict| format!(", {verdict}"));
        unanswered(format!("{what} ({code}{}{proven}){}", self.server(last.server), errors(last)))
    }

    /// A name that is denied for some types and exists for others.
    pub fn contradiction(&self) -> Option<String> {
        let lookup = self.lookups().iter().find(|l| !l.denied.is_empty() && !l.records.is_empty())?;
        let mut denied = lookup.denied.clone();
        denied.sort_unstable_by_key(|rtype| order::rank(*rtype));
        Some(format!("{}: NXDOMAIN for {}, although the name has records", self.server(lookup.server), list(&denied)))
    }

    /// The name of a server for messages.
    pub fn server(&self, number: Option<usize>) -> &str {
        number.and_then(|n| self.servers.get(n)).map_or("no server", String::as_str)
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
                types.sort_unstable_by_key(|rtype| order::rank(*rtype));
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
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Silence(ignored) => ignored.to_string(),
        Reason::Unreachable(why) => why.clone(),
        Reason::Rcode(rcode) => rcode.to_string(),
        Reason::Truncated(why) => format!("answer truncated, and over TCP: {why}"),
        Reason::Incomplete => "answer truncated".to_owned(),
        Reason::Short => "answer cut short".to_owned(),
        Reason::Malformed => "malformed answer".to_owned(),
    }
}

/// An address, with its port where that is not 53.
pub fn place(address: SocketAddr) -> String {
    if address.port() == 53 { address.ip().to_string() } else { address.to_string() }
}

/// A time in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// `, extended error 18 (Prohibited): words`.
pub fn errors(lookup: &Lookup) -> String {
    let one = |error: &ExtendedError| format!(", extended error {}", Ede { code: error.code, text: &error.text });
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
