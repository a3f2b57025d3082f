//! The record types: reads `dns-parameters.xml` or `dns-parameters-4.csv` (then
//! followed by its date) as IANA publishes them, or `rr_types.tsv`, and writes
//! `crates/dnsall/src/wire/types/table.rs`.
use std::{fmt::Write as _, fs};

use super::source::{Source, files};
use crate::{Done, root};

/// One row of the registry.
struct Row {
    name: String,
    number: u16,
    meta: bool,
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
    let to = root().join("crates/dnsall/src/wire/types/table.rs");
    fs::write(&to, table(&source.date, &rows)).map_err(|e| format!("{}: {e}", to.display()))
}

fn table(date: &str, rows: &[Row]) -> String {
    let mut out = format!(
        "// Written by `cargo xtask registries dnsall FILE`; don't edit.\n\
         // Source: IANA, Domain Name System parameters, resource record TYPEs, {date}, CC0 1.0.\n\
         use super::Row;\n\n\
         /// The registry and its date.\n\
         pub const REGISTRY: &str = \"IANA DNS resource record types, {date}\";\n\n\
         /// Every assigned type, by number.\n\
         #[rustfmt::skip]\n\
         pub(super) static ROWS: [Row; {}] = [\n",
        rows.len()
    );
    for Row { name, number, meta } in rows {
        let _ = writeln!(out, "    Row {{ number: {number}, name: {name:?}, meta: {meta} }},");
    }
    out.push_str("];\n");
    out
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
        // RFC 6895 section 3.1: 128-255 are questions and meta types; OPT predates the rule.
        let meta = number == 41 || (128..=255).contains(&number);
        rows.push(Row { name: name.into(), number, meta });
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
        let row = Row { name: "ANY".into(), number: 255, meta: true };
        assert!(table("2026-08-20", &[row]).contains("    Row { number: 255, name: \"ANY\", meta: true },\n"));
    }
}
