//! What this host does with its ports, and what is wrong with a services file.
//!
//! The kernel's settings and tables of sockets come in as text, or the lines of
//! a file, read by [`proc`] where the kernel writes it; [`classes`], [`free`] ports and findings of [`check`] go out. Nothing
//! here opens a socket: a port is never tried, only read about.
pub mod check;
pub mod classes;
pub mod free;
pub mod proc;
