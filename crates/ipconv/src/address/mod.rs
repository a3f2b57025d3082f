//! Text in, numbers out, and back.
//!
//! What comes in is one input without its blanks, or a block of whole lines;
//! what goes out is a [`value::Value`] or the reason why it is none, and the
//! forms in which an address can be written. Nothing here knows what an address
//! is good for, and nothing reads or writes a file.
pub mod defanged;
pub mod form;
pub mod hint;
pub mod loose;
pub mod reverse;
pub mod simd;
#[cfg(test)]
mod spellings;
pub mod text;
pub mod value;
pub mod write;
