//! IANA's registry of service names, as tables made at compile time.
//!
//! No table holds a pointer, so that the loader has nothing to relocate, and
//! what a question doesn't touch is never read from the disk.
#[rustfmt::skip]
mod table;

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

/// Only [`table`] makes them.
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
    /// The name.
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

/// Every row, by port.
pub fn rows() -> &'static [Row] {
    &table::ROWS
}

/// The last port of a row; its port if it is no range.
pub fn last(row: usize) -> u16 {
    let range = table::RANGES.iter().find(|r| usize::from(r.0) == row);
    range.map_or(table::ROWS[row].port, |r| r.1)
}

/// The rows of a name, whatever its case, by port.
pub fn named(name: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let mut next = find(name, hash(name));
    std::iter::from_fn(move || {
        let row = next?;
        // Rows are linked forward, so no row is followed by the first.
        next = Some(usize::from(table::ROWS[row].next)).filter(|n| *n != 0);
        Some(row)
    })
}

/// The rows of a port, those of ranges last.
pub fn at(port: u16) -> impl Iterator<Item = usize> {
    let from = table::ROWS.partition_point(|r| r.port < port);
    let exact = (from..table::ROWS.len()).take_while(move |row| table::ROWS[*row].port == port);
    let inside = move |r: &&(u16, u16)| table::ROWS[usize::from(r.0)].port < port && port <= r.1;
    exact.chain(table::RANGES.iter().filter(inside).map(|r| usize::from(r.0)))
}

/// The port of a name: the lowest, where it has several.
pub fn port_of(name: &[u8], mask: u8) -> Option<u16> {
    named(name).map(|row| table::ROWS[row]).find(|r| r.is_for(mask)).map(|r| r.port)
}

/// The name of a port: the first active one, where it has several.
pub fn name_of(port: u16, mask: u8) -> Option<&'static str> {
    at(port).map(|row| table::ROWS[row]).find(|r| r.is_for(mask)).map(Row::name)
}

/// Ranges of ports that are unassigned for TCP and UDP, ascending.
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

/// FNV-1a over the letters in lower case, as `cargo xtask registries` has it.
pub fn hash(name: &[u8]) -> usize {
    finish(name.iter().fold(SEED, |h, b| step(h, *b)))
}

/// What a hash begins with.
pub const SEED: u32 = 0x811c_9dc5;

/// Takes one more byte into a hash.
pub fn step(h: u32, b: u8) -> u32 {
    (h ^ u32::from(b | 0x20)).wrapping_mul(0x0100_0193)
}

/// The hash when all bytes are in.
pub fn finish(h: u32) -> usize {
    (h ^ (h >> 15)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_both_ways() {
        for (i, row) in rows().iter().enumerate() {
            assert!(named(row.name().to_ascii_uppercase().as_bytes()).any(|r| r == i), "{row:?}");
            assert!(at(row.port).any(|r| r == i), "{row:?}");
            assert!(at(last(i)).any(|r| r == i), "{row:?}");
            assert!(!row.text().starts_with(' '));
        }
    }

    #[test]
    fn what_the_registry_says() {
        let all = mask(None);
        assert_eq!(port_of(b"http", all), Some(80));
        assert_eq!(name_of(80, all), Some("http"));
        // Two ports: the lowest. Two names: the first that is no duplicate.
        assert_eq!(port_of(b"msp", all), Some(18));
        assert_eq!(name_of(113, mask(Some("tcp"))), Some("ident"));
        assert_eq!(name_of(113, mask(Some("udp"))), Some("auth"));
        assert_eq!(port_of(b"X11", all), Some(6000));
        assert_eq!(name_of(6063, mask(Some("udp"))), Some("x11"));
        assert_eq!(name_of(6064, all), Some("ndl-ahp-svc"));
        assert_eq!(name_of(6400, mask(Some("sctp"))), Some("boe-cms"));
        assert_eq!(name_of(5555, all), Some("personal-agent"));
        assert_eq!(port_of(b"914C/G", all), Some(211));
        assert_eq!(port_of(b"http", mask(Some("dccp"))), None);
        assert_eq!(port_of(b"http", mask(Some("ddp"))), None);
        assert_eq!(port_of(b"whois", all), None);
        assert_eq!(port_of(b"", all), None);
        assert_eq!(name_of(0, all), None);
    }

    #[test]
    fn a_free_port_has_no_name() {
        assert!(free().len() > 800);
        for port in free().iter().flat_map(|r| r.0..=r.1) {
            assert_eq!(name_of(port, mask(Some("tcp"))).or(name_of(port, mask(Some("udp")))), None);
            assert!(port != 0 && port != 1023 && port != 1024 && port < 49151);
        }
    }
}
