//! Names in in-addr.arpa and ip6.arpa.
use std::io::Write as _;

use crate::address::value::{Block, Family, Value, What};

/// Appends the name of an address, or the zones of a prefix, parted by commas:
/// several where it ends inside a label, and one in the form of RFC 2317 where
/// it is longer than the last label but one. False for a range.
pub fn write(out: &mut Vec<u8>, value: &Value<'_>) -> bool {
    let (family, len) = match value.what {
        What::Addr => (value.family, value.family.width()),
        What::Prefix(len) => (value.family, len),
        What::Range(_) => return false,
    };
    let label = label_bits(family);
    let Block { first, .. } = value.block();
    if family == Family::V4 && 24 < len && len < 32 {
        // RFC 2317 section 4.
        let _ = write!(out, "{}/{len}.", first & 0xff);
        name(out, family, first, 24);
        return true;
    }
    // Whole labels that hold the prefix, and how many of them it takes.
    let up = len.next_multiple_of(label);
    let step = family.host_mask(up);
    for i in 0..1u128 << (up - len) {
        if i > 0 {
            out.push(b',');
        }
        name(out, family, first + i * step.saturating_add(1), up);
    }
    true
}

fn label_bits(family: Family) -> u8 {
    match family {
        Family::V4 => 8,
        Family::V6 => 4,
    }
}

/// The name of the first `len` bits, whole labels.
fn name(out: &mut Vec<u8>, family: Family, bits: u128, len: u8) {
    let label = label_bits(family);
    let width = family.width();
    for at in (0..len / label).rev() {
        let digit = bits >> (width - label * (at + 1)) & ((1 << label) - 1);
        let _ = match family {
            Family::V4 => write!(out, "{digit}."),
            Family::V6 => write!(out, "{digit:x}."),
        };
    }
    out.extend_from_slice(match family {
        Family::V4 => b"in-addr.arpa",
        Family::V6 => b"ip6.arpa",
    });
}
