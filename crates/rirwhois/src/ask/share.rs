//! Answers that hold for more than one input.
use std::{collections::BTreeMap, rc::Rc};

use crate::{
    ask::chase::{Fate, Outcome},
    ask::question::Question,
    table::lookup::Table,
    table::range::Range,
};

/// Most bytes of answers that are kept to be shared.
const BYTES: usize = 32 << 20;

/// Most answers that are kept.
const ANSWERS: usize = 1 << 18;

/// What has been answered so far: by question, and by the ranges that answers are about.
#[derive(Debug, Default)]
pub struct Shared {
    exact: BTreeMap<Question, Rc<Outcome>>,
    /// By prefix.
    ranges: BTreeMap<Range, Rc<Outcome>>,
    bytes: usize,
}

impl Shared {
    /// The answer for `question`, if an earlier one holds for it.
    pub fn find(&self, question: &Question) -> Option<Rc<Outcome>> {
        if let Some(outcome) = self.exact.get(question) {
            return Some(outcome.clone());
        }
        let Question::Addresses(range) = question else { return None };
        let longest = range.prefix_len()?;
        let wider = (0..=longest).rev().filter_map(|len| Range::prefix(range.start(), len));
        wider.filter_map(|prefix| self.ranges.get(&prefix)).next().cloned()
    }

    /// Keeps an answer. Failures are kept from nobody: the next one may fare better.
    pub fn put(&mut self, question: &Question, outcome: &Rc<Outcome>, table: &Table, by_range: bool) {
        if matches!(outcome.fate, Fate::Failed(_) | Fate::Local(_)) {
            return;
        }
        if self.bytes > BYTES || self.exact.len() + self.ranges.len() > ANSWERS {
            *self = Shared::default();
        }
        self.bytes += outcome.found.as_ref().map_or(0, |f| f.bytes.len() + f.text.len());
        self.exact.insert(question.clone(), outcome.clone());
        let Question::Addresses(asked) = question else { return };
        let range = outcome.found.as_ref().and_then(|f| f.answer.range).filter(|_| by_range && outcome.shareable);
        // An answer about a prefix says little about a single address in it; and
        // one that reaches beyond its registry's own space is not believed there.
        if let Some(range) = range.filter(|r| asked.first == asked.last && r.holds(asked) && !table.crosses(r)) {
            for prefix in range.prefixes() {
                self.ranges.insert(prefix, outcome.clone());
            }
        }
    }
}
