//! What an organisation holds, as a listing names it.
use std::collections::BTreeSet;

use plainnet_common::block::{Block, Family};

use crate::read::{range, reply::Reply};

/// ARIN ends its lists after so many rows of a kind.
const LIST: usize = 256;

/// Most prefixes that are kept; an odd range takes up to 254 of them.
const PREFIXES: usize = 100_000;

/// What a listing names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Prefixes, each once, IPv4 first, in order.
    pub prefixes: BTreeSet<Block>,
    /// AS numbers, first and last.
    pub numbers: BTreeSet<(u32, u32)>,
    /// The registry's list ended early, or was too long for us.
    pub is_cut: bool,
}

impl Held {
    /// Reads a listing: RIPE's keys, ARIN's rows, or the `inetnum` lines of a
    /// LACNIC AS record.
    pub fn read(reply: &Reply<'_>) -> Held {
        const KEYS: [&str; 5] = ["inetnum", "inet6num", "netrange", "route", "route6"];
        let values = reply.objects().flat_map(|o| KEYS.iter().flat_map(move |key| o.all(key)));
        let rows = reply.list().filter_map(|row| row.range);
        let of_kind = |kind: fn(&Block) -> bool| reply.list().filter(|r| r.range.as_ref().is_some_and(kind)).count();
        let numbered = reply.list().filter(|r| r.numbers.is_some()).count();
        let full = [of_kind(|r| r.family == Family::V6), of_kind(|r| r.family == Family::V4), numbered]
            .iter()
            .any(|rows| *rows >= LIST);
        let mut held = Held { is_cut: full || reply.is_cut, ..Held::default() };
        values.filter_map(range::parse).chain(rows).for_each(|range| held.add(&range));
        let numbers = reply.objects().filter_map(|o| o.numbers()).chain(reply.list().filter_map(|r| r.numbers));
        held.numbers.extend(numbers);
        held
    }

    /// Adds the prefixes of a range; all addresses are nobody's.
    pub fn add(&mut self, range: &Block) {
        if range.prefix_len() == Some(0) {
            return;
        }
        if self.prefixes.len() >= PREFIXES {
            self.is_cut = true;
            return;
        }
        self.prefixes.extend(range::prefixes(*range));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_of_every_kind() {
        let held = |text: &str| {
            let held = Held::read(&Reply::parse(text));
            (
                held.prefixes.iter().map(Block::to_string).collect::<Vec<_>>(),
                held.numbers.into_iter().collect::<Vec<_>>(),
            )
        };
        let ripe =
            "inetnum:        193.0.0.0 - 193.0.7.255\n\ninet6num:       2001:67c:2e8::/48\n\naut-num:        AS3333\n";
        assert_eq!(held(ripe), (vec!["193.0.0.0/21".into(), "2001:67c:2e8::/48".into()], vec![(3333, 3333)]));
        let arin = "Google LLC GOOGLE (NET-8-8-8-0-2) 8.8.8.0 - 8.8.8.255\nGoogle LLC GOOGLE (NET-8-8-8-0-2) 8.8.8.0 - 8.8.8.255\n\
                    Google LLC GOOGLE (AS15169) 15169\nGoogle LLC X (NET-34-4-0-0-1) 34.4.5.0 - 34.63.255.255\n";
        let (prefixes, numbers) = held(arin);
        assert_eq!(prefixes.len(), 1 + range::prefixes(range::parse("34.4.5.0-34.63.255.255").unwrap()).count());
        assert_eq!(numbers, [(15169, 15169)]);
        let lacnic = "aut-num:     AS28000\nowner: X\ninetnum:     200.3.12/22\ninetnum:     2001:13c7::/32\n";
        assert_eq!(held(lacnic).0, ["200.3.12.0/22", "2001:13c7::/32"]);
    }

    #[test]
    fn a_list_of_256_rows_of_a_kind_may_have_ended_early() {
        let rows = |v4: usize, v6: usize, numbers: usize| {
            let mut text = String::new();
            (0..v4).for_each(|i| text += &format!("N X (NET-{i}) 10.0.{i}.0 - 10.0.{i}.255\n"));
            (0..v6).for_each(|i| {
                text += &format!("N X (NET6-{i}) 2001:{i:x}:: - 2001:{i:x}:ffff:ffff:ffff:ffff:ffff:ffff\n")
            });
            (0..numbers).for_each(|i| text += &format!("N X (AS{i}) {i}\n"));
            Held::read(&Reply::parse(&text)).is_cut
        };
        for (v4, v6, numbers, is_cut) in
            [(255, 255, 255, false), (256, 0, 0, true), (0, 256, 0, true), (0, 0, 256, true)]
        {
            assert_eq!(rows(v4, v6, numbers), is_cut, "{v4} {v6} {numbers}");
        }
        let mut held = Held::default();
        held.add(&range::parse("0.0.0.0/0").unwrap());
        assert_eq!(held, Held::default());
        // One prefix each, up to the limit and no more.
        for i in 0..PREFIXES as u32 {
            held.add(&Block::of(std::net::Ipv4Addr::from_bits(2 * i + 1).into()));
        }
        assert_eq!((held.prefixes.len(), held.is_cut), (PREFIXES, false));
        held.add(&range::parse("10.0.0.0/8").unwrap());
        assert_eq!((held.prefixes.len(), held.is_cut), (PREFIXES, true));
    }
}
