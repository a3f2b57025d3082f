//! What an address is good for.
//!
//! A value comes in and a [`verdict::Verdict`] goes out: the properties that hold
//! for every address in it, the row of IANA's registry that speaks of it, and
//! the IPv4 addresses inside it. Nothing here reads or writes text.
pub mod deep;
pub mod property;
pub mod table;
pub mod verdict;
