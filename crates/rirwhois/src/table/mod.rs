//! What is known without the network: who administers which numbers.
//!
//! A question comes in, and its registry or the table's whole row goes out, from what is
//! embedded or from what --update wrote. Nothing here opens a socket.
pub mod delegated;
pub mod fast;
pub mod lookup;
pub mod offline;
pub mod range;
pub mod registry;
pub mod update;
