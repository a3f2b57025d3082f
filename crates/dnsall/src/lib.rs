//! dnsall.
