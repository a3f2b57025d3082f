//! IPv4 addresses inside IPv6 ones, as a guard against forged requests must see
//! them: a filter that lets 64:ff9b::a00:1 pass lets 10.0.0.1 pass.
use crate::{
    address::value::{Block, Family},
    class::property::{self, Property},
};

/// The forms that keep an IPv4 address at one place of a block: the block, and
/// how far the address is from the low end.
const FORMS: [(Block, u32); 5] = [
    // IPv4-mapped, IPv4-compatible (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
    (Block::network(Family::V6, 0xffff << 32, 96), 0),
    (COMPATIBLE, 0),
    (NAT64, 0),
    (SIX_TO_FOUR, 80),
    // Teredo's server (RFC 4380); the client is inverted and stands at the end.
    (TEREDO, 64),
];

/// ::/96 without :: and ::1.
const COMPATIBLE: Block = Block { family: Family::V6, first: 2, last: 0xffff_ffff };
const NAT64: Block = Block::network(Family::V6, 0x0064_ff9b << 96, 96);
const SIX_TO_FOUR: Block = Block::network(Family::V6, 0x2002 << 112, 16);
const TEREDO: Block = Block::network(Family::V6, 0x2001_0000 << 96, 32);

/// What stands before the last 32 bits of an ISATAP address (RFC 5214).
const ISATAP: [u32; 2] = [0x0000_5efe, 0x0200_5efe];

const LOW: u128 = 0xffff_ffff;

/// The IPv4 address of an IPv4-mapped one.
pub fn mapped(bits: u128) -> Option<u32> {
    (bits >> 32 == 0xffff).then_some(bits as u32)
}

/// The IPv4 address of a 6to4 one.
pub fn six_to_four(bits: u128) -> Option<u32> {
    (bits >> 112 == 0x2002).then_some((bits >> 80) as u32)
}

/// Server and client of a Teredo address.
pub fn teredo(bits: u128) -> Option<(u32, u32)> {
    (bits >> 96 == 0x2001_0000).then_some(((bits >> 64) as u32, !bits as u32))
}

/// The IPv4 address behind the NAT64 prefix that all know. What 64:ff9b:1::/48
/// (RFC 8215) holds depends on the site.
pub fn nat64(bits: u128) -> Option<u32> {
    (bits >> 32 == NAT64.first >> 32).then_some(bits as u32)
}

/// An IPv4 address may be inside this IPv6 address.
#[inline]
pub fn hides(bits: u128) -> bool {
    ISATAP.contains(&((bits >> 32) as u32)) || FORMS.iter().any(|(form, _)| form.first <= bits && bits <= form.last)
}

/// See [`property::has`].
pub(crate) fn has(property: Property, block: &Block) -> bool {
    pieces(block).iter().all(|piece| {
        let outer = property::all(piece) & property.bit() != 0;
        if property == Property::Global {
            outer && inside(piece).iter().all(|b| property::all(b) & property.bit() != 0)
        } else {
            outer || inside(piece).iter().any(|b| !b.partial && property::all(b) & property.bit() != 0)
        }
    })
}

/// Does `holds` hold for every address of `block`, or for an IPv4 address inside it?
pub fn all_inside(block: &Block, holds: impl Fn(&Block) -> bool) -> bool {
    block.family == Family::V6
        && pieces(block).iter().all(|piece| holds(piece) || inside(piece).iter().any(|b| !b.partial && holds(b)))
}

/// IPv4 addresses that are inside the addresses of a piece.
struct Inside {
    block: Block,
    /// Only some addresses of the piece hold one of these.
    partial: bool,
}

impl std::ops::Deref for Inside {
    type Target = Block;

    fn deref(&self) -> &Block {
        &self.block
    }
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
        property::has(property, &text::parse(text.as_bytes()).unwrap().block(), true).unwrap()
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
    fn what_is_inside() {
        let bits = |text: &str| text::parse_v6(text.as_bytes()).unwrap();
        assert_eq!(teredo(bits("2001:0:4136:e378:8000:63bf:3fff:fdd2")), Some((0x4136_e378, 0xc000_022d)));
        assert_eq!(six_to_four(bits("2002:c000:204::1")), Some(0xc000_0204));
        assert_eq!(nat64(bits("64:ff9b:1::1.2.3.4")), None);
        assert_eq!(nat64(bits("64:ff9b::1.2.3.4")), Some(0x0102_0304));
    }
}
