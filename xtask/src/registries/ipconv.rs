//! The special-purpose address registries for ipconv.
//!
//! Takes IANA's iana-ipv4-special-registry.xml and iana-ipv6-special-registry.xml,
//! the .csv files beside them, or a table of this project's columns:
//! `prefix name rfc allocated terminated source destination forwardable global reserved`.
use std::{fmt::Write as _, fs, net::IpAddr, path::Path};

use crate::{Done, root};

/// Prefix, name, RFCs, allocated, terminated; then source, destination, forwardable, global, reserved.
struct Row {
    address: IpAddr,
    len: u8,
    words: [String; 5],
    flags: [char; 5],
}

pub(super) fn run(files: &[String]) -> Done {
    if files.is_empty() {
        return Err("the files of both special-purpose registries are needed".into());
    }
    let (mut rows, mut dates) = (Vec::new(), Vec::new());
    for file in files {
        let text = fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        let (date, records) = match Path::new(file).extension().and_then(|e| e.to_str()) {
            Some("xml") => xml(&text),
            Some("csv") => (String::new(), csv(&text)),
            _ => tsv(&text),
        };
        let before = rows.len();
        for record in records {
            // One record may name two blocks.
            for block in record[0].split(',') {
                rows.push(row(block, &record).ok_or_else(|| format!("{file}: not a row: {record:?}"))?);
            }
        }
        let family = match rows.get(before) {
            Some(Row { address: IpAddr::V4(_), .. }) => "IPv4",
            Some(_) => "IPv6",
            None => return Err(format!("{file}: no rows")),
        };
        dates.push(format!("IANA {family} Special-Purpose Address Registry{date}"));
    }
    dates.sort();
    // The most specific row speaks, so it stands first.
    rows.sort_by_key(|r| (r.address.is_ipv6(), std::cmp::Reverse(r.len), r.address));
    let path = root().join("crates/ipconv/src/special_rows.rs");
    fs::write(&path, rust(&rows, &dates)).map_err(|e| format!("{}: {e}", path.display()))?;
    println!("{}: {} rows", path.display(), rows.len());
    Ok(())
}

/// The ten cells of `cells` as a row for `block`.
fn row(block: &str, cells: &[String]) -> Option<Row> {
    let clean = |cell: &String| without_notes(cell).split_whitespace().collect::<Vec<_>>().join(" ");
    let [_, name, rfc, allocated, terminated, flags @ ..] = cells else { return None };
    let block = without_notes(block).trim().to_owned();
    let (address, len) = block.split_once('/')?;
    let flags: Vec<char> = flags
        .iter()
        .map(|f| match clean(f).as_str() {
            "1" | "True" | "true" => 'Y',
            "0" | "False" | "false" => 'N',
            _ => '_',
        })
        .collect();
    let date = |cell: &String| clean(cell).replace("N/A", "");
    Some(Row {
        address: address.parse().ok()?,
        len: len.parse().ok()?,
        words: [block.clone(), clean(name).replace('"', ""), rfcs(rfc), date(allocated), date(terminated)],
        flags: flags.try_into().ok()?,
    })
}

/// A cell without its footnote marks: `False [1]`.
fn without_notes(cell: &str) -> String {
    let mut text = String::new();
    let mut depth = 0;
    for c in cell.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            c if depth == 0 => text.push(c),
            _ => {}
        }
    }
    text
}

/// `[RFC1122], Section 3.2.1.3` and `RFC8190,RFC919` as `RFC8190,RFC919`.
fn rfcs(cell: &str) -> String {
    let mut all: Vec<String> = Vec::new();
    for part in cell.to_uppercase().split("RFC").skip(1) {
        let digits: String = part.trim_start().chars().take_while(char::is_ascii_digit).collect();
        if !digits.is_empty() {
            all.push(format!("RFC{digits}"));
        }
    }
    all.join(",")
}

fn tsv(text: &str) -> (String, Vec<Vec<String>>) {
    let date = text.split_once("updated ").map_or("", |(_, rest)| &rest[..rest.len().min(10)]);
    let lines = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    let rows = lines.map(|l| l.split('\t').map(str::to_owned).collect()).collect();
    (if date.is_empty() { String::new() } else { format!(", {date}") }, rows)
}

/// RFC 4180: cells may be quoted and then hold commas, line breaks and doubled quotes.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' => {}
            c => cell.push(c),
        }
    }
    if !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    // The first line is the header.
    rows.into_iter().skip(1).filter(|r| r.len() == 10).collect()
}

/// The records of an IANA registry in XML, which are flat.
fn xml(text: &str) -> (String, Vec<Vec<String>>) {
    let date = inner(text, "updated").map_or(String::new(), |d| format!(", {d}"));
    let mut rows = Vec::new();
    for record in text.split("<record").skip(1).filter_map(|r| r.split_once("</record>")).map(|r| r.0) {
        let cell = |name| inner(record, name).unwrap_or_default();
        let rfc = record.split("data=\"").skip(1).filter_map(|r| r.split_once('"')).map(|r| r.0);
        let rfc = rfc.filter(|r| r.starts_with("rfc")).collect::<Vec<_>>().join(",");
        let names = ["source", "destination", "forwardable", "global", "reserved"];
        let mut row = vec![cell("address"), cell("name"), rfc, cell("allocation"), cell("termination")];
        row.extend(names.map(cell));
        rows.push(row);
    }
    (date, rows)
}

/// The text of the first `name` element, its own tags left out.
fn inner(text: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("<{name}>")).or_else(|| text.find(&format!("<{name} ")))?;
    let body = &text[start..];
    let body = &body[body.find('>')? + 1..body.find(&format!("</{name}>"))?];
    let mut plain = String::new();
    let mut tag = false;
    for c in body.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            c if !tag => plain.push(c),
            _ => {}
        }
    }
    Some(plain.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

fn rust(rows: &[Row], dates: &[String]) -> String {
    let mut text = String::new();
    text.push_str("//! Written by `cargo xtask registries ipconv`. The facts are IANA's (CC0 1.0).\n");
    text.push_str("use super::special::{N, NA, Row, Y, v4, v6};\n\n");
    text.push_str("/// The registries and their dates.\npub const DATES: &[&str] = &[\n");
    text.extend(dates.iter().map(|d| format!("    {d:?},\n")));
    text.push_str(
        "];\n\n/// Every row, the most specific first in each family: block, name, RFCs, allocated, terminated;\n",
    );
    text.push_str("/// then source, destination, forwardable, globally reachable, reserved by protocol.\n");
    text.push_str("#[rustfmt::skip]\npub static ROWS: &[Row] = &[\n");
    for Row { address, len, words: [block, name, rfc, allocated, terminated], flags } in rows {
        let (make, bits) = match address {
            IpAddr::V4(a) => ("v4", format!("{:#010x}", a.to_bits())),
            IpAddr::V6(a) => ("v6", format!("{:#034x}", a.to_bits())),
        };
        let flags = flags.map(|f| if f == '_' { "NA".into() } else { f.to_string() }).join(", ");
        let _ = writeln!(
            text,
            "    {make}({bits}, {len}, {block:?}, {name:?}, {rfc:?}, {allocated:?}, {terminated:?}, [{flags}]),"
        );
    }
    text.push_str("];\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as IANA writes them: footnotes, inner quotes, line breaks, two blocks in one cell, and one that has ended.
    const CSV: &str = r#"Address Block,Name,RFC,Allocation Date,Termination Date,Source,Destination,Forwardable,Globally Reachable,Reserved-by-Protocol
0.0.0.0/8,"""This network""","[RFC791], Section 3.2",1981-09,N/A,True,False,False,False,True
127.0.0.0/8,Loopback,"[RFC1122], Section 3.2.1.3",1981-09,N/A,False [1],False [1],False [1],False [1],True
192.0.0.0/24 [2],IETF Protocol Assignments,"[RFC6890], Section 2.1",2010-01,N/A,False,False,False,False,False
"192.0.0.170/32, 192.0.0.171/32",NAT64/DNS64 Discovery,"[RFC8880][RFC7050], Section 2.2",2013-02,N/A,False,False,False,False,True
192.88.99.0/24,Deprecated (6to4 Relay Anycast),[RFC7526],2001-06,2015-03,,,,,
255.255.255.255/32,Limited Broadcast,"[RFC8190]
        [RFC919], Section 7",1984-10,N/A,False,True,False,False,True
2001::/32,TEREDO,"[RFC4380]
        [RFC8190]",2006-01,N/A,True,True,True,N/A [2],False
"#;

    #[test]
    fn the_table_has_the_registry_s_rows() {
        let mut rows = Vec::new();
        for record in csv(CSV) {
            rows.extend(record[0].split(',').map(|block| row(block, &record).unwrap()));
        }
        assert_eq!(rows.len(), 8);
        let table = fs::read_to_string(root().join("crates/ipconv/src/special_rows.rs")).unwrap();
        let made = rust(&rows, &[]);
        let lines: Vec<&str> =
            made.lines().filter(|line| line.trim_start().starts_with(['v']) && line.contains("(0x")).collect();
        assert_eq!(lines.len(), rows.len());
        for line in lines {
            assert!(table.lines().any(|row| row == line), "{line}");
        }
    }
}
