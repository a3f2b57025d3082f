//! Reverse names and the other forms of `--from`: what is read as a name is
//! written as that name, and the others read what the C library, the standard
//! library or plain arithmetic reads.
use std::{ffi::CString, net::Ipv4Addr};

use ipconv::{
    address::{
        form::{self, InputForm},
        reverse,
        value::{Family, Value},
    },
    class::verdict::Verdict,
    print::field::{self, Facts, Field},
};

/// The C library's reader.
mod c_library {
    #![expect(unsafe_code, reason = "nothing safe calls inet_aton(3)")]
    use std::ffi::{CStr, c_char, c_int};

    unsafe extern "C" {
        fn inet_aton(text: *const c_char, to: *mut [u8; 4]) -> c_int;
    }

    /// The address that inet_aton(3) reads.
    pub(super) fn aton(text: &CStr) -> Option<[u8; 4]> {
        let mut octets = [0; 4];
        // SAFETY: a C string goes in, and four bytes are what it writes.
        (unsafe { inet_aton(text.as_ptr(), &mut octets) } != 0).then_some(octets)
    }
}

/// Panics where this does not hold.
pub(crate) fn check(bytes: &[u8]) {
    let utf8 = std::str::from_utf8(bytes).unwrap_or("?");
    name(bytes);
    for family in [None, Some(Family::V4), Some(Family::V6)] {
        let read = |form| form::read(form, bytes, family).ok();
        let number = |family, bits: Option<u128>| bits.map(|bits| Value::addr(family, bits));
        let ours = |value: Option<Value<'static>>| value.filter(|v| family.is_none_or(|f| f == v.family));

        let digits = |radix: u32| utf8.chars().all(|c| c.is_ascii() && c.is_digit(radix));
        let int: Option<u128> = utf8.parse().ok().filter(|_| digits(10));
        let small = family != Some(Family::V6) && int.is_some_and(|n| n <= Family::V4.top());
        assert_eq!(read(InputForm::Int), ours(number(if small { Family::V4 } else { Family::V6 }, int)));

        let hex = u128::from_str_radix(utf8, 16).ok().filter(|_| digits(16));
        match bytes.len() {
            8 if hex.is_some() => assert_eq!(read(InputForm::Hex), ours(number(Family::V4, hex))),
            32 if hex.is_some() => assert_eq!(read(InputForm::Hex), ours(number(Family::V6, hex))),
            // With 0x before the digits, or separators between bytes.
            _ => {
                let tail = bytes.strip_prefix(b"0x").or(bytes.strip_prefix(b"0X")).unwrap_or(bytes);
                let all: String = tail.iter().filter(|b| b.is_ascii_hexdigit()).map(|b| char::from(*b)).collect();
                if let Some(value) = read(InputForm::Hex) {
                    assert_eq!(u128::from_str_radix(&all, 16), Ok(value.bits));
                    assert_eq!(all.len(), usize::from(value.family.width()) / 4);
                }
            }
        }

        // The C library stops at white space; we refuse it.
        let white = |b: &u8| matches!(b, b'\t'..=b'\r' | b' ' | 0);
        let c = CString::new(bytes).ok().filter(|_| !bytes.iter().any(white));
        let c = c.and_then(|text| c_library::aton(&text)).map(|octets| Ipv4Addr::from(octets).to_bits().into());
        assert_eq!(read(InputForm::Aton), ours(number(Family::V4, c)), "{utf8}");

        // What is written in these forms is what was read.
        let back = |field, value: &Value<'_>| {
            let mut out = Vec::new();
            let facts = Facts { input: "", value, verdict: &Verdict::unasked(value) };
            assert!(field::write(&mut out, field, &facts));
            out
        };
        if let Some(value) = read(InputForm::Base85) {
            assert_eq!(back(Field::Base85, &value), bytes);
        }
        if let Some(value) = read(InputForm::Mac) {
            let digits: Vec<u8> = bytes.iter().filter(|b| b.is_ascii_hexdigit()).map(u8::to_ascii_lowercase).collect();
            assert_eq!(digits.len(), 12);
            assert_eq!(back(Field::Mac, &value), digits.chunks(2).collect::<Vec<_>>().join(&b':'));
        }
        if let Some(value) = read(InputForm::Raw) {
            let all = value.bits.to_be_bytes();
            assert_eq!(&all[16 - usize::from(value.family.width()) / 8..], bytes);
        }
    }
}

fn name(bytes: &[u8]) {
    let Ok(value) = form::read(InputForm::Arpa, bytes, None) else { return };
    let mut name = Vec::new();
    // A zone of RFC 2317 may be a range that is no prefix.
    if !reverse::write(&mut name, &value) {
        return assert!(bytes.contains(&b'-'));
    }
    let text = bytes.strip_suffix(b".").unwrap_or(bytes);
    // The forms of RFC 2317 are written in one of them.
    if !text.contains(&b'/') && !text.contains(&b'-') {
        assert!(name.eq_ignore_ascii_case(text));
        assert_eq!(reverse::parse(&name), Ok(value));
    }
}
