//! The embedded tables, which build.rs makes of data/*.tsv.
use super::{packed::Packed, registry::Registry};

/// One of IANA's assignments: a /8, a block out of 2000::/3, or IPv6 space that is given to nobody.
#[derive(Debug)]
pub struct Assigned {
    /// Its first address.
    pub first: u128,
    /// Its last address.
    pub last: u128,
    /// Whom IANA's registry names.
    pub name: &'static str,
    /// Whose it is: where IANA names no regional registry, IANA's.
    pub to: Registry,
    /// When IANA assigned it: YYYY-MM-DD or YYYY-MM.
    pub date: &'static str,
    /// `ALLOCATED`, `LEGACY` or `RESERVED`.
    pub status: &'static str,
}

/// AS numbers from `first` to the next row's, without a gap from 0 on.
#[derive(Debug)]
pub struct Numbers {
    /// The first of them.
    pub first: u32,
    /// A registry, or what they are kept for.
    pub holder: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/tables.rs"));
