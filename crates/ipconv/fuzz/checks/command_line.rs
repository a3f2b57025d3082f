//! Any words as the command line.
use ipconv::{cli, spec::SPEC};

#[path = "../../../common/fuzz/checks/words.rs"]
mod words;

/// See [`words::check`].
pub(crate) fn check(input: &[u8]) {
    words::check(&SPEC, &words::of(&SPEC, input), cli::parse);
}
