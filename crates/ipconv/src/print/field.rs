//! The fields of an answer.
use std::{io::Write as _, net::IpAddr};

use crate::{
    address::{
        reverse,
        text::{write_compressed, write_decimal, write_exploded, write_v4, write_value},
        value::{Family, Value, What},
    },
    class::{
        deep,
        property::{self, Property},
        special,
    },
};

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the user names them")]
pub enum Field {
    Input,
    Address,
    Version,
    Compressed,
    Exploded,
    Packed,
    Int,
    Octets,
    Binary,
    C,
    Python,
    Rust,
    Go,
    Base85,
    ReversePointer,
    Zone,
    Ipv4Mapped,
    SixToFour,
    Teredo,
    Nat64,
    Mac,
    Is(Property),
    Registry,
    RegistryBlock,
    RegistryRfc,
    Network,
    Broadcast,
    Netmask,
    Hostmask,
    PrefixLen,
    First,
    Last,
    NumAddresses,
    FirstHost,
    LastHost,
    NumHosts,
}

/// Each field, its name, and whether it is an everyday one.
#[rustfmt::skip]
pub const ALL: &[(Field, &str, bool)] = &[
    (Field::Input,                      "input",           false),
    (Field::Address,                    "address",         true),
    (Field::Version,                    "version",         true),
    (Field::Compressed,                 "compressed",      true),
    (Field::Exploded,                   "exploded",        true),
    (Field::Packed,                     "packed",          true),
    (Field::Int,                        "int",             true),
    (Field::Octets,                     "octets",          true),
    (Field::Binary,                     "binary",          false),
    (Field::C,                          "c",               false),
    (Field::Python,                     "python",          false),
    (Field::Rust,                       "rust",            false),
    (Field::Go,                         "go",              false),
    (Field::Base85,                     "base85",          false),
    (Field::ReversePointer,             "reverse_pointer", true),
    (Field::Zone,                       "zone",            true),
    (Field::Ipv4Mapped,                 "ipv4_mapped",     true),
    (Field::SixToFour,                  "sixtofour",       true),
    (Field::Teredo,                     "teredo",          true),
    (Field::Nat64,                      "nat64",           true),
    (Field::Mac,                        "mac",             true),
    (Field::Is(Property::Unspecified),  "is_unspecified",  true),
    (Field::Is(Property::Loopback),     "is_loopback",     true),
    (Field::Is(Property::LinkLocal),    "is_link_local",   true),
    (Field::Is(Property::SiteLocal),    "is_site_local",   true),
    (Field::Is(Property::Multicast),    "is_multicast",    true),
    (Field::Is(Property::Reserved),     "is_reserved",     true),
    (Field::Is(Property::Private),      "is_private",      true),
    (Field::Is(Property::Global),       "is_global",       true),
    (Field::Registry,                   "registry",        true),
    (Field::RegistryBlock,              "registry_block",  true),
    (Field::RegistryRfc,                "registry_rfc",    true),
    (Field::Network,                    "network",         true),
    (Field::Broadcast,                  "broadcast",       true),
    (Field::Netmask,                    "netmask",         true),
    (Field::Hostmask,                   "hostmask",        true),
    (Field::PrefixLen,                  "prefixlen",       true),
    (Field::First,                      "first",           true),
    (Field::Last,                       "last",            true),
    (Field::NumAddresses,               "num_addresses",   true),
    (Field::FirstHost,                  "first_host",      true),
    (Field::LastHost,                   "last_host",       true),
    (Field::NumHosts,                   "num_hosts",       true),
];

impl Field {
    /// Its name.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|f| f.0 == self).map_or("", |f| f.1)
    }

    /// True where JSON has a number or a boolean and no string.
    pub fn bare(self) -> bool {
        matches!(self, Field::Version | Field::PrefixLen | Field::Is(_))
    }
}

/// The fields that are shown when none are named.
pub fn everyday() -> Vec<Field> {
    ALL.iter().filter(|f| f.2).map(|f| f.0).collect()
}

/// Appends a field of `value`. False, and nothing appended, where it doesn't exist.
///
/// What speaks of one address has no value for a range; what speaks of a network
/// has none for an address.
pub fn write(out: &mut Vec<u8>, field: Field, input: &str, value: &Value<'_>, deep: bool) -> bool {
    let family = value.family;
    match field {
        Field::Input => out.extend(plainnet_common::text::printable(input.as_bytes()).replace('\t', " ").bytes()),
        Field::Version => out.push(if family == Family::V4 { b'4' } else { b'6' }),
        Field::Compressed => write_value(out, value, write_compressed),
        Field::Exploded => write_value(out, value, write_exploded),
        Field::ReversePointer => return reverse::write(out, value),
        Field::Is(property) => match property::has(property, &value.block(), deep) {
            Some(yes) => out.extend(if yes { &b"true"[..] } else { b"false" }),
            None => return false,
        },
        Field::Registry | Field::RegistryBlock | Field::RegistryRfc => match special::row(&value.block()) {
            Some(row) => out.extend(registry(field, row).bytes()),
            None => return false,
        },
        Field::First | Field::Last | Field::NumAddresses if value.what != What::Addr => {
            let block = value.block();
            match field {
                Field::First => write_compressed(out, family, block.first),
                Field::Last => write_compressed(out, family, block.last),
                _ => write_count(out, block.last - block.first),
            }
        }
        _ => match value.what {
            What::Range(_) => return false,
            What::Prefix(len) => return of_address(out, field, value) || of_network(out, field, value, len),
            What::Addr => return of_address(out, field, value),
        },
    }
    true
}

/// The cell of `row` for a registry field.
pub(crate) fn registry(field: Field, row: &special::Row) -> &'static str {
    match field {
        Field::RegistryBlock => row.cidr,
        Field::RegistryRfc => row.rfc,
        _ => row.name,
    }
}

/// Appends what `less_one + 1` is in decimal: the addresses of ::/0 are one more than a `u128` holds.
fn write_count(out: &mut Vec<u8>, less_one: u128) {
    match less_one.checked_add(1) {
        Some(n) => write_decimal(out, n),
        None => out.extend(b"340282366920938463463374607431768211456"),
    }
}

fn of_address(out: &mut Vec<u8>, field: Field, value: &Value<'_>) -> bool {
    let bits = value.bits;
    let bytes = bits.to_be_bytes();
    let bytes = &bytes[if value.family == Family::V4 { 12 } else { 0 }..];
    let inside = |find: fn(u128) -> Option<u32>| if value.family == Family::V6 { find(bits) } else { None };
    // Writing to a Vec cannot fail.
    let mut each = |before: &str, between: &str, after: &str, write: fn(&mut Vec<u8>, u8)| {
        out.extend(before.bytes());
        for (i, byte) in bytes.iter().enumerate() {
            if i > 0 {
                out.extend(between.bytes());
            }
            write(out, *byte);
        }
        out.extend(after.bytes());
        true
    };
    let hex = |out: &mut Vec<u8>, byte| drop(write!(out, "{byte:#04x}"));
    match field {
        Field::Address => {
            write_compressed(out, value.family, bits);
            if let Some(zone) = value.zone {
                let _ = write!(out, "%{zone}");
            }
            true
        }
        Field::Packed => each("", "", "", |out, byte| drop(write!(out, "{byte:02x}"))),
        Field::Binary => each("", "", "", |out, byte| drop(write!(out, "{byte:08b}"))),
        Field::Octets => each("", ".", "", |out, byte| write_decimal(out, byte.into())),
        // An array, since in a string "\x7fa" is one character to a C compiler.
        Field::C => each("{", ", ", "}", hex),
        Field::Rust => each("[", ", ", "]", hex),
        Field::Go if bytes.len() == 4 => each("[4]byte{", ", ", "}", hex),
        Field::Go => each("[16]byte{", ", ", "}", hex),
        Field::Python => each("b'", "", "'", |out, byte| drop(write!(out, "\\x{byte:02x}"))),
        Field::Int => {
            write_decimal(out, bits);
            true
        }
        Field::Base85 if value.family == Family::V6 => {
            out.extend(base85(bits));
            true
        }
        Field::Zone => value.zone.is_some_and(|zone| {
            out.extend(zone.bytes());
            true
        }),
        Field::Ipv4Mapped => write_inside(out, inside(deep::mapped)),
        Field::SixToFour => write_inside(out, inside(deep::six_to_four)),
        Field::Nat64 => write_inside(out, inside(deep::nat64)),
        Field::Teredo => match deep::teredo(bits) {
            Some((server, client)) if value.family == Family::V6 => {
                write_v4(out, server);
                out.push(b',');
                write_v4(out, client);
                true
            }
            _ => false,
        },
        Field::Mac if value.family == Family::V6 => match mac(bits) {
            Some(mac) => {
                let _ = write!(out, "{}", mac.map(|b| format!("{b:02x}")).join(":"));
                true
            }
            None => false,
        },
        _ => false,
    }
}

fn write_inside(out: &mut Vec<u8>, v4: Option<u32>) -> bool {
    v4.is_some_and(|bits| {
        write_v4(out, bits);
        true
    })
}

/// RFC 1924, most significant digit first.
fn base85(mut bits: u128) -> [u8; 20] {
    const DIGITS: &[u8; 85] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut text = [0; 20];
    for digit in text.iter_mut().rev() {
        *digit = DIGITS[(bits % 85) as usize];
        bits /= 85;
    }
    text
}

/// The MAC address in a modified EUI-64 interface identifier (RFC 4291 appendix A).
fn mac(bits: u128) -> Option<[u8; 6]> {
    let [.., a, b, c, 0xff, 0xfe, d, e, f] = bits.to_be_bytes() else { return None };
    Some([a ^ 2, b, c, d, e, f])
}

fn of_network(out: &mut Vec<u8>, field: Field, value: &Value<'_>, len: u8) -> bool {
    let Some(network) = value.ip_network() else { return false };
    let block = value.block();
    // IPv4 keeps its first and last address for the network and for all hosts,
    // IPv6 its first for routers (RFC 4291 section 2.6.1); /31 (RFC 3021) and
    // /127 (RFC 6164) have two hosts, and a single address is one.
    let (below, above) = match value.family {
        _ if len + 1 >= value.family.width() => (0, 0),
        Family::V4 => (1, 1),
        Family::V6 => (1, 0),
    };
    let address = match field {
        Field::Network => bits_of(network.network()),
        Field::Broadcast => bits_of(network.broadcast()),
        Field::Netmask => bits_of(network.mask()),
        Field::Hostmask => value.family.host_mask(len),
        Field::FirstHost => block.first + below,
        Field::LastHost => block.last - above,
        Field::PrefixLen => {
            write_decimal(out, len.into());
            return true;
        }
        Field::NumHosts => {
            write_count(out, block.last - block.first - below - above);
            return true;
        }
        _ => return false,
    };
    write_compressed(out, value.family, address);
    if field == Field::Network {
        out.push(b'/');
        write_decimal(out, len.into());
    }
    true
}

fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(a) => a.to_bits().into(),
        IpAddr::V6(a) => a.to_bits(),
    }
}
