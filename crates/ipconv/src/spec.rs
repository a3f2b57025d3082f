//! The command line of ipconv, as data.
use plainnet_common::spec::{Example, Opt, Spec, Value};

/// The options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Which fields.
    Output,
    /// How the input is written.
    From,
    /// Pass what has a property.
    Is,
    /// Pass what lacks it.
    Not,
    /// Pass what is inside.
    In,
    /// The same, from a file.
    InFile,
    /// Judge hidden IPv4 addresses, too.
    Deep,
    /// Find addresses in text.
    Extract,
    /// 10.0.0.1.443.
    DotPort,
    /// Fewest prefixes.
    Cidrs,
    /// Every address.
    Expand,
    /// Longer prefixes.
    Split,
    /// Without these.
    Exclude,
    /// In order.
    Sort,
    /// Once each.
    Unique,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
    /// `-e`.
    Echo,
    /// `-k`.
    Keep,
    /// `-f`.
    Field,
    /// `-0`.
    Null,
    /// `--json`.
    Json,
    /// `-q`.
    Quiet,
}

/// The words of `--from`, in the order of [`crate::cli::From`].
pub const FROM: &[&str] = &["text", "int", "hex", "raw", "arpa", "base85", "aton", "mac"];

/// The words of `--is` and `--not` as Python has them; `is_` may be left out.
pub const PROPERTIES: &[&str] = &[
    "unspecified",
    "loopback",
    "link_local",
    "site_local",
    "multicast",
    "reserved",
    "private",
    "global",
    "is_unspecified",
    "is_loopback",
    "is_link_local",
    "is_site_local",
    "is_multicast",
    "is_reserved",
    "is_private",
    "is_global",
];

/// See [`Spec`].
#[rustfmt::skip]
pub static SPEC: Spec<Key> = Spec {
    name: "ipconv",
    version: env!("CARGO_PKG_VERSION"),
    registries: &["IANA IPv4 Special-Purpose Address Registry, 2025-10-09", "IANA IPv6 Special-Purpose Address Registry, 2025-10-09"],
    about: "Convert and classify IP addresses",
    usage: &["[OPTION]... [ADDRESS|ADDRESS/PREFIX|FIRST-LAST]..."],
    description: "",
    opts: &[
        Opt { key: Key::Output,  short: Some('o'), long: "output",   value: Value::Any("FIELD[,FIELD]..."), help: "print these fields, parted by TABs, or all", more: "" },
        Opt { key: Key::From,    short: None,      long: "from",     value: Value::Of(FROM),        help: "how the input is written", more: "" },
        Opt { key: Key::Is,      short: None,      long: "is",       value: Value::Of(PROPERTIES),  help: "pass inputs that have this property", more: "" },
        Opt { key: Key::Not,     short: None,      long: "not",      value: Value::Of(PROPERTIES),  help: "pass inputs that lack this property", more: "" },
        Opt { key: Key::In,      short: None,      long: "in",       value: Value::Any("CIDR[,CIDR]..."), help: "pass inputs inside one of these", more: "" },
        Opt { key: Key::InFile,  short: None,      long: "in-file",  value: Value::File("FILE"),    help: "the same with the prefixes in this file", more: "" },
        Opt { key: Key::Deep,    short: None,      long: "deep",     value: Value::No,              help: "judge IPv4 addresses inside IPv6 ones, too", more: "" },
        Opt { key: Key::Extract, short: None,      long: "extract",  value: Value::No,              help: "print the addresses and prefixes in any text; operands are files", more: "" },
        Opt { key: Key::DotPort, short: None,      long: "dot-port", value: Value::No,              help: "extract also from 10.0.0.1.443, as tcpdump writes", more: "" },
        Opt { key: Key::Cidrs,   short: None,      long: "cidrs",    value: Value::No,              help: "print the fewest prefixes that hold all inputs", more: "" },
        Opt { key: Key::Expand,  short: None,      long: "expand",   value: Value::No,              help: "print every address of each input", more: "" },
        Opt { key: Key::Split,   short: None,      long: "split",    value: Value::Any("LEN"),      help: "print the prefixes of this length in each input", more: "" },
        Opt { key: Key::Exclude, short: None,      long: "exclude",  value: Value::Any("CIDR[,CIDR]..."), help: "print each input without these", more: "" },
        Opt { key: Key::Sort,    short: None,      long: "sort",     value: Value::No,              help: "print the inputs in numerical order", more: "" },
        Opt { key: Key::Unique,  short: None,      long: "unique",   value: Value::No,              help: "print each value once", more: "" },
        Opt { key: Key::V4,      short: Some('4'), long: "ipv4",     value: Value::No,              help: "take IPv4 only", more: "" },
        Opt { key: Key::V6,      short: Some('6'), long: "ipv6",     value: Value::No,              help: "take IPv6 only", more: "" },
        Opt::echo(Key::Echo),
        Opt::keep(Key::Keep),
        Opt::field(Key::Field),
        Opt::null(Key::Null),
        Opt::json(Key::Json),
        Opt::quiet(Key::Quiet),
    ],
    exit_note: "",
    examples: &[
        Example { why: "IPv4 and IPv6 in every spelling that a program may want", run: "ipconv -o compressed,int,packed 127.0.0.1 2001:DB8::0:1",
            out: "127.0.0.1\t2130706433\t7f000001\n2001:db8::1\t42540766411282592856903984951653826561\t20010db8000000000000000000000001\n" },
    ],
    sections: &[],
    see_also: &["inet_pton(3)", "getserv(1)", "dnsall(1)", "rirwhois(1)"],
};
