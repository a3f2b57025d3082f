//! RRSIG records: what they say (RFC 4034 section 3).
use std::fmt;

use crate::{
    dnssec::canonical,
    wire::{message::u16_at, name::Name, types::Type},
};

/// The fields before the signer's name.
const FIXED: usize = 18;

/// An RRSIG record.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    /// The type of the records that it signs.
    pub(super) covered: Type,
    /// The algorithm's number.
    pub(super) algorithm: u8,
    /// Labels of the signed owner, without the root and a leading `*`.
    pub(super) labels: usize,
    /// The TTL that is signed.
    pub(super) original_ttl: [u8; 4],
    /// Seconds since 1970, modulo 2^32.
    expiration: u32,
    inception: u32,
    /// The tag of the key.
    pub(super) tag: u16,
    /// The zone whose key it is, in lower case.
    pub(super) signer: Name,
    /// The data without the signature.
    pub(super) head: Vec<u8>,
    /// The signature.
    pub(super) bytes: Vec<u8>,
}

impl Signature {
    /// Reads record data that are uncompressed, with names in lower case.
    pub(super) fn read(data: &[u8]) -> Option<Signature> {
        let (signer, end) = Name::read(data, FIXED)?;
        let (head, bytes) = data.split_at_checked(end)?;
        let u32_at = |at: usize| Some(u32::from_be_bytes(*data.get(at..)?.first_chunk()?));
        Some(Signature {
            covered: Type(u16_at(data, 0)?),
            algorithm: data[2],
            labels: usize::from(data[3]),
            original_ttl: *data.get(4..)?.first_chunk()?,
            expiration: u32_at(8)?,
            inception: u32_at(12)?,
            tag: u16_at(data, 16)?,
            signer,
            head: head.to_vec(),
            bytes: bytes.to_vec(),
        })
    }

    /// Why the signature does not hold at `now`, if it doesn't. The times are
    /// compared as serial numbers (RFC 4034 section 3.1.5).
    pub(super) fn untimely(&self, now: u32) -> Option<String> {
        let before = |a: u32, b: u32| a.wrapping_sub(b) as i32;
        if before(now, self.expiration) > 0 {
            Some(format!("expired at {}", Time(self.expiration)))
        } else if before(now, self.inception) < 0 {
            Some(format!("holds only from {}", Time(self.inception)))
        } else {
            None
        }
    }

    /// Labels of the owner that count (RFC 4034 section 3.1.3).
    pub(super) fn owner_labels(owner: &Name) -> usize {
        canonical::count(owner) - usize::from(canonical::is_wildcard(owner))
    }

    /// Was the set made from a wildcard? Then the labels of the wildcard without its `*`.
    pub(super) fn source(&self, owner: &Name) -> Option<usize> {
        (self.labels < Signature::owner_labels(owner)).then_some(self.labels)
    }
}

/// Seconds since 1970 as RFC 3339 has them.
struct Time(u32);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (i64::from(self.0 / 86400), self.0 % 86400);
        // The calendar repeats after 400 years; the year begins in March, so that its last day is the leap day.
        let days = days + 719_468;
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        // As date -u -d @N prints them.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_789_951, "2000-02-29T02:05:51Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (u32::MAX, "2106-02-07T06:28:15Z"),
        ] {
            assert_eq!(Time(seconds).to_string(), text);
        }
    }

    #[test]
    fn a_signature_holds_between_its_times_also_where_they_wrap() {
        let of = |inception: u32, expiration: u32| {
            let mut data = vec![0, 1, 13, 2, 0, 0, 1, 44];
            data.extend(expiration.to_be_bytes());
            data.extend(inception.to_be_bytes());
            data.extend(*b"\x12\x34\x07example\0signature");
            Signature::read(&data).unwrap()
        };
        let plain = of(100, 200);
        assert_eq!((plain.tag, &*plain.bytes), (0x1234, &b"signature"[..]));
        assert!([100, 150, 200].iter().all(|now| plain.untimely(*now).is_none()));
        assert_eq!(plain.untimely(99).unwrap(), "holds only from 1970-01-01T00:01:40Z");
        assert_eq!(plain.untimely(201).unwrap(), "expired at 1970-01-01T00:03:20Z");
        let wrapped = of(u32::MAX - 10, 10);
        assert!([u32::MAX, 0, 10].iter().all(|now| wrapped.untimely(*now).is_none()));
        assert!(wrapped.untimely(11).is_some() && wrapped.untimely(u32::MAX - 11).is_some());
    }
}
