//! The command line of upper-echod, as data.
use plainnet_common::spec::{Example, Opt, Spec, Value};

/// The options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the option of the same name says it")]
pub enum Key {
    Line,
    Idle,
    Deadline,
    MaxConns,
    MaxPerHost,
    Grace,
    Spin,
    Delay,
    Once,
    Verbose,
    Time,
    Quiet,
}

/// See [`Spec`].
#[rustfmt::skip]
pub static SPEC: Spec<Key> = Spec {
    name: "upper-echod",
    version: env!("CARGO_PKG_VERSION"),
    registries: &[],
    about: "TCP server that answers in upper case",
    usage: &["[OPTION]... [ADDRESS:PORT|PORT|:PORT]..."],
    operands: Value::Any("ADDRESS:PORT"),
    description: "upper-echod sends back what it is sent with the ASCII letters a to z in upper case; every other byte passes as it is. \
        It listens on 127.0.0.1:5555 unless operands say otherwise. An operand without an address means 127.0.0.1; every \
        interface is 0.0.0.0:PORT or [::]:PORT, which can both be given. Port 0 picks a free one. In a container, 127.0.0.1 is \
        not reachable from outside it; 0.0.0.0 is.\n\n\
        Bytes are answered as they arrive, and no line is assembled. So a client that sends `Hello World` without a newline and \
        waits is answered at once, where a server that waits for the newline and its client wait for each other for ever. When the \
        client closes its sending side it gets everything that is still due, and then the end. A byte that was sent as urgent data \
        (MSG_OOB) is one like the others, answered in its place.\n\n\
        The first lines on standard output say where it listens. Then come a line for what each connection wrote first \
        (each line with --line), escaped and cut at 100 characters, and a line when it ends: the bytes received and why it \
        ended, which is one of client closed, client reset, answered, idle, deadline, stalled, evicted, max-per-host and shutdown. A log that \
        can't be written is dropped and counted on standard error; it never stops service.\n\n\
        When all places are taken, a newcomer is served within a second, and the connection that has moved the fewest bytes \
        per second of its life goes; a life is counted as at least one second. A connection in its first second is spared \
        while an older one has moved less than 100 bytes a second. So no rate of dripping keeps a place, and a client that \
        moves real data is not the one that goes.\n\n\
        SIGTERM and SIGINT close the listeners. Connections that owe no answer are closed at once, those with bytes still to \
        send get --grace for it, and every byte that was read is answered. Then the server ends with status 0. A second signal \
        ends it at once.",
    opts: &[
        Opt { key: Key::Line, short: None, long: "line", value: Value::No, help: "answer one line, then close",
              more: "The line goes up to the first newline or the end of input. Its surrounding white space (space, TAB, CR, LF, VT, FF) is \
                     dropped, and no newline is added. More than 4096 bytes of white space in a row, \
                     once another byte has come, close the connection as stalled. A client that connects and is silent is not seen for about the first second." },
        Opt { key: Key::Idle, short: None, long: "idle", value: Value::Any("SECONDS"), help: "close after this long without a byte either way (60)",
              more: "Where output is pending and the client takes none of it for that long, the log says stalled. Fractions are allowed here and below, \
                     and 0 turns a limit off." },
        Opt { key: Key::Deadline, short: None, long: "deadline", value: Value::Any("SECONDS"), help: "close after this long in all (off; 60 with --line)",
              more: "" },
        Opt { key: Key::MaxConns, short: None, long: "max-conns", value: Value::Any("N"), help: "connections at once",
              more: "By default as many as the limit of open files allows, which is raised as far as it goes, less a reserve. \
                     Where memory has no room for so many, there are fewer. DESCRIPTION says who goes when all places are taken." },
        Opt { key: Key::MaxPerHost, short: None, long: "max-per-host", value: Value::Any("N"), help: "connections of one host at once (unlimited)",
              more: "A host is an IPv4 address or the /64 of an IPv6 address. A connection beyond the limit is accepted and closed at once, \
                     since waiting it would hold up the other hosts." },
        Opt { key: Key::Grace, short: None, long: "grace", value: Value::Any("SECONDS"), help: "allow this long to finish after a signal (5)",
              more: "0 ends at once." },
        Opt { key: Key::Spin, short: None, long: "spin", value: Value::Any("MICROSECONDS"), help: "poll this long before sleeping (0)",
              more: "Waking an idle processor costs more than the rest of a short request, so 50 makes a busy server up to 1.6 times as \
                     fast, for a processor's time. It polls only after something came, and stops for a while when that brings nothing." },
        Opt { key: Key::Delay, short: None, long: "delay", value: Value::Any("SECONDS"), help: "wait before each answer (0)",
              more: "What a client writes meanwhile is read afterwards, and --idle doesn't count. With --line it waits once for the reply." },
        Opt { key: Key::Once, short: None, long: "once", value: Value::No, help: "serve one connection, then end",
              more: "The listeners close when it is accepted, and the status is 0 when it has closed." },
        Opt { key: Key::Verbose, short: Some('v'), long: "verbose", value: Value::No, help: "also log who connects, and every read",
              more: "With --line the pieces of a line are then logged as they are read." },
        Opt { key: Key::Time, short: None, long: "time", value: Value::No, help: "put the UTC time before each line of the log",
              more: "The form is that of RFC 3339 with milliseconds. The lines that say where it listens have none." },
        Opt { key: Key::Quiet, short: Some('q'), long: "quiet", value: Value::No, help: "log nothing but where it listens",
              more: "Whatever happens then, nothing else is said: -v and --time have nothing to add, and standard error stays empty once the server has started." },
    ],
    exit_note: "After a signal the status is 0. 2 also means that an address could not be bound; 1 and 3 do not occur.",
    examples: &[
        Example {
            why: "Answer one client on a free port, and end",
            run: "upper-echod -q --once 0 |\n  { read -r _ _ server; upper-echo -s \"$server\" Hello World; }",
            out: "HELLO WORLD\n",
            status: 0,
        },
        Example {
            why: "See what a client wrote and why its connection ended",
            run: "upper-echod --once 0 | { read -r _ _ server;\n  upper-echo -s \"$server\" Hello; sed 's/^[^ ]* //'; }",
            out: "HELLO\nwrote: Hello\nclosed: 5 bytes, client closed\n",
            status: 0,
        },
        Example {
            why: "Be told what was probably meant",
            run: "upper-echod tcp://127.0.0.1:0 2>&1",
            out: "upper-echod: tcp://127.0.0.1:0: 127.0.0.1:0 is meant\n",
            status: 2,
        },
        Example {
            why: "Refuse a port that is none",
            run: "upper-echod 127.0.0.1:70000 2>&1",
            out: "upper-echod: 127.0.0.1:70000: a port is at most 65535\n",
            status: 2,
        },
    ],
    sections: &[
        ("ENVIRONMENT", "LISTEN_PID and LISTEN_FDS are systemd's way to hand over listening sockets: if they mean this process, it serves those (and \
            the operands, but not the default address). NOTIFY_SOCKET is where readiness is reported."),
        ("STANDARDS", "TCP is RFC 9293, and its urgent data RFC 6093. Times in the log are written as RFC 3339 says. The classic echo service, on port 7 and without upper case, is RFC 862."),
        ("CAVEATS", "It runs on Linux only. After binding it can open no file and connect to nothing, where the kernel has landlock(7), \
            and it keeps no capability, also where it was started as root (capabilities(7))."),
    ],
    see_also: &["upper-echo(1)", "nc(1)", "ss(8)", "tcp(7)", "capabilities(7)", "landlock(7)", "systemd.socket(5)"],
    beginnings: &[],
};
