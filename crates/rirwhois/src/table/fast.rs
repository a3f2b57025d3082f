//! `-r`, `-t` and `--country` for long lists: no allocation, no checks twice.
//!
//! An address on a line, or in its Nth field, is by far the most common input.
//! It is read, looked up and answered here; every other line takes the long way.
use std::collections::HashMap;

use plainnet_common::{
    block::{Block, Family},
    input::{Form, LINE},
    special,
};

use super::{column, country::Country, lookup::Table};
use crate::ask::question::Question;

/// What is printed of each number.
pub trait Column {
    /// Its text.
    type Text<'a>: AsRef<[u8]>
    where
        Self: 'a;
    /// Of an IPv4 address; nothing where the answer takes more than a text.
    fn of_v4(&mut self, addr: u32) -> Option<Self::Text<'_>>;
    /// Of an IPv6 address.
    fn of_v6(&mut self, addr: u128) -> Option<Self::Text<'_>>;
    /// Of an AS number.
    fn of_number(&mut self, number: u32) -> Option<Self::Text<'_>>;
}

/// The registries of a table.
#[derive(Debug)]
pub struct Registries<'a>(pub &'a Table);

/// The countries of a table.
#[derive(Debug)]
pub struct Countries<'a>(pub &'a Table);

/// Some columns of a table's rows, which are the same for all addresses of a
/// country between two bounds of the table.
#[derive(Debug)]
pub struct Rows<'a> {
    table: &'a Table,
    columns: &'a [column::Column],
    /// Every line that was made, by family, number of the bound and country.
    lines: HashMap<(Family, u32, Country), String>,
}

impl<'a> Rows<'a> {
    /// No line is made yet. A table with records of single blocks has other bounds.
    pub fn new(table: &'a Table, columns: &'a [column::Column]) -> Option<Rows<'a>> {
        table.records().is_none().then(|| Rows { table, columns, lines: HashMap::new() })
    }

    fn line(&mut self, family: Family, addr: u128, bound: u32, country: Country) -> Option<&str> {
        let line = self.lines.entry((family, bound, country)).or_insert_with(|| {
            let address = Question::Addresses(Block { family, first: addr, last: addr });
            self.table.row(&address).map_or_else(String::new, |row| column::line(&row, self.columns))
        });
        Some(line)
    }
}

impl Column for Registries<'_> {
    type Text<'a>
        = &'static str
    where
        Self: 'a;

    fn of_v4(&mut self, addr: u32) -> Option<&'static str> {
        Some(self.0.of_v4(addr).name())
    }

    fn of_v6(&mut self, addr: u128) -> Option<&'static str> {
        Some(self.0.of_v6(addr).name())
    }

    fn of_number(&mut self, number: u32) -> Option<&'static str> {
        Some(self.0.of_number(number).name())
    }
}

impl Column for Countries<'_> {
    type Text<'a>
        = Country
    where
        Self: 'a;

    fn of_v4(&mut self, addr: u32) -> Option<Country> {
        Some(self.0.country_of_v4(addr)).filter(|country| *country != [0; 2])
    }

    fn of_v6(&mut self, addr: u128) -> Option<Country> {
        Some(self.0.country_of_v6(addr)).filter(|country| *country != [0; 2])
    }

    fn of_number(&mut self, _: u32) -> Option<Country> {
        None
    }
}

impl Column for Rows<'_> {
    type Text<'a>
        = &'a str
    where
        Self: 'a;

    fn of_v4(&mut self, addr: u32) -> Option<&str> {
        let (bound, country) = (self.table.bound_of_v4(addr), self.table.country_of_v4(addr));
        self.line(Family::V4, addr.into(), bound, country)
    }

    fn of_v6(&mut self, addr: u128) -> Option<&str> {
        let (bound, country) = (self.table.bound_of_v6(addr), self.table.country_of_v6(addr));
        self.line(Family::V6, addr, bound, country)
    }

    /// Of these some things are said beside the row.
    fn of_number(&mut self, _: u32) -> Option<&str> {
        None
    }
}

/// Answers whole lines at the start of `block` while they hold nothing but
/// what is quickly answered, and says how many bytes and lines that were.
///
/// Each answer is the column's text, after the line itself under `-e`.
pub fn answer(table: &Table, column: &mut impl Column, block: &[u8], form: &Form, out: &mut Vec<u8>) -> (usize, u64) {
    if form.delimiter.is_some() {
        return (0, 0);
    }
    let (end, plain) = (form.end(), form.field.is_none());
    let (mut at, mut lines) = (0, 0);
    loop {
        let rest = &block[at..];
        // The shortest way for the shortest lines: their end is found while they are read.
        let (text, length) = match v4(rest) {
            Some((addr, n)) if plain && rest.get(n) == Some(&end) => match column.of_v4(addr) {
                Some(text) => (text, n),
                None => break,
            },
            _ => {
                let Some(length) = rest.iter().position(|b| *b == end).filter(|n| *n <= LINE) else { break };
                let line = &rest[..length];
                if form.echo && !echoes(line) {
                    break;
                }
                let word = form.field.map_or(Some(line), |n| field(line, n));
                let Some(text) = word.and_then(|word| word_of(table, column, word)) else { break };
                (text, length)
            }
        };
        if form.echo {
            out.extend_from_slice(&rest[..length]);
            out.push(b'\t');
        }
        out.extend_from_slice(text.as_ref());
        out.push(end);
        at += length + 1;
        lines += 1;
    }
    (at, lines)
}

/// The text of an address, an AS number or an IPv4 prefix within one registry.
fn word_of<'c, C: Column>(table: &Table, column: &'c mut C, word: &[u8]) -> Option<C::Text<'c>> {
    let Some((addr, n)) = v4(word) else {
        if let [b'A' | b'a', b'S' | b's', digits @ ..] = word {
            return column.of_number(decimal(digits)?);
        }
        let addr = v6(word)?;
        // These stand for the IPv4 address in them.
        let outer = [special::MAPPED, special::NAT64, special::SIX_TO_FOUR];
        let inside = outer.iter().any(|block: &Block| block.first <= addr && addr <= block.last);
        return if inside { None } else { column.of_v6(addr) };
    };
    match &word[n..] {
        [] => column.of_v4(addr),
        // As with a leading zero before it.
        [b'/', b'0', _, ..] => None,
        [b'/', digits @ ..] => {
            let range = Block::prefix(addr.to_be_bytes().into(), u8::try_from(decimal(digits)?).ok()?)?;
            if table.crosses(&range) { None } else { column.of_v4(range.first as u32) }
        }
        _ => None,
    }
}

/// The address that `bytes` begin with, and its length.
fn v4(bytes: &[u8]) -> Option<(u32, usize)> {
    let (mut addr, mut octet, mut digits, mut dots) = (0u32, 0u32, 0, 0);
    // 15 characters and what follows.
    for i in 0..16 {
        match bytes.get(i) {
            Some(b @ b'0'..=b'9') => {
                // A leading zero has two readings: the long way refuses it.
                if digits > 0 && octet == 0 {
                    return None;
                }
                octet = octet * 10 + u32::from(b - b'0');
                digits += 1;
                if octet > 255 {
                    return None;
                }
            }
            Some(b'.') if digits > 0 && dots < 3 => {
                addr = (addr << 8) + octet;
                (octet, digits, dots) = (0, 0, dots + 1);
            }
            _ if digits > 0 && dots == 3 => return Some(((addr << 8) + octet, i)),
            _ => return None,
        }
    }
    None
}

/// An IPv6 address without an IPv4 address in it (RFC 4291 section 2.2).
fn v6(word: &[u8]) -> Option<u128> {
    // Groups so far, how many, and after how many `::` stood.
    let (mut groups, mut count, mut gap) = (0u128, 0u32, None);
    let (mut group, mut digits) = (0, 0);
    for (i, &b) in word.iter().enumerate() {
        if let Some(digit) = char::from(b).to_digit(16) {
            (group, digits) = ((group << 4) + u128::from(digit), digits + 1);
            if digits > 4 {
                return None;
            }
            continue;
        }
        match (b, digits) {
            (b':', 1..) if count < 7 => (groups, count, group, digits) = ((groups << 16) + group, count + 1, 0, 0),
            (b':', 0) if i > 0 && word[i - 1] == b':' && gap.is_none() => gap = Some(count),
            (b':', 0) if i == 0 && word.get(1) == Some(&b':') => {}
            _ => return None,
        }
    }
    if digits > 0 {
        (groups, count) = ((groups << 16) + group, count + 1);
    } else if gap != Some(count) {
        return None;
    }
    match gap {
        None => (count == 8).then_some(groups),
        Some(_) if count > 7 => None,
        Some(before) => {
            let after = 16 * (count - before);
            let head = (groups >> after).checked_shl(128 - 16 * before).unwrap_or(0);
            Some(head + (groups & ((1 << after) - 1)))
        }
    }
}

/// Up to nine digits: what is longer is rare and takes the long way.
fn decimal(digits: &[u8]) -> Option<u32> {
    let plain = matches!(digits.len(), 1..=9) && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
}

/// The Nth field of a line that is no comment.
fn field(line: &[u8], n: usize) -> Option<&[u8]> {
    let mut fields = line.split(|b| matches!(b, b' ' | b'\t' | b'\r')).filter(|field| !field.is_empty());
    let first = fields.next().filter(|first| first[0] != b'#')?;
    match n {
        1 => Some(first),
        n => fields.nth(n - 2),
    }
}

/// Would `-e` print the line as it is?
fn echoes(line: &[u8]) -> bool {
    let blank = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b' ' | b'\t'));
    // Without a short cut, so that it is done in vectors.
    let printable = line.iter().fold(true, |all, b| all & (matches!(b, b' '..=b'~') | (*b == b'\t')));
    printable && !blank(line.first()) && !blank(line.last())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{iana, registry::Registry},
        *,
    };

    #[test]
    fn only_what_is_surely_an_address_is_taken() {
        for good in ["0.0.0.0", "255.255.255.255", "8.8.8.8", "100.10.1.0"] {
            let want = good.parse::<std::net::Ipv4Addr>().unwrap().to_bits();
            assert_eq!(v4(format!("{good}\n").as_bytes()), Some((want, good.len())), "{good}");
            assert_eq!(v4(good.as_bytes()), Some((want, good.len())), "{good}");
        }
        let table = Table::default();
        for bad in [
            "",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "01.2.3.4",
            "1.2.3.00",
            "1..2.3",
            " 1.2.3.4",
            "1.2.3.4 ",
            "1.2.3.4\r",
            "1.2.3.4/",
            "1.2.3.4/33",
            "1.2.3.4/+8",
            "193.0.0.1/021",
            "1.2.3.4/8x",
            "151.0.0.0/8",
            ":",
            "1:2",
            "fe80::1%1",
            "::1/64",
            "AS",
            "AS1x",
            "AS4294967295",
            "AS-1",
            "1.2.3.4:5",
            "::ffff:8.8.8.8",
            "::ffff:808:808",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert_eq!(word_of(&table, &mut Registries(&table), bad.as_bytes()), None, "{bad}");
        }
        for (good, want) in [
            ("8.8.8.8", Registry::Arin),
            ("193.0.0.1/21", Registry::Ripe),
            ("193.0.0.1/32", Registry::Ripe),
            ("2a00::1", Registry::Ripe),
            ("aS3333", Registry::Ripe),
            ("AS0", Registry::Iana),
        ] {
            assert_eq!(word_of(&table, &mut Registries(&table), good.as_bytes()), Some(want.name()), "{good}");
        }
    }

    #[test]
    fn a_long_list_has_the_rows_of_a_short_one() {
        let (long, short) = (Table::default(), Table::default());
        let mut rows = Rows::new(&long, &column::COLUMNS).unwrap();
        let mut same = |block: Block| {
            for addr in [block.first, block.first.midpoint(block.last), block.last] {
                let question = Question::Addresses(Block { first: addr, last: addr, ..block });
                let found = match block.family {
                    Family::V4 => rows.of_v4(addr as u32),
                    Family::V6 => rows.of_v6(addr),
                };
                let want = column::line(&short.row(&question).unwrap(), &column::COLUMNS);
                assert_eq!(found, Some(want.as_str()), "{question}");
            }
        };
        for family in [Family::V4, Family::V6] {
            // Before, within and behind each block that has a row of its own, and of the many with a country some.
            let lists = iana::assignments(family).iter().map(|row| Block { family, first: row.first, last: row.last });
            let runs = Table::default().runs();
            let firsts = if family == Family::V4 { &runs[0] } else { &runs[1] };
            let runs = firsts.windows(2).map(|run| Block { family, first: run[0].0, last: run[1].0 - 1 });
            let countries = Table::embedded_countries(family).step_by(101);
            let countries = countries.map(|(first, last, _)| Block { family, first, last });
            for block in lists.chain(runs).chain(iana::specials(family)).chain(countries) {
                same(block);
                same(Block { first: block.first.saturating_sub(1), ..block });
                same(Block { last: block.last.saturating_add(1).min(family.top()), ..block });
            }
        }
    }

    #[test]
    fn ipv6_is_read_as_the_standard_library_reads_it() {
        // Every way to write up to nine parts, with gaps anywhere.
        let parts = ["", "0", "a", "1234", "FFFF", "12345", "g"];
        let (mut same, mut n) = (0, 0u32);
        for i in 0..400_000u32 {
            n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223 + i);
            let bits = n.rotate_left(11);
            let part =
                |at: u32| parts[if bits >> at & 63 == 0 { 5 + at as usize % 2 } else { (bits >> at & 7) as usize % 5 }];
            let text = (0..bits % 10).map(|at| part(at * 3)).collect::<Vec<_>>().join(":");
            let want = text.parse::<std::net::Ipv6Addr>().ok().map(std::net::Ipv6Addr::to_bits);
            assert_eq!(v6(text.as_bytes()), want, "{text}");
            same += u32::from(want.is_some());
        }
        assert!(same > 1000, "{same}");
        for text in [
            "::",
            "::1",
            "1::",
            ":",
            ":::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7",
            "1::2::3",
            ":1::2",
            "1::2:",
            "1:",
            "",
            "+1::",
            "1 ::",
        ] {
            let want = text.parse::<std::net::Ipv6Addr>().ok().map(std::net::Ipv6Addr::to_bits);
            assert_eq!(v6(text.as_bytes()), want, "{text}");
        }
        assert_eq!(v6(b"::ffff:1.2.3.4"), None);
    }

    #[test]
    fn it_stops_at_the_first_other_line() {
        let take = |text: &str, form: &Form| {
            let mut out = Vec::new();
            let table = Table::default();
            let taken = answer(&table, &mut Registries(&table), text.as_bytes(), form, &mut out);
            (taken, String::from_utf8(out).unwrap())
        };
        let form = Form::default();
        let text = "8.8.8.8\n2a00::1\n193.0.0.0/21\nx\n8.8.8.8\n";
        assert_eq!(take(text, &form), ((29, 3), "ARIN\nRIPE\nRIPE\n".into()));
        // A line that may go on is no line.
        assert_eq!(take("8.8.8.8", &form), ((0, 0), String::new()));
        let echo = Form { echo: true, field: Some(2), ..Form::default() };
        let text = "a\t8.8.8.8 GET\nb  193.0.0.1\n # 8.8.8.8\n";
        assert_eq!(take(text, &echo), ((27, 2), "a\t8.8.8.8 GET\tARIN\nb  193.0.0.1\tRIPE\n".into()));
        for bad in
            ["a 8.8.8.8 \n", " a 8.8.8.8\n", "a 8.8.8.8 \u{e9}\n", "a 8.8.8.8 \x1b\n", "a\n", "# 8.8.8.8\n", "\n"]
        {
            assert_eq!(take(bad, &echo).0, (0, 0), "{bad:?}");
        }
        let long = format!("a 8.8.8.8 {}\n", "x".repeat(LINE));
        assert_eq!(take(&long, &echo).0, (0, 0));
    }

    #[test]
    fn countries_are_told_of_addresses_that_somebody_holds() {
        let table = Table::default();
        let take = |text: &str| {
            let mut out = Vec::new();
            let taken = answer(&table, &mut Countries(&table), text.as_bytes(), &Form::default(), &mut out);
            (taken, String::from_utf8(out).unwrap())
        };
        // As the registries' statistics have them; lookup's tests name the same.
        let text = "8.8.8.8\n193.0.6.139\n2001:200::1\n1.0.1.0/24\n";
        assert_eq!(take(text), ((text.len(), 4), "US\nNL\nJP\nCN\n".into()));
        for nobodys in ["10.0.0.1\n", "::\n", "2001:db8::1\n", "AS3333\n"] {
            assert_eq!(take(nobodys), ((0, 0), String::new()), "{nobodys}");
        }
    }

    #[test]
    fn an_address_that_stands_for_another_is_left_at_every_end_of_its_block() {
        // RFC 4291 section 2.5.5.2, RFC 6052 section 2.1 and RFC 3056 section 2: ::ffff:0:0/96, 64:ff9b::/96, 2002::/16.
        let table = Table::default();
        for (word, is_left) in [
            ("::fffe:ffff:ffff", false),
            ("::ffff:0:0", true),
            ("::ffff:ffff:ffff", true),
            ("::1:0:0:0", false),
            ("64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", false),
            ("64:ff9b::", true),
            ("64:ff9b::ffff:ffff", true),
            ("64:ff9b::1:0:0", false),
            ("2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false),
            ("2002::", true),
            ("2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true),
            ("2003::", false),
        ] {
            assert_eq!(word_of(&table, &mut Registries(&table), word.as_bytes()).is_none(), is_left, "{word}");
        }
    }

    #[test]
    fn a_number_has_one_to_nine_digits_here() {
        for (digits, want) in [
            ("", None),
            ("0", Some(0)),
            ("907", Some(907)),
            ("123456789", Some(123_456_789)),
            ("1234567890", None),
            ("0000000001", None),
            ("1/2", None),
            ("1:2", None),
        ] {
            assert_eq!(decimal(digits.as_bytes()), want, "{digits}");
        }
    }

    #[test]
    fn fields_lie_between_blanks_and_a_comment_has_none() {
        let line = b"\r one\ttwo \r three ";
        for (n, want) in [(1, Some("one")), (2, Some("two")), (3, Some("three")), (4, None)] {
            assert_eq!(field(line, n), want.map(str::as_bytes), "{n}");
        }
        assert_eq!((field(b"#8.8.8.8 x", 1), field(b" # x", 2), field(b" \t", 1)), (None, None, None));
        assert_eq!(field(b"x #8.8.8.8", 2), Some(&b"#8.8.8.8"[..]));
    }

    #[test]
    fn a_line_is_echoed_as_it_is_where_it_is_printable_and_has_no_blank_around_it() {
        for (line, want) in [
            ("a b", true),
            ("a\tb", true),
            ("~", true),
            ("a\u{7f}b", false),
            ("a\u{1f}b", false),
            (" a", false),
            ("\ta", false),
            ("a ", false),
            ("a\t", false),
            ("", false),
            ("a\u{e9}b", false),
        ] {
            assert_eq!(echoes(line.as_bytes()), want, "{line:?}");
        }
    }

    #[test]
    fn every_form_of_a_line_is_seen() {
        let table = Table::default();
        let take = |text: &str, form: &Form| {
            let mut out = Vec::new();
            let taken = answer(&table, &mut Registries(&table), text.as_bytes(), form, &mut out);
            (taken, String::from_utf8(out).unwrap())
        };
        let nothing = ((0, 0), String::new());
        // What a delimiter separates takes the long way, and so does a line without the field that is wanted.
        assert_eq!(take("8.8.8.8\n", &Form { delimiter: Some(b','), ..Form::default() }), nothing);
        assert_eq!(take("8.8.8.8\n", &Form { field: Some(2), ..Form::default() }), nothing);
        assert_eq!(take("8.8.8.8\n", &Form { null: true, ..Form::default() }), nothing);
        let null = Form { null: true, ..Form::default() };
        assert_eq!(take("8.8.8.8\x00193.0.0.1\0", &null), ((18, 2), "ARIN\0RIPE\0".into()));
        let echo = Form { echo: true, ..Form::default() };
        assert_eq!(take("8.8.8.8\n2a00::1\n", &echo), ((16, 2), "8.8.8.8\tARIN\n2a00::1\tRIPE\n".into()));
        // The longest line is LINE bytes long.
        let second = Form { field: Some(2), ..Form::default() };
        let line = |length: usize| format!("a 8.8.8.8 {}\n", "x".repeat(length - 10));
        assert_eq!(take(&line(LINE), &second), ((LINE + 1, 1), "ARIN\n".into()));
        assert_eq!(take(&line(LINE + 1), &second), nothing);
    }
}
