//! Sets of records: the records of one owner and type, with their signatures.
use std::collections::HashMap;

use crate::{
    dnssec::{canonical, signature::Signature},
    wire::{
        message::{IN, Reply, Section},
        name::Name,
        rdata::{self, Shape},
        types::Type,
    },
};

/// The most signatures of a set that are looked at.
const MOST_SIGNATURES: usize = 8;

/// The records of one owner and one type.
#[derive(Debug)]
pub(super) struct RrSet {
    /// The owner, in lower case.
    pub(super) owner: Name,
    /// The type.
    pub(super) rtype: Type,
    /// The data in canonical form and order, each once (RFC 4034 section 6.3).
    pub(super) data: Vec<Vec<u8>>,
    /// Its signatures in the order of the message, no more than eight.
    pub(super) signatures: Vec<Signature>,
}

impl RrSet {
    /// `A of www.example.`
    pub(super) fn title(&self) -> String {
        format!("{} of {}", self.rtype, self.owner)
    }

    /// The bytes that `signature` signs (RFC 4034 section 3.1.8.1), or nothing
    /// where it counts more labels than the owner has.
    pub(super) fn signed_by(&self, signature: &Signature) -> Option<Vec<u8>> {
        let labels = Signature::owner_labels(&self.owner);
        let owner = match labels.checked_sub(signature.labels)? {
            0 => self.owner.clone(),
            _ => canonical::wildcard(&canonical::tail(&self.owner, signature.labels))?,
        };
        let mut signed = signature.head.clone();
        for data in &self.data {
            signed.extend_from_slice(owner.wire());
            signed.extend_from_slice(&self.rtype.0.to_be_bytes());
            signed.extend_from_slice(&[0, 1]);
            signed.extend_from_slice(&signature.original_ttl);
            signed.extend_from_slice(&u16::try_from(data.len()).ok()?.to_be_bytes());
            signed.extend_from_slice(data);
        }
        Some(signed)
    }
}

/// The sets of class IN in a section of a reply. Signatures are none of them.
pub(super) fn sets(reply: &Reply<'_>, section: Section) -> Vec<RrSet> {
    let mut sets: Vec<RrSet> = Vec::new();
    let mut places: HashMap<(Name, Type), usize> = HashMap::new();
    let mut signatures: HashMap<(Name, Type), Vec<Signature>> = HashMap::new();
    for record in reply.records.iter().filter(|r| r.section == section && r.class == IN) {
        let Some(owner) = reply.owner(record) else { continue };
        let owner = canonical::lower(&owner);
        let data = rdata::read(record.rtype, reply.msg, record.rdata.clone());
        if record.rtype == Type::RRSIG {
            let signature = Some(&data.key).filter(|_| data.shape == Shape::Own).and_then(|key| Signature::read(key));
            let Some(signature) = signature else { continue };
            let of = signatures.entry((owner, signature.covered)).or_default();
            if of.len() < MOST_SIGNATURES {
                of.push(signature);
            }
            continue;
        }
        let at = *places.entry((owner, record.rtype)).or_insert_with_key(|(owner, rtype)| {
            sets.push(RrSet { owner: owner.clone(), rtype: *rtype, data: Vec::new(), signatures: Vec::new() });
            sets.len() - 1
        });
        sets[at].data.push(canonical::data(record.rtype, data));
    }
    for set in &mut sets {
        set.data.sort_unstable();
        set.data.dedup();
        set.signatures = signatures.remove(&(set.owner.clone(), set.rtype)).unwrap_or_default();
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_a_wildcard_is_signed_as_the_wildcard() {
        let mut data = vec![0, 1, 13, 1, 0, 0, 1, 44, 0, 0, 0, 9, 0, 0, 0, 1, 0, 7];
        data.extend(*b"\x07example\0sig");
        let signature = Signature::read(&data).unwrap();
        let owner = Name::parse("a.b.example").unwrap();
        let set = RrSet { owner: owner.clone(), rtype: Type::A, data: vec![vec![1, 2, 3, 4]], signatures: Vec::new() };
        assert_eq!(signature.source(&owner), Some(1));
        let signed = set.signed_by(&signature).unwrap();
        assert_eq!(signed[..data.len() - 3], data[..data.len() - 3]);
        assert_eq!(signed[data.len() - 3..], *b"\x01*\x07example\0\0\x01\0\x01\0\0\x01\x2c\0\x04\x01\x02\x03\x04");
        let star = RrSet { owner: Name::parse("*.example").unwrap(), ..set };
        assert_eq!(signature.source(&star.owner), None);
        assert_eq!(star.signed_by(&signature).unwrap(), signed);
        let root = RrSet { owner: Name::root(), ..star };
        assert_eq!(root.signed_by(&signature), None);
    }
}
