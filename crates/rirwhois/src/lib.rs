//! rirwhois asks the regional registry that really administers a number.
//!
//! A word of the user's ([`cli`]) becomes a [`question`]. The [`table`] knows
//! which [`registry`] administers it, and [`offline`] prints just that.
//!
//! The library is for its own binary, tests and fuzzers; it promises nothing
//! to anybody else.
pub mod cli;
pub mod field;
pub mod offline;
pub mod question;
pub mod range;
pub mod registry;
pub mod servers;
pub mod spec;
pub mod table;
pub mod work;
