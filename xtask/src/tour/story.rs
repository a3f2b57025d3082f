//! The chapters, in the order of a connection: a server, a client, the port,
//! the address, who has the address, the name.
use std::{io, net::TcpListener};

use super::{
    Tour,
    lab::{Echod, has_ipv6},
};

pub(super) fn tell(tour: &mut Tour) {
    println!(
        "Six small tools, and the way of one connection from its first byte to its owner. Every command below runs as it"
    );
    println!("is printed; only the ports differ from run to run.");
    let server = a_server(tour);
    a_client(tour, server.as_ref());
    ports(tour);
    addresses(tour);
    registries(tour);
    names(tour);
    together(tour, server);
    println!("\nThat was the tour. To have the six with their manuals and completions: cargo xtask install");
}

fn a_server(tour: &mut Tour) -> Option<Echod> {
    tour.chapter(
        "A server",
        "upper-echod waits on a port and sends everything back in upper case. Port 0 lets the system pick a free one; the \
         first line says which. From then on the port is taken until the program ends.",
    );
    let args: &[&str] = if has_ipv6() { &["127.0.0.1:0", "[::1]:0"] } else { &["127.0.0.1:0"] };
    println!("\n$ upper-echod {} &", args.join(" "));
    let server = Echod::start(&tour.bin, args);
    let server = server.map_err(|why| tour.check("upper-echod", false, &why)).ok()?;
    for name in ["echo", "echo6"].iter().take(args.len()) {
        let line = server.line().unwrap_or_default();
        println!("{line}");
        let address = line.strip_prefix("listening on ").unwrap_or_default().to_owned();
        tour.check("upper-echod", !address.is_empty(), "it does not say where it listens");
        if *name == "echo" {
            // As bash wants it.
            tour.lab.name("echo/", address.replace(':', "/"));
        }
        tour.lab.name(name, address);
    }
    if !has_ipv6() {
        tour.say("(This machine has no IPv6, so the server listens on IPv4 alone.)");
    }
    tour.ask_for(2, "A second server can't have the same port.", "upper-echod {echo}", &["{echo}", "ss -ltn"]);
    tour.say(
        "A client that connects and says nothing would hold its place for ever, and many of them exhaust a server: so \
         silence has a limit. Here it is 0.3 seconds, for a client that keeps quiet for 1.",
    );
    println!("\n$ upper-echod --idle 0.3 127.0.0.1:0 &");
    match Echod::start(&tour.bin, &["--idle", "0.3", "127.0.0.1:0"]) {
        Ok(strict) => {
            let first = strict.line().unwrap_or_default();
            println!("{first}");
            tour.lab.name("strict", first.strip_prefix("listening on ").unwrap_or_default());
            let line = tour.lab.fill("sleep 1 | upper-echo -s {strict}");
            println!("$ {line}");
            print!("{}", tour.sh(&line).1);
            let closed = strict.line().unwrap_or_default();
            println!("{closed}");
            tour.check(&line, closed.ends_with("closed: 0 bytes, idle"), "the silent client was not closed");
        }
        Err(why) => tour.check("upper-echod --idle", false, &why),
    }
    Some(server)
}

fn a_client(tour: &mut Tour, server: Option<&Echod>) {
    tour.chapter(
        "A client",
        "upper-echo connects, sends its words, says that it is done, and prints what comes back. A connection has two \
         ends: the client's port is one that its system lends it.",
    );
    tour.ask("", "upper-echo -v -s {echo} Hello World", &[" -> {echo}", "HELLO WORLD\n"]);
    if let Some(server) = server {
        tour.say("The server has seen the same two ends from its side:");
        println!();
        for want in ["wrote: Hello World", "closed: 11 bytes, client closed"] {
            let line = server.line().unwrap_or_default();
            println!("{line}");
            tour.check("upper-echod", line.ends_with(want), &format!("its log lacks {want:?}"));
        }
    }
    if crate::run::find("bash").is_some() {
        tour.ask(
            "Many first clients send `Hello World` without a newline, don't say that they are done, and wait. A server \
             that reads lines waits for the newline, and the two wait for each other for ever. This one answers bytes as \
             they come. (bash as the client:)",
            "bash -c 'exec 3<>/dev/tcp/{echo/}; printf \"Hello World\" >&3; head -c 11 <&3; echo'",
            &["HELLO WORLD\n"],
        );
    }
    if has_ipv6() {
        tour.ask("The same over IPv6:", "echo 'Hello World' | upper-echo -s {echo6}", &["HELLO WORLD\n"]);
    }
}

fn ports(tour: &mut Tour) {
    tour.chapter(
        "Ports",
        "A port is a number from 0 to 65535, and many have a name. The names are IANA's (the rules are RFC 6335), and \
         a host keeps a list of its own in /etc/services.",
    );
    tour.ask(
        "The list begins so:",
        "getserv --source iana --dump | head -n 12",
        &["tcpmux\t1/tcp", "echo\t7/tcp", "discard\t9/tcp"],
    );
    tour.ask("One service, all protocols:", "getserv -l echo", &["echo\t7/tcp", "echo\t7/udp"]);
    tour.ask("By name, and by number:", "getserv http", &["80\n"]);
    tour.ask("", "getserv 80", &["http\n"]);
    tour.ask_for(1, "What no port can be is refused, by name.", "getserv 70000", &["getserv: 70000: "]);
    tour.ask(
        "Ports below 1024 are the system's, those up to 49151 are for users' services (hence 5555), and clients get the \
         rest, by the standard. Hosts have their own idea of the last range:",
        "getserv --class -e 80 5555 57990",
        &["80\tsystem", "5555\tuser", "57990\tdynamic"],
    );
    tour.ask("", "getserv --ranges", &["system\t0-1023", "user\t1024-49151", "dynamic\t49152-65535"]);
    match TcpListener::bind("127.0.0.1:80").map(drop).map_err(|e| e.kind()) {
        Err(io::ErrorKind::PermissionDenied) => tour.ask_for(
            2,
            "Not everyone may serve a system port. The message names the cures.",
            "upper-echod 127.0.0.1:80",
            &["127.0.0.1:80: ", "ip_unprivileged_port_start"],
        ),
        Err(io::ErrorKind::AddrInUse) => {
            tour.say(
                "(Port 80 would be refused to an ordinary user here; it is in use already, so the tour can't show it.)",
            );
        }
        _ => tour.say(
            "(An ordinary user would be refused port 80 by most systems. You may use it here, as root or because \
             net.ipv4.ip_unprivileged_port_start allows it, so there is no refusal to show.)",
        ),
    }
}

fn addresses(tour: &mut Tour) {
    tour.chapter("Addresses", "An IPv4 address is four bytes, and the dots are for people.");
    tour.ask(
        "",
        "ipconv -o python,octets,packed,int 127.0.0.1",
        &["b'\\x7f\\x00\\x00\\x01'\t127.0.0.1\t7f000001\t2130706433\n"],
    );
    tour.ask(
        "An IPv6 address is sixteen: eight groups of 16 bits. Leading zeros may go, and come back on request.",
        "ipconv --from hex -o compressed,exploded 0123456789abcdef0123456789abcdef",
        &["123:4567:89ab:cdef:123:4567:89ab:cdef\t0123:4567:89ab:cdef:0123:4567:89ab:cdef\n"],
    );
    tour.ask(
        "Four times the bits make 2 to the power of 96 times the addresses:",
        "ipconv -e -o num_addresses 0.0.0.0/0 ::/0",
        &["0.0.0.0/0\t4294967296\n", "::/0\t340282366920938463463374607431768211456\n"],
    );
    tour.ask(
        "What an address is good for stands in IANA's registries; the last lines name the row and its RFC.",
        "ipconv 127.0.0.1",
        &["is_loopback     true", "is_private      true", "is_global       false", "Loopback", "RFC1122"],
    );
    tour.ask_for(1, "A slip is refused, not guessed at.", "ipconv 256.1.1.1", &["ipconv: 256.1.1.1: "]);
}

fn registries(tour: &mut Tour) {
    tour.chapter(
        "Who has an address",
        "Five regional registries hand addresses out: AFRINIC (Africa), APNIC (Asia and the Pacific), ARIN (Canada, the \
         USA and some Caribbean islands), LACNIC (Latin America and other Caribbean islands) and RIPE NCC (Europe, the \
         Middle East and Central Asia). A table of theirs is built in.",
    );
    tour.ask(
        "The row of 8.8.8.8:",
        "rirwhois -t 8.8.8.8",
        &["ARIN\tLEGACY\t1992-12\twhois.arin.net\thttps://rdap.arin.net/registry"],
    );
    tour.ask(
        "The registries of some addresses, and of an address that nobody owns:",
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
        "What a registry says of an address itself: it is asked over port 43, which is whois.",
        "rirwhois {whois} 8.8.8.8",
        &["Google LLC"],
    );
    tour.world("The same in fields that are alike for all registries:", "rirwhois -b {whois} 8.8.8.8", &["GOGL"]);
    tour.world(
        "Who asks the wrong registry is sent on. This block has moved after the table was made, and ARIN says where to:",
        "rirwhois -v -b {whois} 9.9.9.9",
        &["RIPE"],
    );
    tour.world(
        "All that an organisation holds, for its friends and for scanners:",
        "rirwhois --blocks {whois} GOGL",
        &["8.8.8.0/24\n"],
    );
    tour.ask_for(1, "A word is no address.", "rirwhois -r hello", &["rirwhois: hello: "]);
}

fn names(tour: &mut Tour) {
    tour.chapter(
        "Names",
        "Before anyone is asked, a host looks into a file of its own. That is where localhost comes from, and where names \
         for machines at home can stand.",
    );
    tour.ask("", "cat hosts", &["gitserver"]);
    tour.world(
        "",
        "dnsall --hosts hosts {dns} gitserver ip6-loopback",
        &["gitserver\tHOSTS:127.0.0.1\n", "ip6-loopback\tHOSTS:::1\n"],
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
        "Between two hosts stand caches, and this one has had \
         example.org for a while: about 17 hours are left.",
        "dnsall -l -t A {dns} example.org",
        &["A\t61854\t93.184.216.34\n"],
    );
    tour.world(
        "Who asks whom? The root knows who serves to, they know who serves dev.to, and those know the answer.",
        "dnsall --trace -t A {root} dev.to",
        &["TRACE:.", "TRACE:to.", "TRACE:dev.to.", "A:151.101.66.217\n"],
    );
    tour.world(
        "The addresses alone, as a client would try them:",
        "dnsall -a {dns} google.com",
        &["142.250.191.238\n", "2607:f8b0:4009:819::200e\n"],
    );
    tour.world(
        "What the records tell about the people behind a name: who runs their servers, who carries their mail, who may \
         send it, who has proved what to whom. And why the address alone, in a browser, shows another page.",
        "dnsall --explain {dns} dev.to",
        &["Fastly serves", "Cloudflare runs the DNS", "Google takes the mail", "no direct IPv6"],
    );
    tour.world("And from the address back to a name:", "dnsall {dns} 8.8.8.8", &["PTR:dns.google.\n"]);
    tour.ask_for(
        3,
        "Where no server answers, the status is 3: worth trying again.",
        "dnsall @127.0.0.1:1 dev.to",
        &["127.0.0.1:1"],
    );
}

fn together(tour: &mut Tour, server: Option<Echod>) {
    tour.chapter("Together", "Lines in, lines out: the tools compose with each other and with all the rest.");
    tour.world(
        "A name, its addresses, and who administers them:",
        "dnsall -a {dns} dev.to google.com | cut -f 2 | rirwhois -r -e",
        &["151.101.66.217\tARIN\n", "2607:f8b0:4009:819::200e\tARIN\n"],
    );
    tour.ask(
        "Where do the visitors of a web server come from, the private addresses left out?",
        "ipconv --extract access.log | ipconv --is is_global | rirwhois -r | sort | uniq -c",
        &["1 APNIC", "3 ARIN", "1 RIPE"],
    );
    tour.world(
        "The fewest prefixes for a firewall that hold all of an organisation's addresses:",
        "rirwhois --blocks {whois} GOGL | ipconv --cidrs",
        &["8.8.8.0/24\n", "2607:f8b0::/32\n"],
    );
    if server.is_some() {
        tour.ask(
            "The tools keep lines in step, so that their answers can stand beside the questions:",
            "getserv --dump | head -n 6 | getserv -k -f 2 | paste - - - | upper-echo -s {echo}",
            &["TCPMUX\t", "DISCARD"],
        );
    }
}
