//! What a bench prints: aligned columns for a person, or Markdown as it stands in
//! .github/BENCHMARKS.md, so that a section of that page can be made again.
use std::{
    fmt::{self, Write as _},
    fs,
    process::Command,
};

use crate::run::output;

/// The form of all that a bench prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    Text,
    Markdown,
}

impl Page {
    /// The head of a section: its command, the day, the machine, and how busy it is.
    pub(super) fn head(self, tool: &str, words: &[String]) {
        let day = output(Command::new("date").args(["-u", "+%F"])).unwrap_or_default();
        let command: String = ["cargo xtask bench", tool].into_iter().chain(words.iter().map(String::as_str)).fold(
            String::new(),
            |mut line, word| {
                let gap = if line.is_empty() { "" } else { " " };
                let _ = write!(line, "{gap}{word}");
                line
            },
        );
        print!("{}", self.section(tool, &command, day.trim_end(), &machine()));
    }

    fn section(self, tool: &str, command: &str, day: &str, machine: &str) -> String {
        match self {
            Page::Text => format!("{command}, {day}, {machine}\n"),
            Page::Markdown => format!("## {tool}\n\n`{command}`, {day}, {machine}.\n"),
        }
    }

    /// A paragraph.
    pub(super) fn note(self, text: impl fmt::Display) {
        println!("\n{text}");
    }

    /// A table, with what it is about before it.
    pub(super) fn table(self, title: impl fmt::Display, table: &Table) {
        print!("\n{title}:\n\n{}", table.written(self));
    }
}

/// Columns with names, and rows of figures; the first column says whose they are.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: &[&str]) -> Table {
        Table { rows: vec![columns.iter().map(|&c| c.to_owned()).collect()] }
    }

    /// Adds a row. One that is shorter than the head has empty cells at its end.
    pub(super) fn row<C: fmt::Display>(&mut self, cells: impl IntoIterator<Item = C>) {
        let mut cells: Vec<String> = cells.into_iter().map(|c| c.to_string()).collect();
        cells.resize(self.rows[0].len().max(cells.len()), String::new());
        self.rows.push(cells);
    }

    fn written(&self, page: Page) -> String {
        match page {
            Page::Text => self.aligned(),
            Page::Markdown => self.markdown(),
        }
    }

    /// Names to the left, figures to the right, two blanks between the columns.
    fn aligned(&self) -> String {
        let width = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = width(column).unwrap_or_default();
                let _ = if column == 0 { write!(line, "{cell:width$}") } else { write!(line, "  {cell:>width$}") };
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }

    fn markdown(&self) -> String {
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            text.push('|');
            for cell in row {
                // An empty cell is one blank wide, as the page has it.
                let gap = if cell.is_empty() { "" } else { " " };
                let _ = write!(text, " {}{gap}|", cell.replace('|', "\\|"));
            }
            text.push('\n');
            if number == 0 {
                let _ = writeln!(text, "|{}", "---|".repeat(row.len()));
            }
        }
        text
    }
}

/// Processors, their kind, and the load before the bench, as Linux tells them.
fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    described(&cpus, &load)
}

fn described(cpus: &str, load: &str) -> String {
    let models: Vec<&str> = cpus
        .lines()
        .filter_map(|line| {
            line.split_once(':').filter(|(key, _)| key.trim() == "model name").map(|(_, model)| model.trim())
        })
        .collect();
    let guest = if cpus.split_whitespace().any(|word| word == "hypervisor") { ", a guest" } else { "" };
    let model = models.first().unwrap_or(&"processors of an unknown kind");
    let load =
        load.split(' ').next().filter(|l| !l.is_empty()).map_or(String::new(), |l| format!(", load before it {l}"));
    format!("{} x {model}{guest}{load}", models.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["", "ms", "ratio"]);
        table.row(["wc -l", "34", "1.0"]);
        table.row(["cat | cat", "246"]);
        table
    }

    #[test]
    fn columns_are_aligned_for_a_person() {
        let text = "            ms  ratio\nwc -l       34    1.0\ncat | cat  246\n";
        assert_eq!(table().written(Page::Text), text);
    }

    #[test]
    fn markdown_is_what_the_page_has() {
        let text = "| | ms | ratio |\n|---|---|---|\n| wc -l | 34 | 1.0 |\n| cat \\| cat | 246 | |\n";
        assert_eq!(table().written(Page::Markdown), text);
    }

    #[test]
    fn a_section_names_command_day_and_machine() {
        let cpus = "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu hypervisor avx2\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\n";
        let machine = described(cpus, "0.50 0.20 0.10 1/100 1234\n");
        assert_eq!(machine, "2 x AMD EPYC, a guest, load before it 0.50");
        let head = Page::Markdown.section("getserv", "cargo xtask bench getserv 300", "2026-11-29", &machine);
        let want =
            "## getserv\n\n`cargo xtask bench getserv 300`, 2026-11-29, 2 x AMD EPYC, a guest, load before it 0.50.\n";
        assert_eq!(head, want);
    }

    /// Every table that the benchmarks page has is one that this could have written.
    #[test]
    fn the_page_has_tables_of_this_form() {
        let path = crate::root().join(".github/BENCHMARKS.md");
        let page = fs::read_to_string(path).expect("the page of the benchmarks");
        let mut tables: Vec<Vec<&str>> = vec![Vec::new()];
        for line in page.lines() {
            match line.starts_with('|') {
                true => tables.last_mut().expect("never empty").push(line),
                false => tables.push(Vec::new()),
            }
        }
        tables.retain(|lines| !lines.is_empty());
        assert!(tables.len() >= 5, "one a tool at least");
        for lines in tables {
            let cells = |line: &str| -> Vec<String> {
                let inner = line.trim_start_matches('|').trim_end_matches('|').replace("\\|", "\u{1}");
                inner.split('|').map(|c| c.trim().replace('\u{1}', "|")).collect()
            };
            let head = cells(lines[0]);
            let mut table = Table::new(&head.iter().map(String::as_str).collect::<Vec<_>>());
            lines[2..].iter().for_each(|line| table.row(cells(line)));
            assert_eq!(table.written(Page::Markdown), lines.join("\n") + "\n");
        }
    }
}
