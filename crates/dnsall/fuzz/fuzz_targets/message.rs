//! A whole reply: the walk, the options, every record's text and what it says.
#![no_main]
#[path = "../checks/message.rs"]
mod message;

libfuzzer_sys::fuzz_target!(|input: &[u8]| message::check(input));
