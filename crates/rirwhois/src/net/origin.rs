//! The connection to Team Cymru's bulk service: one for a list.
use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, Read as _, Write as _},
    net::{IpAddr, TcpStream, ToSocketAddrs as _},
    os::fd::{AsFd as _, BorrowedFd},
    time::{Duration, Instant},
};

use plainnet_common::{
    dial::Dial,
    exit::{Fail, Status},
    input::{Owned, Queue},
    output::{Out, reason},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    stdio,
};

use crate::{
    ask::origin::{self, Origin, Session},
    ask::policy::Policy,
    ask::question::Question,
    ask::servers::{Server, WHOIS},
    cli::Conf,
    print::origin::Show,
    print::show,
    read::charset,
    table::lookup::Table,
};

/// Most addresses of a session; then it is ended, and another one begins.
const ADDRESSES: usize = 50_000;

/// Longest line of an answer.
const LINE: usize = 4096;

/// Most answers that are remembered for equal inputs.
const REMEMBERED: usize = 50_000;

/// The last line of a session may be followed by another one about the same
/// address; after so long it is not waited for.
const QUIET: Duration = Duration::from_millis(100);

/// What became of an address.
#[derive(Clone, Debug)]
enum Known {
    Asked,
    Answered(Origin),
    Failed,
}

/// One input, until it is printed.
#[derive(Debug)]
struct Job {
    input: Owned,
    asks: Asks,
}

/// What an input asks.
#[derive(Debug)]
enum Asks {
    Nothing,
    Invalid(&'static str),
    Special,
    Address(IpAddr),
}

/// A connection, perhaps not made yet.
#[derive(Debug)]
struct Connection {
    dial: Option<Dial>,
    stream: Option<TcpStream>,
    session: Session,
    send: Vec<u8>,
    received: Vec<u8>,
    /// How many addresses were asked about.
    asked: usize,
    /// `end` was sent.
    is_ended: bool,
    /// When something came that was of use.
    progress: Instant,
}

/// Answers every input.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, table: &Table, out: &mut Out) -> Result<Status, Fail> {
    let server =
        conf.server.clone().unwrap_or_else(|| Server { host: origin::HOST.into(), port: WHOIS, registry: None });
    let mut list = List {
        conf,
        server,
        policy: Policy { servers: &conf.servers, table, server: None, base: None, rdap: false, follow_any: false },
        jobs: VecDeque::new(),
        unsent: VecDeque::new(),
        known: BTreeMap::new(),
        connection: None,
        why: String::new(),
        failed: 0,
        inputs: 0,
        connections: 0,
        show: Show::new(conf, out),
    };
    list.work()
}

struct List<'a> {
    conf: &'a Conf,
    server: Server,
    policy: Policy<'a>,
    jobs: VecDeque<Job>,
    /// Addresses that wait for a connection.
    unsent: VecDeque<IpAddr>,
    known: BTreeMap<IpAddr, Known>,
    connection: Option<Connection>,
    /// Why the last session failed.
    why: String,
    /// Inputs that had no answer because of that.
    failed: u64,
    inputs: u64,
    connections: u64,
    show: Show<'a>,
}

impl List<'_> {
    fn work(&mut self) -> Result<Status, Fail> {
        let mut source = Queue::new(&self.conf.operands, &self.conf.form);
        let mut status = Status::default();
        loop {
            while self.jobs.len() < ADDRESSES {
                let Some(input) = source.next() else { break };
                self.take(input);
            }
            let all = source.is_empty() || self.jobs.len() >= ADDRESSES;
            self.send(all);
            status = status.max(self.print()?);
            if self.jobs.is_empty() && source.is_empty() {
                break;
            }
            if self.jobs.len() < ADDRESSES && source.is_ready() {
                continue;
            }
            self.show.flush()?;
            if self.wait(self.jobs.len() < ADDRESSES && source.wants_stdin())? {
                source.read()?;
            }
        }
        if self.failed > 1 {
            show::say(&format!("{}: {} inputs without an answer", self.server, self.failed));
        }
        if self.conf.stats {
            show::say(&format!(
                "{} inputs, {} connections opened, {} failed",
                self.inputs, self.connections, self.failed
            ));
        }
        Ok(status)
    }

    fn take(&mut self, input: Owned) {
        let question = input.text.as_ref().map(|text| text.as_deref().map_err(|why| *why).and_then(Question::parse));
        let question = question.map(|parsed| parsed.map(|question| question.inside().unwrap_or(question)));
        self.inputs += u64::from(question.is_some());
        let asks = match question {
            None => Asks::Nothing,
            Some(Err(why)) => Asks::Invalid(why),
            Some(Ok(question)) if !matches!(question, Question::Addresses(_)) => {
                Asks::Invalid("no address: only these have an origin")
            }
            Some(Ok(question)) if self.policy.is_offline(&question) => Asks::Special,
            Some(Ok(Question::Addresses(range))) => Asks::Address(range.first_addr()),
            Some(Ok(_)) => Asks::Nothing,
        };
        if let Asks::Address(addr) = asks
            && !matches!(self.known.get(&addr), Some(Known::Asked | Known::Answered(_)))
        {
            self.known.insert(addr, Known::Asked);
            self.unsent.push_back(addr);
        }
        self.jobs.push_back(Job { input, asks });
    }

    /// Asks about what waits; `all`: nothing more will come for this session.
    fn send(&mut self, all: bool) {
        if self.connection.is_none() && !self.unsent.is_empty() {
            self.connect();
        }
        let Some(connection) = &mut self.connection else { return };
        while connection.asked < ADDRESSES && !connection.is_ended {
            let Some(addr) = self.unsent.pop_front() else { break };
            connection.asked += 1;
            if !connection.session.is_waiting() {
                connection.progress = Instant::now();
            }
            connection.session.ask(addr);
            connection.send.extend_from_slice(format!("{addr}\n").as_bytes());
        }
        if (all && self.unsent.is_empty() || connection.asked >= ADDRESSES) && !connection.is_ended {
            connection.send.extend_from_slice(origin::END.as_bytes());
            connection.is_ended = true;
        }
    }

    fn connect(&mut self) {
        self.connections += 1;
        let now = Instant::now();
        let found = (self.server.host.as_str(), self.server.port).to_socket_addrs();
        let deadline = now.checked_add(self.conf.timeout);
        match found {
            Ok(addrs) => {
                self.connection = Some(Connection {
                    dial: Some(Dial::new(addrs, now, deadline)),
                    stream: None,
                    session: Session::default(),
                    send: origin::BEGIN.as_bytes().to_vec(),
                    received: Vec::new(),
                    asked: 0,
                    is_ended: false,
                    progress: now,
                });
            }
            Err(e) => {
                self.why = format!("name not found ({})", reason(&e));
                let unsent = std::mem::take(&mut self.unsent);
                unsent.into_iter().for_each(|addr| drop(self.known.insert(addr, Known::Failed)));
            }
        }
    }

    /// The session is over, for this reason if it failed.
    fn over(&mut self, why: Option<String>) {
        let Some(mut connection) = self.connection.take() else { return };
        if let Some((addr, origin)) = connection.session.quiet() {
            self.known.insert(addr, Known::Answered(origin));
        }
        let left = connection.session.unanswered();
        // A server that closed in good order after some answers is asked anew for the rest, but not twice for nothing.
        let is_early = !connection.is_ended && left.len() < connection.asked && why.is_none();
        if is_early {
            left.into_iter().rev().for_each(|addr| self.unsent.push_front(addr));
            return;
        }
        if let Some(why) = why.or_else(|| (!left.is_empty()).then(|| "truncated, not all was answered".to_owned())) {
            self.why = why;
        }
        left.into_iter().for_each(|addr| drop(self.known.insert(addr, Known::Failed)));
    }

    /// Waits for the connection, and for standard input if `stdin`; is there something to read?
    fn wait(&mut self, stdin: bool) -> Result<bool, Fail> {
        let now = Instant::now();
        let wake = self.connection.as_ref().and_then(|connection| connection.wake(self.conf.timeout));
        let mut fds: Vec<PollFd<'_>> = Vec::new();
        for (fd, flags) in self.connection.iter().flat_map(Connection::interest) {
            fds.push(PollFd::from_borrowed_fd(fd, flags));
        }
        if stdin {
            fds.push(PollFd::from_borrowed_fd(stdio::stdin(), PollFlags::IN));
        }
        let timeout = wake.map(|at| at.saturating_duration_since(now) + Duration::from_millis(1));
        match poll(&mut fds, timeout.and_then(|t| Timespec::try_from(t).ok()).as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(Fail::io("poll", &e.into())),
        }
        let ready = stdin && fds.last().is_some_and(|fd| !fd.revents().is_empty());
        drop(fds);
        self.talk();
        Ok(ready)
    }

    /// Goes as far as the connection allows.
    fn talk(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        match connection.step(&mut self.known) {
            Ok(true) => {}
            Ok(false) => return self.over(None),
            Err(why) => return self.over(Some(why)),
        }
        let late = connection.progress.checked_add(self.conf.timeout).is_some_and(|at| Instant::now() >= at);
        if late && connection.session.is_waiting() {
            let seconds = self.conf.timeout.as_secs_f64();
            self.over(Some(format!("timed out after {} s", (seconds * 10.0).round() / 10.0)));
        }
    }

    /// Prints what is known, in order.
    fn print(&mut self) -> Result<Status, Fail> {
        let mut status = Status::default();
        while let Some(job) = self.jobs.front() {
            let input = job.input.input();
            status = status.max(match &job.asks {
                Asks::Nothing => self.show.blank(&input)?,
                Asks::Invalid(why) => self.show.invalid(&input, why)?,
                Asks::Special => self.show.nobody(&input, "a special-purpose address, announced by nobody")?,
                Asks::Address(addr) => match self.known.get(addr) {
                    None | Some(Known::Asked) => break,
                    Some(Known::Answered(origin)) if origin.numbers.is_empty() => {
                        self.show.nobody(&input, "announced by nobody")?
                    }
                    Some(Known::Answered(origin)) => self.show.origin(&input, origin)?,
                    Some(Known::Failed) => {
                        self.failed += 1;
                        let why = format!("{}: {}", self.server, self.why);
                        self.show.failed(&input, &why, self.failed > 1)?
                    }
                },
            });
            self.jobs.pop_front();
        }
        if self.jobs.is_empty() && self.known.len() > REMEMBERED {
            self.known.clear();
        }
        Ok(status)
    }
}

impl Connection {
    fn interest(&self) -> Vec<(BorrowedFd<'_>, PollFlags)> {
        if let Some(dial) = &self.dial {
            return dial.fds().map(|fd| (fd, PollFlags::OUT)).collect();
        }
        let flags = if self.send.is_empty() { PollFlags::IN } else { PollFlags::IN | PollFlags::OUT };
        self.stream.iter().map(|stream| (stream.as_fd(), flags)).collect()
    }

    /// When something happens without the server's doing.
    fn wake(&self, timeout: Duration) -> Option<Instant> {
        let deadline = self.progress.checked_add(timeout).filter(|_| self.session.is_waiting());
        let quiet = self.session.is_half_answered().then(|| self.progress + QUIET);
        let dial = self.dial.as_ref().and_then(Dial::wake);
        [deadline, quiet, dial].into_iter().flatten().min()
    }

    /// Connects, sends and reads without waiting; false at the end.
    fn step(&mut self, known: &mut BTreeMap<IpAddr, Known>) -> Result<bool, String> {
        let words = |e: &io::Error| reason(e).to_lowercase();
        if let Some(dial) = &mut self.dial {
            match dial.step(Instant::now()) {
                Ok(None) => return Ok(true),
                Ok(Some((stream, _))) => {
                    self.stream = Some(stream);
                    self.dial = None;
                    self.progress = Instant::now();
                }
                Err(e) if e.kind() == io::ErrorKind::TimedOut => return Err("timed out".into()),
                Err(e) => return Err(words(&e)),
            }
        }
        let Some(stream) = &mut self.stream else { return Ok(true) };
        while !self.send.is_empty() {
            match stream.write(&self.send) {
                Ok(n) => drop(self.send.drain(..n)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(words(&e)),
            }
        }
        let mut block = [0; 16 * 1024];
        for _ in 0..64 {
            match stream.read(&mut block) {
                Ok(0) => return Ok(false),
                Ok(n) => self.received.extend_from_slice(&block[..n]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(words(&e)),
            }
            let Some(end) = self.received.iter().rposition(|b| *b == b'\n') else {
                if self.received.len() > LINE {
                    return Err("truncated, a line is longer than 4 KiB".into());
                }
                continue;
            };
            let rest = self.received.split_off(end + 1);
            let lines = std::mem::replace(&mut self.received, rest);
            for line in lines.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                if line.len() > LINE {
                    return Err("truncated, a line is longer than 4 KiB".into());
                }
                let before = self.session.is_half_answered();
                let answered = self.session.line(&charset::decode(line.trim_ascii_end()))?;
                if answered.is_some() || !before && self.session.is_half_answered() {
                    self.progress = Instant::now();
                }
                if let Some((addr, origin)) = answered {
                    known.insert(addr, Known::Answered(origin));
                }
            }
        }
        if self.session.is_half_answered()
            && Instant::now() >= self.progress + QUIET
            && let Some((addr, origin)) = self.session.quiet()
        {
            known.insert(addr, Known::Answered(origin));
        }
        Ok(true)
    }
}
