//! From the root to the servers that know a name, one referral after the other.
use std::net::{IpAddr, SocketAddr};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Origin},
    output::Out,
};

use crate::{
    ask::flight::Rules,
    ask::sweep::Plan,
    cli::Conf,
    inputs::{Given, Inputs, Taken},
    net::server::{Server, Transport},
    print::show::{self, Answer},
    run::Desk,
    spec::SPEC,
    wire::message::{Reply, Section},
    wire::name::Name,
    wire::types::Type,
};

/// The root servers' addresses (root hints, IANA), those of IPv4 first.
const ROOTS: [&str; 26] = [
    "198.41.0.4",
    "170.247.170.2",
    "192.33.4.12",
    "199.7.91.13",
    "192.203.230.10",
    "192.5.5.241",
    "192.112.36.4",
    "198.97.190.53",
    "192.36.148.17",
    "192.58.128.30",
    "193.0.14.129",
    "199.7.83.42",
    "202.12.27.33",
    "2001:503:ba3e::2:30",
    "2801:1b8:10::b",
    "2001:500:2::c",
    "2001:500:2d::d",
    "2001:500:a8::e",
    "2001:500:2f::f",
    "2001:500:12::d0d",
    "2001:500:1::53",
    "2001:7fe::53",
    "2001:503:c27::2:30",
    "2001:7fd::1",
    "2001:500:9f::42",
    "2001:dc3::35",
];

/// Referrals for one name, side ways included.
const STEPS: usize = 40;
/// Names of servers to be found on the way to find a name.
const DEPTH: usize = 3;

/// The root servers.
pub fn roots() -> Vec<Server> {
    let addrs = ROOTS.iter().filter_map(|text| text.parse::<IpAddr>().ok());
    addrs.map(|ip| Server::udp((ip, 53).into())).collect()
}

/// What a reply to a question about `name`, from a server of `zone`, refers to:
/// the zone below, its servers' names, and those addresses that came along.
///
/// A referral that does not lead closer to the name is none.
pub fn referral(reply: &Reply<'_>, zone: &Name, name: &Name) -> Option<(Name, Vec<Name>, Vec<IpAddr>)> {
    let answered = reply.records.iter().any(|r| r.section == Section::Answer);
    if answered || reply.header.flags().contains(&"aa") {
        return None;
    }
    let mut below: Option<Name> = None;
    let mut hosts = Vec::new();
    for record in reply.records.iter().filter(|r| r.section == Section::Authority && r.rtype == Type::NS) {
        let owner = reply.owner(record)?;
        let closer = owner.is_within(zone) && !owner.same(zone) && name.is_within(&owner);
        if !closer || below.as_ref().is_some_and(|b| !b.same(&owner)) {
            continue;
        }
        below = Some(owner);
        hosts.extend(Name::read(reply.msg, record.rdata.start).map(|(host, _)| host));
    }
    let mut addrs = Vec::new();
    for record in reply.records.iter().filter(|r| r.section == Section::Additional) {
        let data = reply.msg.get(record.rdata.clone()).unwrap_or_default();
        let ip: IpAddr = match (record.rtype, <[u8; 4]>::try_from(data), <[u8; 16]>::try_from(data)) {
            (Type::A, Ok(v4), _) => v4.into(),
            (Type::AAAA, _, Ok(v6)) => v6.into(),
            _ => continue,
        };
        if reply.owner(record).is_some_and(|owner| hosts.iter().any(|host| host.same(&owner))) {
            addrs.push(ip);
        }
    }
    // Most hosts that are asked have IPv4, not all IPv6.
    addrs.sort_by_key(IpAddr::is_ipv6);
    below.map(|below| (below, hosts, addrs))
}

/// Is `ip` out in the network, where a referral from there may lead?
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast())
        }
        IpAddr::V6(v6) => v6.to_ipv4_mapped().is_none() && v6.segments()[0] & 0xe000 == 0x2000,
    }
}

/// One run with --trace: name after name.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, rules: Rules, plan: Plan, start: Vec<Server>, out: &mut Out) -> Result<Status, Fail> {
    let mut inputs = Inputs::new(&conf.names, conf.form.end());
    let mut status = Status::default();
    loop {
        let given = match inputs.take() {
            Taken::End => return Ok(status),
            Taken::Wait => {
                std::io::Write::flush(out)?;
                inputs.read().map_err(|e| Fail::io("stdin", &e))?;
                continue;
            }
            Taken::Given(given) => given,
        };
        let mut way = Way { conf, rules, start: &start, steps: Vec::new() };
        let mut servers = Ok(start.clone());
        if let Some(Ok(text)) = &given.text {
            let name = given.address().map_or_else(|| Name::parse(text), |ip| Ok(Name::reverse(ip)));
            if let Ok(name) = name {
                servers = way.find(&name, 0, out)?;
            }
        }
        let stuck = servers.as_ref().err().cloned();
        let mut desk = Desk::new(conf, rules, plan.clone(), servers.unwrap_or_default());
        let mut to = Answers { tool: SPEC.name, form: &conf.form, out };
        if given.text.is_none() {
            show::blank(&given, &mut to)?;
            continue;
        }
        let job = if stuck.is_none() { desk.ask(given.clone(), to.out)? } else { None };
        let answer = Answer {
            input: given.input(),
            invalid: job.as_ref().and_then(|j| j.invalid.clone()),
            hosts: &[],
            trace: &way.steps,
            sweeps: job.as_ref().map_or(&[], |j| &j.sweeps),
            stuck: stuck.as_deref(),
            lost: stuck.is_some(),
            servers: &desk.names,
        };
        status = status.max(show::show(&answer, conf, &mut to)?);
        if conf.stats {
            desk.say_stats(std::time::Duration::ZERO);
        }
    }
}

/// The way to the servers of a name.
struct Way<'a> {
    conf: &'a Conf,
    rules: Rules,
    start: &'a [Server],
    /// What was said on the way, a line each.
    steps: Vec<String>,
}

impl Way<'_> {
    /// The servers that know `name`, or why they can't be found.
    fn find(&mut self, name: &Name, depth: usize, out: &mut Out) -> Result<Result<Vec<Server>, String>, Fail> {
        let mut zone = Name::root();
        let mut servers = self.start.to_vec();
        loop {
            if self.steps.len() >= STEPS {
                return Ok(Err("too many referrals".to_owned()));
            }
            let (reply, server) = match self.ask(name, servers.clone(), out)? {
                Ok(answer) => answer,
                Err(why) => return Ok(Err(why)),
            };
            let Some(reply) = Reply::read(&reply) else { return Ok(Err(format!("{server}: no answer"))) };
            let Some((below, hosts, addrs)) = referral(&reply, &zone, name) else {
                self.steps.push(format!("{zone} {server} knows {name}"));
                return Ok(Ok(servers));
            };
            let list: Vec<_> = hosts.iter().map(Name::to_string).collect();
            self.steps.push(format!("{zone} {server} refers to {below} {}", list.join(" ")));
            servers = self.reachable(addrs);
            for host in hosts.iter().take(3) {
                if !servers.is_empty() || depth >= DEPTH {
                    break;
                }
                servers = self.addresses(host, depth, out)?;
            }
            if servers.is_empty() {
                return Ok(Err(format!("no address for a server of {below}")));
            }
            zone = below;
        }
    }

    /// One question to `servers`: the reply and who sent it.
    fn ask(&self, name: &Name, servers: Vec<Server>, out: &mut Out) -> Result<Result<(Vec<u8>, String), String>, Fail> {
        let plan = Plan {
            types: Some([Type::A].into()),
            exhaustive: false,
            dnssec: false,
            follow: false,
            whole_replies: true,
        };
        let mut desk = Desk::new(self.conf, self.rules, plan, servers);
        desk.reverse = false;
        let text = name.to_string();
        let given = Given { origin: Origin::Operand, line: text.clone().into_bytes(), text: Some(Ok(text)) };
        let Some(mut job) = desk.ask(given, out)? else { return Ok(Err("nothing was asked".to_owned())) };
        let Some(sweep) = job.sweeps.last_mut() else { return Ok(Err("nothing was asked".to_owned())) };
        let server = sweep.server.and_then(|n| desk.names.get(n).cloned());
        let trouble = show::troubles(std::slice::from_ref(sweep), &desk.names);
        Ok(match (sweep.take_along().pop(), server) {
            (Some((_, reply)), Some(server)) => Ok((reply, server)),
            _ => Err(trouble),
        })
    }

    /// The addresses of a server whose own name has to be found first.
    fn addresses(&mut self, host: &Name, depth: usize, out: &mut Out) -> Result<Vec<Server>, Fail> {
        let Ok(servers) = self.find(host, depth + 1, out)? else { return Ok(Vec::new()) };
        let Ok((reply, _)) = self.ask(host, servers, out)? else { return Ok(Vec::new()) };
        let Some(reply) = Reply::read(&reply) else { return Ok(Vec::new()) };
        let data = reply.rrset(host, Type::A).filter_map(|r| reply.msg.get(r.rdata.clone()));
        let addrs = data.filter_map(|d| <[u8; 4]>::try_from(d).ok().map(IpAddr::from)).collect();
        Ok(self.reachable(addrs))
    }

    /// Servers at `addrs`, by the port the way started with. From a public
    /// server no referral leads into somebody's own network.
    fn reachable(&self, addrs: Vec<IpAddr>) -> Vec<Server> {
        let Some(first) = self.start.first() else { return Vec::new() };
        let fit = |ip: &IpAddr| is_public(*ip) || !is_public(first.addr.ip());
        let server = |ip| Server {
            transport: if first.transport == Transport::Tls { Transport::Udp } else { first.transport },
            addr: SocketAddr::new(ip, first.addr.port()),
            name: "".into(),
        };
        addrs.into_iter().filter(fit).take(16).map(server).collect()
    }
}
