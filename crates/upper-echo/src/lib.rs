//! A client that sends text and prints the reply.
//!
//! The words say which [`server`] is meant and what to send ([`cli`]). The first
//! address that works is taken ([`mod@connect`]), then bytes go out and come in
//! at the same time ([`exchange`]): a client that sends all before it reads
//! anything waits for ever once both socket buffers are full. What comes back is
//! counted ([`counts`]), compared with what is due where --verify asks for it
//! ([`expected`]), and printed ([`print`](mod@print)).
//!
//! A library for its own binary and tests, without promise of stability.
pub mod cli;
pub mod connect;
pub mod counts;
pub mod exchange;
pub mod expected;
pub mod print;
pub mod server;
pub mod spec;
