//! What systemd gives and is told: sockets and readiness.
use std::{
    env,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    process,
};

use plainnet_common::{
    exit::{Fail, Status},
    text,
};
use rustix::net::{AddressFamily, SocketType, sockopt};
use sd_notify::NotifyState;

use crate::sys;

/// The listening sockets that are meant for this process; none if it was started plainly.
///
/// # Errors
/// One of them is missing or no listening TCP socket: status 2.
pub fn sockets() -> Result<Vec<OwnedFd>, Fail> {
    // The variables pass down to every descendant; only this says whom they mean.
    if env::var("LISTEN_PID").ok().as_deref() != Some(process::id().to_string().as_str()) {
        return Ok(Vec::new());
    }
    let fds = sd_notify::listen_fds().map_err(|e| {
        let value = env::var_os("LISTEN_FDS").unwrap_or_default();
        let value = text::shown(value.as_bytes());
        let reason = match e.raw_os_error() {
            Some(_) => "not so many descriptors are open",
            None => "not a number of sockets",
        };
        Fail::Stop(Status::Failed, format!("LISTEN_FDS: {value}: {reason}"))
    })?;
    fds.map(|n| {
        let name = format!("descriptor {n}");
        let fd = sys::inherited(n).map_err(|e| Fail::io(&name, &e))?;
        match is_tcp_listener(&fd) {
            true => Ok(fd),
            false => Err(Fail::Stop(Status::Failed, format!("{name}: not a listening TCP socket (see LISTEN_FDS)"))),
        }
    })
    .collect()
}

fn is_tcp_listener(fd: impl AsFd) -> bool {
    let fd = fd.as_fd();
    let inet = matches!(sockopt::socket_domain(fd), Ok(AddressFamily::INET | AddressFamily::INET6));
    inet && sockopt::socket_type(fd) == Ok(SocketType::STREAM) && sockopt::socket_acceptconn(fd) == Ok(true)
}

/// Tells the service manager, if there is one, that clients are served.
pub fn ready() {
    let _ = sd_notify::notify(&[NotifyState::Ready]);
}

/// Tells it that the end has begun.
pub fn stopping() {
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
}
