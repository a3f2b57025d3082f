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

#[cfg(test)]
mod tests {
    use super::*;

    fn record(rtype: Type, key: &[u8], ttl: u32) -> Record {
        Record { rtype, ttl, data: Data { key: key.to_vec(), ..Data::default() } }
    }

    #[test]
    fn equal_records_stand_side_by_side() {
        let sorted = [
            record(Type::A, b"\x01", 9),
            record(Type::A, b"\x02", 3),
            record(Type::A, b"\x02", 5),
            record(Type::MX, b"\x01", 1),
        ];
        assert!(sorted.is_sorted_by(|a, b| in_order(a, b) == Ordering::Less));
        let same: Vec<bool> = sorted.windows(2).map(|pair| is_same(&pair[0], &pair[1])).collect();
        assert_eq!(same, [false, true, false]);
        // Equal data of another type is another record.
        assert!(!is_same(&sorted[0], &sorted[3]));
    }
}
