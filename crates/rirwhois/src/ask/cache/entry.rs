//! An entry of the cache as it stands in the file: a line of fields, then the reply's bytes.
use std::{
    collections::hash_map::RandomState,
    fs::File,
    hash::{BuildHasher as _, Hasher as _},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
};

use plainnet_common::block::Block;

use crate::{
    ask::outcome::Origin, ask::question::Question, ask::servers::Server, read::range, table::registry::Registry,
};

/// How the file begins; its mark follows.
const MAGIC: &str = "rirwhois cache 2 ";

/// Longest first line of an entry.
pub(super) const HEAD: usize = 4096;

/// The first line of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Seconds since the epoch.
    pub(super) time: u64,
    /// By what protocol and of whom the question was asked first.
    pub(super) key: String,
    /// What was asked.
    pub(super) question: Question,
    /// The addresses for which the answer holds, too.
    pub(super) range: Option<Block>,
    /// Who answered: `-` where there is no record.
    pub(super) origin: Option<Origin>,
    /// Whose server it is, by RDAP.
    pub(super) registry: Option<Registry>,
    /// The servers asked, in order.
    pub(super) hops: Vec<String>,
    /// Bytes of the reply, which follow the line.
    pub(super) length: usize,
    /// Their [`sum`].
    pub(super) sum: u64,
}

impl Head {
    /// The fields after the mark, separated by TABs; none of them holds one, since they come from us.
    pub(super) fn parse(line: &[u8], mark: &str) -> Option<Head> {
        let line = std::str::from_utf8(line).ok()?.strip_prefix(mark)?.strip_prefix('\t')?;
        let fields: Vec<&str> = line.split('\t').collect();
        let [time, key, kind, question, range, origin, registry, hops, length, sum] = fields[..] else { return None };
        let question = match (kind, Question::parse(question).ok()?) {
            ("holdings", Question::Handle(handle)) => Question::Holdings(handle),
            ("record", question) => question,
            _ => return None,
        };
        let registry = if registry == "-" { None } else { Some(Registry::from_name(registry)?) };
        let origin = match origin.split_once(' ') {
            None => None,
            Some(("rdap", url)) => Some(Origin::Rdap(url.to_owned())),
            Some((_, server)) => Some(Origin::Whois(Server { registry, ..Server::parse(server)? })),
        };
        Some(Head {
            time: time.parse().ok()?,
            key: key.to_owned(),
            question,
            range: if range == "-" { None } else { Some(range::parse(range)?) },
            origin,
            registry,
            hops: hops.split(' ').filter(|hop| !hop.is_empty()).map(str::to_owned).collect(),
            length: length.parse().ok()?,
            sum: u64::from_str_radix(sum, 16).ok()?,
        })
    }

    pub(super) fn written(&self, mark: &str) -> String {
        let Head { time, key, question, range, origin, registry, hops, length, sum } = self;
        let kind = if matches!(question, Question::Holdings(_)) { "holdings" } else { "record" };
        let range = range.map_or("-".into(), |r| r.to_string());
        let (origin, registry) = match origin {
            None | Some(Origin::Table) => ("-".to_owned(), None),
            Some(Origin::Rdap(url)) => (format!("rdap {url}"), *registry),
            Some(Origin::Whois(server)) => (format!("whois {server}"), server.registry),
        };
        let (registry, hops) = (registry.map_or("-", Registry::name), hops.join(" "));
        format!("{mark}\t{time}\t{key}\t{kind}\t{question}\t{range}\t{origin}\t{registry}\t{hops}\t{length}\t{sum:x}\n")
    }
}

/// An entry as it is written: an empty line, so that a torn one before it does no harm, its head, its body.
pub(super) fn entry(mark: &str, head: &Head, body: &[u8]) -> Vec<u8> {
    [b"\n", head.written(mark).as_bytes(), body].concat()
}

/// The first line of a file with this mark.
pub(super) fn first_line(mark: &str) -> String {
    format!("{MAGIC}{mark}\n")
}

/// The mark that a file names in its first line.
pub(super) fn mark(file: &mut File) -> io::Result<Option<String>> {
    let mut first = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    BufReader::new(file.take(64)).read_until(b'\n', &mut first)?;
    let text = std::str::from_utf8(&first).ok().and_then(|t| t.strip_prefix(MAGIC)?.strip_suffix('\n'));
    let is_mark = |text: &&str| text.len() == 17 && text.bytes().all(|b| b == b'@' || b.is_ascii_hexdigit());
    Ok(text.filter(is_mark).map(str::to_owned))
}

/// A mark that nobody can foresee.
pub(super) fn new_mark() -> String {
    format!("@{:016x}", RandomState::new().build_hasher().finish())
}

/// A checksum against torn entries (FNV-1a of 64 bits), not against those who mean harm.
pub(super) fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
