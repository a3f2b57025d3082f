//! Any text: what is found is what a slow reading of the rules finds, and where
//! the text is cut between two lines changes nothing.
use ipconv::{
    address::value::Family,
    find::extract::{Found, Look},
};

#[path = "../slowly.rs"]
mod slowly;

fn all(look: Look, text: &[u8], from: usize, to: usize, found: &mut Vec<Found>) -> usize {
    let keep = |one| {
        found.push(one);
        Ok::<(), ()>(())
    };
    look.each(text, from, to, keep).expect("keep never fails")
}

/// Panics where this does not hold.
pub(crate) fn check(bytes: &[u8]) {
    // Runs of dots without end are cut somewhere, which no rule says, and so are words.
    let in_run = |b: &u8| matches!(b, b'.' | b':');
    if bytes.len() > 250 || bytes.windows(30).any(|run| run.iter().all(in_run)) {
        return;
    }
    // Neither does one say whether a control sequence goes on behind a colon.
    let is_escape = |two: &[u8]| matches!(two, [b'\x1b' | b'b' | b'B' | b'3' | b'e', b'[', ..]);
    let sequences = bytes.windows(2).enumerate().filter(|(_, two)| is_escape(two));
    let numbers = |at: usize| bytes[at + 2..].iter().take_while(|b| matches!(b, b'0'..=b';' | b'?'));
    if sequences.map(|(at, _)| at).any(|at| numbers(at).any(|b| *b == b':')) {
        return;
    }
    for (dot_port, no_prefixes) in [(false, false), (true, false), (false, true)] {
        for family in [None, Some(Family::V4), Some(Family::V6)] {
            let look = Look { dot_port, no_prefixes, family, ranges: false };
            let mut found = Vec::new();
            assert_eq!(all(look, bytes, 0, bytes.len(), &mut found), bytes.len());
            assert_eq!(found, slowly::slowly(look, bytes), "{look:?} {:?}", String::from_utf8_lossy(bytes));
            // In two parts, the first of which ends with a line and the other has the rest of the text before it.
            if let Some(cut) = bytes.iter().position(|b| *b == b'\n').map(|at| at + 1) {
                let mut parts = Vec::new();
                let next = all(look, &bytes[..bytes.len().min(cut + 7)], 0, cut, &mut parts);
                assert_eq!(next, cut);
                all(look, bytes, cut, bytes.len(), &mut parts);
                assert_eq!(parts, found);
            }
            // Ranges: that they are found breaks nothing.
            all(Look { ranges: true, ..look }, bytes, 0, bytes.len(), &mut Vec::new());
        }
    }
}
