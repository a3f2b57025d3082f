//! JSON objects, a line each, with stable keys.
use plainnet_common::text::json_string;

use crate::{
    book::entry::Entry,
    ports::classes::{Class, Range, Settings},
};

/// One object while it is written.
#[derive(Debug)]
pub struct Object(Vec<u8>);

impl Object {
    /// Begins one with its `input`: nothing where a mode takes none.
    pub fn new(input: Option<&[u8]>) -> Object {
        let mut object = Object(b"{\"input\":".to_vec());
        object.bytes(input);
        object
    }

    /// Adds bytes that somebody else wrote, or null.
    pub fn text(mut self, key: &str, value: Option<&[u8]>) -> Object {
        self.key(key);
        self.bytes(value);
        self
    }

    /// Adds a number, or null.
    pub fn number(self, key: &str, value: Option<u64>) -> Object {
        let value = value.map_or("null".into(), |n| n.to_string());
        self.raw(key, value.as_bytes())
    }

    /// Adds true or false, or null where it can't be known.
    pub fn flag(self, key: &str, value: Option<bool>) -> Object {
        self.raw(key, value.map_or("null", |is| if is { "true" } else { "false" }).as_bytes())
    }

    /// Adds a list of texts, or null.
    pub fn list(mut self, key: &str, values: Option<&[&[u8]]>) -> Object {
        let Some(values) = values else { return self.text(key, None) };
        self.key(key);
        self.0.push(b'[');
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                self.0.push(b',');
            }
            self.bytes(Some(value));
        }
        self.0.push(b']');
        self
    }

    /// The whole object.
    pub fn end(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }

    fn key(&mut self, key: &str) {
        self.0.push(b',');
        json_string(&mut self.0, key);
        self.0.push(b':');
    }

    fn raw(mut self, key: &str, value: &[u8]) -> Object {
        self.key(key);
        self.0.extend_from_slice(value);
        self
    }

    /// Bytes that are not UTF-8 are written `\xff`, as everywhere.
    fn bytes(&mut self, value: Option<&[u8]>) {
        let Some(value) = value else { return self.0.extend_from_slice(b"null") };
        match std::str::from_utf8(value) {
            Ok(text) => json_string(&mut self.0, text),
            Err(_) => {
                let mut text = String::new();
                for chunk in value.utf8_chunks() {
                    text.push_str(chunk.valid());
                    chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
                }
                json_string(&mut self.0, &text);
            }
        }
    }
}

/// The object of one answer, or of an input without one. `asked` is the port
/// that was asked for, which may lie inside of a range or have no name.
pub fn answer(
    input: Option<&[u8]>,
    asked: Option<u16>,
    entry: Option<&Entry>,
    settings: Option<&Settings>,
    error: Option<&str>,
) -> Vec<u8> {
    let port = asked.or(entry.map(|e| e.port));
    Object::new(input)
        .number("port", port.map(u64::from))
        .text("name", entry.map(|e| e.name))
        .text("proto", entry.and_then(|e| e.proto))
        .list("aliases", entry.map(|e| &*e.aliases))
        .text("source", entry.map(|e| e.source.name().as_bytes()))
        .text("class", port.map(|p| Class::of(p).name().as_bytes()))
        .flag("ephemeral", port.and_then(|p| Some(settings?.is_ephemeral(p))))
        .text("text", entry.map(|e| e.text).filter(|text| !text.is_empty()))
        .text("error", error.map(str::as_bytes))
        .end()
}

/// The object of `--class`.
pub fn class(input: &[u8], port: Option<u16>, settings: Option<&Settings>, error: Option<&str>) -> Vec<u8> {
    let on_host = port.and_then(|p| Some((p, settings?)));
    Object::new(Some(input))
        .number("port", port.map(u64::from))
        .text("class", port.map(|p| Class::of(p).name().as_bytes()))
        .flag("ephemeral", on_host.map(|(p, host)| host.is_ephemeral(p)))
        .flag("reserved", on_host.map(|(p, host)| host.is_reserved(p)))
        .text("error", error.map(str::as_bytes))
        .end()
}

/// The object of a port of `--free`.
pub fn free(port: u16, settings: &Settings) -> Vec<u8> {
    Object::new(None)
        .number("port", Some(port.into()))
        .text("class", Some(Class::of(port).name().as_bytes()))
        .flag("ephemeral", Some(settings.is_ephemeral(port)))
        .end()
}

/// The object of one of `--ranges`.
pub fn range(range: &Range) -> Vec<u8> {
    Object::new(None)
        .text("name", Some(range.name.as_bytes()))
        .number("first", Some((*range.ports.start()).into()))
        .number("last", Some((*range.ports.end()).into()))
        .text("where", Some(if range.is_standard { b"standard" } else { b"host" }))
        .end()
}

/// The object of a finding of `--check`.
pub fn finding(file: &[u8], line: u64, error: &str) -> Vec<u8> {
    Object::new(Some(file)).number("line", Some(line)).text("error", Some(error.as_bytes())).end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::entry::Source;

    fn text(object: Vec<u8>) -> String {
        String::from_utf8(object).unwrap()
    }

    #[test]
    fn every_answer_has_the_same_keys() {
        let settings = Settings::parse("32768 60999", "1024", "40000").unwrap();
        let entry = Entry {
            name: b"a\x9b\x1b",
            port: 40_001,
            last: 40_001,
            proto: None,
            aliases: vec![b"b", b"c\""],
            text: b"",
            source: Source::Defacto,
        };
        assert_eq!(
            text(answer(Some(b"\xff"), None, Some(&entry), Some(&settings), None)),
            r#"{"input":"\\xff","port":40001,"name":"a\\x9b\u001b","proto":null,"aliases":["b","c\""],"source":"defacto","class":"user","ephemeral":true,"text":null,"error":null}"#
        );
        assert_eq!(
            text(answer(None, Some(40_000), None, Some(&settings), Some("no"))),
            r#"{"input":null,"port":40000,"name":null,"proto":null,"aliases":null,"source":null,"class":"user","ephemeral":false,"text":null,"error":"no"}"#
        );
        assert!(text(answer(None, Some(1), None, None, None)).contains(r#""ephemeral":null"#));
        assert_eq!(
            text(class(b"x", Some(40_000), Some(&settings), None)),
            r#"{"input":"x","port":40000,"class":"user","ephemeral":false,"reserved":true,"error":null}"#
        );
        assert_eq!(text(free(7, &settings)), r#"{"input":null,"port":7,"class":"system","ephemeral":false}"#);
        assert_eq!(text(finding(b"f", 2, "bad")), r#"{"input":"f","line":2,"error":"bad"}"#);
    }
}
