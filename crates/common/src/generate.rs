//! The other readers of the table: the manual page and the completions.
use std::fmt::Write as _;

use roff::{Roff, bold, italic, roman};

use crate::spec::{NETWORK, Opt, STATUSES, Spec, Value};

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
        let mut head = vec![bold(names(&row).join(", "))];
        if !matches!(row.value, Value::No) {
            head.extend([roman(" "), italic(row.value.name())]);
        }
        page.text(head);
        paragraph(&mut page, "", &format!("{}.", change_first(row.help, |c| c.to_ascii_uppercase())));
        if let Value::Of(words) = row.value
            && row.value.is_long()
        {
            paragraph(&mut page, "IP", &format!("{} is one of {}.", row.value.name(), words.join(", ")));
        }
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
        let network = if example.status == NETWORK { " (this needs the network)" } else { "" };
        let end = if example.why.ends_with('?') { "" } else { ":" };
        paragraph(&mut page, if i == 0 { "" } else { "PP" }, &format!("{}{network}{end}", example.why));
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
fn names(row: &Opt<()>) -> Vec<String> {
    row.short.map(|c| format!("-{c}")).into_iter().chain([format!("--{}", row.long)]).collect()
}

/// `text` as one single-quoted word of a shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// True if the words are in upper case, so that what is typed in lower case
/// means them, too.
fn upper(words: &[&str]) -> bool {
    !words.iter().any(|w| w.contains(|c: char| c.is_ascii_lowercase()))
}

/// A pipeline that prints the first word of each line of `command`. Only plain
/// names pass, since bash expands once more what it is given.
fn first_words(command: &str) -> String {
    format!("{command} 2>/dev/null | sed -nE 's/^([[:alnum:]][[:alnum:]_.+-]*)[[:blank:]].*/\\1/p'")
}

/// The completions for bash 4.4 or later; nothing of bash-completion is needed.
///
/// bash breaks words at `=`, so that `--type=M` arrives as three of them.
pub fn bash<K>(spec: &Spec<K>) -> String {
    let (mut cases, mut all) = (String::new(), Vec::new());
    for row in spec.rows() {
        if !matches!(row.value, Value::No) {
            let offer = bash_offer(row.value).map_or(String::new(), |offer| offer + "; ");
            let _ = writeln!(cases, "    {}) {offer}return ;;", names(&row).join("|"));
        }
        all.extend(names(&row));
    }
    let (name, all) = (spec.name, quote(&all.join(" ")));
    let function = format!("_{}", name.replace('-', "_"));
    let before = if spec.opts.iter().any(|o| matches!(o.value, Value::List(..))) { " before=''" } else { "" };
    let operand = bash_offer(spec.operands).unwrap_or_else(|| ":".to_owned());
    let beginnings = match spec.beginnings {
        [] => String::new(),
        all @ [first, ..] => format!(
            "elif [[ $word == {}* ]]; then\n        compopt -o nospace 2>/dev/null\n        \
             mapfile -t COMPREPLY < <(compgen -W {} -- \"$word\")\n    ",
            &first[..1],
            quote(&all.join(" "))
        ),
    };
    format!(
        "# bash completion for {name}\n{function}() {{\n    local word=$2 option=$3{before} IFS=$' \\t\\n'\n    COMPREPLY=()\n    \
         if [[ $word == = ]]; then\n        word=\n    elif [[ $option == = ]]; then\n        \
         option=${{COMP_WORDS[COMP_CWORD-2]}}\n    fi\n    case $option in\n{cases}    esac\n    \
         if [[ $word == -* ]]; then\n        mapfile -t COMPREPLY < <(compgen -W {all} -- \"$word\")\n    \
         {beginnings}else\n        {operand}\n    fi\n}}\ncomplete -F {function} {name}\n"
    )
}

/// The command by which bash fills its reply for a value, if there is anything to offer.
fn bash_offer(value: Value) -> Option<String> {
    let reply = |from: &str, word: &str| format!("mapfile -t COMPREPLY < <(compgen {from} -- \"{word}\")");
    match value {
        Value::No | Value::Any(_) => None,
        // Names of files are readline's own business, which quotes them and opens folders.
        Value::File(_) => Some("compopt -o default 2>/dev/null".to_owned()),
        Value::Host(_) => Some(reply("-A hostname", "$word")),
        Value::From(_, command) => Some(reply(&format!("-W \"$({})\"", first_words(command)), "$word")),
        Value::Of(words) | Value::Like(_, words) | Value::List(_, words) => {
            let (list, word) = (quote(&words.join(" ")), if upper(words) { "${word^^}" } else { "$word" });
            let Value::List(..) = value else { return Some(reply(&format!("-W {list}"), word)) };
            // What stands before the last comma is put before each word again.
            let reply = reply(&format!("-P \"$before\" -W {list}"), word);
            Some(format!("[[ $word != *,* ]] || before=${{word%,*}},; word=${{word##*,}}; {reply}"))
        }
    }
}

/// The completions for zsh: install as `_TOOL` on its fpath.
pub fn zsh<K>(spec: &Spec<K>) -> String {
    let mut text = format!("#compdef {}\n\n_arguments -s -S \\\n", spec.name);
    for row in spec.rows() {
        let help = row.help.replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
        let value = zsh_value(row.value).map_or(String::new(), |(name, action)| format!(":{name}:{action}"));
        for name in names(&row) {
            // The value of a long option may stand behind a =, that of a short one in the same word.
            let join = match row.value {
                Value::No => "",
                _ if name.starts_with("--") => "=",
                _ => "+",
            };
            let _ = writeln!(text, "    {} \\", quote(&format!("*{name}{join}[{help}]{value}")));
        }
    }
    let (name, mut action) = zsh_value(spec.operands).unwrap_or_default();
    if let Value::Any(_) = spec.operands {
        // A message alone would keep zsh from completing what begins like an option.
        action = format!("_guard \"^-*\" {name}");
    }
    if !spec.beginnings.is_empty() {
        action = format!("{{ compadd -S \"\" - {}; {action} }}", zsh_plain(&spec.beginnings.join(" ")));
    }
    text + &format!("    {}\n", quote(&format!("*:{name}:{action}")))
}

/// `text` without a colon that zsh would take for the end of a part.
fn zsh_plain(text: &str) -> String {
    text.replace(':', "\\:")
}

/// Message and action for a value, if there is one.
fn zsh_value(value: Value) -> Option<(String, String)> {
    let action = match value {
        Value::No => return None,
        Value::Any(_) => " ".to_owned(),
        Value::File(_) => "_files".to_owned(),
        Value::Host(_) => "_hosts".to_owned(),
        Value::From(_, command) => format!("compadd - ${{(f)\"$({})\"}}", zsh_plain(&first_words(command))),
        Value::Of(words) => return Some(("word".to_owned(), format!("({})", zsh_plain(&words.join(" "))))),
        Value::Like(_, words) | Value::List(_, words) => {
            let several = if let Value::List(..) = value { "_sequence " } else { "" };
            // Letters in lower case match those in upper case where there are no others.
            let fold = if upper(words) { " -M \"m\\:{a-z}={A-Z}\"" } else { "" };
            format!("{several}compadd{fold} - {}", zsh_plain(&words.join(" ")))
        }
    };
    Some((zsh_plain(&value.name()), action))
}

/// The completions for fish, which takes lower case for upper case by itself.
pub fn fish<K>(spec: &Spec<K>) -> String {
    let mut text = format!("# fish completion for {}\n", spec.name);
    let quote = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let offer = |value: Value| match value {
        Value::No | Value::Any(_) | Value::File(_) => String::new(),
        Value::Host(_) => " -a '(__fish_print_hostnames)'".to_owned(),
        Value::From(_, command) => format!(" -a {}", quote(&format!("({})", first_words(command)))),
        Value::Of(words) | Value::Like(_, words) => format!(" -a '{}'", words.join(" ")),
        Value::List(_, words) => {
            format!(" -a '(__fish_complete_list , \"string split \\\" \\\" \\\"{}\\\"\")'", words.join(" "))
        }
    };
    for row in spec.rows() {
        let short = row.short.map_or(String::new(), |c| format!(" -s {c}"));
        let needs = match row.value {
            Value::No => "",
            Value::File(_) => " -r -F",
            _ => " -x",
        };
        let value = offer(row.value);
        let _ = writeln!(text, "complete -c {} -l {}{short}{needs}{value} -d {}", spec.name, row.long, quote(row.help));
    }
    if !matches!(spec.operands, Value::File(_)) {
        let _ = writeln!(text, "complete -c {} -f{}", spec.name, offer(spec.operands));
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
        operands: Value::Host("NAME"),
        description: "One\nparagraph.\n\n.Two",
        opts: &[
            Opt { key: (), short: Some('x'), long: "as", value: Value::Of(&["a", "b"]), help: "it's [x]: y", more: "" },
            Opt { key: (), short: None, long: "of", value: Value::List("C[:C]", &["c", "d"]), help: "", more: "" },
            Opt { key: (), short: None, long: "by", value: Value::From("Y", "a-tool --all"), help: "", more: "" },
            Opt { key: (), short: None, long: "in", value: Value::Like("X", &["E", "F"]), help: "", more: "" },
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
    fn each_reader_has_its_name() {
        let readers = [("man", man(&SPEC)), ("bash", bash(&SPEC)), ("zsh", zsh(&SPEC)), ("fish", fish(&SPEC))];
        for (name, text) in readers {
            assert_eq!(by_name(&SPEC, name), Some(text), "{name}");
        }
        assert_eq!(by_name(&SPEC, "csh"), None);
    }

    #[test]
    fn lines_stay_below_80_bytes() {
        let word = |len: usize| "x".repeat(len);
        // A word and the blank after it: 40 and 39 fit, and one more does not.
        assert_eq!(fold(&format!("{} {}", word(39), word(38))), format!("{} {}", word(39), word(38)));
        assert_eq!(fold(&format!("{} {}", word(39), word(39))), format!("{}\n{}", word(39), word(39)));
        // Hyphens and backslashes are written with a backslash before them.
        assert_eq!(fold(&format!("{} {}-\\", word(39), word(34))), format!("{} {}-\\", word(39), word(34)));
        assert_eq!(fold(&format!("{} {}-\\", word(39), word(35))), format!("{}\n{}-\\", word(39), word(35)));
        // The count begins anew on each line, and no word is cut.
        let three = format!("{} {} {}", word(39), word(39), word(38));
        assert_eq!(fold(&three), format!("{}\n{} {}", word(39), word(39), word(38)));
        assert_eq!(fold(&format!("a {} b", word(100))), format!("a\n{}\nb", word(100)));
        assert_eq!(fold(" a\n\tb "), "a b");
    }

    #[test]
    fn a_first_letter_changes_unless_it_begins_an_abbreviation() {
        let lower = |text| change_first(text, |c| c.to_ascii_lowercase());
        assert_eq!(["Ask", "DNS of a name", "A b", "x", ""].map(lower), ["ask", "DNS of a name", "a b", "x", ""]);
    }

    #[test]
    fn shells_see_quoted_words() {
        let (bash, zsh, fish) = (bash(&SPEC), zsh(&SPEC), fish(&SPEC));
        for (text, line) in [
            (&zsh, "'*--of=[]:C[\\:C]:_sequence compadd - c d' \\"),
            (&zsh, "'*-x+[it'\\''s \\[x\\]\\: y]:word:(a b)' \\"),
            (&zsh, "'*--in=[]:X:compadd -M \"m\\:{a-z}={A-Z}\" - E F' \\"),
            (&fish, "complete -c a-tool -l as -s x -x -a 'a b' -d 'it\\'s [x]: y'"),
            (&fish, "complete -c a-tool -l by -x -a '(a-tool --all 2>/dev/null | sed -nE \\'s/"),
            (&zsh, "'*:NAME:{ compadd -S \"\" - @x\\://; _hosts }'\n"),
            (&fish, "' -a '@x://'\n"),
            (&zsh, "'*--help[print this summary]' \\"),
            (&bash, "elif [[ $word == @* ]]; then"),
            (&bash, "    -x|--as) mapfile -t COMPREPLY < <(compgen -W 'a b' -- \"$word\"); return ;;"),
            (&bash, "compgen -W 'E F' -- \"${word^^}\")"),
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }
}
