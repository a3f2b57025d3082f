//! Types made of character-strings.
use super::{
    Field::{Own, Text, Texts, U8, U16},
    Form, Walk, form_some, form_zone,
};

pub(super) const FORMS: &[Form] = &[
    form_zone(13, &[Text, Text]),                // HINFO: RFC 1035 section 3.3.2
    form_zone(16, &[Texts]),                     // TXT
    form_some(19, &[Text]),                      // X25: RFC 1183
    form_some(20, &[Own(isdn)]),                 // ISDN: RFC 1183
    form_some(27, &[Text, Text, Text]),          // GPOS: RFC 1712
    form_some(56, &[Texts]),                     // NINFO
    form_zone(99, &[Texts]),                     // SPF: RFC 7208
    form_zone(256, &[U16, U16, Own(rest)]),      // URI: RFC 7553
    form_zone(257, &[U8, Own(tag), Own(value)]), // CAA: RFC 8659
    form_some(258, &[Texts]),                    // AVC
    form_some(261, &[Texts]),                    // RESINFO: RFC 9606
    form_some(262, &[Texts]),                    // WALLET
];

/// The address, and perhaps a subaddress (RFC 1183 section 3.2).
fn isdn(walk: &mut Walk) -> Option<()> {
    let address = walk.string()?;
    walk.quote(address);
    if walk.more() {
        let sub = walk.string()?;
        walk.quote(sub);
    }
    Some(())
}

/// The target of a URI: all that is left, at least a byte (RFC 7553 section 4.5).
fn rest(walk: &mut Walk) -> Option<()> {
    let target = walk.some_rest()?;
    walk.quote(target);
    Some(())
}

/// The property's tag stands without quotes, so it must be letters and digits
/// (RFC 8659 section 4.1). NSD refuses capitals.
fn tag(walk: &mut Walk) -> Option<()> {
    let tag = walk.string()?;
    let tag = std::str::from_utf8(tag).ok()?;
    let fit =
        !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric() && !(walk.zone && b.is_ascii_uppercase()));
    fit.then(|| walk.put(tag))
}

/// The property's value, perhaps empty.
fn value(walk: &mut Walk) -> Option<()> {
    let value = walk.rest();
    walk.quote(value);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{malformed, shown};

    #[test]
    fn strings() {
        for mnemonic in ["TXT", "SPF", "NINFO", "AVC", "RESINFO", "WALLET"] {
            assert_eq!(shown(mnemonic, b"\x03a b\0\x01;"), r#""a b" "" ";""#, "{mnemonic}");
            for wrong in [&b""[..], b"\x01", b"\x01ab\x02", b"\x05abcd"] {
                assert!(malformed(mnemonic, wrong), "{mnemonic} {wrong:?}");
            }
        }
        // RFC 7208 section 3.3 and RFC 9606 section 8.
        assert_eq!(shown("TXT", b"\x08v=spf1 .\x0f..first example"), r#""v=spf1 ." "..first example""#);
        assert_eq!(shown("RESINFO", b"\x08qnamemin\x0fexterr=15,16,17"), r#""qnamemin" "exterr=15,16,17""#);
    }

    #[test]
    fn one_two_or_three_strings() {
        // RFC 1035 section 5.3's machine, RFC 1183 sections 3.1 and 3.2, RFC 1712 section 3.
        assert_eq!(shown("HINFO", b"\x08VAX-11\xff\x80\x04UNIX"), r#""VAX-11\255\128" "UNIX""#);
        assert_eq!(shown("X25", b"\x0c311061700956"), r#""311061700956""#);
        assert_eq!(shown("ISDN", b"\x0f150862028003217\x03004"), r#""150862028003217" "004""#);
        assert_eq!(shown("ISDN", b"\x0f150862028003217"), r#""150862028003217""#);
        assert_eq!(shown("GPOS", b"\x08-32.6882\x08116.8652\x0410.0"), r#""-32.6882" "116.8652" "10.0""#);
        assert!(malformed("HINFO", b"\x01a") && malformed("HINFO", b"\x01a\x01b\x01c"));
        assert!(malformed("X25", b"\x01a\0") && malformed("ISDN", b"\0\0\0") && malformed("GPOS", b"\0\0"));
    }

    #[test]
    fn uri() {
        // RFC 7553 section 5.1.
        assert_eq!(
            shown("URI", b"\0\x0a\0\x01ftp://ftp1.example.com/public"),
            r#"10 1 "ftp://ftp1.example.com/public""#
        );
        assert!(malformed("URI", b"\0\x0a\0\x01") && malformed("URI", b"\0\x0a"));
    }

    #[test]
    fn caa() {
        // RFC 8659 sections 4.2 and 4.4.
        assert_eq!(shown("CAA", b"\0\x05issueca1.example.net"), r#"0 issue "ca1.example.net""#);
        assert_eq!(
            shown("CAA", b"\x80\x05iodefmailto:security@example.com"),
            r#"128 iodef "mailto:security@example.com""#
        );
        assert_eq!(shown("CAA", b"\0\x05issue;"), r#"0 issue ";""#);
        assert_eq!(shown("CAA", b"\0\x01aq\"\x1b"), r#"0 a "q\"\027""#);
        assert!(malformed("CAA", b"\0\0x") && malformed("CAA", b"\0\x03a b") && malformed("CAA", b"\0\x05issu"));
    }
}
