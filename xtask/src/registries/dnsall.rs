//! The record types: reads `dns-parameters.xml` as IANA publishes it, or
//! `rr_types.tsv`, and writes `crates/dnsall/src/types/table.rs`.
use std::{fmt::Write as _, fs, path::Path};

use crate::Done;

/// One row of the registry.
struct Row {
    name: String,
    number: u16,
    meta: bool,
}

pub(super) fn run(words: &[String]) -> Done {
    let [file] = words else { return Err("one file is needed: dns-parameters.xml or rr_types.tsv".into()) };
    let text = fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
    let (date, mut rows) = if text.trim_start().starts_with("<?xml") { from_xml(&text) } else { from_tsv(&text) }
        .map_err(|e| format!("{file}: {e}"))?;
    rows.sort_by_key(|row| row.number);
    if rows.len() < 99 || rows.windows(2).any(|w| w[0].number == w[1].number) {
        return Err(format!("{file}: {} rows, or a number twice", rows.len()));
    }
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/dnsall/src/types/table.rs");
    fs::write(&to, table(&date, &rows)).map_err(|e| format!("{}: {e}", to.display()))
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

fn from_tsv(text: &str) -> Result<(String, Vec<Row>), String> {
    let date = text.lines().next().and_then(|head| head.split("as of ").nth(1)).and_then(|d| d.get(..10));
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let field: Vec<&str> = line.split('\t').collect();
        let [name, number, kind, ..] = field[..] else { return Err(format!("{line}: too few fields")) };
        let number = number.parse().map_err(|e| format!("{line}: {e}"))?;
        rows.push(Row { name: name.into(), number, meta: kind == "meta" });
    }
    Ok((date.ok_or("no date in the first line")?.into(), rows))
}

/// The registry is flat and regular, so that looking for tags is enough.
fn from_xml(text: &str) -> Result<(String, Vec<Row>), String> {
    let date = tag(text, "updated").ok_or("no date")?.to_owned();
    let part = text.split("<registry id=\"dns-parameters-4\">").nth(1).ok_or("no registry dns-parameters-4")?;
    let part = part.split("</registry>").next().unwrap_or(part);
    let mut rows = Vec::new();
    for record in part.split("<record").skip(1) {
        // Ranges, the reserved ends and the unassigned have no number or no name of their own.
        let (Some(name), Some(number)) = (tag(record, "type"), tag(record, "value")) else { continue };
        let Ok(number) = number.parse() else { continue };
        if ["Unassigned", "Reserved", "Private use"].contains(&name) || number == 0 {
            continue;
        }
        let name = if name == "*" { "ANY" } else { name };
        // RFC 6895 section 3.1: 128-255 are questions and meta types; OPT predates the rule.
        let meta = number == 41 || (128..=255).contains(&number);
        rows.push(Row { name: name.into(), number, meta });
    }
    Ok((date, rows))
}

fn tag<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_as_iana_publishes_it() {
        let text = "<?xml version='1.0'?><registry id=\"dns-parameters\"><updated>2026-08-20</updated>
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
        let (date, rows) = from_xml(text).unwrap();
        let rows: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.number, row.meta)).collect();
        assert_eq!(date, "2026-08-20");
        assert_eq!(rows, [("A", 1, false), ("OPT", 41, true), ("WALLET", 262, false), ("ANY", 255, true)]);
    }

    #[test]
    fn the_table_beside_it() {
        let text = "# as of 2026-08-20, CC0\n#type\tvalue\tkind\nA\t1\tdata\ta host address\nANY\t255\tmeta\t\n";
        let (date, rows) = from_tsv(text).unwrap();
        assert_eq!((date.as_str(), rows.len(), rows[1].meta), ("2026-08-20", 2, true));
        assert!(table(&date, &rows).contains("    Row { number: 255, name: \"ANY\", meta: true },\n"));
        assert!(from_tsv("A\t1\n").is_err());
    }
}
