//! Arithmetic on blocks of addresses.
//!
//! Values come in, one by one or as files of prefixes; what goes out are the
//! blocks that are left, in order. What an input is and how a record looks is
//! not decided here.
pub mod algebra;
pub mod filter;
pub mod set;
pub mod sieve;
