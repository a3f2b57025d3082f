//! Addresses and prefixes in any text, such as a log.
//!
//! Text is bytes: it needs no lines of any length and no UTF-8. What may stand
//! beside an address is decided by [`edges`]; inside them the strict rules of
//! [`text`] hold, so that a run of digits, dots and colons that is no address
//! holds none.
use crate::{
    address::{
        simd::{Level, Search, search},
        text::{self, hex_digit},
        value::{Family, Value, What},
    },
    find::edges::{self, Left},
};

/// Bytes on either side of a place that decide what is found there: the longest
/// range and what stands behind it, or a word before it and a colour code before that.
pub const CONTEXT: usize = 512;

/// The longest run of hexadecimal digits and colons in an address.
const LONGEST_RUN: usize = 39;

/// The longest text of a prefix, with what may stand behind it.
const LONGEST_MATCH: usize = 56;

/// Blanks on either side of the dash of a range.
const MOST_BLANKS: usize = 16;

/// What to look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Addresses of this family only, if there is one.
    pub family: Option<Family>,
    /// A port may follow an address and a dot, as tcpdump(1) writes it.
    pub dot_port: bool,
    /// A `/` and a number after an address are no prefix length.
    pub no_prefixes: bool,
    /// Two addresses and a dash between them are a range, and a netmask or a
    /// hostmask may stand in the place of a prefix length.
    pub ranges: bool,
}

/// One address, prefix or range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it starts in the text.
    pub start: usize,
    /// Where it ends, its prefix length included and a port not.
    pub end: usize,
    /// Where to look for the next one.
    pub next: usize,
    /// What it is; a prefix keeps its host bits.
    pub value: Value<'static>,
}

/// What [`Look::each`] is asked to do.
struct Job<'a, F> {
    look: &'a Look,
    text: &'a [u8],
    from: usize,
    to: usize,
    found: F,
}

impl<E, F: FnMut(Found) -> Result<(), E>> Search for Job<'_, F> {
    type Done = Result<usize, E>;

    #[inline(always)]
    fn run(self, equal: impl Fn(&[u8; 64], u8) -> u64) -> Result<usize, E> {
        self.look.each_by(self.text, self.from, self.to, self.found, equal)
    }
}

impl Look {
    /// Gives every match that starts in `text[from..to]` to `found`, in order.
    /// The bytes around that are looked at, too: nothing stands before the first
    /// or after the last byte of `text`. Returns where the search may go on.
    ///
    /// # Errors
    /// Those of `found`.
    pub fn each<E>(
        &self,
        text: &[u8],
        from: usize,
        to: usize,
        found: impl FnMut(Found) -> Result<(), E>,
    ) -> Result<usize, E> {
        search(Level::best(), Job { look: self, text, from, to, found })
    }

    /// As [`Look::each`], with `equal` to find the separators.
    #[inline(always)]
    fn each_by<E>(
        &self,
        text: &[u8],
        from: usize,
        to: usize,
        mut found: impl FnMut(Found) -> Result<(), E>,
        equal: impl Fn(&[u8; 64], u8) -> u64,
    ) -> Result<usize, E> {
        let masks = |block: &[u8; 64]| Masks { dots: equal(block, b'.'), colons: equal(block, b':') };
        let to = to.min(text.len());
        let (mut next, mut skip) = (from, from);
        // A match that starts before `to` has its first separator at most one group behind that.
        let end = (to + 5).min(text.len());
        let of = |at: usize| match text.get(at..at + 64).and_then(|block| block.first_chunk()) {
            Some(block) => masks(block),
            None => {
                let mut block = [0; 64];
                let tail = text.get(at..).unwrap_or(&[]);
                block[..tail.len()].copy_from_slice(tail);
                masks(&block)
            }
        };
        let mut base = from;
        let mut here = of(base);
        while base < end {
            let ahead = of(base + 64);
            let mut candidates = here.candidates(&ahead);
            while candidates != 0 {
                let at = base + candidates.trailing_zeros() as usize;
                candidates &= candidates - 1;
                if at < skip {
                    continue;
                }
                // What stands there may go on behind the text that is here.
                if at >= end {
                    break;
                }
                match self.at(text, at, next) {
                    Ok(this) if this.start < to => {
                        (next, skip) = (this.next, this.next);
                        found(this)?;
                    }
                    Ok(_) => return Ok(next.max(to)),
                    Err(behind) => skip = behind,
                }
            }
            here = ahead;
            base += 64;
        }
        Ok(next.max(to))
    }

    /// The match from `from` on that has its first separator, or its `::`, at
    /// `at`; or how far other colons have the same run around them.
    #[inline]
    fn at(&self, text: &[u8], at: usize, from: usize) -> Result<Found, usize> {
        match (text[at], self.family) {
            (b'.', Some(Family::V6)) | (b':', Some(Family::V4)) => Err(0),
            (b'.', _) => self.v4(text, at, from).ok_or(0),
            _ => self.v6(text, at, from),
        }
    }

    fn v4(&self, text: &[u8], dot: usize, from: usize) -> Option<Found> {
        let digits = text[from..dot].iter().rev().take(3).take_while(|b| b.is_ascii_digit()).count();
        let mut start = dot - digits;
        // The digits may begin with the end of an escape, as in `%2010.0.0.1`.
        if start > 0 && (edges::is_word(text[start - 1]) || text[start - 1] == b'%') {
            start = (start..dot).find(|at| edges::escape_ends(text, *at)).unwrap_or(start);
        }
        let left = edges::left(text, start, true);
        // Most of what stands after a word and a slash is the version of a program.
        if left == Left::Closed || left == Left::Port && !may_have_port(text, start) {
            return None;
        }
        let (bits, end) = dotted_quad(text, start)?;
        if left == Left::Port && !has_port(text, end) {
            return None;
        }
        if self.dot_port
            && let Some(next) = port(text, end)
        {
            return Some(Found { start, end, next, value: Value::addr(Family::V4, bits.into()) });
        }
        edges::right(text, end).then(|| self.with_length(text, start, end, Family::V4, bits.into()))
    }

    fn v6(&self, text: &[u8], colon: usize, from: usize) -> Result<Found, usize> {
        let before = text[from..colon].iter().rev().take(LONGEST_RUN + 1).take_while(|b| in_run(**b)).count();
        let start = colon - before;
        let stop = run_end(text, colon);
        // What follows these may begin with the end of an escape.
        let escape = start.checked_sub(1).is_some_and(|at| match text[at] {
            b'%' | b'#' => true,
            b'\\' => text[start] == b'0',
            _ => false,
        });
        if !escape
            && edges::left(text, start, false) == Left::Open
            && let Some(found) = self.v6_from(text, start, stop)
        {
            return Ok(found);
        }
        let run = text[colon..stop].iter().take_while(|b| in_run(**b)).count();
        self.v6_inside(text, start, colon, colon + run, stop)
    }

    /// The address in the run of hexadecimal digits and colons `start..run_end` of
    /// which the beginning belongs to something else: an escape, or a word with a
    /// colon that can be no group, as in `inside:2001:db8::1`. Or else where the
    /// next one may start.
    #[cold]
    fn v6_inside(&self, text: &[u8], start: usize, colon: usize, run_end: usize, stop: usize) -> Result<Found, usize> {
        let first_group = start..=colon.min(start + 4);
        let mut start = first_group.rev().find(|at| edges::escape_ends(text, *at)).unwrap_or(start);
        for at in start + 1..run_end {
            if text[at] == b':' && text[at - 1] != b':' && !edges::is_group(text, at, false) {
                start = at + 1;
            }
        }
        if start > colon {
            // An address from there on has its own separators, and `stop` may be too near for it.
            return Err(start);
        }
        // A colon after a word, as in `addr:`, is no part of what follows it; without
        // a word `:::22` is how netstat(8) writes port 22 of `::`.
        let label = start > 0 && edges::is_word(text[start - 1]) || !text[start..].starts_with(b":::");
        let starts = [Some(start), Some(start + 1).filter(|_| text[start] == b':' && label)];
        let open = |at: &usize| edges::left(text, *at, false) == Left::Open;
        let found = starts.into_iter().flatten().filter(open).find_map(|start| self.v6_from(text, start, stop));
        found.ok_or(run_end)
    }

    /// The address from `start` to the end of the run of its letters, or nearly so.
    fn v6_from(&self, text: &[u8], start: usize, stop: usize) -> Option<Found> {
        if let Some((bits, end)) = whole_v6(text, start, stop) {
            let found = self.with_length(text, start, end, Family::V6, bits);
            // A lone `::` is C++ more often than an address.
            return Some(found).filter(|found| found.end - found.start > 2);
        }
        if !self.dot_port {
            return None;
        }
        let end = without_dots(text, start, stop);
        // One colon at the end is punctuation here, too.
        let colon = text[start..end].last() == Some(&b':');
        [Some(end), Some(end - usize::from(colon)).filter(|_| colon)].into_iter().flatten().find_map(|end| {
            let run = text.get(start..end)?;
            let dot = run.iter().rposition(|b| *b == b'.').filter(|dot| *dot > 2)?;
            if run.len() > 45 + 6 || port(text, start + dot) != Some(end) {
                return None;
            }
            let bits = text::parse_v6(&run[..dot]).ok()?;
            Some(Found { start, end: start + dot, next: end, value: Value::addr(Family::V6, bits) })
        })
    }

    /// The match with the prefix length, or the other end, that may follow the address.
    #[inline]
    fn with_length(&self, text: &[u8], start: usize, end: usize, family: Family, bits: u128) -> Found {
        let plain = Found { start, end, next: end, value: Value::addr(family, bits) };
        let more = match text.get(end) {
            Some(b'/') if !self.no_prefixes => self.prefix(text, start, end, family, bits),
            Some(b'-' | b' ' | b'\t') if self.ranges => range(text, end, family, bits),
            _ => None,
        };
        more.map_or(plain, |(end, value)| Found { end, next: end, value, ..plain })
    }

    /// The prefix of which the length or mask stands behind the slash at `slash`, and where it ends.
    fn prefix(
        &self,
        text: &[u8],
        start: usize,
        slash: usize,
        family: Family,
        bits: u128,
    ) -> Option<(usize, Value<'static>)> {
        let digits = text[slash + 1..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
        let mut end = slash + 1 + digits;
        if self.ranges && family == Family::V4 && text.get(end) == Some(&b'.') {
            end = dotted_quad(text, slash + 1)?.1;
        }
        let len = text::parse_len(family, &text[slash + 1..end]).ok()?;
        let whole = text.get(end) != Some(&b'/') && edges::right(text, end) && !edges::is_host(text, start);
        whole.then(|| (end, Value::prefix(family, bits, len)))
    }
}

/// The range of which the first address ends before `end`, and where it ends.
#[cold]
fn range(text: &[u8], end: usize, family: Family, bits: u128) -> Option<(usize, Value<'static>)> {
    let blanks = |at: usize| {
        let blank = |b: &&u8| matches!(b, b' ' | b'\t');
        text.get(at..).map_or(at, |rest| at + rest.iter().take(MOST_BLANKS).take_while(blank).count())
    };
    let dash = blanks(end);
    let start = blanks(dash + text.get(dash..)?.starts_with(b"-").then_some(1)?);
    // On one side alone a blank ends the first of two words.
    if (dash > end) != (start > dash + 1) {
        return None;
    }
    let (last, end) = match family {
        Family::V4 => {
            let (last, end) = dotted_quad(text, start)?;
            (u128::from(last), Some(end).filter(|end| edges::right(text, *end))?)
        }
        Family::V6 => whole_v6(text, start, run_end(text, start))?,
    };
    // A prefix after the dash is no last address.
    let len = text[end..].strip_prefix(b"/").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit));
    (last >= bits && !len).then(|| (end, Value { what: What::Range(last), ..Value::addr(family, bits) }))
}

/// The IPv6 address that begins at `start` and is all of the run that ends at
/// `stop`, but for punctuation.
fn whole_v6(text: &[u8], start: usize, stop: usize) -> Option<(u128, usize)> {
    let end = without_dots(text, start, stop);
    // One colon at the end is punctuation, unless `::` ends the address.
    let colon = text[start..end].last() == Some(&b':');
    for end in [Some(end), Some(end - usize::from(colon)).filter(|_| colon)].into_iter().flatten() {
        let run = text.get(start..end)?;
        if run.len() <= 45 + 6
            && edges::right(text, end)
            && let Ok(bits) = text::parse_v6(run)
        {
            return Some((bits, end));
        }
    }
    None
}

/// Where `start..stop` ends without the dots at its end.
fn without_dots(text: &[u8], start: usize, stop: usize) -> usize {
    let run = text.get(start..stop).unwrap_or(&[]);
    start + run.iter().rposition(|b| *b != b'.').map_or(0, |at| at + 1)
}

/// May this byte be inside an IPv6 address without a dotted tail?
fn in_run(b: u8) -> bool {
    b == b':' || hex_digit(b) != 0xff
}

/// Is there a colon near enough behind `start` to end an IPv4 address?
#[inline]
fn may_have_port(text: &[u8], start: usize) -> bool {
    const LONGEST: usize = "255.255.255.255:".len();
    match text.get(start..start + LONGEST).and_then(|near| near.first_chunk::<LONGEST>()) {
        Some(near) => near.iter().fold(false, |any, b| any | (*b == b':')),
        None => text[start..].contains(&b':'),
    }
}

/// Where the hexadecimal digits, colons and dots from `start` on end, or as many of them as an address can have.
#[inline]
fn run_end(text: &[u8], start: usize) -> usize {
    static INSIDE: [bool; 256] = {
        let (mut all, mut b) = ([false; 256], 0);
        while b < 256 {
            all[b] = hex_digit(b as u8) != 0xff || b == b':' as usize || b == b'.' as usize;
            b += 1;
        }
        all
    };
    let most = text.len().min(start + LONGEST_MATCH);
    text.get(start..most)
        .map_or(start, |run| start + run.iter().position(|b| !INSIDE[usize::from(*b)]).unwrap_or(run.len()))
}

/// Do a colon and a number follow?
fn has_port(text: &[u8], end: usize) -> bool {
    matches!(text.get(end..end + 2), Some([b':', digit]) if digit.is_ascii_digit())
}

/// Where the port after the dot at `dot` ends.
fn port(text: &[u8], dot: usize) -> Option<usize> {
    let tail = text.get(dot..)?.strip_prefix(b".")?;
    let digits = tail.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
    let number = tail[..digits].iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'));
    let fits = digits > 0 && number <= 0xffff && (tail[0] != b'0' || digits == 1);
    Some(dot + 1 + digits).filter(|end| fits && edges::right(text, *end))
}

/// Four strict octets from `start`, and where the last ends.
#[inline]
fn dotted_quad(text: &[u8], start: usize) -> Option<(u32, usize)> {
    let (mut bits, mut at) = (0, start);
    for place in 0..4 {
        if place > 0 {
            if text.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
        let first = text.get(at)?.wrapping_sub(b'0');
        if first > 9 {
            return None;
        }
        let (mut octet, from) = (u32::from(first), at);
        at += 1;
        // After a zero another digit would be a second number: the next separator is missing then.
        while octet != 0
            && at - from < 3
            && let Some(digit) = text.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d <= 9)
        {
            octet = octet * 10 + u32::from(digit);
            at += 1;
        }
        if octet > 255 {
            return None;
        }
        bits = bits << 8 | octet;
    }
    Some((bits, at))
}

/// The separators among 64 bytes, a bit each, the first byte lowest.
#[derive(Clone, Copy)]
struct Masks {
    dots: u64,
    colons: u64,
}

impl Masks {
    /// Where an address may have its first dot, its `::` or its first colon:
    /// three dots 2 to 4 bytes apart, two colons in a row, or six at most 5 bytes
    /// apart. Times, versions and MAC addresses have fewer.
    #[inline(always)]
    fn candidates(&self, ahead: &Masks) -> u64 {
        // Whether there is one that many places on, in this block or the next.
        let on = |mask: u64, next: u64, places: u32| mask >> places | next << (64 - places);
        let near = |mask: u64, next: u64| on(mask, next, 2) | on(mask, next, 3) | on(mask, next, 4);
        let mut found = 0;
        let two = self.dots & near(self.dots, ahead.dots);
        if two != 0 {
            found = self.dots & near(two, ahead.dots & near(ahead.dots, 0));
        }
        if self.colons != 0 {
            found |= self.colons & on(self.colons, ahead.colons, 1);
            if self.colons.count_ones() + ahead.colons.count_ones() > 5 {
                let (mut row, mut next) = (self.colons, ahead.colons);
                for _ in 0..5 {
                    row = self.colons & (near(row, next) | on(row, next, 1) | on(row, next, 5));
                    next &= near(next, 0) | next >> 1 | next >> 5;
                }
                found |= row;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(look: Look, text: &[u8]) -> String {
        let mut all = Vec::new();
        let end = look.each(text, 0, text.len(), |found| {
            assert!(found.start < found.end && found.end <= found.next);
            let slice = &text[found.start..found.end];
            assert_eq!(text::parse(slice), Ok(found.value), "{slice:?}");
            all.push(String::from_utf8_lossy(slice).into_owned());
            Ok::<(), ()>(())
        });
        assert_eq!(end, Ok(text.len()));
        all.join(" ")
    }

    fn find(text: &str) -> String {
        look(Look::default(), text.as_bytes())
    }

    fn ports(text: &str) -> String {
        look(Look { dot_port: true, ..Look::default() }, text.as_bytes())
    }

    #[test]
    fn what_may_stand_before_an_address() {
        for text in
            ["", " ", "(", "[", "\"", "=", ",", "-", "@", "//", "http://", " /", "addr:", "inet :", ":", "é", "\n"]
        {
            assert_eq!(find(&format!("{text}10.0.0.1")), "10.0.0.1", "{text:?}");
            assert_eq!(find(&format!("{text}2001:db8::1")), "2001:db8::1", "{text:?}");
            assert_eq!(find(&format!("{text}1:2:3:4:5:6:7:8")), "1:2:3:4:5:6:7:8", "{text:?}");
        }
        for text in ["a", "x", "_", "7", ".", "0", "Chrome/", "_/", "add:", "5:", "1.", "-.", "x."] {
            assert_eq!(find(&format!("{text}110.0.0.1")), "", "{text:?}");
        }
        for text in ["x", "_", ".", "Chrome/", "::", "12345", "fe80::", "g"] {
            // A word that can be no group may have a colon and an address behind it.
            let rest = if matches!(text, "x" | "_" | "12345" | "g") { "db8::1" } else { "" };
            assert_eq!(find(&format!("{text}2001:db8::1")), rest, "{text:?}");
            assert_eq!(find(&format!("{text}1:2:3:4:5:6:7:8")), "", "{text:?}");
        }
    }

    #[test]
    fn what_may_stand_after_an_address() {
        for text in [
            "",
            " ",
            ")",
            "]",
            "\"",
            ",",
            ";",
            "-",
            ".",
            "...",
            ". And",
            ":",
            ": refused",
            "/",
            "/x",
            "é",
            "%eth0",
            "\n",
        ] {
            assert_eq!(find(&format!("10.0.0.1{text}")), "10.0.0.1", "{text:?}");
            assert_eq!(find(&format!("2001:db8::1{text}")), "2001:db8::1", "{text:?}");
            assert_eq!(find(&format!("1:2:3:4:5:6:7:8{text}")), "1:2:3:4:5:6:7:8", "{text:?}");
        }
        for text in ["x", "_", ".5", ".example.com", "000", "a", "._"] {
            assert_eq!(find(&format!("10.0.0.1{text}")), "", "{text:?}");
        }
        for text in ["x", "_", ".5", ".example.com", "::", ":::", "::1", "abcde"] {
            assert_eq!(find(&format!("2001:db8::1{text}")), "", "{text:?}");
            assert_eq!(find(&format!("1:2:3:4:5:6:7:8{text}")), "", "{text:?}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address() {
        let texts = "1.2.3.4.5 999.1.1.1 1.2.3.256 01.2.3.4 1.2.3.04 1..2.3.4 1.2.3 1:2:3:4:5:6:7:8:9 12:34:56 00:11:22:33:44:55 \
                     2026-11-22T12:34:56 std::vec ::: :: std:: 1:2:3:4:5:6:7 12345::1 ::12345 1::2::3 fe80::1.2.3 ::1.2.3.4.5 ::1.2.3.256 \
                     v1.2.3.4 1.2.3.4.example.com 1.2.3.4a x1.2.3.4 Chrome/119.0.0.0 foo::bar::baz 1.2.3.4_5 ::ffff:1.2.3.4:80";
        for text in texts.split_whitespace() {
            assert_eq!(find(text), "", "{text}");
        }
        assert_eq!(find(texts), "");
    }

    #[test]
    fn addresses_among_other_things() {
        let cases = [
            ("http://10.0.0.1/index.html", "10.0.0.1"),
            ("[2001:db8::1]:443 and 192.0.2.1:80", "2001:db8::1 192.0.2.1"),
            ("10.0.0.1-10.0.0.9", "10.0.0.1 10.0.0.9"),
            ("2001:db8::1-2001:db8::2", "2001:db8::1 2001:db8::2"),
            ("fe80::1%eth0", "fe80::1"),
            ("2001:db8::: and fe80:::", "2001:db8:: fe80::"),
            ("fe80:: ::1", "fe80:: ::1"),
            ("via ::ffff:192.0.2.1.", "::ffff:192.0.2.1"),
            ("1:2:3:4:5:6:1.2.3.4 x", "1:2:3:4:5:6:1.2.3.4"),
            ("1::2:3", "1::2:3"),
            ("dead::beef", "dead::beef"),
            ("2001:DB8::A", "2001:DB8::A"),
            ("127.0.0.1:8080:80/tcp", "127.0.0.1"),
            ("a=1.2.3.4,b=5.6.7.8;", "1.2.3.4 5.6.7.8"),
            ("1.2.3.4/5.6.7.8", "1.2.3.4 5.6.7.8"),
            ("............1.2.3.4 5.6.7.8............", "5.6.7.8"),
            ("::1................................................................................", "::1"),
            ("r:::1 tcp6 :::22 :::*", "::1"),
        ];
        for (text, want) in cases {
            assert_eq!(find(text), want, "{text}");
        }
        assert_eq!(look(Look::default(), b"\xff10.0.0.1\xfe\0::1\0"), "10.0.0.1 ::1");
        let one = |family| look(Look { family: Some(family), ..Look::default() }, b"1.2.3.4 ::1 ::ffff:1.2.3.4");
        assert_eq!((one(Family::V4), one(Family::V6)), ("1.2.3.4".into(), "::1 ::ffff:1.2.3.4".into()));
    }

    #[test]
    fn prefix_lengths() {
        let cases = [
            ("192.0.2.1/24,", "192.0.2.1/24"),
            ("192.0.2.1/24/x", "192.0.2.1"),
            ("192.0.2.1/24.", "192.0.2.1/24"),
            ("192.0.2.1/24.5", "192.0.2.1"),
            ("192.0.2.1/24x", "192.0.2.1"),
            ("192.0.2.1/024", "192.0.2.1"),
            ("192.0.2.1/33", "192.0.2.1"),
            ("192.0.2.1/0", "192.0.2.1/0"),
            ("192.0.2.1/255.255.255.0", "192.0.2.1 255.255.255.0"),
            ("192.0.2.1/+24", "192.0.2.1"),
            ("192.0.2.1/", "192.0.2.1"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("2001:db8::/128:", "2001:db8::/128"),
            ("2001:db8::/129", "2001:db8::"),
            ("::/0", "::/0"),
            ("::/0/x ::/ ::/129", ""),
            ("[::]:80", ""),
        ];
        for (text, want) in cases {
            assert_eq!(find(text), want, "{text}");
        }
    }

    /// Each text and what is in it.
    fn all(cases: &[(&str, &str)]) {
        for (text, want) in cases {
            assert_eq!(find(text), *want, "{text:?}");
        }
    }

    #[test]
    fn a_word_and_a_colon_are_no_group_of_ipv6() {
        all(&[
            // A firewall, SPF, SMTP, and what others write so.
            (
                "for outside:192.0.2.15/4711 to inside:10.0.0.15/22 (192.0.2.15/22)",
                "192.0.2.15 10.0.0.15/22 192.0.2.15/22",
            ),
            ("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", "192.0.2.0/24 2001:db8::/32"),
            ("from x ([IPv6:2001:db8::25]) by y", "2001:db8::25"),
            ("remote:203.0.113.9 interface:10.0.0.1 source:2001:db8::1", "203.0.113.9 10.0.0.1 2001:db8::1"),
            ("inside:1:2:3:4:5:6:7:8 side:::1 code:fe80::", "1:2:3:4:5:6:7:8 ::1 fe80::"),
            ("inet6:::1 decade:::1 eth_0:10.0.0.1", "::1 ::1 10.0.0.1"),
            // Five digits and more can be no group, nor can a part of a longer word.
            ("facade:10.0.0.1 decade:2001:db8::1 12345:10.0.0.2", "10.0.0.1 2001:db8::1 10.0.0.2"),
            ("web-1:10.0.0.1 db.de:10.0.0.2 1.2.3.4:5.6.7.8", "10.0.0.1 10.0.0.2 1.2.3.4 5.6.7.8"),
            ("face:10.0.0.1 a:10.0.0.1 80:10.0.0.1 -face:10.0.0.1 1:2:10.0.0.1 ::10.0.0.1.", "::10.0.0.1"),
            ("std::10.0.0.1 foo::b:10.0.0.1 127.0.0.1:8080:10.0.0.1:80", "127.0.0.1"),
            ("1:2:3:4:5:6:7:8:9 x-1:2:3:4:5:6:7:8:9 12345::1 ::12345 facade::1 std::face", ""),
            ("2001:db8::1-2001:db8::2 10.0.0.1-10.0.0.2", "2001:db8::1 2001:db8::2 10.0.0.1 10.0.0.2"),
        ]);
    }

    #[test]
    fn a_word_and_a_slash_may_be_a_host_or_a_program() {
        all(&[
            ("connect to host-41/10.190.173.170:9000, /10.10.34.13:37196", "10.190.173.170 10.10.34.13"),
            ("localhost/127.0.0.1 localhost/::1 db-3/10.1.2.3:9092", "127.0.0.1 ::1 10.1.2.3"),
            ("Factory:0.0.0.0/0.0.0.0:2181", "0.0.0.0 0.0.0.0"),
            ("192.0.2.10/198.51.100.10 2001:db8::a/2001:db8::b", "192.0.2.10 198.51.100.10 2001:db8::a 2001:db8::b"),
            (
                "namenode/10.1.2.3:9000 kafka1/10.0.0.1 a.b/10.0.0.2 <unresolved>/10.0.0.3",
                "10.1.2.3 10.0.0.1 10.0.0.2 10.0.0.3",
            ),
            ("Chrome/119.0.0.0 Edg/119.0.0.0 (x) HeadlessChrome/119.0.0.0 OPR/105.0.0.0, Version/1.2.3.4;", ""),
            ("namenode/10.1.2.3 word/2001:db8::1 _/1.2.3.4 not_localhost/1.2.3.4", ""),
            ("GET /a/b?x=/10.0.0.1 ./10.0.0.2", "10.0.0.1 10.0.0.2"),
        ]);
    }

    #[test]
    fn the_path_of_a_url_is_no_prefix_length() {
        all(&[
            ("GET http://9.9.9.9/1", "9.9.9.9"),
            ("\"http://1.2.3.4/0\"", "1.2.3.4"),
            ("ftp://user@1.2.3.4/8 https://a:b%20c@1.2.3.4/24?", "1.2.3.4 1.2.3.4"),
            (
                "http://1.2.3.4/8.8.8.8 http://1.2.3.4:80/24 http://[2001:db8::1]/64",
                "1.2.3.4 8.8.8.8 1.2.3.4 2001:db8::1",
            ),
            ("see http://x.example/a and 10.0.0.0/8", "10.0.0.0/8"),
            ("mail@1.2.3.4/24 x://a b@1.2.3.4/24 //1.2.3.4/24", "1.2.3.4/24 1.2.3.4/24 1.2.3.4/24"),
        ]);
    }

    #[test]
    fn an_escape_ends_a_word() {
        all(&[
            ("{\"m\":\"from\\n10.0.0.1 to\\t10.0.0.2\\r\\n10.0.0.3\"}", "10.0.0.1 10.0.0.2 10.0.0.3"),
            ("\\n2001:db8::1\\t2001:db8::2\\u0041fe80::1\\bfe80::2", "2001:db8::1 2001:db8::2 fe80::1 fe80::2"),
            ("\\u004110.0.0.1 \\u003d1.2.3.4 \\u0026host=1.2.3.4\\u0026", "10.0.0.1 1.2.3.4 1.2.3.4"),
            ("ip%3D10.0.0.4%26 q=%2010.0.0.5%20 %3A2001:db8::1 %201::2", "10.0.0.4 10.0.0.5 2001:db8::1 1::2"),
            ("\\x2210.0.0.1\\x22 #01210.0.0.2#011fe80::1 \\01110.0.0.3", "10.0.0.1 10.0.0.2 fe80::1 10.0.0.3"),
            ("\x1b[31m10.0.0.8\x1b[0m \x1b[01;32mfe80::8\x1b[m\x1b[K10.0.0.9", "10.0.0.8 fe80::8 10.0.0.9"),
            ("\\u001b[31m10.0.0.8\\u001b[0m \\x1b[1m10.0.0.9 #033[0m10.0.0.7", "10.0.0.8 10.0.0.9 10.0.0.7"),
            (
                "\\ninside:10.0.0.1 \\nlocalhost/10.0.0.2 \\t/10.0.0.3 \\u000anode/10.0.0.4:80",
                "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4",
            ),
            // The word behind the escape is what counts.
            ("\\nface:10.0.0.1 \\nChrome/119.0.0.0 n10.0.0.1 [31m10.0.0.8 %zz10.0.0.1 \\u41x10.0.0.1", ""),
        ]);
        // What an escape looks like, and is a number.
        all(&[("50%.1 100%10.0.0.1 #1.2.3.4", "10.0.0.1 1.2.3.4"), ("\\fe80::1 \\\\1.2.3.4", "fe80::1 1.2.3.4")]);
    }

    #[test]
    fn addresses_alone() {
        let look_for = Look { no_prefixes: true, ..Look::default() };
        let found = look(look_for, b"(192.0.2.15/22) 2001:db8::/32 ::/0 1.2.3.4/5.6.7.8");
        assert_eq!(found, "192.0.2.15 2001:db8:: 1.2.3.4 5.6.7.8");
    }

    #[test]
    fn ranges_and_masks() {
        let cases = [
            ("10.0.0.1-10.0.0.9, 10.0.0.1 - 10.0.0.9.", "10.0.0.1-10.0.0.9|10.0.0.1 - 10.0.0.9"),
            ("193.0.0.0\t-\t193.0.7.255", "193.0.0.0\t-\t193.0.7.255"),
            ("10.0.0.1- 10.0.0.9 10.0.0.1 -10.0.0.9", "10.0.0.1|10.0.0.9|10.0.0.1|10.0.0.9"),
            ("2001:db8::-2001:db8::ff: x", "2001:db8::-2001:db8::ff"),
            ("10.0.0.9-10.0.0.1 1.1.1.1-::1 ::2-::1", "10.0.0.9|10.0.0.1|1.1.1.1|::1|::2|::1"),
            ("10.0.0.1-10.0.0.9/24 10.0.0.0/24-10.0.0.9", "10.0.0.1|10.0.0.9/24|10.0.0.0/24|10.0.0.9"),
            ("10.0.0.1-20 10.0.0.1-10.0.0.9x 10.0.0.1 - - [x]", "10.0.0.1|10.0.0.1|10.0.0.1"),
            ("192.0.2.0/255.255.255.0 192.0.2.0/0.0.0.255;", "192.0.2.0/255.255.255.0|192.0.2.0/0.0.0.255"),
            ("1.2.3.4/5.6.7.8 1.2.3.4/255.255.255.0.1 1.2.3.0/24", "1.2.3.4|5.6.7.8|1.2.3.4|1.2.3.0/24"),
            ("http://1.2.3.4/255.255.255.0 1.1.1.1-1.1.1.2-1.1.1.3", "1.2.3.4|255.255.255.0|1.1.1.1-1.1.1.2|1.1.1.3"),
        ];
        for (text, want) in cases {
            assert_eq!(
                look(Look { ranges: true, ..Look::default() }, text.as_bytes()),
                want.replace('|', " "),
                "{text}"
            );
        }
    }

    #[test]
    fn ports_after_dots() {
        let cases = [
            ("IP 10.0.0.1.443 > 10.0.0.2.51234: Flags", "10.0.0.1 10.0.0.2"),
            ("IP6 2001:db8::1.443 > fe80::2.65535: Flags", "2001:db8::1 fe80::2"),
            ("IP6 ::ffff:1.2.3.4.80 > ::ffff:1.2.3.4: x", "::ffff:1.2.3.4 ::ffff:1.2.3.4"),
            ("ARP 10.0.0.1, 10.0.0.2: 10.0.0.3.", "10.0.0.1 10.0.0.2 10.0.0.3"),
            ("10.0.0.1.65536 10.0.0.1.080 10.0.0.1.1.2 10.0.0.1.x 10.0.0.1.80x", ""),
            ("2001:db8::1.65536 2001:db8::1.080 2001:db8::1.2.3", ""),
            ("10.0.0.1.53/24", "10.0.0.1"),
            ("a ::.1 b ::1.1", "::1"),
        ];
        for (text, want) in cases {
            assert_eq!(ports(text), want, "{text}");
        }
    }

    #[test]
    fn the_same_at_every_place() {
        let text = "x 1:2:3:4:5:6:7:8 y 255.255.255.255/32 z ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128 12:34:56 ::1/64, 1.2.3.4.5 9.9.9.9";
        let want = find(text);
        assert_eq!(want.split(' ').count(), 5);
        for shift in 0..200 {
            assert_eq!(find(&format!("{}{text}", " ".repeat(shift))), want, "{shift}");
        }
        // Wherever the text is cut, both parts together give the same.
        let bytes = text.as_bytes();
        for cut in 0..bytes.len() {
            let mut all = Vec::new();
            let mut keep = |found: Found| {
                all.push(text[found.start..found.end].to_owned());
                Ok::<(), ()>(())
            };
            let next = Look::default().each(bytes, 0, cut, &mut keep).unwrap();
            Look::default().each(bytes, next, bytes.len(), &mut keep).unwrap();
            assert_eq!(all.join(" "), want, "{cut}");
        }
    }

    /// A block that ends in the midst of a line, of which only whole lines are searched.
    #[test]
    fn what_is_cut_off_spoils_nothing() {
        let (head, tail) = ("x 1.1.1.1\n", "2149:88b0:2e28:13bf:2833:1ef0:1e0a:519a ::1 1.2.3.4\n");
        let text = format!("{head}{tail}");
        for len in head.len()..text.len() {
            let mut all = Vec::new();
            let mut keep = |found: Found| {
                all.push(found.start);
                Ok::<(), ()>(())
            };
            let next = Look::default().each(&text.as_bytes()[..len], 0, head.len(), &mut keep).unwrap();
            Look::default().each(text.as_bytes(), next, text.len(), &mut keep).unwrap();
            assert_eq!(all, [2, 10, 50, 54], "{len}");
        }
    }

    /// All matches, found without vectors.
    fn safely(text: &[u8]) -> Vec<Found> {
        let mut all = Vec::new();
        let keep = |found| {
            all.push(found);
            Ok::<(), ()>(())
        };
        let plain = Level::named("plain").unwrap();
        search(plain, Job { look: &Look::default(), text, from: 0, to: text.len(), found: keep }).unwrap();
        all
    }

    #[test]
    fn the_kernel_finds_what_its_twin_finds() {
        let parts = [
            "1.2.3.4",
            "::",
            ":",
            ".",
            "1",
            "255",
            "fe80",
            "::1",
            "/",
            "/24",
            " ",
            "x",
            "-",
            "ffff:",
            "2001:db8::",
            "1:2:3:4:5:6:7:8",
            "0",
        ];
        let mut n = 1u64;
        for _ in 0..plainnet_lab::tool::long(20_000, 2_500) {
            let mut text = String::new();
            for _ in 0..1 + n % 40 {
                n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(parts[(n >> 33) as usize % parts.len()]);
            }
            let mut all = Vec::new();
            let keep = |found| {
                all.push(found);
                Ok::<(), ()>(())
            };
            Look::default().each(text.as_bytes(), 0, text.len(), keep).unwrap();
            assert_eq!(all, safely(text.as_bytes()), "{text}");
            // The masks leave nothing out that the rules would take.
            let mut slow = Vec::new();
            let mut next = 0;
            for at in 0..text.len() {
                if at >= next
                    && matches!(text.as_bytes()[at], b'.' | b':')
                    && let Ok(found) = Look::default().at(text.as_bytes(), at, next)
                {
                    next = found.next;
                    slow.push(found);
                }
            }
            assert_eq!(all, slow, "{text}");
        }
    }
}
