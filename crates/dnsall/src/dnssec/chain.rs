//! The chain of keys from an anchor down: which zones are signed, with which
//! keys, and where signed zones end. What it needs and does not know becomes a
//! question; the walk starts anew once it is answered, and what was found
//! before is remembered for all names of a run.
use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use crate::{
    dnssec::{
        absence::{Cut, NSEC3},
        anchor::Anchors,
        canonical::{count, tail},
        denial::Denials,
        fit::Signatures,
        keys::{Ds, Key, is_known},
        memo::Memo,
        nsec3,
        rrset::{RrSet, sets},
        verdict::Finding,
        work::{MOST_QUESTIONS, Work},
    },
    wire::{
        message::{Reply, Section},
        name::Name,
        types::Type,
    },
};

/// The most sets of NSEC and NSEC3 records of a reply; a proof needs three.
const MOST_DENIALS: usize = 16;
/// Zones, links and replies that are remembered (twice as many at most).
const MEMORY: usize = 4096;

/// Seconds after which a question without a reply is asked again for the names that come then.
const FAILURE_LASTS: u32 = 30;

/// A question of the chain: a name in lower case, and DS or DNSKEY.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// The name.
    pub name: Name,
    /// The type.
    pub rtype: Type,
}

/// The reply to a question, or why there is none.
type Told = Result<Rc<Vec<u8>>, Rc<str>>;

/// The keys of a zone that an anchor vouches for, step by step.
#[derive(Debug)]
pub(super) struct Keys {
    zone: Name,
    keys: Vec<Key>,
    /// What vouches for them.
    why: String,
    /// The zone that signs the DS records; the anchor's has none.
    parent: Option<Name>,
}

/// What is known of a name as the signer of others.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    /// A zone with keys that are proven.
    Signed(Rc<Keys>),
    /// Nothing in it is proven; what that means for all of it.
    Not(Finding),
    /// No zone begins here: the name is inside of one.
    Inside,
}

/// What is known of a name as the place where a zone may begin.
#[derive(Clone, Debug)]
enum Link {
    Signed,
    Inside,
    Gone,
    Not(Finding),
}

/// Where a name stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// In this zone, which is signed.
    In(Name),
    /// Where no signature is needed, or none can be had.
    Not(Finding),
}

/// A checked set of records.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) finding: Finding,
    /// The signature that proved it: its signer, and the labels of the wildcard it was made from.
    pub(super) by: Option<(Name, Option<usize>)>,
}

impl From<Finding> for Checked {
    fn from(finding: Finding) -> Checked {
        Checked { finding, by: None }
    }
}

/// All that is known of the chains of a run.
#[derive(Debug)]
pub struct Chain {
    anchors: Rc<Anchors>,
    /// With the time of each, in seconds.
    replies: Memo<Question, (Told, u32)>,
    zones: Memo<Name, Zone>,
    links: Memo<Name, Link>,
    signatures: Signatures,
    asked: HashSet<Question>,
    wanted: Vec<Question>,
    /// What this walk has found and must not be remembered longer, since it waits
    /// or was given up: to look again would take exponential time.
    passing_zones: HashMap<Name, Option<Zone>>,
    passing_links: HashMap<Name, Option<Link>>,
    /// Questions that this walk waits for.
    pub(super) waits_for: HashSet<Question>,
}

impl Chain {
    /// Nothing is known but the anchors.
    pub fn new(anchors: Rc<Anchors>) -> Chain {
        Chain {
            anchors,
            replies: Memo::new(MEMORY),
            zones: Memo::new(MEMORY),
            links: Memo::new(MEMORY),
            signatures: Signatures::new(),
            asked: HashSet::new(),
            wanted: Vec::new(),
            passing_zones: HashMap::new(),
            passing_links: HashMap::new(),
            waits_for: HashSet::new(),
        }
    }

    /// Starts a walk at the time `now`, in seconds since 1970 modulo 2^32.
    pub(super) fn start(&mut self, now: u32) {
        self.signatures.now = now;
        self.passing_zones.clear();
        self.passing_links.clear();
        self.waits_for.clear();
    }

    /// Questions that are to be asked now.
    pub fn wanted(&mut self) -> Vec<Question> {
        std::mem::take(&mut self.wanted)
    }

    /// Takes the reply to a question, or why there is none, at the time `now`.
    pub fn tell(&mut self, question: &Question, told: Result<Vec<u8>, String>, now: u32) {
        self.asked.remove(question);
        let told = told.map(Rc::new).map_err(Rc::from);
        self.replies.insert(question.clone(), (told, now));
    }

    fn ask(&mut self, name: &Name, rtype: Type, work: &mut Work) -> Option<Told> {
        let question = Question { name: name.clone(), rtype };
        if let Some((told, at)) = self.replies.get(&question)
            && (told.is_ok() || self.signatures.now.wrapping_sub(at) < FAILURE_LASTS)
        {
            return Some(told);
        }
        if !self.asked.contains(&question) {
            let Some(left) = work.questions.checked_sub(1) else {
                work.is_exhausted = true;
                return Some(Err(format!("more than {MOST_QUESTIONS} questions for one name").into()));
            };
            work.questions = left;
            self.asked.insert(question.clone());
            self.wanted.push(question.clone());
        }
        self.waits_for.insert(question);
        None
    }

    /// The zone of the anchor that records of `name` and `rtype` hang from: DS
    /// records are their parent's.
    pub(super) fn anchor(&self, name: &Name, rtype: Type) -> Option<Name> {
        match name.parent().filter(|_| rtype == Type::DS) {
            Some(parent) => self.anchors.closest(&parent),
            None => self.anchors.closest(name),
        }
    }

    /// The finding for what no anchor stands above.
    pub(super) fn outside(name: &Name) -> Finding {
        Finding::indeterminate(format!("no anchor stands above {name}"))
    }

    /// Where `name` stands. Nothing where questions are open.
    pub(super) fn standing(&mut self, name: &Name, work: &mut Work) -> Option<Standing> {
        let Some(mut zone) = self.anchors.closest(name) else {
            return Some(Standing::Not(Chain::outside(name)));
        };
        if let Zone::Not(finding) = self.zone(&zone, work)? {
            return Some(Standing::Not(finding));
        }
        for labels in count(&zone) + 1..=count(name) {
            let below = tail(name, labels);
            match self.link(&below, &zone, work)? {
                Link::Inside => {}
                Link::Gone => break,
                Link::Not(finding) => return Some(Standing::Not(finding)),
                Link::Signed => match self.zone(&below, work)? {
                    Zone::Signed(_) => zone = below,
                    Zone::Not(finding) => return Some(Standing::Not(finding)),
                    Zone::Inside => {}
                },
            }
        }
        Some(Standing::In(zone))
    }

    /// What begins at `name`, which stands in the signed zone `zone`.
    fn link(&mut self, name: &Name, zone: &Name, work: &mut Work) -> Option<Link> {
        if let Some(link) = self.links.get(name) {
            return Some(link);
        }
        if let Some(link) = self.passing_links.get(name) {
            return link.clone();
        }
        let link = self.find_link(name, zone, work);
        match &link {
            Some(link) if !work.is_exhausted && !matches!(link, Link::Not(finding) if finding.failed) => {
                self.links.insert(name.clone(), link.clone())
            }
            passing => drop(self.passing_links.insert(name.clone(), passing.clone())),
        }
        link
    }

    fn find_link(&mut self, name: &Name, zone: &Name, work: &mut Work) -> Option<Link> {
        let told = match self.ask(name, Type::DS, work)? {
            Ok(told) => told,
            Err(why) => return Some(Link::Not(Finding::failed(&*why))),
        };
        let Some(reply) = Reply::read(&told) else { return Some(Link::Not(Finding::failed("no message"))) };
        let answer = sets(&reply, Section::Answer);
        let own = |rtype: Type| answer.iter().find(|set| set.owner == *name && set.rtype == rtype);
        for (rtype, link) in [(Type::DS, Link::Signed), (Type::CNAME, Link::Inside)] {
            let Some(set) = own(rtype) else { continue };
            let finding = match set.signatures.is_empty() {
                true => Finding::bogus(format!("{} is not signed, though {zone} is", set.title())),
                false => self.check(set, Some(name), work)?.finding,
            };
            return Some(if finding == Finding::secure() { link } else { Link::Not(finding) });
        }
        let (denials, rest) = self.denials(&sets(&reply, Section::Authority), Some(name), work)?;
        let mut why = format!("nothing proves that {name} has no DS record, and {zone} above it is signed");
        for denial in denials.iter().filter(|denial| *name != denial.zone && name.is_within(&denial.zone)) {
            match denial.cut(name) {
                Cut::Unsigned => {
                    let proof = format!("{name} has no DS record, as {} proves", denial.zone);
                    return Some(Link::Not(Finding::insecure(proof)));
                }
                Cut::Unclear(why) => return Some(Link::Not(Finding::insecure(why))),
                Cut::None => return Some(Link::Inside),
                Cut::Gone => return Some(Link::Gone),
                Cut::Unproven(reason) => why = reason,
            }
        }
        Some(Link::Not(rest.unwrap_or_else(|| Finding::bogus(why))))
    }

    /// What `name` is as a signer. Nothing where questions are open.
    pub(super) fn zone(&mut self, name: &Name, work: &mut Work) -> Option<Zone> {
        if let Some(zone) = self.zones.get(name) {
            return Some(zone);
        }
        if let Some(zone) = self.passing_zones.get(name) {
            return zone.clone();
        }
        let zone = self.find_zone(name, work);
        match &zone {
            Some(zone) if !work.is_exhausted && !matches!(zone, Zone::Not(finding) if finding.failed) => {
                self.zones.insert(name.clone(), zone.clone())
            }
            passing => drop(self.passing_zones.insert(name.clone(), passing.clone())),
        }
        zone
    }

    fn find_zone(&mut self, name: &Name, work: &mut Work) -> Option<Zone> {
        let is_anchor = self.anchors.is_at(name);
        if !is_anchor && self.anchor(name, Type::DS).is_none() {
            return Some(Zone::Not(Chain::outside(name)));
        }
        // Both questions go out together where both are needed.
        let digests = if is_anchor { Some(Ok(Rc::default())) } else { self.ask(name, Type::DS, work) };
        let keys = self.ask(name, Type::DNSKEY, work);
        let digests = match digests? {
            Ok(digests) => digests,
            Err(why) => return Some(Zone::Not(Finding::failed(&*why))),
        };
        let (mut trusted, mut parent) = (Vec::new(), None);
        if !is_anchor {
            let reply = Reply::read(&digests);
            let answer = reply.map_or_else(Vec::new, |reply| sets(&reply, Section::Answer));
            let set = answer.iter().find(|set| set.owner == *name && set.rtype == Type::DS);
            let Some(set) = set.filter(|set| !set.signatures.is_empty()) else {
                return Some(match self.standing(name, work)? {
                    Standing::In(_) => Zone::Inside,
                    Standing::Not(finding) => Zone::Not(finding),
                });
            };
            let checked = self.check(set, Some(name), work)?;
            if checked.finding != Finding::secure() {
                return Some(Zone::Not(checked.finding));
            }
            parent = checked.by.map(|(signer, _)| signer);
            let all: Vec<Ds> = set.data.iter().filter_map(|data| Ds::read(data)).collect();
            trusted = all.iter().filter(|ds| ds.is_known()).cloned().collect();
            if trusted.iter().any(|ds| !ds.is_sha1()) {
                trusted.retain(|ds| !ds.is_sha1());
            }
            if trusted.is_empty() {
                let why = match all.first() {
                    Some(ds) if is_known(ds.algorithm) => format!("the digest type {}", ds.digest_type),
                    Some(ds) => format!("the algorithm {}", ds.algorithm),
                    None => "the form".to_owned(),
                };
                return Some(Zone::Not(Finding::insecure(format!(
                    "{why} of the DS records of {name} is not known here"
                ))));
            }
        }
        let reply = match keys? {
            Ok(reply) => reply,
            Err(why) => return Some(Zone::Not(Finding::failed(&*why))),
        };
        Some(match self.keys(name, &reply, &trusted, work) {
            Ok((keys, why)) => Zone::Signed(Rc::new(Keys { zone: name.clone(), keys, why, parent })),
            Err(why) => Zone::Not(Finding::bogus(why)),
        })
    }

    /// The keys of a zone, signed by one that an anchor or one of `digests` vouches for.
    fn keys(
        &mut self,
        zone: &Name,
        reply: &[u8],
        digests: &[Ds],
        work: &mut Work,
    ) -> Result<(Vec<Key>, String), String> {
        let answer = Reply::read(reply).map_or_else(Vec::new, |reply| sets(&reply, Section::Answer));
        let set = answer.iter().find(|set| set.owner == *zone && set.rtype == Type::DNSKEY);
        let list = |tags: Vec<u16>| {
            let mut tags: Vec<String> = tags.iter().map(u16::to_string).collect();
            tags.dedup();
            tags.join(", ")
        };
        let voucher = match digests {
            [] => format!("the anchor's {}", list(self.anchors.tags(zone))),
            _ => format!("that of the DS record ({})", list(digests.iter().map(|ds| ds.tag).collect())),
        };
        // Many a router knows no DNSSEC, and then this is the first that is missing.
        let hint = if digests.is_empty() { " (the server may pass on no DNSSEC records)" } else { "" };
        let Some(set) = set else {
            return Err(format!("{zone} has no DNSKEY record, and none can be {voucher}{hint}"));
        };
        let keys: Vec<Key> = set.data.iter().filter_map(|data| Key::read(data)).filter(Key::is_usable).collect();
        let is_trusted = |key: &&Key| match digests {
            [] => self.anchors.trusts(zone, key),
            _ => digests.iter().any(|ds| ds.covers(zone, key)),
        };
        let trusted: Vec<Key> = keys.iter().filter(is_trusted).cloned().collect();
        if trusted.is_empty() {
            return Err(format!("no DNSKEY of {zone} is {voucher}"));
        }
        let mut why: Option<(u8, String)> = None;
        for signature in set.signatures.iter().filter(|signature| signature.signer == *zone) {
            match self.signatures.fits(signature, set, &trusted, work) {
                Ok(()) => {
                    let what = if digests.is_empty() { "anchor" } else { "DS" };
                    return Ok((keys, format!("{what} {}", signature.tag)));
                }
                Err((rank, reason)) if why.as_ref().is_none_or(|(best, _)| rank > *best) => why = Some((rank, reason)),
                Err(_) => {}
            }
        }
        Err(why.map_or_else(|| format!("DNSKEY of {zone} is not signed{hint}"), |(_, why)| why))
    }

    /// Checks a set against its signatures. Signers must stand strictly above `below`, if that is given.
    ///
    /// Nothing where questions are open.
    pub(super) fn check(&mut self, set: &RrSet, below: Option<&Name>, work: &mut Work) -> Option<Checked> {
        let Some(anchor) = self.anchor(&set.owner, set.rtype) else { return Some(Chain::outside(&set.owner).into()) };
        let below = below.or(Some(&set.owner).filter(|owner| set.rtype == Type::DS && !owner.is_root()));
        let (mut waits, mut other): (bool, Option<Finding>) = (false, None);
        // The reason that came closest to success.
        let mut wrong: Option<(u8, String)> = None;
        for signature in &set.signatures {
            let signer = &signature.signer;
            let is_above = below.is_none_or(|below| signer != below && below.is_within(signer));
            if !set.owner.is_within(signer) || !signer.is_within(&anchor) || !is_above {
                let why = format!("{} is signed by {signer}, which is not above it", set.title());
                wrong = wrong.or(Some((0, why)));
                continue;
            }
            match self.zone(signer, work) {
                None => waits = true,
                Some(Zone::Inside) => {
                    wrong = wrong.or(Some((0, format!("{} is signed by {signer}, which is no zone", set.title()))));
                }
                Some(Zone::Not(finding)) => {
                    // What needs no proof needs none, whatever else is wrong.
                    other = Some(match other {
                        Some(other) if other.verdict <= finding.verdict => other,
                        _ => finding,
                    });
                }
                Some(Zone::Signed(keys)) => match self.signatures.fits(signature, set, &keys.keys, work) {
                    Ok(()) => {
                        let by = Some((signer.clone(), signature.source(&set.owner)));
                        return Some(Checked { finding: Finding::secure(), by });
                    }
                    Err((rank, why)) if wrong.as_ref().is_none_or(|(best, _)| rank > *best) => {
                        wrong = Some((rank, why));
                    }
                    Err(_) => {}
                },
            }
        }
        if waits {
            return None;
        }
        Some(match (other, wrong) {
            (Some(finding), None) => finding.into(),
            (Some(finding), Some((0, _))) => finding.into(),
            (_, Some((_, why))) => Finding::bogus(why).into(),
            (None, None) => Finding::bogus(format!("{} is not signed", set.title())).into(),
        })
    }

    /// The proven records of denial in a section, by zone, and what is known of
    /// those that are not proven. Signers must stand strictly above `below`.
    pub(super) fn denials(
        &mut self,
        section: &[RrSet],
        below: Option<&Name>,
        work: &mut Work,
    ) -> Option<(Vec<Denials>, Option<Finding>)> {
        let mut zones: HashMap<Name, Denials> = HashMap::new();
        let (mut rest, mut waits): (Option<Finding>, bool) = (None, false);
        let is_denial = |set: &&RrSet| matches!(set.rtype, Type::NSEC | NSEC3) && !set.signatures.is_empty();
        for set in section.iter().filter(is_denial).take(MOST_DENIALS) {
            match self.check(set, below, work) {
                None => waits = true,
                Some(Checked { by: Some((signer, None)), .. }) => {
                    zones.entry(signer.clone()).or_insert_with(|| Denials::new(signer)).add(set);
                }
                Some(Checked { finding, by }) => {
                    let finding = match by {
                        None => finding,
                        // A record of denial stands for itself (RFC 4035 section 5.4).
                        Some(_) => Finding::bogus(format!("{} is made from a wildcard", set.title())),
                    };
                    rest = Some(match rest {
                        Some(rest) if rest.verdict <= finding.verdict => rest,
                        _ => finding,
                    });
                }
            }
        }
        (!waits).then(|| (zones.into_values().collect(), rest))
    }

    /// The zones from the anchor down to `zone`, each with what vouches for it.
    pub(super) fn way(&mut self, zone: &Name) -> Vec<String> {
        let mut way = Vec::new();
        let mut next = Some(zone.clone());
        while let Some(Zone::Signed(keys)) = next.and_then(|name| self.zones.get(&name)) {
            way.push(format!("{} ({})", keys.zone, keys.why));
            next = keys.parent.clone();
        }
        way.reverse();
        way
    }
}

/// The finding for NSEC3 records of too many iterations.
pub(super) fn costly(zone: &Name, iterations: u16) -> Finding {
    Finding::insecure(nsec3::costly(zone, iterations))
}
