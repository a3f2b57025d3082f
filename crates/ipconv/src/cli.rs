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
        hint,
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
    /// `--in` and `--in-file`: the union of both.
    pub within: List,
    /// `--not-in` and `--not-in-file`, likewise.
    pub without: List,
    /// The second number of `-f FIRST,LAST`: the field in which a range ends.
    pub last_field: Option<usize>,
    /// `--deep`.
    pub deep: bool,
    /// Which kernel reads plain lines; the fastest if there is nothing here.
    pub level: Option<Level>,
    /// Standard output is a terminal, which no line may command.
    pub terminal: bool,
    /// What is not an option.
    pub operands: Vec<OsString>,
}

/// Prefixes of the command line and in files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// In the order given, overlaps and all.
    pub blocks: Vec<Block>,
    /// Names of files that are still to be read, `-` for standard input.
    pub files: Vec<OsString>,
}

impl List {
    /// True if the option or its file was given, even where the list is empty.
    pub fn is_there(&self) -> bool {
        !(self.blocks.is_empty() && self.files.is_empty())
    }
}

/// The options of `--extract`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extract {
    /// `--dot-port`.
    pub dot_port: bool,
    /// `--no-prefixes`.
    pub no_prefixes: bool,
    /// `--ranges`.
    pub ranges: bool,
    /// `--defanged`.
    pub defanged: bool,
    /// `--sort`.
    pub sort: bool,
    /// `--unique`.
    pub unique: bool,
}

/// What happens to the inputs. Filters go with the first two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Print fields of each, or pass it on where there is a filter.
    Show,
    /// `--extract`.
    Extract(Extract),
    /// `--cidrs`.
    Cidrs,
    /// `--expand`.
    Expand,
    /// `--split LEN`.
    Split(u8),
    /// `--exclude`, in the order given.
    Exclude(Vec<Block>),
    /// `--exclude-file`.
    ExcludeFile(Vec<OsString>),
    /// `--common`.
    Common(Vec<OsString>),
    /// `--match-file`.
    MatchFile(Vec<OsString>),
    /// `--overlaps`.
    Overlaps,
    /// `--count`.
    Count,
    /// `--sort`, `--unique` or both.
    Sort {
        /// `--sort`.
        sort: bool,
        /// `--unique`.
        unique: bool,
    },
}

impl Mode {
    /// Are the inputs a list, of which the entries may have labels?
    pub fn is_list(&self) -> bool {
        match self {
            Mode::Cidrs | Mode::ExcludeFile(_) | Mode::Common(_) | Mode::Overlaps | Mode::Count | Mode::Sort { .. } => {
                true
            }
            Mode::Show | Mode::Extract(_) | Mode::Expand | Mode::Split(_) | Mode::Exclude(_) | Mode::MatchFile(_) => {
                false
            }
        }
    }
}

impl Conf {
    /// Is any of `--is --not --in --not-in` and their files there?
    pub fn filters(&self) -> bool {
        !self.tests.is_empty() || self.within.is_there() || self.without.is_there()
    }

    /// Does anything ask what an address is good for: a filter, or fields that are printed?
    pub fn judges(&self) -> bool {
        let prints = match self.mode {
            Mode::Show => true,
            Mode::MatchFile(_) | Mode::Overlaps | Mode::Count => false,
            _ => self.output.is_some() || self.form.json,
        };
        prints || self.filters()
    }

    /// May a label follow an input? A digit of base 85 begins none.
    pub fn labels(&self) -> bool {
        self.mode.is_list() && self.from != InputForm::Base85
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
        within: List::default(),
        without: List::default(),
        last_field: None,
        deep: false,
        level: None,
        terminal: false,
        operands: Vec::new(),
    };
    let (mut modes, mut extract): (Vec<(&str, Mode)>, _) = (Vec::new(), Extract::default());
    let mut args = Args::new(&SPEC, words);
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Operand(word) => conf.operands.push(word),
            Arg::Opt(Key::Output) => conf.output = Some(fields(&args.value::<String>()?)?),
            Arg::Opt(Key::From) => conf.from = InputForm::ALL[args.choice()?],
            Arg::Opt(Key::Is) => conf.tests.push((property(&mut args)?, true)),
            Arg::Opt(Key::Not) => conf.tests.push((property(&mut args)?, false)),
            Arg::Opt(Key::In) => conf.within.blocks.extend(blocks(&mut args)?),
            Arg::Opt(Key::InFile) => conf.within.files.push(args.word()?),
            Arg::Opt(Key::NotIn) => conf.without.blocks.extend(blocks(&mut args)?),
            Arg::Opt(Key::NotInFile) => conf.without.files.push(args.word()?),
            Arg::Opt(Key::Deep) => conf.deep = true,
            Arg::Opt(Key::Extract) => modes.push(("--extract", Mode::Extract(Extract::default()))),
            Arg::Opt(Key::DotPort) => extract.dot_port = true,
            Arg::Opt(Key::NoPrefixes) => extract.no_prefixes = true,
            Arg::Opt(Key::Ranges) => extract.ranges = true,
            Arg::Opt(Key::Defanged) => extract.defanged = true,
            Arg::Opt(Key::Cidrs) => modes.push(("--cidrs", Mode::Cidrs)),
            Arg::Opt(Key::Expand) => modes.push(("--expand", Mode::Expand)),
            Arg::Opt(Key::Split) => modes.push(("--split", Mode::Split(length(&mut args)?))),
            Arg::Opt(Key::Exclude) => match (&mut modes[..], blocks(&mut args)?) {
                ([.., (_, Mode::Exclude(all))], more) => all.extend(more),
                (_, all) => modes.push(("--exclude", Mode::Exclude(all))),
            },
            Arg::Opt(Key::ExcludeFile) => match (&mut modes[..], args.word()?) {
                ([.., (_, Mode::ExcludeFile(all))], file) => all.push(file),
                (_, file) => modes.push(("--exclude-file", Mode::ExcludeFile(vec![file]))),
            },
            Arg::Opt(Key::Common) => match (&mut modes[..], args.word()?) {
                ([.., (_, Mode::Common(all))], file) => all.push(file),
                (_, file) => modes.push(("--common", Mode::Common(vec![file]))),
            },
            Arg::Opt(Key::MatchFile) => match (&mut modes[..], args.word()?) {
                ([.., (_, Mode::MatchFile(all))], file) => all.push(file),
                (_, file) => modes.push(("--match-file", Mode::MatchFile(vec![file]))),
            },
            Arg::Opt(Key::Overlaps) => modes.push(("--overlaps", Mode::Overlaps)),
            Arg::Opt(Key::Count) => modes.push(("--count", Mode::Count)),
            Arg::Opt(Key::Sort) => extract.sort = true,
            Arg::Opt(Key::Unique) => extract.unique = true,
            Arg::Opt(Key::V4) => family(&mut conf, Family::V4)?,
            Arg::Opt(Key::V6) => family(&mut conf, Family::V6)?,
            Arg::Opt(Key::Echo) => conf.form.echo = true,
            Arg::Opt(Key::Keep) => conf.form.keep = true,
            Arg::Opt(Key::Field) => {
                let word: String = args.value()?;
                (conf.form.field, conf.last_field) = field_numbers(&word).map_err(|why| args.refuse(&word, why))?;
            }
            Arg::Opt(Key::Delimiter) => conf.form.delimiter = Some(args.delimiter()?),
            Arg::Opt(Key::Null) => conf.form.null = true,
            Arg::Opt(Key::Json) => conf.form.json = true,
            Arg::Opt(Key::Quiet) => conf.form.quiet = true,
        }
    }
    let ordered = extract.sort || extract.unique;
    if ordered && !matches!(modes[..], [(_, Mode::Extract(_))]) {
        let mode = Mode::Sort { sort: extract.sort, unique: extract.unique };
        modes.push((if extract.sort { "--sort" } else { "--unique" }, mode));
    }
    modes.dedup();
    if let [(a, _), (b, _), ..] = modes[..] {
        return Err(Fail::usage(b, format_args!("not together with {a}: use a pipe")));
    }
    let name = modes.first().map(|m| m.0);
    conf.mode = modes.pop().map_or(Mode::Show, |m| m.1);
    let is_extract = matches!(conf.mode, Mode::Extract(_));
    if is_extract {
        conf.mode = Mode::Extract(extract);
    }
    let options = [
        ("--dot-port", extract.dot_port),
        ("--no-prefixes", extract.no_prefixes),
        ("--ranges", extract.ranges),
        ("--defanged", extract.defanged),
    ];
    if let Some((option, _)) = options.iter().find(|(_, there)| *there && !is_extract) {
        return Err(Fail::usage(option, "only with --extract"));
    }
    if extract.ranges && extract.no_prefixes {
        return Err(Fail::usage("--ranges", "not together with --no-prefixes"));
    }
    if is_extract && conf.from != InputForm::Text {
        return Err(Fail::usage("--extract", "not together with --from"));
    }
    if let Some(name) = name.filter(|_| conf.filters() && !is_extract) {
        return Err(Fail::usage(name, "not together with a filter: use a pipe"));
    }
    if let Some(name) = name.filter(|_| conf.deep && !conf.judges()) {
        let reason = format_args!("not together with {name}, which judges no address (a filter or -o does)");
        return Err(Fail::usage("--deep", reason));
    }
    if conf.form.quiet && conf.form.keep && conf.filters() {
        return Err(Fail::usage("-k", "not together with -q and a filter, which ask for the status alone"));
    }
    check_records(&conf, name.unwrap_or_default())?;
    check_fields(&conf)?;
    check_stdin(&conf)?;
    let columns = if matches!(conf.mode, Mode::MatchFile(_)) { 2 } else { 1 };
    conf.form.columns = conf.output.as_ref().map_or(columns, Vec::len);
    needs_input(&SPEC, &conf.operands)?;
    Ok(conf)
}

/// Records that are not those of the inputs have neither their lines nor their places.
fn check_records(conf: &Conf, mode: &str) -> Result<(), Fail> {
    let (echo, keep) = match conf.mode {
        Mode::Cidrs | Mode::ExcludeFile(_) | Mode::Common(_) | Mode::Overlaps | Mode::Count => (false, false),
        Mode::Sort { sort: true, .. } | Mode::Extract(Extract { sort: true, .. }) => (true, false),
        _ => (true, true),
    };
    let mode = if matches!(conf.mode, Mode::Extract(_)) { "--sort" } else { mode };
    for (option, refused) in [("-e", conf.form.echo && !echo), ("-k", conf.form.keep && !keep)] {
        if refused {
            let reason = format_args!("not together with {mode}, whose lines are not those of the input");
            return Err(Fail::usage(option, reason));
        }
    }
    let has_own = matches!(conf.mode, Mode::MatchFile(_) | Mode::Overlaps | Mode::Count);
    if has_own && conf.output.is_some() {
        return Err(Fail::usage("-o", format_args!("not together with {mode}, which has fields of its own")));
    }
    Ok(())
}

fn check_fields(conf: &Conf) -> Result<(), Fail> {
    if conf.from == InputForm::Raw && conf.form.field.is_some() {
        return Err(Fail::usage("-f", "not together with --from raw, which has no lines"));
    }
    if conf.form.delimiter.is_some() && conf.form.field.is_none() {
        return Err(Fail::usage("-d", "only with -f"));
    }
    if conf.last_field.is_some() && !(conf.mode.is_list() && conf.form.delimiter.is_some()) {
        let lists = "--cidrs, --count, --overlaps, --sort, --unique, --common or --exclude-file";
        return Err(Fail::usage("-f", format_args!("FIRST,LAST only with -d and one of {lists}")));
    }
    Ok(())
}

/// Standard input is the inputs or one list, not both and not two.
fn check_stdin(conf: &Conf) -> Result<(), Fail> {
    let (mode, of_mode) = match &conf.mode {
        Mode::ExcludeFile(files) => ("--exclude-file", &files[..]),
        Mode::Common(files) => ("--common", &files[..]),
        Mode::MatchFile(files) => ("--match-file", &files[..]),
        _ => ("", &[][..]),
    };
    let lists = [("--in-file", &conf.within.files[..]), ("--not-in-file", &conf.without.files[..]), (mode, of_mode)];
    let mut readers = lists.iter().flat_map(|(name, files)| files.iter().filter(|f| *f == "-").map(move |_| *name));
    let Some(first) = readers.next() else { return Ok(()) };
    if let Some(second) = readers.next() {
        return Err(Fail::usage(second, "standard input can't be two lists"));
    }
    if conf.operands.is_empty() || conf.operands.iter().any(|o| o == "-") {
        return Err(Fail::usage(first, "standard input can't be both the prefixes and the inputs"));
    }
    Ok(())
}

/// The number of a field, or of those in which a range begins and ends.
fn field_numbers(word: &str) -> Result<(Option<usize>, Option<usize>), &'static str> {
    let number = |text: &str| match text.parse::<usize>() {
        Ok(0) => Err("fields are counted from 1"),
        Ok(n) if text.bytes().all(|b| b.is_ascii_digit()) => Ok(Some(n)),
        _ => Err("a number is needed"),
    };
    match word.split_once(',') {
        Some((first, last)) => Ok((number(first)?, number(last)?)),
        None => Ok((number(word)?, None)),
    }
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
    let mut fields = Vec::new();
    for name in list.split(',') {
        match field::ALL.iter().find(|f| f.1 == name) {
            Some(f) => fields.push(f.0),
            None if name == "all" => fields.extend(field::ALL.iter().map(|f| f.0)),
            None => {
                let names: Vec<_> = field::ALL.iter().map(|f| f.1).collect();
                let told = match nearest(name, names.iter().copied().chain(["all"])) {
                    Some(name) => format!("no such field (did you mean {name}?)"),
                    None => format!("no such field; there are {}", names.join(" ")),
                };
                return Err(Fail::usage("-o", format_args!("{}: {told}", shown(name.as_bytes()))));
            }
        }
    }
    Ok(fields)
}

/// The addresses, prefixes and ranges in the value of the option just read.
fn blocks(args: &mut Args<Key>) -> Result<Vec<Block>, Fail> {
    let list: String = args.value()?;
    list.split(',')
        .map(|one| {
            text::parse(one.as_bytes())
                .map(|v| v.block())
                .map_err(|why| args.refuse(one, hint::explain_block(one, &why)))
        })
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
