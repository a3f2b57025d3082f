//! IPv4 addresses inside IPv6 ones, as a guard against forged requests must see
//! them: a filter that lets 64:ff9b::a00:1 pass lets 10.0.0.1 pass.
use crate::{
    class::{self, Property},
    value::{Block, Family},
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

/// See [`class::has`].
pub(crate) fn has(property: Property, block: &Block) -> bool {
    pieces(block).iter().all(|piece| {
        let outer = class::all(piece) & property.bit() != 0;
        if property == Property::Global {
            outer && inside(piece).iter().all(|b| class::all(b) & property.bit() != 0)
        } else {
            outer || inside(piece).iter().any(|b| !b.partial && class::all(b) & property.bit() != 0)
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
        let segments = class::segments(Family::V6).iter().map(|s| s.first);
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
