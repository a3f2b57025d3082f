//! Where the entries of a cache's file are, so that only this is held in memory.
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
};

use super::entry::{HEAD, Head};
use crate::{ask::prefixes::Prefixes, ask::question::Question, read::range};

/// How long an answer is kept, in seconds.
pub(super) const DAY: u64 = 86_400;

/// Most bytes of the file; what would make it longer is not kept.
pub(super) const BYTES: u64 = 32 << 20;

/// Where the entries are.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_key: BTreeMap<String, Places>,
    /// Bytes of entries that are too old, or were written anew.
    pub(super) dead: u64,
}

/// Where the entries of one key are: by their question, and by the prefixes that they hold for.
#[derive(Debug, Default)]
struct Places {
    exact: BTreeMap<Question, Place>,
    prefixes: Prefixes<Place>,
}

/// An entry in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Where it begins, in bytes from the start of the file.
    pub(super) at: u64,
    /// Length of the first line, its end included, and of what follows.
    pub(super) head: u32,
    /// See `head`.
    pub(super) body: u32,
}

impl Index {
    /// Finds the entries of a file, from the line after its first one.
    ///
    /// # Errors
    /// Reading failed.
    pub(super) fn read(file: &mut File, mark: &str, now: u64) -> io::Result<Index> {
        let mut index = Index::default();
        file.seek(SeekFrom::Start(0))?;
        let mut lines = BufReader::with_capacity(64 * 1024, file.take(BYTES));
        let mut at = 0;
        let mut line = Vec::new();
        loop {
            line.clear();
            let n = lines.by_ref().take(HEAD as u64).read_until(b'\n', &mut line)? as u64;
            if n == 0 {
                return Ok(index);
            }
            let head = line.strip_suffix(b"\n").and_then(|line| Head::parse(line, mark));
            if let Some(head) = head.filter(|head| u32::try_from(head.length).is_ok()) {
                let place = Place { at, head: n as u32, body: head.length as u32 };
                index.add(head, place, now);
                // The body is looked at when it is wanted. If it is torn, the next entry may begin in it.
                let skipped = skip(&mut lines, u64::from(place.body), mark)?;
                at += n + skipped;
            } else {
                at += n;
            }
        }
    }

    fn add(&mut self, head: Head, place: Place, now: u64) {
        let size = u64::from(place.head) + u64::from(place.body);
        if head.time > now || now - head.time >= DAY {
            self.dead += size;
            return;
        }
        let places = self.by_key.entry(head.key).or_default();
        for prefix in head.range.into_iter().flat_map(range::prefixes) {
            places.prefixes.insert(prefix, place);
        }
        if places.exact.insert(head.question, place).is_some() {
            self.dead += size;
        }
    }

    /// The place of the answer to `question`, or of one about a range that holds what is asked.
    pub(super) fn find(&self, key: &str, question: &Question) -> Option<Place> {
        let places = self.by_key.get(key)?;
        let around = || match question {
            Question::Addresses(range) => places.prefixes.around(range),
            _ => None,
        };
        places.exact.get(question).or_else(around).copied()
    }

    /// The places of all entries that are of use.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        self.by_key.values().flat_map(|places| places.exact.values().copied())
    }
}

/// Passes over a body, or over the part of it that comes before the mark of another entry: then it is torn.
fn skip(lines: &mut impl io::BufRead, length: u64, mark: &str) -> io::Result<u64> {
    let mut done = 0;
    let mut line = Vec::new();
    while done < length {
        line.clear();
        let seen = lines.fill_buf()?;
        if seen.is_empty() {
            break;
        }
        // The mark stands at the start of a line.
        if seen.starts_with(mark.as_bytes()) {
            break;
        }
        let most = (length - done).min(HEAD as u64 * 4);
        let n = lines.by_ref().take(most).read_until(b'\n', &mut line)? as u64;
        done += n;
    }
    Ok(done)
}
