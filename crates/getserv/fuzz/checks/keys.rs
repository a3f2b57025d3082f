//! Keys and endpoints: any text is a key, or is refused with one line of printable text.
use getserv::book::{
    endpoint,
    key::{Key, Kind},
};

/// Panics where this does not hold.
pub(crate) fn check(data: &[u8]) {
    let is_proto = |proto: &str| ["tcp", "udp", "ddp"].contains(&proto);
    let quick = endpoint::port_of(data);
    let Ok(text) = std::str::from_utf8(data) else { return assert_eq!(quick, None) };
    if let Some(key) = Key::parse(text, is_proto) {
        assert!(
            key.proto.is_none_or(is_proto)
                && text.starts_with(&match key.kind {
                    Kind::Port(port) => port.to_string(),
                    Kind::Name(name) => name.to_owned(),
                })
        );
    }
    match endpoint::read(text, is_proto) {
        Ok(key) => {
            assert!(key.proto.is_none_or(is_proto));
            // The quick way finds nothing else.
            assert!(quick.is_none_or(|port| key == Key { kind: Kind::Port(port), proto: None }));
        }
        Err(refusal) => {
            assert!(!refusal.to_string().contains(char::is_control));
            assert_eq!(quick, None);
        }
    }
}
