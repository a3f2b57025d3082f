//! A run with --validate: what the engines have found waits here until it is
//! proven or refuted. The questions that this takes go to the same servers by
//! exchanges of their own, once for all names of the run.
use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs::File,
    io::Read as _,
    path::Path,
    rc::Rc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use plainnet_common::exit::Fail;

use crate::{
    ask::{engine::Resolution, lookup::Lookup},
    cli::Conf,
    dnssec::{
        anchor::Anchors,
        chain::{Chain, Question},
        judge::Told,
        work::Work,
    },
    print::answer,
    run::exchange::Exchange,
};

/// Names that are being proven at a time, so that what is remembered of one lasts until it is needed.
const MOST_AT_ONCE: usize = 1000;
/// The longest file of anchors that is read, in bytes.
const LONGEST_FILE: u64 = 1 << 20;

/// The proofs of a run.
#[derive(Debug)]
pub(super) struct Validation {
    groups: Vec<Group>,
}

/// The proofs of what one group of servers answers.
#[derive(Debug)]
struct Group {
    chain: Chain,
    /// Inputs that are done and not looked at yet.
    queue: VecDeque<u64>,
    /// Inputs with an answered question.
    ready: VecDeque<u64>,
    /// What each input under way may still cost.
    works: HashMap<u64, Work>,
    /// The inputs that wait for a question.
    waiting: HashMap<Question, HashSet<u64>>,
    /// The question of each number in the exchange.
    asked: HashMap<u64, Question>,
}

impl Validation {
    /// Nothing to prove yet, for so many groups of servers.
    ///
    /// # Errors
    /// The file of anchors can't be used.
    pub(super) fn new(conf: &Conf, groups: usize) -> Result<Validation, Fail> {
        let anchors = Rc::new(match &conf.anchor {
            None => Anchors::of_the_root(),
            Some(path) => read(path)?,
        });
        let group = |_| Group {
            chain: Chain::new(anchors.clone()),
            queue: VecDeque::new(),
            ready: VecDeque::new(),
            works: HashMap::new(),
            waiting: HashMap::new(),
            asked: HashMap::new(),
        };
        Ok(Validation { groups: (0..groups).map(group).collect() })
    }

    /// Proves what can be proven by now. `exchanges` are those of the names and
    /// then those of the questions, in the same order. Was something asked?
    pub(super) fn work(&mut self, exchanges: &mut [Exchange], now: Instant) -> bool {
        let (names, questions) = exchanges.split_at_mut(self.groups.len());
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as u32);
        let groups = self.groups.iter_mut().zip(names).zip(questions);
        groups.map(|((group, names), questions)| group.work(names, questions, clock, now)).fold(false, |a, b| a | b)
    }
}

impl Group {
    fn work(&mut self, names: &mut Exchange, questions: &mut Exchange, clock: u32, now: Instant) -> bool {
        self.queue.extend(names.engine.finished());
        for number in questions.engine.finished() {
            let Some(question) = self.asked.remove(&number) else { continue };
            let told = reply(&question, questions.engine.found(number), &questions.names);
            self.chain.tell(&question, told, clock);
            self.ready.extend(self.waiting.remove(&question).unwrap_or_default());
        }
        while questions.engine.pop_done().is_some() {}
        loop {
            let next = match self.ready.pop_front() {
                None if self.works.len() < MOST_AT_ONCE => self.queue.pop_front(),
                next => next,
            };
            let Some(number) = next else { break };
            if let Some(resolution) = names.engine.found(number).filter(|resolution| !resolution.proven) {
                self.prove(number, resolution, clock);
            }
        }
        let wanted = self.chain.wanted();
        let asks = !wanted.is_empty();
        for question in wanted {
            let number = questions.engine.begin_question(question.name.clone(), question.rtype, now);
            self.asked.insert(number, question);
        }
        asks
    }

    fn prove(&mut self, number: u64, resolution: &mut Resolution, clock: u32) {
        let work = self.works.entry(number).or_default();
        let mut waits = false;
        for lookup in resolution.lookups.iter_mut().filter(|lookup| !lookup.is_check && lookup.proof.is_none()) {
            match self.chain.prove(&lookup.name, &told(lookup), clock, work) {
                Ok(proof) => {
                    lookup.proof = Some(proof);
                    lookup.messages = Vec::new();
                }
                Err(open) => {
                    waits = true;
                    for question in open {
                        self.waiting.entry(question).or_default().insert(number);
                    }
                }
            }
        }
        if !waits {
            resolution.proven = true;
            self.works.remove(&number);
        }
    }
}

/// The replies about a name.
fn told(lookup: &Lookup) -> Vec<Told<'_>> {
    /// A reply without records, which says nothing.
    const SILENT: &[u8] = &[0; 12];
    let told = lookup.messages.iter().map(|message| Told {
        rtype: message.rtype,
        message: &message.bytes,
        is_referral: lookup.referred.contains(&message.rtype),
    });
    let mut told: Vec<Told<'_>> = told.collect();
    if lookup.records.is_empty() {
        // That a server does not know a type is no proof that there is no such record.
        let silent = lookup.unimplemented.iter().map(|u| Told { rtype: u.rtype, message: SILENT, is_referral: false });
        told.extend(silent);
    }
    told
}

/// The reply to a question of the chain, or why there is none.
fn reply(question: &Question, found: Option<&mut Resolution>, servers: &[String]) -> Result<Vec<u8>, String> {
    let lookup = found.and_then(|resolution| resolution.lookups.first_mut());
    if let Some(message) = lookup.as_ref().and_then(|lookup| lookup.messages.first()) {
        return Ok(message.bytes.clone());
    }
    let lookup = lookup.as_deref();
    let failure = lookup.and_then(|lookup| lookup.failures.first());
    let unknown = lookup.and_then(|lookup| lookup.unimplemented.first());
    let server = failure.map(|failure| failure.server).or(lookup.and_then(|lookup| lookup.server));
    let server = server.and_then(|server| servers.get(server)).map_or("no server", String::as_str);
    let why = match (failure, unknown) {
        (Some(failure), _) => answer::reason(&failure.reason),
        (None, Some(unknown)) => unknown.rcode.to_string(),
        (None, None) => "no answer".to_owned(),
    };
    Err(format!("{} of {} could not be had: {why} from {server}", question.rtype, question.name))
}

/// The anchors of a file.
fn read(path: &Path) -> Result<Anchors, Fail> {
    let shown = path.as_os_str().as_encoded_bytes();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|e| Fail::io(shown, &e))?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(Fail::usage(shown, "longer than 1 MiB: no file of anchors"));
    }
    let text = String::from_utf8(bytes).map_err(|_| Fail::usage(shown, "not a text: no file of anchors"))?;
    Anchors::parse(&text).map_err(|unfit| match unfit.line {
        Some(line) => Fail::usage([shown, format!(":{line}").as_bytes()].concat(), unfit.why),
        None => Fail::usage(shown, unfit.why),
    })
}
