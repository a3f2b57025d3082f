//! An answer taken apart: objects of attributes, and the remarks between them.
//!
//! All registries write `key: value` in paragraphs, more or less. JPNIC writes
//! `a. [Key]  value`, KRNIC `Key  : value`, rwhois `network:Key:value`.
use crate::{ask::question::Question, table::range::Range};

/// A paragraph of attributes, keys in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Key and value, in order; a value is one line.
    pub attrs: Vec<(String, String)>,
    /// The line it begins in, from 0.
    pub line: usize,
}

impl Object {
    /// The first value of the first of these keys that has one.
    pub fn get(&self, keys: &[&str]) -> Option<&str> {
        let of = |key: &&str| self.attrs.iter().find(|(k, v)| k == key && !v.is_empty());
        keys.iter().find_map(of).map(|(_, v)| v.as_str())
    }

    /// Every value of a key.
    pub fn all<'a, 'k>(&'a self, key: &'k str) -> impl Iterator<Item = &'a str> + use<'a, 'k> {
        self.attrs.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The addresses that it is about.
    pub fn range(&self) -> Option<Range> {
        let text = self.get(&RANGES)?;
        // KRNIC adds the prefixes: `a - b (/16+/18)`; ARIN may list several, comma separated.
        let text = text.split(['(', ',']).next().unwrap_or(text);
        Range::parse(text)
    }

    /// The AS numbers that it is about, both ends included.
    pub fn numbers(&self) -> Option<(u32, u32)> {
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
pub struct ListRow {
    /// In the parentheses.
    pub handle: String,
    /// After them: addresses, or nothing for a row of AS numbers.
    pub range: Option<Range>,
    /// The AS numbers of such a row.
    pub numbers: Option<(u32, u32)>,
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Its objects, in order.
    pub objects: Vec<Object>,
    /// Lines that begin with % or #, without these and blanks around.
    pub remarks: Vec<String>,
    /// Lines that are neither: headings, free text.
    pub loose: Vec<String>,
    /// Rows of ARIN's list among the loose lines.
    pub list: Vec<ListRow>,
}

impl Reply {
    /// Takes a decoded text apart.
    pub fn parse(text: &str) -> Reply {
        let mut reply = Reply::default();
        let mut object = Object::default();
        for (i, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with(['%', '#']) {
                reply.close(&mut object);
                let remark = line.trim_start_matches(['%', '#']).trim();
                if !remark.is_empty() {
                    reply.remarks.push(remark.to_owned());
                }
            } else if let Some(row) = list_row(line) {
                reply.close(&mut object);
                reply.list.push(row);
                reply.loose.push(line.to_owned());
            } else if let (true, Some((_, value))) = (line.starts_with([' ', '\t', '+']), object.attrs.last_mut()) {
                // RFC 2622 section 2: a line that begins so goes on with the value before.
                let more = line.trim_start_matches('+').trim();
                if !more.is_empty() && value.len() < VALUE {
                    value.push(' ');
                    value.push_str(more);
                }
            } else if let Some((key, value)) = attribute(line) {
                if object.attrs.is_empty() {
                    object.line = i;
                }
                object.attrs.push((key, value));
            } else {
                reply.loose.push(line.trim().to_owned());
            }
        }
        reply.close(&mut object);
        reply
    }

    fn close(&mut self, object: &mut Object) {
        if !object.attrs.is_empty() {
            self.objects.push(std::mem::take(object));
        }
    }

    /// The object that answers: the most specific one that holds what was
    /// asked. Of equal ones ARIN's last is the child, elsewhere the later ones
    /// are mirrors.
    pub fn answering(&self, question: &Question) -> Option<usize> {
        let size = |o: &Object| match question {
            Question::Addresses(asked) => o.range().filter(|r| r.holds(asked)).map(|r| r.extent()),
            Question::As(n) => o.numbers().filter(|(a, b)| a <= n && n <= b).map(|(a, b)| u128::from(b - a)),
            Question::Handle(h) | Question::Holdings(h) => {
                o.attrs.iter().any(|(_, v)| v.eq_ignore_ascii_case(h)).then_some(0)
            }
        };
        let mut best: Option<(usize, u128)> = None;
        for (i, object) in self.objects.iter().enumerate() {
            let Some(size) = size(object) else { continue };
            let arin = object.get(&["netrange", "ashandle"]).is_some();
            if best.is_none_or(|(_, least)| size < least || arin && size == least) {
                best = Some((i, size));
            }
        }
        // A registry may answer a prefix with what lies in it, a handle with what it is now called.
        let about = |o: &Object| match question {
            Question::Addresses(asked) => o.range().is_some_and(|r| asked.holds(&r)),
            Question::As(_) => false,
            _ => true,
        };
        best.map(|(i, _)| i).or_else(|| self.objects.iter().position(about))
    }

    /// The objects from `at` to the next one about numbers: ARIN and LACNIC
    /// tell the organisation and its contacts there.
    pub fn group(&self, at: usize) -> &[Object] {
        let rest = self.objects.get(at..).unwrap_or_default();
        let next = rest.iter().skip(1).position(|o| o.range().is_some() || o.numbers().is_some());
        &rest[..next.map_or(rest.len(), |n| n + 1)]
    }

    /// Nothing but remarks, or not even these.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.loose.is_empty()
    }
}

/// Longest value that is put together of several lines.
const VALUE: usize = 16 * 1024;

/// `key: value`, `a. [Key]  value` or `network:Key:value`.
fn attribute(line: &str) -> Option<(String, String)> {
    let line = line.trim_start();
    let bracket = line.split_once(". ").filter(|(letter, _)| letter.len() == 1).map_or(line, |(_, rest)| rest);
    if bracket.starts_with('[') {
        let (key, value) = bracket.split_at(bracket.find(']')? + 1);
        return Some((key.to_ascii_lowercase(), value.trim().to_owned()));
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
            return Some((inner.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Some((key.to_ascii_lowercase(), value.trim().to_owned()))
}

/// A row of ARIN's list. The name may hold anything, so it is read from the right.
fn list_row(line: &str) -> Option<ListRow> {
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
        return Some(ListRow { handle: handle.to_owned(), range: None, numbers: Some((first, last)) });
    }
    let range = what.contains(" - ").then(|| Range::parse(what)).flatten()?;
    Some(ListRow { handle: handle.to_owned(), range: Some(range), numbers: None })
}

/// Looks for the end of the first answer on a kept connection: two empty
/// lines. The banner that such a server sends first, or right after an answer
/// for the next one, is no answer, even if two empty lines follow it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ending {
    /// Bytes looked at so far, whole lines.
    at: usize,
    /// Empty lines just before.
    empty: u8,
    said: bool,
}

impl Ending {
    /// The length of the answer, if all of it is in `bytes`, which may only
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
        let ranges: Vec<_> = reply.objects.iter().filter_map(|o| o.range().map(|r| r.to_string())).collect();
        assert_eq!(ranges, ["193.0.0.0/21", "192.0.2.0/24", "210.178.0.0-210.182.255.255", "198.51.100.0/24"]);
        assert_eq!(reply.objects[0].get(&["descr"]), Some("a b c"));
        assert_eq!(reply.objects[0].line, 2);
        assert_eq!(reply.remarks, ["remark"]);
    }

    #[test]
    fn lists_are_read_from_the_right() {
        let text = "Level 3 (Parent), LLC LVLT (NET-8-0-0-0-1) 8.0.0.0 - 8.127.255.255\nACME (X) ASN (AS64500) 64500\n\
                    V6 Y (NET6-2001-DB8-1) 2001:DB8:: - 2001:DB8:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF\n";
        let rows: Vec<_> =
            Reply::parse(text).list.into_iter().map(|r| (r.handle, r.range.map(|r| r.to_string()))).collect();
        let want =
            [("NET-8-0-0-0-1", Some("8.0.0.0/9")), ("AS64500", None), ("NET6-2001-DB8-1", Some("2001:db8::/32"))];
        assert_eq!(rows, want.map(|(h, r)| (h.to_owned(), r.map(str::to_owned))));
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
        assert_eq!(Ending::default().find(all.as_bytes()), Some(banner.len() + answer.len()));
        for cut in 0..banner.len() + answer.len() {
            assert_eq!(Ending::default().find(&all.as_bytes()[..cut]), None, "{cut}");
        }
        assert_eq!(Ending::default().find(b"a: b\r\n\r\n\r\nrest"), Some(10));
    }
}
