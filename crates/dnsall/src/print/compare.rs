//! What several servers agree on, for --diff.
use std::collections::HashSet;

use crate::{
    ask::engine::Resolution,
    ask::{lookup::Lookup, record::Record},
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
    /// For each server that may have left an alias open: the names that it was asked about.
    asked: Vec<HashSet<Vec<u8>>>,
    /// What the servers say of the name itself.
    pub existence: Existence,
}

/// Do the servers agree on whether the name exists, beyond the records that they give?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existence {
    /// They agree that it does, or the records tell.
    #[default]
    Agreed,
    /// All of them deny it.
    Denied,
    /// Some deny it, and others say that it has no records.
    Contested,
}

impl Shared {
    /// Is this record no difference, as far as is known?
    pub fn holds(&self, lookup: &Lookup, record: &Record) -> bool {
        let name = folded(lookup);
        if self.asked.iter().any(|names| !names.contains(&name)) {
            return true;
        }
        self.all_open || self.open.contains(&(name, record.rtype)) || self.records.contains(&key(lookup, record))
    }
}

fn folded(lookup: &Lookup) -> Vec<u8> {
    lookup.name.wire().to_ascii_lowercase()
}

fn key(lookup: &Lookup, record: &Record) -> Key {
    (folded(lookup), record.rtype, record.data.key.clone())
}

/// What the servers' answers have in common; nothing stands for a server that can't be asked.
pub fn shared<'r>(resolutions: impl Iterator<Item = Option<&'r Resolution>>) -> Shared {
    let mut shared = Shared::default();
    let mut sets: Vec<HashSet<Key>> = Vec::new();
    let (mut denials, mut absences, mut any_records) = (0, 0, false);
    for resolution in resolutions {
        let Some(resolution) = resolution else {
            shared.all_open = true;
            continue;
        };
        let mut records = HashSet::new();
        if let Some(last) = resolution.lookups.last() {
            let is_open = !last.failures.is_empty() || last.referral.is_some();
            denials += usize::from(last.is_denied() && !is_open);
            absences += usize::from(!last.absent.is_empty() && !is_open);
            any_records |= resolution.lookups.iter().any(|lookup| !lookup.records.is_empty());
            if is_open && last.target.is_none() {
                shared.asked.push(resolution.lookups.iter().map(folded).collect());
            }
        }
        for lookup in &resolution.lookups {
            records.extend(lookup.records.iter().map(|record| key(lookup, record)));
            shared.open.extend(lookup.failures.iter().map(|failure| (folded(lookup), failure.rtype)));
            shared.open.extend(lookup.referred.iter().map(|rtype| (folded(lookup), *rtype)));
            shared.all_open |= lookup.failed_whole;
        }
        sets.push(records);
    }
    shared.existence = match (denials, absences) {
        _ if any_records || denials == 0 => Existence::Agreed,
        (_, 0) if denials == sets.len() => Existence::Denied,
        (_, 0) => Existence::Agreed,
        _ => Existence::Contested,
    };
    let (first, others) = match sets.split_first_mut() {
        Some((first, others)) => (std::mem::take(first), &*others),
        None => return shared,
    };
    shared.records = first.into_iter().filter(|key| others.iter().all(|set| set.contains(key))).collect();
    shared
}
