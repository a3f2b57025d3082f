//! The sockets: queries go out and replies come in, within their bounds in bytes and time.
//!
//! Nothing here judges what a reply says.
pub mod exchange;
#[cfg(feature = "rdap")]
pub mod fetch;
pub mod origin;
pub mod session;
#[cfg(feature = "rdap")]
pub mod web;
