//! A whole search in which the servers say anything: it ends, after six queries
//! at most, no query has a second line, and nobody is asked who must not be.
#![no_main]
#[path = "../checks/referral.rs"]
mod referral;

libfuzzer_sys::fuzz_target!(|input: &[u8]| referral::check(input));
