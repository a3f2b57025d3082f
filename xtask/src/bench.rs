//! `cargo xtask bench TOOL [--markdown]`.
use crate::Done;
use page::Page;

mod dnsall;
mod getserv;
mod ipconv;
mod page;
mod rirwhois;
mod upper_echo;

/// Measures a tool. With `--markdown` a section of .github/BENCHMARKS.md comes out.
pub(crate) fn run(words: &[String]) -> Done {
    let page = if words.iter().any(|w| w == "--markdown") { Page::Markdown } else { Page::Text };
    let words: Vec<String> = words.iter().filter(|w| *w != "--markdown").cloned().collect();
    let (tool, rest) = words.split_first().ok_or("a tool's name is needed")?;
    let run = match tool.as_str() {
        "upper-echo" => upper_echo::run,
        "getserv" => getserv::run,
        "ipconv" => ipconv::run,
        "dnsall" => dnsall::run,
        "rirwhois" => rirwhois::run,
        other => return Err(format!("{other}: no such tool here")),
    };
    page.head(tool, rest);
    run(rest, page)
}
