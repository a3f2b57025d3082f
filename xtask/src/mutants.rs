//! `cargo xtask mutants [CRATE] [K/N]`: which small faults in the code no test notices.
//!
//! The whole takes days on two cores, so that a sample is the rule: the Kth of N
//! shards, which holds every Nth fault. K and N are all that it takes to repeat one.
use std::process::Command;

use crate::{
    Done, fetched, root,
    run::{output, run as see, target},
    tools::TOOLS,
};

/// How many faults a sample holds unless K/N is given, more or less.
const SAMPLE: usize = 300;

/// Plants the faults and runs the tests of the crate that each stands in.
/// .cargo/mutants.toml says which code is left out.
pub(crate) fn run(words: &[String]) -> Done {
    let mutants = fetched::program("cargo-mutants")?;
    let (names, shards): (Vec<_>, Vec<_>) = words.iter().partition(|word| !word.contains('/'));
    let known = |name: &&String| *name == "plainnet-common" || TOOLS.iter().any(|tool| tool.name == name.as_str());
    if shards.len() > 1 || names.len() > 1 || !names.iter().all(known) {
        return Err("mutants [CRATE] [K/N]".into());
    }
    let command = || {
        let mut command = Command::new(&mutants);
        command.arg("mutants").current_dir(root());
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
    see(command()
        .args(["--shard", &shard, "--sharding", "round-robin", "--no-shuffle", "--timeout", "120", "--output"])
        .arg(target()))
}
