//! Types made of names and a number or two before them.
use super::{
    Field::{Name, U16, U32},
    Form, form_some, form_zone,
};

pub(super) const FORMS: &[Form] = &[
    form_zone(2, &[Name]),                                // NS: RFC 1035 section 3.3
    form_some(3, &[Name]),                                // MD
    form_some(4, &[Name]),                                // MF
    form_zone(5, &[Name]),                                // CNAME
    form_zone(6, &[Name, Name, U32, U32, U32, U32, U32]), // SOA
    form_some(7, &[Name]),                                // MB
    form_some(8, &[Name]),                                // MG
    form_some(9, &[Name]),                                // MR
    form_zone(12, &[Name]),                               // PTR
    form_zone(14, &[Name, Name]),                         // MINFO
    form_zone(15, &[U16, Name]),                          // MX
    form_zone(17, &[Name, Name]),                         // RP: RFC 1183
    form_zone(18, &[U16, Name]),                          // AFSDB
    form_zone(21, &[U16, Name]),                          // RT
    form_some(23, &[Name]),                               // NSAP-PTR: RFC 1348
    form_some(26, &[U16, Name, Name]),                    // PX: RFC 2163
    form_zone(36, &[U16, Name]),                          // KX: RFC 2230
    form_zone(39, &[Name]),                               // DNAME: RFC 6672
    form_some(58, &[Name, Name]),                         // TALINK
    form_zone(107, &[U16, Name]),                         // LP: RFC 6742
];

#[cfg(test)]
mod tests {
    use super::super::tests::{malformed, shown};

    #[test]
    fn one_name() {
        // RFC 1035 section 5.3: VENERA is a name server of ISI.EDU.
        for mnemonic in ["NS", "MD", "MF", "CNAME", "MB", "MG", "MR", "PTR", "NSAP-PTR", "DNAME"] {
            assert_eq!(shown(mnemonic, b"\x06VENERA\x03ISI\x03EDU\0"), "VENERA.ISI.EDU.", "{mnemonic}");
            assert_eq!(shown(mnemonic, b"\0"), ".", "{mnemonic}");
            for wrong in [&b""[..], b"\x01a", b"\x01a\0\0", b"\xc0\0", b"\x40\0"] {
                assert!(malformed(mnemonic, wrong), "{mnemonic} {wrong:?}");
            }
        }
    }

    #[test]
    fn soa() {
        // RFC 1035 section 5.3, with its mailbox of two labels in front: a dot inside a label is escaped.
        let wire = b"\x06VENERA\x03ISI\x03EDU\0\x0eAction.domains\x03ISI\x03EDU\0\0\0\0\x14\0\0\x1c\x20\0\0\x02\x58\0\x36\xee\x80\0\0\xea\x60";
        assert_eq!(shown("SOA", wire), "VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60000");
        assert!(malformed("SOA", &wire[..wire.len() - 1]));
    }

    #[test]
    fn preference_and_name() {
        // RFC 1035 section 5.3 (MX), RFC 1183 sections 1 and 3.3 (AFSDB, RT), RFC 6742 section 2.4.3 (LP).
        assert_eq!(shown("MX", b"\0\x0a\x06VENERA\x03ISI\x03EDU\0"), "10 VENERA.ISI.EDU.");
        assert_eq!(shown("MX", b"\0\0\0"), "0 .");
        assert_eq!(shown("AFSDB", b"\0\x01\x07bigbird\x07toaster\x03com\0"), "1 bigbird.toaster.com.");
        assert_eq!(shown("RT", b"\0\x02\x05Relay\x05Prime\x03COM\0"), "2 Relay.Prime.COM.");
        assert_eq!(shown("KX", b"\xff\xff\x02kx\0"), "65535 kx.");
        assert_eq!(shown("LP", b"\0\x0a\x0bl64-subnet1\x07example\x03com\0"), "10 l64-subnet1.example.com.");
        assert!(malformed("MX", b"\0\x0a") && malformed("MX", b"\0"));
    }

    #[test]
    fn two_names() {
        // RFC 1183 section 2.2.
        assert_eq!(
            shown("RP", b"\x05louie\x07trantor\x03umd\x03edu\0\x04LAM1\x06people\x03umd\x03edu\0"),
            "louie.trantor.umd.edu. LAM1.people.umd.edu."
        );
        assert_eq!(shown("MINFO", b"\x01r\0\x01e\0"), "r. e.");
        assert_eq!(shown("TALINK", b"\0\x02h1\0"), ". h1.");
        // RFC 2163 section 4.1.
        assert_eq!(
            shown("PX", b"\0\x0a\x04net2\x02it\0\x09PRMD-net2\x09ADMD-p400\x04C-it\0"),
            "10 net2.it. PRMD-net2.ADMD-p400.C-it."
        );
    }
}
