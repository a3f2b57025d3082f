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
        put_bits(walk, u16::from(window) << 8, bits)?;
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
    put_bits(walk, 0, bits)
}

fn put_bits(walk: &mut Walk, first: u16, bits: &[u8]) -> Option<()> {
    for (byte, base) in bits.iter().zip((first..).step_by(8)) {
        for bit in (0..8).filter(|bit| byte & 0x80 >> bit != 0) {
            walk.put_type(Type(base + bit))?;
        }
    }
    Some(())
}
