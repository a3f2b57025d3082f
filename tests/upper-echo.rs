//! upper-echo as a user meets it.
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{
    echo::Echod,
    private::{self, Net, test_of},
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
        .args(["-s", &server.addr().to_string(), "--timeout", "3"])
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
        thread::sleep(Duration::from_millis(3200));
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
fn a_line_that_comes_back_cut_is_no_success() {
    for (words, input) in [(&["--line", " hello "][..], ""), (&["--line"], " hello \nmore"), (&["--line"], " hello")] {
        for (reply, bytes) in [("", 0), ("HELL", 4)] {
            let addr = fake(move |mut s| {
                s.read_exact(&mut [0; 6]).unwrap();
                s.write_all(reply.as_bytes()).unwrap();
                s.shutdown(Shutdown::Write).unwrap();
                let _ = s.read_to_end(&mut Vec::new());
            });
            let seen = ask(addr, words, input.as_bytes());
            let says = format!("upper-echo: {addr}: reply ended after {bytes} of 5 bytes\n");
            assert_eq!((seen.status, seen.err), (3, says), "{words:?} {input:?}");
        }
    }
    // A server that doesn't wait for the line's end.
    let addr = fake(|mut s| {
        s.read_exact(&mut [0; 3]).unwrap();
        s.write_all(b"HEL").unwrap();
    });
    let mut command = Command::new(ECHO);
    command.args(["--line", "-s", &addr.to_string()]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"hel").unwrap();
    let seen: Seen = child.wait_with_output().unwrap().into();
    let says = format!("upper-echo: {addr}: closed by the server after 3 bytes, before the end of input\n");
    assert_eq!((seen.status, seen.out.as_str(), seen.err), (3, "HEL", says));
}

#[test]
fn a_slow_reader_of_the_reply_is_no_slow_server() {
    // More than a pipe takes, with one limit for all and with one from byte to byte.
    for operand in [true, false] {
        let addr = fake(|mut s| {
            let mut piece = [0; 500];
            while let Ok(n @ 1..) = s.read(&mut piece) {
                if s.write_all(&piece[..n].to_ascii_uppercase()).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        let message = "a".repeat(100_000);
        let mut command = Command::new(ECHO);
        command.args(["--timeout", "2", "-s", &addr.to_string()]).args(operand.then_some(&message));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take();
        if let Some(input) = input.as_mut().filter(|_| !operand) {
            input.write_all(message.as_bytes()).unwrap();
        }
        thread::sleep(Duration::from_secs(4));
        let mut output = child.stdout.take().unwrap();
        let mut reply = vec![0; message.len()];
        output.read_exact(&mut reply).unwrap();
        assert_eq!(reply, message.to_ascii_uppercase().as_bytes());
        drop(input.take());
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
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
    let seen = ask(addr, &["--timeout", "0.5", "Hello World"], b"");
    assert_eq!(seen.status, 3);
    assert!(seen.err.starts_with(&format!("upper-echo: {addr}: timed out after 0.5 s")), "{}", seen.err);
    assert!("HELLO WORLD".starts_with(seen.out.trim_end()), "{}", seen.out);
}

#[test]
fn a_silent_server_ends_a_pipe_too() {
    let addr = fake(|s| {
        thread::sleep(Duration::from_secs(30));
        drop(s);
    });
    let seen = ask(addr, &["--timeout", "0.5"], b"hello");
    let says = format!("upper-echo: {addr}: timed out after 0.5 s (0 of 5 bytes came back)\n");
    assert_eq!((seen.status, seen.out.as_str(), seen.err), (3, "", says));
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
fn wrong_words_are_refused_with_what_would_do() {
    for (words, said) in [
        (&["-s", "nowhere", "x"][..], "-s: nowhere: HOST:PORT is needed"),
        (&["-s", "localhost", "x"], "-s: localhost: localhost:5555 is meant"),
        (&["-s", "http://localhost:5555", "x"], "-s: http://localhost:5555: localhost:5555 is meant"),
        (&["--server=tcp://[::1]:7"], "--server: tcp://[::1]:7: [::1]:7 is meant"),
        (&["-s", "127.0.0.1:echo"], "-s: 127.0.0.1:echo: a port is a number (`getserv echo` prints it)"),
        (&["-s", "::1"], "-s: ::1: [::1]:5555 is meant"),
        (&["-s", "h:70000"], "-s: h:70000: a port is at most 65535"),
        (&["-s"], "-s: needs a value"),
        (&["--timeout", "-1", "x"], "--timeout: -1: no number of seconds"),
        (&["--retry", "1e3", "x"], "--retry: 1e3: no number of seconds"),
        (&["--verfy", "x"], "--verfy: unknown option (did you mean --verify?)"),
        (&["--nope"], "--nope: unknown option"),
        (&["-v=1"], "-v: takes no value"),
    ] {
        let seen = run(ECHO, words, b"");
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{words:?}");
        assert!(seen.err.starts_with(&format!("upper-echo: {said}")), "{words:?}: {}", seen.err);
        assert_eq!(seen.err.lines().count(), 1, "{words:?}: {}", seen.err);
    }
}

#[test]
fn a_host_and_a_port_are_a_message_and_a_hint() {
    let server = server(&[]);
    let addr = server.addr();
    let (host, port) = (addr.ip().to_string(), addr.port().to_string());
    // Where a server was named, the words are meant.
    let seen = ask(addr, &["-v", "localhost", "5555"], b"");
    assert_eq!((seen.status, seen.out.as_str(), seen.err.lines().count()), (0, "LOCALHOST 5555\n", 1));
    // Nobody listens at the default port of another network.
    private::within(test_of(&a_host_and_a_port_are_a_message_and_a_hint), private::LOCALHOST, |net| {
        if net == Net::Shared {
            return;
        }
        for (words, hint) in [
            (&["localhost", "5555"][..], Some("localhost:5555")),
            (&[&host, &port, "hello"], Some(&*format!("{host}:{port}"))),
            (&["localhost:7", "hello"], Some("localhost:7")),
            (&["hello", "42"], None),
        ] {
            let hint = hint.map_or(String::new(), |hint| format!(" (did you mean -s {hint}?)"));
            let seen = run(ECHO, words, b"");
            assert_eq!(seen.err, format!("upper-echo: 127.0.0.1:5555: Connection refused{hint}\n"));
            assert_eq!((seen.status, seen.out.as_str()), (3, ""));
        }
        let here =
            Echod::spawn(Command::new(tool::find("upper-echod")).args(["-q", "127.0.0.1:5555", "127.0.0.1:0"]), 2);
        let seen = run(ECHO, ["-v", "localhost", "5555"], b"");
        assert_eq!((seen.status, seen.out.as_str()), (0, "LOCALHOST 5555\n"));
        let mut lines = seen.err.lines();
        let hint = "upper-echo: localhost 5555: sent as the message (did you mean -s localhost:5555?)";
        assert_eq!(lines.next(), Some(hint), "{}", seen.err);
        assert!(lines.next().is_some_and(|l| l.ends_with(" -> 127.0.0.1:5555")), "{}", seen.err);
        assert_eq!(run(ECHO, ["localhost", "5555"], b"").err, "");
        drop(here);
    });
}

#[test]
fn verify_names_the_byte_that_differs() {
    let server = server(&["-q"]);
    let seen = ask(server.addr(), &["--verify", "Hello World"], b"");
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "HELLO WORLD\n", ""));
    // A plain echo server passes for nobody's upper case.
    let plain = || {
        fake(|mut s| {
            let mut data = [0; 4096];
            while let Ok(n @ 1..) = s.read(&mut data) {
                if s.write_all(&data[..n]).is_err() {
                    return;
                }
            }
        })
    };
    for (words, input, at, out) in [
        (&["--verify", "HELlo World"][..], "", 4, "HELlo World\n"),
        (&["--verify"], "123 \n\u{e9}a", 8, "123 \n\u{e9}a"),
        (&["--verify", "--line", "  HELLO"], "", 1, "  HELLO\n"),
        (&["--verify", "--line"], "OK \nx", 3, "OK \nx"),
    ] {
        let addr = plain();
        let seen = ask(addr, words, input.as_bytes());
        assert_eq!((seen.status, seen.out.as_str()), (1, out), "{words:?} {}", seen.err);
        assert_eq!(seen.err, format!("upper-echo: {addr}: differs at byte {at}\n"));
    }
    // Nothing in it has another upper case.
    assert_eq!(ask(plain(), &["--verify", "HELLO 42"], b"").status, 0);
    // What is too short is still that, and what is too long as well.
    let addr = fake(|mut s| {
        let _ = s.read_exact(&mut [0; 11]);
        s.write_all(b"HELLO").unwrap();
    });
    let seen = ask(addr, &["--verify", "Hello World"], b"");
    assert_eq!((seen.status, seen.err), (3, format!("upper-echo: {addr}: reply ended after 5 of 11 bytes\n")));
    let addr = fake(|mut s| {
        let _ = s.read_exact(&mut [0; 2]);
        s.write_all(b"OK!").unwrap();
    });
    let seen = ask(addr, &["--verify", "ok"], b"");
    assert_eq!((seen.status, seen.err), (3, format!("upper-echo: {addr}: reply is longer than the 2 bytes sent\n")));
}

#[test]
fn verify_of_a_line_knows_what_is_stripped() {
    let server = server(&["--line", "-q"]);
    for line in ["  Hello  World \x0b", "", " ", "x"] {
        let seen = ask(server.addr(), &["--verify", "--line", line], b"");
        assert_eq!((seen.status, seen.err.as_str()), (0, ""), "{line:?}");
        let seen = ask(server.addr(), &["--verify", "--line"], format!("{line}\nmore").as_bytes());
        assert_eq!((seen.status, seen.err.as_str()), (0, ""), "{line:?}");
    }
    // From standard input, too, a line that comes back short is no success.
    let addr = fake(|mut s| {
        let _ = s.read(&mut [0; 100]);
        s.write_all(b"ON").unwrap();
    });
    let seen = ask(addr, &["--verify", "--line"], b" one \n");
    assert_eq!((seen.status, seen.err), (3, format!("upper-echo: {addr}: reply ended after 2 of 3 bytes\n")));
    // A long line reaches a server that answers nothing before its end.
    let addr = fake(|mut s| {
        let mut line = Vec::new();
        BufReader::new(&s).read_until(b'\n', &mut line).unwrap();
        line.make_ascii_uppercase();
        s.write_all(line.trim_ascii()).unwrap();
    });
    let line = [&[b'a'; 5 << 20][..], b"\n"].concat();
    let seen = ask(addr, &["--verify", "--line"], &line);
    assert_eq!((seen.status, seen.out.len(), seen.err.as_str()), (0, 5 << 20, ""));
}

#[test]
fn verify_takes_no_memory_for_the_whole() {
    let server = server(&["-q"]);
    // 128 MiB through 64 MiB of address space.
    let script = "ulimit -v 65536; head -c 128M /dev/zero | tr '\\0' a | \"$0\" --verify -s \"$1\" | tail -c 3";
    let addr = server.addr().to_string();
    let seen: Seen = Command::new("sh").args(["-c", script, ECHO, &addr]).output().unwrap().into();
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "AAA", ""));
}

#[test]
fn retry_waits_for_a_server_that_starts_later() {
    let addr = SocketAddr::from(([127, 0, 0, 1], tool::free_port()));
    let client = Command::new(ECHO)
        .args(["-v", "--retry", "60", "-s", &addr.to_string(), "hello"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut client = client.unwrap();
    // It has been refused before the server starts.
    let mut err = BufReader::new(client.stderr.take().unwrap());
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    assert_eq!(line, format!("upper-echo: {addr}: Connection refused: trying for 60 s\n"));
    let server = Echod::spawn(Command::new(tool::find("upper-echod")).args(["-q", &addr.to_string(), "0"]), 2);
    let seen: Seen = client.wait_with_output().unwrap().into();
    assert_eq!((seen.status, seen.out.as_str()), (0, "HELLO\n"));
    drop(server);
}

#[test]
fn retry_gives_up_and_the_timeout_counts_from_the_connection() {
    let addr = SocketAddr::from(([127, 0, 0, 1], tool::free_port()));
    let start = Instant::now();
    let seen = ask(addr, &["--retry", "0.3", "--timeout", "0.01", "hello"], b"");
    assert!(start.elapsed() >= Duration::from_millis(190));
    assert_eq!((seen.status, seen.out.as_str()), (3, ""));
    assert_eq!(seen.err, format!("upper-echo: {addr}: Connection refused (tried for 0.3 s)\n"));
    let addr = fake(|s| {
        thread::sleep(Duration::from_secs(30));
        drop(s);
    });
    let seen = ask(addr, &["--retry", "600", "--timeout", "0.3", "hello"], b"");
    assert_eq!(seen.status, 3);
    assert!(seen.err.starts_with(&format!("upper-echo: {addr}: timed out after 0.3 s")), "{}", seen.err);
}
