//! What is proven, in words.
use crate::{
    ask::lookup::Lookup,
    dnssec::verdict::{Finding, Proof, Verdict},
};

/// Reasons that are told of one input; the others are counted.
const MOST_REASONS: usize = 3;

fn proofs(lookups: &[Lookup]) -> impl Iterator<Item = &Proof> {
    lookups.iter().filter_map(|lookup| lookup.proof.as_ref())
}

/// The reasons of some findings, each once.
fn reasons<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<String> {
    let mut reasons = Vec::new();
    for finding in findings {
        let reason = format!("{}: {}", finding.verdict, finding.why);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// What ends the run with status 3, on one line; empty where nothing does.
pub(super) fn problems(lookups: &[Lookup]) -> String {
    let mut problems = reasons(proofs(lookups).flat_map(Proof::findings).filter(|finding| finding.is_problem()));
    let more = problems.len().saturating_sub(MOST_REASONS);
    problems.truncate(MOST_REASONS);
    match more {
        0 => problems.join("; "),
        more => format!("{} and {more} more", problems.join("; ")),
    }
}

/// The verdict on what the last name does not have.
pub(super) fn denial(lookups: &[Lookup]) -> Option<Verdict> {
    lookups.last()?.proof.as_ref()?.denial()
}

/// For -v: the chain, and why what is not secure is not.
pub(super) fn report(lookup: &Lookup) -> Vec<String> {
    let Some(proof) = &lookup.proof else { return Vec::new() };
    let mut lines = Vec::new();
    if !proof.chain.is_empty() {
        lines.push(format!("{} chain: {}", lookup.name, proof.chain.join(" > ")));
    }
    let others = reasons(proof.findings().filter(|finding| finding.verdict != Verdict::Secure));
    lines.extend(others.into_iter().map(|reason| format!("{} {reason}", lookup.name)));
    lines
}

/// For --explain: one sentence about all of it, where something was answered.
pub(super) fn sentence(lookups: &[Lookup]) -> Option<String> {
    let asked: Vec<&Lookup> = lookups.iter().filter(|lookup| !lookup.is_check && !lookup.records.is_empty()).collect();
    let proofs = || asked.iter().filter_map(|lookup| lookup.proof.as_ref());
    let worst = proofs().filter_map(Proof::worst).max_by_key(|finding| (finding.verdict, finding.failed))?;
    let chain = proofs().next().map_or_else(String::new, |proof| proof.chain.join(" > "));
    let (fact, record) = match worst.verdict {
        Verdict::Secure => ("DNSSEC proves the answers", format!("keys lead to them: {chain}")),
        Verdict::Insecure => ("DNSSEC does not prove the answers, and need not", worst.why.clone()),
        Verdict::Indeterminate => ("nobody can tell whether the answers are genuine", worst.why.clone()),
        Verdict::Bogus => ("the answers may be forged", worst.why.clone()),
    };
    Some(format!("{fact}: because {record}"))
}
