//! Domain names: wire form, master-file text, and what people type.
use std::{fmt, fmt::Write as _, net::IpAddr};

use smallvec::{SmallVec, smallvec};

/// Longest name on the wire, length bytes and root included (RFC 1035 section 2.3.4).
pub const LONGEST: usize = 255;

/// Longest label.
const LABEL: usize = 63;

/// Names up to this length on the wire need no memory of their own: nearly all of a list.
const INLINE: usize = 54;

/// A whole name in wire form, 1 to 255 bytes, uncompressed, in the case it came.
///
/// Equality minds the case; [`Name::same`] doesn't.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Name(SmallVec<[u8; INLINE]>);

/// The vector's own would copy byte by byte.
impl Clone for Name {
    fn clone(&self) -> Name {
        Name(SmallVec::from_slice(&self.0))
    }
}

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Nothing was given.
    Empty,
    /// Two dots in a row, or one in front.
    EmptyLabel,
    /// A label over 63 bytes.
    LongLabel,
    /// More than 255 bytes on the wire.
    Long,
    /// A backslash without a character or a number of three digits up to 255 behind it.
    Escape,
    /// Letters beyond ASCII that IDNA has no ASCII form for.
    Idna,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NameError::Empty => "no name",
            NameError::EmptyLabel => "not a name: empty label",
            NameError::LongLabel => "not a name: label longer than 63 bytes",
            NameError::Long => "not a name: longer than 255 bytes",
            NameError::Escape => "not a name: incomplete escape",
            NameError::Idna => "not a name: no internationalized domain name",
        })
    }
}

impl std::error::Error for NameError {}

impl Name {
    /// The root.
    pub fn root() -> Name {
        Name(smallvec![0])
    }

    /// Reads what a user typed: master-file escapes (`\.`, `\032`, decimal), with
    /// or without the final dot; beyond ASCII by IDNA (UTS #46), which lower-cases.
    ///
    /// # Errors
    /// It cannot stand on the wire.
    pub fn parse(text: &str) -> Result<Name, NameError> {
        if text.is_ascii() {
            return Name::from_ascii(text.as_bytes());
        }
        // IDNA knows no escapes: they would mean something else after its mapping.
        if text.contains('\\') {
            return Err(NameError::Idna);
        }
        let ascii = idna::domain_to_ascii(text).map_err(|_| NameError::Idna)?;
        Name::from_ascii(ascii.as_bytes())
    }

    fn from_ascii(text: &[u8]) -> Result<Name, NameError> {
        match text {
            b"" => return Err(NameError::Empty),
            b"." => return Ok(Name::root()),
            _ => {}
        }
        // The length of a label goes to its place once the label has ended.
        let mut wire: SmallVec<[u8; INLINE]> = smallvec![0];
        let mut length_at = 0;
        let mut rest = text.iter();
        while let Some(&byte) = rest.next() {
            match byte {
                b'.' => {
                    wire[length_at] = length_of_label(&wire[length_at + 1..])?;
                    length_at = wire.len();
                    wire.push(0);
                }
                b'\\' => wire.push(unescape(&mut rest).ok_or(NameError::Escape)?),
                _ => wire.push(byte),
            }
        }
        // Without a final dot the root is to come.
        if wire.len() > length_at + 1 {
            wire[length_at] = length_of_label(&wire[length_at + 1..])?;
            wire.push(0);
        }
        if wire.len() > LONGEST { Err(NameError::Long) } else { Ok(Name(wire)) }
    }

    /// The name that holds the PTR records of `ip`: under in-addr.arpa
    /// (RFC 1035 section 3.5) or ip6.arpa (RFC 3596 section 2.5).
    pub fn reverse(ip: IpAddr) -> Name {
        let mut text = String::new();
        match ip {
            IpAddr::V4(v4) => {
                for byte in v4.octets().iter().rev() {
                    let _ = write!(text, "{byte}.");
                }
                text.push_str("in-addr.arpa");
            }
            IpAddr::V6(v6) => {
                for byte in v6.octets().iter().rev() {
                    let _ = write!(text, "{:x}.{:x}.", byte & 15, byte >> 4);
                }
                text.push_str("ip6.arpa");
            }
        }
        Name::from_ascii(text.as_bytes()).unwrap_or_else(|_| Name::root())
    }

    /// Reads the name at `at` of the message `msg`, following compression, and
    /// tells where the next field starts.
    ///
    /// Each pointer must lead to before the part that holds it (RFC 1035
    /// section 4.1.4 says "prior occurrence") and past the header, so this ends.
    pub fn read(msg: &[u8], at: usize) -> Option<(Name, usize)> {
        let mut wire = SmallVec::new();
        let next = walk(msg, at, |label| {
            wire.extend_from_slice(label);
            wire.len() < LONGEST
        })?;
        wire.push(0);
        Some((Name(wire), next))
    }

    /// The name that `wire` holds, which must be whole and uncompressed.
    pub fn from_wire(wire: &[u8]) -> Option<Name> {
        let (name, next) = Name::read(wire, 0)?;
        // A pointer would have to lead to before the first byte.
        (next == wire.len()).then_some(name)
    }

    /// The wire form, 1 to 255 bytes.
    pub fn wire(&self) -> &[u8] {
        &self.0
    }

    /// The labels without their length bytes, the leftmost first; none for the root.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        let mut labels: SmallVec<[&[u8]; 8]> = SmallVec::new();
        let mut at = 0;
        while let Some(len @ 1..) = self.0.get(at).map(|len| usize::from(*len)) {
            labels.extend(self.0.get(at + 1..at + 1 + len));
            at += 1 + len;
        }
        labels.into_iter()
    }

    /// Returns whether this is the root.
    pub fn is_root(&self) -> bool {
        *self.0 == [0]
    }

    /// Returns the name without its leftmost label, or nothing for the root.
    pub fn parent(&self) -> Option<Name> {
        let len = usize::from(*self.0.first()?);
        (len > 0).then(|| Name(SmallVec::from_slice(&self.0[1 + len..])))
    }

    /// Puts `self` under `above`, in place of its own root.
    ///
    /// # Errors
    /// More than 255 bytes.
    pub fn join(&self, above: &Name) -> Result<Name, NameError> {
        let mut wire = SmallVec::from_slice(&self.0[..self.0.len() - 1]);
        wire.extend_from_slice(&above.0);
        if wire.len() > LONGEST { Err(NameError::Long) } else { Ok(Name(wire)) }
    }

    /// Returns whether the names are equal but for the case of ASCII letters (RFC 4343).
    pub fn same(&self, other: &Name) -> bool {
        // A length byte is at most 63, and letters begin at 65, so that no length changes.
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// Returns whether the name is `above` or stands under it.
    pub fn is_within(&self, above: &Name) -> bool {
        let (mut labels, suffix) = (self.labels().rev(), above.labels().rev());
        suffix.into_iter().all(|b| labels.next().is_some_and(|a| a.eq_ignore_ascii_case(b)))
    }

    /// Returns the name with the labels that it shares with `other`, from the root on, in the case of `other`.
    pub fn in_case_of(mut self, other: &Name) -> Name {
        let pairs = self.labels().rev().zip(other.labels().rev());
        let shared = pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).map(|(a, _)| 1 + a.len()).sum::<usize>();
        let from = self.0.len() - shared - 1;
        self.0[from..].copy_from_slice(&other.0[other.0.len() - shared - 1..]);
        self
    }

    /// Returns the name in letters beyond ASCII, where it has `xn--` labels that stand
    /// for such, and where none of them could steer a terminal or be invisible.
    pub fn unicode(&self) -> Option<String> {
        let text = self.to_string();
        if !text.to_ascii_lowercase().split('.').any(|label| label.starts_with("xn--")) || text.contains('\\') {
            return None;
        }
        let (unicode, valid) = idna::domain_to_unicode(&text);
        let fit = valid.is_ok() && !unicode.is_ascii() && !unicode.chars().any(plainnet_common::text::is_control);
        fit.then_some(unicode)
    }

    /// Master-file text that knot, NSD and BIND all read.
    pub fn loadable(&self) -> Loadable<'_> {
        Loadable(self)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, byte: fn(&mut fmt::Formatter<'_>, u8) -> fmt::Result) -> fmt::Result {
        if self.is_root() {
            return f.write_char('.');
        }
        let mut at = 0;
        while let Some(len @ 1..) = self.0.get(at).map(|len| usize::from(*len)) {
            self.0.get(at + 1..at + 1 + len).unwrap_or_default().iter().try_for_each(|b| byte(f, *b))?;
            f.write_char('.')?;
            at += 1 + len;
        }
        Ok(())
    }
}

/// Absolute master-file text: `www.example.com.`, the root as `.`.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, |f, byte| match byte {
            b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$' => write!(f, "\\{}", char::from(byte)),
            0x21..=0x7e => f.write_char(char::from(byte)),
            _ => write!(f, "\\{byte:03}"),
        })
    }
}

/// A name for master files, as [`Name::loadable`] gives it.
#[derive(Clone, Copy, Debug)]
pub struct Loadable<'a>(&'a Name);

/// What is neither a letter, a digit nor `-`, `_`, `*` or `/` is written as its number:
/// knot 3.2 refuses most of it as it is, NSD 4.6 misreads `\\` before a dot, and BIND
/// 9.18 takes `\[` for the beginning of a bit string (RFC 2673).
impl fmt::Display for Loadable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, |f, byte| match byte {
            b'-' | b'_' | b'*' | b'/' => f.write_char(char::from(byte)),
            b'.' | b'"' | b'(' | b')' | b';' | b'@' | b'$' => write!(f, "\\{}", char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => f.write_char(char::from(byte)),
            _ => write!(f, "\\{byte:03}"),
        })
    }
}

/// Returns whether the name at `at` of `msg` is this one but for case, without allocating.
pub fn is_at(msg: &[u8], at: usize, name: &Name) -> bool {
    let mut rest = name.wire();
    let whole = walk(msg, at, |label| match rest.split_at_checked(label.len()) {
        Some((head, tail)) if head.eq_ignore_ascii_case(label) => {
            rest = tail;
            true
        }
        _ => false,
    });
    whole.is_some() && rest == [0]
}

/// Returns whether there is a name at `at` of `msg`, without allocating.
pub fn is_name(msg: &[u8], at: usize) -> bool {
    let mut length = 0;
    let whole = walk(msg, at, |label| {
        length += label.len();
        length < LONGEST
    });
    whole.is_some()
}

/// Returns where the name at `at` ends, even if its pointer leads nowhere.
pub fn skip(msg: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *msg.get(at)? {
            0 => return Some(at + 1),
            len @ 1..=63 => at += 1 + usize::from(len),
            0xc0.. => return (at + 2 <= msg.len()).then_some(at + 2),
            _ => return None,
        }
    }
}

/// Hands each label of the name at `at`, with its length byte, to `each`, which
/// may stop the walk. Returns where the next field starts, or nothing if there is no name.
fn walk<'a>(msg: &'a [u8], mut at: usize, mut each: impl FnMut(&'a [u8]) -> bool) -> Option<usize> {
    let mut part = at;
    let mut next = None;
    loop {
        match *msg.get(at)? {
            0 => return next.or(Some(at + 1)),
            len @ 1..=63 => {
                let label = msg.get(at..at + 1 + usize::from(len))?;
                if !each(label) {
                    return None;
                }
                at += label.len();
            }
            high @ 0xc0.. => {
                let to = usize::from(u16::from_be_bytes([high & 0x3f, *msg.get(at + 1)?]));
                next = next.or(Some(at + 2));
                if to >= part || to < 12 {
                    return None;
                }
                (at, part) = (to, to);
            }
            _ => return None,
        }
    }
}

fn length_of_label(label: &[u8]) -> Result<u8, NameError> {
    match u8::try_from(label.len()) {
        Ok(0) => Err(NameError::EmptyLabel),
        Ok(len) if label.len() <= LABEL => Ok(len),
        _ => Err(NameError::LongLabel),
    }
}

/// Returns the byte that a backslash stands for; `rest` is what stands behind it.
fn unescape<'a>(rest: &mut impl Iterator<Item = &'a u8>) -> Option<u8> {
    let first = *rest.next()?;
    if !first.is_ascii_digit() {
        return Some(first);
    }
    let digits = [first, *rest.next()?, *rest.next()?];
    std::str::from_utf8(&digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn text_to_wire_and_back() {
        assert_eq!(name("www.Example.com").wire(), b"\x03www\x07Example\x03com\0");
        assert_eq!(name("www.example.com."), name("www.example.com"));
        assert_eq!(name(".").wire(), [0]);
        // RFC 4343 section 2.1: the escapes are decimal.
        assert_eq!(name("a\\.b\\000.c\\255").wire(), b"\x04a.b\0\x02c\xff\0");
        assert_eq!(name("a\\.b\\000 .c\\255;@").to_string(), "a\\.b\\000\\032.c\\255\\;\\@.");
        assert_eq!(name("_dmarc.-x.").to_string(), "_dmarc.-x.");
        assert_eq!(Name::root().to_string(), ".");
    }

    #[test]
    fn shared_labels_in_the_case_of_another_name() {
        for (text, other, wanted) in [
            ("MAIL.WwW.eX.tEST", "www.Ex.test", "MAIL.www.Ex.test."),
            ("eX.tEST", "www.Ex.test", "Ex.test."),
            ("A.oTHER.tEST", "www.Ex.test", "A.oTHER.test."),
            ("X.y", "www.Ex.test", "X.y."),
            (".", "www.Ex.test", "."),
            ("X.y", ".", "X.y."),
            ("\\.x.A", "x.a", "\\.x.a."),
        ] {
            assert_eq!(name(text).in_case_of(&name(other)).to_string(), wanted, "{text} {other}");
        }
    }

    #[test]
    fn text_for_name_servers() {
        let loadable = |text: &str| name(text).loadable().to_string();
        assert_eq!(loadable("a-b._tcp.*.0/25.example"), "a-b._tcp.*.0/25.example.");
        assert_eq!(loadable("first\\.last.example"), "first\\.last.example.");
        assert_eq!(loadable("a+b.[x]#.c\\\\.\\@.\\255 ."), "a\\043b.\\091x\\093\\035.c\\092.\\@.\\255\\032.");
        assert_eq!(Name::root().loadable().to_string(), ".");
        for byte in 0..=255 {
            let wire = [1, byte, 0];
            let name = Name::from_wire(&wire).unwrap();
            assert_eq!(Name::parse(&name.loadable().to_string()).unwrap().wire(), wire);
        }
    }

    #[test]
    fn what_is_no_name() {
        for (text, why) in [
            ("", NameError::Empty),
            ("a..b", NameError::EmptyLabel),
            (".a", NameError::EmptyLabel),
            ("..", NameError::EmptyLabel),
            ("a\\", NameError::Escape),
            ("a\\25", NameError::Escape),
            ("a\\256", NameError::Escape),
            ("a\\2x6", NameError::Escape),
            ("bü\\.cher", NameError::Idna),
        ] {
            assert_eq!(Name::parse(text), Err(why), "{text}");
        }
        assert_eq!(Name::parse(&"a".repeat(64)), Err(NameError::LongLabel));
        let long = format!("{0}.{0}.{0}.", "a".repeat(63));
        assert_eq!(name(&format!("{long}{}", "b".repeat(61))).wire().len(), 255);
        assert_eq!(Name::parse(&format!("{long}{}", "b".repeat(62))), Err(NameError::Long));
    }

    #[test]
    fn names_beyond_ascii() {
        // RFC 3492 section 7.1 and the registry of .de.
        assert_eq!(name("Bücher.Example").to_string(), "xn--bcher-kva.example.");
        assert_eq!(name("_sip.bücher。example").to_string(), "_sip.xn--bcher-kva.example.");
        assert_eq!(name("XN--bcher-kva.example").unicode().unwrap(), "bücher.example.");
        assert_eq!(name("example.com").unicode(), None);
        // U+200B between two letters, and a tag character (RFC 5892 disallows both).
        for hidden in ["xn--ab-g1t.example", "xn--a-i411m.example", "a\\226\\128\\139b.example"] {
            assert_eq!(name(hidden).unicode(), None, "{hidden}");
            assert!(name(hidden).to_string().is_ascii());
        }
        assert_eq!(name("xn--a.example").unicode(), None);
        // An escape would not survive the mapping.
        assert_eq!(name("xn--bcher-kva.a\\.b").unicode(), None);
    }

    #[test]
    fn reverse_names() {
        let of = |ip: &str| Name::reverse(ip.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.1"), "1.2.0.192.in-addr.arpa.");
        // RFC 3596 section 2.5.
        assert_eq!(
            of("4321:0:1:2:3:4:567:89ab"),
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa."
        );
    }

    #[test]
    fn compression_leads_strictly_backwards() {
        // RFC 1035 section 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92.
        let mut msg = vec![0; 20];
        msg.extend(b"\x01F\x03ISI\x04ARPA\0");
        msg.resize(40, 0);
        msg.extend(b"\x03FOO\xc0\x14");
        msg.resize(64, 0);
        msg.extend(b"\xc0\x1a");
        msg.resize(93, 0);
        assert_eq!(Name::read(&msg, 40), Some((name("FOO.F.ISI.ARPA"), 46)));
        assert_eq!(Name::read(&msg, 64), Some((name("ARPA"), 66)));
        assert_eq!(Name::read(&msg, 92), Some((Name::root(), 93)));
        assert!(is_at(&msg, 40, &name("foo.f.isi.arpa")));
        assert!(!is_at(&msg, 40, &name("f.isi.arpa")) && !is_at(&msg, 20, &name("foo.f.isi.arpa")));
        assert!(!is_at(&msg, 20, &name("f.isi.arpa.x")) && !is_at(&msg, 20, &name("f.isi")));

        let at = msg.len();
        for (tail, whence) in [
            (&[0xc0, at as u8][..], 0),          // at itself
            (&[0xc0, at as u8 + 2, 0], 0),       // forwards
            (&[1, b'a', 0xc0, at as u8], 0),     // into the part it ends
            (&[0xc0, at as u8 + 2, 0xc0, 0], 0), // round and round
            (&[0xc0, 4], 0),                     // into the header
            (&[0x40, 0], 0),                     // an extended label
            (&[0xc0], 0),                        // cut short
            (&[3, b'a', b'b'], 0),
        ] {
            let wrong = [&msg[..], tail].concat();
            assert_eq!(Name::read(&wrong, at + whence), None, "{tail:?}");
            assert!(!is_name(&wrong, at + whence), "{tail:?}");
            assert!(!is_at(&wrong, at, &name("a")));
        }
        assert_eq!(skip(&msg, 40), Some(46));
        assert_eq!(skip(&[1, b'a', 0xff, 0xff], 0), Some(4));
        assert_eq!(skip(&[1, b'a', 0xff], 0), None);
    }

    #[test]
    fn a_name_grown_by_pointers_stays_below_256_bytes() {
        // Each name of 64 bytes points to the one before it.
        let mut msg = vec![0; 12];
        for i in 0..5 {
            msg.push(63);
            msg.extend([b'a'; 63]);
            match i {
                0 => msg.push(0),
                1 => msg.extend([0xc0, 12]),
                _ => msg.extend([0xc0, 12 + 65 + (i - 2) * 66]),
            }
        }
        let starts = [12, 77, 143, 209, 275];
        let lens = starts.map(|at| Name::read(&msg, at).map(|(n, _)| n.wire().len()));
        assert_eq!(lens, [Some(65), Some(129), Some(193), None, None]);
        assert_eq!(starts.map(|at| is_name(&msg, at)), [true, true, true, false, false]);
        // 255 bytes with the root are a name (RFC 1035 section 2.3.4), one more is none.
        for (last, is_fit) in [(61, true), (62, false)] {
            let labels: Vec<u8> = [63, 63, 63, last]
                .into_iter()
                .flat_map(|len| [&[len][..], &[b'a'; 63][..usize::from(len)]].concat())
                .collect();
            let wire = [&labels[..], &[0]].concat();
            assert_eq!(wire.len(), if is_fit { LONGEST } else { LONGEST + 1 });
            assert_eq!((Name::from_wire(&wire).is_some(), is_name(&wire, 0)), (is_fit, is_fit));
        }
        // A join of 200 bytes and 55 or 56 more.
        let long = name(&"a.".repeat(100));
        assert!(long.join(&name(&"b".repeat(53))).is_ok());
        assert_eq!(long.join(&name(&"b".repeat(54))), Err(NameError::Long));
    }

    #[test]
    fn a_pointer_has_fourteen_bits() {
        let mut msg = vec![0; 0x1234];
        msg.extend(b"\x01a\0\x01b\xd2\x34\xc0\x0c");
        assert_eq!(Name::read(&msg, 0x1237), Some((name("b.a"), 0x123b)));
        assert!(is_name(&msg, 0x1237) && is_at(&msg, 0x1237, &name("B.A")));
        // The first byte behind the header is the first place where a name can be.
        assert_eq!(Name::read(&msg, 0x123b), Some((Name::root(), 0x123d)));
        msg[0x123c] = 11;
        assert_eq!(Name::read(&msg, 0x123b), None);
    }

    #[test]
    fn above_and_below() {
        let www = name("www.example.com");
        assert!(www.is_within(&name("EXAMPLE.com")) && www.is_within(&Name::root()) && www.is_within(&www));
        assert!(!www.is_within(&name("ample.com")) && !name("com").is_within(&www));
        assert_eq!(www.parent(), Some(name("example.com")));
        assert_eq!(Name::root().parent(), None);
        assert_eq!(name("www").join(&name("example.com")), Ok(www.clone()));
        assert_eq!(Name::from_wire(www.wire()), Some(www.clone()));
        assert_eq!(Name::from_wire(b"\x01a\0\0"), None);
    }
}
