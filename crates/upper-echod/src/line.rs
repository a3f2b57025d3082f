//! A line that is stripped and changed while it arrives.
//!
//! What comes out over all pieces equals Python's
//! `rfile.readline().strip().upper()` on bytes. White space is held back until
//! something else follows it, so memory is the longest run of white space
//! inside the line, never the line. Such a run has a limit ([`WHITE_SPACE`]),
//! which counts its bytes however they are spread over pieces.

/// The longest run of white space behind the first byte of a line that is none,
/// in bytes. One before the line's end counts, since the end is not known while
/// the run arrives; what comes before the line is dropped and has no limit.
pub const WHITE_SPACE: usize = 4096;

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
    /// Behind `text` comes a run of white space beyond the limit, and no more of
    /// the line is wanted.
    pub over: bool,
}

/// What strip() of bytes takes away: unlike [`u8::is_ascii_whitespace`] that includes VT.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Strips `data`, the next piece of a line. `begun` says whether anything but
/// white space came before, `held` how many bytes of it are held back.
pub fn strip(data: &mut [u8], begun: bool, held: usize) -> Piece<'_> {
    let end = data.iter().position(|b| *b == b'\n');
    let size = end.unwrap_or(data.len());
    let data = &mut data[..size];
    if let Some(start) = endless(data, begun, held) {
        let text = &mut data[..start];
        let lead = if begun { 0 } else { leading(text) };
        return Piece { text: &mut text[lead..], space: &[], ended: false, over: true };
    }
    let text_end = data.iter().rposition(|b| !is_space(*b)).map_or(0, |at| at + 1);
    let (text, space) = data.split_at_mut(text_end);
    let lead = if begun { 0 } else { leading(text) };
    let text = &mut text[lead..];
    let hold = end.is_none() && (begun || !text.is_empty());
    Piece { text, space: if hold { space } else { &[] }, ended: end.is_some(), over: false }
}

/// White space that `text` begins with, unless it is nothing else.
fn leading(text: &[u8]) -> usize {
    text.iter().position(|b| !is_space(*b)).unwrap_or(0)
}

/// Where the first run of white space beyond the limit begins in `data`.
fn endless(data: &[u8], begun: bool, held: usize) -> Option<usize> {
    if held + data.len() <= WHITE_SPACE {
        return None;
    }
    let (mut begun, mut length, mut start) = (begun, held, 0);
    for (at, byte) in data.iter().enumerate() {
        if !is_space(*byte) {
            (begun, length, start) = (true, 0, at + 1);
        } else if begun {
            length += 1;
            if length > WHITE_SPACE {
                return Some(start);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(data: &[u8], begun: bool) -> (Vec<u8>, Vec<u8>, bool) {
        let mut data = data.to_vec();
        let piece = strip(&mut data, begun, 0);
        assert!(!piece.over);
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

    /// What a line that arrives in pieces of `size` bytes becomes, and whether
    /// its white space went beyond the limit.
    fn whole(line: &[u8], size: usize) -> (Vec<u8>, bool) {
        let (mut all, mut held, mut begun) = (Vec::new(), Vec::new(), false);
        for piece in line.chunks(size) {
            let mut data = piece.to_vec();
            let piece = strip(&mut data, begun, held.len());
            if !piece.text.is_empty() {
                begun = true;
                all.append(&mut held);
                all.extend_from_slice(piece.text);
            }
            if piece.over || piece.ended {
                return (all, piece.over);
            }
            held.extend_from_slice(piece.space);
            assert!(held.len() <= WHITE_SPACE);
        }
        (all, false)
    }

    #[test]
    fn the_limit_of_white_space_counts_bytes_however_they_arrive() {
        for (before, run, after, over) in [
            ("  x", WHITE_SPACE, "y\n", false),
            ("  x", WHITE_SPACE + 1, "y\n", true),
            ("x y", WHITE_SPACE, "\n", false),
            ("x y", WHITE_SPACE + 1, "\n", true),
            ("x", 70_000, "y\n", true),
            ("", 70_000, "y\n", false),
            ("", 70_000, "\n", false),
        ] {
            let line = format!("{before}{}{after}", " ".repeat(run));
            let want = if over { before.trim() } else { line.trim() };
            for size in [1, 2, 7, 1000, 4095, 4096, 4097, 8192, 100_000] {
                let (text, is_over) = whole(line.as_bytes(), size);
                assert_eq!(
                    (str::from_utf8(&text), is_over),
                    (Ok(want), over),
                    "{before:?} {run} {after:?} in pieces of {size}"
                );
            }
        }
        // Shorter runs don't add up.
        let line = ["x"; 4].join(&" ".repeat(WHITE_SPACE));
        assert_eq!(whole(line.as_bytes(), 5000), (line.clone().into_bytes(), false));
    }

    #[test]
    fn strips_what_python_strips() {
        // python3 -c 'print([b for b in range(256) if not bytes([b]).strip()])'
        let space: Vec<u8> = (0..=255).filter(|b| is_space(*b)).collect();
        assert_eq!(space, [9, 10, 11, 12, 13, 32]);
    }
}
