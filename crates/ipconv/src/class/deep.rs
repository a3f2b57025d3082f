//! IPv4 addresses inside IPv6 ones, as a guard against forged requests must see
//! them: a filter that lets 64:ff9b::a00:1 pass lets 10.0.0.1 pass.
//!
//! [`plainnet_common::special::embedded`] tells what is inside one address. Here whole blocks are
//! judged, however many addresses they have.
use plainnet_common::special::{COMPATIBLE, ISATAP, MAPPED, NAT64, SIX_TO_FOUR, TEREDO, TRANSLATED};

use crate::{
    address::value::{Block, Family},
    class::property::{self, Property},
};

/// The forms that keep an IPv4 address at one place of a block: the block, and
/// how many bits the address is from the low end.
const FORMS: [(Block, u32); 6] = [
    (MAPPED, 0),
    (TRANSLATED, 0),
    (COMPATIBLE, 0),
    (NAT64, 0),
    (SIX_TO_FOUR, 80),
    // Teredo's server; the client is inverted and stands at the end.
    (TEREDO, 64),
];

const LOW: u128 = 0xffff_ffff;

/// True if an IPv4 address may be inside this IPv6 address.
#[inline]
pub fn hides(bits: u128) -> bool {
    is_isatap(bits) || FORMS.iter().any(|(form, _)| form.first <= bits && bits <= form.last)
}

/// True if the address ends as an ISATAP address does.
#[inline]
pub fn is_isatap(bits: u128) -> bool {
    ISATAP.contains(&((bits >> 32) as u32))
}

/// The properties that every address of an IPv6 block has by itself or by an IPv4
/// address inside it, a bit each. `Global` must hold for both, and `Public` is
/// judged by what is inside anyway.
pub fn all(block: &Block) -> u16 {
    const GLOBAL: u16 = Property::Global.bit();
    const PUBLIC: u16 = Property::Public.bit();
    pieces(block).iter().fold(u16::MAX, |all, piece| {
        let outer = property::all(piece);
        let (mut any, mut every) = (outer, outer);
        for inside in inside(piece) {
            let inner = property::all(&inside.block);
            every &= inner;
            any |= if inside.partial { 0 } else { inner };
        }
        all & (any & !GLOBAL & !PUBLIC | every & GLOBAL | outer & PUBLIC)
    })
}

/// True if `holds` holds for every address of `block`, or for an IPv4 address inside it.
pub fn all_inside(block: &Block, holds: impl Fn(&Block) -> bool) -> bool {
    block.family == Family::V6
        && pieces(block).iter().all(|piece| holds(piece) || inside(piece).iter().any(|b| !b.partial && holds(&b.block)))
}

/// IPv4 addresses that are inside the addresses of a piece.
struct Inside {
    block: Block,
    /// Only some addresses of the piece hold one of these.
    partial: bool,
}

/// `block` cut so that every piece is one segment, in a form's block or out of
/// it, and either within a /96 or made of whole ones.
fn pieces(block: &Block) -> Vec<Block> {
    let mut firsts = vec![block.first];
    if block.first != block.last {
        let ends = FORMS.iter().flat_map(|(form, _)| [form.first, form.last + 1]);
        let segments = property::segments(Family::V6).iter().map(|s| s.first);
        let whole = [(block.first | LOW).checked_add(1), Some(block.last & !LOW)];
        firsts.extend(ends.chain(segments).chain(whole.into_iter().flatten()));
        firsts.retain(|first| block.first <= *first && *first <= block.last);
        firsts.sort_unstable();
        firsts.dedup();
    }
    let lasts = firsts.iter().skip(1).map(|next| next - 1).chain([block.last]);
    firsts.iter().zip(lasts).map(|(&first, last)| Block { family: Family::V6, first, last }).collect()
}

fn inside(piece: &Block) -> Vec<Inside> {
    let v4 = |first: u32, last: u32| Block { family: Family::V4, first: first.into(), last: last.into() };
    let mut all = Vec::new();
    for (form, shift) in &FORMS {
        if form.holds(piece) {
            let block = v4((piece.first >> shift) as u32, (piece.last >> shift) as u32);
            all.push(Inside { block, partial: false });
        }
    }
    let (from, to) = (piece.first >> 32, piece.last >> 32);
    let low = if from == to { v4(piece.first as u32, piece.last as u32) } else { v4(0, u32::MAX) };
    if TEREDO.holds(piece) {
        all.push(Inside { block: v4(!low.last as u32, !low.first as u32), partial: false });
    }
    for mark in ISATAP.map(u128::from) {
        // The first /96 from `from` on that bears the mark.
        let here = from & !LOW | mark;
        let next = if here < from { here + (1 << 32) } else { here };
        if next <= to {
            all.push(Inside { block: low, partial: from != to });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::text;

    fn has(text: &str, property: Property) -> bool {
        all(&text::parse(text.as_bytes()).unwrap().block()) & property.bit() != 0
    }

    #[test]
    fn a_guard_sees_the_address_inside() {
        for inner in ["10.0.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "8.8.8.8"] {
            let bits = text::parse_v4(inner.as_bytes()).unwrap();
            let hex = format!("{:x}:{:x}", bits >> 16, bits & 0xffff);
            let client = format!("{:x}:{:x}", !bits >> 16, !bits & 0xffff);
            let nat64 = format!("64:ff9b::{hex}");
            assert_eq!(has(&nat64, Property::Global), inner == "8.8.8.8", "{inner}");
            for outer in [
                nat64.clone(),
                format!("::ffff:{hex}"),
                format!("::ffff:0:{hex}"),
                format!("::{hex}"),
                format!("2002:{hex}::"),
                format!("2001:0:{hex}::1"),
                format!("2001:0:808:808::{client}"),
                format!("2600::5efe:{hex}"),
                format!("2600::200:5efe:{hex}"),
            ] {
                assert_eq!(has(&outer, Property::Loopback), inner == "127.0.0.1", "{outer}");
                assert_eq!(has(&outer, Property::LinkLocal), inner == "169.254.169.254", "{outer}");
                let global = inner == "8.8.8.8" && !outer.starts_with("2002:") && !outer.starts_with("2001:");
                assert_eq!(has(&outer, Property::Global), global, "{outer}");
            }
        }
        // Not compatible addresses, and not ISATAP ones.
        assert!(!has("::1", Property::Unspecified) && !has("::", Property::Loopback));
        assert!(has("2600::5eff:7f00:1", Property::Global));
    }

    #[test]
    fn what_only_some_addresses_hold_is_not_inside_all() {
        let private = |text: &str| {
            all_inside(&text::parse(text.as_bytes()).unwrap().block(), |block| {
                block.family == Family::V4 && property::all(block) & Property::Private.bit() != 0
            })
        };
        // A NAT64 address has one inside, a /64 has room for ISATAP ones beside others.
        assert!(private("64:ff9b::10.0.0.0/104") && private("2600::5efe:10.0.0.1"));
        assert!(!private("64:ff9b::10.0.0.0/103") && !private("2600::/64") && !private("10.0.0.0/8"));
        let any = |text: &str| all_inside(&text::parse(text.as_bytes()).unwrap().block(), |b| b.family == Family::V4);
        assert!(any("2600::5efe:0:0/96") && !any("2600::/64"));
    }

    #[test]
    fn a_network_is_as_its_worst_address() {
        assert!(!has("64:ff9b::/96", Property::Global));
        assert!(has("64:ff9b::808:0/112", Property::Global));
        assert!(has("64:ff9b::a00:0/104", Property::Private));
        assert!(!has("64:ff9b::a00:0/103", Property::Private));
        assert!(has("2002:a00::/24", Property::Private));
        // Every /64 has room for an ISATAP address with anything inside.
        assert!(!has("2600::/64", Property::Global));
        assert!(has("2600::/96", Property::Global));
        assert!(
            has("2600::1:0:0:0/80", Property::Global) == has("2600::1:0:0:0-2600::1:ffff:ffff:ffff", Property::Global)
        );
        assert!(has("2001:0:808:808::-2001:0:808:808:0:0:80ff:ffff", Property::Private));
    }

    #[test]
    fn a_form_begins_and_ends_where_its_rfc_has_it() {
        // RFC 4291 sections 2.5.5.1 and 2.5.5.2, RFC 2765 section 2.1, RFC 6052, RFC 3056, RFC 4380 and RFC 5214 section 6.1.
        for (text, hides_one) in [
            ("::1:0:0", false),
            ("::fffe:ffff:ffff", false),
            ("::ffff:0.0.0.0", true),
            ("::ffff:255.255.255.255", true),
            ("::ffff:0:0:0", true),
            ("::ffff:0:ffff:ffff", true),
            ("::ffff:1:0:0", false),
            ("64:ff9b::", true),
            ("64:ff9b::ffff:ffff", true),
            ("64:ff9b::1:0:0", false),
            ("2001::", true),
            ("2001:0:ffff:ffff:ffff:ffff:ffff:ffff", true),
            ("2001:1::", false),
            ("2002::", true),
            ("2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
            ("2003::", false),
            ("2600::5efe:0:0", true),
            ("2600::200:5efe:ffff:ffff", true),
            ("2600::5efd:ffff:ffff", false),
            ("2600::5eff:0:0", false),
            ("2600::100:5efe:0:0", false),
        ] {
            let bits = text::parse_v6(text.as_bytes()).unwrap();
            assert_eq!(hides(bits), hides_one, "{text}");
            assert_eq!(is_isatap(bits), hides_one && text.starts_with("2600:"), "{text}");
        }
    }

    #[test]
    fn what_holds_for_all_of_a_block_may_hold_inside_it() {
        let ten = text::parse(b"10.0.0.0/8").unwrap().block();
        let every = text::parse(b"0.0.0.0/0").unwrap().block();
        let outer = text::parse(b"2600::/32").unwrap().block();
        let held = |text: &str, by: &Block| {
            let block = text::parse(text.as_bytes()).unwrap().block();
            all_inside(&block, |block| by.holds(block))
        };
        for (text, want) in [
            ("64:ff9b::a00:1", true),
            ("64:ff9b::a00:0/104", true),
            ("64:ff9b::a00:0/103", false),
            ("64:ff9b::b00:1", false),
            ("2002:aff:ffff::1", true),
            ("2600::5efe:a00:1", true),
            ("2600::1", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(held(text, &ten), want, "{text}");
        }
        // Of a /64 only some addresses are ISATAP addresses, of its /96 with that mark all are.
        assert!(!held("2600::/64", &every) && held("2600::5efe:0:0/96", &every));
        assert!(held("2600:0:1::/64", &outer) && !held("2601::", &outer));
    }
}
