//! An answer: where it ends on a kept connection, its lines, its objects, its
//! fields, what it lists.
#![no_main]
#[path = "../checks/reply.rs"]
mod reply;

libfuzzer_sys::fuzz_target!(|input: &[u8]| reply::check(input));
