//! The command line of ipconv, as data.
use plainnet_common::{
    spec::{Example, Opt, Spec, Value},
    special::DATES,
};

/// The options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `--output`: which fields are printed.
    Output,
    /// `--from`: how an input is written.
    From,
    /// `--is`: passes what has a property.
    Is,
    /// `--not`: passes what lacks a property.
    Not,
    /// `--in`: passes what is inside these blocks.
    In,
    /// `--in-file`: passes what is inside the blocks of a file.
    InFile,
    /// `--not-in`: passes what is not inside these blocks.
    NotIn,
    /// `--not-in-file`: passes what is not inside the blocks of a file.
    NotInFile,
    /// `--match-file`: prints the entry of a file that holds an input.
    MatchFile,
    /// `--deep`: judges IPv4 addresses inside IPv6 ones, too.
    Deep,
    /// `--extract`: finds addresses in text.
    Extract,
    /// `--dot-port`: extracts from `10.0.0.1.443`, too.
    DotPort,
    /// `--no-prefixes`: extracts addresses without their prefix lengths.
    NoPrefixes,
    /// `--ranges`: extracts ranges and masks, too.
    Ranges,
    /// `--defanged`: extracts from `1[.]2[.]3[.]4`, too.
    Defanged,
    /// `--cidrs`: prints the fewest prefixes of all inputs.
    Cidrs,
    /// `--expand`: prints every address of an input.
    Expand,
    /// `--split`: prints the prefixes of one length in an input.
    Split,
    /// `--exclude`: prints an input without these blocks.
    Exclude,
    /// `--exclude-file`: prints all inputs without the blocks of a file.
    ExcludeFile,
    /// `--common`: prints what all inputs and a file have.
    Common,
    /// `--overlaps`: prints the pairs of entries that share addresses.
    Overlaps,
    /// `--count`: prints how many addresses all inputs have.
    Count,
    /// `--sort`: prints inputs in the order of their addresses.
    Sort,
    /// `--unique`: prints the first of equal inputs.
    Unique,
    /// `-4`: takes IPv4 only.
    V4,
    /// `-6`: takes IPv6 only.
    V6,
    /// `-e`: puts the input before each record.
    Echo,
    /// `-k`: prints `-` for a line that would print nothing.
    Keep,
    /// `-f`: takes one field of each line.
    Field,
    /// `-d`: separates the fields by one character.
    Delimiter,
    /// `-0`: ends records by NUL.
    Null,
    /// `--json`: prints an object for each input.
    Json,
    /// `-q`: says nothing about inputs without an answer.
    Quiet,
}

/// The words of `--from`, in the order of [`crate::address::form::InputForm`].
pub const FROM: &[&str] = &["text", "int", "hex", "raw", "arpa", "base85", "aton", "mac", "loose"];

/// The words of `--is` and `--not`, in the order of [`crate::class::property::Property::ALL`]; `is_` may stand before each.
pub const PROPERTIES: &[&str] =
    &["unspecified", "loopback", "link_local", "site_local", "multicast", "reserved", "private", "global", "public"];

/// The words of `-o`, in the order in which `all` prints them: those of [`crate::print::field::ALL`] and `all` itself.
#[rustfmt::skip]
pub const FIELDS: &[&str] = &[
    "input", "address", "version", "compressed", "exploded", "packed", "int", "octets", "binary", "c", "python", "rust", "go", "base85",
    "reverse_pointer", "zone", "ipv4_mapped", "sixtofour", "teredo", "nat64", "mac", "is_unspecified", "is_loopback", "is_link_local",
    "is_site_local", "is_multicast", "is_reserved", "is_private", "is_global", "registry", "registry_block", "registry_rfc", "network",
    "broadcast", "netmask", "hostmask", "prefixlen", "first", "last", "num_addresses", "first_host", "last_host", "num_hosts", "is_public",
    "embedded", "unscoped", "hosts", "all",
];

/// What is said about `-f` beyond what it is in every tool.
const OF_FIELD: &str = "Counted from 1, in operands as in lines. -e echoes and filters pass the whole line. With -d and a mode that takes a list (--cidrs, --count, --overlaps, --sort, \
--unique, --common, --exclude-file) N may be FIRST,LAST: the fields in which a range begins and ends.";

/// See [`Spec`].
#[rustfmt::skip]
pub static SPEC: Spec<Key> = Spec {
    name: "ipconv",
    version: env!("CARGO_PKG_VERSION"),
    registries: DATES,
    about: "Convert and classify IP addresses",
    usage: &["[OPTION]... [ADDRESS|ADDRESS/PREFIX|FIRST-LAST]...", "--extract [OPTION]... [FILE]..."],
    operands: Value::File("FILE"),
    description: "\
Prints every form of an IP address, a network or a range, and what it is good for: the properties that Python's ipaddress knows, and the row of IANA's \
special-purpose registry behind them. Without operands, and for the operand -, inputs are the lines of standard input.

Without -o each input gives a line for each everyday field that has a value, the name first: of a network the network, its mask, its hosts and their number, then of every \
input the address in its forms, the row of the registry and what is inside, and last the properties that hold. An empty line stands between inputs. With -o each input gives one line of fields separated by \
TABs, - where there is no value. Filters (--is, --not, --in, --not-in and their files) pass the input line on as it is, or, with -o or --json, print the fields of what passes; several must all hold. \
The modes --extract, --cidrs, --exclude-file, --common, --expand, --split, --exclude, --sort and --unique print addresses and prefixes in compressed form, one a line, or the fields of -o or --json for each; --match-file, \
--overlaps and --count have records of their own. One mode can be given (and --sort and --unique together, or with --extract); a pipe joins several. A filter goes with --extract, before any other mode it needs a pipe, too. -4 and -6 go with all of them, --deep where a filter, -o or --json judges addresses: --match-file, --overlaps and --count never do. \
With --json -e adds nothing, since each object has its input, and -k prints no - but an object whose error says why there is nothing else, for each blank line and comment, too. -q with a filter prints nothing, so that the status is the answer; -k, which would make it 0 in any case, is then refused.

Text is read strictly, as inet_pton(3) does: four decimal numbers without leading zeros, or RFC 4291. 010.0.0.1 is 8.0.0.1 to some programs and 10.0.0.1 to others, so it is \
refused and both are named. An IPv4 prefix may be a netmask or a hostmask. An IPv6 address may have a zone (fe80::1%eth0) of letters, digits, -, ., _ and ~ (RFC 6874's unreserved characters), which address, compressed and exploded keep and which \
all else ignores. Host bits of a prefix are kept; the fields of a network speak of the network without them. \
The dash of a range may have blanks round it, as whois(1) writes them.

Lists may be as they are published. For --cidrs, --count, --overlaps, --sort, --unique, --common and --exclude-file, and in the file of every option that names one, ; and # after an entry begin its label, and a line that begins with one of them is skipped \
(not with --from base85, of which both are digits). Elsewhere an input with a label is invalid. A range may stand wherever a prefix may.

A property of a network or range holds where it holds for every address in it; is_public holds for single addresses only.

What is plainly something else, such as a URL, a MAC address, a number or a name, is refused with the command that takes it; so is a netmask or hostmask that is an operand of its own behind an address.",
    opts: &[
        Opt { key: Key::Output,  short: Some('o'), long: "output",   value: Value::List("FIELD[,FIELD]...", FIELDS), help: "print these fields, separated by TABs, or all", more: "\
Forms: input address version compressed (RFC 5952) exploded packed (hexadecimal) int octets binary c python rust go (literals) base85 (RFC 1924) reverse_pointer.

Inside: zone ipv4_mapped sixtofour teredo (server,client) nat64 mac (of an EUI-64 identifier) embedded (each IPv4 address inside and its form, separated by a comma and a blank: \
mapped, translated, compatible, nat64, 6to4, teredo-server, teredo-client, isatap); unscoped is the address without its zone.

Properties, true or false: is_unspecified is_loopback is_link_local is_site_local (IPv6 only) is_multicast is_reserved is_private is_global is_public.

The most specific row of IANA's special-purpose registry: registry (its name) registry_block registry_rfc.

Of networks: network broadcast netmask hostmask prefixlen first last num_addresses first_host last_host num_hosts hosts (FIRST-LAST); first, last and num_addresses of ranges, too, and num_addresses of an address is 1. \
The first host of an IPv6 network is the one after the subnet-router anycast address. The reverse_pointer of a prefix is its zone; several are separated by commas, and an IPv4 prefix from /25 to /31 has the form of RFC 2317. The broadcast of an IPv6 network is its last address, as in Python." },
        Opt { key: Key::From,    short: None,      long: "from",     value: Value::Of(FROM),        help: "how the input is written", more: "\
int: a decimal number, below 2^32 IPv4 unless -6 is given. hex: 8 or 32 digits, with or without 0x, \
also as bytes separated by one of : - . and blank. raw: bytes; with -4 or -6 records of 4 or 16 bytes back to back, else one address; messages, filters and -e show them in hexadecimal. arpa: a name in \
in-addr.arpa or ip6.arpa; fewer labels are a prefix, and RFC 2317's 0/25.2.0.192.in-addr.arpa and 0-127.2.0.192.in-addr.arpa are taken. base85: RFC 1924, so that # begins no comment. aton: what inet_aton(3) takes (127.1, 0x7f.1, 017700000001), but nothing after it. \
mac: a MAC address, in equal groups separated by :, - or . or in one, which gives the link-local address that is made from it. \
loose: what text takes, and IPv4 as lists and routers write it: 10.0.0.1-20, 10.0.*.*, 10/8, 10.0.0.0 0.0.0.255, 10.0.0.1 255.255.255.0. \
10.0.0.1 0.0.0.0 is one host in a router's access list and every address by a netmask, 0.0.0.0 255.255.255.255 the other way round, so these two are refused and both readings named; behind a / they are netmasks. Not with --extract." },
        Opt { key: Key::Is,      short: None,      long: "is",       value: Value::Of(PROPERTIES),  help: "pass inputs that have this property", more: "\
The status is 0 where a line passed and every input was valid, else 1. With -q nothing is printed, so that --is public makes a guard; see A GUARD below. \
public is one plain address, neither a prefix nor a range and without a zone, that the public Internet routes, judged by what is inside it. \
A line that -f looks into may hold anything; on a terminal its control characters are written as escapes." },
        Opt { key: Key::Not,     short: None,      long: "not",      value: Value::Of(PROPERTIES),  help: "pass inputs that lack this property", more: "Also networks and ranges of which some addresses have it and others don't." },
        Opt { key: Key::In,      short: None,      long: "in",       value: Value::Any("CIDR[,CIDR]..."), help: "pass inputs inside one of these", more: "\
Addresses, prefixes and ranges as text, whatever --from says. A network or range passes where all of it is inside what they are together. ::ffff:10.0.0.1 is not inside 10.0.0.0/8, unless --deep is given." },
        Opt { key: Key::InFile,  short: None,      long: "in-file",  value: Value::File("FILE"),    help: "the same with the prefixes in this file", more: "\
One a line, also with -0, with or without a label; empty lines and those that start with # or ; are skipped. A line that is none is an error of status 2. For FILE - the prefixes are standard input and the inputs operands. Together with --in the inputs may be inside either." },
        Opt { key: Key::NotIn,   short: None,      long: "not-in",   value: Value::Any("CIDR[,CIDR]..."), help: "pass inputs that are not inside these", more: "\
Dropped is what lies wholly inside what they are together; a network or range that lies partly outside passes." },
        Opt { key: Key::NotInFile, short: None,    long: "not-in-file", value: Value::File("FILE"), help: "the same with the prefixes in this file", more: "\
As --in-file has them. This is how lines that are not in a list are found: ipconv --not-in-file seen.txt < new.txt." },
        Opt { key: Key::MatchFile, short: None,    long: "match-file", value: Value::File("FILE"), help: "print the smallest entry of this list that holds each input, and its label", more: "\
The entry comes in compressed form, then a TAB and the label, - where there is none. Of entries of the same size the first wins. \
An input that no entry holds prints nothing, also on standard error, and makes the status 1; with -k its record is - and -. With --json the keys are match and label. Several files are one list." },
        Opt { key: Key::Deep,    short: None,      long: "deep",     value: Value::No,              help: "judge IPv4 addresses inside IPv6 ones, too", more: "\
A filter that asks about 64:ff9b::10.0.0.1 or 2002:a00:1:: and not about the 10.0.0.1 inside lets a request out to where it must not go. Looked into are IPv4-mapped, IPv4-translated, IPv4-compatible, NAT64 (64:ff9b::/96), 6to4, \
Teredo (server and client) and ISATAP addresses; the field embedded names what was found. A property then holds where it holds for the address or for one inside it; is_global holds only where it holds for all of them. So --deep never makes an address global. The properties that -o prints are judged in the same way, and --in passes what is inside by one or the other. is_public looks inside by itself." },
        Opt { key: Key::Extract, short: None,      long: "extract",  value: Value::No,              help: "print the addresses and prefixes in any text; operands are files", more: "\
Found are addresses that stand for themselves: not in words or longer numbers (1.2.3.4.5), but in brackets, in URLs, before a port and at the end of a sentence. \
A word and a colon may stand before one (inside:10.0.0.1, ip6:2001:db8::1) unless the word is one to four hexadecimal digits, which could be a group of IPv6. \
After a word and a slash there is an address where the word is one, or localhost, or has a digit, - or . in it (host-41/10.0.0.1), or where a port follows; Chrome/119.0.0.0 is a version. \
Escapes such as \\n, \\u0041 and %3D and the colour codes of a terminal, of up to 256 bytes, end a word.

/LEN belongs to an address where it is a valid length, but not after the host of a URL, where it begins a path: behind :// and, whatever is before the @, behind :// and @ in one word, or behind @ in one of 256 bytes and more before it, and behind the comma of another host of the URL. A zone does not belong to it, and :: alone is not taken for an address. \
With a filter only those that pass are printed, with -o their fields; what --json calls the input is what was found. --sort and --unique go with it.

Text is bytes: lines may be of any length and hold anything, and a # begins no comment. With -e (the whole line before each address; the file's name and a TAB before that where there are several files), -k and -f (search this field) lines are told apart, and one longer than 64 KiB is invalid. \
A text without addresses is no failure, unless a filter finds none that passes. One that begins as UTF-16 does is said with the command that helps, and its status is 1: addresses in that encoding are not found." },
        Opt { key: Key::DotPort, short: None,      long: "dot-port", value: Value::No,              help: "extract also from 10.0.0.1.443, as tcpdump writes", more: "A number of up to 65535 after an address and a dot is then its port." },
        Opt { key: Key::NoPrefixes, short: None,   long: "no-prefixes", value: Value::No,           help: "extract addresses alone, without prefix lengths", more: "\
A firewall writes 192.0.2.15/22 for port 22, which no rule can tell from a prefix. What stands after the slash is then left alone, also by filters." },
        Opt { key: Key::Ranges,  short: None,      long: "ranges",   value: Value::No,              help: "extract ranges and masks, too", more: "\
10.0.0.1-10.0.0.9, also with blanks on both sides of the dash, 16 at most on each, is one range then and not two addresses, and 10.0.0.0/255.255.255.0 (or the hostmask) is one prefix. Not together with --no-prefixes." },
        Opt { key: Key::Defanged, short: None,     long: "defanged", value: Value::No,              help: "extract also from 1[.]2[.]3[.]4, as reports of threats write", more: "\
A dot may be written [.], (.), {.}, [dot], (dot) or {dot}, a colon [:], (:) or {:}, and :// as [://]; hxxp is a scheme like any other. What --json calls the input has them mended." },
        Opt { key: Key::Cidrs,   short: None,      long: "cidrs",    value: Value::No,              help: "print the fewest prefixes that hold all inputs", more: "And nothing else: overlaps and neighbours are merged, IPv4 comes before IPv6, and a single address has its /32 or /128. All of the input is kept in memory. The lines are not those of the input, so that -e and -k are refused; --json calls each prefix the input." },
        Opt { key: Key::ExcludeFile, short: None,  long: "exclude-file", value: Value::File("FILE"), help: "print the fewest prefixes of the inputs without those in this file", more: "\
All inputs are one set, and so are all files where several are given (--exclude takes one input after the other). -e and -k are refused as with --cidrs." },
        Opt { key: Key::Common,  short: None,      long: "common",   value: Value::File("FILE"),    help: "print the fewest prefixes of what the inputs and this file have", more: "\
Of several files each must have it. Otherwise like --exclude-file." },
        Opt { key: Key::Count,   short: None,      long: "count",    value: Value::No,              help: "print how many different addresses the inputs have", more: "\
One number over both families; what is in several inputs counts once. With --json it is the string count. -e and -k are refused as with --cidrs." },
        Opt { key: Key::Overlaps, short: None,     long: "overlaps", value: Value::No,              help: "print the pairs of inputs that share addresses", more: "\
Both in compressed form with a TAB between them, in the order of the input: by the first of the two, then by the second. The same input twice is a pair. Without a pair nothing is printed and the status is 0. With --json the second is the key overlaps. -e and -k are refused as with --cidrs." },
        Opt { key: Key::Expand,  short: None,      long: "expand",   value: Value::No,              help: "print every address of each input", more: "The first and last ones, too, as they come: ipconv --expand ::/0 | head ends at once. With -e or --json each has the input that it came from, also with --split and --exclude." },
        Opt { key: Key::Split,   short: None,      long: "split",    value: Value::Any("LEN"),      help: "print the prefixes of this length in each input", more: "An input that is smaller than such a prefix, or has shorter addresses, is invalid; so is a range that is not made of whole ones." },
        Opt { key: Key::Exclude, short: None,      long: "exclude",  value: Value::Any("CIDR[,CIDR]..."), help: "print each input without these", more: "What is left is printed as prefixes; an input that has nothing in common with them stays as it is, and one that is in them as a whole prints nothing, or with --json an object whose error says so." },
        Opt { key: Key::Sort,    short: None,      long: "sort",     value: Value::No,              help: "print the inputs in numerical order", more: "IPv4 before IPv6, then by the first address, the shorter prefix first. All of the input is kept in memory, so that an invalid input is named before anything else is printed. -e prints the lines in that order; -k is refused." },
        Opt { key: Key::Unique,  short: None,      long: "unique",   value: Value::No,              help: "print each value once", more: "Without --sort in the order in which they come. Two are the same where address, zone, and prefix length or end are; how they were written does not matter." },
        Opt { key: Key::V4,      short: Some('4'), long: "ipv4",     value: Value::No,              help: "take IPv4 only", more: "An input of the other family is invalid, and is not extracted." },
        Opt { key: Key::V6,      short: Some('6'), long: "ipv6",     value: Value::No,              help: "take IPv6 only", more: "Likewise. With --from int small numbers are IPv6, too." },
        Opt::echo(Key::Echo),
        Opt::keep(Key::Keep),
        Opt { more: OF_FIELD, ..Opt::field(Key::Field) },
        Opt::delimiter(Key::Delimiter),
        Opt::null(Key::Null),
        Opt::json(Key::Json),
        Opt::quiet(Key::Quiet),
    ],
    exit_note: "A filter that passes nothing has status 1. 3 is never given: nothing is asked of the network.",
    examples: &[
        Example { why: "One address in the forms that a program may want", run: "ipconv -o compressed,int,packed,python 127.0.0.1 2001:DB8::0:1",
            out: "127.0.0.1\t2130706433\t7f000001\tb'\\x7f\\x00\\x00\\x01'\n2001:db8::1\t42540766411282592856903984951653826561\t20010db8000000000000000000000001\tb'\\x20\\x01\\x0d\\xb8\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01'\n", status: 0 },
        Example { why: "Why an address is private", run: "ipconv -o is_private,registry,registry_block,registry_rfc \\\n  192.168.1.1 100.64.0.1",
            out: "true\tPrivate-Use\t192.168.0.0/16\tRFC1918\nfalse\tShared Address Space\t100.64.0.0/10\tRFC6598\n", status: 0 },
        Example { why: "A guard that sees the address inside, and what it saw", run: "ip=64:ff9b::10.0.0.1; ipconv -q --is public -- \"$ip\" </dev/null ||\n  ipconv -o embedded -- \"$ip\"",
            out: "10.0.0.1 nat64\n", status: 0 },
        Example { why: "Who knocked from outside", run: "echo 'Failed password from 9.9.9.9, then from [::ffff:10.1.2.3]:22' |\n  ipconv --extract --is global",
            out: "9.9.9.9\n", status: 0 },
        Example { why: "The fewest prefixes of a range and its neighbour", run: "printf '10.0.0.0 - 10.0.1.255\\n10.0.2.0/23\\n' | ipconv --cidrs",
            out: "10.0.0.0/22\n", status: 0 },
        Example { why: "What routers and lists write", run: "printf '10.0.0.0 0.0.0.255\\n10.0.1.0-127\\n10.1.*.*\\n' |\n  ipconv --from loose -o compressed,num_addresses",
            out: "10.0.0.0/24\t256\n10.0.1.0-10.0.1.127\t128\n10.1.0.0/16\t65536\n", status: 0 },
        Example { why: "The network around an address", run: "ipconv -o network,first_host,last_host,num_hosts \\\n  192.0.2.77/255.255.255.240 2001:db8::/127",
            out: "192.0.2.64/28\t192.0.2.65\t192.0.2.78\t14\n2001:db8::/127\t2001:db8::\t2001:db8::1\t2\n", status: 0 },
    ],
    sections: &[
        ("A GUARD", "A program that fetches what a stranger names must not be sent to an inside address. In a script:

if ipconv -q --is public -- \"$ip\" </dev/null; then ...

After -- no $ip is an option, with </dev/null none is standard input, and -q prints nothing of it. The status is 0 only for one plain address that is written as inet_pton(3) takes it and that the public Internet routes: of IPv4 one that the \
registry calls global and that is neither multicast nor reserved; of IPv6 one in 2000::/3 that the registry calls global and in which every IPv4 address (of an ISATAP address) is public, or one that is IPv4-mapped, IPv4-translated or NAT64 (64:ff9b::/96) around a public IPv4 address. \
6to4 and Teredo addresses are not public: the registry does not call them global. --is global is not enough, since multicast addresses, 4000::1 and networks are global, and --not reserved would drop 64:ff9b::8.8.8.8, which networks with IPv6 alone need. \
Zones are refused unless they are made of letters, digits, -, ., _ and ~, since %]@[::1 behind an address once led a client to ::1, and none is public.

What no tool can know from an address: whether the network has a NAT64 prefix of its own, behind which any IPv4 address may be; whether a provider answers on an address that looks public (some clouds' metadata services do); and what a name resolves to a moment later. \
So resolve first, check the address, and connect to that very address, not to the name again (DNS rebinding); check each address of a redirect in the same way; and list in --not-in what is yours: ipconv -q --is public --not-in 2001:db8:64::/96 -- \"$ip\" </dev/null."),
        ("ENVIRONMENT", "IPCONV_KERNEL: how plain lines are read: plain, sse4.1, avx2 or avx512. The fastest that the processor has is taken where it is unset or not there. All give the same answers."),
        ("STANDARDS", "RFC 4291 and RFC 5952 (IPv6 text), RFC 4007 and RFC 6874 (zones), RFC 6890 and IANA's special-purpose registries (classification), RFC 4632 (prefixes), RFC 1924 (base 85), RFC 2317 (reverse zones), \
RFC 6052 (NAT64), RFC 2765 (IPv4-translated), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP)."),
        ("CAVEATS", "Properties are those of Python's ipaddress (main branch of 2026), corrected by the registries where Python lags: 5f00::/16 and 100:0:0:1::/64 are private, 2001:1::3 is global, and 192.88.99.2, which \
its row calls not globally reachable, is private. Where a row says neither yes nor no, Python is followed: 2002::/16 and 2001::/32 are private, 192.88.99.0/24 is global but for that one address. 100.64.0.0/10 is neither private nor global. Multicast addresses are global. Python calls 0.0.0.0/0 and ::/0 global since it looks at both ends alone; here every address counts.

IPv4-mapped addresses answer as the IPv4 address inside them. Rust's standard library, Go's netip and netaddr differ on some of these: they know RFC 1918 only, or call 10.0.0.1 global unicast.

inet_aton(3) of glibc stops at white space and ignores what follows; --from aton refuses that. With --deep every IPv6 network of 64 bits or fewer has room for an ISATAP address with anything inside and so is not global."),
    ],
    see_also: &["inet_pton(3)", "getserv(1)", "dnsall(1)", "rirwhois(1)"],
    beginnings: &[],
};
