//! Runs of addresses with a two-letter value, in few bytes.
//!
//! A run is a byte for its value, a byte for the power of two that divides its
//! length, and, where the length is more than that power, the odd rest as a
//! variable-length number. Runs follow each other without a gap from address 0
//! on, so their starts need no bytes. build.rs packs with the same file.

/// Set in the second byte of a run whose length is more than a power of two.
const ODD: u8 = 0x80;

/// Runs between two marks.
const STEP: usize = 256;

/// Packed runs, and where some of them begin.
#[derive(Clone, Copy, Debug)]
pub struct Packed {
    /// What the values stand for; the first is that there is none.
    pub texts: &'static [&'static str],
    /// Every 256th run: its first address and the place of its bytes.
    pub marks: &'static [(u128, u32)],
    /// The runs.
    pub bytes: &'static [u8],
}

/// One run: it ends where the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its first address.
    pub first: u128,
    /// Its last address.
    pub last: u128,
    /// The place of its value in [`Packed::texts`].
    pub value: u8,
}

impl Packed {
    /// The run that holds an address; nothing above the family's last one.
    pub fn find(&self, addr: u128) -> Option<Run> {
        let at = self.marks.partition_point(|mark| mark.0 <= addr).checked_sub(1)?;
        let (first, place) = self.marks[at];
        self.from(first, place as usize).find(|run| addr <= run.last)
    }

    /// Every run, in order.
    pub fn runs(&self) -> impl Iterator<Item = Run> {
        self.from(0, 0)
    }

    fn from(&self, mut first: u128, mut at: usize) -> impl Iterator<Item = Run> {
        let bytes = self.bytes;
        std::iter::from_fn(move || {
            let (value, power) = (*bytes.get(at)?, *bytes.get(at + 1)?);
            at += 2;
            let mut odd: u128 = 1;
            if power & ODD != 0 {
                let mut shift = 1;
                loop {
                    let byte = *bytes.get(at)?;
                    at += 1;
                    odd += u128::from(byte & 0x7f) << shift;
                    if byte & 0x80 == 0 {
                        break;
                    }
                    shift += 7;
                }
            }
            let last = first.wrapping_add(odd << (power & !ODD)).wrapping_sub(1);
            let run = Run { first, last, value };
            first = last.wrapping_add(1);
            Some(run)
        })
    }
}

/// Packs runs, each with its first and last address and its value; they follow
/// each other from 0 on. Gives the bytes and the marks.
#[allow(dead_code, reason = "build.rs packs, and the tests")]
pub fn pack(runs: &[Run]) -> (Vec<u8>, Vec<(u128, u32)>) {
    let (mut bytes, mut marks) = (Vec::new(), Vec::new());
    for (i, run) in runs.iter().enumerate() {
        if i % STEP == 0 {
            marks.push((run.first, bytes.len() as u32));
        }
        let length = run.last - run.first + 1;
        let power = length.trailing_zeros() as u8;
        let mut odd = length >> power >> 1;
        bytes.extend([run.value, if odd > 0 { power + ODD } else { power }]);
        while odd > 0 {
            let more = if odd > 0x7f { 0x80 } else { 0 };
            bytes.push((odd & 0x7f) as u8 + more);
            odd >>= 7;
        }
    }
    (bytes, marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_back_as_they_went() {
        // Lengths with every number of bytes, ends at the top of both families.
        for top in [u128::from(u32::MAX), u128::MAX] {
            let mut runs = Vec::new();
            let (mut first, mut n) = (0u128, 1u128);
            while let Some(last) = first.checked_add(n % (top / 700)).filter(|last| *last < top) {
                runs.push(Run { first, last, value: (n % 241) as u8 });
                first = last + 1;
                n = n.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).wrapping_add(1) >> (n % 3);
            }
            runs.push(Run { first, last: top, value: 7 });
            assert!(runs.len() > 600, "{}", runs.len());
            let (bytes, marks) = pack(&runs);
            let packed = Packed { texts: &[], marks: marks.leak(), bytes: bytes.leak() };
            assert!(packed.runs().eq(runs.iter().copied()));
            for run in &runs {
                for addr in [run.first, run.last, run.first.midpoint(run.last)] {
                    assert_eq!(packed.find(addr), Some(*run), "{addr:x}");
                }
            }
        }
        let cut = Packed { texts: &[], marks: &[(0, 0)], bytes: &[1, 0x83, 0x80] };
        assert_eq!(cut.find(0), None);
    }
}
