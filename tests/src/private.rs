//! Tests in a network of their own, with names and ports of their choice.
use std::{any, env, process::Command, sync::OnceLock};

use crate::{scratch::File, tool};

/// Where a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Net {
    /// Alone in a network that has nothing but loopback: every address is free.
    Own,
    /// In the machine's network, since it allows no other.
    Shared,
}

/// Set for the process inside.
const INSIDE: &str = "PLAINNET_PRIVATE";

/// Addresses that lie on loopback inside, and are nobody's special-purpose
/// space: servers out in the world, as far as a client can tell.
pub const WORLD: &str = "45.0.0.0/24";

/// A hosts file that names nobody else.
pub const LOCALHOST: &str = "127.0.0.1 localhost\n";

/// $1 is the hosts file. Names come from it alone.
const SCRIPT: &str = r#"
    ip link set lo up && ip route add local 45.0.0.0/24 dev lo && mount --bind "$1" /etc/hosts || exit 97
    [ ! -e /etc/nsswitch.conf ] || mount --bind "$2" /etc/nsswitch.conf || exit 97
    [ ! -e /etc/resolv.conf ] || mount --bind /dev/null /etc/resolv.conf || exit 97
    shift 2
    exec "$@"
"#;

/// Runs the test called `test` in a process of its own, in a network and mount
/// namespace where names are those of `hosts`. Without the right to do that it
/// runs here, and standard error says so.
///
/// # Panics
/// The test fails there, or there is none of this name; or there is no such
/// right where a change is checked.
pub fn within(test: &str, hosts: &str, body: impl FnOnce(Net)) {
    if env::var_os(INSIDE).is_some() {
        return body(Net::Own);
    }
    if let Some(why) = refusal() {
        tool::lacking(format_args!("no network of its own for {test} ({why}), tested in part"));
        return body(Net::Shared);
    }
    let me = env::current_exe().expect("a test knows its own path");
    let name = me.to_str().expect("a plain path");
    let seen = inside(hosts, &[name, "--exact", test, "--nocapture", "--test-threads=1"]);
    assert!(seen.status == 0 && seen.out.contains("1 passed"), "{}\n{}", seen.out, seen.err);
}

/// The name of the test in whose body a closure stands, as the test harness knows it.
pub fn test_of<T>(_: &T) -> &'static str {
    let path = any::type_name::<T>();
    let path = path.split_once("::{{closure}}").map_or(path, |(body, _)| body);
    path.split_once("::").map_or(path, |(_, inner)| inner)
}

fn inside(hosts: &str, words: &[&str]) -> tool::Seen {
    let files = [hosts, "hosts: files\n"].map(File::new);
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--net", "--mount", "sh", "-c", SCRIPT, "sh"])
        .args(files.each_ref().map(|file| &**file))
        .args(words);
    let seen = command.env(INSIDE, "1").output().map(tool::Seen::from);
    seen.unwrap_or_else(|e| tool::Seen { status: 97, out: String::new(), err: format!("unshare: {e}") })
}

/// Why this machine gives us no network of our own, if it doesn't.
fn refusal() -> Option<&'static str> {
    static REFUSAL: OnceLock<Option<String>> = OnceLock::new();
    REFUSAL
        .get_or_init(|| {
            let seen = inside(LOCALHOST, &["true"]);
            (seen.status != 0).then(|| seen.err.lines().next().unwrap_or("unshare failed").to_owned())
        })
        .as_deref()
}
