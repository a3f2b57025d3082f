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
    time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime},
};

/// Events taken at once.
const BATCH: usize = 512;

/// An epoll instance with its last batch of events.
pub struct Epoll {
    fd: OwnedFd,
    /// Rings when something is due. A timeout given to each wait would be armed
    /// and cancelled each time, a tenth of a short request's cost.
    timer: OwnedFd,
    events: Vec<Event>,
    spin: Spin,
}

/// What happened to a descriptor.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// The number it was added with.
    pub token: u64,
    /// A short read may have left something: the end of input, since its peer
    /// says nothing more, or what begins with urgent data.
    pub reads_fall_short: bool,
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
const EDGES: EventFlags = EventFlags::IN.union(EventFlags::PRI).union(EventFlags::RDHUP).union(EventFlags::ET);
/// Most waits skipped after vain spinning.
const PENALTY: u32 = 64;

impl Epoll {
    /// `spin` is how long to poll before blocking, zero for not at all; the
    /// alarm's events come with the number `alarm`.
    ///
    /// # Errors
    /// What epoll_create1(2) or timerfd_create(2) says.
    pub fn new(spin: Duration, alarm: u64) -> io::Result<Epoll> {
        let fd = epoll::create(CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        // An edge needs no reading.
        epoll::add(&fd, &timer, EventData::new_u64(alarm), EventFlags::IN | EventFlags::ET)?;
        Ok(Epoll { fd, timer, events: Vec::with_capacity(BATCH), spin: Spin { time: spin, skip: 0, penalty: 1 } })
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

    /// Has the alarm ring once, after `time`, and no earlier one.
    ///
    /// # Errors
    /// What timerfd_settime(2) says.
    pub fn alarm(&self, time: Duration) -> io::Result<()> {
        let it_value = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec::default(), it_value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }

    /// Takes the events that are there, and without `block` none that come
    /// later. Returns how many there are.
    ///
    /// # Errors
    /// What epoll_wait(2) says, `EINTR` aside.
    pub fn wait(&mut self, block: bool) -> io::Result<usize> {
        if block && self.spin.wanted(self.events.len()) {
            let start = Instant::now();
            loop {
                if self.take(false)? > 0 {
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
        self.take(block)
    }

    fn take(&mut self, block: bool) -> io::Result<usize> {
        let at_once = Timespec::default();
        let timeout = if block { None } else { Some(&at_once) };
        self.events.clear();
        match epoll::wait(&self.fd, rustix::buffer::spare_capacity(&mut self.events), timeout) {
            Ok(n) => Ok(n),
            Err(Errno::INTR) => Ok(0),
            Err(e) => Err(e.into()),
        }
    }

    /// Event `i` of the last wait.
    pub fn event(&self, i: usize) -> Ready {
        let Event { flags, data } = self.events[i];
        let reads_fall_short =
            flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR | EventFlags::PRI);
        Ready { token: data.u64(), reads_fall_short }
    }
}

impl AsFd for Epoll {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Spin {
    /// Only a wait that brought events makes the next worth spinning for.
    fn wanted(&mut self, events: usize) -> bool {
        if self.time.is_zero() || events == 0 {
            return false;
        }
        let skipped = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        !skipped
    }
}
