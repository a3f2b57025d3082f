//! `cargo xtask install` and `cargo xtask dist`: the tools with their manuals and completions.
use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Done, root,
    run::{cargo, find, output, run as see, target, write},
    tools::TOOLS,
};

/// Builds the tools and puts them under `--prefix DIR`, or ~/.local.
pub(crate) fn run(words: &[String]) -> Done {
    let prefix = match words {
        [] => PathBuf::from(env::var_os("HOME").ok_or("HOME is not set: say --prefix DIR")?).join(".local"),
        [option, dir] if option == "--prefix" => env::current_dir().map_err(|e| e.to_string())?.join(dir),
        [word] if word.starts_with("--prefix=") => {
            env::current_dir().map_err(|e| e.to_string())?.join(&word["--prefix=".len()..])
        }
        _ => return Err("install [--prefix DIR]".into()),
    };
    let build = Build::new()?;
    build.copy(&prefix)?;
    println!("{} {} tools, their manuals and completions are under {}", TOOLS.len(), build.linkage(), prefix.display());
    let bin = prefix.join("bin");
    let path = env::var_os("PATH").unwrap_or_default();
    if !env::split_paths(&path).any(|p| p == bin) {
        println!("PATH lacks {0}: export PATH=\"{0}:$PATH\"", bin.display());
    }
    println!("bash without bash-completion: source {}/share/bash-completion/completions/TOOL", prefix.display());
    Ok(())
}

/// Builds the tools and packs them: the same bytes from the same sources,
/// wherever they stand.
pub(crate) fn dist(words: &[String]) -> Done {
    if !words.is_empty() {
        return Err("takes no words".into());
    }
    let build = Build::new()?;
    let name = format!("plainnet-{}-{}", env!("CARGO_PKG_VERSION"), build.triple);
    let folder = target().join("dist");
    let tree = folder.join(&name);
    let _ = fs::remove_dir_all(&tree);
    build.copy(&tree)?;
    for file in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        let text = fs::read(root().join(file)).map_err(|e| format!("{file}: {e}"))?;
        write(&tree.join(file), text)?;
    }
    let script = "tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s -cf - \"$1\" | gzip -9n >\"$1.tar.gz\"";
    see(Command::new("sh").args(["-c", script, "sh", &name]).current_dir(&folder))?;
    println!("{}.tar.gz", tree.display());
    Ok(())
}

/// What a release build made.
struct Build {
    triple: String,
    folder: PathBuf,
    fixed: bool,
}

impl Build {
    /// Builds for this machine; static where the C library can be. The flag must
    /// not reach procedural macros, so cargo is told a target, which keeps what
    /// runs here apart from what is built.
    fn new() -> Result<Build, String> {
        let version = output(Command::new("rustc").arg("-vV").current_dir(root()))?;
        let triple = version.lines().find_map(|l| l.strip_prefix("host: ")).ok_or("rustc names no host")?.to_owned();
        let fixed = triple.ends_with("-linux-musl") || triple.ends_with("-linux-gnu") && has_static_libc();
        let mut command = cargo(["build", "--release", "--target", &triple, "--bins"]);
        for tool in TOOLS {
            command.args(["--package", tool.name]);
        }
        // Paths in the binary (of panics) are the same on every machine.
        let mut flags = vec![format!("--remap-path-prefix={}=", root().join("").display())];
        if let Some(home) =
            env::var_os("CARGO_HOME").or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo").into()))
        {
            flags.push(format!("--remap-path-prefix={}=cargo", Path::new(&home).display()));
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

    fn linkage(&self) -> &'static str {
        if self.fixed { "static" } else { "dynamic" }
    }

    /// Binaries, manuals and completions where a prefix has them.
    fn copy(&self, prefix: &Path) -> Done {
        for tool in TOOLS {
            let name = tool.name;
            program(&self.folder.join(name), &prefix.join("bin").join(name))?;
            let share = prefix.join("share");
            write(&share.join(format!("man/man1/{name}.1")), tool.text("man"))?;
            write(&share.join("bash-completion/completions").join(name), tool.text("bash"))?;
            write(&share.join(format!("zsh/site-functions/_{name}")), tool.text("zsh"))?;
            write(&share.join(format!("fish/vendor_completions.d/{name}.fish")), tool.text("fish"))?;
        }
        Ok(())
    }
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
