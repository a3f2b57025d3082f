//! dnsall and servers that answer in part, oddly or not at all; several servers
//! beside each other; and what can be asked of a server beyond records.
use std::{
    io::{Read as _, Write as _},
    iter,
    net::{SocketAddr, TcpListener},
    sync::Mutex,
    thread,
    time::Duration,
};

use dnsall::wire::types::Type;
use plainnet_lab::{
    dns::{self, Asked, Manner, Server, opt, respond},
    tool::{self, Seen},
};

const TOOL: &str = env!("CARGO_BIN_EXE_dnsall");

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const MX: u16 = 15;
const TXT: u16 = 16;
const AAAA: u16 = 28;

/// SIG, KEY, NXT, RRSIG and NSEC: what may stand beside a CNAME.
const BESIDE_CNAME: [u16; 5] = [24, 25, 30, 46, 47];

/// Runs dnsall; 30 seconds are a bug, with status 124.
fn feed(line: &str, input: &str) -> Seen {
    tool::run("timeout", ["30", TOOL].into_iter().chain(line.split_whitespace()), input.as_bytes())
}

/// Asks `server`, whose address is SERVER in what comes back.
fn ask(server: &Server, line: &str) -> Seen {
    let mut seen = feed(&format!("{} {line}", server.at()), "");
    seen.out = seen.out.replace(&server.addr.to_string(), "SERVER");
    seen.err = seen.err.replace(&server.addr.to_string(), "SERVER");
    seen
}

/// For a count of datagrams: without it each is sent again after 250 ms, which a busy machine may take.
const ONCE: &str = "--tries 1 --timeout 20";

/// Status, standard output and standard error.
fn parts(seen: &Seen) -> (i32, &str, &str) {
    (seen.status, &seen.out, &seen.err)
}

fn address(asked: &Asked) -> Vec<u8> {
    respond(asked, 0, if asked.rtype == A { &[(A, &[192, 0, 2, 1])] } else { &[] })
}

/// A window of one has 64 inputs at a time: two names that are late, and 62 that
/// are no names. When the first is given up, the next input is there already:
/// waiting for something to come would be waiting for the other's end, and the
/// server answers that only after the next question.
#[test]
fn a_list_goes_on_as_soon_as_there_is_room() {
    let kept: Mutex<Option<Asked>> = Mutex::default();
    let server = dns::serve_by(move |asked| {
        let mut kept = kept.lock().unwrap();
        match &asked.name.to_ascii_lowercase()[..] {
            // Four round trips are how long an answer is on time.
            "warm.test" => thread::sleep(Duration::from_millis(300)),
            "one.test" => return Vec::new(),
            "two.test" => {
                *kept = Some(asked.clone());
                return Vec::new();
            }
            _ => {}
        }
        kept.take().iter().chain([asked]).map(address).collect()
    });
    let list = format!("warm.test\none.test\ntwo.test\n{}next.test\n", "a..b\n".repeat(62));
    let seen = feed(&format!("{} -q -s -t A --window 1 --tries 1 --timeout 4", server.at()), &list);
    let lines: Vec<&str> = seen.out.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!((seen.status, &lines[..]), (3, &["warm.test", "two.test", "next.test"][..]), "{}", seen.err);
}

// What one answer says never silences another.

#[test]
fn a_load_balancer_that_denies_all_types_but_one() {
    // RFC 4074 section 4.2.
    let server = dns::serve_by(|asked| vec![if asked.rtype == A { address(asked) } else { respond(asked, 3, &[]) }]);
    let seen = ask(&server, "ex.test");
    let more = Type::data_types().count() - 1 - 5;
    let why = format!("SERVER: NXDOMAIN for AAAA, CNAME, MX, NS, SOA and {more} more, although the name has records");
    assert_eq!(parts(&seen), (0, "A:192.0.2.1\n", &*format!("dnsall: ex.test: {why}\n")));
    // -q is about inputs without an answer, and contradictions.
    assert_eq!(parts(&ask(&server, "-q ex.test")), (0, "A:192.0.2.1\n", ""));
    assert_eq!(parts(&ask(&server, "-t A ex.test")), (0, "A:192.0.2.1\n", ""));
}

#[test]
fn a_server_that_fails_on_cname_and_rare_types() {
    // RFC 4074 sections 4.3 and 4.4.
    for rcode in [2, 5] {
        let served: [(u16, &[u8]); 6] = [
            (A, &[192, 0, 2, 1]),
            (NS, b"\x02ns\xc0\x0c"),
            (SOA, &[0; 22]),
            (MX, b"\0\x0a\xc0\x0c"),
            (TXT, b"\x02hi"),
            (AAAA, &[0; 16]),
        ];
        let server = dns::serve_by(move |asked| {
            let record = served.iter().find(|r| r.0 == asked.rtype).copied();
            vec![record.map_or_else(|| respond(asked, rcode, &[]), |r| respond(asked, 0, &[r]))]
        });
        let seen = ask(&server, "ex.test");
        let types: Vec<_> = seen.out.lines().map(|line| line.split(':').next().unwrap_or_default()).collect();
        assert_eq!((types, seen.status), (vec!["A", "NS", "SOA", "MX", "TXT", "AAAA"], 3));
        let name = if rcode == 2 { "SERVFAIL" } else { "REFUSED" };
        let more = Type::data_types().count() - 6 - 5;
        let start = format!("dnsall: ex.test: SERVER: {name} (for CNAME, HTTPS, CAA, SRV, DS and {more} more)");
        assert!(seen.err.starts_with(&start), "{}", seen.err);
        // Many refusals beside answers may be a limit.
        assert!(seen.err.contains("--rate"), "{}", seen.err);
    }
}

#[test]
fn types_that_a_server_drops_are_named_and_hide_nothing() {
    let server = dns::serve_by(|asked| match asked.rtype {
        A => vec![address(asked)],
        AAAA | MX | TXT => vec![respond(asked, 0, &[])],
        _ => vec![],
    });
    let more = Type::data_types().count() - 4 - 5;
    let why = format!("SERVER: no answer (for CNAME, NS, SOA, HTTPS, CAA and {more} more)");
    let seen = ask(&server, "ex.test");
    assert_eq!((seen.status, seen.out.as_str()), (3, "A:192.0.2.1\n"));
    assert!(seen.err.starts_with(&format!("dnsall: ex.test: {why}")), "{}", seen.err);
    // Two names are found as completely as one.
    let seen = ask(&server, "a.test b.test");
    assert_eq!((seen.status, seen.out.as_str()), (3, "a.test\tA:192.0.2.1\nb.test\tA:192.0.2.1\n"));
    // Three datagrams for each type and no more.
    let most = server.asked().iter().filter(|a| a.rtype == 257 && a.name.eq_ignore_ascii_case("ex.test")).count();
    assert!(most <= 3, "{most}");
}

#[test]
fn what_is_used_most_is_asked_first() {
    // Twenty questions, and REFUSED from then on.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = dns::serve_by(move |asked| {
        let n = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        vec![if n < 20 { address(asked) } else { respond(asked, 5, &[]) }]
    });
    let seen = ask(&server, "ex.test");
    assert_eq!((seen.status, seen.out.as_str()), (3, "A:192.0.2.1\n"));
    let first: Vec<_> = server.asked()[..12].iter().map(|a| a.rtype).collect();
    // A AAAA CNAME MX NS SOA TXT HTTPS CAA SRV DS DNSKEY.
    assert_eq!(first, [1, 28, 5, 15, 2, 6, 16, 65, 257, 33, 43, 48]);
    assert!(seen.err.contains("REFUSED") && seen.err.contains("--rate"), "{}", seen.err);
}

// Cookies, letters and EDNS.

#[test]
fn somebody_elses_cookie_is_no_silence() {
    let server = dns::serve_by(|asked| {
        let mut msg = address(asked);
        if opt(asked).windows(4).any(|w| w == [0, 10, 0, 8]) {
            msg[11] = 1;
            msg.extend(b"\0\0\x29\x04\xd0\0\0\0\0\0\x14\0\x0a\0\x10\x1a\x51\x28\x82\xff\xff\x1d\xbfSERVERDC");
        }
        vec![msg]
    });
    assert_eq!(parts(&ask(&server, &format!("{ONCE} ex.test"))), (0, "A:192.0.2.1\n", ""));
    // The one that had the wrong cookie goes out once more, and no others have any.
    let asked = server.asked();
    let with = asked.iter().filter(|a| opt(a).windows(4).any(|w| w == [0, 10, 0, 8])).count();
    assert!(with <= 3 && asked.len() == Type::data_types().count() + with, "{with} of {}", asked.len());
    // Without an answer, what came is counted.
    let server = dns::serve_by(|asked| {
        let mut msg = address(asked);
        msg[11] = 1;
        msg.extend(b"\0\0\x29\x04\xd0\0\0\0\0\0\x14\0\x0a\0\x10\x1a\x51\x28\x82\xff\xff\x1d\xbfSERVERDC");
        vec![msg]
    });
    assert_eq!(parts(&ask(&server, "-t A ex.test")), (0, "A:192.0.2.1\n", ""));
    let seen = ask(&server, "--no-cookie -t A ex.test");
    assert_eq!(parts(&seen), (0, "A:192.0.2.1\n", ""));
    assert!(!opt(server.asked().last().expect("a question")).windows(4).any(|w| w == [0, 10, 0, 8]));
}

#[test]
fn a_question_in_lower_case_is_repeated_at_once() {
    let server = dns::serve_as(dns::story(), Manner::LowerCase);
    let seen = ask(&server, &format!("{ONCE} -t A --window 1 example.org google.com"));
    // The first one twice; then the server is known.
    assert_eq!((seen.status, server.asked().len()), (0, 3), "{seen:?}");
    assert_eq!(seen.out, "example.org\tA:93.184.216.34\ngoogle.com\tA:142.250.191.238\n");
}

#[test]
fn a_server_that_drops_edns() {
    let server = dns::serve_by(|asked| if opt(asked).is_empty() { vec![address(asked)] } else { Vec::new() });
    let seen = ask(&server, "--timeout 0.2 --tries 2 ex.test");
    assert_eq!((seen.status, seen.out.as_str()), (3, ""));
    assert!(seen.err.contains("no answer") && seen.err.contains("--no-edns"), "{}", seen.err);
    assert_eq!(parts(&ask(&server, "--no-edns ex.test")), (0, "A:192.0.2.1\n", ""));
}

// Referrals and aliases.

#[test]
fn a_referral_names_who_answers() {
    let mut zone = dns::Zone::new();
    zone.add("par.test", 60, SOA, dns::soa("ns.par.test", "root.par.test", [1, 2, 3, 4, 5]));
    zone.delegate("child.par.test", "ns.child.par.test", [192, 0, 2, 53].into());
    let server = dns::serve(zone);
    let why = "not answered here: child.par.test. is served by ns.child.par.test.";
    let seen = ask(&server, "www.child.par.test");
    assert_eq!(parts(&seen), (1, "", &*format!("dnsall: www.child.par.test: {why}\n")));
    let seen = ask(&server, "--json -t MX www.child.par.test");
    let want = "\"referral\":{\"zone\":\"child.par.test.\",\"servers\":[\"ns.child.par.test.\"]},";
    assert!(seen.out.contains(want) && seen.out.contains(why), "{}", seen.out);
    // A name in the zone itself is not referred.
    let seen = ask(&server, "--json nx.par.test");
    assert!(seen.out.contains("\"referral\":null") && seen.out.contains("no such name"), "{}", seen.out);
}

#[test]
fn what_a_server_copies_from_the_question_is_printed_as_typed() {
    // It compresses nothing, and the question's letters went out in random case.
    let server = dns::serve_by(|asked| {
        let name = &asked.message[12..12 + dns::name(&asked.name).len()];
        let below = |label: &[u8]| [&[label.len() as u8], label, name].concat();
        let refers = |mut msg: Vec<u8>| {
            (msg[2], msg[7], msg[9]) = (msg[2] & !4, 0, 1);
            // The owner is the question's name without its first label.
            let end = msg.len() - below(b"ns").len() - 12;
            msg.splice(end..end + 2, name[1 + usize::from(name[0])..].to_vec());
            msg
        };
        vec![match asked.rtype {
            MX => respond(asked, 0, &[(MX, &[&b"\0\x0a"[..], &below(b"MAIL")].concat())]),
            NS => refers(respond(asked, 0, &[(NS, &below(b"ns"))])),
            _ => respond(asked, 0, &[]),
        }]
    });
    for name in ["a.long-name-to-be-sure.test", "a.LONG-name-TO-be-sure.test"] {
        let (_, zone) = name.split_once('.').unwrap_or_default();
        let mail = format!("MX:10 MAIL.{name}.\n");
        assert_eq!(parts(&ask(&server, &format!("-t MX {name}"))), (0, &*mail, ""));
        let referral = format!("dnsall: {name}: not answered here: {zone}. is served by ns.{name}.\n");
        assert_eq!(parts(&ask(&server, &format!("-t NS {name}"))), (1, "", &*referral));
    }
}

#[test]
fn a_dead_alias_names_its_target() {
    // A server of the alias's zone that does not know the target's: its replies do not show the end.
    let server = dns::serve_by(|asked| {
        vec![match asked.name.to_lowercase().as_str() {
            "www.test" => respond(asked, 0, &[(CNAME, &dns::name("gone.example"))]),
            _ => respond(asked, 3, &[]),
        }]
    });
    let dead = "dnsall: www.test: alias of gone.example., which does not exist\n";
    assert_eq!(parts(&ask(&server, "www.test")), (0, "CNAME:gone.example.\n", ""));
    assert_eq!(server.asked().iter().filter(|a| a.name.eq_ignore_ascii_case("gone.example")).count(), 0);
    assert_eq!(parts(&ask(&server, "--follow www.test")), (1, "CNAME:gone.example.\n", dead));
    assert_eq!(parts(&ask(&server, "-a www.test")), (1, "", dead));
    let seen = ask(&server, "--explain www.test");
    assert_eq!((seen.status, seen.err.as_str()), (1, dead), "{}", seen.out);
}

#[test]
fn an_alias_whose_target_is_refused_is_printed() {
    // RFC 6604 section 3: the code is that of the last name.
    for (rcode, code) in [(2, "SERVFAIL"), (5, "REFUSED")] {
        let server = dns::serve_by(move |asked| {
            let alias = dns::name("b.example");
            let is_alias = asked.name.eq_ignore_ascii_case("www.test") && !BESIDE_CNAME.contains(&asked.rtype);
            vec![match (is_alias, asked.name.eq_ignore_ascii_case("www.test")) {
                (true, _) => respond(asked, rcode, &[(CNAME, &alias)]),
                (_, true) => respond(asked, 0, &[]),
                _ => respond(asked, rcode, &[]),
            }]
        });
        let at = |types: &str| format!("dnsall: www.test: SERVER: {code}{types}\n");
        assert_eq!(parts(&ask(&server, "-t A www.test")), (3, "CNAME:b.example.\n", &*at("")));
        assert_eq!(parts(&ask(&server, "www.test")), (3, "CNAME:b.example.\n", &*at(" (for A)")));
        assert_eq!(parts(&ask(&server, "-a www.test")), (3, "", &*at("")));
        // Another server is asked first.
        let other = dns::serve_by(|asked| vec![respond(asked, 0, &[(CNAME, &dns::name("c.example"))])]);
        let seen = ask(&server, &format!("{} --spread -t A www.test", other.at()));
        assert_eq!(parts(&seen), (0, "CNAME:c.example.\n", ""));
    }
}

#[test]
fn who_told_of_an_alias_and_its_target_is_named() {
    let server = dns::serve_by(|asked| {
        let mut both = respond(asked, 0, &[(CNAME, &dns::name("b.test"))]);
        both[7] = 2;
        both.extend(dns::name("b.test"));
        let data: &[u8] = if asked.rtype == A { &[192, 0, 2, 1] } else { &[0; 16] };
        both.extend([0, asked.rtype as u8, 0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
        both.extend(data);
        thread::sleep(Duration::from_millis(20));
        vec![both]
    });
    let seen = ask(&server, "-a --json www.test");
    let (head, tail) = seen.out.split_once("\"elapsed_ms\":").expect("a time");
    assert!(head.ends_with("\"rcode\":\"NOERROR\",\"flags\":\"qr aa rd ra\",\"server\":\"SERVER\","), "{head}");
    assert!(!tail.starts_with("0.0,"), "{tail}");
    let seen = ask(&server, "-v -t A --follow www.test");
    let line = seen.err.lines().nth(1).unwrap_or_default();
    assert!(line.starts_with("dnsall: www.test: SERVER b.test.: NOERROR [qr aa rd ra] in "), "{line}");
    assert!(!line.contains("in 0.0 ms") && line.ends_with(", 0 asked, 1 found"), "{line}");
}

// Several servers.

#[test]
fn several_servers_side_by_side() {
    let [one, two] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|ip| {
        dns::serve_by(move |asked| {
            vec![match asked.rtype {
                A => respond(asked, 0, &[(A, &ip)]),
                TXT => respond(asked, 0, &[(TXT, b"\x04same")]),
                _ => respond(asked, 0, &[]),
            }]
        })
    });
    let both = |line: &str, input: &str| {
        let seen = feed(&format!("{} {} {line}", one.at(), two.at()), input);
        let name = |text: &str| text.replace(&one.addr.to_string(), "ONE").replace(&two.addr.to_string(), "TWO");
        (seen.status, name(&seen.out), name(&seen.err))
    };
    let (status, out, err) = both("ex.test", "");
    assert_eq!(out, "ONE\tA:192.0.2.1\nONE\tTXT:\"same\"\nTWO\tA:192.0.2.2\nTWO\tTXT:\"same\"\n");
    assert_eq!((status, err.as_str()), (0, ""));
    let (_, out, _) = both("-s -t A", "a.test\nb.test\n");
    assert_eq!(out, "ONE\ta.test\t192.0.2.1\nTWO\ta.test\t192.0.2.2\nONE\tb.test\t192.0.2.1\nTWO\tb.test\t192.0.2.2\n");
    let (_, out, _) = both("--zone -t A ex.test", "");
    assert_eq!(out, "ex.test. 60 IN A 192.0.2.1 ; ONE\nex.test. 60 IN A 192.0.2.2 ; TWO\n");
    let (_, out, _) = both("--json -t A ex.test", "");
    assert_eq!(out.lines().count(), 2);
    for (line, server) in out.lines().zip(["ONE", "TWO"]) {
        assert!(line.contains(&format!("\"server\":\"{server}\"")), "{line}");
    }
    // Only what not both gave.
    let (status, out, err) = both("--diff ex.test", "");
    assert_eq!((status, out.as_str(), err.as_str()), (1, "ONE\tA:192.0.2.1\nTWO\tA:192.0.2.2\n", ""));
    let (status, out, err) = both("--diff -t TXT,MX ex.test", "");
    assert_eq!((status, out.as_str(), err.as_str()), (0, "", ""));
    let (status, out, _) = both("--diff -t A", "a.test\n");
    assert_eq!((status, out.as_str()), (1, "ONE\ta.test\tA:192.0.2.1\nTWO\ta.test\tA:192.0.2.2\n"));
}

#[test]
fn what_a_server_left_open_is_no_difference() {
    let one = dns::serve_by(|asked| vec![respond(asked, 0, &[(asked.rtype, b"\x01x")])]);
    let two = dns::serve_by(|asked| vec![respond(asked, 5, &[])]);
    let seen = feed(&format!("{} {} --diff -t TXT ex.test", one.at(), two.at()), "");
    assert_eq!((seen.status, seen.out.as_str()), (3, ""), "{}", seen.err);
    assert!(seen.err.contains("REFUSED"), "{}", seen.err);
}

/// Asks two servers, whose addresses are ONE and TWO in what comes back.
fn ask_both(servers: [&Server; 2], line: &str, input: &str) -> (i32, String, String) {
    let [one, two] = servers;
    let seen = feed(&format!("{} {} {line}", one.at(), two.at()), input);
    let name = |text: &str| text.replace(&one.addr.to_string(), "ONE").replace(&two.addr.to_string(), "TWO");
    (seen.status, name(&seen.out), name(&seen.err))
}

/// A server that refers to somebody else about everything but A.
fn refers(asked: &Asked) -> Vec<u8> {
    if asked.rtype == A && !asked.name.to_lowercase().starts_with("all.") {
        return address(asked);
    }
    let mut msg = respond(asked, 0, &[(NS, &dns::name("ns.child.test"))]);
    // The record stands in the authority section, and the server knows nothing itself.
    msg[2] &= !4;
    msg[7] = 0;
    msg[9] = 1;
    msg
}

#[test]
fn a_referral_is_no_difference_and_is_said() {
    let one = dns::serve_by(|asked| {
        vec![match asked.rtype {
            A => address(asked),
            TXT => respond(asked, 0, &[(TXT, b"\x02hi")]),
            _ => respond(asked, 0, &[]),
        }]
    });
    let two = dns::serve_by(|asked| vec![refers(asked)]);
    let why = "not answered here: NAME. is served by ns.child.test.";
    for (line, name) in [("-t A,TXT ex.test", "ex.test"), ("all.test", "all.test"), ("-a all.test", "all.test")] {
        let (status, out, err) = ask_both([&one, &two], &format!("--diff {line}"), "");
        let why = why.replace("NAME", name);
        assert_eq!((status, out, err), (1, String::new(), format!("dnsall: {name}: TWO: {why}\n")), "{line}");
    }
    let (status, out, err) = ask_both([&one, &two], "--diff -k -q -t A,TXT ex.test", "");
    assert_eq!((status, out.as_str(), err.as_str()), (0, "-\n", ""));
    // Beside each other, the server is named, too.
    let (status, _, err) = ask_both([&one, &two], "-t A all.test", "");
    assert_eq!((status, err.as_str()), (1, &*format!("dnsall: all.test: TWO: {}\n", why.replace("NAME", "all.test"))));
}

#[test]
fn names_that_only_some_servers_deny() {
    let by = |rcode: u8| {
        dns::serve_by(move |asked| {
            vec![respond(asked, if asked.name.to_lowercase().starts_with("same") { 3 } else { rcode }, &[])]
        })
    };
    let (one, two) = (by(3), by(0));
    let ask = |line: &str| ask_both([&one, &two], &format!("--diff -t A {line}"), "");
    let text = |(status, out, err): (i32, String, String)| format!("{status}|{out}|{err}");
    let denied = |server: &str| format!("no such name (NXDOMAIN from {server})");
    let both = format!("dnsall: same.test: {}\ndnsall: same.test: {}\n", denied("ONE"), denied("TWO"));
    assert_eq!(text(ask("same.test")), format!("1||{both}"));
    assert_eq!(text(ask("-q same.test")), "1||");
    assert_eq!(text(ask("-k -q same.test")), "0|-\n|");
    let other = "dnsall: ex.test: no record of type A (NOERROR from TWO)\n";
    let contested = format!("dnsall: ex.test: {}\n{other}", denied("ONE"));
    assert_eq!(text(ask("ex.test")), format!("1||{contested}"));
    // No record here and none there is no difference.
    assert_eq!(text(ask_both([&two, &two], "--diff -t A ex.test", "")), "0||");
}

#[test]
fn every_input_keeps_its_place() {
    let one = dns::serve_by(|asked| {
        vec![if asked.name.to_lowercase().starts_with("nx") { respond(asked, 3, &[]) } else { address(asked) }]
    });
    let two = dns::serve_by(|asked| {
        vec![if asked.name.to_lowercase().starts_with("nx") { respond(asked, 3, &[]) } else { address(asked) }]
    });
    let both = |line: &str, input: &str| ask_both([&one, &two], line, input);
    let (status, out, err) = both("-k -t A", "nx.test\nx..y\n\nex.test\n");
    let lines = [
        "ONE\tnx.test\t-",
        "TWO\tnx.test\t-",
        "ONE\tx..y\t-",
        "TWO\tx..y\t-",
        "ONE\t\t-",
        "TWO\t\t-",
        "ONE\tex.test\tA:192.0.2.1",
        "TWO\tex.test\tA:192.0.2.1",
    ];
    assert_eq!((status, out), (0, lines.map(|line| format!("{line}\n")).concat()));
    assert_eq!(err.matches("x..y").count(), 1, "{err}");
    let (status, out, _) = both("--json -t A", "x..y\nex.test\n");
    let servers: Vec<_> = out.lines().map(|line| line.contains("\"server\":\"ONE\"")).collect();
    assert_eq!((status, servers), (1, vec![true, false, true, false]), "{out}");
    // One line for an input in which they do not differ.
    let (status, out, _) = both("--diff -k -t A", "ex.test\nx..y\n\n");
    assert_eq!((status, out.as_str()), (0, "ex.test\t-\nx..y\t-\n\t-\n"));
    // Master files have no lines of their own for that.
    let (status, out, _) = both("--zone -k -t A", "nx.test\nx..y\n\nex.test\n");
    let comments = "; nx.test: no such name (NXDOMAIN from ONE) ; ONE\n; nx.test: no such name (NXDOMAIN from TWO) ; TWO\n\
                    ; x..y: not a name: empty label ; ONE\n; x..y: not a name: empty label ; TWO\n;\n";
    let records = "ex.test. 60 IN A 192.0.2.1 ; ONE\nex.test. 60 IN A 192.0.2.1 ; TWO\n";
    assert_eq!((status, out), (0, format!("{comments}{records}")));
    let seen = ask(&one, "--zone -k -t A nx.test");
    assert_eq!((seen.status, seen.out.as_str()), (0, "; nx.test: no such name (NXDOMAIN from SERVER)\n"));
    let (status, out, _) = both("--zone --diff -k -t A ex.test", "");
    assert_eq!((status, out.as_str()), (0, "; ex.test: no difference\n"));
    // Nor is it said where they gave nothing.
    let (status, out, _) = both("--zone --diff -k -t A", "nx.test\nx..y\n");
    let denied = "; nx.test: no such name (NXDOMAIN from ONE); no such name (NXDOMAIN from TWO)\n";
    assert_eq!((status, out), (0, format!("{denied}; x..y: not a name: empty label\n")));
    let fails = dns::serve_by(|asked| vec![respond(asked, 2, &[])]);
    let (status, out, _) = ask_both([&one, &fails], "--zone --diff -k -t A ex.test", "");
    assert_eq!((status, out.as_str()), (3, "; ex.test: TWO: SERVFAIL\n"));
}

#[test]
fn a_server_that_cannot_be_asked_at_all() {
    // No resolver is asked about a name that is too long for one.
    let one = dns::serve_by(|asked| vec![address(asked)]);
    let none = "no address of the family asked for";
    let seen = ask(&one, "-6 ex.test x..y");
    let invalid = "dnsall: x..y: not a name: empty label\n";
    let wanted = format!("dnsall: ex.test: SERVER: {none}\n{invalid}");
    assert_eq!(parts(&seen), (3, "", &*wanted));
    assert_eq!(parts(&ask(&one, "-6 -k ex.test x..y")), (3, "ex.test\t-\nx..y\t-\n", &*wanted));
    let seen = ask(&one, "-6 --json ex.test x..y");
    let [first, second] = seen.out.lines().collect::<Vec<_>>()[..] else { panic!("{}", seen.out) };
    assert!(
        first.starts_with("{\"input\":\"ex.test\",\"name\":\"ex.test.\",")
            && first.contains(&format!("\"error\":\"SERVER: {none}\"")),
        "{first}"
    );
    assert!(second.contains("\"status\":1,") && second.contains("empty label"), "{second}");
    for line in ["--trace -k ex.test", "-t AXFR ex.test"] {
        let seen = ask(&one, &format!("-6 {line}"));
        assert_eq!((seen.status, seen.err.as_str()), (3, &*format!("dnsall: ex.test: SERVER: {none}\n")), "{line}");
    }
    // The others are asked.
    let seen = ask(&one, "@[::1]:5399 -4 -t A ex.test");
    assert_eq!(parts(&seen), (3, "SERVER\tA:192.0.2.1\n", &*format!("dnsall: ex.test: [::1]:5399: {none}\n")));
    let seen = ask(&one, "@[::1]:5399 -4 --diff -k -t A ex.test");
    assert_eq!(parts(&seen), (3, "-\n", &*format!("dnsall: ex.test: [::1]:5399: {none}\n")));
    // More operands than are taken at a time.
    let many = "x..y ".repeat(30_000);
    let seen = ask(&one, &format!("-q -6 {many}"));
    assert_eq!(parts(&seen), (1, "", ""));
}

#[test]
fn servers_of_one_address_are_told_apart() {
    let seen = feed("@127.0.0.1:1 @tcp://127.0.0.1:1 @127.1.0.0:1 ex.test", "");
    let refused = ["127.0.0.1:1", "tcp://127.0.0.1:1", "127.1.0.0:1"];
    assert_eq!(seen.err, refused.map(|server| format!("dnsall: ex.test: {server}: connection refused\n")).concat());
    let seen = feed("@127.0.0.1:1 @localhost:1 -4 ex.test", "");
    let refused = ["127.0.0.1:1", "localhost:1"];
    assert_eq!(seen.err, refused.map(|server| format!("dnsall: ex.test: {server}: connection refused\n")).concat());
}

#[test]
fn an_answer_whose_owner_cannot_be_read() {
    let server = dns::serve_by(|asked| {
        let end = 12 + dns::name(&asked.name).len() + 4;
        let mut msg = respond(asked, 0, &[(asked.rtype, &[192, 0, 2, 1]), (asked.rtype, &[192, 0, 2, 2])]);
        let own = [0xc0 | (end >> 8) as u8, end as u8];
        // The first record's owner points at itself.
        msg[end..end + 2].copy_from_slice(&own);
        if asked.name.to_lowercase().starts_with("lone.") {
            msg.truncate(end + 16);
            msg[7] = 1;
        }
        vec![msg]
    });
    assert_eq!(parts(&ask(&server, "-t A lone.test")), (3, "", "dnsall: lone.test: SERVER: malformed answer\n"));
    let seen = ask(&server, "-t A ex.test");
    assert_eq!(parts(&seen), (3, "A:192.0.2.2\n", "dnsall: ex.test: SERVER: malformed answer\n"));
    assert_eq!(ask(&server, "lone.test").status, 3);
}

#[test]
fn the_text_of_an_extended_error_is_escaped_once() {
    let server = dns::serve_by(|asked| {
        let mut msg = respond(asked, 2, &[]);
        msg[11] = 1;
        let text = "expired \x1b[1m\u{202e}\n\\".as_bytes();
        msg.extend(b"\0\0\x29\x04\xd0\0\0\0\0\0");
        msg.push(text.len() as u8 + 6);
        msg.extend([0, 15, 0, text.len() as u8 + 2, 0, 7]);
        msg.extend(text);
        vec![msg]
    });
    let text = "expired \\x1b[1m\\u{202e}\\n\\\\";
    let why = format!("SERVER: SERVFAIL, extended error 7 (Signature Expired): {text}");
    let seen = ask(&server, "--json -t A ex.test");
    assert_eq!(seen.err, format!("dnsall: ex.test: {why}\n"));
    let json = |text: &str| text.replace('\\', "\\\\");
    assert!(seen.out.contains(&format!("\"ede\":[{{\"code\":7,\"text\":\"{}\"}}]", json(text))), "{}", seen.out);
    assert!(seen.out.contains(&format!("\"error\":\"{}\"", json(&why))), "{}", seen.out);
}

#[test]
fn a_line_that_is_no_text_is_written_as_messages_write_it() {
    let seen = tool::run("timeout", ["30", TOOL, "@127.0.0.1:1", "--json"], b"caf\xe9.test\n");
    assert_eq!(seen.err, "dnsall: stdin:1: caf\\xe9.test: invalid UTF-8\n");
    assert!(seen.out.starts_with("{\"input\":\"caf\\\\xe9.test\","), "{}", seen.out);
}

#[test]
fn questions_are_shared_out() {
    let servers = [dns::serve(dns::story()), dns::serve(dns::story())];
    let list = "example.org\n".repeat(400);
    let line = format!("{} {} --spread -s --no-echo -t A", servers[0].at(), servers[1].at());
    let seen = feed(&line, &list);
    assert_eq!((seen.status, seen.err.as_str()), (0, ""));
    assert_eq!(seen.out, "93.184.216.34\n".repeat(400));
    let [one, two] = servers.map(|server| server.asked().len());
    assert!(one >= 100 && two >= 100, "{one} and {two}");
}

// What else can be asked.

#[test]
fn the_machine_behind_a_server_tells_its_name() {
    let server = dns::serve_by(|asked| {
        let mut msg = address(asked);
        if opt(asked).windows(4).any(|w| w == [0, 3, 0, 0]) {
            msg[11] = 1;
            msg.extend(b"\0\0\x29\x04\xd0\0\0\0\0\0\x08\0\x03\0\x04ns\x1b1");
        }
        vec![msg]
    });
    let seen = ask(&server, "--nsid -t A a.test b.test");
    assert_eq!(seen.err, "dnsall: SERVER: NSID: ns\\x1b1 (6e731b31)\n");
    assert_eq!((seen.status, seen.out.lines().count()), (0, 2));
    let seen = ask(&server, "--nsid --json -t A a.test");
    assert!(seen.out.contains("\"nsid\":\"ns\\\\x1b1\""), "{}", seen.out);
    assert_eq!(ask(&server, "-t A a.test").err, "");
}

#[test]
fn what_goes_into_a_question() {
    let server = dns::serve_by(|asked| vec![address(asked)]);
    let last = |line: &str| {
        assert_eq!(ask(&server, line).status, 0, "{line}");
        server.asked().pop().expect("a question")
    };
    assert_eq!(last("-t A x.test").message[2] & 1, 1);
    assert_eq!(last("--no-recurse -t A x.test").message[2] & 1, 0);
    assert!(opt(&last("--no-edns -t A x.test")).is_empty());
    // RFC 7871 section 6: family 1, 24 bits, scope 0, three bytes.
    let subnet = [0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2];
    assert!(opt(&last("--subnet 192.0.2.99/24 -t A x.test")).windows(11).any(|w| w == subnet));
    let seen = feed(&format!("{} -6 -t A x.test", server.at()), "");
    assert_eq!((seen.status, seen.out.as_str()), (3, ""), "{}", seen.err);
    assert_eq!(ask(&server, "-4 -t A x.test").status, 0);
}

#[test]
fn the_class_of_version_numbers() {
    let server = dns::serve_by(|asked| {
        let end = 12 + dns::name(&asked.name).len() + 4;
        let mut msg = respond(asked, 0, &[(TXT, b"\x05lab 1")]);
        // The record is of the class that was asked for.
        msg[end + 4..end + 6].copy_from_slice(&asked.message[end - 2..end]);
        vec![msg]
    });
    let seen = ask(&server, "--class CH --zone version.bind");
    assert_eq!(parts(&seen), (0, "version.bind. 60 CH TXT \"lab 1\"\n", ""));
    for line in ["--class CH -t TXT version.bind", "--class ch version.bind"] {
        assert_eq!(parts(&ask(&server, line)), (0, "TXT:\"lab 1\"\n", ""), "{line}");
        let asked = server.asked().pop().expect("a question");
        let end = 12 + dns::name(&asked.name).len() + 4;
        assert_eq!(asked.message[end - 4..end], [0, 16, 0, 3]);
    }
}

#[test]
fn a_refused_connection_is_said_plainly() {
    let seen = feed("@127.0.0.1:1 -v ex.test", "");
    let [report, error] = seen.err.lines().collect::<Vec<_>>()[..] else { panic!("{}", seen.err) };
    assert!(report.starts_with("dnsall: ex.test: 127.0.0.1:1 ex.test.: connection refused after "), "{report}");
    assert_eq!(error, "dnsall: ex.test: 127.0.0.1:1: connection refused");
}

#[test]
fn counts_and_percentiles() {
    let server = dns::serve(dns::story());
    let seen = ask(&server, &format!("{ONCE} --stats -t A example.org google.com"));
    assert!(seen.err.starts_with("dnsall: 2 names, 2 questions, 2 datagrams, 0 again, 2 replies, "), "{}", seen.err);
    let seen = ask(&server, &format!("{ONCE} --stats -t A example.org"));
    assert!(seen.err.starts_with("dnsall: 1 name, 1 question, 1 datagram, 0 again, 1 reply, "), "{}", seen.err);
    assert!(seen.err.contains(" p50 ") && seen.err.contains(" p99 "), "{}", seen.err);
}

// Zone transfers.

/// A server whose TCP sends `messages` for each question, the identifier put in.
fn transfers(messages: Vec<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut question = [0; 512];
            let Ok(len) = stream.read(&mut question) else { continue };
            assert_eq!(question[len - 4..len], [0, 252, 0, 1], "AXFR, class IN");
            for message in &messages {
                let mut message = message.clone();
                message[..2].copy_from_slice(&question[2..4]);
                let length = u16::try_from(message.len()).expect("short").to_be_bytes();
                let _ = stream.write_all(&[&length[..], &message].concat());
            }
        }
    });
    addr
}

/// A message of a transfer with these records: owner, type, data.
fn part(rcode: u8, records: &[(&str, u16, &[u8])]) -> Vec<u8> {
    let mut msg = vec![0, 0, 0x84, rcode, 0, 0, 0, records.len() as u8, 0, 0, 0, 0];
    for (owner, rtype, data) in records {
        msg.extend(dns::name(owner));
        msg.extend(rtype.to_be_bytes());
        msg.extend([0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
        msg.extend(*data);
    }
    msg
}

#[test]
fn a_whole_zone_as_a_master_file() {
    let soa = dns::soa("ns.zone.test", "root.zone.test", [1, 2, 3, 4, 5]);
    let first = part(0, &[("zone.test", SOA, &soa), ("a.zone.test", A, &[192, 0, 2, 1])]);
    let last = part(0, &[("b.zone.test", TXT, b"\x02hi"), ("zone.test", SOA, &soa)]);
    let head = "zone.test. 60 IN SOA ns.zone.test. root.zone.test. 1 2 3 4 5\na.zone.test. 60 IN A 192.0.2.1\n";
    let server = transfers(vec![first.clone(), last]);
    let seen = feed(&format!("@{server} -t AXFR zone.test"), "");
    assert_eq!(parts(&seen), (0, &*format!("{head}b.zone.test. 60 IN TXT \"hi\"\n"), ""));
    // Cut off: what came is printed, and the status tells.
    let server = transfers(vec![first]);
    let seen = feed(&format!("@{server} -t AXFR zone.test"), "");
    let why = format!("{server}: transfer cut off after 2 records: connection closed by the server");
    assert_eq!(parts(&seen), (3, head, &*format!("dnsall: zone.test: tcp://{why}\n")));
    let server = transfers(vec![part(5, &[])]);
    let seen = feed(&format!("@{server} -t AXFR zone.test"), "");
    assert_eq!(parts(&seen), (3, "", &*format!("dnsall: zone.test: tcp://{server}: REFUSED\n")));
}

#[test]
fn what_a_transfer_left_out_and_what_it_took_is_said() {
    let soa = dns::soa("ns.zone.test", "root.zone.test", [1, 2, 3, 4, 5]);
    let first = part(0, &[("zone.test", SOA, &soa), ("other.test", A, &[6, 6, 6, 6]), ("zone.test", TXT, b"\x02hi")]);
    let mut chaos = part(0, &[("zone.test", TXT, b"\x02ho")]);
    let class = chaos.len() - 3 - 2 - 4 - 1;
    chaos[class] = 3;
    let server = transfers(vec![first, chaos, part(0, &[("zone.test", SOA, &soa)])]);
    let zone = "zone.test. 60 IN SOA ns.zone.test. root.zone.test. 1 2 3 4 5\nzone.test. 60 IN TXT \"hi\"\n";
    let seen = feed(&format!("@{server} -t AXFR zone.test"), "");
    let at = format!("dnsall: zone.test: tcp://{server}: ");
    let left_out = format!("{at}records left out, outside of the zone or of another class: 2\n");
    assert_eq!(parts(&seen), (0, zone, &*left_out));
    assert_eq!(parts(&feed(&format!("@{server} -q -t AXFR zone.test"), "")), (0, zone, ""));
    let seen = feed(&format!("@{server} -q -v --stats -t AXFR zone.test"), "");
    let lines: Vec<&str> = seen.err.lines().collect();
    let [told, counts] = lines[..] else { panic!("{}", seen.err) };
    assert!(told.starts_with(&format!("{at}records: 2, messages: 3, ")) && told.ends_with(" ms"), "{told}");
    assert!(counts.starts_with("dnsall: 1 name, 1 question, 0 datagrams, 0 again, 3 replies, "), "{counts}");
}

#[test]
fn a_transfer_ends_without_records() {
    // After the first record a message without any, again and again.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        let soa = dns::soa("ns.zone.test", "root.zone.test", [1, 2, 3, 4, 5]);
        let messages = [part(0, &[("zone.test", SOA, &soa)])].into_iter().chain(iter::repeat(part(0, &[])));
        let Ok((mut stream, _)) = listener.accept() else { return };
        let mut question = [0; 512];
        let _ = stream.read(&mut question);
        for mut message in messages {
            message[..2].copy_from_slice(&question[2..4]);
            let length = u16::try_from(message.len()).expect("short").to_be_bytes();
            if stream.write_all(&[&length[..], &message].concat()).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    });
    let seen = feed(&format!("@{addr} --timeout 1 -t AXFR zone.test"), "");
    let why = format!("dnsall: zone.test: tcp://{addr}: transfer cut off after 1 records: no answer\n");
    assert_eq!((seen.status, seen.out.lines().count(), seen.err), (3, 1, why));
}

#[test]
fn a_message_full_of_empty_records_takes_little_memory() {
    // TC, then 5,455 records without data for each type.
    let listener = loop {
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
        let Ok(tcp) = TcpListener::bind(udp.local_addr().expect("bound")) else { continue };
        thread::spawn(move || {
            let mut buf = [0; 512];
            while let Ok((len, from)) = udp.recv_from(&mut buf) {
                buf[2] = 0x87;
                buf[6..12].fill(0);
                let _ = udp.send_to(&buf[..len.min(12 + 9 + 4)], from);
            }
        });
        break tcp;
    };
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut len = [0; 2];
                while stream.read_exact(&mut len).is_ok() {
                    let mut msg = vec![0; usize::from(u16::from_be_bytes(len))];
                    if stream.read_exact(&mut msg).is_err() {
                        return;
                    }
                    msg.truncate(12 + 9 + 4);
                    msg[2..12].copy_from_slice(&[0x85, 0x80, 0, 1, 0x15, 0x4f, 0, 0, 0, 0]);
                    let rtype = [msg[21], msg[22]];
                    for _ in 0..5455 {
                        msg.extend([0xc0, 12, rtype[0], rtype[1], 0, 1, 0, 0, 0, 60, 0, 0]);
                    }
                    let length = u16::try_from(msg.len()).expect("a message").to_be_bytes();
                    if stream.write_all(&length).is_err() || stream.write_all(&msg).is_err() {
                        return;
                    }
                }
            });
        }
    });
    // x.tests has nine bytes on the wire.
    let script = format!("ulimit -v 65536; exec timeout 30 {TOOL} @{addr} x.tests");
    let seen = tool::run("bash", ["-c", &script], b"");
    assert_eq!((seen.status, seen.err.as_str()), (0, ""), "{}", seen.out);
}
