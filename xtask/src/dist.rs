//! `cargo xtask dist`: a tarball, Debian packages and their checksums below
//! target/dist. The same sources give the same bytes, wherever they stand.
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Done, deb, licences,
    release::Build,
    root,
    run::{output, run as see, target, write},
    tools::TOOLS,
};

/// Files of the workspace that belong to every package.
const TEXTS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// The time of what is packed, in seconds since 1970: that of the commit, or the
/// one that SOURCE_DATE_EPOCH names.
pub(crate) fn time() -> Result<u64, String> {
    let time = match env::var("SOURCE_DATE_EPOCH") {
        Ok(time) => time,
        Err(_) => output(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(root()))
            .map_err(|why| format!("{why} (outside of a checkout SOURCE_DATE_EPOCH is needed)"))?,
    };
    time.trim().parse().map_err(|e| format!("SOURCE_DATE_EPOCH: {e}"))
}

/// The tar(1) that packs a tree so that neither its owner, its times nor its
/// order show where it was made.
pub(crate) fn tar() -> Result<String, String> {
    let time = time()?;
    Ok(format!("tar --sort=name --mtime=@{time} --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s"))
}

/// Builds everything and packs it.
pub(crate) fn run(words: &[String]) -> Done {
    if !words.is_empty() {
        return Err("takes no words".into());
    }
    let build = Build::new()?;
    let third_party = licences::texts(&build.triple)?;
    let folder = target().join("dist");
    let _ = fs::remove_dir_all(&folder);
    let mut made = vec![tarball(&build, &third_party, &folder)?];
    made.push(deb::whole(&build, &third_party, &folder)?);
    for tool in TOOLS {
        made.push(deb::one(&build, tool, &third_party, &folder)?);
    }
    let names: Vec<_> = made.iter().filter_map(|path| path.file_name()).collect();
    let sums = output(Command::new("sha256sum").args(names).current_dir(&folder))?;
    write(&folder.join("SHA256SUMS"), sums)?;
    for path in made {
        println!("{}", path.display());
    }
    Ok(())
}

/// `plainnet-VERSION-TRIPLE.tar.gz`, to be unpacked below a prefix.
fn tarball(build: &Build, third_party: &str, folder: &Path) -> Result<PathBuf, String> {
    let name = format!("plainnet-{}-{}", env!("CARGO_PKG_VERSION"), build.triple);
    let tree = folder.join(&name);
    build.copy(&tree, Path::new("/usr/local"))?;
    for file in TEXTS {
        let text = fs::read(root().join(file)).map_err(|e| format!("{file}: {e}"))?;
        write(&tree.join("share/doc/plainnet").join(file), text)?;
    }
    write(&tree.join("share/doc/plainnet/THIRD-PARTY"), third_party)?;
    let script = format!("{} -cf - \"$1\" | gzip -9n >\"$1.tar.gz\"", tar()?);
    see(Command::new("sh").args(["-c", &script, "sh", &name]).current_dir(folder))?;
    fs::remove_dir_all(&tree).map_err(|e| format!("{}: {e}", tree.display()))?;
    Ok(folder.join(format!("{name}.tar.gz")))
}
