//! What people paste that is no name: recognised before anything is sent, with
//! the command that would do.
//!
//! A text with a backslash is taken as master-file text whatever it holds, so
//! that every name can be asked; so is one that ends in a dot, as far as its
//! last label being a number goes.
use std::net::{IpAddr, Ipv6Addr};

use plainnet_common::hint::{Pasted, nearest};

use crate::wire::{
    name::Name,
    types::{QueryUse, Type},
};

/// Why an input is plainly no name and no address, with the cure: `a URL, not a
/// name (did you mean dnsall dev.to?)`. None for what may be one.
pub fn refusal(text: &str) -> Option<String> {
    if is_plain(text) && !ends_in_number(text) && range(text).is_none()
        || text.contains('\\')
        || in_arpa(text)
        || text.parse::<IpAddr>().is_ok()
    {
        return None;
    }
    let found = [comment, addresses, web, quoted, mail, endpoint, path, several, numbers, leftovers];
    let (what, cure) = found.iter().find_map(|find| find(text))?;
    let but = if what.starts_with("a name") || what.starts_with("no ") { "" } else { ", not a name" };
    Some(match cure {
        Some(cure) => format!("{what}{but} (did you mean {cure}?)"),
        None => format!("{what}{but}"),
    })
}

/// Why a word that stands beside other operands is meant as something else: a
/// type in lower case, a class, or a server without its @.
pub fn misplaced(text: &str, next: Option<&str>) -> Option<String> {
    let as_typed = format!("for the name of that spelling write {text}.");
    if text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        // Digits alone are no mnemonic.
        let mnemonic = text.parse::<Type>().ok().filter(|_| text.bytes().any(|b| b.is_ascii_lowercase()));
        if let Some(rtype) = mnemonic {
            return Some(format!("a record type: use -t {rtype} ({as_typed})"));
        }
    }
    match text {
        "IN" => return Some(format!("a class, and the one that is asked anyway: leave it out ({as_typed})")),
        "CH" | "HS" => return Some(format!("a class: use --class {text} ({as_typed})")),
        _ => {}
    }
    // host(1) and nslookup(1) have the server last; a server before a name is dig's habit without the @.
    let pasted = Pasted::of(text);
    let before_name = next.is_some_and(|next| !next.starts_with('@') && next.parse::<IpAddr>().is_err());
    let encrypted = matches!(pasted.scheme, Some("tcp" | "udp" | "tls" | "quic" | "h3"));
    let port = pasted.port.is_some_and(is_port) && pasted.scheme.is_none() && pasted.user.is_none();
    let address = pasted.host.parse::<IpAddr>().is_ok();
    let resolver = pasted.scheme == Some("https") && pasted.path == Some("/dns-query");
    if encrypted || resolver || before_name && port && address && pasted.path.is_none() {
        return Some(format!("a server: use @{text}"));
    }
    None
}

/// Why a word after -t is no type: the nearest one, and what other tools call all of them.
pub fn type_hint(word: &str) -> Option<String> {
    if let Some(rest) = word.strip_prefix("ype=") {
        // nslookup's -type=mx is read as -t ype=mx.
        return rest.parse::<Type>().ok().map(|rtype| format!("use -t {rtype}"));
    }
    if ["ALL", "*"].iter().any(|all| all.eq_ignore_ascii_case(word)) {
        return Some("leave -t out: all types are asked".to_owned());
    }
    let words: Vec<Type> = word
        .split([' ', ';', '/', '+', '|'])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    if words.len() > 1 {
        let list: Vec<String> = words.iter().map(Type::to_string).collect();
        return Some(format!("did you mean -t {}?", list.join(",")));
    }
    None
}

/// The type whose mnemonic is nearest to a misspelt one, or begins with it.
pub fn nearest_type(word: &str) -> Option<&'static str> {
    let asked = || Type::all().filter(|rtype| rtype.query_use() != QueryUse::Never).filter_map(Type::mnemonic);
    let begins = |name: &&str| name.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let longer = if word.len() < 3 { None } else { asked().filter(begins).min_by_key(|name| name.len()) };
    longer.or_else(|| nearest(word, asked()))
}

/// What a word after @ was meant to be, where it is written as other tools have it.
pub fn server_hint(word: &str) -> Option<String> {
    if word.is_empty() {
        return Some("no blank may stand behind the @".to_owned());
    }
    let rest = word.trim_start_matches("dns://");
    // dig's and unbound's port: 192.0.2.1#5353, 192.0.2.1@5353.
    if let Some((host, port)) = rest.split_once(['#', '@'])
        && is_port(port)
        && !host.contains("//")
    {
        let host = host.trim_matches(['[', ']']);
        let brackets = host.contains(':');
        return Some(if brackets {
            format!("did you mean @[{host}]:{port}?")
        } else {
            format!("did you mean @{host}:{port}?")
        });
    }
    let parts: Vec<&str> = rest.split([',', ' ']).filter(|part| !part.is_empty()).collect();
    if parts.len() > 1 {
        let list: Vec<String> = parts.iter().map(|part| format!("@{part}")).collect();
        return Some(format!("did you mean {}?", list.join(" ")));
    }
    let pasted = Pasted::of(word);
    let host = pasted.host;
    match pasted.scheme {
        Some("http" | "doh" | "dns-over-https" | "h2" | "http2") => {
            Some(format!("did you mean @https://{host}{}?", pasted.path.unwrap_or("/dns-query")))
        }
        Some("doh3" | "http3") => Some(format!("did you mean @h3://{host}{}?", pasted.path.unwrap_or("/dns-query"))),
        Some("dot" | "dns-over-tls") => Some(format!("did you mean @tls://{host}?")),
        Some("doq" | "dns-over-quic" | "quic") => Some(format!("did you mean @quic://{host}?")),
        Some("sdns") => Some("a DNS stamp: write what is in it, as @https://NAME@ADDRESS/PATH".to_owned()),
        Some("dns") if !host.is_empty() => Some(format!("did you mean @{host}?")),
        // A provider's URL without its beginning; a number is the length of a prefix.
        None if !host.is_empty() => pasted.path.map(|path| match path.trim_start_matches('/').parse::<u8>() {
            Err(_) if path.len() > 1 => format!("did you mean @https://{host}{path}?"),
            _ => format!("did you mean @{host}?"),
        }),
        _ => None,
    }
}

/// An IPv6 address that ends in what is rather a port: `::1:53` is the address
/// `::1:53`, where nobody serves, and `[::1]:53` is meant.
pub fn port_in_address(word: &str) -> Option<String> {
    let (scheme, place) = word.split_once("://").map_or(("", word), |(scheme, place)| (scheme, place));
    let (host, port) = place.rsplit_once(':')?;
    let is_address = place.parse::<Ipv6Addr>().is_ok();
    let host = host.parse::<Ipv6Addr>().ok().filter(|host| host.is_loopback() || !is_address)?;
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    is_port(port).then(|| format!("did you mean @{scheme}[{host}]:{port}?"))
}

/// Options of dig, host and nslookup that mean something else here, or nothing.
pub fn habit(option: &str) -> Option<&'static str> {
    Some(match option {
        "-p" => "the port stands behind the server: @SERVER:PORT",
        "-f" => "names from a file come on standard input: dnsall < FILE",
        "-b" => "the system chooses the address to ask from",
        "-c" => "use --class CH",
        "-T" => "use @tcp://SERVER",
        _ => return None,
    })
}

type Found = Option<(&'static str, Option<String>)>;

/// A name and a comment: master files have `;` before one, and most other files `#`.
fn comment(text: &str) -> Found {
    let (name, _) = text.split_once(['#', ';']).filter(|(name, _)| name.ends_with([' ', '\t']))?;
    cure(name.trim_end()).map(|cure| ("a name with a comment", Some(cure)))
}

/// Prefixes, ranges, zones, hardware addresses: other tools' inputs.
fn addresses(text: &str) -> Found {
    if let Some((ip, length)) = text.split_once('/')
        && let Ok(ip) = ip.parse::<IpAddr>()
        && (length.parse::<u8>().is_ok_and(|bits| bits <= 128) || length.parse::<IpAddr>().is_ok())
    {
        return Some(("a prefix", Some(format!("ipconv --expand {ip}/{length} | dnsall"))));
    }
    if is_short_prefix(text) {
        return Some(("a prefix", Some(format!("ipconv --from loose --expand {text} | dnsall"))));
    }
    if let Some((first, last)) = range(text) {
        return Some(("a range", Some(format!("ipconv --expand {first}-{last} | dnsall"))));
    }
    if let Some((ip, _)) = text.split_once('%')
        && ip.parse::<std::net::Ipv6Addr>().is_ok()
    {
        return Some(("an address with a zone", Some(format!("dnsall {ip}"))));
    }
    let groups: Vec<&str> = text.split([':', '-']).collect();
    if groups.len() == 6 && groups.iter().all(|g| g.len() == 2 && g.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Some(("a hardware address", Some(format!("ipconv --from mac {text}"))));
    }
    None
}

/// `10/8`, `192.168/16`: an IPv4 prefix without the zeros at its end.
fn is_short_prefix(text: &str) -> bool {
    let Some((head, length)) = text.split_once('/') else { return false };
    let number = |word: &str| word.parse::<u8>().ok().filter(|_| word.bytes().all(|b| b.is_ascii_digit()));
    let is_short = head.split('.').count() < 4 && head.split('.').all(|word| number(word).is_some());
    is_short && number(length).is_some_and(|bits| bits <= 32)
}

/// The first and the last address of `192.0.2.1-192.0.2.5` or `192.0.2.1-5`.
fn range(text: &str) -> Option<(IpAddr, IpAddr)> {
    let (first, last) = text.split_once('-')?;
    let (first, last) = (first.trim().parse::<IpAddr>().ok()?, last.trim());
    if let Ok(last) = last.parse() {
        return Some((first, last));
    }
    // nmap's form: the last byte alone.
    let IpAddr::V4(v4) = first else { return None };
    let [a, b, c, d] = v4.octets();
    let last: u8 = last.parse().ok().filter(|byte| *byte >= d && last.bytes().all(|b| b.is_ascii_digit()))?;
    Some((first, IpAddr::from([a, b, c, last])))
}

/// URLs, also those that were made harmless with brackets.
fn web(text: &str) -> Found {
    let clean = text.replace("[.]", ".").replace("(.)", ".").replace("[dot]", ".").replace("[:]", ":");
    let harmless = clean != text;
    let lower = clean.to_ascii_lowercase();
    let scheme = ["https:", "http:", "hxxps:", "hxxp:", "ftp:"].into_iter().find(|scheme| lower.starts_with(scheme));
    let rest = scheme.map_or(&clean[..], |scheme| clean[scheme.len()..].trim_start_matches('/'));
    if scheme.is_some() || clean.contains("://") || harmless {
        let host = Pasted::of(rest).host.to_owned();
        return Some((
            if harmless && scheme.is_none() { "a name with its dots in brackets" } else { "a URL" },
            cure(&host),
        ));
    }
    None
}

fn quoted(text: &str) -> Found {
    const QUOTES: &[char] = &['"', '\'', '`', '“', '”', '„', '‘', '’', '«', '»', '<', '>'];
    if let Some(inner) = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        let inner = inner.trim();
        return Some(("a text in angle brackets", mail(inner).map_or_else(|| cure(inner), |(_, cure)| cure)));
    }
    let inner = text.trim_matches(QUOTES);
    (inner.len() < text.len()).then(|| ("a text in quotes", cure(inner)))
}

fn mail(text: &str) -> Found {
    let (_, host) = text.rsplit_once('@')?;
    Some(("a mail address", cure(host.trim_end_matches(['.', ',', ';']))))
}

/// `host:port`, `[v6]`, `[v6]:port`.
fn endpoint(text: &str) -> Found {
    let pasted = Pasted::of(text);
    if pasted.bracketed {
        return Some(("an address in brackets", cure(pasted.host)));
    }
    let port = pasted.port?;
    Some((if is_port(port) { "a host with a port" } else { "a host with something behind a colon" }, cure(pasted.host)))
}

fn path(text: &str) -> Found {
    let pasted = Pasted::of(text);
    pasted.path.map(|_| ("a URL", cure(pasted.host)))
}

/// Blanks and commas. A blank may stand in the name of a service's instance (RFC 6763 section 4.1.1).
fn several(text: &str) -> Found {
    if text.contains("._") {
        return None;
    }
    let parts: Vec<&str> = text.split([' ', '\t', ',', ';']).filter(|part| !part.is_empty()).collect();
    let split = text.contains([' ', '\t', ',', ';']);
    let good = !parts.is_empty() && parts.iter().all(|part| cure(part).is_some());
    let list = || format!("dnsall {}", parts.join(" "));
    match parts.len() {
        _ if !split => None,
        1 => Some(("a name with something around it", good.then(list))),
        _ if text.contains('\t') => Some(("a line of several fields", Some("cut -f1 | dnsall".to_owned()))),
        _ => Some(("several words", good.then(list))),
    }
}

/// Numbers: no top-level domain is one (RFC 3696 section 2).
fn numbers(text: &str) -> Found {
    if !is_plain(text) || !ends_in_number(text) {
        return None;
    }
    let hexadecimal = text.strip_prefix("0x").filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    if hexadecimal.is_some() {
        return Some(("a number", Some(format!("ipconv --from hex {text}"))));
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(("a number", Some(format!("ipconv --from int {text}"))));
    }
    Some(("no address, and no name ends in a number", None))
}

/// A dot in front, or marks of a sentence behind.
fn leftovers(text: &str) -> Found {
    let inner =
        text.trim_start_matches('.').trim_end_matches(['!', '?', ')', ']', '}']).trim_start_matches(['(', '[', '{']);
    (inner.len() < text.len()).then(|| ("a name with something around it", cure(inner)))
}

/// The command that asks about `host`, if it can be asked about.
fn cure(host: &str) -> Option<String> {
    let fit = host.parse::<IpAddr>().is_ok()
        || is_plain(host) && !ends_in_number(host) && Name::parse(host).is_ok() && host.contains(|c| c != '.');
    fit.then(|| format!("dnsall {host}"))
}

/// Letters and digits of any script, `-`, `_`, `.` and `*`, no dot in front.
fn is_plain(text: &str) -> bool {
    let is_fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'*');
    (text == "." || !text.starts_with('.'))
        && (text.bytes().all(is_fit)
            || text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '*' | '。')))
}

/// Is the last label a number, and no final dot behind it?
fn ends_in_number(text: &str) -> bool {
    if !text.ends_with(|c: char| c.is_ascii_hexdigit()) {
        return false;
    }
    let last = text.rsplit('.').next().unwrap_or_default();
    let digits = last.strip_prefix("0x").filter(|_| !text.contains('.'));
    last.bytes().all(|b| b.is_ascii_digit()) || digits.is_some_and(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A name for an address may hold a `/` (RFC 2317 section 4).
fn in_arpa(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    name.len() > 5
        && name.get(name.len() - 5..).is_some_and(|end| end.eq_ignore_ascii_case(".arpa"))
        && !name.contains(' ')
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_and_what_would_do() {
        for (text, wanted) in [
            ("https://dev.to/x", "a URL, not a name (did you mean dnsall dev.to?)"),
            ("HTTPS://dev.to", "a URL, not a name (did you mean dnsall dev.to?)"),
            ("https://user:pw@dev.to:8443/x?y#z", "a URL, not a name (did you mean dnsall dev.to?)"),
            ("https://[2001:db8::1]:8443/", "a URL, not a name (did you mean dnsall 2001:db8::1?)"),
            ("https:/dev.to", "a URL, not a name (did you mean dnsall dev.to?)"),
            ("ftp://dev.to/pub", "a URL, not a name (did you mean dnsall dev.to?)"),
            ("https://", "a URL, not a name"),
            ("hxxps://dev[.]to/x", "a URL, not a name (did you mean dnsall dev.to?)"),
            ("dev[.]to", "a name with its dots in brackets (did you mean dnsall dev.to?)"),
            ("dev.to/x", "a URL, not a name (did you mean dnsall dev.to?)"),
            ("dev.to # ours", "a name with a comment (did you mean dnsall dev.to?)"),
            ("dev.to\t; ours # too", "a name with a comment (did you mean dnsall dev.to?)"),
            ("dev.to:443", "a host with a port, not a name (did you mean dnsall dev.to?)"),
            ("127.0.0.1:5300", "a host with a port, not a name (did you mean dnsall 127.0.0.1?)"),
            ("[::1]", "an address in brackets, not a name (did you mean dnsall ::1?)"),
            ("[::1]:53", "an address in brackets, not a name (did you mean dnsall ::1?)"),
            ("user@dev.to", "a mail address, not a name (did you mean dnsall dev.to?)"),
            ("mailto:user@dev.to", "a mail address, not a name (did you mean dnsall dev.to?)"),
            ("\"dev.to\"", "a text in quotes, not a name (did you mean dnsall dev.to?)"),
            ("“dev.to”", "a text in quotes, not a name (did you mean dnsall dev.to?)"),
            ("<dev.to>", "a text in angle brackets, not a name (did you mean dnsall dev.to?)"),
            ("<user@dev.to>", "a text in angle brackets, not a name (did you mean dnsall dev.to?)"),
            ("192.0.2.1-5", "a range, not a name (did you mean ipconv --expand 192.0.2.1-192.0.2.5 | dnsall?)"),
            ("192.0.2.1-192.0.2.5", "a range, not a name (did you mean ipconv --expand 192.0.2.1-192.0.2.5 | dnsall?)"),
            ("dev to", "several words, not a name (did you mean dnsall dev to?)"),
            ("dev.to,example.org", "several words, not a name (did you mean dnsall dev.to example.org?)"),
            ("dev.to ", "a name with something around it (did you mean dnsall dev.to?)"),
            ("dev.to,", "a name with something around it (did you mean dnsall dev.to?)"),
            ("dev.to\t151.101.66.217", "a line of several fields, not a name (did you mean cut -f1 | dnsall?)"),
            (".dev.to", "a name with something around it (did you mean dnsall dev.to?)"),
            ("(dev.to)", "a name with something around it (did you mean dnsall dev.to?)"),
            ("8.8.8.0/24", "a prefix, not a name (did you mean ipconv --expand 8.8.8.0/24 | dnsall?)"),
            ("2001:db8::/126", "a prefix, not a name (did you mean ipconv --expand 2001:db8::/126 | dnsall?)"),
            ("10.0.0.0/255.0.0.0", "a prefix, not a name (did you mean ipconv --expand 10.0.0.0/255.0.0.0 | dnsall?)"),
            ("10.0.0.1-10.0.0.9", "a range, not a name (did you mean ipconv --expand 10.0.0.1-10.0.0.9 | dnsall?)"),
            ("fe80::1%eth0", "an address with a zone, not a name (did you mean dnsall fe80::1?)"),
            ("00:00:5e:00:53:2a", "a hardware address, not a name (did you mean ipconv --from mac 00:00:5e:00:53:2a?)"),
            ("2130706433", "a number, not a name (did you mean ipconv --from int 2130706433?)"),
            ("0x7f000001", "a number, not a name (did you mean ipconv --from hex 0x7f000001?)"),
            ("192.0.2.5-5", "a range, not a name (did you mean ipconv --expand 192.0.2.5-192.0.2.5 | dnsall?)"),
            ("8.8.8.0/128", "a prefix, not a name (did you mean ipconv --expand 8.8.8.0/128 | dnsall?)"),
            ("10/8", "a prefix, not a name (did you mean ipconv --from loose --expand 10/8 | dnsall?)"),
            ("192.168.0/24", "a prefix, not a name (did you mean ipconv --from loose --expand 192.168.0/24 | dnsall?)"),
            ("10/33", "a URL, not a name"),
            ("8.8.8.0/129", "a URL, not a name (did you mean dnsall 8.8.8.0?)"),
            ("8.8.8.0/x", "a URL, not a name (did you mean dnsall 8.8.8.0?)"),
            ("dev.to%eth0:1", "a host with a port, not a name"),
            ("gopher://dev.to/", "a URL, not a name (did you mean dnsall dev.to?)"),
            ("hxxps://dev.to", "a URL, not a name (did you mean dnsall dev.to?)"),
            ("dev.to:x", "a host with something behind a colon, not a name (did you mean dnsall dev.to?)"),
            ("dev.to:", "a host with something behind a colon, not a name (did you mean dnsall dev.to?)"),
            ("dev.to:+53", "a host with something behind a colon, not a name (did you mean dnsall dev.to?)"),
            ("dev.to:65535", "a host with a port, not a name (did you mean dnsall dev.to?)"),
            ("dev.to:65536", "a host with something behind a colon, not a name (did you mean dnsall dev.to?)"),
            ("dev.to !!", "several words, not a name"),
            (" ,", "several words, not a name"),
            ("!! ", "a name with something around it"),
            ("a b.arpa", "several words, not a name (did you mean dnsall a b.arpa?)"),
            (".arpa", "a name with something around it (did you mean dnsall arpa?)"),
            // No command would do for what stands in the quotes.
            ("\"10.0.0\"", "a text in quotes, not a name"),
            ("\"a..b\"", "a text in quotes, not a name"),
            ("\"a b\"", "a text in quotes, not a name"),
            ("\".\"", "a text in quotes, not a name"),
            ("\"192.0.2.1\"", "a text in quotes, not a name (did you mean dnsall 192.0.2.1?)"),
            ("\"::1\"", "a text in quotes, not a name (did you mean dnsall ::1?)"),
            ("0xfg:1", "a host with a port, not a name (did you mean dnsall 0xfg?)"),
            ("a.0x1:1", "a host with a port, not a name (did you mean dnsall a.0x1?)"),
            ("7:1", "a host with a port, not a name"),
            ("10.0.0", "no address, and no name ends in a number"),
            ("256.1.1.1", "no address, and no name ends in a number"),
        ] {
            assert_eq!(refusal(text).as_deref(), Some(wanted), "{text:?}");
        }
    }

    #[test]
    fn names_stay_names() {
        for name in [
            "dev.to",
            "dev.to.",
            ".",
            "_dmarc.dev.to",
            "*.dev.to",
            "-x.dev.to",
            "bücher.example",
            "bücher。example",
            "0/25.2.0.192.in-addr.arpa",
            "My Printer._ipp._tcp.local",
            "a\\.b\\@c.example",
            "a\\032b",
            "192.0.2.1",
            "2001:db8::1",
            "4.3.2.1.",
            "1.2.3.4.e164.arpa",
            "x0x1",
            "192.0.2.5-1",
            "192.0.2.1-300",
            "192.0.2.1-5.example",
            "192.0.2.1-+5",
            "a.0x1",
            "0xfg",
            "b.ARPA",
            "a/b.arpa.",
            "00:00:5e:00:53:2",
            "00:00:5e:00:53",
            "00:00:5e:00:53:2g",
            "1-5",
            "mx",
            "",
        ] {
            assert_eq!(refusal(name), None, "{name:?}");
        }
    }

    #[test]
    fn options_of_other_tools() {
        for (option, words) in [
            ("-p", "@SERVER:PORT"),
            ("-f", "standard input"),
            ("-b", "the system chooses"),
            ("-c", "--class"),
            ("-T", "@tcp://"),
        ] {
            assert!(habit(option).is_some_and(|hint| hint.contains(words)), "{option}");
        }
        assert_eq!(habit("-x"), None);
    }

    #[test]
    fn nothing_that_is_pasted_panics() {
        for text in [
            "@",
            ":",
            "//",
            "://",
            "[",
            "]",
            "[]",
            "%",
            "/",
            "-",
            ",",
            "\u{202e}",
            "\"",
            "é:é",
            "é.arpa",
            "a@",
            "0x",
            "💥.arpa",
            ":::::",
        ] {
            let _ = (refusal(text), misplaced(text, Some("x")), server_hint(text), type_hint(text));
        }
    }

    #[test]
    fn words_in_the_wrong_place() {
        for (text, next, wanted) in [
            ("mx", Some("dev.to"), Some("a record type: use -t MX (for the name of that spelling write mx.)")),
            ("any", None, Some("a record type: use -t ANY (for the name of that spelling write any.)")),
            ("type65", None, Some("a record type: use -t HTTPS (for the name of that spelling write type65.)")),
            (
                "IN",
                None,
                Some(
                    "a class, and the one that is asked anyway: leave it out (for the name of that spelling write IN.)",
                ),
            ),
            ("CH", None, Some("a class: use --class CH (for the name of that spelling write CH.)")),
            ("127.0.0.1:5300", Some("dev.to"), Some("a server: use @127.0.0.1:5300")),
            ("[::1]:5300", Some("dev.to"), Some("a server: use @[::1]:5300")),
            ("127.0.0.1:5300", None, None),
            ("127.0.0.1:5300", Some("192.0.2.1"), None),
            ("tls://dns.example", None, Some("a server: use @tls://dns.example")),
            ("https://dns.example/dns-query", Some("dev.to"), Some("a server: use @https://dns.example/dns-query")),
            ("https://dev.to/", Some("example.org"), None),
            ("8.8.8.8", Some("dev.to"), None),
            ("a", Some("dev.to"), Some("a record type: use -t A (for the name of that spelling write a.)")),
            ("255", Some("dev.to"), None),
            ("nsap-ptr", None, Some("a record type: use -t NSAP-PTR (for the name of that spelling write nsap-ptr.)")),
            ("MX", None, None),
            ("mxx", None, None),
            ("", None, None),
            ("HS", None, Some("a class: use --class HS (for the name of that spelling write HS.)")),
            ("127.0.0.1:5300", Some("@192.0.2.1"), None),
            ("127.0.0.1:5300/x", Some("dev.to"), None),
            ("127.0.0.1:65536", Some("dev.to"), None),
            ("u@127.0.0.1:5300", Some("dev.to"), None),
            ("dns://127.0.0.1:5300", Some("dev.to"), None),
            ("dns.example:53", Some("dev.to"), None),
            ("tcp://127.0.0.1", None, Some("a server: use @tcp://127.0.0.1")),
            ("quic://dns.example:853", None, Some("a server: use @quic://dns.example:853")),
            ("http://dns.example/dns-query", Some("dev.to"), None),
            ("https://dns.example/other", Some("dev.to"), None),
            ("dns.example/dns-query", Some("dev.to"), None),
            ("dev.to", Some("mx"), None),
        ] {
            assert_eq!(misplaced(text, next).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn types_and_servers_as_other_tools_write_them() {
        for (word, wanted) in [
            ("ype=mx", Some("use -t MX")),
            ("all", Some("leave -t out: all types are asked")),
            ("A AAAA", Some("did you mean -t A,AAAA?")),
            ("a;mx", Some("did you mean -t A,MX?")),
            ("MXX", None),
            ("mx", None),
            ("*", Some("leave -t out: all types are asked")),
            ("ype=", None),
            ("mx/txt+ns|soa", Some("did you mean -t MX,TXT,NS,SOA?")),
            ("mx xx", None),
        ] {
            assert_eq!(type_hint(word).as_deref(), wanted, "{word}");
        }
        for (word, wanted) in [("MXX", Some("MX")), ("AAA", Some("AAAA")), ("CNAM", Some("CNAME")), ("banana", None)] {
            assert_eq!(nearest_type(word), wanted, "{word}");
        }
        // Three letters are a beginning, two are a misspelling; what is never a question is no cure.
        for (word, wanted) in [("dns", Some("DNSKEY")), ("ope", Some("OPENPGPKEY")), ("dn", Some("DS"))] {
            assert_eq!(nearest_type(word), wanted, "{word}");
        }
        assert!(
            ["TSI", "TKE", "AXFRR"]
                .map(nearest_type)
                .iter()
                .all(|name| !matches!(name, Some("TSIG" | "TKEY" | "AXFR")))
        );
        for (word, wanted) in [
            ("", Some("no blank may stand behind the @")),
            ("192.0.2.1#5353", Some("did you mean @192.0.2.1:5353?")),
            ("192.0.2.1@5353", Some("did you mean @192.0.2.1:5353?")),
            ("2001:db8::1#53", Some("did you mean @[2001:db8::1]:53?")),
            ("8.8.8.8,1.1.1.1", Some("did you mean @8.8.8.8 @1.1.1.1?")),
            ("8.8.8.8/24", Some("did you mean @8.8.8.8?")),
            ("http://dns.example/dns-query", Some("did you mean @https://dns.example/dns-query?")),
            ("dot://dns.example", Some("did you mean @tls://dns.example?")),
            ("doh://dns.example", Some("did you mean @https://dns.example/dns-query?")),
            ("doh3://dns.example/x", Some("did you mean @h3://dns.example/x?")),
            ("doq://dns.example", Some("did you mean @quic://dns.example?")),
            ("quic://dns.example/dns-query", Some("did you mean @quic://dns.example?")),
            ("sdns://AgcAAA", Some("a DNS stamp: write what is in it, as @https://NAME@ADDRESS/PATH")),
            ("dns.example/dns-query", Some("did you mean @https://dns.example/dns-query?")),
            ("dns.example/", Some("did you mean @dns.example?")),
            ("dns://192.0.2.1", Some("did you mean @192.0.2.1?")),
            ("a b", Some("did you mean @a @b?")),
            ("1.2.3", None),
            ("192.0.2.1@x", None),
            ("https://dns.example#53", None),
            ("dns://192.0.2.1#5353", Some("did you mean @192.0.2.1:5353?")),
            ("[2001:db8::1]#53", Some("did you mean @[2001:db8::1]:53?")),
            ("dns://", None),
            ("/x", None),
            ("h2://dns.example", Some("did you mean @https://dns.example/dns-query?")),
            ("http3://dns.example", Some("did you mean @h3://dns.example/dns-query?")),
        ] {
            assert_eq!(server_hint(word).as_deref(), wanted, "{word}");
        }
        for (word, wanted) in [
            ("::1:53", Some("did you mean @[::1]:53?")),
            ("tcp://::1:5300", Some("did you mean @tcp://[::1]:5300?")),
            ("::1", None),
            ("::1:65536", None),
            ("::1:x", None),
            ("2001:db8::1:53000", Some("did you mean @[2001:db8::1]:53000?")),
            ("[::1:53]", None),
            ("2001:db8::53", None),
            ("2001:db8::1:53", None),
            ("::ffff:192.0.2.1", None),
        ] {
            assert_eq!(port_in_address(word).as_deref(), wanted, "{word}");
        }
    }
}
