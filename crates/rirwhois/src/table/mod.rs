//! What is known without the network: who administers which numbers.
//!
//! A question comes in, and its registry, its country or the table's whole row goes out, from
//! what is embedded or from what --update wrote. Nothing here opens a socket.
pub mod column;
pub mod country;
pub mod data;
pub mod delegated;
pub mod fast;
pub mod file;
pub mod iana;
pub mod index;
pub mod kept;
pub mod lookup;
pub mod md5;
pub mod overlay;
pub mod packed;
pub mod records;
pub mod registry;
pub mod update;
