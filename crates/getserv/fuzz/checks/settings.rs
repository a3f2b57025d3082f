//! Files of /proc, separated by NULs: the three settings, and then a table of
//! sockets. What is read agrees with itself, and the answer for each port is one
//! of three words.
use getserv::ports::{classes::Settings, free::InUse};

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let mut files = input.splitn(4, |byte| *byte == 0);
    let mut text = || std::str::from_utf8(files.next().unwrap_or_default()).unwrap_or_default();
    let (ephemeral, unprivileged, reserved) = (text(), text(), text());
    let table = input.splitn(4, |byte| *byte == 0).nth(3).unwrap_or_default();
    if let Some(settings) = Settings::parse(ephemeral, unprivileged, reserved) {
        let ends = settings.reserved.iter().flat_map(|range| [*range.start(), *range.end()]);
        let around = ends.chain([*settings.ephemeral.start(), *settings.ephemeral.end(), settings.unprivileged]);
        for port in around.flat_map(|port| [port.wrapping_sub(1), port, port.wrapping_add(1)]) {
            let reserved = settings.reserved.iter().any(|range| range.contains(&port));
            let word = match settings.ephemeral.contains(&port) {
                false => "-",
                true if reserved => "reserved",
                true => "ephemeral",
            };
            assert_eq!((settings.use_of(port), settings.is_reserved(port)), (word, reserved), "{port}");
            assert_eq!(settings.is_ephemeral(port), word == "ephemeral", "{port}");
        }
        for line in settings.lines() {
            assert!(line.split_once('\t').is_some_and(|(name, ports)| !name.is_empty() && !ports.is_empty()), "{line}");
            assert!(!line.replacen('\t', "", 1).contains(char::is_control), "{line:?}");
        }
        assert_eq!(settings.ranges().len(), 5 + settings.reserved.len());
    }
    // One pass reads what single lines say.
    let mut whole = InUse::default();
    whole.add_sockets(&mut &*table).expect("a slice can be read");
    let mut single = InUse::default();
    for line in table.split(|byte| *byte == b'\n') {
        single.add_sockets(&mut &*line).expect("a slice can be read");
    }
    assert!(whole == single, "{:?}", String::from_utf8_lossy(table));
}
