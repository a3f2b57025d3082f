//! Chores of the workspace: `cargo xtask NAME`.
use std::{env, path::Path, process::ExitCode};

mod bench;
mod coverage;
mod deb;
mod dist;
mod fetched;
mod fuzz;
mod install;
mod lab;
mod licences;
mod man;
mod mutants;
mod packages;
mod peers;
mod programs;
mod registries;
mod release;
mod run;
mod test;
mod tools;
mod tour;

/// A chore fails with a line that says why.
type Done = Result<(), String>;

/// Name, what it does, the function.
type Chore = (&'static str, &'static str, fn(&[String]) -> Done);

const CHORES: &[Chore] = &[
    ("tour", "walk one connection from end to end: tour [--live] [--step] [--html FILE] [CHAPTER]...", tour::run),
    ("pictures", "draw the README's pictures from real runs", tour::draw),
    ("lab", "serve the README's names and registries on loopback until Ctrl-C", lab::run),
    ("test", "check everything: format, lints, tests, manuals, completions: test [--long]", test::run),
    ("install", "build and install all tools, manuals, completions: install [--prefix DIR]", install::run),
    ("uninstall", "remove what install has put there: uninstall [--prefix DIR]", install::uninstall),
    ("dist", "pack a tarball and Debian packages under target/dist", dist::run),
    ("man", "write man/TOOL.1 from the tables, or compare them: man [--check]", man::run),
    ("packages", "build each package from what it holds, as those who install it do", packages::run),
    ("peers", "fetch the programs that tests compare with, and name their folder: peers [--long]", peers::run),
    ("registries", "rebuild the embedded tables: registries common|TOOL FILE...", registries::run),
    ("mutants", "plant small faults and see which no test notices: mutants [CRATE] [K/N]", mutants::run),
    (
        "coverage",
        "how much of each file the tests run: coverage [--lines] [--again] [ARGUMENT OF TEST]...",
        coverage::run,
    ),
    ("fuzz", "run every fuzz target: fuzz [MINUTES]", fuzz::run),
    ("bench", "measure a tool against its peers: bench TOOL [--markdown]", bench::run),
];

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    if let Some(why) = coverage::rustc_for_cargo(&words) {
        eprintln!("xtask: {}: {why}", words[0]);
        return ExitCode::FAILURE;
    }
    let chore = words.first().and_then(|name| CHORES.iter().find(|c| c.0 == name));
    let Some((name, _, run)) = chore else {
        eprintln!("usage: cargo xtask NAME");
        for (name, text, _) in CHORES {
            eprintln!("  {name:12} {text}");
        }
        return 2.into();
    };
    match run(&words[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask {name}: {why}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask stands in the workspace")
}
