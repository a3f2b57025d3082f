//! Record data as text: the form each type's RFC gives it, else RFC 3597's `\#`.
//!
//! A type is a row of fields in the table of its family; one walk over the row
//! yields the text and the uncompressed wire form together. What doesn't parse
//! to its last byte, or would not be read back as the same bytes, is shown as
//! octets, and says nothing about the record beside it.
use std::{
    fmt::{Display, Write as _},
    net::{Ipv4Addr, Ipv6Addr},
    ops::Range,
};

use crate::wire::{message, name::Name, types::Type};

mod dnssec;
#[cfg(test)]
mod dnssec_tests;
mod encoding;
mod host;
mod keys;
mod names;
mod place;
mod service;
mod strings;

use encoding::{base64, hex};

const FAMILIES: [&[Form]; 7] =
    [host::FORMS, names::FORMS, strings::FORMS, service::FORMS, dnssec::FORMS, keys::FORMS, place::FORMS];

/// One record's data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// Master-file text in ASCII, without control characters: `10 mx.example.com.`.
    pub text: String,
    /// The wire form, names uncompressed and in the case they came.
    pub wire: Vec<u8>,
    /// The same with names in lower case: what to sort by, and equal for equal records.
    pub key: Vec<u8>,
    /// How it came to its text.
    pub shape: Shape,
}

/// How record data came to its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// The type's own form.
    #[default]
    Own,
    /// `\#`: the type has no form, or we know none.
    Octets,
    /// `\#`: the type has a form, and this data doesn't fit it.
    Malformed,
}

/// Reads the data of a record of type `rtype` at `range` of `msg`, the whole
/// message, since names in it may be compressed.
pub fn read(rtype: Type, msg: &[u8], range: Range<usize>) -> Data {
    read_into(rtype, msg, range, &Name::root(), Data::default())
}

/// The same, with the memory of `data`, whose contents go. What names in it share
/// with `asked` has that name's case: a server may have copied the question's
/// letters, which went out in random case.
pub fn read_into(rtype: Type, msg: &[u8], range: Range<usize>, asked: &Name, data: Data) -> Data {
    let octets = msg.get(range.clone()).unwrap_or_default();
    let raw = |shape| Data { text: generic(octets), wire: octets.to_vec(), key: octets.to_vec(), shape };
    match form(rtype) {
        None => raw(Shape::Octets),
        Some(form) => match Walk::over(form, msg, range, false, asked, data) {
            Some(Walk { text, wire, key, .. }) => Data { text, wire, key, shape: Shape::Own },
            None => raw(Shape::Malformed),
        },
    }
}

/// The record as a line of a master file that knot, NSD and BIND all load: the
/// type's own form where all three know it, else numbers and octets. Malformed
/// data, which none of them loads, becomes a comment.
pub fn zone_line(owner: &Name, ttl: u32, class: u16, rtype: Type, data: &Data) -> String {
    let (owner, class, root) = (owner.loadable(), class_name(class), Name::root());
    let known = form(rtype).filter(|form| form.zone && data.shape == Shape::Own);
    match known.and_then(|form| Walk::over(form, &data.wire, 0..data.wire.len(), true, &root, Data::default())) {
        Some(walk) => format!("{owner} {ttl} {class} {rtype} {}", walk.text),
        None => {
            let comment = if data.shape == Shape::Malformed { "; malformed: " } else { "" };
            format!("{comment}{owner} {ttl} {class} TYPE{} {}", rtype.0, generic(&data.wire))
        }
    }
}

/// `IN`, `CH` or `HS` (RFC 1035 section 3.2.4), else `CLASS5` (RFC 3597 section 5).
fn class_name(class: u16) -> String {
    match class {
        message::IN => "IN".to_owned(),
        message::CH => "CH".to_owned(),
        4 => "HS".to_owned(),
        other => format!("CLASS{other}"),
    }
}

/// `\# 4 0A000001` (RFC 3597 section 5).
fn generic(octets: &[u8]) -> String {
    let gap = if octets.is_empty() { "" } else { " " };
    format!("\\# {}{gap}{}", octets.len(), hex(octets))
}

/// The row of one type.
struct Form {
    rtype: Type,
    /// In wire order, at least one. A type without a form of its own has no row.
    fields: &'static [Field],
    /// knot, NSD and BIND all load the form.
    zone: bool,
}

/// A form that every name server loads.
const fn form_zone(rtype: u16, fields: &'static [Field]) -> Form {
    Form { rtype: Type(rtype), fields, zone: true }
}

/// A form that some name server refuses.
const fn form_some(rtype: u16, fields: &'static [Field]) -> Form {
    Form { rtype: Type(rtype), fields, zone: false }
}

fn form(rtype: Type) -> Option<&'static Form> {
    FAMILIES.iter().copied().flatten().find(|form| form.rtype == rtype)
}

/// One field of record data: how long it is and how it is written.
enum Field {
    /// A number of 8, 16 or 32 bits, plain.
    U8,
    U16,
    U32,
    /// Addresses of 4 and 16 bytes.
    V4,
    V6,
    /// A domain name, absolute.
    Name,
    /// A character-string (RFC 1035 section 3.3), quoted.
    Text,
    /// The rest: character-strings, at least one.
    Texts,
    /// The rest, at least a byte.
    Hex,
    Base64,
    /// A type by its mnemonic.
    Type,
    /// The rest: a type bitmap (RFC 4034 section 4.1.2), perhaps empty.
    Types,
    /// Anything else: the function reads it and writes its text.
    Own(fn(&mut Walk) -> Option<()>),
}

/// A walk over record data; every byte read goes to `wire` and `key` as well.
struct Walk<'a> {
    msg: &'a [u8],
    at: usize,
    end: usize,
    /// True where the text is for name servers: what is not read by all of them is written otherwise, or refused.
    zone: bool,
    /// The name whose case others have as far as they are the same.
    asked: &'a Name,
    text: String,
    wire: Vec<u8>,
    key: Vec<u8>,
}

impl<'a> Walk<'a> {
    /// Walks over the data at `range`, and returns nothing where data and form differ.
    fn over(
        form: &Form,
        msg: &'a [u8],
        range: Range<usize>,
        zone: bool,
        asked: &'a Name,
        data: Data,
    ) -> Option<Walk<'a>> {
        let Data { mut text, mut wire, mut key, .. } = data;
        text.clear();
        wire.clear();
        key.clear();
        let mut walk = Walk { msg, at: range.start, end: range.end, zone, asked, text, wire, key };
        for field in form.fields {
            walk.field(field)?;
        }
        (walk.at == walk.end).then_some(walk)
    }

    fn field(&mut self, field: &Field) -> Option<()> {
        match field {
            Field::U8 => self.u8().map(|n| self.put(n)),
            Field::U16 => self.u16().map(|n| self.put(n)),
            Field::U32 => self.u32().map(|n| self.put(n)),
            Field::V4 => self.v4().map(|ip| self.put_v4(ip)),
            Field::V6 => self.v6().map(|ip| self.put(ip)),
            Field::Name => self.name().map(|name| self.put_name(&name)),
            Field::Text => self.string().map(|text| self.quote(text)),
            Field::Texts => self.texts(),
            Field::Hex => self.some_rest().map(|rest| self.put(hex(rest))),
            Field::Base64 => self.some_rest().map(|rest| self.put(base64(rest))),
            Field::Type => self.u16().and_then(|n| self.put_type(Type(n))),
            Field::Types => dnssec::types(self),
            Field::Own(show) => show(self),
        }
    }

    /// Returns whether there are bytes left.
    fn more(&self) -> bool {
        self.at < self.end
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let to = self.at.checked_add(len).filter(|to| *to <= self.end)?;
        let bytes = self.msg.get(self.at..to)?;
        self.at = to;
        self.wire.extend_from_slice(bytes);
        self.key.extend_from_slice(bytes);
        Some(bytes)
    }

    fn rest(&mut self) -> &'a [u8] {
        self.bytes(self.end.saturating_sub(self.at)).unwrap_or_default()
    }

    fn some_rest(&mut self) -> Option<&'a [u8]> {
        Some(self.rest()).filter(|rest| !rest.is_empty())
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn v4(&mut self) -> Option<Ipv4Addr> {
        self.array::<4>().map(Ipv4Addr::from)
    }

    fn v6(&mut self) -> Option<Ipv6Addr> {
        self.array::<16>().map(Ipv6Addr::from)
    }

    /// Reads a name and decompresses it, whatever the type. RFC 3597 section 4 wants
    /// that for some types, and a pointer means nothing outside the message for any.
    fn name(&mut self) -> Option<Name> {
        let (name, next) = Name::read(self.msg.get(..self.end)?, self.at)?;
        self.at = next;
        let name = name.in_case_of(self.asked);
        self.wire.extend_from_slice(name.wire());
        self.key.extend(name.wire().to_ascii_lowercase());
        Some(name)
    }

    /// Reads the bytes behind a length of one byte.
    fn string(&mut self) -> Option<&'a [u8]> {
        let len = self.u8()?;
        self.bytes(len.into())
    }

    fn texts(&mut self) -> Option<()> {
        loop {
            let text = self.string()?;
            self.quote(text);
            if !self.more() {
                return Some(());
            }
        }
    }

    /// Appends a word of text.
    fn put(&mut self, word: impl Display) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        // Writing to a String never fails.
        let _ = write!(self.text, "{word}");
    }

    /// Appends an IPv4 address. Lists are full of them, and the general way costs ten times as much.
    fn put_v4(&mut self, ip: Ipv4Addr) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        for (i, octet) in ip.octets().into_iter().enumerate() {
            if i > 0 {
                self.text.push('.');
            }
            for (unit, from) in [(100, 100), (10, 10), (1, 0)] {
                if octet >= from {
                    self.text.push(char::from(b'0' + octet / unit % 10));
                }
            }
        }
    }

    fn put_name(&mut self, name: &Name) {
        if self.zone { self.put(name.loadable()) } else { self.put(name) }
    }

    /// Appends a type, but for type 0 in a text for name servers: NSD refuses it.
    fn put_type(&mut self, rtype: Type) -> Option<()> {
        match self.zone && !form(rtype).is_some_and(|form| form.zone) {
            true if rtype.0 == 0 => return None,
            true => self.put(format_args!("TYPE{}", rtype.0)),
            false => self.put(rtype),
        }
        Some(())
    }

    /// Appends bytes in quotes.
    fn quote(&mut self, bytes: &[u8]) {
        self.put('"');
        push_quoted(&mut self.text, bytes);
        self.text.push('"');
    }
}

/// Appends what stands between quotes (RFC 1035 section 5.1), so that every byte
/// comes back from a master file and none of them steers a terminal.
fn push_quoted(out: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\{byte:03}");
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The text of `wire`, which must stand in no message.
    pub(super) fn shown(mnemonic: &str, wire: &[u8]) -> String {
        let data = read(mnemonic.parse().unwrap(), wire, 0..wire.len());
        assert_eq!(data.wire, wire, "{mnemonic}");
        assert!(data.text.bytes().all(|b| (0x20..0x7f).contains(&b)), "{}", data.text);
        data.text
    }

    /// Is `wire` no data of this type?
    pub(super) fn malformed(mnemonic: &str, wire: &[u8]) -> bool {
        let data = read(mnemonic.parse().unwrap(), wire, 0..wire.len());
        data.shape == Shape::Malformed && data.text == generic(wire)
    }

    /// Bytes of a text in base64, as RFCs print keys.
    pub(crate) fn unbase64(text: &str) -> Vec<u8> {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digits: Vec<_> = text.bytes().filter_map(|b| DIGITS.iter().position(|d| *d == b)).collect();
        let mut bytes = Vec::new();
        for group in digits.chunks(4) {
            let bits = group.iter().enumerate().fold(0, |bits, (i, d)| bits | d << (18 - 6 * i));
            bytes.extend(&[(bits >> 16) as u8, (bits >> 8) as u8, bits as u8][..group.len() - 1]);
        }
        bytes
    }

    /// Bytes of a text in hex.
    pub(super) fn unhex(text: &str) -> Vec<u8> {
        let digits: Vec<_> = text.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
    }

    #[test]
    fn no_type_has_two_forms_and_81_have_one() {
        let rows: Vec<_> = FAMILIES.iter().copied().flatten().collect();
        for rtype in Type::data_types() {
            assert!(rows.iter().filter(|row| row.rtype == rtype).count() <= 1, "{rtype}");
        }
        assert_eq!(rows.len(), 81);
        assert!(rows.iter().all(|row| !row.fields.is_empty() && row.rtype.mnemonic().is_some()));
    }

    /// No RFC gives these a text but RFC 3597's.
    #[test]
    fn addresses_are_written_as_the_standard_library_does() {
        for octet in 0..=255u8 {
            let ip = [octet, 255 - octet, octet / 2, octet];
            assert_eq!(shown("A", &ip), Ipv4Addr::from(ip).to_string());
        }
    }

    #[test]
    fn types_whose_data_is_octets_to_everyone() {
        for mnemonic in ["NULL", "UNECE", "ISO", "UINFO", "UID", "GID", "UNSPEC", "CLA", "IPN"] {
            assert_eq!(shown(mnemonic, b""), "\\# 0", "{mnemonic}");
            assert_eq!(shown(mnemonic, b"\n\xff"), "\\# 2 0AFF", "{mnemonic}");
        }
    }

    #[test]
    fn octets_for_what_has_no_form() {
        let data = read(Type(65280), &[10, 0, 0, 1], 0..4);
        assert_eq!((data.text.as_str(), data.shape), ("\\# 4 0A000001", Shape::Octets));
        assert_eq!(read(Type(65280), &[], 0..0).text, "\\# 0");
        // RFC 3597 section 5: `e.example CLASS1 TYPE1 10.0.0.2` is octets 4 long; here there are three.
        let data = read(Type::A, &[10, 0, 0], 0..3);
        assert_eq!((data.text.as_str(), data.shape), ("\\# 3 0A0000", Shape::Malformed));
        assert_eq!(read(Type::A, &[10, 0, 0, 1, 2], 0..5).shape, Shape::Malformed);
        // Bounds that are no bounds.
        assert_eq!(read(Type::A, &[10], 5..9).text, "\\# 0");
    }

    #[test]
    fn no_data_fakes_a_line_or_leaves_its_quotes() {
        assert_eq!(shown("TXT", b"\x0ca\"b\\c\nd\x1b;\xc3\xbc\x7f\0"), r#""a\"b\\c\010d\027;\195\188\127" """#);
    }

    #[test]
    fn names_are_decompressed_and_compared_without_case() {
        let mut msg = vec![0; 12];
        msg.extend(b"\x01M\x02Ex\0\0\x0a\x02mx\xc0\x0c");
        let data = read(Type::MX, &msg, 18..msg.len());
        assert_eq!(data.text, "10 mx.M.Ex.");
        assert_eq!(data.wire, b"\0\x0a\x02mx\x01M\x02Ex\0");
        assert_eq!(data.key, b"\0\x0a\x02mx\x01m\x02ex\0");
        let data = read_into(Type::MX, &msg, 18..msg.len(), &Name::parse("x.m.eX").unwrap(), Data::default());
        assert_eq!((data.text.as_str(), &data.wire[..]), ("10 mx.m.eX.", &b"\0\x0a\x02mx\x01m\x02eX\0"[..]));
        // A name that runs out of the data into what follows.
        msg.extend(b"\x01");
        assert_eq!(read(Type::MX, &msg, 18..msg.len() - 2).shape, Shape::Malformed);
        assert_eq!(read(Type::MX, &msg, 18..msg.len()).shape, Shape::Malformed);
    }

    #[test]
    fn lines_for_a_name_server() {
        let line = |mnemonic: &str, wire: &[u8]| {
            let rtype = mnemonic.parse().unwrap();
            zone_line(&Name::parse("a.example").unwrap(), 300, message::IN, rtype, &read(rtype, wire, 0..wire.len()))
        };
        assert_eq!(line("A", &[192, 0, 2, 1]), "a.example. 300 IN A 192.0.2.1");
        assert_eq!(line("MB", b"\x01b\0"), "a.example. 300 IN TYPE7 \\# 3 016200");
        assert_eq!(line("NULL", b""), "a.example. 300 IN TYPE10 \\# 0");
        assert_eq!(line("A", b"abc"), "; malformed: a.example. 300 IN TYPE1 \\# 3 616263");
        for (class, text) in [(1, "IN"), (3, "CH"), (4, "HS"), (2, "CLASS2"), (5, "CLASS5"), (255, "CLASS255")] {
            let data = read(Type::TXT, b"\x01x", 0..2);
            let line = zone_line(&Name::root(), 0, class, Type::TXT, &data);
            assert_eq!(line, format!(". 0 {text} TXT \"x\""));
        }
        assert_eq!(line("MX", b"\0\x0a\x03a+b\0"), "a.example. 300 IN MX 10 a\\043b.");
        // A tag with capitals, type 0, an ALPN of one byte before another, and one that begins with a comma.
        assert_eq!(line("CAA", b"\0\x05issueca"), "a.example. 300 IN CAA 0 issue \"ca\"");
        for (mnemonic, wire) in [
            ("CAA", &b"\0\x05Issueca"[..]),
            ("NSEC", b"\x01b\0\0\x01\xc0"),
            ("RRSIG", &[&[0; 18][..], b"\x01b\0sig"].concat()),
            ("HTTPS", b"\0\x01\0\0\x01\0\x05\x01a\x02h2"),
            ("HTTPS", b"\0\x01\0\0\x01\0\x03\x02,a"),
        ] {
            let rtype: Type = mnemonic.parse().unwrap();
            assert_eq!(line(mnemonic, wire), format!("a.example. 300 IN TYPE{} {}", rtype.0, generic(wire)));
            assert_eq!(read(rtype, wire, 0..wire.len()).shape, Shape::Own);
        }
        // Old servers don't know RESINFO (261) in a bitmap.
        let nsec = b"\x01b\0\0\x01\x40\x01\x01\x04";
        assert_eq!(shown("NSEC", nsec), "b. A RESINFO");
        assert_eq!(line("NSEC", nsec), "a.example. 300 IN NSEC b. A TYPE261");
    }
}
