//! Records as knot, NSD, BIND, dig and dnspython see them.
//!
//! `dnsall/records.tsv` holds a record or more of every type with its text. Each
//! peer reads what we print, or prints what we read; servers get our zone lines.
use std::{
    env, fs,
    io::Write as _,
    net::{SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use dnsall::{
    wire::edns::Edns,
    wire::message::{self, Question, Reply},
    wire::name::Name,
    wire::rdata::{self, Data, Shape},
    wire::types::Type,
};
use plainnet_lab::{scratch::Folder, tool};

/// A row of the table.
struct Row {
    rtype: Type,
    wire: Vec<u8>,
    text: &'static str,
}

fn rows() -> Vec<Row> {
    let unhex = |text: &str| -> Vec<u8> {
        let digits: Vec<_> = text.chars().map(|c| c.to_digit(16).expect("hex")).collect();
        digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
    };
    include_str!("dnsall/records.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let [rtype, wire, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            Row { rtype: rtype.parse().expect(rtype), wire: unhex(wire), text }
        })
        .collect()
}

fn read(row: &Row) -> Data {
    rdata::read(row.rtype, &row.wire, 0..row.wire.len())
}

/// The owner of row `i`: digits that could also be the hash of an NSEC3 record.
fn owner(i: usize, zone: &str) -> Name {
    Name::parse(&format!("{i:032}.{zone}")).expect("a name")
}

/// A name for each byte that a label may hold, where it could be misread: at the end.
fn odd_owners(zone: &str) -> impl Iterator<Item = Name> {
    let zone = Name::parse(zone).expect("a name");
    (0..=255).map(move |byte| Name::from_wire(&[&[2, b'x', byte], zone.wire()].concat()).expect("a name"))
}

/// Where `program` is; nothing, said aloud, where it is missing and need not be there.
fn peer(program: &str) -> Option<PathBuf> {
    let lent = env::var_os("PLAINNET_PEERS");
    let folders = [lent.clone(), env::var_os("PATH"), Some("/usr/sbin".into())];
    let found = folders
        .iter()
        .flatten()
        .flat_map(|list| env::split_paths(list).collect::<Vec<_>>())
        .map(|folder| folder.join(program))
        .find(|path| path.is_file());
    if found.is_none() {
        missing(program);
    }
    found
}

fn missing(what: &str) {
    assert!(env::var_os("PLAINNET_PEERS").is_none(), "{what} is missing");
    tool::lacking(format_args!("{what} is missing"));
}

#[test]
fn every_type_reads_as_its_row_says() {
    let rows = rows();
    for row in &rows {
        let data = read(row);
        assert_eq!(data.text, row.text, "{}", row.rtype);
        assert_eq!(data.wire, row.wire, "{}", row.rtype);
        assert_ne!(data.shape, Shape::Malformed, "{}", row.rtype);
    }
    for rtype in Type::data_types() {
        assert!(rows.iter().any(|row| row.rtype == rtype), "{rtype} has no row");
    }
}

#[test]
fn dig_prints_the_same() {
    let Some(dig) = peer("dig") else { return };
    let rows = rows();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    let port = socket.local_addr().expect("bound").port();
    let folder = Folder::new();
    let questions: String =
        rows.iter().enumerate().map(|(i, row)| format!("{} TYPE{}\n", owner(i, "zz.test"), row.rtype.0)).collect();
    let questions = folder.file("questions", questions);
    let done = AtomicBool::new(false);
    let seen = thread::scope(|s| {
        s.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let mut question = [0; 512];
                let Ok((len, from)) = socket.recv_from(&mut question) else { continue };
                let _ = socket.send_to(&answer(&question[..len], &rows), from);
            }
        });
        let seen = Command::new(dig)
            .args(["@127.0.0.1", "-p", &port.to_string(), "+noall", "+answer", "+nosplit", "+noedns", "-f"])
            .arg(questions)
            .output();
        done.store(true, Ordering::Relaxed);
        seen.expect("dig runs")
    });
    let printed = String::from_utf8(seen.stdout).expect("ASCII");
    let printed: Vec<&str> = printed.lines().collect();
    assert_eq!(printed.len(), rows.len(), "{printed:#?}");
    for (line, row) in printed.iter().zip(&rows) {
        let words: Vec<_> = line.splitn(5, ['\t', ' ']).collect();
        // dig 9.18 sets no address of A6 in two blanks.
        assert_eq!(words[4].replace("  ", " ").trim(), read(row).text, "{line}");
    }
}

/// The record that the question's owner numbers, uncompressed.
fn answer(question: &[u8], rows: &[Row]) -> Vec<u8> {
    let (name, end) = Name::read(question, 12).expect("a question");
    let label = name.labels().next().expect("a label");
    let row: usize = std::str::from_utf8(label).expect("digits").parse().expect("a number");
    let row = &rows[row];
    let mut msg = question[..end + 4].to_vec();
    msg[2..12].copy_from_slice(&[0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
    msg.extend([0xc0, 12]);
    msg.extend(row.rtype.0.to_be_bytes());
    msg.extend([0, 1, 0, 0, 1, 44]);
    msg.extend(u16::try_from(row.wire.len()).expect("short").to_be_bytes());
    msg.extend(&row.wire);
    msg
}

#[test]
fn dnspython_reads_the_same_bytes() {
    const SCRIPT: &str = "
import sys
try:
    import dns.rdata, dns.rdatatype
except ImportError:
    sys.exit(77)
read = 0
for line in sys.stdin:
    number, text, wire = line.rstrip('\\n').split('\\t')
    kind = dns.rdatatype.from_text('TYPE' + number)
    if dns.rdata.get_rdata_class(1, kind) is dns.rdata.GenericRdata and not text.startswith('\\\\#'):
        continue
    try:
        got = dns.rdata.from_text('IN', kind, text).to_wire().hex().upper()
    except Exception as e:
        got = repr(e)
    read += 1
    if got != wire:
        print(number, text, wire, got)
print(read)
";
    let Some(python) = peer("python3") else { return };
    let mut lines = String::new();
    // dnspython wants all digits of NID and L64, which only zone lines have.
    for row in rows().iter().filter(|row| ![104, 106].contains(&row.rtype.0)) {
        let hex: String = row.wire.iter().map(|byte| format!("{byte:02X}")).collect();
        lines += &format!("{}\t{}\t{hex}\n", row.rtype.0, read(row).text);
    }
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let _ = child.stdin.take().expect("piped").write_all(lines.as_bytes());
    let seen = child.wait_with_output().expect("python3 ends");
    if seen.status.code() == Some(77) {
        return missing("dnspython");
    }
    let printed = String::from_utf8_lossy(&seen.stdout);
    let (wrong, read) = printed.trim_end().rsplit_once('\n').unwrap_or(("", printed.trim_end()));
    assert_eq!(wrong, "", "dnspython reads other bytes");
    assert!(read.parse::<usize>().is_ok_and(|read| read > 90), "{printed}");
}

/// Records of the two zones: their lines, and which rows stand in them.
struct Zone {
    name: &'static str,
    lines: String,
}

/// The zone that each server should hand out unchanged: as octets, so that
/// nothing of our text is in it (`zz.test`), and as we print it (`zy.test`).
fn zones(rows: &[Row], refused: &[Type]) -> [Zone; 2] {
    let zone = |name: &'static str, line: &dyn Fn(&Name, &Row) -> String| {
        let mut lines = format!("{name}. 300 IN SOA ns.{name}. host.{name}. 1 7200 3600 1209600 300\n");
        lines += &format!("{name}. 300 IN NS ns.{name}.\nns.{name}. 300 IN A 127.0.0.1\n");
        for (i, row) in rows.iter().enumerate().filter(|(_, row)| in_zone(row.rtype, refused)) {
            lines += &line(&owner(i, name), row);
            lines.push('\n');
        }
        Zone { name, lines }
    };
    let octets = |owner: &Name, row: &Row| {
        let hex: String = row.wire.iter().map(|byte| format!("{byte:02X}")).collect();
        format!("{owner} 300 IN TYPE{} \\# {} {hex}", row.rtype.0, row.wire.len())
    };
    let printed = |owner: &Name, row: &Row| rdata::zone_line(owner, 300, 1, row.rtype, &read(row));
    let mut zones = [zone("zz.test", &octets), zone("zy.test", &printed)];
    // BIND checks whether the owner of an address is a host's name.
    let text = rdata::read(Type::TXT, b"\x01x", 0..2);
    for owner in odd_owners("zy.test") {
        zones[1].lines += &(rdata::zone_line(&owner, 300, 1, Type::TXT, &text) + "\n");
    }
    zones
}

/// SOA and NS stand at a zone's top and NSEC3 at hashes only.
fn in_zone(rtype: Type, refused: &[Type]) -> bool {
    ![Type::SOA, Type::NS].contains(&rtype) && !refused.contains(&rtype)
}

#[test]
fn knot_serves_what_we_print() {
    let Some(knotd) = peer("knotd") else { return };
    let rows = rows();
    let zones = zones(&rows, &[]);
    if let Some(check) = peer("kzonecheck") {
        checked(&zones, |zone, file| {
            let mut command = Command::new(&check);
            command.args(["-o", zone]).arg(file);
            command
        });
    }
    let server = Server::start(&zones, |folder, port| {
        let mut conf = format!(
            "server:\n  rundir: {0}\n  listen: 127.0.0.1@{port}\ndatabase:\n  storage: {0}\nzone:\n",
            folder.display()
        );
        for zone in ["zz.test", "zy.test"] {
            conf += &format!("  - domain: {zone}\n    file: {}/{zone}\n    semantic-checks: off\n", folder.display());
        }
        let conf = folder.file("conf", conf);
        let mut command = Command::new(&knotd);
        command.arg("-c").arg(conf);
        command
    });
    server.hands_out(&rows, &[]);
}

#[test]
fn nsd_serves_what_we_print() {
    let Some(nsd) = peer("nsd") else { return };
    let rows = rows();
    let zones = zones(&rows, &[]);
    if let Some(check) = peer("nsd-checkzone") {
        checked(&zones, |zone, file| {
            let mut command = Command::new(&check);
            command.arg(zone).arg(file);
            command
        });
    }
    let server = Server::start(&zones, |folder, port| {
        // 90 types of 130 names within a second exceed the answers NSD gives to one address.
        let mut conf = format!(
            "server:\n ip-address: 127.0.0.1@{port}\n username: \"\"\n database: \"\"\n server-count: 1\n rrl-ratelimit: 0\n \
             zonesdir: \"{0}\"\n pidfile: \"{0}/pid\"\n xfrdfile: \"{0}/xfrd\"\n zonelistfile: \"{0}/list\"\n \
             xfrdir: \"{0}\"\nremote-control:\n control-enable: no\n",
            folder.display()
        );
        for zone in ["zz.test", "zy.test"] {
            conf += &format!("zone:\n name: {zone}\n zonefile: {zone}\n");
        }
        let conf = folder.file("conf", conf);
        let mut command = Command::new(&nsd);
        command.arg("-d").arg("-c").arg(conf);
        command
    });
    server.hands_out(&rows, &[]);
}

#[test]
fn bind_serves_what_we_print() {
    let Some(named) = peer("named") else { return };
    let rows = rows();
    // BIND refuses MD and MF in any form (RFC 973 replaced them by MX).
    let refused = [Type(3), Type(4)];
    let zones = zones(&rows, &refused);
    if let Some(check) = peer("named-checkzone") {
        checked(&zones, |zone, file| {
            let mut command = Command::new(&check);
            command.args(["-i", "none", zone]).arg(file);
            command
        });
    }
    let server = Server::start(&zones, |folder, port| {
        let mut conf = format!(
            "options {{ directory \"{0}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; \
             pid-file none; session-keyfile \"{0}/key\"; recursion no; notify no; minimal-responses yes; \
             check-integrity no; }};\ncontrols {{ }};\n",
            folder.display()
        );
        for zone in ["zz.test", "zy.test"] {
            conf += &format!("zone \"{zone}\" {{ type primary; file \"{zone}\"; }};\n");
        }
        let conf = folder.file("conf", conf);
        let mut command = Command::new(&named);
        command.args(["-g", "-n", "1", "-c"]).arg(conf);
        command
    });
    server.hands_out(&rows, &refused);
}

/// Runs a checker over both zones.
fn checked(zones: &[Zone; 2], command: impl Fn(&str, &Path) -> Command) {
    let folder = Folder::new();
    for zone in zones {
        let file = folder.file(zone.name, &zone.lines);
        let seen = command(zone.name, &file).output().expect("it runs");
        let said = [seen.stdout, seen.stderr].concat();
        assert!(seen.status.success(), "{}\n{}", zone.name, String::from_utf8_lossy(&said));
    }
}

/// A name server that runs until it is dropped.
struct Server {
    child: Child,
    to: SocketAddr,
    folder: Folder,
}

impl Server {
    fn start(zones: &[Zone; 2], command: impl Fn(&Folder, u16) -> Command) -> Server {
        let folder = Folder::new();
        for zone in zones {
            folder.file(zone.name, &zone.lines);
        }
        let to = SocketAddr::from(([127, 0, 0, 1], tool::free_port()));
        let log = fs::File::create(folder.join("log")).expect("a log");
        let again = log.try_clone().expect("a log");
        let mut command = command(&folder, to.port());
        let child = command.stdin(Stdio::null()).stdout(log).stderr(again).spawn().expect("a server");
        let mut server = Server { child, to, folder };
        let end = Instant::now() + Duration::from_secs(20);
        while zones.iter().any(|zone| server.ask(&Name::parse(zone.name).expect("a name"), Type::SOA).is_none()) {
            let ended = server.child.try_wait().expect("a child").is_some();
            assert!(!ended && Instant::now() < end, "{command:?}\n{}", server.log());
        }
        server
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The data of the answers, or nothing where there are none within a moment.
    fn ask(&self, name: &Name, rtype: Type) -> Option<Vec<Data>> {
        let socket = UdpSocket::bind("127.0.0.1:0").ok()?;
        socket.connect(self.to).ok()?;
        socket.set_read_timeout(Some(Duration::from_millis(500))).ok()?;
        let mut question = Vec::new();
        let edns = Edns { payload: 4096, dnssec: false, cookie: b"", nsid: false, subnet: None, block: 0 };
        Question { id: 4711, name, rtype, class: message::IN, recurse: false, edns: Some(edns) }.write(&mut question);
        socket.send(&question).ok()?;
        let mut buffer = vec![0; 65535];
        let len = match socket.recv(&mut buffer) {
            Ok(len) => len,
            Err(_) => {
                // Nobody listens yet: the refusal comes at once.
                thread::sleep(Duration::from_millis(20));
                return None;
            }
        };
        let reply = Reply::read(&buffer[..len])?;
        assert!(!reply.short && reply.header.id == 4711);
        let data: Vec<_> = reply.rrset(name, rtype).map(|r| rdata::read(rtype, reply.msg, r.rdata.clone())).collect();
        (!data.is_empty()).then_some(data)
    }

    /// Both zones, record by record.
    fn hands_out(&self, rows: &[Row], refused: &[Type]) {
        for zone in ["zz.test", "zy.test"] {
            for (i, row) in rows.iter().enumerate().filter(|(_, row)| in_zone(row.rtype, refused)) {
                // A hash's NSEC3 record is handed out with denials only.
                if row.rtype == Type(50) {
                    continue;
                }
                let name = owner(i, zone);
                let got = self.ask(&name, row.rtype).unwrap_or_default();
                let [data] = &got[..] else { panic!("{name} {}: {got:?}\n{}", row.rtype, self.log()) };
                assert_eq!((&data.wire, data.text.as_str()), (&row.wire, row.text), "{name} {}", row.rtype);
            }
        }
        for name in odd_owners("zy.test") {
            assert!(self.ask(&name, Type::TXT).is_some(), "{name}: {}", self.log());
        }
        self.swept(rows, refused);
        let top = self.ask(&Name::parse("zz.test").expect("a name"), Type::SOA).expect("a zone has a SOA");
        assert_eq!(top[0].text, "ns.zz.test. host.zz.test. 1 7200 3600 1209600 300");
    }
}

impl Server {
    /// The program itself, asking every type of every name: its plain lines are
    /// the table's, and its zone lines load everywhere.
    fn swept(&self, rows: &[Row], refused: &[Type]) {
        // Hashes are no names, and what the registry lacks is not asked.
        let found = |rtype: Type| in_zone(rtype, refused) && rtype != Type(50) && rtype.mnemonic().is_some();
        let rows = || rows.iter().enumerate().filter(|(_, row)| found(row.rtype));
        let names: String = rows().map(|(i, _)| format!("{}\n", owner(i, "zz.test"))).collect();
        let dnsall = |words: &[&str]| {
            let at = format!("@{}", self.to);
            let seen = tool::run(env!("CARGO_BIN_EXE_dnsall"), [&[at.as_str()], words].concat(), names.as_bytes());
            // The aliases of the table lead nowhere, which is said; nothing else is.
            let dead = seen.err.lines().all(|line| line.ends_with(", which does not exist"));
            assert!(seen.status <= 1 && dead, "{}", seen.err);
            seen.out
        };
        let want: String =
            rows().map(|(i, row)| format!("{}\t{}:{}\n", owner(i, "zz.test"), row.rtype, row.text)).collect();
        assert_eq!(dnsall(&[]), want);
        let printed = dnsall(&["--zone"]);
        assert_eq!(printed.lines().count(), rows().count());
        let top = "zz.test. 300 IN SOA ns.zz.test. host.zz.test. 1 7200 3600 1209600 300\n\
                   zz.test. 300 IN NS ns.zz.test.\nns.zz.test. 300 IN A 127.0.0.1\n";
        let folder = Folder::new();
        for (checker, words) in [
            ("kzonecheck", &["-o", "zz.test"][..]),
            ("nsd-checkzone", &["zz.test"]),
            ("named-checkzone", &["-i", "none", "zz.test"]),
        ] {
            let Some(checker) = peer(checker) else { continue };
            let kept = printed.lines().filter(|line| !line.contains(" TYPE3 ") && !line.contains(" TYPE4 "));
            let kept: String = kept.map(|line| format!("{line}\n")).collect();
            let file = folder.file("zone", format!("{top}{kept}"));
            let seen = Command::new(&checker).args(words).arg(&file).output().expect("it runs");
            let said = [seen.stdout, seen.stderr].concat();
            assert!(seen.status.success(), "{}\n{}", checker.display(), String::from_utf8_lossy(&said));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
