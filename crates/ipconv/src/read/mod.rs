//! Operands and standard input, one input at a time or in blocks.
//!
//! Bytes come in, and what goes out to a sink is each input with its value or
//! the reason why it is none. Nothing here knows what will be done with it.
pub mod bulk;
pub mod entries;
pub mod inputs;
