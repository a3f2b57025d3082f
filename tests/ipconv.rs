//! ipconv as a user meets it.
