//! Name servers: what may stand after @, and where that is.
use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs as _},
    str::FromStr,
    sync::Arc,
};

use crate::net::reason;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams, and TCP where an answer is truncated.
    Udp,
    /// One TCP connection.
    Tcp,
    /// One TLS connection.
    Tls,
    /// One HTTP/2 connection, a request for each question (RFC 8484).
    Https,
    /// The same by HTTP/3.
    H3,
    /// One QUIC connection, a stream for each question (RFC 9250).
    Quic,
}

/// The path of a server's URL where the user names none: that of the example in RFC 8484.
const PATH: &str = "/dns-query";
/// The longest path of a URL, in bytes.
const LONGEST_PATH: usize = 2048;

impl Transport {
    const ALL: [Transport; 6] =
        [Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Https, Transport::H3, Transport::Quic];

    /// What stands before `://`.
    pub fn scheme(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
            Transport::Https => "https",
            Transport::H3 => "h3",
            Transport::Quic => "quic",
        }
    }

    /// The port where the user names none.
    fn port(self) -> u16 {
        match self {
            Transport::Udp | Transport::Tcp => 53,
            Transport::Tls | Transport::Quic => 853,
            Transport::Https | Transport::H3 => 443,
        }
    }

    /// Does a certificate prove the server's name?
    pub fn is_encrypted(self) -> bool {
        !matches!(self, Transport::Udp | Transport::Tcp)
    }

    /// Is each question a request or a stream of its own, rather than a message on one connection?
    pub fn has_streams(self) -> bool {
        self.has_path() || self == Transport::Quic
    }

    /// Is the server a URL?
    fn has_path(self) -> bool {
        matches!(self, Transport::Https | Transport::H3)
    }

    /// Does this build speak it?
    fn is_built(self) -> bool {
        match self {
            Transport::Udp | Transport::Tcp => true,
            Transport::Tls => cfg!(feature = "tls"),
            Transport::Https => cfg!(feature = "https"),
            Transport::H3 => cfg!(feature = "h3"),
            Transport::Quic => cfg!(feature = "quic"),
        }
    }
}

/// A server as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// How to speak to it.
    pub transport: Transport,
    /// Where it is.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// What its certificate must prove, where it is encrypted.
    pub name: Option<String>,
    /// The path of its URL, and the query if there is one (https:// and h3://).
    pub path: Option<String>,
}

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// There.
    Ip(IpAddr),
    /// There, on the link of this interface (RFC 4007 section 11).
    Scoped {
        /// The address, as a rule one of fe80::/10.
        ip: Ipv6Addr,
        /// The interface's name or number.
        zone: String,
    },
    /// Where the system finds this name.
    Name(String),
}

/// A server to send to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// How to speak to it.
    pub transport: Transport,
    /// Where it is.
    pub addr: SocketAddr,
    /// The interface whose link it is on, as it was written; empty for most servers.
    pub zone: Arc<str>,
    /// What its certificate must prove, where it is encrypted.
    pub name: Arc<str>,
    /// The path of its URL (https:// and h3://).
    pub path: Arc<str>,
}

impl Server {
    /// A server for datagrams.
    pub fn udp(addr: SocketAddr) -> Server {
        Server { transport: Transport::Udp, addr, zone: "".into(), name: "".into(), path: "".into() }
    }
}

/// As the user would write it after @.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.transport.scheme();
        // The system writes a scope by its number.
        let place = match self.addr {
            SocketAddr::V6(addr) if !self.zone.is_empty() => format!("[{}%{}]:{}", addr.ip(), self.zone, addr.port()),
            addr => addr.to_string(),
        };
        match self.transport {
            Transport::Udp => f.write_str(&place),
            Transport::Tcp => write!(f, "{scheme}://{place}"),
            _ => {
                let path = if &*self.path == PATH { "" } else { &self.path };
                write!(f, "{scheme}://{}@{place}{path}", self.name)
            }
        }
    }
}

/// As after @, for messages.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(ip) => write!(f, "{}", SocketAddr::new(*ip, self.port)),
            Host::Scoped { ip, zone } => write!(f, "[{ip}%{zone}]:{}", self.port),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl Address {
    /// Every place where it may be, in the system's order.
    ///
    /// # Errors
    /// The system doesn't find its name; the text is a reason.
    pub fn servers(&self) -> Result<Vec<Server>, String> {
        let addrs: Vec<SocketAddr> = match &self.host {
            Host::Ip(ip) => vec![SocketAddr::new(*ip, self.port)],
            Host::Scoped { ip, zone } => vec![scoped(*ip, zone, self.port)?],
            Host::Name(name) => match (name.as_str(), self.port).to_socket_addrs() {
                Ok(addrs) => addrs.collect(),
                Err(e) => return Err(reason(&e)),
            },
        };
        let name: Arc<str> = self.name.as_deref().unwrap_or_default().into();
        let path: Arc<str> = self.path.as_deref().unwrap_or_default().into();
        let zone: Arc<str> = if let Host::Scoped { zone, .. } = &self.host { zone.as_str().into() } else { "".into() };
        let server = |addr| Server {
            transport: self.transport,
            addr,
            zone: zone.clone(),
            name: name.clone(),
            path: path.clone(),
        };
        Ok(addrs.into_iter().map(server).collect())
    }
}

/// The address of `ip` on the link of the interface `zone`, a name or a number.
///
/// # Errors
/// The address is on no link, or there is no such interface; the text is a reason.
pub fn scoped(ip: Ipv6Addr, zone: &str, port: u16) -> Result<SocketAddr, String> {
    // The system's own parser knows the interfaces; nothing is looked up by DNS.
    let missing = || format!("no such interface: {}", plainnet_common::text::shown(zone.as_bytes()));
    if !is_zone(zone) {
        return Err(missing());
    }
    if !ip.is_unicast_link_local() && !ip.is_multicast() {
        return Err(format!("%{zone} belongs behind a link-local address (fe80::/10) only"));
    }
    let found = (format!("{ip}%{zone}"), port).to_socket_addrs().ok().and_then(|mut addrs| addrs.next());
    found.ok_or_else(missing)
}

/// Can it be an interface's name (RFC 6874's unreserved characters)?
fn is_zone(zone: &str) -> bool {
    !zone.is_empty() && zone.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Address, &'static str> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("udp", text));
        let known = Transport::ALL.into_iter().find(|known| known.scheme().eq_ignore_ascii_case(scheme));
        let transport = known.ok_or("udp://, tcp://, tls://, https://, h3:// or quic:// is needed")?;
        if !transport.is_built() {
            return Err(match transport {
                Transport::Https => "this dnsall was built without https://",
                Transport::H3 => "this dnsall was built without h3://",
                Transport::Quic => "this dnsall was built without quic://",
                _ => "this dnsall was built without TLS",
            });
        }
        let (rest, path) = match rest.find(['/', '?', '#']).filter(|_| transport.has_path()) {
            Some(at) => (&rest[..at], url_path(&rest[at..])?),
            None => (rest, PATH),
        };
        let (name, place) = match rest.split_once('@') {
            Some((name, place)) if transport.is_encrypted() => (Some(name), place),
            Some(_) => return Err("NAME@ belongs to tls://, https://, h3:// and quic:// only"),
            None => (None, rest),
        };
        let (host, port) = place_of(place)?;
        let proven = match (&host, name) {
            (_, Some("")) => return Err("the name before @ is empty"),
            (_, Some(name)) if name.parse::<IpAddr>().is_ok() => name.to_owned(),
            (_, Some(name)) => host_name(name).map_err(|_| "no host name before @")?.to_owned(),
            (Host::Name(name), None) => name.clone(),
            (Host::Ip(ip), None) => ip.to_string(),
            (Host::Scoped { ip, .. }, None) => ip.to_string(),
        };
        let name = transport.is_encrypted().then_some(proven);
        let path = transport.has_path().then(|| path.to_owned());
        Ok(Address { transport, host, port: port.unwrap_or(transport.port()), name, path })
    }
}

/// The path of a URL, with its query. The variable of a URI template, as providers
/// publish it (RFC 8484 section 3), is for GET and left out.
fn url_path(text: &str) -> Result<&str, &'static str> {
    let path = text.strip_suffix("{?dns}").unwrap_or(text);
    let fit = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/?".contains(&b);
    match path {
        "" => Ok(PATH),
        _ if path.starts_with('/') && path.len() <= LONGEST_PATH && path.bytes().all(fit) => Ok(path),
        _ => Err("what follows the host is no path of a URL"),
    }
}

/// `ADDRESS`, `ADDRESS:PORT`, `V6%ZONE`, `[V6]`, `[V6]:PORT`, `[V6%ZONE]:PORT`, `HOST` or `HOST:PORT`.
fn place_of(text: &str) -> Result<(Host, Option<u16>), &'static str> {
    if let Ok(ip) = text.parse() {
        return Ok((Host::Ip(ip), None));
    }
    if text.contains('%') && !text.starts_with('[') {
        return Ok((v6(text)?, None));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (inner, port) = rest.split_once(']').ok_or("] is missing")?;
            let host = v6(inner).map_err(|_| "no IPv6 address in the brackets")?;
            let port =
                if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or("a : is needed after ]")?) };
            (host, port)
        }
        None => {
            let (host, port) = match text.split_once(':') {
                Some((_, port)) if port.contains(':') => return Err("no IPv6 address"),
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            };
            let host = match host.parse() {
                Ok(ip) => Host::Ip(ip),
                Err(_) => Host::Name(host_name(host)?.to_owned()),
            };
            (host, port)
        }
    };
    let number = |port: &str| match port.parse() {
        Ok(n @ 1..) if port.bytes().all(|b| b.is_ascii_digit()) => Ok(n),
        _ => Err("a port from 1 to 65535 is needed"),
    };
    Ok((host, port.map(number).transpose()?))
}

/// An IPv6 address, with or without a zone.
fn v6(text: &str) -> Result<Host, &'static str> {
    let wrong = "no IPv6 address";
    match text.split_once('%') {
        None => text.parse().map(Host::Ip).map_err(|_| wrong),
        Some((ip, zone)) => match ip.parse() {
            Ok(ip) if is_zone(zone) => Ok(Host::Scoped { ip, zone: zone.to_owned() }),
            Ok(_) => Err("an interface is needed after %"),
            Err(_) => Err(wrong),
        },
    }
}

/// What the system can be asked about: letters, digits, dots, hyphens, underscores.
fn host_name(text: &str) -> Result<&str, &'static str> {
    if text.is_empty() {
        return Err("a server is needed after @");
    }
    let fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let number = text.rsplit('.').find(|l| !l.is_empty()).is_none_or(|l| l.bytes().all(|b| b.is_ascii_digit()));
    if number || text.len() > 254 || text.starts_with('-') || !text.bytes().all(fit) {
        return Err("neither an address nor a host name");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_stand_after_the_at_sign() {
        let ip = |text: &str| Host::Ip(text.parse().unwrap());
        let scoped = |ip: &str, zone: &str| Host::Scoped { ip: ip.parse().unwrap(), zone: zone.to_owned() };
        let name = |text: &str| Host::Name(text.to_owned());
        for (text, host, port) in [
            ("127.0.0.1", ip("127.0.0.1"), 53),
            ("127.0.0.1:5353", ip("127.0.0.1"), 5353),
            ("::1", ip("::1"), 53),
            ("[::1]", ip("::1"), 53),
            ("[2001:db8::1]:99", ip("2001:db8::1"), 99),
            ("fe80::53%eth0", scoped("fe80::53", "eth0"), 53),
            ("fe80::53%2", scoped("fe80::53", "2"), 53),
            ("[fe80::53%eth0.100]", scoped("fe80::53", "eth0.100"), 53),
            ("[fe80::53%eth0]:5300", scoped("fe80::53", "eth0"), 5300),
            ("ns1.example.net", name("ns1.example.net"), 53),
            ("localhost:5300", name("localhost"), 5300),
        ] {
            let want = Address { transport: Transport::Udp, host, port, name: None, path: None };
            assert_eq!(text.parse(), Ok(want.clone()), "{text}");
            assert_eq!(format!("tcp://{text}").parse(), Ok(Address { transport: Transport::Tcp, ..want }), "{text}");
        }
        for bad in [
            "",
            ":53",
            "1.2.3",
            "1.2.3.4:0",
            "1.2.3.4:65536",
            "1.2.3.4:+5",
            "[::1",
            "[::1]5",
            "::1:x",
            "a b",
            "-a",
            "fe80::53%",
            "fe80::53%a b",
            "[fe80::53%]:53",
            "192.0.2.1%eth0",
            "fe80::53%eth0:53",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad:?}");
        }
        assert!("doh://dns.example/dns-query".parse::<Address>().is_err());
    }

    #[cfg(feature = "https")]
    #[test]
    fn the_url_of_a_server() {
        let long = format!("https://dns.example/{}", "x".repeat(2048));
        for (text, host, port, name, path) in [
            ("https://dns.example", "dns.example", 443, "dns.example", "/dns-query"),
            ("HTTPS://dns.example", "dns.example", 443, "dns.example", "/dns-query"),
            ("https://dns.example/", "dns.example", 443, "dns.example", "/"),
            ("https://dns.example:8443/q/a?b=%20", "dns.example", 8443, "dns.example", "/q/a?b=%20"),
            ("https://dns.example/dns-query{?dns}", "dns.example", 443, "dns.example", "/dns-query"),
            ("https://dns.example{?dns}", "", 0, "", ""),
            ("https://dns.example@192.0.2.1:8443/x@y", "192.0.2.1", 8443, "dns.example", "/x@y"),
            ("https://192.0.2.1", "192.0.2.1", 443, "192.0.2.1", "/dns-query"),
            ("https://[2001:db8::1]:8443/x", "2001:db8::1", 8443, "2001:db8::1", "/x"),
            ("https://dns.example@::1/x", "::1", 443, "dns.example", "/x"),
            ("https://dns.example?x", "", 0, "", ""),
            ("https://dns.example/#x", "", 0, "", ""),
            ("https://dns.example/a b", "", 0, "", ""),
            ("https://a b@192.0.2.1", "", 0, "", ""),
            ("https:///dns-query", "", 0, "", ""),
            (&long, "", 0, "", ""),
        ] {
            let read = text.parse::<Address>();
            if host.is_empty() {
                assert!(read.is_err(), "{text}: {read:?}");
                continue;
            }
            let host = host.parse().map_or_else(|_| Host::Name(host.to_owned()), Host::Ip);
            let (name, path) = (Some(name.to_owned()), Some(path.to_owned()));
            assert_eq!(read, Ok(Address { transport: Transport::Https, host, port, name, path }), "{text}");
        }
    }

    #[cfg(all(feature = "https", feature = "quic", feature = "h3"))]
    #[test]
    fn a_server_is_named_as_it_may_be_typed() {
        for (text, shown) in [
            ("https://dns.example@192.0.2.1/dns-query", "https://dns.example@192.0.2.1:443"),
            ("h3://dns.example@192.0.2.1:1/x", "h3://dns.example@192.0.2.1:1/x"),
            ("quic://dns.example@[::1]", "quic://dns.example@[::1]:853"),
        ] {
            let [server] = &text.parse::<Address>().unwrap().servers().unwrap()[..] else { panic!("{text}") };
            assert_eq!(server.to_string(), shown);
            assert_eq!(shown.parse::<Address>().unwrap().servers().unwrap().first(), Some(server));
        }
        assert!("quic://dns.example/dns-query".parse::<Address>().is_err());
    }

    #[cfg(feature = "tls")]
    #[test]
    fn a_certificate_proves_the_name_and_not_the_address() {
        let dot: Address = "tls://dns.example@192.0.2.1:8853".parse().unwrap();
        assert_eq!((dot.port, dot.name.as_deref()), (8853, Some("dns.example")));
        let dot: Address = "tls://dns.example".parse().unwrap();
        assert_eq!((dot.port, dot.name.as_deref()), (853, Some("dns.example")));
        assert_eq!("tls://@192.0.2.1".parse::<Address>(), Err("the name before @ is empty"));
    }
}
