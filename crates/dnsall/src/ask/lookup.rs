//! One name: which types to ask, what the first answers say about the others,
//! and what was found.
//!
//! No answer to one type decides about another: load balancers deny every type
//! but A (RFC 4074 section 4.2), others fail on rare types or drop them. Only
//! that A itself is denied (RFC 8020), or an alias, says something about the name.
use std::{
    collections::BTreeSet,
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    ask::{
        failure::{ExtendedError, Failure, Reason, Unimplemented},
        order::{BESIDE_CNAME, FIRST, all_types},
        query::Standing,
        record::{Absent, Record, in_order, is_same},
        referral::{Referral, referral},
        settings::Settings,
    },
    dnssec::verdict::Proof,
    wire::{
        message::{Header, Rcode, Reply, Section},
        name::{self, Name},
        rdata::{self, Data},
        types::Type,
    },
};

/// Records of which a lookup that is used again keeps the memory.
const MOST_SPARE: usize = 4;

/// A message that answered the question of this type.
#[derive(Clone, Debug)]
pub struct Message {
    /// The type that was asked.
    pub rtype: Type,
    /// All of its bytes.
    pub bytes: Vec<u8>,
}

/// One name being asked, and then what is known of it.
#[derive(Debug)]
pub struct Lookup {
    /// How it is asked.
    pub settings: Rc<Settings>,
    /// The name.
    pub name: Name,
    /// By type, then by canonical data; each once.
    pub records: Vec<Record>,
    /// Where its alias leads.
    pub target: Option<Name>,
    /// The name that its alias leads to in the end, and that does not exist.
    pub missing_target: Option<Name>,
    /// The response code of the answer that told most: NOERROR rather than any other.
    pub rcode: Option<Rcode>,
    /// The header of that answer.
    pub header: Option<Header>,
    /// The number of the server that answered first.
    pub server: Option<usize>,
    /// From the first question to the last answer.
    pub elapsed: Duration,
    /// Extended errors, each once.
    pub extended_errors: BTreeSet<ExtendedError>,
    /// The server's identifier, where it was asked for.
    pub nsid: Option<Vec<u8>>,
    /// Questions without an answer.
    pub failures: Vec<Failure>,
    /// The failures are about the name, not about single types.
    pub failed_whole: bool,
    /// Types that the server does not know of.
    pub unimplemented: Vec<Unimplemented>,
    /// Types for which the server said that there is no such name.
    pub denied: Vec<Type>,
    /// Types of which there is no record.
    pub absent: Vec<Absent>,
    /// Who answers instead of the server.
    pub referral: Option<Referral>,
    /// Types for which it said so.
    pub referred: Vec<Type>,
    /// Questions asked.
    pub asked: usize,
    /// Messages that tell more than this name.
    pub messages: Vec<Message>,
    /// What is proven of it, where that was to be found out.
    pub proof: Option<Proof>,
    /// Types that wait for an answer.
    open: Vec<Type>,
    stage: Stage,
    /// Some server has answered.
    heard: bool,
    /// Enough is known: what is not answered by now is not asked again.
    settled: bool,
    started: Instant,
    /// It is asked only to know whether the name exists: its records are no answer.
    pub is_check: bool,
    /// Its number among the lookups of a run, by which its queries know it.
    pub(super) serial: u32,
    /// Data whose memory is used again.
    spare: Vec<Data>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The first questions are out, and no others.
    HeadStart,
    /// All questions are out.
    All,
    /// Nothing more is wanted.
    Done,
}

/// What a lookup wants after an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// To wait.
    Wait,
    /// These questions, which can do without a retransmission until some question of the name is answered.
    Ask(Vec<Type>),
    /// To be rid of the questions that were not sent yet, but for these types.
    DropUnsent(&'static [Type]),
    /// To be rid of all its questions.
    Abandon,
}

impl Lookup {
    /// A lookup of `name`, which [`Lookup::start`] begins.
    pub fn new(settings: Rc<Settings>, name: Name, now: Instant) -> Lookup {
        Lookup {
            settings,
            name,
            records: Vec::new(),
            target: None,
            missing_target: None,
            rcode: None,
            header: None,
            server: None,
            elapsed: Duration::ZERO,
            extended_errors: BTreeSet::new(),
            nsid: None,
            failures: Vec::new(),
            failed_whole: false,
            unimplemented: Vec::new(),
            denied: Vec::new(),
            absent: Vec::new(),
            referral: None,
            referred: Vec::new(),
            asked: 0,
            messages: Vec::new(),
            proof: None,
            open: Vec::new(),
            stage: Stage::All,
            heard: false,
            settled: false,
            started: now,
            is_check: false,
            serial: 0,
            spare: Vec::new(),
        }
    }

    /// The same as a new one, in the memory of this one.
    pub fn renew(&mut self, settings: Rc<Settings>, name: Name, now: Instant) {
        let old = std::mem::replace(self, Lookup::new(settings, name, now));
        let Lookup { mut records, mut failures, mut unimplemented, mut denied, .. } = old;
        let Lookup { mut absent, mut referred, mut messages, mut open, mut spare, .. } = old;
        let more = records.len().min(MOST_SPARE.saturating_sub(spare.len()));
        spare.reserve_exact(more);
        spare.extend(records.drain(..).take(more).map(|record| record.data));
        failures.clear();
        unimplemented.clear();
        denied.clear();
        absent.clear();
        referred.clear();
        messages.clear();
        open.clear();
        (self.records, self.failures, self.unimplemented, self.denied) = (records, failures, unimplemented, denied);
        (self.absent, self.referred, self.messages) = (absent, referred, messages);
        (self.open, self.spare) = (open, spare);
    }

    /// Begins, and returns the types to ask first.
    ///
    /// `known` holds answers about an alias that leads here.
    pub fn start(&mut self, known: &[Message]) -> &[Type] {
        match &self.settings.types {
            Some(types) => self.open.extend_from_slice(types),
            None if self.settings.exhaustive => self.open.extend(all_types()),
            None => {
                self.stage = Stage::HeadStart;
                self.open.extend(FIRST);
            }
        }
        if self.settings.types.is_some() {
            for message in known {
                if let Some(reply) = Reply::read(&message.bytes).filter(|r| self.is_told(r, message.rtype)) {
                    self.open.retain(|t| *t != message.rtype);
                    self.rcode.get_or_insert(reply.rcode);
                    self.collect(message.rtype, &reply);
                    if self.settings.keep_messages {
                        self.messages.push(message.clone());
                    }
                }
            }
        }
        self.asked = self.open.len();
        self.settle();
        &self.open
    }

    /// The flags of the answer that told most, as dig writes them.
    pub fn flags(&self) -> Vec<&'static str> {
        self.header.map(Header::flags).unwrap_or_default()
    }

    /// Is everything known that will be?
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Are the first questions still alone?
    pub fn is_in_head_start(&self) -> bool {
        self.stage == Stage::HeadStart
    }

    /// Has some server answered?
    pub fn is_heard(&self) -> bool {
        self.heard
    }

    /// What the answers so far say about the question of type `rtype`.
    pub fn standing(&self, rtype: Type) -> Standing {
        if self.settled && !(self.target.is_some() && (BESIDE_CNAME.contains(&rtype) || FIRST.contains(&rtype))) {
            Standing::Settled
        } else if self.heard {
            Standing::Heard
        } else {
            Standing::Unheard
        }
    }

    /// Was the name denied, and nothing said against that?
    pub fn is_denied(&self) -> bool {
        !self.denied.is_empty() && self.records.is_empty() && self.absent.is_empty() && self.target.is_none()
    }

    /// The head start is over: all the other types.
    pub fn ask_rest(&mut self) -> Next {
        if self.stage != Stage::HeadStart {
            return Next::Wait;
        }
        self.ask(all_types().filter(|t| !FIRST.contains(t)).collect())
    }

    fn ask(&mut self, types: Vec<Type>) -> Next {
        self.stage = Stage::All;
        self.asked += types.len();
        self.open.extend(&types);
        Next::Ask(types)
    }

    /// Takes the answer to the question of type `rtype`.
    pub fn answer(&mut self, rtype: Type, server: usize, reply: &Reply<'_>, now: Instant) -> Next {
        let told = |code| matches!(code, Some(Rcode::NOERROR));
        let better = self.rcode.is_none() || !told(self.rcode) && told(Some(reply.rcode));
        if better {
            self.rcode = Some(reply.rcode);
            self.header = Some(reply.header);
        }
        self.server.get_or_insert(server);
        self.heard = true;
        self.close(rtype, now);
        self.extended_errors.extend(reply.ede().map(|e| ExtendedError { code: e.code, text: e.text.to_vec() }));
        if let Some(nsid) = reply.nsid() {
            self.nsid.get_or_insert_with(|| nsid.to_vec());
        }
        let had_target = self.target.is_some();
        match reply.rcode {
            Rcode::NOERROR | Rcode::NXDOMAIN => {
                self.collect(rtype, reply);
                if self.settings.keep_messages || self.settings.follow && self.target.is_some() {
                    self.messages.push(Message { rtype, bytes: reply.msg.to_vec() });
                }
                if reply.short {
                    self.failures.push(Failure { rtype, server, reason: Reason::Short });
                } else if has_unreadable_owner(reply) {
                    self.failures.push(Failure { rtype, server, reason: Reason::Malformed });
                }
            }
            rcode @ (Rcode::FORMERR | Rcode::NOTIMP) => self.unimplemented.push(Unimplemented { rtype, rcode }),
            rcode => self.failures.push(Failure { rtype, server, reason: Reason::Rcode(rcode) }),
        }
        self.judge(!had_target && self.target.is_some())
    }

    /// The question of type `rtype` has no answer; without a reason none is wanted any more.
    pub fn fail(&mut self, rtype: Type, server: usize, reason: Option<Reason>, now: Instant) -> Next {
        self.close(rtype, now);
        self.failures.extend(reason.map(|reason| Failure { rtype, server, reason }));
        self.judge(false)
    }

    fn close(&mut self, rtype: Type, now: Instant) {
        if let Some(at) = self.open.iter().position(|t| *t == rtype) {
            self.open.swap_remove(at);
        }
        self.elapsed = now.saturating_duration_since(self.started);
    }

    /// What is known by now means this for the other types.
    fn judge(&mut self, new_alias: bool) -> Next {
        if self.settings.types.is_some() || self.settings.exhaustive {
            self.settle();
            return Next::Wait;
        }
        if new_alias {
            self.settled = true;
            if self.stage == Stage::HeadStart {
                return self.ask(BESIDE_CNAME.to_vec());
            }
            self.settle();
            return Next::DropUnsent(&BESIDE_CNAME);
        }
        let first_open = FIRST.iter().any(|t| self.open.contains(t));
        if first_open || self.settled || self.failed_whole || self.target.is_some() {
            self.settle();
            return Next::Wait;
        }
        if FIRST.iter().all(|t| self.denied.contains(t)) {
            // No such name, whatever its types (RFC 8020 section 2).
            self.settled = true;
            if self.stage == Stage::HeadStart {
                self.open.clear();
            }
            self.settle();
            return Next::DropUnsent(&[]);
        }
        if !self.heard {
            // Nothing at all is to be had here.
            self.failed_whole = true;
            self.open.clear();
            self.settle();
            return Next::Abandon;
        }
        let next = self.ask_rest();
        self.settle();
        next
    }

    /// The same, by servers whose numbers start at `offset`.
    pub fn renumbered(mut self, offset: usize) -> Lookup {
        self.server = self.server.map(|server| server + offset);
        self.failures.iter_mut().for_each(|f| f.server += offset);
        self
    }

    /// These questions will not be sent.
    pub fn dropped(&mut self, types: &[Type]) {
        self.asked -= types.len();
        self.open.retain(|t| !types.contains(t));
        self.settle();
    }

    fn settle(&mut self) {
        if self.open.is_empty() && self.stage != Stage::Done {
            self.stage = Stage::Done;
            if self.records.len() > 1 {
                // Of identical records the one that is gone first stays.
                self.records.sort_by(in_order);
                self.records.dedup_by(|b, a| is_same(a, b));
            }
        }
    }

    /// Does `reply`, to a question about an alias of this name, say what there is of `rtype`?
    fn is_told(&self, reply: &Reply<'_>, rtype: Type) -> bool {
        let owned = |t| reply.rrset(&self.name, t).next().is_some();
        let denied = reply.rcode == Rcode::NXDOMAIN
            || reply.records.iter().any(|r| r.section == Section::Authority && r.rtype == Type::SOA);
        owned(rtype) || owned(Type::CNAME) || denied
    }

    /// Keeps the records of the name that were asked for, and nothing that rode along.
    fn collect(&mut self, asked: Type, reply: &Reply<'_>) {
        let any = (253..=255).contains(&asked.0);
        let (mut alias, mut found) = (false, false);
        let before = self.records.len();
        for record in &reply.records {
            let wanted = any
                || record.rtype == asked
                || record.rtype == Type::CNAME
                || self.settings.dnssec && record.rtype == Type::RRSIG;
            if !wanted
                || record.section != Section::Answer
                || record.class != self.settings.class
                || !name::is_at(reply.msg, record.owner, &self.name)
            {
                continue;
            }
            found |= any || record.rtype == asked;
            // The same alias comes with every answer.
            let repeated = record.rtype == Type::CNAME && asked != Type::CNAME && self.target.is_some();
            alias |= record.rtype == Type::CNAME;
            if repeated {
                continue;
            }
            let memory = self.spare.pop().unwrap_or_default();
            let data = rdata::read_into(record.rtype, reply.msg, record.rdata.clone(), memory);
            if record.rtype == Type::CNAME && self.target.is_none() {
                self.target = Name::from_wire(&data.wire);
            }
            if self.records.is_empty() {
                // Most names of a list have one.
                self.records.reserve_exact(1);
            }
            self.records.push(Record { rtype: record.rtype, ttl: record.ttl, data });
        }
        // A message may repeat a record thousands of times.
        if self.records.len() - before > 16 {
            self.records.sort_by(in_order);
            self.records.dedup_by(|b, a| is_same(a, b));
        }
        if !alias {
            alias = self.redirect(reply);
        }
        if reply.rcode == Rcode::NXDOMAIN && alias {
            // A denial behind an alias is about the end of the chain: this name exists.
            self.missing_target = self.target.as_ref().map(|target| end_of_chain(reply, target));
        } else if reply.rcode == Rcode::NXDOMAIN {
            self.denied.push(asked);
        } else if found || alias || reply.short || has_unreadable_owner(reply) {
        } else if let Some(referral) = referral(reply, &self.name) {
            self.referral.get_or_insert(referral);
            self.referred.push(asked);
        } else {
            let soa = reply.records.iter().find(|r| r.section == Section::Authority && r.rtype == Type::SOA);
            self.absent.push(Absent { rtype: asked, zone: soa.and_then(|soa| reply.owner(soa)) });
        }
    }

    /// A DNAME above the name, whose CNAME may be missing (RFC 6672 section 3.1). Is there one?
    fn redirect(&mut self, reply: &Reply<'_>) -> bool {
        for record in reply.records.iter().filter(|r| r.section == Section::Answer && r.rtype == Type::DNAME) {
            let (Some(owner), Some((to, _))) = (reply.owner(record), Name::read(reply.msg, record.rdata.start)) else {
                continue;
            };
            if owner.same(&self.name) || !self.name.is_within(&owner) {
                continue;
            }
            let wire = self.name.wire();
            let mut head = wire[..wire.len() - owner.wire().len()].to_vec();
            head.extend_from_slice(to.wire());
            if self.target.is_none() {
                self.target = Name::from_wire(&head);
            }
            return self.target.is_some();
        }
        false
    }
}

/// Does an answer record of `reply` belong to a name that cannot be read? Nobody
/// knows then what the server said.
fn has_unreadable_owner(reply: &Reply<'_>) -> bool {
    let mut answers = reply.records.iter().filter(|r| r.section == Section::Answer);
    answers.any(|r| !name::is_name(reply.msg, r.owner))
}

/// Where the aliases of `reply` lead from `from`, in as many steps as it has records at most.
fn end_of_chain(reply: &Reply<'_>, from: &Name) -> Name {
    let mut at = from.clone();
    for _ in &reply.records {
        let next = reply.rrset(&at, Type::CNAME).find_map(|r| Name::read(reply.msg, r.rdata.start));
        match next {
            Some((next, _)) => at = next,
            None => break,
        }
    }
    at
}
