//! Registries that answer whois on loopback.
