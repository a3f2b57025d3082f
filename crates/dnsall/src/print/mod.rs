//! Results become lines. What was found, and what went wrong, comes in; records
//! on standard output and messages on standard error go out. Nothing in here
//! asks a question.
pub mod answer;
pub mod compare;
pub mod explain;
pub mod json;
mod proof;
pub mod show;
