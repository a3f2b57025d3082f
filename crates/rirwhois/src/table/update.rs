//! `--update`: newer statistics for the table, and where they are kept.
//!
//! The file is text, so that anybody can look at it: a head line, the day of
//! each registry's statistics, then for each kind of number where every run of
//! one registry begins.
use std::{
    borrow::Cow,
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    fmt::Write as _,
    fs,
    io::{self, BufReader, Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    process,
    time::SystemTime,
};

use plainnet_common::{exit::Fail, input::Stdin, output, text};

use crate::{
    spec::SPEC,
    table::delegated::{BYTES, Delegated, Wrong},
    table::lookup::{Dates, Table},
    table::registry::{ALL, Registry},
};

/// How the file begins.
const MAGIC: &str = "rirwhois table 2";

/// Where the file stands in the folder of `XDG_DATA_HOME`.
pub const FILE: &str = "rirwhois/table";

/// Most bytes of that file; five registries need some 200 KB.
const LIMIT: u64 = 64 << 20;

/// Reads the statistics `files`, checks them, and writes the table made from
/// them and the one in use to `path`. Gives a line about each file.
///
/// # Errors
/// A file can't be read or is not what it should be (nothing is replaced
/// then), or the table can't be written.
pub fn run(files: &[OsString], table: &Table, path: &Path) -> Result<String, Fail> {
    let mut all: Vec<Delegated> = Vec::new();
    let mut lines = String::new();
    for file in files {
        let wrong = |why: &str| Fail::io(file.as_bytes(), &io::Error::other(why.to_owned()));
        let mut found = read(file).map_err(|e| match e {
            Wrong::Io(e) => Fail::io(file.as_bytes(), &e),
            why => wrong(&why.to_string()),
        })?;
        if let Some(twice) = all.iter().flat_map(|d| &d.of).find(|r| found.of.contains(r)) {
            return Err(wrong(&format!("statistics of {twice} are in another of the files, too")));
        }
        found.partly = check(&found, table, SystemTime::now()).map_err(|why| wrong(&why))?;
        let ([v4, v6, asn], date) = (found.records, &found.date);
        let _ = writeln!(lines, "{}\t{date}\t{v4} IPv4\t{v6} IPv6\t{asn} AS", text::shown(file.as_bytes()));
        all.push(found);
    }
    // Where two files claim a range, the newer one speaks.
    all.sort_by(|a, b| b.date.cmp(&a.date));
    write(path, &put(&table.with(&all))).map_err(|e| Fail::io(path.as_os_str().as_bytes(), &e))?;
    for registry in all.iter().flat_map(|d| &d.partly) {
        output::say(SPEC.name, format_args!("{registry}: less than half of its addresses are listed: the rest stays"));
    }
    Ok(lines)
}

/// The statistics in a file, or on standard input for `-`.
fn read(file: &OsStr) -> Result<Delegated, Wrong> {
    if file == "-" {
        return Delegated::read(BufReader::new(Stdin));
    }
    let open = fs::File::open(file).map_err(Wrong::Io)?;
    if open.metadata().is_ok_and(|m| m.is_file() && m.len() > BYTES) {
        return Err(Wrong::File(format!("more than {} MiB", BYTES >> 20)));
    }
    Delegated::read(BufReader::with_capacity(1 << 16, open))
}

/// Is this what its registries may have published since? Gives those of which
/// it lists less than half of what they had.
///
/// # Errors
/// Why not.
fn check(found: &Delegated, table: &Table, now: SystemTime) -> Result<BTreeSet<Registry>, String> {
    if found.of.is_empty() {
        return Err("no regional registry's".into());
    }
    let date = &found.date;
    let days = days(date).ok_or_else(|| format!("{date} is no date"))?;
    let today = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs() / 86_400);
    // A day ahead is another time zone.
    if days > today + 1 {
        return Err(format!("its date {date} is yet to come"));
    }
    let mut partly = BTreeSet::new();
    for registry in &found.of {
        let known = &table.dates()[*registry as usize];
        if **date < **known {
            return Err(format!("its date {date} is before {known}, the table's for {registry}"));
        }
        // In all of 2018 to 2025 no registry gained or lost a twentieth of its addresses.
        let listed = found.v4.iter().filter(|r| r.2 == *registry).map(|r| (r.1 - r.0 + 1) as u64).sum::<u64>();
        let has = table.size_of(*registry);
        if listed / 2 > has {
            return Err(format!("{listed} IPv4 addresses of {registry}, where the table has {has}"));
        }
        if listed < has / 2 {
            partly.insert(*registry);
        }
    }
    Ok(partly)
}

/// The table at `path`, if there is one and the embedded one is newer in
/// nothing. A file that can't be used is told.
pub fn load(path: &Path) -> Table {
    let own = Table::default();
    let why = match contents(path) {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return own,
        Err(e) => output::reason(&e).to_string(),
        Ok(bytes) => match std::str::from_utf8(&bytes).ok().and_then(get) {
            Some(table) if table.dates().iter().zip(own.dates()).all(|(kept, own)| kept >= own) => return table,
            Some(_) => return own,
            None => "damaged".to_owned(),
        },
    };
    let name = text::shown(path.as_os_str().as_bytes());
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
    format!("{}, by --update from the delegated statistics: {dates}\n", text::shown(path.as_os_str().as_bytes()))
}

fn contents(path: &Path) -> io::Result<Vec<u8>> {
    // Neither a pipe that nobody writes to nor /dev/zero is a table.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file whole or not at all.
///
/// # Errors
/// What the system says.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = path.with_extension(format!("{}.part", process::id()));
    let put = || -> io::Result<()> {
        let mut file = fs::File::create(&part)?;
        file.write_all(bytes)?;
        // Else a crash could leave the new name on an empty file.
        file.sync_all()?;
        fs::rename(&part, path)
    };
    put().inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })
}

/// Days from 1970-01-01 to `YYYY-MM-DD`; nothing for what is no date or before it.
pub fn days(date: &str) -> Option<u64> {
    let mut parts = date.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    if !(1970..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let years = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum::<u64>();
    Some(years + lengths[..month as usize - 1].iter().sum::<u64>() + day - 1)
}

fn put(table: &Table) -> Vec<u8> {
    let mut out = format!("{MAGIC}\n{}\n", table.dates().join(" "));
    let (v4, v6, numbers) = table.runs();
    for (name, rows) in [("ipv4", v4), ("ipv6", v6), ("asn", numbers)] {
        let _ = writeln!(out, "{name} {}", rows.len());
        for (first, registry) in rows {
            let _ = writeln!(out, "{first:x} {registry}");
        }
    }
    out.push_str("end\n");
    out.into_bytes()
}

fn get(text: &str) -> Option<Table> {
    let mut lines = text.lines();
    lines.next().filter(|line| *line == MAGIC)?;
    let dates = lines.next()?.split(' ').map(|date| days(date).map(|_| Cow::Owned(date.to_owned())));
    let dates = Dates::try_from(dates.collect::<Option<Vec<_>>>()?).ok()?;
    let mut kinds = Vec::new();
    for name in ["ipv4", "ipv6", "asn"] {
        let count: usize = lines.next()?.strip_prefix(name)?.trim().parse().ok()?;
        let mut rows: Vec<(u128, Registry)> = Vec::new();
        for _ in 0..count {
            let (first, registry) = lines.next()?.split_once(' ')?;
            rows.push((u128::from_str_radix(first, 16).ok()?, Registry::from_name(registry)?));
        }
        if rows.first().is_some_and(|row| row.0 != 0) || rows.windows(2).any(|w| w[1].0 <= w[0].0) {
            return None;
        }
        kinds.push(rows);
    }
    let [v4, v6, numbers] = <[_; 3]>::try_from(kinds).ok()?;
    (lines.next() == Some("end")).then(|| Table::from_runs(v4, v6, numbers, dates)).flatten()
}

/// The starts of all runs in `ranges`, and where each ends.
pub fn edges(ranges: impl Iterator<Item = (u128, u128)>, top: u128) -> BTreeSet<u128> {
    ranges.flat_map(|(first, last)| [Some(first), last.checked_add(1)]).flatten().filter(|edge| *edge <= top).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::question::Question;

    #[test]
    fn a_table_survives_its_file() {
        let own = Table::default();
        let again = get(std::str::from_utf8(&put(&own)).unwrap()).unwrap();
        assert_eq!((put(&again), again.dates()), (put(&own), own.dates()));
        let text = String::from_utf8(put(&own)).unwrap();
        for bad in [
            text.replacen("end\n", "", 1),
            text.replacen("1000000 ", "0 ", 1),
            text.replacen("APNIC", "X", 1),
            text.replacen("table 2", "table 1", 1),
            text.replacen("-09-", "-13-", 1),
            text[..text.len() / 2].to_owned(),
            String::new(),
        ] {
            assert!(get(&bad).is_none());
        }
    }

    fn delegated(text: &str) -> Delegated {
        Delegated::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn newer_statistics_change_what_they_speak_of() {
        let file = "2|ripencc|1|4|19830705|20260913|+0000\nripencc|NL|ipv4|8.8.8.0|256|20260901|allocated\n\
                    ripencc|NL|ipv4|193.0.0.0|2048|19940901|allocated\nripencc|NL|asn|15169|1|20260901|allocated\n\
                    ripencc|NL|asn|64512|1|20260901|allocated\n";
        let table = Table::default().with(&[delegated(file)]);
        let rir = |text: &str| table.registry(&Question::parse(text).unwrap()).unwrap().name();
        assert_eq!((rir("8.8.8.8"), rir("8.8.9.8"), rir("193.0.0.1")), ("RIPE", "ARIN", "RIPE"));
        assert_eq!((rir("AS15169"), rir("AS15168"), rir("AS64512")), ("RIPE", "ARIN", "IANA"));
        let row = table.row(&Question::As(15169)).unwrap();
        assert_eq!((&*row.block, row.holder), ("AS15169", "ARIN"));
        assert_eq!(table.row(&Question::As(15170)).unwrap().block, "AS15170-AS15359");
        // Held by RIPE so far, and no longer listed: whoever IANA gave it to.
        assert_eq!(Table::default().registry(&Question::parse("1.178.112.0").unwrap()).unwrap().name(), "RIPE");
        assert_eq!(rir("1.178.112.0"), "APNIC");
        assert_eq!((rir("10.0.0.1"), rir("1.1.1.1"), rir("2a00::1")), ("IANA", "APNIC", "RIPE"));
        assert_eq!(table.dates()[Registry::Ripe as usize], "2026-09-13");
        assert_eq!(table.dates()[Registry::Arin as usize], Table::default().dates()[Registry::Arin as usize]);
        // An AS number that moved on is whoever's IANA gave its block to, too.
        let later = delegated("2|ripencc|1|1|19830705|20260914|+0000\nripencc|NL|asn|3333|1|19940901|allocated\n");
        assert_eq!(table.with(&[later]).registry(&Question::As(15169)).unwrap().name(), "ARIN");
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
}
