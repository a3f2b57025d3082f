//! `cargo xtask man`: the manual pages that are committed.
use std::fs;

use crate::{Done, root, run::write, tools::TOOLS};

/// Writes man/TOOL.1 for each tool; with `--check` says which differ.
pub(crate) fn run(words: &[String]) -> Done {
    let check = match words {
        [] => false,
        [word] if word == "--check" => true,
        _ => return Err("man [--check]".into()),
    };
    let mut stale = Vec::new();
    for tool in TOOLS {
        let path = root().join("man").join(format!("{}.1", tool.name));
        let page = tool.text("man");
        if !check {
            write(&path, page)?;
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&page) {
            stale.push(tool.name);
        }
    }
    if stale.is_empty() { Ok(()) } else { Err(format!("stale: {} (cargo xtask man writes them)", stale.join(" "))) }
}
