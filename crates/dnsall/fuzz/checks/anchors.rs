//! A file of trusted keys: it is read, or refused with one printable line about
//! a line that is there; comments and empty lines change neither.
use dnsall::dnssec::anchor::Anchors;
use plainnet_common::{exit::Fail, text};

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let read = Anchors::parse(text);
    if let Err(unfit) = &read {
        let Fail::Usage(said) = Fail::usage("anchors", &unfit.why) else { panic!("{unfit:?}") };
        assert!(!said.contains(text::is_control), "{said:?}");
        assert!(unfit.line.is_none_or(|line| (1..=text.lines().count()).contains(&line)), "{unfit:?}");
    }
    let more = Anchors::parse(&format!("; ( a comment\n\n{text}\n;) another\n"));
    match (&read, &more) {
        (Ok(read), Ok(more)) => assert_eq!(format!("{read:?}"), format!("{more:?}")),
        (Err(read), Err(more)) => {
            assert_eq!((read.line.map(|line| line + 2), &read.why), (more.line, &more.why));
        }
        _ => panic!("a comment counts: {read:?} {more:?}"),
    }
}
