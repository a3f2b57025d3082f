//! Whatever a file of statistics says, its records are in order and disjoint, and
//! the table made with it answers for every number.
#![no_main]
#[path = "../checks/statistics.rs"]
mod statistics;

libfuzzer_sys::fuzz_target!(|input: &[u8]| statistics::check(input));
