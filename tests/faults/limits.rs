//! Resource limits: the tool works, or says what it lacks and ends with 2.
use std::io::Write as _;

use plainnet_lab::{
    scratch::File,
    tool::{Seen, alone, long},
};

use crate::row::{Row, assert_refused, finish, run, spawn};

/// Address spaces, in KiB, in which a tool works or says that they are too small.
pub(crate) const LITTLE: [u32; 2] = [64 * 1024, 32 * 1024];

pub(crate) fn few_descriptors(row: &Row) {
    for n in 3..=12 {
        works_or_says(row, &format!("ulimit -n {n}; exec \"$@\""));
    }
}

pub(crate) fn no_processes(row: &Row) {
    let Some(alone) = alone() else { return };
    works_or_says(row, &format!("exec {alone} \"$@\""));
}

pub(crate) fn little_memory(row: &Row) {
    for size in LITTLE {
        works_or_says(row, &format!("ulimit -v {size}; exec \"$@\""));
    }
}

pub(crate) fn small_stack(row: &Row) {
    works_or_says(row, "ulimit -s 64; exec env -i \"$@\"");
}

/// A file of a million lines is read, or it is said that memory is too small.
pub(crate) fn long_files(row: &Row) {
    let count = long(1_000_000, 100_000) as u32;
    for option in row.files() {
        let mut text = String::new();
        for i in 0..count {
            text += &(option.line)(i);
            text.push('\n');
        }
        let file = File::new(text);
        let words = [row.words(), vec![option.name.into(), file.to_string()]].concat();
        let input = format!("{}\n", row.line);
        let plenty = run(row.bare().args(&words), input.as_bytes());
        assert!(plenty.status <= 1, "{} {}: {plenty:?}", row.tool, option.name);
        for size in LITTLE {
            let script = format!("ulimit -v {size}; exec \"$@\"");
            let seen = run(&mut row.sh_with(&script, &words), input.as_bytes());
            assert!(seen == plenty || seen == out_of_memory(row), "{} {} {size}: {seen:?}", row.tool, option.name);
        }
    }
}

/// A file of a million lines that is more than the tool takes is refused by its name, with little memory, too.
pub(crate) fn too_long_files(row: &Row) {
    for option in row.files() {
        let text: String = (0..1_000_000).map(|i| (option.line)(i) + "\n").collect();
        let file = File::new(text);
        let words = [row.words(), vec![option.name.into(), file.to_string()]].concat();
        for size in LITTLE {
            let script = format!("ulimit -v {size}; exec \"$@\"");
            let seen = run(&mut row.sh_with(&script, &words), format!("{}\n", row.line).as_bytes());
            assert_refused(row, &seen, option.name);
            assert_eq!(seen.status, 2, "{} {} {size}: {seen:?}", row.tool, option.name);
            assert!(seen.err.contains(&*file), "{} {size}: {seen:?}", row.tool);
        }
    }
}

/// A file without an end is refused before it has taken all memory.
pub(crate) fn endless_files(row: &Row) {
    for option in row.files() {
        let words = [row.words(), vec![option.name.into(), "/dev/zero".into()]].concat();
        for size in LITTLE {
            let script = format!("ulimit -v {size}; exec \"$@\"");
            let seen = run(&mut row.sh_with(&script, &words), format!("{}\n", row.line).as_bytes());
            assert_refused(row, &seen, option.name);
            assert_eq!(seen.status, 2, "{} {} {size}: {seen:?}", row.tool, option.name);
        }
    }
}

/// A line of 100 MB.
pub(crate) fn endless_input(row: &Row) {
    for size in LITTLE {
        let mut child = spawn(&mut row.sh(&format!("ulimit -v {size}; exec \"$@\"")));
        let mut stdin = child.stdin.take().expect("piped");
        let seen = finish(child, move |_| {
            let block = vec![b'x'; 1 << 20];
            for _ in 0..100 {
                let _ = stdin.write_all(&block);
            }
        });
        if row.copies {
            assert_eq!((seen.status, seen.out.len(), seen.err.as_str()), (0, 100 << 20, ""), "{}", row.tool);
        } else {
            let says = format!("{}: stdin:1: {}...: line longer than 64 KiB\n", row.tool, "x".repeat(100));
            assert_eq!((seen.status, seen.out.as_str(), seen.err), (1, "", says), "{} {size}", row.tool);
        }
    }
}

/// What a tool leaves behind whose memory ended.
fn out_of_memory(row: &Row) -> Seen {
    Seen { status: 2, out: String::new(), err: format!("{}: out of memory\n", row.tool) }
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
