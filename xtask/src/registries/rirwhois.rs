//! registries of rirwhois.
use crate::Done;

pub(super) fn run(_words: &[String]) -> Done {
    Err("not written yet".into())
}
