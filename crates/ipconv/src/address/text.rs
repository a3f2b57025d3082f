//! Addresses as people write them, read: strictly what inet_pton(3) takes.
//!
//! Everything here is plain code; [`crate::address::simd`] does the same to many lines at a time.
use std::fmt;

use crate::address::value::{Family, Value, What};

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// These words say it all.
    Because(&'static str),
    /// An IPv4 address with a leading zero, which programs read in two ways.
    LeadingZero {
        /// As inet_aton(3) reads it, if it can.
        octal: Option<u32>,
        /// As those read it who ignore the zeros.
        decimal: u32,
    },
    /// An IPv4 netmask or hostmask as an operand of its own behind an address, as
    /// ipcalc(1) and its kind take it.
    Mask {
        /// The address before it.
        address: u32,
        /// What was given.
        mask: u32,
    },
    /// An IPv4 address and, behind a blank, a mask of zeros or of ones alone. Routers write
    /// netmasks so and hostmasks, too, and this pair is one address by one of the two readings
    /// and every address by the other.
    EitherMask {
        /// The address before it.
        address: u32,
        /// The prefix length as a netmask, 0 or 32; as a hostmask it is the other one.
        len: u8,
    },
}

impl Reason {
    /// Why `mask` is no address where `address` is the input before it; nothing where it is
    /// one like any other. Masks of less than eight bits are none, and what begins with
    /// 0 or 255 is no address that a mask could belong to.
    pub fn mask(address: u32, mask: u32) -> Option<Reason> {
        let netmask = mask >> 24 == 0xff && mask != u32::MAX && mask.leading_ones() + mask.trailing_zeros() == 32;
        let hostmask = mask >> 24 == 0 && mask >= 3 && mask.leading_zeros() + mask.trailing_ones() == 32;
        let is_address = !matches!(address >> 24, 0 | 0xff);
        ((netmask || hostmask) && is_address).then_some(Reason::Mask { address, mask })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v4 = |bits: u32| std::net::Ipv4Addr::from(bits);
        match *self {
            Reason::Because(text) => f.write_str(text),
            Reason::LeadingZero { octal: Some(octal), decimal } => {
                write!(f, "leading zero: {} in octal, {} in decimal", v4(octal), v4(decimal))
            }
            Reason::LeadingZero { octal: None, decimal } => {
                write!(f, "leading zero: nothing in octal, {} in decimal", v4(decimal))
            }
            Reason::Mask { address, mask } => {
                write!(f, "a mask, not an address (did you mean ipconv {}/{}?)", v4(address), v4(mask))
            }
            Reason::EitherMask { address, len } => {
                let address = v4(address);
                write!(f, "two readings: {address}/{len} by a netmask, {address}/{} by a hostmask", 32 - len)
            }
        }
    }
}

const ZONE: &str = "a zone holds letters, digits, - . _ and ~ only";
const NOT_AN_ADDRESS: Reason = Reason::Because("not an address");

/// Reads ADDRESS, ADDRESS%ZONE, ADDRESS/PREFIX or FIRST-LAST.
///
/// # Errors
/// It is none of them.
pub fn parse(text: &[u8]) -> Result<Value<'_>, Reason> {
    let (head, tail) = match text.iter().position(|b| *b == b'%') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    // A zone may hold a dash (br-lan), so that only one before it makes a range.
    if let Some(at) = head.iter().position(|b| *b == b'-') {
        return match tail {
            None => range(&head[..at], &head[at + 1..]),
            Some(_) => Err(Reason::Because("a range has no zone")),
        };
    }
    let slash = |text: &[u8]| text.iter().position(|b| *b == b'/');
    let (head, zone, len) = match tail {
        None => match slash(head) {
            Some(at) => (&head[..at], None, Some(&head[at + 1..])),
            None => (head, None, None),
        },
        Some(tail) => match slash(tail) {
            Some(at) => (head, Some(&tail[..at]), Some(&tail[at + 1..])),
            None => (head, Some(tail), None),
        },
    };
    if zone.is_some() && slash(head).is_some() {
        return Err(Reason::Because("a zone stands before the prefix length"));
    }
    let (family, bits) = address(head)?;
    let zone = match zone {
        Some(_) if family == Family::V4 => return Err(Reason::Because("an IPv4 address has no zone")),
        Some(zone) => Some(parse_zone(zone)?),
        None => None,
    };
    let what = match len {
        Some(len) => What::Prefix(parse_len(family, len)?),
        None => What::Addr,
    };
    Ok(Value { family, bits, what, zone })
}

fn range(first: &[u8], last: &[u8]) -> Result<Value<'static>, Reason> {
    let (family, bits) = address(trim(first))?;
    let (other, last) = address(trim(last))?;
    if family != other {
        return Err(Reason::Because("a range from one family to the other"));
    }
    if last < bits {
        return Err(Reason::Because("the range ends before it starts"));
    }
    Ok(Value { family, bits, what: What::Range(last), zone: None })
}

fn trim(text: &[u8]) -> &[u8] {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let from = text.iter().position(|b| !blank(b)).unwrap_or(text.len());
    let to = text.iter().rposition(|b| !blank(b)).map_or(from, |at| at + 1);
    &text[from..to]
}

/// Reads a plain address of either family.
///
/// # Errors
/// It is none.
pub fn address(text: &[u8]) -> Result<(Family, u128), Reason> {
    if text.contains(&b':') {
        parse_v6(text).map(|bits| (Family::V6, bits))
    } else {
        parse_v4(text).map(|bits| (Family::V4, bits.into()))
    }
}

/// Reads four decimal octets.
///
/// # Errors
/// It is anything else.
#[inline]
pub fn parse_v4(text: &[u8]) -> Result<u32, Reason> {
    match strict_v4(text) {
        Some(bits) => Ok(bits),
        None => Err(why_not_v4(text)),
    }
}

#[inline]
fn strict_v4(text: &[u8]) -> Option<u32> {
    let (mut bits, mut octet, mut digits, mut dots) = (0u32, 0u32, 0u32, 0u32);
    if text.len() > 15 {
        return None;
    }
    for &b in text {
        let digit = b.wrapping_sub(b'0');
        if digit <= 9 {
            // A second digit after a zero is a leading zero.
            if digits > 0 && octet == 0 {
                return None;
            }
            octet = octet * 10 + u32::from(digit);
            digits += 1;
            if octet > 255 {
                return None;
            }
        } else if b == b'.' && digits > 0 {
            bits = (bits << 8) + octet;
            (octet, digits, dots) = (0, 0, dots + 1);
        } else {
            return None;
        }
    }
    (dots == 3 && digits > 0).then_some((bits << 8) + octet)
}

#[cold]
fn why_not_v4(text: &[u8]) -> Reason {
    if text.is_empty() || !text.iter().all(|b| b.is_ascii_digit() || *b == b'.') || !text.contains(&b'.') {
        return NOT_AN_ADDRESS;
    }
    let parts: Vec<&[u8]> = text.split(|b| *b == b'.').collect();
    if parts.len() != 4 || parts.iter().any(|p| p.is_empty()) {
        return Reason::Because("an IPv4 address has four numbers");
    }
    let read = |radix: u32| {
        parts.iter().try_fold(0u32, |bits, part| {
            let radix = if part.len() > 1 && part[0] == b'0' { radix } else { 10 };
            let octet = part.iter().try_fold(0u32, |n, b| {
                let digit = char::from(*b).to_digit(radix)?;
                Some(n * radix + digit).filter(|n| *n <= 255)
            })?;
            Some((bits << 8) + octet)
        })
    };
    match read(10) {
        None => Reason::Because("a number above 255"),
        Some(decimal) => Reason::LeadingZero { octal: read(8), decimal },
    }
}

/// The value of a hexadecimal digit, or 0xff.
#[inline]
pub(crate) const fn hex_digit(b: u8) -> u8 {
    const TABLE: [u8; 256] = {
        let mut table = [0xff; 256];
        let mut i = 0;
        while i < 16 {
            table[b"0123456789abcdef"[i] as usize] = i as u8;
            table[b"0123456789ABCDEF"[i] as usize] = i as u8;
            i += 1;
        }
        table
    };
    TABLE[b as usize]
}

/// Reads what RFC 4291 section 2.2 allows, without brackets or zone.
///
/// # Errors
/// It is anything else.
#[inline]
pub fn parse_v6(text: &[u8]) -> Result<u128, Reason> {
    match hex_groups(text) {
        Some(bits) => Ok(bits),
        None => parse_any_v6(text),
    }
}

/// The address, if `text` is one without a dotted tail.
#[inline]
fn hex_groups(text: &[u8]) -> Option<u128> {
    let (mut bits, mut groups, mut group, mut digits) = (0u128, 0u32, 0u32, 0u32);
    // How many groups stand before the `::`.
    let (mut gap, rest) = match text {
        [b':', b':', rest @ ..] => (Some(0), rest),
        _ => (None, text),
    };
    for &b in rest {
        let digit = hex_digit(b);
        if digit != 0xff {
            group = (group << 4) + u32::from(digit);
            digits += 1;
        } else if b != b':' || digits > 4 {
            return None;
        } else if digits > 0 {
            bits = (bits << 16) + u128::from(group);
            (groups, group, digits) = (groups + 1, 0, 0);
        } else if gap.is_none() && groups > 0 {
            gap = Some(groups);
        } else {
            return None;
        }
    }
    match digits {
        1..=4 => (bits, groups) = ((bits << 16) + u128::from(group), groups + 1),
        0 if gap == Some(groups) => {}
        _ => return None,
    }
    match gap {
        None => (groups == 8).then_some(bits),
        Some(before) => (groups < 8).then(|| with_gap(bits, groups, before)),
    }
}

/// The address of which these groups are `bits`, with zeros behind the first `before`.
fn with_gap(bits: u128, groups: u32, before: u32) -> u128 {
    let low = 16 * (groups - before);
    (bits >> low).checked_shl(128 - 16 * before).unwrap_or(0) + (bits & ((1 << low) - 1))
}

/// As [`parse_v6`], with the dotted tail and the reason why a text is none.
#[inline(never)]
fn parse_any_v6(text: &[u8]) -> Result<u128, Reason> {
    let err = |words| Err(Reason::Because(words));
    let (mut bits, mut groups, mut gap, mut i) = (0u128, 0u32, None, 0);
    if text.starts_with(b"::") {
        gap = Some(0);
        i = 2;
    } else if text.first() == Some(&b':') {
        return err("a single colon at the start");
    }
    while i < text.len() {
        let start = i;
        let mut group = 0u32;
        while let Some(&b) = text.get(i) {
            let digit = hex_digit(b);
            if digit == 0xff {
                break;
            }
            group = (group << 4) + u32::from(digit);
            i += 1;
            if i - start > 4 {
                return err("a group of more than four digits");
            }
        }
        if text.get(i) == Some(&b'.') && i > start {
            // The last 32 bits in IPv4's form.
            bits = (bits << 32) + u128::from(parse_v4(&text[start..])?);
            groups += 2;
            break;
        }
        if i == start {
            return Err(NOT_AN_ADDRESS);
        }
        if groups == 8 {
            return err("more than eight groups");
        }
        bits = (bits << 16) + u128::from(group);
        groups += 1;
        match text.get(i..) {
            Some([]) | None => break,
            Some([b':']) => return err("a single colon at the end"),
            Some([b':', b':', ..]) if gap.is_some() => return err("a second ::"),
            Some([b':', b':', ..]) => {
                gap = Some(groups);
                i += 2;
            }
            Some([b':', ..]) => i += 1,
            Some(_) => return Err(NOT_AN_ADDRESS),
        }
    }
    match gap {
        None if groups == 8 => Ok(bits),
        None if groups < 8 => err("fewer than eight groups"),
        Some(before) if groups < 8 => Ok(with_gap(bits, groups, before)),
        Some(_) if groups == 8 => err(":: stands for no group"),
        _ => err("more than eight groups"),
    }
}

/// A zone of RFC 6874's unreserved characters alone: whatever else stands behind a
/// `%` may mean something to who reads the address next, such as the `]` that ends it in a URL.
fn parse_zone(zone: &[u8]) -> Result<&str, Reason> {
    if zone.is_empty() {
        return Err(Reason::Because("an empty zone"));
    }
    let unreserved = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    match str::from_utf8(zone) {
        Ok(text) if zone.iter().all(unreserved) => Ok(text),
        _ => Err(Reason::Because(ZONE)),
    }
}

/// Reads a prefix length: digits, or for IPv4 a netmask or hostmask.
///
/// # Errors
/// It is neither, or too long for the family.
pub fn parse_len(family: Family, text: &[u8]) -> Result<u8, Reason> {
    if family == Family::V4 && text.contains(&b'.') {
        let mask = parse_v4(text)?;
        // All-zero and all-one are netmasks; anything else is one or the other.
        return if mask.leading_ones() + mask.trailing_zeros() == 32 {
            Ok(mask.leading_ones() as u8)
        } else if mask.leading_zeros() + mask.trailing_ones() == 32 {
            Ok(mask.leading_zeros() as u8)
        } else {
            Err(Reason::Because("neither a netmask nor a hostmask"))
        };
    }
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Err(Reason::Because("the prefix length is no number"));
    }
    if text.len() > 1 && text[0] == b'0' {
        return Err(Reason::Because("a leading zero in the prefix length"));
    }
    let len = text.iter().try_fold(0u8, |n, b| n.checked_mul(10)?.checked_add(b - b'0'));
    len.filter(|n| *n <= family.width()).ok_or(Reason::Because(match family {
        Family::V4 => "a prefix longer than 32",
        Family::V6 => "a prefix longer than 128",
    }))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::address::write::{compressed, write_compressed};

    fn canonical(text: &str) -> String {
        compressed(&parse(text.as_bytes()).unwrap())
    }

    fn reason(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    /// The texts of RFC 5952 sections 1, 2, 4 and 5.
    #[test]
    fn the_examples_of_rfc_5952() {
        for (text, want) in [
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:0:1::1", "2001:db8::1:0:0:1"),
            ("2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"),
            ("2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"),
            ("2001:db8:0:0:0::1", "2001:db8::1"),
            ("2001:db8:0::1", "2001:db8::1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:aaaa:bbbb:cccc:dddd:eeee:AAAA", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"),
            ("::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
            ("0:0:0:0:0:ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("::7fff:ffff", "::7fff:ffff"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ] {
            assert_eq!(canonical(text), want, "{text}");
        }
    }

    #[test]
    fn zones_prefixes_and_ranges() {
        for (text, want) in [
            ("FE80::1%eth0/64", "fe80::1%eth0/64"),
            ("fe80::1%br-lan", "fe80::1%br-lan"),
            ("fe80::1%25eth0", "fe80::1%25eth0"),
            ("10.0.0.1/255.0.0.0", "10.0.0.1/8"),
            ("10.0.0.1/0.255.255.255", "10.0.0.1/8"),
            ("10.0.0.1/0.0.0.0", "10.0.0.1/0"),
            ("10.0.0.1/255.255.255.255", "10.0.0.1/32"),
            ("10.0.0.1/128.0.0.0", "10.0.0.1/1"),
            ("10.0.0.1/127.255.255.255", "10.0.0.1/1"),
            ("10.0.0.1/0.0.0.1", "10.0.0.1/31"),
            ("193.0.0.0 - 193.0.7.255", "193.0.0.0-193.0.7.255"),
            ("::-::A", "::-::a"),
        ] {
            assert_eq!(canonical(text), want, "{text}");
        }
    }

    #[test]
    fn what_is_refused_and_why() {
        for (text, want) in [
            ("", "not an address"),
            ("1", "not an address"),
            ("[::1]", "not an address"),
            ("1.2.3", "an IPv4 address has four numbers"),
            ("256.1.1.1", "a number above 255"),
            ("010.0.0.1", "leading zero: 8.0.0.1 in octal, 10.0.0.1 in decimal"),
            ("1.2.3.08", "leading zero: nothing in octal, 1.2.3.8 in decimal"),
            ("1.2.3.0x1", "not an address"),
            ("1.2.3.4%eth0", "an IPv4 address has no zone"),
            ("fe80::1%", "an empty zone"),
            ("fe80::1%a%b", ZONE),
            ("fe80::1%a b", ZONE),
            ("2606:4700:4700::1111%]@[::1", ZONE),
            ("fe80::1%eth0]", ZONE),
            ("fe80::1%eth0:80", ZONE),
            ("fe80::1%eth0@h", ZONE),
            ("fe80::1%eth0#", ZONE),
            ("fe80::1%eth0?", ZONE),
            ("fe80::1%\u{e9}", ZONE),
            ("fe80::1%eth0\\", ZONE),
            ("fe80::1/64%eth0", "a zone stands before the prefix length"),
            ("1::2::3", "a second ::"),
            ("1:2:3:4:5:6:7:8::", ":: stands for no group"),
            ("1:2:3:4:5:6:7", "fewer than eight groups"),
            ("1:2:3:4:5:6:7:8:9", "more than eight groups"),
            ("12345::", "a group of more than four digits"),
            (":1:2", "a single colon at the start"),
            ("1::2:", "a single colon at the end"),
            ("::1.2.3.04", "leading zero: 1.2.3.4 in octal, 1.2.3.4 in decimal"),
            ("1.2.3.4/024", "a leading zero in the prefix length"),
            ("1.2.3.4/+24", "the prefix length is no number"),
            ("1.2.3.4/", "the prefix length is no number"),
            ("1.2.3.4/33", "a prefix longer than 32"),
            ("::/129", "a prefix longer than 128"),
            ("::/255.0.0.0", "the prefix length is no number"),
            ("1.2.3.4/255.0.255.0", "neither a netmask nor a hostmask"),
            ("10.0.0.2-10.0.0.1", "the range ends before it starts"),
            ("10.0.0.1-::1", "a range from one family to the other"),
            ("::1-::2%eth0", "a range has no zone"),
        ] {
            assert_eq!(reason(text), want, "{text}");
        }
    }

    #[test]
    fn a_mask_behind_an_address() {
        let v4 = |text: &str| strict_v4(text.as_bytes()).unwrap();
        let masked = |mask: &str| Reason::mask(v4("10.0.0.1"), v4(mask));
        let said = masked("255.255.255.0").map(|why| why.to_string());
        let want = "a mask, not an address (did you mean ipconv 10.0.0.1/255.255.255.0?)";
        assert_eq!(said.as_deref(), Some(want));
        for mask in ["255.0.0.0", "255.255.255.254", "0.0.0.255", "0.0.0.3", "0.255.255.255"] {
            assert!(masked(mask).is_some(), "{mask}");
            for other in ["255.255.255.0", "0.0.0.0"] {
                assert!(Reason::mask(v4(other), v4(mask)).is_none(), "{other} {mask}");
            }
        }
        for other in
            ["255.255.255.255", "0.0.0.0", "0.0.0.1", "128.0.0.0", "255.0.255.0", "10.0.0.2", "127.255.255.255"]
        {
            assert!(masked(other).is_none(), "{other}");
        }
    }

    /// Rust's standard library reads the same texts, zones aside.
    #[test]
    fn as_strict_as_the_standard_library() {
        let mut seed = 1u64;
        let mut roll = |sides: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % sides
        };
        let parts = ["::", ":", ".", "0", "1", "ff", "255", "256", "abcd", "00", "1.2.3.4", ":1:2:3", "F"];
        for _ in 0..300_000 {
            let text: String = (0..=roll(9)).map(|_| parts[roll(parts.len() as u64) as usize]).collect();
            let std = text.parse::<IpAddr>().ok().map(|address| match address {
                IpAddr::V4(a) => (Family::V4, a.to_bits().into()),
                IpAddr::V6(a) => (Family::V6, a.to_bits()),
            });
            assert_eq!(address(text.as_bytes()).ok(), std, "{text}");
            if let Some((family, bits)) = std {
                let mut out = Vec::new();
                write_compressed(&mut out, family, bits);
                assert_eq!(String::from_utf8(out).unwrap(), text.parse::<IpAddr>().unwrap().to_string());
            }
        }
    }
}
