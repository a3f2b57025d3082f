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
    /// In memory.
    #[cfg(test)]
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
                #[cfg(test)]
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
            let middle = start(low + (high - low) / 2);
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
