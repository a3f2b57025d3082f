//! Answers as text.
//!
//! Inputs and the book come in; lines of services(5) ([`lines`]) and objects
//! ([`json`]) go out, one input at a time ([`answer`]) or, for plain lines of
//! standard input, where they lie ([`bulk`]). Nothing here decides what the
//! answer is.
pub mod answer;
pub mod bulk;
pub mod json;
pub mod lines;
