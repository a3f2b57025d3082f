//! IANA's service names and port numbers -> crates/getserv/data/services.tsv and unassigned.tsv.
//!
//! `cargo xtask registries getserv FILE...` reads either what IANA publishes,
//! service-names-port-numbers.xml (or .csv, then followed by its date, YYYY-MM-DD),
//! or tables with the columns of those two. The compact form that the program
//! reads is made of them when it is built.
use std::{collections::BTreeMap, fmt::Write as _, fs};

use super::source::{self, files};
use crate::{Done, root};

/// Where the registry is published.
const PUBLISHED: &str = "www.iana.org/assignments/service-names-port-numbers";
const TITLE: &str = "IANA Service Name and Transport Protocol Port Number Registry";

/// One record of the registry that has a port, with or without a name.
#[derive(Clone, Debug, Default, PartialEq)]
struct Record {
    name: String,
    first: u16,
    last: u16,
    proto: String,
    /// The registry's note calls the name a duplicate or historic.
    is_alias: bool,
    text: String,
}

/// A port or range that has no record, and what the registry says of it.
#[derive(Debug)]
struct Gap {
    first: u16,
    last: u16,
    proto: String,
    is_unassigned: bool,
}

/// All that is read.
#[derive(Debug, Default)]
struct Registry {
    date: String,
    records: Vec<Record>,
    gaps: Vec<Gap>,
}

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
    // Stable: within a port the registry's order holds, since its first active name is the answer.
    registry.records.sort_by_key(|r| r.first);
    registry.gaps.sort_by_key(|g| g.first);
    check(&registry)?;
    let folder = root().join("crates/getserv/data");
    for (name, text) in [("services.tsv", services(&registry)), ("unassigned.tsv", unassigned(&registry))] {
        let path = folder.join(name);
        let before = fs::read_to_string(&path).unwrap_or_default();
        println!("{name}: {} lines changed", changed(&before, &text));
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn proto(text: &str) -> Result<String, String> {
    match text {
        "" | "tcp" | "udp" | "sctp" | "dccp" => Ok(text.to_owned()),
        other => Err(format!("protocol {other}")),
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
        registry.gaps.push(Gap { first, last, proto, is_unassigned: word == "unassigned" });
    } else {
        let note = record.get(&["assignment notes", "note"]);
        let is_alias =
            record.get(&["status"]) == "alias" || note.contains("an alias to") || note.contains("duplicate of");
        registry.records.push(Record { name: name.to_owned(), first, last, proto, is_alias, text: text.to_owned() });
    }
    Ok(())
}

/// What every reader of the tables relies on.
fn check(registry: &Registry) -> Done {
    let mut folded = BTreeMap::new();
    for record in registry.records.iter().filter(|r| !r.name.is_empty()) {
        if !record.name.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
            return Err(format!("{:?}: no name that services(5) can hold", record.name));
        }
        let same = folded.entry(record.name.to_ascii_lowercase()).or_insert(&record.name);
        if *same != &record.name {
            return Err(format!("{same} and {} differ in case alone", record.name));
        }
    }
    let mut covered = vec![false; 49_152];
    let records = registry.records.iter().map(|r| (r.first, r.last));
    for (first, last) in records.chain(registry.gaps.iter().map(|g| (g.first, g.last))) {
        let end = covered.len();
        covered[usize::from(first).min(end)..(usize::from(last) + 1).min(end)].fill(true);
    }
    match covered.iter().position(|is_covered| !is_covered) {
        Some(port) => Err(format!("nothing is said of port {port}")),
        None => Ok(()),
    }
}

fn port_text(first: u16, last: u16) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

fn services(registry: &Registry) -> String {
    let mut text = format!(
        "# {TITLE}, updated {}, {PUBLISHED}, CC0 1.0\n#name\tport\tproto\tstatus\tdescription\n",
        registry.date
    );
    for r in &registry.records {
        let status = match (r.name.is_empty(), r.is_alias) {
            (true, _) => "noname",
            (false, true) => "alias",
            (false, false) => "active",
        };
        let _ = writeln!(text, "{}\t{}\t{}\t{status}\t{}", r.name, port_text(r.first, r.last), r.proto, r.text);
    }
    text
}

fn unassigned(registry: &Registry) -> String {
    let mut text = format!(
        "# {TITLE}: ports that it lists as unassigned or reserved, updated {}, {PUBLISHED}, CC0 1.0\n\
         #port\tproto\tstate\n",
        registry.date
    );
    for g in &registry.gaps {
        let state = if g.is_unassigned { "unassigned" } else { "reserved" };
        let _ = writeln!(text, "{}\t{}\t{state}", port_text(g.first, g.last), g.proto);
    }
    text
}

/// How many lines are new or gone.
fn changed(before: &str, after: &str) -> usize {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    before.lines().for_each(|line| *counts.entry(line).or_default() -= 1);
    after.lines().for_each(|line| *counts.entry(line).or_default() += 1);
    counts.values().map(|n| n.unsigned_abs() as usize).sum()
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
    fn the_committed_tables_are_what_is_written() {
        let folder = root().join("crates/getserv/data");
        let mut registry = Registry::default();
        let texts = ["services.tsv", "unassigned.tsv"].map(|name| fs::read_to_string(folder.join(name)).unwrap());
        for text in &texts {
            let source = parse("x", text, &[]).unwrap();
            source.records.iter().for_each(|record| take(record, &mut registry).unwrap());
            registry.date = source.date;
        }
        check(&registry).unwrap();
        assert!(registry.records.is_sorted_by_key(|r| r.first) && registry.gaps.is_sorted_by_key(|g| g.first));
        assert_eq!([services(&registry), unassigned(&registry)], texts);
    }

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
                proto: "tcp".into(),
                is_alias: true,
                text: "World Wide Web & HTTP".into(),
            };
            let x11 = Record { name: "x11".into(), first: 6000, last: 6063, proto: "udp".into(), ..Record::default() };
            assert_eq!(registry.records, [www, x11], "{texts:?}");
            let gaps: Vec<_> = registry.gaps.iter().map(|g| (g.first, g.last, &*g.proto, g.is_unassigned)).collect();
            assert_eq!(gaps, [(4, 4, "tcp", true), (225, 241, "", false)], "{texts:?}");
        }
    }
}
