//! What --update wrote: who administers what, and what each registry's
//! statistics say of single blocks.
//!
//! The file is text, so that anybody can look at it. A head line and the day of
//! each registry's statistics; for each kind of number where every run of one
//! registry begins; then for each kind a line for every block: first and last
//! number in hexadecimal, country, day and state, with `-` for what nobody
//! says. The lines of blocks are only read when something asks for them.
use std::{
    borrow::Cow,
    fmt::Write as _,
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _},
    path::Path,
};

use plainnet_common::{output, text};

use super::{
    delegated::{KINDS, is_day, months},
    lookup::{Dates, Runs, Table},
    records::{Records, Source},
    registry::{ALL, Registry},
};
use crate::spec::SPEC;

/// How the file begins.
const MAGIC: &str = "rirwhois table 3";

/// Where the file stands in the folder of `XDG_DATA_HOME`.
pub const FILE: &str = "rirwhois/table";

/// Most bytes of that file; five registries need some 30 MB.
const LIMIT: u64 = 128 << 20;

/// The table at `path`, if there is one and the embedded one is newer in
/// nothing. A file that can't be used is told.
pub fn load(path: &Path) -> Table {
    let own = Table::default();
    let why = match open(path) {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return own,
        Err(e) => output::reason(&e).to_string(),
        Ok(Some(table)) if table.dates().iter().zip(own.dates()).all(|(kept, own)| kept >= own) => return table,
        Ok(Some(_)) => return own,
        Ok(None) => "damaged".to_owned(),
    };
    let name = text::shown(path.as_os_str().as_encoded_bytes());
    output::say(SPEC.name, format_args!("{name}: {why}, the embedded table is used"));
    own
}

/// What `--version` says of the table at `path`, a line; nothing if it is not in use.
pub fn version(path: &Path) -> String {
    let table = load(path);
    if table.dates() == Table::default().dates() {
        return String::new();
    }
    let dates = ALL.iter().zip(table.dates()).map(|(registry, date)| format!("{registry} {date}"));
    let dates = dates.collect::<Vec<_>>().join(", ");
    let name = text::shown(path.as_os_str().as_encoded_bytes());
    format!("{name}, by --update from the delegated statistics: {dates}\n")
}

/// Nothing for a file that is damaged.
fn open(path: &Path) -> io::Result<Option<Table>> {
    // Neither a pipe that nobody writes to nor /dev/zero is a table.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > LIMIT {
        return Err(io::Error::other(format!("more than {} MiB", LIMIT >> 20)));
    }
    let copy = file.try_clone()?;
    read(BufReader::with_capacity(1 << 16, file), size, Source::File(copy))
}

/// Reads all but the lines of blocks, which are read from `source` when they are needed.
fn read(mut from: impl io::BufRead, size: u64, source: Source) -> io::Result<Option<Table>> {
    let (mut at, mut line) = (0, String::new());
    // A line of the head, or nothing for what is none.
    let mut next = || -> io::Result<Option<String>> {
        line.clear();
        let n = match from.by_ref().take(256).read_line(&mut line) {
            Err(e) if e.kind() == io::ErrorKind::InvalidData => return Ok(None),
            n => n?,
        };
        at += n as u64;
        Ok(line.strip_suffix('\n').map(str::to_owned))
    };
    macro_rules! some {
        ($value:expr) => {
            match $value {
                Some(value) => value,
                None => return Ok(None),
            }
        };
    }
    match some!(next()?) {
        magic if magic == MAGIC => {}
        magic if magic.starts_with("rirwhois table ") && !magic.starts_with(MAGIC) => {
            return Err(io::Error::other("made by another version"));
        }
        _ => return Ok(None),
    }
    let dates = some!(next()?);
    let dates = dates.split(' ').map(|date| days(date).map(|_| Cow::Owned(date.to_owned())));
    let dates = some!(dates.collect::<Option<Vec<_>>>().and_then(|dates| Dates::try_from(dates).ok()));
    let mut runs = [const { Runs::new() }; 3];
    for (kind, rows) in KINDS.into_iter().zip(&mut runs) {
        let head = some!(next()?);
        let count = head.strip_prefix(kind.name()).and_then(|rest| rest.trim().parse::<usize>().ok());
        for _ in 0..some!(count) {
            let line = some!(next()?);
            let run = line.split_once(' ').and_then(|(first, registry)| {
                Some((u128::from_str_radix(first, 16).ok()?, Registry::from_name(registry)?))
            });
            let run = some!(run);
            // The first run begins at 0, and each of the others behind the one before it.
            if rows.last().map_or(run.0 != 0, |last| run.0 <= last.0) {
                return Ok(None);
            }
            rows.push(run);
        }
    }
    let mut lengths = [0; 3];
    for (kind, length) in KINDS.into_iter().zip(&mut lengths) {
        let head = some!(next()?);
        let bytes = head.strip_prefix(kind.name()).and_then(|rest| rest.strip_prefix(" blocks "));
        *length = some!(bytes.and_then(|bytes| bytes.parse::<usize>().ok()));
    }
    let records = some!(Records::new(source, at, lengths, size));
    Ok(Table::from_runs(runs, dates, Some(records)))
}

/// What stands before the lines of blocks, and these lines.
pub fn text(dates: &Dates, runs: &[Runs; 3], blocks: &[String; 3]) -> String {
    let mut out = format!("{MAGIC}\n{}\n", dates.join(" "));
    for (kind, rows) in KINDS.iter().zip(runs) {
        let _ = writeln!(out, "{} {}", kind.name(), rows.len());
        for (first, registry) in rows {
            let _ = writeln!(out, "{first:x} {registry}");
        }
    }
    for (kind, lines) in KINDS.iter().zip(blocks) {
        let _ = writeln!(out, "{} blocks {}", kind.name(), lines.len());
    }
    out
}

/// Days from 1970-01-01 to `YYYY-MM-DD`; nothing for what is no date or before it.
pub fn days(date: &str) -> Option<u64> {
    let mut parts = date.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year) || !is_day(year, month, day) {
        return None;
    }
    let years = (1970..year).map(|year| months(year).iter().sum::<u32>()).sum::<u32>();
    Some(u64::from(years + months(year)[..month as usize - 1].iter().sum::<u32>() + day - 1))
}

/// The table in such a text, for tests and fuzzers.
pub fn parse(text: String) -> Option<Table> {
    let size = text.len() as u64;
    read(io::Cursor::new(text.clone()), size, Source::Bytes(text.into_bytes())).ok().flatten()
}

#[cfg(test)]
mod tests {
    use plainnet_lab::scratch::Folder;

    use super::*;
    use crate::table::{delegated::Kind, records::Record};

    const TEXT: &str = "rirwhois table 3\n2026-09-13 2026-09-13 2026-09-13 2026-09-13 2026-09-13\nipv4 2\n0 IANA\n1000000 APNIC\n\
        ipv6 1\n0 IANA\nasn 0\nipv4 blocks 115\nipv6 blocks 0\nasn blocks 0\n1000000 10000ff AU 20110811 assigned\n\
        1000100 10003ff CN - -\n1000500 10005ff - - available\nffffff00 ffffffff US - -\n";

    #[test]
    fn blocks_are_found_between_gaps() {
        let table = parse(TEXT.to_owned()).unwrap();
        let records = table.records().unwrap();
        for (number, want) in [
            (0x0100_0000, Some("AU 2011-08-11 assigned")),
            (0x0100_00ff, Some("AU 2011-08-11 assigned")),
            (0x0100_0100, Some("CN  ")),
            (0x0100_03ff, Some("CN  ")),
            (0x0100_0400, None),
            (0x0100_0500, Some("  available")),
            (0x0100_0600, None),
            (0xffff_feff, None),
            (0xffff_ffff, Some("US  ")),
            (0, None),
        ] {
            let shown = |r: Record<'_>| format!("{} {} {}", r.country(), r.date(), r.status());
            assert_eq!(records.find(Kind::V4, number).map(shown).as_deref(), want, "{number:x}");
        }
        assert_eq!(records.find(Kind::V6, 0), None);
        let runs = records.countries(Kind::V4);
        let none = [0; 2];
        let want =
            [(0, none), (0x0100_0000, *b"AU"), (0x0100_0100, *b"CN"), (0x0100_0400, none), (0xffff_ff00, *b"US")];
        assert_eq!(runs, want);
        assert_eq!(records.countries(Kind::V6), [(0, none)]);
    }

    #[test]
    fn a_damaged_file_is_none() {
        let text = TEXT.to_owned();
        for bad in [
            text.replacen("US - -\n", "", 1),
            text.replacen("1000000 APNIC", "0 APNIC", 1),
            text.replacen("0 IANA", "1 IANA", 1),
            text.replacen("APNIC", "X", 1),
            text.replacen("table 3", "table 2", 1),
            text.replacen("-09-", "-13-", 1),
            text.replacen("ipv4 2", "ipv4 3", 1),
            text.replacen("ipv4 2", "ipv4 99999999999999999999", 1),
            text.replacen("asn blocks 0", "asn blocks 18446744073709551615", 1),
            text.replacen("ipv6 1\n0 IANA", "ipv6 0", 1),
            text[..text.len() / 2].to_owned(),
            text.clone() + "x",
            "x".repeat(1000),
            String::new(),
        ] {
            assert!(parse(bad.clone()).is_none(), "{bad}");
        }
        // A line of blocks that is none is no answer and no panic.
        for bad in [
            "zz",
            "1000000",
            "1000000 10000ff AU 20110811",
            "1000000 10000ff \u{e9} - -",
            "",
            "9 1 - - -",
            "\x1b 1 US - -",
        ] {
            let lines = format!("{bad}\n");
            let text = text.split_once("1000000 10000ff").unwrap().0;
            let size = text.find("ipv4 blocks ").unwrap();
            let text = format!("{}ipv4 blocks {}\nipv6 blocks 0\nasn blocks 0\n{lines}", &text[..size], lines.len());
            let table = parse(text).unwrap();
            assert_eq!(table.records().unwrap().find(Kind::V4, 0x0100_0000), None, "{bad:?}");
        }
    }

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        // date -d DATE +%s, through 86,400.
        for (date, want) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2025-09-14", 20_345), ("2100-03-01", 47_541)]
        {
            assert_eq!(days(date), Some(want), "{date}");
        }
        for bad in ["2025-02-29", "2100-02-29", "2025-00-10", "2025-13-01", "2025-01-00", "0000-00-00", "2025", "x"] {
            assert_eq!(days(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_are_counted_month_by_month() {
        let mut number = 0;
        for year in 1970..2410u64 {
            let leap = if year % 4 == 0 && year % 100 != 0 || year == 2000 || year == 2400 { 29 } else { 28 };
            for (month, last) in (1..).zip([31, leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31u64]) {
                let day = |day: u64| days(&format!("{year}-{month:02}-{day:02}"));
                assert_eq!((day(1), day(last)), (Some(number), Some(number + last - 1)), "{year}-{month}");
                assert_eq!((day(0), day(last + 1)), (None, None), "{year}-{month}");
                number += last;
            }
        }
        assert_eq!((days("1969-12-31"), days("10000-01-01")), (None, None));
        assert!(days("9999-12-31").is_some());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let table = parse(TEXT.to_owned()).unwrap();
        let blocks = ["1000000 10000ff AU 20110811 assigned\n".to_owned(), String::new(), String::new()];
        let text = text(table.dates(), &table.runs(), &blocks);
        let again = parse(text.clone() + &blocks[0]).unwrap();
        assert_eq!((again.dates(), again.runs()), (table.dates(), table.runs()));
        assert!(
            text.starts_with("rirwhois table 3\n2026-09-13 ")
                && text.contains("\nipv4 2\n0 IANA\n1000000 APNIC\nipv6 1\n")
        );
        assert!(text.ends_with("asn 0\nipv4 blocks 37\nipv6 blocks 0\nasn blocks 0\n"), "{text}");
    }

    #[test]
    fn a_file_is_used_where_it_is_a_table_of_this_version_and_nothing_in_it_is_old() {
        let folder = Folder::new();
        let path = folder.join("table");
        let own = Table::default();
        let with = |text: &str| {
            std::fs::write(&path, text).unwrap();
            load(&path).dates().clone()
        };
        let kept = with(TEXT);
        assert!(kept.iter().all(|date| date == "2026-09-13"));
        let by = "2026-09-13";
        assert_eq!(
            version(&path),
            format!(
                "{}, by --update from the delegated statistics: AFRINIC {by}, APNIC {by}, ARIN {by}, LACNIC {by}, RIPE {by}\n",
                path.display()
            )
        );
        // One day before the embedded table's is enough, and the same day is not.
        let own_dates = own.dates().join(" ");
        let dates = ["2026-09-13"; 5].join(" ");
        assert_eq!(with(&TEXT.replacen("2026-09-13", "2020-01-01", 1)), *own.dates());
        assert_eq!(with(&TEXT.replacen(&dates, &own_dates, 1)), *own.dates());
        assert_eq!(load(&path).runs()[0].len(), 2);
        assert_eq!(version(&path), "");
        assert_eq!(with("rirwhois table 3\n"), *own.dates());
        let why = |text: &str| {
            std::fs::write(&path, text).unwrap();
            open(&path).map(|table| table.is_some()).map_err(|e| e.to_string())
        };
        assert_eq!(why(TEXT), Ok(true));
        for damaged in ["", "rirwhois table 31\n", "rirwhois\n", "rirwhois table 3\nx\n", "rirwhois table 3"] {
            assert_eq!(why(damaged), Ok(false), "{damaged}");
        }
        assert_eq!(why("rirwhois table 2\n"), Err("made by another version".into()));
        let file = File::create(&path).unwrap();
        for (size, want) in [(LIMIT, Ok(false)), (LIMIT + 1, Err("more than 128 MiB".to_owned()))] {
            file.set_len(size).unwrap();
            assert_eq!(open(&path).map(|table| table.is_some()).map_err(|e| e.to_string()), want);
        }
        assert_eq!(open(&folder).map(|_| ()).map_err(|e| e.to_string()), Err("not a file".to_owned()));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(open(&path).map(|_| ()).map_err(|e| e.kind()), Err(io::ErrorKind::NotFound));
        assert_eq!((load(&path).dates(), version(&path)), (own.dates(), String::new()));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_taken_for_a_damaged_one() {
        struct Broken(io::ErrorKind);
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
        }
        let read = |kind| read(BufReader::new(Broken(kind)), 0, Source::Bytes(Vec::new())).map(|table| table.is_some());
        assert_eq!(read(io::ErrorKind::PermissionDenied).map_err(|e| e.kind()), Err(io::ErrorKind::PermissionDenied));
        assert_eq!(read(io::ErrorKind::InvalidData).map_err(|e| e.kind()), Ok(false));
    }
}
