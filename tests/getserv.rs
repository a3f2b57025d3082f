//! getserv as a user meets it.
use std::{fs, path::Path};

use getserv::spec::SPEC;
use plainnet_lab::{
    private::{self, LOCALHOST, Net, test_of},
    scratch::File,
    tool::{self, Seen},
};

const GETSERV: &str = env!("CARGO_BIN_EXE_getserv");

fn getserv(args: &[&str]) -> Seen {
    tool::run(GETSERV, args, b"")
}

/// Without the host's file, in which an administrator may have other names.
fn filter(args: &[&str], input: &str) -> Seen {
    tool::run(GETSERV, [&["--services", "/dev/null"], args].concat(), input.as_bytes())
}

/// What a good run leaves.
fn good(out: &str) -> Seen {
    Seen { status: 0, out: out.into(), err: String::new() }
}

/// A services file of its own for each test.
struct Services(File);

impl Services {
    fn new(text: impl AsRef<[u8]>) -> Services {
        Services(File::new(text))
    }

    fn run(&self, args: &[&str]) -> Seen {
        getserv(&[&["--services", &self.0], args].concat())
    }
}

// Where port numbers stand beside "ephemeral", a test has a network of its own, in which no
// administrator has set other ranges of ports.

#[test]
fn examples_of_the_manual_are_true() {
    private::within(test_of(&examples_of_the_manual_are_true), LOCALHOST, |_| {
        tool::check_examples(Path::new(GETSERV), SPEC.examples);
    });
}

#[test]
fn names_and_ports_both_ways() {
    assert_eq!(
        getserv(&["--services", "/dev/null", "http", "80", "https/tcp", "443/udp"]),
        good("80\nhttp\n443\nhttps\n")
    );
    assert_eq!(getserv(&["--source", "iana", "HTTP", "Personal-Agent", "5555"]), good("80\n5555\npersonal-agent\n"));
    // Names with a slash, and names that begin with digits.
    assert_eq!(
        getserv(&["--source", "iana", "914c/g", "cl/1/udp", "3com-tsmux", "EtherNet/IP-1"]),
        good("211\n172\n106\n2222\n")
    );
    // Every port of a range has its name.
    assert_eq!(getserv(&["--source", "iana", "x11", "6000", "6063/tcp", "6010"]), good("6000\nx11\nx11\nx11\n"));
}

#[test]
fn nothing_is_guessed() {
    for (operand, cure) in [
        ("0x50", Some("80")),
        ("80/", None),
        ("80/icmp", None),
        ("", None),
        ("+80", Some("80")),
        ("1e3", None),
        ("080", Some("80")),
        ("http/", Some("http")),
        ("htpp", Some("http")),
        ("udp", Some("-p udp")),
        ("dev.to", Some("dnsall dev.to")),
        ("no-such-name", None),
        ("http http", None),
    ] {
        let subject = if operand.is_empty() { "''" } else { operand };
        let why = cure.map_or(String::new(), |cure| format!(" (did you mean {cure}?)"));
        let want = |why: &str| Seen {
            status: 1,
            out: String::new(),
            err: format!("getserv: {subject}: no such service{why}\n"),
        };
        assert_eq!(getserv(&[operand]), want(&why));
        assert_eq!(getserv(&["-q", "--", operand]).err, "");
        assert_eq!(getserv(&["--class", operand]), want(""));
    }
    // A list is told what it holds, and no more.
    let seen = tool::run(GETSERV, [""; 0], b"htpp\n");
    assert_eq!(seen.err, "getserv: stdin:1: htpp: no such service\n");
    let minus = Seen { status: 1, out: "80\n".into(), err: "getserv: -1: no such service\n".into() };
    assert_eq!(getserv(&["--", "-1", "http"]), minus);
    assert_eq!(getserv(&["-p", "tcp", "\u{202e}ptth\x1b"]).err, "getserv: \\u{202e}ptth\\x1b: no such service\n");
}

#[test]
fn the_host_comes_first_then_iana_then_our_own() {
    let file = Services::new("web 80/tcp www HTTP-alt # The Web\nx 5/ddp\nweb 81/udp\n");
    assert_eq!(file.run(&["80", "www", "http", "http-alt", "x/ddp", "5/ddp"]), good("web\n80\n80\n80\n5\nx\n"));
    assert_eq!(file.run(&["--source", "iana", "80", "http-alt"]), good("http\n591\n"));
    assert_eq!(file.run(&["--source", "host", "web/udp", "80"]), good("81\nweb\n"));
    assert_eq!(file.run(&["--source", "host", "ssh"]).status, 1);
    assert_eq!(file.run(&["whois", "-a", "web"]), good("43\n80\n81\n"));
    assert_eq!(file.run(&["-p", "ddp", "x", "80/udp"]), good("5\nhttp\n"));
    let none = file.run(&["-p", "icmp", "x"]);
    assert_eq!((none.status, &*none.err), (2, "getserv: --proto: icmp: no service has this protocol\n"));
}

#[test]
fn long_lines_have_every_protocol() {
    private::within(test_of(&long_lines_have_every_protocol), LOCALHOST, |_| {
        let file = Services::new("http 80/tcp www\nmine 4000/tcp # only\there\nbare 4001/ddp\n");
        let http = "http\t80/tcp\twww\t# World Wide Web HTTP\nhttp\t80/udp\twww www-http\t# World Wide Web HTTP\nhttp\t80/sctp\t\t# HTTP\n";
        assert_eq!(file.run(&["-l", "http"]), good(http));
        assert_eq!(file.run(&["-l", "80"]), good(http));
        assert_eq!(file.run(&["-l", "mine", "bare"]), good("mine\t4000/tcp\t\t# only here\nbare\t4001/ddp\n"));
        assert_eq!(file.run(&["-l", "x11/tcp"]), good("x11\t6000-6063/tcp\t\t# X Window System\n"));
        assert_eq!(file.run(&["-l", "www-http/tcp"]), good("http\t80/tcp\twww www-http\t# World Wide Web HTTP\n"));
        // A host's line for the first port of a range hides no range.
        let x11 = Services::new("x11 6000/tcp x11-0\n");
        assert_eq!(
            x11.run(&["-l", "-p", "tcp", "x11"]),
            good("x11\t6000/tcp\tx11-0\t# X Window System\nx11\t6000-6063/tcp\t\t# X Window System\n")
        );
        assert!(x11.run(&["--dump", "-p", "tcp"]).out.contains("\nx11\t6000-6063/tcp\t"));
        assert_eq!(file.run(&["-e", "-l", "mine"]), good("mine\tmine\t4000/tcp\t\t# only here\n"));
    });
}

#[test]
fn all_answers_once_each() {
    let file = Services::new("web 80/tcp www\n");
    assert_eq!(file.run(&["-a", "80"]), good("web\nwww\nhttp\nwww-http\n"));
    assert_eq!(file.run(&["-a", "53"]), good("domain\ndns\n"));
    // What the registry says of a port beside the name that the host has, too.
    let http = Services::new("http 80/tcp\n");
    assert_eq!(http.run(&["-a", "80/tcp"]), good("http\nwww\nwww-http\n"));
    assert_eq!(http.run(&["-a", "http", "www"]), good("80\n80\n"));
    assert_eq!(http.run(&["--source", "host", "-a", "80/tcp"]), good("http\n"));
    assert_eq!(file.run(&["-a", "-p", "tcp", "msp"]), good("18\n2438\n"));
    assert_eq!(file.run(&["-a", "-e", "rap"]), good("rap\t38\nrap\t256\n"));
    assert_eq!(file.run(&["-a", "ircu"]), good("6665\n6666\n6667\n6668\n6669\n"));
}

/// What the host's file says is not said again out of the registry.
#[test]
fn a_dump_says_nothing_twice() {
    let file = Services::new("ssh 22/tcp\nhttp 80/tcp www\n");
    let dump = file.run(&["--dump"]).out;
    let lines = |port: &str, name: &str| {
        let of_it = |line: &&str| {
            let words: Vec<_> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
            words.get(1) == Some(&port) && words.contains(&name)
        };
        dump.lines().filter(of_it).count()
    };
    assert_eq!((lines("22/tcp", "ssh"), lines("80/tcp", "www"), lines("80/tcp", "www-http")), (1, 1, 1));
    assert_eq!((lines("22/udp", "ssh"), lines("443/tcp", "https")), (1, 1));
}

#[test]
fn lines_keep_step() {
    let input = "http\n\n# comment\nnope\r\n  53/udp \n";
    assert_eq!(filter(&["-q"], input), Seen { status: 1, out: "80\ndomain\n".into(), err: String::new() });
    let want = Seen {
        status: 0,
        out: "80\n-\n-\n-\ndomain\n".into(),
        err: "getserv: stdin:4: nope: no such service\n".into(),
    };
    assert_eq!(filter(&["-k"], input), want);
    assert_eq!(filter(&["-q", "-k", "-e"], "http\nnope\n"), good("http\t80\nnope\t-\n"));
    assert_eq!(filter(&["-q", "-k", "-a"], "nope\n"), good("-\n"));
    assert_eq!(filter(&["-q", "-k", "--class"], "nope\n80\n"), good("-\t-\nsystem\t-\n"));
    assert_eq!(filter(&["-0", "-e"], "http\0domain\0"), good("http\t80\0domain\t53\0"));
    assert_eq!(filter(&["-e", "-f", "2"], "a 22\tx\n"), good("a 22\tx\tssh\n"));
    assert_eq!(getserv(&[]), good(""));
    let bad = tool::run(GETSERV, ["--services", "/dev/null", "-k"], b"\xff\n80\n");
    assert_eq!(
        bad,
        Seen { status: 0, out: "-\nhttp\n".into(), err: "getserv: stdin:1: \\xff: invalid UTF-8\n".into() }
    );
}

#[test]
fn json_has_an_object_for_each_input() {
    private::within(test_of(&json_has_an_object_for_each_input), LOCALHOST, |_| {
        let file = Services::new("http 80/tcp www\n");
        let want = r#"{"input":"www","port":80,"name":"http","proto":"tcp","aliases":["www"],"source":"host","class":"system","ephemeral":false,"text":"World Wide Web HTTP","error":null}
{"input":"6010","port":6010,"name":"x11","proto":"tcp","aliases":[],"source":"iana","class":"user","ephemeral":false,"text":"X Window System","error":null}
{"input":"whois","port":43,"name":"whois","proto":"tcp","aliases":[],"source":"builtin","class":"system","ephemeral":false,"text":null,"error":null}
{"input":"boe-cms","port":6400,"name":"boe-cms","proto":null,"aliases":[],"source":"iana","class":"user","ephemeral":false,"text":"Business Objects CMS contact port","error":null}
{"input":"25565","port":25565,"name":"minecraft","proto":"tcp","aliases":[],"source":"defacto","class":"user","ephemeral":false,"text":"Minecraft Java Edition server","error":null}
"#;
        assert_eq!(file.run(&["--json", "www", "6010", "whois", "boe-cms", "25565"]), good(want));
        let seen = file.run(&["--json", "-e", "65432", "0x50", "80,81"]);
        let want = r#"{"input":"65432","port":65432,"name":null,"proto":null,"aliases":null,"source":null,"class":"dynamic","ephemeral":false,"text":null,"error":"no such service"}
{"input":"0x50","port":null,"name":null,"proto":null,"aliases":null,"source":null,"class":null,"ephemeral":null,"text":null,"error":"no such service"}
{"input":"80,81","port":null,"name":null,"proto":null,"aliases":null,"source":null,"class":null,"ephemeral":null,"text":null,"error":"a list: ask for each by itself (getserv 80 81)"}
"#;
        assert_eq!((seen.status, &*seen.out), (1, want));
        assert_eq!(file.run(&["--json", "-k", "-q", "65432"]).status, 0);
        // With -k lines stay in step; without it there is nothing to say of a line that asks nothing.
        let seen = filter(&["--json", "-k", "--class"], "\n# x\n");
        let want = r##"{"input":"","error":"blank line or comment"}
{"input":"# x","error":"blank line or comment"}
"##;
        assert_eq!(seen, good(want));
        assert_eq!(filter(&["--json", "-k"], "\n# x\n"), good(want));
        assert_eq!(filter(&["--json"], "\n# x\n"), good(""));
        // An object for each answer, an object for each port of a range.
        let all = file.run(&["--json", "-a", "-p", "tcp", "80"]);
        let want = r#"{"input":"80","port":80,"name":"http","proto":"tcp","aliases":["www"],"source":"host","class":"system","ephemeral":false,"text":"World Wide Web HTTP","error":null}
{"input":"80","port":80,"name":"http","proto":"tcp","aliases":["www-http"],"source":"iana","class":"system","ephemeral":false,"text":"World Wide Web HTTP","error":null}
"#;
        assert_eq!(all, good(want));
        assert_eq!(file.run(&["--json", "-l", "80"]).out.lines().count(), 3);
        assert_eq!(file.run(&["--json", "-l", "6443"]).out.lines().count(), 3);
        let range = file.run(&["--json", "-a", "-p", "tcp", "x11"]).out;
        assert_eq!(range.lines().count(), 64);
        assert!(range.lines().last().unwrap().starts_with(r#"{"input":"x11","port":6063,"name":"x11","proto":"tcp","#));
    });
}

/// In a network of its own the first free port stays free.
#[test]
fn every_mode_has_json() {
    private::within(test_of(&every_mode_has_json), LOCALHOST, |_| {
        let file = Services::new("mine 4000/tcp # a\n");
        let search = file.run(&["--json", "--search", "MINE 4", "--source", "host"]);
        let want = r#"{"input":"MINE 4","port":null,"name":null,"proto":null,"aliases":null,"source":null,"class":null,"ephemeral":null,"text":null,"error":"no such service"}
"#;
        assert_eq!((search.status, &*search.out), (1, want));
        let want = r#"{"input":"mine","port":4000,"name":"mine","proto":"tcp","aliases":[],"source":"host","class":"user","ephemeral":false,"text":"a","error":null}
"#;
        assert_eq!(file.run(&["--json", "--search", "mine", "--source", "host"]), good(want));
        let want = want.replacen("\"mine\"", "null", 1);
        assert_eq!(file.run(&["--json", "--dump", "--source", "host"]), good(&want));
        let port = file.run(&["--free"]).out;
        let want = format!("{{\"input\":null,\"port\":{},\"class\":\"user\",\"ephemeral\":false}}\n", port.trim());
        assert_eq!(file.run(&["--json", "--free", "1"]), good(&want));
        let ranges = getserv(&["--json", "--ranges"]).out;
        assert!(
            ranges.starts_with(
                "{\"input\":null,\"name\":\"system\",\"first\":0,\"last\":1023,\"where\":\"standard\"}\n\
             {\"input\":null,\"name\":\"user\",\"first\":1024,\"last\":49151,\"where\":\"standard\"}\n\
             {\"input\":null,\"name\":\"dynamic\",\"first\":49152,\"last\":65535,\"where\":\"standard\"}\n\
             {\"input\":null,\"name\":\"ephemeral\",\"first\":"
            ),
            "{ranges}"
        );
        assert_eq!(
            ranges.lines().filter(|line| line.ends_with("\"where\":\"host\"}")).count(),
            ranges.lines().count() - 3
        );
        let seen = file.run(&["--json", "--class", "mine", "1", "nope"]);
        let want = r#"{"input":"mine","port":4000,"class":"user","ephemeral":false,"reserved":false,"error":null}
{"input":"1","port":1,"class":"system","ephemeral":false,"reserved":false,"error":null}
{"input":"nope","port":null,"class":null,"ephemeral":null,"reserved":null,"error":"no such service"}
"#;
        assert_eq!((seen.status, &*seen.out, &*seen.err), (1, want, "getserv: nope: no such service\n"));
        let check = filter(&["--json", "--check", "-"], "x 1\n");
        assert_eq!((check.status, &*check.out), (1, "{\"input\":\"stdin\",\"line\":1,\"error\":\"1: no protocol\"}\n"));
    });
}

#[test]
fn ranges_are_this_host_s() {
    let sys = |name: &str| fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap();
    let reserved = sys("ip_local_reserved_ports");
    let want = format!(
        "system\t0-1023\nuser\t1024-49151\ndynamic\t49152-65535\nephemeral\t{}\nunprivileged\t{}-65535\nreserved\t{}\n",
        sys("ip_local_port_range").split_whitespace().collect::<Vec<_>>().join("-"),
        sys("ip_unprivileged_port_start").trim(),
        if reserved.trim().is_empty() { "-" } else { reserved.trim() },
    );
    assert_eq!(getserv(&["--ranges"]), good(&want));
}

/// A network of its own has the ranges that Linux begins with.
#[test]
fn classes_are_those_of_the_ranges() {
    private::within(test_of(&classes_are_those_of_the_ranges), LOCALHOST, |net| {
        let lows = getserv(&["--class", "80", "http/tcp", "1023"]);
        assert_eq!(lows, good("system\t-\nsystem\t-\nsystem\t-\n"));
        if net == Net::Own {
            let highs = getserv(&["--class", "1024", "32767", "32768", "49151", "49152", "60999", "61000"]);
            let want = "user\t-\nuser\t-\nuser\tephemeral\nuser\tephemeral\ndynamic\tephemeral\ndynamic\tephemeral\ndynamic\t-\n";
            assert_eq!(highs, good(want));
        }
    });
}

/// In a network of its own no other test takes one of them meanwhile.
#[test]
fn free_ports_are_free() {
    private::within(test_of(&free_ports_are_free), LOCALHOST, |_| {
        let file = Services::new("");
        let ports: Vec<u16> = file.run(&["--free", "50"]).out.lines().map(|p| p.parse().unwrap()).collect();
        assert_eq!(ports.len(), 50);
        for (i, port) in ports.iter().enumerate() {
            assert!(!ports[..i].contains(port));
            std::net::TcpListener::bind(("127.0.0.1", *port)).unwrap();
            std::net::UdpSocket::bind(("127.0.0.1", *port)).unwrap();
            assert_eq!(file.run(&["-q", &port.to_string()]).status, 1);
        }
        assert_eq!(file.run(&["--free"]).out, format!("{}\n", ports[0]));
        // The same choice again, but for a port that is taken meanwhile.
        let taken = Services::new(format!("mine {}/udp\n", ports[0]));
        assert_eq!(taken.run(&["--free"]).out, format!("{}\n", ports[1]));
        let _socket = std::net::UdpSocket::bind(("127.0.0.1", ports[1])).unwrap();
        let _listener = std::net::TcpListener::bind(("127.0.0.1", ports[2])).unwrap();
        assert_eq!(taken.run(&["--free"]).out, format!("{}\n", ports[3]));
        let all = file.run(&["--free", "65536"]);
        assert_eq!(all.status, 1);
        assert!(all.err.starts_with("getserv: 65536: only "), "{}", all.err);
        assert!(all.out.lines().count() > 1000);
    });
}

#[test]
fn search_finds_names_aliases_and_texts() {
    private::within(test_of(&search_finds_names_aliases_and_texts), LOCALHOST, |_| {
        let file = Services::new("mine 4000/tcp ours # Something Special\n");
        assert_eq!(
            file.run(&["--search", "OURS"]).out.lines().next(),
            Some("mine\t4000/tcp\tours\t# Something Special")
        );
        assert_eq!(file.run(&["--search", "something special"]), good("mine\t4000/tcp\tours\t# Something Special\n"));
        assert_eq!(
            file.run(&["--search", "X Window", "-p", "udp"]).out.lines().next(),
            Some("x11\t6000-6063/udp\t\t# X Window System")
        );
        let none = file.run(&["--search", "no\x1bsuch"]);
        assert_eq!(none, Seen { status: 1, out: String::new(), err: "getserv: no\\x1bsuch: no such service\n".into() });
    });
}

#[test]
fn a_dump_answers_like_its_sources() {
    let dump = getserv(&["--dump"]);
    assert_eq!((dump.status, &*dump.err), (0, ""));
    // Nothing is wrong with it.
    assert_eq!(filter(&["--check", "-"], &dump.out), good(""));
    let (_, rest) =
        getserv(&["--dump", "--source", "iana"]).out.split_once('\n').map(|(a, b)| (a.len(), b.to_owned())).unwrap();
    assert_eq!(filter(&["--check", "-"], &rest), good(""));
    let file = File::new(&dump.out);
    // Read as a host's file it gives the answers of all sources, ranges aside.
    let mut inputs = String::new();
    for row in getserv::book::registry::all() {
        for proto in ["", "/tcp", "/udp", "/sctp", "/dccp"] {
            inputs += &format!("{}{proto}\n{}{proto}\n", row.name(), row.port());
        }
    }
    inputs += "whois\nwhois/tcp\nmail\nwww-http\nwww-http/tcp\n";
    let want = tool::run(GETSERV, ["-k", "-q", "-e"], inputs.as_bytes());
    let got = filter(&["-k", "-q", "-e", "--source", "host", "--services", &file], &inputs);
    let ranges = ["x11", "ircu", "swx", "vrml-multi-use", "flex-lm", "satvid-datalnk", "active-net"];
    let differ: Vec<_> = want.out.lines().zip(got.out.lines()).filter(|(want, got)| want != got).collect();
    assert_eq!(want.out.lines().count(), got.out.lines().count());
    for (want, got) in differ {
        let is_range = ranges.iter().any(|r| {
            want.starts_with(&format!("{r}\t"))
                || want.starts_with(&format!("{r}/"))
                || want.ends_with(&format!("\t{r}"))
        });
        assert!(is_range, "{want} {got}");
    }
}

#[test]
fn check_finds_what_lookups_leave_out() {
    let text = b"# \xc3\xa9\nhttp 80/tcp www\nx 70000/tcp\n\xff 1/tcp\nwww 81/tcp\n80 80/udp\n";
    let file = File::new(text);
    let path = &*file;
    let want = format!(
        "{path}:3: 70000: ports end at 65535\n{path}:4: invalid UTF-8\n\
         {path}:5: www: an earlier line has port 80 for this name and protocol\n\
         {path}:6: 80: a name of digits alone is taken for a port\n"
    );
    assert_eq!(getserv(&["--check", path]), Seen { status: 1, out: want, err: String::new() });
    let clean = File::new("http 80/tcp www # Web\r\nrtmp 1/ddp");
    assert_eq!(getserv(&["--check", &clean]), good(""));
    assert_eq!(filter(&["--check", "-"], "x 1\n").out, "stdin:1: 1: no protocol\n");
    let missing = getserv(&["--check", "/nonexistent/services"]);
    assert_eq!(
        missing,
        Seen {
            status: 2,
            out: String::new(),
            err: "getserv: /nonexistent/services: No such file or directory\n".into()
        }
    );
}

#[test]
fn a_bad_services_file_leaves_the_other_sources() {
    let nuls = File::new(vec![0; 1 << 20]);
    let huge = File::new("");
    fs::File::options().write(true).open(&*huge).unwrap().set_len(100 << 20).unwrap();
    for (path, why) in [
        ("/nonexistent/services", "No such file or directory"),
        ("/tmp", "Is a directory"),
        ("/dev/zero", "larger than 64 MiB"),
        (&*nuls, "no line of it names a service (see --check)"),
        (&*huge, "larger than 64 MiB"),
    ] {
        let want = Seen { status: 2, out: "80\nssh\n".into(), err: format!("getserv: {path}: {why}\n") };
        assert_eq!(getserv(&["--services", path, "http", "22"]), want);
        // It isn't even opened where no answer can come from it.
        assert_eq!(getserv(&["--source", "iana", "--services", path, "http"]), good("80\n"));
        assert_eq!(getserv(&["--services", path, "--class", "80"]), good("system\t-\n"));
    }
    let empty = Services::new("# nothing\n");
    assert_eq!(empty.run(&["http"]), good("80\n"));
}

#[test]
fn what_was_asked_wrongly() {
    for (args, err) in [
        (&["--free", "x"][..], "x: --free takes how many ports are wanted, 1 or more"),
        (&["--dump", "http"], "http: --dump takes no operands"),
        (&["--dump", "--ranges"], "--ranges: not together with --dump"),
        (&["--class", "-l", "80"], "--long: not together with --class"),
        (&["-f", "0"], "-f: 0: fields are counted from 1"),
        (&["--source", "x"], "--source: x: one of host, iana, both is needed"),
    ] {
        assert_eq!(getserv(args), Seen { status: 2, out: String::new(), err: format!("getserv: {err}\n") });
    }
}
