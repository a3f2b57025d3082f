//! The chapters, in the order of a connection: a server, a client, bytes, ports,
//! addresses, who has an address, names, and all of it together.
use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

use super::{
    Tour,
    lab::{Echod, has_ipv6},
    pictures,
};

/// A chapter's title, and what it tells.
type Chapter = (&'static str, fn(&mut Tour));

pub(super) const CHAPTERS: &[Chapter] = &[
    ("A server", a_server),
    ("A client", a_client),
    ("Bytes", bytes),
    ("Ports", ports),
    ("Addresses", addresses),
    ("Who has an address", registries),
    ("Names", names),
    ("What the types mean", types),
    ("Together", together),
];

/// Starts a server that `{echo}` stands for, and `{echo6}` where there is IPv6.
fn serve(tour: &mut Tour) -> Option<Echod> {
    let args: &[&str] = if has_ipv6() { &["127.0.0.1:0", "[::1]:0"] } else { &["127.0.0.1:0"] };
    let server = Echod::start(&tour.bin, args);
    let server = server.map_err(|why| tour.check("upper-echod", false, &why)).ok()?;
    let mut lines = String::new();
    for name in ["echo", "echo6"].iter().take(args.len()) {
        let line = server.line().unwrap_or_default();
        lines.push_str(&format!("{line}\n"));
        let address = line.strip_prefix("listening on ").unwrap_or_default().to_owned();
        tour.check("upper-echod", !address.is_empty(), "it does not say where it listens");
        if *name == "echo" {
            // As bash wants it.
            tour.lab.name("echo/", address.replace(':', "/"));
            tour.lab.name("echo port", address.rsplit(':').next().unwrap_or_default());
        }
        tour.lab.name(name, address);
    }
    tour.show(&format!("upper-echod {} &", args.join(" ")), &lines);
    Some(server)
}

fn a_server(tour: &mut Tour) {
    tour.say(
        "A program that wants to talk over the network asks the operating system for a socket, and says which kind: \
         AF_INET is the family of IPv4 addresses (AF_INET6 is that of IPv6), and SOCK_STREAM is a stream of bytes that \
         arrive in order, which is TCP. A server binds its socket to an address and a port, listens, and accepts one \
         connection after another.",
    );
    tour.python(
        "These are the few lines that every introduction begins with. Port 0 lets the system pick a free one:",
        "import socket\nserver = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\nserver.bind(('127.0.0.1', 0))\n\
         server.listen()\nprint('listening on', server.getsockname()[0])\n",
        &["listening on 127.0.0.1"],
    );
    tour.say(
        "upper-echod is such a server: it sends everything back in upper case. The first line says where it listens, and \
         from then on the port is taken until the program ends.",
    );
    let _server = serve(tour);
    if !has_ipv6() {
        tour.say("(This machine has no IPv6, so the server listens on IPv4 alone.)");
    }
    tour.ask_for(2, "A second server can't have the same port.", "upper-echod {echo}", &["{echo}"]);
    tour.say(
        "Reading is a series of recv calls, and a server that waits for a whole line waits for as long as its client \
         likes. Enough silent clients would use up all of its connections, so silence has a limit. Here the limit is 0.3 \
         seconds, and the client keeps quiet for 1 second.",
    );
    match Echod::start(&tour.bin, &["--idle", "0.3", "127.0.0.1:0"]) {
        Ok(strict) => {
            let first = strict.line().unwrap_or_default();
            tour.show("upper-echod --idle 0.3 127.0.0.1:0 &", &format!("{first}\n"));
            tour.lab.name("strict", first.strip_prefix("listening on ").unwrap_or_default());
            let line = tour.lab.fill("sleep 1 | upper-echo -s {strict}");
            let said = tour.sh(&line).1;
            let closed = strict.line().unwrap_or_default();
            tour.show(&line, &format!("{said}{closed}\n"));
            tour.check(&line, closed.ends_with("closed: 0 bytes, idle"), "the silent client was not closed");
        }
        Err(why) => tour.check("upper-echod --idle", false, &why),
    }
}

fn a_client(tour: &mut Tour) {
    tour.say("A client makes the same kind of socket and connects it to a server's address and port.");
    let server = serve(tour);
    tour.python(
        "By hand: sendall sends all of its bytes, recv returns what has arrived so far, and shutting down the writing \
         side says that no more will follow.",
        "import socket\nclient = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n\
         client.connect(('127.0.0.1', {echo port}))\nclient.sendall(b'Hello World')\nclient.shutdown(socket.SHUT_WR)\n\
         print(client.recv(11))\n",
        &["b'HELLO WORLD'"],
    );
    tour.ask(
        "upper-echo does the same. A connection has two ends, and the client's port is one that its system lends it:",
        "upper-echo -v -s {echo} Hello World",
        &[" -> {echo}", "HELLO WORLD\n"],
    );
    if let Some(server) = server {
        let mut log = String::new();
        let mut wants = vec!["wrote: Hello World", "closed: 11 bytes, client closed"];
        if crate::run::find("python3").is_some() {
            wants = [wants.clone(), wants].concat();
        }
        for want in wants {
            let line = server.line().unwrap_or_default();
            tour.check("upper-echod", line.ends_with(want), &format!("its log lacks {want:?}"));
            log.push_str(&format!("{line}\n"));
        }
        tour.say("The server saw the same connections from its side:");
        tour.show("fg", &log);
        tour.picture("What goes over the wire, in time", |_| pictures::connection());
        if crate::run::find("bash").is_some() {
            tour.ask(
                "Many a first client sends `Hello World` without a newline, does not say that it is done, and waits. A \
                 server that reads lines waits for the newline, so each waits for the other for ever. This server \
                 answers bytes as they arrive. (bash is the client here.)",
                "bash -c 'exec 3<>/dev/tcp/{echo/}; printf \"Hello World\" >&3; head -c 11 <&3; echo'",
                &["HELLO WORLD\n"],
            );
        }
        if has_ipv6() {
            tour.ask("The same over IPv6:", "echo 'Hello World' | upper-echo -s {echo6}", &["HELLO WORLD\n"]);
        }
    }
}

fn bytes(tour: &mut Tour) {
    tour.say(
        "What goes over a connection is bytes, not letters. An encoding says which bytes a letter is; UTF-8 is the usual \
         one, and it leaves the letters of ASCII one byte each.",
    );
    tour.python(
        "",
        "print('Grüße'.encode())\nprint(len('Grüße'), len('Grüße'.encode()))\n",
        &["b'Gr\\xc3\\xbc\\xc3\\x9fe'", "5 7"],
    );
    let _server = serve(tour);
    tour.ask(
        "The server knows the letters a to z of ASCII and leaves all other bytes alone, so that no letter breaks:",
        "upper-echo -s {echo} Grüße",
        &["GRüßE\n"],
    );
    tour.ask("The same bytes as numbers:", "upper-echo -s {echo} Grüße | od -A n -t x1", &["47 52 c3 bc c3 9f 45"]);
}

fn ports(tour: &mut Tour) {
    tour.say(
        "A port is a number from 0 to 65535, and many have a name. The names are IANA's; the rules are RFC 6335 (some \
         texts cite RFC 8335, which is about something else). A host keeps a list of its own in /etc/services.",
    );
    tour.ask(
        "IANA's list begins so:",
        "getserv --source iana --dump | head -n 12",
        &["tcpmux\t1/tcp", "echo\t7/tcp", "discard\t9/tcp"],
    );
    tour.ask("One service, all protocols:", "getserv -l echo", &["echo\t7/tcp", "echo\t7/udp"]);
    tour.python(
        "By name, and by number, as a program asks:",
        "import socket\ntry:\n    print(socket.getservbyname('http'), socket.getservbyport(80))\nexcept OSError as e:\n    \
         print(e, '(this host has no /etc/services)')\n",
        &[],
    );
    tour.ask("As a person asks, also where the host has no list:", "getserv http 80", &["80\n", "http\n"]);
    tour.ask_for(1, "What no port can be is refused, by name.", "getserv 70000", &["getserv: 70000: "]);
    tour.ask(
        "Ports below 1024 are the system's: only an administrator may serve them. Those up to 49151 are for users' \
         services, hence 5555, and hence 8080 and 8888 for web servers without the right to 80. Clients get the rest, by \
         the standard; hosts have their own idea of that range:",
        "getserv --class -e 80 5555 8080 57990",
        &["80\tsystem", "5555\tuser", "8080\tuser", "57990\tdynamic"],
    );
    tour.ask("", "getserv --ranges", &["system\t0-1023", "user\t1024-49151", "dynamic\t49152-65535"]);
    tour.picture("The ranges of ports to scale, with this host's ephemeral ports", pictures::ports);
    refusal(tour);
}

/// An ordinary user is refused port 80, also when root runs the tour: a network
/// namespace of its own has the usual limit, whatever this host allows.
fn refusal(tour: &mut Tour) {
    let cures = ["127.0.0.1:80: ", "ip_unprivileged_port_start"];
    let words = "Not everyone may serve a system port. The message names the cures.";
    match TcpListener::bind("127.0.0.1:80").map(drop).map_err(|e| e.kind()) {
        Err(io::ErrorKind::PermissionDenied) => tour.ask_for(2, words, "upper-echod 127.0.0.1:80", &cures),
        _ => {
            let bin = tour.bin.display().to_string();
            // Nobody's rights, in a network where the limit is 1024 and nothing listens.
            let inside = format!(
                "unshare --net sh -c 'ip link set lo up; exec setpriv --reuid 65534 --regid 65534 --clear-groups \
                 --bounding-set=-all --inh-caps=-all {bin}/upper-echod 127.0.0.1:80'"
            );
            let (status, text) = tour.sh(&inside);
            if status == 2 && text.contains("ip_unprivileged_port_start") {
                tour.say(words);
                tour.show("upper-echod 127.0.0.1:80        # as an ordinary user", &text);
                tour.check_text("upper-echod 127.0.0.1:80", &text, &cures);
            } else {
                tour.say(
                    "(An ordinary user would be refused port 80 by most systems. You may use it here, and this system \
                     lets the tour make no unprivileged one, so there is no refusal to show.)",
                );
            }
        }
    }
}

fn addresses(tour: &mut Tour) {
    tour.say("An IPv4 address is four bytes, and the dots are for people.");
    tour.python(
        "",
        "import socket\npacked = socket.inet_aton('127.0.0.1')\nprint(packed, tuple(packed))\n",
        &["b'\\x7f\\x00\\x00\\x01' (127, 0, 0, 1)"],
    );
    tour.ask(
        "",
        "ipconv -o python,octets,packed,int 127.0.0.1",
        &["b'\\x7f\\x00\\x00\\x01'\t127.0.0.1\t7f000001\t2130706433\n"],
    );
    tour.ask("Each byte is eight bits, 32 in all:", "ipconv -o binary 127.0.0.1", &["1111111"]);
    tour.picture("The bits of 127.0.0.1", pictures::bits);
    tour.ask(
        "An IPv6 address is sixteen bytes: eight groups of 16 bits. Leading zeros may go, and come back on request.",
        "ipconv --from hex -o compressed,exploded 0123456789abcdef0123456789abcdef",
        &["123:4567:89ab:cdef:123:4567:89ab:cdef\t0123:4567:89ab:cdef:0123:4567:89ab:cdef\n"],
    );
    tour.ask(
        "Four times the bits make 2 to the power of 96 times the addresses:",
        "ipconv -e -o num_addresses 0.0.0.0/0 ::/0",
        &["0.0.0.0/0\t4294967296\n", "::/0\t340282366920938463463374607431768211456\n"],
    );
    tour.ask(
        "IANA's registries say what special addresses are for, and which RFC says so:",
        "ipconv 127.0.0.1",
        &["Loopback", "RFC1122", "is_loopback     true", "is_private      true"],
    );
    tour.ask(
        "May a stranger make your server connect to an address? Only to one that the public Internet routes, and an \
         IPv4 address hidden inside an IPv6 address counts as well. Of these three only the first passes:",
        "ipconv --is public 8.8.8.8 127.0.0.1 64:ff9b::10.0.0.1",
        &["8.8.8.8\n"],
    );
    tour.ask_for(1, "A slip is refused, not guessed at.", "ipconv 256.1.1.1", &["ipconv: 256.1.1.1: "]);
}

fn registries(tour: &mut Tour) {
    tour.say(
        "Five regional registries hand addresses out: AFRINIC (Africa), APNIC (Asia and the Pacific), ARIN (Canada, the \
         USA and some Caribbean islands), LACNIC (Latin America and other Caribbean islands) and RIPE NCC (Europe, the \
         Middle East and Central Asia). A table of theirs is built in.",
    );
    tour.picture("Who has the IPv4 space: each cell is a /14, drawn from rirwhois's own table", pictures::space);
    tour.ask(
        "The row of 8.8.8.8:",
        "rirwhois -t 8.8.8.8",
        &["ARIN\tLEGACY\t1992-12\twhois.arin.net\thttps://rdap.arin.net/registry"],
    );
    tour.ask(
        "The registries of some addresses, and of one that nobody owns:",
        "rirwhois -r -e 41.1.1.1 133.1.1.1 8.8.8.8 200.1.1.1 193.0.6.139 127.0.0.1",
        &["\tAFRINIC\n", "\tAPNIC\n", "\tARIN\n", "\tLACNIC\n", "\tRIPE\n", "\tIANA\n"],
    );
    tour.ask(
        "Blocks have moved between registries. By its first byte 151.101.194.217 looks like RIPE's; it isn't.",
        "rirwhois -r 151.101.194.217",
        &["ARIN\n"],
    );
    tour.ask("", "rirwhois -t 151.101.194.217", &["ARIN\t", "Administered by RIPE NCC"]);
    tour.world(
        "What the registry itself says about an address. It is asked on port 43, by the whois protocol:",
        "rirwhois {whois} 8.8.8.8",
        &["Google LLC"],
    );
    tour.world("The same, in fields that are alike for all registries:", "rirwhois -b {whois} 8.8.8.8", &["GOGL"]);
    tour.world(
        "Whoever asks the wrong registry is sent on. Here ARIN is asked about an address in Japan. It names APNIC, which \
         is asked next, and -v says whom the tool has asked:",
        "rirwhois -v -b --server {arin} {whois} 133.1.1.1",
        &["asked ", "APNIC", "JP"],
    );
    tour.world(
        "The tool picks the registry from its own table, so this seldom happens. But blocks move: this one went to RIPE \
         NCC after the table was made, and ARIN says so:",
        "rirwhois -v -b {whois} 9.9.9.9",
        &["RIPE"],
    );
    tour.world(
        "All the blocks that an organisation holds. Everyone may ask this, scanners too:",
        "rirwhois --blocks {whois} GOGL",
        &["8.8.8.0/24\n"],
    );
    tour.ask_for(1, "A word is no address.", "rirwhois -r hello.example", &["rirwhois: hello.example: "]);
}

fn names(tour: &mut Tour) {
    tour.say(
        "Who is asked for the address of a name? First a file on the host itself; then a name server that someone set \
         by hand, or the one that the router announces, which asks the provider's. Those keep \
         what they have heard. In the end somebody starts at the root of the DNS and follows it down to the owner's servers.",
    );
    tour.ask(
        "The file is where localhost comes from, and where you can name the machines at home:",
        "cat hosts",
        &["gitserver"],
    );
    tour.world(
        "",
        "dnsall --hosts hosts {dns} gitserver ip6-loopback",
        &["gitserver\tHOSTS:127.0.0.1\n", "ip6-loopback\tHOSTS:::1\n"],
    );
    tour.python(
        "What a program asks for, whoever answers: an address for each kind of socket.",
        "import socket\nfor family, kind, _, _, address in socket.getaddrinfo('localhost', 80, socket.AF_INET):\n    \
         print(family.name, kind.name, address)\n",
        &["AF_INET SOCK_STREAM ('127.0.0.1', 80)"],
    );
    tour.world(
        "The DNS has many types of record. dnsall asks for all of them at once:",
        "dnsall {dns} dev.to",
        &[
            "A:151.101.66.217\nA:151.101.194.217\n",
            "NS:jill.ns.cloudflare.com.\nNS:josh.ns.cloudflare.com.\n",
            "SOA:jill.ns.cloudflare.com. dns.cloudflare.com. 2309864129 10000 2400 604800 3600\n",
            "MX:1 aspmx.l.google.com.\n",
            "TXT:\"v=spf1 ",
        ],
    );
    tour.world(
        "Each record says for how many seconds it may be kept; -l prints that as well.",
        "dnsall -l {dns} dev.to",
        &["A\t300\t151.101.66.217\n", "NS\t86400\t", "SOA\t3600\t", "MX\t300\t1 aspmx"],
    );
    tour.world(
        "Caches stand in between. This one has kept example.org for a while, and may keep it for another 17 hours or so:",
        "dnsall -l -t A {dns} example.org",
        &["A\t61854\t93.184.216.34\n"],
    );
    tour.world(
        "From the root down: the root knows who serves `to`, those servers know who serves dev.to, and those know the \
         answer.",
        "dnsall --trace -t A {root} dev.to",
        &["A:151.101.66.217\n"],
    );
    tour.picture("The way from the root to the servers of dev.to", |_| pictures::climb());
    tour.world(
        "The addresses alone, in the order in which a client would try them. Some services answer according to load, or \
         to where the question comes from, so your answers may differ from your neighbour's:",
        "dnsall -a {dns} google.com",
        &["142.250.191.238\n", "2607:f8b0:4009:819::200e\n"],
    );
    tour.world("And from the address back to a name:", "dnsall {dns} 8.8.8.8", &["PTR:dns.google.\n"]);
    tour.ask_for(
        3,
        "Where no server answers, the status is 3: worth trying again.",
        "dnsall @127.0.0.1:1 dev.to",
        &["127.0.0.1:1"],
    );
}

/// The commonest record types, and what each is for.
const GLOSSARY: &[(&str, &str)] = &[
    ("A", "an IPv4 address of the name"),
    ("AAAA", "an IPv6 address of the name"),
    ("CNAME", "the name that this one is an alias of"),
    ("NS", "a name server of the zone"),
    ("SOA", "start of authority: the zone's main server, its keeper's mail address, a serial number and times"),
    ("MX", "a host that takes mail for the name; the lowest number is tried first"),
    ("TXT", "free text, most of it rules for mail and proofs that the name is somebody's"),
    ("PTR", "the name of an address"),
    ("SRV", "the host and the port of a service"),
    ("CAA", "who may issue certificates for the name"),
    ("HTTPS", "how to connect to the web server of the name"),
    ("DS, DNSKEY", "the chain of signatures that proves an answer"),
];

fn types(tour: &mut Tour) {
    tour.say("These are the types that you will meet most often:");
    tour.list(GLOSSARY);
    tour.world(
        "What the records tell about the people behind a name: who runs their servers, who takes their mail, who may \
         send mail for them, and to which companies they have proved that the name is theirs:",
        "dnsall --explain {dns} dev.to",
        &["Fastly", "Cloudflare", "Google", "IPv6"],
    );
}

fn together(tour: &mut Tour) {
    tour.say("Lines in, lines out: the tools work with each other and with everything else that reads lines.");
    tour.world(
        "A name, its addresses, and who administers them:",
        "dnsall -a {dns} dev.to google.com | rirwhois -r -e -f 2",
        &["151.101.66.217\tARIN\n", "2607:f8b0:4009:819::200e\tARIN\n"],
    );
    tour.ask(
        "Which registries do the visitors of a web server come from, private addresses left out?",
        "ipconv --extract access.log | ipconv --is public | rirwhois -r | sort | uniq -c",
        &["1 APNIC", "3 ARIN", "1 RIPE"],
    );
    tour.world(
        "The fewest prefixes for a firewall that hold all of an organisation's addresses:",
        "rirwhois --blocks {whois} GOGL | ipconv --cidrs",
        &["8.8.8.0/24\n", "2607:f8b0::/32\n"],
    );
    let _server = serve(tour);
    tour.ask(
        "The tools keep lines in step, so that their answers can stand beside the questions:",
        "getserv --dump | head -n 6 | getserv -k -f 2 | paste - - - | upper-echo -s {echo}",
        &["TCPMUX\t", "DISCARD"],
    );
    // One address, many sites: the name has to be sent along.
    let web = match sites() {
        Ok(web) => web,
        Err(e) => return tour.check("a web server of the lab", false, &e.to_string()),
    };
    tour.lab.name("web", web.to_string());
    tour.ask(
        "Many sites share one address, so a browser sends the name along with its request:",
        "printf 'GET / HTTP/1.0\\r\\nHost: dev.to\\r\\n\\r\\n' | upper-echo -s {web} 2>/dev/null | tail -n 1",
        &["The site of dev.to"],
    );
    tour.ask(
        "Type the address alone into a browser, and this is what it sends. The server cannot know which site is meant:",
        "printf 'GET / HTTP/1.0\\r\\nHost: {web}\\r\\n\\r\\n' | upper-echo -s {web} 2>/dev/null | tail -n 1",
        &["No such site"],
    );
}

/// A web server with one site, which ends with the process: who names another
/// site, or none, gets an error page.
fn sites() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut headers = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let (status, body) = match headers.any(|line| line.eq_ignore_ascii_case("host: dev.to")) {
                true => ("200 OK", "The site of dev.to"),
                false => ("404 Not Found", "No such site here"),
            };
            let reply = format!("HTTP/1.0 {status}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n{body}\n");
            // A client that has heard enough is no failure of the lab.
            let _ = stream.write_all(reply.as_bytes());
            // What was not read would turn the end into a reset.
            headers_end(&mut stream);
        }
    });
    Ok(address)
}

/// Reads what the client has still to say.
fn headers_end(stream: &mut TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = io::copy(stream, &mut io::sink());
}
