//! What the places of dots, colons and zeros tell of an address: this is the
//! same for all kernels.

/// The longest IPv6 address without a dotted tail.
pub(super) const HEX_MAX: usize = 39;

/// How a canonical IPv4-mapped address begins.
pub(super) const MAPPED: &[u8; 7] = b"::ffff:";

/// The IPv4-mapped address.
pub(super) fn mapped(v4: u32) -> u128 {
    0xffff << 32 | u128::from(v4)
}

/// How the digits of a dotted quad are laid out, by the places of its dots.
#[repr(C, align(32))]
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// For each octet the places of four characters: the one that must not be a
    /// zero, hundreds, tens and ones. The first is the leading digit where more
    /// follow, else a dot.
    pub(super) shuffle: [u8; 16],
    /// The bits of the three dots and of the end.
    pub(super) marks: u16,
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
pub(super) fn layout(marks: u32) -> &'static Layout {
    &LAYOUTS[hash(marks)]
}

/// What the characters of an IPv6 address are, a bit each from the lowest on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) hex: u64,
    pub(super) colon: u64,
    pub(super) zero: u64,
    pub(super) upper: u64,
}

/// What shows in the marks alone.
pub(super) struct Shape {
    /// It is an IPv6 address. Else nothing else here means anything.
    pub(super) valid: bool,
    /// In canonical form, as far as can be seen.
    pub(super) canonical: bool,
    pub(super) starts: u64,
    pub(super) ends: u64,
    pub(super) groups: u32,
    /// Groups before the `::`, or all.
    pub(super) before: u32,
}

impl Marks {
    /// The first so many characters, 2 to [`HEX_MAX`], as an IPv6 address. All
    /// this is anybody's guess, so that no branch hangs on it.
    #[inline(always)]
    pub(super) fn shape(&self, len: usize) -> Shape {
        let all = (1u64 << len) - 1;
        let [hex, colon, zero, upper] = [self.hex, self.colon, self.zero, self.upper].map(|mask| mask & all);
        let starts = hex & !(hex << 1);
        let ends = hex & !(hex >> 1);
        let pairs = hex & hex >> 1;
        let five = pairs & pairs >> 2 & hex >> 4;
        let gap = colon & colon >> 1;
        let gaps = gap & gap.wrapping_sub(1);
        let groups = starts.count_ones();
        // A single colon at either end.
        let loose = colon & !gap & 1 | (colon & !(gap << 1)) >> (len - 1);
        let wrong = (hex | colon) ^ all | five | gaps | loose;
        let valid = (wrong == 0) & (groups <= 8) & ((groups == 8) == (gap == 0));
        let leading = starts & zero & hex >> 1;
        let zeros = starts & zero & ends;
        let twins = zeros & zeros >> 2;
        // Groups of zero beside the gap belong into it, and it stands for two or more.
        let beside = zeros & (gap >> 1 | gap << 2);
        let narrow = groups == 7;
        // ::a:b:c may be IPv4-mapped, and is then written with dots.
        let mapped = (gap == 1) & (groups == 3);
        let canonical = (upper | leading | twins | beside == 0) & !narrow & !mapped;
        let before = (starts & gap.wrapping_sub(1)).count_ones();
        Shape { valid, canonical, starts, ends, groups, before }
    }
}

impl Shape {
    /// The digits of every group, right-aligned in four places each. `nibbles`
    /// has eight bytes before the first character, and 0 for a colon.
    #[inline(always)]
    pub(super) fn spread(&self, nibbles: &[u8; 56]) -> [u8; 32] {
        let mut out = [0u8; 32];
        let (mut starts, mut ends) = (self.starts, self.ends);
        for i in 0..self.groups.min(8) {
            let (start, end) = (starts.trailing_zeros(), ends.trailing_zeros());
            starts &= starts.wrapping_sub(1);
            ends &= ends.wrapping_sub(1);
            // What stands before the group in its four places is another's.
            let keep = u32::MAX << (8 * (3 - (end.wrapping_sub(start) & 3)));
            let slot = if i < self.before { i } else { (i + 8).wrapping_sub(self.groups) } as usize & 7;
            let at = (end & 63) as usize + 5;
            if let Some(Ok(four)) = nibbles.get(at..at + 4).map(<[u8; 4]>::try_from) {
                let four = u32::from_le_bytes(four) & keep;
                out[4 * slot..4 * slot + 4].copy_from_slice(&four.to_le_bytes());
            }
        }
        out
    }
}
