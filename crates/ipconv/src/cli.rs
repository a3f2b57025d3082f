//! Words to [`Conf`].
use std::{ffi::OsString, str::FromStr};

use plainnet_common::{
    args::{Arg, Args},
    exit::Fail,
    hint::nearest,
    input::{Form, needs_input},
    text::shown,
};

use crate::{
    address::{
        form::InputForm,
        simd::Level,
        text,
        value::{Block, Family},
    },
    class::property::Property,
    print::field::{self, Field},
    spec::{Key, PROPERTIES, SPEC},
};

/// What the user asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Conf {
    /// How records go in and out.
    pub form: Form,
    /// How an input is written.
    pub from: InputForm,
    /// `-4` or `-6`: the other family is invalid.
    pub family: Option<Family>,
    /// `-o`, or nothing for what the mode prints by itself.
    pub output: Option<Vec<Field>>,
    /// What happens to the inputs.
    pub mode: Mode,
    /// `--is` (true) and `--not` (false): all must hold for an input to pass.
    pub tests: Vec<(Property, bool)>,
    /// `--in`, in the order given, overlaps and all. With `--in-file`: the union of both.
    pub within: Vec<Block>,
    /// `--in-file`.
    pub within_files: Vec<OsString>,
    /// `--deep`.
    pub deep: bool,
    /// `--dot-port`.
    pub dot_port: bool,
    /// Which kernel reads plain lines; the fastest if there is nothing here.
    pub level: Option<Level>,
    /// Standard output is a terminal, which no line may command.
    pub terminal: bool,
    /// What is not an option.
    pub operands: Vec<OsString>,
}

/// What happens to the inputs. Filters go with the first two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Print fields of each, or pass it on where there is a filter.
    Show,
    /// `--extract`.
    Extract,
    /// `--cidrs`.
    Cidrs,
    /// `--expand`.
    Expand,
    /// `--split LEN`.
    Split(u8),
    /// `--exclude`, in the order given.
    Exclude(Vec<Block>),
    /// `--sort`, `--unique` or both.
    Sort {
        /// `--sort`.
        sort: bool,
        /// `--unique`.
        unique: bool,
    },
}

impl Conf {
    /// Is any of `--is --not --in --in-file` there?
    pub fn filters(&self) -> bool {
        !(self.tests.is_empty() && self.within.is_empty() && self.within_files.is_empty())
    }
}

/// Reads the words after the program's name.
///
/// # Errors
/// A usage error that names the word.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Conf, Fail> {
    let mut conf = Conf {
        form: Form::default(),
        from: InputForm::Text,
        family: None,
        output: None,
        mode: Mode::Show,
        tests: Vec::new(),
        within: Vec::new(),
        within_files: Vec::new(),
        deep: false,
        dot_port: false,
        level: None,
        terminal: false,
        operands: Vec::new(),
    };
    let (mut modes, mut sort, mut unique) = (Vec::new(), false, false);
    let mut args = Args::new(&SPEC, words);
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Operand(word) => conf.operands.push(word),
            Arg::Opt(Key::Output) => conf.output = Some(fields(&args.value::<String>()?)?),
            Arg::Opt(Key::From) => conf.from = InputForm::ALL[args.choice()?],
            Arg::Opt(Key::Is) => conf.tests.push((property(&mut args)?, true)),
            Arg::Opt(Key::Not) => conf.tests.push((property(&mut args)?, false)),
            Arg::Opt(Key::In) => conf.within.extend(blocks(&mut args)?),
            Arg::Opt(Key::InFile) => conf.within_files.push(args.word()?),
            Arg::Opt(Key::Deep) => conf.deep = true,
            Arg::Opt(Key::Extract) => modes.push(("--extract", Mode::Extract)),
            Arg::Opt(Key::DotPort) => conf.dot_port = true,
            Arg::Opt(Key::Cidrs) => modes.push(("--cidrs", Mode::Cidrs)),
            Arg::Opt(Key::Expand) => modes.push(("--expand", Mode::Expand)),
            Arg::Opt(Key::Split) => modes.push(("--split", Mode::Split(length(&mut args)?))),
            Arg::Opt(Key::Exclude) => match (&mut modes[..], blocks(&mut args)?) {
                ([.., (_, Mode::Exclude(all))], more) => all.extend(more),
                (_, all) => modes.push(("--exclude", Mode::Exclude(all))),
            },
            Arg::Opt(Key::Sort) => sort = true,
            Arg::Opt(Key::Unique) => unique = true,
            Arg::Opt(Key::V4) => family(&mut conf, Family::V4)?,
            Arg::Opt(Key::V6) => family(&mut conf, Family::V6)?,
            Arg::Opt(Key::Echo) => conf.form.echo = true,
            Arg::Opt(Key::Keep) => conf.form.keep = true,
            Arg::Opt(Key::Field) => match args.number()? {
                0 => return Err(args.refuse("0", "fields are counted from 1")),
                n => conf.form.field = Some(n),
            },
            Arg::Opt(Key::Null) => conf.form.null = true,
            Arg::Opt(Key::Json) => conf.form.json = true,
            Arg::Opt(Key::Quiet) => conf.form.quiet = true,
        }
    }
    if sort || unique {
        modes.push((if sort { "--sort" } else { "--unique" }, Mode::Sort { sort, unique }));
    }
    modes.dedup();
    if let [(a, _), (b, _), ..] = modes[..] {
        return Err(Fail::usage(b, format_args!("not together with {a}: use a pipe")));
    }
    let name = modes.first().map(|m| m.0);
    conf.mode = modes.pop().map_or(Mode::Show, |m| m.1);
    if conf.dot_port && conf.mode != Mode::Extract {
        return Err(Fail::usage("--dot-port", "only with --extract"));
    }
    if conf.mode == Mode::Extract && conf.from != InputForm::Text {
        return Err(Fail::usage("--extract", "not together with --from"));
    }
    if let Some(name) = name.filter(|_| conf.filters() && conf.mode != Mode::Extract) {
        return Err(Fail::usage(name, "not together with a filter: use a pipe"));
    }
    let new_lines = match conf.mode {
        Mode::Cidrs if conf.form.echo => Some(("--cidrs", "-e")),
        Mode::Cidrs if conf.form.keep => Some(("--cidrs", "-k")),
        Mode::Sort { sort: true, .. } if conf.form.keep => Some(("--sort", "-k")),
        _ => None,
    };
    if let Some((mode, option)) = new_lines {
        return Err(Fail::usage(
            option,
            format_args!("not together with {mode}, whose lines are not those of the input"),
        ));
    }
    if conf.from == InputForm::Raw && conf.form.field.is_some() {
        return Err(Fail::usage("-f", "not together with --from raw, which has no lines"));
    }
    if conf.within_files.iter().any(|f| f == "-")
        && (conf.operands.is_empty() || conf.operands.iter().any(|o| o == "-"))
    {
        return Err(Fail::usage("--in-file", "standard input can't be both the prefixes and the inputs"));
    }
    conf.form.columns = conf.output.as_ref().map_or(1, Vec::len);
    needs_input(&SPEC, &conf.operands)?;
    Ok(conf)
}

fn property(args: &mut Args<Key>) -> Result<Property, Fail> {
    let word: String = args.value()?;
    let name = word.strip_prefix("is_").unwrap_or(&word);
    let found = PROPERTIES.iter().position(|known| *known == name).and_then(|at| Property::ALL.get(at));
    found.copied().ok_or_else(|| match nearest(name, PROPERTIES.iter().copied()) {
        Some(name) => args.refuse(&word, format_args!("no such property (did you mean {name}?)")),
        None => args.refuse(&word, format_args!("one of {} is needed", PROPERTIES.join(", "))),
    })
}

/// The fields of `-o`.
fn fields(list: &str) -> Result<Vec<Field>, Fail> {
    if list == "all" {
        return Ok(field::ALL.iter().map(|f| f.0).collect());
    }
    list.split(',')
        .map(|name| match field::ALL.iter().find(|f| f.1 == name) {
            Some(f) => Ok(f.0),
            None => {
                let names: Vec<_> = field::ALL.iter().map(|f| f.1).collect();
                let told = match nearest(name, names.iter().copied().chain(["all"])) {
                    Some(name) => format!("no such field (did you mean {name}?)"),
                    None => format!("no such field; there are {}", names.join(" ")),
                };
                Err(Fail::usage("-o", format_args!("{}: {told}", shown(name.as_bytes()))))
            }
        })
        .collect()
}

/// The addresses, prefixes and ranges in the value of the option just read.
fn blocks(args: &mut Args<Key>) -> Result<Vec<Block>, Fail> {
    let list: String = args.value()?;
    list.split(',')
        .map(|one| text::parse(one.as_bytes()).map(|v| v.block()).map_err(|why| args.refuse(one, why)))
        .collect()
}

/// A prefix length: digits and nothing else. One that is too long is the fault of an input.
fn length(args: &mut Args<Key>) -> Result<u8, Fail> {
    let word: String = args.value()?;
    match u8::from_str(&word) {
        Ok(len) if len.to_string() == word => Ok(len),
        _ => Err(args.refuse(&word, "a prefix length from 0 to 128 is needed")),
    }
}

fn family(conf: &mut Conf, family: Family) -> Result<(), Fail> {
    match conf.family.replace(family) {
        Some(other) if other != family => Err(Fail::usage("-4", "not together with -6")),
        _ => Ok(()),
    }
}
