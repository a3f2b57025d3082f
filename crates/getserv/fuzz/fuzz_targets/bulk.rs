//! Lines of standard input: those that are plain are answered where they lie,
//! many at once, as they are one by one, however they arrive. The first byte is
//! the form.
#![no_main]
#[path = "../checks/bulk.rs"]
mod bulk;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bulk::check(input));
