//! `cargo xtask registries TOOL`.
use crate::Done;

mod dnsall;
mod getserv;
mod rirwhois;
mod source;
mod special;

pub(crate) fn run(words: &[String]) -> Done {
    let (tool, rest) = words.split_first().ok_or("the name of a tool or common is needed")?;
    match tool.as_str() {
        "getserv" => getserv::run(rest),
        "common" => special::run(rest),
        "dnsall" => dnsall::run(rest),
        "rirwhois" => rirwhois::run(rest),
        other => Err(format!("{other}: no such tool here")),
    }
}
