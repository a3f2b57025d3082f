//! What a user types as a name, and a name in a message.
use dnsall::wire::name::{self, Name};

/// Panics where this does not hold.
pub(crate) fn check(input: &[u8]) {
    if let Some((name, next)) = Name::read(input, 0) {
        assert!(name.wire().len() <= 255 && next <= input.len());
        assert!(name::is_at(input, 0, &name) && name::skip(input, 0) == Some(next));
        assert_eq!(Name::parse(&name.to_string()), Ok(name.clone()));
        assert_eq!(Name::from_wire(name.wire()), Some(name.clone()));
        assert!(name.is_within(&Name::root()));
        let _ = name.unicode();
    }
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(name) = Name::parse(text)
    {
        assert_eq!(Name::parse(&name.to_string()), Ok(name));
    }
}
