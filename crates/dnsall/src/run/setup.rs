//! What the command line and the system mean for a run: how to ask, whom to
//! ask, and which names an input stands for.
use std::{net::IpAddr, rc::Rc};

use plainnet_common::{
    exit::{Fail, Status},
    input::Owned,
};

use crate::{
    ask::{engine, pasted, random::Random, settings::Settings},
    cli::{Conf, TIMEOUT, TRIES, View},
    net::{resolv::System, server::Server},
    wire::name::Name,
};

/// The size of the receive buffer: the longest message.
pub(super) const BUFFER: usize = 1 << 16;

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
        tries: conf.tries.or(system.and_then(|system| system.attempts)).unwrap_or(TRIES),
        window: conf.window,
        interval: conf.interval,
        exhaustive: conf.exhaustive,
        lone: !conf.many,
        follow: conf.follow,
        check_alias: conf.view == View::Explain,
        keep_messages: false,
        spread: conf.spread,
    }
}

pub(super) fn network(subject: &str, why: &str) -> Fail {
    Fail::Stop(Status::Network, format!("{subject}: {why}"))
}

/// Servers that stand in for each other.
#[derive(Debug)]
pub(super) struct Group {
    /// In the order to try them.
    pub(super) servers: Vec<Server>,
}

/// The servers to ask: those after each @, or the system's. With --spread all
/// of them share the questions; otherwise each @SERVER gets every question.
pub(super) fn groups(conf: &Conf, system: Option<&System>) -> Result<Vec<Group>, Fail> {
    let fit = |server: &Server| conf.families.allow(server.addr.ip());
    let mut groups = Vec::new();
    for named in &conf.servers {
        let all = named.address.servers().map_err(|why| network(&named.address.to_string(), &why))?;
        let servers: Vec<Server> = all.into_iter().filter(fit).collect();
        if servers.is_empty() {
            return Err(network(&named.address.to_string(), "no address of the family asked for"));
        }
        groups.push(Group { servers });
    }
    if conf.spread && groups.len() > 1 {
        let servers = groups.drain(..).flat_map(|group| group.servers).collect();
        groups.push(Group { servers });
    }
    if groups.is_empty() && !conf.trace {
        let mut servers: Vec<Server> =
            system.map(|s| s.servers.iter().filter(|s| fit(s)).cloned().collect()).unwrap_or_default();
        // The servers take turns, and each run is one turn.
        if system.is_some_and(|system| system.rotate) && !servers.is_empty() {
            let turn = usize::from(u16::from_ne_bytes(Random::default().bytes()));
            let count = servers.len();
            servers.rotate_left(turn % count);
        }
        if servers.is_empty() {
            return Err(network("/etc/resolv.conf", "no name server of the family asked for"));
        }
        groups.push(Group { servers });
    }
    Ok(groups)
}

/// The names that an input may mean, in the order to ask them; nothing for a
/// blank line or a comment.
pub(super) fn names(input: &Owned, conf: &Conf, search: Option<&System>) -> Option<Result<Vec<Name>, String>> {
    let text = match input.text.as_ref()? {
        Ok(text) => text,
        Err(why) => return Some(Err((*why).to_owned())),
    };
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(Ok(vec![Name::reverse(ip)]));
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
    let Some(system) = search.filter(|_| !text.ends_with('.')) else { return Some(Ok(vec![name])) };
    Some(Ok(engine::candidates(name, &system.search, system.ndots)))
}
