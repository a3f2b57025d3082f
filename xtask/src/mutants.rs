//! `cargo xtask mutants [CRATE] [K/N]`: which small faults in the code no test notices.
//!
//! The whole takes days on two cores, so that a sample is the rule: the Kth of N
//! shards, which holds every Nth fault of the parts that .cargo/mutants.toml
//! names. K and N are all that it takes to repeat one. Unit tests are the first
//! to judge a fault, since they are built in seconds; all tests of the crate
//! judge the faults that these miss.
use std::{fs, path::Path, process::Command};

use crate::{
    Done, fetched, peers, root,
    run::{output, run as see, target},
    tools::TOOLS,
};

/// How many faults a sample holds unless K/N is given, more or less.
const SAMPLE: usize = 300;

/// Plants the faults and runs the tests of the crate that each stands in.
pub(crate) fn run(words: &[String]) -> Done {
    let mutants = fetched::program("cargo-mutants")?;
    let (names, shards): (Vec<_>, Vec<_>) = words.iter().partition(|word| !word.contains('/'));
    let known = |name: &&String| *name == "plainnet-common" || TOOLS.iter().any(|tool| tool.name == name.as_str());
    if shards.len() > 1 || names.len() > 1 || !names.iter().all(known) {
        return Err("mutants [CRATE] [K/N]".into());
    }
    let command = || {
        let mut command = Command::new(&mutants);
        command.args(["mutants", "--no-shuffle"]).current_dir(root());
        match names.first() {
            Some(name) => command.args(["--package", name]),
            None => command.arg("--workspace"),
        };
        command
    };
    let shard = match shards.first() {
        Some(shard) => (*shard).clone(),
        None => {
            let all = output(command().arg("--list"))?.lines().count();
            format!("0/{}", all.div_ceil(SAMPLE).max(1))
        }
    };
    println!("shard {shard}");
    let results = target().join("mutants");
    let _ = fs::remove_dir_all(&results);
    let units = results.join("units");
    let judged = see(command()
        .args(["--shard", &shard, "--sharding", "round-robin", "--timeout", "120", "--output"])
        .arg(&units)
        .arg("--cargo-arg=--lib"));
    let missed = list(&units.join("mutants.out/missed.txt"))?;
    if missed.is_empty() {
        return judged;
    }
    println!("{} go on to all tests", missed.len());
    let mut command = command();
    command.arg("--no-config");
    for name in missed {
        command.arg("--re").arg(format!("^{}$", escaped(&name)));
        // Fields are deleted whatever --re says, in files that no --file leaves out.
        command.arg("--file").arg(name.split(':').next().unwrap_or_default());
    }
    if let Ok(peers) = peers::fetch(false) {
        peers.lend(&mut command);
    }
    see(command.args(["--timeout", "300", "--output"]).arg(results.join("all")))
}

/// The lines of a list of faults.
fn list(path: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// `text` as a regular expression that matches it alone.
fn escaped(text: &str) -> String {
    let special = |c| r"\.+*?()|[]{}^$#&-~".contains(c).then_some('\\');
    text.chars().flat_map(|c| special(c).into_iter().chain([c])).collect()
}
