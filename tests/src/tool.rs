//! Running a tool, and what it did.
use std::{
    env,
    ffi::OsStr,
    fmt,
    io::Write as _,
    net::{TcpListener, UdpSocket},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{self, Command, Output, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use plainnet_common::spec::{Example, NETWORK};

/// A port of 127.0.0.1 that nobody has by TCP or UDP, for a server that a test
/// starts. It lies below those that the kernel gives to clients, so that none of
/// the many connections of other tests takes it before the server does, and in a
/// range that no other test program takes ports from at the same time.
///
/// # Panics
/// All such ports are taken.
pub fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 1_000;
    static RANGE: LazyLock<u32> = LazyLock::new(|| range_of_ports().expect("a range of ports"));
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let is_free =
        |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok() && UdpSocket::bind(("127.0.0.1", *port)).is_ok();
    let mut tries = (0..COUNT).map(|_| (FIRST + *RANGE * COUNT + TAKEN.fetch_add(1, Ordering::Relaxed) % COUNT) as u16);
    tries.find(is_free).expect("a free port")
}

/// One of the ranges of ports, which this process keeps until it ends.
fn range_of_ports() -> Option<u32> {
    const RANGES: u32 = 20;
    let first = process::id();
    (0..RANGES).map(|n| first.wrapping_add(n) % RANGES).find(|range| keep(*range))
}

/// Holds a name that no two processes of a network can have at once.
#[cfg(target_os = "linux")]
fn keep(range: u32) -> bool {
    use std::os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixListener},
    };
    let name = SocketAddr::from_abstract_name(format!("plainnet-ports-{range}"));
    // Never closed, so it is held as long as the process lives.
    name.and_then(|name| UnixListener::bind_addr(&name)).map(std::mem::forget).is_ok()
}

/// Elsewhere the number of the process has to do.
#[cfg(not(target_os = "linux"))]
fn keep(_: u32) -> bool {
    true
}

/// What a finished program left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its exit status, or 128 and the signal's number.
    pub status: i32,
    /// Standard output; bytes that are not UTF-8 as U+FFFD.
    pub out: String,
    /// Standard error, likewise.
    pub err: String,
}

impl From<Output> for Seen {
    fn from(o: Output) -> Seen {
        let status = o.status.code().unwrap_or_else(|| 128 + o.status.signal().unwrap_or(0));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Seen { status, out: text(o.stdout), err: text(o.stderr) }
    }
}

/// What a program is expected to leave behind.
pub fn seen(status: i32, out: &str, err: &str) -> Seen {
    Seen { status, out: out.into(), err: err.into() }
}

/// The tool at this path, run with words as someone types them.
#[derive(Clone, Copy, Debug)]
pub struct Tool(pub &'static str);

impl Tool {
    /// Runs it with `words`, which blanks separate, and `input` on its standard input.
    pub fn run(self, words: &str, input: impl AsRef<[u8]>) -> Seen {
        run(self.0, words.split_whitespace(), input.as_ref())
    }

    /// What it prints where nothing is wrong.
    ///
    /// # Panics
    /// Its status is not 0, or it says something on standard error.
    pub fn prints(self, words: &str, input: impl AsRef<[u8]>) -> String {
        let seen = self.run(words, input);
        assert_eq!((seen.status, seen.err.as_str()), (0, ""), "{words}");
        seen.out
    }
}

impl AsRef<OsStr> for Tool {
    fn as_ref(&self) -> &OsStr {
        self.0.as_ref()
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A command that the settings of this machine don't reach: no proxy, neither table
/// nor cache that a user keeps, and a locale that every machine has.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C.UTF-8").env("XDG_DATA_HOME", "/nonexistent").env("XDG_CACHE_HOME", "/nonexistent");
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_ascii_uppercase());
    }
    command
}

/// Runs `program` with `args`, `input` on its standard input.
pub fn run<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: impl IntoIterator<Item = A>, input: &[u8]) -> Seen {
    feed(command(program).args(args), input).into()
}

/// Runs `command` with `input` on its standard input, written while it runs.
pub fn feed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let mut stdin = child.stdin.take().expect("piped");
    thread::scope(|s| {
        // A program that stops reading early is no failure of the test.
        s.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().expect("a child can be waited for")
    })
}

/// The names of all six tools.
pub const TOOLS: [&str; 6] = ["dnsall", "getserv", "ipconv", "rirwhois", "upper-echo", "upper-echod"];

/// The tool `name` in the folder where cargo puts what it builds.
///
/// # Panics
/// It isn't there: `cargo build --workspace` makes it.
pub fn find(name: &str) -> PathBuf {
    let me = env::current_exe().expect("a test knows its own path");
    let folder = me.ancestors().find(|p| p.ends_with("debug") || p.ends_with("release"));
    let path = folder.expect("a test runs below target").join(name);
    assert!(path.exists(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}

/// Runs each example of a manual with the tools beside `tool` and compares.
///
/// # Panics
/// One prints something else, or ends with another status, or a tool is not built.
pub fn check_examples(tool: &Path, examples: &[Example]) {
    let folder = tool.parent().expect("a file has a folder");
    let path = format!("{}:{}", folder.display(), env::var("PATH").unwrap_or_default());
    for example in examples {
        // One that is missing would leave the other end of a pipe waiting.
        for name in TOOLS.into_iter().filter(|name| example.run.contains(name)) {
            find(name);
        }
        if example.status == NETWORK {
            // Nothing is asked here, but each option that it names has to be one.
            let line = format!("{} --help", example.run);
            let seen: Seen = feed(command("sh").args(["-c", &line]).env("PATH", &path), b"").into();
            assert_eq!((seen.status, &*seen.err), (0, ""), "{line}");
            continue;
        }
        let seen: Seen = feed(command("sh").args(["-c", example.run]).env("PATH", &path), b"").into();
        match example.out.strip_suffix("...\n") {
            Some(head) => assert!(seen.out.starts_with(head), "{}\n{seen:?}", example.run),
            None => assert_eq!(seen.out, example.out, "{}\n{}", example.run, seen.err),
        }
        assert_eq!(seen.status, i32::from(example.status), "{}\n{}", example.run, seen.err);
    }
}

/// The program `name` to compare with: one that `cargo xtask test` unpacked, or
/// an installed one. Without it the test says so and passes.
///
/// # Panics
/// It is missing where it must not be: below `cargo xtask test`, or where a
/// change is checked on Debian.
pub fn peer(name: &str) -> Option<PathBuf> {
    let unpacked = env::var_os("PLAINNET_PEERS");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = unpacked.iter().chain([&path]).flat_map(env::split_paths);
    let found = folders.map(|folder| folder.join(name)).find(|p| p.is_file());
    let checked = env::var("CI").is_ok_and(|v| v == "true") && Path::new("/etc/debian_version").exists();
    assert!(found.is_some() || unpacked.is_none() && !checked, "{name} is missing: is it in tests/packages.txt?");
    if found.is_none() {
        lacking(format_args!("{name} is missing"));
    }
    found
}

/// Says that a test is skipped, or cut short, for want of `what`.
///
/// # Panics
/// A change is being checked: nothing that can be had may be left out then.
pub fn lacking(what: impl fmt::Display) {
    let checked = env::var("CI").is_ok_and(|v| v == "true");
    assert!(!checked, "{what}: where CI is true nothing is skipped");
    left_out(what);
}

/// Says what a test leaves out since only another machine has it.
pub fn left_out(what: impl fmt::Display) {
    // Past the test harness, which keeps what passing tests print.
    let thread = thread::current();
    let _ = writeln!(std::io::stderr(), "{}: skipped: {what}", thread.name().unwrap_or("a test"));
}

/// The words of a shell before a program that is to start no thread and no child. No limit binds
/// the superuser, in whose place nobody runs it, who may open every file. Where neither
/// way works the test says so.
///
/// # Panics
/// Neither way works where a change is checked.
pub fn alone() -> Option<&'static str> {
    const WAYS: [&str; 2] = [
        "prlimit --nproc=0:0",
        "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+dac_override \
         --ambient-caps=-all,+dac_override prlimit --nproc=0:0",
    ];
    // It starts a child, and has this status when it can't.
    let cannot_fork = |way: &&str| {
        let seen = run("sh", ["-c", &format!("exec {way} timeout 1 true")], b"");
        seen.status == 125 && seen.err.starts_with("timeout: ")
    };
    let found = WAYS.into_iter().find(cannot_fork);
    if found.is_none() {
        lacking("no way to forbid threads and children");
    }
    found
}

/// How many inputs a long comparison takes: `sample` of them, or as many of `whole` as
/// the environment variable PLAINNET_LONG says (1 for all, 0.1 for a tenth).
///
/// # Panics
/// The variable holds no number from 0 to 1.
pub fn long(whole: u64, sample: u64) -> u64 {
    let Ok(share) = env::var("PLAINNET_LONG") else { return sample };
    let share: f64 = share.parse().expect("PLAINNET_LONG is a number");
    assert!((0.0..=1.0).contains(&share), "PLAINNET_LONG is from 0 to 1");
    ((whole as f64 * share) as u64).max(sample)
}
