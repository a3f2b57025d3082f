//! A run with --trace: name after name, each from the root down.
use std::time::{Duration, Instant};

use plainnet_common::{
    exit::{Fail, Status},
    input::{Answers, Queue},
    output::Out,
};

use crate::{
    ask::{
        engine::{MOST_ALIASES, Resolution},
        failure::Reason,
        settings::Settings,
        statistics::Statistics,
        trace::{self, Host, Next, Outcome, Step, Trace},
    },
    cli::Conf,
    net::{
        batch::Inbox,
        server::{Server, Transport},
    },
    print::{
        answer::Answer,
        show::{self, Notes},
    },
    run::{
        exchange::Exchange,
        poll,
        setup::{Group, names, settings},
    },
    spec::SPEC,
    wire::{message::Reply, name::Name, types::Type},
};

/// How long a server on the way is waited for after the last of two tries, where there are others.
const SHORT_WAIT: Duration = Duration::from_millis(500);

/// Traces every name.
///
/// # Errors
/// Reading or writing failed.
pub(super) fn run(conf: &Conf, groups: Vec<Group>, out: &mut Out) -> Result<Status, Fail> {
    let group = groups.into_iter().next();
    let unusable = group.as_ref().and_then(|group| group.unusable.clone());
    let start = group.map(|group| group.servers);
    let mut inputs = Queue::new(&conf.names, &conf.form);
    let mut status = Status::default();
    let (mut notes, mut statistics, mut done) = (Notes::default(), Statistics::default(), 0);
    let started = Instant::now();
    while !inputs.is_empty() {
        let Some(input) = inputs.next() else {
            if inputs.wants_stdin() {
                poll::wait(&mut [], true, None, false, out)?;
                inputs.read()?;
            }
            continue;
        };
        let mut to = Answers { tool: SPEC.name, form: &conf.form, out };
        let name = match names(&input, conf, None) {
            None => {
                status = status.max(show::blank(&input, conf, &mut to)?);
                continue;
            }
            Some(names) => names,
        };
        let mut way = Way {
            conf,
            start: start.as_deref(),
            steps: Vec::new(),
            names: Vec::new(),
            found: None,
            lost: unusable.clone(),
            statistics: Statistics::default(),
        };
        let mut invalid = None;
        let asked = name.as_ref().ok().and_then(|names| names.first().cloned());
        match name {
            Ok(_) if unusable.is_some() => {}
            Ok(names) => {
                for name in names {
                    way.go(name, to.out)?;
                }
            }
            Err(why) => invalid = Some(why),
        }
        done += u64::from(invalid.is_none());
        statistics.add(&way.statistics);
        let answer = Answer {
            input: input.input(),
            name: asked.as_ref(),
            invalid: invalid.as_deref(),
            hosts: &[],
            steps: &way.steps,
            resolution: way.found.as_ref(),
            policies: &[],
            lost: way.lost.as_deref(),
            servers: &way.names,
            label: None,
            shared: None,
            is_said: false,
            unheard: &|_| false,
        };
        status = status.max(show::show(&answer, conf, &mut notes, &mut to)?);
    }
    if conf.stats {
        show::statistics(done, &statistics, started.elapsed());
    }
    Ok(status)
}

/// The way to one name, and on to the targets of its aliases.
struct Way<'a> {
    conf: &'a Conf,
    /// The servers to start with instead of the root's.
    start: Option<&'a [Server]>,
    steps: Vec<Step>,
    /// How messages name the servers of `found`.
    names: Vec<String>,
    found: Option<Resolution>,
    /// Why the way ended early.
    lost: Option<String>,
    statistics: Statistics,
}

impl Way<'_> {
    fn go(&mut self, mut name: Name, out: &mut Out) -> Result<(), Fail> {
        for _ in 0..=MOST_ALIASES {
            let start = match self.start {
                None => trace::roots(self.conf.families),
                Some(servers) => servers.iter().map(|s| Host { name: None, address: s.addr }).collect(),
            };
            let steps = std::mem::take(&mut self.steps);
            let mut trace = Trace::new(name.clone(), start, self.conf.families, steps);
            let hosts = loop {
                match trace.next_step() {
                    Next::Ask { name, rtype, host, has_others } => {
                        self.step(&mut trace, name, rtype, &host, has_others, out)?;
                    }
                    Next::Found(hosts) => break Some(hosts),
                    Next::Lost(why) => {
                        self.lost = Some(why);
                        break None;
                    }
                }
            };
            self.steps = trace.steps;
            let Some(hosts) = hosts else { return Ok(()) };
            let settings = Settings { recurse: false, lone: true, follow: false, ..settings(self.conf, None) };
            let servers: Vec<Server> = hosts.iter().map(|host| self.server(host)).collect();
            let offset = self.names.len();
            let (resolution, names) = self.ask(settings, servers, name.clone(), out)?;
            self.names.extend(names);
            let target = resolution.lookups.last().and_then(|lookup| lookup.target.clone());
            match &mut self.found {
                Some(found) => found.join(resolution, offset),
                none => *none = Some(resolution),
            }
            let Some(target) = target.filter(|_| self.conf.follow) else { return Ok(()) };
            let found = self.found.iter().flat_map(|found| &found.lookups);
            if found.into_iter().any(|lookup| lookup.name.same(&target)) {
                self.lost = Some("the aliases lead in a circle".to_owned());
                return Ok(());
            }
            name = target;
        }
        self.lost = Some(format!("more than {MOST_ALIASES} aliases in a row"));
        Ok(())
    }

    /// One question to one server on the way.
    fn step(
        &mut self,
        trace: &mut Trace,
        name: Name,
        rtype: Type,
        host: &Host,
        has_others: bool,
        out: &mut Out,
    ) -> Result<(), Fail> {
        let mut settings = Settings {
            types: Some([rtype].into()),
            recurse: false,
            lone: true,
            follow: false,
            check_alias: false,
            keep_messages: true,
            ..settings(self.conf, None)
        };
        if has_others {
            settings.tries = settings.tries.min(2);
            settings.timeout = settings.timeout.min(SHORT_WAIT);
        }
        let (resolution, _) = self.ask(settings, vec![self.server(host)], name, out)?;
        let Some(lookup) = resolution.lookups.first() else { return Ok(()) };
        let reply = lookup.messages.first().and_then(|message| Reply::read(&message.bytes));
        let reason = lookup.failures.first().map(|failure| failure.reason.clone());
        let unimplemented = lookup.unimplemented.first().map(|u| Reason::Rcode(u.rcode));
        let outcome = match (reply, reason.or(unimplemented)) {
            (Some(reply), _) => Outcome { reply: Ok(reply), elapsed: Some(lookup.elapsed) },
            (None, Some(reason)) => {
                let answered = lookup.is_heard().then_some(lookup.elapsed);
                Outcome { reply: Err(reason), elapsed: answered }
            }
            (None, None) => return Ok(()),
        };
        trace.take(&outcome);
        Ok(())
    }

    /// Asks `servers` about one name, and waits for the end.
    fn ask(
        &mut self,
        settings: Settings,
        servers: Vec<Server>,
        name: Name,
        out: &mut Out,
    ) -> Result<(Resolution, Vec<String>), Fail> {
        let names = servers.iter().map(Server::to_string).collect();
        let mut exchange = [Exchange::new(settings, servers, names)];
        exchange[0].engine.begin([name], Instant::now());
        let mut inbox = Inbox::default();
        loop {
            exchange[0].advance(Instant::now())?;
            if let Some(resolution) = exchange[0].engine.pop_done() {
                self.statistics.add(exchange[0].engine.statistics());
                let [exchange] = exchange;
                return Ok((resolution, exchange.names));
            }
            poll::wait(&mut exchange, false, None, false, out)?;
            exchange[0].receive(Instant::now(), &mut inbox);
        }
    }

    /// The server at `host`, spoken to as the first one is: over TCP where that was asked for.
    fn server(&self, host: &Host) -> Server {
        let first = self.start.and_then(|servers| servers.iter().find(|s| s.addr == host.address));
        if let Some(server) = first {
            return server.clone();
        }
        let tcp = self.start.and_then(<[Server]>::first).is_some_and(|s| s.transport == Transport::Tcp);
        let transport = if tcp { Transport::Tcp } else { Transport::Udp };
        Server { transport, ..Server::udp(host.address) }
    }
}
