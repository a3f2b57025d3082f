//! Names in in-addr.arpa and ip6.arpa, read and written.
use std::io::Write as _;

use crate::address::{
    text::{Reason, hex_digit},
    value::{Block, Family, Value, What},
};

type Read = Result<Value<'static>, Reason>;

const fn because(words: &'static str) -> Reason {
    Reason::Because(words)
}

/// Appends the name of an address, or the zones of a prefix, separated by commas:
/// several where it ends inside a label, and one in the form of RFC 2317 where
/// it is longer than the last label but one. False for a range.
pub fn write(out: &mut Vec<u8>, value: &Value<'_>) -> bool {
    let (family, len) = match value.what {
        What::Addr => (value.family, value.family.width()),
        What::Prefix(len) => (value.family, len),
        What::Range(_) => return false,
    };
    let label = label_bits(family);
    let Block { first, .. } = value.block();
    if family == Family::V4 && 24 < len && len < 32 {
        // RFC 2317 section 4.
        let _ = write!(out, "{}/{len}.", first & 0xff);
        name(out, family, first, 24);
        return true;
    }
    // Whole labels that hold the prefix, and how many of them it takes.
    let up = len.next_multiple_of(label);
    let step = family.host_mask(up);
    for i in 0..1u128 << (up - len) {
        if i > 0 {
            out.push(b',');
        }
        name(out, family, first + i * step.saturating_add(1), up);
    }
    true
}

fn label_bits(family: Family) -> u8 {
    match family {
        Family::V4 => 8,
        Family::V6 => 4,
    }
}

/// The name of the first `len` bits, whole labels.
fn name(out: &mut Vec<u8>, family: Family, bits: u128, len: u8) {
    let label = label_bits(family);
    let width = family.width();
    for at in (0..len / label).rev() {
        let digit = bits >> (width - label * (at + 1)) & ((1 << label) - 1);
        let _ = match family {
            Family::V4 => write!(out, "{digit}."),
            Family::V6 => write!(out, "{digit:x}."),
        };
    }
    out.extend_from_slice(match family {
        Family::V4 => b"in-addr.arpa",
        Family::V6 => b"ip6.arpa",
    });
}

/// Reads a name below in-addr.arpa (RFC 1035 section 3.5) or ip6.arpa (RFC 3596
/// section 2.5): an address, or the prefix of a zone that is cut at a label or
/// as RFC 2317 section 4 cuts it (`64/26.2.0.192.in-addr.arpa`, and
/// `64-127.2.0.192.in-addr.arpa` where a name server takes no slash).
///
/// # Errors
/// It is in neither tree, or a label is no strict octet or nibble.
pub fn parse(text: &[u8]) -> Read {
    let name = text.strip_suffix(b".").unwrap_or(text);
    if let Some(labels) = below(name, b"in-addr.arpa") {
        return octets(labels);
    }
    match below(name, b"ip6.arpa") {
        Some(labels) => nibbles(labels),
        None => Err(because("not a name below in-addr.arpa or ip6.arpa")),
    }
}

/// What stands before `tree` in `name`, without the dot between them.
fn below<'a>(name: &'a [u8], tree: &[u8]) -> Option<&'a [u8]> {
    let (head, tail) = name.split_at_checked(name.len().checked_sub(tree.len())?)?;
    if !tail.eq_ignore_ascii_case(tree) {
        return None;
    }
    if head.is_empty() { Some(head) } else { head.strip_suffix(b".").filter(|labels| !labels.is_empty()) }
}

fn octets(labels: &[u8]) -> Read {
    let wrong = because("a label that is no number from 0 to 255");
    let (mut bits, mut count, mut part) = (0u32, 0, Part::Whole);
    for label in labels.split(|b| *b == b'.').filter(|_| !labels.is_empty()) {
        let mut label = label;
        if count == 4 {
            return Err(because("more than four labels"));
        }
        if let Some(at) = label.iter().position(|b| matches!(b, b'/' | b'-')).filter(|_| count == 0) {
            let number = small(&label[at + 1..]).ok_or(wrong)?;
            part = if label[at] == b'/' { Part::Prefix(number) } else { Part::Upto(number) };
            label = &label[..at];
        }
        bits += u32::from(small(label).ok_or(wrong)?) << (8 * count);
        count += 1;
    }
    // The labels came last octet first, and the missing ones are the last.
    let bits = u128::from(bits) << (8 * (4 - count)) & Family::V4.top();
    let smaller = because("not the name of a zone smaller than /24");
    match part {
        Part::Whole => Ok(zone(Family::V4, bits, 8 * count)),
        _ if count != 4 => Err(smaller),
        Part::Prefix(len @ 25..=32) if bits & Family::V4.host_mask(len) == 0 => {
            Ok(Value::prefix(Family::V4, bits, len))
        }
        Part::Prefix(_) => Err(smaller),
        Part::Upto(octet) => {
            let last = (bits & !0xff) + u128::from(octet);
            // Zones are cut at will, and most of them are prefixes.
            let zone = Block { family: Family::V4, first: bits, last };
            match (25..=32).find(|len| Block::network(Family::V4, bits, *len) == zone) {
                Some(len) => Ok(Value::prefix(Family::V4, bits, len)),
                None if bits <= last && last - bits < 0xff => {
                    Ok(Value { family: Family::V4, bits, what: What::Range(last), zone: None })
                }
                None => Err(smaller),
            }
        }
    }
}

/// What the first label of a name says of the last octet.
enum Part {
    /// It is that octet, or there is none.
    Whole,
    /// `64/26`: a prefix of so many bits begins there.
    Prefix(u8),
    /// `64-127`: the zone reaches up to there.
    Upto(u8),
}

fn nibbles(labels: &[u8]) -> Read {
    let (mut bits, mut count) = (0u128, 0u8);
    for label in labels.split(|b| *b == b'.').filter(|_| !labels.is_empty()) {
        if count == 32 {
            return Err(because("more than 32 labels"));
        }
        match label {
            [digit] if hex_digit(*digit) != 0xff => bits += u128::from(hex_digit(*digit)) << (4 * count),
            _ => return Err(because("a label that is no hexadecimal digit")),
        }
        count += 1;
    }
    let bits = bits.checked_shl(4 * (32 - u32::from(count))).unwrap_or(0);
    Ok(zone(Family::V6, bits, 4 * count))
}

fn zone(family: Family, bits: u128, len: u8) -> Value<'static> {
    if len == family.width() { Value::addr(family, bits) } else { Value::prefix(family, bits, len) }
}

/// A number from 0 to 255 without leading zeros.
fn small(text: &[u8]) -> Option<u8> {
    if text.is_empty() || text.len() > 1 && text[0] == b'0' {
        return None;
    }
    text.iter().try_fold(0u8, |n, b| {
        let digit = Some(b.wrapping_sub(b'0')).filter(|d| *d <= 9)?;
        n.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::spellings::check;

    #[test]
    fn names_are_read() {
        let one = format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23));
        let good = [
            ("1.0.0.127.in-addr.arpa", "127.0.0.1"),
            ("4.3.2.1.IN-ADDR.Arpa.", "1.2.3.4"),
            ("10.in-addr.arpa", "10.0.0.0/8"),
            ("2.0.192.in-addr.arpa", "192.0.2.0/24"),
            ("in-addr.arpa", "0.0.0.0/0"),
            ("ip6.arpa.", "::/0"),
            ("64/26.2.0.192.in-addr.arpa", "192.0.2.64/26"),
            ("0-127.2.0.192.in-addr.arpa", "192.0.2.0/25"),
            ("128-255.2.0.192.in-addr.arpa", "192.0.2.128/25"),
            ("5-5.2.0.192.in-addr.arpa", "192.0.2.5/32"),
            ("16-18.2.0.192.in-addr.arpa", "192.0.2.16-192.0.2.18"),
            ("8.b.d.0.1.0.0.2.ip6.arpa", "2001:db8::/32"),
            ("8.B.D.0.1.0.0.2.IP6.ARPA", "2001:db8::/32"),
            (&one, "2001:db8::1"),
        ];
        let long = format!("0.{one}");
        let bad = [
            "",
            ".",
            "arpa",
            "example.com",
            "xin-addr.arpa",
            ".in-addr.arpa",
            "1..in-addr.arpa",
            "in-addr.arpa..",
            "256.in-addr.arpa",
            "01.in-addr.arpa",
            "a.in-addr.arpa",
            "5.4.3.2.1.in-addr.arpa",
            "1 .in-addr.arpa",
            "64/24.2.0.192.in-addr.arpa",
            "65/26.2.0.192.in-addr.arpa",
            "0/25.0.192.in-addr.arpa",
            "2.0/25.0.192.in-addr.arpa",
            "0-255.2.0.192.in-addr.arpa",
            "127-0.2.0.192.in-addr.arpa",
            "0-127.0.192.in-addr.arpa",
            "2.0-127.0.192.in-addr.arpa",
            "0-256.2.0.192.in-addr.arpa",
            "0-07.2.0.192.in-addr.arpa",
            "0-.2.0.192.in-addr.arpa",
            "-127.2.0.192.in-addr.arpa",
            "0-1-2.2.0.192.in-addr.arpa",
            "g.ip6.arpa",
            "10.ip6.arpa",
            "1.ip6.int",
            "+1.in-addr.arpa",
            &long,
        ];
        check(parse, &good, &bad);
    }

    #[test]
    fn names_are_written() {
        // RFC 1035 section 3.5, RFC 3596 section 2.5, and RFC 2317 section 4 for what is longer than /24.
        let one = format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23));
        for (text, want) in [
            ("192.0.2.1", "1.2.0.192.in-addr.arpa"),
            ("192.0.2.1/32", "1.2.0.192.in-addr.arpa"),
            ("192.0.2.77/26", "64/26.2.0.192.in-addr.arpa"),
            ("192.0.2.128/25", "128/25.2.0.192.in-addr.arpa"),
            ("192.0.2.255/31", "254/31.2.0.192.in-addr.arpa"),
            ("192.0.2.1/24", "2.0.192.in-addr.arpa"),
            ("192.0.2.0/23", "2.0.192.in-addr.arpa,3.0.192.in-addr.arpa"),
            ("10.2.0.0/15", "2.10.in-addr.arpa,3.10.in-addr.arpa"),
            ("10.0.0.0/8", "10.in-addr.arpa"),
            ("0.0.0.0/0", "in-addr.arpa"),
            ("2001:db8::1", &one),
            ("2001:db8::/32", "8.b.d.0.1.0.0.2.ip6.arpa"),
            ("2001:db8::/31", "8.b.d.0.1.0.0.2.ip6.arpa,9.b.d.0.1.0.0.2.ip6.arpa"),
            ("::/0", "ip6.arpa"),
        ] {
            let mut out = Vec::new();
            assert!(write(&mut out, &crate::address::text::parse(text.as_bytes()).unwrap()), "{text}");
            assert_eq!(String::from_utf8(out).unwrap(), want, "{text}");
        }
        let mut out = Vec::new();
        assert!(!write(&mut out, &crate::address::text::parse(b"10.0.0.0-10.0.0.1").unwrap()) && out.is_empty());
    }
}
