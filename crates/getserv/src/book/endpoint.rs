//! Ports as other programs print them: `0.0.0.0:443` `[::]:22` `*:443` `tcp/443`
//! `DPT=443` `443(https)` `https://`. And what is plainly no one port, with the
//! way to ask for it.
use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use plainnet_common::text::escape;

use super::key::{self, Key, Kind};

/// Why a text asks for no port, and what would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// Nothing that is known here.
    NoService,
    /// A decimal number above 65535.
    TooBig,
    /// Several ports or names with commas, blanks or arrows between them, and the
    /// protocol of all.
    List(&'a str, Option<&'a str>),
    /// A port, and its protocol if there is one, in another dress: `443:tcp`.
    Meant(&'a str, Option<&'a str>),
    /// A line with an endpoint in the field of this number, counted from 1.
    Field(usize),
    /// All ports from the first to the last, and their protocol.
    Range(u16, u16, Option<&'a str>),
    /// An address alone, or one whose port is `*`.
    NoPort,
    /// An IPv6 address, or a shorter one and a port.
    Unclear(&'a str, u16),
}

/// The key inside `text`, which is no name and no port itself. `is_proto` says
/// which protocols the data know.
///
/// # Errors
/// There is none: what the user should be told.
pub fn read<'a>(text: &'a str, is_proto: impl Fn(&str) -> bool) -> Result<Key<'a>, Refusal<'a>> {
    if let Some(refusal) = several(text, &is_proto) {
        return Err(refusal);
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return url(scheme, rest, is_proto);
    }
    // A protocol may stand on either side.
    if let Some((head, proto)) = text.rsplit_once('/').filter(|(_, tail)| is_proto(tail)) {
        let kind = match Kind::of(head) {
            Some(kind @ Kind::Port(_)) => kind,
            _ => inside(head)?,
        };
        return Ok(Key { kind, proto: Some(proto) });
    }
    if let Some((proto, tail)) = text.split_once('/').filter(|(head, _)| is_proto(head)) {
        let kind = port_or_name(tail).or(too_big(tail)?).ok_or(Refusal::NoService)?;
        return Ok(Key { kind, proto: Some(proto) });
    }
    Ok(Key { kind: inside(text)?, proto: None })
}

/// A port, or a name that begins as names do.
fn port_or_name(text: &str) -> Option<Kind<'_>> {
    Kind::of(text).filter(|_| text.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Digits that are too many or too much.
fn too_big(text: &str) -> Result<Option<Kind<'_>>, Refusal<'_>> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if is_number && key::port(text).is_none() { Err(Refusal::TooBig) } else { Ok(None) }
}

/// More than one port.
fn several<'a>(text: &'a str, is_proto: impl Fn(&str) -> bool) -> Option<Refusal<'a>> {
    if let Some(meant) = in_another_dress(text, &is_proto) {
        return Some(meant);
    }
    let (ports, proto) = split_proto(text, &is_proto);
    if is_list(ports, is_word) {
        return Some(Refusal::List(ports, proto));
    }
    // Each may have a protocol of its own.
    if is_list(text, |part| is_word(split_proto(part, &is_proto).0)) {
        return Some(Refusal::List(text, None));
    }
    if text.contains(char::is_whitespace) {
        let is_endpoint = |word: &str| word.contains(':') && inside(word).is_ok();
        return text.split_whitespace().position(is_endpoint).map(|before| Refusal::Field(before + 1));
    }
    // 8000:8010 is how iptables writes a range, 8000–8010 how a text processor does.
    let (first, last) = ports.split_once("..").or_else(|| ports.split_once(['-', ':', '–', '—']))?;
    match (key::port(first), key::port(last)) {
        (Some(first), Some(last)) => Some(Refusal::Range(first.min(last), first.max(last), proto)),
        _ => None,
    }
}

/// May this be a port or a service's name in a list?
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The members of `80,443`, `80 443` and Docker's `8080->80`.
fn members(text: &str) -> impl Iterator<Item = &str> {
    let comma = text.contains(',');
    text.split(move |c: char| if comma { c == ',' } else { c.is_whitespace() })
        .flat_map(|part| part.split("->"))
        .map(str::trim)
}

/// Is each member a key? Words without a comma between them may be any text, so
/// one of those must be a port.
fn is_list(text: &str, is_key: impl Fn(&str) -> bool) -> bool {
    let (mut count, mut ports) = (0, 0);
    for part in members(text) {
        let endpoint = inside(part).is_ok();
        if !endpoint && !is_key(part) {
            return false;
        }
        count += 1;
        ports += usize::from(endpoint || part.starts_with(|c: char| c.is_ascii_digit()));
    }
    count > 1 && (text.contains(',') || ports == count)
}

/// `443:`, `443:tcp`, `tcp 443`, `443, tcp`, ` 443`: one port.
fn in_another_dress<'a>(text: &'a str, is_proto: impl Fn(&str) -> bool) -> Option<Refusal<'a>> {
    let mut words = text.split([':', ',', ' ', '\t']).filter(|word| !word.is_empty());
    let (one, two) = (words.next()?, words.next());
    if words.next().is_some() || one == text {
        return None;
    }
    match (key::port(one), two) {
        (Some(_), None) if !text.starts_with(':') && !text.contains('/') => Some(Refusal::Meant(one, None)),
        (Some(_), Some(proto)) if is_proto(proto) && !text.contains('/') => Some(Refusal::Meant(one, Some(proto))),
        (None, Some(port)) if is_proto(one) && key::port(port).is_some() && !text.contains(['/', ':']) => {
            Some(Refusal::Meant(port, Some(one)))
        }
        _ => None,
    }
}

/// What stands before or behind a slash, and the protocol on its other side.
fn split_proto(text: &str, is_proto: impl Fn(&str) -> bool) -> (&str, Option<&str>) {
    if let Some((ports, proto)) = text.rsplit_once('/').filter(|(_, tail)| is_proto(tail)) {
        return (ports, Some(proto));
    }
    match text.split_once('/').filter(|(head, _)| is_proto(head)) {
        Some((proto, ports)) => (ports, Some(proto)),
        None => (text, None),
    }
}

/// `https://`, `https://dev.to/x`, `http://localhost:8080/`.
fn url<'a>(scheme: &'a str, rest: &'a str, is_proto: impl Fn(&str) -> bool) -> Result<Key<'a>, Refusal<'a>> {
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = host.rsplit_once(':').filter(|(head, _)| head.ends_with(']') || !head.contains(':'));
    let proto = Some(scheme).filter(|scheme| is_proto(scheme));
    match port {
        Some((_, port)) => {
            let kind = port_or_name(port).or(too_big(port)?).ok_or(Refusal::NoService)?;
            Ok(Key { kind, proto })
        }
        None if proto.is_some() => Err(Refusal::NoPort),
        None => Ok(Key { kind: port_or_name(scheme).ok_or(Refusal::NoService)?, proto: None }),
    }
}

/// What is asked by a text without a protocol.
fn inside(text: &str) -> Result<Kind<'_>, Refusal<'_>> {
    too_big(text)?;
    if let Some((head, tail)) = text.strip_suffix(')').and_then(|t| t.split_once('(')) {
        let number = key::port(head).or_else(|| key::port(tail)).map(Kind::Port);
        return number.or(too_big(head)?).or(too_big(tail)?).ok_or(Refusal::NoService);
    }
    if let Some((word, tail)) = text.split_once('=')
        && !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
    {
        return key::port(tail).map(Kind::Port).or(too_big(tail)?).ok_or(Refusal::NoService);
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        let shorter = text.rsplit_once(':').filter(|(head, _)| head.parse::<Ipv6Addr>().is_ok());
        let unclear = shorter.and_then(|(head, tail)| Some(Refusal::Unclear(head, key::port(tail)?)));
        return Err(unclear.unwrap_or(Refusal::NoPort));
    }
    if is_host(text) && (text.starts_with('[') || text.parse::<Ipv4Addr>().is_ok()) {
        return Err(Refusal::NoPort);
    }
    if let Some((_, port)) = text.rsplit_once(':').filter(|(host, _)| is_host(host)) {
        if port == "*" {
            return Err(Refusal::NoPort);
        }
        return port_or_name(port).or(too_big(port)?).ok_or(Refusal::NoService);
    }
    // 10.0.0.1.443 is how tcpdump and netstat of the BSDs write it.
    if let Some((_, port)) = text.rsplit_once('.').filter(|(host, _)| *host == "*" || host.parse::<Ipv4Addr>().is_ok())
    {
        return if port == "*" {
            Err(Refusal::NoPort)
        } else {
            key::port(port).map(Kind::Port).ok_or(Refusal::NoService)
        };
    }
    Err(Refusal::NoService)
}

/// May this stand before the colon of an endpoint? Nothing, `*`, an address,
/// perhaps with its zone, or a name.
fn is_host(text: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"._-%*".contains(&b);
    if let Some((inner, behind)) = text.strip_prefix('[').and_then(|t| t.rsplit_once(']')) {
        // ss(8) writes the interface behind the bracket.
        let zone = behind.strip_prefix('%').is_some_and(|zone| !zone.is_empty() && zone.bytes().all(is_letter));
        return (behind.is_empty() || zone) && (inner == "*" || is_v6(inner));
    }
    if text.contains(':') {
        return is_v6(text);
    }
    text.bytes().all(is_letter)
}

fn is_v6(text: &str) -> bool {
    text.split('%').next().unwrap_or_default().parse::<Ipv6Addr>().is_ok()
}

/// The port of an endpoint of the commonest form, a host without colons or one
/// in brackets, then a colon and digits: quick, for standard input with millions
/// of lines. Where [`read`] finds no port, this finds none either.
pub fn port_of(text: &[u8]) -> Option<u16> {
    let colon = text.iter().rposition(|b| *b == b':')?;
    let (host, digits) = (&text[..colon], &text[colon + 1..]);
    let port = match digits {
        [] | [b'0', _, ..] | [_, _, _, _, _, _, ..] => return None,
        digits => digits.iter().try_fold(0u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))?,
    };
    let is_host = match host {
        // What is inside is looked at by the other way, unless it is one of these.
        [b'[', inner @ .., b']'] => inner == b"::" || inner == b"*",
        host => {
            host.iter().all(|b| b.is_ascii_alphanumeric() || b"._%*".contains(b))
                && (host.is_empty() || !host.iter().all(u8::is_ascii_digit))
        }
    };
    if is_host { u16::try_from(port).ok() } else { None }
}

/// The option that asks for a protocol, if there is one.
fn protocol(f: &mut fmt::Formatter<'_>, proto: Option<&str>) -> fmt::Result {
    proto.map_or(Ok(()), |proto| write!(f, " -p {}", escape(proto.as_bytes())))
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Refusal::NoService => write!(f, "no such service"),
            Refusal::TooBig => write!(f, "not a port: they range from 0 to 65535"),
            Refusal::List(text, proto) => {
                // A longer one would hide the command that does.
                let by_hand = text.len() <= 60;
                write!(f, "a list: ask for each by itself ({}getserv", if by_hand { "" } else { "tr , '\\n' | " })?;
                protocol(f, proto)?;
                if by_hand {
                    for part in members(text) {
                        write!(f, " {}", escape(part.as_bytes()))?;
                    }
                }
                write!(f, ")")
            }
            Refusal::Meant(port, proto) => {
                write!(f, "no such service (did you mean {port}")?;
                proto.map_or(Ok(()), |proto| write!(f, "/{}", escape(proto.as_bytes())))?;
                write!(f, "?)")
            }
            Refusal::Field(number) => write!(f, "several words (did you mean -f {number}?)"),
            Refusal::Range(first, last, proto) => {
                write!(f, "a range: ask for each of its ports (seq {first} {last} | getserv -k -e")?;
                protocol(f, proto)?;
                write!(f, ")")
            }
            Refusal::NoPort => write!(f, "an address without a port"),
            Refusal::Unclear(host, port) => write!(f, "an IPv6 address (did you mean [{host}]:{port}?)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Result<Key<'_>, Refusal<'_>> {
        read(text, |proto| ["tcp", "udp", "sctp"].contains(&proto))
    }

    fn port(number: u16) -> Kind<'static> {
        Kind::Port(number)
    }

    #[test]
    fn endpoints_ask_for_their_port() {
        for (text, number) in [
            ("0.0.0.0:443", 443),
            ("[::]:22", 22),
            ("*:443", 443),
            (":443", 443),
            ("127.0.0.53%lo:53", 53),
            ("[fe80::1%eth0]:546", 546),
            ("[::1]%lo:54995", 54995),
            ("[fe80::1]%eth0.5:546", 546),
            ("[::ffff:10.0.0.1]:8080", 8080),
            ("[2001:db8::1]:0", 0),
            (":::22", 22),
            ("::ffff:10.0.0.1:443", 443),
            ("2001:db8:1:2:3:4:5:6:443", 443),
            ("fe80::1%eth0:546", 546),
            ("localhost:65535", 65535),
            ("web-1.dev.to:443", 443),
            ("[*]:80", 80),
            ("DPT=443", 443),
            ("dport=53", 53),
            ("443(https)", 443),
            ("https(443)", 443),
            ("10.0.0.1(443)", 443),
            ("10.0.0.1.443", 443),
            ("*.22", 22),
            ("http://localhost:5555", 5555),
            ("https://user@dev.to:8443/x?y:1#z", 8443),
            ("https://[::1]:8443/", 8443),
        ] {
            assert_eq!(asked(text), Ok(Key { kind: port(number), proto: None }), "{text}");
        }
        for (text, kind, proto) in [
            ("tcp/443", port(443), "tcp"),
            ("udp/domain", Kind::Name("domain"), "udp"),
            ("0.0.0.0:443/tcp", port(443), "tcp"),
            ("[::]:22/tcp", port(22), "tcp"),
            ("443/tcp", port(443), "tcp"),
            ("443(https)/tcp", port(443), "tcp"),
            ("tcp://10.0.0.1:80", port(80), "tcp"),
        ] {
            assert_eq!(asked(text), Ok(Key { kind, proto: Some(proto) }), "{text}");
        }
        for (text, name) in
            [("https://", "https"), ("https://dev.to/x", "https"), ("localhost:ssh", "ssh"), ("*:http", "http")]
        {
            assert_eq!(asked(text), Ok(Key { kind: Kind::Name(name), proto: None }), "{text}");
        }
    }

    #[test]
    fn what_is_no_one_port_is_refused_with_the_way_to_ask() {
        for (text, refusal) in [
            ("80,443", Refusal::List("80,443", None)),
            ("http, https", Refusal::List("http, https", None)),
            ("80,8000-8010", Refusal::List("80,8000-8010", None)),
            ("8000-8010", Refusal::Range(8000, 8010, None)),
            ("8000:8010", Refusal::Range(8000, 8010, None)),
            ("80,443/tcp", Refusal::List("80,443", Some("tcp"))),
            ("http, https/udp", Refusal::List("http, https", Some("udp"))),
            ("tcp/80,443", Refusal::List("80,443", Some("tcp"))),
            ("80/tcp,443/udp", Refusal::List("80/tcp,443/udp", None)),
            ("tcp/80, udp/443", Refusal::List("tcp/80, udp/443", None)),
            ("80 443", Refusal::List("80 443", None)),
            ("8080->80/tcp", Refusal::List("8080->80", Some("tcp"))),
            ("0.0.0.0:8080->80/tcp", Refusal::List("0.0.0.0:8080->80", Some("tcp"))),
            ("0.0.0.0:8080->80/tcp, [::]:8080->80/tcp", Refusal::List("0.0.0.0:8080->80/tcp, [::]:8080->80/tcp", None)),
            ("8000–8010", Refusal::Range(8000, 8010, None)),
            ("8000..8010/udp", Refusal::Range(8000, 8010, Some("udp"))),
            ("SPT=80 DPT=443", Refusal::List("SPT=80 DPT=443", None)),
            ("443:", Refusal::Meant("443", None)),
            (" 443", Refusal::Meant("443", None)),
            ("443:tcp", Refusal::Meant("443", Some("tcp"))),
            ("443 tcp", Refusal::Meant("443", Some("tcp"))),
            ("443,tcp", Refusal::Meant("443", Some("tcp"))),
            ("tcp 443", Refusal::Meant("443", Some("tcp"))),
            ("LISTEN 0 128 0.0.0.0:22 0.0.0.0:*", Refusal::Field(4)),
            ("80-90/tcp", Refusal::Range(80, 90, Some("tcp"))),
            ("tcp/90-80", Refusal::Range(80, 90, Some("tcp"))),
            ("80:90/udp", Refusal::Range(80, 90, Some("udp"))),
            ("99999", Refusal::TooBig),
            ("0.0.0.0:99999", Refusal::TooBig),
            ("tcp/99999", Refusal::TooBig),
            ("99999/tcp", Refusal::TooBig),
            ("DPT=65536", Refusal::TooBig),
            ("99999(x)", Refusal::TooBig),
            ("http://a:65536/", Refusal::TooBig),
            ("*:*", Refusal::NoPort),
            ("[::]:*", Refusal::NoPort),
            ("0.0.0.0:*", Refusal::NoPort),
            (":::*", Refusal::NoPort),
            ("10.0.0.1", Refusal::NoPort),
            ("[::1]", Refusal::NoPort),
            ("fe80::", Refusal::NoPort),
            ("*.*", Refusal::NoPort),
            ("tcp://10.0.0.1", Refusal::NoPort),
            ("::1:631", Refusal::Unclear("::1", 631)),
        ] {
            assert_eq!(asked(text), Err(refusal), "{text}");
        }
        for text in [
            "",
            ":",
            "0x50",
            "+80",
            "1e3",
            "080",
            "80/",
            "80/icmp",
            "a b",
            "=443",
            "DPT=0443",
            "DPT=",
            "443(",
            "(443",
            "()",
            "[::1:443",
            "a:b:443",
            "0.0.0.0:0443",
            "0.0.0.0:+443",
            "0.0.0.0:",
            "://",
            "://x",
            "tcp/",
            "/tcp",
            "10.0.0.1.x",
            "80,,443",
            "80,443/icmp",
            "80-90/icmp",
            "/tcp,80",
            ",",
            "80,4\u{663}",
            "1-2-3",
            "-1",
            "\u{662}:443",
        ] {
            assert_eq!(asked(text), Err(Refusal::NoService), "{text}");
        }
    }

    #[test]
    fn the_quick_way_finds_what_the_other_finds() {
        let hosts = [
            "",
            "*",
            "0.0.0.0",
            "127.0.0.53%lo",
            "[::]",
            "[*]",
            "[::1]",
            "localhost",
            "80",
            "a:b",
            "[",
            "]",
            "::",
            "é",
            "a-b",
        ];
        let ports = ["443", "0", "65535", "65536", "99999", "123456", "0443", "", "*", "https", "+1", "4\u{663}"];
        let mut found = 0;
        for host in hosts {
            for port in ports {
                let text = format!("{host}:{port}");
                if let Some(port) = port_of(text.as_bytes()) {
                    assert_eq!(asked(&text), Ok(Key { kind: Kind::Port(port), proto: None }), "{text}");
                    found += 1;
                }
            }
        }
        assert_eq!(found, 7 * 3);
        assert_eq!((port_of(b"443"), port_of(b"10.0.0.1")), (None, None));
    }

    #[test]
    fn a_refusal_names_the_command_that_does() {
        assert_eq!(Refusal::List("80,443", None).to_string(), "a list: ask for each by itself (getserv 80 443)");
        assert_eq!(
            Refusal::Range(8000, 8010, None).to_string(),
            "a range: ask for each of its ports (seq 8000 8010 | getserv -k -e)"
        );
        assert_eq!(
            Refusal::List("80, 443", Some("tcp")).to_string(),
            "a list: ask for each by itself (getserv -p tcp 80 443)"
        );
        assert_eq!(
            Refusal::Range(80, 90, Some("tcp")).to_string(),
            "a range: ask for each of its ports (seq 80 90 | getserv -k -e -p tcp)"
        );
        let long = "80,".repeat(30) + "80";
        assert_eq!(Refusal::List(&long, None).to_string(), "a list: ask for each by itself (tr , '\\n' | getserv)");
    }
}
