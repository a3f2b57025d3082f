//! What an answer means for the search: is it the answer, and if not, who has it?
//!
//! Only attributes and remarks in their places are looked at. A holder may
//! write `descr: access denied` or name any server in a comment.
use std::net::{IpAddr, Ipv4Addr};

use plainnet_common::special;

use crate::{ask::question::Question, ask::servers, read::reply::Reply, table::registry::Registry};

/// The port of rwhois (RFC 2167).
pub const RWHOIS: u16 = 4321;

/// Where an answer sends us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As it was written: foreign text.
    pub written: String,
    /// Host and port, if it is a `whois://` or `rwhois://` URL or a bare name, and nothing more.
    pub place: Option<(String, u16)>,
}

impl Target {
    /// Reads `whois://host[:port]`, `rwhois://host[:port][/...]` or a bare name.
    pub fn parse(written: &str) -> Target {
        let lower = written.to_ascii_lowercase();
        let (rest, port) = match (lower.strip_prefix("whois://"), lower.strip_prefix("rwhois://")) {
            (Some(rest), _) => (rest, servers::WHOIS),
            (_, Some(rest)) => (rest, RWHOIS),
            _ => (&*lower, servers::WHOIS),
        };
        // rwhois has a path after the port, `/auth-area=...`; it changes nothing.
        let rest = rest.split_once('/').map_or(rest, |(host, _)| host);
        let place = servers::split(rest).map(|(host, own)| (host.to_owned(), own.unwrap_or(port)));
        Target { written: written.to_owned(), place }
    }
}

/// Is this host an address that is not public, as getaddrinfo(3) reads one, or this machine's name? Names
/// may lead there, too; that is seen when they are looked up.
pub fn is_inside(host: &str) -> bool {
    let address = host.parse().ok().or_else(|| inet_aton(host).map(IpAddr::V4));
    match address {
        Some(address) => !special::is_public(address),
        None => host.trim_end_matches('.') == "localhost" || host.ends_with(".localhost"),
    }
}

/// The forms of inet_aton(3): one to four numbers, decimal, octal or hexadecimal, the last of which fills the rest.
fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let number = |part: &str| match (part.strip_prefix("0x"), part.strip_prefix('0')) {
        (Some(hex), _) => u32::from_str_radix(hex, 16).ok(),
        (None, Some(octal)) if !octal.is_empty() => u32::from_str_radix(octal, 8).ok(),
        _ => part.parse().ok(),
    };
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, bytes) = parts.split_last()?;
    if bytes.len() > 3 || bytes.iter().any(|byte| *byte > 255) {
        return None;
    }
    let rest = 32 - 8 * bytes.len() as u32;
    if u64::from(*last) >> rest != 0 {
        return None;
    }
    let high = bytes.iter().enumerate().map(|(i, byte)| byte << (24 - 8 * i)).sum::<u32>();
    Some(Ipv4Addr::from_bits(high + last))
}

/// What an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The record asked for.
    Answer,
    /// Another server has it, or has more of it.
    Refer(Target),
    /// It moved to this registry.
    Moved(Registry),
    /// "Not here."
    Placeholder,
    /// There is none.
    Missing,
    /// There are records, and none is about what was asked; what they are about.
    Elsewhere(String),
    /// The registry doesn't want to answer; its words.
    Denied(String),
    /// ARIN gave a list; this handle is the most specific row.
    Listed(String),
    /// Nothing came but a banner, or nothing at all.
    Empty,
    /// There is no record in it, and no known way to say that there is none, so it is an outage
    /// or the like; the server's words.
    Unrecognized(String),
    /// The registry could not ask the one that has it.
    Unable(String),
}

/// Judges the answer of a server of `registry` (nothing for anybody else's).
pub fn judge(question: &Question, registry: Option<Registry>, reply: &Reply<'_>) -> Verdict {
    let at = reply.answering(question);
    if let Some(words) = refusal(reply) {
        return Verdict::Denied(words);
    }
    if let Some(verdict) = reply.remarks.iter().find_map(|r| told(registry, r)) {
        return verdict;
    }
    if registry == Some(Registry::Iana) {
        let refer = reply.objects().find_map(|o| o.get(&["refer"]));
        if let Some(host) = refer.or_else(|| reply.objects().find_map(|o| o.get(&["whois"]))) {
            return Verdict::Refer(Target::parse(host));
        }
    }
    let listing = matches!(question, Question::Holdings(_));
    if listing && (reply.list().next().is_some() || at.is_some()) {
        return Verdict::Answer;
    }
    let Some(at) = at else {
        return match best_row(question, reply) {
            Some(handle) => Verdict::Listed(handle),
            None if is_missing(reply) => Verdict::Missing,
            None if reply.is_empty() => words(reply).map_or(Verdict::Empty, Verdict::Unrecognized),
            None => match reply.about() {
                Some(about) => Verdict::Elsewhere(about),
                // Text of a server that has no form, or of one whose form is not known here.
                None if registry.is_none_or(|r| !r.is_regional()) => Verdict::Answer,
                // A list of others.
                None if reply.list().next().is_some() => Verdict::Missing,
                None => words(reply).map_or(Verdict::Empty, Verdict::Unrecognized),
            },
        };
    };
    let Some(main) = reply.object(at) else { return Verdict::Empty };
    if main.all("mnt-by").flat_map(|m| m.split(',')).any(|m| m.trim().eq_ignore_ascii_case("APNIC-STUB"))
        && let Some(to) = main.all("descr").find_map(moved)
    {
        return Verdict::Moved(to);
    }
    if main.get(&["netname"]).is_some_and(is_placeholder) || main.range().is_some_and(|r| r.prefix_len() == Some(0)) {
        return Verdict::Placeholder;
    }
    // ARIN's, in the record that answers or its organisation; the last one counts.
    match reply.group(at).flat_map(|o| o.all("referralserver")).last() {
        Some(url) => Verdict::Refer(Target::parse(url)),
        None => Verdict::Answer,
    }
}

/// The words of a registry that limits or denies us. Attributes are holders' text and don't count.
pub fn refusal(reply: &Reply<'_>) -> Option<String> {
    const CODES: [&str; 7] = ["201", "203", "208", "305", "306", "901", "902"];
    const WORDS: [&str; 5] = [
        "access control limit reached",
        "query rate limit exceeded",
        "access denied for",
        "too many requests",
        "query limit exceeded",
    ];
    let code = |line: &str| line.strip_prefix("ERROR:").is_some_and(|rest| CODES.iter().any(|c| rest.starts_with(c)));
    let loose = reply.loose.iter().filter(|_| !reply.has_objects());
    let mut lines = reply.remarks.iter().chain(loose);
    let found = lines.find(|line| {
        let lower = line.to_ascii_lowercase();
        code(line) || WORDS.iter().any(|w| lower.contains(w))
    });
    // A bare `ERROR:201 ...` line looks like an attribute.
    let bare = || reply.objects().find_map(|o| o.get(&["error"])).filter(|v| CODES.iter().any(|c| v.starts_with(c)));
    found.map(|words| (*words).to_owned()).or_else(|| bare().map(|v| format!("ERROR:{v}")))
}

/// What a remark says about where to look.
fn told(registry: Option<Registry>, remark: &str) -> Option<Verdict> {
    if let Some(rest) = remark.strip_prefix("The WHOIS is temporary unable to query ") {
        let name = rest.trim_end_matches('.').split_whitespace().next().unwrap_or(rest);
        return Some(match Registry::from_name(name).map(Registry::host).or(Some(name).filter(|n| n.contains('.'))) {
            Some(host) => Verdict::Refer(Target::parse(host)),
            None => Verdict::Unable(remark.to_owned()),
        });
    }
    // This is rwhois (RFC 2167), which no registry speaks.
    if let Some(url) = remark.strip_prefix("referral ").filter(|_| registry.is_none()) {
        return Some(Verdict::Refer(Target::parse(url.trim())));
    }
    let lower = remark.to_ascii_lowercase();
    let placeholders = ["not allocated to apnic", "unallocated and unassigned in lacnic block"];
    placeholders.iter().any(|p| lower.contains(p)).then_some(Verdict::Placeholder)
}

/// `Transferred to the RIPE region on 2018-03-19T09:06:17Z.`
fn moved(descr: &str) -> Option<Registry> {
    let rest = descr.trim().strip_prefix("Transferred to the ")?;
    Registry::from_name(rest.split_once(" region")?.0).filter(|r| r.is_regional())
}

/// Names of records that only say "not here".
pub fn is_placeholder(netname: &str) -> bool {
    let name = netname.to_ascii_uppercase();
    let exact = ["ERX-NETBLOCK", "NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK", "IANA-BLK", "ARIN-CIDR-BLOCK", "ROOT"];
    exact.contains(&name.as_str()) || name.starts_with("IANA-NETBLOCK-") || name.starts_with("EU-ZZ-")
}

/// The most specific row of ARIN's list that holds what was asked.
fn best_row(question: &Question, reply: &Reply<'_>) -> Option<String> {
    let Question::Addresses(asked) = question else { return None };
    let rows =
        reply.list().filter_map(|row| row.range.filter(|r| r.holds(asked)).map(|r| (r.last - r.first, row.handle)));
    // Of equal ones the later is the child.
    let (_, handle) = rows.rev().min_by_key(|(extent, _)| *extent)?;
    // It goes into a query, so it must be a handle and nothing else.
    matches!(Question::parse(handle), Ok(Question::Handle(_))).then(|| handle.to_owned())
}

/// The line of a reply without a record that tells the most: an error, or else the first one, but a
/// remark only where there is nothing else. A banner says nothing.
pub fn words(reply: &Reply<'_>) -> Option<String> {
    let error = reply.remarks.iter().find(|remark| remark.starts_with("ERROR"));
    if let Some(line) = error.or_else(|| reply.loose.first()) {
        return Some((*line).to_owned());
    }
    let line = first_line(reply).map(|(key, value)| format!("{key}: {value}"));
    line.or_else(|| reply.remarks.iter().find(|remark| !is_banner(remark)).map(|remark| (*remark).to_owned()))
}

/// What the registries' servers say before and after every answer.
fn is_banner(remark: &str) -> bool {
    const BEGINNINGS: [&str; 8] = [
        "this is the ",
        "the objects are in rpsl format",
        "this query was served by",
        "[whois.",
        "ip client:",
        "joint whois",
        "see http",
        "available at: http",
    ];
    let lower = remark.to_ascii_lowercase();
    BEGINNINGS.iter().any(|b| lower.starts_with(b)) || lower.contains("terms") || lower.contains("copyright")
}

/// The first line that looks like an attribute: `Not found: 192.0.2.1` does, too.
fn first_line<'r>(reply: &'r Reply<'_>) -> Option<(&'r str, &'r str)> {
    reply.object(0)?.attributes.first().map(|line| (line.key, &*line.value))
}

/// The registries' ways to say that there is nothing.
fn is_missing(reply: &Reply<'_>) -> bool {
    const WORDS: [&str; 9] = [
        "no match",
        "returned 0 objects",
        "no entries found",
        "error:101",
        "error 230",
        "not found",
        "no data found",
        "not registered",
        "no objects found",
    ];
    let lines = reply.remarks.iter().chain(&reply.loose);
    let first = first_line(reply).filter(|_| reply.about().is_none()).map(|(key, value)| format!("{key}:{value}"));
    let mut lines = lines.map(|l| l.to_ascii_lowercase()).chain(first.map(|l| l.to_ascii_lowercase()));
    lines.any(|l| WORDS.iter().any(|w| l.contains(w)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(registry: Registry, text: &str) -> Verdict {
        judge(&Question::parse("192.0.2.1").unwrap(), Some(registry), &Reply::parse(text))
    }

    #[test]
    fn addresses_inside_are_known_in_every_form() {
        for host in [
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "::1",
            "::ffff:127.0.0.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "10.1.2",
            "0",
            "localhost",
            "localhost.",
            "a.localhost",
            "224.0.0.1",
        ] {
            assert!(is_inside(host), "{host}");
        }
        for host in ["8.8.8.8", "134744072", "8.8.2056", "2001:4860:4860::8888", "whois.example", "127.0.0.1.example"] {
            assert!(!is_inside(host), "{host}");
        }
        // inet(3): each part but the last is a byte, and the last one fits the rest.
        for (text, is_one) in
            [("256.1", false), ("1.16777215", true), ("1.16777216", false), ("08", false), ("1.2.3.4.5", false)]
        {
            assert_eq!(inet_aton(text).is_some(), is_one, "{text}");
        }
    }

    #[test]
    fn referrals_stand_in_their_attribute() {
        let net = "NetRange: 192.0.2.0 - 192.0.2.255\n";
        let refers = |text: &str| match verdict(Registry::Arin, text) {
            Verdict::Refer(target) => target.place,
            _ => None,
        };
        let place = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(
            refers(&format!("{net}\nOrgId: X\nReferralServer:  whois://whois.ripe.net\n")),
            place("whois.ripe.net", 43)
        );
        assert_eq!(refers(&format!("{net}ReferralServer: rwhois://r.example:4321/\n")), place("r.example", 4321));
        assert_eq!(refers(&format!("{net}ReferralServer: rwhois://r.example\n")), place("r.example", 4321));
        assert_eq!(refers(&format!("{net}ReferralServer: whois.apnic.net\n")), place("whois.apnic.net", 43));
        for text in
            ["ResourceLink: whois://whois.ripe.net", "Comment: ReferralServer: whois://x", "remarks: whois.ripe.net"]
        {
            assert_eq!(verdict(Registry::Arin, &format!("{net}{text}\n")), Verdict::Answer, "{text}");
        }
        let parent = "NetRange: 192.0.0.0 - 192.0.255.255\nReferralServer: whois://parent.example\n\n";
        assert_eq!(
            refers(&format!("{parent}{net}ReferralServer: whois://a\nReferralServer: whois://b\n")),
            place("b", 43)
        );
        assert_eq!(verdict(Registry::Arin, &format!("{parent}{net}")), Verdict::Answer);
        let iana = "refer:        whois.apnic.net\n\ninetnum: 192.0.0.0 - 192.255.255.255\n\nwhois: whois.apnic.net\n";
        assert!(matches!(verdict(Registry::Iana, iana), Verdict::Refer(t) if t.written == "whois.apnic.net"));
    }

    #[test]
    fn a_target_is_a_host_and_a_port() {
        for bad in ["whois://a@b", "whois://a b", "http://whois.ripe.net/x", "whois://", "whois://h:0", "whois://h:x"] {
            let place = Target::parse(bad).place;
            assert!(place.is_none() || bad.starts_with("http"), "{bad} {place:?}");
        }
        assert_eq!(Target::parse("https://rdap.example/").place, None);
    }

    #[test]
    fn stubs_need_their_maintainer() {
        let stub = "inetnum: 192.0.2.0 - 192.0.2.255\ndescr: Transferred to the RIPE region on 2018-03-19T09:06:17Z.\n";
        assert_eq!(verdict(Registry::Apnic, &format!("{stub}mnt-by: APNIC-STUB\n")), Verdict::Moved(Registry::Ripe));
        assert_eq!(verdict(Registry::Apnic, &format!("{stub}mnt-by: MAINT-X\n")), Verdict::Answer);
    }

    #[test]
    fn placeholders_say_not_here() {
        for name in
            ["ERX-NETBLOCK", "IANA-NETBLOCK-192", "NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK", "IANA-BLK", "EU-ZZ-192", "ROOT"]
        {
            let text = format!("inetnum: 192.0.0.0 - 192.255.255.255\nnetname: {name}\n");
            assert_eq!(verdict(Registry::Apnic, &text), Verdict::Placeholder, "{name}");
        }
        assert_eq!(verdict(Registry::Ripe, "inetnum: 0.0.0.0 - 255.255.255.255\nnetname: X\n"), Verdict::Placeholder);
        let data = "inetnum: 192.0.2.0/24\nnetname: ROOTS\ndescr: not allocated to APNIC\n";
        assert_eq!(verdict(Registry::Apnic, data), Verdict::Answer);
        assert_eq!(
            verdict(Registry::Lacnic, "% Unallocated and unassigned in LACNIC block: 192.0.2/24\n"),
            Verdict::Placeholder
        );
    }

    #[test]
    fn misses_and_denials_are_told_apart() {
        for text in [
            "%ERROR:101: no entries found\n%\n% No entries found in source RIPE.\n",
            "No match found for n + 192.0.2.1.\n",
            "No match!!\n",
            "No match found for 2001:db8::1.\n",
            "% IANA WHOIS server\n% This query returned 0 objects.\n",
        ] {
            assert_eq!(verdict(Registry::Ripe, text), Verdict::Missing, "{text}");
        }
        for text in [
            "%ERROR:201: access denied for 192.0.2.7\n",
            "%ERROR:306: connections exceeded\n",
            "% Query rate limit exceeded\n",
            "Query rate limit exceeded\n",
            "Query rate limit exceeded: try again later\n",
            "% You have reached... access control limit reached\n",
        ] {
            assert!(matches!(verdict(Registry::Ripe, text), Verdict::Denied(_)), "{text}");
        }
        let data = "inetnum: 192.0.2.0/24\ndescr: access denied for all, query rate limit exceeded\nremarks: No match found for\n";
        assert_eq!(verdict(Registry::Ripe, data), Verdict::Answer);
        let jpnic = "a. [Network Number]  192.0.2.0/24\n\nMore Specific Info.\n----------\nNo match!!\n";
        assert_eq!(verdict(Registry::Jpnic, jpnic), Verdict::Answer);
        for text in [
            "",
            "% This is the RIPE Database query service.\n% The objects are in RPSL format.\n%\n\
             % The RIPE Database is subject to Terms and Conditions.\n\
             % See https://docs.db.ripe.net/terms-conditions.html\n\n",
            "% [whois.apnic.net]\n% Whois data copyright terms    http://www.apnic.net/db/dbcopyright.html\n\n",
            "% IP Client: 192.0.2.7\n\n% Joint Whois - whois.lacnic.net\n",
            "#\n# ARIN WHOIS data and services are subject to the Terms of Use\n\
             # available at: https://www.arin.net/resources/registry/whois/tou/\n#\n",
            "\n\n% This query was served by the RIPE Database Query Service version 1.114\n",
        ] {
            assert_eq!(verdict(Registry::Ripe, text), Verdict::Empty, "{text}");
        }
    }

    #[test]
    fn a_list_leads_to_its_most_specific_row() {
        let text = "P P (NET-192-0-0-0-1) 192.0.0.0 - 192.0.255.255\nC C (NET-192-0-2-0-1) 192.0.2.0 - 192.0.2.255\n\
                    O O (NET-192-0-3-0-1) 192.0.3.0 - 192.0.3.255\n";
        assert_eq!(verdict(Registry::Arin, text), Verdict::Listed("NET-192-0-2-0-1".into()));
        // What follows is no handle, or none that a query has room for.
        for handle in ["NET-1;x".to_owned(), "-h".to_owned(), format!("NET-{}", "2".repeat(200))] {
            let text = format!("C C ({handle}) 192.0.2.0 - 192.0.2.255\n");
            assert!(!matches!(verdict(Registry::Arin, &text), Verdict::Listed(_)), "{handle}");
        }
    }

    #[test]
    fn of_equal_rows_the_later_is_the_child() {
        let text = "A P (NET-192-0-0-0-0) 192.0.0.0 - 192.255.255.255\nB Q (NET-192-0-2-0-1) 192.0.2.0 - 192.0.2.255\n\
                    C R (NET-192-0-2-0-2) 192.0.2.0 - 192.0.2.255\n";
        assert_eq!(verdict(Registry::Arin, text), Verdict::Listed("NET-192-0-2-0-2".into()));
    }

    #[test]
    fn a_proxy_that_cannot_names_whom_to_ask() {
        let verdict = verdict(Registry::Afrinic, "% The WHOIS is temporary unable to query RIPE\n");
        assert!(matches!(verdict, Verdict::Refer(t) if t.place == Some(("whois.ripe.net".into(), 43))));
    }

    #[test]
    fn a_record_of_something_else_is_none() {
        let text = "inetnum: 198.51.100.0 - 198.51.100.255\nnetname: X\nsource: RIPE\n";
        assert_eq!(verdict(Registry::Ripe, text), Verdict::Elsewhere("198.51.100.0/24".into()));
        assert_eq!(verdict(Registry::Ripe, "aut-num: AS64500\n"), Verdict::Elsewhere("AS64500".into()));
        let judged = |text: &str| judge(&Question::parse("192.0.2.1").unwrap(), None, &Reply::parse(text));
        assert_eq!(judged(text), Verdict::Elsewhere("198.51.100.0/24".into()));
        assert_eq!(judged("person: X\n"), Verdict::Answer);
    }

    #[test]
    fn every_code_of_a_denial_is_one() {
        // The codes of the RIPE database that limit or deny, as it writes them after % and as others copy them.
        for code in ["201", "203", "208", "305", "306", "901", "902"] {
            for text in [format!("%ERROR:{code}: x\n"), format!("ERROR:{code}: x\n")] {
                assert!(
                    matches!(verdict(Registry::Ripe, &text), Verdict::Denied(words) if words.starts_with("ERROR:")),
                    "{text}"
                );
            }
        }
        for text in ["%ERROR:101: no entries found\n", "ERROR:101: no entries found\n", "% 201 ERROR\n"] {
            assert!(refusal(&Reply::parse(text)).is_none(), "{text}");
        }
        for words in [
            "Access control limit reached",
            "query rate limit exceeded",
            "access denied for 192.0.2.1",
            "Too many requests",
            "Query limit exceeded",
        ] {
            assert_eq!(refusal(&Reply::parse(&format!("% {words}\n"))).as_deref(), Some(words));
            assert_eq!(refusal(&Reply::parse(&format!("{words}\n"))).as_deref(), Some(words));
            // Beside an object free text is a holder's.
            assert_eq!(refusal(&Reply::parse(&format!("inetnum: x\n\n{words}\n"))), None);
        }
    }

    #[test]
    fn every_way_to_say_that_there_is_nothing() {
        for words in [
            "No match",
            "This query returned 0 objects.",
            "No entries found",
            "%ERROR:101: x",
            "% ERROR 230: x",
            "Not found",
            "No data found",
            "AS64500 is not registered",
            "No objects found",
        ] {
            assert_eq!(verdict(Registry::Ripe, &format!("{words}\n")), Verdict::Missing, "{words}");
        }
        assert_eq!(judge(&Question::parse("192.0.2.1").unwrap(), None, &Reply::parse("text\n")), Verdict::Answer);
        assert_eq!(verdict(Registry::Jpnic, "text\n"), Verdict::Answer);
    }

    #[test]
    fn a_listing_is_answered_by_rows_or_objects() {
        let listing = |text: &str| judge(&Question::Holdings("X".into()), Some(Registry::Arin), &Reply::parse(text));
        assert_eq!(listing("C C (NET-192-0-2-0-1) 192.0.2.0 - 192.0.2.255\n"), Verdict::Answer);
        assert_eq!(listing("inetnum: 192.0.2.0/24\n"), Verdict::Answer);
        assert_eq!(listing("No match\n"), Verdict::Missing);
        assert_eq!(listing("% only words\n"), Verdict::Unrecognized("only words".into()));
        assert_eq!(listing("Error: try again later\n"), Verdict::Unrecognized("Error: try again later".into()));
    }

    #[test]
    fn an_outage_is_not_taken_for_no_record() {
        for (text, words) in [
            ("Service unavailable, try again later.\n", "Service unavailable, try again later."),
            ("Error: database unavailable\n", "Error: database unavailable"),
            ("ERROR:100: internal software error\n", "ERROR: 100: internal software error"),
            (
                "% [whois.x]\n\n% A\n%ERROR:100: internal software error\n%\n% Please wait\n",
                "ERROR:100: internal software error",
            ),
            ("% This is the X service.\n\n% down until 12:00\n\n% This query was served by x\n", "down until 12:00"),
            ("# A banner\n\ntext\nmore\n", "text"),
            ("person: X\n", "person: X"),
            ("inetnum: 192.0.2.0 - 1.2.3.4.5\n", "inetnum: 192.0.2.0 - 1.2.3.4.5"),
        ] {
            for registry in [Registry::Ripe, Registry::Arin] {
                assert_eq!(verdict(registry, text), Verdict::Unrecognized(words.into()), "{text}");
            }
        }
        let handle =
            |text: &str| judge(&Question::parse("ORG-X1-RIPE").unwrap(), Some(Registry::Ripe), &Reply::parse(text));
        assert_eq!(handle("Error: x\n"), Verdict::Unrecognized("Error: x".into()));
        assert_eq!(handle("organisation: ORG-Y1-RIPE\n"), Verdict::Answer);
        // Words that look like an attribute, and a list of others, say that there is nothing.
        for text in [
            "ERROR:101: x\n",
            "Not found: 192.0.2.1\n",
            "Result: no entries found\n",
            "N X (NET-198-51-100-0-1) 198.51.100.0 - 198.51.100.255\n",
        ] {
            assert_eq!(verdict(Registry::Ripe, text), Verdict::Missing, "{text}");
        }
    }

    #[test]
    fn what_a_remark_says_counts_where_it_means_something() {
        let judged =
            |registry, text: &str| judge(&Question::parse("192.0.2.1").unwrap(), registry, &Reply::parse(text));
        let unable = |name: &str| format!("The WHOIS is temporary unable to query {name}");
        assert_eq!(
            verdict(Registry::Afrinic, &format!("% {}.\n", unable("whois.example"))),
            Verdict::Refer(Target::parse("whois.example"))
        );
        assert_eq!(verdict(Registry::Afrinic, &format!("% {}\n", unable("nobody"))), Verdict::Unable(unable("nobody")));
        let referral = "%referral rwhois://r.example:4321/auth-area=x\n";
        assert_eq!(judged(None, referral), Verdict::Refer(Target::parse("rwhois://r.example:4321/auth-area=x")));
        let words = Verdict::Unrecognized(referral.trim_matches(['%', '\n']).into());
        assert_eq!(judged(Some(Registry::Ripe), referral), words);
        assert_eq!(verdict(Registry::Apnic, "% Not allocated to APNIC\n"), Verdict::Placeholder);
    }

    #[test]
    fn iana_refers_and_others_have_attributes_of_these_names() {
        let judged = |registry, text: &str| verdict(registry, text);
        for key in ["refer", "whois"] {
            let text = format!("inetnum: 192.0.0.0 - 192.255.255.255\n{key}: whois.example\n");
            assert_eq!(judged(Registry::Iana, &text), Verdict::Refer(Target::parse("whois.example")), "{key}");
            assert_eq!(judged(Registry::Ripe, &text), Verdict::Answer, "{key}");
        }
        let both = "whois: whois.b.example\n\nrefer: whois.a.example\n";
        assert_eq!(judged(Registry::Iana, both), Verdict::Refer(Target::parse("whois.a.example")));
        assert_eq!(judged(Registry::Iana, "inetnum: 192.0.0.0 - 192.255.255.255\n"), Verdict::Answer);
    }

    #[test]
    fn places_are_read_with_their_ports() {
        let place = |text: &str| Target::parse(text).place;
        let at = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(place("whois://WHOIS.example:4343"), at("whois.example", 4343));
        assert_eq!(place("rwhois://r.example/path"), at("r.example", 4321));
        assert_eq!((place("r.example:99/x"), place("r.example")), (at("r.example", 99), at("r.example", 43)));
    }

    #[test]
    fn numbers_of_inet_aton_fill_what_is_left() {
        // inet(3).
        for (text, want) in [
            ("1.2.3.4", Some("1.2.3.4")),
            ("1.2.772", Some("1.2.3.4")),
            ("1.131844", Some("1.2.3.4")),
            ("16909060", Some("1.2.3.4")),
            ("0x1.02.0x3.04", Some("1.2.3.4")),
            ("1.2.65535", Some("1.2.255.255")),
            ("1.2.65536", None),
            ("1.2.3.256", None),
            ("255.255.255.255", Some("255.255.255.255")),
            ("4294967295", Some("255.255.255.255")),
            ("4294967296", None),
            ("1.256.1", None),
            ("0", Some("0.0.0.0")),
            ("", None),
            ("0x", None),
            ("1.", None),
        ] {
            assert_eq!(inet_aton(text), want.map(|want| want.parse().unwrap()), "{text}");
        }
        assert!(!is_inside("localhosts") && !is_inside("xlocalhost") && is_inside("x.localhost"));
    }
}
