//! Any bytes become text with the same lines and the same characters, and what
//! is printed of it steers no terminal.
#![no_main]
#[path = "../checks/charset.rs"]
mod charset;

libfuzzer_sys::fuzz_target!(|input: &[u8]| charset::check(input));
