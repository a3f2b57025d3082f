//! An answer by RDAP, and where it sends us: the first line is a Location.
#![no_main]
#[path = "../checks/rdap.rs"]
mod rdap;

libfuzzer_sys::fuzz_target!(|input: &[u8]| rdap::check(input));
