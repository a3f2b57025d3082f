//! The way from a root to a name, with any replies: it ends after so many steps,
//! asks only addresses that may be asked, and believes no referral that leads
//! away from the name.
#![no_main]
#[path = "../checks/trace.rs"]
mod trace;

libfuzzer_sys::fuzz_target!(|input: &[u8]| trace::check(input));
