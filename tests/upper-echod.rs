//! upper-echod as a user meets it.
