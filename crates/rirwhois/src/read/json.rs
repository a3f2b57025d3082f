//! JSON (RFC 8259) as servers really send it.
//!
//! A reader of one bad member must not lose the good ones beside it, so this
//! one goes on where a strict one gives up: half a surrogate pair becomes
//! U+FFFD, a number stays text and so has no range, and what is nested too
//! deeply is passed over. Each such oddity is named, for standard error.
//! Memory is bounded by the number of values, whatever the text holds.
use std::borrow::Cow;

/// Values are nested this deeply at most; RDAP's cards within entities take about fifteen levels.
const DEPTH: usize = 40;

/// Most values of one document; each takes 32 bytes, and a member's key 24 more.
const VALUES: usize = 100_000;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`, and what was nested too deeply.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(&'a str),
    /// A text without its escapes.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object's members, in order.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// The first member of this name, if this is an object that has one.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        match self {
            Value::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if this is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is a whole one that fits.
    pub fn number(&self) -> Option<u64> {
        match self {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The elements of an array; nothing of anything else.
    pub fn items(&self) -> &[Value<'a>] {
        match self {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// The values of an object's members; nothing of anything else.
    pub fn values(&self) -> impl Iterator<Item = &Value<'a>> {
        let members = match self {
            Value::Object(members) => &members[..],
            _ => &[],
        };
        members.iter().map(|(_, value)| value)
    }
}

/// A document, and what was odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document<'a> {
    /// What it holds.
    pub value: Value<'a>,
    /// What a strict reader would have stumbled over, each kind once.
    pub oddities: Vec<&'static str>,
}

/// Reads a document.
///
/// # Errors
/// The offset of the first byte that can't be JSON.
pub fn parse(text: &str) -> Result<Document<'_>, usize> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0, left: VALUES, oddities: Vec::new() };
    let value = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() {
        reader.odd("something follows its end");
    }
    Ok(Document { value, oddities: reader.oddities })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Values that may still be kept.
    left: usize,
    oddities: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    fn odd(&mut self, what: &'static str) {
        if !self.oddities.contains(&what) {
            self.oddities.push(what);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes this byte, blanks before it aside.
    fn take(&mut self, byte: u8) -> Result<(), usize> {
        self.blanks();
        if self.peek() != Some(byte) {
            return Err(self.at);
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, usize> {
        self.blanks();
        let byte = self.peek().ok_or(self.at)?;
        if matches!(byte, b'[' | b'{') && (depth == DEPTH || self.left == 0) {
            self.odd(if depth == DEPTH { "values are nested too deeply" } else { "it has too many values" });
            self.pass_over()?;
            return Ok(Value::Null);
        }
        match byte {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => Ok(Value::Text(self.string()?)),
            b'-' | b'0'..=b'9' => self.number(),
            _ => {
                let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
                let rest = &self.text[self.at..];
                let (word, value) = words.into_iter().find(|(word, _)| rest.starts_with(word)).ok_or(self.at)?;
                self.at += word.len();
                Ok(value)
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, usize> {
        let mut items = Vec::new();
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            let item = self.value(depth + 1)?;
            if self.keep() {
                items.push(item);
            }
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => {
                    self.take(b']')?;
                    return Ok(Value::Array(items));
                }
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, usize> {
        let mut members = Vec::new();
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.blanks();
            let key = self.string()?;
            self.take(b':')?;
            let value = self.value(depth + 1)?;
            if self.keep() {
                members.push((key, value));
            }
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => {
                    self.take(b'}')?;
                    return Ok(Value::Object(members));
                }
            }
        }
    }

    /// Is there room for one more value?
    fn keep(&mut self) -> bool {
        if self.left == 0 {
            self.odd("it has too many values");
            return false;
        }
        self.left -= 1;
        true
    }

    /// A number; its form is not looked at, since nothing here counts with fractions.
    fn number(&mut self) -> Result<Value<'a>, usize> {
        let from = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(Value::Number(&self.text[from..self.at]))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, usize> {
        self.take(b'"')?;
        let from = self.at;
        let mut whole: Option<String> = None;
        let mut plain = from;
        loop {
            match self.peek().ok_or(self.at)? {
                b'"' => {
                    let rest = &self.text[plain..self.at];
                    self.at += 1;
                    return Ok(match whole {
                        Some(mut text) => {
                            text.push_str(rest);
                            Cow::Owned(text)
                        }
                        None => Cow::Borrowed(rest),
                    });
                }
                b'\\' => {
                    let mut text = whole.take().unwrap_or_default();
                    text.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    text.push(self.escape()?);
                    whole = Some(text);
                    plain = self.at;
                }
                byte => {
                    if byte < b' ' {
                        self.odd("a text holds a bare control character");
                    }
                    self.at += 1;
                }
            }
        }
    }

    /// The character of an escape, whose backslash has been taken.
    fn escape(&mut self) -> Result<char, usize> {
        let byte = self.peek().ok_or(self.at)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex()?;
                let second = (0xd800..0xdc00).contains(&first).then(|| self.low_surrogate()).flatten();
                let code = second.map_or(first, |low| 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00));
                char::from_u32(code).unwrap_or_else(|| {
                    self.odd("a text holds half a surrogate pair");
                    char::REPLACEMENT_CHARACTER
                })
            }
            _ => return Err(self.at - 1),
        })
    }

    fn hex(&mut self) -> Result<u32, usize> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).and_then(|d| std::str::from_utf8(d).ok());
        let digits = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).ok_or(self.at)?;
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| self.at)
    }

    /// The second half of a pair, if it follows.
    fn low_surrogate(&mut self) -> Option<u32> {
        let before = self.at;
        if self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            if let Ok(low) = self.hex()
                && (0xdc00..0xe000).contains(&low)
            {
                return Some(low);
            }
        }
        self.at = before;
        None
    }

    /// Passes over an array or object up to the bracket that closes it.
    fn pass_over(&mut self) -> Result<(), usize> {
        let mut open = 0_usize;
        loop {
            match self.peek().ok_or(self.at)? {
                b'[' | b'{' => open += 1,
                b']' | b'}' => open -= 1,
                b'"' => {
                    self.string()?;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_every_kind() {
        let value = |text: &'static str| parse(text).unwrap().value;
        let object = value(r#" { "a" : [1, -2.5e3 , "x\n\u00e9\ud83d\ude00" ] , "b":{"c":null,"d":true}, "e":[] } "#);
        let items = object.get("a").unwrap().items();
        assert_eq!((items[0].number(), items[1].number(), items[2].text()), (Some(1), None, Some("x\né😀")));
        assert_eq!(object.get("b").unwrap().get("d"), Some(&Value::Bool(true)));
        assert_eq!(object.get("b").unwrap().values().count(), 2);
        assert_eq!((object.get("e").unwrap().items().len(), object.get("f")), (0, None));
        assert_eq!(value("\u{feff}[]"), Value::Array(Vec::new()));
    }

    #[test]
    fn what_is_no_json_is_told_by_its_offset() {
        for (text, at) in [
            ("", 0),
            ("<html>", 0),
            ("[1,]", 3),
            ("{\"a\" 1}", 5),
            ("{\"a\":1", 6),
            ("[\"x", 3),
            ("[\"\\x\"]", 3),
            ("[\"\\u12g4\"]", 4),
            ("{1:2}", 1),
            ("[nul]", 1),
        ] {
            assert_eq!(parse(text).err(), Some(at), "{text}");
        }
        let cut_off = "[".repeat(DEPTH + 1) + r#"{"x\"#;
        assert_eq!(parse(&cut_off).err(), Some(cut_off.len()));
    }

    #[test]
    fn one_odd_member_spoils_no_other() {
        let deep = format!("{{\"x\":{}{},\"y\":1}}", "[".repeat(100_000), "]".repeat(100_000));
        let document = parse(&deep).unwrap();
        assert_eq!(document.value.get("y").and_then(Value::number), Some(1));
        assert_eq!(document.oddities, ["values are nested too deeply"]);
        let document = parse(r#"{"x":"a\ud800b","n":1e999999,"z":"\udc00\ud800\u0041"}"#).unwrap();
        let texts: Vec<_> = ["x", "z"].iter().map(|key| document.value.get(key).unwrap().text().unwrap()).collect();
        assert_eq!(texts, ["a\u{fffd}b", "\u{fffd}\u{fffd}A"]);
        assert_eq!(document.oddities, ["a text holds half a surrogate pair"]);
        let many = format!("{{\"a\":1,\"x\":[{}0]}}", "0,".repeat(2_000_000));
        let document = parse(&many).unwrap();
        assert_eq!(document.value.get("a").and_then(Value::number), Some(1));
        assert_eq!(document.oddities, ["it has too many values"]);
        assert_eq!(parse("{} x").unwrap().oddities, ["something follows its end"]);
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn a_strict_document_has_no_oddity() {
        for text in [
            "[]",
            " {} ",
            "[ ]",
            "{ }",
            "[ 1 , 2 ]",
            "{ \"a\" : 1 , \"b\" : 2 }",
            "\"\u{20}\"",
            "null\n",
            "[true,false]",
        ] {
            assert_eq!(parse(text).map(|document| document.oddities), Ok(vec![]), "{text}");
        }
        assert_eq!(parse("-2.5E+3").unwrap().value, Value::Number("-2.5E+3"));
        assert_eq!(parse("[false,7]").unwrap().value, Value::Array(vec![Value::Bool(false), Value::Number("7")]));
        assert_eq!(parse("\"\u{1f}\"").unwrap().oddities, ["a text holds a bare control character"]);
    }

    #[test]
    fn every_escape_is_read() {
        // RFC 8259 section 7; surrogate pairs begin at U+10000 and end at U+10FFFF (RFC 2781 section 2.1).
        let half = '\u{fffd}'.to_string();
        for (escaped, want, is_odd) in [
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t".to_owned(), false),
            (r"\ud7ff\ue000", "\u{d7ff}\u{e000}".to_owned(), false),
            (r"\ud800\udc00\udbff\udfff", "\u{10000}\u{10ffff}".to_owned(), false),
            (r"\uD83D\uDE00", "\u{1f600}".to_owned(), false),
            (r"\ud801\udc37", "\u{10437}".to_owned(), false),
            (r"\ud800\udbff", half.repeat(2), true),
            (r"\ud800\ue000", half.clone() + "\u{e000}", true),
            (r"\ud800\n", half.clone() + "\n", true),
            (r"\udc00\udc00", half.repeat(2), true),
            (r"\udfff", half, true),
        ] {
            let text = format!("\"a{escaped}z\"");
            let document = parse(&text).unwrap();
            assert_eq!(document.value.text(), Some(&*format!("a{want}z")), "{escaped}");
            assert_eq!(document.oddities.is_empty(), !is_odd, "{escaped}");
        }
        for (text, at) in [(r#""\u12"#, 3), (r#""\u+123""#, 3), (r#""\"#, 2)] {
            assert_eq!(parse(text).err(), Some(at), "{text}");
        }
    }

    #[test]
    fn what_is_nested_as_deeply_as_may_be_is_kept() {
        let nested =
            |depth: usize, inner: &str| format!("[{}{inner}{},7]", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert_eq!(parse(&nested(DEPTH, "1")).unwrap().oddities, Vec::<&str>::new());
        // Of what is passed over only the brackets and the texts are looked at.
        for inner in ["1", r#""]\"]\\","}""#, "{x}", "[[]x[{}]]"] {
            let text = nested(DEPTH + 1, inner);
            let document = parse(&text).unwrap();
            assert_eq!(document.oddities, ["values are nested too deeply"], "{inner}");
            assert_eq!(document.value.items()[1], Value::Number("7"), "{inner}");
        }
    }

    #[test]
    fn as_many_values_as_may_be_are_kept() {
        let with = |values: usize, more: &str| format!("[{}{more}]", "0,".repeat(values));
        for (text, kept, oddities) in [
            (with(VALUES - 1, "0"), VALUES, vec![]),
            (with(VALUES, "0"), VALUES, vec!["it has too many values"]),
            // Nothing in it is looked at.
            (with(VALUES, "[x]"), VALUES, vec!["it has too many values"]),
        ] {
            let document = parse(&text).unwrap();
            assert_eq!((document.value.items().len(), document.oddities), (kept, oddities));
        }
        assert!(parse(&with(VALUES - 1, "[x]")).is_err());
        let members = |n: usize| format!("{{{}\"k\":0}}", "\"k\":0,".repeat(n));
        for (n, is_odd) in [(VALUES - 1, false), (VALUES, true)] {
            let text = members(n);
            let document = parse(&text).unwrap();
            assert_eq!((document.value.values().count(), document.oddities.len()), (VALUES, usize::from(is_odd)));
        }
    }

    #[test]
    fn a_value_is_only_what_it_is() {
        let object = Value::Object(vec![("a".into(), Value::Null), ("a".into(), Value::Bool(true))]);
        assert_eq!((object.get("a"), object.get("b"), object.values().count()), (Some(&Value::Null), None, 2));
        assert_eq!((object.text(), object.number(), object.items().len()), (None, None, 0));
        let array = Value::Array(vec![Value::Null]);
        assert_eq!((array.items().len(), array.values().count(), array.get("a")), (1, 0, None));
        let largest = Value::Number("18446744073709551615").number();
        assert_eq!((largest, Value::Number("18446744073709551616").number()), (Some(u64::MAX), None));
        assert_eq!((Value::Text("7".into()).number(), Value::Number("7").text()), (None, None));
    }
}
