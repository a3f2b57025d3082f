//! A tool, a command of it that answers, and how a test runs that.
use std::{
    ffi::OsStr,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::process::ExitStatusExt as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{
    dns,
    tool::{self, Seen},
    whois,
};
use rustix::{
    pipe::{PipeFlags, pipe_with},
    process::{Pid, Signal, kill_process},
};

/// No run of a tool takes longer, or it hangs.
const DEADLINE: Duration = Duration::from_secs(240);

/// A tool and a sample of its work.
pub(crate) struct Row {
    pub(crate) tool: &'static str,
    /// Its options; `{}` is the address of its server.
    pub(crate) args: &'static [&'static str],
    /// An input that is answered.
    pub(crate) line: &'static str,
    /// An input that is refused, where there is such a thing.
    pub(crate) bad: &'static str,
    /// Options that take a number.
    pub(crate) numbers: &'static [&'static str],
    /// What it asks.
    pub(crate) server: Server,
    /// Options that read a file of lines.
    pub(crate) files: &'static [FileOption],
    /// What a hostile server begins to answer, where there is one.
    pub(crate) reply: Option<Reply>,
    /// It copies bytes, not lines: nothing is a comment and nothing is refused.
    pub(crate) copies: bool,
}

/// From a request, the beginning of an answer that breaks off, and what goes on for ever behind it.
pub(crate) type Reply = fn(&[u8]) -> (Vec<u8>, Vec<u8>);

/// An option that reads a file of lines.
pub(crate) struct FileOption {
    pub(crate) name: &'static str,
    /// A good line of such a file, another one for each number.
    pub(crate) line: fn(u32) -> String,
}

/// Who answers the sample.
#[derive(Clone, Copy)]
pub(crate) enum Server {
    /// No one.
    None,
    /// A TCP server that answers in upper case.
    Upper,
    /// A name server with the lab's names.
    Dns,
    /// A registry with the lab's records.
    Whois,
}

impl Row {
    pub(crate) const fn new(tool: &'static str) -> Row {
        Row {
            tool,
            args: &[],
            line: "",
            bad: "",
            numbers: &[],
            files: &[],
            server: Server::None,
            reply: None,
            copies: false,
        }
    }

    /// The tool alone.
    pub(crate) fn bare(&self) -> Command {
        tool::command(tool::find(self.tool))
    }

    /// The sample without an input.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.bare();
        command.args(self.words());
        command
    }

    /// `script`, in which `"$@"` is the sample without an input.
    pub(crate) fn sh(&self, script: &str) -> Command {
        self.sh_with(script, self.words())
    }

    /// `script`, in which `"$@"` is the tool with `args`.
    pub(crate) fn sh_with<A: AsRef<OsStr>>(&self, script: &str, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = tool::command("sh");
        command.args(["-c", script, "sh"]).arg(tool::find(self.tool)).args(args);
        command
    }

    /// The options that read a file, of which there are some.
    pub(crate) fn files(&self) -> &[FileOption] {
        assert!(!self.files.is_empty(), "{} {:?} reads no file", self.tool, self.args);
        self.files
    }

    pub(crate) fn words(&self) -> Vec<String> {
        let server = self.server.address().map(|a| a.to_string()).unwrap_or_default();
        self.words_for(&server)
    }

    /// The sample's options when `server` is asked.
    pub(crate) fn words_for(&self, server: &str) -> Vec<String> {
        self.args.iter().map(|a| a.replace("{}", server)).collect()
    }

    /// `n` lines of input, and what the tool prints for them.
    pub(crate) fn lines(&self, n: usize) -> (Vec<u8>, String) {
        let line = format!("{}\n", self.line);
        let seen = run(&mut self.command(), line.as_bytes());
        assert_eq!((seen.status, seen.err.as_str()), (0, ""), "{}: {seen:?}", self.tool);
        assert!(seen.out.ends_with('\n'), "{}: {seen:?}", self.tool);
        (line.repeat(n).into_bytes(), seen.out.repeat(n))
    }

    /// Lines enough to fill every buffer on the way out.
    pub(crate) fn many_lines(&self) -> (Vec<u8>, String) {
        let (_, one) = self.lines(1);
        self.lines(300_000 / one.len() + 1)
    }
}

impl Server {
    fn address(self) -> Option<SocketAddr> {
        static UPPER: OnceLock<SocketAddr> = OnceLock::new();
        static DNS: OnceLock<dns::Server> = OnceLock::new();
        static WHOIS: OnceLock<whois::Lab> = OnceLock::new();
        match self {
            Server::None => None,
            Server::Dns => Some(DNS.get_or_init(|| dns::serve(dns::story())).addr),
            Server::Whois => WHOIS.get_or_init(whois::world).addrs.get("ARIN").copied(),
            Server::Upper => Some(*UPPER.get_or_init(upper)),
        }
    }
}

/// Answers in upper case until the tests end.
fn upper() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("bound");
    let serve = |mut peer: TcpStream| {
        let mut block = [0; 4096];
        while let Ok(n @ 1..) = peer.read(&mut block) {
            block[..n].make_ascii_uppercase();
            if peer.write_all(&block[..n]).is_err() {
                break;
            }
        }
    };
    thread::spawn(move || {
        for peer in listener.incoming().flatten() {
            thread::spawn(move || serve(peer));
        }
    });
    address
}

/// Runs `command` on `input`.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Seen {
    let mut child = spawn(command);
    let stdin = child.stdin.take();
    finish(child, move |_| drop(stdin.map(|mut s| s.write_all(input))))
}

/// Starts `command` with a pipe on each descriptor that `command` left alone.
pub(crate) fn spawn(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// Waits for `child` while `feed` does what it wants on a thread of its own.
///
/// # Panics
/// The child takes longer than [`DEADLINE`].
pub(crate) fn finish(mut child: Child, feed: impl FnOnce(u32) + Send) -> Seen {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let id = child.id();
    thread::scope(|s| {
        s.spawn(move || feed(id));
        let out = s.spawn(move || stdout.map(all).unwrap_or_default());
        let err = s.spawn(move || stderr.map(all).unwrap_or_default());
        let end = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if Instant::now() > end {
                let _ = child.kill();
                let _ = child.wait();
                panic!("hangs; wrote {:?}", err.join());
            }
            thread::sleep(Duration::from_millis(2));
        };
        Seen {
            status: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            out: out.join().expect("reads"),
            err: err.join().expect("reads"),
        }
    })
}

fn all(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A status of a run that failed as a tool may, with a message and no panic.
#[track_caller]
pub(crate) fn assert_refused(row: &Row, seen: &Seen, what: &str) {
    assert!((1..=3).contains(&seen.status), "{} {what}: {seen:?}", row.tool);
    assert_clean(row, seen, what);
    assert!(!seen.err.is_empty(), "{} {what}: no message", row.tool);
}

/// Whatever was said is lines of the tool's own, fit for a terminal.
#[track_caller]
pub(crate) fn assert_clean(row: &Row, seen: &Seen, what: &str) {
    assert!((0..=3).contains(&seen.status), "{} {what}: {seen:?}", row.tool);
    assert!(!seen.err.contains("panicked"), "{} {what}: {seen:?}", row.tool);
    let head = format!("{}: ", row.tool);
    for line in seen.err.lines() {
        assert!(line.starts_with(&head), "{} {what}: {line:?}", row.tool);
        assert!(!line.contains(steers_or_hides), "{} {what}: {line:?}", row.tool);
    }
}

/// True for what does no good on a terminal, by Unicode's charts and not by what the tools
/// take for it: C0, DEL and C1; soft hyphen, Mongolian vowel separator and the byte order
/// mark; blocks of General Punctuation that have no width, end a line or turn it round; tags.
pub(crate) fn steers_or_hides(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{180e}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// Sends `signal` to a child.
pub(crate) fn send(id: u32, signal: Signal) {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("a child can be signalled");
}

/// A sample that waits for more input, its first answer read.
pub(crate) fn waiting(row: &Row) -> (Child, ChildStdin, String) {
    let (line, want) = row.lines(1);
    let mut child = spawn(&mut row.command());
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(&line).expect("it reads");
    let mut got = vec![0; want.len()];
    child.stdout.as_mut().expect("piped").read_exact(&mut got).expect("an answer before the end of input");
    assert_eq!(String::from_utf8_lossy(&got), want);
    (child, stdin, want)
}

/// A pipe that only the child meant to has: tests run side by side.
pub(crate) fn pipe() -> (OwnedFd, OwnedFd) {
    pipe_with(PipeFlags::CLOEXEC).expect("a pipe")
}
