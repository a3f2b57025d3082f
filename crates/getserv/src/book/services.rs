//! services(5): one line, bytes in, fields out.
use std::fmt;

use plainnet_common::text::shown;

use super::key;

/// Longest line that counts, in bytes. A longer one spoils itself.
pub const LINE: usize = 64 * 1024;

/// A line that names a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service<'a> {
    /// The canonical name.
    pub name: &'a [u8],
    /// The port.
    pub port: u16,
    /// The protocol, never empty.
    pub proto: &'a [u8],
    /// The rest of the line before a comment: see [`Service::aliases`].
    rest: &'a [u8],
    /// What follows the `#`, without blanks around it.
    pub comment: &'a [u8],
}

/// Why a line is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault<'a> {
    /// A name and nothing else.
    NoPort,
    /// No slash and protocol behind the port.
    NoProtocol(&'a [u8]),
    /// Several slashes in a row, which C libraries take for one.
    Slashes(&'a [u8]),
    /// More than one port.
    Range(&'a [u8]),
    /// A comma where a slash belongs.
    Comma(&'a [u8]),
    /// A decimal number, but no port.
    TooBig(&'a [u8]),
    /// Hexadecimal, octal or signed: strtoul reads it, a person reads another number.
    Ambiguous(&'a [u8]),
    /// Not a number at all.
    NoNumber(&'a [u8]),
    /// A byte that ends the line for C and for nobody else.
    Nul,
    /// Longer than [`LINE`].
    TooLong,
}

/// What isspace(3) calls a blank in the C locale, the newline aside.
pub fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

impl<'a> Service<'a> {
    /// Reads a line without its newline; nothing for a blank one or a comment.
    ///
    /// # Errors
    /// It names no service. Nobody should guess a port from it, as glibc does.
    pub fn parse(line: &'a [u8]) -> Result<Option<Service<'a>>, Fault<'a>> {
        if line.len() > LINE {
            return Err(Fault::TooLong);
        }
        let hash = line.iter().position(|b| *b == b'#');
        let (line, comment) = line.split_at(hash.unwrap_or(line.len()));
        let (name, rest) = word(line);
        if name.is_empty() {
            return Ok(None);
        }
        if line.contains(&0) {
            return Err(Fault::Nul);
        }
        let (address, rest) = word(rest);
        let (port, proto) = address_of(address)?;
        Ok(Some(Service { name, port, proto, rest, comment: trim(comment.get(1..).unwrap_or_default()) }))
    }

    /// The other names of the service.
    pub fn aliases(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.rest.split(|b| is_blank(*b)).filter(|alias| !alias.is_empty())
    }
}

/// `80/tcp`.
fn address_of(address: &[u8]) -> Result<(u16, &[u8]), Fault<'_>> {
    if address.is_empty() {
        return Err(Fault::NoPort);
    }
    let slash = address.iter().position(|b| *b == b'/');
    let digits = &address[..slash.unwrap_or(address.len())];
    let proto = slash.map_or(&[][..], |at| &address[at + 1..]);
    let number = std::str::from_utf8(digits).ok().and_then(key::port);
    match number {
        Some(_) if proto.is_empty() => Err(Fault::NoProtocol(address)),
        Some(_) if proto[0] == b'/' => Err(Fault::Slashes(address)),
        Some(port) => Ok((port, proto)),
        None => Err(why_no_port(digits)),
    }
}

fn why_no_port(digits: &[u8]) -> Fault<'_> {
    let all = |digits: &[u8], is: fn(&u8) -> bool| !digits.is_empty() && digits.iter().all(is);
    let number = |digits| all(digits, u8::is_ascii_digit);
    let split = |by: u8| digits.iter().position(|b| *b == by).map(|at| (&digits[..at], &digits[at + 1..]));
    match digits {
        [b'0', b'x' | b'X', hex @ ..] if all(hex, u8::is_ascii_hexdigit) => Fault::Ambiguous(digits),
        [b'0' | b'+' | b'-', rest @ ..] if number(rest) => Fault::Ambiguous(digits),
        _ if number(digits) => Fault::TooBig(digits),
        _ if split(b'-').is_some_and(|(a, b)| number(a) && number(b)) => Fault::Range(digits),
        _ if split(b',').is_some_and(|(a, _)| number(a)) => Fault::Comma(digits),
        _ => Fault::NoNumber(digits),
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Fault::NoPort => write!(f, "no port and protocol"),
            Fault::NoProtocol(a) => write!(f, "{}: no protocol", shown(a)),
            Fault::Slashes(a) => write!(f, "{}: more than one slash", shown(a)),
            Fault::Range(a) => write!(f, "{}: a range, of which C libraries read nothing", shown(a)),
            Fault::Comma(a) => write!(f, "{}: a comma where a slash belongs", shown(a)),
            Fault::TooBig(a) => write!(f, "{}: ports end at 65535", shown(a)),
            Fault::Ambiguous(a) => write!(f, "{}: a port is written in plain decimal", shown(a)),
            Fault::NoNumber(a) => write!(f, "{}: not a port", shown(a)),
            Fault::Nul => write!(f, "a NUL byte"),
            Fault::TooLong => write!(f, "line longer than 64 KiB"),
        }
    }
}

/// The first word of `line`, and what follows it.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let from = line.iter().position(|b| !is_blank(*b)).unwrap_or(line.len());
    let line = &line[from..];
    line.split_at(line.iter().position(|b| is_blank(*b)).unwrap_or(line.len()))
}

fn trim(text: &[u8]) -> &[u8] {
    let from = text.iter().position(|b| !is_blank(*b)).unwrap_or(text.len());
    let to = text.iter().rposition(|b| !is_blank(*b)).map_or(from, |at| at + 1);
    &text[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Option<(String, u16, String, Vec<String>, String)> {
        let s = Service::parse(line.as_bytes()).unwrap()?;
        let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
        Some((text(s.name), s.port, text(s.proto), s.aliases().map(text).collect(), text(s.comment)))
    }

    #[test]
    fn lines_that_glibc_reads_too() {
        let want = |name: &str, port, proto: &str, aliases: &[&str], comment: &str| {
            let aliases = aliases.iter().map(|a| (*a).to_owned()).collect();
            Some((name.to_owned(), port, proto.to_owned(), aliases, comment.to_owned()))
        };
        assert_eq!(fields("http\t80/tcp\twww # Web \r"), want("http", 80, "tcp", &["www"], "Web"));
        assert_eq!(fields("  a 1004/tcp#x"), want("a", 1004, "tcp", &[], "x"));
        assert_eq!(fields("a 0/ddp b  c\r"), want("a", 0, "ddp", &["b", "c"], ""));
        assert_eq!(fields("x 1015/tcp/udp"), want("x", 1015, "tcp/udp", &[], ""));
        assert_eq!(fields("a\x0b1/tcp\x0cb"), want("a", 1, "tcp", &["b"], ""));
        assert_eq!(fields(" # a 1/tcp"), None);
        assert_eq!(fields(""), None);
    }

    #[test]
    fn lines_that_nobody_should_guess_at() {
        let fault = |line: &'static str| Service::parse(line.as_bytes()).unwrap_err();
        assert_eq!(fault("x 70000/tcp"), Fault::TooBig(b"70000"));
        assert_eq!(fault("x 65536/tcp"), Fault::TooBig(b"65536"));
        assert_eq!(fault("x 0x50/tcp"), Fault::Ambiguous(b"0x50"));
        assert_eq!(fault("x 01014/tcp"), Fault::Ambiguous(b"01014"));
        assert_eq!(fault("x +1013/tcp"), Fault::Ambiguous(b"+1013"));
        assert_eq!(fault("x -1/tcp"), Fault::Ambiguous(b"-1"));
        assert_eq!(fault("x 1003"), Fault::NoProtocol(b"1003"));
        assert_eq!(fault("x 1003/"), Fault::NoProtocol(b"1003/"));
        assert_eq!(fault("x 1012 /tcp"), Fault::NoProtocol(b"1012"));
        assert_eq!(fault("x 80//tcp"), Fault::Slashes(b"80//tcp"));
        assert_eq!(fault("x 1006-1010/tcp"), Fault::Range(b"1006-1010"));
        assert_eq!(fault("x 1011,tcp"), Fault::Comma(b"1011,tcp"));
        assert_eq!(fault("x tcp/80"), Fault::NoNumber(b"tcp"));
        assert_eq!(fault("x"), Fault::NoPort);
        assert_eq!(fault("x 80/tcp\0"), Fault::Nul);
    }
}
