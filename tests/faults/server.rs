//! The same for the server: its log may break, its service may not.
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use plainnet_lab::{scratch::File, tool};
use rustix::process::Signal;

use crate::{
    arguments::HIDDEN,
    row::{Row, assert_clean, assert_refused, finish, pipe, run, send},
    syscalls,
};

/// A server that was started on a port chosen beforehand, since its log may be lost.
struct Running {
    child: Child,
    address: SocketAddr,
}

/// Starts the server by `script`, in which `"$@"` is its command.
fn start(row: &Row, script: &str) -> Running {
    let address = free();
    start_by(&mut row.sh_with(script, [address.to_string()]), address)
}

fn start_by(command: &mut Command, address: SocketAddr) -> Running {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    Running { child: child.expect("it starts"), address }
}

/// An address that nobody has at the moment.
fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], tool::free_port()))
}

/// One client's answer, waiting for the server to come up.
fn served(address: SocketAddr) -> bool {
    served_while(address, || true)
}

/// The same, as long as `alive` says that the server may still come.
fn served_while(address: SocketAddr, mut alive: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end && alive() {
        if TcpStream::connect(address).is_ok_and(answered) {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

fn answered(mut peer: TcpStream) -> bool {
    let mut reply = [0; 5];
    peer.set_read_timeout(Some(Duration::from_secs(30))).is_ok()
        && peer.write_all(b"hello").is_ok()
        && peer.read_exact(&mut reply).is_ok()
        && &reply == b"HELLO"
}

/// The server answers, and ends with status 0 at a signal.
#[track_caller]
fn works(row: &Row, running: Running, what: &str) {
    let id = running.child.id();
    let answered = served(running.address);
    send(id, Signal::TERM);
    let seen = finish(running.child, |_| {});
    assert!(answered, "{} {what}: no answer; {seen:?}", row.tool);
    assert_eq!(seen.status, 0, "{} {what}: {seen:?}", row.tool);
    assert_clean(row, &seen, what);
}

/// An address, an option and a number that hold what nobody sees.
pub(crate) fn hidden_characters(row: &Row) {
    for hidden in HIDDEN {
        let word = format!("a{hidden}..b");
        let escaped = format!("a\\u{{{:x}}}..b", u32::from(hidden));
        let numbers = row.numbers.iter().map(|option| format!("{option}={word}"));
        for argument in [word.clone(), format!("{word}:80"), format!("--{word}")].into_iter().chain(numbers) {
            let seen = run(row.bare().arg(&argument), b"");
            assert_refused(row, &seen, &argument);
            assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{argument:?}: {seen:?}");
            assert!(seen.err.contains(&escaped) && !seen.err.contains(hidden), "{argument:?}: {seen:?}");
        }
    }
}

pub(crate) fn broken_log(row: &Row) {
    for redirect in [">/dev/full", ">&-", "2>/dev/full", "2>&-", ">/dev/full 2>&1", ">&- 2>&-", "<&-"] {
        works(row, start(row, &format!("exec \"$@\" {redirect}")), redirect);
    }
    // A file that may not grow.
    let file = File::new("");
    works(row, start(row, &format!("trap - XFSZ; ulimit -f 0; exec \"$@\" >'{file}' 2>&1")), "ulimit -f 0");
}

pub(crate) fn log_reader_that_left(row: &Row) {
    let (from, to) = pipe();
    drop(from);
    let address = free();
    let mut command = row.bare();
    let child = command.arg(address.to_string()).stdout(to).stderr(Stdio::piped()).spawn().expect("it starts");
    works(row, Running { child, address }, "log reader left");
}

/// Nobody reads the log, and it is longer than the pipe.
pub(crate) fn log_reader_that_stopped(row: &Row) {
    let (_from, to) = pipe();
    let address = free();
    let mut command = row.bare();
    let child = command.arg(address.to_string()).stdout(to).stderr(Stdio::piped()).spawn().expect("it starts");
    assert!(served(address));
    for i in 0..1_500 {
        assert!(TcpStream::connect(address).is_ok_and(answered), "client {i}");
    }
    works(row, Running { child, address }, "log reader stopped");
}

pub(crate) fn odd_surroundings(row: &Row) {
    works(row, start(row, "exec env -i \"$@\""), "env -i");
    works(row, start(row, "d=$(mktemp -d) && cd \"$d\" && rmdir \"$d\" && exec \"$@\""), "no folder");
    let address = free();
    works(row, start_by(row.bare().arg0("").arg(address.to_string()), address), "no name");
}

pub(crate) fn limits(row: &Row) {
    let few = (3..=16).map(|n| format!("ulimit -n {n}; exec \"$@\""));
    let rest = ["ulimit -v 65536; exec \"$@\"", "ulimit -v 32768; exec \"$@\"", "ulimit -s 64; exec env -i \"$@\""];
    let alone = tool::alone().map(|alone| format!("exec {alone} \"$@\""));
    for script in few.chain(rest.map(str::to_owned)).chain(alone) {
        let mut running = start(row, &script);
        if served_while(running.address, || matches!(running.child.try_wait(), Ok(None))) {
            works(row, running, &script);
            continue;
        }
        let _ = running.child.kill();
        let seen = finish(running.child, |_| {});
        // 126 and 127 are the loader's and the shell's.
        if !matches!(seen.status, 126 | 127) {
            assert_refused(row, &seen, &script);
            assert_eq!(seen.status, 2, "{} {script}: {seen:?}", row.tool);
        }
    }
}

pub(crate) fn signals(row: &Row) {
    for signal in [Signal::TERM, Signal::INT] {
        let running = start(row, "exec \"$@\"");
        assert!(served(running.address));
        send(running.child.id(), signal);
        let seen = finish(running.child, |_| {});
        assert_eq!((seen.status, seen.err.as_str()), (0, ""), "{}", row.tool);
        assert!(seen.out.ends_with('\n'), "{seen:?}");
    }
    let running = start(row, "exec \"$@\"");
    assert!(served(running.address));
    for _ in 0..10 {
        send(running.child.id(), Signal::STOP);
        let waits = TcpStream::connect(running.address).expect("the kernel takes it");
        send(running.child.id(), Signal::CONT);
        assert!(answered(waits));
    }
    works(row, running, "stopped and continued");
}

/// A system call fails once: the server serves the next client all the same, or
/// ends with a message. A few are tried at a time, since most of each is waiting.
pub(crate) fn each_call_fails_once(row: &Row) {
    const WORKERS: usize = 6;
    let listed = |command: &mut Command, address: SocketAddr| {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("strace starts");
        let answered = served_while(address, || child.try_wait().is_ok_and(|status| status.is_none()));
        stop(&child);
        (answered, finish(child, |_| {}))
    };
    let address = free();
    let calls = syscalls::calls_of(row, &[&address.to_string()], |command| drop(listed(command, address)));
    let try_one = |name: &str, n: usize| {
        let waits = ["read", "write", "accept4", "epoll_wait", "epoll_pwait2", "recvfrom", "sendto"].contains(&name);
        let errors = if waits { &["EIO", "EINTR"][..] } else { &["EIO"] };
        for error in errors {
            let address = free();
            let what = format!("inject={name}:error={error}:when={n}");
            let options = ["-o", "/dev/null", "-e", &what];
            let Some(mut command) = syscalls::traced(row, &options, &[&address.to_string()]) else { return };
            let (answered, seen) = listed(&mut command, address);
            assert_clean(row, &seen, &what);
            assert!(answered || seen.status != 0, "{} {what}: no service: {seen:?}", row.tool);
        }
    };
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let share = calls.iter().skip(worker).step_by(WORKERS);
            scope.spawn(move || share.for_each(|(name, n)| try_one(name, *n)));
        }
    });
}

/// Ends what strace runs.
fn stop(strace: &Child) {
    let id = strace.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    for child in children.split_whitespace().filter_map(|c| c.parse().ok()) {
        send(child, Signal::TERM);
    }
}
