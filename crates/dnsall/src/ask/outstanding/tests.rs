use std::time::Duration;

use super::*;
use crate::{
    ask::simulation::{MS, settings},
    wire::name::Name,
};

const DATAGRAMS: Endpoint = Endpoint { datagrams: true, encrypted: false };
const CONNECTION: Endpoint = Endpoint { datagrams: false, encrypted: true };

fn query(input: u64, rtype: Type, patient: bool) -> Query {
    Query { input, lookup: 0, name: Name::parse("a.example").unwrap(), rtype, patient }
}

fn empty(settings: Settings, endpoints: &[Endpoint]) -> Outstanding {
    Outstanding::new(settings, endpoints, Random::default())
}

/// One query for A records, sent at `now` to the first of `servers` servers.
fn sent(settings: Settings, servers: usize, patient: bool, now: Instant) -> Outstanding {
    let mut out = empty(settings, &vec![DATAGRAMS; servers]);
    out.ask(query(0, Type::A, patient));
    assert_eq!(out.next(now), Some(Send { server: 0, slot: 0, path: Path::Datagram }));
    out
}

/// A reply to the last message of `slot` with these bits and this higher part of the response code.
fn reply(out: &Outstanding, slot: usize, bits: u16, high: u8) -> Vec<u8> {
    let mut msg = out.message(slot)[..12 + 11 + 4].to_vec();
    msg[2..4].copy_from_slice(&(0x8000 | bits).to_be_bytes());
    msg[11] = 1;
    [&msg[..], &[0, 0, 41, 4, 208, high, 0, 0, 0, 0, 0]].concat()
}

/// Takes a reply from `server`: was the query answered?
fn take(out: &mut Outstanding, now: Instant, server: usize, path: Path, mut msg: Vec<u8>) -> bool {
    out.receive(now, server, path, &mut msg).is_some()
}

/// Where slot 0 goes next, if it may be sent at `now`.
fn again(out: &mut Outstanding, now: Instant) -> Option<(usize, Path)> {
    out.next(now).map(|send| (send.server, send.path))
}

#[test]
fn queries_count_until_they_are_answered() {
    let now = Instant::now();
    let mut out = empty(Settings { window: 2, ..settings() }, &[DATAGRAMS]);
    assert!(out.is_empty() && out.has_room() && out.next(now).is_none());
    for rtype in [Type::A, Type::MX, Type::TXT] {
        out.ask(query(0, rtype, false));
    }
    let (first, _) = (out.next(now).unwrap(), out.next(now).unwrap());
    assert_eq!(out.next(now), None, "the window is full");
    assert_eq!((out.len(), out.is_empty(), out.in_flight(), out.has_room()), (3, false, 2, false));
    assert!(!out.heard(0) && !out.heard(1));
    let mut msg = reply(&out, first.slot, 0, 0);
    let copy = msg.clone();
    let answered = out.receive(now + 7 * MS, 0, Path::Datagram, &mut msg).unwrap();
    assert_eq!((answered.query.rtype, answered.server), (Type::A, 0));
    assert!(out.heard(0));
    assert_eq!(out.statistics.round_trips.percentile(50), Some(Duration::from_micros(7167)));
    assert_eq!((out.len(), out.in_flight()), (2, 1));
    // The same once more, and what is no message: both are counted and ignored.
    assert!(!take(&mut out, now, 0, Path::Datagram, copy) && !take(&mut out, now, 0, Path::Datagram, vec![1]));
    let mut ignored = Ignored::default();
    *ignored.unrelated() = 2;
    assert_eq!(out.servers[0].ignored, ignored);
    // So are a question and another kind of message (RFC 1996: NOTIFY is 4).
    let mut question = reply(&out, 1, 0, 0);
    question[2] = 0;
    let mut notify = reply(&out, 1, 0, 0);
    notify[2] |= 4 << 3;
    assert!(!take(&mut out, now, 0, Path::Datagram, question) && !take(&mut out, now, 0, Path::Datagram, notify));
    *ignored.unrelated() += 2;
    assert_eq!(out.servers[0].ignored, ignored);
    // The third one has the place of the first.
    assert_eq!(out.next(now).map(|send| send.slot), Some(first.slot));
    assert_eq!(out.ids.iter().filter(|id| **id != UNUSED).count(), 2);
    let Statistics { questions, sent, again, replies, ignored, .. } = out.statistics;
    assert_eq!([questions, sent, again, replies, ignored], [3, 3, 0, 1, 4]);
    assert_eq!(out.message(99), b"");
    // The memory of a reply's records serves the next one.
    out.recycle(Reply::read_into(&[0; 12], Vec::with_capacity(9)).unwrap());
    assert!(out.records.capacity() >= 9);
}

#[test]
fn room_for_another_name() {
    for (window, flying, again, queued, slots, room) in [
        (7, 3, 2, 1, 0, true),
        (6, 3, 2, 1, 0, false),
        (2, 0, 0, 0, 7, true),
        (2, 0, 0, 0, 8, false),
        (2, 1, 0, 0, 9, false),
    ] {
        let mut out = empty(Settings { window, ..settings() }, &[DATAGRAMS, DATAGRAMS]);
        (out.servers[0].outstanding, out.servers[1].outstanding) = (flying, 0);
        out.servers[1].again.extend(vec![(0, 0); again]);
        out.queue.extend(vec![query(0, Type::A, false); queued]);
        out.slots.extend((0..slots).map(|_| Slot::empty()));
        assert_eq!(out.has_room(), room, "{window} {flying} {again} {queued} {slots}");
    }
    let mut out = empty(settings(), &[DATAGRAMS, DATAGRAMS]);
    (out.servers[0].outstanding, out.servers[1].outstanding) = (3, 4);
    assert_eq!(out.in_flight(), 7);
    // Four for each one of the window may be without an answer; a place that is free is none of them.
    for (slots, free, may_send) in [(7, 0, true), (8, 0, false), (9, 1, false), (9, 2, true)] {
        let mut out = empty(Settings { window: 2, ..settings() }, &[DATAGRAMS]);
        out.slots.extend((0..slots).map(|_| Slot::empty()));
        out.free.extend(0..free);
        out.ask(query(0, Type::A, false));
        let now = Instant::now();
        assert_eq!(out.wake(now), may_send.then_some(now), "{slots} {free}");
        assert_eq!(out.next(now).is_some(), may_send, "{slots} {free}");
    }
}

#[test]
fn servers_share_the_window_or_stand_in() {
    let now = Instant::now();
    let rooms = |spread, servers| -> Vec<usize> {
        let out = empty(Settings { window: 10, spread, ..settings() }, &vec![DATAGRAMS; servers]);
        out.servers.iter().map(|s| s.room(now)).collect()
    };
    assert_eq!(rooms(true, 3), [4, 4, 4]);
    assert_eq!(rooms(false, 3), [10, 10, 10]);
    assert_eq!(rooms(false, 65).len(), 64);
    let mut out = empty(settings(), &[DATAGRAMS, CONNECTION]);
    assert_eq!([0, 1, 2].map(|server| out.uses_edns(server)), [true, false, false]);
    out.servers[0].edns = false;
    assert!(!out.uses_edns(0));
}

#[test]
fn a_new_query_goes_to_the_server_with_the_most_room() {
    let now = Instant::now();
    for (spread, outstanding, unreachable, preferred, chosen) in [
        (true, [0, 0, 0], 9, 0, Some(0)),
        (true, [2, 1, 1], 9, 0, Some(1)),
        (true, [2, 1, 1], 1, 0, Some(2)),
        (true, [4, 4, 4], 9, 0, None),
        (true, [4, 4, 3], 9, 0, Some(2)),
        // Else to the first one that can be reached, or it waits.
        (false, [2, 0, 0], 9, 0, Some(0)),
        (false, [2, 0, 0], 0, 0, Some(1)),
        (false, [0, 0, 0], 2, 2, Some(0)),
        (false, [12, 0, 0], 9, 0, None),
        (false, [11, 0, 0], 9, 0, Some(0)),
    ] {
        let mut out = empty(Settings { window: 12, spread, ..settings() }, &[DATAGRAMS; 3]);
        for (at, server) in out.servers.iter_mut().enumerate() {
            server.outstanding = outstanding[at];
            server.unreachable = (at == unreachable).then(String::new);
        }
        out.preferred = preferred;
        assert_eq!(out.choose(now), chosen, "{spread} {outstanding:?} {unreachable}");
    }
    let mut out = empty(settings(), &[DATAGRAMS; 4]);
    out.servers[2].unreachable = Some(String::new());
    for (from, but, found) in [
        (0, 0, Some(0)),
        (2, 0, Some(3)),
        (4, 0, Some(0)),
        (3, 0b1000, Some(0)),
        (1, 0b1010, Some(0)),
        (1, 0b1001, Some(1)),
        (0, 0b1011, None),
    ] {
        assert_eq!(out.reachable(from, but), found, "{from} {but:b}");
    }
}

#[test]
fn how_long_a_datagram_is_waited_for() {
    let now = Instant::now();
    // Time-outs are 250, 500 and 1,000 ms with an unknown round trip, 2,400 and more with one of 600 ms.
    // The longest wait for a silent type is 2,000 ms, or 2,400.
    for (rtt, tries, datagram, patient, wait, late) in [
        (0, 4, 0, false, 250, None),
        (0, 4, 1, false, 500, Some(250)),
        (0, 4, 2, false, 1000, Some(250)),
        (0, 4, 3, false, 3000, Some(250)),
        (0, 4, 4, false, 3000, Some(250)),
        (0, 1, 0, false, 3000, Some(250)),
        (0, 4, 1, true, 500, Some(250)),
        (0, 4, 3, true, 2000, Some(250)),
        (0, 9, 5, true, 2000, Some(250)),
        (0, 9, 5, false, 3000, Some(250)),
        (600, 4, 0, false, 2400, None),
        (600, 4, 1, false, 3000, Some(2400)),
        (600, 4, 1, true, 2400, None),
        (900, 4, 3, true, 3000, None),
    ] {
        let mut out = sent(Settings { tries, ..settings() }, 1, patient, now);
        if rtt > 0 {
            out.servers[0].congestion.answered(now + rtt * MS, 0, now, std::iter::empty());
        }
        out.late.clear();
        out.slots[0].tries = datagram;
        out.send(0, now);
        let what = format!("{rtt} {tries} {datagram} {patient}");
        let slots = &out.slots;
        assert_eq!(out.timers.next(|timer| is_current(slots, timer)), Some(now + wait * MS), "{what}");
        assert_eq!(out.late.front().map(|timer| timer.at), late.map(|ms| now + ms * MS), "{what}");
        assert_eq!((out.slots[0].tries, out.slots[0].state), (datagram + 1, State::InFlight));
    }
    // Over a connection it is the time of all tries.
    let mut out = empty(settings(), &[CONNECTION]);
    out.ask(query(0, Type::A, false));
    assert_eq!(again(&mut out, now), Some((0, Path::Connection)));
    assert_eq!((out.wake(now), out.late.len()), (Some(now + 12_000 * MS), 0));
    // Which holds up nobody whose wait is shorter.
    let mut out = empty(settings(), &[CONNECTION, DATAGRAMS]);
    for server in [0, 1] {
        out.preferred = server;
        out.ask(query(0, Type::A, false));
        out.next(now);
    }
    assert_eq!(out.wake(now), Some(now + 250 * MS));
}

#[test]
fn a_wait_may_end_early() {
    let now = Instant::now();
    // The end in ms; the wait of the third datagram is one of 1,000, and 250 are left in any case
    // where the answer may wait for other names.
    for (lone, end, wait) in [
        (true, 700, 700),
        (true, 100, 100),
        (true, 5000, 1000),
        (false, 700, 700),
        (false, 100, 250),
        (false, 5000, 1000),
    ] {
        let mut out = sent(Settings { lone, ..settings() }, 1, false, now);
        (out.slots[0].tries, out.slots[0].end) = (2, Some(now + end * MS));
        out.send(0, now);
        let slots = &out.slots;
        assert_eq!(out.timers.next(|timer| is_current(slots, timer)), Some(now + wait * MS), "{lone} {end}");
    }
}

#[test]
fn a_server_is_asked_once_more_or_another_one_is() {
    let now = Instant::now();
    const FORMERR: (u16, u8) = (1, 0);
    const SERVFAIL: (u16, u8) = (2, 0);
    const NOTIMP: (u16, u8) = (4, 0);
    const BADVERS: (u16, u8) = (0, 1);
    const BADCOOKIE: (u16, u8) = (7, 1);
    const TRUNCATED: (u16, u8) = (0x0200, 0);
    let datagram = |server| Some((server, Path::Datagram));
    // Of how many servers, with EDNS or not, after how many datagrams: what is sent next?
    // Nothing is, where the query is answered.
    for (servers, edns, tries, (bits, high), next) in [
        (1, true, 1, FORMERR, datagram(0)),
        (1, true, 1, NOTIMP, datagram(0)),
        (1, true, 1, BADVERS, datagram(0)),
        (3, false, 1, FORMERR, None),
        (3, false, 1, NOTIMP, None),
        (3, false, 1, BADVERS, datagram(1)),
        (1, true, 3, BADCOOKIE, datagram(0)),
        (1, true, 4, BADCOOKIE, None),
        (3, true, 4, BADCOOKIE, datagram(1)),
        (3, false, 1, BADCOOKIE, datagram(1)),
        (1, true, 1, SERVFAIL, None),
        (3, true, 1, SERVFAIL, datagram(1)),
        (3, true, 1, TRUNCATED, Some((0, Path::Connection))),
        (3, true, 1, (0, 0), None),
        (3, true, 1, (3, 0), None),
    ] {
        let mut out = sent(settings(), servers, false, now);
        (out.slots[0].edns, out.slots[0].tries) = (edns, tries);
        let msg = reply(&out, 0, bits, high);
        let what = format!("{servers} {edns} {tries} {bits:x} {high}");
        assert_eq!(take(&mut out, now, 0, Path::Datagram, msg), next.is_none(), "{what}");
        assert_eq!(out.in_flight(), 0, "{what}");
        assert_eq!(out.wake(now), next.map(|_| now), "{what}");
        assert_eq!(again(&mut out, now), next, "{what}");
        assert_eq!((out.statistics.again, out.in_flight()), next.map_or((0, 0), |_| (1, 1)), "{what}");
        assert_eq!(out.statistics.truncated, u64::from(bits == TRUNCATED.0), "{what}");
        let is_plain = edns && [FORMERR, NOTIMP, BADVERS].contains(&(bits, high));
        assert_eq!(
            out.message(0).get(11),
            if next.is_none() {
                None
            } else if is_plain || !edns && next != datagram(1) {
                Some(&0)
            } else {
                Some(&1)
            },
            "{what}"
        );
    }
    // A server that answers without EDNS gets no more of it.
    for (edns, rcode, uses) in [(false, 0, false), (false, 3, false), (true, 0, true), (false, 1, true)] {
        let mut out = sent(settings(), 1, false, now);
        out.slots[0].edns = edns;
        let msg = reply(&out, 0, rcode, 0);
        assert!(take(&mut out, now, 0, Path::Datagram, msg));
        assert_eq!(out.uses_edns(0), uses, "{edns} {rcode}");
    }
    // Truncated over the connection is an answer.
    let mut out = sent(settings(), 1, false, now);
    let msg = reply(&out, 0, 0x0200, 0);
    take(&mut out, now, 0, Path::Datagram, msg);
    out.next(now);
    let msg = reply(&out, 0, 0x0200, 0);
    assert!(take(&mut out, now, 0, Path::Connection, msg));
    assert_eq!((out.statistics.truncated, out.is_empty()), (1, true));
}

#[test]
fn each_server_refuses_once_and_the_first_is_named() {
    let now = Instant::now();
    let mut out = sent(settings(), 3, false, now);
    for (server, rcode, next) in [(0, 5, Some(1)), (1, 2, Some(2)), (2, 2, None)] {
        // A datagram that is sent twice does not make it a server that was not asked.
        out.send(0, now);
        out.servers[server].no_longer();
        let msg = reply(&out, 0, rcode, 0);
        assert_eq!(take(&mut out, now, server, Path::Datagram, msg), next.is_none());
        if next.is_some() {
            assert_eq!(out.slots[0].refusal, Some((0, Rcode::REFUSED)));
        }
        assert_eq!(again(&mut out, now), next.map(|server| (server, Path::Datagram)));
    }
}

#[test]
fn letters_and_cookies_of_somebody_else() {
    let now = Instant::now();
    let mut out = sent(settings(), 1, false, now);
    out.slots[0].cases = u64::MAX;
    out.send(0, now);
    let mut msg = reply(&out, 0, 0, 0);
    msg[12..23].make_ascii_lowercase();
    assert!(!take(&mut out, now, 0, Path::Datagram, msg));
    assert_eq!((out.statistics.ignored, out.statistics.replies), (1, 0));
    let mut ignored = Ignored::default();
    *ignored.case() = 1;
    assert_eq!((out.servers[0].ignored, out.servers[0].keeps_case), (ignored, false));
    assert_eq!(again(&mut out, now), Some((0, Path::Datagram)));
    assert_eq!(out.message(0)[12..23], *b"\x01a\x07example\0");

    // A cookie that is not ours counts where one was sent, in a datagram.
    for (path, cookie, strange, answered) in [
        (Path::Datagram, true, true, false),
        (Path::Datagram, true, false, true),
        (Path::Datagram, false, true, true),
        (Path::Connection, true, true, true),
    ] {
        let mut out = sent(settings(), 1, false, now);
        out.slots[0].cookie = cookie;
        out.slots[0].attempts[0].path = path;
        let own = out.servers[0].cookie.clone();
        let first: Vec<u8> = own.iter().map(|byte| byte ^ u8::from(strange)).collect();
        let mut msg = reply(&out, 0, 0, 0);
        *msg.last_mut().unwrap() = 20;
        msg.extend([&[0, 10, 0, 16], &first[..], b"serverXX"].concat());
        assert_eq!(take(&mut out, now, 0, path, msg), answered, "{path:?} {cookie} {strange}");
        assert_eq!(out.servers[0].cookies, answered);
        assert_eq!(out.statistics.ignored, u64::from(!answered));
    }
}

#[test]
fn the_server_that_answers_is_preferred() {
    let now = Instant::now();
    // Which one was preferred, was this one heard before, is it a retransmission: who is preferred?
    for (spread, heard, attempt, preferred) in
        [(false, false, 0, 0), (false, true, 0, 1), (false, true, 1, 0), (true, false, 1, 1)]
    {
        let mut out = sent(Settings { spread, ..settings() }, 2, false, now);
        for _ in 0..attempt {
            out.send(0, now);
        }
        (out.preferred, out.servers[0].heard) = (1, heard);
        let msg = reply(&out, 0, 0, 0);
        assert!(take(&mut out, now, 0, Path::Datagram, msg));
        assert_eq!(out.preferred, preferred, "{spread} {heard} {attempt}");
        assert!(out.heard(0));
    }
}

#[test]
fn what_is_not_sent_yet_can_be_dropped() {
    let mut out = empty(settings(), &[DATAGRAMS]);
    for (input, rtype) in [(1, Type::A), (1, Type::MX), (1, Type::TXT), (2, Type::MX)] {
        out.ask(query(input, rtype, true));
    }
    assert_eq!(out.drop_unsent(1, &[Type::MX]), [Type::A, Type::TXT]);
    let left: Vec<_> = out.queue.iter().map(|q| (q.input, q.rtype)).collect();
    assert_eq!((left, out.statistics.questions), (vec![(1, Type::MX), (2, Type::MX)], 2));
    // Those that were sent go with their input, too, and no other's.
    let now = Instant::now();
    out.next(now);
    out.next(now);
    out.ask(query(1, Type::A, true));
    out.ask(query(2, Type::A, true));
    out.abandon(1);
    assert_eq!((out.len(), out.in_flight()), (2, 1));
    assert_eq!(out.queue.iter().map(|query| query.input).collect::<Vec<_>>(), [2]);
    assert_eq!(out.slots.iter().flat_map(|s| &s.query).map(|q| q.input).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_patient_query_waits_for_a_sign_of_life() {
    let now = Instant::now();
    let mut out = sent(settings(), 1, true, now);
    out.ask(query(9, Type::MX, true));
    out.next(now + MS);
    let mut failed = Vec::new();
    out.expire(now + 260 * MS, |_| Standing::Unheard, &mut failed);
    assert_eq!((out.held, out.in_flight(), failed.len()), (2, 0, 0));
    assert_eq!(out.wake(now + 260 * MS), None);
    // Another input's sign says nothing; ours sends it again a time-out after it went out.
    out.servers[0].congestion.answered(now + 600 * MS, 0, now, std::iter::empty());
    out.resume(5);
    assert_eq!(out.held, 2);
    out.resume(0);
    assert_eq!((out.held, out.slots[0].state, out.slots[1].state), (1, State::Late, State::Held));
    assert_eq!(out.slots[0].end, Some(now + 2400 * MS));
    assert_eq!(out.wake(now + 600 * MS), Some(now + 2400 * MS));
    // A late answer and the end of its input take it out of those that are held.
    let msg = reply(&out, 1, 0, 0);
    assert!(take(&mut out, now, 0, Path::Datagram, msg));
    assert_eq!((out.held, out.len()), (0, 1));
}

#[test]
fn a_late_answer_leaves_its_place_in_the_window() {
    let now = Instant::now();
    let mut out = sent(settings(), 1, false, now);
    out.slots[0].tries = 1;
    out.send(0, now);
    out.servers[0].no_longer();
    let mut failed = Vec::new();
    for (ms, state, in_flight) in [(249, State::InFlight, 1), (250, State::Late, 0), (499, State::Late, 0)] {
        out.expire(now + ms * MS, |_| Standing::Unheard, &mut failed);
        assert_eq!((out.slots[0].state, out.in_flight()), (state, in_flight), "{ms}");
    }
    assert_eq!(out.wake(now + 250 * MS), Some(now + 500 * MS));
    out.expire(now + 500 * MS, |_| Standing::Unheard, &mut failed);
    assert_eq!(out.slots[0].state, State::Queued);
    assert_eq!(again(&mut out, now + 500 * MS), Some((0, Path::Datagram)));
}

/// What becomes of slot 0 when its time is over.
fn timed_out(out: &mut Outstanding, now: Instant, standing: Standing) -> (State, Vec<Failed>) {
    let mut failed = Vec::new();
    out.time_out(0, now, &|_| standing, &mut failed);
    (out.slots[0].state, failed)
}

#[test]
fn when_a_query_is_given_up() {
    use Standing::{Heard, Settled, Unheard};
    let now = Instant::now();
    let silence = || Some(Reason::Silence(Ignored::default()));
    // Datagrams so far and the age in ms; the reason where it is over.
    for (tries, age, standing, over) in [
        (1, 250, Unheard, None),
        (3, 1750, Unheard, None),
        (4, 4750, Unheard, Some(silence())),
        (3, 9000, Unheard, None),
        // Where others of the name were answered: three datagrams, or two seconds.
        (1, 250, Heard, None),
        (2, 1999, Heard, None),
        (2, 2000, Heard, Some(silence())),
        (3, 1750, Heard, Some(silence())),
        (1, 250, Settled, Some(None)),
    ] {
        let mut out = sent(settings(), 1, false, now);
        out.slots[0].tries = tries;
        let (state, failed) = timed_out(&mut out, now + age * MS, standing);
        let reason = failed.first().map(|failed| failed.reason.clone());
        assert_eq!(reason, over, "{tries} {age} {standing:?}");
        assert_eq!(state, State::Queued);
        assert_eq!(out.is_empty(), over.is_some());
        assert_eq!(out.statistics.unanswered, u64::from(over == Some(silence())));
        if over.is_none() {
            assert_eq!(out.slots[0].tries, tries);
            assert_eq!(out.slots[0].end, (standing == Heard).then_some(now + 2000 * MS));
        }
    }
    // What was refused or truncated before says more than silence.
    let mut out = sent(settings(), 2, false, now);
    (out.slots[0].tries, out.slots[0].refusal, out.slots[0].server) = (4, Some((1, Rcode::SERVFAIL)), 0);
    let failed = timed_out(&mut out, now, Unheard).1;
    assert_eq!((failed[0].server, failed[0].reason.clone()), (1, Some(Reason::Rcode(Rcode::SERVFAIL))));
    for (path, truncated) in [(Path::Connection, true), (Path::Connection, false)] {
        let mut out = sent(settings(), 1, false, now);
        (out.slots[0].path, out.slots[0].truncated) = (path, truncated);
        let failed = timed_out(&mut out, now, Unheard).1;
        let truncated = truncated.then(|| Reason::Truncated("no answer".to_owned()));
        assert_eq!((failed[0].server, failed[0].reason.clone()), (0, truncated.or(silence())));
    }
}

#[test]
fn what_an_overloaded_server_drops_is_no_try() {
    use Standing::{Heard, Unheard};
    let now = Instant::now();
    for (lone, overloaded, tries, messages, standing, left) in [
        (false, true, 4, 15, Unheard, Some(3)),
        (false, true, 4, 16, Unheard, None),
        (false, true, 1, 1, Unheard, Some(0)),
        (false, true, 6, 1, Unheard, Some(3)),
        (false, true, 3, 1, Heard, Some(2)),
        (true, true, 4, 15, Unheard, None),
        (false, false, 4, 15, Unheard, None),
        (false, false, 3, 15, Unheard, Some(3)),
    ] {
        let mut out = sent(Settings { lone, ..settings() }, 1, false, now);
        if overloaded {
            // Eight first datagrams without an answer are most of them.
            let congestion = &mut out.servers[0].congestion;
            (0..8).for_each(|_| congestion.timed_out(now, 0));
            congestion.answered(now + 300 * MS, 0, now + 299 * MS, std::iter::empty());
            assert!(congestion.is_overloaded());
        }
        let slot = &mut out.slots[0];
        slot.tries = tries;
        slot.attempts = vec![slot.attempts[0]; messages];
        let failed = timed_out(&mut out, now + 9000 * MS, standing).1;
        assert_eq!(failed.is_empty(), left.is_some(), "{lone} {overloaded} {tries} {messages}");
        if let Some(left) = left {
            assert_eq!((out.slots[0].tries, out.slots[0].end), (left, None), "{tries} {messages}");
        }
    }
}

#[test]
fn silence_shrinks_the_window_by_first_questions_alone() {
    let start = Instant::now();
    for (patient, lone, path, room) in [
        (false, false, Path::Datagram, 97),
        (true, false, Path::Datagram, 194),
        (false, true, Path::Datagram, 194),
        (false, false, Path::Connection, 194),
    ] {
        let mut out = sent(Settings { lone, ..settings() }, 1, patient, start);
        out.slots[0].path = path;
        // An answer widens the window by one at the start, and by one more at the end of its period.
        out.servers[0].congestion.answered(start + 300 * MS, 0, start + 299 * MS, std::iter::empty());
        assert_eq!(out.servers[0].congestion.room(0, start), 194);
        let later = start + 9000 * MS;
        timed_out(&mut out, later, Standing::Unheard);
        assert_eq!(out.servers[0].congestion.room(0, later), room, "{patient} {lone} {path:?}");
    }
}

#[test]
fn the_next_server_is_asked_in_the_same_way() {
    let now = Instant::now();
    let mut out = sent(settings(), 3, false, now);
    (out.slots[0].edns, out.slots[0].cookie, out.slots[0].random_case) = (false, false, false);
    timed_out(&mut out, now + 250 * MS, Standing::Unheard);
    let slot = &out.slots[0];
    assert_eq!((slot.server, slot.tries, slot.edns, slot.cookie, slot.random_case), (1, 1, false, false, false));
    assert_eq!(again(&mut out, now), Some((1, Path::Datagram)));
    // From the last one to the first; what only one of the two can do is left out.
    out.slots[0].server = 2;
    (out.slots[0].edns, out.slots[0].cookie, out.slots[0].random_case) = (true, true, true);
    (out.servers[0].cookies, out.servers[0].keeps_case) = (false, true);
    timed_out(&mut out, now + 750 * MS, Standing::Unheard);
    let slot = &out.slots[0];
    assert_eq!((slot.server, slot.tries, slot.edns, slot.cookie, slot.random_case), (0, 2, true, false, true));
    // One server alone stays the same.
    let mut out = sent(settings(), 1, false, now);
    out.slots[0].edns = false;
    timed_out(&mut out, now + 250 * MS, Standing::Unheard);
    assert_eq!((out.slots[0].server, out.slots[0].tries), (0, 1));
    assert_eq!(again(&mut out, now), Some((0, Path::Datagram)));
    assert_eq!(out.message(0)[11], 0);
}

#[test]
fn a_server_that_cannot_be_reached_is_left_alone() {
    let now = Instant::now();
    let mut out = sent(settings(), 3, false, now);
    let mut failed = Vec::new();
    // It answered before and nothing listens there now: it is only restarting.
    out.servers[0].heard = true;
    out.unreachable(0, "refused", true, &mut failed);
    assert_eq!((out.servers[0].unreachable.is_none(), out.in_flight()), (true, 1));
    out.unreachable(1, "no route", false, &mut failed);
    assert_eq!((out.servers[1].unreachable.is_some(), out.in_flight()), (true, 1), "its own queries alone");
    out.unreachable(0, "no route", false, &mut failed);
    assert_eq!(again(&mut out, now), Some((2, Path::Datagram)));
    // What was truncated has a way of its own, over the connection.
    out.slots[0].path = Path::Connection;
    out.unreachable(2, "no network", false, &mut failed);
    assert_eq!((failed.len(), out.in_flight()), (0, 1));
    out.slots[0].path = Path::Datagram;
    out.unreachable(2, "no network", true, &mut failed);
    assert_eq!((failed[0].server, failed[0].reason.clone()), (2, Some(Reason::Unreachable("no network".to_owned()))));
    // Nobody is left for those that were not sent.
    out.ask(query(7, Type::MX, false));
    assert_eq!((out.next(now), out.wake(now)), (None, None));
    out.expire(now, |_| Standing::Unheard, &mut failed);
    assert_eq!((failed[1].query.input, failed[1].server, out.is_empty()), (7, 2, true));
    assert_eq!(failed[1].reason, failed[0].reason);
}

#[test]
fn a_connection_that_ends_is_made_once_more() {
    let now = Instant::now();
    let why = |why: &str| Some(Reason::Unreachable(why.to_owned()));
    let truncated = Some(Reason::Truncated("gone".to_owned()));
    // The second time, or if it never was one, another server is asked, or it counts.
    for (servers, established, interrupted, truncated, datagrams, next, reason) in [
        (2, true, false, false, false, Some(0), None),
        (2, true, true, false, false, Some(1), None),
        (1, true, true, false, false, None, why("gone")),
        (2, false, false, false, false, Some(1), None),
        (1, false, false, false, false, None, why("gone")),
        (2, true, true, true, true, Some(1), None),
        (1, true, true, true, true, None, truncated.clone()),
        (2, false, false, true, true, Some(1), None),
        (1, false, false, true, true, None, truncated.clone()),
        (2, true, false, true, true, Some(0), None),
    ] {
        let endpoint = if datagrams { DATAGRAMS } else { CONNECTION };
        let mut out = empty(settings(), &vec![endpoint; servers]);
        out.ask(query(0, Type::A, false));
        out.next(now);
        let slot = &mut out.slots[0];
        (slot.path, slot.interrupted, slot.truncated) = (Path::Connection, interrupted, truncated);
        let what = format!("{servers} {established} {interrupted} {truncated} {datagrams}");
        let mut failed = Vec::new();
        out.disconnected(0, "gone", established, &mut failed);
        assert_eq!(out.servers[0].unreachable.is_some(), !established && !datagrams, "{what}");
        assert_eq!(failed.first().and_then(|failed| failed.reason.clone()), reason, "{what}");
        assert_eq!(again(&mut out, now).map(|(server, _)| server), next, "{what}");
        assert_eq!(out.is_empty(), reason.is_some(), "{what}");
    }
    // Another server's end, a datagram and what waits for its turn are none of its business.
    for (server, path, state) in [
        (1, Path::Connection, State::InFlight),
        (0, Path::Datagram, State::InFlight),
        (0, Path::Connection, State::Queued),
    ] {
        let mut out = sent(settings(), 2, false, now);
        (out.slots[0].path, out.slots[0].state, out.slots[0].interrupted) = (path, state, true);
        let mut failed = Vec::new();
        out.disconnected(server, "gone", true, &mut failed);
        assert_eq!((failed.len(), out.len()), (0, 1), "{server} {path:?} {state:?}");
    }
}

#[test]
fn each_server_is_asked_before_a_question_over_connections_fails() {
    let now = Instant::now();
    let mut failed = Vec::new();
    // The first one says nothing for a try, the second one closes twice, the third one has the time of all tries.
    let mut out = empty(settings(), &[CONNECTION; 3]);
    out.ask(query(0, Type::A, false));
    assert_eq!(again(&mut out, now), Some((0, Path::Connection)));
    assert_eq!(out.wake(now), Some(now + 3000 * MS));
    out.expire(now + 3000 * MS, |_| Standing::Unheard, &mut failed);
    assert_eq!(again(&mut out, now + 3000 * MS), Some((1, Path::Connection)));
    out.disconnected(1, "gone", true, &mut failed);
    assert_eq!(again(&mut out, now + 3000 * MS), Some((1, Path::Connection)));
    out.disconnected(1, "gone", true, &mut failed);
    assert_eq!(again(&mut out, now + 3000 * MS), Some((2, Path::Connection)));
    assert_eq!((out.wake(now + 3000 * MS), failed.len()), (Some(now + 15_000 * MS), 0));
    out.expire(now + 15_000 * MS, |_| Standing::Unheard, &mut failed);
    let silence = Some(Reason::Silence(Ignored::default()));
    assert_eq!((failed.len(), failed[0].server, failed[0].reason.clone()), (1, 2, silence));
    // What was refused before says more than a connection that ends.
    let mut out = empty(settings(), &[CONNECTION]);
    out.ask(query(0, Type::A, false));
    out.next(now);
    (out.slots[0].interrupted, out.slots[0].refusal) = (true, Some((1, Rcode::REFUSED)));
    out.disconnected(0, "gone", true, &mut failed);
    assert_eq!((failed[1].server, failed[1].reason.clone()), (1, Some(Reason::Rcode(Rcode::REFUSED))));
    // A truncated answer by datagram sends nobody but its server to its connection.
    let mut out = sent(settings(), 2, false, now);
    let msg = reply(&out, 0, 0x0200, 0);
    take(&mut out, now, 0, Path::Datagram, msg);
    assert_eq!(again(&mut out, now), Some((0, Path::Connection)));
    out.disconnected(0, "refused", false, &mut failed);
    assert_eq!(again(&mut out, now), Some((1, Path::Datagram)));
    assert!(!out.slots[0].truncated && failed.len() == 2);
}

#[test]
fn a_truncated_answer_over_a_connection_is_the_last_resort() {
    let now = Instant::now();
    let mut out = empty(settings(), &[CONNECTION; 2]);
    out.ask(query(0, Type::A, false));
    for (server, is_answer) in [(0, false), (1, true)] {
        assert_eq!(again(&mut out, now), Some((server, Path::Connection)));
        let msg = reply(&out, 0, 0x0200, 0);
        assert_eq!(take(&mut out, now, server, Path::Connection, msg), is_answer);
    }
}

#[test]
fn a_connection_that_brought_answers_is_no_retry() {
    // The server answers the first questions of each connection, as many as `each`, and ends it.
    let run = |each: usize, count: u64| {
        let now = Instant::now();
        let mut out = empty(Settings { window: 40, ..settings() }, &[CONNECTION]);
        for input in 0..count {
            out.ask(query(input, Type::A, false));
        }
        let (mut answered, mut failed, mut connections) = (Vec::new(), Vec::new(), 0);
        while !out.is_empty() {
            let slots: Vec<usize> = std::iter::from_fn(|| out.next(now)).map(|send| send.slot).collect();
            assert!(!slots.is_empty(), "stuck");
            for slot in slots.into_iter().take(each) {
                let mut msg = reply(&out, slot, 0, 0);
                answered.push(out.receive(now, 0, Path::Connection, &mut msg).unwrap().query.input);
            }
            out.disconnected(0, "gone", true, &mut failed);
            connections += 1;
        }
        (answered, failed.len(), connections, out.statistics.sent)
    };
    // After the first connection no more than twice as many are sent as will be answered.
    let (mut answered, failed, connections, sent) = run(5, 100);
    answered.sort_unstable();
    assert!(answered.into_iter().eq(0..100));
    assert_eq!((failed, connections), (0, 20));
    assert!(sent <= 40 + 20 * 10, "{sent}");
    assert_eq!(run(1, 7).1, 0);
    // Without an answer there is one more, and no third.
    let (answered, failed, connections, _) = run(0, 7);
    assert_eq!((answered.len(), failed, connections), (0, 7, 2));
}

#[test]
fn a_lone_names_questions_have_one_end_over_all_connections() {
    let now = Instant::now();
    for (lone, end) in [(true, 12_000), (false, 19_000)] {
        let mut out = empty(Settings { lone, ..settings() }, &[CONNECTION]);
        out.ask(query(0, Type::A, false));
        out.next(now);
        out.disconnected(0, "gone", true, &mut Vec::new());
        assert_eq!(again(&mut out, now + 7000 * MS), Some((0, Path::Connection)));
        assert_eq!(out.wake(now + 7000 * MS), Some(now + end * MS), "{lone}");
    }
}

#[test]
fn a_question_without_an_answer_over_its_connection() {
    let now = Instant::now();
    // The identifier, server and way of the last message have to be those, and the server the one that is asked.
    for (id, server, path, asked, is_it) in [
        (0, 0, Path::Connection, 0, true),
        (1, 0, Path::Connection, 0, false),
        (0, 1, Path::Connection, 0, false),
        (0, 0, Path::Datagram, 0, false),
        (0, 0, Path::Connection, 1, false),
    ] {
        let mut out = empty(settings(), &[CONNECTION; 3]);
        out.ask(query(0, Type::A, false));
        out.next(now);
        (out.slots[0].attempts[0].path, out.slots[0].server) = (path, asked);
        let mut failed = Vec::new();
        out.unanswered(server, out.slots[0].attempts[0].id ^ id, "no", &mut failed);
        assert_eq!((out.slots[0].state == State::Queued, failed.len()), (is_it, 0), "{id} {server} {path:?} {asked}");
        if is_it {
            assert_eq!(again(&mut out, now), Some((1, Path::Connection)));
            // An older message's end says nothing, whoever reports it.
            for server in [0, 1] {
                out.unanswered(server, out.slots[0].attempts[0].id, "no", &mut failed);
                assert_eq!((out.slots[0].state, failed.len()), (State::InFlight, 0));
            }
            // A server that was asked is not asked again.
            out.unanswered(1, out.slots[0].attempts[1].id, "no", &mut failed);
            assert_eq!(again(&mut out, now), Some((2, Path::Connection)));
            out.unanswered(2, out.slots[0].attempts[2].id, "never", &mut failed);
            assert_eq!((failed.len(), out.is_empty()), (1, true));
            assert_eq!(failed[0].reason, Some(Reason::Unreachable("never".to_owned())));
        }
    }
}

#[test]
fn when_to_wake_up() {
    let now = Instant::now();
    let mut out = empty(Settings { window: 1, ..settings() }, &[DATAGRAMS; 2]);
    assert_eq!(out.wake(now), None);
    out.ask(query(0, Type::A, false));
    assert_eq!(out.wake(now), Some(now));
    out.next(now);
    // The window is full: the first time-out is next.
    out.ask(query(0, Type::MX, false));
    assert_eq!(out.wake(now), Some(now + 250 * MS));
    out.servers[0].outstanding = 0;
    assert_eq!(out.wake(now), Some(now));
    // Only the preferred server gets what is queued, unless all share it.
    (out.servers[0].outstanding, out.preferred) = (1, 0);
    assert_eq!(out.wake(now), Some(now + 250 * MS));
    out.settings.spread = true;
    assert_eq!(out.wake(now), Some(now));
    out.servers[1].unreachable = Some(String::new());
    assert_eq!(out.wake(now), Some(now + 250 * MS));
    // A rate says when, if that is before the time-out.
    for (interval, wake) in [(20, 20), (300, 250)] {
        let interval = Some(interval * MS);
        let mut out = sent(Settings { interval, ..settings() }, 1, false, now);
        out.ask(query(0, Type::MX, false));
        assert_eq!(out.wake(now), Some(now + wake * MS));
        assert_eq!(out.wake(now + 30 * MS), Some(now + if wake == 20 { 30 * MS } else { 250 * MS }));
    }
}
