//! Each registry in its own words: one connection, the right record, its fields.
use std::process::Command;

use plainnet_lab::{
    private::Net,
    tool::{self, Seen},
    whois::{Act, say},
};

use super::{among, inetnum, netrange};

#[test]
fn each_registry_at_its_own_name_in_its_own_words() {
    among(&[], "", |names| {
        let record = |source| inetnum("0.0.0.1 - 255.255.255.255", "X", source);
        names.does("AFRINIC", record("AFRINIC"));
        names.does("APNIC", record("APNIC"));
        names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "X", ""));
        names.does("LACNIC", say("% IP Client: 192.0.2.7\n\ninetnum:     200.3.12/22\nowner: X\n"));
        names.does("RIPE", record("RIPE"));
        names.does("IANA", say("inetnum:      193.0.0.0 - 193.255.255.255\norganisation: X\n"));
        names.does("JPNIC", say("a. [Network Number]     202.12.30.0/24\nb. [Network Name]   X\n"));
        names.does("KRNIC", say("IPv4 Address       : 210.178.0.0 - 210.182.255.255 (/15+/15+/16)\n"));
        names.does("RADB", say("A36\nroute:      193.0.0.0/21\norigin:     AS3333\nC\n"));
        for (registry, operand, query) in [
            ("AFRINIC", "196.216.2.1", "-r -T inetnum,inet6num 196.216.2.1"),
            ("APNIC", "1.1.1.1", "-r -T inetnum,inet6num 1.1.1.1"),
            ("ARIN", "8.8.8.8", "n + = 8.8.8.8"),
            ("LACNIC", "200.3.14.10", "200.3.14.10"),
            ("RIPE", "193.0.6.139", "-r -T inetnum,inet6num 193.0.6.139"),
            ("IANA", "193.0.6.139", "193.0.6.139"),
            ("JPNIC", "202.12.30.115", "202.12.30.115/e"),
            ("KRNIC", "210.180.1.1", "210.180.1.1"),
            ("RADB", "193.0.0.0/21", "!r193.0.0.0/21,l"),
        ] {
            // The table leads to the first five; the others are asked by name.
            let at = names.at(registry);
            let by_name = ["IANA", "JPNIC", "KRNIC", "RADB"].contains(&registry);
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
    among(&[], "", |names| {
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

/// ARIN lists parent and child where both match; the record itself is asked for by its handle.
#[test]
fn a_list_of_arins_leads_to_the_record() {
    among(&[], "", |names| {
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
    among(&[], "", |names| {
        names.does("KRNIC", say(KRNIC));
        let seen = names.ask(&["-s", &names.at("KRNIC"), "-o", "org,block,prefixes,date", "210.180.1.1"]);
        let want = "School\t210.180.0.0-210.180.191.255\t210.180.0.0/17,210.180.128.0/18\t2001-02-03\n";
        assert_eq!((seen.status, &*seen.out), (0, want), "{}", seen.err);
        let text = b"[ JPNIC database provides information ]\n\nNetwork Information: [\x1b$B%M%C%H\x1b(B]\n\
            a. [IP\x1b$B%\"%I%l%9\x1b(B]     x\na. [Network Number]     202.12.30.0/24\ng. [Organization]       \x1b$BF|K\\\x1b(B JPNIC\n\
            [Assigned Date]         1997/01/01\n".to_vec();
        names.does("JPNIC", Act::Say(text));
        let at = names.at("JPNIC");
        assert_eq!(
            names.ask(&["-s", &at, "-o", "org,block,date", "202.12.30.115"]).out,
            "日本 JPNIC\t202.12.30.0/24\t1997-01-01\n"
        );
        let seen = names.ask(&["-s", &at, "202.12.30.115"]);
        assert!(seen.out.contains("日本 JPNIC") && !seen.out.contains("x1b"), "{}", seen.out);
    });
}

/// Where whois(1) asks the right registry at once, both print the same record.
#[test]
fn the_same_record_as_whois_prints() {
    among(&[], "", |names| {
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

/// The listing of each registry that has one, from a handle and from an address.
#[test]
fn blocks_are_listed_by_every_registry() {
    among(&[], "", |names| {
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
        // Each input has the same keys.
        let seen = names.ask(&["--blocks", "--json", "dev.example"]);
        let want = "{\"input\":\"dev.example\",\"registry\":null,\"prefixes\":[],\"as_numbers\":[],\"error\":\"a host name (use dnsall -a NAME | rirwhois)\"}\n";
        assert_eq!((seen.status, &*seen.out), (1, want), "{}", seen.err);
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
        let seen = names.ask(&["--blocks", "--rate", "0", "200.3.14.10", "AS28000"]);
        assert_eq!((seen.status, seen.out), (0, "200.3.12.0/22\n2001:13c7:7001::/48\n".repeat(2)), "{}", seen.err);
        let seen = names.ask(&["--blocks", "-s", &names.at("RADB"), "MAINT-X"]);
        assert_eq!((seen.status, names.queries("RADB").last().map(String::as_str)), (1, Some("-i mnt-by MAINT-X")));
    });
}

#[test]
fn json_has_the_fields_in_their_order() {
    among(&[], "", |names| {
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
