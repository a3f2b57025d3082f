//! Addresses to listen on, and the sockets that do.
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _},
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

use crate::sys;

/// Where it listens unless told otherwise.
pub const DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5555);
/// Clients in the kernel's queue; it cuts this to net.core.somaxconn. With the
/// usual 128 a burst of thousands loses some to a second's retransmission.
const BACKLOG: i32 = 4096;
/// Seconds that a silent client of a line server stays unseen.
const DEFER: i32 = 1;

/// The address that an operand means: `ADDRESS:PORT`, `PORT` or `:PORT`, the
/// address being 127.0.0.1 where it is left out.
///
/// # Errors
/// Why it means none.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(addr) = text.parse() {
        return Ok(addr);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err("ADDRESS:PORT, PORT or :PORT is needed".into());
    }
    let port: u16 = port.parse().map_err(|_| "a port is at most 65535")?;
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    match (host, bare) {
        ("", _) => return Ok(SocketAddr::new(DEFAULT.ip(), port)),
        (_, None) if host.contains(':') => return Err("an IPv6 address stands in brackets: [::1]:5555".into()),
        _ => {}
    }
    // A name, or an address with a zone: the system knows.
    let mut found = (bare.unwrap_or(host), port).to_socket_addrs().map_err(|e| output::reason(&e))?;
    found.next().ok_or_else(|| "no such address".into())
}

/// A socket that listens at `addr`.
///
/// # Errors
/// It can't; the reason names a cure where there is one. Status 2.
pub fn bind(addr: SocketAddr) -> Result<OwnedFd, Fail> {
    open(addr).map_err(|e| Fail::Stop(Status::Failed, format!("{addr}: {}", refusal(addr.port(), e))))
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
    net::listen(&socket, BACKLOG)?;
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
/// returns the address it has.
///
/// # Errors
/// It is no TCP listener after all.
pub fn prepare(listener: impl AsFd, line: bool, stall: Option<Duration>) -> io::Result<SocketAddr> {
    let fd = listener.as_fd();
    rustix::io::ioctl_fionbio(fd, true)?;
    sockopt::set_tcp_nodelay(fd, true)?;
    if let Some(stall) = stall {
        // For a peer that vanished: its own clock says `stalled` first.
        let ms = stall.as_millis().saturating_add(1000);
        sockopt::set_tcp_user_timeout(fd, u32::try_from(ms).unwrap_or(u32::MAX))?;
    }
    if line {
        // A line server speaks second, so it needs no waking before the client spoke.
        sys::defer_accept(fd, DEFER)?;
    }
    Ok(SocketAddr::try_from(net::getsockname(fd)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_operands_mean() {
        for (text, addr) in [
            ("5555", "127.0.0.1:5555"),
            (":0", "127.0.0.1:0"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:65535", "[::1]:65535"),
            ("localhost:7", "127.0.0.1:7"),
        ] {
            let got = address(text).unwrap();
            assert!(got == addr.parse().unwrap() || text.starts_with("localhost") && got.port() == 7, "{text}: {got}");
        }
        for text in ["", ":", "65536", "-1", "+5", "::1:80", "127.0.0.1", "1e3", "0x10", "127.0.0.1:", "٣:٣", "[::1]"]
        {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn refusals_name_the_cure() {
        let text = refusal(80, Errno::ACCESS);
        for cure in ["ip_unprivileged_port_start=80", "CAP_NET_BIND_SERVICE", "socket activation"] {
            assert!(text.contains(cure), "{text}");
        }
        assert!(refusal(5555, Errno::ADDRINUSE).contains("ss -ltnp"));
    }
}
