//! A file of the cache that holds anything, in which NOW stands for the time:
//! it is read, what it says of a question is what was asked, and what is added
//! to it is found again by the next run.
use std::{
    env, fs,
    path::Path,
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use rirwhois::{
    ask::{
        cache::Cache,
        outcome::{Conclusion, Outcome},
        policy::Policy,
        question::Question,
        servers::Servers,
    },
    table::lookup::Table,
};

/// How many folders there were.
static FOLDERS: AtomicU32 = AtomicU32::new(0);
static SERVERS: LazyLock<Servers> = LazyLock::new(Servers::default);

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs().to_string();
    let mut text = Vec::new();
    let mut rest = input;
    while let Some(at) = rest.windows(3).position(|three| three == b"NOW") {
        text.extend_from_slice(&rest[..at]);
        text.extend_from_slice(now.as_bytes());
        rest = &rest[at + 3..];
    }
    text.extend_from_slice(rest);
    // In memory where the system has such a folder, and new even if a process of this number left one.
    let base = Some(Path::new("/dev/shm")).filter(|memory| memory.is_dir()).map_or_else(env::temp_dir, Path::to_owned);
    let folder = (0..u32::MAX)
        .map(|_| base.join(format!("rirwhois-cache-{}-{}", process::id(), FOLDERS.fetch_add(1, Ordering::Relaxed))))
        .find(|folder| fs::create_dir(folder).is_ok())
        .expect("a folder");
    fs::create_dir(folder.join("rirwhois")).expect("a folder");
    fs::write(folder.join("rirwhois/answers"), &text).expect("written");
    let table = Table::default();
    let policy = Policy { servers: &SERVERS, table: &table, server: None, base: None, rdap: false, follow_any: false };
    let question = |operand: &str| Question::parse(operand).expect("an operand");
    let mut cache = Cache::open(&folder).expect("ours");
    for operand in ["8.8.8.8", "193.0.0.0/21", "2a00::1", "AS3333", "ORG-X1-RIPE"] {
        let Some(outcome) = cache.find(&question(operand), &policy) else { continue };
        assert!(outcome.cached && !matches!(outcome.conclusion, Conclusion::Failed(_) | Conclusion::Local(_)));
        let found = outcome.found.as_ref();
        assert_eq!(found.is_some(), outcome.conclusion == Conclusion::Answered);
        // It is a part of the file.
        assert!(
            found.is_none_or(|found| text.windows(found.bytes.len().max(1)).any(|part| *part == **found.bytes)
                || found.bytes.is_empty())
        );
    }
    let asked = question("192.88.99.77");
    let outcome = Outcome::without(Conclusion::NoRecord("none\nof ours".into()), vec!["whois.arin.net".into()]);
    cache.add(&asked, &outcome, &policy).expect("there is room");
    let found = Cache::open(&folder).expect("ours").find(&asked, &policy).expect("it was added");
    assert_eq!((&found.conclusion, &found.hops), (&outcome.conclusion, &outcome.hops));
    fs::remove_dir_all(folder).expect("removed");
}
