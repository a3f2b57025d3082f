//! A release build of all tools, and the files that belong to it.
use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Done, root,
    run::{cargo, find, output, run as see, target, write},
    tools::{TOOLS, Tool},
};

/// The units of upper-echod, as they stand in its crate.
const UNITS: [&str; 3] = ["upper-echod.service", "upper-echod.socket", "upper-echod-standalone.service"];

/// What a release build made.
pub(crate) struct Build {
    /// The machine it is for, as the compiler names it.
    pub(crate) triple: String,
    folder: PathBuf,
    fixed: bool,
}

impl Build {
    /// Builds for this machine; static where the C library can be. The flag must
    /// not reach procedural macros, so cargo is told a target, which keeps what
    /// runs here apart from what is built.
    pub(crate) fn new() -> Result<Build, String> {
        let version = output(Command::new("rustc").arg("-vV").current_dir(root()))?;
        let triple = version.lines().find_map(|l| l.strip_prefix("host: ")).ok_or("rustc names no host")?.to_owned();
        let fixed = triple.ends_with("-linux-musl") || triple.ends_with("-linux-gnu") && has_static_libc();
        let mut command = cargo(["build", "--release", "--locked", "--target", &triple, "--bins"]);
        for tool in TOOLS {
            command.args(["--package", tool.name]);
        }
        // Paths in the binary (of panics) are the same on every machine.
        let mut flags = vec![format!("--remap-path-prefix={}=", root().join("").display())];
        if let Some(home) = cargo_home() {
            flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
        }
        if fixed {
            flags.push("-Ctarget-feature=+crt-static".into());
        }
        let before = env::var("RUSTFLAGS").ok();
        flags.splice(0..0, before);
        see(command.env("RUSTFLAGS", flags.join(" ")))?;
        let folder = target().join(&triple).join("release");
        Ok(Build { triple, folder, fixed })
    }

    /// A build whose programs lie in `folder`.
    #[cfg(test)]
    pub(crate) fn in_folder(folder: &Path) -> Build {
        Build { triple: "x86_64-unknown-linux-gnu".into(), folder: folder.into(), fixed: true }
    }

    /// How the binaries are linked: `static` or `dynamic`.
    pub(crate) fn linkage(&self) -> &'static str {
        if self.fixed { "static" } else { "dynamic" }
    }

    /// The binary of a tool.
    pub(crate) fn binary(&self, tool: &Tool) -> PathBuf {
        self.folder.join(tool.name)
    }

    /// Puts binaries, manuals, completions and units below `tree`; `prefix` is
    /// where they will be in the end, which the units name.
    pub(crate) fn copy(&self, tree: &Path, prefix: &Path) -> Done {
        TOOLS.iter().try_for_each(|tool| self.copy_tool(tool, tree, prefix))
    }

    /// The same for one tool.
    pub(crate) fn copy_tool(&self, tool: &Tool, tree: &Path, prefix: &Path) -> Done {
        program(&self.binary(tool), &tree.join("bin").join(tool.name))?;
        for (file, what) in texts(tool) {
            write(&tree.join(file), tool.text(what))?;
        }
        for unit in units(tool) {
            let path = root().join("crates/upper-echod/systemd").join(unit);
            let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let bin = prefix.join("bin").display().to_string();
            write(&tree.join("lib/systemd/system").join(unit), text.replace("/usr/local/bin", &bin))?;
        }
        Ok(())
    }

    /// Every file that [`Build::copy`] makes, below its prefix.
    pub(crate) fn files() -> Vec<String> {
        let of = |tool: &'static Tool| {
            let texts = texts(tool).into_iter().map(|(file, _)| file);
            let units = units(tool).iter().map(|unit| format!("lib/systemd/system/{unit}"));
            [format!("bin/{}", tool.name)].into_iter().chain(texts).chain(units)
        };
        TOOLS.iter().flat_map(of).collect()
    }
}

/// Where a tool's manual and completions belong, and what `--generate` calls them.
fn texts(tool: &Tool) -> [(String, &'static str); 4] {
    let name = tool.name;
    [
        (format!("share/man/man1/{name}.1"), "man"),
        (format!("share/bash-completion/completions/{name}"), "bash"),
        (format!("share/zsh/site-functions/_{name}"), "zsh"),
        (format!("share/fish/vendor_completions.d/{name}.fish"), "fish"),
    ]
}

fn units(tool: &Tool) -> &'static [&'static str] {
    if tool.name == "upper-echod" { &UNITS } else { &[] }
}

/// Where cargo keeps the sources of crates.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo")))
}

/// Puts a program in place at once, also while the old one runs.
fn program(from: &Path, to: &Path) -> Done {
    let said = |e: std::io::Error| format!("{}: {e}", to.display());
    let new = to.with_extension("new");
    write(&new, fs::read(from).map_err(|e| format!("{}: {e}", from.display()))?)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).map_err(said)?;
    fs::rename(&new, to).map_err(said)
}

/// Some distributions ship the C library's archive, some don't.
fn has_static_libc() -> bool {
    let name = output(Command::new("cc").arg("-print-file-name=libc.a"));
    find("cc").is_some() && name.is_ok_and(|path| Path::new(path.trim()).is_absolute())
}
