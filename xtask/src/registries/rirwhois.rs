//! The table of rirwhois: who administers which addresses and AS numbers.
//!
//! `cargo xtask registries rirwhois FILE...` takes what IANA and the regional
//! registries publish, under its published name, or this project's tables of
//! the same (.tsv), in any mixture; [`INPUTS`] lists them. A .csv is followed by its
//! date. The statistics of the regional registries replace what the tables of
//! blocks say of them: those of all five make these tables superfluous, and
//! bring single AS numbers that moved. The RDAP bootstrap is only compared with.
//!
//! What is written is crates/rirwhois/data/*.tsv: facts as the registries state
//! them, a record a line, sorted; what follows from them together is decided by
//! that crate's build.rs. The special-purpose addresses are plainnet-common's.
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::BufReader,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use self::{
    delegated::{Delegated, Record as Listed},
    registry::Registry::{self, Afrinic, Apnic, Arin, Iana, Lacnic, Ripe},
};
use super::source::{self, Record, Source};
use crate::{Done, root};

#[path = "../../../crates/rirwhois/src/table/delegated.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tool uses all of it, and has it public")]
mod delegated;
#[path = "../../../crates/rirwhois/src/table/registry.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tool uses all of it, and has it public")]
mod registry;

/// An input, what its table is called, and the names of its files.
const INPUTS: [(&str, &str, &[&str]); 12] = [
    ("ipv4_space", "IANA IPv4 Address Space Registry", &["ipv4-address-space.xml", "ipv4-address-space.csv"]),
    ("ipv6_space", "IANA IPv6 Address Space Registry", &["ipv6-address-space.xml", "ipv6-address-space-1.csv"]),
    (
        "ipv6_unicast",
        "IANA IPv6 Global Unicast Address Assignments",
        &["ipv6-unicast-address-assignments.xml", "ipv6-unicast-address-assignments.csv"],
    ),
    (
        "as_numbers",
        "IANA Autonomous System Numbers",
        &["as-numbers.xml", "as-numbers.csv", "as-numbers-1.csv", "as-numbers-2.csv"],
    ),
    ("rdap_bootstrap_ipv4", "", &["ipv4.json"]),
    ("rdap_bootstrap_ipv6", "", &["ipv6.json"]),
    ("rdap_bootstrap_asn", "", &["asn.json"]),
    ("ipv4_rir_blocks", "", &[]),
    ("ipv6_rir_blocks", "", &[]),
    ("ipv4_country", "", &[]),
    ("ipv6_country", "", &[]),
    ("national_registries", "", &[]),
];

/// The registries that IANA gives numbers to, in the order of the enum.
const FIVE: [Registry; 5] = [Afrinic, Apnic, Arin, Lacnic, Ripe];

/// 2000::/3, the space of global unicast addresses.
const UNICAST: (u128, u128) = (0x2 << 124, (0x4 << 124) - 1);

/// Numbers of one family, or AS numbers, that belong together.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    first: u128,
    last: u128,
    /// Whose they are: where a registry of IANA's names no regional one, IANA's.
    to: Registry,
    /// Whom the registry names.
    name: String,
    date: String,
    /// As IANA writes it.
    status: String,
}

/// Consecutive numbers of which the same is true.
#[derive(Clone, Debug, PartialEq)]
struct Run<T> {
    first: u128,
    last: u128,
    value: T,
}

pub(super) fn run(words: &[String]) -> Done {
    let tables = Inputs::read(words)?.tables()?;
    let folder = root().join("crates/rirwhois/data");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    // What --version prints is the tables' own heads.
    let sources: Vec<&str> = tables.iter().filter_map(|t| t.1.lines().next()?.strip_prefix("# ")).collect();
    let sources = ("sources.txt".to_owned(), sources.join("\n"));
    for (name, text) in tables.into_iter().map(|(name, text)| (format!("{name}.tsv"), text)).chain([sources]) {
        let path = folder.join(name);
        fs::write(&path, &text).map_err(|e| format!("{}: {e}", path.display()))?;
        println!("{}: {} lines", path.display(), text.lines().count());
    }
    Ok(())
}

/// All that is read.
struct Inputs {
    sources: Vec<Source>,
    /// The newest first.
    statistics: Vec<Delegated>,
}

impl Inputs {
    fn read(words: &[String]) -> Result<Inputs, String> {
        let mut statistics: Vec<Delegated> = Vec::new();
        let (mut rest, mut sources) = (Vec::new(), Vec::new());
        for word in words {
            let name = source::name(word);
            if name.starts_with("delegated-") || name.starts_with("nro-delegated-stats") {
                let file = File::open(word).map_err(|e| format!("{word}: {e}"))?;
                let found = Delegated::read(BufReader::new(file)).map_err(|why| format!("{word}: {why}"))?;
                if let Some(twice) = statistics.iter().flat_map(|s| &s.of).find(|r| found.of.contains(r)) {
                    return Err(format!("{word}: statistics of {twice} are in another of the files, too"));
                }
                statistics.push(found);
            } else if name.ends_with(".json") {
                let text = fs::read_to_string(word).map_err(|e| format!("{word}: {e}"))?;
                sources.push(bootstrap(word, &text).map_err(|why| format!("{word}: {why}"))?);
            } else if source::is_date(word) || INPUTS.iter().any(|i| is_of(name, i)) {
                rest.push(word.clone());
            } else {
                return Err(format!("{word}: no file of this table; there are {}", names()));
            }
        }
        // The numbers for special purposes are a registry of their own in the XML, and not what counts here.
        let (numbers, other): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|word| source::name(word) == "as-numbers.xml");
        sources.extend(source::files(&numbers, &["as-numbers-1", "as-numbers-2"])?);
        sources.extend(source::files(&other, &[])?);
        statistics.sort_by(|a, b| b.date.cmp(&a.date));
        Ok(Inputs { sources, statistics })
    }

    /// The records of an input, and its line for --version.
    fn get(&self, key: &str) -> Result<(Vec<&Record>, String), String> {
        let input = INPUTS.iter().find(|i| i.0 == key).ok_or("no such input")?;
        let found: Vec<_> = self.sources.iter().filter(|s| is_of(source::name(&s.path), input)).collect();
        let csvs = found.iter().all(|s| s.path.ends_with(".csv"));
        match &found[..] {
            [] => Err(format!("{key} is needed: one of {}", names_of(input))),
            // The two halves of the AS numbers are one registry.
            [one, rest @ ..] if rest.is_empty() || (key == "as_numbers" && csvs) => {
                let date = found.iter().map(|s| s.date.as_str()).max().unwrap_or_default();
                let head = Some(one.head.clone()).filter(|h| !h.is_empty());
                let head = head.unwrap_or_else(|| format!("{}, updated {date}, CC0 1.0", input.1));
                Ok((found.iter().flat_map(|s| &s.records).collect(), head))
            }
            [one, rest @ ..] => {
                let rest: Vec<&str> = rest.iter().map(|s| s.path.as_str()).collect();
                Err(format!("{} and {} are the same", one.path, rest.join(" and ")))
            }
        }
    }

    /// Every table with its name, as it is committed.
    fn tables(&self) -> Result<Vec<(&'static str, String)>, String> {
        let speaks: BTreeSet<Registry> = self.statistics.iter().flat_map(|s| s.of.clone()).collect();
        let mut tables = Vec::new();
        for (v6, assigned, blocks, country, bootstrap) in [
            (false, "ipv4_space", "ipv4_rir_blocks", "ipv4_country", "rdap_bootstrap_ipv4"),
            (true, "ipv6_unicast", "ipv6_rir_blocks", "ipv6_country", "rdap_bootstrap_ipv6"),
        ] {
            if v6 {
                tables.push(self.space()?);
            }
            let (records, head) = self.get(assigned)?;
            let rows = sorted(rows(&records, v6, assigned_row)?, assigned)?;
            if !v6 && (rows.len() != 256 || rows.iter().any(|r| r.last - r.first != 0xff_ffff)) {
                return Err(format!("{assigned}: {} rows instead of 256 of a /8", rows.len()));
            }
            let theirs = self::rows(&self.get(bootstrap)?.0, v6, bootstrap_row)?;
            same(bootstrap, rows.iter().filter(|r| r.to != Iana), theirs)?;
            let lines = rows.iter().map(|row| {
                let whois = if row.to == Iana { "" } else { row.to.host() };
                [&*block(v6, row.first, row.last), &row.name, &row.date, whois, &row.status].join("\t")
            });
            tables.push((assigned, table(&head, "block\tholder\tdate\twhois\tstatus", lines)));
            tables.extend(self.statistical(v6, blocks, country, &speaks)?);
        }
        let (records, head) = self.get("as_numbers")?;
        let numbers = sorted(rows(&records, false, number_row)?, "as_numbers")?;
        if numbers.first().is_none_or(|r| r.first != 0)
            || numbers.last().is_none_or(|r| r.last != u128::from(u32::MAX))
            || numbers.windows(2).any(|w| w[1].first != w[0].last + 1)
        {
            return Err("as_numbers: not gap-free from 0 to 4294967295".into());
        }
        let theirs = rows(&self.get("rdap_bootstrap_asn")?.0, false, bootstrap_numbers)?;
        same("rdap_bootstrap_asn", numbers.iter().filter(|r| r.to != Iana), theirs)?;
        let lines = numbers.iter().map(|row| format!("{}\t{}\t{}", row.first, row.last, row.name));
        tables.push(("as_numbers", table(&head, "first\tlast\tholder", lines)));
        tables.push(self.national()?);
        Ok(tables)
    }

    /// What IANA gives to no registry: all IPv6 space but 2000::/3, whose assignments are a registry of their own.
    fn space(&self) -> Result<(&'static str, String), String> {
        let (records, head) = self.get("ipv6_space")?;
        let rows = sorted(rows(&records, true, space_row)?, "ipv6_space")?;
        let (first, last) = UNICAST;
        let mut ends = rows.iter().map(|row| (row.first, row.last)).chain([UNICAST]).collect::<Vec<_>>();
        ends.sort_unstable();
        let whole = ends[0].0 == 0
            && ends[ends.len() - 1].1 == u128::MAX
            && ends.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0);
        if !whole {
            return Err(format!("ipv6_space: not gap-free around {first:x}-{last:x}"));
        }
        let lines = rows.iter().map(|row| format!("{}\t{}\t\t\tRESERVED", block(true, row.first, row.last), row.name));
        Ok(("ipv6_space", table(&head, "block\tholder\tdate\twhois\tstatus", lines)))
    }

    /// The servers of the national registries, which no file of IANA's lists: the project's own table.
    fn national(&self) -> Result<(&'static str, String), String> {
        let (records, head) = self.get("national_registries")?;
        let mut lines = Vec::new();
        for record in records {
            let (name, base) = (record.get(&["registry"]), record.get(&["rdap"]));
            let known = Registry::from_name(name).is_some_and(|registry| registry.name() == name);
            if !known || !base.starts_with("https://") || !base.ends_with('/') {
                return Err(format!("{record:?}: not a row"));
            }
            lines.push(format!("{name}\t{base}"));
        }
        lines.sort();
        Ok(("national_registries", table(&head, "registry\trdap", lines.into_iter())))
    }

    /// Which registry has which addresses, and which country they went to: the
    /// registries' statistics, and for a registry without them these tables.
    fn statistical(
        &self,
        v6: bool,
        blocks: &'static str,
        country: &'static str,
        speaks: &BTreeSet<Registry>,
    ) -> Result<[(&'static str, String); 2], String> {
        let family = if v6 { "IPv6" } else { "IPv4" };
        let lists: Vec<&[Listed]> = self.statistics.iter().map(|s| &*s.records[usize::from(v6)]).collect();
        let listed = |addr| lists.iter().find_map(|list| delegated::find(list, addr));
        let ends: BTreeSet<u128> =
            lists.iter().flat_map(|list| list.iter()).flat_map(|r| edges(r.first, r.last())).collect();
        let mut dates = [const { String::new() }; 5];
        let (mut rows_of_blocks, mut rows_of_countries, mut country_head) = (Vec::new(), Vec::new(), String::new());
        if speaks.len() < 5 {
            let (records, head) = self.get(blocks)?;
            dates = dates_in(&head, self.sources.iter().find(|s| s.head == head).map_or("", |s| &s.date));
            rows_of_blocks = sorted(rows(&records, v6, block_row)?, blocks)?;
            rows_of_blocks.retain(|row| !speaks.contains(&row.to));
            let (records, head) = self.get(country)?;
            country_head = head;
            rows_of_countries = sorted(rows(&records, v6, country_row)?, country)?;
        }
        for file in self.statistics.iter().rev() {
            file.of.iter().for_each(|r| dates[*r as usize].clone_from(&file.date));
        }
        let dates: Vec<String> = FIVE.iter().zip(&dates).map(|(r, date)| format!("{r} {date}")).collect();
        let facts = |what: &str| format!("{what}, delegated statistics of {}, facts only", dates.join(", "));

        let mut starts = ends;
        starts.extend(rows_of_blocks.iter().flat_map(|row| edges(row.first, row.last)));
        let registries = runs(&starts, v6, |addr| {
            listed(addr).map(|r| r.registry).or_else(|| find(&rows_of_blocks, addr).map(|row| row.to))
        });
        let lines = registries.iter().map(|run| format!("{}\t{}", block(v6, run.first, run.last), run.value));
        let head = facts(&format!("Which registry administers each {family} range"));
        let block_table = table(&head, "block\tregistry", lines);

        starts.extend(rows_of_countries.iter().flat_map(|row| edges(row.first, row.last)));
        let countries = runs(&starts, v6, |addr| match listed(addr) {
            Some(record) => record.given_to().map(str::to_owned),
            // What a registry lists no longer has no country, whatever the older table says.
            None if at(&registries, addr).is_none_or(|run| !speaks.contains(&run.value)) => {
                find(&rows_of_countries, addr).map(|row| row.name.clone())
            }
            None => None,
        });
        let lines = countries.iter().map(|run| format!("{}\t{}", block(v6, run.first, run.last), run.value));
        let head = if speaks.is_empty() { country_head } else { facts(&format!("Country of each {family} range")) };
        Ok([(blocks, block_table), (country, table(&head, "block\tcountry", lines))])
    }
}

/// A table as it is committed: its head, its columns' names, a line a record.
fn table(head: &str, columns: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| line + "\n").collect();
    format!("# {head}\n#{columns}\n{lines}")
}

/// A prefix, of IPv4 with the octets that it is about (`1.0.0/24`, `8.0/9`), or `FIRST-LAST`.
fn block(v6: bool, first: u128, last: u128) -> String {
    let host = first ^ last;
    let show = |addr: u128| match v6 {
        true => Ipv6Addr::from_bits(addr).to_string(),
        false => Ipv4Addr::from_bits(addr as u32).to_string(),
    };
    if host & host.wrapping_add(1) != 0 || first & host != 0 {
        return format!("{}-{}", show(first), show(last));
    }
    let len = if v6 { 128 } else { 32 } - host.count_ones();
    let octets = if v6 { usize::MAX } else { len.div_ceil(8).max(1) as usize };
    let text = show(first);
    let end = text.match_indices('.').nth(octets - 1).map_or(text.len(), |(at, _)| at);
    format!("{}/{len}", &text[..end])
}

/// Where something else may begin.
fn edges(first: u128, last: u128) -> impl Iterator<Item = u128> {
    [Some(first), last.checked_add(1)].into_iter().flatten()
}

/// The date of each registry in a head, or the head's own one.
fn dates_in(head: &str, date: &str) -> [String; 5] {
    FIVE.map(|registry| {
        let own =
            head.split(&format!("{registry} ")).skip(1).find_map(|rest| rest.get(..10).filter(|d| source::is_date(d)));
        own.unwrap_or(date).to_owned()
    })
}

/// Is this a file of the input: its table, or as it is published?
fn is_of(name: &str, input: &(&str, &str, &[&str])) -> bool {
    name.strip_suffix(".tsv") == Some(input.0) || input.2.contains(&name)
}

fn names_of(input: &(&str, &str, &[&str])) -> String {
    let table = format!("{}.tsv", input.0);
    input.2.iter().copied().chain([table.as_str()]).collect::<Vec<_>>().join(", ")
}

fn names() -> String {
    let inputs: Vec<String> = INPUTS.iter().map(names_of).collect();
    format!("{}, delegated-RIR-extended-latest and nro-delegated-stats", inputs.join(", "))
}

/// A record as rows of the first column's blocks: usually one.
type Form = fn(&Record) -> Option<(String, Row)>;

fn rows(records: &[&Record], v6: bool, form: Form) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for record in records {
        let wrong = || format!("{record:?}: not a row");
        let (blocks, row) = form(record).ok_or_else(wrong)?;
        for block in blocks.split(',').map(str::trim).filter(|b| !b.is_empty()) {
            let (first, last) = range(block, v6).filter(|(f, l)| f <= l).ok_or_else(wrong)?;
            rows.push(Row { first, last, ..row.clone() });
        }
    }
    Ok(rows)
}

fn blank(to: Registry) -> Row {
    Row { first: 0, last: 0, to, name: String::new(), date: String::new(), status: String::new() }
}

/// IANA's assignments: who answers by whois says whose they are.
fn assigned_row(record: &Record) -> Option<(String, Row)> {
    let whois = record.get(&["whois"]);
    let to = if whois.is_empty() { Iana } else { Registry::from_host(whois)? };
    let name = record.get(&["designation", "description", "holder"]).to_owned();
    let (date, status) = (record.get(&["date"]).to_owned(), record.plain(&["status"]));
    Some((record.plain(&["prefix", "block"]), Row { name, date, status, ..blank(to) }))
        .filter(|(_, row)| !row.status.is_empty())
}

/// A row of the IPv6 address space; 2000::/3 is left out.
fn space_row(record: &Record) -> Option<(String, Row)> {
    let name = record.plain(&["allocation", "description", "holder"]);
    let block = record.plain(&["ipv6 prefix", "prefix", "block"]);
    let block = if name == "Global Unicast" { String::new() } else { block };
    (!name.is_empty()).then(|| (block, Row { name, ..blank(Iana) }))
}

fn block_row(record: &Record) -> Option<(String, Row)> {
    Some((span(record), blank(Registry::from_name(record.get(&["registry", "rir"]))?)))
}

fn country_row(record: &Record) -> Option<(String, Row)> {
    let code = record.get(&["country"]).to_owned();
    let plain = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    plain.then(|| (span(record), Row { name: code, ..blank(Iana) }))
}

/// The block of a row: one column, or the first and the last address in two.
fn span(record: &Record) -> String {
    match record.get(&["block"]) {
        "" => format!("{}-{}", record.get(&["first"]), record.get(&["last"])),
        block => block.to_owned(),
    }
}

/// `1-1876,Assigned by ARIN`; what has a registry of its own is left out there.
fn number_row(record: &Record) -> Option<(String, Row)> {
    let (first, last) = (record.get(&["first"]), record.get(&["last"]));
    let block = if last.is_empty() { record.plain(&["number"]) } else { format!("{first}-{last}") };
    let text = record.plain(&["holder", "description"]);
    if text.to_ascii_lowercase().starts_with("see sub-registry") {
        return Some((String::new(), blank(Iana)));
    }
    let holder = text.strip_prefix("Assigned by ").unwrap_or(&text);
    let to = Registry::from_name(holder).filter(|r| r.is_regional());
    let lower = holder.to_ascii_lowercase();
    let name = match to {
        Some(to) => to.name(),
        // IANA's words for special numbers are sentences, of which these are the subjects.
        None if lower.contains("documentation") => "Documentation",
        None if lower.contains("private use") => "Private use",
        None if lower.contains("as_trans") => "AS_TRANS",
        None if lower.starts_with("unallocated") => "Unallocated",
        None if lower.starts_with("reserved") => "Reserved",
        None => return None,
    };
    Some((block, Row { name: name.to_owned(), ..blank(to.unwrap_or(Iana)) }))
}

fn bootstrap_row(record: &Record) -> Option<(String, Row)> {
    Some((record.get(&["prefix"]).to_owned(), blank(by_url(record)?)))
}

fn bootstrap_numbers(record: &Record) -> Option<(String, Row)> {
    let (first, last) = (record.get(&["first"]), record.get(&["last"]));
    let block = if last.is_empty() { record.get(&["prefix"]).to_owned() } else { format!("{first}-{last}") };
    Some((block, blank(by_url(record)?)))
}

/// The registry whose name is in the base URL.
fn by_url(record: &Record) -> Option<Registry> {
    let urls = record.get(&["urls"]);
    FIVE.into_iter().find(|r| urls.contains(&r.name().to_ascii_lowercase()))
}

/// RFC 9224: lists of blocks, each with its base URLs.
fn bootstrap(path: &str, text: &str) -> Result<Source, String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let date = json["publication"].as_str().and_then(|d| d.get(..10)).filter(|d| source::is_date(d));
    let mut records = Vec::new();
    for service in json["services"].as_array().ok_or("no services")? {
        let texts = |i: usize| -> Option<Vec<&str>> { service[i].as_array()?.iter().map(|v| v.as_str()).collect() };
        let (blocks, urls) = texts(0).zip(texts(1)).ok_or("a service without blocks and URLs")?;
        records.extend(blocks.iter().map(|block| Record::new(&["prefix", "urls"], &[*block, &urls.join(" ")])));
    }
    let date = date.ok_or("no day of publication")?.to_owned();
    Ok(Source { path: path.to_owned(), date, head: String::new(), records })
}

/// Numbers of which `decide` says the same, from each of `starts` on; those of which it says nothing are left out.
fn runs<T: PartialEq>(starts: &BTreeSet<u128>, v6: bool, decide: impl Fn(u128) -> Option<T>) -> Vec<Run<T>> {
    let top = if v6 { u128::MAX } else { u32::MAX.into() };
    let mut runs: Vec<Run<T>> = Vec::new();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([top]);
    for (first, last) in starts.iter().copied().zip(ends).filter(|(first, _)| *first <= top) {
        let Some(value) = decide(first) else { continue };
        match runs.last_mut() {
            Some(before) if before.value == value && before.last.checked_add(1) == Some(first) => before.last = last,
            _ => runs.push(Run { first, last, value }),
        }
    }
    runs
}

fn at<T>(runs: &[Run<T>], number: u128) -> Option<&Run<T>> {
    runs[..runs.partition_point(|r| r.first <= number)].last().filter(|r| number <= r.last)
}

/// Rows in order and disjoint, or an error.
fn sorted(mut rows: Vec<Row>, what: &str) -> Result<Vec<Row>, String> {
    rows.sort_by_key(|row| row.first);
    match rows.windows(2).find(|w| w[0].last >= w[1].first) {
        Some(w) => Err(format!("{what}: {:?} and {:?} overlap", w[0], w[1])),
        None => Ok(rows),
    }
}

fn find(rows: &[Row], number: u128) -> Option<&Row> {
    rows[..rows.partition_point(|r| r.first <= number)].last().filter(|r| number <= r.last)
}

/// The RDAP bootstrap has these rows, each with its registry, and no other.
fn same<'a>(what: &str, ours: impl Iterator<Item = &'a Row>, theirs: Vec<Row>) -> Done {
    let ours: Vec<_> = ours.map(|r| (r.first, r.last, r.to)).collect();
    let theirs: Vec<_> = sorted(theirs, what)?.iter().map(|r| (r.first, r.last, r.to)).collect();
    match ours.iter().find(|row| !theirs.contains(row)).or_else(|| theirs.iter().find(|row| !ours.contains(row))) {
        Some(row) => Err(format!("{what}: {row:x?} stands only there or only in IANA's registry")),
        None => Ok(()),
    }
}

/// `A/LEN` (also 003/8 and 190.46/15), `A-B` or one number.
fn range(text: &str, v6: bool) -> Option<(u128, u128)> {
    if let Some((addr, len)) = text.split_once('/') {
        let first = if v6 { number(addr, v6)? } else { short(addr)? };
        let bits: u32 = if v6 { 128 } else { 32 };
        let host = u128::MAX.checked_shr(128 - bits.checked_sub(len.parse::<u32>().ok()?)?).unwrap_or(0);
        return (first & host == 0).then_some((first, first | host));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((number(first, v6)?, number(last, v6)?))
}

/// An IPv4 address whose last octets may be missing: `003`, `190.46`.
fn short(text: &str) -> Option<u128> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for (octet, part) in octets.iter_mut().zip(parts.by_ref()) {
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets).to_bits().into())
}

/// An address, or an AS number.
fn number(text: &str, v6: bool) -> Option<u128> {
    match text.parse() {
        Ok(IpAddr::V4(a)) if !v6 => Some(a.to_bits().into()),
        Ok(IpAddr::V6(a)) if v6 => Some(a.to_bits()),
        Ok(_) => None,
        Err(_) => text.parse::<u32>().ok().filter(|_| !v6).map(u128::from),
    }
}

#[cfg(test)]
mod tests {
    use plainnet_lab::scratch::Folder;

    use super::*;

    /// The three forms in which an input comes.
    const FORMS: [&str; 3] = ["tsv", "xml", "csv"];

    /// Records of IANA's XML around their elements.
    fn xml(id: &str, records: &str) -> String {
        format!(
            "<?xml version='1.0' encoding='UTF-8'?>\n<registry xmlns=\"http://www.iana.org/assignments\" id=\"{id}\">\n\
             <title>X</title>\n<updated>2026-06-01</updated>\n{records}\n<people/>\n</registry>\n"
        )
    }

    fn space(form: &str) -> String {
        let row = |n: u32| {
            let (rir, host) =
                [("RIPE NCC", "whois.ripe.net"), ("Administered by ARIN", "whois.arin.net"), ("Future use", "")]
                    [if n >= 224 { 2 } else { n as usize % 2 }];
            match form {
                "tsv" => format!("{n}.0.0.0/8\t{rir}\t\t1993-05\t{host}\t\tLEGACY\n"),
                "csv" => format!("{n:03}/8,{rir},1993-05,{host},https://a/http://a/,LEGACY,[2][3]\r\n"),
                _ => format!(
                    "<record>\n<prefix>{n:03}/8</prefix><designation>{rir}</designation><date>1993-05</date>\n{}\
                     <rdap><server>https://a/</server></rdap><status>LEGACY</status><xref type=\"note\" data=\"2\"/>\n</record>\n",
                    if host.is_empty() { String::new() } else { format!("<whois>{host}</whois>\n") }
                ),
            }
        };
        let rows: String = (0..256).map(row).collect();
        match form {
            "tsv" => {
                format!("# IPv4, updated 2026-06-01\n#prefix\tdesignation\trir\tdate\twhois\trdap\tstatus\n{rows}")
            }
            "csv" => format!("Prefix,Designation,Date,WHOIS,RDAP,Status [1],Note\r\n{rows}"),
            _ => xml("ipv4-address-space", &rows),
        }
    }

    fn ipv6_space(form: &str) -> String {
        const ROWS: [(&str, &str); 4] = [
            ("0000::/3", "Reserved by IETF"),
            ("2000::/3", "Global Unicast"),
            ("4000::/2", "Reserved by IETF"),
            ("8000::/1", "Multicast"),
        ];
        match form {
            "tsv" => {
                let all = ROWS.iter().filter(|row| row.1 != "Global Unicast");
                let rows: String = all.map(|(block, name)| format!("{block}\t{name}\t\t\tRESERVED\n")).collect();
                format!("# IPv6 space, updated 2026-06-01\n#block\tholder\tdate\twhois\tstatus\n{rows}")
            }
            "csv" => {
                let row = |(block, name): &(&str, &str)| format!("{block},{name},[RFC3513][RFC4291],[1][2]\r\n");
                format!("IPv6 Prefix,Allocation,Reference,Notes\r\n{}", ROWS.iter().map(row).collect::<String>())
            }
            _ => {
                let row = |(block, name): &(&str, &str)| {
                    format!(
                        "<record>\n<prefix>{block}</prefix>\n<description>{name}</description>\n\
                         <xref type=\"rfc\" data=\"rfc4291\"/>\n<notes><xref type=\"note\" data=\"1\"/></notes>\n</record>\n"
                    )
                };
                let rows: String = ROWS.iter().map(row).collect();
                xml("ipv6-address-space", &format!("<registry id=\"ipv6-address-space-1\">{rows}</registry>"))
            }
        }
    }

    fn unicast(form: &str) -> String {
        match form {
            "tsv" => "# IPv6, updated 2026-06-01\n#prefix\tdesignation\trir\tdate\twhois\trdap\tstatus\n\
                2001::/23\tIANA\t\t1999-07-01\twhois.iana.org\t\tALLOCATED\n2a00::/12\tRIPE NCC\tRIPE\t2006-10-03\twhois.ripe.net\t\tALLOCATED\n"
                .into(),
            "csv" => "Prefix,Designation,Date,WHOIS,RDAP,Status,Note\r\n2001::/23,IANA,1999-07-01,whois.iana.org,,ALLOCATED,\r\n\
                2a00::/12,RIPE NCC,2006-10-03,whois.ripe.net,https://rdap.db.ripe.net/,ALLOCATED,\"2a00::/21 was \"\"first\"\",\nthen others. \"\r\n"
                .into(),
            _ => xml(
                "ipv6-unicast-address-assignments",
                "<record date=\"1999-07-01\"><prefix>2001:0000::/23</prefix><description>IANA</description><whois>whois.iana.org</whois>\n\
                 <status>ALLOCATED</status><notes>See <xref type=\"rfc\" data=\"rfc2928\"/>.\nTwo lines.</notes></record>\n\
                 <record date=\"2006-10-03\"><prefix>2a00:0000::/12</prefix><description>RIPE NCC</description><whois>whois.ripe.net</whois>\n\
                 <status>ALLOCATED</status><rdap><server>https://rdap.db.ripe.net/</server></rdap><notes/></record>",
            ),
        }
    }

    /// One file, or IANA's two halves.
    fn numbers(form: &str) -> Vec<(&'static str, String)> {
        let csv = |rows: &str| format!("Number,Description,WHOIS,RDAP,Reference,Registration Date\r\n{rows}");
        let low = "0,Reserved,,,[RFC7607],\r\n1-65534,Assigned by RIPE NCC,whois.ripe.net,https://rdap.db.ripe.net/,,\r\n65535,Reserved,,,[RFC7300],\r\n";
        let high = "0-65535,See Sub-registry 16-bit AS numbers,,,[RFC1930],\r\n65536-131071,Reserved for use in documentation,,,,\r\n\
                    131072-4294967295,Unallocated,,,,\r\n";
        let element = |row: &str| {
            let cells: Vec<&str> = row.split(',').collect();
            format!("<record><number>{}</number><description>{}</description></record>\n", cells[0], cells[1])
        };
        let part = |rows: &str| rows.lines().map(element).collect::<String>();
        match form {
            "tsv" => vec![(
                "as_numbers.tsv",
                "# AS, updated 2026-06-01\n#first\tlast\tholder\treference\twhois\n0\t0\tReserved\t\t\n1\t65534\tRIPE\t\t\n65535\t65535\tReserved\t\t\n\
                 65536\t131071\tDocumentation\t\t\n131072\t4294967295\tUnallocated\t\t\n"
                    .into(),
            )],
            "csv" => vec![("as-numbers-1.csv", csv(low)), ("as-numbers-2.csv", csv(high))],
            _ => vec![(
                "as-numbers.xml",
                xml(
                    "as-numbers",
                    &format!(
                        "<registry id=\"special-purpose-as-numbers\"><record><number>112</number></record></registry>\n\
                         <registry id=\"as-numbers-1\">{}</registry><registry id=\"as-numbers-2\">{}</registry>",
                        part(low),
                        part(high)
                    ),
                ),
            )],
        }
    }

    fn json(services: &[(&str, Vec<String>)]) -> String {
        let services: Vec<_> = services.iter().map(|(url, blocks)| serde_json::json!([blocks, [url]])).collect();
        serde_json::json!({"version": "1.0", "publication": "2026-06-01T20:00:01Z", "services": services}).to_string()
    }

    /// A folder with every input in `form`, and the words that name them.
    fn world(form: &str) -> (Folder, Vec<String>) {
        let folder = Folder::new();
        let input = |key: &str| INPUTS.iter().find(|i| i.0 == key).unwrap();
        let name = |key: &str| match form {
            "tsv" => format!("{key}.tsv"),
            // The name of IANA's own CSV comes last.
            form => (*input(key).2.iter().rfind(|n| n.ends_with(form)).unwrap()).to_owned(),
        };
        let slash8 = |odd: u32| (0..224).filter(|n| n % 2 == odd).map(|n| format!("{n}.0.0.0/8")).collect();
        let mut files = vec![
            (name("ipv4_space"), space(form)),
            (name("ipv6_unicast"), unicast(form)),
            (name("ipv6_space"), ipv6_space(form)),
            ("national_registries.tsv".into(), "# National servers, 2026-06-01\n#registry\trdap\nTWNIC\thttps://b/\nJPNIC\thttps://a/\n".into()),
            ("ipv4_country.tsv".into(), "# Countries of about 2026-10\n#first\tlast\tcountry\n1.0.0.0\t1.0.2.255\tNL\n11.0.0.0\t11.0.0.255\tUS\n".into()),
            ("ipv6_country.tsv".into(), "# Countries of about 2026-10\n#block\tcountry\n2001:4:112::/48\tUS\n".into()),
            ("ipv4_rir_blocks.tsv".into(), "# Blocks of 2026-09-12..14\n#first\tlast\trir\n2.0.0.0\t2.0.0.63\tLACNIC\n11.0.0.0\t11.0.0.255\tARIN\n".into()),
            ("ipv6_rir_blocks.tsv".into(), "# Blocks of 2026-09-12..14\n#first\tlast\trir\n2001:4:112::\t2001:4:112:ffff:ffff:ffff:ffff:ffff\tARIN\n".into()),
            ("ipv4.json".into(), json(&[("https://rdap.arin.net/registry/", slash8(1)), ("https://rdap.db.ripe.net/", slash8(0))])),
            ("ipv6.json".into(), json(&[("https://rdap.db.ripe.net/", vec!["2a00::/12".into()])])),
            ("asn.json".into(), json(&[("https://rdap.db.ripe.net/", vec!["1-65534".into()])])),
        ];
        files.extend(numbers(form).into_iter().map(|(name, text)| (name.to_owned(), text)));
        // A date follows each .csv.
        let mut words = Vec::new();
        for (name, text) in files {
            let path = folder.join(&name);
            fs::write(&path, text).unwrap();
            words.push(path.to_str().unwrap().to_owned());
            if name.ends_with(".csv") {
                words.push("2026-06-01".into());
            }
        }
        (folder, words)
    }

    /// The tables of such words, one behind the other.
    fn tables(words: &[String]) -> Result<String, String> {
        Ok(Inputs::read(words)?.tables()?.into_iter().map(|(name, text)| format!("{name}: {text}")).collect())
    }

    #[test]
    fn the_committed_blocks_are_written_as_they_would_be_again() {
        for (name, v6) in [
            ("ipv4_space", false),
            ("ipv4_rir_blocks", false),
            ("ipv4_country", false),
            ("ipv6_space", true),
            ("ipv6_unicast", true),
            ("ipv6_rir_blocks", true),
            ("ipv6_country", true),
        ] {
            let text = fs::read_to_string(root().join(format!("crates/rirwhois/data/{name}.tsv"))).unwrap();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let written = line.split('\t').next().unwrap();
                let (first, last) = range(written, v6).unwrap_or_else(|| panic!("{name}: {line}"));
                assert_eq!(block(v6, first, last), written, "{name}");
            }
        }
    }

    #[test]
    fn every_form_makes_the_same_tables() {
        let mut all = Vec::new();
        for form in FORMS {
            let (_folder, words) = world(form);
            let text = tables(&words).unwrap_or_else(|why| panic!("{form}: {why}"));
            assert_eq!(text.lines().filter(|line| line.contains("# ") && line.contains("2026-")).count(), 9, "{text}");
            // The heads name where each came from.
            all.push(text.lines().filter(|line| !line.contains("# ")).map(|l| format!("{l}\n")).collect::<String>());
        }
        assert_eq!((&all[0], &all[0]), (&all[1], &all[2]));
        let [text, ..] = &all[..] else { return };
        for part in [
            "#block\tholder\tdate\twhois\tstatus\n0/8\tRIPE NCC\t1993-05\twhois.ripe.net\tLEGACY\n1/8\tAdministered by ARIN\t",
            "\n255/8\tFuture use\t1993-05\t\tLEGACY\n",
            "\n::/3\tReserved by IETF\t\t\tRESERVED\n4000::/2\tReserved by IETF\t\t\tRESERVED\n8000::/1\tMulticast\t\t\tRESERVED\n",
            "#registry\trdap\nJPNIC\thttps://a/\nTWNIC\thttps://b/\n",
            "\n2001::/23\tIANA\t1999-07-01\t\tALLOCATED\n2a00::/12\tRIPE NCC\t2006-10-03\twhois.ripe.net\tALLOCATED\n",
            "#block\tregistry\n2.0.0.0/26\tLACNIC\n11.0.0/24\tARIN\n",
            "#block\tregistry\n2001:4:112::/48\tARIN\n",
            "#block\tcountry\n1.0.0.0-1.0.2.255\tNL\n11.0.0/24\tUS\n",
            "#block\tcountry\n2001:4:112::/48\tUS\n",
            "\n1\t65534\tRIPE\n65535\t65535\tReserved\n65536\t131071\tDocumentation\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn forms_may_be_mixed_and_statistics_win() {
        let (folder, mut words) = world("tsv");
        let (_other, csv) = world("csv");
        let swap = |words: &mut Vec<String>, tsv: &str, csv: &str| {
            let at = words.iter().position(|w| w.ends_with(tsv)).unwrap();
            words.splice(at..=at, [csv.to_owned(), "2026-07-08".to_owned()]);
        };
        swap(&mut words, "ipv4_space.tsv", csv.iter().find(|w| w.ends_with("ipv4-address-space.csv")).unwrap());
        let statistics = |name: &str, date: &str, rows: &str| {
            let path = folder.join(format!("delegated-{name}-extended-latest"));
            let text = format!("2|{name}|1|{}|19830705|{date}|+0000\n{rows}", rows.lines().count());
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        // ARIN no longer lists 11.0.0.0/24 as in the table of blocks; RIPE has a part of 1.0.0.0/8.
        words.push(statistics("arin", "20260920", "arin|US|ipv4|3.0.0.0|16777216|20260901|allocated|x\n"));
        words.push(statistics(
            "ripencc",
            "20260921",
            "ripencc|DE|ipv4|1.0.0.0|256||allocated|x\nripencc|NL|ipv4|1.0.1.0|256||reserved|x\n",
        ));
        let text = tables(&words).unwrap();
        assert!(
            text.starts_with("ipv4_space: # IANA IPv4 Address Space Registry, updated 2026-07-08, CC0 1.0\n"),
            "{text}"
        );
        for part in [
            "# Which registry administers each IPv4 range, delegated statistics of AFRINIC 2026-09-14, APNIC 2026-09-14, \
             ARIN 2026-09-20, LACNIC 2026-09-14, RIPE 2026-09-21, facts only\n",
            "#block\tregistry\n1.0.0/23\tRIPE\n2.0.0.0/26\tLACNIC\n3/8\tARIN\n",
            // Who spoke has the country of no block of the older table, and its pool is nobody's.
            "#block\tcountry\n1.0.0/24\tDE\n1.0.2/24\tNL\n3/8\tUS\n11.0.0/24\tUS\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn what_cannot_be_true_makes_no_table() {
        let (folder, words) = world("tsv");
        let made = |name: &str, change: &dyn Fn(&str) -> String| {
            let path = folder.join(name);
            let before = fs::read_to_string(&path).unwrap();
            fs::write(&path, change(&before)).unwrap();
            let made = tables(&words);
            fs::write(&path, before).unwrap();
            made.err().unwrap_or_default()
        };
        for (name, from, to, why) in [
            ("ipv4_space.tsv", "7.0.0.0/8", "8.0.0.0/8", "overlap"),
            ("ipv4_space.tsv", "7.0.0.0/8", "7.0.0.0/9", "256"),
            ("ipv4_space.tsv", "7.0.0.0/8", "7.0.0.1/8", "not a row"),
            ("ipv4_space.tsv", "whois.ripe.net", "whois.ripe.net.example", "not a row"),
            ("ipv4_rir_blocks.tsv", "2.0.0.0\t", "11.0.0.0\t", "not a row"),
            ("ipv4_rir_blocks.tsv", "LACNIC", "NOBODY", "not a row"),
            ("ipv4_country.tsv", "NL", "nl", "not a row"),
            ("ipv6_space.tsv", "4000::/2", "4000::/3", "not gap-free"),
            ("ipv6_space.tsv", "4000::/2", "2000::/2", "not a row"),
            ("ipv6_space.tsv", "4000::/2", "::/2", "overlap"),
            ("national_registries.tsv", "JPNIC", "NOBODY", "not a row"),
            ("national_registries.tsv", "https://a/", "http://a/", "not a row"),
            ("ipv6_country.tsv", "US", "USA", "not a row"),
            ("as_numbers.tsv", "65535\t65535\tReserved\t\t\n", "", "gap-free"),
            ("as_numbers.tsv", "4294967295", "4294967294", "gap-free"),
            ("as_numbers.tsv", "Documentation", "Something new", "not a row"),
            ("ipv4.json", "\"3.0.0.0/8\",", "", "stands only there or only in"),
            ("ipv6.json", "rdap.db.ripe.net", "rdap.arin.net", "stands only there or only in"),
            ("asn.json", "1-65534", "1-65533", "stands only there or only in"),
            ("asn.json", "publication", "published", "no day of publication"),
        ] {
            let seen = made(name, &|text| text.replacen(from, to, 1));
            assert!(seen.contains(why), "{name}: {from} -> {to}: {seen}");
        }
        let without: Vec<String> = words.iter().filter(|w| !w.ends_with("asn.json")).cloned().collect();
        assert!(tables(&without).unwrap_err().starts_with("rdap_bootstrap_asn is needed: one of asn.json, "));
        let unknown = tables(&[words.clone(), vec!["services.tsv".into()]].concat()).unwrap_err();
        assert!(unknown.starts_with("services.tsv: no file of this table"), "{unknown}");
    }
}
