//! The servers that the tour asks, all on loopback and on free ports.
use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use plainnet_lab::{scratch::Folder, world::World};

/// What a server may take to say something.
const SOON: Duration = Duration::from_secs(5);

/// The servers, the files, and their places in command lines.
pub(super) struct Lab {
    /// Where the commands run.
    pub(super) folder: Folder,
    /// `{name}` in a command line, and what it stands for.
    places: Vec<(String, String)>,
    /// The servers end with this.
    _world: World,
}

impl Lab {
    pub(super) fn start() -> Result<Lab, String> {
        let folder = Folder::new();
        let world = World::start(&folder, false).map_err(|e| format!("the lab: {e}"))?;
        let (dns, root) = (world.dns.at(), world.root());
        let arin = world.whois.addrs["ARIN"].to_string();
        let mut lab = Lab { folder, places: Vec::new(), _world: world };
        lab.name("dns", dns);
        lab.name("root", root);
        lab.name("whois", "--registries registries");
        lab.name("arin", arin);
        Ok(lab)
    }

    /// From now on `{name}` is `value`, whatever it was before.
    pub(super) fn name(&mut self, name: &str, value: impl Into<String>) {
        self.places.retain(|place| place.0 != format!("{{{name}}}"));
        self.places.push((format!("{{{name}}}"), value.into()));
    }

    /// Puts places into a text.
    pub(super) fn fill(&self, text: &str) -> String {
        self.places.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// Writes a file that commands read.
    pub(super) fn file(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap_or_else(|e| println!("{}: {e}", path.display()));
    }
}

/// A running upper-echod, ended when it is dropped.
pub(super) struct Echod {
    child: Child,
    lines: Receiver<String>,
}

impl Echod {
    pub(super) fn start(bin: &Path, args: &[&str]) -> Result<Echod, String> {
        let mut command = Command::new(bin.join("upper-echod"));
        let spawned = command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|e| format!("upper-echod: {e}"))?;
        let stdout = child.stdout.take().ok_or("upper-echod: no output")?;
        let (to, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if to.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Echod { child, lines })
    }

    /// The next line of its log, or nothing where it stays silent.
    pub(super) fn line(&self) -> Option<String> {
        self.lines.recv_timeout(SOON).ok()
    }
}

impl Drop for Echod {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this machine has an IPv6 loopback address.
pub(super) fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}
