//! The other readers of the table: the manual page and the completions.
use std::fmt::Write as _;

use roff::{Inline, Roff, bold, italic, roman};

use crate::spec::{Opt, STATUSES, Spec, Value};

/// Date of the manual pages.
const DATE: &str = "2026-11-22";

/// Options that every command has beside its table's: short, long, value, text.
const OWN: [(Option<char>, &str, Value, &str); 3] = [
    (Some('h'), "help", Value::No, "print a summary and exit"),
    (Some('V'), "version", Value::No, "print the version and the dates of embedded registries"),
    (None, "generate", Value::Of(&["man", "bash", "zsh", "fish"]), "print the manual page or a completion script"),
];

/// What `--generate` prints for `what`, or nothing for an unknown word.
pub fn by_name<K>(spec: &Spec<K>, what: &str) -> Option<String> {
    match what {
        "man" => Some(man(spec)),
        "bash" => Some(bash(spec)),
        "zsh" => Some(zsh(spec)),
        "fish" => Some(fish(spec)),
        _ => None,
    }
}

/// Every option: the table's, then the ones all have.
fn rows<K>(spec: &Spec<K>) -> impl Iterator<Item = (Option<char>, &'static str, Value, &'static str, &'static str)> {
    let own = OWN.into_iter().map(|(short, long, value, help)| (short, long, value, help, ""));
    spec.opts.iter().map(|&Opt { short, long, value, help, more, .. }| (short, long, value, help, more)).chain(own)
}

/// The manual page, in man(7).
pub fn man<K>(spec: &Spec<K>) -> String {
    let mut page = Roff::new();
    page.control("TH", [&*spec.name.to_uppercase(), "1", DATE, &*format!("plainnet {}", spec.version)]);
    page.control("SH", ["NAME"]);
    page.text([roman(format!("{} - {}", spec.name, lower_first(spec.about)))]);
    page.control("SH", ["SYNOPSIS"]);
    for (i, line) in spec.usage.iter().enumerate() {
        if i > 0 {
            page.control("br", []);
        }
        page.text([bold(spec.name), roman(format!(" {line}"))]);
    }
    section(&mut page, "DESCRIPTION", spec.description);
    page.control("SH", ["OPTIONS"]);
    for (short, long, value, help, more) in rows(spec) {
        page.control("TP", []);
        let mut head: Vec<Inline> = Vec::new();
        if let Some(c) = short {
            head.extend([bold(format!("-{c}")), roman(", ")]);
        }
        head.push(bold(format!("--{long}")));
        match value {
            Value::No => {}
            Value::Any(_) | Value::File(_) => head.extend([roman(" "), italic(value.name())]),
            Value::Of(_) => head.push(roman(format!(" {}", value.name()))),
        }
        page.text(head);
        page.text([roman(format!("{}.", upper_first(help)))]);
        for text in paragraphs(more) {
            page.control("IP", []);
            page.text([roman(text)]);
        }
    }
    page.control("SH", ["EXIT STATUS"]);
    for (code, text) in STATUSES {
        page.control("TP", []);
        page.text([bold(code.to_string())]);
        page.text([roman(text)]);
    }
    page.control("PP", []);
    page.text([roman("The highest that applies is given, except that 2 wins over 3.")]);
    for text in paragraphs(spec.exit_note) {
        page.control("PP", []);
        page.text([roman(text)]);
    }
    page.control("SH", ["EXAMPLES"]);
    for (i, example) in spec.examples.iter().enumerate() {
        if i > 0 {
            page.control("PP", []);
        }
        page.text([roman(format!("{}:", example.why))]);
        page.control("PP", []);
        page.control("nf", []);
        page.text([roman(format!("$ {}", example.run))]);
        for line in example.out.lines() {
            page.text([roman(line)]);
        }
        page.control("fi", []);
    }
    for (title, text) in spec.sections {
        section(&mut page, title, text);
    }
    page.control("SH", ["SEE ALSO"]);
    page.text([roman(spec.see_also.join(", "))]);
    page.to_roff()
}

fn section(page: &mut Roff, title: &str, text: &str) {
    page.control("SH", [title]);
    for (i, text) in paragraphs(text).enumerate() {
        if i > 0 {
            page.control("PP", []);
        }
        page.text([roman(text)]);
    }
}

/// Paragraphs of `text`, each on one line; an empty line parts them.
fn paragraphs(text: &str) -> impl Iterator<Item = String> {
    text.split("\n\n").map(|p| p.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|p| !p.is_empty())
}

fn lower_first(text: &str) -> String {
    let keep = text.chars().nth(1).is_some_and(char::is_uppercase);
    if keep { text.to_owned() } else { change_first(text, |c| c.to_ascii_lowercase()) }
}

fn upper_first(text: &str) -> String {
    change_first(text, |c| c.to_ascii_uppercase())
}

fn change_first(text: &str, change: impl Fn(char) -> char) -> String {
    let mut chars = text.chars();
    chars.next().map(change).into_iter().chain(chars).collect()
}

/// `'` in a single-quoted word of a shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The completions for bash 4.4 or later; nothing of bash-completion is needed.
pub fn bash<K>(spec: &Spec<K>) -> String {
    let function = format!("_{}", spec.name.replace('-', "_"));
    let mut values = String::new();
    let mut all = Vec::new();
    for (short, long, value, ..) in rows(spec) {
        let names: Vec<_> = short.map(|c| format!("-{c}")).into_iter().chain([format!("--{long}")]).collect();
        let action = match value {
            Value::No => None,
            Value::Any(_) => Some("return".to_owned()),
            Value::File(_) => Some("mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return".to_owned()),
            Value::Of(words) => {
                Some(format!("mapfile -t COMPREPLY < <(compgen -W {} -- \"$cur\"); return", quote(&words.join(" "))))
            }
        };
        if let Some(action) = action {
            let _ = writeln!(values, "        {}) {action} ;;", names.join("|"));
        }
        all.extend(names);
    }
    format!(
        "# bash completion for {name}\n\
         {function}() {{\n    \
             local cur=$2 prev=$3\n    \
             COMPREPLY=()\n    \
             case $prev in\n{values}    esac\n    \
             if [[ $cur == -* ]]; then\n        \
                 mapfile -t COMPREPLY < <(compgen -W {all} -- \"$cur\")\n    \
             fi\n\
         }}\n\
         complete -o default -F {function} {name}\n",
        name = spec.name,
        all = quote(&all.join(" ")),
    )
}

/// The completions for zsh: install as `_TOOL` on its fpath.
pub fn zsh<K>(spec: &Spec<K>) -> String {
    let mut text = format!("#compdef {}\n\n_arguments -s -S \\\n", spec.name);
    for (short, long, value, help, _) in rows(spec) {
        let help = help.replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
        let action = match value {
            Value::No => String::new(),
            Value::Any(name) => format!(":{name}: "),
            Value::File(name) => format!(":{name}:_files"),
            Value::Of(words) => format!(":word:({})", words.join(" ")),
        };
        let mut line = |name: String| {
            let _ = writeln!(text, "    {} \\", quote(&format!("*{name}[{help}]{action}")));
        };
        if let Some(c) = short {
            line(format!("-{c}"));
        }
        line(format!("--{long}"));
    }
    text.push_str("    '*:operand:_files'\n");
    text
}

/// The completions for fish.
pub fn fish<K>(spec: &Spec<K>) -> String {
    let mut text = format!("# fish completion for {}\n", spec.name);
    for (short, long, value, help, _) in rows(spec) {
        let _ = write!(text, "complete -c {} -l {long}", spec.name);
        if let Some(c) = short {
            let _ = write!(text, " -s {c}");
        }
        match value {
            Value::No => {}
            Value::Any(_) => text.push_str(" -x"),
            Value::File(_) => text.push_str(" -r -F"),
            Value::Of(words) => {
                let _ = write!(text, " -x -a '{}'", words.join(" "));
            }
        }
        let _ = writeln!(text, " -d '{}'", help.replace('\\', "\\\\").replace('\'', "\\'"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Example;

    static SPEC: Spec<()> = Spec {
        name: "a-tool",
        version: "1",
        registries: &[],
        about: "Do a thing",
        usage: &["[OPERAND]..."],
        description: "One\nparagraph.\n\n.Two",
        opts: &[Opt {
            key: (),
            short: Some('x'),
            long: "as",
            value: Value::Of(&["a", "b"]),
            help: "it's [x]: y",
            more: "",
        }],
        exit_note: "",
        examples: &[Example { why: "Show", run: "a-tool -x a", out: "one\n\n.two\n" }],
        sections: &[],
        see_also: &["true(1)"],
    };

    #[test]
    fn a_page_has_no_accidental_requests() {
        let page = man(&SPEC);
        assert!(page.contains("\nOne paragraph.\n.PP\n\\&.Two\n"), "{page}");
        assert!(page.contains("\n$ a\\-tool \\-x a\none\n\n\\&.two\n.fi\n"), "{page}");
    }

    #[test]
    fn shells_see_quoted_words() {
        assert!(zsh(&SPEC).contains("'*-x[it'\\''s \\[x\\]\\: y]:word:(a b)' \\"));
        assert!(fish(&SPEC).contains("-l as -s x -x -a 'a b' -d 'it\\'s [x]: y'"));
        assert!(bash(&SPEC).contains("-x|--as) mapfile"));
    }
}
