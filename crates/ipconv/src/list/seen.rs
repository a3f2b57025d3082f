//! The values that have been seen, for `--unique`.
use std::collections::HashSet;

use crate::address::value::{Family, Value, What};

/// Two values are the same where address, zone, and prefix length or end are.
#[derive(Debug, Default)]
pub struct Seen {
    v4: HashSet<u32>,
    v6: HashSet<u128>,
    /// Whatever is more than a plain address.
    rest: HashSet<(Family, u128, What, Option<String>)>,
}

impl Seen {
    /// Is this IPv4 address new?
    #[inline]
    pub fn insert_v4(&mut self, bits: u32) -> bool {
        self.v4.insert(bits)
    }

    /// Is this IPv6 address without a zone new?
    #[inline]
    pub fn insert_v6(&mut self, bits: u128) -> bool {
        self.v6.insert(bits)
    }

    /// Is this value new?
    pub fn insert(&mut self, value: &Value<'_>) -> bool {
        match (value.family, value.what, value.zone) {
            (Family::V4, What::Addr, None) => self.insert_v4(value.bits as u32),
            (Family::V6, What::Addr, None) => self.insert_v6(value.bits),
            (family, what, zone) => self.rest.insert((family, value.bits, what, zone.map(str::to_owned))),
        }
    }
}
