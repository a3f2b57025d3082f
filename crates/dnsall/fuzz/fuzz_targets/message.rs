//! A whole reply: the walk, the options, every record's text and what it says.
#![no_main]
use dnsall::{
    print::explain::{Fact, explain},
    wire::message::{Reply, restore_case},
    wire::name::Name,
    rdata,
    wire::types::Type,
};

libfuzzer_sys::fuzz_target!(|msg: &[u8]| {
    let mut msg = msg.to_vec();
    let name = Name::parse("wWw.example").expect("a name");
    restore_case(&mut msg, &name);
    let Some(reply) = Reply::read(&msg) else { return };
    let _ = (reply.echo(&name, Type::A), reply.cookie(), reply.rcode.to_string());
    for ede in reply.ede() {
        assert!(!ede.to_string().contains(|c: char| c.is_control()));
    }
    let mut data = Vec::new();
    for record in &reply.records {
        assert!(record.rdata.end <= msg.len());
        let owner = reply.owner(record);
        let read = rdata::read(record.rtype, &msg, record.rdata.clone());
        let line = rdata::zone_line(owner.as_ref().unwrap_or(&name), record.ttl, record.rtype, &read);
        assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
        data.push((record.rtype, record.ttl, read));
    }
    let facts: Vec<_> = data.iter().map(|(rtype, ttl, data)| Fact { rtype: *rtype, ttl: *ttl, data }).collect();
    for line in explain(&name, &facts[..facts.len().min(50)], &[Type::AAAA, Type::MX, Type::CAA, Type::DS]) {
        assert!(!line.contains(|c: char| c.is_control()), "{line}");
    }
});
