//! Sender policies (SPF), judged as RFC 7208 has it: what a receiver does with
//! the record, and who may send mail by it.
use std::net::{Ipv4Addr, Ipv6Addr};

use plainnet_common::text;

use super::{
    Fact,
    providers::{self, Kind},
    sentences::Sentences,
};

/// Terms that cost a look-up in one evaluation, at most (RFC 7208 section 4.6.4).
const LOOKUPS: usize = 10;

/// What a match of a mechanism means (RFC 7208 section 4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Qualifier {
    Pass,
    Fail,
    SoftFail,
    Neutral,
}

/// A mechanism; a domain is none where the record means the name itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mechanism<'a> {
    All,
    Include(&'a str),
    A(Option<&'a str>),
    Mx(Option<&'a str>),
    Ptr(Option<&'a str>),
    Network,
    Exists(&'a str),
}

/// A policy whose syntax is right.
#[derive(Debug, PartialEq, Eq)]
struct Policy<'a> {
    /// Up to and with the first `all`: what follows it is never tested (section 5.1).
    mechanisms: Vec<(Qualifier, Mechanism<'a>)>,
    redirect: Option<&'a str>,
}

/// Is the text a sender policy? Only TXT records are asked (section 3.1).
pub(super) fn is_policy(text: &[u8]) -> bool {
    text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case(b"v=spf1")) && matches!(text.get(6), None | Some(b' '))
}

/// Says what the policies of `name` mean. `has_address` is false where the
/// server said that the name has no address, `has_mx` likewise for MX.
pub(super) fn explain(
    said: &mut Sentences,
    name: &str,
    policies: &[(&Fact<'_>, String)],
    has_address: bool,
    has_mx: bool,
) {
    let [(fact, policy)] = policies else {
        // Section 4.5: with more than one record the result is permerror.
        let reasons = policies.iter().map(|(fact, _)| fact.reason());
        return said.say_all("the sender policy is void, since there are several", reasons);
    };
    let policy = match Policy::read(policy) {
        Ok(policy) => policy,
        Err(why) => return said.say(format!("the sender policy is void, since {why} (permerror)"), fact.reason()),
    };
    let lookups = policy.lookups();
    if lookups > LOOKUPS {
        let words =
            format!("receivers give the sender policy up after {LOOKUPS} look-ups (permerror): it names {lookups}");
        return said.say(words, fact.reason());
    }
    policy.explain(said, name, fact, has_address, has_mx);
}

impl<'a> Policy<'a> {
    /// Reads the terms behind the version; the error says what makes the record
    /// void (section 4.6.1).
    fn read(text: &'a str) -> Result<Policy<'a>, String> {
        let mut policy = Policy { mechanisms: Vec::new(), redirect: None };
        let (mut ended, mut explanation) = (false, false);
        for term in text.split(' ').skip(1).filter(|term| !term.is_empty()) {
            let wrong = |why: &str| Err(format!("{} {why}", text::shown(term.as_bytes())));
            let delimiter = term.find([':', '/', '=']).unwrap_or(term.len());
            if term[delimiter..].starts_with('=') {
                let value = &term[delimiter + 1..];
                match &term[..delimiter].to_ascii_lowercase()[..] {
                    "redirect" if policy.redirect.is_some() => return wrong("is a second redirect"),
                    "redirect" if !is_domain(value) => return wrong("names no domain"),
                    "redirect" => policy.redirect = Some(value),
                    "exp" if explanation => return wrong("is a second exp"),
                    "exp" if !is_domain(value) => return wrong("names no domain"),
                    "exp" => explanation = true,
                    // Section 6: unknown modifiers are ignored.
                    name if is_modifier(name) => {}
                    _ => return wrong("is no term"),
                }
                continue;
            }
            let (qualifier, bare) = match term.as_bytes()[0] {
                b'+' => (Qualifier::Pass, &term[1..]),
                b'-' => (Qualifier::Fail, &term[1..]),
                b'~' => (Qualifier::SoftFail, &term[1..]),
                b'?' => (Qualifier::Neutral, &term[1..]),
                _ => (Qualifier::Pass, term),
            };
            match Mechanism::read(bare) {
                Err(why) => return wrong(why),
                Ok(_) if ended => {}
                Ok(mechanism) => {
                    ended = mechanism == Mechanism::All;
                    policy.mechanisms.push((qualifier, mechanism));
                }
            }
        }
        Ok(policy)
    }

    /// Does `all` end it?
    fn ends_in_all(&self) -> bool {
        matches!(self.mechanisms.last(), Some((_, Mechanism::All)))
    }

    /// The look-ups of this record alone; those of the records that it includes come on top.
    fn lookups(&self) -> usize {
        let asks = |(_, mechanism): &&(_, Mechanism<'_>)| !matches!(mechanism, Mechanism::All | Mechanism::Network);
        self.mechanisms.iter().filter(asks).count() + usize::from(self.redirect.is_some() && !self.ends_in_all())
    }

    fn explain(&self, said: &mut Sentences, name: &str, fact: &Fact<'_>, has_address: bool, has_mx: bool) {
        let mut say = |words: String| said.say(words, fact.reason());
        if let [(Qualifier::Fail, Mechanism::All)] = self.mechanisms[..] {
            say(format!("no server at all may send mail as {name}"));
        } else {
            self.mechanisms(&mut say, name, has_address, has_mx);
        }
        match self.redirect {
            Some(domain) if self.ends_in_all() => {
                say(format!("the redirect to {} is ignored, since the policy ends in all", shown(domain)));
            }
            Some(domain) if self.mechanisms.is_empty() => {
                say(format!("the sender policy is that of {}", known(domain)));
            }
            Some(domain) => say(format!("for all other servers the sender policy is that of {}", known(domain))),
            // Section 4.7: the result is neutral.
            None if !self.ends_in_all() => {
                say(format!("nothing is said about mail as {name} from other servers"));
            }
            None => {}
        }
    }

    fn mechanisms(&self, say: &mut impl FnMut(String), name: &str, has_address: bool, has_mx: bool) {
        let networks = |wanted| {
            self.mechanisms.iter().filter(|(q, mechanism)| *q == wanted && *mechanism == Mechanism::Network).count()
        };
        for (qualifier, mechanism) in &self.mechanisms {
            let servers = match mechanism {
                Mechanism::All => {
                    say(match qualifier {
                        Qualifier::Pass if self.mechanisms.len() == 1 => {
                            format!("any server at all may send mail as {name}")
                        }
                        Qualifier::Pass => format!("any server may send mail as {name}"),
                        Qualifier::Fail => format!("no other server may send mail as {name}"),
                        Qualifier::SoftFail => format!("mail as {name} from other servers is suspect"),
                        Qualifier::Neutral => format!("nothing is said about mail as {name} from other servers"),
                    });
                    continue;
                }
                // A look-up that finds nothing matches nobody (section 4.6.4 calls it void).
                Mechanism::A(None) if !has_address => {
                    say(format!("the term a of the sender policy matches nobody, since {name} has no address"));
                    continue;
                }
                Mechanism::Mx(None) if !has_mx => {
                    say(format!("the term mx of the sender policy matches nobody, since {name} has no MX record"));
                    continue;
                }
                Mechanism::Include(domain) => match providers::by_domain(Kind::Sender, domain) {
                    Some(who) => who.to_owned(),
                    None => format!("whom {} allows", shown(domain)),
                },
                Mechanism::A(domain) => format!("the hosts of {}", domain.map_or(name.to_owned(), shown)),
                Mechanism::Mx(domain) => format!("the mail servers of {}", domain.map_or(name.to_owned(), shown)),
                Mechanism::Ptr(domain) => {
                    format!("hosts whose reverse name is within {}", domain.map_or(name.to_owned(), shown))
                }
                Mechanism::Exists(domain) => format!("servers for which {} exists", shown(domain)),
                // The same sentence for each of them is said once.
                Mechanism::Network => match networks(*qualifier) {
                    1 => "1 network named there".to_owned(),
                    n => format!("{n} networks named there"),
                },
            };
            say(match qualifier {
                Qualifier::Pass => format!("{servers} may send mail as {name}"),
                Qualifier::Fail => format!("{servers} may not send mail as {name}"),
                Qualifier::SoftFail => format!("mail as {name} is suspect if it comes from: {servers}"),
                Qualifier::Neutral => format!("nothing is said about mail as {name} if it comes from: {servers}"),
            });
        }
    }
}

impl<'a> Mechanism<'a> {
    fn read(text: &'a str) -> Result<Mechanism<'a>, &'static str> {
        let (name, rest) = text.split_at(text.find([':', '/']).unwrap_or(text.len()));
        let argument = rest.strip_prefix(':');
        let needed = || argument.filter(|domain| is_domain(domain)).ok_or("names no domain");
        match &name.to_ascii_lowercase()[..] {
            "all" if rest.is_empty() => Ok(Mechanism::All),
            "include" => needed().map(Mechanism::Include),
            "exists" => needed().map(Mechanism::Exists),
            "a" => hosts(rest).map(Mechanism::A),
            "mx" => hosts(rest).map(Mechanism::Mx),
            "ptr" if rest.is_empty() => Ok(Mechanism::Ptr(None)),
            "ptr" => needed().map(|domain| Mechanism::Ptr(Some(domain))),
            "ip4" => network::<Ipv4Addr>(argument, 32),
            "ip6" => network::<Ipv6Addr>(argument, 128),
            _ => Err("is no mechanism"),
        }
    }
}

/// What follows `a` and `mx`: `[:domain][/bits][//bits]`.
fn hosts(rest: &str) -> Result<Option<&str>, &'static str> {
    let (domain, lengths) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (four, six) = match lengths.split_once("//") {
        Some((four, six)) => (four.strip_prefix('/').or(four.is_empty().then_some("32")), Some(six)),
        None if lengths.is_empty() => (Some("32"), None),
        None => (lengths.strip_prefix('/'), None),
    };
    if !four.is_some_and(|bits| is_length(bits, 32)) || !six.is_none_or(|bits| is_length(bits, 128)) {
        return Err("has no such prefix length");
    }
    match domain.strip_prefix(':') {
        None => Ok(None),
        Some(domain) if is_domain(domain) => Ok(Some(domain)),
        Some(_) => Err("names no domain"),
    }
}

fn network<A: std::str::FromStr>(argument: Option<&str>, most: u8) -> Result<Mechanism<'_>, &'static str> {
    let (address, bits) = argument.map_or(("", None), |text| match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    });
    let fits = address.parse::<A>().is_ok() && bits.is_none_or(|bits| is_length(bits, most));
    if fits { Ok(Mechanism::Network) } else { Err("names no network") }
}

fn is_length(bits: &str, most: u8) -> bool {
    bits.bytes().all(|b| b.is_ascii_digit()) && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

/// A domain-spec (section 7.1): visible characters, `%` only in macros, and a
/// top label or a macro at its end.
fn is_domain(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, macros)) = rest.split_once('%') {
        rest = match macros.as_bytes().first() {
            Some(b'%' | b'_' | b'-') => &macros[1..],
            Some(b'{') => match macros.split_once('}') {
                Some((inside, behind)) if inside.len() > 1 => behind,
                _ => return false,
            },
            _ => return false,
        };
        if rest.is_empty() {
            return true;
        }
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let top = name.rsplit_once('.').map_or("", |(_, top)| top);
    let alphanumeric = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    text.bytes().all(|b| (0x21..0x7f).contains(&b))
        && top.bytes().all(alphanumeric)
        && top.bytes().any(|b| b.is_ascii_alphabetic())
        && !top.starts_with('-')
        && !top.ends_with('-')
}

fn is_modifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The provider behind a domain, and the domain.
fn known(domain: &str) -> String {
    match providers::by_domain(Kind::Sender, domain) {
        Some(who) => format!("{} ({who})", shown(domain)),
        None => shown(domain),
    }
}

fn shown(text: &str) -> String {
    text::shown(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_policy_void() {
        for (terms, why) in [
            ("include:a.example ipv4:192.0.2.1 -all", "ipv4:192.0.2.1 is no mechanism"),
            ("ip4:192.0.2.256 -all", "ip4:192.0.2.256 names no network"),
            ("ip4:192.0.2.0/33 -all", "ip4:192.0.2.0/33 names no network"),
            ("ip6:192.0.2.1 -all", "ip6:192.0.2.1 names no network"),
            ("ip4 -all", "ip4 names no network"),
            ("include: -all", "include: names no domain"),
            ("include -all", "include names no domain"),
            ("include:nolabels -all", "include:nolabels names no domain"),
            ("a:192.0.2.1 -all", "a:192.0.2.1 names no domain"),
            ("a/33 -all", "a/33 has no such prefix length"),
            ("a//129 -all", "a//129 has no such prefix length"),
            ("mx/ -all", "mx/ has no such prefix length"),
            ("exists:%{i -all", "exists:%{i names no domain"),
            ("exists:100%.example -all", "exists:100%.example names no domain"),
            ("all:x.example", "all:x.example is no mechanism"),
            ("- all", "- is no mechanism"),
            ("redirect=a.example redirect=b.example", "redirect=b.example is a second redirect"),
            ("exp=a.example exp=b.example -all", "exp=b.example is a second exp"),
            ("1x=y -all", "1x=y is no term"),
            ("exp=nolabels -all", "exp=nolabels names no domain"),
            ("redirect=nolabels", "redirect=nolabels names no domain"),
            ("ptr: -all", "ptr: names no domain"),
            ("a:nolabels/24 -all", "a:nolabels/24 names no domain"),
            // What stands behind all is not tested, and yet its syntax counts (section 4.6).
            ("-all ip4:x", "ip4:x names no network"),
            ("-all\u{a0}", "-all\u{a0} is no mechanism"),
        ] {
            assert_eq!(Policy::read(&format!("v=spf1 {terms}")), Err(why.to_owned()), "{terms}");
        }
        for terms in [
            "",
            "a/24//64 mx//64 a:h.example/24 ip6:2001:db8::/32 ptr ptr:x.example ?all",
            "exists:%{ir}.%{l1r+-}._spf.%{d} include:%{d2}",
            "x-y=anything%{ -all exp=why.example.",
            "  -ALL  ",
        ] {
            assert!(Policy::read(&format!("v=spf1 {terms}")).is_ok(), "{terms}");
        }
    }

    #[test]
    fn look_ups_are_counted_up_to_all() {
        for (terms, lookups) in [
            ("ip4:192.0.2.1 a mx ptr exists:a.example include:b.example -all", 5),
            ("-all include:a.example", 0),
            ("mx redirect=b.example", 2),
            ("mx redirect=b.example -all", 1),
            ("exp=why.example mx ~all", 1),
        ] {
            assert_eq!(Policy::read(&format!("v=spf1 {terms}")).map(|policy| policy.lookups()), Ok(lookups), "{terms}");
        }
    }

    #[test]
    fn policies_and_other_texts() {
        for (text, is_it) in [
            ("a.b", true),
            ("a.b.", true),
            ("b", false),
            ("a.1b", true),
            ("a.11", false),
            ("a.-b", false),
            ("a.b-", false),
            ("a.b_", false),
            ("a_.b", true),
            ("a b.c", false),
            ("é.b", false),
            ("a.b\x7f", false),
            ("%{d}", true),
            ("%{d}.x", true),
            ("%{d}.1", false),
            ("%{}", false),
            ("%{d", false),
            ("%%.b", true),
            ("%-", true),
            ("%_x.b", true),
            ("%", false),
            ("%d.b", false),
            ("", false),
            (".", false),
        ] {
            assert_eq!(is_domain(text), is_it, "{text}");
        }
        for (text, is_it) in
            [("x", true), ("x-y_1.z", true), ("1x", false), ("-x", false), ("", false), ("x=y", false), ("xé", false)]
        {
            assert_eq!(is_modifier(text), is_it, "{text}");
        }
        for (bits, most, is_it) in [
            ("0", 32, true),
            ("32", 32, true),
            ("33", 32, false),
            ("128", 128, true),
            ("+5", 32, false),
            ("", 32, false),
            ("x", 32, false),
            ("256", 128, false),
        ] {
            assert_eq!(is_length(bits, most), is_it, "{bits}");
        }
        assert!(is_policy(b"v=spf1") && is_policy(b"V=SPF1 -all"));
        assert!(!is_policy(b"v=spf10 -all") && !is_policy(b" v=spf1") && !is_policy(b"v=spf1\t-all"));
    }
}
