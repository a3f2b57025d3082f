//! What several servers agree on, for --diff.
use std::collections::HashSet;

use crate::{
    ask::engine::Resolution,
    ask::lookup::{Lookup, Record},
    wire::types::Type,
};

/// One record, whatever its TTL and the case of its names.
type Key = (Vec<u8>, Type, Vec<u8>);

/// What is not to be printed again: records that every server gave, and types
/// that some server left open.
#[derive(Debug, Default)]
pub struct Shared {
    records: HashSet<Key>,
    /// Names and types of which some server said nothing.
    open: HashSet<(Vec<u8>, Type)>,
    /// A server did not answer for the name at all.
    all_open: bool,
}

impl Shared {
    /// Is this record no difference, as far as is known?
    pub fn holds(&self, lookup: &Lookup, record: &Record) -> bool {
        let name = folded(lookup);
        self.all_open || self.open.contains(&(name, record.rtype)) || self.records.contains(&key(lookup, record))
    }
}

fn folded(lookup: &Lookup) -> Vec<u8> {
    lookup.name.wire().to_ascii_lowercase()
}

fn key(lookup: &Lookup, record: &Record) -> Key {
    (folded(lookup), record.rtype, record.data.key.clone())
}

/// What the servers' answers have in common.
pub fn shared(resolutions: &[Option<Resolution>]) -> Shared {
    let mut shared = Shared::default();
    let mut sets: Vec<HashSet<Key>> = Vec::new();
    for resolution in resolutions {
        let Some(resolution) = resolution else { continue };
        let mut records = HashSet::new();
        for lookup in &resolution.lookups {
            records.extend(lookup.records.iter().map(|record| key(lookup, record)));
            shared.open.extend(lookup.failures.iter().map(|failure| (folded(lookup), failure.rtype)));
            shared.all_open |= lookup.failed_whole;
        }
        sets.push(records);
    }
    let (first, others) = match sets.split_first_mut() {
        Some((first, others)) => (std::mem::take(first), &*others),
        None => return shared,
    };
    shared.records = first.into_iter().filter(|key| others.iter().all(|set| set.contains(key))).collect();
    shared
}
