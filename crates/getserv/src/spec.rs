//! The command line as a table.
use plainnet_common::spec::{Example, Opt, Spec, Value};

/// What a user may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table below says what each does")]
pub enum Key {
    Long,
    All,
    Proto,
    Source,
    Services,
    Class,
    Ranges,
    Free,
    Search,
    Dump,
    Check,
    Echo,
    Keep,
    Field,
    Delimiter,
    Null,
    Json,
    Quiet,
}

/// The title and date in the head of the registry's table, without its source and licence.
const REGISTRY: &str = {
    // The bytes are copied, since a part of the file's text would keep all of it in the program.
    const HEAD: [u8; LENGTH] = *include_bytes!("../data/services.tsv").split_at(2).1.first_chunk().unwrap();
    const LENGTH: usize = {
        let text = include_bytes!("../data/services.tsv").split_at(2).1;
        let (mut at, mut commas) = (0, 0);
        while commas < 2 {
            if text[at] == b',' {
                commas += 1;
            }
            at += 1;
        }
        at - 1
    };
    match str::from_utf8(&HEAD) {
        Ok(text) => text,
        Err(_) => panic!(),
    }
};

/// The command line of getserv.
#[rustfmt::skip]
pub static SPEC: Spec<Key> = Spec {
    name: "getserv",
    version: env!("CARGO_PKG_VERSION"),
    registries: &[REGISTRY],
    about: "Look up the ports of network services, and the names of ports",
    usage: &[
        "[OPTION]... [NAME|NAME/PROTO|PORT|PORT/PROTO]...",
        "--class [OPTION]... [PORT|NAME]...",
        "--ranges | --free [N] | --search TEXT | --dump | --check FILE",
    ],
    operands: Value::From("NAME", "getserv --dump"),
    description: "
        getserv prints the port of each service name and the name of each port that is given as an operand or as a
        line of standard input. The services file of the host is asked first and answers as getservbyname(3) and
        getservbyport(3) do: the first line that has the name, as its own or as an alias, wins. Then comes IANA's
        registry, which is built in; of several ports of a name the lowest is the answer, of several names of a port
        the first that is not a duplicate or historic. Then comes a short list of names in everyday use that the
        registry lacks, such as whois, so that they work on hosts without a services file. Last come de facto names:
        ports that the world uses otherwise than the registry has them, such as 51820 for WireGuard, each taken from
        the documentation of its project. They never hide a registered name; -l shows them beside it as unofficial.

        Names are found whatever the case of their letters; a line with the very letters comes before all others.
        What follows the last slash of an operand is a protocol if the data know such a protocol, so that the names
        914c/g and cl/1 work. A port is written in decimal, without sign and leading zeros. Nothing else is guessed:
        0x50, +80 and htpp are no services, and the message about such an operand says what was probably meant.

        An endpoint as another program prints it asks for its port: 0.0.0.0:443, [::]:22, *:443, :443,
        127.0.0.53%lo:53, [fe80::1]%eth0:546, localhost:ssh, tcp/443, 443/tcp, DPT=443, 443(https), 10.0.0.1.443 and
        https://dev.to:8443/; https:// alone asks for https. With -f that is a column of ss(8), netstat(8) or a firewall's log. A list of
        ports or a range is refused, and the message names the command that asks for each.

        A port inside a registered range (x11, 6000 to 6063) has the name of the range, and the name has the first
        port. The few services that are registered without a protocol answer for each.",
    opts: &[
        Opt { key: Key::Long, short: Some('l'), long: "long", value: Value::No,
            help: "print services(5) lines, one for each protocol",
            more: "Name, port/protocol, aliases, and # with a text, separated by TABs. Lines of the host's file come first, then \
                   those of the registry that the host lacks; the text is the registry's where it has one. A name that is \
                   not registered for the port has a text that begins with unofficial:, and a port that this host gives to \
                   outgoing connections has one that ends with (ephemeral here)." },
        Opt { key: Key::All, short: Some('a'), long: "all", value: Value::No,
            help: "print every port or name, not the first alone",
            more: "Each once, aliases and all ports of a range included. With --json that is an object for each line of -l, \
                   for each port of a range, and for the aliases that the registry has beside a line of the host." },
        Opt { key: Key::Proto, short: Some('p'), long: "proto", value: Value::Of(&["tcp", "udp", "sctp", "dccp"]),
            help: "answer for this protocol",
            more: "Or another one that the services file names. A protocol in the input itself takes precedence." },
        Opt { key: Key::Source, short: None, long: "source", value: Value::Of(&["host", "iana", "both"]),
            help: "ask the host's file or the registry alone (default: both)",
            more: "With iana nothing answers but the registry: no name in everyday use, no de facto name. With both all do." },
        Opt { key: Key::Services, short: None, long: "services", value: Value::File("FILE"),
            help: "the host's file is this one",
            more: "FILE may be a pipe or a device, and - is standard input; the inputs are operands then." },
        Opt { key: Key::Class, short: None, long: "class", value: Value::No,
            help: "print the class of each port, and its use on this host",
            more: "The class is system, user or dynamic (RFC 6335). After a TAB comes ephemeral for a port that this host \
                   gives to outgoing connections, reserved for one in that range that is kept from it, else -. With --json \
                   these are true or false." },
        Opt { key: Key::Ranges, short: None, long: "ranges", value: Value::No,
            help: "print the ranges of the standard and of this host",
            more: "The three classes, then the ephemeral, unprivileged and reserved ports, as this network namespace has them now. \
                   With --json each range is an object with name, first, last and where: standard or host." },
        Opt { key: Key::Free, short: None, long: "free", value: Value::No,
            help: "print a port that a new service may take, or N of them",
            more: "Unassigned in the registry for TCP and UDP, not in the host's file, a user port that needs no privilege, \
                   neither ephemeral nor reserved here, and with no socket on it now. Which ones are chosen depends on the \
                   host's name and machine-id: other hosts get other ports, and each run gets the same. A program that has \
                   bound a TCP port and neither listens nor has connected is not seen, and another one may take a port \
                   before you do. De facto ports are spared. Where there are fewer than N the status is 1." },
        Opt { key: Key::Search, short: None, long: "search", value: Value::Any("TEXT"),
            help: "print lines whose names or text contain TEXT, as -l does", more: "Case doesn't matter." },
        Opt { key: Key::Dump, short: None, long: "dump", value: Value::No,
            help: "print everything as one services(5) file",
            more: "Programs that read it by the C library get the answers that getserv gives, ranges aside, which \
                   services(5) cannot express. The first line is a comment by which --check knows such a file." },
        Opt { key: Key::Check, short: None, long: "check", value: Value::File("FILE"),
            help: "print what is wrong with a services(5) file",
            more: "A line each, FILE:LINE: reason; nothing and status 0 for a clean file, 1 for findings, 2 where it can't be \
                   read. FILE may be - for standard input. A name that breaks the rules of RFC 6335, or has a second port, is no \
                   fault where the registry itself has it so, nor anywhere in what --dump printed." },
        Opt::echo(Key::Echo),
        Opt::keep(Key::Keep),
        Opt::field(Key::Field),
        Opt::delimiter(Key::Delimiter),
        Opt::null(Key::Null),
        Opt::json(Key::Json),
        Opt::quiet(Key::Quiet),
    ],
    exit_note: "getserv uses no network: it never gives 3.",
    examples: &[
        Example { why: "The port of a service, and the name of a port",
            run: "getserv http 22", out: "80\nssh\n", status: 0 },
        Example { why: "All that is registered for a port",
            run: "getserv --source iana -l 80",
            out: "http\t80/tcp\twww www-http\t# World Wide Web HTTP\nhttp\t80/udp\twww www-http\t# World Wide Web HTTP\n\
                  http\t80/sctp\t\t# HTTP\n", status: 0 },
        Example { why: "Names for the endpoints that ss prints, lines kept in step",
            run: "printf 'LISTEN 0 128 *:443 *:*\\nLISTEN 0 128 [::]:22 [::]:*\\n' |\n  getserv -k -e -f 4",
            out: "LISTEN 0 128 *:443 *:*\thttps\nLISTEN 0 128 [::]:22 [::]:*\tssh\n", status: 0 },
        Example { why: "What a port is used for, registered or not",
            run: "getserv --source both --services /dev/null -a 9092",
            out: "XmlIpcRegSvc\nkafka\n", status: 0 },
        Example { why: "Names for the ports of a log, lines kept in step",
            run: "printf '10.0.0.1 443\\n10.0.0.2 50123\\n' | getserv -q -k -f 2",
            out: "https\n-\n", status: 0 },
        Example { why: "The classes of ports",
            run: "getserv --class -e 80 5555",
            out: "80\tsystem\t-\n5555\tuser\t-\n", status: 0 },
        Example { why: "Is a services file in order?",
            run: "printf 'web 80/tcp\\nhex 0x50/tcp\\n' | getserv --check -",
            out: "stdin:2: 0x50: a port is written in plain decimal\n", status: 1 },
        Example { why: "A port and its name as JSON",
            run: "getserv --source iana --json 5555",
            out: "{\"input\":\"5555\",\"port\":5555,\"name\":\"personal-agent\",\"proto\":\"tcp\",\"aliases\":[],\
                  \"source\":\"iana\",\"class\":\"user\",\"ephemeral\":false,\"text\":\"Personal Agent\",\"error\":null}\n", status: 0 },
    ],
    sections: &[
        ("FILES", "
            /etc/services: the host's file. It may be missing. At most 64 MiB are read, once, and only when an answer may
            come from it. A line that is no service by services(5), such as one with a port above 65535 or
            in hexadecimal, is left out, where C libraries take some for other ports; --check names them.

            /proc/sys/net/ipv4/ip_local_port_range, ip_unprivileged_port_start, ip_local_reserved_ports: the host's settings
            (Linux). /proc/net/tcp, tcp6, udp, udp6: its sockets. /etc/machine-id: for --free."),
        ("STANDARDS", "
            RFC 6335 has the names and ranges. Ports that systems give to outgoing connections unless told otherwise: Linux
            32768 to 60999; FreeBSD and macOS 49152 to 65535 (sysctl net.inet.ip.portrange); OpenBSD 1024 to 49151 (sysctl
            net.inet.ip.portfirst, portlast); Windows since Vista 49152 to 65535 (netsh int ipv4 show dynamicport tcp)."),
        ("JSON", "
            Objects have input, port, name, proto, aliases, source (host, iana, builtin or defacto), class, ephemeral, text
            and error, in this order; what is not known is null. --class has input, port, class, ephemeral, reserved and
            error; --free has input, port, class and ephemeral; --ranges input, name, first, last and where; --check input
            (the file), line and error. The input is null where a mode takes none, and the text that is sought under
            --search. ephemeral is null where this host's settings cannot be read."),
        ("CAVEATS", "
            Other sources that nsswitch.conf(5) may name for services are not asked. Registered names that break the rules of
            RFC 6335, such as sql*net, are historic and found like others."),
    ],
    see_also: &["getent(1)", "getservbyname(3)", "services(5)", "ss(8)"],
    beginnings: &[],
};
