//! Addresses of hosts and what runs there.
use super::{
    Field::{Own, U16, V4, V6},
    Form, Walk, form_some, form_zone,
};
use std::{
    fmt::Write as _,
    net::{Ipv4Addr, Ipv6Addr},
};

pub(super) const FORMS: &[Form] = &[
    form_zone(1, &[V4]),               // A: RFC 1035 section 3.4.1
    form_some(11, &[V4, Own(wks)]),    // WKS: section 3.4.2
    form_zone(28, &[V6]),              // AAAA: RFC 3596
    form_some(38, &[Own(a6)]),         // A6: RFC 2874
    form_zone(42, &[Own(apl)]),        // APL: RFC 3123
    form_zone(104, &[U16, Own(id64)]), // NID: RFC 6742
    form_zone(105, &[U16, V4]),        // L32
    form_zone(106, &[U16, Own(id64)]), // L64
    form_zone(108, &[Own(eui::<6>)]),  // EUI48: RFC 7043
    form_zone(109, &[Own(eui::<8>)]),  // EUI64
];

/// Writes the protocol and the ports in use, which stand as a bit each. The names
/// of both depend on the host that prints them, so numbers are written.
fn wks(walk: &mut Walk) -> Option<()> {
    let protocol = walk.u8()?;
    walk.put(protocol);
    // There are 65,536 ports, so that the bitmap has at most 8,192 bytes.
    let bits = Some(walk.rest()).filter(|bits| bits.len() <= 8192)?;
    for (i, byte) in bits.iter().enumerate() {
        for bit in (0..8).filter(|bit| byte & 0x80 >> bit != 0) {
            walk.put(8 * i + bit);
        }
    }
    Some(())
}

/// Writes the length of the prefix, the bits behind it, and the name that has the
/// prefix (RFC 2874 section 3.1). Length 0 leaves no name, length 128 no bits.
fn a6(walk: &mut Walk) -> Option<()> {
    let prefix = walk.u8().filter(|len| *len <= 128)?;
    walk.put(prefix);
    if prefix < 128 {
        let suffix = walk.bytes(16 - usize::from(prefix / 8))?;
        // The text has zeros for the bits of the prefix, so that others would be lost.
        if suffix.first()?.leading_zeros() < u32::from(prefix % 8) {
            return None;
        }
        let mut address = [0; 16];
        address[16 - suffix.len()..].copy_from_slice(suffix);
        walk.put(Ipv6Addr::from(address));
    }
    if prefix > 0 {
        let name = walk.name()?;
        walk.put(name);
    }
    Some(())
}

/// Writes prefixes, `!` before those that are excluded (RFC 3123 section 5). A
/// list without any is legal.
fn apl(walk: &mut Walk) -> Option<()> {
    while walk.more() {
        let family = walk.u16()?;
        let prefix = walk.u8()?;
        let len = walk.u8()?;
        let not = if len & 0x80 != 0 { "!" } else { "" };
        let part = walk.bytes(usize::from(len & 0x7f))?;
        // Trailing zeros are left out (section 4).
        if part.last() == Some(&0) {
            return None;
        }
        match family {
            1 if prefix <= 32 => walk.put(format_args!("{not}1:{}/{prefix}", Ipv4Addr::from(padded(part)?))),
            2 if prefix <= 128 => walk.put(format_args!("{not}2:{}/{prefix}", Ipv6Addr::from(padded(part)?))),
            _ => return None,
        }
    }
    Some(())
}

fn padded<const N: usize>(part: &[u8]) -> Option<[u8; N]> {
    let mut address = [0; N];
    address.get_mut(..part.len())?.copy_from_slice(part);
    Some(address)
}

/// Writes four groups of hex digits, without the `::` of an address (RFC 6742 section 2.1.2).
fn id64(walk: &mut Walk) -> Option<()> {
    let [a, b, c, d] = [walk.u16()?, walk.u16()?, walk.u16()?, walk.u16()?];
    // dig drops leading zeros, but knot reads four digits a group alone.
    if walk.zone {
        walk.put(format_args!("{a:04x}:{b:04x}:{c:04x}:{d:04x}"));
    } else {
        walk.put(format_args!("{a:x}:{b:x}:{c:x}:{d:x}"));
    }
    Some(())
}

/// Writes pairs of hex digits with hyphens between them (RFC 7043 section 3.2).
fn eui<const N: usize>(walk: &mut Walk) -> Option<()> {
    let mut text = String::new();
    for byte in walk.array::<N>()? {
        let gap = if text.is_empty() { "" } else { "-" };
        let _ = write!(text, "{gap}{byte:02x}");
    }
    walk.put(text);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{malformed, shown};

    #[test]
    fn addresses() {
        // RFC 1035 section 5.3, RFC 3596 section 2.5.
        assert_eq!(shown("A", &[26, 3, 0, 103]), "26.3.0.103");
        assert_eq!(
            shown("AAAA", &[0x43, 0x21, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 5, 0x67, 0x89, 0xab]),
            "4321:0:1:2:3:4:567:89ab"
        );
        assert_eq!(shown("AAAA", &[0; 16]), "::");
        for len in [0, 3, 5, 15, 17] {
            assert!(malformed("A", &vec![1; len]) && malformed("AAAA", &vec![1; len]));
        }
    }

    #[test]
    fn wks() {
        // RFC 1035 section 3.4.2: TCP is 6, SMTP bit 25.
        assert_eq!(shown("WKS", &[192, 0, 2, 1, 6, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0x80]), "192.0.2.1 6 25 80");
        assert_eq!(shown("WKS", &[192, 0, 2, 1, 17]), "192.0.2.1 17");
        assert!(shown("WKS", &[[1; 5].as_slice(), &[0; 8191], &[1]].concat()).ends_with(" 65535"));
        assert!(malformed("WKS", &[192, 0, 2, 1]) && malformed("WKS", &[0; 5 + 8193]));
    }

    #[test]
    fn a6() {
        // RFC 2874 section 3.1.5 and its figures.
        let name = b"\x08subnet-1\x02ip\x02x6\0";
        let wire = [&[64, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0][..], name].concat();
        assert_eq!(shown("A6", &wire), "64 ::1234:5678:9abc:def0 subnet-1.ip.x6.");
        assert_eq!(shown("A6", &[&[128][..], name].concat()), "128 subnet-1.ip.x6.");
        let mut whole = [0; 17];
        whole[1] = 0x20;
        assert_eq!(shown("A6", &whole), "0 2000::");
        assert_eq!(shown("A6", &[&[121, 0x7f][..], name].concat()), "121 ::7f subnet-1.ip.x6.");
        assert!(malformed("A6", &[&[121, 0x80][..], name].concat()) && malformed("A6", &[129, 0]));
        assert!(malformed("A6", &[64, 0, 0]) && malformed("A6", &[]) && malformed("A6", &[&whole[..], b"\0"].concat()));
    }

    #[test]
    fn apl() {
        // RFC 3123 section 6.
        assert_eq!(
            shown("APL", &[0, 1, 21, 3, 192, 168, 32, 0, 1, 28, 0x83, 192, 168, 38]),
            "1:192.168.32.0/21 !1:192.168.38.0/28"
        );
        assert_eq!(shown("APL", &[0, 1, 4, 1, 0xe0, 0, 2, 8, 1, 0xff, 0, 2, 0, 0]), "1:224.0.0.0/4 2:ff00::/8 2:::/0");
        assert_eq!(shown("APL", &[]), "");
        for wrong in
            [&[0, 1, 33, 0][..], &[0, 1, 8, 2, 10, 0], &[0, 3, 0, 0], &[0, 1, 8, 5, 1, 2, 3, 4, 5], &[0, 1, 8, 2]]
        {
            assert!(malformed("APL", wrong), "{wrong:?}");
        }
    }

    #[test]
    fn locators() {
        // RFC 6742 sections 2.1.3, 2.2.3, 2.3.3.
        assert_eq!(shown("NID", &[0, 10, 0, 0x14, 0x4f, 0xff, 0xff, 0x20, 0xee, 0x64]), "10 14:4fff:ff20:ee64");
        assert_eq!(shown("L64", &[0, 20, 0x20, 1, 0xd, 0xb8, 0x12, 0x40, 0, 0]), "20 2001:db8:1240:0");
        assert_eq!(shown("L32", &[0, 10, 10, 1, 2, 0]), "10 10.1.2.0");
        assert!(malformed("NID", &[0; 9]) && malformed("L64", &[0; 11]) && malformed("L32", &[0; 5]));
    }

    #[test]
    fn eui() {
        // RFC 7043 sections 3.3 and 4.3.
        assert_eq!(shown("EUI48", &[0, 0, 0x5e, 0, 0x53, 0x2a]), "00-00-5e-00-53-2a");
        assert_eq!(shown("EUI64", &[0, 0, 0x5e, 0xef, 0x10, 0, 0, 0x2a]), "00-00-5e-ef-10-00-00-2a");
        assert!(malformed("EUI48", &[0; 5]) && malformed("EUI64", &[0; 9]));
    }
}
