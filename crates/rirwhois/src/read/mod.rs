//! What a registry said: bytes come in, and objects, fields and blocks go out.
//!
//! Nothing here asks, and no byte of a peer's is a reason to panic.
pub mod answer;
pub mod charset;
pub mod country;
pub mod date;
pub mod field;
pub mod held;
pub mod json;
pub mod range;
pub mod rdap;
pub mod reply;
