//! The hash of a name, the same for the tables that are built and for those who ask them.

/// FNV-1a over the letters in lower case.
pub fn hash(name: &[u8]) -> usize {
    finish(name.iter().fold(SEED, |h, b| step(h, *b)))
}

/// What a hash begins with.
pub const SEED: u32 = 0x811c_9dc5;

/// Takes one more byte into a hash.
pub fn step(h: u32, b: u8) -> u32 {
    (h ^ u32::from(b | 0x20)).wrapping_mul(0x0100_0193)
}

/// The hash when all bytes are in.
pub fn finish(h: u32) -> usize {
    (h ^ (h >> 15)) as usize
}
