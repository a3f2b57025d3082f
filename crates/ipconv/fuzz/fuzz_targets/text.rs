//! Any bytes as an address, a prefix or a range: what is read is written and
//! read again, and plain addresses are what Rust's standard library takes.
#![no_main]
use std::net::IpAddr;

use ipconv::{
    text::{parse, write_compressed, write_exploded, write_value},
    value::{Family, What},
};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    let value = parse(text);
    let std: Option<IpAddr> = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    if let Ok(value) = value {
        assert!(value.first() <= value.bits && value.bits <= value.last());
        for write in [write_compressed, write_exploded] {
            let mut out = Vec::new();
            write_value(&mut out, &value, write);
            assert_eq!(parse(&out), Ok(value));
        }
    }
    let plain = value.ok().filter(|v| v.what == What::Addr && v.zone.is_none());
    assert_eq!(
        plain.map(|v| (v.family, v.bits)),
        std.map(|address| match address {
            IpAddr::V4(a) => (Family::V4, a.to_bits().into()),
            IpAddr::V6(a) => (Family::V6, a.to_bits()),
        })
    );
});
