//! The server that the user named, or probably meant.
use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use plainnet_common::{hint::Pasted, text};

/// A server as the user named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Server {
    /// The server that is asked unless told otherwise.
    pub fn local() -> Server {
        Server { host: "127.0.0.1".into(), port: 5555 }
    }
}

/// `HOST:PORT`, as it is typed, with escapes for what no host name holds.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{}:{}", text::shown(host.as_bytes()), self.port)
    }
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Server, String> {
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        if let Some(meant) = without_brackets(text).or_else(|| meant(text).map(|server| server.to_string())) {
            return Err(format!("{meant} is meant"));
        }
        if is_service(port) && !host.is_empty() {
            return Err(format!("a port is a number (`getserv {port}` prints it)"));
        }
        if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err("HOST:PORT is needed".into());
        }
        let port = port.parse().map_err(|_| "a port is at most 65535")?;
        let host = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            Some(bare) => bare,
            None if host.contains(':') => return Err("an IPv6 address stands in brackets: [::1]:5555".into()),
            None if host.is_empty() => "127.0.0.1",
            None => host,
        };
        Ok(Server { host: host.into(), port })
    }
}

/// The servers that were meant by an IPv6 address without brackets and a port:
/// nobody knows where the address ends, so the whole may be one, too.
fn without_brackets(text: &str) -> Option<String> {
    let (ip, port) = text.rsplit_once(':')?;
    let is_port = port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if !is_port || ip.parse::<Ipv6Addr>().is_err() {
        return None;
    }
    let whole = text.parse::<Ipv6Addr>().map(|ip| format!(" or [{ip}]:{}", Server::local().port)).unwrap_or_default();
    Some(format!("[{ip}]:{port}{whole}"))
}

/// The server that was meant by `text`, which is a URL or lacks its port.
fn meant(text: &str) -> Option<Server> {
    // Other programs take a blank or a slash before the port.
    if let Some((host, port)) = text.split_once([' ', '/'])
        && looks_like_host(host)
        && let Ok(port) = port.parse()
    {
        return Some(Server { host: host.into(), port });
    }
    let pasted = Pasted::of(text);
    let port = match pasted.port {
        Some(port) => port.parse().ok()?,
        None => Server::local().port,
    };
    let is_url = pasted.scheme.is_some();
    let lacks_port = pasted.port.is_none() && looks_like_host(pasted.host);
    // What already is HOST:PORT is no hint.
    let decorated = pasted.user.is_some() || pasted.path.is_some() || text != text.trim_matches(['"', '\'', ' ']);
    let plain =
        !pasted.host.is_empty() && pasted.host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:%".contains(&b));
    (plain && (is_url || lacks_port || decorated)).then(|| Server { host: pasted.host.into(), port })
}

/// The server that `words` name, where a host and a port stand among the words
/// of a message: `localhost 5555` or `localhost:5555`.
pub fn among(words: &[&str]) -> Option<(String, Server)> {
    for (i, word) in words.iter().enumerate() {
        let Pasted { scheme: None, user: None, path: None, host, port, .. } = Pasted::of(word) else { continue };
        let next = words.get(i + 1);
        let (port, said) = match (port, next) {
            (Some(port), _) => (port, (*word).to_owned()),
            (None, Some(next)) => (*next, format!("{word} {next}")),
            (None, None) => continue,
        };
        let number = port.parse().ok().filter(|n| *n > 0 && port.bytes().all(|b| b.is_ascii_digit()));
        if let Some(port) = number
            && looks_like_host(host)
        {
            return Some((said, Server { host: host.into(), port }));
        }
    }
    None
}

/// An address, `localhost`, or a name with a dot whose last label has no digit.
fn looks_like_host(text: &str) -> bool {
    let label = |l: &str| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let top = |l: &str| l.len() > 1 && l.bytes().all(|b| b.is_ascii_alphabetic());
    let name = text.split('.').all(label) && text.rsplit_once('.').is_some_and(|(_, last)| top(last));
    text == "localhost" || text.parse::<IpAddr>().is_ok() || name
}

/// Whether `text` may be the name of a service (RFC 6335 section 5.1).
fn is_service(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_alphabetic()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        let server = |text: &str| text.parse().map(|Server { host, port }| (host, port));
        assert_eq!(server("localhost:1"), Ok(("localhost".into(), 1)));
        assert_eq!(server("[::1]:65535"), Ok(("::1".into(), 65535)));
        assert_eq!(server(":7"), Ok(("127.0.0.1".into(), 7)));
        assert_eq!(server("7"), Ok(("127.0.0.1".into(), 7)));
        for text in ["", "host", "h:65536", "h:+7", "h:-7", "h:", "::1:x"] {
            assert!(server(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_meant() {
        for (text, why) in [
            ("http://localhost:5555", "localhost:5555 is meant"),
            ("tcp://[::1]:7/x", "[::1]:7 is meant"),
            ("https://me:secret@host.example:7", "host.example:7 is meant"),
            ("http://localhost", "localhost:5555 is meant"),
            ("me@localhost:7", "localhost:7 is meant"),
            ("localhost:7/", "localhost:7 is meant"),
            ("localhost/7", "localhost:7 is meant"),
            ("127.0.0.1 7", "127.0.0.1:7 is meant"),
            ("\"localhost:7\"", "localhost:7 is meant"),
            ("localhost", "localhost:5555 is meant"),
            ("127.0.0.1", "127.0.0.1:5555 is meant"),
            ("::1", "[::1]:5555 is meant"),
            ("::1:7", "[::1]:7 or [::1:7]:5555 is meant"),
            ("2001:db8:1:2:3:4:5:6:80", "[2001:db8:1:2:3:4:5:6]:80 is meant"),
            ("2001:db8::abcd", "[2001:db8::abcd]:5555 is meant"),
            ("127.0.0.1:echo", "a port is a number (`getserv echo` prints it)"),
            ("h:99999", "a port is at most 65535"),
            ("nowhere", "HOST:PORT is needed"),
        ] {
            assert_eq!(text.parse::<Server>(), Err(why.into()), "{text}");
        }
    }

    #[test]
    fn a_host_and_a_port_among_words() {
        let meant = |words: &str| among(&words.split(' ').collect::<Vec<_>>()).map(|(_, server)| server.to_string());
        for (words, server) in [
            ("localhost 5555", "localhost:5555"),
            ("say 127.0.0.1 80", "127.0.0.1:80"),
            ("::1 7 hello", "[::1]:7"),
            ("example.com 80", "example.com:80"),
            ("localhost:5555 hello", "localhost:5555"),
            ("[::1]:7", "[::1]:7"),
        ] {
            assert_eq!(meant(words).as_deref(), Some(server), "{words}");
        }
        for words in [
            "hello 42",
            "Version 1.2 7",
            "localhost",
            "localhost 0",
            "localhost 65536",
            "localhost +5",
            "at 5 7",
            "10:30 o'clock",
        ] {
            assert_eq!(meant(words), None, "{words}");
        }
    }
}
