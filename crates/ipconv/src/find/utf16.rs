//! Text in UTF-16, in which no address stands as bytes: it is said, not passed over.

/// Bytes of a text that tell; fewer do at its end.
pub const HEAD: usize = 512;

/// What iconv(1) calls the encoding that the text with this beginning seems to
/// have, where it is one of 16 or 32 bits. `nul_ends_lines` says that a NUL
/// means something else, so that only a byte order mark counts.
pub fn encoding(head: &[u8], nul_ends_lines: bool) -> Option<&'static str> {
    match head {
        [0xff, 0xfe, 0, 0, ..] => return Some("UTF-32LE"),
        [0, 0, 0xfe, 0xff, ..] => return Some("UTF-32BE"),
        [0xff, 0xfe, ..] => return Some("UTF-16LE"),
        [0xfe, 0xff, ..] => return Some("UTF-16BE"),
        _ => {}
    }
    // Logs are mostly ASCII, of which every other byte is then NUL. Four characters
    // are the least that can be told from a number.
    let units = head.len() / 2;
    if units < 4 || nul_ends_lines {
        return None;
    }
    let nuls = |odd: usize| head[..2 * units].iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let most = |one: usize, other: usize| 4 * one >= 3 * units && 20 * other <= units;
    match (nuls(0), nuls(1)) {
        (even, odd) if most(odd, even) => Some("UTF-16LE"),
        (even, odd) if most(even, odd) => Some("UTF-16BE"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn what_it_is_told_by() {
        let log = "10.0.0.1 – ok\r\n";
        assert_eq!(encoding(&units(log, u16::to_le_bytes), false), Some("UTF-16LE"));
        assert_eq!(encoding(&units(log, u16::to_be_bytes), false), Some("UTF-16BE"));
        assert_eq!(encoding(&units(log, u16::to_le_bytes), true), None);
        assert_eq!(encoding(&units("\u{feff}日本語", u16::to_le_bytes), true), Some("UTF-16LE"));
        assert_eq!(encoding(&units("\u{feff}", u16::to_be_bytes), false), Some("UTF-16BE"));
        assert_eq!(encoding(b"\xff\xfe\0\0a\0\0\0", false), Some("UTF-32LE"));
        // Of 40 units three quarters are ASCII, and one in twenty is the other way round at most.
        let of = |ascii: usize, swapped: usize| {
            let mut head = [[1, 1]; 40];
            head[..ascii].fill([b'a', 0]);
            head[40 - swapped..].fill([0, b'a']);
            head.concat()
        };
        assert_eq!(
            [(30, 2), (29, 2), (30, 3)].map(|(ascii, swapped)| encoding(&of(ascii, swapped), false)),
            [Some("UTF-16LE"), None, None]
        );
        for text in [
            "",
            "a\0",
            "10.0.0.1\n",
            "a\0b\0c\0",
            "a\0\0\0b\0\0\0c\0\0\0d\0\0\0",
            "\0\0\0\0\0\0\0\0",
            "1.1.1.1\x002.2.2.2\0",
            "\u{feff}10.0.0.1",
        ] {
            assert_eq!(encoding(text.as_bytes(), false), None, "{text:?}");
        }
    }
}
