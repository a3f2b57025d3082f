//! The programs that cargo builds from the workspace; those that are tests run
//! several at a time, since they wait for servers and clocks far more than they compute.
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::scratch::Folder;
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
/// gives it and `within` that time. What one prints is shown when it ends.
///
/// # Errors
/// The names of those that failed, or that there is none.
pub(crate) fn test(programs: Vec<Program>, within: Duration, lend: impl Fn(&mut Command) + Sync) -> Done {
    let mut tests: Vec<_> = programs.into_iter().filter(|program| program.is_test).collect();
    if tests.is_empty() {
        return Err("cargo names no test program".into());
    }
    tests.sort_by_key(|test| test.name != LONGEST);
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let work = || {
        while let Some(Program { path, name, folder, .. }) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
            let start = Instant::now();
            let mut command = Command::new(path);
            command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder).env("RUST_TEST_THREADS", THREADS);
            lend(&mut command);
            let ended = printed(&mut command, within);
            // Held while it prints, so that no two programs mix their lines.
            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
            println!("-- {name}: {} s", start.elapsed().as_secs());
            match ended {
                Ok((printed, how)) => {
                    print!("{printed}");
                    failed.extend(how.err().map(|how| format!("{name} ({how})")));
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

/// What `command` printed, and why it failed. One that takes longer than
/// `within` is killed; libtest has named the test that hangs by then.
///
/// It prints to a file, since a server that it left behind would keep a pipe open.
fn printed(command: &mut Command, within: Duration) -> io::Result<(String, Result<(), String>)> {
    let folder = Folder::new();
    let path = folder.join("printed");
    let file = File::create(&path)?;
    let mut child = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn()?;
    let start = Instant::now();
    let how = loop {
        if let Some(status) = child.try_wait()? {
            break if status.success() { Ok(()) } else { Err(status.to_string()) };
        }
        if start.elapsed() > within {
            child.kill()?;
            child.wait()?;
            break Err(format!("killed after {} s", within.as_secs()));
        }
        thread::sleep(Duration::from_millis(20));
    };
    Ok((String::from_utf8_lossy(&fs::read(&path)?).into_owned(), how))
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
        let within = Duration::from_secs(60);
        assert_eq!(test(vec![program("true", true), program("false", false)], within, |_| {}), Ok(()));
        let failed = test(vec![program("false", true), program("true", true)], within, |_| {});
        assert_eq!(failed, Err("false (exit status: 1)".to_owned()));
        assert!(test(vec![program("true", false)], within, |_| {}).is_err());
    }

    #[test]
    fn a_program_that_hangs_is_killed_and_what_it_printed_is_kept() {
        // The sleep that the shell leaves behind has its output open.
        let mut command = Command::new("sh");
        command.args(["-c", "echo said; echo wrong >&2; sleep 60 & echo $!; wait"]);
        let (printed, how) = printed(&mut command, Duration::from_secs(1)).expect("a shell");
        assert_eq!(how, Err("killed after 1 s".to_owned()));
        let sleeps = printed.strip_prefix("said\nwrong\n").expect("what it printed").trim_end();
        assert!(Command::new("kill").arg(sleeps).status().expect("kill").success(), "{sleeps} is there");
    }
}
