//! The command line of upper-echo, as data.
use plainnet_common::spec::{Example, Opt, Spec, Value};

/// The options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the option of the same name says it")]
pub enum Key {
    Server,
    Line,
    Timeout,
    Verify,
    Retry,
    Verbose,
}

/// Where upper-echod listens unless it is told otherwise, for completions.
const SERVERS: &[&str] = &["127.0.0.1:5555", "localhost:5555"];

/// See [`Spec`].
#[rustfmt::skip]
pub static SPEC: Spec<Key> = Spec {
    name: "upper-echo",
    version: env!("CARGO_PKG_VERSION"),
    registries: &[],
    about: "Send text to a server and print the reply",
    usage: &["[OPTION]... [MESSAGE]..."],
    operands: Value::Any("MESSAGE"),
    description: "upper-echo sends its operands, joined by blanks, to a server, closes its sending side, and prints the reply, with a \
        newline if it lacks one. Without operands, or with - alone, it copies standard input to the server and the replies to standard \
        output, both at the same time and byte for byte, so that no amount of data makes the two wait for each other.\n\n\
        As many bytes must come back as were sent. A reply that is shorter or longer is printed and reported, with status 3. --verify \
        checks that they are the right bytes.\n\n\
        All operands are the message, so a server is named with -s alone: `upper-echo localhost 5555` sends `localhost 5555`. Where \
        operands look like a host and a port, -v and the message about a refused connection say which -s was perhaps meant.\n\n\
        Only where standard output is a terminal are control characters in the reply written as escapes.",
    opts: &[
        Opt { key: Key::Server, short: Some('s'), long: "server", value: Value::Like("HOST:PORT", SERVERS), help: "ask this server (127.0.0.1:5555)",
              more: "HOST is a name or an address; an IPv6 address stands in brackets. Of several addresses the first that works is taken, and a \
                     quarter of a second without an answer is enough to try the next beside it. PORT or :PORT is a port of 127.0.0.1." },
        Opt { key: Key::Line, short: None, long: "line", value: Value::No, help: "for a server in line mode: add a newline",
              more: "The newline is added to operands. The reply may be shorter than what was sent, since white space around the line is dropped, \
                     but not than the line without it." },
        Opt { key: Key::Timeout, short: None, long: "timeout", value: Value::Any("SECONDS"), help: "give up after this long (10)",
              more: "With operands this is one limit for everything, connecting included. With standard input it counts from the last byte that moved \
                     while a reply is due, and from the end of input on it is one limit for the rest. The time that standard output takes \
                     doesn't count. Fractions are allowed, and 0 is no limit." },
        Opt { key: Key::Verify, short: None, long: "verify", value: Value::No, help: "check every byte of the reply",
              more: "It must be what was sent, with a to z in upper case; with --line, that of the stripped line. Where it is not, what has come is \
                     printed, `differs at byte N` is said (counted from 1), and the status is 1. Bytes that have not come back are held for that, \
                     up to 4 MiB; then no more is sent before some have. A line for --line is held however long it is, since the server \
                     may wait for its end. A message without a letter a to z passes any echo server." },
        Opt { key: Key::Retry, short: None, long: "retry", value: Value::Any("SECONDS"), help: "keep trying for this long while nobody listens",
              more: "Ten times a second, also while the name is not known yet. --timeout then counts from the established connection." },
        Opt { key: Key::Verbose, short: Some('v'), long: "verbose", value: Value::No, help: "print both ends of the connection on standard error", more: "" },
    ],
    exit_note: "1 occurs only with --verify.",
    examples: &[
        Example {
            why: "Ask a server that serves one client on a free port",
            run: "upper-echod -q --once 0 |\n  { read -r _ _ server; upper-echo -s \"$server\" Hello World; }",
            out: "HELLO WORLD\n",
            status: 0,
        },
        Example {
            why: "Look at every byte of the reply",
            run: "upper-echod -q --once 0 | { read -r _ _ server;\n  head -c 1M /dev/zero | upper-echo --verify -s \"$server\" | wc -c; }",
            out: "1048576\n",
            status: 0,
        },
        Example {
            why: "See what was probably meant",
            run: "upper-echo -s http://localhost:5555 hello 2>&1",
            out: "upper-echo: -s: http://localhost:5555: localhost:5555 is meant\n",
            status: 2,
        },
        Example {
            why: "See why nobody answers",
            run: "upper-echo -s 127.0.0.1:1 hello 2>&1",
            out: "upper-echo: 127.0.0.1:1: Connection refused\n",
            status: 3,
        },
    ],
    sections: &[
        ("STANDARDS", "TCP is RFC 9293. Trying several addresses follows RFC 8305. The classic echo service is RFC 862."),
    ],
    see_also: &["upper-echod(1)", "nc(1)", "socat(1)", "tcp(7)"],
    beginnings: &[],
};
