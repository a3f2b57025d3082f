//! Which types are asked, and in which order.
use crate::wire::types::Type;

/// The question that goes ahead: even servers that deny or drop most types
/// answer it, so that no such name here is no such name at all.
pub const FIRST: [Type; 1] = [Type::A];

/// The types that are asked before the rest, by how often they are used: where a
/// server answers only some of the questions, it is better those.
const BY_USE: [Type; 12] = [
    Type::A,
    Type::AAAA,
    Type::CNAME,
    Type::MX,
    Type::NS,
    Type::SOA,
    Type::TXT,
    Type::HTTPS,
    Type::CAA,
    Type::SRV,
    Type::DS,
    Type::DNSKEY,
];

/// Where a type stands among the others: by use, then by number.
pub fn rank(rtype: Type) -> (usize, Type) {
    (BY_USE.iter().position(|t| *t == rtype).unwrap_or(BY_USE.len()), rtype)
}

/// Every type that is asked, by use, then by number.
pub(super) fn all_types() -> impl Iterator<Item = Type> {
    BY_USE.into_iter().chain(Type::data_types().filter(|t| !BY_USE.contains(t)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_use_and_then_by_number() {
        let order: Vec<Type> = all_types().collect();
        assert!(order.starts_with(&BY_USE) && order.starts_with(&FIRST));
        // NS, CNAME and SOA have gone ahead; MD follows them.
        assert_eq!(order[BY_USE.len()], Type(3));
        assert!(order[BY_USE.len()..].is_sorted());
        // Every data type, each once.
        let mut all = order.clone();
        all.sort();
        assert!(all.into_iter().eq(Type::data_types()));
        assert!(order.is_sorted_by_key(|rtype| rank(*rtype)));
        assert!(rank(Type::CAA) < rank(Type::PTR) && rank(Type::PTR) < rank(Type(29)));
    }
}
