//! The sockets that listen.
use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use plainnet_common::{
    exit::{Fail, Status},
    output,
};
use rustix::{
    io::Errno,
    net::{self, AddressFamily, SocketFlags, SocketType, sockopt},
};

use crate::{address::Address, sys};

/// Clients in the kernel's queue; it cuts this to net.core.somaxconn. With the
/// usual 128 a burst of thousands loses some to a second's retransmission.
const BACKLOG: i32 = 4096;
/// Seconds that a silent client of a line server stays unseen.
const DEFER: i32 = 1;

/// A socket that is bound to `address` and doesn't listen yet.
///
/// # Errors
/// The kernel refuses; the reason names a cure where there is one. Status 2.
pub fn bind(address: &Address) -> Result<OwnedFd, Fail> {
    open(address.addr).map_err(|e| refused(address, e))
}

/// Lets a bound socket listen.
///
/// # Errors
/// As [`bind`]: two sockets may be bound to the same port until one of them listens.
pub fn listen(socket: impl AsFd, address: &Address) -> Result<(), Fail> {
    net::listen(socket, BACKLOG).map_err(|e| refused(address, e))
}

fn refused(address: &Address, e: Errno) -> Fail {
    Fail::Stop(Status::Failed, format!("{address}: {}", refusal(address.addr.port(), e)))
}

fn open(addr: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = if addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = net::socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if addr.is_ipv6() {
        // So that [::]:5555 and 0.0.0.0:5555 can both be given.
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    net::bind(&socket, &addr)?;
    Ok(socket)
}

/// Why the kernel refused a port, and what helps.
fn refusal(port: u16, e: Errno) -> String {
    let reason = output::reason(&io::Error::from(e));
    match e {
        Errno::ACCESS if port != 0 => format!(
            "{reason}: a privileged port; allow it with `sysctl net.ipv4.ip_unprivileged_port_start={port}`, give the \
             program CAP_NET_BIND_SERVICE (`setcap cap_net_bind_service=+ep`), or use systemd's socket activation"
        ),
        Errno::ADDRINUSE => format!("{reason}: `ss -ltnp 'sport = :{port}'` shows by whom"),
        Errno::ADDRNOTAVAIL => format!("{reason}: no interface of this host has it"),
        _ => reason,
    }
}

/// Sets what every connection inherits, however the listener came to be, and
/// returns the address it has. With `defer` a client is not seen before it has
/// said something, or for about a second.
///
/// # Errors
/// It is no TCP listener after all.
pub fn prepare(listener: impl AsFd, defer: bool, stall: Option<Duration>) -> io::Result<SocketAddr> {
    let fd = listener.as_fd();
    rustix::io::ioctl_fionbio(fd, true)?;
    sockopt::set_tcp_nodelay(fd, true)?;
    // Urgent data is a byte like the others (RFC 6093).
    sockopt::set_socket_oobinline(fd, true)?;
    if let Some(stall) = stall {
        // For a peer that vanished: its own clock says `stalled` first.
        let ms = stall.as_millis().saturating_add(1000);
        sockopt::set_tcp_user_timeout(fd, u32::try_from(ms).unwrap_or(u32::MAX))?;
    }
    if defer {
        // A line server speaks second, so it needs no waking before the client spoke.
        sys::defer_accept(fd, DEFER)?;
    }
    Ok(SocketAddr::try_from(net::getsockname(fd)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_the_cure() {
        let text = refusal(80, Errno::ACCESS);
        for cure in ["ip_unprivileged_port_start=80", "CAP_NET_BIND_SERVICE", "socket activation"] {
            assert!(text.contains(cure), "{text}");
        }
        assert!(refusal(5555, Errno::ADDRINUSE).contains("ss -ltnp"));
    }
}
