//! A value and what is known of it, as lines.
//!
//! Values and verdicts come in, and columns, blocks of fields or JSON go out.
//! Nothing here reads input.
pub mod columns;
pub mod field;
pub mod show;
