//! Denial of existence: what NSEC records prove (RFC 4034 section 4, RFC 4035
//! section 5.4, RFC 6840 section 4), or NSEC3 records in their place.
use crate::{
    dnssec::{
        absence::{Cut, Denial, NSEC3, Types},
        canonical::{self, compare, shared, tail, wildcard},
        nsec3::Nsec3,
        rrset::RrSet,
    },
    wire::{name::Name, types::Type},
};

/// An NSEC record that is signed by its zone.
#[derive(Clone, Debug)]
pub(super) struct Nsec {
    owner: Name,
    next: Name,
    types: Types,
}

impl Nsec {
    fn read(owner: &Name, data: &[u8]) -> Option<Nsec> {
        let (next, end) = Name::read(data, 0)?;
        Some(Nsec { owner: owner.clone(), next: canonical::lower(&next), types: Types::new(data.get(end..)?) })
    }

    /// Is `name` one of those that do not exist between the owner and the next name?
    fn covers(&self, name: &Name) -> bool {
        let is_below = self.owner != *name && name.is_within(&self.owner);
        if is_below && self.types.ends_zone() {
            return false;
        }
        // The last record's next name is the zone's own.
        let is_last = compare(&self.next, &self.owner).is_le();
        compare(name, &self.owner).is_gt() && (is_last || compare(name, &self.next).is_lt())
    }

    /// Does the name exist as the place of others alone?
    fn is_empty_between(&self, name: &Name) -> bool {
        self.covers(name) && self.next != *name && self.next.is_within(name)
    }

    /// Labels of the longest name above `name` that exists.
    fn encloser(&self, name: &Name) -> usize {
        shared(name, &self.owner).max(shared(name, &self.next))
    }
}

/// The records of one zone that may prove that something is not there. All of
/// them are signed by the zone.
#[derive(Clone, Debug)]
pub(super) struct Denials {
    /// The zone, in lower case.
    pub(super) zone: Name,
    plain: Vec<Nsec>,
    hashed: Vec<Nsec3>,
}

impl Denials {
    /// No records yet.
    pub(super) fn new(zone: Name) -> Denials {
        Denials { zone, plain: Vec::new(), hashed: Vec::new() }
    }

    /// Adds the records of a set; those that cannot be read prove nothing.
    pub(super) fn add(&mut self, set: &RrSet) {
        for data in &set.data {
            if set.rtype == NSEC3 {
                self.hashed.extend(Nsec3::read(&self.zone, &set.owner, data));
            } else {
                self.plain.extend(Nsec::read(&set.owner, data));
            }
        }
    }

    fn missing(name: &Name) -> Denial {
        Denial::Unproven(format!("the records of denial say nothing of {name}"))
    }

    /// Is it proven that `name` has no record of type `rtype` (and no alias)?
    pub(super) fn no_data(&self, name: &Name, rtype: Type) -> Denial {
        if !self.hashed.is_empty() {
            return Nsec3::no_data(&self.hashed, &self.zone, name, rtype);
        }
        if let Some(nsec) = self.plain.iter().find(|nsec| nsec.owner == *name) {
            return nsec.types.denies(name, rtype);
        }
        let Some(nsec) = self.plain.iter().find(|nsec| nsec.covers(name)) else { return Denials::missing(name) };
        if nsec.is_empty_between(name) {
            return Denial::Proven;
        }
        let star = wildcard(&tail(name, nsec.encloser(name)));
        match self.plain.iter().find(|nsec| star.as_ref() == Some(&nsec.owner)) {
            Some(nsec) => nsec.types.denies(name, rtype),
            None => Denial::Unproven(format!("{name} is proven not to exist, though the answer says that it does")),
        }
    }

    /// Is it proven that there is no such name?
    pub(super) fn no_name(&self, name: &Name) -> Denial {
        if !self.hashed.is_empty() {
            return Nsec3::no_name(&self.hashed, &self.zone, name);
        }
        let Some(nsec) = self.plain.iter().find(|nsec| nsec.covers(name)) else {
            return match self.plain.iter().any(|nsec| nsec.owner == *name) {
                true => Denial::Unproven(format!("the denial's own record says that {name} exists")),
                false => Denials::missing(name),
            };
        };
        if nsec.is_empty_between(name) {
            return Denial::Unproven(format!("{} exists, and so does {name} above it", nsec.next));
        }
        let Some(star) = wildcard(&tail(name, nsec.encloser(name))) else { return Denial::Proven };
        match self.plain.iter().any(|nsec| nsec.covers(&star) && !nsec.is_empty_between(&star)) {
            true => Denial::Proven,
            false => Denial::Unproven(format!("nothing proves that there is no {star}")),
        }
    }

    /// Is it proven that the wildcard with `labels` labels above its `*` may
    /// answer for `name`: that no name closer to it exists (RFC 4035 section 5.3.4)?
    pub(super) fn no_closer(&self, name: &Name, labels: usize) -> Denial {
        let closer = tail(name, labels + 1);
        if !self.hashed.is_empty() {
            return Nsec3::no_closer(&self.hashed, &closer);
        }
        let covers = |nsec: &Nsec| nsec.covers(name) && nsec.encloser(name) <= labels;
        match self.plain.iter().any(covers) {
            true => Denial::Proven,
            false => Denial::Unproven(format!("nothing proves that there is no {closer}")),
        }
    }

    /// Does a zone begin at `name`, which has no DS record as it seems?
    pub(super) fn cut(&self, name: &Name) -> Cut {
        if !self.hashed.is_empty() {
            return Nsec3::cut(&self.hashed, &self.zone, name);
        }
        if let Some(nsec) = self.plain.iter().find(|nsec| nsec.owner == *name) {
            return nsec.types.cut(name);
        }
        match self.plain.iter().find(|nsec| nsec.covers(name)) {
            Some(nsec) if nsec.is_empty_between(name) => Cut::None,
            Some(_) => Cut::Gone,
            None => Cut::Unproven(format!("nothing proves that {name} has no DS record")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// The bitmap of types below 256.
    fn bits(types: &[u16]) -> Vec<u8> {
        let mut bits = vec![0, 32];
        bits.resize(34, 0);
        for rtype in types {
            bits[2 + usize::from(rtype / 8)] |= 0x80 >> (rtype % 8);
        }
        bits
    }

    /// The NSEC records of RFC 4035 appendix A, `owner next types`.
    fn example() -> Denials {
        let mut zone = Denials::new(name("example"));
        for (owner, next, types) in [
            ("example", "a.example", &[2, 6, 15, 46, 47, 48][..]),
            ("a.example", "ai.example", &[2, 43, 46, 47]),
            ("ai.example", "b.example", &[1, 13, 28, 46, 47]),
            ("b.example", "ns1.example", &[2, 46, 47]),
            ("ns1.example", "ns2.example", &[1, 46, 47]),
            ("ns2.example", "*.w.example", &[1, 46, 47]),
            ("*.w.example", "x.w.example", &[15, 46, 47]),
            ("x.w.example", "x.y.w.example", &[15, 46, 47]),
            ("x.y.w.example", "xx.example", &[15, 46, 47]),
            ("xx.example", "example", &[1, 13, 28, 46, 47]),
        ] {
            let data = [name(next).wire(), &bits(types)].concat();
            zone.plain.push(Nsec::read(&name(owner), &data).unwrap());
        }
        zone
    }

    fn unproven(denial: &Denial) -> bool {
        matches!(denial, Denial::Unproven(_))
    }

    #[test]
    fn the_answers_of_rfc_4035_appendix_b() {
        let zone = example();
        // B.2: a name error; B.3: no data; B.6: from a wildcard; B.7: no data at a wildcard; B.8: DS at the child.
        assert_eq!(zone.no_name(&name("ml.example")), Denial::Proven);
        assert_eq!(zone.no_data(&name("ns1.example"), Type::MX), Denial::Proven);
        assert_eq!(zone.no_closer(&name("a.z.w.example"), 2), Denial::Proven);
        assert_eq!(zone.no_data(&name("a.z.w.example"), Type::AAAA), Denial::Proven);
        assert!(unproven(&zone.no_data(&name("example"), Type::DS)));
    }

    #[test]
    fn a_denial_of_what_is_there_is_none() {
        let zone = example();
        assert!(unproven(&zone.no_name(&name("ns1.example"))));
        assert!(unproven(&zone.no_data(&name("ns1.example"), Type::A)));
        // w.example exists as the place of others, and a.w.example is answered from the wildcard.
        assert!(unproven(&zone.no_name(&name("w.example"))));
        assert_eq!(zone.no_data(&name("w.example"), Type::A), Denial::Proven);
        assert!(unproven(&zone.no_name(&name("a.w.example"))));
        assert!(unproven(&zone.no_data(&name("a.w.example"), Type::MX)));
        // x.w.example itself, and y.w.example above x.y.w.example, are closer than the wildcard.
        assert!(unproven(&zone.no_closer(&name("x.w.example"), 2)));
        assert!(unproven(&zone.no_closer(&name("a.y.w.example"), 2)));
        assert_eq!(zone.no_closer(&name("z.w.example"), 2), Denial::Proven);
        // Nothing at all is said of another zone.
        assert!(unproven(&Denials::new(name("example")).no_name(&name("a.example"))));
    }

    #[test]
    fn a_parent_knows_nothing_below_a_delegation() {
        let zone = example();
        for below in ["x.b.example", "x.a.example"] {
            assert!(unproven(&zone.no_name(&name(below))), "{below}");
            assert!(unproven(&zone.no_data(&name(below), Type::A)), "{below}");
        }
        assert!(unproven(&zone.no_data(&name("b.example"), Type::A)));
        assert_eq!(zone.no_data(&name("b.example"), Type::DS), Denial::Proven);
    }

    #[test]
    fn where_zones_begin() {
        let zone = example();
        assert_eq!(zone.cut(&name("b.example")), Cut::Unsigned);
        assert_eq!(zone.cut(&name("ns1.example")), Cut::None);
        assert_eq!(zone.cut(&name("w.example")), Cut::None);
        assert_eq!(zone.cut(&name("q.example")), Cut::Gone);
        assert!(matches!(zone.cut(&name("a.example")), Cut::Unproven(_)));
        assert!(matches!(zone.cut(&name("x.b.example")), Cut::Unproven(_)));
    }
}
