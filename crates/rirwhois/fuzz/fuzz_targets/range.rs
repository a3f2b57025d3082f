//! Blocks as registries write them, a line each: a block is written as it was
//! read, its prefixes are all of it, and what IANA's registries say of one holds
//! for what is inside it.
#![no_main]
#[path = "../checks/range.rs"]
mod range;

libfuzzer_sys::fuzz_target!(|input: &[u8]| range::check(input));
