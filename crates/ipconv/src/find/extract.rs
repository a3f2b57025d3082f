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
    find::{
        edges::{self, Left},
        masks::Masks,
    },
};

/// Bytes on either side of a place that decide what is found there: the longest
/// range and what stands behind it, or a word before it and a colour code before that.
pub const CONTEXT: usize = 2 * edges::LOOKBACK + 1;

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
        if edges::in_sequence(text, start, stop) {
            return Err(stop);
        }
        // What follows these may begin with the end of an escape.
        let escape = start.checked_sub(1).is_some_and(|at| match text[at] {
            b'%' | b'#' => true,
            b'\\' => text[start] == b'0',
            // The numbers of a control sequence, such as `ESC[2A`, whose letter may be a digit.
            b'[' | b';' | b'?' => {
                let letter = text[start..colon].iter().position(u8::is_ascii_alphabetic);
                letter.is_some_and(|n| edges::escape_ends(text, start + n + 1))
            }
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
        let first_group = start..=colon;
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
        bits = (bits << 8) + octet;
    }
    Some((bits, at))
}

#[cfg(test)]
mod tests;
