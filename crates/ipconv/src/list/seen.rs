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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_same_where_all_of_them_is() {
        let mut seen = Seen::default();
        let address = Value::addr(Family::V4, 1);
        let six = Value::addr(Family::V6, 1);
        for value in [
            address,
            six,
            Value::addr(Family::V4, 2),
            Value { zone: Some("a"), ..six },
            Value { zone: Some("b"), ..six },
            Value::prefix(Family::V4, 1, 32),
            Value::prefix(Family::V4, 1, 31),
            Value { what: What::Range(1), ..address },
            Value { what: What::Range(2), ..address },
        ] {
            assert!(seen.insert(&value), "{value:?}");
            assert!(!seen.insert(&value), "{value:?}");
        }
        assert!(!seen.insert_v4(1) && seen.insert_v4(3) && !seen.insert_v6(1) && seen.insert_v6(3));
    }
}
