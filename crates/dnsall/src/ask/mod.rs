//! What to ask, when, and what the answers mean. Names, datagrams, failures and
//! the time come in; datagrams to send, results and the time of the next
//! wake-up go out. Nothing in here opens a socket, reads a clock or prints.
pub mod dice;
pub mod flight;
pub mod pasted;
pub mod sweep;
pub mod trace;
