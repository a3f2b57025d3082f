//! Standard input that is odd, endless, slow or not there.
use std::{fs, io::Write as _, process::Stdio, thread, time::Duration};

use rustix::fs::{OFlags, fcntl_setfl};

use crate::row::{Row, Server, assert_clean, finish, pipe, run, spawn, waiting};

pub(crate) fn closed_stdin(row: &Row) {
    let seen = run(&mut row.sh("exec \"$@\" <&-"), b"");
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "", ""), "{}", row.tool);
}

pub(crate) fn directory(row: &Row) {
    let seen = run(&mut row.sh("exec \"$@\" </"), b"");
    let want = format!("{}: stdin: Is a directory\n", row.tool);
    assert_eq!((seen.status, seen.out.as_str(), seen.err), (2, "", want));
}

pub(crate) fn empty(row: &Row) {
    let seen = run(&mut row.command(), b"");
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "", ""), "{}", row.tool);
}

pub(crate) fn no_final_newline(row: &Row) {
    let (input, want) = row.lines(2);
    let seen = run(&mut row.command(), input.trim_ascii_end());
    let got = if row.copies { format!("{}\n", seen.out) } else { seen.out };
    assert_eq!((seen.status, got, seen.err.as_str()), (0, want, ""), "{}", row.tool);
}

/// A person sees each answer at once, and so does a program that asks one thing after the other.
pub(crate) fn answers_before_the_end(row: &Row) {
    let (child, stdin, _) = waiting(row);
    let seen = finish(child, move |_| drop(stdin));
    assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, "", ""), "{}", row.tool);
}

pub(crate) fn non_blocking_stdin(row: &Row) {
    let (input, want) = row.lines(20);
    let (from, to) = pipe();
    fcntl_setfl(&from, OFlags::NONBLOCK).expect("a pipe can be non-blocking");
    let mut command = row.command();
    let child = command.stdin(from).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let seen = finish(child, move |_| {
        let mut to = fs::File::from(to);
        for byte in input.chunks(7) {
            to.write_all(byte).expect("it reads");
            thread::sleep(Duration::from_millis(2));
        }
    });
    assert_eq!((seen.status, seen.out, seen.err.as_str()), (0, want, ""), "{}", row.tool);
}

/// CRLF, blanks, comments, a byte order mark; and NUL and broken UTF-8, which
/// spoil their own lines only.
pub(crate) fn odd_bytes(row: &Row) {
    let (_, want) = row.lines(1);
    let line = row.line;
    let text = format!("\u{feff}{line}\r\n\n  \t\r\n# {line}\n \t{line} \t\r\n");
    let seen = run(&mut row.command(), text.as_bytes());
    assert_eq!((seen.status, seen.out, seen.err.as_str()), (0, want.repeat(2), ""), "{}", row.tool);

    let mut bytes = Vec::new();
    for bad in [&b"\xff\xfe"[..], b"a\0b", b"\xc3", b"\x1b[31m\x9b", "\u{202e}".as_bytes(), b"\0"] {
        bytes.extend(bad);
        bytes.extend(format!("\n{line}\n").bytes());
    }
    let seen = run(&mut row.command(), &bytes);
    assert_eq!((seen.status, &seen.out), (1, &want.repeat(6)), "{}: {}", row.tool, seen.err);
    assert_clean(row, &seen, "odd bytes");
    assert_eq!(seen.err.lines().count(), 6, "{}", seen.err);
}

/// A line of 50 MB in an address space of 256 MB.
pub(crate) fn endless_line(row: &Row) {
    let (line, want) = row.lines(1);
    let mut child = spawn(&mut row.sh("ulimit -v 262144; exec \"$@\""));
    let mut stdin = child.stdin.take().expect("piped");
    let seen = finish(child, move |_| {
        let block = vec![b'x'; 1 << 20];
        for _ in 0..50 {
            let _ = stdin.write_all(&block);
        }
        let _ = stdin.write_all(b"\n");
        let _ = stdin.write_all(&line);
    });
    if row.copies {
        assert_eq!((seen.status, seen.err.as_str()), (0, ""), "{}", row.tool);
        assert_eq!(seen.out.len(), (50 << 20) + 1 + want.len(), "{}", row.tool);
    } else {
        let says = format!("{}: stdin:1: {}...: line longer than 64 KiB\n", row.tool, "x".repeat(100));
        assert_eq!((seen.status, seen.out, seen.err), (1, want, says));
    }
}

/// 10 million lines in an address space of 64 MB. Most are comments, which pass
/// the same buffers and let a slow tool be done soon.
pub(crate) fn flat_memory(row: &Row) {
    let (line, want) = row.lines(1);
    let n = match row.server {
        Server::None => 200,
        _ if row.copies => 200_000,
        _ => 5,
    };
    let mut child = spawn(&mut row.sh("ulimit -v 65536; exec \"$@\""));
    let mut stdin = child.stdin.take().expect("piped");
    let seen = finish(child, move |_| {
        let mut block = line.repeat(n);
        if !row.copies {
            block.extend("# twenty bytes long\n".repeat(100_000).bytes());
        }
        for _ in 0..100 {
            let _ = stdin.write_all(&block);
        }
    });
    assert_eq!((seen.status, seen.err.as_str()), (0, ""), "{}", row.tool);
    assert!(seen.out == want.repeat(100 * n), "{}: {} bytes", row.tool, seen.out.len());
}

/// A loop that reads its list from the same descriptor keeps it.
pub(crate) fn operands_leave_stdin_alone(row: &Row) {
    let mut command = row.sh(&format!("\"$@\" '{}' >/dev/null && cat", row.line));
    let seen = run(&mut command, b"left\n");
    assert_eq!((seen.status, seen.out.as_str()), (0, "left\n"), "{}: {}", row.tool, seen.err);
}
