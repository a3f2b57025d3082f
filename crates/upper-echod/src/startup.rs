//! Everything that is opened and reserved before the first client.
//!
//! What comes in is the configuration, what goes out are listeners, an epoll
//! instance and the memory that connections need. Serving is not done here,
//! and after this nothing is opened.
use std::{net::SocketAddr, num::NonZeroU32, os::fd::OwnedFd};

use plainnet_common::{
    exit::{Fail, Status},
    signal,
};

use crate::{
    address, cache,
    cli::Conf,
    connection::{Buffers, Detail, Mode},
    connections::Connections,
    epoll::Epoll,
    limits, listen,
    log::{Contents, Log},
    spec::SPEC,
    sys, systemd,
};

/// Connections accepted before the others get their turn, and so the slots
/// that a batch may free and fill.
pub const ACCEPTS: usize = 64;
/// With less memory than for so many places the server doesn't start.
const FEWEST: usize = 16;
/// Memory left for unsent output where memory is short, in bytes.
const HEADROOM: usize = 8 * 1024 * 1024;

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub fd: OwnedFd,
    /// Where it listens.
    pub addr: SocketAddr,
}

/// What a server needs.
pub struct Opened {
    /// The sockets that listen for clients.
    pub listeners: Vec<Listener>,
    /// Readable when SIGINT or SIGTERM came.
    pub signals: OwnedFd,
    /// It watches nothing yet.
    pub epoll: Epoll,
    /// The log, which has said where it listens.
    pub log: Log,
    /// The table, with memory for all places.
    pub connections: Connections,
    /// The buffers that connections share.
    pub buffers: Buffers,
    /// Numbers of connections that wait for another turn, with memory for all
    /// of them and for those that will wait after that.
    pub again: Vec<u32>,
    /// The most connections at once.
    pub places: usize,
}

/// Opens everything; the alarm's events come with the number `alarm`.
///
/// # Errors
/// Something is not to be had, and the text names it: status 2.
pub fn open(conf: &Conf, alarm: u64) -> Result<Opened, Fail> {
    let limit = limits::raise_open_files();
    let inherited = systemd::sockets()?;
    let mut addrs = conf.addrs.clone();
    if inherited.is_empty() && addrs.is_empty() {
        addrs.push(address::DEFAULT.into());
    }
    let bound = addrs.iter().map(|addr| Ok((listen::bind(addr)?, addr))).collect::<Result<Vec<_>, Fail>>()?;
    // The log meets the limit of a file's size as it meets a full disk.
    signal::ignore_sigxfsz();
    let signals = sys::signals().map_err(|e| Fail::io("signalfd", &e))?;
    let epoll = Epoll::new(conf.spin, alarm).map_err(|e| Fail::io("epoll", &e))?;

    let contents = Contents { quiet: conf.quiet, connected: conf.verbose, time: conf.time };
    let reopen = limits::free_descriptors(&epoll, limit) > 4;
    let mut log = Log::new(SPEC.name, contents, reopen).map_err(|_| out_of_memory())?;
    let mode = Mode { line: conf.line, delay: !conf.delay.is_zero(), detail: detail(conf) };
    let buffers = Buffers::new(mode, cache::read_size()).map_err(|_| out_of_memory())?;

    let free = limits::free_descriptors(&epoll, limit);
    let most = limits::places(free).ok_or_else(|| {
        Fail::Stop(Status::Failed, format!("{limit} open files leave none for a client (see ulimit -n)"))
    })?;
    let wanted = conf.max_conns.map(|n| NonZeroU32::get(n) as usize);
    let reserved = reserve(wanted.unwrap_or(limits::MOST).min(most), !conf.quiet || conf.max_per_host.is_some())?;
    if let Some(wanted) = wanted.filter(|n| *n > most) {
        log.warn(format_args!("--max-conns: {wanted}: {limit} open files leave room for {most}"));
    }
    if let Some(wanted) = wanted.map(|n| n.min(most)).filter(|n| *n > reserved.places) {
        log.warn(format_args!("--max-conns: {wanted}: memory leaves room for {}", reserved.places));
    }

    // From here on clients can come, and nothing that serves them asks for memory
    // that it can't do without.
    for (fd, addr) in &bound {
        listen::listen(fd, addr)?;
    }
    let defer = conf.line && !conf.verbose;
    let fds = inherited.into_iter().chain(bound.into_iter().map(|(fd, _)| fd));
    let listeners = fds.map(|fd| {
        let addr = listen::prepare(&fd, defer, conf.idle).map_err(|e| Fail::io("listener", &e))?;
        Ok(Listener { fd, addr })
    });
    let listeners = listeners.collect::<Result<Vec<_>, Fail>>()?;
    for listener in &listeners {
        log.listening_on(listener.addr);
    }
    let Reserved { connections, again, places } = reserved;
    Ok(Opened { listeners, signals, epoll, log, connections, buffers, again, places })
}

fn detail(conf: &Conf) -> Detail {
    match (conf.quiet, conf.verbose) {
        (true, _) => Detail::Nothing,
        (false, false) => Detail::First,
        (false, true) => Detail::Every,
    }
}

struct Reserved {
    connections: Connections,
    again: Vec<u32>,
    places: usize,
}

/// Memory for `places` connections, or for as many as there is memory for.
fn reserve(mut places: usize, with_peers: bool) -> Result<Reserved, Fail> {
    // Held while the rest is reserved, so that what clients don't take at once has a place.
    let mut headroom: Vec<u8> = Vec::new();
    let _ = headroom.try_reserve_exact(HEADROOM);
    loop {
        let (mut connections, mut again) = (Connections::new(with_peers), Vec::new());
        if connections.reserve(places, ACCEPTS).is_ok() && again.try_reserve_exact(2 * (places + ACCEPTS)).is_ok() {
            return Ok(Reserved { connections, again, places });
        }
        if places <= FEWEST {
            return Err(out_of_memory());
        }
        places = (places / 2).max(FEWEST);
    }
}

fn out_of_memory() -> Fail {
    Fail::Stop(Status::Failed, "out of memory".into())
}
