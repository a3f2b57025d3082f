//! DNSKEY and DS records (RFC 4034 sections 2 and 5).
use hickory_proto::dnssec::{Algorithm, DigestType, PublicKey as _, PublicKeyBuf, crypto::Digest};

use crate::wire::{message::u16_at, name::Name};

/// Bits of a key's flags: it signs a zone (RFC 4034 section 2.1.1), and it is revoked (RFC 5011 section 7).
const ZONE: u16 = 0x0100;
const REVOKED: u16 = 0x0080;
/// The one value of a key's protocol field (RFC 4034 section 2.1.2).
const PROTOCOL: u8 = 3;

/// A DNSKEY record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    flags: u16,
    protocol: u8,
    /// The algorithm's number.
    pub(super) algorithm: u8,
    /// Its tag (RFC 4034 appendix B), which other keys may have, too.
    pub(super) tag: u16,
    /// The record's data.
    pub(super) data: Vec<u8>,
}

impl Key {
    /// Reads record data.
    pub(super) fn read(data: &[u8]) -> Option<Key> {
        let (flags, protocol, algorithm) = (u16_at(data, 0)?, *data.get(2)?, *data.get(3)?);
        let sum: u32 = data.iter().enumerate().map(|(i, byte)| u32::from(*byte) << (8 * (1 - i % 2))).sum();
        let tag = (sum + (sum >> 16)) as u16;
        Some(Key { flags, protocol, algorithm, tag, data: data.to_vec() })
    }

    /// May it vouch for records of its zone?
    pub(super) fn is_usable(&self) -> bool {
        self.flags & ZONE != 0 && self.flags & REVOKED == 0 && self.protocol == PROTOCOL
    }

    /// Is it the same key, whatever its flags?
    pub(super) fn is_same(&self, other: &Key) -> bool {
        self.algorithm == other.algorithm && self.data.get(4..) == other.data.get(4..)
    }

    /// Did this key make `signature` over `signed`?
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        // hickory must not be asked for an algorithm that it does not know.
        let public = self.data.get(4..).filter(|_| is_known(self.algorithm));
        let key = |bytes: &[u8]| PublicKeyBuf::new(bytes.to_vec(), Algorithm::from_u8(self.algorithm));
        public.is_some_and(|bytes| key(bytes).verify(signed, signature).is_ok())
    }
}

/// Can signatures of this algorithm be checked?
pub(super) fn is_known(algorithm: u8) -> bool {
    Algorithm::from_u8(algorithm).is_supported()
}

/// A DS record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ds {
    /// The key's tag.
    pub(super) tag: u16,
    /// The key's algorithm.
    pub(super) algorithm: u8,
    /// How the digest is made.
    pub(super) digest_type: u8,
    digest: Vec<u8>,
}

impl Ds {
    /// Reads record data.
    pub(super) fn read(data: &[u8]) -> Option<Ds> {
        let (head, digest) = data.split_first_chunk::<4>()?;
        let [high, low, algorithm, digest_type] = *head;
        Some(Ds { tag: u16::from_be_bytes([high, low]), algorithm, digest_type, digest: digest.to_vec() })
    }

    /// Can digest and key be checked?
    pub(super) fn is_known(&self) -> bool {
        is_known(self.algorithm) && DigestType::from(self.digest_type).is_supported()
    }

    /// Is the digest SHA-1's, which does not count beside a better one (RFC 4509 section 3)?
    pub(super) fn is_sha1(&self) -> bool {
        self.digest_type == 1
    }

    /// Is it the digest of this key of `owner`, which is in lower case?
    pub(super) fn covers(&self, owner: &Name, key: &Key) -> bool {
        if self.tag != key.tag || self.algorithm != key.algorithm || !self.is_known() {
            return false;
        }
        let bytes = [owner.wire(), &key.data].concat();
        Digest::new(&bytes, DigestType::from(self.digest_type)).is_ok_and(|digest| digest.as_ref() == self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_make_the_signature_check_panic() {
        for algorithm in 0..=255 {
            for len in [0, 1, 2, 3, 31, 32, 33, 64, 65, 96, 130, 600] {
                for fill in [0, 1, 3, 0xff] {
                    let key = Key::read(&[&[1, 0, 3, algorithm][..], &vec![fill; len]].concat()).unwrap();
                    assert!(!key.verifies(b"signed", &vec![fill; len]), "{algorithm} {len} {fill}");
                }
            }
        }
    }
}
