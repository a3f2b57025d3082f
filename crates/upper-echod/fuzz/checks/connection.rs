//! A connection against a network that does what it likes.

/// Plays `script`.
pub(crate) fn check(script: &[u8]) {
    upper_echod::script::play(script);
}
