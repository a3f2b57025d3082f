//! What an operand asks about.
use std::{fmt, net::IpAddr};

use crate::table::range::Range;

/// A number or a name that a registry has a record of. Its text is made anew
/// from what was parsed, so nothing foreign reaches a query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// An address or a prefix, host bits masked.
    Addresses(Range),
    /// An AS number.
    As(u32),
    /// A handle of an organisation, a network or a person, in capitals.
    Handle(String),
    /// What the organisation of this handle holds; no operand reads so.
    Holdings(String),
}

impl Question {
    /// Reads an operand.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Question, &'static str> {
        if let Ok(addr) = text.parse::<IpAddr>() {
            return Ok(Question::Addresses(Range::one(addr)));
        }
        if let Some((addr, len)) = text.split_once('/') {
            let addr = addr.parse().map_err(|_| "not a prefix")?;
            let plain = |l: &&str| l.bytes().all(|b| b.is_ascii_digit()) && (*l == "0" || !l.starts_with('0'));
            let len = Some(len).filter(plain).and_then(|l| l.parse().ok());
            let range = len.and_then(|len| Range::prefix(addr, len));
            return range.map(Question::Addresses).ok_or("no such prefix length");
        }
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if let Some(number) = text.get(..2).filter(|h| h.eq_ignore_ascii_case("as")).map(|_| &text[2..])
            && digits(number)
        {
            return number.parse().map(Question::As).map_err(|_| "AS numbers end at 4294967295");
        }
        if digits(text) {
            return Err("an AS number is written with AS before it");
        }
        if text.contains(':') {
            return Err("not an IPv6 address");
        }
        if text.contains('.') {
            if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
                return Err("not an IPv4 address");
            }
            let name = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if name && text.chars().any(char::is_alphabetic) {
                return Err("a host name (use dnsall -a NAME | rirwhois)");
            }
        }
        // RFC 2622 section 2 has letters, digits, - and _ in names; ARIN's and LACNIC's handles are no different.
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if text.is_empty() || text.len() > 64 || !plain || text.starts_with(['-', '_']) {
            return Err("not an address, prefix, AS number or handle");
        }
        Ok(Question::Handle(text.to_ascii_uppercase()))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Addresses(range) if range.first == range.last => write!(f, "{}", range.start()),
            Question::Addresses(range) => range.fmt(f),
            Question::As(number) => write!(f, "AS{number}"),
            Question::Handle(handle) | Question::Holdings(handle) => f.write_str(handle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_become_questions() {
        let shown = |text| Question::parse(text).map(|q| q.to_string());
        for (text, want) in [
            ("8.8.8.8", "8.8.8.8"),
            ("8.8.8.8/8", "8.0.0.0/8"),
            ("8.8.8.8/32", "8.8.8.8"),
            ("2001:DB8::1/32", "2001:db8::/32"),
            ("as4294967295", "AS4294967295"),
            ("AS0001", "AS1"),
            ("org-rien1-ripe", "ORG-RIEN1-RIPE"),
            ("GOGL", "GOGL"),
            ("AS-SET", "AS-SET"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn nothing_can_smuggle_a_second_query() {
        for text in [
            "",
            "8.8.8.8\r\nhelp",
            "a b",
            "n + 8",
            "a\0",
            "é",
            "8.8.8.8/33",
            "8.8.8.8/+8",
            "8.8.8.8/024",
            "8.8.8.8/",
            "AS4294967296",
        ] {
            assert!(Question::parse(text).is_err(), "{text:?}");
        }
        let why = |text| Question::parse(text).unwrap_err();
        assert!(why("bücher.example").starts_with("a host name") && why("1.example").starts_with("a host name"));
        for text in [" 8.8.8.8", "8.8.8.8-8.8.8.9", "\u{1b}[31m8.8.8.8", "8.8.8.8,9.9.9.9"] {
            assert_eq!(why(text), "not an address, prefix, AS number or handle", "{text}");
        }
        for text in ["256.1.1.1", "010.0.0.1", "dev.to", "15169", "fe80::1%eth0", "-x", "1.2.3.4:43"] {
            assert!(Question::parse(text).is_err(), "{text:?}");
        }
    }
}
