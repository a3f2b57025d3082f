//! Any text: what is found is what a slow reading of the rules finds, and where
//! the text is cut between two lines changes nothing.
#![no_main]
use std::{
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipconv::{
    address::value::{Family, Value},
    find::extract::{Found, Look},
};

fn all(look: Look, text: &[u8], from: usize, to: usize, found: &mut Vec<Found>) -> usize {
    let keep = |one| {
        found.push(one);
        Ok::<(), ()>(())
    };
    look.each(text, from, to, keep).expect("keep never fails")
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Runs of dots without end are cut somewhere, which no rule says.
    if bytes.len() > 4096 || bytes.windows(30).any(|run| run.iter().all(|b| matches!(b, b'.' | b':'))) {
        return;
    }
    for dot_port in [false, true] {
        for family in [None, Some(Family::V4), Some(Family::V6)] {
            let look = Look { dot_port, family };
            let mut found = Vec::new();
            assert_eq!(all(look, bytes, 0, bytes.len(), &mut found), bytes.len());
            assert_eq!(found, slowly(look, bytes), "{look:?} {:?}", String::from_utf8_lossy(bytes));
            // In two parts, the first of which ends with a line and the other has the rest of the text before it.
            if let Some(cut) = bytes.iter().position(|b| *b == b'\n').map(|at| at + 1) {
                let mut parts = Vec::new();
                let next = all(look, &bytes[..bytes.len().min(cut + 7)], 0, cut, &mut parts);
                assert_eq!(next, cut);
                all(look, bytes, cut, bytes.len(), &mut parts);
                assert_eq!(parts, found);
            }
        }
    }
});

/// At every place, with every end: what the manual says, one rule after the other.
fn slowly(look: Look, text: &[u8]) -> Vec<Found> {
    let (mut all, mut start) = (Vec::new(), 0);
    while start < text.len() {
        match at(look, text, start) {
            Some(found) => {
                start = found.next;
                all.push(found);
            }
            None => start += 1,
        }
    }
    all
}

fn at(look: Look, text: &[u8], start: usize) -> Option<Found> {
    if !text[start].is_ascii_hexdigit() && text[start] != b':' {
        return None;
    }
    let before = |n: usize| start.checked_sub(n).map(|i| text[i]);
    let open = match before(1) {
        None => true,
        Some(b':') => before(2).is_none_or(|b| b != b':' && !b.is_ascii_hexdigit()),
        Some(b'/') => !before(2).is_some_and(word),
        Some(b) => b != b'.' && !word(b),
    };
    if !open {
        return None;
    }
    let long = text[start..].iter().take(45).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
    let ends = || (start + 1..=start + long).rev();
    let v4 = |end: usize| read::<Ipv4Addr>(text, start, end).map(|a| (Family::V4, a.to_bits().into()));
    if look.family != Some(Family::V6) {
        let plain = |end| Some((end, end, v4(end).filter(|_| closed(text, end))?));
        let ported = |end| Some((end, port(text, end).filter(|_| look.dot_port)?, v4(end)?));
        if let Some(found) = ends().find_map(|end| plain(end).or_else(|| ported(end))) {
            return Some(with_length(text, start, found));
        }
    }
    // `:::22` is port 22 of `::`, but `a:::22` is `::22` after a label.
    let netstat = before(1) == Some(b':') && text[start..].starts_with(b"::") && !before(2).is_some_and(word);
    if look.family == Some(Family::V4) || netstat {
        return None;
    }
    let v6 = |end: usize| read::<Ipv6Addr>(text, start, end).map(|a| (Family::V6, a.to_bits()));
    // Nothing of the run may be left but one colon and dots, as punctuation.
    let whole = |end: usize| {
        let rest = text[end..].iter().copied().take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
        let rest: Vec<u8> = rest.collect();
        closed(text, end) && rest.strip_prefix(b":").unwrap_or(&rest).iter().all(|b| *b == b'.')
    };
    let plain = ends().find_map(|end| Some((end, end, v6(end).filter(|_| whole(end))?)));
    let ported = |end| Some((end, port(text, end).filter(|end| look.dot_port && whole(*end))?, v6(end)?));
    let found = plain.or_else(|| ends().find_map(ported))?;
    let found = with_length(text, start, found);
    // A lone `::` is none.
    Some(found).filter(|found| found.end - found.start > 2)
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Nothing behind `end` goes on with the word.
fn closed(text: &[u8], end: usize) -> bool {
    match text.get(end..) {
        Some([b'.', next, ..]) => !word(*next),
        Some([next, ..]) => !word(*next),
        _ => true,
    }
}

fn read<T: FromStr>(text: &[u8], start: usize, end: usize) -> Option<T> {
    std::str::from_utf8(&text[start..end]).ok()?.parse().ok()
}

/// Where the port after the dot at `dot` ends.
fn port(text: &[u8], dot: usize) -> Option<usize> {
    let digits = text[dot..].strip_prefix(b".")?.iter().take_while(|b| b.is_ascii_digit()).count();
    let end = dot + 1 + digits;
    let number: String = read(text, dot + 1, end)?;
    let strict = number.parse::<u16>().is_ok_and(|n| n.to_string() == number);
    Some(end).filter(|end| strict && closed(text, *end))
}

fn with_length(text: &[u8], start: usize, (end, next, (family, bits)): (usize, usize, (Family, u128))) -> Found {
    let plain = Found { start, end, next, value: Value::addr(family, bits) };
    let Some(tail) = text[end..].strip_prefix(b"/").filter(|_| end == next) else { return plain };
    let digits = tail.iter().take_while(|b| b.is_ascii_digit()).count();
    let to = end + 1 + digits;
    let len: Option<u8> = read::<String>(text, end + 1, to).and_then(|digits| {
        let len = digits.parse::<u8>().ok()?;
        Some(len).filter(|len| len.to_string() == digits && *len <= family.width())
    });
    match len {
        Some(len) if closed(text, to) && text.get(to) != Some(&b'/') => {
            Found { start, end: to, next: to, value: Value::prefix(family, bits, len) }
        }
        _ => plain,
    }
}
