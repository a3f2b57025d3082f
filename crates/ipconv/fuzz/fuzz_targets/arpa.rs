//! Reverse names and the other forms of `--from`: what is read as a name is
//! written as that name, and the others read what the C library, the standard
//! library or plain arithmetic reads.
#![no_main]
#[path = "../checks/arpa.rs"]
mod arpa;

libfuzzer_sys::fuzz_target!(|input: &[u8]| arpa::check(input));
