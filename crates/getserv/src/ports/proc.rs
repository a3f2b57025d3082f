//! Files of /proc, which differ from others: they say that they have no bytes,
//! and those below /proc/sys answer the first read and no other.
use std::{
    fs::File,
    io::{self, Read},
};

/// Bytes that one read may get. The longest text that is read here,
/// ip_local_reserved_ports with every other port in it, has fewer than 192 KiB.
const BLOCK: usize = 256 * 1024;

/// The whole text of a file of /proc.
///
/// # Errors
/// It can't be read, is no text, or may have been cut.
pub fn read_text(path: &str) -> io::Result<String> {
    whole(&mut File::open(path)?)
}

/// The first read gets all that it can: std's own helpers try with 32 bytes at
/// first, and the kernel takes that for the length that is wanted.
fn whole(file: &mut impl Read) -> io::Result<String> {
    let mut text = vec![0; BLOCK];
    let mut length = 0;
    loop {
        match file.read(&mut text[length..]) {
            Ok(0) => break,
            Ok(n) => length += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    if length == BLOCK {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "longer than 256 KiB"));
    }
    text.truncate(length);
    String::from_utf8(text).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that answers one read alone, as the kernel's settings do.
    struct Setting<'a>(Option<&'a [u8]>);

    impl Read for Setting<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let text = self.0.take().unwrap_or_default();
            let n = text.len().min(buf.len());
            buf[..n].copy_from_slice(&text[..n]);
            Ok(n)
        }
    }

    #[test]
    fn a_setting_is_read_whole() {
        // The longest there is: every other port.
        let list: Vec<_> = (1..=u16::MAX).step_by(2).map(|port| port.to_string()).collect();
        let text = list.join(",") + "\n";
        assert_eq!(whole(&mut Setting(Some(text.as_bytes()))).unwrap(), text);
        assert_eq!(whole(&mut Setting(None)).unwrap(), "");
        assert!(whole(&mut Setting(Some(&[b'1'; BLOCK]))).is_err());
        assert!(whole(&mut Setting(Some(b"\xff"))).is_err());
    }
}
