//! Words -> what the user meant.
use std::{ffi::OsString, os::unix::ffi::OsStrExt as _, path::PathBuf};

use plainnet_common::{
    args::{Arg, Args},
    exit::Fail,
    input::Form,
    text,
};

use crate::{
    book::sources::Sources,
    spec::{Key, SPEC},
};

/// A parsed command line.
#[derive(Debug)]
pub struct Conf {
    /// What to do.
    pub mode: Mode,
    /// The words after the options.
    pub operands: Vec<OsString>,
    /// How inputs come in and records go out.
    pub form: Form,
    /// `--proto`.
    pub proto: Option<String>,
    /// `--source`.
    pub sources: Sources,
    /// `--services`.
    pub services: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Mode {
    /// Answer inputs.
    Look(View),
    /// `--class`.
    Class,
    /// `--ranges`.
    Ranges,
    /// `--free`, and how many.
    Free(usize),
    /// `--search`.
    Search(String),
    /// `--dump`.
    Dump,
    /// `--check`.
    Check(PathBuf),
}

impl Mode {
    /// The option that asks for this with a value, and that value as it was given.
    fn value(&self) -> Option<(&'static str, &[u8])> {
        match self {
            Mode::Search(text) => Some(("--search", text.as_bytes())),
            Mode::Check(path) => Some(("--check", path.as_os_str().as_bytes())),
            _ => None,
        }
    }
}

/// Whether a value was perhaps meant as an option, whose own value then follows
/// too late.
pub fn looks_like_option(value: &[u8]) -> bool {
    value.len() > 1 && value.starts_with(b"-")
}

/// The complaint about such a value.
pub fn taken(value: &[u8]) -> String {
    format!("{} was taken as its value, which stands right behind it", text::shown(value))
}

/// How much of an answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The first port or name.
    First,
    /// `-a`.
    All,
    /// `-l`.
    Long,
}

/// Reads the words after the program's name.
///
/// # Errors
/// They ask for nothing that can be done; `--help` and its like come as [`Fail::Show`].
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Conf, Fail> {
    let mut args = Args::new(&SPEC, words);
    let mut form = Form::default();
    let (mut long, mut all, mut free) = (false, false, false);
    let (mut proto, mut sources, mut services) = (None, Sources::default(), None);
    let mut modes: Vec<(&str, Mode)> = Vec::new();
    let mut operands = Vec::new();
    while let Some(arg) = args.next()? {
        let key = match arg {
            Arg::Operand(word) => {
                operands.push(word);
                continue;
            }
            Arg::Opt(key) => key,
        };
        match key {
            Key::Long => long = true,
            Key::All => all = true,
            Key::Proto => {
                let word: String = args.value()?;
                if word.is_empty() {
                    return Err(args.refuse(word, "no protocol"));
                }
                proto = Some(word);
            }
            Key::Source => sources = [Sources::Host, Sources::Iana, Sources::Both][args.choice()?],
            Key::Services => services = Some(args.word()?.into()),
            Key::Class => modes.push(("--class", Mode::Class)),
            Key::Ranges => modes.push(("--ranges", Mode::Ranges)),
            Key::Free => {
                free = true;
                modes.push(("--free", Mode::Free(1)));
            }
            Key::Search => {
                let text: String = args.value()?;
                if text.is_empty() {
                    return Err(args.refuse(text, "no text"));
                }
                modes.push(("--search", Mode::Search(text)));
            }
            Key::Dump => modes.push(("--dump", Mode::Dump)),
            Key::Check => modes.push(("--check", Mode::Check(args.word()?.into()))),
            Key::Echo => form.echo = true,
            Key::Keep => form.keep = true,
            Key::Field => {
                let n: usize = args.number()?;
                if n == 0 {
                    return Err(args.refuse("0", "fields are counted from 1"));
                }
                form.field = Some(n);
            }
            Key::Delimiter => form.delimiter = Some(args.delimiter()?),
            Key::Null => form.null = true,
            Key::Json => form.json = true,
            Key::Quiet => form.quiet = true,
        }
    }
    modes.dedup_by_key(|m| m.0);
    if let [(first, _), (second, _), ..] = &modes[..] {
        return Err(Fail::usage(second, format_args!("not together with {first}")));
    }
    let (name, mut mode) = modes.pop().unwrap_or_else(|| {
        let view = if long {
            View::Long
        } else if all {
            View::All
        } else {
            View::First
        };
        ("", Mode::Look(view))
    });
    if free {
        mode = Mode::Free(count(&operands)?);
        operands.clear();
    }
    match mode {
        Mode::Look(_) => {}
        Mode::Class => {
            form.columns = 2;
            if long || all {
                return Err(Fail::usage(if long { "--long" } else { "--all" }, "not together with --class"));
            }
        }
        _ => {
            if let Some(word) = operands.first() {
                if let Some((option, value)) = mode.value().filter(|(_, value)| looks_like_option(value)) {
                    return Err(Fail::usage(option, taken(value)));
                }
                return Err(Fail::usage(word.as_bytes(), format_args!("{name} takes no operands")));
            }
        }
    }
    if form.delimiter.is_some() && form.field.is_none() {
        return Err(Fail::usage("--delimiter", "needs --field: which one is the input?"));
    }
    let reads_stdin =
        matches!(mode, Mode::Look(_) | Mode::Class) && (operands.is_empty() || operands.contains(&"-".into()));
    if reads_stdin && services.as_ref().is_some_and(|path: &PathBuf| path.as_os_str() == "-") {
        let why = "-: standard input can't be both the services file and the inputs (give those as operands)";
        return Err(Fail::usage("--services", why));
    }
    Ok(Conf { mode, operands, form, proto, sources, services })
}

/// The operand of `--free`.
fn count(operands: &[OsString]) -> Result<usize, Fail> {
    let word = match operands {
        [] => return Ok(1),
        [word] => word,
        [_, word, ..] => return Err(Fail::usage(word.as_bytes(), "--free takes one operand")),
    };
    let digits = word.to_str().filter(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit()));
    match digits.and_then(|w| w.parse().ok()) {
        Some(n) if n > 0 => Ok(n),
        _ => Err(Fail::usage(word.as_bytes(), "--free takes how many ports are wanted, 1 or more")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conf(line: &str) -> Result<Conf, Fail> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn words_become_modes() {
        assert_eq!(conf("-la http").unwrap().mode, Mode::Look(View::Long));
        assert_eq!(conf("--free").unwrap().mode, Mode::Free(1));
        assert_eq!(conf("--free 3").unwrap().mode, Mode::Free(3));
        assert_eq!(conf("--search web --source=host").unwrap().sources, Sources::Host);
        assert_eq!(conf("--services - 80").unwrap().services, Some("-".into()));
        assert_eq!(conf("--services - --dump --json").unwrap().mode, Mode::Dump);
        assert_eq!(conf("-f 2 -d ;").unwrap().form.delimiter, Some(b';'));
        assert_eq!(conf("-p ddp x").unwrap().proto.as_deref(), Some("ddp"));
        for line in [
            "--free 0",
            "--free -- -1",
            "--free +1",
            "--free 1e3",
            "--free 1 2",
            "--free 99999999999999999999",
            "--dump x",
            "--ranges --dump",
            "--check",
            "--class -l 80",
            "-d , 80",
            "--services -",
            "--services - 80 -",
            "--services - --class",
            "-f 0",
            "--source x",
            "--nope",
            "--free=2",
        ] {
            assert!(matches!(conf(line), Err(Fail::Usage(_))), "{line}");
        }
    }
}
