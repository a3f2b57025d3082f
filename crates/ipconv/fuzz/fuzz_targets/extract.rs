//! Any text: what is found is what a slow reading of the rules finds, and where
//! the text is cut between two lines changes nothing.
#![no_main]
#[path = "../checks/extract.rs"]
mod extract;

libfuzzer_sys::fuzz_target!(|input: &[u8]| extract::check(input));
