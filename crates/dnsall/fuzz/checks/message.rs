//! A whole reply: the walk, the options, every record's text and what it says.
use dnsall::{
    print::explain::{Collected, Fact, explain, names_to_ask},
    wire::{
        message::{self, Reply, restore_case},
        name::Name,
        rdata,
        types::Type,
    },
};

/// Panics where this does not hold.
pub(crate) fn check(msg: &[u8]) {
    let mut msg = msg.to_vec();
    let name = Name::parse("wWw.example").expect("a name");
    restore_case(&mut msg, &name);
    let Some(reply) = Reply::read(&msg) else { return };
    let _ = (reply.echo(&name, Type::A, message::IN), reply.cookie(), reply.rcode.to_string());
    for ede in reply.ede() {
        assert!(!ede.to_string().contains(|c: char| c.is_control()));
    }
    let mut data = Vec::new();
    for record in &reply.records {
        assert!(record.rdata.end <= msg.len());
        let owner = reply.owner(record);
        let read = rdata::read(record.rtype, &msg, record.rdata.clone());
        let line = rdata::zone_line(owner.as_ref().unwrap_or(&name), record.ttl, record.class, record.rtype, &read);
        assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
        data.push((record.rtype, record.ttl, read));
    }
    let facts = data.iter().take(50).map(|(rtype, ttl, data)| Fact { rtype: *rtype, ttl: *ttl, data, at: None });
    let facts: Vec<_> = facts.collect();
    let collected = |name| Collected { name, facts: facts.clone(), absent: &[], denied: false };
    let selector = Name::parse("s._domainkey.example").expect("a name");
    let below: Vec<Name> = names_to_ask(&name).into_iter().map(|(name, _)| name).collect();
    let policies: Vec<_> = below.iter().map(collected).collect();
    for line in explain(&[collected(&name), collected(&selector)], &policies) {
        assert!(!line.contains(|c: char| c.is_control()), "{line}");
    }
}
