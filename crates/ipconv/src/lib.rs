//! ipconv: every form of an IP address, and what it is good for.
//!
//! Words become a typed [`cli::Conf`] by the table in [`spec`]. [`text`] reads and
//! writes addresses strictly, [`from`] reads every other
//! form, [`value`] is what they stand for, [`class`] says
//! what they are good for and [`field`] prints all of it.
//!
//! The library is for its own binary, its tests and fuzzers; it makes no promise
//! of stability to anyone else.
pub mod class;
pub mod cli;
pub mod extract;
pub mod field;
pub mod from;
pub mod set;
pub mod spec;
pub mod text;
pub mod value;
