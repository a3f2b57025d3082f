//! getserv.
