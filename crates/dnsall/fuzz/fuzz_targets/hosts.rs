//! A hosts file: however it arrives, and whether all of it is kept or only what
//! is asked, the answers are those of a plain reading, line by line.
#![no_main]
#[path = "../checks/hosts.rs"]
mod hosts;

libfuzzer_sys::fuzz_target!(|input: &[u8]| hosts::check(input));
