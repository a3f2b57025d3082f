//! Where an answer sends us, and where it doesn't.
use std::net::TcpListener;

use plainnet_lab::{
    private::Net,
    whois::{SERVERS, say},
};

use super::{among, inetnum, netrange};

/// The stub of APNIC and AFRINIC, its lines in either order.
#[test]
fn a_stub_is_followed_and_not_printed() {
    const MOVED: &str = "descr: Transferred to the RIPE region on 2018-03-19T09:06:17Z.";
    const BY: &str = "mnt-by: APNIC-STUB";
    among(&[], "", |names| {
        for (home, operand) in [("APNIC", "1.0.0.1"), ("AFRINIC", "196.216.2.1")] {
            for (lines, want, connections) in [
                ([MOVED, BY], "REAL\tRIPE", 2),
                ([BY, MOVED], "REAL\tRIPE", 2),
                // Under another maintainer the same words are a holder's, and data.
                ([MOVED, "mnt-by: MAINT-X"], &*format!("STUB\t{home}"), 1),
            ] {
                names.clear();
                let record = format!("inetnum: {operand} - {operand}\nnetname: STUB\n{}\n{}\n", lines[0], lines[1]);
                names.does(home, say(record));
                names.does("RIPE", inetnum(&format!("{operand} - {operand}"), "REAL", "RIPE"));
                let seen = names.ask(&["-o", "name,registry", operand]);
                assert_eq!((seen.status, seen.out), (0, format!("{want}\n")), "{lines:?} {}", seen.err);
                assert_eq!(names.connections(), connections, "{lines:?}");
            }
        }
    });
}

/// Each record that only says "not here", at a registry that has it.
#[test]
fn a_placeholder_is_never_the_answer() {
    let net = |name: &str| say(format!("inetnum: 1.0.0.0 - 223.255.255.255\nnetname: {name}\ndescr: x\n"));
    let everything = say("inetnum: 0.0.0.0 - 255.255.255.255\nnetname: X\n");
    let lacnic = say("% IP Client: 192.0.2.7\n\n% Unallocated and unassigned in LACNIC block: 200/8\n");
    let placeholders = [
        ("APNIC", "150.1.0.1", net("ERX-NETBLOCK")),
        ("APNIC", "150.1.0.1", net("IANA-NETBLOCK-150")),
        ("APNIC", "150.1.0.1", say("% not allocated to APNIC\n")),
        ("APNIC", "150.1.0.1", everything.clone()),
        ("APNIC", "2400:cb00::1", say("inet6num: ::/0\nnetname: X\n")),
        ("RIPE", "193.0.0.1", net("NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK")),
        ("RIPE", "193.0.0.1", net("IANA-BLK")),
        ("RIPE", "193.0.0.1", net("EU-ZZ-193")),
        ("RIPE", "2a00::1", say("inet6num: ::/0\nnetname: ROOT\n")),
        ("AFRINIC", "196.216.2.1", net("ARIN-CIDR-BLOCK")),
        ("AFRINIC", "196.216.2.1", net("ROOT")),
        ("AFRINIC", "196.216.2.1", everything),
        ("LACNIC", "200.3.14.10", lacnic),
    ];
    among(&[], "", |names| {
        for (home, operand, placeholder) in placeholders {
            names.clear();
            names.does(home, placeholder.clone());
            let real = format!("NetRange: {operand} - {operand}\nNetName: REAL\n");
            names.does("ARIN", say(real));
            let seen = names.ask(&["-o", "name,registry", operand]);
            assert_eq!((seen.status, &*seen.out), (0, "REAL\tARIN\n"), "{home} {placeholder:?} {}", seen.err);
            assert_eq!(names.connections(), 2, "{placeholder:?}");
            // Nobody has it: RIPE's mirrors are asked, too, then that is said.
            names.clear();
            names.does(home, placeholder.clone());
            let seen = names.ask(&["-o", "name", operand]);
            assert_eq!((seen.status, &*seen.out), (1, ""), "{placeholder:?} {seen:?}");
            assert!(seen.err.contains(": no registry has a record (asked "), "{}", seen.err);
            assert!(names.connections() <= 5, "{placeholder:?}");
            assert_eq!(names.queries("RIPE").last(), Some(&format!("-r --resource {operand}")));
            // Who names the server is told what it says, and nobody else is asked.
            names.clear();
            names.does(home, placeholder.clone());
            let seen = names.ask(&["-s", &names.at(home), operand]);
            assert_eq!((seen.status, names.connections()), (1, 1), "{seen:?}");
            assert_eq!(seen.err, format!("rirwhois: {operand}: only a placeholder at {}\n", names.at(home)));
        }
    });
}

/// A placeholder speaks for no other address, nor does what was found after it.
#[test]
fn nothing_is_shared_after_a_placeholder() {
    among(&[], "", |names| {
        names.does("APNIC", inetnum("150.0.0.0 - 150.255.255.255", "ERX-NETBLOCK", "APNIC"));
        names.does("ARIN", netrange("150.0.0.0 - 150.255.255.255", "REAL", ""));
        let seen = names.ask_about(&["-o", "name"], "150.1.0.1\n150.1.0.2\n");
        assert_eq!((seen.status, &*seen.out), (0, "REAL\nREAL\n"), "{seen:?}");
        assert_eq!((names.queries("APNIC").len(), names.queries("ARIN").len()), (2, 2));
    });
}

#[test]
fn every_form_of_a_referral_leads_on() {
    among(&[], "", |names| {
        let real = || inetnum("8.0.0.0 - 8.255.255.255", "REAL", "RIPE");
        for form in
            ["whois://whois.ripe.net", "whois://whois.ripe.net:43", "whois.ripe.net", "whois://WHOIS.RIPE.NET./"]
        {
            names.clear();
            names.does("ARIN", netrange("8.8.0.0 - 8.8.255.255", "OLD", &format!("ReferralServer:  {form}")));
            names.does("RIPE", real());
            let seen = names.ask(&["-o", "name,registry", "8.8.8.8"]);
            assert_eq!((seen.status, &*seen.out), (0, "REAL\tRIPE\n"), "{form} {}", seen.err);
            assert_eq!(names.connections(), 2);
        }
        // The parent comes first at ARIN, so the last one is the answer's.
        names.clear();
        let parent = "NetRange: 8.0.0.0 - 8.255.255.255\nReferralServer: whois://whois.apnic.net\n\n";
        let child = "NetRange: 8.8.8.0 - 8.8.8.255\nNetName: OLD\nReferralServer: whois://whois.apnic.net\n\
                     ReferralServer: whois://whois.ripe.net\n";
        names.does("ARIN", say(format!("{parent}{child}")));
        names.does("RIPE", real());
        assert_eq!(names.ask(&["-o", "name", "8.8.8.8"]).out, "REAL\n");
        assert_eq!(names.lab.seen("APNIC").connections, 0);
        // IANA's two words for it.
        for line in ["refer:        whois.ripe.net", "whois:        whois.ripe.net"] {
            names.clear();
            names.does("IANA", say(format!("{line}\n\ninetnum:      8.0.0.0 - 8.255.255.255\n")));
            names.does("RIPE", real());
            let seen = names.ask(&["-s", &names.at("IANA"), "-o", "name,registry", "8.8.8.8"]);
            assert_eq!((seen.status, &*seen.out), (0, "REAL\tRIPE\n"), "{line} {}", seen.err);
        }
        // The national registries have names of their own; KRNIC has two.
        for (host, registry) in
            [("whois.nic.ad.jp", "JPNIC"), ("whois.nic.or.kr", "KRNIC"), ("whois.krnic.net", "KRNIC")]
        {
            names.clear();
            names.does("ARIN", netrange("8.8.0.0 - 8.8.255.255", "OLD", &format!("ReferralServer: whois://{host}")));
            for (name, ..) in SERVERS.iter().filter(|s| s.0.starts_with(registry)) {
                names.does(name, say("IPv4 Address       : 8.8.8.0 - 8.8.8.255 (/24)\nService Name : REAL\n"));
            }
            let seen = names.ask(&["-o", "name,registry", "8.8.8.8"]);
            assert_eq!((seen.status, seen.out), (0, format!("REAL\t{registry}\n")), "{host} {}", seen.err);
        }
    });
}

/// A proxy that can't ask another registry names it; that one is asked then.
#[test]
fn a_proxy_that_is_unable_is_gone_round() {
    among(&[], "", |names| {
        for other in ["RIPE", "APNIC", "ARIN", "LACNIC"] {
            names.clear();
            names.does("AFRINIC", say(format!("% The WHOIS is temporary unable to query {other}\n")));
            names.does(other, say("inetnum: 196.216.2.0 - 196.216.3.255\nnetname: REAL\n"));
            let seen = names.ask(&["-o", "name,registry", "196.216.2.1"]);
            assert_eq!((seen.status, seen.out), (0, format!("REAL\t{other}\n")), "{}", seen.err);
            assert_eq!(names.connections(), 2);
        }
        names.clear();
        names.does("AFRINIC", say("% The WHOIS is temporary unable to query the other one\n"));
        let seen = names.ask(&["196.216.2.1"]);
        assert_eq!((seen.status, &*seen.out), (3, ""), "{seen:?}");
        // The joint whois of LACNIC passes answers on, and they are the other registry's.
        names.clear();
        names.does(
            "LACNIC",
            say("% IP Client: 192.0.2.7\n\ninetnum: 200.3.0.0 - 200.3.255.255\nnetname: X\nsource: RIPE # Filtered\n"),
        );
        assert_eq!(names.ask(&["-o", "registry", "200.3.14.10"]).out, "RIPE\n");
        names.does("LACNIC", say("% IP Client: 192.0.2.7\n\nNetRange: 200.3.0.0 - 200.3.255.255\nNetName: X\n"));
        assert_eq!(names.ask(&["-o", "registry", "200.3.14.11"]).out, "ARIN\n");
    });
}

/// Names in free text lead nowhere, nor do words in attributes of the holder.
#[test]
fn what_is_no_referral_is_not_followed() {
    const LINES: &str = "ResourceLink: whois://whois.ripe.net\nResourceLink: https://apps.db.ripe.net/search/query.html\n\
        Comment: ReferralServer: whois://whois.ripe.net\nremarks: whois://whois.ripe.net\nremarks: %referral whois.ripe.net\n\
        descr: The WHOIS is temporary unable to query RIPE\ndescr: access denied, query rate limit exceeded\n\
        descr: Unallocated and unassigned in LACNIC block\nremarks: No match found for it. %ERROR:101: no entries found\n";
    among(&[], "", |names| {
        names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "REAL", LINES));
        names.does("APNIC", say(format!("inetnum: 1.0.0.0/8\nnetname: REAL\n{LINES}% referral whois.ripe.net\n")));
        for operand in ["8.8.8.8", "1.1.1.1"] {
            let seen = names.ask(&["-o", "name", operand]);
            assert_eq!((seen.status, &*seen.out, &*seen.err), (0, "REAL\n", ""), "{operand}");
        }
        assert_eq!(names.connections(), 2);
    });
}

#[test]
fn a_loop_ends_at_the_second_visit() {
    let others = ["rwhois.one.example:4321", "rwhois.two.example:4321"];
    let hosts = "45.0.0.1 rwhois.one.example\n45.0.0.2 rwhois.two.example\n";
    among(&others, hosts, |names| {
        let refer = |name: &str, to: &str| netrange("8.0.0.0 - 8.255.255.255", name, &format!("ReferralServer: {to}"));
        names.does("ARIN", refer("A", "whois://whois.ripe.net"));
        names.does("RIPE", refer("B", "whois://whois.arin.net"));
        let seen = names.ask(&["-o", "name", "8.8.8.8"]);
        assert_eq!((seen.status, &*seen.out, names.connections()), (0, "B\n", 2), "{seen:?}");
        // A registry that names itself.
        names.clear();
        names.does("ARIN", refer("A", "whois://whois.arin.net"));
        let seen = names.ask(&["-o", "name", "8.8.8.8"]);
        assert_eq!((seen.status, &*seen.out, &*seen.err, names.connections()), (0, "A\n", "", 1));
        // Nothing but referrals: there is no answer.
        names.clear();
        names.does("IANA", say("refer: whois.iana.org\n"));
        let seen = names.ask(&["-s", &names.at("IANA"), "8.8.8.8"]);
        assert_eq!((seen.status, &*seen.out), (1, ""), "{seen:?}");
        if names.net == Net::Shared {
            return;
        }
        // rwhois servers that send us to each other.
        names.clear();
        names.does("ARIN", refer("A", "rwhois://rwhois.one.example:4321/"));
        names.does(others[0], say("%rwhois V-1.5\n%referral rwhois://rwhois.two.example:4321/auth-area=.\n%ok\n"));
        names.does(others[1], say("%rwhois V-1.5\n%referral rwhois://rwhois.one.example\n%ok\n"));
        let seen = names.ask(&["--follow-any", "-o", "name", "8.8.8.8"]);
        assert_eq!((seen.status, &*seen.out, names.connections()), (0, "A\n", 3), "{seen:?}");
        assert!(seen.err.contains("would loop"), "{}", seen.err);
        // The answer of one.
        names.does(others[1], say("%rwhois V-1.5\nnetwork:IP-Network:8.8.8.0/24\nnetwork:Network-Name:REAL\n%ok\n"));
        let seen = names.ask(&["--follow-any", "-o", "name,server", "8.8.8.8"]);
        assert_eq!((seen.status, &*seen.out), (0, "REAL\trwhois.two.example:4321\n"), "{seen:?}");
        // It has nothing more: what we have is the answer.
        names.does(others[1], say("%rwhois V-1.5\n%error 230 No Objects Found\n"));
        let seen = names.ask(&["--follow-any", "-o", "name", "8.8.8.8"]);
        assert_eq!((seen.status, &*seen.out), (0, "A\n"), "{seen:?}");
    });
}

/// Thirty hosts, each of which knows the next one.
#[test]
fn a_chain_of_thirty_hosts_is_cut_after_five_referrals() {
    let chain: Vec<String> = (1..=30).map(|n| format!("h{n}.example:43")).collect();
    let hosts: String = (1..=30).map(|n| format!("45.0.0.{n} h{n}.example\n")).collect();
    let chain: Vec<&str> = chain.iter().map(String::as_str).collect();
    among(&chain, &hosts, |names| {
        let next = |n: usize| {
            let to = format!("ReferralServer: whois://h{}.example", n + 1);
            netrange("8.0.0.0 - 8.255.255.255", &format!("N{n}"), &to)
        };
        names.does("ARIN", next(0));
        for (n, host) in chain.iter().enumerate() {
            names.does(host, next(n + 1));
        }
        // None of them is a registry's.
        let seen = names.ask(&["-o", "name", "8.8.8.8"]);
        assert_eq!((seen.status, &*seen.out, names.connections()), (0, "N0\n", 1), "{seen:?}");
        assert_eq!(seen.err, "rirwhois: 8.8.8.8: referral to whois://h1.example refused (--follow-any follows it)\n");
        if names.net == Net::Own {
            let seen = names.ask(&["--follow-any", "-o", "name", "8.8.8.8"]);
            assert_eq!((seen.status, &*seen.out, names.connections()), (0, "N5\n", 7), "{seen:?}");
        }
    });
}

/// What else listens on this machine is never spoken to.
#[test]
fn a_referral_reaches_nothing_inside() {
    let hosts = "127.0.0.1 inside.example\n10.0.0.1 private.example\n45.0.0.9 half.example\n127.0.0.1 half.example\n";
    among(&["45.0.0.9:4321"], hosts, |names| {
        let bind = |addr: &str| (names.net == Net::Own).then(|| TcpListener::bind(addr).unwrap());
        let traps: Vec<TcpListener> = ["127.0.0.1:6379", "127.0.0.1:43", "127.0.0.1:4321", "[::1]:43", "45.0.0.9:22"]
            .iter()
            .filter_map(|a| bind(a))
            .collect();
        for target in [
            "whois://127.0.0.1:6379",
            "rwhois://127.0.0.1:6379",
            "whois://127.0.0.1",
            "rwhois://127.0.0.1",
            "127.0.0.1",
            "whois://10.0.0.1",
            "whois://10.0.0.1:43",
            "whois://169.254.169.254",
            "whois://192.168.0.1",
            "whois://[::1]",
            "whois://[::ffff:127.0.0.1]",
            "whois://[::ffff:7f00:1]:43",
            "whois://2130706433",
            "whois://0x7f000001",
            "whois://0177.0.0.1",
            "whois://127.1",
            "whois://0",
            "whois://inside.example",
            "whois://private.example",
            "whois://localhost",
            "whois://half.example:22",
            "whois://whois.ripe.net:6379",
            "whois://whois.ripe.net.example",
            "whois://whois.ripe.net@127.0.0.1",
            "whois://user:secret@whois.ripe.net",
            "http://127.0.0.1:6379/",
            "gopher://127.0.0.1:6379/",
        ] {
            names.clear();
            names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "REAL", &format!("ReferralServer: {target}")));
            for args in [&["-o", "name", "8.8.8.8"][..], &["--follow-any", "-o", "name", "8.8.8.8"]] {
                // Without a hosts file of our own such a name would be asked of the DNS.
                if names.net == Net::Shared && args.len() > 3 && target.ends_with(".example") {
                    continue;
                }
                let seen = names.ask(args);
                // A name that does not exist is no refusal.
                let unknown = target == "whois://whois.ripe.net.example" && args.len() > 3;
                assert_eq!(seen.status, if unknown { 3 } else { 0 }, "{target} {seen:?}");
                assert!(unknown || seen.out == "REAL\n", "{target} {seen:?}");
                assert!(unknown || seen.err.starts_with("rirwhois: 8.8.8.8: referral to "), "{target} {seen:?}");
                assert!(unknown || seen.err.contains(" refused"), "{target} {seen:?}");
            }
            assert!(names.connections() <= 2, "{target}");
        }
        // A name with a public address and a private one: only the first is tried.
        if names.net == Net::Own {
            names.does("45.0.0.9:4321", say("network:IP-Network:8.8.8.0/24\nnetwork:Network-Name:OUT\n"));
            names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "REAL", "ReferralServer: rwhois://half.example"));
            let seen = names.ask(&["--follow-any", "-o", "name", "8.8.8.8"]);
            assert_eq!((seen.status, &*seen.out), (0, "OUT\n"), "{seen:?}");
        }
        for trap in traps {
            trap.set_nonblocking(true).unwrap();
            assert!(trap.accept().is_err(), "somebody came to {trap:?}");
        }
    });
}
