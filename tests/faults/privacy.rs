//! What leaves the machine, and to whom.
use std::{
    fmt::Write as _,
    fs,
    io::ErrorKind,
    net::{IpAddr, TcpListener},
    time::{Duration, Instant},
};

use plainnet_common::special::{self, ROWS};

use crate::{
    row::{Row, Server, assert_clean, run, scratch},
    syscalls::traced,
};

/// A mode that asks no server makes no socket by which it could.
pub(crate) fn nothing_is_sent_unasked(row: &Row) {
    if !matches!(row.server, Server::None) {
        return;
    }
    let log = scratch();
    let options = ["-o", &log.display().to_string(), "-e", "trace=%network"];
    let Some(mut command) = traced(row, &options, &row.words()) else { return };
    let seen = run(&mut command, format!("{}\n{}\n10.0.0.1\n443\n", row.line, row.bad).as_bytes());
    assert_clean(row, &seen, "offline");
    let text = fs::read_to_string(&log).expect("strace writes its log");
    let _ = fs::remove_file(&log);
    let calls: Vec<_> = text.lines().filter(|line| line.contains("AF_INET") || line.contains("sendto(")).collect();
    assert!(calls.is_empty(), "{}: {calls:?}", row.tool);
}

/// No server hears of an address that IANA keeps for special purposes, of one
/// that carries such an address, nor of a reserved AS number; not even one that
/// was named with -s.
#[test]
fn rirwhois_sends_no_special_number() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.set_nonblocking(true).expect("a socket can be non-blocking");
    let server = listener.local_addr().expect("bound").to_string();
    let ask = |input: &str| {
        let row = Row { args: &["--rate", "0", "--timeout", "0.5", "-s", "{}"], ..Row::new("rirwhois") };
        let seen = run(row.bare().args(row.words_for(&server)), input.as_bytes());
        assert_clean(&row, &seen, "special numbers");
        seen
    };
    let mut input = String::new();
    let mut count = 0;
    for row in ROWS {
        let ends = [row.block.first_addr(), row.block.last_addr()];
        for addr in ends.into_iter().filter(|addr| !special::is_global(*addr)) {
            let _ = writeln!(input, "{addr}");
            count += 1;
            if let IpAddr::V4(v4) = addr {
                let [a, b, c, d] = v4.octets();
                let _ = writeln!(input, "::ffff:{v4}\n64:ff9b::{v4}\n2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1");
                count += 3;
            }
        }
    }
    // RFC 7607, RFC 6793, RFC 5398, RFC 6996 and RFC 7300.
    for number in [0, 23_456, 64_496, 64_511, 64_512, 65_534, 65_535, 65_536, 65_551, 4_200_000_000, u32::MAX] {
        let _ = writeln!(input, "AS{number}");
        count += 1;
    }
    assert!(count > 100, "{count} numbers");
    let seen = ask(&input);
    let heard = listener.accept();
    assert!(heard.as_ref().is_err_and(|e| e.kind() == ErrorKind::WouldBlock), "{heard:?} {seen:?}");
    // The same server hears of any other address.
    let start = Instant::now();
    ask("8.8.8.8\n");
    while listener.accept().is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "it was not asked");
    }
}
