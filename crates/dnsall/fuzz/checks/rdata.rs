//! The data of one record of every type: two bytes of type, then the data.
use dnsall::{
    wire::name::Name,
    wire::rdata::{self, Shape},
    wire::types::Type,
};

/// Panics where this does not hold.
pub(crate) fn check(input: &[u8]) {
    let Some(([high, low], wire)) = input.split_first_chunk() else { return };
    let rtype = Type(u16::from_be_bytes([*high, *low]));
    let data = rdata::read(rtype, wire, 0..wire.len());
    assert!(data.text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{}", data.text);
    assert!(data.shape == Shape::Own || data.wire == wire);
    // What was read is read again: the same text, the same bytes.
    let again = rdata::read(rtype, &data.wire, 0..data.wire.len());
    assert_eq!(data, again);
    assert_eq!(data.key, rdata::read(rtype, &data.key, 0..data.key.len()).key);
    let line = rdata::zone_line(&Name::root(), 0, 1, rtype, &data);
    assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
}
