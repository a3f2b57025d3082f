//! `cargo xtask coverage`: how much of each file the tests run.
use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

use crate::{
    Done, fetched, peers, root,
    run::{run as see, target},
};

/// The least share of lines that the tests of the shared crate run, in percent.
const COMMON: f64 = 97.0;

/// The least share of a tool.
const TOOL: f64 = 92.0;

/// Lines of a file or a crate.
#[derive(Clone, Copy, Default)]
struct Lines {
    all: u64,
    covered: u64,
}

impl Lines {
    fn percent(self) -> f64 {
        if self.all == 0 { 100.0 } else { 100.0 * self.covered as f64 / self.all as f64 }
    }
}

/// Runs the tests with the compiler's instrumentation and prints each file and
/// each crate. It needs `rustup component add llvm-tools`.
pub(crate) fn run(words: &[String]) -> Done {
    if !words.is_empty() {
        return Err("takes no words".into());
    }
    let program = fetched::program("cargo-llvm-cov")?;
    let path = target().join("coverage.json");
    let mut command = Command::new(program);
    command.args(["llvm-cov", "--workspace", "--no-fail-fast", "--json", "--summary-only", "--output-path"]);
    command.arg(&path).current_dir(root());
    if let Ok(peers) = peers::fetch(false) {
        peers.lend(&mut command);
    }
    see(&mut command)?;
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let json: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut crates: BTreeMap<String, Lines> = BTreeMap::new();
    let folder = root().join("crates");
    for file in json["data"][0]["files"].as_array().into_iter().flatten() {
        let name = file["filename"].as_str().unwrap_or_default();
        let Ok(inner) = std::path::Path::new(name).strip_prefix(&folder) else { continue };
        let count = |key: &str| file["summary"]["lines"][key].as_u64().unwrap_or(0);
        let lines = Lines { all: count("count"), covered: count("covered") };
        println!("{:6.1} % of {:5}  {}", lines.percent(), lines.all, inner.display());
        let owner = inner.components().next().map(|c| c.as_os_str().to_string_lossy().into_owned());
        let sum = crates.entry(owner.unwrap_or_default()).or_default();
        sum.all += lines.all;
        sum.covered += lines.covered;
    }
    let mut low = Vec::new();
    for (name, lines) in &crates {
        let least = if name == "common" { COMMON } else { TOOL };
        println!("{:6.1} % of {:5}  {name} (at least {least})", lines.percent(), lines.all);
        if lines.percent() < least {
            low.push(name.as_str());
        }
    }
    if low.is_empty() { Ok(()) } else { Err(format!("too little is tested: {}", low.join(", "))) }
}
