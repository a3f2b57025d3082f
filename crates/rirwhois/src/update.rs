//! `--update`: newer statistics for the table, and where they are kept.
//!
//! The file is text, so that anybody can look at it: a head line, then for
//! each kind of number where every run of one registry begins.
use std::{
    collections::BTreeSet, ffi::OsString, fmt::Write as _, fs, io, os::unix::ffi::OsStrExt as _, path::Path, process,
};

use plainnet_common::{exit::Fail, output, text};

use crate::{delegated::Delegated, registry::Registry, spec::SPEC, table::Table};

/// How the file begins; its date follows.
const MAGIC: &str = "rirwhois table 1 ";

/// Where the file stands in the folder of `XDG_DATA_HOME`.
pub const FILE: &str = "rirwhois/table";

/// Reads the statistics `files`, checks them, and writes the table made from
/// them and the one in use to `path`. Gives a line about each file.
///
/// # Errors
/// A file can't be read or is not what it should be (nothing is replaced
/// then), or the table can't be written.
pub fn run(files: &[OsString], table: &Table, path: &Path) -> Result<String, Fail> {
    let mut all = Vec::new();
    let mut lines = String::new();
    for file in files {
        let name = file.as_bytes();
        let bytes = fs::read(file).map_err(|e| Fail::io(name, &e))?;
        let wrong = |why: &str| Fail::io(name, &io::Error::other(why.to_owned()));
        let words = std::str::from_utf8(&bytes).map_err(|_| wrong("no statistics: invalid UTF-8"))?;
        let found = Delegated::parse(words).map_err(|(line, why)| wrong(&format!("line {line}: {why}")))?;
        let date = iso(&found.date);
        if *date < *table.date() {
            return Err(wrong(&format!("its date {date} is before the table's {}", table.date())));
        }
        let (v4, v6, asn) = (found.v4.len(), found.v6.len(), found.numbers.len());
        let _ = writeln!(lines, "{}\t{date}\t{v4} IPv4\t{v6} IPv6\t{asn} AS", text::shown(name));
        all.push(found);
    }
    // Where two files claim a range, the newer one speaks.
    all.sort_by(|a, b| b.date.cmp(&a.date));
    let date = all.first().map(|newest| iso(&newest.date)).unwrap_or_default();
    let table = table.with(&all, date);
    write(path, &put(&table)).map_err(|e| Fail::io(path.as_os_str().as_bytes(), &e))?;
    Ok(lines)
}

/// The table at `path`, if there is one that is newer than the embedded one.
/// A damaged file is told and not used.
pub fn load(path: &Path) -> Table {
    let own = Table::default();
    let Ok(bytes) = fs::read(path) else { return own };
    match std::str::from_utf8(&bytes).ok().and_then(get) {
        Some(table) if *table.date() > *own.date() => table,
        Some(_) => own,
        None => {
            let name = text::shown(path.as_os_str().as_bytes());
            output::say(SPEC.name, format_args!("{name}: damaged, the embedded table is used"));
            own
        }
    }
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
    let done = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    if done.is_err() {
        let _ = fs::remove_file(&part);
    }
    done
}

/// `20260913` as `2026-09-13`.
fn iso(date: &str) -> String {
    match (date.get(..4), date.get(4..6), date.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => date.to_owned(),
    }
}

fn put(table: &Table) -> Vec<u8> {
    let mut out = format!("{MAGIC}{}\n", table.date());
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
    let date = lines.next()?.strip_prefix(MAGIC)?;
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
    (lines.next() == Some("end")).then(|| Table::from_runs(v4, v6, numbers, date.to_owned())).flatten()
}

/// The starts of all runs in `ranges`, and where each ends.
pub fn edges(ranges: impl Iterator<Item = (u128, u128)>, top: u128) -> BTreeSet<u128> {
    ranges.flat_map(|(first, last)| [Some(first), last.checked_add(1)]).flatten().filter(|edge| *edge <= top).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::Question;

    #[test]
    fn a_table_survives_its_file() {
        let own = Table::default();
        let again = get(std::str::from_utf8(&put(&own)).unwrap()).unwrap();
        assert_eq!(put(&again), put(&own));
        let text = String::from_utf8(put(&own)).unwrap();
        for bad in [
            text.replacen("end\n", "", 1),
            text.replacen("1000000 ", "0 ", 1),
            text.replacen("APNIC", "X", 1),
            String::new(),
        ] {
            assert!(get(&bad).is_none());
        }
    }

    #[test]
    fn newer_statistics_change_what_they_speak_of() {
        let file = "2|ripencc|1|3|19830705|20260913|+0000\nripencc|NL|ipv4|8.8.8.0|256|20260901|allocated\n\
                    ripencc|NL|ipv4|193.0.0.0|2048|19940901|allocated\nripencc|NL|asn|15169|1|20260901|allocated\n";
        let all = [Delegated::parse(file).unwrap()];
        let table = Table::default().with(&all, "2026-09-13".into());
        let rir = |text: &str| table.registry(&Question::parse(text).unwrap()).unwrap().name();
        assert_eq!((rir("8.8.8.8"), rir("8.8.9.8"), rir("193.0.0.1")), ("RIPE", "ARIN", "RIPE"));
        assert_eq!((rir("AS15169"), rir("AS15168")), ("RIPE", "ARIN"));
        // Held by RIPE so far, and no longer listed: whoever IANA gave it to.
        assert_eq!(Table::default().registry(&Question::parse("1.178.112.0").unwrap()).unwrap().name(), "RIPE");
        assert_eq!(rir("1.178.112.0"), "APNIC");
        assert_eq!((rir("10.0.0.1"), rir("1.1.1.1"), rir("2a00::1")), ("IANA", "APNIC", "RIPE"));
    }
}
