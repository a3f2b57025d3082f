//! What to ask, when, and what the answers mean. Names, messages, failures and
//! the time come in; messages to send, results and the time of the next wake-up
//! go out. Nothing in here opens a socket, reads a clock or prints.
pub mod congestion;
pub mod engine;
pub mod failure;
pub mod lookup;
pub mod outstanding;
pub mod pasted;
pub mod random;
pub mod settings;
pub mod statistics;
pub mod trace;
pub mod transfer;

#[cfg(test)]
mod engine_tests;
#[cfg(test)]
mod simulation;
