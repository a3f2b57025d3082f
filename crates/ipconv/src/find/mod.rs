//! Addresses in any text.
//!
//! Bytes come in, of files or standard input, and what goes out are the
//! addresses and prefixes that stand for themselves in them. What is in a word
//! or a longer number is never taken for an address.
pub mod defanged;
pub mod edges;
pub mod extract;
pub mod files;
pub mod utf16;
