//! Registries that deny, end too early or never, or send what harms a terminal.
use std::time::Duration;

use plainnet_lab::whois::{Act, say};

use super::{among, netrange};

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
    among(&[], "", |names| {
        for text in texts {
            for registry in ["APNIC", "LACNIC"] {
                names.clear();
                names.does(registry, say(text));
                names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "REAL", ""));
                let three = if registry == "APNIC" { "1.1.1.1\n1.2.1.1\n1.3.1.1\n" } else { "200.3.14.1\n200.9.1.1\n" };
                let seen = names.ask_about(&["-k", "-o", "name"], &format!("{three}8.8.8.8\n"));
                let dashes = "-\n".repeat(three.lines().count());
                assert_eq!((seen.status, seen.out), (3, format!("{dashes}REAL\n")), "{text} {}", seen.err);
                assert_eq!((names.queries(registry).len(), names.connections()), (1, 2), "{text}");
                let words = text.lines().next().unwrap_or_default().trim_start_matches(['%', ' ']);
                assert!(seen.err.lines().next().is_some_and(|l| l.contains(words)), "{}", seen.err);
            }
        }
    });
}

/// Under -v those are named who were asked.
#[test]
fn who_was_spared_is_not_said_to_be_asked() {
    among(&[], "", |names| {
        names.does("APNIC", say("%ERROR:201: access denied for 192.0.2.7\n"));
        let seen = names.ask(&["-v", "1.1.1.1", "1.2.1.1"]);
        assert_eq!((seen.status, seen.err.lines().count()), (3, 3), "{}", seen.err);
        let asked: Vec<&str> = seen.err.lines().filter(|l| l.contains(": asked ")).collect();
        assert!(matches!(asked[..], [one] if one.starts_with("rirwhois: 1.1.1.1: asked ")), "{}", seen.err);
    });
}

#[test]
fn denied_not_found_and_empty_have_three_statuses_and_one_connection() {
    among(&[], "", |names| {
        for (act, status) in [
            (say("%ERROR:201: access denied for 192.0.2.7\n"), 3),
            (say("%ERROR:101: no entries found\n%\n% No entries found in source APNIC.\n"), 1),
            (Act::Cut(Vec::new()), 3),
        ] {
            names.clear();
            names.does("APNIC", act.clone());
            let seen = names.ask(&["1.1.1.1"]);
            assert_eq!((seen.status, &*seen.out, names.connections()), (status, "", 1), "{act:?} {seen:?}");
            assert_eq!(seen.err.lines().count(), 1, "{}", seen.err);
        }
        names.does("APNIC", Act::Cut(b"% only remarks\n".to_vec()));
        let seen = names.ask(&["1.1.1.1"]);
        assert!(seen.status == 3 && seen.out.ends_with("% only remarks\n"), "{seen:?}");
        for text in [
            "No match found for n + = 8.8.8.8\n",
            "No match found for 2001:db8::1.\n",
            "# start\n\nNo match found for 8.8.8.8\n\n# end\n",
        ] {
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
fn endless_silent_and_dribbling_servers_end_in_time() {
    among(&[], "", |names| {
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
                let timeout = if why.starts_with("timed out") { "1" } else { "30" };
                let seen = names.ask(&["--timeout", timeout, operand]);
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
        let seen = names.ask(&["--timeout", "1", "8.8.8.8"]);
        assert!(seen.status == 3 && seen.err.contains(" timed out after "), "{seen:?}");
    });
}

#[test]
fn escapes_of_every_kind_are_made_harmless() {
    const DIRT: &[u8] = b"\x1b[31m \x9b31m \xe2\x80\xae \xc2\x9b \x07 \x00 \r over \x7f";
    among(&[], "", |names| {
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

/// A value that begins with a tilde is no command for a mail program.
#[test]
fn no_tilde_starts_a_line() {
    among(&[], "", |names| {
        names.does("ARIN", netrange("8.8.8.0 - 8.8.8.255", "~!rm", "~r /etc/passwd"));
        for args in [&["-o", "name"][..], &["-o", "text"], &["-b"], &[], &["--json"]] {
            let seen = names.ask(&[args, &["8.8.8.8"]].concat());
            assert!(seen.status == 0 && !seen.out.lines().any(|l| l.starts_with('~')), "{args:?} {}", seen.out);
        }
    });
}

#[test]
fn a_reset_in_mid_line_is_a_failure_that_keeps_the_part() {
    among(&[], "", |names| {
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
