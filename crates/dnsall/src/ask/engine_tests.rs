//! The engine on a simulated network, with a clock of the tests' own.
use std::time::{Duration, Instant};

use crate::{
    ask::{
        engine::{AliasProblem, Engine, MOST_ALIASES, candidates},
        failure::Reason,
        lookup::Lookup,
        settings::{Endpoint, Settings},
        simulation::{Asked, Finished, Host, MS, addresses, reply, run, settings},
    },
    wire::{
        message::{Rcode, u16_at},
        name::Name,
        types::Type,
    },
};

fn one(settings: Settings, host: Host, name: &str) -> Finished {
    run(Settings { lone: true, window: 100, ..settings }, vec![host], &[vec![name]])
}

/// A run over `count` names with `-t A`; `hosts` share the questions where there are several.
fn many(count: usize, hosts: Vec<Host>) -> Finished {
    let names: Vec<String> = (0..count).map(|i| format!("n{i}.example")).collect();
    let names: Vec<Vec<&str>> = names.iter().map(|name| vec![name.as_str()]).collect();
    let spread = hosts.len() > 1;
    run(Settings { types: Some([Type::A].into()), spread, ..settings() }, hosts, &names)
}

fn texts(lookup: &Lookup) -> Vec<String> {
    lookup.records.iter().map(|r| format!("{}:{}", r.rtype, r.data.text)).collect()
}

fn wire(name: &str) -> Vec<u8> {
    Name::parse(name).unwrap().wire().to_vec()
}

fn failed(finished: &Finished) -> usize {
    finished.resolutions.iter().filter(|r| r.lookups.iter().any(|l| !l.failures.is_empty())).count()
}

// Connections.

#[test]
fn a_question_that_one_server_does_not_answer_goes_to_the_next() {
    let endpoint = Endpoint { datagrams: false, encrypted: true };
    let settings = Settings { lone: true, types: Some([Type::A, Type::MX].into()), ..settings() };
    let mut engine = Engine::new(settings, &[endpoint; 2]);
    let now = Instant::now();
    engine.begin([Name::parse("a.example").unwrap()], now);
    let sent = |engine: &mut Engine| -> Vec<(usize, u16)> {
        engine.advance(now);
        let sends: Vec<_> = std::iter::from_fn(|| engine.next(now)).collect();
        sends.iter().map(|send| (send.server, u16_at(engine.message(send.slot), 0).unwrap())).collect()
    };
    let [(0, first), (0, second)] = sent(&mut engine)[..] else { panic!() };
    // About another server's question, or one that nobody asked, nothing is known.
    engine.unanswered(now, 1, first, "no");
    engine.unanswered(now, 0, (0..).find(|id| ![first, second].contains(id)).unwrap(), "no");
    assert_eq!(sent(&mut engine), []);
    engine.unanswered(now, 0, first, "HTTP status 500");
    let [(1, again)] = sent(&mut engine)[..] else { panic!() };
    engine.unanswered(now, 1, again, "HTTP status 404");
    assert_eq!(sent(&mut engine), []);
    engine.unanswered(now, 0, second, "HTTP status 500");
    let [(1, again)] = sent(&mut engine)[..] else { panic!() };
    engine.unanswered(now, 1, again, "HTTP status 404");
    let done = engine.pop_done().unwrap();
    let why = Reason::Unreachable("HTTP status 404".to_owned());
    assert!(done.lookups[0].failures.iter().all(|f| f.server == 1 && f.reason == why));
    assert_eq!(done.lookups[0].failures.len(), 2);
}

// Head start.

#[test]
fn a_near_name_that_does_not_exist_costs_one_question() {
    let done = one(settings(), Host::new(MS, |asked| Some(reply(asked, 3, &[]))), "gone.example");
    assert_eq!(done.hosts[0].asked.len(), 1);
    assert!(done.resolutions[0].lookups[0].is_denied());
    assert!(done.took < 2 * MS, "{:?}", done.took);
}

#[test]
fn a_near_alias_costs_what_may_stand_beside_it() {
    let host = Host::new(MS, |asked| Some(reply(asked, 0, &[(&asked.name, Type::CNAME, &wire("other.example"))])));
    let done = one(settings(), host, "www.example");
    assert_eq!(done.hosts[0].asked.len(), 1 + Type::BESIDE_CNAME.len());
    assert_eq!(texts(&done.resolutions[0].lookups[0]), ["CNAME:other.example."]);
}

#[test]
fn a_far_server_gets_all_questions_after_the_head_start() {
    let done = one(settings(), Host::new(100 * MS, addresses), "www.example");
    let asked = &done.hosts[0].asked;
    assert_eq!(asked.len(), Type::data_types().count());
    assert_eq!(asked.iter().filter(|a| a.at < 10 * MS).count(), 1);
    assert!(asked.iter().all(|a| a.at < 11 * MS));
    assert!(done.took <= 112 * MS, "{:?}", done.took);
    // Those in use go first.
    let order: Vec<_> = asked[..8].iter().map(|a| a.rtype.to_string()).collect();
    assert_eq!(order, ["A", "AAAA", "CNAME", "MX", "NS", "SOA", "TXT", "HTTPS"]);
}

#[test]
fn one_type_does_not_decide_about_another() {
    // RFC 4074 section 4.2: a load balancer that denies every type but A.
    for rtt in [MS, 40 * MS] {
        for rcode in [2, 3, 4, 5] {
            let host = Host::new(rtt, move |asked| match asked.rtype {
                Type::A => addresses(asked),
                _ => Some(reply(asked, rcode, &[])),
            });
            let done = one(settings(), host, "ex.test");
            let lookup = &done.resolutions[0].lookups[0];
            assert_eq!(texts(lookup), ["A:192.0.2.1"], "{rcode}");
            assert_eq!(lookup.denied.len(), if rcode == 3 { Type::data_types().count() - 1 } else { 0 });
            assert_eq!(
                lookup.failures.len(),
                if rcode == 2 || rcode == 5 { Type::data_types().count() - 1 } else { 0 }
            );
            assert_eq!(lookup.rcode, Some(Rcode::NOERROR));
        }
    }
    // Rare types and CNAME fail: what was answered counts, near and far.
    const SERVED: [Type; 6] = [Type::A, Type::AAAA, Type::TXT, Type::MX, Type::NS, Type::SOA];
    for rtt in [MS, 40 * MS] {
        let host = Host::new(rtt, |asked| {
            let data = if asked.rtype == Type::MX { &b"\0\x0a\0"[..] } else { b"\0" };
            match SERVED.contains(&asked.rtype) {
                true => Some(reply(asked, 0, &[(&asked.name, asked.rtype, data)])),
                false => Some(reply(asked, 2, &[])),
            }
        });
        let done = one(settings(), host, "ex.test");
        let lookup = &done.resolutions[0].lookups[0];
        assert_eq!(
            (lookup.records.len(), lookup.failures.len(), lookup.failed_whole),
            (6, Type::data_types().count() - 6, false)
        );
    }
}

#[test]
fn what_one_type_is_refused_for_another_may_not_be() {
    for rcode in [2, 5] {
        let done = one(settings(), Host::new(MS, move |asked| Some(reply(asked, rcode, &[]))), "x.example");
        let lookup = &done.resolutions[0].lookups[0];
        assert_eq!(lookup.failures.len(), Type::data_types().count());
        let host = Host::new(MS, move |asked| match asked.rtype {
            Type::A => Some(reply(asked, rcode, &[])),
            _ => Some(reply(asked, 0, &[(&asked.name, asked.rtype, b"\0")])),
        });
        let done = one(settings(), host, "x.example");
        let lookup = &done.resolutions[0].lookups[0];
        assert_eq!((lookup.failures.len(), lookup.records.len()), (1, Type::data_types().count() - 1));
    }
}

#[test]
fn a_silent_server_gets_the_first_question_four_times() {
    let done = one(settings(), Host::new(MS, |_| None), "x.example");
    let lookup = &done.resolutions[0].lookups[0];
    assert!(lookup.failed_whole && matches!(lookup.failures[0].reason, Reason::Silence(_)));
    // 250, 500 and 1000 ms, then the whole time-out.
    assert_eq!(done.took.as_millis(), 4750);
    let times: Vec<_> = done.hosts[0].asked.iter().filter(|a| a.rtype == Type::A).map(|a| a.at.as_millis()).collect();
    assert_eq!(times, [0, 250, 750, 1750]);
    // The others are not repeated before there is a sign of life.
    assert_eq!(done.hosts[0].asked.len(), Type::data_types().count() + 3);
}

#[test]
fn a_rate_is_even() {
    let types: Vec<Type> = (1..=11).map(Type).collect();
    let settings = Settings { types: Some(types.into()), interval: Some(20 * MS), ..settings() };
    let done = one(settings, Host::new(MS, addresses), "www.example");
    let times: Vec<_> = done.hosts[0].asked.iter().map(|a| a.at.as_millis()).collect();
    assert_eq!(times, (0..11).map(|i| 20 * i).collect::<Vec<_>>());
}

// Silence of some types.

fn answers_four(asked: &Asked) -> Option<Vec<u8>> {
    match asked.rtype {
        Type::A => addresses(asked),
        Type::MX | Type::TXT | Type::AAAA => Some(reply(asked, 0, &[])),
        _ => None,
    }
}

#[test]
fn dropped_types_cost_two_seconds_in_all() {
    for rtt in [1, 20, 100, 300] {
        let done = one(settings(), Host::new(rtt * MS, answers_four), "ex.test");
        let lookup = &done.resolutions[0].lookups[0];
        assert_eq!(texts(lookup), ["A:192.0.2.1"]);
        assert_eq!(lookup.failures.len(), Type::data_types().count() - 4);
        assert!(done.took <= 2100 * MS, "{rtt}: {:?}", done.took);
    }
    // Two names are not slower, nor is less found.
    let done = run(settings(), vec![Host::new(MS, answers_four)], &[vec!["a.test"], vec!["b.test"]]);
    assert!(done.resolutions.iter().all(|r| texts(&r.lookups[0]) == ["A:192.0.2.1"]));
    assert!(done.took <= 2100 * MS, "{:?}", done.took);
}

// Letters and cookies.

#[test]
fn a_server_that_lower_cases_the_question_costs_one_round_trip() {
    let host = Host::new(20 * MS, |asked| {
        let mut msg = addresses(asked)?;
        let end = msg.len().min(12 + 9);
        msg[12..end].make_ascii_lowercase();
        Some(msg)
    });
    let done = one(Settings { types: Some([Type::A].into()), ..settings() }, host, "eXaMpLeeXaMpLe.teSt");
    assert_eq!(texts(&done.resolutions[0].lookups[0]), ["A:192.0.2.1"]);
    assert!(done.took <= 41 * MS, "{:?}", done.took);
}

/// The cookie that a question carries.
fn cookie(asked: &Asked) -> Option<Vec<u8>> {
    // The name, type and class, the fixed part of OPT, then the options.
    let (_, end) = Name::read(&asked.message, 12)?;
    let mut rest = asked.message.get(end + 4 + 11..)?;
    while let (Some(code), Some(len)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        if code == 10 {
            return Some(rest[4..4 + usize::from(len)].to_vec());
        }
        rest = &rest[4 + usize::from(len)..];
    }
    None
}

fn with_cookie(mut msg: Vec<u8>, cookie: &[u8]) -> Vec<u8> {
    msg[11] += 1;
    msg.extend([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4 + cookie.len() as u8, 0, 10, 0, cookie.len() as u8]);
    msg.extend(cookie);
    msg
}

#[test]
fn somebody_elses_cookie_is_asked_about_once_more_without() {
    let strange = b"\x1a\x51\x28\x82\xff\xff\x1d\xbfSERVERDC";
    let host = Host::new(20 * MS, move |asked| Some(with_cookie(addresses(asked)?, strange)));
    let types = Some([Type::A, Type::MX].into());
    let done = run(Settings { types, window: 1, ..settings() }, vec![host], &[vec!["a.test"], vec!["b.test"]]);
    assert!(done.resolutions.iter().all(|r| texts(&r.lookups[0]) == ["A:192.0.2.1"]));
    // Only the first question had one: the server is known then.
    let with: Vec<_> = done.hosts[0].asked.iter().map(|a| cookie(a).is_some()).collect();
    assert_eq!(with, [true, false, false, false, false]);
    assert!(done.took <= 101 * MS, "{:?}", done.took);
}

#[test]
fn a_servers_cookie_comes_back_to_it() {
    let host = Host::new(MS, |asked| {
        let client = cookie(asked)?;
        Some(with_cookie(addresses(asked)?, &[&client[..8], b"serverXX"].concat()))
    });
    let types = Some([Type::A].into());
    let done = run(Settings { types, window: 1, ..settings() }, vec![host], &[vec!["a.test"], vec!["b.test"]]);
    let cookies: Vec<_> = done.hosts[0].asked.iter().filter_map(cookie).collect();
    assert_eq!((cookies[0].len(), cookies[1].len()), (8, 16));
    assert!(cookies[1].starts_with(&cookies[0]) && cookies[1].ends_with(b"serverXX"));
}

// Aliases and search lists.

#[test]
fn aliases_have_an_end() {
    let host = Host::new(MS, |asked| {
        let number: u32 = asked.name.trim_end_matches(".example").trim_start_matches('n').parse().ok()?;
        let target = wire(&format!("n{}.example", number + 1));
        Some(reply(asked, 0, &[(&asked.name, Type::CNAME, &target)]))
    });
    let follow = Settings { follow: true, types: Some([Type::A].into()), ..settings() };
    let done = one(follow.clone(), host, "n0.example");
    let resolution = &done.resolutions[0];
    assert_eq!((resolution.lookups.len(), resolution.alias_problem), (MOST_ALIASES + 1, Some(AliasProblem::TooMany)));

    let host = Host::new(MS, |asked| {
        let target = wire(if asked.name == "left.example" { "right.example" } else { "LEFT.example" });
        Some(reply(asked, 0, &[(&asked.name, Type::CNAME, &target)]))
    });
    let done = one(follow, host, "left.example");
    assert_eq!(done.resolutions[0].alias_problem, Some(AliasProblem::Circle));
    assert_eq!(done.resolutions[0].lookups.len(), 2);
}

#[test]
fn a_dead_alias_is_known_where_the_replies_show_it() {
    let host = Host::new(MS, |asked| {
        let chain = [("x.test", "y.test"), ("y.test", "gone.test")];
        let chain: Vec<_> = chain.map(|(from, to)| (from, Type::CNAME, wire(to))).into();
        let records: Vec<_> = chain.iter().map(|(from, rtype, to)| (*from, *rtype, to.as_slice())).collect();
        let from = chain.iter().position(|c| c.0 == asked.name)?;
        Some(reply(asked, 3, &records[from..]))
    });
    let done = one(settings(), host, "x.test");
    let lookup = &done.resolutions[0].lookups[0];
    assert_eq!(lookup.missing_target.as_ref().map(ToString::to_string), Some("gone.test.".to_owned()));
    assert!(!lookup.is_denied());
}

#[test]
fn the_names_that_a_short_name_may_mean() {
    let name = |text: &str| Name::parse(text).unwrap();
    let search = [name("a.example"), name("example")];
    let texts = |text, ndots| -> Vec<String> {
        candidates(name(text), &search, ndots).iter().map(ToString::to_string).collect()
    };
    assert_eq!(texts("www", 1), ["www.a.example.", "www.example.", "www."]);
    assert_eq!(texts("www.b", 1), ["www.b.", "www.b.a.example.", "www.b.example."]);
    assert_eq!(texts("www.b", 2), ["www.b.a.example.", "www.b.example.", "www.b."]);
}

#[test]
fn the_search_list_is_tried_in_its_order_until_a_name_exists() {
    let host = || {
        Host::new(MS, |asked| match asked.name.as_str() {
            "www.b.example" => addresses(asked),
            _ => Some(reply(asked, 3, &[])),
        })
    };
    let names = ["www.a.example", "www.b.example", "www.c.example"].to_vec();
    let lone = Settings { lone: true, ..settings() };
    let done = run(lone.clone(), vec![host()], std::slice::from_ref(&names));
    let resolution = &done.resolutions[0];
    assert_eq!(resolution.lookups.len(), 1);
    assert_eq!(texts(&resolution.lookups[0]), ["A:192.0.2.1"]);
    assert!(done.hosts[0].asked.iter().all(|a| a.name != "www.c.example"));
    // A name that exists without records does not hide the next; the last one tells where there is none.
    let done = run(lone, vec![host()], &[vec!["x.a.example", "x.c.example"]]);
    assert!(done.resolutions[0].lookups[0].is_denied());
    assert_eq!(done.resolutions[0].lookups[0].name.to_string(), "x.c.example.");
}

#[test]
fn a_search_list_ends_where_no_server_can_be_reached() {
    let settings = Settings { lone: true, types: Some([Type::A].into()), ..settings() };
    let mut engine = Engine::new(settings, &[Endpoint { datagrams: true, encrypted: false }]);
    let now = Instant::now();
    engine.begin(["x.a.example", "x.b.example", "x.c.example", "x"].map(|text| Name::parse(text).unwrap()), now);
    engine.advance(now);
    assert!(engine.next(now).is_some());
    engine.unreachable(now, 0, "Connection refused", false);
    engine.advance(now);
    let done = engine.pop_done().expect("no name is waited for without end");
    assert!(done.lookups.iter().all(|l| matches!(l.failures[0].reason, Reason::Unreachable(_))));
}

// Congestion: within one and a half of the ideal time.

fn within(done: &Finished, ideal: f64, what: &str) {
    let took = done.took.as_secs_f64();
    assert!(took <= 1.5 * ideal, "{what}: {took:.2} s, ideal {ideal:.2} s");
}

#[test]
fn any_round_trip_fills_the_window() {
    for rtt in [1, 10, 50, 300] {
        let done = many(8000, vec![Host::new(rtt * MS, addresses)]);
        within(&done, 8000.0 / 400.0 * f64::from(rtt) / 1000.0, &format!("{rtt} ms"));
        assert_eq!(failed(&done), 0);
        // At most the first window is asked twice, before the round trip is known.
        assert!(done.hosts[0].asked.len() <= 8400, "{rtt}: {}", done.hosts[0].asked.len());
    }
}

#[test]
fn a_loss_of_one_in_a_hundred_is_no_congestion() {
    for rtt in [1, 10, 50, 300] {
        let done = many(8000, vec![Host::new(rtt * MS, addresses).losing(0.01)]);
        let (rtt, again) = (f64::from(rtt) / 1000.0, (4.0 * f64::from(rtt) / 1000.0).max(0.25));
        // Each query keeps its place for a round trip, a lost one for its time-out; the last ones may be lost twice.
        let ideal = 8000.0 / 400.0 * (rtt + 0.01 * again) + again + 2.0 * again;
        within(&done, ideal, &format!("{rtt} s"));
        assert_eq!(failed(&done), 0);
    }
}

#[test]
fn a_servers_short_queue_is_not_overrun_for_long() {
    // Sixty thousand questions a second, of which 208 may wait, as with Linux' usual settings.
    let each = Duration::from_nanos(16_667);
    let done = many(60_000, vec![Host::new(MS / 10, addresses).queueing(208, each)]);
    within(&done, 1.0, "a short queue");
    assert_eq!(failed(&done), 0);
    let again = done.hosts[0].asked.len() - 60_000;
    assert!(again < 400, "{again} datagrams were sent again");
    // A loss that is not the window's own leaves it as large as it was.
    let done = many(60_000, vec![Host::new(100 * MS, addresses).losing(0.02)]);
    let ideal = 60_000.0 / 400.0 * (0.1 + 0.02 * 0.4) + 0.4;
    assert!(done.took.as_secs_f64() < 1.2 * ideal, "{:?}, ideal {ideal:.2} s", done.took);
}

#[test]
fn dead_names_are_no_congestion() {
    for rtt in [1, 10, 50, 300] {
        let dead = |asked: &Asked| {
            let number: u32 = asked.name.trim_end_matches(".example").trim_start_matches('n').parse().ok()?;
            if number.is_multiple_of(20) { None } else { addresses(asked) }
        };
        let done = many(8000, vec![Host::new(rtt * MS, dead)]);
        let again = (4.0 * f64::from(rtt) / 1000.0).max(0.25);
        // 7 time-outs for three tries, and 3 s after the last; each dead name keeps its place so long.
        let lifetime = 7.0 * again + 3.0;
        within(&done, 400.0 * lifetime / 400.0 + 8000.0 / 400.0 * f64::from(rtt) / 1000.0, &format!("{rtt} ms"));
        assert_eq!(failed(&done), 400);
    }
}

#[test]
fn a_server_of_twenty_questions_a_second_loses_none() {
    for rtt in [1, 50, 300] {
        let done = many(400, vec![Host::new(rtt * MS, addresses).limited(20.0)]);
        within(&done, 380.0 / 20.0, &format!("{rtt} ms"));
        assert_eq!(failed(&done), 0, "{rtt} ms");
    }
}

#[test]
fn an_overload_that_ends_is_forgotten() {
    // 20 questions a second for the first ten seconds, then any number.
    let host = Host::new(MS, |asked| {
        let crowded = asked.at < Duration::from_secs(10) && asked.at.as_millis() % 50 != 0;
        if crowded { None } else { addresses(asked) }
    });
    let done = many(4000, vec![host]);
    assert!(done.took < Duration::from_secs(30), "{:?}", done.took);
}

#[test]
fn a_slow_server_does_not_hold_up_a_fast_one() {
    let hosts = || vec![Host::new(10 * MS, addresses).limited(20.0), Host::new(10 * MS, addresses)];
    let done = many(8000, hosts());
    // The fast one has half of the window; what the slow one drops is asked again elsewhere.
    within(&done, 8000.0 / 200.0 * 0.01 + 0.25, "one slow, one fast");
    assert_eq!(failed(&done), 0);
    let done = many(8000, vec![Host::new(10 * MS, addresses), Host::new(10 * MS, addresses)]);
    let [one, two] = [0, 1].map(|at| done.hosts[at].asked.len());
    assert!(one.abs_diff(two) < 800, "{one} and {two}");
}
