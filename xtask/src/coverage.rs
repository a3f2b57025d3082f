//! `cargo xtask coverage`: how much of each file the tests run.
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Error,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Done, peers,
    programs::built,
    root,
    run::{cargo, find, output, run as see, target, write},
};

/// The least share of lines that the tests of the shared crate run, in percent.
const COMMON: f64 = 97.0;

/// The least share of a tool.
const TOOL: f64 = 92.0;

/// The first LLVM that reads what rustc writes since 1.83.
const OLDEST_LLVM: u32 = 19;

/// What xtask reads from the environment to know that cargo calls it in place of rustc.
const COUNTING: &str = "PLAINNET_COUNTING";

/// The file that lists what was built, beside the counters.
const PROGRAMS: &str = "programs";

/// Lines of a file or a crate.
#[derive(Clone, Copy, Default)]
struct Lines {
    all: usize,
    covered: usize,
}

impl Lines {
    fn percent(self) -> f64 {
        if self.all == 0 { 100.0 } else { 100.0 * self.covered as f64 / self.all as f64 }
    }
}

/// Runs the tests of the workspace with the compiler's counters, and prints each
/// file and each crate. `--lines` also prints which lines no test runs;
/// `--again` reads the counters of the last run; other words go to cargo test.
pub(crate) fn run(words: &[String]) -> Done {
    let has = |option: &str| words.iter().any(|w| w == option);
    let llvm = Llvm::find()?;
    let home = target().join("coverage");
    let counters = home.join("counters");
    if !has("--again") {
        let rest: Vec<_> = words.iter().filter(|w| *w != "--lines").collect();
        test(&home, &counters, &rest)?;
    }
    let counts = llvm.counts(&home, &counters)?;
    let low = report(&counts, has("--lines"))?;
    if low.is_empty() { Ok(()) } else { Err(format!("too little is tested: {}", low.join(", "))) }
}

/// Runs the tests. Some fail because of the counters alone, above all those
/// that give a tool little memory or watch its system calls. `cargo xtask test`
/// is there to judge them, and a test that ends early makes the figures worse
/// and never better.
fn test(home: &Path, counters: &Path, words: &[&String]) -> Done {
    let _ = fs::remove_dir_all(counters);
    let me = env::current_exe().unwrap_or_default();
    let build = |subcommand: &str| {
        let mut command = cargo([subcommand, "--workspace", "--exclude", "xtask"]);
        command.env("RUSTC_WORKSPACE_WRAPPER", &me).env(COUNTING, "1").env("CARGO_TARGET_DIR", home);
        command.env("LLVM_PROFILE_FILE", counters.join("%m%c.profraw"));
        command
    };
    let mut tests = build("test");
    tests.arg("--no-fail-fast").args(words);
    if env::var_os("PLAINNET_PEERS").is_none() {
        match peers::fetch(false) {
            Ok(peers) => peers.lend(&mut tests),
            Err(why) => println!("{why}"),
        }
    }
    if let Err(why) = see(&mut build("build")).and_then(|()| see(&mut tests)) {
        println!("{why}: what it did run is counted");
    }
    let listed = ["build", "test"].map(|subcommand| {
        let mut command = build(subcommand);
        command.arg("--message-format=json").args((subcommand == "test").then_some("--no-run"));
        output(&mut command).map(|messages| built(&messages))
    });
    for stray in strays() {
        // A tool that a test started without an environment wrote where it stood.
        if let Some(name) = stray.file_name() {
            let _ = fs::rename(&stray, counters.join(name));
        }
    }
    let [tools, tests] = listed;
    let lines = tools?.into_iter().chain(tests?).map(|program| format!("{}\n", program.path.display()));
    write(&home.join(PROGRAMS), lines.collect::<String>())
}

/// Compiles a crate in cargo's name, with counters if it is one of the tools or
/// what they share; None where it is not cargo that called. No shell does this,
/// since some lose the variable CARGO_BIN_EXE_upper-echod, which is no name to them.
///
/// The counters lie in a file that is mapped while the program runs (`%c`), so
/// that they outlive a signal, and need no file at the end, when the server may open none.
pub(crate) fn rustc_for_cargo(words: &[String]) -> Option<Error> {
    env::var_os(COUNTING)?;
    let (program, rest) = words.split_first().filter(|(program, _)| Path::new(program).ends_with("rustc"))?;
    let mut command = Command::new(program);
    command.args(rest);
    if env::var_os("CARGO_MANIFEST_DIR").is_some_and(|folder| Path::new(&folder).starts_with(root().join("crates"))) {
        command.args(["-C", "instrument-coverage", "-C", "llvm-args=-runtime-counter-relocation"]);
    }
    Some(command.exec())
}

/// Where LLVM's readers are.
struct Llvm {
    profdata: PathBuf,
    cov: PathBuf,
}

impl Llvm {
    /// Those of `rustup component add llvm-tools`, else installed ones, else Debian's, unpacked below target.
    fn find() -> Result<Llvm, String> {
        let both = |name: &dyn Fn(&str) -> Option<PathBuf>| {
            Some(Llvm { profdata: name("llvm-profdata")?, cov: name("llvm-cov")? })
        };
        let said = output(&mut rustc(&["--version", "--verbose"]))?;
        let host = said.lines().find_map(|l| l.strip_prefix("host: ")).unwrap_or_default();
        let sysroot = PathBuf::from(output(&mut rustc(&["--print", "sysroot"]))?.trim_end());
        let own = sysroot.join("lib/rustlib").join(host).join("bin");
        let newest = said
            .lines()
            .find_map(|l| l.strip_prefix("LLVM version: ")?.split('.').next()?.parse().ok())
            .unwrap_or(OLDEST_LLVM);
        let named = (OLDEST_LLVM..=newest).rev().find_map(|v| both(&|name| find(&format!("{name}-{v}"))));
        let installed = named.or_else(|| both(&|name| find(name).filter(|p| version(p) >= Some(OLDEST_LLVM))));
        if let Some(llvm) = both(&|name| Some(own.join(name)).filter(|p| p.exists())).or(installed) {
            return Ok(llvm);
        }
        let package = format!("llvm-{OLDEST_LLVM}");
        println!("LLVM's tools are missing (rustup component add llvm-tools); fetching Debian's {package}");
        let bin = peers::unpacked("llvm", &[package])?;
        let debians = |name: &str| Some(bin.join(format!("{name}-{OLDEST_LLVM}"))).filter(|p| p.exists());
        both(&debians).ok_or_else(|| "LLVM's tools are missing: rustup component add llvm-tools".into())
    }

    /// How often each line of each file ran, by all programs that cargo built in `home`.
    fn counts(&self, home: &Path, counters: &Path) -> Result<BTreeMap<PathBuf, BTreeMap<usize, u64>>, String> {
        let merged = home.join("merged.profdata");
        see(Command::new(&self.profdata)
            .args(["merge", "-sparse", "--failure-mode=all", "-o"])
            .arg(&merged)
            .arg(counters))?;
        let mut command = Command::new(&self.cov);
        command.args(["export", "--format=lcov", "--skip-functions", "--skip-branches", "--instr-profile"]).arg(merged);
        let list = home.join(PROGRAMS);
        let programs = fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
        for program in programs.lines() {
            command.arg("--object").arg(program);
        }
        let mut counts: BTreeMap<PathBuf, BTreeMap<usize, u64>> = BTreeMap::new();
        let mut file = PathBuf::new();
        for line in output(&mut command)?.lines() {
            if let Some(path) = line.strip_prefix("SF:") {
                file = PathBuf::from(path);
            } else if let Some((number, count)) = line.strip_prefix("DA:").and_then(|l| l.split_once(',')) {
                let (Ok(number), Ok(count)) = (number.parse(), count.parse::<u64>()) else { continue };
                *counts.entry(file.clone()).or_default().entry(number).or_default() += count;
            }
        }
        Ok(counts)
    }
}

/// The first number of the version of one of LLVM's programs.
fn version(program: &Path) -> Option<u32> {
    let said = output(Command::new(program).arg("--version")).ok()?;
    said.split_once("version ")?.1.split('.').next()?.parse().ok()
}

fn rustc(args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(args).current_dir(root());
    command
}

/// Counters in the folders where tests stand.
fn strays() -> Vec<PathBuf> {
    let crates = fs::read_dir(root().join("crates")).into_iter().flatten().flatten().map(|entry| entry.path());
    let folders = crates.chain([root().to_owned(), root().join("tests")]);
    let files = folders.flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    files.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "profraw")).collect()
}

/// Prints the shares, and gives back the crates that have too little.
fn report(counts: &BTreeMap<PathBuf, BTreeMap<usize, u64>>, each_line: bool) -> Result<Vec<String>, String> {
    let folder = root().join("crates");
    let mut crates: BTreeMap<String, Lines> = BTreeMap::new();
    for (path, counts) in counts {
        let Ok(inner) = path.strip_prefix(&folder) else { continue };
        let mut parts = inner.components().map(|c| c.as_os_str().to_string_lossy().into_owned());
        let (Some(owner), Some("src")) = (parts.next(), parts.next().as_deref()) else { continue };
        if is_test(path)? {
            continue;
        }
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let tests = test_lines(&text);
        let counts: Vec<_> = counts.iter().filter(|(number, _)| !tests.contains(number)).collect();
        let missed: Vec<usize> = counts.iter().filter(|(_, count)| **count == 0).map(|(number, _)| **number).collect();
        let lines = Lines { all: counts.len(), covered: counts.len() - missed.len() };
        println!("{:6.1} % of {:5}  {}", lines.percent(), lines.all, inner.display());
        if each_line && !missed.is_empty() {
            println!("    {}", ranges(&missed));
        }
        let sum = crates.entry(owner).or_default();
        sum.all += lines.all;
        sum.covered += lines.covered;
    }
    let mut low = Vec::new();
    for (name, lines) in crates {
        let least = if name == "common" { COMMON } else { TOOL };
        println!("{:6.1} % of {:5}  {name} (at least {least})", lines.percent(), lines.all);
        if lines.percent() < least {
            low.push(name);
        }
    }
    Ok(low)
}

/// Whether `path` is a module of tests alone: the file or one of the folders
/// above it is declared under `#[cfg(test)]`.
fn is_test(path: &Path) -> Result<bool, String> {
    let mut module = path.with_extension("");
    while let (Some(folder), Some(name)) = (module.parent().map(Path::to_owned), module.file_name()) {
        if folder.ends_with("crates") || module.ends_with("src") {
            return Ok(false);
        }
        let name = name.to_string_lossy().into_owned();
        for parent in ["mod.rs", "lib.rs"].map(|p| folder.join(p)).into_iter().chain([folder.with_extension("rs")]) {
            let Ok(text) = fs::read_to_string(&parent) else { continue };
            if test_modules(&text).contains(name.as_str()) {
                return Ok(true);
            }
        }
        module = folder;
    }
    Err(format!("{}: not below crates", path.display()))
}

/// The attributes under which something is compiled for tests alone.
fn is_for_tests(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test,")
}

/// The modules that `text` declares, in files of their own, for tests alone.
fn test_modules(text: &str) -> BTreeSet<&str> {
    let pairs = text.lines().zip(text.lines().skip(1));
    let declared = pairs.filter(|(attribute, _)| is_for_tests(attribute)).filter_map(|(_, item)| {
        let item = item.trim_start();
        item.strip_prefix("pub(crate) ").unwrap_or(item).strip_prefix("mod ")?.strip_suffix(';')
    });
    declared.collect()
}

/// The numbers of the lines of `text` that are compiled for tests alone. An
/// item begins at its attribute and ends where a line of the same indentation
/// closes it.
fn test_lines(text: &str) -> BTreeSet<usize> {
    let mut numbers = BTreeSet::new();
    let mut end: Option<String> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if end.is_none() && is_for_tests(line) {
            let indent = &line[..line.len() - line.trim_start().len()];
            end = Some(indent.to_owned());
            numbers.insert(number);
            continue;
        }
        let Some(indent) = &end else { continue };
        numbers.insert(number);
        let inner = line.strip_prefix(indent.as_str()).unwrap_or(line);
        let closes = inner.starts_with(['}', ')', ']']);
        let is_whole = !inner.starts_with([' ', '#', '/']) && inner.ends_with([';', ',']);
        if closes || is_whole {
            end = None;
        }
    }
    numbers
}

/// `1-3 7` for 1, 2, 3 and 7.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    });
    runs.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_for_tests_is_not_counted() {
        let text = "fn a() {}\n#[cfg(test)]\nmod engine_tests;\nfn b() {\n    c();\n}\n\
                    #[cfg(test)]\nmod tests {\n    fn c() {\n    }\n}\nfn d() {}\n";
        assert_eq!(test_lines(text).into_iter().collect::<Vec<_>>(), [2, 3, 7, 8, 9, 10, 11]);
        assert_eq!(test_modules(text).into_iter().collect::<Vec<_>>(), ["engine_tests"]);
        let inner =
            "    #[cfg(test)]\n    pub(super) fn of(\n        a: u8,\n    ) -> u8 {\n        a\n    }\n    fn b() {}\n";
        assert!(test_lines(inner).contains(&1) && !test_lines(inner).contains(&7));
    }

    #[test]
    fn lines_are_shown_as_ranges() {
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1-3 7 9-10");
    }
}
