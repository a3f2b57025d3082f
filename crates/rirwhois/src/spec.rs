//! The command line of rirwhois, as data.
use plainnet_common::{
    spec::{Example, NETWORK, Opt, Spec, Value},
    special,
};

/// The options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table's row of the same name says it")]
pub enum Key {
    Rir,
    Table,
    Country,
    Brief,
    Output,
    Json,
    Blocks,
    Raw,
    Server,
    Registries,
    FollowAny,
    Unordered,
    Query,
    Origin,
    Timeout,
    MaxBytes,
    Cache,
    NoCache,
    Rate,
    Rdap,
    Whois,
    Update,
    Stats,
    Verbose,
    Echo,
    Keep,
    Field,
    Delimiter,
    Null,
    Quiet,
}

/// Every field of `-o`: of an answer, then those that only the table has, then those of `--origin`.
pub const FIELDS: &[&str] = &[
    "input",
    "registry",
    "server",
    "block",
    "prefixes",
    "name",
    "org",
    "org_handle",
    "country",
    "status",
    "abuse",
    "date",
    "updated",
    "parent",
    "transferred",
    "hops",
    "text",
    "whois",
    "rdap",
    "holder",
    "asn",
    "as_name",
    "announced",
];

/// The servers whose syntax is known, for `-s`.
pub const HOSTS: &[&str] = &[
    "whois.afrinic.net",
    "whois.apnic.net",
    "whois.arin.net",
    "whois.lacnic.net",
    "whois.ripe.net",
    "whois.iana.org",
    "whois.nic.ad.jp",
    "whois.nic.or.kr",
    "whois.radb.net",
];

/// See [`Spec`].
#[rustfmt::skip]
pub static SPEC: Spec<Key> = Spec {
    name: "rirwhois",
    version: env!("CARGO_PKG_VERSION"),
    registries: &[include_str!("../data/sources.txt"), special::DATES[0], special::DATES[1]],
    about: "Ask the regional registry that really administers an address",
    usage: &[
        "[OPTION]... [ADDRESS|PREFIX|ASn|HANDLE]...",
        "-r|-t [OPTION]... [ADDRESS|PREFIX|ASn]...",
        "--blocks [OPTION]... [ORG-HANDLE|ADDRESS|ASn]...",
        "--update [FILE]...",
    ],
    operands: Value::File("FILE"),
    description: "\
Prints what the responsible registry says about an address, a prefix, an AS number or a handle. Inputs are the operands, or the lines of \
standard input where there are none or one is -.

The first byte of an address does not tell who administers it: much space has moved between the registries. rirwhois holds a table of what \
each of them administers in truth, so -r and -t answer without the network, and one connection to port 43 is enough for nearly every \
question. Where the table is behind, referrals are followed: to registries only, five at most, never twice to the same server.

A prefix with host bits is masked. A prefix or range that lies in several registries is asked and answered for its first address, and standard error says so. \
After an answer, other inputs inside the range that it is about share it. Addresses that are special-purpose, multicast or reserved and reserved AS numbers are answered from \
the table, as by -t; nobody is asked about them.",
    opts: &[
        Opt { key: Key::Rir,        short: Some('r'), long: "rir",        value: Value::No,            help: "print just the registry, from the embedded table", more: "One of AFRINIC, APNIC, ARIN, LACNIC, RIPE and IANA. No network is used." },
        Opt { key: Key::Table,      short: Some('t'), long: "table",      value: Value::No,            help: "print the table's row", more: "Block, registry, status, date, whois server, RDAP base, IANA's holder where that is another (or the special-purpose registry's name for the block) and country, TAB-separated, - where there is none. No network is used. Dates and states are IANA's, of the whole block that IANA assigned, unless --update brought the registry's own of each block that it gave out. Of AS numbers the embedded table has IANA's blocks; single ones that moved, and the countries of AS numbers, are in it after --update." },
        Opt { key: Key::Country,    short: None,      long: "country",    value: Value::No,            help: "print just the country, from the embedded table", more: "The code that the registry's statistics give for the block: two letters of ISO 3166, or EU, AP or ZZ where a registry writes that. It is where the holder is registered, not where the addresses are used. No network is used. What no registry has given out has none (status 1)." },
        Opt { key: Key::Brief,      short: Some('b'), long: "brief",      value: Value::No,            help: "print the fields that have a value, one a line", more: "The fields are those of -o; a blank line stands between inputs." },
        Opt { key: Key::Output,     short: Some('o'), long: "output",     value: Value::List("FIELD[,FIELD]...", FIELDS), help: "print these fields, TAB-separated", more: "With -r or -t, without the network: registry, block, country, status, date, whois, rdap, holder. Else input, registry, server, block, prefixes (every prefix of the block), name, org, org_handle, country, status, abuse, date, updated, parent, transferred (true where IANA lists another registry), hops (the servers asked) and text (the answer itself, escaped). A field without a value is -." },
        Opt::json(Key::Json),
        Opt { key: Key::Blocks,     short: None,      long: "blocks",     value: Value::No,            help: "print every prefix that an organisation holds", more: "The operand is its handle, or an address or AS number that it holds. Each prefix is printed once, in order; AS numbers go to standard error, and into the object under --json. A name is no handle: an address of the organisation finds it. Where the registry says that its list was cut, status is 3." },
        Opt { key: Key::Raw,        short: None,      long: "raw",        value: Value::No,            help: "print the answer's bytes as they came", more: "Without it control characters are escaped, and the text is UTF-8 whatever the registry sent. Either way records stand in the registry's order; at ARIN the most specific is the last." },
        Opt { key: Key::Rdap,       short: None,      long: "rdap",       value: Value::No,            help: "ask by RDAP instead of whois", more: "The answer is printed as by -b, unless -o, --json or --raw is given. Redirects lead to the servers of the regional and national registries only. Four questions at once go to each server, within --rate. A server that says 403, 422, 429 or 503 is left alone: for as long as its Retry-After says where --timeout leaves time for that, else for the rest of the run." },
        Opt { key: Key::Whois,      short: None,      long: "whois",      value: Value::No,            help: "ask by whois, port 43 (the default)", more: "" },
        Opt { key: Key::Server,     short: Some('s'), long: "server",     value: Value::Like("HOST[:PORT]", HOSTS), help: "ask this server", more: "A registry's own server is asked in its own syntax, any other with the bare operand. Its referrals are followed as ever, but no other registry is asked when it has no record. http:// or https:// makes it the base of an RDAP server." },
        Opt { key: Key::Registries, short: None,      long: "registries", value: Value::File("FILE"),  help: "use other servers for the registries", more: "Lines of REGISTRY WHOIS RDAP STATISTICS, of which the last two may be missing, separated by blanks; WHOIS is HOST, HOST:PORT or [V6]:PORT, - is the default, # begins a comment. STATISTICS is the http or https URL from which --update fetches the registry's statistics; their MD5 sum is at the same URL with .md5 behind it." },
        Opt { key: Key::FollowAny,  short: None,      long: "follow-any", value: Value::No,            help: "follow referrals to other names, too", more: "Still only to port 43 or 4321 of an address that is reachable from everywhere." },
        Opt { key: Key::Unordered,  short: None,      long: "unordered",  value: Value::No,            help: "print answers as they come", more: "Otherwise they stand in the order of the inputs, and a slow registry holds back the others. With -o, -e tells which input each one belongs to; with -b and --json that stands in the answer." },
        Opt { key: Key::Query,      short: None,      long: "query",      value: Value::Any("TEXT"),   help: "send this line as it is, and print the answer", more: "Only with -s, which may be a server of routes, for instance: -s whois.radb.net --query '-i origin AS3333'. It may hold no line end." },
        Opt { key: Key::Origin,     short: None,      long: "origin",     value: Value::No,            help: "print the AS that announces the address", more: "By Team Cymru's bulk service, over one connection for the whole list; -s asks another server of that kind. Several ASes are joined by commas. With -o the fields are input, asn, as_name and announced. Nobody is asked about special-purpose addresses." },
        Opt { key: Key::Timeout,    short: None,      long: "timeout",    value: Value::Any("SECONDS"), help: "give up on an input after this long (20)", more: "This covers look-ups, connections, referrals and reading, but not the waiting for --rate." },
        Opt { key: Key::MaxBytes,   short: None,      long: "max-bytes",  value: Value::Any("N"),      help: "read at most N bytes of an answer (4194304)", more: "" },
        Opt { key: Key::Rate,       short: None,      long: "rate",       value: Value::Any("N"),      help: "at most N queries a second to each registry", more: "The default is 10, and one in six seconds for LACNIC; it may be a fraction, and 0 is no limit. The registries don't wait for each other." },
        Opt { key: Key::Cache,      short: None,      long: "cache",      value: Value::No,            help: "keep answers on disk for a day", more: "Each is written as it comes, so a run that was interrupted asks only what is missing when it is started again. Listings, answers by RDAP and what was not found are kept, too; failures are not, and neither is --origin. 32 MiB at most." },
        Opt { key: Key::NoCache,    short: None,      long: "no-cache",   value: Value::No,            help: "don't (the default)", more: "" },
        Opt { key: Key::Update,     short: None,      long: "update",     value: Value::No,            help: "take the registries' newer statistics into the table", more: "Without operands the five registries' delegated-RIR-extended-latest files are fetched over HTTPS, side by side, and each is compared with the MD5 sum that stands beside it; a redirect is not followed, and if one of them can't be had or is not as it should be, the table stays as it was (status 3). --timeout is then for each file (600). Operands are such files, one or more, or the NRO's nro-delegated-stats of all five; - is standard input. All are checked before the table is replaced: they must be whole, of one registry each, no older than what the table has of it, and list at most twice as many addresses. What a registry had and its file no longer lists is taken from it, unless the file has less than half of its addresses, which is said; what a registry without a file has stays as it was. From then on -t has each block's own date and state." },
        Opt { key: Key::Stats,      short: None,      long: "stats",      value: Value::No,            help: "count inputs, queries and connections on standard error", more: "" },
        Opt { key: Key::Verbose,    short: Some('v'), long: "verbose",    value: Value::No,            help: "show the path of each question on standard error", more: "The servers asked, in order, and how long they took." },
        Opt::echo(Key::Echo),
        Opt::keep(Key::Keep),
        Opt::field(Key::Field),
        Opt::delimiter(Key::Delimiter),
        Opt::null(Key::Null),
        Opt::quiet(Key::Quiet),
    ],
    exit_note: "\
Status 1 is also a registry's \"no match\" and a record that is about something else, status 3 also a query that it denied or limited, \
an answer that was cut, and one without a record or a \"no match\", such as word of an outage, which is printed. What came before the cut is printed as text, by -b and by --json, whose error marks it, but not by -o. A referral that is refused leaves the record at hand as the answer, and status 0. A registry that denies, limits or \
can't be reached is told of twice, at once with its words and in the end with the number of inputs that it cost, not for each of them.",
    examples: &[
        Example { why: "Which registry runs these", run: "rirwhois -r -e 8.8.8.8 151.101.194.217 2a00::1 AS3333", out: "8.8.8.8\tARIN\n151.101.194.217\tARIN\n2a00::1\tRIPE\nAS3333\tRIPE\n", status: 0 },
        Example { why: "The table's row of an address", run: "rirwhois -t 8.8.8.8", out: "8.0.0.0/9\tARIN\tLEGACY\t1992-12\twhois.arin.net\thttps://rdap.arin.net/registry/\t-\tUS\n", status: 0 },
        Example { why: "The second column of a log, line by line", run: "printf 'a 193.0.6.139\\nb 10.1.2.3\\n' | rirwhois -r -f 2 -e", out: "a 193.0.6.139\tRIPE\nb 10.1.2.3\tIANA\n", status: 0 },
        Example { why: "What the registry says of an address", run: "rirwhois -b 8.8.8.8", out: "input       8.8.8.8\nregistry    ARIN\n...\n", status: NETWORK },
    ],
    sections: &[
        ("FILES", "\
$XDG_DATA_HOME/rirwhois/table (~/.local/share/rirwhois/table): what --update wrote. It is used instead of the embedded table unless \
that is newer for some registry; --version says so. It is safe to delete.

$XDG_CACHE_HOME/rirwhois/answers (~/.cache/rirwhois/answers): what --cache keeps, for its owner's eyes only; safe to delete. Several runs may \
use it at once. It is not used where it is a link, no regular file or another user's."),
        ("ENVIRONMENT", "\
SSL_CERT_FILE, SSL_CERT_DIR: certificates to trust for --rdap and --update instead of the system's. Where there are none at all, Mozilla's list of \
authorities is used, which is built in.

https_proxy, HTTPS_PROXY, http_proxy, all_proxy, ALL_PROXY: the proxy for --rdap and --update; no_proxy, NO_PROXY: names, domains and addresses that need \
none. -v names the proxy."),
        ("STANDARDS", "\
RFC 3912 (whois), RFC 2622 (RPSL), RFC 2167 (rwhois), RFC 6890 (special-purpose addresses), RFC 9082, 9083 and 9224 (RDAP), RFC 8521 (its object tags), RFC 3339 (dates)."),
        ("CAVEATS", "\
The table is as old as --version says; where standard error is a terminal, one line says so from 180 days on. Its countries are those of \
the statistics, and its dates and states are IANA's unless --update brought the registries' own. An answer that is shared by range may hide a more specific record for a later input: ask for that \
one alone. Registries limit how much they answer; mind --rate and their terms."),
    ],
    see_also: &["dnsall(1)", "ipconv(1)", "whois(1)"],
    beginnings: &[],
};
