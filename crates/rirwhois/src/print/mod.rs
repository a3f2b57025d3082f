//! Outcomes come in, and lines go out; foreign text is escaped here, where it is written.
pub mod json;
pub mod offline;
pub mod origin;
pub mod show;
