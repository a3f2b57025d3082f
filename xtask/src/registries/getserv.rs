//! IANA's service names and port numbers -> crates/getserv/src/registry/table.rs.
//!
//! `cargo xtask registries getserv FILE...` reads either what IANA publishes,
//! service-names-port-numbers.xml (or .csv, then followed by its date, YYYY-MM-DD),
//! or the two tables services.tsv and services_unassigned.tsv.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    fs,
    path::Path,
};

use crate::{Done, root};

/// One record of the registry that has a name and a port, or a port without a name.
#[derive(Clone, Debug, Default, PartialEq)]
struct Record {
    name: String,
    first: u16,
    last: u16,
    /// A bit of [`PROTOS`], or [`ANY`].
    proto: u8,
    /// The registry's note calls the name a duplicate or historic.
    alias: bool,
    text: String,
}

/// All that is read.
#[derive(Debug, Default)]
struct Registry {
    date: String,
    records: Vec<Record>,
    /// Ports without a record, and what the registry says of them.
    gaps: Vec<Gap>,
}

#[derive(Debug)]
struct Gap {
    first: u16,
    last: u16,
    proto: u8,
    unassigned: bool,
}

const PROTOS: [(&str, u8); 4] = [("tcp", 1), ("udp", 2), ("sctp", 4), ("dccp", 8)];
const ANY: u8 = 16;
const ALIAS: u8 = 128;
/// Slots of the hash of names, a power of two.
const SLOTS: usize = 16_384;

pub(super) fn run(words: &[String]) -> Done {
    let mut registry = Registry::default();
    for word in words {
        let path = Path::new(word);
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if is_date(word) {
            registry.date.clone_from(word);
            continue;
        }
        let text = fs::read_to_string(path).map_err(|e| format!("{word}: {e}"))?;
        let done = match name {
            "services.tsv" => services(&text, &mut registry),
            "services_unassigned.tsv" => unassigned(&text, &mut registry),
            _ if name.ends_with(".xml") => xml(&text, &mut registry),
            _ if name.ends_with(".csv") => csv(&text, &mut registry),
            _ => Err("services.tsv, services_unassigned.tsv, or IANA's .xml or .csv is needed".into()),
        };
        done.map_err(|why| format!("{word}: {why}"))?;
    }
    if !is_date(&registry.date) {
        return Err("no date of the registry: give it after the .csv, as YYYY-MM-DD".into());
    }
    if registry.records.len() < 10_000 || registry.gaps.len() < 500 {
        return Err(format!("only {} records and {} gaps", registry.records.len(), registry.gaps.len()));
    }
    let rows = rows(&registry)?;
    check(&registry, &rows)?;
    let folder = root().join("crates/getserv/src/registry");
    for (name, text) in [
        ("table.rs", source(&registry, &rows)?),
        // Without a newline: the command's table takes it as it is.
        ("source.txt", format!("IANA service names and port numbers, {}", registry.date)),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
}

fn proto(text: &str) -> Result<u8, String> {
    match PROTOS.iter().find(|p| p.0 == text) {
        Some(p) => Ok(p.1),
        None if text.is_empty() => Ok(ANY),
        None => Err(format!("protocol {text}")),
    }
}

/// `80` or `6000-6063`.
fn ports(text: &str) -> Result<(u16, u16), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |n: &str| n.parse::<u16>().map_err(|_| format!("port {text}"));
    Ok((number(first)?, number(last)?))
}

/// The rows of a table, after its date in the first line is kept.
fn tsv<'a, const N: usize>(text: &'a str, registry: &mut Registry) -> Result<Vec<[&'a str; N]>, String> {
    let head = text.lines().next().unwrap_or_default();
    registry.date = head.split([' ', ',']).find(|w| is_date(w)).ok_or("no date in the first line")?.to_owned();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<_> = line.split('\t').collect();
            fields.try_into().map_err(|_| format!("{line}: {N} columns are needed"))
        })
        .collect()
}

fn services(text: &str, registry: &mut Registry) -> Done {
    for [name, port, protocol, status, _, _, _, text] in tsv(text, registry)? {
        if !port.is_empty() {
            let (first, last) = ports(port)?;
            let (proto, alias, text) = (proto(protocol)?, status == "alias", clean(text));
            registry.records.push(Record { name: name.to_owned(), first, last, proto, alias, text });
        }
    }
    Ok(())
}

fn unassigned(text: &str, registry: &mut Registry) -> Done {
    for [port, protocol, state] in tsv(text, registry)? {
        let (first, last) = ports(port)?;
        registry.gaps.push(Gap { first, last, proto: proto(protocol)?, unassigned: state == "unassigned" });
    }
    Ok(())
}

/// IANA's own words: a record without a name is a gap where its description
/// says so, and a note otherwise.
fn published(name: &str, port: &str, protocol: &str, text: &str, note: &str, registry: &mut Registry) -> Done {
    if port.is_empty() {
        return Ok(());
    }
    let (first, last) = ports(port)?;
    let (proto, text) = (proto(protocol)?, clean(text));
    let word = text.split([' ', ',', ';']).next().unwrap_or_default().to_ascii_lowercase();
    if name.is_empty() && (word == "unassigned" || word == "reserved") {
        registry.gaps.push(Gap { first, last, proto, unassigned: word == "unassigned" });
    } else {
        let alias = note.contains("an alias to") || note.contains("duplicate of");
        registry.records.push(Record { name: name.to_owned(), first, last, proto, alias, text });
    }
    Ok(())
}

/// The registry's XML is regular: one `<record>` after the other, leaf elements without attributes that matter here.
fn xml(text: &str, registry: &mut Registry) -> Done {
    registry.date = element(text, "updated").unwrap_or_default();
    for record in text.split("<record").skip(1) {
        let record = record.split("</record>").next().unwrap_or_default();
        let part = |name| element(record, name).unwrap_or_default();
        published(&part("name"), &part("number"), &part("protocol"), &part("description"), &part("note"), registry)?;
    }
    Ok(())
}

/// The text of the first element of this name, without the tags inside.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inside, _) = rest.split_once(&format!("</{name}>"))?;
    let mut plain = String::new();
    for (i, part) in inside.split('<').enumerate() {
        plain.push_str(if i == 0 { part } else { part.split_once('>').map_or("", |p| p.1) });
    }
    for (from, to) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
        plain = plain.replace(from, to);
    }
    Some(plain)
}

/// RFC 4180: a quoted field holds commas, newlines and doubled quotes.
fn csv(text: &str, registry: &mut Registry) -> Done {
    let (mut record, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut columns = HashMap::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                let fields = std::mem::take(&mut record);
                if columns.is_empty() {
                    columns = fields.into_iter().enumerate().map(|(i, name)| (name, i)).collect();
                    continue;
                }
                let part = |name| columns.get(name).and_then(|i: &usize| fields.get(*i)).map_or("", String::as_str);
                published(
                    part("Service Name"),
                    part("Port Number"),
                    part("Transport Protocol"),
                    part("Description"),
                    part("Assignment Notes"),
                    registry,
                )?;
            }
            c => field.push(c),
        }
    }
    Ok(())
}

/// One line, one blank between words, no escapes for a terminal.
fn clean(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Records that differ in nothing but the protocol, as one row.
fn rows(registry: &Registry) -> Result<Vec<Record>, String> {
    let mut records: Vec<_> = registry.records.iter().filter(|r| !r.name.is_empty()).collect();
    // Stable: within a port the registry's order holds, but a duplicate or
    // historic name never comes before one that is neither.
    records.sort_by_key(|r| (r.first, r.alias));
    let mut rows: Vec<Record> = Vec::new();
    for record in records {
        if !record.name.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
            return Err(format!("{:?}: no name that services(5) can hold", record.name));
        }
        let here = rows.iter().rposition(|r| r.first != record.first).map_or(0, |at| at + 1);
        let found = rows[here..].iter().position(|r| {
            (&r.name, r.last, r.alias, &r.text) == (&record.name, record.last, record.alias, &record.text)
        });
        match found {
            // Joining an earlier row must not overtake another name of the same protocol.
            Some(at) if rows[here + at + 1..].iter().all(|r| r.proto & record.proto == 0) => {
                rows[here + at].proto |= record.proto;
            }
            _ => rows.push(record.clone()),
        }
    }
    Ok(rows)
}

/// Every record must be found both ways among the rows as it is among the records.
fn check(registry: &Registry, rows: &[Record]) -> Done {
    let named: Vec<_> = registry.records.iter().filter(|r| !r.name.is_empty()).collect();
    let (mut by_name, mut by_port) = (BTreeMap::new(), BTreeMap::new());
    for r in named.iter().filter(|r| !r.alias).chain(named.iter().filter(|r| r.alias)) {
        by_port.entry((r.first, r.proto)).or_insert(&r.name);
        let lowest = by_name.entry((&r.name, r.proto)).or_insert(r.first);
        *lowest = r.first.min(*lowest);
    }
    for ((name, proto), port) in by_name {
        let row = rows.iter().find(|r| r.name == *name && r.proto & (proto | ANY) != 0);
        if row.map(|r| r.first) != Some(port) {
            return Err(format!("{name}/{proto}: {port} became {row:?}"));
        }
    }
    for ((port, proto), name) in by_port {
        let row = rows.iter().find(|r| r.first == port && r.proto & (proto | ANY) != 0);
        if row.map(|r| &r.name) != Some(name) {
            return Err(format!("{port}/{proto}: {name} became {row:?}"));
        }
    }
    let folded: BTreeSet<_> = rows.iter().map(|r| r.name.to_ascii_lowercase()).collect();
    let names: BTreeSet<_> = rows.iter().map(|r| &r.name).collect();
    if folded.len() != names.len() {
        return Err("two names differ in case alone: the hash answers only one of them".into());
    }
    Ok(())
}

/// Ports that are unassigned for TCP and UDP both, as ranges.
fn free(registry: &Registry) -> Vec<(u16, u16)> {
    let mut open = vec![0u8; 65_536];
    for gap in registry.gaps.iter().filter(|g| g.unassigned) {
        let mask = if gap.proto == ANY { 3 } else { gap.proto };
        open[usize::from(gap.first)..=usize::from(gap.last)].iter_mut().for_each(|p| *p |= mask);
    }
    let taken = registry.records.iter().map(|r| (r.first, r.last));
    for (first, last) in taken.chain(registry.gaps.iter().filter(|g| !g.unassigned).map(|g| (g.first, g.last))) {
        open[usize::from(first)..=usize::from(last)].fill(0);
    }
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for port in (0..=u16::MAX).filter(|p| open[usize::from(*p)] & 3 == 3) {
        match ranges.last_mut() {
            Some(range) if range.1 + 1 == port => range.1 = port,
            _ => ranges.push((port, port)),
        }
    }
    ranges
}

/// FNV-1a over the letters in lower case. crates/getserv/src/registry.rs has its twin.
fn hash(name: &str) -> usize {
    let mut h: u32 = 0x811c_9dc5;
    for b in name.bytes() {
        h = (h ^ u32::from(b | 0x20)).wrapping_mul(0x0100_0193);
    }
    (h ^ (h >> 15)) as usize
}

fn source(registry: &Registry, rows: &[Record]) -> Result<String, String> {
    let mut names = BTreeMap::new();
    let (mut name_blob, mut name_lines) = (0u16, String::new());
    let (mut texts, mut text_lines, mut text_ends) = (HashMap::new(), String::new(), Vec::new());
    let mut text_blob = 0;
    let (mut row_lines, mut slots) = (String::new(), vec![0u16; SLOTS]);
    let mut ranges = String::new();
    for (i, row) in rows.iter().enumerate() {
        let at = *names.entry(&row.name).or_insert_with(|| {
            let _ = writeln!(name_lines, "    {}\\", row.name.escape_debug());
            let mut slot = hash(&row.name) % SLOTS;
            while slots[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            slots[slot] = i as u16 + 1;
            name_blob += row.name.len() as u16;
            name_blob - row.name.len() as u16
        });
        let text = *texts.entry(&row.text).or_insert_with(|| {
            // A literal's line break eats the blanks that follow: no text begins with one.
            let _ = writeln!(text_lines, "    {}\\", row.text.escape_debug());
            text_blob += row.text.len();
            text_ends.push(text_blob);
            text_ends.len() - 1
        });
        let next = rows[i + 1..].iter().position(|r| r.name == row.name).map_or(0, |n| i + 1 + n);
        let protos = row.proto | if row.alias { ALIAS } else { 0 };
        let length = row.name.len();
        let _ = writeln!(
            row_lines,
            "    row({}, {protos}, {at}, {length}, {text}, {next}), // {i} {}",
            row.first, row.name
        );
        if row.last != row.first {
            let _ = writeln!(ranges, "    ({i}, {}),", row.last);
        }
    }
    if rows.len() > usize::from(u16::MAX) || names.keys().any(|n| n.len() > 255) {
        return Err("the table outgrew its numbers".into());
    }
    let list =
        |items: Vec<String>| items.chunks(16).map(|line| format!("    {},\n", line.join(", "))).collect::<String>();
    let slots = list(slots.iter().map(u16::to_string).collect());
    let count = text_ends.len();
    let text_ends = list(text_ends.iter().map(usize::to_string).collect());
    let free = free(registry);
    let frees = list(free.iter().map(|r| format!("{r:?}")).collect());
    Ok(format!(
        "//! IANA Service Name and Transport Protocol Port Number Registry, updated {date} (CC0 1.0).\n\
         //! Written by `cargo xtask registries getserv`, not by hand.\n\
         use super::{{Row, row}};\n\n\
         /// By port; within a port in the order of the registry, duplicate and historic names last.\n\
         /// Port, protocols, place and length of the name, text, next row of the same name.\n\
         pub(super) static ROWS: [Row; {n}] = [\n{row_lines}];\n\n\
         /// Rows of several ports, and the last of them.\n\
         pub(super) static RANGES: [(u16, u16); {n_ranges}] = [\n{ranges}];\n\n\
         /// The first row of each name, counted from 1, at the hash of its letters in lower case or after it.\n\
         pub(super) static SLOTS: [u16; {SLOTS}] = [\n{slots}];\n\n\
         /// Ports that the registry lists as unassigned for TCP and for UDP.\n\
         pub(super) static FREE: [(u16, u16); {n_free}] = [\n{frees}];\n\n\
         /// The names, end to end.\n\
         pub(super) static NAMES: &str = \"\\\n{name_lines}\";\n\n\
         /// Where each text ends.\n\
         pub(super) static TEXT_ENDS: [u32; {count}] = [\n{text_ends}];\n\n\
         /// The texts, end to end; only -l and --search look at them.\n\
         pub(super) static TEXTS: &str = \"\\\n{text_lines}\";\n",
        date = registry.date,
        n = rows.len(),
        n_ranges = ranges.lines().count(),
        n_free = free.len(),
    ))
}
