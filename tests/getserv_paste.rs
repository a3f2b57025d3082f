//! getserv with what other programs print, what people paste, and files that are none.
use std::fs;

use plainnet_lab::{
    private::{self, LOCALHOST, test_of},
    scratch::File,
    tool::{self, Seen},
};

const GETSERV: &str = env!("CARGO_BIN_EXE_getserv");

fn getserv(args: &[&str]) -> Seen {
    tool::run(GETSERV, args, b"")
}

fn iana(args: &[&str]) -> Seen {
    getserv(&[&["--services", "/dev/null"], args].concat())
}

fn good(out: &str) -> Seen {
    Seen { status: 0, out: out.into(), err: String::new() }
}

fn sh(script: &str) -> Seen {
    let mut command = tool::command("bash");
    command.args(["-c", script, "sh"]).arg(GETSERV);
    tool::feed(&mut command, b"").into()
}

#[test]
fn endpoints_are_asked_as_their_port() {
    let endpoints = [
        "0.0.0.0:443",
        "*:443",
        ":443",
        "[::]:443",
        ":::443",
        "127.0.0.53%lo:443",
        "[::1]%lo:443",
        "tcp/443",
        "443/tcp",
        "DPT=443",
        "443(https)",
        "10.0.0.1.443",
        "http://localhost:443",
        "[::]:443/tcp",
    ];
    assert_eq!(iana(&endpoints), good(&"https\n".repeat(endpoints.len())));
    assert_eq!(iana(&["https://", "https://dev.to/x", "localhost:https", "tcp/http"]), good("443\n443\n443\n80\n"));
    assert_eq!(iana(&["-l", "0.0.0.0:22/udp"]), good("ssh\t22/udp\t\t# The Secure Shell (SSH) Protocol\n"));
    // The command that a message proposes for an operand works.
    let operand = "LISTEN 0 128 0.0.0.0:443 0.0.0.0:*";
    assert!(iana(&[operand]).err.ends_with("several words (did you mean -f 4?)\n"));
    assert_eq!(iana(&["-e", "-f", "4", operand]), good(&format!("{operand}\thttps\n")));
    assert_eq!(iana(&["-f", "6", operand]).err, format!("getserv: {operand}: no such field\n"));
    assert_eq!(iana(&["--class", "0.0.0.0:443", "[::]:631"]), good("system\t-\nsystem\t-\n"));
    assert!(iana(&["--json", "[::]:443"]).out.starts_with(r#"{"input":"[::]:443","port":443,"name":"https","#));
}

/// Lines as `ss -tan` prints them.
const SS: &str = "State     Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n\
    LISTEN    0      4096   127.0.0.53%lo:53      0.0.0.0:*          \n\
    LISTEN    0      128          0.0.0.0:22      0.0.0.0:*          \n\
    ESTAB     0      0           10.0.0.1:443    10.0.0.2:51514      \n\
    LISTEN    0      128             [::]:22         [::]:*          \n\
    LISTEN    0      511                *:80            *:*          \n";

#[test]
fn a_column_of_ss_becomes_names() {
    let run = |args: &[&str], input: &str| {
        tool::run(GETSERV, [&["--services", "/dev/null"], args].concat(), input.as_bytes())
    };
    let names = ["-", "domain", "ssh", "https", "ssh", "http"];
    for many in [1, 40] {
        let seen = run(&["-q", "-k", "-f", "4"], &SS.repeat(many));
        assert_eq!(seen, good(&(names.join("\n") + "\n").repeat(many)));
        let seen = run(&["-q", "-k", "-e", "-f", "4"], &SS.repeat(many));
        let want: String = SS.lines().zip(names).map(|(line, name)| format!("{}\t{name}\n", line.trim_end())).collect();
        assert_eq!(seen, good(&want.repeat(many)));
    }
    let seen = run(&["-f", "5"], SS);
    assert_eq!(seen.err.lines().next(), Some("getserv: stdin:1: Address:Port: no such service"));
    assert_eq!(seen.err.lines().nth(1), Some("getserv: stdin:2: 0.0.0.0:*: an address without a port"));
    let seen = run(&["-d", ",", "-f", "2", "-e"], "a,\"0.0.0.0:80\",b\n\"x,y\",443\n");
    assert_eq!(seen, good("a,\"0.0.0.0:80\",b\thttp\n\"x,y\",443\thttps\n"));
}

#[test]
fn a_wrong_command_line_names_the_cure() {
    for (args, status, message) in [
        (&["80,443"][..], 1, "80,443: a list: ask for each by itself (getserv 80 443)"),
        (&["http, https"], 1, "http, https: a list: ask for each by itself (getserv http https)"),
        (&["80, 443"], 1, "80, 443: a list: ask for each by itself (getserv 80 443)"),
        (&["80,443/tcp"], 1, "80,443/tcp: a list: ask for each by itself (getserv -p tcp 80 443)"),
        (&["tcp/80,443"], 1, "tcp/80,443: a list: ask for each by itself (getserv -p tcp 80 443)"),
        (&["80/tcp,53/udp"], 1, "80/tcp,53/udp: a list: ask for each by itself (getserv 80/tcp 53/udp)"),
        (&["80-90/tcp"], 1, "80-90/tcp: a range: ask for each of its ports (seq 80 90 | getserv -k -e -p tcp)"),
        (&["8000-8010"], 1, "8000-8010: a range: ask for each of its ports (seq 8000 8010 | getserv -k -e)"),
        (&["8000–8010"], 1, "8000–8010: a range: ask for each of its ports (seq 8000 8010 | getserv -k -e)"),
        (&["80 443"], 1, "80 443: a list: ask for each by itself (getserv 80 443)"),
        (
            &["0.0.0.0:8080->80/tcp"],
            1,
            "0.0.0.0:8080->80/tcp: a list: ask for each by itself (getserv -p tcp 0.0.0.0:8080 80)",
        ),
        (&["443:"], 1, "443:: no such service (did you mean 443?)"),
        (&["tcp 443"], 1, "tcp 443: no such service (did you mean 443/tcp?)"),
        (
            &["LISTEN 0 128 0.0.0.0:22 0.0.0.0:*"],
            1,
            "LISTEN 0 128 0.0.0.0:22 0.0.0.0:*: several words (did you mean -f 4?)",
        ),
        (&["8000:8010"], 1, "8000:8010: a range: ask for each of its ports (seq 8000 8010 | getserv -k -e)"),
        (&["99999"], 1, "99999: not a port: they range from 0 to 65535"),
        (&["65536/tcp"], 1, "65536/tcp: not a port: they range from 0 to 65535"),
        (&["0.0.0.0:70000"], 1, "0.0.0.0:70000: not a port: they range from 0 to 65535"),
        (&["--class", "70000"], 1, "70000: not a port: they range from 0 to 65535"),
        (&["10.0.0.1"], 1, "10.0.0.1: an address without a port"),
        (&["[::]:*"], 1, "[::]:*: an address without a port"),
        (&["::1:631"], 1, "::1:631: an IPv6 address (did you mean [::1]:631?)"),
        (&["--lnog", "80"], 2, "--lnog: unknown option (did you mean --long?)"),
        (&["--source", "inaa", "80"], 2, "--source: inaa: unknown value (did you mean iana?)"),
        (&["-d", ",", "80"], 2, "--delimiter: needs --field: which one is the input?"),
        (&["-d", "ab", "-f", "1"], 2, "-d: ab: "),
        (&["-f", "0"], 2, "-f: 0: fields are counted from 1"),
        (
            &["--services", "-"],
            2,
            "--services: -: standard input can't be both the services file and the inputs (give those as operands)",
        ),
        (&["--dump", "http"], 2, "http: --dump takes no operands"),
        (
            &["--check", "--json", "/etc/services"],
            2,
            "--check: --json was taken as its value, which stands right behind it",
        ),
        (&["--check", "-q"], 2, "--check: no such file (-q was taken as its value, which stands right behind it)"),
        (&["--search", "-l", "web"], 2, "--search: -l was taken as its value, which stands right behind it"),
        (&["--check", "no/such/file"], 2, "no/such/file: No such file or directory"),
        (&["--free", "many"], 2, "many: --free takes how many ports are wanted, 1 or more"),
        (&["--ranges", "--free"], 2, "--free: not together with --ranges"),
        (&["-p", "icmp", "80"], 2, "--proto: icmp: no service has this protocol"),
    ] {
        let seen = getserv(args);
        assert_eq!((seen.status, &*seen.out), (status, ""), "{args:?}");
        assert!(seen.err.starts_with(&format!("getserv: {message}")), "{args:?}: {}", seen.err);
        assert!(seen.err.lines().count() == 1, "{args:?}: {}", seen.err);
    }
    assert_eq!(getserv(&["-q", "80,443"]), Seen { status: 1, out: String::new(), err: String::new() });
    assert_eq!(getserv(&["-q", "-k", "80,443"]), good("-\n"));
    let bad = tool::run(GETSERV, ["-q"], b"\xff\n");
    assert_eq!((bad.status, &*bad.err), (1, ""));
}

#[test]
fn the_registry_alone_answers_where_it_is_asked_alone() {
    let seen = getserv(&["--source", "iana", "rdp", "mail", "whois", "wireguard", "51820"]);
    let said: String = ["rdp", "mail", "whois", "wireguard", "51820"]
        .map(|word| format!("getserv: {word}: no such service\n"))
        .concat();
    assert_eq!(seen, Seen { status: 1, out: String::new(), err: said });
    assert_eq!(
        getserv(&["--source", "iana", "-a", "465", "6443"]),
        good("urd\nsubmissions\nigmpv3lite\nsun-sr-https\n")
    );
    assert!(!getserv(&["--source", "iana", "--dump"]).out.contains("unofficial"));
    assert_eq!(getserv(&["--source", "iana", "-q", "--search", "wireguard"]).status, 1);
}

#[test]
fn de_facto_names_answer_last_and_are_marked() {
    private::within(test_of(&de_facto_names_answer_last_and_are_marked), LOCALHOST, |_| {
        assert_eq!(
            iana(&["51820", "25565", "10250", "6443", "9092"]),
            good("wireguard\nminecraft\nkubelet\nsun-sr-https\nXmlIpcRegSvc\n")
        );
        assert_eq!(iana(&["wireguard", "kube-apiserver", "kafka"]), good("51820\n6443\n9092\n"));
        assert_eq!(iana(&["-a", "6443", "51820"]), good("sun-sr-https\nkube-apiserver\nwireguard\n"));
        assert_eq!(
            iana(&["-l", "-p", "tcp", "6443"]),
            good(
                "sun-sr-https\t6443/tcp\t\t# Service Registry Default HTTPS Domain\n\
              kube-apiserver\t6443/tcp\t\t# unofficial: Kubernetes API server\n"
            )
        );
        let json = iana(&["--json", "-a", "-p", "tcp", "6443"]).out;
        assert!(
            json.lines()
                .nth(1)
                .unwrap()
                .contains(r#""source":"defacto","class":"user","ephemeral":false,"text":"Kubernetes API server""#)
        );
        assert_eq!(getserv(&["--source", "host", "--services", "/dev/null", "-q", "51820"]).status, 1);
        // A host that names the port itself is asked first.
        let file = File::new("wg 51820/udp\n");
        assert_eq!(getserv(&["--services", &file, "51820"]), good("wg\n"));
        assert_eq!(getserv(&["--services", &file, "-a", "51820"]), good("wg\nwireguard\n"));
    });
}

#[test]
fn devices_pipes_and_standard_input_are_services_files() {
    assert_eq!(iana(&["http", "22"]), good("80\nssh\n"));
    assert_eq!(getserv(&["--services", "/dev/null", "--check", "/dev/null"]), good(""));
    assert_eq!(sh("\"$1\" --services <(echo web 8/tcp) web 8"), good("8\nweb\n"));
    assert_eq!(sh("echo web 8/tcp | \"$1\" --services - web 8"), good("8\nweb\n"));
    assert_eq!(sh("echo 8 | \"$1\" --services <(sleep 0.1; echo web 8/tcp)"), good("web\n"));
    assert_eq!(
        sh("\"$1\" --check <(echo x 0x50/tcp) | sed 's/.*: 0x/0x/'"),
        good("0x50: a port is written in plain decimal\n")
    );
}

#[test]
fn invalid_bytes_are_written_the_same_everywhere() {
    private::within(test_of(&invalid_bytes_are_written_the_same_everywhere), LOCALHOST, |_| {
        let file = File::new(b"a\x9bb 4000/tcp c\x9b # d\x9b\n");
        let run = |args: &[&str]| getserv(&[&["--services", &file, "--source", "host"], args].concat()).out;
        assert_eq!(run(&["4000"]), "a\\x9bb\n");
        assert_eq!(run(&["-l", "4000"]), "a\\x9bb\t4000/tcp\tc\\x9b\t# d\\x9b\n");
        assert!(run(&["--json", "4000"]).contains(r#""name":"a\\x9bb","proto":"tcp","aliases":["c\\x9b"],"#));
        assert!(run(&["--json", "4000"]).contains(r#""text":"d\\x9b""#));
        let input = tool::run(GETSERV, ["--json"], b"\xff\n");
        assert!(
            input.out.starts_with(r#"{"input":"\\xff","port":null,"#) && input.out.ends_with("\"invalid UTF-8\"}\n")
        );
    });
}

#[test]
fn many_names_on_one_port_take_time_by_their_number() {
    let count = tool::long(100_000, 20_000) as usize;
    let text: String = (0..count).map(|i| format!("n{i} 81/tcp\n")).collect();
    let file = File::new(text);
    for args in ["-a 81", "--json -l 81"] {
        // The limit is of processor time: comparing all with all takes more, a busy machine takes none.
        let seconds = count / 5_000;
        let seen = sh(&format!("ulimit -t {seconds}; \"$1\" --services {file} {args}"));
        assert_eq!((seen.status, seen.out.lines().count()), (0, count), "{args}: {}", seen.err);
    }
}

#[test]
fn where_memory_ends_it_is_said() {
    let text = "name 81/tcp # text\n".repeat(1_000_000);
    let file = File::new(text);
    let seen = sh(&format!("ulimit -v 32768; \"$1\" --services {file} -a 81"));
    assert_eq!(seen, Seen { status: 2, out: String::new(), err: "getserv: out of memory\n".into() });
}

#[test]
fn settings_of_the_kernel_are_read_whole() {
    private::within("settings_of_the_kernel_are_read_whole", LOCALHOST, |net| {
        if net == private::Net::Shared {
            return;
        }
        let list = "8080,8443,9090,9100,9200,9300,10250,10255,30000-32767";
        let set = |name: &str, text: &str| fs::write(format!("/proc/sys/net/ipv4/{name}"), text).unwrap();
        set("ip_local_reserved_ports", list);
        let ranges = getserv(&["--ranges"]).out;
        assert!(ranges.ends_with(&format!("reserved\t{list}\n")), "{ranges}");
        let json = getserv(&["--ranges", "--json"]).out;
        assert!(
            json.ends_with(
                "{\"input\":null,\"name\":\"reserved\",\"first\":30000,\"last\":32767,\"where\":\"host\"}\n"
            ),
            "{json}"
        );
        // Every other port above 1024: no port in between is handed out, none of them is chosen.
        let odd: Vec<_> = (1025..=u16::MAX).step_by(2).map(|port| port.to_string()).collect();
        set("ip_local_reserved_ports", &odd.join(","));
        let free = iana(&["--free", "2000"]);
        assert_eq!((free.status, free.out.lines().count()), (0, 2000));
        assert!(free.out.lines().all(|port| port.parse::<u16>().unwrap() % 2 == 0));
        set("ip_local_reserved_ports", "40000");
        set("ip_local_port_range", "32768\t60999");
        assert_eq!(iana(&["--class", "40000", "40001", "30000"]), good("user\treserved\nuser\tephemeral\nuser\t-\n"));
        let long = iana(&["-l", "-p", "tcp", "40843"]).out;
        assert_eq!(long, "csccfirewall\t40843/tcp\t\t# CSCCFIREWALL (ephemeral here)\n");
        assert_eq!(iana(&["-l", "-p", "tcp", "40000"]).out, "safetynetp\t40000/tcp\t\t# SafetyNET p\n");
        assert!(iana(&["--json", "40843"]).out.contains(r#""class":"user","ephemeral":true,"#));
        assert!(iana(&["--json", "40000"]).out.contains(r#""class":"user","ephemeral":false,"#));
        assert!(iana(&["--dump"]).out.contains("# CSCCFIREWALL\n"));
        // Whoever may use every port still gets no system port.
        set("ip_unprivileged_port_start", "0");
        let free = iana(&["--free", &tool::long(65_536, 4_000).to_string()]);
        assert!(free.out.lines().all(|port| port.parse::<u16>().unwrap() >= 1024));
        set("ip_unprivileged_port_start", "20000");
        let free = iana(&["--free", &tool::long(65_536, 5_500).to_string()]);
        assert!(free.out.lines().all(|port| (20_000..32_768).contains(&port.parse::<u16>().unwrap())));
        assert!(free.out.lines().count() > 5000);
    });
}
