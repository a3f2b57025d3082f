//! rirwhois as a user meets it.
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use plainnet_lab::{
    tool::{self, Seen},
    whois::{self, Lab},
};
use rirwhois::{spec::SPEC, table};

const TOOL: &str = env!("CARGO_BIN_EXE_rirwhois");

/// What the tool prints for these arguments.
fn run(args: &[&str], input: &str) -> Seen {
    tool::run(TOOL, args, input.as_bytes())
}

#[test]
fn examples_in_the_manual_are_true() {
    tool::check_examples(Path::new(TOOL), SPEC.examples);
}

#[test]
fn versions_name_what_is_embedded() {
    assert_eq!(SPEC.registries, table::SOURCES);
}

#[test]
fn a_word_that_is_no_number_spoils_itself() {
    let seen = run(&["-r", "hello", "8.8.8.8", "256.1.1.1"], "");
    assert_eq!((seen.status, &*seen.out), (1, "ARIN\n"));
    let want = "rirwhois: hello: a handle is not in the table\nrirwhois: 256.1.1.1: not an IPv4 address\n";
    assert_eq!(seen.err, want);
}

#[test]
fn lines_stay_in_step() {
    let seen = run(&["-r", "-k"], "8.8.8.8\n\n# x\nhello\n193.0.0.0/21\n");
    assert_eq!((seen.status, &*seen.out), (0, "ARIN\n-\n-\n-\nRIPE\n"));
    let seen = run(&["-t", "-k", "-e"], "x\n");
    assert_eq!(seen.out, "x\t-\t-\t-\t-\t-\t-\t-\n");
    let seen = run(&["-r", "-0", "-f2"], "a 8.8.8.8\0b 2a00::1\0");
    assert_eq!(seen.out, "ARIN\0RIPE\0");
}

#[test]
fn the_fast_way_and_the_long_way_agree() {
    let mut lines = String::from("\u{feff}8.8.8.8\n# x\n\n");
    for i in 0..30_000u32 {
        let [a, b, c, d] = i.wrapping_mul(2_654_435_761).to_be_bytes();
        lines += &match i % 97 {
            0 => format!(" {a}.{b}.{c}.{d} \r\n"),
            1 => format!("{a}.{b}.{c}.{d}/24\n"),
            2 => format!("0{a}.{b}.{c}.{d}\n"),
            3 => format!("2a{a:02x}::{b}\n"),
            _ => format!("{a}.{b}.{c}.{d}\n"),
        };
    }
    lines += "193.0.0.1";
    let fast = run(&["-r", "-k", "-q"], &lines);
    let long = run(&["-r", "-k", "-e"], &lines);
    let registries: String = long.out.lines().map(|l| format!("{}\n", l.rsplit('\t').next().unwrap())).collect();
    assert_eq!(fast.out, registries);
    assert_eq!(fast.err, long.err);
    assert_eq!(fast.out.lines().count(), 30_004);
}

#[test]
fn json_has_an_object_for_every_input() {
    let seen = run(&["-r", "--json", "8.8.8.8", "x.y"], "");
    let want = "{\"input\":\"8.8.8.8\",\"registry\":\"ARIN\",\"error\":null}\n\
                {\"input\":\"x.y\",\"registry\":null,\"error\":\"a host name (use dnsall -a NAME | rirwhois)\"}\n";
    assert_eq!((seen.status, &*seen.out), (1, want));
    let seen = run(&["-t", "--json", "151.101.194.217"], "");
    let want = "{\"input\":\"151.101.194.217\",\"block\":\"151.101.0.0-151.105.255.255\",\"registry\":\"ARIN\",\"status\":\"LEGACY\",\
                \"date\":\"1993-05\",\"whois\":\"whois.arin.net\",\"rdap\":\"https://rdap.arin.net/registry/\",\
                \"holder\":\"Administered by RIPE NCC\",\"error\":null}\n";
    assert_eq!(seen.out, want);
}

#[test]
fn a_prefix_over_a_border_is_told() {
    let seen = run(&["-r", "151.0.0.0/8"], "");
    assert_eq!((seen.status, &*seen.out), (0, "RIPE\n"));
    assert!(seen.err.contains("in several registries, answered for its first address"), "{}", seen.err);
}

/// Asks the lab.
fn ask(lab: &Lab, args: &[&str], input: &str) -> Seen {
    let file = lab.file();
    run(&[&["--registries", file.path()], args].concat(), input)
}

#[test]
fn one_connection_to_the_right_registry() {
    let lab = whois::world();
    let seen = ask(&lab, &["8.8.8.8"], "");
    assert_eq!(seen.status, 0, "{seen:?}");
    assert_eq!(lab.seen("ARIN"), whois::Seen { connections: 1, queries: vec!["n + = 8.8.8.8".into()] });
    // The record that answers comes before the one around it.
    let (child, parent) = (seen.out.find("GOGL").unwrap(), seen.out.find("LVLT-ORG-8-8\n").unwrap());
    assert!(child < parent, "{}", seen.out);
    let seen = ask(&lab, &["-o", "registry,block,name,org,abuse,transferred", "151.101.194.217", "193.0.0.1"], "");
    let want = "ARIN\t151.101.0.0/16\tSKYCA-3\tFastly, Inc.\tabuse@fastly.example\ttrue\n\
                RIPE\t193.0.0.0/21\tRIPE-NCC\tRIPE Network Coordination Centre\tabuse@ripe.example\tfalse\n";
    assert_eq!((seen.status, &*seen.out), (0, want), "{seen:?}");
}

#[test]
fn referrals_are_followed_where_the_table_is_behind() {
    let lab = whois::world();
    let seen = ask(&lab, &["-v", "-o", "registry,name,hops", "9.9.9.9"], "");
    let path = format!("{},{}", lab.addrs["ARIN"], lab.addrs["RIPE"]);
    assert_eq!((seen.status, &*seen.out), (0, &*format!("RIPE\tQUAD9\t{path}\n")), "{seen:?}");
    let said = format!("rirwhois: 9.9.9.9: asked {}, 0.", path.replace(',', ", "));
    assert!(seen.err.starts_with(&said) && seen.err.ends_with(" s\n"), "{}", seen.err);
}

#[test]
fn answers_are_shared_and_connections_kept() {
    let lab = whois::world();
    let input: String = (0..50).map(|i| format!("193.0.{}.{i}\n1.1.1.{i}\n", i % 8)).collect();
    let seen = ask(&lab, &["-o", "registry", "--stats"], &input);
    assert_eq!((seen.status, &*seen.out), (0, &*"RIPE\nAPNIC\n".repeat(50)), "{seen:?}");
    assert!(seen.err.starts_with("rirwhois: 100 inputs, 2 queries, 98 shared, "), "{}", seen.err);
    let input: String = (0..20).map(|i| format!("193.1.{i}.0\n")).collect();
    let seen = ask(&lab, &["-o", "registry", "-q", "-k"], &input);
    assert_eq!((seen.status, &*seen.out), (0, &*"-\n".repeat(20)), "{seen:?}");
    assert_eq!(lab.seen("RIPE").connections, 2);
}

#[test]
fn blocks_of_an_organisation() {
    let lab = whois::world();
    let seen = ask(&lab, &["--blocks", "gogl"], "");
    let want = "8.8.8.0/24\n34.4.5.0/24\n34.4.6.0/23\n34.4.8.0/21\n34.4.16.0/20\n34.4.32.0/19\n34.4.64.0/18\n34.4.128.0/17\n2607:f8b0::/32\n";
    assert_eq!((seen.status, &*seen.out, &*seen.err), (0, want, "rirwhois: gogl: holds AS15169\n"));
    let ripe = "193.0.0.0/21\n193.0.10.0/23\n193.0.12.0/22\n193.0.16.0/21\n2001:67c:2e8::/48\n";
    for operand in ["193.0.6.139", "ORG-RIEN1-RIPE", "AS3333"] {
        assert_eq!(ask(&lab, &["--blocks", operand], "").out, ripe, "{operand}");
    }
    for operand in ["200.3.14.10", "AS28000"] {
        assert_eq!(ask(&lab, &["--blocks", operand], "").out, "200.3.12.0/22\n2001:13c7:7001::/48\n", "{operand}");
    }
}

/// A folder for one test, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("rirwhois-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Folder(path)
    }

    /// Runs the tool with its data and caches in here.
    fn run(&self, args: &[&str], input: &str) -> Seen {
        let mut command = Command::new(TOOL);
        tool::feed(command.args(args).env("XDG_DATA_HOME", &self.0).env("XDG_CACHE_HOME", &self.0), input.as_bytes())
            .into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn updates_are_checked_before_they_replace_anything() {
    let folder = Folder::new("update");
    let file = folder.0.join("delegated-ripencc-extended-latest");
    let name = file.to_str().unwrap();
    let good = "2|ripencc|1|2|19830705|20260913|+0000\nripencc|*|ipv4|*|2|summary\n\
                ripencc|NL|ipv4|8.8.8.0|256|20260901|allocated|x\nripencc|NL|ipv4|193.0.0.0|2048|19940901|allocated|y\n";
    fs::write(&file, good.replace("|2|summary", "|3|summary")).unwrap();
    let seen = folder.run(&["--update", name], "");
    assert_eq!((seen.status, &*seen.out), (2, ""));
    assert_eq!(seen.err, format!("rirwhois: {name}: line 4: 2 ipv4 records where the summary says 3\n"));
    assert_eq!(folder.run(&["-r", "8.8.8.8"], "").out, "ARIN\n");
    fs::write(&file, good).unwrap();
    let seen = folder.run(&["--update", name], "");
    assert_eq!((seen.status, seen.out), (0, format!("{name}\t2026-09-13\t2 IPv4\t0 IPv6\t0 AS\n")), "{}", seen.err);
    assert_eq!(folder.run(&["-r"], "8.8.8.8\n8.8.9.8\n193.0.0.1\n").out, "RIPE\nARIN\nRIPE\n");
    assert!(folder.run(&["-t", "8.8.8.8"], "").out.starts_with("8.8.8.0/24\tRIPE\tLEGACY\t1992-12\twhois.ripe.net\t"));
    fs::write(&file, good.replace("20260913", "20200101")).unwrap();
    let seen = folder.run(&["--update", name], "");
    assert_eq!(
        (seen.status, seen.err),
        (2, format!("rirwhois: {name}: its date 2020-01-01 is before the table's 2026-09-13\n"))
    );
    fs::write(folder.0.join("rirwhois/table"), "rirwhois table 1 2030-01-01\nipv4 1\n0 ARIN\n").unwrap();
    let seen = folder.run(&["-r", "193.0.0.1"], "");
    assert_eq!((seen.status, &*seen.out), (0, "RIPE\n"));
    assert!(seen.err.contains("damaged, the embedded table is used"), "{}", seen.err);
}

#[test]
fn answers_are_kept_for_a_day_if_asked_for() {
    let lab = whois::world();
    let (file, folder) = (lab.file(), Folder::new("cache"));
    let ask = |args: &[&str]| folder.run(&[&["--registries", file.path(), "-o", "name", "--stats"], args].concat(), "");
    assert_eq!(ask(&["--cache", "8.8.8.8"]).out, "GOGL\n");
    let seen = ask(&["--cache", "8.8.8.9"]);
    assert_eq!(seen.out, "GOGL\n");
    assert!(seen.err.contains(" 0 queries, ") && seen.err.contains(" 1 from the cache, "), "{}", seen.err);
    assert_eq!(ask(&["8.8.8.8"]).out, "GOGL\n");
    assert_eq!(lab.seen("ARIN").connections, 2);
    // After a day it is asked again; each entry begins with its second.
    let kept = folder.0.join("rirwhois/answers");
    let text = fs::read_to_string(&kept).unwrap();
    let time = text.lines().nth(1).unwrap().split('\t').next().unwrap();
    for (age, more) in [(86_300, 0), (86_401, 1)] {
        let old = time.parse::<u64>().unwrap() - age;
        fs::write(&kept, text.replace(&format!("\n{time}\t"), &format!("\n{old}\t"))).unwrap();
        assert_eq!(ask(&["--cache", "8.8.8.8"]).out, "GOGL\n");
        assert_eq!(lab.seen("ARIN").connections, 2 + more, "{age}");
    }
    // Another server's answers are another matter.
    let other = whois::world();
    let file = other.file();
    folder.run(&["--registries", file.path(), "--cache", "8.8.8.8"], "");
    assert_eq!(other.seen("ARIN").connections, 1);
    // Rubbish is no cache, and nobody misses it.
    fs::write(&kept, "rubbish").unwrap();
    assert_eq!(ask(&["--cache", "8.8.8.8"]).out, "GOGL\n");
}

/// A response with a body and its length.
#[cfg(feature = "rdap")]
fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

#[test]
#[cfg(feature = "rdap")]
fn rdap_follows_redirects_between_registries_only() {
    const NET: &str = r#"{"objectClassName":"ip network","startAddress":"9.9.9.0","endAddress":"9.9.9.255","name":"QUAD9","status":["active"]}"#;
    let ripe = whois::serve_http(|path| match path {
        "/rdap/ip/9.9.9.9" => http("200 OK", "", NET),
        _ => http("404 Not Found", "", "{}"),
    });
    let arin = whois::serve_http(move |path| match path {
        "/ip/9.9.9.9" => http("301 Moved", &format!("Location: http://{ripe}/rdap/ip/9.9.9.9\r\n"), ""),
        "/ip/9.9.9.8" => http("302 Found", "Location: http://127.0.0.1:1/\r\n", ""),
        "/ip/9.9.9.7" => http("302 Found", "Location: /ip/9.9.9.7\r\n", ""),
        "/ip/9.9.9.6" => http("429 Too Many", "Retry-After: 1000\r\n", "{}"),
        "/ip/9.9.9.5" => http("200 OK", "", r#"{"notices":[{"title":"rate limit"}]}"#),
        "/ip/9.9.9.4" => http("200 OK", "", "<html>"),
        "/ip/9.9.9.3" => http("200 OK", "", &"x".repeat(20_000)),
        "/ip/9.9.9.2" => b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec(),
        _ => http("404 Not Found", "", "{}"),
    });
    let file = Folder::new("rdap");
    let path = file.0.join("registries");
    fs::write(&path, format!("ARIN - http://{arin}\nRIPE - http://{ripe}/rdap/\n")).unwrap();
    let ask = |args: &[&str]| {
        run(&[&["--registries", path.to_str().unwrap(), "--rdap", "--max-bytes", "10000"], args].concat(), "")
    };
    let seen = ask(&["-o", "registry,block,name,transferred", "9.9.9.9"]);
    assert_eq!((seen.status, &*seen.out), (0, "RIPE\t9.9.9.0/24\tQUAD9\ttrue\n"), "{seen:?}");
    let seen = ask(&["9.9.9.9"]);
    assert!(seen.out.starts_with("input       9.9.9.9\nregistry    RIPE\n"), "{seen:?}");
    for (last, status, why) in [
        (8, 3, "redirect to http://127.0.0.1:1/ refused"),
        (7, 3, "redirects without an end"),
        (6, 3, "limited"),
        (5, 3, "no object, perhaps limited"),
        (4, 3, "not JSON"),
        (3, 3, "truncated at 10000 bytes"),
        (2, 3, "truncated"),
        (1, 1, "not found"),
    ] {
        let seen = ask(&[&format!("9.9.9.{last}")]);
        assert_eq!((seen.status, &*seen.out), (status, ""), "{last} {seen:?}");
        assert!(seen.err.contains(why), "{last} {}", seen.err);
    }
    let seen = run(&["-s", &format!("http://{arin}/"), "-o", "name", "9.9.9.1"], "");
    assert_eq!(seen.status, 1, "{seen:?}");
}
