//! dnsall as a user meets it.
use std::{
    path::Path,
    time::{Duration, Instant},
};

use dnsall::spec::SPEC;
use plainnet_lab::{
    dns::{self, Manner},
    tool::{self, Seen},
};

const TOOL: &str = env!("CARGO_BIN_EXE_dnsall");

/// Runs dnsall with the words of `line`, `input` on standard input.
fn feed(line: &str, input: &str) -> Seen {
    tool::run(TOOL, line.split_whitespace(), input.as_bytes())
}

fn run(line: &str) -> Seen {
    feed(line, "")
}

#[test]
fn examples_of_the_manual() {
    tool::check_examples(Path::new(TOOL), SPEC.examples);
}

const DEV_TO: &str = "\
A:151.101.66.217
A:151.101.194.217
NS:jill.ns.cloudflare.com.
NS:josh.ns.cloudflare.com.
SOA:jill.ns.cloudflare.com. dns.cloudflare.com. 2309864129 10000 2400 604800 3600
MX:1 aspmx.l.google.com.
MX:5 alt1.aspmx.l.google.com.
MX:5 alt2.aspmx.l.google.com.
MX:10 alt3.aspmx.l.google.com.
MX:10 alt4.aspmx.l.google.com.
TXT:\"_globalsign-domain-verification=invented-token-of-the-lab\"
TXT:\"facebook-domain-verification=q1w2e3r4t5z6u7i8o9p0\"
TXT:\"google-site-verification=Another-Invented-Token-Of-The-Lab-0123456789\"
TXT:\"v=spf1 a mx include:_spf.google.com include:sendgrid.net include:servers.mcsv.net include:shops.shopify.com ~all\"
";

#[test]
fn every_record_of_a_name() {
    let server = dns::serve(dns::story());
    let seen = run(&format!("{} dev.to", server.at()));
    assert_eq!((seen.err.as_str(), seen.status), ("", 0));
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&seen.out), sorted(DEV_TO));
    // One question for each type, from one port, under identifiers of their own.
    let asked = server.asked();
    assert_eq!(asked.len(), 90);
    assert!(asked.iter().all(|a| a.from == asked[0].from && !a.tcp && a.name.eq_ignore_ascii_case("dev.to")));
}

#[test]
fn refused_by_nobody_is_status_3() {
    let seen = run("@127.0.0.1:1 x.");
    assert_eq!((seen.out.as_str(), seen.status), ("", 3));
    assert_eq!(seen.err, "dnsall: x.: 127.0.0.1:1: connection refused\n");
}

#[test]
fn a_silent_server_is_given_up() {
    let server = dns::serve_as(dns::story(), Manner::Silent);
    let start = Instant::now();
    let seen = run(&format!("{} --timeout 0.3 --tries 2 dev.to", server.at()));
    assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
    assert_eq!(seen.status, 3);
    assert_eq!(seen.err, format!("dnsall: dev.to: {}: no answer\n", server.addr));
}
