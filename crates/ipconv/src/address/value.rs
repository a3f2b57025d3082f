//! What an input stands for: an address, a prefix or a range.
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// 32 bits, kept in the low end of a `u128`.
    V4,
    /// 128 bits.
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

    /// The network bits of a prefix of `len` bits.
    pub const fn net_mask(self, len: u8) -> u128 {
        self.top() & !self.host_mask(len)
    }
}

/// Consecutive addresses of one family, both ends included. It is never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block {
    /// Of both ends.
    pub family: Family,
    /// The lowest address.
    pub first: u128,
    /// The highest address, never below `first`.
    pub last: u128,
}

impl Block {
    /// The network of `len` bits that `bits` is in.
    pub const fn network(family: Family, bits: u128, len: u8) -> Block {
        let host = family.host_mask(len);
        Block { family, first: bits & !host, last: bits | host }
    }

    /// Every address of `other` is in here.
    pub const fn holds(&self, other: &Block) -> bool {
        self.family as u8 == other.family as u8 && self.first <= other.first && other.last <= self.last
    }
}

/// One input, understood. IPv4 stands in the low 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    /// Of every address in it.
    pub family: Family,
    /// The address as written, host bits and all; the first one of a range.
    pub bits: u128,
    /// One address or many.
    pub what: What,
    /// RFC 4007 zone, after an IPv6 address only.
    pub zone: Option<&'a str>,
}

/// How many addresses a [`Value`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// One.
    Addr,
    /// Those that share this many leading bits with the one written, 0 to 32 or 128.
    Prefix(u8),
    /// Up to this one, which is never below the first.
    Range(u128),
}

impl Value<'_> {
    /// A plain address.
    pub const fn addr(family: Family, bits: u128) -> Value<'static> {
        Value { family, bits, what: What::Addr, zone: None }
    }

    /// An address with a prefix length, host bits kept.
    pub const fn prefix(family: Family, bits: u128, len: u8) -> Value<'static> {
        Value { family, bits, what: What::Prefix(len), zone: None }
    }

    /// The range from this address to `last`.
    ///
    /// # Errors
    /// Why there is none: one of them is no plain address, they are not of one
    /// family, or `last` comes before this one.
    pub fn up_to(&self, last: &Value<'_>) -> Result<Value<'static>, &'static str> {
        let is_plain = |value: &Value<'_>| value.what == What::Addr && value.zone.is_none();
        if !is_plain(self) || !is_plain(last) {
            return Err("a range has a plain address at either end");
        }
        if self.family != last.family {
            return Err("a range from one family to the other");
        }
        if last.bits < self.bits {
            return Err("the range ends before it starts");
        }
        Ok(Value { what: What::Range(last.bits), ..Value::addr(self.family, self.bits) })
    }

    /// The lowest address.
    pub fn first(&self) -> u128 {
        self.block().first
    }

    /// The highest address.
    pub fn last(&self) -> u128 {
        self.block().last
    }

    /// From the lowest address to the highest.
    pub fn block(&self) -> Block {
        match self.what {
            What::Addr => Block { family: self.family, first: self.bits, last: self.bits },
            What::Prefix(len) => Block::network(self.family, self.bits, len),
            What::Range(last) => Block { family: self.family, first: self.bits, last },
        }
    }

    /// The prefix as the library of that name has it, host bits kept; nothing for the other two.
    pub fn ip_network(&self) -> Option<IpNetwork> {
        let What::Prefix(len) = self.what else { return None };
        match self.family {
            Family::V4 => Ipv4Network::new(Ipv4Addr::from(self.bits as u32), len).map(IpNetwork::V4).ok(),
            Family::V6 => Ipv6Network::new(Ipv6Addr::from(self.bits), len).map(IpNetwork::V6).ok(),
        }
    }
}
