//! epoll, as little of it as the server needs.
use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    time::{Duration, Instant},
};

use rustix::{
    event::{
        Timespec,
        epoll::{self, CreateFlags, Event, EventData, EventFlags},
    },
    io::Errno,
};

/// Events taken at once.
const BATCH: usize = 512;

/// An epoll instance with its last batch of events.
pub struct Epoll {
    fd: OwnedFd,
    events: Vec<Event>,
    spin: Spin,
}

/// What happened to a descriptor.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// The number it was added with.
    pub token: u64,
    /// Its peer says nothing more.
    pub hung_up: bool,
}

/// Polling for a moment before going to sleep: waking an idle processor costs
/// more than the rest of a short request.
#[derive(Debug)]
struct Spin {
    time: Duration,
    /// Waits that will not spin, since spinning brought nothing lately.
    skip: u32,
    /// How many the next vain spin skips.
    penalty: u32,
}

/// What every connection is watched for.
const EDGES: EventFlags = EventFlags::IN.union(EventFlags::RDHUP).union(EventFlags::ET);
/// Most waits skipped after vain spinning.
const PENALTY: u32 = 64;

impl Epoll {
    /// `spin` is how long to poll before blocking, zero for not at all.
    ///
    /// # Errors
    /// What epoll_create1(2) says.
    pub fn new(spin: Duration) -> io::Result<Epoll> {
        let fd = epoll::create(CreateFlags::CLOEXEC)?;
        Ok(Epoll { fd, events: Vec::with_capacity(BATCH), spin: Spin { time: spin, skip: 0, penalty: 1 } })
    }

    /// Adds what is ready for as long as it has input: listeners and signals.
    ///
    /// # Errors
    /// What epoll_ctl(2) says.
    pub fn add_level(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        Ok(epoll::add(&self.fd, fd, EventData::new_u64(token), EventFlags::IN)?)
    }

    /// Adds a connection: its events are edges of input.
    ///
    /// Output is left out, since a new socket is always writable: that event
    /// would come at once and mean nothing.
    ///
    /// # Errors
    /// What epoll_ctl(2) says.
    pub fn add_edge(&self, fd: impl AsFd, token: u64) -> Result<(), Errno> {
        epoll::add(&self.fd, fd, EventData::new_u64(token), EDGES)
    }

    /// Adds edges of output to a connection's events.
    ///
    /// # Errors
    /// What epoll_ctl(2) says.
    pub fn want_output(&self, fd: impl AsFd, token: u64) -> Result<(), Errno> {
        epoll::modify(&self.fd, fd, EventData::new_u64(token), EDGES | EventFlags::OUT)
    }

    /// Takes a descriptor out.
    pub fn remove(&self, fd: impl AsFd) {
        let _ = epoll::delete(&self.fd, fd);
    }

    /// Waits for at most `timeout` (for ever without one) and returns how many events came.
    ///
    /// # Errors
    /// What epoll_wait(2) says, `EINTR` aside.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        if self.spin.wanted(self.events.len(), timeout) {
            let start = Instant::now();
            loop {
                if self.take(Some(Duration::ZERO))? > 0 {
                    self.spin.penalty = 1;
                    return Ok(self.events.len());
                }
                if start.elapsed() >= self.spin.time {
                    break;
                }
            }
            self.spin.skip = self.spin.penalty;
            self.spin.penalty = (self.spin.penalty * 2).min(PENALTY);
        }
        self.take(timeout)
    }

    fn take(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        // Whole milliseconds, rounded up, take the older of the two system calls.
        let timeout = timeout.map(|t| t.as_micros().div_ceil(1000) as i64);
        let timeout = timeout.map(|ms| Timespec { tv_sec: ms / 1000, tv_nsec: ms % 1000 * 1_000_000 });
        self.events.clear();
        match epoll::wait(&self.fd, rustix::buffer::spare_capacity(&mut self.events), timeout.as_ref()) {
            Ok(n) => Ok(n),
            Err(Errno::INTR) => Ok(0),
            Err(e) => Err(e.into()),
        }
    }

    /// Event `i` of the last wait.
    pub fn event(&self, i: usize) -> Ready {
        let Event { flags, data } = self.events[i];
        let hung_up = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        Ready { token: data.u64(), hung_up }
    }
}

impl AsFd for Epoll {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Spin {
    /// Only a wait that brought events makes the next worth spinning for.
    fn wanted(&mut self, events: usize, timeout: Option<Duration>) -> bool {
        if self.time.is_zero() || events == 0 || timeout.is_some_and(|t| t.is_zero()) {
            return false;
        }
        let skipped = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        !skipped
    }
}
