//! `--cache`: answers on disk, for a day.
//!
//! One file, read whole at the start and written whole at the end. What is in
//! it counts only where the same server would be asked first, so answers of
//! another server never mix in. Whatever is wrong with it, it is just not used.
use std::{
    fs,
    path::{Path, PathBuf},
    rc::Rc,
    time::{Duration, SystemTime},
};

use crate::{
    ask::chase::{Fate, Found, Outcome, Policy},
    ask::question::Question,
    ask::servers::Server,
    ask::share::Shared,
    table::file,
    table::registry::Registry,
};

/// Where the file stands in the folder of `XDG_CACHE_HOME`.
const FILE: &str = "rirwhois/answers";

/// How it begins.
const MAGIC: &[u8] = b"rirwhois cache 1\n";

/// How long an answer is kept.
const DAY: Duration = Duration::from_secs(86_400);

/// Most bytes of the file.
const BYTES: usize = 16 << 20;

/// The answers of earlier runs and this one.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    now: u64,
    entries: Vec<Entry>,
    changed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// Seconds since the epoch.
    time: u64,
    /// Who was asked first.
    first: String,
    /// Who answered.
    server: Server,
    question: String,
    hops: Vec<String>,
    bytes: Vec<u8>,
}

impl Cache {
    /// Reads the cache in `folder` and makes its answers available in `shared`.
    pub fn open(folder: &Path, policy: &Policy<'_>, shared: &mut Shared) -> Cache {
        let path = folder.join(FILE);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let mut entries = fs::read(&path).ok().and_then(|bytes| parse(&bytes)).unwrap_or_default();
        entries.retain(|e| e.time <= now && now - e.time < DAY.as_secs());
        for entry in &entries {
            let Ok(question) = Question::parse(&entry.question) else { continue };
            if policy.first(&question).to_string() == entry.first {
                let found = Found::read(&question, &entry.server, entry.bytes.clone(), &entry.hops, policy.table);
                let outcome = Outcome {
                    fate: Fate::Answered,
                    found: Some(found),
                    notes: Vec::new(),
                    hops: entry.hops.clone(),
                    shareable: true,
                    cached: true,
                    took: Duration::ZERO,
                };
                shared.put(&question, &Rc::new(outcome), policy.table, true);
            }
        }
        Cache { path, now, entries, changed: false }
    }

    /// Keeps an answer of this run, if it is one that others may share.
    pub fn add(&mut self, question: &Question, outcome: &Outcome, policy: &Policy<'_>) {
        let (Fate::Answered, true, false) = (&outcome.fate, outcome.shareable, outcome.cached) else { return };
        if let Some((found, server)) = outcome.found.as_ref().and_then(|f| Some((f, f.from.as_ref()?))) {
            self.changed = true;
            self.entries.push(Entry {
                time: self.now,
                first: policy.first(question).to_string(),
                server: server.clone(),
                question: question.to_string(),
                hops: outcome.hops.clone(),
                bytes: found.bytes.clone(),
            });
        }
    }

    /// Writes the newest answers that there is room for.
    ///
    /// # Errors
    /// What the system says; the old file is then still there.
    pub fn close(self) -> std::io::Result<()> {
        if !self.changed {
            return Ok(());
        }
        file::replace(&self.path, &[&written(&self.entries, BYTES)])
    }
}

/// The newest entries that `most` bytes have room for, as a file, newest first.
fn written(entries: &[Entry], most: usize) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for entry in entries.iter().rev() {
        let Entry { time, first, server: Server { host, port, registry }, question, hops, bytes } = entry;
        let registry = registry.map_or("-", Registry::name);
        let head =
            format!("{time}\t{first}\t{host}\t{port}\t{registry}\t{question}\t{}\t{}\n", hops.join(","), bytes.len());
        if out.len() + head.len() + bytes.len() > most {
            break;
        }
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(bytes);
    }
    out
}

/// The entries of a file, oldest first, or nothing if it is damaged.
fn parse(bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|b| *b == b'\n')?;
        let head = std::str::from_utf8(&rest[..end]).ok()?;
        rest = &rest[end + 1..];
        let fields: Vec<&str> = head.split('\t').collect();
        let [time, first, host, port, registry, question, hops, length] = fields[..] else { return None };
        let (bytes, after) = rest.split_at_checked(length.parse().ok()?)?;
        rest = after;
        let registry = if registry == "-" { None } else { Some(Registry::from_name(registry)?) };
        entries.push(Entry {
            time: time.parse().ok()?,
            first: first.to_owned(),
            server: Server { host: host.to_owned(), port: port.parse().ok()?, registry },
            question: question.to_owned(),
            hops: hops.split(',').map(str::to_owned).collect(),
            bytes: bytes.to_vec(),
        });
    }
    entries.reverse();
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_no_cache() {
        let good = b"rirwhois cache 1\n9\twhois.arin.net\twhois.arin.net\t43\tARIN\t8.8.8.8\twhois.arin.net\t3\na\nb";
        let entries = parse(good).unwrap();
        assert_eq!((entries.len(), &*entries[0].bytes, &*entries[0].question), (1, &b"a\nb"[..], "8.8.8.8"));
        for cut in 1..good.len() {
            assert!(parse(&good[..cut]).is_none_or(|e| e.is_empty()), "{cut}");
        }
        // What is written is read again; where there is too much, the newest stays.
        let two = [entries[0].clone(), Entry { time: 10, ..entries[0].clone() }];
        assert_eq!(parse(&written(&two, BYTES)).unwrap(), two);
        assert_eq!(parse(&written(&two, good.len() + 1)).unwrap(), two[1..]);
        assert!(parse(b"rirwhois cache 1\n9\ta\tb\t43\tARIN\tq\th\t18446744073709551615\nx").is_none());
    }
}
