//! A client that sends text and prints the reply.
//!
//! It finds the first address of the server that works ([`connect`]), then
//! sends and receives at the same time ([`exchange`]): a client that sends all
//! before it reads anything waits for ever once both socket buffers are full.
//! At the end it counts ([`reply`]), since a reply that is cut short looks like
//! any other to a program that only reads to the end.
//!
//! A library for its own binary and tests, without promise of stability.
pub mod cli;
pub mod connect;
pub mod exchange;
pub mod reply;
pub mod spec;
