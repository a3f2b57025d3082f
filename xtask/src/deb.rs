//! Debian packages: one for all six tools and one for each.
//!
//! A .deb is an ar(5) archive of a version, a tarball with the control files and
//! one with the tree (deb(5)). It is put together here, so that a machine
//! without dpkg can make it.
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Done, dist,
    release::Build,
    root,
    run::{output, run as see, write},
    tools::{TOOLS, Tool},
};

/// Who keeps the packages, as the control file and the changelog want it.
const MAINTAINER: &str = "plainnet <maintainers@plainnet.invalid>";

/// What stands in the control file and in the folder's name.
struct Package<'a> {
    name: &'a str,
    /// The first line of the description, without an article or a full stop.
    about: String,
    /// The other lines.
    more: String,
    /// Packages that hold the same files.
    conflicts: String,
    tools: &'a [Tool],
}

/// `plainnet_VERSION_ARCH.deb`, with all tools.
pub(crate) fn whole(build: &Build, third_party: &str, folder: &Path) -> Result<PathBuf, String> {
    let names: Vec<_> = TOOLS.iter().map(|tool| tool.name).collect();
    let lines: String = TOOLS.iter().map(|tool| format!(" {}: {}\n", tool.name, first_lower(tool.about))).collect();
    let package = Package {
        name: "plainnet",
        about: "six small network tools that speak plain text".into(),
        more: format!(" Each answers lines with lines, so that they compose in pipelines.\n .\n{lines}"),
        conflicts: names.join(", "),
        tools: TOOLS,
    };
    package.write(build, third_party, folder)
}

/// `TOOL_VERSION_ARCH.deb`, with one tool.
pub(crate) fn one(build: &Build, tool: &Tool, third_party: &str, folder: &Path) -> Result<PathBuf, String> {
    let package = Package {
        name: tool.name,
        about: first_lower(tool.about),
        more: " One of plainnet's six small network tools, which answer lines with lines.\n".into(),
        conflicts: "plainnet".into(),
        tools: std::slice::from_ref(tool),
    };
    package.write(build, third_party, folder)
}

impl Package<'_> {
    fn write(&self, build: &Build, third_party: &str, folder: &Path) -> Result<PathBuf, String> {
        let version = env!("CARGO_PKG_VERSION");
        let arch = architecture(&build.triple)?;
        let work = folder.join(format!("{}.tree", self.name));
        let (tree, control) = (work.join("data"), work.join("control"));
        for tool in self.tools {
            build.copy_tool(tool, &tree.join("usr"), Path::new("/usr"))?;
        }
        vendor_places(&tree)?;
        self.documents(&tree, third_party, build)?;
        let size = output(Command::new("du").args(["--summarize", "--apparent-size", "--block-size=1024"]).arg(&tree))?;
        let size = size.split_whitespace().next().unwrap_or_default();
        let depends = if build.linkage() == "static" { "" } else { "Depends: libc6, libgcc-s1\n" };
        write(
            &control.join("control"),
            format!(
                "Package: {}\nVersion: {version}\nArchitecture: {arch}\nMaintainer: {MAINTAINER}\n\
                 Installed-Size: {size}\n{depends}Conflicts: {conflicts}\nReplaces: {conflicts}\nSection: net\n\
                 Priority: optional\nDescription: {}\n{}",
                self.name,
                self.about,
                self.more,
                conflicts = self.conflicts
            ),
        )?;
        let sums = "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum";
        let sums = output(Command::new("sh").args(["-c", sums]).current_dir(&tree))?;
        write(&control.join("md5sums"), sums)?;
        let path = folder.join(format!("{}_{version}_{arch}.deb", self.name));
        archive(&path, &[("control.tar.gz", &control), ("data.tar.gz", &tree)])?;
        fs::remove_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
        Ok(path)
    }

    /// The changelog of the package, as deb-changelog(5) wants it; the program's own
    /// stands beside it.
    fn changelog(&self) -> Result<String, String> {
        let date =
            output(Command::new("date").args(["--utc", "--rfc-email"]).arg(format!("--date=@{}", dist::time()?)))?;
        Ok(format!(
            "{} ({}) stable; urgency=medium\n\n  * What has changed stands in CHANGELOG.md.gz.\n\n -- {MAINTAINER}  {}\n",
            self.name,
            env!("CARGO_PKG_VERSION"),
            date.trim_end()
        ))
    }

    /// Manuals are compressed; changelog, copyright and the reason why the
    /// binaries are static stand where Debian's policy wants them.
    fn documents(&self, tree: &Path, third_party: &str, build: &Build) -> Done {
        let text = |file: &str| fs::read_to_string(root().join(file)).map_err(|e| format!("{file}: {e}"));
        let doc = tree.join("usr/share/doc").join(self.name);
        let copyright = format!(
            "plainnet is licensed under the Apache License, Version 2.0, or the MIT license, at your option.\n\
             On Debian systems the former is /usr/share/common-licenses/Apache-2.0. The latter:\n\n{}\n\
             The licences of the crates that are linked in stand in THIRD-PARTY.gz beside this file.\n",
            text("LICENSE-MIT")?
        );
        write(&doc.join("copyright"), copyright)?;
        write(&doc.join("THIRD-PARTY"), third_party)?;
        write(&doc.join("CHANGELOG.md"), text("CHANGELOG.md")?)?;
        write(&doc.join("changelog"), self.changelog()?)?;
        if build.linkage() == "static" {
            let lines: String = self
                .tools
                .iter()
                .map(|t| {
                    // lintian takes a static program that may stand anywhere for a library that names no other.
                    let tags = ["shared-library-lacks-prerequisites", "statically-linked-binary"];
                    tags.map(|tag| format!("{}: {tag} [usr/bin/{}]\n", self.name, t.name)).concat()
                })
                .collect();
            let reason = "# One file has to run on every distribution and in empty containers.\n";
            write(&tree.join("usr/share/lintian/overrides").join(self.name), format!("{reason}{lines}"))?;
        }
        let script =
            "find usr/share/man usr/share/doc -name '*.1' -o -iname 'changelog*' -o -name THIRD-PARTY | xargs gzip -9n";
        see(Command::new("sh").args(["-c", script]).current_dir(tree))
    }
}

/// Debian's packages put completions for zsh and fish elsewhere than a local prefix does.
fn vendor_places(tree: &Path) -> Done {
    let share = tree.join("usr/share");
    let said = |e: std::io::Error| format!("{}: {e}", share.display());
    fs::rename(share.join("zsh/site-functions"), share.join("zsh/vendor-completions")).map_err(said)
}

/// The machine as Debian names it.
fn architecture(triple: &str) -> Result<&'static str, String> {
    match triple.split('-').next() {
        Some("x86_64") => Ok("amd64"),
        Some("aarch64") => Ok("arm64"),
        Some("riscv64gc") => Ok("riscv64"),
        _ => Err(format!("{triple}: Debian's name for this machine is not known here")),
    }
}

/// Packs folders as tarballs into one ar(5) archive, behind the version of the format.
fn archive(path: &Path, folders: &[(&str, &Path)]) -> Done {
    let mut bytes = b"!<arch>\n".to_vec();
    member(&mut bytes, "debian-binary", b"2.0\n");
    for (name, folder) in folders {
        let packed = folder.with_extension("tar.gz");
        let script = format!("cd \"$1\" && {} -cf - . | gzip -9n >\"$2\"", dist::tar()?);
        see(Command::new("sh").args(["-c", &script, "sh"]).arg(folder).arg(&packed))?;
        member(&mut bytes, name, &fs::read(&packed).map_err(|e| format!("{}: {e}", packed.display()))?);
    }
    write(path, bytes)
}

/// One member of an ar(5) archive: a header of 60 bytes, and data of an even length.
fn member(archive: &mut Vec<u8>, name: &str, data: &[u8]) {
    archive.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, data.len()).bytes());
    archive.extend(data);
    if !data.len().is_multiple_of(2) {
        archive.push(b'\n');
    }
}

/// A sentence's first letter as it is in the middle of one, unless it begins a name.
fn first_lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| format!("{}{}", c.to_ascii_lowercase(), chars.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ar(5): name 16, time 12, owner 6, group 6, mode 8, size 10 and two bytes of magic.
    #[test]
    fn a_member_has_a_header_of_sixty_bytes() {
        let mut bytes = Vec::new();
        member(&mut bytes, "debian-binary", b"2.0\n");
        assert_eq!(bytes, b"debian-binary   0           0     0     100644  4         `\n2.0\n");
        let mut odd = Vec::new();
        member(&mut odd, "x", b"abc");
        assert_eq!((odd.len(), odd.last()), (64, Some(&b'\n')));
    }
}
