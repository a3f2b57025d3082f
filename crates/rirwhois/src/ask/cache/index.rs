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
                // The body is looked at when it is wanted. If it is torn, the next entry may begin in it.
                let skipped = skip(&mut lines, u64::from(place.body), mark)?;
                if skipped == u64::from(place.body) {
                    index.add(head, place, now);
                } else {
                    // A length is believed only where so many bytes are there.
                    index.dead += n + skipped;
                }
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

#[cfg(test)]
mod tests {
    use plainnet_lab::scratch;

    use super::{
        super::entry::{entry, first_line, sum},
        *,
    };

    const MARK: &str = "@0123456789abcdef";

    fn head(time: u64, question: &str, range: Option<&str>, body: &[u8]) -> Head {
        Head {
            time,
            key: "k".into(),
            question: Question::parse(question).unwrap(),
            range: range.and_then(range::parse),
            origin: None,
            registry: None,
            hops: Vec::new(),
            length: body.len(),
            sum: sum(body),
        }
    }

    fn read(text: &[u8], now: u64) -> Index {
        let file = scratch::File::new(text);
        Index::read(&mut File::open(&*file).unwrap(), MARK, now).unwrap()
    }

    #[test]
    fn entries_are_found_by_question_and_by_range() {
        let now = 1_000_000;
        let mut text = first_line(MARK).into_bytes();
        let mut places = Vec::new();
        let body = b"two\nlines\n";
        for (time, question, range) in [
            (now, "193.0.0.1", Some("193.0.0.0/21")),
            (now, "193.0.0.2", None),
            // A day old, a second younger than that, and of the future.
            (now - DAY, "AS1", None),
            (now - DAY + 1, "AS2", None),
            (now + 1, "AS3", None),
            (now, "AS4", None),
            (now, "AS4", None),
        ] {
            let head = head(time, question, range, body);
            let whole = entry(MARK, &head, body);
            places.push((text.len() as u64 + 1, (whole.len() - body.len() - 1) as u32, body.len() as u32));
            text.extend(whole);
        }
        let index = read(&text, now);
        let find = |key: &str, question: &str| {
            index.find(key, &Question::parse(question).unwrap()).map(|place| (place.at, place.head, place.body))
        };
        assert_eq!((find("k", "193.0.0.1"), find("k", "193.0.7.9")), (Some(places[0]), Some(places[0])));
        assert_eq!(
            (find("k", "193.0.0.2"), find("k", "193.0.8.0"), find("x", "193.0.0.1")),
            (Some(places[1]), None, None)
        );
        assert_eq!((find("k", "AS1"), find("k", "AS2"), find("k", "AS3")), (None, Some(places[3]), None));
        // The newer of two counts, and the older is as dead as what is too old.
        assert_eq!(find("k", "AS4"), Some(places[6]));
        let size = |at: usize| u64::from(places[at].1 + places[at].2);
        assert_eq!(index.dead, size(2) + size(4) + size(6));
        assert_eq!(index.places().count(), 4);
    }

    #[test]
    fn a_torn_entry_hides_none_behind_it() {
        let now = 1_000_000;
        let body = vec![b'x'; 5 * HEAD];
        let torn = entry(MARK, &head(now, "AS1", None, &body), &body);
        let next = entry(MARK, &head(now, "AS2", None, b"y"), b"y");
        for cut in [0, 1, HEAD, 4 * HEAD, 4 * HEAD + 1, 5 * HEAD] {
            let start = torn.len() - body.len();
            let text = [first_line(MARK).as_bytes(), &torn[..start + cut], &next].concat();
            let index = read(&text, now);
            let place = index.find("k", &Question::As(2)).unwrap();
            assert_eq!(place.at as usize, text.len() - next.len() + 1, "{cut}");
        }
    }
}
