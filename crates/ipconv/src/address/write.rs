//! Addresses and whole inputs written: RFC 5952, all digits, and numbers.
use crate::address::value::{Family, Value, What};

/// A whole input in its canonical form.
pub fn compressed(value: &Value<'_>) -> String {
    let mut text = Vec::new();
    write_value(&mut text, value, write_compressed);
    // Zones are ASCII, too.
    String::from_utf8(text).unwrap_or_default()
}

/// Appends a whole input: address, zone and prefix, or both ends of a range.
pub fn write_value(out: &mut Vec<u8>, value: &Value<'_>, write: fn(&mut Vec<u8>, Family, u128)) {
    write(out, value.family, value.bits);
    if let Some(zone) = value.zone {
        out.push(b'%');
        out.extend(zone.as_bytes());
    }
    match value.what {
        What::Addr => {}
        What::Prefix(len) => {
            out.push(b'/');
            write_decimal(out, len.into());
        }
        What::Range(last) => {
            out.push(b'-');
            write(out, value.family, last);
        }
    }
}

/// Appends `n` in decimal.
pub fn write_decimal(out: &mut Vec<u8>, mut n: u128) {
    let mut digits = [0; 39];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend(&digits[at..]);
}

/// Appends an address in its canonical form: dotted quad, or RFC 5952.
#[inline]
pub fn write_compressed(out: &mut Vec<u8>, family: Family, bits: u128) {
    match family {
        Family::V4 => write_v4(out, bits as u32),
        Family::V6 => write_v6(out, bits),
    }
}

/// Each octet and a dot, in four bytes.
static OCTETS: [[u8; 4]; 256] = {
    let mut all = [[b'.'; 4]; 256];
    let mut n = 0;
    while n < 256 {
        let digits = [b'0' + (n / 100) as u8, b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
        let skip = if n < 10 { 2 } else { (n < 100) as usize };
        let mut at = skip;
        while at < 3 {
            all[n][at - skip] = digits[at];
            at += 1;
        }
        n += 1;
    }
    all
};

/// Appends a dotted quad.
#[inline]
pub fn write_v4(out: &mut Vec<u8>, bits: u32) {
    let mut text = [0u8; 16];
    let mut len = 0;
    for octet in bits.to_be_bytes() {
        text[len..len + 4].copy_from_slice(&OCTETS[usize::from(octet)]);
        len += 2 + usize::from(octet > 9) + usize::from(octet > 99);
    }
    // A copy of a known length, without a call.
    let end = out.len() + len - 1;
    out.extend_from_slice(&text);
    out.truncate(end);
}

/// Appends an IPv6 address as RFC 5952 section 4 wants it; the dotted form of
/// its section 5 for IPv4-mapped addresses only, as Python and Rust have it.
#[inline]
pub fn write_v6(out: &mut Vec<u8>, bits: u128) {
    if bits >> 32 == 0xffff {
        out.extend_from_slice(b"::ffff:");
        return write_v4(out, bits as u32);
    }
    let groups: [u16; 8] = std::array::from_fn(|i| (bits >> (112 - 16 * i)) as u16);
    // Made in place: a call of the vector's for every group costs more than the group.
    let (mut text, mut at) = ([0u8; 48], 0);
    let mut put = |groups: &[u16], colons: usize| {
        for group in groups {
            let skip = (group.leading_zeros() / 4).min(3);
            let digits =
                u64::from(HEX[usize::from(group >> 8)]) << 48 | u64::from(HEX[usize::from(group & 0xff)]) << 32;
            let digits = digits << (8 * skip) | u64::from(b':') << (24 + 8 * skip);
            text[at..at + 8].copy_from_slice(&digits.to_be_bytes());
            at += 5 - skip as usize;
        }
        text[at..at + colons].fill(b':');
        at += colons;
    };
    let is_zero = groups.iter().enumerate().fold(0u32, |all, (i, group)| all | u32::from(*group == 0) << i);
    let mut last_colon = 1;
    if is_zero & is_zero >> 1 == 0 {
        put(&groups, 0);
    } else {
        let (start, len) = longest_gap(&groups);
        put(&groups[..start], if start == 0 { 2 } else { 1 });
        put(&groups[start + len..], 0);
        last_colon = usize::from(start + len < 8);
    }
    out.extend_from_slice(&text[..at - last_colon]);
}

/// Two digits for each byte.
static HEX: [u16; 256] = {
    let digits = b"0123456789abcdef";
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = u16::from_be_bytes([digits[byte >> 4], digits[byte & 15]]);
        byte += 1;
    }
    table
};

/// Where the longest run of zero groups starts, the first on a tie, and its length.
fn longest_gap(groups: &[u16; 8]) -> (usize, usize) {
    let (mut start, mut len, mut run) = (0, 0, 0);
    for (i, group) in groups.iter().enumerate() {
        run = if *group == 0 { run + 1 } else { 0 };
        if run > len {
            (start, len) = (i + 1 - run, run);
        }
    }
    (start, len)
}

/// Appends an address without leaving out a zero; dotted for IPv4-mapped addresses.
pub fn write_exploded(out: &mut Vec<u8>, family: Family, bits: u128) {
    if family == Family::V4 {
        return write_v4(out, bits as u32);
    }
    let text = format!("{bits:032x}");
    let mapped = bits >> 32 == 0xffff;
    for (i, group) in text.as_bytes().chunks(4).take(if mapped { 6 } else { 8 }).enumerate() {
        if i > 0 {
            out.push(b':');
        }
        out.extend_from_slice(group);
    }
    if mapped {
        out.push(b':');
        write_v4(out, bits as u32);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;
    use crate::address::text::parse;

    fn written(write: fn(&mut Vec<u8>, Family, u128), family: Family, bits: u128) -> String {
        // What stands there already stays.
        let mut out = b"x".to_vec();
        write(&mut out, family, bits);
        String::from_utf8(out).unwrap().strip_prefix('x').unwrap().to_owned()
    }

    #[test]
    fn every_pattern_of_zeros_is_written_as_the_standard_library_writes_it() {
        for value in [0x1u16, 0xf, 0x10, 0x123, 0xfff, 0x1000, 0xabcd] {
            for pattern in 0..256u32 {
                let groups: [u16; 8] = std::array::from_fn(|i| if pattern >> i & 1 == 0 { 0 } else { value });
                let address = Ipv6Addr::from(groups);
                assert_eq!(written(write_compressed, Family::V6, address.to_bits()), address.to_string());
            }
        }
        for bits in [0, 9, 10, 99, 100, 255, 0x0909_6309, 0x0a63_64ff, u32::MAX, 0x0100_0000, 0x7f00_0001] {
            assert_eq!(written(write_compressed, Family::V4, bits.into()), Ipv4Addr::from_bits(bits).to_string());
            let mapped = 0xffff_u128 << 32 | u128::from(bits);
            assert_eq!(written(write_compressed, Family::V6, mapped), Ipv6Addr::from_bits(mapped).to_string());
        }
    }

    #[test]
    fn no_zero_is_left_out() {
        for (text, want) in [
            ("::", "0000:0000:0000:0000:0000:0000:0000:0000"),
            ("2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001"),
            ("::ffff:1.2.3.4", "0000:0000:0000:0000:0000:ffff:1.2.3.4"),
            ("::fffe:102:304", "0000:0000:0000:0000:0000:fffe:0102:0304"),
            ("1::ffff:102:304", "0001:0000:0000:0000:0000:ffff:0102:0304"),
            ("1.20.255.0", "1.20.255.0"),
        ] {
            let value = parse(text.as_bytes()).unwrap();
            assert_eq!(written(write_exploded, value.family, value.bits), want, "{text}");
        }
    }

    #[test]
    fn numbers_and_whole_inputs() {
        for n in [0, 7, 9, 10, 99, 100, 1_234_567_890, u128::MAX] {
            assert_eq!(written(|out, _, n| write_decimal(out, n), Family::V4, n), n.to_string());
        }
        for text in
            ["10.0.0.1", "10.0.0.1/8", "10.0.0.1-10.0.0.9", "::1/128", "::-::f", "fe80::1%eth0/64", "fe80::1%eth0"]
        {
            assert_eq!(compressed(&parse(text.as_bytes()).unwrap()), text);
        }
    }
}
