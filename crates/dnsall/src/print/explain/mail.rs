//! Where mail goes, and what a domain asks of those who send or receive it:
//! MX, DKIM, DMARC, MTA-STS, TLS reports and BIMI.
use std::net::IpAddr;

use plainnet_common::text;

use super::{
    Fact, plain,
    providers::{self, Kind},
    sentences::{Sentences, list},
    tags::Tags,
};
use crate::wire::name::Name;

/// Mail servers, all those of one name.
pub(super) fn exchanges(said: &mut Sentences, name: &str, facts: &[&Fact<'_>]) {
    // RFC 7505 section 3.
    if let [fact] = facts
        && fact.data.wire == [0, 0, 0]
    {
        return said.say("the name takes no mail", fact.reason());
    }
    for fact in facts {
        let Some(host) = fact.name_at(2) else { continue };
        if host.is_root() {
            let words = if facts.len() == 1 {
                "the MX record names no host, so that mail cannot be delivered"
            } else {
                "the MX record that names no host means nothing beside the others"
            };
            said.say(words, fact.reason());
        } else if plain(&host).parse::<IpAddr>().is_ok() {
            // RFC 5321 section 5.1 and RFC 1035 section 3.3.9 want a host's name.
            let words = format!("mail cannot be delivered to {}, since an MX record has to name a host", plain(&host));
            said.say(words, fact.reason());
        } else if let Some(who) = providers::by_name(Kind::Mail, &host) {
            said.say(format!("{who} takes the mail"), fact.reason());
        } else {
            said.say(format!("mail for {name} goes to {}", plain(&host)), fact.reason());
        }
    }
}

/// The policy at `_dmarc.DOMAIN` (RFC 7489 section 6.3).
pub(super) fn dmarc(said: &mut Sentences, domain: &str, texts: &[(&Fact<'_>, String)]) {
    let Some((fact, tags)) = only(said, texts, "DMARC1", "the DMARC policies are void, since there are several") else {
        return;
    };
    let mut say = |words: String| said.say(words, fact.reason());
    let reports = addresses(tags.get("rua"));
    // Section 6.6.3: without a valid policy the record counts as p=none if it wants reports.
    let policy = match tags.get("p").map(str::to_ascii_lowercase).as_deref().and_then(treatment) {
        Some(policy) => policy,
        None if reports.is_empty() => return say("the DMARC policy is void, since it has no p=".to_owned()),
        None => NONE,
    };
    let share = tags.get("pct").and_then(|pct| pct.parse::<u8>().ok()).filter(|pct| *pct < 100 && policy != NONE);
    let share = share.map_or(String::new(), |pct| format!(", {pct} % of it at present"));
    say(format!("mail as {domain} that neither SPF nor DKIM proves {policy}{share} (DMARC)"));
    if let Some(below) = tags.get("sp").map(str::to_ascii_lowercase).as_deref().and_then(treatment)
        && below != policy
    {
        say(format!("mail as a name below {domain} that neither SPF nor DKIM proves {below} (DMARC)"));
    }
    if !reports.is_empty() {
        say(format!("reports about mail as {domain} go to {} (DMARC)", list(&reports)));
    }
    let failures = addresses(tags.get("ruf"));
    if !failures.is_empty() {
        say(format!("reports about single messages as {domain} go to {} (DMARC)", list(&failures)));
    }
}

const NONE: &str = "is to be delivered as usual";

fn treatment(policy: &str) -> Option<&'static str> {
    match policy {
        "none" => Some(NONE),
        "quarantine" => Some("is to be treated as suspect"),
        "reject" => Some("is to be rejected"),
        _ => None,
    }
}

/// The record at `_mta-sts.DOMAIN` (RFC 8461 section 3.1); the policy itself is a web page.
pub(super) fn mta_sts(said: &mut Sentences, domain: &str, texts: &[(&Fact<'_>, String)]) {
    let Some((fact, tags)) = only(said, texts, "STSv1", "the MTA-STS records are void, since there are several") else {
        return;
    };
    let id = tags.get("id").unwrap_or_default();
    let words = if (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        format!(
            "https://mta-sts.{domain}/.well-known/mta-sts.txt says which mail servers are to be reached by TLS (MTA-STS)"
        )
    } else {
        "the MTA-STS record is void, since it has no valid id=".to_owned()
    };
    said.say(words, fact.reason());
}

/// The record at `_smtp._tls.DOMAIN` (RFC 8460 section 3).
pub(super) fn tls_reports(said: &mut Sentences, domain: &str, texts: &[(&Fact<'_>, String)]) {
    let several = "the TLSRPT records are void, since there are several";
    let Some((fact, tags)) = only(said, texts, "TLSRPTv1", several) else { return };
    let to = addresses(tags.get("rua"));
    let words = if to.is_empty() {
        "the TLSRPT record is void, since it has no rua=".to_owned()
    } else {
        format!("reports about failures of TLS on the way to {domain}'s mail servers go to {} (TLSRPT)", list(&to))
    };
    said.say(words, fact.reason());
}

/// The record at `default._bimi.DOMAIN` (draft-brand-indicators-for-message-identification, section 4).
pub(super) fn bimi(said: &mut Sentences, domain: &str, texts: &[(&Fact<'_>, String)]) {
    let Some((fact, tags)) = only(said, texts, "BIMI1", "the BIMI records are void, since there are several") else {
        return;
    };
    let (logo, evidence) = (tags.get("l").unwrap_or_default(), tags.get("a").unwrap_or_default());
    if logo.is_empty() && evidence.is_empty() {
        return said.say(format!("{domain} shows no logo beside its mail (BIMI)"), fact.reason());
    }
    if !logo.is_empty() {
        said.say(format!("the logo beside mail as {domain} is {} (BIMI)", shown(logo)), fact.reason());
    }
    if !evidence.is_empty() {
        said.say(format!("the logo's certificate is {} (BIMI)", shown(evidence)), fact.reason());
    }
}

/// The texts at `SELECTOR._domainkey.DOMAIN` (RFC 6376 section 3.6.1).
pub(super) fn dkim(said: &mut Sentences, selector: &str, domain: &str, texts: &[(&Fact<'_>, String)]) {
    for (fact, text) in texts {
        let tags = Tags::read(text);
        // v= may be missing; where it stands it comes first and says DKIM1.
        if tags.get("v").is_some() && !tags.begins_with_version("DKIM1") {
            continue;
        }
        let Some(key) = tags.get("p") else { continue };
        let key: String = key.split_ascii_whitespace().collect();
        if key.is_empty() {
            said.say(
                format!("the key {selector} is revoked: no mail as {domain} is signed with it (DKIM)"),
                fact.reason(),
            );
            continue;
        }
        let kind = tags.get("k").unwrap_or("rsa");
        let sort = match (kind, base64(&key)) {
            (_, None) => {
                said.say(format!("the key {selector} is void, since its p= is no base64 (DKIM)"), fact.reason());
                continue;
            }
            ("rsa", Some(der)) => match modulus_bits(&der) {
                // RFC 8301 section 3.2.
                Some(bits) if bits < 1024 => {
                    let words = format!("receivers ignore the key {selector}: RSA of {bits} bits is too weak (DKIM)");
                    said.say(words, fact.reason());
                    continue;
                }
                Some(bits) => format!("RSA of {bits} bits"),
                None => "RSA".to_owned(),
            },
            ("ed25519", _) => "Ed25519".to_owned(),
            (other, _) => shown(other),
        };
        said.say(format!("mail as {domain} may be signed with the key {selector}: {sort} (DKIM)"), fact.reason());
        let flags: Vec<&str> = tags.get("t").unwrap_or_default().split(':').map(str::trim).collect();
        if flags.contains(&"y") {
            said.say(format!("{domain} is testing the key {selector} (DKIM)"), fact.reason());
        }
    }
}

/// The alias that leads from a selector to a provider's key.
pub(super) fn dkim_alias(said: &mut Sentences, selector: &str, domain: &str, fact: &Fact<'_>, target: &Name) {
    if let Some(who) = providers::by_name(Kind::Dkim, target) {
        let words = format!("{who} publishes the key {selector}, and so can sign mail as {domain} (DKIM)");
        said.say(words, fact.reason());
    }
}

/// The one text that begins with this version; of several none counts.
fn only<'a, 'f>(
    said: &mut Sentences,
    texts: &'a [(&'a Fact<'f>, String)],
    version: &str,
    several: &str,
) -> Option<(&'a Fact<'f>, Tags<'a>)> {
    let mut fitting = texts
        .iter()
        .map(|(fact, text)| (*fact, Tags::read(text)))
        .filter(|(_, tags)| tags.begins_with_version(version));
    let first = fitting.next()?;
    let rest: Vec<_> = fitting.map(|(fact, _)| fact.reason()).collect();
    if rest.is_empty() {
        return Some(first);
    }
    said.say(several, first.0.reason());
    said.say_all(several, rest);
    None
}

/// The places of a list of URIs, `mailto:` and size limits dropped.
fn addresses(list: Option<&str>) -> Vec<String> {
    let place = |uri: &str| {
        let uri = uri.trim().split('!').next().unwrap_or_default();
        let mailto = uri.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        shown(if mailto { uri[7..].split('?').next().unwrap_or_default() } else { uri })
    };
    list.unwrap_or_default().split(',').filter(|uri| !uri.trim().is_empty()).map(place).collect()
}

/// The bytes of base64 text, or nothing if it is none (RFC 4648 section 4).
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if digits.len() % 4 == 1 || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) + u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

/// The length of an RSA modulus in a SubjectPublicKeyInfo (RFC 5280 section
/// 4.1.2.7), or in the bare RSAPublicKey that RFC 6376 names.
fn modulus_bits(der: &[u8]) -> Option<usize> {
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 2;
    const BIT_STRING: u8 = 3;
    let mut inside = element(der, SEQUENCE)?.0;
    if let Some((_, rest)) = element(inside, SEQUENCE) {
        let bits = element(rest, BIT_STRING)?.0;
        inside = element(bits.get(1..)?, SEQUENCE)?.0;
    }
    let modulus = element(inside, INTEGER)?.0;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    Some((modulus.len() - first) * 8 - modulus[first].leading_zeros() as usize)
}

/// The content of the DER element of this tag that `der` begins with, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *head != tag {
        return None;
    }
    let (length, rest) = match length {
        0..=127 => (usize::from(*length), rest),
        0x81 | 0x82 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 15))?;
            (bytes.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn shown(text: &str) -> String {
    text::shown(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_the_keys_in_it() {
        assert_eq!(base64("Zm9vYmE="), Some(b"fooba".to_vec()));
        assert_eq!(base64("Zm9vYg=="), Some(b"foob".to_vec()));
        assert_eq!(base64("Zm9vYg"), Some(b"foob".to_vec()));
        for wrong in ["Zm9v!", "Zm9vY", "Zm9v===", "Zm-_"] {
            assert_eq!(base64(wrong), None, "{wrong}");
        }
        // The digits of RFC 4648 section 4 in their order are the numbers 0 to 63, of six bits each.
        let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits: String = base64(digits).unwrap().iter().map(|byte| format!("{byte:08b}")).collect();
        assert_eq!(bits, (0..64).map(|number| format!("{number:06b}")).collect::<String>());
        assert_eq!((base64(""), base64("Zg")), (Some(Vec::new()), Some(b"f".to_vec())));
        // RFC 6376 appendix C: a key of 1024 bits.
        let key = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";
        assert_eq!(modulus_bits(&base64(key).unwrap()), Some(1024));
        for cut in 0..120 {
            assert_eq!(modulus_bits(&base64(key).unwrap()[..cut]), None, "{cut}");
        }
        // Leading zeros are no bits of the number, and no number is none.
        for (number, bits) in [
            (&b"\x02\x02\x01\xff"[..], Some(9)),
            (b"\x02\x01\x80", Some(8)),
            (b"\x02\x03\0\0\x7f", Some(7)),
            (b"\x02\x02\0\0", None),
            (b"\x04\x01\x80", None),
        ] {
            assert_eq!(modulus_bits(&[&[0x30, number.len() as u8], number].concat()), bits, "{number:?}");
        }
        assert_eq!(modulus_bits(&[&[0x31, 3][..], b"\x02\x01\x80"].concat()), None);
    }

    #[test]
    fn the_length_of_an_element() {
        let content = vec![7; 300];
        for (head, length) in [
            (&[4, 5][..], Some(5)),
            (&[4, 127], Some(127)),
            (&[4, 0x81, 200], Some(200)),
            (&[4, 0x82, 1, 4], Some(260)),
            (&[4, 0x82, 1, 44], Some(300)),
            (&[4, 0x82, 1, 45], None),
            // Without a length, of three bytes of it, and another tag.
            (&[4, 0x80], None),
            (&[4, 0x83, 0, 0, 1], None),
            (&[5, 5], None),
        ] {
            let der = [head, &content].concat();
            let found = element(&der, 4).map(|(inside, rest)| (inside.len(), rest.len()));
            assert_eq!(found, length.map(|length| (length, 300 - length)), "{head:?}");
        }
    }

    #[test]
    fn where_reports_go() {
        assert_eq!(
            addresses(Some("mailto:a@b.example!10m, MAILTO:c@d.example?subject=x,https://r.example/v1")),
            ["a@b.example", "c@d.example", "https://r.example/v1"]
        );
        assert!(addresses(Some(" , ")).is_empty() && addresses(None).is_empty());
    }
}
