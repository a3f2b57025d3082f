//! Addresses in any text.
//!
//! Bytes come in, of files or standard input, and what goes out are the
//! addresses, prefixes and ranges that stand for themselves in them, with their
//! places. [`files`] reads and joins the rest: [`utf16`] knows a text in which
//! nothing can be found, [`defanged`] mends dots that were made harmless,
//! [`extract`] finds, where the separators of `masks` let it look, and [`edges`] says what may stand beside an address. What
//! is in a word or a longer number is never taken for one.
pub mod defanged;
pub mod edges;
pub mod extract;
pub mod files;
mod masks;
pub mod utf16;
