//! Name servers on loopback.
//!
//! The messages are put together by hand, byte by byte, and share nothing with
//! dnsall: where the two agree, two people have read the RFC.
use std::{
    collections::HashMap,
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// Type numbers that the lab itself minds.
const NS: u16 = 2;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const DS: u16 = 43;
const OPT: u16 = 41;

/// Records by name. Names are lower-case text without the final dot; the root is "".
#[derive(Clone, Debug, Default)]
pub struct Zone {
    records: Vec<Record>,
    /// Names below which another server knows.
    cuts: Vec<String>,
}

#[derive(Clone, Debug)]
struct Record {
    owner: String,
    rtype: u16,
    ttl: u32,
    rdata: Vec<u8>,
}

impl Zone {
    /// No names.
    pub fn new() -> Zone {
        Zone::default()
    }

    /// Adds a record with its data as it stands on the wire.
    pub fn add(&mut self, owner: &str, ttl: u32, rtype: u16, rdata: impl Into<Vec<u8>>) -> &mut Zone {
        let owner = owner.trim_end_matches('.').to_lowercase();
        self.records.push(Record { owner, rtype, ttl, rdata: rdata.into() });
        self
    }

    /// Hands the names in and under `apex` to the name server `server` at `ip`.
    pub fn delegate(&mut self, apex: &str, server: &str, ip: Ipv4Addr) -> &mut Zone {
        self.cuts.push(apex.to_owned());
        self.add(apex, 172_800, NS, name(server)).add(server, 172_800, 1, ip.octets())
    }

    fn of(&self, owner: &str, rtype: u16) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |r| r.owner == owner && r.rtype == rtype)
    }

    /// The name itself, or one below it.
    fn knows(&self, owner: &str) -> bool {
        self.records.iter().any(|r| is_within(&r.owner, owner))
    }
}

fn is_within(name: &str, above: &str) -> bool {
    above.is_empty() || name == above || name.strip_suffix(above).is_some_and(|head| head.ends_with('.'))
}

/// The wire form of a name of plain labels.
pub fn name(text: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in text.trim_end_matches('.').split('.').filter(|l| !l.is_empty()) {
        wire.push(label.len() as u8);
        wire.extend(label.bytes());
    }
    wire.push(0);
    wire
}

/// Character-strings, each behind its length.
pub fn strings(texts: &[&str]) -> Vec<u8> {
    texts.iter().flat_map(|t| [&[t.len() as u8], t.as_bytes()].concat()).collect()
}

/// A number of 16 bits before a name, as in MX.
pub fn preference(number: u16, host: &str) -> Vec<u8> {
    [&number.to_be_bytes()[..], &name(host)].concat()
}

/// A SOA's data.
pub fn soa(primary: &str, mailbox: &str, numbers: [u32; 5]) -> Vec<u8> {
    let numbers: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
    [name(primary), name(mailbox), numbers].concat()
}

/// The names that the tour asks about, and the tests: dev.to as in a real
/// look-up with invented tokens, aliases, a name of many types, and some that
/// are hard to answer.
pub fn story() -> Zone {
    let mut zone = Zone::new();
    let ip = |text: &str| text.parse::<Ipv4Addr>().map(|ip| ip.octets()).unwrap_or_default();
    let ip6 = |text: &str| text.parse::<std::net::Ipv6Addr>().map(|ip| ip.octets()).unwrap_or_default();

    let apex = "dev.to";
    for host in ["151.101.194.217", "151.101.66.217"] {
        zone.add(apex, 300, 1, ip(host));
    }
    for host in ["josh.ns.cloudflare.com", "jill.ns.cloudflare.com"] {
        zone.add(apex, 86_400, NS, name(host));
    }
    let numbers = [2_309_864_129, 10_000, 2_400, 604_800, 3_600];
    zone.add(apex, 3_600, SOA, soa("jill.ns.cloudflare.com", "dns.cloudflare.com", numbers));
    for (number, host) in [(10, "alt4"), (1, "aspmx"), (5, "alt1"), (10, "alt3"), (5, "alt2")] {
        let host = if number == 1 { "aspmx.l.google.com".to_owned() } else { format!("{host}.aspmx.l.google.com") };
        zone.add(apex, 300, 15, preference(number, &host));
    }
    for text in [
        "v=spf1 a mx include:_spf.google.com include:sendgrid.net include:servers.mcsv.net include:shops.shopify.com ~all",
        "facebook-domain-verification=q1w2e3r4t5z6u7i8o9p0",
        "_globalsign-domain-verification=invented-token-of-the-lab",
        "google-site-verification=Another-Invented-Token-Of-The-Lab-0123456789",
    ] {
        zone.add(apex, 300, 16, strings(&[text]));
    }
    zone.add("www.dev.to", 300, CNAME, name("dev.to"));
    zone.add("blog.dev.to", 300, CNAME, name("www.dev.to"));
    zone.add("lost.dev.to", 300, CNAME, name("gone.dev.to"));
    zone.add("left.dev.to", 300, CNAME, name("right.dev.to"));
    zone.add("right.dev.to", 300, CNAME, name("left.dev.to"));

    // An entry of a cache, with what is left of its time.
    zone.add("example.org", 61_854, 1, ip("93.184.216.34"));
    zone.add("google.com", 300, 1, ip("142.250.191.238"));
    zone.add("google.com", 300, 28, ip6("2607:f8b0:4009:819::200e"));
    zone.add("8.8.8.8.in-addr.arpa", 86_400, 12, name("dns.google"));
    zone.add("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", 60, 12, name("six.example"));

    let apex = "many.example";
    zone.add(apex, 60, 1, ip("192.0.2.1")).add(apex, 60, 28, ip6("2001:db8::1"));
    zone.add(apex, 60, NS, name("ns.many.example"));
    zone.add(apex, 60, SOA, soa("ns.many.example", "root.many.example", [1, 2, 3, 4, 5]));
    zone.add(apex, 60, 11, [&ip("192.0.2.1")[..], &[6, 0, 0, 0, 0x40]].concat());
    zone.add(apex, 60, 13, strings(&["PC", "a \"b\" \\"]));
    zone.add(apex, 60, 16, strings(&["", "two"]));
    let place: [u32; 3] = [2336026648, 2165095648, 9999800];
    let place = place.iter().flat_map(|n| n.to_be_bytes());
    zone.add(apex, 60, 29, [0, 0x12, 0x16, 0x13].into_iter().chain(place).collect::<Vec<u8>>());
    zone.add(apex, 60, 33, [&[0, 1, 0, 2, 0, 53][..], &name("srv.many.example")].concat());
    zone.add(apex, 60, 65, [&[0, 1, 0][..], &[0, 1, 0, 6, 2], b"h2\x02h3", &[0, 3, 0, 2, 0x20, 0xfb]].concat());
    zone.add(apex, 60, 108, [0, 0, 0x5e, 0, 0x53, 0x2a]);
    zone.add(apex, 60, 256, b"\0\x0a\0\x01https://many.example/".to_vec());
    zone.add(apex, 60, 257, b"\0\x05issueletsencrypt.org".to_vec());
    zone.add(apex, 60, 10, b"raw".to_vec());
    zone.add(apex, 60, 99, strings(&["v=spf1 -all"]));
    zone.add("odd.example", 60, 65_280, [10, 0, 0, 1]);
    zone.add("xn--bcher-kva.example", 60, 1, ip("192.0.2.7"));
    zone.add("short.lan.example", 60, 1, ip("192.0.2.8"));

    // More than a datagram holds.
    for i in 0..40 {
        zone.add("big.example", 60, 16, strings(&[&format!("{i:02} {}", "x".repeat(90))]));
    }
    zone.add("big.example", 60, 1, ip("192.0.2.2"));
    zone
}

/// How a server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Good,
    /// It never answers.
    Silent,
    /// It answers so much later.
    Slow(Duration),
    /// It loses the first datagrams, so many.
    Lose(usize),
    /// It loses the first datagram of each question.
    LoseFirst,
    /// It answers everything with this code, the question repeated.
    Code(u8),
    /// FORMERR, the header alone, to a question with EDNS.
    NoEdns,
    /// SERVFAIL to MX, NOTIMP to types above 255; the rest as it should.
    Partial,
    /// Each answer by UDP is truncated; TCP has it.
    Truncate,
    /// Each answer by UDP is truncated, and TCP is refused.
    TruncateOnly,
    /// TCP accepts, and says nothing.
    TruncateSilent,
    /// TCP sends messages nobody asked for, without end.
    TruncateEndless,
    /// TCP sends a byte of the answer each 200 ms.
    TruncateDribble,
    /// TCP sends the first half of the answers and closes.
    TruncateHalf,
    /// TCP closes after each answer.
    TruncateOne,
    /// A forgery before each answer: another identifier, another question, no reply at all.
    Forge,
    /// Another address where the letters' case was not kept.
    WrongCase,
    /// The question in lower case.
    LowerCase,
    /// A record whose data is too short for its type, before the good ones.
    BadRecord,
    /// An owner that points at itself, before the good ones.
    Loop,
    /// Counts of 65535.
    Counts,
    /// Half of each answer.
    Half,
    /// Bytes that are no message.
    Garbage,
    /// A cookie is needed; the first question learns it.
    Cookie,
}

/// A question that a server saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The name, in the case it came, without the final dot.
    pub name: String,
    /// The type.
    pub rtype: u16,
    /// Over TCP?
    pub tcp: bool,
    /// Where it came from.
    pub from: SocketAddr,
    /// The message.
    pub message: Vec<u8>,
    /// When.
    pub at: Instant,
}

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens, by UDP and TCP.
    pub addr: SocketAddr,
    log: Log,
    connections: Arc<Mutex<usize>>,
    stop: Arc<AtomicBool>,
}

type Log = Arc<Mutex<Vec<Asked>>>;

impl Server {
    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.log).clone()
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        *lock(&self.connections)
    }

    /// `@ADDRESS:PORT`, as dnsall takes it.
    pub fn at(&self) -> String {
        format!("@{}", self.addr)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A datagram and a connection wake the two that wait.
        if let Ok(socket) = UdpSocket::bind((self.addr.ip(), 0)) {
            let _ = socket.send_to(b"", self.addr);
        }
        let _ = TcpStream::connect_timeout(&self.addr, Duration::from_millis(100));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves `zone` on a free port of 127.0.0.1.
///
/// # Panics
/// No port can be bound.
pub fn serve(zone: Zone) -> Server {
    serve_as(zone, Manner::Good)
}

/// Serves `zone` in some manner.
///
/// # Panics
/// No port can be bound.
pub fn serve_as(zone: Zone, manner: Manner) -> Server {
    serve_at(zone, manner, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port on loopback")
}

/// Serves `zone` at `addr`; port 0 finds one that is free for UDP and TCP.
///
/// # Errors
/// It can't be bound.
pub fn serve_at(zone: Zone, manner: Manner, addr: SocketAddr) -> io::Result<Server> {
    let (udp, tcp) = bind(addr)?;
    let addr = udp.local_addr()?;
    let (log, stop) = (Log::default(), Arc::new(AtomicBool::new(false)));
    let connections = Arc::new(Mutex::new(0));
    let host = Arc::new(Host { zone, manner, log: log.clone(), seen: Mutex::default() });
    if manner != Manner::TruncateOnly {
        let (host, stop, connections) = (host.clone(), stop.clone(), connections.clone());
        thread::spawn(move || {
            for stream in tcp.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                *lock(&connections) += 1;
                let host = host.clone();
                thread::spawn(move || drop(host.converse(stream)));
            }
        });
    }
    let stopped = stop.clone();
    let slow = udp.try_clone()?;
    let (later, waiting) = mpsc::channel::<(Instant, Vec<Vec<u8>>, SocketAddr)>();
    // Slow answers wait equally long, so that one thread and one descriptor send them in order.
    thread::spawn(move || {
        for (due, messages, from) in waiting {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            messages.iter().for_each(|m| drop(slow.send_to(m, from)));
        }
    });
    thread::spawn(move || {
        let mut buf = [0; 4096];
        while let Ok((len, from)) = udp.recv_from(&mut buf) {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let messages = host.datagram(&buf[..len], from);
            if let Manner::Slow(delay) = host.manner {
                let _ = later.send((Instant::now() + delay, messages, from));
            } else {
                messages.iter().for_each(|m| drop(udp.send_to(m, from)));
            }
        }
    });
    Ok(Server { addr, log, connections, stop })
}

/// A server that sends what `answer` makes of each question, by UDP alone. Its
/// TCP port accepts and closes.
///
/// # Panics
/// No port can be bound.
pub fn serve_by(answer: impl Fn(&Asked) -> Vec<Vec<u8>> + Send + 'static) -> Server {
    let (udp, tcp) = bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port on loopback");
    let addr = udp.local_addr().expect("bound");
    let (log, stop) = (Log::default(), Arc::new(AtomicBool::new(false)));
    let (stopped, asked) = (stop.clone(), log.clone());
    thread::spawn(move || {
        let _tcp = tcp;
        let mut buf = [0; 4096];
        while let Ok((len, from)) = udp.recv_from(&mut buf) {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let Some(query) = Query::read(&buf[..len]) else { continue };
            let (name, rtype) = (query.name, query.rtype);
            let message = query.message.to_vec();
            let question = Asked { name, rtype, tcp: false, from, message, at: Instant::now() };
            lock(&asked).push(question.clone());
            answer(&question).iter().for_each(|m| drop(udp.send_to(m, from)));
        }
    });
    Server { addr, log, connections: Arc::default(), stop }
}

/// An answer to `asked` with these records of the name that was asked for: type and data.
pub fn respond(asked: &Asked, rcode: u8, records: &[(u16, &[u8])]) -> Vec<u8> {
    let end = 12 + name(&asked.name).len() + 4;
    let mut msg = asked.message[..end].to_vec();
    msg[2..12].copy_from_slice(&[0x85, 0x80 | rcode, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    for (rtype, data) in records {
        msg.extend([0xc0, 12]);
        msg.extend(rtype.to_be_bytes());
        msg.extend([0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
        msg.extend(*data);
    }
    msg
}

/// The OPT record of a question: all of it, or nothing.
pub fn opt(asked: &Asked) -> &[u8] {
    asked.message.get(12 + name(&asked.name).len() + 4..).unwrap_or_default()
}

/// A port for both; the two have to agree, so another one is tried where only UDP's was free.
fn bind(addr: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..50 {
        let udp = UdpSocket::bind(addr)?;
        match TcpListener::bind(udp.local_addr()?) {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(e) => last = e,
        }
    }
    Err(last)
}

/// Three servers on one free port: the root on 127.0.0.1, `to` on 127.0.0.2, the
/// rest of [`story`] on 127.0.0.3. The first is the root.
///
/// # Errors
/// They can't be bound: some systems have 127.0.0.1 alone.
pub fn hierarchy() -> io::Result<[Server; 3]> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..20 {
        let free = bind((Ipv4Addr::LOCALHOST, 0).into())?.0.local_addr()?.port();
        match hierarchy_at(free) {
            Err(e) if e.kind() == io::ErrorKind::AddrInUse => last = e,
            done => return done,
        }
    }
    Err(last)
}

/// The same on this port.
///
/// # Errors
/// As [`hierarchy`], or the port is taken.
pub fn hierarchy_at(port: u16) -> io::Result<[Server; 3]> {
    let hosts = [1, 2, 3].map(|n| Ipv4Addr::new(127, 0, 0, n));
    let mut root = Zone::new();
    root.add("", 86_400, SOA, soa("a.root.example", "nobody.invalid", [1, 2, 3, 4, 5]));
    root.delegate("to", "ns.nic.to", hosts[1]);
    let mut top = Zone::new();
    top.add("to", 86_400, SOA, soa("ns.nic.to", "nobody.invalid", [1, 2, 3, 4, 5]));
    top.delegate("dev.to", "ns.dev.to", hosts[2]);
    let serve = |zone, host| serve_at(zone, Manner::Good, (host, port).into());
    Ok([serve(root, hosts[0])?, serve(top, hosts[1])?, serve(story(), hosts[2])?])
}

/// What answers.
struct Host {
    zone: Zone,
    manner: Manner,
    log: Log,
    seen: Mutex<HashMap<(String, u16), usize>>,
}

/// A question as it came.
struct Query<'a> {
    message: &'a [u8],
    /// The question, name to class.
    question: &'a [u8],
    name: String,
    rtype: u16,
    /// Largest datagram, where EDNS says so, and the data of OPT.
    edns: Option<(usize, &'a [u8])>,
}

impl<'a> Query<'a> {
    fn read(message: &'a [u8]) -> Option<Query<'a>> {
        let mut at = 12;
        let mut labels = Vec::new();
        loop {
            let len = usize::from(*message.get(at)?);
            at += 1;
            if len == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(message.get(at..at + len)?).into_owned());
            at += len;
        }
        let rtype = u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]);
        let question = message.get(12..at + 4)?;
        // OPT: root, type, payload, TTL, length, data.
        let opt = message.get(at + 4..).filter(|o| o.len() >= 11 && o[..3] == [0, 0, OPT as u8]);
        let edns = opt.map(|o| (usize::from(u16::from_be_bytes([o[3], o[4]])), &o[11..]));
        Some(Query { message, question, name: labels.join("."), rtype, edns })
    }
}

impl Host {
    /// What goes back by UDP.
    fn datagram(&self, message: &[u8], from: SocketAddr) -> Vec<Vec<u8>> {
        let Some(query) = Query::read(message) else { return Vec::new() };
        let before = self.note(&query, from, false);
        let good = self.reply(&query, false);
        match self.manner {
            Manner::Silent => Vec::new(),
            Manner::Lose(n) if lock(&self.log).len() <= n => Vec::new(),
            Manner::LoseFirst if before == 0 => Vec::new(),
            Manner::Forge => {
                let (mut id, mut other, mut query, mut late) = (good.clone(), good.clone(), good.clone(), good.clone());
                id[0] ^= 1;
                other[13] = b'~';
                query[2] &= 0x7f;
                late.truncate(11);
                vec![id, other, query, late, good]
            }
            _ => vec![good],
        }
    }

    /// Writes a question down; how often it came before.
    fn note(&self, query: &Query<'_>, from: SocketAddr, tcp: bool) -> usize {
        let (name, rtype) = (query.name.clone(), query.rtype);
        let mut seen = lock(&self.seen);
        let count = seen.entry((name.to_lowercase(), rtype)).or_default();
        *count += 1;
        lock(&self.log).push(Asked { name, rtype, tcp, from, message: query.message.to_vec(), at: Instant::now() });
        *count - 1
    }

    /// One connection: questions in any number, answers behind each other.
    fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        let from = stream.peer_addr()?;
        stream.set_nodelay(true)?;
        loop {
            let mut len = [0; 2];
            stream.read_exact(&mut len)?;
            let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
            stream.read_exact(&mut message)?;
            let Some(query) = Query::read(&message) else { return Ok(()) };
            self.note(&query, from, true);
            let reply = self.reply(&query, true);
            let framed = [&(reply.len() as u16).to_be_bytes()[..], &reply].concat();
            match self.manner {
                Manner::Silent | Manner::TruncateSilent => {}
                Manner::Slow(delay) => {
                    let mut stream = stream.try_clone()?;
                    thread::spawn(move || {
                        thread::sleep(delay);
                        stream.write_all(&framed)
                    });
                }
                Manner::TruncateEndless => loop {
                    let mut other = framed.clone();
                    other[2] ^= 0x55;
                    stream.write_all(&other)?;
                },
                Manner::TruncateDribble => {
                    for byte in framed {
                        stream.write_all(&[byte])?;
                        thread::sleep(Duration::from_millis(200));
                    }
                }
                Manner::TruncateHalf => return stream.write_all(&framed[..framed.len() / 2]),
                Manner::TruncateOne => return stream.write_all(&framed),
                _ => stream.write_all(&framed)?,
            }
        }
    }

    /// The reply, spoilt as the manner has it.
    fn reply(&self, query: &Query<'_>, tcp: bool) -> Vec<u8> {
        let mut reply = Reply::to(query);
        match self.manner {
            Manner::Code(code) => reply.code = code,
            Manner::NoEdns if query.edns.is_some() => {
                let mut header = query.message[..12].to_vec();
                header[2..].copy_from_slice(&[0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]);
                return header;
            }
            Manner::Partial if query.rtype == 15 => reply.code = 2,
            Manner::Partial if query.rtype > 255 => reply.code = 4,
            Manner::Cookie => {
                // Code 10, 8 bytes of the client or 16 with ours.
                let option = query.edns.map_or(&[][..], |(_, data)| data);
                if option.len() < 12 || option[..2] != [0, 10] {
                    reply.code = 5;
                } else {
                    reply.options = [&[0, 10, 0, 16][..], &option[4..12], b"labcook!"].concat();
                    if option.get(12..20) == Some(b"labcook!") {
                        self.answer(&mut reply, query);
                    } else {
                        // BADCOOKIE is 23: one in OPT, seven in the header.
                        (reply.code, reply.code_high) = (7, 1);
                    }
                }
            }
            _ => self.answer(&mut reply, query),
        }
        if self.manner == Manner::BadRecord {
            let record = Record { owner: query.name.to_lowercase(), rtype: query.rtype, ttl: 60, rdata: vec![1, 2, 3] };
            reply.answers.insert(0, record);
        }
        if self.manner == Manner::WrongCase && query.name.bytes().any(|b| b.is_ascii_uppercase()) {
            // What a forger who does not see the question would send.
            reply.question.make_ascii_lowercase();
            reply.answers.iter_mut().for_each(|r| r.rdata = vec![6, 6, 6, 6]);
        }
        if self.manner == Manner::LowerCase {
            let end = reply.question.len() - 4;
            reply.question[..end].make_ascii_lowercase();
        }
        let cut = matches!(
            self.manner,
            Manner::Truncate
                | Manner::TruncateOnly
                | Manner::TruncateSilent
                | Manner::TruncateEndless
                | Manner::TruncateDribble
                | Manner::TruncateHalf
                | Manner::TruncateOne
        );
        let mut message = reply.write();
        let most = query.edns.map_or(512, |(size, _)| size.max(512));
        if !tcp && (cut || message.len() > most) {
            reply.truncated = true;
            reply.answers.clear();
            reply.authority.clear();
            reply.additional.clear();
            message = reply.write();
        }
        match self.manner {
            Manner::Counts => message[6..12].fill(0xff),
            Manner::Half => {
                let half = 12 + query.question.len() + (message.len() - 12 - query.question.len()) / 2;
                message.truncate(half);
            }
            Manner::Garbage => message[2..].iter_mut().enumerate().for_each(|(i, b)| *b = b.wrapping_mul(31) ^ i as u8),
            Manner::Loop => {
                let at = 12 + query.question.len();
                let [high, low] = (0xc000 | at as u16).to_be_bytes();
                let record = [high, low, 0, 1, 0, 1, 0, 0, 0, 9, 0, 1, 7];
                message.splice(at..at, record);
                message[7] = message[7].wrapping_add(1);
            }
            _ => {}
        }
        message
    }

    /// What the zone says.
    fn answer(&self, reply: &mut Reply, query: &Query<'_>) {
        let zone = &self.zone;
        let mut owner = query.name.to_lowercase();
        if let Some(cut) = zone.cuts.iter().find(|cut| is_within(&owner, cut)) {
            reply.authoritative = false;
            reply.authority.extend(zone.of(cut, NS).cloned());
            let glue = zone
                .records
                .iter()
                .filter(|r| r.rtype == 1 && reply.authority.iter().any(|ns| ns.rdata == name(&r.owner)));
            reply.additional.extend(glue.cloned());
            return;
        }
        for _ in 0..8 {
            if !zone.knows(&owner) {
                reply.code = 3;
            }
            reply.answers.extend(zone.of(&owner, query.rtype).cloned());
            let alias = zone.of(&owner, CNAME).find(|_| query.rtype != CNAME).cloned();
            let Some(alias) = alias else { break };
            owner = text_of(&alias.rdata);
            reply.answers.push(alias);
        }
        if !reply.answers.iter().any(|r| r.rtype == query.rtype) {
            // A DS record stands in the parent zone, if that is here, too (RFC 4035 section 3.1.4.1).
            let parent = |r: &&Record| query.rtype != DS || r.owner != owner;
            let above = || zone.records.iter().filter(|r| r.rtype == SOA && is_within(&owner, &r.owner));
            let soa = above().filter(|r| parent(r) || above().count() == 1);
            reply.authority.extend(soa.max_by_key(|r| r.owner.len()).cloned());
        }
    }
}

/// The text of a name without escapes.
fn text_of(wire: &[u8]) -> String {
    let mut labels = Vec::new();
    let mut rest = wire;
    while let Some((&len @ 1.., tail)) = rest.split_first() {
        let (label, next) = tail.split_at(usize::from(len).min(tail.len()));
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        rest = next;
    }
    labels.join(".")
}

/// A reply in parts.
struct Reply {
    id: [u8; 2],
    recurse: bool,
    authoritative: bool,
    truncated: bool,
    code: u8,
    code_high: u8,
    question: Vec<u8>,
    answers: Vec<Record>,
    authority: Vec<Record>,
    additional: Vec<Record>,
    edns: bool,
    options: Vec<u8>,
}

impl Reply {
    fn to(query: &Query<'_>) -> Reply {
        Reply {
            id: [query.message[0], query.message[1]],
            recurse: query.message[2] & 1 == 1,
            authoritative: true,
            truncated: false,
            code: 0,
            code_high: 0,
            question: query.question.to_vec(),
            answers: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            edns: query.edns.is_some(),
            options: Vec::new(),
        }
    }

    fn write(&self) -> Vec<u8> {
        let mut out = self.id.to_vec();
        out.push(0x80 | u8::from(self.authoritative) << 2 | u8::from(self.truncated) << 1 | u8::from(self.recurse));
        out.push(0x80 | self.code);
        let counts = [1, self.answers.len(), self.authority.len(), self.additional.len() + usize::from(self.edns)];
        out.extend(counts.iter().flat_map(|n| (*n as u16).to_be_bytes()));
        out.extend(&self.question);
        let asked = text_of(&self.question);
        for record in self.answers.iter().chain(&self.authority).chain(&self.additional) {
            // The name asked for is at byte 12.
            if record.owner == asked {
                out.extend([0xc0, 12])
            } else {
                out.extend(name(&record.owner))
            }
            out.extend(record.rtype.to_be_bytes());
            out.extend([0, 1]);
            out.extend(record.ttl.to_be_bytes());
            out.extend((record.rdata.len() as u16).to_be_bytes());
            out.extend(&record.rdata);
        }
        if self.edns {
            out.extend([0, 0, OPT as u8, 4, 208, self.code_high, 0, 0, 0]);
            out.extend((self.options.len() as u16).to_be_bytes());
            out.extend(&self.options);
        }
        out
    }
}

/// The loopback address that is not in use by any server of the lab.
pub const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 255, 255, 254));
