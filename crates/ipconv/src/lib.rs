//! ipconv: every form of an IP address, and what it is good for.
//!
//! Words become a typed [`cli::Conf`] by the table in [`spec`]. [`text`] reads and
//! writes addresses strictly and [`from`] reads every other form; [`value`] is
//! what they stand for. [`class`] says what they are good for by the rows of
//! [`special`], [`deep`] looks into them, and [`field`] has all that can be told.
//! [`set`] does arithmetic on blocks of addresses, which [`modes`] puts to use;
//! [`extract`] finds addresses in any text, which [`harvest`] reads. [`work`] joins
//! the parts.
//!
//! The library is for its own binary, its tests and fuzzers; it makes no promise
//! of stability to anyone else.
pub mod bulk;
pub mod class;
pub mod cli;
pub mod deep;
pub mod extract;
pub mod field;
pub mod filter;
pub mod from;
pub mod harvest;
pub mod modes;
pub mod read;
pub mod reverse;
pub mod set;
pub mod show;
pub mod simd;
pub mod spec;
pub mod special;
mod special_rows;
pub mod stream;
pub mod text;
pub mod value;
pub mod work;
