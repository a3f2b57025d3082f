//! `cargo xtask test`: everything that must hold before a change goes in.
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    Done, man, packages,
    peers::{self, Peers},
    programs, root,
    run::{cargo, find, output, run as see},
};

/// Runs every check, also after one failed, and says which did.
///
/// The long comparisons run whole with `--long`, a tenth of them where a change
/// is checked, and else a sample; the tests read that share from PLAINNET_LONG.
pub(crate) fn run(words: &[String]) -> Done {
    let long = match words {
        [] if env::var("CI").is_ok_and(|v| v == "true") => Some("0.1"),
        [] => None,
        [word] if word == "--long" => Some("1"),
        _ => return Err("test [--long]".into()),
    };
    let start = Instant::now();
    let mut report = Report { peers: None, long, failed: Vec::new(), skipped: Vec::new() };
    report.peers();
    report.cargo("format", "rustfmt", &["fmt", "--all", "--check"]);
    report.cargo("lints", "cargo-clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    report.tests();
    report.step("documentation", |_| {
        see(cargo(["doc", "--workspace", "--exclude", "xtask", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    });
    report.packages();
    report.step("manuals fresh", |_| man::run(&["--check".into()]));
    report.pages("mandoc", &["-Tlint", "-Wall"]);
    report.pages("groff", &["-man", "-ww", "-z"]);
    report.end(start)
}

struct Report {
    peers: Option<Peers>,
    /// The share of the long comparisons that runs; None for a sample.
    long: Option<&'static str>,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Report {
    /// Where apt is missing, tests skip what they would compare with, but never
    /// unseen: a Debian that checks a change must have it.
    fn peers(&mut self) {
        println!("== peers");
        match peers::fetch(self.is_whole()) {
            Ok(peers) => self.peers = Some(peers),
            Err(why) if must() => self.fail("peers", &why),
            Err(why) => self.skip("peers", &why),
        }
    }

    fn cargo(&mut self, name: &str, needs: &str, args: &[&str]) {
        match find(needs) {
            None => self.without(name, needs),
            Some(_) => self.step(name, |_| see(&mut cargo(args))),
        }
    }

    /// Runs the tests of the whole workspace.
    fn tests(&mut self) {
        self.step("tests", |report| {
            let lend = |command: &mut Command| {
                if let Some(peers) = &report.peers {
                    peers.lend(command);
                }
                if let Some(share) = report.long {
                    command.env("PLAINNET_LONG", share);
                }
            };
            let mut build = cargo(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]);
            let built = output(build.stderr(Stdio::inherit()))?;
            programs::test(programs::built(&built), report.within(), |command| {
                lend(command);
                // What takes minutes or needs large programs is ignored else.
                if report.is_whole() {
                    command.arg("--include-ignored");
                }
            })?;
            let mut examples = cargo(["test", "--quiet", "--workspace", "--doc"]);
            lend(&mut examples);
            see(&mut examples)
        });
    }

    /// How long a test program may run. The longest takes 4 minutes beside two busy loops.
    fn within(&self) -> Duration {
        Duration::from_secs(if self.is_whole() { 7200 } else { 1200 })
    }

    /// Whether this is the long run.
    fn is_whole(&self) -> bool {
        self.long == Some("1")
    }

    /// Each tool builds from its own package, with nothing from beside it.
    /// Before 1.90 cargo can't, as long as plainnet-common is not published.
    fn packages(&mut self) {
        let version = output(&mut cargo(["--version"])).unwrap_or_default();
        let minor = version.strip_prefix("cargo 1.").and_then(|v| v.split('.').next()?.parse().ok());
        if minor.is_some_and(|m: u32| m < 90) {
            return self.skip("packages", version.trim_end());
        }
        self.step("packages", |_| packages::run(&[]));
    }

    /// A reader of manual pages complains about none of them.
    fn pages(&mut self, program: &str, args: &[&str]) {
        let fetched = self.peers.as_ref().map(|p| p.bin.join(program)).filter(|p| p.exists());
        let Some(path) = fetched.or_else(|| find(program)) else {
            return self.without(program, program);
        };
        self.step(program, |_| {
            let folder = root().join("man");
            let read = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            let mut pages: Vec<_> = read.filter_map(|e| Some(e.ok()?.path())).collect();
            pages.sort();
            // Complaints go to standard output or error, and groff's status doesn't tell.
            let mut command = Command::new("sh");
            command.args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(&path).args(args).args(&pages);
            match output(command.stdin(Stdio::null())) {
                Ok(said) if said.is_empty() => Ok(()),
                Ok(said) | Err(said) => Err(said),
            }
        });
    }

    fn without(&mut self, name: &str, missing: &str) {
        let why = format!("{missing} is missing");
        if must() { self.fail(name, &why) } else { self.skip(name, &why) }
    }

    fn step(&mut self, name: &str, check: impl FnOnce(&Report) -> Done) {
        println!("== {name}");
        let start = Instant::now();
        if let Err(why) = check(self) {
            self.fail(name, &why);
        }
        println!("-- {name}: {} s", start.elapsed().as_secs());
    }

    fn fail(&mut self, name: &str, why: &str) {
        println!("{name} failed: {why}");
        self.failed.push(name.to_owned());
    }

    fn skip(&mut self, name: &str, why: &str) {
        println!("{name} skipped: {why}");
        self.skipped.push(name.to_owned());
    }

    fn end(self, start: Instant) -> Done {
        println!("== {} s", start.elapsed().as_secs());
        if !self.skipped.is_empty() {
            println!("skipped: {}", self.skipped.join(", "));
        }
        if self.failed.is_empty() {
            println!("all checks passed");
            return Ok(());
        }
        Err(format!("failed: {}", self.failed.join(", ")))
    }
}

/// On a Debian that checks a change, a missing program is a failure.
fn must() -> bool {
    env::var("CI").is_ok_and(|v| v == "true") && Path::new("/etc/debian_version").exists()
}
