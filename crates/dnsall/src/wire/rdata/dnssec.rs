//! DNSSEC: keys, signatures, digests and denials, and the type bitmaps they share.
use super::{
    Field::{Base64, Hex, Name, Own, Type as Mnemonic, Types, U8, U16, U32},
    Form, Walk,
    encoding::{base32hex, base64, hex},
    form_some, form_zone,
};
use crate::wire::types::Type;

const KEY: &[super::Field] = &[U16, U8, U8, Base64];
const SIGNATURE: &[super::Field] = &[Mnemonic, U8, U8, U32, Own(time), Own(time), U16, Name, Base64];
const DIGEST: &[super::Field] = &[U16, U8, U8, Hex];

pub(super) const FORMS: &[Form] = &[
    form_some(24, SIGNATURE),                                   // SIG: RFC 2535 section 7.2
    form_zone(25, &[Own(key)]),                                 // KEY: section 7.1
    form_some(30, &[Name, Own(old_types)]),                     // NXT: section 7.3
    form_zone(43, DIGEST),                                      // DS: RFC 4034 section 5.3
    form_zone(46, SIGNATURE),                                   // RRSIG: section 3.2
    form_zone(47, &[Name, Own(some_types)]),                    // NSEC: section 4.2
    form_zone(48, KEY),                                         // DNSKEY: section 2.2
    form_zone(50, &[U8, U8, U16, Own(salt), Own(next), Types]), // NSEC3: RFC 5155 section 3.3
    form_zone(51, &[U8, U8, U16, Own(salt)]),                   // NSEC3PARAM: section 4.3
    form_some(57, KEY),                                         // RKEY
    form_zone(59, DIGEST),                                      // CDS: RFC 7344
    form_zone(60, KEY),                                         // CDNSKEY
    form_zone(62, &[U32, U16, Types]),                          // CSYNC: RFC 7477
    form_zone(63, &[U32, U8, U8, Hex]),                         // ZONEMD: RFC 8976
    form_some(32768, DIGEST),                                   // TA
    form_some(32769, DIGEST),                                   // DLV: RFC 4431
];

/// Writes a KEY record as a DNSKEY one, but without a key where its flags say
/// "no key" (RFC 2535 section 3.1.2), which BIND alone reads back.
fn key(walk: &mut Walk) -> Option<()> {
    let flags = walk.u16()?;
    let protocol = walk.u8()?;
    let algorithm = walk.u8()?;
    walk.put(format_args!("{flags} {protocol} {algorithm}"));
    let key = walk.rest();
    if key.is_empty() {
        return (flags & 0xc000 == 0xc000 && !walk.zone).then_some(());
    }
    walk.put(base64(key));
    Some(())
}

/// Writes a time as `YYYYMMDDHHMMSS` (RFC 4034 section 3.2). The field counts
/// seconds since 1970 in 32 bits, so that this is right until 2106.
fn time(walk: &mut Walk) -> Option<()> {
    let seconds = walk.u32()?;
    let (days, second) = (seconds / 86400, seconds % 86400);
    let (mut year, mut day) = (1970, days);
    let leap = |year: u32| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while let Some(rest) = day.checked_sub(365 + u32::from(leap(year))) {
        (year, day) = (year + 1, rest);
    }
    let mut month = 1;
    for len in [31, 28 + u32::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        let Some(rest) = day.checked_sub(len) else { break };
        (month, day) = (month + 1, rest);
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    walk.put(format_args!("{year}{month:02}{:02}{hour:02}{minute:02}{second:02}", day + 1));
    Some(())
}

/// Writes a salt, which stands behind its length, in hex; an empty one is `-`.
fn salt(walk: &mut Walk) -> Option<()> {
    let salt = walk.string()?;
    if salt.is_empty() {
        walk.put('-')
    } else {
        walk.put(hex(salt))
    }
    Some(())
}

/// Writes the next hashed owner, which stands behind its length, in base32hex.
fn next(walk: &mut Walk) -> Option<()> {
    let hash = walk.string().filter(|hash| !hash.is_empty())?;
    walk.put(base32hex(hash));
    Some(())
}

fn some_types(walk: &mut Walk) -> Option<()> {
    if walk.more() { types(walk) } else { None }
}

/// Writes the rest as a list of types. Its windows of 256 types have to ascend,
/// none may be empty or end in zeros (RFC 4034 section 4.1.2), since another
/// bitmap would not come back from the text.
pub(super) fn types(walk: &mut Walk) -> Option<()> {
    let mut lowest = 0;
    while walk.more() {
        let window = walk.u8()?;
        let bits = walk.string().filter(|bits| bits.len() <= 32 && bits.last().is_some_and(|last| *last != 0))?;
        if u16::from(window) < lowest {
            return None;
        }
        lowest = u16::from(window) + 1;
        put_bits(walk, u16::from(window) << 8, bits);
    }
    Some(())
}

/// Writes the rest, a bit for each of the types 0 to 127 without trailing zeros.
/// Bit 0 announces another format, which nobody defined (RFC 2535 section 5.2).
fn old_types(walk: &mut Walk) -> Option<()> {
    let bits = walk.some_rest()?;
    if bits.len() > 16 || bits[0] & 0x80 != 0 || bits.last() == Some(&0) {
        return None;
    }
    put_bits(walk, 0, bits);
    Some(())
}

fn put_bits(walk: &mut Walk, first: u16, bits: &[u8]) {
    for (byte, base) in bits.iter().zip((first..).step_by(8)) {
        for bit in (0..8).filter(|bit| byte & 0x80 >> bit != 0) {
            walk.put_type(Type(base + bit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{malformed, shown, unbase64, unhex};

    // RFC 4034 section 2.3.
    const DNSKEY: &str = "AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8nokfzj31GajIQKY+5CptLr3buXA10hWqTkF7H6RfoRqXQeogmMHfpftf6zMv1LyBUgia7za6ZEzOJBOztyvhjL742iU/TpPSEDhm2SNKLijfUppn1UaNvv4w==";
    // RFC 4034 section 3.3.
    const RRSIG: &str = "oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTrPYGv07h108dUKGMeDPKijVCHX3DDKdfb+v6oB9wfuh3DTJXUAfI/M0zmO/zz8bW0Rznl8O3tGNazPwQKkRN20XPXV6nwwfoXmJQbsLNrLfkGJ5D6fwFm8nN+6pBzeDQfsS3Ap3o=";

    #[test]
    fn keys() {
        let wire = [&[1, 0, 3, 5][..], &unbase64(DNSKEY)].concat();
        for mnemonic in ["DNSKEY", "CDNSKEY", "KEY", "RKEY"] {
            assert_eq!(shown(mnemonic, &wire), format!("256 3 5 {DNSKEY}"), "{mnemonic}");
            assert!(malformed(mnemonic, &[1, 0, 3]) && malformed(mnemonic, &[1, 0, 3, 5]), "{mnemonic}");
        }
        // RFC 8078 section 4: the request to delete. RFC 2535 section 3.1.2: no key.
        assert_eq!(shown("CDNSKEY", &[0, 0, 3, 0, 0]), "0 3 0 AA==");
        assert_eq!(shown("KEY", &[0xc1, 0, 3, 3]), "49408 3 3");
    }

    #[test]
    fn signatures() {
        let head = unhex("0001 05 03 00015180 3e7c9dd7 3e5510d7 0a52");
        assert_eq!(head.len(), 18);
        let wire = [&head[..], b"\x07example\x03com\0", &unbase64(RRSIG)].concat();
        let text = format!("A 5 3 86400 20030322173103 20030220173103 2642 example.com. {RRSIG}");
        for mnemonic in ["RRSIG", "SIG"] {
            assert_eq!(shown(mnemonic, &wire), text, "{mnemonic}");
            assert!(malformed(mnemonic, &wire[..31]) && malformed(mnemonic, &wire[..20]), "{mnemonic}");
        }
        let time = |seconds: &str| {
            let wire = [&unhex("ff00 05 03 00000000 00000000"), &unhex(seconds)[..], b"\0\0\0x"].concat();
            shown("RRSIG", &wire).split(' ').nth(5).unwrap().to_owned()
        };
        assert_eq!(time("00000000"), "19700101000000");
        assert_eq!(time("38bb297f"), "20000229020551");
        assert_eq!(time("ffffffff"), "21060207062815");
    }

    #[test]
    fn digests() {
        // RFC 4034 section 5.4.
        let wire = unhex("ec45 05 01 2BB183AF5F22588179A53B0A98631FAD1A292118");
        for mnemonic in ["DS", "CDS", "DLV", "TA"] {
            assert_eq!(shown(mnemonic, &wire), "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", "{mnemonic}");
            assert!(malformed(mnemonic, &wire[..4]), "{mnemonic}");
        }
        // RFC 8078 section 4.
        assert_eq!(shown("CDS", &[0, 0, 0, 0, 0]), "0 0 0 00");
    }

    #[test]
    fn denials() {
        // RFC 4034 section 4.3.
        let wire = unhex(
            "04686f737407 6578616d706c6503636f6d00 0006400100000003 041b000000000000000000000000000000000000000000000000000020",
        );
        assert_eq!(shown("NSEC", &wire), "host.example.com. A MX RRSIG NSEC TYPE1234");
        for wrong in [
            &b"\0"[..],
            b"\0\0\0",
            b"\0\0\x01\0",
            b"\0\0\x02\x40",
            b"\0\0\x01\x40\0\x01\x40",
            b"\0\x01\x01\x40\0\x01\x40",
        ] {
            assert!(malformed("NSEC", wrong), "{wrong:?}");
        }
        assert_eq!(
            shown("NSEC", b"\0\xff\x20xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\x01").rsplit(' ').next(),
            Some("TYPE65535")
        );
        // RFC 5155 appendix A.
        let head = unhex("01 01 000c 04 aabbccdd 14");
        let hash = unhex("174eb2409fe28bcb4887a1836f957f0a8425e27b");
        let bits = unhex("00 07 22 01 00 00 00 02 90");
        assert_eq!(
            shown("NSEC3", &[&head[..], &hash, &bits].concat()),
            "1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC3PARAM"
        );
        assert_eq!(shown("NSEC3", b"\x01\0\0\0\0\x01a"), "1 0 0 - C4");
        assert!(malformed("NSEC3", b"\x01\0\0\0\0\0") && malformed("NSEC3", b"\x01\0\0\0\x04abc"));
        assert_eq!(shown("NSEC3PARAM", b"\x01\0\0\x0c\x04\xaa\xbb\xcc\xdd"), "1 0 12 AABBCCDD");
        assert_eq!(shown("NSEC3PARAM", b"\x01\0\0\x0a\0"), "1 0 10 -");
        // RFC 2535 section 5.3.
        assert_eq!(shown("NXT", b"\x06medium\x03foo\x03tld\0\x40\x01\0\x82"), "medium.foo.tld. A MX SIG NXT");
        assert!(malformed("NXT", b"\0\x80\x01") && malformed("NXT", b"\0\x40\0") && malformed("NXT", b"\0"));
    }

    #[test]
    fn the_zone_as_a_whole() {
        // RFC 7477 section 2.1.2.1; RFC 8976 appendix A.1.
        assert_eq!(shown("CSYNC", b"\0\0\0\x42\0\x03\0\x04\x60\0\0\x08"), "66 3 A NS AAAA");
        assert_eq!(shown("CSYNC", b"\0\0\0\x42\0\0"), "66 0");
        let digest = "C68090D90A7AED716BC459F9340E3D7C1370D4D24B7E2FC3A1DDC0B9A87153B9A9713B3C9AE5CC27777F98B8E730044C";
        let wire = [&unhex("7848b7a2 01 01")[..], &unhex(digest)].concat();
        assert_eq!(shown("ZONEMD", &wire), format!("2018031522 1 1 {digest}"));
        assert!(malformed("ZONEMD", &wire[..6]));
    }
}
