//! What a peer or a file said is harmless wherever it is repeated: on standard
//! output and error, in JSON, in the log, from the cache.
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Stdio,
    thread,
};

use plainnet_lab::{
    dns,
    scratch::{File, Folder},
    tool::Seen,
    whois::{self, Act, Server, say},
};

use crate::row::{Row, run, steers_or_hides};

/// Commands for a terminal, a change of direction, and characters that hide:
/// zero-width space, soft hyphen, byte order mark, a tag.
const SAID: &str = "x\x1b[31m\x07\u{9b}1m\u{202e}\u{200b}\u{ad}\u{feff}\u{180e}\u{e0041}y";

/// Nothing of that is left, and it is repeated at all.
#[track_caller]
fn assert_harmless(tool: &str, args: &[&str], seen: &Seen, repeats: bool) {
    let what = format!("{tool} {args:?}: {seen:?}");
    assert!((0..=3).contains(&seen.status) && !seen.err.contains("panicked"), "{what}");
    for text in [&seen.out, &seen.err] {
        let raw: Vec<char> = text.chars().filter(|c| steers_or_hides(*c) && !matches!(c, '\n' | '\t')).collect();
        assert!(raw.is_empty(), "{raw:?} in {what}");
    }
    for line in seen.err.lines() {
        assert!(line.starts_with(&format!("{tool}: ")), "{line:?} in {what}");
    }
    // As a character, in JSON, and as master files have it (RFC 1035 section 5.1).
    let forms = ["\\u{200b}", "\\u200b", "\\226\\128\\139", "\\\\226\\\\128\\\\139"];
    let said = |text: &str| forms.iter().any(|form| text.contains(form));
    assert!(!repeats || said(&seen.out) || said(&seen.err), "not repeated: {what}");
}

/// Runs `tool` in each of these ways, with an own place for what it keeps.
fn each(tool: &'static str, common: &[&str], ways: &[&[&str]], repeats: bool) {
    let row = Row::new(tool);
    let folder = Folder::new();
    for way in ways {
        let args = [common, way].concat();
        let mut command = row.bare();
        command.args(&args).env("XDG_CACHE_HOME", &*folder).env("XDG_DATA_HOME", &*folder);
        let seen = run(&mut command, b"");
        assert_harmless(tool, &args, &seen, repeats);
    }
}

#[test]
fn a_registrys_words() {
    let text = format!(
        "NetRange: 8.8.8.0 - 8.8.8.255\nNetName: {SAID}\nOrgName: {SAID}\nOrgId: GO{SAID}\nCountry: {SAID}\n\
         NetType: {SAID}\nUpdated: {SAID}\nRef: {SAID}\n{SAID}: {SAID}\n# {SAID}\n% {SAID}\n"
    );
    let lab = whois::serve([Server::new("ARIN", move |_| say(&text))]);
    let at = lab.addrs["ARIN"].to_string();
    let common = ["-s", &at, "--rate", "0", "--timeout", "5"];
    let all =
        "input,registry,server,block,prefixes,name,org,org_handle,country,status,abuse,date,updated,parent,hops,text";
    let ways: &[&[&str]] = &[
        &["8.8.8.8"],
        &["-v", "8.8.8.8"],
        &["-b", "8.8.8.8"],
        &["-b", "-v", "-e", "8.8.8.8"],
        &["-o", all, "8.8.8.8"],
        &["-e", "-o", "name", "8.8.8.8"],
        &["--json", "8.8.8.8"],
        &["--json", "-o", all, "8.8.8.8"],
        &["--unordered", "--stats", "8.8.8.8", "8.8.8.9"],
        &["--query", "x"],
        &["--cache", "8.8.8.8"],
        &["--cache", "8.8.8.8"],
        &["--cache", "-b", "-v", "8.8.8.8"],
        &["--cache", "--json", "8.8.8.8"],
        &["--cache", "-o", "name,org", "8.8.8.8"],
    ];
    each("rirwhois", &common, ways, true);
    each("rirwhois", &common, &[&["--blocks", "GOGL"], &["--blocks", "-v", "--json", "GOGL"]], false);
}

/// Refusals and referrals are repeated on standard error.
#[test]
fn a_registrys_refusals() {
    let ways: &[&[&str]] = &[&["8.8.8.8"], &["-v", "8.8.8.8"], &["--json", "-v", "8.8.8.8"], &["-k", "-b", "8.8.8.8"]];
    for text in [
        format!("%ERROR:201: access denied for {SAID}\n"),
        format!("%ERROR:306: connections exceeded {SAID}\n"),
        format!("Query rate limit exceeded. {SAID}\n"),
    ] {
        let lab = whois::serve([Server::ripe("RIPE", {
            let text = text.clone();
            move |_| say(&text)
        })]);
        let at = lab.addrs["RIPE"].to_string();
        each("rirwhois", &["-s", &at, "--rate", "0", "--timeout", "5"], ways, true);
    }
    let referral = format!(
        "NetRange: 8.8.8.0 - 8.8.8.255\nReferralServer: whois://whois.{SAID}.example:43\nResourceLink: whois.{SAID}\n"
    );
    let cut = referral.clone();
    let lab = whois::serve([
        Server::new("ARIN", move |_| say(&referral)),
        Server::new("RIPE", move |_| Act::Cut(format!("{cut}{SAID}").into())),
    ]);
    for (name, repeats) in [("ARIN", true), ("RIPE", false)] {
        let at = lab.addrs[name].to_string();
        each("rirwhois", &["-s", &at, "--rate", "0", "--timeout", "5"], ways, repeats);
    }
}

#[test]
fn an_rdap_servers_words() {
    let quoted = SAID.replace('\x1b', "\\u001b").replace('\x07', "\\u0007");
    let object = format!(
        r#"{{"objectClassName":"ip network","handle":"NET-{quoted}","startAddress":"8.8.8.0","endAddress":"8.8.8.255",
        "name":"{quoted}","type":"{quoted}","country":"{quoted}","parentHandle":"{quoted}","status":["{quoted}"],
        "events":[{{"eventAction":"registration","eventDate":"{quoted}"}}],"port43":"{quoted}",
        "entities":[{{"objectClassName":"entity","handle":"{quoted}","roles":["registrant","abuse"],
        "vcardArray":["vcard",[["fn",{{}},"text","{quoted}"],["email",{{}},"text","{quoted}"]]]}}]}}"#
    );
    let failing = format!("HTTP/1.1 403 No{SAID}\r\nConnection: close\r\n\r\n{{\"title\":\"{quoted}\"}}");
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: http://{SAID}/\r\nConnection: close\r\n\r\n");
    let broken = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{{\"a\":{SAID}");
    let good = whois::http("200 OK", "Content-Type: application/rdap+json\r\n", &object);
    let ways: &[&[&str]] = &[
        &["8.8.8.8"],
        &["-v", "8.8.8.8"],
        &["--json", "-v", "8.8.8.8"],
        &["-o", "name,org,status,date,text", "8.8.8.8"],
    ];
    for (answer, repeats) in [(good, true), (failing.into(), false), (moved.into(), false), (broken.into(), false)] {
        let server = whois::serve_http(move |_| answer.clone());
        let base = format!("http://{server}/");
        each("rirwhois", &["--rdap", "-s", &base, "--rate", "0", "--timeout", "5"], ways, repeats);
        each("rirwhois", &["--rdap", "-s", &base, "--timeout", "5", "--cache"], &[ways[0], ways[0], ways[2]], repeats);
    }
}

#[test]
fn an_origins_words() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let at = listener.local_addr().expect("bound").to_string();
    thread::spawn(move || {
        for peer in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut asked = BufReader::new(peer.try_clone().expect("a socket")).lines();
                let mut peer = peer;
                while asked.next().is_some_and(|line| line.is_ok_and(|line| line != "end")) {}
                let _ = write!(
                    peer,
                    "Bulk mode; {SAID}\n15169 | 8.8.8.8 | 8.8.8.0/24 | US | arin | 2023-12-28 | {SAID}\n{SAID}\n"
                );
            });
        }
    });
    let common = ["--origin", "-s", &at, "--timeout", "5", "8.8.8.8"];
    each("rirwhois", &common, &[&["-o", "asn,as_name,announced"], &["--json", "-o", "as_name"]], true);
    each("rirwhois", &common, &[&[], &["-v"], &["--json"]], false);
}

/// Data, names, the text of an extended error and the server's own name.
#[test]
fn a_name_servers_words() {
    let server = dns::serve_by(|asked| {
        let label = |text: &str| [&[text.len() as u8], text.as_bytes(), b"\x07example\0"].concat();
        let mut message = dns::respond(
            asked,
            0,
            &[
                (asked.rtype, &[&[SAID.len() as u8], SAID.as_bytes()].concat()),
                (5, &label(SAID)),
                (2, &label(SAID)),
                (15, &[b"\0\x0a".to_vec(), label(SAID)].concat()),
                (257, &[b"\0\x05issue".to_vec(), SAID.into()].concat()),
            ],
        );
        // An OPT record with an extended error (RFC 8914) and an identifier (RFC 5001).
        let option =
            |code: u16, data: &[u8]| [&code.to_be_bytes()[..], &(data.len() as u16).to_be_bytes(), data].concat();
        let options = [option(15, &[b"\0\x07", SAID.as_bytes()].concat()), option(3, SAID.as_bytes())].concat();
        message[11] = 1;
        message.extend([&b"\0\0\x29\x04\xd0\0\0\0\0"[..], &(options.len() as u16).to_be_bytes(), &options].concat());
        vec![message]
    });
    let at = server.at();
    let common = [&*at, "--timeout", "20", "--tries", "1"];
    let ways: &[&[&str]] = &[
        &["-t", "TXT", "a.example"],
        &["-t", "TXT", "-s", "a.example"],
        &["-t", "TXT", "-l", "-v", "a.example"],
        &["-t", "TXT", "--json", "a.example"],
        &["-t", "TXT", "--zone", "a.example"],
        &["-t", "TXT,CNAME,NS,MX,CAA", "-v", "a.example"],
        &["-t", "TXT,CNAME,NS,MX,CAA", "--json", "-v", "--nsid", "a.example"],
        &["-t", "TXT", "--nsid", "a.example"],
        &["-t", "TXT", "-v", "--nsid", "--stats", "a.example"],
    ];
    each("dnsall", &common, ways, true);
    each("dnsall", &common, &[&["--explain", "a.example"], &["--follow", "-t", "A", "a.example"]], false);
}

/// The log of what clients write, in all its forms.
#[test]
fn a_clients_words_in_the_log() {
    let row = Row::new("upper-echod");
    for way in [&[][..], &["-v"], &["--time"], &["--line"], &["--line", "-v", "--time"]] {
        let mut command = row.bare();
        command.args(way).args(["--once", "127.0.0.1:0"]).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut log = BufReader::new(child.stdout.take().expect("piped"));
        let mut first = String::new();
        log.read_line(&mut first).expect("its address");
        let address: SocketAddr = first.trim_end().rsplit(' ').next().and_then(|a| a.parse().ok()).expect("an address");
        let mut peer = TcpStream::connect(address).expect("it listens");
        peer.write_all(format!("{SAID}\n").as_bytes()).expect("it reads");
        let mut reply = [0; 16];
        peer.read_exact(&mut reply).expect("it answers");
        drop(peer);
        let (mut out, mut err) = (String::new(), String::new());
        log.read_to_string(&mut out).expect("text");
        child.stderr.take().expect("piped").read_to_string(&mut err).expect("text");
        let status = child.wait().expect("it ends").code().unwrap_or(-1);
        assert_harmless("upper-echod", way, &Seen { status, out, err }, true);
    }
}

/// A services file is somebody else's, too.
#[test]
fn a_services_files_words() {
    let file = File::new(format!("web{SAID} 81/tcp al{SAID} # {SAID}\nb\u{200b} 82/tcp\n{SAID}\nc 99999/{SAID}\n"));
    let common = ["--services", &*file, "--source", "host"];
    let ways: &[&[&str]] =
        &[&["81"], &["-l", "81"], &["-a", "81"], &["--json", "81"], &["-e", "82"], &["--search", "web"]];
    each("getserv", &common, ways, true);
    each("getserv", &common, &[&["--dump"]], false);
    each("getserv", &[], &[&["--check", &file]], false);
}

/// The labels of a list, and the lines in which addresses are found.
#[test]
fn a_lists_words() {
    let file = File::new(format!("10.0.0.0/8 # {SAID}\n10.1.0.0/16 ; {SAID}\n"));
    let ways: &[&[&str]] = &[
        &["--match-file", &file, "10.0.0.1"],
        &["--match-file", &file, "-e", "10.1.0.1"],
        &["--match-file", &file, "--json", "10.0.0.1"],
        &["-e", "--extract", &file],
        &["--json", "--extract", &file],
    ];
    each("ipconv", &[], &ways[..3], true);
    each("ipconv", &[], &ways[3..], false);
    let file = File::new(format!("10.0.0.0/8 {SAID}\n{SAID}\n"));
    for option in ["--in-file", "--not-in-file", "--match-file", "--exclude-file", "--common"] {
        let seen = run(Row::new("ipconv").bare().args([option, &file, "10.0.0.1"]), b"");
        assert_eq!(seen.status, 2, "{option}: {seen:?}");
        assert_harmless("ipconv", &[option], &seen, true);
    }
}

/// Files of settings whose bad lines are quoted.
#[test]
fn a_settings_files_words() {
    let file = File::new(format!("{SAID}\nARIN {SAID} {SAID}\n"));
    each("rirwhois", &["--registries", &file], &[&["8.8.8.8"], &["-r", "8.8.8.8"]], true);
    let file = File::new(format!("{SAID}. IN DS {SAID}\n"));
    each("dnsall", &["--validate", "--anchor", &file, "@127.0.0.1:1"], &[&["a.example"]], false);
    let file =
        File::new(format!("2|arin|{SAID}|1|19830705|20261101|+0000\narin|{SAID}|ipv4|{SAID}|1|20010203|{SAID}\n"));
    each("rirwhois", &["--update"], &[&[&file]], false);
}
