//! Files that a tool keeps: private, behind no link, replaced whole, whoever
//! else is at them and whenever the run ends.
use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, symlink},
    path::Path,
    process::Command,
    thread,
};

use plainnet_lab::{
    scratch::{File, Folder},
    tool::Seen,
    whois::{self, Lab, Server, say},
};

use crate::{
    arguments::read_only,
    row::{Row, assert_clean, run},
    syscalls::{calls_of, traced},
};

const RIRWHOIS: Row = Row::new("rirwhois");

/// What makes, changes or removes a file.
const CHANGES: &str = "trace=open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,\
                       link,linkat,symlink,symlinkat,truncate,ftruncate,chmod,fchmod,fchmodat,mknod,mknodat";

/// Who keeps nothing opens no file for writing and changes none.
pub(crate) fn none_are_written(row: &Row) {
    let calls = changes(row, &row.words(), &format!("{}\n", row.line));
    assert!(calls.is_empty(), "{}: {calls:?}", row.tool);
}

/// The calls by which a run changes files, those of the runtime and devices left out.
fn changes(row: &Row, words: &[String], input: &str) -> Vec<String> {
    let log = File::new("");
    let options = ["-o", &*log, "-e", CHANGES];
    let Some(mut command) = traced(row, &options, words) else { return Vec::new() };
    let seen = run(&mut command, input.as_bytes());
    assert_clean(row, &seen, "traced");
    let text = fs::read_to_string(&*log).expect("strace writes its log");
    assert!(text.contains("open"), "{}: strace saw nothing", row.tool);
    let changing = |line: &&str| {
        let reads = line.contains("open") && !["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| line.contains(flag));
        !reads && !line.contains("\"/dev/null\"") && !line.contains("\"/dev/tty\"")
    };
    text.lines().filter(changing).map(str::to_owned).collect()
}

/// A folder for rirwhois's files, and registries that answer.
struct Scene {
    folder: Folder,
    lab: Lab,
}

impl Scene {
    fn new() -> Scene {
        let folder = Folder::new();
        let lab = whois::serve([Server::ripe("RIPE", |query| {
            let addr = query.rsplit(' ').next().unwrap_or_default();
            say(format!("inetnum:        {addr} - {addr}\nnetname:        N-{addr}\nsource:         RIPE\n"))
        })]);
        folder.file("registries", lab.registries());
        for (name, number) in [("old", 1), ("new", 2)] {
            folder.file(name, statistics(number));
        }
        Scene { folder, lab }
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// The words that ask by the cache.
    fn cached(&self) -> Vec<String> {
        let registries = self.path("registries");
        ["--cache", "--rate", "0", "--timeout", "5", "-o", "name", "--registries", &registries].map(String::from).into()
    }

    fn update(&self, name: &str) -> Vec<String> {
        vec!["--update".into(), self.path(name)]
    }

    /// Lends the folder to `command`.
    fn lend<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("XDG_CACHE_HOME", self.path("cache")).env("XDG_DATA_HOME", self.path("data"))
    }

    /// Runs rirwhois where no umask keeps its files private.
    fn run(&self, words: &[String], input: &str) -> Seen {
        run(self.lend(&mut RIRWHOIS.sh_with("umask 000; exec \"$@\"", words)), input.as_bytes())
    }

    /// What the table says of AS3333's date.
    fn date(&self) -> String {
        let words = ["-r", "-o", "date", "AS3333"].map(String::from);
        let seen = self.run(&words, "");
        assert_eq!(seen.status, 0, "{seen:?}");
        seen.out
    }

    fn queries(&self) -> usize {
        self.lab.seen("RIPE").queries.len()
    }
}

/// Statistics of RIPE's with one AS number, of a date in a year that ends in `number`.
fn statistics(number: u32) -> String {
    format!(
        "2|ripencc|2026110{number}|1|19830705|2026110{number}|+0000\nripencc|NL|asn|3333|1|199{number}0901|allocated\n"
    )
}

/// Permissions.
fn mode(path: impl AsRef<Path>) -> u32 {
    fs::symlink_metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn what_is_kept_is_for_its_owner_alone() {
    let scene = Scene::new();
    for (words, input, status) in [(scene.cached(), "193.0.0.1\n", 0), (scene.update("old"), "", 0)] {
        let seen = scene.run(&words, input);
        assert_eq!(seen.status, status, "{seen:?}");
    }
    let files = ["cache/rirwhois/answers", "data/rirwhois/table"];
    for file in files {
        let path = scene.folder.join(file);
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700), "{file}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("ours");
    }
    // Who has loosened it finds it private again after the next run.
    assert_eq!(scene.run(&scene.cached(), "193.0.0.2\n").status, 0);
    assert_eq!(scene.run(&scene.update("new"), "").status, 0);
    for file in files {
        assert_eq!(mode(scene.folder.join(file)), 0o600, "{file}");
    }
}

/// No call makes a file that somebody may have put there before, and none is made for others to read.
#[test]
fn files_are_made_by_calls_that_follow_no_link() {
    let scene = Scene::new();
    for (words, input) in [(scene.cached(), "193.0.0.1\n"), (scene.update("old"), ""), (scene.update("new"), "")] {
        let log = File::new("");
        let options = ["-o", &*log, "-e", CHANGES];
        let Some(mut command) = traced(&RIRWHOIS, &options, &words) else { return };
        let seen = run(scene.lend(&mut command), input.as_bytes());
        assert_eq!(seen.status, 0, "{seen:?}");
        let text = fs::read_to_string(&*log).expect("strace writes its log");
        let made: Vec<_> = text.lines().filter(|line| line.contains("O_CREAT")).collect();
        assert!(!made.is_empty(), "{text}");
        for call in made {
            assert!((call.contains("O_EXCL") || call.contains("O_NOFOLLOW")) && call.contains("0600"), "{call}");
        }
        for call in text.lines().filter(|line| line.contains("mkdir")) {
            assert!(call.contains("0700"), "{call}");
        }
    }
}

/// Whatever lies in the place of the cache is not written to and not waited for, and answers go on.
#[test]
fn nothing_that_others_planted_is_used() {
    type Planted = fn(&Path, &Path);
    let planted: [(&str, Planted); 6] = [
        ("a link to a file", |place, target| symlink(target, place).expect("a link")),
        ("a link to nothing", |place, target| symlink(target.with_extension("gone"), place).expect("a link")),
        ("a second name", |place, target| fs::hard_link(target, place).expect("a name")),
        ("a folder", |place, _| fs::create_dir(place).expect("a folder")),
        ("a FIFO", |place, _| {
            assert!(Command::new("mkfifo").arg(place).status().is_ok_and(|s| s.success()));
        }),
        ("a device", |place, _| symlink("/dev/zero", place).expect("a link")),
    ];
    for (what, plant) in planted {
        let scene = Scene::new();
        let target = scene.folder.file("target", "kept");
        for folder in ["cache", "data"] {
            let own = scene.folder.join(folder).join("rirwhois");
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&own).expect("a folder");
            plant(&own.join(if folder == "cache" { "answers" } else { "table" }), &target);
        }
        let seen = scene.run(&scene.cached(), "193.0.0.1\n");
        assert_eq!((seen.status, seen.out.as_str()), (0, "N-193.0.0.1\n"), "{what}: {seen:?}");
        assert!(seen.err.contains("cache/rirwhois/answers: "), "{what}: {seen:?}");
        // An update replaces what it finds, unless that is a folder.
        let seen = scene.run(&scene.update("old"), "");
        assert_eq!(seen.status, if what == "a folder" { 2 } else { 0 }, "{what}: {seen:?}");
        assert_clean(&RIRWHOIS, &seen, what);
        assert_eq!(fs::read_to_string(&target).expect("still there"), "kept", "{what}");
        assert!(!target.with_extension("gone").exists(), "{what}");
        let table = scene.folder.join("data/rirwhois/table");
        let found = fs::symlink_metadata(&table).expect("it is there");
        assert!(what == "a folder" || found.is_file() && found.nlink() == 1, "{what}: {found:?}");
    }
}

/// A folder of the cache that is a link leads nowhere.
#[test]
fn a_linked_folder_is_not_used() {
    let scene = Scene::new();
    let other = scene.folder.join("other");
    fs::create_dir_all(&other).expect("a folder");
    fs::create_dir_all(scene.folder.join("cache")).expect("a folder");
    symlink(&other, scene.folder.join("cache/rirwhois")).expect("a link");
    let seen = scene.run(&scene.cached(), "193.0.0.1\n");
    assert_eq!((seen.status, seen.out.as_str()), (0, "N-193.0.0.1\n"), "{seen:?}");
    assert_eq!(fs::read_dir(&other).expect("a folder").count(), 0, "{seen:?}");
}

/// SIGKILL before each call of an update that touches a file: the table is the
/// old one or the new one, whole, and the next update goes through.
#[test]
fn an_update_that_is_killed_leaves_a_whole_table() {
    let scene = Scene::new();
    assert_eq!(scene.run(&scene.update("old"), "").status, 0);
    let (old, new) = ("1991-09-01\n", "1992-09-01\n");
    assert_eq!(scene.date(), old);
    let touches = |name: &str| ["openat", "write", "fsync", "rename"].contains(&name);
    let calls = calls_of(&RIRWHOIS, &scene.update("new"), |command| drop(run(scene.lend(command), b"")));
    let mut killed = 0;
    for (name, n) in calls.iter().filter(|(name, _)| touches(name)) {
        let _ = fs::remove_file(scene.folder.join("data/rirwhois/table"));
        assert_eq!(scene.run(&scene.update("old"), "").status, 0);
        let what = format!("inject={name}:signal=KILL:when={n}");
        let Some(mut command) = traced(&RIRWHOIS, &["-o", "/dev/null", "-e", &what], &scene.update("new")) else {
            return;
        };
        let seen = run(scene.lend(&mut command), b"");
        killed += usize::from(seen.status == 128 + 9);
        let date = scene.date();
        assert!(date == old || date == new, "{what}: {date}");
    }
    assert!(killed > 3 || calls.is_empty(), "{killed} of {calls:?}");
    // What was left lying about is in nobody's way.
    assert_eq!(scene.run(&scene.update("new"), "").status, 0);
    assert_eq!(scene.date(), new);
}

/// SIGKILL before each write of a run with a cache: what was complete is not asked again.
#[test]
fn a_cache_whose_writer_is_killed_keeps_what_was_complete() {
    let addresses = ["193.0.0.1", "193.0.0.2", "193.0.0.3", "193.0.0.4"];
    let input: String = addresses.iter().map(|a| format!("{a}\n")).collect();
    let want: String = addresses.iter().map(|a| format!("N-{a}\n")).collect();
    let first = Scene::new();
    let calls = calls_of(&RIRWHOIS, &first.cached(), |command| drop(run(first.lend(command), input.as_bytes())));
    let mut killed = 0;
    for (name, n) in calls.iter().filter(|(name, _)| ["write", "writev", "openat", "flock"].contains(&name.as_str())) {
        let scene = Scene::new();
        let what = format!("inject={name}:signal=KILL:when={n}");
        let Some(mut command) = traced(&RIRWHOIS, &["-o", "/dev/null", "-e", &what], &scene.cached()) else { return };
        let seen = run(scene.lend(&mut command), input.as_bytes());
        killed += usize::from(seen.status == 128 + 9);
        let answered = seen.out.lines().count();
        scene.lab.forget();
        let seen = scene.run(&scene.cached(), &input);
        assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, &*want, ""), "{what}");
        assert!(scene.queries() <= addresses.len() - answered, "{what}: {} asked again", scene.queries());
        // What the second run learnt stands behind whatever the first one left.
        scene.lab.forget();
        let seen = scene.run(&scene.cached(), &input);
        assert_eq!((seen.status, seen.out.as_str(), scene.queries()), (0, &*want, 0), "{what}: {seen:?}");
    }
    assert!(killed > 3 || calls.is_empty(), "{killed} of {calls:?}");
}

/// Where nothing can be written, answers go on and an update says why it can't.
#[test]
fn a_read_only_file_system_keeps_nothing_and_answers_go_on() {
    let scene = Scene::new();
    let nowhere = "/plainnet-nowhere";
    let registries = scene.path("registries");
    let words = ["--cache", "--rate", "0", "-o", "name", "--registries", &registries];
    let Some(mut command) = read_only(&RIRWHOIS, words) else { return };
    let seen = run(command.env("XDG_CACHE_HOME", nowhere), b"193.0.0.1\n");
    let says = format!("rirwhois: cache: {nowhere}/rirwhois/answers: Read-only file system\n");
    assert_eq!((seen.status, seen.out.as_str(), seen.err), (0, "N-193.0.0.1\n", says));
    let Some(mut command) = read_only(&RIRWHOIS, scene.update("old")) else { return };
    let seen = run(command.env("XDG_DATA_HOME", nowhere), b"");
    let says = format!("rirwhois: {nowhere}/rirwhois/table: Read-only file system\n");
    assert_eq!((seen.status, seen.out.as_str(), seen.err), (2, "", says));
}

/// Four runs share one cache, and four updates one table.
#[test]
fn many_at_once_lose_nothing() {
    let scene = Scene::new();
    let input = |n: usize| (0..20).map(|i| format!("193.0.{n}.{i}\n")).collect::<String>();
    thread::scope(|s| {
        for n in 0..4 {
            let (scene, input) = (&scene, &input);
            s.spawn(move || {
                let seen = scene.run(&scene.cached(), &input(n));
                assert_eq!((seen.status, seen.out.lines().count(), seen.err.as_str()), (0, 20, ""));
                let seen = scene.run(&scene.update("new"), "");
                assert_eq!(seen.status, 0, "{seen:?}");
            });
        }
    });
    scene.lab.forget();
    let seen = scene.run(&scene.cached(), &(0..4).map(input).collect::<String>());
    assert_eq!((seen.status, seen.out.lines().count(), scene.queries()), (0, 80, 0), "{seen:?}");
    assert_eq!(scene.date(), "1992-09-01\n");
    let names: Vec<_> = fs::read_dir(scene.folder.join("data/rirwhois")).expect("a folder").flatten().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

/// A cache and statistics of a million rows: with little memory they are read as
/// with much, or it is said that memory ended.
#[test]
fn files_of_a_million_rows_are_read_or_memory_is_said_to_end() {
    let scene = Scene::new();
    assert_eq!(scene.run(&scene.cached(), "193.0.0.1\n").status, 0);
    let answers = scene.folder.join("cache/rirwhois/answers");
    let text = fs::read_to_string(&answers).expect("the cache");
    let (first, entry) = text.split_once("\n\n").expect("a line, and an entry behind an empty one");
    let (head, body) = entry.split_once('\n').expect("a head and a body");
    let (head, _) = head.rsplit_once('\t').and_then(|(head, _)| head.rsplit_once('\t')).expect("length and sum");
    // FNV-1a of 64 bits.
    let sum = |text: &str| {
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum: u64, b| (sum ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
    };
    let mut many = format!("{first}\n");
    for i in 0..(30 << 20) / entry.len() {
        let (b, c, d) = (i >> 16, i >> 8 & 255, i & 255);
        let address = format!("{}.{c}.{d}.9", 193 + b);
        let (head, body) = (head.replace("193.0.0.1", &address), body.replace("193.0.0.1", &address));
        many += &format!("\n{head}\t{}\t{:x}\n{body}", body.len(), sum(&body));
    }
    // 32 MiB are its limit: one file just below that, and one of a million rows above.
    for times in [1, 12] {
        let many = many.repeat(times);
        for size in ["unlimited", "32768"] {
            fs::write(&answers, &many).expect("a scratch file");
            fs::set_permissions(&answers, fs::Permissions::from_mode(0o600)).expect("ours");
            scene.lab.forget();
            let script = format!("ulimit -v {size}; exec \"$@\"");
            let seen = run(scene.lend(&mut RIRWHOIS.sh_with(&script, scene.cached())), b"193.0.0.9\n193.0.0.77\n");
            // What is in a file within the limit is not asked again.
            let asked = if times == 1 { 1 } else { 2 };
            let whole = (seen.status, seen.err.as_str(), scene.queries()) == (0, "", asked);
            let ended = (seen.status, seen.out.as_str(), seen.err.as_str()) == (2, "", "rirwhois: out of memory\n");
            assert!(whole || size != "unlimited" && ended, "{times} {size}: {seen:?}");
        }
    }
    let mut rows = String::from("2|ripencc|20261103|1000000|19830705|20261103|+0000\n");
    for i in 0..1_000_000 {
        let (a, b, c) = (i >> 16, i >> 8 & 255, i & 255);
        rows += &format!("ripencc|NL|ipv6|2001:{:x}{b:02x}:{c:x}::|48|19930901|allocated\n", a + 0x20);
    }
    scene.folder.file("many", rows);
    for size in ["unlimited", "32768"] {
        let script = format!("ulimit -v {size}; exec \"$@\"");
        let seen = run(scene.lend(&mut RIRWHOIS.sh_with(&script, scene.update("many"))), b"");
        let ended = (seen.status, seen.out.as_str(), seen.err.as_str()) == (2, "", "rirwhois: out of memory\n");
        assert!(seen.status == 0 || size != "unlimited" && ended, "{size}: {seen:?}");
        // Whatever came of it is read by the next run, or is said not to fit.
        let words = ["-r", "8.8.8.8"].map(String::from);
        let seen = run(scene.lend(&mut RIRWHOIS.sh_with(&script, &words)), b"");
        let ended = (seen.status, seen.out.as_str(), seen.err.as_str()) == (2, "", "rirwhois: out of memory\n");
        assert!((seen.status, seen.out.as_str()) == (0, "ARIN\n") || ended, "{size}: {seen:?}");
    }
}
