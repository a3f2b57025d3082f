//! An answer by RDAP, and where it sends us: the first line is a Location.
use std::{rc::Rc, sync::LazyLock};

use plainnet_common::text;
use rirwhois::{
    ask::outcome::{Found, Origin},
    ask::policy::Policy,
    ask::rdap::resolve,
    ask::servers::Servers,
    print::show,
    read::field,
    read::range,
    read::rdap::{self, Object},
    table::lookup::Table,
    table::registry::Registry,
};

static SERVERS: LazyLock<Servers> = LazyLock::new(Servers::default);
const FROM: &str = "https://rdap.arin.net/registry/ip/8.8.8.8";

/// Panics where this does not hold.
pub(crate) fn check(bytes: &[u8]) {
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(end);
    if let Ok(location) = std::str::from_utf8(head) {
        let url = resolve(FROM, location);
        let table = Table::default();
        let policy =
            Policy { servers: &SERVERS, table: &table, server: None, base: None, rdap: true, follow_any: false };
        if policy.trusted_url(&url).is_some() {
            let rest = url.to_ascii_lowercase();
            let rest = rest.strip_prefix("https://").unwrap_or_else(|| panic!("{url}"));
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let regional = ["arin.net", "db.ripe.net", "apnic.net", "lacnic.net", "afrinic.net", "registro.br"];
            let national = ["jpnic", "krnic", "idnic", "twnic"].map(|name| format!("{name}.rdap.apnic.net"));
            let is_regional = host.strip_prefix("rdap.").is_some_and(|host| regional.contains(&host));
            assert!(is_regional || national.iter().any(|name| name == host), "{url}");
        }
    }
    let decoded = rdap::text(body);
    let Ok(object) = Object::parse(&decoded) else { return };
    let (answer, held) = (object.answer(Some(Registry::Ripe)), object.holdings());
    assert!(held.numbers.iter().all(|(first, last)| first <= last), "{held:?}");
    let found = Found { bytes: Rc::default(), origin: Origin::Table, answer };
    for field in field::SHOWN.iter().filter(|f| f.name() != "input") {
        let value = show::of_answer(*field, &found);
        assert!(!value.contains(|c| c == '\t' || text::is_control(c)), "{value:?}");
    }
    if let Some(range) = found.answer.range {
        assert!(range.first <= range.last && range::prefixes(range).count() <= 254);
    }
}
