//! `--update`: newer statistics for the table.
use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    fmt::Write as _,
    fs,
    io::{self, BufReader},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    time::SystemTime,
};

use plainnet_common::{exit::Fail, input::Stdin, output, text};

use super::{
    delegated::{BYTES, Delegated, Wrong},
    file,
    kept::days,
    lookup::Table,
    overlay::Overlay,
    registry::Registry,
};
use crate::spec::SPEC;

/// Reads the statistics `files`, checks them, and writes the table made from
/// them and the one in use to `path`. Gives a line about each file.
///
/// # Errors
/// A file can't be read or is not what it should be (nothing is replaced
/// then), or the table can't be written.
pub fn run(files: &[OsString], table: &Table, path: &Path) -> Result<String, Fail> {
    let mut update = Update::new(table, SystemTime::now());
    for file in files {
        let wrong = |why: &str| Fail::io(file.as_bytes(), &io::Error::other(why.to_owned()));
        let found = read(file).map_err(|e| match e {
            Wrong::Io(e) => Fail::io(file.as_bytes(), &e),
            why => wrong(&why.to_string()),
        })?;
        update.add(&text::shown(file.as_bytes()), found).map_err(|why| wrong(&why))?;
    }
    update.write(path)
}

/// Statistics that have been checked, and the table that they are for.
#[derive(Debug)]
pub struct Update<'a> {
    table: &'a Table,
    now: SystemTime,
    all: Vec<Delegated>,
    lines: String,
}

impl<'a> Update<'a> {
    /// Nothing is there yet; `now` decides whether a date is yet to come.
    pub fn new(table: &'a Table, now: SystemTime) -> Update<'a> {
        Update { table, now, all: Vec::new(), lines: String::new() }
    }

    /// Takes one file's statistics, if they may be true.
    ///
    /// # Errors
    /// Why they are not.
    pub fn add(&mut self, name: &str, mut found: Delegated) -> Result<(), String> {
        if let Some(twice) = self.all.iter().flat_map(|d| &d.of).find(|r| found.of.contains(r)) {
            return Err(format!("statistics of {twice} are in another of the files, too"));
        }
        found.partly = check(&found, self.table, self.now)?;
        let ([v4, v6, asn], date) = (found.counts, &found.date);
        let _ = writeln!(self.lines, "{name}\t{date}\t{v4} IPv4\t{v6} IPv6\t{asn} AS");
        self.all.push(found);
        Ok(())
    }

    /// Replaces the table at `path`. Gives a line about each file.
    ///
    /// # Errors
    /// It can't be written; then it is as it was.
    pub fn write(mut self, path: &Path) -> Result<String, Fail> {
        // Where two files claim a range, the newer one speaks.
        self.all.sort_by(|a, b| b.date.cmp(&a.date));
        let overlay = Overlay::new(self.table, &self.all);
        let head = overlay.text();
        let parts = [&head, &overlay.blocks[0], &overlay.blocks[1], &overlay.blocks[2]].map(|part| part.as_bytes());
        file::replace(path, &parts).map_err(|e| Fail::io(path.as_os_str().as_bytes(), &e))?;
        for registry in self.all.iter().flat_map(|d| &d.partly) {
            let part = "less than half of its addresses are listed: the rest stays";
            output::say(SPEC.name, format_args!("{registry}: {part}"));
        }
        Ok(self.lines)
    }
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
        let listed = found.records[0]
            .iter()
            .filter(|r| r.registry == *registry)
            .map(|r| (r.last() - r.first + 1) as u64)
            .sum::<u64>();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_may_list_twice_as_many_addresses_and_no_more() {
        let table = Table::default();
        let has = table.size_of(Registry::Afrinic);
        let check = |count: u64| {
            let text = format!("2|afrinic|1|1|19830705|20260913|+0000\nafrinic|ZZ|ipv4|0.0.0.0|{count}||allocated|x\n");
            let found = Delegated::read(text.as_bytes()).unwrap();
            check(&found, &table, SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(2_000_000_000))
        };
        assert_eq!(check(2 * has), Ok(BTreeSet::new()));
        let why = format!("{} IPv4 addresses of AFRINIC, where the table has {has}", 2 * has + 2);
        assert_eq!(check(2 * has + 2), Err(why));
        // Less than half is a part of what it has.
        assert_eq!(check(has / 2), Ok(BTreeSet::new()));
        assert_eq!(check(has / 2 - 1), Ok([Registry::Afrinic].into()));
    }

    #[test]
    fn a_date_is_one_that_may_be_true() {
        let table = Table::default();
        let known = table.dates()[Registry::Afrinic as usize].clone();
        let has = table.size_of(Registry::Afrinic);
        let day = |date: &str| {
            SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400 * crate::table::kept::days(date).unwrap())
        };
        let check = |date: &str, now: &str| {
            let end = date.replace('-', "");
            let text = format!("2|afrinic|1|1|19830705|{end}|+0000\nafrinic|ZZ|ipv4|0.0.0.0|{has}||allocated|x\n");
            check(&Delegated::read(text.as_bytes()).unwrap(), &table, day(now)).map(|_| ())
        };
        assert_eq!(check("2031-02-28", "2031-02-28"), Ok(()));
        // A day ahead is another time zone, two are not.
        assert_eq!(check("2031-03-01", "2031-02-28"), Ok(()));
        assert_eq!(check("2031-03-02", "2031-02-28"), Err("its date 2031-03-02 is yet to come".into()));
        assert_eq!(check("2031-02-29", "2031-03-28"), Err("2031-02-29 is no date".into()));
        assert_eq!(check(&known, "2031-02-28"), Ok(()));
        let old = format!("its date 2001-01-01 is before {known}, the table's for AFRINIC");
        assert_eq!(check("2001-01-01", "2031-02-28"), Err(old));
        let nobodys =
            "2|nro|20260929|1|19821213|20260929|+0000\niana|ZZ|ipv4|10.0.0.0|16777216|19950501|reserved|ietf|iana\n";
        let nobodys = Delegated::read(nobodys.as_bytes()).unwrap();
        assert_eq!(super::check(&nobodys, &table, day("2031-02-28")), Err("no regional registry's".into()));
    }

    #[test]
    fn no_registry_has_two_files() {
        let table = Table::default();
        let mut update = Update::new(&table, SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(2_000_000_000));
        let file = |name: &str, n: u32| {
            let text = format!(
                "2|{name}|1|3|19830705|20260913|+0000\n{name}|ZZ|ipv4|1.0.0.0|{n}||allocated|x\n\
                 {name}|ZZ|ipv6|2001::|32||allocated|x\n{name}|ZZ|asn|7|1||allocated|x\n"
            );
            Delegated::read(text.as_bytes()).unwrap()
        };
        assert_eq!(update.add("a", file("afrinic", 256)), Ok(()));
        assert_eq!(
            update.add("b", file("afrinic", 512)),
            Err("statistics of AFRINIC are in another of the files, too".into())
        );
        assert_eq!(update.add("c", file("lacnic", 256)), Ok(()));
        assert_eq!(update.lines, "a\t2026-09-13\t1 IPv4\t1 IPv6\t1 AS\nc\t2026-09-13\t1 IPv4\t1 IPv6\t1 AS\n");
        assert_eq!(update.all[0].partly, [Registry::Afrinic].into());
    }
}
