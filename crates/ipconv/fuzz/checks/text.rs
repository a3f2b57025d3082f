//! Any bytes as an address, a prefix or a range: what is read is written and
//! read again, plain addresses are what Rust's standard library takes, and
//! prefixes what ipnetwork takes where it is as strict.
use std::net::IpAddr;

use ipconv::address::{
    text::parse,
    value::{Block, Family, What},
    write::{write_compressed, write_exploded, write_value},
};
use ipnetwork::IpNetwork;

/// Panics where this does not hold.
pub(crate) fn check(text: &[u8]) {
    let value = parse(text);
    let utf8 = std::str::from_utf8(text).ok();
    if let Ok(value) = value {
        assert!(value.first() <= value.bits && value.bits <= value.last());
        for write in [write_compressed, write_exploded] {
            let mut out = Vec::new();
            write_value(&mut out, &value, write);
            assert_eq!(parse(&out), Ok(value));
        }
    }
    let plain = value.ok().filter(|v| v.what == What::Addr && v.zone.is_none());
    assert_eq!(plain.map(|v| (v.family, v.bits)), utf8.and_then(number));

    // What is written by hand: no sign, no leading zero, no mask, no zone.
    let strict = |len: &str| len.bytes().all(|b| b.is_ascii_digit()) && (len == "0" || !len.starts_with('0'));
    let theirs = utf8
        .filter(|text| text.split_once('/').is_some_and(|(_, len)| strict(len)))
        .and_then(|text| text.parse::<IpNetwork>().ok());
    if let Some(network) = theirs {
        let ends = [network.network(), network.broadcast()].map(|a| number(&a.to_string()).unwrap());
        let block = Block { family: ends[0].0, first: ends[0].1, last: ends[1].1 };
        assert_eq!(value.map(|v| (v.block(), v.ip_network())), Ok((block, Some(network))));
    } else if let Ok(value) = value
        && let What::Prefix(_) = value.what
    {
        // A mask, or a zone.
        let (head, tail) = utf8.and_then(|text| text.rsplit_once('/')).unwrap();
        assert!(head.contains('%') || value.family == Family::V4 && tail.contains('.'));
    }

    // A range is its two ends, blanks around them or not.
    if let Ok(value) = value
        && let What::Range(last) = value.what
    {
        let (a, b) = utf8.and_then(|text| text.split_once('-')).unwrap();
        let ends = [a, b].map(|end| number(end.trim_matches([' ', '\t'])));
        assert_eq!(ends, [Some((value.family, value.bits)), Some((value.family, last))]);
    }
}

fn number(text: &str) -> Option<(Family, u128)> {
    text.parse().ok().map(|address| match address {
        IpAddr::V4(a) => (Family::V4, a.to_bits().into()),
        IpAddr::V6(a) => (Family::V6, a.to_bits()),
    })
}
