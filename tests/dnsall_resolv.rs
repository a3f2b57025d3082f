//! The system's settings and files: resolv.conf, the environment, the hosts file,
//! in a network and mount namespace of the test's own.
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener},
    path::Path,
    process::Command,
    thread,
};

use plainnet_lab::{
    dns::{self, Manner},
    private::{self, Net},
    scratch::File,
    tool::{self, Seen},
};

const TOOL: &str = env!("CARGO_BIN_EXE_dnsall");

/// The system's settings of this namespace alone. /etc is a new folder in it, since
/// elsewhere the file may be missing, or a link to nowhere.
struct ResolvConf;

impl ResolvConf {
    fn mounted() -> ResolvConf {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "tmpfs", "/etc"]).status().unwrap();
        assert!(mounted.success());
        ResolvConf
    }

    fn write(&self, text: &str) {
        fs::write("/etc/resolv.conf", text).unwrap();
    }
}

fn run(words: &[&str], environment: &[(&str, &str)]) -> Seen {
    let mut command = Command::new("timeout");
    command.arg("30").arg(TOOL).args(words).env_remove("LOCALDOMAIN").env_remove("RES_OPTIONS");
    tool::feed(command.envs(environment.iter().copied()), b"").into()
}

fn ip(words: &[&str]) {
    assert!(Command::new("ip").args(words).status().unwrap().success(), "ip {words:?}");
}

#[test]
fn resolv_conf_as_glibc_reads_it() {
    private::within("resolv_conf_as_glibc_reads_it", private::LOCALHOST, |net| {
        if net == Net::Shared {
            return;
        }
        let server = dns::serve_at(dns::story(), Manner::Good, "127.0.0.1:53".parse().unwrap()).unwrap();
        let conf = ResolvConf::mounted();
        let found = |text: &str, words: &[&str], environment: &[(&str, &str)]| {
            conf.write(text);
            let seen = run(words, environment);
            (seen.status, seen.out, seen.err)
        };
        let answer = |err: &str| (0, "93.184.216.34\n".to_owned(), err.to_owned());
        let ask = ["-s", "-t", "A", "--no-hosts", "example.org"];
        // Eleven spellings of the same server.
        for text in [
            "",
            "nameserver 127.0.0.1",
            "nameserver\t127.0.0.1\n",
            "nameserver   127.0.0.1   \n",
            "# a comment\n; another\n\nnameserver 127.0.0.1\n",
            "nameserver 127.0.0.1 # and behind it\n",
            "nameserver 127.0.0.1\r\noptions edns0\r\n",
            "nameserver 127.1\n",
            "nameserver ::ffff:127.0.0.1\n",
            "search a.example\nnameserver 127.0.0.1\noptions use-vc\n",
            "options timeout:1 attempts:1\nnameserver 127.0.0.1\nsortlist 192.0.2.0\n",
        ] {
            assert_eq!(found(text, &ask, &[]), answer(""), "{text:?}");
        }
        // A bad line is named and passed over.
        let text = "nameserver 127.0.0.1\n\nnameserver 127.0.0.1:5353\n";
        let complaint = "dnsall: /etc/resolv.conf:3: nameserver 127.0.0.1:5353: a port cannot stand here\n";
        assert_eq!(found(text, &ask, &[]), answer(complaint));
        // The search list: of the file, and of the environment instead.
        let search = ["-s", "-t", "A", "--no-hosts", "--search", "short"];
        let short = (0, "192.0.2.8\n".to_owned(), String::new());
        let text = "nameserver 127.0.0.1\ndomain wrong.example\nsearch none.example lan.example\n";
        assert_eq!(found(text, &search, &[]), short);
        assert_eq!(found("nameserver 127.0.0.1\n", &search, &[("LOCALDOMAIN", "none.example lan.example")]), short);
        assert_eq!(found(text, &search, &[("LOCALDOMAIN", "none.example")]).0, 1);
        // With as many dots as ndots a name is asked as it is first.
        let before = server.asked().len();
        found(text, &["-s", "-t", "A", "--search", "a.b"], &[("RES_OPTIONS", "ndots:2")]);
        assert_eq!(server.asked()[before].name.to_lowercase(), "a.b.none.example");
        // With use-vc all questions go by TCP.
        let before = server.asked().len();
        found("options use-vc\n", &ask, &[]);
        assert!(server.asked().len() > before && server.asked()[before..].iter().all(|asked| asked.tcp));
        let before = server.asked().len();
        found("", &ask, &[("RES_OPTIONS", "use-vc")]);
        assert!(server.asked().len() > before && server.asked()[before..].iter().all(|asked| asked.tcp));
    });
}

/// By TCP on port 53 of `host` this message answers every question, its identifier put in.
fn answering(host: &str, message: Vec<u8>) {
    let listener = TcpListener::bind((host, 53)).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut question = [0; 512];
            let Ok(4..) = stream.read(&mut question) else { continue };
            let length = u16::try_from(message.len()).unwrap().to_be_bytes();
            let _ = stream.write_all(&[&length, &question[2..4], &message[2..]].concat());
        }
    });
}

#[test]
fn the_next_server_where_one_fails() {
    private::within("the_next_server_where_one_fails", private::LOCALHOST, |net| {
        if net == Net::Shared {
            return;
        }
        let serve = |host: &str, manner| dns::serve_at(dns::story(), manner, format!("{host}:53").parse().unwrap());
        let conf = ResolvConf::mounted();
        let _good = serve("127.0.0.3", Manner::Good).unwrap();
        let failing = [
            (Manner::Silent, "attempts:1"),
            (Manner::Silent, "use-vc"),
            (Manner::Code(5), "attempts:1"),
            (Manner::TruncateOnly, ""),
            (Manner::TruncateSilent, ""),
            (Manner::TruncateHalf, ""),
            (Manner::TruncateHalf, "use-vc"),
        ];
        for (number, (manner, options)) in failing.into_iter().enumerate() {
            // The third one answers where the first two do not.
            let [first, second] = [4, 5].map(|block| format!("127.0.{block}.{}", number + 1));
            let _failing = [serve(&first, manner).unwrap(), serve(&second, manner).unwrap()];
            let servers = format!("nameserver {first}\nnameserver {second}\nnameserver 127.0.0.3\n");
            conf.write(&format!("{servers}options timeout:1 {options}\n"));
            let seen = run(&["-s", "-t", "A", "--no-hosts", "example.org"], &[]);
            let found = (seen.status, seen.out.as_str(), seen.err.as_str());
            assert_eq!(found, (0, "93.184.216.34\n", ""), "{manner:?} {options}");
        }
        // A transfer that is refused is asked of the next one; one that has begun is not.
        let soa = b"\x01a\x04test\0\0\x06\0\x01\0\0\0\x3c\0\x16\0\0\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05";
        let part = |rcode, count: u8| {
            let head = [0, 0, 0x84, rcode, 0, 0, 0, count, 0, 0, 0, 0];
            [&head[..], &soa.repeat(usize::from(count))].concat()
        };
        for (host, message) in [("127.0.6.1", part(5, 0)), ("127.0.6.2", part(0, 1)), ("127.0.6.3", part(0, 2))] {
            answering(host, message);
        }
        let transfer = |servers: [&str; 2]| {
            conf.write(&servers.map(|server| format!("nameserver {server}\n")).concat());
            let seen = run(&["-t", "AXFR", "a.test"], &[]);
            (seen.status, seen.out, seen.err)
        };
        let line = "a.test. 60 IN SOA . . 1 2 3 4 5\n".to_owned();
        assert_eq!(transfer(["127.0.6.1", "127.0.6.3"]), (0, line.clone(), String::new()));
        let why = "tcp://127.0.6.2:53: transfer cut off after 1 records: connection closed by the server";
        assert_eq!(transfer(["127.0.6.2", "127.0.6.3"]), (3, line, format!("dnsall: a.test: {why}\n")));
        let why = "tcp://127.0.6.1:53: REFUSED; tcp://127.0.6.9:53: connection refused";
        assert_eq!(transfer(["127.0.6.1", "127.0.6.9"]), (3, String::new(), format!("dnsall: a.test: {why}\n")));
    });
}

#[test]
fn servers_on_a_link() {
    private::within("servers_on_a_link", private::LOCALHOST, |net| {
        if net == Net::Shared {
            return;
        }
        // Any link has link-local addresses, loopback too, and every kernel has that one.
        ip(&["addr", "add", "fe80::53/64", "dev", "lo", "nodad"]);
        let shown = Command::new("ip").args(["-o", "link", "show", "lo"]).output().unwrap().stdout;
        let scope: u32 = String::from_utf8_lossy(&shown).split(':').next().unwrap().trim().parse().unwrap();
        let address: Ipv6Addr = "fe80::53".parse().unwrap();
        let at = |port| SocketAddr::V6(SocketAddrV6::new(address, port, 0, scope));
        let _standard = dns::serve_at(dns::story(), Manner::Good, at(53)).unwrap();
        let _other = dns::serve_at(dns::story(), Manner::Good, at(5300)).unwrap();
        let answer = (0, "93.184.216.34\n".to_owned(), String::new());
        let ask = |server: &str| {
            let words = [server, "-s", "-t", "A", "--no-hosts", "example.org"];
            let seen = run(if server.is_empty() { &words[1..] } else { &words }, &[]);
            (seen.status, seen.out, seen.err)
        };
        let by_number = format!("@fe80::53%{scope}");
        for server in [
            "@fe80::53%lo",
            "@[fe80::53%lo]",
            "@[fe80::53%lo]:53",
            "@[fe80::53%lo]:5300",
            "@tcp://[fe80::53%lo]:5300",
            &by_number,
        ] {
            assert_eq!(ask(server), answer, "{server}");
        }
        let conf = ResolvConf::mounted();
        conf.write("nameserver fe80::53%lo\n");
        assert_eq!(ask(""), answer);
        let (status, _, err) = ask("@fe80::53%no9");
        assert_eq!((status, err.as_str()), (3, "dnsall: example.org: [fe80::53%no9]:53: no such interface: no9\n"));
        conf.write("nameserver fe80::53%no9\nnameserver fe80::53%lo\n");
        let complaint = "dnsall: /etc/resolv.conf:1: nameserver fe80::53%no9: no such interface: no9\n";
        assert_eq!(ask(""), (0, "93.184.216.34\n".to_owned(), complaint.to_owned()));
    });
}

/// A run of `program`, and the most memory that it took, in KiB, as the kernel has it. The
/// interpreter that it is forked from counts, too, so that has no libraries.
fn resident(program: &str, words: &[&str], input: &str) -> (Seen, u64) {
    let log = File::new("");
    let mut command = Command::new("python3");
    let script = "import os,sys\n\
        pid=os.fork()\n\
        pid or os.execvp(sys.argv[2],sys.argv[2:])\n\
        _,status,usage=os.wait4(pid,0)\n\
        open(sys.argv[1],'w').write(str(usage.ru_maxrss))\n\
        sys.exit(os.waitstatus_to_exitcode(status))";
    command.args(["-I", "-S", "-c", script]).args([&log, program]).args(words);
    let seen: Seen = tool::feed(&mut command, input.as_bytes()).into();
    let most = fs::read_to_string(&*log).unwrap().trim().parse().unwrap();
    (seen, most)
}

#[test]
fn a_block_list_as_hosts_file_costs_little() {
    if tool::peer("python3").is_none() {
        return;
    }
    let rows: String = (0..170_000).map(|n| format!("0.0.0.0 ad-server-{n}.tracking.example\n")).collect();
    let file = File::new(format!("{rows}192.0.2.9 mine.example\n"));
    let server = dns::serve(dns::story());
    let at = server.at();
    let (_, least) = resident("true", &[], "");
    let (_, idle) = resident(TOOL, &[&at, "-s", "-t", "A", "mine.example"], "");
    assert!(least < idle, "{least} KiB whatever is run");
    let (seen, operand) = resident(TOOL, &[&at, "--hosts", &file, "-s", "-t", "A", "mine.example"], "");
    assert_eq!((seen.status, seen.out.as_str()), (0, "192.0.2.9\n"), "{}", seen.err);
    assert!(operand < idle + 1024, "{operand} KiB, and {idle} without the file");
    let list = "mine.example\nad-server-169999.tracking.example\n";
    let (seen, lines) = resident(TOOL, &[&at, "--hosts", &file, "-s", "-t", "A"], list);
    assert_eq!(seen.out, "mine.example\t192.0.2.9\nad-server-169999.tracking.example\t0.0.0.0\n", "{}", seen.err);
    // The file has 7 MB; all of it was 43 MB once.
    assert!(lines < idle + 24 * 1024, "{lines} KiB, and {idle} without the file");
    assert!(Path::new(&*file).exists());
}
