//! `cargo xtask fuzz [MINUTES]`: every fuzz target of every crate, one after the other.
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Done, fetched, root,
    run::{run as see, target},
};

/// How long each target runs unless told otherwise, in minutes.
const MINUTES: u64 = 1;

/// Runs the targets that [`all`] finds; libFuzzer needs a nightly compiler.
pub(crate) fn run(words: &[String]) -> Done {
    let minutes = match words {
        [] => MINUTES,
        [word] => word.parse().ok().filter(|m| *m > 0).ok_or("fuzz [MINUTES]")?,
        _ => return Err("fuzz [MINUTES]".into()),
    };
    let fuzz = fetched::program("cargo-fuzz")?;
    let mut failed = Vec::new();
    for Target { folder, name } in all()? {
        println!("== {} {name}", folder.display());
        let crate_name = folder.parent().and_then(Path::file_name).unwrap_or_default();
        // Findings and corpora stay out of the tree; seeds are read from it.
        let corpus = target().join("fuzz").join(crate_name).join(&name);
        fs::create_dir_all(&corpus).map_err(|e| format!("{}: {e}", corpus.display()))?;
        let mut command = Command::new(&fuzz);
        command.args(["fuzz", "run", "--fuzz-dir"]).arg(&folder).arg(&name).arg(&corpus);
        let seeds = folder.join("seeds").join(&name);
        if seeds.is_dir() {
            command.arg(&seeds);
        }
        let dictionary = folder.join("words.dict");
        command.args(["--", &format!("-max_total_time={}", minutes * 60), "-print_final_stats=1", "-timeout=20"]);
        if dictionary.is_file() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        let command = command.env("RUSTUP_TOOLCHAIN", "nightly").current_dir(root());
        if let Err(why) = see(command) {
            failed.push(format!("{name}: {why}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// A fuzz target: the folder with its manifest, and its name.
struct Target {
    folder: PathBuf,
    name: String,
}

/// Every target below crates/, in the order of crates and names.
fn all() -> Result<Vec<Target>, String> {
    let mut targets = Vec::new();
    for tool in list(&root().join("crates"))? {
        let folder = tool.join("fuzz");
        if !folder.is_dir() {
            continue;
        }
        for file in list(&folder.join("fuzz_targets"))? {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            targets.push(Target { folder: folder.clone(), name });
        }
    }
    Ok(targets)
}

/// What is in a folder, in the order of names.
fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_stands_in_its_manifest_and_in_the_tests() {
        let targets = all().unwrap();
        assert!(targets.len() >= 42, "only {} targets are left", targets.len());
        for Target { folder, name } in targets {
            let at = format!("{}: {name}", folder.display());
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{at}");
            assert!(manifest.contains("[workspace]"), "{}: a workspace of its own", folder.display());
            assert!(folder.join("Cargo.lock").is_file(), "{}: no lock file", folder.display());
            // The same check runs on generated inputs in the ordinary tests, from the same seeds.
            let of = folder.parent().and_then(Path::file_name).unwrap().to_string_lossy().into_owned();
            let tests = fs::read_to_string(root().join(format!("tests/{of}_fuzz.rs"))).unwrap();
            assert!(tests.contains(&format!("\"../crates/{of}/fuzz/checks/{name}.rs\"")), "{at} is no test");
            assert!(tests.contains(&format!("    {name} ")), "{at} is no test");
            assert!(!list(&folder.join("seeds").join(&name)).unwrap().is_empty(), "{at}: no seeds");
        }
    }
}
