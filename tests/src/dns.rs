//! Name servers on loopback.
