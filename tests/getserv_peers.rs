//! getserv against the C library, which getent and Python ask.
use std::{collections::HashMap, fs, path::Path, process::Command};

use getserv::book::registry::{self, ANY, PROTOS};
use plainnet_lab::{
    scratch::File,
    tool::{self, peer},
};

const GETSERV: &str = env!("CARGO_BIN_EXE_getserv");

/// What getserv answers to each of these, `-` where it has no answer.
fn getserv(args: &[&str], inputs: &[String]) -> Vec<String> {
    let seen = tool::run(GETSERV, [&["-k", "-q"], args].concat(), (inputs.join("\n") + "\n").as_bytes());
    assert_eq!((seen.status, &*seen.err), (0, ""));
    let answers: Vec<_> = seen.out.lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), inputs.len());
    answers
}

/// Every name, alias and port of the host's file, with and without its protocol.
fn host_keys() -> Vec<String> {
    let text = fs::read_to_string("/etc/services").unwrap_or_default();
    let mut keys = Vec::new();
    for line in text.lines() {
        let words: Vec<_> = line.split('#').next().unwrap().split_whitespace().collect();
        let Some((port, proto)) = words.get(1).and_then(|address| address.split_once('/')) else { continue };
        for name in words.iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, name)| *name).chain([port]) {
            keys.extend([name.to_owned(), format!("{name}/{proto}")]);
        }
    }
    if keys.is_empty() {
        tool::lacking("/etc/services names no service");
    }
    keys
}

fn is_port(key: &str) -> bool {
    key.split('/').next().unwrap().bytes().all(|b| b.is_ascii_digit())
}

/// getent's answer, a line such as `http 80/tcp www`, as getserv's to the same key.
fn answer(key: &str, line: &str) -> String {
    let mut words = line.split_whitespace();
    let (name, address) = (words.next().unwrap(), words.next().unwrap());
    if is_port(key) { name.to_owned() } else { address.split('/').next().unwrap().to_owned() }
}

#[test]
fn each_line_of_the_host_as_getent_has_it() {
    let (Some(getent), keys) = (peer("getent"), host_keys()) else { return };
    if keys.is_empty() {
        return;
    }
    let seen = tool::run(getent, ["services"].into_iter().chain(keys.iter().map(String::as_str)), b"");
    assert_eq!(seen.status, 0, "getent answers whatever its own file has");
    let want: Vec<_> = keys.iter().zip(seen.out.lines()).map(|(key, line)| answer(key, line)).collect();
    assert_eq!(want.len(), keys.len());
    for args in [&[][..], &["--source", "host"]] {
        for ((key, got), want) in keys.iter().zip(getserv(args, &keys)).zip(&want) {
            assert_eq!(got, *want, "{key}");
        }
    }
}

#[test]
fn each_line_of_the_host_as_python_has_it() {
    const ASK: &str = "
import socket, sys
for key in sys.stdin.read().split():
    key, _, proto = key.partition('/')
    ask = socket.getservbyport if key.isdigit() else socket.getservbyname
    print(ask(*[int(key) if key.isdigit() else key] + [proto] * (proto != '')))
";
    let (Some(python), keys) = (peer("python3"), host_keys()) else { return };
    if keys.is_empty() {
        return;
    }
    let seen = tool::run(python, ["-c", ASK], keys.join("\n").as_bytes());
    assert_eq!((seen.status, seen.out.lines().count()), (0, keys.len()), "{}", seen.err);
    for ((key, got), want) in keys.iter().zip(getserv(&[], &keys)).zip(seen.out.lines()) {
        assert_eq!(got, want, "{key}");
    }
}

/// What `getent services KEYS` prints where /etc/services is another file; nothing where that can't be arranged.
fn getent_with(services: &str, keys: &[String]) -> Option<String> {
    peer("getent")?;
    let script = "mount --bind \"$0\" /etc/services && exec getent services \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(services).args(keys);
    // A host may allow no such namespace, or root may need none of its own user.
    let mut seen = tool::feed(&mut command, b"");
    if !seen.status.success() {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script]).arg(services).args(keys);
        seen = tool::feed(&mut command, b"");
    }
    if !seen.status.success() {
        let why = String::from_utf8_lossy(&seen.stderr);
        tool::lacking(format_args!("no private mount namespace here: {}", why.trim_end()));
        return None;
    }
    Some(String::from_utf8(seen.stdout).unwrap())
}

#[test]
fn the_c_library_answers_from_a_dump_as_getserv_does() {
    if !Path::new("/etc/services").exists() || Command::new("unshare").arg("--version").output().is_err() {
        tool::lacking("unshare or /etc/services is missing");
        return;
    }
    let dump = tool::run(GETSERV, ["--dump"], b"");
    let file = File::new(&dump.out);
    // Without keys getent prints every line that the C library can read.
    let Some(all) = getent_with(&file, &[]) else { return };
    assert!(all.lines().count() > 11_000);
    let mut first: HashMap<String, String> = HashMap::new();
    for line in all.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let (port, proto) = words[1].split_once('/').unwrap();
        for name in words.iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, name)| *name) {
            first.entry(name.to_owned()).or_insert_with(|| port.to_owned());
            first.entry(format!("{name}/{proto}")).or_insert_with(|| port.to_owned());
        }
        first.entry(port.to_owned()).or_insert_with(|| words[0].to_owned());
        first.entry(words[1].to_owned()).or_insert_with(|| words[0].to_owned());
    }
    // Every entry of the registry, both ways; services(5) has no ranges.
    let mut keys = Vec::new();
    for (_, row) in registry::rows().iter().enumerate().filter(|(i, row)| registry::last(*i) == row.port()) {
        let any = row.protos() & ANY != 0;
        for proto in PROTOS.iter().enumerate().filter(|(bit, _)| any || row.protos() & (1 << bit) != 0).map(|p| p.1) {
            keys.extend([format!("{}/{proto}", row.name()), format!("{}/{proto}", row.port())]);
        }
        keys.extend([row.name().to_owned(), row.port().to_string()]);
    }
    for (key, got) in keys.iter().zip(getserv(&[], &keys)) {
        assert_eq!(first.get(key), Some(&got), "{key}");
    }
    // And some of them by the library's own search.
    let some: Vec<_> = keys.into_iter().step_by(97).collect();
    let found = getent_with(&file, &some).unwrap();
    for ((key, line), got) in some.iter().zip(found.lines()).zip(getserv(&[], &some)) {
        assert_eq!(got, answer(key, line), "{key}");
    }
    assert_eq!(found.lines().count(), some.len());
}
