//! getserv: every name, every port, this host and the world.
//!
//! A question ([`key`]) is a name or a port. The [`book`] asks its sources in
//! order: the host's file ([`host`], whose lines [`services`] reads), then
//! IANA's [`registry`], whose tables are made at compile time. Answers become
//! [`lines`]. Beside that there are the classes of [`ports`] and the host's
//! settings, a choice of [`free`] ports, and a [`check`] of services files.
//! [`cli`] says what the user meant by the words of [`spec`], and [`work`] does it.
//!
//! A library for the tests and the command; it promises nothing to others.
pub mod book;
pub mod bulk;
pub mod check;
pub mod cli;
pub mod free;
pub mod host;
pub mod index;
pub mod key;
pub mod lines;
pub mod ports;
pub mod registry;
pub mod services;
pub mod spec;
pub mod work;
