//! What a user types: an operand, a server, a base, a file of servers. What is
//! read is written and read again, and the quick way through long lists answers
//! as the careful one.
#![no_main]
#[path = "../checks/question.rs"]
mod question;

libfuzzer_sys::fuzz_target!(|input: &[u8]| question::check(input));
