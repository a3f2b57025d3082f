//! upper-echod as a user meets it.
use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::{
        fd::OwnedFd,
        unix::{fs::MetadataExt as _, net::UnixDatagram},
    },
    path::Path,
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{
    echo::{Echod, exactly, rest},
    tool::{self, Seen, run},
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
fn a_crowd_of_slow_clients_keeps_nobody_waiting() {
    let server = start(&["-q", "--idle", "2", "--deadline", "1.5"]);
    let mut slow: Vec<_> = (0..500).map(|_| server.connect()).collect();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        for client in &mut slow {
            // One that is closed already says so below.
            let _ = client.write_all(b"x");
        }
        let asked = Instant::now();
        assert_eq!(ask(&server, b"good"), b"GOOD");
        assert!(asked.elapsed() < Duration::from_secs(1), "the good client waited {:?}", asked.elapsed());
        thread::sleep(Duration::from_millis(300));
    }
    for client in &mut slow {
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut replies = Vec::new();
        let end = client.read_to_end(&mut replies);
        let reset = end.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(reset || !replies.is_empty() && replies.iter().all(|b| *b == b'X'), "{replies:?}");
    }
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
        // Probes that were in time for the queue said nothing.
        while server.closed() != "17 bytes, client closed" {}
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
fn a_privileged_port_names_its_cures() {
    let first: u16 =
        fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap().trim().parse().unwrap();
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = Command::new(if root { "setpriv" } else { ECHOD });
    if root {
        command.args(["--reuid=65534", "--clear-groups", "--bounding-set=-all", ECHOD]);
    }
    let seen: Seen = command.arg("127.0.0.1:1").output().unwrap().into();
    if first < 2 || seen.status == 126 || seen.err.starts_with("setpriv: ") {
        println!("skipped: nothing here is forbidden to anybody");
        return;
    }
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
    assert!(seen.err.starts_with("upper-echod: 127.0.0.1:1: Permission denied: "), "{}", seen.err);
    for cure in ["net.ipv4.ip_unprivileged_port_start=1", "CAP_NET_BIND_SERVICE", "socket activation"] {
        assert!(seen.err.contains(cure), "{}", seen.err);
    }
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    for broken in ["full pipe", "closed pipe", "/dev/full", "closed"] {
        let mut command = Command::new("sh");
        // Standard error goes the same way: what is said about the log may not wait either.
        let to = match broken {
            "/dev/full" => ">/dev/full 2>&1",
            "closed" => ">&- 2>&-",
            _ => "2>&1",
        };
        let addr = free_addr();
        command.args(["-c", &format!("exec \"$0\" \"$1\" {to}"), ECHOD, &addr.to_string()]);
        let mut child = Killed(command.stdout(Stdio::piped()).spawn().unwrap());
        if broken == "closed pipe" {
            drop(child.0.stdout.take());
        }
        let ready = Instant::now();
        while TcpStream::connect(addr).is_err() {
            assert!(ready.elapsed() < Duration::from_secs(10), "{broken}");
            thread::sleep(Duration::from_millis(5));
        }
        // Some 130 bytes of log each: a pipe holds 65,536.
        for _ in 0..2000 {
            let mut stream = TcpStream::connect(addr).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            stream.write_all(&[b'x'; 50]).unwrap();
            assert_eq!(exactly(&mut stream, 50), [b'X'; 50], "{broken}");
        }
        assert!(child.0.try_wait().unwrap().is_none(), "{broken}");
    }
}

#[test]
fn out_of_descriptors_it_waits_quietly() {
    let mut command = Command::new(ECHOD);
    command.stderr(Stdio::piped());
    let mut server = Echod::spawn(command.args(["-q", "--idle", "0"]), 1);
    let pid = server.child.id().to_string();
    // Lowered while it runs, so that counting connections does not help.
    let done = Command::new("prlimit").args(["--pid", &pid, "--nofile=24:24"]).status().unwrap();
    assert!(done.success());
    let mut clients: Vec<_> = (0..60).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.write_all(b"x").unwrap();
    }
    let served = |client: &mut TcpStream| {
        client.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        client.read(&mut [0]).is_ok_and(|n| n == 1)
    };
    let before = cpu_ticks(&pid);
    thread::sleep(Duration::from_secs(2));
    let ticks = cpu_ticks(&pid) - before;
    assert!(ticks <= 6, "{ticks} ticks of 10 ms in 2 s");
    let first = clients.iter_mut().position(|c| !served(c)).expect("somebody waits");
    let mut waiting = clients.split_off(first);
    assert!(!clients.is_empty());
    let freed = clients.len();
    drop(clients);
    let start = Instant::now();
    while waiting[..freed].iter_mut().any(|c| {
        c.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        c.peek(&mut [0]).is_err()
    }) {
        assert!(start.elapsed() < Duration::from_secs(1), "who waits is served within a second");
    }
    server.child.kill().unwrap();
    let mut said = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let lines = said.lines().count();
    assert!((1..=5).contains(&lines), "{said}");
    assert!(said.contains("Too many open files"), "{said}");
}

/// Processor time of a process, in ticks.
fn cpu_ticks(pid: &str) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn few_descriptors_serve_somebody() {
    let mut command = Command::new("sh");
    let server = Echod::spawn(command.args(["-c", "ulimit -n 12; exec \"$0\" \"$@\"", ECHOD]), 1);
    for _ in 0..20 {
        assert_eq!(ask(&server, b"still here"), b"STILL HERE");
    }
    let seen: Seen = Command::new("sh").args(["-c", "ulimit -n 6; exec \"$0\" 0", ECHOD]).output().unwrap().into();
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
}

#[test]
fn little_memory_is_enough() {
    let mut command = Command::new("sh");
    let limits = "ulimit -v 65536; ulimit -s 64; ulimit -u 0 2>/dev/null; exec \"$0\" \"$@\"";
    let server = Echod::spawn(command.args(["-c", limits, ECHOD, "--idle", "5"]), 1);
    // Two hundred who take nothing, and one who does.
    let stuck: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = server.connect();
            stream.set_nonblocking(true).unwrap();
            while stream.write(&[b'x'; 1 << 16]).is_ok() {}
            stream
        })
        .collect();
    assert_eq!(ask(&server, &[b'y'; 100_000]), [b'Y'; 100_000]);
    drop(stuck);
}

#[test]
fn systemd_hands_over_a_socket_and_is_told() {
    let folder = env::temp_dir().join(format!("upper-echod-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let notify = folder.join("notify");
    let manager = UnixDatagram::bind(&notify).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let script = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" 3<&0 0</dev/null";
    let mut command = Command::new("sh");
    command.args(["-c", script, ECHOD]).env("NOTIFY_SOCKET", &notify).stdin(OwnedFd::from(listener));
    let mut server = Echod::spawn(&mut command, 0);
    drop(command);
    let told = || {
        let mut text = [0; 64];
        let n = manager.recv(&mut text).unwrap();
        String::from_utf8_lossy(&text[..n]).trim().to_owned()
    };
    assert_eq!(told(), "READY=1");
    assert_eq!(server.line(), format!("listening on {addr}"));
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(b"x").unwrap();
    assert_eq!(exactly(&mut stream, 1), b"X");
    drop(stream);
    server.signal("TERM");
    assert_eq!(told(), "STOPPING=1");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_is_no_listener_is_refused() {
    let script = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" 3</dev/null";
    let seen: Seen = Command::new("sh").args(["-c", script, ECHOD]).output().unwrap().into();
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
    assert_eq!(seen.err, "upper-echod: descriptor 3: not a listening TCP socket (see LISTEN_FDS)\n");
    // Variables that mean somebody else are not ours.
    let mut command = Command::new(ECHOD);
    let server = Echod::spawn(command.env("LISTEN_PID", "1").env("LISTEN_FDS", "1"), 1);
    assert_eq!(ask(&server, b"x"), b"X");
}

#[test]
fn too_many_for_the_limit_is_said() {
    let script = "ulimit -n 64; exec \"$0\" --max-conns 1000 \"$@\"";
    let mut command = Command::new("sh");
    command.stderr(Stdio::piped());
    let mut server = Echod::spawn(command.args(["-c", script, ECHOD]), 1);
    server.child.kill().unwrap();
    let mut said = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.starts_with("upper-echod: --max-conns: 1000: 64 open files leave room for "), "{said}");
}

/// An address where nobody listens yet.
fn free_addr() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A process that dies with this value.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn wrong_words_are_refused() {
    for words in [&["--frobnicate"][..], &[""], &["127.0.0.1"], &["--idle", "1e3"], &["--max-conns", "+5"], &["-q=1"]] {
        let seen = run(ECHOD, words, b"");
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{words:?}");
        assert!(seen.err.starts_with("upper-echod: "), "{words:?}: {}", seen.err);
    }
}
