//! Many datagrams with one system call: on Linux by sendmmsg(2), recvmmsg(2) and
//! segmentation offload (udp(7), UDP_SEGMENT); elsewhere with a call for each.
//!
//! Segments go through the system's network code as one datagram of many times
//! the size, and are taken apart as late as possible: at the network card, or on
//! loopback at the receiver's socket. That saves half of what sending costs.
use std::{
    fmt,
    io::{self, IoSlice},
    net::UdpSocket,
};

#[cfg(not(target_os = "linux"))]
use one_by_one as system;

/// Datagrams that go or come with one system call, as many as UDP_SEGMENT takes.
pub const MOST: usize = 64;

/// The longest datagram, and the size of a receive buffer.
const LONGEST: usize = 1 << 16;
/// From one buffer to the next: a bit more than a power of two, since the
/// beginnings of all of them would share a few lines of the cache otherwise.
const STRIDE: usize = LONGEST + 320;

/// Sends datagrams in their order, and returns how many of them, at least one.
///
/// # Errors
/// The first could not be sent: what send(2) says.
pub(super) fn send(socket: &UdpSocket, messages: &[IoSlice<'_>]) -> io::Result<usize> {
    match messages {
        [one] => socket.send(one).map(|_| 1),
        several => system::send(socket, &several[..several.len().min(MOST)]),
    }
}

/// Sends datagrams of one length, at most [`MOST`], all or none of them.
///
/// # Errors
/// What sendmsg(2) says, EINVAL or EIO where segments can't be sent this way.
pub(super) fn send_segments(socket: &UdpSocket, messages: &[IoSlice<'_>]) -> io::Result<()> {
    let length = messages.first().map_or(0, |first| first.len());
    if messages.iter().any(|message| message.len() != length) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    system::send_segments(socket, messages)
}

/// Datagrams that came.
pub struct Inbox {
    /// The buffers. What was never filled never becomes memory.
    bytes: Vec<u8>,
    lengths: [usize; MOST],
    /// How many of them were filled by the last call.
    count: usize,
    system: system::Headers,
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("lengths", &&self.lengths[..self.count]).finish_non_exhaustive()
    }
}

impl Default for Inbox {
    fn default() -> Inbox {
        Inbox { bytes: vec![0; STRIDE * MOST], lengths: [0; MOST], count: 0, system: system::Headers::default() }
    }
}

impl Inbox {
    /// Takes what has come on `socket`, up to [`MOST`] datagrams, instead of what
    /// it held before. Returns how many they are.
    ///
    /// # Errors
    /// The first could not be received: what recv(2) says, `EAGAIN` where nothing has come.
    pub(super) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.count = 0;
        self.count = system::receive(socket, &mut self.bytes, &mut self.lengths, &mut self.system)?;
        Ok(self.count)
    }

    /// The datagrams of the last call.
    pub fn datagrams(&mut self) -> impl Iterator<Item = &mut [u8]> {
        let buffers = self.bytes.chunks_exact_mut(STRIDE).zip(&self.lengths);
        buffers.take(self.count).map(|(buffer, length)| &mut buffer[..*length])
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::{
        array,
        io::{self, IoSlice, IoSliceMut},
        net::UdpSocket,
        os::fd::AsRawFd as _,
    };

    use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, recvmmsg, sendmsg};
    use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};

    use super::{MOST, STRIDE};

    /// What recvmmsg(2) writes to, used again for each call.
    pub(super) struct Headers(MultiHeaders<()>);

    impl Default for Headers {
        fn default() -> Headers {
            Headers(MultiHeaders::preallocate(MOST, None))
        }
    }

    pub(super) fn send(socket: &UdpSocket, messages: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut nothing: [SendAncillaryBuffer<'_, '_, '_>; MOST] = array::from_fn(|_| SendAncillaryBuffer::default());
        let mut messages_left = messages.iter();
        let mut headers = nothing.each_mut().map(|control| {
            let message = messages_left.next().map_or(&[][..], std::slice::from_ref);
            MMsgHdr::new(message, control)
        });
        Ok(sendmmsg(socket, &mut headers[..messages.len().min(MOST)], SendFlags::empty())?)
    }

    pub(super) fn send_segments(socket: &UdpSocket, messages: &[IoSlice<'_>]) -> io::Result<()> {
        let length = messages.first().and_then(|first| u16::try_from(first.len()).ok());
        let length = length.ok_or(io::ErrorKind::InvalidInput)?;
        let control = [ControlMessage::UdpGsoSegments(&length)];
        sendmsg::<()>(socket.as_raw_fd(), messages, &control, MsgFlags::empty(), None)?;
        Ok(())
    }

    pub(super) fn receive(
        socket: &UdpSocket,
        bytes: &mut [u8],
        lengths: &mut [usize; MOST],
        headers: &mut Headers,
    ) -> io::Result<usize> {
        let mut buffers = bytes.chunks_exact_mut(STRIDE);
        let mut slices: [[IoSliceMut<'_>; 1]; MOST] =
            array::from_fn(|_| [IoSliceMut::new(&mut buffers.next().unwrap_or_default()[..])]);
        let came = recvmmsg(socket.as_raw_fd(), &mut headers.0, &mut slices, MsgFlags::MSG_DONTWAIT, None)?;
        let mut count = 0;
        for (message, length) in came.zip(lengths) {
            *length = message.bytes;
            count += 1;
        }
        Ok(count)
    }
}

/// The same with a call for each datagram, for other systems and for comparison.
#[cfg(any(test, not(target_os = "linux")))]
mod one_by_one {
    use std::{
        io::{self, IoSlice},
        net::UdpSocket,
    };

    use super::{MOST, STRIDE};

    #[derive(Default)]
    pub(super) struct Headers;

    pub(super) fn send(socket: &UdpSocket, messages: &[IoSlice<'_>]) -> io::Result<usize> {
        for (at, message) in messages.iter().enumerate() {
            if let Err(e) = socket.send(message) {
                return if at == 0 { Err(e) } else { Ok(at) };
            }
        }
        Ok(messages.len())
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn send_segments(_: &UdpSocket, _: &[IoSlice<'_>]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn receive(
        socket: &UdpSocket,
        bytes: &mut [u8],
        lengths: &mut [usize; MOST],
        _: &mut Headers,
    ) -> io::Result<usize> {
        for (at, (buffer, length)) in bytes.chunks_exact_mut(STRIDE).zip(lengths).enumerate() {
            match socket.recv(buffer) {
                Ok(received) => *length = received,
                Err(e) if at == 0 => return Err(e),
                Err(_) => return Ok(at),
            }
        }
        Ok(MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two sockets that are connected to each other.
    fn pair() -> (UdpSocket, UdpSocket) {
        let [a, b] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        a.connect(b.local_addr().unwrap()).unwrap();
        b.connect(a.local_addr().unwrap()).unwrap();
        b.set_nonblocking(true).unwrap();
        (a, b)
    }

    /// What arrives when `messages` are sent by `send`: by one system call for many, and one by one.
    fn arrives(messages: &[Vec<u8>], send: impl Fn(&UdpSocket, &[IoSlice<'_>])) -> [Vec<Vec<u8>>; 2] {
        let (a, b) = pair();
        let slices: Vec<IoSlice<'_>> = messages.iter().map(|m| IoSlice::new(m)).collect();
        send(&a, &slices);
        let mut inbox = Inbox::default();
        inbox.receive(&b).unwrap();
        let together = inbox.datagrams().map(|m| m.to_vec()).collect();
        assert!(inbox.receive(&b).is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock));
        send(&a, &slices);
        let count = one_by_one::receive(&b, &mut inbox.bytes, &mut inbox.lengths, &mut one_by_one::Headers).unwrap();
        inbox.count = count;
        [together, inbox.datagrams().map(|m| m.to_vec()).collect()]
    }

    #[test]
    fn one_call_for_many_is_as_good_as_a_call_for_each() {
        for count in [1, 2, 63, 64] {
            // Lengths from nothing at all on.
            let messages: Vec<Vec<u8>> = (0..count).map(|n| vec![n as u8; n * 7]).collect();
            let want = [messages.clone(), messages.clone()];
            assert_eq!(arrives(&messages, |a, slices| assert_eq!(send(a, slices).unwrap(), count)), want);
            let twin = |a: &UdpSocket, slices: &[IoSlice<'_>]| {
                assert_eq!(one_by_one::send(a, slices).unwrap(), count);
            };
            assert_eq!(arrives(&messages, twin), want);
        }
        // A call takes no more than it has room for.
        let messages = vec![vec![7; 40]; MOST + 1];
        let got = arrives(&messages, |a, slices| assert_eq!(send(a, slices).unwrap(), MOST));
        assert_eq!(got.map(|m| m.len()), [MOST, MOST]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn segments_arrive_as_datagrams() {
        for (count, length) in [(2, 12), (3, 1), (64, 60), (40, 300)] {
            let messages: Vec<Vec<u8>> = (0..count).map(|n| vec![n as u8; length]).collect();
            let got = arrives(&messages, |a, slices| send_segments(a, slices).unwrap());
            assert_eq!(got, [messages.clone(), messages]);
        }
        let (a, _b) = pair();
        let (long, short) = (vec![0; 100], vec![0; 20]);
        // The kernel would cut the longer one in pieces: this is for messages of one length.
        assert!(send_segments(&a, &[IoSlice::new(&short), IoSlice::new(&long)]).is_err());
        assert!(send_segments(&a, &[]).is_err());
    }

    #[test]
    fn a_long_datagram_comes_whole() {
        let messages = vec![vec![1; 60_000], vec![2; 3], vec![3; 60_000]];
        assert_eq!(arrives(&messages, |a, s| assert_eq!(send(a, s).unwrap(), 3)), [messages.clone(), messages]);
    }
}
