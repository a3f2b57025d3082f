//! The one door to libc: three things that no safe wrapper at hand offers.
#![expect(unsafe_code, reason = "signalfd, TCP_DEFER_ACCEPT and inherited descriptors have no safe wrapper in rustix")]
use std::{
    io, mem,
    os::fd::{AsFd, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
    ptr,
};

/// Holds SIGINT and SIGTERM back, and returns a descriptor that is readable when one came.
///
/// # Errors
/// What sigprocmask(2) or signalfd(2) says.
pub fn signals() -> io::Result<OwnedFd> {
    // SAFETY: sigset_t is plain data for which all bits zero is valid, each
    // call gets a pointer to it that lives through the call, and the new
    // descriptor belongs to nobody else.
    unsafe {
        let mut set: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGINT);
        libc::sigaddset(&mut set, libc::SIGTERM);
        checked(libc::sigprocmask(libc::SIG_BLOCK, &set, ptr::null_mut()))?;
        let fd = checked(libc::signalfd(-1, &set, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Lets a listener wake the server only when a client has said something, or
/// has been silent for about `seconds`.
///
/// # Errors
/// What setsockopt(2) says.
pub fn defer_accept(listener: impl AsFd, seconds: i32) -> io::Result<()> {
    let size = size_of_val(&seconds) as libc::socklen_t;
    let fd = listener.as_fd().as_raw_fd();
    let value: *const i32 = &seconds;
    // SAFETY: the kernel reads `size` bytes at `value`, which is that long.
    checked(unsafe { libc::setsockopt(fd, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, value.cast(), size) })?;
    Ok(())
}

/// The descriptor that whoever started us left at number `fd`.
///
/// # Errors
/// `EBADF` where nothing is there.
pub fn inherited(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl looks at a number and touches no memory.
    checked(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: the descriptor is open, and by the protocol of sd_listen_fds(3)
    // those from 3 on belong to us; nobody here asks for the same one twice.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn checked(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
