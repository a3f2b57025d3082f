//! What the command line and the system mean for a run: how to ask, whom to
//! ask, and which names an input stands for.
use std::{net::IpAddr, rc::Rc};

use plainnet_common::input::Owned;
use smallvec::{SmallVec, smallvec};

use crate::{
    ask::{engine, pasted, random::Random, settings::Settings},
    cli::{Conf, Named, TIMEOUT, TRIES, View},
    net::{resolv::System, server::Server},
    wire::name::Name,
};

/// How the command line wants questions to be asked, and the system where the command line is silent.
pub(super) fn settings(conf: &Conf, system: Option<&System>) -> Settings {
    Settings {
        types: conf.types.as_deref().map(Rc::from),
        class: conf.class,
        recurse: conf.recurse,
        edns: conf.edns,
        cookie: conf.cookie,
        dnssec: conf.dnssec,
        nsid: conf.nsid,
        subnet: conf.subnet,
        timeout: conf.timeout.or(system.and_then(|system| system.timeout)).unwrap_or(TIMEOUT),
        tries: tries(conf, system),
        window: conf.window,
        interval: conf.interval,
        exhaustive: conf.exhaustive,
        lone: !conf.many,
        follow: conf.follow,
        check_alias: conf.view == View::Explain,
        keep_messages: conf.validate,
        checking: conf.validate,
        validate: conf.validate,
        spread: conf.spread,
    }
}

/// How often a question is sent. An attempt of resolv.conf(5) is a round over
/// all of its servers, and whatever --tries says each of them gets the question.
fn tries(conf: &Conf, system: Option<&System>) -> u32 {
    let asked = system.filter(|_| conf.servers.is_empty());
    let servers = asked.map_or(1, |system| system.servers.iter().map(|s| u32::from(fits(s, conf))).sum());
    let rounds = system.and_then(|system| system.attempts);
    conf.tries.or(rounds.map(|rounds| rounds.saturating_mul(servers))).unwrap_or(TRIES).max(servers).max(1)
}

/// Servers that stand in for each other.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// In the order to try them; at least one, unless they are unusable.
    pub(super) servers: Vec<Server>,
    /// How messages name each of them.
    pub(super) names: Vec<String>,
    /// Why none of them can be asked.
    pub(super) unusable: Option<String>,
}

impl Group {
    fn unusable(subject: impl std::fmt::Display, why: &str) -> Group {
        Group { unusable: Some(format!("{subject}: {why}")), ..Group::default() }
    }
}

/// The servers to ask: those after each @, or the system's. With --spread all
/// of them share the questions; otherwise each @SERVER gets every question.
pub(super) fn groups(conf: &Conf, system: Option<&System>) -> Vec<Group> {
    let mut groups: Vec<Group> = conf.servers.iter().map(|named| group(named, conf)).collect();
    if conf.spread && groups.len() > 1 {
        let mut shared = Group::default();
        for group in groups.drain(..) {
            shared.servers.extend(group.servers);
            shared.names.extend(group.names);
            shared.unusable = shared.unusable.or(group.unusable);
        }
        groups.push(shared);
    }
    if groups.is_empty() && !conf.trace {
        let mut servers: Vec<Server> =
            system.map(|s| s.servers.iter().filter(|s| fits(s, conf)).cloned().collect()).unwrap_or_default();
        // The servers take turns, and each run is one turn.
        if system.is_some_and(|system| system.rotate) && !servers.is_empty() {
            let turn = usize::from(u16::from_ne_bytes(Random::default().bytes()));
            let count = servers.len();
            servers.rotate_left(turn % count);
        }
        groups.push(match servers.is_empty() {
            true => Group::unusable("/etc/resolv.conf", "no name server of the family asked for"),
            false => Group { names: servers.iter().map(Server::to_string).collect(), servers, unusable: None },
        });
    }
    groups
}

/// The servers after one @. Among several, messages name them as typed: two of
/// them may have one address.
fn group(named: &Named, conf: &Conf) -> Group {
    let is_one_of_several = conf.servers.len() > 1;
    let subject = if is_one_of_several { named.text.clone() } else { named.address.to_string() };
    let servers: Vec<Server> = match named.address.servers() {
        Ok(servers) => servers.into_iter().filter(|server| fits(server, conf)).collect(),
        Err(why) => return Group::unusable(subject, &why),
    };
    let names = match &servers[..] {
        [] => return Group::unusable(subject, "no address of the family asked for"),
        [_] if is_one_of_several => vec![subject],
        several if is_one_of_several => several.iter().map(|server| format!("{subject} ({})", server.addr)).collect(),
        servers => servers.iter().map(Server::to_string).collect(),
    };
    Group { servers, names, unusable: None }
}

/// Is the server's address of a family that may be used?
fn fits(server: &Server, conf: &Conf) -> bool {
    conf.families.allow(server.addr.ip())
}

/// The names that an input may mean: hardly ever more than one.
pub(super) type Names = SmallVec<[Name; 1]>;

/// The names that an input may mean, in the order to ask them; nothing for a
/// blank line or a comment.
pub(super) fn names(input: &Owned, conf: &Conf, search: Option<&System>) -> Option<Result<Names, String>> {
    let text = match input.text.as_ref()? {
        Ok(text) => text,
        Err(why) => return Some(Err((*why).to_owned())),
    };
    if let Some(ip) = address(text) {
        return Some(Ok(smallvec![Name::reverse(ip)]));
    }
    if conf.reverse {
        return Some(Err("-x needs an address".to_owned()));
    }
    if let Some(why) = pasted::refusal(text) {
        return Some(Err(why));
    }
    let name = match Name::parse(text) {
        Ok(name) => name,
        Err(why) => return Some(Err(why.to_string())),
    };
    let Some(system) = search.filter(|_| !text.ends_with('.')) else { return Some(Ok(smallvec![name])) };
    Some(Ok(engine::candidates(name, &system.search, system.ndots).into()))
}

/// The address that `text` is, if it is one: a digit or a colon begins it, or a letter of a hexadecimal number.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':').then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, time::Duration};

    use super::*;
    use crate::{
        cli,
        net::resolv::{self, Environment},
    };

    fn conf(line: &str) -> Conf {
        cli::parse(line.split_whitespace().map(OsString::from)).unwrap()
    }

    fn system(text: &str) -> System {
        resolv::read(text.as_bytes(), &Environment::default())
    }

    #[test]
    fn the_systems_timeout_and_attempts_reach_the_engine() {
        let of = |line: &str, text: &str| {
            let settings = settings(&conf(line), Some(&system(text)));
            (settings.timeout, settings.tries)
        };
        let seconds = Duration::from_secs;
        assert_eq!(of("a.test", ""), (seconds(3), 4));
        assert_eq!(of("a.test", "options timeout:7 attempts:2"), (seconds(7), 2));
        assert_eq!(of("a.test", "options attempts:5"), (seconds(3), 5));
        // The command line goes before.
        assert_eq!(of("--timeout 1 a.test", "options timeout:7 attempts:2"), (seconds(1), 2));
        assert_eq!(of("--tries 3 a.test", "options timeout:7 attempts:2"), (seconds(7), 3));
    }

    #[test]
    fn each_of_the_systems_servers_gets_the_question() {
        let three = "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 2001:db8::1\n";
        for (line, options, count) in [
            ("a.test", "", 4),
            ("a.test", "options attempts:1", 3),
            ("a.test", "options attempts:2", 6),
            ("--tries 1 a.test", "", 3),
            ("--tries 5 a.test", "options attempts:1", 5),
            ("-4 --tries 1 a.test", "", 2),
            ("-6 a.test", "options attempts:2", 2),
            // Of those after @ none stands in for another.
            ("--tries 1 --search @192.0.2.9 a.test", "", 1),
            ("--search @192.0.2.9 a.test", "options attempts:2", 2),
            ("--tries 1 --spread @192.0.2.8 @192.0.2.9 a.test", "", 1),
        ] {
            let text = format!("{three}{options}\n");
            assert_eq!(tries(&conf(line), Some(&system(&text))), count, "{line} {options}");
        }
        assert_eq!(tries(&conf("-6 --tries 1 a.test"), Some(&system("nameserver 192.0.2.1\n"))), 1);
    }

    #[test]
    fn servers_that_take_turns() {
        let three = "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n";
        let names = |text: &str| {
            let groups = groups(&conf("a.test"), Some(&system(text)));
            let [group] = &groups[..] else { panic!("{groups:?}") };
            assert_eq!(group.servers.iter().map(Server::to_string).collect::<Vec<_>>(), group.names);
            group.names.clone()
        };
        let in_order = ["192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53"];
        let mut firsts = std::collections::BTreeSet::new();
        for _ in 0..200 {
            assert_eq!(names(three), in_order);
            let mut turned = names(&format!("{three}options rotate\n"));
            firsts.insert(turned[0].clone());
            // The order stays, in a circle.
            let at = turned.iter().position(|name| name == in_order[0]).unwrap();
            turned.rotate_left(at);
            assert_eq!(turned, in_order);
        }
        // That one of them never is the first has a chance of 1 to 10^34.
        assert_eq!(firsts.len(), 3);
    }

    #[test]
    fn several_servers_are_named_as_typed() {
        let names = |line: &str| {
            let groups = groups(&conf(line), None);
            groups
                .into_iter()
                .map(|group| group.names.into_iter().next().or(group.unusable).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("@127.0.0.1 a.test"), ["127.0.0.1:53"]);
        assert_eq!(names("@127.0.0.1 @tcp://127.0.0.1 a.test"), ["127.0.0.1", "tcp://127.0.0.1"]);
        let none = "no address of the family asked for";
        assert_eq!(names("-6 @127.0.0.1 a.test"), [format!("127.0.0.1:53: {none}")]);
        assert_eq!(names("-4 @127.0.0.1 @::1 a.test"), ["127.0.0.1".to_owned(), format!("::1: {none}")]);
    }
}
