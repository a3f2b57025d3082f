//! What to ask, when, and what the answers mean. Names, messages, failures and
//! the time come in; messages to send, results and the time of the next wake-up
//! go out. Nothing in here opens a socket, reads a clock or prints.
pub mod congestion;
pub mod engine;
pub mod failure;
pub mod lookup;
pub mod order;
pub mod outstanding;
pub mod pasted;
pub mod query;
pub mod random;
pub mod record;
pub mod referral;
pub mod settings;
mod slot;
pub mod statistics;
mod timers;
pub mod trace;
pub mod transfer;
mod upstream;

#[cfg(test)]
mod engine_tests;
#[cfg(test)]
mod simulation;
