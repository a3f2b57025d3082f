//! An answer: where it ends on a kept connection, its objects, its fields, what it lists.
#![no_main]
use rirwhois::{
    blocks::Held,
    chase::Found,
    question::Question,
    registry,
    reply::Ending,
    servers::Server,
    table::Table,
};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // However the bytes arrive, the end is the same.
    let whole = Ending::default().find(bytes);
    let mut ending = Ending::default();
    let stepped = (0..=bytes.len()).find_map(|n| ending.find(&bytes[..n]));
    assert_eq!(whole, stepped);
    let table = Table::default();
    for (i, operand) in ["192.0.2.1", "2001:db8::/32", "AS64500", "ORG-X1-RIPE"].iter().enumerate() {
        let question = Question::parse(operand).expect("an operand");
        let registry = registry::ALL[(i + bytes.len()) % registry::ALL.len()];
        let server = Server { host: registry.host().into(), port: 43, registry: Some(registry) };
        let found = Found::read(&question, &server, bytes.to_vec(), &[], &table);
        for prefix in found.answer.prefixes() {
            assert!(!prefix.contains('\n'));
        }
        Held::read(&found.text);
    }
});
