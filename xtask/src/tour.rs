//! `cargo xtask tour`: one connection from end to end, a command for each step,
//! each answer checked.
use std::{
    env, fs,
    io::{self, Read as _},
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::{
    Done,
    run::{cargo, run as see, target},
    tools::TOOLS,
};

mod lab;
mod story;

use lab::Lab;

/// Width of the text.
const WIDTH: usize = 88;

/// Builds the tools, starts the lab and tells the story.
pub(crate) fn run(words: &[String]) -> Done {
    let live = match words {
        [] => false,
        [word] if word == "--live" => true,
        _ => return Err("tour [--live]".into()),
    };
    let mut build = cargo(["build", "--quiet", "--bins"]);
    for tool in TOOLS {
        build.args(["--package", tool.name]);
    }
    println!("Building the tools, which takes a minute the first time.");
    see(&mut build)?;
    let mut tour = Tour { bin: target().join("debug"), lab: Lab::start()?, live, chapters: 0, wrong: Vec::new() };
    story::tell(&mut tour);
    tour.end()
}

/// A tour under way.
struct Tour {
    bin: PathBuf,
    lab: Lab,
    live: bool,
    chapters: usize,
    /// What was not answered as it should be.
    wrong: Vec<String>,
}

impl Tour {
    /// A heading and what it is about.
    fn chapter(&mut self, title: &str, words: &str) {
        self.chapters += 1;
        let head = format!("== {}. {title} ", self.chapters);
        println!("\n{head:=<WIDTH$}");
        self.say(words);
    }

    /// A sentence or two of ours.
    fn say(&self, words: &str) {
        if !words.is_empty() {
            println!("\n{}", folded(words));
        }
    }

    /// A command that succeeds and prints each of `wants`, in this order.
    fn ask(&mut self, words: &str, line: &str, wants: &[&str]) {
        self.ask_for(0, words, line, wants);
    }

    /// A command that ends with `status`.
    fn ask_for(&mut self, status: i32, words: &str, line: &str, wants: &[&str]) {
        self.say(words);
        let line = self.lab.fill(line);
        println!("\n$ {line}");
        let (end, text) = self.sh(&line);
        print!("{text}");
        let wants: Vec<_> = wants.iter().map(|w| self.lab.fill(w)).collect();
        self.check(&line, end == status, &format!("status {end}, not {status}"));
        let mut rest = text.as_str();
        for want in &wants {
            match rest.find(want.as_str()) {
                Some(at) => rest = &rest[at + want.len()..],
                None => self.check(&line, false, &format!("no {want:?} in the answer, or not in its place")),
            }
        }
    }

    /// A command about the world outside. The lab answers it, at the places
    /// `{dns}`, `{root}` and `{whois}`; with --live those words go, and what the
    /// world answers is its own affair.
    fn world(&mut self, words: &str, line: &str, wants: &[&str]) {
        if !self.live {
            return self.ask(words, line, wants);
        }
        let line = ["{dns} ", "{root} ", "{whois} "].iter().fold(line.to_owned(), |l, place| l.replace(place, ""));
        self.ask(words, &line, &[]);
    }

    /// Runs `line` as a person would type it, and reads its output and
    /// complaints as they would stand on a terminal.
    fn sh(&self, line: &str) -> (i32, String) {
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([self.bin.clone()].into_iter().chain(env::split_paths(&path))).unwrap_or(path);
        let seen = io::pipe().and_then(|(mut from, to)| {
            let mut sh = Command::new("sh");
            sh.args(["-c", line]).current_dir(&self.lab.folder).env("PATH", path).stdin(Stdio::null());
            let mut child = sh.stdout(to.try_clone()?).stderr(to).spawn()?;
            // The writing ends that `sh` holds would keep the pipe open.
            drop(sh);
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes)?;
            let status = child.wait()?;
            Ok((status.code().unwrap_or(-1), String::from_utf8_lossy(&bytes).into_owned()))
        });
        seen.unwrap_or_else(|e| (-1, format!("sh: {e}\n")))
    }

    fn check(&mut self, line: &str, right: bool, why: &str) {
        if !right {
            println!("NOT AS IT SHOULD BE: {why}");
            self.wrong.push(format!("{line}: {why}"));
        }
    }

    /// The last words.
    fn end(self) -> Done {
        if self.wrong.is_empty() {
            return Ok(());
        }
        Err(format!("{} steps went wrong:\n  {}", self.wrong.len(), self.wrong.join("\n  ")))
    }
}

/// `words` in lines of at most [`WIDTH`].
fn folded(words: &str) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for word in words.split_whitespace() {
        let len = word.chars().count();
        if width > 0 && width + 1 + len > WIDTH {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += len;
    }
    out
}

/// A folder for this run's files.
fn scratch() -> Result<PathBuf, String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = env::temp_dir().join(format!("plainnet-tour-{}-{n}", std::process::id()));
    fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(folder)
}
