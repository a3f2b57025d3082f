//! A command described as plain data.
//!
//! One table, four readers: the gate ([`crate::args`]), `--help` (below), and
//! the manual and completions ([`crate::generate`]).
use std::fmt;

/// One command. `K` is the tool's own enum of options.
#[derive(Debug)]
pub struct Spec<K: 'static> {
    /// Name of the program.
    pub name: &'static str,
    /// Its version: `env!("CARGO_PKG_VERSION")`, since only the tool's crate knows.
    pub version: &'static str,
    /// The embedded registries, each with its date, for `--version`.
    pub registries: &'static [&'static str],
    /// One line, no full stop.
    pub about: &'static str,
    /// Forms of the command line, without the name.
    pub usage: &'static [&'static str],
    /// What the manual's DESCRIPTION says; an empty line parts paragraphs.
    pub description: &'static str,
    /// Options, in the order they are shown. `--help`, `--version` and
    /// `--generate` follow by themselves.
    pub opts: &'static [Opt<K>],
    /// What the four exit statuses leave open for this tool, or nothing.
    pub exit_note: &'static str,
    /// Examples, run by the tests. `--help` ends with the first.
    pub examples: &'static [Example],
    /// Further sections of the manual (FILES, ENVIRONMENT, STANDARDS,
    /// CAVEATS): title and text, paragraphs as above.
    pub sections: &'static [(&'static str, &'static str)],
    /// Other pages, such as `getent(1)`.
    pub see_also: &'static [&'static str],
}

/// One option.
#[derive(Debug)]
pub struct Opt<K> {
    /// What the tool's `match` sees.
    pub key: K,
    /// `-x`.
    pub short: Option<char>,
    /// `--long`.
    pub long: &'static str,
    /// What follows it.
    pub value: Value,
    /// One line for `--help`: lower case, no full stop.
    pub help: &'static str,
    /// Further paragraphs for the manual.
    pub more: &'static str,
}

/// What follows an option.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// Nothing: a switch.
    No,
    /// Free text of this name.
    Any(&'static str),
    /// The name of a file.
    File(&'static str),
    /// One of these words.
    Of(&'static [&'static str]),
}

/// A command line and what it prints.
#[derive(Debug)]
pub struct Example {
    /// What it shows.
    pub why: &'static str,
    /// The line, as typed to sh.
    pub run: &'static str,
    /// Its standard output. A last line `...` stands for any further lines.
    pub out: &'static str,
}

/// The exit statuses of every tool.
pub const STATUSES: [(u8, &str); 4] = [
    (0, "All inputs were answered."),
    (1, "At least one input was invalid or has no answer."),
    (2, "The command line was wrong, or reading or writing failed."),
    (3, "The network failed for at least one input (timeout, refused, truncated, rate-limited): worth trying again."),
];

/// The options that mean the same in every tool that has them.
impl<K> Opt<K> {
    /// `-e, --echo`.
    pub const fn echo(key: K) -> Opt<K> {
        let more = "";
        Opt {
            key,
            short: Some('e'),
            long: "echo",
            value: Value::No,
            help: "put the input and a TAB before each record",
            more,
        }
    }

    /// `-k, --keep`.
    pub const fn keep(key: K) -> Opt<K> {
        let more = "Blank lines and comments count as lines here, and a record of several fields has one - per field, so that \
                    output and input stay in step. An input that is invalid or has no answer is then data and leaves the \
                    exit status at 0; a network failure prints - too, and the status is still 3.";
        Opt {
            key,
            short: Some('k'),
            long: "keep",
            value: Value::No,
            help: "print - for a line that would print nothing",
            more,
        }
    }

    /// `-f, --field`.
    pub const fn field(key: K) -> Opt<K> {
        let more = "Fields are parted by blanks and counted from 1. What is echoed or passed on is the whole line.";
        Opt {
            key,
            short: Some('f'),
            long: "field",
            value: Value::Any("N"),
            help: "the input is the Nth field of the line",
            more,
        }
    }

    /// `-0, --null`.
    pub const fn null(key: K) -> Opt<K> {
        let more = "";
        Opt {
            key,
            short: Some('0'),
            long: "null",
            value: Value::No,
            help: "NUL instead of newline ends a record, in and out",
            more,
        }
    }

    /// `--json`.
    pub const fn json(key: K) -> Opt<K> {
        let more = "Also for an input that is invalid or has no answer: error then says why, and is null otherwise.";
        Opt {
            key,
            short: None,
            long: "json",
            value: Value::No,
            help: "print a JSON object a line for each input",
            more,
        }
    }

    /// `-q, --quiet`.
    pub const fn quiet(key: K) -> Opt<K> {
        let more = "";
        Opt {
            key,
            short: Some('q'),
            long: "quiet",
            value: Value::No,
            help: "say nothing about inputs without an answer",
            more,
        }
    }
}

impl Value {
    /// The value as the manual names it, or nothing.
    pub fn name(&self) -> String {
        match self {
            Value::No => String::new(),
            Value::Any(name) | Value::File(name) => (*name).to_owned(),
            Value::Of(words) => words.join("|"),
        }
    }
}

impl<K> Spec<K> {
    /// What `--version` prints: name and version, then a line per registry.
    pub fn version_text(&self) -> String {
        let mut text = format!("{} {}\n", self.name, self.version);
        for registry in self.registries {
            text.push_str(registry);
            text.push('\n');
        }
        text
    }

    /// The forms of the command line, a line each.
    pub fn usage_text(&self) -> String {
        let mut text = String::new();
        for (i, line) in self.usage.iter().enumerate() {
            let head = if i == 0 { "usage:" } else { "      " };
            text.push_str(&format!("{head} {} {line}\n", self.name));
        }
        text
    }
}

/// The text of `--help`.
impl<K> fmt::Display for Spec<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}.\n", self.usage_text(), self.about)?;
        let rows = self.opts.iter().map(|o| {
            let short = o.short.map_or("    ".into(), |c| format!("-{c}, "));
            let value = if let Value::No = o.value { String::new() } else { format!(" {}", o.value.name()) };
            (format!("{short}--{}{value}", o.long), o.help)
        });
        let own = [
            ("-h, --help", "print this and exit"),
            ("-V, --version", "print the version and the dates of embedded registries"),
            ("    --generate man|bash|zsh|fish", "print the manual page or a completion script"),
        ];
        let rows: Vec<_> = rows.chain(own.map(|(left, right)| (left.to_owned(), right))).collect();
        // One long row must not push every text to the right edge.
        let width = rows.iter().map(|(left, _)| left.chars().count()).filter(|w| *w <= 28).max().unwrap_or(0);
        for (left, right) in &rows {
            if left.chars().count() > width {
                writeln!(f, "  {left}\n  {:width$}  {right}", "")?;
            } else {
                writeln!(f, "  {left:width$}  {right}")?;
            }
        }
        writeln!(f, "\nExit status: 0 all answered, 1 invalid or no answer, 2 usage or I/O, 3 network.")?;
        match self.examples.first() {
            Some(e) => write!(f, "\nExample: {}\n\n  $ {}\n  {}", e.why, e.run, e.out.trim_end().replace('\n', "\n  ")),
            None => Ok(()),
        }?;
        if self.examples.is_empty() { Ok(()) } else { writeln!(f) }
    }
}
