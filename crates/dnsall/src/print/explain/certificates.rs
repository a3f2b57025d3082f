//! Who may issue certificates (CAA, RFC 8659) and which ones a service has (TLSA, RFC 6698).
use std::fmt::Write as _;

use plainnet_common::text;

use super::{
    Fact,
    providers::{self, Kind},
    sentences::{Sentences, list},
};

/// A property of a CAA record.
struct Property<'a> {
    fact: &'a Fact<'a>,
    critical: bool,
    /// In lower case (section 4.1: tags are compared without case).
    tag: String,
    value: String,
}

/// The authority that an issue property names, or nobody.
struct Issuer {
    who: Option<String>,
    /// Conditions on it (RFC 8657), in words.
    only: String,
}

/// Properties that authorities know: RFC 8659, RFC 9495 and the CA/Browser Forum.
const KNOWN: [&str; 7] = ["issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone"];

/// All CAA records of one name.
pub(super) fn authorities(said: &mut Sentences, facts: &[&Fact<'_>]) {
    let properties: Vec<Property<'_>> = facts.iter().filter_map(|fact| Property::read(fact)).collect();
    for property in properties.iter().filter(|property| property.critical && !property.is_known()) {
        // Section 4.1: an authority must not issue where it does not know a critical property.
        let words = format!("no authority that does not know {} may issue certificates", shown(&property.tag));
        said.say(words, property.fact.reason());
    }
    let strangers: Vec<String> =
        properties.iter().filter(|p| p.critical && !p.is_known()).map(|p| shown(&p.tag)).collect();
    let condition = if strangers.is_empty() { String::new() } else { format!(", if it knows {}", list(&strangers)) };
    for (tag, what) in [
        ("issue", "certificates"),
        ("issuewild", "wildcard certificates"),
        ("issuemail", "certificates for mail (S/MIME)"),
        ("issuevmc", "certificates for logos (VMC)"),
    ] {
        grants(said, &properties, tag, what, &condition);
    }
    // Section 4.2: without an issue property nothing is restricted.
    let restricted = properties.iter().any(|property| property.tag == "issue");
    if !restricted && strangers.is_empty() {
        let what = if properties.iter().any(|property| property.tag == "issuewild") {
            "any authority may issue certificates that are no wildcards, since no CAA record says issue"
        } else {
            "any authority may issue certificates, since no CAA record says issue"
        };
        said.say_all(what, facts.iter().map(|fact| fact.reason()));
    }
    for property in &properties {
        let words = match property.tag.as_str() {
            "iodef" => format!("violations are to be reported to {}", shown(place(&property.value))),
            "contactemail" => format!("authorities find the domain's keeper at {}", shown(&property.value)),
            "contactphone" => format!("authorities call the domain's keeper at {}", shown(&property.value)),
            _ => continue,
        };
        said.say(words, property.fact.reason());
    }
}

/// Who may issue by the properties of this tag. One that names nobody takes
/// nothing from the others (section 4.2).
fn grants(said: &mut Sentences, properties: &[Property<'_>], tag: &str, what: &str, condition: &str) {
    let of_tag = || properties.iter().filter(|property| property.tag == tag);
    let mut nobody = true;
    for property in of_tag() {
        let Issuer { who: Some(who), only } = property.issuer() else { continue };
        nobody = false;
        said.say(format!("{who} may issue {what}{only}{condition}"), property.fact.reason());
    }
    if nobody {
        said.say_all(&format!("no authority may issue {what}"), of_tag().map(|property| property.fact.reason()));
    }
}

impl<'a> Property<'a> {
    fn read(fact: &'a Fact<'a>) -> Option<Property<'a>> {
        let (head, rest) = fact.data.wire.split_first_chunk::<2>()?;
        let (tag, value) = rest.split_at_checked(usize::from(head[1]))?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Some(Property { fact, critical: head[0] & 0x80 != 0, tag: text(tag).to_ascii_lowercase(), value: text(value) })
    }

    fn is_known(&self) -> bool {
        KNOWN.contains(&self.tag.as_str())
    }

    /// The value as section 4.2 writes it: `issuer; tag=value`. What is malformed names nobody.
    fn issuer(&self) -> Issuer {
        let mut parts = self.value.split(';');
        let domain = parts.next().unwrap_or_default().trim_matches([' ', '\t']);
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let parameters: Vec<&str> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
        if !domain.split('.').all(label) || parameters.iter().any(|part| !part.contains('=')) {
            return Issuer { who: None, only: String::new() };
        }
        let who = match providers::by_domain(Kind::Issuer, domain) {
            Some(who) => who.to_owned(),
            None => shown(domain),
        };
        let mut only = String::new();
        for (name, value) in parameters.iter().filter_map(|part| part.split_once('=')) {
            match name.trim() {
                "accounturi" => {
                    let _ = write!(only, ", to the account {} only", shown(value.trim()));
                }
                "validationmethods" => {
                    let _ = write!(only, ", checked by {} only", shown(value.trim()));
                }
                _ => {}
            }
        }
        Issuer { who: Some(who), only }
    }
}

/// All TLSA records of one name: `_25._tcp.mail.example` is the service at port 25.
pub(super) fn pins(said: &mut Sentences, service: &str, facts: &[&Fact<'_>]) {
    for fact in facts {
        let [usage, selector, matching, data @ ..] = &fact.data.wire[..] else { continue };
        let (digest, length) = match matching {
            0 => ("", None),
            1 => ("the SHA-256 of ", Some(32)),
            2 => ("the SHA-512 of ", Some(64)),
            n => {
                said.say(format!("clients ignore the TLSA record: nobody knows matching type {n}"), fact.reason());
                continue;
            }
        };
        if length.is_some_and(|length| length != data.len()) {
            let name = if *matching == 1 { "SHA-256" } else { "SHA-512" };
            let words = format!("clients ignore the TLSA record: {} are no {name}", bytes(data.len()));
            said.say(words, fact.reason());
            continue;
        }
        let what = match selector {
            0 => "the certificate",
            1 => "the public key",
            n => {
                said.say(format!("clients ignore the TLSA record: nobody knows selector {n}"), fact.reason());
                continue;
            }
        };
        let whose = match usage {
            0 => format!("of an authority above {service}'s certificate, which has to pass the usual checks, too"),
            1 => format!("of {service}, which has to pass the usual checks, too"),
            2 => format!("of the authority that issued {service}'s certificate"),
            3 => format!("of {service} itself"),
            n => {
                said.say(format!("clients ignore the TLSA record: nobody knows usage {n}"), fact.reason());
                continue;
            }
        };
        said.say(format!("the record is {digest}{what} {whose} (DANE, where DNSSEC proves it)"), fact.reason());
    }
}

fn bytes(count: usize) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

/// A URL, or the address of a mailto: URL.
fn place(url: &str) -> &str {
    url.strip_prefix("mailto:").unwrap_or(url)
}

fn shown(text: &str) -> String {
    text::shown(text.as_bytes())
}
