//! Ports that a new service may take.
use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader},
};

use super::classes::Settings;
use crate::book::registry;

/// Which ports are in use or promised, for one reason or another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse(Vec<bool>);

impl Default for InUse {
    fn default() -> InUse {
        InUse(vec![false; 65_536])
    }
}

impl InUse {
    /// Adds one port.
    pub fn add(&mut self, port: u16) {
        self.0[usize::from(port)] = true;
    }

    /// Adds the local port of each socket in a table such as /proc/net/tcp.
    pub fn add_sockets(&mut self, table: &mut impl io::BufRead) -> io::Result<()> {
        for line in table.split(b'\n') {
            if let Some(port) = local_port(&line?) {
                self.add(port);
            }
        }
        Ok(())
    }
}

/// The local port of a line of /proc/net/tcp: `0: 0100007F:1F90 ...`.
fn local_port(line: &[u8]) -> Option<u16> {
    let address = line.split(|b| *b == b' ').filter(|word| !word.is_empty()).nth(1)?;
    let colon = address.iter().position(|b| *b == b':')?;
    u16::from_str_radix(std::str::from_utf8(&address[colon + 1..]).ok()?, 16).ok()
}

/// Adds every port that a socket of this network namespace listens on, sends
/// from or is connected with. Asking
/// the kernel by bind(2) instead would race with others and needs their rights.
///
/// # Errors
/// The name of what can't be read, and why.
pub fn add_sockets_of_host(in_use: &mut InUse) -> Result<(), (String, io::Error)> {
    if !cfg!(target_os = "linux") {
        let why = "this system's sockets are not known here (netstat -an shows them)";
        return Err(("/proc/net".into(), io::Error::new(io::ErrorKind::Unsupported, why)));
    }
    for name in ["tcp", "tcp6", "udp", "udp6"] {
        let path = format!("/proc/net/{name}");
        match File::open(&path).and_then(|file| in_use.add_sockets(&mut BufReader::new(file))) {
            // A kernel without IPv6 has two of them.
            Err(e) if e.kind() == io::ErrorKind::NotFound && name.ends_with('6') => {}
            Err(e) => return Err((path, e)),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Up to `count` ports that are unassigned for TCP and UDP, need no privilege,
/// are neither ephemeral nor reserved on this host, and not in use.
///
/// If all chose the lowest, all would collide. So every port has a rank that
/// depends on `seed`, and the ports of the lowest ranks are chosen.
pub fn choose(settings: &Settings, in_use: &InUse, seed: u64, count: usize) -> Vec<u16> {
    let fits = |port: &u16| {
        *port >= settings.unprivileged.max(1024)
            && !settings.ephemeral.contains(port)
            && !settings.is_reserved(*port)
            && !in_use.0[usize::from(*port)]
    };
    let mut ports: Vec<_> = registry::free().iter().flat_map(|r| r.0..=r.1).filter(fits).collect();
    ports.sort_by_key(|port| mix(seed ^ u64::from(*port)));
    ports.truncate(count);
    ports
}

/// The same on each run, and likely another on each host: made of the host's
/// name and its /etc/machine-id.
pub fn seed() -> u64 {
    let mut id = rustix::system::uname().nodename().to_bytes().to_vec();
    // Containers often have none; their names differ.
    id.extend(fs::read("/etc/machine-id").unwrap_or_default());
    id.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// The finalizer of MurmurHash3: every bit of `x` moves every bit of the result.
fn mix(mut x: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        x = (x ^ (x >> 33)).wrapping_mul(factor);
    }
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranks_are_murmur_hash_s() {
        // Computed by its definition in another language.
        assert_eq!([0, 1, 0xdead_beef].map(mix), [0, 0xb456_bcfc_34c2_cb2c, 0xd24b_d59f_862a_1dac]);
    }

    #[test]
    fn the_kernel_s_table_of_sockets() {
        let table = b"  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A 00000000\n  \
                      12: 00000000000000000000000001000000:0035 0000:0000 07\n garbage\n";
        let mut in_use = InUse::default();
        in_use.add_sockets(&mut &table[..]).unwrap();
        let ports: Vec<_> = (0..=u16::MAX).filter(|p| in_use.0[usize::from(*p)]).collect();
        assert_eq!(ports, [53, 8080]);
    }

    #[test]
    fn a_choice_keeps_all_rules_and_moves_little() {
        let settings = Settings::parse("32768 60999", "5000", "").unwrap();
        let all = choose(&settings, &InUse::default(), 1, usize::MAX);
        assert!(all.len() > 1000 && all.iter().all(|p| (5000..32768).contains(p)));
        let three = choose(&settings, &InUse::default(), 1, 3);
        assert_eq!(three, all[..3]);
        assert_ne!(choose(&settings, &InUse::default(), 2, 3), three);
        // A port that is taken meanwhile leaves the others where they were.
        let mut in_use = InUse::default();
        in_use.add(three[0]);
        assert_eq!(choose(&settings, &in_use, 1, 2), three[1..]);
        // A system that lets everyone use every port still has no service below 1024.
        let open = Settings::parse("32768 60999", "0", "").unwrap();
        let all = choose(&open, &InUse::default(), 1, usize::MAX);
        assert_eq!(all.iter().min().map(|p| *p >= 1024), Some(true));
        assert!(all.len() > 20_000 && all.iter().any(|p| *p < 5000));
        let reserved = Settings::parse("32768 60999", "5000", &format!("{}", three[0])).unwrap();
        assert_eq!(choose(&reserved, &InUse::default(), 1, 2), three[1..]);
    }
}
