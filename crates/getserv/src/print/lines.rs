//! Entries as text: services(5) lines and JSON.
use plainnet_common::text::{json_string, printable};

use crate::{
    book::{
        key::{Key, Kind},
        registry::PROTOS,
        sources::{Entry, Source},
    },
    ports::classes::Class,
};

/// The services(5) lines of an entry, without line ends: name, address, aliases
/// and text, parted by TABs. A service of no named protocol has one for each.
pub fn long(entry: &Entry) -> Vec<String> {
    let protos: &[&[u8]] = match &entry.proto {
        Some(proto) => &[proto],
        None => &PROTOS.map(str::as_bytes),
    };
    let ports =
        if entry.last == entry.port { entry.port.to_string() } else { format!("{}-{}", entry.port, entry.last) };
    let mut tail = String::new();
    if !entry.aliases.is_empty() || !entry.text.is_empty() {
        tail.push('\t');
        tail.push_str(&entry.aliases.iter().map(|a| printable(a)).collect::<Vec<_>>().join(" "));
    }
    if !entry.text.is_empty() {
        tail.push_str("\t# ");
        // A TAB would look like one more field.
        tail.push_str(&printable(entry.text).replace('\t', " "));
    }
    protos.iter().map(|proto| format!("{}\t{ports}/{}{tail}", printable(entry.name), printable(proto))).collect()
}

/// The JSON object of one input. `all` adds every answer, not the first alone.
pub fn json(input: &[u8], key: Option<Key>, entries: &[Entry], error: Option<&str>, all: bool) -> Vec<u8> {
    let mut out = b"{\"input\":".to_vec();
    json_string(&mut out, &String::from_utf8_lossy(input));
    let asked = key.and_then(|key| if let Kind::Port(port) = key.kind { Some(port) } else { None });
    out.push(b',');
    answer(&mut out, entries.first(), asked);
    if all {
        out.extend(b",\"answers\":[");
        for (i, entry) in entries.iter().enumerate() {
            out.extend(if i == 0 { &b"{"[..] } else { b",{" });
            answer(&mut out, Some(entry), asked);
            out.extend(b",\"last\":");
            out.extend(entry.last.to_string().bytes());
            out.extend(b",\"text\":");
            string(&mut out, Some(entry.text));
            out.push(b'}');
        }
        out.push(b']');
    }
    out.extend(b",\"error\":");
    string(&mut out, error.map(str::as_bytes));
    out.push(b'}');
    out
}

/// The fields of one answer; null where there is none.
fn answer(out: &mut Vec<u8>, entry: Option<&Entry>, asked: Option<u16>) {
    let port = asked.or(entry.map(|e| e.port));
    out.extend(b"\"port\":");
    out.extend(port.map_or("null".into(), |p| p.to_string()).bytes());
    out.extend(b",\"name\":");
    string(out, entry.map(|e| e.name));
    out.extend(b",\"proto\":");
    string(out, entry.and_then(|e| e.proto));
    out.extend(b",\"aliases\":");
    match entry {
        None => out.extend(b"null"),
        Some(entry) => {
            out.push(b'[');
            for (i, alias) in entry.aliases.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                string(out, Some(alias));
            }
            out.push(b']');
        }
    }
    out.extend(b",\"source\":");
    string(out, entry.map(|e| Source::name(e.source).as_bytes()));
    out.extend(b",\"class\":");
    string(out, port.map(|p| Class::of(p).name().as_bytes()));
}

fn string(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        None => out.extend(b"null"),
        Some(text) => json_string(out, &String::from_utf8_lossy(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(aliases: &[&'a [u8]], text: &'a [u8]) -> Entry<'a> {
        let aliases = aliases.to_vec();
        Entry { name: b"a\x1b", port: 1, last: 1, proto: Some(b"tcp"), aliases, text, source: Source::Host }
    }

    #[test]
    fn the_third_field_is_there_when_something_follows() {
        assert_eq!(long(&entry(&[], b"")), ["a\\x1b\t1/tcp"]);
        assert_eq!(long(&entry(&[b"b", b"c"], b"")), ["a\\x1b\t1/tcp\tb c"]);
        assert_eq!(long(&entry(&[], b"x\ty")), ["a\\x1b\t1/tcp\t\t# x y"]);
        let any = Entry { proto: None, last: 3, ..entry(&[], b"") };
        assert_eq!(long(&any), ["a\\x1b\t1-3/tcp", "a\\x1b\t1-3/udp", "a\\x1b\t1-3/sctp", "a\\x1b\t1-3/dccp"]);
    }
}
