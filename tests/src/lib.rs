//! The lab: servers on loopback that the tests and the tour share, and the
//! helpers that run a tool and look at what it did.
pub mod dns;
pub mod echo;
#[cfg(feature = "encrypted")]
pub mod encrypted;
pub mod flights;
pub mod generated;
pub mod master;
pub mod private;
pub mod scratch;
pub mod signed;
#[cfg(feature = "tls")]
pub mod tls;
pub mod tool;
pub mod whois;
pub mod world;
