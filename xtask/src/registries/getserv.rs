//! IANA's service names and port numbers -> crates/getserv/src/book/registry/table.rs.
//!
//! `cargo xtask registries getserv FILE...` reads either what IANA publishes,
//! service-names-port-numbers.xml (or .csv, then followed by its date, YYYY-MM-DD),
//! or the two tables services.tsv and services_unassigned.tsv.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    fs,
};

use super::source::{self, files};
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
    for source in files(words, &[])? {
        for record in &source.records {
            take(record, &mut registry).map_err(|why| format!("{}: {why}", source.path))?;
        }
        registry.date.clone_from(&source.date);
    }
    if registry.records.len() < 10_000 || registry.gaps.len() < 500 {
        return Err(format!("only {} records and {} gaps", registry.records.len(), registry.gaps.len()));
    }
    let rows = rows(&registry)?;
    check(&registry, &rows)?;
    let folder = root().join("crates/getserv/src/book/registry");
    for (name, text) in [
        ("table.rs", rust(&registry, &rows)?),
        // Without a newline: the command's table takes it as it is.
        ("source.txt", format!("IANA service names and port numbers, {}", registry.date)),
    ] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
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

/// One record, in the words of whichever form it has. One without a name is a
/// gap where IANA's description says so (or the table of gaps does), and a note otherwise.
fn take(record: &source::Record, registry: &mut Registry) -> Done {
    let port = record.get(&["port number", "number", "port"]);
    if port.is_empty() {
        return Ok(());
    }
    let name = record.get(&["service name", "name"]);
    let (first, last) = ports(port)?;
    let (proto, text) =
        (proto(record.get(&["transport protocol", "protocol", "proto"]))?, record.get(&["description", "state"]));
    let word = text.split([' ', ',', ';']).next().unwrap_or_default().to_ascii_lowercase();
    if name.is_empty() && (word == "unassigned" || word == "reserved") {
        registry.gaps.push(Gap { first, last, proto, unassigned: word == "unassigned" });
    } else {
        let note = record.get(&["assignment notes", "note"]);
        let alias = record.get(&["status"]) == "alias" || note.contains("an alias to") || note.contains("duplicate of");
        registry.records.push(Record { name: name.to_owned(), first, last, proto, alias, text: text.to_owned() });
    }
    Ok(())
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

/// FNV-1a over the letters in lower case. crates/getserv/src/book/registry.rs has its twin.
fn hash(name: &str) -> usize {
    let mut h: u32 = 0x811c_9dc5;
    for b in name.bytes() {
        h = (h ^ u32::from(b | 0x20)).wrapping_mul(0x0100_0193);
    }
    (h ^ (h >> 15)) as usize
}

fn rust(registry: &Registry, rows: &[Record]) -> Result<String, String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registries::source::parse;

    const XML: &str = "<?xml version='1.0' encoding='UTF-8'?>
<registry xmlns=\"http://www.iana.org/assignments\" id=\"service-names-port-numbers\"><updated>2026-08-17</updated>
<record><name>www</name><protocol>tcp</protocol><description>World Wide Web &amp;\n HTTP</description>
<xref type=\"person\" data=\"Tim_Berners-Lee\"/><number>80</number><note>This is a duplicate of the \"http\" service.</note></record>
<record date=\"2007-01-01\" updated=\"2011-01-01\"><name>x11</name><protocol>udp</protocol><description/><number>6000-6063</number></record>
<record><number>4</number><protocol>tcp</protocol><description>Unassigned</description></record>
<record><number>225-241</number><description>Reserved</description><xref type=\"person\" data=\"Jon_Postel\"/></record>
<record><name>only-a-name</name><description>no port</description></record>
<people><person id=\"Jon_Postel\"><name>Jon Postel</name></person></people></registry>";

    const CSV: &str = "Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,Modification Date,\
        Reference,Service Code,Unauthorized Use Reported,Assignment Notes\r\n\
        www,80,tcp,\"World Wide Web &\n HTTP\",[Tim_Berners-Lee],,,,,,,\"This is a duplicate of the \"\"http\"\" service.\"\r\n\
        x11,6000-6063,udp,,,,2007-01-01,2011-01-01,,,,\r\n,4,tcp,Unassigned,,,,,,,,\r\n,225-241,,Reserved,[Jon_Postel],,,,,,,\r\n\
        only-a-name,,,no port,,,,,,,,\r\n";

    const TSV: &str = "# Services, updated 2026-08-17, CC0\n#name\tport\tproto\tstatus\tdescription\n\
        www\t80\ttcp\talias\tWorld Wide Web & HTTP\nx11\t6000-6063\tudp\tactive\t\nonly-a-name\t\t\tactive\tno port\n";

    const GAPS: &str =
        "# Gaps, updated 2026-08-17, CC0\n#port\tproto\tstate\n4\ttcp\tunassigned\n225-241\t\treserved\n";

    #[test]
    fn every_form_of_the_registry_says_the_same() {
        for texts in [&[XML][..], &[CSV], &[TSV, GAPS]] {
            let mut registry = Registry::default();
            for text in texts {
                let source = parse("x", text, &[]).unwrap();
                source.records.iter().for_each(|record| take(record, &mut registry).unwrap());
            }
            let www = Record {
                name: "www".into(),
                first: 80,
                last: 80,
                proto: 1,
                alias: true,
                text: "World Wide Web & HTTP".into(),
            };
            let x11 = Record { name: "x11".into(), first: 6000, last: 6063, proto: 2, ..Record::default() };
            assert_eq!(registry.records, [www, x11], "{texts:?}");
            let gaps: Vec<_> = registry.gaps.iter().map(|g| (g.first, g.last, g.proto, g.unassigned)).collect();
            assert_eq!(gaps, [(4, 4, 1, true), (225, 241, ANY, false)], "{texts:?}");
        }
    }
}
