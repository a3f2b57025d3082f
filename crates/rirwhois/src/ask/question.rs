//! What an operand asks about.
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use plainnet_common::{block::Block, hint::Pasted, special};

/// A number or a name that a registry has a record of. Its text is made anew
/// from what was parsed, so nothing foreign reaches a query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// An address, a prefix with its host bits masked, or a range.
    Addresses(Block),
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
    /// Why it is none, with the command that would do where there is one.
    pub fn parse(text: &str) -> Result<Question, &'static str> {
        if let Ok(addr) = text.parse::<IpAddr>() {
            return Ok(Question::Addresses(Block::of(addr)));
        }
        if let Some((first, last)) = text.split_once('-')
            && let Ok(first) = first.trim_end().parse::<IpAddr>()
        {
            let last: IpAddr = last.trim_start().parse().map_err(|_| "not a range of addresses (FIRST-LAST)")?;
            if first.is_ipv4() != last.is_ipv4() {
                return Err("one range, two families: both ends are IPv4 addresses or both are IPv6 addresses");
            }
            return Block::between(first, last).map(Question::Addresses).ok_or("the range ends before it begins");
        }
        if let Some((addr, len)) = text.split_once('/')
            && let Ok(addr) = addr.parse()
        {
            let plain = |l: &&str| l.bytes().all(|b| b.is_ascii_digit()) && (*l == "0" || !l.starts_with('0'));
            let len = Some(len).filter(plain).and_then(|l| l.parse().ok());
            let range = len.and_then(|len| Block::prefix(addr, len));
            let why = if text.contains(char::is_whitespace) { refusal(text) } else { "no such prefix length" };
            return range.map(Question::Addresses).ok_or(why);
        }
        if let Some(number) = after_as(text) {
            if digits(number) {
                return number.parse().map(Question::As).map_err(|_| "AS numbers end at 4294967295");
            }
            // RFC 5396's asdot notation.
            if let Some((high, low)) = number.split_once('.').filter(|(high, low)| digits(high) && digits(low)) {
                let halves = high.parse::<u16>().ok().zip(low.parse::<u16>().ok());
                let number = halves.map(|(high, low)| (u32::from(high) << 16) + u32::from(low));
                return number.map(Question::As).ok_or("each half of an AS number ends at 65535");
            }
        }
        if is_as_range(text) {
            return Err("a range of AS numbers: ask for one of them (-t prints the block around it)");
        }
        if text.eq_ignore_ascii_case("localhost") {
            return Err("a host name (use dnsall -a localhost | rirwhois)");
        }
        if text.get(..2).is_some_and(|zero_x| zero_x.eq_ignore_ascii_case("0x"))
            && text.len() > 2
            && text.bytes().skip(2).all(|b| b.is_ascii_hexdigit())
        {
            return Err("a number in hexadecimal (use ipconv --from hex -o address | rirwhois)");
        }
        // RFC 2622 section 2 has letters, digits, - and _ in names; ARIN's and LACNIC's handles are no different.
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if text.is_empty() || text.len() > 64 || !plain || text.starts_with(['-', '_']) || digits(text) {
            return Err(refusal(text));
        }
        Ok(Question::Handle(text.to_ascii_uppercase()))
    }

    /// The question about the IPv4 addresses that these IPv6 addresses stand
    /// for: mapped, NAT64 (RFC 6052) and 6to4 (RFC 3056) ones. Nothing where
    /// they stand for themselves.
    pub fn inside(&self) -> Option<Question> {
        let Question::Addresses(range) = self else { return None };
        let shift = if special::MAPPED.holds(range) || special::NAT64.holds(range) {
            0
        } else if special::SIX_TO_FOUR.holds(range) {
            80
        } else {
            return None;
        };
        let v4 = |bits: u128| IpAddr::from(Ipv4Addr::from_bits((bits >> shift) as u32));
        let inner = Block::between(v4(range.first), v4(range.last))?;
        // All of 6to4's space, say, is a block of its own and no address in another.
        (inner.prefix_len() != Some(0)).then_some(Question::Addresses(inner))
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// What follows `AS` at the start of a text.
fn after_as(text: &str) -> Option<&str> {
    text.get(..2).filter(|head| head.eq_ignore_ascii_case("as")).map(|_| &text[2..])
}

/// `AS1-AS5`, `AS1 - AS5` or `AS1-5`, in either notation of RFC 5396. Handles may begin so, but they go on with letters.
fn is_as_range(text: &str) -> bool {
    let is_number = |text: &str| text.split_once('.').map_or_else(|| digits(text), |(a, b)| digits(a) && digits(b));
    text.split_once('-').is_some_and(|(first, last)| {
        let last = last.trim_start();
        after_as(first.trim_end()).is_some_and(is_number) && is_number(after_as(last).unwrap_or(last))
    })
}

/// Why a text is no question, and what to do with what people paste.
fn refusal(text: &str) -> &'static str {
    let is_question = |word: &str| {
        word.parse::<IpAddr>().is_ok()
            || (!word.contains(char::is_whitespace) && word.contains(['/', ':', '.']) && {
                let addr = word.split('/').next().unwrap_or_default();
                addr.parse::<IpAddr>().is_ok()
            })
    };
    if let Some(number) = after_as(text)
        && digits(number.trim_start())
    {
        return "an AS number is written without a blank, such as AS3333";
    }
    if text.split([',', ';']).all(|part| is_question(part.trim())) && text.contains([',', ';']) {
        return "several addresses (use ipconv --extract | rirwhois)";
    }
    if text.split_whitespace().nth(1).is_some() {
        return match text.split_whitespace().position(is_question) {
            Some(0) => "several fields (use -f 1)",
            Some(1) => "several fields (use -f 2)",
            Some(2) => "several fields (use -f 3)",
            Some(3) => "several fields (use -f 4)",
            Some(_) => "several fields (use -f N)",
            None => "not an address, prefix, AS number or handle",
        };
    }
    let pasted = Pasted::of(text);
    let name = |text: &str| {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        text.contains('.') && text.chars().all(plain) && text.chars().any(char::is_alphabetic)
    };
    if pasted.host.parse::<IpAddr>().is_ok() {
        if pasted.scheme.is_some() {
            return "a URL, not an address (use ipconv --extract | rirwhois)";
        }
        if pasted.bracketed || pasted.port.is_some() || pasted.user.is_some() {
            return "an endpoint, not an address (use ipconv --extract | rirwhois)";
        }
        if text.starts_with(['"', '\'', '`', '<']) {
            return "an address in quotes (use ipconv --extract | rirwhois)";
        }
    }
    if pasted.scheme.is_some() {
        return "a URL, not an address (use dnsall -a NAME | rirwhois)";
    }
    if name(pasted.host) && (pasted.port.is_some() || pasted.user.is_some() || pasted.path.is_none()) {
        return "a host name (use dnsall -a NAME | rirwhois)";
    }
    if digits(text) {
        return "an AS number is written with AS before it (for an address use ipconv --from int -o address | rirwhois)";
    }
    if let Some((addr, _)) = text.split_once('%')
        && addr.parse::<Ipv6Addr>().is_ok()
    {
        return "an address with a zone, which no registry knows";
    }
    if text.contains("[.]") || text.contains("[:]") {
        return "a defanged address (use ipconv --extract --defanged | rirwhois)";
    }
    let hexadecimal = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    if text.split(':').count() == 6 && text.split(':').all(hexadecimal) {
        return "a MAC address, which no registry knows";
    }
    if text.contains('/') {
        return "not a prefix";
    }
    if text.contains(':') {
        return "not an IPv6 address";
    }
    if text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return match text.split('.').any(|part| part.len() > 1 && part.starts_with('0')) {
            true => "not an IPv4 address (a leading zero may mean octal: write the number without)",
            false => "not an IPv4 address",
        };
    }
    "not an address, prefix, AS number or handle"
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Addresses(range) if range.first == range.last => write!(f, "{}", range.first_addr()),
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
            ("AS1.10", "AS65546"),
            ("as0.3333", "AS3333"),
            ("AS65535.65535", "AS4294967295"),
            ("191.96.0.0-191.96.255.255", "191.96.0.0/16"),
            ("191.96.0.0 - 191.96.0.2", "191.96.0.0-191.96.0.2"),
            ("2001:db8::-2001:db8::1", "2001:db8::/127"),
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
        for text in [" 8.8.8.8", "\u{1b}[31m8.8.8.8", "8.8.8.8,", "a,b"] {
            assert_eq!(why(text), "not an address, prefix, AS number or handle", "{text}");
        }
        for text in [
            "AS1.65536",
            "AS65536.1",
            "AS1.",
            "AS.1",
            "AS1.1.1",
            "8.8.8.9-8.8.8.8",
            "8.8.8.8-::1",
            "8.8.8.8-9",
            "8.8.8.8-",
        ] {
            assert!(Question::parse(text).is_err(), "{text:?}");
        }
        for text in ["256.1.1.1", "010.0.0.1", "dev.to", "15169", "fe80::1%eth0", "-x", "1.2.3.4:43"] {
            assert!(Question::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_people_paste_is_named() {
        let why = |text| Question::parse(text).unwrap_err();
        for text in ["[::1]", "[::1]:80", "10.0.0.1:80", "root@10.0.0.1"] {
            assert_eq!(why(text), "an endpoint, not an address (use ipconv --extract | rirwhois)", "{text}");
        }
        for text in ["http://10.0.0.1/", "https://[2001:db8::1]:8443/x", "ssh://me@10.0.0.1"] {
            assert_eq!(why(text), "a URL, not an address (use ipconv --extract | rirwhois)", "{text}");
        }
        assert_eq!(why("https://dev.to/x"), "a URL, not an address (use dnsall -a NAME | rirwhois)");
        for text in ["dev.to", "dev.to:443", "user@dev.to", "\"dev.to\""] {
            assert_eq!(why(text), "a host name (use dnsall -a NAME | rirwhois)", "{text}");
        }
        assert_eq!(why("dev.to\t151.101.66.217"), "several fields (use -f 2)");
        assert_eq!(why("8.8.8.0/24 x"), "several fields (use -f 1)");
        assert_eq!(why("a b"), "not an address, prefix, AS number or handle");
        for text in ["8.8.8.8,9.9.9.9", "8.8.8.8, 2001:db8::/32", "8.8.8.8;9.9.9.9"] {
            assert_eq!(why(text), "several addresses (use ipconv --extract | rirwhois)", "{text}");
        }
        assert_eq!(why("as 3333"), "an AS number is written without a blank, such as AS3333");
        for text in ["8[.]8[.]8[.]8", "8.8.8[.]8", "2001[:]db8::1"] {
            assert_eq!(why(text), "a defanged address (use ipconv --extract --defanged | rirwhois)", "{text}");
        }
        assert_eq!(why("00:1b:44:11:3A:B7"), "a MAC address, which no registry knows");
        assert_eq!(why("010.8.8.8"), "not an IPv4 address (a leading zero may mean octal: write the number without)");
        assert_eq!(why("10.8.8.0.1"), "not an IPv4 address");
        let number =
            "an AS number is written with AS before it (for an address use ipconv --from int -o address | rirwhois)";
        assert_eq!((why("15169"), why("2130706433")), (number, number));
        for text in ["0x7f000001", "0X7F000001", "0x20010db8000000000000000000000001"] {
            assert_eq!(why(text), "a number in hexadecimal (use ipconv --from hex -o address | rirwhois)", "{text}");
        }
        for text in ["localhost", "LocalHost"] {
            assert_eq!(why(text), "a host name (use dnsall -a localhost | rirwhois)", "{text}");
        }
        for text in ["AS1-AS5", "as1 - as5", "AS1-5", "AS1.0-AS1.10", "AS64496-AS64511"] {
            let want = "a range of AS numbers: ask for one of them (-t prints the block around it)";
            assert_eq!(why(text), want, "{text}");
        }
        for text in ["8.8.8.8-::1", "::1-8.8.8.8", "::ffff:8.8.8.8 - 8.8.8.9"] {
            let want = "one range, two families: both ends are IPv4 addresses or both are IPv6 addresses";
            assert_eq!(why(text), want, "{text}");
        }
        // Registries have handles that look much like these.
        for text in ["AS1-MNT", "AS-1", "AS1-5-MNT", "0X", "0XABC-RIPE", "LOCALHOST-MNT"] {
            assert!(matches!(Question::parse(text), Ok(Question::Handle(_))), "{text}");
        }
        assert_eq!(why("\"8.8.8.8\""), "an address in quotes (use ipconv --extract | rirwhois)");
        assert_eq!(why("fe80::1%eth0"), "an address with a zone, which no registry knows");
    }

    #[test]
    fn an_ipv4_address_inside_is_what_is_asked_about() {
        let inside = |text| Question::parse(text).unwrap().inside().map(|q| q.to_string());
        for (text, want) in [
            ("::ffff:8.8.8.8", Some("8.8.8.8")),
            ("::ffff:8.8.8.8/120", Some("8.8.8.0/24")),
            ("64:ff9b::808:808", Some("8.8.8.8")),
            ("2002:808:808::1", Some("8.8.8.8")),
            ("2002:808::/32", Some("8.8.0.0/16")),
            ("2002:808:808::/48", Some("8.8.8.8")),
            ("2002::/16", None),
            ("::ffff:0:0/96", None),
            ("::/0", None),
            ("64:ff9b:1::808:808", None),
            ("::8.8.8.8", None),
            ("2001:0:808:808::", None),
            ("8.8.8.8", None),
            ("AS1", None),
        ] {
            assert_eq!(inside(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place_and_kind() {
        let why = |text: &str| Question::parse(text).unwrap_err();
        for (text, want) in [
            ("x 8.8.8.8", "several fields (use -f 2)"),
            ("x y 8.8.8.8:53", "not an address, prefix, AS number or handle"),
            ("x y 8.8.8.0/24", "several fields (use -f 3)"),
            ("x y z ::1", "several fields (use -f 4)"),
            ("v w x y ::1", "several fields (use -f N)"),
            ("8.8.8.8/33", "no such prefix length"),
            ("8.8.8.8/08", "no such prefix length"),
            ("AS4294967296", "AS numbers end at 4294967295"),
            ("AS65536.1", "each half of an AS number ends at 65535"),
            ("8.8.8.9-8.8.8.8", "the range ends before it begins"),
            ("8.8.8.8-x", "not a range of addresses (FIRST-LAST)"),
            ("'8.8.8.8'", "an address in quotes (use ipconv --extract | rirwhois)"),
            ("<8.8.8.8>", "an address in quotes (use ipconv --extract | rirwhois)"),
        ] {
            assert_eq!(why(text), want, "{text}");
        }
        // The longest handle has 64 characters.
        assert_eq!(Question::parse(&"x".repeat(64)), Ok(Question::Handle("X".repeat(64))));
        assert!(Question::parse(&"x".repeat(65)).is_err());
        for text in ["-X", "_X", "X.Y", "X Y", "X/Y"] {
            assert!(Question::parse(text).is_err(), "{text}");
        }
        assert_eq!(Question::parse("x_-1"), Ok(Question::Handle("X_-1".into())));
        assert_eq!(Question::parse("8.8.8.8/0").map(|question| question.to_string()).as_deref(), Ok("0.0.0.0/0"));
        assert!(
            matches!(Question::parse("0x"), Ok(Question::Handle(_)))
                && matches!(Question::parse("0xfg"), Ok(Question::Handle(_)))
        );
    }
}
