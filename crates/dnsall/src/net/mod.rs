//! Descriptors and files: sockets to name servers, and the system's settings.
//! Bytes go out and come in, ready to be polled; what they mean, whom to ask
//! next and when to give up is decided elsewhere.
//!
//! Servers that give each question a stream (`encrypted`) are spoken to by the
//! crates that hickory-net stands on (h2, h3, quinn), and not by its own client:
//! that one parses each reply and hands it out only if every record of it is
//! right, while our reader keeps the good records beside a bad one.
use std::io;

pub mod batch;
pub mod connection;
#[cfg(feature = "__encrypted")]
pub mod encrypted;
pub mod hosts;
pub mod resolv;
pub mod server;
pub mod stream;
pub mod tls;
#[cfg(feature = "tls")]
pub mod trust;
pub mod udp;

/// The system's reason in lower case, an acronym in front aside.
pub fn reason(e: &io::Error) -> String {
    let text = plainnet_common::output::reason(e);
    let word = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if word.chars().skip(1).any(char::is_uppercase) {
        return text;
    }
    let mut rest = text.chars();
    rest.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(rest).collect()
}
