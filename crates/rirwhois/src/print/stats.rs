//! What a run did, in numbers.
use std::fmt;

use crate::ask::chase::Fate;

/// What `--stats` tells.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the line that it is printed as says it")]
pub struct Counts {
    pub inputs: u64,
    pub queries: u64,
    pub shared: u64,
    pub kept: u64,
    pub opened: u64,
    pub referrals: u64,
    pub cached: u64,
    pub unanswered: u64,
    pub failed: u64,
}

impl Counts {
    /// An input has come to this end.
    pub fn ended(&mut self, fate: &Fate) {
        match fate {
            Fate::Answered => {}
            Fate::Missing(_) => self.unanswered += 1,
            Fate::Failed(_) | Fate::Local(_) => self.failed += 1,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { inputs, queries, shared, kept, opened, referrals, cached, unanswered, failed } = self;
        write!(
            f,
            "{inputs} inputs, {queries} queries, {shared} shared, {kept} connections kept, {opened} connections opened, "
        )?;
        write!(f, "{referrals} referrals, {cached} from the cache, {unanswered} unanswered, {failed} failed")
    }
}
