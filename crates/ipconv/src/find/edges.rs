//! What may stand beside an address in a text.
//!
//! An address stands for itself where neither a word nor a longer number goes on
//! before or behind it. What ends a word before it besides punctuation is an
//! escape (JSON's `\n`, a URL's `%3D`) or a colour code of a terminal, and what a
//! word and a `:` or `/` before it mean depends on the word.
use crate::address::text::{self, hex_digit};

/// Bytes before a place that are looked at for a word, a URL or a colour code.
pub const LOOKBACK: usize = 256;

/// Whether an address may start at a place, by what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It may.
    Open,
    /// It may not: a word or a number would go on.
    Closed,
    /// After a word and a `/`: it may where it has a port, and a version has none.
    Port,
}

/// May an address start at `at`? `hyphens` says that a word before a `:` may have
/// them: in front of IPv6 a hyphen is the middle of a range.
#[inline(always)]
pub fn left(text: &[u8], at: usize, hyphens: bool) -> Left {
    let Some(before) = at.checked_sub(1).map(|i| text[i]) else { return Left::Open };
    match before {
        b'.' => Left::Closed,
        b':' if is_group(text, at - 1, hyphens) => Left::Closed,
        b'/' if is_program(text, at - 1) => Left::Port,
        b'/' => after_slash(text, at - 1),
        b if is_word(b) && !escape_ends(text, at) => Left::Closed,
        _ => Left::Open,
    }
}

/// May an address end before `at`? A dot may end a sentence and a colon a clause.
#[inline]
pub fn right(text: &[u8], at: usize) -> bool {
    match text.get(at) {
        Some(b'.') => text.get(at + 1).is_none_or(|b| !is_word(*b)),
        Some(b) => !is_word(*b),
        None => true,
    }
}

/// Is this a letter, digit or `_`?
pub fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Can the word before the colon at `colon` be a group of an IPv6 address, or is
/// there another colon? Only one to four hexadecimal digits can.
pub fn is_group(text: &[u8], colon: usize, hyphens: bool) -> bool {
    let digits = text[..colon].iter().rev().take(5).take_while(|b| is_hex(**b)).count();
    let start = colon - digits;
    let before = |n: usize| start.checked_sub(n).map(|i| text[i]);
    if digits == 0 {
        return before(1) == Some(b':');
    }
    // The digits may be all or the end of an escape, which belongs to no word.
    if escape_ends(text, colon) {
        return false;
    }
    if (1..=digits.min(4)).any(|n| escape_ends(text, colon - n)) {
        return true;
    }
    // A word goes on before a dot or a hyphen, unless an escape ends there.
    let joined = |at: usize| at > 0 && is_word(text[at - 1]) && !escape_ends(text, at);
    digits <= 4
        && match before(1) {
            Some(b'.') => !joined(start - 1),
            Some(b'-') if hyphens => !joined(start - 1),
            Some(b) => !is_word(b),
            None => true,
        }
}

/// Is the word before the slash at `slash` one of at most seven letters behind a blank, a
/// quote or a parenthesis? Most are, and name a program of which the version follows.
/// Eight bytes are looked at in one number: this is asked in every line of a web server's log.
#[inline]
fn is_program(text: &[u8], slash: usize) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    let Some(bytes) = text[..slash].last_chunk::<8>() else { return false };
    let word = u64::from_le_bytes(*bytes);
    let lower = (word | (0x20 * EACH)) & !HIGH;
    // The high bit of each byte says that it is a letter: of ASCII, from a on and not behind z.
    let letters = !word & (lower + (0x80 - u64::from(b'a')) * EACH) & !(lower + (0x7f - u64::from(b'z')) * EACH) & HIGH;
    let count = (letters ^ HIGH).leading_zeros() as usize / 8;
    (1..8).contains(&count) && matches!(bytes[7 - count], b' ' | b'"' | b'(')
}

/// What a word before the slash at `slash` says of what follows: a host, an
/// address or a number may have an address beside it, the name of a program has
/// its version there.
#[inline(never)]
fn after_slash(text: &[u8], slash: usize) -> Left {
    let word = word_before(text, slash);
    let host = || word.iter().any(|b| !b.is_ascii_alphabetic() && *b != b'_');
    if word.is_empty() || word == b"localhost" || host() || address_ends(text, slash) { Left::Open } else { Left::Port }
}

/// The letters, digits, `_`, `-` and `.` before `end`, of which an escape is none.
fn word_before(text: &[u8], end: usize) -> &[u8] {
    let least = end.saturating_sub(LOOKBACK);
    let long = text[least..end].iter().rev().take_while(|b| is_word(**b) || matches!(b, b'-' | b'.')).count();
    let mut start = end - long;
    // Every escape has one of these before its letters and digits.
    if start > 0 && matches!(text[start - 1], b'\\' | b'%' | b'#' | b'[' | b';' | b':' | b'?') {
        start = (start..=end).rev().find(|at| escape_ends(text, *at)).unwrap_or(start);
    }
    &text[start..end]
}

/// Does an IPv6 address stand before `end`? One of IPv4 is known by its dots.
fn address_ends(text: &[u8], end: usize) -> bool {
    let groups = text[..end].iter().rev().take(5).take_while(|b| is_hex(**b)).count();
    if !text[..end - groups].ends_with(b":") {
        return false;
    }
    let run = text[..end].iter().rev().take(46).take_while(|b| is_hex(**b) || matches!(b, b':' | b'.')).count();
    let run = &text[end - run..end];
    run.contains(&b':') && text::parse_v6(run).is_ok()
}

/// Does an escape end before `at`? JSON's `\n` and `\u0041`, a URL's `%3D`, the
/// `\x22` of web servers, the octal `\012` and `#012` of loggers, a colour code.
pub fn escape_ends(text: &[u8], at: usize) -> bool {
    match &text[at.saturating_sub(LOOKBACK)..at] {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'%', a, b] | [.., b'\\', b'x', a, b] if is_hex(*a) && is_hex(*b) => true,
        [.., b'\\', b'u', a, b, c, d] if [a, b, c, d].iter().all(|digit| is_hex(**digit)) => true,
        [.., b'\\' | b'#', b'0', b'0'..=b'3', b'0'..=b'7'] => true,
        [before @ .., b'A'..=b'Z' | b'a'..=b'z'] => colour_ends(before),
        _ => false,
    }
}

/// Are these the bytes of a control sequence (ECMA-48 section 5.4) without its last
/// letter: ESC, `[` and numbers? A logger may have written ESC as an escape. There may be
/// many numbers: two colours and a few attributes have fifty bytes.
fn colour_ends(before: &[u8]) -> bool {
    let numbers = before.iter().rev().take_while(|b| matches!(b, b'0'..=b';' | b'?')).count();
    let Some(before) = before[..before.len() - numbers].strip_suffix(b"[") else { return false };
    let escapes: [&[u8]; 8] = [b"\x1b", b"\\u001b", b"\\u001B", b"\\x1b", b"\\x1B", b"\\033", b"#033", b"\\e"];
    escapes.iter().any(|escape| before.ends_with(escape))
}

/// Are `from..to` numbers inside a control sequence, such as a colour with colons between its
/// parts (ITU-T T.416 section 13.1.8: `38:2::255:0:0`)? Its letter or another number follows.
#[inline]
pub fn in_sequence(text: &[u8], from: usize, to: usize) -> bool {
    from > 0
        && matches!(text[from - 1], b'[' | b';')
        && text[from..to].iter().all(|b| matches!(b, b'0'..=b':'))
        && text.get(to).is_some_and(|b| b.is_ascii_alphabetic() || *b == b';')
        && colour_ends(&text[from.saturating_sub(LOOKBACK)..from])
}

/// Is what starts at `at` the host of a URL, so that a `/` behind it begins a path?
/// Passwords that people paste hold what RFC 3986 section 3.2.1 forbids, so that before
/// an `@` the whole word counts. One of which the start is out of sight may be a URL and is
/// taken for one: a path that is read as a length may make a prefix of the whole Internet.
#[cold]
pub fn is_host(text: &[u8], at: usize) -> bool {
    let near = &text[at.saturating_sub(LOOKBACK + 1)..at];
    let is_blank = |b: &u8| b.is_ascii_whitespace() || *b == 0;
    match near.split_last() {
        Some((b'@', user)) => match user.iter().rposition(is_blank) {
            Some(blank) => has_scheme(&user[blank..]),
            None => user.len() == LOOKBACK || has_scheme(user),
        },
        // The URL of a database may have several hosts.
        Some((b',', hosts)) => memchr::memmem::rfind(hosts, b"://")
            .is_some_and(|scheme| !hosts[scheme + 3..].iter().any(|b| is_blank(b) || matches!(b, b'/' | b'?' | b'#'))),
        _ => near.ends_with(b"://"),
    }
}

/// Does this part of a word hold the end of a URL's scheme?
fn has_scheme(word: &[u8]) -> bool {
    memchr::memmem::find(word, b"://").is_some()
}

/// Is this a hexadecimal digit?
pub fn is_hex(b: u8) -> bool {
    hex_digit(b) != 0xff
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight bytes at once, and one after the other.
    #[test]
    fn a_program_is_a_short_word_of_letters() {
        for length in 0..10 {
            for other in 0..=255u8 {
                for place in 0..10 {
                    for stop in [b' ', b'"', b'(', b'-', b'a', b'\n', 0x80] {
                        let mut text =
                            [b"1.2.3.4 x"[..].to_vec(), vec![stop], b"ChromeOSxZ"[..length].to_vec()].concat();
                        let at = text.len() - 1 - place;
                        text[at] = other;
                        let letters = text.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
                        let before = text[text.len() - 1 - letters];
                        let want = (1..8).contains(&letters) && matches!(before, b' ' | b'"' | b'(');
                        assert_eq!(is_program(&text, text.len()), want, "{:?}", String::from_utf8_lossy(&text));
                    }
                }
            }
        }
    }

    #[test]
    fn what_follows_an_escape_begins_anew() {
        for (text, ends) in [
            ("\\n", true),
            ("\\a", false),
            ("%3D", true),
            ("%3g", false),
            ("%g3", false),
            ("\\x22", true),
            ("\\x2g", false),
            ("\\xg2", false),
            ("\\u0041", true),
            ("\\u004g", false),
            ("\\012", true),
            ("#012", true),
            ("#377", false),
            ("#048", false),
            ("#412", false),
            ("\u{1b}[31m", true),
            ("x", false),
            ("", false),
        ] {
            assert_eq!(escape_ends(text.as_bytes(), text.len()), ends, "{text:?}");
        }
    }

    #[test]
    fn behind_a_program_stands_its_version() {
        let left = |text: &str| left(text.as_bytes(), text.len(), false);
        assert!(matches!(left("10.0.0.1 curl/"), Left::Port));
        assert!(!matches!(left("10.0.0.1 a-curl/"), Left::Port));
        assert!(matches!(left("10.0.0.1."), Left::Closed) && matches!(left(""), Left::Open));
    }
}
