// What --extract finds, by its rules one after the other: at every place, with
// every end. The fuzz target and a test of the tool share it.
use std::{
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipconv::{
    address::value::{Family, Value},
    find::extract::{Found, Look},
};

/// All matches in `text`.
pub(crate) fn slowly(look: Look, text: &[u8]) -> Vec<Found> {
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
    if !hex(text[start]) && text[start] != b':' {
        return None;
    }
    let long = text[start..].iter().take(45).take_while(|b| in_address(**b)).count();
    let ends = || (start + 1..=start + long).rev();
    let first = |separator: u8| text[start..start + long].iter().position(|b| *b == separator).map(|n| start + n);
    let inside = |last: usize| (start + 1..=last).any(|at| hard_escape(&text[..at]));
    let v4 = |end: usize| read::<Ipv4Addr>(text, start, end).map(|a| (Family::V4, a.to_bits().into()));
    if look.family != Some(Family::V6)
        && let Some(dot) = first(b'.')
        && !inside(dot - 1)
    {
        let stands = |end: usize| is_open(text, start, Some(end));
        let plain = |end| Some((end, end, v4(end).filter(|_| closed(text, end) && stands(end))?));
        let ported = |end| Some((end, port(text, end).filter(|_| look.dot_port && stands(end))?, v4(end)?));
        // A port comes first where both are possible.
        if let Some(found) = ends().find_map(|end| ported(end).or_else(|| plain(end))) {
            return Some(with_length(look, text, start, found));
        }
    }
    let before = |n: usize| start.checked_sub(n).map(|i| text[i]);
    // `:::22` is port 22 of `::`, but `a:::22` is `::22` after a label.
    let netstat = before(1) == Some(b':') && text[start..].starts_with(b"::") && !before(2).is_some_and(word);
    if look.family == Some(Family::V4)
        || in_sequence(text, start)
        || netstat
        || inside(first(b':')?)
        || !is_open(text, start, None)
    {
        return None;
    }
    let v6 = |end: usize| read::<Ipv6Addr>(text, start, end).map(|a| (Family::V6, a.to_bits()));
    let plain = ends().find_map(|end| Some((end, end, v6(end).filter(|_| whole(text, end))?)));
    let ported = |end| Some((end, port(text, end).filter(|end| look.dot_port && whole(text, *end))?, v6(end)?));
    let found = plain.or_else(|| ends().find_map(ported))?;
    let found = with_length(look, text, start, found);
    // A lone `::` is none.
    Some(found).filter(|found| found.end - found.start > 2)
}

/// May an address start at `start`, by what stands before it?
fn is_open(text: &[u8], start: usize, v4_end: Option<usize>) -> bool {
    let before = &text[..start];
    match before {
        [] => true,
        _ if escape(before) => true,
        [head @ .., b':'] => {
            if head.ends_with(b":") {
                return false;
            }
            let name = word_before(head);
            let group = name.iter().rposition(|b| !word(*b)).map_or(0, |at| at + 1);
            let joined = group > 1
                && word(name[group - 2])
                && (name[group - 1] == b'.' || v4_end.is_some() && name[group - 1] == b'-');
            joined || !(1..=4).contains(&(name.len() - group)) || !name[group..].iter().all(|b| hex(*b))
        }
        [head @ .., b'/'] => {
            let name = word_before(head);
            let run = head.iter().rposition(|b| !in_address(*b)).map_or(0, |at| at + 1);
            let address = read::<Ipv6Addr>(head, run, head.len()).is_some();
            let host =
                name.is_empty() || name == b"localhost" || name.iter().any(|b| b"-.".contains(b) || b.is_ascii_digit());
            let port = v4_end.is_some_and(|end| matches!(&text[end..], [b':', b'0'..=b'9', ..]));
            host || address || port
        }
        [.., b] => *b != b'.' && !word(*b),
    }
}

/// The letters, digits, `_`, `-` and `.` at the end of `text`, of which an escape is none.
fn word_before(text: &[u8]) -> &[u8] {
    let mut start = text.len();
    while start > 0 && !escape(&text[..start]) && (word(text[start - 1]) || b"-.".contains(&text[start - 1])) {
        start -= 1;
    }
    &text[start..]
}

/// Does an escape end `text`?
fn escape(text: &[u8]) -> bool {
    matches!(text, [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f']) || hard_escape(text)
}

/// The same of one that can be nothing else.
fn hard_escape(text: &[u8]) -> bool {
    let digits = |head: &[u8], n: usize| {
        let tail = text.len().checked_sub(n).map_or(&b""[..], |at| &text[at..]);
        tail.len() == n && text[..text.len() - n].ends_with(head) && tail.iter().all(|b| hex(*b))
    };
    let octal = |text: &[u8]| matches!(text, [.., b'\\' | b'#', b'0', b'0'..=b'3', b'0'..=b'7']);
    if digits(b"%", 2) || digits(b"\\x", 2) || digits(b"\\u", 4) || octal(text) {
        return true;
    }
    let [head @ .., last] = text else { return false };
    // Numbers without end are cut somewhere: the whole has 256 bytes at most.
    let head = &head[head.len().saturating_sub(255)..];
    let numbers = head.iter().rev().take_while(|b| matches!(b, b'0'..=b';' | b'?')).count();
    let head = &head[..head.len() - numbers];
    let introducers: [&[u8]; 8] =
        [b"\x1b[", b"\\u001b[", b"\\u001B[", b"\\x1b[", b"\\x1B[", b"\\033[", b"#033[", b"\\e["];
    last.is_ascii_alphabetic() && introducers.iter().any(|introducer| head.ends_with(introducer))
}

/// Is the number at `start` one of a control sequence, which goes on behind it?
fn in_sequence(text: &[u8], start: usize) -> bool {
    let from = text[..start].iter().rposition(|b| !matches!(b, b'0'..=b':')).map_or(0, |at| at + 1);
    let to = start + text[start..].iter().take_while(|b| matches!(b, b'0'..=b':')).count();
    let goes_on = text.get(to).is_some_and(|b| b.is_ascii_alphabetic() && !hex(*b) || *b == b';');
    goes_on
        && text[..from].ends_with(b"[") | text[..from].ends_with(b";")
        && hard_escape(&[&text[..from], b"m"].concat())
}

fn hex(b: u8) -> bool {
    b.is_ascii_hexdigit()
}

fn in_address(b: u8) -> bool {
    hex(b) || matches!(b, b':' | b'.')
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

/// Nothing of the run is left at `end` but one colon and dots, as punctuation.
fn whole(text: &[u8], end: usize) -> bool {
    let rest: Vec<u8> = text[end..].iter().copied().take_while(|b| in_address(*b)).collect();
    closed(text, end) && rest.strip_prefix(b":").unwrap_or(&rest).iter().all(|b| *b == b'.')
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

type Address = (usize, usize, (Family, u128));

fn with_length(look: Look, text: &[u8], start: usize, (end, next, (family, bits)): Address) -> Found {
    let plain = Found { start, end, next, value: Value::addr(family, bits) };
    let Some(tail) = text[end..].strip_prefix(b"/").filter(|_| end == next && !look.no_prefixes) else { return plain };
    let digits = tail.iter().take_while(|b| b.is_ascii_digit()).count();
    let to = end + 1 + digits;
    let len: Option<u8> = read::<String>(text, end + 1, to).and_then(|digits| {
        let len = digits.parse::<u8>().ok()?;
        Some(len).filter(|len| len.to_string() == digits && *len <= family.width())
    });
    match len {
        Some(len) if closed(text, to) && text.get(to) != Some(&b'/') && !is_host(&text[..start]) => {
            Found { start, end: to, next: to, value: Value::prefix(family, bits, len) }
        }
        _ => plain,
    }
}

/// Does the text before a host, and its user information or the hosts before it, end a URL's scheme?
fn is_host(before: &[u8]) -> bool {
    // A word of 256 bytes and more may have begun with one.
    let user = |head: &[u8]| {
        let start = head.iter().rposition(|b| b.is_ascii_whitespace() || *b == 0).map_or(0, |at| at + 1);
        head.len() - start >= 256 || head[start..].windows(3).any(|three| three == b"://")
    };
    let hosts = |head: &[u8]| {
        let head = &head[head.len().saturating_sub(256)..];
        let ends = |b: &u8| b.is_ascii_whitespace() || b"\0/?#".contains(b);
        (0..head.len()).any(|at| head[at..].starts_with(b"://") && !head[at + 3..].iter().any(ends))
    };
    before.ends_with(b"://")
        || before.strip_suffix(b"@").is_some_and(user)
        || before.strip_suffix(b",").is_some_and(hosts)
}
