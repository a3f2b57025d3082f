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

    #[test]
    fn three_quarters_of_one_half_are_nul_and_a_twentieth_of_the_other_at_most() {
        // So many units of which some have a NUL in the upper byte and some in the lower one, in either order of bytes.
        let told = |units: usize, upper: usize, lower: usize, big: bool| {
            let bytes = |i: usize| {
                let (high, low) = (u8::from(i >= upper), u8::from(i < units - lower));
                if big { [high, low] } else { [low, high] }
            };
            encoding(&(0..units).flat_map(bytes).collect::<Vec<u8>>(), false)
        };
        for (units, upper, lower, want) in [
            (3, 3, 0, false),
            (4, 4, 0, true),
            (4, 3, 0, true),
            (4, 2, 0, false),
            (20, 15, 0, true),
            (20, 15, 1, true),
            (20, 14, 1, false),
            (20, 15, 2, false),
            (19, 19, 1, false),
            (40, 30, 2, true),
            (40, 30, 3, false),
        ] {
            let seen = |big| told(units, upper, lower, big);
            let want = |name| Some(name).filter(|_| want);
            assert_eq!((seen(false), seen(true)), (want("UTF-16LE"), want("UTF-16BE")), "{units} {upper} {lower}");
        }
        // A byte that is half a unit tells nothing.
        assert_eq!(encoding(b"1\x001\x001\x001", false), None);
        assert_eq!(encoding(b"1\x001\x001\x001\x002", false), Some("UTF-16LE"));
        assert_eq!(encoding(b"\0\0\xfe\xff\0\0\0a", false), Some("UTF-32BE"));
    }
}
