//! The forms in which an input may be written, and the readers of those that
//! are numbers: decimal, hexadecimal, bytes, base 85, what inet_aton(3) takes,
//! and the MAC addresses that make an interface identifier.
//!
//! Every function takes the input without surrounding blanks and takes nothing
//! less strict than it says.
use crate::address::{
    loose, reverse,
    text::{self, Reason, hex_digit},
    value::{Family, Value},
};

/// How an input is written: the words of `--from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputForm {
    /// Strictly, as inet_pton(3) takes it, with a prefix or as a range.
    Text,
    /// A decimal number.
    Int,
    /// Hexadecimal digits.
    Hex,
    /// The bytes of a packet.
    Raw,
    /// A name below in-addr.arpa or ip6.arpa.
    Arpa,
    /// RFC 1924.
    Base85,
    /// What inet_aton(3) takes.
    Aton,
    /// A MAC address, for the link-local address that is made from it.
    Mac,
    /// What people write into lists and configurations.
    Loose,
}

impl InputForm {
    /// Each, in the order of [`crate::spec::FROM`].
    pub const ALL: [InputForm; 9] = [
        InputForm::Text,
        InputForm::Int,
        InputForm::Hex,
        InputForm::Raw,
        InputForm::Arpa,
        InputForm::Base85,
        InputForm::Aton,
        InputForm::Mac,
        InputForm::Loose,
    ];
}

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
pub fn read(form: InputForm, text: &[u8], family: Option<Family>) -> Result<Value<'_>, Reason> {
    let value = match form {
        InputForm::Text => text::parse(text),
        InputForm::Int => int(text, family == Some(Family::V6)),
        InputForm::Hex => hex(text),
        InputForm::Raw => raw(text),
        InputForm::Arpa => reverse::parse(text),
        InputForm::Base85 => base85(text),
        InputForm::Aton => aton(text),
        InputForm::Mac => mac(text),
        InputForm::Loose => loose::parse(text),
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

/// Reads 8 or 32 hexadecimal digits of either case, with or without `0x` before
/// them; whole bytes may be separated by one of `:`, `-`, `.` and blank.
///
/// # Errors
/// There are more or fewer, groups that differ in length, or something else.
pub fn hex(text: &[u8]) -> Read {
    let wrong = because("not a hexadecimal number");
    let digits = match text {
        [b'0', b'x' | b'X', digits @ ..] => digits,
        digits => digits,
    };
    let separator = digits.iter().copied().find(|b| hex_digit(*b) == 0xff);
    if separator.is_some_and(|b| !matches!(b, b':' | b'-' | b'.' | b' ')) {
        return Err(wrong);
    }
    let mut groups = digits.split(|b| Some(*b) == separator).peekable();
    let width = groups.peek().map_or(0, |group| group.len());
    let (mut bits, mut count) = (0u128, 0);
    for group in groups {
        if group.len() != width || separator.is_some() && width % 2 != 0 {
            return Err(because("groups that are no bytes of the same number"));
        }
        count += group.len();
        if count > 32 {
            break;
        }
        let group = hex_number(group).ok_or(wrong)?;
        bits = bits.checked_shl(4 * width as u32).unwrap_or(0) + group;
    }
    match count {
        8 => Ok(Value::addr(Family::V4, bits)),
        32 => Ok(Value::addr(Family::V6, bits)),
        _ => Err(because("8 or 32 hexadecimal digits are needed")),
    }
}

/// The value of at most 32 hexadecimal digits.
fn hex_number(text: &[u8]) -> Option<u128> {
    text.iter().try_fold(0, |n, b| match hex_digit(*b) {
        0xff => None,
        digit => Some((n << 4) + u128::from(digit)),
    })
}

/// Reads the 4 or 16 bytes of a packet.
///
/// # Errors
/// There are more or fewer.
pub fn raw(bytes: &[u8]) -> Read {
    let bits = || bytes.iter().fold(0, |n, b| (n << 8) + u128::from(*b));
    match bytes.len() {
        4 => Ok(Value::addr(Family::V4, bits())),
        16 => Ok(Value::addr(Family::V6, bits())),
        _ => Err(because("4 or 16 bytes are needed")),
    }
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
        bits = (bits << width) + number;
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

/// Reads the 12 hexadecimal digits of a MAC address, in equal groups separated
/// by `:`, `-` or `.` or in one, as the link-local address that has its modified
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
        bits = (bits << (4 * group.len())) + hex_number(group).ok_or(wrong)?;
        count += 1;
    }
    match count {
        1 | 2 | 3 | 6 => Ok(Value::addr(Family::V6, (0xfe80 << 112) + eui64(bits))),
        _ => Err(wrong),
    }
}

/// `ff:fe` in the middle, and the universal bit turned.
fn eui64(mac: u128) -> u128 {
    ((mac >> 24 << 40) + 0xff_fe00_0000 + (mac & 0xff_ffff)) ^ 0x0200_0000_0000_0000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{spellings::check, write::compressed};

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
        check(|text| int(text, false), &good, &bad);
        assert_eq!(compressed(&int(b"1", true).unwrap()), "::1");
        check(
            hex,
            &[
                ("7f000001", "127.0.0.1"),
                ("FFfeFDfc", "255.254.253.252"),
                ("20010db8000000000000000000000001", "2001:db8::1"),
            ],
            &["", "7f00001", "7f00000g", "20010db800000000000000000000001", "200 0000"],
        );
        check(
            hex,
            &[
                ("0x7f000001", "127.0.0.1"),
                ("0XC0000201", "192.0.2.1"),
                ("7f:00:00:01", "127.0.0.1"),
                ("7F-00-00-01", "127.0.0.1"),
                ("7f 00 00 01", "127.0.0.1"),
                ("0x7f.00.00.01", "127.0.0.1"),
                ("7f00:0001", "127.0.0.1"),
                ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
                ("20:01:0d:b8:00:00:00:00:00:00:00:00:00:00:00:01", "2001:db8::1"),
                ("0x20010db8-00000000-00000000-00000001", "2001:db8::1"),
            ],
            &[
                "0x",
                "0x0x7f000001",
                "x7f000001",
                "7f:0:0:1",
                "7f:00-00:01",
                "7f::000001",
                ":7f000001",
                "7f:00:00:01:",
                "7f:00:00",
                "7f:00:00:01:00",
                "7f,00,00,01",
                "7f/00/00/01",
                "7f0:000:01",
                "20010db800000000000000000000000100",
                "+7f000001",
            ],
        );
    }

    #[test]
    fn one_family_only() {
        let family = |form, text: &'static str, family| read(form, text.as_bytes(), family).map(|v| v.family).ok();
        assert_eq!(family(InputForm::Text, "::1", Some(Family::V4)), None);
        assert_eq!(family(InputForm::Text, "1.2.3.4", Some(Family::V6)), None);
        assert_eq!(family(InputForm::Int, "1", Some(Family::V6)), Some(Family::V6));
        assert_eq!(family(InputForm::Int, "4294967296", Some(Family::V4)), None);
        assert_eq!(family(InputForm::Int, "4294967296", None), Some(Family::V6));
    }

    #[test]
    fn bytes_of_a_packet() {
        assert_eq!(compressed(&raw(b"#\n \0").unwrap()), "35.10.32.0");
        assert_eq!(compressed(&raw(&[0xff; 16]).unwrap()), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        for len in [0, 1, 3, 5, 15, 17] {
            assert!(raw(&vec![1; len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn base_85() {
        let good = [
            ("4)+k&C#VzJ4br>0wv%Yp", "1080::8:800:200c:417a"),
            ("00000000000000000000", "::"),
            ("=r54lj&NUUO~Hi%c2ym0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ];
        check(
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
        check(aton, &good, &bad);
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
        check(mac, &good, &bad);
    }

    #[test]
    fn every_refusal_says_why() {
        use InputForm::{Arpa, Aton, Base85, Hex, Int, Mac, Raw, Text};
        for (form, text, want) in [
            (Int, "1x", "not a decimal number"),
            (Int, "340282366920938463463374607431768211456", "a number of more than 128 bits"),
            (Hex, "7f,00,00,01", "not a hexadecimal number"),
            (Hex, "7f:0:0:1", "groups that are no bytes of the same number"),
            (Hex, "7f0:000:01", "groups that are no bytes of the same number"),
            (Hex, "7f00001", "8 or 32 hexadecimal digits are needed"),
            (Hex, "", "8 or 32 hexadecimal digits are needed"),
            (Raw, "12345", "4 or 16 bytes are needed"),
            (Arpa, "example.com", "not a name below in-addr.arpa or ip6.arpa"),
            (Arpa, "5.4.3.2.1.in-addr.arpa", "more than four labels"),
            (Arpa, "256.in-addr.arpa", "a label that is no number from 0 to 255"),
            (Arpa, "65/26.2.0.192.in-addr.arpa", "not the name of a zone smaller than /24"),
            (Arpa, "g.ip6.arpa", "a label that is no hexadecimal digit"),
            (Base85, "4)+k&C#VzJ4br>0wv%Y", "20 digits of base 85 are needed"),
            (Base85, "4)+k&C#VzJ4br>0wv%Y ", "not a digit of base 85"),
            (Base85, "=r54lj&NUUO~Hi%c2ym1", "a number of more than 128 bits"),
            (Aton, "1.2.3.4.5", "more than four parts"),
            (Aton, "256.1", "a part above 255"),
            (Aton, "1.2.3.256", "a part above 255"),
            (Aton, "1.2.65536", "a last part of more than 16 bits"),
            (Aton, "1.16777216", "a last part of more than 24 bits"),
            (Aton, "4294967296", "a number of more than 32 bits"),
            (Aton, "1..2", "a part without a digit"),
            (Aton, "08", "an octal number with 8 or 9 in it"),
            (Aton, "0a", "not a number as inet_aton(3) reads it"),
            (Aton, "9a", "not a number as inet_aton(3) reads it"),
            (Mac, "00:11:22:33:44", "not a MAC address of 48 bits"),
            (Text, "x", "not an address"),
        ] {
            assert_eq!(read(form, text.as_bytes(), None).unwrap_err().to_string(), want, "{form:?} {text}");
        }
        let why = |text: &'static str, family| read(Text, text.as_bytes(), Some(family)).unwrap_err().to_string();
        assert_eq!((why("::1", Family::V4), why("1.2.3.4", Family::V6)), ("not IPv4".into(), "not IPv6".into()));
        assert_eq!(read(Text, b"::1", Some(Family::V6)), Ok(Value::addr(Family::V6, 1)));
        assert_eq!(read(Text, b"0.0.0.1", Some(Family::V4)), Ok(Value::addr(Family::V4, 1)));
    }

    #[test]
    fn each_form_has_its_reader() {
        use InputForm::{Arpa, Aton, Base85, Hex, Int, Loose, Mac, Raw, Text};
        for (form, text, want) in [
            (Text, "10.0.0.1", "10.0.0.1"),
            (Int, "10", "0.0.0.10"),
            (Hex, "0a000001", "10.0.0.1"),
            (Raw, "1234", "49.50.51.52"),
            (Arpa, "1.0.0.10.in-addr.arpa", "10.0.0.1"),
            (Base85, "00000000000000000001", "::1"),
            (Aton, "10.1", "10.0.0.1"),
            (Mac, "00:11:22:33:44:55", "fe80::211:22ff:fe33:4455"),
            (Loose, "10/8", "10.0.0.0/8"),
        ] {
            assert_eq!(
                read(form, text.as_bytes(), None).map(|value| compressed(&value)).as_deref(),
                Ok(want),
                "{form:?}"
            );
        }
    }
}
