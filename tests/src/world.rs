//! The small world of the README, the tour and `cargo xtask lab`: name servers,
//! registries, and files to read, all on loopback.
use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use crate::{dns, whois};

/// The port of the name server that knows every name of the lab.
pub const DNS_PORT: u16 = 5300;

/// The port of the root, the servers of `to` and those of `dev.to`, on
/// 127.0.0.1, 127.0.0.2 and 127.0.0.3.
pub const ROOT_PORT: u16 = 5301;

/// A hosts file as machines at home have it.
pub const HOSTS: &str = "127.0.0.1 localhost\n127.0.0.1 gitserver\n::1 ip6-localhost ip6-loopback\n";

/// A web server's log.
pub const ACCESS_LOG: &str = "\
8.8.8.8 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5123
10.0.0.7 - - [22/Nov/2026:10:00:01 +0000] \"GET /status HTTP/1.1\" 200 12
151.101.194.217 - - [22/Nov/2026:10:00:02 +0000] \"GET /a HTTP/1.1\" 200 812
2607:f8b0:4009:819::200e - - [22/Nov/2026:10:00:03 +0000] \"GET /b HTTP/1.1\" 404 9
193.0.6.139 - - [22/Nov/2026:10:00:04 +0000] \"GET / HTTP/1.1\" 200 5123
133.1.1.1 - - [22/Nov/2026:10:00:05 +0000] \"GET / HTTP/1.1\" 200 5123
127.0.0.1 - - [22/Nov/2026:10:00:06 +0000] \"GET /health HTTP/1.1\" 200 2
";

/// The servers, which end with this.
#[derive(Debug)]
pub struct World {
    /// Knows every name of the lab.
    pub dns: dns::Server,
    /// The root and the two below it; None where the machine has no 127.0.0.2.
    pub hierarchy: Option<[dns::Server; 3]>,
    /// The registries.
    pub whois: whois::Lab,
}

impl World {
    /// Starts the name servers on [`DNS_PORT`] and [`ROOT_PORT`], or on free
    /// ports, and the registries on free ports. Writes `registries`, `hosts` and
    /// `access.log` into `folder`, which is made if it isn't there.
    ///
    /// # Errors
    /// A port is taken, or a file can't be written.
    pub fn start(folder: &Path, fixed: bool) -> io::Result<World> {
        let at = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, if fixed { port } else { 0 }));
        let dns = dns::serve_at(dns::story(), dns::Manner::Good, at(DNS_PORT))?;
        let hierarchy = if fixed { dns::hierarchy_at(ROOT_PORT) } else { dns::hierarchy() };
        let hierarchy = match hierarchy {
            Err(e) if e.kind() == io::ErrorKind::AddrNotAvailable => None,
            hierarchy => Some(hierarchy?),
        };
        let whois = whois::world();
        fs::create_dir_all(folder)?;
        fs::write(folder.join("registries"), whois.registries())?;
        fs::write(folder.join("hosts"), HOSTS)?;
        fs::write(folder.join("access.log"), ACCESS_LOG)?;
        Ok(World { dns, hierarchy, whois })
    }

    /// The address of the root, or of the one server that stands in for all.
    pub fn root(&self) -> String {
        self.hierarchy.as_ref().map_or_else(|| self.dns.at(), |three| three[0].at())
    }
}
