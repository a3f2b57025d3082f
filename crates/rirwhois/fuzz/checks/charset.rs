//! Any bytes become text with the same lines and the same characters, and what
//! is printed of it steers no terminal.
use plainnet_common::text;
use rirwhois::{print::show, read::charset};

/// Panics where this does not hold.
pub(crate) fn check(bytes: &[u8]) {
    let whole = charset::text(bytes);
    let ends = |bytes: &[u8]| bytes.iter().filter(|b| **b == b'\n').count();
    assert_eq!(ends(whole.as_bytes()), ends(bytes));
    for line in bytes.split(|b| *b == b'\n') {
        let decoded = charset::decode(line);
        match std::str::from_utf8(line) {
            _ if line.contains(&0x1b) => {}
            Ok(same) => assert_eq!(decoded, same),
            Err(_) => assert!(decoded.chars().map(u32::from).eq(line.iter().map(|b| u32::from(*b)))),
        }
    }
    for line in whole.lines().map(show::clean) {
        assert!(!line.contains(|c| c != '\t' && text::is_control(c)) && !line.starts_with('~'), "{line:?}");
    }
}
