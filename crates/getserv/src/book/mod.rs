//! What ports and names there are.
//!
//! A question comes in (a [`key`], perhaps out of an [`endpoint`] that another
//! program printed) and lines of services(5) go out, each an [`entry`] with the
//! source that it is from. The [`sources`] are asked in order: the [`host`]'s
//! [`file`](mod@file), whose lines [`services`] reads and an [`index`] finds, then the
//! built-in lists of the [`registry`], which a [`hash`] leads into. Nothing here
//! writes, and nothing is known of what this host does with its ports.
pub mod endpoint;
pub mod entry;
pub mod file;
pub mod hash;
pub mod host;
pub mod index;
pub mod key;
pub mod meant;
pub mod registry;
pub mod services;
pub mod sources;
