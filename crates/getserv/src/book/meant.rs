//! What someone probably meant who typed a name that no source has.
use plainnet_common::{hint, text};

use super::{key, registry, sources::Book};

/// Names of ports from this one on are too many to guess among: nearly every
/// short word is like one of them.
const SYSTEM: u16 = 1024;

/// What to type instead of `word`, for which there is no service: a port in plain
/// decimal, the option for a protocol, a name like it, or the tool for host names.
/// Never `word` itself, which a source that is not asked may have.
pub fn meant(word: &str, book: &Book) -> Option<String> {
    if let Some(port) = other_port(word) {
        return Some(port.to_string()).filter(|port| port != word);
    }
    if book.knows_proto(word) {
        return Some(format!("-p {word}"));
    }
    let host = book.host().filter_map(|service| str::from_utf8(service.name).ok());
    let rows = registry::all().iter().filter(|row| row.port() < SYSTEM).map(|row| row.name());
    // The longer a word, the more mistakes leave no doubt about it.
    let most = match word.len() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    let names = host.chain(rows).filter(|name| name.len() > 2);
    if let Some(name) = hint::within(word, most, names) {
        return Some(text::escape(name.as_bytes()).to_string()).filter(|name| !name.eq_ignore_ascii_case(word));
    }
    is_host(word).then(|| format!("dnsall {word}"))
}

/// The port that is written with a sign, leading zeros, or in hexadecimal.
fn other_port(word: &str) -> Option<u16> {
    let number = match word.strip_prefix("0x").or(word.strip_prefix("0X")) {
        Some(digits) => return u16::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')),
        None => word.strip_prefix('+').unwrap_or(word),
    };
    key::port(number.trim_start_matches('0'))
}

/// True for what has the form of a host's name with a dot in it.
fn is_host(word: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let last = word.rsplit('.').next().unwrap_or_default();
    word.contains('.') && word.split('.').all(is_label) && last.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::sources::Sources;

    #[test]
    fn a_word_that_is_no_service() {
        let mut book = Book::new("test", None, Sources::Iana);
        let book = book.open();
        let meant = |word| meant(word, book);
        for (word, cure) in [
            ("htpp", "http"),
            ("htttps", "https"),
            ("080", "80"),
            ("+80", "80"),
            ("0x50", "80"),
            ("0X1BB", "443"),
            ("tcp", "-p tcp"),
            ("www.dev.to", "dnsall www.dev.to"),
        ] {
            assert_eq!(meant(word).as_deref(), Some(cure), "{word}");
        }
        for word in [
            "", "x", "shh", "whois", "51820", "no such", "0x10000", "0x", "0x+1", "+", "-1", "65536", "a..b", ".",
            "10.0.0.1", "zzyzx",
        ] {
            assert_eq!(meant(word), None, "{word}");
        }
    }
}
