//! Name servers: what may stand after @, and where that is.
use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs as _},
    rc::Rc,
    str::FromStr,
};

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams, and TCP where an answer is truncated.
    Udp,
    /// One TCP connection.
    Tcp,
    /// One TLS connection.
    Tls,
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
    /// What its certificate must prove (TLS).
    pub name: Option<String>,
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
    /// What its certificate must prove (TLS).
    pub name: Rc<str>,
}

impl Server {
    /// A server for datagrams.
    pub fn udp(addr: SocketAddr) -> Server {
        Server { transport: Transport::Udp, addr, name: "".into() }
    }
}

/// As the user would write it after @.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transport {
            Transport::Udp => write!(f, "{}", self.addr),
            Transport::Tcp => write!(f, "tcp://{}", self.addr),
            Transport::Tls => write!(f, "tls://{}@{}", self.name, self.addr),
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
                Err(e) => {
                    let e = plainnet_common::output::reason(&e);
                    return Err(e.trim_start_matches("failed to lookup address information: ").to_lowercase());
                }
            },
        };
        let name: Rc<str> = self.name.as_deref().unwrap_or_default().into();
        Ok(addrs.into_iter().map(|addr| Server { transport: self.transport, addr, name: name.clone() }).collect())
    }
}

/// The address of `ip` on the link of the interface `zone`, a name or a number.
///
/// # Errors
/// There is no such interface; the text is a reason.
pub fn scoped(ip: Ipv6Addr, zone: &str, port: u16) -> Result<SocketAddr, String> {
    // The system's own parser knows the interfaces; nothing is looked up by DNS.
    let missing = || format!("no such interface: {}", plainnet_common::text::shown(zone.as_bytes()));
    if !is_zone(zone) {
        return Err(missing());
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
        let (transport, rest) = match text.split_once("://") {
            None => (Transport::Udp, text),
            Some(("udp", rest)) => (Transport::Udp, rest),
            Some(("tcp", rest)) => (Transport::Tcp, rest),
            Some(("tls", rest)) if cfg!(feature = "tls") => (Transport::Tls, rest),
            Some(("tls", _)) => return Err("this dnsall was built without TLS"),
            Some(("https" | "quic" | "h3", _)) => return Err("not spoken here: use tls:// for an encrypted transport"),
            Some(_) => return Err("udp://, tcp:// or tls:// is needed"),
        };
        let standard = if transport == Transport::Tls { 853 } else { 53 };
        let (name, place) = match rest.split_once('@') {
            Some((name, place)) if transport == Transport::Tls => (Some(name), place),
            Some(_) => return Err("NAME@ belongs to tls:// only"),
            None => (None, rest),
        };
        let (host, port) = place_of(place)?;
        let proven = match (&host, name) {
            (_, Some("")) => return Err("the name before @ is empty"),
            (_, Some(name)) => name.to_owned(),
            (Host::Name(name), None) => name.clone(),
            (Host::Ip(ip), None) => ip.to_string(),
            (Host::Scoped { ip, .. }, None) => ip.to_string(),
        };
        let name = (transport == Transport::Tls).then_some(proven);
        Ok(Address { transport, host, port: port.unwrap_or(standard), name })
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
            let want = Address { transport: Transport::Udp, host, port, name: None };
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
        assert!("https://dns.example/dns-query".parse::<Address>().is_err());
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
