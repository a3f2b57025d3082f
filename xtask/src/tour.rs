//! `cargo xtask tour`: one connection from end to end, a command for each step,
//! each answer checked. On a terminal, or as one page of HTML.
use std::{
    env,
    io::{self, BufRead as _, Read as _},
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    Done,
    run::{cargo, find, run as see, target, write},
    tools::TOOLS,
};

mod lab;
mod page;
mod pictures;
mod story;

use lab::Lab;
use page::Page;

pub(crate) use pictures::run as draw;

/// Width of the text.
const WIDTH: usize = 80;

const USAGE: &str = "tour [--live] [--step] [--html FILE] [CHAPTER]...";

/// Builds the tools, starts the lab and tells the story.
pub(crate) fn run(words: &[String]) -> Done {
    let (mut live, mut step, mut html, mut chapters) = (false, false, None, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--live" => live = true,
            "--step" => step = true,
            "--html" => html = Some(PathBuf::from(words.next().ok_or(USAGE)?)),
            number => {
                let number = number.parse().ok().filter(|n| (1..=story::CHAPTERS.len()).contains(n));
                let list = || story::CHAPTERS.iter().enumerate().map(|(i, c)| format!("\n  {} {}", i + 1, c.0));
                chapters.push(number.ok_or_else(|| format!("{USAGE}{}", list().collect::<String>()))?);
            }
        }
    }
    build()?;
    let mut tour = Tour { step, page: html.as_ref().map(|_| Page::new()), live, ..Tour::new()? };
    for (at, (title, tell)) in story::CHAPTERS.iter().enumerate() {
        if chapters.is_empty() || chapters.contains(&(at + 1)) {
            tour.chapter(at + 1, title);
            tell(&mut tour);
        }
    }
    if let (Some(path), Some(page)) = (html, tour.page.take()) {
        write(&path, page.text())?;
        println!("{}", path.display());
    } else if tour.wrong.is_empty() {
        println!("\nTo have the six with their manuals and completions: cargo xtask install");
    }
    tour.end()
}

/// Builds the tools for [`Tour::new`].
fn build() -> Done {
    let mut build = cargo(["build", "--quiet", "--bins"]);
    for tool in TOOLS {
        build.args(["--package", tool.name]);
    }
    println!("Building the tools, which takes a minute the first time.");
    see(&mut build)
}

/// A tour under way.
struct Tour {
    bin: PathBuf,
    lab: Lab,
    live: bool,
    /// Wait for Enter after each command.
    step: bool,
    /// Where everything goes instead of the terminal.
    page: Option<Page>,
    /// What was not answered as it should be.
    wrong: Vec<String>,
}

impl Tour {
    fn new() -> Result<Tour, String> {
        let (bin, lab) = (target().join("debug"), Lab::start()?);
        Ok(Tour { bin, lab, live: false, step: false, page: None, wrong: Vec::new() })
    }

    /// A heading.
    fn chapter(&mut self, number: usize, title: &str) {
        match &mut self.page {
            Some(page) => page.chapter(number, title),
            None => println!("\n{:=<WIDTH$}", format!("== {number}. {title} ")),
        }
    }

    /// A sentence or two of ours.
    fn say(&mut self, words: &str) {
        match &mut self.page {
            _ if words.is_empty() => {}
            Some(page) => page.say(words),
            None => println!("\n{}", folded(words)),
        }
    }

    /// Words and what they mean.
    fn list(&mut self, rows: &[(&str, &str)]) {
        match &mut self.page {
            Some(page) => page.list(rows),
            None => {
                println!();
                for (word, meaning) in rows {
                    println!("  {word:<11} {}", folded_at(meaning, WIDTH - 14).replace('\n', "\n              "));
                }
            }
        }
    }

    /// A picture, for the page alone.
    fn picture(&mut self, caption: &str, draw: impl FnOnce(&Tour) -> String) {
        let Some(mut page) = self.page.take() else { return };
        page.picture(caption, &draw(self));
        self.page = Some(page);
    }

    /// A command line and what it printed.
    fn show(&mut self, line: &str, text: &str) {
        match &mut self.page {
            Some(page) => page.session(&format!("$ {line}\n{text}")),
            None => {
                print!("\n$ {line}\n{text}");
                if self.step {
                    print!("-- Enter goes on --");
                    let _ = io::Write::flush(&mut io::stdout());
                    let _ = io::stdin().lock().read_line(&mut String::new());
                }
            }
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
        let (end, text) = self.sh(&line);
        self.show(&line, &text);
        self.check(&line, end == status, &format!("status {end}, not {status}"));
        self.check_text(&line, &text, wants);
    }

    /// The few lines of Python that the step starts from, where python3 is there.
    fn python(&mut self, words: &str, code: &str, wants: &[&str]) {
        if find("python3").is_none() {
            return;
        }
        self.say(words);
        let code = self.lab.fill(code);
        self.lab.file("step.py", &code);
        let (end, text) = self.sh("python3 step.py");
        self.show(&format!("cat step.py\n{}\n$ python3 step.py", code.trim_end()), &text);
        self.check("python3 step.py", end == 0, &format!("status {end}"));
        self.check_text("python3 step.py", &text, wants);
    }

    fn check_text(&mut self, line: &str, text: &str, wants: &[&str]) {
        let wants: Vec<_> = wants.iter().map(|w| self.lab.fill(w)).collect();
        let mut rest = text;
        for want in &wants {
            match rest.find(want.as_str()) {
                Some(at) => rest = &rest[at + want.len()..],
                None => self.check(line, false, &format!("no {want:?} in the answer, or not in its place")),
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
        let line = line.replace("{arin}", "whois.arin.net");
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
    folded_at(words, WIDTH)
}

/// `words` in lines of at most `limit` characters.
fn folded_at(words: &str, limit: usize) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for word in words.split_whitespace() {
        let len = word.chars().count();
        if width > 0 && width + 1 + len > limit {
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
