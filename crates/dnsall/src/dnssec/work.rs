//! What a hostile server can make the proof of one name cost.

/// The most signatures that are computed for one name: its ninety types, each
/// with a denial of its own, need less than two hundred.
pub(super) const MOST_SIGNATURES: usize = 500;
/// The most questions of the chain for one name.
pub(super) const MOST_QUESTIONS: usize = 100;

/// What the proof of one name may still cost.
#[derive(Clone, Debug)]
pub struct Work {
    pub(super) questions: usize,
    pub(super) signatures: usize,
    /// Something was left undone.
    pub(super) is_exhausted: bool,
}

impl Default for Work {
    fn default() -> Work {
        Work { questions: MOST_QUESTIONS, signatures: MOST_SIGNATURES, is_exhausted: false }
    }
}
