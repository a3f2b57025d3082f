//! What the places of colons and zeros tell of an IPv6 address: this is the same
//! for all kernels.

/// The longest IPv6 address without a dotted tail.
pub(super) const HEX_MAX: usize = 39;

/// How a canonical IPv4-mapped address begins.
pub(super) const MAPPED: &[u8; 7] = b"::ffff:";

/// The IPv4-mapped address.
pub(super) fn mapped(v4: u32) -> u128 {
    (0xffff << 32) + u128::from(v4)
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
    /// The first so many characters, 2 to [`HEX_MAX`], as an IPv6 address. All of
    /// it is worked out for any line, since a branch would often be guessed wrong.
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
