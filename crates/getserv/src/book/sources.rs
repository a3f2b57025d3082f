//! The sources in their order: the host's file, the registry, a few names in
//! everyday use that it lacks, the de facto names.
use std::{borrow::Cow, collections::HashSet, path::PathBuf};

use plainnet_common::{exit::Status, output};

use super::{
    entry::{Entry, Source},
    file,
    host::Host,
    index::Index,
    key::{Key, Kind},
    registry::{self, ANY, PROTOS, Row},
    services::{Service, is_blank},
};

/// Which sources are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// `--source host`.
    Host,
    /// `--source iana`.
    Iana,
    /// The host's file, then everything that is built in.
    #[default]
    Both,
}

/// What a key was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The port of the name that was asked.
    Port(u16),
    /// The name of the port that was asked.
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
        let path = services.map_or(Cow::Borrowed(file::PATH.as_ref()), Cow::Owned);
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

    /// The row of the built-in lists at which those end that are asked.
    pub fn end(&self) -> usize {
        match self.sources {
            Sources::Host => 0,
            Sources::Iana => registry::REGISTERED,
            Sources::Both => registry::ALL,
        }
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
        match Host::read(&self.path, self.chosen) {
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
        let (mask, end) = (registry::mask(key.proto), self.end());
        match key.kind {
            Kind::Name(name) => {
                service.map(|s| s.port).or_else(|| registry::port_of(name.as_bytes(), mask, end)).map(Answer::Port)
            }
            Kind::Port(port) => service
                .map(|s| s.name)
                .or_else(|| registry::name_of(port, mask, end).map(str::as_bytes))
                .map(Answer::Name),
        }
    }

    /// Gives `each` every line that answers `key`, the host's first, until it
    /// fails. A built-in line is left out where the host has the same name,
    /// port and protocol.
    pub fn entries<'a, E>(&'a self, key: Key<'a>, each: impl FnMut(Entry<'a>) -> Result<(), E>) -> Result<(), E> {
        self.answers(key, false, each)
    }

    /// As [`Book::entries`]; and a built-in line that the host has, too, is given with the
    /// aliases that the host lacks, if there are any.
    pub fn entries_and_aliases<'a, E>(
        &'a self,
        key: Key<'a>,
        each: impl FnMut(Entry<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.answers(key, true, each)
    }

    fn answers<'a, E>(
        &'a self,
        key: Key<'a>,
        with_aliases: bool,
        mut each: impl FnMut(Entry<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut said, mut aliases) = (Said::default(), Said::default());
        for service in self.host.iter().flat_map(|h| h.matches(key.kind, key.proto)) {
            if self.end() > 0 {
                said.add(service.name, service.port, service.proto);
                if with_aliases {
                    service.aliases().for_each(|alias| aliases.add(alias, service.port, service.proto));
                }
            }
            each(self.host_entry(&service))?;
        }
        let mask = registry::mask(key.proto);
        let want = key.proto.map(|p| registry::mask(Some(p)) & !ANY);
        let mut add = |mut entry: Entry<'a>| {
            if let Some(proto) = entry.proto.filter(|_| entry.last == entry.port) {
                if said.has(entry.name, entry.port, proto) {
                    entry.aliases.retain(|alias| with_aliases && !aliases.has(alias, entry.port, proto));
                    if entry.aliases.is_empty() {
                        return Ok(());
                    }
                }
                // The same row may come twice: by its own name and as the duplicate's canonical one.
                said.add(entry.name, entry.port, proto);
                if with_aliases {
                    entry.aliases.iter().for_each(|alias| aliases.add(alias, entry.port, proto));
                }
            }
            each(entry)
        };
        match key.kind {
            Kind::Name(name) => {
                registry::named(name.as_bytes(), self.end()).try_for_each(|row| row_entries(row, mask, want, &mut add))
            }
            Kind::Port(port) => {
                registry::at(port, self.end()).try_for_each(|row| row_entries(row, mask, want, &mut add))
            }
        }
    }

    /// Gives `each` every line of every source until it fails. C libraries find
    /// the same through them, in this order, as [`Book::first`] does, ranges aside.
    pub fn all<'a, E>(
        &'a self,
        proto: Option<&'a str>,
        mut each: impl FnMut(Entry<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        // What the host answers for itself; only names that others have, too, matter.
        let mut said = Said::default();
        let in_time = |s: &Service| proto.is_none_or(|p| s.proto.eq_ignore_ascii_case(p.as_bytes()));
        for service in self.host().filter(in_time) {
            for name in std::iter::once(service.name).chain(service.aliases()) {
                if self.end() > 0 {
                    said.add(name, service.port, service.proto);
                }
            }
            each(self.host_entry(&service))?;
        }
        let mask = registry::mask(proto);
        let want = proto.map(|p| registry::mask(Some(p)) & !ANY);
        let mut add = |mut entry: Entry<'a>| {
            // A range says more than the host's line for its first port.
            if let Some(proto) = entry.proto.filter(|_| entry.last == entry.port) {
                entry.aliases.retain(|alias| !said.has(alias, entry.port, proto));
                if said.has(entry.name, entry.port, proto) && entry.aliases.is_empty() {
                    return Ok(());
                }
            }
            each(entry)
        };
        for (i, row) in registry::all()[..self.end()].iter().enumerate() {
            // A duplicate's line is its canonical name's, which came before it.
            let own = |entry: Entry<'a>| if entry.name == row.name().as_bytes() { add(entry) } else { Ok(()) };
            row_entries(i, mask, want, own)?;
        }
        Ok(())
    }

    fn host_entry<'a>(&self, s: &Service<'a>) -> Entry<'a> {
        // The registry says more of a service than hosts' files, most of whose lines have no comment.
        let mask = registry::bit(s.proto).map_or(0, |bit| bit | ANY);
        let same = |row: &Row| row.port() == s.port && row.is_for(mask);
        let text = match self.sources {
            Sources::Both => {
                registry::named(s.name, registry::REGISTERED).map(|i| registry::rows()[i]).find(same).map(Row::text)
            }
            _ => None,
        };
        let text = text.filter(|t| !t.is_empty()).map_or(s.comment, str::as_bytes);
        let aliases = s.aliases().collect();
        Entry { name: s.name, port: s.port, last: s.port, proto: Some(s.proto), aliases, text, source: Source::Host }
    }
}

/// Names, ports and protocols that were given out already, as far as a built-in
/// list has the name.
#[derive(Debug, Default)]
struct Said(HashSet<(usize, u16, Vec<u8>)>);

impl Said {
    fn add(&mut self, name: &[u8], port: u16, proto: &[u8]) {
        if let Some(first) = registry::named(name, registry::ALL).next() {
            self.0.insert((first, port, proto.to_ascii_lowercase()));
        }
    }

    fn has(&self, name: &[u8], port: u16, proto: &[u8]) -> bool {
        !self.0.is_empty()
            && registry::named(name, registry::ALL)
                .next()
                .is_some_and(|first| self.0.contains(&(first, port, proto.to_ascii_lowercase())))
    }
}

/// Gives `add` the lines of one row, a line per protocol out of `want`. A row
/// that names no protocol has one line without where none is wanted.
fn row_entries<'a, E>(
    i: usize,
    mask: u8,
    want: Option<u8>,
    mut add: impl FnMut(Entry<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let row = registry::all()[i];
    if !row.is_for(mask) {
        return Ok(());
    }
    let bits: Vec<u8> = match want {
        Some(bit) => vec![bit],
        None if row.protos() & ANY != 0 => vec![ANY],
        None => (0..4).map(|i| 1 << i).filter(|bit| row.protos() & bit != 0).collect(),
    };
    for bit in bits {
        let on = |r: &Row| r.protos() & (bit | ANY) != 0;
        let (mut head, mut aliases) = (row, Vec::new());
        let source = registry::source(i);
        if source == Source::Iana {
            head = canonical(row, bit).unwrap_or(row);
            let here = || registry::at(row.port(), registry::REGISTERED).map(|i| registry::rows()[i]);
            // Duplicates are named by the port's first name alone.
            if here().find(on).is_some_and(|first| first.name() == head.name()) {
                let is_other = |r: &Row| r.is_alias() && on(r) && r.name() != head.name();
                aliases = here().filter(is_other).map(|r| r.name().as_bytes()).collect();
            }
        }
        add(Entry {
            name: head.name().as_bytes(),
            port: head.port(),
            last: registry::last(i),
            proto: PROTOS.iter().enumerate().find(|(i, _)| bit == 1 << i).map(|(_, p)| p.as_bytes()),
            aliases,
            text: head.text().as_bytes(),
            source,
        })?;
    }
    Ok(())
}

/// The row whose duplicate `row` is, for one of `protos`.
fn canonical(row: Row, protos: u8) -> Option<Row> {
    let mut rows = registry::at(row.port(), registry::REGISTERED).map(|i| registry::rows()[i]);
    if row.is_alias() { rows.find(|r| !r.is_alias() && r.protos() & (protos | ANY) != 0) } else { None }
}
