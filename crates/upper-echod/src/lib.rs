//! A TCP server that answers in upper case, and is hard to starve.
//!
//! One thread and one epoll instance serve everybody. The story of a byte:
//! a listener ([`listen`]) takes a connection, which gets a slot in a table
//! ([`connections`]) and no memory of its own. When epoll ([`epoll`]) says that
//! something came, the conversation ([`connection`]) reads it into a buffer that all
//! share and that fits the processor ([`cache`]), changes it in place and sends
//! it back from there. Only what the socket refuses is copied, and while it
//! waits nothing more is read from that client: back-pressure instead of
//! growth. In `--line` mode a piece of a line goes through [`mod@line`] first.
//! [`script`] plays conversations against a network of its own making, to prove
//! all that.
//!
//! Around that stands who may stay ([`serve`]): time limits, a limit of
//! connections with the eviction of the least useful, and the end by a signal.
//! The log ([`log`]) may break and the service may not. [`systemd`] and
//! [`sandbox`] are about the process, and [`sys`] is the one door to libc.
//!
//! A library for its own binary, tests and fuzzers, without promise of stability.
#[cfg(not(target_os = "linux"))]
compile_error!("upper-echod is built on epoll, signalfd and landlock, and so on Linux only");

pub mod cache;
pub mod cli;
pub mod connection;
pub mod connections;
pub mod epoll;
pub mod line;
pub mod listen;
pub mod log;
pub mod sandbox;
pub mod script;
pub mod serve;
pub mod spec;
pub mod sys;
pub mod systemd;
