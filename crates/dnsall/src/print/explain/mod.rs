//! What the records say, in words: one line per fact, with its record.
//!
//! What was collected about a name, and about the names that go with it
//! ([`names_to_ask`]), comes in; sentences go out. Whose a name, a network or a
//! token is stands in data/providers.tsv (`providers`); what the record types
//! mean is said by the noun they are about: `services`, `mail` and `spf`,
//! `certificates`, `zone`. Nothing is said that no record shows; an absence
//! counts only where the server said that there is none. Nothing in here asks.
use std::collections::BTreeSet;

use plainnet_common::text;

use crate::{
    ask::record::Absent,
    wire::{
        name::Name,
        rdata::{Data, Shape},
        types::Type,
    },
};

mod certificates;
mod mail;
mod providers;
mod sentences;
mod services;
mod spf;
mod tags;
mod zone;

use sentences::Sentences;
pub use sentences::duration;

const HINFO: Type = Type(13);
const TLSA: Type = Type(52);
const NSEC3: Type = Type(50);

/// Names below a domain that say how its mail is to be treated: DMARC
/// (RFC 7489), MTA-STS (RFC 8461), TLS reports (RFC 8460) and BIMI.
const POLICIES: [&str; 4] = ["_dmarc", "_mta-sts", "_smtp._tls", "default._bimi"];

/// Types whose presence says all that there is to say about most of them.
const PRESENT: [(u16, &str); 9] = [
    (29, "the name has a place on Earth"),                          // LOC: RFC 1876
    (35, "the name is rewritten by rules"),                         // NAPTR: RFC 3403
    (44, "ssh can check the host's key, where DNSSEC proves it"),   // SSHFP: RFC 4255
    (45, "IPsec can be set up without asking"),                     // IPSECKEY: RFC 4025
    (53, "the sender's certificate can be looked up"),              // SMIMEA: RFC 8162
    (61, "the sender's OpenPGP key can be looked up"),              // OPENPGPKEY: RFC 7929
    (62, "the zone asks its parent to copy its delegation"),        // CSYNC: RFC 7477
    (63, "a copy of the whole zone can be checked"),                // ZONEMD: RFC 8976
    (66, "the zone says where changes of its keys are to be told"), // DSYNC: RFC 9859
];

/// A record that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// Its type.
    pub rtype: Type,
    /// Seconds it may be kept.
    pub ttl: u32,
    /// Its data.
    pub data: &'a Data,
    /// Its owner, where that is another name than the one asked about.
    pub at: Option<&'a Name>,
}

/// What was answered about one name.
#[derive(Debug)]
pub struct Collected<'a> {
    /// The name.
    pub name: &'a Name,
    /// Its records.
    pub facts: Vec<Fact<'a>>,
    /// What it does not have.
    pub absent: &'a [Absent],
    /// A server said that there is no such name.
    pub denied: bool,
}

/// The names that an explanation of `name` wants to be asked, too, and the type:
/// the policies for its mail. A name of a service or of a policy, and one that
/// stands for an address, has none.
pub fn names_to_ask(name: &Name) -> Vec<(Name, Type)> {
    if name.is_root() || is_special(name) {
        return Vec::new();
    }
    let below = POLICIES.iter().filter_map(|policy| Name::parse(policy).ok()?.join(name).ok());
    below.map(|name| (name, Type::TXT)).collect()
}

/// Does the name stand for a service, a policy or an address and not for a host or domain?
fn is_special(name: &Name) -> bool {
    let arpa = name.labels().next_back().is_some_and(|top| top.eq_ignore_ascii_case(b"arpa"));
    arpa || name.labels().any(|label| label.starts_with(b"_"))
}

/// Lines `fact: because record`, without newline: of the name and the targets
/// of its aliases (`names`), and of the names that [`names_to_ask`] lists
/// (`policies`), again with their targets behind them.
pub fn explain(names: &[Collected<'_>], policies: &[Collected<'_>]) -> Vec<String> {
    let mut said = Sentences::default();
    for collected in names {
        one(&mut said, collected);
    }
    if let Some(first) = names.first() {
        for policy in POLICIES {
            below(&mut said, first, policy, policies);
        }
    }
    let mut ttls = BTreeSet::new();
    // Signatures and denials have no time of their own.
    let all = names.iter().flat_map(|collected| &collected.facts);
    for fact in all.filter(|fact| !matches!(fact.rtype, Type::RRSIG | Type::NSEC | NSEC3)) {
        if ttls.insert(fact.ttl) {
            let kept = match fact.ttl {
                0 => "resolvers do not keep it".to_owned(),
                ttl => format!("resolvers keep it for {}", duration(ttl)),
            };
            said.say(kept, format!("{} has a TTL of {} s", fact.reason(), fact.ttl));
        }
    }
    said.lines()
}

/// What the records of one name say.
fn one(said: &mut Sentences, collected: &Collected<'_>) {
    let Collected { name, facts, absent, .. } = collected;
    let good: Vec<Fact<'_>> = facts.iter().filter(|fact| fact.data.shape != Shape::Malformed).copied().collect();
    let of = |rtype| good.iter().filter(move |fact| fact.rtype == rtype).collect::<Vec<_>>();
    let has_no = |rtype| absent.iter().any(|absent| absent.rtype == rtype);
    let shown = plain(name);
    services::addresses(said, &of(Type::A));
    zone::servers(said, &of(Type::NS));
    for fact in of(Type::CNAME) {
        let Some(target) = fact.name_at(0) else { continue };
        said.say(format!("the name is an alias of {}", plain(&target)), fact.reason());
        match Owner::of(name) {
            Owner::Selector { selector, domain } => mail::dkim_alias(said, &selector, &domain, fact, &target),
            _ => services::alias(said, name, fact, &target),
        }
    }
    for fact in of(Type::SOA) {
        zone::authority(said, fact);
    }
    for fact in of(Type::PTR) {
        if let Some(target) = fact.name_at(0) {
            said.say(format!("the name leads to {}", plain(&target)), fact.reason());
        }
    }
    for fact in of(HINFO) {
        // RFC 8482 section 4.2.
        if fact.data.wire.starts_with(b"\x07RFC8482") {
            said.say("the server answers no questions for everything (ANY)", fact.reason());
        }
    }
    mail::exchanges(said, &shown, &of(Type::MX));
    let has_address = !(has_no(Type::A) && has_no(Type::AAAA));
    texts(said, name, &of(Type::TXT), has_address, !has_no(Type::MX));
    services::addresses(said, &of(Type::AAAA));
    for fact in of(Type::SRV) {
        let service = match Owner::of(name) {
            Owner::Service(service) => Some(service),
            _ => None,
        };
        services::location(said, service.as_deref(), fact);
    }
    for fact in of(Type::DNAME) {
        if let Some(target) = fact.name_at(0) {
            said.say(format!("everything below the name is found below {}", plain(&target)), fact.reason());
        }
    }
    zone::dnssec(said, name, &good, absent);
    let service = match Owner::of(name) {
        Owner::Service(service) => service,
        _ => shown,
    };
    certificates::pins(said, &service, &of(TLSA));
    for fact in of(Type::SVCB).into_iter().chain(of(Type::HTTPS)) {
        services::binding(said, fact);
    }
    if !of(Type::CAA).is_empty() {
        certificates::authorities(said, &of(Type::CAA));
    }
    for fact in &good {
        if let Some((_, words)) = PRESENT.iter().find(|(rtype, _)| Type(*rtype) == fact.rtype) {
            said.say(*words, fact.reason());
        }
    }
    // Of an alias nothing else is to be expected.
    if of(Type::CNAME).is_empty() && !is_special(name) {
        absences(said, &good, absent);
    }
}

/// What the texts of a name say, by what the name is for.
fn texts(said: &mut Sentences, name: &Name, facts: &[&Fact<'_>], has_address: bool, has_mx: bool) {
    let texts: Vec<(&Fact<'_>, String)> = facts.iter().filter_map(|fact| Some((*fact, fact.string()?))).collect();
    let policies: Vec<_> = texts.iter().filter(|(_, text)| spf::is_policy(text.as_bytes())).cloned().collect();
    if !policies.is_empty() {
        spf::explain(said, &plain(name), &policies, has_address, has_mx);
    }
    match Owner::of(name) {
        Owner::Selector { selector, domain } => mail::dkim(said, &selector, &domain, &texts),
        Owner::Policy { policy, domain } => policy_texts(said, policy, &domain, &texts),
        Owner::Handle(domain) => {
            for (fact, text) in &texts {
                // atproto.com/specs/handle, DNS TXT method.
                if let Some(did) = text.strip_prefix("did=") {
                    let did = text::shown(did.as_bytes());
                    said.say(format!("{domain} is the handle of {did} (AT Protocol, Bluesky)"), fact.reason());
                }
            }
        }
        Owner::Service(_) | Owner::Other => {
            let label = name.labels().next().and_then(providers::by_label);
            for (fact, text) in &texts {
                if let Some(who) = label.or_else(|| providers::by_token(text.as_bytes())) {
                    said.say(format!("the name publishes a token for {who}"), fact.reason());
                }
            }
        }
    }
}

fn policy_texts(said: &mut Sentences, policy: &str, domain: &str, texts: &[(&Fact<'_>, String)]) {
    match policy {
        "_dmarc" => mail::dmarc(said, domain, texts),
        "_mta-sts" => mail::mta_sts(said, domain, texts),
        "_smtp._tls" => mail::tls_reports(said, domain, texts),
        _ => mail::bimi(said, domain, texts),
    }
}

/// What the names below `first` say about it. They may be aliases, and then
/// their targets' records count.
fn below(said: &mut Sentences, first: &Collected<'_>, policy: &'static str, policies: &[Collected<'_>]) {
    let Some(start) = Name::parse(policy).ok().and_then(|policy| policy.join(first.name).ok()) else { return };
    let Some(at) = policies.iter().position(|collected| collected.name.same(&start)) else { return };
    let mut chain = vec![&policies[at]];
    for next in &policies[at + 1..] {
        let target = chain.last().and_then(|last| last.facts.iter().find(|fact| fact.rtype == Type::CNAME));
        match target.and_then(|fact| fact.name_at(0)) {
            Some(target) if target.same(next.name) => chain.push(next),
            _ => break,
        }
    }
    let facts: Vec<Fact<'_>> = chain
        .iter()
        .flat_map(|collected| collected.facts.iter().map(|fact| Fact { at: Some(collected.name), ..*fact }))
        .collect();
    let texts: Vec<_> =
        facts.iter().filter(|f| f.rtype == Type::TXT).filter_map(|fact| Some((fact, fact.string()?))).collect();
    policy_texts(said, policy, &plain(first.name), &texts);
    let absent = chain[0].denied || chain[0].absent.iter().any(|absent| absent.rtype == Type::TXT);
    let denied = chain.len() == 1 && absent;
    let sends_mail = first.facts.iter().any(|fact| {
        let policy = || fact.rtype == Type::TXT && fact.string().is_some_and(|text| spf::is_policy(text.as_bytes()));
        let takes_mail = fact.rtype == Type::MX && fact.name_at(2).is_some_and(|host| !host.is_root());
        takes_mail || policy()
    });
    if policy == "_dmarc" && denied && sends_mail {
        let words = format!("{} has no DMARC policy of its own, but may have its parent domain's", plain(first.name));
        said.say(words, format!("there is no TXT record at {}", plain(&start)));
    }
}

/// What follows from records that are not there.
fn absences(said: &mut Sentences, facts: &[Fact<'_>], absent: &[Absent]) {
    let has = |rtype| facts.iter().any(|fact| fact.rtype == rtype);
    let none = |rtype| absent.iter().any(|absent| absent.rtype == rtype) && !has(rtype);
    let host = has(Type::A) || has(Type::AAAA);
    let rows = [
        (Type::AAAA, has(Type::A), "no direct IPv6"),
        (Type::A, has(Type::AAAA), "no direct IPv4"),
        // RFC 5321 section 5.1.
        (Type::MX, host, "mail goes to the host itself, if it takes any"),
        // RFC 8659 section 3: the parents are asked next.
        (Type::CAA, host, "any authority may issue certificates, unless a parent name says otherwise"),
    ];
    for (rtype, when, words) in rows {
        if when && none(rtype) {
            said.say(words, format!("there is no {rtype} record"));
        }
    }
    if !facts.is_empty() && none(Type::A) && none(Type::AAAA) {
        said.say("no host has the name itself", "there is no A and no AAAA record");
    }
}

/// What a name is for, by its labels.
enum Owner {
    /// A DKIM key: `SELECTOR._domainkey.DOMAIN`.
    Selector { selector: String, domain: String },
    /// One of [`POLICIES`] of a domain.
    Policy { policy: &'static str, domain: String },
    /// `_atproto.DOMAIN`.
    Handle(String),
    /// `_25._tcp.DOMAIN`, in words.
    Service(String),
    /// A host, a domain, or what we know nothing of.
    Other,
}

impl Owner {
    fn of(name: &Name) -> Owner {
        let text = plain(name);
        let lower = text.to_ascii_lowercase();
        if let Some(at) = lower.find("._domainkey.") {
            let domain = text[at + "._domainkey.".len()..].to_owned();
            return Owner::Selector { selector: text[..at].to_owned(), domain };
        }
        for policy in POLICIES {
            if let Some(rest) = lower.strip_prefix(policy).and_then(|rest| rest.strip_prefix('.')) {
                return Owner::Policy { policy, domain: text[text.len() - rest.len()..].to_owned() };
            }
        }
        if lower.starts_with("_atproto.") {
            return Owner::Handle(text["_atproto.".len()..].to_owned());
        }
        // RFC 2782 and RFC 6698: the service or port, the protocol, the domain.
        let mut parts = text.splitn(3, '.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(service), Some(protocol), Some(domain)) if service.starts_with('_') && protocol.starts_with('_') => {
                let (service, protocol) = (&service[1..], &protocol[1..]);
                Owner::Service(match service.parse::<u16>() {
                    Ok(port) => format!("the service at port {port}/{protocol} of {domain}"),
                    Err(_) => format!("the service {service}/{protocol} of {domain}"),
                })
            }
            _ => Owner::Other,
        }
    }
}

impl Fact<'_> {
    /// The record as the plain output has it, and its owner if that is another name.
    fn reason(&self) -> String {
        match self.at {
            None => format!("{}:{}", self.rtype, self.data.text),
            Some(owner) => format!("{}:{} at {}", self.rtype, self.data.text, plain(owner)),
        }
    }

    /// The name at this place of the data.
    fn name_at(&self, at: usize) -> Option<Name> {
        Name::read(&self.data.wire, at).map(|(name, _)| name)
    }

    /// The strings of a TXT record, put together as SPF, DKIM and DMARC want it.
    fn string(&self) -> Option<String> {
        let mut text = Vec::new();
        let mut rest = &self.data.wire[..];
        while let Some((len, behind)) = rest.split_first() {
            let (string, next) = behind.split_at_checked(usize::from(*len))?;
            text.extend_from_slice(string);
            rest = next;
        }
        Some(String::from_utf8_lossy(&text).into_owned())
    }
}

/// A name as people write it.
fn plain(name: &Name) -> String {
    let text = name.to_string();
    if name.is_root() { text } else { text.strip_suffix('.').unwrap_or(&text).to_owned() }
}

#[cfg(test)]
mod setups;
#[cfg(test)]
mod tests;
