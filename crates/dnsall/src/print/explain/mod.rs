//! What the records say, in words: one line per fact, each with its record.
//!
//! Who a name or a number belongs to is data, in `rules`; what the record
//! types mean is below. Nothing is said that no record shows; an absence counts
//! only where the server said that there is none.
use std::{collections::BTreeSet, net::IpAddr};

use plainnet_common::text;

use crate::{
    wire::name::Name,
    wire::rdata::{Data, Shape},
    wire::types::Type,
};

mod rules;
use rules::{On, RULES};

const SPF: Type = Type(99);
const HINFO: Type = Type(13);

/// A record that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// Its type.
    pub rtype: Type,
    /// Seconds it may be kept.
    pub ttl: u32,
    /// Its data.
    pub data: &'a Data,
}

/// Lines `fact: because record`, without newline. `none` are the types that were
/// asked and of which the server said that there are no records.
pub fn explain(name: &Name, facts: &[Fact], none: &[Type]) -> Vec<String> {
    let mut said = Said::default();
    for fact in facts.iter().filter(|fact| fact.data.shape != Shape::Malformed) {
        by_rules(&mut said, fact);
        by_type(&mut said, &plain(name), fact);
    }
    together(&mut said, facts);
    absences(&mut said, facts, none);
    let mut ttls = BTreeSet::new();
    for fact in facts.iter().filter(|fact| ttls.insert(fact.ttl)) {
        let words = format!("resolvers keep it for {}", duration(fact.ttl));
        said.because(words, format!("{} has a TTL of {} s", record(fact), fact.ttl));
    }
    said.lines()
}

/// Facts in the order they were found, each with its reasons.
#[derive(Default)]
struct Said(Vec<Sentence>);

struct Sentence {
    words: String,
    first: String,
    last: String,
    more: usize,
}

impl Said {
    fn fact(&mut self, fact: &Fact, words: impl Into<String>) {
        self.because(words, record(fact));
    }

    fn because(&mut self, words: impl Into<String>, reason: String) {
        let words = words.into();
        match self.0.iter_mut().find(|said| said.words == words) {
            // Two rules may say the same of one record.
            Some(said) if said.last == reason => {}
            Some(said) => {
                said.last = reason;
                said.more += 1;
            }
            None => self.0.push(Sentence { words, first: reason.clone(), last: reason, more: 0 }),
        }
    }

    fn lines(self) -> Vec<String> {
        let line = |Sentence { words, first, more, .. }| match more {
            0 => format!("{words}: because {first}"),
            _ => format!("{words}: because {first} and {more} more"),
        };
        self.0.into_iter().map(line).collect()
    }
}

/// The record as the plain output has it.
fn record(fact: &Fact) -> String {
    format!("{}:{}", fact.rtype, fact.data.text)
}

/// A name as people write it.
fn plain(name: &Name) -> String {
    let text = name.to_string();
    if name.is_root() { text } else { text.trim_end_matches('.').to_owned() }
}

/// Who is behind a record, by the table.
fn by_rules(said: &mut Said, fact: &Fact) {
    let address = address(fact);
    let target = target(fact);
    let joined = strings(fact);
    for rule in RULES {
        let hit = match rule.on {
            On::Dns => fact.rtype == Type::NS && target.as_ref().is_some_and(|name| rule.names(name)),
            On::Mail => fact.rtype == Type::MX && target.as_ref().is_some_and(|name| rule.names(name)),
            On::Alias => fact.rtype == Type::CNAME && target.as_ref().is_some_and(|name| rule.names(name)),
            On::Shared | On::Network | On::Reach => address.is_some_and(|ip| rule.holds(ip)),
            On::Token => joined.as_ref().is_some_and(|text| rule.starts(text)),
            On::Present => fact.rtype.mnemonic() == Some(rule.pattern),
            // These are looked up where their records are read.
            On::Sender | On::Issuer => false,
        };
        if !hit {
            continue;
        }
        let who = rule.who;
        match rule.on {
            On::Dns => said.fact(fact, format!("{who} runs the DNS")),
            On::Mail => said.fact(fact, format!("{who} takes the mail")),
            On::Alias | On::Network => said.fact(fact, format!("{who} serves the name")),
            On::Shared => {
                said.fact(fact, format!("{who} serves the name"));
                said.fact(fact, format!("many sites share the address, so that a request must name its site ({who})"));
            }
            On::Token => said.fact(fact, format!("{who} has verified the domain")),
            On::Reach | On::Present => said.fact(fact, who),
            On::Sender | On::Issuer => {}
        }
    }
}

/// What a record says by its type.
fn by_type(said: &mut Said, name: &str, fact: &Fact) {
    let words: Vec<&str> = fact.data.text.split(' ').collect();
    match fact.rtype {
        Type::SOA => soa(said, fact, &words),
        Type::CNAME => said.fact(fact, format!("the name is an alias of {}", plain_text(&fact.data.text))),
        Type::DNAME => {
            said.fact(fact, format!("everything below the name is found below {}", plain_text(&fact.data.text)));
        }
        Type::PTR => said.fact(fact, format!("the name leads to {}", plain_text(&fact.data.text))),
        // RFC 7505 section 3.
        Type::MX if fact.data.wire == [0, 0, 0] => said.fact(fact, "the name takes no mail"),
        // RFC 8482 section 4.2.
        HINFO if fact.data.wire.starts_with(b"\x07RFC8482") => {
            said.fact(fact, "the server answers no questions for everything (ANY)");
        }
        Type::TXT | SPF => {
            if let Some(text) = strings(fact).filter(|text| is_spf(text)) {
                spf(said, name, fact, &text);
            }
        }
        Type::CAA => caa(said, fact),
        Type::HTTPS => https(said, fact, &words),
        Type::DS => {
            let tag = words.first().copied().unwrap_or_default();
            said.fact(fact, format!("the parent zone vouches for key {tag}, so that answers can be verified (DNSSEC)"));
        }
        _ => {}
    }
}

/// The contact (RFC 1035 section 8.1) and how long "there is none" is kept
/// (RFC 2308 section 5).
fn soa(said: &mut Said, fact: &Fact, words: &[&str]) {
    let mailbox = Name::read(&fact.data.wire, 0).and_then(|(_, at)| Name::read(&fact.data.wire, at));
    if let Some((mailbox, _)) = mailbox
        && let Some((user, domain)) = mailbox.labels().next().zip(mailbox.parent())
    {
        said.fact(fact, format!("the zone's keeper is {}@{}", text::shown(user), plain(&domain)));
    }
    if let Some(minimum) = words.last().and_then(|word| word.parse::<u32>().ok()) {
        let words = format!("resolvers keep \"there is no such record\" for {}", duration(minimum.min(fact.ttl)));
        said.fact(fact, words);
    }
}

fn is_spf(text: &[u8]) -> bool {
    text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case(b"v=spf1")) && matches!(text.get(6), None | Some(b' '))
}

/// A sender policy, term by term (RFC 7208 section 4.6.1).
fn spf(said: &mut Said, name: &str, fact: &Fact, policy: &[u8]) {
    let policy = String::from_utf8_lossy(policy);
    let terms: Vec<&str> = policy.split(' ').skip(1).filter(|term| !term.is_empty()).collect();
    if let ["-all"] = terms[..] {
        return said.fact(fact, format!("no server at all may send mail as {name}"));
    }
    let mut networks = 0;
    for term in terms {
        let (sign, bare) = match term.as_bytes()[0] {
            sign @ (b'+' | b'-' | b'~' | b'?') => (sign, &term[1..]),
            _ => (b'+', term),
        };
        let lower = bare.to_ascii_lowercase();
        let (word, domain) = lower.split_once([':', '=', '/']).unwrap_or((&lower, ""));
        match (word, sign) {
            ("all", b'-') => said.fact(fact, format!("no other server may send mail as {name}")),
            ("all", b'~') => said.fact(fact, format!("mail as {name} from other servers is suspect")),
            ("all", b'?') => said.fact(fact, format!("nothing is said about mail as {name} from other servers")),
            ("all", _) => said.fact(fact, format!("any server may send mail as {name}")),
            ("redirect", _) => said.fact(fact, format!("the sender policy is that of {}", shown(domain))),
            ("include", b'+') => match RULES.iter().find(|rule| rule.on == On::Sender && rule.ends(domain)) {
                Some(rule) => said.fact(fact, format!("{} may send mail as {name}", rule.who)),
                None => said.fact(fact, format!("whom {} allows may send mail as {name}", shown(domain))),
            },
            ("ip4" | "ip6", b'+') => networks += 1,
            ("a", b'+') => said.fact(fact, format!("the hosts of {} may send mail as {name}", or(domain, name))),
            ("mx", b'+') => {
                said.fact(fact, format!("the mail servers of {} may send mail as {name}", or(domain, name)))
            }
            _ => {}
        }
    }
    if networks > 0 {
        let of = if networks == 1 { "1 network".to_owned() } else { format!("{networks} networks") };
        said.fact(fact, format!("{of} named there may send mail as {name}"));
    }
}

/// The domain of an SPF term, or the name itself where it has none but a prefix length.
fn or(domain: &str, name: &str) -> String {
    if domain.is_empty() || domain.bytes().all(|b| b.is_ascii_digit() || b == b'/') {
        name.into()
    } else {
        shown(domain)
    }
}

fn shown(text: &str) -> String {
    text::shown(text.as_bytes())
}

/// Who may issue certificates (RFC 8659 section 4).
fn caa(said: &mut Said, fact: &Fact) {
    let Some((tag, value)) = fact.data.wire.split_at_checked(2).and_then(|(head, rest)| {
        let (tag, value) = rest.split_at_checked(usize::from(head[1]))?;
        Some((String::from_utf8_lossy(tag).to_ascii_lowercase(), String::from_utf8_lossy(value)))
    }) else {
        return;
    };
    let issuer = value.split(';').next().unwrap_or_default().trim();
    let who = match RULES.iter().find(|rule| rule.on == On::Issuer && rule.ends(issuer)) {
        Some(rule) => rule.who.to_owned(),
        None if issuer.is_empty() => "no authority".to_owned(),
        None => shown(issuer),
    };
    match tag.as_str() {
        "issue" => said.fact(fact, format!("{who} may issue certificates")),
        "issuewild" => said.fact(fact, format!("{who} may issue wildcard certificates")),
        "issuemail" => said.fact(fact, format!("{who} may issue certificates for mail")),
        "iodef" => said.fact(fact, format!("violations are to be reported to {}", shown(&value))),
        _ => {}
    }
}

/// How to connect (RFC 9460 sections 2.4, 7 and 9).
fn https(said: &mut Said, fact: &Fact, words: &[&str]) {
    if let ["0", target, ..] = words[..] {
        return said.fact(fact, format!("the web site is served by {}", plain_text(target)));
    }
    for word in words.iter().skip(2) {
        match word.split_once('=') {
            Some(("alpn", list)) => {
                let ids: Vec<_> = list.trim_matches('"').split(',').collect();
                for (id, protocol) in [("h3", "HTTP/3 (QUIC)"), ("h2", "HTTP/2")] {
                    if ids.contains(&id) {
                        said.fact(fact, format!("browsers can speak {protocol} at once"));
                    }
                }
            }
            Some(("ech", _)) => said.fact(fact, "browsers can hide the site's name in the handshake (ECH)"),
            Some(("port", port)) => said.fact(fact, format!("the web site is at port {port}")),
            _ => {}
        }
    }
}

/// What several records say together.
fn together(said: &mut Said, facts: &[Fact]) {
    for rtype in [Type::A, Type::AAAA] {
        let of: Vec<_> = facts.iter().filter(|fact| fact.rtype == rtype).collect();
        if of.len() > 1 {
            let family = if rtype == Type::A { "IPv4" } else { "IPv6" };
            for fact in &of {
                said.fact(fact, format!("{} {family} addresses share the load", of.len()));
            }
        }
    }
    let policies: Vec<_> = facts
        .iter()
        .filter(|fact| fact.rtype == Type::TXT && strings(fact).is_some_and(|text| is_spf(&text)))
        .collect();
    if policies.len() > 1 {
        for fact in policies {
            // RFC 7208 section 4.5.
            said.fact(fact, "the sender policy is void, since there are several");
        }
    }
}

/// What follows from records that are not there.
fn absences(said: &mut Said, facts: &[Fact], none: &[Type]) {
    let has = |rtype| facts.iter().any(|fact| fact.rtype == rtype);
    let host = has(Type::A) || has(Type::AAAA);
    let apex = has(Type::SOA) || has(Type::DNSKEY);
    let rows = [
        (Type::AAAA, has(Type::A), "no direct IPv6"),
        (Type::A, has(Type::AAAA), "no direct IPv4"),
        // RFC 5321 section 5.1.
        (Type::MX, host, "mail goes to the host itself, if it takes any"),
        // RFC 8659 section 3: the parents are asked next.
        (Type::CAA, host, "any authority may issue certificates, unless a parent name says otherwise"),
        (Type::DS, apex && !has(Type::DNSKEY), "answers cannot be verified (no DNSSEC)"),
        (Type::DS, has(Type::DNSKEY), "the zone has keys but nobody vouches for them (DNSSEC)"),
    ];
    for (rtype, _, words) in rows.into_iter().filter(|(rtype, when, _)| *when && none.contains(rtype) && !has(*rtype)) {
        said.because(words, format!("there is no {rtype} record"));
    }
    if !facts.is_empty() && !host && [Type::A, Type::AAAA].iter().all(|rtype| none.contains(rtype)) {
        said.because("no host has the name itself", "there is no A and no AAAA record".to_owned());
    }
}

/// Seconds as a person says them: `5 minutes`, `about 17 hours`.
pub fn duration(seconds: u32) -> String {
    const UNITS: [(u32, &str); 3] = [(86400, "day"), (3600, "hour"), (60, "minute")];
    let (unit, word) =
        UNITS.into_iter().find(|(unit, _)| seconds == *unit || seconds / unit > 1).unwrap_or((1, "second"));
    let count = seconds / unit + u32::from(seconds % unit >= unit.div_ceil(2) && unit > 1);
    let about = if seconds.is_multiple_of(unit) { "" } else { "about " };
    let plural = if count == 1 { "" } else { "s" };
    format!("{about}{count} {word}{plural}")
}

fn plain_text(name: &str) -> &str {
    if name == "." { name } else { name.strip_suffix('.').unwrap_or(name) }
}

fn address(fact: &Fact) -> Option<IpAddr> {
    match fact.rtype {
        Type::A => <[u8; 4]>::try_from(&fact.data.wire[..]).ok().map(IpAddr::from),
        Type::AAAA => <[u8; 16]>::try_from(&fact.data.wire[..]).ok().map(IpAddr::from),
        _ => None,
    }
}

/// The name that a record leads to.
fn target(fact: &Fact) -> Option<Name> {
    let at = match fact.rtype {
        Type::NS | Type::CNAME => 0,
        Type::MX => 2,
        _ => return None,
    };
    Name::read(&fact.data.wire, at).map(|(name, _)| name)
}

/// The strings of a text record, put together.
fn strings(fact: &Fact) -> Option<Vec<u8>> {
    if ![Type::TXT, SPF].contains(&fact.rtype) {
        return None;
    }
    let mut text = Vec::new();
    let mut rest = &fact.data.wire[..];
    while let Some((len, behind)) = rest.split_first() {
        let (string, next) = behind.split_at_checked(usize::from(*len))?;
        text.extend_from_slice(string);
        rest = next;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rdata;

    fn of(records: &[(&str, u32, &[u8])], none: &[Type]) -> Vec<String> {
        let data: Vec<_> = records
            .iter()
            .map(|(mnemonic, ttl, wire)| {
                let rtype: Type = mnemonic.parse().unwrap();
                (rtype, *ttl, rdata::read(rtype, wire, 0..wire.len()))
            })
            .collect();
        let facts: Vec<_> = data.iter().map(|(rtype, ttl, data)| Fact { rtype: *rtype, ttl: *ttl, data }).collect();
        explain(&Name::parse("dev.example").unwrap(), &facts, none)
    }

    fn wire(text: &str) -> Vec<u8> {
        Name::parse(text).unwrap().wire().to_vec()
    }

    fn txt(text: &str) -> Vec<u8> {
        [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat()
    }

    #[test]
    fn a_site_behind_a_network_of_many() {
        let lines = of(
            &[("A", 61854, &[151, 101, 2, 217]), ("A", 61854, &[151, 101, 66, 217])],
            &[Type::AAAA, Type::CAA, Type::MX],
        );
        assert_eq!(
            lines,
            [
                "Fastly serves the name: because A:151.101.2.217 and 1 more",
                "many sites share the address, so that a request must name its site (Fastly): because A:151.101.2.217 and 1 more",
                "2 IPv4 addresses share the load: because A:151.101.2.217 and 1 more",
                "no direct IPv6: because there is no AAAA record",
                "mail goes to the host itself, if it takes any: because there is no MX record",
                "any authority may issue certificates, unless a parent name says otherwise: because there is no CAA record",
                "resolvers keep it for about 17 hours: because A:151.101.2.217 has a TTL of 61854 s",
            ]
        );
    }

    #[test]
    fn who_runs_what() {
        let ns = wire("ADA.ns.cloudflare.com");
        let mx = [&[0, 1][..], &wire("aspmx.l.google.com")].concat();
        let soa = [&wire("a.b")[..], &wire("dns\\.admin.example.net"), &[0; 16], &[0, 0, 7, 8]].concat();
        let lines = of(&[("NS", 300, &ns), ("SOA", 300, &soa), ("MX", 300, &mx)], &[Type::DS]);
        assert_eq!(
            lines,
            [
                "Cloudflare runs the DNS: because NS:ADA.ns.cloudflare.com.",
                "the zone's keeper is dns.admin@example.net: because SOA:a.b. dns\\.admin.example.net. 0 0 0 0 1800",
                "resolvers keep \"there is no such record\" for 5 minutes: because SOA:a.b. dns\\.admin.example.net. 0 0 0 0 1800",
                "Google takes the mail: because MX:1 aspmx.l.google.com.",
                "answers cannot be verified (no DNSSEC): because there is no DS record",
                "resolvers keep it for 5 minutes: because NS:ADA.ns.cloudflare.com. has a TTL of 300 s",
            ]
        );
        assert_eq!(of(&[("MX", 1, &[0, 0, 0])], &[])[0], "the name takes no mail: because MX:0 .");
        // A look-alike is nobody's.
        assert_eq!(of(&[("NS", 1, &wire("a.evilns.cloudflare.com.example"))], &[]).len(), 1);
    }

    #[test]
    fn sender_policies_and_tokens() {
        let spf = txt("v=spf1 include:_spf.google.com include:x.example ip4:192.0.2.0/24 ip4:192.0.2.1 mx ~all");
        let token = txt("google-site-verification=abc");
        let ms = txt("MS=ms1234");
        let lines = of(&[("TXT", 1, &spf), ("TXT", 1, &token), ("TXT", 1, &ms)], &[]);
        let facts: Vec<_> = lines.iter().map(|line| line.split(": because").next().unwrap()).collect();
        assert_eq!(
            facts,
            [
                "Google may send mail as dev.example",
                "whom x.example allows may send mail as dev.example",
                "the mail servers of dev.example may send mail as dev.example",
                "mail as dev.example from other servers is suspect",
                "2 networks named there may send mail as dev.example",
                "Google has verified the domain",
                "Microsoft has verified the domain",
                "resolvers keep it for 1 second",
            ]
        );
        assert_eq!(
            of(&[("TXT", 1, &txt("v=spf1 -all"))], &[])[0],
            "no server at all may send mail as dev.example: because TXT:\"v=spf1 -all\""
        );
        assert!(
            of(&[("TXT", 1, &txt("v=spf1 -all")), ("TXT", 1, &txt("V=SPF1"))], &[])[1]
                .starts_with("the sender policy is void")
        );
        assert_eq!(
            of(&[("TXT", 1, &txt("v=spf1 redirect=_spf.\u{1b}x"))], &[])[0],
            "the sender policy is that of _spf.\\x1bx: because TXT:\"v=spf1 redirect=_spf.\\027x\""
        );
        assert_eq!(of(&[("TXT", 1, &txt("v=spf10 -all"))], &[]).len(), 1);
    }

    #[test]
    fn certificates_and_connections() {
        let lines = of(
            &[
                ("CAA", 1, b"\0\x05issueletsencrypt.org; accounturi=x"),
                ("CAA", 1, b"\0\x09issuewild;"),
                ("CAA", 1, b"\0\x05issueca.example"),
                ("HTTPS", 1, b"\0\x01\0\0\x01\0\x06\x02h3\x02h2\0\x05\0\x01x"),
            ],
            &[],
        );
        let facts: Vec<_> = lines.iter().map(|line| line.split(": because").next().unwrap()).collect();
        assert_eq!(
            facts,
            [
                "Let's Encrypt may issue certificates",
                "no authority may issue wildcard certificates",
                "ca.example may issue certificates",
                "browsers can speak HTTP/3 (QUIC) at once",
                "browsers can speak HTTP/2 at once",
                "browsers can hide the site's name in the handshake (ECH)",
                "resolvers keep it for 1 second",
            ]
        );
    }

    #[test]
    fn nothing_without_a_record() {
        assert!(of(&[], &[]).is_empty());
        assert!(of(&[], &[Type::AAAA, Type::MX, Type::CAA, Type::DS]).is_empty());
        // Not asked, so not known to be absent.
        assert_eq!(of(&[("A", 60, &[192, 0, 2, 1])], &[]).len(), 1);
        let lines = of(&[("MX", 60, &[0, 0, 0])], &[Type::A, Type::AAAA]);
        assert_eq!(lines[1], "no host has the name itself: because there is no A and no AAAA record");
        // Malformed: its TTL is all there is.
        assert_eq!(
            of(&[("MX", 60, &[0])], &[]),
            ["resolvers keep it for 1 minute: because MX:\\# 1 00 has a TTL of 60 s"]
        );
    }

    #[test]
    fn seconds_in_words() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (90, "90 seconds"),
            (300, "5 minutes"),
            (3600, "1 hour"),
            (5400, "90 minutes"),
            (61854, "about 17 hours"),
            (86400, "1 day"),
            (604800, "7 days"),
            (u32::MAX, "about 49710 days"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }
}
