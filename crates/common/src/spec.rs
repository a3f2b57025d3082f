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
    /// What the operands are, for completions: never [`Value::No`].
    pub operands: Value,
    /// What the manual's DESCRIPTION says; an empty line separates paragraphs.
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
    /// Beginnings of operands that completions offer, each with a first character
    /// that no other operand has: `@tls://`.
    pub beginnings: &'static [&'static str],
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
    /// The name of a host: completions offer those that the shell knows.
    Host(&'static str),
    /// Free text of this name, for which completions offer the first word of each
    /// line that this command prints, where it is a plain name.
    From(&'static str, &'static str),
    /// One of these words.
    Of(&'static [&'static str]),
    /// Free text of this name, for which completions offer these words.
    Like(&'static str, &'static [&'static str]),
    /// Text of this name: one or several of these words, separated by commas.
    List(&'static str, &'static [&'static str]),
}

/// A command line, what it prints and how it ends.
#[derive(Debug)]
pub struct Example {
    /// What it shows.
    pub why: &'static str,
    /// The line, as typed to sh.
    pub run: &'static str,
    /// Its standard output. A last line `...` stands for any further lines.
    pub out: &'static str,
    /// The exit status of the line, which sh gives, or [`NETWORK`].
    pub status: u8,
}

/// The status of an example that asks the network: the manual says so, and the
/// tests run no such line, since its answer is not ours.
pub const NETWORK: u8 = u8::MAX;

/// The exit statuses of every tool.
pub const STATUSES: [(u8, &str); 4] = [
    (0, "All inputs were answered."),
    (1, "At least one input was invalid or has no answer."),
    (2, "The command line was wrong, or reading or writing failed."),
    (3, "The network failed for at least one input (timeout, refused, truncated, rate-limited): worth trying again."),
];

/// The options that mean the same in every tool that has them.
#[rustfmt::skip]
impl<K> Opt<K> {
    /// A switch without a further paragraph in the manual.
    pub const fn switch(key: K, short: Option<char>, long: &'static str, help: &'static str) -> Opt<K> {
        Opt { key, short, long, value: Value::No, help, more: "" }
    }

    /// `-e, --echo`.
    pub const fn echo(key: K) -> Opt<K> {
        Opt::switch(key, Some('e'), "echo", "put the input and a TAB before each record")
    }

    /// `-k, --keep`.
    pub const fn keep(key: K) -> Opt<K> {
        let more = "Blank lines and comments count as lines here, and a record of several fields has one - per field, so that \
                    output and input stay in step. An input that is invalid or has no answer is then data and leaves the \
                    exit status at 0; a network failure prints - too, and the status is still 3. So \
                    the tool can run under what splits work among many (GNU parallel, Spark's pipe, Hadoop Streaming) \
                    and give the lines of one run. With --json a line that asks nothing has an object of input and error.";
        Opt { key, short: Some('k'), long: "keep", value: Value::No, help: "print - for a line that would print nothing", more }
    }

    /// `-f, --field`.
    pub const fn field(key: K) -> Opt<K> {
        let more = "Fields are separated by blanks and counted from 1, in operands as in lines. What is echoed or passed on is \
                    the whole line.";
        Opt { key, short: Some('f'), long: "field", value: Value::Any("N"), help: "the input is the Nth field of the line", more }
    }

    /// `-d, --delimiter`.
    pub const fn delimiter(key: K) -> Opt<K> {
        let more = "C is one character such as , or ; or |, or \\t for a TAB. A field in double quotes may hold the delimiter, \
                    and a quote written twice, as in CSV (RFC 4180).";
        Opt { key, short: Some('d'), long: "delimiter", value: Value::Any("C"), help: "with -f: fields are separated by C", more }
    }

    /// `-0, --null`.
    pub const fn null(key: K) -> Opt<K> {
        Opt::switch(key, Some('0'), "null", "NUL instead of newline ends a record, in and out")
    }

    /// `--json`.
    pub const fn json(key: K) -> Opt<K> {
        let more = "Also for an input that is invalid or has no answer: error then says why, and is null otherwise.";
        Opt { key, short: None, long: "json", value: Value::No, help: "print a JSON object a line for each input", more }
    }

    /// `-q, --quiet`.
    pub const fn quiet(key: K) -> Opt<K> {
        Opt::switch(key, Some('q'), "quiet", "say nothing about inputs that are invalid or have no answer")
    }

    /// The option without the tool's key.
    fn row(&self) -> Opt<()> {
        Opt { key: (), short: self.short, long: self.long, value: self.value, help: self.help, more: self.more }
    }
}

impl Value {
    /// The value as the manual names it, or nothing.
    pub fn name(&self) -> String {
        match self {
            Value::No => String::new(),
            Value::Any(name) | Value::File(name) | Value::Host(name) => (*name).to_owned(),
            Value::From(name, _) | Value::Like(name, _) | Value::List(name, _) => (*name).to_owned(),
            Value::Of(words) if self.is_long() => "WORD".to_owned(),
            Value::Of(words) => words.join("|"),
        }
    }

    /// True if the words of which one is to be chosen have no room beside the
    /// option: they are listed below it then.
    pub fn is_long(&self) -> bool {
        matches!(self, Value::Of(words) if words.iter().map(|w| w.len() + 1).sum::<usize>() > 60)
    }
}

impl<K> Spec<K> {
    /// Every option: the table's, then the three that all commands have.
    pub fn rows(&self) -> Vec<Opt<()>> {
        let shells = Value::Of(&["man", "bash", "zsh", "fish"]);
        let help = "print the manual page or a completion script";
        let own = [
            Opt::switch((), Some('h'), "help", "print this summary"),
            Opt::switch((), Some('V'), "version", "print the version and the dates of embedded registries"),
            Opt { key: (), short: None, long: "generate", value: shells, help, more: "" },
        ];
        self.opts.iter().map(Opt::row).chain(own).collect()
    }

    /// What `--version` prints: name and version, then a line per registry.
    pub fn version_text(&self) -> String {
        let registries: String = self.registries.iter().map(|r| format!("{r}\n")).collect();
        format!("{} {}\n{registries}", self.name, self.version)
    }

    /// The forms of the command line, a line each.
    pub fn usage_text(&self) -> String {
        let heads = ["usage:"].into_iter().chain(std::iter::repeat("      "));
        self.usage.iter().zip(heads).map(|(line, head)| format!("{head} {} {line}\n", self.name)).collect()
    }
}

/// The text of `--help`.
impl<K> fmt::Display for Spec<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Where the texts begin; a longer option puts its own on the next line.
        const WIDTH: usize = 28;
        writeln!(f, "{}\n{}.\n", self.usage_text(), self.about)?;
        for o in self.rows() {
            let short = o.short.map_or("    ".into(), |c| format!("-{c}, "));
            let left = format!("{short}--{} {}", o.long, o.value.name());
            let gap =
                if left.trim_end().chars().count() > WIDTH { format!("\n{:WIDTH$}    ", "") } else { "  ".into() };
            writeln!(f, "  {:WIDTH$}{gap}{}", left.trim_end(), o.help)?;
            if let Value::Of(words) = o.value
                && o.value.is_long()
            {
                for words in words.chunks(5) {
                    writeln!(f, "  {:WIDTH$}    {}", "", words.join(" "))?;
                }
            }
        }
        writeln!(f, "\nExit status: 0 all answered, 1 invalid or no answer, 2 usage or I/O, 3 network.")?;
        let Some(e) = self.examples.first() else { return Ok(()) };
        let indent = |text: &str| text.trim_end().replace('\n', "\n  ");
        writeln!(f, "\n{}:\n\n  $ {}\n  {}", e.why, indent(e.run), indent(e.out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who has learnt a letter in one tool finds it in the others, with its word and its text.
    #[test]
    fn an_option_that_several_tools_have_is_the_same_in_all() {
        let shared = [
            (Opt::echo(()), Some('e'), "echo"),
            (Opt::keep(()), Some('k'), "keep"),
            (Opt::field(()), Some('f'), "field"),
            (Opt::delimiter(()), Some('d'), "delimiter"),
            (Opt::null(()), Some('0'), "null"),
            (Opt::json(()), None, "json"),
            (Opt::quiet(()), Some('q'), "quiet"),
        ];
        for (opt, short, long) in &shared {
            assert_eq!((opt.short, opt.long), (*short, *long));
            assert!(!opt.help.is_empty() && !opt.help.ends_with('.'), "{long}: {}", opt.help);
            assert!(opt.more.is_empty() || opt.more.ends_with('.'), "{long}: {}", opt.more);
        }
        let values: Vec<String> = shared.iter().map(|(opt, ..)| opt.value.name()).filter(|n| !n.is_empty()).collect();
        assert_eq!(values, ["N", "C"]);
    }
}
