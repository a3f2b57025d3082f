//! The address that an operand means, and what was meant by one that means none.
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _},
};

use plainnet_common::{output, text};

/// Where it listens unless told otherwise.
pub const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5555);

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address to which the socket is bound.
    pub addr: SocketAddr,
    /// The operand that has a zone, which the kernel knows by its number alone.
    zoned: Option<String>,
}

impl From<SocketAddr> for Address {
    fn from(addr: SocketAddr) -> Address {
        Address { addr, zoned: None }
    }
}

/// How messages name it: the whole address, its zone as it was typed.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.zoned {
            Some(typed) => write!(f, "{}", text::shown(typed.as_bytes())),
            None => write!(f, "{}", self.addr),
        }
    }
}

/// The address that an operand means: `ADDRESS:PORT`, `PORT` or `:PORT`, the
/// address being 127.0.0.1 where it is left out. `next` is the operand behind
/// it, which helps to understand one that is wrong.
///
/// # Errors
/// Why it means none, with what is probably meant.
pub fn parse(text: &str, next: Option<&str>) -> Result<Address, String> {
    let addr = socket_addr(text, next)?;
    let has_zone = matches!(addr, SocketAddr::V6(v6) if v6.scope_id() != 0);
    Ok(Address { addr, zoned: has_zone.then(|| text.to_owned()) })
}

fn socket_addr(text: &str, next: Option<&str>) -> Result<SocketAddr, String> {
    if let Ok(addr) = text.parse() {
        return Ok(addr);
    }
    if let Some(meant) = meant(text, next) {
        return Err(format!("{meant} is meant"));
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    if is_service(port) && !host.is_empty() {
        return Err(format!("a port is a number (`getserv {port}` prints it)"));
    }
    if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err("ADDRESS:PORT, PORT or :PORT is needed".into());
    }
    let port: u16 = port.parse().map_err(|_| "a port is at most 65535")?;
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    match (host, bare) {
        ("", _) => return Ok(SocketAddr::new(DEFAULT.ip(), port)),
        (_, None) if host.contains(':') => return Err("an IPv6 address stands in brackets: [::1]:5555".into()),
        _ => {}
    }
    // A name, or an address with a zone: the system knows.
    let mut found = (bare.unwrap_or(host), port).to_socket_addrs().map_err(|e| output::reason(&e))?;
    found.next().ok_or_else(|| "no such address".into())
}

/// The operand that was meant by `text`, which is in another program's form.
fn meant(text: &str, next: Option<&str>) -> Option<String> {
    let default = DEFAULT.port();
    if let Some((scheme, rest)) = text.split_once("://") {
        let plain = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
        if !plain || !is_plain(server) {
            return Some(format!("ADDRESS:PORT, such as 127.0.0.1:{default},"));
        }
        return Some(if has_port(server) { server.to_owned() } else { format!("{server}:{default}") });
    }
    if let Some(port) = text.strip_prefix("*:").filter(|port| is_port(port)) {
        return Some(format!("0.0.0.0:{port} or [::]:{port}"));
    }
    if let Some(port) = text.strip_suffix("/tcp").filter(|port| is_port(port)) {
        return Some(port.to_owned());
    }
    // Nobody knows where an IPv6 address without brackets ends.
    if let Some((ip, port)) = text.rsplit_once(':').filter(|(ip, port)| is_port(port) && ip.parse::<Ipv6Addr>().is_ok())
    {
        let whole = text.parse::<Ipv6Addr>().map(|ip| format!(" or [{ip}]:{default}")).unwrap_or_default();
        return Some(format!("[{ip}]:{port}{whole}"));
    }
    // An address without its port, which perhaps stands behind a blank.
    let host = match (text.parse::<IpAddr>(), text) {
        (Ok(IpAddr::V6(ip)), _) => format!("[{ip}]"),
        (Ok(IpAddr::V4(ip)), _) => ip.to_string(),
        (_, "localhost") => text.to_owned(),
        _ if text.starts_with('[') && text.ends_with(']') && is_plain(text) => text.to_owned(),
        _ => return None,
    };
    let port = next.filter(|next| is_port(next)).map_or(default.to_string(), str::to_owned);
    Some(format!("{host}:{port}"))
}

/// Nothing in it needs an escape or a shell's quotes.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:[]%".contains(&b))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn has_port(server: &str) -> bool {
    server.rsplit_once(':').is_some_and(|(_, port)| is_port(port))
}

/// Whether `text` may be the name of a service (RFC 6335 section 5.1).
fn is_service(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_alphabetic()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_operands_mean() {
        for (text, addr) in [
            ("5555", "127.0.0.1:5555"),
            (":0", "127.0.0.1:0"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:65535", "[::1]:65535"),
            ("localhost:7", "127.0.0.1:7"),
        ] {
            let got = parse(text, None).unwrap().addr;
            assert!(got == addr.parse().unwrap() || text.starts_with("localhost") && got.port() == 7, "{text}: {got}");
        }
        for text in ["", ":", "65536", "-1", "+5", "1e3", "0x10", "127.0.0.1:", "٣:٣", "::1:x"] {
            assert!(parse(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn a_zone_is_named_as_it_was_typed() {
        let named = |text| parse(text, None).unwrap().to_string();
        assert_eq!(named("[fe80::1%lo]:0"), "[fe80::1%lo]:0");
        assert_eq!(named("[fe80::1%1]:7"), "[fe80::1%1]:7");
        assert_eq!((named("7"), named("[::1]:7")), ("127.0.0.1:7".into(), "[::1]:7".into()));
    }

    #[test]
    fn what_was_meant() {
        for (text, next, why) in [
            ("tcp://127.0.0.1:0", None, "127.0.0.1:0 is meant"),
            ("http://localhost:5555", None, "localhost:5555 is meant"),
            ("http://localhost:5555/index.html?a#b", None, "localhost:5555 is meant"),
            ("tcp://me@[::1]:7", None, "[::1]:7 is meant"),
            ("http://localhost", None, "localhost:5555 is meant"),
            ("http://[::1]/", None, "[::1]:5555 is meant"),
            ("127.0.0.1:echo", None, "a port is a number (`getserv echo` prints it)"),
            ("[::1]:http-alt", None, "a port is a number (`getserv http-alt` prints it)"),
            ("127.0.0.1", Some("7777"), "127.0.0.1:7777 is meant"),
            ("127.0.0.1", None, "127.0.0.1:5555 is meant"),
            ("localhost", Some("x"), "localhost:5555 is meant"),
            ("::1:7", None, "[::1]:7 or [::1:7]:5555 is meant"),
            ("2001:db8:1:2:3:4:5:6:80", None, "[2001:db8:1:2:3:4:5:6]:80 is meant"),
            ("::1", None, "[::1]:5555 is meant"),
            ("[::1]", Some("80"), "[::1]:80 is meant"),
            ("*:80", None, "0.0.0.0:80 or [::]:80 is meant"),
            ("80/tcp", None, "80 is meant"),
            ("fe80::1%eth0:80", None, "an IPv6 address stands in brackets: [::1]:5555"),
            ("http://a b:5", None, "ADDRESS:PORT, such as 127.0.0.1:5555, is meant"),
            ("127.0.0.1:;x", None, "ADDRESS:PORT, PORT or :PORT is needed"),
            ("echo", None, "ADDRESS:PORT, PORT or :PORT is needed"),
            ("127.0.0.1:70000", None, "a port is at most 65535"),
        ] {
            assert_eq!(parse(text, next), Err(why.into()), "{text}");
        }
    }
}
