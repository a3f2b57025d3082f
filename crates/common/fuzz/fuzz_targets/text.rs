//! Any bytes as text for a terminal, a log or JSON: nothing in it steers or
//! hides, it stands on one line, and what was escaped can be had back.
#![no_main]
#[path = "../checks/text.rs"]
mod text;

libfuzzer_sys::fuzz_target!(|input: &[u8]| text::check(input));
