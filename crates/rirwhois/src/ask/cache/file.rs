//! The cache's folder and file, which nobody else may have prepared for us.
use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::fs::{DirBuilderExt as _, MetadataExt as _},
    },
    path::Path,
};

use rustix::{
    fs::{CWD, Mode, OFlags, fchmod, mkdirat, openat},
    io::Errno,
};

/// The folder in that of `XDG_CACHE_HOME`, and the file in it.
pub(super) const FOLDER: &str = "rirwhois";
/// See [`FOLDER`].
pub(super) const FILE: &str = "answers";

/// Our folder for caches, 0700, made where it is missing. It must be ours and no link.
pub(super) fn own_folder(caches: &Path) -> io::Result<OwnedFd> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(caches)?;
    let caches = openat(CWD, caches, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    match mkdirat(&caches, FOLDER, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(e) => return Err(e.into()),
    }
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let folder = openat(&caches, FOLDER, flags, Mode::empty())?;
    let found = rustix::fs::fstat(&folder)?;
    if found.st_uid != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("its folder is another user's"));
    }
    if found.st_mode & 0o777 != 0o700 {
        fchmod(&folder, Mode::RWXU)?;
    }
    Ok(folder)
}

/// Our file in it, 0600, made where it is missing. It must be ours, a regular file, and of no other name.
pub(super) fn own_file(folder: &OwnedFd) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file: File = match openat(folder, FILE, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => file.into(),
        Err(Errno::LOOP) => return Err(io::Error::other("a link, not used")),
        Err(e) => return Err(e.into()),
    };
    let found = file.metadata()?;
    if !found.file_type().is_file() {
        return Err(io::Error::other("not a regular file, not used"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() || found.nlink() != 1 {
        return Err(io::Error::other("another user's file or name, not used"));
    }
    if found.mode() & 0o777 != 0o600 {
        fchmod(file.as_fd(), Mode::RUSR | Mode::WUSR)?;
    }
    Ok(file)
}

/// A new file of a name that nobody foresees, to take the place of the old one.
pub(super) fn new_file(folder: &OwnedFd, end: &str) -> io::Result<(String, File)> {
    let name = format!("{FILE}.{end}");
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(folder, &name, flags, Mode::RUSR | Mode::WUSR)?;
    Ok((name, file.into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use plainnet_lab::scratch::Folder;

    use super::*;

    #[test]
    fn the_folder_and_the_file_are_ours_alone() {
        let scratch = Folder::new();
        let caches = scratch.join("caches");
        let (inside, path) = (caches.join(FOLDER), caches.join(FOLDER).join(FILE));
        let mode = |path: &Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
        let set = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let folder = own_folder(&caches).unwrap();
        assert_eq!((mode(&caches), mode(&inside)), (0o700, 0o700));
        let file = || own_file(&folder).map(|_| ()).map_err(|e| e.to_string());
        assert_eq!((file(), mode(&path)), (Ok(()), 0o600));
        // What others may see or write is made private again.
        set(&inside, 0o755);
        set(&path, 0o644);
        assert!(own_folder(&caches).is_ok() && file().is_ok());
        assert_eq!((mode(&inside), mode(&path)), (0o700, 0o600));
        std::fs::write(&path, "old").unwrap();
        assert!(file().is_ok());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        // Another name of the same file, a link, and what is no file.
        let other = caches.join("other");
        std::fs::hard_link(&path, &other).unwrap();
        assert_eq!(file(), Err("another user's file or name, not used".into()));
        std::fs::remove_file(&path).unwrap();
        symlink(&other, &path).unwrap();
        assert_eq!(file(), Err("a link, not used".into()));
        std::fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(&folder, FILE, rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert_eq!(file(), Err("not a regular file, not used".into()));
        // A new file takes no name that is there, and is written at its end.
        let (name, mut new) = new_file(&folder, "x").unwrap();
        assert_eq!((&*name, mode(&inside.join(&name))), ("answers.x", 0o600));
        assert_eq!(new_file(&folder, "x").map(|_| ()).map_err(|e| e.kind()), Err(io::ErrorKind::AlreadyExists));
        io::Write::write_all(&mut new, b"one").unwrap();
        io::Seek::rewind(&mut new).unwrap();
        io::Write::write_all(&mut new, b"two").unwrap();
        assert_eq!(std::fs::read(inside.join(&name)).unwrap(), b"onetwo");
        // A link in the place of the folder is not followed.
        std::fs::rename(&inside, caches.join("moved")).unwrap();
        symlink(caches.join("moved"), &inside).unwrap();
        assert!(own_folder(&caches).is_err());
    }
}
