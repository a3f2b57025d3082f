//! `cargo xtask registries TOOL`.
use crate::Done;

mod dnsall;
mod getserv;
mod ipconv;
mod rirwhois;
mod source;

pub(crate) fn run(words: &[String]) -> Done {
    let (tool, rest) = words.split_first().ok_or("a tool's name is needed")?;
    match tool.as_str() {
        "getserv" => getserv::run(rest),
        "ipconv" => ipconv::run(rest),
        "dnsall" => dnsall::run(rest),
        "rirwhois" => rirwhois::run(rest),
        other => Err(format!("{other}: no such tool here")),
    }
}
