//! getserv: every name, every port, this host and the world.
//!
//! [`cli`] says what the user meant by the words of [`spec`], and [`run`] does it.
//! A question goes to the [`book`] of names and ports; its answer becomes lines in
//! [`print`](mod@print). Beside that there are the classes of [`ports`], the host's settings,
//! a choice of free ports, and a check of services files.
//!
//! A library for the tests and the command; it promises nothing to others.
pub mod book;
pub mod cli;
pub mod ports;
pub mod print;
pub mod run;
pub mod spec;
