//! Many questions at many servers, without threads.
//!
//! Inputs are read as fast as there is room for them, each becomes a
//! [`Chase`], and every server has a [`Session`] that works on one query at a
//! time. What comes back is printed in the order of the inputs. An answer is
//! shared with later inputs in its range, so a server sees each block once.
use std::{
    collections::{BTreeMap, VecDeque},
    ffi::OsString,
    rc::Rc,
    time::{Duration, Instant},
};

use plainnet_common::{
    exit::{Fail, Status},
    output::{self, Out},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    stdio,
};

use crate::{
    ask::blocks::{self, Next},
    ask::cache::Cache,
    ask::chase::{Ask, Chase, Fate, Outcome, Policy, Step},
    ask::question::Question,
    ask::share::Shared,
    ask::source::{Read, Source},
    cli::{Conf, Print},
    net::session::{Heard, Limits, Session},
    print::show::Show,
    print::stats::Counts,
    spec::SPEC,
    table::lookup::Table,
};

/// Most inputs under way.
const WINDOW: usize = 4096;

/// Most bytes of answers that wait for an earlier input's before they are printed.
const WAITING: usize = 32 << 20;

/// Answers every input over the network.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, table: &Table, out: &mut Out) -> Result<Status, Fail> {
    let one = conf.operands.len() == 1 && conf.operands[0] != "-";
    let mut bulk = Bulk {
        conf,
        policy: Policy { servers: &conf.servers, table, server: conf.server.as_ref(), follow_any: conf.follow_any },
        // One handle is one query, also under --blocks; for an address a second one follows.
        limits: Limits {
            bytes: conf.max_bytes,
            keep: !one || conf.print == Print::Blocks && !is_handle(&conf.operands),
        },
        source: Source::new(&conf.operands, &conf.form),
        jobs: VecDeque::new(),
        first: 0,
        waiting: 0,
        running: BTreeMap::new(),
        sessions: BTreeMap::new(),
        shared: Shared::default(),
        counts: Counts::default(),
        cache: None,
        show: Show::new(conf, out),
    };
    // A listing is made of several answers; it is not kept.
    if conf.cache && conf.print != Print::Blocks {
        match &conf.caches {
            Some(folder) => bulk.cache = Some(Cache::open(folder, &bulk.policy, &mut bulk.shared)),
            None => output::say(SPEC.name, format_args!("cache: neither XDG_CACHE_HOME nor HOME is set")),
        }
    }
    let end = bulk.work();
    if let Some(Err(e)) = bulk.cache.take().map(Cache::close) {
        output::say(SPEC.name, format_args!("cache: {}", output::reason(&e)));
    }
    if conf.stats {
        let sum = |of: fn(&Session) -> u64| bulk.sessions.values().map(of).sum();
        bulk.counts.queries = sum(|s| s.counts.queries);
        bulk.counts.opened = sum(|s| s.counts.opened);
        bulk.counts.kept = sum(|s| s.counts.kept);
        output::say(SPEC.name, format_args!("{}", bulk.counts));
    }
    end
}

fn is_handle(operands: &[OsString]) -> bool {
    operands.iter().all(|o| matches!(o.to_str().map(Question::parse), Some(Ok(Question::Handle(_)))))
}

/// One input, until it is printed.
struct Job {
    read: Read,
    state: State,
    /// Bytes that its answer takes, if no other job has it too.
    size: usize,
}

enum State {
    /// A blank line or a comment.
    Blank,
    /// No question.
    Invalid(&'static str),
    Waiting,
    Done(Question, Rc<Outcome>),
}

/// A chase under way.
struct Running {
    /// What the input asks; the chase may have come further.
    question: Question,
    chase: Chase,
    /// Of the time that the input may take.
    left: Duration,
}

/// Name, port, and whether only public addresses will do.
type Place = (String, u16, bool);

struct Bulk<'a> {
    conf: &'a Conf,
    policy: Policy<'a>,
    limits: Limits,
    source: Source<'a>,
    jobs: VecDeque<Job>,
    /// Number of the first of `jobs`, counted from the start of the run.
    first: u64,
    /// Bytes of answers in `jobs`.
    waiting: usize,
    /// By the number of the job.
    running: BTreeMap<u64, Running>,
    sessions: BTreeMap<Place, Session>,
    shared: Shared,
    cache: Option<Cache>,
    counts: Counts,
    show: Show<'a>,
}

impl Bulk<'_> {
    fn work(&mut self) -> Result<Status, Fail> {
        let mut status = Status::default();
        loop {
            while self.has_room() {
                let Some(read) = self.source.next() else { break };
                self.take(read);
            }
            self.begin();
            status = status.max(self.print()?);
            if self.jobs.is_empty() && self.source.is_empty() {
                return Ok(status);
            }
            if self.has_room() && self.source.is_ready() {
                continue;
            }
            self.show.flush()?;
            self.wait()?;
        }
    }

    fn has_room(&self) -> bool {
        self.jobs.len() < WINDOW && self.waiting < WAITING
    }

    /// A new input.
    fn take(&mut self, read: Read) {
        let id = self.first + self.jobs.len() as u64;
        let question = read.text.as_ref().map(|text| text.as_deref().map_err(|why| *why).and_then(Question::parse));
        let state = match &question {
            None => State::Blank,
            Some(Err(why)) => State::Invalid(why),
            Some(Ok(_)) => State::Waiting,
        };
        self.counts.inputs += u64::from(question.is_some());
        self.jobs.push_back(Job { read, state, size: 0 });
        let Some(Ok(question)) = question else { return };
        let first = match &question {
            Question::Handle(handle) if self.conf.print == Print::Blocks => blocks::first(handle),
            _ => question.clone(),
        };
        let (chase, step) = Chase::start(first, &self.policy);
        self.running.insert(id, Running { question, chase, left: self.conf.timeout });
        self.step(id, step);
    }

    fn step(&mut self, id: u64, step: Step) {
        match step {
            Step::Ask(ask) => self.queue(id, ask),
            Step::Done(outcome) => self.done(id, *outcome),
        }
    }

    fn queue(&mut self, id: u64, ask: Ask) {
        let place = (ask.server.host.clone(), ask.server.port, ask.public_only);
        let session = self.sessions.entry(place).or_insert_with(|| Session::new(&ask, self.conf.rate));
        // What is under way is finished before anything new.
        match self.running.get(&id) {
            Some(running) if running.chase.hops().len() > 1 => session.queue.push_front((id, ask.line)),
            _ => session.queue.push_back((id, ask.line)),
        }
    }

    /// Lets every server that is free begin with its next query.
    fn begin(&mut self) {
        let places: Vec<Place> = self.sessions.keys().cloned().collect();
        let mut again = true;
        while std::mem::take(&mut again) {
            for place in &places {
                let Some(session) = self.sessions.get_mut(place).filter(|s| !s.busy()) else { continue };
                let Some((id, line)) = session.queue.pop_front() else { continue };
                let Some(running) = self.running.get_mut(&id) else { continue };
                let fresh = running.chase.hops().len() == 1;
                if let Some(outcome) = self.shared.find(&running.question).filter(|_| fresh) {
                    let count = if outcome.cached { &mut self.counts.cached } else { &mut self.counts.shared };
                    *count += 1;
                    self.settle(id, outcome, false);
                } else if let Some(why) = session.closed.clone() {
                    let step = running.chase.spared(&why);
                    self.step(id, step);
                } else if session.free_at(Instant::now()) > Instant::now() {
                    session.queue.push_front((id, line));
                    continue;
                } else if let Some(heard) = session.begin(id, line, running.left, self.limits) {
                    self.heard(heard);
                }
                again = true;
            }
        }
    }

    /// An answer came, or the reason why none does.
    fn heard(&mut self, heard: Heard) {
        let Some(running) = self.running.get_mut(&heard.id) else { return };
        running.left = running.left.saturating_sub(heard.took);
        let step = running.chase.heard(&self.policy, heard.bytes, heard.end);
        if let Some((server, words)) = running.chase.take_denied() {
            for ((host, port, _), session) in &mut self.sessions {
                if (host, *port) == (&server.host, server.port) {
                    session.closed = Some(format!("not asked, it denied an earlier query ({words})"));
                }
            }
        }
        self.step(heard.id, step);
    }

    /// A chase is over; under `--blocks` another one may follow.
    fn done(&mut self, id: u64, mut outcome: Outcome) {
        if let Some(running) = self.running.get(&id) {
            outcome.took = self.conf.timeout.saturating_sub(running.left);
        }
        if self.conf.print == Print::Blocks
            && outcome.fate == Fate::Answered
            && let Some(running) = self.running.get_mut(&id)
        {
            match blocks::next(running.chase.question(), &outcome) {
                Next::Here => {}
                Next::Ask(question) => {
                    let (chase, step) = running.chase.follow(question, &self.policy);
                    running.chase = chase;
                    return self.step(id, step);
                }
                Next::Nowhere(why) => {
                    let fate = Fate::Missing(why.into());
                    return self.settle(id, Rc::new(Outcome { fate, found: None, ..outcome }), true);
                }
            }
        }
        self.settle(id, Rc::new(outcome), true);
    }

    /// An input has its answer, its own or a shared one.
    fn settle(&mut self, id: u64, outcome: Rc<Outcome>, own: bool) {
        let Some(running) = self.running.remove(&id) else { return };
        if own {
            self.counts.referrals += (outcome.hops.len() as u64).saturating_sub(1);
            if let Some(cache) = &mut self.cache {
                cache.add(&running.question, &outcome, &self.policy);
            }
            self.shared.put(&running.question, &outcome, self.policy.table, self.conf.print != Print::Blocks);
        }
        let at = id.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        if let Some(job) = at.and_then(|at| self.jobs.get_mut(at)) {
            job.size = if own { outcome.found.as_ref().map_or(0, |f| f.bytes.len()) } else { 0 };
            self.waiting += job.size;
            job.state = State::Done(running.question, outcome);
        }
    }

    /// Prints what is ready, in order.
    fn print(&mut self) -> Result<Status, Fail> {
        let mut status = Status::default();
        while let Some(job) = self.jobs.front() {
            let input = job.read.input();
            let one = match &job.state {
                State::Waiting => break,
                State::Blank => self.show.blank(&input)?,
                State::Invalid(why) => self.show.invalid(&input, why)?,
                State::Done(question, outcome) => {
                    self.counts.ended(&outcome.fate);
                    let crosses = matches!(question, Question::Addresses(r) if self.policy.table.crosses(r));
                    self.show.outcome(&input, outcome, job.size > 0, crosses)?
                }
            };
            status = status.max(one);
            self.waiting -= job.size;
            self.first += 1;
            self.jobs.pop_front();
        }
        Ok(status)
    }

    /// Waits until something can be read or written, or time has passed.
    fn wait(&mut self) -> Result<(), Fail> {
        let now = Instant::now();
        let stdin = self.has_room() && self.source.wants_stdin();
        let mut alarm: Option<Instant> = None;
        let mut polled = Vec::new();
        let mut fds = Vec::new();
        for (place, session) in &self.sessions {
            let next = match session.busy() {
                true => session.alarm(),
                false if session.queue.is_empty() => None,
                false => Some(session.free_at(now)),
            };
            alarm = [alarm, next].into_iter().flatten().min();
            if let Some((fd, flags)) = session.interest() {
                polled.push(place.clone());
                fds.push(PollFd::from_borrowed_fd(fd, flags));
            }
        }
        if stdin {
            fds.push(PollFd::from_borrowed_fd(stdio::stdin(), PollFlags::IN));
        }
        // Rounded up, so that the alarm has really come when poll returns.
        let timeout = alarm.map(|at| at.saturating_duration_since(now) + Duration::from_millis(1));
        let timeout = timeout.and_then(|t| Timespec::try_from(t).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(Fail::io("poll", &e.into())),
        }
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        drop(fds);
        let mut heard = Vec::new();
        for (place, ready) in polled.iter().zip(&ready) {
            if let Some(session) = self.sessions.get_mut(place).filter(|_| *ready) {
                heard.extend(session.ready(self.limits));
            }
        }
        for session in self.sessions.values_mut() {
            heard.extend(session.tick(self.limits));
        }
        for heard in heard {
            self.heard(heard);
        }
        if stdin && ready.last() == Some(&true) {
            self.source.read()?;
        }
        Ok(())
    }
}
