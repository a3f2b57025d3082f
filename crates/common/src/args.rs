//! lexopt behind a gate: only what the table names gets through.
use std::{ffi::OsString, fmt, os::unix::ffi::OsStrExt as _, str::FromStr, time::Duration};

use lexopt::Arg::{Long, Short, Value as Word};

use crate::spec::{Opt, Spec, Value};
use crate::{exit::Fail, generate, hint, text};

/// The words of a command line.
#[derive(Debug)]
pub struct Args<K: 'static> {
    spec: &'static Spec<K>,
    lex: lexopt::Parser,
    /// The option just returned, as the user wrote it and as the table has it.
    last: String,
    opt: Option<&'static Opt<K>>,
}

/// A word of the command line: an option or an operand.
#[derive(Debug, PartialEq)]
pub enum Arg<K> {
    /// An option of the table.
    Opt(K),
    /// An operand, `-` included.
    Operand(OsString),
}

impl<K: Copy> Args<K> {
    /// Reads `words` (the program's name left out) by `spec`.
    pub fn new(spec: &'static Spec<K>, words: impl IntoIterator<Item = OsString>) -> Args<K> {
        Args { spec, lex: lexopt::Parser::from_args(words), last: String::new(), opt: None }
    }

    /// The next word.
    ///
    /// # Errors
    /// An option that the table lacks, or the last one took no value and was
    /// given one. `--help`, `--version` and `--generate` come as [`Fail::Show`].
    #[expect(clippy::should_implement_trait, reason = "it fails, and a table is matched, not iterated")]
    pub fn next(&mut self) -> Result<Option<Arg<K>>, Fail> {
        // -1 is a number that someone got wrong, not an option, unless the table has it.
        if let Some(mut words) = self.lex.try_raw_args()
            && let Some([b'-', digit @ b'0'..=b'9', ..]) = words.peek().map(|word| word.as_bytes())
            && !self.spec.opts.iter().any(|o| o.short == Some(char::from(*digit)))
        {
            return Ok(words.next().map(Arg::Operand));
        }
        // lexopt notices `--switch=value` only when it is asked for the next word.
        let arg = match self.lex.next() {
            Ok(Some(arg)) => arg,
            Ok(None) => return Ok(None),
            Err(lexopt::Error::UnexpectedValue { option, .. }) => return Err(Fail::usage(option, "takes no value")),
            Err(e) => return Err(Fail::usage("arguments", e)),
        };
        (self.opt, self.last) = match arg {
            Word(word) => return Ok(Some(Arg::Operand(word))),
            Short(c) => (self.spec.opts.iter().find(|o| o.short == Some(c)), format!("-{c}")),
            Long(name) => (self.spec.opts.iter().find(|o| o.long == name), format!("--{name}")),
        };
        if let Some(opt) = self.opt {
            return Ok(Some(Arg::Opt(opt.key)));
        }
        let text = match self.last.as_str() {
            "-h" | "--help" => self.spec.to_string(),
            "-V" | "--version" => self.spec.version_text(),
            "--generate" => {
                let what: String = self.value()?;
                let text = generate::by_name(self.spec, &what);
                return Err(text.map_or_else(|| self.refuse(&what, "man, bash, zsh or fish is needed"), Fail::Show));
            }
            _ => return Err(self.unknown()),
        };
        // `-hx` is two switches, `--help=x` is wrong.
        match self.last.starts_with("--").then(|| self.lex.optional_value()).flatten() {
            Some(_) => Err(Fail::usage(&self.last, "takes no value")),
            None => Err(Fail::Show(text)),
        }
    }

    /// The complaint about an option that the table lacks, with the nearest one.
    fn unknown(&self) -> Fail {
        let rows = self.spec.rows();
        let name = self.last.strip_prefix("--").and_then(|name| hint::nearest(name, rows.iter().map(|o| o.long)));
        let hint = match name {
            Some(name) => format!("did you mean --{name}?"),
            None => format!("see {} --help", self.spec.name),
        };
        Fail::usage(&self.last, format_args!("unknown option ({hint})"))
    }

    /// The option just returned or refused as the user wrote it: `-x` or `--long`.
    pub fn option(&self) -> &str {
        &self.last
    }

    /// The raw value of the option just returned.
    ///
    /// # Errors
    /// There is none.
    pub fn word(&mut self) -> Result<OsString, Fail> {
        self.lex.value().map_err(|_| Fail::usage(&self.last, "needs a value"))
    }

    /// The parsed value of the option just returned.
    ///
    /// # Errors
    /// There is none, it is not UTF-8, or it doesn't parse.
    pub fn value<T: FromStr<Err: fmt::Display>>(&mut self) -> Result<T, Fail> {
        let word = self.word()?;
        let text = word.to_str().ok_or_else(|| self.refuse(word.as_bytes(), "invalid UTF-8"))?;
        text.parse().map_err(|e| self.refuse(text, e))
    }

    /// The value of the option just returned as digits alone: no sign, no other base.
    ///
    /// # Errors
    /// There is none, or it is no such number or too big for `T`.
    pub fn number<T: FromStr>(&mut self) -> Result<T, Fail> {
        let word: String = self.value()?;
        let digits = word.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| word.parse().ok()).flatten().ok_or_else(|| self.refuse(&word, "no number in range"))
    }

    /// The value of the option just returned as so many of `what`, with a
    /// fraction if wanted: `5`, `0.25`. At most 10^9.
    ///
    /// # Errors
    /// There is none, or it is no such number.
    pub fn decimal(&mut self, what: &str) -> Result<f64, Fail> {
        let word: String = self.value()?;
        let plain = word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let number = plain.then(|| word.parse().ok()).flatten().filter(|n| *n <= 1e9);
        number.ok_or_else(|| self.refuse(&word, format_args!("no number of {what}")))
    }

    /// The value of the option just returned as a number of seconds, up to some
    /// 31 years.
    ///
    /// # Errors
    /// There is none, or it is no such number.
    pub fn seconds(&mut self) -> Result<Duration, Fail> {
        self.decimal("seconds").map(Duration::from_secs_f64)
    }

    /// The value of `-d, --delimiter`: one character of ASCII, or `\t`.
    ///
    /// # Errors
    /// There is none, or it is something else.
    pub fn delimiter(&mut self) -> Result<u8, Fail> {
        let word: String = self.value()?;
        match word.as_bytes() {
            b"\\t" => Ok(b'\t'),
            [c] if c.is_ascii() && !matches!(c, b'\n' | b'\r' | 0) => Ok(*c),
            _ => Err(self.refuse(&word, "one character is needed")),
        }
    }

    /// The value of the option just returned, as one of the words that the table
    /// gives it: its place among them.
    ///
    /// # Errors
    /// It is none of them.
    pub fn choice(&mut self) -> Result<usize, Fail> {
        let word: String = self.value()?;
        let Some(Value::Of(words)) = self.opt.map(|o| o.value) else { return Err(self.refuse(&word, "no choice")) };
        words.iter().position(|w| *w == word).ok_or_else(|| match hint::nearest(&word, words.iter().copied()) {
            Some(name) => self.refuse(&word, format_args!("unknown value (did you mean {name}?)")),
            None => self.refuse(&word, format_args!("one of {} is needed", words.join(", "))),
        })
    }

    /// A usage error about the value of the option just returned.
    pub fn refuse(&self, value: impl AsRef<[u8]>, reason: impl fmt::Display) -> Fail {
        Fail::usage(&self.last, format_args!("{}: {reason}", text::shown(value.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SPEC: Spec<()> = Spec {
        name: "test",
        version: "1",
        registries: &[],
        about: "",
        usage: &[],
        operands: Value::Any("WORD"),
        description: "",
        opts: &[Opt { key: (), short: Some('n'), long: "number", value: Value::Any("N"), help: "", more: "" }],
        exit_note: "",
        examples: &[],
        sections: &[],
        see_also: &[],
        beginnings: &[],
    };

    fn value<T>(word: &str, read: impl Fn(&mut Args<()>) -> Result<T, Fail>) -> Option<T> {
        let mut args = Args::new(&SPEC, ["-n", word].map(OsString::from));
        assert_eq!(args.next().expect("an option"), Some(Arg::Opt(())));
        read(&mut args).ok()
    }

    #[test]
    fn numbers_are_digits() {
        for bad in ["+5", "-1", "18446744073709551616", "1e3", "0x10", "٣", "", "1 ", "x", "1.5"] {
            assert_eq!(value(bad, Args::number::<u64>), None, "{bad}");
        }
        assert_eq!(value("007", Args::number::<u8>), Some(7));
    }

    #[test]
    fn a_choice_is_one_of_its_words() {
        static OPTS: [Opt<()>; 1] =
            [Opt { short: Some('n'), value: Value::Of(&["left", "right", "none"]), ..SPEC.opts[0] }];
        static CHOICE: Spec<()> = Spec { opts: &OPTS, ..SPEC };
        let choice = |word: &str| {
            let mut args = Args::new(&CHOICE, ["-n", word].map(OsString::from));
            assert_eq!(args.next().expect("an option"), Some(Arg::Opt(())));
            args.choice()
        };
        assert_eq!(["left", "right", "none"].map(|word| choice(word).unwrap()), [0, 1, 2]);
        let why = |word| match choice(word) {
            Err(Fail::Usage(why)) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why("rihgt"), "-n: rihgt: unknown value (did you mean right?)");
        assert_eq!(why("x"), "-n: x: one of left, right, none is needed");
    }

    #[test]
    fn a_negative_number_is_an_operand() {
        let mut args = Args::new(&SPEC, ["-1", "-n", "-1", "-x"].map(OsString::from));
        assert_eq!(args.next().unwrap(), Some(Arg::Operand("-1".into())));
        assert_eq!(args.next().unwrap(), Some(Arg::Opt(())));
        assert_eq!(args.word().unwrap(), "-1");
        assert!(matches!(args.next(), Err(Fail::Usage(_))));
    }

    #[test]
    fn a_misspelt_option_names_the_nearest() {
        for (word, want) in [
            ("--numbr", "--numbr: unknown option (did you mean --number?)"),
            ("--hlep", "--hlep: unknown option (did you mean --help?)"),
            ("--colour", "--colour: unknown option (see test --help)"),
            ("-x", "-x: unknown option (see test --help)"),
        ] {
            match Args::new(&SPEC, [word.into()]).next() {
                Err(Fail::Usage(text)) => assert_eq!(text, want),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_delimiter_is_one_character() {
        assert_eq!(value(",", Args::delimiter), Some(b','));
        assert_eq!(value("\\t", Args::delimiter), Some(b'\t'));
        for bad in ["", ",,", "\\n", "é", "\n"] {
            assert_eq!(value(bad, Args::delimiter), None, "{bad:?}");
        }
    }

    #[test]
    fn seconds_may_have_a_fraction() {
        for bad in ["+5", "-1", "1e3", "inf", "nan", "", ".", "1.2.3", "99999999999"] {
            assert_eq!(value(bad, Args::seconds), None, "{bad}");
        }
        assert_eq!(value("0.25", Args::seconds), Some(Duration::from_millis(250)));
    }
}
