//! The names that are built in, as tables made at compile time by build.rs.
//!
//! Three lists stand one behind the other: IANA's registry, a few names in
//! everyday use that it lacks, and the de facto names. Rows are counted through
//! all of them, so that the order of rows is the order of answers, and whoever
//! asks says at which row the lists end that he wants.
//!
//! No table holds a pointer, so that the loader has nothing to relocate, and
//! what a question doesn't touch is never read from the disk.
use super::{entry::Source, hash::hash};

mod table {
    use super::{Row, row};

    include!(concat!(env!("OUT_DIR"), "/table.rs"));
}

/// One name on one port or range, for some protocols.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    port: u16,
    name: u16,
    text: u16,
    next: u16,
    protos: u8,
    length: u8,
}

/// Only build.rs writes calls of it.
const fn row(port: u16, protos: u8, name: u16, length: u8, text: u16, next: u16) -> Row {
    Row { port, name, text, next, protos, length }
}

/// The protocols that the registry knows, in the order of their bits.
pub const PROTOS: [&str; 4] = ["tcp", "udp", "sctp", "dccp"];
/// The bit of a row that names no protocol: it answers for each of [`PROTOS`].
pub const ANY: u8 = 16;
/// The bit of a duplicate or historic name.
const ALIAS: u8 = 128;

/// The bit of a protocol, whatever its case.
pub fn bit(proto: &[u8]) -> Option<u8> {
    PROTOS.iter().position(|p| p.as_bytes().eq_ignore_ascii_case(proto)).map(|i| 1 << i)
}

/// The bits of rows that answer for `proto`.
pub fn mask(proto: Option<&str>) -> u8 {
    match proto {
        None => !ALIAS,
        Some(proto) => bit(proto.as_bytes()).map_or(0, |bit| bit | ANY),
    }
}

impl Row {
    /// The name of the service.
    pub fn name(self) -> &'static str {
        let at = usize::from(self.name);
        &table::NAMES[at..at + usize::from(self.length)]
    }

    /// The port; of a range its first.
    pub fn port(self) -> u16 {
        self.port
    }

    /// Does it answer for one of these protocols?
    pub fn is_for(self, mask: u8) -> bool {
        self.protos & mask != 0
    }

    /// Its bits out of [`PROTOS`] and [`ANY`].
    pub fn protos(self) -> u8 {
        self.protos & !ALIAS
    }

    /// Is the name a duplicate or historic one?
    pub fn is_alias(self) -> bool {
        self.protos & ALIAS != 0
    }

    /// What the registry says of the service.
    pub fn text(self) -> &'static str {
        let end = |i: usize| table::TEXT_ENDS[i] as usize;
        let i = usize::from(self.text);
        &table::TEXTS[if i == 0 { 0 } else { end(i - 1) }..end(i)]
    }
}

/// Where IANA's registry ends.
pub const REGISTERED: usize = table::REGISTERED;
/// Where the last of the lists ends.
pub const ALL: usize = table::ROWS.len();

/// The rows of IANA's registry, by port.
pub fn rows() -> &'static [Row] {
    &table::ROWS[..REGISTERED]
}

/// The rows of all lists.
pub fn all() -> &'static [Row] {
    &table::ROWS
}

/// The list that a row belongs to.
pub fn source(row: usize) -> Source {
    match row {
        0..REGISTERED => Source::Iana,
        REGISTERED..table::EVERYDAY => Source::Builtin,
        _ => Source::Defacto,
    }
}

/// The last port of a row; its port if it is no range.
pub fn last(row: usize) -> u16 {
    let range = table::RANGES.iter().find(|r| usize::from(r.0) == row);
    range.map_or(table::ROWS[row].port, |r| r.1)
}

/// The rows of a name before the row `end`, whatever its case, in order.
pub fn named(name: &[u8], end: usize) -> impl Iterator<Item = usize> + use<> {
    let mut next = find(name, hash(name)).filter(|row| *row < end);
    std::iter::from_fn(move || {
        let row = next?;
        // Rows are linked forward, so no row is followed by the first.
        next = Some(usize::from(table::ROWS[row].next)).filter(|n| *n != 0 && *n < end);
        Some(row)
    })
}

/// The rows of a port before the row `end`: of the registry, then those of its
/// ranges, then of the other lists.
pub fn at(port: u16, end: usize) -> impl Iterator<Item = usize> {
    let exact = move |from: usize, to: usize| {
        let first = from + table::ROWS[from..to].partition_point(|r| r.port < port);
        (first..to).take_while(move |row| table::ROWS[*row].port == port)
    };
    let inside = move |r: &&(u16, u16)| table::ROWS[usize::from(r.0)].port < port && port <= r.1;
    let ranges = table::RANGES.iter().filter(inside).map(|r| usize::from(r.0));
    let others = (end == ALL).then(|| exact(REGISTERED, table::EVERYDAY).chain(exact(table::EVERYDAY, ALL)));
    exact(0, end.min(REGISTERED)).chain(ranges.take_while(move |row| *row < end)).chain(others.into_iter().flatten())
}

/// The port of a name, out of the rows before `end`: the lowest registered one,
/// where it has several.
pub fn port_of(name: &[u8], mask: u8, end: usize) -> Option<u16> {
    named(name, end).map(|row| table::ROWS[row]).find(|r| r.is_for(mask)).map(|r| r.port)
}

/// The name of a port, out of the rows before `end`: the first active
/// registered one, where it has several.
pub fn name_of(port: u16, mask: u8, end: usize) -> Option<&'static str> {
    at(port, end).map(|row| table::ROWS[row]).find(|r| r.is_for(mask)).map(Row::name)
}

/// Ranges of ports that are unassigned for TCP and UDP and have no name, ascending.
pub fn free() -> &'static [(u16, u16)] {
    &table::FREE
}

/// The first row of a name, whose [`hash`] is `hash`.
pub fn find(name: &[u8], hash: usize) -> Option<usize> {
    let mut slot = hash % table::SLOTS.len();
    loop {
        let row = usize::from(table::SLOTS[slot].checked_sub(1)?);
        if like(table::ROWS[row].name().as_bytes(), name) {
            return Some(row);
        }
        slot = (slot + 1) % table::SLOTS.len();
    }
}

/// Do two names differ in case at most? Most names come as they are registered.
pub fn like(a: &[u8], b: &[u8]) -> bool {
    a == b || a.eq_ignore_ascii_case(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    /// The records of a table of data/, each cut into its columns.
    fn records(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
        text.lines().skip(2).map(|line| line.split('\t').collect())
    }

    const SERVICES: &str = include_str!("../../data/services.tsv");
    const DEFACTO: &str = include_str!("../../data/defacto.tsv");

    fn ports(text: &str) -> (u16, u16) {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        (first.parse().unwrap(), last.parse().unwrap())
    }

    #[test]
    fn every_row_is_found_both_ways() {
        for (i, row) in all().iter().enumerate() {
            assert!(named(row.name().to_ascii_uppercase().as_bytes(), ALL).any(|r| r == i), "{row:?}");
            assert!(at(row.port, ALL).any(|r| r == i), "{row:?}");
            assert!(at(last(i), ALL).any(|r| r == i), "{row:?}");
            assert_eq!(named(row.name().as_bytes(), i).chain(at(row.port, REGISTERED.min(i))).find(|r| *r >= i), None);
        }
    }

    #[test]
    fn the_compact_form_says_what_the_table_says() {
        // Of each name and protocol the lowest port, of each port and protocol the first active name.
        let (mut by_name, mut by_port) = (HashMap::new(), HashMap::new());
        let named: Vec<_> = records(SERVICES).filter(|r| !r[0].is_empty()).collect();
        let (aliases, active): (Vec<_>, Vec<_>) = named.iter().partition(|r| r[3] == "alias");
        let mut in_range = HashMap::new();
        for r in active.iter().chain(&aliases) {
            let (first, last) = ports(r[1]);
            let lowest = by_name.entry((r[0], r[2])).or_insert(first);
            *lowest = first.min(*lowest);
            by_port.entry((first, r[2])).or_insert(r[0]);
            (first + 1..=last).for_each(|port| {
                in_range.entry((port, r[2])).or_insert(r[0]);
            });
        }
        assert!(by_name.len() > 11_000 && by_port.len() > 11_000);
        let mask_of = |proto: &str| if proto.is_empty() { ANY } else { mask(Some(proto)) };
        for ((name, proto), port) in by_name {
            assert_eq!(port_of(name.as_bytes(), mask_of(proto), REGISTERED), Some(port), "{name}/{proto}");
        }
        for ((port, proto), name) in &by_port {
            assert_eq!(name_of(*port, mask_of(proto), REGISTERED), Some(*name), "{port}/{proto}");
        }
        assert_eq!(in_range.len(), 63 * 2 + 4 + 59 + 99 + 9 + 4 + 3);
        for ((port, proto), name) in in_range.iter().filter(|(key, _)| !by_port.contains_key(*key)) {
            assert_eq!(name_of(*port, mask_of(proto), REGISTERED), Some(*name), "{port}/{proto}");
        }
        let texts: HashSet<_> = named.iter().map(|r| (r[0], ports(r[1]).0, r[4])).collect();
        let got: HashSet<_> = rows().iter().map(|r| (r.name(), r.port, r.text())).collect();
        assert_eq!(texts, got);
    }

    #[test]
    fn what_the_registry_says() {
        let all = mask(None);
        let port_of = |name: &str, mask| port_of(name.as_bytes(), mask, REGISTERED);
        let name_of = |port, mask| name_of(port, mask, REGISTERED);
        assert_eq!(port_of("http", all), Some(80));
        assert_eq!(name_of(80, all), Some("http"));
        // Two ports: the lowest. Two names: the first that is no duplicate.
        assert_eq!(port_of("msp", all), Some(18));
        assert_eq!(name_of(113, mask(Some("tcp"))), Some("ident"));
        assert_eq!(name_of(113, mask(Some("udp"))), Some("auth"));
        assert_eq!(port_of("X11", all), Some(6000));
        assert_eq!(name_of(6063, mask(Some("udp"))), Some("x11"));
        assert_eq!(name_of(6064, all), Some("ndl-ahp-svc"));
        assert_eq!(name_of(6400, mask(Some("sctp"))), Some("boe-cms"));
        assert_eq!(name_of(5555, all), Some("personal-agent"));
        assert_eq!(port_of("914C/G", all), Some(211));
        assert_eq!(port_of("http", mask(Some("dccp"))), None);
        assert_eq!(port_of("http", mask(Some("ddp"))), None);
        assert_eq!(port_of("", all), None);
        assert_eq!(name_of(0, all), None);
        // These stand in the other lists alone.
        assert_eq!((port_of("whois", all), port_of("rdp", all), port_of("wireguard", all)), (None, None, None));
        assert_eq!((name_of(51820, all), name_of(25565, all)), (None, None));
    }

    #[test]
    fn the_other_lists_answer_last() {
        let all = mask(None);
        assert_eq!(port_of(b"whois", all, ALL), Some(43));
        assert_eq!(port_of(b"wireguard", mask(Some("udp")), ALL), Some(51820));
        assert_eq!(port_of(b"wireguard", mask(Some("tcp")), ALL), None);
        assert_eq!(name_of(51820, all, ALL), Some("wireguard"));
        assert_eq!(name_of(6443, all, ALL), Some("sun-sr-https"));
        assert_eq!(port_of(b"nomad", all, ALL), Some(5209));
        let names: Vec<_> = at(6443, ALL).map(|i| (self::all()[i].name(), source(i).name())).collect();
        assert_eq!(names, [("sun-sr-https", "iana"), ("kube-apiserver", "defacto")]);
        assert_eq!(at(6443, REGISTERED).count(), 1);
        assert_eq!((at(80, 0).next(), named(b"http", 0).next(), at(6010, 0).next()), (None, None, None));
        // A registered name at a port is never hidden.
        for port in 0..=u16::MAX {
            assert_eq!(name_of(port, all, REGISTERED).or(name_of(port, all, ALL)), name_of(port, all, ALL), "{port}");
        }
    }

    #[test]
    fn every_de_facto_name_has_its_project_s_documentation() {
        let mut seen = HashSet::new();
        for r in records(DEFACTO) {
            let [name, port, proto, text, source] = r[..] else { panic!("{r:?}") };
            assert!(source.starts_with("https://") && source.contains('.') && !text.is_empty(), "{name}");
            assert!(seen.insert((name, port, proto)), "{name}: twice");
            let port = port.parse().unwrap();
            let here = at(port, ALL).find(|i| all()[*i].name() == name && all()[*i].is_for(mask(Some(proto))));
            assert_eq!(here.map(|i| (source_name(i), all()[i].text())), Some(("defacto", text)), "{name}");
            assert!(!at(port, REGISTERED).any(|i| like(all()[i].name().as_bytes(), name.as_bytes())), "{name}");
        }
        assert!(seen.len() >= 60);
    }

    fn source_name(row: usize) -> &'static str {
        source(row).name()
    }

    #[test]
    fn a_free_port_has_no_name() {
        let count: usize = free().iter().map(|r| usize::from(r.1 - r.0) + 1).sum();
        assert!(free().len() > 800 && count > 40_000);
        for port in free().iter().flat_map(|r| r.0..=r.1) {
            assert_eq!(name_of(port, mask(None), ALL), None);
            assert!(port != 0 && port != 1023 && port != 1024 && port < 49151);
        }
        assert!(free().is_sorted() && !free().iter().any(|r| (r.0..=r.1).contains(&25565)));
        // 10 is unassigned, 11 is systat, 1 is tcpmux; 4 is unassigned for both protocols.
        let is_free = |port: u16| free().iter().any(|r| (r.0..=r.1).contains(&port));
        assert_eq!([4, 10, 11, 1, 24].map(is_free), [true, true, false, false, false]);
    }
}
