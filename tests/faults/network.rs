//! Servers that are silent, slow, endless or gone: a run ends within its time
//! and its memory, says what is missing, and its status is 3.
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    thread,
    time::Duration,
};

use plainnet_lab::scratch::Folder;
use rustix::net::sockopt::set_socket_linger;

use crate::{
    limits::LITTLE,
    row::{Reply, Row, assert_clean, run},
};

/// What a server does when it has been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behaviour {
    /// It says nothing and keeps the connection.
    Silent,
    /// It goes on for ever, a byte at a time, well within any limit for a single read.
    Dribbling,
    /// It goes on for ever as fast as it is read.
    Endless,
    /// It breaks off and resets the connection.
    Reset,
    /// It breaks off and closes the connection.
    Closed,
}

pub(crate) fn silent_server(row: &Row) {
    fails_in_time(row, Behaviour::Silent);
}

pub(crate) fn dribbling_server(row: &Row) {
    fails_in_time(row, Behaviour::Dribbling);
}

pub(crate) fn endless_server(row: &Row) {
    fails_in_time(row, Behaviour::Endless);
}

pub(crate) fn reset_in_mid_answer(row: &Row) {
    fails_in_time(row, Behaviour::Reset);
}

pub(crate) fn closed_in_mid_answer(row: &Row) {
    fails_in_time(row, Behaviour::Closed);
}

/// The row's every mode, where memory is little; side by side, since they wait.
fn fails_in_time(row: &Row, behaviour: Behaviour) {
    let reply = row.reply.expect("a server's answer");
    let server = hostile(behaviour, reply);
    let folder = Folder::new();
    let registries = folder.file("registries", registries_at(&server.to_string()));
    thread::scope(|s| {
        for size in LITTLE {
            let (folder, registries) = (&*folder, registries.display().to_string());
            s.spawn(move || {
                let words = row.words_for(&server.to_string());
                let words: Vec<_> = words.iter().map(|word| word.replace("{registries}", &registries)).collect();
                let mut command = row.sh_with(&format!("ulimit -v {size}; exec \"$@\""), words);
                command.env("XDG_CACHE_HOME", folder).env("XDG_DATA_HOME", folder);
                let seen = run(&mut command, format!("{}\n", row.line).as_bytes());
                let what = format!("{:?} {behaviour:?} {size}", row.args);
                assert_clean(row, &seen, &what);
                // What arrived may already be wrong, before it is known to be incomplete.
                let differs = row.args.contains(&"--verify") && seen.err.contains(": differs at byte ");
                assert_eq!(seen.status, if differs { 1 } else { 3 }, "{} {what}: {seen:?}", row.tool);
                assert!(!seen.err.is_empty(), "{} {what}: {seen:?}", row.tool);
            });
        }
    });
}

/// A file for `--registries` in which `server` is everybody's.
pub(crate) fn registries_at(server: &str) -> String {
    let five = ["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE"];
    let lines = five.map(|name| format!("{name} {server} http://{server}/ http://{server}/{name}\n"));
    format!("{}IANA {server} http://{server}/\n", lines.concat())
}

/// A zone may be as long as it likes, so nothing but its reader ends an endless
/// one; it is printed as it comes, and takes no more memory.
#[test]
fn a_zone_without_end_takes_little_memory() {
    const LINES: usize = 200_000;
    let row = Row { args: &["-t", "AXFR", "@{}", "."], ..Row::new("dnsall") };
    let words = row.words_for(&hostile(Behaviour::Endless, zone).to_string());
    let script = format!("ulimit -v {}; \"$@\" | head -n {LINES} | wc -l", LITTLE[1]);
    let seen = run(&mut row.sh_with(&script, words), b"");
    assert_eq!((seen.out.trim(), seen.err.as_str()), (&*LINES.to_string(), ""));
}

/// A server by TCP; by UDP, all that its answers say is that TCP has them.
fn hostile(behaviour: Behaviour, reply: Reply) -> SocketAddr {
    let (udp, tcp) = (0..100)
        .find_map(|_| {
            let udp = UdpSocket::bind("127.0.0.1:0").ok()?;
            let tcp = TcpListener::bind(udp.local_addr().ok()?).ok()?;
            Some((udp, tcp))
        })
        .expect("a port that is free for both");
    let address = udp.local_addr().expect("bound");
    thread::spawn(move || {
        let mut message = [0; 4096];
        while let Ok((n, from)) = udp.recv_from(&mut message) {
            // QR and TC (RFC 1035 section 4.1.1).
            message[2] |= 0x82;
            let _ = udp.send_to(&message[..n], from);
        }
    });
    thread::spawn(move || {
        for peer in tcp.incoming().flatten() {
            thread::spawn(move || answer(peer, behaviour, reply));
        }
    });
    address
}

/// Ends when the client has had enough.
fn answer(mut peer: TcpStream, behaviour: Behaviour, reply: Reply) {
    let mut request = [0; 4096];
    let Ok(n @ 1..) = peer.read(&mut request) else { return };
    let (head, body) = reply(&request[..n]);
    match behaviour {
        Behaviour::Silent => while peer.read(&mut request).is_ok_and(|n| n > 0) {},
        Behaviour::Dribbling => {
            for byte in head.iter().chain(body.iter().cycle()) {
                if peer.write_all(&[*byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
        Behaviour::Endless => {
            let block = body.repeat(1 + 65_536 / body.len());
            let _ = peer.write_all(&head);
            while peer.write_all(&block).is_ok() {}
        }
        Behaviour::Reset => {
            let _ = peer.write_all(&head);
            // What was sent arrives first.
            thread::sleep(Duration::from_millis(20));
            let _ = set_socket_linger(&peer, Some(Duration::ZERO));
        }
        Behaviour::Closed => drop(peer.write_all(&head)),
    }
}

/// A reply in upper case of which the first half comes.
pub(crate) fn upper(request: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (request[..request.len() / 2].to_ascii_uppercase(), b"x".to_vec())
}

/// A record of ARIN's that breaks off within a line.
pub(crate) fn whois(_: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (b"NetRange: 8.8.8.0 - 8.8.8.255\nOrgId: GO".to_vec(), b"NetName: X\n1234\n".to_vec())
}

/// A line without an end.
pub(crate) fn line(_: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (b"NetRange: ".to_vec(), b"x".to_vec())
}

/// An object that breaks off.
pub(crate) fn json(_: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\nConnection: close\r\n\r\n{\"objectClassName\":";
    (head.into(), b" ".to_vec())
}

/// An HTTP header that breaks off.
pub(crate) fn headers(_: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (b"HTTP/1.1 200 OK\r\nX-".to_vec(), b"A: b\r\nX-".to_vec())
}

/// Statistics that break off.
pub(crate) fn statistics(_: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n2|arin|1|1|19830705|2026".to_vec(), b"# x\n".to_vec())
}

/// Team Cymru's bulk service.
pub(crate) fn origins(_: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (b"Bulk mode; whois.cymru.com [2026-11-28 12:00:00 +0000]\n15169 | 8.8".to_vec(), b"1 | 1.1.1.1 | x\n".to_vec())
}

/// A message of 64 KiB over TCP that answers another query and breaks off.
pub(crate) fn message(_: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (b"\xff\xff\0\0".to_vec(), b"\0".to_vec())
}

/// A zone of addresses without its last SOA (RFC 5936 section 2.2): each message
/// has the query's identifier, and breaks off in the second.
pub(crate) fn zone(request: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let framed = |answer: &[u8]| {
        let id = request.get(2..4).unwrap_or(b"\0\0");
        // A response that is authoritative, with one answer and no question.
        let message = [id, b"\x84\0\0\0\0\x01\0\0\0\0", answer].concat();
        [&(message.len() as u16).to_be_bytes(), &message[..]].concat()
    };
    let soa = [&b"\0\0\x06\0\x01\0\0\0\x3c\0\x16"[..], b"\0\0", &[0; 20]].concat();
    let address = framed(b"\x01a\0\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01");
    let head = [framed(&soa), address.clone(), address[..9].to_vec()].concat();
    (head, [&address[9..], &address[..9]].concat())
}

/// A TLS record of a handshake that never ends (RFC 8446 section 5.1).
pub(crate) fn handshake(_: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (b"\x16\x03\x03\x40\0\x02\0\xff\xff".to_vec(), b"\0".to_vec())
}
