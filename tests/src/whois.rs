//! Registries that answer whois on loopback.
//!
//! [`serve`] starts servers that behave well or badly; [`world`] is a small
//! set of records for the tour: what the registries say about some well-known
//! addresses, with invented contacts.
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use crate::{private::Net, scratch::File};

/// The registries' servers: the name in rirwhois, the name in the DNS, and
/// where [`hosts`] puts it.
pub const SERVERS: [(&str, &str, [u8; 4]); 10] = [
    ("AFRINIC", "whois.afrinic.net", [127, 0, 0, 11]),
    ("APNIC", "whois.apnic.net", [127, 0, 0, 12]),
    ("ARIN", "whois.arin.net", [127, 0, 0, 13]),
    ("LACNIC", "whois.lacnic.net", [127, 0, 0, 14]),
    ("RIPE", "whois.ripe.net", [127, 0, 0, 15]),
    ("IANA", "whois.iana.org", [127, 0, 0, 16]),
    ("JPNIC", "whois.nic.ad.jp", [127, 0, 0, 17]),
    ("KRNIC", "whois.nic.or.kr", [127, 0, 0, 18]),
    ("RADB", "whois.radb.net", [127, 0, 0, 19]),
    ("KRNIC's other", "whois.krnic.net", [127, 0, 0, 20]),
];

/// A hosts file in which the registries are on loopback.
pub fn hosts() -> String {
    let line = |(_, host, addr): (&str, &str, [u8; 4])| format!("{} {host}\n", IpAddr::from(addr));
    ["127.0.0.1 localhost\n".to_owned()].into_iter().chain(SERVERS.map(line)).collect()
}

/// What a server does with one query.
#[derive(Clone, Debug)]
pub enum Act {
    /// Answers all of it.
    Say(Vec<u8>),
    /// Answers and closes, whatever was agreed, without the end of an answer.
    Cut(Vec<u8>),
    /// Answers and resets the connection.
    Reset(Vec<u8>),
    /// Answers a byte at a time, this far apart.
    Dribble(Vec<u8>, Duration),
    /// Repeats it for ever.
    Endless(Vec<u8>),
    /// Says nothing and keeps the connection open.
    Silent,
}

/// A text to say.
pub fn say(text: impl AsRef<[u8]>) -> Act {
    Act::Say(text.as_ref().to_vec())
}

/// One server.
pub struct Server {
    /// A registry's name as rirwhois knows it, or any other.
    name: String,
    answer: Box<dyn Fn(&str) -> Act + Send + Sync>,
    /// Speaks first, and keeps the connection under -k, as RIPE's does.
    ripe: bool,
    /// Closes after so many answers all the same.
    answers: usize,
}

impl Server {
    /// A server that answers each query by `answer` and closes.
    pub fn new(name: &str, answer: impl Fn(&str) -> Act + Send + Sync + 'static) -> Server {
        Server { name: name.to_owned(), answer: Box::new(answer), ripe: false, answers: usize::MAX }
    }

    /// As RIPE's software: a banner first, -k, and two empty lines after an answer.
    pub fn ripe(name: &str, answer: impl Fn(&str) -> Act + Send + Sync + 'static) -> Server {
        Server { ripe: true, ..Server::new(name, answer) }
    }

    /// Closes after `n` answers even under -k.
    pub fn closing_after(self, n: usize) -> Server {
        Server { answers: n, ..self }
    }
}

/// What a server was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Connections it took.
    pub connections: usize,
    /// Queries, without the line's end and -k.
    pub queries: Vec<String>,
}

/// Servers that run until the process ends.
#[derive(Debug)]
pub struct Lab {
    /// Where each one listens.
    pub addrs: BTreeMap<String, SocketAddr>,
    seen: Arc<Mutex<BTreeMap<String, Seen>>>,
}

impl Lab {
    /// The text of a file for `rirwhois --registries`. Registries that the lab
    /// lacks point to a port where nobody listens, so that no test leaves the machine.
    pub fn registries(&self) -> String {
        let all = ["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE", "IANA", "JPNIC", "KRNIC", "RADB"];
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        let line = |name: &str| format!("{name} {} http://127.0.0.1:1/\n", self.addrs.get(name).unwrap_or(&nobody));
        all.into_iter().map(line).collect()
    }

    /// The same as a file.
    ///
    /// # Panics
    /// There is no room for temporary files.
    pub fn file(&self) -> File {
        File::new(self.registries())
    }

    /// What a server was asked so far.
    pub fn seen(&self, name: &str) -> Seen {
        lock(&self.seen).get(name).cloned().unwrap_or_default()
    }

    /// Forgets what the servers were asked.
    pub fn forget(&self) {
        lock(&self.seen).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Starts servers on free ports of 127.0.0.1.
///
/// # Panics
/// There is no free port.
pub fn serve(servers: impl IntoIterator<Item = Server>) -> Lab {
    serve_in(Net::Shared, servers)
}

/// Starts servers; in a network of their own at the registries' real names and
/// port 43, or at the name and port that a server is called by.
///
/// # Panics
/// There is no free port, or the name has no address here.
pub fn serve_in(net: Net, servers: impl IntoIterator<Item = Server>) -> Lab {
    let mut lab = Lab { addrs: BTreeMap::new(), seen: Arc::default() };
    for server in servers {
        let place = match net {
            Net::Shared => "127.0.0.1:0".to_owned(),
            Net::Own => {
                let name = SERVERS.iter().find(|s| s.0 == server.name).map_or(&*server.name, |s| s.1);
                if name.contains(':') { name.to_owned() } else { format!("{name}:43") }
            }
        };
        // A test may give a name a second address, of IPv6, that is dead.
        let addr = place.to_socket_addrs().ok().and_then(|mut all| all.find(SocketAddr::is_ipv4));
        let addr = addr.unwrap_or_else(|| panic!("{place} has no address"));
        let listener = TcpListener::bind(addr).unwrap_or_else(|e| panic!("{place}: {e}"));
        lab.addrs.insert(server.name.clone(), listener.local_addr().expect("a bound socket has an address"));
        let seen = lab.seen.clone();
        let server = Arc::new(server);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, seen) = (server.clone(), seen.clone());
                lock(&seen).entry(server.name.clone()).or_default().connections += 1;
                // A client that leaves is no failure of the lab.
                thread::spawn(move || drop(talk(&server, stream, &seen)));
            }
        });
    }
    lab
}

/// Starts an HTTP server that gives to each path what `answer` says: all of
/// the response, status line and headers included.
///
/// # Panics
/// There is no free port.
pub fn serve_http(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on loopback");
    let addr = listener.local_addr().expect("a bound socket has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            respond(stream, &answer);
        }
    });
    addr
}

/// A response with a body and its length.
pub fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

/// Reads a request and gives to its path what `answer` says.
pub fn respond(mut stream: impl Read + Write, answer: &impl Fn(&str) -> Vec<u8>) {
    let Ok(request) = line(&mut stream) else { return };
    while line(&mut stream).is_ok_and(|header| !header.is_empty()) {}
    // A client that has heard enough is no failure of the lab.
    let _ = stream.write_all(&answer(request.split(' ').nth(1).unwrap_or_default()));
}

const BANNER: &[u8] = b"% This is the lab's Database query service.\n% The objects are in RPSL format.\n\n";

fn talk(server: &Server, mut stream: TcpStream, seen: &Mutex<BTreeMap<String, Seen>>) -> std::io::Result<()> {
    let mut kept = false;
    // Several writes make an answer; none is to wait for the client to acknowledge the one before.
    stream.set_nodelay(true)?;
    for _ in 0..server.answers {
        if server.ripe {
            stream.write_all(BANNER)?;
        }
        let mut query = line(&mut stream)?;
        if server.ripe && query == "-k" {
            if kept {
                return Ok(());
            }
            kept = true;
            query = line(&mut stream)?;
        }
        if let Some(rest) = query.strip_prefix("-k ").filter(|_| server.ripe) {
            kept = true;
            query = rest.to_owned();
        }
        lock(seen).entry(server.name.clone()).or_default().queries.push(query.clone());
        match (server.answer)(&query) {
            Act::Say(text) => {
                stream.write_all(&text)?;
                if server.ripe {
                    stream.write_all(b"\n% This query was served by the lab\n\n\n")?;
                }
            }
            Act::Cut(text) => return stream.write_all(&text),
            Act::Reset(text) => {
                stream.write_all(&text)?;
                // What we have not read makes the kernel reset instead of closing.
                stream.write_all(b"")?;
                thread::sleep(Duration::from_millis(50));
                return reset(&stream);
            }
            Act::Dribble(text, pause) => {
                for byte in text {
                    stream.write_all(&[byte])?;
                    thread::sleep(pause);
                }
            }
            Act::Endless(text) => loop {
                stream.write_all(&text)?;
            },
            Act::Silent => {
                stream.read_to_end(&mut Vec::new())?;
                return Ok(());
            }
        }
        if !kept {
            return Ok(());
        }
    }
    Ok(())
}

/// Closes with a reset: lingering for no time does that.
fn reset(stream: &TcpStream) -> std::io::Result<()> {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
    Ok(())
}

/// A line of the client's, without its end.
fn line(stream: &mut impl Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte)? == 1 && byte != *b"\n" {
        bytes.extend(byte);
    }
    if bytes.is_empty() && byte != *b"\n" {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\r').to_owned())
}

/// The records of [`world`]: registry, prefix or name asked for, answer.
const RECORDS: &[(&str, &str, &str)] = &[
    (
        "ARIN",
        "8.0.0.0/9",
        "\n# ARIN WHOIS data and services are subject to the Terms of Use\n\n\n# start\n\nNetRange:       8.0.0.0 - 8.127.255.255\nCIDR:           8.0.0.0/9\nNetName:        LVLT-ORG-8-8\n\
         NetHandle:      NET-8-0-0-0-1\nParent:         NET8 (NET-8-0-0-0-0)\nNetType:        Direct Allocation\nOrganization:   Level 3 Parent, LLC (LPL-141)\n\
         RegDate:        1992-12-01\nUpdated:        2018-04-23\n\nOrgName:        Level 3 Parent, LLC\nOrgId:          LPL-141\nCountry:        US\n\n\
         OrgAbuseEmail:  abuse@level3.example\n\n# end\n",
    ),
    (
        "ARIN",
        "8.8.8.0/24",
        "\n# ARIN WHOIS data and services are subject to the Terms of Use\n\n\n# start\n\nNetRange:       8.0.0.0 - 8.127.255.255\nCIDR:           8.0.0.0/9\nNetName:        LVLT-ORG-8-8\n\
         NetHandle:      NET-8-0-0-0-1\nOrganization:   Level 3 Parent, LLC (LPL-141)\n\nOrgName:        Level 3 Parent, LLC\nOrgId:          LPL-141\n\n# end\n\n\n\
         # start\n\nNetRange:       8.8.8.0 - 8.8.8.255\nCIDR:           8.8.8.0/24\nNetName:        GOGL\nNetHandle:      NET-8-8-8-0-2\n\
         Parent:         LVLT-ORG-8-8 (NET-8-0-0-0-1)\nNetType:        Reallocated\nOrganization:   Google LLC (GOGL)\nRegDate:        2023-12-28\n\
         Updated:        2023-12-28\n\nOrgName:        Google LLC\nOrgId:          GOGL\nCountry:        US\n\nOrgAbuseEmail:  abuse@google.example\n\n# end\n",
    ),
    (
        "ARIN",
        "GOGL",
        "Google LLC GOGL (NET-8-8-8-0-2) 8.8.8.0 - 8.8.8.255\nGoogle LLC GOOGLE (NET-34-4-5-0-1) 34.4.5.0 - 34.4.255.255\nGoogle LLC GOOGLE (NET6-2607-F8B0-1) 2607:F8B0:: - 2607:F8B0:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF\n\
         Google LLC GOOGLE (AS15169) 15169\n",
    ),
    (
        "ARIN",
        "AS15169",
        "ASNumber:       15169\nASName:         GOOGLE\nASHandle:       AS15169\nRegDate:        2000-03-30\n\nOrgName:        Google LLC\nOrgId:          GOGL\nCountry:        US\n",
    ),
    (
        "ARIN",
        "151.101.0.0/16",
        "NetRange:       151.101.0.0 - 151.101.255.255\nCIDR:           151.101.0.0/16\nNetName:        SKYCA-3\nNetType:        Direct Allocation\n\
         Organization:   Fastly, Inc. (SKYCA-3)\nRegDate:        2016-02-01\n\nOrgName:        Fastly, Inc.\nOrgId:          SKYCA-3\nCountry:        US\n\
         OrgAbuseEmail:  abuse@fastly.example\n",
    ),
    // Moved after the table was made: ARIN knows where it went.
    (
        "ARIN",
        "9.9.9.0/24",
        "NetRange:       9.9.9.0 - 9.9.9.255\nNetName:        RIPE-MOVED\nNetType:        Transferred to RIPE NCC\n\nOrgName:        RIPE Network Coordination Centre\nOrgId:          RIPE\n\
         ReferralServer:  whois://whois.ripe.net\nResourceLink:  https://apps.db.ripe.net/search/query.html\n",
    ),
    (
        "RIPE",
        "9.9.9.0/24",
        "% Information related to '9.9.9.0 - 9.9.9.255'\n\ninetnum:        9.9.9.0 - 9.9.9.255\nnetname:        QUAD9\norg:            ORG-CR1-RIPE\ncountry:        CH\nstatus:         ASSIGNED PA\n\
         created:        2026-01-05T10:00:00Z\nlast-modified:  2026-01-05T10:00:00Z\nsource:         RIPE\n",
    ),
    (
        "RIPE",
        "193.0.0.0/21",
        "% Information related to '193.0.0.0 - 193.0.7.255'\n\n% Abuse contact for '193.0.0.0 - 193.0.7.255' is 'abuse@ripe.example'\n\ninetnum:        193.0.0.0 - 193.0.7.255\n\
         netname:        RIPE-NCC\ndescr:          RIPE Network Coordination Centre\norg:            ORG-RIEN1-RIPE\ncountry:        NL\nstatus:         ASSIGNED PA\n\
         created:        2003-03-17T12:15:57Z\nlast-modified:  2017-12-04T14:42:31Z\nsource:         RIPE\n",
    ),
    (
        "RIPE",
        "ORG-RIEN1-RIPE",
        "inetnum:        193.0.0.0 - 193.0.7.255\n\ninetnum:        193.0.10.0 - 193.0.23.255\n\ninet6num:       2001:67c:2e8::/48\n\naut-num:        AS3333\n",
    ),
    (
        "RIPE",
        "AS3333",
        "aut-num:        AS3333\nas-name:        RIPE-NCC-AS\norg:            ORG-RIEN1-RIPE\nstatus:         ASSIGNED\nsource:         RIPE\n",
    ),
    (
        "APNIC",
        "1.1.1.0/24",
        "% Information related to '1.1.1.0 - 1.1.1.255'\n\n% Abuse contact for '1.1.1.0 - 1.1.1.255' is 'abuse@apnic.example'\n\ninetnum:        1.1.1.0 - 1.1.1.255\n\
         netname:        APNIC-LABS\ndescr:          APNIC and Cloudflare DNS Resolver project\ncountry:        AU\norg:            ORG-ARAD1-AP\nstatus:         ASSIGNED PORTABLE\n\
         last-modified:  2023-04-26T22:57:58Z\nsource:         APNIC\n",
    ),
    // A block of Japan's that ARIN once kept, and knows to have gone to APNIC.
    (
        "ARIN",
        "133.0.0.0/8",
        "NetRange:       133.0.0.0 - 133.255.255.255\nCIDR:           133.0.0.0/8\nNetName:        APNIC-ERX-133\nNetType:        Early Registrations, Transferred to APNIC\n\
         Organization:   Asia Pacific Network Information Centre (APNIC)\n\nOrgName:        Asia Pacific Network Information Centre\nOrgId:          APNIC\n\
         ReferralServer:  whois://whois.apnic.net\nResourceLink:  https://wq.apnic.net/whois-search/static/search.html\n",
    ),
    (
        "APNIC",
        "133.0.0.0/8",
        "% Information related to '133.0.0.0 - 133.255.255.255'\n\ninetnum:        133.0.0.0 - 133.255.255.255\nnetname:        JPNIC-NET-JP-ERX\n\
         descr:          Japan Network Information Center\ncountry:        JP\nstatus:         ALLOCATED PORTABLE\nsource:         APNIC\n",
    ),
    (
        "LACNIC",
        "200.3.12.0/22",
        "% IP Client: 192.0.2.7\n\ninetnum:     200.3.12/22\nstatus:      assigned\naut-num:     AS28000\nowner:       LACNIC - Registro de Direcciones de Am\u{e9}rica Latina\n\
         ownerid:     UY-LACN-LACNIC\ncountry:     UY\nabuse-c:     AIL\ncreated:     20020904\nchanged:     20090917\n\nnic-hdl:     AIL\nperson:      Abuse\ne-mail:      abuse@lacnic.example\n",
    ),
    (
        "LACNIC",
        "AS28000",
        "aut-num:     AS28000\nowner:       LACNIC\nownerid:     UY-LACN-LACNIC\ncountry:     UY\ncreated:     20040109\n\ninetnum:     200.3.12/22\ninetnum:     2001:13c7:7001::/48\n",
    ),
    (
        "AFRINIC",
        "196.216.2.0/23",
        "inetnum:        196.216.2.0 - 196.216.3.255\nnetname:        AFRINIC\ndescr:          AFRINIC\ncountry:        MU\norg:            ORG-AFNC1-AFRINIC\nstatus:         ASSIGNED PI\n\
         parent:         196.216.0.0 - 196.216.255.255\nsource:         AFRINIC\n",
    ),
    (
        "IANA",
        "10.0.0.0/8",
        "inetnum:      10.0.0.0 - 10.255.255.255\norganisation: IANA - Private Use\nstatus:       RESERVED\n\nsource:       IANA\n",
    ),
];

/// The six registries with a few records, for the tour and the tests.
pub fn world() -> Lab {
    let answer = |name: &'static str| move |query: &str| say(latin1(name, &lookup(name, query)));
    let server = |name: &'static str| match name {
        "RIPE" | "APNIC" | "AFRINIC" => Server::ripe(name, answer(name)),
        _ => Server::new(name, answer(name)),
    };
    serve(["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE", "IANA"].map(server))
}

/// LACNIC answers in Latin-1.
fn latin1(name: &str, text: &str) -> Vec<u8> {
    match name {
        "LACNIC" => text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
        _ => text.bytes().collect(),
    }
}

/// The most specific record of what a query ends in.
fn lookup(name: &str, query: &str) -> String {
    let mut word = query.split_whitespace().last().unwrap_or_default().to_owned();
    if query.starts_with("a + ") {
        word = format!("AS{word}");
    }
    let mut own = RECORDS.iter().filter(|r| r.0 == name);
    let found = match bits(word.split('/').next().unwrap_or_default()) {
        None => own.rfind(|r| r.1 == word),
        Some(addr) => {
            own.filter_map(|r| covers(r.1, addr).map(|len| (len, r))).max_by_key(|(len, _)| *len).map(|(_, r)| r)
        }
    };
    match (found, name) {
        (Some(record), _) => record.2.to_owned(),
        (None, "RIPE" | "APNIC" | "AFRINIC") => {
            format!("%ERROR:101: no entries found\n%\n% No entries found in source {name}.\n")
        }
        (None, _) => format!("No match found for {word}.\n"),
    }
}

/// The length of `prefix` if `addr` lies in it.
fn covers(prefix: &str, addr: (bool, u128)) -> Option<u32> {
    let (base, len) = prefix.split_once('/')?;
    let (base, len): (_, u32) = (bits(base)?, len.parse().ok()?);
    let host = if addr.0 { 128 } else { 32 } - len;
    (base.0 == addr.0 && (base.1 ^ addr.1).checked_shr(host).unwrap_or(0) == 0).then_some(len)
}

fn bits(text: &str) -> Option<(bool, u128)> {
    match text.parse().ok()? {
        IpAddr::V4(a) => Some((false, a.to_bits().into())),
        IpAddr::V6(a) => Some((true, a.to_bits())),
    }
}
