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

/// Bytes of a line; the longest of the registries' own has some 100.
const LINE: u64 = 4096;
/// Most bytes of a file; the NRO's has some 50 MB.
pub const BYTES: u64 = 256 << 20;
/// Records of a file; the NRO's had 574,416 in 2020.
const RECORDS: usize = 2 << 20;

/// What is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// IPv4 addresses.
    V4,
    /// IPv6 addresses.
    V6,
    /// AS numbers.
    Number,
}

/// Every kind, in the order of the enum.
pub const KINDS: [Kind; 3] = [Kind::V4, Kind::V6, Kind::Number];

impl Kind {
    /// As the files write it.
    pub fn name(self) -> &'static str {
        ["ipv4", "ipv6", "asn"][self as usize]
    }
}

/// What a registry has done with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Given to somebody who may give parts of it away.
    Allocated,
    /// Given to somebody to use.
    Assigned,
    /// In the registry's pool.
    Available,
    /// In the registry's pool, not to be given out now.
    Reserved,
    /// The file says nothing that is known here.
    Unknown,
}

impl Status {
    /// As the files write it; empty for what is unknown.
    pub fn name(self) -> &'static str {
        ["allocated", "assigned", "available", "reserved", ""][self as usize]
    }

    /// The status of this name.
    pub fn from_name(name: &str) -> Status {
        let all = [Status::Allocated, Status::Assigned, Status::Available, Status::Reserved];
        all.into_iter().find(|status| status.name() == name).unwrap_or(Status::Unknown)
    }

    /// Somebody holds such a block.
    pub fn is_given_out(self) -> bool {
        !matches!(self, Status::Available | Status::Reserved)
    }
}

/// A line of a file: one block and what its registry says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// The first address or AS number.
    pub first: u128,
    /// A length in bits of IPv6, else how many addresses or numbers.
    value: u32,
    /// When it was given out, YYYYMMDD in decimal; 0 where nobody says.
    pub date: u32,
    /// Two capitals, or two zero bytes where nobody says.
    pub country: [u8; 2],
    /// Who administers it.
    pub registry: Registry,
    /// What has become of it.
    pub status: Status,
    kind: Kind,
}

impl Record {
    /// The last address or AS number.
    pub fn last(&self) -> u128 {
        match self.kind {
            Kind::V6 => self.first | u128::MAX.checked_shr(self.value).unwrap_or(0),
            Kind::V4 | Kind::Number => self.first + u128::from(self.value) - 1,
        }
    }

    /// The country of who holds it; nothing where nobody does, or nobody says.
    pub fn given_to(&self) -> Option<&str> {
        let code = std::str::from_utf8(&self.country).ok()?;
        (self.status.is_given_out() && self.country != [0; 2]).then_some(code)
    }
}

/// The record that holds a number, of records that are sorted and disjoint.
pub fn find(records: &[Record], number: u128) -> Option<&Record> {
    records[..records.partition_point(|r| r.first <= number)].last().filter(|r| number <= r.last())
}

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
    /// The records of each kind in the order of [`KINDS`], sorted and disjoint.
    pub records: [Vec<Record>; 3],
    /// How many records of each kind the file had, those of IANA included.
    pub counts: [usize; 3],
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
        Delegated::read_up_to(from, BYTES)
    }

    fn read_up_to(from: impl BufRead, most: u64) -> Result<Delegated, Wrong> {
        let mut all = Delegated::default();
        let mut from = from.take(most + 1);
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
            let kind = KINDS.into_iter().find(|k| k.name() == kind);
            let kind = kind.ok_or_else(|| wrong("neither asn, ipv4 nor ipv6"))?;
            if country == "*" {
                said[kind as usize] = Some(value.parse().map_err(|_| wrong("a summary without a count"))?);
                continue;
            }
            all.counts[kind as usize] += 1;
            if all.counts.iter().sum::<usize>() > count {
                return Err(wrong("more records than the head line says"));
            }
            let value: u32 = value.parse().map_err(|_| wrong("no number where the size stands"))?;
            let first = first(kind, start, value).ok_or_else(|| wrong("not a range"))?;
            // Lines of IANA and the IETF stand in the NRO's file only.
            let found = if registry == "ietf" { Some(Registry::Iana) } else { Registry::from_name(registry) };
            let found = found.ok_or_else(|| wrong("unknown registry"))?;
            if whose.is_some_and(|whose| whose != found) {
                return Err(wrong("another registry's record"));
            }
            if found.is_regional() {
                all.of.insert(found);
                let (date, status) = (fields.get(5).map_or(0, |date| day(date)), fields.get(6).unwrap_or(&""));
                let (country, status) = (code(country), Status::from_name(status));
                // What nobody holds is the registry's pool (reserved, available): it is there to be given out.
                all.records[kind as usize].push(Record { first, value, date, country, registry: found, status, kind });
            }
        }
        let Some((_, count)) = head else { return Err(Wrong::File("empty".into())) };
        let records = all.counts.iter().sum::<usize>();
        if records != count {
            return Err(Wrong::File(format!("{records} records where the head line says {count}")));
        }
        for ((kind, said), seen) in KINDS.iter().zip(said).zip(all.counts) {
            if let Some(said) = said.filter(|said| *said != seen) {
                let kind = kind.name();
                return Err(Wrong::File(format!("{seen} {kind} records where the summary says {said}")));
            }
        }
        for records in &mut all.records {
            records.sort_unstable();
            if records.windows(2).any(|w| w[1].first <= w[0].last()) {
                return Err(Wrong::File("ranges overlap".into()));
            }
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
}

/// The first number of a record; nothing if the value is none or too large for it.
fn first(kind: Kind, start: &str, value: u32) -> Option<u128> {
    let fits = |first: u32| first.checked_add(value.checked_sub(1)?).map(|_| first.into());
    match kind {
        Kind::V4 => fits(start.parse::<Ipv4Addr>().ok()?.to_bits()),
        Kind::V6 => {
            let first = start.parse::<Ipv6Addr>().ok()?.to_bits();
            let host = u128::MAX.checked_shr(value).unwrap_or(0);
            ((1..=128).contains(&value) && first & host == 0).then_some(first)
        }
        Kind::Number => fits(start.parse().ok()?),
    }
}

/// `19940901`; 0 for what is no day, as `00000000` is none.
fn day(date: &str) -> u32 {
    let digits = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    let day = date.parse().ok().filter(|_| digits).unwrap_or(0);
    if day >= 19_000_101 && is_day(day / 10_000, day / 100 % 100, day % 100) { day } else { 0 }
}

/// Is there such a day in the calendar?
pub fn is_day(year: u32, month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && (1..=months(year)[month as usize - 1]).contains(&day)
}

/// The days of each month of a year.
pub fn months(year: u32) -> [u32; 12] {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/// The code of a country, in capitals; zero bytes for what is none.
fn code(country: &str) -> [u8; 2] {
    match country.as_bytes() {
        [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
            [a.to_ascii_uppercase(), b.to_ascii_uppercase()]
        }
        _ => [0; 2],
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
        assert_eq!((all.date.as_str(), all.counts, all.of), ("2026-09-13", [2, 1, 1], [Registry::Ripe].into()));
        let shown = all.records.map(|records| {
            let show = |r: &Record| {
                let (first, last) = (r.first, r.last());
                format!("{first:x}-{last:x} {} {:?} {} {}", r.registry, r.given_to(), r.date, r.status.name())
            };
            records.iter().map(show).collect::<Vec<_>>()
        });
        // The pool lies before the record.
        assert_eq!(
            shown[0],
            ["2000000-20fffff RIPE None 0 available", "2100000-217ffff RIPE Some(\"EU\") 20100712 allocated"]
        );
        assert_eq!(
            shown[1],
            ["2001067c02e800000000000000000000-2001067c02e8ffffffffffffffffffff RIPE Some(\"NL\") 20050101 assigned"]
        );
        assert_eq!(shown[2], ["d05-d05 RIPE Some(\"NL\") 19940901 allocated"]);
    }

    #[test]
    fn a_day_or_a_country_that_is_none_is_none() {
        assert_eq!(
            ["19940901", "00000000", "", "1994090", "19941301", "+1940901"].map(day),
            [19_940_901, 0, 0, 0, 0, 0]
        );
        let none = [0; 2];
        assert_eq!(
            ["NL", "nl", "ZZ", "", "N1", "NLD", "\u{e9}"].map(code),
            [*b"NL", *b"NL", *b"ZZ", none, none, none, none]
        );
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
                let [record] = all.records[2][..] else { panic!("{text}") };
                let seen = (record.first, record.last(), record.registry, all.date.as_str());
                assert_eq!(seen, (5536, 5536, Registry::from_name(name).unwrap(), "2021-07-08"), "{text}");
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
        assert_eq!(all.records.map(|records| records.len()), [2, 0, 1]);
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

    #[test]
    fn every_limit_is_reached_and_not_passed() {
        assert!(Delegated::read_up_to(FILE.as_bytes(), FILE.len() as u64).is_ok());
        let long = Delegated::read_up_to(FILE.as_bytes(), FILE.len() as u64 - 1).unwrap_err();
        assert_eq!(long.to_string(), "more than 256 MiB");
        for (length, why) in [(4096, "empty"), (4097, "line 1: a line of more than 4096 bytes")] {
            assert_eq!(parse(&format!("#{}\n", "x".repeat(length - 2))).unwrap_err(), why);
        }
        for (from, to, why) in [
            ("|4|19830705", "|2097152|19830705", "4 records where the head line says 2097152"),
            ("|4|19830705", "|2097153|19830705", "line 1: more records than there can be"),
            ("20260913", "2026091", "line 1: the head line has no date"),
            ("20260913", "202609131", "line 1: the head line has no date"),
            ("20260913", "2026091x", "line 1: the head line has no date"),
            ("2001:67c:2e8::|48", "2001:67c:2e8::|129", "line 8: not a range"),
            ("asn|3333|1|", "asn|4294967295|2|", "line 7: not a range"),
            ("asn|3333|1|", "asn|3333|0|", "line 7: not a range"),
        ] {
            assert_eq!(parse(&FILE.replacen(from, to, 1)).unwrap_err(), why, "{from} -> {to}");
        }
        for (from, to, kind, last) in [
            ("2.16.0.0|524288", "255.255.255.0|256", 0, u128::from(u32::MAX)),
            ("asn|3333|1|", "asn|4294967295|1|", 2, u128::from(u32::MAX)),
            ("2001:67c:2e8::|48", "2001:67c:2e8::7|128", 1, 0x2001_067c_02e8 << 80 | 7),
            ("2001:67c:2e8::|48", "8000::|1", 1, u128::MAX),
        ] {
            let all = parse(&FILE.replacen(from, to, 1)).unwrap();
            assert_eq!(all.records[kind].last().unwrap().last(), last, "{to}");
        }
        let days = ["19000101", "18991231", "20230001", "20231201", "20231301", "20230100", "20230131", "20230132"];
        assert_eq!(days.map(day), [19_000_101, 0, 0, 20_231_201, 0, 0, 20_230_131, 0]);
        let ends = ["20230430", "20230431", "20240229", "20230229", "20260230", "19000229", "20000229"];
        assert_eq!(ends.map(day), [20_230_430, 0, 20_240_229, 0, 0, 0, 20_000_229]);
    }

    #[test]
    fn only_who_holds_a_block_gives_it_a_country() {
        for (line, want) in [
            ("NL|asn|3333|1|19940901|allocated", Some("NL")),
            ("NL|asn|3333|1|19940901|assigned", Some("NL")),
            ("NL|asn|3333|1|19940901|available", None),
            ("NL|asn|3333|1|19940901|reserved", None),
            ("NL|asn|3333|1|19940901|lent", Some("NL")),
            ("NL|asn|3333|1", Some("NL")),
            ("|asn|3333|1|19940901|allocated", None),
        ] {
            let all = parse(&FILE.replacen("NL|asn|3333|1|19940901|allocated", line, 1)).unwrap();
            assert_eq!(all.records[2][0].given_to(), want, "{line}");
        }
    }

    #[test]
    fn a_record_is_found_at_both_its_ends() {
        let all = parse(FILE).unwrap();
        let found = |number: u128| find(&all.records[0], number).map(|record| record.first);
        // 2.0.0.0 and 2.16.0.0, which lie side by side, and what is around them.
        assert_eq!([0x1ff_ffff, 0x200_0000, 0x20f_ffff].map(found), [None, Some(0x200_0000), Some(0x200_0000)]);
        assert_eq!([0x210_0000, 0x217_ffff, 0x218_0000].map(found), [Some(0x210_0000), Some(0x210_0000), None]);
    }
}
