//! RDAP over TLS, under the registries' real names.
use std::{
    collections::BTreeMap,
    net::{Ipv6Addr, SocketAddr},
    sync::Mutex,
    time::{Duration, Instant},
};

use plainnet_lab::{
    private::{self, Net},
    tls::Authority,
    tool::{self, Seen},
    whois::{self, http},
};

use super::{
    TOOL,
    connections::{Dead, at_best},
};

const HOSTS: [(&str, &str); 7] = [
    ("AFRINIC", "rdap.afrinic.net"),
    ("APNIC", "rdap.apnic.net"),
    ("ARIN", "rdap.arin.net"),
    ("LACNIC", "rdap.lacnic.net"),
    ("RIPE", "rdap.db.ripe.net"),
    ("JPNIC", "jpnic.rdap.apnic.net"),
    ("NIC.br", "rdap.registro.br"),
];

/// Asks, trusting the lab's authority or nobody new.
fn ask(authority: Option<&Authority>, args: &[&str]) -> Seen {
    let mut command = tool::command("timeout");
    command.args(["20", TOOL, "--rdap"]).args(args);
    if let Some(authority) = authority {
        command.env("SSL_CERT_FILE", authority.certificate()).env_remove("SSL_CERT_DIR");
    }
    tool::feed(&mut command, b"").into()
}

fn network(first: &str, last: &str, more: &str) -> String {
    format!(r#"{{"objectClassName":"ip network","startAddress":"{first}","endAddress":"{last}","name":"REAL"{more}}}"#)
}

/// Runs the test in which `check` stands with an HTTPS server for each registry,
/// which gives to a path what `answer(registry, path)` says.
fn https(hosts: &str, answer: fn(&str, &str) -> Vec<u8>, check: impl FnOnce(&Authority)) {
    let address = |i: usize| format!("127.0.0.{}", 31 + i);
    let own: String = HOSTS.iter().enumerate().map(|(i, h)| format!("{} {}\n", address(i), h.1)).collect();
    private::within(private::test_of(&check), &(own + hosts), |net| {
        let Some(authority) = (net == Net::Own).then(|| Authority::new(&HOSTS.map(|h| h.1))).flatten() else { return };
        for (i, (registry, _)) in HOSTS.into_iter().enumerate() {
            let addr: SocketAddr = format!("{}:443", address(i)).parse().unwrap();
            authority.serve(addr, move |stream| {
                whois::respond(stream, &|path: &str| answer(registry, path));
                Ok(())
            });
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
    https("", answer, |authority| {
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
    https("", answer, |authority| {
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
    https("", answer, |authority| {
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
        assert!(seen.err.contains(" 2 inputs, 1 query, "), "{}", seen.err);
        assert!(seen.err.ends_with(" 0 unanswered, 2 failed\n"), "{}", seen.err);
    });
}

/// Retry-After is waited for where there is time; a third "too many" is the answer.
#[test]
fn a_short_wait_is_waited() {
    static ASKED: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
    fn answer(registry: &str, _: &str) -> Vec<u8> {
        let mut asked = ASKED.lock().unwrap();
        let n = asked.entry(registry.to_owned()).or_default();
        *n += 1;
        match (registry, *n) {
            ("ARIN", 1) | ("RIPE", _) => http("429 Too Many Requests", "Retry-After: 1\r\n", "{}"),
            ("APNIC", 1) => http("429 Too Many Requests", "Retry-After: soon\r\n", "{}"),
            _ => http("200 OK", "", &network("1.0.0.0", "9.255.255.255", "")),
        }
    }
    https("", answer, |authority| {
        for (registry, addr, status, requests, least) in
            [("ARIN", "8.8.8.8", 0, 2, 1), ("APNIC", "1.1.1.1", 0, 2, 0), ("RIPE", "193.0.0.1", 3, 3, 2)]
        {
            let start = Instant::now();
            let seen = ask(Some(authority), &["-o", "name", addr]);
            assert_eq!((seen.status, ASKED.lock().unwrap()[registry]), (status, requests), "{addr} {seen:?}");
            assert!(start.elapsed() >= Duration::from_secs(least), "{addr} {:?}", start.elapsed());
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
            _ => r#"{"objectClassName":"ip network","cidr0_cidrs":[{"v4prefix":"8.0.0.0","length":24},{"v4prefix":"8.0.1.0","length":25}],"name":"a\nb\u001b[31m\tc"}"#.into(),
        };
        http("200 OK", "", &body)
    }
    https("", answer, |authority| {
        let shown = |fields: &str, addr: &str| ask(Some(authority), &["-o", fields, addr]).out;
        let want = "8.0.0.1-8.0.0.6\t8.0.0.1/32,8.0.0.2/31,8.0.0.4/31,8.0.0.6/32\tOld Card\tO-1\tUS\tactive\tP\t2001-02-03T04:05:06Z\n";
        assert_eq!(shown("block,prefixes,org,org_handle,country,status,parent,date", "8.0.0.1"), want);
        assert_eq!(shown("org,org_handle,abuse", "8.0.0.2"), "New Card\tO-2\tabuse@new.example\n");
        assert_eq!(shown("prefixes,name", "8.0.0.3"), "8.0.0.0/24,8.0.1.0/25\ta\\nb\\x1b[31m c\n");
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
    https(&hosts, answer, |authority| {
        let _dead = Dead::at(SocketAddr::from((Ipv6Addr::LOCALHOST, 443)));
        let most = Duration::from_secs(1);
        let took = at_best(most, || {
            let seen = ask(Some(authority), &["-o", "name", "8.8.8.8"]);
            assert_eq!((seen.status, &*seen.out), (0, "REAL\n"), "{seen:?}");
        });
        assert!(took > Duration::from_millis(200) && took < most, "was it dead? {took:?}");
    });
}

#[test]
fn national_registries_are_followed_by_their_names() {
    fn answer(registry: &str, path: &str) -> Vec<u8> {
        let to = |url: &str| http("302 Found", &format!("Location: {url}{path}\r\n"), "");
        match registry {
            "APNIC" => to("https://jpnic.rdap.apnic.net"),
            "LACNIC" => to("https://rdap.registro.br").to_vec(),
            "JPNIC" => http("200 OK", "", &network("133.0.0.0", "133.255.255.255", r#","country":"JP""#)),
            "NIC.br" => http("200 OK", "", &network("200.160.0.0", "200.160.255.255", "")),
            _ => http("404 Not Found", "", "{}"),
        }
    }
    https("", answer, |authority| {
        let seen = ask(Some(authority), &["-o", "registry,country,name,hops", "133.1.1.1"]);
        let hops = "https://rdap.apnic.net/ip/133.1.1.1,https://jpnic.rdap.apnic.net/ip/133.1.1.1";
        assert_eq!((seen.status, seen.out), (0, format!("JPNIC\tJP\tREAL\t{hops}\n")), "{}", seen.err);
        let seen = ask(Some(authority), &["-o", "registry,server", "200.160.1.1"]);
        assert_eq!((seen.status, &*seen.out), (0, "NIC.br\trdap.registro.br\n"), "{}", seen.err);
    });
}

#[test]
fn an_organisations_blocks_come_by_rdap_too() {
    fn answer(registry: &str, path: &str) -> Vec<u8> {
        let body = match (registry, path) {
            ("ARIN", "/registry/entity/GOGL") => r#"{"objectClassName":"entity","handle":"GOGL",
                "networks":[{"startAddress":"8.8.8.0","endAddress":"8.8.8.255"},{"startAddress":"34.4.5.0","endAddress":"34.4.7.255"}],
                "autnums":[{"startAutnum":15169,"endAutnum":15169}]}"#.into(),
            ("ARIN", "/registry/ip/8.8.8.8") => network("8.8.8.0", "8.8.8.255", r#","entities":[{"roles":["registrant"],"handle":"GOGL"}]"#),
            ("ARIN", "/registry/entity/MANY") => r#"{"objectClassName":"entity","handle":"MANY","networks":[{"startAddress":"8.8.8.0","endAddress":"8.8.8.255"}],
                "notices":[{"title":"Search Policy","type":"result set truncated due to excessive load","description":["100 of many"]}]}"#.into(),
            ("ARIN", "/registry/entity/NONE") => r#"{"objectClassName":"entity","handle":"NONE"}"#.into(),
            _ => return http("404 Not Found", "", "{}"),
        };
        http("200 OK", "", &body)
    }
    https("", answer, |authority| {
        let blocks = |operand: &str, args: &[&str]| ask(Some(authority), &[&["--blocks", operand], args].concat());
        for operand in ["gogl", "8.8.8.8"] {
            let seen = blocks(operand, &[]);
            assert_eq!(
                (seen.status, &*seen.out),
                (0, "8.8.8.0/24\n34.4.5.0/24\n34.4.6.0/23\n"),
                "{operand} {}",
                seen.err
            );
            assert_eq!(seen.err, format!("rirwhois: {operand}: holds AS15169\n"));
        }
        let json = blocks("gogl", &["--json"]).out;
        let want = r#"{"input":"gogl","registry":"ARIN","prefixes":["8.8.8.0/24","34.4.5.0/24","34.4.6.0/23"],"as_numbers":["AS15169"],"error":null}"#;
        assert_eq!(json, format!("{want}\n"));
        let seen = blocks("MANY", &[]);
        assert_eq!((seen.status, &*seen.out), (3, "8.8.8.0/24\n"), "{}", seen.err);
        assert!(seen.err.contains("truncated"), "{}", seen.err);
        assert_eq!(blocks("NONE", &[]).status, 1);
        assert_eq!(blocks("GONE", &[]).status, 1);
    });
}

#[test]
fn a_country_is_found_at_its_registrant() {
    fn answer(_: &str, _: &str) -> Vec<u8> {
        let card = r#","entities":[{"roles":["registrant"],"handle":"X","vcardArray":["vcard",[["fn",{},"text","X"],
            ["adr",{"label":"1 Way\nMountain View\nCA\n94043\nUnited States"},"text",["","","","","","",""]]]]}]"#;
        http("200 OK", "", &network("8.0.0.0", "8.255.255.255", card))
    }
    https("", answer, |authority| assert_eq!(ask(Some(authority), &["-o", "country", "8.8.8.8"]).out, "US\n"));
}

#[test]
fn odd_json_is_told_and_the_rest_used() {
    fn answer(_: &str, path: &str) -> Vec<u8> {
        let odd = match path.rsplit('/').next().unwrap_or_default() {
            "8.0.0.1" => r#","x":"\ud800""#.to_owned(),
            "8.0.0.2" => r#","x":1e999999"#.to_owned(),
            "8.0.0.3" => format!(r#","x":{}{}"#, "[".repeat(100_000), "]".repeat(100_000)),
            "8.0.0.4" => return http("200 OK", "", &network("8.0.0.0/32", "008.000.000.255/32", "")),
            _ => return http("200 OK", "", &network("here", "there", "")),
        };
        http("200 OK", "", &network("8.0.0.0", "8.0.0.255", &odd))
    }
    https("", answer, |authority| {
        for (last, said) in [
            (1, "odd JSON: a text holds half a surrogate pair\n"),
            (2, ""),
            (3, "odd JSON: values are nested too deeply\n"),
            (4, ""),
        ] {
            let seen = ask(Some(authority), &["-o", "name,block", &format!("8.0.0.{last}")]);
            assert_eq!((seen.status, &*seen.out), (0, "REAL\t8.0.0.0/24\n"), "{last} {}", seen.err);
            assert!(seen.err.ends_with(said) && seen.err.is_empty() == said.is_empty(), "{last} {}", seen.err);
        }
        let seen = ask(Some(authority), &["-o", "name,block", "8.0.0.5"]);
        assert_eq!((seen.status, &*seen.out), (0, "REAL\t-\n"), "{}", seen.err);
        assert!(seen.err.contains("can't be read"), "{}", seen.err);
    });
}

#[test]
fn failures_of_tls_are_told_in_words() {
    fn answer(_: &str, _: &str) -> Vec<u8> {
        http("200 OK", "", &network("8.0.0.0", "8.255.255.255", ""))
    }
    https("127.0.0.98 old.example\n", answer, |authority| {
        // Nobody vouches for the lab's authority.
        let seen = ask(None, &["-o", "name", "8.8.8.8"]);
        let why = "TLS: its certificate is signed by an unknown authority\n";
        assert!(seen.status == 3 && seen.err.ends_with(why), "{}", seen.err);
        // A server of another name.
        let other = Authority::new(&["other.example"]).unwrap();
        let addr = other.serve("127.0.0.99:443", |_| Ok(())).to_string();
        let base = format!("https://{addr}/");
        let seen = ask(Some(&other), &["-s", &base, "-o", "name", "8.8.8.8"]);
        assert!(seen.status == 3 && seen.err.ends_with("TLS: its certificate is for another name\n"), "{}", seen.err);
        // What was valid once.
        let other = Authority::expired(&["old.example"]).unwrap();
        let base = format!("https://old.example:{}/", other.serve("127.0.0.98:0", |_| Ok(())).port());
        let seen = ask(Some(&other), &["-s", &base, "-o", "name", "8.8.8.8"]);
        assert!(seen.status == 3 && seen.err.ends_with("TLS: its certificate has expired\n"), "{}", seen.err);
        drop(authority.certificate());
    });
}

/// The proxy of the environment is used, and named under -v; not where NO_PROXY says otherwise.
#[test]
fn a_proxy_stands_before_the_servers() {
    use std::{
        io::{BufRead as _, BufReader, Write as _},
        net::{TcpListener, TcpStream},
        sync::Arc,
        thread,
    };
    fn answer(_: &str, _: &str) -> Vec<u8> {
        http("200 OK", "", &network("8.0.0.0", "8.255.255.255", ""))
    }
    https("", answer, |authority| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let all = asked.clone();
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
                let request = lines.next().unwrap().unwrap();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                all.lock().unwrap().push(request.clone());
                let place = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let server = TcpStream::connect(place).unwrap();
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || std::io::copy(&mut from, &mut to));
                let mut back = server;
                let _ = std::io::copy(&mut back, &mut client);
            }
        });
        let ask = |none: &str| -> Seen {
            let mut command = tool::command("timeout");
            command.args(["20", TOOL, "--rdap", "-v", "-o", "name", "8.8.8.8"]);
            command.env("HTTPS_PROXY", format!("http://user:secret@{addr}")).env("NO_PROXY", none);
            command.env("SSL_CERT_FILE", authority.certificate()).env_remove("SSL_CERT_DIR");
            tool::feed(&mut command, b"").into()
        };
        let seen = ask("");
        assert_eq!((seen.status, &*seen.out), (0, "REAL\n"), "{}", seen.err);
        assert!(
            seen.err.starts_with(&format!("rirwhois: proxy: http://{addr}\n")) && !seen.err.contains("secret"),
            "{}",
            seen.err
        );
        assert_eq!(*asked.lock().unwrap(), ["CONNECT rdap.arin.net:443 HTTP/1.1"]);
        let seen = ask("arin.net");
        assert_eq!((seen.status, &*seen.out, asked.lock().unwrap().len()), (0, "REAL\n", 1), "{}", seen.err);
    });
}
