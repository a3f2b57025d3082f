//! Answers that hold for more than one input of a run.
use std::{collections::BTreeMap, mem, rc::Rc};

use plainnet_common::block::Block;

use crate::{
    ask::outcome::{Conclusion, Outcome},
    ask::prefixes::Prefixes,
    ask::question::Question,
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
        for prefix in shared_range(question, outcome, table).into_iter().flat_map(|range| range.prefixes()) {
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
