//! What it means to be one of plainnet's commands.
//!
//! A tool describes itself in one table ([`spec`]). The gate over lexopt
//! ([`args`]) lets through what the table names and has a hint for the rest
//! ([`hint`]); `--help`, the manual page and the completions ([`generate`]) are
//! printed from the same rows. Inputs come from operands or line by line from
//! standard input ([`input`]), answers leave through one checked writer
//! ([`output`]), and complaints are single lines on standard error with foreign
//! bytes escaped ([`text`]), beside at most one line of progress ([`counter`]).
//! What happened to the inputs folds into one exit status ([`exit`]), and where
//! memory or the size of a file ends, that is said, too ([`memory`], [`signal`]).
//!
//! Of the network it knows what four tools must agree on: ranges of addresses
//! ([`block`]), what IANA's special-purpose registries say of them
//! ([`special`]), and how a connection is made ([`dial`]). It knows no protocol
//! and makes no promise of stability to anything but the tools beside it.
pub mod args;
pub mod block;
pub mod counter;
pub mod dial;
pub mod exit;
pub mod generate;
pub mod hint;
pub mod input;
pub mod memory;
pub mod output;
pub mod signal;
pub mod spec;
pub mod special;
pub mod text;
