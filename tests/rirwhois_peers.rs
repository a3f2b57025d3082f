//! rirwhois beside whois(1), where that one is right.
use std::process::Command;

use plainnet_lab::{
    tool::{self, Seen},
    whois::world,
};
use rirwhois::read::range;

const TOOL: &str = env!("CARGO_BIN_EXE_rirwhois");

/// Given the server, both print the same record.
#[test]
fn the_same_text_from_the_same_server() {
    let Some(whois) = tool::peer("whois") else { return };
    let lab = world();
    let file = lab.file();
    for (registry, operand) in
        [("RIPE", "193.0.0.1"), ("APNIC", "1.1.1.1"), ("AFRINIC", "196.216.2.1"), ("LACNIC", "200.3.14.10")]
    {
        let addr = lab.addrs[registry];
        let args = ["-h", "127.0.0.1", "-p", &addr.port().to_string(), operand];
        let theirs: Seen = tool::feed(Command::new(&whois).args(args), b"").into();
        let ours = tool::run(TOOL, ["--registries", &file, operand], b"");
        // Attributes are what counts: each prints remarks as it likes.
        let attributes = |text: &str| -> Vec<String> {
            let lines = text.lines().map(|l| l.trim_end().to_owned());
            lines.filter(|l| !l.is_empty() && !l.starts_with('%') && l.is_ascii()).collect()
        };
        assert!(!attributes(&ours.out).is_empty(), "{ours:?}");
        assert_eq!(attributes(&ours.out), attributes(&theirs.out), "{registry} {}", theirs.err);
    }
}

/// Python's ipaddress splits odd ranges into the same prefixes.
#[test]
fn the_same_prefixes_as_python() {
    let Some(python) = tool::peer("python3") else { return };
    let ranges = [
        ("8.0.0.1", "8.127.3.255"),
        ("0.0.0.0", "255.255.255.254"),
        ("2001:db8::1", "2001:db9::"),
        ("10.0.0.0", "10.0.0.0"),
    ];
    for (first, last) in ranges {
        let code =
            "import sys,ipaddress as i\nfor n in i.summarize_address_range(*map(i.ip_address, sys.argv[1:])): print(n)";
        let theirs: Seen = tool::feed(Command::new(&python).args(["-c", code, first, last]), b"").into();
        let range = range::parse(&format!("{first} - {last}")).unwrap();
        let ours: String = range::prefixes(range).map(|p| format!("{p}\n")).collect();
        assert_eq!(ours, theirs.out, "{first} {last}");
    }
}
