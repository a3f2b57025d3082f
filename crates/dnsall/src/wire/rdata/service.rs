//! Where a service is, and what a client should know before it connects.
use std::{
    fmt::Write as _,
    net::{Ipv4Addr, Ipv6Addr},
};

use super::{
    Field::{Name, Own, Text, Type, U8, U16},
    Form, Walk,
    encoding::base64,
    form_some, form_zone, keys, push_quoted,
};

const SVCB: &[super::Field] = &[U16, Name, Own(params)];

pub(super) const FORMS: &[Form] = &[
    form_zone(33, &[U16, U16, U16, Name]),              // SRV: RFC 2782
    form_zone(35, &[U16, U16, Text, Text, Text, Name]), // NAPTR: RFC 3403
    form_zone(64, SVCB),                                // SVCB: RFC 9460
    form_zone(65, SVCB),                                // HTTPS
    form_some(66, &[Type, Own(scheme), U16, Name]),     // DSYNC: RFC 9859
    form_some(260, &[U8, Own(relay)]),                  // AMTRELAY: RFC 8777
];

fn scheme(walk: &mut Walk) -> Option<()> {
    match walk.u8()? {
        1 => walk.put("NOTIFY"),
        other => walk.put(other),
    }
    Some(())
}

/// D, the type of the relay, the relay (RFC 8777 section 4.3).
fn relay(walk: &mut Walk) -> Option<()> {
    let byte = walk.u8()?;
    walk.put(format_args!("{} {}", byte >> 7, byte & 0x7f));
    keys::gateway(walk, byte & 0x7f)
}

/// The keys that every server of 2023 reads by name; the registry has more, but
/// those load as numbers everywhere (dohpath, ohttp, tls-supported-groups).
const KEYS: [&str; 7] = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

/// SvcParams: keys ascending, each once (RFC 9460 sections 2.1 and 2.2). One that
/// is broken, or missing though mandatory, spoils the record (section 2.4.3).
fn params(walk: &mut Walk) -> Option<()> {
    let mut seen = Vec::new();
    let mut mandatory = Vec::new();
    while walk.more() {
        let key = walk.u16()?;
        let len = walk.u16()?;
        let value = walk.bytes(len.into())?;
        // Key 65535 is reserved for "invalid" (section 14.3.2).
        if seen.last().is_some_and(|last| *last >= key) || key == 65535 {
            return None;
        }
        seen.push(key);
        let mut text = key_name(key);
        match key {
            0 => {
                mandatory = numbers(value)?;
                let names: Vec<_> = mandatory.iter().map(|key| key_name(*key)).collect();
                let _ = write!(text, "={}", names.join(","));
            }
            1 => alpn(&mut text, value, walk.zone)?,
            2 if value.is_empty() => {}
            3 => {
                let _ = write!(text, "={}", u16::from_be_bytes(value.try_into().ok()?));
            }
            4 => hints(&mut text, value, |ip: [u8; 4]| Ipv4Addr::from(ip).to_string())?,
            5 if !value.is_empty() => {
                let _ = write!(text, "={}", base64(value));
            }
            6 => hints(&mut text, value, |ip: [u8; 16]| Ipv6Addr::from(ip).to_string())?,
            2 | 5 => return None,
            _ if value.is_empty() => {}
            _ => {
                text.push_str("=\"");
                push_quoted(&mut text, value);
                text.push('"');
            }
        }
        walk.put(text);
    }
    // Sections 8 and 7.1.1: what is mandatory is there, ascending and not
    // "mandatory" itself; no-default-alpn stands beside alpn.
    let whole = mandatory.iter().all(|key| *key != 0 && seen.contains(key))
        && mandatory.windows(2).all(|pair| pair[0] < pair[1])
        && (!seen.contains(&2) || seen.contains(&1));
    whole.then_some(())
}

fn key_name(key: u16) -> String {
    KEYS.get(usize::from(key)).map_or_else(|| format!("key{key}"), |name| (*name).to_owned())
}

fn numbers(value: &[u8]) -> Option<Vec<u16>> {
    let (pairs, rest) = value.as_chunks();
    (rest.is_empty() && !pairs.is_empty()).then(|| pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
}

/// Protocol names of 1 to 255 bytes. Commas and backslashes in them are escaped
/// for the list first and then for the quotes (appendix A.1). knot misses the name
/// before a comma where it has one byte, and the one that begins with a comma: such
/// a list is none for a `zone`.
fn alpn(text: &mut String, mut value: &[u8], zone: bool) -> Option<()> {
    let mut list = Vec::new();
    while let Some((&len, rest)) = value.split_first() {
        let (id, rest) = rest.split_at_checked(len.into()).filter(|_| len > 0)?;
        value = rest;
        if zone && (id.len() == 1 || id[0] == b',') {
            return None;
        }
        if !list.is_empty() {
            list.push(b',');
        }
        for &byte in id {
            if matches!(byte, b',' | b'\\') {
                list.push(b'\\');
            }
            list.push(byte);
        }
    }
    text.push_str("=\"");
    push_quoted(text, &list);
    text.push('"');
    (!list.is_empty()).then_some(())
}

/// Addresses, at least one.
fn hints<const N: usize>(text: &mut String, value: &[u8], show: impl Fn([u8; N]) -> String) -> Option<()> {
    let (addresses, rest) = value.as_chunks();
    if addresses.is_empty() || !rest.is_empty() {
        return None;
    }
    let shown: Vec<_> = addresses.iter().map(|ip| show(*ip)).collect();
    let _ = write!(text, "={}", shown.join(","));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{malformed, shown, unhex};

    #[test]
    fn srv_and_naptr() {
        // RFC 2782's example zone, RFC 3403 section 6.2.
        assert_eq!(shown("SRV", b"\0\0\0\x01\0\x09\x06server\x07example\x03com\0"), "0 1 9 server.example.com.");
        assert_eq!(
            shown("NAPTR", b"\0\x64\0\x32\x01s\x10http+I2L+I2C+I2R\0\x05_http\x04_tcp\x06gatech\x03edu\0"),
            r#"100 50 "s" "http+I2L+I2C+I2R" "" _http._tcp.gatech.edu."#
        );
        // Section 6.1: the backslash of the expression doubles.
        assert_eq!(
            shown("NAPTR", b"\0\x64\0\x0a\0\0\x20/urn:cid:.+@([^\\.]+\\.)(.*)$/\\2/i\0"),
            r#"100 10 "" "" "/urn:cid:.+@([^\\.]+\\.)(.*)$/\\2/i" ."#
        );
        assert!(malformed("SRV", &[0; 6]) && malformed("NAPTR", b"\0\0\0\0\0\0\0"));
    }

    #[test]
    fn svcb() {
        // RFC 9460 appendix D, the figures' wire forms.
        let rows = [
            ("0000 03666f6f076578616d706c6503636f6d00", "0 foo.example.com."),
            ("0001 00", "1 ."),
            ("0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035", "16 foo.example.com. port=53"),
            ("0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f", r#"1 foo.example.com. key667="hello""#),
            (
                "0001 03666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f",
                r#"1 foo.example.com. key667="hello\210qoo""#,
            ),
            (
                "0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001",
                "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1",
            ),
            (
                "0010 03666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201",
                r#"16 foo.example.org. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1"#,
            ),
            (
                "0010 03666f6f076578616d706c65036f726700 0001 000c 08 665c6f6f2c626172 02 6832",
                r#"16 foo.example.org. alpn="f\\\\oo\\,bar,h2""#,
            ),
            ("0001 00 0001 0003 02 6832 0002 0000 0005 0003 010203", r#"1 . alpn="h2" no-default-alpn ech=AQID"#),
            ("0001 00 0007 0010 2f646e732d71756572797b3f646e737d 0008 0000", r#"1 . key7="/dns-query{?dns}" key8"#),
        ];
        for (wire, text) in rows {
            for mnemonic in ["SVCB", "HTTPS"] {
                assert_eq!(shown(mnemonic, &unhex(wire)), text);
            }
        }
    }

    #[test]
    fn broken_parameters() {
        for wire in [
            "0001",
            "0001 00 0003",
            "0001 00 0003 0001 35",
            "0001 00 0003 0002 0035 0003 0002 0035",     // twice
            "0001 00 0004 0004 c0000201 0003 0002 0035", // descending
            "0001 00 0001 0000",                         // no protocol
            "0001 00 0001 0003 03 6832",
            "0001 00 0001 0001 00",
            "0001 00 0004 0000",
            "0001 00 0004 0005 c000020101",
            "0001 00 0005 0000",
            "0001 00 0002 0000",      // no alpn beside it
            "0001 00 0000 0002 0003", // port is missing
            "0001 00 0000 0002 0000", // itself
            "0001 00 0000 0000",
            "0001 00 0000 0004 0004 0003 0003 0002 0035 0004 0004 c0000201",
            "0001 00 ffff 0000",
        ] {
            assert!(malformed("HTTPS", &unhex(wire)), "{wire}");
        }
    }

    #[test]
    fn relays_and_notifications() {
        // RFC 8777 section 4.3.1, RFC 9859 section 3.
        assert_eq!(shown("AMTRELAY", b"\x0a\x03\x09amtrelays\x07example\x03com\0"), "10 0 3 amtrelays.example.com.");
        assert_eq!(shown("AMTRELAY", &[10, 0x81, 203, 0, 113, 15]), "10 1 1 203.0.113.15");
        assert_eq!(shown("AMTRELAY", &unhex("0a 02 20010db8000000000000000000000f15")), "10 0 2 2001:db8::f15");
        assert_eq!(shown("AMTRELAY", &[128, 0]), "128 0 0 .");
        assert!(
            malformed("AMTRELAY", &[10, 4, 1]) && malformed("AMTRELAY", &[10]) && malformed("AMTRELAY", &[0, 0, 0])
        );
        assert_eq!(
            shown("DSYNC", b"\0\x3b\x01\x14\xb4\x0brr-endpoint\x07example\0"),
            "CDS NOTIFY 5300 rr-endpoint.example."
        );
        assert_eq!(shown("DSYNC", b"\0\x3e\x80\x14\xb4\0"), "CSYNC 128 5300 .");
    }
}
