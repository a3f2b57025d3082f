//! The zone and its parent: name servers, SOA, and the chain of DNSSEC.
use plainnet_common::text;

use super::{
    Fact, plain,
    providers::{self, Kind},
    sentences::{Sentences, duration},
};
use crate::{
    ask::record::Absent,
    wire::{name::Name, types::Type},
};

/// The SOA record: the contact (RFC 1035 section 8) and how long "there is none"
/// is kept (RFC 2308 section 5).
pub(super) fn authority(said: &mut Sentences, fact: &Fact<'_>) {
    let mailbox = Name::read(&fact.data.wire, 0).and_then(|(_, at)| Name::read(&fact.data.wire, at));
    if let Some((mailbox, _)) = mailbox
        && let Some((user, domain)) = mailbox.labels().next().zip(mailbox.parent())
    {
        said.say(format!("the zone's keeper is {}@{}", text::shown(user), plain(&domain)), fact.reason());
    }
    if let Some(minimum) = fact.data.text.rsplit(' ').next().and_then(|word| word.parse::<u32>().ok()) {
        let kept = duration(minimum.min(fact.ttl));
        said.say(format!("resolvers keep \"there is no such record\" for {kept}"), fact.reason());
    }
}

/// The name servers.
pub(super) fn servers(said: &mut Sentences, facts: &[&Fact<'_>]) {
    for fact in facts {
        if let Some(who) = fact.name_at(0).and_then(|host| providers::by_name(Kind::Dns, &host)) {
            said.say(format!("{who} runs the DNS"), fact.reason());
        }
    }
}

/// DS, DNSKEY and CDS together. The DS record of a zone stands in its parent
/// (RFC 4034 section 5), so the zone's own servers cannot deny it.
pub(super) fn dnssec(said: &mut Sentences, name: &Name, facts: &[Fact<'_>], absent: &[Absent]) {
    let of = |rtype| facts.iter().filter(move |fact: &&Fact<'_>| fact.rtype == rtype);
    let keys: Vec<KeyId> = of(Type::DNSKEY).filter_map(|fact| KeyId::of_key(&fact.data.wire)).collect();
    let vouched: Vec<(&Fact<'_>, KeyId)> =
        of(Type::DS).filter_map(|fact| Some((fact, KeyId::of_digest(&fact.data.wire)?))).collect();
    let broken = !keys.is_empty() && !vouched.is_empty() && !vouched.iter().any(|(_, key)| keys.contains(key));
    for (fact, KeyId { tag, .. }) in &vouched {
        let words = if broken {
            "the parent zone vouches for none of the zone's keys, so that resolvers which verify refuse its answers (DNSSEC)"
                .to_owned()
        } else {
            format!("the parent zone vouches for key {tag}, so that answers can be verified (DNSSEC)")
        };
        said.say(words, fact.reason());
    }
    for fact in of(CDS).chain(of(CDNSKEY)) {
        let words = match (fact.rtype, &fact.data.wire[..]) {
            // RFC 8078 section 4: algorithm 0 asks for no DS at all.
            (CDS, [0, 0, 0, ..]) | (CDNSKEY, [0, 0, 3, 0, ..]) => "the zone asks its parent to remove the DS records",
            _ => "the zone asks its parent to set the DS records by this one",
        };
        said.say(words, fact.reason());
    }
    if !vouched.is_empty() {
        return;
    }
    let denial = absent.iter().find(|absent| absent.rtype == Type::DS);
    let by_parent = denial.is_some_and(|denial| denial.zone.as_ref().is_some_and(|zone| !zone.same(name)));
    let apex = of(Type::SOA).next().is_some() || !keys.is_empty();
    let unsigned = absent.iter().any(|absent| absent.rtype == Type::DNSKEY);
    if by_parent && !keys.is_empty() {
        said.say("the zone has keys but nobody vouches for them (DNSSEC)", "there is no DS record");
    } else if by_parent && apex {
        said.say("answers cannot be verified (no DNSSEC)", "there is no DS record");
    } else if apex && unsigned {
        said.say("answers cannot be verified (no DNSSEC)", "there is no DNSKEY record");
    } else if denial.is_some()
        && let Some(key) = of(Type::DNSKEY).next()
    {
        let words = "the zone has keys, and whether its parent vouches for them has to be asked there (DNSSEC)";
        said.say(words, key.reason());
    }
}

/// Child copies of DS and DNSKEY (RFC 7344).
const CDS: Type = Type(59);
const CDNSKEY: Type = Type(60);

/// What a DS record and its key have in common (RFC 4034 section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct KeyId {
    tag: u16,
    algorithm: u8,
}

impl KeyId {
    /// Of a DNSKEY record's data (RFC 4034 appendix B).
    fn of_key(wire: &[u8]) -> Option<KeyId> {
        let algorithm = *wire.get(3)?;
        let word = |pair: &[u8]| u32::from(pair[0]) * 256 + u32::from(pair.get(1).copied().unwrap_or(0));
        let sum: u32 = wire.chunks(2).map(word).sum();
        Some(KeyId { tag: (sum + (sum >> 16)) as u16, algorithm })
    }

    /// Of a DS record's data.
    fn of_digest(wire: &[u8]) -> Option<KeyId> {
        let [high, low, algorithm, ..] = *wire else { return None };
        Some(KeyId { tag: u16::from_be_bytes([high, low]), algorithm })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rdata::tests::unbase64;

    /// RFC 4034 section 5.4: the DNSKEY of dskey.example.com, whose DS record has the tag 60485.
    #[test]
    fn key_tags() {
        let key = "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==";
        let wire = [&[1, 0, 3, 5][..], &unbase64(key)].concat();
        assert_eq!(KeyId::of_key(&wire), Some(KeyId { tag: 60485, algorithm: 5 }));
        assert_eq!(KeyId::of_digest(&[0xec, 0x45, 5, 1]), Some(KeyId { tag: 60485, algorithm: 5 }));
        assert_eq!(KeyId::of_key(&[1, 0, 3]), None);
        // Appendix B: the carries are added once, and an odd last byte is the higher one of its pair.
        assert_eq!(KeyId::of_key(&[0xff, 0xff, 0, 8, 0x12]), Some(KeyId { tag: 0x1208, algorithm: 8 }));
        assert_eq!(KeyId::of_digest(&[0xec, 0x45]), None);
    }
}
