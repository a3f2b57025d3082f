//! Many lines at a time: which of them are plain addresses, and which are
//! already in canonical form.
//!
//! A strict dotted quad is canonical by itself, and a canonical IPv6 text shows
//! in its colons and zeros before its value is known. So a filter of lines can
//! copy what needs no change. Whatever else a line may hold (blanks, a prefix, a
//! zone, a mistake) is left to [`crate::text`].
//!
//! Ordinary code does this everywhere and is the twin that the vector kernels are
//! tested against; those are chosen at run time by what the processor has.
use crate::text::{parse_v4, parse_v6, write_v6};

/// Bytes that must be readable behind the last line.
pub const PAD: usize = 64;

/// The longest IPv6 address without a dotted tail.
const HEX_MAX: usize = 39;

/// What is told about each line of a text, in order. `text[from..to]` is the line.
pub trait Lines {
    /// The values of canonical IPv6 lines are needed; else they may be 0.
    const VALUES: bool;
    /// A dotted quad and nothing else, which is always canonical.
    fn v4(&mut self, text: &[u8], from: usize, to: usize, bits: u32);
    /// An IPv6 address and nothing else. Where `canonical` is false it may be
    /// canonical all the same.
    fn v6(&mut self, text: &[u8], from: usize, to: usize, bits: u128, canonical: bool);
    /// Anything else.
    fn other(&mut self, text: &[u8], from: usize, to: usize);
}

/// How lines are read. There is none that this processor lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Sse41,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Level {
    /// All that this processor has and their names, the fastest last.
    pub fn all() -> Vec<(&'static str, Level)> {
        let mut all = vec![("plain", Level(Kind::Plain))];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("popcnt") {
            all.push(("sse4.1", Level(Kind::Sse41)));
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
            {
                all.push(("avx2", Level(Kind::Avx2)));
            }
        }
        all
    }

    /// By name, if this processor has it.
    pub fn named(name: &str) -> Option<Level> {
        Level::all().into_iter().find(|(known, _)| *known == name).map(|(_, level)| level)
    }

    /// The fastest.
    pub fn best() -> Level {
        Level::all().pop().map_or(Level(Kind::Plain), |best| best.1)
    }
}

/// Tells `lines` about every line of `text[..len]`, each of which ends in `end`, the last one too.
///
/// # Panics
/// There are fewer than [`PAD`] bytes behind them.
pub fn each_line<L: Lines>(level: Level, text: &[u8], len: usize, end: u8, lines: &mut L) {
    assert!(text.len() >= len + PAD, "the padding is there");
    match level.0 {
        Kind::Plain => plain(text, len, end, lines),
        #[cfg(target_arch = "x86_64")]
        Kind::Sse41 => x86::sse41(text, len, end, lines),
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => x86::avx2(text, len, end, lines),
    }
}

/// The safe twin.
fn plain<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
    let mut canonical = Vec::with_capacity(64);
    let mut from = 0;
    for to in memchr::memchr_iter(end, &text[..len]) {
        let line = &text[from..to];
        if line.len() > 45 {
            lines.other(text, from, to);
        } else if let Some(bits) = plain_v4(line) {
            lines.v4(text, from, to, bits);
        } else if let Some(bits) = plain_v6(line) {
            canonical.clear();
            write_v6(&mut canonical, bits);
            lines.v6(text, from, to, bits, canonical == line);
        } else {
            lines.other(text, from, to);
        }
        from = to + 1;
    }
}

fn plain_v4(line: &[u8]) -> Option<u32> {
    let short = line.len() <= 15 && line.first().is_some_and(u8::is_ascii_digit);
    if short { parse_v4(line).ok() } else { None }
}

/// The dotted form is canonical, and so worth to be told apart, for IPv4-mapped addresses only.
fn plain_v6(line: &[u8]) -> Option<u128> {
    if line.contains(&b'.') {
        let bits = plain_v4(line.strip_prefix(MAPPED)?)?;
        return Some(0xffff << 32 | u128::from(bits));
    }
    parse_v6(line).ok()
}

const MAPPED: &[u8; 7] = b"::ffff:";

/// How the digits of a dotted quad are laid out, by the places of its dots.
#[repr(C, align(32))]
#[derive(Clone, Copy)]
struct Layout {
    /// For each octet four places: none, hundreds, tens, ones.
    shuffle: [u8; 16],
    /// What each octet is at least, having that many digits.
    least: [u8; 4],
    /// The bits of the three dots and of the end.
    marks: u16,
}

/// Finds a layout: the product's upper bits differ for all 81.
const HASH: u32 = 0x7152_c5a9;
const HASH_BITS: u32 = 8;

const fn hash(marks: u32) -> usize {
    (marks.wrapping_mul(HASH) >> (32 - HASH_BITS)) as usize
}

static LAYOUTS: [Layout; 1 << HASH_BITS] = layouts();

const fn layouts() -> [Layout; 1 << HASH_BITS] {
    let mut all = [Layout { shuffle: [0x80; 16], least: [0; 4], marks: 0 }; 1 << HASH_BITS];
    let mut pattern = 0;
    while pattern < 81 {
        let mut one = Layout { shuffle: [0x80; 16], least: [0; 4], marks: 0 };
        let (mut octet, mut at, mut rest) = (0, 0, pattern);
        while octet < 4 {
            let digits = rest % 3 + 1;
            rest /= 3;
            let mut i = 0;
            while i < digits {
                one.shuffle[octet * 4 + 4 - digits + i] = (at + i) as u8;
                i += 1;
            }
            one.least[octet] = [0, 10, 100][digits - 1];
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

/// What the characters of an IPv6 address are, a bit each from the lowest on.
struct Marks {
    hex: u64,
    colon: u64,
    zero: u64,
    upper: u64,
}

/// What shows in the marks alone.
struct Shape {
    starts: u64,
    ends: u64,
    groups: u32,
    /// Groups before the `::`, or 8.
    before: u32,
    canonical: bool,
}

impl Marks {
    /// Those of the first `len` characters.
    #[inline(always)]
    fn first(self, len: usize) -> Marks {
        let inside = (1u64 << len) - 1;
        let Marks { hex, colon, zero, upper } = self;
        Marks { hex: hex & inside, colon: colon & inside, zero: zero & inside, upper: upper & inside }
    }

    /// Nothing if these `len` characters, 2 to [`HEX_MAX`] of them, are no IPv6 address.
    #[inline(always)]
    fn shape(&self, len: usize) -> Option<Shape> {
        let Marks { hex, colon, zero, upper } = *self;
        let all = (1u64 << len) - 1;
        let starts = hex & !(hex << 1);
        let ends = hex & !(hex >> 1);
        let pairs = hex & hex >> 1;
        let five = pairs & pairs >> 2 & hex >> 4;
        let gap = colon & colon >> 1;
        let groups = starts.count_ones();
        // A single colon at either end.
        let loose = colon & !gap & 1 | (colon & !(gap << 1)) >> (len - 1);
        let count = if gap == 0 { groups == 8 } else { groups < 8 };
        if hex | colon != all || five != 0 || gap & gap.wrapping_sub(1) != 0 || loose != 0 || !count {
            return None;
        }
        let leading = starts & zero & hex >> 1;
        let zeros = starts & zero & ends;
        let twins = zeros & zeros >> 2;
        // Groups of zero beside the gap belong into it, and it stands for two or more.
        let beside = zeros & (gap >> 1 | gap << 2);
        let narrow = gap != 0 && groups == 7;
        // ::a:b:c may be IPv4-mapped, and is then written with dots.
        let mapped = gap == 1 && groups == 3;
        let canonical = upper | leading | twins | beside == 0 && !narrow && !mapped;
        let before = if gap == 0 { 8 } else { (starts & gap.wrapping_sub(1)).count_ones() };
        Some(Shape { starts, ends, groups, before, canonical })
    }
}

impl Shape {
    /// The digits of every group, right-aligned in four places each. `nibbles`
    /// has eight bytes before the first character, and 0 for a colon.
    #[inline(always)]
    fn spread(&self, nibbles: &[u8; 56]) -> [u8; 32] {
        let mut out = [0u8; 32];
        let (mut starts, mut ends) = (self.starts, self.ends);
        for i in 0..self.groups {
            let (start, end) = (starts.trailing_zeros(), ends.trailing_zeros());
            starts &= starts.wrapping_sub(1);
            ends &= ends.wrapping_sub(1);
            // What stands before the group in its four places is another's.
            let keep = u32::MAX << (8 * (3 - (end.wrapping_sub(start) & 3)));
            let slot = if i < self.before { i } else { i + 8 - self.groups } as usize & 7;
            let at = (end & 63) as usize + 5;
            if let Some(Ok(four)) = nibbles.get(at..at + 4).map(<[u8; 4]>::try_from) {
                let four = u32::from_le_bytes(four) & keep;
                out[4 * slot..4 * slot + 4].copy_from_slice(&four.to_le_bytes());
            }
        }
        out
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector loads and stores take pointers, and a kernel needs its processor")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{HEX_MAX, LAYOUTS, Lines, MAPPED, Marks, PAD, Shape, hash};

    /// Bytes whose line ends are found before their lines are read, so that the
    /// list of them stays in the fastest cache.
    const STRIDE: usize = 2048;

    pub(super) fn avx2<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
        // SAFETY: Level::all saw these features, and nothing else makes a Level.
        unsafe { wide::lines(text, len, end, lines) }
    }

    pub(super) fn sse41<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
        // SAFETY: as above.
        unsafe { narrow::lines(text, len, end, lines) }
    }

    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> __m128i {
        // SAFETY: the reference covers the 16 bytes; SSE2 is part of x86-64.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(bytes: &mut [u8; 16], v: __m128i) {
        // SAFETY: as above.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), v) }
    }

    /// 16 bytes of `text` from `at` on, of which the callers know that they are there.
    #[inline(always)]
    fn sixteen(text: &[u8], at: usize) -> &[u8; 16] {
        text[at..at + 16].try_into().expect("sixteen")
    }

    /// Which of 64 bytes are `byte`, a bit each.
    #[inline(always)]
    fn equal_sse2(bytes: &[u8], byte: u8) -> u64 {
        let mut mask = 0;
        for (i, part) in bytes.chunks_exact(16).enumerate() {
            // SAFETY: SSE2 is part of x86-64.
            let part = unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(load(sixteen(part, 0)), _mm_set1_epi8(byte as i8))) };
            mask |= u64::from(part as u16) << (16 * i);
        }
        mask
    }

    /// The same, 32 at a time.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn equal_avx2(bytes: &[u8], byte: u8) -> u64 {
        let mut mask = 0;
        for (i, part) in bytes.chunks_exact(32).enumerate() {
            // SAFETY: the slice has 32 bytes.
            let part = unsafe { _mm256_loadu_si256(part.as_ptr().cast()) };
            let part = _mm256_movemask_epi8(_mm256_cmpeq_epi8(part, _mm256_set1_epi8(byte as i8)));
            mask |= u64::from(part as u32) << (32 * i);
        }
        mask
    }

    /// Looks at the first 48 of [`PAD`] characters, of which `len` count.
    #[inline(always)]
    fn marks_sse2(window: &[u8], len: usize) -> Marks {
        let mut marks = Marks { hex: 0, colon: 0, zero: 0, upper: 0 };
        for i in 0..3 {
            // SAFETY: SSE2 is part of x86-64.
            unsafe {
                let v = load(sixteen(window, 16 * i));
                let digits = _mm_sub_epi8(v, _mm_set1_epi8(b'0' as i8));
                let digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
                let letters = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8(b'a' as i8));
                let letter = _mm_cmpeq_epi8(_mm_min_epu8(letters, _mm_set1_epi8(5)), letters);
                let colon = _mm_cmpeq_epi8(v, _mm_set1_epi8(b':' as i8));
                let zero = _mm_cmpeq_epi8(v, _mm_set1_epi8(b'0' as i8));
                // Bit 5, which a small letter has, moved to where movemask looks.
                let upper = _mm_andnot_si128(_mm_slli_epi16(v, 2), letter);
                let bits = |v| u64::from(_mm_movemask_epi8(v) as u16) << (16 * i);
                marks.hex |= bits(_mm_or_si128(digit, letter));
                marks.colon |= bits(colon);
                marks.zero |= bits(zero);
                marks.upper |= bits(upper);
            }
        }
        marks.first(len)
    }

    /// The same for 64 of them.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn marks_avx2(window: &[u8], len: usize) -> Marks {
        let mut marks = Marks { hex: 0, colon: 0, zero: 0, upper: 0 };
        for (i, part) in window.chunks_exact(32).take(2).enumerate() {
            // SAFETY: the slice has 32 bytes.
            let v = unsafe { _mm256_loadu_si256(part.as_ptr().cast()) };
            let digits = _mm256_sub_epi8(v, _mm256_set1_epi8(b'0' as i8));
            let digit = _mm256_cmpeq_epi8(_mm256_min_epu8(digits, _mm256_set1_epi8(9)), digits);
            let letters = _mm256_sub_epi8(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), _mm256_set1_epi8(b'a' as i8));
            let letter = _mm256_cmpeq_epi8(_mm256_min_epu8(letters, _mm256_set1_epi8(5)), letters);
            let colon = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(b':' as i8));
            let zero = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(b'0' as i8));
            let upper = _mm256_andnot_si256(_mm256_slli_epi16(v, 2), letter);
            let bits = |v| u64::from(_mm256_movemask_epi8(v) as u32) << (32 * i);
            marks.hex |= bits(_mm256_or_si256(digit, letter));
            marks.colon |= bits(colon);
            marks.zero |= bits(zero);
            marks.upper |= bits(upper);
        }
        marks.first(len)
    }

    macro_rules! kernel {
        ($name:ident, $equal:ident, $marks:ident, $features:literal) => {
            mod $name {
                use super::*;

                #[target_feature(enable = $features)]
                pub(super) fn lines<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
                    let mut ends = [0u32; STRIDE + 8];
                    let mut from = 0;
                    let mut base = 0;
                    while base < len {
                        let stride = STRIDE.min(len - base);
                        let count = find_ends(text, base, stride, end, &mut ends);
                        for &to in &ends[..count] {
                            let to = base + to as usize;
                            line(text, from, to, lines);
                            from = to + 1;
                        }
                        base += stride;
                    }
                }

                #[inline]
                #[target_feature(enable = $features)]
                fn line<L: Lines>(text: &[u8], from: usize, to: usize, lines: &mut L) {
                    let len = to - from;
                    let window = &text[from..from + PAD];
                    if len < 16
                        && let Some(bits) = v4(sixteen(window, 0), len)
                    {
                        return lines.v4(text, from, to, bits);
                    }
                    if (2..=HEX_MAX).contains(&len) {
                        if let Some(shape) = $marks(window, len).shape(len) {
                            let bits = if L::VALUES || !shape.canonical { value(&shape, window) } else { 0 };
                            return lines.v6(text, from, to, bits, shape.canonical);
                        }
                        if len < 16 + MAPPED.len()
                            && window.starts_with(MAPPED)
                            && let Some(bits) = v4(sixteen(window, MAPPED.len()), len - MAPPED.len())
                        {
                            return lines.v6(text, from, to, 0xffff << 32 | u128::from(bits), true);
                        }
                    }
                    lines.other(text, from, to);
                }

                /// Where `end` stands in `text[base..base + len]`, counted from `base`.
                #[inline]
                #[target_feature(enable = $features)]
                fn find_ends(text: &[u8], base: usize, len: usize, end: u8, ends: &mut [u32]) -> usize {
                    let mut count = 0;
                    let mut at = 0;
                    while at < len {
                        let mut mask = $equal(&text[base + at..base + at + 64], end);
                        if len - at < 64 {
                            mask &= (1 << (len - at)) - 1;
                        }
                        let found = mask.count_ones() as usize;
                        // Eight at a time without asking, since a branch per line end costs more.
                        let mut done = 0;
                        loop {
                            let Some(eight) = ends.get_mut(count + done..count + done + 8) else { break };
                            for slot in eight {
                                *slot = at as u32 + mask.trailing_zeros();
                                mask &= mask.wrapping_sub(1);
                            }
                            done += 8;
                            if done >= found {
                                break;
                            }
                        }
                        count += found;
                        at += 64;
                    }
                    count
                }

                /// The dotted quad in the first `len` bytes, fewer than 16.
                #[inline]
                #[target_feature(enable = $features)]
                fn v4(text: &[u8; 16], len: usize) -> Option<u32> {
                    let v = load(text);
                    let inside = (1u32 << len) - 1;
                    let dots = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(b'.' as i8))) as u32 & inside;
                    let marks = dots | 1 << len;
                    let layout = &LAYOUTS[hash(marks)];
                    let digits = _mm_sub_epi8(v, _mm_set1_epi8(b'0' as i8));
                    let fine = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
                    let fine = _mm_movemask_epi8(fine) as u32 | dots;
                    let spread = _mm_shuffle_epi8(digits, load(&layout.shuffle));
                    let weights = _mm_setr_epi8(0, 100, 10, 1, 0, 100, 10, 1, 0, 100, 10, 1, 0, 100, 10, 1);
                    let halves = _mm_maddubs_epi16(spread, weights);
                    let octets = _mm_madd_epi16(halves, _mm_set1_epi16(1));
                    let least = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(i32::from_le_bytes(layout.least)));
                    let low = _mm_cmpgt_epi32(least, octets);
                    let high = _mm_cmpgt_epi32(octets, _mm_set1_epi32(255));
                    let wrong = _mm_movemask_epi8(_mm_or_si128(low, high)) as u32;
                    let missing = !fine & inside;
                    if u32::from(layout.marks) ^ marks | missing | wrong != 0 {
                        return None;
                    }
                    let order = _mm_setr_epi8(12, 8, 4, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
                    Some(_mm_cvtsi128_si32(_mm_shuffle_epi8(octets, order)) as u32)
                }

                #[inline]
                #[target_feature(enable = $features)]
                fn value(shape: &Shape, window: &[u8]) -> u128 {
                    let mut nibbles = [0u8; 56];
                    for i in 0..3 {
                        let v = load(sixteen(window, 16 * i));
                        // Bit 6 tells a letter from a digit and from the colon, which has no value.
                        let letter = _mm_cmpgt_epi8(v, _mm_set1_epi8(0x3f));
                        let low = _mm_and_si128(v, _mm_set1_epi8(0x0f));
                        let value = _mm_add_epi8(low, _mm_and_si128(letter, _mm_set1_epi8(9)));
                        let colon = _mm_cmpeq_epi8(v, _mm_set1_epi8(b':' as i8));
                        let slot: &mut [u8; 16] = (&mut nibbles[8 + 16 * i..24 + 16 * i]).try_into().expect("sixteen");
                        store(slot, _mm_andnot_si128(colon, value));
                    }
                    let spread = shape.spread(&nibbles);
                    let weights = _mm_set1_epi16(0x0110);
                    let halves = [0, 16].map(|at| _mm_maddubs_epi16(load(sixteen(&spread, at)), weights));
                    let mut bytes = [0; 16];
                    store(&mut bytes, _mm_packus_epi16(halves[0], halves[1]));
                    u128::from_be_bytes(bytes)
                }
            }
        };
    }

    kernel!(wide, equal_avx2, marks_avx2, "avx2,bmi1,bmi2,lzcnt,popcnt");
    kernel!(narrow, equal_sse2, marks_sse2, "sse4.1,ssse3,popcnt");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is told, values of canonical lines included; those of IPv6 inverted.
    #[derive(Default, PartialEq, Debug)]
    struct Told(Vec<(usize, usize, Option<u128>)>);

    impl Lines for Told {
        const VALUES: bool = true;

        fn v4(&mut self, _: &[u8], from: usize, to: usize, bits: u32) {
            self.0.push((from, to, Some(bits.into())));
        }

        fn v6(&mut self, text: &[u8], from: usize, to: usize, bits: u128, canonical: bool) {
            let mut line = Vec::new();
            write_v6(&mut line, bits);
            assert!(!canonical || line == text[from..to], "{}", String::from_utf8_lossy(&text[from..to]));
            self.0.push((from, to, Some(!bits)));
        }

        fn other(&mut self, _: &[u8], from: usize, to: usize) {
            self.0.push((from, to, None));
        }
    }

    fn told(level: Level, text: &[u8], len: usize, end: u8) -> Told {
        let mut told = Told::default();
        each_line(level, text, len, end, &mut told);
        told
    }

    /// Every level says the same of these lines.
    fn agree(mut text: Vec<u8>, end: u8) {
        let len = text.len();
        text.extend([b'1'; PAD]);
        let want = told(Level(Kind::Plain), &text, len, end);
        for (name, level) in Level::all() {
            let got = told(level, &text, len, end);
            if got != want {
                let (got, want) = got.0.iter().zip(&want.0).find(|(a, b)| a != b).expect("one differs");
                panic!("{name}: {:?}: {got:x?}, not {want:x?}", String::from_utf8_lossy(&text[want.0..want.1]));
            }
        }
    }

    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
        }

        /// An address in some spelling, or nearly.
        fn line(&mut self, out: &mut Vec<u8>) {
            let from = out.len();
            match self.roll(8) {
                0..4 => {
                    for i in 0..4 {
                        let most = [10, 100, 256, 300][self.roll(4)];
                        out.extend(format!("{}{}", if i > 0 { "." } else { "" }, self.roll(most)).bytes());
                    }
                }
                4 => {
                    let bits = u128::from_be_bytes(std::array::from_fn(|_| self.roll(256) as u8));
                    write_v6(out, bits);
                }
                5 => {
                    out.extend(format!("::ffff:{}.{}.{}.{}", self.roll(256), self.roll(256), self.roll(26), 7).bytes())
                }
                _ => {
                    let groups = self.roll(9);
                    let gap = self.roll(groups + 2);
                    for i in 0..groups {
                        if i > 0 || self.roll(50) == 0 {
                            out.push(b':');
                        }
                        if i == gap {
                            out.extend(if i == 0 { &b"::"[..] } else { b":" });
                        }
                        let group = [0, 1, 0xffff, self.roll(65536)][self.roll(4)];
                        match self.roll(5) {
                            0 => out.extend(format!("{group:04X}").bytes()),
                            1 => out.extend(format!("{group:03x}").bytes()),
                            _ => out.extend(format!("{group:x}").bytes()),
                        }
                    }
                    if gap == groups {
                        out.extend(b"::");
                    }
                }
            }
            // A mutant now and then.
            if self.roll(4) == 0 && out.len() > from {
                let at = from + self.roll(out.len() - from);
                let bytes = b"0123456789abcfABCFgG::::....%/ -\r\t\0\xff@`";
                let byte = bytes[self.roll(bytes.len())];
                match self.roll(3) {
                    0 => out[at] = byte,
                    1 => out.insert(at, byte),
                    _ => drop(out.remove(at)),
                }
            }
        }
    }

    #[test]
    fn every_kernel_is_the_twin_of_the_plain_one() {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for _ in 0..40 {
            let mut text = Vec::new();
            for _ in 0..25_000 {
                dice.line(&mut text);
                text.push(b'\n');
            }
            agree(text, b'\n');
        }
    }

    #[test]
    fn wherever_a_line_stands() {
        let mut dice = Dice(7);
        for shift in 0..200 {
            let mut text = vec![b'x'; shift];
            text.push(b'\n');
            for _ in 0..5 {
                dice.line(&mut text);
                text.push(b'\n');
            }
            agree(text, b'\n');
        }
    }

    #[test]
    fn any_byte_may_end_a_line() {
        agree(b"1.2.3.4\0::1\0\n\0\0".to_vec(), 0);
        agree(vec![b'\n'; 100_000], b'\n');
        agree(Vec::new(), b'\n');
        agree([vec![b'1'; 100_000], b"\n1.1.1.1\n".to_vec()].concat(), b'\n');
    }

    /// What follows the text must not matter.
    #[test]
    fn nothing_is_read_into_the_last_line() {
        for line in ["1.2.3.4", "1::", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"] {
            for cut in 0..line.len() {
                let mut text = format!("{}\n{}", &line[..cut], &line[cut..]).into_bytes();
                text.extend([b':'; PAD]);
                for (name, level) in Level::all() {
                    let told = told(level, &text, cut + 1, b'\n');
                    assert_eq!(told.0.len(), 1, "{name} {line}");
                }
            }
        }
    }

    #[test]
    fn canonical_lines_are_seen() {
        #[derive(Default)]
        struct Count(usize, usize);

        impl Lines for Count {
            const VALUES: bool = false;
            fn v4(&mut self, _: &[u8], _: usize, _: usize, _: u32) {}
            fn v6(&mut self, _: &[u8], _: usize, _: usize, _: u128, canonical: bool) {
                self.0 += 1;
                self.1 += usize::from(canonical);
            }
            fn other(&mut self, _: &[u8], _: usize, _: usize) {}
        }

        let lines = "::\n::1\n1::\n2001:db8::1\n::ffff:1.2.3.4\nfe80::1:2:3:4\n1:2:3:4:5:6:7:8\n2001:db8:0:1:1:1:1:1\n1:0:2::\n";
        let mut text = lines.as_bytes().to_vec();
        let len = text.len();
        text.resize(len + PAD, 0);
        for (name, level) in Level::all() {
            let mut count = Count::default();
            each_line(level, &text, len, b'\n', &mut count);
            assert_eq!((count.0, count.1), (9, 9), "{name}");
        }
    }
}
