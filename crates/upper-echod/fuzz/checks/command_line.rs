//! Any words as the command line.
use std::net::IpAddr;

use upper_echod::{cli, spec::SPEC};

#[path = "../../../common/fuzz/checks/words.rs"]
mod words;

/// See [`words::check`].
pub(crate) fn check(input: &[u8]) {
    let words = words::of(&SPEC, input);
    // The system is asked for no name here.
    let is_name = |word: &str| {
        let host = word.rsplit_once(':').map_or("", |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        !host.is_empty() && host.split('%').next().is_none_or(|host| host.parse::<IpAddr>().is_err())
    };
    if !words.iter().any(|word| word.to_str().is_some_and(is_name)) {
        words::check(&SPEC, &words, cli::parse);
    }
}
