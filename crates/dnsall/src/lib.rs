//! dnsall.
pub mod message;
pub mod name;
pub mod types;
