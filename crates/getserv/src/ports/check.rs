//! What is wrong with a services file.
use std::{
    collections::HashMap,
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use plainnet_common::{
    input::Line,
    text::{is_control, shown},
};

use crate::book::{
    registry::{self, ANY},
    services::{Fault, LINE, Service},
};

/// The first line of what --dump prints.
pub const DUMP: &str = "# getserv --dump: the services of this host, then those that are built in";

/// One line of a file, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding<'a> {
    /// It names no service.
    Fault(Fault<'a>),
    /// A byte that steers a terminal.
    Control,
    /// Bytes that are no text.
    NotUtf8,
    /// No lookup reaches a name of digits: it is taken for a port.
    Digits(&'a [u8]),
    /// A name outside RFC 6335 section 5.1, and what it breaks.
    Syntax(&'a [u8], &'static str),
    /// A protocol with a slash in it.
    Protocol(&'a [u8]),
    /// C libraries answer the name with this port, of an earlier line.
    Hidden(&'a [u8], u16),
}

/// Looks at lines one after the other.
#[derive(Debug, Default)]
pub struct Checker {
    /// The first port of each name and protocol, by their hash: names can be
    /// long and many, and a wrong finding once in 2^64 harms nobody.
    seen: HashMap<u64, u16>,
    /// The file is what --dump printed: its names are other people's.
    is_dump: bool,
}

impl Checker {
    /// The first thing that is wrong with the next line of a file.
    pub fn line<'a>(&mut self, line: &Line<'a>) -> Option<Finding<'a>> {
        if !line.whole {
            return Some(Finding::Fault(Fault::TooLong));
        }
        self.is_dump |= line.number == 1 && line.bytes == DUMP.as_bytes();
        self.look(line.bytes)
    }

    /// The first thing that is wrong with `line`, which lacks its newline.
    pub fn look<'a>(&mut self, line: &'a [u8]) -> Option<Finding<'a>> {
        if line.len() > LINE {
            return Some(Finding::Fault(Fault::TooLong));
        }
        let service = Service::parse(line);
        let hidden = match &service {
            Ok(Some(service)) => self.hidden(service),
            _ => None,
        };
        let service = match service {
            Ok(service) => service,
            Err(Fault::Range(_)) if is_registered_range(line) => return None,
            Err(fault) => return Some(Finding::Fault(fault)),
        };
        match std::str::from_utf8(line) {
            Err(_) => return Some(Finding::NotUtf8),
            Ok(text) if text.trim_end_matches('\r').chars().any(|c| c != '\t' && is_control(c)) => {
                return Some(Finding::Control);
            }
            Ok(_) => {}
        }
        let service = service?;
        let names = || std::iter::once(service.name).chain(service.aliases());
        if let Some(name) = names().find(|n| n.iter().all(u8::is_ascii_digit)) {
            return Some(Finding::Digits(name));
        }
        if service.proto.contains(&b'/') {
            return Some(Finding::Protocol(service.proto));
        }
        if self.is_dump {
            return None;
        }
        let own = |n: &&[u8]| !is_registered(n, &service);
        hidden.or_else(|| names().filter(own).find_map(|n| syntax(n).map(|why| Finding::Syntax(n, why))))
    }

    /// Notes the names of a service, and finds one that an earlier line took.
    fn hidden<'a>(&mut self, service: &Service<'a>) -> Option<Finding<'a>> {
        let mut found = None;
        for name in std::iter::once(service.name).chain(service.aliases()) {
            let mut hash = DefaultHasher::new();
            (name, service.proto).hash(&mut hash);
            let first = *self.seen.entry(hash.finish()).or_insert(service.port);
            if first != service.port && found.is_none() && !is_registered(name, service) {
                found = Some(Finding::Hidden(name, first));
            }
        }
        found
    }
}

/// Has a built-in list this name for the port and protocol of `service`? What
/// --dump prints of the lists is right, since they are what they are.
fn is_registered(name: &[u8], service: &Service) -> bool {
    let mask = registry::bit(service.proto).map_or(0, |bit| bit | ANY);
    registry::named(name, registry::ALL)
        .map(|i| registry::all()[i])
        .any(|row| row.name().as_bytes() == name && row.port() == service.port && row.is_for(mask))
}

/// Does the line name a range as the registry has it, `x11 6000-6063/tcp`?
fn is_registered_range(line: &[u8]) -> bool {
    let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let [name, address] = &words.take(2).collect::<Vec<_>>()[..] else { return false };
    let Some(slash) = address.iter().position(|b| *b == b'/') else { return false };
    let (range, proto) = (&address[..slash], &address[slash + 1..]);
    let mask = registry::bit(proto).map_or(0, |bit| bit | ANY);
    registry::named(name, registry::REGISTERED).any(|i| {
        let row = registry::rows()[i];
        row.is_for(mask) && format!("{}-{}", row.port(), registry::last(i)).as_bytes() == range
    })
}

/// What a name breaks of RFC 6335 section 5.1. The registry holds such names itself.
fn syntax(name: &[u8]) -> Option<&'static str> {
    let dash = |b: Option<&u8>| b == Some(&b'-');
    if name.len() > 15 {
        Some("longer than 15 characters")
    } else if !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-') {
        Some("characters other than letters, digits and hyphens")
    } else if !name.iter().any(u8::is_ascii_alphabetic) {
        Some("no letter")
    } else if dash(name.first()) || dash(name.last()) {
        Some("a hyphen at an end")
    } else if name.windows(2).any(|pair| pair == b"--") {
        Some("two hyphens in a row")
    } else {
        None
    }
}

impl fmt::Display for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Fault(fault) => fault.fmt(f),
            Finding::Control => write!(f, "a control character"),
            Finding::NotUtf8 => write!(f, "invalid UTF-8"),
            Finding::Digits(name) => write!(f, "{}: a name of digits alone is taken for a port", shown(name)),
            Finding::Syntax(name, why) => write!(f, "{}: {why} in a name (RFC 6335 section 5.1)", shown(name)),
            Finding::Protocol(proto) => write!(f, "{}: a protocol with a slash", shown(proto)),
            Finding::Hidden(name, port) => {
                write!(f, "{}: an earlier line has port {port} for this name and protocol", shown(name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named() {
        let mut checker = Checker::default();
        let mut look = |line: &'static str| checker.look(line.as_bytes()).map(|f| f.to_string());
        for good in ["", "# \u{e9}", "http 80/tcp www # Web\r", "http 80/udp", "rtmp 1/ddp", "http 80/tcp"] {
            assert_eq!(look(good), None, "{good}");
        }
        for (line, want) in [
            ("x 70000/tcp", "70000: ports end at 65535"),
            ("80 81/tcp", "80: a name of digits alone is taken for a port"),
            ("a 1/tcp 22", "22: a name of digits alone is taken for a port"),
            ("www 8080/tcp", "www: an earlier line has port 80 for this name and protocol"),
            ("a_b 1/tcp", "a_b: characters other than letters, digits and hyphens in a name (RFC 6335 section 5.1)"),
            ("a-very-long-name 1/tcp", "a-very-long-name: longer than 15 characters in a name (RFC 6335 section 5.1)"),
            ("-a 1/tcp", "-a: a hyphen at an end in a name (RFC 6335 section 5.1)"),
            ("a--b 1/tcp", "a--b: two hyphens in a row in a name (RFC 6335 section 5.1)"),
            ("b 1/tcp/udp", "tcp/udp: a protocol with a slash"),
            ("c 1/tcp # \u{1b}[31m", "a control character"),
        ] {
            assert_eq!(look(line).as_deref(), Some(want), "{line}");
        }
        // What the registry has itself is right; the same name elsewhere is not.
        for good in ["dicom 104/tcp", "dicom 11112/tcp", "sql*net 66/udp", "x11 6000-6063/tcp", "whois++ 63/tcp"] {
            assert_eq!(look(good), None, "{good}");
        }
        for bad in [
            "dicom 1/tcp",
            "x11 6000-6064/tcp",
            "x11 6000-6063/sctp",
            "x11 6000-6063",
            "y11 6000-6063/tcp",
            "sql*net 67/udp",
        ] {
            assert!(look(bad).is_some(), "{bad}");
        }
        let mut dump = Checker::default();
        let line = |number, bytes| Line { number, bytes, whole: true };
        assert_eq!(dump.line(&line(1, DUMP.as_bytes())), None);
        assert_eq!(dump.line(&line(2, b"a_b 1/tcp")), None);
        assert!(dump.line(&line(3, b"a_b 0x1/tcp")).is_some());
        let mut other = Checker::default();
        assert_eq!(other.line(&line(2, DUMP.as_bytes())), None);
        assert!(other.line(&line(3, b"a_b 1/tcp")).is_some());
        assert_eq!(checker.look(b"d 1/tcp # \xff"), Some(Finding::NotUtf8));
        assert_eq!(checker.look(&[b'#'; LINE + 1]), Some(Finding::Fault(Fault::TooLong)));
    }
}
