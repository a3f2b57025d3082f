//! Words that no one means, and environments that lack what most have.
use std::{
    ffi::OsStr,
    os::unix::{ffi::OsStrExt as _, process::CommandExt as _},
    process::Command,
};

use plainnet_lab::tool::{self, lacking};

use crate::row::{Row, assert_clean, assert_refused, run};

pub(crate) fn unknown_option(row: &Row) {
    for option in ["--nonsense", "--nonsense=x", "-Z", "--help=x", "--version=1", "--generate=x", "--generate"] {
        let seen = run(row.bare().arg(option), b"");
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{} {option}: {seen:?}", row.tool);
        let name = option.split('=').next().unwrap_or(option);
        assert!(seen.err.starts_with(&format!("{}: {name}: ", row.tool)), "{} {option}: {seen:?}", row.tool);
        assert_eq!(seen.err.lines().count(), 1, "{seen:?}");
    }
}

/// Words with bytes that could steer a terminal or fake a line.
const HOSTILE: [&[u8]; 7] =
    [b"\x1b[31mred", b"a\nfake: line", b"\xff\xfe", "\u{202e}evil".as_bytes(), b"\xc2\x9b31m", b"a\rb", b"%s%n"];

pub(crate) fn hostile_operand(row: &Row) {
    for word in HOSTILE.iter().chain([&&b""[..]]) {
        let seen = run(row.command().arg(OsStr::from_bytes(word)), b"");
        assert_refused(row, &seen, &String::from_utf8_lossy(word));
        assert_eq!(seen.err.lines().count(), 1, "{seen:?}");
        assert_eq!(seen.out, "", "{seen:?}");
    }
}

pub(crate) fn hostile_option(row: &Row) {
    for word in HOSTILE {
        let mut option = b"--".to_vec();
        option.extend(word);
        let seen = run(row.bare().arg(OsStr::from_bytes(&option)), b"");
        assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{seen:?}");
        assert_refused(row, &seen, "as an option");
        assert_eq!(seen.err.lines().count(), 1, "{seen:?}");
    }
}

/// Characters that show nothing and change what a reader believes to see:
/// soft hyphen, Mongolian vowel separator, zero-width space and joiner, word
/// joiner, an isolate, the byte order mark, and tags (Unicode 16.0, chapter 23).
pub(crate) const HIDDEN: [char; 9] =
    ['\u{ad}', '\u{180e}', '\u{200b}', '\u{200d}', '\u{2060}', '\u{2066}', '\u{feff}', '\u{e0001}', '\u{e0041}'];

/// None of them is written as it is, wherever it is repeated.
pub(crate) fn hidden_characters(row: &Row) {
    for hidden in HIDDEN {
        let word = format!("a{hidden}..b");
        let escaped = format!("a\\u{{{:x}}}..b", u32::from(hidden));
        let mut commands = vec![(format!("--{word}"), 2)];
        commands.extend(row.numbers.iter().map(|option| (format!("{option}={word}"), 2)));
        commands.extend(row.files.iter().map(|option| (format!("{}=/nonexistent/{word}", option.name), 2)));
        if !row.copies {
            commands.push((word.clone(), 1));
        }
        for (argument, status) in commands {
            let seen = run(row.command().arg(&argument), format!("{}\n", row.line).as_bytes());
            assert_refused(row, &seen, &argument);
            assert_eq!(seen.status, status, "{} {argument:?}: {seen:?}", row.tool);
            assert!(seen.err.contains(&escaped), "{} {argument:?}: {seen:?}", row.tool);
            assert!(!seen.err.contains(hidden) && !seen.out.contains(hidden), "{} {argument:?}: {seen:?}", row.tool);
        }
        if row.copies {
            continue;
        }
        let line = format!("{word}\n");
        for options in [&[][..], &["-e", "-k"], &["--json"]] {
            let seen = run(row.command().args(options), line.as_bytes());
            assert_clean(row, &seen, &line);
            let said = seen.err.contains(&escaped) || seen.out.contains(&escaped.replace('\\', "\\\\"));
            assert!(said, "{} {options:?} {line:?}: {seen:?}", row.tool);
            assert!(!seen.err.contains(hidden) && !seen.out.contains(hidden), "{} {options:?}: {seen:?}", row.tool);
        }
    }
}

pub(crate) fn many_operands(row: &Row) {
    let seen = run(row.command().args(vec![row.bad; 100_000]), b"");
    assert_eq!((seen.status, seen.out.as_str()), (1, ""), "{}", row.tool);
    assert_eq!(seen.err.lines().count(), 100_000, "{}", row.tool);
    assert_clean(row, &seen, "100,000 operands");
}

pub(crate) fn numbers(row: &Row) {
    assert!(!row.numbers.is_empty(), "{} takes no number", row.tool);
    for option in row.numbers {
        for number in ["-1", "18446744073709551616", "1e3", "0x10", "+5", "\u{663}", "", "1 ", "x"] {
            let seen = run(row.bare().arg(format!("{option}={number}")), b"");
            assert_eq!((seen.status, seen.out.as_str()), (2, ""), "{} {option}={number}: {seen:?}", row.tool);
            let head = format!("{}: {option}: ", row.tool);
            assert!(seen.err.starts_with(&head), "{} {option}={number}: {seen:?}", row.tool);
            assert_eq!(seen.err.lines().count(), 1, "{seen:?}");
        }
    }
}

pub(crate) fn bare_environment(row: &Row) {
    let (input, want) = row.lines(1);
    let seen = run(row.command().env_clear(), &input);
    assert_eq!((seen.status, &seen.out, seen.err.as_str()), (0, &want, ""), "{}", row.tool);
    for locale in ["C", "tr_TR.UTF-8", "ja_JP.eucJP"] {
        let seen = run(row.command().env("LC_ALL", locale).env_remove("HOME").env("TERM", "\x1b"), &input);
        assert_eq!((seen.status, &seen.out, seen.err.as_str()), (0, &want, ""), "{} in {locale}", row.tool);
    }
}

pub(crate) fn no_folder(row: &Row) {
    let (input, want) = row.lines(1);
    let mut command = row.sh("d=$(mktemp -d) && cd \"$d\" && rmdir \"$d\" && exec \"$@\"");
    let seen = run(command.env("HOME", "/nonexistent").env("TMPDIR", "/tmp"), &input);
    assert_eq!((seen.status, seen.out, seen.err.as_str()), (0, want, ""), "{}", row.tool);
}

pub(crate) fn read_only_file_system(row: &Row) {
    let (input, want) = row.lines(1);
    let Some(mut command) = read_only(row, row.words()) else { return };
    let seen = run(&mut command, &input);
    assert_eq!((seen.status, seen.out, seen.err.as_str()), (0, want, ""), "{}", row.tool);
}

/// The tool with `words` where no file on the root file system can be written.
pub(crate) fn read_only(row: &Row, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Option<Command> {
    const SCRIPT: &str = "mount -o remount,bind,ro / && exec \"$@\"";
    let inside = |program: &OsStr| {
        let mut command = tool::command("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh"]).arg(program);
        command
    };
    let works = inside("true".as_ref()).output();
    if !works.as_ref().is_ok_and(|done| done.status.success()) {
        lacking(format_args!("no mount namespace of its own: {works:?}"));
        return None;
    }
    let mut command = inside(row.bare().get_program());
    command.args(words);
    Some(command)
}

pub(crate) fn no_name(row: &Row) {
    let (input, want) = row.lines(1);
    let seen = run(row.command().arg0(""), &input);
    assert_eq!((seen.status, seen.out, seen.err.as_str()), (0, want, ""), "{}", row.tool);
    let seen = run(row.bare().arg0("").arg("--nonsense"), b"");
    assert_refused(row, &seen, "without a name");
}
