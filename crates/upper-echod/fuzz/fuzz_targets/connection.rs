//! A connection against a network that does what it likes.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: &[u8]| upper_echod::script::play(script));
