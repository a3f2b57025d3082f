//! A services(5) file: its lines, the index over them, and what --check says.
#![no_main]
#[path = "../checks/services.rs"]
mod services;

libfuzzer_sys::fuzz_target!(|input: &[u8]| services::check(input));
