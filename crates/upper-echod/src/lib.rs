//! A TCP server that answers in upper case, and is hard to starve.
//!
//! One thread and one epoll instance serve everybody. The way of a byte:
//! everything is opened and all memory that connections need is reserved before
//! the first client ([`startup`]); a listener ([`listen`]) takes a connection,
//! which gets a slot in a table ([`connections`]) and no memory of its own. When
//! epoll ([`epoll`]) says that something came, the connection ([`connection`])
//! reads it into a buffer that all share and that fits the processor
//! ([`cache`]), changes it in place and sends it back from there. Only what the
//! socket refuses is copied, and while it waits nothing more is read from that
//! client: back-pressure instead of growth. In `--line` mode a piece of a line
//! is stripped first ([`mod@line`]). [`script`] plays connections against a
//! network of its own making, to prove all that.
//!
//! Around that stands who may stay ([`serve`]): time limits, the limit of a host
//! ([`hosts`]), the rule by which a newcomer gets the place of whoever moves the
//! least data ([`limits`]), and the end by a signal. Moments are counted in
//! [`clock`]. The log ([`log`]) may break and the service may not. [`address`]
//! reads operands, [`systemd`] and [`sandbox`] are about the process, and
//! [`sys`] is the one door to libc.
//!
//! It runs on Linux only, and not by accident: epoll with edge triggering,
//! signalfd, timerfd, accept4, landlock and capabilities carry it, and a
//! portable way (poll over all connections, a pipe for signals) would be another
//! server.
//!
//! A library for its own binary, tests and fuzzers, without promise of stability.
#[cfg(not(target_os = "linux"))]
compile_error!("upper-echod is built on epoll, signalfd and landlock, and so on Linux only");

pub mod address;
pub mod cache;
pub mod cli;
pub mod clock;
pub mod connection;
pub mod connections;
pub mod epoll;
pub mod hosts;
pub mod limits;
pub mod line;
pub mod listen;
pub mod log;
pub mod sandbox;
pub mod script;
pub mod serve;
pub mod spec;
pub mod startup;
pub mod sys;
pub mod systemd;
