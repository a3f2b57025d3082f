//! upper-echod and upper-echo with clients and servers that others wrote.
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::Shutdown,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use plainnet_lab::{
    echo::{Echod, exactly, rest},
    tool::{self, Seen, feed, peer},
};

const ECHOD: &str = env!("CARGO_BIN_EXE_upper-echod");

fn python(script: &str, words: &[String], input: &[u8]) -> Option<Seen> {
    let mut command = Command::new(peer("python3")?);
    Some(feed(command.args(["-c", script]).args(words), input).into())
}

fn words(server: &Echod) -> Vec<String> {
    vec![server.addr().ip().to_string(), server.addr().port().to_string()]
}

/// The introduction's client: no newline, no half-close, one recv.
const TEXTBOOK: &str = "
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
s.sendall(b'Hello World')
print(s.recv(1024).decode())
";

/// Lines through a file object.
const LINES: &str = "
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
f = s.makefile('rwb')
for line in [b'one\\n', b'two\\n']:
    f.write(line); f.flush()
    print(f.readline().decode(), end='')
";

/// asyncio, which half-closes and reads to the end.
const ASYNCIO: &str = "
import asyncio, sys
async def main():
    r, w = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    w.write(b'a' * 3_000_000); w.write_eof()
    data = await asyncio.wait_for(r.read(), 20)
    print(len(data), set(data) == {ord('A')})
asyncio.run(main())
";

#[test]
fn clients_in_python() {
    let server = Echod::start(ECHOD, ["-q"]);
    for (script, out) in [(TEXTBOOK, "HELLO WORLD\n"), (LINES, "ONE\nTWO\n"), (ASYNCIO, "3000000 True\n")] {
        let start = Instant::now();
        let Some(seen) = python(script, &words(&server), b"") else { return };
        assert_eq!((seen.status, seen.out.as_str()), (0, out), "{}", seen.err);
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn line_mode_is_what_python_makes_of_a_line() {
    // The reference answers with its own readline, strip and upper.
    let script = "
import sys, io
for case in sys.stdin.buffer.read().split(b'|'):
    line = bytes.fromhex(case.decode())
    print(io.BytesIO(line).readline().strip().upper().hex())
";
    let cases: Vec<Vec<u8>> = vec![
        b"Hello World\n".to_vec(),
        b" \t\r\x0b\x0cx\x0b\x0c \r\n".to_vec(),
        b"a\0b\xff\xe4 c".to_vec(),
        b"\x1c\x1d\x1e\x1f\x85\xa0\n".to_vec(),
        b"  \n".to_vec(),
        b"one\ntwo\n".to_vec(),
        (0..=255).filter(|b| *b != b'\n').collect(),
    ];
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let input = cases.iter().map(|c| hex(c)).collect::<Vec<_>>().join("|");
    let Some(seen) = python(script, &[], input.as_bytes()) else { return };
    assert_eq!((seen.status, seen.out.lines().count()), (0, cases.len()), "{seen:?}");
    let server = Echod::start(ECHOD, ["-q", "--line"]);
    for (case, want) in cases.iter().zip(seen.out.lines()) {
        let mut stream = server.connect();
        stream.write_all(case).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(hex(&rest(&mut stream)), want, "{case:?}");
    }
}

#[test]
fn our_client_and_the_introductory_server() {
    let script = "
import socketserver, sys
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline().strip().upper())
with socketserver.TCPServer(('127.0.0.1', 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.handle_request()
";
    let Some(python) = peer("python3") else { return };
    let mut child = Command::new(python).args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut port = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut port).unwrap();
    let mut echo = Command::new(tool::find("upper-echo"));
    let seen: Seen =
        echo.args(["-s", &format!("127.0.0.1:{}", port.trim()), "--line", "Hello World"]).output().unwrap().into();
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "HELLO WORLD\n", ""));
    assert!(child.wait().unwrap().success());
}

#[test]
fn nc_and_socat() {
    let server = Echod::start(ECHOD, ["-q"]);
    let words = words(&server);
    let there = format!("TCP:{}:{}", words[0], words[1]);
    for (name, args) in [
        ("nc.openbsd", vec!["-N", &words[0], &words[1]]),
        ("nc.openbsd", vec!["-q0", &words[0], &words[1]]),
        ("socat", vec!["-", &there]),
    ] {
        let Some(program) = peer(name) else { continue };
        let seen: Seen = feed(Command::new(program).args(&args), b"hi there").into();
        assert_eq!((seen.status, seen.out.as_str()), (0, "HI THERE"), "{name} {args:?} {}", seen.err);
    }
}

#[test]
fn a_failing_accept_loses_nobody_else() {
    let Some(strace) = peer("strace") else { return };
    for error in ["ECONNABORTED", "EPROTO", "EPERM", "ENETDOWN", "ENOBUFS", "ENOMEM", "EMFILE", "ENFILE", "EINTR"] {
        let mut command = Command::new(&strace);
        let inject = format!("inject=accept4:error={error}:when=1..3");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", &inject, ECHOD, "-q"]).stderr(Stdio::null());
        let server = Echod::spawn(&mut command, 1);
        let mut stream = server.connect();
        stream.write_all(b"x").unwrap();
        assert_eq!(exactly(&mut stream, 1), b"X", "{error}");
        drop(stream);
        stop(&server);
    }
}

/// Ends a server that runs under strace, which would leave it behind when killed.
fn stop(server: &Echod) {
    let tracer = server.child.id();
    let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap_or_default();
    for child in children.split_whitespace() {
        let done = Command::new("kill").args([OsStr::new("-KILL"), OsStr::new(child)]).status();
        assert!(done.is_ok_and(|d| d.success()));
    }
}

#[test]
fn the_units_are_as_tight_as_they_say() {
    let Some(analyze) = peer("systemd-analyze") else { return };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/");
    for (unit, most) in [("upper-echod.service", 0.5), ("upper-echod-standalone.service", 1.3)] {
        let unit = format!("{folder}{unit}");
        let seen: Seen =
            Command::new(&analyze).args(["security", "--offline=true", "--no-pager", &unit]).output().unwrap().into();
        let last = seen.out.lines().last().unwrap_or_default();
        let score: f64 = last.split_whitespace().find_map(|w| w.parse().ok()).unwrap_or_else(|| panic!("{seen:?}"));
        assert!(score <= most, "{unit}: {last}");
    }
}
