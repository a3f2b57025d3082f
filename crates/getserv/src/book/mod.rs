//! What ports and names there are.
//!
//! A question comes in (a [`key`]) and lines of services(5) go out, with the
//! source that each is from. The [`sources`] are asked in order: the [`host`]'s
//! file, whose lines [`services`] reads and an [`index`] finds, then IANA's
//! [`registry`]. Nothing here writes, and nothing is known of what this host
//! does with its ports.
pub mod host;
pub mod index;
pub mod key;
pub mod registry;
pub mod services;
pub mod sources;
