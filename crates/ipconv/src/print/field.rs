//! The fields of an answer.
use std::{io::Write as _, net::IpAddr};

use plainnet_common::special::Form;

use crate::{
    address::{
        reverse,
        value::{Block, Family, Value, What},
        write::{write_compressed, write_decimal, write_exploded, write_v4, write_value},
    },
    class::{property::Property, verdict::Verdict},
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
    Embedded,
    Unscoped,
    Hosts,
}

/// Each field, its name, and whether JSON has it where `-o` names none.
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
    (Field::Is(Property::Public),       "is_public",       true),
    (Field::Embedded,                   "embedded",        true),
    (Field::Unscoped,                   "unscoped",        true),
    (Field::Hosts,                      "hosts",           true),
];

impl Field {
    /// Its name.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|f| f.0 == self).map_or("", |f| f.1)
    }

    /// True if the value must be judged to tell it ([`Verdict::of`]).
    pub fn is_judged(self) -> bool {
        matches!(self, Field::Is(_) | Field::Registry | Field::RegistryBlock | Field::RegistryRfc)
    }

    /// True where JSON has a number or a boolean and no string.
    pub fn bare(self) -> bool {
        matches!(self, Field::Version | Field::PrefixLen | Field::Is(_))
    }
}

/// The keys of a JSON object where `-o` names no fields.
pub fn keys() -> Vec<Field> {
    ALL.iter().filter(|f| f.2).map(|f| f.0).collect()
}

/// What a person is shown of a value where `-o` names no fields, in this order.
/// Fields without a value, and properties that do not hold, are left out.
pub fn everyday(facts: &Facts<'_>) -> impl Iterator<Item = Field> {
    use Field::*;
    let first: &[Field] = match facts.value.what {
        What::Addr => &[],
        What::Prefix(_) => &[Network, Netmask, Hosts, NumHosts, PrefixLen],
        What::Range(_) => &[NumAddresses],
    };
    let forms: &[Field] = match facts.value.family {
        Family::V4 => &[Address, Version, Compressed, Packed, Int, Octets, ReversePointer],
        Family::V6 => &[Address, Version, Compressed, Exploded, Packed, Int, ReversePointer],
    };
    let known = [Registry, RegistryBlock, RegistryRfc, Zone, Mac, Nat64, SixToFour, Teredo, Embedded];
    let holds = |property: &Property| facts.verdict.has(*property) == Some(true);
    let properties = Property::ALL.into_iter().filter(holds).map(Is);
    first.iter().chain(forms).copied().chain(known).chain(properties)
}

/// All that is told of an input: what was written, what it stands for, and what is
/// known of that. [`Verdict::unasked`] will do for fields that are not judged.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The input as it was written.
    pub input: &'a str,
    /// What it stands for.
    pub value: &'a Value<'a>,
    /// What that is good for.
    pub verdict: &'a Verdict,
}

/// Appends a field, or `-` where it has no value.
pub fn write_or_dash(out: &mut Vec<u8>, field: Field, facts: &Facts<'_>) {
    if !write(out, field, facts) {
        out.push(b'-');
    }
}

/// Appends a field. False, and nothing appended, where it has no value.
///
/// What speaks of one address has no value for a range; what speaks of a network
/// has none for an address.
pub fn write(out: &mut Vec<u8>, field: Field, facts: &Facts<'_>) -> bool {
    let Facts { input, value, verdict } = *facts;
    let family = value.family;
    match field {
        Field::Input => out.extend(plainnet_common::text::printable(input.as_bytes()).replace('\t', " ").bytes()),
        Field::Version => out.push(if family == Family::V4 { b'4' } else { b'6' }),
        Field::Compressed => write_value(out, value, write_compressed),
        Field::Exploded => write_value(out, value, write_exploded),
        Field::ReversePointer => return reverse::write(out, value),
        Field::Is(property) => match verdict.has(property) {
            Some(yes) => out.extend(if yes { &b"true"[..] } else { b"false" }),
            None => return false,
        },
        Field::Registry | Field::RegistryBlock | Field::RegistryRfc => {
            let Some(row) = verdict.row else { return false };
            let cell = match field {
                Field::RegistryBlock => row.cidr,
                Field::RegistryRfc => row.rfc,
                _ => row.name,
            };
            out.extend(cell.bytes());
        }
        Field::Ipv4Mapped => return inside(out, verdict, &[Form::Mapped]),
        Field::SixToFour => return inside(out, verdict, &[Form::SixToFour]),
        Field::Nat64 => return inside(out, verdict, &[Form::Nat64]),
        Field::Teredo => return inside(out, verdict, &[Form::TeredoServer, Form::TeredoClient]),
        Field::Embedded => {
            let before = out.len();
            for (address, form) in verdict.embedded() {
                let comma = if out.len() > before { ", " } else { "" };
                // Writing to a Vec cannot fail.
                let _ = write!(out, "{comma}{address} {}", form_name(form));
            }
            return out.len() > before;
        }
        Field::NumAddresses => {
            let block = value.block();
            write_count(out, block.last - block.first);
        }
        Field::First | Field::Last if value.what != What::Addr => {
            let block = value.block();
            write_compressed(out, family, if field == Field::First { block.first } else { block.last });
        }
        _ => match value.what {
            What::Range(_) => return false,
            What::Prefix(len) => return of_address(out, field, value) || of_network(out, field, value, len),
            What::Addr => return of_address(out, field, value),
        },
    }
    true
}

/// How `embedded` names a form.
fn form_name(form: Form) -> &'static str {
    match form {
        Form::Mapped => "mapped",
        Form::Translated => "translated",
        Form::Compatible => "compatible",
        Form::Nat64 => "nat64",
        Form::SixToFour => "6to4",
        Form::TeredoServer => "teredo-server",
        Form::TeredoClient => "teredo-client",
        Form::Isatap => "isatap",
    }
}

/// Appends the embedded addresses of these forms, separated by commas.
fn inside(out: &mut Vec<u8>, verdict: &Verdict, forms: &[Form]) -> bool {
    let before = out.len();
    for (address, _) in verdict.embedded().filter(|(_, form)| forms.contains(form)) {
        if out.len() > before {
            out.push(b',');
        }
        write_v4(out, address.to_bits());
    }
    out.len() > before
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
        Field::Unscoped => {
            write_compressed(out, value.family, bits);
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
    let family = value.family;
    // IPv4 keeps its first and last address for the network and for all hosts,
    // IPv6 its first for routers (RFC 4291 section 2.6.1); /31 (RFC 3021) and
    // /127 (RFC 6164) have two hosts, and a single address is one.
    let (below, above) = match family {
        _ if len + 1 >= family.width() => (0, 0),
        Family::V4 => (1, 1),
        Family::V6 => (1, 0),
    };
    let (first_host, last_host) = (block.first + below, block.last - above);
    let address = match field {
        Field::Network => bits_of(network.network()),
        Field::Broadcast => bits_of(network.broadcast()),
        Field::Netmask => bits_of(network.mask()),
        Field::Hostmask => family.host_mask(len),
        Field::FirstHost => first_host,
        Field::LastHost => last_host,
        Field::Hosts => {
            write_compressed(out, family, first_host);
            out.push(b'-');
            last_host
        }
        Field::PrefixLen => {
            write_decimal(out, len.into());
            return true;
        }
        Field::NumHosts => {
            write_count(out, last_host - first_host);
            return true;
        }
        _ => return false,
    };
    write_compressed(out, family, address);
    if field == Field::Network {
        out.push(b'/');
        write_decimal(out, len.into());
    }
    true
}

fn bits_of(address: IpAddr) -> u128 {
    Block::of(address).first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::FIELDS;

    /// The command line's table knows nothing of this module, and completions offer what it has.
    #[test]
    fn the_words_of_the_command_line() {
        let names: Vec<&str> = ALL.iter().map(|field| field.1).chain(["all"]).collect();
        assert_eq!(names, FIELDS);
    }
}
