//! What is known of the truth of an answer.
use std::{collections::BTreeMap, fmt};

use crate::wire::{message::u16_at, types::Type};

/// The four states of RFC 4035 section 4.3, the better before the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Signatures lead to an anchor.
    Secure,
    /// It is proven that no signature has to be there.
    Insecure,
    /// No anchor stands above the name, or a link of the chain could not be asked for.
    Indeterminate,
    /// A signature has to be there, and is missing or wrong.
    Bogus,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Secure => "secure",
            Verdict::Insecure => "insecure",
            Verdict::Indeterminate => "indeterminate",
            Verdict::Bogus => "bogus",
        })
    }
}

/// A verdict and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// The record that decided and what is wrong with it; empty for what is secure.
    pub why: String,
    /// A question of the chain had no answer: another run may end otherwise.
    pub failed: bool,
}

impl Finding {
    /// A chain of signatures proves the records.
    pub fn secure() -> Finding {
        Finding { verdict: Verdict::Secure, why: String::new(), failed: false }
    }

    /// Proven to need no proof.
    pub fn insecure(why: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::Insecure, why: why.into(), failed: false }
    }

    /// Wrong, or not proven where it has to be.
    pub fn bogus(why: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::Bogus, why: why.into(), failed: false }
    }

    /// Outside of every anchor's tree.
    pub fn indeterminate(why: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::Indeterminate, why: why.into(), failed: false }
    }

    /// A question of the chain had no answer.
    pub fn failed(why: impl Into<String>) -> Finding {
        Finding { failed: true, ..Finding::indeterminate(why) }
    }

    /// Does the finding make the run end with status 3?
    pub fn is_problem(&self) -> bool {
        self.failed || self.verdict == Verdict::Bogus
    }

    /// The worse of two: bogus, then what could not be asked, then the rest in their order.
    pub fn worse(self, other: Finding) -> Finding {
        let rank = |f: &Finding| (f.verdict, f.failed);
        if rank(&other) > rank(&self) { other } else { self }
    }
}

/// All that is proven of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Of each set of records, by type.
    pub sets: BTreeMap<Type, Finding>,
    /// Of the denial of each type, or of the name.
    pub denials: BTreeMap<Type, Finding>,
    /// The zones from the anchor down, each with what vouches for it.
    pub chain: Vec<String>,
}

impl Proof {
    /// The verdict on a record of type `rtype` with these data. A signature
    /// shares that of the set it signs, since nothing signs a signature.
    pub fn of(&self, rtype: Type, wire: &[u8]) -> Verdict {
        let rtype = if rtype == Type::RRSIG { u16_at(wire, 0).map_or(rtype, Type) } else { rtype };
        self.sets.get(&rtype).map_or(Verdict::Indeterminate, |finding| finding.verdict)
    }

    /// Everything that was found.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.sets.values().chain(self.denials.values())
    }

    /// The worst finding.
    pub fn worst(&self) -> Option<&Finding> {
        self.findings().max_by_key(|finding| (finding.verdict, finding.failed))
    }

    /// The verdict on the denials alone.
    pub fn denial(&self) -> Option<Verdict> {
        self.denials.values().map(|finding| finding.verdict).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_wins_and_a_signature_shares_the_verdict_of_its_set() {
        let mut proof = Proof::default();
        proof.sets.insert(Type::A, Finding::secure());
        proof.sets.insert(Type::MX, Finding::bogus("x"));
        proof.denials.insert(Type::TXT, Finding::insecure("y"));
        assert_eq!(proof.of(Type::A, &[]), Verdict::Secure);
        assert_eq!(proof.of(Type::RRSIG, &[0, 15, 1]), Verdict::Bogus);
        assert_eq!(proof.of(Type::RRSIG, &[0]), Verdict::Indeterminate);
        assert_eq!(proof.of(Type::NS, &[]), Verdict::Indeterminate);
        assert_eq!(proof.worst(), Some(&Finding::bogus("x")));
        assert_eq!(proof.denial(), Some(Verdict::Insecure));
        assert!(Finding::failed("z").is_problem() && !Finding::indeterminate("z").is_problem());
        assert_eq!(Finding::failed("z").worse(Finding::indeterminate("y")), Finding::failed("z"));
        assert_eq!(Finding::failed("z").worse(Finding::bogus("y")), Finding::bogus("y"));
    }
}
