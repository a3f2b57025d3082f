//! What is asked: a name or a port, and perhaps a protocol.

/// What is asked of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// The name or the port that is asked.
    pub kind: Kind<'a>,
    /// The protocol, as it was written.
    pub proto: Option<&'a str>,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// The port of this name.
    Name(&'a str),
    /// The name of this port.
    Port(u16),
}

impl<'a> Key<'a> {
    /// Reads `text`. What follows the last slash is a protocol only if the data
    /// know it, which `is_proto` says: `914c/g` and `cl/1` are names.
    ///
    /// Nothing for an empty text and for digits that are no port: above 65535, or
    /// with a leading zero, which some read as octal.
    pub fn parse(text: &'a str, is_proto: impl FnOnce(&str) -> bool) -> Option<Key<'a>> {
        let (head, proto) = match text.rsplit_once('/') {
            Some((head, tail)) if is_proto(tail) => (head, Some(tail)),
            _ => (text, None),
        };
        Some(Key { kind: Kind::of(head)?, proto })
    }
}

impl<'a> Kind<'a> {
    /// A name, or a port where `text` is digits alone; nothing where it is empty
    /// or digits that are no port.
    pub fn of(text: &'a str) -> Option<Kind<'a>> {
        match text.bytes().all(|b| b.is_ascii_digit()) {
            true if text.is_empty() => None,
            true => port(text).map(Kind::Port),
            false => Some(Kind::Name(text)),
        }
    }
}

/// The number of a port as it is written in decimal, and no other way.
pub fn port(digits: &str) -> Option<u16> {
    let plain = digits == "0" || !digits.starts_with(['0', '+']);
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_parts_only_before_a_protocol() {
        let key = |text| Key::parse(text, |p| p == "tcp");
        let name = |name, proto| Some(Key { kind: Kind::Name(name), proto });
        assert_eq!(key("http"), name("http", None));
        assert_eq!(key("http/tcp"), name("http", Some("tcp")));
        assert_eq!(key("914c/g"), name("914c/g", None));
        assert_eq!(key("914c/g/tcp"), name("914c/g", Some("tcp")));
        assert_eq!(key("80/icmp"), name("80/icmp", None));
        assert_eq!(key("80/"), name("80/", None));
        assert_eq!(key("3com-tsmux"), name("3com-tsmux", None));
        assert_eq!(key("65535/tcp"), Some(Key { kind: Kind::Port(65535), proto: Some("tcp") }));
    }

    #[test]
    fn a_port_is_never_guessed() {
        for text in ["", "/tcp", "65536", "080", "00", "99999999999999999999"] {
            assert_eq!(Key::parse(text, |p| p == "tcp"), None, "{text}");
        }
        for text in ["+80", "-1", "0x50", "1e3", "٨٠", " 80"] {
            assert!(matches!(Key::parse(text, |_| false), Some(Key { kind: Kind::Name(_), .. })), "{text}");
        }
        assert_eq!(port("0"), Some(0));
    }
}
