//! Entries as lines of services(5).
use plainnet_common::text::printable;

use crate::{
    book::{
        entry::{Entry, Source},
        registry::PROTOS,
    },
    ports::classes::Settings,
};

/// The services(5) lines of an entry, without line ends: name, address, aliases
/// and text, separated by TABs. A service of no named protocol has one for each.
///
/// The text says where a name is not registered for the port, and whether this
/// host gives the port that is `asked` for to outgoing connections.
pub fn long(entry: &Entry, asked: Option<u16>, settings: Option<&Settings>) -> Vec<String> {
    let protos: &[&[u8]] = match &entry.proto {
        Some(proto) => &[proto],
        None => &PROTOS.map(str::as_bytes),
    };
    let ports =
        if entry.last == entry.port { entry.port.to_string() } else { format!("{}-{}", entry.port, entry.last) };
    let mut text = String::new();
    if entry.source == Source::Defacto {
        text.push_str("unofficial: ");
    }
    // A TAB would look like one more field.
    text.push_str(&printable(entry.text).replace('\t', " "));
    if settings.is_some_and(|host| host.is_ephemeral(asked.unwrap_or(entry.port))) {
        text.push_str(if text.is_empty() { "(ephemeral here)" } else { " (ephemeral here)" });
    }
    let mut tail = String::new();
    if !entry.aliases.is_empty() || !text.is_empty() {
        tail.push('\t');
        tail.push_str(&entry.aliases.iter().map(|a| printable(a)).collect::<Vec<_>>().join(" "));
    }
    if !text.is_empty() {
        tail.push_str("\t# ");
        tail.push_str(&text);
    }
    protos.iter().map(|proto| format!("{}\t{ports}/{}{tail}", printable(entry.name), printable(proto))).collect()
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
        let long = |entry: &Entry| long(entry, None, None);
        assert_eq!(long(&entry(&[], b"")), ["a\\x1b\t1/tcp"]);
        assert_eq!(long(&entry(&[b"b", b"c"], b"")), ["a\\x1b\t1/tcp\tb c"]);
        assert_eq!(long(&entry(&[], b"x\ty")), ["a\\x1b\t1/tcp\t\t# x y"]);
        let any = Entry { proto: None, last: 3, ..entry(&[], b"") };
        assert_eq!(long(&any), ["a\\x1b\t1-3/tcp", "a\\x1b\t1-3/udp", "a\\x1b\t1-3/sctp", "a\\x1b\t1-3/dccp"]);
    }

    #[test]
    fn the_text_says_what_is_unofficial_or_ephemeral() {
        let settings = Settings::parse("1 9", "1024", "8").unwrap();
        let defacto = Entry { source: Source::Defacto, ..entry(&[], b"x") };
        assert_eq!(long(&defacto, None, None), ["a\\x1b\t1/tcp\t\t# unofficial: x"]);
        assert_eq!(long(&defacto, None, Some(&settings)), ["a\\x1b\t1/tcp\t\t# unofficial: x (ephemeral here)"]);
        assert_eq!(long(&entry(&[], b""), None, Some(&settings)), ["a\\x1b\t1/tcp\t\t# (ephemeral here)"]);
        // The port that is asked for counts, inside of a range; a reserved one is not given out.
        let range = Entry { last: 20, ..entry(&[], b"") };
        assert_eq!(long(&range, Some(10), Some(&settings)), ["a\\x1b\t1-20/tcp"]);
        assert_eq!(long(&range, Some(8), Some(&settings)), ["a\\x1b\t1-20/tcp"]);
    }
}
