//! rirwhois.
