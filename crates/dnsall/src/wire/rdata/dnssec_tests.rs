//! DNSSEC records as their RFCs print them.
use super::tests::{malformed, shown, unbase64, unhex};

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
    for wrong in
        [&b"\0"[..], b"\0\0\0", b"\0\0\x01\0", b"\0\0\x02\x40", b"\0\0\x01\x40\0\x01\x40", b"\0\x01\x01\x40\0\x01\x40"]
    {
        assert!(malformed("NSEC", wrong), "{wrong:?}");
    }
    assert_eq!(shown("NSEC", b"\0\xff\x20xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\x01").rsplit(' ').next(), Some("TYPE65535"));
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
    // The types 1 to 127 alone have a bit: sixteen bytes.
    assert!(shown("NXT", &[&[0][..], &[0; 15], &[1]].concat()).ends_with(" TYPE127"));
    assert!(malformed("NXT", &[&[0][..], &[0; 16], &[1]].concat()));
    // A window has at most 32 bytes, and windows ascend.
    assert!(malformed("NSEC", &[&[0, 0, 33][..], &[1; 33]].concat()));
    assert_eq!(shown("NSEC", b"\0\0\x01\x40\x01\x01\x40"), ". A CAA");
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
