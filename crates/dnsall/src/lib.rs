//! dnsall asks a name server for every type of record that a name can have.
//!
//! The command line is a table ([`spec`]) read into a [`cli::Conf`]. A name
//! becomes a sweep ([`sweep`]): which types to ask, what the first answer says
//! about the rest, what was found. Its questions fly ([`flight`]) to a server
//! ([`server`], or the system's: [`system`]) in datagrams, or over one
//! connection ([`stream`], [`tls`]). Neither knows a socket or a clock where it
//! needn't: [`work`] has both, and the names to ask. Replies are walked
//! ([`message`]) and their data becomes text ([`rdata`]) record by record, so
//! that a bad one harms no other. [`show`] prints.
//!
//! The library is for the binary, its tests and fuzzers: no promise of stability.
pub mod cli;
pub mod dice;
pub mod explain;
pub mod flight;
pub mod hosts;
pub mod inputs;
pub mod message;
pub mod name;
pub mod rdata;
pub mod server;
pub mod show;
pub mod spec;
pub mod stream;
pub mod sweep;
pub mod system;
pub mod tls;
pub mod trace;
pub mod types;
pub mod work;
