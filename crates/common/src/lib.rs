//! What it means to be one of plainnet's commands.
//!
//! A tool describes itself in one table ([`spec`]). The gate over lexopt
//! ([`args`]) lets through what the table names; `--help`, the manual page and
//! the completions ([`generate`]) are printed from the same rows. Inputs come
//! from operands or line by line from standard input ([`input`]), answers
//! leave through one checked writer ([`output`]), and complaints are single
//! lines on standard error with foreign bytes escaped ([`text`]). What
//! happened to the inputs folds into one exit status ([`exit`]).
//!
//! The crate knows nothing of addresses, names or protocols. It makes no
//! promise of stability to anything but the tools beside it.
pub mod args;
pub mod exit;
pub mod generate;
pub mod input;
pub mod output;
pub mod spec;
pub mod text;
