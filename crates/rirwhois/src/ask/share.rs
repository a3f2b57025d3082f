//! Answers that hold for more than one input of a run.
use std::{collections::BTreeMap, mem, rc::Rc};

use plainnet_common::block::Block;

use crate::{
    ask::outcome::{Conclusion, Outcome},
    ask::prefixes::Prefixes,
    ask::question::Question,
    read::range,
    table::lookup::Table,
};

/// Most bytes of a generation.
const BYTES: usize = 2 << 20;

/// Longest reply that is kept; who sends more is asked again.
const LONGEST: usize = 256 << 10;

/// What an answer takes beside its reply's bytes, roughly.
const OVERHEAD: usize = 1024;

/// Answers by question, and by the prefixes that they are about.
#[derive(Debug, Default)]
struct Generation {
    exact: BTreeMap<Question, Rc<Outcome>>,
    prefixes: Prefixes<Rc<Outcome>>,
    bytes: usize,
}

/// What has been answered so far. When a generation is full, the one before it
/// is forgotten, so that what was of use lately stays.
#[derive(Debug, Default)]
pub struct Shared {
    young: Generation,
    old: Generation,
}

impl Shared {
    /// The answer for `question`, if an earlier one holds for it.
    pub fn find(&self, question: &Question) -> Option<Rc<Outcome>> {
        self.young.find(question).or_else(|| self.old.find(question))
    }

    /// Keeps an answer. Failures are kept from nobody: the next one may fare better.
    pub fn put(&mut self, question: &Question, outcome: &Rc<Outcome>, table: &Table) {
        let length = outcome.found.as_ref().map_or(0, |f| f.bytes.len());
        if length > LONGEST || matches!(outcome.conclusion, Conclusion::Failed(_) | Conclusion::Local(_)) {
            return;
        }
        if self.young.bytes > BYTES {
            self.old = mem::take(&mut self.young);
        }
        self.young.put(question, outcome, table);
    }
}

impl Generation {
    fn find(&self, question: &Question) -> Option<Rc<Outcome>> {
        if let Some(outcome) = self.exact.get(question) {
            return Some(outcome.clone());
        }
        let Question::Addresses(range) = question else { return None };
        self.prefixes.around(range).cloned()
    }

    fn put(&mut self, question: &Question, outcome: &Rc<Outcome>, table: &Table) {
        self.bytes += OVERHEAD + outcome.found.as_ref().map_or(0, |f| f.bytes.len());
        self.exact.insert(question.clone(), outcome.clone());
        for prefix in shared_range(question, outcome, table).into_iter().flat_map(range::prefixes) {
            self.bytes += mem::size_of::<Block>();
            self.prefixes.insert(prefix, outcome.clone());
        }
    }
}

/// The range for which the answer to `question` holds, too. An answer about a prefix says little
/// about a single address in it; and one that reaches beyond its registry's own space is not
/// believed there.
pub fn shared_range(question: &Question, outcome: &Outcome, table: &Table) -> Option<Block> {
    let Question::Addresses(asked) = question else { return None };
    let range = outcome.found.as_ref().and_then(|f| f.answer.range).filter(|_| outcome.shareable)?;
    (asked.first == asked.last && range.holds(asked) && !table.crosses(&range)).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ask::outcome::Found, ask::outcome::Origin, read::answer::Answer};

    fn asked(text: &str) -> Question {
        Question::parse(text).unwrap()
    }

    /// What answers with a record about `range`, of so many bytes.
    fn about(range: &str, bytes: usize) -> Outcome {
        let answer = Answer { range: range::parse(range), name: range.into(), ..Answer::default() };
        let found = Found { bytes: Rc::new(vec![b'x'; bytes]), origin: Origin::Table, answer };
        Outcome { found: Some(found), shareable: true, ..Outcome::without(Conclusion::Answered, Vec::new()) }
    }

    /// Is `next` answered by what answered `before`?
    fn is_shared(before: &str, outcome: Outcome, next: &str) -> bool {
        let mut shared = Shared::default();
        shared.put(&asked(before), &Rc::new(outcome), &Table::default());
        shared.find(&asked(next)).is_some()
    }

    #[test]
    fn an_answer_holds_for_the_addresses_of_its_range() {
        for (before, range, next, want) in [
            ("193.0.0.1", "193.0.0.0/21", "193.0.7.255", true),
            ("193.0.0.1", "193.0.0.0/21", "193.0.8.0", false),
            ("193.0.0.1", "193.0.0.0/21", "193.0.4.0/24", true),
            ("193.0.0.1", "193.0.0.0 - 193.0.0.5", "193.0.0.5", true),
            ("193.0.0.1", "193.0.0.0 - 193.0.0.5", "193.0.0.6", false),
            // The record of a prefix may hide a more specific one of an address in it; the prefix itself is known.
            ("193.0.0.0/24", "193.0.0.0/21", "193.0.0.1", false),
            ("193.0.0.0/24", "193.0.0.0/21", "193.0.1.0/24", false),
            ("193.0.0.0/24", "193.0.0.0/21", "193.0.0.0/24", true),
            // A record that is about something else, or reaches into another registry's space.
            ("193.1.0.1", "193.0.0.0/21", "193.0.0.1", false),
            ("193.0.0.1", "0.0.0.0/0", "8.8.8.8", false),
            ("2a00::1", "2a00::/32", "2a00:0:1::", true),
            ("AS3333", "193.0.0.0/21", "193.0.0.1", false),
            ("AS3333", "193.0.0.0/21", "AS3333", true),
        ] {
            assert_eq!(is_shared(before, about(range, 1), next), want, "{before} {range} {next}");
        }
        let guessed = Outcome { shareable: false, ..about("193.0.0.0/21", 1) };
        assert!(!is_shared("193.0.0.1", guessed.clone(), "193.0.0.2"));
        assert!(is_shared("193.0.0.1", guessed, "193.0.0.1"));
    }

    #[test]
    fn failures_and_what_is_long_are_asked_again() {
        for conclusion in [Conclusion::Failed("x".into()), Conclusion::Local("x".into())] {
            assert!(!is_shared("193.0.0.1", Outcome::without(conclusion, Vec::new()), "193.0.0.1"));
        }
        let none = Outcome::without(Conclusion::NoRecord("x".into()), Vec::new());
        assert!(is_shared("193.0.0.1", none, "193.0.0.1"));
        assert!(is_shared("193.0.0.1", about("193.0.0.0/21", LONGEST), "193.0.0.1"));
        assert!(!is_shared("193.0.0.1", about("193.0.0.0/21", LONGEST + 1), "193.0.0.1"));
    }

    #[test]
    fn what_was_of_no_use_for_long_is_forgotten() {
        let (mut shared, table) = (Shared::default(), Table::default());
        let mut put = |i: usize| {
            let outcome = Rc::new(about(&format!("193.0.{i}.0/24"), LONGEST / 2));
            shared.put(&asked(&format!("193.0.{i}.1")), &outcome, &table);
            (0..=i).filter(|i| shared.find(&asked(&format!("193.0.{i}.2"))).is_some()).count()
        };
        // Two generations of 2 MiB hold some thirty answers of 128 KiB.
        let kept: Vec<usize> = (0..100).map(&mut put).collect();
        assert_eq!(kept[..16], (1..=16).collect::<Vec<_>>()[..]);
        assert!(kept.iter().all(|n| *n <= 34) && kept[99] >= 16, "{kept:?}");
    }

    #[test]
    fn a_generation_is_full_when_it_has_more_than_its_bytes() {
        let table = Table::default();
        let mut shared = Shared::default();
        let outcome = Rc::new(about("193.0.0.0/21", 1000));
        shared.put(&asked("193.0.0.1"), &outcome, &table);
        // The reply, what it takes beside, and one prefix.
        assert_eq!(shared.young.bytes, OVERHEAD + 1000 + mem::size_of::<Block>());
        for (bytes, is_young) in [(BYTES, true), (BYTES + 1, false)] {
            shared.young.bytes = bytes;
            shared.put(&asked("193.0.0.2"), &outcome, &table);
            assert_eq!(shared.young.find(&asked("193.0.0.1")).is_some() && shared.young.exact.len() == 2, is_young);
        }
        assert_eq!(shared.old.exact.len(), 2);
    }
}
