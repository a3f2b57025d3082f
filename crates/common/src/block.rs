//! Ranges of addresses, which need not be prefixes.
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The family of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// 32 bits, kept in the low end of a `u128`.
    V4,
    /// Addresses of 128 bits (RFC 4291).
    V6,
}

impl Family {
    /// Bits of an address: 32 or 128.
    pub const fn width(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }

    /// The highest address, which is also the mask of all bits.
    pub const fn top(self) -> u128 {
        match self {
            Family::V4 => u32::MAX as u128,
            Family::V6 => u128::MAX,
        }
    }

    /// The host bits of a prefix of `len` bits; none if `len` is the width or more.
    pub const fn host_mask(self, len: u8) -> u128 {
        match self.top().checked_shr(len as u32) {
            Some(mask) => mask,
            None => 0,
        }
    }

    /// The address with these bits; an IPv4 address is the low 32 of them.
    pub const fn address(self, bits: u128) -> IpAddr {
        match self {
            Family::V4 => IpAddr::V4(Ipv4Addr::from_bits(bits as u32)),
            Family::V6 => IpAddr::V6(Ipv6Addr::from_bits(bits)),
        }
    }
}

/// Consecutive addresses of one family, both ends included. It is never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block {
    /// The family of both ends.
    pub family: Family,
    /// The lowest address as a number.
    pub first: u128,
    /// The highest address as a number, never below `first`.
    pub last: u128,
}

impl Block {
    /// The network of `len` bits that holds the address `bits`.
    pub const fn network(family: Family, bits: u128, len: u8) -> Block {
        let host = family.host_mask(len);
        Block { family, first: bits & !host, last: bits | host }
    }

    /// The block of one address alone.
    pub fn of(addr: IpAddr) -> Block {
        let (family, bits) = match addr {
            IpAddr::V4(a) => (Family::V4, a.to_bits().into()),
            IpAddr::V6(a) => (Family::V6, a.to_bits()),
        };
        Block { family, first: bits, last: bits }
    }

    /// `addr/len` with the host bits masked; nothing if `len` is too long.
    pub fn prefix(addr: IpAddr, len: u8) -> Option<Block> {
        let Block { family, first, .. } = Block::of(addr);
        (len <= family.width()).then(|| Block::network(family, first, len))
    }

    /// From `first` to `last`, if these are of one family and in order.
    pub fn between(first: IpAddr, last: IpAddr) -> Option<Block> {
        let (from, to) = (Block::of(first), Block::of(last));
        (from.family == to.family && from.first <= to.first).then_some(Block { last: to.first, ..from })
    }

    /// True if every address of `other` is in here.
    pub const fn holds(&self, other: &Block) -> bool {
        self.family as u8 == other.family as u8 && self.first <= other.first && other.last <= self.last
    }

    /// The lowest address.
    pub const fn first_addr(&self) -> IpAddr {
        self.family.address(self.first)
    }

    /// The highest address.
    pub const fn last_addr(&self) -> IpAddr {
        self.family.address(self.last)
    }

    /// Its length as a prefix, 0 to 32 or 128, if it is one.
    pub const fn prefix_len(&self) -> Option<u8> {
        let host = self.first ^ self.last;
        if host & host.wrapping_add(1) == 0 && self.first & host == 0 {
            Some(self.family.width() - host.count_ones() as u8)
        } else {
            None
        }
    }
}

/// A prefix as `a/len`, anything else as `a-b`.
impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix_len() {
            Some(len) => write!(f, "{}/{len}", self.first_addr()),
            None => write!(f, "{}-{}", self.first_addr(), self.last_addr()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// `a/len`, `a-b` or `a`.
    pub(crate) fn block(text: &str) -> Block {
        let addr = |text: &str| text.parse::<IpAddr>().unwrap();
        match (text.split_once('/'), text.split_once('-')) {
            (Some((first, len)), _) => Block::prefix(addr(first), len.parse().unwrap()).unwrap(),
            (_, Some((first, last))) => Block::between(addr(first), addr(last)).unwrap(),
            _ => Block::of(addr(text)),
        }
    }

    #[test]
    fn host_bits_are_masked() {
        let masked = |addr: &str, len| Block::prefix(addr.parse().unwrap(), len).map(|b| b.to_string());
        assert_eq!(masked("8.8.8.8", 8).as_deref(), Some("8.0.0.0/8"));
        assert_eq!(masked("2001:db8::1", 0).as_deref(), Some("::/0"));
        assert_eq!(masked("2001:db8::1", 128).as_deref(), Some("2001:db8::1/128"));
        assert_eq!(masked("2001:db8::1", 129), None);
        assert_eq!(masked("8.8.8.8", 33), None);
    }

    #[test]
    fn one_block_in_another() {
        let ten = block("10.0.0.0/8");
        assert!(ten.holds(&ten) && ten.holds(&block("10.255.255.255")) && !ten.holds(&block("9.0.0.0-10.0.0.0")));
        assert!(!ten.holds(&block("10.0.0.0/7")) && !ten.holds(&block("11.0.0.0")));
        // The numbers are the same, the families are not.
        assert!(!block("::/0").holds(&ten));
        assert_eq!(block("10.0.0.1-10.0.0.2").prefix_len(), None);
        assert_eq!(block("10.0.0.2-10.0.0.3").prefix_len(), Some(31));
        assert_eq!(block("10.0.0.1-10.0.0.4").prefix_len(), None);
        assert_eq!(block("0.0.0.0/0").prefix_len(), Some(0));
    }
}
