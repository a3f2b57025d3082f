//! upper-echo as a user meets it.
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{
    echo::Echod,
    tool::{self, Seen, feed, run},
};
use upper_echo::spec::SPEC;

const ECHO: &str = env!("CARGO_BIN_EXE_upper-echo");

fn server(args: &[&str]) -> Echod {
    Echod::start(tool::find("upper-echod"), args)
}

/// A server that does `what` with its one client.
fn fake(what: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || what(listener.accept().unwrap().0));
    addr
}

fn ask(addr: SocketAddr, words: &[&str], input: &[u8]) -> Seen {
    let addr = addr.to_string();
    run(ECHO, [&["-s", &addr], words].concat(), input)
}

#[test]
fn examples_in_the_manual_are_true() {
    tool::find("upper-echod");
    tool::check_examples(Path::new(ECHO), SPEC.examples);
}

#[test]
fn operands_are_one_message() {
    let server = server(&[]);
    let seen = ask(server.addr(), &["-v", "Hello", "World"], b"");
    assert_eq!((seen.status, seen.out.as_str()), (0, "HELLO WORLD\n"));
    let from = server.line().split_once(" wrote: Hello World").unwrap().0.to_owned();
    assert_eq!(seen.err, format!("{from} -> {}\n", server.addr()));
    // No second newline.
    assert_eq!(ask(server.addr(), &["a\n"], b"").out, "A\n");
}

#[test]
fn standard_input_passes_byte_for_byte() {
    let server = server(&["-q"]);
    let text = "# no comment\n\n  blanks \r\nno newline";
    let seen = ask(server.addr(), &[], text.as_bytes());
    assert_eq!((seen.status, seen.out, seen.err), (0, text.to_uppercase(), String::new()));
    assert_eq!(ask(server.addr(), &["-"], b"").out, "");
}

#[test]
fn a_quiet_input_still_gets_its_replies() {
    let server = server(&["-q"]);
    let mut child = Command::new(ECHO)
        .args(["-s", &server.addr().to_string(), "--timeout", "0.5"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut reply = [0; 3];
    for _ in 0..2 {
        input.write_all(b"abc").unwrap();
        output.read_exact(&mut reply).unwrap();
        assert_eq!(&reply, b"ABC");
        // Longer than the timeout, which doesn't count while nothing is due.
        thread::sleep(Duration::from_millis(700));
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn much_at_once_deadlocks_nobody() {
    let server = server(&["-q"]);
    let data: Vec<u8> = (0..64u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut command = Command::new(ECHO);
    command.args(["-s", &server.addr().to_string()]);
    let seen = feed(&mut command, &data);
    assert!(seen.status.success());
    assert!(seen.stdout == data.to_ascii_uppercase());
}

#[test]
fn a_line_server_may_strip() {
    let server = server(&["--line", "-q"]);
    let seen = ask(server.addr(), &["--line", "  Hello World "], b"");
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "HELLO WORLD\n", ""));
    let seen = ask(server.addr(), &["--line"], b" one \ntwo\n");
    assert_eq!((seen.status, seen.out.as_str()), (0, "ONE"));
}

#[test]
fn a_short_reply_is_no_success() {
    let addr = fake(|mut s| {
        s.read_exact(&mut [0; 11]).unwrap();
        s.write_all(b"HELLO").unwrap();
    });
    let seen = ask(addr, &["Hello World"], b"");
    assert_eq!((seen.status, seen.out.as_str()), (3, "HELLO\n"));
    assert_eq!(seen.err, format!("upper-echo: {addr}: reply ended after 5 of 11 bytes\n"));
}

#[test]
fn a_long_reply_is_no_success() {
    let addr = fake(|mut s| {
        let _ = s.read(&mut [0; 100]);
        while s.write_all(b"endless ").is_ok() {}
    });
    let seen = ask(addr, &["abc"], b"");
    assert_eq!(seen.status, 3);
    assert_eq!(seen.err, format!("upper-echo: {addr}: reply is longer than the 3 bytes sent\n"));
}

#[test]
fn a_reset_is_no_success() {
    let addr = fake(|mut s| {
        // Closing with input unread resets.
        s.read_exact(&mut [0; 1]).unwrap();
        s.write_all(b"H").unwrap();
    });
    let seen = ask(addr, &["Hello World"], b"");
    assert_eq!(seen.status, 3, "{}", seen.err);
    assert!(seen.err.starts_with(&format!("upper-echo: {addr}: ")), "{}", seen.err);
}

#[test]
fn one_limit_for_everything() {
    let addr = fake(|mut s| {
        for byte in b"HELLO WORLD" {
            let _ = s.write_all(&[*byte]);
            thread::sleep(Duration::from_millis(200));
        }
    });
    let start = Instant::now();
    let seen = ask(addr, &["--timeout", "0.5", "Hello World"], b"");
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(seen.status, 3);
    assert!(seen.err.starts_with(&format!("upper-echo: {addr}: timed out after 0.5 s")), "{}", seen.err);
    assert!("HELLO\n".starts_with(&seen.out[..1]), "{}", seen.out);
}

#[test]
fn a_silent_server_ends_a_pipe_too() {
    let addr = fake(|s| {
        thread::sleep(Duration::from_secs(30));
        drop(s);
    });
    let seen = ask(addr, &["--timeout", "0.5"], b"hello");
    assert_eq!((seen.status, seen.out.as_str()), (3, ""));
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let seen = ask(addr, &["hello"], b"");
    assert_eq!((seen.status, seen.out.as_str()), (3, ""));
    assert_eq!(seen.err, format!("upper-echo: {addr}: Connection refused\n"));
}

#[test]
fn a_full_disk_is_an_error() {
    let server = server(&["-q"]);
    let full = std::fs::File::create("/dev/full").unwrap();
    let mut command = Command::new(ECHO);
    let out = command.args(["-s", &server.addr().to_string(), "x"]).stdout(full).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(out.stderr, b"upper-echo: stdout: No space left on device\n");
}

#[test]
fn a_folder_is_no_input() {
    let server = server(&["-q"]);
    let mut command = Command::new(ECHO);
    command.args(["-s", &server.addr().to_string()]).stdin(std::fs::File::open("/").unwrap());
    let out = command.output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(out.stderr, b"upper-echo: stdin: Is a directory\n");
}

#[test]
fn wrong_words_are_refused() {
    for words in [&["-s", "nowhere", "x"][..], &["-s", "::1:7"], &["--timeout", "-1", "x"], &["--nope"], &["-v=1"]] {
        let seen = run(ECHO, words, b"");
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{words:?}");
        assert!(seen.err.starts_with("upper-echo: "), "{words:?}: {}", seen.err);
    }
}
