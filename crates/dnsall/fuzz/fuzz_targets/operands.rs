//! What a user types for a server, a type or a name: a server is written as it
//! was read, and every refusal and hint is printable and leads somewhere.
#![no_main]
#[path = "../checks/operands.rs"]
mod operands;

libfuzzer_sys::fuzz_target!(|input: &[u8]| operands::check(input));
