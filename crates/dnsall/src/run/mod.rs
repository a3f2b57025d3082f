//! Names in, answers out in the same order, many at a time: the loop that joins
//! the engine, the sockets and the printer, and the one place with a clock.
use std::{
    collections::VecDeque,
    io::{self, Write as _},
    mem,
    net::IpAddr,
    time::Instant,
};

use plainnet_common::{
    counter::Counter,
    exit::{Fail, Status},
    input::{Answers, Owned, Queue},
    output::{Out, say},
};

use crate::{
    ask::{engine::Resolution, settings::Settings, statistics::Statistics},
    cli::{Conf, View},
    net::{
        batch::Inbox,
        hosts::Hosts,
        resolv::{self, Environment, System},
    },
    print::{
        answer::Answer,
        compare, explain,
        show::{self, Notes},
    },
    run::{
        exchange::Exchange,
        setup::{address, groups, names, settings},
        validate::Validation,
    },
    spec::SPEC,
    wire::{name::Name, types::Type},
};

mod exchange;
mod poll;
mod setup;
mod trace;
mod transfer;
#[cfg_attr(not(feature = "validate"), path = "without_validate.rs")]
mod validate;

/// Inputs whose answers are held back by one before them, for each query of the window.
const AHEAD: usize = 64;
/// Asks every name and prints what was found.
///
/// # Errors
/// Reading or writing failed, or there is no server to ask.
pub fn run(conf: &Conf, environment: &Environment, out: &mut Out) -> Result<Status, Fail> {
    let system = match (conf.servers.is_empty(), conf.search) {
        (false, false) => None,
        (true, false) if conf.trace => None,
        _ => {
            let path = environment.path.as_os_str().as_encoded_bytes();
            Some(resolv::settings(environment).map_err(|e| Fail::io(path, &e))?)
        }
    };
    for complaint in system.iter().flat_map(|system| &system.complaints) {
        say(SPEC.name, format_args!("{complaint}"));
    }
    let groups = groups(conf, system.as_ref());
    if conf.transfer {
        return transfer::run(conf, groups, out);
    }
    if conf.trace {
        return trace::run(conf, groups, out);
    }
    let hosts = match &conf.hosts {
        None => Hosts::default(),
        Some(path) => match Hosts::open(path, &conf.names) {
            Ok(hosts) => hosts,
            Err(e) if e.kind() == io::ErrorKind::NotFound && path.as_os_str() == "/etc/hosts" => Hosts::default(),
            Err(e) => return Err(Fail::io(path.as_os_str().as_encoded_bytes(), &e)),
        },
    };
    let started = Instant::now();
    let settings = settings(conf, system.as_ref());
    let (mut exchanges, mut sources) = (Vec::new(), Vec::new());
    let mut provers = Vec::new();
    for group in groups {
        sources.push(match group.unusable {
            Some(why) => Err(why),
            None => {
                if conf.validate {
                    // Links of the chain are found by whoever needs them first.
                    let settings = Settings { validate: false, follow: false, lone: false, ..settings.clone() };
                    provers.push(Exchange::new(settings, group.servers.clone(), group.names.clone()));
                }
                exchanges.push(Exchange::new(settings.clone(), group.servers, group.names));
                Ok(exchanges.len() - 1)
            }
        });
    }
    let askers = exchanges.len();
    let validation = conf.validate.then(|| Validation::new(conf, askers)).transpose()?;
    exchanges.append(&mut provers);
    let mut run = Run {
        conf,
        search: system.filter(|_| conf.search),
        hosts,
        inputs: Queue::new(&conf.names, &conf.form),
        entries: VecDeque::new(),
        spare: Vec::new(),
        found: exchanges[..askers].iter().map(|_| Found::default()).collect(),
        exchanges,
        askers,
        validation,
        sources,
        notes: Notes::default(),
        done: 0,
        counter: Counter::new(conf.form.quiet, started),
    };
    let status = run.run(out)?;
    if conf.stats {
        out.flush()?;
        show::statistics(run.done, &statistics(&run.exchanges), started.elapsed());
    }
    Ok(status)
}

fn statistics(exchanges: &[Exchange]) -> Statistics {
    let mut all = Statistics::default();
    exchanges.iter().for_each(|e| all.add(e.engine.statistics()));
    all
}

/// One input, until its answer is printed.
#[derive(Debug, Default)]
struct Entry {
    input: Owned,
    /// The name that is asked, or the first of those it may mean.
    name: Option<Name>,
    invalid: Option<String>,
    /// Addresses or names from the hosts file.
    hosts: Vec<String>,
    /// Its number in each engine, where it is asked.
    number: Option<u64>,
    /// How many names behind it were asked to say more about it.
    policies: u64,
}

/// What one group of servers answered about an input.
#[derive(Debug, Default)]
struct Found {
    resolution: Option<Resolution>,
    /// About the names that say more about it.
    policies: Vec<Resolution>,
}

/// The whole run.
struct Run<'a> {
    conf: &'a Conf,
    search: Option<System>,
    hosts: Hosts,
    inputs: Queue<'a>,
    entries: VecDeque<Entry>,
    /// Entries that are done, whose memory is used again.
    spare: Vec<Entry>,
    /// One for each group of servers that can be asked, and with --validate one
    /// more for each, for the questions of the chains.
    exchanges: Vec<Exchange>,
    /// How many of them ask the names.
    askers: usize,
    validation: Option<Validation>,
    /// What each exchange found for the input that is being printed.
    found: Vec<Found>,
    /// For each group of servers its place in `exchanges`, or why it can't be asked.
    sources: Vec<Result<usize, String>>,
    notes: Notes,
    /// Inputs that were asked and printed.
    done: u64,
    counter: Counter,
}

impl Run<'_> {
    fn run(&mut self, out: &mut Out) -> Result<Status, Fail> {
        let mut status = Status::default();
        let (mut inbox, mut busy) = (Inbox::default(), false);
        loop {
            let now = Instant::now();
            self.take_inputs(now);
            for exchange in &mut self.exchanges {
                exchange.advance(now)?;
            }
            self.say_connections();
            self.validate(now)?;
            status = status.max(self.print(out)?);
            if self.inputs.is_empty() && self.entries.is_empty() {
                return Ok(status);
            }
            if self.entries.is_empty() && !self.inputs.wants_stdin() {
                // All that was taken is printed, and there are more operands.
                continue;
            }
            let total = self.inputs.is_empty().then(|| self.done + self.entries.len() as u64);
            self.counter.show(self.done, total, now);
            if self.has_room() && self.inputs.is_ready() {
                // What was printed made room: an input that is there already makes no poll(2) return.
                continue;
            }
            let wants_stdin = self.has_room() && self.inputs.wants_stdin();
            let ready = poll::wait(&mut self.exchanges, wants_stdin, self.counter.wake(), busy, out)?;
            busy = ready.anything;
            if ready.stdin {
                self.inputs.read()?;
            }
            let now = Instant::now();
            for exchange in &mut self.exchanges {
                exchange.receive(now, &mut inbox);
            }
        }
    }

    /// For -v: how the encrypted connections came about.
    fn say_connections(&mut self) {
        for how in self.exchanges.iter_mut().flat_map(|e| e.opened.drain(..)) {
            if self.conf.verbose {
                say(SPEC.name, format_args!("{how}"));
            }
        }
    }

    /// Proves what was found, as far as that is possible by now.
    fn validate(&mut self, now: Instant) -> Result<(), Fail> {
        let Some(validation) = &mut self.validation else { return Ok(()) };
        while validation.work(&mut self.exchanges, now) {
            for exchange in &mut self.exchanges[self.askers..] {
                exchange.advance(now)?;
            }
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        self.entries.len() < AHEAD * self.conf.window
            && self.exchanges[..self.askers].iter().all(|e| e.engine.has_room())
    }

    /// Takes inputs while there is room for their questions.
    fn take_inputs(&mut self, now: Instant) {
        while self.has_room() {
            let mut entry = self.spare.pop().unwrap_or_default();
            if !self.inputs.next_into(&mut entry.input) {
                self.spare.push(entry);
                break;
            }
            (entry.name, entry.invalid, entry.number, entry.policies) = (None, None, None, 0);
            match names(&entry.input, self.conf, self.search.as_ref()) {
                None => {}
                Some(Err(why)) => entry.invalid = Some(why),
                Some(Ok(names)) => {
                    entry.name = names.first().cloned();
                    entry.hosts = known_hosts(&self.hosts, &entry.input, self.conf.types.as_deref());
                    for exchange in &mut self.exchanges[..self.askers] {
                        entry.number = Some(exchange.engine.begin(names.iter().cloned(), now));
                    }
                    let first = names.first().filter(|_| self.conf.view == View::Explain);
                    for (name, rtype) in first.map(explain::names_to_ask).unwrap_or_default() {
                        entry.policies += 1;
                        for exchange in &mut self.exchanges[..self.askers] {
                            exchange.engine.begin_beside(name.clone(), rtype, now);
                        }
                    }
                }
            }
            self.entries.push_back(entry);
        }
    }

    /// Prints the answers that are next in order.
    fn print(&mut self, out: &mut Out) -> Result<Status, Fail> {
        let mut status = Status::default();
        while let Some(entry) = self.entries.front() {
            let askers = &self.exchanges[..self.askers];
            let done = |n: u64| askers.iter().all(|e| (n..=n + entry.policies).all(|n| e.engine.is_done(n)));
            if entry.number.is_some_and(|n| !done(n)) {
                break;
            }
            let Some(entry) = self.entries.pop_front() else { break };
            status = status.max(self.print_one(&entry, out)?);
            self.spare.push(entry);
        }
        Ok(status)
    }

    fn print_one(&mut self, entry: &Entry, out: &mut Out) -> Result<Status, Fail> {
        let mut to = Answers { tool: SPEC.name, form: &self.conf.form, out };
        if entry.input.text.is_none() {
            return show::blank(&entry.input, self.conf, &mut to);
        }
        let asked = entry.number.is_some();
        let is_valid = entry.invalid.is_none();
        let mut found = mem::take(&mut self.found);
        for (found, exchange) in found.iter_mut().zip(&mut self.exchanges[..self.askers]) {
            found.resolution = if asked { exchange.engine.pop_done() } else { None };
            found.policies.extend((0..entry.policies).filter_map(|_| exchange.engine.pop_done()));
        }
        self.done += u64::from(is_valid);
        let of = |source: &Result<usize, String>| found.get(*source.as_ref().ok()?);
        let resolution = |source: &Result<usize, String>| of(source)?.resolution.as_ref();
        let shared = self.conf.diff.then(|| compare::shared(self.sources.iter().map(resolution)));
        let mut status = Status::default();
        let (mut differs, mut reasons) = (false, Vec::new());
        for (at, source) in self.sources.iter().enumerate() {
            let exchange = source.as_ref().ok().and_then(|at| self.exchanges.get(*at));
            let answer = Answer {
                input: entry.input.input(),
                name: entry.name.as_ref(),
                invalid: entry.invalid.as_deref(),
                hosts: &entry.hosts,
                steps: &[],
                resolution: resolution(source),
                policies: of(source).map_or(&[], |found| &found.policies),
                lost: source.as_ref().err().map(String::as_str),
                servers: exchange.map_or(&[], |exchange| &exchange.names),
                label: self.conf.label(at),
                shared: shared.as_ref(),
                is_said: at > 0 && !is_valid,
                unheard: &|server| exchange.is_some_and(|e| !e.engine.heard(server) && e.engine.uses_edns(server)),
            };
            differs |= is_valid && answer.records(self.conf).next().is_some();
            if self.conf.diff && self.conf.form.keep {
                let why = answer.verdict(self.conf).why;
                if !why.is_empty() && !reasons.contains(&why) {
                    reasons.push(why);
                }
            }
            status = status.max(show::show(&answer, self.conf, &mut self.notes, &mut to)?);
        }
        if self.conf.diff && !differs {
            show::no_difference(&entry.input.input(), &reasons, self.conf, &mut to)?;
        }
        for (found, exchange) in found.iter_mut().zip(&mut self.exchanges) {
            found
                .resolution
                .take()
                .into_iter()
                .chain(found.policies.drain(..))
                .for_each(|r| exchange.engine.recycle(r));
        }
        self.found = found;
        Ok(status)
    }
}

/// What the hosts file says of an input: addresses and names, as far as their types are asked.
fn known_hosts(hosts: &Hosts, input: &Owned, types: Option<&[Type]>) -> Vec<String> {
    let asked = |rtype: Type| types.is_none_or(|types| types.contains(&rtype) || types.contains(&Type::ANY));
    let Some(Ok(text)) = input.text.as_ref().filter(|_| !hosts.is_empty()) else { return Vec::new() };
    match address(text) {
        Some(ip) if asked(Type::PTR) => hosts.names(ip).into_iter().map(str::to_owned).collect(),
        Some(_) => Vec::new(),
        None => {
            let wanted = |ip: &IpAddr| asked(if ip.is_ipv4() { Type::A } else { Type::AAAA });
            hosts.addresses(text).into_iter().filter(wanted).map(|ip| ip.to_string()).collect()
        }
    }
}
