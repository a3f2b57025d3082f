//! Turns the tables below data/ into the Rust arrays that the library includes.
//! It reads nothing else: no network, no clock.
use std::{env, fmt::Write as _, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (table, code) in [("rr_types", rr_types as fn(&Table) -> String), ("providers", providers)] {
        let path = format!("data/{table}.tsv");
        println!("cargo::rerun-if-changed={path}");
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for a build script");
        let to = Path::new(&out).join(format!("{table}.rs"));
        fs::write(&to, code(&Table::read(&path, &text))).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
    }
}

/// A table: `# title, date, source, licence`, then `#column` names, then records.
struct Table<'a> {
    title: &'a str,
    date: &'a str,
    /// The cells of each record, as many as there are columns.
    records: Vec<Vec<&'a str>>,
}

impl<'a> Table<'a> {
    fn read(path: &str, text: &'a str) -> Table<'a> {
        let mut lines = text.lines();
        let head = lines.next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
        let mut parts = head.split(", ");
        let (Some(title), Some(date)) = (parts.next(), parts.next()) else { panic!("{path}:1: no title and date") };
        let columns = lines.next().unwrap_or_default().split('\t').count();
        let records: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
        for (row, cells) in records.iter().enumerate() {
            assert!(cells.len() == columns, "{path}:{}: {columns} columns are needed", row + 3);
        }
        Table { title, date, records }
    }
}

/// `value type kind meaning reference`, sorted by value.
fn rr_types(table: &Table) -> String {
    let mut code = "/// The registry and its date.\n".to_owned();
    let _ = writeln!(code, "pub const REGISTRY: &str = \"IANA DNS resource record types, {}\";", table.date);
    assert!(table.title.contains("TYPEs"), "rr_types.tsv: {}", table.title);
    let _ = writeln!(code, "static ROWS: [Row; {}] = [", table.records.len());
    let mut last = 0;
    for cells in &table.records {
        let [value, name, kind, ..] = cells[..] else { unreachable!("the reader counted the columns") };
        let number: u16 = value.parse().unwrap_or_else(|e| panic!("rr_types.tsv: {value} {name}: {e}"));
        assert!(number > last, "rr_types.tsv: {value} {name} is out of order");
        assert!(["data", "meta"].contains(&kind), "rr_types.tsv: {value} {name}: {kind} is neither data nor meta");
        last = number;
        let _ = writeln!(code, "    Row {{ number: {number}, name: {name:?}, meta: {} }},", kind == "meta");
    }
    code + "];\n"
}

/// `kind pattern who source`; the source is for those who review the table.
fn providers(table: &Table) -> String {
    let mut code = format!("static ROWS: [Provider; {}] = [\n", table.records.len());
    for cells in &table.records {
        let [kind, pattern, who, source] = cells[..] else { unreachable!("the reader counted the columns") };
        assert!(cells.iter().all(|cell| !cell.is_empty()), "providers.tsv: {pattern}: an empty cell");
        assert!(source.is_ascii(), "providers.tsv: {pattern}: {source}");
        let (head, tail) = kind.split_at(1);
        let kind = head.to_uppercase() + tail;
        let _ = writeln!(code, "    Provider {{ kind: Kind::{kind}, pattern: {pattern:?}, who: {who:?} }},");
    }
    code + "];\n"
}
