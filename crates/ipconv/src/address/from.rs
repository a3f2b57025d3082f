//! Addresses in other forms than text: numbers, bytes, reverse names, base 85,
//! what inet_aton(3) reads, and the MAC addresses that make an interface identifier.
//!
//! Every function takes the input without surrounding blanks and takes nothing
//! less strict than it says.
use crate::{
    address::{
        text::{self, Reason, hex_digit},
        value::{Family, Value},
    },
    cli::From,
};

/// RFC 1924 section 4.2: the digits of base 85, in order.
const BASE85: &[u8; 85] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

type Read = Result<Value<'static>, Reason>;

const fn because(words: &'static str) -> Reason {
    Reason::Because(words)
}

/// Reads an input as `--from` says, of this family only if there is one.
///
/// # Errors
/// It is nothing of that form, or of the other family.
pub fn read(form: From, text: &[u8], family: Option<Family>) -> Result<Value<'_>, Reason> {
    let value = match form {
        From::Text => text::parse(text),
        From::Int => int(text, family == Some(Family::V6)),
        From::Hex => hex(text),
        From::Raw => raw(text),
        From::Arpa => arpa(text),
        From::Base85 => base85(text),
        From::Aton => aton(text),
        From::Mac => mac(text),
    }?;
    match family {
        Some(family) if family != value.family => Err(because(match family {
            Family::V4 => "not IPv4",
            Family::V6 => "not IPv6",
        })),
        _ => Ok(value),
    }
}

/// Reads a decimal number: IPv4 below 2^32 unless `six`, else IPv6.
///
/// # Errors
/// It is no number, or 2^128 and more.
pub fn int(text: &[u8], six: bool) -> Read {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Err(because("not a decimal number"));
    }
    let bits = text.iter().try_fold(0u128, |n, b| n.checked_mul(10)?.checked_add((b - b'0').into()));
    let bits = bits.ok_or(because("a number of more than 128 bits"))?;
    let family = if six || bits > Family::V4.top() { Family::V6 } else { Family::V4 };
    Ok(Value::addr(family, bits))
}

/// Reads 8 or 32 hexadecimal digits of either case.
///
/// # Errors
/// There are more or fewer, or something else.
pub fn hex(text: &[u8]) -> Read {
    let family = match text.len() {
        8 => Family::V4,
        32 => Family::V6,
        _ => return Err(because("8 or 32 hexadecimal digits are needed")),
    };
    match hex_number(text) {
        Some(bits) => Ok(Value::addr(family, bits)),
        None => Err(because("not a hexadecimal number")),
    }
}

/// The value of at most 32 hexadecimal digits.
fn hex_number(text: &[u8]) -> Option<u128> {
    text.iter().try_fold(0, |n, b| match hex_digit(*b) {
        0xff => None,
        digit => Some(n << 4 | u128::from(digit)),
    })
}

/// Reads the 4 or 16 bytes of a packet.
///
/// # Errors
/// There are more or fewer.
pub fn raw(bytes: &[u8]) -> Read {
    let bits = || bytes.iter().fold(0, |n, b| n << 8 | u128::from(*b));
    match bytes.len() {
        4 => Ok(Value::addr(Family::V4, bits())),
        16 => Ok(Value::addr(Family::V6, bits())),
        _ => Err(because("4 or 16 bytes are needed")),
    }
}

/// Reads a name below in-addr.arpa (RFC 1035 section 3.5) or ip6.arpa (RFC 3596
/// section 2.5): an address, or the prefix of a zone that is cut at a label or
/// as RFC 2317 section 4 cuts it (`64/26.2.0.192.in-addr.arpa`).
///
/// # Errors
/// It is in neither tree, or a label is no strict octet or nibble.
pub fn arpa(text: &[u8]) -> Read {
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
    let (mut bits, mut count, mut len) = (0u32, 0, None);
    for label in labels.split(|b| *b == b'.').filter(|_| !labels.is_empty()) {
        let mut label = label;
        if count == 4 {
            return Err(because("more than four labels"));
        }
        if let Some(at) = label.iter().position(|b| *b == b'/').filter(|_| count == 0) {
            len = Some(small(&label[at + 1..]).ok_or(wrong)?);
            label = &label[..at];
        }
        bits |= u32::from(small(label).ok_or(wrong)?) << (8 * count);
        count += 1;
    }
    // The labels came last octet first, and the missing ones are the last.
    let bits = u128::from(bits) << (8 * (4 - count)) & Family::V4.top();
    match len {
        None => Ok(zone(Family::V4, bits, 8 * count)),
        Some(len @ 25..=32) if count == 4 && bits & Family::V4.host_mask(len) == 0 => {
            Ok(Value::prefix(Family::V4, bits, len))
        }
        Some(_) => Err(because("not the name of a zone smaller than /24")),
    }
}

fn nibbles(labels: &[u8]) -> Read {
    let (mut bits, mut count) = (0u128, 0u8);
    for label in labels.split(|b| *b == b'.').filter(|_| !labels.is_empty()) {
        if count == 32 {
            return Err(because("more than 32 labels"));
        }
        match label {
            [digit] if hex_digit(*digit) != 0xff => bits |= u128::from(hex_digit(*digit)) << (4 * count),
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

/// Reads the 20 digits of RFC 1924.
///
/// # Errors
/// There are more or fewer or others, or the value is 2^128 and more.
pub fn base85(text: &[u8]) -> Read {
    if text.len() != 20 {
        return Err(because("20 digits of base 85 are needed"));
    }
    let mut bits = 0u128;
    for b in text {
        let digit = BASE85.iter().position(|d| d == b).ok_or(because("not a digit of base 85"))?;
        let next = bits.checked_mul(85).and_then(|n| n.checked_add(digit as u128));
        bits = next.ok_or(because("a number of more than 128 bits"))?;
    }
    Ok(Value::addr(Family::V6, bits))
}

/// Reads what inet_aton(3) takes: one to four parts, decimal, octal after `0` or
/// hexadecimal after `0x`, of which the last fills what the others leave.
///
/// The C library also ignores whatever follows white space; this doesn't.
///
/// # Errors
/// It is anything else.
pub fn aton(text: &[u8]) -> Read {
    let (mut bits, mut left) = (0u64, 32);
    let mut parts = text.split(|b| *b == b'.').peekable();
    while let Some(part) = parts.next() {
        let number = c_number(part)?;
        let width = if parts.peek().is_none() { left } else { 8 };
        // Three parts of 8 bits may stand before the last.
        if parts.peek().is_some() && left == 8 {
            return Err(because("more than four parts"));
        }
        if number >> width != 0 {
            return Err(because(match width {
                8 => "a part above 255",
                16 => "a last part of more than 16 bits",
                24 => "a last part of more than 24 bits",
                _ => "a number of more than 32 bits",
            }));
        }
        bits = bits << width | number;
        left -= width;
    }
    Ok(Value::addr(Family::V4, bits.into()))
}

/// A number as C writes it, at most 2^32.
fn c_number(part: &[u8]) -> Result<u64, Reason> {
    let (radix, digits) = match part {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', digits @ ..] if !digits.is_empty() => (8, digits),
        digits => (10, digits),
    };
    if digits.is_empty() {
        return Err(because("a part without a digit"));
    }
    digits.iter().try_fold(0u64, |n, b| match char::from(*b).to_digit(radix) {
        Some(digit) => Ok((n * u64::from(radix) + u64::from(digit)).min(1 << 32)),
        None if radix == 8 && b.is_ascii_digit() => Err(because("an octal number with 8 or 9 in it")),
        None => Err(because("not a number as inet_aton(3) reads it")),
    })
}

/// Reads the 12 hexadecimal digits of a MAC address, in equal groups parted by
/// `:`, `-` or `.` or in one, as the link-local address that has its modified
/// EUI-64 (RFC 4291 appendix A).
///
/// # Errors
/// It is no 48-bit MAC address.
pub fn mac(text: &[u8]) -> Read {
    let wrong = because("not a MAC address of 48 bits");
    let separator = text.iter().copied().find(|b| matches!(b, b':' | b'-' | b'.'));
    let (mut bits, mut count) = (0, 0);
    for group in text.split(|b| Some(*b) == separator) {
        if group.len() * text.split(|b| Some(*b) == separator).count() != 12 {
            return Err(wrong);
        }
        bits = bits << (4 * group.len()) | hex_number(group).ok_or(wrong)?;
        count += 1;
    }
    match count {
        1 | 2 | 3 | 6 => Ok(Value::addr(Family::V6, 0xfe80 << 112 | eui64(bits))),
        _ => Err(wrong),
    }
}

/// `ff:fe` in the middle, and the universal bit turned.
fn eui64(mac: u128) -> u128 {
    (mac >> 24 << 40 | 0xff_fe00_0000 | mac & 0xff_ffff) ^ 0x0200_0000_0000_0000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::text::{write_compressed, write_value};

    fn show(got: Read) -> Result<String, String> {
        let mut out = Vec::new();
        got.map_err(|why| why.to_string()).map(|value| {
            write_value(&mut out, &value, write_compressed);
            String::from_utf8(out).unwrap()
        })
    }

    fn all(form: fn(&[u8]) -> Read, good: &[(&str, &str)], bad: &[&str]) {
        for (text, want) in good {
            assert_eq!(show(form(text.as_bytes())), Ok((*want).to_owned()), "{text}");
        }
        for text in bad {
            assert!(form(text.as_bytes()).is_err(), "{text:?} gives {:?}", show(form(text.as_bytes())));
        }
    }

    #[test]
    fn numbers() {
        let good = [
            ("0", "0.0.0.0"),
            ("4294967295", "255.255.255.255"),
            ("4294967296", "::1:0:0"),
            ("007", "0.0.0.7"),
            ("340282366920938463463374607431768211455", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ];
        let bad = ["", "-1", "+1", "1e3", "0x10", "1 2", "١", "340282366920938463463374607431768211456"];
        all(|text| int(text, false), &good, &bad);
        assert_eq!(show(int(b"1", true)).unwrap(), "::1");
        all(
            hex,
            &[
                ("7f000001", "127.0.0.1"),
                ("FFfeFDfc", "255.254.253.252"),
                ("20010db8000000000000000000000001", "2001:db8::1"),
            ],
            &["", "7f00001", "0x7f000001", "7f00000g", "20010db800000000000000000000001", "200 0000"],
        );
    }

    #[test]
    fn one_family_only() {
        let family = |form, text: &'static str, family| read(form, text.as_bytes(), family).map(|v| v.family).ok();
        assert_eq!(family(From::Text, "::1", Some(Family::V4)), None);
        assert_eq!(family(From::Text, "1.2.3.4", Some(Family::V6)), None);
        assert_eq!(family(From::Int, "1", Some(Family::V6)), Some(Family::V6));
        assert_eq!(family(From::Int, "4294967296", Some(Family::V4)), None);
        assert_eq!(family(From::Int, "4294967296", None), Some(Family::V6));
    }

    #[test]
    fn bytes_of_a_packet() {
        assert_eq!(show(raw(b"#\n \0")).unwrap(), "35.10.32.0");
        assert_eq!(show(raw(&[0xff; 16])).unwrap(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        for len in [0, 1, 3, 5, 15, 17] {
            assert!(raw(&vec![1; len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn reverse_names() {
        let one = format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23));
        let good = [
            ("1.0.0.127.in-addr.arpa", "127.0.0.1"),
            ("4.3.2.1.IN-ADDR.Arpa.", "1.2.3.4"),
            ("10.in-addr.arpa", "10.0.0.0/8"),
            ("2.0.192.in-addr.arpa", "192.0.2.0/24"),
            ("in-addr.arpa", "0.0.0.0/0"),
            ("ip6.arpa.", "::/0"),
            ("64/26.2.0.192.in-addr.arpa", "192.0.2.64/26"),
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
            "g.ip6.arpa",
            "10.ip6.arpa",
            "1.ip6.int",
            "+1.in-addr.arpa",
            &long,
        ];
        all(arpa, &good, &bad);
    }

    #[test]
    fn base_85() {
        let good = [
            ("4)+k&C#VzJ4br>0wv%Yp", "1080::8:800:200c:417a"),
            ("00000000000000000000", "::"),
            ("=r54lj&NUUO~Hi%c2ym0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ];
        all(
            base85,
            &good,
            &[
                "",
                "4)+k&C#VzJ4br>0wv%Y",
                "=r54lj&NUUO~Hi%c2ym1",
                "~~~~~~~~~~~~~~~~~~~~",
                "4)+k&C#VzJ4br>0wv%Y\"",
                "4)+k&C#VzJ4br>0wv%Y ",
            ],
        );
    }

    #[test]
    fn what_inet_aton_takes() {
        let good = [
            ("127.1", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("017700000001", "127.0.0.1"),
            ("1.2.65535", "1.2.255.255"),
            ("1.16777215", "1.255.255.255"),
            ("010.0.0.1", "8.0.0.1"),
            ("0", "0.0.0.0"),
            ("00.0X0.000.00001", "0.0.0.1"),
            ("4294967295", "255.255.255.255"),
            ("0xffffffff", "255.255.255.255"),
        ];
        let bad = [
            "",
            ".",
            "1.",
            ".1",
            "1..2",
            "08",
            "0x",
            "0x.1",
            "1.2.3.4x",
            "256.1",
            "1.256.1",
            "1.2.65536",
            "1.16777216",
            "4294967296",
            "1.2.3.256",
            "18446744073709551616",
            "99999999999999999999999999999999999999999999",
            "1.2.3.4.5",
            "1.2.3.4.",
            "1.2.3.4 x",
            "+1",
            "-1",
            "0b1",
            "١.1",
        ];
        all(aton, &good, &bad);
    }

    #[test]
    fn mac_addresses() {
        let good = [
            ("00:11:22:33:44:55", "fe80::211:22ff:fe33:4455"),
            ("00-11-22-33-44-55", "fe80::211:22ff:fe33:4455"),
            ("0011.2233.4455", "fe80::211:22ff:fe33:4455"),
            ("001122334455", "fe80::211:22ff:fe33:4455"),
            ("02:AA:bb:CC:dd:EE", "fe80::aa:bbff:fecc:ddee"),
        ];
        let bad = [
            "",
            ":",
            "00:11:22:33:44",
            "00:11:22:33:44:5",
            "00:11-22:33-44:55",
            "0:1:2:3:4:5",
            "00112233445g",
            "00:11:22:33:44:55:66:77",
            "0.1.2.3.4.5.6.7.8.9.a.b",
            "000.111.222.333",
            "::::::::::::",
            "::::::",
        ];
        all(mac, &good, &bad);
    }
}
