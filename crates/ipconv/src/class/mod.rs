//! What an address is good for.
//!
//! Numbers come in and verdicts go out: the properties that hold for a block,
//! the IPv4 addresses inside an IPv6 one, the row of the registry that speaks
//! of it. Nothing here reads or writes text.
pub mod deep;
pub mod property;
pub mod special;
mod special_rows;
