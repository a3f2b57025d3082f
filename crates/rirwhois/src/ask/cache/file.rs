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
