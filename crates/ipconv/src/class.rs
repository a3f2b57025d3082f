//! What an address is good for: Python's `is_*`, judged by IANA's registries.
//!
//! Both address spaces are cut once into segments in which every property is
//! the same. An address is then one look-up, and a network has a property where
//! all the segments it touches have it. (Python looks at the two ends alone and
//! so calls 0.0.0.0/0 global.)
use std::sync::LazyLock;

use crate::{
    deep, special,
    value::{Block, Family},
};

/// A question about an address that has a yes or a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in Python's ipaddress")]
pub enum Property {
    Unspecified,
    Loopback,
    LinkLocal,
    SiteLocal,
    Multicast,
    Reserved,
    Private,
    Global,
}

impl Property {
    /// Each, in the order of [`crate::spec::PROPERTIES`].
    pub const ALL: [Property; 8] = [
        Property::Unspecified,
        Property::Loopback,
        Property::LinkLocal,
        Property::SiteLocal,
        Property::Multicast,
        Property::Reserved,
        Property::Private,
        Property::Global,
    ];

    /// Its bit in a [`Segment`].
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Does every address of `block` have this property? IPv4 knows no site-local
/// addresses: nothing.
///
/// With `deep`, the IPv4 addresses inside IPv6 ones are judged, too: a property
/// holds where it holds for the address or for one inside it, but `Global` only
/// where it holds for all of them.
pub fn has(property: Property, block: &Block, deep: bool) -> Option<bool> {
    match block.family {
        Family::V4 if property == Property::SiteLocal => None,
        Family::V6 if deep => Some(deep::has(property, block)),
        _ => Some(all(block) & property.bit() != 0),
    }
}

/// The properties that every address of `block` has, a bit each.
pub fn all(block: &Block) -> u8 {
    let segments = segments(block.family);
    let from = find(segments, block.first);
    let touched = segments[from..].iter().take_while(|s| s.first <= block.last);
    touched.fold(u8::MAX, |bits, segment| bits & segment.bits)
}

/// Addresses from `first` up to the next segment, which all have the same properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The lowest.
    pub first: u128,
    /// Their properties.
    pub bits: u8,
    /// The place among [`special::ROWS`] of the row that speaks of them.
    pub row: Option<u8>,
}

/// All segments of a family, ascending; the first starts at 0.
pub fn segments(family: Family) -> &'static [Segment] {
    static V4: LazyLock<Vec<Segment>> = LazyLock::new(|| cut(Family::V4));
    static V6: LazyLock<Vec<Segment>> = LazyLock::new(|| cut(Family::V6));
    match family {
        Family::V4 => &V4,
        Family::V6 => &V6,
    }
}

/// Where the segment of `bits` stands.
pub fn find(segments: &[Segment], bits: u128) -> usize {
    segments.partition_point(|s| s.first <= bits).saturating_sub(1)
}

/// ::ffff:0:0/96, which answers as the IPv4 addresses in it.
const MAPPED: Block = Block::network(Family::V6, 0xffff << 32, 96);

const fn v4(a: u8, b: u8, len: u8) -> Block {
    Block::network(Family::V4, (a as u128) << 24 | (b as u128) << 16, len)
}

const fn v6(group: u16, len: u8) -> Block {
    Block::network(Family::V6, (group as u128) << 112, len)
}

const fn one(family: Family, bits: u128) -> Block {
    Block { family, first: bits, last: bits }
}

/// The blocks behind the properties that no registry lists as such. Private and
/// global follow from the registries.
const BLOCKS: &[(Property, Block)] = &[
    (Property::Unspecified, one(Family::V4, 0)),
    (Property::Loopback, v4(127, 0, 8)),
    (Property::LinkLocal, v4(169, 254, 16)),
    (Property::Multicast, v4(224, 0, 4)),
    (Property::Reserved, v4(240, 0, 4)),
    (Property::Unspecified, one(Family::V6, 0)),
    (Property::Loopback, one(Family::V6, 1)),
    (Property::LinkLocal, v6(0xfe80, 10)),
    (Property::SiteLocal, v6(0xfec0, 10)),
    (Property::Multicast, v6(0xff00, 8)),
    // What RFC 4291 left unassigned, as Python lists it.
    (Property::Reserved, v6(0x0000, 8)),
    (Property::Reserved, v6(0x0100, 8)),
    (Property::Reserved, v6(0x0200, 7)),
    (Property::Reserved, v6(0x0400, 6)),
    (Property::Reserved, v6(0x0800, 5)),
    (Property::Reserved, v6(0x1000, 4)),
    (Property::Reserved, v6(0x4000, 3)),
    (Property::Reserved, v6(0x6000, 3)),
    (Property::Reserved, v6(0x8000, 3)),
    (Property::Reserved, v6(0xa000, 3)),
    (Property::Reserved, v6(0xc000, 3)),
    (Property::Reserved, v6(0xe000, 4)),
    (Property::Reserved, v6(0xf000, 5)),
    (Property::Reserved, v6(0xf800, 6)),
    (Property::Reserved, v6(0xfe00, 9)),
];

/// Neither private nor global: RFC 6598.
const SHARED: Block = v4(100, 64, 10);

/// Where the registry says neither yes nor no, and no wider row does: 6to4,
/// which Python holds to be private.
const SIX_TO_FOUR: Block = v6(0x2002, 16);

fn cut(family: Family) -> Vec<Segment> {
    let rows = special::ROWS.iter().map(|row| row.block);
    let blocks = rows.chain(BLOCKS.iter().map(|b| b.1)).filter(|b| b.family == family);
    let mut firsts: Vec<u128> = blocks.flat_map(|b| [Some(b.first), b.last.checked_add(1)]).flatten().collect();
    firsts.push(0);
    if family == Family::V6 {
        firsts.extend(segments(Family::V4).iter().map(|s| MAPPED.first | s.first));
    }
    firsts.retain(|f| *f <= family.top());
    firsts.sort_unstable();
    firsts.dedup();
    let mut segments: Vec<Segment> = firsts.into_iter().map(|first| judge(family, first)).collect();
    segments.dedup_by(|later, earlier| (later.bits, later.row) == (earlier.bits, earlier.row));
    segments
}

/// The properties of one address.
fn judge(family: Family, bits: u128) -> Segment {
    let here = one(family, bits);
    let row = special::ROWS.iter().position(|row| row.block.holds(&here)).and_then(|at| u8::try_from(at).ok());
    if MAPPED.holds(&here) {
        let inner = judge(Family::V4, bits & Family::V4.top());
        return Segment { first: bits, bits: inner.bits, row };
    }
    let listed = BLOCKS.iter().filter(|(_, block)| block.holds(&here));
    let mut set = listed.fold(0, |set, (property, _)| set | property.bit());
    // The most specific row that says yes or no.
    let reachable = special::ROWS.iter().filter(|row| row.block.holds(&here)).find_map(special::Row::global);
    set |= match reachable {
        _ if SHARED.holds(&here) => 0,
        _ if SIX_TO_FOUR.holds(&here) => Property::Private.bit(),
        Some(false) => Property::Private.bit(),
        Some(true) | None => Property::Global.bit(),
    };
    Segment { first: bits, bits: set, row }
}
