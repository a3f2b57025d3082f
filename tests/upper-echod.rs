//! upper-echod as a user meets it.
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::{
        fd::OwnedFd,
        unix::{fs::MetadataExt as _, net::UnixDatagram},
    },
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{
    echo::{Echod, exactly, rest},
    scratch::Folder,
    tool::{self, Seen, run},
};
use rustix::net::{self, SendFlags};
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
fn an_urgent_byte_is_one_like_the_others() {
    let (server, line) = (start(&["-q"]), start(&["-q", "--line"]));
    for i in 0..100 {
        for server in [&server, &line] {
            let mut stream = server.connect();
            stream.set_nodelay(true).unwrap();
            stream.write_all(b"abc").unwrap();
            assert_eq!(net::send(&stream, b"x", SendFlags::OOB), Ok(1));
            stream.write_all(b"def\n").unwrap();
            // The client waits, and closes nothing.
            assert_eq!(exactly(&mut stream, 7), b"ABCXDEF", "client {i}");
        }
    }
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
    let server = start(&["--idle", "3"]);
    let start = Instant::now();
    let mut silent = server.connect();
    let mut spoke = server.connect();
    spoke.write_all(b"a").unwrap();
    assert_eq!(rest(&mut silent), b"");
    assert!(start.elapsed() >= Duration::from_millis(2990));
    assert_eq!(rest(&mut spoke), b"A");
    let mut closed = [server.closed(), server.closed()];
    closed.sort();
    assert_eq!(closed, ["0 bytes, idle", "1 bytes, idle"]);
}

#[test]
fn a_byte_now_and_then_does_not_outlive_the_deadline() {
    let server = start(&["--idle", "1", "--deadline", "0.5"]);
    let mut stream = server.connect();
    let start = Instant::now();
    while stream.write_all(b"a").is_ok() && start.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(50));
    }
    assert!(server.closed().ends_with(" bytes, deadline"));
}

#[test]
fn a_crowd_of_slow_clients_keeps_nobody_waiting() {
    let server = start(&["-q", "--idle", "5", "--deadline", "3"]);
    let connect = |_| {
        let mut client = server.connect();
        client.write_all(b"x").unwrap();
        client
    };
    let mut slow: Vec<_> = (0..500).map(connect).collect();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(4) {
        for client in &mut slow {
            // One that is closed already says so below.
            let _ = client.write_all(b"x");
        }
        assert_eq!(ask(&server, b"good"), b"GOOD");
        thread::sleep(Duration::from_millis(300));
    }
    for client in &mut slow {
        let mut replies = Vec::new();
        let end = client.read_to_end(&mut replies);
        let reset = end.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(reset || !replies.is_empty() && replies.iter().all(|b| *b == b'X'), "{replies:?}");
    }
}

#[test]
fn who_takes_no_output_is_bounded_and_cut_off() {
    let server = start(&["--idle", "2"]);
    let _stuck = stuck(&server);
    let closed = server.closed();
    assert!(closed.ends_with(" bytes, stalled"), "{closed}");
}

/// What `work` returns when it takes less than a second, since a client is judged
/// otherwise from its second one on; a busy machine may need a few tries.
fn within_a_second<T>(work: impl Fn() -> T) -> T {
    for _ in 0..50 {
        let start = Instant::now();
        let done = work();
        if start.elapsed() < Duration::from_secs(1) {
            return done;
        }
    }
    panic!("it always takes more than a second");
}

/// A client that has said this and been answered.
fn who_said(server: &Echod, text: &str) -> TcpStream {
    let mut client = server.connect();
    client.write_all(text.as_bytes()).unwrap();
    assert_eq!(exactly(&mut client, text.len()), text.to_uppercase().as_bytes());
    client
}

#[test]
fn who_moves_the_least_makes_room() {
    let (_server, mut clients, closed) = within_a_second(|| {
        let server = start(&["--max-conns", "3"]);
        let mut clients = Vec::from(["much more", "", "a"].map(|said| who_said(&server, said)));
        // The silent one, then the newcomers themselves: they say less than the others.
        let closed = ["good", "better", "best of all"].map(|said| {
            clients.push(who_said(&server, said));
            server.closed()
        });
        (server, clients, closed)
    });
    assert_eq!(closed, ["0 bytes, evicted", "1 bytes, evicted", "4 bytes, evicted"]);
    clients[0].write_all(b"!").unwrap();
    assert_eq!(exactly(&mut clients[0], 1), b"!");
}

#[test]
fn a_silent_one_does_not_outlast_one_that_spoke() {
    let (_server, mut spoke, mut silent, mut newcomer, closed) = within_a_second(|| {
        let server = start(&["--max-conns", "2"]);
        let spoke = who_said(&server, "hello world");
        let (silent, newcomer) = (server.connect(), server.connect());
        let closed = server.closed();
        (server, spoke, silent, newcomer, closed)
    });
    assert_eq!(closed, "0 bytes, evicted");
    assert_eq!(silent.read(&mut [0]).unwrap_or(0), 0);
    for client in [&mut spoke, &mut newcomer] {
        client.write_all(b"x").unwrap();
        assert_eq!(exactly(client, 1), b"X");
    }
}

/// Clients that send a byte now and then, and come back when they are closed.
struct Attackers {
    to: SocketAddr,
    streams: Vec<TcpStream>,
}

impl Attackers {
    fn new(server: &Echod, n: usize) -> Attackers {
        let streams = (0..n).map(|_| Attackers::connect(server.addr())).collect();
        Attackers { to: server.addr(), streams }
    }

    fn connect(to: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_nonblocking(true).unwrap();
        let _ = stream.write(b" ");
        stream
    }

    /// Each sends a byte. Returns how many had been closed.
    fn drip(&mut self) -> usize {
        let mut back = 0;
        for stream in &mut self.streams {
            let mut reply = [0; 64];
            let closed = match stream.read(&mut reply) {
                Ok(n) => n == 0,
                Err(e) => e.kind() != std::io::ErrorKind::WouldBlock,
            };
            if closed || stream.write(b" ").is_err() {
                *stream = Attackers::connect(self.to);
                back += 1;
            }
        }
        back
    }
}

#[test]
fn drips_however_many_take_no_place_from_good_clients() {
    for line in [false, true] {
        let mut command = Command::new(ECHOD);
        command.args(["--max-conns", "20", "-q"]).args(line.then_some("--line"));
        let server = Echod::spawn(&mut command, 1);
        let mut attackers = Attackers::new(&server, 200);
        let mut back = 0;
        // The first bytes are there before the next newcomer knocks, and they
        // are so many that no round, however slow, makes a drip of them.
        let mut long = (!line).then(|| server.connect());
        let mut move_data = |round| {
            if let Some(stream) = &mut long {
                stream.write_all(&[b'x'; 8192]).unwrap();
                assert_eq!(exactly(stream, 8192), [b'X'; 8192], "round {round}");
            }
        };
        move_data(0);
        // Rounds of 300 ms, with a good client in each third of one.
        for round in 0..18 {
            if round % 3 == 0 {
                back += attackers.drip();
            }
            move_data(round);
            assert_eq!(ask(&server, b"Hello World\n").trim_ascii_end(), b"HELLO WORLD", "round {round}");
            thread::sleep(Duration::from_millis(100));
        }
        assert!(back > 150, "only {back} attackers came back");
    }
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
    if let Err(e) = TcpListener::bind("[::1]:0") {
        tool::lacking(format_args!("[::1]: {e}"));
        return;
    }
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
fn at_a_signal_every_byte_taken_is_answered_and_who_owes_nothing_goes() {
    for signal in ["TERM", "INT"] {
        // The grace is for those with bytes still to send, and nobody has any.
        let mut server = start(&["--grace", "3600"]);
        let mut idle = server.connect();
        let mut stream = server.connect();
        stream.write_all(b"before").unwrap();
        assert_eq!(exactly(&mut stream, 6), b"BEFORE");
        stream.write_all(b" and after").unwrap();
        server.signal(signal);
        assert_eq!(rest(&mut stream), b" AND AFTER");
        assert_eq!(rest(&mut idle), b"");
        assert_eq!(ended(&mut server), 0);
        assert!(TcpStream::connect(server.addr()).is_err());
        let mut closed = [server.closed(), server.closed()];
        closed.sort();
        assert_eq!(closed, ["0 bytes, shutdown", "16 bytes, shutdown"]);
    }
}

/// A client that has sent much and read nothing, so that the server has output
/// it can't send; and how many bytes it has sent.
fn stuck(server: &Echod) -> (TcpStream, usize) {
    let mut stream = server.connect();
    stream.set_nonblocking(true).unwrap();
    let mut sent = 0;
    let mut vain = 0;
    // The kernel may keep an acknowledgement for 200 ms.
    while vain < 30 {
        match stream.write(&[b'x'; 65536]) {
            Ok(n) => (sent, vain) = (sent + n, 0),
            Err(_) => {
                thread::sleep(Duration::from_millis(10));
                // The server is done with what it has as soon as it sleeps.
                vain = if stat(server.child.id())[0] == "S" { vain + 1 } else { 0 };
            }
        }
        assert!(sent < 64 << 20, "somebody keeps it all");
    }
    stream.set_nonblocking(false).unwrap();
    (stream, sent)
}

#[test]
fn who_has_bytes_to_come_gets_them_within_the_grace() {
    let mut server = start(&["--grace", "3600"]);
    let (mut stream, sent) = stuck(&server);
    let mut idle = server.connect();
    idle.write_all(b"x").unwrap();
    assert_eq!(exactly(&mut idle, 1), b"X");
    server.signal("TERM");
    // The idle one is gone while the other is still waited for.
    assert_eq!(rest(&mut idle), b"");
    assert!(server.child.try_wait().unwrap().is_none());
    let reply = rest(&mut stream);
    assert!(reply.len() == sent && reply.iter().all(|b| *b == b'X'), "{} of {sent}", reply.len());
    assert_eq!(ended(&mut server), 0);
}

/// The status of a server that ends by itself, for which a busy machine has time enough.
fn ended(server: &mut Echod) -> i32 {
    for _ in 0..6000 {
        if let Some(status) = server.child.try_wait().unwrap() {
            return status.code().expect("no signal ended it");
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it doesn't end");
}

#[test]
fn grace_ends() {
    let mut server = start(&["--grace", "0.3"]);
    let (_stream, _) = stuck(&server);
    let start = Instant::now();
    server.signal("TERM");
    assert_eq!(ended(&mut server), 0);
    assert!(start.elapsed() >= Duration::from_millis(290));
    assert!(server.closed().ends_with(" bytes, shutdown"));
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut server = start(&["--grace", "3600"]);
    let (_stream, _) = stuck(&server);
    server.signal("TERM");
    while TcpStream::connect(server.addr()).is_ok() {}
    assert!(server.child.try_wait().unwrap().is_none());
    server.signal("TERM");
    assert_eq!(ended(&mut server), 0);
}

#[test]
fn quiet_means_quiet_whatever_happens() {
    let mut command = Command::new("sh");
    command.stderr(Stdio::piped());
    let script = "ulimit -n 64; exec \"$0\" -q -v --time --max-conns 5000 --max-per-host 3 --idle 0.2 \"$@\"";
    let mut server = Echod::spawn(command.args(["-c", script, ECHOD]), 1);
    assert_eq!(ask(&server, b"x"), b"X");
    // One that resets, three that are idle, one too many of its host.
    drop(stuck(&server));
    let mut crowd: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for client in &mut crowd {
        let _ = client.read(&mut [0]);
    }
    let few = Command::new("prlimit").args(["--pid", &server.child.id().to_string(), "--nofile=5:"]).status().unwrap();
    assert!(few.success());
    let _unserved = server.connect();
    thread::sleep(Duration::from_millis(200));
    server.signal("TERM");
    assert_eq!(ended(&mut server), 0);
    let mut said = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
    assert_eq!(server.log.recv().ok(), None);
}

#[test]
fn verbose_shows_who_connects_and_every_read() {
    let server = start(&["-v"]);
    let mut stream = server.connect();
    let from = stream.local_addr().unwrap();
    assert_eq!(server.line(), format!("{from} connected"));
    for line in ["one\n", "two\n", "three"] {
        stream.write_all(line.as_bytes()).unwrap();
        assert_eq!(exactly(&mut stream, line.len()), line.to_uppercase().as_bytes());
        assert_eq!(server.line(), format!("{from} wrote: {}", line.trim_end()));
    }
    drop(stream);
    assert_eq!(server.line(), format!("{from} closed: 13 bytes, client closed"));
    // In line mode as well, also one that has not spoken yet.
    let server = start(&["-v", "--line"]);
    let mut stream = server.connect();
    let from = stream.local_addr().unwrap();
    assert_eq!(server.line(), format!("{from} connected"));
    stream.write_all(b"Hello ").unwrap();
    assert_eq!(server.line(), format!("{from} wrote: Hello "));
    stream.write_all(b"World\nand more").unwrap();
    assert_eq!(server.line(), format!("{from} wrote: World"));
    assert_eq!(rest(&mut stream), b"HELLO WORLD");
    assert_eq!(server.line(), format!("{from} closed: 20 bytes, answered"));
}

#[test]
fn the_log_tells_the_time_in_utc() {
    let server = start(&["--time", "-v"]);
    assert_eq!(ask(&server, b"Hello"), b"HELLO");
    let before = Command::new("date").args(["-u", "+%Y-%m-"]).output().unwrap().stdout;
    let before = String::from_utf8(before).unwrap();
    for end in [" connected", " wrote: Hello", " closed: 5 bytes, client closed"] {
        let line = server.line();
        let (time, text) = line.split_once(' ').unwrap();
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{line}");
        // The month may end between the two.
        assert!(time.starts_with(before.trim_end()) || time[8..10] == *"01", "{line} {before}");
        assert!(text.starts_with("127.0.0.1:") && text.ends_with(end), "{line}");
    }
}

#[test]
fn once_is_one_connection() {
    for (mode, said, closed) in
        [("--idle=60", "hello", "5 bytes, client closed"), ("--line", "hello\n", "6 bytes, answered")]
    {
        let mut server = start(&["--once", mode]);
        let mut stream = server.connect();
        stream.write_all(said.as_bytes()).unwrap();
        assert_eq!(exactly(&mut stream, 5), b"HELLO");
        // Nobody else is let in meanwhile.
        assert!(TcpStream::connect(server.addr()).is_err());
        assert!(mode == "--line" || server.child.try_wait().unwrap().is_none());
        drop(stream);
        assert_eq!(ended(&mut server), 0);
        assert_eq!(server.closed(), closed);
    }
}

#[test]
fn a_signal_beside_the_one_client_leaves_it_its_answer() {
    let mut server = Echod::spawn(Command::new(ECHOD).args(["--once", "127.0.0.1:0", "127.0.0.1:0"]), 2);
    // Both wait for a server that is stopped, and so it meets them at once.
    server.signal("STOP");
    while stat(server.child.id())[0] != "T" {
        thread::sleep(Duration::from_millis(5));
    }
    let mut stream = server.connect();
    stream.write_all(b"hello").unwrap();
    server.signal("TERM");
    server.signal("CONT");
    assert_eq!(rest(&mut stream), b"HELLO");
    assert_eq!(ended(&mut server), 0);
    assert_eq!(server.closed(), "5 bytes, shutdown");
}

#[test]
fn an_answer_waits_for_its_delay() {
    let delay = Duration::from_millis(300);
    let server = start(&["--delay", "0.3", "--idle", "0.1"]);
    let mut stream = server.connect();
    let start = Instant::now();
    stream.write_all(b"one").unwrap();
    stream.set_nonblocking(true).unwrap();
    assert!(stream.read(&mut [0]).is_err() || start.elapsed() >= delay);
    stream.set_nonblocking(false).unwrap();
    // This one is read after the first answer, and so waits as long again.
    while server.line() != format!("{} wrote: one", stream.local_addr().unwrap()) {}
    stream.write_all(b"two").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(exactly(&mut stream, 3), b"ONE");
    assert!(start.elapsed() >= delay, "{:?}", start.elapsed());
    assert_eq!(rest(&mut stream), b"TWO");
    assert!(start.elapsed() >= 2 * delay, "{:?}", start.elapsed());

    let server = self::start(&["--delay", "0.3", "--line"]);
    for (line, reply) in [(&b" Hello \n"[..], &b"HELLO"[..]), (b"\n", b"")] {
        let start = Instant::now();
        assert_eq!(ask(&server, line), reply);
        assert!(start.elapsed() >= delay, "{:?}", start.elapsed());
    }
}

#[test]
fn a_delayed_answer_is_not_lost_at_the_deadline() {
    let server = start(&["--delay", "3600", "--deadline", "2"]);
    let mut stream = server.connect();
    stream.write_all(b"owed").unwrap();
    while server.line() != format!("{} wrote: owed", stream.local_addr().unwrap()) {}
    // Nobody reads this one, and it makes no reset of the end.
    stream.write_all(b"more").unwrap();
    assert_eq!(rest(&mut stream), b"OWED");
    assert_eq!(server.closed(), "4 bytes, deadline");
}

#[test]
fn a_delayed_answer_is_not_lost_at_the_end() {
    let mut server = start(&["--delay", "3600", "--grace", "0.2"]);
    let mut stream = server.connect();
    stream.write_all(b"owed").unwrap();
    while server.line() != format!("{} wrote: owed", stream.local_addr().unwrap()) {}
    server.signal("TERM");
    assert_eq!(rest(&mut stream), b"OWED");
    assert_eq!(ended(&mut server), 0);
}

#[test]
fn no_capability_is_kept() {
    // Root has them all, and so has anybody in a user namespace of their own.
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let command = |program| {
        let mut command = Command::new(if root { "env" } else { "unshare" });
        command.args((!root).then_some("--map-root-user")).arg(program);
        command
    };
    if !command("true").status().is_ok_and(|status| status.success()) {
        tool::lacking("nobody has a capability to lose here");
        return;
    }
    let server = Echod::spawn(command(ECHOD).arg("-q"), 1);
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let sets: Vec<_> = status.lines().filter(|line| line.starts_with("Cap")).collect();
    for line in &sets {
        assert!(line.ends_with(":\t0000000000000000"), "{status}");
    }
    assert!(sets.len() >= 4 && status.contains("NoNewPrivs:\t1"), "{status}");
    assert_eq!(ask(&server, b"x"), b"X");
}

#[test]
fn service_goes_on_where_memory_has_ended() {
    let mut command = Command::new(ECHOD);
    command.args(["-v", "--time", "--max-per-host", "1000", "--max-conns", "300"]);
    let server = Echod::spawn(&mut command, 1);
    assert_eq!(ask(&server, b"x"), b"X");
    // From here on the process gets not one page more.
    let pid = server.child.id().to_string();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let size: u64 =
        status.lines().find_map(|l| l.strip_prefix("VmSize:")?.trim().strip_suffix(" kB")?.parse().ok()).unwrap();
    let done = Command::new("prlimit").args(["--pid", &pid, &format!("--as={}:", size << 10)]).status().unwrap();
    assert!(done.success());
    // Some take no output, which nobody has memory for; 400 others are served.
    let _stuck = [stuck(&server), stuck(&server), stuck(&server)];
    let clients: Vec<_> = (0..400)
        .map(|i| {
            let mut client = server.connect();
            client.write_all(b"hello").unwrap();
            assert_eq!(exactly(&mut client, 5), b"HELLO", "client {i}");
            client
        })
        .collect();
    drop(clients);
    assert_eq!(ask(&server, b"still here"), b"STILL HERE");
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
        tool::lacking("nothing here is forbidden to anybody");
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
        let addr = SocketAddr::from(([127, 0, 0, 1], tool::free_port()));
        command.args(["-c", &format!("exec \"$0\" \"$1\" {to}"), ECHOD, &addr.to_string()]);
        let mut child = Killed(command.stdout(Stdio::piped()).spawn().unwrap());
        if broken == "closed pipe" {
            drop(child.0.stdout.take());
        }
        let ready = Instant::now();
        while TcpStream::connect(addr).is_err() {
            assert!(ready.elapsed() < Duration::from_secs(60), "{broken}");
            thread::sleep(Duration::from_millis(5));
        }
        // Some 130 bytes of log each: a pipe holds 65,536.
        for _ in 0..2000 {
            let mut stream = TcpStream::connect(addr).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            stream.write_all(&[b'x'; 50]).unwrap();
            assert_eq!(exactly(&mut stream, 50), [b'X'; 50], "{broken}");
        }
        assert!(child.0.try_wait().unwrap().is_none(), "{broken}");
    }
}

#[test]
fn out_of_descriptors_newcomers_are_served_all_the_same() {
    let mut command = Command::new(ECHOD);
    command.stderr(Stdio::piped());
    let mut server = Echod::spawn(command.args(["--idle", "0"]), 1);
    let pid = server.child.id().to_string();
    let limit = |files: u32| {
        let files = format!("--nofile={files}:");
        assert!(Command::new("prlimit").args(["--pid", &pid, &files]).status().unwrap().success());
    };
    let start = Instant::now();
    // Lowered while it runs, so that counting connections does not help.
    limit(24);
    let clients: Vec<_> = (0..60)
        .map(|i| {
            let mut client = server.connect();
            client.write_all(b"x").unwrap();
            assert_eq!(exactly(&mut client, 1), b"X", "client {i}");
            client
        })
        .collect();
    let before = cpu_ticks(server.child.id());
    thread::sleep(Duration::from_secs(1));
    let ticks = cpu_ticks(server.child.id()) - before;
    assert!(ticks <= 3, "{ticks} ticks of 10 ms in a second");
    drop(clients);
    for _ in 0..60 {
        server.closed();
    }
    // Not even one: it waits, and neither spins nor fills the log.
    limit(5);
    let mut waiting = server.connect();
    waiting.write_all(b"patience").unwrap();
    let before = cpu_ticks(server.child.id());
    thread::sleep(Duration::from_millis(1500));
    let ticks = cpu_ticks(server.child.id()) - before;
    assert!(ticks <= 4, "{ticks} ticks of 10 ms in 1.5 s");
    limit(24);
    assert_eq!(exactly(&mut waiting, 8), b"PATIENCE");
    server.child.kill().unwrap();
    let mut said = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    // One at the beginning and in each second, of which the last one isn't over.
    let most = start.elapsed().as_secs() as usize + 2;
    assert!((1..=most).contains(&said.lines().count()), "{said}");
    assert!(
        said.lines().all(|l| l == format!("upper-echod: {}: Too many open files: newcomers wait", server.addr())),
        "{said}"
    );
}

/// Processor time of a process, in ticks.
fn cpu_ticks(pid: u32) -> u64 {
    let fields = stat(pid);
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// What the kernel says of a process, from its state on (proc_pid_stat(5)).
fn stat(pid: u32) -> Vec<String> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    line.rsplit(") ").next().unwrap().split(' ').map(str::to_owned).collect()
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
    let Some(alone) = tool::alone() else { return };
    let limits = format!("ulimit -v 65536; ulimit -s 64; exec {alone} \"$0\" \"$@\"");
    let server = Echod::spawn(command.args(["-c", &limits, ECHOD, "--idle", "5"]), 1);
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
    let folder = Folder::new();
    let notify = folder.join("notify");
    let manager = UnixDatagram::bind(&notify).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
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
}

#[test]
fn what_is_no_listener_is_refused() {
    let script = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" 3</dev/null";
    let seen: Seen = Command::new("sh").args(["-c", script, ECHOD]).output().unwrap().into();
    assert_eq!((seen.status, seen.out.as_str()), (2, ""));
    assert_eq!(seen.err, "upper-echod: descriptor 3: not a listening TCP socket (see LISTEN_FDS)\n");
    for (fds, said) in [
        ("x", "x: not a number of sockets"),
        ("-1", "-1: not a number of sockets"),
        ("1\x1b", "1\\x1b: not a number of sockets"),
        ("3", "3: not so many descriptors are open"),
        ("4294967295", "4294967295: not a number of sockets"),
    ] {
        let script = "LISTEN_PID=$$ exec \"$0\" 3</dev/null 4<&- 5<&-";
        let seen: Seen = Command::new("sh").args(["-c", script, ECHOD]).env("LISTEN_FDS", fds).output().unwrap().into();
        let said = format!("upper-echod: LISTEN_FDS: {said}\n");
        assert_eq!(seen, Seen { status: 2, out: String::new(), err: said });
    }
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

/// A process that dies with this value.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn wrong_words_are_refused_with_what_would_do() {
    for (words, said) in [
        (&["--frobnicate"][..], "--frobnicate: unknown option"),
        (&[""], "'': ADDRESS:PORT, PORT or :PORT is needed"),
        (&["127.0.0.1"], "127.0.0.1: 127.0.0.1:5555 is meant"),
        (&["127.0.0.1", "7777"], "127.0.0.1: 127.0.0.1:7777 is meant"),
        (&["tcp://127.0.0.1:0"], "tcp://127.0.0.1:0: 127.0.0.1:0 is meant"),
        (&["http://localhost:5555"], "http://localhost:5555: localhost:5555 is meant"),
        (&["127.0.0.1:echo"], "127.0.0.1:echo: a port is a number (`getserv echo` prints it)"),
        (&["::1:7"], "::1:7: [::1]:7 or [::1:7]:5555 is meant"),
        (&["*:7"], "*:7: 0.0.0.0:7 or [::]:7 is meant"),
        (&["7/tcp"], "7/tcp: 7 is meant"),
        (&["99999"], "99999: a port is at most 65535"),
        (&["--idle", "1e3"], "--idle: 1e3: no number of seconds"),
        (&["--idle", "1000000.5"], "--idle: 1000000.5: at most 1000000 seconds are possible"),
        (&["--delay", "-1"], "--delay: -1: no number of seconds"),
        (&["--max-conns", "+5"], "--max-conns: +5: no number in range"),
        (&["-q=1"], "-q: takes no value"),
        (&["--once=2"], "--once: takes no value"),
        (&["--grace"], "--grace: needs a value"),
    ] {
        let seen = run(ECHOD, words, b"");
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{words:?}");
        assert!(seen.err.starts_with(&format!("upper-echod: {said}")), "{words:?}: {}", seen.err);
        assert_eq!(seen.err.lines().count(), 1, "{words:?}: {}", seen.err);
    }
}
