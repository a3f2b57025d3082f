//! Words to [`Conf`].
use std::{ffi::OsString, path::PathBuf, time::Duration};

use plainnet_common::{
    args::{Arg, Args},
    exit::Fail,
    input::{self, Form},
};

use crate::{
    ask::{pasted, trace::Families, transfer::AXFR},
    net::server::Address,
    spec::{Key, SPEC},
    wire::{
        edns::Subnet,
        message::{CH, IN},
        types::{QueryUse, Type, UnknownType},
    },
};

/// How long to wait after the last try, where nobody says.
pub const TIMEOUT: Duration = Duration::from_secs(3);
/// Datagrams for a question, where nobody says.
pub const TRIES: u32 = 4;

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
    /// Those after @, in their order; without any the system's are asked.
    pub servers: Vec<Named>,
    /// Types to ask instead of all.
    pub types: Option<Vec<Type>>,
    pub addresses: bool,
    /// Follow aliases: by --follow or by -a.
    pub follow: bool,
    pub trace: bool,
    pub dnssec: bool,
    pub validate: bool,
    /// A file of trusted keys instead of the root's.
    pub anchor: Option<PathBuf>,
    pub search: bool,
    /// The hosts file to read, if any.
    pub hosts: Option<PathBuf>,
    /// How long to wait after the last try; without it what the system says, or [`TIMEOUT`].
    pub timeout: Option<Duration>,
    /// Datagrams for a question, at least 1; without it what the system says, or [`TRIES`].
    pub tries: Option<u32>,
    /// Questions in flight, at least 1.
    pub window: usize,
    /// The time between two questions to one server, where the rate is limited.
    pub interval: Option<Duration>,
    pub exhaustive: bool,
    pub stats: bool,
    pub reverse: bool,
    pub verbose: bool,
    pub diff: bool,
    pub spread: bool,
    pub recurse: bool,
    pub edns: bool,
    pub cookie: bool,
    pub nsid: bool,
    pub subnet: Option<Subnet>,
    /// The class of every question.
    pub class: u16,
    /// The families by which servers are reached.
    pub families: Families,
    /// -t AXFR: zones are transferred.
    pub transfer: bool,
    /// More than one name may come: wait for each first answer.
    pub many: bool,
    pub names: Vec<OsString>,
}

/// A server after @.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As typed, without the @.
    pub text: String,
    /// What that means.
    pub address: Address,
}

impl Conf {
    /// What stands before the lines about server number `at`, where there are several.
    pub fn label(&self, at: usize) -> Option<&str> {
        let several = self.servers.len() > 1 && !self.spread;
        self.servers.get(at).filter(|_| several).map(|server| server.text.as_str())
    }
}

/// Reads the words after the program's name.
///
/// # Errors
/// They are not a command line of dnsall, or ask for help.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Conf, Fail> {
    let mut conf = Conf {
        form: Form::default(),
        view: View::Plain,
        servers: Vec::new(),
        types: None,
        addresses: false,
        follow: false,
        trace: false,
        dnssec: false,
        validate: false,
        anchor: None,
        search: false,
        hosts: None,
        timeout: None,
        tries: None,
        window: 0,
        interval: None,
        exhaustive: false,
        stats: false,
        reverse: false,
        verbose: false,
        diff: false,
        spread: false,
        recurse: true,
        edns: true,
        cookie: true,
        nsid: false,
        subnet: None,
        class: IN,
        families: Families::Both,
        transfer: false,
        many: false,
        names: Vec::new(),
    };
    let mut views: Vec<(View, &str)> = Vec::new();
    let (mut echo, mut no_echo, mut no_hosts) = (false, false, false);
    let (mut four, mut six) = (false, false);
    let mut args = Args::new(&SPEC, words);
    while let Some(arg) = args.next().map_err(|fail| habit(args.option(), fail))? {
        match arg {
            Arg::Opt(Key::Type) => {
                let list: String = args.value()?;
                let types = conf.types.get_or_insert_default();
                for word in list.split(',') {
                    let kind: Type = word.parse().map_err(|e| args.refuse(word, no_type(word, e)))?;
                    if kind.query_use() == QueryUse::Never && kind != AXFR {
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
            Arg::Opt(Key::Validate) => conf.validate = true,
            Arg::Opt(Key::Anchor) => conf.anchor = Some(PathBuf::from(args.word()?)),
            Arg::Opt(Key::Search) => conf.search = true,
            Arg::Opt(Key::Hosts) => conf.hosts = Some(PathBuf::from(args.word()?)),
            Arg::Opt(Key::NoHosts) => no_hosts = true,
            Arg::Opt(Key::Timeout) => conf.timeout = Some(timeout(&mut args)?),
            Arg::Opt(Key::Tries) => conf.tries = Some(count(&mut args, 100)?),
            Arg::Opt(Key::Window) => conf.window = count(&mut args, MOST_WINDOW)? as usize,
            Arg::Opt(Key::Rate) => conf.interval = Some(Duration::from_secs(1) / count(&mut args, 1_000_000)?),
            Arg::Opt(Key::Exhaustive) => conf.exhaustive = true,
            Arg::Opt(Key::Stats) => conf.stats = true,
            Arg::Opt(Key::Diff) => conf.diff = true,
            Arg::Opt(Key::Spread) => conf.spread = true,
            Arg::Opt(Key::NoRecurse) => conf.recurse = false,
            Arg::Opt(Key::NoEdns) => conf.edns = false,
            Arg::Opt(Key::NoCookie) => conf.cookie = false,
            Arg::Opt(Key::Nsid) => conf.nsid = true,
            Arg::Opt(Key::Subnet) => conf.subnet = Some(args.value()?),
            Arg::Opt(Key::Class) => conf.class = class(&mut args)?,
            Arg::Opt(Key::Ipv4) => four = true,
            Arg::Opt(Key::Ipv6) => six = true,
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
    if conf.view == View::Explain {
        conf.follow = true;
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
    conf.families = match (four, six) {
        (true, true) => return Err(Fail::usage("-6", "not together with -4")),
        (true, false) => Families::V4,
        (false, true) => Families::V6,
        (false, false) => Families::Both,
    };
    check_servers(&conf)?;
    check_edns(&conf)?;
    transfer(&mut conf)?;
    check_validation(&conf)?;
    if conf.class != IN && conf.types.is_none() {
        conf.types = Some(vec![Type::TXT]);
    }
    if conf.trace && conf.search {
        return Err(Fail::usage("--trace", "not together with --search"));
    }
    if !no_hosts && conf.hosts.is_none() && conf.servers.is_empty() && !conf.trace && conf.class == IN {
        conf.hosts = Some(PathBuf::from("/etc/hosts"));
    }
    input::needs_input(&SPEC, &conf.names)?;
    misplaced(&conf)?;
    conf.many = conf.names.len() != 1 || conf.names[0] == "-";
    if conf.window == 0 {
        conf.window = if conf.many { MANY_WINDOW } else { ONE_WINDOW };
    }
    conf.form.json = conf.view == View::Json;
    conf.form.columns = if conf.view == View::Long { 3 } else { 1 } + usize::from(conf.validate);
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
    let names: Vec<_> = conf.names.iter().map(|name| name.to_string_lossy()).collect();
    for (at, name) in names.iter().enumerate() {
        if let Some(why) = pasted::misplaced(name, names.get(at + 1).map(AsRef::as_ref)) {
            return Err(Fail::usage(conf.names[at].as_encoded_bytes(), why));
        }
    }
    Ok(())
}

/// Several servers, and what goes with them.
fn check_servers(conf: &Conf) -> Result<(), Fail> {
    let several = conf.servers.len() > 1;
    if conf.diff && !several {
        return Err(Fail::usage("--diff", "two @SERVER or more are needed"));
    }
    if conf.diff && (conf.spread || conf.view == View::Explain) {
        return Err(Fail::usage("--diff", "not together with --spread or --explain"));
    }
    if conf.spread && !several {
        return Err(Fail::usage("--spread", "two @SERVER or more are needed"));
    }
    if conf.trace && several {
        return Err(Fail::usage("--trace", "one @SERVER is enough"));
    }
    let with_streams = conf.servers.iter().find(|server| server.address.transport.has_streams());
    if let Some(server) = with_streams.filter(|_| conf.trace) {
        let why = "--trace asks the servers of each zone, which speak UDP and TCP: leave the server out";
        return Err(Fail::usage(&server.text, why));
    }
    Ok(())
}

/// What goes into an OPT record needs one.
fn check_edns(conf: &Conf) -> Result<(), Fail> {
    let option = [
        (conf.nsid, "--nsid"),
        (conf.subnet.is_some(), "--subnet"),
        (conf.dnssec, "--dnssec"),
        (conf.validate, "--validate"),
    ];
    match option.into_iter().find(|(given, _)| *given) {
        Some((_, option)) if !conf.edns => Err(Fail::usage("--no-edns", format_args!("not together with {option}"))),
        _ => Ok(()),
    }
}

/// What can be proven: answers of one way to ask, in the Internet's class.
fn check_validation(conf: &Conf) -> Result<(), Fail> {
    if !conf.validate {
        return match conf.anchor {
            Some(_) => Err(Fail::usage("--anchor", "only together with --validate")),
            None => Ok(()),
        };
    }
    if cfg!(not(feature = "validate")) {
        return Err(Fail::usage("--validate", "this build of dnsall has no feature validate"));
    }
    let against =
        [(conf.trace, "--trace"), (conf.search, "--search"), (conf.transfer, "-t AXFR"), (conf.class != IN, "--class")];
    match against.into_iter().find(|(given, _)| *given) {
        Some((_, option)) => Err(Fail::usage("--validate", format_args!("not together with {option}"))),
        None => Ok(()),
    }
}

/// -t AXFR asks for a whole zone, and for nothing else.
fn transfer(conf: &mut Conf) -> Result<(), Fail> {
    let Some(types) = conf.types.as_ref().filter(|types| types.contains(&AXFR)) else { return Ok(()) };
    if types.len() > 1 {
        return Err(Fail::usage("AXFR", "asked by itself: no other type beside it"));
    }
    if conf.servers.len() > 1 || conf.trace || conf.search {
        return Err(Fail::usage("AXFR", "one @SERVER, without --trace and --search"));
    }
    if let Some(server) = conf.servers.iter().find(|server| server.address.transport.has_streams()) {
        let scheme = server.address.transport.scheme();
        return Err(Fail::usage("AXFR", format_args!("not over {scheme}://: use @tcp:// or @tls://")));
    }
    // The question carries no OPT record.
    let edns = [(conf.nsid, "--nsid"), (conf.subnet.is_some(), "--subnet")];
    if let Some((_, option)) = edns.into_iter().find(|(given, _)| *given) {
        return Err(Fail::usage("AXFR", format_args!("not together with {option}")));
    }
    match conf.view {
        View::Plain | View::Zone => conf.view = View::Zone,
        _ => return Err(Fail::usage("AXFR", "printed as master-file lines alone")),
    }
    conf.transfer = true;
    Ok(())
}

/// The name of a class.
fn class(args: &mut Args<Key>) -> Result<u16, Fail> {
    let word: String = args.value()?;
    match word.to_ascii_uppercase().as_str() {
        "IN" => Ok(IN),
        "CH" => Ok(CH),
        "HS" => Ok(4),
        _ => Err(args.refuse(word, "IN, CH or HS is needed")),
    }
}

/// Why an option was refused: what serves here in its place, if another tool has it.
fn habit(option: &str, fail: Fail) -> Fail {
    pasted::habit(option).map_or(fail, |hint| Fail::usage(option, hint))
}

/// A name, or a habit from another tool.
fn operand(conf: &mut Conf, word: OsString) -> Result<(), Fail> {
    let Some(text) = word.to_str() else {
        if let [b'@' | b'+', ..] = word.as_encoded_bytes() {
            // Taken for a name, it would leave the others to the system's servers.
            return Err(Fail::usage(word.as_encoded_bytes(), "invalid UTF-8"));
        }
        conf.names.push(word);
        return Ok(());
    };
    if let Some(server) = text.strip_prefix('@') {
        if let Some(hint) = pasted::port_in_address(server) {
            return Err(Fail::usage(text, format_args!("an address without a port ({hint})")));
        }
        let address = server.parse().map_err(|e| match pasted::server_hint(server) {
            Some(hint) => Fail::usage(text, format_args!("{e} ({hint})")),
            None => Fail::usage(text, e),
        })?;
        conf.servers.push(Named { text: server.to_owned(), address });
        return Ok(());
    }
    if let Some(habit) = text.strip_prefix('+') {
        let hint = match habit {
            "short" => "use -s",
            "trace" => "use --trace",
            "dnssec" => "use --dnssec, or --validate",
            "sigchase" | "vtrace" => "use --validate, with -v for the chain",
            "tcp" | "vc" => "use @tcp://SERVER",
            "tls" => "use @tls://NAME@ADDRESS",
            "https" | "doh" | "https-post" | "https-get" => "use @https://NAME/dns-query",
            "quic" => "use @quic://NAME",
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
