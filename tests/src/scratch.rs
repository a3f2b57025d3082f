//! Temporary folders and files, each of one owner alone and gone with it.
use std::{
    env, fmt, fs, io,
    ops::Deref,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// A folder that is new and empty. It is used as its path.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one.
    ///
    /// # Panics
    /// There is no place for it.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let n = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = env::temp_dir().join(format!("plainnet-{}-{n}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Folder(path),
                // A process that had this number before was killed.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => panic!("{}: {e}", path.display()),
            }
        }
    }

    /// Writes a file in it, and gives that file's path.
    ///
    /// # Panics
    /// It can't be written.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        self
    }
}

/// A file in a folder of its own. It is used as its path.
#[derive(Debug)]
pub struct File {
    path: String,
    _folder: Folder,
}

impl File {
    /// Writes `text`.
    ///
    /// # Panics
    /// There is no place for it, or its path is no text.
    pub fn new(text: impl AsRef<[u8]>) -> File {
        let folder = Folder::new();
        let path = folder.file("file", text).into_os_string().into_string().expect("a path that is a text");
        File { path, _folder: folder }
    }
}

impl Deref for File {
    type Target = str;

    fn deref(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_new_and_gone_with_its_owner() {
        let (folder, other) = (Folder::new(), Folder::new());
        assert_ne!(*folder, *other);
        let inside = folder.file("name", "text");
        assert_eq!((&*fs::read(&inside).unwrap(), inside.parent()), (&b"text"[..], Some(&*folder)));
        let files = [File::new("one"), File::new("two")];
        assert_eq!(files.each_ref().map(|file| fs::read_to_string(&**file).unwrap()), ["one", "two"]);
        let path = PathBuf::from(&*files[0]);
        drop((folder, files));
        assert!(!inside.exists() && !path.parent().unwrap().exists() && other.exists());
    }
}
