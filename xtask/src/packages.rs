//! Each tool builds from its own package, with nothing from beside it.
//!
//! `cargo package` would build every package with dependencies of its own, which
//! takes minutes. Here the packages are made, unpacked, and checked one by one in
//! a workspace of their own, with what the workspace has built already.
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Done, root,
    run::{cargo, run as see, target, write},
    tools::TOOLS,
};

/// The library that all tools share, the only package beside them.
const COMMON: &str = "plainnet-common";

/// Makes every package that can be published, and builds each from what it holds.
pub(crate) fn run(words: &[String]) -> Done {
    if !words.is_empty() {
        return Err("packages takes no words".into());
    }
    let version = env!("CARGO_PKG_VERSION");
    let names: Vec<&str> = [COMMON].into_iter().chain(TOOLS.iter().map(|tool| tool.name)).collect();
    let mut package = cargo(["package", "--quiet", "--offline", "--allow-dirty", "--no-verify"]);
    see(package.args(names.iter().flat_map(|name| ["--package", name])))?;

    let home = target().join("packages");
    match fs::remove_dir_all(&home) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(format!("{}: {e}", home.display())),
        _ => {}
    }
    // The dependency on the library names a version that may not be published yet.
    let workspace = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"*-{version}\"]\n\n\
         [patch.crates-io]\n{COMMON} = {{ path = \"{COMMON}-{version}\" }}\n\n{}",
        profile()?
    );
    write(&home.join("Cargo.toml"), workspace)?;
    let lock = root().join("Cargo.lock");
    fs::copy(&lock, home.join("Cargo.lock")).map_err(|e| format!("{}: {e}", lock.display()))?;
    for name in &names {
        let package = target().join("package").join(format!("{name}-{version}.crate"));
        // Packages date their files long ago, by which cargo would take them for built.
        see(Command::new("tar").arg("--touch").arg("-xzf").arg(package).arg("-C").arg(&home))?;
    }
    for name in names {
        let folder = home.join(format!("{name}-{version}"));
        let before = files(&folder)?;
        let mut check = cargo(["check", "--quiet", "--offline", "--package", name, "--manifest-path"]);
        see(check.arg(home.join("Cargo.toml")).arg("--target-dir").arg(target()))?;
        if files(&folder)? != before {
            return Err(format!("{}: building it changed its files", folder.display()));
        }
    }
    Ok(())
}

/// The section of the workspace's profile, since another one would build the
/// dependencies anew.
fn profile() -> Result<String, String> {
    let path = root().join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let section: Vec<&str> = text.lines().skip_while(|line| *line != "[profile.dev]").collect();
    let end = section.iter().skip(1).position(|line| line.starts_with('[')).map_or(section.len(), |at| at + 1);
    Ok(section[..end].join("\n"))
}

/// The files below a folder, each with its size, in order.
fn files(folder: &Path) -> Result<Vec<(PathBuf, u64)>, String> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let fail = |e: io::Error| format!("{}: {e}", folder.display());
        for entry in fs::read_dir(&folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let data = entry.metadata().map_err(fail)?;
            if data.is_dir() {
                folders.push(entry.path());
            } else {
                files.push((entry.path(), data.len()));
            }
        }
    }
    files.sort();
    Ok(files)
}
