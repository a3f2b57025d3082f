//! ipconv.
