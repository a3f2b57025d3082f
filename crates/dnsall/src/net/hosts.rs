//! The hosts file (hosts(5)): an address, then names, a line each.
//!
//! It is read line by line, and only what is asked is kept, so that a block list
//! of a million names costs no more memory than the names on the command line.
//! Where the names come from standard input, all lines are kept, with an index.
use std::{
    collections::HashSet,
    ffi::OsString,
    fs::File,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, BufRead},
    net::IpAddr,
    path::Path,
};

/// A longer line is no line of a hosts file, and left out.
const LONGEST_LINE: usize = 1 << 16;

/// Most bytes of a hosts file, so that a device in its place has an end.
const LIMIT: usize = 64 << 20;

/// What may be asked of a hosts file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The addresses of this name: in lower case, without its final dot.
    Name(String),
    /// The names of this address.
    Address(IpAddr),
}

impl Key {
    /// What an input asks.
    pub fn of(text: &str) -> Key {
        match text.parse() {
            Ok(address) => Key::Address(address),
            Err(_) => Key::Name(text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase()),
        }
    }
}

/// The lines of a hosts file that may be asked for, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    rows: Vec<Row>,
    /// The names of all rows, separated by blanks.
    names: String,
    /// Hashes of names and addresses with the numbers of their rows, sorted.
    index: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    address: IpAddr,
    /// Where its names begin; they end where the next row's begin.
    start: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    hash: u32,
    row: u32,
}

impl Hosts {
    /// Reads the hosts file at `path` for these operands; without any, or with
    /// `-` among them, for what standard input will ask.
    ///
    /// # Errors
    /// It can't be read.
    pub fn open(path: &Path, operands: &[OsString]) -> io::Result<Hosts> {
        let known = !operands.is_empty() && operands.iter().all(|operand| operand != "-");
        let wanted = known.then(|| operands.iter().filter_map(|operand| operand.to_str()).map(Key::of).collect());
        Hosts::read(io::BufReader::new(File::open(path)?), wanted.as_ref())
    }

    /// Reads a hosts file and keeps the lines about one of `wanted`, or all of
    /// them where it is not known yet what will be asked. A line that holds no
    /// address is skipped, as the system does.
    ///
    /// # Errors
    /// It can't be read, or is larger than 64 MiB.
    pub fn read(mut file: impl BufRead, wanted: Option<&HashSet<Key>>) -> io::Result<Hosts> {
        let mut hosts = Hosts::default();
        let mut line = Vec::new();
        let mut overlong = false;
        let mut left = LIMIT;
        loop {
            let block = file.fill_buf()?;
            let end = block.iter().position(|byte| *byte == b'\n');
            let part = &block[..end.unwrap_or(block.len())];
            overlong |= line.len() + part.len() > LONGEST_LINE;
            if !overlong {
                line.extend_from_slice(part);
            }
            let (used, ended) = (part.len() + usize::from(end.is_some()), block.is_empty());
            file.consume(used);
            left = left.checked_sub(used).ok_or_else(too_large)?;
            if end.is_some() || ended {
                if !overlong {
                    hosts.line(&line, wanted)?;
                }
                line.clear();
                overlong = false;
            }
            if ended {
                hosts.index.sort_unstable();
                return Ok(hosts);
            }
        }
    }

    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The addresses of `name` (a final dot aside, in any case), each once.
    pub fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let mut found = Vec::new();
        for row in self.rows_of(&Key::Name(name.clone())) {
            let address = self.rows[row].address;
            if self.names_of(row).any(|n| n.eq_ignore_ascii_case(&name)) && !found.contains(&address) {
                found.push(address);
            }
        }
        found
    }

    /// The names of `address`, each once.
    pub fn names(&self, address: IpAddr) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        let rows = self.rows_of(&Key::Address(address)).filter(|row| self.rows[*row].address == address);
        for name in rows.flat_map(|row| self.names_of(row)) {
            if !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }

    fn line(&mut self, line: &[u8], wanted: Option<&HashSet<Key>>) -> io::Result<()> {
        let text = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let Ok(text) = std::str::from_utf8(text) else { return Ok(()) };
        let mut words = text.split_ascii_whitespace();
        // An IPv6 address may carry a zone, which is not part of it.
        let address = words.next().and_then(|word| word.split('%').next()).and_then(|word| word.parse().ok());
        let Some(address) = address else { return Ok(()) };
        let key = Key::Address(address);
        let keys: Vec<Key> = words.clone().map(|name| Key::Name(name.to_ascii_lowercase())).collect();
        if wanted.is_some_and(|wanted| !wanted.contains(&key) && !keys.iter().any(|key| wanted.contains(key))) {
            return Ok(());
        }
        let row = u32::try_from(self.rows.len()).map_err(|_| too_large())?;
        self.rows.push(Row { address, start: u32::try_from(self.names.len()).map_err(|_| too_large())? });
        for name in words {
            self.names.push_str(name);
            self.names.push(' ');
        }
        self.index.extend([key].iter().chain(&keys).map(|key| Entry { hash: hash(key), row }));
        Ok(())
    }

    /// The rows whose hash is the key's, in order; a few may be about something else.
    fn rows_of(&self, key: &Key) -> impl Iterator<Item = usize> + use<'_> {
        let hash = hash(key);
        let from = self.index.partition_point(|entry| entry.hash < hash);
        self.index[from..].iter().take_while(move |entry| entry.hash == hash).map(|entry| entry.row as usize)
    }

    fn names_of(&self, row: usize) -> impl Iterator<Item = &str> {
        let end = self.rows.get(row + 1).map_or(self.names.len(), |next| next.start as usize);
        self.names[self.rows[row].start as usize..end].split_ascii_whitespace()
    }
}

fn hash(key: &Key) -> u32 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish() as u32
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "larger than 64 MiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] =
        b"127.0.0.1 localhost\n127.0.0.1\tgitserver # mine\n::1 ip6-localhost ip6-loopback localhost\r\n\
        #127.0.0.2 gone\nnonsense here\n\xff\n192.0.2.1 GitServer\n192.0.2.1 gitserver\nfe80::1%eth0 link";

    fn ips(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|a| a.parse().unwrap()).collect()
    }

    #[test]
    fn names_and_addresses_in_the_order_of_the_file() {
        let wanted: HashSet<Key> =
            ["LOCALHOST.", "gitserver", "link", "gone", "127.0.0.1"].into_iter().map(Key::of).collect();
        // However the blocks fall, and whether all is kept or what is asked.
        for (size, wanted) in [(1, None), (7, Some(&wanted)), (4096, None)] {
            let hosts = Hosts::read(io::BufReader::with_capacity(size, TEXT), wanted).unwrap();
            assert_eq!(hosts.addresses("LOCALHOST."), ips(&["127.0.0.1", "::1"]));
            assert_eq!(hosts.addresses("gitserver"), ips(&["127.0.0.1", "192.0.2.1"]));
            assert_eq!(hosts.addresses("link"), ips(&["fe80::1"]));
            assert_eq!(hosts.addresses("gone"), ips(&[]));
            assert_eq!(hosts.names("127.0.0.1".parse().unwrap()), ["localhost", "gitserver"]);
        }
    }

    #[test]
    fn only_what_is_asked_is_kept() {
        let text: String = (0..100_000).map(|n| format!("0.0.0.0 ad{n}.example\n")).collect();
        let wanted = HashSet::from([Key::of("AD77777.example"), Key::of("other.example")]);
        let hosts = Hosts::read(text.as_bytes(), Some(&wanted)).unwrap();
        assert_eq!((hosts.rows.len(), hosts.index.len()), (1, 2));
        assert_eq!(hosts.addresses("ad77777.example"), ips(&["0.0.0.0"]));
        // All of it, in little more than its own size.
        let hosts = Hosts::read(text.as_bytes(), None).unwrap();
        assert_eq!(hosts.addresses("ad0.example").len() + hosts.addresses("ad99999.example.").len(), 2);
        assert_eq!(hosts.addresses("ad100000.example"), ips(&[]));
        assert!(hosts.names.len() < text.len());
    }

    #[test]
    fn a_line_without_end_is_left_out() {
        let endless = [&b"192.0.2.9 a"[..], &vec![b'x'; LONGEST_LINE], b" b\n192.0.2.1 b\n"].concat();
        let hosts = Hosts::read(&endless[..], None).unwrap();
        assert_eq!(hosts.addresses("b"), ips(&["192.0.2.1"]));
        assert!(Hosts::read(&b""[..], None).unwrap().addresses("").is_empty());
    }
}
