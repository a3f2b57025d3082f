//! What people type and paste by mistake: it is refused before anything is sent,
//! and the message holds the cure.
use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, path::Path};

use plainnet_lab::{
    dns,
    tool::{self, Seen},
};

const TOOL: &str = env!("CARGO_BIN_EXE_dnsall");

fn run(words: &[&str], input: &str) -> Seen {
    tool::run(Path::new(TOOL), words, input.as_bytes())
}

/// Words, `|` between them, status, and the line on standard error behind `dnsall: `.
const WRONG: [(&str, i32, &str); 81] = [
    // Inputs that are something else: status 1.
    ("https://dev.to/x", 1, "https://dev.to/x: a URL, not a name (did you mean dnsall dev.to?)"),
    ("https://dev.to:8443", 1, "https://dev.to:8443: a URL, not a name (did you mean dnsall dev.to?)"),
    ("http://user@dev.to/", 1, "http://user@dev.to/: a URL, not a name (did you mean dnsall dev.to?)"),
    ("https://151.101.66.217/", 1, "https://151.101.66.217/: a URL, not a name (did you mean dnsall 151.101.66.217?)"),
    ("https://[2001:db8::1]/", 1, "https://[2001:db8::1]/: a URL, not a name (did you mean dnsall 2001:db8::1?)"),
    ("dev.to/about", 1, "dev.to/about: a URL, not a name (did you mean dnsall dev.to?)"),
    ("hxxps://dev[.]to", 1, "hxxps://dev[.]to: a URL, not a name (did you mean dnsall dev.to?)"),
    ("dev[.]to", 1, "dev[.]to: a name with its dots in brackets (did you mean dnsall dev.to?)"),
    ("dev.to:443", 1, "dev.to:443: a host with a port, not a name (did you mean dnsall dev.to?)"),
    ("dev.to:https", 1, "dev.to:https: a host with something behind a colon, not a name (did you mean dnsall dev.to?)"),
    ("192.0.2.1:80", 1, "192.0.2.1:80: a host with a port, not a name (did you mean dnsall 192.0.2.1?)"),
    ("[2001:db8::1]:80", 1, "[2001:db8::1]:80: an address in brackets, not a name (did you mean dnsall 2001:db8::1?)"),
    ("[::1]", 1, "[::1]: an address in brackets, not a name (did you mean dnsall ::1?)"),
    ("user@dev.to", 1, "user@dev.to: a mail address, not a name (did you mean dnsall dev.to?)"),
    ("mailto:user@dev.to", 1, "mailto:user@dev.to: a mail address, not a name (did you mean dnsall dev.to?)"),
    ("\"dev.to\"", 1, "\"dev.to\": a text in quotes, not a name (did you mean dnsall dev.to?)"),
    ("'dev.to'", 1, "'dev.to': a text in quotes, not a name (did you mean dnsall dev.to?)"),
    ("<dev.to>", 1, "<dev.to>: a text in angle brackets, not a name (did you mean dnsall dev.to?)"),
    ("192.0.2.1-5", 1, "192.0.2.1-5: a range, not a name (did you mean ipconv --expand 192.0.2.1-192.0.2.5 | dnsall?)"),
    ("dev to", 1, "dev to: several words, not a name (did you mean dnsall dev to?)"),
    (
        "dev.to,example.org",
        1,
        "dev.to,example.org: several words, not a name (did you mean dnsall dev.to example.org?)",
    ),
    ("dev.to;", 1, "dev.to;: a name with something around it (did you mean dnsall dev.to?)"),
    (".dev.to", 1, ".dev.to: a name with something around it (did you mean dnsall dev.to?)"),
    ("8.8.8.0/24", 1, "8.8.8.0/24: a prefix, not a name (did you mean ipconv --expand 8.8.8.0/24 | dnsall?)"),
    ("2001:db8::/64", 1, "2001:db8::/64: a prefix, not a name (did you mean ipconv --expand 2001:db8::/64 | dnsall?)"),
    (
        "10.0.0.1-10.0.0.9",
        1,
        "10.0.0.1-10.0.0.9: a range, not a name (did you mean ipconv --expand 10.0.0.1-10.0.0.9 | dnsall?)",
    ),
    ("fe80::1%eth0", 1, "fe80::1%eth0: an address with a zone, not a name (did you mean dnsall fe80::1?)"),
    (
        "00:00:5e:00:53:2a",
        1,
        "00:00:5e:00:53:2a: a hardware address, not a name (did you mean ipconv --from mac 00:00:5e:00:53:2a?)",
    ),
    ("2130706433", 1, "2130706433: a number, not a name (did you mean ipconv --from int 2130706433?)"),
    ("0x7f000001", 1, "0x7f000001: a number, not a name (did you mean ipconv --from hex 0x7f000001?)"),
    ("10.0.0", 1, "10.0.0: no address, and no name ends in a number"),
    ("300.1.1.1", 1, "300.1.1.1: no address, and no name ends in a number"),
    ("a..b", 1, "a..b: not a name: empty label"),
    // Words in the wrong place, and values that are none: status 2.
    ("dev.to|mx", 2, "mx: a record type: use -t MX (for the name of that spelling write mx.)"),
    ("a|dev.to", 2, "a: a record type: use -t A (for the name of that spelling write a.)"),
    ("dev.to|any", 2, "any: a record type: use -t ANY (for the name of that spelling write any.)"),
    ("dev.to|MX", 2, "MX: a record type: use -t MX (for the name of that spelling write MX.)"),
    ("MX", 2, "MX: a record type: use -t MX (for the name of that spelling write MX.)"),
    (
        "dev.to|TYPE65280",
        2,
        "TYPE65280: a record type: use -t TYPE65280 (for the name of that spelling write TYPE65280.)",
    ),
    (
        "dev.to|IN",
        2,
        "IN: a class, and the one that is asked anyway: leave it out (for the name of that spelling write IN.)",
    ),
    ("version.bind|CH", 2, "CH: a class: use --class CH (for the name of that spelling write CH.)"),
    ("127.0.0.1:5300|dev.to", 2, "127.0.0.1:5300: a server: use @127.0.0.1:5300"),
    ("[::1]:5300|dev.to", 2, "[::1]:5300: a server: use @[::1]:5300"),
    ("tls://dns.example|dev.to", 2, "tls://dns.example: a server: use @tls://dns.example"),
    (
        "https://dns.example/dns-query|dev.to",
        2,
        "https://dns.example/dns-query: a server: use @https://dns.example/dns-query",
    ),
    ("@|192.0.2.1|dev.to", 2, "@: a server is needed after @ (no blank may stand behind the @)"),
    (
        "@192.0.2.1#5353|dev.to",
        2,
        "@192.0.2.1#5353: neither an address nor a host name (did you mean @192.0.2.1:5353?)",
    ),
    ("@2001:db8::1#53|dev.to", 2, "@2001:db8::1#53: no IPv6 address (did you mean @[2001:db8::1]:53?)"),
    (
        "@8.8.8.8,1.1.1.1|dev.to",
        2,
        "@8.8.8.8,1.1.1.1: neither an address nor a host name (did you mean @8.8.8.8 @1.1.1.1?)",
    ),
    ("@::1:53|dev.to", 2, "@::1:53: an address without a port (did you mean @[::1]:53?)"),
    ("@8.8.8.8/24|dev.to", 2, "@8.8.8.8/24: neither an address nor a host name (did you mean @8.8.8.8?)"),
    ("@192.0.2.1:99999|dev.to", 2, "@192.0.2.1:99999: a port from 1 to 65535 is needed"),
    ("@dns://192.0.2.1|dev.to", 2, "(did you mean @192.0.2.1?)"),
    ("@http://dns.example/dns-query|dev.to", 2, "(did you mean @https://dns.example/dns-query?)"),
    ("@dns.example/dns-query|dev.to", 2, "(did you mean @https://dns.example/dns-query?)"),
    ("@doq://dns.example|dev.to", 2, "(did you mean @quic://dns.example?)"),
    ("@quic://dns.example/dns-query|dev.to", 2, "(did you mean @quic://dns.example?)"),
    ("+https|dev.to", 2, "+https: use @https://NAME/dns-query"),
    ("+quic|dev.to", 2, "+quic: use @quic://NAME"),
    ("@dot://dns.example|dev.to", 2, "(did you mean @tls://dns.example?)"),
    ("-t|MXX|dev.to", 2, "-t: MXX: no record type (did you mean MX?)"),
    ("-t|AAA|dev.to", 2, "-t: AAA: no record type (did you mean AAAA?)"),
    ("-t|CNAM|dev.to", 2, "-t: CNAM: no record type (did you mean CNAME?)"),
    ("-t|HTTP|dev.to", 2, "-t: HTTP: no record type (did you mean HTTPS?)"),
    ("-t|A AAAA|dev.to", 2, "-t: A AAAA: no record type (did you mean -t A,AAAA?)"),
    ("-t|ALL|dev.to", 2, "-t: ALL: no record type (leave -t out: all types are asked)"),
    ("-type=mx|dev.to", 2, "-t: ype=mx: no record type (use -t MX)"),
    ("-t|65536|dev.to", 2, "-t: 65536: no record type"),
    ("--typ|MX|dev.to", 2, "--typ: unknown option (did you mean --type?)"),
    ("--explian|dev.to", 2, "--explian: unknown option (did you mean --explain?)"),
    ("--timout|3|dev.to", 2, "--timout: unknown option (did you mean --timeout?)"),
    ("-p|5353|dev.to", 2, "-p: the port stands behind the server: @SERVER:PORT"),
    ("-p5353|dev.to", 2, "-p: the port stands behind the server: @SERVER:PORT"),
    ("-t|-b|dev.to", 2, "-t: -b: no record type"),
    ("-f|names.txt", 2, "-f: names from a file come on standard input: dnsall < FILE"),
    ("-c|CH|version.bind", 2, "-c: use --class CH"),
    ("+short|dev.to", 2, "+short: use -s"),
    ("+trace|dev.to", 2, "+trace: use --trace"),
    ("+norecurse|dev.to", 2, "+norecurse: use --no-recurse"),
    ("+tcp|dev.to", 2, "+tcp: use @tcp://SERVER"),
    ("+time=3|dev.to", 2, "+time=3: use --timeout SECONDS"),
];

#[test]
fn wrong_command_lines_name_their_cure() {
    let server = dns::serve(dns::story());
    let at = server.at();
    for (line, status, message) in WRONG {
        let mut words: Vec<&str> = line.split('|').collect();
        // Every server here is this one, unless it is what is wrong.
        if !line.contains('@') || line.contains("user@") {
            words.insert(0, &at);
        }
        let seen = run(&words, "");
        assert_eq!((seen.status, seen.out.as_str()), (status, ""), "{line}: {}", seen.err);
        let said = seen.err.lines().next().unwrap_or_default();
        if message.starts_with('(') {
            assert!(said.ends_with(message), "{line}: {said}");
        } else if status == 2 && message.ends_with("type") || message.ends_with("needed") {
            assert!(said.starts_with(&format!("dnsall: {message}")), "{line}: {said}");
        } else {
            assert_eq!(said, format!("dnsall: {message}"), "{line}");
        }
        assert_eq!(seen.err.lines().count(), 1, "{line}: {}", seen.err);
    }
    assert_eq!(server.asked(), [], "something was sent");
}

/// At most 5 % of the lines above may leave the user without a command or a name to use.
#[test]
fn nearly_all_of_them_name_the_cure() {
    let cure = |message: &str| {
        ["did you mean", "use ", "leave ", "needed", "dnsall", "@SERVER"].iter().any(|w| message.contains(w))
    };
    let without: Vec<_> = WRONG.iter().filter(|(_, _, message)| !cure(message)).collect();
    assert!(without.len() * 20 <= WRONG.len() + 19, "{without:?}");
}

/// A hint repeats what was typed, and steers no terminal by that.
#[test]
fn a_hint_is_printable() {
    let seen = run(&["@127.0.0.1,x\x1b[2J", "dev.to"], "");
    let hint = "neither an address nor a host name (did you mean @127.0.0.1 @x\\x1b[2J?)";
    assert_eq!(seen.err, format!("dnsall: @127.0.0.1,x\\x1b[2J: {hint}\n"));
}

/// A server that is no text is not left out, and the name beside it is asked of nobody else.
#[test]
fn words_that_are_no_text_keep_their_meaning() {
    let server = dns::serve(dns::story());
    for (word, said) in [
        (&b"@tls://dns.test\x80"[..], "@tls://dns.test\\x80: invalid UTF-8"),
        (b"+short\x80", "+short\\x80: invalid UTF-8"),
        (b"tls://dns.test\x80", "tls://dns.test\\x80: a server: use @tls://dns.test\u{fffd}"),
    ] {
        let words = [server.at().as_ref(), OsStr::from_bytes(word), "-t".as_ref(), "A".as_ref(), "dev.to".as_ref()]
            .map(OsStr::to_owned);
        let seen = tool::run(Path::new(TOOL), words, b"");
        assert_eq!((seen.status, &*seen.out, seen.err), (2, "", format!("dnsall: {said}\n")));
    }
    assert_eq!(server.asked(), [], "something was sent");
}

#[test]
fn lines_of_standard_input_are_refused_alike() {
    let server = dns::serve(dns::story());
    let list = "https://dev.to/x\ndev.to\t151.101.66.217\nexample.org\nexample.org:443\n8.8.8.8/32\n";
    let seen = run(&[&server.at(), "-t", "A"], list);
    assert_eq!((seen.status, seen.out.as_str()), (1, "example.org\tA:93.184.216.34\n"), "{}", seen.err);
    assert_eq!(
        seen.err,
        "dnsall: stdin:1: https://dev.to/x: a URL, not a name (did you mean dnsall dev.to?)\n\
         dnsall: stdin:2: dev.to\\t151.101.66.217: a line of several fields, not a name (did you mean cut -f1 | dnsall?)\n\
         dnsall: stdin:4: example.org:443: a host with a port, not a name (did you mean dnsall example.org?)\n\
         dnsall: stdin:5: 8.8.8.8/32: a prefix, not a name (did you mean ipconv --expand 8.8.8.8/32 | dnsall?)\n"
    );
    assert!(server.asked().iter().all(|asked| asked.name.eq_ignore_ascii_case("example.org")));
    let seen = run(&[&server.at(), "-t", "A", "-k", "--no-echo"], list);
    assert_eq!((seen.status, seen.out.as_str()), (0, "-\n-\n93.184.216.34\n-\n-\n".replace("93", "A:93").as_str()));
}

#[test]
fn names_that_look_odd_are_asked() {
    let server = dns::serve(dns::story());
    for (word, asked) in [
        ("mx.", "mx"),
        ("0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"),
        ("*.dev.to", "*.dev.to"),
        ("My Printer._ipp._tcp.local", "My Printer._ipp._tcp.local"),
        ("user\\@dev.to", "user@dev.to"),
        ("10.0.0.", "10.0.0"),
    ] {
        let before = server.asked().len();
        let seen = run(&[&server.at(), "-t", "A", word], "");
        assert_eq!(seen.status, 1, "{word}: {}", seen.err);
        assert!(server.asked()[before].name.eq_ignore_ascii_case(asked), "{word}: {:?}", server.asked()[before]);
    }
}
