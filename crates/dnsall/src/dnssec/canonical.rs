//! The one form in which names and data are signed (RFC 4034 section 6).
use std::cmp::Ordering;

use crate::wire::{name::Name, rdata::Data, types::Type};

/// Types in whose data names are signed in lower case (RFC 4034 section 6.2,
/// without NSEC by RFC 6840 section 5.1). No later type joins them (RFC 3597 section 7).
const LOWERED: [u16; 22] = [2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 17, 18, 21, 24, 26, 30, 33, 35, 36, 38, 39];

/// The name with its letters in lower case.
pub(super) fn lower(name: &Name) -> Name {
    // A length byte is at most 63, and letters begin at 65, so that no length changes.
    Name::from_wire(&name.wire().to_ascii_lowercase()).unwrap_or_else(Name::root)
}

/// How many labels the name has; the root has none.
pub(super) fn count(name: &Name) -> usize {
    name.labels().count()
}

/// The last `labels` labels of the name, or all of it where it has fewer.
pub(super) fn tail(name: &Name, labels: usize) -> Name {
    let mut wire = name.wire();
    for _ in labels..count(name) {
        let len = wire.first().map_or(0, |len| usize::from(*len));
        wire = wire.get(1 + len..).unwrap_or(&[0]);
    }
    Name::from_wire(wire).unwrap_or_else(Name::root)
}

/// `*` below the name, unless that is too long for a name.
pub(super) fn wildcard(name: &Name) -> Option<Name> {
    Name::from_wire(&[&b"\x01*"[..], name.wire()].concat())
}

/// Does the name begin with a label `*`?
pub(super) fn is_wildcard(name: &Name) -> bool {
    name.wire().starts_with(b"\x01*")
}

/// How many labels two names share at their ends.
pub(super) fn shared(one: &Name, other: &Name) -> usize {
    let (one, other) = (one.labels().rev(), other.labels().rev());
    one.zip(other).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
}

/// The order of names in a zone: by the last label first (RFC 4034 section 6.1).
pub(super) fn compare(one: &Name, other: &Name) -> Ordering {
    let folded = |name: &Name| name.labels().rev().map(<[u8]>::to_ascii_lowercase).collect::<Vec<_>>();
    folded(one).cmp(&folded(other))
}

/// The data as they are signed.
pub(super) fn data(rtype: Type, data: Data) -> Vec<u8> {
    if LOWERED.contains(&rtype.0) { data.key } else { data.wire }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn names_in_the_order_of_rfc_4034() {
        let sorted = [
            "example",
            "a.example",
            "yljkjljk.a.example",
            "Z.a.example",
            "zABC.a.EXAMPLE",
            "z.example",
            "\\001.z.example",
            "*.z.example",
            "\\200.z.example",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(compare(&name(pair[0]), &name(pair[1])), Ordering::Less, "{pair:?}");
            assert_eq!(compare(&name(pair[1]), &name(pair[0])), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare(&name("A.example"), &name("a.Example")), Ordering::Equal);
    }

    #[test]
    fn parts_of_names() {
        let of = name("a.b.Example");
        assert_eq!(tail(&of, 2), name("b.Example"));
        assert_eq!(tail(&of, 9), of);
        assert!(tail(&of, 0).is_root() && tail(&Name::root(), 3).is_root());
        assert_eq!(lower(&of), name("a.b.example"));
        assert_eq!((count(&of), count(&Name::root())), (3, 0));
        assert_eq!(shared(&of, &name("x.B.example")), 2);
        assert_eq!(wildcard(&name("example")), Some(name("*.example")));
        assert!(is_wildcard(&name("*.example")) && !is_wildcard(&name("**.example")) && !is_wildcard(&of));
        let long = Name::parse(&["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".")).unwrap();
        assert_eq!(wildcard(&long), None);
    }
}
