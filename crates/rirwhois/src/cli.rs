//! Words to [`Conf`].
use std::{env, ffi::OsString, path::PathBuf, time::Duration};

use plainnet_common::{
    args::{Arg, Args},
    exit::Fail,
    hint,
    input::{Form, needs_input},
};

use crate::{
    ask::origin,
    ask::proxy::Proxies,
    ask::servers::{self, Server, Servers},
    read::field::Field,
    spec::{Key, SPEC},
    table::column::{COLUMNS, Column},
    table::kept,
};

/// What to print of each answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Print {
    /// The answer's text.
    #[default]
    Text,
    /// The answer's bytes.
    Raw,
    /// These columns of the table's row.
    Offline(Vec<Column>),
    /// The country, from the table.
    Country,
    /// The fields that have a value, a line each.
    Brief,
    /// These fields.
    Fields(Vec<Field>),
    /// What the organisation holds.
    Blocks,
}

/// What the user asked for.
#[derive(Debug)]
#[expect(missing_docs, reason = "the option of the same name says it")]
pub struct Conf {
    pub form: Form,
    pub print: Print,
    pub server: Option<Server>,
    pub rdap: bool,
    /// The base of an RDAP server, from `--server`.
    pub base: Option<String>,
    pub servers: Servers,
    pub follow_any: bool,
    pub unordered: bool,
    /// The line to send as it is.
    pub query: Option<String>,
    pub origin: bool,
    /// What of an origin is printed.
    pub origin_fields: Vec<origin::Field>,
    /// What the environment says about proxies.
    pub proxies: Proxies,
    pub timeout: Duration,
    /// The same of a file that --update fetches, which is long.
    pub update_timeout: Duration,
    pub max_bytes: usize,
    /// Queries a second, 0 for no limit; nothing for the registry's own.
    pub rate: Option<f64>,
    pub cache: bool,
    pub update: bool,
    pub stats: bool,
    pub verbose: bool,
    pub operands: Vec<OsString>,
    /// The table that --update writes, in the user's folder for data (XDG).
    pub kept: Option<PathBuf>,
    /// The user's folder for caches.
    pub caches: Option<PathBuf>,
}

/// Reads the words after the program's name.
///
/// # Errors
/// They are not a command line of ours, or a file that they name can't be read.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Conf, Fail> {
    let mut conf = Conf {
        form: Form::default(),
        print: Print::Text,
        server: None,
        rdap: false,
        base: None,
        servers: Servers::default(),
        follow_any: false,
        unordered: false,
        query: None,
        origin: false,
        origin_fields: vec![origin::Field::Asn],
        proxies: Proxies::read(|name| env::var(name).ok()),
        timeout: Duration::from_secs(20),
        update_timeout: Duration::from_secs(600),
        max_bytes: 4 << 20,
        rate: None,
        cache: false,
        update: false,
        stats: false,
        verbose: false,
        operands: Vec::new(),
        kept: folder("XDG_DATA_HOME", ".local/share").map(|folder| folder.join(kept::FILE)),
        caches: folder("XDG_CACHE_HOME", ".cache"),
    };
    let mut asked: Option<&str> = None;
    let mut print = |conf: &mut Conf, name: &'static str, print| match asked {
        Some(before) if before != name => Err(Fail::Usage(format!("{name}: not together with {before}"))),
        _ => {
            asked = Some(name);
            conf.print = print;
            Ok(())
        }
    };
    let mut output: Option<String> = None;
    let mut args = Args::new(&SPEC, words);
    // --version tells of the table that --update wrote, too.
    let kept = conf.kept.clone();
    let version = |end| match (end, &kept) {
        (Fail::Show(text), Some(path)) if text == SPEC.version_text() => Fail::Show(text + &kept::version(path)),
        (end, _) => end,
    };
    while let Some(arg) = args.next().map_err(&version)? {
        match arg {
            Arg::Opt(Key::Rir) => print(&mut conf, "--rir", Print::Offline(vec![Column::Registry]))?,
            Arg::Opt(Key::Table) => print(&mut conf, "--table", Print::Offline(COLUMNS.into()))?,
            Arg::Opt(Key::Country) => print(&mut conf, "--country", Print::Country)?,
            Arg::Opt(Key::Brief) => print(&mut conf, "--brief", Print::Brief)?,
            Arg::Opt(Key::Blocks) => print(&mut conf, "--blocks", Print::Blocks)?,
            Arg::Opt(Key::Raw) => print(&mut conf, "--raw", Print::Raw)?,
            // Which fields there are depends on options that may follow.
            Arg::Opt(Key::Output) => output = Some(args.value()?),
            Arg::Opt(Key::Json) => conf.form.json = true,
            Arg::Opt(Key::Server) => {
                let text: String = args.value()?;
                if text.starts_with("http://") || text.starts_with("https://") {
                    if !servers::is_base(&text) {
                        return Err(args.refuse(&text, servers::NO_BASE));
                    }
                    (conf.rdap, conf.base) = (true, Some(text));
                    continue;
                }
                conf.server = Some(Server::parse(&text).ok_or_else(|| args.refuse(&text, "HOST[:PORT] is needed"))?);
            }
            Arg::Opt(Key::Registries) => conf.servers = Servers::read(&args.word()?)?,
            Arg::Opt(Key::Unordered) => conf.unordered = true,
            Arg::Opt(Key::Origin) => conf.origin = true,
            Arg::Opt(Key::Query) => {
                let text: String = args.value()?;
                if text.contains(['\r', '\n', '\0']) {
                    return Err(args.refuse(&text, "a line end is in it"));
                }
                conf.query = Some(text);
            }
            Arg::Opt(Key::FollowAny) => conf.follow_any = true,
            Arg::Opt(Key::Timeout) => {
                conf.timeout =
                    Some(args.seconds()?).filter(|t| !t.is_zero()).ok_or_else(|| args.refuse("0", "more is needed"))?;
                conf.update_timeout = conf.timeout;
            }
            Arg::Opt(Key::MaxBytes) => conf.max_bytes = whole(&mut args)?,
            Arg::Opt(Key::Cache) => conf.cache = true,
            Arg::Opt(Key::NoCache) => conf.cache = false,
            Arg::Opt(Key::Rate) => conf.rate = Some(args.decimal("queries")?),
            Arg::Opt(Key::Rdap) => conf.rdap = true,
            Arg::Opt(Key::Whois) => (conf.rdap, conf.base) = (false, None),
            Arg::Opt(Key::Update) => conf.update = true,
            Arg::Opt(Key::Stats) => conf.stats = true,
            Arg::Opt(Key::Verbose) => conf.verbose = true,
            Arg::Opt(Key::Echo) => conf.form.echo = true,
            Arg::Opt(Key::Keep) => conf.form.keep = true,
            Arg::Opt(Key::Field) => conf.form.field = Some(whole(&mut args)?),
            Arg::Opt(Key::Delimiter) => conf.form.delimiter = Some(args.delimiter()?),
            Arg::Opt(Key::Null) => conf.form.null = true,
            Arg::Opt(Key::Quiet) => conf.form.quiet = true,
            Arg::Operand(word) => conf.operands.push(word),
        }
    }
    if let Some(list) = output {
        if !matches!(conf.print, Print::Offline(_)) {
            print(&mut conf, "--output", Print::Text)?;
        }
        fields(&mut conf, &list)?;
    }
    check(&conf)?;
    if conf.form.json && conf.print == Print::Raw {
        return Err(Fail::Usage("--raw: not together with --json".into()));
    }
    if conf.rdap {
        if conf.server.is_some() {
            return Err(Fail::Usage(
                "--rdap: not together with a whois server (--server takes an http or https base)".into(),
            ));
        }
        if cfg!(not(feature = "rdap")) {
            return Err(Fail::Usage("--rdap: this build is without RDAP".into()));
        }
        if conf.print == Print::Text {
            conf.print = Print::Brief;
        }
    }
    conf.form.columns = match &conf.print {
        Print::Offline(columns) => columns.len(),
        _ if conf.origin => conf.origin_fields.len(),
        Print::Fields(fields) => fields.len(),
        _ => 1,
    };
    if conf.update {
        if let Some(name) = asked {
            return Err(Fail::Usage(format!("--update: not together with {name}")));
        }
        if cfg!(not(feature = "rdap")) && conf.operands.is_empty() {
            return Err(Fail::Usage("--update: this build is without HTTPS, a file is needed".into()));
        }
    } else if conf.query.is_none() {
        needs_input(&SPEC, &conf.operands)?;
    }
    Ok(conf)
}

/// Reads the fields of -o, which are others without the network and under --origin.
fn fields(conf: &mut Conf, list: &str) -> Result<(), Fail> {
    if conf.origin {
        conf.origin_fields = names(list, origin::Field::from_name, &origin::FIELDS.map(origin::Field::name))?;
        return Ok(());
    }
    conf.print = match conf.print {
        Print::Offline(_) => {
            elsewhere(
                list,
                |name| Column::from_name(name).is_some(),
                |name| Field::from_name(name).is_some(),
                "not with -r or -t",
            )?;
            Print::Offline(names(list, Column::from_name, &COLUMNS.map(Column::name))?)
        }
        _ => {
            let is_own = |name: &str| Field::from_name(name).is_some();
            elsewhere(list, is_own, |name| origin::Field::from_name(name).is_some(), "only with --origin")?;
            elsewhere(list, is_own, |name| Column::from_name(name).is_some(), "only with -r or -t")?;
            Print::Fields(names(list, Field::from_name, &Field::names().collect::<Vec<_>>())?)
        }
    };
    Ok(())
}

/// Refuses a name in the list that is a field of another mode, and says of which.
fn elsewhere(
    list: &str,
    is_own: impl Fn(&str) -> bool,
    is_other: impl Fn(&str) -> bool,
    why: &str,
) -> Result<(), Fail> {
    match list.split(',').find(|name| !is_own(name) && is_other(name)) {
        Some(name) => Err(Fail::usage(format!("-o: {name}"), why)),
        None => Ok(()),
    }
}

/// The fields of these names, separated by commas; `all` names are told for one that is none.
fn names<T>(list: &str, from_name: impl Fn(&str) -> Option<T>, all: &[&str]) -> Result<Vec<T>, Fail> {
    let field = |name: &str| {
        if name.is_empty() {
            return Err(Fail::usage("-o", format_args!("a name is missing; there are {}", all.join(" "))));
        }
        from_name(name).ok_or_else(|| {
            let nearest = hint::nearest(name, all.iter().copied());
            let meant = nearest.map_or_else(String::new, |nearest| format!(" (did you mean {nearest}?)"));
            Fail::usage(format!("-o: {name}"), format!("no such field{meant}; there are {}", all.join(" ")))
        })
    };
    list.split(',').map(field).collect()
}

/// Refuses options that do not go together.
fn check(conf: &Conf) -> Result<(), Fail> {
    let refuse = |what: &str| Err(Fail::Usage(what.to_owned()));
    if conf.form.delimiter.is_some() && conf.form.field.is_none() {
        return refuse("-d: only with -f");
    }
    if conf.query.is_some() {
        if conf.server.is_none() {
            return refuse("--query: needs --server, and a whois server");
        }
        if !conf.operands.is_empty() {
            return refuse("--query: not together with operands");
        }
        if !matches!(conf.print, Print::Text | Print::Raw) || conf.form.json || conf.origin || conf.rdap || conf.update
        {
            return refuse("--query: prints the answer as it is, there are no fields");
        }
    }
    if conf.origin && !matches!(conf.print, Print::Text | Print::Brief | Print::Fields(_)) {
        return refuse("--origin: prints AS numbers, or -o's fields asn, as_name and announced");
    }
    if conf.origin && (conf.rdap || conf.update) {
        return refuse("--origin: not together with --rdap or --update");
    }
    if conf.stats && (conf.origin || conf.update) {
        return refuse("--stats: not together with --origin or --update");
    }
    Ok(())
}

/// A folder of the XDG base directories, which counts only if it is absolute.
fn folder(name: &str, below_home: &str) -> Option<PathBuf> {
    let own = env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home =
        || env::var_os("HOME").map(|home| PathBuf::from(home).join(below_home)).filter(|path| path.is_absolute());
    own.or_else(home)
}

/// A number from 1.
fn whole(args: &mut Args<Key>) -> Result<usize, Fail> {
    Some(args.number()?).filter(|n| *n > 0).ok_or_else(|| args.refuse("0", "a number from 1 is needed"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        spec::{FIELDS, HOSTS},
        table::registry,
    };

    #[test]
    fn the_shells_are_told_every_field_and_server() {
        let all = Field::names().chain(COLUMNS.map(Column::name)).chain(origin::FIELDS.map(origin::Field::name));
        let told: BTreeSet<&str> = FIELDS.iter().copied().collect();
        assert_eq!((told.len(), told), (FIELDS.len(), all.collect()));
        let hosts: BTreeSet<&str> =
            registry::ALL.into_iter().map(|registry| registry.host()).filter(|host| !host.is_empty()).collect();
        assert_eq!(HOSTS.iter().copied().collect::<BTreeSet<_>>(), hosts);
    }
}
