//! Signals while the tool waits for input.
use std::{io::Write as _, thread, time::Duration};

use rustix::process::Signal;

use crate::row::{Row, finish, send, waiting};

pub(crate) fn death_by_signal(row: &Row) {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let (child, stdin, _) = waiting(row);
        send(child.id(), signal);
        let seen = finish(child, |_| {});
        drop(stdin);
        assert_eq!((seen.status, seen.err.as_str()), (128 + signal.as_raw(), ""), "{}", row.tool);
        assert_eq!(seen.out, "", "{}", row.tool);
    }
}

pub(crate) fn stopped_and_continued(row: &Row) {
    let (child, mut stdin, want) = waiting(row);
    let line = row.lines(1).0;
    let seen = finish(child, move |id| {
        for _ in 0..20 {
            send(id, Signal::STOP);
            let _ = stdin.write_all(&line);
            thread::sleep(Duration::from_millis(2));
            send(id, Signal::CONT);
            thread::sleep(Duration::from_millis(2));
        }
    });
    assert_eq!((seen.status, seen.out, seen.err.as_str()), (0, want.repeat(20), ""), "{}", row.tool);
}
