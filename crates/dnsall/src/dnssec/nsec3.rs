//! What NSEC3 records prove: denial of existence by hashed names (RFC 5155).
use hickory_proto::dnssec::{DigestType, crypto::Digest};

use crate::{
    dnssec::{
        absence::{Cut, Denial, Types},
        canonical::{count, tail, wildcard},
    },
    wire::{message::u16_at, name::Name, types::Type},
};

/// SHA-1, the only hash there is (RFC 5155 section 11), and its length in bytes.
const SHA1: u8 = 1;
const LENGTH: usize = 20;
/// More iterations than this are not counted (RFC 9276 section 3.2; BIND's limit).
const MOST_ITERATIONS: u16 = 150;
/// The flag of a span in which unsigned zones may be (RFC 5155 section 3.1.2.1).
const OPT_OUT: u8 = 1;

type Hash = [u8; LENGTH];

/// An NSEC3 record that is signed by its zone.
#[derive(Clone, Debug)]
pub(super) struct Nsec3 {
    owner: Hash,
    next: Hash,
    opt_out: bool,
    iterations: u16,
    salt: Vec<u8>,
    types: Types,
}

/// The closest name above another one that exists (RFC 5155 section 8.3).
struct Encloser {
    name: Name,
    /// The record that covers the next closer name opts out.
    opt_out: bool,
}

impl Nsec3 {
    /// Reads a record whose owner stands directly below `zone`; nothing where
    /// the hash or a flag is none that we know (RFC 5155 section 8.2).
    pub(super) fn read(zone: &Name, owner: &Name, data: &[u8]) -> Option<Nsec3> {
        if owner.parent().as_ref() != Some(zone) {
            return None;
        }
        let (hash, flags, iterations) = (*data.first()?, *data.get(1)?, u16_at(data, 2)?);
        let (salt, rest) = data.get(5..)?.split_at_checked(usize::from(*data.get(4)?))?;
        let (next, types) = rest.get(1..)?.split_at_checked(usize::from(*rest.first()?))?;
        let known = hash == SHA1 && flags & !OPT_OUT == 0;
        Some(Nsec3 {
            owner: unhashed(owner.labels().next().filter(|_| known)?)?,
            next: next.try_into().ok()?,
            opt_out: flags & OPT_OUT != 0,
            iterations,
            salt: salt.to_vec(),
            types: Types::new(types),
        })
    }

    fn hash(&self, name: &Name) -> Option<Hash> {
        let digest = Digest::iterated(&self.salt, name.wire(), DigestType::SHA1, self.iterations).ok()?;
        digest.as_ref().try_into().ok()
    }

    /// Is the hash one of those that do not exist between the owner's and the next?
    fn covers(&self, hash: &Hash) -> bool {
        match self.owner < self.next {
            true => self.owner < *hash && *hash < self.next,
            // The last record of the circle.
            false => self.owner < *hash || *hash < self.next,
        }
    }

    /// The records that share the first one's salt and iterations, if these can be counted.
    fn alike(all: &[Nsec3]) -> Result<Vec<&Nsec3>, Denial> {
        let Some(first) = all.first() else { return Ok(Vec::new()) };
        if first.iterations > MOST_ITERATIONS {
            return Err(Denial::Costly(first.iterations));
        }
        Ok(all.iter().filter(|r| r.iterations == first.iterations && r.salt == first.salt).collect())
    }

    fn matching<'r>(records: &[&'r Nsec3], name: &Name) -> Option<&'r Nsec3> {
        let hash = records.first()?.hash(name)?;
        records.iter().copied().find(|record| record.owner == hash)
    }

    fn covering<'r>(records: &[&'r Nsec3], name: &Name) -> Option<&'r Nsec3> {
        let hash = records.first()?.hash(name)?;
        records.iter().copied().find(|record| record.covers(&hash))
    }

    fn encloser(records: &[&Nsec3], zone: &Name, name: &Name) -> Option<Encloser> {
        for labels in (count(zone)..count(name)).rev() {
            let candidate = tail(name, labels);
            let Some(matching) = Nsec3::matching(records, &candidate) else { continue };
            let covering = Nsec3::covering(records, &tail(name, labels + 1))?;
            return (!matching.types.ends_zone()).then_some(Encloser { name: candidate, opt_out: covering.opt_out });
        }
        None
    }

    fn missing(name: &Name) -> Denial {
        Denial::Unproven(format!("the NSEC3 records say nothing of {name}"))
    }

    /// RFC 5155 sections 8.5, 8.6 and 8.7.
    pub(super) fn no_data(all: &[Nsec3], zone: &Name, name: &Name, rtype: Type) -> Denial {
        let records = match Nsec3::alike(all) {
            Ok(records) => records,
            Err(costly) => return costly,
        };
        if let Some(matching) = Nsec3::matching(&records, name) {
            return matching.types.denies(name, rtype);
        }
        let Some(encloser) = Nsec3::encloser(&records, zone, name) else { return Nsec3::missing(name) };
        if let Some(star) = wildcard(&encloser.name)
            && let Some(matching) = Nsec3::matching(&records, &star)
        {
            return match matching.types.denies(name, rtype) {
                Denial::Proven if encloser.opt_out => Denial::OptOut,
                denial => denial,
            };
        }
        match encloser.opt_out {
            true => Denial::OptOut,
            false => Denial::Unproven(format!("{name} is proven not to exist, though the answer says that it does")),
        }
    }

    /// RFC 5155 section 8.4.
    pub(super) fn no_name(all: &[Nsec3], zone: &Name, name: &Name) -> Denial {
        let records = match Nsec3::alike(all) {
            Ok(records) => records,
            Err(costly) => return costly,
        };
        if Nsec3::matching(&records, name).is_some() {
            return Denial::Unproven(format!("an NSEC3 record says that {name} exists"));
        }
        let Some(encloser) = Nsec3::encloser(&records, zone, name) else { return Nsec3::missing(name) };
        let star = wildcard(&encloser.name);
        match star.as_ref().is_none_or(|star| Nsec3::covering(&records, star).is_some()) {
            true if encloser.opt_out => Denial::OptOut,
            true => Denial::Proven,
            false => Denial::Unproven(format!("nothing proves that there is no *.{}", encloser.name)),
        }
    }

    /// RFC 5155 section 8.8.
    pub(super) fn no_closer(all: &[Nsec3], closer: &Name) -> Denial {
        let records = match Nsec3::alike(all) {
            Ok(records) => records,
            Err(costly) => return costly,
        };
        match Nsec3::covering(&records, closer) {
            Some(covering) if covering.opt_out => Denial::OptOut,
            Some(_) => Denial::Proven,
            None => Denial::Unproven(format!("nothing proves that there is no {closer}")),
        }
    }

    /// RFC 5155 section 8.9.
    pub(super) fn cut(all: &[Nsec3], zone: &Name, name: &Name) -> Cut {
        let records = match Nsec3::alike(all) {
            Ok(records) => records,
            Err(Denial::Costly(iterations)) => return Cut::Unclear(costly(zone, iterations)),
            Err(_) => Vec::new(),
        };
        if let Some(matching) = Nsec3::matching(&records, name) {
            return matching.types.cut(name);
        }
        match Nsec3::encloser(&records, zone, name) {
            Some(encloser) if encloser.opt_out => Cut::Unclear(opt_out(zone, name)),
            Some(_) => Cut::Gone,
            None => Cut::Unproven(format!("nothing proves that {name} has no DS record")),
        }
    }
}

/// Why nothing is proven where there are too many iterations.
pub(super) fn costly(zone: &Name, iterations: u16) -> String {
    format!("NSEC3 of {zone} has {iterations} iterations, and over {MOST_ITERATIONS} are not counted")
}

/// Why nothing is proven in a span that opts out.
pub(super) fn opt_out(zone: &Name, name: &Name) -> String {
    format!("NSEC3 of {zone} opts out for {name}")
}

/// A hash in base32 with the digits of RFC 4648 section 7, in either case.
fn unhashed(label: &[u8]) -> Option<Hash> {
    let mut hash = [0; LENGTH];
    // 32 digits of five bits are 20 bytes.
    if label.len() != LENGTH * 8 / 5 {
        return None;
    }
    for (at, digit) in label.iter().enumerate() {
        let value = match digit.to_ascii_lowercase() {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'v' => digit - b'a' + 10,
            _ => return None,
        };
        for bit in (0..5).filter(|bit| value & (0x10 >> bit) != 0) {
            let place = at * 5 + bit;
            hash[place / 8] |= 0x80 >> (place % 8);
        }
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// RFC 5155 appendix A: owner, next, types; salt AABBCCDD, 12 iterations, opt-out.
    fn example() -> Vec<Nsec3> {
        let rows: [(&str, &str, &[u16]); 11] = [
            ("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "2t7b4g4vsa5smi47k61mv5bv1a22bojr", &[2, 6, 15, 46, 48, 51]),
            ("2t7b4g4vsa5smi47k61mv5bv1a22bojr", "2vptu5timamqttgl4luu9kg21e0aor3s", &[1, 46]),
            ("2vptu5timamqttgl4luu9kg21e0aor3s", "35mthgpgcu1qg68fab165klnsnk3dpvl", &[15, 46]),
            ("35mthgpgcu1qg68fab165klnsnk3dpvl", "b4um86eghhds6nea196smvmlo4ors995", &[2, 43, 46]),
            ("b4um86eghhds6nea196smvmlo4ors995", "gjeqe526plbf1g8mklp59enfd789njgi", &[15, 46]),
            ("gjeqe526plbf1g8mklp59enfd789njgi", "ji6neoaepv8b5o6k4ev33abha8ht9fgc", &[13, 1, 28, 46]),
            ("ji6neoaepv8b5o6k4ev33abha8ht9fgc", "k8udemvp1j2f7eg6jebps17vp3n8i58h", &[]),
            ("k8udemvp1j2f7eg6jebps17vp3n8i58h", "kohar7mbb8dc2ce8a9qvl8hon4k53uhi", &[]),
            ("kohar7mbb8dc2ce8a9qvl8hon4k53uhi", "q04jkcevqvmu85r014c7dkba38o0ji5r", &[1, 46]),
            ("q04jkcevqvmu85r014c7dkba38o0ji5r", "r53bq7cc2uvmubfu5ocmm6pers9tk9en", &[1, 46]),
            ("r53bq7cc2uvmubfu5ocmm6pers9tk9en", "t644ebqk9bibcna874givr6joj62mlhv", &[15, 46]),
        ];
        rows.iter().map(|(owner, next, types)| record(owner, next, types, 1, 12)).collect()
    }

    fn record(owner: &str, next: &str, types: &[u16], flags: u8, iterations: u16) -> Nsec3 {
        let mut data = vec![1, flags];
        data.extend(iterations.to_be_bytes());
        data.extend([4, 0xaa, 0xbb, 0xcc, 0xdd, 20]);
        data.extend(unhashed(next.as_bytes()).unwrap());
        let mut bits = [0; 34];
        bits[1] = 32;
        for rtype in types {
            bits[2 + usize::from(rtype / 8)] |= 0x80 >> (rtype % 8);
        }
        data.extend(bits);
        Nsec3::read(&name("example"), &name(&format!("{owner}.example")), &data).unwrap()
    }

    #[test]
    fn hashes_as_rfc_5155_appendix_a_has_them() {
        let first = &example()[0];
        for (text, hash) in [
            ("example", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
            ("a.example", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
            ("ai.example", "gjeqe526plbf1g8mklp59enfd789njgi"),
            ("*.w.example", "R53BQ7CC2UVMUBFU5OCMM6PERS9TK9EN"),
            ("x.y.w.example", "2vptu5timamqttgl4luu9kg21e0aor3s"),
        ] {
            assert_eq!(first.hash(&name(text)), unhashed(hash.as_bytes()), "{text}");
        }
        assert_eq!(unhashed(b"0p9m"), None);
        assert_eq!(unhashed(b"wp9mhaveqvm6t7vbl5lop2u3t2rp3tom"), None);
    }

    #[test]
    fn the_answers_of_rfc_5155_appendix_b() {
        let (all, zone) = (example(), name("example"));
        // B.1 a name error, in a span that opts out; B.2 no data; B.2.1 an empty non-terminal.
        assert_eq!(Nsec3::no_name(&all, &zone, &name("a.c.x.w.example")), Denial::OptOut);
        assert_eq!(Nsec3::no_data(&all, &zone, &name("ns1.example"), Type::MX), Denial::Proven);
        assert_eq!(Nsec3::no_data(&all, &zone, &name("y.w.example"), Type::A), Denial::Proven);
        // B.3 an unsigned delegation in a span that opts out; B.4 from a wildcard; B.5 no data at it; B.6 DS at the child.
        assert!(matches!(Nsec3::cut(&all, &zone, &name("c.example")), Cut::Unclear(_)));
        assert_eq!(Nsec3::no_closer(&all, &name("z.w.example")), Denial::OptOut);
        assert_eq!(Nsec3::no_data(&all, &zone, &name("a.z.w.example"), Type::AAAA), Denial::OptOut);
        assert!(matches!(Nsec3::no_data(&all, &zone, &zone, Type::DS), Denial::Unproven(_)));
    }

    #[test]
    fn without_opt_out_the_same_is_proven() {
        let (mut all, zone) = (example(), name("example"));
        all.iter_mut().for_each(|record| record.opt_out = false);
        assert_eq!(Nsec3::no_name(&all, &zone, &name("a.c.x.w.example")), Denial::Proven);
        assert_eq!(Nsec3::cut(&all, &zone, &name("c.example")), Cut::Gone);
        assert_eq!(Nsec3::no_closer(&all, &name("z.w.example")), Denial::Proven);
        assert_eq!(Nsec3::no_data(&all, &zone, &name("a.z.w.example"), Type::AAAA), Denial::Proven);
    }

    #[test]
    fn a_denial_of_what_is_there_is_none() {
        let (mut all, zone) = (example(), name("example"));
        all.iter_mut().for_each(|record| record.opt_out = false);
        let unproven = |denial: Denial| matches!(denial, Denial::Unproven(_));
        assert!(unproven(Nsec3::no_name(&all, &zone, &name("ns1.example"))));
        assert!(unproven(Nsec3::no_data(&all, &zone, &name("ns1.example"), Type::A)));
        assert!(unproven(Nsec3::no_name(&all, &zone, &name("a.w.example"))));
        assert!(unproven(Nsec3::no_data(&all, &zone, &name("a.w.example"), Type::MX)));
        // The parent's record of a.example says nothing of names below it.
        assert!(unproven(Nsec3::no_name(&all, &zone, &name("x.a.example"))));
        assert!(unproven(Nsec3::no_data(&all, &zone, &name("a.example"), Type::A)));
        assert!(matches!(Nsec3::cut(&all, &zone, &name("a.example")), Cut::Unproven(_)));
        assert!(unproven(Nsec3::no_name(&all[..1], &zone, &name("q.example"))));
    }

    #[test]
    fn iterations_beyond_the_limit_are_not_counted() {
        let zone = name("example");
        let all = |iterations| {
            vec![record("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "2t7b4g4vsa5smi47k61mv5bv1a22bojr", &[2], 0, iterations)]
        };
        assert_eq!(Nsec3::no_name(&all(151), &zone, &name("q.example")), Denial::Costly(151));
        assert_eq!(Nsec3::no_data(&all(65535), &zone, &zone, Type::A), Denial::Costly(65535));
        assert!(!matches!(Nsec3::no_name(&all(150), &zone, &name("q.example")), Denial::Costly(_)));
    }

    #[test]
    fn records_that_cannot_be_read_prove_nothing() {
        let (zone, owner) = (name("example"), name("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example"));
        let good = [&[1, 0, 0, 0, 0, 20][..], &[7; 20], &[0, 1, 0x40]].concat();
        assert!(Nsec3::read(&zone, &owner, &good).is_some());
        assert!(Nsec3::read(&name("other"), &owner, &good).is_none());
        assert!(Nsec3::read(&zone, &name("short.example"), &good).is_none());
        for (at, value) in [(0, 2), (1, 2), (4, 200), (5, 19), (5, 255)] {
            let mut broken = good.clone();
            broken[at] = value;
            assert!(Nsec3::read(&zone, &owner, &broken).is_none(), "{at} {value}");
        }
        assert!((0..26).all(|len| Nsec3::read(&zone, &owner, &good[..len]).is_none()));
    }
}
