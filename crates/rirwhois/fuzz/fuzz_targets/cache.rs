//! A file of the cache that holds anything, in which NOW stands for the time:
//! it is read, what it says of a question is what was asked, and what is added
//! to it is found again by this run and the next one.
#![no_main]
#[path = "../checks/cache.rs"]
mod cache;

libfuzzer_sys::fuzz_target!(|input: &[u8]| cache::check(input));
