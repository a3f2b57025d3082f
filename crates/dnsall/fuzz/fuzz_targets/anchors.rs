//! A file of trusted keys: it is read, or refused with one printable line about
//! a line that is there; comments and empty lines change neither.
#![no_main]
#[path = "../checks/anchors.rs"]
mod anchors;

libfuzzer_sys::fuzz_target!(|input: &[u8]| anchors::check(input));
