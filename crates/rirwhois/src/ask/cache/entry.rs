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

#[cfg(test)]
mod tests {
    use plainnet_lab::scratch;

    use super::*;

    fn head(question: Question, origin: Option<Origin>, registry: Option<Registry>) -> Head {
        Head {
            time: 1_000_000,
            key: "whois record whois.ripe.net".into(),
            question,
            range: range::parse("193.0.0.0/21"),
            origin,
            registry,
            hops: vec!["a".into(), "b".into()],
            length: 7,
            sum: 0xcbf2_9ce4_8422_2325,
        }
    }

    #[test]
    fn a_head_comes_back_as_it_went() {
        let server = Server { registry: Some(Registry::Ripe), ..Server::parse("whois.ripe.net").unwrap() };
        let stranger = Server { registry: None, ..Server::parse("whois.example:4343").unwrap() };
        let question = |text: &str| Question::parse(text).unwrap();
        let no_range = Head { range: None, hops: Vec::new(), ..head(question("AS7"), None, None) };
        for head in [
            head(question("193.0.0.1"), Some(Origin::Whois(server)), Some(Registry::Ripe)),
            head(question("2001:db8::/32"), Some(Origin::Whois(stranger)), None),
            head(question("GOGL"), Some(Origin::Rdap("https://x.example/y".into())), Some(Registry::NicBr)),
            head(Question::Holdings("GOGL".into()), Some(Origin::Rdap("https://x.example/y".into())), None),
            head(question("GOGL"), None, None),
            no_range,
        ] {
            let written = head.written("@m");
            let line = written.strip_suffix('\n').unwrap();
            assert_eq!(Head::parse(line.as_bytes(), "@m"), Some(head), "{line}");
            assert_eq!(Head::parse(line.as_bytes(), "@n"), None);
            // A field less, a field more, and a field that is none.
            assert_eq!(Head::parse(line.rsplit_once('\t').unwrap().0.as_bytes(), "@m"), None);
            assert_eq!(Head::parse(format!("{line}\tx").as_bytes(), "@m"), None);
            for at in [1, 3, 4, 9, 10] {
                let mut fields: Vec<&str> = line.split('\t').collect();
                fields[at] = "?";
                assert_eq!(Head::parse(fields.join("\t").as_bytes(), "@m"), None, "{at}");
            }
        }
    }

    #[test]
    fn sums_are_those_of_fnv() {
        // The test vectors of FNV-1a with 64 bits by its authors.
        for (text, want) in
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(sum(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn a_mark_is_the_files_own() {
        let made = new_mark();
        assert!(made.len() == 17 && made.starts_with('@') && made != new_mark());
        for (text, want) in [
            (first_line(&made), Some(made.clone())),
            (first_line(&made) + "rest", Some(made.clone())),
            (first_line(&made[1..]), None),
            (first_line(&format!("{made}0")), None),
            (first_line("@0123456789abcdeg"), None),
            (first_line(&made).trim_end().to_owned(), None),
            ("rirwhois cache 1 @0123456789abcdef\n".to_owned(), None),
            (String::new(), None),
        ] {
            let file = scratch::File::new(&text);
            assert_eq!(mark(&mut File::open(&*file).unwrap()).unwrap(), want, "{text}");
        }
    }
}
