//! A running upper-echod, and clients that misbehave.
use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// An upper-echod on loopback; it dies with this value.
#[derive(Debug)]
pub struct Echod {
    /// The process.
    pub child: Child,
    /// Where it listens, in order.
    pub addrs: Vec<SocketAddr>,
    /// Lines of its log as they come.
    pub log: Receiver<String>,
}

/// How long a test waits for what must happen before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

impl Echod {
    /// Starts `program` with `args`; without an address among them it gets port 0 of 127.0.0.1.
    ///
    /// # Panics
    /// It doesn't start.
    pub fn start<A: AsRef<OsStr>>(program: impl AsRef<Path>, args: impl IntoIterator<Item = A>) -> Echod {
        Echod::spawn(Command::new(program.as_ref()).args(args), 1)
    }

    /// Starts `command`, which is an upper-echod with `listeners` addresses (port 0 of 127.0.0.1 is added for one).
    ///
    /// # Panics
    /// It doesn't start.
    pub fn spawn(command: &mut Command, listeners: usize) -> Echod {
        if listeners == 1 {
            command.arg("127.0.0.1:0");
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("upper-echod starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let addrs = (0..listeners).map(|_| listening(&mut out)).collect();
        let (to, log) = mpsc::channel();
        thread::spawn(move || {
            for line in out.lines() {
                let Ok(line) = line else { return };
                if to.send(line).is_err() {
                    return;
                }
            }
        });
        Echod { child, addrs, log }
    }

    /// Its first address.
    pub fn addr(&self) -> SocketAddr {
        self.addrs[0]
    }

    /// A connection to it, whose reads fail rather than wait for ever.
    ///
    /// # Panics
    /// It is refused.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr()).expect("upper-echod takes connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream
    }

    /// The next line of the log.
    ///
    /// # Panics
    /// None comes.
    pub fn line(&self) -> String {
        self.log.recv_timeout(PATIENCE).expect("a line of the log")
    }

    /// The next line of the log that speaks of a closed connection, without the peer.
    ///
    /// # Panics
    /// None comes.
    pub fn closed(&self) -> String {
        loop {
            if let Some((_, text)) = self.line().split_once(" closed: ") {
                return text.to_owned();
            }
        }
    }

    /// Sends it a signal, by name.
    ///
    /// # Panics
    /// There is no kill(1).
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let done = Command::new("kill").args(["-s", name, &pid]).status().expect("kill runs");
        assert!(done.success());
    }
}

impl Drop for Echod {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listening(out: &mut BufReader<ChildStdout>) -> SocketAddr {
    let mut line = String::new();
    out.read_line(&mut line).expect("upper-echod says where it listens");
    let addr = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}"));
    addr.trim_end().parse().expect("an address")
}

/// Everything until the end of input.
///
/// # Panics
/// It breaks off, or doesn't come in time.
pub fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("an orderly end");
    all
}

/// Exactly `n` bytes.
///
/// # Panics
/// They don't come.
pub fn exactly(stream: &mut TcpStream, n: usize) -> Vec<u8> {
    let mut all = vec![0; n];
    stream.read_exact(&mut all).expect("all bytes");
    all
}
