//! Ranges of addresses as registries write them, and the prefixes in them.
use std::net::{IpAddr, Ipv4Addr};

use plainnet_common::block::Block;

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

/// The fewest prefixes that hold exactly these addresses, in order; at most
/// 62 of IPv4 and 254 of IPv6.
pub fn prefixes(block: Block) -> impl Iterator<Item = Block> {
    let mut next = Some(block.first);
    std::iter::from_fn(move || {
        let first = next?;
        // As many low zero bits as the start has, and no more than there is room for.
        let mut host = first.trailing_zeros().min(block.family.width().into());
        let size = |host: u32| u128::MAX.checked_shr(128 - host).unwrap_or(0);
        while size(host) > block.last - first {
            host -= 1;
        }
        let last = first + size(host);
        next = if last == block.last { None } else { Some(last + 1) };
        Some(Block { family: block.family, first, last })
    })
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
        let shown = |text| parse(text).map(|b| b.to_string());
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
        let parts = |text| prefixes(parse(text).unwrap()).map(|b| b.to_string()).collect::<Vec<_>>();
        // The numbers of RFC 4632's arithmetic, and what Python's summarize_address_range gives.
        assert_eq!(parts("192.0.2.1 - 192.0.2.6"), ["192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6/32"]);
        assert_eq!(parts("210.178.0.0 - 210.182.255.255"), ["210.178.0.0/15", "210.180.0.0/15", "210.182.0.0/16"]);
        assert_eq!(parts("0.0.0.0 - 255.255.255.255"), ["0.0.0.0/0"]);
        assert_eq!(parts("0.0.0.1 - 255.255.255.254").len(), 62);
        assert_eq!(parts("::/0"), ["::/0"]);
        assert_eq!(parts("::1 - ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").len(), 128);
        assert_eq!(parts("::1 - ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe").len(), 254);
    }
}
