//! The programs that cargo builds from the workspace; those that are tests run
//! several at a time, since they wait for servers and clocks far more than they compute.
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use serde_json::Value;

use crate::Done;

/// How many test programs run at a time.
const AT_ONCE: usize = 3;

/// How many tests of one program run at a time.
const THREADS: &str = "4";

/// The program that takes longest, and so begins first.
const LONGEST: &str = "faults";

/// A tool or a test program.
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    /// What cargo calls it: the name of its source file or of its crate.
    name: String,
    /// The folder of its package, in which its tests run.
    folder: PathBuf,
    is_test: bool,
}

/// What cargo says that it built, with `--message-format=json`.
pub(crate) fn built(messages: &str) -> Vec<Program> {
    let programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(Program {
            path: message["executable"].as_str()?.into(),
            name: message["target"]["name"].as_str()?.to_owned(),
            folder: Path::new(message["manifest_path"].as_str()?).parent()?.to_owned(),
            is_test: message["profile"]["test"] == true,
        })
    });
    programs.collect()
}

/// Runs the test programs among `programs`, each in the environment that `lend`
/// gives it. What one prints is shown when it ends.
///
/// # Errors
/// The names of those that failed.
pub(crate) fn test(programs: Vec<Program>, lend: impl Fn(&mut Command) + Sync) -> Done {
    let mut tests: Vec<_> = programs.into_iter().filter(|program| program.is_test).collect();
    tests.sort_by_key(|test| test.name != LONGEST);
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let work = || {
        while let Some(Program { path, name, folder, .. }) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
            let start = Instant::now();
            let mut command = Command::new(path);
            command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder).env("RUST_TEST_THREADS", THREADS);
            lend(&mut command);
            let seen = command.stdin(Stdio::null()).output();
            // Held while it prints, so that no two programs mix their lines.
            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
            println!("-- {name}: {} s", start.elapsed().as_secs());
            match seen {
                Ok(seen) => {
                    print!("{}", String::from_utf8_lossy(&seen.stdout));
                    eprint!("{}", String::from_utf8_lossy(&seen.stderr));
                    if !seen.status.success() {
                        failed.push(format!("{name} ({})", seen.status));
                    }
                }
                Err(e) => failed.push(format!("{}: {e}", path.display())),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() { Ok(()) } else { Err(failed.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_messages_name_what_was_built() {
        let built = built(
            "{\"reason\":\"compiler-artifact\",\"executable\":null,\"target\":{\"name\":\"lib\"}}\n\
             {\"executable\":\"/t/a-1\",\"manifest_path\":\"/w/a/Cargo.toml\",\"target\":{\"name\":\"a\"},\"profile\":{\"test\":true}}\n\
             {\"executable\":\"/t/a\",\"manifest_path\":\"/w/a/Cargo.toml\",\"target\":{\"name\":\"a\"},\"profile\":{\"test\":false}}\n\
             {\"reason\":\"build-finished\",\"success\":true}\n",
        );
        let seen: Vec<_> = built.iter().map(|p| (p.path.to_str(), p.folder.to_str(), p.is_test)).collect();
        assert_eq!(seen, [(Some("/t/a-1"), Some("/w/a"), true), (Some("/t/a"), Some("/w/a"), false)]);
    }

    #[test]
    fn a_program_that_fails_is_named_and_the_others_run() {
        let program = |name: &str, is_test| Program {
            path: format!("/bin/{name}").into(),
            name: name.to_owned(),
            folder: "/".into(),
            is_test,
        };
        assert_eq!(test(vec![program("true", true), program("false", false)], |_| {}), Ok(()));
        let failed = test(vec![program("false", true), program("true", true)], |_| {});
        assert_eq!(failed, Err("false (exit status: 1)".to_owned()));
    }
}
