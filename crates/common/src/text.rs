//! Foreign bytes made fit for a terminal, a log or JSON.
use std::fmt::{self, Write};

/// Longest foreign text quoted in a message or a log line, in characters after escaping.
pub const SHOWN: usize = 100;

/// True for a character that can steer a terminal, reorder a line, end it or
/// hide in it: C0, DEL, C1, the bidirectional controls, the Unicode line
/// separators, and what has no width (joiners, soft hyphen, byte order mark,
/// tag characters).
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// `bytes` on one line: controls as `\n`, `\x1b` or `\u{202e}`, bytes that are
/// not UTF-8 as `\xff`, and a backslash doubled so that no escape can be faked.
pub fn escape(bytes: &[u8]) -> String {
    escaped(bytes, |c| c == '\\' || is_control(c))
}

/// As [`escape`], but backslashes and TABs stay as they are: for text that is
/// itself the answer.
pub fn printable(bytes: &[u8]) -> String {
    escaped(bytes, |c| c != '\t' && is_control(c))
}

/// The words of a message, in which foreign ones may be: as [`escape`], but
/// backslashes stay as they are, since parts of it may have been escaped before.
pub fn message(words: impl fmt::Display) -> String {
    escaped(words.to_string().as_bytes(), is_control)
}

/// [`escape`], then cut to [`SHOWN`] characters with `...` where it was longer;
/// `''` for nothing, so that a message has a subject.
pub fn shown(bytes: &[u8]) -> String {
    Shown(bytes).to_string()
}

/// Bytes that are displayed as [`shown`] returns them, without memory of their own.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Escaping never shortens, so this many bytes hold one character more than is shown.
        let bytes = if self.0.is_empty() { b"''" } else { &self.0[..self.0.len().min(4 * (SHOWN + 1))] };
        let mut cut = Cut { out: f, left: SHOWN };
        match write_escaped(&mut cut, bytes, |c| c == '\\' || is_control(c)) {
            Err(_) if cut.left == 0 => cut.out.write_str("..."),
            end => end,
        }
    }
}

/// Lets so many characters through, and fails at the next.
struct Cut<W> {
    out: W,
    left: usize,
}

impl<W: Write> Write for Cut<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.out.write_char(c)
        })
    }
}

fn escaped(bytes: &[u8], hide: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    // Writing to a String cannot fail.
    let _ = write_escaped(&mut out, bytes, hide);
    out
}

fn write_escaped(out: &mut impl Write, bytes: &[u8], hide: impl Fn(char) -> bool) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                _ if !hide(c) => out.write_char(c)?,
                '\n' | '\r' | '\t' | '\\' => write!(out, "{}", c.escape_default())?,
                c if c.is_ascii() => write!(out, "\\x{:02x}", c as u32)?,
                c => write!(out, "{}", c.escape_unicode())?,
            }
        }
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}

/// Appends `text` as a JSON string (RFC 8259 section 7). Unlike the usual
/// libraries it also escapes what [`is_control`] names, since JSON is read on
/// terminals too.
pub fn json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '\n' | '\r' | '\t' => out.extend(c.escape_default().map(|c| c as u8)),
            // Beyond the basic plane that is a surrogate pair.
            c if is_control(c) => {
                let units = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
                out.extend(units.bytes());
            }
            c => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(escape(b"a\x1b[31m\n\\ \xff\xc2\x85"), "a\\x1b[31m\\n\\\\ \\xff\\u{85}");
        assert_eq!(escape("\u{202e}evil\u{2028}".as_bytes()), "\\u{202e}evil\\u{2028}");
        for hidden in ['\u{200b}', '\u{feff}', '\u{ad}', '\u{180e}', '\u{e0041}', '\u{2029}', '\u{2066}'] {
            assert_eq!(escape(hidden.to_string().as_bytes()), format!("\\u{{{:x}}}", hidden as u32));
        }
        assert_eq!(printable("a\tb\\c\rd".as_bytes()), "a\tb\\c\\rd");
    }

    #[test]
    fn cut_after_escaping_on_a_character() {
        assert_eq!(shown(&[b'\n'; 80]), format!("{}...", "\\n".repeat(50)));
        assert_eq!(shown("é".repeat(1000).as_bytes()), format!("{}...", "é".repeat(100)));
        assert_eq!(shown(&[b'a'; 100]), "a".repeat(100));
        assert_eq!(shown(b""), "''");
    }

    #[test]
    fn json_hides_what_a_terminal_would_obey() {
        let mut out = Vec::new();
        json_string(&mut out, "a\"\\\n\u{1b}\u{9b}\u{202e}\u{e0041}ü");
        assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"\\\\\\n\\u001b\\u009b\\u202e\\udb40\\udc41ü\"");
    }
}
