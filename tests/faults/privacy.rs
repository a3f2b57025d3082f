//! What leaves the machine, and to whom.
use std::{
    fmt::Write as _,
    fs,
    io::ErrorKind,
    net::{IpAddr, TcpListener},
    time::{Duration, Instant},
};

use plainnet_common::special::{self, ROWS};
use plainnet_lab::{
    dns,
    scratch::{File, Folder},
};

use crate::{
    network::registries_at,
    row::{Row, assert_clean, run},
    syscalls::traced,
};

/// A mode that asks no server makes no socket by which it could.
pub(crate) fn nothing_is_sent_unasked(row: &Row) {
    sends_nothing(row, &row.words(), &format!("{}\n{}\n10.0.0.1\n443\n", row.line, row.bad));
}

fn sends_nothing(row: &Row, words: &[String], input: &str) {
    let log = File::new("");
    let options = ["-o", &*log, "-e", "trace=%network"];
    let Some(mut command) = traced(row, &options, words) else { return };
    let seen = run(&mut command, input.as_bytes());
    assert_clean(row, &seen, "offline");
    let text = fs::read_to_string(&*log).expect("strace writes its log");
    let calls: Vec<_> = text.lines().filter(|line| line.contains("AF_INET") || line.contains("sendto(")).collect();
    assert!(calls.is_empty(), "{} {words:?}: {calls:?}", row.tool);
}

/// Every mode that needs nobody, with inputs of every kind.
#[test]
fn offline_modes_send_nothing() {
    let modes: [(&str, &[&[&str]]); 4] = [
        (
            "getserv",
            &[
                &["-l"],
                &["-a", "--json"],
                &["--class"],
                &["--ranges"],
                &["--search", "web"],
                &["--dump"],
                &["--source", "iana"],
                &["--check", "/etc/services"],
            ],
        ),
        (
            "ipconv",
            &[&["-o", "all"], &["--json"], &["--extract"], &["--is", "public", "--deep"], &["--cidrs"], &["--expand"]],
        ),
        ("rirwhois", &[&["-r"], &["-t", "-v"], &["--country"], &["-r", "--json"], &["-t", "-b", "--stats"], &["-e"]]),
        ("dnsall", &[&["-V"], &["--generate", "man"], &["@127.0.0.1:1", "https://a.example/", "a b", "a..b"]]),
    ];
    for (tool, modes) in modes {
        // What is asked without -r and -t must be in the table.
        let input =
            if tool == "rirwhois" { "10.0.0.1\n::1\nAS0\nlocalhost\n" } else { "10.0.0.1\nhttp\n443\n::1\na b\n" };
        for mode in modes {
            sends_nothing(&Row::new(tool), &mode.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(), input);
        }
    }
}

/// A pasted URL, a user's name or a port is not sent to a server as a name.
#[test]
fn what_was_pasted_is_sent_to_nobody() {
    let server = dns::serve(dns::story());
    let pasted = [
        "https://dev.to/x",
        "https://me:secret@dev.to/",
        "me@dev.to",
        "dev.to:443",
        "dev.to/x",
        "\"dev.to\"",
        "dev to",
        "8.8.8.0/24",
        "//dev.to",
    ];
    let row = Row::new("dnsall");
    for words in [&["-t", "A"][..], &["-a"], &["--explain"], &["--json", "-v"]] {
        let seen = run(row.bare().arg(server.at()).args(words).args(pasted), b"");
        assert_clean(&row, &seen, "pasted");
        assert_eq!(seen.status, 1, "{seen:?}");
    }
    let seen = run(row.bare().arg(server.at()).args(["-t", "A"]), (pasted.join("\n") + "\n").as_bytes());
    assert_eq!(seen.status, 1, "{seen:?}");
    let names: Vec<_> = server.asked().into_iter().map(|asked| asked.name).collect();
    assert!(names.is_empty(), "{names:?}");

    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.set_nonblocking(true).expect("a socket can be non-blocking");
    let at = listener.local_addr().expect("bound").to_string();
    let row = Row::new("rirwhois");
    let pasted = ["https://8.8.8.8/", "me@8.8.8.8", "8.8.8.8:53", "[2001:4860::8888]:443", "dns.google", "8.8.8.8 x"];
    for mode in [&["-s", &*at][..], &["--origin", "-s", &at], &["--json", "-s", &at], &["--blocks", "-s", &at]] {
        let seen = run(row.bare().args(mode).args(["--timeout", "1"]).args(pasted), b"");
        assert_clean(&row, &seen, "pasted");
        assert!(listener.accept().is_err(), "{mode:?}: {seen:?}");
    }
}

/// An address or two of each block that the special-purpose registries keep from the public (RFC 6890),
/// of multicast, and of what IANA has given to nobody.
const SPECIAL: [&str; 34] = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "169.254.1.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "64:ff9b:1::1",
    "100::1",
    "200::1",
    "2001:2::1",
    "2001:db8::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
];

/// No server hears of an address that IANA keeps for special purposes, of one
/// that carries such an address, nor of a reserved AS number; not even one that
/// was named with -s.
#[test]
fn rirwhois_sends_no_special_number() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.set_nonblocking(true).expect("a socket can be non-blocking");
    let server = listener.local_addr().expect("bound").to_string();
    let folder = Folder::new();
    let registries = folder.file("registries", registries_at(&server)).display().to_string();
    let row = Row::new("rirwhois");
    let ask = |mode: &[&str], input: &str| {
        let mut command = row.bare();
        command.args(["--rate", "0", "--timeout", "0.5"]).args(mode).env("XDG_CACHE_HOME", &*folder);
        let seen = run(&mut command, input.as_bytes());
        assert_clean(&row, &seen, "special numbers");
        seen
    };
    let mut input = String::new();
    let mut count = 0;
    let ends = ROWS.iter().flat_map(|row| [row.block.first_addr(), row.block.last_addr()]);
    let ends = ends.filter(|addr| !special::is_global(*addr));
    for addr in SPECIAL.map(|addr| addr.parse().expect("an address")).into_iter().chain(ends) {
        let _ = writeln!(input, "{addr}");
        count += 1;
        if let IpAddr::V4(v4) = addr {
            let [a, b, c, d] = v4.octets();
            let _ = writeln!(input, "::ffff:{v4}\n64:ff9b::{v4}\n2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1");
            count += 3;
        }
    }
    // RFC 7607, RFC 6793, RFC 5398, RFC 6996 and RFC 7300.
    for number in [0, 23_456, 64_496, 64_511, 64_512, 65_534, 65_535, 65_536, 65_551, 4_200_000_000, u32::MAX] {
        let _ = writeln!(input, "AS{number}");
        count += 1;
    }
    assert!(count > 100, "{count} numbers");
    let (named, listed) = (["-s", &*server], ["--registries", &*registries]);
    let base = format!("http://{server}/");
    let modes: [&[&str]; 12] = [
        &[],
        &["-b", "-v"],
        &["--json"],
        &["-o", "registry,name,text", "-e", "-k"],
        &["--raw"],
        &["--unordered"],
        &["--follow-any"],
        &["--cache"],
        &["--blocks"],
        &["--rdap"],
        &["--rdap", "--blocks"],
        &["-r"],
    ];
    let asking = modes.iter().flat_map(|mode| [[&named, *mode].concat(), [&listed, *mode].concat()]);
    let more: [&[&str]; 4] =
        [&["--origin", "-s", &server], &["--rdap", "-s", &base], &["-t"], &["--origin", "--json", "-s", &server]];
    for mode in asking.chain(more.map(<[&str]>::to_vec)) {
        let seen = ask(&mode, &input);
        let heard = listener.accept();
        assert!(heard.as_ref().is_err_and(|e| e.kind() == ErrorKind::WouldBlock), "{mode:?} {heard:?} {seen:?}");
    }
    // The same server hears of any other address.
    for mode in [&named[..], &listed, &["--origin", "-s", &server], &["--rdap", "-s", &base]] {
        let start = Instant::now();
        ask(mode, "8.8.8.8\n");
        while listener.accept().is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "{mode:?} was not asked");
        }
        while listener.accept().is_ok() {}
    }
}
