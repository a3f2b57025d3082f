//! What records of denial of either kind say: which types a name has, and what
//! that comes to.
use crate::wire::{name::Name, types::Type};

/// The type of the hashed kind.
pub(super) const NSEC3: Type = Type(50);

/// What the records of a denial come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// The records prove that what was asked does not exist.
    Proven,
    /// A record that opts out covers the name: an unsigned zone may be there (RFC 5155 section 6).
    OptOut,
    /// Too many iterations: nobody counts them (RFC 9276 section 3.2).
    Costly(u16),
    /// The records prove nothing, and why.
    Unproven(String),
}

/// What a parent says of a name that may be a zone's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// A zone begins here, and has no DS record.
    Unsigned,
    /// One may begin here: opt-out, or too many iterations. Why.
    Unclear(String),
    /// None begins here.
    None,
    /// The name does not exist, so that none begins below it either.
    Gone,
    /// The records don't tell; why.
    Unproven(String),
}

/// The types of a bitmap (RFC 4034 section 4.1.2).
#[derive(Clone, Debug)]
pub(super) struct Types(Vec<u8>);

impl Types {
    /// The bitmap's bytes, of any content.
    pub(super) fn new(bytes: &[u8]) -> Types {
        Types(bytes.to_vec())
    }

    /// Is the bit of the type set?
    pub(super) fn has(&self, rtype: Type) -> bool {
        let [window, bit] = rtype.0.to_be_bytes();
        let mut rest = &self.0[..];
        while let [number, len, behind @ ..] = rest {
            let Some((bits, behind)) = behind.split_at_checked(usize::from(*len)) else { return false };
            if *number == window {
                return bits.get(usize::from(bit / 8)).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0);
            }
            rest = behind;
        }
        false
    }

    /// Does another zone begin at the owner, seen from above?
    pub(super) fn is_delegation(&self) -> bool {
        self.has(Type::NS) && !self.has(Type::SOA)
    }

    /// Can the owner's record say nothing of names below it (RFC 6840 section 4.1)?
    pub(super) fn ends_zone(&self) -> bool {
        self.is_delegation() || self.has(Type::DNAME)
    }

    /// What the record of the very name says of a type that is not there.
    pub(super) fn denies(&self, name: &Name, rtype: Type) -> Denial {
        let unproven = |why: String| Denial::Unproven(why);
        let is_redirected = self.has(Type::CNAME) && rtype != Type::CNAME && !Type::BESIDE_CNAME.contains(&rtype);
        if self.has(rtype) || is_redirected {
            let there = if self.has(rtype) { rtype } else { Type::CNAME };
            return unproven(format!("the denial's own record says that {name} has a record of type {there}"));
        }
        match rtype {
            Type::DS if self.has(Type::SOA) && !name.is_root() => {
                unproven(format!("the denial of DS of {name} is that zone's own and not its parent's"))
            }
            Type::DS => Denial::Proven,
            _ if self.is_delegation() => unproven(format!("the denial of {rtype} of {name} is its parent's")),
            _ => Denial::Proven,
        }
    }

    /// What the record of the very name says of a zone's beginning there.
    pub(super) fn cut(&self, name: &Name) -> Cut {
        match self.denies(name, Type::DS) {
            Denial::Proven if self.is_delegation() => Cut::Unsigned,
            Denial::Unproven(why) => Cut::Unproven(why),
            _ => Cut::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmaps_of_any_bytes() {
        let types = Types::new(&[&[0, 32, 0x40][..], &[0; 30], &[1]].concat());
        assert!(types.has(Type(1)) && types.has(Type(255)) && !types.has(Type(2)) && !types.has(Type(257)));
        assert!(Types::new(&[1, 1, 0x40]).has(Type::CAA));
        for broken in [&[][..], &[0], &[0, 9, 0xff], &[0, 0, 0, 0]] {
            assert!(!Types::new(broken).has(Type(1)), "{broken:?}");
        }
    }

    #[test]
    fn an_alias_denies_what_may_stand_beside_it() {
        let name = Name::parse("www.example").unwrap();
        let alias = Types::new(&[0, 1, 0x04]);
        for rtype in Type::BESIDE_CNAME {
            assert_eq!(alias.denies(&name, rtype), Denial::Proven, "{rtype}");
        }
        for rtype in [Type::A, Type::CNAME, Type::DS, Type::DNSKEY] {
            assert!(matches!(alias.denies(&name, rtype), Denial::Unproven(_)), "{rtype}");
        }
    }
}
