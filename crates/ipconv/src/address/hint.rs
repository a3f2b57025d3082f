//! What someone probably meant by a text that is no address, and the command
//! that would do.
use plainnet_common::hint::Pasted;

use crate::address::{
    form, loose, reverse,
    text::{self, Reason, write_compressed},
    value::{Family, What},
};

/// Longer texts are nobody's address, and would take long.
const LONGEST: usize = 300;

/// Why a text is no address, and where it is something else, what that is and the
/// command for it.
#[cold]
pub fn explain(text: &str, why: &Reason) -> String {
    let known = text.len() > LONGEST || matches!(why, Reason::LeadingZero { .. });
    // An address of the wrong family is one.
    let other = if known || text::parse(text.as_bytes()).is_ok() { None } else { meant(text) };
    match other {
        Some((what, command)) => format!("{what} (did you mean {command}?)"),
        None => why.to_string(),
    }
}

/// What `text` is, and the command that takes it.
fn meant(text: &str) -> Option<(&'static str, String)> {
    let bytes = text.as_bytes();
    let ipconv = |options: &str| format!("ipconv {options}");
    if let Some(found) = words(text) {
        return Some(found);
    }
    let separated = |among: &[u8]| bytes.iter().any(|b| among.contains(b));
    if separated(b":-.") && form::mac(bytes).is_ok() {
        return Some(("a MAC address", ipconv("--from mac")));
    }
    if bytes.iter().all(u8::is_ascii_digit) && form::int(bytes, false).is_ok() {
        return Some(("a number", ipconv("--from int")));
    }
    let pairs = bytes.split(|b| matches!(b, b':' | b'-')).all(|group| group.len() == 2);
    if (text.starts_with("0x") || text.starts_with("0X") || pairs || !separated(b":-. ")) && form::hex(bytes).is_ok() {
        return Some(("hexadecimal digits", ipconv("--from hex")));
    }
    if form::aton(bytes).is_ok() {
        return Some(("an address as inet_aton(3) reads it", ipconv("--from aton")));
    }
    if loose::parse(bytes).is_ok() {
        return Some(("not an address as inet_pton(3) reads it", ipconv("--from loose")));
    }
    if reverse::parse(bytes).is_ok() {
        return Some(("a reverse name", ipconv("--from arpa")));
    }
    pasted(text)
}

/// Several words: an address and its mask, or fields of which one is an address.
fn words(text: &str) -> Option<(&'static str, String)> {
    let words: Vec<&str> = text.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    if let [address, mask] = words[..]
        && let Ok(value) = loose::parse(text.as_bytes())
        && matches!(value.what, What::Prefix(_))
    {
        return Some(("an address and a mask", format!("{address}/{mask}, or ipconv --from loose")));
    }
    let is_address = |word: &str| text::parse(word.trim_matches('"').as_bytes()).is_ok();
    if words.len() > 1 {
        let at = words.iter().position(|word| is_address(word))?;
        return Some(("several words", format!("ipconv -f {}", at + 1)));
    }
    let delimiter = text.chars().find(|c| matches!(c, ',' | ';' | '|'))?;
    let at = text.split(delimiter).map(str::trim).position(is_address)?;
    Some(("several fields", format!("ipconv -d '{delimiter}' -f {}", at + 1)))
}

/// An address in brackets, with a port or in a URL; or a name.
fn pasted(text: &str) -> Option<(&'static str, String)> {
    let pasted = Pasted::of(text);
    let because = match pasted {
        Pasted { scheme: Some(_), .. } => "a URL, not an address",
        Pasted { port: Some(_), .. } => "an address and a port",
        Pasted { user: Some(_), .. } => "a user and an address",
        Pasted { bracketed: true, .. } => "an address in brackets",
        _ => "an address and more",
    };
    // What is wrong with 10.0.0.1/33 has been said better.
    let bare = text.starts_with(pasted.host) && pasted.port.is_none();
    if !bare && text::parse(pasted.host.as_bytes()).is_ok() {
        return Some((because, "ipconv --extract, which reads text".into()));
    }
    let host = pasted.host.strip_suffix('.').unwrap_or(pasted.host);
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let because = if pasted.scheme.is_some() { because } else { "a name, not an address" };
    // The last label of a name is no number (RFC 3696 section 2). A single word may be anything.
    let top = host.rsplit_once('.').map_or("", |(_, top)| top);
    let named = host.split('.').all(label) && top.bytes().any(|b| b.is_ascii_alphabetic());
    let typed = !pasted.bracketed && !host.starts_with('-') && host.len() <= 253;
    (named && typed || host == "localhost").then(|| (because, format!("dnsall -a {host}")))
}

/// `10.0.0.1 255.255.255.0` as two operands: the address that `mask` belongs to,
/// with it. Masks of less than eight bits, and one that is an address like any other, are none.
pub fn masked(address: u128, mask: u128) -> Option<String> {
    let netmask = mask >> 24 == 0xff && mask != Family::V4.top();
    let hostmask = mask >> 24 == 0 && mask > 2;
    let mut text = Vec::new();
    write_compressed(&mut text, Family::V4, address);
    text.push(b'/');
    let at = text.len();
    write_compressed(&mut text, Family::V4, mask);
    let is_mask = (netmask || hostmask) && text::parse_len(Family::V4, &text[at..]).is_ok();
    let network = String::from_utf8(text).ok()?;
    is_mask.then(|| format!("a mask, not an address (did you mean ipconv {network}?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste() {
        for (text, want) in [
            ("10.0.0.0 0.0.0.255", "an address and a mask (did you mean 10.0.0.0/0.0.0.255, or ipconv --from loose?)"),
            (
                "10.0.0.1\t255.255.255.0",
                "an address and a mask (did you mean 10.0.0.1/255.255.255.0, or ipconv --from loose?)",
            ),
            ("[::1]", "an address in brackets (did you mean ipconv --extract, which reads text?)"),
            ("[::1]:80", "an address and a port (did you mean ipconv --extract, which reads text?)"),
            ("10.0.0.1:80", "an address and a port (did you mean ipconv --extract, which reads text?)"),
            ("http://10.0.0.1/", "a URL, not an address (did you mean ipconv --extract, which reads text?)"),
            ("root@10.0.0.1", "a user and an address (did you mean ipconv --extract, which reads text?)"),
            ("\"10.0.0.1\"", "an address and more (did you mean ipconv --extract, which reads text?)"),
            ("00:11:22:33:44:55", "a MAC address (did you mean ipconv --from mac?)"),
            ("0011.2233.4455", "a MAC address (did you mean ipconv --from mac?)"),
            ("0x7f000001", "hexadecimal digits (did you mean ipconv --from hex?)"),
            ("7f:00:00:01", "hexadecimal digits (did you mean ipconv --from hex?)"),
            ("c0a80001", "hexadecimal digits (did you mean ipconv --from hex?)"),
            ("2130706433", "a number (did you mean ipconv --from int?)"),
            ("127.1", "an address as inet_aton(3) reads it (did you mean ipconv --from aton?)"),
            ("0x7f.1", "an address as inet_aton(3) reads it (did you mean ipconv --from aton?)"),
            ("10.0.0.1-20", "not an address as inet_pton(3) reads it (did you mean ipconv --from loose?)"),
            ("10/8", "not an address as inet_pton(3) reads it (did you mean ipconv --from loose?)"),
            ("1.0.0.127.in-addr.arpa", "a reverse name (did you mean ipconv --from arpa?)"),
            ("localhost", "a name, not an address (did you mean dnsall -a localhost?)"),
            ("dev.to.", "a name, not an address (did you mean dnsall -a dev.to?)"),
            ("https://dev.to/x", "a URL, not an address (did you mean dnsall -a dev.to?)"),
            ("dev.to\t151.101.66.217", "several words (did you mean ipconv -f 2?)"),
            ("1,10.0.0.1,x", "several fields (did you mean ipconv -d ',' -f 2?)"),
        ] {
            let why = text::parse(text.as_bytes()).expect_err(text);
            assert_eq!(explain(text, &why), want, "{text}");
        }
    }

    #[test]
    fn what_is_nothing_else_keeps_its_reason() {
        for text in [
            "256.1.1.1",
            "010.0.0.1",
            "1:2:3",
            "::1::2",
            "fe80::1%",
            "10.0.0.1/33",
            "",
            "-",
            "é",
            "a b",
            "no",
            "1.2.3.4.5",
            "10.0.0.9-10.0.0.1",
        ] {
            let why = text::parse(text.as_bytes()).expect_err(text);
            assert_eq!(explain(text, &why), why.to_string(), "{text}");
        }
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(explain(&long, &Reason::Because("x")), "x");
    }

    #[test]
    fn a_mask_behind_an_address() {
        let masked = |mask: &str| masked(0x0a00_0001, text::parse_v4(mask.as_bytes()).unwrap().into());
        let said = masked("255.255.255.0");
        let want = "a mask, not an address (did you mean ipconv 10.0.0.1/255.255.255.0?)";
        assert_eq!(said.as_deref(), Some(want));
        for mask in ["255.0.0.0", "255.255.255.254", "0.0.0.255", "0.0.0.3", "0.255.255.255"] {
            assert!(masked(mask).is_some(), "{mask}");
        }
        for other in
            ["255.255.255.255", "0.0.0.0", "0.0.0.1", "128.0.0.0", "255.0.255.0", "10.0.0.2", "127.255.255.255"]
        {
            assert!(masked(other).is_none(), "{other}");
        }
    }
}
