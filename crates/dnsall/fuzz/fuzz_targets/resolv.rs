//! A settings file and the environment beside it, each behind a NUL: whatever
//! they hold there is a server, numbers stay in the C library's range, and each
//! complaint is one printable line.
#![no_main]
#[path = "../checks/resolv.rs"]
mod resolv;

libfuzzer_sys::fuzz_target!(|input: &[u8]| resolv::check(input));
