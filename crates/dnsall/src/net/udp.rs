//! A socket for datagrams to and from one server.
use std::{
    io::{self, IoSlice},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    os::fd::{AsFd, BorrowedFd},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::sockopt,
};

use crate::net::batch::{self, Inbox};

/// The receive buffer asked for, in bytes: ninety answers arrive together. As
/// much as the system allows will do.
const RECEIVE_BUFFER: usize = 1 << 20;
/// How long a full send buffer is waited for.
const SEND_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

/// From so many datagrams of one length on they go out as segments.
const RUN: usize = 3;

/// A socket that speaks to one address alone: the system drops what others send.
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
    /// Datagrams of one length may go out as segments of a longer one.
    segments: bool,
}

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
        Ok(Udp { socket, segments: true })
    }

    /// Sends datagrams, the shorter ones first. One that the system has no room for is lost, as on the network.
    ///
    /// # Errors
    /// The server can't be reached.
    pub fn send(&mut self, messages: &mut [IoSlice<'_>]) -> io::Result<()> {
        messages.sort_by_key(|message| message.len());
        let mut rest = &*messages;
        while !rest.is_empty() {
            let runs = || rest.chunk_by(|a, b| a.len() == b.len()).map(<[_]>::len);
            let is_long = |run: &usize| self.segments && *run >= RUN;
            let sent = match runs().next().filter(is_long) {
                Some(run) => {
                    self.send_segments(&rest[..run])?;
                    run
                }
                None => {
                    let odd = runs().take_while(|run| !is_long(run)).sum();
                    self.send_in_order(&rest[..odd])?;
                    odd
                }
            };
            rest = &rest[sent..];
        }
        Ok(())
    }

    /// Sends datagrams of one length together, or in order where the system
    /// can't: not every device takes segments.
    fn send_segments(&mut self, messages: &[IoSlice<'_>]) -> io::Result<()> {
        for messages in messages.chunks(batch::MOST) {
            match self.persist(|socket| batch::send_segments(socket, messages)) {
                Err(e) if !is_about_segments(&e) => return Err(e),
                Err(_) => {
                    self.segments = false;
                    self.send_in_order(messages)?;
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }

    fn send_in_order(&self, mut messages: &[IoSlice<'_>]) -> io::Result<()> {
        while !messages.is_empty() {
            let sent = self.persist(|socket| batch::send(socket, messages))?;
            // What could not be sent is lost.
            messages = &messages[sent.unwrap_or(1).max(1)..];
        }
        Ok(())
    }

    /// Calls `send` until it comes through, but not for long: nothing is returned where there is no room.
    fn persist<T>(&self, send: impl Fn(&UdpSocket) -> io::Result<T>) -> io::Result<Option<T>> {
        for _ in 0..3 {
            match send(&self.socket) {
                Ok(sent) => return Ok(Some(sent)),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    let _ = poll(&mut [PollFd::new(&self.socket, PollFlags::OUT)], Some(&SEND_WAIT));
                }
                Err(e) if e.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => return Ok(None),
                Err(e) => return Err(e),
            }
        }
        Ok(None)
    }

    /// Takes what has come, up to [`batch::MOST`] datagrams, and returns how many they are.
    ///
    /// # Errors
    /// The server can't be reached.
    pub fn receive(&self, inbox: &mut Inbox) -> io::Result<usize> {
        loop {
            match inbox.receive(&self.socket) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(0),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }
}

/// Says the system that it can't send segments, rather than that the server can't be reached?
fn is_about_segments(e: &io::Error) -> bool {
    let codes = [Errno::INVAL, Errno::IO, Errno::MSGSIZE, Errno::OPNOTSUPP, Errno::NOPROTOOPT];
    e.raw_os_error().is_none_or(|code| codes.iter().any(|errno| errno.raw_os_error() == code))
}

impl AsFd for Udp {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
