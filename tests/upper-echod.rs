//! upper-echod as a user meets it.
use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{
    echo::{Echod, exactly, rest},
    tool::{self, run},
};
use upper_echod::spec::SPEC;

const ECHOD: &str = env!("CARGO_BIN_EXE_upper-echod");

fn start(args: &[&str]) -> Echod {
    Echod::start(ECHOD, args)
}

/// The reply to all of `data` and a half-close.
fn ask(server: &Echod, data: &[u8]) -> Vec<u8> {
    let mut stream = server.connect();
    stream.write_all(data).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    rest(&mut stream)
}

#[test]
fn examples_in_the_manual_are_true() {
    tool::check_examples(Path::new(ECHOD), SPEC.examples);
}

#[test]
fn the_textbook_client_is_answered_at_once() {
    // It sends no newline, doesn't half-close, and waits.
    let server = start(&[]);
    let mut stream = server.connect();
    stream.write_all(b"Hello World").unwrap();
    assert_eq!(exactly(&mut stream, 11), b"HELLO WORLD");
    let from = stream.local_addr().unwrap();
    assert_eq!(server.line(), format!("{from} wrote: Hello World"));
    drop(stream);
    assert_eq!(server.line(), format!("{from} closed: 11 bytes, client closed"));
}

#[test]
fn every_byte_passes_and_only_letters_change() {
    let server = start(&["-q"]);
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    assert_eq!(ask(&server, &all), all.to_ascii_uppercase());
    assert_eq!(ask(&server, b""), b"");
}

#[test]
fn a_line_is_stripped_as_python_does() {
    let server = start(&["--line"]);
    for (sent, reply) in [
        (&b" \t\x0b\x0cHello  World\x0b \r\n"[..], &b"HELLO  WORLD"[..]),
        (b"no newline ", b"NO NEWLINE"),
        (b"one\ntwo\n", b"ONE"),
        (b"\n", b""),
        (b"", b""),
        (b"\x1c\x85\xa0\n", b"\x1c\x85\xa0"),
    ] {
        assert_eq!(ask(&server, sent), reply, "{sent:?}");
    }
}

#[test]
fn a_line_in_pieces_is_one_line() {
    let server = start(&["--line"]);
    let mut stream = server.connect();
    for piece in [&b"  Hel"[..], b"lo ", b" ", b"World ", b" \r", b"\n"] {
        stream.write_all(piece).unwrap();
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(rest(&mut stream), b"HELLO  WORLD");
    let from = stream.local_addr().unwrap();
    assert_eq!(server.line(), format!("{from} wrote:   Hello  World  \\r"));
    assert_eq!(server.line(), format!("{from} closed: 18 bytes, answered"));
}

#[test]
fn a_line_server_reads_away_what_follows() {
    // Closing on unread input would send a reset, which may overtake the reply.
    let server = start(&["--line", "-q"]);
    let mut stream = server.connect();
    let mut data = b"hello\n".to_vec();
    data.resize(600_000, b'x');
    stream.write_all(&data).unwrap();
    assert_eq!(rest(&mut stream), b"HELLO");
}

#[test]
fn endless_white_space_is_cut_off() {
    let server = start(&["--line"]);
    let mut stream = server.connect();
    stream.write_all(b"x").unwrap();
    assert_eq!(exactly(&mut stream, 1), b"X");
    stream.write_all(&[b' '; 5000]).unwrap();
    assert_eq!(server.closed(), "5001 bytes, stalled");
}

#[test]
fn log_lines_cannot_be_forged() {
    let server = start(&[]);
    let mut stream = server.connect();
    let evil = "\n127.0.0.1:1 wrote: \u{1b}[31m\\x1b\u{202e}\u{85}".as_bytes();
    stream.write_all(&[evil, b"\xff", &[b'y'; 300]].concat()).unwrap();
    let from = stream.local_addr().unwrap();
    let text = "\\n127.0.0.1:1 wrote: \\x1b[31m\\\\x1b\\u{202e}\\u{85}\\xff";
    let text = format!("{text}{}...", "y".repeat(100 - text.len()));
    assert_eq!(server.line(), format!("{from} wrote: {text}"));
}

#[test]
fn who_is_quiet_for_long_goes() {
    let server = start(&["--idle", "0.3"]);
    let start = Instant::now();
    let mut silent = server.connect();
    assert_eq!(rest(&mut silent), b"");
    assert!(start.elapsed() >= Duration::from_millis(290));
    assert_eq!(server.closed(), "0 bytes, idle");
    let mut spoke = server.connect();
    spoke.write_all(b"a").unwrap();
    assert_eq!(rest(&mut spoke), b"A");
    assert_eq!(server.closed(), "1 bytes, idle");
}

#[test]
fn a_byte_now_and_then_does_not_outlive_the_deadline() {
    let server = start(&["--idle", "1", "--deadline", "0.5"]);
    let mut stream = server.connect();
    let start = Instant::now();
    while stream.write_all(b"a").is_ok() && start.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(50));
    }
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(server.closed().ends_with(" bytes, deadline"));
}

#[test]
fn who_takes_no_output_is_bounded_and_cut_off() {
    let server = start(&["--idle", "0.5"]);
    let mut stream = server.connect();
    stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut sent = 0;
    while let Ok(n) = stream.write(&[b'x'; 65536]) {
        sent += n;
        assert!(sent < 64 << 20, "somebody keeps it all");
    }
    assert!(server.closed().ends_with(" bytes, stalled"));
}

#[test]
fn the_useless_make_room() {
    let server = start(&["--max-conns", "2"]);
    let _silent = [server.connect(), server.connect()];
    let start = Instant::now();
    let mut good = server.connect();
    good.write_all(b"good").unwrap();
    assert_eq!(exactly(&mut good, 4), b"GOOD");
    assert!(start.elapsed() >= Duration::from_secs(4), "nobody was useless for long enough");
    assert_eq!(server.closed(), "0 bytes, evicted");
}

#[test]
fn a_host_has_its_share() {
    let server = start(&["--max-per-host", "1"]);
    let mut first = server.connect();
    first.write_all(b"a").unwrap();
    assert_eq!(exactly(&mut first, 1), b"A");
    let mut second = server.connect();
    assert_eq!(second.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(server.closed(), "0 bytes, max-per-host");
    drop(first);
    assert_eq!(server.closed(), "1 bytes, client closed");
    let mut third = server.connect();
    third.write_all(b"b").unwrap();
    assert_eq!(exactly(&mut third, 1), b"B");
}

#[test]
fn many_listeners_of_both_families() {
    let mut command = Command::new(ECHOD);
    command.args(["127.0.0.1:0", "[::1]:0", ":0"]);
    let server = Echod::spawn(&mut command, 3);
    for addr in &server.addrs {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.write_all(b"x").unwrap();
        assert_eq!(exactly(&mut stream, 1), b"X");
        let from = stream.local_addr().unwrap();
        drop(stream);
        assert_eq!(server.line(), format!("{from} wrote: x"));
        assert_eq!(server.line(), format!("{from} closed: 1 bytes, client closed"));
    }
}

#[test]
fn a_signal_lets_them_finish() {
    for signal in ["TERM", "INT"] {
        let mut server = start(&[]);
        let mut stream = server.connect();
        stream.write_all(b"before").unwrap();
        assert_eq!(exactly(&mut stream, 6), b"BEFORE");
        stream.write_all(b" and after").unwrap();
        server.signal(signal);
        assert_eq!(exactly(&mut stream, 10), b" AND AFTER");
        // Newcomers are refused rather than left in a queue.
        let refused = Instant::now();
        while TcpStream::connect(server.addr()).is_ok() {
            assert!(refused.elapsed() < Duration::from_secs(5));
        }
        stream.write_all(b"!").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(rest(&mut stream), b"!");
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        assert_eq!(server.closed(), "17 bytes, client closed");
    }
}

#[test]
fn grace_ends() {
    let mut server = start(&["--grace", "0.3"]);
    let mut stream = server.connect();
    stream.write_all(b"x").unwrap();
    assert_eq!(exactly(&mut stream, 1), b"X");
    let start = Instant::now();
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(250) && took < Duration::from_secs(3), "{took:?}");
    assert_eq!(server.closed(), "1 bytes, shutdown");
    assert_eq!(rest(&mut stream), b"");
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut server = start(&["--grace", "60"]);
    let mut stream = server.connect();
    stream.write_all(b"x").unwrap();
    assert_eq!(exactly(&mut stream, 1), b"X");
    server.signal("TERM");
    let start = Instant::now();
    while TcpStream::connect(server.addr()).is_ok() {}
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_taken_port_is_named() {
    let server = start(&[]);
    let addr = server.addr().to_string();
    let seen = run(ECHOD, [&addr], b"");
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
    assert!(seen.err.starts_with(&format!("upper-echod: {addr}: Address already in use: ")), "{}", seen.err);
    assert!(seen.err.contains("ss -ltnp"), "{}", seen.err);
    assert_eq!(seen.err.lines().count(), 1);
}

#[test]
fn wrong_words_are_refused() {
    for words in [&["--frobnicate"][..], &[""], &["127.0.0.1"], &["--idle", "1e3"], &["--max-conns", "+5"], &["-q=1"]] {
        let seen = run(ECHOD, words, b"");
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{words:?}");
        assert!(seen.err.starts_with("upper-echod: "), "{words:?}: {}", seen.err);
    }
}
