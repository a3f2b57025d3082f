//! dnsall as a user meets it.
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

use dnsall::{spec::SPEC, wire::types::Type};
use plainnet_lab::{
    dns::{self, Manner},
    tls::Authority,
    tool::{self, Seen},
};

const TOOL: &str = env!("CARGO_BIN_EXE_dnsall");

/// Runs dnsall with the words of `line`, `input` on standard input. Whatever
/// the server does, it ends: 30 seconds are a bug, with status 124.
fn feed(line: &str, input: &str) -> Seen {
    tool::run("timeout", ["30", TOOL].into_iter().chain(line.split_whitespace()), input.as_bytes())
}

fn run(line: &str) -> Seen {
    feed(line, "")
}

/// For a count of datagrams: without it each is sent again after 250 ms, which a busy machine may take.
const ONCE: &str = "--tries 1 --timeout 20";

#[test]
fn examples_of_the_manual() {
    tool::check_examples(Path::new(TOOL), SPEC.examples);
}

const DEV_TO: &str = "\
A:151.101.66.217
A:151.101.194.217
NS:jill.ns.cloudflare.com.
NS:josh.ns.cloudflare.com.
SOA:jill.ns.cloudflare.com. dns.cloudflare.com. 2309864129 10000 2400 604800 3600
MX:1 aspmx.l.google.com.
MX:5 alt1.aspmx.l.google.com.
MX:5 alt2.aspmx.l.google.com.
MX:10 alt3.aspmx.l.google.com.
MX:10 alt4.aspmx.l.google.com.
TXT:\"facebook-domain-verification=q1w2e3r4t5z6u7i8o9p0\"
TXT:\"_globalsign-domain-verification=invented-token-of-the-lab\"
TXT:\"google-site-verification=Another-Invented-Token-Of-The-Lab-0123456789\"
TXT:\"v=spf1 a mx include:_spf.google.com include:sendgrid.net include:servers.mcsv.net include:shops.shopify.com ~all\"
";

#[test]
fn every_record_of_a_name() {
    let server = dns::serve(dns::story());
    let seen = run(&format!("{} {ONCE} dev.to", server.at()));
    assert_eq!((seen.err.as_str(), seen.status), ("", 0));
    assert_eq!(seen.out, DEV_TO);
    // One question for each type, from one port, under identifiers of their own.
    let asked = server.asked();
    assert_eq!(asked.len(), Type::data_types().count());
    assert!(asked.iter().all(|a| a.from == asked[0].from && !a.tcp && a.name.eq_ignore_ascii_case("dev.to")));
}

#[test]
fn refused_by_nobody_is_status_3() {
    let seen = run("@127.0.0.1:1 x.");
    assert_eq!((seen.out.as_str(), seen.status), ("", 3));
    assert_eq!(seen.err, "dnsall: x.: 127.0.0.1:1: connection refused\n");
}

#[test]
fn a_silent_server_is_given_up() {
    let server = dns::serve_as(dns::story(), Manner::Silent);
    let seen = run(&format!("{} --timeout 0.3 --tries 2 dev.to", server.at()));
    // The first question twice, the others once, and then no more.
    let count = |rtype| server.asked().iter().filter(|a| a.rtype == rtype).count();
    assert_eq!([1, 28, 5, 15].map(count), [2, 1, 1, 1]);
    assert_eq!(seen.status, 3);
    let hint = "(try --no-edns: some servers drop questions that carry EDNS)";
    assert_eq!(seen.err, format!("dnsall: dev.to: {}: no answer {hint}\n", server.addr));
}

/// Status, standard output and standard error of `dnsall @SERVER LINE`, the server's address as SERVER.
fn against(manner: Manner, line: &str) -> (i32, String, String) {
    let server = dns::serve_as(dns::story(), manner);
    let seen = run(&format!("{} {line}", server.at()));
    (seen.status, seen.out, seen.err.replace(&server.addr.to_string(), "SERVER"))
}

fn answered(out: &str) -> (i32, String, String) {
    (0, out.to_owned(), String::new())
}

#[test]
fn forms_of_a_record() {
    let server = dns::serve(dns::story());
    let out = |line: &str| run(&format!("{} {line}", server.at())).out;
    assert_eq!(out("-s example.org"), "93.184.216.34\n");
    assert_eq!(out("-l example.org"), "A\t61854\t93.184.216.34\n");
    assert_eq!(
        out("--zone -t A,TYPE10 many.example"),
        "many.example. 60 IN A 192.0.2.1\nmany.example. 60 IN TYPE10 \\# 3 726177\n"
    );
    assert_eq!(out("-e example.org"), "example.org\tA:93.184.216.34\n");
    assert_eq!(
        out("example.org google.com."),
        "example.org\tA:93.184.216.34\ngoogle.com.\tA:142.250.191.238\ngoogle.com.\tAAAA:2607:f8b0:4009:819::200e\n"
    );
    assert_eq!(out("--no-echo -t A example.org google.com"), "A:93.184.216.34\nA:142.250.191.238\n");
    assert_eq!(out("odd.example -t TYPE65280"), "TYPE65280:\\# 4 0A000001\n");
    assert_eq!(out("-0s example.org"), "93.184.216.34\0");
    assert_eq!(out("8.8.8.8"), "PTR:dns.google.\n");
    assert_eq!(out("-x 2001:db8::1"), "PTR:six.example.\n");
    assert_eq!(out("-l bücher.example"), "IDN\t-\tbücher.example. xn--bcher-kva.example.\nA\t60\t192.0.2.7\n");
    assert_eq!(out("-a google.com"), "142.250.191.238\n2607:f8b0:4009:819::200e\n");
}

#[test]
fn many_types_each_in_its_own_form() {
    assert_eq!(
        against(Manner::Good, "many.example"),
        answered(
            "A:192.0.2.1\nNS:ns.many.example.\nSOA:ns.many.example. root.many.example. 1 2 3 4 5\nNULL:\\# 3 726177\n\
             WKS:192.0.2.1 6 25\nHINFO:\"PC\" \"a \\\"b\\\" \\\\\"\nTXT:\"\" \"two\"\nAAAA:2001:db8::1\n\
             LOC:52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m\nSRV:1 2 53 srv.many.example.\n\
             HTTPS:1 . alpn=\"h2,h3\" port=8443\nSPF:\"v=spf1 -all\"\nEUI48:00-00-5e-00-53-2a\n\
             URI:10 1 \"https://many.example/\"\nCAA:0 issue \"letsencrypt.org\"\n"
        )
    );
}

#[test]
fn json_has_every_key_every_time() {
    let server = dns::serve(dns::story());
    let line = format!("{} --json -t MX,A example.org gone.example a..b", server.at());
    let seen = run(&line);
    let cut = |line: &str| {
        let (head, tail) = line.split_once("\"elapsed_ms\":").expect("a time");
        format!("{head}{}", tail.split_once(',').expect("more").1).replace(&server.addr.to_string(), "SERVER")
    };
    let lines: Vec<_> = seen.out.lines().map(cut).collect();
    assert_eq!(
        lines,
        [
            "{\"input\":\"example.org\",\"name\":\"example.org.\",\"status\":0,\"rcode\":\"NOERROR\",\"flags\":\"qr aa rd ra\",\
             \"server\":\"SERVER\",\"hosts\":[],\"records\":[{\"type\":\"A\",\"ttl\":61854,\"rdata\":\"93.184.216.34\"}],\"ede\":[],\"referral\":null,\"nsid\":null,\"error\":null}",
            "{\"input\":\"gone.example\",\"name\":\"gone.example.\",\"status\":1,\"rcode\":\"NXDOMAIN\",\"flags\":\"qr aa rd ra\",\
             \"server\":\"SERVER\",\"hosts\":[],\"records\":[],\"ede\":[],\"referral\":null,\"nsid\":null,\"error\":\"no such name (NXDOMAIN from SERVER)\"}",
            "{\"input\":\"a..b\",\"name\":null,\"status\":1,\"rcode\":null,\"flags\":null,\
             \"server\":null,\"hosts\":[],\"records\":[],\"ede\":[],\"referral\":null,\"nsid\":null,\"error\":\"not a name: empty label\"}",
        ]
    );
    assert_eq!(seen.status, 1);
}

#[test]
fn no_name_no_record_and_no_server_are_told_apart() {
    let (status, out, err) = against(Manner::Good, "gone.example");
    assert_eq!(
        (status, out.as_str(), err.as_str()),
        (1, "", "dnsall: gone.example: no such name (NXDOMAIN from SERVER)\n")
    );
    let (status, out, err) = against(Manner::Good, "-t CAA,MX example.org");
    assert_eq!(
        (status, out.as_str(), err.as_str()),
        (1, "", "dnsall: example.org: no record of type CAA, MX (NOERROR from SERVER)\n")
    );
    let (status, out, err) = against(Manner::Code(5), "dev.to");
    assert_eq!((status, out.as_str(), err.as_str()), (3, "", "dnsall: dev.to: SERVER: REFUSED\n"));
    let (status, out, err) = against(Manner::Code(2), "dev.to");
    assert_eq!((status, out.as_str(), err.as_str()), (3, "", "dnsall: dev.to: SERVER: SERVFAIL\n"));
    let (status, out, err) = against(Manner::Good, "-q gone.example");
    assert_eq!((status, out.as_str(), err.as_str()), (1, "", ""));
    let (status, out, err) = against(Manner::Good, "-qk gone.example example.org");
    assert_eq!((status, out.as_str(), err.as_str()), (0, "gone.example\t-\nexample.org\tA:93.184.216.34\n", ""));
}

#[test]
fn a_near_server_is_asked_no_more_than_needed() {
    let server = dns::serve(dns::story());
    let asked = |line: &str| {
        let before = server.asked().len();
        run(&format!("{} {ONCE} {line}", server.at()));
        server.asked().len() - before
    };
    // A alone for a name that does not exist, and for an alias what may stand beside a CNAME. On a
    // busy machine a server is near only now and then: the head start is 10 ms.
    let least = |line: &str, count: usize| (0..50).map(|_| asked(line)).find(|asked| *asked <= count);
    assert_eq!(least("gone.example", 1), Some(1));
    assert_eq!(least("lost.dev.to", 6), Some(6));
    assert_eq!(asked("-t A,MX example.org"), 2);
    assert_eq!(asked("a..b"), 0);
    assert_eq!(asked("--exhaustive gone.example"), Type::data_types().count());
    let refusing = dns::serve_as(dns::story(), Manner::Code(5));
    run(&format!("{} {ONCE} dev.to", refusing.at()));
    // What is refused for one type may be answered for another.
    assert_eq!(refusing.asked().len(), Type::data_types().count());
}

#[test]
fn aliases_are_shown_and_followed_when_asked() {
    assert_eq!(against(Manner::Good, "www.dev.to"), answered("CNAME:dev.to.\n"));
    assert_eq!(against(Manner::Good, "-t A www.dev.to"), answered("CNAME:dev.to.\n"));
    let dead = "dnsall: lost.dev.to: alias of gone.dev.to., which does not exist\n";
    for line in ["lost.dev.to", "-t A lost.dev.to", "--follow lost.dev.to"] {
        let want = (1, "CNAME:gone.dev.to.\n".to_owned(), dead.to_owned());
        assert_eq!(against(Manner::Good, line), want, "{line}");
    }
    assert_eq!(against(Manner::Good, "-a lost.dev.to"), (1, String::new(), dead.to_owned()));
    assert_eq!(
        against(Manner::Good, "--follow -t A blog.dev.to"),
        answered("CNAME:www.dev.to.\nCNAME:dev.to.\nA:151.101.66.217\nA:151.101.194.217\n")
    );
    let (status, out, _) = against(Manner::Good, "--follow www.dev.to");
    assert_eq!((status, out), (0, format!("CNAME:dev.to.\n{DEV_TO}")));
    assert_eq!(against(Manner::Good, "-a www.dev.to"), answered("151.101.66.217\n151.101.194.217\n"));
    let (status, out, err) = against(Manner::Good, "--follow -t MX left.dev.to");
    assert_eq!((status, out.as_str()), (1, "CNAME:right.dev.to.\nCNAME:left.dev.to.\n"));
    assert_eq!(err, "dnsall: left.dev.to: the aliases lead in a circle\n");
}

#[test]
fn lost_datagrams_are_sent_again() {
    assert_eq!(against(Manner::Lose(3), "-t A example.org"), answered("A:93.184.216.34\n"));
    let (status, out, err) = against(Manner::LoseFirst, "dev.to");
    assert_eq!((status, out.lines().count(), err.as_str()), (0, 14, ""));
}

#[test]
fn what_is_no_answer_is_ignored() {
    assert_eq!(against(Manner::Forge, "example.org"), answered("A:93.184.216.34\n"));
    let (status, out, err) = against(Manner::WrongCase, "-t A --timeout 20 --tries 2 example.org");
    // The last try is in the case as typed, for servers that can't keep another.
    assert_eq!((status, out.contains("6.6.6.6"), err.contains("answer")), (0, false, false), "{out}{err}");
    assert_eq!(against(Manner::LowerCase, "-t A --timeout 20 --tries 2 Example.org"), answered("A:93.184.216.34\n"));
    let (status, out, err) = against(Manner::Garbage, "-t A --timeout 2 --tries 2 example.org");
    let why = "no usable answer, 2 replies ignored (not to our question)";
    assert_eq!((status, out, err), (3, String::new(), format!("dnsall: example.org: SERVER: {why}\n")));
}

#[test]
fn old_and_wary_servers_are_humoured() {
    assert_eq!(against(Manner::NoEdns, "example.org"), answered("A:93.184.216.34\n"));
    assert_eq!(against(Manner::Cookie, "example.org"), answered("A:93.184.216.34\n"));
    let (status, out, err) = against(Manner::Partial, "many.example");
    assert_eq!((status, out.contains("CAA"), out.contains("TXT")), (3, false, true));
    assert_eq!(err, "dnsall: many.example: SERVER: SERVFAIL (for MX)\n");
}

#[test]
fn good_records_survive_bad_ones() {
    for manner in [Manner::Loop, Manner::Counts] {
        let (_, out, _) = against(manner, "-t A example.org");
        assert_eq!(out, "A:93.184.216.34\n", "{manner:?}");
    }
    assert_eq!(against(Manner::BadRecord, "-t A example.org"), answered("A:\\# 3 010203\nA:93.184.216.34\n"));
    let (status, _, err) = against(Manner::Half, "-t A example.org");
    assert_eq!((status, err.as_str()), (3, "dnsall: example.org: SERVER: answer cut short\n"));
}

#[test]
fn what_a_datagram_cannot_hold_comes_by_tcp() {
    let server = dns::serve(dns::story());
    let seen = run(&format!("{} big.example", server.at()));
    assert_eq!((seen.status, seen.out.lines().count(), seen.err.as_str()), (0, 41, ""));
    assert_eq!(server.connections(), 1);
    let server = dns::serve_as(dns::story(), Manner::Truncate);
    let seen = run(&format!("{} dev.to", server.at()));
    assert_eq!((seen.status, seen.out.lines().count(), seen.err.as_str()), (0, 14, ""));
    assert!(server.connections() <= 2, "{}", server.connections());
}

#[test]
fn a_tcp_server_may_misbehave() {
    for (manner, seconds, why) in [
        (Manner::TruncateOnly, 20, "connection refused"),
        (Manner::TruncateSilent, 1, "no answer"),
        (Manner::TruncateEndless, 1, "no answer"),
        (Manner::TruncateDribble, 1, "no answer"),
        (Manner::TruncateHalf, 20, "connection closed by the server"),
    ] {
        let (status, out, err) = against(manner, &format!("-t A --timeout {seconds} --tries 2 example.org"));
        assert_eq!((status, out.as_str()), (3, ""), "{manner:?}");
        let said = format!("dnsall: example.org: SERVER: answer truncated, and over TCP: {why}\n");
        assert_eq!(err, said, "{manner:?}");
    }
    // One answer a connection: a second one brings the second.
    assert_eq!(against(Manner::TruncateOne, "-t A,AAAA google.com").0, 0);
}

#[test]
fn a_tcp_server_is_asked_over_one_connection() {
    let server = dns::serve(dns::story());
    let seen = run(&format!("@tcp://{} many.example", server.addr));
    assert_eq!((seen.status, seen.out.lines().count(), seen.err.as_str()), (0, 15, ""));
    assert_eq!(server.connections(), 1);
    assert!(server.asked().iter().all(|a| a.tcp));
    let seen = run("@tcp://127.0.0.1:1 x.");
    assert_eq!((seen.status, seen.err.as_str()), (3, "dnsall: x.: tcp://127.0.0.1:1: connection refused\n"));
}

#[test]
fn the_hosts_file_comes_first() {
    let server = dns::serve(dns::story());
    let hosts = "127.0.0.1 gitserver\n192.0.2.9 example.org\n";
    let get = |line: &str| feed(&format!("{} --hosts /dev/stdin {line}", server.at()), hosts);
    let seen = get("gitserver");
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "HOSTS:127.0.0.1\n", ""));
    assert_eq!(get("example.org").out, "HOSTS:192.0.2.9\nA:93.184.216.34\n");
    assert_eq!(get("-l example.org").out, "HOSTS\t-\t192.0.2.9\nA\t61854\t93.184.216.34\n");
    assert_eq!(get("-a example.org").out, "192.0.2.9\n93.184.216.34\n");
    assert_eq!(get("127.0.0.1").out, "HOSTS:gitserver\n");
    assert_eq!(get("-a 127.0.0.1").out, "");
    // With -t it answers for its own types alone.
    assert_eq!(get("-t A gitserver").out, "HOSTS:127.0.0.1\n");
    assert_eq!(get("-t PTR 127.0.0.1").out, "HOSTS:gitserver\n");
    for line in ["-t MX gitserver", "-t AAAA gitserver", "-t A 127.0.0.1"] {
        let seen = get(line);
        assert_eq!((seen.status, seen.out.as_str()), (1, ""), "{line}: {}", seen.err);
    }
}

#[test]
fn names_of_the_hosts_file_steer_no_terminal() {
    let server = dns::serve(dns::story());
    let hosts = "10.0.0.9 a\u{1b}[31mb c\u{202e}d e\u{9b}f g\u{2028}h i\0j\n";
    let get = |line: &str| feed(&format!("{} --hosts /dev/stdin -t PTR {line} 10.0.0.9", server.at()), hosts).out;
    let names = ["a\\x1b[31mb", "c\\u{202e}d", "e\\u{9b}f", "g\\u{2028}h", "i\\x00j"];
    let lines = |begin: &str, end: &str| names.map(|name| format!("{begin}{name}{end}")).concat();
    assert_eq!(get(""), lines("HOSTS:", "\n"));
    assert_eq!(get("-s"), lines("", "\n"));
    assert_eq!(get("-l"), lines("HOSTS\t-\t", "\n"));
    assert_eq!(get("--zone"), lines("; HOSTS ", "\n"));
    assert_eq!(get("-0"), lines("HOSTS:", "\0"));
}

#[test]
fn names_from_a_list_in_their_order() {
    let server = dns::serve(dns::story());
    let list = "# a list\nexample.org\n\n  gone.example \r\na..b\nwww.dev.to\n";
    let seen = feed(&format!("{} -t A", server.at()), list);
    assert_eq!(seen.out, "example.org\tA:93.184.216.34\nwww.dev.to\tCNAME:dev.to.\n");
    assert_eq!(seen.status, 1);
    assert!(seen.err.contains("dnsall: stdin:4: gone.example: no such name"), "{}", seen.err);
    assert!(seen.err.contains("dnsall: stdin:5: a..b: not a name: empty label"), "{}", seen.err);
    let seen = feed(&format!("{} -kq -t A --no-echo", server.at()), list);
    assert_eq!((seen.out.as_str(), seen.status), ("-\nA:93.184.216.34\n-\n-\n-\nCNAME:dev.to.\n", 0));
    let list: String = (0..3000).map(|i| format!("n{i}.example\nexample.org\n")).collect();
    let seen = feed(&format!("{} -qks -t A --no-echo", server.at()), &list);
    assert_eq!(seen.out, "-\n93.184.216.34\n".repeat(3000));
}

#[test]
fn the_way_from_the_root() {
    let servers = dns::hierarchy().expect("three addresses of loopback");
    let port = servers[0].addr.port();
    // The times are what they are.
    let untimed = |text: &str| -> String {
        let line = |line: &str| match line.split_once(" ms: ") {
            Some((head, tail)) => format!("{} MS: {tail}\n", head.rsplit_once(' ').expect("a time").0),
            None => format!("{line}\n"),
        };
        text.replace(&format!(":{port}"), "").lines().map(line).collect()
    };
    let seen = run(&format!("{} --trace -t A dev.to", servers[0].at()));
    let way = "TRACE:. - 127.0.0.1 MS: refers to to. ns.nic.to.\n\
               TRACE:to. ns.nic.to. 127.0.0.2 MS: refers to dev.to. ns.dev.to.\n";
    let end = "TRACE:dev.to. ns.dev.to. 127.0.0.3 MS: knows dev.to.\n";
    assert_eq!(untimed(&seen.out), format!("{way}{end}A:151.101.66.217\nA:151.101.194.217\n"), "{}", seen.err);
    assert_eq!(seen.status, 0);
    let seen = run(&format!("{} --trace nx.dev.to", servers[0].at()));
    let end = "TRACE:dev.to. ns.dev.to. 127.0.0.3 MS: says that nx.dev.to. does not exist\n";
    assert_eq!((untimed(&seen.out), seen.status), (format!("{way}{end}"), 1), "{}", seen.err);
    assert!(seen.err.starts_with("dnsall: nx.dev.to: no such name (NXDOMAIN from 127.0.0.3:"), "{}", seen.err);
    // On to the target of an alias, from the start again.
    let seen = run(&format!("{} --trace --follow -t A www.dev.to", servers[0].at()));
    let [one, two] =
        ["www.dev.to.", "dev.to."].map(|n| format!("{way}TRACE:dev.to. ns.dev.to. 127.0.0.3 MS: knows {n}\n"));
    let records = "CNAME:dev.to.\nA:151.101.66.217\nA:151.101.194.217\n";
    assert_eq!((untimed(&seen.out), seen.status), (format!("{one}{two}{records}"), 0), "{}", seen.err);
    for line in ["-a", "-s -t A"] {
        let seen = run(&format!("{} --trace {line} dev.to", servers[0].at()));
        assert_eq!(seen.out, "151.101.66.217\n151.101.194.217\n", "{line}");
        assert!(seen.status == 0 && seen.err.starts_with("dnsall: dev.to: . - 127.0.0.1"), "{}", seen.err);
    }
    let seen = run("@127.0.0.1:1 --trace --json -t A dev.to");
    assert!(seen.out.contains("\"name\":\"dev.to.\","), "{}", seen.out);
    let seen = run(&format!("{} --trace --json -t A dev.to", servers[0].at()));
    for part in [
        "\"trace\":[{\"zone\":\".\",\"server\":null,\"address\":\"127.0.0.1:",
        "\"zone\":\"to.\",\"server\":\"ns.nic.to.\",\"address\":\"127.0.0.2:",
        "\"result\":\"knows dev.to.\"}]",
    ] {
        assert!(seen.out.contains(part), "{part}: {}", seen.out);
    }
}

#[test]
fn asked_wrongly() {
    for (line, why) in [
        ("MX", "use -t MX"),
        ("dev.to TYPE65280", "use -t"),
        ("+short dev.to", "use -s"),
        ("-t A,,MX dev.to", "-t"),
        ("-t 65536 dev.to", "-t"),
        ("-t IXFR dev.to", "-t"),
        ("-t AXFR,A dev.to", "AXFR"),
        ("-t AXFR --nsid dev.to", "not together with --nsid"),
        ("-t AXFR --subnet 192.0.2.0/24 dev.to", "not together with --subnet"),
        ("--diff dev.to", "@SERVER"),
        ("@127.0.0.1 --spread dev.to", "@SERVER"),
        ("--no-edns --nsid dev.to", "--nsid"),
        ("--subnet 1.2.3.4/33 dev.to", "--subnet"),
        ("--class XX dev.to", "--class"),
        ("-4 -6 dev.to", "-6"),
        ("@ dev.to", "server"),
        ("@127.0.0.1:99999 dev.to", "port"),
        ("@https://dns.example/#x dev.to", "URL"),
        ("@doh://dns.example dev.to", "https://dns.example"),
        ("@quic://dns.example/dns-query dev.to", "host"),
        ("--trace @https://127.0.0.1 dev.to", "--trace"),
        ("-t AXFR @h3://127.0.0.1 dev.to", "h3://"),
        ("--timeout 1e3 dev.to", "--timeout"),
        ("--timeout 0 dev.to", "--timeout"),
        ("--tries 0 dev.to", "--tries"),
        ("--window +5 dev.to", "--window"),
        ("--rate -1 dev.to", "--rate"),
        ("-s -l dev.to", "--long"),
        ("--unknown dev.to", "--unknown"),
    ] {
        let seen = run(line);
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{line}");
        assert!(seen.err.starts_with("dnsall: ") && seen.err.contains(why), "{line}: {}", seen.err);
    }
    assert_eq!(run("@127.0.0.1:1 MX.").status, 3);
}

#[test]
fn many_names_are_asked_at_a_time() {
    let server = dns::serve_as(dns::story(), Manner::Slow(Duration::from_millis(100)));
    let list: String = (0..100).map(|i| format!("n{i}.example\n")).collect();
    let seen = feed(&format!("{} -q -t A", server.at()), &list);
    assert_eq!((seen.status, seen.err.as_str()), (1, ""));
    let list = "dev.to\n".repeat(10);
    let seen = feed(&server.at(), &list);
    assert_eq!((seen.status, seen.out.lines().count(), seen.err.as_str()), (0, 140, ""));
}

#[test]
fn a_rate_is_kept() {
    let server = dns::serve(dns::story());
    run(&format!("{} {ONCE} --rate 50 -t 1,2,3,4,5,6,7,8,9,10,11 example.org", server.at()));
    let asked = server.asked();
    assert_eq!(asked.len(), 11);
    // Never faster; slower where the machine is busy. That it is even is for the engine's own clock to say.
    assert!(asked[10].at - asked[0].at > Duration::from_millis(180));
}

/// A TLS server for dns.lab before the TCP of `behind`.
fn tls_before(authority: &Authority, behind: SocketAddr) -> SocketAddr {
    authority.serve("127.0.0.1:0", move |outside| {
        let mut inside = TcpStream::connect(behind)?;
        loop {
            for way in [true, false] {
                let (from, to): (&mut dyn Read, &mut dyn Write) =
                    if way { (outside, &mut inside) } else { (&mut inside, outside) };
                let mut len = [0; 2];
                from.read_exact(&mut len)?;
                let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
                from.read_exact(&mut message)?;
                to.write_all(&[&len[..], &message].concat())?;
                to.flush()?;
            }
        }
    })
}

#[test]
fn tls_proves_the_name_before_the_first_question() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    let addr = tls_before(&authority, server.addr);
    let ask = |name: &str, trust: &Path| -> Seen {
        let words = ["30", TOOL, &format!("@tls://{name}@{addr}"), "many.example"].map(str::to_owned);
        let mut command = Command::new("timeout");
        tool::feed(command.args(words).env("SSL_CERT_FILE", trust).env_remove("SSL_CERT_DIR"), b"").into()
    };
    let ca = authority.certificate();
    let seen = ask("other.lab", &ca);
    assert_eq!((seen.status, seen.out.as_str()), (3, ""));
    assert!(seen.err.contains("TLS") && seen.err.contains("other.lab"), "{}", seen.err);
    let seen = ask("dns.lab", &ca.with_file_name("nothing.pem"));
    assert_eq!((seen.status, seen.out.as_str()), (3, ""));
    assert_eq!(server.asked(), []);
    let seen = ask("dns.lab", &ca);
    assert_eq!((seen.status, seen.out.lines().count(), seen.err.as_str()), (0, 15, ""));
    // Nobody learns from its length what was asked (RFC 8467).
    assert!(server.asked().iter().all(|a| a.tcp && a.message.len() == 128));
}

#[test]
fn each_sentence_names_its_record() {
    let server = dns::serve(dns::story());
    let plain = run(&format!("{} dev.to", server.at())).out;
    let seen = run(&format!("{} --explain dev.to", server.at()));
    assert_eq!((seen.status, seen.err.as_str()), (0, ""));
    for line in seen.out.lines() {
        let (fact, record) = line.split_once(": because ").unwrap_or_default();
        let named = plain.lines().any(|known| record.starts_with(known));
        assert!(!fact.is_empty() && (named || record.starts_with("there is no ")), "{line}");
    }
    for line in [
        "Fastly serves the name: because A:151.101.66.217 and 1 more",
        "Cloudflare runs the DNS: because NS:jill.ns.cloudflare.com. and 1 more",
        "Google takes the mail: because MX:1 aspmx.l.google.com. and 4 more",
        "no direct IPv6: because there is no AAAA record",
        "resolvers keep it for 1 day: because NS:jill.ns.cloudflare.com. has a TTL of 86400 s",
    ] {
        assert!(seen.out.lines().any(|said| said == line), "{line}\n{}", seen.out);
    }
}

#[test]
fn one_connection_for_a_long_list() {
    let server = dns::serve(dns::story());
    let list: String = (0..500).map(|i| format!("n{i}.example\nexample.org\n")).collect();
    let seen = feed(&format!("@tcp://{} -qks -t A --no-echo", server.addr), &list);
    assert_eq!(seen.out, "-\n93.184.216.34\n".repeat(500));
    assert_eq!((seen.status, server.connections()), (0, 1));
}

#[test]
fn little_is_needed() {
    let server = dns::serve(dns::story());
    let limits = ["ulimit -n 8; exec", "ulimit -v 65536; exec", "ulimit -s 64; exec"].map(str::to_owned);
    for limit in limits.into_iter().chain(tool::alone().map(|words| format!("exec {words}"))) {
        let line = format!("{limit} {TOOL} {} dev.to", server.at());
        let seen = tool::run("timeout", ["30", "sh", "-c", &line], b"");
        assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, DEV_TO, ""), "{limit}");
    }
}
