//! Files of /proc, separated by NULs: the three settings, and then a table of
//! sockets. What is read agrees with itself, and the answer for each port is one
//! of three words.
#![no_main]
#[path = "../checks/settings.rs"]
mod settings;

libfuzzer_sys::fuzz_target!(|input: &[u8]| settings::check(input));
