//! Outcomes come in, and lines go out; foreign text is escaped here, where it is written.
pub mod origin;
pub mod show;
