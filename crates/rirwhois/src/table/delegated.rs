//! The registries' statistics: files named delegated-RIR-extended-latest, or
//! the NRO's of all five, nro-delegated-stats.
//!
//! A line is `registry|cc|type|start|value|date|status[|id]`. The value of an
//! IPv4 line is a count of addresses, of an IPv6 line a prefix length, of an
//! AS number line a count. The head line and the summaries say how many lines
//! there must be, so a file that was cut on its way is noticed. The order of
//! the lines means nothing: what RIPE and AFRINIC publish is not quite sorted.
use std::{
    collections::BTreeSet,
    fmt,
    io::{self, BufRead, Read as _},
    net::{Ipv4Addr, Ipv6Addr},
};

use super::registry::Registry;

/// Ranges of one kind, first and last number, each with its registry.
pub type Ranges = Vec<(u128, u128, Registry)>;

/// Bytes of a line; the longest of the registries' own has some 100.
const LINE: u64 = 4096;
/// Most bytes of a file; the NRO's has some 50 MB.
pub const BYTES: u64 = 256 << 20;
/// Records of a file; the NRO's had 574,416 in 2020.
const RECORDS: usize = 2 << 20;

/// The kinds of numbers, as the files write them.
const KINDS: [&str; 3] = ["ipv4", "ipv6", "asn"];

/// What one file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delegated {
    /// Whose numbers: one registry, or all that the NRO's file has lines of.
    pub of: BTreeSet<Registry>,
    /// Those of them of which it lists so little that it can't be all they have:
    /// what it doesn't list stays theirs.
    pub partly: BTreeSet<Registry>,
    /// Its day, `YYYY-MM-DD`.
    pub date: String,
    /// IPv4 ranges, sorted and disjoint, neighbours of one registry joined.
    pub v4: Ranges,
    /// IPv6 ranges, likewise.
    pub v6: Ranges,
    /// AS numbers, likewise.
    pub numbers: Ranges,
    /// How many records of IPv4, IPv6 and AS numbers there were.
    pub records: [usize; 3],
}

/// Why a file is no statistics.
#[derive(Debug)]
pub enum Wrong {
    /// This line, counted from 1.
    Line(usize, String),
    /// All of it.
    File(String),
    /// It can't be read.
    Io(io::Error),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Line(line, why) => write!(f, "line {line}: {why}"),
            Wrong::File(why) => f.write_str(why),
            Wrong::Io(e) => e.fmt(f),
        }
    }
}

impl Delegated {
    /// Reads a file in one pass, whatever its size.
    ///
    /// # Errors
    /// It can't be read, or why it can't be right.
    pub fn read(from: impl BufRead) -> Result<Delegated, Wrong> {
        let mut all = Delegated::default();
        let mut from = from.take(BYTES + 1);
        // What the head line says: whose it is, nothing for the NRO's, and the number of records.
        let mut head: Option<(Option<Registry>, usize)> = None;
        let mut said = [None::<usize>; 3];
        let (mut number, mut bytes) = (0, Vec::new());
        loop {
            bytes.clear();
            let n = from.by_ref().take(LINE + 1).read_until(b'\n', &mut bytes).map_err(Wrong::Io)?;
            number += 1;
            let wrong = |why: &str| Wrong::Line(number, why.to_owned());
            if from.limit() == 0 {
                return Err(Wrong::File(format!("more than {} MiB", BYTES >> 20)));
            }
            if n as u64 > LINE {
                return Err(wrong("a line of more than 4096 bytes"));
            }
            if n == 0 {
                break;
            }
            let line = std::str::from_utf8(&bytes).map_err(|_| wrong("invalid UTF-8"))?.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split('|').collect();
            let Some((whose, count)) = head else {
                head = Some(all.head(&fields).map_err(wrong)?);
                continue;
            };
            let [registry, country, kind, start, value, ..] = fields[..] else { return Err(wrong("too few fields")) };
            let kind = KINDS.iter().position(|k| *k == kind).ok_or_else(|| wrong("neither asn, ipv4 nor ipv6"))?;
            if country == "*" {
                said[kind] = Some(value.parse().map_err(|_| wrong("a summary without a count"))?);
                continue;
            }
            all.records[kind] += 1;
            if all.records.iter().sum::<usize>() > count {
                return Err(wrong("more records than the head line says"));
            }
            let value: u32 = value.parse().map_err(|_| wrong("no number where the size stands"))?;
            let (first, last) = range(kind, start, value).ok_or_else(|| wrong("not a range"))?;
            // Lines of IANA and the IETF stand in the NRO's file only.
            let found = if registry == "ietf" { Some(Registry::Iana) } else { Registry::from_name(registry) };
            let found = found.ok_or_else(|| wrong("unknown registry"))?;
            if whose.is_some_and(|whose| whose != found) {
                return Err(wrong("another registry's record"));
            }
            if found.is_regional() {
                all.of.insert(found);
                // What nobody holds is the registry's pool (reserved, available): it is there to be given out.
                push(all.lists()[kind], (first, last, found));
            }
        }
        let Some((_, count)) = head else { return Err(Wrong::File("empty".into())) };
        let records = all.records.iter().sum::<usize>();
        if records != count {
            return Err(Wrong::File(format!("{records} records where the head line says {count}")));
        }
        for ((kind, said), seen) in KINDS.iter().zip(said).zip(all.records) {
            if let Some(said) = said.filter(|said| *said != seen) {
                return Err(Wrong::File(format!("{seen} {kind} records where the summary says {said}")));
            }
        }
        for ranges in all.lists() {
            ranges.sort_unstable();
            if ranges.windows(2).any(|w| w[1].0 <= w[0].1) {
                return Err(Wrong::File("ranges overlap".into()));
            }
            let sorted = std::mem::take(ranges);
            sorted.into_iter().for_each(|range| push(ranges, range));
        }
        Ok(all)
    }

    /// `2|ripencc|1757800000|251234|19830705|20250913|+0200`: whose it is, and how many records follow.
    fn head(&mut self, fields: &[&str]) -> Result<(Option<Registry>, usize), &'static str> {
        let [version, registry, _, count, _, end, ..] = fields[..] else { return Err("not a head line of statistics") };
        if !matches!(version, "2" | "2.3") {
            return Err("statistics of an unknown version");
        }
        let whose = match registry {
            "nro" => None,
            name => Some(Registry::from_name(name).filter(|r| r.is_regional()).ok_or("no regional registry's")?),
        };
        let date = (end.len() == 8 && end.bytes().all(|b| b.is_ascii_digit())).then_some(end);
        let date = date.ok_or("the head line has no date")?;
        self.date = format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]);
        let count = count.parse().map_err(|_| "the head line has no count")?;
        if count > RECORDS {
            return Err("more records than there can be");
        }
        Ok((whose, count))
    }

    fn lists(&mut self) -> [&mut Ranges; 3] {
        [&mut self.v4, &mut self.v6, &mut self.numbers]
    }
}

/// Adds a range, to its neighbour where that is of the same registry.
fn push(ranges: &mut Ranges, (first, last, registry): (u128, u128, Registry)) {
    match ranges.last_mut() {
        Some(before) if before.2 == registry && before.1.checked_add(1) == Some(first) => before.1 = last,
        _ => ranges.push((first, last, registry)),
    }
}

/// The first and the last number of a record.
fn range(kind: usize, start: &str, value: u32) -> Option<(u128, u128)> {
    let span = |first: u32| Some((first.into(), first.checked_add(value.checked_sub(1)?)?.into()));
    match kind {
        0 => span(start.parse::<Ipv4Addr>().ok()?.to_bits()),
        1 => {
            let first = start.parse::<Ipv6Addr>().ok()?.to_bits();
            let host = u128::MAX.checked_shr(value).unwrap_or(0);
            ((1..=128).contains(&value) && first & host == 0).then_some((first, first | host))
        }
        _ => span(start.parse().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "2|ripencc|1757800000|4|19830705|20260913|+0200\nripencc|*|ipv4|*|2|summary\nripencc|*|asn|*|1|summary\n\
        ripencc|*|ipv6|*|1|summary\nripencc|EU|ipv4|2.16.0.0|524288|20100712|allocated|x\nripencc||ipv4|2.0.0.0|1048576||available|\n\
        ripencc|NL|asn|3333|1|19940901|allocated\nripencc|NL|ipv6|2001:67c:2e8::|48|20050101|assigned|y\n";

    fn parse(text: &str) -> Result<Delegated, String> {
        Delegated::read(text.as_bytes()).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn counts_are_sizes_and_lengths() {
        let all = parse(FILE).unwrap();
        assert_eq!((all.date.as_str(), all.records, all.of), ("2026-09-13", [2, 1, 1], [Registry::Ripe].into()));
        // The pool lies before the record, and joins it.
        assert_eq!(all.v4, [(0x0200_0000, 0x0217_ffff, Registry::Ripe)]);
        assert_eq!(all.numbers, [(3333, 3333, Registry::Ripe)]);
        let v6 = 0x2001_067c_02e8_u128 << 80;
        assert_eq!(all.v6, [(v6, v6 | u128::MAX >> 48, Registry::Ripe)]);
    }

    #[test]
    fn each_registry_writes_it_in_its_own_way() {
        // AFRINIC has no first day and an odd zone, APNIC comments and neither serial nor country of its pool;
        // lines may end in CR LF.
        for (head, name, record) in [
            ("2|afrinic|20210708|1|00000000|20210708|00000", "afrinic", "afrinic|ZZ|asn|5536|1||available|"),
            (
                "#\n# CONDITIONS OF USE\n#\n2.3|apnic|20210708|1||20210708|+1000",
                "apnic",
                "apnic||asn|5536|1||available|",
            ),
            ("2.3|arin|1539406814230|1|19700101|20210708|-0400", "arin", "arin||asn|5536|1||reserved|"),
            (
                "2.3|lacnic|20210708|1|19870101|20210708|-0300",
                "lacnic",
                "lacnic|BR|asn|5536|1|19960101|allocated|64218",
            ),
        ] {
            let text = format!("{head}\n{name}|*|asn|*|1|summary\n{record}\n");
            for text in [text.clone(), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
                let all = parse(&text).unwrap();
                let registry = Registry::from_name(name).unwrap();
                assert_eq!((all.numbers, all.date.as_str()), (vec![(5536, 5536, registry)], "2021-07-08"), "{text}");
            }
        }
    }

    #[test]
    fn the_nros_file_has_all_five_and_iana() {
        let text = "2|nro|20260929|6|19821213|20260929|+0000\nnro|*|asn|*|1|summary\nnro|*|ipv4|*|4|summary\nnro|*|ipv6|*|1|summary\n\
            arin|US|asn|7018|1|19960628|assigned|B1|e-stats\napnic|AU|ipv4|1.0.0.0|256|20110811|assigned|C1|e-stats\n\
            iana|ZZ|ipv4|10.0.0.0|16777216|19950501|reserved|ietf|iana\nietf|ZZ|ipv4|127.0.0.0|16777216||reserved||iana\n\
            ripencc|DE|ipv4|2.16.0.0|524288|20100712|allocated|x|e-stats\niana|ZZ|ipv6|2d00::|8||ianapool||iana\n";
        let all = parse(text).unwrap();
        assert_eq!(all.of, [Registry::Apnic, Registry::Arin, Registry::Ripe].into());
        assert_eq!((all.v4.len(), all.v6.len(), all.numbers.len()), (2, 0, 1));
        assert!(parse(&text.replace("nro|*|ipv4|*|4", "nro|*|ipv4|*|3")).is_err());
    }

    #[test]
    fn a_file_that_was_cut_or_changed_is_refused() {
        for (from, to, why) in [
            ("ripencc|NL|asn|3333|1|19940901|allocated\n", "", "3 records where the head line says 4"),
            ("|4|19830705", "|3|19830705", "line 8: more records than the head line says"),
            ("ipv4|*|2|", "ipv4|*|3|", "2 ipv4 records where the summary says 3"),
            ("524288", "x", "line 5: no number where the size stands"),
            ("524288", "0", "line 5: not a range"),
            ("2.16.0.0", "2.15.0.0", "ranges overlap"),
            ("2.16.0.0|524288", "2.0.0.0|1048576", "ranges overlap"),
            ("|48|", "|40|", "line 8: not a range"),
            ("|48|", "|0|", "line 8: not a range"),
            ("ripencc|NL", "example|NL", "line 7: unknown registry"),
            ("ripencc|NL", "arin|NL", "line 7: another registry's record"),
            ("2|ripencc", "3|ripencc", "line 1: statistics of an unknown version"),
            ("2|ripencc", "2|iana", "line 1: no regional registry's"),
            ("20260913", "today", "line 1: the head line has no date"),
            ("2.16.0.0|524288", "255.255.255.0|257", "line 5: not a range"),
            ("|4|19830705", "|9999999|19830705", "line 1: more records than there can be"),
            ("allocated\n", "allocated\n<html>\n", "line 8: too few fields"),
        ] {
            assert_eq!(parse(&FILE.replacen(from, to, 1)).unwrap_err(), why, "{from} -> {to}");
        }
        assert_eq!(parse("").unwrap_err(), "empty");
        assert_eq!(parse("# only words\n").unwrap_err(), "empty");
        assert_eq!(parse("<html>").unwrap_err(), "line 1: not a head line of statistics");
        assert_eq!(Delegated::read(&b"\x1f\x8b\x08\0"[..]).unwrap_err().to_string(), "line 1: invalid UTF-8");
    }

    #[test]
    fn a_line_without_an_end_has_one_here() {
        let zeros = io::BufReader::new(io::repeat(0));
        assert_eq!(Delegated::read(zeros).unwrap_err().to_string(), "line 1: a line of more than 4096 bytes");
    }
}
