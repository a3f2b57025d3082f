//! Long lists: what survives an interruption, what a server that denies costs,
//! and what a file of answers may do to us.
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    os::unix::fs::{MetadataExt as _, symlink},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use plainnet_lab::{
    scratch::Folder,
    tool::{self, Seen},
    whois::{self, Act, Lab, Server, http, say, serve},
};

const TOOL: &str = env!("CARGO_BIN_EXE_rirwhois");

/// A folder for one test, and a file for `--registries` in it.
struct Scene(Folder);

impl Scene {
    fn new(registries: &str) -> Scene {
        let folder = Folder::new();
        fs::create_dir(folder.join("cache")).unwrap();
        folder.file("registries", registries);
        Scene(folder)
    }

    fn answers(&self) -> PathBuf {
        self.0.join("cache/rirwhois/answers")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = tool::command(TOOL);
        command
            .env("XDG_CACHE_HOME", self.0.join("cache"))
            .arg("--registries")
            .arg(self.0.join("registries"))
            .args(args);
        command
    }

    fn run(&self, args: &[&str], input: &str) -> Seen {
        tool::feed(&mut self.command(args), input.as_bytes()).into()
    }
}

/// A record of RIPE's for exactly the address that is asked.
fn inetnum(query: &str) -> Act {
    let addr = query.rsplit(' ').next().unwrap_or_default();
    say(format!("inetnum:        {addr} - {addr}\nnetname:        N-{addr}\nsource:         RIPE\n"))
}

/// RIPE answers, LACNIC never does.
fn half_silent() -> Lab {
    serve([Server::ripe("RIPE", inetnum), Server::new("LACNIC", |_| Act::Silent)])
}

const LIST: usize = 40;

fn list() -> String {
    let ripe: String = (0..LIST).map(|i| format!("193.0.0.{i}\n")).collect();
    ripe + "200.3.14.10\n"
}

#[test]
fn what_was_answered_before_the_end_is_not_asked_again() {
    for signal in ["INT", "TERM", "KILL"] {
        let lab = half_silent();
        let scene = Scene::new(&lab.registries());
        let args = ["--cache", "--rate", "0", "-o", "name"];
        let mut child = scene.command(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(list().as_bytes()).unwrap();
        drop(stdin);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for i in 0..LIST {
            assert_eq!(lines.next().unwrap().unwrap(), format!("N-193.0.0.{i}"));
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
        let seen = child.wait().unwrap();
        assert!(!seen.success(), "{signal} {seen:?}");
        lab.forget();
        let again = scene.run(&["--cache", "--rate", "0", "-o", "name", "--timeout", "1", "-k"], &list());
        assert_eq!((again.status, again.out.lines().count()), (3, LIST + 1), "{signal} {}", again.err);
        assert_eq!((lab.seen("RIPE").queries.len(), lab.seen("LACNIC").queries.len()), (0, 1), "{signal}");
    }
}

#[test]
fn two_runs_at_once_lose_nothing() {
    let lab = half_silent();
    let scene = Scene::new(&lab.registries());
    let input = |from: usize| (from..from + LIST).map(|i| format!("193.0.0.{i}\n")).collect::<String>();
    let args = ["--cache", "--rate", "0", "-o", "name"];
    thread::scope(|scope| {
        for half in 0..4 {
            let scene = &scene;
            scope.spawn(move || assert_eq!(scene.run(&args, &input(half * LIST)).status, 0));
        }
    });
    lab.forget();
    for half in 0..4 {
        let seen = scene.run(&args, &input(half * LIST));
        assert_eq!((seen.status, seen.out.lines().count(), &*seen.err), (0, LIST, ""));
    }
    assert_eq!(lab.seen("RIPE").queries.len(), 0);
}

#[test]
fn listings_and_rdap_and_what_is_missing_are_kept_too() {
    let lab = whois::world();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let rdap = whois::serve_http(move |path| {
        count.fetch_add(1, Ordering::Relaxed);
        match path {
            "/ip/8.8.8.8" => http(
                "200 OK",
                "",
                r#"{"objectClassName":"ip network","startAddress":"8.8.8.0","endAddress":"8.8.8.255","name":"GOGL","entities":[{"handle":"GOGL","roles":["registrant"]}]}"#,
            ),
            "/entity/GOGL" => http(
                "200 OK",
                "",
                r#"{"objectClassName":"entity","handle":"GOGL","networks":[{"startAddress":"8.8.8.0","endAddress":"8.8.8.255"}],"autnums":[{"startAutnum":15169}]}"#,
            ),
            _ => http("404 Not Found", "", "{}"),
        }
    });
    let scene = Scene::new(&lab.registries().replace("http://127.0.0.1:1/", &format!("http://{rdap}/")));
    for (args, status, out) in [
        (
            &["--blocks", "193.0.6.139"][..],
            0,
            "193.0.0.0/21\n193.0.10.0/23\n193.0.12.0/22\n193.0.16.0/21\n2001:67c:2e8::/48\n",
        ),
        (
            &["--blocks", "ORG-RIEN1-RIPE"],
            0,
            "193.0.0.0/21\n193.0.10.0/23\n193.0.12.0/22\n193.0.16.0/21\n2001:67c:2e8::/48\n",
        ),
        (&["-o", "name", "23.1.1.1"], 1, ""),
        (&["--rdap", "-o", "name", "8.8.8.8"], 0, "GOGL\n"),
        (&["--rdap", "--blocks", "8.8.8.8"], 0, "8.8.8.0/24\n"),
        (&["--rdap", "-o", "name", "8.8.9.9"], 1, ""),
    ] {
        let all = [&["--cache", "--stats"], args].concat();
        let first = scene.run(&all, "");
        assert_eq!((first.status, &*first.out), (status, out), "{args:?} {}", first.err);
        let again = scene.run(&all, "");
        assert_eq!((again.status, &*again.out), (status, out), "{args:?} {}", again.err);
        assert!(again.err.contains(" 0 queries, "), "{args:?} {}", again.err);
    }
    // The address, its organisation, and the one that is not found.
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[test]
fn a_slow_registry_holds_back_nobody_who_wants_no_order() {
    let lab = half_silent();
    let scene = Scene::new(&lab.registries());
    let args = ["--unordered", "-e", "--rate", "0", "-o", "name"];
    let mut child = scene.command(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The slow one comes first, and standard input stays open.
    stdin.write_all(b"200.3.14.10\n193.0.0.1\n193.0.0.2\n").unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "193.0.0.1\tN-193.0.0.1");
    assert_eq!(lines.next().unwrap().unwrap(), "193.0.0.2\tN-193.0.0.2");
    child.kill().unwrap();
    child.wait().unwrap();
    // Nothing is lost or doubled, and a failure counts as ever.
    let seen = scene.run(
        &["--unordered", "-k", "-e", "--rate", "0", "-o", "name", "--timeout", "1"],
        &("200.3.14.10\n\n# x\n".to_owned() + &list()),
    );
    let mut lines: Vec<&str> = seen.out.lines().collect();
    assert_eq!((seen.status, lines.len()), (3, LIST + 4), "{}", seen.err);
    lines.sort_unstable();
    lines.dedup();
    assert!(lines.contains(&"200.3.14.10\t-") && lines.contains(&"193.0.0.39\tN-193.0.0.39"));
}

#[test]
fn a_registry_that_denies_costs_two_lines() {
    let denied = b"%ERROR:201: access denied for 192.0.2.7 \x1b]0;PWNED\x07\r\xc2\x9b31m\xe2\x80\xae\n%\n".to_vec();
    let (text, words) = (denied.clone(), "ERROR:201: access denied for 192.0.2.7");
    let lab = serve([
        Server::ripe("RIPE", move |_| Act::Say(text.clone())),
        Server::new("ARIN", |_| say("NetRange: 8.0.0.0 - 8.127.255.255\nNetName: X\n")),
    ]);
    let scene = Scene::new(&lab.registries());
    let input: String = (0..20).map(|i| format!("193.0.{i}.1\n8.8.{i}.8\n")).collect();
    for args in [&["-k", "-o", "name"][..], &["--json"], &["-v", "-k", "-o", "name"]] {
        lab.forget();
        let seen = scene.run(args, &input);
        assert_eq!((seen.status, seen.out.lines().count(), lab.seen("RIPE").queries.len()), (3, 40, 1), "{args:?}");
        let ripe = lab.addrs["RIPE"];
        let about: Vec<&str> = seen.err.lines().filter(|line| !line.contains("asked")).collect();
        assert_eq!(about.len(), 2, "{args:?} {}", seen.err);
        assert!(about[0].starts_with(&format!("rirwhois: stdin:1: 193.0.0.1: {ripe}: {words}")), "{}", about[0]);
        assert_eq!(about[1], format!("rirwhois: {ripe}: 20 inputs without an answer"));
        // Wherever the words are repeated they steer no terminal.
        let raw = |text: &str| text.chars().any(|c| c != '\n' && c != '\t' && (c.is_control() || c == '\u{202e}'));
        assert!(!raw(&seen.err) && !raw(&seen.out), "{args:?} {:?} {:?}", seen.err, seen.out);
        if args[0] == "--json" {
            let failed = seen.out.lines().filter(|line| line.contains(words)).count();
            assert_eq!(failed, 20, "{}", seen.out);
        } else {
            assert_eq!(seen.out.lines().filter(|line| *line == "-").count(), 20);
        }
    }
}

#[test]
fn a_registry_that_cannot_be_reached_costs_two_lines() {
    let lab = serve([Server::new("ARIN", |_| say("NetRange: 8.0.0.0 - 8.127.255.255\nNetName: X\n"))]);
    let scene = Scene::new(&lab.registries());
    let input: String = (0..20).map(|i| format!("193.0.{i}.1\n8.8.{i}.8\n")).collect();
    let seen = scene.run(&["-k", "-o", "name", "--rate", "0"], &input);
    assert_eq!((seen.status, &*seen.out), (3, &*"-\nX\n".repeat(20)));
    let want = "rirwhois: stdin:1: 193.0.0.1: 127.0.0.1:1: connection refused\nrirwhois: 127.0.0.1:1: 20 inputs without an answer\n";
    assert_eq!(seen.err, want);
}

/// An HTTP server that gives each request a thread.
fn threads(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || whois::respond(stream, &|path: &str| answer(path)));
        }
    });
    addr
}

/// The record of an address by RDAP, and of nothing else.
fn network(path: &str) -> Vec<u8> {
    let addr = path.rsplit('/').next().unwrap_or_default();
    let body = format!(
        r#"{{"objectClassName":"ip network","startAddress":"{addr}","endAddress":"{addr}","name":"N-{addr}"}}"#
    );
    http("200 OK", "", &body)
}

#[test]
fn questions_by_rdap_go_out_side_by_side() {
    // Each request is answered when another one is there, too; alone it would wait in vain.
    let there = Arc::new((Mutex::new(0_usize), Condvar::new()));
    let addr = threads(move |path| {
        let (count, more) = &*there;
        let mut count = count.lock().unwrap();
        *count += 1;
        more.notify_all();
        let (_count, late) = more.wait_timeout_while(count, Duration::from_secs(20), |count| *count < 2).unwrap();
        if late.timed_out() { http("500 Alone", "", "{}") } else { network(path) }
    });
    let scene = Scene::new(&format!("RIPE - http://{addr}/\n"));
    // Not neighbours of one another, whose answer might be the same.
    let seen = scene.run(&["--rdap", "--rate", "0", "-o", "name"], "193.0.0.1\n193.1.0.1\n193.2.0.1\n193.3.0.1\n");
    assert_eq!((seen.status, &*seen.out), (0, "N-193.0.0.1\nN-193.1.0.1\nN-193.2.0.1\nN-193.3.0.1\n"), "{}", seen.err);
}

#[test]
fn neighbours_by_rdap_are_one_question() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let addr = threads(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        http(
            "200 OK",
            "",
            r#"{"objectClassName":"ip network","startAddress":"193.0.0.0","endAddress":"193.0.7.255","name":"N"}"#,
        )
    });
    let scene = Scene::new(&format!("RIPE - http://{addr}/\n"));
    let input: String = (0..200).map(|i| format!("193.0.{}.{i}\n", i % 8)).collect();
    let seen = scene.run(&["--rdap", "--rate", "0", "-o", "name"], &input);
    assert_eq!((seen.status, seen.out, asked.load(Ordering::Relaxed)), (0, "N\n".repeat(200), 1), "{}", seen.err);
}

#[test]
fn who_denies_by_rdap_is_spared() {
    for (status, headers, asks) in [
        ("403 Forbidden", "", 1),
        ("422 Unprocessable Content", "", 1),
        ("503 Service Unavailable", "", 1),
        ("503 Service Unavailable", "Retry-After: 3600\r\n", 1),
        ("429 Too Many Requests", "Retry-After: Fri, 31 Dec 2199 23:59:59 GMT\r\n", 1),
        // A date that is past asks for no patience: it is asked twice more.
        ("429 Too Many Requests", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 3),
    ] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let addr = whois::serve_http(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            http(status, headers, r#"{"errorCode":1,"title":"Go away","description":["now"]}"#)
        });
        let scene = Scene::new(&format!("RIPE - http://{addr}/\n"));
        // Neighbours wait for each other, so that the first one's end is known to the second.
        let input: String = (0..20).map(|i| format!("193.0.0.{i}\n")).collect();
        let seen = scene.run(&["--rdap", "-k", "-o", "name", "--rate", "0"], &input);
        assert_eq!((seen.status, &*seen.out), (3, &*"-\n".repeat(20)), "{status} {headers}");
        assert_eq!(asked.load(Ordering::Relaxed), asks, "{status} {headers}");
        let code = &status[..3];
        let lines: Vec<&str> = seen.err.lines().collect();
        let first = format!("rirwhois: stdin:1: 193.0.0.0: http://{addr}/ip/193.0.0.0: ");
        assert!(
            lines[0].starts_with(&first) && lines[0].ends_with(&format!("(status {code}): Go away: now")),
            "{}",
            seen.err
        );
        assert_eq!(lines[1..], [format!("rirwhois: {addr}: 20 inputs without an answer")], "{status} {headers}");
    }
}

#[test]
fn a_file_that_is_none_of_ours_is_not_used() {
    let lab = whois::world();
    let scene = Scene::new(&lab.registries());
    let ask = |args: &[&str]| scene.run(&[&["--cache", "-o", "name", "8.8.8.8"], args].concat(), "");
    let (folder, answers) = (scene.0.join("cache/rirwhois"), scene.answers());
    // A pipe would be waited for.
    fs::create_dir_all(&folder).unwrap();
    assert!(Command::new("mkfifo").arg(&answers).status().unwrap().success());
    let seen = ask(&[]);
    let said = format!("rirwhois: cache: {}: not a regular file, not used\n", answers.display());
    assert_eq!((seen.status, &*seen.out, &*seen.err), (0, "GOGL\n", &*said));
    fs::remove_file(&answers).unwrap();
    // A link leads to somebody else's file, and so does a second name.
    let victim = scene.0.join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &answers).unwrap();
    let seen = ask(&[]);
    assert_eq!((seen.status, &*seen.out), (0, "GOGL\n"));
    assert_eq!(seen.err, format!("rirwhois: cache: {}: a link, not used\n", answers.display()));
    fs::remove_file(&answers).unwrap();
    fs::hard_link(&victim, &answers).unwrap();
    assert_eq!((ask(&[]).status, &*fs::read_to_string(&victim).unwrap()), (0, "precious"));
    fs::remove_file(&answers).unwrap();
    // Also where it looks like a cache: nothing is added to it.
    assert_eq!(ask(&[]).status, 0);
    let whole = fs::read(&answers).unwrap();
    fs::remove_file(&answers).unwrap();
    fs::write(&victim, &whole).unwrap();
    fs::hard_link(&victim, &answers).unwrap();
    let seen = ask(&["193.0.0.1"]);
    assert_eq!((seen.status, &*seen.out), (0, "GOGL\nRIPE-NCC\n"));
    assert_eq!(seen.err, format!("rirwhois: cache: {}: another user's file or name, not used\n", answers.display()));
    assert!(fs::read(&victim).unwrap() == whole);
    fs::remove_file(&answers).unwrap();
    // So does a folder that is a link.
    fs::remove_dir(&folder).unwrap();
    fs::create_dir(scene.0.join("elsewhere")).unwrap();
    symlink(scene.0.join("elsewhere"), &folder).unwrap();
    assert_eq!((ask(&[]).status, fs::read_dir(scene.0.join("elsewhere")).unwrap().count()), (0, 0));
    fs::remove_file(&folder).unwrap();
    // Three gigabytes of nothing are not read, and a new file takes their place.
    fs::create_dir_all(&folder).unwrap();
    fs::File::create(&answers).unwrap().set_len(3 << 30).unwrap();
    let seen = ask(&[]);
    assert_eq!((seen.status, &*seen.out, &*seen.err), (0, "GOGL\n", ""));
    assert!(fs::metadata(&answers).unwrap().len() < 10_000);
    lab.forget();
    assert_eq!((ask(&[]).status, lab.seen("ARIN").connections), (0, 0));
    // Nobody else may read it, whatever the umask.
    fs::remove_dir_all(&folder).unwrap();
    let script =
        format!("umask 000; exec {TOOL} --registries {} --cache 8.8.8.8", scene.0.join("registries").display());
    let mut command = tool::command("sh");
    command.args(["-c", &script]).env("XDG_CACHE_HOME", scene.0.join("cache"));
    assert!(tool::feed(&mut command, b"").status.success());
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&answers)), (0o700, 0o600));
    // What an earlier version left open is closed.
    for (path, open) in [(&folder, 0o755), (&answers, 0o666)] {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(open)).unwrap();
    }
    assert_eq!(ask(&[]).status, 0);
    assert_eq!((mode(&folder), mode(&answers), fs::read_dir(&folder).unwrap().count()), (0o700, 0o600, 1));
}

#[test]
fn a_cache_that_cannot_be_written_is_said_once_and_answers_go_on() {
    let lab = serve([Server::ripe("RIPE", inetnum)]);
    let scene = Scene::new(&lab.registries());
    let input: String = (0..50).map(|i| format!("193.0.{i}.1\n")).collect();
    let args = ["--cache", "--rate", "0", "-o", "block"];
    let want: String = (0..50).map(|i| format!("193.0.{i}.1/32\n")).collect();
    // A file that may not grow is a disk that is full; the last entry is torn.
    let registries = scene.0.join("registries");
    let script = format!("ulimit -f 4; exec {TOOL} --registries {} \"$@\"", registries.display());
    let mut command = tool::command("sh");
    command.args(["-c", &script, "sh"]).args(args).env("XDG_CACHE_HOME", scene.0.join("cache"));
    let seen: Seen = tool::feed(&mut command, input.as_bytes()).into();
    assert_eq!((seen.status, &*seen.out), (0, &*want), "{}", seen.err);
    let said = format!("rirwhois: cache: {}: ", scene.answers().display());
    assert!(seen.err.starts_with(&said) && seen.err.lines().count() == 1, "{}", seen.err);
    // What was complete is kept, and what was torn is asked again.
    lab.forget();
    let seen = scene.run(&args, &input);
    assert_eq!((seen.status, &*seen.out, &*seen.err), (0, &*want, ""));
    let asked = lab.seen("RIPE").queries.len();
    assert!((1..50).contains(&asked), "{asked}");
    lab.forget();
    assert_eq!((scene.run(&args, &input).out, lab.seen("RIPE").queries.len()), (want, 0));
    // /sys takes no folders, whoever asks, and a file is none.
    for place in ["/sys", registries.to_str().unwrap()] {
        let seen: Seen = tool::feed(scene.command(&args).env("XDG_CACHE_HOME", place), b"193.0.0.1\n").into();
        assert_eq!((seen.status, &*seen.out), (0, "193.0.0.1/32\n"));
        let said = format!("rirwhois: cache: {place}/rirwhois/answers: ");
        assert!(seen.err.starts_with(&said) && seen.err.lines().count() == 1, "{}", seen.err);
    }
}

#[test]
fn words_from_the_cache_steer_no_terminal() {
    let text = b"NetRange: 8.0.0.0 - 8.127.255.255\nNetName: \x1b[31m\xc2\x9b\xe2\x80\xaeX\rY\n".to_vec();
    let lab = serve([Server::new("ARIN", move |_| Act::Say(text.clone()))]);
    let scene = Scene::new(&lab.registries());
    let all: Vec<Seen> = [&["8.8.8.8"][..], &["-b", "8.8.8.8"], &["--json", "8.8.8.8"], &["-v", "8.8.8.8"]]
        .into_iter()
        .map(|args| scene.run(&[&["--cache"], args].concat(), ""))
        .collect();
    assert_eq!(lab.seen("ARIN").connections, 1);
    for seen in all {
        let is_raw = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!seen.out.contains(is_raw) && !seen.err.contains(is_raw), "{seen:?}");
        assert!(seen.out.contains("\\x1b[31m") || seen.out.contains("\\u001b[31m"), "{seen:?}");
    }
}

/// The tool's status, and the most memory that it took for this, in KiB.
fn memory(scene: &Scene, args: &[&str], input: &str) -> Option<(i32, u64)> {
    let python = tool::peer("python3")?;
    let code = "import resource,subprocess,sys\n\
                done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n\
                print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let mut command = tool::command(python);
    let registries = scene.0.join("registries");
    command.args(["-c", code, TOOL, "--registries"]).arg(registries).args(args);
    let seen: Seen = tool::feed(&mut command, input.as_bytes()).into();
    let numbers =
        seen.out.trim().split_once(' ').and_then(|(status, most)| Some((status.parse().ok()?, most.parse().ok()?)));
    Some(numbers.unwrap_or_else(|| panic!("{seen:?}")))
}

#[test]
fn memory_stays_small_whatever_comes() {
    const MOST: u64 = 32 << 10;
    const ENDLESS: [&[u8]; 7] =
        [b"X X (NET-1-0-0-0-1) 1.0.0.1 - 2.2.2.2\n", b"a:\n\n", b"a:\n", b"\xff\xff\xff\n", b"x\n", b"% x\n", b"\n"];
    let names = ["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE"];
    let everyone = "196.216.2.1\n1.1.1.1\n8.8.8.8\n200.3.14.10\n193.0.0.1\n";
    for text in ENDLESS.into_iter().take(tool::long(7, 1) as usize) {
        let all = text.repeat(4096);
        let lab = serve(names.map(|name| {
            let all = all.clone();
            Server::new(name, move |_| Act::Endless(all.clone()))
        }));
        let scene = Scene::new(&lab.registries());
        let Some((status, most)) = memory(&scene, &["--json", "--timeout", "10"], everyone) else { return };
        let text = String::from_utf8_lossy(text);
        assert!(status == 3 && most < MOST, "status {status}, {most} KiB for {text:?}");
        for name in names {
            assert!(lab.seen(name).connections > 0, "{name} was not asked");
        }
    }
    // Replies that are whole, just below the limit, and hostile to who takes them apart. Five are
    // held at once, and each may be copied once while it grows.
    const FIVE_TWICE: u64 = MOST + (16 << 10);
    let bodies = [
        "{\"a\":{},",
        "[0,",
        "[[],",
        "\"\\ud800",
        "{\"networks\":[{\"startAddress\":\"::1\",\"endAddress\":\"ffff::fffe\"},",
    ];
    for body in bodies.into_iter().take(tool::long(5, 1) as usize) {
        let (open, part) = body.split_at(1);
        let text = format!("{{\"objectClassName\":\"entity\",\"x\":{open}{}", part.repeat(4_000_000 / part.len()));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let addr = threads(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            http("200 OK", "", &text)
        });
        let bases: String = names.iter().map(|name| format!("{name} - http://{addr}/\n")).collect();
        let scene = Scene::new(&bases);
        let Some((status, most)) = memory(&scene, &["--rdap"], everyone) else { return };
        assert!(status == 3 && most < FIVE_TWICE, "status {status}, {most} KiB for {body}");
        assert_eq!(asked.load(Ordering::Relaxed), 5, "{body}");
    }
}

#[test]
fn no_special_purpose_number_is_sent_to_anyone() {
    let lab = whois::world();
    let scene = Scene::new(&lab.registries());
    let special = [
        "10.1.2.3",
        "fd00::1",
        "127.0.0.1",
        "AS64512",
        "AS23456",
        "169.254.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "2001:db8::/32",
        "AS4294967295",
        "AS0",
        "10.0.0.0/9",
        "ff02::1",
        "fec0::1",
        "4000::1",
        "200::1",
        "224.0.0.0/4",
        "4000::/2",
        "10.0.0.0/7",
        "0.0.0.0/0",
        "10.255.255.255-11.0.0.1",
        "2001:db8::/31",
    ];
    let arin = lab.addrs["ARIN"].to_string();
    for args in
        [&[][..], &["-b"], &["-o", "registry"], &["--json"], &["--rdap"], &["-s", &arin], &["--blocks"], &["--cache"]]
    {
        let seen = scene.run(&[args, &special].concat(), "");
        let status = i32::from(args.first() == Some(&"--blocks"));
        assert_eq!(
            (seen.status, seen.out.matches("IANA").count() >= special.len()),
            (status, status == 0),
            "{args:?} {seen:?}"
        );
    }
    let asked: usize = lab.addrs.keys().map(|name| lab.seen(name).connections).sum();
    assert_eq!(asked, 0);
    // Of a range that ends in such space its first address alone is asked about.
    for (operand, registry, asked) in [
        ("192.167.255.0-192.168.0.255", "RIPE", "-r -T inetnum,inet6num 192.167.255.0"),
        ("8.0.0.0/5", "ARIN", "n + = 8.0.0.0"),
    ] {
        let seen = scene.run(&["-o", "input", operand], "");
        assert!(
            seen.err.contains(&format!("{operand}: in several registries, answered for its first address\n")),
            "{seen:?}"
        );
        assert_eq!(lab.seen(registry).queries, [asked], "{seen:?}");
    }
    // It is the row that -t prints.
    let row = scene.run(&["-t", "10.1.2.3"], "").out;
    assert_eq!(scene.run(&["10.1.2.3"], "").out, row);
    assert_eq!(scene.run(&["-o", "registry,block,status", "10.1.2.3"], "").out, "IANA\t10.0.0.0/8\tSPECIAL\n");
}

#[test]
fn what_is_no_question_is_sent_to_nobody() {
    let lab = whois::world();
    let scene = Scene::new(&lab.registries());
    let arin = lab.addrs["ARIN"].to_string();
    for (input, why) in [
        ("localhost", "a host name (use dnsall -a localhost | rirwhois)"),
        ("0x7f000001", "a number in hexadecimal (use ipconv --from hex -o address | rirwhois)"),
        (
            "2130706433",
            "an AS number is written with AS before it (for an address use ipconv --from int -o address | rirwhois)",
        ),
        ("AS1-AS5", "a range of AS numbers: ask for one of them (-t prints the block around it)"),
        ("8.8.8.8-::1", "one range, two families: both ends are IPv4 addresses or both are IPv6 addresses"),
    ] {
        for args in [&[][..], &["-b"], &["-s", &arin], &["--rdap"], &["--blocks"], &["--origin", "-s", &arin]] {
            let seen = scene.run(&[args, &[input]].concat(), "");
            assert_eq!((seen.status, &*seen.out, seen.err), (1, "", format!("rirwhois: {input}: {why}\n")), "{args:?}");
        }
    }
    let asked: usize = lab.addrs.keys().map(|name| lab.seen(name).connections).sum();
    assert_eq!(asked, 0);
}

#[test]
fn a_line_is_sent_as_it_is() {
    let lab = serve([Server::new("RADB", |query| match query {
        "-i origin AS64500" => say("route:      192.0.2.0/24\norigin:     AS64500\x1b[31m\n"),
        "!gAS64500" => say("A13\n192.0.2.0/24\nC\n"),
        "denied" => say("%ERROR:201: access denied for 192.0.2.7\n"),
        "half" => Act::Cut(b"route: 192".to_vec()),
        _ => Act::Cut(Vec::new()),
    })]);
    let at = lab.addrs["RADB"].to_string();
    let ask = |query: &str| tool::run(TOOL, ["-s", &at, "--query", query], b"");
    let seen = ask("-i origin AS64500");
    assert_eq!(
        (seen.status, &*seen.out),
        (0, "route:      192.0.2.0/24\norigin:     AS64500\\x1b[31m\n"),
        "{}",
        seen.err
    );
    assert_eq!(ask("!gAS64500").out, "A13\n192.0.2.0/24\nC\n");
    assert_eq!(lab.seen("RADB").queries, ["-i origin AS64500", "!gAS64500"]);
    for (query, why) in [("denied", "access denied"), ("half", "truncated"), ("empty", "empty answer")] {
        let seen = ask(query);
        assert!(seen.status == 3 && seen.err.contains(why), "{query} {seen:?}");
    }
    for (query, failed) in [("!gAS64500", 0), ("denied", 1)] {
        let seen = tool::run(TOOL, ["-s", &at, "--stats", "--query", query], b"");
        let counts =
            "1 input, 1 query, 0 shared, 0 connections kept, 1 connection opened, 0 referrals, 0 from the cache";
        assert!(seen.err.ends_with(&format!("rirwhois: {counts}, 0 unanswered, {failed} failed\n")), "{}", seen.err);
    }
    lab.forget();
    for query in ["a\nb", "a\rb", "a\r\n"] {
        let seen = ask(query);
        assert!(seen.status == 2 && seen.err.contains("a line end is in it"), "{seen:?}");
    }
    let seen = tool::run(TOOL, ["--query", "x"], b"");
    assert_eq!((seen.status, &*seen.err), (2, "rirwhois: --query: needs --server, and a whois server\n"));
    assert_eq!(lab.seen("RADB").connections, 0);
}

/// Team Cymru's bulk service: it answers when it has heard `end`, or line by line.
fn cymru(at_once: bool) -> (SocketAddr, Arc<Mutex<Vec<Vec<String>>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    let sessions = Arc::new(Mutex::new(Vec::new()));
    let all = sessions.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = vec![];
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let _ = stream.write_all(b"Bulk mode; whois.cymru.com [2026-11-28 12:00:00 +0000]\n");
            let mut late = Vec::new();
            while let Some(Ok(line)) = lines.next() {
                asked.push(line.clone());
                let says = match &*line {
                    "end" => break,
                    "8.8.8.8" => {
                        "15169   | 8.8.8.8          | 8.8.8.0/24          | US | arin     | 2023-12-28 | GOOGLE, US\n"
                    }
                    "193.0.0.1" => {
                        "3333    | 193.0.0.1        | 193.0.0.0/21        | NL | ripencc  | 1993-09-01 | RIPE-\x1b[31mNCC\n1103    | 193.0.0.1        | 193.0.0.0/16        | NL | ripencc  | 1993-09-01 | SURF\n"
                    }
                    "9.9.9.9" => "NA      | 9.9.9.9          | NA                  | US | arin     |            | NA\n",
                    _ => "",
                };
                if at_once {
                    let _ = stream.write_all(says.as_bytes());
                } else {
                    late.extend_from_slice(says.as_bytes());
                }
            }
            let _ = stream.write_all(&late);
            all.lock().unwrap().push(asked);
        }
    });
    (addr, sessions)
}

#[test]
fn origins_come_over_one_connection() {
    let input = "8.8.8.8\n\n193.0.0.1\n9.9.9.9\n10.0.0.1\nfd00::1\nAS3333\n8.8.8.8\n";
    for at_once in [false, true] {
        let (addr, sessions) = cymru(at_once);
        let server = addr.to_string();
        let ask = |args: &[&str]| tool::run(TOOL, [&["--origin", "-s", &server], args].concat(), input.as_bytes());
        let seen = ask(&["-k"]);
        let want = "AS15169\n-\nAS3333,AS1103\n-\n-\n-\n-\nAS15169\n";
        assert_eq!((seen.status, &*seen.out), (0, want), "{}", seen.err);
        assert_eq!(*sessions.lock().unwrap(), [["begin", "verbose", "8.8.8.8", "193.0.0.1", "9.9.9.9", "end"]]);
        let seen = ask(&["-q"]);
        assert_eq!((seen.status, &*seen.out, &*seen.err), (1, "AS15169\nAS3333,AS1103\nAS15169\n", ""));
        let seen = ask(&["-e", "-q", "-o", "asn,as_name,announced"]);
        let want = "8.8.8.8\tAS15169\tGOOGLE, US\t8.8.8.0/24\n193.0.0.1\tAS3333,AS1103\tRIPE-\\x1b[31mNCC; SURF\t193.0.0.0/21,193.0.0.0/16\n8.8.8.8\tAS15169\tGOOGLE, US\t8.8.8.0/24\n";
        assert_eq!(seen.out, want);
        // A paragraph for each address, of the fields that have a value.
        let seen = ask(&["-b", "-q"]);
        let google = "input       8.8.8.8\nasn         AS15169\nas_name     GOOGLE, US\nannounced   8.8.8.0/24\n";
        let ripe = "input       193.0.0.1\nasn         AS3333,AS1103\nas_name     RIPE-\\x1b[31mNCC; SURF\n\
                    announced   193.0.0.0/21,193.0.0.0/16\n";
        assert_eq!((seen.status, seen.out), (1, format!("{google}\n{ripe}\n{google}")), "{}", seen.err);
        let seen = ask(&["--json"]);
        assert_eq!((seen.status, seen.out.lines().count()), (1, 7), "{seen:?}");
        assert_eq!(seen.out.lines().next(), Some(r#"{"input":"8.8.8.8","asn":"AS15169","error":null}"#));
    }
}

#[test]
fn an_origin_is_told_before_the_next_address_comes() {
    let (addr, _) = cymru(true);
    let args = ["--origin".to_owned(), "-s".into(), addr.to_string()];
    let mut child = tool::command(TOOL).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for (line, want) in [("8.8.8.8\n", "AS15169"), ("193.0.0.1\n", "AS3333,AS1103")] {
        stdin.write_all(line.as_bytes()).unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), want);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_service_of_origins_that_fails_costs_two_lines() {
    type Behaviour = fn(std::net::TcpStream);
    let cases: [(Behaviour, &str); 4] = [
        (|stream| drop(stream), ""),
        (|mut stream| drop(stream.read(&mut [0; 64])), ""),
        (|mut stream| while stream.write_all(b"1 | 1.1.1.1 | x\n").is_ok() {}, "truncated, it sends what nobody asked"),
        (|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {}, "truncated, a line is longer than 4 KiB"),
    ];
    for (behaviour, why) in cases {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            listener.incoming().flatten().for_each(|stream| drop(thread::spawn(move || behaviour(stream))))
        });
        let input: String = (0..30).map(|i| format!("8.8.8.{i}\n")).collect();
        let seen = tool::run(TOOL, ["--origin", "-k", "-s", &addr, "--timeout", "5"], input.as_bytes());
        assert_eq!((seen.status, &*seen.out), (3, &*"-\n".repeat(30)), "{}", seen.err);
        let lines: Vec<&str> = seen.err.lines().collect();
        assert!(lines.len() == 2 && lines[0].contains(why), "{why} {}", seen.err);
        assert_eq!(lines[1], format!("rirwhois: {addr}: 30 inputs without an answer"));
    }
    // Silence ends at the deadline.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = silent.local_addr().unwrap().to_string();
    let seen = tool::run(TOOL, ["--origin", "-s", &addr, "--timeout", "0.5", "8.8.8.8"], b"");
    assert_eq!((seen.status, seen.err), (3, format!("rirwhois: 8.8.8.8: {addr}: timed out after 0.5 s\n")));
}

#[test]
fn an_as_number_is_where_its_organisation_is() {
    let lab = serve([
        Server::ripe("RIPE", |query| match query {
            "-r -T aut-num AS3333" => say("aut-num: AS3333\nas-name: RIPE-NCC-AS\norg: ORG-RIEN1-RIPE\nsource: RIPE\n"),
            "-r -T organisation ORG-RIEN1-RIPE" => {
                say("organisation: ORG-RIEN1-RIPE\norg-name: RIPE NCC\ncountry: NL\nsource: RIPE\n")
            }
            "-r -T aut-num AS3334" => say("aut-num: AS3334\norg: ORG-GONE-RIPE\nsource: RIPE\n"),
            _ => say("%ERROR:101: no entries found\n"),
        }),
        Server::new("ARIN", |_| {
            say("ASNumber: 15169\nASName: GOOGLE\n\nOrgName: Google LLC\nOrgId: GOGL\nCountry: US\n")
        }),
    ]);
    let scene = Scene::new(&lab.registries());
    let seen = scene.run(&["-o", "name,country,hops", "AS3333", "AS15169"], "");
    let (ripe, arin) = (lab.addrs["RIPE"], lab.addrs["ARIN"]);
    assert_eq!(
        (seen.status, seen.out),
        (0, format!("RIPE-NCC-AS\tNL\t{ripe},{ripe}\nGOOGLE\tUS\t{arin}\n")),
        "{}",
        seen.err
    );
    // Nobody is asked who need not be.
    lab.forget();
    assert_eq!(scene.run(&["-o", "name", "AS3333"], "").out, "RIPE-NCC-AS\n");
    assert_eq!(lab.seen("RIPE").queries.len(), 1);
    // An organisation that is not there takes nothing from the record.
    let seen = scene.run(&["-o", "org_handle,country", "AS3334"], "");
    assert_eq!((seen.status, &*seen.out), (0, "ORG-GONE-RIPE\t-\n"), "{}", seen.err);
}

#[test]
fn a_record_of_something_else_is_no_answer() {
    let other = "inetnum: 193.0.0.0 - 193.0.7.255\nnetname: OTHER\nsource: RIPE\n";
    let lab = serve([
        Server::ripe("RIPE", move |_| say(other)),
        Server::new("ARIN", |_| say("ASNumber: 1 - 3\nASName: X\n")),
    ]);
    let scene = Scene::new(&lab.registries());
    for (operand, server, about) in
        [("193.1.0.1", "RIPE", "193.0.0.0/21"), ("AS3333", "RIPE", "193.0.0.0/21"), ("AS15169", "ARIN", "AS1-AS3")]
    {
        let seen = scene.run(&["-o", "name,block,registry", operand], "");
        let addr = lab.addrs[server];
        let said = format!("rirwhois: {operand}: {addr}: its record is about {about}, not about what was asked\n");
        assert_eq!((seen.status, &*seen.out, seen.err), (1, "", said));
    }
    assert_eq!(scene.run(&["-o", "name", "193.0.0.1"], "").out, "OTHER\n");
}

#[test]
fn dates_are_of_one_form_and_the_text_is_as_it_came() {
    let lab = serve([Server::ripe("APNIC", |_| {
        say(
            "inetnum: 1.1.1.0 - 1.1.1.255\nnetname: X\ncountry: au\ncreated: 2005-03-14T11:31:08-05:00\nchanged: hm-changed@apnic.net 20021025\nsource: APNIC\n",
        )
    })]);
    let scene = Scene::new(&lab.registries());
    assert_eq!(scene.run(&["-o", "date,updated,country", "1.1.1.1"], "").out, "2005-03-14T16:31:08Z\t2002-10-25\tAU\n");
    let brief = scene.run(&["-b", "1.1.1.1"], "").out;
    assert!(brief.contains("\ndate        2005-03-14T16:31:08Z\nupdated     2002-10-25\n"), "{brief}");
    let json = scene.run(&["--json", "1.1.1.1"], "").out;
    assert!(json.contains(r#""date":"2005-03-14T16:31:08Z","updated":"2002-10-25""#), "{json}");
    assert!(scene.run(&["1.1.1.1"], "").out.contains("changed: hm-changed@apnic.net 20021025"));
}

#[test]
fn strangers_tell_the_registry_by_their_form() {
    for (text, operand, want) in [
        ("NetRange: 8.8.8.0 - 8.8.8.255\nNetHandle: NET-8-8-8-0-2\nNetName: X\n", "8.8.8.8", "ARIN\n"),
        ("inetnum: 200.3.12/22\nowner: X\nownerid: UY-LACN-LACNIC\n", "200.3.14.10", "LACNIC\n"),
        ("inetnum: 193.0.0.0 - 193.0.7.255\nsource: RIPE\n", "193.0.0.1", "RIPE\n"),
        ("inetnum: 193.0.0.0 - 193.0.7.255\n", "193.0.0.1", "-\n"),
    ] {
        let lab = serve([Server::new("stranger", move |_| say(text))]);
        let at = lab.addrs["stranger"].to_string();
        let seen = tool::run(TOOL, ["-s", &at, "-o", "registry", operand], b"");
        assert_eq!((seen.status, &*seen.out), (0, want), "{}", seen.err);
    }
}

#[test]
fn a_name_is_no_handle_and_that_is_said() {
    let lab = whois::world();
    let scene = Scene::new(&lab.registries());
    let seen = scene.run(&["--blocks", "Google"], "");
    let arin = lab.addrs["ARIN"];
    let said = format!(
        "rirwhois: Google: not found at {arin} (a handle is needed, not a name: an address of the organisation finds it)\n"
    );
    assert_eq!((seen.status, &*seen.out, seen.err), (1, "", said));
}
