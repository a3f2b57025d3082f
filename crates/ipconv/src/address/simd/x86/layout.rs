//! Where a dotted quad has its digits: a shuffle brings each octet's to one place.

/// How the digits of a dotted quad are laid out, by the places of its dots.
#[repr(C, align(32))]
#[derive(Clone, Copy)]
pub(in crate::address::simd) struct Layout {
    /// For each octet the places of four characters: the one that must not be a
    /// zero, hundreds, tens and ones. The first is the leading digit where more
    /// follow, else a dot.
    pub(in crate::address::simd) shuffle: [u8; 16],
    /// The bits of the three dots and of the end.
    pub(in crate::address::simd) marks: u16,
}

/// Finds a layout: the product's upper bits differ for all 81.
const HASH: u32 = 0x7152_c5a9;
const HASH_BITS: u32 = 8;

const fn hash(marks: u32) -> usize {
    (marks.wrapping_mul(HASH) >> (32 - HASH_BITS)) as usize
}

static LAYOUTS: [Layout; 1 << HASH_BITS] = layouts();

const fn layouts() -> [Layout; 1 << HASH_BITS] {
    let mut all = [Layout { shuffle: [0x80; 16], marks: 0 }; 1 << HASH_BITS];
    let mut pattern = 0;
    while pattern < 81 {
        let mut one = Layout { shuffle: [0x80; 16], marks: 0 };
        let (mut octet, mut at, mut rest) = (0, 0, pattern);
        while octet < 4 {
            let digits = rest % 3 + 1;
            rest /= 3;
            let mut i = 0;
            while i < digits {
                one.shuffle[octet * 4 + 4 - digits + i] = (at + i) as u8;
                i += 1;
            }
            let dot = if octet > 0 { at - 1 } else { digits };
            one.shuffle[octet * 4] = if digits > 1 { at } else { dot } as u8;
            at += digits;
            one.marks |= 1 << at;
            at += 1;
            octet += 1;
        }
        let slot = hash(one.marks as u32);
        assert!(all[slot].marks == 0, "two layouts in one place");
        all[slot] = one;
        pattern += 1;
    }
    all
}

/// The layout with these marks, if they are of one: else its marks are others.
#[inline(always)]
pub(in crate::address::simd) fn layout(marks: u32) -> &'static Layout {
    &LAYOUTS[hash(marks)]
}
