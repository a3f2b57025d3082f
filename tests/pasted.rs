//! What people type and paste by mistake, over all six tools: the message says what
//! would do, and what it says does.
//!
//! The tests of each tool know the messages to the letter. This one counts: nine in
//! ten and more of such lines have a cure, and each that has none is named here.
use std::process::Command;

use plainnet_lab::{
    dns,
    tool::{Seen, command, feed, find},
};

/// A line as typed to bash, what its message holds, and a line that has this in it
/// and works. NAME in a message stands for what was typed, `$PORT` for a port where
/// upper-echod listens.
const CURED: &[(&str, &str, &str)] = &[
    // Names in the dress of something else.
    ("dnsall https://dev.to/about", "dnsall dev.to", "dnsall dev.to"),
    ("dnsall dev.to:443", "dnsall dev.to", "dnsall dev.to"),
    ("dnsall user@dev.to", "dnsall dev.to", "dnsall dev.to"),
    ("dnsall mailto:user@dev.to", "dnsall dev.to", "dnsall dev.to"),
    ("dnsall '\"dev.to\"'", "dnsall dev.to", "dnsall dev.to"),
    ("dnsall '<dev.to>'", "dnsall dev.to", "dnsall dev.to"),
    ("dnsall dev.to,", "dnsall dev.to", "dnsall dev.to"),
    ("dnsall 'dev[.]to'", "dnsall dev.to", "dnsall dev.to"),
    ("dnsall 'dev.to google.com'", "dnsall dev.to google.com", "dnsall dev.to google.com"),
    ("dnsall 8.8.8.8:53", "dnsall 8.8.8.8", "dnsall 8.8.8.8"),
    ("dnsall '[2001:db8::1]:53'", "dnsall 2001:db8::1", "dnsall 2001:db8::1"),
    ("dnsall 8.8.8.8/32", "ipconv --expand 8.8.8.8/32 | dnsall", "ipconv --expand 8.8.8.8/32 | dnsall"),
    ("dnsall 8.8.8.8-8", "ipconv --expand 8.8.8.8-8.8.8.8 | dnsall", "ipconv --expand 8.8.8.8-8.8.8.8 | dnsall"),
    ("dnsall 00:00:5e:00:53:2a", "ipconv --from mac 00:00:5e:00:53:2a", "ipconv --from mac 00:00:5e:00:53:2a"),
    ("dnsall 0x7f000001", "ipconv --from hex 0x7f000001", "ipconv --from hex 0x7f000001"),
    ("dnsall 2130706433", "ipconv --from int 2130706433", "ipconv --from int 2130706433"),
    // As other tools take types, servers and options.
    ("dnsall dev.to mx", "-t MX", "dnsall -t MX dev.to"),
    ("dnsall MX dev.to", "-t MX", "dnsall -t MX dev.to"),
    ("dnsall -t mxx dev.to", "MX", "dnsall -t MX dev.to"),
    ("dnsall -t A/AAAA dev.to", "-t A,AAAA", "dnsall -t A,AAAA dev.to"),
    ("dnsall 127.0.0.1:1 dev.to", "@127.0.0.1:1", "dnsall --help @127.0.0.1:1 dev.to"),
    ("dnsall @127.0.0.1#53 dev.to", "@127.0.0.1:53", "dnsall --help @127.0.0.1:53 dev.to"),
    ("dnsall --typ mx dev.to", "--type", "dnsall --type mx dev.to"),
    ("dnsall --shrot dev.to", "--short", "dnsall --short dev.to"),
    ("dnsall +short dev.to", "-s", "dnsall -s dev.to"),
    ("dnsall +dnssec dev.to", "--dnssec", "dnsall --dnssec dev.to"),
    ("dnsall --class INN dev.to", "IN", "dnsall --class IN dev.to"),
    // Ports and services.
    ("getserv 80,443", "getserv 80 443", "getserv 80 443"),
    ("getserv 80:88", "seq 80 88 | getserv -k -e", "seq 80 88 | getserv -k -e"),
    ("getserv 80-88", "seq 80 88 | getserv -k -e", "seq 80 88 | getserv -k -e"),
    ("getserv htpp", "http", "getserv http"),
    ("getserv htttps", "https", "getserv https"),
    ("getserv sssh", "ssh", "getserv ssh"),
    ("getserv 080", "80", "getserv 80"),
    ("getserv +80", "80", "getserv 80"),
    ("getserv 0x50", "80", "getserv 80"),
    ("getserv 443:", "443", "getserv 443"),
    ("getserv 'tcp 443'", "443/tcp", "getserv 443/tcp"),
    ("getserv domain udp", "-p udp", "getserv -p udp domain"),
    ("getserv dev.to", "dnsall dev.to", "dnsall dev.to"),
    ("getserv 2001:db8::1:443", "[2001:db8::1]:443", "getserv '[2001:db8::1]:443'"),
    ("getserv --source ianna http", "iana", "getserv --source iana http"),
    ("getserv --lnog http", "--long", "getserv --long http"),
    ("getserv --serach http", "--search", "getserv --search http"),
    // Addresses in the dress of something else.
    ("ipconv 10.0.0.1 255.255.255.0", "ipconv 10.0.0.1/255.255.255.0", "ipconv 10.0.0.1/255.255.255.0"),
    ("ipconv 10.0.0.1:80", "ipconv --extract", "echo 10.0.0.1:80 | ipconv --extract"),
    ("ipconv '[::1]'", "ipconv --extract", "echo '[::1]' | ipconv --extract"),
    ("ipconv '[::1]:80'", "ipconv --extract", "echo '[::1]:80' | ipconv --extract"),
    ("ipconv http://10.0.0.1/", "ipconv --extract", "echo http://10.0.0.1/ | ipconv --extract"),
    ("ipconv 10.0.0.1,10.0.0.2", "ipconv --extract", "echo 10.0.0.1,10.0.0.2 | ipconv --extract"),
    ("ipconv '\"10.0.0.1\"'", "ipconv --extract", "echo '\"10.0.0.1\"' | ipconv --extract"),
    ("ipconv '1[.]2[.]3[.]4'", "ipconv --extract --defanged", "echo '1[.]2[.]3[.]4' | ipconv --extract --defanged"),
    ("ipconv '10.0.0.1;'", "ipconv 10.0.0.1", "ipconv 10.0.0.1"),
    ("ipconv 00:00:5e:00:53:2a", "ipconv --from mac", "ipconv --from mac 00:00:5e:00:53:2a"),
    ("ipconv 0x7f000001", "ipconv --from hex", "ipconv --from hex 0x7f000001"),
    ("ipconv 2130706433", "ipconv --from int", "ipconv --from int 2130706433"),
    ("ipconv 127.1", "ipconv --from aton", "ipconv --from aton 127.1"),
    ("ipconv '10.0.0.*'", "ipconv --from loose", "ipconv --from loose '10.0.0.*'"),
    ("ipconv 10/8", "ipconv --from loose", "ipconv --from loose 10/8"),
    ("ipconv 10.0.0.1-5", "ipconv --from loose", "ipconv --from loose 10.0.0.1-5"),
    ("ipconv 1.0.0.127.in-addr.arpa", "ipconv --from arpa", "ipconv --from arpa 1.0.0.127.in-addr.arpa"),
    ("ipconv dev.to", "dnsall -a dev.to", "dnsall -a dev.to"),
    ("ipconv AS3333", "rirwhois AS3333", "rirwhois AS3333"),
    ("ipconv 010.0.0.1", "8.0.0.1", "ipconv 8.0.0.1"),
    ("ipconv -o compresed ::1", "compressed", "ipconv -o compressed ::1"),
    ("ipconv -o netmask,broadcst 10.0.0.0/8", "broadcast", "ipconv -o netmask,broadcast 10.0.0.0/8"),
    ("ipconv --is privat 10.0.0.1", "private", "ipconv --is private 10.0.0.1"),
    ("ipconv --from hexa 7f000001", "hex", "ipconv --from hex 7f000001"),
    ("ipconv --cidr 10.0.0.0-10.0.0.255", "--cidrs", "ipconv --cidrs 10.0.0.0-10.0.0.255"),
    ("ipconv --uniq ::1", "--unique", "ipconv --unique ::1"),
    // What goes to a registry.
    ("rirwhois 0x08080808", "ipconv --from hex -o address", "ipconv --from hex -o address 0x08080808"),
    ("rirwhois 4294967296", "ipconv --from int -o address", "ipconv --from int -o address 134744072"),
    ("rirwhois https://8.8.8.8/", "ipconv --extract | rirwhois", "echo https://8.8.8.8/ | ipconv --extract | rirwhois"),
    ("rirwhois 8.8.8.8:53", "ipconv --extract | rirwhois", "echo 8.8.8.8:53 | ipconv --extract | rirwhois"),
    ("rirwhois '[2a00::1]:53'", "ipconv --extract | rirwhois", "echo '[2a00::1]:53' | ipconv --extract | rirwhois"),
    ("rirwhois '\"8.8.8.8\"'", "ipconv --extract | rirwhois", "echo '\"8.8.8.8\"' | ipconv --extract | rirwhois"),
    ("rirwhois dev.to", "dnsall -a NAME | rirwhois", "dnsall -a dev.to | rirwhois"),
    ("rirwhois $'dev.to\\t151.101.66.217'", "-f 2", "echo 'dev.to 151.101.66.217' | rirwhois -f 2"),
    ("rirwhois 3333", "AS", "rirwhois AS3333"),
    ("rirwhois --countr 8.8.8.8", "--country", "command rirwhois --country 8.8.8.8"),
    ("rirwhois --rri 8.8.8.8", "--rir", "rirwhois --rir 8.8.8.8"),
    ("rirwhois -o regstry 8.8.8.8", "registry", "rirwhois -o registry 8.8.8.8"),
    // Servers, and where to listen.
    ("upper-echo -s http://localhost:$PORT hi", "localhost:$PORT", "upper-echo -s localhost:$PORT hi"),
    ("upper-echo -s tcp://127.0.0.1:$PORT hi", "127.0.0.1:$PORT", "upper-echo -s 127.0.0.1:$PORT hi"),
    ("upper-echo -s localhost/$PORT hi", "localhost:$PORT", "upper-echo -s localhost:$PORT hi"),
    ("upper-echo -s \"localhost $PORT\" hi", "localhost:$PORT", "upper-echo -s localhost:$PORT hi"),
    ("upper-echo --sever :$PORT hi", "--server", "upper-echo --server :$PORT hi"),
    ("upper-echo --verfy -s :$PORT hi", "--verify", "upper-echo --verify -s :$PORT hi"),
    ("upper-echo -s localhost:http hi", "getserv http", "getserv http"),
    ("upper-echod tcp://127.0.0.1:0", "127.0.0.1:0", "serve 127.0.0.1:0"),
    ("upper-echod http://127.0.0.1:0/", "127.0.0.1:0", "serve 127.0.0.1:0"),
    ("upper-echod '*:0'", "0.0.0.0:0", "serve 0.0.0.0:0"),
    ("upper-echod 127.0.0.1 0", "127.0.0.1:0", "serve 127.0.0.1:0"),
    ("upper-echod --lin 0", "--line", "serve --line 0"),
    ("upper-echod --max-con 5 0", "--max-conns", "serve --max-conns 5 0"),
];

/// Lines whose message names the fault, and why it can name no cure.
const BARE: &[(&str, &str)] = &[
    ("ipconv 10.0.0.256", "which of the numbers was meant nobody knows"),
    ("getserv 99999", "which port was meant nobody knows"),
    ("dnsall a..b", "which label is missing nobody knows"),
    ("rirwhois 8.8.8", "which number is missing nobody knows"),
];

/// What stands before each line: every question goes to the lab, and rirwhois
/// answers from its table.
const SETTING: &str = r#"
    dnsall() { command dnsall --no-hosts "$@" "$SERVER"; }
    rirwhois() { command rirwhois -r "$@"; }
    serve() { command upper-echod -q --once "$@" | { read -r _ _ server; command upper-echo -s ":${server##*:}" hi; }; }
    set -o pipefail
"#;

#[test]
fn messages_hold_the_cure() {
    let lab = dns::serve(dns::story());
    let mut echod = Command::new(find("upper-echod"));
    let mut echod = echod.args(["-q", "0"]).stdout(std::process::Stdio::piped()).spawn().expect("upper-echod starts");
    let mut first = String::new();
    let stdout = echod.stdout.as_mut().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut first).expect("a line");
    let port = first.trim().rsplit(':').next().unwrap_or_default().to_owned();

    let folder = find("getserv").parent().expect("a file has a folder").to_owned();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let bash = |line: &str| -> Seen {
        let mut command = command("bash");
        command.args(["-c", &format!("{SETTING}{line}")]).env("PATH", &path).env("PORT", &port);
        feed(command.env("SERVER", lab.at()), b"").into()
    };
    let mut wrong = Vec::new();
    for (line, says, cure) in CURED {
        let seen = bash(line);
        if !matches!(seen.status, 1 | 2) || !seen.err.contains(&says.replace("$PORT", &port)) {
            wrong.push(format!("$ {line}\nhas no {says}: {seen:?}"));
        }
        assert!(
            cure.contains(&says.replace("NAME", "dev.to")) || cure.starts_with("serve"),
            "{line}: {cure} is not {says}"
        );
        let seen = bash(cure);
        if seen.status != 0 {
            wrong.push(format!("$ {line}\nis not cured by {cure}: {seen:?}"));
        }
    }
    for (line, why) in BARE {
        let seen = bash(line);
        if !matches!(seen.status, 1 | 2) || seen.err.contains("did you mean") {
            wrong.push(format!("$ {line}\nhas a cure, though {why}: {seen:?}"));
        }
    }
    let _ = echod.kill();
    let _ = echod.wait();
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
    let all = CURED.len() + BARE.len();
    assert!(all >= 80 && CURED.len() * 100 >= all * 95, "{} of {all} lines have a cure", CURED.len());
}
