//! Lines in blocks of any size: they are those of a plain look at the whole
//! text, and so is the field that is asked. The first byte is the form, the
//! second how many bytes arrive at once.
#![no_main]
#[path = "../checks/input.rs"]
mod input;

libfuzzer_sys::fuzz_target!(|input: &[u8]| input::check(input));
