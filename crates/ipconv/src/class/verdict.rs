//! All that is known of a value, as it is handed to a filter and to what prints.
use std::net::{Ipv4Addr, Ipv6Addr};

use plainnet_common::special::{self, Form, Row};

use crate::{
    address::value::{Family, Value, What},
    class::{
        deep,
        property::{self, Property},
    },
};

/// What is known of a value.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// The properties that hold, a bit each.
    holds: u16,
    /// Its addresses are IPv6 ones.
    v6: bool,
    /// The most specific row of the registry that speaks of all of its addresses.
    pub row: Option<&'static Row>,
    /// The address as written, if it is one of IPv6, for what is inside it.
    inside: Option<Ipv6Addr>,
}

impl Verdict {
    /// What a value shows by itself: neither properties nor row, which are not asked for.
    pub fn unasked(value: &Value<'_>) -> Verdict {
        let v6 = value.family == Family::V6;
        let inside = (v6 && !matches!(value.what, What::Range(_))).then(|| Ipv6Addr::from_bits(value.bits));
        Verdict { holds: 0, v6, row: None, inside }
    }

    /// Judges a value. With `deep`, the IPv4 addresses inside IPv6 ones are judged,
    /// too: a property holds where it holds for the address or for one inside it, but
    /// `Global` only where it holds for all of them.
    pub fn of(value: &Value<'_>, deep: bool) -> Verdict {
        let verdict = Verdict::unasked(value);
        let block = value.block();
        let (mut holds, row) = match value.what {
            What::Addr => {
                let segments = property::segments(value.family);
                let segment = segments[property::find(segments, block.first)];
                (segment.bits, segment.row.and_then(|place| special::ROWS.get(usize::from(place))))
            }
            _ => (property::all(&block), special::row(&block)),
        };
        if deep && verdict.v6 && (block.first != block.last || deep::hides(block.first)) {
            holds = deep::all(&block);
        }
        // A guard connects to one address. What a zone means is known on one machine alone.
        let one = value.what == What::Addr && value.zone.is_none();
        if !one || deep::is_isatap(value.bits) && !special::is_public(block.first_addr()) {
            holds &= !Property::Public.bit();
        }
        Verdict { holds, row, ..verdict }
    }

    /// Does this property hold for every address? IPv4 knows no site-local ones: nothing.
    pub fn has(&self, property: Property) -> Option<bool> {
        (self.v6 || property != Property::SiteLocal).then_some(self.holds & property.bit() != 0)
    }

    /// The IPv4 addresses inside the address as written, each with its form.
    pub fn embedded(&self) -> impl Iterator<Item = (Ipv4Addr, Form)> {
        self.inside.into_iter().flat_map(special::embedded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::text;

    fn verdict(text: &str) -> Verdict {
        Verdict::of(&text::parse(text.as_bytes()).unwrap(), false)
    }

    #[test]
    fn only_one_plain_address_is_public() {
        for text in
            ["8.8.8.8", "2600::1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::8.8.8.8", "2600::5efe:8.8.8.8"]
        {
            assert_eq!(verdict(text).has(Property::Public), Some(true), "{text}");
        }
        for text in ["8.8.8.8/32", "8.8.8.0/24", "8.8.8.8-8.8.8.8", "2600::1%eth0", "2600::/64", "2600::5efe:10.0.0.1"]
        {
            assert_eq!(verdict(text).has(Property::Public), Some(false), "{text}");
        }
    }

    /// The look-up of segments against the definition in words, at each of their ends.
    #[test]
    fn the_segments_say_what_the_definition_does() {
        for family in [Family::V4, Family::V6] {
            for segment in property::segments(family) {
                for bits in [segment.first, segment.first.wrapping_sub(1) & family.top()] {
                    let isatap = |mark: u32| bits & !(u128::from(u32::MAX) << 32) | u128::from(mark) << 32;
                    let all = [bits, isatap(0x5efe), isatap(0x0200_5efe), isatap(0x5eff)];
                    for bits in &all[..if family == Family::V6 { 4 } else { 1 }] {
                        let value = Value::addr(family, *bits);
                        let address = family.address(*bits);
                        let verdict = Verdict::of(&value, false);
                        assert_eq!(verdict.has(Property::Public), Some(special::is_public(address)), "{address}");
                        assert_eq!(verdict.has(Property::Global), Some(special::is_global(address)), "{address}");
                        assert_eq!(verdict.row.map(|r| r.cidr), special::row(&value.block()).map(|r| r.cidr));
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_inside_is_told_of_an_ipv6_address_and_of_its_prefix() {
        let inside = |text: &str| verdict(text).embedded().map(|(v4, _)| v4.to_string()).collect::<Vec<_>>();
        assert_eq!(
            (inside("64:ff9b::a00:1"), inside("64:ff9b::a00:1/128")),
            (vec!["10.0.0.1".into()], vec!["10.0.0.1".to_owned()])
        );
        for text in ["64:ff9b::a00:1-64:ff9b::a00:2", "10.0.0.1", "2600::1"] {
            assert!(inside(text).is_empty(), "{text}");
        }
        let unasked = Verdict::unasked(&text::parse(b"::ffff:10.0.0.1").unwrap());
        assert!(
            unasked.row.is_none() && unasked.has(Property::Private) == Some(false) && unasked.embedded().count() == 1
        );
    }
}
