//! A settings file and the environment beside it, each behind a NUL: whatever
//! they hold there is a server, numbers stay in the C library's range, and each
//! complaint is one printable line.
use std::{ffi::OsString, os::unix::ffi::OsStringExt as _, time::Duration};

use dnsall::net::resolv::{Environment, read};
use plainnet_common::text;

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    let mut parts = input.splitn(4, |byte| *byte == 0);
    let file = parts.next().unwrap_or_default();
    let mut word = || parts.next().map(|part| OsString::from_vec(part.to_vec()));
    let environment = Environment {
        path: "/etc/resolv.conf".into(),
        local_domain: word(),
        options: word(),
        host_name: word().unwrap_or_default(),
    };
    let system = read(file, &environment);
    assert!((1..=3).contains(&system.servers.len()) && system.ndots <= 15, "{system:?}");
    assert!(system.attempts.is_none_or(|n| (1..=5).contains(&n)), "{system:?}");
    assert!(system.timeout.is_none_or(|t| (1..=30).contains(&t.as_secs()) && t.subsec_nanos() == 0), "{system:?}");
    assert!(system.search.iter().all(|name| !name.is_root()));
    for complaint in &system.complaints {
        assert!(!complaint.contains(text::is_control), "{complaint:?}");
    }
    // Lines may end as on other systems, and comments and empty lines say nothing.
    let lines: Vec<&[u8]> = file.split(|byte| *byte == b'\n').collect();
    let changed = [lines.join(&b"\r\n"[..]), b"\n# options timeout:7\n;x\n\n".to_vec()].concat();
    if !file.contains(&b'\r') {
        assert_eq!(read(&changed, &environment), system);
    }
    // What stands last counts.
    let more = read(
        &[file, b"\noptions timeout:0 attempts:99 ndots:3\n"].concat(),
        &Environment { options: None, ..environment },
    );
    assert_eq!((more.timeout, more.attempts, more.ndots), (Some(Duration::from_secs(1)), Some(5), 3));
}
