//! What an address is good for: Python's `is_*`, judged by IANA's registries.
//!
//! Both address spaces are cut once into segments in which every property is
//! the same. An address is then one look-up, and a network has a property where
//! all the segments it touches have it. (Python looks at the two ends alone and
//! so calls 0.0.0.0/0 global.)
use std::sync::LazyLock;

use plainnet_common::special::{self, MAPPED, NAT64, SHARED, TRANSLATED};

use crate::address::value::{Block, Family};

/// A question about an address that has a yes or a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in Python's ipaddress, and Public")]
pub enum Property {
    Unspecified,
    Loopback,
    LinkLocal,
    SiteLocal,
    Multicast,
    Reserved,
    Private,
    Global,
    Public,
}

impl Property {
    /// Each, in the order of [`crate::spec::PROPERTIES`].
    pub const ALL: [Property; 9] = [
        Property::Unspecified,
        Property::Loopback,
        Property::LinkLocal,
        Property::SiteLocal,
        Property::Multicast,
        Property::Reserved,
        Property::Private,
        Property::Global,
        Property::Public,
    ];

    /// Its bit in a [`Segment`].
    pub const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The properties that every address of `block` has, a bit each. What is inside
/// an address is judged where its block tells it; an ISATAP address shows
/// by its low half, so that `Public` is not the last word on one.
pub fn all(block: &Block) -> u16 {
    let segments = segments(block.family);
    let from = find(segments, block.first);
    let touched = segments[from..].iter().take_while(|s| s.first <= block.last);
    touched.fold(u16::MAX, |bits, segment| bits & segment.bits)
}

/// Addresses from `first` up to the next segment, which all have the same properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The lowest address of the segment; it reaches up to the next one.
    pub first: u128,
    /// The properties that all of its addresses have, a bit each.
    pub bits: u16,
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

/// The blocks whose addresses are public where the IPv4 address in their last 32 bits is.
const AROUND: [Block; 3] = [MAPPED, TRANSLATED, NAT64];

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

fn cut(family: Family) -> Vec<Segment> {
    let rows = special::ROWS.iter().map(|row| row.block);
    let blocks = rows.chain(BLOCKS.iter().map(|b| b.1)).filter(|b| b.family == family);
    let mut firsts: Vec<u128> = blocks.flat_map(|b| [Some(b.first), b.last.checked_add(1)]).flatten().collect();
    firsts.push(0);
    if family == Family::V6 {
        // Cut where the IPv4 addresses inside are.
        for block in AROUND {
            firsts.extend(segments(Family::V4).iter().map(|s| block.first | s.first));
            firsts.push(block.last + 1);
        }
        firsts.push(0x2000 << 112);
    }
    firsts.retain(|f| *f <= family.top());
    firsts.sort_unstable();
    firsts.dedup();
    let mut segments: Vec<Segment> = firsts.into_iter().map(|first| judge(family, first)).collect();
    segments.dedup_by(|later, earlier| (later.bits, later.row) == (earlier.bits, earlier.row));
    segments
}

/// The properties of one address, which is no ISATAP address.
fn judge(family: Family, bits: u128) -> Segment {
    let here = one(family, bits);
    let address = here.first_addr();
    let row = special::ROWS.iter().position(|row| row.block.holds(&here)).and_then(|at| u8::try_from(at).ok());
    if MAPPED.holds(&here) {
        // It answers as the IPv4 address in it.
        let inner = judge(Family::V4, bits & Family::V4.top());
        return Segment { first: bits, bits: inner.bits, row };
    }
    let listed = BLOCKS.iter().filter(|(_, block)| block.holds(&here));
    let mut set = listed.fold(0, |set, (property, _)| set | property.bit());
    // Shared address space (RFC 6598) is neither; 6to4, of which the registry says nothing, is private in Python.
    set |= match special::is_global(address) {
        true => Property::Global.bit(),
        false if SHARED.holds(&here) => 0,
        false => Property::Private.bit(),
    };
    if special::is_public(address) {
        set |= Property::Public.bit();
    }
    Segment { first: bits, bits: set, row }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        address::{
            text,
            value::{Value, What},
        },
        class::verdict::Verdict,
    };

    fn has(property: Property, block: &Block, deep: bool) -> Option<bool> {
        let what = if block.first == block.last { What::Addr } else { What::Range(block.last) };
        let value = Value { family: block.family, bits: block.first, what, zone: None };
        Verdict::of(&value, deep).has(property)
    }

    /// CPython's lists (main branch of 2026), and where IANA's registries of 2025-10-09 differ, those.
    mod python {
        pub(super) const PRIVATE_V4: &str = "0.0.0.0/8 10.0.0.0/8 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 \
            192.0.0.170/31 192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 192.88.99.2";
        pub(super) const PUBLIC_V4: &str = "192.0.0.9 192.0.0.10";
        pub(super) const PRIVATE_V6: &str = "::1 :: ::ffff:0:0/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 \
            3fff::/20 fc00::/7 fe80::/10 5f00::/16 100:0:0:1::/64";
        pub(super) const PUBLIC_V6: &str =
            "2001:1::1 2001:1::2 2001:1::3 2001:3::/32 2001:4:112::/48 2001:20::/28 2001:30::/28";
        pub(super) const RESERVED_V6: &str = "::/8 100::/8 200::/7 400::/6 800::/5 1000::/4 4000::/3 6000::/3 8000::/3 \
            a000::/3 c000::/3 e000::/4 f000::/5 f800::/6 fe00::/9";
    }

    fn blocks(list: &str) -> Vec<Block> {
        list.split_whitespace().map(|one| text::parse(one.as_bytes()).unwrap().block()).collect()
    }

    fn within(list: &str, here: &Block) -> bool {
        blocks(list).iter().any(|b| b.holds(here))
    }

    /// Python's answer for one address.
    fn expected(property: Property, here: &Block) -> bool {
        if here.family == Family::V6 && here.first >> 32 == 0xffff {
            let v4 = one(Family::V4, here.first & 0xffff_ffff);
            return property != Property::SiteLocal && expected(property, &v4);
        }
        let v6 = here.family == Family::V6;
        match property {
            Property::Unspecified => here.first == 0,
            Property::Loopback => within("127.0.0.0/8 ::1", here),
            Property::LinkLocal => within("169.254.0.0/16 fe80::/10", here),
            Property::SiteLocal => within("fec0::/10", here),
            Property::Multicast => within("224.0.0.0/4 ff00::/8", here),
            Property::Reserved => within(if v6 { python::RESERVED_V6 } else { "240.0.0.0/4" }, here),
            Property::Private if v6 => within(python::PRIVATE_V6, here) && !within(python::PUBLIC_V6, here),
            Property::Private => within(python::PRIVATE_V4, here) && !within(python::PUBLIC_V4, here),
            Property::Global => !expected(Property::Private, here) && !within("100.64.0.0/10", here),
            // Not of Python's; tests/ipconv/public.py has the definition again, from IANA's tables.
            Property::Public => special::is_public(here.first_addr()),
        }
    }

    /// The ends of every block that anything hangs on, their neighbours, and some between.
    fn samples() -> Vec<Block> {
        let mut all = Vec::new();
        let lists = [python::PRIVATE_V4, python::PUBLIC_V4, python::PRIVATE_V6, python::PUBLIC_V6, python::RESERVED_V6];
        let named = lists.iter().flat_map(|l| blocks(l)).chain(special::ROWS.iter().map(|r| r.block));
        let own = blocks("0.0.0.0/0 ::/0 fec0::/10 ff00::/8 224.0.0.0/4 240.0.0.0/4 64:ff9b::/96 2000::/3");
        let mapped = blocks("::ffff:0.0.0.0/104 ::ffff:10.0.0.0/104 ::ffff:100.64.0.0/106 ::ffff:192.0.0.9/128");
        for b in named.chain(own).chain(mapped) {
            for bits in [b.first, b.last, b.first.wrapping_sub(1), b.last.wrapping_add(1), b.first / 2 + b.last / 2] {
                all.push(one(b.family, bits & b.family.top()));
            }
        }
        let mut seed = 1u128;
        for _ in 0..2000 {
            seed = seed.wrapping_mul(0xda94_2042_e4dd_58b5_b1c6_2d27_8a3f_5f31).wrapping_add(1);
            let bits = seed.rotate_right(64);
            all.push(one(Family::V4, bits & Family::V4.top()));
            all.push(one(Family::V6, bits));
            all.push(one(Family::V6, 0xffff << 32 | bits & Family::V4.top()));
        }
        all
    }

    #[test]
    fn every_property_is_as_python_and_the_registries_have_it() {
        for here in samples() {
            for property in Property::ALL {
                let has = has(property, &here, false);
                if here.family == Family::V4 && property == Property::SiteLocal {
                    assert_eq!(has, None);
                } else {
                    assert_eq!(has, Some(expected(property, &here)), "{property:?} {here:x?}");
                }
            }
        }
    }

    #[test]
    fn the_most_specific_row_speaks() {
        for here in samples() {
            let segments = segments(here.family);
            let row = segments[find(segments, here.first)].row.map(|at| special::ROWS[usize::from(at)].cidr);
            let holding = special::ROWS.iter().filter(|r| r.block.holds(&here));
            let smallest = holding.min_by_key(|r| r.block.last - r.block.first).map(|r| r.cidr);
            assert_eq!(row, smallest, "{here:x?}");
            assert_eq!(special::row(&here).map(|r| r.cidr), smallest, "{here:x?}");
        }
    }

    #[test]
    fn a_network_has_what_all_its_addresses_have() {
        let has = |text: &str, property| has(property, &text::parse(text.as_bytes()).unwrap().block(), false);
        assert_eq!(has("0.0.0.0/0", Property::Global), Some(false));
        assert_eq!(has("::/0", Property::Global), Some(false));
        assert_eq!(has("10.0.0.0/7", Property::Private), Some(false));
        assert_eq!(has("10.255.255.255-11.0.0.0", Property::Private), Some(false));
        assert_eq!(has("192.0.0.0/24", Property::Private), Some(false));
        assert_eq!(has("192.0.0.0/29", Property::Private), Some(true));
        assert_eq!(has("224.0.0.0/4", Property::Global), Some(true));
        assert_eq!(has("192.88.99.0/24", Property::Global), Some(false));
        assert_eq!(has("2001::/23", Property::Private), Some(false));
        assert_eq!(has("2002::/16", Property::Private), Some(true));
    }

    /// Brute force: a small network has what each of its addresses has.
    #[test]
    fn networks_agree_with_their_addresses() {
        for text in [
            "192.0.0.0/24",
            "192.0.0.8/30",
            "192.0.0.8-192.0.0.11",
            "::ffff:192.0.0.8/126",
            "::/126",
            "2001:1::/126",
            // Over the edges of what is hidden and of what hides it.
            "::ffff:9.255.255.248-::ffff:10.0.0.8",
            "64:ff9b::9ff:fff8-64:ff9b::a00:8",
            "64:ff9a:ffff:ffff:ffff:ffff:ffff:fff8-64:ff9b::8",
            "2002:9ff:ffff:ffff:ffff:ffff:ffff:fff8-2002:a00::8",
            "2001:0:808:808::80ff:fff8-2001:0:808:808::8100:8",
            "2600::5efd:ffff:fff8-2600::5efe:0:8",
            "2600::5efe:9ff:fff8-2600::5efe:a00:8",
            "2600::200:5efe:ffff:fff8-2600::200:5eff:0:8",
            "fe80::5efe:7eff:fff8-fe80::5efe:7f00:8",
            "::fffe:ffff:fff8-::ffff:0:8",
        ] {
            let block = text::parse(text.as_bytes()).unwrap().block();
            // No network is public, though its addresses may be.
            for property in Property::ALL.into_iter().filter(|property| *property != Property::Public) {
                for deep in [false, true] {
                    let mut each = (block.first..=block.last).map(|bits| has(property, &one(block.family, bits), deep));
                    let all = each.try_fold(true, |all, has| Some(all && has?));
                    assert_eq!(has(property, &block, deep), all, "{property:?} {text} {deep}");
                }
            }
        }
    }
}
