//! The other readers of the table: the manual page and the completions.
use std::fmt::Write as _;

use roff::{Roff, bold, italic, roman};

use crate::spec::{Opt, STATUSES, Spec, Value};

/// Date of the manual pages.
const DATE: &str = "2026-11-22";

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

/// The manual page, in man(7).
pub fn man<K>(spec: &Spec<K>) -> String {
    let mut page = Roff::new();
    page.control("TH", [&*spec.name.to_uppercase(), "1", DATE, &*format!("plainnet {}", spec.version)]);
    section(&mut page, "NAME", &format!("{} - {}", spec.name, change_first(spec.about, |c| c.to_ascii_lowercase())));
    page.control("SH", ["SYNOPSIS"]);
    for (i, line) in spec.usage.iter().enumerate() {
        if i > 0 {
            page.control("br", []);
        }
        page.text([bold(spec.name), roman(format!(" {line}"))]);
    }
    section(&mut page, "DESCRIPTION", spec.description);
    page.control("SH", ["OPTIONS"]);
    for row in spec.rows() {
        page.control("TP", []);
        let mut head = vec![bold(names(&row).collect::<Vec<_>>().join(", "))];
        if !matches!(row.value, Value::No) {
            head.extend([roman(" "), italic(row.value.name())]);
        }
        page.text(head);
        paragraph(&mut page, "", &format!("{}.", change_first(row.help, |c| c.to_ascii_uppercase())));
        row.more.split("\n\n").for_each(|text| paragraph(&mut page, "IP", text));
    }
    page.control("SH", ["EXIT STATUS"]);
    for (code, text) in STATUSES {
        page.control("TP", []);
        page.text([bold(code.to_string())]);
        paragraph(&mut page, "", text);
    }
    paragraph(&mut page, "PP", "The highest that applies is given, except that 2 wins over 3.");
    paragraph(&mut page, "PP", spec.exit_note);
    page.control("SH", ["EXAMPLES"]);
    for (i, example) in spec.examples.iter().enumerate() {
        paragraph(&mut page, if i == 0 { "" } else { "PP" }, &format!("{}:", example.why));
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
    section(&mut page, "SEE ALSO", &spec.see_also.join(", "));
    page.to_roff()
}

/// A section of paragraphs, which empty lines separate.
fn section(page: &mut Roff, title: &str, text: &str) {
    page.control("SH", [title]);
    text.split("\n\n").enumerate().for_each(|(i, text)| paragraph(page, if i == 0 { "" } else { "PP" }, text));
}

/// `text` below the request that opens the paragraph, if it needs one.
fn paragraph(page: &mut Roff, request: &str, text: &str) {
    if !request.is_empty() && !text.is_empty() {
        page.control(request, []);
    }
    page.text([roman(fold(text))]);
}

/// The words of `text` in lines that stay below 80 bytes also when hyphens are escaped.
fn fold(text: &str) -> String {
    let (mut out, mut width) = (String::new(), 0);
    for word in text.split_whitespace() {
        let len = word.len() + word.matches(['-', '\\']).count() + 1;
        if width > 0 {
            out.push(if width + len < 80 { ' ' } else { '\n' });
        }
        width = if width + len < 80 { width + len } else { len };
        out.push_str(word);
    }
    out
}

/// `text` with another first letter, unless the second is a capital too, as in DNS.
fn change_first(text: &str, change: impl Fn(char) -> char) -> String {
    let mut chars = text.chars();
    let first = chars.next().filter(|_| !chars.clone().next().is_some_and(char::is_uppercase)).map(change);
    first.map_or(text.to_owned(), |c| format!("{c}{}", chars.as_str()))
}

/// The names of an option: `-x` and `--long`, or the latter alone.
fn names(row: &Opt<()>) -> impl Iterator<Item = String> {
    row.short.map(|c| format!("-{c}")).into_iter().chain([format!("--{}", row.long)])
}

/// `text` as one single-quoted word of a shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The completions for bash 4.4 or later; nothing of bash-completion is needed.
///
/// bash breaks words at `=`, so that `--type=M` arrives as three of them.
pub fn bash<K>(spec: &Spec<K>) -> String {
    let (mut cases, mut all) = (String::new(), Vec::new());
    for row in spec.rows() {
        let offer = |words: &str, word: &str| format!("mapfile -t COMPREPLY < <(compgen {words} -- \"{word}\"); ");
        let offered = match row.value {
            Value::No => None,
            Value::Any(_) => Some(String::new()),
            Value::File(_) => Some(offer("-f", "$word")),
            Value::Of(words) | Value::Like(_, words) => {
                Some(offer(&format!("-W {}", quote(&words.join(" "))), "$word"))
            }
            // What stands before the last comma is put before each word again.
            Value::List(_, words) => {
                let list = offer(&format!("-P \"$before\" -W {}", quote(&words.join(" "))), "${word##*,}");
                Some(format!("[[ $word != *,* ]] || before=${{word%,*}},; {list}"))
            }
        };
        if let Some(offered) = offered {
            let _ = writeln!(cases, "    {}) {offered}return ;;", names(&row).collect::<Vec<_>>().join("|"));
        }
        all.extend(names(&row));
    }
    let (name, all) = (spec.name, quote(&all.join(" ")));
    let function = format!("_{}", name.replace('-', "_"));
    let beginnings = match spec.beginnings {
        [] => String::new(),
        all @ [first, ..] => format!(
            "    [[ $word != {}* ]] || {{ compopt -o nospace 2>/dev/null; mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\"); }}\n",
            &first[..1],
            quote(&all.join(" "))
        ),
    };
    let before = if spec.opts.iter().any(|o| matches!(o.value, Value::List(..))) { " before=" } else { "" };
    format!(
        "# bash completion for {name}\n{function}() {{\n    local word=$2 option=$3{before}\n    COMPREPLY=()\n    \
         if [[ $word == = ]]; then\n        word=\n    elif [[ $option == = ]]; then\n        \
         option=${{COMP_WORDS[COMP_CWORD-2]}}\n    fi\n    case $option in\n{cases}    esac\n    \
         [[ $word != -* ]] || mapfile -t COMPREPLY < <(compgen -W {all} -- \"$word\")\n{beginnings}}}\n\
         complete -o default -F {function} {name}\n"
    )
}

/// The completions for zsh: install as `_TOOL` on its fpath.
pub fn zsh<K>(spec: &Spec<K>) -> String {
    let mut text = format!("#compdef {}\n\n_arguments -s -S \\\n", spec.name);
    for row in spec.rows() {
        let help = row.help.replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
        let action = match row.value {
            Value::No => String::new(),
            Value::Any(name) => format!(":{name}: "),
            Value::File(name) => format!(":{name}:_files"),
            Value::Of(words) => format!(":word:({})", words.join(" ")),
            Value::Like(name, words) => format!(":{name}:({})", words.join(" ")),
            Value::List(name, words) => format!(":{name}:_values -s , word {}", words.join(" ")),
        };
        for name in names(&row) {
            // A long option's value may stand behind a = or be a word of its own.
            let equals = if name.starts_with("--") && !matches!(row.value, Value::No) { "=" } else { "" };
            let _ = writeln!(text, "    {} \\", quote(&format!("*{name}{equals}[{help}]{action}")));
        }
    }
    match spec.beginnings {
        [] => text + "    '*:operand:_files'\n",
        all => text + &format!("    '*:operand:{{ compadd -S \"\" -- {}; _files }}'\n", all.join(" ")),
    }
}

/// The completions for fish.
pub fn fish<K>(spec: &Spec<K>) -> String {
    let mut text = format!("# fish completion for {}\n", spec.name);
    for row in spec.rows() {
        let short = row.short.map_or(String::new(), |c| format!(" -s {c}"));
        let value = match row.value {
            Value::No => String::new(),
            Value::Any(_) => " -x".to_owned(),
            Value::File(_) => " -r -F".to_owned(),
            Value::Of(words) | Value::Like(_, words) => format!(" -x -a '{}'", words.join(" ")),
            Value::List(_, words) => {
                format!(" -x -a '(__fish_complete_list , \"string split \\\" \\\" \\\"{}\\\"\")'", words.join(" "))
            }
        };
        let help = row.help.replace('\\', "\\\\").replace('\'', "\\'");
        let _ = writeln!(text, "complete -c {} -l {}{short}{value} -d '{help}'", spec.name, row.long);
    }
    if let [first, ..] = spec.beginnings {
        let (typed, all) = (&first[..1], spec.beginnings.join(" "));
        let when = format!("string match -q \"{typed}*\" -- (commandline -ct)");
        let _ = writeln!(text, "complete -c {} -f -n '{when}' -a '{all}'", spec.name);
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
        opts: &[
            Opt { key: (), short: Some('x'), long: "as", value: Value::Of(&["a", "b"]), help: "it's [x]: y", more: "" },
            Opt { key: (), short: None, long: "of", value: Value::List("C[,C]", &["c", "d"]), help: "", more: "" },
        ],
        exit_note: "",
        examples: &[Example { why: "Show", run: "a-tool -x a", out: "one\n\n.two\n", status: 0 }],
        sections: &[],
        see_also: &["true(1)"],
        beginnings: &["@x://"],
    };

    #[test]
    fn a_page_has_no_accidental_requests() {
        let page = man(&SPEC);
        assert!(page.contains("\nOne paragraph.\n.PP\n\\&.Two\n"), "{page}");
        assert!(page.contains("\n$ a\\-tool \\-x a\none\n\n\\&.two\n.fi\n"), "{page}");
    }

    #[test]
    fn shells_see_quoted_words() {
        assert!(zsh(&SPEC).contains("'*--as=[") && zsh(&SPEC).contains("_values -s , word c d"));
        assert!(zsh(&SPEC).contains("'*-x[it'\\''s \\[x\\]\\: y]:word:(a b)' \\"));
        assert!(fish(&SPEC).contains("-l as -s x -x -a 'a b' -d 'it\\'s [x]: y'"));
        assert!(bash(&SPEC).contains("-x|--as) mapfile"));
        assert!(bash(&SPEC).contains("[[ $word != @* ]] || {"), "{}", bash(&SPEC));
        assert!(zsh(&SPEC).contains("compadd -S \"\" -- @x://; _files"), "{}", zsh(&SPEC));
        assert!(fish(&SPEC).ends_with("-a '@x://'\n"), "{}", fish(&SPEC));
    }
}
