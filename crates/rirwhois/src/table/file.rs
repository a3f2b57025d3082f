//! Files that the tool keeps for itself: private, replaced whole or not at all.
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// Tries to find a name that nobody has planted.
const TRIES: u32 = 16;

/// Replaces the file at `path` by these parts. Folders that are missing are
/// made for their owner alone, and so is the file.
///
/// # Errors
/// What the system says; the file is then as it was.
pub fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let (mut file, part) = temporary(path)?;
    let put = || -> io::Result<()> {
        for bytes in parts {
            file.write_all(bytes)?;
        }
        // Else a crash could leave the new name on an empty file.
        file.sync_all()?;
        fs::rename(&part, path)
    };
    let mut put = put;
    put().inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })
}

/// A new file beside `path`. O_EXCL follows no link, and a name that is taken
/// leads to another one.
fn temporary(path: &Path) -> io::Result<(File, std::path::PathBuf)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..TRIES {
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.subsec_nanos());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let part = path.with_extension(format!("{}-{nanoseconds}-{count}.part", process::id()));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            file => return Ok((file?, part)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use plainnet_lab::scratch::Folder;

    use super::*;

    #[test]
    fn a_file_is_private_and_no_link_is_followed() {
        let scratch = Folder::new();
        let folder = scratch.join("data");
        let path = folder.join("a/table");
        replace(&path, &[b"one", b"two"]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"onetwo");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&folder.join("a"))), (0o600, 0o700));
        // A link in the file's own place is replaced, not written through.
        let target = folder.join("target");
        fs::write(&target, "kept").unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&target, &path).unwrap();
        replace(&path, &[b"new"]).unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&target).unwrap()), (b"new".to_vec(), b"kept".to_vec()));
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
        let names: Vec<_> = fs::read_dir(folder.join("a")).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(names, ["table"]);
    }
}
