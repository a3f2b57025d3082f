//! Ranges of addresses, which need not be prefixes.
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use plainnet_common::block::{Block, Family};

/// Addresses of one family, from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// IPv6; otherwise both ends are below 2^32.
    pub v6: bool,
    /// The first address as a number.
    pub first: u128,
    /// The last address, never below the first.
    pub last: u128,
}

impl Range {
    /// One address.
    pub fn one(addr: IpAddr) -> Range {
        let (v6, bits) = bits(addr);
        Range { v6, first: bits, last: bits }
    }

    /// `addr/len` with the host bits masked; nothing if `len` is too long.
    pub fn prefix(addr: IpAddr, len: u32) -> Option<Range> {
        let (v6, bits) = bits(addr);
        let host = width(v6).checked_sub(len)?;
        let mask = u128::MAX.checked_shl(host).unwrap_or(0);
        Some(Range { v6, first: bits & mask, last: bits | !mask & top(v6) })
    }

    /// From `first` to `last`, if these are of one family and in order.
    pub fn between(first: IpAddr, last: IpAddr) -> Option<Range> {
        let ((v6, first), (same, last)) = (bits(first), bits(last));
        (v6 == same && first <= last).then_some(Range { v6, first, last })
    }

    /// As registries write it: `a - b`, `a-b`, `a/len`, also LACNIC's short
    /// `190.46/15` and ARIN's padded `108.000.000.000` (which is decimal).
    pub fn parse(text: &str) -> Option<Range> {
        let text = text.trim();
        if let Some((first, last)) = text.split_once('-') {
            return Range::between(address(first.trim())?, address(last.trim())?);
        }
        match text.split_once('/') {
            Some((addr, len)) => Range::prefix(address(addr.trim())?, number(len.trim())?),
            None => address(text).map(Range::one),
        }
    }

    /// Is all of `other` in here?
    pub fn holds(&self, other: &Range) -> bool {
        self.v6 == other.v6 && self.first <= other.first && other.last <= self.last
    }

    /// How many addresses, less one (all of IPv6 would not fit).
    pub fn extent(&self) -> u128 {
        self.last - self.first
    }

    /// Every address of the family.
    pub fn is_everything(&self) -> bool {
        self.first == 0 && self.last == top(self.v6)
    }

    /// As the commands share it.
    pub fn block(&self) -> Block {
        let family = if self.v6 { Family::V6 } else { Family::V4 };
        Block { family, first: self.first, last: self.last }
    }

    /// Its first address.
    pub fn start(&self) -> IpAddr {
        ip(self.v6, self.first)
    }

    /// Its length as a prefix, if it is one.
    pub fn prefix_len(&self) -> Option<u32> {
        let host = self.first ^ self.last;
        (host & host.wrapping_add(1) == 0 && self.first & host == 0).then(|| width(self.v6) - host.count_ones())
    }

    /// The fewest prefixes that hold exactly these addresses, in order.
    pub fn prefixes(&self) -> Vec<Range> {
        let mut all = Vec::new();
        let mut first = self.first;
        loop {
            // As many low zero bits as the start has, and no more than there is room for.
            let mut host = first.trailing_zeros().min(width(self.v6));
            let size = |host: u32| if host == 128 { u128::MAX } else { (1 << host) - 1 };
            while size(host) > self.last - first {
                host -= 1;
            }
            let last = first + size(host);
            all.push(Range { v6: self.v6, first, last });
            if last == self.last {
                return all;
            }
            first = last + 1;
        }
    }
}

/// A prefix as `a/len`, anything else as `a-b`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix_len() {
            Some(len) => write!(f, "{}/{len}", self.start()),
            None => write!(f, "{}-{}", self.start(), ip(self.v6, self.last)),
        }
    }
}

fn bits(addr: IpAddr) -> (bool, u128) {
    match addr {
        IpAddr::V4(a) => (false, a.to_bits().into()),
        IpAddr::V6(a) => (true, a.to_bits()),
    }
}

fn ip(v6: bool, bits: u128) -> IpAddr {
    match u32::try_from(bits) {
        Ok(bits) if !v6 => Ipv4Addr::from_bits(bits).into(),
        _ => Ipv6Addr::from_bits(bits).into(),
    }
}

fn width(v6: bool) -> u32 {
    if v6 { 128 } else { 32 }
}

fn top(v6: bool) -> u128 {
    u128::MAX >> (128 - width(v6))
}

/// An address in a registry's answer: octets may be missing at the end or padded.
fn address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse().ok().map(IpAddr::V6);
    }
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for (i, part) in parts.by_ref().take(4).enumerate() {
        octets[i] = u8::try_from(number(part).filter(|_| part.len() <= 3)?).ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets).into())
}

/// Digits and nothing else: `u32::from_str` would take a `+`.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_registries_write_them() {
        let shown = |text| Range::parse(text).map(|r| r.to_string());
        assert_eq!(shown("193.0.0.0 - 193.0.7.255").as_deref(), Some("193.0.0.0/21"));
        assert_eq!(shown("190.46/15").as_deref(), Some("190.46.0.0/15"));
        assert_eq!(shown("108.000.000.000 - 108.057.255.255").as_deref(), Some("108.0.0.0-108.57.255.255"));
        assert_eq!(shown("2001:DB8:: - 2001:DB8:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF").as_deref(), Some("2001:db8::/32"));
        assert_eq!(shown("::/0").as_deref(), Some("::/0"));
        for bad in ["", "1.2.3.4.5", "1.2.3.256", "1.2.3.0/33", "10.0.0.9 - 10.0.0.1", "::1 - 1.1.1.1", "+1/8", "1/+8"]
        {
            assert_eq!(shown(bad), None, "{bad}");
        }
    }

    #[test]
    fn odd_ranges_fall_into_the_fewest_prefixes() {
        let parts = |text| Range::parse(text).unwrap().prefixes().iter().map(Range::to_string).collect::<Vec<_>>();
        // The numbers of RFC 4632's arithmetic, and what Python's summarize_address_range gives.
        assert_eq!(parts("192.0.2.1 - 192.0.2.6"), ["192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6/32"]);
        assert_eq!(parts("210.178.0.0 - 210.182.255.255"), ["210.178.0.0/15", "210.180.0.0/15", "210.182.0.0/16"]);
        assert_eq!(parts("0.0.0.0 - 255.255.255.255"), ["0.0.0.0/0"]);
        assert_eq!(parts("::/0"), ["::/0"]);
        assert_eq!(parts("::1 - ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").len(), 128);
    }

    #[test]
    fn host_bits_are_masked() {
        let masked = |addr: &str, len| Range::prefix(addr.parse().unwrap(), len).map(|r| r.to_string());
        assert_eq!(masked("8.8.8.8", 8).as_deref(), Some("8.0.0.0/8"));
        assert_eq!(masked("2001:db8::1", 0).as_deref(), Some("::/0"));
        assert_eq!(masked("2001:db8::1", 129), None);
        assert_eq!(masked("8.8.8.8", 33), None);
    }
}
