//! Any text: every match is an address with room around it, and where the text
//! is cut between two lines changes nothing.
#![no_main]
use ipconv::{
    extract::{Found, Look},
    text,
};

fn all(look: Look, text: &[u8], from: usize, to: usize, found: &mut Vec<Found>) -> usize {
    let keep = |one| {
        found.push(one);
        Ok::<(), ()>(())
    };
    look.each(text, from, to, keep).expect("keep never fails")
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for dot_port in [false, true] {
        let look = Look { dot_port, ..Look::default() };
        let mut found = Vec::new();
        assert_eq!(all(look, bytes, 0, bytes.len(), &mut found), bytes.len());
        let mut next = 0;
        for one in &found {
            assert!(next <= one.start && one.start < one.end && one.end <= one.next);
            next = one.next;
            assert_eq!(text::parse(&bytes[one.start..one.end]), Ok(one.value));
            let beside = [one.start.checked_sub(1), Some(one.end)].into_iter().flatten();
            assert!(!beside.filter_map(|at| bytes.get(at)).any(u8::is_ascii_alphanumeric));
        }
        // In two parts, the first of which ends with a line and the other has the rest of the text before it.
        if let Some(cut) = bytes.iter().position(|b| *b == b'\n').map(|at| at + 1) {
            let mut parts = Vec::new();
            let next = all(look, &bytes[..bytes.len().min(cut + 7)], 0, cut, &mut parts);
            assert_eq!(next, cut);
            all(look, bytes, cut, bytes.len(), &mut parts);
            assert_eq!(parts, found);
        }
    }
});
