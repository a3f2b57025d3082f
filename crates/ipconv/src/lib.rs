//! ipconv: every form of an IP address, and what it is good for.
//!
//! Words become a typed [`cli::Conf`] by the table in [`spec`], and [`run`] joins
//! the rooms. [`read`] gives each input to [`address`], which makes a value of
//! it or says why it is none; [`class`] says what that is good for, and
//! [`print`](mod@print) writes lines. [`list`] does arithmetic on blocks of addresses, and
//! [`find`] finds addresses in any text.
//!
//! The library is for its own binary, its tests and fuzzers; it makes no promise
//! of stability to anyone else.
pub mod address;
pub mod class;
pub mod cli;
pub mod find;
pub mod list;
pub mod print;
pub mod read;
pub mod run;
pub mod spec;
