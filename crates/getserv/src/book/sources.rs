//! The sources in their order: the host's file, the registry, a few names of our own.
use std::{borrow::Cow, collections::HashSet, path::PathBuf};

use plainnet_common::{exit::Status, output};

use super::{
    host::{self, Host},
    index::Index,
    key::{Key, Kind},
    registry::{self, ANY, PROTOS, Row},
    services::{Service, is_blank},
};

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The host's file.
    Host,
    /// IANA's registry.
    Iana,
    /// `BUILTIN`.
    Builtin,
}

impl Source {
    /// As `--json` has it.
    pub fn name(self) -> &'static str {
        match self {
            Source::Host => "host",
            Source::Iana => "iana",
            Source::Builtin => "builtin",
        }
    }
}

/// Names that everybody types and that the registry lacks, for hosts without a
/// services file: name, port, and the bits of its protocols.
const BUILTIN: [(&str, u16, u8); 11] = [
    ("mail", 25, 1),
    ("whois", 43, 1),
    ("dns", 53, 3),
    ("dhcp", 67, 2),
    ("portmapper", 111, 3),
    ("imap2", 143, 1),
    ("smb", 445, 1),
    ("smtps", 465, 1),
    ("rdp", 3389, 3),
    ("postgres", 5432, 1),
    ("vnc", 5900, 1),
];

/// Which sources are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// `--source host`.
    Host,
    /// `--source iana`.
    Iana,
    /// All, in order.
    #[default]
    Both,
}

/// One service on one port (or range) and protocol: a line of services(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The canonical name.
    pub name: &'a [u8],
    /// The port.
    pub port: u16,
    /// The last port of a range, else the port.
    pub last: u16,
    /// The protocol; nothing where the registry names none and none was asked for.
    pub proto: Option<&'a [u8]>,
    /// The other names.
    pub aliases: Vec<&'a [u8]>,
    /// What it is.
    pub text: &'a [u8],
    /// Where it is from.
    pub source: Source,
}

/// What a key was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// A name's port.
    Port(u16),
    /// A port's name.
    Name(&'a [u8]),
}

/// So many questions are worth an index.
const MANY: u32 = 16;

/// The sources that one run asks.
#[derive(Debug)]
pub struct Book {
    tool: &'static str,
    path: Cow<'static, std::path::Path>,
    /// Was the file named by the user? Many hosts have none of their own.
    chosen: bool,
    sources: Sources,
    host: Option<Host>,
    /// How often the book was opened.
    asked: u32,
    status: Status,
}

impl Book {
    /// Nothing is read yet.
    pub fn new(tool: &'static str, services: Option<PathBuf>, sources: Sources) -> Book {
        let chosen = services.is_some() || sources == Sources::Host;
        let path = services.map_or(Cow::Borrowed(host::PATH.as_ref()), Cow::Owned);
        Book { tool, path, chosen, sources, host: None, asked: 0, status: Status::Answered }
    }

    /// Reads the host's file if it is a source and not read yet. A failure is
    /// said once, and the other sources answer.
    pub fn open(&mut self) -> &Book {
        if self.host.is_none() {
            self.host = Some(if self.sources == Sources::Iana { Host::default() } else { self.read() });
        }
        self.asked = self.asked.saturating_add(1);
        if self.asked == MANY {
            self.index();
        }
        self
    }

    /// Which sources are asked.
    pub fn sources(&self) -> Sources {
        self.sources
    }

    /// The ports of an indexed host's file, as [`Index::ports`] has them.
    pub fn host_ports(&self) -> &[(u16, u32)] {
        self.index_and_text().map_or(&[], |(index, _)| index.ports())
    }

    /// The name in the line of the `i`th of [`Book::host_ports`].
    pub fn host_name(&self, i: usize) -> Option<&[u8]> {
        let (index, text) = self.index_and_text()?;
        let line = &text[index.ports().get(i)?.1 as usize..];
        line.split(|b| is_blank(*b)).find(|word| !word.is_empty())
    }

    /// The port of a name in an indexed host's file, whatever the protocol.
    pub fn host_port_of(&self, name: &[u8], hash: usize) -> Option<u16> {
        let (index, text) = self.index_and_text()?;
        index.port_of(text, name, hash)
    }

    fn index_and_text(&self) -> Option<(&Index, &[u8])> {
        let host = self.host.as_ref()?;
        Some((host.indexed()?, host.text()))
    }

    /// Makes ready for many questions.
    pub fn index(&mut self) {
        if let Some(host) = &mut self.host {
            host.index();
        }
    }

    fn read(&mut self) -> Host {
        match Host::read(&self.path) {
            Ok(host) => return host,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && !self.chosen => {}
            Err(e) => {
                self.status = Status::Failed;
                let path = plainnet_common::text::shown(self.path.as_os_str().as_encoded_bytes());
                output::say(self.tool, format_args!("{path}: {}", output::reason(&e)));
            }
        }
        Host::default()
    }

    /// Whether the host's file could be read.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The services of the host's file.
    pub fn host(&self) -> impl Iterator<Item = Service<'_>> {
        self.host.iter().flat_map(Host::services)
    }

    /// Do the data know this protocol?
    pub fn knows_proto(&self, proto: &str) -> bool {
        registry::bit(proto.as_bytes()).is_some() || self.host.as_ref().is_some_and(|h| h.knows_proto(proto))
    }

    /// The answer that comes first: as `entries(key)` begins, at less cost.
    pub fn first<'a>(&'a self, key: Key<'a>) -> Option<Answer<'a>> {
        let service = self.host.as_ref().and_then(|h| h.first(key.kind, key.proto));
        let mask = if self.sources == Sources::Host { 0 } else { registry::mask(key.proto) };
        match key.kind {
            Kind::Name(name) => service
                .map(|s| s.port)
                .or_else(|| registry::port_of(name.as_bytes(), mask))
                .or_else(|| builtin(name, mask).map(|b| b.1))
                .map(Answer::Port),
            Kind::Port(port) => {
                service.map(|s| s.name).or_else(|| registry::name_of(port, mask).map(str::as_bytes)).map(Answer::Name)
            }
        }
    }

    /// Every line that answers `key`, the host's first. A line of the registry is
    /// left out where the host has the same name, port and protocol.
    pub fn entries<'a>(&'a self, key: Key<'a>) -> Vec<Entry<'a>> {
        let host = self.host.iter().flat_map(|h| h.matches(key.kind, key.proto));
        let mut entries: Vec<_> = host.map(|s| self.host_entry(&s)).collect();
        let mask = if self.sources == Sources::Host { 0 } else { registry::mask(key.proto) };
        let mut add = |entry: Entry<'a>| {
            let same = |e: &Entry| {
                e.name.eq_ignore_ascii_case(entry.name)
                    && (e.port, e.last, e.proto) == (entry.port, entry.last, entry.proto)
            };
            if !entries.iter().any(same) {
                entries.push(entry);
            }
        };
        let want = key.proto.map(|p| registry::mask(Some(p)) & !ANY);
        match key.kind {
            Kind::Name(name) => registry::named(name.as_bytes()).for_each(|row| row_entries(row, mask, want, &mut add)),
            Kind::Port(port) => registry::at(port).for_each(|row| row_entries(row, mask, want, &mut add)),
        }
        for &(name, port, protos) in &BUILTIN {
            let asked = match key.kind {
                Kind::Name(asked) => name.eq_ignore_ascii_case(asked),
                Kind::Port(asked) => port == asked,
            };
            if asked {
                builtin_entries(name, port, protos & mask, &mut add);
            }
        }
        entries
    }

    /// Every line of every source. C libraries find the same through them,
    /// in this order, as [`Book::first`] does, ranges aside.
    pub fn all<'a>(&'a self, proto: Option<&'a str>, mut each: impl FnMut(Entry<'a>)) {
        // What the host answers for itself; only names that others have, too, matter.
        let mut said: HashSet<(Vec<u8>, u16, Vec<u8>)> = HashSet::new();
        let id = |name: &[u8], port, proto: &[u8]| (name.to_ascii_lowercase(), port, proto.to_ascii_lowercase());
        let in_time = |s: &Service| proto.is_none_or(|p| s.proto.eq_ignore_ascii_case(p.as_bytes()));
        for service in self.host().filter(in_time) {
            if self.sources == Sources::Both {
                for name in std::iter::once(service.name).chain(service.aliases()) {
                    if registry::named(name).next().is_some() || builtin_port(name).is_some() {
                        said.insert(id(name, service.port, service.proto));
                    }
                }
            }
            each(self.host_entry(&service));
        }
        if self.sources == Sources::Host {
            return;
        }
        let mask = registry::mask(proto);
        let want = proto.map(|p| registry::mask(Some(p)) & !ANY);
        let mut add = |mut entry: Entry<'a>| {
            // A range says more than the host's line for its first port.
            if let Some(proto) = entry.proto.filter(|_| entry.last == entry.port) {
                entry.aliases.retain(|alias| !said.contains(&id(alias, entry.port, proto)));
                if said.contains(&id(entry.name, entry.port, proto)) && entry.aliases.is_empty() {
                    return;
                }
            }
            each(entry);
        };
        for (i, row) in registry::rows().iter().enumerate() {
            // A duplicate's line is its canonical name's, which came before it.
            let own = |entry: Entry<'a>| {
                if entry.name == row.name().as_bytes() {
                    add(entry)
                }
            };
            row_entries(i, mask, want, own);
        }
        for &(name, port, protos) in &BUILTIN {
            builtin_entries(name, port, protos & mask, &mut add);
        }
    }

    fn host_entry<'a>(&self, s: &Service<'a>) -> Entry<'a> {
        // The registry says more of a service than hosts' files, most of whose lines have no comment.
        let mask = registry::bit(s.proto).map_or(0, |bit| bit | ANY);
        let same = |row: &Row| row.port() == s.port && row.is_for(mask);
        let text = match self.sources {
            Sources::Both => registry::named(s.name).map(|i| registry::rows()[i]).find(same).map(Row::text),
            _ => None,
        };
        let text = text.filter(|t| !t.is_empty()).map_or(s.comment, str::as_bytes);
        let aliases = s.aliases().collect();
        Entry { name: s.name, port: s.port, last: s.port, proto: Some(s.proto), aliases, text, source: Source::Host }
    }
}

/// The lines of one row, a line per protocol out of `want`. A row that names no
/// protocol has one line without where none is wanted.
fn row_entries<'a>(i: usize, mask: u8, want: Option<u8>, mut add: impl FnMut(Entry<'a>)) {
    let row = registry::rows()[i];
    if !row.is_for(mask) {
        return;
    }
    let bits: Vec<u8> = match want {
        Some(bit) => vec![bit],
        None if row.protos() & ANY != 0 => vec![ANY],
        None => (0..4).map(|i| 1 << i).filter(|bit| row.protos() & bit != 0).collect(),
    };
    for bit in bits {
        let on = |r: &Row| r.protos() & (bit | ANY) != 0;
        let head = canonical(row, bit).unwrap_or(row);
        let first = registry::at(row.port()).map(|i| registry::rows()[i]).find(on);
        // Duplicates are named by the port's first name alone.
        let aliases = match first {
            Some(first) if first.name() == head.name() => registry::at(row.port())
                .map(|i| registry::rows()[i])
                .filter(|r| r.is_alias() && on(r) && r.name() != head.name())
                .map(|r| r.name().as_bytes())
                .collect(),
            _ => Vec::new(),
        };
        add(Entry {
            name: head.name().as_bytes(),
            port: head.port(),
            last: registry::last(i),
            proto: PROTOS.iter().enumerate().find(|(i, _)| bit == 1 << i).map(|(_, p)| p.as_bytes()),
            aliases,
            text: head.text().as_bytes(),
            source: Source::Iana,
        });
    }
}

/// The row whose duplicate `row` is, for one of `protos`.
fn canonical(row: Row, protos: u8) -> Option<Row> {
    let mut rows = registry::at(row.port()).map(|i| registry::rows()[i]);
    if row.is_alias() { rows.find(|r| !r.is_alias() && r.protos() & (protos | ANY) != 0) } else { None }
}

fn builtin(name: &str, mask: u8) -> Option<&'static (&'static str, u16, u8)> {
    BUILTIN.iter().find(|b| b.0.eq_ignore_ascii_case(name) && b.2 & mask != 0)
}

/// The port of one of our own names, whatever the protocol.
pub fn builtin_port(name: &[u8]) -> Option<u16> {
    BUILTIN.iter().find(|b| b.0.as_bytes().eq_ignore_ascii_case(name)).map(|b| b.1)
}

fn builtin_entries<'a>(name: &'static str, port: u16, protos: u8, mut add: impl FnMut(Entry<'a>)) {
    for (_, proto) in PROTOS.iter().enumerate().filter(|(i, _)| protos & (1 << i) != 0) {
        let (name, proto) = (name.as_bytes(), Some(proto.as_bytes()));
        add(Entry { name, port, last: port, proto, aliases: Vec::new(), text: b"", source: Source::Builtin });
    }
}
