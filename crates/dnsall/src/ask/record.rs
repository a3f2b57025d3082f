//! What a name has and what it has not: records, and types without any.
use std::cmp::Ordering;

use crate::wire::{
    name::Name,
    rdata::{self, Data},
    types::Type,
};

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

/// The bytes before the data of a packed record: type, time and length.
const PACKED_HEAD: usize = 8;

/// The bytes that `records` take when they are packed.
pub(super) fn packed_len(records: &[Record]) -> usize {
    records.iter().map(|record| PACKED_HEAD + record.data.wire.len()).sum()
}

/// The wire form of `records`, from which [`unpack`] makes them again; nothing where it could not.
pub(super) fn pack(records: &[Record]) -> Option<Vec<u8>> {
    let mut packed = Vec::with_capacity(packed_len(records));
    let (root, mut memory) = (Name::root(), Data::default());
    for Record { rtype, ttl, data } in records {
        memory = rdata::read_into(*rtype, &data.wire, 0..data.wire.len(), &root, memory);
        if memory != *data {
            return None;
        }
        packed.extend(rtype.0.to_be_bytes());
        packed.extend(ttl.to_be_bytes());
        packed.extend(u16::try_from(data.wire.len()).ok()?.to_be_bytes());
        packed.extend_from_slice(&data.wire);
    }
    Some(packed)
}

/// The records of [`pack`].
pub(super) fn unpack(mut packed: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some((&[t0, t1, ttl0, ttl1, ttl2, ttl3, len0, len1], behind)) = packed.split_first_chunk()
        && let Some((wire, rest)) = behind.split_at_checked(usize::from(u16::from_be_bytes([len0, len1])))
    {
        let rtype = Type(u16::from_be_bytes([t0, t1]));
        let ttl = u32::from_be_bytes([ttl0, ttl1, ttl2, ttl3]);
        records.push(Record { rtype, ttl, data: rdata::read(rtype, wire, 0..wire.len()) });
        packed = rest;
    }
    records
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

    #[test]
    fn packed_records_come_back_as_they_were() {
        let read =
            |rtype, wire: &[u8]| Record { rtype, ttl: 1 << 20 | 7, data: rdata::read(rtype, wire, 0..wire.len()) };
        let records = [
            read(Type::A, &[192, 0, 2, 1]),
            // Malformed, with letters of both cases, of a type without a form, empty.
            read(Type::A, &[1, 2, 3]),
            read(Type::MX, b"\0\x0a\x04MaiL\0"),
            read(Type(65280), b"\xff"),
            read(Type(65280), b""),
        ];
        let packed = pack(&records).unwrap();
        assert_eq!(packed.len(), packed_len(&records));
        assert_eq!(unpack(&packed), records);
        assert!(unpack(&packed[..packed.len() - 1]).len() == 4);
        // What its own bytes do not tell, or too many of them, is left as it is.
        let short =
            Record { data: Data { text: "1.2.3".to_owned(), ..read(Type::A, &[1, 2, 3]).data }, ..records[1].clone() };
        assert_eq!(pack(&[short]), None);
        assert_eq!(pack(&[read(Type(65280), &[0; 1 << 16])]), None);
        assert!(pack(&[read(Type(65280), &[0; (1 << 16) - 1])]).is_some());
    }
}
