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

    /// Reads a block as registries write it: `a - b`, `a-b`, `a/len`, LACNIC's
    /// short `190.46/15` and ARIN's padded `108.000.000.000`, which is decimal.
    /// For what a user types, ipconv's strict parsers are the right ones.
    pub fn parse(text: &str) -> Option<Block> {
        let text = text.trim();
        if let Some((first, last)) = text.split_once('-') {
            return Block::between(address(first.trim())?, address(last.trim())?);
        }
        match text.split_once('/') {
            Some((addr, len)) => Block::prefix(address(addr.trim())?, number(len.trim())?),
            None => address(text).map(Block::of),
        }
    }

    /// True if every address of `other` is in here.
    pub const fn holds(&self, other: &Block) -> bool {
        self.family as u8 == other.family as u8 && self.first <= other.first && other.last <= self.last
    }

    /// True if some address is in both.
    pub const fn overlaps(&self, other: &Block) -> bool {
        self.family as u8 == other.family as u8 && self.first <= other.last && other.first <= self.last
    }

    /// The lowest address.
    pub const fn first_addr(&self) -> IpAddr {
        self.family.address(self.first)
    }

    /// The highest address.
    pub const fn last_addr(&self) -> IpAddr {
        self.family.address(self.last)
    }

    /// How many addresses, less one, since the number of all of IPv6 would not fit.
    pub const fn extent(&self) -> u128 {
        self.last - self.first
    }

    /// True if it is every address of its family.
    pub const fn is_everything(&self) -> bool {
        self.first == 0 && self.last == self.family.top()
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

    /// The fewest prefixes that hold exactly these addresses, in order; at most
    /// 62 of IPv4 and 254 of IPv6.
    pub fn prefixes(self) -> impl Iterator<Item = Block> {
        let mut next = Some(self.first);
        std::iter::from_fn(move || {
            let first = next?;
            // As many low zero bits as the start has, and no more than there is room for.
            let mut host = first.trailing_zeros().min(self.family.width().into());
            let size = |host: u32| u128::MAX.checked_shr(128 - host).unwrap_or(0);
            while size(host) > self.last - first {
                host -= 1;
            }
            let last = first + size(host);
            next = if last == self.last { None } else { Some(last + 1) };
            Some(Block { family: self.family, first, last })
        })
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

/// An address in a registry's answer: octets may be missing at the end or padded.
fn address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse().ok().map(IpAddr::V6);
    }
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for (octet, part) in octets.iter_mut().zip(parts.by_ref()) {
        *octet = number(part).filter(|_| part.len() <= 3)?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets).into())
}

/// Digits and nothing else: `u8::from_str` would take a `+`.
fn number(text: &str) -> Option<u8> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_as_registries_write_them() {
        let shown = |text| Block::parse(text).map(|b| b.to_string());
        assert_eq!(shown("193.0.0.0 - 193.0.7.255").as_deref(), Some("193.0.0.0/21"));
        assert_eq!(shown("190.46/15").as_deref(), Some("190.46.0.0/15"));
        assert_eq!(shown("10").as_deref(), Some("10.0.0.0/32"));
        assert_eq!(shown("108.000.000.000 - 108.057.255.255").as_deref(), Some("108.0.0.0-108.57.255.255"));
        assert_eq!(shown("2001:DB8:: - 2001:DB8:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF").as_deref(), Some("2001:db8::/32"));
        assert_eq!(shown("::/0").as_deref(), Some("::/0"));
        for bad in [
            "",
            "1.2.3.4.5",
            "1.2.3.256",
            "1.2.3.0/33",
            "10.0.0.9 - 10.0.0.1",
            "::1 - 1.1.1.1",
            "+1/8",
            "1/+8",
            "::/129",
            "0001.2.3.4",
            "1.2.3.4/",
            "-",
        ] {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn odd_blocks_fall_into_the_fewest_prefixes() {
        let parts = |text| Block::parse(text).unwrap().prefixes().map(|b| b.to_string()).collect::<Vec<_>>();
        // The numbers of RFC 4632's arithmetic, and what Python's summarize_address_range gives.
        assert_eq!(parts("192.0.2.1 - 192.0.2.6"), ["192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6/32"]);
        assert_eq!(parts("210.178.0.0 - 210.182.255.255"), ["210.178.0.0/15", "210.180.0.0/15", "210.182.0.0/16"]);
        assert_eq!(parts("0.0.0.0 - 255.255.255.255"), ["0.0.0.0/0"]);
        assert_eq!(parts("0.0.0.1 - 255.255.255.254").len(), 62);
        assert_eq!(parts("::/0"), ["::/0"]);
        assert_eq!(parts("::1 - ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").len(), 128);
        assert_eq!(parts("::1 - ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe").len(), 254);
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
    fn one_block_in_or_beside_another() {
        let block = |text| Block::parse(text).unwrap();
        let ten = block("10.0.0.0/8");
        assert!(ten.holds(&ten) && ten.holds(&block("10.255.255.255")) && ten.overlaps(&block("9.0.0.0-10.0.0.0")));
        assert!(!ten.holds(&block("10.0.0.0/7")) && ten.overlaps(&block("10.0.0.0/7")));
        assert!(!ten.overlaps(&block("9.0.0.0/8")) && !ten.overlaps(&block("11.0.0.0/8")));
        // The numbers are the same, the families are not.
        assert!(!block("::/0").holds(&ten) && !block("::/0").overlaps(&ten));
        assert_eq!(block("10.0.0.1-10.0.0.2").prefix_len(), None);
        assert_eq!(block("10.0.0.2-10.0.0.3").prefix_len(), Some(31));
        assert_eq!(block("10.0.0.1-10.0.0.4").prefix_len(), None);
        assert!(block("0/0").is_everything() && !ten.is_everything() && !block("0.0.0.0/1").is_everything());
        assert_eq!(ten.extent(), 0xff_ffff);
    }
}
