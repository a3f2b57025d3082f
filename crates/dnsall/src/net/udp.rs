//! A socket for datagrams to and from one server.
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    os::fd::{AsFd, BorrowedFd},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::sockopt,
};

/// The receive buffer asked for, in bytes: ninety answers arrive together. As
/// much as the system allows will do.
const RECEIVE_BUFFER: usize = 1 << 20;
/// How long a full send buffer is waited for.
const SEND_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

/// A socket that speaks to one address alone: the system drops what others send.
#[derive(Debug)]
pub struct Udp(UdpSocket);

impl Udp {
    /// A socket for `addr`, under a port of the system's choice.
    ///
    /// # Errors
    /// There are no descriptors left, or no way to the address.
    pub fn connect(addr: SocketAddr) -> io::Result<Udp> {
        let any: SocketAddr =
            if addr.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
        let socket = UdpSocket::bind(any)?;
        socket.set_nonblocking(true)?;
        let _ = sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER);
        socket.connect(addr)?;
        Ok(Udp(socket))
    }

    /// Sends a datagram. One that the system has no room for is lost, as on the network.
    ///
    /// # Errors
    /// The server can't be reached.
    pub fn send(&self, message: &[u8]) -> io::Result<()> {
        // An error that an earlier datagram left behind is reported once, and is no fault of this one.
        let mut reported = None;
        for _ in 0..3 {
            match self.0.send(message) {
                Ok(_) => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    let _ = poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], Some(&SEND_WAIT));
                }
                Err(e) if e.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => return Ok(()),
                Err(e) => {
                    reported = Some(e);
                    break;
                }
            }
        }
        reported.map_or(Ok(()), Err)
    }

    /// The next datagram that has come, or nothing.
    ///
    /// # Errors
    /// The server can't be reached.
    pub fn receive<'b>(&self, buf: &'b mut [u8]) -> io::Result<Option<&'b mut [u8]>> {
        loop {
            match self.0.recv(buf) {
                Ok(len) => return Ok(Some(&mut buf[..len])),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl AsFd for Udp {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
