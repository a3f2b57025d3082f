//! Servers that give each question a stream of its own, over one connection for
//! all questions of a run: DNS over HTTPS (RFC 8484, by HTTP/2 and HTTP/3) and
//! over QUIC (RFC 9250).
//!
//! Their protocols are spoken by a thread with a tokio runtime ([`session`]), one
//! for each connection. A pair of datagram sockets joins it with the poll loop
//! ([`relay`]): a datagram is a question one way and a report the other way
//! ([`report`]), so that such a server is one more descriptor. A new connection
//! has a new thread and a new pair, and nothing of an old one can reach it.
//!
//! The system's proxies are not used, and no question is sent before the
//! certificate has proved the server's name.
mod client;
#[cfg(feature = "quic")]
mod doq;
#[cfg(feature = "h3")]
mod h3;
#[cfg(feature = "h3")]
mod h3_streams;
#[cfg(any(feature = "https", feature = "h3"))]
mod http;
#[cfg(feature = "https")]
mod https;
#[cfg(any(feature = "quic", feature = "h3"))]
mod quic;
pub mod relay;
pub mod report;
pub mod session;
