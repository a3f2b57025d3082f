//! A services(5) file: its lines, the index over them, and what --check says.
use getserv::{
    book::{host::Host, key::Kind, services::Service},
    ports::check::Checker,
};

/// Panics where this does not hold.
pub(crate) fn check(data: &[u8]) {
    let mut checker = Checker::default();
    for line in data.split(|b| *b == b'\n') {
        let finding = checker.look(line).map(|finding| finding.to_string());
        assert!(finding.is_none_or(|text| !text.contains(char::is_control)));
        // Nothing that is left out goes unblamed.
        assert!(Service::parse(line).is_ok() || Checker::default().look(line).is_some());
    }
    let mut host = Host::new(&mut &*data, 7).expect("a slice can be read");
    let mut keys = Vec::new();
    for service in host.services() {
        keys.push((service.port, None, service.proto.to_vec()));
        for name in std::iter::once(service.name).chain(service.aliases()) {
            keys.push((service.port, Some(name.to_vec()), service.proto.to_vec()));
        }
    }
    keys.truncate(50);
    // The index finds what a search from line to line finds.
    let ask = |host: &Host| -> Vec<_> {
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let mut found = Vec::new();
        for (port, name, proto) in &keys {
            let kind = match name {
                None => Kind::Port(*port),
                Some(name) => Kind::Name(text(name).unwrap_or_default()),
            };
            for proto in [None, text(proto)] {
                let first = host.first(kind, proto).map(|s| (s.name.to_vec(), s.port, s.proto.to_vec()));
                let all: Vec<_> =
                    host.matches(kind, proto).map(|s| (s.name.to_vec(), s.port, s.proto.to_vec())).collect();
                assert_eq!(all.first(), first.as_ref());
                found.extend(all);
            }
        }
        found
    };
    let slow = ask(&host);
    host.index();
    assert_eq!(ask(&host), slow);
}
