//! The tools together, in pipes, and below the programs that split work.
use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use plainnet_lab::{
    dns,
    scratch::Folder,
    tool::{Seen, TOOLS, command, feed, find, peer},
    whois,
};

/// A shell in a folder of its own, with the tools in its PATH.
struct Shell(Folder);

impl Shell {
    fn new() -> Shell {
        Shell(Folder::new())
    }

    fn file(&self, name: &str, text: &str) -> &Shell {
        self.0.file(name, text);
        self
    }

    /// Runs `script`; every stage of a pipe must succeed.
    fn sh(&self, script: &str) -> Seen {
        let folder = TOOLS.map(find)[0].parent().expect("a file has a folder").to_owned();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        let mut bash = command("bash");
        bash.args(["-c", &format!("set -o pipefail\n{script}")]).current_dir(&self.0).env("PATH", path);
        feed(&mut bash, b"").into()
    }

    #[track_caller]
    fn prints(&self, script: &str, want: &str) {
        let seen = self.sh(script);
        assert_eq!((seen.status, seen.out.as_str(), seen.err.as_str()), (0, want, ""), "{script}");
    }
}

/// A running upper-echod.
struct Echod {
    child: Child,
    address: String,
}

impl Echod {
    fn start(args: &[&str]) -> Echod {
        let mut command = Command::new(find("upper-echod"));
        let mut child =
            command.args(args).arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().expect("upper-echod starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("its first line");
        let address = line.trim_end().strip_prefix("listening on ").expect("its address").to_owned();
        Echod { child, address }
    }
}

impl Drop for Echod {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ACCESS_LOG: &str = "\
8.8.8.8 - - \"GET / HTTP/1.1\" 200
10.0.0.7 - - \"GET /status HTTP/1.1\" 200
151.101.194.217 - - \"GET /a HTTP/1.1\" 200
2607:f8b0:4009:819::200e - - \"GET /b HTTP/1.1\" 404
193.0.6.139 - - \"GET / HTTP/1.1\" 200
";

#[test]
fn names_to_registries() {
    let dns = dns::serve(dns::story());
    let script = format!("dnsall -a {} dev.to | rirwhois -r -e", dns.at());
    Shell::new().prints(&script, "151.101.66.217\tARIN\n151.101.194.217\tARIN\n");
}

#[test]
fn a_log_to_its_visitors_registries() {
    let shell = Shell::new();
    shell.file("access.log", ACCESS_LOG).prints(
        "ipconv --extract access.log | ipconv --is is_global | rirwhois -r | sort | uniq -c | tr -s ' '",
        " 3 ARIN\n 1 RIPE\n",
    );
    // The whole line passes a filter and stands before an answer.
    shell.prints(
        "ipconv --is global -f 1 <access.log | rirwhois -r -e -f 1 | head -n 1",
        "8.8.8.8 - - \"GET / HTTP/1.1\" 200\tARIN\n",
    );
    // -k keeps lines in step, whatever they hold.
    shell.prints(
        "printf 'x\\n\\n# c\\n1.1.1.1\\n' | ipconv -k -o int 2>/dev/null | paste - <(printf 'a\\nb\\nc\\nd\\n')",
        "-\ta\n-\tb\n-\tc\n16843009\td\n",
    );
}

#[test]
fn an_organisation_to_prefixes() {
    let lab = whois::world();
    let shell = Shell::new();
    shell.file("registries", &lab.registries());
    let seen = shell.sh("rirwhois --registries registries --blocks GOGL | ipconv --cidrs");
    assert_eq!(seen.status, 0, "{seen:?}");
    assert!(seen.out.starts_with("8.8.8.0/24\n") && seen.out.ends_with("2607:f8b0::/32\n"), "{seen:?}");
}

#[test]
fn a_service_name_to_a_connection() {
    let lab = whois::world();
    let shell = Shell::new();
    shell.prints("getserv whois", "43\n");
    let arin = lab.addrs["ARIN"];
    shell.file("services", &format!("lab-whois {}/tcp\n", arin.port()));
    let seen = shell.sh(
        "exec 3<>/dev/tcp/127.0.0.1/$(getserv --services services lab-whois); printf 'n + 8.8.8.8\\r\\n' >&3; cat <&3",
    );
    assert!(seen.out.contains("NetName:        GOGL\n"), "{seen:?}");
}

#[test]
fn lines_to_the_server_and_back() {
    let server = Echod::start(&["-q"]);
    let shell = Shell::new();
    shell.prints(&format!("printf 'hello\\n' | upper-echo -s {}", server.address), "HELLO\n");
    let script = format!("getserv 80 43 22 | upper-echo -s {} | tr A-Z a-z | getserv", server.address);
    shell.prints(&script, "80\n43\n22\n");
    let line = Echod::start(&["-q", "--line"]);
    shell.prints(&format!("upper-echo --line -s {} '  Hello World  '", line.address), "HELLO WORLD\n");
}

/// A client that sends no newline, keeps its side open and waits gets its answer.
#[test]
fn a_client_that_only_waits() {
    let server = Echod::start(&["-q"]);
    let place = server.address.replace(':', "/");
    let script = format!("exec 3<>/dev/tcp/{place}; printf 'Hello World' >&3; timeout 10 head -c 11 <&3");
    Shell::new().prints(&script, "HELLO WORLD");
}

/// A pipe ends quietly when its reader has seen enough.
#[test]
fn heads_are_quiet() {
    let shell = Shell::new();
    for script in ["getserv --dump | head -n 1", "ipconv --expand 10.0.0.0/8 | head -n 1"] {
        let seen = shell.sh(&format!("set +o pipefail; {script}"));
        assert_eq!((seen.out.lines().count(), seen.err.as_str()), (1, ""), "{script}");
    }
}

/// One run and many side by side give the same bytes.
#[test]
fn work_that_is_split() {
    let shell = Shell::new();
    let lines: String =
        (0..20_000u32).map(|i| format!("{}\n", std::net::Ipv4Addr::from(i.wrapping_mul(214_013)))).collect();
    shell.file("in", &lines);
    let one = shell.sh("ipconv -e -o int,reverse_pointer <in");
    assert_eq!((one.status, one.out.lines().count()), (0, 20_000));
    shell.prints("split -n l/3 --filter='ipconv -e -o int,reverse_pointer' in", &one.out);
    shell.prints("xargs -n 1000 <in ipconv -e -o int,reverse_pointer", &one.out);
    if peer("parallel").is_some() {
        let split = "parallel --will-cite -a in --pipepart --block -1 -j 3 -k ipconv -e -o int,reverse_pointer";
        shell.prints(split, &one.out);
        let piped = "parallel --will-cite --pipe --block 50k -j 2 -k ipconv -e -o int,reverse_pointer <in";
        shell.prints(piped, &one.out);
    }
}

/// Writers that share a pipe don't tear each other's lines, as long as each writes no
/// more than a pipe takes in one piece (4096 bytes on Linux).
#[test]
fn lines_of_many_writers_stay_whole() {
    let shell = Shell::new();
    let lines: String = (0..4_000).map(|i| format!("10.0.{}.{}\n", i / 250, i % 250)).collect();
    let seen = shell.file("in", &lines).sh("xargs -n 25 -P 4 <in ipconv -e -o exploded,reverse_pointer,binary");
    assert_eq!((seen.status, seen.out.lines().count()), (0, 4_000));
    for line in seen.out.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        assert!(fields.len() == 4 && fields[3].len() == 32 && fields[0] == fields[1], "{line:?}");
    }
}
