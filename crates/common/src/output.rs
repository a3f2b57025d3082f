//! Standard output that loses nothing in silence, and lines on standard error.
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fmt::Arguments, os::fd::BorrowedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::{io::Errno, io::retry_on_intr, stdio};

use crate::counter;

/// Written in blocks of at most this many bytes.
const BLOCK: usize = 64 * 1024;

/// Standard output: block-buffered, every write(2) looked at, and cut between
/// lines where that is possible so that two tools on one pipe don't mix theirs.
///
/// Nothing reaches the descriptor without [`Write::flush`] or a full block; a
/// dropped `Out` drops its bytes.
#[derive(Debug)]
pub struct Out {
    buf: Vec<u8>,
}

impl Out {
    /// The writer of this process; there should be one.
    ///
    /// # Errors
    /// `EBADF` where the process was started with standard output closed.
    pub fn stdout() -> io::Result<Out> {
        if CLOSED.load(Ordering::Relaxed) {
            return Err(Errno::BADF.into());
        }
        Ok(Out { buf: Vec::with_capacity(BLOCK) })
    }

    fn drain(&mut self, upto: usize) -> io::Result<()> {
        let done = write_all(stdio::stdout(), &self.buf[..upto]);
        self.buf.drain(..upto);
        done
    }
}

impl Write for Out {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_all(data).map(|()| data.len())
    }

    fn write_all(&mut self, data: &[u8]) -> io::Result<()> {
        if self.buf.len() + data.len() > BLOCK {
            let lines = self.buf.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            self.drain(lines)?;
        }
        if self.buf.len() + data.len() > BLOCK {
            self.drain(self.buf.len())?;
            let lines = data.iter().rposition(|b| *b == b'\n').map_or(data.len(), |at| at + 1);
            write_all(stdio::stdout(), &data[..lines])?;
            return self.write_all(&data[lines..]);
        }
        self.buf.extend_from_slice(data);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain(self.buf.len())
    }
}

/// Writes all of `data` to `fd`, waiting where the descriptor is non-blocking.
///
/// # Errors
/// What write(2) says, `EINTR` and `EAGAIN` aside; `WriteZero` where it takes nothing.
pub fn write_all(fd: BorrowedFd<'_>, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        match retry_on_intr(|| rustix::io::write(fd, data)) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => data = &data[n..],
            Err(Errno::AGAIN) => wait(fd, PollFlags::OUT)?,
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Waits until `fd` is ready. A sibling in a pipe may have set `O_NONBLOCK`,
/// which belongs to the open file and so reaches us.
pub(crate) fn wait(fd: BorrowedFd<'_>, flags: PollFlags) -> io::Result<()> {
    retry_on_intr(|| poll(&mut [PollFd::from_borrowed_fd(fd, flags)], None))?;
    Ok(())
}

/// One event, one line, one write(2) on standard error: `tool: text`. A full or
/// closed standard error changes nothing else.
pub fn say(tool: &str, text: Arguments<'_>) {
    let line = format!("{tool}: {text}\n");
    let _ = rustix::io::write(stdio::stderr(), &[counter::wipe(), line.as_bytes()].concat());
}

/// The words of an I/O error without Rust's ` (os error N)`, and in plain words
/// why the system found no address for a host.
pub fn reason(e: &io::Error) -> String {
    let text = e.to_string();
    let Some(why) = text.strip_prefix("failed to lookup address information: ") else {
        return text.split(" (os error ").next().unwrap_or_default().to_owned();
    };
    // The words of gai_strerror(3) are those of glibc or musl.
    match why {
        "Name or service not known" | "Name does not resolve" => "no such host".into(),
        "No address associated with hostname" | "Name has no usable address" => "the host has no address".into(),
        "Temporary failure in name resolution" | "Try again" => "the host can't be looked up now".into(),
        _ => format!("the host can't be looked up: {}", why.to_lowercase()),
    }
}

/// Was standard output closed when the process started?
///
/// The runtime opens /dev/null there before `main`, and nothing afterwards
/// tells that from the /dev/null that Python's and Node's "no output" hand to a
/// child. So the descriptor is looked at before the runtime starts (on Linux;
/// elsewhere it counts as open).
static CLOSED: AtomicBool = AtomicBool::new(false);

// SAFETY: the loader calls each function of .init_array once, before main,
// with the C calling convention; `look` makes one system call and cannot panic.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the only way to run before the runtime opens descriptor 1")]
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = {
    extern "C" fn look() {
        CLOSED.store(rustix::io::fcntl_getfd(stdio::stdout()).is_err(), Ordering::Relaxed);
    }
    look
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_plain_words() {
        for (text, words) in [
            ("failed to lookup address information: Name or service not known", "no such host"),
            ("failed to lookup address information: Name does not resolve", "no such host"),
            (
                "failed to lookup address information: Temporary failure in name resolution",
                "the host can't be looked up now",
            ),
            ("failed to lookup address information: No address associated with hostname", "the host has no address"),
            ("failed to lookup address information: System error", "the host can't be looked up: system error"),
            ("Connection refused (os error 111)", "Connection refused"),
        ] {
            assert_eq!(reason(&io::Error::other(text)), words, "{text}");
        }
    }
}
