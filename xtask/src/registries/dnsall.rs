//! The record types: reads `dns-parameters.xml` as IANA publishes it, or
//! `rr_types.tsv`, and writes `crates/dnsall/src/types/table.rs`.
use std::{fmt::Write as _, fs, path::Path};

use crate::Done;

/// One row of the registry.
struct Row {
    name: String,
    number: u16,
    meta: bool,
    meaning: String,
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
         pub const REGISTRY: &str = \"IANA DNS resource record types {date}\";\n\n\
         /// Every assigned type, by number.\n\
         #[rustfmt::skip]\n\
         pub(super) static ROWS: [Row; {}] = [\n",
        rows.len()
    );
    for Row { name, number, meta, meaning } in rows {
        let _ = writeln!(out, "    Row {{ number: {number}, name: {name:?}, meta: {meta}, meaning: {meaning:?} }},");
    }
    out.push_str("];\n");
    out
}

fn from_tsv(text: &str) -> Result<(String, Vec<Row>), String> {
    let date = text.lines().next().and_then(|head| head.split("as of ").nth(1)).and_then(|d| d.get(..10));
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let field: Vec<&str> = line.split('\t').collect();
        let [name, number, kind, meaning, ..] = field[..] else { return Err(format!("{line}: too few fields")) };
        let number = number.parse().map_err(|e| format!("{line}: {e}"))?;
        rows.push(Row { name: name.into(), number, meta: kind == "meta", meaning: meaning.into() });
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
        let meaning = tag(record, "description").unwrap_or_default();
        rows.push(Row { name: name.into(), number, meta, meaning: meaning.into() });
    }
    Ok((date, rows))
}

fn tag<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.trim())
}
