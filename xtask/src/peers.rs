//! The programs that tests compare with: Debian packages unpacked under
//! target/peers. Nothing is installed, no service starts, no root is needed.
use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Done, root,
    run::{find, is_program, output, run as see, target, write},
};

/// Changes when what is made of the packages changes.
const FORMAT: &str = "3";

/// `cargo xtask peers [--long]`.
pub(crate) fn run(words: &[String]) -> Done {
    let long = match words {
        [] => false,
        [word] if word == "--long" => true,
        _ => return Err("peers [--long]".into()),
    };
    println!("{}", fetch(long)?.bin.display());
    Ok(())
}

/// Where the unpacked programs are.
pub(crate) struct Peers {
    /// A folder of scripts that start them with their libraries.
    pub(crate) bin: PathBuf,
    /// Python packages.
    python: Vec<PathBuf>,
}

impl Peers {
    /// Lets `command` find the peers before what is installed.
    pub(crate) fn lend(&self, command: &mut Command) {
        let path = env::var_os("PATH").unwrap_or_default();
        let joined = env::join_paths([self.bin.clone()].into_iter().chain(env::split_paths(&path)));
        command.env("PLAINNET_PEERS", &self.bin).env("PATH", joined.unwrap_or(path));
        if !self.python.is_empty() {
            let path = env::join_paths(&self.python).unwrap_or_else(|_| OsString::new());
            command.env("PYTHONPATH", path);
        }
    }
}

/// Fetches the packages of tests/packages.txt and tests/packages-python.txt,
/// unless they are there already; with `long` also those of
/// tests/packages-long.txt, which are large and serve `cargo xtask test --long`
/// alone.
///
/// # Errors
/// Also where there is no apt: the text then says what was skipped.
pub(crate) fn fetch(long: bool) -> Result<Peers, String> {
    let home = target().join("peers");
    let (short, whole) = (wanted(false)?, wanted(true)?);
    let (names, wheels) = if long { &whole } else { &short };
    let (tree, python) = (home.join("root"), home.join("python"));
    let peers =
        Peers { bin: home.join("bin"), python: vec![python.clone(), tree.join("usr/lib/python3/dist-packages")] };

    let stamp = home.join("stamp");
    let shown = |(names, wheels): &(Vec<String>, Vec<String>)| {
        format!("{FORMAT}\n{}\n{}\n{}\n", home.display(), names.join(" "), wheels.join(" "))
    };
    // What the long tests need serves the others, too.
    let had = fs::read_to_string(&stamp).unwrap_or_default();
    if had == shown(&whole) || !long && had == shown(&short) {
        return Ok(peers);
    }
    for need in ["apt-get", "dpkg"] {
        find(need).ok_or_else(|| format!("{need} is missing, so there is no {}", names.join(" ")))?;
    }
    let _ = fs::remove_file(&stamp);
    for old in [&tree, &peers.bin, &python] {
        let _ = fs::remove_dir_all(old);
    }
    unpack(&home, names, &tree)?;
    wrap(&tree, &peers.bin)?;
    if !wheels.is_empty() {
        find("pip3").ok_or_else(|| format!("pip3 is missing, so there is no {}", wheels.join(" ")))?;
        see(Command::new("pip3")
            .args(["install", "--quiet", "--no-warn-script-location", "--target"])
            .arg(&python)
            .args(wheels))?;
    }
    write(&stamp, shown(if long { &whole } else { &short }))?;
    Ok(peers)
}

/// The programs of the Debian packages `names`, unpacked below target in `folder`
/// unless they are there already.
///
/// # Errors
/// There is no apt, or it has no such package.
pub(crate) fn unpacked(folder: &str, names: &[String]) -> Result<PathBuf, String> {
    let home = target().join(folder);
    let (stamp, tree, bin) = (home.join("stamp"), home.join("root"), home.join("bin"));
    let whole = format!("{FORMAT}\n{}\n{}\n", home.display(), names.join(" "));
    if fs::read_to_string(&stamp).is_ok_and(|had| had == whole) {
        return Ok(bin);
    }
    for need in ["apt-get", "dpkg"] {
        find(need).ok_or_else(|| format!("{need} is missing, so there is no {}", names.join(" ")))?;
    }
    unpack(&home, names, &tree)?;
    wrap(&tree, &bin)?;
    write(&stamp, whole)?;
    Ok(bin)
}

/// The Debian packages and the Python packages that tests want.
fn wanted(long: bool) -> Result<(Vec<String>, Vec<String>), String> {
    let list = |name: &str| lines(&root().join("tests").join(name));
    let (mut names, mut wheels) = (list("packages.txt")?, list("packages-python.txt")?);
    if long {
        names.extend(list("packages-long.txt")?);
        wheels.extend(list("packages-python-long.txt")?);
    }
    Ok((names, wheels))
}

/// The program `name`: the installed one, or else the fetched one.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    find(name).or_else(|| fetch(false).ok().map(|peers| peers.bin.join(name)).filter(|p| p.exists()))
}

/// The lines of a list, comments and blanks left out.
fn lines(path: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

/// Downloads `names` and what they need beyond what is installed, and unpacks
/// all of it under `tree`. apt's lists are private: the system's may be missing
/// or old, and only root can renew them.
fn unpack(home: &Path, names: &[String], tree: &Path) -> Done {
    let state = home.join("apt");
    let debs = home.join("debs");
    for folder in [&state.join("lists/partial"), &state.join("archives/partial"), &debs, tree] {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let apt = || {
        let mut apt = Command::new("apt-get");
        for option in [
            format!("Dir::State={}", state.display()),
            format!("Dir::State::lists={}", state.join("lists").display()),
            "Dir::State::status=/var/lib/dpkg/status".into(),
            format!("Dir::Cache={}", state.display()),
            "Debug::NoLocking=1".into(),
            "APT::Sandbox::User=".into(),
            "Acquire::Languages=none".into(),
            "Acquire::Retries=3".into(),
        ] {
            apt.args(["-o", &option]);
        }
        apt.current_dir(&debs);
        apt
    };
    // One of the machine's sources may be out of reach without harm to us.
    let _ = output(apt().args(["update", "-qq"]));
    let plan = output(apt().args(["install", "--simulate", "--no-install-recommends"]).args(names))?;
    // Inst libpcre2-8-0 [10.42-1] (10.42-1+deb12u2 Debian:12/stable [amd64])
    let picks: BTreeSet<String> = plan
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("Inst ")?.split_once(' ')?;
            let version = rest.split_once('(')?.1.split_whitespace().next()?;
            Some(format!("{name}={version}"))
        })
        .collect();
    if picks.is_empty() {
        return Ok(());
    }
    println!("fetching {} packages", picks.len());
    output(apt().args(["download", "-qq"]).args(&picks))?;
    for deb in entries(&debs)?.iter().filter(|p| p.extension().is_some_and(|e| e == "deb")) {
        output(Command::new("dpkg").arg("-x").arg(deb).arg(tree))?;
    }
    let _ = fs::remove_dir_all(&debs);
    // fish looks for its data by its own place, and for its settings beside it.
    let _ = symlink("../etc", tree.join("usr/etc"));
    Ok(())
}

/// A script per program that starts it with the libraries, Perl modules and
/// zsh modules it came with.
fn wrap(tree: &Path, bin: &Path) -> Done {
    let mut libraries = Vec::new();
    for lib in ["lib", "usr/lib"] {
        for folder in entries(&tree.join(lib)).unwrap_or_default() {
            if folder.file_name().is_some_and(|n| n.to_string_lossy().ends_with("-linux-gnu")) {
                libraries.push(folder);
            }
        }
    }
    // Sound and systemd keep a library of their own one folder further down.
    let inner = libraries.iter().flat_map(|l| ["pulseaudio", "systemd"].map(|name| l.join(name)));
    let inner: Vec<_> = inner.filter(|l| l.is_dir()).collect();
    libraries.extend(inner);
    let zsh = Zsh {
        functions: folders(&tree.join("usr/share/zsh/functions")),
        modules: libraries.iter().flat_map(|l| entries(&l.join("zsh")).unwrap_or_default()).collect(),
    };
    // What is compiled for one version of Perl stands in a folder of its name.
    let compiled =
        libraries.iter().flat_map(|l| [vec![l.join("perl5")], entries(&l.join("perl5")).unwrap_or_default()]);
    let perl: Vec<_> = compiled.flatten().chain([tree.join("usr/share/perl5")]).collect();
    let text = |folders: &[PathBuf]| folders.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(":");
    let settings = format!(
        "export LD_LIBRARY_PATH='{}'${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\nexport PERL5LIB='{}'\n",
        text(&libraries),
        text(&perl),
    );
    for folder in ["sbin", "bin", "usr/sbin", "usr/bin"] {
        for program in entries(&tree.join(folder)).unwrap_or_default() {
            let name = program.file_name().unwrap_or_default();
            if !is_program(&program) {
                continue;
            }
            let mut own = settings.clone();
            if name.to_string_lossy().starts_with("zsh") {
                // zsh takes no module path from outside, so whoever starts it hands this one on.
                let (functions, modules) = (text(&zsh.functions), text(&zsh.modules));
                own.push_str(&format!("export FPATH='{functions}' PLAINNET_ZSH_MODULES='{modules}'\n"));
            }
            // Chromium's own script looks for the browser below /usr.
            let browser = tree.join("usr/lib").join(name).join(name);
            let started = if name == "chromium" && is_program(&browser) { &browser } else { &program };
            let script = bin.join(name);
            write(&script, format!("#!/bin/sh\n{own}exec '{}' \"$@\"\n", started.display()))?;
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&script, mode).map_err(|e| format!("{}: {e}", script.display()))?;
        }
    }
    Ok(())
}

/// Where zsh finds what it loads.
struct Zsh {
    functions: Vec<PathBuf>,
    modules: Vec<PathBuf>,
}

/// `top` and every folder below it.
fn folders(top: &Path) -> Vec<PathBuf> {
    let below = entries(top).unwrap_or_default().into_iter().filter(|p| p.is_dir());
    [top.to_owned()].into_iter().chain(below.flat_map(|p| folders(&p))).collect()
}

/// What is in `folder`, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut all: Vec<_> = read.filter_map(|e| Some(e.ok()?.path())).collect();
    all.sort();
    Ok(all)
}
