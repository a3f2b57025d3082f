//! A far server: proxies between a client and a server on loopback that carry
//! bytes in flights and count them. A flight leaves when both ends have been
//! quiet for a while, and takes half a round trip by definition, so that a count
//! does not depend on how fast the machine is.
use std::{
    collections::VecDeque,
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// How long both ends of a connection say nothing before a flight leaves.
const QUIET: Duration = Duration::from_millis(400);
/// The same for datagrams: QUIC sends again what has no acknowledgement within a second.
const QUIET_UDP: Duration = Duration::from_millis(250);
/// How often they are looked at.
const LOOK: Duration = Duration::from_millis(2);
/// The first congestion window of TCP: ten segments (RFC 6928).
const FIRST_WINDOW: usize = 10 * 1448;

/// A proxy. It runs as long as the process.
#[derive(Debug)]
pub struct Proxy {
    /// Where clients connect.
    pub addr: SocketAddr,
    /// Half round trips until the last bytes reached a client.
    halves: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    /// Round trips until the client had everything that it got: of the slowest
    /// connection, the handshake of TCP included.
    pub fn round_trips(&self) -> usize {
        self.halves.load(Ordering::Relaxed).div_ceil(2)
    }

    /// Connections, or clients by UDP.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    fn new(addr: SocketAddr) -> Proxy {
        Proxy { addr, halves: Arc::default(), connections: Arc::default() }
    }
}

/// A proxy for TCP connections to `server`. It has each side keep to a
/// congestion window that begins with ten segments and grows by what was acknowledged.
///
/// # Panics
/// No port is free.
pub fn tcp(server: SocketAddr) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let proxy = Proxy::new(listener.local_addr().expect("bound"));
    let (halves, connections) = (proxy.halves.clone(), proxy.connections.clone());
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            connections.fetch_add(1, Ordering::Relaxed);
            let halves = halves.clone();
            thread::spawn(move || carry(client, server, &halves));
        }
    });
    proxy
}

/// One direction of a connection.
struct Way {
    waiting: Vec<u8>,
    window: usize,
    /// Bytes that were sent and not acknowledged yet, with the flight that they left in.
    unacknowledged: VecDeque<(usize, usize)>,
}

impl Way {
    fn new() -> Way {
        Way { waiting: Vec::new(), window: FIRST_WINDOW, unacknowledged: VecDeque::new() }
    }

    /// What leaves in this flight. An acknowledgement comes a round trip, two flights, later.
    fn leave(&mut self, flight: usize) -> Vec<u8> {
        while let Some(&(left, len)) = self.unacknowledged.front()
            && left + 2 <= flight
        {
            self.unacknowledged.pop_front();
            self.window += len;
        }
        let in_flight: usize = self.unacknowledged.iter().map(|(_, len)| len).sum();
        let len = self.waiting.len().min(self.window.saturating_sub(in_flight));
        if len > 0 {
            self.unacknowledged.push_back((flight, len));
        }
        self.waiting.drain(..len).collect()
    }
}

fn carry(mut client: TcpStream, server: SocketAddr, halves: &AtomicUsize) -> io::Result<()> {
    let mut server = TcpStream::connect(server)?;
    for socket in [&client, &server] {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
    }
    let (mut there, mut back) = (Way::new(), Way::new());
    // The handshake of TCP is one round trip, and what comes first leaves with its end.
    let mut flight = 2;
    let mut last = Instant::now();
    let mut buf = vec![0; 1 << 16];
    loop {
        let mut open = true;
        for (socket, way) in [(&mut client, &mut there), (&mut server, &mut back)] {
            match socket.read(&mut buf) {
                Ok(0) => open = false,
                Ok(len) => {
                    way.waiting.extend_from_slice(&buf[..len]);
                    last = Instant::now();
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        let idle = there.waiting.is_empty() && back.waiting.is_empty();
        if idle && !open {
            return Ok(());
        }
        if idle || last.elapsed() < QUIET {
            thread::sleep(LOOK);
            continue;
        }
        let (forth, answer) = (there.leave(flight), back.leave(flight));
        flight += 1;
        write_all(&mut server, &forth)?;
        write_all(&mut client, &answer)?;
        if !answer.is_empty() {
            halves.fetch_max(flight, Ordering::Relaxed);
        }
        last = Instant::now();
    }
}

fn write_all(socket: &mut TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match socket.write(bytes) {
            Ok(len) => bytes = &bytes[len..],
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => thread::sleep(LOOK),
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// A proxy for datagrams to `server`; the two ends have their own congestion control.
///
/// # Panics
/// No port is free.
pub fn udp(server: SocketAddr) -> Proxy {
    let front = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let proxy = Proxy::new(front.local_addr().expect("bound"));
    let (halves, connections) = (proxy.halves.clone(), proxy.connections.clone());
    thread::spawn(move || -> io::Result<()> {
        let back = UdpSocket::bind("127.0.0.1:0")?;
        back.connect(server)?;
        front.set_nonblocking(true)?;
        back.set_nonblocking(true)?;
        let (mut there, mut home): (Vec<Vec<u8>>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
        let mut client = None;
        let (mut flight, mut last) = (0, Instant::now());
        let mut buf = vec![0; 1 << 16];
        loop {
            while let Ok((len, from)) = front.recv_from(&mut buf) {
                if client != Some(from) {
                    connections.fetch_add(1, Ordering::Relaxed);
                    (client, flight) = (Some(from), 0);
                }
                there.push(buf[..len].to_vec());
                last = Instant::now();
            }
            while let Ok(len) = back.recv(&mut buf) {
                home.push(buf[..len].to_vec());
                last = Instant::now();
            }
            if there.is_empty() && home.is_empty() || last.elapsed() < QUIET_UDP {
                thread::sleep(LOOK);
                continue;
            }
            flight += 1;
            if !home.is_empty() {
                halves.fetch_max(flight, Ordering::Relaxed);
            }
            for datagram in there.drain(..) {
                let _ = back.send(&datagram);
            }
            for datagram in home.drain(..) {
                let _ = client.map(|client| front.send_to(&datagram, client));
            }
            last = Instant::now();
        }
    });
    proxy
}

/// A proxy for TCP connections to `server` over a network with the round trip
/// `rtt`, in real time: for benchmarks.
///
/// # Panics
/// No port is free.
pub fn delayed_tcp(server: SocketAddr, rtt: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // The handshake of TCP is over a round trip later; before that nobody would have sent anything.
            let open = Instant::now() + rtt;
            let Ok(server) = TcpStream::connect(server) else { continue };
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { continue };
                let _ = to.set_nodelay(true);
                thread::spawn(move || delay(from, to, open, rtt / 2));
            }
        }
    });
    addr
}

/// Carries one direction; each byte takes `delay`.
fn delay(mut from: TcpStream, mut to: TcpStream, open: Instant, delay: Duration) -> io::Result<()> {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || -> io::Result<()> {
        for (at, bytes) in receiver {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            to.write_all(&bytes)?;
        }
        to.shutdown(Shutdown::Write)
    });
    let mut buf = vec![0; 1 << 16];
    loop {
        let len = from.read(&mut buf)?;
        if len == 0 || sender.send((Instant::now().max(open) + delay, buf[..len].to_vec())).is_err() {
            return Ok(());
        }
    }
}
