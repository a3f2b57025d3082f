//! --validate, against zones that BIND's programs sign and serve, and beside
//! delv, which validates the same answers with the same anchor.
use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    path::PathBuf,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use plainnet_lab::{
    dns,
    scratch::File,
    signed::{MANY, Signed},
    tool::{self, Seen},
};

/// Runs dnsall with the anchor of the zones, against their server.
fn dnsall(zones: &Signed, words: &[&str]) -> Seen {
    ask(zones, zones.at, words, b"")
}

fn ask(zones: &Signed, at: SocketAddr, words: &[&str], input: &[u8]) -> Seen {
    let (server, anchor) = (format!("@{at}"), zones.anchor());
    let head = [&*server, "--validate", "--anchor", anchor.to_str().expect("UTF-8")];
    tool::run(env!("CARGO_BIN_EXE_dnsall"), [&head, words].concat(), input)
}

/// What delv says of an answer, in our words. On a busy machine delv 9.18 may wait
/// for itself for ever; it is then started again.
fn delv(program: &PathBuf, zones: &Signed, name: &str, rtype: &str) -> &'static str {
    const KILLED: i32 = 128 + 9;
    let (ip, port) = (format!("@{}", zones.at.ip()), zones.at.port().to_string());
    let mut command = Command::new("timeout");
    command
        .args(["--signal=KILL", "30"])
        .arg(program)
        .args([&*ip, "-p", &port, "+root=.", "-a"])
        .arg(zones.delv_anchor());
    command.args([name, rtype]);
    let mut runs = (0..3).map(|_| Seen::from(tool::feed(&mut command, b"")));
    let seen = runs.find(|seen| seen.status != KILLED).expect("delv ends");
    let said = format!("{}{}", seen.out, seen.err);
    match () {
        () if said.contains("fully validated") => "secure",
        () if said.contains("unsigned answer") => "insecure",
        () if said.contains("resolution failed") => "bogus",
        () => panic!("{name} {rtype}: {said}"),
    }
}

/// Name, type, verdict, data or nothing for a denial, and what is said where it is bogus.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str);

const CASES: &[Case] = &[
    ("www.good.test", "A", "secure", &["A:192.0.2.1"], ""),
    ("www.good.test", "MX", "secure", &["MX:5 a.good.test.", "MX:10 MAIL.good.test."], ""),
    ("WWW.Good.Test", "AAAA", "secure", &["AAAA:2001:db8::1"], ""),
    (".", "SOA", "secure", &["SOA:ns.test. host.test. 1 7200 3600 1209600 300"], ""),
    // Denials by NSEC: a type, a name, an empty non-terminal, DS of an unsigned zone.
    ("www.good.test", "CAA", "secure", &[], ""),
    ("gone.good.test", "A", "secure", &[], ""),
    ("empty.good.test", "A", "secure", &[], ""),
    ("child.good.test", "DS", "secure", &[], ""),
    ("unsigned.test", "DS", "secure", &[], ""),
    ("nope", "A", "secure", &[], ""),
    // From a wildcard, also two labels below it, and denials at one.
    ("x.wild.good.test", "A", "secure", &["A:192.0.2.2"], ""),
    ("a.b.wild.good.test", "A", "secure", &["A:192.0.2.2"], ""),
    ("x.wild.good.test", "MX", "secure", &[], ""),
    ("x.wild.good.test", "NSEC", "secure", &["NSEC:www.good.test. A RRSIG NSEC"], ""),
    ("z.deep.good.test", "MX", "secure", &["MX:1 www.good.test."], ""),
    ("x.y.deep.good.test", "MX", "secure", &[], ""),
    // The same by NSEC3.
    ("www.nsec3.test", "A", "secure", &["A:192.0.2.1"], ""),
    ("www.nsec3.test", "MX", "secure", &[], ""),
    ("gone.nsec3.test", "A", "secure", &[], ""),
    ("a.b.gone.nsec3.test", "A", "secure", &[], ""),
    ("empty.nsec3.test", "A", "secure", &[], ""),
    ("x.wild.nsec3.test", "A", "secure", &["A:192.0.2.12"], ""),
    ("x.wild.nsec3.test", "MX", "secure", &[], ""),
    ("child.nsec3.test", "DS", "secure", &[], ""),
    // Aliases; that of a DNAME cannot be signed.
    ("alias.good.test", "A", "secure", &["CNAME:www.nsec3.test."], ""),
    ("www.d.good.test", "A", "secure", &["CNAME:www.nsec3.test."], ""),
    // Unsigned zones, proven by NSEC, by NSEC3, and not denied by a span that opts out.
    ("www.unsigned.test", "A", "insecure", &["A:192.0.2.1"], ""),
    ("gone.unsigned.test", "A", "insecure", &[], ""),
    ("www.child.good.test", "A", "insecure", &["A:192.0.2.1"], ""),
    ("child.good.test", "A", "insecure", &[], ""),
    ("www.child.nsec3.test", "A", "insecure", &["A:192.0.2.1"], ""),
    ("www.child.optout.test", "A", "insecure", &["A:192.0.2.1"], ""),
    ("gone.child.optout.test", "A", "insecure", &[], ""),
    ("www.optout.test", "A", "secure", &["A:192.0.2.1"], ""),
    // Two algorithms; one that nobody knows.
    ("www.roll.test", "A", "secure", &["A:192.0.2.1"], ""),
    ("www.roll.test", "TXT", "secure", &[], ""),
    ("www.exotic.test", "A", "insecure", &["A:192.0.2.1"], ""),
    // Signed by knot: with NSEC, and with more iterations than anybody counts.
    ("www.knot.test", "A", "secure", &["A:192.0.2.1"], ""),
    ("gone.knot.test", "A", "secure", &[], ""),
    ("www.costly.test", "A", "secure", &["A:192.0.2.1"], ""),
    ("www.costly.test", "MX", "insecure", &[], ""),
    ("gone.costly.test", "A", "insecure", &[], ""),
    // What is wrong.
    ("www.expired.test", "A", "bogus", &["A:192.0.2.1"], "of DNSKEY of expired.test. by key"),
    ("gone.expired.test", "A", "bogus", &[], "of expired.test. expired at 20"),
    ("www.future.test", "A", "bogus", &["A:192.0.2.1"], "of future.test. holds only from 20"),
    ("www.wrongds.test", "A", "bogus", &["A:192.0.2.1"], "no DNSKEY of wrongds.test. is that of the DS record ("),
    (
        "www.missing.test",
        "A",
        "bogus",
        &["A:192.0.2.1"],
        "A of www.missing.test. is not signed, though missing.test. is",
    ),
    ("www.missing.test", "MX", "secure", &[], ""),
    ("b.missing.test", "A", "secure", &["A:192.0.2.9"], ""),
];

#[test]
fn each_answer_has_the_verdict_that_delv_gives() {
    let Some(zones) = Signed::shared() else { return };
    let peer = tool::peer("delv");
    for case @ (name, rtype, verdict, ..) in CASES {
        agrees(case, &dnsall(&zones, &["-t", rtype, name]));
        if let Some(program) = &peer {
            assert_eq!(delv(program, &zones, name, rtype), *verdict, "delv on {name} {rtype}");
        }
    }
}

#[test]
fn every_type_of_every_name_beside_delv() {
    let Some(zones) = Signed::shared() else { return };
    let Some(program) = tool::peer("delv") else { return };
    const MORE: [&str; 14] = [
        "good.test",
        "wild.good.test",
        "*.wild.good.test",
        "x.empty.good.test",
        "x.alias.good.test",
        "d.good.test",
        "deep.good.test",
        "y.deep.good.test",
        "nsec3.test",
        "*.wild.nsec3.test",
        "x.empty.nsec3.test",
        "test",
        "a.gone.test",
        "missing.test",
    ];
    let names: Vec<&str> = CASES.iter().map(|case| case.0).chain(MORE).collect();
    // Spans that opt out are judged otherwise, and nobody counts so many iterations.
    let names = names.into_iter().filter(|name| !name.contains("optout") && !name.contains("costly"));
    let pairs: std::collections::BTreeSet<(&str, &str)> = names
        .flat_map(|name| ["A", "MX", "TXT", "DS", "DNSKEY", "NS", "SOA", "CNAME", "DNAME"].map(|rtype| (name, rtype)))
        .collect();
    let stride = pairs.len() / tool::long(pairs.len() as u64, 40) as usize;
    for (name, rtype) in pairs.into_iter().step_by(stride.max(1)) {
        let seen = dnsall(&zones, &["--json", "-t", rtype, name]);
        let verdict = delv(&program, &zones, name, rtype);
        assert!(
            seen.out.contains(&format!("\"dnssec\":\"{verdict}\",\"error\":")),
            "{name} {rtype}: {verdict} {seen:?}"
        );
    }
}

#[test]
fn a_validating_resolver_between_changes_no_verdict() {
    // It answers SERVFAIL for what is bogus, unless it is told that somebody else checks.
    let Some(zones) = Signed::shared() else { return };
    let resolver = zones.resolver();
    for case @ (name, rtype, ..) in CASES {
        agrees(case, &ask(&zones, resolver.at, &["-t", rtype, name], b""));
    }
    let seen = ask(&zones, resolver.at, &["-t", "A", "dead.good.test"], b"");
    assert_eq!((seen.status, &*seen.out), (1, "secure\tCNAME:gone.nsec3.test.\n"));
    assert!(seen.err.ends_with("alias of gone.nsec3.test., which does not exist (secure)\n"), "{}", seen.err);
}

/// Is this what the case says?
fn agrees((name, rtype, verdict, records, why): &Case, seen: &Seen) {
    let lines: String = records.iter().map(|record| format!("{verdict}\t{record}\n")).collect();
    let case = format!("{name} {rtype}: {seen:?}");
    assert_eq!(seen.out.to_lowercase(), lines.to_lowercase(), "{case}");
    match (*verdict, records.is_empty()) {
        ("bogus", _) => {
            assert_eq!(seen.status, 3, "{case}");
            assert!(seen.err.starts_with(&format!("dnsall: {name}: bogus: ")) && seen.err.contains(why), "{case}");
        }
        (_, true) => {
            assert_eq!(seen.status, 1, "{case}");
            assert!(seen.err.ends_with(&format!(", {verdict})\n")), "{case}");
        }
        (_, false) => assert_eq!((seen.status, &*seen.err), (0, ""), "{case}"),
    }
}

#[test]
fn a_denial_in_a_span_that_opts_out_proves_less() {
    // RFC 5155 section 9.2: an unsigned zone may be there, so that AD must not be set.
    let Some(zones) = Signed::shared() else { return };
    let seen = dnsall(&zones, &["-v", "-t", "A", "gone.optout.test"]);
    assert_eq!(seen.status, 1);
    assert!(seen.err.contains("insecure: NSEC3 of optout.test. opts out for gone.optout.test."), "{}", seen.err);
    assert!(seen.err.ends_with(", insecure)\n"), "{}", seen.err);
}

#[test]
fn every_form_of_output_has_the_verdict() {
    let Some(zones) = Signed::shared() else { return };
    let out = |words: &[&str]| dnsall(&zones, words).out;
    assert_eq!(out(&["-s", "-t", "A", "www.good.test"]), "secure\t192.0.2.1\n");
    assert_eq!(out(&["-l", "-t", "A", "www.good.test"]), "secure\tA\t300\t192.0.2.1\n");
    assert_eq!(out(&["--zone", "-t", "A", "www.good.test"]), "www.good.test. 300 IN A 192.0.2.1 ; secure\n");
    assert_eq!(out(&["-a", "www.good.test"]), "secure\t192.0.2.1\nsecure\t2001:db8::1\n");
    assert_eq!(
        out(&["-t", "A", "www.good.test", "www.unsigned.test"]),
        "www.good.test\tsecure\tA:192.0.2.1\nwww.unsigned.test\tinsecure\tA:192.0.2.1\n"
    );
    let json = out(&["--json", "-t", "A", "www.missing.test"]);
    assert!(json.contains(r#""records":[{"type":"A","ttl":300,"rdata":"192.0.2.1","dnssec":"bogus"}]"#), "{json}");
    assert!(
        json.contains(r#""status":3"#) && json.contains(r#""dnssec":"bogus","error":"bogus: A of www.m"#),
        "{json}"
    );
    let json = out(&["--json", "-t", "A", "gone.good.test"]);
    assert!(json.contains(r#""status":1"#) && json.contains(r#""records":[]"#), "{json}");
    assert!(json.contains(r#""dnssec":"secure","error":"no such name"#), "{json}");
    // The signature has the verdict of what it signs.
    let signed = out(&["--dnssec", "-t", "A", "www.good.test"]);
    assert_eq!(
        signed.lines().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>(),
        ["secure\tA:192.0.2.1", "secure\tRRSIG:A"]
    );
    // A place that is kept has as many columns.
    assert_eq!(out(&["-k", "-t", "A", "gone.good.test"]), "-\t-\n");
    let hosts = zones.anchor().with_file_name("hosts");
    fs::write(&hosts, "192.0.2.77 www.good.test\n").expect("written");
    let seen = out(&["--hosts", hosts.to_str().expect("UTF-8"), "-t", "A", "www.good.test"]);
    assert_eq!(seen, "-\tHOSTS:192.0.2.77\nsecure\tA:192.0.2.1\n");
}

#[test]
fn all_types_at_once() {
    let Some(zones) = Signed::shared() else { return };
    let seen = dnsall(&zones, &["www.good.test"]);
    assert_eq!((seen.status, &*seen.err), (0, ""));
    let kinds: Vec<&str> = seen.out.lines().map(|line| line.split(':').next().expect("a type")).collect();
    assert_eq!(
        kinds,
        ["A", "MX", "MX", "AAAA", "RRSIG", "RRSIG", "RRSIG", "RRSIG", "NSEC"].map(|t| format!("secure\t{t}"))
    );
    // One address without a signature, and every denial whole.
    let seen = dnsall(&zones, &["www.missing.test"]);
    assert_eq!(seen.status, 3);
    assert_eq!(
        seen.err,
        "dnsall: www.missing.test: bogus: A of www.missing.test. is not signed, though missing.test. is\n"
    );
    assert!(seen.out.starts_with("bogus\tA:192.0.2.1\n") && seen.out.contains("\nsecure\tNSEC:"), "{}", seen.out);
    let seen = dnsall(&zones, &["good.test"]);
    assert_eq!((seen.status, &*seen.err), (0, ""));
    assert!(seen.out.lines().all(|line| line.starts_with("secure\t")), "{}", seen.out);
}

#[test]
fn aliases_are_proven_step_by_step() {
    let Some(zones) = Signed::shared() else { return };
    let follow = |name| dnsall(&zones, &["--follow", "-t", "A", name]);
    assert_eq!(follow("alias.good.test").out, "secure\tCNAME:www.nsec3.test.\nsecure\tA:192.0.2.1\n");
    assert_eq!(follow("toinsecure.good.test").out, "secure\tCNAME:www.unsigned.test.\ninsecure\tA:192.0.2.1\n");
    let seen = follow("tobogus.good.test");
    assert_eq!((seen.status, &*seen.out), (3, "secure\tCNAME:www.expired.test.\nbogus\tA:192.0.2.1\n"));
    let seen = follow("dead.good.test");
    assert_eq!((seen.status, &*seen.out), (1, "secure\tCNAME:gone.nsec3.test.\n"));
    assert_eq!(seen.err, "dnsall: dead.good.test: alias of gone.nsec3.test., which does not exist (secure)\n");
}

#[test]
fn what_may_stand_beside_an_alias_is_denied_by_its_own_record() {
    let Some(zones) = Signed::shared() else { return };
    let peer = tool::peer("delv");
    for name in ["alias.good.test", "alias.nsec3.test", "x.aliases.nsec3.test", "alias.knot.test"] {
        let seen = dnsall(&zones, &[name]);
        assert_eq!((seen.status, &*seen.err), (0, ""), "{name}: {}", seen.out);
        assert!(seen.out.lines().all(|line| line.starts_with("secure\t")), "{name}: {}", seen.out);
        let seen = dnsall(&zones, &["-t", "KEY", name]);
        assert_eq!((seen.status, &*seen.out), (1, ""), "{name}");
        assert!(seen.err.starts_with(&format!("dnsall: {name}: no record of type KEY (NOERROR from ")), "{}", seen.err);
        assert!(seen.err.ends_with(", secure)\n"), "{}", seen.err);
        if let Some(program) = &peer {
            assert_eq!(delv(program, &zones, name, "KEY"), "secure", "delv on {name}");
        }
    }
}

#[test]
fn the_chain_and_the_reason_are_told() {
    let Some(zones) = Signed::shared() else { return };
    let seen = dnsall(&zones, &["-v", "-t", "A", "www.good.test"]);
    let chain = seen.err.lines().find(|line| line.contains(" chain: ")).expect("a chain");
    let zones_of = |line: &str| -> Vec<String> {
        let way = line.split(" chain: ").nth(1).expect("zones");
        way.split(" > ")
            .map(|step| step.split(|c: char| c.is_ascii_digit()).next().expect("a zone").to_owned())
            .collect()
    };
    assert_eq!(zones_of(chain), [". (anchor ", "test. (DS ", "good.test. (DS "]);
    let seen = dnsall(&zones, &["-v", "-t", "A", "www.child.good.test"]);
    assert!(seen.err.contains(" insecure: child.good.test. has no DS record, as good.test. proves\n"), "{}", seen.err);
    for (name, sentence) in [
        ("www.good.test", "DNSSEC proves the answers: because keys lead to them: . (anchor "),
        (
            "www.unsigned.test",
            "DNSSEC does not prove the answers, and need not: because unsigned.test. has no DS record",
        ),
        ("www.missing.test", "the answers may be forged: because A of www.missing.test. is not signed"),
    ] {
        let seen = dnsall(&zones, &["--explain", name]);
        assert!(seen.out.lines().any(|line| line.starts_with(sentence)), "{}", seen.out);
    }
}

#[test]
fn anchors_of_other_zones() {
    let Some(zones) = Signed::shared() else { return };
    let server = format!("@{}", zones.at);
    let with = |anchor: PathBuf, words: &[&str]| {
        let head = [&*server, "--validate", "--anchor", anchor.to_str().expect("UTF-8")];
        tool::run(env!("CARGO_BIN_EXE_dnsall"), [&head, words].concat(), b"")
    };
    // DS records of one zone: what is outside of it is nobody's.
    let names =
        ["-t", "A", "www.good.test", "gone.good.test", "www.child.good.test", "www.nsec3.test", "gone.nsec3.test"];
    let seen = with(zones.digests("good.test."), &names);
    assert_eq!(
        seen.out,
        "www.good.test\tsecure\tA:192.0.2.1\nwww.child.good.test\tinsecure\tA:192.0.2.1\n\
         www.nsec3.test\tindeterminate\tA:192.0.2.1\n"
    );
    assert_eq!(seen.status, 1);
    assert!(
        seen.err.contains("dnsall: gone.good.test: no such name") && seen.err.contains(", secure)\n"),
        "{}",
        seen.err
    );
    assert!(seen.err.contains("dnsall: gone.nsec3.test: no such name") && seen.err.contains(", indeterminate)\n"));
    // Its DS records are its parent's, and so outside.
    let seen = with(zones.digests("good.test."), &["-t", "DS,SOA", "-s", "good.test"]);
    let verdicts: Vec<&str> = seen.out.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(verdicts, ["secure", "indeterminate"]);
    // Another zone's anchor: the root's key is not among those it names.
    let other = zones.anchor().with_file_name("other");
    let text = fs::read_to_string(zones.digests("good.test.")).expect("a file").replace("good.test.", ".");
    fs::write(&other, text).expect("written");
    let seen = with(other, &["-t", "A", "www.good.test"]);
    assert_eq!((seen.status, &*seen.out), (3, "bogus\tA:192.0.2.1\n"));
    assert!(seen.err.contains("bogus: no DNSKEY of . is the anchor's "), "{}", seen.err);
    // The root's own keys, which these zones don't have.
    let seen = tool::run(env!("CARGO_BIN_EXE_dnsall"), [&*server, "--validate", "-t", "A", "www.good.test"], b"");
    assert_eq!(seen.status, 3);
    assert!(seen.err.contains("is the anchor's 20326, 38696"), "{}", seen.err);
}

#[test]
fn a_server_that_knows_no_dnssec() {
    let lab = dns::serve(dns::story());
    let seen = tool::run(env!("CARGO_BIN_EXE_dnsall"), [&*lab.at(), "--validate", "-t", "A", "dev.to"], b"");
    assert_eq!((seen.status, &*seen.out), (3, "bogus\tA:151.101.66.217\nbogus\tA:151.101.194.217\n"));
    let why = "bogus: . has no DNSKEY record, and none can be the anchor's 20326, 38696 (the server may pass on no DNSSEC records)\n";
    assert!(seen.err.ends_with(why), "{}", seen.err);
}

#[test]
fn a_file_of_anchors_that_is_none() {
    let file = File::new("");
    let path = &*file;
    let run =
        |words: &[&str]| tool::run(env!("CARGO_BIN_EXE_dnsall"), [&["@127.0.0.1:1", "a.test"], words].concat(), b"");
    let of = |text: &str| {
        fs::write(path, text).expect("written");
        run(&["--validate", "--anchor", path])
    };
    for (text, said) in [
        ("; empty\n", ": no DS and no DNSKEY record in it"),
        (". DS 1 8 2 ABCD\n. NS a.\n", ":1: a digest of type 2 has 32 bytes, and not 2"),
        ("\n. NS a.\n", ":2: NS is no anchor"),
        ("\n\nx\u{1b}[31m\n", ":3: neither a DS nor a DNSKEY record"),
    ] {
        let seen = of(text);
        assert_eq!((seen.status, &*seen.out), (2, ""), "{text}");
        assert!(seen.err.starts_with(&format!("dnsall: {path}{said}")), "{}", seen.err);
        assert!(!seen.err.contains('\u{1b}'), "{}", seen.err);
    }
    fs::write(path, b". DS 1 8 2 \xff\n").expect("written");
    assert!(run(&["--validate", "--anchor", path]).err.contains("not a text"));
    let seen = run(&["--validate", "--anchor", &format!("{path}.gone")]);
    assert_eq!(seen.status, 2);
    assert!(seen.err.contains("No such file"), "{}", seen.err);
    for words in [
        &["--anchor", path][..],
        &["--validate", "--trace"],
        &["--validate", "--search"],
        &["--validate", "--class", "CH"],
        &["--validate", "--no-edns"],
        &["--validate", "-t", "AXFR"],
    ] {
        assert_eq!(run(words).status, 2, "{words:?}");
    }
}

/// Stands before a server, and may change what passes: the question comes in, the reply too.
struct Relay {
    at: SocketAddr,
    /// Questions that came.
    questions: Arc<Mutex<Vec<Vec<u8>>>>,
    done: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Relay {
    /// `change` returns false for a reply that is to be lost.
    fn start(to: SocketAddr, mut change: impl FnMut(&[u8], &mut Vec<u8>) -> bool + Send + 'static) -> Relay {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
        let behind = UdpSocket::bind("127.0.0.1:0").expect("a port");
        behind.connect(to).expect("loopback");
        behind.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        let at = socket.local_addr().expect("bound");
        let (done, questions) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (over, seen) = (done.clone(), questions.clone());
        let thread = thread::spawn(move || {
            let mut buffer = [0; 65535];
            while !over.load(Ordering::Relaxed) {
                let Ok((len, from)) = socket.recv_from(&mut buffer) else { continue };
                let question = buffer[..len].to_vec();
                seen.lock().expect("nobody panics").push(question.clone());
                behind.send(&question).expect("loopback");
                let Ok(len) = behind.recv(&mut buffer) else { continue };
                let mut reply = buffer[..len].to_vec();
                if change(&question, &mut reply) {
                    let _ = socket.send_to(&reply, from);
                }
            }
        });
        Relay { at, questions, done, thread: Some(thread) }
    }

    /// How many questions came so far.
    fn count(&self) -> usize {
        self.questions.lock().expect("nobody panics").len()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        let end = self.thread.take().map(thread::JoinHandle::join);
        assert!(thread::panicking() || matches!(end, Some(Ok(()))), "the relay panicked");
    }
}

/// The type of a question, which has one name without compression.
fn asked(question: &[u8]) -> u16 {
    let mut at = 12;
    while question[at] != 0 {
        at += 1 + usize::from(question[at]);
    }
    u16::from_be_bytes([question[at + 1], question[at + 2]])
}

#[test]
fn what_a_relay_changes_is_bogus() {
    let Some(zones) = Signed::shared() else { return };
    // Another address in the place of the one that was signed.
    let relay = Relay::start(zones.at, |question, reply| {
        if asked(question) == 1 {
            let at = reply.windows(4).position(|bytes| bytes == [192, 0, 2, 1]).expect("the address");
            reply[at + 3] = 66;
        }
        true
    });
    let seen = ask(&zones, relay.at, &["-t", "A", "www.good.test"], b"");
    assert_eq!((seen.status, &*seen.out), (3, "bogus\tA:192.0.2.66\n"));
    assert!(seen.err.contains("bogus: the signature of A of www.good.test. by key "), "{}", seen.err);
    assert!(seen.err.ends_with(" of good.test. does not fit\n"), "{}", seen.err);
    drop(relay);
    // The name denied: a header with NXDOMAIN and nothing behind the question.
    let relay = Relay::start(zones.at, |question, reply| {
        if asked(question) == 1 {
            let end = 12 + "www.good.test".len() + 2 + 4;
            reply.truncate(end);
            reply[3] = reply[3] & 0xf0 | 3;
            reply[6..12].fill(0);
        }
        true
    });
    let seen = ask(&zones, relay.at, &["-t", "A", "www.good.test"], b"");
    assert_eq!((seen.status, &*seen.out), (3, ""));
    let why = "bogus: nothing proves that www.good.test. does not exist, though good.test. is signed\n";
    assert!(seen.err.ends_with(why), "{}", seen.err);
    drop(relay);
    // The zone made unsigned: its DS record denied without a proof, the signature taken away.
    let relay = Relay::start(zones.at, |question, reply| {
        let end = 12 + question[12..].iter().position(|byte| *byte == 0).expect("the root") + 5;
        match asked(question) {
            43 if question[12..17].eq_ignore_ascii_case(b"\x04good") => {
                reply.truncate(end);
                reply[6..12].fill(0);
            }
            1 => {
                // The first record of the answer alone: the address.
                let at = reply.windows(4).position(|bytes| bytes == [192, 0, 2, 1]).expect("the address");
                reply.truncate(at + 4);
                reply[7] = 1;
                reply[8..12].fill(0);
            }
            _ => {}
        }
        true
    });
    let seen = ask(&zones, relay.at, &["-t", "A", "www.good.test"], b"");
    assert_eq!((seen.status, &*seen.out), (3, "bogus\tA:192.0.2.1\n"));
    let why = "bogus: nothing proves that good.test. has no DS record, and test. above it is signed\n";
    assert!(seen.err.ends_with(why), "{}", seen.err);
}

#[test]
fn a_link_that_cannot_be_had_is_indeterminate_and_worth_another_try() {
    let Some(zones) = Signed::shared() else { return };
    let relay = Relay::start(zones.at, |question, _| asked(question) != 48);
    let seen = ask(&zones, relay.at, &["--tries", "1", "--timeout", "4", "-t", "A", "www.good.test"], b"");
    assert_eq!((seen.status, &*seen.out), (3, "indeterminate\tA:192.0.2.1\n"));
    let why = format!("could not be had: no answer from {}\n", relay.at);
    assert!(seen.err.contains("indeterminate: DNSKEY of ") && seen.err.ends_with(&why), "{}", seen.err);
}

#[test]
fn no_flipped_bit_makes_a_wrong_answer_secure() {
    let Some(zones) = Signed::shared() else { return };
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        // xorshift64: the same bits each time.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    // The header and the question stay, so that the reply is taken.
    let relay = Relay::start(zones.at, move |question, reply| {
        let start = 12 + question[12..].iter().position(|byte| *byte == 0).expect("the root") + 5;
        let records = &mut reply[start..];
        for _ in 0..(1 + random() % 3).min(records.len()) {
            records[random() % records.len()] ^= 1 << (random() % 8);
        }
        true
    });
    let names: String = (0..tool::long(900, 150)).map(|n| format!("n{n}.good.test\n")).collect();
    let words = ["--tries", "1", "--timeout", "20", "--window", "1", "-t", "A"];
    let mut verdicts = std::collections::BTreeSet::new();
    for chunk in names.lines().collect::<Vec<_>>().chunks(15) {
        let before = relay.count();
        let seen = ask(&zones, relay.at, &words, chunk.join("\n").as_bytes());
        assert!(seen.status == 0 || seen.status == 1 || seen.status == 3, "{seen:?}");
        assert!(relay.count() > before, "{seen:?}");
        for line in seen.out.lines() {
            let [_, verdict, record] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            verdicts.insert(verdict.to_owned());
            assert!(verdict != "secure" || record == "A:192.0.2.7", "{line}");
            assert_ne!(verdict, "insecure", "{line}");
        }
        assert!(!seen.err.contains(", secure)") && !seen.err.contains(", insecure)"), "{}", seen.err);
    }
    assert!(verdicts.contains("bogus"), "{verdicts:?}");
}

#[test]
fn keys_are_asked_once_for_all_names() {
    let Some(zones) = Signed::shared() else { return };
    let relay = Relay::start(zones.at, |_, _| true);
    let names: String = (0..MANY).map(|n| format!("n{n}.good.test\n")).collect();
    let seen = ask(&zones, relay.at, &["-t", "A", "--no-echo"], names.as_bytes());
    assert_eq!((seen.status, &*seen.err), (0, ""));
    assert_eq!(seen.out, "secure\tA:192.0.2.7\n".repeat(MANY));
    // A retransmission is the same question once more, perhaps with other letters in capitals.
    let questions = relay.questions.lock().expect("nobody panics");
    let chain = questions.iter().map(|question| (asked(question), question[12..17].to_ascii_lowercase()));
    let chain: std::collections::BTreeSet<(u16, Vec<u8>)> = chain.filter(|(rtype, _)| *rtype != 1).collect();
    let of = |rtype: u16, name: &[u8; 5]| (rtype, name.to_vec());
    let root = [0, 0, 48, 0, 1];
    let want = [(43, b"\x04good"), (43, b"\x04test"), (48, &root), (48, b"\x04good"), (48, b"\x04test")];
    assert_eq!(chain.into_iter().collect::<Vec<_>>(), want.map(|(rtype, name)| of(rtype, name)));
}

#[test]
fn several_servers_are_each_proven_by_their_own_answers() {
    let Some(zones) = Signed::shared() else { return };
    let relay = Relay::start(zones.at, |question, reply| {
        if asked(question) == 1 {
            let at = reply.windows(4).position(|bytes| bytes == [192, 0, 2, 1]).expect("the address");
            reply[at + 3] = 66;
        }
        true
    });
    let (good, bad) = (zones.at.to_string(), relay.at.to_string());
    let seen = dnsall(&zones, &[&format!("@{bad}"), "-t", "A", "www.good.test"]);
    assert_eq!(seen.status, 3);
    assert_eq!(seen.out, format!("{good}\tsecure\tA:192.0.2.1\n{bad}\tbogus\tA:192.0.2.66\n"));
    let tcp = format!("@tcp://{good}");
    assert_eq!(dnsall(&zones, &[&tcp, "--diff", "-t", "A", "www.good.test"]).out, "");
    assert_eq!(dnsall(&zones, &[&tcp, "--spread", "-t", "A", "www.good.test"]).out, "secure\tA:192.0.2.1\n");
    let seen = dnsall(&zones, &[&format!("@{bad}"), "--zone", "-t", "A", "www.good.test"]);
    assert_eq!(
        seen.out,
        format!(
            "www.good.test. 300 IN A 192.0.2.1 ; {good} secure\nwww.good.test. 300 IN A 192.0.2.66 ; {bad} bogus\n"
        )
    );
}
