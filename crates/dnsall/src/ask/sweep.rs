//! One name: which types to ask, what the first answer says about the others,
//! and what was found.
use std::{collections::BTreeSet, rc::Rc, time::Duration};

use crate::{
    ask::flight::Trouble,
    wire::message::{self, Rcode, Reply, Section},
    wire::name::Name,
    wire::rdata::{self, Data},
    wire::types::Type,
};

/// What may stand beside a CNAME (RFC 2181 section 10.1, RFC 4034 section 2.2), but for the CNAME itself.
pub const BESIDE_CNAME: [Type; 5] = [Type::SIG, Type::KEY, Type::NXT, Type::RRSIG, Type::NSEC];

/// How to ask about a name.
#[derive(Clone, Debug)]
pub struct Plan {
    /// These types, or all of them.
    pub types: Option<Rc<[Type]>>,
    /// All types, whatever the first answer says.
    pub exhaustive: bool,
    /// Signatures that come along are kept.
    pub dnssec: bool,
    /// Replies that say where an alias leads are kept for the name there.
    pub follow: bool,
    /// Every reply is kept, for what it says beside the answer.
    pub whole_replies: bool,
}

/// A record of the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its type.
    pub rtype: Type,
    /// Seconds it may be kept.
    pub ttl: u32,
    /// Its data.
    pub data: Data,
}

/// A type of which a server said that the name has no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The type.
    pub rtype: Type,
    /// The zone whose SOA record stood beside the answer, where one did: it is
    /// the parent's for a DS record that the parent denies.
    pub zone: Option<Name>,
}

/// An extended error of some reply: code and words.
pub type Ede = (u16, String);

/// One name being asked, and then what is known of it.
#[derive(Debug)]
pub struct Sweep {
    plan: Plan,
    /// The name.
    pub name: Rc<Name>,
    /// By type, then by canonical data; each once.
    pub records: Vec<Record>,
    /// Where its alias leads.
    pub target: Option<Rc<Name>>,
    /// What the first answer said, and its flags.
    pub rcode: Option<Rcode>,
    /// Flags of the first answer: `qr aa`.
    pub flags: Vec<&'static str>,
    /// The server of the first answer, by number.
    pub server: Option<usize>,
    /// From the first question to the last answer.
    pub elapsed: Duration,
    /// Extended errors, each once.
    pub ede: BTreeSet<Ede>,
    /// Questions without an answer, the servers' numbers and why.
    pub troubles: Vec<(Type, usize, Trouble)>,
    /// They are about the name, not about single types.
    pub whole: bool,
    /// Types of which a server said NOTIMP or FORMERR.
    pub odd: Vec<(Type, Rcode)>,
    /// Some answer said that there is no such name.
    pub denied: bool,
    /// Questions asked.
    pub asked: usize,
    /// Types of which there is none.
    pub none: Vec<Absent>,
    /// Types that wait for an answer.
    open: Vec<Type>,
    stage: Stage,
    /// Replies that tell more than this name: type and message.
    along: Vec<(Type, Vec<u8>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The first question is out, alone.
    Probe,
    /// All are out.
    All,
    /// Nothing more is wanted.
    Done,
}

/// What a sweep wants after an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// To wait.
    Nothing,
    /// These questions, not to be repeated before a server was heard.
    Ask(Vec<Type>),
    /// To be rid of the questions of its name, but for these types.
    DropBut(&'static [Type]),
}

impl Sweep {
    /// A sweep of `name`, and the types to ask first: one for all, or those of the plan.
    ///
    /// `known` holds replies about an alias that leads here.
    pub fn new(plan: Plan, name: Rc<Name>, known: Vec<(Type, Vec<u8>)>) -> (Sweep, Vec<Type>) {
        let mut sweep = Sweep {
            name,
            records: Vec::new(),
            target: None,
            rcode: None,
            flags: Vec::new(),
            server: None,
            elapsed: Duration::ZERO,
            ede: BTreeSet::new(),
            troubles: Vec::new(),
            whole: false,
            odd: Vec::new(),
            denied: false,
            asked: 0,
            none: Vec::new(),
            open: Vec::new(),
            stage: Stage::Probe,
            along: Vec::new(),
            plan,
        };
        let Some(types) = sweep.plan.types.clone() else {
            return (sweep.begin(vec![Type::CNAME], Stage::Probe), vec![Type::CNAME]);
        };
        let mut ask = types.to_vec();
        for (rtype, msg) in known {
            if let Some(reply) = Reply::read(&msg).filter(|reply| sweep.is_told(reply, rtype)) {
                ask.retain(|t| *t != rtype);
                sweep.rcode.get_or_insert(reply.rcode);
                sweep.collect(rtype, &reply);
            }
        }
        (sweep.begin(ask.clone(), Stage::All), ask)
    }

    fn begin(mut self, ask: Vec<Type>, stage: Stage) -> Sweep {
        self.asked = ask.len();
        self.open = ask;
        self.stage = stage;
        self.settle();
        self
    }

    /// Is everything known that will be?
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Does the first question still fly alone?
    pub fn is_probing(&self) -> bool {
        self.stage == Stage::Probe
    }

    /// The head start is over: all the other types.
    pub fn ask_all(&mut self) -> Wish {
        if self.stage != Stage::Probe {
            return Wish::Nothing;
        }
        self.rest(Type::sweep().filter(|t| *t != Type::CNAME).collect())
    }

    fn rest(&mut self, types: Vec<Type>) -> Wish {
        self.stage = Stage::All;
        self.asked += types.len();
        self.open.extend(&types);
        Wish::Ask(types)
    }

    /// Takes the answer to the question of type `rtype`.
    pub fn answer(&mut self, rtype: Type, server: usize, reply: &Reply<'_>) -> Wish {
        let probe = self.plan.types.is_none() && rtype == Type::CNAME;
        if self.rcode.is_none() || probe {
            self.rcode = Some(reply.rcode);
            self.flags = reply.header.flags();
        }
        self.server.get_or_insert(server);
        self.open.retain(|t| *t != rtype);
        self.ede.extend(reply.ede().map(|e| (e.code, plainnet_common::text::printable(e.text))));
        match reply.rcode {
            Rcode::NOERROR | Rcode::NXDOMAIN => {
                self.collect(rtype, reply);
                if !reply.short && !self.records.iter().any(|r| r.rtype == rtype) {
                    let soa = reply.records.iter().find(|r| r.section == Section::Authority && r.rtype == Type::SOA);
                    self.none.push(Absent { rtype, zone: soa.and_then(|soa| reply.owner(soa)) });
                }
                if self.plan.whole_replies || self.plan.follow && self.target.is_some() {
                    self.along.push((rtype, reply.msg.to_vec()));
                }
                if reply.short {
                    self.troubles.push((rtype, server, Trouble::Short));
                }
            }
            Rcode::FORMERR | Rcode::NOTIMP if !probe => self.odd.push((rtype, reply.rcode)),
            code => self.troubles.push((rtype, server, Trouble::Code(code))),
        }
        let wish = if probe { self.judge(reply.rcode) } else { Wish::Nothing };
        self.settle();
        wish
    }

    /// What the first answer means for the other types.
    fn judge(&mut self, code: Rcode) -> Wish {
        if self.plan.exhaustive {
            return self.ask_all();
        }
        let known = matches!(code, Rcode::NOERROR | Rcode::NXDOMAIN);
        if known && self.target.is_some() {
            if self.stage == Stage::Probe {
                return self.rest(BESIDE_CNAME.to_vec());
            }
            self.open.retain(|t| BESIDE_CNAME.contains(t));
            self.troubles.retain(|(t, ..)| BESIDE_CNAME.contains(t) || *t == Type::CNAME);
            return Wish::DropBut(&BESIDE_CNAME);
        }
        if code == Rcode::NOERROR {
            return self.ask_all();
        }
        // No such name (RFC 8020), or no answer for us: the same for every type.
        self.open.clear();
        if code != Rcode::NXDOMAIN {
            self.troubles.retain(|(t, ..)| *t == Type::CNAME);
            self.whole = true;
        }
        Wish::DropBut(&[])
    }

    /// The question of type `rtype` has no answer.
    pub fn trouble(&mut self, rtype: Type, server: usize, why: Trouble) -> Wish {
        self.open.retain(|t| *t != rtype);
        let probe = self.plan.types.is_none() && rtype == Type::CNAME;
        // Where nobody answered anything, nobody will answer the other questions.
        let lost = probe && (self.rcode.is_none() || self.stage == Stage::Probe);
        self.troubles.push((rtype, server, why));
        if lost && !self.plan.exhaustive {
            self.whole = true;
            self.open.clear();
            self.settle();
            return Wish::DropBut(&[]);
        }
        self.settle();
        Wish::Nothing
    }

    fn settle(&mut self) {
        if self.open.is_empty() && self.stage != Stage::Done {
            self.stage = Stage::Done;
            // Of identical records the one that is gone first; a message may hold thousands.
            self.records.sort_by(|a, b| (a.rtype, &a.data.key, a.ttl).cmp(&(b.rtype, &b.data.key, b.ttl)));
            self.records.dedup_by(|b, a| a.rtype == b.rtype && a.data.key == b.data.key);
        }
    }

    /// Replies that know more about the alias's target, for its own sweep.
    pub fn take_along(&mut self) -> Vec<(Type, Vec<u8>)> {
        std::mem::take(&mut self.along)
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
        let mut alias = false;
        for record in &reply.records {
            let wanted = any
                || record.rtype == asked
                || record.rtype == Type::CNAME
                || self.plan.dnssec && record.rtype == Type::RRSIG;
            if !wanted
                || record.section != Section::Answer
                || record.class != message::IN
                || !crate::wire::name::is_at(reply.msg, record.owner, &self.name)
            {
                continue;
            }
            let data = rdata::read(record.rtype, reply.msg, record.rdata.clone());
            if record.rtype == Type::CNAME {
                alias = true;
                if self.target.is_none() {
                    self.target = Name::from_wire(&data.wire).map(Rc::new);
                }
            }
            self.records.push(Record { rtype: record.rtype, ttl: record.ttl, data });
        }
        if self.target.is_none() {
            self.redirect(reply);
        }
        // A denial behind an alias is about the end of the chain: this name exists.
        self.denied |= reply.rcode == Rcode::NXDOMAIN && !alias && self.target.is_none();
    }

    /// A DNAME above the name without the CNAME that should come with it (RFC 6672 section 3.1).
    fn redirect(&mut self, reply: &Reply<'_>) {
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
            self.target = Name::from_wire(&head).map(Rc::new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(types: Option<&[Type]>) -> Plan {
        Plan { types: types.map(Rc::from), exhaustive: false, dnssec: false, follow: false, whole_replies: false }
    }

    fn name(text: &str) -> Rc<Name> {
        Rc::new(Name::parse(text).unwrap())
    }

    /// A reply about `asked` with these answers: owner, type, rdata.
    fn reply(code: u16, answers: &[(&str, Type, &[u8])]) -> Vec<u8> {
        let mut msg = vec![0, 1, 0x81, 0x80 | code as u8, 0, 0, 0, answers.len() as u8, 0, 0, 0, 0];
        for (owner, rtype, data) in answers {
            msg.extend(name(owner).wire());
            msg.extend(rtype.0.to_be_bytes());
            msg.extend([0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
            msg.extend(*data);
        }
        msg
    }

    fn feed(sweep: &mut Sweep, rtype: Type, msg: &[u8]) -> Wish {
        sweep.answer(rtype, 0, &Reply::read(msg).unwrap())
    }

    #[test]
    fn no_such_name_ends_it_and_an_alias_asks_little() {
        let (mut sweep, first) = Sweep::new(plan(None), name("a.example"), Vec::new());
        assert_eq!(first, [Type::CNAME]);
        assert_eq!(feed(&mut sweep, Type::CNAME, &reply(3, &[])), Wish::DropBut(&[]));
        assert!(sweep.is_done() && sweep.denied && sweep.troubles.is_empty());

        let (mut sweep, _) = Sweep::new(plan(None), name("a.example"), Vec::new());
        let alias = reply(3, &[("A.example", Type::CNAME, name("b.example").wire())]);
        assert_eq!(feed(&mut sweep, Type::CNAME, &alias), Wish::Ask(BESIDE_CNAME.to_vec()));
        for rtype in BESIDE_CNAME {
            assert!(!sweep.is_done());
            feed(&mut sweep, rtype, &reply(0, &[]));
        }
        assert!(sweep.is_done() && !sweep.denied && sweep.records.len() == 1);
        assert_eq!(sweep.target, Some(name("b.example")));
    }

    #[test]
    fn only_what_was_asked_for_once_and_sorted() {
        let (mut sweep, _) = Sweep::new(plan(Some(&[Type::A])), name("a.example"), Vec::new());
        let msg = reply(
            0,
            &[
                ("a.example", Type::A, &[192, 0, 2, 9]),
                ("a.example", Type::A, &[192, 0, 2, 1]),
                ("a.example", Type::A, &[192, 0, 2, 9]),
                ("a.example", Type::RRSIG, &[0]),
                ("b.example", Type::A, &[192, 0, 2, 2]),
            ],
        );
        feed(&mut sweep, Type::A, &msg);
        let texts: Vec<_> = sweep.records.iter().map(|r| r.data.text.as_str()).collect();
        assert!(sweep.is_done());
        assert_eq!(texts, ["192.0.2.1", "192.0.2.9"]);
    }

    #[test]
    fn an_odd_type_is_no_failure_and_a_refusal_is() {
        let (mut sweep, _) = Sweep::new(plan(None), name("a.example"), Vec::new());
        let Wish::Ask(rest) = feed(&mut sweep, Type::CNAME, &reply(0, &[])) else { panic!() };
        assert_eq!(rest.len(), 89);
        for rtype in rest {
            let code = match rtype {
                Type::DS => 2,
                Type::SIG => 4,
                _ => 0,
            };
            feed(&mut sweep, rtype, &reply(code, &[]));
        }
        assert!(sweep.is_done());
        assert_eq!(sweep.troubles, [(Type::DS, 0, Trouble::Code(Rcode::SERVFAIL))]);
        assert_eq!(sweep.odd, [(Type::SIG, Rcode::NOTIMP)]);

        let (mut sweep, _) = Sweep::new(plan(None), name("a.example"), Vec::new());
        assert_eq!(feed(&mut sweep, Type::CNAME, &reply(5, &[])), Wish::DropBut(&[]));
        assert_eq!(sweep.troubles.len(), 1);
    }

    #[test]
    fn a_dname_alone_leads_on() {
        let (mut sweep, _) = Sweep::new(plan(Some(&[Type::A])), name("w.old.example"), Vec::new());
        let msg = reply(0, &[("old.example", Type::DNAME, name("new.example").wire())]);
        feed(&mut sweep, Type::A, &msg);
        assert_eq!(sweep.target, Some(name("w.new.example")));
    }
}
