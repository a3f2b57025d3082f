//! Arithmetic on blocks of addresses.
//!
//! Values come in, one by one or as files of entries; what goes out are the
//! blocks that are left, in order, the entry that holds an input, or a verdict
//! whether it passes. What an input is and how a record looks is not decided here.
pub mod algebra;
pub mod blocks;
#[cfg(test)]
mod examples;
pub mod filter;
pub mod gather;
pub mod longest;
pub mod matching;
pub mod order;
pub mod overlaps;
pub mod parts;
pub mod pile;
pub mod records;
pub mod seen;
pub mod set;
pub mod sieve;
pub mod spans;
