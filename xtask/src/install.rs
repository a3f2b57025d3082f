//! `cargo xtask install` and `cargo xtask uninstall`: the tools with their
//! manuals and completions below a prefix.
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use crate::{Done, release::Build, tools::TOOLS};

/// Builds the tools and puts them under `--prefix DIR`, or ~/.local.
pub(crate) fn run(words: &[String]) -> Done {
    let prefix = prefix(words, "install")?;
    let build = Build::new()?;
    build.copy(&prefix, &prefix)?;
    println!("{} {} tools, their manuals and completions are under {}", TOOLS.len(), build.linkage(), prefix.display());
    let bin = prefix.join("bin");
    let path = env::var_os("PATH").unwrap_or_default();
    if !env::split_paths(&path).any(|p| p == bin) {
        println!("PATH lacks {0}: export PATH=\"{0}:$PATH\"", bin.display());
    }
    let share = prefix.join("share");
    let share = share.display();
    println!("bash: found by itself with bash-completion, else: source {share}/bash-completion/completions/TOOL");
    println!("zsh: found below /usr and /usr/local, else before compinit: fpath=({share}/zsh/site-functions $fpath)");
    println!(
        "fish: found below /usr, /usr/local and ~/.local, else: source {share}/fish/vendor_completions.d/TOOL.fish"
    );
    Ok(())
}

/// Removes what [`run`] has put there, and the folders that are empty then.
pub(crate) fn uninstall(words: &[String]) -> Done {
    let prefix = prefix(words, "uninstall")?;
    let mut removed = 0;
    for file in Build::files() {
        let path = prefix.join(&file);
        match fs::remove_file(&path) {
            Ok(()) => removed += 1,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(format!("{}: {e}", path.display())),
        }
        // A folder that holds something else stays.
        let folders = Path::new(&file).ancestors().skip(1).filter(|f| !f.as_os_str().is_empty());
        for folder in folders {
            if fs::remove_dir(prefix.join(folder)).is_err() {
                break;
            }
        }
    }
    println!("{removed} files removed from {}", prefix.display());
    Ok(())
}

/// The value of `--prefix`, or ~/.local.
fn prefix(words: &[String], chore: &str) -> Result<PathBuf, String> {
    let here = || env::current_dir().map_err(|e| e.to_string());
    match words {
        [] => {
            let home = env::var_os("HOME").ok_or("HOME is not set: say --prefix DIR")?;
            Ok(PathBuf::from(home).join(".local"))
        }
        [option, dir] if option == "--prefix" => Ok(here()?.join(dir)),
        [word] if word.starts_with("--prefix=") => Ok(here()?.join(&word["--prefix=".len()..])),
        _ => Err(format!("{chore} [--prefix DIR]")),
    }
}

#[cfg(test)]
mod tests {
    use plainnet_lab::scratch::Folder;

    use super::*;

    #[test]
    fn what_is_installed_is_removed_and_nothing_else() {
        let folder = Folder::new();
        let (built, prefix) = (folder.join("built"), folder.join("prefix"));
        fs::create_dir_all(&built).expect("a scratch folder");
        for tool in TOOLS {
            fs::write(built.join(tool.name), tool.name).expect("a program");
        }
        fs::create_dir_all(prefix.join("bin")).expect("a prefix");
        fs::write(prefix.join("bin/other"), "").expect("a program of someone else");
        Build::in_folder(&built).copy(&prefix, &prefix).expect("it copies");
        for file in Build::files() {
            assert!(prefix.join(&file).is_file(), "{file}");
        }
        let unit = fs::read_to_string(prefix.join("lib/systemd/system/upper-echod.service")).expect("a unit");
        assert!(unit.contains(&format!("ExecStart={}/bin/upper-echod ", prefix.display())), "{unit}");
        uninstall(&["--prefix".into(), prefix.display().to_string()]).expect("it removes");
        let left = |at: &Path| {
            fs::read_dir(at).expect("a folder").map(|e| e.expect("an entry").file_name()).collect::<Vec<_>>()
        };
        assert_eq!((left(&prefix), left(&prefix.join("bin"))), (vec!["bin".into()], vec!["other".into()]));
    }
}
