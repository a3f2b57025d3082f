//! Reverse names and the other forms of `--from`: nothing panics, and what is
//! read as a name is written as that name.
#![no_main]
use ipconv::{cli::From, from, reverse, value::Family};

const FORMS: [From; 7] = [From::Int, From::Hex, From::Raw, From::Arpa, From::Base85, From::Aton, From::Mac];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for form in FORMS {
        for family in [None, Some(Family::V4), Some(Family::V6)] {
            let Ok(value) = from::read(form, bytes, family) else { continue };
            assert!(family.is_none_or(|family| family == value.family));
            assert!(value.bits <= value.family.top());
            if form == From::Arpa {
                let mut name = Vec::new();
                assert!(reverse::write(&mut name, &value));
                let text = bytes.strip_suffix(b".").unwrap_or(bytes);
                // The form of RFC 2317 with /32 is written as the address' name.
                if !text.contains(&b'/') {
                    assert!(name.eq_ignore_ascii_case(text));
                    assert_eq!(from::arpa(&name), Ok(value));
                }
            }
        }
    }
});
