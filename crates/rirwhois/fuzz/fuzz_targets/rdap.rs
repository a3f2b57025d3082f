//! An answer by RDAP, and where it sends us: the first line is a Location.
#![no_main]
use std::sync::LazyLock;

use plainnet_common::text;
use rirwhois::{
    ask::chase::{Fate, Found},
    read::field, read::rdap,
    table::registry::Registry,
    ask::servers::Servers,
    print::show,
};

static SERVERS: LazyLock<Servers> = LazyLock::new(Servers::default);
const FROM: &str = "https://rdap.arin.net/registry/ip/8.8.8.8";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(end);
    if let Ok(location) = std::str::from_utf8(head) {
        let url = rdap::resolve(FROM, location);
        if rdap::trusted(&SERVERS, None, &url).is_some() {
            let rest = url.to_ascii_lowercase();
            let rest = rest.strip_prefix("https://rdap.").unwrap_or_else(|| panic!("{url}"));
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            assert!(["arin.net", "db.ripe.net", "apnic.net", "lacnic.net", "afrinic.net"].contains(&host), "{url}");
        }
    }
    match rdap::read(200, body, Some(Registry::Ripe)) {
        Ok(answer) => {
            let found = Found { bytes: Vec::new(), text: String::new(), first: None, answer, from: None };
            for field in field::SHOWN.iter().filter(|f| f.name() != "input") {
                let value = show::of_answer(*field, &found);
                assert!(!value.contains(|c| c == '\t' || text::is_control(c)), "{value:?}");
            }
            if let Some(range) = found.answer.range {
                assert!(range.first <= range.last && range.prefixes().len() <= 254);
            }
        }
        Err(fate) => assert!(matches!(fate, Fate::Failed(_))),
    }
});
