//! What a user types as a name, and a name in a message.
#![no_main]
#[path = "../checks/name.rs"]
mod name;

libfuzzer_sys::fuzz_target!(|input: &[u8]| name::check(input));
