//! data/special-purpose.tsv as a static table: `ROWS`, the most specific block
//! of each family first, and `DATES`, the registries' names and dates.
use std::{cmp::Reverse, env, fs, net::IpAddr, path::Path};

const TABLE: &str = "data/special-purpose.tsv";

fn main() {
    println!("cargo::rerun-if-changed={TABLE}");
    println!("cargo::rerun-if-changed=build.rs");
    let text = fs::read_to_string(TABLE).unwrap_or_else(|e| panic!("{TABLE}: {e}"));
    let mut rows: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).map(row).collect();
    rows.sort_by_key(|(address, len, _)| (address.is_ipv6(), Reverse(*len), *address));
    let rows: String = rows.into_iter().map(|(_, _, code)| code).collect();
    let dates: String = text
        .lines()
        .filter_map(|line| line.strip_prefix("# IANA ")?.rsplit_once(", "))
        .map(|(title_and_date, _licence)| format!("    {:?},\n", format!("IANA {title_and_date}")))
        .collect();
    let code = format!("static TABLE: &[Row] = &[\n{rows}];\n\nstatic HEADS: &[&str] = &[\n{dates}];\n");
    let folder = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join("special.rs"), code).expect("OUT_DIR can be written");
}

/// A line of the table: address and length for the order, and the row as Rust.
fn row(line: &str) -> (IpAddr, u8, String) {
    let columns: Vec<&str> = line.split('\t').collect();
    let [cidr, name, rfc, allocated, terminated, flags @ ..] = &columns[..] else { panic!("{TABLE}: {line:?}") };
    assert_eq!(flags.len(), 5, "{TABLE}: {line:?}");
    let (address, len) = cidr.split_once('/').expect("a prefix");
    let (address, len): (IpAddr, u8) = (address.parse().expect("an address"), len.parse().expect("a length"));
    let (family, bits) = match address {
        IpAddr::V4(a) => ("V4", u128::from(a.to_bits())),
        IpAddr::V6(a) => ("V6", a.to_bits()),
    };
    let flag = |at: usize| match flags[at] {
        "1" => "Some(true)",
        "0" => "Some(false)",
        "-" => "None",
        other => panic!("{TABLE}: {other:?} in {line:?}"),
    };
    let code = format!(
        "    Row {{ block: Block::network(Family::{family}, {bits:#x}, {len}), cidr: {cidr:?}, name: {name:?}, rfc: {rfc:?}, \
         allocated: {allocated:?}, terminated: {terminated:?}, source: {}, destination: {}, forwardable: {}, global: {}, \
         reserved: {} }},\n",
        flag(0),
        flag(1),
        flag(2),
        flag(3),
        flag(4)
    );
    (address, len, code)
}
