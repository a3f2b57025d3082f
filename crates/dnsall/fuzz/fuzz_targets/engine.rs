//! Some names, asked on a network of which the input decides what it answers,
//! when, and with what it breaks off. The clock jumps from event to event.
//!
//! Every name comes to an end, in its order; each question has one outcome; no
//! question is sent more often than its tries and each cure for a server's fault
//! allow; what a forger sends is never taken; and what is kept has a bound.
#![no_main]
#[path = "../checks/engine.rs"]
mod engine;

libfuzzer_sys::fuzz_target!(|input: &[u8]| engine::check(input));
