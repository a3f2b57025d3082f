//! IANA's special-purpose address registries (RFC 6890), as data.
use crate::address::value::{Block, Family};
pub use crate::class::special_rows::{DATES, ROWS};

/// One row.
#[derive(Debug)]
pub struct Row {
    /// The addresses it speaks of.
    pub block: Block,
    /// The same in CIDR form.
    pub cidr: &'static str,
    /// Name in the registry.
    pub name: &'static str,
    /// RFCs, comma-separated: `RFC8190,RFC919`.
    pub rfc: &'static str,
    /// Year and month.
    pub allocated: &'static str,
    /// Year and month, or empty while it holds.
    pub terminated: &'static str,
    /// May be a source address; may be a destination; may be forwarded; is
    /// globally reachable; is reserved by protocol. Nothing where the registry
    /// says neither yes nor no.
    pub flags: [Option<bool>; 5],
}

impl Row {
    /// Globally reachable?
    pub fn global(&self) -> Option<bool> {
        self.flags[3]
    }
}

/// The most specific row that holds all of `block`.
pub fn row(block: &Block) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.block.holds(block))
}

pub(crate) const Y: Option<bool> = Some(true);
pub(crate) const N: Option<bool> = Some(false);
pub(crate) const NA: Option<bool> = None;

type Text = &'static str;

#[expect(clippy::too_many_arguments, reason = "a row of the table, one argument a column")]
pub(crate) const fn v4(
    bits: u32,
    len: u8,
    cidr: Text,
    name: Text,
    rfc: Text,
    allocated: Text,
    terminated: Text,
    flags: [Option<bool>; 5],
) -> Row {
    Row { block: Block::network(Family::V4, bits as u128, len), cidr, name, rfc, allocated, terminated, flags }
}

#[expect(clippy::too_many_arguments, reason = "as above")]
pub(crate) const fn v6(
    bits: u128,
    len: u8,
    cidr: Text,
    name: Text,
    rfc: Text,
    allocated: Text,
    terminated: Text,
    flags: [Option<bool>; 5],
) -> Row {
    Row { block: Block::network(Family::V6, bits, len), cidr, name, rfc, allocated, terminated, flags }
}
