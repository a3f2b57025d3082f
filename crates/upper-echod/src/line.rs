//! A line that is stripped and changed while it arrives.
//!
//! What comes out over all pieces equals Python's
//! `rfile.readline().strip().upper()` on bytes. White space is held back until
//! something else follows it, so memory is the longest run of white space
//! inside the line, never the line.

/// One piece of a line, stripped.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// From the first to the last byte that is not white space. Before it goes
    /// what was held back, if the line had begun.
    pub text: &'a mut [u8],
    /// White space to hold back after it.
    pub space: &'a [u8],
    /// The line's end was in this piece.
    pub ended: bool,
}

/// What strip() of bytes takes away: unlike [`u8::is_ascii_whitespace`] that includes VT.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Strips `data`, the next piece of a line. `begun` says whether anything but
/// white space came before.
pub fn strip(data: &mut [u8], begun: bool) -> Piece<'_> {
    let end = data.iter().position(|b| *b == b'\n');
    let size = end.unwrap_or(data.len());
    let data = &mut data[..size];
    let text_end = data.iter().rposition(|b| !is_space(*b)).map_or(0, |at| at + 1);
    let (text, space) = data.split_at_mut(text_end);
    let lead = if begun { 0 } else { text.iter().position(|b| !is_space(*b)).unwrap_or(0) };
    let text = &mut text[lead..];
    let hold = end.is_none() && (begun || !text.is_empty());
    Piece { text, space: if hold { space } else { &[] }, ended: end.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(data: &[u8], begun: bool) -> (Vec<u8>, Vec<u8>, bool) {
        let mut data = data.to_vec();
        let piece = strip(&mut data, begun);
        (piece.text.to_vec(), piece.space.to_vec(), piece.ended)
    }

    #[test]
    fn white_space_waits_for_what_follows() {
        assert_eq!(stripped(b" \t a b \r\n", false), (b"a b".to_vec(), vec![], true));
        assert_eq!(stripped(b" \t a b \r", false), (b"a b".to_vec(), b" \r".to_vec(), false));
        assert_eq!(stripped(b" c", true), (b" c".to_vec(), vec![], false));
        assert_eq!(stripped(b"  ", true), (vec![], b"  ".to_vec(), false));
        assert_eq!(stripped(b"  ", false), (vec![], vec![], false));
        assert_eq!(stripped(b"a\nb\n", false), (b"a".to_vec(), vec![], true));
        assert_eq!(stripped(b"\n", false), (vec![], vec![], true));
    }

    #[test]
    fn strips_what_python_strips() {
        // python3 -c 'print([b for b in range(256) if not bytes([b]).strip()])'
        let space: Vec<u8> = (0..=255).filter(|b| is_space(*b)).collect();
        assert_eq!(space, [9, 10, 11, 12, 13, 32]);
    }
}
