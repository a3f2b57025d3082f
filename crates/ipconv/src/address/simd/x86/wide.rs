//! The AVX-512 kernel: four dotted quads at once, and an IPv6 address in one register.
#![expect(clippy::incompatible_msrv, reason = "the build script leaves this out where the compiler is older")]
use super::*;
use crate::address::simd::{MOST, plain::read_rest};

pub(in crate::address::simd) fn lines<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn all<L: Lines>(text: &[u8], len: usize, end: u8, lines: &mut L) {
        let values = lines.values();
        let ends = |block: &[u8; 64]| equal(block, end);
        let put = |mask, base, out: &mut [u32]| list_16(mask, base, out);
        let read = |text: &[u8], starts: &Starts, n, parsed: &mut Parsed| {
            let fours = quads(text, starts, n, parsed);
            let rest = !fours & u64::MAX >> (MOST - n);
            let v4 = |text: &[u8; 16], len| v4(text, len);
            let marks = |window: &[u8; PAD], len| marks(window, len);
            let value = |shape: &Shape, window: &[u8; PAD], len| value(shape, window, len);
            read_rest(text, starts, rest, values, parsed, v4, marks, value);
        };
        drive(text, len, lines, ends, put, read);
    }
    // SAFETY: Level::all saw these features, and nothing else makes a Level.
    unsafe { all(text, len, end, lines) }
}

pub(in crate::address::simd) fn search_avx512<S: Search>(job: S) -> S::Done {
    #[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn run<S: Search>(job: S) -> S::Done {
        job.run(|block, byte| equal(block, byte))
    }
    // SAFETY: as above.
    unsafe { run(job) }
}

/// Which of 64 bytes are `byte`, a bit each.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn equal(block: &[u8; 64], byte: u8) -> u64 {
    _mm512_cmpeq_epi8_mask(load_64(block), _mm512_set1_epi8(byte as i8))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_64(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the reference covers the 64 bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_4(numbers: &[u32]) -> __m128i {
    let four: &[u32; 4] = numbers.try_into().expect("four");
    // SAFETY: the reference covers the 16 bytes.
    unsafe { _mm_loadu_si128(four.as_ptr().cast()) }
}

/// As [`list`].
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi2,popcnt")]
fn list_16(mask: u64, base: u32, out: &mut [u32]) {
    let places = _mm512_castsi512_si128(_mm512_maskz_compress_epi8(mask, load_64(&PLACES.0)));
    let places = _mm512_add_epi32(_mm512_cvtepu8_epi32(places), _mm512_set1_epi32(base as i32));
    let Some((first, rest)) = out.split_first_chunk_mut::<16>() else { return };
    // SAFETY: there are 16 numbers of 4 bytes.
    unsafe { _mm512_storeu_si512(first.as_mut_ptr().cast(), places) };
    if mask.count_ones() > 16 {
        list_rest(mask, base, rest);
    }
}

/// All but the first 16.
#[cold]
fn list_rest(mask: u64, base: u32, out: &mut [u32]) {
    list((0..16).fold(mask, |mask, _| mask & (mask - 1)), base, out);
}

/// Reads all lines as dotted quads and tells which are.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,bmi1,bmi2")]
fn quads(text: &[u8], starts: &Starts, n: usize, parsed: &mut Parsed) -> u64 {
    let mut fine = 0;
    for (g, out) in parsed.bits.as_chunks_mut::<4>().0.iter_mut().enumerate().take(n.div_ceil(4)) {
        let at = 4 * g;
        let (from, next) = (load_4(&starts[at..at + 4]), load_4(&starts[at + 1..at + 5]));
        let [a, b, c, d] = [0, 1, 2, 3].map(|j| sixteen(text, starts[at + j] as usize));
        let v = join(a, b, c, d);
        // 16 bits for each line, as the comparison has them; of a line that is too long all are set.
        let lens = _mm_min_epu32(_mm_add_epi32(_mm_sub_epi32(next, from), _mm_set1_epi32(-1)), _mm_set1_epi32(16));
        let ends = _mm_sllv_epi32(_mm_set1_epi32(1), lens);
        let ends = _mm_cvtsi128_si64(_mm_packus_epi32(ends, ends)) as u64;
        let dots = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(b'.' as i8));
        let marks = dots & (ends - 0x0001_0001_0001_0001) | ends;
        let [a, b, c, d] = [0, 16, 32, 48].map(|shift| layout((marks >> shift) as u32 & 0xffff));
        let places = join(&a.shuffle, &b.shuffle, &c.shuffle, &d.shuffle);
        let known = [d, c, b, a].iter().fold(0, |known, layout| known << 16 | u64::from(layout.marks));
        let strange = _mm_cvtsi64_si128((known ^ marks) as i64);
        let strange = _mm_test_epi16_mask(strange, strange);
        let spread = _mm512_shuffle_epi8(_mm512_sub_epi8(v, _mm512_set1_epi8(b'0' as i8)), places);
        let weights = _mm512_set1_epi32(i32::from_le_bytes([0, 100, 10, 1]));
        let octets = _mm512_madd_epi16(_mm512_maddubs_epi16(spread, weights), _mm512_set1_epi16(1));
        // As in `v4`.
        let large = _mm512_subs_epu8(spread, _mm512_set1_epi8(9));
        let wrong = _mm512_and_si512(_mm512_or_si512(large, octets), _mm512_set1_epi32(!0xff));
        let lead = _mm512_testn_epi32_mask(spread, _mm512_set1_epi32(0xff));
        let wrong = _mm512_test_epi32_mask(wrong, wrong) | lead;
        // Of the four octets in a line, one may be wrong.
        let wrong = wrong | wrong >> 2;
        let wrong = _pext_u32(u32::from(wrong | wrong >> 1), 0x1111);
        fine |= u64::from(!(u32::from(strange) | wrong) & 0xf) << at;
        // Each into the upper end of its place.
        let order = load(&[N, N, N, N, N, N, N, N, N, N, N, N, 12, 8, 4, 0]);
        let values = _mm512_shuffle_epi8(octets, _mm512_broadcast_i32x4(order));
        // SAFETY: there are four places of 16 bytes.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), values) };
    }
    fine
}

#[inline]
#[target_feature(enable = "avx512f")]
fn join(a: &[u8; 16], b: &[u8; 16], c: &[u8; 16], d: &[u8; 16]) -> __m512i {
    let v = _mm512_inserti32x4::<1>(_mm512_castsi128_si512(load(a)), load(b));
    _mm512_inserti32x4::<3>(_mm512_inserti32x4::<2>(v, load(c)), load(d))
}

/// A table by the lower six bits of a character. They differ for all that an
/// address without dots is made of.
struct Six([u8; 64]);

/// The character itself, where there is one with these bits; else one with others.
static KNOWN: Six = {
    let mut all = [0; 64];
    all[0] = 1;
    let mut i = 0;
    while i < LETTERS.len() {
        all[LETTERS[i] as usize & 63] = LETTERS[i];
        i += 1;
    }
    Six(all)
};

/// Its value, or the top bit for a colon.
static NIBBLES: Six = {
    let mut all = [0x80; 64];
    let mut i = 0;
    while i < LETTERS.len() - 1 {
        all[LETTERS[i] as usize & 63] = if i < 16 { i as u8 } else { i as u8 - 6 };
        i += 1;
    }
    Six(all)
};

const LETTERS: &[u8; 23] = b"0123456789abcdefABCDEF:";

/// The place of each byte.
static PLACES: Six = {
    let mut all = [0; 64];
    let mut i = 0;
    while i < 64 {
        all[i] = i as u8;
        i += 1;
    }
    Six(all)
};

/// The first `len`, and colons behind them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn characters(window: &[u8; PAD], len: usize) -> __m512i {
    _mm512_mask_blend_epi8((1 << len) - 1, _mm512_set1_epi8(b':' as i8), load_64(window))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,bmi2")]
fn marks(window: &[u8; PAD], len: usize) -> Marks {
    let v = characters(window, len);
    let valid = _mm512_cmpeq_epi8_mask(v, _mm512_permutexvar_epi8(v, load_64(&KNOWN.0)));
    let colon = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(b':' as i8));
    let zero = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(b'0' as i8));
    // Of all that is valid, only capitals lack bit 5.
    let upper = _mm512_testn_epi8_mask(v, _mm512_set1_epi8(0x20));
    Marks { hex: valid & !colon, colon, zero, upper }
}

/// The places of the last digits of all groups, each in its slot, give those of
/// the digits before them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2")]
fn value(shape: &Shape, window: &[u8; PAD], len: usize) -> u128 {
    let nibbles = _mm512_permutexvar_epi8(characters(window, len), load_64(&NIBBLES.0));
    let ends = _mm512_castsi512_si128(_mm512_maskz_compress_epi8(shape.ends, load_64(&PLACES.0)));
    let behind = 0xff00u32 >> (shape.groups - shape.before) & 0xff;
    // What no group is in gets colons.
    let ends = _mm_mask_expand_epi8(_mm_set1_epi8(63), (((1 << shape.before) - 1) | behind) as u16, ends);
    // The last slot first, and in it the last digit.
    let slots =
        _mm256_set_epi64x(0x0000_0000_0101_0101, 0x0202_0202_0303_0303, 0x0404_0404_0505_0505, 0x0606_0606_0707_0707);
    let back = _mm256_set1_epi32(0x0302_0100);
    let places = _mm256_sub_epi8(_mm256_permutexvar_epi8(slots, _mm256_castsi128_si256(ends)), back);
    let digits = _mm512_castsi512_si256(_mm512_permutexvar_epi8(_mm512_castsi256_si512(places), nibbles));
    // Nothing counts from the first colon on: of each slot, the bits below its lowest top bit.
    let colons = _mm256_and_si256(digits, _mm256_set1_epi8(i8::MIN));
    let below = _mm256_andnot_si256(colons, _mm256_add_epi32(colons, _mm256_set1_epi32(-1)));
    let pairs = _mm256_maddubs_epi16(_mm256_and_si256(digits, below), _mm256_set1_epi16(0x1001));
    let mut bytes = [0; 16];
    store(&mut bytes, _mm256_cvtepi16_epi8(pairs));
    u128::from_le_bytes(bytes)
}

pub(in crate::address::simd) fn hex_avx512(batch: &Batch<'_>, end: u8, out: &mut [u8]) -> usize {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx2,bmi1,bmi2")]
    fn all(batch: &Batch<'_>, end: u8, out: &mut [u8]) -> usize {
        hex_by(batch, end, out, |bits, digits| digits_32(bits, digits))
    }
    // SAFETY: as above.
    unsafe { all(batch, end, out) }
}

/// All digits of an address.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
fn digits_32(bits: u128, out: &mut [u8; DIGITS]) {
    // Each byte twice, the first one first.
    let twice =
        _mm256_set_epi64x(0x0000_0101_0202_0303, 0x0404_0505_0606_0707, 0x0808_0909_0a0a_0b0b, 0x0c0c_0d0d_0e0e_0f0f);
    let v = _mm256_permutexvar_epi8(twice, _mm256_castsi128_si256(load(&bits.to_le_bytes())));
    let high = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi16(0x000f));
    let low = _mm256_and_si256(v, _mm256_set1_epi16(0x0f00));
    let table = _mm256_broadcastsi128_si256(load(b"0123456789abcdef"));
    let digits = _mm256_shuffle_epi8(table, _mm256_or_si256(high, low));
    // SAFETY: there are 32 bytes.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), digits) }
}
