//! The special-purpose address registries, crates/common/data/special-purpose.tsv.
//!
//! Takes IANA's iana-ipv4-special-registry.xml and iana-ipv6-special-registry.xml,
//! the .csv files beside them (iana-ipv4-special-registry-1.csv; then followed by their date), or a table of this project's columns:
//! `prefix name rfc allocated terminated source destination forwardable global reserved`.
use std::{fs, net::IpAddr};

use super::source::{Record, files};
use crate::{Done, root};

/// A row of the table: address and length for the order, then the line's columns.
struct Row {
    address: IpAddr,
    len: u8,
    /// Prefix, name, RFCs, allocated, terminated.
    words: [String; 5],
    /// Source, destination, forwardable, global, reserved: 1, 0 or -.
    flags: [char; 5],
}

pub(super) fn run(words: &[String]) -> Done {
    let (mut rows, mut dates) = (Vec::new(), Vec::new());
    for source in files(words, &[])? {
        let before = rows.len();
        for record in &source.records {
            // One record may name two blocks.
            for block in record.plain(BLOCK).split(',') {
                let row = row(block.trim(), record);
                rows.push(row.ok_or_else(|| format!("{}: not a row: {record:?}", source.path))?);
            }
        }
        let family = if rows[before].address.is_ipv4() { "IPv4" } else { "IPv6" };
        dates.push(format!("IANA {family} Special-Purpose Address Registry, {}", source.date));
    }
    let families = [true, false].map(|v4| rows.iter().filter(|r| r.address.is_ipv4() == v4).count());
    if dates.len() != 2 || families.iter().any(|n| *n < 20) {
        return Err(format!("the files of both special-purpose registries are needed: {families:?} rows"));
    }
    dates.sort();
    rows.sort_by_key(|r| (r.address.is_ipv6(), r.address, r.len));
    if rows.windows(2).any(|w| (w[0].address, w[0].len) == (w[1].address, w[1].len)) {
        return Err("a block stands twice".into());
    }
    let path = root().join("crates/common/data/special-purpose.tsv");
    fs::write(&path, table(&rows, &dates)).map_err(|e| format!("{}: {e}", path.display()))?;
    println!("{}: {} rows", path.display(), rows.len());
    Ok(())
}

/// The names of the block's column.
const BLOCK: &[&str] = &["prefix", "address block", "address"];

/// A record as a row for `block`, which is one of those it names.
fn row(block: &str, record: &Record) -> Option<Row> {
    let (address, len) = block.split_once('/')?;
    let flags = [
        &["source"][..],
        &["destination"],
        &["forwardable"],
        &["global", "globally reachable"],
        &["reserved", "reserved-by-protocol"],
    ];
    let flags = flags.map(|names| match record.plain(names).as_str() {
        "1" | "True" => '1',
        "0" | "False" => '0',
        _ => '-',
    });
    let date = |names| record.plain(names).replace("N/A", "");
    let allocated = date(&["allocated", "allocation", "allocation date"]);
    let terminated = date(&["terminated", "termination", "termination date"]);
    let (name, rfcs) = (record.plain(&["name"]).replace('"', ""), rfcs(record.get(&["rfc", "spec"])));
    Some(Row {
        address: address.parse().ok()?,
        len: len.parse().ok()?,
        words: [block.to_owned(), name, rfcs, allocated, terminated],
        flags,
    })
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

/// The rows as lines, below the registries' names and dates.
fn table(rows: &[Row], dates: &[String]) -> String {
    let mut text: String = dates.iter().map(|date| format!("# {date}, CC0 1.0\n")).collect();
    text.push_str("#prefix\tname\trfc\tallocated\tterminated\tsource\tdestination\tforwardable\tglobal\treserved\n");
    for row in rows {
        let flags = row.flags.map(String::from).join("\t");
        text.push_str(&format!("{}\t{flags}\n", row.words.join("\t")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registries::source::parse;

    const XML: &str = "<?xml version='1.0'?><registry id=\"iana-ipv4-special-registry\"><updated>2025-10-09</updated>
        <registry id=\"iana-ipv4-special-registry-1\"><record><address>127.0.0.0/8</address><name>Loopback</name>
        <spec><xref type=\"rfc\" data=\"rfc1122\"/>, Section 3.2.1.3</spec><allocation>1981-09</allocation>
        <source>False <xref type=\"note\" data=\"1\"/></source><destination>False <xref type=\"note\" data=\"1\"/></destination>
        <forwardable>False</forwardable><global>False <xref type=\"note\" data=\"1\"/></global><reserved>True</reserved></record>
        <record updated=\"2015-03-15\"><address>192.88.99.0/24</address><name>\"Old\"</name><spec><xref type=\"rfc\" data=\"rfc7526\"/></spec>
        <allocation>2001-06</allocation><termination>2015-03</termination><source/><destination/><forwardable/><global/><reserved/></record>
        </registry></registry>";

    const CSV: &str = "Address Block,Name,RFC,Allocation Date,Termination Date,Source,Destination,Forwardable,Globally Reachable,Reserved-by-Protocol\r\n\
        127.0.0.0/8,Loopback,\"[RFC1122], Section 3.2.1.3\",1981-09,N/A,False [1],False [1],False,False [1],True\r\n\
        192.88.99.0/24,\"\"\"Old\"\"\",[RFC7526],2001-06,2015-03,,,,,\r\n";

    const TSV: &str = "# IANA, updated 2025-10-09\n#prefix\tname\trfc\tallocated\tterminated\tsource\tdestination\tforwardable\tglobal\treserved\n\
        127.0.0.0/8\tLoopback\tRFC1122\t1981-09\t\t0\t0\t0\t0\t1\n192.88.99.0/24\tOld\tRFC7526\t2001-06\t2015-03\t-\t-\t-\t-\t-\n";

    #[test]
    fn every_form_of_the_registry_says_the_same() {
        for (name, text) in [("x.xml", XML), ("x.csv", CSV), ("x.tsv", TSV)] {
            let records = parse(name, text, &[]).unwrap().records;
            let rows: Vec<_> = records.iter().map(|r| row(&r.plain(BLOCK), r).unwrap()).collect();
            assert_eq!(rows[0].words, ["127.0.0.0/8", "Loopback", "RFC1122", "1981-09", ""], "{name}");
            assert_eq!(rows[0].flags, ['0', '0', '0', '0', '1'], "{name}");
            assert_eq!(rows[1].words, ["192.88.99.0/24", "Old", "RFC7526", "2001-06", "2015-03"], "{name}");
            assert_eq!(rows[1].flags, ['-'; 5], "{name}");
        }
    }

    /// Rows as IANA writes them: footnotes, inner quotes, line breaks, two blocks in one cell, and one that has ended.
    const ROWS: &str = r#"Address Block,Name,RFC,Allocation Date,Termination Date,Source,Destination,Forwardable,Globally Reachable,Reserved-by-Protocol
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
        for record in parse("x.csv", ROWS, &[]).unwrap().records {
            rows.extend(record.plain(BLOCK).split(',').map(|block| row(block.trim(), &record).unwrap()));
        }
        assert_eq!(rows.len(), 8);
        let committed = fs::read_to_string(root().join("crates/common/data/special-purpose.tsv")).unwrap();
        let made = table(&rows, &[]);
        for line in made.lines() {
            assert!(committed.lines().any(|row| row == line), "{line}");
        }
        assert_eq!(made.lines().count(), rows.len() + 1);
    }
}
