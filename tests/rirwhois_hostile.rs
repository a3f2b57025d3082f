//! What servers and inputs may do to rirwhois, and what it does then: the
//! right status, clean text, within the deadline.
use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use plainnet_lab::{
    scratch::Folder,
    tool::{self, Seen},
    whois::{self, Act, Lab, Server, say, serve},
};

const TOOL: &str = env!("CARGO_BIN_EXE_rirwhois");

/// A run that took as long would not have ended.
const ENDLESS: Duration = Duration::from_secs(60);

fn ask(lab: &Lab, args: &[&str], input: &str) -> Seen {
    let file = lab.file();
    let start = Instant::now();
    let seen = tool::run(TOOL, [&["--registries", &file], args].concat(), input.as_bytes());
    assert!(start.elapsed() < ENDLESS, "{args:?} {seen:?}");
    seen
}

/// One registry that always does the same.
fn one(name: &'static str, act: Act) -> Lab {
    serve([Server::new(name, move |_| act.clone())])
}

const NET: &str = "NetRange: 8.0.0.0 - 8.127.255.255\nNetName: LVLT\n";

#[test]
fn nobody_can_inject_a_second_query() {
    let lab = one("ARIN", say(NET));
    for operand in ["8.8.8.8\r\nhelp", "8.8.8.8\nx", "n + 8.8.8.8", "GOGL\r\n", "8.8.8.8 ", "\u{1b}[31m", "-"] {
        let seen = ask(&lab, &["--", operand], "8.8.8.8\u{b}help\n");
        assert_eq!((seen.status, &*seen.out), (1, ""), "{operand:?} {seen:?}");
        assert!(!seen.err.trim_end().chars().any(|c| c.is_control() && c != '\n'), "{seen:?}");
    }
    assert_eq!(lab.seen("ARIN").connections, 0);
}

#[test]
fn silence_and_dribbling_end_at_the_deadline() {
    for act in [Act::Silent, Act::Dribble(b"NetRange: 8.0.0.0".repeat(100), Duration::from_millis(100))] {
        let lab = one("ARIN", act);
        let seen = ask(&lab, &["--timeout", "1", "8.8.8.8"], "");
        let addr = lab.addrs["ARIN"];
        assert_eq!((seen.status, seen.err), (3, format!("rirwhois: 8.8.8.8: {addr}: timed out after 1 s\n")));
    }
}

#[test]
fn a_list_for_a_silent_server_does_not_take_a_deadline_for_each() {
    let lab = one("ARIN", Act::Silent);
    let input: String = (0..100).map(|i| format!("8.8.{i}.8\n")).collect();
    let seen = ask(&lab, &["--timeout", "1", "-k", "-o", "registry"], &input);
    assert_eq!((seen.status, &*seen.out), (3, &*"-\n".repeat(100)));
    assert_eq!(lab.seen("ARIN").connections, 2);
}

#[test]
fn endless_answers_are_cut_and_said_to_be() {
    for (act, what) in [
        (Act::Endless(b"NetName: X\n".repeat(1000)), "truncated at 100000 bytes"),
        (Act::Endless(b"x".repeat(1000)), "truncated, a line is longer than 64 KiB"),
    ] {
        let lab = one("ARIN", act);
        let seen = ask(&lab, &["--max-bytes", "100000", "8.8.8.8"], "");
        assert_eq!(seen.status, 3);
        assert!(seen.err.ends_with(&format!(": {what}\n")), "{}", seen.err);
        assert!((60_000..120_000).contains(&seen.out.len()), "{}", seen.out.len());
    }
    // What has just as many bytes as are allowed is whole.
    let lab = one("ARIN", say(NET));
    assert_eq!(ask(&lab, &["--max-bytes", &NET.len().to_string(), "8.8.8.8"], "").status, 0);
    assert_eq!(ask(&lab, &["--max-bytes", &(NET.len() - 1).to_string(), "8.8.8.8"], "").status, 3);
}

#[test]
fn a_list_goes_on_after_answers_as_long_as_may_be() {
    // The first answer fills what may wait to be printed; the next query has to wait for that.
    let lab = one("ARIN", Act::Endless(b"NetName: X\n".repeat(1000)));
    let seen = ask(&lab, &["--rate", "0"], "8.8.8.8\n12.0.0.1\n63.0.0.1\n");
    assert_eq!((seen.status, seen.err.matches("truncated at 4194304 bytes").count()), (3, 3), "{}", seen.err);
    assert_eq!(lab.seen("ARIN").connections, 3);
}

#[test]
fn an_answer_that_breaks_off_is_a_failure_with_its_part() {
    let part = format!("{NET}Comment: half a l");
    for (act, what) in [
        (Act::Cut(part.clone().into()), "truncated, the connection was closed in mid-answer"),
        (Act::Reset(part.clone().into()), "truncated, connection reset by peer"),
        (Act::Cut(Vec::new()), "empty answer"),
    ] {
        let lab = one("ARIN", act);
        let seen = ask(&lab, &["8.8.8.8"], "");
        assert_eq!(seen.status, 3, "{seen:?}");
        assert!(seen.err.contains(what), "{}", seen.err);
        assert!(what == "empty answer" || seen.out.ends_with("half a l\n"), "{}", seen.out);
        // A part is no record of -o, and what it says is not lost in the other forms, which mark it.
        let seen = ask(&lab, &["-k", "-o", "name,block", "8.8.8.8"], "");
        assert_eq!((seen.status, &*seen.out), (3, "-\t-\n"));
        let is_part = what != "empty answer";
        let seen = ask(&lab, &["-b", "8.8.8.8"], "");
        assert_eq!((seen.status, seen.out.contains("name        LVLT\n")), (3, is_part), "{seen:?}");
        assert!(seen.err.contains(what), "{}", seen.err);
        let seen = ask(&lab, &["--json", "8.8.8.8"], "");
        assert_eq!((seen.status, seen.out.contains(r#""name":"LVLT""#)), (3, is_part), "{seen:?}");
        assert!(
            seen.out.contains(&format!(r#""error":"127.0.0.1:{}: {what}"}}"#, lab.addrs["ARIN"].port())),
            "{seen:?}"
        );
    }
    // RIPE's software announces an object and names its source at the end.
    let cut = "% This is the RIPE Database query service.\n\ninetnum: 193.0.0.0 - 193.0.7.255\nnetname: X\n";
    assert_eq!(ask(&one("RIPE", Act::Cut(cut.into())), &["193.0.0.1"], "").status, 3);
}

#[test]
fn nobody_listening_is_a_failure() {
    let lab = serve([]);
    let seen = ask(&lab, &["8.8.8.8"], "");
    assert_eq!((seen.status, &*seen.err), (3, "rirwhois: 8.8.8.8: 127.0.0.1:1: connection refused\n"));
    let seen = ask(&lab, &["--json", "8.8.8.8"], "");
    assert!(seen.out.ends_with("\"error\":\"127.0.0.1:1: connection refused\"}\n"), "{}", seen.out);
}

#[test]
fn who_denies_is_not_asked_again() {
    let lab = serve([
        Server::ripe("RIPE", |_| say("%ERROR:201: access denied for 192.0.2.7\n%\n% Sorry\n")),
        Server::new("ARIN", |_| say(NET)),
    ]);
    let input: String = (0..20).map(|i| format!("193.0.{i}.1\n8.8.{i}.8\n")).collect();
    let seen = ask(&lab, &["-k", "-o", "registry"], &input);
    assert_eq!((seen.status, &*seen.out), (3, &*"-\nARIN\n".repeat(20)));
    assert_eq!(lab.seen("RIPE").queries.len(), 1);
    assert!(seen.err.starts_with("rirwhois: stdin:1: 193.0.0.1: "), "{}", seen.err);
    assert!(seen.err.contains("ERROR:201: access denied for 192.0.2.7"), "{}", seen.err);
}

#[test]
fn denied_and_not_found_differ() {
    for (text, status) in [
        ("% Query rate limit exceeded\n", 3),
        ("%ERROR:306: connections exceeded\n", 3),
        ("% ERROR:902: unauthorised\n", 3),
        ("No match found for 8.8.8.8.\n", 1),
        ("%ERROR:101: no entries found\n", 1),
        ("NetRange: 8.0.0.0/9\nComment: access denied, query rate limit exceeded, No match found for\n", 0),
    ] {
        let seen = ask(&one("ARIN", say(text)), &["8.8.8.8"], "");
        assert_eq!(seen.status, status, "{text} {seen:?}");
        assert!(status == 0 || seen.out.is_empty(), "{seen:?}");
    }
}

#[test]
fn an_outage_is_a_failure_in_the_servers_words_and_is_not_kept() {
    let folder = Folder::new();
    for (act, words) in [
        (say("Service unavailable, try again later.\n"), "Service unavailable, try again later."),
        (say("Error: database unavailable\n"), "Error: database unavailable"),
        (say("%ERROR:100: internal software error\n%\n% Please wait\n"), "ERROR:100: internal software error"),
        (say("% down until 12:00\n"), "down until 12:00"),
    ] {
        let lab = one("ARIN", act.clone());
        let Act::Say(text) = act else { unreachable!() };
        let text = String::from_utf8(text).unwrap();
        let file = lab.file();
        let run = |args: &[&str]| -> Seen {
            let mut command = tool::command(TOOL);
            command.env("XDG_CACHE_HOME", &*folder).args(["--registries", &file, "--cache"]).args(args);
            tool::feed(&mut command, b"").into()
        };
        let why = format!("{}: no record in its answer: {words}", lab.addrs["ARIN"]);
        for print in ["--raw", "--cache"] {
            let seen = run(&[print, "8.8.8.8"]);
            assert_eq!(seen, Seen { status: 3, out: text.clone(), err: format!("rirwhois: 8.8.8.8: {why}\n") });
        }
        let seen = run(&["--json", "8.8.8.8"]);
        assert!(seen.status == 3 && seen.out.contains(&format!(r#""error":"{why}""#)), "{seen:?}");
        assert_eq!(run(&["-k", "-o", "name", "8.8.8.8"]).out, "-\n");
        assert_eq!(lab.seen("ARIN").queries.len(), 4);
        // Of a listing, too.
        assert_eq!(run(&["--blocks", "GOGL"]).status, 3, "{text}");
    }
}

#[test]
fn words_that_break_off_are_printed() {
    for (text, out) in
        [("% down until 12:00", "% down until 12:00\n"), ("% a\rNetRange: 8.0.0.0/9", "% a\\rNetRange: 8.0.0.0/9\n")]
    {
        let seen = ask(&one("ARIN", Act::Cut(text.into())), &["8.8.8.8"], "");
        assert_eq!((seen.status, &*seen.out), (3, out), "{seen:?}");
    }
    // A banner alone is nothing that was said.
    let silent = serve([Server::ripe("RIPE", |_| Act::Silent)]);
    let seen = ask(&silent, &["--timeout", "1", "193.0.0.1"], "");
    assert_eq!((seen.status, &*seen.out), (3, ""), "{seen:?}");
}

#[test]
fn referrals_into_this_machine_are_refused() {
    let trap = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    trap.set_nonblocking(true).unwrap();
    let addr = trap.local_addr().unwrap();
    for url in [
        format!("whois://{addr}"),
        format!("rwhois://{addr}/"),
        format!("whois://[::ffff:127.0.0.1]:{}", addr.port()),
        format!("whois://2130706433:{}", addr.port()),
        format!("whois://localhost:{}", addr.port()),
        format!("whois://whois.ripe.net@{addr}"),
        "whois://whois.ripe.net:6379".to_owned(),
        "whois://\u{1b}[31mred\u{202e}".to_owned(),
        "whois://127.0.0.1".to_owned(),
        "rwhois://2130706433".to_owned(),
    ] {
        let lab = one("ARIN", say(format!("{NET}ReferralServer: {url}\n")));
        for args in [&["8.8.8.8"][..], &["--follow-any", "8.8.8.8"]] {
            let seen = ask(&lab, args, "");
            assert!(seen.out.starts_with("NetRange:"), "{url} {seen:?}");
            assert!(seen.err.contains("refused"), "{url} {seen:?}");
            // What --follow-any would refuse, too, is not cured by it.
            assert!(!seen.err.contains("--follow-any"), "{url} {seen:?}");
            assert!(!seen.err.contains(['\u{1b}', '\u{202e}']), "{seen:?}");
            assert_eq!(seen.status, 0, "{url} {seen:?}");
        }
    }
    assert!(trap.accept().is_err(), "somebody came");
}

#[test]
fn loops_end_with_the_record_at_hand() {
    let net =
        |name: &str, to: &str| say(format!("NetRange: 8.0.0.0/9\nNetName: {name}\nReferralServer: whois://{to}\n"));
    let (a, b) = (net("A", "whois.ripe.net"), net("B", "whois.arin.net"));
    let lab = serve([Server::new("ARIN", move |_| a.clone()), Server::new("RIPE", move |_| b.clone())]);
    let seen = ask(&lab, &["-o", "name", "8.8.8.8"], "");
    assert_eq!((seen.status, &*seen.out), (0, "B\n"), "{seen:?}");
    assert_eq!((lab.seen("ARIN").connections, lab.seen("RIPE").connections), (1, 1));
}

#[test]
fn a_chain_ends_after_five_referrals() {
    let hosts = ["ARIN", "RIPE", "APNIC", "AFRINIC", "LACNIC", "JPNIC", "KRNIC", "RADB"];
    let urls = ["ripe.net", "apnic.net", "afrinic.net", "lacnic.net", "nic.ad.jp", "nic.or.kr", "radb.net", "iana.org"];
    let lab = serve(hosts.into_iter().zip(urls).map(|(host, url)| {
        Server::new(host, move |_| {
            say(format!("NetRange: 8.0.0.0/9\nNetName: {host}\nReferralServer: whois://whois.{url}\n"))
        })
    }));
    let seen = ask(&lab, &["-o", "name", "8.8.8.8"], "");
    assert_eq!((seen.status, &*seen.out), (0, "JPNIC\n"), "{seen:?}");
    assert_eq!(hosts.iter().map(|h| lab.seen(h).connections).sum::<usize>(), 6);
}

#[test]
fn nothing_in_an_answer_steers_the_terminal() {
    let text = b"NetRange: 8.0.0.0/9\nNetName: \x1b[31m\x9b0m\xe2\x80\xae\rfake\x07\nOrgName: \x1b]0;t\x07\ta\n~!rm\n"
        .to_vec();
    let lab = one("ARIN", Act::Say(text.clone()));
    let seen = ask(&lab, &["8.8.8.8"], "");
    assert_eq!(seen.status, 0);
    assert!(!seen.out.chars().any(|c| c != '\n' && c != '\t' && (c.is_control() || c == '\u{202e}')), "{:?}", seen.out);
    assert!(
        seen.out.contains("\\x1b[31m") && seen.out.contains("\\rfake\\x07") && seen.out.ends_with("\\x7e!rm\n"),
        "{}",
        seen.out
    );
    let seen = ask(&lab, &["-o", "name,org", "8.8.8.8"], "");
    assert_eq!(seen.out.lines().count(), 1);
    assert_eq!(seen.out.split('\t').count(), 2, "{}", seen.out);
    let file = lab.file();
    let raw = tool::command(TOOL).args(["--registries", &file, "--raw", "8.8.8.8"]).output().unwrap();
    assert_eq!(raw.stdout, text);
}

#[test]
fn text_is_utf8_whatever_was_sent() {
    let lab = one("ARIN", Act::Say(b"NetRange: 8.0.0.0/9\nNetName: M\xfcnchen\nOrgName: \x1b$BF|K\\\x1b(B\n".to_vec()));
    assert_eq!(ask(&lab, &["-o", "name,org", "8.8.8.8"], "").out, "München\t日本\n");
}

#[test]
fn kept_connections_survive_banners_and_early_ends() {
    let inetnum = |query: &str| {
        let addr = query.rsplit(' ').next().unwrap_or_default();
        say(format!("% Information related to '{addr}'\n\ninetnum: {addr}/32\nnetname: N-{addr}\nsource: RIPE\n"))
    };
    let input: String = (1..=9).map(|i| format!("193.0.0.{i}\n")).collect();
    let want: String = (1..=9).map(|i| format!("N-193.0.0.{i}\n")).collect();
    let lab = serve([Server::ripe("RIPE", inetnum)]);
    let seen = ask(&lab, &["-o", "name"], &input);
    assert_eq!((seen.status, &*seen.out), (0, &*want), "{seen:?}");
    assert_eq!((lab.seen("RIPE").connections, lab.seen("RIPE").queries.len()), (1, 9));
    // Older software closes all the same.
    for n in [1, 2, 4] {
        let lab = serve([Server::ripe("RIPE", inetnum).closing_after(n)]);
        let seen = ask(&lab, &["-o", "name"], &input);
        assert_eq!((seen.status, &*seen.out), (0, &*want), "{n} {seen:?}");
    }
    let lab = serve([Server::ripe("RIPE", |_| {
        Act::Cut(b"% Information related to 'x'\n\ninetnum: 193.0.0.0/21\n\n".to_vec())
    })]);
    let seen = ask(&lab, &["-k", "-o", "name"], "193.0.0.1\n");
    assert_eq!((seen.status, &*seen.out), (3, "-\n"), "{seen:?}");
}

#[test]
fn what_came_before_a_query_is_no_answer_to_it() {
    // With its first answer the server sends a record that nobody asked for.
    let end = "\n% This query was served by the lab\n\n\n";
    let record = |block: &str, name: &str| format!("inetnum: {block}\nnetname: {name}\nsource: RIPE\n");
    let surplus = end.to_owned() + &record("193.0.0.0 - 193.0.255.255", "WRONG");
    let answer = move |query: &str| {
        let addr = query.rsplit(' ').next().unwrap_or_default();
        let more = if addr == "193.0.0.1" { &*surplus } else { "" };
        say(record(&format!("{addr} - {addr}"), &format!("N-{addr}")) + more)
    };
    let lab = serve([Server::ripe("RIPE", answer)]);
    let seen = ask(&lab, &["-o", "name", "193.0.0.1", "193.0.0.2", "193.0.0.3"], "");
    assert_eq!((seen.status, &*seen.out), (0, "N-193.0.0.1\nN-193.0.0.2\nN-193.0.0.3\n"), "{seen:?}");
    assert_eq!(lab.seen("RIPE").connections, 2);
}

#[test]
fn second_opinions_after_a_placeholder() {
    let lab = serve([
        Server::ripe("APNIC", |_| say("inetnum: 150.0.0.0 - 150.255.255.255\nnetname: ERX-NETBLOCK\nsource: APNIC\n")),
        Server::new("ARIN", |_| say("No match found for 150.1.0.1.\n")),
        Server::ripe("RIPE", |query| match query {
            "-r --resource 150.1.0.1" => {
                say("inetnum: 150.1.0.0 - 150.1.255.255\nnetname: MIRRORED\nsource: AFRINIC-GRS\n")
            }
            _ => say("inetnum: 0.0.0.0 - 255.255.255.255\nnetname: IANA-BLK\nsource: RIPE\n"),
        }),
    ]);
    let seen = ask(&lab, &["-o", "name,registry", "150.1.0.1"], "");
    assert_eq!((seen.status, &*seen.out), (0, "MIRRORED\tAFRINIC\n"), "{seen:?}");
}

#[test]
fn no_thread_is_needed() {
    let lab = whois::world();
    let file = lab.file();
    let Some(alone) = tool::alone() else { return };
    let script = format!("exec {alone} {TOOL} --registries {file} -o registry 8.8.8.8 193.0.0.1 1.1.1.1");
    let seen: Seen = tool::feed(tool::command("sh").args(["-c", &script]), b"").into();
    assert_eq!((seen.status, &*seen.out), (0, "ARIN\nRIPE\nAPNIC\n"), "{seen:?}");
}

#[test]
fn a_dead_server_delays_nobody_else() {
    let lab = serve([
        Server::new("ARIN", |_| Act::Silent),
        Server::ripe("RIPE", |_| say("inetnum: 193.0.0.0/21\nsource: RIPE\n")),
    ]);
    let seen = ask(&lab, &["-k", "-o", "registry", "--timeout", "1"], "193.0.0.1\n8.8.8.8\n193.0.0.2\n");
    assert_eq!((seen.status, &*seen.out), (3, "RIPE\n-\nRIPE\n"));
}

#[test]
fn rates_hold_for_each_registry_alone() {
    let registries = ["ARIN", "RIPE", "APNIC", "AFRINIC"];
    let asked = Arc::new(Mutex::new(Vec::new()));
    let lab = serve(registries.map(|name| {
        let asked = Arc::clone(&asked);
        Server::new(name, move |_| {
            asked.lock().unwrap().push(name);
            say("inetnum: x\n\nNetRange: x\nsource: RIPE\n\n\n")
        })
    }));
    let start = Instant::now();
    let list = "8.8.8.1\n193.0.0.1\n1.1.1.1\n196.216.2.1\n8.8.8.2\n193.0.0.2\n1.1.1.2\n196.216.2.2\n";
    ask(&lab, &["--rate", "1", "-q"], list);
    // One at once, the second a second later, at all four; one after the other each would have two in a row.
    assert!(start.elapsed() > Duration::from_millis(990), "{:?}", start.elapsed());
    let asked = asked.lock().unwrap();
    for round in asked.chunks(4) {
        assert!(registries.iter().all(|name| round.contains(name)), "{asked:?}");
    }
    assert_eq!(asked.len(), 8);
}

#[test]
fn where_memory_ends_that_is_said() {
    // Fewer bytes than that are an answer; so many fit into no 64 MB of address space.
    let lab = one("ARIN", Act::Endless(b"NetName: X\n".repeat(1000)));
    let file = lab.file();
    let script = format!("ulimit -v 65536; exec {TOOL} --max-bytes 100000000 --registries {file} 8.8.8.8");
    let seen: Seen = tool::feed(tool::command("sh").args(["-c", &script]), b"").into();
    assert_eq!(seen, Seen { status: 2, out: String::new(), err: "rirwhois: out of memory\n".into() });
}

#[test]
fn memory_stays_small_whatever_comes() {
    let lab = one("ARIN", Act::Endless(b"NetName: X\n".repeat(1000)));
    let file = lab.file();
    let script = format!("ulimit -v 200000; exec {TOOL} --registries {file} 8.8.8.8");
    let seen: Seen = tool::feed(tool::command("sh").args(["-c", &script]), b"").into();
    assert_eq!(seen.status, 3, "{}", seen.err);
    assert!(seen.err.contains("truncated at 4194304 bytes"), "{}", seen.err);
}

#[test]
fn a_slow_reader_does_not_keep_a_query_from_its_turn() {
    use std::io::Read as _;
    // While an answer is being written, the moment passes at which the next query may be sent.
    let long = format!("NetRange: 8.0.0.0 - 8.255.255.255\nNetName: X\n{}", "Comment: x\n".repeat(30_000));
    let lab = serve([Server::new("ARIN", move |query| {
        let addr = query.rsplit(' ').next().unwrap_or_default();
        say(long.replace("8.0.0.0 - 8.255.255.255", &format!("{addr} - {addr}")))
    })]);
    let file = lab.file();
    let mut command = tool::command("timeout");
    command.args(["-s", "KILL", "30", TOOL, "--registries", &file, "--rate", "1"]).args(["8.1.0.1", "12.0.0.1"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (mut seen, mut block) = (0, [0; 64 << 10]);
    loop {
        match stdout.read(&mut block).unwrap() {
            0 => break,
            n => seen += n,
        }
        std::thread::sleep(Duration::from_millis(700));
    }
    assert_eq!((child.wait().unwrap().code(), seen > 600_000), (Some(0), true), "{seen}");
}

#[test]
fn a_line_on_an_open_pipe_is_answered_at_once() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let lab = whois::world();
    let file = lab.file();
    let mut child = tool::command(TOOL)
        .args(["--registries", &file, "-o", "name"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for (addr, name) in [("8.8.8.8", "GOGL"), ("193.0.0.1", "RIPE-NCC"), ("8.8.8.9", "GOGL"), ("193.0.0.2", "RIPE-NCC")]
    {
        writeln!(stdin, "{addr}").unwrap();
        assert_eq!(answers.next().unwrap().unwrap(), name);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[cfg(feature = "rdap")]
#[test]
fn a_proxy_or_a_tls_server_that_drips_has_one_deadline() {
    use std::io::Write as _;
    // The head of a TLS record that never ends.
    for head in [&b"HTTP/1.1 200 OK\r\nX: "[..], b"\x16\x03\x03\x40\x00"] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut sent = stream.write_all(head);
                while sent.is_ok() {
                    std::thread::sleep(Duration::from_millis(100));
                    sent = stream.write_all(b"y");
                }
            }
        });
        let mut command = tool::command("timeout");
        command.args(["-s", "KILL", "20", TOOL, "--timeout", "1", "-s"]);
        match head.starts_with(b"HTTP") {
            true => command.arg("https://127.0.0.1:1").env("https_proxy", format!("http://{addr}")),
            false => command.arg(format!("https://{addr}")),
        };
        let seen: Seen = tool::feed(command.arg("193.0.0.1"), b"").into();
        assert_eq!(seen.status, 3, "{seen:?}");
        assert!(seen.err.ends_with(": timed out\n"), "{seen:?}");
    }
}

#[cfg(feature = "rdap")]
#[test]
fn as_many_bytes_as_there_are_numbers_are_no_limit() {
    let body =
        r#"{"objectClassName":"ip network","startAddress":"193.0.0.0","endAddress":"193.0.7.255","name":"REAL"}"#;
    let body = body.replace("REAL", &"R".repeat(300_000));
    let addr = whois::serve_http(move |_| whois::http("200 OK", "", &body));
    let base = format!("http://{addr}");
    let most = usize::MAX.to_string();
    let seen = tool::run(TOOL, ["-s", &base, "--max-bytes", &most, "-o", "name", "193.0.0.1"], b"");
    assert_eq!((seen.status, seen.out.len()), (0, 300_001), "{}", seen.err);
}
