//! --explain through the whole tool: the set-ups of tests/dnsall/setups, served
//! and asked, and servers that answer less than one would like.
use std::{fs, path::Path};

use plainnet_lab::{
    dns::{self, Manner, Zone},
    master,
    tool::{self, Seen},
};

const TOOL: &str = env!("CARGO_BIN_EXE_dnsall");

fn explain(server: &dns::Server, name: &str) -> Seen {
    tool::run(Path::new(TOOL), [&server.at(), "--explain", name], b"")
}

#[test]
fn every_set_up_is_asked_and_explained() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/dnsall/setups");
    let mut names = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut parts = text.split("\n> ");
        let server = dns::serve(master::zone(&master::read(parts.next().unwrap())));
        for part in parts {
            let (name, wanted) = part.split_once('\n').unwrap();
            let wanted: String =
                wanted.lines().filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
            let seen = explain(&server, name);
            assert_eq!(seen.out, wanted, "{name}: {}", seen.err);
            // An alias that leads out of the zone is dead here.
            assert!(
                seen.status == 0 || seen.status == 1 && wanted.starts_with("the name is an alias"),
                "{name}: {seen:?}"
            );
            names += 1;
        }
    }
    assert!(names >= 30, "{names}");
}

#[test]
fn the_policies_below_a_name_are_asked_once_each() {
    let server = dns::serve(dns::story());
    // A datagram would be sent again after 250 ms, which a busy machine may take.
    tool::run(Path::new(TOOL), [&server.at(), "--explain", "--tries", "1", "--timeout", "20", "dev.to"], b"");
    for policy in ["_dmarc.dev.to", "_mta-sts.dev.to", "_smtp._tls.dev.to", "default._bimi.dev.to"] {
        let asked: Vec<_> =
            server.asked().into_iter().filter(|asked| asked.name.eq_ignore_ascii_case(policy)).collect();
        assert_eq!(asked.iter().map(|asked| asked.rtype).collect::<Vec<_>>(), [16], "{policy}");
    }
    // Without --explain, and of a name that stands for a service, nothing below it is asked.
    let before = server.asked().len();
    tool::run(Path::new(TOOL), [&server.at(), "dev.to"], b"");
    explain(&server, "_443._tcp.dev.to");
    let more = server.asked().split_off(before);
    assert!(!more.iter().any(|asked| asked.name.to_lowercase().contains("_dmarc")), "{more:?}");
}

#[test]
fn what_failed_is_no_absence() {
    // MX fails, and so nothing is said about mail that goes to the host itself.
    let server = dns::serve_as(dns::story(), Manner::Partial);
    let seen = explain(&server, "dev.to");
    assert_eq!(seen.status, 3, "{}", seen.err);
    assert!(!seen.out.contains("mail goes to the host itself"), "{}", seen.out);
    assert!(seen.out.contains("no direct IPv6: because there is no AAAA record\n"), "{}", seen.out);
    assert!(!seen.out.contains("any authority may issue"), "{}", seen.out);
}

#[test]
fn one_sentence_for_many_records() {
    let mut zone = Zone::new();
    zone.add("many.example", 60, 6, dns::soa("ns.many.example", "root.many.example", [1, 2, 3, 4, 5]));
    for n in 0..20 {
        zone.add("many.example", 60, 16, dns::strings(&[&format!("google-site-verification={n:02}")]));
        // RRSIG of TXT: algorithm 13, two labels, times of their own, and so a TTL of its own each.
        let signature = [&[0, 16, 13, 2, 0, 0, 0, 60][..], &[0; 8], &[0, n], &dns::name("many.example"), &[n]].concat();
        zone.add("many.example", 100 + u32::from(n), 46, signature);
    }
    let server = dns::serve(zone);
    let seen = explain(&server, "many.example");
    let said: Vec<&str> = seen.out.lines().filter(|line| line.contains("token")).collect();
    assert_eq!(
        said,
        ["the name publishes a token for Google: because TXT:\"google-site-verification=00\" and 19 more"]
    );
    assert_eq!(seen.out.lines().filter(|line| line.starts_with("resolvers keep it")).count(), 1, "{}", seen.out);
}
