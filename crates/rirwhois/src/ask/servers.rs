//! Where the registries answer, and which names are trusted.
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fmt,
    fs::File,
    io::{self, Read as _},
    os::unix::ffi::OsStrExt as _,
};

use plainnet_common::{exit::Fail, text};

use crate::table::registry::Registry;

/// The port of whois (RFC 3912).
pub const WHOIS: u16 = 43;

/// Most bytes of a file of servers, so that a device in its place has an end.
const LIMIT: u64 = 64 << 20;

/// A whois server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server {
    /// A name or an address, without brackets.
    pub host: String,
    /// Usually 43.
    pub port: u16,
    /// Whose it is: that decides the form of the query.
    pub registry: Option<Registry>,
}

impl Server {
    /// `HOST`, `HOST:PORT`, `[V6]:PORT` or a bare IPv6 address.
    pub fn parse(text: &str) -> Option<Server> {
        let (host, port) = split(text)?;
        Some(Server { host: host.to_owned(), port: port.unwrap_or(WHOIS), registry: Registry::from_host(host) })
    }
}

/// The name, and the port where it is another than 43.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            WHOIS => f.write_str(&self.host),
            port if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            port => write!(f, "{}:{port}", self.host),
        }
    }
}

/// Host and port, if `text` is nothing else: no user, no path, no blanks.
pub fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None if text.parse::<std::net::Ipv6Addr>().is_ok() => (text, None),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let named = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if host.is_empty() || host.len() > 255 || host.starts_with('-') || !(named || host.contains(':')) {
        return None;
    }
    let port = match port {
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => Some(port.parse().ok().filter(|p| *p > 0)?),
        Some(_) => return None,
        None => None,
    };
    Some((host, port))
}

/// Said of what is not [`is_base`].
pub const NO_BASE: &str = "an http or https base is needed";

/// Is this the base of an RDAP server, `http://` or `https://` and a host?
pub fn is_base(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.and_then(|rest| split(rest.split('/').next()?)).is_some()
}

/// The servers of the registries: their own, or those of `--registries`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Servers {
    whois: BTreeMap<Registry, Server>,
    rdap: BTreeMap<Registry, String>,
    statistics: BTreeMap<Registry, String>,
}

impl Servers {
    /// Reads a file of `--registries`.
    ///
    /// # Errors
    /// It can't be read, is larger than 64 MiB, or a line of it is no `REGISTRY WHOIS RDAP STATISTICS`.
    pub fn read(path: &OsStr) -> Result<Servers, Fail> {
        let name = path.as_bytes();
        let text = bounded(path).map_err(|e| Fail::io(name, &e))?;
        Servers::parse(&String::from_utf8_lossy(&text))
            .map_err(|(line, why)| Fail::Usage(format!("{}:{line}: {why}", text::shown(name))))
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// The number of the first wrong line, and why it is wrong.
    pub fn parse(text: &str) -> Result<Servers, (usize, String)> {
        let mut servers = Servers::default();
        for (i, line) in text.lines().enumerate() {
            let wrong = |word: &str, why| (i + 1, format!("{}: {why}", text::shown(word.as_bytes())));
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let [registry, rest @ ..] = &words[..] else { continue };
            let registry = Registry::from_name(registry).ok_or_else(|| wrong(registry, "no such registry"))?;
            if rest.is_empty() || rest.len() > 3 {
                return Err(wrong(line.trim(), "REGISTRY WHOIS RDAP STATISTICS is needed"));
            }
            if rest[0] != "-" {
                let server =
                    Server::parse(rest[0]).ok_or_else(|| wrong(rest[0], "HOST, HOST:PORT or [V6]:PORT is needed"))?;
                servers.whois.insert(registry, Server { registry: Some(registry), ..server });
            }
            if let Some(base) = rest.get(1).filter(|base| **base != "-") {
                if !is_base(base) {
                    return Err(wrong(base, NO_BASE));
                }
                servers.rdap.insert(registry, (*base).to_owned());
            }
            if let Some(url) = rest.get(2).filter(|url| **url != "-") {
                if !is_base(url) {
                    return Err(wrong(url, "an http or https URL is needed"));
                }
                if registry.statistics().is_none() {
                    return Err(wrong(&registry.to_string(), "has no statistics"));
                }
                servers.statistics.insert(registry, (*url).to_owned());
            }
        }
        Ok(servers)
    }

    /// The whois server of `registry`.
    pub fn whois(&self, registry: Registry) -> Server {
        let own = || Server { host: registry.host().to_owned(), port: WHOIS, registry: Some(registry) };
        self.whois.get(&registry).cloned().unwrap_or_else(own)
    }

    /// The RDAP base of `registry`.
    pub fn rdap(&self, registry: Registry) -> Option<&str> {
        self.rdap.get(&registry).map(String::as_str).or(registry.rdap())
    }

    /// Where `registry` publishes its statistics.
    pub fn statistics(&self, registry: Registry) -> Option<&str> {
        self.statistics.get(&registry).map(String::as_str).or(registry.statistics())
    }

    /// The registry's server that a referral to `host` and `port` means; a
    /// name that only looks like a registry's is none.
    pub fn trusted(&self, host: &str, port: u16) -> Option<Server> {
        match Registry::from_host(host.strip_suffix('.').unwrap_or(host)) {
            Some(registry) => (port == WHOIS).then(|| self.whois(registry)),
            None => self.whois.values().find(|s| s.host.eq_ignore_ascii_case(host) && s.port == port).cloned(),
        }
    }
}

fn bounded(path: &OsStr) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LIMIT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 64 MiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_host_and_nothing_else() {
        assert_eq!(split("whois.ripe.net"), Some(("whois.ripe.net", None)));
        assert_eq!(split("[::1]:4343"), Some(("::1", Some(4343))));
        assert_eq!(split("::1"), Some(("::1", None)));
        for bad in [
            "",
            "a b",
            "user@host",
            "host/path",
            "host:",
            "host:0",
            "host:99999",
            "host:+1",
            "[::1",
            "[x]:1",
            "-x",
            "a:b:c",
        ] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_file_names_other_servers() {
        let servers =
            Servers::parse("# lab\nRIPE 127.0.0.1:4301 -\narin\t[::1]:4302 http://127.0.0.1:8080/ # x\n\n").unwrap();
        assert_eq!(servers.whois(Registry::Ripe).to_string(), "127.0.0.1:4301");
        assert_eq!(servers.whois(Registry::Arin).to_string(), "[::1]:4302");
        assert_eq!(servers.whois(Registry::Apnic).to_string(), "whois.apnic.net");
        assert_eq!(servers.rdap(Registry::Arin), Some("http://127.0.0.1:8080/"));
        let servers = Servers::parse("APNIC - - http://127.0.0.1:8080/stats # y\n").unwrap();
        assert_eq!(servers.statistics(Registry::Apnic), Some("http://127.0.0.1:8080/stats"));
        assert!(servers.statistics(Registry::Arin).unwrap().ends_with("/delegated-arin-extended-latest"));
        for (text, line) in [
            ("RIPE", 1),
            ("\nFOO a", 2),
            ("RIPE a:b", 1),
            ("RIPE - ftp://x", 1),
            ("RIPE a - b", 1),
            ("RIPE a - - c", 1),
            ("IANA - - http://a/", 1),
        ] {
            assert_eq!(Servers::parse(text).unwrap_err().0, line, "{text}");
        }
    }

    #[test]
    fn only_registries_are_trusted() {
        let servers = Servers::parse("RIPE 127.0.0.1:4301").unwrap();
        assert_eq!(servers.trusted("WHOIS.ripe.net", 43).unwrap().port, 4301);
        assert_eq!(servers.trusted("127.0.0.1", 4301).unwrap().registry, Some(Registry::Ripe));
        for (host, port) in
            [("whois.ripe.net.example", 43), ("whois.ripe.net", 6379), ("127.0.0.1", 43), ("rwhois.example", 4321)]
        {
            assert_eq!(servers.trusted(host, port), None, "{host}");
        }
    }
}
