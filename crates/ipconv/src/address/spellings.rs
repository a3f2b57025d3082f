//! What the tests of the readers share.
use crate::address::{text::Reason, value::Value, write::compressed};

/// A reader of one form.
type Read = fn(&[u8]) -> Result<Value<'static>, Reason>;

/// `form` reads each first text of `good` as what the second is, and nothing of `bad`.
pub(crate) fn check(form: Read, good: &[(&str, &str)], bad: &[&str]) {
    let read = |text: &str| form(text.as_bytes()).map(|value| compressed(&value)).map_err(|why| why.to_string());
    for (text, want) in good {
        assert_eq!(read(text), Ok((*want).to_owned()), "{text}");
    }
    for text in bad {
        assert!(read(text).is_err(), "{text:?} gives {:?}", read(text));
    }
}
