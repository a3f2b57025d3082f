//! What an input stands for: an address, a prefix or a range.
use ipnetwork::IpNetwork;
pub use plainnet_common::block::{Block, Family};

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
    /// One address.
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

    /// A prefix as the type of that name, host bits kept; nothing for the other two.
    pub fn ip_network(&self) -> Option<IpNetwork> {
        let What::Prefix(len) = self.what else { return None };
        IpNetwork::new(self.family.address(self.bits), len).ok()
    }
}
