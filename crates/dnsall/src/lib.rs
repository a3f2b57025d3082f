//! dnsall asks a name server for every type of record that a name can have.
//!
//! The command line is a table ([`spec`]) read into a [`cli::Conf`]. A name
//! becomes a sweep ([`ask::sweep`]): which types to ask, what the first answer
//! says about the rest, what was found. Its questions fly ([`ask::flight`]) to a
//! server ([`net::server`], or the system's: [`net::resolv`]) in datagrams, or
//! over one connection ([`net::stream`], [`net::tls`]). Neither knows a socket or
//! a clock where it needn't: [`run`] has both, and the names to ask. Replies are
//! walked ([`wire::message`]) and their data becomes text ([`wire::rdata`])
//! record by record, so that a bad one harms no other. [`print`] prints.
//!
//! The library is for the binary, its tests and fuzzers: no promise of stability.
pub mod ask;
pub mod cli;
pub mod inputs;
pub mod net;
pub mod print;
pub mod run;
pub mod spec;
pub mod wire;
