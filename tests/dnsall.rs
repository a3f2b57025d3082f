//! dnsall as a user meets it.
