//! ipconv --extract through its real binary: what people paste, and logs of which
//! every address is known.
use std::net::{Ipv4Addr, Ipv6Addr};

use ipconv::find::extract::Look;
use plainnet_lab::{
    scratch::{File, Folder},
    tool::{Tool, long, run, seen},
};

#[path = "../crates/ipconv/fuzz/slowly.rs"]
mod slowly;

const IPCONV: Tool = Tool(env!("CARGO_BIN_EXE_ipconv"));

#[test]
fn a_firewall_spf_and_mail() {
    assert_eq!(
        IPCONV.prints("--extract", "for outside:192.0.2.15/4711 to inside:10.0.0.15/22\n"),
        "192.0.2.15\n10.0.0.15/22\n"
    );
    assert_eq!(
        IPCONV.prints("--extract --no-prefixes", "inside:10.0.0.15/22 (192.0.2.15/22)\n"),
        "10.0.0.15\n192.0.2.15\n"
    );
    assert_eq!(
        IPCONV.prints("--extract", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all\n([IPv6:2001:db8::25])\n"),
        "192.0.2.0/24\n2001:db8::/32\n2001:db8::25\n"
    );
    assert_eq!(IPCONV.prints("--extract", "remote:203.0.113.9 interface:10.0.0.1\n"), "203.0.113.9\n10.0.0.1\n");
    // A filter sees what is printed.
    assert_eq!(IPCONV.prints("--extract --no-prefixes --in 10.0.0.15", "inside:10.0.0.15/22\n"), "10.0.0.15\n");
    assert_eq!(IPCONV.run("--extract --in 10.0.0.15", "inside:10.0.0.15/22\n"), seen(1, "", ""));
}

#[test]
fn the_path_of_a_url() {
    assert_eq!(IPCONV.prints("--extract --is global", "GET http://9.9.9.9/1\n"), "9.9.9.9\n");
    assert_eq!(IPCONV.prints("--extract", "\"http://1.2.3.4/0\"\n"), "1.2.3.4\n");
    assert_eq!(IPCONV.prints("--cidrs", IPCONV.prints("--extract", "\"http://1.2.3.4/0\"\n")), "1.2.3.4/32\n");
    assert_eq!(IPCONV.prints("--extract", "ssh://git@1.2.3.4/8 10.0.0.0/8\n"), "1.2.3.4\n10.0.0.0/8\n");
    for (url, printed) in [
        ("postgres://u:p@1.2.3.4,1.2.3.5/1", "1.2.3.4\n1.2.3.5\n"),
        ("mongodb://1.2.3.4:27017,db,1.2.3.5/8?x=10.0.0.0/8", "1.2.3.4\n1.2.3.5\n10.0.0.0/8\n"),
        ("http://a/b,10.0.0.0/8", "10.0.0.0/8\n"),
        ("http://a?b,10.0.0.0/8", "10.0.0.0/8\n"),
        ("http://a b,10.0.0.0/8", "10.0.0.0/8\n"),
        ("1.2.3.4,10.0.0.0/8", "1.2.3.4\n10.0.0.0/8\n"),
    ] {
        assert_eq!(IPCONV.prints("--extract", url), printed, "{url}");
    }
}

#[test]
fn escapes_and_pairs() {
    assert_eq!(
        IPCONV.prints("--extract", "{\"m\":\"from\\n10.0.0.1 to\\t10.0.0.2\\u004110.0.0.3\"}\n"),
        "10.0.0.1\n10.0.0.2\n10.0.0.3\n"
    );
    assert_eq!(IPCONV.prints("--extract", "ip%3D10.0.0.4%26 \x1b[31m10.0.0.8\x1b[0m\n"), "10.0.0.4\n10.0.0.8\n");
    assert_eq!(IPCONV.prints("--extract", "192.0.2.10/198.51.100.10\n"), "192.0.2.10\n198.51.100.10\n");
    assert_eq!(
        IPCONV.prints(
            "--extract",
            "connect to host-41/10.190.173.170:9000, localhost/127.0.0.1 db-3/10.1.2.3:9092 Factory:0.0.0.0/0.0.0.0:2181\n"
        ),
        "10.190.173.170\n127.0.0.1\n10.1.2.3\n0.0.0.0\n0.0.0.0\n"
    );
    assert_eq!(IPCONV.prints("--extract", "Chrome/119.0.0.0 12:34:56 1.2.3.4.5 00:11:22:33:44:55 face:10.0.0.1\n"), "");
    assert_eq!(IPCONV.prints("--extract", "Forwarded: for=\"[2001:db8:cafe::17]:4711\"\n"), "2001:db8:cafe::17\n");
}

#[test]
fn what_was_made_harmless() {
    let text = "1[.]2[.]3[.]4 hxxp://9[.]9[.]9[.]9/ 2001[:]db8[:][:]1 1(.)2.3{.}5 10[dot]0(DOT)0{dot}1/8\n";
    let found = "1.2.3.4\n9.9.9.9\n2001:db8::1\n1.2.3.5\n10.0.0.1/8\n";
    assert_eq!(IPCONV.prints("--extract --defanged", text), found);
    assert_eq!(IPCONV.prints("--extract", text), "");
    assert_eq!(
        IPCONV.prints("--extract --defanged", "[::1]:80 10.0.0.1 hxxps[://]1[.]1[.]1[.]1/8\n"),
        "::1\n10.0.0.1\n1.1.1.1\n"
    );
    // The line is echoed as it is.
    assert_eq!(IPCONV.prints("--extract --defanged -e", "x 1[.]2.3.4\n"), "x 1[.]2.3.4\t1.2.3.4\n");
    assert_eq!(IPCONV.prints("--extract --defanged -f 2", "1[.]1[.]1[.]1 2[.]2[.]2[.]2\n"), "2.2.2.2\n");
    assert_eq!(
        IPCONV.prints("--extract --defanged --json -o version", "1[.]2.3.4\n"),
        "{\"input\":\"1.2.3.4\",\"version\":4,\"error\":null}\n"
    );
    // Wherever a block ends.
    let step = if long(1, 0) == 1 { 1 } else { 5 };
    for size in (256 * 1024 - 25..256 * 1024 + 5).chain(512 * 1024 - 25..512 * 1024 + 5).step_by(step) {
        let text = format!("{}1[.]2[dot]3[.]4{}", " ".repeat(size), " ".repeat(300_000));
        assert_eq!(IPCONV.prints("--extract --defanged", text), "1.2.3.4\n", "{size}");
    }
}

#[test]
fn ranges_and_masks() {
    let text =
        "10.0.0.1-10.0.0.9, 10.1.0.0 - 10.1.0.255; 192.0.2.0/255.255.255.0 2001:db8::-2001:db8::f 10.0.0.9-10.0.0.1\n";
    assert_eq!(
        IPCONV.prints("--extract --ranges", text),
        "10.0.0.1-10.0.0.9\n10.1.0.0-10.1.0.255\n192.0.2.0/24\n2001:db8::-2001:db8::f\n10.0.0.9\n10.0.0.1\n"
    );
    assert_eq!(
        IPCONV.prints("--extract --ranges --in 10.0.0.0/24", "10.0.0.1-10.0.0.9 10.0.0.1-10.0.1.0\n"),
        "10.0.0.1-10.0.0.9\n"
    );
    assert_eq!(
        IPCONV.prints("--extract --ranges", "from 10.0.0.1- 10.0.0.9 -10.0.1.1\n"),
        "10.0.0.1\n10.0.0.9\n10.0.1.1\n"
    );
    assert_eq!(IPCONV.prints("--extract --ranges -o first,num_addresses", "10.0.0.1 - 10.0.0.2\n"), "10.0.0.1\t2\n");
}

#[test]
fn once_each_and_in_order() {
    let log = "b 2.2.2.2 ::1\na 1.1.1.1 2.2.2.2\n10.0.0.0/8 10.0.0.0\n";
    assert_eq!(IPCONV.prints("--extract --unique", log), "2.2.2.2\n::1\n1.1.1.1\n10.0.0.0/8\n10.0.0.0\n");
    assert_eq!(IPCONV.prints("--extract --sort", log), "1.1.1.1\n2.2.2.2\n2.2.2.2\n10.0.0.0/8\n10.0.0.0\n::1\n");
    assert_eq!(IPCONV.prints("--sort --extract --unique", log), "1.1.1.1\n2.2.2.2\n10.0.0.0/8\n10.0.0.0\n::1\n");
    assert_eq!(IPCONV.prints("--extract --sort -e", log).lines().next(), Some("a 1.1.1.1 2.2.2.2\t1.1.1.1"));
    assert_eq!(IPCONV.prints("--extract --unique -k", "1.1.1.1\n1.1.1.1\nx\n"), "1.1.1.1\n-\n-\n");
    assert_eq!(
        IPCONV.prints("--extract --unique --is private -o compressed,version", "10.0.0.1 8.8.8.8 10.0.0.1\n"),
        "10.0.0.1\t4\n"
    );
    let (one, two) = (File::new("1.1.1.1\n"), File::new("1.1.1.1 2.2.2.2\n"));
    assert_eq!(IPCONV.prints(&format!("--extract --unique {one} {two}"), ""), "1.1.1.1\n2.2.2.2\n");
    assert_eq!(IPCONV.prints(&format!("--extract --sort {two} {one}"), ""), "1.1.1.1\n1.1.1.1\n2.2.2.2\n");
}

#[test]
fn several_files_are_named() {
    let (one, folder) = (File::new(" a 1.1.1.1 x\nnone\n"), Folder::new());
    let two = folder.file("a\ttab", "::1 2.2.2.2\n").display().to_string();
    let escaped = two.replace('\t', "\\t");
    let words = ["--extract", "-e", &one, &two, "-"];
    let want = format!(
        "{one}\ta 1.1.1.1 x\t1.1.1.1\n{escaped}\t::1 2.2.2.2\t::1\n{escaped}\t::1 2.2.2.2\t2.2.2.2\n-\tb 3.3.3.3\t3.3.3.3\n"
    );
    assert_eq!(run(IPCONV, words, b"b 3.3.3.3\n"), seen(0, &want, ""));
    assert_eq!(IPCONV.prints(&format!("--extract -e {one}"), ""), "a 1.1.1.1 x\t1.1.1.1\n");
    assert_eq!(
        IPCONV.prints(&format!("--extract -e -k {one} {one}"), ""),
        format!("{one}\ta 1.1.1.1 x\t1.1.1.1\n{one}\tnone\t-\n").repeat(2)
    );
    // An empty line is a line: its place between two TABs is empty.
    let empty = File::new("x\n\n \t\n1.1.1.1\n");
    assert_eq!(
        IPCONV.prints(&format!("--extract -e -k -o version,int {empty} /dev/null"), ""),
        format!("{empty}\tx\t-\t-\n{empty}\t\t-\t-\n{empty}\t\t-\t-\n{empty}\t1.1.1.1\t4\t16843009\n")
    );
    assert_eq!(IPCONV.prints(&format!("--extract -e -k {empty}"), ""), "x\t-\n\t-\n\t-\n1.1.1.1\t1.1.1.1\n");
    assert_eq!(
        IPCONV.prints(&format!("--extract -e --json -o version {one} {one}"), ""),
        "{\"input\":\"1.1.1.1\",\"version\":4,\"error\":null}\n".repeat(2)
    );
}

#[test]
fn text_in_utf_16_is_said() {
    let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
    let log = "a 10.0.0.1\nb 10.0.0.2\n";
    for (text, name) in [
        (wide(log, u16::to_le_bytes), "UTF-16LE"),
        (wide(log, u16::to_be_bytes), "UTF-16BE"),
        (wide(&format!("\u{feff}{log}"), u16::to_le_bytes), "UTF-16LE"),
        (wide(&log.repeat(1000), u16::to_le_bytes), "UTF-16LE"),
    ] {
        let err = format!("ipconv: stdin: looks like UTF-16 (iconv -f {name})\n");
        assert_eq!(IPCONV.run("--extract", &text), seen(1, "", &err));
        assert_eq!(IPCONV.run("--extract -e", &text), seen(1, "", &err));
        assert_eq!(IPCONV.run("--extract --defanged", &text), seen(1, "", &err));
        assert_eq!(IPCONV.run("--extract -q", &text), seen(1, "", ""));
        assert_eq!(IPCONV.run("--extract -k", &text).status, 0);
        let path = File::new(&text);
        let plain = File::new(log);
        let err = format!("ipconv: {path}: looks like UTF-16 (iconv -f {name})\n");
        assert_eq!(IPCONV.run(&format!("--extract {path} {plain}"), ""), seen(1, "10.0.0.1\n10.0.0.2\n", &err));
    }
    assert_eq!(IPCONV.prints("--extract", "\u{feff}10.0.0.1\n"), "10.0.0.1\n");
    assert_eq!(IPCONV.prints("--extract -0", "1\x002\x003\x004\x005\x006\x007\x001.1.1.1\0"), "1.1.1.1\0");
}

/// The same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides
    }
}

/// Lines of one kind, and every address in them in canonical form.
struct Log {
    dice: Dice,
    text: String,
    known: Vec<String>,
}

impl Log {
    /// An address of IPv4 that stands in the line.
    fn v4(&mut self) -> String {
        let address = Ipv4Addr::from(self.dice.roll() as u32 ^ (self.dice.roll() << 20) as u32).to_string();
        self.known.push(address.clone());
        address
    }

    /// An address of IPv6 as someone may write it.
    fn v6(&mut self) -> String {
        let bits = (0x2001_0db8 << 96)
            | u128::from(self.dice.roll()) << 64
            | u128::from(self.dice.roll() >> self.dice.below(32));
        let address = Ipv6Addr::from(bits);
        self.known.push(address.to_string());
        match self.dice.below(4) {
            0 => address.to_string().to_uppercase(),
            1 => address.segments().map(|group| format!("{group:04x}")).join(":"),
            2 => address.segments().map(|group| format!("{group:x}")).join(":"),
            _ => address.to_string(),
        }
    }

    fn either(&mut self) -> String {
        if self.dice.below(3) == 0 { self.v6() } else { self.v4() }
    }

    /// A prefix with its length.
    fn prefix(&mut self) -> String {
        let len = self.dice.below(33);
        let text = format!("{}/{len}", self.either());
        if let Some(known) = self.known.last_mut() {
            *known += &format!("/{len}");
        }
        text
    }

    /// An address in brackets where it is of IPv6, as endpoints have it.
    fn endpoint(&mut self) -> String {
        let address = self.either();
        let port = 1024 + self.dice.below(60_000);
        if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
    }

    fn line(&mut self, text: String) {
        self.text += &text;
        self.text.push('\n');
    }
}

const AGENT: &str = "\"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36 Edg/119.0.0.0\"";

fn web(log: &mut Log) {
    let (client, second, page) = (log.either(), log.dice.below(60), log.dice.below(40));
    let (host, referrer, query) = (log.v4(), log.endpoint(), log.v4());
    log.line(format!(
        "{client} - - [22/Nov/2026:16:20:{second:02} +0000] \"GET http://{host}/{page} HTTP/1.1\" 200 512 \
         \"https://{referrer}/8/index.html?ip%3D{query}%26v=1.2.3.4.5\" {AGENT}"
    ));
}

fn firewall(log: &mut Log) {
    let (outside, mapped, inside, host) = (log.v4(), log.v4(), log.v4(), log.v6());
    let (id, port) = (log.dice.below(100_000), 129 + log.dice.below(60_000));
    log.line(format!(
        "<166>Nov 22 2026 16:20:31 fw-1 : %ASA-6-302013: Built outbound TCP connection {id} for outside:{outside}/{port} \
         ({mapped}/{port}) to inside:{inside}/{port} dmz:{host}/{port} hash 0x1c8b:0xfe00"
    ));
}

fn mail(log: &mut Log) {
    let (relay, v6, spf, spf6) = (log.v4(), log.v6(), log.prefix(), log.v6());
    let tag = if spf.contains(':') { "ip6" } else { "ip4" };
    let (client, unknown) = (log.either(), log.v4());
    log.line(format!(
        "Received: from mx1.example.org (mx1.example.org [{relay}]) by mx.example.net ([IPv6:{v6}]) with ESMTPS id 4F1A2B; \
         Sun, 22 Nov 2026 16:20:31 +0000; \"v=spf1 {tag}:{spf} ip6:{spf6} -all\"; client-ip={client}; unknown[{unknown}]: 550 5.7.1 \
         <20261122.12.34.56@example.org>, version=TLS1.3"
    ));
}

fn json(log: &mut Log) {
    let (a, b, c, d, e, f) = (log.v4(), log.either(), log.v4(), log.v4(), log.v4(), log.v6());
    log.line(format!(
        "{{\"ts\":\"2026-11-22T12:34:56.789Z\",\"msg\":\"from\\n{a} to\\t{b}\",\"url\":\"http:\\/\\/{c}\\/0\",\"q\":\"ip%3D{d}%26\",\
         \"colour\":\"\\u001b[31m{e}\\u001b[0m\",\"peer\":\"{f}\",\"mac\":\"00:11:22:33:44:55\",\"std\":\"std::io::Error\",\"v\":\"10.0.19045.3570\"}}"
    ));
}

fn sockets(log: &mut Log) {
    let line = match log.dice.below(4) {
        0 => format!(
            "tcp   ESTAB  0      0      {}     {}  users:((\"sshd\",pid=1234,fd=3))",
            log.endpoint(),
            log.endpoint()
        ),
        1 => "tcp6       0      0 :::22                   :::*                    LISTEN      1/sshd".into(),
        2 => format!("udp   UNCONN 0      0      [{}]%eth0:546     [::]:*", log.v6()),
        _ => format!("tcp        0      0 {}      {}     TIME_WAIT", log.endpoint(), log.endpoint()),
    };
    log.line(line);
}

fn java(log: &mut Log) {
    let (node, slash, host, other) = (log.dice.below(50), log.v4(), log.v4(), log.v4());
    let word = ["localhost", "db-3", "kafka1", "zk.example.org"][log.dice.below(4) as usize];
    log.line(format!(
        "2026-11-22 16:20:31,123 INFO [main] ipc.Client: accepted /{slash}:37196, retrying mesos-slave-{node}/{host}:9000, \
         Factory:{word}/{other}:2181 (hadoop/2.7.0, build 1.8.0.512)"
    ));
}

fn report(log: &mut Log) {
    let start = log.known.len();
    let (a, b, c, d) = (log.v4(), log.v6(), log.v4(), log.prefix());
    let forms = [["[.]", "[:]"], ["(.)", "[:]"], ["[dot]", "(:)"], [".", ":"]];
    let form = forms[log.dice.below(4) as usize];
    let hide = |text: &str| text.replace('.', "\0").replace(':', form[1]).replace('\0', form[0]);
    assert_eq!(log.known.len(), start + 4);
    log.line(format!(
        "| C2 | hxxp://{}/7/gate[.]php | beacons to {}, drops from {}; blocks {} | CVE-2026-1234, v2[.]1.0 | T1071.001 |",
        hide(&a),
        hide(&b),
        hide(&c),
        hide(&d),
    ));
}

/// Every address is found and nothing else, in 20,000 lines of seven kinds.
#[test]
fn logs_of_which_every_address_is_known() {
    type Kind = (&'static str, &'static str, fn(&mut Log));
    const KINDS: [Kind; 7] = [
        ("web server", "--extract", web),
        ("firewall", "--extract", firewall),
        ("mail", "--extract", mail),
        ("JSON", "--extract", json),
        ("sockets", "--extract", sockets),
        ("Java", "--extract", java),
        ("report", "--extract --defanged", report),
    ];
    for (seed, (name, words, kind)) in KINDS.into_iter().enumerate() {
        let mut log = Log { dice: Dice(seed as u64), text: String::new(), known: Vec::new() };
        for _ in 0..20_000 / KINDS.len() + 1 {
            kind(&mut log);
        }
        let out = IPCONV.prints(words, &log.text);
        let found: Vec<&str> = out.lines().collect();
        if let Some(at) = found.iter().zip(&log.known).position(|(found, known)| found != known) {
            panic!("{name}: {} is found where {} stands", found[at], log.known[at]);
        }
        assert_eq!(found.len(), log.known.len(), "{name}");
    }
}

/// Pieces of text side by side, and what a slow reading of the rules finds in them.
#[test]
fn a_slow_reading_of_the_rules_finds_the_same() {
    let pieces = [
        "1.2.3.4",
        "::1",
        "2001:db8::1",
        "1:2:3:4:5:6:7:8",
        "::ffff:1.2.3.4",
        "fe80::",
        "10.0.0.1",
        ".443",
        "/24",
        "/0",
        "/128",
        "/255.255.255.0",
        ":",
        "::",
        ".",
        "-",
        "/",
        " ",
        " ",
        "x",
        "g",
        "_",
        "a",
        "0",
        "25",
        "face:",
        "inside:",
        "12345:",
        "ip6:",
        "web-1:",
        "host-41/",
        "Chrome/",
        "localhost/",
        "a/",
        "://",
        "@",
        "user@",
        ":80",
        "\\n",
        "\\t",
        "\\b",
        "\\u0041",
        "\\x22",
        "%3D",
        "%20",
        "#012",
        "\x1b[31m",
        "\\u001b[0m",
        "\x1b[38:2::255:0:0m",
        "\x1b[4;38:2::255:0:0;1m",
        "[38:2::255:0:0m",
        "\n",
        "é",
        "[",
        "]",
        "\"",
        ",",
    ];
    let mut dice = Dice(14);
    for _ in 0..long(2_000_000, 30_000) {
        let count = 1 + dice.below(9);
        let text: String = (0..count).map(|_| pieces[dice.below(pieces.len() as u64) as usize]).collect();
        let look = Look { dot_port: dice.below(3) == 0, no_prefixes: dice.below(3) == 0, ..Look::default() };
        let mut found = Vec::new();
        let keep = |one| {
            found.push(one);
            Ok::<(), ()>(())
        };
        look.each(text.as_bytes(), 0, text.len(), keep).unwrap();
        assert_eq!(found, slowly::slowly(look, text.as_bytes()), "{look:?} {text:?}");
    }
}
