//! Cargo's helpers that a chore needs, built below target/tools when they are missing.
use std::path::PathBuf;

use crate::run::{cargo, find, is_program, run as see, target};

/// The helper `name`, such as `cargo-mutants`: an installed one, or one that is
/// built now, which takes some minutes.
///
/// # Errors
/// It can't be fetched or built.
pub(crate) fn program(name: &str) -> Result<PathBuf, String> {
    if let Some(path) = find(name) {
        return Ok(path);
    }
    let home = target().join("tools");
    let path = home.join("bin").join(name);
    if !is_program(&path) {
        println!("{name} is missing and is built below {}", home.display());
        see(cargo(["install", "--quiet", "--locked", name, "--root"]).arg(&home))?;
    }
    Ok(path)
}
