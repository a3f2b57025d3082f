//! The host's own services file.
use std::{
    io::{self, Read},
    path::Path,
};

use plainnet_common::input::Lines;

use super::{file::ServicesFile, index::Index, key::Kind, services::Service};

/// A services file, read once.
#[derive(Debug, Default)]
pub struct Host {
    /// Its lines; one that is longer than a block is left out.
    text: Vec<u8>,
    /// Was a line left out?
    is_cut: bool,
    index: Option<Index>,
}

impl Host {
    /// Reads the file at `path`, or what else [`ServicesFile::open`] makes of it.
    ///
    /// # Errors
    /// It can't be read, is too large, or holds lines and no service among them.
    pub fn read(path: &Path, chosen: bool) -> io::Result<Host> {
        let mut file = ServicesFile::open(path, chosen)?;
        let block = file.block();
        let host = Host::new(&mut file, block)?;
        if host.services().next().is_none() && !host.is_blank() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no line of it names a service (see --check)"));
        }
        Ok(host)
    }

    /// Reads lines from `file`, `block` bytes at a time, to its end.
    ///
    /// # Errors
    /// It can't be read.
    pub fn new(file: &mut impl Read, block: usize) -> io::Result<Host> {
        let (mut text, mut is_cut) = (Vec::new(), false);
        let mut lines = Lines::new(b'\n', block, 0);
        loop {
            let more = lines.read(file)?;
            // A line that is too long names no service, here as everywhere; one
            // that doesn't fit into the buffer is dropped up to its end.
            let whole = lines.whole();
            let length = whole.len();
            text.extend_from_slice(whole);
            lines.skip(length, 0);
            is_cut |= lines.next().is_some();
            if !more {
                return Ok(Host { text, is_cut, index: None });
            }
        }
    }

    /// Every service of the file, in its order.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        self.text.split(|b| *b == b'\n').filter_map(|line| Service::parse(line).ok().flatten())
    }

    /// Makes ready for many questions. For a few it costs more than it saves.
    pub fn index(&mut self) {
        self.index.get_or_insert_with(|| Index::new(&self.text));
    }

    /// The index, if it was made.
    pub fn indexed(&self) -> Option<&Index> {
        self.index.as_ref()
    }

    /// The file as it was kept.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The service in the line at this offset.
    fn service(&self, at: usize) -> Option<Service<'_>> {
        let line = self.text[at..].split(|b| *b == b'\n').next()?;
        Service::parse(line).ok().flatten()
    }

    /// The services in whose lines `text` occurs, whatever its case. Most lines
    /// are ruled out before they are taken apart.
    fn lines_with(&self, text: Vec<u8>) -> impl Iterator<Item = Service<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            while let Some(found) = find(&self.text, at, &text) {
                let line = self.text[..found].iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
                let end = self.text[found..].iter().position(|b| *b == b'\n');
                at = end.map_or(self.text.len(), |end| found + end + 1);
                if let Some(service) = self.service(line) {
                    return Some(service);
                }
            }
            None
        })
    }

    /// Services in the order of the file, among them all that answer.
    fn candidates<'a>(&'a self, kind: Kind<'a>) -> Box<dyn Iterator<Item = Service<'a>> + 'a> {
        match (&self.index, kind) {
            (None, Kind::Name(name)) => Box::new(self.lines_with(name.as_bytes().to_vec())),
            (None, Kind::Port(port)) => Box::new(self.lines_with(format!("{port}/").into_bytes())),
            (Some(index), Kind::Port(port)) => Box::new(index.lines_at(port).filter_map(|at| self.service(at))),
            (Some(index), Kind::Name(name)) => {
                Box::new(index.lines_named(&self.text, name.as_bytes()).filter_map(|at| self.service(at)))
            }
        }
    }

    /// The services that answer, first what getservbyname(3) and
    /// getservbyport(3) find first. They compare names byte by byte; a name that
    /// differs in case comes after all that don't.
    pub fn matches<'a>(&'a self, kind: Kind<'a>, proto: Option<&'a str>) -> impl Iterator<Item = Service<'a>> {
        let exact = move |s: &Service| matches(s, kind, proto, |a, b| a == b);
        let like = move |s: &Service| matches(s, kind, proto, <[u8]>::eq_ignore_ascii_case);
        self.candidates(kind).filter(exact).chain(self.candidates(kind).filter(move |s| like(s) && !exact(s)))
    }

    /// The first of the services that answer, in one pass.
    pub fn first<'a>(&'a self, kind: Kind<'a>, proto: Option<&str>) -> Option<Service<'a>> {
        let mut near = None;
        let exact = self.candidates(kind).find(|s| {
            if near.is_none() && matches(s, kind, proto, <[u8]>::eq_ignore_ascii_case) {
                near = Some(*s);
            }
            near.is_some() && matches(s, kind, proto, |a, b| a == b)
        });
        exact.or(near)
    }

    /// Is this a protocol of one of the services?
    pub fn knows_proto(&self, proto: &str) -> bool {
        match &self.index {
            Some(index) => index.knows_proto(proto),
            None => self.services().any(|s| s.proto.eq_ignore_ascii_case(proto.as_bytes())),
        }
    }

    fn is_blank(&self) -> bool {
        !self.is_cut && self.text.split(|b| *b == b'\n').all(|line| matches!(Service::parse(line), Ok(None)))
    }
}

fn matches(s: &Service, kind: Kind, proto: Option<&str>, eq: fn(&[u8], &[u8]) -> bool) -> bool {
    let found = match kind {
        Kind::Port(port) => s.port == port,
        Kind::Name(name) => eq(s.name, name.as_bytes()) || s.aliases().any(|alias| eq(alias, name.as_bytes())),
    };
    found && proto.is_none_or(|proto| eq(s.proto, proto.as_bytes()))
}

/// Where `what` begins in `text` at `from` or later, whatever its case.
fn find(text: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let (first, second) = (what.first()? | 0x20, what.get(1).unwrap_or(&0) | 0x20);
    let is_here = |at: &usize| {
        let Some(here) = text.get(*at..*at + what.len()) else { return false };
        here[0] | 0x20 == first && here.get(1).is_none_or(|b| b | 0x20 == second) && here.eq_ignore_ascii_case(what)
    };
    // Eight bytes a step: a byte of `other` is 0 where the first one may be.
    let (ones, high) = (u64::from_ne_bytes([1; 8]), u64::from_ne_bytes([0x80; 8]));
    let pattern = ones * u64::from(first);
    let mut at = from;
    while let Some(bytes) = text[at..].first_chunk() {
        let other = (u64::from_ne_bytes(*bytes) | (ones * 0x20)) ^ pattern;
        if other.wrapping_sub(ones) & !other & high != 0
            && let Some(here) = (at..at + 8).find(is_here)
        {
            return Some(here);
        }
        at += 8;
    }
    (at..text.len()).find(is_here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::services::LINE;

    fn names<'a>(host: &'a Host, kind: Kind<'a>, proto: Option<&'a str>) -> Vec<(String, u16)> {
        host.matches(kind, proto).map(|s| (String::from_utf8_lossy(s.name).into_owned(), s.port)).collect()
    }

    #[test]
    fn the_first_line_wins_and_exact_case_before_it() {
        let text = b"web 8000/tcp www\nWWW 81/tcp\nwww 80/tcp\nother 80/udp\nbad 0x50/tcp\n";
        let host = Host::new(&mut &text[..], 100).unwrap();
        assert_eq!(names(&host, Kind::Name("www"), None)[0], ("web".into(), 8000));
        assert_eq!(names(&host, Kind::Name("WWW"), None)[0], ("WWW".into(), 81));
        assert_eq!(names(&host, Kind::Name("Web"), None), [("web".into(), 8000)]);
        assert_eq!(names(&host, Kind::Port(80), Some("udp")), [("other".into(), 80)]);
        assert_eq!(names(&host, Kind::Port(80), Some("UDP")), [("other".into(), 80)]);
        assert_eq!(names(&host, Kind::Port(80), None).len(), 2);
        assert!(host.knows_proto("tcp") && !host.knows_proto("ddp"));
    }

    #[test]
    fn a_word_is_found_wherever_it_stands() {
        let text = b"abcdefgh Abcdefgh aBCDEFGHabc";
        for what in ["a", "gh", "h a", "ABC", "habc", "abcdefgh aBCDEFGHabc", "x", ""] {
            for from in 0..=text.len() {
                let want = text[from..].to_ascii_lowercase();
                let want = String::from_utf8(want).unwrap().find(&what.to_ascii_lowercase()).map(|at| from + at);
                assert_eq!(find(text, from, what.as_bytes()), want.filter(|_| !what.is_empty()), "{what} {from}");
            }
        }
    }

    #[test]
    fn an_endless_line_spoils_itself_only() {
        for size in [LINE - 10, LINE, LINE + 1, 3 * LINE, 3 * LINE + 77] {
            let mut text = b"a 1/tcp\nlong 2/tcp ".to_vec();
            text.extend(vec![b'x'; size]);
            text.extend(b" y\nb 3/tcp\nc 4/tcp");
            let host = Host::new(&mut &text[..], 100).unwrap();
            let ports: Vec<_> = host.services().map(|s| s.port).collect();
            assert_eq!(ports, if size < LINE - 20 { vec![1, 2, 3, 4] } else { vec![1, 3, 4] }, "{size}");
            assert!(host.text.len() < 3 * LINE);
        }
    }
}
