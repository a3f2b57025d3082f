//! A table that --update may have kept, damaged in any way: it is refused, or it
//! answers for every number, and a block that it finds holds the number.
#![no_main]
#[path = "../checks/kept.rs"]
mod kept;

libfuzzer_sys::fuzz_target!(|input: &[u8]| kept::check(input));
