//! The host's own services file.
use std::{
    fs::OpenOptions,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::{
    key::Kind,
    services::{LINE, Service},
};

/// Where hosts keep it.
pub const PATH: &str = "/etc/services";

/// Largest file that is read, in bytes: a thousand times what systems ship.
pub const LIMIT: u64 = 64 * 1024 * 1024;

/// A services file, read once.
#[derive(Debug, Default)]
pub struct Host {
    /// Its lines; an over-long one is left out.
    text: Vec<u8>,
}

impl Host {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// It can't be read, is no regular file (a FIFO would never end), is larger
    /// than [`LIMIT`], or holds lines and no service among them.
    pub fn read(path: &Path) -> io::Result<Host> {
        let mut file = open(path)?;
        let host = Host::new(&mut file)?;
        if host.services().next().is_none() && !host.is_blank() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no line of it names a service (see --check)"));
        }
        Ok(host)
    }

    /// Reads lines from `file` to its end.
    ///
    /// # Errors
    /// It can't be read, or is larger than [`LIMIT`].
    pub fn new(file: &mut impl Read) -> io::Result<Host> {
        let mut host = Host::default();
        let text = &mut host.text;
        let mut skipping = false;
        loop {
            let line = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            // A line that is too long already is dropped up to its end. What is
            // left of it is one byte too many, so that it names no service.
            if text.len() - line > LINE {
                text.truncate(line + LINE + 1);
                skipping = true;
            }
            let start = text.len();
            text.try_reserve(LINE)?;
            let n = file.by_ref().take(LINE as u64).read_to_end(text)?;
            if n == 0 {
                return Ok(host);
            }
            if skipping {
                match text[start..].iter().position(|b| *b == b'\n') {
                    Some(end) => drop(text.drain(start..start + end)),
                    None => text.truncate(start),
                }
                skipping = text.len() == start;
            }
            if text.len() as u64 > LIMIT {
                return Err(too_large());
            }
        }
    }

    /// Every service of the file, in its order.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        self.text.split(|b| *b == b'\n').filter_map(|line| Service::parse(line).ok().flatten())
    }

    /// The services that answer, first what getservbyname(3) and
    /// getservbyport(3) find first. They compare names byte by byte; a name that
    /// differs in case comes after all that don't.
    pub fn matches<'a>(&'a self, kind: Kind<'a>, proto: Option<&'a str>) -> impl Iterator<Item = Service<'a>> {
        let exact = move |s: &Service| matches(s, kind, proto, |a, b| a == b);
        let like = move |s: &Service| matches(s, kind, proto, <[u8]>::eq_ignore_ascii_case);
        self.services().filter(exact).chain(self.services().filter(move |s| like(s) && !exact(s)))
    }

    /// Is this a protocol of one of the services?
    pub fn knows_proto(&self, proto: &str) -> bool {
        self.services().any(|s| s.proto.eq_ignore_ascii_case(proto.as_bytes()))
    }

    fn is_blank(&self) -> bool {
        self.text.split(|b| *b == b'\n').all(|line| matches!(Service::parse(line), Ok(None)))
    }
}

fn matches(s: &Service, kind: Kind, proto: Option<&str>, eq: fn(&[u8], &[u8]) -> bool) -> bool {
    let found = match kind {
        Kind::Port(port) => s.port == port,
        Kind::Name(name) => eq(s.name, name.as_bytes()) || s.aliases().any(|alias| eq(alias, name.as_bytes())),
    };
    found && proto.is_none_or(|proto| eq(s.proto, proto.as_bytes()))
}

/// Opens a regular file. A FIFO without a writer would make open(2) wait for ever.
///
/// # Errors
/// It can't be opened, is something else, or is larger than [`LIMIT`].
pub fn open(path: &Path) -> io::Result<impl Read + use<>> {
    let file = OpenOptions::new().read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(rustix::io::Errno::ISDIR.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    if metadata.len() > LIMIT {
        return Err(too_large());
    }
    Ok(file)
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "larger than 64 MiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<'a>(host: &'a Host, kind: Kind<'a>, proto: Option<&'a str>) -> Vec<(String, u16)> {
        host.matches(kind, proto).map(|s| (String::from_utf8_lossy(s.name).into_owned(), s.port)).collect()
    }

    #[test]
    fn the_first_line_wins_and_exact_case_before_it() {
        let text = b"web 8000/tcp www\nWWW 81/tcp\nwww 80/tcp\nother 80/udp\nbad 0x50/tcp\n";
        let host = Host::new(&mut &text[..]).unwrap();
        assert_eq!(names(&host, Kind::Name("www"), None)[0], ("web".into(), 8000));
        assert_eq!(names(&host, Kind::Name("WWW"), None)[0], ("WWW".into(), 81));
        assert_eq!(names(&host, Kind::Name("Web"), None), [("web".into(), 8000)]);
        assert_eq!(names(&host, Kind::Port(80), Some("udp")), [("other".into(), 80)]);
        assert_eq!(names(&host, Kind::Port(80), Some("UDP")), [("other".into(), 80)]);
        assert_eq!(names(&host, Kind::Port(80), None).len(), 2);
        assert!(host.knows_proto("tcp") && !host.knows_proto("ddp"));
    }

    #[test]
    fn an_endless_line_spoils_itself_only() {
        for size in [LINE - 10, LINE, LINE + 1, 3 * LINE, 3 * LINE + 77] {
            let mut text = b"a 1/tcp\nlong 2/tcp ".to_vec();
            text.extend(vec![b'x'; size]);
            text.extend(b" y\nb 3/tcp\nc 4/tcp");
            let host = Host::new(&mut &text[..]).unwrap();
            let ports: Vec<_> = host.services().map(|s| s.port).collect();
            assert_eq!(ports, if size < LINE - 20 { vec![1, 2, 3, 4] } else { vec![1, 3, 4] }, "{size}");
            assert!(host.text.len() < 2 * LINE);
        }
    }
}
