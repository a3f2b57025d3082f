//! Words to [`Conf`].
use std::{ffi::OsString, path::PathBuf, time::Duration};

use plainnet_common::{
    args::{Arg, Args},
    exit::Fail,
    input::{self, Form},
};

use crate::{
    ask::pasted,
    net::server::Address,
    spec::{Key, SPEC},
    wire::types::{Ask, Type, UnknownType},
};

/// Most questions in flight: each needs an identifier of 16 bits that no other has.
const MOST_WINDOW: u32 = 10_000;
/// Questions in flight for one name: all of its types at once.
const ONE_WINDOW: usize = 100;
/// Questions in flight for several names; with more, loopback already loses datagrams.
const MANY_WINDOW: usize = 400;

/// What a record looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// `TYPE:rdata`.
    #[default]
    Plain,
    /// The rdata alone.
    Short,
    /// `TYPE<TAB>TTL<TAB>rdata`.
    Long,
    /// A master-file line.
    Zone,
    /// An object for each name.
    Json,
    /// What the records tell, in words.
    Explain,
}

/// What the user asked for.
#[derive(Debug)]
#[expect(missing_docs, reason = "the option of the same name says it")]
pub struct Conf {
    pub form: Form,
    pub view: View,
    /// After @; without any the system's servers are asked.
    pub server: Option<Address>,
    /// Types to ask instead of all.
    pub types: Option<Vec<Type>>,
    pub addresses: bool,
    /// Follow aliases: by --follow or by -a.
    pub follow: bool,
    pub trace: bool,
    pub dnssec: bool,
    pub search: bool,
    /// The hosts file to read, if any.
    pub hosts: Option<PathBuf>,
    /// How long to wait after the last try.
    pub timeout: Duration,
    /// Datagrams for a question, at least 1.
    pub tries: u32,
    /// Questions in flight, at least 1.
    pub window: usize,
    /// Time between two questions, where the rate is limited.
    pub pace: Option<Duration>,
    pub exhaustive: bool,
    pub stats: bool,
    pub reverse: bool,
    pub verbose: bool,
    /// More than one name may come: wait for each first answer.
    pub many: bool,
    pub names: Vec<OsString>,
}

/// Reads the words after the program's name.
///
/// # Errors
/// They are not a command line of dnsall, or ask for help.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Conf, Fail> {
    let mut conf = Conf {
        form: Form::default(),
        view: View::Plain,
        server: None,
        types: None,
        addresses: false,
        follow: false,
        trace: false,
        dnssec: false,
        search: false,
        hosts: None,
        timeout: Duration::from_secs(3),
        tries: 4,
        window: 0,
        pace: None,
        exhaustive: false,
        stats: false,
        reverse: false,
        verbose: false,
        many: false,
        names: Vec::new(),
    };
    let mut views: Vec<(View, &str)> = Vec::new();
    let (mut echo, mut no_echo, mut no_hosts) = (false, false, false);
    let words: Vec<OsString> = words.into_iter().collect();
    if let Some((word, hint)) =
        words.iter().take_while(|w| *w != "--").find_map(|w| Some((w, pasted::habit(w.to_str()?)?)))
    {
        return Err(Fail::usage(word.as_encoded_bytes(), hint));
    }
    let mut args = Args::new(&SPEC, words);
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Opt(Key::Type) => {
                let list: String = args.value()?;
                let types = conf.types.get_or_insert_default();
                for word in list.split(',') {
                    let kind: Type = word.parse().map_err(|e| args.refuse(word, no_type(word, e)))?;
                    if kind.ask() == Ask::Never {
                        return Err(args.refuse(word, "no type that can be asked for"));
                    }
                    if !types.contains(&kind) {
                        types.push(kind);
                    }
                }
            }
            Arg::Opt(Key::Short) => views.push((View::Short, "--short")),
            Arg::Opt(Key::Long) => views.push((View::Long, "--long")),
            Arg::Opt(Key::Zone) => views.push((View::Zone, "--zone")),
            Arg::Opt(Key::Json) => views.push((View::Json, "--json")),
            Arg::Opt(Key::Explain) => views.push((View::Explain, "--explain")),
            Arg::Opt(Key::Addresses) => conf.addresses = true,
            Arg::Opt(Key::Follow) => conf.follow = true,
            Arg::Opt(Key::Trace) => conf.trace = true,
            Arg::Opt(Key::Dnssec) => conf.dnssec = true,
            Arg::Opt(Key::Search) => conf.search = true,
            Arg::Opt(Key::Hosts) => conf.hosts = Some(PathBuf::from(args.word()?)),
            Arg::Opt(Key::NoHosts) => no_hosts = true,
            Arg::Opt(Key::Timeout) => conf.timeout = timeout(&mut args)?,
            Arg::Opt(Key::Tries) => conf.tries = count(&mut args, 100)?,
            Arg::Opt(Key::Window) => conf.window = count(&mut args, MOST_WINDOW)? as usize,
            Arg::Opt(Key::Rate) => conf.pace = Some(Duration::from_secs(1) / count(&mut args, 1_000_000)?),
            Arg::Opt(Key::Exhaustive) => conf.exhaustive = true,
            Arg::Opt(Key::Stats) => conf.stats = true,
            Arg::Opt(Key::Reverse) => conf.reverse = true,
            Arg::Opt(Key::Echo) => echo = true,
            Arg::Opt(Key::NoEcho) => no_echo = true,
            Arg::Opt(Key::Keep) => conf.form.keep = true,
            Arg::Opt(Key::Null) => conf.form.null = true,
            Arg::Opt(Key::Verbose) => conf.verbose = true,
            Arg::Opt(Key::Quiet) => conf.form.quiet = true,
            Arg::Operand(word) => operand(&mut conf, word)?,
        }
    }

    views.dedup();
    match views[..] {
        [] => {}
        [(view, _)] => conf.view = view,
        [(_, one), (_, two), ..] => return Err(Fail::usage(two, format_args!("not together with {one}"))),
    }
    if conf.addresses {
        if conf.types.is_some() {
            return Err(Fail::usage("-a", "not together with -t"));
        }
        if matches!(conf.view, View::Zone | View::Explain) {
            return Err(Fail::usage("-a", "not together with --zone or --explain"));
        }
        conf.types = Some(vec![Type::A, Type::AAAA]);
        conf.follow = true;
        if conf.view == View::Plain {
            conf.view = View::Short;
        }
    }
    if echo && no_echo {
        return Err(Fail::usage("--no-echo", "not together with --echo"));
    }
    if no_hosts && conf.hosts.is_some() {
        return Err(Fail::usage("--no-hosts", "not together with --hosts"));
    }
    if conf.trace && (conf.search || conf.follow) {
        return Err(Fail::usage("--trace", "not together with --search, --follow or -a"));
    }
    if !no_hosts && conf.hosts.is_none() && conf.server.is_none() && !conf.trace {
        conf.hosts = Some(PathBuf::from("/etc/hosts"));
    }
    input::needs_input(&SPEC, &conf.names)?;
    misplaced(&conf)?;
    conf.many = conf.names.len() != 1 || conf.names[0] == "-";
    if conf.window == 0 {
        conf.window = if conf.many { MANY_WINDOW } else { ONE_WINDOW };
    }
    conf.form.json = conf.view == View::Json;
    conf.form.columns = if conf.view == View::Long { 3 } else { 1 };
    conf.form.echo = (echo || conf.many && !no_echo) && !matches!(conf.view, View::Zone | View::Json);
    Ok(conf)
}

/// Why a word is no type, with what was probably meant.
fn no_type(word: &str, why: UnknownType) -> String {
    match (pasted::type_hint(word), pasted::nearest_type(word)) {
        (Some(hint), _) => format!("no record type ({hint})"),
        (None, Some(nearest)) => format!("no record type (did you mean {nearest}?)"),
        (None, None) => why.to_string(),
    }
}

/// Refuses a type, a class or a server that stands among several names. A short
/// name that the search list completes may well be called mx.
fn misplaced(conf: &Conf) -> Result<(), Fail> {
    if conf.names.len() < 2 || conf.search {
        return Ok(());
    }
    let names: Vec<&str> = conf.names.iter().map(|name| name.to_str().unwrap_or_default()).collect();
    for (at, name) in names.iter().enumerate() {
        if let Some(why) = pasted::misplaced(name, names.get(at + 1).copied()) {
            return Err(Fail::usage(name, why));
        }
    }
    Ok(())
}

/// A name, or a habit from another tool.
fn operand(conf: &mut Conf, word: OsString) -> Result<(), Fail> {
    let Some(text) = word.to_str() else {
        conf.names.push(word);
        return Ok(());
    };
    if let Some(server) = text.strip_prefix('@') {
        if conf.server.is_some() {
            return Err(Fail::usage(text, "one server is enough"));
        }
        conf.server = Some(server.parse().map_err(|e| match pasted::server_hint(server) {
            Some(hint) => Fail::usage(text, format_args!("{e} ({hint})")),
            None => Fail::usage(text, e),
        })?);
        return Ok(());
    }
    if let Some(habit) = text.strip_prefix('+') {
        let hint = match habit {
            "short" => "use -s",
            "trace" => "use --trace",
            "dnssec" => "use --dnssec",
            "tcp" | "vc" => "use @tcp://SERVER",
            "tls" => "use @tls://NAME@ADDRESS",
            "https" | "doh" => "use @https://NAME/dns-query",
            "nsid" => "use --nsid",
            "search" => "use --search",
            "norec" | "norecurse" | "nord" | "nordflag" => "use --no-recurse",
            "noedns" => "use --no-edns",
            "nocookie" => "use --no-cookie",
            "json" => "use --json",
            "stats" => "use --stats",
            _ if habit.starts_with("time") => "use --timeout SECONDS",
            _ if habit.starts_with("tries") || habit.starts_with("retry") => "use --tries N",
            _ if habit.starts_with("subnet") => "use --subnet PREFIX",
            _ if habit.starts_with("noall") => "use -l for types and TTLs, --zone for whole lines",
            _ => "no name begins with +, and dig's options have other names here (see dnsall --help)",
        };
        return Err(Fail::usage(text, hint));
    }
    let capitals = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    if capitals && text.bytes().any(|b| b.is_ascii_uppercase()) && text.parse::<Type>().is_ok() {
        return Err(Fail::usage(
            text,
            format_args!("a record type: use -t {text} (for the name of that spelling write {text}.)"),
        ));
    }
    conf.names.push(word);
    Ok(())
}

/// A number from 1 to `most`.
fn count(args: &mut Args<Key>, most: u32) -> Result<u32, Fail> {
    match args.number()? {
        n if (1..=most).contains(&n) => Ok(n),
        n => Err(args.refuse(n.to_string(), format_args!("a number from 1 to {most} is needed"))),
    }
}

/// Seconds above 0, at most an hour.
fn timeout(args: &mut Args<Key>) -> Result<Duration, Fail> {
    match args.seconds()? {
        time if time >= Duration::from_millis(1) && time <= Duration::from_secs(3600) => Ok(time),
        time => Err(args.refuse(time.as_secs_f64().to_string(), "from 0.001 to 3600 seconds are needed")),
    }
}
