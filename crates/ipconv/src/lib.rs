//! ipconv: every form of an IP address, and what it is good for.
//!
//! Words become a typed [`cli::Conf`] by the table in [`spec`], and [`run`] joins
//! the rooms. A value goes one way through them:
//!
//! 1. [`read`] takes operands and the lines of standard input, one by one
//!    ([`read::inputs`]) or in blocks ([`read::bulk`]).
//! 2. [`address`] makes a [`address::value::Value`] of the text, strictly
//!    ([`address::text`]) or by another form ([`address::form`]), or says why it is
//!    none and what would take it ([`address::hint`]). Lines of plain addresses are
//!    read many at a time ([`address::simd`]).
//! 3. [`class`] judges the value: its [`class::verdict::Verdict`] holds the properties,
//!    the row of IANA's registry and the IPv4 addresses inside.
//! 4. [`list`] says whether it passes ([`list::filter`], in batches [`list::sieve`]), or
//!    makes other blocks of all inputs.
//! 5. [`print`](mod@print) writes what it is handed: a value and its verdict become fields
//!    ([`print::field`]), and fields become columns, lines or JSON.
//!
//! [`find`] finds addresses in any text, which then go the same way from the third
//! step on.
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
