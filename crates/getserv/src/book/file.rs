//! A services file as it is opened and read: a regular file, a device, a pipe or
//! standard input, and never more of it than [`LIMIT`].
use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use plainnet_common::input::Stdin;
use rustix::{fs::OFlags, io::Errno};

/// Where hosts keep it.
pub const PATH: &str = "/etc/services";

/// Most bytes that are read of one: a thousand times what systems ship.
pub const LIMIT: u64 = 64 * 1024 * 1024;

/// An open services file.
#[derive(Debug)]
pub struct ServicesFile {
    from: From,
    /// The size of a regular file, else 0.
    size: u64,
    /// Bytes that may still be read.
    left: u64,
}

#[derive(Debug)]
enum From {
    Stdin,
    File(File),
}

impl ServicesFile {
    /// Opens `path`, or standard input where that is `-`. A pipe that the user
    /// `chose` is waited for, as cat(1) does; where the system's own file is one,
    /// a pipe without a writer counts as empty, so that nothing hangs.
    ///
    /// # Errors
    /// It can't be opened, is a folder, or is larger than [`LIMIT`].
    pub fn open(path: &Path, chosen: bool) -> io::Result<ServicesFile> {
        if chosen && path.as_os_str() == "-" {
            return Ok(ServicesFile { from: From::Stdin, size: 0, left: LIMIT });
        }
        let flags = if chosen { OFlags::empty() } else { OFlags::NONBLOCK };
        let file = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(Errno::ISDIR.into());
        }
        let size = if metadata.is_file() { metadata.len() } else { 0 };
        if size > LIMIT {
            return Err(too_large());
        }
        Ok(ServicesFile { from: From::File(file), size, left: LIMIT })
    }

    /// How many bytes to read at once, so that one read usually gets a regular
    /// file whole. Files of /proc and devices say that they have no bytes.
    pub fn block(&self) -> usize {
        const LEAST: u64 = 4 * 1024;
        const MOST: u64 = 64 * 1024;
        // One byte more, so that the end of a file of this size is seen.
        (self.size + 1).clamp(LEAST, MOST) as usize
    }
}

impl Read for ServicesFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = match &mut self.from {
            From::Stdin => Stdin.read(buf)?,
            From::File(file) => file.read(buf)?,
        };
        self.left = self.left.checked_sub(n as u64).ok_or_else(too_large)?;
        Ok(n)
    }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "larger than 64 MiB")
}

#[cfg(test)]
mod tests {
    use plainnet_lab::scratch;

    use super::*;

    #[test]
    fn a_file_is_as_large_as_the_limit_at_most() {
        let services = scratch::File::new("");
        let (path, file) = (Path::new(&*services), File::create(&*services).unwrap());
        let open = |size: u64| {
            // A hole: no block of the disk is taken.
            file.set_len(size).unwrap();
            ServicesFile::open(path, true)
        };
        assert_eq!(open(0).unwrap().block(), 4096);
        assert_eq!(open(5000).unwrap().block(), 5001);
        assert_eq!(open(LIMIT).unwrap().block(), 65536);
        assert_eq!(open(LIMIT + 1).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        // One that grows while it is read ends there as well.
        let mut grows = ServicesFile { left: 3, ..open(4).unwrap() };
        let mut buf = [0; 4];
        assert_eq!(grows.read(&mut buf[..3]).unwrap(), 3);
        assert_eq!(grows.read(&mut buf).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
