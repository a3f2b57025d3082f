//! From the root to the servers that know a name, one referral after the other.
//!
//! A trace says which server to ask next, is told what came of it, and keeps a
//! step for each. It knows no socket and no clock.
use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use plainnet_common::special::is_public;

use crate::{
    ask::{failure::Reason, referral},
    wire::{
        message::{Rcode, Reply, Section},
        name::Name,
        types::Type,
    },
};

/// The root servers (root hints, https://www.iana.org/domains/root/files, 2023-11-27): letter, IPv4 and IPv6 address.
const ROOTS: [(char, &str, &str); 13] = [
    ('a', "198.41.0.4", "2001:503:ba3e::2:30"),
    ('b', "170.247.170.2", "2801:1b8:10::b"),
    ('c', "192.33.4.12", "2001:500:2::c"),
    ('d', "199.7.91.13", "2001:500:2d::d"),
    ('e', "192.203.230.10", "2001:500:a8::e"),
    ('f', "192.5.5.241", "2001:500:2f::f"),
    ('g', "192.112.36.4", "2001:500:12::d0d"),
    ('h', "198.97.190.53", "2001:500:1::53"),
    ('i', "192.36.148.17", "2001:7fe::53"),
    ('j', "192.58.128.30", "2001:503:c27::2:30"),
    ('k', "193.0.14.129", "2001:7fd::1"),
    ('l', "199.7.83.42", "2001:500:9f::42"),
    ('m', "202.12.27.33", "2001:dc3::35"),
];

/// Questions for one name, side ways included.
const MOST_STEPS: usize = 40;
/// Names of servers that have to be found on the way to find a name.
const MOST_DEPTH: usize = 3;
/// Addresses of one zone's servers that are tried.
const MOST_HOSTS: usize = 16;

/// A server on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name, as the referral has it.
    pub name: Option<Name>,
    /// Where it is.
    pub address: SocketAddr,
}

/// Which addresses may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Families {
    /// Both, IPv4 first: most hosts that are asked have it.
    #[default]
    Both,
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
}

impl Families {
    /// May `ip` be asked?
    pub fn allow(self, ip: IpAddr) -> bool {
        match self {
            Families::Both => true,
            Families::V4 => ip.is_ipv4(),
            Families::V6 => ip.is_ipv6(),
        }
    }
}

/// The root servers, those of IPv4 first.
pub fn roots(families: Families) -> Vec<Host> {
    let host = |letter: char, text: &str| {
        let ip: IpAddr = text.parse().ok()?;
        let name = Name::parse(&format!("{letter}.root-servers.net")).ok();
        families.allow(ip).then_some(Host { name, address: SocketAddr::new(ip, 53) })
    };
    let v4 = ROOTS.iter().filter_map(|(letter, v4, _)| host(*letter, v4));
    v4.chain(ROOTS.iter().filter_map(|(letter, _, v6)| host(*letter, v6))).collect()
}

/// What came of the question to one server.
#[derive(Debug)]
pub struct Outcome<'m> {
    /// Its answer, or why there is none.
    pub reply: Result<Reply<'m>, Reason>,
    /// How long the answer took.
    pub elapsed: Option<Duration>,
}

/// One server that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The zone that the server was asked as a server of.
    pub zone: Name,
    /// The server.
    pub host: Host,
    /// How long its answer took.
    pub elapsed: Option<Duration>,
    /// What it said.
    pub finding: Finding,
}

/// What a server on the way said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Others know: the zone below and its servers.
    Refers(referral::Referral),
    /// It knows the name.
    Knows(Name),
    /// It knows that there is no such name.
    Denies(Name),
    /// It is named as a server of the zone and does not serve it.
    Lame(String),
    /// It did not answer, or can't be reached.
    Dead(String),
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::Refers(referral) => {
                write!(f, "refers to {}", referral.zone)?;
                referral.servers.iter().try_for_each(|server| write!(f, " {server}"))
            }
            Finding::Knows(name) => write!(f, "knows {name}"),
            Finding::Denies(name) => write!(f, "says that {name} does not exist"),
            Finding::Lame(why) => write!(f, "lame: {why}"),
            Finding::Dead(why) => f.write_str(why),
        }
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// To ask this server about the name and type.
    Ask {
        /// The name.
        name: Name,
        /// The type.
        rtype: Type,
        /// The server.
        host: Host,
        /// There are others to ask: a short wait will do.
        has_others: bool,
    },
    /// The name is known to these servers, the first one has said so.
    Found(Vec<Host>),
    /// The way ends.
    Lost(String),
}

/// A trace under way.
#[derive(Debug)]
pub struct Trace {
    start: Vec<Host>,
    families: Families,
    /// The way started at a public address: no referral may lead into somebody's own network.
    public: bool,
    /// The name that is looked for, and behind it servers' names on the way to it.
    ways: Vec<Way>,
    found: Option<Vec<Host>>,
    /// What was asked so far.
    pub steps: Vec<Step>,
    /// Steps of earlier names of the same input.
    earlier: usize,
}

/// The way to one name.
#[derive(Debug)]
struct Way {
    name: Name,
    zone: Name,
    /// Servers of the zone that were not asked yet.
    hosts: VecDeque<Host>,
    /// Names of servers whose addresses did not come along.
    nameless: VecDeque<Name>,
}

impl Trace {
    /// A trace of `name` that starts at `start`. `steps` of an alias come first.
    pub fn new(name: Name, start: Vec<Host>, families: Families, steps: Vec<Step>) -> Trace {
        let public = start.first().is_some_and(|host| is_public(host.address.ip()));
        let earlier = steps.len();
        let mut trace = Trace { start, families, public, ways: Vec::new(), found: None, steps, earlier };
        trace.begin(name);
        trace
    }

    fn begin(&mut self, name: Name) {
        let hosts = self.start.iter().cloned().collect();
        self.ways.push(Way { name, zone: Name::root(), hosts, nameless: VecDeque::new() });
    }

    /// What to do next.
    pub fn next_step(&mut self) -> Next {
        if let Some(hosts) = self.found.take() {
            return Next::Found(hosts);
        }
        if self.steps.len() - self.earlier >= MOST_STEPS {
            return Next::Lost("too many referrals".to_owned());
        }
        loop {
            let depth = self.ways.len();
            let Some(way) = self.ways.last_mut() else { return Next::Lost("no server to ask".to_owned()) };
            if let Some(host) = way.hosts.front() {
                let rtype = if self.families == Families::V6 { Type::AAAA } else { Type::A };
                let has_others = way.hosts.len() + way.nameless.len() > 1;
                return Next::Ask { name: way.name.clone(), rtype, host: host.clone(), has_others };
            }
            if depth <= MOST_DEPTH
                && let Some(server) = way.nameless.pop_front()
            {
                self.begin(server);
                continue;
            }
            let zone = way.zone.clone();
            self.ways.pop();
            if self.ways.is_empty() {
                return Next::Lost(format!("no server of {zone} answers for it"));
            }
        }
    }

    /// Takes what came of the question that [`Trace::next_step`] named.
    pub fn take(&mut self, outcome: &Outcome<'_>) {
        let (public, families) = (self.public, self.families);
        let Some(way) = self.ways.last_mut() else { return };
        let Some(host) = way.hosts.pop_front() else { return };
        let finding = finding(outcome, &way.zone, &way.name);
        let step =
            Step { zone: way.zone.clone(), host: host.clone(), elapsed: outcome.elapsed, finding: finding.clone() };
        self.steps.push(step);
        let Ok(reply) = &outcome.reply else { return };
        match finding {
            Finding::Lame(_) | Finding::Dead(_) => {}
            Finding::Refers(referral) => {
                let port = host.address.port();
                let may = |ip: &IpAddr| families.allow(*ip) && (!public || is_public(*ip));
                way.hosts = glue(reply, &referral.servers)
                    .into_iter()
                    .filter(|(_, ip)| may(ip))
                    .take(MOST_HOSTS)
                    .map(|(name, ip)| Host { name: Some(name), address: SocketAddr::new(ip, port) })
                    .collect();
                let lacks = |name: &&Name| !way.hosts.iter().any(|h| h.name.as_ref().is_some_and(|n| n.same(name)));
                way.nameless = referral.servers.iter().filter(lacks).take(MOST_DEPTH).cloned().collect();
                way.zone = referral.zone;
            }
            Finding::Knows(name) | Finding::Denies(name) => {
                let Some(way) = self.ways.pop() else { return };
                let Some(above) = self.ways.last_mut() else {
                    self.found = Some([host].into_iter().chain(way.hosts).collect());
                    return;
                };
                // The addresses of a server on the way.
                let port = host.address.port();
                let records = [Type::A, Type::AAAA].into_iter().flat_map(|rtype| reply.rrset(&name, rtype));
                let addresses = records.filter_map(|r| address(reply.msg.get(r.rdata.clone())?));
                let may = |ip: &IpAddr| families.allow(*ip) && (!public || is_public(*ip));
                above.hosts.extend(
                    addresses
                        .filter(may)
                        .take(MOST_HOSTS)
                        .map(|ip| Host { name: Some(name.clone()), address: SocketAddr::new(ip, port) }),
                );
            }
        }
    }
}

fn address(data: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(data).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(data).map(IpAddr::from)).ok()
}

/// Addresses of `servers` that came along with a referral, those of IPv4 first.
fn glue(reply: &Reply<'_>, servers: &[Name]) -> Vec<(Name, IpAddr)> {
    let mut found = Vec::new();
    for record in reply.records.iter().filter(|r| r.section == Section::Additional) {
        let fit = matches!(record.rtype, Type::A | Type::AAAA);
        let data = reply.msg.get(record.rdata.clone()).filter(|_| fit);
        let (Some(ip), Some(owner)) = (data.and_then(address), reply.owner(record)) else { continue };
        if let Some(server) = servers.iter().find(|server| server.same(&owner)) {
            found.push((server.clone(), ip));
        }
    }
    found.sort_by_key(|(_, ip)| ip.is_ipv6());
    found
}

/// What the answer of a server of `zone` says about `name`.
fn finding(outcome: &Outcome<'_>, zone: &Name, name: &Name) -> Finding {
    let reply = match &outcome.reply {
        Ok(reply) => reply,
        Err(Reason::Rcode(rcode)) => return Finding::Lame(rcode.to_string()),
        Err(Reason::Unreachable(why)) => return Finding::Dead(why.clone()),
        Err(Reason::Truncated(why)) => return Finding::Dead(format!("answer truncated, and over TCP: {why}")),
        Err(Reason::Incomplete) => return Finding::Dead("answer truncated".to_owned()),
        Err(Reason::Short) => return Finding::Dead("answer cut short".to_owned()),
        Err(Reason::Malformed) => return Finding::Dead("malformed answer".to_owned()),
        Err(Reason::Silence(ignored)) => return Finding::Dead(ignored.to_string()),
    };
    match reply.rcode {
        Rcode::NXDOMAIN => return Finding::Denies(name.clone()),
        Rcode::NOERROR => {}
        rcode => return Finding::Lame(rcode.to_string()),
    }
    match referral::referral(reply, name) {
        None => Finding::Knows(name.clone()),
        // A referral that does not lead closer to the name is none.
        Some(referral) if referral.zone.is_within(zone) && !referral.zone.same(zone) => Finding::Refers(referral),
        Some(referral) => Finding::Lame(format!("refers to {}", referral.zone)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::failure::Ignored;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn host(ip: &str) -> Host {
        Host { name: None, address: SocketAddr::new(ip.parse().unwrap(), 53) }
    }

    fn trace(text: &str, start: &str) -> Trace {
        Trace::new(name(text), vec![host(start)], Families::Both, Vec::new())
    }

    /// A record: owner, type and data.
    type Record = (&'static str, Type, Vec<u8>);

    /// A reply with these records in its three sections.
    fn reply(bits: u16, sections: [&[Record]; 3]) -> Vec<u8> {
        let mut msg = vec![0, 1];
        msg.extend(bits.to_be_bytes());
        msg.extend([0, 0]);
        for section in sections {
            msg.extend([0, section.len() as u8]);
        }
        for (owner, rtype, data) in sections.into_iter().flatten() {
            msg.extend(name(owner).wire());
            msg.extend(rtype.0.to_be_bytes());
            msg.extend([0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
            msg.extend(data);
        }
        msg
    }

    /// A referral to `zone`, its servers and addresses that come along.
    fn referral(zone: &'static str, servers: &[&'static str], glue: &[(&'static str, &str)]) -> Vec<u8> {
        let ns: Vec<Record> = servers.iter().map(|s| (zone, Type::NS, name(s).wire().to_vec())).collect();
        let address = |ip: &str| match ip.parse().unwrap() {
            IpAddr::V4(v4) => (Type::A, v4.octets().to_vec()),
            IpAddr::V6(v6) => (Type::AAAA, v6.octets().to_vec()),
        };
        let glue: Vec<Record> = glue.iter().map(|(owner, ip)| (*owner, address(ip).0, address(ip).1)).collect();
        reply(0x8000, [&[], &ns, &glue])
    }

    /// The address to ask next, and the name.
    fn next(trace: &mut Trace) -> (String, String) {
        match trace.next_step() {
            Next::Ask { name, host, .. } => (host.address.ip().to_string(), name.to_string()),
            other => panic!("{other:?}"),
        }
    }

    fn told(trace: &mut Trace, msg: &[u8]) {
        let outcome = Outcome { reply: Ok(Reply::read(msg).unwrap()), elapsed: Some(Duration::from_millis(7)) };
        trace.take(&outcome);
    }

    fn failed(trace: &mut Trace, reason: Reason) {
        trace.take(&Outcome { reply: Err(reason), elapsed: None });
    }

    fn answer() -> Vec<u8> {
        reply(0x8400, [&[("www.a.test", Type::A, vec![9, 9, 9, 9])], &[], &[]])
    }

    fn findings(trace: &Trace) -> Vec<String> {
        trace.steps.iter().map(|step| format!("{} {}", step.zone, step.finding)).collect()
    }

    #[test]
    fn down_from_zone_to_zone() {
        let mut t = trace("www.a.test", "198.41.0.4");
        assert_eq!(next(&mut t), ("198.41.0.4".to_owned(), "www.a.test.".to_owned()));
        told(&mut t, &referral("test", &["ns.test"], &[("ns.test", "9.1.1.1"), ("other.test", "9.1.1.2")]));
        assert_eq!(next(&mut t).0, "9.1.1.1");
        told(&mut t, &referral("a.test", &["ns.a.test"], &[("ns.a.test", "2620:fe::9"), ("ns.a.test", "9.2.2.2")]));
        assert_eq!(next(&mut t).0, "9.2.2.2", "IPv4 first");
        told(&mut t, &answer());
        let Next::Found(hosts) = t.next_step() else { panic!() };
        let ips: Vec<_> = hosts.iter().map(|h| h.address.ip().to_string()).collect();
        assert_eq!(ips, ["9.2.2.2", "2620:fe::9"]);
        let want = [". refers to test. ns.test.", "test. refers to a.test. ns.a.test.", "a.test. knows www.a.test."];
        assert_eq!(findings(&t), want);
        assert_eq!(t.steps[1].host.name, Some(name("ns.test")));
        assert_eq!(t.steps[1].elapsed, Some(Duration::from_millis(7)));
    }

    #[test]
    fn lame_and_dead_servers_are_passed_by() {
        let mut t = trace("www.a.test", "198.41.0.4");
        next(&mut t);
        let servers = ["n1.test", "n2.test", "n3.test", "n4.test", "n5.test"];
        let glue = [
            ("n1.test", "9.0.0.1"),
            ("n2.test", "9.0.0.2"),
            ("n3.test", "9.0.0.3"),
            ("n4.test", "9.0.0.4"),
            ("n5.test", "9.0.0.5"),
        ];
        told(&mut t, &referral("a.test", &servers, &glue));
        next(&mut t);
        failed(&mut t, Reason::Rcode(Rcode::REFUSED));
        next(&mut t);
        failed(&mut t, Reason::Silence(Ignored::default()));
        next(&mut t);
        // Upwards, and to its own zone.
        told(&mut t, &referral(".", &["a.root-servers.net"], &[]));
        next(&mut t);
        told(&mut t, &referral("a.test", &["n1.test"], &[]));
        next(&mut t);
        told(&mut t, &reply(0x8403, [&[], &[], &[]]));
        let want = [
            ". refers to a.test. n1.test. n2.test. n3.test. n4.test. n5.test.",
            "a.test. lame: REFUSED",
            "a.test. no answer",
            "a.test. lame: refers to .",
            "a.test. lame: refers to a.test.",
            "a.test. says that www.a.test. does not exist",
        ];
        assert_eq!(findings(&t), want);
        assert!(matches!(t.next_step(), Next::Found(_)));

        let mut t = trace("www.a.test", "198.41.0.4");
        next(&mut t);
        failed(&mut t, Reason::Unreachable("network is unreachable".to_owned()));
        assert_eq!(t.next_step(), Next::Lost("no server of . answers for it".to_owned()));
        assert_eq!(findings(&t), [". network is unreachable"]);
    }

    #[test]
    fn no_way_leads_into_somebodys_own_network() {
        for inside in [
            "0.0.0.0",
            "10.0.0.1",
            "127.0.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "100.64.0.1",
            "169.254.1.1",
            "192.168.1.1",
            "255.255.255.255",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::1",
        ] {
            let mut t = trace("www.a.test", "198.41.0.4");
            next(&mut t);
            told(&mut t, &referral("a.test", &["ns.test"], &[("ns.test", inside), ("ns.test", "9.9.9.9")]));
            assert_eq!(next(&mut t).0, "9.9.9.9", "{inside}");
            failed(&mut t, Reason::Silence(Ignored::default()));
            let left = t.next_step();
            assert!(
                !matches!(left, Next::Ask { ref host, .. } if host.address.ip() == inside.parse::<IpAddr>().unwrap())
            );
        }
        // A way that starts inside stays there.
        let mut t = trace("www.a.test", "127.0.0.1");
        next(&mut t);
        told(&mut t, &referral("a.test", &["ns.test"], &[("ns.test", "127.0.0.2")]));
        assert_eq!(next(&mut t).0, "127.0.0.2");
    }

    #[test]
    fn a_server_without_an_address_is_looked_for() {
        let mut t = trace("www.a.test", "198.41.0.4");
        next(&mut t);
        told(&mut t, &referral("a.test", &["ns.b.example"], &[]));
        // From the start again, for the server's name.
        assert_eq!(next(&mut t), ("198.41.0.4".to_owned(), "ns.b.example.".to_owned()));
        told(&mut t, &reply(0x8400, [&[("ns.b.example", Type::A, vec![9, 8, 7, 6])], &[], &[]]));
        assert_eq!(next(&mut t), ("9.8.7.6".to_owned(), "www.a.test.".to_owned()));
        told(&mut t, &answer());
        assert!(matches!(t.next_step(), Next::Found(_)));
    }

    #[test]
    fn circles_and_endless_ways_end() {
        // Each server's name is below the zone that it serves.
        let mut t = trace("www.a.test", "198.41.0.4");
        let mut steps = 0;
        while let Next::Ask { .. } = t.next_step() {
            told(&mut t, &referral("test", &["ns.x.test"], &[]));
            steps += 1;
            assert!(steps <= MOST_STEPS);
        }
        // Zone below zone below zone.
        let deep = "a.".repeat(60) + "test";
        let mut t = trace(&deep, "198.41.0.4");
        let mut labels = 1;
        while let Next::Ask { .. } = t.next_step() {
            let zone: &'static str = Box::leak(("a.".repeat(labels) + "test").into_boxed_str());
            told(&mut t, &referral(zone, &["ns.test"], &[("ns.test", "9.9.9.9")]));
            labels += 1;
        }
        assert_eq!(t.steps.len(), MOST_STEPS);
        assert_eq!(t.next_step(), Next::Lost("too many referrals".to_owned()));
    }

    #[test]
    fn a_short_wait_will_do_while_there_are_others() {
        for (servers, glue, others) in [
            (&["n1.test"][..], &[("n1.test", "9.0.0.1")][..], false),
            (&["n1.test", "n2.test"], &[("n1.test", "9.0.0.1")], true),
            (&["n1.test"], &[("n1.test", "9.0.0.1"), ("n1.test", "9.0.0.2")], true),
            (&["n1.test", "n2.test"], &[("n1.test", "9.0.0.1"), ("n2.test", "9.0.0.2"), ("n2.test", "9.0.0.3")], true),
        ] {
            let mut t = trace("www.a.test", "198.41.0.4");
            next(&mut t);
            told(&mut t, &referral("a.test", servers, glue));
            let Next::Ask { has_others, rtype, .. } = t.next_step() else { panic!() };
            assert_eq!((has_others, rtype), (others, Type::A), "{servers:?} {glue:?}");
        }
    }

    #[test]
    fn only_wanted_addresses_are_asked() {
        let servers =
            [("ns.test", "9.0.0.1"), ("ns.test", "2620:fe::9"), ("ns.test", "10.0.0.1"), ("ns.test", "fc00::1")];
        for (families, start, wanted, rtype) in [
            (Families::Both, "198.41.0.4", &["9.0.0.1", "2620:fe::9"][..], Type::A),
            (Families::V4, "198.41.0.4", &["9.0.0.1"], Type::A),
            (Families::V6, "2001:503:ba3e::2:30", &["2620:fe::9"], Type::AAAA),
            (Families::Both, "10.9.9.9", &["9.0.0.1", "10.0.0.1", "2620:fe::9", "fc00::1"], Type::A),
            (Families::V4, "10.9.9.9", &["9.0.0.1", "10.0.0.1"], Type::A),
        ] {
            let asked = |t: &mut Trace| {
                let mut all = Vec::new();
                while let Next::Ask { name, rtype: asked, host, .. } = t.next_step() {
                    assert_eq!((name.to_string().as_str(), asked), ("www.a.test.", rtype));
                    all.push(host.address.ip().to_string());
                    failed(t, Reason::Silence(Ignored::default()));
                    if t.ways[0].hosts.is_empty() {
                        break;
                    }
                }
                all
            };
            // Addresses that come along with the referral.
            let mut t = Trace::new(name("www.a.test"), vec![host(start)], families, Vec::new());
            t.next_step();
            told(&mut t, &referral("a.test", &["ns.test"], &servers));
            assert_eq!(asked(&mut t), wanted, "{families:?} {start}");
            // Addresses that were asked for: those of IPv4 stand first in this answer, too.
            let mut t = Trace::new(name("www.a.test"), vec![host(start)], families, Vec::new());
            t.next_step();
            told(&mut t, &referral("a.test", &["ns.test"], &[]));
            t.next_step();
            let records: Vec<Record> = servers
                .iter()
                .map(|(owner, ip)| match ip.parse().unwrap() {
                    IpAddr::V4(v4) => (*owner, Type::A, v4.octets().to_vec()),
                    IpAddr::V6(v6) => (*owner, Type::AAAA, v6.octets().to_vec()),
                })
                .collect();
            told(&mut t, &reply(0x8400, [&records, &[], &[]]));
            assert_eq!(asked(&mut t), wanted, "{families:?} {start}");
        }
    }

    #[test]
    fn the_steps_before_an_alias_do_not_count() {
        let mut t = trace("alias.a.test", "198.41.0.4");
        for _ in 0..MOST_STEPS {
            next(&mut t);
            told(&mut t, &referral("test", &["ns.test"], &[("ns.test", "9.1.1.1")]));
            t.ways[0].zone = Name::root();
        }
        assert_eq!(t.next_step(), Next::Lost("too many referrals".to_owned()));
        let mut t = Trace::new(name("www.a.test"), vec![host("198.41.0.4")], Families::Both, t.steps);
        assert_eq!(next(&mut t).0, "198.41.0.4");
        told(&mut t, &answer());
        assert!(matches!(t.next_step(), Next::Found(_)));
        assert_eq!(t.steps.len(), MOST_STEPS + 1);
    }

    #[test]
    fn the_roots_by_family() {
        assert_eq!(roots(Families::Both).len(), 26);
        assert_eq!(roots(Families::V4).len(), 13);
        assert!(roots(Families::V6).iter().all(|h| h.address.is_ipv6() && h.name.is_some()));
        assert!(roots(Families::Both).iter().all(|h| is_public(h.address.ip())));
    }
}
