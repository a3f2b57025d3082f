//! Many lines at a time: which of them are plain addresses, and which are
//! already in canonical form.
//!
//! A strict dotted quad is canonical by itself, and a canonical IPv6 text shows
//! in its colons and zeros before its value is known. So a filter of lines can
//! copy what needs no change. Whatever else a line may hold (blanks, a prefix, a
//! zone, a mistake) is left to [`crate::address::text`].
//!
//! Lines are told of in batches. What a line is decides no branch on the way:
//! where IPv4 and IPv6 alternate at random, a wrong guess for every third line
//! would cost more than the line.
//!
//! Ordinary code does this everywhere and is the twin that the vector kernels are
//! tested against; those are chosen at run time by what the processor has.
use std::sync::LazyLock;

use crate::address::value::{Family, Value};

mod plain;
mod shape;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86;

/// Bytes that must be readable behind the last line.
pub const PAD: usize = 64;

/// Lines in a batch at most, a bit each in a word.
pub const MOST: usize = 64;

/// Bytes of an address in hexadecimal, at most.
const DIGITS: usize = 32;

/// What is told of the lines of a text, in order.
pub trait Lines {
    /// The values of canonical IPv6 lines are needed; else they may be anything.
    fn values(&self) -> bool;
    /// The next few lines.
    fn batch(&mut self, batch: &Batch<'_>);
}

/// Lines that follow one another, 1 to [`MOST`] of them.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Where they are, with [`PAD`] bytes behind them.
    pub text: &'a [u8],
    /// Which are an IPv6 address and nothing else, a bit each from the lowest on.
    pub v6: u64,
    /// Those of them that may not be in canonical form.
    pub loose: u64,
    /// Which are no plain address. The rest are dotted quads, which are always canonical.
    pub odd: u64,
    /// Where each line starts, and the one behind the last.
    starts: &'a [u32],
    /// The address in each line; IPv4 stands in the upper 32 bits.
    bits: &'a [u128],
}

impl<'a> Batch<'a> {
    /// How many lines.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    #[inline]
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// A bit for each line.
    #[inline]
    pub fn all(&self) -> u64 {
        u64::MAX >> (MOST - self.len())
    }

    /// Where line `i` starts; that behind the last line, too.
    #[inline]
    pub fn from(&self, i: usize) -> usize {
        self.starts[i] as usize
    }

    /// Where line `i` has its end.
    #[inline]
    pub fn to(&self, i: usize) -> usize {
        self.from(i + 1) - 1
    }

    /// The addresses in the lines, those of IPv4 in the upper 32 bits; those of odd lines mean nothing.
    #[inline]
    pub fn bits(&self) -> &'a [u128] {
        self.bits
    }

    /// Line `i` is an IPv6 address.
    #[inline]
    pub fn is_v6(&self, i: usize) -> bool {
        self.v6 >> i & 1 != 0
    }

    /// The address in line `i`, if it is one.
    #[inline]
    pub fn value(&self, i: usize) -> Option<Value<'static>> {
        match self.odd >> i & 1 {
            0 if self.is_v6(i) => Some(Value::addr(Family::V6, self.bits[i])),
            0 => Some(Value::addr(Family::V4, self.bits[i] >> 96)),
            _ => None,
        }
    }

    /// The lines from `from` up to `to`, one at least.
    pub fn part(&self, from: usize, to: usize) -> Batch<'a> {
        let starts = &self.starts[from..=to];
        let cut = |mask: u64| mask >> from & u64::MAX >> (MOST - (to - from));
        let [v6, loose, odd] = [self.v6, self.loose, self.odd].map(cut);
        Batch { v6, loose, odd, starts, bits: &self.bits[from..to], ..*self }
    }
}

/// The places of the bits in `mask`, ascending.
#[inline]
pub fn places(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        place
    })
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
    #[cfg(all(target_arch = "x86_64", avx512_intrinsics))]
    Avx512,
}

impl Level {
    /// All that this processor has and their names, the fastest last.
    pub fn all() -> Vec<(&'static str, Level)> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "there is no other"))]
        let mut all = vec![("plain", Level(Kind::Plain))];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("ssse3") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("popcnt")
        {
            all.push(("sse4.1", Level(Kind::Sse41)));
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
            {
                all.push(("avx2", Level(Kind::Avx2)));
                #[cfg(avx512_intrinsics)]
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vbmi")
                    && is_x86_feature_detected!("avx512vbmi2")
                {
                    all.push(("avx512", Level(Kind::Avx512)));
                }
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
        static BEST: LazyLock<Level> = LazyLock::new(|| Level::all().pop().map_or(Level(Kind::Plain), |best| best.1));
        *BEST
    }
}

/// Tells `lines` of every line of `text[..len]`, each of which ends in `end`, the last one too.
///
/// # Panics
/// There are fewer than [`PAD`] bytes behind them, or 4 GiB of them.
pub fn each_line<L: Lines>(level: Level, text: &[u8], len: usize, end: u8, lines: &mut L) {
    assert!(text.len() >= len + PAD && u32::try_from(len).is_ok(), "the padding is there");
    match level.0 {
        Kind::Plain => plain::lines(text, len, end, lines),
        #[cfg(target_arch = "x86_64")]
        Kind::Sse41 => x86::sse41(text, len, end, lines),
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => x86::avx2(text, len, end, lines),
        #[cfg(all(target_arch = "x86_64", avx512_intrinsics))]
        Kind::Avx512 => x86::avx512(text, len, end, lines),
    }
}

/// Work on a text that looks for bytes, 64 of them at a time.
pub trait Search {
    /// What comes of it.
    type Done;
    /// Does it. `equal` says which of the bytes are that one, a bit each from the lowest on.
    fn run(self, equal: impl Fn(&[u8; 64], u8) -> u64) -> Self::Done;
}

/// Has `job` done with this kernel's eyes.
pub fn search<S: Search>(level: Level, job: S) -> S::Done {
    match level.0 {
        Kind::Plain => job.run(plain::equal),
        #[cfg(target_arch = "x86_64")]
        Kind::Sse41 => job.run(x86::equal_sse2),
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => x86::search_avx2(job),
        #[cfg(all(target_arch = "x86_64", avx512_intrinsics))]
        Kind::Avx512 => x86::search_avx512(job),
    }
}

/// What a kernel reads in a batch.
struct Parsed {
    v6: u64,
    loose: u64,
    odd: u64,
    bits: [u128; MOST],
}

/// Where the lines of a batch start; those behind the batch are any places in the text.
type Starts = [u32; MOST + 1];

/// Cuts the text into batches. `ends` finds line ends among 64 bytes, `put`
/// lists their places plus a number, and `read` tells what so many lines are.
#[inline(always)]
fn drive<L: Lines>(
    text: &[u8],
    len: usize,
    lines: &mut L,
    ends: impl Fn(&[u8; 64]) -> u64,
    put: impl Fn(u64, u32, &mut [u32]),
    read: impl Fn(&[u8], &Starts, usize, &mut Parsed),
) {
    // The first one, those of a batch less one, and those of a block, which are written 16 at a time.
    let mut starts = [0; 2 * MOST + 16];
    let mut parsed = Parsed { v6: 0, loose: 0, odd: 0, bits: [0; MOST] };
    let (mut base, mut have) = (0, 0);
    loop {
        while have < MOST && base < len {
            let Some(block) = text[base..].first_chunk() else { break };
            let inside = u64::MAX >> (64 - (len - base).min(64));
            let mask = ends(block) & inside;
            put(mask, base as u32 + 1, &mut starts[have + 1..]);
            have += mask.count_ones() as usize;
            base += 64;
        }
        let (Some(first), 1..) = (starts.first_chunk::<{ MOST + 1 }>(), have) else { return };
        let n = have.min(MOST);
        read(text, first, n, &mut parsed);
        let Parsed { v6, loose, odd, ref bits } = parsed;
        lines.batch(&Batch { text, v6, loose, odd, starts: &first[..=n], bits: &bits[..n] });
        starts.copy_within(n..=have, 0);
        have -= n;
    }
}

/// Writes the address of each line in hexadecimal, 8 or 32 digits, and `end` behind
/// it. Returns how many bytes that were.
///
/// # Panics
/// `out` has fewer than 33 bytes for each line.
pub fn hex(level: Level, batch: &Batch<'_>, end: u8, out: &mut [u8]) -> usize {
    match level.0 {
        Kind::Plain => plain::hex(batch, end, out),
        #[cfg(target_arch = "x86_64")]
        Kind::Sse41 => x86::hex_sse41(batch, end, out),
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => x86::hex_avx2(batch, end, out),
        #[cfg(all(target_arch = "x86_64", avx512_intrinsics))]
        Kind::Avx512 => x86::hex_avx512(batch, end, out),
    }
}

/// As [`hex`], with `digits` to make all digits of an address of either family at once.
#[inline(always)]
fn hex_by(batch: &Batch<'_>, end: u8, out: &mut [u8], digits: impl Fn(u128, &mut [u8; DIGITS])) -> usize {
    let mut at = 0;
    for (i, bits) in batch.bits.iter().enumerate() {
        let record: &mut [u8; DIGITS + 1] = (&mut out[at..at + DIGITS + 1]).try_into().expect("as long");
        let (all, _) = record.split_first_chunk_mut().expect("longer");
        digits(*bits, all);
        // Those of IPv4 are the first.
        let len = if batch.is_v6(i) { DIGITS } else { 8 };
        record[len] = end;
        at += len + 1;
    }
    at
}
