//! The manual pages that are committed are the ones that the tools print.
use std::{fs, path::Path};

use plainnet_lab::tool::{find, run};

const TOOLS: &[&str] = &["dnsall", "getserv", "ipconv", "rirwhois", "upper-echo", "upper-echod"];

#[test]
fn pages_are_what_the_tools_print() {
    for tool in TOOLS {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../man/{tool}.1"));
        let text = fs::read_to_string(&page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
        let seen = run(find(tool), ["--generate", "man"], b"");
        assert_eq!((seen.status, seen.err.as_str()), (0, ""));
        assert!(seen.out == text, "{} is stale: run `cargo xtask man`", page.display());
    }
}
