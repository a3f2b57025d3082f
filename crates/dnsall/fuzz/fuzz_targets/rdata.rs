//! The data of one record of every type: two bytes of type, then the data.
#![no_main]
#[path = "../checks/rdata.rs"]
mod rdata;

libfuzzer_sys::fuzz_target!(|input: &[u8]| rdata::check(input));
