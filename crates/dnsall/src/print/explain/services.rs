//! How to connect: addresses, aliases, HTTPS and SVCB, SRV.
use std::net::IpAddr;

use plainnet_common::{block::Block, special};

use super::{
    Fact, plain,
    providers::{self, Kind},
    sentences::Sentences,
};
use crate::wire::{name::Name, types::Type};

/// The addresses of one family.
pub(super) fn addresses(said: &mut Sentences, facts: &[&Fact<'_>]) {
    for fact in facts {
        let Some(ip) = address(fact) else { continue };
        match providers::by_address(ip) {
            Some(row) => {
                let who = row.who;
                said.say(format!("{who} serves the name"), fact.reason());
                if row.kind == Kind::Shared {
                    let words = format!("many sites share the address, so that a request must name its site ({who})");
                    said.say(words, fact.reason());
                }
            }
            None => {
                if let Some(reach) = reach(ip) {
                    said.say(reach, fact.reason());
                }
            }
        }
    }
    if let [first, _, ..] = facts {
        let family = if first.rtype == Type::A { "IPv4" } else { "IPv6" };
        let words = format!("{} {family} addresses share the load", facts.len());
        said.say_all(&words, facts.iter().map(|fact| fact.reason()));
    }
}

fn address(fact: &Fact<'_>) -> Option<IpAddr> {
    match fact.rtype {
        Type::A => <[u8; 4]>::try_from(&fact.data.wire[..]).ok().map(IpAddr::from),
        Type::AAAA => <[u8; 16]>::try_from(&fact.data.wire[..]).ok().map(IpAddr::from),
        _ => None,
    }
}

/// Who can reach an address that is not for everyone.
fn reach(ip: IpAddr) -> Option<String> {
    let row = special::row(&Block::of(ip));
    let words = match (ip, row.map_or("", |row| row.name)) {
        _ if special::is_global(ip) && !ip.is_multicast() => return None,
        _ if ip.is_unspecified() => "the address is none",
        _ if ip.is_loopback() => "the address is the asking machine itself",
        _ if ip.is_multicast() => "the address is of a multicast group",
        (_, "Private-Use" | "Unique-Local") => "the address is of a private network",
        (_, "Link Local" | "Link-Local Unicast") => "the address is of one link",
        (_, "Shared Address Space") => "the address is inside a provider's network",
        (_, name) if name.starts_with("Documentation") => "the address is for documentation only",
        (_, name) => return Some(format!("the Internet does not route the address ({name})")),
    };
    Some(words.to_owned())
}

/// An alias that is no DKIM selector.
pub(super) fn alias(said: &mut Sentences, name: &Name, fact: &Fact<'_>, target: &Name) {
    if let Some(who) = providers::by_name(Kind::Proof, target) {
        said.say(format!("the name proves to {who} who controls the domain"), fact.reason());
    } else if name.labels().next().is_some_and(|label| label.eq_ignore_ascii_case(b"_acme-challenge")) {
        said.say(format!("{} answers for certificates of the domain (ACME)", plain(target)), fact.reason());
    } else if let Some(who) = providers::by_name(Kind::Alias, target) {
        said.say(format!("{who} serves the name"), fact.reason());
    }
}

/// HTTPS and SVCB (RFC 9460 sections 2.4, 7 and 9; ECH is RFC 9849's).
pub(super) fn binding(said: &mut Sentences, fact: &Fact<'_>) {
    let words: Vec<&str> = fact.data.text.split(' ').collect();
    let site = if fact.rtype == Type::HTTPS { "the web site" } else { "the service" };
    if let ["0", target, ..] = words[..] {
        let provider = fact.name_at(2).and_then(|target| providers::by_name(Kind::Alias, &target));
        let who = provider.map_or(String::new(), |who| format!(" ({who})"));
        let target = target.strip_suffix('.').filter(|name| !name.is_empty()).unwrap_or(target);
        return said.say(format!("{site} is served by {target}{who}"), fact.reason());
    }
    for word in words.iter().skip(2) {
        match word.split_once('=') {
            Some(("alpn", list)) => {
                let ids: Vec<_> = list.trim_matches('"').split(',').collect();
                for (id, protocol) in [("h3", "HTTP/3 (QUIC)"), ("h2", "HTTP/2")] {
                    if ids.contains(&id) && fact.rtype == Type::HTTPS {
                        said.say(format!("browsers can speak {protocol} at once"), fact.reason());
                    }
                }
            }
            Some(("ech", _)) if fact.rtype == Type::HTTPS => {
                said.say("browsers can hide the site's name in the handshake (ECH)", fact.reason());
            }
            Some(("port", port)) => said.say(format!("{site} is at port {port}"), fact.reason()),
            _ => {}
        }
    }
}

/// SRV (RFC 2782): `service` is what the owner's name says, where it says it.
pub(super) fn location(said: &mut Sentences, service: Option<&str>, fact: &Fact<'_>) {
    let Some(host) = fact.name_at(6) else { return };
    let service = service.unwrap_or("a service");
    if host.is_root() {
        return said.say(format!("{service} is not offered here"), fact.reason());
    }
    let port = fact.data.wire.get(4..6).map_or(0, |port| u16::from_be_bytes([port[0], port[1]]));
    said.say(format!("{service} is at {}, port {port}", plain(&host)), fact.reason());
    if let Some(who) = providers::by_name(Kind::Alias, &host) {
        said.say(format!("{who} runs {service}"), fact.reason());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reaches_an_address() {
        // IANA's special-purpose address registries.
        for (ip, words) in [
            ("9.9.9.9", None),
            ("2620:fe::fe", None),
            ("0.0.0.0", Some("the address is none")),
            ("::", Some("the address is none")),
            ("127.0.0.1", Some("the address is the asking machine itself")),
            ("::1", Some("the address is the asking machine itself")),
            ("224.0.0.251", Some("the address is of a multicast group")),
            ("ff02::fb", Some("the address is of a multicast group")),
            ("ff0e::1", Some("the address is of a multicast group")),
            ("10.0.0.1", Some("the address is of a private network")),
            ("fd00::1", Some("the address is of a private network")),
            ("169.254.0.1", Some("the address is of one link")),
            ("fe80::1", Some("the address is of one link")),
            ("100.64.0.1", Some("the address is inside a provider's network")),
            ("192.0.2.1", Some("the address is for documentation only")),
            ("2001:db8::1", Some("the address is for documentation only")),
            ("198.18.0.1", Some("the Internet does not route the address (Benchmarking)")),
        ] {
            assert_eq!(reach(ip.parse().unwrap()).as_deref(), words, "{ip}");
        }
    }
}
