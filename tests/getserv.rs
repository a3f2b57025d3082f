//! getserv as a user meets it.
