//! A JSON document: what serde_json takes, ours takes with the same values.
#![no_main]
#[path = "../checks/json.rs"]
mod json;

libfuzzer_sys::fuzz_target!(|input: &[u8]| json::check(input));
