//! What `cargo xtask dist` packs and `cargo xtask install` puts in place. A release
//! build takes minutes, so these tests are ignored but for `cargo xtask test --long`.
use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use plainnet_lab::{
    scratch::Folder,
    tool::{Seen, TOOLS, feed, peer},
};

/// What is in `folder`, below `part`: paths of files and links, sorted.
fn listing(folder: &Path, part: &str) -> Vec<String> {
    let mut files = Vec::new();
    walk(&folder.join(part), &mut |path| {
        files.push(path.strip_prefix(folder).expect("it lies below").display().to_string());
    });
    files.sort();
    files
}

fn walk(folder: &Path, found: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.is_symlink() { walk(&path, found) } else { found(&path) }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the workspace")
}

/// Runs a program that must succeed, and gives what it prints.
#[track_caller]
fn see<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: impl IntoIterator<Item = A>) -> String {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    let seen: Seen = feed(&mut command, b"").into();
    assert_eq!(seen.status, 0, "{command:?}\n{}{}", seen.out, seen.err);
    seen.out
}

fn xtask(args: &[&str]) -> String {
    see(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), ["xtask"].iter().chain(args))
}

/// Every file that dist makes, made once.
fn packages() -> &'static [PathBuf] {
    static MADE: OnceLock<Vec<PathBuf>> = OnceLock::new();
    MADE.get_or_init(|| xtask(&["dist"]).lines().map(PathBuf::from).collect())
}

fn debs() -> impl Iterator<Item = &'static PathBuf> {
    packages().iter().filter(|path| path.extension().is_some_and(|e| e == "deb"))
}

/// Every program that a unit below `tree` starts stands where the unit says.
fn units_find_their_program(tree: &Path, prefix: &str) -> usize {
    let units = tree.join(prefix.trim_start_matches('/')).join("lib/systemd/system");
    let mut count = 0;
    walk(&units, &mut |unit| {
        let text = fs::read_to_string(unit).expect("a unit");
        for line in text.lines().filter_map(|line| line.strip_prefix("ExecStart=")) {
            count += 1;
            let program = line.split_whitespace().next().expect("a program");
            assert!(program.starts_with(prefix), "{}: {program}", unit.display());
            let place = tree.join(program.trim_start_matches('/'));
            let mode = fs::metadata(&place).unwrap_or_else(|e| panic!("{}: {e}", place.display())).permissions().mode();
            assert_eq!(mode & 0o777, 0o755, "{program}");
        }
    });
    count
}

/// Manuals can be read and completions loaded from where they stand below `share`.
fn manuals_and_completions_work(share: &Path, zsh: &str, tool: &str) {
    let pages = [format!("man/man1/{tool}.1"), format!("man/man1/{tool}.1.gz")].map(|page| share.join(page));
    let page = pages.iter().find(|page| page.exists()).unwrap_or_else(|| panic!("{tool} has no manual"));
    if let Some(mandoc) = peer("mandoc") {
        let text = see(mandoc, [OsStr::new("-Tutf8"), page.as_os_str()]);
        // A terminal's bold is a letter struck twice.
        let plain: String = text.split('\u{8}').map(|part| part.strip_suffix(|_: char| true).unwrap_or(part)).collect();
        assert!(plain.contains("EXAMPLES") && plain.contains(&tool.to_uppercase()), "{plain}");
    }
    let file = |path: String| share.join(path).display().to_string();
    let bash = file(format!("bash-completion/completions/{tool}"));
    let loaded = see("bash", ["--norc", "-c", "source \"$1\" && complete -p \"$2\"", "bash", &bash, tool]);
    assert!(loaded.contains(tool), "{loaded}");
    if let Some(shell) = peer("zsh") {
        see(shell, ["-n", &file(format!("zsh/{zsh}/_{tool}"))]);
    }
    if let Some(shell) = peer("fish") {
        see(shell, ["--no-execute", &file(format!("fish/vendor_completions.d/{tool}.fish"))]);
    }
}

#[test]
#[ignore = "needs a release build"]
fn the_tarball_is_whole_and_runs_where_nothing_else_is() {
    let tarball = packages().iter().find(|p| p.extension().is_some_and(|e| e == "gz")).expect("a tarball");
    let dist = tarball.parent().expect("a folder");
    let sums = fs::read_to_string(dist.join("SHA256SUMS")).expect("checksums");
    assert_eq!(sums.lines().count(), packages().len());
    see(
        "sh",
        [
            OsStr::new("-c"),
            OsStr::new("cd \"$1\" && sha256sum --strict -c SHA256SUMS"),
            "sh".as_ref(),
            dist.as_os_str(),
        ],
    );

    let folder = Folder::new();
    let to = folder.join("usr/local");
    fs::create_dir_all(&to).expect("a prefix");
    see("tar", ["-xzf".as_ref(), tarball.as_os_str(), "--strip-components=1".as_ref(), "-C".as_ref(), to.as_os_str()]);
    for tool in TOOLS {
        manuals_and_completions_work(&to.join("share"), "site-functions", tool);
    }
    assert_eq!(units_find_their_program(&folder, "/usr/local"), 2);
    let licences = fs::read_to_string(to.join("share/doc/plainnet/THIRD-PARTY")).expect("licences");
    for (name, text) in
        [("rustls ", "Apache License"), ("ring ", "Brian Smith"), ("memchr ", "Permission is hereby granted")]
    {
        assert!(licences.contains(name) && licences.contains(text), "{name}{text}");
    }
    // In a root of its own there is neither a loader nor a library.
    for tool in TOOLS {
        let said = see(
            "unshare",
            [
                "--map-root-user".as_ref(),
                "chroot".as_ref(),
                folder.as_os_str(),
                format!("/usr/local/bin/{tool}").as_ref(),
                "--version".as_ref(),
            ],
        );
        assert!(said.starts_with(&format!("{tool} {}", env!("CARGO_PKG_VERSION"))), "{said}");
    }
}

#[test]
#[ignore = "needs a release build"]
fn lintian_finds_no_fault_in_the_packages() {
    let Some(lintian) = peer("lintian") else { return };
    let words = ["--allow-root", "--fail-on", "error,warning"].map(PathBuf::from);
    see(lintian, words.into_iter().chain(debs().cloned()));
}

#[test]
#[ignore = "needs a release build"]
fn the_packages_install_and_go_without_a_trace() {
    if peer("dpkg").is_none() {
        return;
    }
    assert_eq!(debs().count(), 1 + TOOLS.len());
    for deb in debs() {
        let name = deb.file_name().and_then(|n| n.to_str()).and_then(|n| n.split('_').next()).expect("a name");
        let tools: Vec<&str> = TOOLS.into_iter().filter(|tool| name == "plainnet" || name == *tool).collect();
        let (folder, machine) = (Folder::new(), Machine);
        machine.prepare(&folder);
        machine.dpkg(&folder, &["--install".as_ref(), deb.as_os_str()]);
        let files = listing(&folder, "usr");
        for tool in &tools {
            assert!(files.contains(&format!("usr/bin/{tool}")), "{files:?}");
            manuals_and_completions_work(&folder.join("usr/share"), "vendor-completions", tool);
        }
        let units = if tools.contains(&"upper-echod") { 2 } else { 0 };
        assert_eq!(units_find_their_program(&folder, "/usr"), units, "{name}");
        for text in ["copyright", "THIRD-PARTY.gz", "changelog.gz"] {
            assert!(files.contains(&format!("usr/share/doc/{name}/{text}")), "{files:?}");
        }
        machine.dpkg(&folder, &["--remove".as_ref(), name.as_ref()]);
        machine.dpkg(&folder, &["--purge".as_ref(), name.as_ref()]);
        assert!(!folder.join("usr").exists(), "{:?}", listing(&folder, "usr"));
    }
}

/// The package of all six and that of one tool hold the same file, so that each
/// takes the place of the other.
#[test]
#[ignore = "needs a release build"]
fn a_package_makes_way_for_one_with_the_same_files() {
    if peer("dpkg").is_none() {
        return;
    }
    let of = |name: &str| {
        let starts = |deb: &&PathBuf| deb.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name));
        debs().find(starts).unwrap_or_else(|| panic!("no package {name}"))
    };
    let (folder, machine) = (Folder::new(), Machine);
    machine.prepare(&folder);
    for name in ["plainnet", "getserv", "ipconv", "plainnet"] {
        machine.dpkg(&folder, &["--install".as_ref(), of(&format!("{name}_")).as_os_str()]);
        let files = listing(&folder, "usr/bin");
        let want = |tool: &&str| name == "plainnet" || *tool == name || name == "ipconv" && *tool == "getserv";
        let want: Vec<_> = TOOLS.iter().filter(|tool| want(tool)).map(|tool| format!("usr/bin/{tool}")).collect();
        assert_eq!(files, want, "{name}");
    }
    machine.dpkg(&folder, &["--purge".as_ref(), "plainnet".as_ref()]);
    assert!(!folder.join("usr").exists(), "{:?}", listing(&folder, "usr"));
}

/// A machine that has dpkg's lists and nothing else; its root is a test's folder.
struct Machine;

impl Machine {
    fn prepare(&self, folder: &Path) {
        let lists = folder.join("var/lib/dpkg");
        for part in ["info", "updates"] {
            fs::create_dir_all(lists.join(part)).expect("dpkg's folders");
        }
        fs::write(lists.join("status"), "").expect("dpkg's list");
    }

    fn run(&self, folder: &Path, words: &[&OsStr]) -> Seen {
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "dpkg"]).arg(format!("--root={}", folder.display()));
        unshare.arg(format!("--log={}", folder.join("log").display()));
        // Some images leave out manuals and documents of all packages.
        unshare.args(["--path-include=*", "--force-not-root"]).args(words).env("LC_ALL", "C.UTF-8");
        feed(&mut unshare, b"").into()
    }

    fn dpkg(&self, folder: &Path, words: &[&OsStr]) {
        let seen = self.run(folder, words);
        assert_eq!(seen.status, 0, "{words:?}\n{}{}", seen.out, seen.err);
    }
}

#[test]
#[ignore = "needs a release build"]
fn install_and_uninstall_leave_what_was_there() {
    let folder = Folder::new();
    fs::create_dir_all(folder.join("share/man/man1")).expect("a folder");
    fs::write(folder.join("share/man/man1/other.1"), "").expect("a file of someone else");
    let prefix = folder.display().to_string();
    let said = xtask(&["install", "--prefix", &prefix]);
    assert!(said.starts_with("6 "), "{said}");
    for tool in TOOLS {
        manuals_and_completions_work(&folder.join("share"), "site-functions", tool);
        assert!(see(folder.join("bin").join(tool), ["--version"]).starts_with(tool));
    }
    assert!(units_find_their_program(Path::new("/"), &prefix) == 2);
    xtask(&["uninstall", "--prefix", &prefix]);
    assert_eq!(listing(&folder, ""), ["share/man/man1/other.1"]);
    let left: Vec<_> = fs::read_dir(&folder).expect("it stays").map(|e| e.expect("an entry").file_name()).collect();
    assert_eq!(left, ["share"]);
}
