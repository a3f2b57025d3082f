//! The providers of data/providers.tsv: whose names, networks and tokens are whose.
//!
//! A pattern of names is the end of a name, label by label; a `*` stands for any
//! run of characters inside one label. Of several patterns that fit, the longest
//! one speaks.
use std::net::IpAddr;

use crate::wire::name::Name;

/// What a provider is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address in a network that serves many sites.
    Shared,
    /// An address in a network.
    Network,
    /// The name of a name server.
    Dns,
    /// The name of a mail server.
    Mail,
    /// The target of an alias or of a service.
    Alias,
    /// The target of an alias that proves something to its provider.
    Proof,
    /// The target of an alias at a DKIM selector.
    Dkim,
    /// How a text begins.
    Token,
    /// The leftmost label of a name that holds a token.
    Label,
    /// The domain of an SPF include or redirect.
    Sender,
    /// The domain of a CAA issuer.
    Issuer,
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) kind: Kind,
    /// A network, the end of a name, the start of a text, or a label.
    pattern: &'static str,
    pub(super) who: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/providers.rs"));

/// The provider whose pattern of this kind fits the end of `name`.
pub(super) fn by_name(kind: Kind, name: &Name) -> Option<&'static str> {
    by_domain(kind, &name.to_string())
}

/// The same for a domain that a text names, with or without its final dot.
pub(super) fn by_domain(kind: Kind, domain: &str) -> Option<&'static str> {
    let labels: Vec<&str> = domain.trim_end_matches('.').split('.').collect();
    longest(kind, |pattern| ends(&labels, pattern))
}

/// The provider whose kind of token `text` begins with.
pub(super) fn by_token(text: &[u8]) -> Option<&'static str> {
    longest(Kind::Token, |pattern| starts(text, pattern.as_bytes()))
}

/// The provider for whom names with this leftmost label hold tokens.
pub(super) fn by_label(label: &[u8]) -> Option<&'static str> {
    let label = std::str::from_utf8(label).ok()?;
    longest(Kind::Label, |pattern| matches(label, pattern))
}

/// The provider in whose network `ip` is.
pub(super) fn by_address(ip: IpAddr) -> Option<&'static Provider> {
    ROWS.iter().filter(|row| matches!(row.kind, Kind::Shared | Kind::Network)).find(|row| holds(row.pattern, ip))
}

fn longest(kind: Kind, fits: impl Fn(&str) -> bool) -> Option<&'static str> {
    let rows = ROWS.iter().filter(|row| row.kind == kind && fits(row.pattern));
    rows.max_by_key(|row| row.pattern.len()).map(|row| row.who)
}

fn ends(labels: &[&str], pattern: &str) -> bool {
    let wanted = pattern.split('.').count();
    labels.len() >= wanted
        && labels[labels.len() - wanted..].iter().zip(pattern.split('.')).all(|(label, part)| matches(label, part))
}

fn matches(label: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => label.eq_ignore_ascii_case(pattern),
        Some((head, tail)) => {
            label.len() >= head.len() + tail.len()
                && starts(label.as_bytes(), head.as_bytes())
                && label.as_bytes()[label.len() - tail.len()..].eq_ignore_ascii_case(tail.as_bytes())
        }
    }
}

fn starts(text: &[u8], head: &[u8]) -> bool {
    text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
}

/// The first address of a network and its length, as the table writes it.
fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (first, len) = text.split_once('/')?;
    Some((first.parse().ok()?, len.parse().ok()?))
}

fn holds(pattern: &str, ip: IpAddr) -> bool {
    match (network(pattern), ip) {
        (Some((IpAddr::V4(first), len)), IpAddr::V4(ip)) => (first.to_bits() ^ ip.to_bits()).leading_zeros() >= len,
        (Some((IpAddr::V6(first), len)), IpAddr::V6(ip)) => (first.to_bits() ^ ip.to_bits()).leading_zeros() >= len,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        for row in &ROWS {
            match row.kind {
                Kind::Shared | Kind::Network => {
                    let (first, len) = network(row.pattern).expect(row.pattern);
                    let (zeros, bits) = match first {
                        IpAddr::V4(ip) => (ip.to_bits().trailing_zeros(), 32),
                        IpAddr::V6(ip) => (ip.to_bits().trailing_zeros(), 128),
                    };
                    assert!(len <= bits && zeros >= bits - len, "{row:?} has host bits");
                    assert!(holds(row.pattern, first));
                }
                Kind::Token => {}
                _ => assert!(Name::parse(row.pattern).is_ok(), "{row:?}"),
            }
        }
        let mut keys: Vec<_> = ROWS.iter().map(|row| (row.kind as u8, row.pattern.to_lowercase())).collect();
        keys.sort();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "a row stands twice");
    }

    #[test]
    fn a_star_is_any_run_of_characters() {
        for (label, pattern, fits) in [
            ("abc", "abc", true),
            ("aBc", "AbC", true),
            ("abcd", "abc", false),
            ("abc", "a*c", true),
            ("ac", "A*c", true),
            ("abbbc", "a*C", true),
            ("abcd", "a*c", false),
            ("xabc", "a*c", false),
            ("xyz", "*", true),
            ("", "*", true),
            // The same letter does not count twice.
            ("aba", "ab*ba", false),
            ("abba", "ab*ba", true),
        ] {
            assert_eq!(matches(label, pattern), fits, "{label} {pattern}");
        }
        for (domain, pattern, fits) in
            [("a.b.c", "b.c", true), ("b.c", "b.c", true), ("c", "b.c", false), ("b.c.d", "b.c", false)]
        {
            assert_eq!(ends(&domain.split('.').collect::<Vec<_>>(), pattern), fits, "{domain}");
        }
    }

    #[test]
    fn who_holds_an_address() {
        for (network, ip, holds_it) in [
            ("192.0.2.0/25", "192.0.2.0", true),
            ("192.0.2.0/25", "192.0.2.127", true),
            ("192.0.2.0/25", "192.0.2.128", false),
            ("192.0.2.128/25", "192.0.2.127", false),
            ("192.0.2.1/32", "192.0.2.1", true),
            ("192.0.2.1/32", "192.0.2.0", false),
            ("0.0.0.0/0", "255.0.0.1", true),
            ("0.0.0.0/0", "::", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false),
            ("2001:db8:8000::/33", "2001:db8::1", false),
            ("::/0", "ffff::", true),
            ("::/0", "0.0.0.0", false),
            ("192.0.2.1", "192.0.2.1", false),
        ] {
            assert_eq!(holds(network, ip.parse().unwrap()), holds_it, "{network} {ip}");
        }
    }

    #[test]
    fn only_whole_labels_count() {
        for (kind, domain, who) in [
            (Kind::Dns, "ada.ns.cloudflare.com.", Some("Cloudflare")),
            (Kind::Dns, "NS.cloudflare.com", Some("Cloudflare")),
            (Kind::Dns, "ans.cloudflare.com", None),
            (Kind::Dns, "ns.cloudflare.com.example", None),
            (Kind::Dns, "ns-1.awsdns-07.co.uk", Some("Amazon Route 53")),
            (Kind::Dns, "ns-1.xawsdns-07.co.uk", None),
            (Kind::Dns, "ns-1.awsdns-07.example", None),
            (Kind::Dns, "helium.ns.hetzner.de", Some("Hetzner")),
            (Kind::Alias, "b.s3-website-us-east-1.amazonaws.com", Some("Amazon S3 (static web site)")),
            (Kind::Alias, "b.s3-website.eu-central-1.amazonaws.com", Some("Amazon S3 (static web site)")),
            (Kind::Alias, "d-1.execute-api.eu-west-1.amazonaws.com", Some("Amazon API Gateway")),
            (Kind::Alias, "amazonaws.com", None),
            (Kind::Dkim, "selector1-c-com._domainkey.contoso.onmicrosoft.com", Some("Microsoft 365")),
            (Kind::Dkim, "contoso.onmicrosoft.com", None),
            (Kind::Sender, "a.spf.has.pphosted.com", Some("Proofpoint")),
            (Kind::Mail, "", None),
        ] {
            assert_eq!(by_domain(kind, domain), who, "{domain}");
        }
        assert_eq!(by_label(b"_GitHub-challenge-plainnet-org"), Some("GitHub"));
        assert_eq!(by_label(b"\xff"), None);
        assert_eq!(by_token(b"ms=ms1"), Some("Microsoft"));
        assert_eq!(by_token(b"M"), None);
        assert_eq!(by_address("151.101.2.217".parse().unwrap()).map(|row| row.who), Some("Fastly"));
    }
}
