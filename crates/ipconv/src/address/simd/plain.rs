//! The safe twin: ordinary code that looks at eight bytes in a word.
use super::{
    Batch, DIGITS, Lines, MOST, PAD, Parsed, Starts, drive, places,
    shape::{HEX_MAX, MAPPED, Marks, Shape, mapped},
};

pub(super) fn lines<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
    let values = lines.values();
    let ends = |block: &[u8; 64]| equal(block, end);
    let read = |text: &[u8], starts: &Starts, n, parsed: &mut Parsed| {
        read_each(text, starts, n, values, parsed, v4, |window, _| marks(window), value);
    };
    drive(text, len, lines, ends, list, read);
}

/// Tells what each of `n` lines is, one after the other.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "three of them are the kernel")]
pub(super) fn read_each(
    text: &[u8],
    starts: &Starts,
    n: usize,
    values: bool,
    parsed: &mut Parsed,
    v4: impl Fn(&[u8; 16], usize) -> Option<u32>,
    marks: impl Fn(&[u8; PAD], usize) -> Marks,
    value: impl Fn(&Shape, &[u8; PAD], usize) -> u128,
) {
    let all = u64::MAX >> (MOST - n);
    let mut short = 0;
    for (i, pair) in starts.windows(2).enumerate() {
        short |= u64::from(pair[1].wrapping_sub(pair[0]) <= 16) << i;
    }
    let mut rest = all & !short;
    for i in places(all & short) {
        let (window, len) = window(text, starts, i);
        match v4(sixteen(window, 0), len) {
            Some(bits) => parsed.bits[i] = u128::from(bits) << 96,
            None => rest |= 1 << i,
        }
    }
    read_rest(text, starts, rest, values, parsed, v4, marks, value);
}

/// The same of those lines that are no dotted quads.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "three of them are the kernel")]
pub(super) fn read_rest(
    text: &[u8],
    starts: &Starts,
    rest: u64,
    values: bool,
    parsed: &mut Parsed,
    v4: impl Fn(&[u8; 16], usize) -> Option<u32>,
    marks: impl Fn(&[u8; PAD], usize) -> Marks,
    value: impl Fn(&Shape, &[u8; PAD], usize) -> u128,
) {
    (parsed.v6, parsed.loose, parsed.odd) = (rest, 0, 0);
    let shape = |window, len: usize| marks(window, len).shape(len);
    let mut failed = 0;
    for i in places(rest) {
        let (window, len) = window(text, starts, i);
        let inside = len.clamp(2, HEX_MAX);
        let shape = shape(window, inside);
        let valid = shape.valid & (len == inside);
        failed |= u64::from(!valid) << i;
        parsed.loose |= u64::from(valid & !shape.canonical) << i;
        if values {
            parsed.bits[i] = value(&shape, window, inside);
        }
    }
    for i in places(if values { 0 } else { parsed.loose }) {
        let (window, len) = window(text, starts, i);
        parsed.bits[i] = value(&shape(window, len), window, len);
    }
    for i in places(failed) {
        let (window, len) = window(text, starts, i);
        // The dotted form is canonical, and so worth to be told apart, for IPv4-mapped addresses only.
        let dotted = len.wrapping_sub(MAPPED.len()) < 16 && window.starts_with(MAPPED);
        if dotted && let Some(bits) = v4(sixteen(window, MAPPED.len()), len - MAPPED.len()) {
            parsed.bits[i] = mapped(bits);
        } else {
            parsed.v6 &= !(1 << i);
            parsed.odd |= 1 << i;
        }
    }
}

/// The bytes from where line `i` starts, and how many of them are its own.
#[inline(always)]
pub(super) fn window<'t>(text: &'t [u8], starts: &Starts, i: usize) -> (&'t [u8; PAD], usize) {
    let (from, next) = (starts[i], starts[i + 1]);
    let from = from as usize;
    let window = text[from..from + PAD].first_chunk().expect("as long");
    (window, next.wrapping_sub(starts[i] + 1) as usize)
}

/// 16 bytes of `text` from `at` on, of which the callers know that they are there.
#[inline(always)]
pub(super) fn sixteen(text: &[u8], at: usize) -> &[u8; 16] {
    text[at..at + 16].try_into().expect("sixteen")
}

/// Lists the places of the bits in `mask`, each plus `base`.
#[inline(always)]
pub(super) fn list(mut mask: u64, base: u32, out: &mut [u32]) {
    // Six at a time without asking, since a branch per line end costs more.
    for six in out.chunks_exact_mut(6) {
        for slot in six {
            *slot = base + (mask.trailing_zeros() & 63);
            mask &= mask.wrapping_sub(1);
        }
        if mask == 0 {
            break;
        }
    }
}

const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// This byte eight times.
const fn eight(byte: u8) -> u64 {
    u64::MAX / 255 * byte as u64
}

/// The top bit of each byte of `word` that is 0, exactly: no carry leaves a byte.
const fn zeros(word: u64) -> u64 {
    !(((word & LOW) + LOW) | word | LOW)
}

/// The top bit of each byte of `word` that is `most` or less, which is below 128.
const fn up_to(word: u64, most: u8) -> u64 {
    !(((word & LOW) + eight(127 - most)) | word | LOW)
}

/// The top bits of the eight bytes, side by side, the lowest byte's lowest.
const fn gather(tops: u64) -> u64 {
    ((tops & !LOW) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Which of 64 bytes are `byte`, a bit each.
pub(super) fn equal(block: &[u8; 64], byte: u8) -> u64 {
    let words = block.as_chunks().0.iter().enumerate();
    words.fold(0, |mask, (i, word)| mask | gather(zeros(u64::from_le_bytes(*word) ^ eight(byte))) << (8 * i))
}

/// The dotted quad in the first `len` bytes, fewer than 16.
#[inline(always)]
fn v4(text: &[u8; 16], len: usize) -> Option<u32> {
    let zero = eight(b'0');
    let [low, high] = [0, 8].map(|at| word(text, at));
    let inside = (1u32 << len) - 1;
    let both = |what: fn(u64) -> u64| (gather(what(low)) | gather(what(high)) << 8) as u32;
    let dots = both(|word| zeros(word ^ eight(b'.'))) & inside;
    let digits = both(|word| up_to(word ^ eight(b'0'), 9));
    let mut marks = dots | 1 << len;
    // Room for what stands before the first number in its four places.
    let mut values = [0; 24];
    values[8..16].copy_from_slice(&(low ^ zero).to_le_bytes());
    values[16..].copy_from_slice(&(high ^ zero).to_le_bytes());
    let (mut bits, mut from) = (0, 0);
    let mut wrong = inside & !(digits | dots);
    for _ in 0..4 {
        let to = marks.trailing_zeros() & 15;
        marks &= marks.wrapping_sub(1);
        let count = to.wrapping_sub(from);
        // Of one to three digits.
        wrong |= u32::from(count.wrapping_sub(1) > 2);
        let four: [u8; 4] = values[to as usize + 4..to as usize + 8].try_into().expect("four");
        let four = u32::from_le_bytes(four) & u32::MAX << (8 * (4u32.wrapping_sub(count) & 3));
        let octet = (four >> 24) + (four >> 16 & 0xff) * 10 + (four >> 8 & 0xff) * 100;
        let least = [0, 0, 10, 100][(count & 3) as usize];
        wrong |= u32::from(octet > 255) | u32::from(octet < least);
        bits = bits << 8 | octet;
        from = to + 1;
    }
    (wrong | marks == 0).then_some(bits)
}

#[inline(always)]
fn word(text: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(text[at..at + 8].try_into().expect("eight"))
}

#[inline(always)]
fn marks(window: &[u8; PAD]) -> Marks {
    let mut marks = Marks::default();
    for i in 0..HEX_MAX.div_ceil(8) {
        let word = word(window, 8 * i);
        let digits = word ^ eight(b'0');
        // 1 to 6 for letters of either case.
        let letters = (word | eight(0x20)) ^ eight(b'a' - 1);
        let letter = up_to(letters, 6) & !zeros(letters);
        let at = |tops| gather(tops) << (8 * i);
        marks.hex |= at(up_to(digits, 9) | letter);
        marks.colon |= at(zeros(word ^ eight(b':')));
        marks.zero |= at(zeros(digits));
        // Bit 5, which a small letter has, moved to the top.
        marks.upper |= at(letter & !(word << 2));
    }
    marks
}

#[inline(always)]
fn value(shape: &Shape, window: &[u8; PAD], _: usize) -> u128 {
    let mut nibbles = [0; 56];
    for i in 0..HEX_MAX.div_ceil(8) {
        let word = word(window, 8 * i);
        // Bit 6 tells a letter from a digit and from the colon, which has no value.
        let letters = word >> 6 & eight(1);
        let colons = (zeros(word ^ eight(b':')) >> 7) * 0xff;
        let values = ((word & eight(0x0f)) + letters * 9) & !colons;
        nibbles[8 + 8 * i..16 + 8 * i].copy_from_slice(&values.to_le_bytes());
    }
    let nibbles = shape.spread(&nibbles);
    nibbles.iter().fold(0, |bits, nibble| bits << 4 | u128::from(*nibble))
}

pub(super) fn hex(batch: &Batch<'_>, end: u8, out: &mut [u8]) -> usize {
    super::hex_by(batch, end, out, |bits, digits: &mut [u8; DIGITS]| {
        for (i, part) in digits.as_chunks_mut().0.iter_mut().enumerate() {
            *part = hex_32((bits >> (96 - 32 * i)) as u32);
        }
    })
}

/// Eight hexadecimal digits, all at once.
#[inline]
pub(super) fn hex_32(bits: u32) -> [u8; 8] {
    // A nibble a byte.
    let mut n = u64::from(bits);
    n = (n << 16 | n) & 0x0000_ffff_0000_ffff;
    n = (n << 8 | n) & 0x00ff_00ff_00ff_00ff;
    n = (n << 4 | n) & eight(0x0f);
    // 1 in each byte that is above 9, where a letter stands 39 after the digits.
    let letters = (n + eight(6)) >> 4 & eight(1);
    (n + eight(b'0') + letters * 39).to_be_bytes()
}
