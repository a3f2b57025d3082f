//! A connection against a network that does what it likes.
#![no_main]
#[path = "../checks/connection.rs"]
mod connection;

libfuzzer_sys::fuzz_target!(|input: &[u8]| connection::check(input));
