//! The pages for those who carry on name only what is there.
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the workspace").to_owned()
}

const PAGES: [&str; 5] =
    ["ARCHITECTURE.md", "README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md", ".github/BENCHMARKS.md"];

/// What looks like a path of the workspace: it begins with one of our folders.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let stops = |c: char| !(c.is_ascii_alphanumeric() || "/._-*".contains(c));
    let words = text.split(stops).map(|word| word.trim_end_matches(['.', '/', '-']));
    words.filter(|word| {
        ["crates/", "xtask/", "tests/", "man/", ".github/"].iter().any(|folder| word.starts_with(folder))
    })
}

#[test]
fn every_path_that_a_page_names_exists() {
    let mut missing = Vec::new();
    let mut count = 0;
    for page in PAGES {
        let text = fs::read_to_string(root().join(page)).unwrap_or_else(|e| panic!("{page}: {e}"));
        for path in paths(&text) {
            count += 1;
            if !path.contains('*') && !root().join(path).exists() {
                missing.push(format!("{page}: {path}"));
            }
        }
        // Links between pages, as seen from the page itself.
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let folder = root().join(page).parent().expect("a page has a folder").to_owned();
            if !link.is_empty() && !link.contains("://") && !folder.join(link).exists() {
                missing.push(format!("{page}: link to {link}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(count > 60, "only {count} paths are named");
}

#[test]
fn every_source_file_stands_in_a_room_that_says_what_it_is_for() {
    for tool in ["getserv", "ipconv", "dnsall", "rirwhois"] {
        let src = root().join("crates").join(tool).join("src");
        for entry in fs::read_dir(&src).unwrap_or_else(|e| panic!("{}: {e}", src.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "bin") {
                let text =
                    fs::read_to_string(path.join("mod.rs")).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                assert!(text.starts_with("//! "), "{}: mod.rs says nothing of the room", path.display());
            }
        }
    }
}

#[test]
fn the_front_page_is_short() {
    let lines = fs::read_to_string(root().join("README.md")).expect("README.md").lines().count();
    assert!(lines <= 250, "README.md has {lines} lines");
}
