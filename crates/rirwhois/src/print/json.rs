//! Objects of JSON Lines, and the input that each of them begins with.
use std::io::Write;

use plainnet_common::{exit::Fail, input::Input, text};

/// Writes one object: the input, texts or null, and why there is none.
///
/// # Errors
/// Writing failed.
pub fn object<'a, W: Write>(
    out: &mut W,
    input: &Input<'_>,
    fields: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    error: Option<&'a str>,
    end: u8,
) -> Result<(), Fail> {
    let mut line = b"{\"input\":".to_vec();
    text::json_string(&mut line, &shown(input));
    for (key, value) in fields.chain([("error", error)]) {
        line.push(b',');
        text::json_string(&mut line, key);
        line.push(b':');
        match value {
            Some(value) => text::json_string(&mut line, value),
            None => line.extend(b"null"),
        }
    }
    line.extend([b'}', end]);
    out.write_all(&line)?;
    Ok(())
}

/// The input as JSON shows it: bytes that are no text are escaped.
pub fn shown(input: &Input<'_>) -> String {
    input.text.map_or_else(|_| text::escape(input.line), str::to_owned)
}
