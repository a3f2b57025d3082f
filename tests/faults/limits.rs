//! Resource limits: the tool works, or says what it lacks and ends with 2.
use plainnet_lab::tool::Seen;

use crate::row::{Row, assert_refused, run};

pub(crate) fn few_descriptors(row: &Row) {
    for n in 3..=12 {
        works_or_says(row, &format!("ulimit -n {n}; exec \"$@\""));
    }
}

pub(crate) fn no_processes(row: &Row) {
    works_or_says(row, "exec prlimit --nproc=0:0 \"$@\"");
}

pub(crate) fn little_memory(row: &Row) {
    works_or_says(row, "ulimit -v 65536; exec \"$@\"");
}

pub(crate) fn small_stack(row: &Row) {
    works_or_says(row, "ulimit -s 64; exec env -i \"$@\"");
}

fn works_or_says(row: &Row, script: &str) {
    let (input, want) = row.lines(3);
    let seen = run(&mut row.sh(script), &input);
    if never_started(&seen) {
        return;
    }
    if seen.status == 0 {
        assert_eq!((seen.out, seen.err.as_str()), (want, ""), "{} {script}", row.tool);
    } else {
        assert_refused(row, &seen, script);
        assert_eq!(seen.status, 2, "{} {script}: {seen:?}", row.tool);
    }
}

/// The loader, the shell or the wrapper failed before there was a tool.
fn never_started(seen: &Seen) -> bool {
    matches!(seen.status, 126 | 127) && !seen.err.contains("panicked")
}
