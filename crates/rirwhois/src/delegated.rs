//! The registries' statistics: files named delegated-RIR-extended-latest, or
//! the NRO's of all five.
//!
//! A line is `registry|cc|type|start|value|date|status[|id]`. The value of an
//! IPv4 line is a count of addresses, of an IPv6 line a prefix length, of an
//! AS number line a count. The head line and the summaries say how many lines
//! there must be, so a file that was cut on its way is noticed.
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
};

use super::registry::Registry;

/// Ranges of one kind, first and last number, each with its registry.
pub type Ranges = Vec<(u128, u128, Registry)>;

/// What one file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delegated {
    /// Its day, `YYYYMMDD`.
    pub date: String,
    /// IPv4 ranges, sorted and disjoint.
    pub v4: Ranges,
    /// IPv6 ranges, likewise.
    pub v6: Ranges,
    /// AS numbers, likewise.
    pub numbers: Ranges,
}

impl Delegated {
    /// Reads a file.
    ///
    /// # Errors
    /// The line, and why it can't be right.
    pub fn parse(text: &str) -> Result<Delegated, (usize, String)> {
        let mut all = Delegated::default();
        let mut said: BTreeMap<(Registry, String), usize> = BTreeMap::new();
        let mut seen: BTreeMap<(Registry, String), usize> = BTreeMap::new();
        let mut head: Option<usize> = None;
        let mut records = 0;
        for (i, line) in text.lines().enumerate() {
            let wrong = |why: &str| (i + 1, why.to_owned());
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split('|').collect();
            if head.is_none() {
                // 2|ripencc|1757800000|251234|19830705|20250913|+0200
                let [version, _, _, count, _, end, ..] = fields[..] else {
                    return Err(wrong("not a head line of statistics"));
                };
                if !version.starts_with('2') {
                    return Err(wrong("statistics of an unknown version"));
                }
                if end.len() != 8 || !digits(end) {
                    return Err(wrong("the head line has no date"));
                }
                head = Some(count.parse().map_err(|_| wrong("the head line has no count"))?);
                end.clone_into(&mut all.date);
                continue;
            }
            let [registry, country, kind, start, value, ..] = fields[..] else { return Err(wrong("too few fields")) };
            // The NRO's file has lines of IANA and the IETF, too.
            let registry = if registry == "ietf" { "iana" } else { registry };
            let registry = Registry::from_name(registry).ok_or_else(|| wrong("unknown registry"))?;
            if fields.get(5) == Some(&"summary") || country == "*" {
                let count = value.parse().map_err(|_| wrong("a summary without a count"))?;
                said.insert((registry, kind.to_owned()), count);
                continue;
            }
            records += 1;
            *seen.entry((registry, kind.to_owned())).or_default() += 1;
            let value: u32 = value.parse().map_err(|_| wrong("no number where the size stands"))?;
            let range = match kind {
                "ipv4" => {
                    start.parse::<Ipv4Addr>().ok().and_then(|a| span(a.to_bits().into(), value.into(), u32::MAX.into()))
                }
                "ipv6" => start.parse::<Ipv6Addr>().ok().and_then(|a| prefix(a.to_bits(), value)),
                "asn" => start.parse::<u32>().ok().and_then(|n| span(n.into(), value.into(), u32::MAX.into())),
                _ => return Err(wrong("neither asn, ipv4 nor ipv6")),
            };
            let (first, last) = range.ok_or_else(|| wrong("not a range"))?;
            // What nobody holds is the registry's pool (reserved, available): it is there to be given out.
            let to = match kind {
                "ipv4" => &mut all.v4,
                "ipv6" => &mut all.v6,
                _ => &mut all.numbers,
            };
            if registry.is_regional() {
                to.push((first, last, registry));
            }
        }
        let end = text.lines().count();
        match head {
            None => return Err((end, "empty".into())),
            // The NRO's count includes its summaries.
            Some(count) if count != records && count != records + said.len() => {
                return Err((end, format!("{records} records where the head line says {count}")));
            }
            Some(_) => {}
        }
        if let Some((key, count)) = said.iter().find(|(key, count)| seen.get(key).copied().unwrap_or(0) != **count) {
            let n = seen.get(key).copied().unwrap_or(0);
            return Err((end, format!("{n} {} records where the summary says {count}", key.1)));
        }
        for ranges in [&mut all.v4, &mut all.v6, &mut all.numbers] {
            ranges.sort_unstable();
            if ranges.windows(2).any(|w| w[1].0 <= w[0].1) {
                return Err((end, "ranges overlap".into()));
            }
        }
        Ok(all)
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// So many numbers from `first`.
fn span(first: u128, count: u128, top: u128) -> Option<(u128, u128)> {
    let last = first.checked_add(count.checked_sub(1)?)?;
    (last <= top).then_some((first, last))
}

fn prefix(first: u128, len: u32) -> Option<(u128, u128)> {
    let host = u128::MAX.checked_shr(len).filter(|_| (1..=128).contains(&len)).or((len == 128).then_some(0))?;
    (first & host == 0).then_some((first, first | host))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "2|ripencc|1757800000|4|19830705|20260913|+0200\nripencc|*|ipv4|*|2|summary\nripencc|*|asn|*|1|summary\n\
        ripencc|*|ipv6|*|1|summary\nripencc|EU|ipv4|2.16.0.0|524288|20100712|allocated|x\nripencc||ipv4|2.0.0.0|1048576||available|\n\
        ripencc|NL|asn|3333|1|19940901|allocated\nripencc|NL|ipv6|2001:67c:2e8::|48|20050101|assigned|y\n";

    #[test]
    fn counts_are_sizes_and_lengths() {
        let all = Delegated::parse(FILE).unwrap();
        assert_eq!(all.date, "20260913");
        assert_eq!(all.v4, [(0x0200_0000, 0x020f_ffff, Registry::Ripe), (0x0210_0000, 0x0217_ffff, Registry::Ripe)]);
        assert_eq!(all.numbers, [(3333, 3333, Registry::Ripe)]);
        let v6 = 0x2001_067c_02e8_u128 << 80;
        assert_eq!(all.v6, [(v6, v6 | u128::MAX >> 48, Registry::Ripe)]);
    }

    #[test]
    fn a_file_that_was_cut_or_changed_is_refused() {
        for (from, to) in [
            ("ripencc|NL|asn|3333|1|19940901|allocated\n", ""),
            ("ipv4|*|2|", "ipv4|*|3|"),
            ("524288", "x"),
            ("2.16.0.0", "2.15.0.0"),
            ("|48|", "|40|"),
            ("ripencc|NL", "example|NL"),
            ("2|ripencc", "3|ripencc"),
            ("20260913", "today"),
            ("524288", "4294967295"),
        ] {
            assert!(Delegated::parse(&FILE.replacen(from, to, 1)).is_err(), "{from} -> {to}");
        }
        assert!(Delegated::parse("").is_err());
        assert!(Delegated::parse("<html>").is_err());
    }
}
