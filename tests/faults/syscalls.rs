//! System calls that fail once, by strace.
use std::{collections::HashMap, ffi::OsStr, fs, path::PathBuf, process::Command};

use plainnet_lab::{
    scratch::File,
    tool::{self, lacking, peer},
};

use crate::row::{Row, assert_clean, run};

/// strace, unless it is missing or a container forbids it.
fn strace() -> Option<PathBuf> {
    let strace = peer("strace")?;
    let works = Command::new(&strace).args(["-o", "/dev/null", "true"]).status();
    if !works.is_ok_and(|s| s.success()) {
        lacking("strace may not trace here");
        return None;
    }
    Some(strace)
}

/// The tool with `args` under strace with `options`.
pub(crate) fn traced(row: &Row, options: &[&str], args: &[impl AsRef<OsStr>]) -> Option<Command> {
    let mut command = tool::command(strace()?);
    command.args(["-f", "-qq"]).args(options).arg(row.bare().get_program()).args(args);
    Some(command)
}

/// What the sample calls.
fn calls(row: &Row, input: &[u8]) -> Vec<(String, usize)> {
    calls_of(row, &row.words(), |command| drop(run(command, input)))
}

/// Each system call that the tool itself makes: its name and how many of that
/// name came before it in its thread, from 1. What comes before the runtime's
/// second sigaltstack is the loader's and the runtime's.
pub(crate) fn calls_of(row: &Row, args: &[impl AsRef<OsStr>], run: impl FnOnce(&mut Command)) -> Vec<(String, usize)> {
    let log = File::new("");
    let Some(mut command) = traced(row, &["-o", &log], args) else {
        return Vec::new();
    };
    run(&mut command);
    let text = fs::read_to_string(&*log).expect("strace writes its log");
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    let mut own = Vec::new();
    let mut stacks = 0;
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let Some((name, _)) = call.trim_start().split_once('(') else { continue };
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            continue;
        }
        let count = counts.entry((thread, name)).or_default();
        *count += 1;
        stacks += usize::from(name == "sigaltstack");
        // The C library cannot live with a failing brk, and rustix not with a failing
        // prlimit64, which the kernel never refuses; the others end the process.
        let spared =
            ["brk", "prlimit64", "exit", "exit_group", "sigaltstack", "munmap", "rt_sigreturn"].contains(&name);
        if stacks >= 2 && !spared {
            own.push((name.to_owned(), *count));
        }
    }
    own.sort();
    own.dedup();
    assert!(!own.is_empty(), "{}: strace saw nothing", row.tool);
    own
}

/// No signal, no hang, and status 0 only with everything said.
pub(crate) fn each_fails_once(row: &Row) {
    let (input, want) = row.lines(2);
    let calls = calls(row, &input);
    let mut failed = Vec::new();
    for (name, n) in &calls {
        let error = if name == "mmap" { "ENOMEM" } else { "EIO" };
        let status = inject(row, &input, &want, &format!("{name}:error={error}:when={n}"));
        failed.extend((status != 0).then_some((&**name, status)));
    }
    // Among them is what writes the answer.
    assert!(calls.is_empty() || failed.contains(&("write", 2)), "{}: {failed:?} of {calls:?}", row.tool);
}

/// A call that a signal interrupts is made again.
pub(crate) fn each_is_interrupted(row: &Row) {
    let (input, want) = row.lines(2);
    for (name, n) in calls(row, &input) {
        if ["read", "write", "poll", "ppoll", "epoll_wait", "accept4", "recvfrom", "sendto", "recvmsg", "sendmsg"]
            .contains(&name.as_str())
        {
            let seen = inject(row, &input, &want, &format!("{name}:error=EINTR:when={n}"));
            assert_eq!(seen, 0, "{}: {name} {n}", row.tool);
        }
    }
}

fn inject(row: &Row, input: &[u8], want: &str, what: &str) -> i32 {
    let Some(mut command) = traced(row, &["-o", "/dev/null", "-e", &format!("inject={what}")], &row.words()) else {
        return 0;
    };
    let seen = run(&mut command, input);
    assert_clean(row, &seen, what);
    if seen.status == 0 {
        assert_eq!(seen.out, want, "{} {what}: {}", row.tool, seen.err);
    }
    seen.status
}

/// A write that takes one byte of many: the rest follows. (strace pretends, so
/// the byte itself never arrives.)
pub(crate) fn short_writes(row: &Row) {
    let (input, want) = row.lines(2);
    let file = File::new("");
    let inject = "inject=write:retval=1:when=1";
    let Some(traced) = traced(row, &["-o", "/dev/null", "-P", &file, "-e", inject], &row.words()) else { return };
    let mut command = tool::command("sh");
    command.args(["-c", &format!("exec \"$@\" >'{file}'"), "sh"]).arg(traced.get_program()).args(traced.get_args());
    let seen = run(&mut command, &input);
    let kept = fs::read_to_string(&*file).expect("written");
    assert_eq!((seen.status, kept.as_str(), seen.err.as_str()), (0, &want[1..], ""), "{}", row.tool);
}
