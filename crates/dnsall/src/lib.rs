//! dnsall asks a name server for every type of record that a name can have.
//!
//! The command line is a table ([`spec`]) read into a [`cli::Conf`]. The way of
//! a name from there:
//!
//! 1. [`ask::engine`] starts a lookup of it ([`ask::lookup`]): which types to
//!    ask, and what the answers say about the others.
//! 2. Its questions become outstanding queries ([`ask::outstanding`]), which are
//!    sent as fast as the server can take them ([`ask::congestion`]) and again
//!    where they are lost.
//! 3. [`run`] carries their bytes to the server ([`net::server`], or the system's:
//!    [`net::resolv`]) in datagrams ([`net::udp`]) or over a connection
//!    ([`net::connection`]), encrypted or not, and brings the answers back.
//! 4. A reply is walked ([`wire::message`]) and its data becomes text
//!    ([`wire::rdata`]) record by record, so that a bad one harms no other.
//! 5. With --validate it is proven or refuted ([`dnssec`]).
//! 6. What was found is judged ([`print::answer`]) and printed ([`print::show`],
//!    [`print::json`], [`print::explain`]).
//!
//! --trace puts [`ask::trace`] in front, and -t AXFR goes its own way
//! ([`ask::transfer`]). Only [`run`] has a clock, and only [`net`] has sockets.
//!
//! The library is for the binary, its tests and fuzzers: no promise of stability.
pub mod ask;
pub mod cli;
pub mod dnssec;
pub mod net;
pub mod print;
pub mod run;
pub mod spec;
pub mod wire;
