//! Any words as the command line.
#![no_main]
#[path = "../checks/command_line.rs"]
mod command_line;

libfuzzer_sys::fuzz_target!(|input: &[u8]| command_line::check(input));
