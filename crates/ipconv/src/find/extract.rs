//! Addresses and prefixes in any text, such as a log.
//!
//! Text is bytes: it needs no lines of any length and no UTF-8. What may stand
//! beside an address is decided by `left_is_open` and `right_is_open`; inside
//! them the strict rules of [`text`] hold, so that a run of digits, dots and colons that
//! is no address holds none.
use crate::address::{
    simd::{Level, Search, search},
    text::{self, hex_digit},
    value::{Family, Value},
};

/// Bytes on either side of a place that decide what is found there. The longest
/// match, `/128` and all, has 49 bytes, and two more look behind its end.
pub const CONTEXT: usize = 64;

/// The longest run of hexadecimal digits and colons in an address.
const LONGEST_RUN: usize = 39;

/// What to look for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Addresses of this family only, if there is one.
    pub family: Option<Family>,
    /// A port may follow an address and a dot, as tcpdump(1) writes it.
    pub dot_port: bool,
}

/// One address or prefix.
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
        let start = dot - digits;
        if !left_is_open(text, start) {
            return None;
        }
        let (bits, end) = dotted_quad(text, start)?;
        if self.dot_port
            && let Some(next) = port(text, end)
        {
            return Some(Found { start, end, next, value: Value::addr(Family::V4, bits.into()) });
        }
        right_is_open(text, end).then(|| with_length(text, start, end, Family::V4, bits.into()))
    }

    fn v6(&self, text: &[u8], colon: usize, from: usize) -> Result<Found, usize> {
        let in_run = |b: &u8| *b == b':' || hex_digit(*b) != 0xff;
        let before = text[..colon].iter().rev().take(LONGEST_RUN + 1).take_while(|b| in_run(b)).count();
        let start = colon - before;
        let ahead = text[colon..].iter().take(CONTEXT - 8).take_while(|b| in_run(b) || **b == b'.').count();
        let stop = colon + ahead;
        // A colon after a word, as in `addr:`, is no part of what follows it; without
        // a word `:::22` is how netstat(8) writes port 22 of `::`.
        let label = start > 0 && is_word(text[start - 1]) || !text[start..].starts_with(b":::");
        let starts = [Some(start), Some(start + 1).filter(|_| text[start] == b':' && label)];
        for start in starts.into_iter().flatten().filter(|s| *s >= from && left_is_open(text, *s)) {
            if let Some(found) = self.v6_from(text, start, stop) {
                return Ok(found);
            }
        }
        Err(colon + text[colon..stop].iter().take_while(|b| in_run(b)).count())
    }

    /// The address from `start` to the end of the run of its letters, or nearly so.
    fn v6_from(&self, text: &[u8], start: usize, stop: usize) -> Option<Found> {
        let dots = text[start..stop].iter().rev().take_while(|b| **b == b'.').count();
        let end = stop - dots;
        // One colon at the end is punctuation, unless `::` ends the address.
        let colon = text[..end].last() == Some(&b':');
        for end in [Some(end), Some(end - 1).filter(|_| colon)].into_iter().flatten() {
            let run = text.get(start..end)?;
            if run.len() > 45 + 6 || !right_is_open(text, end) {
                continue;
            }
            if let Ok(bits) = text::parse_v6(run) {
                let found = with_length(text, start, end, Family::V6, bits);
                // A lone `::` is C++ more often than an address.
                return Some(found).filter(|found| found.end - found.start > 2);
            }
            if self.dot_port
                && let Some(dot) = run.iter().rposition(|b| *b == b'.')
                && dot > 2
                && port(text, start + dot) == Some(end)
                && let Ok(bits) = text::parse_v6(&run[..dot])
            {
                let value = Value::addr(Family::V6, bits);
                return Some(Found { start, end: start + dot, next: end, value });
            }
        }
        None
    }
}

/// The match with the prefix length that may follow the address.
#[inline]
fn with_length(text: &[u8], start: usize, end: usize, family: Family, bits: u128) -> Found {
    let plain = Found { start, end, next: end, value: Value::addr(family, bits) };
    if text.get(end) != Some(&b'/') {
        return plain;
    }
    let digits = text[end + 1..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    let next = end + 1 + digits;
    match text::parse_len(family, &text[end + 1..next]) {
        Ok(len) if text.get(next) != Some(&b'/') && right_is_open(text, next) => {
            Found { start, end: next, next, value: Value::prefix(family, bits, len) }
        }
        _ => plain,
    }
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// May an address start at `at`? Not in a word, a number, a path or a version.
fn left_is_open(text: &[u8], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|i| text.get(i)).copied();
    match before(1) {
        None => true,
        Some(b':') => before(2).is_none_or(|b| b != b':' && hex_digit(b) == 0xff),
        Some(b'/') => before(2).is_none_or(|b| !is_word(b)),
        Some(b) => b != b'.' && !is_word(b),
    }
}

/// May an address end before `at`? A dot may end a sentence and a colon a clause.
fn right_is_open(text: &[u8], at: usize) -> bool {
    match text.get(at) {
        Some(b'.') => text.get(at + 1).is_none_or(|b| !is_word(*b)),
        Some(b) => !is_word(*b),
        None => true,
    }
}

/// Where the port after the dot at `dot` ends.
fn port(text: &[u8], dot: usize) -> Option<usize> {
    let tail = text.get(dot..)?.strip_prefix(b".")?;
    let digits = tail.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
    let number = tail[..digits].iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'));
    let fits = digits > 0 && number <= 0xffff && (tail[0] != b'0' || digits == 1);
    Some(dot + 1 + digits).filter(|end| fits && right_is_open(text, *end))
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
            assert_eq!(find(&format!("{text}2001:db8::1")), "", "{text:?}");
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
            ("1.2.3.4/5.6.7.8", "1.2.3.4"),
            ("............1.2.3.4 5.6.7.8............", "5.6.7.8"),
            ("::1................................................................................", "::1"),
            ("r:::1 tcp6 :::22 :::*", "::1"),
        ];
        for (text, want) in cases {
            assert_eq!(find(text), want, "{text}");
        }
        assert_eq!(look(Look::default(), b"\xff10.0.0.1\xfe\0::1\0"), "10.0.0.1 ::1");
        let one = |family| look(Look { family: Some(family), dot_port: false }, b"1.2.3.4 ::1 ::ffff:1.2.3.4");
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
            ("192.0.2.1/255.255.255.0", "192.0.2.1"),
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
        for _ in 0..20_000 {
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
