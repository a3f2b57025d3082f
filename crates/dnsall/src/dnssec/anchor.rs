//! The keys that are trusted from the start: the root's, or those of a file.
use std::collections::BTreeMap;

use hickory_proto::dnssec::{PublicKey as _, TrustAnchors};

use crate::{
    dnssec::{
        canonical,
        keys::{Ds, Key, is_known},
    },
    wire::{name::Name, types::Type},
};

/// What is to be typed to see records of the right form.
const CURE: &str = "`dig . DNSKEY` and `dnssec-dsfromkey` print lines of the form that is wanted";

/// Trusted keys and digests of keys, by zone.
#[derive(Clone, Debug, Default)]
pub struct Anchors(BTreeMap<Vec<u8>, Anchor>);

#[derive(Clone, Debug, Default)]
struct Anchor {
    keys: Vec<Key>,
    digests: Vec<Ds>,
}

/// Why a text holds no anchors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The line, from 1; nothing where it is the text as a whole.
    pub line: Option<usize>,
    /// The reason, with the cure.
    pub why: String,
}

impl Anchors {
    /// The root's keys, as hickory holds them.
    pub fn of_the_root() -> Anchors {
        let built_in = TrustAnchors::default();
        let keys = (0..built_in.len()).filter_map(|at| built_in.get(at)).filter_map(|key| {
            // Flags 257: a zone's key that signs its keys (RFC 4034 section 2.1.1).
            Key::read(&[&[1, 1, 3, u8::from(key.algorithm())], key.public_bytes()].concat())
        });
        let anchor = Anchor { keys: keys.collect(), digests: Vec::new() };
        Anchors(BTreeMap::from([(Name::root().wire().to_vec(), anchor)]))
    }

    /// Reads DS and DNSKEY records in master-file form (RFC 1035 section 5.1),
    /// with or without TTL and class, also over several lines in parentheses.
    ///
    /// # Errors
    /// A line is no such record, or cannot be used; or there is none.
    pub fn parse(text: &str) -> Result<Anchors, Unfit> {
        let mut anchors = Anchors::default();
        let mut last_owner = None;
        for (line, words) in records(text)? {
            anchors.add(&words, &mut last_owner).map_err(|why| Unfit { line: Some(line), why })?;
        }
        match anchors.0.is_empty() {
            true => Err(Unfit { line: None, why: format!("no DS and no DNSKEY record in it ({CURE})") }),
            false => Ok(anchors),
        }
    }

    fn add(&mut self, words: &[String], last_owner: &mut Option<Name>) -> Result<(), String> {
        let mut words = words.iter().map(String::as_str);
        let owner = match words.next().unwrap_or_default() {
            "" => last_owner.clone().ok_or("no owner's name before the record")?,
            owner if owner.starts_with('$') || owner == "@" => {
                return Err(format!("{owner} is not read here: write names whole"));
            }
            "trust-anchors" | "managed-keys" | "trusted-keys" => {
                return Err(format!("BIND's own form, where records are wanted ({CURE})"));
            }
            owner => Name::parse(owner).map_err(|e| e.to_string())?,
        };
        let owner = canonical::lower(&owner);
        *last_owner = Some(owner.clone());
        // TTL and class may stand in either order, or be missing.
        let is_ttl = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        let mut word = words.next();
        for _ in 0..2 {
            word = match word {
                Some(given) if is_ttl(given) || given.eq_ignore_ascii_case("IN") => words.next(),
                other => other,
            };
        }
        let rest: Vec<&str> = words.collect();
        let anchor = match word {
            Some(rtype) if rtype.eq_ignore_ascii_case("DS") => Added::Digest(digest(&rest)?),
            Some(rtype) if rtype.eq_ignore_ascii_case("DNSKEY") => Added::Key(key(&rest)?),
            Some(rtype) if rtype.parse::<Type>().is_ok() => {
                return Err(format!("{rtype} is no anchor: a DS or a DNSKEY record is wanted"));
            }
            _ => return Err(format!("neither a DS nor a DNSKEY record ({CURE})")),
        };
        let of = self.0.entry(owner.wire().to_vec()).or_default();
        match anchor {
            Added::Key(key) => of.keys.push(key),
            Added::Digest(ds) => of.digests.push(ds),
        }
        Ok(())
    }

    /// The closest anchor's zone at or above `name`, which is in lower case.
    pub(super) fn closest(&self, name: &Name) -> Option<Name> {
        let mut wire = name.wire();
        while !self.0.contains_key(wire) {
            // The root has no label to take away.
            let len = wire.first().copied().filter(|len| *len > 0)?;
            wire = wire.get(1 + usize::from(len)..)?;
        }
        Name::from_wire(wire)
    }

    /// Is there an anchor for this very zone?
    pub(super) fn is_at(&self, zone: &Name) -> bool {
        self.0.contains_key(zone.wire())
    }

    /// Is this key of the zone trusted?
    pub(super) fn trusts(&self, zone: &Name, key: &Key) -> bool {
        self.0.get(zone.wire()).is_some_and(|anchor| {
            anchor.keys.iter().any(|known| known.is_same(key)) || anchor.digests.iter().any(|ds| ds.covers(zone, key))
        })
    }

    /// The tags of the trusted keys of a zone.
    pub(super) fn tags(&self, zone: &Name) -> Vec<u16> {
        let anchor = self.0.get(zone.wire());
        let tags = |a: &Anchor| a.keys.iter().map(|key| key.tag).chain(a.digests.iter().map(|ds| ds.tag)).collect();
        anchor.map_or_else(Vec::new, tags)
    }

    /// One key of one zone.
    #[cfg(test)]
    pub(super) fn of_key(zone: &Name, key: Key) -> Anchors {
        let anchor = Anchor { keys: vec![key], digests: Vec::new() };
        Anchors(BTreeMap::from([(zone.wire().to_vec(), anchor)]))
    }

    #[cfg(test)]
    pub(super) fn keys(&self, zone: &Name) -> Vec<Key> {
        self.0[zone.wire()].keys.clone()
    }

    #[cfg(test)]
    pub(super) fn digests(&self, zone: &Name) -> Vec<Ds> {
        self.0[zone.wire()].digests.clone()
    }
}

enum Added {
    Key(Key),
    Digest(Ds),
}

/// The words of each record, with the line where it begins. A record that
/// begins with a blank has an empty first word: its owner is the one before.
fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>, Unfit> {
    let mut records: Vec<(usize, Vec<String>)> = Vec::new();
    let mut open = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.split(';').next().unwrap_or_default();
        let spaced = line.replace('(', " ( ").replace(')', " ) ");
        if open.is_none() && !line.trim().is_empty() {
            let first = line.starts_with(char::is_whitespace).then(String::new);
            records.push((at + 1, first.into_iter().collect()));
        }
        for word in spaced.split_whitespace() {
            match (word, records.last_mut()) {
                ("(", _) if open.is_none() => open = Some(at + 1),
                (")", _) if open.is_some() => open = None,
                ("(" | ")", _) | (_, None) => {
                    return Err(Unfit { line: Some(at + 1), why: format!("a lone {word}") });
                }
                (word, Some((_, words))) => words.push(word.to_owned()),
            }
        }
    }
    match open {
        Some(line) => Err(Unfit { line: Some(line), why: "a ( that nothing closes".to_owned() }),
        None => Ok(records),
    }
}

fn digest(words: &[&str]) -> Result<Ds, String> {
    const FORM: &str = "a DS record is a key tag, an algorithm, a digest type and a digest in hexadecimal";
    let [tag, algorithm, digest_type, rest @ ..] = words else { return Err(FORM.to_owned()) };
    let number = |word: &str| word.parse::<u8>().ok();
    let (Ok(tag), Some(algorithm), Some(digest_type)) = (tag.parse::<u16>(), number(algorithm), number(digest_type))
    else {
        return Err(format!("{FORM}, the first three as numbers"));
    };
    let digest = unhex(&rest.concat()).ok_or(FORM)?;
    let [high, low] = tag.to_be_bytes();
    let ds = Ds::read(&[&[high, low, algorithm, digest_type][..], &digest].concat()).ok_or(FORM)?;
    if !ds.is_known() {
        return Err(format!("algorithm {algorithm} with digest type {digest_type} cannot be checked here"));
    }
    let length = match digest_type {
        1 => 20,
        2 => 32,
        _ => 48,
    };
    match digest.len() == length {
        true => Ok(ds),
        false => Err(format!("a digest of type {digest_type} has {length} bytes, and not {}", digest.len())),
    }
}

fn key(words: &[&str]) -> Result<Key, String> {
    const FORM: &str = "a DNSKEY record is flags, the protocol 3, an algorithm and a key in base64";
    let [flags, protocol, algorithm, rest @ ..] = words else { return Err(FORM.to_owned()) };
    let (Ok(flags), Ok(protocol), Ok(algorithm)) = (flags.parse::<u16>(), protocol.parse::<u8>(), algorithm.parse())
    else {
        return Err(format!("{FORM}, the first three as numbers"));
    };
    let public = unbase64(&rest.concat()).filter(|bytes| !bytes.is_empty()).ok_or(FORM)?;
    let [high, low] = flags.to_be_bytes();
    let key = Key::read(&[&[high, low, protocol, algorithm][..], &public].concat()).ok_or(FORM)?;
    match () {
        () if !key.is_usable() => Err("no key of a zone: flags 256 or 257 and protocol 3 are wanted".to_owned()),
        () if !is_known(algorithm) => Err(format!("algorithm {algorithm} cannot be checked here")),
        () => Ok(key),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let whole = !digits.is_empty() && digits.len().is_multiple_of(2);
    whole.then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    let digits = text.trim_end_matches('=');
    for digit in digits.bytes() {
        let value = DIGITS.iter().position(|d| *d == digit)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    // A lone digit holds no byte, and nothing is left in the last one.
    (digits.len() % 4 != 1 && text.len() - digits.len() <= 2 && bits & ((1 << held) - 1) == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4034 section 5.4: a key of dskey.example.com, its DS with SHA-1, and RFC 4509 section 2.3's with SHA-256.
    const KEY: &str = "256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==";
    const SHA1: &str = "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118";
    const SHA256: &str = "60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A";

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn tags_digests_and_flags() {
        let owner = name("dskey.example.com");
        let anchors = |text: &str| Anchors::parse(text).unwrap();
        let key = anchors(&format!("dskey.example.com. DNSKEY {KEY}")).keys(&owner).remove(0);
        assert_eq!((key.tag, key.algorithm, key.is_usable()), (60485, 5, true));
        for digest in [SHA1, SHA256] {
            let ds = anchors(&format!("dskey.example.com. DS {digest}")).digests(&owner).remove(0);
            assert!(ds.covers(&owner, &key), "{digest}");
            assert!(!ds.covers(&name("other.example.com"), &key), "{digest}");
        }
        let flags = |flags: u16| Key::read(&[&flags.to_be_bytes()[..], &key.data[2..]].concat()).unwrap();
        assert!(flags(257).is_usable() && !flags(257 | 128).is_usable() && !flags(0).is_usable());
        assert!(!Key::read(&[&key.data[..2], &[4], &key.data[3..]].concat()).unwrap().is_usable());
        assert_eq!(Key::read(&[1, 0, 3]), None);
    }

    #[test]
    fn the_roots_keys_are_the_two_that_iana_publishes() {
        // https://data.iana.org/root-anchors/root-anchors.xml
        let mut tags = Anchors::of_the_root().tags(&Name::root());
        tags.sort_unstable();
        assert_eq!(tags, [20326, 38696]);
    }

    #[test]
    fn the_closest_anchor_counts() {
        let text = format!("example. DS {SHA256}\nb.a.example. 3600 IN DS {SHA256}\n");
        let anchors = Anchors::parse(&text).unwrap();
        assert_eq!(anchors.closest(&name("x.b.a.example")), Some(name("b.a.example")));
        assert_eq!(anchors.closest(&name("a.example")), Some(name("example")));
        assert_eq!(anchors.closest(&name("other")), None);
        assert_eq!(anchors.tags(&name("example")), [60485]);
    }

    #[test]
    fn records_as_the_field_writes_them() {
        for text in [
            format!("; made by hand\n\ndskey.Example.COM DNSKEY {KEY}"),
            format!("dskey.example.com. 86400 IN DNSKEY {KEY} ; key id = 60485"),
            format!("dskey.example.com. in 1d dnskey {KEY}\r\n"),
            format!("dskey.example.com. IN DNSKEY ( 256 3 5\n  {}\n  {} ) ; split\n", &KEY[8..40], &KEY[40..]),
            format!("dskey.example.com. DS {SHA1}\n\t IN DNSKEY {KEY}\n"),
        ] {
            let anchors = Anchors::parse(&text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert!(anchors.tags(&name("dskey.example.com")).contains(&60485), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let wrong = |text: &str| Anchors::parse(text).unwrap_err();
        for (text, line, why) in [
            ("", None, "no DS and no DNSKEY record in it"),
            ("; nothing\n", None, "no DS and no DNSKEY record in it"),
            ("\n\n. IN NS a.example.\n", Some(3), "NS is no anchor"),
            ("hello\n", Some(1), "neither a DS nor a DNSKEY record"),
            ("$TTL 3600\n", Some(1), "$TTL is not read here"),
            ("@ IN DS 1 8 2 AB\n", Some(1), "@ is not read here: write names whole"),
            ("trust-anchors {\n", Some(1), "BIND's own form"),
            (". DS 1 8 2\n", Some(1), "a DS record is"),
            (". DS one 8 2 AB\n", Some(1), "the first three as numbers"),
            (". DS 1 8 2 ABC\n", Some(1), "a DS record is"),
            (". DS 1 8 2 AB\n", Some(1), "has 32 bytes, and not 1"),
            (". DS 1 16 2 AB\n", Some(1), "algorithm 16 with digest type 2 cannot be checked here"),
            (". DS 1 8 3 AB\n", Some(1), "algorithm 8 with digest type 3 cannot be checked here"),
            (". DNSKEY 257 3 8 !!\n", Some(1), "a DNSKEY record is"),
            (". DNSKEY 257 3 8\n", Some(1), "a DNSKEY record is"),
            (". DNSKEY 0 3 8 AAAA\n", Some(1), "no key of a zone"),
            (". DNSKEY 385 3 8 AAAA\n", Some(1), "no key of a zone"),
            (". DNSKEY 257 3 16 AAAA\n", Some(1), "algorithm 16 cannot be checked here"),
            ("a..b DS 1 8 2 AB\n", Some(1), "empty label"),
            ("  DS 1 8 2 AB\n", Some(1), "no owner's name"),
            (". DS ( 1 8 2\nAB\n", Some(1), "nothing closes"),
            (". DS 1 8 2 AB )\n", Some(1), "a lone )"),
        ] {
            let unfit = wrong(text);
            assert_eq!(unfit.line, line, "{text}");
            assert!(unfit.why.contains(why), "{text}: {}", unfit.why);
        }
        assert_eq!(wrong(&format!(". DS {SHA256}\nx\n")).line, Some(2));
    }

    #[test]
    fn base64_as_rfc_4648_has_it() {
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob")] {
            assert_eq!(unbase64(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        for wrong in ["Z", "Zh==", "Zg===", "Z=g=", "Zm9v Yg"] {
            assert_eq!(unbase64(wrong), None, "{wrong}");
        }
    }
}
