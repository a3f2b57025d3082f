//! Any bytes as an address, a prefix or a range: what is read is written and
//! read again, plain addresses are what Rust's standard library takes, and
//! prefixes what ipnetwork takes where it is as strict.
#![no_main]
#[path = "../checks/text.rs"]
mod text;

libfuzzer_sys::fuzz_target!(|input: &[u8]| text::check(input));
