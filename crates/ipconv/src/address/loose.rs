//! IPv4 as people write it into lists and configurations: `10.0.0.1-20`,
//! `10.0.*.*`, `10/8`, and an address with its mask behind a blank.
//!
//! Each of these has one reading. What has two, such as a leading zero or
//! `10.0.0.1 0.0.0.0`, is refused here, too.
use crate::address::{
    text::{self, Reason},
    value::{Family, Value, What},
};

/// Reads what [`text::parse`] does, and these forms of IPv4.
///
/// # Errors
/// It is none of them.
pub fn parse(text: &[u8]) -> Result<Value<'_>, Reason> {
    let strict = match text::parse(text) {
        Ok(value) => return Ok(value),
        Err(why) => why,
    };
    let parsed = masked(text).or_else(|| stars(text)).or_else(|| short_prefix(text)).or_else(|| last_octet(text));
    parsed.unwrap_or(Err(strict))
}

type Parsed = Option<Result<Value<'static>, Reason>>;

/// `10.0.0.1 255.255.255.0`, `10.0.0.0 0.0.0.255`: an address, blanks, and a netmask or hostmask.
fn masked(text: &[u8]) -> Parsed {
    let mut words = text.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty());
    let (address, mask) = (words.next()?, words.next()?);
    if words.next().is_some() || !mask.contains(&b'.') {
        return None;
    }
    let address = text::parse_v4(address).ok()?;
    Some(match text::parse_len(Family::V4, mask) {
        // The default route and a route to a host are plain; as hostmasks nobody writes them.
        Ok(len @ 0) if address != 0 => Err(Reason::EitherMask { address, len }),
        Ok(len @ 32) if address == 0 => Err(Reason::EitherMask { address, len }),
        len => len.map(|len| Value::prefix(Family::V4, address.into(), len)),
    })
}

/// `10.0.*.*` and `10.*`: every octet behind the first star is one, too.
fn stars(text: &[u8]) -> Parsed {
    let (bits, octets) = match text.strip_suffix(b".*") {
        Some(mut head) => {
            while let Some(shorter) = head.strip_suffix(b".*") {
                head = shorter;
            }
            if head == b"*" { (0, 0) } else { octets(head)? }
        }
        None => return None,
    };
    // `1.2.3.4.*` and `*.*.*.*.*` have five octets.
    let written = text.iter().filter(|b| **b == b'.').count() + 1;
    (written <= 4).then(|| Ok(Value::prefix(Family::V4, bits, 8 * octets)))
}

/// `10/8`, `172.16/12`: the octets that are left out are zero.
fn short_prefix(text: &[u8]) -> Parsed {
    let at = text.iter().position(|b| *b == b'/')?;
    let (bits, octets) = octets(&text[..at])?;
    let len = &text[at + 1..];
    // A mask of four octets would not say which of them are left out.
    if octets == 4 || len.contains(&b'.') {
        return None;
    }
    Some(text::parse_len(Family::V4, len).map(|len| Value::prefix(Family::V4, bits, len)))
}

/// `10.0.0.1-20`: up to this last octet.
fn last_octet(text: &[u8]) -> Parsed {
    let at = text.iter().position(|b| *b == b'-')?;
    let (first, last) = (text[..at].trim_ascii_end(), text[at + 1..].trim_ascii_start());
    let bits = u128::from(text::parse_v4(first).ok()?);
    let (octet, 1) = octets(last)? else { return None };
    let last = (bits & !0xff) + (octet >> 24);
    Some(if last < bits {
        Err(Reason::Because("the range ends before it starts"))
    } else {
        Ok(Value { family: Family::V4, bits, what: What::Range(last), zone: None })
    })
}

/// One to four strict octets from the upper end on, and how many they are.
fn octets(text: &[u8]) -> Option<(u128, u8)> {
    let count = text.split(|b| *b == b'.').count().min(5);
    let whole = [text, &b".0.0.0"[..2 * 4usize.checked_sub(count)?]].concat();
    text::parse_v4(&whole).ok().map(|bits| (bits.into(), count as u8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::write::compressed;

    #[test]
    fn what_people_write() {
        for (text, want) in [
            ("10.0.0.1-20", "10.0.0.1-10.0.0.20"),
            ("10.0.0.1 - 20", "10.0.0.1-10.0.0.20"),
            ("10.0.0.20-20", "10.0.0.20-10.0.0.20"),
            ("10.0.*.*", "10.0.0.0/16"),
            ("10.0.0.*", "10.0.0.0/24"),
            ("10.*", "10.0.0.0/8"),
            ("10.0.*", "10.0.0.0/16"),
            ("*.*.*.*", "0.0.0.0/0"),
            ("10/8", "10.0.0.0/8"),
            ("172.16/12", "172.16.0.0/12"),
            ("192.168.1/24", "192.168.1.0/24"),
            ("0/0", "0.0.0.0/0"),
            ("10.0.0.0 0.0.0.255", "10.0.0.0/24"),
            ("10.0.0.1 255.255.255.0", "10.0.0.1/24"),
            ("10.0.0.1\t 255.255.255.255", "10.0.0.1/32"),
            ("0.0.0.0 0.0.0.0", "0.0.0.0/0"),
            ("10.0.0.0 127.255.255.255", "10.0.0.0/1"),
            // And all that is strict.
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1/255.0.0.0", "10.0.0.1/8"),
            ("10.0.0.1/0.0.0.0", "10.0.0.1/0"),
            ("10.0.0.1 - 10.0.0.20", "10.0.0.1-10.0.0.20"),
            ("FE80::1%eth0/64", "fe80::1%eth0/64"),
        ] {
            assert_eq!(compressed(&parse(text.as_bytes()).expect(text)), want, "{text}");
        }
    }

    /// A host in a router's access list, and every address in its routes.
    #[test]
    fn a_mask_that_is_every_address_or_one_is_refused_with_both_readings() {
        for (text, why) in [
            ("10.0.0.1 0.0.0.0", "two readings: 10.0.0.1/0 by a netmask, 10.0.0.1/32 by a hostmask"),
            ("0.0.0.0\t255.255.255.255", "two readings: 0.0.0.0/32 by a netmask, 0.0.0.0/0 by a hostmask"),
        ] {
            assert_eq!(parse(text.as_bytes()).expect_err(text).to_string(), why);
        }
    }

    #[test]
    fn what_nobody_can_know() {
        for text in [
            "",
            "*",
            "10",
            "10.0",
            "10.",
            "10.0.0",
            "10/",
            "10/33",
            "10./8",
            "/8",
            "10/08",
            "010/8",
            "256/8",
            "10/255.0.0.0",
            "10.0.0.20-1",
            "10.0.0.1-",
            "10.0.0.1-256",
            "10.0.0.1-020",
            "10.0.0-20",
            "10.0.0.1-1.20",
            "10.0.0.1-20-30",
            "10.*.0.*",
            "*.0.0.1",
            "10.0.0.1.*",
            "*.*.*.*.*",
            "10.0.0.1*",
            "10.0.0.1 24",
            "10.0.0.1 255.0.255.0",
            "10.0.0.1 255.255.255.0 x",
            "010.0.0.1 255.255.255.0",
            "2001:db8::1-20",
            "2001:db8:*",
            "::/128.0.0.0",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
