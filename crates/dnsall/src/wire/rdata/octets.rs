//! Types whose data is octets to everyone: no RFC gives them a text but RFC 3597's.
use super::{Form, form_some};

pub(super) const FORMS: &[Form] = &[
    form_some(10, &[]),  // NULL: anything up to 65,535 bytes (RFC 1035 section 3.3.10)
    form_some(69, &[]),  // UNECE
    form_some(70, &[]),  // ISO
    form_some(100, &[]), // UINFO
    form_some(101, &[]), // UID
    form_some(102, &[]), // GID
    form_some(103, &[]), // UNSPEC
    form_some(263, &[]), // CLA
    form_some(264, &[]), // IPN
];

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn octets() {
        for mnemonic in ["NULL", "UNECE", "ISO", "UINFO", "UID", "GID", "UNSPEC", "CLA", "IPN"] {
            assert_eq!(shown(mnemonic, b""), "\\# 0", "{mnemonic}");
            assert_eq!(shown(mnemonic, b"\n\xff"), "\\# 2 0AFF", "{mnemonic}");
        }
    }
}
