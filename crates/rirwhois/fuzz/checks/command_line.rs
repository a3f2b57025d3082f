//! Any words as the command line.
use std::os::unix::ffi::OsStrExt as _;

use rirwhois::{cli, spec::SPEC};

#[path = "../../../common/fuzz/checks/words.rs"]
mod words;

/// See [`words::check`].
pub(crate) fn check(input: &[u8]) {
    let words = words::of(&SPEC, input);
    // No file is opened here.
    if !words.iter().any(|word| word.as_bytes().starts_with(b"--registries")) {
        words::check(&SPEC, &words, cli::parse);
    }
}
