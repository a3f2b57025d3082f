//! Keys, certificates, fingerprints and other opaque bytes with numbers before them.
use super::{
    Field::{Base64, Hex, Own, U8, U16},
    Form, Walk,
    encoding::{base64, hex},
    form_some, form_zone,
};

pub(super) const FORMS: &[Form] = &[
    form_zone(37, &[Own(cert_type), U16, Own(algorithm), Base64]), // CERT: RFC 4398
    form_some(40, &[U8, U8, Own(coded)]),                          // SINK
    form_zone(44, &[U8, U8, Hex]),                                 // SSHFP: RFC 4255
    form_zone(45, &[Own(ipseckey)]),                               // IPSECKEY: RFC 4025
    form_zone(49, &[Base64]),                                      // DHCID: RFC 4701
    form_zone(52, &[U8, U8, U8, Hex]),                             // TLSA: RFC 6698
    form_zone(53, &[U8, U8, U8, Hex]),                             // SMIMEA: RFC 8162
    form_some(55, &[Own(hip)]),                                    // HIP: RFC 8005
    form_zone(61, &[Base64]),                                      // OPENPGPKEY: RFC 7929
    form_some(67, &[Base64]),                                      // HHIT: RFC 9886
    form_some(68, &[Base64]),                                      // BRID
    form_some(259, &[Own(doa)]),                                   // DOA
];

/// Writes the type of a certificate by the mnemonics of RFC 4398 section 2.1.
fn cert_type(walk: &mut Walk) -> Option<()> {
    const NAMES: [&str; 8] = ["PKIX", "SPKI", "PGP", "IPKIX", "ISPKI", "IPGP", "ACPKIX", "IACPKIX"];
    let number = walk.u16()?;
    match number {
        1..=8 => walk.put(NAMES[usize::from(number) - 1]),
        253 => walk.put("URI"),
        254 => walk.put("OID"),
        _ => walk.put(number),
    }
    Some(())
}

/// Writes a DNSSEC algorithm by its mnemonic, or by its number in lines that every
/// server has to understand.
fn algorithm(walk: &mut Walk) -> Option<()> {
    let number = walk.u8()?;
    let name = match number {
        _ if walk.zone => None,
        1 => Some("RSAMD5"),
        2 => Some("DH"),
        3 => Some("DSA"),
        5 => Some("RSASHA1"),
        6 => Some("NSEC3DSA"),
        7 => Some("NSEC3RSASHA1"),
        8 => Some("RSASHA256"),
        10 => Some("RSASHA512"),
        12 => Some("ECCGOST"),
        13 => Some("ECDSAP256SHA256"),
        14 => Some("ECDSAP384SHA384"),
        15 => Some("ED25519"),
        16 => Some("ED448"),
        252 => Some("INDIRECT"),
        253 => Some("PRIVATEDNS"),
        254 => Some("PRIVATEOID"),
        _ => None,
    };
    match name {
        Some(name) => walk.put(name),
        None => walk.put(number),
    }
    Some(())
}

/// Writes the subcoding and the data, which may be empty.
fn coded(walk: &mut Walk) -> Option<()> {
    let subcoding = walk.u8()?;
    walk.put(subcoding);
    put_base64(walk);
    Some(())
}

/// Writes precedence, gateway type and algorithm, then the gateway in the form that
/// its type asks for (RFC 4025 section 2.1), then the key, which algorithm 0 lacks.
fn ipseckey(walk: &mut Walk) -> Option<()> {
    let (precedence, kind, algorithm) = (walk.u8()?, walk.u8()?, walk.u8()?);
    walk.put(format_args!("{precedence} {kind} {algorithm}"));
    gateway(walk, kind)?;
    if walk.more() == (algorithm == 0) {
        return None;
    }
    put_base64(walk);
    Some(())
}

/// Writes nothing, an IPv4 or IPv6 address, or a name, by the number that IPSECKEY
/// and AMTRELAY have for each.
pub(super) fn gateway(walk: &mut Walk, kind: u8) -> Option<()> {
    match kind {
        0 => walk.put('.'),
        1 => walk.v4().map(|ip| walk.put(ip))?,
        2 => walk.v6().map(|ip| walk.put(ip))?,
        3 => walk.name().map(|name| walk.put_name(&name))?,
        _ => return None,
    }
    Some(())
}

/// Writes a host identity: both lengths stand before both values (RFC 8005 section 5).
fn hip(walk: &mut Walk) -> Option<()> {
    let (tag_len, algorithm, key_len) = (walk.u8()?, walk.u8()?, walk.u16()?);
    let tag = walk.bytes(tag_len.into()).filter(|tag| !tag.is_empty())?;
    let key = walk.bytes(key_len.into()).filter(|key| !key.is_empty())?;
    walk.put(format_args!("{algorithm} {} {}", hex(tag), base64(key)));
    while walk.more() {
        let server = walk.name()?;
        walk.put_name(&server);
    }
    Some(())
}

/// Writes enterprise, type, location, media type and data (draft-durand-doa-over-dns-03 section 3.2).
fn doa(walk: &mut Walk) -> Option<()> {
    let (enterprise, kind, location) = (walk.u32()?, walk.u32()?, walk.u8()?);
    walk.put(format_args!("{enterprise} {kind} {location}"));
    let media = walk.string()?;
    walk.quote(media);
    if walk.more() {
        put_base64(walk)
    } else {
        walk.put('-')
    }
    Some(())
}

/// Writes the rest in base64, and no word where nothing is left.
fn put_base64(walk: &mut Walk) {
    let rest = walk.rest();
    if !rest.is_empty() {
        walk.put(base64(rest));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        read,
        tests::{malformed, shown, unbase64, unhex},
        zone_line,
    };
    use crate::wire::{name::Name, types::Type};

    #[test]
    fn cert() {
        // The numbers of RFC 4398 section 2.1 and of DNSSEC's algorithms.
        assert_eq!(shown("CERT", b"\0\x01\xff\xfe\x08\0\0\0"), "PKIX 65534 RSASHA256 AAAA");
        assert_eq!(shown("CERT", b"\0\xfe\0\0\0x"), "OID 0 0 eA==");
        assert_eq!(shown("CERT", b"\0\0\0\0\x04x"), "0 0 4 eA==");
        assert!(malformed("CERT", b"\0\x01\0\0\x08"));
        for (number, mnemonic) in [
            (0, "0"),
            (1, "PKIX"),
            (2, "SPKI"),
            (3, "PGP"),
            (4, "IPKIX"),
            (5, "ISPKI"),
            (6, "IPGP"),
            (7, "ACPKIX"),
            (8, "IACPKIX"),
            (9, "9"),
            (252, "252"),
            (253, "URI"),
            (254, "OID"),
            (255, "255"),
        ] {
            assert_eq!(shown("CERT", &[0, number, 0, 0, 8, 0]), format!("{mnemonic} 0 RSASHA256 AA=="));
        }
        let wire = b"\0\x01\0\0\x07x";
        let line = zone_line(&Name::root(), 1, 1, Type(37), &read(Type(37), wire, 0..wire.len()));
        assert_eq!(line, ". 1 IN CERT PKIX 0 7 eA==");
    }

    /// The names that BIND gives to IANA's "DNS Security Algorithm Numbers"
    /// (SECALGNAMES in its lib/dns/rcode.c), since zones are written with them;
    /// a number without a name stays one.
    #[test]
    fn algorithms_have_binds_names() {
        for (number, name) in [
            (0, "0"),
            (1, "RSAMD5"),
            (2, "DH"),
            (3, "DSA"),
            (4, "4"),
            (5, "RSASHA1"),
            (6, "NSEC3DSA"),
            (7, "NSEC3RSASHA1"),
            (8, "RSASHA256"),
            (9, "9"),
            (10, "RSASHA512"),
            (11, "11"),
            (12, "ECCGOST"),
            (13, "ECDSAP256SHA256"),
            (14, "ECDSAP384SHA384"),
            (15, "ED25519"),
            (16, "ED448"),
            (17, "17"),
            (251, "251"),
            (252, "INDIRECT"),
            (253, "PRIVATEDNS"),
            (254, "PRIVATEOID"),
            (255, "255"),
        ] {
            assert_eq!(shown("CERT", &[0, 1, 0, 0, number, b'x']), format!("PKIX 0 {name} eA=="));
        }
        // RFC 4398 section 2.1.
        for (number, name) in [(2, "SPKI"), (3, "PGP"), (4, "IPKIX"), (8, "IACPKIX"), (9, "9"), (253, "URI")] {
            assert_eq!(shown("CERT", &[0, number, 0, 0, 8, b'x']), format!("{name} 0 RSASHA256 eA=="));
        }
    }

    #[test]
    fn digests_of_keys() {
        // RFC 4255 section 3.2, RFC 6698 section 2.3; SMIMEA has TLSA's form (RFC 8162 section 2).
        let print = unhex("123456789abcdef67890123456789abcdef67890");
        assert_eq!(shown("SSHFP", &[&[2, 1][..], &print].concat()), "2 1 123456789ABCDEF67890123456789ABCDEF67890");
        let digest = "D2ABDE240D7CD3EE6B4B28C54DF034B97983A1D16E8A410E4561CB106618E971";
        for mnemonic in ["TLSA", "SMIMEA"] {
            let wire = [&[0, 0, 1][..], &unhex(digest)].concat();
            assert_eq!(shown(mnemonic, &wire), format!("0 0 1 {digest}"));
            assert!(malformed(mnemonic, &[3, 1, 1]));
        }
        assert!(malformed("SSHFP", &[2, 1]));
    }

    #[test]
    fn ipseckey() {
        // RFC 4025 section 3.2.
        let key = "AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==";
        let rows = [
            (&[10, 1, 2, 192, 0, 2, 38][..], "10 1 2 192.0.2.38"),
            (&[10, 0, 2], "10 0 2 ."),
            (b"\x0a\x03\x02\x09mygateway\x07example\x03com\0", "10 3 2 mygateway.example.com."),
            (
                &[10, 2, 2, 0x20, 1, 0xd, 0xb8, 0, 0, 0x80, 2, 0, 0, 0, 0, 0x20, 0, 0, 1][..],
                "10 2 2 2001:db8:0:8002::2000:1",
            ),
        ];
        for (head, text) in rows {
            assert_eq!(shown("IPSECKEY", &[head, &unbase64(key)].concat()), format!("{text} {key}"));
            assert!(malformed("IPSECKEY", head));
        }
        assert_eq!(shown("IPSECKEY", &[10, 0, 0]), "10 0 0 .");
        assert!(malformed("IPSECKEY", &[10, 4, 2, 1]) && malformed("IPSECKEY", &[10, 0, 0, 1]));
    }

    #[test]
    fn hip() {
        // RFC 8005 section 6.
        let tag = "200100107B1A74DF365639CC39F1D578";
        let key = "AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D";
        let key_wire = unbase64(key);
        let head = [&[16, 2, 0, key_wire.len() as u8][..], &unhex(tag), &key_wire].concat();
        assert_eq!(shown("HIP", &head), format!("2 {tag} {key}"));
        assert_eq!(
            shown("HIP", &[&head[..], b"\x03rvs\x07example\x03com\0\x01b\0"].concat()),
            format!("2 {tag} {key} rvs.example.com. b.")
        );
        assert!(malformed("HIP", &head[..head.len() - 1]) && malformed("HIP", &[0, 2, 0, 1, 1]));
        assert!(malformed("HIP", &[1, 2, 0, 0, 1]) && malformed("HIP", &[1, 2]));
    }

    #[test]
    fn opaque() {
        // RFC 4701 section 3.6.1.
        let dhcid = "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=";
        for mnemonic in ["DHCID", "OPENPGPKEY", "HHIT", "BRID"] {
            assert_eq!(shown(mnemonic, &unbase64(dhcid)), dhcid, "{mnemonic}");
            assert!(malformed(mnemonic, b""), "{mnemonic}");
        }
        assert_eq!(shown("SINK", &[8, 0, 2, 1, 2, 3]), "8 0 2 AQID");
        assert_eq!(shown("SINK", &[8, 0, 2]), "8 0 2");
        assert!(malformed("SINK", &[8, 0]));
        let doa = b"\0\0\0\x01\0\0\x02\0\x02\x0atext/plain";
        assert_eq!(shown("DOA", doa), r#"1 512 2 "text/plain" -"#);
        assert_eq!(shown("DOA", &[&doa[..], b"foo"].concat()), r#"1 512 2 "text/plain" Zm9v"#);
        assert!(malformed("DOA", &doa[..12]));
    }
}
