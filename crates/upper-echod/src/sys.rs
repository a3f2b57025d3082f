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
    // SAFETY: sigset_t is plain data for which all bits zero is a valid value.
    let mut set: libc::sigset_t = unsafe { mem::zeroed() };
    // SAFETY: the pointer is to a sigset_t of ours that lives through the call.
    unsafe { libc::sigemptyset(&mut set) };
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: the same, and the signal exists.
        unsafe { libc::sigaddset(&mut set, signal) };
    }
    // SAFETY: the set is read during the call, and a null pointer asks for no old set.
    checked(unsafe { libc::sigprocmask(libc::SIG_BLOCK, &set, ptr::null_mut()) })?;
    // SAFETY: the set is read during the call, and -1 asks for a new descriptor.
    let fd = checked(unsafe { libc::signalfd(-1, &set, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC) })?;
    // SAFETY: the descriptor is open and new, so that it belongs to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
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
    // SAFETY: the kernel reads `size` bytes at `value`, which points to an i32 of
    // that size that lives through the call.
    checked(unsafe { libc::setsockopt(fd, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, value.cast(), size) })?;
    Ok(())
}

/// The descriptor that whoever started us left at number `fd`.
///
/// # Errors
/// `EBADF` where nothing is there.
pub fn inherited(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: with F_SETFD fcntl takes two numbers and touches no memory; a number
    // that is no descriptor is an error.
    checked(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: fcntl has just shown that the descriptor is open, and by the protocol
    // of sd_listen_fds(3) those from 3 on belong to this process; the one caller
    // asks for each number once.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn checked(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
