//! dnsall and servers by HTTPS, HTTP/3 and QUIC, good ones and hostile ones of
//! the lab. Whatever those do, dnsall ends in time, says which step failed, and
//! no byte of theirs reaches the terminal.
use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, UdpSocket},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{
    dns,
    encrypted::{self, Manner},
    flights,
    private::{self, Net},
    tls::Authority,
    tool::{self, Seen},
};

const TOOL: &str = env!("CARGO_BIN_EXE_dnsall");

/// Runs dnsall, which trusts `trust` alone. More than 30 seconds are a bug, with status 124.
fn feed(trust: &Path, line: &str, input: &str) -> Seen {
    let words = ["30", TOOL].into_iter().chain(line.split_whitespace());
    let mut command = Command::new("timeout");
    tool::feed(command.args(words).env("SSL_CERT_FILE", trust).env_remove("SSL_CERT_DIR"), input.as_bytes()).into()
}

fn run(authority: &Authority, line: &str) -> Seen {
    feed(&authority.certificate(), line, "")
}

/// Starts a server.
type Start = fn(&Authority, SocketAddr, Manner) -> encrypted::Server;

/// Each protocol with the scheme of its servers.
const PROTOCOLS: [(&str, Start); 3] = [("https", encrypted::https), ("h3", encrypted::h3), ("quic", encrypted::quic)];

#[test]
fn one_connection_has_everything_that_udp_has() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab", "127.0.0.1"]) else { return };
    for (scheme, start) in PROTOCOLS {
        let front = start(&authority, server.addr, Manner::Good);
        for name in ["many.example", "dev.to", "big.example", "gone.example", "--follow blog.dev.to"] {
            let before = server.asked().len();
            let plain = run(&authority, &format!("{} {name}", server.at()));
            let between = server.asked().len();
            let seen = run(&authority, &format!("@{scheme}://dns.lab@{} {name}", front.addr));
            assert_eq!((seen.status, &seen.out), (plain.status, &plain.out), "{scheme} {name}\n{}", seen.err);
            let here = seen.err.replace(&format!("{scheme}://dns.lab@{}", front.addr), &server.addr.to_string());
            assert_eq!(here, plain.err, "{scheme} {name}");
            // Nobody learns from its length what was asked (RFC 8467), and no identifier is shown (RFC 9250 section 4.2.1).
            let asked = server.asked();
            assert!(before < between && between < asked.len());
            let secret =
                |a: &dns::Asked| a.tcp && a.message.len().is_multiple_of(128) && a.message.starts_with(&[0, 0]);
            assert!(asked[between..].iter().all(secret), "{scheme} {name}");
        }
        // One connection a run.
        assert_eq!(front.connections(), 5, "{scheme}");
        // A certificate for the address will do where that is what was asked for.
        let seen = run(&authority, &format!("@{scheme}://{} -t A -s example.org", front.addr));
        assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "93.184.216.34\n", ""), "{scheme}");
    }
}

#[test]
fn a_long_list_goes_over_one_connection() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    let list: String = (0..500).map(|i| format!("n{i}.example\nexample.org\n")).collect();
    for (scheme, start) in PROTOCOLS {
        let front = start(&authority, server.addr, Manner::Good);
        let line = format!("@{scheme}://dns.lab@{} -qks -t A --no-echo", front.addr);
        let seen = feed(&authority.certificate(), &line, &list);
        assert_eq!(seen.out, "-\n93.184.216.34\n".repeat(500), "{scheme}\n{}", seen.err);
        assert_eq!((seen.status, front.connections(), front.asked()), (0, 1, 1000), "{scheme}");
    }
}

#[test]
fn verbose_tells_the_protocol_and_the_certificate() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    for ((scheme, start), protocol) in
        PROTOCOLS.into_iter().zip(["HTTP/2 over TLS 1.3", "HTTP/3 with TLS 1.3", "DNS over QUIC with TLS 1.3"])
    {
        let front = start(&authority, server.addr, Manner::Good);
        let seen = run(&authority, &format!("-v @{scheme}://dns.lab@{} -t A example.org", front.addr));
        let said = format!("dnsall: {scheme}://dns.lab@{}: {protocol}, certificate of dns.lab verified\n", front.addr);
        assert!(seen.err.starts_with(&said), "{said}{}", seen.err);
        assert!(seen.err.contains(&format!("{scheme}://dns.lab@{} example.org.: NOERROR", front.addr)), "{}", seen.err);
    }
}

#[test]
fn several_servers_of_all_kinds() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    let fronts: Vec<String> = PROTOCOLS
        .iter()
        .map(|(scheme, start)| format!("@{scheme}://dns.lab@{}", start(&authority, server.addr, Manner::Good).addr))
        .collect();
    let all = format!("{} {}", server.at(), fronts.join(" "));
    let seen = run(&authority, &format!("--diff {all} many.example"));
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "", ""));
    let seen = run(&authority, &format!("{all} -t A example.org"));
    let labels: Vec<&str> = all.split(' ').map(|at| &at[1..]).collect();
    let lines: String = labels.iter().map(|label| format!("{label}\tA:93.184.216.34\n")).collect();
    assert_eq!((seen.status, seen.out, seen.err.as_str()), (0, lines, ""));
    let list = "example.org\n".repeat(300);
    let seen = feed(&authority.certificate(), &format!("--spread {all} -s --no-echo -t A"), &list);
    assert_eq!((seen.status, seen.out, seen.err.as_str()), (0, "93.184.216.34\n".repeat(300), ""));
}

#[test]
fn no_question_goes_to_who_cannot_prove_the_name() {
    let server = dns::serve(dns::story());
    let (Some(good), Some(old), Some(stranger)) =
        (Authority::new(&["dns.lab", "b.lab"]), Authority::expired(&["dns.lab"]), Authority::new(&["dns.lab"]))
    else {
        return;
    };
    let nobody = good.folder().join("nothing.pem");
    fs::write(&nobody, "").expect("written");
    for (scheme, start) in PROTOCOLS {
        let at = |authority| start(authority, server.addr, Manner::Good).addr;
        let (front, expired, strange) = (at(&good), at(&old), at(&stranger));
        for (trust, name, addr, why) in [
            (
                good.certificate(),
                "other.lab",
                front,
                "the certificate is not for other.lab (it is for dns.lab and 1 more)",
            ),
            (
                good.certificate(),
                "127.0.0.1",
                front,
                "the certificate is not for 127.0.0.1 (it is for dns.lab and 1 more)",
            ),
            (old.certificate(), "dns.lab", expired, "the certificate for dns.lab has expired"),
            (
                good.certificate(),
                "dns.lab",
                strange,
                "the certificate for dns.lab is signed by an authority that is not trusted here",
            ),
            (nobody.clone(), "dns.lab", front, "the system has no certificates to trust"),
            (
                "/nonexistent/ca.pem".into(),
                "dns.lab",
                front,
                "the system has no certificates to trust (/nonexistent/ca.pem: no such file or directory)",
            ),
        ] {
            let seen = feed(&trust, &format!("@{scheme}://{name}@{addr} dev.to"), "");
            let said = format!("dnsall: dev.to: {scheme}://{name}@{addr}: TLS: {why}\n");
            assert_eq!((seen.status, seen.out.as_str(), seen.err), (3, "", said));
        }
    }
    assert_eq!(server.asked(), []);
}

/// What a server does, and what is said about it: by HTTPS, HTTP/3 and QUIC; nothing where it can't be done.
type Case = (Manner, [&'static str; 3]);

#[test]
fn what_is_no_answer_is_told() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    let cases: [Case; 13] = [
        (Manner::Status(500), ["HTTP status 500 Internal Server Error", "HTTP status 500 Internal Server Error", ""]),
        (
            Manner::Status(302),
            [
                "HTTP status 302 Found (a redirection, which is not followed)",
                "HTTP status 302 Found (a redirection, which is not followed)",
                "",
            ],
        ),
        (
            Manner::Page,
            [
                "no DNS over HTTPS at this URL: content type text/html",
                "no DNS over HTTPS at this URL: content type text/html",
                "",
            ],
        ),
        (Manner::Endless, ["a reply of more than 64 KiB", "a reply of more than 64 KiB", ""]),
        (
            Manner::Empty,
            [
                "0 bytes are no DNS message",
                "0 bytes are no DNS message",
                "the server ended the stream without an answer",
            ],
        ),
        (Manner::Half, ["answer cut short", "answer cut short", "the answer ended after "]),
        (
            Manner::Reset,
            [
                "the server reset the stream (INTERNAL_ERROR)",
                "the server reset the stream (H3_INTERNAL_ERROR)",
                "the server reset the stream (DOQ_INTERNAL_ERROR)",
            ],
        ),
        (
            Manner::Close,
            [
                "the server ended the connection (ENHANCE_YOUR_CALM)",
                "the server ended the connection (H3_EXCESSIVE_LOAD)",
                "the server ended the connection (DOQ_EXCESSIVE_LOAD: too\\x1bmuch)",
            ],
        ),
        (Manner::LongHeader, ["", "a response of more than 128 KiB", ""]),
        (Manner::LongSettings, ["", "what the server sent is no HTTP/3 (H3_CLOSED_CRITICAL_STREAM)", ""]),
        (Manner::WrongId, ["no usable answer, 1 reply ignored (not to our question)"; 3]),
        (Manner::Silent, ["no answer"; 3]),
        (Manner::Dribble, ["no answer"; 3]),
    ];
    for (manner, words) in cases {
        for ((scheme, start), why) in PROTOCOLS.into_iter().zip(words).filter(|(_, why)| !why.is_empty()) {
            let front = start(&authority, server.addr, manner);
            // The others end the wait.
            let waits = matches!(manner, Manner::WrongId | Manner::Silent | Manner::Dribble);
            let seconds = if waits { 2.5 } else { 20.0 };
            let line = format!("--timeout {seconds} --tries 1 @{scheme}://dns.lab@{} -t A dev.to", front.addr);
            let seen = run(&authority, &line);
            assert_eq!((seen.status, seen.out.as_str()), (3, ""), "{scheme} {manner:?}: {}", seen.err);
            let said = format!("dnsall: dev.to: {scheme}://dns.lab@{}: {why}", front.addr);
            // The reason for the end may be lost where there is still something to be sent.
            let gone =
                seen.err.contains("connection closed by the server") && (scheme, manner) == ("https", Manner::Close);
            assert!(gone || seen.err.starts_with(&said), "{scheme} {manner:?}\n{said}\n{}", seen.err);
            assert_eq!(seen.err.lines().count(), 1);
        }
    }
    // A path where nobody serves DNS.
    let front = encrypted::https(&authority, server.addr, Manner::Good);
    let seen = run(&authority, &format!("@https://dns.lab@{}/x dev.to", front.addr));
    let said = "/x: HTTP status 404 Not Found (is the path of the URL right?)\n";
    assert!(seen.status == 3 && seen.err.ends_with(said), "{seen:?}");
}

#[test]
fn what_follows_an_answer_by_quic_is_not_read() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    let front = encrypted::quic(&authority, server.addr, Manner::Endless);
    let seen = run(&authority, &format!("@quic://dns.lab@{} many.example", front.addr));
    assert_eq!((seen.status, seen.out.lines().count(), seen.err.as_str()), (0, 15, ""));
}

#[test]
fn a_connection_that_ends_is_made_once_more() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    for (scheme, start) in PROTOCOLS {
        let ask = |manner, what: &str| {
            let front = start(&authority, server.addr, manner);
            let seen = run(&authority, &format!("@{scheme}://dns.lab@{} {what}", front.addr));
            (seen, front.connections())
        };
        // Refused streams were not looked at; a farewell after 60 of 90 questions leaves the rest.
        let (seen, connections) = ask(Manner::Refuse(1), "-t A -s example.org");
        // By HTTP/2 the same connection may have room a moment later; QUIC has no word for such streams.
        let (status, out, all, why) = match scheme {
            "https" => (0, "93.184.216.34\n", 1, ""),
            "h3" => (0, "93.184.216.34\n", 2, ""),
            _ => (3, "", 1, "the server reset the stream (DOQ_EXCESSIVE_LOAD)\n"),
        };
        assert_eq!((seen.status, seen.out.as_str(), connections), (status, out, all), "{scheme} {}", seen.err);
        assert!(seen.err.ends_with(why), "{scheme} {}", seen.err);
        let (seen, connections) = ask(Manner::GoAway(60), "many.example");
        assert_eq!((seen.status, seen.out.lines().count(), connections), (0, 15, 2), "{scheme} {}", seen.err);
        // Where it ends again, that is enough.
        let (seen, connections) = ask(Manner::Close, "many.example");
        assert_eq!((seen.status, seen.out.as_str(), connections), (3, "", 2), "{scheme} {}", seen.err);
    }
}

#[test]
fn a_server_that_takes_few_questions_at_a_time_gets_them_all() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    let front = encrypted::https(&authority, server.addr, Manner::Few);
    let seen = run(&authority, &format!("@https://dns.lab@{} many.example", front.addr));
    assert_eq!((seen.status, seen.out.lines().count(), seen.err.as_str()), (0, 15, ""));
    assert_eq!((front.connections(), server.asked().len()), (1, 90));
}

#[test]
fn a_bad_record_harms_no_other() {
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    for manner in [dns::Manner::BadRecord, dns::Manner::Loop, dns::Manner::Counts, dns::Manner::Half] {
        let server = dns::serve_as(dns::story(), manner);
        let plain = run(&authority, &format!("@tcp://{} -t A,MX dev.to", server.addr));
        for (scheme, start) in PROTOCOLS {
            let front = start(&authority, server.addr, Manner::Good);
            let seen = run(&authority, &format!("@{scheme}://dns.lab@{} -t A,MX dev.to", front.addr));
            assert_eq!((seen.status, &seen.out), (plain.status, &plain.out), "{scheme} {manner:?} {}", seen.err);
        }
    }
}

/// What a server sends.
type Bytes = dyn Fn() -> Vec<u8> + Send + Sync;

/// A server that speaks TLS and then sends bytes of its own.
fn bytes(authority: &Authority, alpn: &[u8], sent: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    authority.serve_alpn(alpn, move |client| {
        let mut block = [0; 4096];
        // The preface, which comes with the first questions.
        let _ = client.read(&mut block)?;
        client.write_all(&sent())?;
        client.flush()?;
        loop {
            match client.read(&mut block) {
                Ok(0) | Err(_) => return Ok(()),
                Ok(_) => {}
            }
        }
    })
}

/// A frame of HTTP/2 (RFC 9113 section 4.1) that claims `len` bytes.
fn frame(len: usize, kind: u8, flags: u8, stream: u32, bytes: &[u8]) -> Vec<u8> {
    let len = (len as u32).to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), bytes].concat()
}

#[test]
fn what_is_no_http2_is_told() {
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    let settings = || frame(0, 4, 0, 0, b"");
    let no_http2 = "what the server sent is no HTTP/2 (";
    let cases: [(&str, Box<Bytes>, &str); 7] = [
        ("a page by HTTP/1.1", Box::new(|| b"HTTP/1.1 400 Bad Request\r\n\r\n<html>".to_vec()), no_http2),
        ("a huge frame", Box::new(move || [settings(), frame(0xff_ffff, 0, 0, 1, &[0; 40_000])].concat()), no_http2),
        // A name compressed to an index that no table has (RFC 7541).
        ("an unknown header", Box::new(move || [settings(), frame(2, 1, 4, 1, &[0xff, 0x7f])].concat()), no_http2),
        ("half a frame", Box::new(move || [settings(), frame(4000, 1, 4, 1, &[0x88; 7])].concat()), "no answer"),
        ("data before headers", Box::new(move || [settings(), frame(3, 0, 1, 1, b"abc")].concat()), no_http2),
        (
            "headers without end",
            Box::new(move || {
                let more = frame(16_384, 9, 0, 1, &[0; 16_384]).repeat(200);
                [settings(), frame(1, 1, 0, 1, &[0x88]), more].concat()
            }),
            no_http2,
        ),
        (
            "a farewell with words",
            Box::new(move || [settings(), frame(16, 7, 0, 0, b"\0\0\0\0\0\0\0\x0b\x1b[31mred")].concat()),
            "the server ended the connection (ENHANCE_YOUR_CALM)",
        ),
    ];
    for (what, sent, why) in cases {
        let addr = bytes(&authority, b"h2", sent);
        let seconds = if why == "no answer" { 2.5 } else { 20.0 };
        let seen = run(&authority, &format!("--timeout {seconds} --tries 1 @https://dns.lab@{addr} -t A dev.to"));
        assert_eq!((seen.status, seen.out.as_str()), (3, ""), "{what}: {}", seen.err);
        let said = format!("dnsall: dev.to: https://dns.lab@{addr}: {why}");
        assert!(seen.err.starts_with(&said) && !seen.err.contains('\x1b'), "{what}\n{said}\n{}", seen.err);
    }
}

#[test]
fn the_step_that_failed_is_told() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    let closed = SocketAddr::from(([127, 0, 0, 1], tool::free_port()));
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let plain = TcpListener::bind("127.0.0.1:0").expect("a port");
    let plain_addr = plain.local_addr().expect("bound");
    thread::spawn(move || -> io::Result<()> {
        for client in plain.incoming() {
            client?.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
        }
        Ok(())
    });
    // DNS over TLS without HTTP, and a server that names no protocol.
    let dot = bytes(&authority, b"dot", Vec::new);
    let unnamed = authority.serve("127.0.0.1:0", |client| client.read(&mut [0; 4096]).map(drop));
    let deaf = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let h3_only = encrypted::h3(&authority, server.addr, Manner::Good);
    for (scheme, addr, why) in [
        ("https", closed, "TCP: connection refused"),
        ("https", mute.local_addr().expect("bound"), "TLS: no answer"),
        ("https", plain_addr, "TLS: what answers there is no TLS"),
        ("https", dot, "TLS: the server does not speak HTTP/2"),
        ("https", unnamed, "TLS: the server does not speak HTTP/2"),
        ("h3", deaf.local_addr().expect("bound"), "QUIC: no answer"),
        ("quic", deaf.local_addr().expect("bound"), "QUIC: no answer"),
        ("quic", h3_only.addr, "TLS: the server does not speak DNS over QUIC"),
        ("tls", plain_addr, "TLS: what answers there is no TLS"),
        ("tls", mute.local_addr().expect("bound"), "TLS: no answer"),
    ] {
        let seconds = if why.ends_with("no answer") { 0.7 } else { 20.0 };
        let seen = run(&authority, &format!("--timeout {seconds} --tries 2 @{scheme}://dns.lab@{addr} dev.to"));
        let said = format!("dnsall: dev.to: {scheme}://dns.lab@{addr}: {why}\n");
        assert_eq!((seen.status, seen.out.as_str(), seen.err), (3, "", said), "{scheme}");
    }
    // A server that can't be reached is passed over for one that can.
    let good = encrypted::https(&authority, server.addr, Manner::Good);
    let line = format!("--spread @https://dns.lab@{closed} @https://dns.lab@{} -t A -s example.org", good.addr);
    let seen = run(&authority, &line);
    assert_eq!((seen.status, seen.out.as_str()), (0, "93.184.216.34\n"), "{}", seen.err);
    // The system finds an address of the name, here or not at all.
    let Some(local) = Authority::new(&["localhost"]) else { return };
    for (scheme, start) in PROTOCOLS {
        let port = start(&local, server.addr, Manner::Good).addr.port();
        let seen = run(&local, &format!("-4 @{scheme}://localhost:{port} -t A -s example.org"));
        assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "93.184.216.34\n", ""), "{scheme}");
        let seen = run(&local, &format!("-6 @{scheme}://localhost@127.0.0.1:{port} dev.to"));
        assert!(seen.status == 3 && seen.err.contains("no address of the family asked for"), "{}", seen.err);
    }
    drop(mute);
}

#[test]
fn a_server_whose_name_nobody_knows_is_named() {
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    private::within("a_server_whose_name_nobody_knows_is_named", private::LOCALHOST, |net| {
        // Elsewhere the machine's own resolver would be asked.
        if net == Net::Own {
            let seen = run(&authority, "@https://nobody.invalid dev.to");
            assert!(seen.status == 3 && seen.err.contains("nobody.invalid:443: "), "{}", seen.err);
        }
    });
}

#[test]
fn the_words_of_tls_are_those_of_people() {
    let (Some(good), Some(old)) = (Authority::new(&["dns.lab"]), Authority::expired(&["dns.lab"])) else { return };
    let serve = |authority: &Authority| authority.serve("127.0.0.1:0", |client| client.read(&mut [0]).map(drop));
    for (authority, name, why) in [
        (&old, "dns.lab", "the certificate for dns.lab has expired"),
        (&good, "other.lab", "the certificate is not for other.lab (it is for dns.lab)"),
    ] {
        let addr = serve(authority);
        let seen = run(authority, &format!("@tls://{name}@{addr} dev.to"));
        let said = format!("dnsall: dev.to: tls://{name}@{addr}: TLS: {why}\n");
        assert_eq!((seen.status, seen.out.as_str(), seen.err), (3, "", said));
    }
}

#[test]
fn little_is_needed() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    for (scheme, start) in PROTOCOLS {
        let front = start(&authority, server.addr, Manner::Good);
        for (limit, works) in [("-n 16", true), ("-v 262144", true), ("-n 6", false), ("-v 40000", false)] {
            let at = format!("@{scheme}://dns.lab@{}", front.addr);
            let line = format!("ulimit {limit}; exec timeout 30 {TOOL} {at} -s -t A example.org");
            let mut command = Command::new("bash");
            let command = command.args(["-c", &line]).env("SSL_CERT_FILE", authority.certificate());
            let seen: Seen = tool::feed(command, b"").into();
            let fine = (seen.status, seen.out.as_str()) == (0, "93.184.216.34\n");
            let said = matches!(seen.status, 2 | 3) && seen.err.lines().count() == 1 && !seen.err.contains("panicked");
            assert!(fine || !works && said, "{scheme} {limit}: {seen:?}");
        }
    }
}

#[test]
fn all_types_take_few_round_trips() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    // The first question goes 10 ms ahead; then come the handshakes, and all others with it.
    for ((scheme, start), most) in PROTOCOLS.into_iter().zip([4, 3, 3]) {
        let round_trips = || {
            let front = start(&authority, server.addr, Manner::Good);
            let far = if scheme == "https" { flights::tcp(front.addr) } else { flights::udp(front.addr) };
            let seen = run(&authority, &format!("@{scheme}://dns.lab@{} many.example", far.addr));
            assert_eq!((seen.status, seen.out.lines().count(), seen.err.as_str()), (0, 15, ""), "{scheme}");
            assert_eq!((front.asked(), far.connections()), (90, 1), "{scheme}");
            far.round_trips()
        };
        // A client without a turn for a while takes another one: a run in five has to be quick.
        let few = (0..5).map(|_| round_trips()).find(|taken| *taken <= most);
        assert!(few.is_some(), "{scheme}: more than {most} round trips each time");
    }
}

/// Waits for what a thread or a child does in a moment.
fn wait_until(done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < end, "nothing for 20 seconds");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_quic_server_is_told_that_no_more_questions_come() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    for (scheme, start) in PROTOCOLS.into_iter().filter(|(scheme, _)| *scheme != "https") {
        let front = start(&authority, server.addr, Manner::Good);
        for line in ["-t A example.org", "many.example", "gone.example"] {
            run(&authority, &format!("@{scheme}://dns.lab@{} {line}", front.addr));
        }
        // The server's thread may see it a moment after the client has gone.
        wait_until(|| front.farewells() >= 3);
        assert_eq!((front.connections(), front.farewells()), (3, 3), "{scheme}");
    }
}

#[test]
fn a_signal_ends_the_wait() {
    let server = dns::serve(dns::story());
    let Some(authority) = Authority::new(&["dns.lab"]) else { return };
    for (scheme, start) in PROTOCOLS {
        let front = start(&authority, server.addr, Manner::Silent);
        let words = format!("60 {TOOL} --timeout 50 @{scheme}://dns.lab@{} dev.to", front.addr);
        let mut command = Command::new("timeout");
        command.arg("--preserve-status").args(words.split(' ')).env("SSL_CERT_FILE", authority.certificate());
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        wait_until(|| front.connections() > 0);
        // timeout(1) hands the signal on.
        let done = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().expect("kill runs");
        let seen: Seen = child.wait_with_output().expect("a child can be waited for").into();
        assert!(done.success());
        assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (143, "", ""), "{scheme}");
    }
}
