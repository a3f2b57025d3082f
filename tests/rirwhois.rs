//! rirwhois as a user meets it.
