//! A zone transfer of any messages, each behind its length: every line is
//! printable and of the zone, and nothing is taken behind its end.
use dnsall::{
    ask::transfer::Transfer,
    wire::{message::IN, name::Name},
};
use plainnet_common::text;

/// Panics where that does not hold.
pub(crate) fn check(mut input: &[u8]) {
    let zone = Name::parse("a.example").expect("a name");
    let mut transfer = Transfer::new(zone, IN, 7);
    let (mut lines, mut ends) = (0, 0);
    while let Some((len, behind)) = input.split_first_chunk() {
        let len = usize::from(u16::from_be_bytes(*len)) & 0x3ff;
        let (message, rest) = behind.split_at(len.min(behind.len()));
        input = rest;
        let mut part = Vec::new();
        let received = transfer.receive(message, &mut part);
        for line in &part {
            assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line:?}");
            // What cannot be read is a comment for others.
            let line = line.strip_prefix("; malformed: ").unwrap_or(line);
            // The first line of all is the SOA record, which comes once.
            let mut fields = line.split(' ');
            let owner = fields.next().unwrap_or_default().to_ascii_lowercase();
            let is_soa = matches!(fields.nth(2), Some("SOA" | "TYPE6"));
            assert_eq!(is_soa && owner == "a.example.", lines == 0, "{line:?}");
            assert!(owner == "a.example." || owner.ends_with(".a.example."), "{line:?}");
            lines += 1;
        }
        match received {
            Ok(false) => {}
            Ok(true) => {
                ends += 1;
                break;
            }
            Err(why) => {
                assert!(!why.contains(text::is_control), "{why:?}");
                break;
            }
        }
    }
    assert!(ends == 0 || lines > 0, "an end without a beginning");
}
