//! The manual pages that are committed are the ones that the tools print.
use std::{fs, path::Path};

use plainnet_lab::tool::{TOOLS, find, peer, run};

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

/// What a reader sees of a page, without the overstrikes for bold and underlined letters.
fn rendered(mandoc: &Path, page: &Path) -> String {
    let seen = run(mandoc, [Path::new("-Tutf8"), page], b"");
    assert_eq!((seen.status, seen.err.as_str()), (0, ""));
    let mut text = String::new();
    for c in seen.out.chars() {
        if c == '\u{8}' {
            text.pop();
        } else {
            text.push(c);
        }
    }
    text
}

/// Text and commands fit a terminal; only what an example prints may be wider.
#[test]
fn lines_fit_eighty_columns() {
    let Some(mandoc) = peer("mandoc") else { return };
    for tool in TOOLS {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../man/{tool}.1"));
        let text = rendered(&mandoc, &page);
        assert!(text.contains("\nEXAMPLES\n"), "{tool}");
        let mut section = "";
        for line in text.lines() {
            if line.starts_with(char::is_alphabetic) {
                section = line;
            }
            let is_output = section == "EXAMPLES" && line.starts_with("       ") && !line.starts_with("       $ ");
            let is_continued = line.starts_with("         ");
            let width = line.chars().count();
            assert!(width <= 80 || is_output && !is_continued, "{tool}: {width} columns: {line}");
        }
    }
}

/// The commonest use of the tools that ask others stands among the examples, behind
/// those that run anywhere, and it says what it needs.
#[test]
fn the_commonest_use_is_shown() {
    let Some(mandoc) = peer("mandoc") else { return };
    for (tool, command) in [("dnsall", "dnsall dev.to"), ("rirwhois", "rirwhois -b 8.8.8.8")] {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../man/{tool}.1"));
        let text = rendered(&mandoc, &page);
        let examples = text.split("\nEXAMPLES\n").nth(1).unwrap_or_default();
        let at = examples.find(&format!("       $ {command}\n")).unwrap_or_else(|| panic!("{tool}: {examples}"));
        let before = examples[..at].trim_end();
        assert!(before.ends_with("(this needs the network):"), "{before}");
        assert!(before.matches("       $ ").count() >= 2, "{tool}: examples that run offline come first");
    }
}
