//! The way from a root to a name, with any replies: it ends after so many steps,
//! asks only addresses that may be asked, and believes no referral that leads
//! away from the name.
use std::net::SocketAddr;

use dnsall::{
    ask::{
        failure::Reason,
        trace::{Families, Finding, Host, Next, Outcome, Trace, roots},
    },
    wire::{
        message::{IN, Question, Rcode, Reply},
        name::Name,
    },
};
use plainnet_common::{special::is_public, text};

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let Some((bits, mut rest)) = input.split_first() else { return };
    let families = [Families::Both, Families::V4, Families::V6][usize::from(bits & 3) % 3];
    let local = Host { name: None, address: SocketAddr::from(([127, 0, 0, 1], 5300)) };
    let is_public_root = bits & 4 == 0;
    let start = if is_public_root { roots(families) } else { vec![local] };
    let name = Name::parse("www.a.b.example").expect("a name");
    let mut trace = Trace::new(name.clone(), start.clone(), families, Vec::new());
    let mut asked = 0;
    loop {
        let (about, rtype, host) = match trace.next_step() {
            Next::Ask { name, rtype, host, .. } => (name, rtype, host),
            Next::Found(hosts) => {
                assert!(!hosts.is_empty());
                assert!(hosts.iter().all(|host| may(host.address, families, is_public_root, &start)), "{hosts:?}");
                break;
            }
            Next::Lost(why) => break assert!(!why.contains(text::is_control), "{why:?}"),
        };
        asked += 1;
        assert!(asked <= 40, "it never ends");
        assert!(may(host.address, families, is_public_root, &start), "{host:?}");
        // Two bytes: how long the answer is. One of no length is none.
        let (head, tail) = rest.split_at(rest.len().min(2));
        let len = head.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)) & 0x1ff;
        let (body, tail) = tail.split_at(len.min(tail.len()));
        rest = tail;
        // The records of the input stand behind the header and question that belong there.
        let mut message = Vec::new();
        Question { id: 1, name: &about, rtype, class: IN, recurse: false, edns: None }.write(&mut message);
        if let Some((head, records)) = body.split_first_chunk::<4>() {
            message[2..12].copy_from_slice(&[
                0x80 | head[0] & 4,
                head[0] >> 4,
                0,
                1,
                0,
                head[1],
                0,
                head[2],
                0,
                head[3],
            ]);
            message.extend_from_slice(records);
        }
        let reply = match Reply::read(&message).filter(|reply| body.len() > 4 && reply.header.is_reply()) {
            Some(reply) => Ok(reply),
            None if body.len() == 1 => Err(Reason::Rcode(Rcode(u16::from(body[0])))),
            None => Err(Reason::Short),
        };
        trace.take(&Outcome { reply, elapsed: None });
    }
    assert_eq!(trace.steps.len(), asked);
    for step in &trace.steps {
        assert!(!step.finding.to_string().contains(text::is_control), "{}", step.finding);
        if let Finding::Refers(referral) = &step.finding {
            assert!(referral.zone.is_within(&step.zone) && !referral.zone.same(&step.zone), "{step:?}");
        }
    }
}

/// May this address be asked? A way that started at a public one leads into nobody's own network.
fn may(address: SocketAddr, families: Families, is_public_root: bool, start: &[Host]) -> bool {
    let port = start.first().map_or(53, |host| host.address.port());
    let known = start.iter().any(|host| host.address == address);
    known || address.port() == port && families.allow(address.ip()) && (!is_public_root || is_public(address.ip()))
}
