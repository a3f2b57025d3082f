//! Name servers that mean harm, byte by byte. Whatever they send, dnsall ends in
//! time, keeps the good records, prints nothing that was not asked for, and no
//! byte of theirs reaches the terminal.
use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use dnsall::wire::types::Type;
use plainnet_lab::tool::{self, Seen};

/// Runs dnsall under sh, after `limits`. More than a minute is a bug, with status 124.
fn limited(limits: &str, line: &str) -> Seen {
    let script = format!("{limits} exec timeout 60 '{}' {line}", env!("CARGO_BIN_EXE_dnsall"));
    tool::run("sh", ["-c", &script], b"")
}

fn run(line: &str) -> Seen {
    limited("", line)
}

/// What a server sends back for a question, and how often it was asked before.
type Behave = dyn Fn(&[u8], usize) -> Vec<Vec<u8>> + Send + Sync;

/// A false reply to a question.
type Forge = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

/// What it does with a connection.
type Serve = dyn Fn(TcpStream) + Send + Sync;

/// A server of bytes, by UDP and TCP, until it is dropped. By then it was asked
/// something, and did as it should.
struct Hostile {
    addr: SocketAddr,
    over: Arc<AtomicBool>,
    /// Datagrams and connections so far.
    asked: Arc<AtomicUsize>,
    connected: Arc<AtomicUsize>,
    datagrams: Option<JoinHandle<()>>,
}

impl Hostile {
    fn udp(behave: impl Fn(&[u8], usize) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Hostile {
        Hostile::both(Arc::new(behave), Arc::new(|_| {}))
    }

    /// Truncates everything by UDP.
    fn tcp(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Hostile {
        let behave = |question: &[u8], _| {
            let mut msg = reply(question, &[]);
            msg[2] |= 2;
            vec![msg]
        };
        Hostile::both(Arc::new(behave), Arc::new(serve))
    }

    fn both(behave: Arc<Behave>, serve: Arc<Serve>) -> Hostile {
        let (socket, listener) = loop {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
            if let Ok(listener) = TcpListener::bind(socket.local_addr().expect("bound")) {
                break (socket, listener);
            }
        };
        let addr = socket.local_addr().expect("bound");
        let over = Arc::new(AtomicBool::new(false));
        let (asked, connected) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (ends, count) = (over.clone(), asked.clone());
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
        let datagrams = thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                let mut question = [0; 512];
                let Ok((len, from)) = socket.recv_from(&mut question) else { continue };
                for msg in behave(&question[..len], count.fetch_add(1, Ordering::Relaxed)) {
                    let _ = socket.send_to(&msg, from);
                }
            }
        });
        let (ends, count) = (over.clone(), connected.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ends.load(Ordering::Relaxed) {
                    break;
                }
                count.fetch_add(1, Ordering::Relaxed);
                let serve = serve.clone();
                thread::spawn(move || serve(stream));
            }
        });
        Hostile { addr, over, asked, connected, datagrams: Some(datagrams) }
    }

    fn ask(&self, line: &str) -> Seen {
        run(&format!("@{} {line}", self.addr))
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // The listener waits for somebody.
        let _ = TcpStream::connect(self.addr);
        let end = self.datagrams.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(matches!(end, Some(Ok(()))), "the server of datagrams panicked");
            assert!(self.asked.load(Ordering::Relaxed) > 0, "a server was not asked");
        }
    }
}

/// Where the question ends; its name is never compressed.
fn end(question: &[u8]) -> usize {
    let mut at = 12;
    while question[at] > 0 {
        at += 1 + usize::from(question[at]);
    }
    at + 5
}

fn asked(question: &[u8]) -> u16 {
    let at = end(question) - 4;
    u16::from_be_bytes([question[at], question[at + 1]])
}

/// An honest reply with these answers.
fn reply(question: &[u8], answers: &[Vec<u8>]) -> Vec<u8> {
    let mut msg = question[..end(question)].to_vec();
    msg[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]);
    msg[6..8].copy_from_slice(&u16::try_from(answers.len()).expect("few").to_be_bytes());
    msg.extend(answers.concat());
    msg
}

/// A record of the name asked for.
fn record(rtype: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xc0, 12];
    bytes.extend(rtype.to_be_bytes());
    bytes.extend([0, 1, 0, 0, 0, 60]);
    bytes.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
    bytes.extend(data);
    bytes
}

const GOOD: &str = "A:192.0.2.1\n";

fn good() -> Vec<u8> {
    record(1, &[192, 0, 2, 1])
}

fn evil() -> Vec<u8> {
    record(1, &[6, 6, 6, 6])
}

/// Nothing on either stream that a terminal obeys.
fn harmless(seen: &Seen) {
    for text in [&seen.out, &seen.err] {
        assert!(text.bytes().all(|b| b == b'\n' || b == b'\t' || (0x20..0x7f).contains(&b)), "{text:?}");
    }
    assert!(seen.status < 4, "{seen:?}");
}

#[test]
fn forged_replies_are_not_the_answer() {
    let forge = |change: fn(&mut Vec<u8>)| {
        move |question: &[u8]| {
            let mut msg = reply(question, &[evil()]);
            change(&mut msg);
            msg
        }
    };
    let forgeries: [(&str, Box<Forge>); 9] = [
        ("another id", Box::new(forge(|msg| msg[0] ^= 1))),
        ("a question", Box::new(forge(|msg| msg[2] &= 0x7f))),
        ("another opcode", Box::new(forge(|msg| msg[2] |= 0x10))),
        ("two questions", Box::new(forge(|msg| msg[5] = 2))),
        ("no question", Box::new(forge(|msg| drop(msg.splice(4..msg.len(), [0; 8]))))),
        (
            "another class",
            Box::new(|q: &[u8]| {
                let mut msg = reply(q, &[evil()]);
                msg[end(q) - 1] = 3;
                msg
            }),
        ),
        (
            "another type",
            Box::new(|q: &[u8]| {
                let mut msg = reply(q, &[evil()]);
                msg[end(q) - 3] = 2;
                msg
            }),
        ),
        ("another name", Box::new(forge(|msg| msg[13] = b'z'))),
        ("a header", Box::new(|q: &[u8]| q[..12].to_vec())),
    ];
    for (what, forgery) in forgeries {
        let server = Hostile::udp(move |q, _| vec![forgery(q), reply(q, &[good()])]);
        let seen = server.ask("-t A a.example");
        assert_eq!((seen.out.as_str(), seen.err.as_str(), seen.status), (GOOD, "", 0), "{what}");
    }
}

#[test]
fn a_reply_from_another_port_is_not_the_answer() {
    let server = {
        let other = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let addr = socket.local_addr().expect("bound");
        thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((len, from)) = socket.recv_from(&mut question) {
                let _ = other.send_to(&reply(&question[..len], &[evil()]), from);
                thread::sleep(Duration::from_millis(20));
                let _ = socket.send_to(&reply(&question[..len], &[good()]), from);
            }
        });
        addr
    };
    let seen = run(&format!("@{server} -t A a.example"));
    assert_eq!((seen.out.as_str(), seen.status), (GOOD, 0));
}

#[test]
fn records_nobody_asked_for_are_not_printed() {
    let server = Hostile::udp(|q, _| {
        let mut chaos = record(1, &[6, 6, 6, 6]);
        chaos[5] = 3;
        let mut below = evil();
        below.splice(..2, *b"\x01x\xc0\x0c");
        let mut root = evil();
        root.splice(..2, [0]);
        vec![reply(q, &[chaos, below, root, record(28, &[6; 16]), record(65280, b"x"), good()])]
    });
    assert_eq!(server.ask("-t A a.example").out, GOOD);
}

#[test]
fn a_flood_of_rubbish_drowns_no_answer() {
    let server = Hostile::udp(|q, _| {
        let mut all: Vec<Vec<u8>> = (0..2000).map(|i: u32| i.to_be_bytes().repeat((i % 40) as usize)).collect();
        all.push(reply(q, &[good()]));
        all
    });
    let seen = server.ask("-t A --timeout 20 a.example");
    // The answer itself may not have fitted into the socket, but a later one does.
    assert_eq!((seen.out.as_str(), seen.status), (GOOD, 0), "{}", seen.err);
}

/// Numbers that look random and are the same in each run.
fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let step = |state: &mut u32| {
        *state ^= *state << 13;
        *state ^= *state >> 17;
        *state ^= *state << 5;
        (*state >> 11) as u8
    };
    (0..len).map(|_| step(&mut state)).collect()
}

#[test]
fn any_bytes_of_any_type_are_one_line() {
    for round in 0..6 {
        let server = Hostile::udp(move |q, _| {
            let rtype = asked(q);
            // No alias, or only what stands beside one would be asked.
            let data = if rtype == 5 {
                return vec![reply(q, &[])];
            } else {
                noise(u32::from(rtype) + round * 999, 8 * round as usize)
            };
            vec![reply(q, &[record(rtype, &data), record(rtype, &[1, 2, 3]), record(rtype, &data)])]
        });
        let seen = server.ask("a.example");
        harmless(&seen);
        assert_eq!(seen.status, 0, "{}", seen.err);
        let mut lines = seen.out.lines();
        for rtype in Type::data_types().filter(|t| *t != Type::CNAME) {
            // The record that came twice stands once.
            for _ in 0..2 {
                let line = lines.next().unwrap_or_default();
                assert!(line.starts_with(&format!("{rtype}:")), "{rtype}: {line}");
            }
        }
        assert_eq!(lines.next(), None);
        for view in ["--zone", "--json", "--explain", "-l", "-s"] {
            harmless(&server.ask(&format!("{view} a.example")));
        }
    }
}

#[test]
fn lengths_and_counts_that_lie() {
    // rdlength 0, short, long, up to the end of the message and beyond.
    for len in [0u8, 1, 3, 5, 14, 200, 255] {
        let server = Hostile::udp(move |q, _| {
            let mut bad = evil();
            bad[11] = len;
            vec![reply(q, &[good(), bad])]
        });
        let seen = server.ask("-t A --timeout 20 --tries 1 a.example");
        harmless(&seen);
        assert!(seen.out.lines().any(|line| line == "A:192.0.2.1"), "rdlength {len}: {seen:?}");
    }
    // 65535 questions are not ours; with ours alone the answer counts.
    for (counts, seconds, want) in [
        ([0xff; 8], 0.2, ""),
        ([0, 1, 0xff, 0xff, 0, 0, 0, 0], 20.0, GOOD),
        ([0, 1, 0, 1, 0xff, 0xff, 0, 0], 20.0, GOOD),
        ([0, 1, 0, 1, 0, 0, 0xff, 0xff], 20.0, GOOD),
    ] {
        let server = Hostile::udp(move |q, _| {
            let mut msg = reply(q, &[good()]);
            msg[4..12].copy_from_slice(&counts);
            vec![msg]
        });
        let seen = server.ask(&format!("-t A --timeout {seconds} --tries 2 a.example"));
        harmless(&seen);
        assert_eq!(seen.out, want, "{counts:?} {}", seen.err);
    }
}

#[test]
fn every_cut_of_a_reply() {
    const LONGEST: usize = 120;
    let server = Hostile::udp(|q, count| {
        let opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\x0c\0\x0f\0\x08\0\x16\x1b[31m\x07";
        let mut msg = reply(q, &[good(), record(15, b"\0\x01\x02mx\xc0\x0c"), record(16, b"\x03\x1b[m")]);
        msg[11] = 1;
        msg.extend(opt);
        assert!(msg.len() <= LONGEST);
        msg.truncate(12 + count % (msg.len() - 12));
        vec![msg]
    });
    for _ in 0..LONGEST {
        harmless(&server.ask("--timeout 0.1 --tries 1 -t A,MX,TXT a.example"));
    }
    assert!(server.asked.load(Ordering::Relaxed) >= LONGEST);
}

#[test]
fn names_that_turn_in_circles() {
    for data in [&b"\xc0\x1d"[..], b"\xc0\xff", b"\x01a\xc0\x1d", b"\x3f", b"\x40\0", b"\x80\0", b"\xc0\0", b"\xc0"] {
        let data = data.to_vec();
        let server = Hostile::udp(move |q, _| {
            let mut nobody = evil();
            nobody.splice(..2, data.clone());
            vec![reply(q, &[good(), record(1, &[192, 0, 2, 2]), record(5, &data), nobody])]
        });
        let seen = server.ask("-t A,CNAME --timeout 20 --tries 1 a.example");
        harmless(&seen);
        assert!(seen.out.contains("A:192.0.2.1\nA:192.0.2.2\n"), "{seen:?}");
        assert!(!seen.out.contains("6.6.6.6"), "{seen:?}");
    }
}

#[test]
fn aliases_without_an_end() {
    // Each name is an alias of a new one, or of itself; a DNAME makes names longer and longer.
    let chain = Hostile::udp(|q, count| {
        let target = format!("n{count}");
        vec![reply(q, &[record(5, &[&[target.len() as u8], target.as_bytes(), b"\x07example\0"].concat())])]
    });
    let circle = Hostile::udp(|q, _| vec![reply(q, &[record(5, b"\xc0\x0c")])]);
    let growth = Hostile::udp(|q, _| {
        let mut dname = record(39, b"\x3faaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x01a\0");
        dname.splice(..2, *b"\x01a\0");
        vec![reply(q, &[dname])]
    });
    for (server, name, said) in [
        (chain, "a.example", "more than 16 aliases in a row"),
        (circle, "a.example", "the aliases lead in a circle"),
        (growth, "x.a", "NOERROR"),
    ] {
        for (line, said) in [("--follow", said), ("-a", said), ("--follow --exhaustive", said), ("--trace", "knows")] {
            let seen = server.ask(&format!("{line} --timeout 20 --tries 2 {name}"));
            harmless(&seen);
            assert!(seen.err.contains(said) || seen.out.contains(said), "{line} {name}: {seen:?}");
        }
    }
}

#[test]
fn words_of_a_server_steer_no_terminal() {
    let server = Hostile::udp(|q, _| {
        let words = "\u{1b}]0;owned\u{7}\n\u{202e}A:6.6.6.6\u{9b}31m".as_bytes();
        let mut msg = reply(q, &[]);
        msg[3] = 0x85;
        msg[11] = 1;
        msg.extend([0, 0, 41, 4, 208, 0, 0, 0, 0]);
        msg.extend(u16::try_from(words.len() + 6).expect("short").to_be_bytes());
        msg.extend([0, 15]);
        msg.extend(u16::try_from(words.len() + 2).expect("short").to_be_bytes());
        msg.extend([0, 18]);
        msg.extend(words);
        vec![msg]
    });
    for view in ["", "--json", "-v", "--explain"] {
        let seen = server.ask(&format!("{view} a.example"));
        harmless(&seen);
        assert_eq!((seen.status, seen.err.lines().count()), (3, if view == "-v" { 2 } else { 1 }), "{seen:?}");
        assert!(seen.err.contains("owned"), "{view}: {seen:?}");
    }
}

/// Reads one question from a connection.
fn question(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut len = [0; 2];
    stream.read_exact(&mut len).ok()?;
    let mut question = vec![0; usize::from(u16::from_be_bytes(len))];
    stream.read_exact(&mut question).ok()?;
    Some(question)
}

fn framed(msg: &[u8]) -> Vec<u8> {
    [&u16::try_from(msg.len()).expect("a message").to_be_bytes()[..], msg].concat()
}

#[test]
fn connections_that_never_come_to_the_point() {
    let empty = Hostile::tcp(|mut stream| while stream.write_all(&[0; 65536]).is_ok() {});
    let ones = Hostile::tcp(|mut stream| while stream.write_all(&[0, 1, 7].repeat(9999)).is_ok() {});
    let huge = Hostile::tcp(|mut stream| {
        let _ = stream.write_all(&[0xff; 30_000]);
        thread::sleep(Duration::from_secs(10));
    });
    let wrong = Hostile::tcp(|mut stream| {
        while let Some(q) = question(&mut stream) {
            let mut msg = reply(&q, &[evil()]);
            msg[0] ^= 0x40;
            while stream.write_all(&framed(&msg)).is_ok() {}
        }
    });
    let shut = Hostile::tcp(drop);
    for (server, what) in [(empty, "empty"), (ones, "ones"), (huge, "huge"), (wrong, "wrong"), (shut, "shut")] {
        for line in ["-t A", "-t A,AAAA,MX"] {
            // 200 MB of addresses and three seconds of the processor are plenty.
            let limits = "ulimit -v 200000; ulimit -t 3;";
            let seen = limited(limits, &format!("@{} {line} --timeout 0.5 --tries 2 a.example", server.addr));
            harmless(&seen);
            assert_eq!((seen.status, seen.out.as_str()), (3, ""), "{what} {line} {}", seen.err);
        }
        assert!(server.connected.load(Ordering::Relaxed) > 0, "{what}");
    }
}

#[test]
fn the_half_that_came_is_told_from_the_whole() {
    // Two of three answers, then the end in the middle of the third.
    // A second connection is closed at once.
    let first = AtomicBool::new(true);
    let server = Hostile::tcp(move |mut stream| {
        for _ in 0..2 * usize::from(first.swap(false, Ordering::Relaxed)) {
            let Some(q) = question(&mut stream) else { return };
            let _ = stream.write_all(&framed(&reply(&q, &[record(asked(&q), &[192, 0, 2, 1])])));
        }
        let _ = stream.write_all(&[0, 40, 1, 2, 3]);
    });
    let seen = server.ask("-t A,L32,65280 --timeout 20 --tries 1 a.example");
    harmless(&seen);
    assert_eq!(seen.status, 3, "{seen:?}");
    assert!(seen.out.contains("A:192.0.2.1") && seen.err.contains("truncated"), "{seen:?}");
}

#[test]
fn a_server_that_ends_connections_after_a_few_answers_answers_all() {
    // Such limits are common (tcp-query-count of NSD and Unbound). The rest of what was sent is read and dropped.
    for (each, names) in [(7, 1000), (1, 100)] {
        let server = Hostile::tcp(move |mut stream| {
            for _ in 0..each {
                let Some(q) = question(&mut stream) else { return };
                let _ = stream.write_all(&framed(&reply(&q, &[good()])));
            }
            let _ = stream.shutdown(Shutdown::Write);
            while question(&mut stream).is_some() {}
        });
        let wanted: String = (1..=names).map(|n| format!("h{n}.example\tA:192.0.2.1\n")).collect();
        for at in ["@", "@tcp://"] {
            let (list, tool) = (format!("seq -f h%g.example {names}"), env!("CARGO_BIN_EXE_dnsall"));
            let script = format!("{list} | exec timeout 60 '{tool}' {at}{} -t A", server.addr);
            let seen = tool::run("sh", ["-c", &script], b"");
            assert!(seen.status == 0 && seen.out == wanted, "{each} {at} {}", seen.err);
        }
    }
}

#[test]
fn large_answers_behind_a_late_one_take_little_memory() {
    // The first name is answered when all the others are, 2,000 addresses each.
    const OTHERS: usize = 390;
    let server = Hostile::tcp(|mut stream| {
        let addresses: Vec<Vec<u8>> = (0..2000u32).map(|n| record(1, &(0x0a00_0000 + n).to_be_bytes())).collect();
        let (mut first, mut others) = (None, 0);
        while let Some(q) = question(&mut stream) {
            if q[13..].starts_with(b"first") {
                first = Some(q);
            } else {
                let _ = stream.write_all(&framed(&reply(&q, &addresses)));
                others += 1;
            }
            if others >= OTHERS
                && let Some(q) = first.take()
            {
                let _ = stream.write_all(&framed(&reply(&q, &[good()])));
            }
        }
    });
    let list = format!("(echo first.example; seq -f h%g.example {OTHERS})");
    let line = format!("timeout 60 '{}' @{} -t A --timeout 30", env!("CARGO_BIN_EXE_dnsall"), server.addr);
    let seen = tool::run("sh", ["-c", &format!("ulimit -v 120000; {list} | {line} | uniq -w 12 | head -c 99999")], b"");
    assert_eq!((seen.out.lines().next(), seen.err.as_str()), (Some("first.example\tA:192.0.2.1"), ""));
    assert!(seen.out.lines().last().is_some_and(|line| line.starts_with("h390.example\tA:10.0.")));
}

#[test]
fn a_truncated_answer_over_tcp_is_half_of_one() {
    let server = Hostile::tcp(|mut stream| {
        while let Some(q) = question(&mut stream) {
            let mut msg = reply(&q, &[good()]);
            msg[2] |= 2;
            let _ = stream.write_all(&framed(&msg));
        }
    });
    for at in ["@", "@tcp://"] {
        for (rtype, out) in [("A", GOOD), ("MX", "")] {
            let seen = run(&format!("{at}{} -t {rtype} a.example", server.addr));
            let said = format!("dnsall: a.example: {}{}: answer truncated\n", &at[1..], server.addr);
            assert_eq!((seen.status, seen.out, seen.err), (3, out.to_owned(), said));
        }
    }
}

#[test]
fn a_closed_connection_does_not_keep_the_processor_busy() {
    // MX comes by TCP, which is closed soon after; TXT never comes, so that there is a wait.
    let server = Hostile::both(
        Arc::new(|q: &[u8], _| match asked(q) {
            15 => {
                let mut msg = reply(q, &[]);
                msg[2] |= 2;
                vec![msg]
            }
            16 => vec![],
            _ => vec![reply(q, &[])],
        }),
        Arc::new(|mut stream: TcpStream| {
            if let Some(q) = question(&mut stream) {
                let _ = stream.write_all(&framed(&reply(&q, &[record(15, b"\0\x01\0")])));
                thread::sleep(Duration::from_millis(100));
            }
        }),
    );
    let line = format!("@{} -t MX,TXT --timeout 2 --tries 1 a.example", server.addr);
    let script = format!("'{}' {line}; times >&2", env!("CARGO_BIN_EXE_dnsall"));
    let seen = tool::run("sh", ["-c", &script], b"");
    assert_eq!(seen.out, "MX:1 .\n", "{seen:?}");
    // The last line of `times` is of the children: `0m0.01s 0m0.00s`, user and system.
    let seconds = |time: &str| -> Option<f64> {
        let (minutes, seconds) = time.strip_suffix('s')?.split_once('m')?;
        Some(60.0 * minutes.parse::<f64>().ok()? + seconds.parse::<f64>().ok()?)
    };
    let times: Option<Vec<f64>> = seen.err.lines().last().unwrap_or_default().split(' ').map(seconds).collect();
    let Some([user, system]) = times.as_deref() else { panic!("{seen:?}") };
    let used = user + system;
    assert!(used < 0.5, "{used} s of two: {}", seen.err);
}

#[test]
fn a_message_full_of_records_is_read_in_time() {
    // 64 KiB of the smallest records, all different: and the same one again and again.
    for different in [true, false] {
        let server = Hostile::tcp(move |mut stream| {
            while let Some(q) = question(&mut stream) {
                let mut msg = reply(&q, &[]);
                let mut count = 0u16;
                while msg.len() < 65_500 {
                    msg.extend(record(
                        1,
                        &[10, 0, (count >> 8) as u8 * u8::from(different), count as u8 * u8::from(different)],
                    ));
                    count += 1;
                }
                msg[6..8].copy_from_slice(&count.to_be_bytes());
                if stream.write_all(&framed(&msg)).is_err() {
                    return;
                }
            }
        });
        let seen = limited("ulimit -v 200000; ulimit -t 5;", &format!("@{} -t A a.example", server.addr));
        harmless(&seen);
        let lines = seen.out.lines().count();
        assert_eq!((seen.status, lines), (0, if different { 4093 } else { 1 }), "{}", seen.err);
    }
}
