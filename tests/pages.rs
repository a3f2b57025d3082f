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

/// What the `use` lines of a file bring in, each path whole: of
/// `use super::{a, b::{c, d}};` the three `super::a`, `super::b::c`, `super::b::d`.
fn imports(text: &str) -> Vec<String> {
    fn spread(prefix: &str, tree: &str, all: &mut Vec<String>) {
        let (mut depth, mut from) = (0, 0);
        for (at, c) in tree.char_indices().chain([(tree.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    let part = tree[from..at].trim();
                    match part.split_once('{') {
                        Some((head, inner)) => {
                            spread(&format!("{prefix}{head}"), inner.rsplit_once('}').map_or(inner, |(i, _)| i), all);
                        }
                        None if part.is_empty() => {}
                        None => all.push(format!("{prefix}{}", part.split(" as ").next().unwrap_or(part))),
                    }
                    from = at + 1;
                }
                _ => {}
            }
        }
    }
    // Tests beside the code may look where they like.
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let lines: Vec<&str> = code.lines().map(|line| line.split("//").next().unwrap_or(line)).collect();
    let code = lines.join(" ");
    let mut all = Vec::new();
    for statement in code.split(';') {
        if let Some((_, tree)) =
            statement.rsplit_once("use ").filter(|(head, _)| head.trim().is_empty() || head.ends_with(' '))
        {
            spread("", tree.trim(), &mut all);
        }
    }
    all
}

/// The file of `module` below `src`, if it is one: `ask::bulk` is ask/bulk.rs or ask/bulk/mod.rs.
fn file_of(src: &Path, module: &[&str]) -> Option<PathBuf> {
    let path = module.iter().fold(src.to_owned(), |path, part| path.join(part));
    let files = [path.with_extension("rs"), path.join("mod.rs")];
    files.into_iter().find(|file| !module.is_empty() && file.is_file())
}

/// The files below `src` that `file` imports from.
fn imported(src: &Path, file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let inner = file.strip_prefix(src).expect("below src").with_extension("");
    let mut here: Vec<&str> = inner.iter().filter_map(|part| part.to_str()).collect();
    here.pop_if(|last| *last == "mod" || *last == "lib");
    let found = imports(&text).into_iter().filter_map(|path| {
        let mut parts: Vec<&str> = path.split("::").collect();
        let mut module = match parts[0] {
            "crate" => Vec::new(),
            "super" => here[..here.len().saturating_sub(1)].to_vec(),
            _ => return None,
        };
        parts.remove(0);
        while parts.first() == Some(&"super") {
            module.pop();
            parts.remove(0);
        }
        module.extend(parts);
        // The longest part of the path that is a file; the rest is what it holds.
        (1..=module.len()).rev().find_map(|length| file_of(src, &module[..length]))
    });
    found.filter(|other| other != file).collect()
}

#[test]
fn no_two_files_import_each_other() {
    let tree = "use super::{a, b::{c, d as e}}; // use no::comment;\n#[cfg(test)] mod tests { use super::x; }";
    assert_eq!(imports(tree), ["super::a", "super::b::c", "super::b::d"]);
    let (mut files, mut pairs) = (0, Vec::new());
    for tool in ["common", "getserv", "ipconv", "dnsall", "rirwhois", "upper-echo", "upper-echod"] {
        let src = root().join("crates").join(tool).join("src");
        let mut folders = vec![src.clone()];
        let mut all = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => all.push(path),
                }
            }
        }
        all.sort();
        files += all.len();
        for file in &all {
            for other in imported(&src, file) {
                if file < &other && imported(&src, &other).contains(file) {
                    pairs.push(format!("{} and {}", file.display(), other.display()));
                }
            }
        }
    }
    assert!(files > 150, "only {files} files were read");
    assert!(pairs.is_empty(), "these import each other:\n{}", pairs.join("\n"));
}
