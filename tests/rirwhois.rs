//! rirwhois as a user meets it.
use std::path::Path;

use plainnet_lab::tool::{self, Seen};
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
