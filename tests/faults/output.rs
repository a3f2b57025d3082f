//! Standard output and error that fail: all bytes arrive, or the status says so.
use std::{
    fs,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::Stdio,
    thread,
    time::Duration,
};

use plainnet_lab::{scratch::File, tool::Seen};
use rustix::fs::{OFlags, fcntl_setfl};

use crate::row::{Row, assert_clean, finish, pipe, run};

pub(crate) fn full_disk(row: &Row) {
    for (input, _) in [row.lines(1), row.many_lines()] {
        let seen = run(&mut row.sh("exec \"$@\" >/dev/full"), &input);
        let want = format!("{}: stdout: No space left on device\n", row.tool);
        assert_eq!((seen.status, seen.err), (2, want), "{} lines of {}", input.len(), row.tool);
    }
}

pub(crate) fn help_on_a_full_disk(row: &Row) {
    for option in ["--help", "--version", "--generate=man", "--generate=bash"] {
        let seen = run(&mut row.sh_with("exec \"$@\" >/dev/full", [option]), b"");
        assert_eq!(seen.status, 2, "{} {option}: {seen:?}", row.tool);
        let seen = run(&mut row.sh_with("exec \"$@\" >&-", [option]), b"");
        assert_eq!(seen.status, 2, "{} {option}: {seen:?}", row.tool);
        let seen = run(row.bare().arg(option), b"");
        assert_eq!((seen.status, seen.err.as_str()), (0, ""), "{} {option}", row.tool);
        assert!(!seen.out.is_empty(), "{} {option}", row.tool);
    }
}

/// A file that may grow to 4 KiB behaves as a disk with so much left, whether or
/// not the one who starts the tool ignores the signal that the limit sends.
pub(crate) fn small_disk(row: &Row) {
    let (input, want) = row.many_lines();
    for disposition in ["trap - XFSZ", "trap '' XFSZ"] {
        let file = File::new("");
        let script = format!("{disposition}; ulimit -f 8; exec \"$@\" >'{file}'");
        let seen = run(&mut row.sh(&script), &input);
        let kept = fs::read_to_string(&*file).expect("written");
        assert_eq!((seen.status, seen.err), (2, format!("{}: stdout: File too large\n", row.tool)));
        assert_eq!(kept, want[..4096]);
    }
}

pub(crate) fn closed_stdout(row: &Row) {
    let seen = run(&mut row.sh("exec \"$@\" >&-"), &row.lines(1).0);
    assert_eq!((seen.status, seen.err), (2, format!("{}: stdout: Bad file descriptor\n", row.tool)));
    // To want no output is no fault.
    let seen = run(&mut row.sh("exec \"$@\" >/dev/null"), &row.lines(1).0);
    assert_eq!((seen.status, seen.err.as_str()), (0, ""));
}

pub(crate) fn slow_reader_of_a_non_blocking_pipe(row: &Row) {
    let (input, want) = row.many_lines();
    let (from, to) = pipe();
    fcntl_setfl(&to, OFlags::NONBLOCK).expect("a pipe can be non-blocking");
    let (seen, got) = piped(row, &input, from, to, |_| thread::sleep(Duration::from_micros(500)));
    assert_eq!((seen.status, seen.err.as_str()), (0, ""));
    assert!(got == want, "{}: {} bytes of {}", row.tool, got.len(), want.len());
}

pub(crate) fn stopped_reader(row: &Row) {
    let (input, want) = row.many_lines();
    let (from, to) = pipe();
    let pause = |got: usize| {
        if got == 0 {
            thread::sleep(Duration::from_millis(300));
        }
    };
    let (seen, got) = piped(row, &input, from, to, pause);
    assert_eq!((seen.status, seen.err.as_str()), (0, ""));
    assert!(got == want, "{}: {} bytes of {}", row.tool, got.len(), want.len());
}

/// Runs the sample with standard output on a pipe that is read in small blocks.
fn piped(row: &Row, input: &[u8], from: OwnedFd, to: OwnedFd, pause: impl Fn(usize) + Send) -> (Seen, String) {
    let mut command = row.command();
    let mut child = command.stdin(Stdio::piped()).stdout(to).stderr(Stdio::piped()).spawn().expect("starts");
    drop(command);
    let stdin = child.stdin.take();
    thread::scope(|s| {
        let reader = s.spawn(move || {
            let mut from = fs::File::from(from);
            let (mut all, mut block) = (Vec::new(), vec![0; 16 * 1024]);
            loop {
                pause(all.len());
                match from.read(&mut block) {
                    Ok(n @ 1..) => all.extend(&block[..n]),
                    _ => return String::from_utf8(all).expect("UTF-8"),
                }
            }
        });
        let seen = finish(child, move |_| {
            drop(stdin.map(|mut s| s.write_all(input)));
        });
        (seen, reader.join().expect("reads"))
    })
}

pub(crate) fn reader_that_left(row: &Row) {
    let (input, _) = row.many_lines();
    let (from, to) = pipe();
    drop(from);
    let mut command = row.command();
    let mut child = command.stdin(Stdio::piped()).stdout(to).stderr(Stdio::piped()).spawn().expect("starts");
    let stdin = child.stdin.take();
    let seen = finish(child, move |_| {
        drop(stdin.map(|mut s| s.write_all(&input)));
    });
    assert_eq!((seen.status, seen.err.as_str()), (141, ""), "{}", row.tool);
}

pub(crate) fn stderr_full_or_closed(row: &Row) {
    let mut input = row.lines(1).0;
    input.splice(0..0, format!("{}\n", row.bad).into_bytes());
    let want = run(&mut row.command(), &input);
    for script in ["exec \"$@\" 2>/dev/full", "exec \"$@\" 2>&-"] {
        let seen = run(&mut row.sh(script), &input);
        assert_eq!((seen.status, &seen.out), (want.status, &want.out), "{} {script}", row.tool);
        let seen = run(&mut row.sh_with(script, ["--nonsense"]), b"");
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{} --nonsense {script}", row.tool);
    }
}

/// `-q` silences what is wrong with an input, and nothing else: status and
/// answers stay, and so does what is wrong with reading and writing.
pub(crate) fn quiet(row: &Row) {
    let (line, want) = row.lines(1);
    let input = [format!("{}\n", row.bad).as_bytes(), &line, b"\xff\n"].concat();
    let seen = run(row.command().arg("-q"), &input);
    assert_eq!((seen.status, &seen.out, seen.err.as_str()), (1, &want, ""), "{}", row.tool);
    let seen = run(row.command().args(["-q", row.bad]), b"");
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (1, "", ""), "{}", row.tool);
    let words = [row.words(), vec!["-q".into()]].concat();
    for (script, says) in [
        ("exec \"$@\" </", "stdin: Is a directory"),
        ("exec \"$@\" >/dev/full", "stdout: No space left on device"),
        ("exec \"$@\" --nonsense", "--nonsense: unknown option"),
    ] {
        let seen = run(&mut row.sh_with(script, &words), &line);
        assert_eq!(seen.status, 2, "{} {script}: {seen:?}", row.tool);
        assert!(seen.err.starts_with(&format!("{}: {says}", row.tool)), "{} {script}: {seen:?}", row.tool);
    }
}

/// Two tools complain into one pipe.
pub(crate) fn messages_never_tear(row: &Row) {
    let input = format!("{}\n", row.bad).repeat(500);
    let file = File::new(input);
    let mut seen = run(&mut row.sh(&format!("\"$@\" <'{file}' & \"$@\" <'{file}'; wait")), b"");
    assert_eq!(seen.err.lines().count(), 1000, "{}", row.tool);
    seen.status = 1;
    assert_clean(row, &seen, "messages");
    let head = format!("{}: stdin:", row.tool);
    assert!(seen.err.lines().all(|l| l.starts_with(&head) && l.matches(&head).count() == 1), "{}", seen.err);
}
