//! Bytes of an answer as text.
//!
//! Registries don't say which character set they send. Line by line it is
//! UTF-8 where that is valid, ISO-2022-JP where its escape sequences stand
//! (JPNIC), and Latin-1 otherwise (RIPE, old LACNIC), which takes any byte.
use std::borrow::Cow;

/// A whole answer with plain line ends, borrowed where it came so. Controls
/// are still in it: they are escaped when it is printed.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains(['\r', '\u{1b}'])
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let whole = line.strip_suffix(b"\n");
        let line = whole.unwrap_or(line);
        text.push_str(&decode(line.strip_suffix(b"\r").unwrap_or(line)));
        if whole.is_some() {
            text.push('\n');
        }
    }
    Cow::Owned(text)
}

/// One line.
pub fn decode(line: &[u8]) -> Cow<'_, str> {
    if has_japanese_escapes(line) {
        let (text, wrong) = encoding_rs::ISO_2022_JP.decode_without_bom_handling(line);
        if !wrong {
            return text;
        }
    }
    match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(line.iter().copied().map(char::from).collect()),
    }
}

/// RFC 1468: ESC and one of the designations `( B`, `( J`, `$ @`, `$ B`.
fn has_japanese_escapes(line: &[u8]) -> bool {
    let designation = |w: &[u8]| matches!(w, b"\x1b(B" | b"\x1b(J" | b"\x1b$@" | b"\x1b$B");
    line.windows(3).any(designation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_in_its_own_charset() {
        assert_eq!(text(b"a: M\xfcnchen\r\nb: M\xc3\xbcnchen\nc"), "a: München\nb: München\nc");
        // 日本 in JIS X 0208, from RFC 1468's own repertoire.
        assert_eq!(text(b"x \x1b$BF|K\\\x1b(B y\n"), "x 日本 y\n");
        assert_eq!(decode(b"\x1b[31m"), "\u{1b}[31m");
        assert_eq!(decode(b"\x1b$B\xff"), "\u{1b}$B\u{ff}");
        assert_eq!(decode(b"\x9b0m"), "\u{9b}0m");
        for (bytes, is_copied) in
            [(&b"a: M\xc3\xbcnchen\n\n"[..], false), (b"a\r\n", true), (b"\xfc\n", true), (b"\x1b$BF|\x1b(B", true)]
        {
            assert_eq!(matches!(text(bytes), Cow::Owned(_)), is_copied, "{bytes:?}");
        }
    }
}
