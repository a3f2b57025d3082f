//! Answers as text.
//!
//! Entries of the book come in; [`lines`] of services(5) and JSON go out, and
//! [`bulk`] answers plain lines of standard input where they lie. Nothing here
//! decides what the answer is.
pub mod bulk;
pub mod lines;
