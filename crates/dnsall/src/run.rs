//! Names in, answers out in the same order, many at a time. The one place with
//! sockets and a clock.
use std::{
    collections::VecDeque,
    io::{self, Write as _},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    os::fd::{AsFd as _, BorrowedFd},
    rc::Rc,
    time::{Duration, Instant},
};

use plainnet_common::{
    exit::{Fail, Status},
    input::Answers,
    output::{Out, say},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::sockopt,
    stdio,
};

use crate::{
    ask::flight::{Ask, Flight, Got, Rules, Step, Trouble},
    ask::pasted,
    ask::sweep::{Plan, Sweep, Wish},
    ask::trace,
    cli::Conf,
    inputs::{Given, Inputs, Taken},
    net::hosts::Hosts,
    net::resolv::{self, Environment, System},
    net::server::Server,
    net::stream::{Event, Stream},
    print::show::{self, Answer},
    spec::SPEC,
    wire::message::Reply,
    wire::name::Name,
    wire::types::Type,
};

/// How long the first question flies alone: a near server has answered by then.
const HEAD_START: Duration = Duration::from_millis(10);
/// Aliases in a row that are followed.
const ALIASES: usize = 16;
/// Names under way, for each question of the window.
const AHEAD: usize = 64;
/// So many questions in the air are a crowd, whose answers are gathered for so long.
const CROWD: usize = 64;
const LULL: Duration = Duration::from_micros(250);
/// Finished answers held back by an unfinished one before them, in bytes.
const HELD: usize = 8 << 20;

/// Asks every name and prints what was found.
///
/// # Errors
/// Reading or writing failed, or there is no server to ask.
pub fn run(conf: &Conf, environment: &Environment, out: &mut Out) -> Result<Status, Fail> {
    let network = |subject: String, why: String| Fail::Stop(Status::Network, format!("{subject}: {why}"));
    let system = match (&conf.server, conf.search) {
        (Some(_), false) => None,
        (None, false) if conf.trace => None,
        _ => Some(
            resolv::settings(environment).map_err(|e| Fail::io(environment.path.as_os_str().as_encoded_bytes(), &e))?,
        ),
    };
    for complaint in system.iter().flat_map(|system| &system.complaints) {
        say(SPEC.name, format_args!("{complaint}"));
    }
    let servers = match (&conf.server, &system) {
        (Some(address), _) => address.servers().map_err(|why| network(address.to_string(), why))?,
        (None, system) => system.as_ref().map(|s| s.servers.clone()).unwrap_or_default(),
    };
    let hosts = match &conf.hosts {
        None => Hosts::default(),
        Some(path) => match Hosts::open(path, &conf.names) {
            Ok(hosts) => hosts,
            Err(e) if e.kind() == io::ErrorKind::NotFound && path.as_os_str() == "/etc/hosts" => Hosts::default(),
            Err(e) => return Err(Fail::io(path.as_os_str().as_encoded_bytes(), &e)),
        },
    };
    let started = Instant::now();
    let rules = Rules {
        timeout: conf.timeout,
        tries: conf.tries,
        window: conf.window,
        pace: conf.pace,
        dnssec: conf.dnssec,
        recurse: !conf.trace,
    };
    let plan = Plan {
        types: conf.types.as_deref().map(Rc::from),
        exhaustive: conf.exhaustive,
        dnssec: conf.dnssec,
        follow: conf.follow,
        whole_replies: false,
    };
    if conf.trace {
        let start = if conf.server.is_some() { servers } else { trace::roots() };
        return trace::run(conf, rules, plan, start, out);
    }
    let mut desk = Desk::new(conf, rules, plan, servers);
    desk.hosts = hosts;
    desk.search = system.filter(|_| conf.search);
    let end = desk.run(out)?;
    if conf.stats {
        desk.say_stats(started.elapsed());
    }
    Ok(end)
}

/// One input under way.
#[derive(Debug)]
pub(crate) struct Job {
    given: Given,
    pub(crate) invalid: Option<String>,
    hosts: Vec<String>,
    /// The name, then its aliases; the last one is being asked.
    pub(crate) sweeps: Vec<Sweep>,
    /// Further names to try if this one does not exist (--search).
    candidates: VecDeque<Name>,
    stuck: Option<&'static str>,
    since: Instant,
    done: bool,
    size: usize,
}

/// The whole run.
pub(crate) struct Desk<'a> {
    conf: &'a Conf,
    plan: Plan,
    rules: Rules,
    search: Option<System>,
    hosts: Hosts,
    inputs: Inputs,
    ended: bool,
    flight: Flight,
    sockets: Vec<Option<UdpSocket>>,
    streams: Vec<Option<Stream>>,
    jobs: VecDeque<Job>,
    /// The number of the first of `jobs`.
    first: u64,
    /// Bytes of finished answers in `jobs`.
    held: usize,
    /// When a lone name's head start ends.
    head: Option<Instant>,
    pub(crate) names: Vec<String>,
    /// Only addresses are asked about (-x).
    pub(crate) reverse: bool,
    buf: Vec<u8>,
    /// Something came the last time.
    busy: bool,
    counted: (u64, u64),
}

impl<'a> Desk<'a> {
    pub(crate) fn new(conf: &'a Conf, rules: Rules, plan: Plan, servers: Vec<Server>) -> Desk<'a> {
        let names = servers.iter().map(Server::to_string).collect();
        let n = servers.len();
        Desk {
            conf,
            plan,
            rules,
            search: None,
            hosts: Hosts::default(),
            inputs: Inputs::new(&conf.names, conf.form.end()),
            ended: false,
            flight: Flight::new(rules, servers),
            sockets: (0..n).map(|_| None).collect(),
            streams: (0..n).map(|_| None).collect(),
            jobs: VecDeque::new(),
            first: 0,
            held: 0,
            head: None,
            names,
            reverse: conf.reverse,
            buf: vec![0; 1 << 16],
            busy: false,
            counted: (0, 0),
        }
    }

    /// Asks about one input alone, and prints nothing.
    pub(crate) fn ask(&mut self, given: Given, out: &mut Out) -> Result<Option<Job>, Fail> {
        self.begin(given, Instant::now());
        while self.jobs.front().is_some_and(|job| !job.done) {
            self.turn(Instant::now())?;
            if self.jobs.front().is_some_and(|job| !job.done) {
                self.wait(false, out)?;
            }
        }
        Ok(self.jobs.pop_front())
    }

    /// Does what is due.
    fn turn(&mut self, now: Instant) -> Result<(), Fail> {
        if self.head.is_some_and(|at| at <= now) {
            self.head = None;
            if let Some(wish) = self.jobs.front_mut().and_then(|j| j.sweeps.last_mut()).map(Sweep::ask_all) {
                self.grant(self.first, wish, now);
            }
        }
        self.expire(now);
        self.send(now)
    }

    fn run(&mut self, out: &mut Out) -> Result<Status, Fail> {
        let mut status = Status::default();
        loop {
            let now = Instant::now();
            let wants_line = self.take_inputs(now);
            self.turn(now)?;
            status = status.max(self.print(out)?);
            if self.ended && self.jobs.is_empty() {
                return Ok(status);
            }
            self.wait(wants_line, out)?;
        }
    }

    /// Takes inputs while there is room for their questions. True: the next one
    /// has to be read first.
    fn take_inputs(&mut self, now: Instant) -> bool {
        let most = AHEAD.saturating_mul(self.conf.window);
        while !self.ended
            && self.flight.has_room(self.in_streams() + self.flight.queued())
            && self.jobs.len() < most
            && self.held < HELD
        {
            match self.inputs.take() {
                Taken::Given(given) => self.begin(given, now),
                Taken::Wait => return true,
                Taken::End => self.ended = true,
            }
        }
        false
    }

    fn in_streams(&self) -> usize {
        self.streams.iter().flatten().map(Stream::in_air).sum()
    }

    /// Starts the work on one input.
    fn begin(&mut self, given: Given, now: Instant) {
        let mut job = Job {
            given,
            invalid: None,
            hosts: Vec::new(),
            sweeps: Vec::new(),
            candidates: VecDeque::new(),
            stuck: None,
            since: now,
            done: false,
            size: 0,
        };
        match job.given.text.clone() {
            None => job.done = true,
            Some(Err(why)) => job.invalid = Some(why.to_owned()),
            Some(Ok(text)) => match (job.given.address(), self.reverse) {
                (Some(ip), _) => {
                    job.hosts = self.hosts.names(ip).into_iter().map(str::to_owned).collect();
                    job.candidates.push_back(Name::reverse(ip));
                }
                (None, true) => job.invalid = Some("-x needs an address".to_owned()),
                (None, false) => match self.candidates(&text) {
                    Ok(names) => {
                        job.hosts = self.hosts.addresses(&text).iter().map(ToString::to_string).collect();
                        job.candidates = names;
                    }
                    Err(why) => job.invalid = Some(why),
                },
            },
        }
        job.done |= job.invalid.is_some();
        if !job.done {
            self.counted.0 += 1;
        }
        let number = self.first + self.jobs.len() as u64;
        let name = job.candidates.pop_front();
        self.jobs.push_back(job);
        if let Some(name) = name {
            if !self.conf.many {
                self.head = Some(now + HEAD_START);
            }
            self.sweep(number, Rc::new(name), Vec::new(), now);
        }
    }

    /// The names that `text` may mean, in the order to ask them.
    fn candidates(&self, text: &str) -> Result<VecDeque<Name>, String> {
        if let Some(why) = pasted::refusal(text) {
            return Err(why);
        }
        let name = Name::parse(text).map_err(|e| e.to_string())?;
        let Some(system) = self.search.as_ref().filter(|_| !text.ends_with('.')) else {
            return Ok(VecDeque::from([name]));
        };
        let mut names: VecDeque<Name> = system.search.iter().filter_map(|domain| name.join(domain).ok()).collect();
        if name.labels().count() > system.ndots {
            names.push_front(name);
        } else {
            names.push_back(name);
        }
        Ok(names)
    }

    /// Asks `name` for job `number`.
    fn sweep(&mut self, number: u64, name: Rc<Name>, known: Vec<(Type, Vec<u8>)>, now: Instant) {
        let (sweep, ask) = Sweep::new(self.plan.clone(), name.clone(), known);
        for rtype in ask {
            self.flight.ask(Ask { job: number, name: name.clone(), rtype, waits: false });
        }
        if let Some(job) = self.job(number) {
            job.sweeps.push(sweep);
        }
        self.move_on(number, now);
    }

    fn job(&mut self, number: u64) -> Option<&mut Job> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.jobs.get_mut(at)
    }

    /// The sweep that waits for the answer to `ask`.
    fn sweep_of(&mut self, ask: &Ask) -> Option<&mut Sweep> {
        self.job(ask.job)?.sweeps.last_mut().filter(|s| Rc::ptr_eq(&s.name, &ask.name) && !s.is_done())
    }

    fn grant(&mut self, number: u64, wish: Wish, now: Instant) {
        let Some(name) = self.job(number).and_then(|j| j.sweeps.last()).map(|s| s.name.clone()) else { return };
        match wish {
            Wish::Nothing => {}
            Wish::Ask(types) => {
                for rtype in types {
                    self.flight.ask(Ask { job: number, name: name.clone(), rtype, waits: true });
                }
            }
            Wish::DropBut(keep) => {
                self.flight.drop_where(number, |t| !keep.contains(&t));
                for stream in self.streams.iter_mut().flatten() {
                    stream.drop_where(number, |t| !keep.contains(&t));
                }
            }
        }
        self.move_on(number, now);
    }

    /// After the last answer to a name: the next candidate, the alias's target, or the end.
    fn move_on(&mut self, number: u64, now: Instant) {
        let (follow, limit) = (self.conf.follow, self.rules.timeout.saturating_mul(self.rules.tries));
        let Some(job) = self.job(number) else { return };
        let Some(sweep) = job.sweeps.last_mut().filter(|s| s.is_done()) else { return };
        if job.done {
            return;
        }
        sweep.elapsed = now.saturating_duration_since(job.since);
        let late = sweep.elapsed >= limit;
        let (found, refused) = (!sweep.records.is_empty(), !sweep.troubles.is_empty());
        if !found
            && !late
            && let Some(name) = job.candidates.pop_front()
        {
            // A refusal is told only if no other name is found.
            if !refused {
                job.sweeps.pop();
            }
            return self.sweep(number, Rc::new(name), Vec::new(), now);
        }
        if found {
            job.candidates.clear();
            job.sweeps.retain(|s| !s.records.is_empty());
        }
        let Some(sweep) = job.sweeps.last_mut() else { return };
        if let Some(target) = sweep.target.clone().filter(|_| follow) {
            let known = sweep.take_along();
            if job.sweeps.iter().any(|s| s.name.same(&target)) {
                job.stuck = Some("the aliases lead in a circle");
            } else if job.sweeps.len() > ALIASES {
                job.stuck = Some("more than 16 aliases in a row");
            } else if late {
                job.stuck = Some("no time left to follow the alias");
            } else {
                return self.sweep(number, target, known, now);
            }
        }
        job.done = true;
        let size = |s: &Sweep| 512 + s.records.iter().map(|r| 256 + 3 * r.data.wire.len()).sum::<usize>();
        job.size = job.given.line.len() + job.sweeps.iter().map(size).sum::<usize>();
        self.held += job.size;
    }

    /// Sends what may be sent now.
    fn send(&mut self, now: Instant) -> Result<(), Fail> {
        let mut elsewhere = self.in_streams();
        while let Some(step) = self.flight.next(now, elsewhere) {
            match step {
                Step::Stream(peer, ask) => {
                    elsewhere += 1;
                    self.stream(peer, ask, false, now);
                }
                Step::Datagram(peer, slot) => {
                    if let Err(e) = self.send_datagram(peer, slot) {
                        if [Errno::MFILE, Errno::NFILE, Errno::NOMEM]
                            .iter()
                            .any(|n| e.raw_os_error() == Some(n.raw_os_error()))
                        {
                            return Err(Fail::io("socket", &e));
                        }
                        self.down(peer, &e, now);
                    }
                }
            }
        }
        self.drive(now)
    }

    fn send_datagram(&mut self, peer: usize, slot: usize) -> io::Result<()> {
        let Some(server) = self.flight.server(peer) else { return Ok(()) };
        let socket = match &mut self.sockets[peer] {
            Some(socket) => socket,
            none => none.insert(open(server.addr)?),
        };
        // A full buffer empties soon; an error that an earlier datagram left behind is no fault of this one.
        for _ in 0..3 {
            match socket.send(self.flight.packet(slot)) {
                Ok(_) => return Ok(()),
                Err(e) => match e.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => {
                        let soon = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
                        let _ = poll(&mut [PollFd::new(&*socket, PollFlags::OUT)], Some(&soon));
                    }
                    _ if e.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => return Ok(()),
                    _ => return Err(e),
                },
            }
        }
        Ok(())
    }

    fn down(&mut self, peer: usize, e: &io::Error, now: Instant) {
        let mut lost = Vec::new();
        self.flight.down(peer, e, &mut lost);
        self.lose(lost, now);
    }

    fn lose(&mut self, lost: Vec<(Ask, usize, Trouble)>, now: Instant) {
        for (ask, peer, why) in lost {
            if let Some(sweep) = self.sweep_of(&ask) {
                let wish = sweep.trouble(ask.rtype, peer, why);
                self.grant(ask.job, wish, now);
            }
        }
    }

    fn stream(&mut self, peer: usize, ask: Ask, cut: bool, now: Instant) {
        let Some(server) = self.flight.server(peer).cloned() else { return };
        let (rules, spare) = (self.rules, self.flight.servers() > 1);
        self.streams[peer].get_or_insert_with(|| Stream::new(server, rules, spare)).ask(ask, cut, now);
    }

    /// Moves the connections along.
    fn drive(&mut self, now: Instant) -> Result<(), Fail> {
        for peer in 0..self.streams.len() {
            let mut events = Vec::new();
            if let Some(stream) = &mut self.streams[peer] {
                stream.drive(now, &mut events);
            }
            for event in events {
                match event {
                    Event::Answer(ask, msg, _) => {
                        if let Some(reply) = Reply::read(&msg) {
                            self.flight.stats.replies += 1;
                            self.answer(&ask, peer, &reply, now);
                        }
                    }
                    Event::Failed(ask, why) => self.lose(vec![(ask, peer, why)], now),
                    Event::Down(asks, e) => {
                        self.down(peer, &e, now);
                        for ask in asks.into_iter().rev() {
                            self.flight.ask_elsewhere(ask);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn answer(&mut self, ask: &Ask, peer: usize, reply: &Reply<'_>, now: Instant) {
        if let Some(sweep) = self.sweep_of(ask) {
            let wish = sweep.answer(ask.rtype, peer, reply);
            self.grant(ask.job, wish, now);
        }
    }

    fn expire(&mut self, now: Instant) {
        let mut lost = Vec::new();
        self.flight.expire(now, &mut lost);
        self.lose(lost, now);
    }

    /// Prints the finished answers that are next in order.
    fn print(&mut self, out: &mut Out) -> Result<Status, Fail> {
        let mut status = Status::default();
        let mut to = Answers { tool: SPEC.name, form: &self.conf.form, out };
        while self.jobs.front().is_some_and(|job| job.done) {
            let Some(job) = self.jobs.pop_front() else { break };
            self.first += 1;
            self.held -= job.size;
            if job.given.text.is_none() {
                show::blank(&job.given, &mut to)?;
                continue;
            }
            let answer = Answer {
                input: job.given.input(),
                invalid: job.invalid,
                hosts: &job.hosts,
                trace: &[],
                sweeps: &job.sweeps,
                stuck: job.stuck,
                lost: false,
                servers: &self.names,
            };
            self.counted.1 += 1;
            status = status.max(show::show(&answer, self.conf, &mut to)?);
        }
        Ok(status)
    }

    /// Waits until something can be done, and reads what has come.
    fn wait(&mut self, wants_line: bool, out: &mut Out) -> Result<(), Fail> {
        let now = Instant::now();
        let elsewhere = self.in_streams();
        let mut wake = self.flight.wake(now, elsewhere);
        wake = wake.into_iter().chain(self.head).chain(self.streams.iter().flatten().filter_map(Stream::wake)).min();
        let busy = self.flight.in_air() + elsewhere + self.flight.queued() > 0;
        if !busy && !wants_line && wake.is_none() {
            // Nothing will ever come: an unfinished name would be waited for without end.
            if let Some(job) = self.jobs.front_mut().filter(|job| !job.done) {
                job.stuck = Some("its questions were lost");
                job.done = true;
            }
            return Ok(());
        }
        let timeout = wake.map(|at| at.saturating_duration_since(now));

        let mut fds: Vec<PollFd<'_>> = Vec::new();
        let mut who = Vec::new();
        for (peer, socket) in self.sockets.iter().enumerate() {
            if let Some(socket) = socket {
                fds.push(PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN));
                who.push(Ready::Socket(peer));
            }
        }
        for stream in self.streams.iter().flatten() {
            if let Some((fd, flags)) = stream.interest() {
                fds.push(PollFd::from_borrowed_fd(fd, flags));
                who.push(Ready::Stream);
            }
        }
        if wants_line {
            let stdin: BorrowedFd<'_> = stdio::stdin();
            fds.push(PollFd::from_borrowed_fd(stdin, PollFlags::IN));
            who.push(Ready::Stdin);
        }
        if self.busy {
            crowd(self.flight.in_air());
        }
        // Output is flushed only where nothing has come meanwhile, so that a fast run writes in blocks.
        let ready = match poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
            Ok(0) => {
                out.flush()?;
                let done = poll(&mut fds, timeout.map(|t| Timespec::try_from(t).unwrap_or(LONG)).as_ref());
                crowd(self.flight.in_air());
                done
            }
            done => done,
        };
        match ready {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(Fail::io("poll", &e.into())),
        }
        let ready: Vec<Ready> =
            fds.iter().zip(&who).filter(|(fd, _)| !fd.revents().is_empty()).map(|(_, who)| *who).collect();
        drop(fds);
        self.busy = !ready.is_empty();
        for who in ready {
            match who {
                Ready::Socket(peer) => self.receive(peer),
                Ready::Stream => {}
                Ready::Stdin => self.inputs.read().map_err(|e| Fail::io("stdin", &e))?,
            }
        }
        self.drive(Instant::now())
    }

    /// Reads the datagrams that `peer` has sent, a window of them at most.
    fn receive(&mut self, peer: usize) {
        let mut buf = std::mem::take(&mut self.buf);
        let now = Instant::now();
        for _ in 0..512 {
            let Some(socket) = &self.sockets[peer] else { break };
            let len = match socket.recv(&mut buf) {
                Ok(len) => len,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => {
                    self.down(peer, &e, now);
                    break;
                }
            };
            match self.flight.datagram(now, peer, &mut buf[..len]) {
                Got::Nothing => {}
                Got::Truncated(ask, peer) => self.stream(peer, ask, true, now),
                Got::Answer(ask, peer, _, reply) => self.answer(&ask, peer, &reply, now),
            }
        }
        self.buf = buf;
    }

    pub(crate) fn say_stats(&self, took: Duration) {
        let s = self.flight.stats;
        let seconds = took.as_secs_f64();
        say(
            SPEC.name,
            format_args!(
                "{} names, {} questions, {} datagrams, {} again, {} replies, {} ignored, {} truncated, {} unanswered, {seconds:.2} s, {:.0} questions/s",
                self.counted.0,
                s.questions,
                s.sent,
                s.again,
                s.replies,
                s.ignored,
                s.truncated,
                s.unanswered,
                s.questions as f64 / seconds.max(1e-6),
            ),
        );
    }
}

/// With many questions in the air, waking up for each answer costs more than
/// the answer: they are gathered for a moment.
fn crowd(in_air: usize) {
    if in_air >= CROWD {
        std::thread::sleep(LULL);
    }
}

/// A wait of a day stands for a longer one.
const LONG: Timespec = Timespec { tv_sec: 86_400, tv_nsec: 0 };

#[derive(Clone, Copy)]
enum Ready {
    Socket(usize),
    Stream,
    Stdin,
}

/// A socket that speaks to `addr` alone: the system drops what others send.
fn open(addr: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr =
        if addr.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(any)?;
    socket.set_nonblocking(true)?;
    // Ninety answers arrive together; as much as the system allows will do.
    let _ = sockopt::set_socket_recv_buffer_size(&socket, 1 << 20);
    socket.connect(addr)?;
    Ok(socket)
}
