//! The system's choice of name servers and search list: resolv.conf(5), as glibc
//! reads it, with the environment's say.
//!
//! hickory's parser is not used: it fails the whole file for one bad line, and
//! knows neither scoped addresses nor LOCALDOMAIN and RES_OPTIONS.
use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use plainnet_common::text;

use crate::{
    net::server::{self, Server, Transport},
    wire::name::Name,
};

/// Servers that are used; glibc calls this MAXNS.
const MOST_SERVERS: usize = 3;
/// The most that glibc takes of each option.
const MOST_DOTS: u32 = 15;
const MOST_SECONDS: u32 = 30;
const MOST_ATTEMPTS: u32 = 5;
/// A longer file is no settings file; the rest of it is not read.
const LONGEST_FILE: u64 = 1 << 20;
/// The port of the servers.
const PORT: u16 = 53;

/// What the process was told, beside the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// The settings file.
    pub path: PathBuf,
    /// LOCALDOMAIN: domains to search instead of the file's.
    pub local_domain: Option<OsString>,
    /// RES_OPTIONS: options behind those of the file.
    pub options: Option<OsString>,
    /// The host's name; its domain is searched where nothing else is said.
    pub host_name: OsString,
}

/// What the system is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// Its name servers, in the order to try them.
    pub servers: Vec<Server>,
    /// Domains that complete a short name.
    pub search: Vec<Name>,
    /// A name with so many dots is first asked as it is.
    pub ndots: usize,
    /// How long to wait for an answer, where the settings say so.
    pub timeout: Option<Duration>,
    /// How often to send a question, where the settings say so.
    pub attempts: Option<u32>,
    /// The servers take turns.
    pub rotate: bool,
    /// Lines that mean nothing, as `/etc/resolv.conf:3: ...`.
    pub complaints: Vec<String>,
}

impl Environment {
    /// The process's own; `variable` reads its environment.
    pub fn of_process(variable: impl Fn(&str) -> Option<OsString>) -> Environment {
        // uname(2) would do it everywhere, but rustix panics where it fails.
        let host_name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Environment {
            path: "/etc/resolv.conf".into(),
            local_domain: variable("LOCALDOMAIN"),
            options: variable("RES_OPTIONS"),
            host_name: host_name.trim_end().into(),
        }
    }
}

/// Reads the system's settings. Without a file the server is this host itself, as resolv.conf(5) says.
///
/// # Errors
/// The file is there and can't be read.
pub fn settings(environment: &Environment) -> io::Result<System> {
    let mut text = Vec::new();
    match File::open(&environment.path) {
        Ok(file) => {
            file.take(LONGEST_FILE).read_to_end(&mut text)?;
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    Ok(read(&text, environment))
}

/// Reads the text of a settings file.
pub fn read(text: &[u8], environment: &Environment) -> System {
    let mut settings = Settings::default();
    let mut complaints = Vec::new();
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Err(why) = settings.line(line) {
            let path = environment.path.display().to_string();
            complaints.push(format!("{}:{}: {why}", text::shown(path.as_bytes()), number + 1));
        }
    }
    if let Some(options) = &environment.options
        && let Err(why) = settings.options(&options.to_string_lossy())
    {
        complaints.push(format!("RES_OPTIONS: {why}"));
    }
    let search = search(&environment.local_domain, settings.search, &environment.host_name, &mut complaints);
    if settings.servers.is_empty() {
        settings.servers.push(Server::udp((Ipv4Addr::LOCALHOST, PORT).into()));
    }
    let transport = if settings.use_vc { Transport::Tcp } else { Transport::Udp };
    System {
        servers: settings.servers.into_iter().map(|server| Server { transport, ..server }).collect(),
        search,
        ndots: settings.ndots.unwrap_or(1) as usize,
        timeout: settings.timeout.map(|seconds| Duration::from_secs(seconds.max(1).into())),
        attempts: settings.attempts.map(|attempts| attempts.max(1)),
        rotate: settings.rotate,
        complaints,
    }
}

/// The domains to search: those of LOCALDOMAIN, else those of the file, else the host's own.
fn search(
    local_domain: &Option<OsString>,
    file: Option<Vec<String>>,
    host_name: &OsStr,
    complaints: &mut Vec<String>,
) -> Vec<Name> {
    let (whence, words) = match (local_domain, file) {
        (Some(words), _) => {
            ("LOCALDOMAIN", words.to_string_lossy().split([' ', '\t', '\n']).map(str::to_owned).collect())
        }
        (None, Some(words)) => ("search", words),
        (None, None) => {
            let host = host_name.to_string_lossy();
            ("host name", host.split_once('.').map(|(_, domain)| domain.to_owned()).into_iter().collect())
        }
    };
    let mut names: Vec<Name> = Vec::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        match Name::parse(word) {
            // The root completes nothing.
            Ok(name) if name.is_root() => {}
            Ok(name) => names.push(name),
            Err(why) => complaints.push(format!("{whence}: {}: {why}", text::shown(word.as_bytes()))),
        }
    }
    names
}

/// What the lines say so far.
#[derive(Debug, Default)]
struct Settings {
    servers: Vec<Server>,
    search: Option<Vec<String>>,
    ndots: Option<u32>,
    timeout: Option<u32>,
    attempts: Option<u32>,
    rotate: bool,
    use_vc: bool,
}

impl Settings {
    /// Takes a line; the error says what in it means nothing, and why.
    fn line(&mut self, raw: &[u8]) -> Result<(), String> {
        let line = &*String::from_utf8_lossy(raw);
        match line.strip_prefix("options").filter(|rest| rest.starts_with([' ', '\t'])) {
            Some(options) => self.options(options).map_err(|why| format!("options {why}")),
            None => self.other_line(line).map_err(|why| format!("{}: {why}", text::shown(raw))),
        }
    }

    /// Takes a line that does not hold options; the error says why it means nothing.
    fn other_line(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() || line.starts_with(['#', ';']) {
            return Ok(());
        }
        // A keyword stands in the first column, and a blank or TAB behind it.
        let (keyword, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let mut words = rest.split([' ', '\t']).filter(|word| !word.is_empty());
        match keyword {
            "nameserver" => {
                // What follows the address is ignored.
                let addr = address(words.next().ok_or("an address is needed")?)?;
                if self.servers.len() < MOST_SERVERS {
                    self.servers.push(addr);
                }
            }
            // The last of domain and search wins.
            "domain" => self.search = Some(vec![words.next().ok_or("a domain is needed")?.to_owned()]),
            "search" => {
                let domains: Vec<String> = words.map(str::to_owned).collect();
                if domains.is_empty() {
                    return Err("a domain is needed".to_owned());
                }
                self.search = Some(domains);
            }
            // Options without any say nothing, and sorting is of no use to a resolver that prints what it is told.
            "options" | "sortlist" => {}
            "" if words.next().is_none() => {}
            "" => return Err("a keyword stands in the first column".to_owned()),
            _ => return Err("no keyword of resolv.conf".to_owned()),
        }
        Ok(())
    }

    /// Takes options; those that it does not know are other libraries'. The first wrong one is named.
    fn options(&mut self, text: &str) -> Result<(), String> {
        let mut wrong = Ok(());
        for word in text.split([' ', '\t', '\n']).filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once(':').unwrap_or((word, ""));
            let (place, most) = match name {
                "ndots" => (&mut self.ndots, MOST_DOTS),
                "timeout" => (&mut self.timeout, MOST_SECONDS),
                "attempts" => (&mut self.attempts, MOST_ATTEMPTS),
                "rotate" => {
                    self.rotate = true;
                    continue;
                }
                "use-vc" => {
                    self.use_vc = true;
                    continue;
                }
                _ => continue,
            };
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                wrong = wrong.and(Err(format!("{}: a number is needed", text::shown(word.as_bytes()))));
                continue;
            }
            // More digits than fit are more than the most.
            *place = Some(value.parse().unwrap_or(most).min(most));
        }
        wrong
    }
}

/// The server at an address, with a scope where it has one.
fn address(word: &str) -> Result<Server, String> {
    if let Some(ip) = aton(word) {
        return Ok(Server::udp((ip, PORT).into()));
    }
    match word.split_once('%') {
        Some((ip, zone)) => match ip.parse::<Ipv6Addr>() {
            Ok(ip) => Ok(Server { zone: zone.into(), ..Server::udp(server::scoped(ip, zone, PORT)?) }),
            Err(_) => Err("no address of a name server".to_owned()),
        },
        None => match word.parse::<Ipv6Addr>() {
            Ok(ip) => Ok(Server::udp((IpAddr::V6(ip), PORT).into())),
            Err(_) => Err(match word.parse::<SocketAddr>() {
                Ok(_) => "a port cannot stand here".to_owned(),
                Err(_) => "no address of a name server".to_owned(),
            }),
        },
    }
}

/// An IPv4 address as inet_aton(3) reads it: one to four parts, each decimal,
/// octal behind a 0 or hexadecimal behind 0x, the last one filling what is left.
fn aton(word: &str) -> Option<Ipv4Addr> {
    let part = |text: &str| {
        let (digits, radix) = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
            None => (text, 10),
        };
        // u32's own parser would take a sign.
        if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
    };
    let parts: Vec<u32> = word.split('.').map(part).collect::<Option<_>>()?;
    let (last, head) = parts.split_last()?;
    let bits = 32_u32.checked_sub(8 * u32::try_from(head.len()).ok()?).filter(|bits| *bits > 0)?;
    if head.iter().any(|byte| *byte > 255) || bits < 32 && last >> bits != 0 {
        return None;
    }
    Some(Ipv4Addr::from_bits(head.iter().rev().fold(0, |sum, byte| sum >> 8 | byte << 24) | last))
}

#[cfg(test)]
mod tests {
    use plainnet_lab::scratch::Folder;

    use super::*;

    fn environment() -> Environment {
        Environment { path: "/etc/resolv.conf".into(), host_name: "host.home.example".into(), ..Environment::default() }
    }

    fn of(text: &str) -> System {
        read(text.as_bytes(), &environment())
    }

    fn servers(text: &str) -> Vec<String> {
        of(text).servers.iter().map(Server::to_string).collect()
    }

    fn search(system: &System) -> Vec<String> {
        system.search.iter().map(Name::to_string).collect()
    }

    /// Every spelling that glibc takes, and one that is commoner than it should be.
    #[test]
    fn spellings_of_a_name_server() {
        for (text, server) in [
            ("nameserver 192.0.2.1\n", "192.0.2.1:53"),
            ("nameserver 192.0.2.1", "192.0.2.1:53"),
            ("nameserver\t192.0.2.1\n", "192.0.2.1:53"),
            ("nameserver  \t 192.0.2.1  \t\n", "192.0.2.1:53"),
            ("nameserver 192.0.2.1 # mine\n", "192.0.2.1:53"),
            ("nameserver 192.0.2.1 192.0.2.2\n", "192.0.2.1:53"),
            ("nameserver 192.0.2.1\r\n", "192.0.2.1:53"),
            ("# nameserver 192.0.2.9\n;nameserver 192.0.2.9\n\nnameserver 192.0.2.1\n", "192.0.2.1:53"),
            ("nameserver 127.1\n", "127.0.0.1:53"),
            ("nameserver 0x7f.0.0.010\n", "127.0.0.8:53"),
            ("nameserver 2001:db8::53\n", "[2001:db8::53]:53"),
            ("nameserver ::1\n", "[::1]:53"),
            ("nameserver ::ffff:192.0.2.1\n", "[::ffff:192.0.2.1]:53"),
            ("nameserver 192.0.2.1\noptions use-vc\n", "tcp://192.0.2.1:53"),
            ("", "127.0.0.1:53"),
            ("search a.example\n", "127.0.0.1:53"),
        ] {
            let system = of(text);
            assert_eq!(servers(text), [server], "{text:?}");
            assert!(system.complaints.is_empty(), "{text:?}: {:?}", system.complaints);
        }
        let four: String = (1..5).map(|n| format!("nameserver 192.0.2.{n}\n")).collect();
        assert_eq!(servers(&four), ["192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53"]);
    }

    #[test]
    fn a_bad_line_is_named_and_passed_over() {
        for (line, why) in [
            ("nameserver 127.0.0.1:5353", "a port cannot stand here"),
            ("nameserver [::1]", "no address of a name server"),
            ("nameserver [::1]:53", "a port cannot stand here"),
            ("nameserver dns.example", "no address of a name server"),
            ("nameserver 192.0.2.256", "no address of a name server"),
            ("nameserver 192.0.2.1#53", "no address of a name server"),
            ("nameserver 192.0.2.1,192.0.2.2", "no address of a name server"),
            ("nameserver fe80::53%no-such-link", "no such interface: no-such-link"),
            ("nameserver 192.0.2.1%lo", "no address of a name server"),
            ("nameserver", "an address is needed"),
            ("nameserver ", "an address is needed"),
            (" nameserver 192.0.2.1", "a keyword stands in the first column"),
            ("nameservers 192.0.2.1", "no keyword of resolv.conf"),
            ("domain", "a domain is needed"),
            ("search ", "a domain is needed"),
            ("<html>", "no keyword of resolv.conf"),
        ] {
            let text = format!("nameserver 192.0.2.7\n\n{line}\nnameserver 192.0.2.8\n");
            let system = of(&text);
            assert_eq!(system.complaints, [format!("/etc/resolv.conf:3: {line}: {why}")]);
            assert_eq!(servers(&text), ["192.0.2.7:53", "192.0.2.8:53"], "{line}");
        }
        // What is wrong in one option leaves the others, and is all that is named.
        assert_eq!(of("\noptions ndots:x").complaints, ["/etc/resolv.conf:2: options ndots:x: a number is needed"]);
        let complaints = of("options rotate ndots:many timeout:9").complaints;
        assert_eq!(complaints, ["/etc/resolv.conf:1: options ndots:many: a number is needed"]);
        assert_eq!(of("options ndots:many timeout:9").timeout, Some(Duration::from_secs(9)));
        // Foreign bytes are escaped.
        let system = read(b"\x1b[2J\xff", &environment());
        assert_eq!(system.complaints, ["/etc/resolv.conf:1: \\x1b[2J\\xff: no keyword of resolv.conf"]);
        assert_eq!(of("search a..b good.example").complaints, ["search: a..b: not a name: empty label"]);
    }

    #[test]
    fn the_search_list() {
        for (text, wanted) in [
            ("", &["home.example."][..]),
            ("search a.example b.example\n", &["a.example.", "b.example."]),
            ("search a.example\nsearch b.example\n", &["b.example."]),
            ("search a.example\ndomain b.example c.example\n", &["b.example."]),
            ("domain b.example\nsearch a.example\tc.example.\n", &["a.example.", "c.example."]),
            ("search .\n", &[]),
        ] {
            assert_eq!(search(&of(text)), wanted, "{text:?}");
        }
        let local = |words: &str| {
            search(&read(b"search a.example", &Environment { local_domain: Some(words.into()), ..environment() }))
        };
        assert_eq!(local("x.example  y.example\t"), ["x.example.", "y.example."]);
        assert!(local("").is_empty());
        let short = Environment { host_name: "host".into(), ..environment() };
        assert!(search(&read(b"", &short)).is_empty());
    }

    #[test]
    fn options_of_the_file_and_of_the_environment() {
        let system = of("options rotate ndots:3 timeout:2 attempts:4 edns0 trust-ad single-request inet6\n");
        assert_eq!((system.ndots, system.timeout, system.attempts), (3, Some(Duration::from_secs(2)), Some(4)));
        assert!(system.rotate && system.complaints.is_empty());
        let system = of("options ndots:99 timeout:99 attempts:99999999999999999999\n");
        assert_eq!((system.ndots, system.timeout, system.attempts), (15, Some(Duration::from_secs(30)), Some(5)));
        let system = of("options timeout:0 attempts:0\n");
        assert_eq!((system.timeout, system.attempts), (Some(Duration::from_secs(1)), Some(1)));
        assert_eq!((of("").ndots, of("").timeout, of("").attempts, of("").rotate), (1, None, None, false));
        let with = |options: &str| {
            read(b"options ndots:3 timeout:9", &Environment { options: Some(options.into()), ..environment() })
        };
        let system = with("ndots:5 use-vc");
        assert_eq!((system.ndots, system.timeout), (5, Some(Duration::from_secs(9))));
        assert_eq!(system.servers[0].to_string(), "tcp://127.0.0.1:53");
        assert_eq!(with("ndots:x").complaints, ["RES_OPTIONS: ndots:x: a number is needed"]);
    }

    #[test]
    fn scoped_servers() {
        // Every host has a loopback interface, under one of these names.
        let link_local: Ipv6Addr = "fe80::53".parse().unwrap();
        let of_link = |zone: &str| server::scoped(link_local, zone, PORT);
        let Some(addr) = ["lo", "lo0"].iter().find_map(|zone| of_link(zone).ok()) else { panic!("no loopback") };
        let SocketAddr::V6(addr) = addr else { panic!("{addr}") };
        assert!(addr.scope_id() > 0);
        let text = format!("nameserver fe80::53%{}\n", addr.scope_id());
        assert_eq!(servers(&text), [format!("[fe80::53%{}]:53", addr.scope_id())]);
        // The interface is named as it was written.
        let name = if server::scoped(link_local, "lo", PORT).is_ok() { "lo" } else { "lo0" };
        assert_eq!(servers(&format!("nameserver fe80::53%{name}\n")), [format!("[fe80::53%{name}]:53")]);
        let why = "%lo belongs behind a link-local address (fe80::/10) only";
        assert_eq!(server::scoped(Ipv6Addr::LOCALHOST, "lo", PORT), Err(why.to_owned()));
    }

    /// hickory's parser fails a whole file for one bad line; of good ones it reads the same.
    #[test]
    fn hickory_reads_good_files_alike() {
        for text in [
            "nameserver 192.0.2.1\nnameserver 2001:db8::53\nsearch a.example b.example\noptions ndots:2\n",
            "# a comment\ndomain a.example\nnameserver 127.0.0.53\noptions edns0 trust-ad\n",
        ] {
            let (config, options) = hickory_resolver::system_conf::parse_resolv_conf(text).unwrap();
            let system = of(text);
            let ips: Vec<IpAddr> = system.servers.iter().map(|server| server.addr.ip()).collect();
            assert_eq!(ips, config.name_servers().iter().map(|server| server.ip).collect::<Vec<_>>());
            let names: Vec<String> = config.search().iter().map(|name| name.to_ascii()).collect();
            assert_eq!(search(&system)[0].trim_end_matches('.'), names[0].trim_end_matches('.'));
            assert_eq!(system.ndots, options.ndots);
        }
    }

    #[test]
    fn the_file_itself() {
        let folder = Folder::new();
        let at = |name: &str| Environment { path: folder.join(name), ..environment() };
        folder.file("some", "nameserver 192.0.2.1\n");
        folder.file("empty", "");
        assert_eq!(settings(&at("some")).unwrap().servers[0].to_string(), "192.0.2.1:53");
        for name in ["empty", "missing"] {
            assert_eq!(settings(&at(name)).unwrap().servers[0].to_string(), "127.0.0.1:53", "{name}");
        }
        assert!(settings(&Environment { path: folder.to_path_buf(), ..environment() }).is_err());
    }
}
