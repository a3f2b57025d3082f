//! The vector kernels. Each says of a line what [`super::plain`] does.
#![expect(unsafe_code, reason = "vector loads and stores take pointers, and a kernel needs its processor")]
use std::arch::x86_64::*;

use super::{
    Batch, DIGITS, Lines, PAD, Parsed, Search, Starts, drive, hex_by,
    plain::{list, read_each, sixteen},
    shape::{HEX_MAX, Marks, Shape},
};

mod layout;
#[cfg(avx512_intrinsics)]
mod wide;

use layout::layout;
#[cfg(avx512_intrinsics)]
pub(super) use wide::{hex_avx512, lines as avx512, search_avx512};

pub(super) fn sse41<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
    // SAFETY: Level::all saw these features, and nothing else makes a Level.
    unsafe { lines_sse41(text, len, end, lines) }
}

#[target_feature(enable = "sse4.1,ssse3,popcnt")]
fn lines_sse41<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
    let values = lines.values();
    let ends = |block: &[u8; 64]| equal_sse2(block, end);
    let read = |text: &[u8], starts: &Starts, n, parsed: &mut Parsed| {
        let v4 = |text: &[u8; 16], len| v4(text, len);
        let marks = |window: &[u8; PAD], _| marks_sse2(window);
        read_each(text, starts, n, values, parsed, v4, marks, |shape: &Shape, window: &[u8; PAD], _| {
            value(shape, window)
        });
    };
    drive(text, len, lines, ends, list, read);
}

pub(super) fn avx2<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
    // SAFETY: as above.
    unsafe { lines_avx2(text, len, end, lines) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn lines_avx2<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
    let values = lines.values();
    let ends = |block: &[u8; 64]| equal_avx2(block, end);
    let read = |text: &[u8], starts: &Starts, n, parsed: &mut Parsed| {
        let v4 = |text: &[u8; 16], len| v4(text, len);
        let marks = |window: &[u8; PAD], _| marks_avx2(window);
        read_each(text, starts, n, values, parsed, v4, marks, |shape: &Shape, window: &[u8; PAD], _| {
            value(shape, window)
        });
    };
    drive(text, len, lines, ends, list, read);
}

pub(super) fn search_avx2<S: Search>(job: S) -> S::Done {
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn run<S: Search>(job: S) -> S::Done {
        job.run(|block, byte| equal_avx2(block, byte))
    }
    // SAFETY: as above.
    unsafe { run(job) }
}

#[inline(always)]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the reference covers the 16 bytes; SSE2 is part of x86-64.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// The place of no byte: a shuffle puts 0 there.
const N: u8 = 0x80;

#[inline(always)]
fn store(bytes: &mut [u8; 16], v: __m128i) {
    // SAFETY: as above.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), v) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_32(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Which of 64 bytes are `byte`, a bit each.
#[inline(always)]
pub(super) fn equal_sse2(block: &[u8; 64], byte: u8) -> u64 {
    let mut mask = 0;
    for (i, part) in block.as_chunks().0.iter().enumerate() {
        // SAFETY: SSE2 is part of x86-64.
        let part = unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(load(part), _mm_set1_epi8(byte as i8))) };
        mask |= u64::from(part as u16) << (16 * i);
    }
    mask
}

/// The same, 32 at a time.
#[inline]
#[target_feature(enable = "avx2")]
fn equal_avx2(block: &[u8; 64], byte: u8) -> u64 {
    let mut mask = 0;
    for (i, part) in block.as_chunks().0.iter().enumerate() {
        let part = _mm256_movemask_epi8(_mm256_cmpeq_epi8(load_32(part), _mm256_set1_epi8(byte as i8)));
        mask |= u64::from(part as u32) << (32 * i);
    }
    mask
}

/// Looks at the first 48 characters.
#[inline(always)]
fn marks_sse2(window: &[u8; PAD]) -> Marks {
    let mut marks = Marks::default();
    for (i, part) in window.as_chunks().0.iter().take(HEX_MAX.div_ceil(16)).enumerate() {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let v = load(part);
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
    marks
}

/// The same for 64 of them.
#[inline]
#[target_feature(enable = "avx2")]
fn marks_avx2(window: &[u8; PAD]) -> Marks {
    let mut marks = Marks::default();
    for (i, part) in window.as_chunks().0.iter().enumerate() {
        let v = load_32(part);
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
    marks
}

/// The dotted quad in the first `len` bytes, fewer than 16.
#[inline]
#[target_feature(enable = "sse4.1,ssse3")]
fn v4(text: &[u8; 16], len: usize) -> Option<u32> {
    let v = load(text);
    let dots = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(b'.' as i8))) as u32;
    let end = 1 << len;
    let marks = dots & (end - 1) | end;
    let layout = layout(marks);
    let digits = _mm_sub_epi8(v, _mm_set1_epi8(b'0' as i8));
    let spread = _mm_shuffle_epi8(digits, load(&layout.shuffle));
    let weights = _mm_set1_epi32(i32::from_le_bytes([0, 100, 10, 1]));
    let octets = _mm_madd_epi16(_mm_maddubs_epi16(spread, weights), _mm_set1_epi16(1));
    // More than 9 where a digit should be, more than 255 in all, or a leading zero.
    let large = _mm_and_si128(_mm_subs_epu8(spread, _mm_set1_epi8(9)), _mm_set1_epi32(!0xff));
    let wrong = _mm_or_si128(large, _mm_and_si128(octets, _mm_set1_epi32(!0xff)));
    let lead = _mm_cmpeq_epi32(_mm_and_si128(spread, _mm_set1_epi32(0xff)), _mm_setzero_si128());
    let wrong = _mm_or_si128(wrong, lead);
    if u32::from(layout.marks) != marks || _mm_testz_si128(wrong, wrong) == 0 {
        return None;
    }
    let order = load(&[12, 8, 4, 0, N, N, N, N, N, N, N, N, N, N, N, N]);
    Some(_mm_cvtsi128_si32(_mm_shuffle_epi8(octets, order)) as u32)
}

#[inline]
#[target_feature(enable = "sse4.1,ssse3")]
fn value(shape: &Shape, window: &[u8; PAD]) -> u128 {
    let mut nibbles = [0u8; 56];
    let (_, all) = nibbles.split_at_mut(8);
    for (part, out) in window.as_chunks().0.iter().zip(all.as_chunks_mut().0) {
        let v = load(part);
        // Bit 6 tells a letter from a digit and from the colon, which has no value.
        let letter = _mm_cmpgt_epi8(v, _mm_set1_epi8(0x3f));
        let low = _mm_and_si128(v, _mm_set1_epi8(0x0f));
        let value = _mm_add_epi8(low, _mm_and_si128(letter, _mm_set1_epi8(9)));
        let colon = _mm_cmpeq_epi8(v, _mm_set1_epi8(b':' as i8));
        store(out, _mm_andnot_si128(colon, value));
    }
    let spread = shape.spread(&nibbles);
    let weights = _mm_set1_epi16(0x0110);
    let halves = [0, 16].map(|at| _mm_maddubs_epi16(load(sixteen(&spread, at)), weights));
    let mut bytes = [0; 16];
    store(&mut bytes, _mm_packus_epi16(halves[0], halves[1]));
    u128::from_be_bytes(bytes)
}

pub(super) fn hex_sse41(batch: &Batch<'_>, end: u8, out: &mut [u8]) -> usize {
    #[target_feature(enable = "sse4.1,ssse3")]
    fn all(batch: &Batch<'_>, end: u8, out: &mut [u8]) -> usize {
        hex_by(batch, end, out, |bits, digits| digits_16(bits, digits))
    }
    // SAFETY: as above.
    unsafe { all(batch, end, out) }
}

pub(super) fn hex_avx2(batch: &Batch<'_>, end: u8, out: &mut [u8]) -> usize {
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn all(batch: &Batch<'_>, end: u8, out: &mut [u8]) -> usize {
        hex_by(batch, end, out, |bits, digits| digits_16(bits, digits))
    }
    // SAFETY: as above.
    unsafe { all(batch, end, out) }
}

/// All digits of an address.
#[inline]
#[target_feature(enable = "sse4.1,ssse3")]
fn digits_16(bits: u128, out: &mut [u8; DIGITS]) {
    let v = load(&bits.to_be_bytes());
    let low = _mm_and_si128(v, _mm_set1_epi8(0x0f));
    let high = _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(0x0f));
    let table = load(b"0123456789abcdef");
    let halves = [_mm_unpacklo_epi8(high, low), _mm_unpackhi_epi8(high, low)];
    for (half, out) in halves.into_iter().zip(out.as_chunks_mut().0) {
        store(out, _mm_shuffle_epi8(table, half));
    }
}
