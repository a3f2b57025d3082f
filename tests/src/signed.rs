//! Signed zones on loopback: a root of their own, a domain below it, and in that
//! a zone for each thing that can be right or wrong about a chain of keys. BIND's
//! and knot's programs sign them, and BIND serves them; nothing here knows how
//! DNSSEC works.
use std::{
    fs,
    net::{SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use crate::{dns, scratch::Folder, tool};

/// The zones and their server, which end with this.
#[derive(Debug)]
pub struct Signed {
    /// Where the server listens.
    pub at: SocketAddr,
    program: PathBuf,
    server: Named,
}

/// Zones below `test.` that are signed, with what is peculiar about how.
const SIGNED: [(&str, &[&str]); 8] = [
    ("good", &[]),
    ("nsec3", &["-3", "AABB", "-H", "3"]),
    ("optout", &["-3", "-", "-A"]),
    ("expired", &["-P", "-s", "now-2d", "-e", "now-1d"]),
    ("future", &["-P", "-s", "now+1d", "-e", "now+30d"]),
    ("wrongds", &[]),
    ("missing", &[]),
    ("roll", &[]),
];

/// Zones below `test.` that knot signs, and what its policy says. BIND signs with
/// no more than 150 iterations.
const SIGNED_BY_KNOT: [(&str, &str); 2] =
    [("knot", "nsec3: off"), ("costly", "nsec3: on\n    nsec3-salt-length: 4\n    nsec3-iterations: 200")];

/// Zones that are not signed.
const UNSIGNED: [&str; 5] = ["unsigned", "exotic", "child.good", "child.nsec3", "child.optout"];

/// What a zone holds beside its SOA and NS records and `www` with an address.
const RECORDS: &str = "\
www.good.test. AAAA 2001:db8::1
www.good.test. MX 10 MAIL.good.test.
www.good.test. MX 5 a.good.test.
*.wild.good.test. A 192.0.2.2
*.deep.good.test. MX 1 www.good.test.
x.y.deep.good.test. A 192.0.2.3
a.empty.good.test. A 192.0.2.4
alias.good.test. CNAME www.nsec3.test.
toinsecure.good.test. CNAME www.unsigned.test.
tobogus.good.test. CNAME www.expired.test.
dead.good.test. CNAME gone.nsec3.test.
d.good.test. DNAME nsec3.test.
child.good.test. NS ns.test.
*.wild.nsec3.test. A 192.0.2.12
a.empty.nsec3.test. A 192.0.2.14
child.nsec3.test. NS ns.test.
alias.nsec3.test. CNAME www.good.test.
*.aliases.nsec3.test. CNAME www.good.test.
alias.knot.test. CNAME www.good.test.
child.optout.test. NS ns.test.
";

/// Names `n0` to `n999` of good.test.
pub const MANY: usize = 1000;

impl Signed {
    /// The zones, signed and served now; tests that run beside each other share them.
    /// Nothing, said aloud, where BIND's programs are missing and may be.
    ///
    /// # Panics
    /// A program fails.
    pub fn shared() -> Option<Arc<Signed>> {
        static SHARED: Mutex<Weak<Signed>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = shared.upgrade() {
            return Some(signed);
        }
        let programs = ["named", "dnssec-keygen", "dnssec-signzone", "kzonesign", "keymgr"].map(tool::peer);
        let [Some(named), Some(keygen), Some(signzone), Some(kzonesign), Some(keymgr)] = programs else { return None };
        let folder = Folder::new();
        let signer = Signer { folder: &folder, keygen, signzone, kzonesign, keymgr };
        let zones = signer.zones();
        let signed = Arc::new(Signed::serve(named, folder, &zones));
        *shared = Arc::downgrade(&signed);
        Some(signed)
    }

    fn serve(program: PathBuf, folder: Folder, zones: &[String]) -> Signed {
        let rest = "recursion no; dnssec-validation no; check-integrity no; minimal-responses yes;";
        let list = zones.iter().map(|zone| format!("zone \"{zone}\" {{ type primary; file \"{}\"; }};\n", file(zone)));
        let server = Named::start(&program, folder, rest, &list.collect::<String>());
        assert!(!server.log().contains("not loaded"), "{}", server.log());
        Signed { at: server.at, program, server }
    }

    /// A resolver that asks the server of the zones, and validates with the root's key.
    ///
    /// # Panics
    /// It doesn't start.
    pub fn resolver(&self) -> Named {
        let rest = format!(
            "recursion yes; forward only; forwarders port {} {{ {}; }}; dnssec-validation yes; empty-zones-enable no;",
            self.at.port(),
            self.at.ip()
        );
        let anchor = fs::read_to_string(self.delv_anchor()).expect("it was written");
        Named::start(&self.program, Folder::new(), &rest, &anchor)
    }

    /// A file with the root's key as a DNSKEY record.
    pub fn anchor(&self) -> PathBuf {
        self.server.folder.join("anchor")
    }

    /// A file with the DS records of a zone, as BIND's signer wrote it.
    pub fn digests(&self, zone: &str) -> PathBuf {
        self.server.folder.join(format!("dsset-{zone}"))
    }

    /// The root's key as delv wants it.
    pub fn delv_anchor(&self) -> PathBuf {
        self.server.folder.join("anchor.delv")
    }
}

/// A server of BIND's, which ends with this.
#[derive(Debug)]
pub struct Named {
    child: Child,
    /// Where it listens.
    pub at: SocketAddr,
    folder: Folder,
}

/// What a server says, in its folder.
const LOG: &str = "named.log";

impl Named {
    /// Starts it in a folder, with these options and statements beside the usual ones.
    fn start(program: &Path, folder: Folder, options: &str, statements: &str) -> Named {
        let at = SocketAddr::from(([127, 0, 0, 1], tool::free_port()));
        let conf = format!(
            "options {{ directory \"{0}\"; listen-on port {1} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; pid-file none; \
             session-keyfile \"{0}/session\"; notify no; {options} }};\ncontrols {{ }};\n{statements}",
            folder.display(),
            at.port()
        );
        let path = folder.file("named.conf", conf);
        let out = fs::File::create(folder.join(LOG)).expect("a log");
        let again = out.try_clone().expect("a log");
        let mut command = Command::new(program);
        command.args(["-g", "-n", "1", "-c"]).arg(path);
        let child = command.stdin(Stdio::null()).stdout(out).stderr(again).spawn().expect("named runs");
        let mut named = Named { child, at, folder };
        let end = Instant::now() + Duration::from_secs(30);
        while !named.is_up() {
            let ended = named.child.try_wait().expect("a child").is_some();
            assert!(!ended && Instant::now() < end, "{}", named.log());
        }
        named
    }

    /// Does it answer for the root?
    fn is_up(&self) -> bool {
        let question = [&[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &dns::name(""), &[0, 6, 0, 1]].concat();
        let ask = || {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.connect(self.at)?;
            socket.set_read_timeout(Some(Duration::from_millis(500)))?;
            socket.send(&question)?;
            socket.recv(&mut [0; 512])
        };
        let is_up = ask().is_ok();
        if !is_up {
            thread::sleep(Duration::from_millis(20));
        }
        is_up
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join(LOG)).unwrap_or_default()
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name of a zone's file.
fn file(zone: &str) -> String {
    if zone == "." { "zone-root".to_owned() } else { format!("zone-{zone}") }
}

struct Signer<'a> {
    folder: &'a Folder,
    keygen: PathBuf,
    signzone: PathBuf,
    kzonesign: PathBuf,
    keymgr: PathBuf,
}

impl Signer<'_> {
    /// Makes and signs every zone, the lowest first. Returns their names.
    fn zones(&self) -> Vec<String> {
        let mut zones = Vec::new();
        let mut delegations = String::from("ns.test. A 127.0.0.1\n");
        let below = |zone: &str| -> String {
            let end = format!(".{zone}.");
            // A record belongs to the zone that its owner's name ends with.
            RECORDS
                .lines()
                .filter(|line| line.split(' ').next().is_some_and(|owner| owner.ends_with(&end)))
                .fold(format!("www.{zone}. A 192.0.2.1\nb.{zone}. A 192.0.2.9\n"), |text, line| text + line + "\n")
        };
        for name in UNSIGNED {
            let zone = format!("{name}.test");
            self.write(&zone, &format!("www.{zone}. A 192.0.2.1\n"));
            if !name.contains('.') {
                delegations += &format!("{zone}. NS ns.test.\n");
            }
            zones.push(zone);
        }
        // No registry has an algorithm of this number.
        delegations += &format!("exotic.test. DS 1234 200 2 {}\n", "07".repeat(32));
        for (name, how) in SIGNED {
            let zone = format!("{name}.test");
            let mut text = below(&zone);
            if name == "good" {
                text += &(0..MANY).map(|n| format!("n{n}.{zone}. A 192.0.2.7\n")).collect::<String>();
            }
            self.write(&zone, &text);
            let algorithms = if name == "roll" { &["8", "13"][..] } else { &["13"] };
            self.sign(&zone, algorithms, how);
            delegations += &format!("{zone}. NS ns.test.\n");
            delegations += &match name {
                // The digest of another zone's key.
                "wrongds" => self.read("dsset-expired.test.").replace("expired", "wrongds"),
                _ => self.read(&format!("dsset-{zone}.")),
            };
            zones.push(zone);
        }
        for (name, policy) in SIGNED_BY_KNOT {
            let zone = format!("{name}.test");
            self.write(&zone, &below(&zone));
            delegations += &format!("{zone}. NS ns.test.\n{}", self.sign_by_knot(&zone, policy));
            zones.push(zone);
        }
        // The signature of one address is lost; the denial beside it is whole.
        let missing = self.read("zone-missing.test");
        let is_lost = |line: &str| line.starts_with("www.missing.test.") && line.contains(" RRSIG\tA ");
        let kept: String = missing.lines().filter(|line| !is_lost(line)).map(|line| format!("{line}\n")).collect();
        assert_ne!(kept, missing, "a signature was lost");
        self.folder.file("zone-missing.test", kept);
        self.write("test", &delegations);
        self.sign("test", &["13"], &[]);
        self.write(".", &format!("test. NS ns.test.\nns.test. A 127.0.0.1\n{}", self.read("dsset-test.")));
        self.sign(".", &["13"], &[]);
        self.anchors();
        zones.extend(["test".to_owned(), ".".to_owned()]);
        zones
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    fn write(&self, zone: &str, records: &str) {
        let apex = if zone == "." { "." } else { &format!("{zone}.") };
        let top = format!("$TTL 300\n{apex} SOA ns.test. host.test. 1 7200 3600 1209600 300\n{apex} NS ns.test.\n");
        self.folder.file(&file(zone), top + records);
    }

    fn sign(&self, zone: &str, algorithms: &[&str], how: &[&str]) {
        for algorithm in algorithms {
            for role in [&["-f", "KSK"][..], &[]] {
                self.run(Command::new(&self.keygen).args(["-q", "-a", algorithm]).args(role).arg(zone));
            }
        }
        let file = file(zone);
        self.run(
            Command::new(&self.signzone)
                .args(["-q", "-S", "-O", "full", "-o", zone])
                .args(how)
                .args(["-f", &file, &file]),
        );
    }

    /// Signs the zone, and returns its DS records.
    fn sign_by_knot(&self, zone: &str, policy: &str) -> String {
        let (folder, file) = (self.folder.display(), file(zone));
        let conf = format!(
            "server:\n  rundir: {folder}\ndatabase:\n  storage: {folder}\npolicy:\n  - id: own\n    \
             algorithm: ecdsap256sha256\n    zone-max-ttl: 300\n    {policy}\nzone:\n  - domain: {zone}\n    \
             storage: {folder}\n    file: {file}\n    dnssec-signing: on\n    dnssec-policy: own\n"
        );
        self.folder.file("knot.conf", conf);
        let signed = self.folder.join("by-knot");
        fs::create_dir_all(&signed).expect("a folder");
        self.run(Command::new(&self.kzonesign).args(["-c", "knot.conf", "-o"]).arg(&signed).arg(zone));
        fs::rename(signed.join(&file), self.folder.join(&file)).expect("it was written");
        self.run(Command::new(&self.keymgr).args(["-c", "knot.conf", zone, "ds"]))
    }

    /// Runs a program in the folder. Returns what it printed.
    fn run(&self, command: &mut Command) -> String {
        let seen = command.current_dir(self.folder).stdin(Stdio::null()).output().expect("it runs");
        assert!(seen.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&seen.stderr));
        String::from_utf8(seen.stdout).expect("ASCII")
    }

    /// Writes the root's key signing key in both forms.
    fn anchors(&self) {
        let files = fs::read_dir(self.folder).expect("a folder").flatten().map(|entry| entry.file_name());
        let keys = files.filter_map(|name| name.into_string().ok());
        let keys = keys.filter(|name| name.starts_with("K.+") && name.ends_with(".key"));
        let lines: String = keys.map(|name| self.read(&name)).collect();
        let key = lines.lines().find(|line| line.contains(" DNSKEY 257 ")).expect("a key signing key");
        self.folder.file("anchor", format!("{key}\n"));
        let words: Vec<&str> = key.split(' ').skip_while(|word| *word != "DNSKEY").skip(1).collect();
        let (head, key) = words.split_at(3);
        let text = format!("trust-anchors {{ \".\" static-key {} \"{}\"; }};\n", head.join(" "), key.concat());
        self.folder.file("anchor.delv", text);
    }
}
