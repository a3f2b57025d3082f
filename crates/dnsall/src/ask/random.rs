//! Random bytes from the system: identifiers, letter cases and cookies that a
//! forger can't guess.
/// Random bytes, fetched a page at a time.
#[derive(Debug, Default)]
pub struct Random {
    store: Vec<u8>,
    /// For a run that is to be the same each time: where its bytes come from instead.
    state: Option<u64>,
}

impl Random {
    /// Bytes that anybody can guess, the same ones for the same `seed`: for tests alone.
    pub fn repeatable(seed: u64) -> Random {
        Random { store: Vec::new(), state: Some(seed | 1) }
    }

    /// The next `N` bytes.
    ///
    /// Where the system gives none (a filter of system calls), the keys of the
    /// standard library's hash maps and the time stand in: worse, but not fixed.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        if self.store.last_chunk::<N>().is_none() {
            self.store.resize(4096.max(N), 0);
            if let Some(state) = &mut self.state {
                for chunk in self.store.chunks_mut(8) {
                    // xorshift64.
                    *state ^= *state << 13;
                    *state ^= *state >> 7;
                    *state ^= *state << 17;
                    chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
                }
            } else if getrandom::fill(&mut self.store).is_err() {
                use std::hash::{BuildHasher as _, RandomState};
                for (i, chunk) in self.store.chunks_mut(8).enumerate() {
                    let word = RandomState::new().hash_one((i, std::time::Instant::now()));
                    chunk.copy_from_slice(&word.to_ne_bytes()[..chunk.len()]);
                }
            }
        }
        let rest = self.store.len() - N;
        let mut out = [0; N];
        out.copy_from_slice(&self.store[rest..]);
        self.store.truncate(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_comes_twice() {
        // More than one page, by pieces that do not divide it; of 16 bytes no two are the same by chance.
        let mut random = Random::default();
        let pieces: HashSet<[u8; 16]> = (0..1000).map(|_| random.bytes()).collect();
        assert_eq!(pieces.len(), 1000);
        let words: HashSet<[u8; 11]> = (0..1000).map(|_| random.bytes()).collect();
        assert_eq!(words.len(), 1000);
        // A piece of more than a page has no part that is left as it was.
        let long: [u8; 8192] = random.bytes();
        assert!(long.chunks(64).all(|chunk| chunk.iter().any(|byte| *byte != 0)));
    }

    #[test]
    fn repeatable_bytes_are_those_of_xorshift64() {
        // Marsaglia 2003, with the shifts 13, 7 and 17, from 1 on.
        let page: [u8; 4096] = Random::repeatable(1).bytes();
        for (at, word) in [1_082_269_761_u64, 1_152_992_998_833_853_505].into_iter().enumerate() {
            assert_eq!(page[8 * at..8 * at + 8], word.to_le_bytes());
        }
        // A seed of 0 would give nothing but zeros.
        assert_eq!(Random::repeatable(0).bytes(), page);
        assert_ne!(Random::repeatable(3).bytes(), page);
    }
}
