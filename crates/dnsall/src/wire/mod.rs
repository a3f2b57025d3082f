//! Bytes and values. The bytes of a message come in and become names, types and
//! records, each with its text in master-file form; a question becomes bytes.
//! Hostile bytes end here: nothing in here trusts a count, loops over a pointer
//! or panics, and nothing in here knows a server.
pub mod edns;
pub mod message;
pub mod name;
pub mod rdata;
pub mod types;
