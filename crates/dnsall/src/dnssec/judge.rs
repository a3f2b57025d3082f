//! One name: what its replies prove, set by set and denial by denial.
use crate::{
    dnssec::{
        absence::Denial,
        canonical::{self, count, tail},
        chain::{Chain, Question, Standing, costly},
        nsec3,
        rrset::{RrSet, sets},
        verdict::{Finding, Proof, Verdict},
        work::Work,
    },
    wire::{
        message::{Rcode, Reply, Section},
        name::Name,
        types::Type,
    },
};

/// The most names in a row that aliases lead to in one reply.
const MOST_ALIASES: usize = 16;

/// A reply to a question about the name.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The type that was asked.
    pub rtype: Type,
    /// The whole message.
    pub message: &'a [u8],
    /// The server refers to others: it neither answers nor denies.
    pub is_referral: bool,
}

impl Chain {
    /// What `replies` prove of `name`, or the questions that have to be answered
    /// first; `now` is in seconds since 1970 modulo 2^32. [`Chain::wanted`] has
    /// those questions of them that were not asked before.
    ///
    /// # Errors
    /// Questions are open.
    pub fn prove(
        &mut self,
        name: &Name,
        replies: &[Told<'_>],
        now: u32,
        work: &mut Work,
    ) -> Result<Proof, Vec<Question>> {
        self.start(now);
        let name = canonical::lower(name);
        let (mut proof, mut waits) = (Proof::default(), false);
        for told in replies {
            // All replies are looked at, so that all questions go out at once.
            waits |= self.reply(&name, told, &mut proof, work).is_none();
        }
        match waits {
            true => Err(self.waits_for.drain().collect()),
            false => Ok(proof),
        }
    }

    /// What one reply proves.
    fn reply(&mut self, name: &Name, told: &Told<'_>, proof: &mut Proof, work: &mut Work) -> Option<()> {
        let Some(reply) = Reply::read(told.message) else { return Some(()) };
        let (answer, authority) = (sets(&reply, Section::Answer), sets(&reply, Section::Authority));
        let is_any = (253..=255).contains(&told.rtype.0);
        let wanted = |set: &&RrSet| is_any || set.rtype == told.rtype || set.rtype == Type::CNAME;
        let (mut found, mut waits) = (false, false);
        for set in answer.iter().filter(|set| set.owner == *name).filter(wanted) {
            found = true;
            match self.set(set, &answer, &authority, proof, work) {
                None => waits = true,
                Some(finding) => note(&mut proof.sets, set.rtype, finding),
            }
        }
        let has_signatures = told.rtype == Type::RRSIG && reply.rrset(name, Type::RRSIG).next().is_some();
        let is_signature = matches!(told.rtype, Type::RRSIG | Type::SIG);
        let is_denied = reply.rcode == Rcode::NXDOMAIN;
        let end = end_of_aliases(name, &answer);
        if end != *name && is_denied {
            // The denial is about the end of the aliases, and is as true as each of them.
            for set in answer.iter().filter(|set| set.owner != *name && set.rtype == Type::CNAME) {
                match self.set(set, &answer, &authority, proof, work) {
                    None => waits = true,
                    Some(finding) => note(&mut proof.denials, told.rtype, finding),
                }
            }
            match self.absence(&end, told.rtype, true, &authority, proof, work) {
                None => waits = true,
                Some(finding) => note(&mut proof.denials, told.rtype, finding),
            }
        } else if let Some(set) = redirection(name, &answer).filter(|_| !found) {
            match self.set(set, &answer, &authority, proof, work) {
                None => waits = true,
                Some(finding) => note(&mut proof.denials, told.rtype, finding),
            }
        } else if !found && !has_signatures && !told.is_referral && (is_denied || !is_signature) {
            // A validator has to ignore whether a denial says that there are signatures (RFC 4035 section
            // 5.4), and BIND takes a question for SIG as one for any signature and proves nothing.
            match self.absence(name, told.rtype, is_denied, &authority, proof, work) {
                None => waits = true,
                Some(finding) => note(&mut proof.denials, told.rtype, finding),
            }
        }
        (!waits).then_some(())
    }

    /// What is known of a set of the answer.
    fn set(
        &mut self,
        set: &RrSet,
        answer: &[RrSet],
        authority: &[RrSet],
        proof: &mut Proof,
        work: &mut Work,
    ) -> Option<Finding> {
        if self.anchor(&set.owner, set.rtype).is_none() {
            return Some(Chain::outside(&set.owner));
        }
        if set.signatures.is_empty() {
            if set.rtype == Type::CNAME
                && let Some(dname) = redirection(&set.owner, answer).filter(|dname| is_made_from(set, dname))
            {
                // A server makes the CNAME of a DNAME and cannot sign it (RFC 6672 section 5.3.1).
                return self.set(dname, &[], authority, proof, work);
            }
            return Some(match self.standing(&place(&set.owner, set.rtype), work)? {
                Standing::In(zone) => Finding::bogus(format!("{} is not signed, though {zone} is", set.title())),
                Standing::Not(finding) => finding,
            });
        }
        let checked = self.check(set, None, work)?;
        let Some((signer, source)) = checked.by else { return Some(checked.finding) };
        self.tell_way(&signer, proof);
        let Some(labels) = source else { return Some(checked.finding) };
        let (denials, rest) = self.denials(authority, None, work)?;
        let denial = denials.iter().find(|denials| denials.zone == signer).map(|d| d.no_closer(&set.owner, labels));
        let title = set.title();
        Some(match denial {
            Some(Denial::Proven) => Finding::secure(),
            Some(Denial::OptOut) => Finding::insecure(nsec3::opt_out(&signer, &set.owner)),
            Some(Denial::Costly(iterations)) => costly(&signer, iterations),
            Some(Denial::Unproven(why)) => Finding::bogus(format!("{title} is made from a wildcard, and {why}")),
            None => rest.filter(|rest| rest.verdict == Verdict::Bogus).unwrap_or_else(|| {
                let closer = tail(&set.owner, labels + 1);
                Finding::bogus(format!("{title} is made from a wildcard, and nothing proves that there is no {closer}"))
            }),
        })
    }

    /// What is known of the denial of `name`, or of its records of type `rtype`.
    fn absence(
        &mut self,
        name: &Name,
        rtype: Type,
        is_name: bool,
        authority: &[RrSet],
        proof: &mut Proof,
        work: &mut Work,
    ) -> Option<Finding> {
        if self.anchor(name, rtype).is_none() {
            return Some(Chain::outside(name));
        }
        // What a parent denies, no zone below it may prove.
        let below = Some(name).filter(|_| rtype == Type::DS && !is_name && !name.is_root());
        let (denials, rest) = self.denials(authority, below, work)?;
        let mut why = None;
        for denial in denials.iter().filter(|denial| name.is_within(&denial.zone)) {
            let is_proven = if is_name { denial.no_name(name) } else { denial.no_data(name, rtype) };
            let finding = match is_proven {
                Denial::Proven => Finding::secure(),
                Denial::OptOut => Finding::insecure(nsec3::opt_out(&denial.zone, name)),
                Denial::Costly(iterations) => costly(&denial.zone, iterations),
                Denial::Unproven(reason) => {
                    why = Some(reason);
                    continue;
                }
            };
            self.tell_way(&denial.zone, proof);
            return Some(finding);
        }
        if let Some(rest) = rest.filter(|_| why.is_none()) {
            return Some(rest);
        }
        Some(match self.standing(&place(name, rtype), work)? {
            Standing::Not(finding) => finding,
            Standing::In(zone) => {
                let what = if is_name { "does not exist".to_owned() } else { format!("has no {rtype} record") };
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                Finding::bogus(format!("nothing proves that {name} {what}, though {zone} is signed{why}"))
            }
        })
    }

    fn tell_way(&mut self, zone: &Name, proof: &mut Proof) {
        let way = self.way(zone);
        // A denial may come from the parent: the longest way tells most.
        if way.len() > proof.chain.len() {
            proof.chain = way;
        }
    }
}

fn note(findings: &mut std::collections::BTreeMap<Type, Finding>, rtype: Type, finding: Finding) {
    let worse = match findings.remove(&rtype) {
        Some(before) => before.worse(finding),
        None => finding,
    };
    findings.insert(rtype, worse);
}

/// The name whose zone answers for records of `name`: DS records are the parent's.
fn place(name: &Name, rtype: Type) -> Name {
    name.parent().filter(|_| rtype == Type::DS).unwrap_or_else(|| name.clone())
}

fn target(set: &RrSet) -> Option<Name> {
    Name::from_wire(set.data.first()?)
}

/// Where the aliases of an answer lead.
fn end_of_aliases(name: &Name, answer: &[RrSet]) -> Name {
    let mut at = name.clone();
    for _ in 0..MOST_ALIASES {
        let alias = answer.iter().find(|set| set.owner == at && set.rtype == Type::CNAME);
        match alias.and_then(target) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// The DNAME of the answer that stands above `name`.
fn redirection<'s>(name: &Name, answer: &'s [RrSet]) -> Option<&'s RrSet> {
    answer.iter().find(|set| set.rtype == Type::DNAME && set.owner != *name && name.is_within(&set.owner))
}

/// Is the CNAME the one that the DNAME makes of its owner (RFC 6672 section 2.2)?
fn is_made_from(cname: &RrSet, dname: &RrSet) -> bool {
    let (Some(to), Some(above)) = (target(cname), target(dname)) else { return false };
    let labels = count(&cname.owner).saturating_sub(count(&dname.owner));
    let end = cname.owner.wire().len() - tail(&cname.owner, count(&cname.owner) - labels).wire().len();
    cname.data.len() == 1 && *to.wire() == [&cname.owner.wire()[..end], above.wire()].concat()
}
