//! A hosts file: however it arrives, and whether all of it is kept or only what
//! is asked, the answers are those of a plain reading, line by line.
use std::{collections::HashSet, io::BufReader, net::IpAddr};

use dnsall::net::hosts::{Hosts, Key};

/// The lines as hosts(5) describes them: an address, then names.
fn plainly(file: &[u8]) -> Vec<(IpAddr, Vec<&str>)> {
    let line = |line| {
        let text = std::str::from_utf8(<[u8]>::split(line, |byte| *byte == b'#').next()?).ok()?;
        let mut words = text.split_ascii_whitespace();
        Some((words.next()?.split('%').next()?.parse().ok()?, words.collect()))
    };
    file.split(|byte| *byte == b'\n').filter_map(line).collect()
}

/// Panics where that does not hold.
pub(crate) fn check(file: &[u8]) {
    let all = Hosts::read(file, None).expect("a slice can be read");
    let pieces = Hosts::read(BufReader::with_capacity(3, file), None).expect("a slice can be read");
    assert_eq!(all, pieces);
    let rows = plainly(file);
    assert_eq!(all.is_empty(), rows.is_empty());
    for (address, names) in rows.iter().take(20) {
        for name in names.iter().take(5).filter(|name| name.parse::<IpAddr>().is_err()) {
            let bare = name.strip_suffix('.').unwrap_or(name);
            let mut wanted = Vec::new();
            for (address, _) in rows.iter().filter(|(_, names)| names.iter().any(|n| n.eq_ignore_ascii_case(bare))) {
                if !wanted.contains(address) {
                    wanted.push(*address);
                }
            }
            assert_eq!(all.addresses(name), wanted, "{name}");
            let keys = HashSet::from([Key::of(name)]);
            assert_eq!(Hosts::read(file, Some(&keys)).expect("read before").addresses(name), wanted, "{name}");
        }
        let mut wanted: Vec<&str> = Vec::new();
        for name in rows.iter().filter(|(a, _)| a == address).flat_map(|(_, names)| names) {
            if !wanted.contains(name) {
                wanted.push(name);
            }
        }
        assert_eq!(all.names(*address), wanted, "{address}");
        let keys = HashSet::from([Key::Address(*address)]);
        assert_eq!(Hosts::read(file, Some(&keys)).expect("read before").names(*address), wanted, "{address}");
    }
}
