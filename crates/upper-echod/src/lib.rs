//! upper-echod.
