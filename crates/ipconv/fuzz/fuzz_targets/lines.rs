//! Any bytes as lines: every kernel cuts and reads them as the plain parser
//! does, and calls nothing canonical that isn't.
#![no_main]
#[path = "../checks/lines.rs"]
mod lines;

libfuzzer_sys::fuzz_target!(|input: &[u8]| lines::check(input));
