//! A reply taken apart: objects of attributes, and the remarks between them.
//!
//! All registries write `key: value` in paragraphs, more or less. JPNIC writes
//! `a. [Key]  value`, KRNIC `Key  : value`, rwhois `network:Key:value`.
//! Everything is borrowed from the text, and at most [`LINES`] lines are taken
//! apart, so that no reply takes more than a few times its own size.
use std::borrow::Cow;

use plainnet_common::block::Block;

use crate::{ask::question::Question, read::range};

/// Most lines that are taken apart; blank ones don't count.
pub const LINES: usize = 100_000;

/// One `key: value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute<'t> {
    /// As the registry writes it; case does not matter.
    pub key: &'t str,
    /// One line, put together where it went over several.
    pub value: Cow<'t, str>,
}

/// A paragraph of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'r, 't> {
    /// In order.
    pub attributes: &'r [Attribute<'t>],
}

impl<'r, 't> Object<'r, 't> {
    /// The first value of the first of these keys that has one.
    pub fn get(self, keys: &[&str]) -> Option<&'r str> {
        let of = |key: &&str| self.attributes.iter().find(|a| a.key.eq_ignore_ascii_case(key) && !a.value.is_empty());
        keys.iter().find_map(of).map(|a| &*a.value)
    }

    /// Every value of a key.
    pub fn all<'k>(self, key: &'k str) -> impl Iterator<Item = &'r str> + use<'r, 'k, 't> {
        self.attributes.iter().filter(move |a| a.key.eq_ignore_ascii_case(key)).map(|a| &*a.value)
    }

    /// Is it no record but a server's word, `Error: database unavailable`?
    fn is_error(self) -> bool {
        self.attributes.first().is_some_and(|a| a.key.eq_ignore_ascii_case("error"))
    }

    /// The addresses that it is about.
    pub fn range(self) -> Option<Block> {
        let text = self.get(&RANGES)?;
        // KRNIC adds the prefixes: `a - b (/16+/18)`; ARIN may list several, comma separated.
        let text = text.split(['(', ',']).next().unwrap_or(text);
        range::parse(text)
    }

    /// The AS numbers that it is about, both ends included.
    pub fn numbers(self) -> Option<(u32, u32)> {
        let text = self.get(&NUMBERS)?;
        let number = |t: &str| {
            let t = t.trim();
            let t = t.get(..2).filter(|h| h.eq_ignore_ascii_case("as")).map_or(t, |_| &t[2..]);
            t.parse::<u32>().ok()
        };
        match text.split_once('-') {
            Some((first, last)) => Some((number(first)?, number(last)?)).filter(|(first, last)| first <= last),
            None => number(text).map(|n| (n, n)),
        }
    }
}

/// Keys of addresses: RIPE and its like, ARIN, KRNIC, JPNIC, rwhois, route registries.
const RANGES: [&str; 11] = [
    "inetnum",
    "inet6num",
    "netrange",
    "cidr",
    "ipv4 address",
    "ipv6 address",
    "[network number]",
    "ip-network",
    "ip-network-block",
    "route",
    "route6",
];

/// Keys of AS numbers, likewise.
const NUMBERS: [&str; 4] = ["aut-num", "asnumber", "as number", "[as number]"];

/// A row of ARIN's short list: `Name NETNAME (NET-192-0-2-0-1) first - last`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRow<'t> {
    /// In the parentheses.
    pub handle: &'t str,
    /// After them: addresses, or nothing for a row of AS numbers.
    pub range: Option<Block>,
    /// The AS numbers of such a row.
    pub numbers: Option<(u32, u32)>,
}

/// Where an object's attributes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: usize,
    to: usize,
}

/// A whole reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply<'t> {
    attributes: Vec<Attribute<'t>>,
    spans: Vec<Span>,
    /// Lines that begin with % or #, without these and blanks around.
    pub remarks: Vec<&'t str>,
    /// Lines that are neither: headings, free text, rows of ARIN's list.
    pub loose: Vec<&'t str>,
    /// There were more than [`LINES`] lines, and the rest was not looked at.
    pub is_cut: bool,
}

impl<'t> Reply<'t> {
    /// Takes a decoded text apart.
    pub fn parse(text: &'t str) -> Reply<'t> {
        let mut reply = Reply::default();
        // Where the attributes of the object that is being read begin.
        let mut open = 0;
        let mut left = LINES;
        for line in text.lines() {
            let line = line.trim_end();
            if !line.is_empty() {
                if left == 0 {
                    reply.is_cut = true;
                    break;
                }
                left -= 1;
            }
            if line.is_empty() || line.starts_with(['%', '#']) {
                reply.close(&mut open);
                let remark = line.trim_start_matches(['%', '#']).trim();
                if !remark.is_empty() {
                    reply.remarks.push(remark);
                }
            } else if list_row(line).is_some() {
                reply.close(&mut open);
                reply.loose.push(line);
            } else if let (true, true, Some(last)) =
                (line.starts_with([' ', '\t', '+']), reply.attributes.len() > open, reply.attributes.last_mut())
            {
                // RFC 2622 section 2: a line that begins so goes on with the value before.
                let more = line.trim_start_matches('+').trim();
                if !more.is_empty() && last.value.len() < VALUE {
                    let value = last.value.to_mut();
                    value.push(' ');
                    value.push_str(more);
                }
            } else if let Some((key, value)) = attribute(line) {
                reply.attributes.push(Attribute { key, value: Cow::Borrowed(value) });
            } else {
                reply.loose.push(line.trim());
            }
        }
        reply.close(&mut open);
        reply
    }

    fn close(&mut self, open: &mut usize) {
        let to = self.attributes.len();
        if to > *open {
            self.spans.push(Span { from: *open, to });
            *open = to;
        }
    }

    /// Its objects, in order.
    pub fn objects(&self) -> impl DoubleEndedIterator<Item = Object<'_, 't>> + Clone {
        self.spans.iter().map(|span| self.at(*span))
    }

    fn at(&self, span: Span) -> Object<'_, 't> {
        Object { attributes: &self.attributes[span.from..span.to] }
    }

    /// The object of this number.
    pub fn object(&self, number: usize) -> Option<Object<'_, 't>> {
        self.spans.get(number).map(|span| self.at(*span))
    }

    /// The rows of ARIN's list, in order. They are read anew each time: a row
    /// takes several times its line, and few replies have any.
    pub fn list(&self) -> impl DoubleEndedIterator<Item = ListRow<'t>> + Clone {
        self.loose.iter().filter_map(|line| list_row(line))
    }

    /// Has it an object at all?
    pub fn has_objects(&self) -> bool {
        !self.spans.is_empty()
    }

    /// The object that answers: the most specific one that holds what was
    /// asked. Of equal ones ARIN's last is the child, elsewhere the later ones
    /// are mirrors.
    pub fn answering(&self, question: &Question) -> Option<usize> {
        let size = |o: Object<'_, '_>| match question {
            Question::Addresses(asked) => o.range().filter(|r| r.holds(asked)).map(|r| r.last - r.first),
            Question::As(n) => o.numbers().filter(|(a, b)| a <= n && n <= b).map(|(a, b)| u128::from(b - a)),
            Question::Handle(h) | Question::Holdings(h) => {
                o.attributes.iter().any(|a| a.value.eq_ignore_ascii_case(h)).then_some(0)
            }
        };
        let mut best: Option<(usize, u128)> = None;
        for (i, object) in self.objects().enumerate() {
            let Some(size) = size(object) else { continue };
            let arin = object.get(&["netrange", "ashandle"]).is_some();
            if best.is_none_or(|(_, least)| size < least || arin && size == least) {
                best = Some((i, size));
            }
        }
        // A registry may answer a prefix with what lies in it, a handle with what it is now called.
        let about = |o: Object<'_, '_>| match question {
            Question::Addresses(asked) => o.range().is_some_and(|r| asked.holds(&r)),
            Question::As(_) => false,
            _ => !o.is_error(),
        };
        best.map(|(i, _)| i).or_else(|| self.objects().position(about))
    }

    /// The first numbers that any object is about, as text: of use where they are not those asked for.
    pub fn about(&self) -> Option<String> {
        self.objects().find_map(|o| match (o.range(), o.numbers()) {
            (Some(range), _) => Some(range.to_string()),
            (None, Some((first, last))) if first == last => Some(format!("AS{first}")),
            (None, Some((first, last))) => Some(format!("AS{first}-AS{last}")),
            (None, None) => None,
        })
    }

    /// The objects from `at` to the next one about numbers: ARIN and LACNIC
    /// tell the organisation and its contacts there.
    pub fn group(&self, at: usize) -> impl DoubleEndedIterator<Item = Object<'_, 't>> + Clone {
        let rest = self.spans.get(at..).unwrap_or_default();
        let numbered = |span: &Span| {
            let object = self.at(*span);
            object.range().is_some() || object.numbers().is_some()
        };
        let next = rest.iter().skip(1).position(numbered);
        rest[..next.map_or(rest.len(), |n| n + 1)].iter().map(|span| self.at(*span))
    }

    /// Nothing but remarks, or not even these.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.loose.is_empty()
    }
}

/// Longest value that is put together of several lines.
const VALUE: usize = 16 * 1024;

/// `key: value`, `a. [Key]  value` or `network:Key:value`.
fn attribute(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let bracket = line.split_once(". ").filter(|(letter, _)| letter.len() == 1).map_or(line, |(_, rest)| rest);
    if bracket.starts_with('[') {
        let (key, value) = bracket.split_at(bracket.find(']')? + 1);
        return Some((key, value.trim()));
    }
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end();
    // Keys have a word or two: `No match found for 2001:db8::1` is a sentence.
    let plain = |key: &str| {
        !key.is_empty()
            && key.len() <= 40
            && key.split(' ').count() <= 3
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_ ./*".contains(&b))
    };
    if !plain(key) {
        return None;
    }
    if key == "network"
        && let Some((inner, value)) = value.split_once(':')
    {
        let inner = inner.split(';').next().unwrap_or(inner);
        if plain(inner) {
            return Some((inner, value.trim()));
        }
    }
    Some((key, value.trim()))
}

/// A row of ARIN's list. The name may hold anything, so it is read from the right.
fn list_row(line: &str) -> Option<ListRow<'_>> {
    let (name, rest) = line.rsplit_once(" (")?;
    let (handle, what) = rest.split_once(") ")?;
    if name.is_empty() || handle.is_empty() || handle.contains(' ') {
        return None;
    }
    let what = what.trim();
    if handle.starts_with("AS") {
        let mut ends = what.split('-').map(|n| n.trim().parse::<u32>());
        let first = ends.next()?.ok()?;
        let last = ends.next().unwrap_or(Ok(first)).ok().filter(|last| first <= *last)?;
        return Some(ListRow { handle, range: None, numbers: Some((first, last)) });
    }
    let range = what.contains(" - ").then(|| range::parse(what)).flatten()?;
    Some(ListRow { handle, range: Some(range), numbers: None })
}

/// Looks for the end of the first reply on a kept connection: two empty
/// lines. The banner that such a server sends first, or right after a reply
/// for the next one, is no reply, even if two empty lines follow it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminator {
    /// Bytes looked at so far, whole lines.
    at: usize,
    /// Empty lines just before.
    empty: u8,
    said: bool,
}

impl Terminator {
    /// The length of the reply, if all of it is in `bytes`, which may only
    /// have grown since the last call.
    pub fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        while let Some(n) = bytes.get(self.at..)?.iter().position(|b| *b == b'\n') {
            let line = &bytes[self.at..self.at + n];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            self.at += n + 1;
            if line.is_empty() {
                self.empty = self.empty.saturating_add(1);
                if self.empty == 2 && self.said {
                    return Some(self.at);
                }
            } else {
                self.empty = 0;
                self.said |= !line.starts_with(b"%") || is_answer(line);
            }
        }
        None
    }

    /// Is there nothing but a banner in `bytes`, or the beginning of one?
    pub fn is_banner(&mut self, bytes: &[u8]) -> bool {
        self.find(bytes).is_none() && !self.said && bytes.get(self.at).is_none_or(|first| *first == b'%')
    }

    /// Has anything but a banner come?
    pub fn said(&self) -> bool {
        self.said
    }
}

/// Remarks that stand in an answer, not in the banner.
fn is_answer(line: &[u8]) -> bool {
    let starts = [&b"%ERROR"[..], b"% ERROR", b"% Information related", b"% No entries", b"% This query was served"];
    starts.iter().any(|s| line.starts_with(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_every_style() {
        let reply = Reply::parse(
            "% remark\n\ninetnum:   193.0.0.0 - 193.0.7.255\ndescr: a\n+      b\n  c\nsource: RIPE # Filtered\n\n\
             a. [Network Number]             192.0.2.0/24\nb. [Network Name]   X\n\n\
             IPv4 Address       : 210.178.0.0 - 210.182.255.255 (/15+/15+/16)\n\n\
             network:IP-Network;I:198.51.100.0/24\nnetwork:Class-Name:network\n",
        );
        let ranges: Vec<_> = reply.objects().filter_map(|o| o.range().map(|r| r.to_string())).collect();
        assert_eq!(ranges, ["193.0.0.0/21", "192.0.2.0/24", "210.178.0.0-210.182.255.255", "198.51.100.0/24"]);
        assert_eq!(reply.object(0).unwrap().get(&["descr"]), Some("a b c"));
        assert_eq!(reply.remarks, ["remark"]);
    }

    #[test]
    fn lists_are_read_from_the_right() {
        let text = "Level 3 (Parent), LLC LVLT (NET-8-0-0-0-1) 8.0.0.0 - 8.127.255.255\nACME (X) ASN (AS64500) 64500\n\
                    V6 Y (NET6-2001-DB8-1) 2001:DB8:: - 2001:DB8:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF\n";
        let rows: Vec<_> = Reply::parse(text).list().map(|r| (r.handle, r.range.map(|r| r.to_string()))).collect();
        let want =
            [("NET-8-0-0-0-1", Some("8.0.0.0/9")), ("AS64500", None), ("NET6-2001-DB8-1", Some("2001:db8::/32"))];
        assert_eq!(rows, want.map(|(h, r)| (h, r.map(str::to_owned))));
    }

    #[test]
    fn what_lies_in_a_prefix_answers_it_and_what_reaches_out_of_it_does_not() {
        let question = Question::parse("192.0.2.0/24").unwrap();
        for (block, answers) in [
            ("192.0.2.0 - 192.0.2.255", true),
            ("192.0.0.0 - 192.0.255.255", true),
            ("192.0.2.64 - 192.0.2.127", true),
            ("192.0.1.0 - 192.0.2.127", false),
            ("192.0.2.128 - 192.0.3.255", false),
            ("192.0.3.0 - 192.0.3.255", false),
        ] {
            let text = format!("inetnum: {block}\nsource: RIPE\n");
            assert_eq!(Reply::parse(&text).answering(&question).is_some(), answers, "{block}");
        }
    }

    #[test]
    fn the_most_specific_object_answers() {
        let question = Question::parse("192.0.2.9").unwrap();
        let answering = |text: &str| Reply::parse(text).answering(&question);
        let parent = "NetRange: 192.0.0.0 - 192.0.255.255\n\nOrgName: P\n\n";
        let child = "NetRange: 192.0.2.0 - 192.0.2.255\n\nOrgName: C\n\n";
        assert_eq!(answering(&format!("{parent}{child}")), Some(2));
        assert_eq!(answering(&format!("{child}{parent}")), Some(0));
        assert_eq!(answering(&format!("{child}{child}")), Some(2));
        let mirrored = "inetnum: 192.0.2.0/24\nsource: APNIC\n\ninetnum: 192.0.2.0/24\nsource: JPNIC\n";
        assert_eq!(answering(mirrored), Some(0));
        assert_eq!(answering("person: X\n"), None);
    }

    #[test]
    fn a_kept_answer_ends_at_two_empty_lines_but_not_its_banner() {
        let banner = "% This is the RIPE Database query service.\n% Terms\n\n\n";
        let answer = "% Information related to 'x'\n\ninetnum: x\n\nroute: y\n\n% This query was served by z\n\n\n";
        let all = format!("{banner}{answer}{banner}");
        assert_eq!(Terminator::default().find(all.as_bytes()), Some(banner.len() + answer.len()));
        for cut in 0..banner.len() + answer.len() {
            assert_eq!(Terminator::default().find(&all.as_bytes()[..cut]), None, "{cut}");
        }
        assert_eq!(Terminator::default().find(b"a: b\r\n\r\n\r\nrest"), Some(10));
    }

    #[test]
    fn a_banner_may_be_cut_and_an_answer_is_none() {
        for (text, is_banner) in [
            ("", true),
            ("\n", true),
            ("% This is", true),
            ("% This is the RIPE Database query service.\n% Terms\n\n", true),
            ("inet", false),
            ("% This is\n\ninetnum: x", false),
            ("% This is\n\ninetnum: x\n", false),
            ("inetnum: x\n\n\n", false),
            ("%ERROR:305: connection has been closed\n", false),
        ] {
            assert_eq!(Terminator::default().is_banner(text.as_bytes()), is_banner, "{text}");
        }
    }

    #[test]
    fn a_key_has_a_word_or_two() {
        for (line, want) in [
            ("inetnum:  x", Some(("inetnum", "x"))),
            ("  key : v : w ", Some(("key", "v : w"))),
            ("one two three: v", Some(("one two three", "v"))),
            ("one two three four: v", None),
            (": v", None),
            ("no colon", None),
            ("k\u{e9}y: v", None),
            ("a_b-c./*1: v", Some(("a_b-c./*1", "v"))),
            ("key:", Some(("key", ""))),
            ("a. [Network Number]   192.0.2.0/24 ", Some(("[Network Number]", "192.0.2.0/24"))),
            ("[Organization] X", Some(("[Organization]", "X"))),
            ("ab. [Key] v", None),
            ("[Key v", None),
            ("network:IP-Network;I:192.0.2.0/24", Some(("IP-Network", "192.0.2.0/24"))),
            ("network:a!b:c", Some(("network", "a!b:c"))),
            ("network: alone", Some(("network", "alone"))),
            ("net:a:b", Some(("net", "a:b"))),
        ] {
            assert_eq!(attribute(line), want, "{line}");
        }
        // The longest key has 40 characters.
        for (length, is_one) in [(40, true), (41, false)] {
            assert_eq!(attribute(&format!("{}: v", "k".repeat(length))).is_some(), is_one, "{length}");
        }
    }

    #[test]
    fn a_row_of_a_list_is_whole() {
        let numbers = |line: &str| list_row(line).and_then(|row| row.numbers);
        assert_eq!(numbers("N X (AS64500) 64500 - 64510"), Some((64500, 64510)));
        assert_eq!(numbers("N X (AS64500) 64500 - 64500"), Some((64500, 64500)));
        assert_eq!((numbers("N X (AS64500) 64500 - 64499"), numbers("N X (AS64500) many")), (None, None));
        for bad in [
            " (NET-1) 192.0.2.0 - 192.0.2.255",
            "N X () 192.0.2.0 - 192.0.2.255",
            "N X (NET 1) 192.0.2.0 - 192.0.2.255",
            "N X (NET-1) 192.0.2.0/24",
            "N X (NET-1)192.0.2.0 - 192.0.2.255",
        ] {
            assert_eq!(list_row(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_and_ranges_are_read_from_the_first_key_that_has_a_value() {
        let numbers = |text: &str| Reply::parse(text).object(0).unwrap().numbers();
        for (text, want) in [
            ("aut-num: AS64500", Some((64500, 64500))),
            ("ASNumber: 64500 - 64510", Some((64500, 64510))),
            ("AS Number: as64500-AS64500", Some((64500, 64500))),
            ("aut-num: AS64501-AS64500", None),
            ("aut-num: XX64500", None),
            ("aut-num:\nASNumber: 7", Some((7, 7))),
        ] {
            assert_eq!(numbers(text), want, "{text}");
        }
        let reply = Reply::parse("CIDR: 192.0.2.0/24, 198.51.100.0/24\nnotify: a\nNOTIFY: b\nnotify:\n");
        let object = reply.object(0).unwrap();
        assert_eq!(object.range().map(|range| range.to_string()).as_deref(), Some("192.0.2.0/24"));
        assert_eq!(object.all("notify").collect::<Vec<_>>(), ["a", "b", ""]);
        assert_eq!((object.get(&["x", "notify"]), object.get(&["x"])), (Some("a"), None));
    }

    #[test]
    fn a_value_goes_on_until_it_is_long_enough() {
        let value = |length: usize| {
            let text = format!("a: {}\n+b\n", "x".repeat(length));
            Reply::parse(&text).object(0).unwrap().attributes[0].value.len()
        };
        assert_eq!((value(VALUE - 1), value(VALUE)), (VALUE + 1, VALUE));
        // Nothing goes on before an object has begun; blanks and pluses alone add nothing.
        let reply = Reply::parse("a: 1\n\n  b: 2\n+\n\tc\n");
        assert_eq!(reply.objects().map(|object| object.attributes.len()).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(reply.object(1).unwrap().get(&["b"]), Some("2 c"));
        assert_eq!(reply.object(2), None);
    }

    #[test]
    fn so_many_lines_are_taken_apart_and_no_more() {
        let lines = |n: usize| "a: b\n\n".repeat(n);
        for (n, is_cut) in [(LINES, false), (LINES + 1, true)] {
            let text = lines(n);
            let reply = Reply::parse(&text);
            assert_eq!((reply.is_cut, reply.objects().count()), (is_cut, LINES), "{n}");
        }
    }

    #[test]
    fn a_reply_is_empty_where_nothing_but_remarks_came() {
        for (text, is_empty, has_objects) in
            [("", true, false), ("% a\n#\n\n", true, false), ("text\n", false, false), ("a: b\n", false, true)]
        {
            let reply = Reply::parse(text);
            assert_eq!((reply.is_empty(), reply.has_objects()), (is_empty, has_objects), "{text}");
        }
        assert_eq!(Reply::parse("%%  a\n##\n% %b\n").remarks, ["a", "%b"]);
    }

    #[test]
    fn what_a_reply_is_about_instead() {
        for (text, want) in [
            ("person: X\n\ninetnum: 192.0.2.0 - 192.0.2.255\n", Some("192.0.2.0/24")),
            ("aut-num: AS7\n", Some("AS7")),
            ("ASNumber: 7 - 9\n", Some("AS7-AS9")),
            ("person: X\n", None),
        ] {
            assert_eq!(Reply::parse(text).about().as_deref(), want, "{text}");
        }
    }

    #[test]
    fn an_as_number_and_a_handle_are_answered_by_what_names_them() {
        let answering = |question: &str, text: &str| Reply::parse(text).answering(&Question::parse(question).unwrap());
        let blocks = "ASNumber: 64490 - 64520\n\nASNumber: 64500 - 64510\n\nASNumber: 64500 - 64510\n";
        for (number, want) in [
            ("AS64489", None),
            ("AS64490", Some(0)),
            ("AS64500", Some(1)),
            ("AS64510", Some(1)),
            ("AS64511", Some(0)),
            ("AS64520", Some(0)),
            ("AS64521", None),
        ] {
            assert_eq!(answering(number, blocks), want, "{number}");
        }
        let arins = blocks.replace("\n\n", "\nASHandle: X\n\n");
        assert_eq!(answering("AS64500", &arins.replacen("64510\n", "64510\nASHandle: X\n", 2)), Some(2));
        let handles = "organisation: A\n\norganisation: ORG-B\n\nmnt-by: org-b\n";
        assert_eq!((answering("ORG-B", handles), answering("ORG-C", handles)), (Some(1), Some(0)));
    }

    #[test]
    fn a_group_reaches_to_the_next_numbers() {
        let text = "NetRange: 192.0.2.0 - 192.0.2.255\n\nOrgName: A\n\nOrgTech: B\n\nASNumber: 7\n\nOrgName: C\n";
        let reply = Reply::parse(text);
        let group =
            |at: usize| reply.group(at).filter_map(|object| object.get(&["orgname", "orgtech"])).collect::<Vec<_>>();
        assert_eq!((group(0), group(1), group(3), group(9)), (vec!["A", "B"], vec!["A", "B"], vec!["C"], vec![]));
    }

    #[test]
    fn remarks_of_an_answer_are_no_banner() {
        for remark in [
            "%ERROR:101: no entries found",
            "% ERROR 230",
            "% Information related to 'x'",
            "% No entries found",
            "% This query was served by x",
        ] {
            let text = format!("{remark}\n\n\n");
            let mut terminator = Terminator::default();
            assert_eq!((terminator.find(text.as_bytes()), terminator.said()), (Some(text.len()), true), "{remark}");
        }
        let mut terminator = Terminator::default();
        let banner = b"% Terms and conditions\n\n\n\n";
        assert_eq!((terminator.find(banner), terminator.said()), (None, false));
        // The same terminator goes on with what has grown; empty lines before the answer don't count.
        let grown = [&banner[..], b"a: b\n\nc: d\n\n\n"].concat();
        assert_eq!((terminator.find(&grown), terminator.said()), (Some(grown.len()), true));
    }
}
