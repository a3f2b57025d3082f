//! MD5 (RFC 1321), with which the registries guard their statistics against
//! errors on the way. Against a forger it is no guard; HTTPS is.

/// How many bits each of the four operations of a round rotates by.
const ROTATIONS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// A sum that is being taken.
#[derive(Clone, Debug)]
pub struct Md5 {
    state: [u32; 4],
    /// Bytes that have been added.
    length: u64,
    /// Bytes that do not fill a block yet.
    rest: Vec<u8>,
}

impl Default for Md5 {
    fn default() -> Md5 {
        Md5 { state: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476], length: 0, rest: Vec::with_capacity(64) }
    }
}

impl Md5 {
    /// Adds bytes.
    pub fn add(&mut self, mut bytes: &[u8]) {
        self.length = self.length.wrapping_add(bytes.len() as u64);
        if !self.rest.is_empty() {
            let (head, tail) = bytes.split_at(bytes.len().min(64 - self.rest.len()));
            self.rest.extend_from_slice(head);
            bytes = tail;
            if self.rest.len() < 64 {
                return;
            }
            let block = std::mem::take(&mut self.rest);
            self.block(&block);
        }
        let mut blocks = bytes.chunks_exact(64);
        blocks.by_ref().for_each(|block| self.block(block));
        self.rest.extend_from_slice(blocks.remainder());
    }

    /// The sum in hexadecimal digits.
    pub fn finish(mut self) -> String {
        let bits = self.length.wrapping_mul(8);
        let zeros = (119 - self.length % 64) % 64;
        self.add(&[0x80]);
        self.add(&vec![0; zeros as usize]);
        self.add(&bits.to_le_bytes());
        self.state.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 1321 section 3.4.
    fn block(&mut self, block: &[u8]) {
        let mut words = [0u32; 16];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().rev().fold(0, |word, byte| (word << 8) + u32::from(*byte));
        }
        let [mut a, mut b, mut c, mut d] = self.state;
        for i in 0..64 {
            let (mix, at) = match i / 16 {
                0 => (b & c | !b & d, i),
                1 => (b & d | c & !d, 5 * i + 1),
                2 => (b ^ c ^ d, 3 * i + 5),
                _ => (c ^ (b | !d), 7 * i),
            };
            // The RFC's table T: the digits of a sine behind its point.
            let sine = ((f64::from(i as u32 + 1).sin().abs()) * 4_294_967_296.0) as u32;
            let sum = a.wrapping_add(mix).wrapping_add(sine).wrapping_add(words[at % 16]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(ROTATIONS[i / 16][i % 4]));
        }
        for (state, word) in self.state.iter_mut().zip([a, b, c, d]) {
            *state = state.wrapping_add(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_rfc() {
        // RFC 1321, appendix A.5.
        for (text, want) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            // The same however the bytes come.
            for size in [1, 3, 63, 64, 65, 1000] {
                let mut sum = Md5::default();
                text.as_bytes().chunks(size).for_each(|part| sum.add(part));
                assert_eq!(sum.finish(), want, "{text} in parts of {size}");
            }
        }
    }
}
