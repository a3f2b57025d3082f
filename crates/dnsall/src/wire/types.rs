//! Record types: numbers, mnemonics, and which of them to ask.
use std::{fmt, str::FromStr};

include!(concat!(env!("OUT_DIR"), "/rr_types.rs"));

/// A record type, by its number (RFC 1035 section 3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Type(pub u16);

/// When a type is a fit question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryUse {
    /// The type is assigned to data, and asked about every name.
    Always,
    /// The type is asked only where the user names it: an unassigned number, or ANY, MAILA, MAILB.
    Named,
    /// The type is not asked even then: it is no question (0, OPT, NXNAME, 65535), needs
    /// more than a question (TKEY, TSIG, transfers), or is reserved for such.
    Never,
}

/// A row of the registry.
struct Row {
    number: u16,
    name: &'static str,
    meta: bool,
}

#[expect(missing_docs, reason = "the names are the registry's")]
impl Type {
    pub const A: Type = Type(1);
    pub const NS: Type = Type(2);
    pub const CNAME: Type = Type(5);
    pub const SOA: Type = Type(6);
    pub const PTR: Type = Type(12);
    pub const MX: Type = Type(15);
    pub const TXT: Type = Type(16);
    pub const SIG: Type = Type(24);
    pub const KEY: Type = Type(25);
    pub const AAAA: Type = Type(28);
    pub const NXT: Type = Type(30);
    pub const SRV: Type = Type(33);
    pub const DNAME: Type = Type(39);
    pub const OPT: Type = Type(41);
    pub const DS: Type = Type(43);
    pub const RRSIG: Type = Type(46);
    pub const NSEC: Type = Type(47);
    pub const DNSKEY: Type = Type(48);
    pub const SVCB: Type = Type(64);
    pub const HTTPS: Type = Type(65);
    pub const ANY: Type = Type(255);
    pub const CAA: Type = Type(257);
}

impl Type {
    /// What may stand beside a CNAME (RFC 2181 section 10.1, RFC 3755 section 3, RFC 4035 section 2.5),
    /// but for the CNAME itself: a question for it is not redirected.
    pub const BESIDE_CNAME: [Type; 5] = [Type::RRSIG, Type::NSEC, Type::SIG, Type::KEY, Type::NXT];

    /// The data types of the registry, by number: those that every name is asked about.
    pub fn data_types() -> impl Iterator<Item = Type> {
        ROWS.iter().filter(|row| !row.meta).map(|row| Type(row.number))
    }

    /// Every type of the registry, by number.
    pub fn all() -> impl Iterator<Item = Type> {
        ROWS.iter().map(|row| Type(row.number))
    }

    /// The mnemonic, where the registry has one.
    pub fn mnemonic(self) -> Option<&'static str> {
        self.row().map(|row| row.name)
    }

    /// Returns when the type is a fit question.
    pub fn query_use(self) -> QueryUse {
        match self.0 {
            // RFC 6895 section 3.1: 128 to 255 are questions and meta types.
            0 | 41 | 128..=252 | 65535 => QueryUse::Never,
            253..=255 => QueryUse::Named,
            _ if self.row().is_some() => QueryUse::Always,
            _ => QueryUse::Named,
        }
    }

    fn row(self) -> Option<&'static Row> {
        let at = ROWS.binary_search_by_key(&self.0, |row| row.number).ok()?;
        ROWS.get(at)
    }
}

/// The mnemonic, else `TYPE65280` (RFC 3597 section 5).
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(name) => f.pad(name),
            None => f.pad(&format!("TYPE{}", self.0)),
        }
    }
}

/// A text is no record type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownType;

impl fmt::Display for UnknownType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no record type: a mnemonic, a number up to 65535 or TYPEnnn is needed")
    }
}

impl std::error::Error for UnknownType {}

/// A mnemonic in any case, a plain number, or `TYPEnnn`.
impl FromStr for Type {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Type, UnknownType> {
        if let Some(row) = ROWS.iter().find(|row| row.name.eq_ignore_ascii_case(text)) {
            return Ok(Type(row.number));
        }
        let digits = match text.get(..4) {
            Some(head) if head.eq_ignore_ascii_case("TYPE") => &text[4..],
            _ => text,
        };
        // The parser of u16 would take a sign.
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(UnknownType);
        }
        digits.parse().map(Type).map_err(|_| UnknownType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_types_are_asked_and_the_nine_others_are_not() {
        assert_eq!(Type::data_types().count() + 9, ROWS.len());
        assert!(Type::data_types().all(|t| t.query_use() == QueryUse::Always));
        let meta: Vec<_> = ROWS.iter().filter(|row| row.meta).map(|row| row.number).collect();
        assert_eq!(meta, [41, 128, 249, 250, 251, 252, 253, 254, 255]);
        assert!(meta.iter().all(|n| Type(*n).query_use() != QueryUse::Always));
        assert_eq!([0, 200, 252, 65535].map(|n| Type(n).query_use()), [QueryUse::Never; 4]);
        assert_eq!([254, 255, 54, 65280].map(|n| Type(n).query_use()), [QueryUse::Named; 4]);
    }

    #[test]
    fn the_version_tells_the_registrys_date() {
        assert_eq!(crate::spec::SPEC.registries, [REGISTRY]);
    }

    #[test]
    fn words_to_types_and_back() {
        for row in &ROWS {
            assert_eq!(row.name.to_lowercase().parse(), Ok(Type(row.number)));
            assert_eq!(Type(row.number).to_string(), row.name);
        }
        assert_eq!("65280".parse(), Ok(Type(65280)));
        assert_eq!("type1".parse(), Ok(Type::A));
        assert_eq!(Type(65280).to_string(), "TYPE65280");
        for wrong in ["", "TYPE", "TYPE65536", "65536", "+1", "-1", "0x10", "MXX", "TYPE 1", "ü"] {
            assert_eq!(wrong.parse::<Type>(), Err(UnknownType), "{wrong}");
        }
    }
}
