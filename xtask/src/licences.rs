//! The licences of the crates that are linked into the binaries, which have to
//! be handed on with them.
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

use crate::{
    run::{cargo, output},
    tools::TOOLS,
};

/// A crate's name, version, licence expression and the texts beside it.
struct Crate {
    name: String,
    licence: String,
    /// The licence files of its package.
    texts: Vec<String>,
}

/// One text: every crate with its licence, then every licence text once, with
/// the crates that it belongs to.
///
/// # Errors
/// cargo fails, or a crate states no licence.
pub(crate) fn texts(triple: &str) -> Result<String, String> {
    let crates = crates(triple)?;
    let mut text = String::from("Crates that are linked into plainnet's binaries, and their licences.\n\n");
    text.extend(crates.iter().map(|c| format!("{}: {}\n", c.name, c.licence)));
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &crates {
        for licence in &one.texts {
            owners.entry(licence).or_default().push(&one.name);
        }
    }
    let mut all: Vec<_> = owners.into_iter().collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    for (licence, names) in all {
        text.push_str(&format!("\n{}\n{}\n\n{}\n", "-".repeat(78), names.join(", "), licence.trim()));
    }
    Ok(text)
}

/// The crates of all tools, ours aside, by name.
fn crates(triple: &str) -> Result<Vec<Crate>, String> {
    let mut linked = BTreeSet::new();
    for tool in TOOLS {
        let args = ["tree", "--locked", "--target", triple, "--edges", "normal,no-proc-macro", "--prefix", "none"];
        let tree = output(cargo(args).args(["--format", "{p}", "--package", tool.name]))?;
        // `memchr v2.7.6`, and with a path where it is a crate of the workspace.
        let names = tree.lines().map(|line| line.trim_end_matches(" (*)"));
        linked.extend(names.filter(|line| !line.ends_with(')')).map(|line| line.replace(" v", " ")));
    }
    let json = output(&mut cargo(["metadata", "--locked", "--format-version", "1", "--filter-platform", triple]))?;
    let json: Value = serde_json::from_str(&json).map_err(|e| format!("cargo metadata: {e}"))?;
    let mut crates = Vec::new();
    for package in json["packages"].as_array().into_iter().flatten() {
        let word = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let name = format!("{} {}", word("name"), word("version"));
        if !linked.contains(&name) {
            continue;
        }
        let licence = word("license");
        if licence.is_empty() {
            return Err(format!("{name} states no licence"));
        }
        let manifest = word("manifest_path");
        let texts = beside(Path::new(&manifest).parent().ok_or("a manifest has a folder")?);
        crates.push(Crate { name, licence, texts });
    }
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(crates)
}

/// The licence texts in a crate's folder, in the order of their names.
fn beside(folder: &Path) -> Vec<String> {
    let is_licence = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"].iter().any(|word| name.starts_with(word))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<_> = entries.map(|e| e.path()).filter(|p| p.is_file()).collect();
    paths.retain(|p| p.file_name().and_then(|n| n.to_str()).is_some_and(is_licence));
    paths.sort();
    paths.iter().filter_map(|p| fs::read_to_string(p).ok()).collect()
}
