//! The connection with the first address of the server that works.
use std::{
    fmt::Display,
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    thread,
    time::{Duration, Instant},
};

use plainnet_common::{
    dial::Dial,
    exit::{Fail, Status},
    output::{reason, say},
};

use crate::{cli::Conf, server::Server, spec::SPEC};

/// How long --retry waits between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// When to give up, and how to say so.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How long connecting may take; None is without limit.
    pub time: Option<Duration>,
    /// From when it counts.
    pub from: Instant,
}

impl Limit {
    /// `time` from now on.
    pub fn new(time: Option<Duration>) -> Limit {
        Limit { time, from: Instant::now() }
    }

    /// What is left, if there is a limit.
    pub fn left(&self) -> Option<Duration> {
        Some(self.time?.saturating_sub(self.from.elapsed()))
    }

    /// Does `work`, whose time doesn't count: that of a slow standard output is
    /// not the server's.
    pub fn uncounted<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.from += start.elapsed();
        done
    }

    /// When it ends; never if no clock goes so far.
    fn end(&self) -> Option<Instant> {
        self.from.checked_add(self.time?)
    }

    /// The complaint about `addr` when nothing is left.
    pub fn fail(&self, addr: impl Display) -> Fail {
        Fail::Stop(Status::Network, format!("{addr}: timed out after {} s", seconds(self.time)))
    }
}

fn seconds(time: Option<Duration>) -> f64 {
    time.unwrap_or_default().as_secs_f64()
}

/// A connection that is there.
#[derive(Debug)]
pub struct Connected {
    /// Its socket, which is non-blocking.
    pub socket: TcpStream,
    /// The server's address.
    pub addr: SocketAddr,
    /// What is left for everything else.
    pub limit: Limit,
}

/// Connects to the server of `conf`, again and again for the time of --retry.
///
/// # Errors
/// No address works (3), or this process has no descriptor left (2). Every
/// address that failed at last is named.
pub fn connect(conf: &Conf) -> Result<Connected, Fail> {
    let limit = Limit::new(conf.retry.or(conf.timeout));
    let mut told = !conf.verbose;
    loop {
        let failure = match attempt(&conf.server, limit) {
            Ok((socket, addr)) => {
                // With --retry the time of waiting for a server doesn't count.
                let limit = if conf.retry.is_some() { Limit::new(conf.timeout) } else { limit };
                return Ok(Connected { socket, addr, limit });
            }
            Err(failure) => failure,
        };
        let again = conf.retry.is_some() && limit.left().is_none_or(|left| left > PAUSE);
        if failure.status != Status::Network || !again {
            return Err(failure.last_words(conf));
        }
        if !std::mem::replace(&mut told, true) {
            let last = failure.lines.last().map(String::as_str).unwrap_or_default();
            say(SPEC.name, format_args!("{last}: trying for {} s", seconds(conf.retry)));
        }
        thread::sleep(PAUSE);
    }
}

/// Why an attempt failed.
struct Failure {
    status: Status,
    /// One for each address, `subject: reason`.
    lines: Vec<String>,
    /// The server refused the connection: nobody listens there.
    refused: bool,
}

impl Failure {
    fn new(status: Status, line: String) -> Failure {
        Failure { status, lines: vec![line], refused: false }
    }

    /// Says all but the last line, and returns that with what would do instead.
    fn last_words(mut self, conf: &Conf) -> Fail {
        let mut last = self.lines.pop().unwrap_or_default();
        for line in &self.lines {
            say(SPEC.name, format_args!("{line}"));
        }
        if self.status == Status::Network && conf.retry.is_some() {
            last += &format!(" (tried for {} s)", seconds(conf.retry));
        }
        if let Some((_, server)) = conf.meant.as_ref().filter(|_| self.refused) {
            last += &format!(" (did you mean -s {server}?)");
        }
        Fail::Stop(self.status, last)
    }
}

/// Connects to `server` once.
fn attempt(server: &Server, limit: Limit) -> Result<(TcpStream, SocketAddr), Failure> {
    let found = (server.host.as_str(), server.port).to_socket_addrs();
    let found = found.map_err(|e| Failure::new(Status::Network, format!("{server}: {}", reason(&e))))?;
    let mut dial = Dial::new(found, Instant::now(), limit.end());
    dial.finish().map_err(|e| match e.kind() {
        // Timed out by our own clock, not by the kernel's.
        io::ErrorKind::TimedOut if e.raw_os_error().is_none() => {
            Failure::new(Status::Network, format!("{server}: timed out after {} s", seconds(limit.time)))
        }
        _ if dial.failures().is_empty() => {
            let status = if e.kind() == io::ErrorKind::AddrNotAvailable { Status::Network } else { Status::Failed };
            Failure::new(status, format!("{server}: {}", reason(&e)))
        }
        kind => Failure {
            status: Status::Network,
            lines: dial.failures().iter().map(|(addr, e)| format!("{addr}: {}", reason(&(*e).into()))).collect(),
            refused: kind == io::ErrorKind::ConnectionRefused,
        },
    })
}
