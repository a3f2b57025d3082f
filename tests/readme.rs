//! Every console block of every page gives what it shows, with the lab beside it.
//!
//! A block is what a person types and sees: a line after `$ ` is a command, the
//! lines up to the next one are its output and complaints, and `...` stands for
//! any further lines. `echo $?` shows the status of the command before it. A
//! command that ends in ` &` is a server; its first line is waited for, and what
//! it says later stands behind a comment line of its own kind.
use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use plainnet_lab::{
    private::{self, Net},
    scratch::Folder,
    tool::{command, find},
    world::World,
};

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the workspace").to_owned()
}

/// README.md, and the page of each crate.
fn pages() -> Vec<PathBuf> {
    let crates = fs::read_dir(root().join("crates")).expect("crates/");
    let mut pages: Vec<_> = crates.map(|entry| entry.expect("an entry").path().join("README.md")).collect();
    pages.retain(|page| page.exists());
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

/// A command and the lines that are printed below it.
#[derive(Debug, PartialEq)]
struct Step {
    line: usize,
    command: String,
    shown: Vec<String>,
}

/// The commands of every block that is marked as `console`.
fn steps(text: &str) -> Vec<Vec<Step>> {
    let mut blocks = Vec::new();
    let mut block: Option<Vec<Step>> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut block, line.trim_end()) {
            (None, "```console") => block = Some(Vec::new()),
            (None, _) => {}
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(steps), line) => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { line: number + 1, command: command.into(), shown: Vec::new() });
                }
                // A command goes on after a backslash.
                (None, Some(step)) if step.command.ends_with('\\') && step.shown.is_empty() => {
                    step.command.push('\n');
                    step.command.push_str(line.trim_start_matches("> "));
                }
                (None, Some(step)) => step.shown.push(line.into()),
                (None, None) => panic!("line {}: a block begins with a command", number + 1),
            },
        }
    }
    blocks
}

/// True if `seen` is what the page shows; a line `...` stands for any lines.
fn agrees(seen: &[&str], shown: &[String]) -> bool {
    match shown.iter().position(|line| line == "...") {
        None => seen == shown,
        Some(gap) => {
            let (before, after) = (&shown[..gap], &shown[gap + 1..]);
            seen.len() >= before.len()
                && seen[..before.len()] == *before
                && (0..=seen.len() - before.len()).any(|skip| agrees(&seen[before.len() + skip..], after))
        }
    }
}

/// Runs one block's commands in one folder.
struct Session<'a> {
    folder: &'a Path,
    path: &'a OsStr,
    status: i32,
    servers: Vec<Child>,
}

impl Session<'_> {
    fn run(&mut self, step: &Step) -> Result<(), String> {
        if let Some(command) = step.command.strip_suffix(" &") {
            return self.serve(command, step);
        }
        let text = if step.command == "echo $?" { format!("{}\n", self.status) } else { self.output(&step.command) };
        let seen: Vec<&str> = text.lines().collect();
        if agrees(&seen, &step.shown) {
            return Ok(());
        }
        Err(format!(
            "line {}: $ {}\n{text}--- the page shows ---\n{}\n",
            step.line,
            step.command,
            step.shown.join("\n")
        ))
    }

    /// Output and complaints in the order in which they come, as on a terminal.
    fn output(&mut self, command: &str) -> String {
        let mut bash = self.shell(&format!("exec 2>&1\n{command}"));
        let seen = bash.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("bash: {e}"));
        self.status = seen.status.code().unwrap_or(-1);
        String::from_utf8_lossy(&seen.stdout).into_owned()
    }

    fn serve(&mut self, command: &str, step: &Step) -> Result<(), String> {
        let mut child = self.shell(&format!("exec {command}")).stdout(Stdio::piped()).spawn().expect("bash starts");
        let mut first = String::new();
        let stdout = child.stdout.take().expect("piped");
        let _ = BufReader::new(stdout).read_line(&mut first);
        self.servers.push(child);
        let shown = step.shown.first().map_or("", String::as_str);
        if first.trim_end() == shown { Ok(()) } else { Err(format!("line {}: {first:?}, not {shown:?}", step.line)) }
    }

    fn shell(&self, script: &str) -> Command {
        let mut bash = command("bash");
        bash.args(["-c", script]).current_dir(self.folder).env("PATH", self.path);
        bash.env_remove("XDG_CACHE_HOME").env_remove("XDG_DATA_HOME").env("HOME", self.folder);
        bash
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

#[test]
fn every_console_block_gives_what_it_shows() {
    // The ports are those that the pages name, so the network is our own.
    let test = "every_console_block_gives_what_it_shows";
    private::within(test, private::LOCALHOST, |net| {
        if net == Net::Shared {
            return;
        }
        let folder = Folder::new();
        let _world = World::start(&folder.join("target/lab"), true).expect("the lab starts");
        let bin = find("getserv").parent().expect("a file has a folder").to_owned();
        let old = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([bin].into_iter().chain(env::split_paths(&old))).expect("a path");
        let (mut wrong, mut count) = (Vec::new(), 0);
        for page in pages() {
            let text = fs::read_to_string(&page).expect("a page");
            for block in steps(&text) {
                let mut session = Session { folder: &folder, path: &path, status: 0, servers: Vec::new() };
                count += block.len();
                let failed = block.iter().filter_map(|step| session.run(step).err());
                wrong.extend(failed.map(|why| format!("{}: {why}", page.display())));
            }
        }
        assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(count > 0, "no page has a console block");
    });
}

#[test]
fn blocks_are_read_as_a_person_reads_them() {
    let text = "x\n```console\n$ a \\\n> b\none\n...\n$ c\n```\n```\n$ no\n```\n";
    let blocks = steps(text);
    assert_eq!(blocks.len(), 1);
    assert_eq!((blocks[0][0].command.as_str(), blocks[0][0].line), ("a \\\nb", 3));
    assert_eq!(blocks[0][0].shown, ["one", "..."]);
    assert_eq!(blocks[0][1].command, "c");
    let shown = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    assert!(agrees(&["a", "b", "c"], &shown(&["a", "...", "c"])) && agrees(&["a"], &shown(&["a", "..."])));
    assert!(!agrees(&["a", "b"], &shown(&["a"])) && !agrees(&["a", "b"], &shown(&["...", "a"])));
    assert!(!agrees(&[], &shown(&["a"])));
}

/// A package is all that someone has who installs a tool by its name.
#[test]
fn every_package_has_its_papers() {
    for entry in fs::read_dir(root().join("crates")).expect("crates/") {
        let folder = entry.expect("an entry").path();
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        assert!(read("LICENSE-MIT").contains("MIT") && read("LICENSE-APACHE").contains("Apache License"));
        let manifest = read("Cargo.toml");
        assert!(manifest.contains("\nkeywords = [") && manifest.contains("\ndescription = "), "{}", folder.display());
        let page = read("README.md");
        // The profile stands at the workspace's root, which no package reaches.
        let is_library = !folder.join("src/main.rs").exists();
        assert!(is_library || page.contains("CARGO_PROFILE_RELEASE_LTO=true"), "{}", folder.display());
    }
    let front = fs::read_to_string(root().join("README.md")).expect("README.md");
    assert!(front.lines().count() <= 250, "the front page is too long");
}
