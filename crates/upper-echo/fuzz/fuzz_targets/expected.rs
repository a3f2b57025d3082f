//! --verify: what a server in upper case owes for what was sent, and the byte
//! where its reply differs, whatever is sent and comes in which pieces. The
//! first byte is the mode; then each piece behind a byte that says which way it
//! goes and how long it is.
#![no_main]
#[path = "../checks/expected.rs"]
mod expected;

libfuzzer_sys::fuzz_target!(|input: &[u8]| expected::check(input));
