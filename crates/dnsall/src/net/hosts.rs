//! The hosts file (hosts(5)): an address, then names, a line each.
use std::net::IpAddr;

/// The names and addresses of a hosts file, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    rows: Vec<(IpAddr, Vec<String>)>,
}

impl Hosts {
    /// Reads the text of a hosts file. A line that holds no address is skipped, as the system does.
    pub fn read(text: &[u8]) -> Hosts {
        let row = |line: &[u8]| {
            let text = std::str::from_utf8(line.split(|b| *b == b'#').next()?).ok()?;
            let mut words = text.split_ascii_whitespace();
            let (addr, names) = (words.next()?, words);
            // An IPv6 address may carry a zone, which is not part of it.
            let addr = addr.split('%').next()?.parse().ok()?;
            Some((addr, names.map(str::to_owned).collect()))
        };
        Hosts { rows: text.split(|b| *b == b'\n').filter_map(row).collect() }
    }

    /// The addresses of `name` (a final dot aside, in any case), each once.
    pub fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let mut found = Vec::new();
        for (addr, names) in &self.rows {
            if names.iter().any(|n| n.eq_ignore_ascii_case(name)) && !found.contains(addr) {
                found.push(*addr);
            }
        }
        found
    }

    /// The names of `addr`, each once.
    pub fn names(&self, addr: IpAddr) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for name in self.rows.iter().filter(|row| row.0 == addr).flat_map(|row| &row.1) {
            if !found.contains(&name.as_str()) {
                found.push(name);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_in_the_order_of_the_file() {
        let hosts = Hosts::read(
            b"127.0.0.1 localhost\n127.0.0.1\tgitserver # mine\n::1 ip6-localhost ip6-loopback localhost\r\n\
              #127.0.0.2 gone\nnonsense here\n\xff\n192.0.2.1 GitServer\n192.0.2.1 gitserver\nfe80::1%eth0 link",
        );
        let ips = |list: &[&str]| -> Vec<IpAddr> { list.iter().map(|a| a.parse().unwrap()).collect() };
        assert_eq!(hosts.addresses("LOCALHOST."), ips(&["127.0.0.1", "::1"]));
        assert_eq!(hosts.addresses("gitserver"), ips(&["127.0.0.1", "192.0.2.1"]));
        assert_eq!(hosts.addresses("link"), ips(&["fe80::1"]));
        assert_eq!(hosts.addresses("gone"), ips(&[]));
        assert_eq!(hosts.names("127.0.0.1".parse().unwrap()), ["localhost", "gitserver"]);
    }
}
