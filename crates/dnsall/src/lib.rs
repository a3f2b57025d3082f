//! dnsall.
pub mod explain;
pub mod message;
pub mod name;
pub mod rdata;
pub mod types;
