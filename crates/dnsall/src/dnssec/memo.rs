//! A memory that forgets what was not wanted for long.
use std::{collections::HashMap, hash::Hash};

/// Values by key, at most twice `limit` of them.
#[derive(Debug)]
pub(super) struct Memo<K, V> {
    limit: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Hash + Eq + Clone, V: Clone> Memo<K, V> {
    /// Nothing yet.
    pub(super) fn new(limit: usize) -> Memo<K, V> {
        Memo { limit, young: HashMap::new(), old: HashMap::new() }
    }

    /// The value, which is remembered longer for being asked for.
    pub(super) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.insert(key.clone(), value.clone());
        Some(value)
    }

    /// Remembers a value. Where there are too many, those that nobody has asked for lately go.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.limit {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays() {
        let mut memo = Memo::new(2);
        for n in 0..10 {
            memo.insert(n, n);
            assert_eq!(memo.get(&0), Some(0), "{n}");
        }
        assert_eq!(memo.get(&1), None);
        assert_eq!(memo.get(&9), Some(9));
        assert!(memo.young.len() + memo.old.len() <= 4);
    }
}
