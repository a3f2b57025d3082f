//! A reply of any bytes, and the same bytes as the reply to every question that its proof asks.
#![no_main]
#[path = "../checks/proof.rs"]
mod proof;

libfuzzer_sys::fuzz_target!(|input: &[u8]| proof::check(input));
