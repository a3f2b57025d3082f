//! A list as it is published, and what is done with it: entries and labels are
//! found where they stand, and sums, differences and the sets that are asked
//! agree with a plain look at each block. A line `=` begins a second list.
#![no_main]
#[path = "../checks/lists.rs"]
mod lists;

libfuzzer_sys::fuzz_target!(|input: &[u8]| lists::check(input));
