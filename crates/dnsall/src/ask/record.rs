//! What a name has and what it has not: records, and types without any.
use std::cmp::Ordering;

use crate::wire::{name::Name, rdata::Data, types::Type};

/// A record of the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its type.
    pub rtype: Type,
    /// Seconds it may be kept.
    pub ttl: u32,
    /// Its data.
    pub data: Data,
}

/// A type of which a server said that the name has no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The type.
    pub rtype: Type,
    /// The zone whose SOA record stood beside the answer, where one did: it is
    /// the parent's for a DS record that the parent denies.
    pub zone: Option<Name>,
}

/// By type, then by canonical data, then by what is left of the time.
pub(super) fn in_order(a: &Record, b: &Record) -> Ordering {
    (a.rtype, &a.data.key, a.ttl).cmp(&(b.rtype, &b.data.key, b.ttl))
}

/// Are the records equal but for the time that is left?
pub(super) fn is_same(a: &Record, b: &Record) -> bool {
    a.rtype == b.rtype && a.data.key == b.data.key
}
