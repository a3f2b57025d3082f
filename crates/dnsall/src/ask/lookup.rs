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
        order::{FIRST, all_types},
        query::Standing,
        record::{self, Absent, Record, in_order, is_same},
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
    /// The number of the server that it came from.
    pub server: usize,
    /// From the first question about the name to its coming.
    pub elapsed: Duration,
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
    /// The records, while another name is waited for.
    packed: Vec<u8>,
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
            packed: Vec::new(),
        }
    }

    /// About how many bytes it takes now, and how many at least once it is packed.
    pub(super) fn size(&self) -> (usize, usize) {
        let messages = self.messages.iter().map(|m| m.bytes.len()).sum::<usize>();
        let others = 1024 + self.packed.len() + messages;
        let records = self.records.iter().map(|r| 256 + 3 * r.data.wire.len()).sum::<usize>();
        (others + records, others + record::packed_len(&self.records))
    }

    /// Makes its records small, as far as they can be had back from that.
    pub(super) fn pack(&mut self) {
        if let Some(packed) = record::pack(&self.records) {
            (self.records, self.packed) = (Vec::new(), packed);
        }
    }

    /// Has its records back.
    pub(super) fn unpack(&mut self) {
        if !self.packed.is_empty() {
            self.records = record::unpack(&std::mem::take(&mut self.packed));
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
                    self.note_header(message.server, &reply);
                    self.elapsed = self.elapsed.max(message.elapsed);
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
        if self.settled && !(self.target.is_some() && (Type::BESIDE_CNAME.contains(&rtype) || FIRST.contains(&rtype))) {
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
        self.note_header(server, reply);
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
                    self.keep(rtype, server, reply);
                }
                if reply.header.truncated() {
                    self.failures.push(Failure { rtype, server, reason: Reason::Incomplete });
                } else if reply.short {
                    self.failures.push(Failure { rtype, server, reason: Reason::Short });
                } else if has_unreadable_owner(reply) {
                    self.failures.push(Failure { rtype, server, reason: Reason::Malformed });
                }
            }
            rcode @ (Rcode::FORMERR | Rcode::NOTIMP) => self.unimplemented.push(Unimplemented { rtype, rcode }),
            rcode => {
                // The code is about the end of the aliases, and the first of them is answered (RFC 6604 section 3).
                let is_alias = reply.rrset(&self.name, Type::CNAME).next().is_some();
                if is_alias {
                    self.collect(rtype, reply);
                    if self.settings.keep_messages {
                        self.keep(rtype, server, reply);
                    }
                }
                // A target that is followed is asked itself.
                if !(is_alias && self.settings.follow) {
                    self.failures.push(Failure { rtype, server, reason: Reason::Rcode(rcode) });
                }
            }
        }
        self.judge(!had_target && self.target.is_some())
    }

    fn keep(&mut self, rtype: Type, server: usize, reply: &Reply<'_>) {
        self.messages.push(Message { rtype, server, elapsed: self.elapsed, bytes: reply.msg.to_vec() });
    }

    /// Keeps response code and header of the answer that tells most, and who answered first.
    fn note_header(&mut self, server: usize, reply: &Reply<'_>) {
        let told = |code| matches!(code, Some(Rcode::NOERROR));
        let better = self.rcode.is_none() || !told(self.rcode) && told(Some(reply.rcode));
        if better {
            self.rcode = Some(reply.rcode);
            self.header = Some(reply.header);
        }
        self.server.get_or_insert(server);
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
                return self.ask(Type::BESIDE_CNAME.to_vec());
            }
            self.settle();
            return Next::DropUnsent(&Type::BESIDE_CNAME);
        }
        let first_open = FIRST.iter().any(|t| self.open.contains(t));
        if first_open || self.settled {
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
        self.messages.iter_mut().for_each(|m| m.server += offset);
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
            // Of identical records the one that is gone first stays.
            self.records.sort_by(in_order);
            self.records.dedup_by(|b, a| is_same(a, b));
        }
    }

    /// Does `reply`, to a question about an alias of this name, say what there is of `rtype`?
    fn is_told(&self, reply: &Reply<'_>, rtype: Type) -> bool {
        let owned = |t| reply.rrset(&self.name, t).next().is_some();
        let denied = reply.rcode == Rcode::NXDOMAIN
            || reply.rcode == Rcode::NOERROR
                && reply.records.iter().any(|r| r.section == Section::Authority && r.rtype == Type::SOA);
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
            let data = rdata::read_into(record.rtype, reply.msg, record.rdata.clone(), &self.name, memory);
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
            self.missing_target = self.target.as_ref().map(|target| end_of_chain(reply, target).in_case_of(&self.name));
        } else if reply.rcode == Rcode::NXDOMAIN {
            self.denied.push(asked);
        } else if found || alias || reply.header.truncated() || reply.short || has_unreadable_owner(reply) {
        } else if let Some(referral) = referral(reply, &self.name) {
            self.referral.get_or_insert(referral);
            self.referred.push(asked);
        } else {
            let soa = reply.records.iter().find(|r| r.section == Section::Authority && r.rtype == Type::SOA);
            self.absent.push(Absent {
                rtype: asked,
                zone: soa.and_then(|soa| reply.owner(soa)).map(|zone| zone.in_case_of(&self.name)),
            });
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
                self.target = Name::from_wire(&head).map(|target| target.in_case_of(&self.name));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::simulation::{MS, settings};

    /// A record: owner, type and data.
    type Raw<'a> = (&'a str, Type, &'a [u8]);

    const A: Type = Type::A;
    const ADDRESS: Raw = ("www.a.test", Type::A, &[192, 0, 2, 1]);
    const ALIAS: Raw = ("www.a.test", Type::CNAME, b"\x01b\x04test\0");
    const SOA: Raw = ("a.test", Type::SOA, &[0; 22]);

    /// A reply with these records in its answer and authority sections.
    fn reply(rcode: u16, answer: &[Raw], authority: &[Raw]) -> Vec<u8> {
        let mut msg = vec![0, 1];
        msg.extend((0x8000 | rcode).to_be_bytes());
        msg.extend([0, 0, 0, answer.len() as u8, 0, authority.len() as u8, 0, 0]);
        for (owner, rtype, data) in answer.iter().chain(authority) {
            msg.extend(Name::parse(owner).unwrap().wire());
            msg.extend(rtype.0.to_be_bytes());
            msg.extend([0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
            msg.extend(*data);
        }
        msg
    }

    /// A lookup of `www.a.test` that has begun.
    fn begun(settings: Settings) -> Lookup {
        let mut lookup = Lookup::new(Rc::new(settings), Name::parse("www.a.test").unwrap(), Instant::now());
        lookup.start(&[]);
        lookup
    }

    fn of_types(types: &[Type]) -> Settings {
        Settings { types: Some(types.into()), ..settings() }
    }

    fn take(lookup: &mut Lookup, rtype: Type, msg: &[u8]) -> Next {
        lookup.answer(rtype, 7, &Reply::read(msg).unwrap(), lookup.started)
    }

    fn texts(lookup: &Lookup) -> Vec<String> {
        lookup.records.iter().map(|r| format!("{}:{}", r.rtype, r.data.text)).collect()
    }

    #[test]
    fn what_is_asked_first() {
        for (settings, asked, alone) in [
            (of_types(&[Type::MX, Type::TXT]), vec![Type::MX, Type::TXT], false),
            (Settings { exhaustive: true, ..settings() }, all_types().collect(), false),
            (settings(), vec![A], true),
        ] {
            let mut lookup = Lookup::new(Rc::new(settings), Name::parse("www.a.test").unwrap(), Instant::now());
            assert_eq!(lookup.start(&[]), asked);
            assert_eq!((lookup.asked, lookup.is_in_head_start(), lookup.is_done()), (asked.len(), alone, false));
            let rest: Vec<Type> = all_types().filter(|rtype| *rtype != A).collect();
            let next = if alone { Next::Ask(rest.clone()) } else { Next::Wait };
            assert_eq!(lookup.ask_rest(), next);
            assert_eq!(
                (lookup.asked, lookup.is_in_head_start()),
                (asked.len() + if alone { rest.len() } else { 0 }, false)
            );
            assert_eq!(lookup.ask_rest(), Next::Wait, "once");
        }
    }

    #[test]
    fn a_truncated_answer_denies_nothing() {
        for (answer, records) in [(&[][..], 0), (&[ADDRESS][..], 1)] {
            let mut lookup = begun(of_types(&[A]));
            let mut msg = reply(0x0200, answer, &[]);
            assert_eq!(take(&mut lookup, A, &msg), Next::Wait);
            let failure = Failure { rtype: A, server: 7, reason: Reason::Incomplete };
            assert_eq!((lookup.records.len(), lookup.absent.len()), (records, 0));
            assert_eq!(lookup.failures, std::slice::from_ref(&failure));
            // Cut short as well, it is one failure.
            msg[7] += 1;
            let mut lookup = begun(of_types(&[A]));
            take(&mut lookup, A, &msg);
            assert_eq!(lookup.failures, [failure]);
        }
    }

    #[test]
    fn what_an_answer_about_an_alias_told_is_not_asked_again() {
        let start = |settings: &Settings, msg: Vec<u8>| {
            let mut lookup = Lookup::new(Rc::new(settings.clone()), Name::parse("www.a.test").unwrap(), Instant::now());
            let open = lookup.start(&[Message { rtype: A, server: 3, elapsed: 5 * MS, bytes: msg }]).to_vec();
            assert_eq!(lookup.asked, open.len());
            (open, lookup)
        };
        let both = of_types(&[A, Type::MX]);
        let from = ("x.test", Type::CNAME, &b"\x03www\x01a\x04test\0"[..]);
        for (msg, is_told) in [
            (reply(0, &[from, ADDRESS], &[]), true),
            (reply(0, &[from, ALIAS], &[]), true),
            (reply(3, &[from], &[]), true),
            (reply(0, &[from], &[SOA]), true),
            (reply(2, &[from], &[SOA]), false),
            (reply(0, &[from], &[]), false),
            (reply(0, &[from, SOA], &[]), false),
            (reply(0, &[from], &[("a.test", Type::NS, b"\0")]), false),
            (reply(0, &[from, ("www.a.test", Type::TXT, b"\0")], &[]), false),
        ] {
            let (open, lookup) = start(&both, msg.clone());
            assert_eq!(open, if is_told { vec![Type::MX] } else { vec![A, Type::MX] }, "{msg:?}");
            assert_eq!((lookup.rcode.is_some(), lookup.messages.len()), (is_told, 0));
            let from = (lookup.server, lookup.header.is_some(), lookup.elapsed);
            assert_eq!(from, if is_told { (Some(3), true, 5 * MS) } else { (None, false, Duration::ZERO) });
            let (_, keeps) = start(&Settings { keep_messages: true, ..both.clone() }, msg.clone());
            assert_eq!(keeps.messages.len(), usize::from(is_told));
            // All types are asked whatever is known.
            assert_eq!(start(&settings(), msg).0, [A]);
        }
        let (_, lookup) = start(&of_types(&[A]), reply(0, &[from, ADDRESS], &[]));
        assert_eq!((lookup.is_done(), texts(&lookup)), (true, vec!["A:192.0.2.1".to_owned()]));
    }

    #[test]
    fn where_a_question_stands() {
        use Standing::{Heard, Settled, Unheard};
        let mut lookup = begun(settings());
        for (heard, settled, alias, standings) in [
            (false, false, false, [Unheard; 4]),
            (true, false, false, [Heard; 4]),
            (true, true, false, [Settled; 4]),
            // What may stand beside an alias, and the first question, are still worth a datagram.
            (true, true, true, [Heard, Heard, Settled, Settled]),
            (false, true, true, [Unheard, Unheard, Settled, Settled]),
        ] {
            (lookup.heard, lookup.settled) = (heard, settled);
            lookup.target = alias.then(Name::root);
            assert_eq!(lookup.is_heard(), heard);
            let all = [A, Type::RRSIG, Type::MX, Type::CNAME].map(|rtype| lookup.standing(rtype));
            assert_eq!(all, standings, "{heard} {settled} {alias}");
        }
    }

    #[test]
    fn the_answer_that_told_most_counts() {
        const NOERROR: u16 = 0x0400;
        for (first, second, wanted) in
            [(2, NOERROR, NOERROR), (2, 3, 2), (NOERROR, 2, NOERROR), (0, NOERROR, 0), (3, NOERROR, NOERROR), (3, 5, 3)]
        {
            let mut lookup = begun(of_types(&[A, Type::MX]));
            take(&mut lookup, A, &reply(first, &[], &[]));
            take(&mut lookup, Type::MX, &reply(second, &[], &[]));
            assert_eq!(lookup.rcode, Some(Rcode(wanted & 15)), "{first:x} {second:x}");
            assert_eq!(lookup.header.unwrap().bits, 0x8000 | wanted);
            let flags = if wanted & 0x0400 != 0 { vec!["qr", "aa"] } else { vec!["qr"] };
            assert_eq!((lookup.flags(), lookup.is_done(), lookup.server), (flags, true, Some(7)));
        }
        assert!(begun(settings()).flags().is_empty());
    }

    #[test]
    fn what_comes_of_an_answer() {
        let cut = |msg: Vec<u8>| msg[..msg.len() - 1].to_vec();
        // An owner that points into the header is no name.
        let mut nobody = reply(0, &[(".", Type::A, &[1, 2, 3, 4])], &[]);
        nobody.splice(12..13, [0xc0, 0]);
        for (msg, failures, unimplemented, denied, absent, records) in [
            (reply(0, &[ADDRESS], &[]), vec![], 0, 0, 0, 1),
            (reply(0, &[], &[SOA]), vec![], 0, 0, 1, 0),
            (reply(3, &[], &[SOA]), vec![], 0, 1, 0, 0),
            (reply(1, &[], &[]), vec![], 1, 0, 0, 0),
            (reply(4, &[], &[]), vec![], 1, 0, 0, 0),
            (reply(2, &[], &[]), vec![Reason::Rcode(Rcode(2))], 0, 0, 0, 0),
            (reply(5, &[ADDRESS], &[]), vec![Reason::Rcode(Rcode(5))], 0, 0, 0, 0),
            (reply(5, &[ALIAS], &[SOA]), vec![Reason::Rcode(Rcode(5))], 0, 0, 0, 1),
            (cut(reply(0, &[ADDRESS], &[])), vec![Reason::Short], 0, 0, 0, 0),
            (cut(reply(0, &[ADDRESS, ADDRESS], &[])), vec![Reason::Short], 0, 0, 0, 1),
            (nobody, vec![Reason::Malformed], 0, 0, 0, 0),
        ] {
            let mut lookup = begun(of_types(&[A]));
            assert_eq!(take(&mut lookup, A, &msg), Next::Wait);
            let reasons: Vec<Reason> = lookup.failures.iter().map(|failure| failure.reason.clone()).collect();
            assert_eq!(reasons, failures, "{msg:?}");
            assert!(lookup.failures.iter().all(|failure| failure.rtype == A && failure.server == 7));
            let found = (lookup.unimplemented.len(), lookup.denied.len(), lookup.absent.len(), lookup.records.len());
            assert_eq!(found, (unimplemented, denied, absent, records), "{msg:?}");
            assert_eq!((lookup.is_denied(), lookup.is_done()), (denied > 0, true));
        }
    }

    #[test]
    fn only_a_name_without_anything_is_denied() {
        let mut lookup = begun(of_types(&[A]));
        assert!(!lookup.is_denied());
        lookup.denied.push(A);
        assert!(lookup.is_denied());
        lookup.absent.push(Absent { rtype: A, zone: None });
        assert!(!lookup.is_denied());
        lookup.absent.clear();
        lookup.target = Some(Name::root());
        assert!(!lookup.is_denied());
        lookup.target = None;
        lookup.records.push(Record { rtype: A, ttl: 0, data: Data::default() });
        assert!(!lookup.is_denied());
    }

    #[test]
    fn messages_are_kept_where_they_are_wanted() {
        for (keep_messages, follow, answer, kept) in [
            (false, false, ALIAS, 0),
            (true, false, ADDRESS, 1),
            (false, true, ADDRESS, 0),
            (false, true, ALIAS, 1),
            (true, true, ALIAS, 1),
        ] {
            let mut lookup = begun(Settings { keep_messages, follow, ..of_types(&[A]) });
            let msg = reply(0, &[answer], &[]);
            take(&mut lookup, A, &msg);
            assert_eq!(lookup.messages.len(), kept, "{keep_messages} {follow} {answer:?}");
            assert!(lookup.messages.iter().all(|message| message.rtype == A && message.bytes == msg));
        }
    }

    #[test]
    fn the_records_that_were_asked_for() {
        let signature: Raw = ("www.a.test", Type::RRSIG, b"\0\x01\x0d\x03\0\0\0\x3c\0\0\0\0\0\0\0\0\0\x01\0s");
        let others = [
            ADDRESS,
            ("WWW.a.test", Type::A, &[192, 0, 2, 2]),
            ("a.test", Type::A, &[192, 0, 2, 3]),
            ("www.a.test", Type::TXT, b"\x01x"),
            signature,
        ];
        for (asked, dnssec, wanted) in [
            (A, false, &["A:192.0.2.1", "A:192.0.2.2"][..]),
            (Type::TXT, false, &["TXT:\"x\""]),
            (Type::MX, false, &[]),
            (Type(252), false, &[]),
            (Type(253), false, &["A:192.0.2.1", "A:192.0.2.2", "TXT:\"x\"", "RRSIG:"]),
            (Type::ANY, false, &["A:192.0.2.1", "A:192.0.2.2", "TXT:\"x\"", "RRSIG:"]),
            (Type(256), false, &[]),
            (A, true, &["A:192.0.2.1", "A:192.0.2.2", "RRSIG:"]),
        ] {
            let mut lookup = begun(Settings { dnssec, ..of_types(&[asked]) });
            // What stands in the authority section or in another class rides along.
            let mut msg = reply(0, &others, &[("www.a.test", asked, &[192, 0, 2, 9])]);
            take(&mut lookup, asked, &msg);
            let found: Vec<String> = texts(&lookup)
                .iter()
                .map(|text| if text.starts_with("RRSIG:") { "RRSIG:".to_owned() } else { text.clone() })
                .collect();
            assert_eq!(found, wanted, "{asked} {dnssec}");
            assert_eq!(lookup.absent.len(), usize::from(wanted.is_empty()), "{asked}");
            let class = 12 + Name::parse("www.a.test").unwrap().wire().len() + 3;
            msg[class] = 3;
            let mut lookup = begun(Settings { dnssec, ..of_types(&[asked]) });
            take(&mut lookup, asked, &msg);
            assert!(!texts(&lookup).contains(&"A:192.0.2.1".to_owned()));
        }
    }

    #[test]
    fn equal_records_are_one_and_many_are_so_at_once() {
        let mut lookup = begun(of_types(&[A, Type::MX, Type::TXT]));
        let texts: Vec<Vec<u8>> = (0..10).map(|n| vec![1, b'a' + n]).collect();
        let records: Vec<Raw> = texts.iter().map(|text| ("www.a.test", Type::TXT, &text[..])).collect();
        take(&mut lookup, Type::TXT, &reply(0, &records, &[]));
        assert_eq!(lookup.records.len(), 10);
        let exchange: Raw = ("www.a.test", Type::MX, b"\0\x01\0");
        take(&mut lookup, Type::MX, &reply(0, &[exchange; 16], &[]));
        assert_eq!(lookup.records.len(), 26, "up to sixteen wait for the end");
        take(&mut lookup, A, &reply(2, &[], &[]));
        assert_eq!((lookup.is_done(), lookup.records.len()), (true, 11));
        assert!(lookup.records.is_sorted_by(|a, b| in_order(a, b).is_lt()));
        let mut lookup = begun(of_types(&[A, Type::MX]));
        take(&mut lookup, Type::MX, &reply(0, &[exchange; 17], &[]));
        assert_eq!((lookup.is_done(), lookup.records.len()), (false, 1));
    }

    #[test]
    fn an_alias_is_said_once() {
        let mut lookup = begun(of_types(&[A, Type::MX, Type::CNAME]));
        for rtype in [A, Type::MX] {
            take(&mut lookup, rtype, &reply(0, &[ALIAS], &[]));
            assert_eq!((texts(&lookup).len(), lookup.target.as_ref().unwrap().to_string()), (1, "b.test.".to_owned()));
        }
        // The question for the alias itself brings its record in any case; the first target stays.
        take(&mut lookup, Type::CNAME, &reply(0, &[("www.a.test", Type::CNAME, b"\x01c\0")], &[]));
        assert_eq!(texts(&lookup), ["CNAME:b.test.", "CNAME:c."]);
        assert_eq!(lookup.target.unwrap().to_string(), "b.test.");
        // Behind an alias a denial is about the end of the chain, and "none" says nothing of the name.
        for (rcode, chain, missing) in [
            (3, vec![ALIAS], Some("b.test.")),
            (3, vec![("b.test", Type::CNAME, &b"\x01c\0"[..]), ALIAS], Some("c.")),
            // A circle is left after a step for each of its three records.
            (3, vec![ALIAS, ("b.test", Type::CNAME, b"\x03www\x01a\x04test\0")], Some("www.a.test.")),
            (0, vec![ALIAS], None),
        ] {
            let mut lookup = begun(of_types(&[A]));
            take(&mut lookup, A, &reply(rcode, &chain, &[SOA]));
            assert_eq!(lookup.missing_target.map(|name| name.to_string()).as_deref(), missing, "{chain:?}");
            assert!(lookup.denied.is_empty() && lookup.absent.is_empty());
        }
    }

    #[test]
    fn a_name_below_another_is_redirected() {
        for (owner, target) in [
            ("a.test", Some("www.c.test.")),
            ("test", Some("www.a.c.test.")),
            ("A.test", Some("www.c.test.")),
            ("www.a.test", None),
            ("b.test", None),
        ] {
            let mut lookup = begun(of_types(&[A]));
            take(&mut lookup, A, &reply(0, &[(owner, Type::DNAME, b"\x01c\x04test\0")], &[]));
            assert_eq!(lookup.target.map(|name| name.to_string()).as_deref(), target, "{owner}");
            assert_eq!(lookup.absent.len(), usize::from(target.is_none()));
        }
        // Only in the answer, and only DNAME does so; a target that is known stays.
        let mut lookup = begun(of_types(&[A]));
        take(&mut lookup, A, &reply(0, &[], &[("a.test", Type::DNAME, b"\x01c\0")]));
        take(&mut lookup, A, &reply(0, &[("a.test", Type::NS, b"\x01c\0")], &[]));
        assert_eq!(lookup.target, None);
        lookup.target = Some(Name::root());
        take(&mut lookup, A, &reply(3, &[("a.test", Type::DNAME, b"\x01c\0")], &[]));
        assert_eq!((lookup.target, lookup.denied.len()), (Some(Name::root()), 0));
    }

    #[test]
    fn who_else_answers_and_what_is_absent() {
        let ns: Raw = ("a.test", Type::NS, b"\x02ns\0");
        let mut lookup = begun(of_types(&[A, Type::MX, Type::TXT]));
        take(&mut lookup, A, &reply(0, &[], &[ns]));
        assert_eq!(lookup.referral.as_ref().map(|r| r.zone.to_string()).as_deref(), Some("a.test."));
        assert_eq!((lookup.referred.clone(), lookup.absent.len()), (vec![A], 0));
        take(&mut lookup, Type::MX, &reply(0, &[], &[ns, SOA]));
        take(&mut lookup, Type::TXT, &reply(0, &[], &[("x.test", Type::TXT, b"\0")]));
        let zones: Vec<_> = lookup.absent.iter().map(|a| (a.rtype, a.zone.as_ref().map(Name::to_string))).collect();
        assert_eq!(zones, [(Type::MX, Some("a.test.".to_owned())), (Type::TXT, None)]);
        // An SOA record in the answer section is no zone's denial.
        let mut lookup = begun(of_types(&[A]));
        take(&mut lookup, A, &reply(0, &[SOA], &[]));
        assert_eq!(lookup.absent, [Absent { rtype: A, zone: None }]);
    }

    #[test]
    fn what_the_first_answers_say_about_the_others() {
        let rest = |lookup: &Lookup| lookup.open.len();
        let others = all_types().count() - 1;
        // In the head start an answer, a failure beside a sign of life, and "none" ask for the rest.
        for msg in [reply(0, &[ADDRESS], &[]), reply(0, &[], &[SOA]), reply(2, &[], &[]), reply(1, &[], &[])] {
            let mut lookup = begun(settings());
            assert!(matches!(take(&mut lookup, A, &msg), Next::Ask(types) if types.len() == others));
            assert_eq!((rest(&lookup), lookup.settled, lookup.asked), (others, false, others + 1));
        }
        // An alias asks for what may stand beside it, a denial for nothing.
        let mut lookup = begun(settings());
        assert_eq!(take(&mut lookup, A, &reply(0, &[ALIAS], &[])), Next::Ask(Type::BESIDE_CNAME.to_vec()));
        assert!(lookup.settled && !lookup.is_done());
        let mut lookup = begun(settings());
        assert_eq!(take(&mut lookup, A, &reply(3, &[], &[SOA])), Next::DropUnsent(&[]));
        assert!(lookup.settled && lookup.is_done());
        // Once all are out, they drop the others that were not sent; another answer decides nothing.
        let mut lookup = begun(settings());
        lookup.ask_rest();
        assert_eq!(take(&mut lookup, Type::MX, &reply(3, &[], &[])), Next::Wait);
        assert_eq!(take(&mut lookup, A, &reply(3, &[], &[SOA])), Next::DropUnsent(&[]));
        assert_eq!((lookup.settled, lookup.is_done(), rest(&lookup)), (true, false, others - 1));
        assert_eq!(take(&mut lookup, Type::AAAA, &reply(3, &[], &[SOA])), Next::Wait, "the same denial");
        assert_eq!(take(&mut lookup, Type::TXT, &reply(0, &[ALIAS], &[])), Next::DropUnsent(&Type::BESIDE_CNAME));
        assert_eq!(take(&mut lookup, Type::NS, &reply(0, &[ALIAS], &[])), Next::Wait, "the same alias");
        // Nothing at all is to be had: the rest is given up, unless all was asked for.
        let mut lookup = begun(settings());
        let silence = || Some(Reason::Unreachable(String::new()));
        assert_eq!(lookup.fail(A, 3, silence(), lookup.started), Next::Abandon);
        assert_eq!((lookup.failed_whole, lookup.is_done(), lookup.failures[0].server), (true, true, 3));
        for settings in [of_types(&[A, Type::MX]), Settings { exhaustive: true, ..settings() }] {
            let mut lookup = begun(settings);
            assert_eq!(lookup.fail(A, 3, silence(), lookup.started), Next::Wait);
            assert_eq!((lookup.failed_whole, lookup.is_done()), (false, false));
            assert_eq!(take(&mut lookup, Type::MX, &reply(0, &[ALIAS], &[])), Next::Wait);
        }
        // While the first question is open, the failure of another one decides nothing.
        let mut lookup = begun(settings());
        lookup.ask_rest();
        assert_eq!(lookup.fail(Type::MX, 3, silence(), lookup.started), Next::Wait);
        assert_eq!((lookup.failed_whole, rest(&lookup)), (false, others));
        let mut lookup = begun(settings());
        lookup.ask_rest();
        lookup.heard = true;
        assert_eq!(lookup.fail(A, 3, None, lookup.started), Next::Wait);
        assert_eq!((lookup.failed_whole, lookup.failures.len()), (false, 0));
    }

    #[test]
    fn the_time_until_the_last_answer() {
        let mut lookup = begun(of_types(&[A, Type::MX, Type::TXT]));
        let start = lookup.started;
        lookup.answer(A, 2, &Reply::read(&reply(0, &[], &[])).unwrap(), start + 5 * MS);
        lookup.fail(Type::MX, 3, Some(Reason::Short), start + 9 * MS);
        assert_eq!((lookup.elapsed, lookup.server, lookup.is_done()), (9 * MS, Some(2), false));
        lookup.dropped(&[Type::TXT]);
        assert_eq!((lookup.asked, lookup.is_done()), (2, true));
        let lookup = lookup.renumbered(10);
        assert_eq!((lookup.server, lookup.failures[0].server), (Some(12), 13));
    }

    #[test]
    fn a_lookup_in_old_memory_is_a_new_one() {
        let mut old = begun(of_types(&[A, Type::MX]));
        take(&mut old, A, &reply(0, &[ADDRESS; 9], &[]));
        let serial = old.serial;
        old.renew(Rc::new(settings()), Name::parse("x.test").unwrap(), old.started);
        assert_eq!((old.name.to_string(), old.start(&[]).to_vec()), ("x.test.".to_owned(), vec![A]));
        assert!(old.records.is_empty() && old.rcode.is_none() && !old.heard && old.serial == serial);
        // The memory of a few records is kept for the next ones.
        assert_eq!(old.spare.len(), MOST_SPARE);
        old.records.push(Record { rtype: A, ttl: 0, data: Data::default() });
        old.renew(Rc::new(settings()), Name::parse("x.test").unwrap(), old.started);
        assert_eq!(old.spare.len(), MOST_SPARE);
    }
}
