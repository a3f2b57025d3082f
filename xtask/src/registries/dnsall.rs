//! The record types: reads `dns-parameters.xml` or `dns-parameters-4.csv` (then
//! followed by its date) as IANA publishes them, or `rr_types.tsv`, and writes
//! `crates/dnsall/data/rr_types.tsv`, which dnsall's build script compiles.
use std::{fmt::Write as _, fs};

use super::source::{Source, files};
use crate::{Done, root};

/// One row of the registry.
struct Row {
    name: String,
    number: u16,
    meta: bool,
    /// What it stands for, in the registry's words.
    meaning: String,
    /// The documents that define it, separated by commas.
    reference: String,
}

/// The part of dns-parameters.xml that has the types.
const SECTION: &[&str] = &["dns-parameters-4"];

pub(super) fn run(words: &[String]) -> Done {
    let sources = files(words, SECTION)?;
    let [source] = &sources[..] else { return Err("one file is needed".into()) };
    let rows = rows(source).map_err(|why| format!("{}: {why}", source.path))?;
    if rows.len() < 99 || rows.windows(2).any(|w| w[0].number == w[1].number) {
        return Err(format!("{}: {} rows, or a number twice", source.path, rows.len()));
    }
    let to = root().join("crates/dnsall/data/rr_types.tsv");
    fs::write(&to, table(&source.date, &rows)).map_err(|e| format!("{}: {e}", to.display()))?;
    let line = format!("IANA DNS resource record types, {}", source.date);
    println!("--version shows the date by hand: crates/dnsall/src/spec.rs should have {line:?}");
    Ok(())
}

fn table(date: &str, rows: &[Row]) -> String {
    let mut out = format!(
        "# Resource record TYPEs, {date}, IANA Domain Name System parameters \
         (www.iana.org/assignments/dns-parameters), CC0 1.0\n\
         #value\ttype\tkind\tmeaning\treference\n"
    );
    for Row { name, number, meta, meaning, reference } in rows {
        let kind = if *meta { "meta" } else { "data" };
        let _ = writeln!(out, "{number}\t{name}\t{kind}\t{meaning}\t{reference}");
    }
    out
}

/// `[RFC6891][RFC3225]` as `RFC6891,RFC3225`.
fn references(text: &str) -> String {
    let parts = text.split(['[', ']', ',']).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(",")
}

/// The types that have a name and a number of their own.
fn rows(source: &Source) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for record in &source.records {
        let (name, number) = (record.get(&["type"]), record.get(&["value"]));
        // Ranges, the reserved ends and the unassigned are no types.
        if number.contains('-') || number == "0" || ["Unassigned", "Reserved", "Private use"].contains(&name) {
            continue;
        }
        let number = number.parse().map_err(|e| format!("{name} {number}: {e}"))?;
        let name = if name == "*" { "ANY" } else { name };
        let meaning = record.get(&["meaning", "description"]).to_owned();
        let reference = references(record.get(&["reference", "xref"]));
        // RFC 6895 section 3.1: 128-255 are questions and meta types; OPT predates the rule.
        let meta = number == 41 || (128..=255).contains(&number);
        rows.push(Row { name: name.into(), number, meta, meaning, reference });
    }
    rows.sort_by_key(|row| row.number);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registries::source::parse;

    const XML: &str = "<?xml version='1.0'?><registry id=\"dns-parameters\"><updated>2026-08-20</updated>
        <registry id=\"dns-parameters-2\"><record><type>IN</type><value>1</value></record></registry>
        <registry id=\"dns-parameters-4\"><title>Resource Record (RR) TYPEs</title>
        <record><type>Reserved</type><value>0</value></record>
        <record><type>A</type><value>1</value><description>a host address</description></record>
        <record><type>OPT</type><value>41</value><xref type=\"rfc\" data=\"rfc6891\"/></record>
        <record date=\"2024-06-21\"><type>WALLET</type><value>262</value></record>
        <record><type>Unassigned</type><value>71-98</value></record>
        <record><type>*</type><value>255</value></record>
        <record><type>Reserved</type><value>65535</value></record></registry>
        <registry id=\"dns-parameters-5\"><record><type>X</type><value>9</value></record></registry></registry>";

    const CSV: &str = "TYPE,Value,Meaning,Reference,Template,Registration Date\r\nReserved,0,,[RFC6895],,2021-08-05\r\n\
        A,1,a host address,[RFC1035],,\r\nOPT,41,OPT,[RFC6891][RFC3225],,\r\nWALLET,262,\"Public, wallet\naddress\",,,2024-06-21\r\n\
        Unassigned,71-98,,,,\r\n*,255,A request for some or all records,[RFC1035],,\r\nReserved,65535,,,,\r\n";

    const TSV: &str = "# IANA, as of 2026-08-20, CC0 1.0\n#type\tvalue\tkind\nA\t1\tdata\nOPT\t41\tmeta\nWALLET\t262\tdata\nANY\t255\tmeta\n";

    #[test]
    fn every_form_of_the_registry_says_the_same() {
        for (name, text, date) in [("x.xml", XML, "2026-08-20"), ("x.csv", CSV, ""), ("x.tsv", TSV, "2026-08-20")] {
            let source = parse(name, text, SECTION).unwrap();
            let rows = rows(&source).unwrap();
            let rows: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.number, row.meta)).collect();
            assert_eq!(source.date, date);
            assert_eq!(
                rows,
                [("A", 1, false), ("OPT", 41, true), ("ANY", 255, true), ("WALLET", 262, false)],
                "{name}"
            );
        }
        assert!(rows(&parse("x.csv", &CSV.replace("A,1,", "A,x,"), SECTION).unwrap()).is_err());
        let source = parse("x.csv", CSV, SECTION).unwrap();
        let text = table("2026-08-20", &rows(&source).unwrap());
        assert!(text.contains("\n41\tOPT\tmeta\tOPT\tRFC6891,RFC3225\n"), "{text}");
        assert!(text.contains("\n262\tWALLET\tdata\tPublic, wallet address\t\n"), "{text}");
        // What was written is read again, and written alike.
        let again = parse("x.tsv", &text, SECTION).unwrap();
        assert_eq!(table(&again.date, &rows(&again).unwrap()), text);
    }
}
