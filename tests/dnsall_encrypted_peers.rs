//! dnsall and encrypted servers that nobody here wrote: BIND, unbound and
//! dnsdist from Debian's packages, and aioquic under a script of ours.
//!
//! knot of Debian 12 (3.2) speaks QUIC through XDP alone, which needs a network
//! card and root, and no TLS; so it is not among them. dnsdist of Debian 12
//! (1.7.3) is asked by TLS alone: by HTTPS it dies of an assertion in libh2o, or
//! of a segmentation fault, also where each question waits for the answer before.
use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{
    dns,
    tls::Authority,
    tool::{self, Seen},
};

const TOOL: &str = env!("CARGO_BIN_EXE_dnsall");

/// The records of the name that is asked, as a zone file and unbound's local data have them.
const RECORDS: [&str; 10] = [
    "A 192.0.2.1",
    "A 192.0.2.2",
    "AAAA 2001:db8::1",
    "MX 10 mail.zone.test.",
    "TXT \"one; \\\"two\\\"\" \"three\"",
    "SRV 1 2 53 ns.zone.test.",
    "CAA 0 issue \"ca.test\"",
    "HTTPS 1 . alpn=h2,h3",
    "SSHFP 4 2 123456789ABCDEF67890123456789ABCDEF67890123456789ABCDEF123456789",
    "TYPE65280 \\# 4 0A000001",
];
const NAME: &str = "www.zone.test";

/// A server that runs until this is dropped.
struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts one that listens on the TCP ports `ports`, or says `ready`.
    fn start(folder: &Path, command: &mut Command, ports: &[u16]) -> Server {
        let log = folder.join("log");
        let out = fs::File::create(&log).expect("a log");
        let again = out.try_clone().expect("a log");
        let child = command.stdin(Stdio::null()).stdout(out).stderr(again).spawn().expect("a server");
        let mut server = Server { child, log };
        let end = Instant::now() + Duration::from_secs(60);
        let is_ready = |server: &Server| match ports {
            [] => server.said().starts_with("ready"),
            ports => ports.iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()),
        };
        while !is_ready(&server) {
            let ended = server.child.try_wait().expect("a child").is_some();
            assert!(!ended && Instant::now() < end, "{command:?}\n{}", server.said());
            thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, and the authority that it gets its certificate from; nothing where one is missing and may be.
fn prepared(program: &str) -> Option<(PathBuf, Authority)> {
    Some((tool::peer(program)?, Authority::new(&["dns.lab"])?))
}

fn run(authority: &Authority, line: &str, input: &str) -> Seen {
    let mut command = Command::new("timeout");
    command.args(["60", TOOL]).args(line.split_whitespace());
    command.env("SSL_CERT_FILE", authority.certificate()).env_remove("SSL_CERT_DIR");
    tool::feed(&mut command, input.as_bytes()).into()
}

/// What the server answers by UDP at `plain` it answers by `at`, too: all types of names, and a list of them.
fn agrees(server: &Server, authority: &Authority, plain: &str, at: &str, names: &[&str]) {
    for name in names {
        let want = run(authority, &format!("{plain} {name}"), "");
        let seen = run(authority, &format!("{at} {name}"), "");
        assert_eq!((seen.status, &seen.out), (want.status, &want.out), "{at} {name}\n{}\n{}", seen.err, server.said());
    }
    let list: String = (0..400).map(|i| format!("{}\nn{i}.{}\n", names[0], names[0])).collect();
    let want = run(authority, &format!("{plain} -kq -t A"), &list);
    let seen = run(authority, &format!("{at} -kq -t A"), &list);
    assert_eq!((seen.status, &seen.out), (want.status, &want.out), "{at}\n{}\n{}", seen.err, server.said());
    assert!(seen.out.lines().count() >= 800);
}

#[test]
fn bind_by_tls_and_https() {
    let Some((named, authority)) = prepared("named") else { return };
    let folder = authority.folder();
    let records: String = RECORDS.iter().map(|record| format!("{NAME}. 300 {record}\n")).collect();
    let top = "zone.test. 300 SOA ns.zone.test. root.zone.test. 1 2 3 4 5\nzone.test. 300 NS ns.zone.test.\n\
               ns.zone.test. 300 A 192.0.2.53\nmail.zone.test. 300 A 192.0.2.25\nalias.zone.test. 300 CNAME www.zone.test.\n";
    fs::write(folder.join("zone"), format!("{top}{records}")).expect("written");
    let (plain, dot, doh) = (tool::free_port(), tool::free_port(), tool::free_port());
    let at = folder.display();
    let conf = format!(
        "tls lab {{ cert-file \"{at}/cert.pem\"; key-file \"{at}/key.pem\"; }};\n\
         http lab {{ endpoints {{ \"/dns-query\"; \"/other\"; }}; }};\n\
         options {{ directory \"{at}\"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;\n\
         listen-on port {plain} {{ 127.0.0.1; }}; listen-on port {dot} tls lab {{ 127.0.0.1; }};\n\
         listen-on port {doh} tls lab http lab {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; }};\n\
         controls {{ }};\nzone \"zone.test\" {{ type primary; file \"{at}/zone\"; }};\n"
    );
    fs::write(folder.join("named.conf"), conf).expect("written");
    let mut command = Command::new(named);
    command.args(["-g", "-n", "1", "-c"]).arg(folder.join("named.conf"));
    let server = Server::start(folder, &mut command, &[plain, dot, doh]);
    let plain = format!("@127.0.0.1:{plain}");
    let names = [NAME, "alias.zone.test", "gone.zone.test", "zone.test"];
    agrees(&server, &authority, &plain, &format!("@tls://dns.lab@127.0.0.1:{dot}"), &names);
    agrees(&server, &authority, &plain, &format!("@https://dns.lab@127.0.0.1:{doh}"), &names);
    agrees(&server, &authority, &plain, &format!("@https://dns.lab@127.0.0.1:{doh}/other"), &names);
    let seen = run(&authority, &format!("@https://dns.lab@127.0.0.1:{doh}/nowhere {NAME}"), "");
    assert!(seen.status == 3 && seen.err.contains("/nowhere: HTTP status 404 Not Found"), "{}", seen.err);
    let seen = run(&authority, &format!("@https://dns.lab@127.0.0.1:{dot} {NAME}"), "");
    assert!(seen.status == 3 && seen.err.contains("TLS: the server does not speak HTTP/2"), "{}", seen.err);
}

#[test]
fn unbound_by_tls_and_https() {
    let Some((unbound, authority)) = prepared("unbound") else { return };
    let folder = authority.folder();
    let (plain, dot, doh) = (tool::free_port(), tool::free_port(), tool::free_port());
    let at = folder.display();
    let records: String = RECORDS.iter().map(|record| format!("  local-data: '{NAME}. 300 {record}'\n")).collect();
    let conf = format!(
        "server:\n  directory: \"{at}\"\n  chroot: \"\"\n  username: \"\"\n  pidfile: \"\"\n  use-syslog: no\n  do-daemonize: no\n\
         \x20 interface: 127.0.0.1@{plain}\n  interface: 127.0.0.1@{dot}\n  interface: 127.0.0.1@{doh}\n\
         \x20 tls-port: {dot}\n  https-port: {doh}\n  tls-service-pem: \"{at}/cert.pem\"\n  tls-service-key: \"{at}/key.pem\"\n\
         \x20 module-config: \"iterator\"\n  local-zone: \"zone.test.\" static\n{records}remote-control:\n  control-enable: no\n"
    );
    fs::write(folder.join("unbound.conf"), conf).expect("written");
    let mut command = Command::new(unbound);
    command.args(["-d", "-c"]).arg(folder.join("unbound.conf"));
    let server = Server::start(folder, &mut command, &[plain, dot, doh]);
    let plain = format!("@127.0.0.1:{plain}");
    agrees(&server, &authority, &plain, &format!("@tls://dns.lab@127.0.0.1:{dot}"), &[NAME, "gone.zone.test"]);
    agrees(&server, &authority, &plain, &format!("@https://dns.lab@127.0.0.1:{doh}"), &[NAME, "gone.zone.test"]);
}

#[test]
fn dnsdist_by_tls() {
    let Some((dnsdist, authority)) = prepared("dnsdist") else { return };
    let folder = authority.folder();
    let behind = dns::serve(dns::story());
    let (plain, dot) = (tool::free_port(), tool::free_port());
    let at = folder.display();
    let conf = format!(
        "setLocal('127.0.0.1:{plain}')\naddTLSLocal('127.0.0.1:{dot}', '{at}/cert.pem', '{at}/key.pem')\n\
         newServer({{address='{}', healthCheckMode='up'}})\nsetSecurityPollSuffix('')\n",
        behind.addr
    );
    fs::write(folder.join("dnsdist.conf"), conf).expect("written");
    let mut command = Command::new(dnsdist);
    command.args(["--supervised", "--disable-syslog", "-C"]).arg(folder.join("dnsdist.conf"));
    let server = Server::start(folder, &mut command, &[plain, dot]);
    let plain = format!("@{}", behind.addr);
    let names = ["many.example", "dev.to", "big.example", "gone.example"];
    agrees(&server, &authority, &plain, &format!("@tls://dns.lab@127.0.0.1:{dot}"), &names);
}

#[test]
fn aioquic_by_quic_and_http3() {
    let Some((python, authority)) = prepared("python3") else { return };
    let has = Command::new(&python).args(["-c", "import aioquic"]).output().is_ok_and(|seen| seen.status.success());
    if !has {
        assert!(
            std::env::var_os("PLAINNET_PEERS").is_none(),
            "aioquic is missing: is it in tests/packages-python.txt?"
        );
        tool::lacking("aioquic is missing");
        return;
    }
    let behind = dns::serve(dns::story());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/dnsall/aioquic_server.py");
    for (protocol, scheme) in [("doq", "quic"), ("h3", "h3")] {
        let port = tool::free_port();
        let folder = authority.folder();
        let mut command = Command::new(&python);
        command.arg(&script).args([protocol, &port.to_string()]);
        command.arg(folder.join("cert.pem")).arg(folder.join("key.pem")).arg(behind.addr.port().to_string());
        let server = Server::start(folder, &mut command, &[]);
        let at = format!("@{scheme}://dns.lab@127.0.0.1:{port}");
        let names = ["many.example", "dev.to", "big.example", "gone.example"];
        agrees(&server, &authority, &format!("@{}", behind.addr), &at, &names);
        let seen = run(&authority, &format!("{}/x many.example", at.replace("quic", "h3")), "");
        assert_eq!(seen.status, 3, "{}", seen.err);
        let why =
            if protocol == "h3" { "HTTP status 400 Bad Request" } else { "TLS: the server does not speak HTTP/3" };
        assert!(seen.err.contains(why), "{}", seen.err);
    }
}
