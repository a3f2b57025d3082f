//! The system's own choice of name servers and search list (resolv.conf).
use std::net::Ipv4Addr;

use hickory_resolver::system_conf::read_system_conf;

use crate::net::server::Server;

/// What the system is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// Its name servers, in the order to try them.
    pub servers: Vec<Server>,
    /// Domains that complete a short name, without their final dot.
    pub search: Vec<String>,
    /// A name with so many dots is first asked as it is.
    pub ndots: usize,
}

/// Reads the system's settings. Without a file the server is this host itself, as resolv.conf(5) says.
///
/// # Errors
/// The file is there and can't be read or understood; the text is a reason.
pub fn settings() -> Result<System, String> {
    let here = || Server::udp((Ipv4Addr::LOCALHOST, 53).into());
    if !std::path::Path::new("/etc/resolv.conf").exists() {
        return Ok(System { servers: vec![here()], search: Vec::new(), ndots: 1 });
    }
    let (config, options) = read_system_conf().map_err(|e| e.to_string())?;
    let servers = config.name_servers().iter().map(|s| Server::udp((s.ip, 53).into()));
    let search = config.search().iter().map(|n| n.to_ascii().trim_end_matches('.').to_owned());
    Ok(System { servers: servers.collect(), search: search.filter(|n| !n.is_empty()).collect(), ndots: options.ndots })
}
