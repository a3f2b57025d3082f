//! What IANA's special-purpose address registries say, and what follows from it.
//!
//! Four tools must give the same answer: ipconv prints it, dnsall and rirwhois
//! follow referrals by it, and rirwhois sends nothing that it keeps private. The
//! rows are data/special-purpose.tsv, put in order by build.rs.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::block::{Block, Family};

/// A row of a special-purpose address registry (RFC 6890). A flag is None where
/// the registry says neither yes nor no.
#[derive(Debug)]
pub struct Row {
    /// The addresses that it speaks of.
    pub block: Block,
    /// The same as the registry writes it: `10.0.0.0/8`.
    pub cidr: &'static str,
    /// Its name in the registry.
    pub name: &'static str,
    /// The RFCs that define it, comma-separated: `RFC8190,RFC919`.
    pub rfc: &'static str,
    /// When it was allocated: YYYY-MM.
    pub allocated: &'static str,
    /// When it ended: YYYY-MM, or empty while it holds.
    pub terminated: &'static str,
    /// It may be the source address of a packet.
    pub source: Option<bool>,
    /// It may be the destination address of a packet.
    pub destination: Option<bool>,
    /// A router may forward packets to it.
    pub forwardable: Option<bool>,
    /// It is reachable from beyond its administrative domain.
    pub global: Option<bool>,
    /// The protocol itself reserves it.
    pub reserved: Option<bool>,
}

include!(concat!(env!("OUT_DIR"), "/special.rs"));

/// Every row, IPv4 first, the most specific block of a family before wider ones.
pub const ROWS: &[Row] = TABLE;

/// The registries with their dates, as `--version` prints them.
pub const DATES: &[&str] = HEADS;

/// The most specific row that holds all of `block`.
pub fn row(block: &Block) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.block.holds(block))
}

/// 100.64.0.0/10, which is neither private nor global (RFC 6598).
pub const SHARED: Block = Block::network(Family::V4, 0x6440_0000, 10);

/// IPv4-mapped addresses, ::ffff:0:0/96 (RFC 4291 section 2.5.5.2).
pub const MAPPED: Block = Block::network(Family::V6, 0xffff << 32, 96);

/// IPv4-translated addresses, ::ffff:0:0:0/96 (RFC 2765 section 2.1).
pub const TRANSLATED: Block = Block::network(Family::V6, 0xffff << 48, 96);

/// IPv4-compatible addresses, ::/96 less :: and ::1 (RFC 4291 section 2.5.5.1).
pub const COMPATIBLE: Block = Block { family: Family::V6, first: 2, last: u32::MAX as u128 };

/// The well-known prefix of NAT64, 64:ff9b::/96 (RFC 6052).
pub const NAT64: Block = Block::network(Family::V6, 0x0064_ff9b << 96, 96);

/// 6to4 addresses, 2002::/16 (RFC 3056).
pub const SIX_TO_FOUR: Block = Block::network(Family::V6, 0x2002 << 112, 16);

/// Teredo addresses, 2001::/32 (RFC 4380).
pub const TEREDO: Block = Block::network(Family::V6, 0x2001_0000 << 96, 32);

/// What stands before the last 32 bits of an ISATAP address (RFC 5214 section 6.1).
pub const ISATAP: [u32; 2] = [0x0000_5efe, 0x0200_5efe];

/// IPv4 addresses are multicast from 224.0.0.0 on and reserved from 240.0.0.0 on.
const FIRST_MULTICAST: u32 = 0xe000_0000;

/// 2000::/3, the only IPv6 space from which global unicast addresses are given out.
const UNICAST: Block = Block::network(Family::V6, 0x2000 << 112, 3);

/// True if the registry lets the address be reached from everywhere: the most
/// specific row that says yes or no decides, and no row is a yes.
///
/// An IPv4-mapped address is judged as the IPv4 address in it. 6to4 and Teredo
/// addresses, of which the registry says neither, are not global; multicast
/// addresses are, as the registry has no row for them.
pub fn is_global(addr: IpAddr) -> bool {
    let block = Block::of(addr);
    if MAPPED.holds(&block) {
        return is_global(Ipv4Addr::from_bits(block.first as u32).into());
    }
    if SHARED.holds(&block) || SIX_TO_FOUR.holds(&block) {
        return false;
    }
    ROWS.iter().filter(|row| row.block.holds(&block)).find_map(|row| row.global).unwrap_or(true)
}

/// True if the public Internet routes the address, judged by what is inside it.
///
/// IPv4: global, and neither multicast nor reserved. IPv6: inside 2000::/3,
/// global, and every embedded IPv4 address public; or IPv4-mapped, translated
/// or NAT64 around a public IPv4 address. A row that says neither yes nor no,
/// such as that of the ended 192.88.99.0/24, calls nothing global here.
pub fn is_public(addr: IpAddr) -> bool {
    let is_global = |addr| row(&Block::of(addr)).is_none_or(|row| row.global == Some(true));
    match addr {
        IpAddr::V4(v4) => v4.to_bits() < FIRST_MULTICAST && is_global(addr),
        IpAddr::V6(v6) => match embedded(v6).next() {
            Some((inner, Form::Mapped | Form::Translated | Form::Nat64)) => is_public(inner.into()),
            _ => {
                UNICAST.holds(&Block::of(addr))
                    && is_global(addr)
                    && embedded(v6).all(|(inner, _)| is_public(inner.into()))
            }
        },
    }
}

/// How an IPv4 address is embedded in an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as its RFC names it")]
pub enum Form {
    Mapped,
    Translated,
    Compatible,
    Nat64,
    SixToFour,
    TeredoServer,
    TeredoClient,
    Isatap,
}

/// The IPv4 addresses inside an IPv6 address, each with its form.
///
/// A Teredo address holds two, and an address of another form may end as an
/// ISATAP one does. 64:ff9b:1::/48 (RFC 8215) holds none that can be known: where
/// they stand is the site's choice.
pub fn embedded(addr: Ipv6Addr) -> impl Iterator<Item = (Ipv4Addr, Form)> {
    let bits = addr.to_bits();
    let block = Block::of(addr.into());
    let low = bits as u32;
    let found = [
        (MAPPED.holds(&block), low, Form::Mapped),
        (TRANSLATED.holds(&block), low, Form::Translated),
        (COMPATIBLE.holds(&block), low, Form::Compatible),
        (NAT64.holds(&block), low, Form::Nat64),
        (SIX_TO_FOUR.holds(&block), (bits >> 80) as u32, Form::SixToFour),
        (TEREDO.holds(&block), (bits >> 64) as u32, Form::TeredoServer),
        (TEREDO.holds(&block), !low, Form::TeredoClient),
        (ISATAP.contains(&((bits >> 32) as u32)), low, Form::Isatap),
    ];
    found.into_iter().filter(|(there, _, _)| *there).map(|(_, v4, form)| (Ipv4Addr::from_bits(v4), form))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::tests::block;

    fn addr(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_most_specific_row_speaks() {
        let name = |text: &str| row(&block(text)).map(|row| row.name);
        assert_eq!(name("0.0.0.0"), Some("This host on this network"));
        assert_eq!(name("0.0.0.1"), Some("This network"));
        assert_eq!(name("10.0.0.0/8"), Some("Private-Use"));
        assert_eq!(name("10.0.0.0/7"), None);
        assert_eq!(name("2001:20::1"), Some("ORCHIDv2"));
        assert_eq!(name("8.8.8.8"), None);
        assert_eq!(ROWS.len(), 51);
        assert_eq!(DATES.len(), 2);
        for wide in ROWS {
            let later = ROWS.iter().skip_while(|row| row.cidr != wide.cidr).skip(1);
            assert!(later.filter(|row| wide.block.holds(&row.block)).count() == 0, "{} hides a row", wide.cidr);
        }
    }

    #[test]
    fn the_registry_says_what_is_global() {
        let globals = "8.8.8.8 192.0.0.9 192.0.0.10 192.88.99.1 224.0.0.1 ff02::1 2001:20::1 2001:4:112::1 64:ff9b::1 \
                       ::ffff:8.8.8.8 2600::1 4000::1";
        for text in globals.split_whitespace() {
            assert!(is_global(addr(text)), "{text}");
        }
        let others = "10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 169.254.1.1 192.0.0.1 192.0.0.171 192.88.99.2 198.18.0.1 \
                      240.0.0.1 255.255.255.255 0.0.0.0 :: ::1 ::ffff:10.0.0.1 64:ff9b:1::1 100::1 100:0:0:1::1 2001::1 \
                      2001:db8::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fe80::1 2001:10::1";
        for text in others.split_whitespace() {
            assert!(!is_global(addr(text)), "{text}");
        }
    }

    #[test]
    fn public_is_what_the_internet_routes() {
        let publics = "8.8.8.8 1.1.1.1 223.255.255.255 100.63.255.255 100.128.0.0 2600::1 2a00:1450::1 ::ffff:8.8.8.8 \
                       ::ffff:0:8.8.8.8 64:ff9b::8.8.8.8 2600::5efe:8.8.8.8 2001:4860:4860::8888";
        for text in publics.split_whitespace() {
            assert!(is_public(addr(text)), "{text}");
        }
        let others = "10.0.0.1 100.64.0.1 127.0.0.1 192.88.99.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 0.0.0.0 ff02::1 \
                      ff0e::1 fec0::1 4000::1 200::1 ::1 :: ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:0:127.0.0.1 ::ffff:224.0.0.1 \
                      64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 2002:808:808:: 2002:7f00:1::1 2001:0:808:808::1 \
                      2600::5efe:10.0.0.1 2600::200:5efe:127.0.0.1 fe80::5efe:8.8.8.8 fc00::1 5f00::1 2001:db8::1";
        for text in others.split_whitespace() {
            assert!(!is_public(addr(text)), "{text}");
        }
    }

    #[test]
    fn addresses_inside_addresses() {
        let inside = |text: &str| {
            let found = embedded(text.parse().unwrap()).map(|(v4, form)| format!("{v4} {form:?}"));
            found.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(inside("::ffff:10.0.0.1"), "10.0.0.1 Mapped");
        assert_eq!(inside("::ffff:0:10.0.0.1"), "10.0.0.1 Translated");
        assert_eq!(inside("::10.0.0.1"), "10.0.0.1 Compatible");
        assert_eq!(inside("64:ff9b::192.0.2.33"), "192.0.2.33 Nat64");
        assert_eq!(inside("2002:c000:204::1"), "192.0.2.4 SixToFour");
        // The example of RFC 4380's own form, with server 65.54.227.120 and client 192.0.2.45.
        assert_eq!(
            inside("2001:0:4136:e378:8000:63bf:3fff:fdd2"),
            "65.54.227.120 TeredoServer, 192.0.2.45 TeredoClient"
        );
        assert_eq!(inside("fe80::200:5efe:10.0.0.1"), "10.0.0.1 Isatap");
        assert_eq!(inside("2002:c000:204::5efe:a00:1"), "192.0.2.4 SixToFour, 10.0.0.1 Isatap");
        for none in ["::", "::1", "2600::1", "64:ff9b:1::1.2.3.4", "2600::5eff:1.2.3.4"] {
            assert_eq!(inside(none), "", "{none}");
        }
    }
}
