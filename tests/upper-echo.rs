//! upper-echo as a user meets it.
