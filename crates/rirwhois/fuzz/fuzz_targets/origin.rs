//! Lines of the service that knows who announces an address: each address that
//! was asked is answered once at most, however the lines come, and nothing that
//! was not asked is.
#![no_main]
#[path = "../checks/origin.rs"]
mod origin;

libfuzzer_sys::fuzz_target!(|input: &[u8]| origin::check(input));
