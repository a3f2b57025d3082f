//! The registries' statistics over HTTPS, all at once.
//!
//! Each file is read, counted and summed as it comes and never held as a whole;
//! its checksum is at the same URL with .md5 behind it.
use std::{
    io::{self, BufReader, Read},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use plainnet_common::counter::Counter;

use super::web::{Client, Opened, broken};
use crate::{
    ask::query::End,
    table::{
        delegated::{Delegated, Wrong},
        md5::Md5,
    },
};

/// Most bytes of one registry's file; the longest has some 20 MB.
const MOST: u64 = 64 << 20;

/// Most bytes of a checksum's file.
const SUM: u64 = 4096;

/// A file that is to be fetched.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where it is.
    pub url: String,
    /// The proxy before it.
    pub proxy: Option<String>,
}

/// What came of a file.
#[derive(Debug)]
pub struct Fetched {
    /// Where it is.
    pub url: String,
    /// What it says, or why it can't be used.
    pub statistics: Result<Delegated, String>,
}

/// How far all files are.
#[derive(Debug, Default)]
struct Progress {
    bytes: AtomicU64,
    /// Bytes of the files whose size is known, and how many these are.
    total: AtomicU64,
    known: AtomicU64,
}

/// Fetches files, each within `budget`, and counts on a terminal unless `quiet`.
pub fn fetch(agent: &str, wanted: &[Wanted], budget: Duration, quiet: bool) -> Vec<Fetched> {
    let client = Client::new(agent, "*/*", 0);
    let progress = Progress::default();
    let mut counter = Counter::new(quiet, Instant::now());
    let (sender, receiver) = mpsc::channel();
    let mut fetched = Vec::new();
    thread::scope(|scope| {
        for (place, file) in wanted.iter().enumerate() {
            let (client, progress, own) = (&client, &progress, sender.clone());
            let work = move || drop(own.send((place, one(client, file, budget, progress))));
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                // Where the system gives no thread they come one after the other.
                fetched.push((place, one(client, file, budget, progress)));
            }
        }
        drop(sender);
        loop {
            let now = Instant::now();
            let wait = counter.wake().map_or(budget, |wake| wake.saturating_duration_since(now));
            match receiver.recv_timeout(wait) {
                Ok(one) => fetched.push(one),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            let all = progress.known.load(Ordering::Relaxed) == wanted.len() as u64;
            let total = all.then(|| progress.total.load(Ordering::Relaxed) >> 10);
            counter.show(progress.bytes.load(Ordering::Relaxed) >> 10, total, Instant::now());
        }
    });
    fetched.sort_by_key(|(place, _)| *place);
    fetched.into_iter().map(|(_, one)| one).collect()
}

fn one(client: &Client, file: &Wanted, budget: Duration, progress: &Progress) -> Fetched {
    Fetched { url: file.url.clone(), statistics: statistics(client, file, budget, progress) }
}

/// One file and its checksum.
fn statistics(client: &Client, file: &Wanted, budget: Duration, progress: &Progress) -> Result<Delegated, String> {
    let start = Instant::now();
    let left = || budget.saturating_sub(start.elapsed());
    let sum_url = format!("{}.md5", file.url);
    let of_sum = |why: String| format!("its checksum {sum_url}: {why}");
    let mut text = Vec::new();
    let mut opened = open(client, &sum_url, file, left()).map_err(of_sum)?;
    opened.body.by_ref().take(SUM).read_to_end(&mut text).map_err(|e| of_sum(words(&e, left())))?;
    let said = checksum(&text).ok_or_else(|| of_sum("no MD5 sum is in it".into()))?;
    let opened = open(client, &file.url, file, left())?;
    if let Some(length) = opened.length {
        progress.total.fetch_add(length, Ordering::Relaxed);
        progress.known.fetch_add(1, Ordering::Relaxed);
    }
    let mut body = Summed { body: opened.body, sum: Md5::default(), length: 0, progress };
    let statistics = Delegated::read(BufReader::with_capacity(1 << 16, &mut body));
    let statistics = statistics.map_err(|wrong| match wrong {
        Wrong::Io(e) => words(&e, left()),
        wrong => wrong.to_string(),
    })?;
    let sum = body.sum.finish();
    if sum == said { Ok(statistics) } else { Err(format!("its checksum is {sum} where {sum_url} says {said}")) }
}

/// Begins to read what is at `url`, of the server that was asked and no other.
fn open(client: &Client, url: &str, file: &Wanted, left: Duration) -> Result<Opened, String> {
    let opened = client.open(url, file.proxy.as_deref(), left).map_err(|end| match end {
        End::Cut(why) | End::Unreachable(why) | End::Slow(why) | End::Local(why) => why,
        End::Whole | End::Refused => "no answer".to_owned(),
    })?;
    match (opened.status, &opened.location) {
        (200, _) => Ok(opened),
        (301..=308, Some(to)) => Err(format!("redirect to {to} refused")),
        (status, _) => Err(format!("HTTP status {status}")),
    }
}

/// The sum in a file as md5sum or BSD's md5 writes it.
pub fn checksum(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let is_sum = |word: &&str| word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
    text.split_whitespace().find(is_sum).map(str::to_ascii_lowercase)
}

/// Why reading failed; with nothing left of the time that was it.
fn words(e: &io::Error, left: Duration) -> String {
    if left.is_zero() { "truncated, timed out".into() } else { format!("truncated, {}", broken(e)) }
}

/// A body that is counted and summed while it is read.
struct Summed<'a> {
    body: Box<dyn Read + Send>,
    sum: Md5,
    length: u64,
    progress: &'a Progress,
}

impl Read for Summed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.body.read(into)?;
        self.sum.add(&into[..n]);
        self.length += n as u64;
        self.progress.bytes.fetch_add(n as u64, Ordering::Relaxed);
        match self.length > MOST {
            true => Err(io::Error::other(format!("more than {} MiB", MOST >> 20))),
            false => Ok(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_come_in_two_forms() {
        let sum = "d41d8cd98f00b204e9800998ecf8427e";
        for text in [
            format!("MD5 (delegated-ripencc-extended-latest) = {sum}\n"),
            format!("{sum}  delegated-arin-extended-latest\n"),
            sum.to_uppercase(),
        ] {
            assert_eq!(checksum(text.as_bytes()).as_deref(), Some(sum), "{text}");
        }
        for text in ["", "<html>not here</html>", "d41d8cd98f00b204e9800998ecf8427", "\u{e9}"] {
            assert_eq!(checksum(text.as_bytes()), None, "{text}");
        }
        assert_eq!(checksum(b"\xff"), None);
    }
}
