//! Values by prefix, found by the longest one around a block.
use std::collections::{BTreeMap, BTreeSet};

use plainnet_common::block::{Block, Family};

/// Values by prefix.
#[derive(Clone, Debug)]
pub struct Prefixes<T> {
    values: BTreeMap<Block, T>,
    /// The lengths that occur. They are few, so that a look-up tries few prefixes.
    lengths: BTreeSet<(Family, u8)>,
}

impl<T> Default for Prefixes<T> {
    fn default() -> Prefixes<T> {
        Prefixes { values: BTreeMap::new(), lengths: BTreeSet::new() }
    }
}

impl<T> Prefixes<T> {
    /// Puts a value, the newest of its prefix; what is no prefix is left out.
    pub fn insert(&mut self, prefix: Block, value: T) {
        if let Some(length) = prefix.prefix_len() {
            self.lengths.insert((prefix.family, length));
            self.values.insert(prefix, value);
        }
    }

    /// The value of the longest prefix that holds all of `asked`, which is a prefix itself.
    pub fn around(&self, asked: &Block) -> Option<&T> {
        let family = asked.family;
        let longest = asked.prefix_len()?;
        let lengths = self.lengths.range((family, 0)..=(family, longest)).rev();
        lengths.map(|(_, length)| Block::network(family, asked.first, *length)).find_map(|p| self.values.get(&p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::range;

    #[test]
    fn the_longest_prefix_around_a_block_is_found() {
        let block = |text: &str| range::parse(text).unwrap();
        let mut prefixes = Prefixes::default();
        for text in ["0.0.0.0/0", "192.0.0.0/8", "192.0.2.0/24", "192.0.2.1/32", "::/0", "2001:db8::/32"] {
            prefixes.insert(block(text), text);
        }
        prefixes.insert(block("198.51.100.1-198.51.100.2"), "no prefix");
        for (asked, want) in [
            ("192.0.2.1", "192.0.2.1/32"),
            ("192.0.2.2", "192.0.2.0/24"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("192.0.2.0/23", "192.0.0.0/8"),
            ("193.0.0.1", "0.0.0.0/0"),
            ("198.51.100.1", "0.0.0.0/0"),
            ("2001:db8::1", "2001:db8::/32"),
            ("2001:db9::", "::/0"),
        ] {
            assert_eq!(prefixes.around(&block(asked)), Some(&want), "{asked}");
        }
        assert_eq!(prefixes.around(&block("192.0.2.1-192.0.2.2")), None);
        prefixes.insert(block("192.0.2.0/24"), "newer");
        assert_eq!(prefixes.around(&block("192.0.2.2")), Some(&"newer"));
    }
}
