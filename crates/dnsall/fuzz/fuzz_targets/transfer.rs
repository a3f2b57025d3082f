//! A zone transfer of any messages, each behind its length: every line is
//! printable and of the zone, and nothing is taken behind its end.
#![no_main]
#[path = "../checks/transfer.rs"]
mod transfer;

libfuzzer_sys::fuzz_target!(|input: &[u8]| transfer::check(input));
