//! Keys and endpoints: any text is a key, or is refused with one line of printable text.
#![no_main]
#[path = "../checks/keys.rs"]
mod keys;

libfuzzer_sys::fuzz_target!(|input: &[u8]| keys::check(input));
