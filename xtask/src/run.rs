//! Programs that chores run.
use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Done, root};

/// The cargo that runs us, in the workspace's folder.
pub(crate) fn cargo<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    command
}

/// Runs `command` in view of the user.
pub(crate) fn run(command: &mut Command) -> Done {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{}: {status}", shown(command))),
        Err(e) => Err(format!("{}: {e}", shown(command))),
    }
}

/// What `command` prints; on failure, what it complained about.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let seen = command.output().map_err(|e| format!("{}: {e}", shown(command)))?;
    if !seen.status.success() {
        let words = String::from_utf8_lossy(&seen.stderr);
        return Err(format!("{}: {}: {}", shown(command), seen.status, words.trim_end()));
    }
    Ok(String::from_utf8_lossy(&seen.stdout).into_owned())
}

/// A command as one would type it, without its folder.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(folder)
}

/// The program `name` on PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|p| is_program(p))
}

/// A file that can be executed.
pub(crate) fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// Writes a file into a folder that need not exist yet.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Done {
    let said = |e: std::io::Error| format!("{}: {e}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(said)?;
    }
    fs::write(path, bytes).map_err(said)
}
