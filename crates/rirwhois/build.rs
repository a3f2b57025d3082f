//! data/*.tsv in the compact form that src/table/data.rs includes.
//!
//! Who administers an address is decided here, once, and flattened into runs: a
//! special-purpose row wins, unless it is globally reachable and a regional
//! registry lists it; then comes the registries' own list, then IANA's
//! assignment, and what nobody was given is IANA's. Countries are packed.
use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::Path};

use plainnet_common::{
    block::{Block, Family},
    special,
};

use self::packed::Run;

#[path = "src/read/range.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tool has it public, and also makes prefixes of ranges")]
mod range;

#[path = "src/table/packed.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tool has it public, and unpacks what this packs")]
mod packed;

/// The registries in the order of the enum, as the tables and as Rust write them.
const REGISTRIES: [(&str, &str); 6] = [
    ("AFRINIC", "Afrinic"),
    ("APNIC", "Apnic"),
    ("ARIN", "Arin"),
    ("LACNIC", "Lacnic"),
    ("RIPE", "Ripe"),
    ("IANA", "Iana"),
];

/// The place of IANA in [`REGISTRIES`].
const IANA: usize = 5;

fn main() {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/read/range.rs");
    println!("cargo::rerun-if-changed=src/table/packed.rs");
    let mut code = String::new();
    let mut dates = [const { String::new() }; 5];
    for (family, name, int, assigned, blocks, countries) in [
        (Family::V4, "V4", "u32", &["ipv4_space"][..], "ipv4_rir_blocks", "ipv4_country"),
        (Family::V6, "V6", "u128", &["ipv6_space", "ipv6_unicast"], "ipv6_rir_blocks", "ipv6_country"),
    ] {
        let assigned = Table::join(assigned);
        let rows = assigned.rows(family, |cells| {
            let to = registry(cells[3].strip_prefix("whois.").and_then(|h| h.split('.').next()).unwrap_or("IANA"));
            (to, cells[1].to_owned(), cells[2].to_owned(), cells[4].to_owned())
        });
        let text = rows.iter().map(|(block, (to, holder, date, status))| {
            let Block { first, last, .. } = block;
            let to = REGISTRIES[*to].1;
            format!(
                "Assigned {{ first: {first:#x}, last: {last:#x}, name: {holder:?}, to: Registry::{to}, date: {date:?}, status: {status:?} }}"
            )
        });
        put(&mut code, &format!("{name}_ASSIGNED"), "Assigned", text);

        let listed = Table::read(blocks);
        listed.dates(&mut dates);
        let listed = listed.rows(family, |cells| registry(&cells[1]));
        let runs = runs(family, &rows.iter().map(|row| (row.0, row.1.0)).collect::<Vec<_>>(), &listed);
        let text = runs.iter().map(|(first, to)| format!("({first:#x}, Registry::{})", REGISTRIES[*to].1));
        put(&mut code, name, &format!("({int}, Registry)"), text);

        let rows = Table::read(countries).rows(family, |cells| cells[1].clone());
        pack(&mut code, family, &format!("{name}_COUNTRIES"), &rows);
    }
    let rows = Table::read("as_numbers");
    let text = rows.cells.iter().map(|row| format!("Numbers {{ first: {}, holder: {:?} }}", row[0], row[2]));
    put(&mut code, "NUMBERS", "Numbers", text);
    put(&mut code, "DATES", "&str", dates.iter().map(|date| format!("{date:?}")));
    let folder = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join("tables.rs"), code).expect("OUT_DIR can be written");
}

/// A table of data/ as it stands there.
struct Table {
    name: String,
    head: String,
    cells: Vec<Vec<String>>,
}

impl Table {
    fn read(name: &str) -> Table {
        let name = format!("data/{name}.tsv");
        let text = fs::read_to_string(&name).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (head, rows) = text.split_once('\n').unwrap_or_else(|| panic!("{name}: no head"));
        let rows = rows.lines().filter(|line| !line.starts_with('#'));
        let cells = rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect();
        Table { head: head.to_owned(), cells, name }
    }

    /// The rows of several tables of blocks as those of one.
    fn join(names: &[&str]) -> Table {
        let mut tables = names.iter().map(|name| Table::read(name));
        let mut joined = tables.next().expect("there is one");
        tables.for_each(|table| joined.cells.extend(table.cells));
        joined.cells.sort_by_key(|cells| range::parse(&cells[0]).map(|block| block.first));
        joined
    }

    /// The rows of blocks, which must be sorted and disjoint.
    fn rows<T>(&self, family: Family, value: impl Fn(&[String]) -> T) -> Vec<(Block, T)> {
        let block = |text: &str| range::parse(text).filter(|block| block.family == family);
        let row = |cells: &Vec<String>| {
            let block = block(&cells[0]).unwrap_or_else(|| panic!("{}: {cells:?}: not a block", self.name));
            (block, value(cells))
        };
        let rows: Vec<_> = self.cells.iter().map(row).collect();
        for pair in rows.windows(2) {
            assert!(pair[0].0.last < pair[1].0.first, "{}: {} and {} overlap", self.name, pair[0].0, pair[1].0);
        }
        rows
    }

    /// The day of each registry's statistics, as the head has them; the older one counts.
    fn dates(&self, dates: &mut [String; 5]) {
        for ((registry, _), date) in REGISTRIES.iter().zip(dates) {
            let rest = self.head.split(&format!("{registry} ")).nth(1);
            let found = rest.and_then(|rest| rest.get(..10)).unwrap_or_else(|| panic!("{}: {registry}?", self.name));
            if date.is_empty() || found < date.as_str() {
                *date = found.to_owned();
            }
        }
    }
}

fn registry(name: &str) -> usize {
    let found = REGISTRIES.iter().position(|r| r.0.eq_ignore_ascii_case(name));
    found.unwrap_or_else(|| panic!("{name}: no such registry"))
}

/// Where each run of addresses with one registry begins.
fn runs(family: Family, assigned: &[(Block, usize)], listed: &[(Block, usize)]) -> Vec<(u128, usize)> {
    let special = special::ROWS.iter().map(|row| row.block).filter(|block| block.family == family);
    let blocks = assigned.iter().chain(listed).map(|row| row.0).chain(special);
    let ends = blocks.flat_map(|block| [Some(block.first), block.last.checked_add(1)]).flatten();
    let starts: BTreeSet<u128> = ends.filter(|start| *start <= family.top()).chain([0]).collect();
    let mut runs: Vec<(u128, usize)> = Vec::new();
    for start in starts {
        let special = special::row(&Block { family, first: start, last: start });
        let to = match (special, find(listed, start)) {
            (Some(_), None) => IANA,
            (Some(row), Some(_)) if row.global != Some(true) => IANA,
            (_, Some(to)) => to,
            (_, None) => find(assigned, start).unwrap_or(IANA),
        };
        if runs.last().is_none_or(|last| last.1 != to) {
            runs.push((start, to));
        }
    }
    runs
}

fn find(rows: &[(Block, usize)], addr: u128) -> Option<usize> {
    let row = rows[..rows.partition_point(|row| row.0.first <= addr)].last()?;
    (addr <= row.0.last).then_some(row.1)
}

/// Countries as runs that fill the family.
fn pack(code: &mut String, family: Family, name: &str, rows: &[(Block, String)]) {
    let mut texts: Vec<&str> = rows.iter().map(|row| row.1.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.insert(0, "");
    assert!(texts.len() <= 256, "{} countries", texts.len());
    let mut runs = Vec::new();
    let mut next = Some(0);
    for (block, country) in rows {
        if let Some(first) = next.filter(|first| *first < block.first) {
            runs.push(Run { first, last: block.first - 1, value: 0 });
        }
        let value = texts.binary_search(&country.as_str()).expect("it is one of them") as u8;
        runs.push(Run { first: block.first, last: block.last, value });
        next = block.last.checked_add(1).filter(|next| *next <= family.top());
    }
    if let Some(first) = next {
        runs.push(Run { first, last: family.top(), value: 0 });
    }
    let (bytes, marks) = packed::pack(&runs);
    let folder = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join(name), bytes).expect("OUT_DIR can be written");
    let _ = writeln!(
        code,
        "/// One of data/*.tsv, or what follows from several.\npub static {name}: Packed = Packed {{\n    texts: &{texts:?},\n    marks: &{marks:?},\n    \
         bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")),\n}};"
    );
}

fn put(code: &mut String, name: &str, of: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.collect();
    let _ = writeln!(
        code,
        "/// One of data/*.tsv, or what follows from several.\npub static {name}: [{of}; {}] = [\n{},\n];",
        rows.len(),
        rows.join(",\n")
    );
}
