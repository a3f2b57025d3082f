//! `rirwhois --update` without a file: the registries' statistics over HTTP and HTTPS.
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::Command,
    sync::{Arc, LazyLock},
    thread,
};

use plainnet_lab::{
    scratch::Folder,
    tls::Authority,
    tool::{self, Seen},
    whois,
};
use rirwhois::table::{lookup::Table, md5::Md5, registry::Registry};

const TOOL: &str = env!("CARGO_BIN_EXE_rirwhois");

/// The five, as they name their files.
const FIVE: [(Registry, &str); 5] = [
    (Registry::Afrinic, "afrinic"),
    (Registry::Apnic, "apnic"),
    (Registry::Arin, "arin"),
    (Registry::Lacnic, "lacnic"),
    (Registry::Ripe, "ripencc"),
];

/// What each registry could publish, and its MD5 sum.
static FILES: LazyLock<[(String, String); 5]> = LazyLock::new(|| {
    FIVE.map(|(registry, _)| {
        let text = statistics(registry);
        let mut sum = Md5::default();
        sum.add(text.as_bytes());
        (text, sum.finish())
    })
});

/// All that the embedded table says it has, and one block that
/// has a date, a state and a country.
fn statistics(registry: Registry) -> String {
    let name = FIVE.iter().find(|one| one.0 == registry).map_or("", |one| one.1);
    let [v4, _, _] = Table::default().runs();
    let ends = v4.iter().skip(1).map(|run| run.0).chain([1 << 32]);
    let own = v4.iter().zip(ends).filter(|(run, _)| run.1 == registry);
    let mut lines: Vec<String> = own
        .map(|(run, end)| {
            let (first, count) = (Ipv4Addr::from_bits(run.0 as u32), end - run.0);
            format!("{name}|ZZ|ipv4|{first}|{count}|20010203|allocated\n")
        })
        .collect();
    if registry == Registry::Ripe {
        lines.push(format!("{name}|NL|asn|3333|1|19940901|allocated\n"));
    }
    format!("2|{name}|1|{}|19830705|20261101|+0000\n{}", lines.len(), lines.concat())
}

/// A server that gives to each path what `answer` says, each client in a thread of its own.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (addr, answer) = (listener.local_addr().unwrap(), Arc::new(answer));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
                    request.push(byte[0]);
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                answer(request.split(' ').nth(1).unwrap_or_default(), &mut stream);
            });
        }
    });
    addr
}

/// What stands at a path of a server where everything is right.
fn right(path: &str) -> Vec<u8> {
    let (name, is_sum) = match path.trim_start_matches('/').strip_suffix(".md5") {
        Some(name) => (name, true),
        None => (path.trim_start_matches('/'), false),
    };
    let Some(place) = FIVE.iter().position(|one| one.1 == name) else {
        return whois::http("404 Not Found", "", "no such file");
    };
    let (text, sum) = &FILES[place];
    match is_sum {
        true => whois::http("200 OK", "", &format!("MD5 (delegated-{name}-extended-latest) = {sum}\n")),
        false => whois::http("200 OK", "", text),
    }
}

/// A folder for one test, and a file for `--registries` in it.
struct Scene(Folder);

impl Scene {
    fn new(base: &str) -> Scene {
        let folder = Folder::new();
        let lines: String = FIVE.iter().map(|(r, name)| format!("{r} - - {base}/{name}\n")).collect();
        folder.file("registries", lines);
        Scene(folder)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = tool::command("sh");
        command.args(["-c", "umask 000; exec \"$@\"", "sh", TOOL, "--registries"]);
        command.arg(self.0.join("registries")).args(args).env("XDG_DATA_HOME", &*self.0);
        command
    }

    fn run(&self, args: &[&str]) -> Seen {
        tool::feed(&mut self.command(args), b"").into()
    }

    fn table(&self) -> PathBuf {
        self.0.join("rirwhois/table")
    }
}

#[test]
fn an_update_fetches_all_five_and_keeps_what_they_say_of_each_block() {
    let addr = serve(|path, stream| drop(stream.write_all(&right(path))));
    let base = format!("http://{addr}");
    let scene = Scene::new(&base);
    let seen = scene.run(&["--update"]);
    assert_eq!((seen.status, &*seen.err), (0, ""));
    let lines: Vec<&str> = seen.out.lines().collect();
    assert_eq!(lines.len(), 5, "{}", seen.out);
    for (line, (_, name)) in lines.iter().zip(FIVE) {
        assert!(line.starts_with(&format!("{base}/{name}\t2026-11-01\t")), "{line}");
    }
    let seen = scene.run(&["-t", "AS3333"]);
    let want = "AS3333\tRIPE\tALLOCATED\t1994-09-01\twhois.ripe.net\thttps://rdap.db.ripe.net/\t-\tNL\n";
    assert_eq!((&*seen.out, &*seen.err), (want, ""));
    let seen = scene.run(&["-r", "-o", "registry,status,date,country", "8.8.8.8", "1.1.1.1"]);
    assert_eq!(seen.out, "ARIN\tALLOCATED\t2001-02-03\tZZ\nAPNIC\tALLOCATED\t2001-02-03\tZZ\n");
    assert_eq!(scene.run(&["--country", "AS3333", "8.8.8.8"]).out, "NL\nZZ\n");
    // For its owner alone, whatever the umask is.
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&scene.table()), mode(scene.table().parent().unwrap())), (0o600, 0o700));
}

#[test]
fn an_update_that_is_not_whole_changes_nothing() {
    type Wrong = fn(&str, &mut TcpStream);
    let cases: [(&str, Wrong, &str); 8] = [
        (
            "a wrong checksum",
            |path, stream| match path {
                "/arin.md5" => drop(stream.write_all(&whois::http("200 OK", "", &"0".repeat(32)))),
                path => drop(stream.write_all(&right(path))),
            },
            "/arin: its checksum is ",
        ),
        (
            "no checksum",
            |path, stream| match path {
                "/arin.md5" => drop(stream.write_all(&whois::http("404 Not Found", "", "no"))),
                path => drop(stream.write_all(&right(path))),
            },
            "/arin.md5: HTTP status 404",
        ),
        (
            "a page instead of a checksum",
            |path, stream| match path {
                "/arin.md5" => drop(stream.write_all(&whois::http("200 OK", "", "<html>\x1b[31m</html>"))),
                path => drop(stream.write_all(&right(path))),
            },
            "/arin.md5: no MD5 sum is in it",
        ),
        (
            "truncated",
            |path, stream| match path {
                "/arin" => {
                    let whole = right(path);
                    let _ = stream.write_all(&whole[..whole.len() / 2]);
                }
                path => drop(stream.write_all(&right(path))),
            },
            "/arin: truncated",
        ),
        (
            "endless",
            |path, stream| match path {
                "/arin" => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
                    let block = b"# nothing but comments\n".repeat(4000);
                    while stream.write_all(&block).is_ok() {}
                }
                path => drop(stream.write_all(&right(path))),
            },
            "/arin: truncated, more than 64 mib",
        ),
        (
            "a redirect",
            |path, stream| match path {
                "/arin" => drop(stream.write_all(&whois::http("302 Found", "Location: http://127.0.0.1:1/\r\n", ""))),
                path => drop(stream.write_all(&right(path))),
            },
            "/arin: redirect to http://127.0.0.1:1/ refused",
        ),
        (
            "another registry's file",
            |path, stream| match path {
                "/arin" => drop(stream.write_all(&right("/ripencc"))),
                "/arin.md5" => drop(stream.write_all(&right("/ripencc.md5"))),
                path => drop(stream.write_all(&right(path))),
            },
            "/arin: statistics of RIPE, not of ARIN",
        ),
        (
            "a closed connection",
            |path, stream| match path {
                "/arin" => {}
                path => drop(stream.write_all(&right(path))),
            },
            "/arin: ",
        ),
    ];
    for (what, wrong, why) in cases {
        let base = format!("http://{}", serve(wrong));
        let scene = Scene::new(&base);
        let seen = scene.run(&["--update"]);
        assert_eq!((seen.status, &*seen.out), (3, ""), "{what}: {}", seen.err);
        let lines: Vec<&str> = seen.err.lines().collect();
        assert_eq!(lines.len(), 2, "{what}: {}", seen.err);
        assert!(
            lines[0].starts_with(&format!("rirwhois: {base}/arin: ")) && lines[0].contains(why),
            "{what}: {}",
            lines[0]
        );
        assert_eq!(lines[1], "rirwhois: --update: the table stays as it was");
        assert!(!scene.table().exists() && !seen.err.contains('\x1b'), "{what}");
    }
}

#[test]
fn a_silent_server_costs_the_timeout_and_the_table_stays() {
    let addr = serve(|path, stream| match path {
        "/lacnic" => drop(stream.read(&mut [0])),
        path => drop(stream.write_all(&right(path))),
    });
    let scene = Scene::new(&format!("http://{addr}"));
    let seen = scene.run(&["--update", "--timeout", "2"]);
    assert_eq!((seen.status, &*seen.out), (3, ""));
    assert!(seen.err.contains(&format!("http://{addr}/lacnic: timed out\n")), "{}", seen.err);
    assert!(!scene.table().exists());
}

#[test]
fn an_update_by_https_trusts_whom_the_machine_trusts() {
    let Some(authority) = Authority::new(&["localhost"]) else { return };
    let addr = authority.serve("127.0.0.1:0", |stream| {
        whois::respond(stream, &|path: &str| right(path));
        Ok(())
    });
    let scene = Scene::new(&format!("https://localhost:{}", addr.port()));
    let run = |trusted: &std::path::Path| {
        Seen::from(tool::feed(scene.command(&["--update"]).env("SSL_CERT_FILE", trusted), b""))
    };
    let Some(other) = Authority::new(&["localhost"]) else { return };
    let seen = run(&other.certificate());
    assert_eq!((seen.status, &*seen.out), (3, ""));
    assert!(seen.err.contains("TLS: its certificate "), "{}", seen.err);
    let seen = run(&authority.certificate());
    assert_eq!((seen.status, seen.out.lines().count(), &*seen.err), (0, 5, ""));
}

#[test]
fn an_update_goes_through_the_proxy_of_the_environment() {
    let proxy = serve(|_, stream| drop(stream.write_all(b"HTTP/1.1 503 Not now\r\nContent-Length: 0\r\n\r\n")));
    let scene = Scene::new("https://stats.example");
    let mut command = scene.command(&["--update", "-v"]);
    command.env("HTTPS_PROXY", format!("http://me:secret@{proxy}"));
    let seen = Seen::from(tool::feed(&mut command, b""));
    assert_eq!((seen.status, &*seen.out), (3, ""));
    let named = format!("rirwhois: ARIN: https://stats.example/arin, proxy: http://{proxy}\n");
    assert!(seen.err.contains(&named) && !seen.err.contains("secret"), "{}", seen.err);
    assert!(seen.err.contains("the proxy failed"), "{}", seen.err);
}

#[test]
fn a_bad_fourth_column_is_named() {
    let scene = Scene::new("ftp://x");
    let seen = scene.run(&["--update"]);
    assert_eq!((seen.status, &*seen.out), (2, ""));
    assert!(seen.err.ends_with("registries:1: ftp://x/afrinic: an http or https URL is needed\n"), "{}", seen.err);
}
