//! What the registries' statistics say of single blocks: lines of a file that --update wrote, in order.
use std::{cell::OnceCell, fmt::Write as _, fs::File, os::unix::fs::FileExt as _};

use plainnet_common::output;

use super::{
    country::{Country, code},
    delegated::Kind,
};
use crate::spec::SPEC;

/// The lines of blocks in the file, a kind at a time.
#[derive(Debug)]
pub struct Records {
    source: Source,
    sections: [Section; 3],
}

/// Where the lines are.
#[derive(Debug)]
pub enum Source {
    /// In a file.
    File(File),
    /// In memory, for tests and fuzzers.
    Bytes(Vec<u8>),
}

/// Where the lines of a kind stand, and the lines once they have been read.
#[derive(Debug, Default)]
struct Section {
    at: u64,
    length: usize,
    lines: OnceCell<Vec<u8>>,
}

/// What the statistics say of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its first number.
    pub first: u128,
    /// Its last number.
    pub last: u128,
    country: &'a str,
    date: &'a str,
    status: &'a str,
}

impl<'a> Record<'a> {
    /// Reads a line; nothing for what is none of ours.
    fn parse(line: &'a [u8]) -> Option<Record<'a>> {
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let number = |word: &str| u128::from_str_radix(word, 16).ok();
        let (first, last) = (number(words.next()?)?, number(words.next()?)?);
        let mut word = || words.next().map(|word| if word == "-" { "" } else { word });
        let (country, date, status) = (word()?, word()?, word()?);
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
        let whole = first <= last && matches!(country.len(), 0 | 2) && matches!(date.len(), 0 | 8);
        (whole && [country, date, status].into_iter().all(plain)).then_some(Record {
            first,
            last,
            country,
            date,
            status,
        })
    }

    /// The code of a country; empty where nobody holds the block, or nobody says.
    pub fn country(&self) -> &'a str {
        self.country
    }

    /// The registry's own word.
    pub fn status(&self) -> &'a str {
        self.status
    }

    /// `YYYY-MM-DD`; empty where the registry has none.
    pub fn date(&self) -> String {
        match (self.date.get(..4), self.date.get(4..6), self.date.get(6..)) {
            (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
            _ => String::new(),
        }
    }

    /// True if the statistics had the block itself, and not only its country.
    pub fn is_whole(&self) -> bool {
        !self.status.is_empty()
    }
}

impl Records {
    /// The lines of each kind, in this order, so many bytes of them, from `at` on in `source`; nothing where
    /// that is not all of its `size`.
    pub fn new(source: Source, mut at: u64, lengths: [usize; 3], size: u64) -> Option<Records> {
        let sections = lengths.map(|length| {
            let section = Section { at, length, lines: OnceCell::new() };
            at = at.saturating_add(length as u64);
            section
        });
        (at == size).then_some(Records { source, sections })
    }

    /// The lines of a kind; none if the file has become unreadable.
    fn lines(&self, kind: Kind) -> &[u8] {
        let section = &self.sections[kind as usize];
        section.lines.get_or_init(|| {
            let mut lines = vec![0; section.length];
            let read = match &self.source {
                Source::File(file) => file.read_exact_at(&mut lines, section.at),
                Source::Bytes(bytes) => {
                    lines.copy_from_slice(&bytes[section.at as usize..section.at as usize + section.length]);
                    Ok(())
                }
            };
            if let Err(e) = read {
                output::say(SPEC.name, format_args!("table: {}", output::reason(&e)));
                lines.clear();
            }
            lines
        })
    }

    /// The block that holds a number.
    pub fn find(&self, kind: Kind, number: u128) -> Option<Record<'_>> {
        let lines = self.lines(kind);
        // The place of the line that begins at or before `at`.
        let start = |at: usize| lines[..at].iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        let line = |from: usize| lines[from..].split(|b| *b == b'\n').next().and_then(Record::parse);
        let (mut low, mut high) = (0, lines.len());
        // The line that is looked for begins in low..high, if there is one.
        while low < high {
            let middle = start(low.midpoint(high));
            let record = line(middle)?;
            if number < record.first {
                high = middle;
            } else if number <= record.last {
                return Some(record);
            } else {
                low = middle + lines[middle..].iter().position(|b| *b == b'\n')? + 1;
            }
        }
        None
    }

    /// Every block of a kind, in order.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = Record<'_>> {
        self.lines(kind).split(|b| *b == b'\n').filter_map(Record::parse)
    }

    /// Where each run of one country begins, from 0 on.
    pub fn countries(&self, kind: Kind) -> Vec<(u128, Country)> {
        let mut runs: Vec<(u128, Country)> = vec![(0, [0; 2])];
        let mut next = Some(0);
        let mut put = |first: u128, country: Country| match runs.last_mut() {
            Some(last) if last.1 == country => {}
            Some(last) if last.0 == first => last.1 = country,
            _ => runs.push((first, country)),
        };
        for record in self.all(kind) {
            if let Some(gap) = next.filter(|gap| *gap < record.first) {
                put(gap, [0; 2]);
            }
            put(record.first, code(record.country));
            next = record.last.checked_add(1);
        }
        if let Some(gap) = next.filter(|gap| kind == Kind::V6 || *gap <= u32::MAX.into()) {
            put(gap, [0; 2]);
        }
        runs
    }
}

/// The line of a block.
pub fn line(out: &mut String, first: u128, last: u128, country: &str, date: &str, status: &str) {
    let or_dash = |text| if str::is_empty(text) { "-" } else { text };
    let _ = writeln!(out, "{first:x} {last:x} {} {} {}", or_dash(country), or_dash(date), or_dash(status));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_whole_or_none() {
        for (line, want) in [
            ("5 5 NL 19940901 allocated", Some(("NL", "1994-09-01", "allocated", true))),
            ("5 a - - -", Some(("", "", "", false))),
            ("5 4 NL 19940901 allocated", None),
            ("5 a N 19940901 allocated", None),
            ("5 a NLD 19940901 allocated", None),
            ("5 a NL 1994090 allocated", None),
            ("5 a NL 1994-9-1 allocated", None),
            ("5 a NL 19940901 all,ocated", None),
            ("5 a N! 19940901 allocated", None),
            ("5 a NL 19940901", None),
            ("g a NL 19940901 allocated", None),
        ] {
            let read = Record::parse(line.as_bytes());
            let read = read.map(|r| (r.country(), r.date(), r.status(), r.is_whole()));
            assert_eq!(
                read,
                want.map(|(country, date, status, whole)| (country, date.to_owned(), status, whole)),
                "{line}"
            );
        }
    }

    #[test]
    fn a_written_line_has_a_dash_for_what_nobody_says() {
        let mut out = String::new();
        line(&mut out, 0x1000000, 0x10000ff, "AU", "20110811", "assigned");
        line(&mut out, 0, 5, "", "", "");
        assert_eq!(out, "1000000 10000ff AU 20110811 assigned\n0 5 - - -\n");
    }

    fn records(text: &str) -> Records {
        Records::new(Source::Bytes(text.into()), 0, [text.len(), 0, 0], text.len() as u64).unwrap()
    }

    #[test]
    fn every_line_is_found_at_both_its_ends() {
        // Lines of unlike lengths, blocks side by side and blocks with a gap between them.
        let blocks: Vec<(u128, u128)> =
            (0..40u128).map(|i| (i * i * i * 10, i * i * i * 10 + if i % 3 == 0 { 9 } else { i })).collect();
        let mut text = String::new();
        for (i, (first, last)) in blocks.iter().enumerate() {
            line(&mut text, *first, *last, "NL", "", ["", "assigned"][i % 2]);
        }
        let records = records(&text);
        let around = blocks.iter().flat_map(|(first, last)| [first.saturating_sub(1), *first, *last, last + 1]);
        for number in around {
            let want = blocks.iter().find(|(first, last)| (*first..=*last).contains(&number)).copied();
            assert_eq!(records.find(Kind::V4, number).map(|r| (r.first, r.last)), want, "{number}");
        }
        let all: Vec<(u128, u128)> = records.all(Kind::V4).map(|r| (r.first, r.last)).collect();
        assert_eq!(all, blocks);
    }

    #[test]
    fn runs_of_countries_have_gaps_of_none_between_them() {
        let (none, nl, de) = ([0; 2], *b"NL", *b"DE");
        for (text, want) in [
            ("", vec![(0, none)]),
            ("0 9 NL - -\n", vec![(0, nl), (10, none)]),
            ("0 9 NL - -\na 13 NL - -\n", vec![(0, nl), (20, none)]),
            ("0 9 NL - -\na 13 DE - -\n", vec![(0, nl), (10, de), (20, none)]),
            ("1 9 NL - -\nb 13 NL - -\n", vec![(0, none), (1, nl), (10, none), (11, nl), (20, none)]),
            ("1 9 - - available\n", vec![(0, none)]),
            ("fffffffe ffffffff NL - -\n", vec![(0, none), (0xffff_fffe, nl)]),
            ("fffffffe fffffffe NL - -\n", vec![(0, none), (0xffff_fffe, nl), (0xffff_ffff, none)]),
        ] {
            assert_eq!(records(text).countries(Kind::V4), want, "{text}");
        }
        let text = format!("0 {:x} NL - -\n", u32::MAX);
        let lengths = [0, text.len(), 0];
        let wide = Records::new(Source::Bytes(text.clone().into()), 0, lengths, text.len() as u64).unwrap();
        assert_eq!(wide.countries(Kind::V6), [(0, nl), (1 << 32, none)]);
    }

    #[test]
    fn the_sections_are_all_of_the_file() {
        for (lengths, size, is_whole) in
            [([1, 2, 3], 16, true), ([1, 2, 3], 15, false), ([1, 2, 3], 17, false), ([usize::MAX; 3], 16, false)]
        {
            assert_eq!(Records::new(Source::Bytes(Vec::new()), 10, lengths, size).is_some(), is_whole, "{lengths:?}");
        }
    }
}
