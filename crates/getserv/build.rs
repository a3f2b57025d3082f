//! data/*.tsv -> the compact form that src/book/registry.rs reads.
//!
//! The rows of IANA's registry come first, by port; within a port they keep the
//! registry's order, and duplicate and historic names come last. Then come the
//! names in everyday use and the de facto names, each by port. Names and texts
//! lie end to end; a hash leads from a name to its first row.
use std::{
    collections::{BTreeMap, HashMap},
    env,
    fmt::Write as _,
    fs,
    path::Path,
};

#[path = "src/book/hash.rs"]
#[expect(unreachable_pub, reason = "the module is the program's")]
mod hash;

/// Protocols and the bits that stand for them in a row.
const PROTOS: [(&str, u8); 5] = [("tcp", 1), ("udp", 2), ("sctp", 4), ("dccp", 8), ("", ANY)];
/// The bit of a row that names no protocol.
const ANY: u8 = 16;
/// The bit of a duplicate or historic name.
const ALIAS: u8 = 128;
/// Slots of the hash of names, a power of two.
const SLOTS: usize = 16_384;

/// A row of the compact form: records that differ in nothing but the protocol.
#[derive(Clone, PartialEq)]
struct Row {
    name: String,
    first: u16,
    last: u16,
    protos: u8,
    is_alias: bool,
    text: String,
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/book/hash.rs");
    println!("cargo::rerun-if-changed=data");
    let services = records("services", &["name", "port", "proto", "status", "description"]);
    let everyday = records("everyday", &["name", "port", "proto"]);
    let defacto = records("defacto", &["name", "port", "proto", "description", "source"]);
    let unassigned = records("unassigned", &["port", "proto", "state"]);

    let registered: Vec<Row> = services.iter().filter(|r| !r[0].is_empty()).map(|r| row(r, &r[4], &r[3])).collect();
    let registered = joined(registered);
    let everyday = joined(everyday.iter().map(|r| row(r, "", "active")).collect());
    let defacto = joined(defacto.iter().map(|r| row(r, &r[3], "active")).collect());

    let mut named: Vec<(u16, u16)> = services.iter().map(|r| ports(&r[1])).collect();
    named.extend(everyday.iter().chain(&defacto).map(|r| (r.first, r.last)));
    let free = free(&unassigned, &named);
    let ends = [registered.len(), registered.len() + everyday.len()];
    let code = code(&[registered, everyday, defacto].concat(), ends, &free);
    let folder = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join("table.rs"), code).expect("OUT_DIR can be written");
}

/// The records of data/NAME.tsv: a head line, the names of the columns, and a record a line.
fn records(name: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let path = format!("data/{name}.tsv");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut lines = text.lines().enumerate();
    assert!(lines.next().is_some_and(|(_, head)| head.starts_with("# ")), "{path}: no head line");
    let names = lines.next().map(|(_, line)| line).unwrap_or_default();
    assert_eq!(names, format!("#{}", columns.join("\t")), "{path}");
    let record = |(i, line): (usize, &str)| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        assert_eq!(cells.len(), columns.len(), "{path}:{}: {line}", i + 1);
        cells
    };
    lines.map(record).collect()
}

/// A record whose first columns are name, port and protocol.
fn row(record: &[String], text: &str, status: &str) -> Row {
    let (first, last) = ports(&record[1]);
    let name = record[0].clone();
    // Endpoints such as [::]:22 are told from names by these characters.
    let is_odd = |b: u8| !b.is_ascii_graphic() || b"#:=()[]%,".contains(&b);
    assert!(!name.is_empty() && !name.bytes().any(is_odd), "{record:?}: a name that services(5) can't hold");
    assert!(!text.starts_with(' '), "{record:?}: a text that begins with a blank");
    Row { name, first, last, protos: proto(&record[2]), is_alias: status == "alias", text: text.to_owned() }
}

fn proto(text: &str) -> u8 {
    PROTOS.iter().find(|p| p.0 == text).unwrap_or_else(|| panic!("{text}: no known protocol")).1
}

/// `80` or `6000-6063`.
fn ports(text: &str) -> (u16, u16) {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |n: &str| n.parse().unwrap_or_else(|_| panic!("{text}: no port"));
    (number(first), number(last))
}

/// Rows that differ in nothing but the protocol become one.
fn joined(mut records: Vec<Row>) -> Vec<Row> {
    assert!(records.is_sorted_by_key(|r| r.first), "a table is not sorted by port");
    // Stable: within a port the order of the table holds.
    records.sort_by_key(|r| (r.first, r.is_alias));
    let mut rows: Vec<Row> = Vec::new();
    for record in records {
        let here = rows.iter().rposition(|r| r.first != record.first).map_or(0, |at| at + 1);
        let like = |r: &Row| Row { protos: r.protos, ..record.clone() } == *r;
        match rows[here..].iter().position(like) {
            // Joining an earlier row must not overtake another name of the same protocol.
            Some(at) if rows[here + at + 1..].iter().all(|r| r.protos & record.protos == 0) => {
                rows[here + at].protos |= record.protos;
            }
            _ => rows.push(record),
        }
    }
    rows
}

/// Ports that are unassigned for TCP and for UDP and that no table names, as ranges.
fn free(gaps: &[Vec<String>], named: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let mut open = vec![0u8; 65_536];
    let mut taken = named.to_vec();
    for gap in gaps {
        let (first, last) = ports(&gap[0]);
        match &*gap[2] {
            "unassigned" => {
                let protos = if gap[1].is_empty() { 3 } else { proto(&gap[1]) };
                open[usize::from(first)..=usize::from(last)].iter_mut().for_each(|p| *p |= protos);
            }
            "reserved" => taken.push((first, last)),
            other => panic!("{other}: neither unassigned nor reserved"),
        }
    }
    for (first, last) in taken {
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

/// Slots that lead from the hash of each name to its first row, counted from 1.
fn slots(rows: &[Row]) -> Vec<u16> {
    let mut slots = vec![0u16; SLOTS];
    let mut known: HashMap<String, &str> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        match known.insert(row.name.to_ascii_lowercase(), &row.name) {
            Some(same) => assert_eq!(same, row.name, "two names differ in case alone: the hash answers only one"),
            None => {
                let mut slot = hash::hash(row.name.as_bytes()) % SLOTS;
                while slots[slot] != 0 {
                    slot = (slot + 1) % SLOTS;
                }
                slots[slot] = u16::try_from(i + 1).expect("rows fit into 16 bits");
            }
        }
    }
    slots
}

/// The tables as Rust. They hold no pointer, so that the loader has nothing to relocate.
fn code(rows: &[Row], ends: [usize; 2], free: &[(u16, u16)]) -> String {
    let (mut names, mut places) = (String::new(), BTreeMap::new());
    let (mut texts, mut text_ends, mut numbers) = (String::new(), Vec::new(), HashMap::new());
    let (mut row_lines, mut ranges) = (String::new(), Vec::new());
    // The next row of the same name is known from the back.
    let (mut next, mut following) = (vec![0; rows.len()], HashMap::new());
    for (i, row) in rows.iter().enumerate().rev() {
        next[i] = following.insert(&row.name, i).unwrap_or(0);
    }
    for (i, row) in rows.iter().enumerate() {
        let place = *places.entry(&row.name).or_insert_with(|| {
            names.push_str(&row.name);
            u16::try_from(names.len() - row.name.len()).expect("names fit into 64 KiB")
        });
        let text = *numbers.entry(&row.text).or_insert_with(|| {
            texts.push_str(&row.text);
            text_ends.push(texts.len());
            u16::try_from(text_ends.len() - 1).expect("texts are counted in 16 bits")
        });
        let protos = row.protos | if row.is_alias { ALIAS } else { 0 };
        let length = u8::try_from(row.name.len()).expect("a name is short");
        let _ = writeln!(row_lines, "row({}, {protos}, {place}, {length}, {text}, {}),", row.first, next[i]);
        if row.last != row.first {
            ranges.push((i, row.last));
        }
    }
    format!(
        "pub(super) static ROWS: [Row; {}] = [{row_lines}];\n\
         pub(super) const REGISTERED: usize = {};\npub(super) const EVERYDAY: usize = {};\n\
         pub(super) static RANGES: [(u16, u16); {}] = {ranges:?};\n\
         pub(super) static SLOTS: [u16; {SLOTS}] = {:?};\n\
         pub(super) static FREE: [(u16, u16); {}] = {free:?};\n\
         pub(super) static NAMES: &str = {names:?};\n\
         pub(super) static TEXT_ENDS: [u32; {}] = {text_ends:?};\n\
         pub(super) static TEXTS: &str = {texts:?};\n",
        rows.len(),
        ends[0],
        ends[1],
        ranges.len(),
        slots(rows),
        free.len(),
        text_ends.len(),
    )
}
