//! rirwhois among registries under their real names and ports, in a network of
//! its own. Where the machine gives no such network, `--registries` stands in
//! for the names, and standard error says so.
use std::{
    collections::BTreeMap,
    net::{Ipv6Addr, SocketAddr, TcpListener},
    os::fd::OwnedFd,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use plainnet_lab::{
    private::{self, Net},
    tool::{self, Seen},
    whois::{self, Act, Lab, Registries, SERVERS, Server, say, serve_in},
};

const TOOL: &str = env!("CARGO_BIN_EXE_rirwhois");

type Answer = Arc<dyn Fn(&str) -> Act + Send + Sync>;

/// All registries, each doing what it was last told to.
struct Names {
    net: Net,
    lab: Lab,
    file: Option<Registries>,
    stage: Arc<Mutex<BTreeMap<String, Answer>>>,
}

/// Runs the test called `test` among the registries, with `more` servers by
/// name and port, which need a hosts file of theirs and a network of our own.
fn among(test: &str, more: &[&str], hosts: &str, check: impl FnOnce(&Names)) {
    private::within(test, &(whois::hosts() + hosts), |net| {
        let stage: Arc<Mutex<BTreeMap<String, Answer>>> = Arc::default();
        let registries = SERVERS.iter().map(|s| s.0).filter(|name| net == Net::Own || !name.contains(' '));
        let more = more.iter().copied().filter(|_| net == Net::Own);
        let servers = registries.chain(more).map(|name| {
            let (stage, key) = (stage.clone(), name.to_owned());
            let answer = move |query: &str| {
                let answer = stage.lock().unwrap().get(&key).cloned();
                answer.map_or_else(|| say("No match found for it.\n"), |answer| answer(query))
            };
            match name {
                "RIPE" | "APNIC" | "AFRINIC" => Server::ripe(name, answer),
                _ => Server::new(name, answer),
            }
        });
        let lab = serve_in(net, servers);
        let file = (net == Net::Shared).then(|| lab.file());
        check(&Names { net, lab, file, stage });
    });
}

impl Names {
    /// From now on the server does this with every query.
    fn does(&self, name: &str, act: Act) {
        self.answers(name, move |_| act.clone());
    }

    fn answers(&self, name: &str, answer: impl Fn(&str) -> Act + Send + Sync + 'static) {
        self.stage.lock().unwrap().insert(name.to_owned(), Arc::new(answer));
    }

    /// A new scene: nobody has a record, and nobody was asked.
    fn clear(&self) {
        self.stage.lock().unwrap().clear();
        self.lab.forget();
    }

    /// Asks, and sees to it that this takes no longer than `most` seconds.
    fn within(&self, most: u64, args: &[&str], input: &str) -> Seen {
        let registries = self.file.as_ref().map(|f| ["--registries", f.path()]);
        let all = registries.iter().flatten().chain(args);
        let start = Instant::now();
        let seen = tool::run(TOOL, all, input.as_bytes());
        assert!(start.elapsed() < Duration::from_secs(most), "{:?} {args:?} {}", start.elapsed(), seen.err);
        seen
    }

    fn ask(&self, args: &[&str]) -> Seen {
        self.within(5, args, "")
    }

    /// How the tool calls a registry's server.
    fn at(&self, registry: &str) -> String {
        match self.net {
            Net::Own => SERVERS.iter().find(|s| s.0 == registry).map_or(registry, |s| s.1).to_owned(),
            Net::Shared => self.lab.addrs[registry].to_string(),
        }
    }

    fn queries(&self, name: &str) -> Vec<String> {
        self.lab.seen(name).queries
    }

    /// Connections to all of them.
    fn connections(&self) -> usize {
        self.lab.addrs.keys().map(|name| self.lab.seen(name).connections).sum()
    }
}

/// A record in the form of RIPE's software.
fn inetnum(block: &str, name: &str, source: &str) -> Act {
    let text = "% Information related to it\n\n";
    say(format!("{text}inetnum:        {block}\nnetname:        {name}\nsource:         {source}\n"))
}

/// A record in ARIN's form, with further lines.
fn netrange(block: &str, name: &str, more: &str) -> Act {
    say(format!("\n# ARIN WHOIS data\n\nNetRange:       {block}\nNetName:        {name}\n{more}\n\n# end\n"))
}

#[test]
fn each_registry_at_its_own_name_in_its_own_words() {
    among("each_registry_at_its_own_name_in_its_own_words", &[], "", |names| {
        let record = |source| inetnum("0.0.0.1 - 255.255.255.255", "X", source);
        names.does("AFRINIC", record("AFRINIC"));
        names.does("APNIC", record("APNIC"));
        names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "X", ""));
        names.does("LACNIC", say("% IP Client: 192.0.2.7\n\ninetnum:     200.3.12/22\nowner: X\n"));
        names.does("RIPE", record("RIPE"));
        names.does("IANA", say("inetnum: 10.0.0.0 - 10.255.255.255\norganisation: X\n"));
        names.does("JPNIC", say("a. [Network Number]     202.12.30.0/24\nb. [Network Name]   X\n"));
        names.does("KRNIC", say("IPv4 Address       : 210.178.0.0 - 210.182.255.255 (/15+/15+/16)\n"));
        names.does("RADB", say("A36\nroute:      192.0.2.0/24\norigin:     AS64500\nC\n"));
        for (registry, operand, query) in [
            ("AFRINIC", "196.216.2.1", "-r -T inetnum,inet6num 196.216.2.1"),
            ("APNIC", "1.1.1.1", "-r -T inetnum,inet6num 1.1.1.1"),
            ("ARIN", "8.8.8.8", "n + = 8.8.8.8"),
            ("LACNIC", "200.3.14.10", "200.3.14.10"),
            ("RIPE", "193.0.6.139", "-r -T inetnum,inet6num 193.0.6.139"),
            ("IANA", "10.2.3.4", "10.2.3.4"),
            ("JPNIC", "202.12.30.115", "202.12.30.115/e"),
            ("KRNIC", "210.180.1.1", "210.180.1.1"),
            ("RADB", "192.0.2.0/24", "!r192.0.2.0/24,l"),
        ] {
            // The table leads to the first six; the others are asked by name.
            let at = names.at(registry);
            let by_name = ["JPNIC", "KRNIC", "RADB"].contains(&registry);
            let args = ["-o", "registry,server", operand, "-s", &at];
            let seen = names.ask(if by_name { &args } else { &args[..3] });
            assert_eq!((seen.status, seen.out), (0, format!("{registry}\t{at}\n")), "{}", seen.err);
            assert_eq!(names.queries(registry), [query]);
        }
        assert_eq!(names.connections(), 9);
        for (registry, operand, query) in [
            ("RIPE", "AS3333", "-r -T aut-num AS3333"),
            ("ARIN", "AS15169", "a + = 15169"),
            ("LACNIC", "AS28000", "AS28000"),
            ("RIPE", "org-rien1-ripe", "-r -T organisation ORG-RIEN1-RIPE"),
            ("APNIC", "ORG-ARAD1-AP", "-r -T organisation ORG-ARAD1-AP"),
            ("AFRINIC", "ORG-AFNC1-AFRINIC", "-r -T organisation ORG-AFNC1-AFRINIC"),
            ("LACNIC", "UY-LACN-LACNIC", "UY-LACN-LACNIC"),
            ("ARIN", "GOGL", "o ! GOGL"),
            ("ARIN", "NET-8-8-8-0-2", "n ! NET-8-8-8-0-2"),
            ("ARIN", "ZG39-ARIN", "p ! ZG39-ARIN"),
            ("ARIN", "8.8.8.0/24", "r + = 8.8.8.0/24"),
            ("ARIN", "4.4.4.0/24", "r + < 4.4.4.0/24"),
        ] {
            if query.starts_with("r + <") {
                names.does("ARIN", say("No match found for 4.4.4.0/24.\n"));
            }
            names.ask(&["-q", operand]);
            assert_eq!(names.queries(registry).last().map(String::as_str), Some(query), "{operand}");
        }
        names.ask(&["-q", "-s", &names.at("JPNIC"), "AS2497"]);
        assert_eq!(names.queries("JPNIC").last().map(String::as_str), Some("AS 2497/e"));
    });
}

/// What no peer's table knows: IANA lists these nine for another registry, and
/// the registries' statistics of September 2025 have them where they answer here.
#[test]
fn nine_blocks_that_moved_take_one_connection_each() {
    const MOVED: [(&str, &str); 9] = [
        ("154.33.0.1", "APNIC"),
        ("154.11.0.1", "ARIN"),
        ("163.121.0.1", "AFRINIC"),
        ("163.10.0.1", "LACNIC"),
        ("165.8.0.1", "AFRINIC"),
        ("52.80.0.1", "APNIC"),
        ("9.140.0.1", "RIPE"),
        ("57.180.0.1", "ARIN"),
        ("81.68.0.1", "APNIC"),
    ];
    among("nine_blocks_that_moved_take_one_connection_each", &[], "", |names| {
        for registry in ["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE"] {
            names.answers(registry, move |query| {
                let addr = query.rsplit(' ').next().unwrap_or_default();
                match MOVED.contains(&(addr, registry)) {
                    true if registry == "ARIN" => netrange(&format!("{addr} - {addr}"), "HERE", ""),
                    true => inetnum(&format!("{addr} - {addr}"), "HERE", registry),
                    false => inetnum("0.0.0.0 - 255.255.255.255", "IANA-BLK", registry),
                }
            });
        }
        for (done, (addr, registry)) in MOVED.into_iter().enumerate() {
            let seen = names.ask(&["-o", "registry,name,transferred", addr]);
            assert_eq!((seen.status, seen.out), (0, format!("{registry}\tHERE\ttrue\n")), "{}", seen.err);
            assert_eq!(names.connections(), done + 1, "{addr}");
        }
    });
}

/// The stub of APNIC and AFRINIC, its lines in either order.
#[test]
fn a_stub_is_followed_and_not_printed() {
    const MOVED: &str = "descr: Transferred to the RIPE region on 2018-03-19T09:06:17Z.";
    const BY: &str = "mnt-by: APNIC-STUB";
    among("a_stub_is_followed_and_not_printed", &[], "", |names| {
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
    among("a_placeholder_is_never_the_answer", &[], "", |names| {
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
            assert_eq!((seen.status, &*seen.out, names.connections()), (1, "", 1), "{seen:?}");
            assert_eq!(seen.err, format!("rirwhois: {operand}: only a placeholder at {}\n", names.at(home)));
        }
    });
}

/// A placeholder speaks for no other address, nor does what was found after it.
#[test]
fn nothing_is_shared_after_a_placeholder() {
    among("nothing_is_shared_after_a_placeholder", &[], "", |names| {
        names.does("APNIC", inetnum("150.0.0.0 - 150.255.255.255", "ERX-NETBLOCK", "APNIC"));
        names.does("ARIN", netrange("150.0.0.0 - 150.255.255.255", "REAL", ""));
        let seen = names.within(5, &["-o", "name"], "150.1.0.1\n150.1.0.2\n");
        assert_eq!((seen.status, &*seen.out), (0, "REAL\nREAL\n"), "{seen:?}");
        assert_eq!((names.queries("APNIC").len(), names.queries("ARIN").len()), (2, 2));
    });
}

#[test]
fn every_form_of_a_referral_leads_on() {
    among("every_form_of_a_referral_leads_on", &[], "", |names| {
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
    among("a_proxy_that_is_unable_is_gone_round", &[], "", |names| {
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
    among("what_is_no_referral_is_not_followed", &[], "", |names| {
        names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "REAL", LINES));
        names.does("APNIC", say(format!("inetnum: 1.0.0.0/8\nnetname: REAL\n{LINES}% referral whois.ripe.net\n")));
        for operand in ["8.8.8.8", "1.1.1.1"] {
            let seen = names.ask(&["-o", "name", operand]);
            assert_eq!((seen.status, &*seen.out, &*seen.err), (0, "REAL\n", ""), "{operand}");
        }
        assert_eq!(names.connections(), 2);
    });
}

/// Every wording: status 3, asked once, and the others go on.
#[test]
fn who_denies_or_limits_is_named_and_asked_no_more() {
    let texts = [
        "%ERROR:201: access denied for 192.0.2.7\n%\n% Queries from your IP address have been denied.\n",
        "%ERROR:203: you are not allowed to act as a proxy\n",
        "%ERROR:305: connection has been closed\n",
        "%ERROR:306: connections exceeded\n",
        "%ERROR:901: unauthorised\n",
        "%ERROR:902: unauthorised\n",
        "% This query is denied: access control limit reached\n",
        "% Query rate limit exceeded. Reduced information.\n",
        "Query rate limit exceeded\n",
        "ERROR:201: access denied for 192.0.2.7\n",
    ];
    among("who_denies_or_limits_is_named_and_asked_no_more", &[], "", |names| {
        for text in texts {
            for registry in ["APNIC", "LACNIC"] {
                names.clear();
                names.does(registry, say(text));
                names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "REAL", ""));
                let three = if registry == "APNIC" { "1.1.1.1\n1.2.1.1\n1.3.1.1\n" } else { "200.3.14.1\n200.9.1.1\n" };
                let seen = names.within(3, &["-k", "-o", "name"], &format!("{three}8.8.8.8\n"));
                let dashes = "-\n".repeat(three.lines().count());
                assert_eq!((seen.status, seen.out), (3, format!("{dashes}REAL\n")), "{text} {}", seen.err);
                assert_eq!((names.queries(registry).len(), names.connections()), (1, 2), "{text}");
                let words = text.lines().next().unwrap_or_default().trim_start_matches(['%', ' ']);
                assert!(seen.err.lines().next().is_some_and(|l| l.contains(words)), "{}", seen.err);
            }
        }
    });
}

#[test]
fn denied_not_found_and_empty_have_three_statuses_and_one_connection() {
    among("denied_not_found_and_empty_have_three_statuses_and_one_connection", &[], "", |names| {
        for (act, status) in [
            (say("%ERROR:201: access denied for 192.0.2.7\n"), 3),
            (say("%ERROR:101: no entries found\n%\n% No entries found in source APNIC.\n"), 1),
            (Act::Cut(Vec::new()), 3),
            (Act::Cut(b"% only remarks\n".to_vec()), 3),
        ] {
            names.clear();
            names.does("APNIC", act.clone());
            let seen = names.ask(&["1.1.1.1"]);
            assert_eq!((seen.status, &*seen.out, names.connections()), (status, "", 1), "{act:?} {seen:?}");
            assert_eq!(seen.err.lines().count(), 1, "{}", seen.err);
        }
        for text in ["No match found for n + = 8.8.8.8\n", "# start\n\nNo match found for 8.8.8.8\n\n# end\n"] {
            names.does("ARIN", say(text));
            assert_eq!(names.ask(&["8.8.8.8"]).status, 1);
        }
        names.does("JPNIC", say("[ JPNIC database ]\nNo match!!\n"));
        assert_eq!(names.ask(&["-s", &names.at("JPNIC"), "202.12.30.115"]).status, 1);
        names.does("JPNIC", say("a. [Network Number] 202.12.30.0/24\n\nMore Specific Info.\n----------\nNo match!!\n"));
        assert_eq!(names.ask(&["-s", &names.at("JPNIC"), "202.12.30.115"]).status, 0);
    });
}

#[test]
fn a_loop_ends_at_the_second_visit() {
    let others = ["rwhois.one.example:4321", "rwhois.two.example:4321"];
    let hosts = "45.0.0.1 rwhois.one.example\n45.0.0.2 rwhois.two.example\n";
    among("a_loop_ends_at_the_second_visit", &others, hosts, |names| {
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
    among("a_chain_of_thirty_hosts_is_cut_after_five_referrals", &chain, &hosts, |names| {
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
    among("a_referral_reaches_nothing_inside", &["45.0.0.9:4321"], hosts, |names| {
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

#[test]
fn endless_silent_and_dribbling_servers_end_in_time() {
    among("endless_silent_and_dribbling_servers_end_in_time", &[], "", |names| {
        let dribble = Act::Dribble(b"inetnum: 1.0.0.0/8\n".repeat(100), Duration::from_millis(50));
        for (act, why) in [
            (Act::Silent, "timed out after 1 s"),
            (dribble, "timed out after 1 s"),
            (Act::Endless(b"remarks: on and on\n".repeat(100)), "truncated at 4194304 bytes"),
            (Act::Endless(b"x".repeat(1000)), "truncated, a line is longer than 64 KiB"),
        ] {
            for registry in ["APNIC", "ARIN"] {
                names.clear();
                names.does(registry, act.clone());
                let operand = if registry == "APNIC" { "1.1.1.1" } else { "8.8.8.8" };
                // What is endless is read to the cap, as fast as that goes, and then judged.
                let (timeout, most) = if why.starts_with("timed out") { ("1", 2) } else { ("9", 10) };
                let seen = names.within(most, &["--timeout", timeout, operand], "");
                assert_eq!((seen.status, names.connections()), (3, 1), "{}", seen.err);
                assert_eq!(seen.err, format!("rirwhois: {operand}: {}: {why}\n", names.at(registry)));
            }
        }
        // One deadline for all hops, and not one for each.
        names.clear();
        let slow = |to: &str| {
            let text = format!("NetRange: 8.0.0.0/8\nReferralServer: whois://{to}\n");
            Act::Dribble(text.into_bytes(), Duration::from_millis(10))
        };
        names.does("ARIN", slow("whois.lacnic.net"));
        names.does("LACNIC", slow("whois.iana.org"));
        names.does("IANA", slow("whois.ripe.net"));
        let seen = names.within(2, &["--timeout", "1", "8.8.8.8"], "");
        assert!(seen.status == 3 && seen.err.contains(" timed out after "), "{seen:?}");
    });
}

#[test]
fn escapes_of_every_kind_are_made_harmless() {
    const DIRT: &[u8] = b"\x1b[31m \x9b31m \xe2\x80\xae \xc2\x9b \x07 \x00 \r over \x7f";
    among("escapes_of_every_kind_are_made_harmless", &[], "", |names| {
        for (registry, operand, key) in
            [("ARIN", "8.8.8.8", "NetRange: 8.0.0.0/8\nNetName"), ("APNIC", "1.1.1.1", "inetnum: 1.0.0.0/8\nnetname")]
        {
            let text = [key.as_bytes(), b": ", DIRT, b"\nsource: APNIC\n~!rm -rf\n"].concat();
            names.does(registry, Act::Say(text));
            for args in [&["-o", "name,text"][..], &["-b"], &["--json"], &[], &["-o", "text", "--json"]] {
                let seen = names.ask(&[args, &[operand]].concat());
                assert_eq!(seen.status, 0, "{seen:?}");
                let bad = |c: char| c != '\n' && c != '\t' && (c.is_control() || c == '\u{202e}');
                assert!(!seen.out.contains(bad) && !seen.out.contains('\u{fffd}'), "{args:?} {:?}", seen.out);
                assert!(!seen.out.lines().any(|l| l.starts_with('~')), "{args:?} {:?}", seen.out);
            }
        }
        names.does("APNIC", say("%ERROR:201: access denied \u{1b}[31m\u{202e}\n"));
        let seen = names.ask(&["1.1.1.1"]);
        assert_eq!(seen.status, 3);
        assert!(!seen.err.contains(['\u{1b}', '\u{202e}']), "{:?}", seen.err);
    });
}

#[test]
fn a_reset_in_mid_line_is_a_failure_that_keeps_the_part() {
    among("a_reset_in_mid_line_is_a_failure_that_keeps_the_part", &[], "", |names| {
        let part = b"NetRange: 8.0.0.0 - 8.255.255.255\nNetName: HAL".to_vec();
        for (act, why) in [
            (Act::Reset(part.clone()), "truncated, connection reset by peer"),
            (Act::Cut(part), "truncated, the connection was closed in mid-answer"),
        ] {
            names.does("ARIN", act);
            let seen = names.ask(&["8.8.8.8"]);
            assert_eq!((seen.status, &*seen.out), (3, "NetRange: 8.0.0.0 - 8.255.255.255\nNetName: HAL\n"));
            assert_eq!(seen.err, format!("rirwhois: 8.8.8.8: {}: {why}\n", names.at("ARIN")));
        }
        // ARIN says where a part ends.
        names.does("ARIN", Act::Cut(b"# start\n\nNetRange: 8.0.0.0 - 8.255.255.255\n".to_vec()));
        assert_eq!(names.ask(&["8.8.8.8"]).status, 3);
    });
}

#[test]
fn two_addresses_are_two_questions() {
    among("two_addresses_are_two_questions", &[], "", |names| {
        names.answers("APNIC", |query| {
            let addr = query.rsplit(' ').next().unwrap_or_default();
            inetnum(&format!("{addr} - {addr}"), &format!("N-{addr}"), "APNIC")
        });
        let seen = names.ask(&["-o", "name", "1.1.1.1", "1.0.0.1"]);
        assert_eq!((seen.status, &*seen.out), (0, "N-1.1.1.1\nN-1.0.0.1\n"), "{seen:?}");
        let want = ["-r -T inetnum,inet6num 1.1.1.1", "-r -T inetnum,inet6num 1.0.0.1"];
        assert_eq!((names.connections(), names.queries("APNIC")), (1, want.map(str::to_owned).into()));
        // Twice two equal ones are two questions, too.
        names.lab.forget();
        let seen = names.within(5, &["-o", "name", "--stats"], "1.1.1.1\n1.0.0.1\n1.1.1.1\n1.0.0.1\n");
        assert_eq!(seen.out, "N-1.1.1.1\nN-1.0.0.1\n".repeat(2));
        assert!(seen.err.starts_with("rirwhois: 4 inputs, 2 queries, 2 shared, 1 connections kept, "), "{}", seen.err);
        assert_eq!((names.connections(), names.queries("APNIC").len()), (1, 2));
    });
}

/// However long the list: one to three connections, one question at a time,
/// and what was idle for too long is opened anew.
#[test]
fn a_long_list_keeps_one_connection() {
    among("a_long_list_keeps_one_connection", &[], "", |names| {
        let record = |query: &str| {
            let addr = query.rsplit(' ').next().unwrap_or_default();
            inetnum(&format!("{addr} - {addr}"), "X", "RIPE")
        };
        names.answers("RIPE", record);
        let list: String = (0..300).map(|i| format!("193.0.{}.{}\n", i / 100, i % 100)).collect();
        let seen = names.within(10, &["-o", "name", "--rate", "0"], &list);
        assert_eq!((seen.status, seen.out), (0, "X\n".repeat(300)), "{}", seen.err);
        assert_eq!((names.connections(), names.queries("RIPE").len()), (1, 300));
        // RIPE ends an idle connection with a word of its own; the question is asked again.
        names.lab.forget();
        let asked = Mutex::new(0);
        names.answers("RIPE", move |query| {
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            match *asked {
                2 => Act::Cut(b"%ERROR:305: connection has been closed\n%\n% idle for too long\n\n\n".to_vec()),
                _ => record(query),
            }
        });
        let seen = names.within(5, &["-o", "name"], "193.0.0.1\n193.0.0.2\n193.0.0.3\n");
        assert_eq!((seen.status, &*seen.out), (0, "X\nX\nX\n"), "{}", seen.err);
        assert_eq!((names.connections(), names.queries("RIPE").len()), (2, 4));
    });
}

/// A listener whose queue is full: nobody is refused and nobody gets in.
struct Dead {
    _all: Vec<OwnedFd>,
}

impl Dead {
    fn at(addr: SocketAddr) -> Dead {
        use rustix::net::{self, AddressFamily, SocketFlags, SocketType};
        let socket = || net::socket_with(AddressFamily::INET6, SocketType::STREAM, SocketFlags::NONBLOCK, None);
        let listener = socket().unwrap();
        net::bind(&listener, &addr).unwrap();
        net::listen(&listener, 0).unwrap();
        let mut all = vec![listener];
        for _ in 0..4 {
            let client = socket().unwrap();
            let _ = net::connect(&client, &addr);
            all.push(client);
        }
        Dead { _all: all }
    }
}

#[test]
fn a_dead_ipv6_address_costs_less_than_a_second() {
    let hosts: String = SERVERS.iter().map(|(_, host, _)| format!("::1 {host}\n")).collect();
    among("a_dead_ipv6_address_costs_less_than_a_second", &[], &hosts, |names| {
        if names.net == Net::Shared {
            return;
        }
        let _dead = Dead::at(SocketAddr::from((Ipv6Addr::LOCALHOST, 43)));
        names.answers("ARIN", |query| {
            let addr = query.rsplit(' ').next().unwrap_or_default();
            netrange(&format!("{addr} - {addr}"), "REAL", "")
        });
        let start = Instant::now();
        let seen = names.ask(&["-o", "name", "8.8.8.8"]);
        assert_eq!((seen.status, &*seen.out), (0, "REAL\n"), "{seen:?}");
        let one = start.elapsed();
        assert!(one > Duration::from_millis(300) && one < Duration::from_secs(1), "was it dead? {one:?}");
        // It is dead for the next question, too, and not tried again.
        let start = Instant::now();
        let list: String = (0..8).map(|i| format!("8.8.8.{i}\n")).collect();
        let seen = names.within(5, &["-o", "name"], &list);
        assert_eq!((seen.status, seen.out), (0, "REAL\n".repeat(8)), "{}", seen.err);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    });
}

/// Where whois(1) asks the right registry at once, both print the same record.
#[test]
fn the_same_record_as_whois_prints() {
    among("the_same_record_as_whois_prints", &[], "", |names| {
        let (Some(whois), Net::Own) = (tool::peer("whois"), names.net) else { return };
        names.does("AFRINIC", inetnum("196.216.2.0 - 196.216.3.255", "AF", "AFRINIC"));
        names.does("APNIC", inetnum("1.1.1.0 - 1.1.1.255", "AP", "APNIC"));
        names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "AR", "\nOrgName: X\nOrgId: X"));
        names.does("LACNIC", say("inetnum:     200.3.12/22\nowner:       M\u{fc}ller\n"));
        names.does("RIPE", say("inetnum: 193.0.0.0 - 193.0.7.255\n\ninet6num: 2a00::/11\n\naut-num: AS3333\n"));
        for (operand, registry) in [
            ("196.216.2.1", "AFRINIC"),
            ("1.1.1.1", "APNIC"),
            ("8.8.8.8", "ARIN"),
            ("200.3.14.10", "LACNIC"),
            ("193.0.6.139", "RIPE"),
            ("2a00::1", "RIPE"),
            ("AS3333", "RIPE"),
        ] {
            names.lab.forget();
            let theirs: Seen = tool::feed(Command::new(&whois).arg(operand).env("LC_ALL", "C.UTF-8"), b"").into();
            let ours = names.ask(&[operand]);
            assert_eq!(names.lab.seen(registry).connections, 2, "{operand} {theirs:?}");
            assert_eq!(names.connections(), 2, "{operand} {theirs:?}");
            // Remarks are printed by each as it likes.
            let attributes = |text: &str| -> Vec<String> {
                let lines = text.lines().map(|l| l.trim_end().to_owned());
                lines.filter(|l| !l.is_empty() && !l.starts_with(['%', '#'])).collect()
            };
            assert!(!attributes(&ours.out).is_empty(), "{ours:?}");
            assert_eq!(attributes(&ours.out), attributes(&theirs.out), "{operand}");
        }
    });
}

/// ARIN lists parent and child where both match; the record itself is asked for by its handle.
#[test]
fn a_list_of_arins_leads_to_the_record() {
    among("a_list_of_arins_leads_to_the_record", &[], "", |names| {
        names.answers("ARIN", |query| match query {
            "n ! NET-8-8-8-0-2" => netrange("8.8.8.0 - 8.8.8.255", "CHILD", ""),
            _ => say("\n#\n# Query terms are ambiguous.  The query is assumed to be:\n#     \"n 8.8.8.8\"\n#\n\n\
                      Level 3 (Parent), LLC LVLT-ORG-8-8 (NET-8-0-0-0-1) 8.0.0.0 - 8.127.255.255\n\
                      Google (US) LLC GOGL (NET-8-8-8-0-2) 8.8.8.0 - 8.8.8.255\n"),
        });
        let seen = names.ask(&["-o", "name,block", "8.8.8.8"]);
        assert_eq!((seen.status, &*seen.out), (0, "CHILD\t8.8.8.0/24\n"), "{seen:?}");
        assert_eq!(names.queries("ARIN"), ["n + = 8.8.8.8", "n ! NET-8-8-8-0-2"]);
        // Under the handle there is the list again: it does not go on for ever.
        names.does("ARIN", say("A B (NET-8-8-8-0-2) 8.8.8.0 - 8.8.8.255\n"));
        names.lab.forget();
        names.ask(&["8.8.8.8"]);
        assert_eq!(names.connections(), 2);
    });
}

/// KRNIC's nets lie in each other, the most specific last; JPNIC writes ISO-2022-JP.
#[test]
fn national_registries_are_read() {
    const KRNIC: &str = "query : 210.180.1.1\n\n# KOREAN(UTF8)\n\n[ \u{b124}\u{d2b8}\u{c6cc}\u{d06c} ]\nIPv4\u{c8fc}\u{c18c}           : 210.178.0.0 - 210.182.255.255 (/15+/15+/16)\n\n\
        # ENGLISH\n\n[ Network Information ]\nIPv4 Address       : 210.178.0.0 - 210.182.255.255 (/15+/15+/16)\nOrganization Name  : LG\nService Name       : BORANET\n\n\
        --------------------\n\nMore specific assignment information is as follows.\n\n[ Network Information ]\n\
        IPv4 Address       : 210.180.0.0 - 210.180.191.255 (/17+/18)\nOrganization Name  : School\nRegistration Date  : 20010203\n";
    among("national_registries_are_read", &[], "", |names| {
        names.does("KRNIC", say(KRNIC));
        let seen = names.ask(&["-s", &names.at("KRNIC"), "-o", "org,block,prefixes,date", "210.180.1.1"]);
        let want = "School\t210.180.0.0-210.180.191.255\t210.180.0.0/17,210.180.128.0/18\t20010203\n";
        assert_eq!((seen.status, &*seen.out), (0, want), "{}", seen.err);
        let text = b"[ JPNIC database provides information ]\n\nNetwork Information: [\x1b$B%M%C%H\x1b(B]\n\
            a. [IP\x1b$B%\"%I%l%9\x1b(B]     x\na. [Network Number]     202.12.30.0/24\ng. [Organization]       \x1b$BF|K\\\x1b(B JPNIC\n\
            [Assigned Date]         1997/01/01\n".to_vec();
        names.does("JPNIC", Act::Say(text));
        let at = names.at("JPNIC");
        assert_eq!(
            names.ask(&["-s", &at, "-o", "org,block,date", "202.12.30.115"]).out,
            "日本 JPNIC\t202.12.30.0/24\t1997/01/01\n"
        );
        let seen = names.ask(&["-s", &at, "202.12.30.115"]);
        assert!(seen.out.contains("日本 JPNIC") && !seen.out.contains("x1b"), "{}", seen.out);
    });
}

/// The listing of each registry that has one, from a handle and from an address.
#[test]
fn blocks_are_listed_by_every_registry() {
    among("blocks_are_listed_by_every_registry", &[], "", |names| {
        for (registry, org, addr) in [
            ("RIPE", "ORG-X1-RIPE", "193.0.0.1"),
            ("APNIC", "ORG-X1-AP", "1.1.1.1"),
            ("AFRINIC", "ORG-X1-AFRINIC", "196.216.2.1"),
        ] {
            let listing = format!("-r -K -T inetnum,inet6num,aut-num -i org {org}");
            let record = format!("inetnum: {addr} - {addr}\norg: {org}\nsource: {registry}\n");
            let asked = listing.clone();
            names.answers(registry, move |query| match query == asked {
                true => say("inetnum:  10.0.0.1 - 10.0.0.6\n\ninetnum:  10.0.0.1 - 10.0.0.6\n\ninet6num: 2001:db8::/32\n\naut-num:  AS64500\n"),
                false => say(record.clone()),
            });
            for operand in [org, addr] {
                names.lab.forget();
                let seen = names.ask(&["--blocks", operand]);
                let want = "10.0.0.1/32\n10.0.0.2/31\n10.0.0.4/31\n10.0.0.6/32\n2001:db8::/32\n";
                assert_eq!((seen.status, &*seen.out), (0, want), "{}", seen.err);
                assert_eq!(seen.err, format!("rirwhois: {operand}: holds AS64500\n"));
                assert_eq!(names.queries(registry).last(), Some(&listing));
                assert_eq!(names.connections(), 1, "the connection is kept");
            }
            // Several operands, still one connection.
            names.lab.forget();
            names.ask(&["--blocks", "-q", org, addr, &org.replace("X1", "X2")]);
            assert_eq!(names.connections(), 1);
        }
        let row = |n: usize| format!("X X (NET-8-0-{n}-0-1) 8.0.{n}.0 - 8.0.{n}.255\n");
        names.answers("ARIN", move |query| match query {
            "o > ! GOGL" => say("X X (NET-8-8-8-0-2) 8.8.8.0 - 8.8.8.255\nX X (AS15169) 15169\n"),
            "o > ! MANY" => say((0..256).map(row).collect::<String>()),
            _ => netrange("8.8.8.0 - 8.8.8.255", "X", "Organization: Google LLC (GOGL)"),
        });
        for operand in ["gogl", "8.8.8.8"] {
            let seen = names.ask(&["--blocks", "--json", operand]);
            let want = format!(
                "{{\"input\":\"{operand}\",\"registry\":\"ARIN\",\"prefixes\":[\"8.8.8.0/24\"],\"as_numbers\":[\"AS15169\"],\"error\":null}}\n"
            );
            assert_eq!((seen.status, seen.out), (0, want), "{}", seen.err);
        }
        // ARIN ends a list at 256 rows, so this one is not all.
        let seen = names.ask(&["--blocks", "MANY"]);
        assert_eq!((seen.status, seen.out.lines().count()), (3, 256));
        assert!(seen.err.contains("truncated"), "{}", seen.err);
        // LACNIC lists by AS number.
        names.answers("LACNIC", |query| match query {
            "AS28000" => say("aut-num: AS28000\nowner: X\n\ninetnum: 200.3.12/22\ninetnum: 2001:13c7:7001::/48\n"),
            _ => say(
                "% IP Client: 192.0.2.7\n\ninetnum: 200.3.12/22\naut-num: AS28000\nowner: X\nownerid: UY-LACN-LACNIC\n",
            ),
        });
        let seen = names.within(9, &["--blocks", "--rate", "0", "200.3.14.10", "AS28000"], "");
        assert_eq!((seen.status, seen.out), (0, "200.3.12.0/22\n2001:13c7:7001::/48\n".repeat(2)), "{}", seen.err);
        let seen = names.ask(&["--blocks", "-s", &names.at("RADB"), "MAINT-X"]);
        assert_eq!((seen.status, names.queries("RADB").last().map(String::as_str)), (1, Some("-i mnt-by MAINT-X")));
    });
}

#[test]
fn json_has_the_fields_in_their_order() {
    among("json_has_the_fields_in_their_order", &[], "", |names| {
        let text = "% Abuse contact for '193.0.0.1 - 193.0.0.6' is 'abuse@ripe.example'\n\ninetnum: 193.0.0.1 - 193.0.0.6\nnetname: N\n\
            country: NL\norg: ORG-O1-RIPE\nstatus: ASSIGNED PA\ncreated: 2001-02-03T04:05:06Z\nlast-modified: 2002-02-03T04:05:06Z\nsource: RIPE\n\n\
            organisation: ORG-O1-RIPE\norg-name: \"O\"\n";
        names.does("RIPE", say(text));
        let at = names.at("RIPE");
        let want = format!(
            r#"{{"input":"193.0.0.1","registry":"RIPE","server":"{at}","block":"193.0.0.1-193.0.0.6","prefixes":["193.0.0.1/32","193.0.0.2/31","193.0.0.4/31","193.0.0.6/32"],"name":"N","org":"\"O\"","org_handle":"ORG-O1-RIPE","country":"NL","status":"ASSIGNED PA","abuse":"abuse@ripe.example","date":"2001-02-03T04:05:06Z","updated":"2002-02-03T04:05:06Z","parent":null,"transferred":false,"hops":["{at}"],"error":null}}"#
        );
        assert_eq!(names.ask(&["--json", "193.0.0.1"]).out, want + "\n");
        let brief = names.ask(&["-b", "193.0.0.1"]).out;
        let keys: Vec<&str> = brief.lines().filter_map(|l| l.split(' ').next()).collect();
        let all = "input registry server block prefixes name org org_handle country status abuse date updated transferred hops";
        assert_eq!(keys.join(" "), all);
        let json = names.ask(&["--json", "-o", "text,name", "193.0.0.1"]).out;
        assert!(
            json.starts_with(r#"{"input":"193.0.0.1","text":"% "#)
                && json.ends_with("\",\"name\":\"N\",\"error\":null}\n"),
            "{json}"
        );
    });
}

/// A value that begins with a tilde is no command for a mail program.
#[test]
fn no_tilde_starts_a_line() {
    among("no_tilde_starts_a_line", &[], "", |names| {
        names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "~!rm", "~r /etc/passwd"));
        for args in [&["-o", "name"][..], &["-o", "text"], &["-b"], &[], &["--json"]] {
            let seen = names.ask(&[args, &["8.8.8.8"]].concat());
            assert!(seen.status == 0 && !seen.out.lines().any(|l| l.starts_with('~')), "{args:?} {}", seen.out);
        }
    });
}

/// RDAP over TLS, under the registries' real names.
#[cfg(feature = "rdap")]
mod rdap {
    use std::{
        fs,
        io::{self, Write as _},
        net::TcpStream,
        path::PathBuf,
        thread,
    };

    use rustls::{
        ServerConfig, ServerConnection, StreamOwned,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    };

    use super::*;

    const HOSTS: [(&str, &str); 5] = [
        ("AFRINIC", "rdap.afrinic.net"),
        ("APNIC", "rdap.apnic.net"),
        ("ARIN", "rdap.arin.net"),
        ("LACNIC", "rdap.lacnic.net"),
        ("RIPE", "rdap.db.ripe.net"),
    ];

    /// An authority of the lab, and a certificate for the registries' names.
    struct Authority {
        folder: PathBuf,
    }

    impl Authority {
        fn new(test: &str) -> Authority {
            let folder = std::env::temp_dir().join(format!("rirwhois-{test}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let names = HOSTS.map(|(_, host)| format!("DNS:{host}")).join(",");
            let script = format!(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -keyout ca.key -out ca.pem -subj /CN=lab && \
                 openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out req.pem -subj /CN=lab && \
                 printf 'subjectAltName={names}\\nbasicConstraints=CA:FALSE\\n' >ext && \
                 openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out cert.pem"
            );
            let made = tool::feed(Command::new("sh").args(["-c", &script]).current_dir(&folder), b"");
            assert!(made.status.success(), "{made:?}");
            Authority { folder }
        }

        fn certificate(&self) -> String {
            self.folder.join("ca.pem").to_str().unwrap().to_owned()
        }

        /// Serves HTTPS: to each path of a host what `answer` says.
        fn serve(&self, addr: SocketAddr, answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) {
            let certs = CertificateDer::pem_file_iter(self.folder.join("cert.pem")).unwrap().flatten().collect();
            let key = PrivateKeyDer::from_pem_file(self.folder.join("key.pem")).unwrap();
            let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .and_then(|b| b.with_no_client_auth().with_single_cert(certs, key))
                .unwrap();
            let (config, answer) = (Arc::new(config), Arc::new(answer));
            let listener = TcpListener::bind(addr).unwrap();
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (config, answer) = (config.clone(), answer.clone());
                    thread::spawn(move || -> io::Result<()> {
                        let session = ServerConnection::new(config).map_err(io::Error::other)?;
                        let mut outside: StreamOwned<ServerConnection, TcpStream> = StreamOwned::new(session, stream);
                        whois::respond(&mut outside, &|path: &str| answer(path));
                        outside.conn.send_close_notify();
                        outside.flush()
                    });
                }
            });
        }
    }

    impl Drop for Authority {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    /// Asks, trusting the lab's authority or nobody new.
    fn ask(authority: Option<&Authority>, args: &[&str]) -> Seen {
        let mut command = Command::new("timeout");
        command.args(["20", TOOL, "--rdap"]).args(args);
        if let Some(authority) = authority {
            command.env("SSL_CERT_FILE", authority.certificate()).env_remove("SSL_CERT_DIR");
        }
        tool::feed(&mut command, b"").into()
    }

    fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
            .into_bytes()
    }

    fn network(first: &str, last: &str, more: &str) -> String {
        format!(
            r#"{{"objectClassName":"ip network","startAddress":"{first}","endAddress":"{last}","name":"REAL"{more}}}"#
        )
    }

    /// `among`, with an HTTPS server for each registry that answers a path by `answer(registry, path)`.
    fn https(test: &str, hosts: &str, answer: fn(&str, &str) -> Vec<u8>, check: impl FnOnce(&Authority)) {
        let address = |i: usize| format!("127.0.0.{}", 31 + i);
        let own: String = HOSTS.iter().enumerate().map(|(i, h)| format!("{} {}\n", address(i), h.1)).collect();
        private::within(test, &(own + hosts), |net| {
            if net == Net::Shared || tool::peer("openssl").is_none() {
                return;
            }
            let authority = Authority::new(test.rsplit(':').next().unwrap());
            for (i, (registry, _)) in HOSTS.into_iter().enumerate() {
                authority.serve(format!("{}:443", address(i)).parse().unwrap(), move |path| answer(registry, path));
            }
            check(&authority);
        });
    }

    #[test]
    fn every_registry_is_asked_over_tls_at_its_own_base() {
        fn answer(registry: &str, path: &str) -> Vec<u8> {
            let base = match registry {
                "ARIN" => "/registry/",
                "LACNIC" | "AFRINIC" => "/rdap/",
                _ => "/",
            };
            match path.strip_prefix(base).and_then(|p| p.strip_prefix("ip/")) {
                Some(addr) => http("200 OK", "Content-Type: application/rdap+json\r\n", &network(addr, addr, "")),
                None => http("404 Not Found", "", "{}"),
            }
        }
        https("rdap::every_registry_is_asked_over_tls_at_its_own_base", "", answer, |authority| {
            for (registry, addr) in [
                ("AFRINIC", "196.216.2.1"),
                ("APNIC", "1.1.1.1"),
                ("ARIN", "8.8.8.8"),
                ("LACNIC", "200.3.14.10"),
                ("RIPE", "193.0.6.139"),
                ("RIPE", "2a00::1"),
            ] {
                let seen = ask(Some(authority), &["-o", "registry,name,prefixes", addr]);
                let len = if addr.contains(':') { 128 } else { 32 };
                assert_eq!((seen.status, seen.out), (0, format!("{registry}\tREAL\t{addr}/{len}\n")), "{}", seen.err);
            }
            // An authority that nobody here knows, and a name that is not in the certificate.
            let seen = ask(None, &["8.8.8.8"]);
            assert_eq!((seen.status, &*seen.out), (3, ""), "{seen:?}");
            assert!(seen.err.contains("certificate"), "{}", seen.err);
            let seen = ask(Some(authority), &["-s", "https://127.0.0.33/registry/", "8.8.8.8"]);
            assert_eq!((seen.status, &*seen.out), (3, ""), "{seen:?}");
        });
    }

    #[test]
    fn redirects_lead_from_registry_to_registry_and_nowhere_else() {
        fn answer(registry: &str, path: &str) -> Vec<u8> {
            let to = |url: &str| http("302 Found", &format!("Location: {url}\r\n"), "");
            match (registry, path.rsplit('/').next().unwrap_or_default()) {
                ("ARIN", "8.0.0.1") => to("https://rdap.db.ripe.net/ip/8.0.0.1"),
                ("ARIN", "8.0.0.2") => to("http://rdap.db.ripe.net/ip/8.0.0.2"),
                ("ARIN", "8.0.0.3") => to("https://rdap.evil.example/ip/8.0.0.3"),
                ("ARIN", "8.0.0.4") => to("https://rdap.arin.net@evil.example/ip/8.0.0.4"),
                ("ARIN", "8.0.0.5") => to("https://rdap.arin.net:6379/ip/8.0.0.5"),
                ("ARIN", "8.0.0.6") => to("8.0.0.66"),
                ("ARIN", "8.0.0.7") => to("//rdap.apnic.net/ip/8.0.0.7"),
                ("ARIN", "8.0.0.8") => to("/registry/ip/8.0.0.8"),
                ("ARIN", "8.0.0.9") => to("https://127.0.0.1/"),
                ("ARIN", n) if n.starts_with("chain") => to(&format!("{n}x")),
                ("ARIN", "8.0.0.10") => to("chain"),
                ("ARIN", "8.0.0.11") => http("302 Found", "", ""),
                ("ARIN", "8.0.0.66") | ("RIPE", "8.0.0.1") | ("APNIC", "8.0.0.7") => {
                    http("200 OK", "", &network("8.0.0.0", "8.0.0.255", ""))
                }
                _ => http("404 Not Found", "", "{}"),
            }
        }
        https("rdap::redirects_lead_from_registry_to_registry_and_nowhere_else", "", answer, |authority| {
            for (last, registry) in [(1, "RIPE"), (6, "ARIN"), (7, "APNIC")] {
                let seen = ask(Some(authority), &["-o", "registry,name", &format!("8.0.0.{last}")]);
                assert_eq!((seen.status, seen.out), (0, format!("{registry}\tREAL\n")), "{last} {}", seen.err);
            }
            for (last, why) in [
                (2, "redirect to http://rdap.db.ripe.net/ip/8.0.0.2 refused"),
                (3, "redirect to https://rdap.evil.example/ip/8.0.0.3 refused"),
                (4, "redirect to https://rdap.arin.net@evil.example/ip/8.0.0.4 refused"),
                (5, "redirect to https://rdap.arin.net:6379/ip/8.0.0.5 refused"),
                (8, "redirects without an end"),
                (9, "redirect to https://127.0.0.1/ refused"),
                (10, "redirects without an end"),
                (11, "status 302"),
            ] {
                let seen = ask(Some(authority), &["-o", "name", &format!("8.0.0.{last}")]);
                assert_eq!((seen.status, &*seen.out), (3, ""), "{last} {seen:?}");
                assert!(seen.err.contains(why), "{last} {}", seen.err);
            }
        });
    }

    #[test]
    fn what_goes_wrong_has_its_status_and_its_words() {
        fn answer(_: &str, path: &str) -> Vec<u8> {
            const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let raw = |head: &[u8], body: &[u8]| [head, body].concat();
            let body = network("8.0.0.0", "8.0.0.255", "");
            let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len()).into_bytes();
            match path.rsplit('/').next().unwrap_or_default() {
                "8.0.0.1" => http("429 Too Many Requests", "Retry-After: 600\r\n", "{}"),
                "8.0.0.2" => http(
                    "200 OK",
                    "",
                    r#"{"rdapConformance":["rdap_level_0"],"notices":[{"title":"Rate limit exceeded"}]}"#,
                ),
                "8.0.0.3" => http("503 Service Unavailable", "", "{}"),
                "8.0.0.4" => http("200 OK", "", "<!DOCTYPE html>"),
                "8.0.0.5" => raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", body.as_bytes()),
                "8.0.0.6" => http("200 OK", "", &format!("{{\"x\":\"{}\"}}", "x".repeat(20_000))),
                "8.0.0.7" => raw(CHUNKED, &[chunk(&body), b"0\r\n\r\n".to_vec()].concat()),
                "8.0.0.8" => raw(CHUNKED, &chunk(&body)),
                "8.0.0.9" => raw(CHUNKED, &[chunk(&"x".repeat(9000)), chunk(&"x".repeat(9000))].concat()),
                "8.0.0.10" => http("200 OK", "", ""),
                "8.0.0.11" => raw(b"HTTP/1.1 200 OK\r\nX: ", &vec![b'x'; 1 << 20]),
                "8.0.0.12" => http("200 OK", "", &"[".repeat(9000)),
                "8.0.0.13" => raw(b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", b"{}"),
                "8.0.0.14" => b"SSH-2.0-OpenSSH\r\n".to_vec(),
                "8.0.0.15" => http("404 Not Found", "", "{\"errorCode\":404}"),
                "8.0.0.16" => http("400 Bad Request", "", "{}"),
                _ => Vec::new(),
            }
        }
        https("rdap::what_goes_wrong_has_its_status_and_its_words", "", answer, |authority| {
            for (last, status, why) in [
                (1, 3, "limited (status 429)"),
                (2, 3, "no object, perhaps limited"),
                (3, 3, "status 503"),
                (4, 3, "not JSON"),
                (5, 3, "truncated"),
                (6, 3, "truncated at 10000 bytes"),
                (7, 0, ""),
                (8, 3, "truncated"),
                (9, 3, "truncated at 10000 bytes"),
                (10, 3, "not JSON"),
                (11, 3, ""),
                (12, 3, "not JSON"),
                (13, 3, "truncated"),
                (14, 3, ""),
                (15, 1, "not found"),
                (16, 3, "status 400"),
                (17, 3, ""),
            ] {
                let addr = format!("8.0.0.{last}");
                let seen = ask(Some(authority), &["--max-bytes", "10000", "--timeout", "5", "-o", "block", &addr]);
                let out = if status == 0 { "8.0.0.0/24\n" } else { "" };
                assert_eq!((seen.status, &*seen.out), (status, out), "{last} {seen:?}");
                assert!(seen.err.contains(why), "{last} {}", seen.err);
                assert_eq!(seen.err.lines().count(), usize::from(status > 0), "{last} {}", seen.err);
            }
            // Who limits us is left alone for the rest of the run.
            let seen = ask(Some(authority), &["--stats", "-k", "-o", "block", "8.0.0.1", "8.0.0.7"]);
            assert_eq!((seen.status, &*seen.out), (3, "-\n-\n"), "{seen:?}");
            assert!(seen.err.contains(" 1 queries, "), "{}", seen.err);
        });
    }

    /// Retry-After is waited for where there is time; a third "too many" is the answer.
    #[test]
    fn a_short_wait_is_waited() {
        fn answer(registry: &str, _: &str) -> Vec<u8> {
            static ASKED: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
            let mut asked = ASKED.lock().unwrap();
            let n = asked.entry(registry.to_owned()).or_default();
            *n += 1;
            match (registry, *n) {
                ("ARIN", 1) | ("RIPE", _) => http("429 Too Many Requests", "Retry-After: 1\r\n", "{}"),
                ("APNIC", 1) => http("429 Too Many Requests", "Retry-After: soon\r\n", "{}"),
                _ => http("200 OK", "", &network("1.0.0.0", "9.255.255.255", "")),
            }
        }
        https("rdap::a_short_wait_is_waited", "", answer, |authority| {
            for (addr, status, least, most) in
                [("8.8.8.8", 0, 1.0, 1.9), ("1.1.1.1", 0, 0.0, 1.9), ("193.0.0.1", 3, 2.0, 2.9)]
            {
                let start = Instant::now();
                let seen = ask(Some(authority), &["-o", "name", addr]);
                let took = start.elapsed().as_secs_f64();
                assert_eq!(seen.status, status, "{addr} {seen:?}");
                assert!((least..most).contains(&took), "{addr} {took}");
            }
        });
    }

    #[test]
    fn every_prefix_and_every_kind_of_card_is_read() {
        fn answer(_: &str, path: &str) -> Vec<u8> {
            let body = match path.rsplit('/').next().unwrap_or_default() {
                // No cidr0_cidrs, and an odd range.
                "8.0.0.1" => network("8.0.0.1", "8.0.0.6", r#","country":"US","status":["active"],"parentHandle":"P",
                    "events":[{"eventAction":"registration","eventDate":"2001-02-03T04:05:06Z"}],"entities":[{"handle":"O-1","roles":["registrant"],
                    "vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Old Card"]]]}]"#),
                "8.0.0.2" => network("8.0.0.0", "8.0.0.255", r#","entities":[{"handle":"O-2","roles":["registrant"],
                    "jscard":{"@type":"Card","name":{"full":"New Card"}},"entities":[{"roles":["abuse"],
                    "jscard":{"emails":{"a":{"address":"abuse@new.example"}}}}]}]"#),
                _ => r#"{"objectClassName":"ip network","cidr0_cidrs":[{"v4prefix":"8.0.1.0","length":24},{"v4prefix":"8.0.2.0","length":24}],"name":"a\nb\u001b[31m\tc"}"#.into(),
            };
            http("200 OK", "", &body)
        }
        https("rdap::every_prefix_and_every_kind_of_card_is_read", "", answer, |authority| {
            let shown = |fields: &str, addr: &str| ask(Some(authority), &["-o", fields, addr]).out;
            let want = "8.0.0.1-8.0.0.6\t8.0.0.1/32,8.0.0.2/31,8.0.0.4/31,8.0.0.6/32\tOld Card\tO-1\tUS\tactive\tP\t2001-02-03T04:05:06Z\n";
            assert_eq!(shown("block,prefixes,org,org_handle,country,status,parent,date", "8.0.0.1"), want);
            assert_eq!(shown("org,org_handle,abuse", "8.0.0.2"), "New Card\tO-2\tabuse@new.example\n");
            assert_eq!(shown("prefixes,name", "8.0.0.3"), "8.0.1.0/24,8.0.2.0/24\ta\\nb\\x1b[31m c\n");
            let json = ask(Some(authority), &["--json", "8.0.0.1"]).out;
            assert!(json.contains(r#""prefixes":["8.0.0.1/32","8.0.0.2/31","8.0.0.4/31","8.0.0.6/32"]"#), "{json}");
        });
    }

    #[test]
    fn a_dead_ipv6_address_costs_less_than_a_second_here_too() {
        fn answer(_: &str, _: &str) -> Vec<u8> {
            http("200 OK", "", &network("8.0.0.0", "8.255.255.255", ""))
        }
        let hosts: String = HOSTS.iter().map(|(_, host)| format!("::1 {host}\n")).collect();
        https("rdap::a_dead_ipv6_address_costs_less_than_a_second_here_too", &hosts, answer, |authority| {
            let _dead = Dead::at(SocketAddr::from((Ipv6Addr::LOCALHOST, 443)));
            let start = Instant::now();
            let seen = ask(Some(authority), &["-o", "name", "8.8.8.8"]);
            assert_eq!((seen.status, &*seen.out), (0, "REAL\n"), "{seen:?}");
            let took = start.elapsed();
            assert!(took > Duration::from_millis(300) && took < Duration::from_secs(1), "was it dead? {took:?}");
        });
    }
}
