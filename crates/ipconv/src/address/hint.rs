//! What someone probably meant by a text that is no address, and the command
//! that would do.
use plainnet_common::hint::Pasted;

use crate::address::{
    defanged,
    form::{self, InputForm},
    loose, reverse,
    text::{self, Reason},
    value::{Value, What},
    write::compressed,
};

/// Longer texts are nobody's address, and would take long.
const LONGEST: usize = 300;

/// What a text is, and what would do in its place.
type Meant = (&'static str, Option<String>);

/// Why a text is no address in the form `from`, and where it is something else, what that
/// is and the command for it. `in_field`: the text is a field that `-f` chose, so that no
/// other field is proposed.
#[cold]
pub fn explain(text: &str, why: &Reason, from: InputForm, in_field: bool) -> String {
    said(text, why, from, |text| meant(text, in_field))
}

/// Why a text is no block, where options and files name blocks and no command is
/// asked for: what is proposed is the block itself.
#[cold]
pub fn explain_block(text: &str, why: &Reason) -> String {
    said(text, why, InputForm::Text, |text| {
        let (what, block) = corrected(text).or_else(|| inside(text)).or_else(|| {
            let value = loose::parse(text.as_bytes()).ok()?;
            Some(("not a block as inet_pton(3) reads it", compressed(&value)))
        })?;
        Some((what, Some(block)))
    })
}

fn said(text: &str, why: &Reason, from: InputForm, meant: impl FnOnce(&str) -> Option<Meant>) -> String {
    let bytes = text.as_bytes();
    // Of these all has been said, and an address of the wrong family is one.
    let known = text.len() > LONGEST || matches!(why, Reason::LeadingZero { .. } | Reason::Mask { .. });
    let meant = match loose::parse(bytes) {
        _ if known || form::read(from, bytes, None).is_ok() => None,
        Err(either @ Reason::EitherMask { .. }) => return either.to_string(),
        _ => meant(text),
    };
    match meant {
        Some((what, Some(proposed))) => format!("{what} (did you mean {proposed}?)"),
        Some((what, None)) => what.to_owned(),
        None => why.to_string(),
    }
}

/// What `text` is, and the command that takes it.
fn meant(text: &str, in_field: bool) -> Option<Meant> {
    let bytes = text.as_bytes();
    let ipconv = |what, options: &str| Some((what, Some(format!("ipconv {options}"))));
    if let Some((what, value)) = corrected(text) {
        return ipconv(what, &value);
    }
    if let Some(found) = words(text, in_field).or_else(|| fields(text, in_field)) {
        return Some(found);
    }
    let separated = |among: &[u8]| bytes.iter().any(|b| among.contains(b));
    if separated(b":-.") && form::mac(bytes).is_ok() {
        return ipconv("a MAC address", "--from mac");
    }
    if bytes.iter().all(u8::is_ascii_digit) && form::int(bytes, false).is_ok() {
        return ipconv("a number", "--from int");
    }
    let pairs = bytes.split(|b| matches!(b, b':' | b'-')).all(|group| group.len() == 2);
    if (text.starts_with("0x") || text.starts_with("0X") || pairs || !separated(b":-. ")) && form::hex(bytes).is_ok() {
        return ipconv("hexadecimal digits", "--from hex");
    }
    if form::aton(bytes).is_ok() {
        return ipconv("an address as inet_aton(3) reads it", "--from aton");
    }
    if loose::parse(bytes).is_ok() {
        return ipconv("not an address as inet_pton(3) reads it", "--from loose");
    }
    if reverse::parse(bytes).is_ok() {
        return ipconv("a reverse name", "--from arpa");
    }
    // Twenty letters may be a word; the other digits of base 85 but these two are in none.
    if bytes.iter().any(|b| b.is_ascii_punctuation() && !b"-_".contains(b)) && form::base85(bytes).is_ok() {
        return ipconv("digits of base 85", "--from base85");
    }
    if let Some(number) = text.get(..2).filter(|two| two.eq_ignore_ascii_case("AS")).map(|_| &text[2..])
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.split('.').count() <= 2
        && number.split('.').all(|part| part.parse::<u32>().is_ok())
    {
        return Some(("an AS number, not an address", Some(format!("rirwhois {text}"))));
    }
    if mended(text).is_some_and(|text| text::parse(text.as_bytes()).is_ok() || inside(&text).is_some()) {
        return ipconv("an address made harmless", "--extract --defanged, which reads text");
    }
    if let Some((what, _)) = inside(text) {
        return ipconv(what, "--extract, which reads text");
    }
    // (192.0.2.1), 192.0.2.1#53 and the like; what is wrong with 10.0.0.1/33 has been said better.
    let around = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | ':' | '/' | '%' | '-' | '_');
    if text.contains(around) && text.split(around).any(is_address) {
        return ipconv("an address and more", "--extract, which reads text");
    }
    name(text)
}

/// A text that one change makes an address, a prefix or a range: what is wrong with it,
/// and the text without that.
fn corrected(text: &str) -> Option<(&'static str, String)> {
    let bare = text.trim();
    if bare.len() < text.len() && text::parse(bare.as_bytes()).is_ok() {
        return Some(("blanks beside an address", bare.to_owned()));
    }
    if text.contains('/') && text.contains(' ') {
        let bare = text.replace(' ', "");
        if text::parse(bare.as_bytes()).is_ok() {
            return Some(("blanks in a prefix", bare));
        }
    }
    // Hyphens, dashes and the minus sign of Unicode.
    let is_dash = |c: char| matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}');
    let read = |text: &str| loose::parse(text.as_bytes()).ok().map(|value| compressed(&value));
    if text.contains(is_dash) {
        let value = read(&text.replace(is_dash, "-"))?;
        return Some(("a dash that is no hyphen", value));
    }
    for (at, _) in text.match_indices('-') {
        let end = |text: &'_ str| {
            text::parse(text.trim().as_bytes()).ok().map(|value| (value.family, value.bits, value.what))
        };
        if let (Some((family, first, What::Addr)), Some((other, last, What::Addr))) =
            (end(&text[..at]), end(&text[at + 1..]))
            && let Ok(range) = Value::addr(family, first).up_to(&Value::addr(other, last))
        {
            let what = if text.contains('%') { "a range has no zone" } else { "a blank that is no space" };
            return Some((what, compressed(&range)));
        }
    }
    let mut bare = text;
    while let Some(shorter) = bare.strip_suffix(['.', ',', ';', ':']) {
        bare = shorter;
        if text::parse(bare.as_bytes()).is_ok() {
            return Some(("an address and punctuation", bare.to_owned()));
        }
    }
    None
}

/// The text with its dots and colons mended, if any of them was made harmless.
fn mended(text: &str) -> Option<String> {
    let mut out = Vec::new();
    defanged::mend(text.as_bytes(), true, &mut out);
    String::from_utf8(out).ok().filter(|mended| mended != text)
}

/// Several words: an address and its mask, or words of which some are addresses.
fn words(text: &str, in_field: bool) -> Option<Meant> {
    let words: Vec<&str> = text.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    if let [address, mask] = words[..] {
        match loose::parse(text.as_bytes()) {
            Ok(Value { what: What::Prefix(_), .. }) => {
                let proposed = format!("{address}/{mask}, or ipconv --from loose");
                return Some(("an address and a mask", Some(proposed)));
            }
            // Nobody's address begins with 255.
            Err(_) if mask.starts_with("255.") && text::parse(mask.as_bytes()).is_ok() && is_address(address) => {
                return Some(("an address, and neither a netmask nor a hostmask", None));
            }
            _ => {}
        }
    }
    if words.len() < 2 {
        return None;
    }
    let command = chosen(words.iter().copied(), in_field, "")?;
    Some(("several words", Some(command)))
}

/// Fields that a delimiter separates, of which some are addresses.
fn fields(text: &str, in_field: bool) -> Option<Meant> {
    let delimiter = text.chars().find(|c| matches!(c, ',' | ';' | '|'))?;
    let command = chosen(text.split(delimiter).map(str::trim), in_field, &format!("-d '{delimiter}' "))?;
    Some(("several fields", Some(command)))
}

/// The command that takes the only address among these parts, or all of them.
fn chosen<'a>(parts: impl Iterator<Item = &'a str>, in_field: bool, delimiter: &str) -> Option<String> {
    let mut places = parts.enumerate().filter(|(_, part)| is_address(part)).map(|(at, _)| at + 1);
    let first = places.next()?;
    Some(if in_field || places.next().is_some() {
        "ipconv --extract, which reads text".into()
    } else {
        format!("ipconv {delimiter}-f {first}")
    })
}

fn is_address(part: &str) -> bool {
    text::parse(part.trim_matches('"').as_bytes()).is_ok()
}

/// An address in brackets, with a port or in a URL: what that is, and the address.
fn inside(text: &str) -> Option<(&'static str, String)> {
    let pasted = Pasted::of(text);
    // What is wrong with 10.0.0.1/33 has been said better.
    let bare = text.starts_with(pasted.host) && pasted.port.is_none();
    let found = !bare && text::parse(pasted.host.as_bytes()).is_ok();
    found.then(|| (kind(&pasted).unwrap_or("an address and more"), pasted.host.to_owned()))
}

fn kind(pasted: &Pasted<'_>) -> Option<&'static str> {
    Some(match pasted {
        Pasted { scheme: Some(_), .. } => "a URL, not an address",
        Pasted { port: Some(_), .. } => "an address and a port",
        Pasted { user: Some(_), .. } => "a user and an address",
        Pasted { bracketed: true, .. } => "an address in brackets",
        _ => return None,
    })
}

/// A name, alone or in a URL.
fn name(text: &str) -> Option<Meant> {
    let pasted = Pasted::of(text);
    let host = pasted.host.strip_suffix('.').unwrap_or(pasted.host);
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let what = pasted.scheme.and_then(|_| kind(&pasted)).unwrap_or("a name, not an address");
    // The last label of a name is no number (RFC 3696 section 2). A single word may be anything.
    let top = host.rsplit_once('.').map_or("", |(_, top)| top);
    let named = host.split('.').all(label) && top.bytes().any(|b| b.is_ascii_alphabetic());
    let typed = !pasted.bracketed && !host.starts_with('-') && host.len() <= 253;
    (named && typed || host == "localhost").then(|| (what, Some(format!("dnsall -a {host}"))))
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
            ("10.0.0.1 10.0.0.2", "several words (did you mean ipconv --extract, which reads text?)"),
            ("10.0.0.1,10.0.0.2", "several fields (did you mean ipconv --extract, which reads text?)"),
            ("1.2.3.4 255.0.255.0", "an address, and neither a netmask nor a hostmask"),
            ("10.0.0.1\u{2013}10.0.0.5", "a dash that is no hyphen (did you mean ipconv 10.0.0.1-10.0.0.5?)"),
            ("10.0.0.1 \u{2014} 20", "a dash that is no hyphen (did you mean ipconv 10.0.0.1-10.0.0.20?)"),
            ("::1\u{2212}::f", "a dash that is no hyphen (did you mean ipconv ::1-::f?)"),
            ("fe80::1%eth0-fe80::2%eth0", "a range has no zone (did you mean ipconv fe80::1-fe80::2?)"),
            ("fe80::1%br-lan - fe80::2%br-lan", "a range has no zone (did you mean ipconv fe80::1-fe80::2?)"),
            ("10.0.0.1\u{a0}-\u{a0}10.0.0.9", "a blank that is no space (did you mean ipconv 10.0.0.1-10.0.0.9?)"),
            ("10.0.0.1 0.0.0.0", "two readings: 10.0.0.1/0 by a netmask, 10.0.0.1/32 by a hostmask"),
            ("1[.]2[.]3[.]4", "an address made harmless (did you mean ipconv --extract --defanged, which reads text?)"),
            (
                "hxxp://1[dot]2(.)3.4/x",
                "an address made harmless (did you mean ipconv --extract --defanged, which reads text?)",
            ),
            ("4)+k&C#VzJ4br>0wv%Yp", "digits of base 85 (did you mean ipconv --from base85?)"),
            (" 1.2.3.4", "blanks beside an address (did you mean ipconv 1.2.3.4?)"),
            ("::1\t", "blanks beside an address (did you mean ipconv ::1?)"),
            ("10.0.0.1 /24", "blanks in a prefix (did you mean ipconv 10.0.0.1/24?)"),
            ("AS15169", "an AS number, not an address (did you mean rirwhois AS15169?)"),
            ("as1.10", "an AS number, not an address (did you mean rirwhois as1.10?)"),
            ("1.2.3.4.", "an address and punctuation (did you mean ipconv 1.2.3.4?)"),
            ("2001:db8::/32,", "an address and punctuation (did you mean ipconv 2001:db8::/32?)"),
            ("(1.2.3.4)", "an address and more (did you mean ipconv --extract, which reads text?)"),
            ("10.0.0.1#53", "an address and more (did you mean ipconv --extract, which reads text?)"),
            ("src=2001:db8::1;", "an address and more (did you mean ipconv --extract, which reads text?)"),
        ] {
            let why = text::parse(text.as_bytes()).expect_err(text);
            assert_eq!(explain(text, &why, InputForm::Text, false), want, "{text}");
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
            "fe80::2%eth0-fe80::1%eth0",
            "abcdefghij-lmnopq_st",
            "AS",
            "ASN1",
            "AS1.2.3",
            "1.2.3.4..5",
            "a[.]b",
        ] {
            let why = text::parse(text.as_bytes()).expect_err(text);
            assert_eq!(explain(text, &why, InputForm::Text, false), why.to_string(), "{text}");
        }
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(explain(&long, &Reason::Because("x"), InputForm::Text, false), "x");
    }

    /// Nor is a form of input that was given.
    #[test]
    fn what_loose_takes_keeps_its_reason_there() {
        for text in ["10/8", "10.0.0.1-20", "10.0.*.*", "10.0.0.1 - 20", "10.0.0.1 255.255.255.0"] {
            let why = Reason::Because("not IPv6");
            assert_eq!(explain(text, &why, InputForm::Loose, false), "not IPv6", "{text}");
        }
    }

    /// A field that was chosen is not told to choose another.
    #[test]
    fn what_was_typed_is_not_proposed_again() {
        for text in ["b 10.0.0.1", "b,10.0.0.1", "10.0.0.1 10.0.0.2"] {
            let why = text::parse(text.as_bytes()).expect_err(text);
            let said = explain(text, &why, InputForm::Text, true);
            assert!(said.ends_with(" (did you mean ipconv --extract, which reads text?)"), "{said}");
        }
    }

    #[test]
    fn a_block_of_a_list_or_an_option() {
        for (text, want) in [
            ("10.0.0.1:80", "an address and a port (did you mean 10.0.0.1?)"),
            ("[::1]", "an address in brackets (did you mean ::1?)"),
            ("http://10.0.0.1/", "a URL, not an address (did you mean 10.0.0.1?)"),
            ("10/8", "not a block as inet_pton(3) reads it (did you mean 10.0.0.0/8?)"),
            ("10.0.0.1-20", "not a block as inet_pton(3) reads it (did you mean 10.0.0.1-10.0.0.20?)"),
            ("10.0.0.1\u{2013}10.0.0.5", "a dash that is no hyphen (did you mean 10.0.0.1-10.0.0.5?)"),
            ("0.0.0.0 255.255.255.255", "two readings: 0.0.0.0/32 by a netmask, 0.0.0.0/0 by a hostmask"),
            ("1.2.3.4.", "an address and punctuation (did you mean 1.2.3.4?)"),
            ("localhost", "not an address"),
            ("10.0.0.0/33", "a prefix longer than 32"),
            ("010.0.0.1", "leading zero: 8.0.0.1 in octal, 10.0.0.1 in decimal"),
        ] {
            let why = text::parse(text.as_bytes()).expect_err(text);
            assert_eq!(explain_block(text, &why), want, "{text}");
        }
    }
}
