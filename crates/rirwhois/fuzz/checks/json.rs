//! A JSON document: what serde_json takes, ours takes with the same values.
use rirwhois::read::json::{self, Value};
use serde_json::Value as Theirs;

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let ours = json::parse(text);
    if let Err(at) = ours {
        assert!(at <= text.len(), "{at}");
    }
    let Ok(theirs) = serde_json::from_str::<Theirs>(text) else { return };
    let ours = ours.unwrap_or_else(|at| panic!("stopped at {at}"));
    compare(&ours.value, &theirs, 0);
}

fn compare(ours: &Value<'_>, theirs: &Theirs, depth: usize) {
    if depth >= 40 {
        // What is nested more deeply is passed over.
        return;
    }
    match theirs {
        Theirs::String(text) => assert_eq!(ours.text(), Some(text.as_str())),
        Theirs::Number(number) => {
            if let Some(number) = number.as_u64() {
                assert_eq!(ours.number(), Some(number));
            }
        }
        Theirs::Array(items) => {
            assert_eq!(ours.items().len(), items.len());
            ours.items().iter().zip(items).for_each(|(ours, theirs)| compare(ours, theirs, depth + 1));
        }
        Theirs::Object(members) => {
            let Value::Object(all) = ours else { panic!("{ours:?}") };
            for (key, value) in members {
                // Of two members of one name ours takes the first, and theirs the last.
                let named = all.iter().filter(|(name, _)| name == key).count();
                let first = ours.get(key).unwrap_or_else(|| panic!("{key:?} is lost"));
                if named == 1 {
                    compare(first, value, depth + 1);
                }
            }
        }
        Theirs::Null | Theirs::Bool(_) => assert!(ours.text().is_none() && ours.items().is_empty()),
    }
}
